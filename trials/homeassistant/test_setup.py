"""deploy/homeassistant/setup.py, the one-shot set-up of the compose stack, against the real Home Assistant."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from aiohttp import web

from tests.broker import Mosquitto, free_port
from trials.homeassistant.conftest import USERS
from trials.homeassistant.harmless import to_repair
from trials.homeassistant.instance import OWNER_PASSWORD, SETUP, Instance, set_up, started
from trials.homeassistant.releases import Release

PLACE: Final[dict[str, Any]] = {"time_zone": "Europe/Zurich", "country": "CH", "latitude": 47.37, "longitude": 8.54}


@dataclass
class Fresh:
    """A Home Assistant without an owner beside an empty broker. The trials build on one another, in order."""

    home: Instance
    broker: Mosquitto

    @property
    def access(self) -> dict[str, str]:
        name = "homeassistant"
        return {"host": "127.0.0.1", "port": str(self.broker.port), "username": name, "password": USERS[name]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fresh(release: Release) -> AsyncIterator[Fresh]:
    async with Mosquitto(users=USERS) as broker, started(release) as home:
        yield Fresh(home, broker)


@asynccontextmanager
async def serving(path: str, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Answer on loopback, in the place of Home Assistant."""
    application = web.Application()
    application.router.add_get(path, answer)
    runner = web.AppRunner(application)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def check_sentence(complaint: str) -> None:
    """Check that it is for the owner: no traceback, and no secret."""
    assert complaint.endswith(".\n")
    assert "Traceback" not in complaint
    for secret in (*USERS.values(), OWNER_PASSWORD, "not the word"):
        assert secret not in complaint


async def test_without_home_assistant_it_says_so(fresh: Fresh) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    code, _, complaint = await set_up(fresh.home, fresh.access, HOMEASSISTANT_URL=nobody, PATIENCE="1")
    assert code == 1
    assert f"There is no Home Assistant at {nobody}" in complaint
    assert "nothing answers" in complaint
    check_sentence(complaint)


async def test_something_else_is_not_taken_for_home_assistant(fresh: Fresh) -> None:
    async def greet(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    async with serving("/{path:.*}", greet) as url:
        code, _, complaint = await set_up(fresh.home, fresh.access, HOMEASSISTANT_URL=url, PATIENCE="1")
    assert code == 1
    assert "what answers is not Home Assistant" in complaint
    check_sentence(complaint)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"BROKER_HOST": ""}, "BROKER_HOST is not set"),
        ({"LATITUDE": "47°"}, "LATITUDE must be a number of degrees, at most 90, such as 47.37, and is '47°'"),
        ({"LONGITUDE": "181"}, "LONGITUDE must be a number of degrees, at most 180"),
        ({"BROKER_PORT": "many"}, "BROKER_PORT must be a number, and is 'many'"),
        ({"BROKER_PASSWORD_FILE": "/nowhere/word"}, "The file /nowhere/word of BROKER_PASSWORD_FILE cannot be read"),
        ({"OWNER_PASSWORD_FILE": "/dev/null"}, "The file /dev/null of OWNER_PASSWORD_FILE is empty"),
    ],
)
async def test_a_wrong_setting_is_named(fresh: Fresh, change: dict[str, str], sentence: str) -> None:
    code, _, complaint = await set_up(fresh.home, fresh.access, **change)
    assert code == 1
    assert sentence in complaint
    check_sentence(complaint)


async def test_a_fresh_one_gets_its_owner_and_a_wrong_password_of_the_broker_is_said(fresh: Fresh) -> None:
    wrong = {**fresh.access, "password": "not the word"}
    code, said, complaint = await set_up(fresh.home, wrong, TZ="Europe/Zurich")
    assert "Home Assistant has an owner now: heliopost." in said
    assert code == 1
    assert "does not let Home Assistant in as 'homeassistant'" in complaint
    check_sentence(complaint)
    await fresh.home.log_in()
    assert (await fresh.home.rest("GET", "/api/config"))["time_zone"] == "Europe/Zurich"


async def test_a_broker_that_is_not_there_is_said(fresh: Fresh) -> None:
    code, _, complaint = await set_up(fresh.home, {**fresh.access, "port": str(free_port())})
    assert code == 1
    assert "Home Assistant cannot reach the broker at 127.0.0.1:" in complaint
    check_sentence(complaint)


async def test_an_installation_of_somebody_else_is_told_what_to_fill_in(fresh: Fresh) -> None:
    code, said, complaint = await set_up(fresh.home, fresh.access, OWNER_NAME="somebody")
    assert (code, complaint) == (0, "")
    assert "does not let the user 'somebody' in" in said
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert {"Broker: 127.0.0.1", f"Port: {fresh.broker.port}", "Username: homeassistant"} <= set(lines)
    assert USERS["homeassistant"] not in said


