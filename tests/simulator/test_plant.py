import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.plant import EFFICIENCY, Flow, Simulation, System
from simulator.weather import Weather, chance, smooth

RECORDS = date(2026, 3, 1)


def system(zone: str = "Europe/Amsterdam", **changes: object) -> System:
    values: dict[str, object] = {
        "seed": 7,
        "zone": zone,
        "latitude": 52.1,
        "longitude": 5.1,
        "strings": (3_000.0, 2_400.0),
        "rated": 5_000.0,
        "battery": 7.5,
        "battery_power": 3_500.0,
        "load": 450.0,
    }
    return System(**(values | changes))  # type: ignore[arg-type]  # the keys are the fields


def imbalance(flow: Flow) -> float:
    return flow.pv + flow.imported + flow.discharge - flow.load - flow.exported - flow.charge


PLACES = [
    ("Europe/Amsterdam", 52.1, 5.1),
    ("Australia/Adelaide", -34.9, 138.6),
    ("America/New_York", 42.7, -73.8),
]


@pytest.mark.parametrize(("zone", "latitude", "longitude"), PLACES)
@pytest.mark.parametrize("local", [date(2026, 6, 21), date(2026, 12, 21), date(2026, 3, 29), date(2026, 10, 25)])
def test_every_slot_and_every_day_balance(zone: str, latitude: float, longitude: float, local: date) -> None:
    simulation = Simulation(system(zone, latitude=latitude, longitude=longitude), RECORDS)
    day = simulation.day(local)
    assert all(abs(imbalance(power)) < 1e-6 for power in day.powers)
    assert abs(imbalance(day.sums[-1])) < 1e-9
    assert abs(imbalance(simulation.total(local))) < 1e-6


def test_the_energies_are_the_sums_of_the_powers() -> None:
    day = Simulation(system(), RECORDS).day(date(2026, 6, 21))
    for way in range(7):
        assert day.sums[-1][way] == pytest.approx(sum(power[way] for power in day.powers) / 12 / 1_000)


def test_the_battery_keeps_within_its_limits_and_loses_what_it_must() -> None:
    simulation = Simulation(system(), RECORDS)
    for n in range(10):
        day = simulation.day(date(2026, 6, 21) + timedelta(days=n))
        assert all(0.0999 <= soc <= 1.0001 for soc in day.soc)
        whole = day.sums[-1]
        kept = (whole.charge * EFFICIENCY - whole.discharge) / 7.5
        assert day.soc[-1] - day.soc[0] == pytest.approx(kept, abs=1e-9)


def test_a_day_begins_where_the_day_before_it_ended() -> None:
    simulation = Simulation(system(), RECORDS)
    for n in range(5):
        day, following = (simulation.day(date(2026, 3, 27) + timedelta(days=n + more)) for more in (0, 1))
        assert day.soc[-1] == following.soc[0]
        assert day.start + day.count * 300 == following.start


@pytest.mark.parametrize(
    ("zone", "local", "hours"),
    [
        ("Europe/Amsterdam", date(2026, 3, 29), 23),
        ("Europe/Amsterdam", date(2026, 10, 25), 25),
        ("Australia/Adelaide", date(2026, 4, 5), 25),
        ("Australia/Adelaide", date(2026, 10, 4), 23),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Adelaide", date(2026, 7, 1), 24),
    ],
)
def test_a_day_on_which_the_clocks_change_is_an_hour_off(zone: str, local: date, hours: int) -> None:
    assert Simulation(system(zone), RECORDS).day(local).count == hours * 12


def test_an_empty_house_without_battery_exports_all_it_makes() -> None:
    day = Simulation(system(battery=0.0, load=0.0), RECORDS).day(date(2026, 6, 21))
    assert all(power.exported == power.pv and power.imported == 0 for power in day.powers)
    assert set(day.soc) == {day.soc[0]}


def test_the_sun_shines_by_day_and_more_in_summer() -> None:
    simulation = Simulation(system(), RECORDS)
    summer, winter = (
        sum(simulation.energy(first + timedelta(days=n)).pv for n in range(14))
        for first in (date(2026, 6, 10), date(2026, 12, 10))
    )
    night = simulation.at(datetime(2026, 6, 21, 0, 0, tzinfo=UTC))
    assert summer > 2 * winter > 0
    assert night.power.pv == 0
    assert night.light == 0


def test_the_inverter_never_gives_more_than_it_can() -> None:
    day = Simulation(system(rated=2_000.0), RECORDS).day(date(2026, 6, 21))
    assert max(power.pv for power in day.powers) == 2_000


