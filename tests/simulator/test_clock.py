import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.clock import Clock
from simulator.clock import DrivenClock, ScaledClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


async def test_a_driven_clock_wakes_each_sleeper_at_its_own_moment_and_in_order() -> None:
    clock = DrivenClock(START)
    woken: list[tuple[str, datetime]] = []

    async def nap(name: str, span: timedelta) -> None:
        await clock.sleep(span)
        woken.append((name, clock.now()))

    async with asyncio.TaskGroup() as group:
        for name, span in (("late", minutes(30)), ("early", minutes(10)), ("never mind", minutes(20))):
            group.create_task(nap(name, span), name=name)
        await clock.advance(minutes(60))

    assert [("early", START + minutes(10)), ("never mind", START + minutes(20)), ("late", START + minutes(30))] == woken
    assert clock.now() == START + minutes(60)
    assert clock.sleepers == 0


async def test_a_loop_that_sleeps_again_and_again_runs_at_every_beat_of_one_advance() -> None:
    clock = DrivenClock(START)
    beats: list[datetime] = []

    async def beat() -> None:
        while True:
            await clock.sleep(minutes(5))
            beats.append(clock.now())

    task = asyncio.create_task(beat(), name="beat")
    await clock.advance(minutes(16))
    task.cancel()

    assert beats == [START + minutes(n) for n in (5, 10, 15)]


async def test_a_sleeper_that_was_cancelled_is_passed_over() -> None:
    clock = DrivenClock(START)
    task = asyncio.create_task(clock.sleep(minutes(5)), name="cancelled")
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)

    clock.move(minutes(10))

    assert task.cancelled()
    assert clock.now() == START + minutes(10)


async def test_sleeping_for_no_time_returns_at_once() -> None:
    clock = DrivenClock(START)
    await clock.sleep(timedelta(0))
    await clock.sleep(minutes(-1))
    assert clock.now() == START


async def test_a_driven_clock_does_not_go_back() -> None:
    clock = DrivenClock(START)
    with pytest.raises(ValueError, match="does not go back"):
        clock.move(minutes(-1))
    with pytest.raises(ValueError, match="does not go back"):
        await clock.advance(minutes(-1))


def test_a_driven_clock_takes_no_real_time() -> None:
    assert DrivenClock(START).real(timedelta(days=1)) == 0


async def test_a_scaled_clock_runs_as_many_times_faster_as_it_is_told() -> None:
    wall = [100.0]
    clock = ScaledClock(START, 60, wall=lambda: wall[0])
    wall[0] = 101.5

    assert clock.now() == START + timedelta(seconds=90)
    assert clock.real(minutes(2)) == pytest.approx(2.0)
    assert clock.real(minutes(-2)) == 0
    await clock.sleep(timedelta(milliseconds=1))


def test_a_scaled_clock_can_be_skipped_forward() -> None:
    clock = ScaledClock(START, 1, wall=lambda: 0.0)
    clock.skip(timedelta(hours=3))
    assert clock.now() == START + timedelta(hours=3)


def test_a_scaled_clock_that_stands_or_runs_back_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        ScaledClock(START, 0)


def test_both_are_clocks_of_the_bridge() -> None:
    clocks: list[Clock] = [DrivenClock(START), ScaledClock(START, 2)]
    assert all(clock.now().tzinfo is UTC for clock in clocks)
