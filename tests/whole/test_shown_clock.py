"""What the owner sees when this machine's clock is wrong; the simulated cloud's clock is the right one."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.clock import SystemClock
from simulator.clock import DrivenClock
from tests.broker import Ear, Mosquitto
from tests.whole.program import bridge, command, configure, environment, simulated

BEHIND = (
    "this machine's clock is 61 minutes behind that of growatt's server (account home): "
    "values are refused, as if from the future; set the clock (in a container: of its host), best by NTP"
)
AHEAD = (
    "this machine's clock is 61 minutes ahead of that of growatt's server (account home): "
    "values look too old to be true; set the clock (in a container: of its host), best by NTP"
)


@pytest.mark.parametrize(("minutes", "expected", "rejected"), [(61, BEHIND, True), (-61, AHEAD, False)])
async def test_a_clock_an_hour_off_is_said_wherever_one_may_look(
    mosquitto: Mosquitto, tmp_path: Path, minutes: int, expected: str, *, rejected: bool
) -> None:
    clock = DrivenClock(datetime.now(UTC) + timedelta(minutes=minutes))
    async with simulated(clock) as (_, url), mosquitto.ear() as ear:
        file = configure(tmp_path, mosquitto.port, url)
        async with bridge(file) as program:
            line = await program.says("clock_wrong")
            account = json.loads(await ear.hears("heliopost/account/home/state", times=3))
            asked, running = await asyncio.gather(command("healthcheck", file), command("check", file))
            health, (_, metrics) = await program.health(), await program.page("/metrics")
            await program.stop()
        checked = await command("check", file)
    assert (line["reason"], program.complaints) == (expected, ["clock_wrong"])  # once, and nothing else is blamed
    assert (health["status"], health["clock"]) == ("degraded", expected)
    assert asked.out == f"values flow, but {expected}\n"
    for ended in (running, checked):
        assert ended.code == 1
        assert f"FAILED  clock: {expected}\n" in ended.out
    off = health["accounts"]["home"]["clock_offset"]
    assert abs(off + 60 * minutes) < 10
    assert account["state"] == "online"  # the account is well
    assert abs(account["clock_offset"] + 60 * minutes) < 10
    assert f'heliopost_clock_offset_seconds{{account="home"}} {"-" if minutes > 0 else ""}36' in metrics
    refused = [row for row in metrics.splitlines() if row.startswith('heliopost_points_rejected_total{rule="future"}')]
    assert bool(refused and float(refused[0].split()[-1])) == rejected


@contextmanager
def faked(offset: str, file: Path) -> Iterator[dict[str, str]]:
    """Yield an environment in which this machine's clock is off; write another offset into the file to set it."""
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
    if library is None:
        pytest.skip("libfaketime is not installed (apt install faketime)")
    file.write_text(offset)
    yield environment(
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(file),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",  # nobody sets that one
    )


async def asked(ear: Ear, verb: str) -> None:
    times = len(ear.of(f"heliopost/bridge/response/{verb}"))
    await ear.say(f"heliopost/bridge/request/{verb}", "{}")
    assert json.loads(await ear.hears(f"heliopost/bridge/response/{verb}", times=times + 1))["status"] == "ok"


@pytest.mark.parametrize(("offset", "expected"), [("+61m", AHEAD), ("-61m", BEHIND)], ids=["ahead", "behind"])
async def test_a_clock_that_is_set_right_while_the_bridge_runs_heals_everything(
    mosquitto: Mosquitto, tmp_path: Path, offset: str, expected: str
) -> None:
    with faked(offset, tmp_path / "offset") as env:
        async with simulated(SystemClock()) as (_, url), mosquitto.ear() as ear:
            file = configure(tmp_path, mosquitto.port, url)
            async with bridge(file, env=env) as program:
                line = await program.says("clock_wrong")
                (tmp_path / "offset").write_text("+0")
                await asked(ear, "poll")
                await asked(ear, "rediscover")
                await program.says("clock_right")
                assert (await program.page("/livez"))[0] == 200  # the hour was no silence of the bridge's
                health, asked_now = await program.health(), await program.page("/readyz")
                await program.stop()
    assert (line["reason"], program.complaints) == (expected, ["clock_wrong"])
    assert (health["status"], health["clock"], health["stale_devices"]) == ("ok", "", [])
    assert health["accounts"]["home"]["clock_offset"] == 0
    assert asked_now == (200, "values flow\n")
    states = [json.loads(said) for topic, said in ear.last.items() if "/device/" in topic and topic.endswith("/state")]
    for state in states:
        assert abs(datetime.fromisoformat(state["measured_at"]) - datetime.now(UTC)) < timedelta(minutes=11)
    assert any(state.get("pv_power") is not None for state in states)
