"""One device that two accounts see, from the bridge's side: what is shown, told and remembered."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from app import points
from app.memory import DEVICE, Memory
from app.model import Point
from app.state import State
from tests.core.factory import FIVE, NOON, Rig, device
from tests.core.pair import HALF, ID, TEN, Pair, pair

__all__ = ["pair"]


# Whose value counts


async def test_the_higher_priority_counts_whoever_comes_first(pair: Pair) -> None:
    await pair.gives("poor", points.PV_POWER, 99.0)
    assert pair.shown() == 99.0
    await pair.gives("good", points.PV_POWER, 100.0)
    await pair.gives("poor", points.PV_POWER, 98.0)
    assert pair.told(points.PV_POWER) == [99.0, 100.0]


async def test_the_other_account_fills_in_what_the_better_lacks(pair: Pair) -> None:
    await pair.gives("good", points.PV_POWER, 100.0)
    await pair.gives("poor", points.BATTERY_SOC, 50.0)
    assert pair.store.view(ID, NOON) == {"pv_power": 100.0, "battery_soc": 50.0}


async def test_a_better_account_that_falls_silent_gives_way_and_comes_back_without_a_gap(pair: Pair) -> None:
    await pair.gives("good", points.PV_POWER, 100.0)
    for minute in range(5, 31, 5):
        await pair.after(FIVE)
        await pair.gives("poor", points.PV_POWER, float(minute))
    assert pair.told(points.PV_POWER) == [100.0, 15.0, 20.0, 25.0, 30.0]
    await pair.gives("good", points.PV_POWER, 200.0)
    await pair.gives("poor", points.PV_POWER, 31.0)
    assert pair.shown() == 200.0


async def test_a_value_that_runs_out_is_taken_over_from_an_account_that_reads_rarely(pair: Pair) -> None:
    """Nothing becomes unknown while somebody has told it of late."""
    await pair.gives("good", points.LOAD_POWER, 100.0)
    await pair.after(FIVE)
    await pair.gives("poor", points.LOAD_POWER, 90.0, every=HALF)
    await pair.after(TEN)
    assert pair.shown(points.LOAD_POWER) == 100.0
    await pair.after(timedelta(seconds=1))
    assert pair.told(points.LOAD_POWER) == [100.0, 90.0]
    await pair.after(timedelta(hours=1))
    assert pair.told(points.LOAD_POWER) == [100.0, 90.0, None]


async def test_what_runs_out_is_not_taken_over_by_something_older(pair: Pair) -> None:
    await pair.gives("poor", points.PV_POWER, 90.0, NOON - timedelta(minutes=2), every=HALF)
    await pair.gives("good", points.PV_POWER, 100.0)
    await pair.after(timedelta(minutes=16))
    assert pair.shown() is None
    assert pair.store.sources.shown(ID, "pv_power") == "good"


async def test_an_older_stamp_does_not_replace_what_is_shown(pair: Pair) -> None:
    await pair.gives("poor", points.PV_POWER, 99.0, NOON)
    await pair.gives("good", points.PV_POWER, 100.0, NOON - timedelta(minutes=1))
    assert pair.shown() == 99.0
    await pair.gives("good", points.PV_POWER, 101.0, NOON)
    assert pair.shown() == 101.0


async def test_a_cloud_that_is_stuck_counts_no_more_than_one_that_is_silent(pair: Pair) -> None:
    """It is read every five minutes and says the same, with the same old stamp."""
    for _ in range(9):
        await pair.gives("good", points.PV_POWER, 100.0, NOON)
        await pair.gives("poor", points.PV_POWER, 50.0)
        await pair.after(FIVE)
    assert pair.told(points.PV_POWER) == [100.0, 50.0]


async def test_by_night_two_stale_accounts_do_not_take_turns(pair: Pair) -> None:
    for _ in range(30):
        await pair.gives("good", points.STATUS, "normal", NOON)
        await pair.gives("poor", points.STATUS, "standby", NOON)
        await pair.after(FIVE)
    assert pair.told(points.STATUS) == ["normal", None]


async def test_a_point_that_another_account_means_otherwise_is_not_filled_in(pair: Pair) -> None:
    await pair.gives("good", points.PV_POWER, 100.0)
    await pair.after(timedelta(hours=1))
    other = Point("pv_power", "Power", "kW")
    await pair.gives("poor", other, 0.1)
    assert pair.shown() is None
    assert pair.store.points(ID)["pv_power"] == points.PV_POWER


async def test_a_source_that_changes_announces_nothing_anew(pair: Pair) -> None:
    await pair.gives("good", points.PV_POWER, 100.0)
    await pair.after(timedelta(hours=1))
    await pair.gives("poor", Point("pv_power", "Solar", "W", words=("x",)), 50.0)
    await pair.gives("good", points.PV_POWER, 100.0)
    assert [update.first for update in pair.outlet.updates if update.first] == [{"pv_power"}]


# Commands


LIMIT = points.OUTPUT_LIMIT


async def test_what_a_command_has_read_back_counts_before_the_better_accounts_memory(pair: Pair) -> None:
    asked = NOON
    await pair.gives("good", LIMIT, 80.0, asked, every=HALF, timed=False, live=False)
    await pair.after(timedelta(seconds=30))
    await pair.gives("poor", LIMIT, 50.0, every=timedelta(hours=1), timed=False, live=False, asked=True)
    assert pair.shown(LIMIT) == 50.0
    await pair.after(timedelta(minutes=2))
    await pair.gives("good", LIMIT, 80.0, asked + timedelta(seconds=10), every=HALF, timed=False, live=False)
    await pair.gives("good", LIMIT, 80.0, every=HALF, timed=False, live=False)  # its cloud lags behind
    await pair.gives("good", LIMIT, 80.0, NOON, every=HALF, timed=True, live=False)
    assert pair.shown(LIMIT) == 50.0
    await pair.after(HALF)
    await pair.gives("good", LIMIT, 80.0, NOON, every=HALF, timed=True, live=False)
    assert pair.shown(LIMIT) == 50.0
    await pair.gives("good", LIMIT, 51.0, every=HALF, timed=False, live=False)
    assert pair.told(LIMIT) == [80.0, 50.0, 51.0]


async def test_nothing_of_another_account_counts_right_after_a_look(pair: Pair) -> None:
    await pair.gives("poor", LIMIT, 50.0, every=HALF, timed=False, live=False, asked=True)
    await pair.after(TEN / 2)
    await pair.gives("good", LIMIT, 80.0, every=HALF, timed=False, live=False)
    assert pair.shown(LIMIT) == 50.0
    await pair.after(TEN / 2)
    await pair.gives("good", LIMIT, 80.0, every=HALF, timed=False, live=False)
    assert pair.shown(LIMIT) == 80.0


async def test_an_api_that_never_hears_of_a_change_does_not_take_it_back(pair: Pair) -> None:
    """V1's details go on showing the old active power rate; it counts again once it says something else."""
    await pair.gives("good", LIMIT, 100.0, every=HALF, timed=False, live=False)
    for seconds in (0, 20):  # before the write and after it
        await pair.after(timedelta(seconds=seconds))
        await pair.gives("poor", LIMIT, 100.0 - 2 * seconds, every=HALF, timed=False, live=False, asked=True)
    for _ in range(10):
        await pair.after(HALF)
        await pair.gives("good", LIMIT, 100.0, every=HALF, timed=False, live=False)
        await pair.gives("poor", LIMIT, 60.0, every=HALF, timed=False, live=False)
    assert pair.told(LIMIT) == [100.0, 60.0]
    await pair.gives("good", LIMIT, 70.0, every=HALF, timed=False, live=False)
    await pair.gives("good", LIMIT, 100.0, every=HALF, timed=False, live=False)
    assert pair.told(LIMIT) == [100.0, 60.0, 70.0, 100.0]


