"""Starts Heliopost as an app (formerly add-on) of Home Assistant: its options become our configuration.

What the Supervisor hands over is described at https://developers.home-assistant.io/docs/apps/configuration
(/data/options.json) and https://developers.home-assistant.io/docs/apps/communication (the services API).
Exit codes are those of `heliopost`: 1 it did not work, 78 the options must be mended first.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

PATIENCE: Final = 10.0
"""Seconds; the Supervisor answers at once or has a problem of its own."""
STATE: Final = "state"
"""The folder below /data that holds what must outlive a restart (`backup_exclude` in config.yaml names it)."""
DATABASE: Final = "heliopost.db"
BACKUP: Final = "heliopost-backup.db"
"""What `backup_pre` in config.yaml writes: a copy that is whole, unlike that of a database in use."""
MEND: Final = 78
"""EX_CONFIG of sysexits.h, as `heliopost` itself ends when its configuration cannot be used."""
_HELIOPOST: Final = (sys.executable, "-m", "app")
_ELSEWHERE: Final = re.compile(r"set it in the file, or with \S+ or \S+")
"""What the program advises those who have written its file themselves."""


class Wrong(Exception):
    """The owner must mend something; the text says what."""

    def __init__(self, sentence: str, code: int = MEND) -> None:
        super().__init__(sentence)
        self.code = code


# From options to configuration


def configuration(
    options: Mapping[str, Any], broker: Mapping[str, Any], state: Path, zone: str | None = None
) -> dict[str, Any]:
    """Return our configuration; raise Wrong for options that cannot become one.

    `broker` is the section `mqtt` as far as the Supervisor knows it; what the options say of it is stronger.
    `zone` is Home Assistant's time zone, for accounts that have none of their own.
    """
    config: dict[str, Any] = {
        "accounts": _accounts(options, {"timezone": zone} if zone else {}),
        "mqtt": {**broker, **_given(options.get("mqtt") or {})},
        "log": {"format": "console", "level": options.get("log_level") or "info"},
        "state": str(state),
    }
    if options.get("language"):
        config["homeassistant"] = {"language": options["language"]}
    if options.get("commands"):
        config["commands"] = {"enabled": True}
    if options.get("web_token"):  # without one, nobody outside of this container may ask
        config["web"] = {"host": "0.0.0.0", "token": options["web_token"]}  # noqa: S104 - the owner has opened the port
    for line in options.get("extra") or ():
        _set(config, str(line))
    return config


def _accounts(options: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    accounts: dict[str, dict[str, Any]] = {}
    for given in options.get("accounts") or ():
        account = {**usual, **_given(given)}
        name = str(account.pop("name", ""))
        if not name:
            msg = "an account has no name: give it one of your own, such as home"
            raise Wrong(msg)
        if name in accounts:
            msg = f"two accounts are called {name}: give each a name of its own"
            raise Wrong(msg)
        accounts[name] = account
    if not accounts:
        msg = "there is no account yet: add one with its name, provider, user name and password (or token)"
        raise Wrong(msg)
    return accounts


def _given(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was filled in: the form hands over an empty text for a field that was left empty."""
    return {key: value for key, value in section.items() if value is not None and value != ""}


def _set(config: dict[str, Any], line: str) -> None:
    """Lay one line of `extra` over the configuration, written as `heliopost run --set` takes it."""
    key, equals, text = line.partition("=")
    words = key.strip().split(".")
    if not equals or not all(words):
        # Not quoted: it may be a password without its key.
        msg = "a line of extra is not written as key=value, such as mqtt.heartbeat=10m"
        raise Wrong(msg)
    value: Any = text.strip()
    if value.startswith(("{", "[")):
        try:
            value = json.loads(value)
        except ValueError:
            msg = f"extra: {key.strip()} is no valid JSON: check brackets and double quotes"
            raise Wrong(msg) from None
    place = config
    for word in words[:-1]:
        inner = place.setdefault(word, {})
        if not isinstance(inner, dict):
            msg = f"extra: {key.strip()} cannot be set, because {word} is no section"
            raise Wrong(msg)
        place = inner
    place[words[-1]] = value


# What the Supervisor knows


def read_options(file: Path) -> dict[str, Any]:
    """Return the options; raise Wrong where the Supervisor has left none."""
    try:
        options = json.loads(file.read_text())
    except (OSError, ValueError):
        options = None
    if not isinstance(options, dict):
        msg = f"{file} cannot be read: Home Assistant writes the options there when it starts this app"
        raise Wrong(msg)
    return options


def broker(options: Mapping[str, Any], supervisor: str, token: str) -> dict[str, Any]:
    """Return the section `mqtt` for the broker of Home Assistant, or nothing where the options name another one."""
    if (options.get("mqtt") or {}).get("host"):
        return {}
    if not token:
        msg = "the Supervisor has given no token (SUPERVISOR_TOKEN): name your broker in the options (mqtt, host)"
        raise Wrong(msg)
    found = _ask(f"{supervisor}/services/mqtt", token)
    section = {key: found.get(key) for key in ("host", "port", "username", "password")}
    if not section["host"]:
        raise Wrong(_no_broker("tells no broker"))
    return _given(section) | ({"tls": True} if found.get("ssl") else {})


