"""Time, handed to whoever needs it, so that tests and the demo can drive it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of time that may run at another speed than the wall's."""

    def now(self) -> datetime:
        """Return this moment, in UTC."""

    def real(self, span: timedelta) -> float:
        """Return how many real seconds this clock needs to advance by `span`."""

    async def sleep(self, span: timedelta) -> None:
        """Return when this clock has advanced by `span`."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return this moment, in UTC."""
        return datetime.now(UTC)

    def real(self, span: timedelta) -> float:
        """Return the span in seconds: this clock runs at the speed of the wall's."""
        return max(0.0, span.total_seconds())

    async def sleep(self, span: timedelta) -> None:
        """Wait."""
        await asyncio.sleep(self.real(span))