async def test_what_a_look_tells_of_before_the_others_last_word_counts_for_nothing(pair: Pair) -> None:
    await pair.gives("good", LIMIT, 80.0, every=HALF, timed=False, live=False)
    old = NOON - timedelta(minutes=4)  # V1 may be asked every five minutes
    await pair.gives("poor", LIMIT, 50.0, old, every=HALF, timed=False, live=False, asked=True)
    await pair.after(TEN / 5)
    await pair.gives("good", LIMIT, 81.0, every=HALF, timed=False, live=False)
    assert pair.told(LIMIT) == [80.0, 81.0]


async def test_what_a_command_has_read_back_is_not_undone_by_what_was_said_before(pair: Pair) -> None:
    await pair.gives("good", LIMIT, 80.0, every=HALF, timed=False, live=False)
    await pair.gives("poor", LIMIT, 50.0, every=HALF, timed=False, live=False, asked=True)
    await pair.after(HALF)
    await pair.gives("poor", LIMIT, 60.0, every=HALF, timed=False, live=False)
    assert pair.told(LIMIT) == [80.0, 50.0, 60.0]


# Who sees it


async def test_facts_come_from_the_best_account_and_are_filled_in() -> None:
    pair = Pair()
    await pair.bridge.found(device(account="poor", model="MIN 5000", firmware="1", attributes={"a": "1", "b": "1"}))
    await pair.bridge.found(device(account="good", name="House", firmware="2", attributes={"b": "2"}))
    found = pair.only()
    assert (found.account, found.name, found.model, found.firmware) == ("good", "House", "MIN 5000", "2")
    assert found.attributes == {"a": "1", "b": "2"}
    pair.outlet.news.clear()
    await pair.see("poor", model="MIN 5000", firmware="1", attributes={"a": "1", "b": "1"})
    assert pair.outlet.news == []


