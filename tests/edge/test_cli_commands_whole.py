"""`heliopost set` and its like with a real bridge, broker and simulated cloud around them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli import bridge_mqtt
from app.daemon import Daemon
from app.model import DeviceKind
from simulator.clock import ScaledClock
from simulator.growatt import Account, Cloud, one_plant, serve
from tests.broker import Mosquitto
from tests.edge.test_cli_whole import PASSWORD, House, becomes, own_environment

__all__ = ["own_environment"]

TOKEN = "tok3n-Zq7-secret"
COMMANDS = {
    "enabled": True,
    "allow_dangerous": True,
    "confirm_token": TOKEN,
    "read_back": ["100ms", "1s"],
    "pause": "10ms",
    "merge": "10ms",
}


@pytest.fixture
async def house(mosquitto: Mosquitto, tmp_path: Path) -> AsyncIterator[House]:
    clock = ScaledClock(datetime.now(UTC), 1.0)  # the command line lives by the wall's clock
    cloud = Cloud(clock, fleet=one_plant(kit="mix"), accounts=[Account("demo", PASSWORD)])
    async with serve(cloud) as url:
        made = House(tmp_path, mosquitto, cloud, clock, url)
        made.document["commands"] = COMMANDS
        made.write()
        yield made


def inverter(daemon: Daemon) -> str:
    return next(device.id for device in daemon.store.devices if device.kind is DeviceKind.INVERTER)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_command_is_carried_out_shown_and_undone(
    house: House, capsys: pytest.CaptureFixture[str], protocol: str
) -> None:
    house.write(mqtt=house.document["mqtt"] | {"protocol": protocol})
    async with house.bridge() as daemon:
        device = inverter(daemon)
        assert await house.run("set", device, "active_power_rate", "77", "--id", "mine") == 0
        assert await house.run("set", device, "active_power_rate", "77", "--id", "mine") == 0, "it is the same command"
        assert await house.run("set", device, "active_power_rate", "78", "--id", "mine") == 3, "it is another one"
        assert await house.run("set", device, "active_power_rate", "77") == 0, "it is so already"
        capsys.readouterr()
        assert await house.run("commands", "undo", "mine") == 0
        assert "is now 100 (before: 77)" in capsys.readouterr().out
        assert await house.run("commands", "list", "--json") == 0
        listed = json.loads(capsys.readouterr().out)
        assert await house.run("commands", "show", "mine") == 0
        assert "source:       cli" in capsys.readouterr().out
    assert [(each["status"], each["requested"]) for each in listed] == [
        ("confirmed", 100),
        ("no_change", 77),
        ("confirmed", 77),
    ]


async def test_each_refusal_ends_with_its_code_and_changes_nothing(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write(commands=COMMANDS | {"deny": ["*/*/switched_on"]})
    async with house.bridge() as daemon:
        device = inverter(daemon)
        before = dict(house.cloud.settings(device.partition("_")[2]))
        for words, sentence in (
            ((device, "backup_enabled", "perhaps"), "backup_enabled takes on or off"),
            ((device, "active_power_rate", "101"), "active_power_rate takes 0 to 100"),
            ((device, "switched_on", "off"), "is not allowed by commands.allow and commands.deny"),
            ((device, "pv_pover", "1"), "does not exist, or not on this device"),
            ((device, "charge_schedule", '{"charge_rte": 1}'), "has no field 'charge_rte'"),
            ((device, "failsafe_enabled", "on"), "the command must bring the token"),
            ((device, "active_power_rate", "90", "--expect", "3"), "is not what was expected"),
        ):
            assert await house.run("set", *words) == 3, words
            assert sentence in capsys.readouterr().err
        assert await house.run("api", "put", "no_such_method", device, "x", "[1]") == 3
        assert house.cloud.settings(device.partition("_")[2]) == before


async def test_switched_off_commands_are_refused_with_the_way_to_switch_them_on(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write(commands={"enabled": False})
    async with house.bridge() as daemon:
        assert await house.run("set", inverter(daemon), "backup_enabled", "on") == 3
    assert "commands.enabled in the configuration switches them on" in capsys.readouterr().err


async def test_the_token_of_a_dangerous_command_is_kept_nowhere(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIOPOST_CONFIRM_TOKEN", TOKEN)
    async with house.bridge() as daemon, house.broker.ear() as ear:
        device = inverter(daemon)
        assert await house.run("set", device, "failsafe_enabled", "on", "--log-level", "debug") == 0
        assert await house.run("commands", "list", "--json") == 0
        said = [heard for heard in ear.heard if TOKEN in heard.payload]
    told = capsys.readouterr()
    assert TOKEN not in told.out + told.err
    assert [heard.topic for heard in said] == [f"heliopost/device/{device}/failsafe_enabled/set"], (
        "what was sent itself"
    )
    for file in house.state.rglob("*"):
        with suppress(IsADirectoryError):
            assert TOKEN.encode() not in file.read_bytes(), file


async def test_a_command_is_followed_over_a_restart_of_the_bridge(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge_mqtt, "QUIET", 0.1)
    monkeypatch.setattr(bridge_mqtt, "LOOK", 0.1)
    house.write(commands=COMMANDS | {"read_back": ["3s", "6s"]})
    async with house.bridge() as daemon, house.broker.ear() as ear:
        device = inverter(daemon)
        typing = asyncio.create_task(house.run("set", device, "active_power_rate", "66", "--id", "mine"))
        await ear.hears(f"heliopost/device/{device}/active_power_rate/set")
        await becomes(lambda: house.cloud.settings(device.partition("_")[2]).get("activeRate") == "66")
    async with house.bridge():
        assert await typing == 0
    assert "is now 66 (before: 100)" in capsys.readouterr().out
