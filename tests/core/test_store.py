from datetime import timedelta

import pytest

from app import points
from app.model import Kind
from app.rows import unknown_point
from app.store import OfflinePolicy, Saved, Store
from tests.core.factory import FIVE, NOON, device, reading

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def store(policy: OfflinePolicy = OfflinePolicy.KEEP) -> Store:
    made = Store(timedelta(minutes=30), lambda _: policy)
    made.put(device(), NOON)
    return made


def test_a_new_device_is_news_and_the_same_again_is_not() -> None:
    made = Store(timedelta(minutes=30), lambda _: OfflinePolicy.KEEP)
    news = made.put(device(), NOON)
    assert news is not None
    assert news.described
    assert made.put(device(), NOON) is None
    renamed = made.put(device(name="Barn"), NOON)
    assert renamed is not None
    assert renamed.device.name == "Barn"


def test_only_what_differs_is_news() -> None:
    made = store()
    (news,) = made.update([reading(points.PV_POWER, 5.0), reading(points.GRID_POWER, 1.0)], NOON, FIVE)
    assert news.first == news.changed == {"pv_power", "grid_power"}
    later = NOON + FIVE
    (news,) = made.update([reading(points.PV_POWER, 6.0, later), reading(points.GRID_POWER, 1.0, later)], later, FIVE)
    assert news.changed == {"pv_power"}
    assert news.first == frozenset()
    assert news.values == {"pv_power": 6.0, "grid_power": 1.0}
    assert made.update([reading(points.PV_POWER, 6.0, later)], later, FIVE) == []


def test_an_older_reading_does_not_overwrite_a_newer_one() -> None:
    made = store()
    made.update([reading(points.PV_POWER, 5.0)], NOON, FIVE)
    assert made.update([reading(points.PV_POWER, 9.0, NOON - MINUTE)], NOON, FIVE) == []
    assert made.view("growatt_abc", NOON) == {"pv_power": 5.0}


def test_readings_of_unknown_devices_are_passed_over() -> None:
    made = store()
    assert made.update([reading(points.PV_POWER, 5.0, owner="stranger")], NOON, FIVE) == []
    assert made.view("stranger", NOON) == {}
    assert made.points("stranger") == {}
    assert made.latest("stranger") == {}
    assert made.measured_at("stranger") is None
    assert not made.stale("stranger", NOON)
    assert made.device("stranger") is None
    assert made.remove("stranger") is None


def test_a_point_that_three_reads_did_not_refresh_is_unknown_and_a_counter_is_kept() -> None:
    made = store()
    made.update(
        [reading(points.OUTPUT_LIMIT, 50.0, timed=False), reading(points.PV_ENERGY_TOTAL, 7.0, timed=False)], NOON, FIVE
    )
    assert made.tick(NOON + 3 * FIVE) == []
    (news,) = made.tick(NOON + 3 * FIVE + MINUTE)
    assert news.values == {"output_limit": None, "pv_energy_total": 7.0}
    assert news.changed == {"output_limit"}
    assert made.tick(NOON + 4 * FIVE) == []


def test_a_stale_device_keeps_its_counters_and_forgets_its_powers() -> None:
    made = store()
    old = NOON - timedelta(minutes=29)
    readings = [
        reading(points.PV_POWER, 5.0, old),
        reading(points.PV_ENERGY_TOTAL, 7.0, old),
        reading(points.LAST_UPDATE, "x", old),
    ]
    made.update(readings, NOON, 3 * FIVE)
    assert not made.stale("growatt_abc", NOON)
    (news,) = made.tick(NOON + 2 * MINUTE)
    assert news.values == {"pv_power": None, "pv_energy_total": 7.0, "last_update": "x"}
    assert news.available


def test_settings_outlive_staleness_but_live_values_do_not() -> None:
    made = store()
    made.update([reading(points.PV_POWER, 5.0)], NOON, 3 * FIVE)
    made.update([reading(points.OUTPUT_LIMIT, 50.0, timed=False)], NOON, timedelta(hours=3), live=False)
    later = NOON + timedelta(minutes=31)
    assert made.view("growatt_abc", later) == {"pv_power": None, "output_limit": 50.0}


def test_zero_power_makes_powers_zero_and_voltages_unknown() -> None:
    made = store(OfflinePolicy.ZERO_POWER)
    made.update([reading(points.PV_POWER, 5.0), reading(points.GRID_VOLTAGE, 230.0)], NOON, 3 * FIVE)
    assert made.view("growatt_abc", NOON + timedelta(hours=1)) == {"pv_power": 0.0, "grid_voltage": None}


