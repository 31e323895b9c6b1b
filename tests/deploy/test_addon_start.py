"""The app's start script: from Home Assistant's options to a bridge that runs, or to a plain sentence."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from app.config import load
from simulator.clock import DrivenClock
from simulator.growatt import Account, Cloud, one_plant, serve
from tests.broker import Ear, Mosquitto, free_port
from tests.deploy.addon import START, config, module
from tests.deploy.supervisor import NOT_ENABLED, TOKEN, faults_of_options, service, supervisor

LIMIT = 60.0
PASSWORD = "cl0ud-Passw0rd"
BROKERS_PASSWORD = "br0ker-Passw0rd"
HOME = {"name": "home", "provider": "growatt", "username": "demo", "password": PASSWORD}
REGIONS = "'europe', 'china', 'north_america', 'australia', 'smten' or 'atess'"
BROKER = {"host": "core-mosquitto", "port": 1883, "username": "addons", "password": BROKERS_PASSWORD}


def options(*accounts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return options as the form saves them: its own beginning, and what was filled in."""
    return {**config()["options"], "accounts": list(accounts or [HOME]), **more}


def made(given: dict[str, Any], broker: dict[str, Any] = BROKER) -> dict[str, Any]:
    return dict(module(START).configuration(given, broker, Path("/data/state")))


# --- from options to configuration


def test_the_least_that_must_be_filled_in_is_an_account() -> None:
    assert made(options()) == {
        "accounts": {"home": {"provider": "growatt", "username": "demo", "password": PASSWORD}},
        "mqtt": BROKER,
        "homeassistant": {"language": "en"},
        "log": {"format": "console", "level": "info"},
        "state": "/data/state",
    }


def test_everything_that_the_form_offers_arrives() -> None:
    given = options(
        HOME | {"region": "china", "budget": 300},
        HOME | {"name": "mother"},
        {"name": "roof", "provider": "growatt", "api": "openapi", "token": PASSWORD},
        commands=True,
        mqtt={"host": "broker.lan", "port": 8883, "username": "me", "password": "pw", "tls": True},
        language="de",
        log_level="debug",
        web_token="metrics-token",
    )
    assert list(faults_of_options(config()["schema"], given)) == []
    found = made(given, {})
    assert found["accounts"]["home"] | {"region": "china", "budget": 300} == found["accounts"]["home"]
    assert list(found["accounts"]) == ["home", "mother", "roof"]
    assert found["accounts"]["roof"] == {"provider": "growatt", "api": "openapi", "token": PASSWORD}
    assert found["commands"] == {"enabled": True}
    assert found["mqtt"] == given["mqtt"]
    assert found["homeassistant"] == {"language": "de"}
    assert found["log"]["level"] == "debug"
    assert found["web"] == {"host": "0.0.0.0", "token": "metrics-token"}  # noqa: S104 - nothing is bound here


def test_days_end_when_home_assistants_do_unless_the_account_says_otherwise() -> None:
    start = module(START)
    given = options(HOME, HOME | {"name": "mother", "timezone": "Europe/Madrid"})
    found = start.configuration(given, BROKER, Path("/data/state"), start.time_zone("Europe/Berlin"))
    assert [account["timezone"] for account in found["accounts"].values()] == ["Europe/Berlin", "Europe/Madrid"]


@pytest.mark.parametrize("told", ["", "UTC", "Etc/UTC", "Europe/Atlantis", "../etc/passwd", ":/etc/localtime"])
def test_a_time_zone_that_is_none_leaves_the_plants_own_offset(told: str) -> None:
    assert module(START).time_zone(told) is None


def test_nobody_outside_may_ask_for_values_without_a_token() -> None:
    assert "web" not in made(options())
    assert "web" not in made(options(web_token=""))


def test_an_empty_field_is_one_that_was_not_filled_in() -> None:
    found = made(options(HOME | {"region": ""}, mqtt={"host": "", "username": ""}))
    assert "region" not in found["accounts"]["home"]
    assert found["mqtt"] == BROKER


def test_what_the_options_say_of_the_broker_is_stronger_than_what_the_supervisor_says() -> None:
    assert made(options(mqtt={"username": "me", "password": "mine"}))["mqtt"] == BROKER | {
        "username": "me",
        "password": "mine",
    }


