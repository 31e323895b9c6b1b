"""What runs beside the intake, and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.clock import Clock

log = structlog.get_logger()


class Background:
    """Tasks that none of the others can bring down."""

    def __init__(self) -> None:
        """Nothing runs before `running`."""
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def runs(self) -> bool:
        """Whether what is spawned now is done."""
        return self._tasks is not None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take tasks for as long as the block lasts, and end them with it."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                yield
            finally:
                self._tasks = None

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside; nothing at all while nothing runs."""
        if self._tasks is None:
            work.close()
        else:
            task = self._tasks.create_task(_guarded(work, name), name=name)
            task.add_done_callback(lambda _: work.close())  # it may be cancelled before it has begun


async def _guarded(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    except Exception:  # what nobody foresaw there must not end the bridge
        log.exception("command_failed", task=name)


async def until(moment: datetime | None, news: asyncio.Event, clock: Clock) -> None:
    """Wait for a moment, or for news, whichever is first."""
    parts: list[asyncio.Task[Any]] = [asyncio.create_task(news.wait(), name="news")]
    if moment is not None:
        span = max(moment - clock.now(), timedelta())
        parts.append(asyncio.create_task(clock.sleep(span), name="timer"))
    try:
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for part in parts:
            part.cancel()
