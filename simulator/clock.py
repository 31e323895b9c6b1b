"""Clocks that do not run like the wall's: one driven by hand, one sped up."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

_TURNS = 20
"""How often the loop may go round between two wake-ups, so that what was woken can fall asleep again."""


class DrivenClock:
    """A clock that stands still until somebody moves it; implements `app.clock.Clock`."""

    def __init__(self, start: datetime) -> None:
        """Stand at `start`, which must know its zone."""
        self._now = start.astimezone(UTC)
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return this moment, in UTC."""
        return self._now

    def real(self, span: timedelta) -> float:
        """Return 0: no real time passes while this clock advances."""
        del span
        return 0.0

    @property
    def sleepers(self) -> int:
        """How many are waiting."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def sleep(self, span: timedelta) -> None:
        """Return when somebody has advanced this clock by `span`; at once, after one turn, if it is not positive."""
        if span <= timedelta(0):
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + span, next(self._order), future))
        await future

    def move(self, span: timedelta) -> None:
        """Go forward by `span` and wake whom that wakes, each at its own moment, without giving them a turn.

        Raises ValueError for a negative span: this clock never goes back.
        """
        if span < timedelta(0):
            msg = "a clock does not go back"
            raise ValueError(msg)
        target = self._now + span
        while self._wake_next(target):
            pass
        self._now = target

    async def advance(self, span: timedelta) -> None:
        """Go forward by `span`, stopping at each sleeper's moment to let it run, and sleep again, before going on."""
        if span < timedelta(0):
            msg = "a clock does not go back"
            raise ValueError(msg)
        target = self._now + span
        await _settle()
        while self._wake_next(target):
            await _settle()
        self._now = target
        await _settle()

    def _wake_next(self, target: datetime) -> bool:
        """Go to the next sleeper's moment, if it is not after `target`, and wake it."""
        if not self._sleepers or self._sleepers[0][0] > target:
            return False
        moment, _, future = heapq.heappop(self._sleepers)
        if not future.done():
            self._now = max(self._now, moment)
            future.set_result(None)
        return True


async def _settle() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class ScaledClock:
    """A clock that runs `factor` times as fast as the wall's; implements `app.clock.Clock`."""

    def __init__(self, start: datetime, factor: float, *, wall: Callable[[], float] = monotonic) -> None:
        """Show `start`, which must know its zone, now; `wall` counts real seconds.

        Raises ValueError if the factor is not positive.
        """
        if factor <= 0:
            msg = "a clock's factor is positive"
            raise ValueError(msg)
        self._factor = factor
        self._start = start.astimezone(UTC)
        self._wall = wall
        self._began = wall()

    def now(self) -> datetime:
        """Return this moment, in UTC."""
        return self._start + timedelta(seconds=(self._wall() - self._began) * self._factor)

    def real(self, span: timedelta) -> float:
        """Return the real seconds in which this clock advances by `span`."""
        return max(0.0, span.total_seconds() / self._factor)

    async def sleep(self, span: timedelta) -> None:
        """Wait until this clock has advanced by `span`."""
        await asyncio.sleep(self.real(span))

    def skip(self, span: timedelta) -> None:
        """Jump forward by `span`; those who sleep are not woken early."""
        self._start += span