def test_extra_reaches_every_key_and_is_the_strongest() -> None:
    lines = [
        "homeassistant.minimum_version=2026.11",
        "accounts.home.poll.values.every=10m",
        "points.*/grid_power.invert = true",
        'homeassistant.exclude=["*/*_energy_month"]',
        "log.format=json",
        "mqtt.password=with=equals",
    ]
    found = made(options(extra=lines))
    assert found["homeassistant"] == {
        "language": "en",
        "minimum_version": "2026.11",
        "exclude": ["*/*_energy_month"],
    }
    assert found["accounts"]["home"]["poll"] == {"values": {"every": "10m"}}
    assert found["points"] == {"*/grid_power": {"invert": "true"}}
    assert found["log"]["format"] == "json"
    assert found["mqtt"]["password"] == "with=equals"


def test_the_program_takes_what_the_documentation_shows(tmp_path: Path) -> None:
    page = (START.parent / "DOCS.md").read_text()
    shown, extra = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    file = tmp_path / "options.yaml"
    module(START).write(made(shown | extra), file)
    assert file.stat().st_mode & 0o777 == 0o600
    taken = load(file, environ={})
    assert list(taken.accounts) == ["home"]
    assert taken.mqtt.protocol == "3.1.1"
    assert taken.points["*/grid_power"].invert


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"accounts": []}, "there is no account yet: add one with its name, provider, user name and password"),
        (options(HOME, HOME), "two accounts are called home: give each a name of its own"),
        (options(HOME | {"name": ""}), "an account has no name: give it one of your own, such as home"),
        (options(extra=[PASSWORD]), "a line of extra is not written as key=value, such as mqtt.heartbeat=10m"),
        (options(extra=["mqtt..x=1"]), "a line of extra is not written as key=value, such as mqtt.heartbeat=10m"),
        (options(extra=["homeassistant.exclude=[x"]), "extra: homeassistant.exclude is no valid JSON: check brackets"),
        (options(extra=["state.x=1"]), "extra: state.x cannot be set, because state is no section"),
    ],
)
def test_options_that_cannot_become_a_configuration_are_told_in_plain_words(
    given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(module(START).Wrong) as wrong:
        made(given)
    assert str(wrong.value).startswith(sentence)
    assert PASSWORD not in str(wrong.value)


# --- the broker that the Supervisor knows


def asked(given: dict[str, Any], status: int, body: Any, token: str = TOKEN) -> dict[str, Any]:
    with supervisor(status, body) as address:
        return dict(module(START).broker(given, address, token))


def test_the_broker_is_the_one_that_the_supervisor_knows() -> None:
    assert asked(options(), *service()) == BROKER


def test_the_brokers_connection_is_encrypted_where_the_supervisor_says_so() -> None:
    assert asked(options(), *service(ssl=True)) == BROKER | {"tls": True}


def test_the_supervisor_is_not_asked_where_the_options_name_a_broker() -> None:
    assert module(START).broker(options(mqtt={"host": "broker.lan"}), "http://127.0.0.1:1", "") == {}


@pytest.mark.parametrize(
    ("status", "body", "token", "sentence"),
    [
        (*NOT_ENABLED, TOKEN, "there is no MQTT broker to use (the Supervisor says: Service not enabled): install and"),
        (*service(), "a wrong one", "there is no MQTT broker to use (the Supervisor says: forbidden)"),
        (502, b"<html>", TOKEN, "there is no MQTT broker to use (the Supervisor says: 502)"),
        (200, b"<html>", TOKEN, "there is no MQTT broker to use (the Supervisor gives an answer that nobody"),
        (200, [1], TOKEN, "there is no MQTT broker to use (the Supervisor gives an answer that nobody"),
        (200, {"data": {}}, TOKEN, "there is no MQTT broker to use (the Supervisor tells no broker)"),
        (*service(), "", "the Supervisor has given no token (SUPERVISOR_TOKEN): name your broker in the options"),
    ],
)
def test_without_a_broker_the_way_to_one_is_told(status: int, body: Any, token: str, sentence: str) -> None:
    with pytest.raises(module(START).Wrong) as wrong:
        asked(options(), status, body, token)
    assert str(wrong.value).startswith(sentence)


def test_a_supervisor_that_is_not_there_is_told() -> None:
    with pytest.raises(module(START).Wrong, match=r"does not answer \(connection refused\): restart") as wrong:
        module(START).broker(options(), f"http://127.0.0.1:{free_port()}", TOKEN)
    assert wrong.value.code == 1


# --- the whole script


class Ended(NamedTuple):
    code: int
    said: str


class App:
    """The container as the script sees it: /data, /tmp and the Supervisor."""

    def __init__(self, folder: Path, user: int = 0) -> None:
        self.data, self.file, self.user = folder / "data", folder / "tmp" / "options.yaml", user
        self.data.mkdir()

    def words(self, address: str) -> list[str]:
        return [sys.executable, str(START), "--data", str(self.data), "--supervisor", address, "--user", str(self.user)]

    @property
    def environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("HELIOPOST_")}
        return plain | {"HELIOPOST_CONFIG": str(self.file), "SUPERVISOR_TOKEN": TOKEN, "HASSIO_TOKEN": TOKEN}

    def start(self, given: Any, answer: tuple[int, Any]) -> Ended:
        """Start it with options that do not suit, and return what it said before it ended."""
        (self.data / "options.json").write_text(json.dumps(given))
        with supervisor(*answer) as address:
            done = subprocess.run(
                self.words(address), env=self.environment, capture_output=True, text=True, timeout=LIMIT, check=False
            )
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert [secret for secret in (PASSWORD, BROKERS_PASSWORD, TOKEN) if secret in said] == []
        return Ended(done.returncode, said)


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path)


