"""Jobs are run when they are due, also when somebody sets this machine's clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from app.clock import SystemClock
from app.health import SILENCE, Health
from app.timetable import Timetable

HOUR = timedelta(hours=1)


class Wall(SystemClock):
    """This machine's clock, and how far off it is."""

    off = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.fixture
async def wall() -> Wall:
    return Wall()


@pytest.fixture
async def timetable(wall: Wall) -> AsyncIterator[Timetable]:
    made = Timetable(wall, lambda *_: None, wall=wall.now)
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
    (planned,) = timetable._scheduler.get_jobs()
    assert planned.next_run_time - wall.now() == pytest.approx(HOUR, abs=timedelta(seconds=5))


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
