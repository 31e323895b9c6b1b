"""Energies of one device from two accounts: nothing falls because the source changes."""

from datetime import datetime, timedelta

from app import points
from tests.core.factory import AMSTERDAM, FIVE, NOON
from tests.core.pair import Pair, pair

__all__ = ["pair"]


async def test_a_counter_does_not_fall_because_another_account_rounds(pair: Pair) -> None:
    counter = points.PV_ENERGY_TOTAL
    await pair.gives("good", counter, 1000.6)
    for value in (1000.0, 1000.0, 1000.0, 1001.0):
        await pair.after(timedelta(minutes=20))
        await pair.gives("poor", counter, value)
    await pair.gives("good", counter, 1000.9)
    await pair.after(FIVE)
    await pair.gives("good", counter, 1001.2)
    assert pair.told(counter) == [1000.6, 1001.0, 1001.2]
    assert pair.dropped == []


async def test_a_counter_that_really_begins_anew_is_believed_from_either_account(pair: Pair) -> None:
    counter = points.PV_ENERGY_TOTAL
    await pair.gives("good", counter, 1000.0)
    await pair.gives("poor", counter, 999.8)
    for value in (3.0, 3.1, 3.2, 3.3):  # the inverter was exchanged while the better account was away
        await pair.after(timedelta(minutes=20))
        await pair.gives("poor", counter, value)
    assert pair.told(counter) == [1000.0, 3.2, 3.3]


async def test_what_was_exchanged_while_the_better_account_counted_is_no_news_later(pair: Pair) -> None:
    """The other account's series has begun anew as well, and then rounds."""
    counter = points.PV_ENERGY_TOTAL
    await pair.gives("good", counter, 1000.0)
    await pair.gives("poor", counter, 999.8)
    for value in (3.5, 3.6, 3.7, 3.8):
        await pair.after(FIVE)
        await pair.gives("good", counter, value)
        await pair.gives("poor", counter, value - 0.5)
    await pair.after(timedelta(minutes=20))
    await pair.gives("poor", counter, 3.4)
    assert pair.told(counter) == [1000.0, 3.7, 3.8]


async def test_a_counter_that_counts_something_else_does_not_fill_in(pair: Pair) -> None:
    counter, daily = points.PV_ENERGY_TOTAL, points.PV_ENERGY_TODAY
    for hour in range(6):
        await pair.gives("good", counter, 1000.0 + hour)
        await pair.gives("poor", counter, 1200.0 + hour)
        await pair.gives("good", daily, 2.0 * hour)
        await pair.gives("poor", daily, 1.0 * hour)
        await pair.after(timedelta(hours=1))
    for hour in range(20):
        await pair.after(timedelta(hours=1))
        await pair.gives("poor", counter, 1206.0 + hour)
    assert pair.told(counter) == [1000.0, 1001.0, 1002.0, 1003.0, 1004.0, 1005.0]
    await pair.gives("poor", daily, 6.0, NOON + timedelta(hours=8))
    assert pair.told(daily)[-1] == 10.0
    await pair.gives("good", counter, 1030.0)
    assert pair.told(counter)[-1] == 1030.0


DAILY = points.LOAD_ENERGY_TODAY
EVENING = datetime(2026, 6, 1, 23, 50, tzinfo=AMSTERDAM)


async def test_over_midnight_a_late_account_does_not_bring_yesterday_back() -> None:
    pair = Pair(EVENING)
    await pair.see("good", "poor", accumulate=(DAILY.key,))
    await pair.gives("good", DAILY, 20.0)
    await pair.gives("poor", DAILY, 19.7)
    for value in (19.8, 19.9, 0.0, 0.1):  # at 00:10, 00:30, 00:50 and 01:10; the better account is away
        await pair.after(timedelta(minutes=20))
        await pair.gives("poor", DAILY, value)
    assert pair.told(DAILY) == [20.0, 0.0, 0.1]
    assert pair.told(points.LOAD_ENERGY_TOTAL) == [20.0, 20.1]