def test_the_strings_add_up() -> None:
    simulation = Simulation(system(), RECORDS)
    snapshot = simulation.at(datetime(2026, 6, 21, 11, 0, tzinfo=UTC))
    assert sum(snapshot.strings) == pytest.approx(snapshot.power.pv)
    assert all(snapshot.strings)
    alone = Simulation(system(strings=(4_000.0,)), RECORDS).at(datetime(2026, 6, 21, 11, 0, tzinfo=UTC))
    assert alone.strings == (alone.power.pv,)


def test_the_same_moment_is_the_same_whatever_was_asked_before() -> None:
    moment = datetime(2026, 5, 20, 14, 2, tzinfo=UTC)
    fresh = Simulation(system(), RECORDS).at(moment)
    well_read = Simulation(system(), RECORDS)
    for shift in (40, -200, 3, 0, 11, -1):
        well_read.at(moment + timedelta(days=shift))
    assert well_read.at(moment) == fresh


def test_another_seed_is_another_day() -> None:
    moment = datetime(2026, 5, 20, 14, 2, tzinfo=UTC)
    assert Simulation(system(), RECORDS).at(moment) != Simulation(system(seed=8), RECORDS).at(moment)


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.lists(st.integers(0, 75 * 86_400), min_size=2, max_size=6).map(sorted),
)
def test_lifetime_counters_never_fall_and_days_never_fall_within_a_day(
    place: tuple[str, float, float], seconds: list[int]
) -> None:
    zone, latitude, longitude = place
    simulation = Simulation(system(zone, latitude=latitude, longitude=longitude), RECORDS)
    start = datetime(2026, 1, 15, tzinfo=UTC)
    snapshots = [simulation.at(start + timedelta(seconds=second)) for second in seconds]
    for before, after in pairwise(snapshots):
        assert all(later >= earlier - 1e-9 for earlier, later in zip(before.total, after.total, strict=True))
        if before.day == after.day:
            assert all(later >= earlier for earlier, later in zip(before.today, after.today, strict=True))


@pytest.mark.parametrize(("zone", "latitude", "longitude"), PLACES)
def test_daily_energies_are_zero_at_the_plants_midnight(zone: str, latitude: float, longitude: float) -> None:
    simulation = Simulation(system(zone, latitude=latitude, longitude=longitude), RECORDS)
    midnight = datetime(2026, 6, 22, tzinfo=ZoneInfo(zone))
    before = simulation.at(midnight - timedelta(seconds=1))
    at = simulation.at(midnight)
    after = simulation.at(midnight + timedelta(minutes=5))
    assert before.today.load > 0
    assert at.today == Flow()
    assert after.today.load > 0
    assert at.total.load == pytest.approx(before.total.load + before.power.load / 12_000, abs=0.2)
    assert at.power == simulation.day(date(2026, 6, 21)).powers[-1]


def test_chance_is_fair_and_depends_on_every_key() -> None:
    draws = [chance(3, n) for n in range(2_000)]
    assert all(0 <= draw < 1 for draw in draws)
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.03)
    assert len({chance(1, 2), chance(2, 1), chance(1, 2, 0)}) == 3


def test_smooth_noise_has_no_steps() -> None:
    values = [smooth(5, n / 100) for n in range(1_000)]
    assert max(abs(a - b) for a, b in pairwise(values)) < 0.03


@pytest.mark.parametrize(
    ("moment", "place", "degrees"),
    [
        (datetime(2026, 6, 21, 11, 42, tzinfo=UTC), (52.09, 5.12), 61.35),  # noon on the longest day in Utrecht
        (datetime(2026, 12, 21, 11, 37, tzinfo=UTC), (52.09, 5.12), 14.5),
        (datetime(2026, 12, 21, 2, 44, tzinfo=UTC), (-34.93, 138.6), 78.5),
        (datetime(2026, 3, 20, 12, 7, tzinfo=UTC), (0.0, 0.0), 89.8),
    ],
)
def test_the_noon_sun_stands_where_the_almanac_has_it(
    moment: datetime, place: tuple[float, float], degrees: float
) -> None:
    height = Weather(1, *place).height(int(moment.timestamp()))
    assert math.degrees(math.asin(height)) == pytest.approx(degrees, abs=0.7)


def test_summers_are_warmer_in_either_half_of_the_world() -> None:
    june, december = (int(datetime(2026, month, 21, tzinfo=UTC).timestamp()) for month in (6, 12))
    north, south = Weather(1, 52.1, 5.1), Weather(1, -34.9, 138.6)
    assert north.temperature(june) > north.temperature(december)
    assert south.temperature(june) < south.temperature(december)
