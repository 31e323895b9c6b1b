"""A real Home Assistant of one's own: headless, on loopback, freshly configured, driven over REST and websocket."""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.broker import free_port
from trials.homeassistant.releases import Release

ROOT: Final = Path(__file__).parents[2]
SETUP: Final = ROOT / "deploy" / "homeassistant" / "setup.py"
LIMIT: Final = 90.0
"""Seconds that Home Assistant may take for anything before a trial gives up."""
IDLE: Final = 10.0
"""Seconds after which a websocket is not used again: unless somebody reads its pings, Home Assistant ends it."""
OWNER: Final = "heliopost"
OWNER_PASSWORD: Final = "an owner's word"

CONFIGURATION: Final = """\
homeassistant:
  name: Home
  latitude: 47.0
  longitude: 8.0
  elevation: 400
  unit_system: metric
  time_zone: UTC
  country: CH
  currency: EUR
  language: en
  internal_url: "http://127.0.0.1:{port}"
http:
  server_host: 127.0.0.1
  server_port: {port}
logger:
  default: warning
recorder:
  commit_interval: 1
frontend:
config:
energy:
history:
logbook:
system_log:
"""
"""What `default_config` would bring as far as it concerns us; the rest looks for hardware and asks the internet."""

_RECORD: Final = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+(?:[+-]\d\d:\d\d)? (?P<level>[A-Z]+) \([^)]*\) \[(?P<logger>[^\]]*)\] ",
    re.MULTILINE,
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Line:
    """A record of Home Assistant's log."""

    level: str
    logger: str
    text: str


async def until(what: str, check: Callable[[], Awaitable[Any]], limit: float = LIMIT, step: float = 0.25) -> Any:
    """Ask until the answer is true, and return it; fail with what was waited for, and the last answer."""
    end, answer = time.monotonic() + limit, None
    while time.monotonic() < end:
        answer = await check()
        if answer:
            return answer
        await asyncio.sleep(step)
    msg = f"not within {limit:.0f} s: {what}; last answer: {answer!r}"
    raise AssertionError(msg)