async def test_over_midnight_the_account_that_is_early_counts_once() -> None:
    pair = Pair(EVENING)
    await pair.see("good", "poor", accumulate=(DAILY.key,))
    await pair.gives("good", DAILY, 20.0)
    await pair.after(timedelta(minutes=20))
    await pair.gives("good", DAILY, 0.0)
    await pair.gives("poor", DAILY, 19.9)
    await pair.after(timedelta(minutes=20))
    await pair.gives("poor", DAILY, 19.9)
    assert pair.told(DAILY) == [20.0, 0.0]
    await pair.after(timedelta(minutes=20))
    await pair.gives("poor", DAILY, 0.3)
    await pair.gives("good", DAILY, 0.4)
    assert pair.told(DAILY) == [20.0, 0.0, 0.3, 0.4]
    assert pair.told(points.LOAD_ENERGY_TOTAL) == [20.0, 20.3, 20.4]


async def test_a_day_whose_midnight_nobody_saw_is_added_up() -> None:
    pair = Pair(EVENING)
    await pair.see("good", "poor", accumulate=(DAILY.key,))
    await pair.gives("good", DAILY, 5.0)
    await pair.gives("poor", DAILY, 5.0)
    await pair.after(timedelta(hours=10))
    await pair.gives("poor", DAILY, 6.0)
    assert pair.told(points.LOAD_ENERGY_TOTAL) == [5.0, 11.0]


async def test_an_account_that_comes_back_after_midnight_counts_the_same_day() -> None:
    pair = Pair(EVENING)
    await pair.see("good", "poor", accumulate=(DAILY.key,))
    await pair.gives("good", DAILY, 20.0)
    await pair.gives("poor", DAILY, 20.0)
    for value in (0.0, 0.3):
        await pair.after(timedelta(minutes=20))
        await pair.gives("poor", DAILY, value)
    await pair.gives("good", DAILY, 0.2)
    assert pair.told(DAILY) == [20.0, 0.0, 0.3]
    await pair.after(timedelta(minutes=20))
    await pair.gives("good", DAILY, 0.5)
    assert pair.told(points.LOAD_ENERGY_TOTAL) == [20.0, 20.3, 20.5]


async def test_an_energy_with_an_older_stamp_does_not_replace_what_is_shown(pair: Pair) -> None:
    counter = points.PV_ENERGY_TOTAL
    await pair.gives("poor", counter, 1000.5, timed=False)
    await pair.gives("good", counter, 1000.9, NOON - timedelta(minutes=2))
    assert pair.told(counter) == [1000.5]


async def test_a_zero_in_the_moment_when_another_account_appears_is_not_believed() -> None:
    pair = Pair()
    await pair.see("good")
    await pair.gives("good", points.PV_ENERGY_TOTAL, 1000.0)
    await pair.see("poor")
    await pair.after(FIVE)
    await pair.gives("good", points.PV_ENERGY_TOTAL, 0.0)
    assert pair.told(points.PV_ENERGY_TOTAL) == [1000.0]
    assert pair.dropped == ["counter_zero"]


async def test_a_zero_of_one_account_is_not_believed_because_the_other_is_silent(pair: Pair) -> None:
    counter = points.PV_ENERGY_TOTAL
    await pair.gives("good", counter, 1000.0)
    await pair.gives("poor", counter, 1000.0)
    await pair.after(timedelta(minutes=20))
    await pair.gives("poor", counter, 0.0)
    assert pair.told(counter) == [1000.0]
    assert pair.dropped == ["counter_zero"]


async def test_a_counter_that_the_bridge_has_kept_goes_on_when_a_better_account_comes() -> None:
    """Its own would be thousands of kWh higher: a spike in every statistic."""
    pair = Pair()
    await pair.see("poor", accumulate=(DAILY.key,))
    await pair.gives("poor", DAILY, 5.0)
    await pair.see("good")
    await pair.gives("good", points.LOAD_ENERGY_TOTAL, 12345.0)
    await pair.after(FIVE)
    await pair.gives("good", DAILY, 5.5)
    assert pair.only().accumulate == (DAILY.key,)
    assert pair.told(points.LOAD_ENERGY_TOTAL) == [5.0, 5.5]


async def test_a_counter_that_the_bridge_keeps_is_not_mixed_with_a_vendors() -> None:
    pair = Pair()
    await pair.see("good", accumulate=(DAILY.key,))
    await pair.see("poor")
    await pair.gives("good", DAILY, 5.0)
    await pair.gives("poor", points.LOAD_ENERGY_TOTAL, 12345.0)
    assert pair.told(points.LOAD_ENERGY_TOTAL) == [5.0]