async def test_a_device_goes_with_its_last_account(pair: Pair) -> None:
    await pair.gives("good", points.PV_POWER, 100.0)
    await pair.gives("poor", points.PV_POWER, 99.0)
    await pair.gives("good", points.BATTERY_SOC, 50.0)
    await pair.bridge.lost(ID, "good")
    assert pair.only().account == "poor"
    assert pair.shown() == 99.0
    await pair.bridge.lost(ID, "good")
    assert pair.outlet.gone == []
    await pair.bridge.lost(ID, "poor")
    assert [gone.device.account for gone in pair.outlet.gone] == ["poor"]
    assert set(pair.outlet.gone[0].points) == {"pv_power", "battery_soc"}


async def test_one_account_that_is_left_works_as_if_there_had_been_no_other(pair: Pair) -> None:
    await pair.gives("good", points.PV_ENERGY_TOTAL, 1000.6)
    await pair.gives("poor", points.PV_ENERGY_TOTAL, 1000.0)
    await pair.bridge.lost(ID, "good")
    for value in (1000.0, 1000.0, 1000.0, 1000.0, 1001.0):
        await pair.after(FIVE)
        await pair.gives("poor", points.PV_ENERGY_TOTAL, value)
    await pair.bridge.tick()
    assert pair.told(points.PV_ENERGY_TOTAL) == [1000.6, 1001.0]
    assert not pair.store.sources.shared(ID)
    assert [key for key in pair.plausibility._tracks if "@" in key[1]] == []


async def test_the_counter_of_an_account_that_has_gone_is_left_behind_in_the_end(pair: Pair) -> None:
    await pair.gives("good", points.PV_ENERGY_TOTAL, 1000.0)
    await pair.bridge.lost(ID, "good")
    for number in range(5):
        await pair.after(FIVE)
        await pair.gives("poor", points.PV_ENERGY_TOTAL, 500.0 + number)
    assert pair.told(points.PV_ENERGY_TOTAL) == [1000.0, 502.0, 503.0, 504.0]


