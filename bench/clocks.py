"""Clocks that bring their own time: one that stands, one that strides."""

import asyncio
from datetime import datetime, timedelta

from bench import load


class StandingClock:
    """Shows the moment it was set to, and sleeps in real time; implements `app.clock.Clock`."""

    def __init__(self, moment: datetime = load.START) -> None:
        """Stand at a moment."""
        self.moment = moment

    def now(self) -> datetime:
        """Return the moment, UTC."""
        return self.moment

    def real(self, span: timedelta) -> float:
        """Return the span in seconds."""
        return max(0.0, span.total_seconds())

    async def sleep(self, span: timedelta) -> None:
        """Wait in real time."""
        await asyncio.sleep(self.real(span))


class StridingClock(StandingClock):
    """Whoever sleeps on it moves it: for one task that lives through a week in seconds."""

    def real(self, span: timedelta) -> float:
        """Return 0: no real time passes."""
        del span
        return 0.0

    async def sleep(self, span: timedelta) -> None:
        """Let the span have passed."""
        self.moment += max(span, timedelta(0))
        await asyncio.sleep(0)
