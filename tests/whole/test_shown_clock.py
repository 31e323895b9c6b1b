"""What the owner sees when this machine's clock is wrong; the simulated cloud's clock is the right one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.clock import DrivenClock
from tests.broker import Mosquitto
from tests.whole.program import bridge, command, configure, simulated

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
            health, asked = await program.health(), await command("healthcheck", file)
            _, metrics = await program.page("/metrics")
            running = await command("check", file)
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