async def test_readings_of_an_account_that_does_not_see_a_device_are_passed_over(pair: Pair) -> None:
    await pair.gives("stranger", points.PV_POWER, 5.0)
    await pair.bridge.lost(ID, "poor")
    await pair.gives("poor", points.PV_POWER, 5.0)
    assert pair.shown() is None


async def test_another_order_of_accounts_is_taken_up_while_running(pair: Pair) -> None:
    await pair.gives("good", points.PV_POWER, 100.0)
    pair.store.sources.ranking = ("poor", "good")
    await pair.bridge.rank()
    assert pair.only().account == "poor"
    await pair.gives("poor", points.PV_POWER, 99.0)
    assert pair.shown() == 99.0


# Over a restart


def kept(state: State, rig: Rig) -> Memory:
    return Memory(state, rig.store, rig.plausibility, rig.accumulator)


async def restarted(folder: Path, before: Pair, accounts: set[str], after: timedelta = FIVE) -> Pair:
    with State.open(folder) as state:
        kept(state, before).save()
    made = Pair(before.clock.now() + after)
    with State.open(folder) as state:
        assert kept(state, made).restore(accounts) == []
    await made.bridge.replay()
    made.outlet.news.clear()
    return made


async def test_whose_values_count_outlives_a_restart(pair: Pair, tmp_path: Path) -> None:
    await pair.gives("good", points.PV_POWER, 100.0)
    await pair.gives("good", points.PV_ENERGY_TOTAL, 1000.6)
    await pair.gives("poor", points.BATTERY_SOC, 50.0)
    before = pair.only()
    made = await restarted(tmp_path, pair, {"good", "poor"})
    assert made.only() == before
    await made.gives("poor", points.PV_POWER, 99.0)
    await made.gives("poor", points.PV_ENERGY_TOTAL, 1000.0)
    assert made.outlet.updates == []
    await made.after(timedelta(minutes=20))
    await made.gives("poor", points.PV_POWER, 98.0)
    assert (made.shown(), made.shown(points.PV_ENERGY_TOTAL)) == (98.0, 1000.6)


async def test_what_a_command_has_read_back_outlives_a_restart(pair: Pair, tmp_path: Path) -> None:
    await pair.gives("good", LIMIT, 100.0, every=HALF, timed=False, live=False)
    await pair.gives("poor", LIMIT, 60.0, every=HALF, timed=False, live=False, asked=True)
    made = await restarted(tmp_path, pair, {"good", "poor"})
    for value in (70.0, 100.0):  # too soon, and unheard of
        await made.gives("good", LIMIT, value, every=HALF, timed=False, live=False)
        await made.after(TEN)
    assert made.shown(LIMIT) == 60.0
    await made.gives("good", LIMIT, 70.0, every=HALF, timed=False, live=False)
    assert made.shown(LIMIT) == 70.0


async def test_an_account_that_was_removed_while_the_bridge_was_down_leaves_the_device(
    pair: Pair, tmp_path: Path
) -> None:
    await pair.gives("good", points.PV_ENERGY_TOTAL, 1000.6)
    made = await restarted(tmp_path, pair, {"poor"})
    assert made.only().account == "poor"
    for value in (1000.0, 1000.0, 1000.0, 1000.0, 1000.7):
        await made.after(FIVE)
        await made.gives("poor", points.PV_ENERGY_TOTAL, value)
    assert made.told(points.PV_ENERGY_TOTAL) == [1000.7]


async def test_a_device_that_one_account_sees_is_kept_as_it_always_was(tmp_path: Path) -> None:
    made = Pair()
    await made.see("good")
    await made.gives("good", points.PV_POWER, 100.0)
    with State.open(tmp_path) as state:
        kept(state, made).save()
        ((_, _, body),) = state.remembered(DEVICE)
    assert isinstance(body, Mapping)
    assert set(body) == {"device", "readings", "every"}
