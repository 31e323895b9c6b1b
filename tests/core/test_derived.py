from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import points
from app.corrections import Correction, Corrections
from app.derived import Accumulator, Sum, counter
from app.model import Value
from tests.core.factory import Rig, device, reading

LACKING = device(accumulate=("load_energy_today",))


async def rig() -> Rig:
    made = Rig()
    await made.bridge.found(LACKING)
    return made


async def show(made: Rig, value: float, after: timedelta = timedelta(minutes=5)) -> Value | None:
    """Deliver a value of the day and return what the lifetime counter is then."""
    made.clock.move(after)
    await made.deliver(reading(points.LOAD_ENERGY_TODAY, value, made.clock.now()))
    return made.store.view("growatt_abc", made.clock.now())["load_energy_total"]


async def test_a_lifetime_counter_is_the_sum_of_the_days() -> None:
    made = await rig()
    assert [await show(made, value) for value in (1.0, 2.5)] == [1.0, 2.5]
    assert await show(made, 0.0, timedelta(hours=12)) == 2.5
    assert [await show(made, value) for value in (0.4, 3.0)] == [2.9, 5.5]
    assert await show(made, 0.2, timedelta(hours=24)) == 5.7
    assert made.store.points("growatt_abc")["load_energy_total"].derived


async def test_a_day_whose_end_was_missed_is_not_lost() -> None:
    made = await rig()
    await show(made, 5.0)
    assert await show(made, 9.0, timedelta(hours=26)) == 14.0


async def test_a_device_that_went_and_came_back_counts_no_day_twice() -> None:
    made = await rig()
    await show(made, 5.0)
    assert await show(made, 2.0, timedelta(hours=24)) == 7.0
    await made.bridge.lost("growatt_abc")
    await made.bridge.found(LACKING)
    assert await show(made, 2.1) == 2.1
    assert await show(made, 2.2) == 2.2


async def test_a_reading_out_of_order_adds_nothing() -> None:
    made = await rig()
    await show(made, 5.0)
    await show(made, 6.0)
    await made.deliver(reading(points.LOAD_ENERGY_TODAY, 5.5, made.clock.now() - timedelta(minutes=2)))
    assert await show(made, 6.1) == 6.1


def test_a_vendors_own_counter_is_not_doubled() -> None:
    assert Accumulator().add(device(), reading(points.LOAD_ENERGY_TODAY, 1.0), 0) is None
    assert Accumulator().add(LACKING, reading(points.PV_POWER, 1.0), 0) is None


def test_sums_outlive_a_restart() -> None:
    adder = Accumulator()
    adder.add(LACKING, reading(points.LOAD_ENERGY_TODAY, 4.0), 0)
    adder.add(LACKING, reading(points.LOAD_ENERGY_TODAY, 1.0), 1)
    ((owner, key, total),) = adder.dirty()
    assert (owner, key, total) == ("growatt_abc", "load_energy_today", Sum(4.0, 1.0, 1))
    adder.clean()
    assert adder.dirty() == []
    again = Accumulator()
    again.restore(owner, key, total)
    made = again.add(LACKING, reading(points.LOAD_ENERGY_TODAY, 1.5), 1)
    assert made is not None
    assert made.value == 5.5


@given(st.lists(st.lists(st.floats(0, 50), min_size=1, max_size=10).map(sorted), min_size=1, max_size=8))
def test_the_counter_never_falls_and_misses_no_day(days: list[list[float]]) -> None:
    adder, last = Accumulator(), 0.0
    for number, day in enumerate(days):
        for value in day:
            made = adder.add(LACKING, reading(points.LOAD_ENERGY_TODAY, value), number)
            assert made is not None
            assert isinstance(made.value, float)
            assert made.value >= last - 1e-3
            last = made.value
    assert last == pytest.approx(sum(day[-1] for day in days), abs=1e-2)


def test_the_derived_counter_is_one_point() -> None:
    assert counter("pv_energy_today") is counter("pv_energy_today")


def test_a_factor_and_a_sign_are_mended() -> None:
    mend = Corrections(
        {"growatt_abc/pv_power": Correction(invert=True, scale=2.0), "*/load_power": Correction(scale=0.5)}
    )
    mended = list(
        mend.apply([reading(points.PV_POWER, 5.0), reading(points.LOAD_POWER, 5.0), reading(points.STATUS, "x")])
    )
    assert [found.value for found in mended] == [-10.0, 2.5, "x"]


def test_a_reversed_transformer_swaps_import_and_export_with_their_energies() -> None:
    mend = Corrections({"*/grid_power": Correction(invert=True)})
    given_ = [
        reading(points.GRID_POWER, 100.0),
        reading(points.GRID_IMPORT_POWER, 100.0),
        reading(points.GRID_EXPORT_POWER, 0.0),
        reading(points.GRID_IMPORT_ENERGY_TODAY, 7.0),
        reading(points.GRID_EXPORT_ENERGY_TOTAL, 9.0),
        reading(points.BATTERY_POWER, 3.0),
    ]
    assert {found.point.key: found.value for found in mend.apply(given_)} == {
        "grid_power": -100.0,
        "grid_export_power": 100.0,
        "grid_import_power": 0.0,
        "grid_export_energy_today": 7.0,
        "grid_import_energy_total": 9.0,
        "battery_power": 3.0,
    }


def test_a_devices_own_rule_stands_before_the_general_one() -> None:
    mend = Corrections({"*/grid_power": Correction(invert=True), "growatt_abc/grid_power": Correction()})
    assert [found.value for found in mend.apply([reading(points.GRID_POWER, 5.0)])] == [5.0]
    (kept,) = mend.apply([reading(points.GRID_IMPORT_POWER, 5.0)])
    assert kept.point is points.GRID_IMPORT_POWER


def test_no_rules_change_nothing() -> None:
    same = [reading(points.PV_POWER, 1.0)]
    assert Corrections({}).apply(same) is same
