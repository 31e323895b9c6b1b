"""What has been: days in windows and pages, each reading once, as live ones are, within Growatt's limits."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BudgetSpent, CommandError, NoData, RateLimited
from app.model import Device, Reading
from app.providers import Remembering, Step
from app.providers.growatt.openapi.families import FEEDS
from app.providers.growatt.openapi.history import calls_of, windows
from app.providers.growatt.openapi.provider import GrowattOpen
from simulator.growatt import TOKEN, openapi_fleet, serve
from simulator.growatt import Cloud as Simulated
from simulator.growatt.openapi_desk import uploads
from tests.providers.growatt.kit import Clock
from tests.providers.growatt_openapi.kit import House

TODAY = date(2026, 6, 21)
MIN, SPH, NOAH, STRING = "growatt_MNH0000100", "growatt_SPH0000200", "growatt_0PV0000600", "growatt_NXB0000400"
HOME = "growatt_plant_1400001"


class Sim:
    """The simulated cloud, an account in it, and what it truly has."""

    def __init__(self, house: House, cloud: Simulated, provider: GrowattOpen, devices: dict[str, Device]) -> None:
        self.house, self.cloud, self.provider, self.devices = house, cloud, provider, devices

    async def read(self, device: str, first: date, last: date, **more: Any) -> list[Reading]:
        return [reading async for reading in self.provider.history(self.devices[device], first, last, **more)]

    async def collect(self, found: list[Reading], device: str, first: date, last: date, **more: Any) -> None:
        """Read into a list, which has what came before an error."""
        async for reading in self.provider.history(self.devices[device], first, last, **more):
            found.append(reading)  # noqa: PERF401 - (the reason stands above)

    def truth(self, device: str, first: date, last: date) -> list[datetime]:
        known = self.cloud.devices[self.devices[device].serial]
        found = uploads(known, first, last, self.house.clock.now())
        return sorted(moment.astimezone(UTC).replace(microsecond=0) for moment in found)

    def no_complaint(self) -> bool:
        return not json.loads(self.house.vault.texts["budgets"]).get("rests")


@asynccontextmanager
async def simulated(*plants: str, now: datetime | None = None, **changed: Any) -> AsyncIterator[Sim]:
    house = House(clock=Clock(now)) if now is not None else House()
    cloud = Simulated(house.clock, fleet=tuple(plant for plant in openapi_fleet() if plant.name in plants))
    async with serve(cloud) as address, house.provider(address, token=TOKEN, **changed) as provider:
        devices = {device.id: device for device in await provider.discover()}
        house.ledger.calls.clear()
        yield Sim(house, cloud, provider, devices)


def times(readings: list[Reading]) -> list[datetime]:
    """Return the moments of readings, each once, in the order in which they came."""
    return list(dict.fromkeys(reading.at for reading in readings))


# Windows


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-3, 120), st.integers(1, 7))
def test_windows_cover_each_day_once_and_no_call_more_than_a_week(first: date, length: int, days: int) -> None:
    last = first + timedelta(days=length)
    shares = list(windows(first, last, days))
    covered = [start + timedelta(days=n) for start, end in shares for n in range((end - start).days + 1)]
    assert covered == [first + timedelta(days=n) for n in range(length + 1)]
    assert all(timedelta() <= end - start <= timedelta(days=6) for start, end in shares)
    assert len(shares) == max(0, -(-(length + 1) // days)), "and no call too many"


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.integers(0, 20_000), st.sampled_from(list(Step)[1:]))
def test_calls_for_sums_keep_to_a_week_a_year_and_twenty_years(first: date, length: int, step: Step) -> None:
    last = first + timedelta(days=length)
    shares = list(calls_of(first, last, step))
    assert shares[0][0] <= first
    assert shares[-1][1] == last
    assert all(after[0] - before[1] == timedelta(days=1) for before, after in pairwise(shares))
    for start, end in shares:
        if step is Step.DAY:
            assert end - start <= timedelta(days=6)
        else:
            assert end.year - start.year <= (0 if step is Step.MONTH else 19)


# Whole spans in the simulated cloud


async def test_a_span_over_seams_and_pages_brings_each_upload_once_and_no_complaint() -> None:
    async with simulated("Home") as sim:
        first = TODAY - timedelta(days=7)
        begun = sim.house.clock.now()
        found, truth = times(await sim.read(MIN, first, TODAY)), sim.truth(MIN, first, TODAY)
        assert found == truth[: len(found)]
        assert len(truth) - len(found) <= 1, "all but what came while the last page was waited for"
        calls = len(sim.house.ledger.calls)
        assert calls == 21 + 2, "pages of 7 days, then of the half of today"
        assert sim.house.clock.now() - begun == timedelta(seconds=12) * (calls - 1)
        assert sim.no_complaint()
        assert isinstance(sim.provider, Remembering)


async def test_where_a_call_may_be_made_every_five_minutes_pages_wait_for_it() -> None:
    async with simulated("Beach house", timezone="Australia/Adelaide") as sim:
        day = TODAY - timedelta(days=3)
        begun = sim.house.clock.now()
        found = times(await sim.read(SPH, day, day))
        assert found == sim.truth(SPH, day, day)
        zone = ZoneInfo("Australia/Adelaide")
        assert {moment.astimezone(zone).date() for moment in found} == {day}, "midnight is the plant's"
        assert timedelta(minutes=10) <= sim.house.clock.now() - begun < timedelta(minutes=11), "three pages"
        assert sim.no_complaint()


async def test_where_growatt_counts_all_devices_together_that_is_obeyed() -> None:
    async with simulated("Office", timezone="Europe/Berlin") as sim:
        sim.cloud.openapi.each = False
        day = TODAY - timedelta(days=1)
        for device in (STRING, "growatt_NXC0000401"):
            assert times(await sim.read(device, day, day)) == sim.truth(device, day, day)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)]
)
async def test_days_of_23_and_25_hours_are_whole(day: date, hours: int) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=2)
    async with simulated("Home", now=now, timezone="Europe/Amsterdam") as sim:
        found = times(await sim.read(MIN, day, day))
        assert found == sim.truth(MIN, day, day)
        assert len(found) == hours * 12


async def test_v4_is_asked_for_one_day_a_call() -> None:
    async with simulated("Balcony", timezone="Europe/Berlin") as sim:
        first = TODAY - timedelta(days=2)
        found = times(await sim.read(NOAH, first, TODAY))
        assert found == sim.truth(NOAH, first, TODAY)
        assert sim.house.ledger.calls == ["noah_energy_history"] * 3
        assert sim.no_complaint()


SUMS_OF_TODAY = {"eacMonth", "eacYear", "epvMonth", "epvYear"}
"""What the simulated cloud tells of a device now only."""
EVERYWHERE = (
    ("Home", MIN),
    ("Beach house", SPH),
    ("Cabin", "growatt_SPF0000300"),
    ("Office", "growatt_MAX0000402"),
    ("Farm", "growatt_SPA0000500"),
    ("Balcony", NOAH),
    ("Warehouse", "growatt_WIT0001200"),
    ("Villa", "growatt_SPS0001300"),
    ("Meter house", "growatt_LGM0001100_1"),
    ("Office", STRING),
)


@pytest.mark.parametrize(("plant", "device"), EVERYWHERE, ids=[each[1] for each in EVERYWHERE])
async def test_the_past_has_the_points_and_values_of_the_present(plant: str, device: str) -> None:
    async with simulated(plant) as sim:
        device = next(known for known in sim.devices if known == device or ("_LG" in device and known.endswith("_1")))
        present = [reading for reading in await sim.provider.read(FEEDS[0]) if reading.device_id == device]
        live = {reading.point.key: reading for reading in present}
        sim.house.clock.move(seconds=1)
        found = await sim.read(device, TODAY, TODAY)
        past = {reading.point.key: reading for reading in found if reading.at == live["last_update"].at}
        assert all(reading.timed for reading in found)
        assert not past.keys() & {"last_update", "online", "lost"}
        missing = live.keys() - past.keys() - {"last_update", "online"}
        assert bool(missing) == (device == STRING), "a string inverter tells less of the past"
        assert len(past.keys() & live.keys()) > 5
        for key in (past.keys() & live.keys()) - SUMS_OF_TODAY:
            assert past[key] == live[key]


async def test_a_plants_power_and_sums_come_as_readings_of_its_own_points() -> None:
    async with simulated("Home", timezone="Europe/Amsterdam") as sim:
        day = TODAY - timedelta(days=1)
        power = await sim.read(HOME, day, day)
        assert {reading.point.key for reading in power} == {"pv_power"}
        assert max(float(str(reading.value)) for reading in power) > 1000
        zone = ZoneInfo("Europe/Amsterdam")
        sim.house.ledger.calls.clear()
        days = await sim.read(HOME, TODAY - timedelta(days=9), TODAY + timedelta(days=9), step=Step.DAY)
        assert len(sim.house.ledger.calls) == 2, "what has not come is not asked for"
        assert {reading.point.key for reading in days} == {"pv_energy_today"}
        assert len(days) == 10
        assert all(reading.at.astimezone(zone).strftime("%H:%M:%S") == "23:59:59" for reading in days[:-1])
        assert days[-1].at < sim.house.clock.now() < days[-1].at + timedelta(minutes=20), "today has not ended"
        assert all(float(str(reading.value)) > 1 for reading in days)
        months = await sim.read(HOME, date(2025, 11, 5), TODAY, step=Step.MONTH)
        assert [reading.at.astimezone(zone).strftime("%Y-%m") for reading in months] == [
            *("2025-11", "2025-12"), *(f"2026-{n:02}" for n in range(1, 7))
        ]  # fmt: skip
        years = await sim.read(HOME, date(2024, 1, 1), TODAY, step=Step.YEAR)
        assert [reading.at.astimezone(zone).year for reading in years] == [2024, 2025, 2026]
        assert {reading.point.key for reading in years} == {"pv_energy_year"}
        assert sim.no_complaint()


async def test_ten_sums_a_day_and_the_rest_on_the_next() -> None:
    async with simulated("Home") as sim:
        first = TODAY - timedelta(days=90)
        found: list[Reading] = []
        with pytest.raises(RateLimited) as caught:
            await sim.collect(found, HOME, first, TODAY, step=Step.DAY)
        assert len(found) == 70
        sim.house.clock.time = caught.value.until
        found += await sim.read(HOME, first, TODAY, step=Step.DAY, after=found[-1].at)
        days = [reading.at.date() for reading in found]
        assert days == [first + timedelta(days=n) for n in range(91)]
        assert sim.no_complaint()


# Going on


async def test_whoever_stops_goes_on_where_he_was() -> None:
    async with simulated("Home") as sim:
        first, last = TODAY - timedelta(days=2), TODAY - timedelta(days=1)
        whole = await sim.read(MIN, first, last)
        for place in (1, 300, len(times(whole)) - 1):
            after = times(whole)[place]
            rest = await sim.read(MIN, first, last, after=after)
            assert rest == [reading for reading in whole if reading.at > after]


async def test_the_accounts_own_budget_ends_a_history_which_goes_on_later() -> None:
    async with simulated("Balcony") as sim:
        first, last = TODAY - timedelta(days=3), TODAY - timedelta(days=1)
        sim.house.ledger.budget = 2
        found: list[Reading] = []
        with pytest.raises(BudgetSpent):
            await sim.collect(found, NOAH, first, last)
        assert times(found) == sim.truth(NOAH, first, last - timedelta(days=1)), "the first two days are whole"
        sim.house.ledger.budget = 1000
        found += await sim.read(NOAH, first, last, after=found[-1].at)
        assert times(found) == sim.truth(NOAH, first, last)


async def test_what_is_gone_is_not_asked_for() -> None:
    async with simulated("Home") as sim:
        oldest = TODAY - timedelta(days=95)
        with pytest.raises(CommandError, match=f"95 days; .* is longer ago, {oldest} is the first") as caught:
            await sim.read(MIN, oldest - timedelta(days=1), TODAY)
        assert caught.value.code == "out_of_range"
        assert sim.house.ledger.calls == []
        assert times(await sim.read(MIN, oldest, oldest))
        resumed = datetime(2026, 6, 20, 12, tzinfo=UTC)
        assert min(times(await sim.read(MIN, date(2026, 1, 1), TODAY - timedelta(days=1), after=resumed))) > resumed


@pytest.mark.parametrize(
    ("first", "last", "step", "words"),
    [
        (TODAY, TODAY - timedelta(days=1), Step.VALUES, "lies before the first"),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=2), Step.VALUES, "has not come yet"),
        (TODAY, TODAY, Step.DAY, "for plants only"),
    ],
)
async def test_dates_that_make_no_span_are_refused(first: date, last: date, step: Step, words: str) -> None:
    async with simulated("Home") as sim:
        with pytest.raises(CommandError, match=words):
            await sim.read(MIN, first, last, step=step)
        assert sim.house.ledger.calls == []


async def test_a_logger_has_no_history() -> None:
    async with simulated("Home") as sim:
        logger = next(name for name, device in sim.devices.items() if device.kind == "logger")
        with pytest.raises(NoData, match="keeps no history"):
            await sim.read(logger, TODAY, TODAY)
        stranger = replace(sim.devices[MIN], id="growatt_X")
        with pytest.raises(CommandError, match="no device growatt_X"):
            _ = [reading async for reading in sim.provider.history(stranger, TODAY, TODAY)]
