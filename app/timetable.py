"""When something is to be run: the only module that schedules."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.clock import Clock

log = structlog.get_logger()

JUMP: Final = timedelta(minutes=1)
"""By how much this machine's clock must have been set for what is due to be moved along."""

Failed = Callable[[str, BaseException, str], None]
"""Takes the name of a job, what it raised that nobody foresaw, and the traceback."""


def _wall() -> datetime:
    return datetime.now(UTC)


class Timetable:
    """Runs jobs at moments of a clock, which may run at another speed than the wall's."""

    def __init__(
        self,
        clock: Clock,
        failed: Failed,
        *,
        wall: Callable[[], datetime] = _wall,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`failed` is told of a bug in a job; `monotonic` counts seconds that nobody sets."""
        self._clock, self._wall, self._monotonic = clock, wall, monotonic
        self._closed = False
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_listener(lambda event: _tell(event, failed), EVENT_JOB_ERROR)
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
        moment = self._wall() + timedelta(seconds=wait)  # the scheduler knows only the wall's clock

        async def run() -> None:
            with suppress(asyncio.CancelledError):  # cut short by the end; the scheduler would call it a failure
                await job()

        self._scheduler.add_job(run, "date", run_date=moment, id=name, replace_existing=True)

    def unschedule(self, name: str) -> None:
        """Forget a job."""
        with suppress(JobLookupError):
            self._scheduler.remove_job(name)

    def follow(self) -> timedelta:
        """Notice that somebody has set this machine's clock, and move what is due along; return by how much.

        Else a clock that was an hour ahead would, once it is set right, let nothing be read for an hour.
        """
        (wall, monotonic), self._seen = self._seen, (self._wall(), self._monotonic())
        jump = self._seen[0] - wall - timedelta(seconds=self._seen[1] - monotonic)
        if abs(jump) < JUMP or self._closed:
            return timedelta()
        log.info("clock_set", by_seconds=round(jump.total_seconds()))
        for job in self._scheduler.get_jobs():
            if job.next_run_time is not None:
                job.modify(next_run_time=job.next_run_time + jump)
        return jump


def _tell(event: JobExecutionEvent, failed: Failed) -> None:
    failed(event.job_id, event.exception, event.traceback)
