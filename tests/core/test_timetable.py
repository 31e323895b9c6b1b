"""Jobs are run when they are due, also when somebody sets this machine's clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from structlog.testing import capture_logs

from app.clock import SystemClock
from app.health import SILENCE, Health
from app.timetable import Timetable

HOUR = timedelta(hours=1)
SOON = timedelta(seconds=5)


class Wall(SystemClock):
    """This machine's clock, and how far off it is."""

    off = timedelta()
    slept = 0.0
    """Seconds for which this machine was asleep."""

    def seconds(self) -> float:
        return time.monotonic() + self.slept

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.fixture
async def wall() -> Wall:
    return Wall()


@pytest.fixture
async def timetable(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Timetable]:
    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # what the scheduler needs of it
            return wall.now().astimezone(tz)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Now)  # it asks the same machine
    made = Timetable(wall, lambda *_: None, wall=wall.now, monotonic=wall.seconds)
    made.open()
    yield made
    made.close()


async def test_a_clock_that_is_set_back_makes_nothing_wait(wall: Wall, timetable: Timetable) -> None:
    wall.off = HOUR
    timetable.follow()
    ran = asyncio.Event()

    async def job() -> None:
        ran.set()

    timetable.schedule("home/values", wall.now() + timedelta(seconds=0.05), job)
    wall.off = timedelta()
    with capture_logs() as entries:
        assert timetable.follow() == pytest.approx(-HOUR, abs=timedelta(seconds=5))
    assert [(entry["event"], round(entry["by_seconds"], -2)) for entry in entries] == [("clock_set", -3600)]
    async with asyncio.timeout(5):
        await ran.wait()


async def test_what_is_due_later_stays_as_far_away_when_the_clock_is_set_forward(
    wall: Wall, timetable: Timetable
) -> None:
    async def job() -> None: ...

    timetable.schedule("home/values", wall.now() + HOUR, job)
    wall.off = HOUR
    timetable.follow()
    assert until_due(wall, timetable) == pytest.approx(HOUR, abs=SOON)


def until_due(wall: Wall, timetable: Timetable) -> timedelta:
    """How long the only job that is planned has to wait."""
    (planned,) = timetable._scheduler.get_jobs()
    waiting: timedelta = planned.next_run_time - wall.now()
    return waiting


@pytest.mark.parametrize("jump", [HOUR, -HOUR, timedelta(days=90)], ids=["forward", "back", "from 1970"])
async def test_what_is_planned_after_the_clock_was_set_and_before_that_is_noticed_keeps_its_time(
    wall: Wall, timetable: Timetable, jump: timedelta
) -> None:
    async def job() -> None: ...

    wall.off = jump
    timetable.schedule("home/values", wall.now() + HOUR / 12, job)
    assert timetable.follow() == pytest.approx(jump, abs=SOON)
    assert until_due(wall, timetable) == pytest.approx(HOUR / 12, abs=SOON)


async def test_a_machine_that_slept_has_no_clock_that_was_set_and_catches_up_at_once(
    wall: Wall, timetable: Timetable
) -> None:
    ran = asyncio.Event()

    async def job() -> None:
        ran.set()

    timetable.schedule("home/values", wall.now() + 6 * HOUR, job)
    await asyncio.sleep(0)  # its timer is set
    wall.off, wall.slept = 8 * HOUR, 8 * 3600.0
    assert timetable.follow() == timedelta()
    async with asyncio.timeout(5):
        await ran.wait()


def test_seconds_that_nobody_sets_go_on_while_this_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(time, "CLOCK_BOOTTIME"):
        pytest.skip("only Linux tells")
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 1234.5}.get)
    assert Timetable(SystemClock(), lambda *_: None)._monotonic() == 1234.5


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=1), -timedelta(milliseconds=20)])
async def test_a_job_that_plans_itself_for_a_moment_that_has_passed_runs_again_when_it_has_ended(
    wall: Wall, timetable: Timetable, late: timedelta
) -> None:
    times = 3
    runs, at_once = 0, 0
    done = asyncio.Event()

    async def job() -> None:
        nonlocal runs, at_once
        at_once += 1
        assert at_once == 1
        runs += 1
        if runs < times:
            timetable.schedule("home/values", wall.now() - late, job)
        else:
            done.set()
        await asyncio.sleep(0.03)  # it has something left to do
        at_once -= 1

    timetable.schedule("home/values", wall.now(), job)
    async with asyncio.timeout(5):
        await done.wait()
    await asyncio.sleep(0.2)
    assert (runs, timetable._scheduler.get_jobs()) == (times, [])


async def test_a_job_that_is_forgotten_while_it_runs_does_not_come_back(wall: Wall, timetable: Timetable) -> None:
    runs = 0
    go_on = asyncio.Event()

    async def job() -> None:
        nonlocal runs
        runs += 1
        timetable.schedule("home/values", wall.now(), job)
        await go_on.wait()

    timetable.schedule("home/values", wall.now(), job)
    async with asyncio.timeout(5):
        while not runs:  # noqa: ASYNC110 - a counter has no bell
            await asyncio.sleep(0.01)
    timetable.unschedule("home/values")
    go_on.set()
    await asyncio.sleep(0.2)
    assert (runs, timetable._scheduler.get_jobs()) == (1, [])


async def test_a_clock_that_only_drifts_is_left_alone(wall: Wall, timetable: Timetable) -> None:
    wall.off = timedelta(seconds=30)
    assert timetable.follow() == timedelta()
    assert timetable.follow() == timedelta()


async def test_a_bug_in_a_job_is_told(wall: Wall) -> None:
    told: asyncio.Queue[tuple[str, BaseException]] = asyncio.Queue()
    timetable = Timetable(wall, lambda name, error, _: told.put_nowait((name, error)), wall=wall.now)
    timetable.open()

    async def job() -> None:
        raise ZeroDivisionError

    timetable.schedule("home/values", wall.now(), job)
    async with asyncio.timeout(5):
        name, error = await told.get()
    assert (name, type(error)) == ("home/values", ZeroDivisionError)
    timetable.close()
    timetable.schedule("home/values", wall.now(), job)
    assert timetable._scheduler.get_jobs() == []  # after the end nothing begins


def test_a_clock_that_is_set_is_no_silence_and_silence_is_noticed() -> None:
    wall, seconds = Wall(), [0.0]
    health = Health(
        None,  # type: ignore[arg-type]  # only the process itself is asked for
        None,  # type: ignore[arg-type]
        wall,
        install_id="",
        state_trouble=str,
        raw=dict,
        log_level=str,
        monotonic=lambda: seconds[0],
    )
    wall.off = HOUR
    assert health.live()[0]
    seconds[0] = SILENCE + 1
    assert health.live() == (False, "the bridge has hung for 301 s: restart it")
    health.seen()
    assert health.live()[0]