class Instance:
    """One Home Assistant. `async with started(release) as it:` starts it fresh, and leaves nothing behind."""

    def __init__(self, release: Release, folder: Path, *, placed: bool = True) -> None:
        self.release, self.folder = release, folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.pid = 0
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._asked = 0
        self._spoken = 0.0
        self._token = ""
        configuration = CONFIGURATION if placed else CONFIGURATION[CONFIGURATION.index("http:\n") :]
        (folder / "configuration.yaml").write_text(configuration.format(port=self.port), encoding="utf-8")

    # The process

    async def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it, also again after an end; return when its web server answers."""
        words = (*self.release.command, "-m", "homeassistant", "--config", self.release.inside(self.folder))
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SUPERVISOR"))}
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *words, "--skip-pip", stdout=log, stderr=log, env={**clean, **(environment or {})}
            )
        self.pid = self._process.pid
        await until("Home Assistant's web server", self._answers)

    async def _answers(self) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            msg = f"Home Assistant has ended with {self._process.returncode}:\n{self.said()[-3000:]}"
            raise RuntimeError(msg)
        with contextlib.suppress(aiohttp.ClientError):
            async with self.session.get(f"{self.url}/manifest.json") as answer:
                return answer.status == 200
        return False

    async def stop(self) -> int:
        """End it in good order, and return its exit code."""
        await self._hang_up()
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        async with asyncio.timeout(LIMIT):
            return await self._process.wait()

    async def kill(self) -> None:
        """End it at once, if it still runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()  # first: a farewell to one that hangs takes its time, or fails
            await self._process.wait()
        await self._hang_up()

    async def restart(self) -> None:
        """End it and start it again, until it runs and we are logged in."""
        await self.stop()
        await self.start()
        await self.log_in()

    def memory(self) -> float:
        """Return how much memory it holds, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found[1]) / 1024

    # The log

    @property
    def log_file(self) -> Path:
        return self.folder / "said.log"

    def said(self) -> str:
        """Return all that it has said since it was made."""
        return _COLOUR.sub("", self.log_file.read_text(encoding="utf-8", errors="replace"))

    def complaints(self) -> list[Line]:
        """Return the warnings and errors of its log."""
        said, lines = self.said(), []
        starts = list(_RECORD.finditer(said))
        assert starts, f"a form of the log that is not known:\n{said[:500]}"
        ends = [*(found.start() for found in starts[1:]), len(said)]
        for found, end in zip(starts, ends, strict=True):
            if found["level"] in {"WARNING", "ERROR", "CRITICAL"}:
                text = said[found.end() : end].strip()
                lines.append(Line(found["level"], found["logger"], text))
        return lines

    # REST and websocket

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        """End it, and every connection to it."""
        await self.kill()
        if self._session is not None:
            await self._session.close()

    async def log_in(self) -> None:
        """Log in as the owner, and wait until everything has started."""
        site = f"{self.url}/"
        start = {"client_id": site, "handler": ["homeassistant", None], "redirect_uri": f"{site}?auth_callback=1"}
        flow = await self.rest("POST", "/auth/login_flow", start)
        secret = {"client_id": site, "username": OWNER, "password": OWNER_PASSWORD}
        flow = await self.rest("POST", f"/auth/login_flow/{flow['flow_id']}", secret)
        grant = {"grant_type": "authorization_code", "code": flow["result"], "client_id": site}
        async with self.session.post(f"{self.url}/auth/token", data=grant) as answer:
            self._token = (await answer.json())["access_token"]
        await self.running()
        await self.confirm_port()

    async def running(self) -> None:
        """Wait until everything has started."""

        async def state() -> bool:
            return bool((await self.rest("GET", "/api/config"))["state"] == "RUNNING")

        await until("Home Assistant runs", state)

    async def confirm_port(self) -> None:
        """Confirm the port: since 2026.8 one other than 8123 is given up again after five minutes."""
        with contextlib.suppress(RuntimeError):
            await self.ask("http/config/promote")

    async def rest(self, method: str, path: str, body: object = None) -> Any:
        """Return an answer of its REST interface."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self.session.request(method, self.url + path, json=body, headers=headers) as answer:
            if answer.status >= 400:
                msg = f"{method} {path}: {answer.status} {await answer.text()}"
                raise RuntimeError(msg)
            return await answer.json()

    async def ask(self, kind: str, **fields: Any) -> Any:
        """Return the result of a command on its websocket."""
        if self._socket is None or time.monotonic() - self._spoken > IDLE:
            await self._close_socket()
            self._socket = await self.session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
            await self._socket.receive_json()
            await self._socket.send_json({"type": "auth", "access_token": self._token})
            assert (await self._socket.receive_json())["type"] == "auth_ok"
            self._asked = 0
        self._asked, self._spoken = self._asked + 1, time.monotonic()
        await self._socket.send_json({"id": self._asked, "type": kind, **fields})
        while True:
            answer = await self._socket.receive_json(timeout=LIMIT)
            if answer.get("id") == self._asked and answer["type"] == "result":
                if not answer["success"]:
                    msg = f"{kind}: {answer['error']}"
                    raise RuntimeError(msg)
                return answer["result"]

    async def _close_socket(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def _hang_up(self) -> None:
        await self._close_socket()
        self._token = ""

    async def call(self, service: str, **data: Any) -> None:
        """Call a service, such as `button.press`."""
        await self.rest("POST", f"/api/services/{service.replace('.', '/')}", data)

    async def states(self) -> dict[str, dict[str, Any]]:
        """Return every state by entity id."""
        return {state["entity_id"]: state for state in await self.rest("GET", "/api/states")}

    async def entries(self) -> list[dict[str, Any]]:
        """Return the registry's entities of MQTT; a unique id may be there once for each kind of entity."""
        return [entry for entry in await self.ask("config/entity_registry/list") if entry["platform"] == "mqtt"]

    async def entities(self) -> dict[str, dict[str, Any]]:
        """Return the registry's entities of MQTT by unique id."""
        return {entry["unique_id"]: entry for entry in await self.entries()}

    async def devices(self) -> dict[str, dict[str, Any]]:
        """Return the registry's devices of MQTT by our identifier."""
        found = {}
        for device in await self.ask("config/device_registry/list"):
            for domain, identifier in device["identifiers"]:
                if domain == "mqtt":
                    found[identifier] = device
        return found

    async def remove_device(self, device: Mapping[str, Any]) -> None:
        """Delete a device, as its owner does on its page; the command has another name since 2026.11."""
        try:
            await self.ask("config/device_registry/remove", device_id=device["id"])
        except RuntimeError as error:
            if "unknown_command" not in str(error):
                raise
            (entry,) = device["config_entries"]
            await self.ask("config/device_registry/remove_config_entry", config_entry_id=entry, device_id=device["id"])

    async def issues(self) -> list[dict[str, Any]]:
        """Return the issues that Home Assistant asks its owner to repair."""
        return list((await self.ask("repairs/list_issues"))["issues"])


async def set_up(instance: Instance, broker: Mapping[str, str], **more: str) -> tuple[int, str, str]:
    """Run deploy/homeassistant/setup.py as the compose stack does; return exit code, what it said, its complaint.

    `broker` are its variables of the broker, `password` the password itself; `more` are other variables.
    """
    with tempfile.TemporaryDirectory(prefix="heliopost-secrets-") as name:
        secrets = Path(name)
        (secrets / "owner").write_text(f"{OWNER_PASSWORD}\n", encoding="utf-8")
        (secrets / "broker").write_text(f"{broker.get('password', 'x')}\n", encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "HOMEASSISTANT_URL": instance.url,
            "BROKER_HOST": broker["host"],
            "BROKER_PORT": broker["port"],
            "BROKER_USERNAME": broker.get("username", ""),
            "BROKER_PASSWORD_FILE": str(secrets / "broker"),
            "OWNER_NAME": OWNER,
            "OWNER_PASSWORD_FILE": str(secrets / "owner"),
            "ONBOARDING": "owner",
            **more,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, SETUP, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(LIMIT):
            out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@contextlib.asynccontextmanager
async def started(
    release: Release, environment: Mapping[str, str] | None = None, *, placed: bool = True
) -> AsyncIterator[Instance]:
    """Start a fresh Home Assistant; `placed`: one whose configuration says where it is."""
    place = release.root / "tmp"
    place.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="heliopost-ha-", dir=place))
    instance = Instance(release, folder, placed=placed)
    try:
        await instance.start(environment)
        yield instance
    finally:
        await instance.close()
        if kept := os.environ.get("KEEP_LOGS"):
            target = Path(kept) / f"{release.version}-{folder.name}.log"
            target.write_text(instance.said(), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
