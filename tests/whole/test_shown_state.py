"""What the owner sees when the state cannot be written: rights, disks that may only be read, disks that are full."""

import asyncio
import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import DrivenClock
from tests.broker import Ear, Mosquitto
from tests.whole.program import (
    Program,
    bridge,
    cloud,
    command,
    configure,
    fill,
    inside,
    mounted,
    powerless,
    runs,
    simulated,
)

__all__ = ["cloud"]

GOES_ON = "mend that and restart heliopost: until then what happens is forgotten at a restart"


async def values_flow(ear: Ear) -> None:
    await ear.hears("heliopost/bridge/state", "online")
    while json.loads(await ear.hears("heliopost/account/home/state"))["state"] != "online":
        await ear.hears("heliopost/account/home/state", times=len(ear.of("heliopost/account/home/state")) + 1)


async def becomes_ready(ear: Ear) -> dict[str, Any]:
    """Return the bridge's health as soon as it says that values flow, which must not take half a minute."""
    topic = "heliopost/bridge/health"
    while not (told := json.loads(await ear.hears(topic)))["ready"]:
        await ear.hears(topic, times=len(ear.of(topic)) + 1)
    return dict(told)


async def shown(file: Path, ear: Ear, before: tuple[str, ...] = ()) -> str:
    """Run and check the bridge with a state that cannot be written; return the reason that both give."""
    checking = asyncio.create_task(command("check", file, before=before))
    async with bridge(file, before=before) as program:
        line = await program.says("state_not_durable")
        await values_flow(ear)
        assert (await program.page("/readyz"))[0] == 200  # values flow all the same
        health = await program.health()
        asked = await command("healthcheck", file)
        told = await becomes_ready(ear)
        await program.stop()
    assert asked.out == f"values flow, but {line['reason']}\n"
    assert (told["problem"], told["reason"]) == (line["reason"], f"values flow, but {line['reason']}")
    assert program.complaints == ["state_not_durable"]
    assert line["advice"] == GOES_ON
    assert health["state_reason"] == line["reason"]
    assert (health["status"], health["state_durable"]) == ("degraded", False)
    checked = await checking
    assert checked.code == 1
    assert f"FAILED  state: {line['reason']}. Until then logins would be repeated at each start" in checked.out
    assert "Not yet: state must be mended first." in checked.out
    return str(line["reason"])


@pytest.mark.parametrize("case", ["another user's", "not writable", "a file"])
async def test_a_state_folder_that_cannot_be_written_is_said_and_values_flow_all_the_same(
    mosquitto: Mosquitto, cloud: str, tmp_path: Path, case: str
) -> None:
    state, me = tmp_path / "data", os.geteuid()
    if case == "another user's":
        state.mkdir(mode=0o700)
        if me != 0:
            pytest.skip("only root can give a folder to another user")
        os.chown(state, 1234, 1234)
        expected = f"the user {me} may not write to {state}, which belongs to the user 1234: give it to {me} (chown)"
    elif case == "not writable":
        state.mkdir(mode=0o555)
        expected = f"{state} is the user's own ({me}), but not writable: allow it (chmod u+rwx)"
    else:
        state.write_text("x")
        expected = "a file stands where the folder should be: remove it"
    async with mosquitto.ear() as ear:
        reason = await shown(configure(tmp_path, mosquitto.port, cloud, state=str(state)), ear, powerless())
    assert reason.startswith(f"the state folder {state} cannot be written: {expected}")
    assert reason.endswith(", or set `state` to another folder")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("ro", "it lies on a disk that may only be read: mount a writable one there"),
        ("size=16k", "the disk is full: free some space"),
    ],
    ids=["read-only", "full"],
)
async def test_a_disk_that_takes_nothing_is_said_and_values_flow_all_the_same(
    mosquitto: Mosquitto, cloud: str, tmp_path: Path, options: str, expected: str
) -> None:
    state = tmp_path / "data"
    state.mkdir()
    async with mosquitto.ear() as ear:
        file = configure(tmp_path, mosquitto.port, cloud, state=str(state))
        reason = await shown(file, ear, mounted(state, options, filled=options != "ro"))
    assert reason == f"the state folder {state} cannot be written: {expected}"