def time_zone(told: str) -> str | None:
    """Return Home Assistant's time zone, which the Supervisor tells as TZ (supervisor/docker/addon.py).

    It says UTC where it knows none. The vendor's own offset of the plant is better than that.
    """
    try:
        ZoneInfo(told)
    except (ValueError, OSError, KeyError):
        return None
    return told if "/" in told and not told.startswith("Etc/") else None


def _ask(address: str, token: str) -> Mapping[str, Any]:
    """Return the `data` of an answer, which is {"result": "ok", "data": {...}} (supervisor/api/utils.py)."""
    request = Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - http, and only the Supervisor
    try:
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - (same)
            data = json.load(answer)["data"]
    except HTTPError as error:
        reason = ""
        with suppress(OSError, ValueError, TypeError, KeyError):
            reason = str(json.load(error)["message"])
        raise Wrong(_no_broker(f"says: {reason or error.code}")) from None
    except (OSError, HTTPException) as error:
        inner = error.reason if isinstance(error, URLError) else error
        reason = (getattr(inner, "strerror", None) or str(inner)).lower()
        msg = f"the Supervisor does not answer ({reason}): restart this app, then Home Assistant if that does not help"
        raise Wrong(msg, 1) from None
    except (ValueError, TypeError, KeyError):
        raise Wrong(_no_broker("gives an answer that nobody understands")) from None
    return data if isinstance(data, Mapping) else {}


def _no_broker(said: str) -> str:
    return (
        f"there is no MQTT broker to use (the Supervisor {said}): install and start the app Mosquitto broker, "
        "or name your own in the options (mqtt, host)"
    )


# Getting ready


def hand_over(user: int, *places: Path) -> None:
    """Give folders, and what is in them, to a user, and become that user: only root can read the options."""
    for place in places:
        for path in (place, *place.rglob("*")) if place.is_dir() else (place,):
            if path.exists():
                os.chown(path, user, user, follow_symlinks=False)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def write(config: Mapping[str, Any], file: Path) -> None:
    """Write the configuration where only this user can read it. JSON is YAML, too."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(config, out, indent=1)


def run_first(words: Sequence[str], config_file: Path) -> None:
    """Run a command of Heliopost to its end; raise Wrong with what it said if it did not work."""
    done = subprocess.run([*_HELIOPOST, *words], capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    if done.returncode != 0:
        said = done.stderr if done.returncode == MEND else done.stderr + done.stdout
        raise Wrong("\n".join(_mendable(said, config_file)), done.returncode)


def _mendable(said: str, config_file: Path) -> Iterator[str]:
    """Return sentences without the place in our own file, which the owner has never seen: they look at the options."""
    place = re.compile(rf"^(?:{re.escape(str(config_file))}:(?:\d+:\d+:)? )?")
    for line in said.splitlines():
        if line:
            yield _ELSEWHERE.sub("fill it in", place.sub("", line.removeprefix("heliopost: ")))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start Heliopost with the options of Home Assistant's app.")
    parser.add_argument("--data", type=Path, default=Path("/data"), help="the app's folder, with options.json in it")
    parser.add_argument("--supervisor", default="http://supervisor", help="where the Supervisor answers")
    parser.add_argument("--user", type=int, default=1000, help="who Heliopost runs as, if this is root; 0 for root")
    return parser.parse_args()


def start(arguments: argparse.Namespace) -> None:
    """Become the bridge; raise Wrong if that cannot be."""
    config_file, data = Path(os.environ["HELIOPOST_CONFIG"]), arguments.data
    state, backup = data / STATE, data / BACKUP
    options = read_options(data / "options.json")
    known = broker(options, arguments.supervisor, os.environ.get("SUPERVISOR_TOKEN", ""))
    for name in ("SUPERVISOR_TOKEN", "HASSIO_TOKEN"):  # the same (supervisor/docker/const.py): of no use any more
        os.environ.pop(name, None)
    config = configuration(options, known, state, time_zone(os.environ.get("TZ", "")))
    for folder in (state, config_file.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0 and arguments.user:
        hand_over(arguments.user, state, backup, config_file.parent)
    write(config, config_file)
    run_first(["check", "--offline"], config_file)
    if backup.exists() and not (state / DATABASE).exists():
        # Home Assistant has put a backup of its own in place, which holds ours instead of the folder.
        run_first(["restore", str(backup)], config_file)
        sys.stderr.write("heliopost: what was known before is restored from Home Assistant's backup\n")
    os.execv(_HELIOPOST[0], [*_HELIOPOST, "run"])  # noqa: S606 - that is the point


def main() -> int:
    """Start, or say in plain words why not."""
    try:
        start(_arguments())
    except Wrong as wrong:
        for line in str(wrong).splitlines():
            sys.stderr.write(f"heliopost: {line}\n")
        if wrong.code == MEND:
            sys.stderr.write("heliopost: the options are in this app's Configuration tab; then start it again\n")
        return wrong.code
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        sys.stderr.write(f"heliopost: {error.filename} cannot be used ({reason}): is the disk full or read-only?\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