def test_what_the_program_finds_wrong_is_told_without_a_file_that_nobody_can_see(app: App) -> None:
    bad = {key: value for key, value in HOME.items() if key != "password"} | {"region": "mars"}
    ended = app.start(options(bad, extra=["mqtt.hots=x"]), service())
    assert ended.code == 78
    assert ended.said.splitlines() == [
        "heliopost: accounts.home.password is missing: fill it in",
        f"heliopost: accounts.home.region must be one of {REGIONS}",
        "heliopost: mqtt.hots is no known key; did you mean `host`?",
        "heliopost: the options are in this app's Configuration tab; then start it again",
    ]


def test_without_options_or_broker_it_ends_with_a_sentence(app: App) -> None:
    ended = app.start(options(), NOT_ENABLED)
    assert ended.code == 78
    assert "install and start the app Mosquitto broker" in ended.said
    ended = app.start("nonsense", NOT_ENABLED)
    assert ended.code == 78
    assert "options.json cannot be read" in ended.said


def test_a_disk_that_cannot_be_used_is_told(app: App) -> None:
    (app.data / module(START).STATE).write_text("")
    ended = app.start(options(), service())
    assert ended.code == 1
    assert "state cannot be used (file exists): is the disk full or read-only?" in ended.said


@pytest.fixture
async def cloud() -> AsyncIterator[str]:
    made_cloud = Cloud(DrivenClock(datetime.now(UTC)), fleet=one_plant(), accounts=[Account("demo", PASSWORD)])
    async with serve(made_cloud) as url:
        yield url


async def test_the_bridge_runs_with_the_options_of_home_assistant(app: App, cloud: str) -> None:
    web = free_port()
    given = options(
        extra=[f"accounts.home.server_url={cloud}", f"web.port={web}", "homeassistant.settle=0.1s"], language="de"
    )
    (app.data / "options.json").write_text(json.dumps(given))
    async with Mosquitto(users={"addons": BROKERS_PASSWORD}) as broker:
        with ExitStack() as stack:
            address = stack.enter_context(supervisor(*service(host=broker.host, port=broker.port)))
            bridge = await asyncio.create_subprocess_exec(
                *app.words(address), env=app.environment, stdout=-1, stderr=asyncio.subprocess.STDOUT
            )
            try:
                async with broker.ear(username="addons", password=BROKERS_PASSWORD) as ear:
                    await announced(ear, "PV-Leistung")
                    assert ear.last["heliopost/bridge/state"] == "online"
                    assert app.file.stat().st_mode & 0o777 == 0o600
                bridge.send_signal(signal.SIGTERM)
                assert bridge.stdout is not None
                said = (await asyncio.wait_for(bridge.stdout.read(), LIMIT)).decode()
                assert await asyncio.wait_for(bridge.wait(), LIMIT) == 0
            finally:
                if bridge.returncode is None:
                    bridge.kill()
                    await bridge.wait()
    assert (app.data / module(START).STATE / module(START).DATABASE).exists()
    assert [secret for secret in (PASSWORD, BROKERS_PASSWORD, TOKEN) if secret in said] == []


async def announced(ear: Ear, word: str) -> str:
    """Wait until a device of the vendor is announced with a word, and return the announcement."""

    def found() -> list[str]:
        devices = [said for topic, said in ear.last.items() if topic.startswith("homeassistant/device/growatt_")]
        return [said for said in devices if word in said]

    async with asyncio.timeout(LIMIT), ear.news:
        await ear.news.wait_for(lambda: bool(found()))
    return found()[0]