async def test_the_entry_is_added_and_works(fresh: Fresh) -> None:
    code, said, complaint = await set_up(fresh.home, fresh.access)
    assert (code, complaint) == (0, "")
    assert f"listens to the broker 127.0.0.1:{fresh.broker.port} now" in said
    entries = await fresh.home.rest("GET", "/api/config/config_entries/entry?domain=mqtt")
    assert [(entry["state"], entry["title"]) for entry in entries] == [("loaded", "127.0.0.1")]


async def test_a_second_run_changes_nothing(fresh: Fresh) -> None:
    code, said, complaint = await set_up(fresh.home, fresh.access)
    assert (code, said, complaint) == (0, "The entry MQTT is already there (loaded); nothing to do.\n", "")


async def test_what_it_has_set_up_before_it_does_not_log_in_to_again(fresh: Fresh, tmp_path: Path) -> None:
    mark = {"DONE_FILE": str(tmp_path / "done")}
    code, said, _ = await set_up(fresh.home, fresh.access, OWNER_NAME="somebody", **mark)
    assert code == 0
    assert "does not let the user 'somebody' in" in said, "nothing was done: the next run is to try again"
    code, said, complaint = await set_up(fresh.home, fresh.access, **mark)
    assert (code, said, complaint) == (0, "The entry MQTT is already there (loaded); nothing to do.\n", "")
    failures = fresh.home.said().count("invalid authentication")
    for _ in range(3):  # as after the owner has changed the password, in Home Assistant
        code, said, complaint = await set_up(fresh.home, fresh.access, OWNER_NAME="somebody", **mark)
        assert (code, said, complaint) == (0, "Home Assistant has been set up before; nothing to do.\n", "")
    assert fresh.home.said().count("invalid authentication") == failures > 0


async def test_a_mark_that_cannot_be_left_is_said(fresh: Fresh) -> None:
    code, said, complaint = await set_up(fresh.home, fresh.access, DONE_FILE="/nowhere/done")
    assert (code, complaint) == (0, "")
    assert "/nowhere/done of DONE_FILE cannot be written" in said


async def test_a_websocket_that_is_closed_is_said() -> None:
    async def close(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket

    async with serving("/api/websocket", close) as url:
        program = f"import asyncio, setup; asyncio.run(setup.set_place(setup.HomeAssistant(None, '{url}'), {PLACE}))"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, cwd=SETUP.parent, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
    assert process.returncode == 0
    assert "Home Assistant does not take the time zone 'Europe/Zurich'" in said.decode()
    assert "Home Assistant does not take the latitude 47.37" in said.decode()


async def test_a_house_that_was_told_where_it_is_has_nothing_to_repair(release: Release) -> None:
    said_so = {"TZ": PLACE["time_zone"], "COUNTRY": PLACE["country"], "CURRENCY": "francs"}
    said_so |= {name.upper(): str(PLACE[name]) for name in ("latitude", "longitude")}
    async with Mosquitto(users=USERS) as broker, started(release, placed=False) as home:
        code, said, complaint = await set_up(home, Fresh(home, broker).access, ONBOARDING="all", **said_so)
        assert (code, complaint) == (0, "")
        assert "Home Assistant does not take the currency 'francs': set it at" in said, "and takes the others"
        await home.log_in()
        now = await home.rest("GET", "/api/config")
        assert {name: now[name] for name in PLACE} == PLACE
        assert await to_repair(home) == set()
        await home.restart()
        now = await home.rest("GET", "/api/config")
        assert {name: now[name] for name in PLACE} == PLACE
        assert await to_repair(home) == set()


async def test_it_finds_its_way_after_a_restart_and_answers_what_is_still_open(fresh: Fresh) -> None:
    await fresh.home.restart()
    code, said, complaint = await set_up(fresh.home, fresh.access, ONBOARDING="all")
    assert (code, complaint) == (0, "")
    assert "already there" in said
    steps = await fresh.home.rest("GET", "/api/onboarding")
    assert all(step["done"] for step in steps)
    await fresh.home.restart()
    code, said, complaint = await set_up(fresh.home, fresh.access)
    assert (code, complaint) == (0, "")
    assert "already there" in said


async def test_it_leaves_no_login_behind(fresh: Fresh) -> None:
    tokens = await fresh.home.ask("auth/refresh_tokens")
    ours = [token for token in tokens if token["type"] == "normal"]
    assert len(ours) == 3, "one for each login of this trial itself"
