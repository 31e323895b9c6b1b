"""The command line with a real broker and a simulated cloud around it."""

import asyncio
import io
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import cli, logs
from app.config import load
from app.daemon import Daemon
from app.state import State
from simulator.clock import ScaledClock
from simulator.growatt import Account, Cloud, one_plant, serve
from tests.broker import Mosquitto, free_port

LIMIT = 30.0
PASSWORD = "s3cret-Passw0rd-Zq7"


async def becomes(true: Callable[[], bool]) -> None:
    """Wait until something that tells nobody is true."""
    async with asyncio.timeout(LIMIT):
        while True:
            if true():
                return
            await asyncio.sleep(0.01)


async def succeeds(command: Callable[[], Awaitable[int]]) -> None:
    """Repeat a command until its exit code is 0."""
    async with asyncio.timeout(LIMIT):
        while await command() != 0:  # noqa: ASYNC110 - what is asked tells nobody by itself
            await asyncio.sleep(0.05)


class House:
    """A configuration for a broker and a cloud that are there."""

    def __init__(self, folder: Path, broker: Mosquitto, cloud: Cloud, clock: ScaledClock, url: str) -> None:
        self.broker, self.cloud, self.clock = broker, cloud, clock
        self.state = folder / "state"
        self.file = folder / "config.yaml"
        self.document: dict[str, Any] = {
            "mqtt": {"host": "127.0.0.1", "port": broker.port, "reconnect_min": "10ms", "reconnect_max": "50ms"},
            "homeassistant": {"settle": "100ms", "birth_jitter": "10ms"},
            "accounts": {"home": {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": url}},
            "web": {"port": free_port()},
            "state": str(self.state),
        }
        self.write()

    def write(self, **changes: object) -> None:
        self.file.write_text(json.dumps(self.document | changes))
        self.file.chmod(0o600)

    async def run(self, *words: str) -> int:
        async with asyncio.timeout(LIMIT):
            return await asyncio.to_thread(cli.main, [*words, "--config", str(self.file)])

    @asynccontextmanager
    async def bridge(self) -> AsyncIterator[Daemon]:
        """Run a bridge here, and wait until it has read everything once."""
        config = load(self.file, environ={})
        logs.configure(config.log, config.secrets(), stream=io.StringIO())
        daemon = Daemon(config, clock=self.cloud.clock)
        task = asyncio.create_task(daemon.run())
        try:
            await becomes(lambda: task.done() or (daemon.ready.is_set() and daemon.health.ready()[0]))
            yield daemon
        finally:
            daemon.stop()
            assert await task == 0


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HELIOPOST_SECRETS_DIR", str(tmp_path / "none"))


@pytest.fixture
async def house(mosquitto: Mosquitto, tmp_path: Path) -> AsyncIterator[House]:
    clock = ScaledClock(datetime.now(UTC), 1.0)  # the command line lives by the wall's clock
    cloud = Cloud(clock, fleet=one_plant(), accounts=[Account("demo", PASSWORD)])
    async with serve(cloud) as url:
        yield House(tmp_path, mosquitto, cloud, clock, url)


# --- check


async def test_all_is_well_and_said_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert await house.run("check") == 0
    told = capsys.readouterr().out
    assert [line.partition(":")[0] for line in told.splitlines() if line.startswith("ok")] == [
        "ok      configuration",
        "ok      state",
        "ok      broker",
        "ok      account home",
    ]
    assert told.endswith("All well. Start the bridge with `heliopost run`.\n")


async def test_checking_again_uses_the_session_that_there_is(house: House) -> None:
    assert await house.run("check") == 0
    assert await house.run("check") == 0
    assert await house.run("devices") == 0
    assert len(house.cloud.logins) == 1


async def test_a_wrong_password_is_tried_once_and_explained(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    account = house.document["accounts"]["home"] | {"password": "wrong-Zq7"}
    house.write(accounts={"home": account})
    assert await house.run("check") == 1
    told = capsys.readouterr()
    assert "FAILED  account home: " in told.out
    assert "Not yet: account home must be mended first." in told.out
    assert "Zq7" not in told.out + told.err
    assert len(house.cloud.logins) == 1


async def test_a_password_that_has_become_wrong_is_found_although_a_session_is_kept(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await house.run("check") == 0
    with State.open(house.state) as state:  # no two logins within a minute
        state.vault("home").put("login", None)
    house.write(accounts={"home": house.document["accounts"]["home"] | {"password": "mistyped-Zq7"}})
    assert await house.run("check") == 1
    assert "FAILED  account home: " in capsys.readouterr().out
    assert len(house.cloud.logins) == 2


async def test_a_broker_that_is_away_does_not_keep_the_accounts_from_being_tried(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.broker.stop()
    assert await house.run("check", "--set", 'points={"*/grid_powr": {"invert": true}}') == 1
    told = capsys.readouterr().out
    assert "FAILED  broker: Nothing answers at 127.0.0.1" in told
    assert "ok      account home" in told


async def test_a_state_that_cannot_be_written_is_found(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.state.write_text("")
    assert await house.run("check") == 1
    assert "FAILED  state: the state folder" in capsys.readouterr().out


async def test_a_running_bridge_is_asked_rather_than_disturbed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house.bridge():
        assert await house.run("check") == 0
        told = capsys.readouterr().out
        assert "is in use by the bridge that runs, which was asked" in told
        assert "ok      broker" in told
        assert "ok      account home: works; last read 20" in told
        assert told.endswith("\nAll well. The bridge runs.\n")
        assert len(house.cloud.logins) == 1


async def test_a_running_bridge_that_may_not_publish_everything_is_found(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.broker.restart(acl="topic readwrite heliopost/#\ntopic read homeassistant/#\n")
    async with house.bridge() as daemon:
        await becomes(lambda: bool(daemon.broker.denied))
        assert await house.run("check") == 1
    told = capsys.readouterr().out
    assert "FAILED  rights at the broker: the broker does not let the bridge publish homeassistant/device/" in told
    assert "Not yet: rights at the broker must be mended first." in told


async def test_a_running_bridge_that_the_broker_has_lost_is_found(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house.bridge() as daemon:
        house.broker.stop()
        await becomes(lambda: not daemon.broker.connected)
        assert await house.run("check") == 1
    told = capsys.readouterr().out
    assert "FAILED  bridge: the one that runs is not connected to the broker: " in told  # and the reason


async def test_a_running_bridge_that_lacks_an_account_is_found(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house.bridge():
        accounts = house.document["accounts"]
        house.write(accounts={**accounts, "other": accounts["home"]})
        assert await house.run("check") == 1
    assert "FAILED  account other: the bridge that runs does not know it: reload" in capsys.readouterr().out


async def test_a_running_bridge_with_a_locked_account_tells_until_when(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house.bridge() as daemon:
        house.clock.skip(timedelta(minutes=2))  # no two logins within a minute
        house.cloud.lock("demo", 24)
        house.cloud.expire_sessions()
        await daemon.accounts.poll("home")
        assert await house.run("check") == 1
    told = capsys.readouterr().out
    assert "FAILED  account home: " in told
    assert re.search(r"\(until 20\d\d-\d\d-\d\d \d\d:\d\d UTC\)", told)


async def test_a_running_bridge_that_cannot_be_asked_is_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    with State.open(house.state):
        assert await house.run("check") == 1
    assert "in use by another heliopost" in capsys.readouterr().out


# --- devices and healthcheck


async def test_devices_are_read_once_where_no_bridge_runs(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert await house.run("devices") == 0
    told = capsys.readouterr().out
    assert "PV power" in told
    assert "inverter" in told
    assert PASSWORD not in told
    assert await house.run("devices", "--all") == 0
    everything = capsys.readouterr().out
    assert "isHavePumper" in everything
    assert "isHavePumper" not in told


async def test_a_password_that_is_a_common_word_spoils_nothing(
    house: House, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cloud = Cloud(house.clock, fleet=one_plant(), accounts=[Account("demo", "growatt")])
    async with serve(cloud) as url:
        account = house.document["accounts"]["home"] | {"password": "growatt", "server_url": url}
        house.write(accounts={"home": account})
        assert await house.run("check") == 0
        assert "home (growatt)" in capsys.readouterr().out
        assert await house.run("devices", "--json") == 0
    body = json.loads(capsys.readouterr().out)
    assert all(device["id"].startswith("growatt_") for device in body["devices"])


async def test_devices_come_from_the_bridge_that_runs(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async with house.bridge():
        calls = house.cloud.gate
        assert await house.run("devices", "--json") == 0
        assert len(calls.logins) == 1
    body = json.loads(capsys.readouterr().out)
    assert {device["kind"] for device in body["devices"]} >= {"plant", "inverter"}
    assert "raw" not in body


@pytest.mark.parametrize("running", [False, True], ids=["alone", "with a bridge"])
async def test_raw_answers_come_without_secrets(
    house: House,
    capsys: pytest.CaptureFixture[str],
    running: bool,  # noqa: FBT001
) -> None:
    if running:
        async with house.bridge():
            assert await house.run("devices", "--raw") == 0
    else:
        assert await house.run("devices", "--raw") == 0
    told = capsys.readouterr().out
    body = json.loads(told)
    assert body["raw"]["home"]
    assert "Zq7" not in told


async def test_an_account_that_cannot_be_read_is_told_and_the_others_are_shown(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = house.document["accounts"]
    bad = accounts["home"] | {"username": "nobody"}
    house.write(accounts={"bad": bad, **accounts})
    assert await house.run("devices") == 0
    told = capsys.readouterr()
    assert told.err.startswith("bad: ")
    assert "PV power" in told.out


async def test_without_any_device_the_exit_code_says_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    account = house.document["accounts"]["home"] | {"username": "nobody"}
    house.write(accounts={"home": account})
    assert await house.run("devices") == 1
    assert capsys.readouterr().out == "No devices.\n"


async def test_a_feed_that_fails_does_not_keep_the_next_from_being_read(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.cloud.faults.add("http_error", path="getTlxDetailData|getMixInfo|newTlxApi", status=500)
    await house.run("devices")
    assert "home, values: " in capsys.readouterr().err


async def test_a_running_bridge_is_healthy(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async with house.bridge() as daemon:
        assert await house.run("healthcheck") == 0
        assert capsys.readouterr().out == "values flow\n"
        house.broker.stop()
        await becomes(lambda: not daemon.broker.connected)
        assert await house.run("healthcheck", "--live") == 0
        assert await house.run("healthcheck") == 1
        assert capsys.readouterr().err.startswith("the MQTT broker is not connected: ")


async def test_another_token_is_not_let_in(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    web = house.document["web"] | {"token": "the right token"}
    house.write(web=web)
    async with house.bridge():
        assert await house.run("devices") == 0
        capsys.readouterr()
        assert await house.run("devices", "--set", "web.token=the wrong token") == 1
    assert "wants another web.token" in capsys.readouterr().err


async def test_somebody_else_at_the_port_is_no_bridge(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", house.document["web"]["port"])
    async with server:
        with State.open(house.state):
            assert await house.run("devices") == 1
    assert "what answers there is not heliopost: check web.port" in capsys.readouterr().err


# --- run


async def test_the_whole_program_runs_is_asked_reloads_and_ends_cleanly(house: House) -> None:
    async with house.broker.ear() as ear:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "run", "--config", str(house.file), stderr=asyncio.subprocess.PIPE
        )
        try:
            await ear.hears("heliopost/bridge/state", "online")
            await succeeds(lambda: house.run("healthcheck"))
            account = house.document["accounts"]["home"] | {"budget": 500}
            house.write(accounts={"home": account}, log={"level": "debug"})
            process.send_signal(signal.SIGHUP)
            await ear.hears("heliopost/bridge/info", times=2)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(LIMIT):
                _, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await ear.hears("heliopost/bridge/state", "offline")
    assert process.returncode == 0
    lines = [json.loads(line) for line in errors.decode().splitlines()]
    events = [line["event"] for line in lines]
    assert events[0] == "starting"
    assert events[-1] == "stopped"
    assert "reloaded" in events
    assert PASSWORD not in errors.decode()


async def test_a_second_bridge_in_the_same_state_is_told_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async with house.bridge():
        assert await house.run("run", "--set", "web.enabled=false") == 1
    assert "is in use by another heliopost" in capsys.readouterr().err


async def test_a_port_in_use_ends_the_start_with_a_sentence(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", house.document["web"]["port"])
    async with server:
        assert await house.run("run") == 78
    assert "cannot listen on 127.0.0.1:" in capsys.readouterr().err
