"""When something is to be run: the only module that schedules."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobExecutionEvent, JobSubmissionEvent
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.clock import Clock

log = structlog.get_logger()

JUMP: Final = timedelta(minutes=1)
"""By how much this machine's clock must have been set for what is due to be moved along."""

BUSY: Final = 0.1
"""Seconds until a job that fell due while it still ran is tried again."""

Failed = Callable[[str, BaseException, str], None]
"""Takes the name of a job, what it raised that nobody foresaw, and the traceback."""


def _wall() -> datetime:
    return datetime.now(UTC)


def _seconds() -> float:
    """Return seconds that nobody sets, and that go on while this machine sleeps where it can tell.

    On Linux CLOCK_MONOTONIC stands still meanwhile, which would look as if the clock had been set
    (https://man7.org/linux/man-pages/man2/clock_gettime.2.html).
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class _Planned(NamedTuple):
    deadline: float
    """On the clock that nobody sets."""
    run: Callable[[], Awaitable[None]]


class Timetable:
    """Runs jobs at moments of a clock, which may run at another speed than the wall's."""

    def __init__(
        self,
        clock: Clock,
        failed: Failed,
        *,
        wall: Callable[[], datetime] = _wall,
        monotonic: Callable[[], float] = _seconds,
    ) -> None:
        """`failed` is told of a bug in a job; `monotonic` counts seconds that nobody sets, also while all sleeps."""
        self._clock, self._wall, self._monotonic = clock, wall, monotonic
        self._closed = False
        self._planned: dict[str, _Planned] = {}
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_listener(lambda event: _tell(event, failed), EVENT_JOB_ERROR)
        self._scheduler.add_listener(self._try_again, EVENT_JOB_MAX_INSTANCES)
        self._seen = (wall(), monotonic())

    def open(self) -> None:
        """Begin, within the loop that runs."""
        self._seen = (self._wall(), self._monotonic())
        self._scheduler.start()

    def close(self) -> None:
        """Begin no other job; what runs is left alone."""
        self._closed = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def schedule(self, name: str, due: datetime, job: Callable[[], Awaitable[object]]) -> None:
        """Run a job once at a moment of the clock; the same name again replaces it."""
        if self._closed:
            return
        wait = self._clock.real(due - self._clock.now())

        async def run() -> None:
            if self._planned.get(name) is planned:
                del self._planned[name]
            with suppress(asyncio.CancelledError):  # cut short by the end; the scheduler would call it a failure
                await job()

        planned = self._planned[name] = _Planned(self._monotonic() + wait, run)
        self._add(name, planned, wait)

    def _add(self, name: str, planned: _Planned, wait: float) -> None:
        moment = self._wall() + timedelta(seconds=wait)  # the scheduler knows only the wall's clock
        self._scheduler.add_job(planned.run, "date", run_date=moment, id=name, replace_existing=True)

    def _try_again(self, event: JobSubmissionEvent) -> None:
        """Plan a job again that fell due while it still ran: the scheduler has passed it over and forgotten it."""
        planned = self._planned.get(event.job_id)
        if planned is not None and not self._closed:
            self._add(event.job_id, planned, BUSY)

    def unschedule(self, name: str) -> None:
        """Forget a job."""
        self._planned.pop(name, None)
        with suppress(JobLookupError):
            self._scheduler.remove_job(name)

    def follow(self) -> timedelta:
        """Notice that somebody has set this machine's clock, and move what is due along; return by how much.

        Else a clock that was an hour ahead would, once it is set right, let nothing be read for an hour.
        """
        (wall, monotonic), self._seen = self._seen, (self._wall(), self._monotonic())
        jump = self._seen[0] - wall - timedelta(seconds=self._seen[1] - monotonic)
        if self._closed:
            return timedelta()
        if abs(jump) < JUMP:
            self._scheduler.wakeup()  # its timer stands still while this machine sleeps
            return timedelta()
        log.info("clock_set", by_seconds=round(jump.total_seconds()))
        for name, planned in self._planned.items():  # some may have been planned since, by the new clock
            self._add(name, planned, planned.deadline - self._seen[1])
        return jump


def _tell(event: JobExecutionEvent, failed: Failed) -> None:
    failed(event.job_id, event.exception, event.traceback)