async def test_a_state_folder_that_does_not_exist_is_made(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    state = tmp_path / "not" / "yet"
    file = configure(tmp_path, mosquitto.port, cloud, state=str(state))
    async with mosquitto.ear() as ear, bridge(file) as program:
        await runs(ear)
        assert (await program.health())["state_durable"]
        await program.stop()
    assert program.complaints == []
    assert (state / "heliopost.db").stat().st_mode & 0o077 == 0  # nobody else's


async def test_a_disk_that_fills_up_while_the_bridge_runs_costs_nothing_once_there_is_room_again(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    state = tmp_path / "data"
    state.mkdir()
    before = mounted(state, "size=2m")
    clock = DrivenClock(datetime.now(UTC) - timedelta(minutes=4))
    async with simulated(clock) as (_, url), mosquitto.ear() as ear:
        file = configure(tmp_path, mosquitto.port, url, state=str(state))
        async with bridge(file, before=before) as program:
            await values_flow(ear)
            disk = inside(program, state)
            filler = fill(disk)
            heard = len(ear.heard)
            clock.move(timedelta(minutes=5))
            await ask(ear, "poll")
            line = await program.says("state_not_written")
            sick, sick_durable = await program.health(), await durable(program)
            within = ("nsenter", "--mount", "--target", str(program.process.pid))
            checked = await command("check", file, before=within)
            news = [said.topic for said in ear.heard[heard:] if said.topic.endswith("/state")]
            spent = sum((await calls(program)).values())
            filler.unlink()
            await ask(ear, "rediscover")
            await program.says("state_written_again")
            well, well_durable, counted = await program.health(), await durable(program), await calls(program)
            kept = kept_calls(disk, tmp_path / "copy")
            await program.stop()
    assert line["reason"] == "the disk is full: free some space"
    assert sick["state_reason"] == f"the state {state / 'heliopost.db'} cannot be written: {line['reason']}"
    assert (sick["status"], sick["state_durable"], sick["ready"]) == ("degraded", False, True)
    assert checked.code == 1
    assert f"FAILED  state: {sick['state_reason']}. Until then" in checked.out
    assert "Not yet: state must be mended first." in checked.out
    assert any(topic.startswith("heliopost/device/growatt_") for topic in news)
    assert (well["status"], well["state_durable"], well["state_reason"]) == ("ok", True, "")
    assert (sick_durable, well_durable) == (0, 1)
    assert program.complaints == ["state_not_written"]
    assert spent < sum(counted.values())
    assert kept == counted  # also those that were made while there was no room


async def ask(ear: Ear, verb: str) -> None:
    await ear.say(f"heliopost/bridge/request/{verb}", "{}")
    answer = json.loads(await ear.hears(f"heliopost/bridge/response/{verb}"))
    assert answer["status"] == "ok", answer


async def durable(program: Program) -> float:
    """Return what the metrics say of the state."""
    _, page = await program.page("/metrics")
    (line,) = [line for line in page.splitlines() if line.startswith("heliopost_state_durable ")]
    return float(line.split()[-1])


async def calls(program: Program) -> dict[str, int]:
    """Return the calls that the bridge has counted, by call."""
    _, page = await program.page("/metrics")
    lines = [line for line in page.splitlines() if line.startswith("heliopost_vendor_calls_total")]
    return {line.split('call="')[1].split('"')[0]: int(float(line.split()[-1])) for line in lines}


def kept_calls(disk: Path, copy: Path) -> dict[str, int]:
    """Return the calls on the disk, whose database must be whole."""
    shutil.copytree(disk, copy)
    with closing(sqlite3.connect(copy / "heliopost.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(database.execute("SELECT call, sum(spent) FROM ledger GROUP BY call").fetchall())
