"""Statistics of the energy entities and the Energy dashboard, in the real Home Assistant.

Time runs FACTOR times faster here, for Home Assistant, the bridge and the simulated cloud alike: libfaketime stands
between each of them and its clock. So the statistics of five minutes and of an hour, which Home Assistant compiles at
these marks of its own clock, take two minutes. Without libfaketime time runs as it does, and the trials wait for one
mark of five minutes; only what needs several marks, or an hour, is left out then.
"""

import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from trials.homeassistant import dashboard
from trials.homeassistant.conftest import USERS, World, access
from trials.homeassistant.harmless import BROKER_AWAY, unexpected
from trials.homeassistant.instance import set_up, started, until
from trials.homeassistant.releases import Release
from trials.park import park

FACTOR = 10
BEGIN = "10:44:00"
"""Of today, UTC: the sun shines on most of the plants, and the next hour begins in two minutes of ours."""
SLOTS_SEEN = 3
"""Marks of five minutes at which a counter must have been recorded, in fast time."""
FIRST_SLOT = 420
"""Seconds until the first mark at the latest, in a time that is not fast: five minutes, and what it takes to record."""
MOST = 10.0
"""kWh that a counter of the park can rise by in five minutes, with room to spare: the largest plant has 80 kW."""
BEFORE = "2000-01-01T00:00:00+00:00"


def library() -> Path | None:
    """Return libfaketime, which each kind of machine has in a folder of its own."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


@contextlib.contextmanager
def fast(release: Release) -> Iterator[bool]:
    """Let every process that is started meanwhile live in fast time, if that can be; return whether it can."""
    found = library()
    if found is None:
        yield False
        return
    inside = release.root / found.relative_to("/")
    if not inside.exists():
        inside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found, inside)
    today = datetime.now(UTC).date().isoformat()
    ours = {"LD_PRELOAD": str(found), "FAKETIME": f"@{today} {BEGIN} x{FACTOR}", "TZ": "UTC"}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield True
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@dataclass
class Times:
    """A world in fast time, or at least a world."""

    world: World
    fast: bool

    def need_speed(self) -> None:
        """Leave out what would take too long."""
        if not self.fast:
            pytest.skip("it would take too long without libfaketime (apt install faketime)")

    def counters(self) -> dict[str, str]:
        """Return the unique id of every energy sensor by its statistic's id, but for those that are disabled."""
        return {
            entity.config["default_entity_id"]: unique_id
            for unique_id, entity in self.world.announced.entities.items()
            if entity.config.get("device_class") == "energy" and entity.config.get("enabled_by_default", True)
        }

    async def rows(self, period: str) -> dict[str, list[dict[str, Any]]]:
        """Return the statistics of every energy sensor, by its statistic's id."""
        found: dict[str, list[dict[str, Any]]] = await self.world.home.ask(
            "recorder/statistics_during_period",
            start_time=BEFORE,
            statistic_ids=list(self.counters()),
            period=period,
            types=["state", "sum"],
        )
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def times(release: Release) -> AsyncIterator[Times]:
    login = {"username": "heliopost", "password": USERS["heliopost"], "keepalive": 600}
    async with contextlib.AsyncExitStack() as stack:
        with fast(release) as is_fast:
            home = await stack.enter_async_context(started(release))
            whole = await stack.enter_async_context(park(broker={"users": USERS}, mqtt=login))
        world = World(whole, home, Path(), stack)
        code, said, complaint = await set_up(home, access(whole))
        assert (code, complaint) == (0, ""), said
        await home.log_in()
        await world.whole()
        await world.registered()
        yield Times(world, is_fast)


@pytest.mark.timeout(2 * FIRST_SLOT)
async def test_statistics_of_five_minutes_are_generated_for_every_counter(times: Times) -> None:
    slots, limit = (SLOTS_SEEN, 240) if times.fast else (1, FIRST_SLOT)

    async def enough() -> bool:
        rows = await times.rows("5minute")
        return rows.keys() == times.counters().keys() and all(len(row) >= slots for row in rows.values())

    await until(f"marks of five minutes have passed: {slots}", enough, limit=limit, step=1)


async def test_each_counter_has_a_sum_in_its_unit(times: Times) -> None:
    listed = {item["statistic_id"]: item for item in await times.world.home.ask("recorder/list_statistic_ids")}
    for statistic, unique_id in times.counters().items():
        assert listed[statistic]["has_sum"] is True, statistic
        unit = times.world.announced.entities[unique_id].config["unit_of_measurement"]
        assert listed[statistic]["statistics_unit_of_measurement"] == unit == "kWh"


def check_sums(rows: dict[str, list[dict[str, Any]]]) -> float:
    """Check that sums follow their counters and nothing leaps; return by how much all of them rose."""
    risen = 0.0
    for statistic, row in rows.items():
        for before, after in pairwise(row):
            rise = after["sum"] - before["sum"]
            assert 0 <= rise <= MOST, (statistic, before, after)
            assert rise == pytest.approx(after["state"] - before["state"], abs=1e-6), (statistic, before, after)
            risen += rise
    return risen


async def test_sums_rise_with_their_counters_and_never_leap(times: Times) -> None:
    times.need_speed()
    assert check_sums(await times.rows("5minute")) > 0, "nothing was produced"


async def test_what_was_recorded_is_what_the_bridge_said(times: Times) -> None:
    said: dict[str, set[float]] = {}
    for heard in times.world.park.ear.heard:
        if heard.topic.endswith("/state") and heard.topic.startswith("heliopost/device/") and heard.payload:
            device = heard.topic.split("/")[2]
            for point, value in json.loads(heard.payload).items():
                if isinstance(value, int | float):
                    said.setdefault(f"{device}_{point}", set()).add(float(value))
    counters = times.counters()
    for statistic, row in (await times.rows("5minute")).items():
        assert {entry["state"] for entry in row} <= said[counters[statistic]], statistic


async def test_hourly_statistics_are_generated(times: Times) -> None:
    times.need_speed()

    async def enough() -> bool:
        rows = await times.rows("hour")
        return rows.keys() == times.counters().keys()

    await until("the hour is over", enough, limit=240, step=1)
    hours, minutes = await times.rows("hour"), await times.rows("5minute")
    for statistic, row in hours.items():
        inside = [entry for entry in minutes[statistic] if entry["end"] <= row[0]["end"]]
        assert row[0]["sum"] == inside[-1]["sum"], statistic


async def test_the_energy_dashboard_of_the_manual_validates_for_every_family(times: Times) -> None:
    home, announced = times.world.home, times.world.announced
    seen = set()
    for topic, payload in times.world.park.ear.last.items():
        if not topic.endswith("/attributes"):
            continue
        device, facts = topic.split("/")[2], json.loads(payload)
        family = "plant" if facts["kind"] == "plant" else facts["type"]
        if not dashboard.in_manual(family):
            continue
        slots = dashboard.chosen(family, device, announced)
        wanted = dashboard.preferences(slots, home.release.version)
        if not wanted["energy_sources"]:
            continue
        await home.ask("energy/save_prefs", **wanted)
        verdict = await home.ask("energy/validate")
        issues = [issue for part in verdict.values() for source in part for issue in source]
        assert issues == [], (device, family, wanted)
        seen.add(family)
    assert {"tlx", "mix", "spa", "storage", "noah", "inverter", "max", "plant"} <= seen


async def test_none_of_it_made_home_assistant_complain(times: Times) -> None:
    # A minute without a sign of life is six seconds here: a busy machine may lose a connection, and find it again.
    assert unexpected(times.world.home, *BROKER_AWAY) == []