def test_unavailable_takes_the_device_offline_and_back() -> None:
    made = store(OfflinePolicy.UNAVAILABLE)
    made.update([reading(points.PV_POWER, 5.0)], NOON, 3 * FIVE)
    (news,) = made.tick(NOON + timedelta(minutes=31))
    assert not news.available
    later = NOON + timedelta(minutes=32)
    (news,) = made.update([reading(points.PV_POWER, 5.0, later)], later, FIVE)
    assert news.available


def test_a_device_that_is_read_rarely_is_not_stale_before_it_could_have_been_read_again() -> None:
    made = store()
    half_an_hour = timedelta(minutes=30)
    made.update([reading(points.PV_POWER, 5.0, NOON - FIVE)], NOON, half_an_hour)
    assert made.tick(NOON + half_an_hour + FIVE - MINUTE) == []
    assert made.view("growatt_abc", NOON + half_an_hour + FIVE) == {"pv_power": 5.0}
    (news,) = made.tick(NOON + 2 * half_an_hour)
    assert news.values == {"pv_power": None}
    assert made.stale("growatt_abc", NOON + 2 * half_an_hour)


@pytest.mark.parametrize("every", [timedelta(hours=2, minutes=9), timedelta(hours=12)])
def test_nothing_older_than_three_hours_is_of_the_moment_however_rarely_it_is_read(every: timedelta) -> None:
    made = store()
    made.update([reading(points.PV_POWER, 5.0)], NOON, every)
    assert made.tick(NOON + 3 * HOUR) == []
    assert not made.stale("growatt_abc", NOON + 3 * HOUR)
    (news,) = made.tick(NOON + 3 * HOUR + MINUTE)
    assert news.values == {"pv_power": None}
    assert made.stale("growatt_abc", NOON + 3 * HOUR + MINUTE)


def test_an_owner_who_calls_old_readings_fresh_has_his_way() -> None:
    made = Store(5 * HOUR, lambda _: OfflinePolicy.KEEP)
    made.put(device(), NOON)
    made.update([reading(points.PV_POWER, 5.0)], NOON, 12 * HOUR)
    assert not made.stale("growatt_abc", NOON + 5 * HOUR)
    assert made.stale("growatt_abc", NOON + 5 * HOUR + MINUTE)


def test_a_device_that_the_vendor_calls_lost_is_stale_at_once() -> None:
    made = store()
    made.update([reading(points.PV_POWER, 5.0), reading(points.ONLINE, value=False, timed=False)], NOON, FIVE)
    assert made.view("growatt_abc", NOON) == {"pv_power": None, "online": False}


def test_a_field_that_changes_its_type_keeps_the_announced_one() -> None:
    made = store()
    made.update([reading(unknown_point("x", Kind.GAUGE), 1.0)], NOON, FIVE)
    assert made.update([reading(unknown_point("x", Kind.TEXT), "one", NOON + MINUTE)], NOON, FIVE) == []
    assert made.view("growatt_abc", NOON) == {"x": 1.0}


def test_everything_repeats_all_values_as_a_replay() -> None:
    made = store()
    made.update([reading(points.PV_POWER, 5.0)], NOON, FIVE)
    (news,) = made.everything(NOON)
    assert news.replay
    assert news.changed == {"pv_power"}


def test_a_device_that_is_removed_is_gone() -> None:
    made = store()
    made.update([reading(points.PV_POWER, 5.0)], NOON, FIVE)
    gone = made.remove("growatt_abc")
    assert gone is not None
    assert set(gone.points) == {"pv_power"}
    assert made.devices == ()


def test_restored_values_stay_known_only_as_long_as_they_would_have() -> None:
    made = store()
    made.update([reading(points.PV_POWER, 5.0)], NOON, FIVE)
    saved = made.saved("growatt_abc")
    assert saved == [Saved(reading(points.PV_POWER, 5.0), NOON + 3 * FIVE, live=True)]
    assert made.dirty() == [device()]
    made.clean(made.devices)
    assert made.dirty() == []
    again = Store(timedelta(minutes=30), lambda _: OfflinePolicy.KEEP)
    again.restore(device(), saved)
    assert again.view("growatt_abc", NOON + FIVE) == {"pv_power": 5.0}
    assert again.view("growatt_abc", NOON + 4 * FIVE) == {"pv_power": None}


def test_the_vendors_clock_counts_before_ours() -> None:
    made = store()
    made.update([reading(points.ONLINE, value=True, timed=False)], NOON, FIVE)
    assert made.measured_at("growatt_abc") == NOON
    made.update([reading(points.PV_POWER, 1.0, NOON - MINUTE)], NOON, FIVE)
    assert made.measured_at("growatt_abc") == NOON - MINUTE
    made.update([reading(points.ONLINE, value=True, at=NOON + MINUTE, timed=False)], NOON + MINUTE, FIVE)
    assert made.measured_at("growatt_abc") == NOON - MINUTE
