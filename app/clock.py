"""Time, handed to whoever needs it, so that tests and the demo can drive it."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

_TICK: Final = timedelta(seconds=1)
"""A `Date` header has no parts of a second."""


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


def ahead(date: str | None, asked: datetime, answered: datetime, age: str | None = None) -> timedelta | None:
    """Return by how much our clock is ahead of a server's at the least, by the `Date` header of its answer.

    Zero where both may be the same: the server wrote the date at some moment between the question and the answer.
    A clock that was set back in between is taken as it is now. None where there is no date that can be read.
    A date without a zone is UTC, as every `Date` is (https://www.rfc-editor.org/rfc/rfc9110#name-date). `age` is the
    header of an answer that some cache kept for so many seconds (https://www.rfc-editor.org/rfc/rfc9111#name-age).
    """
    try:
        theirs = parsedate_to_datetime(date or "")
        theirs = (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)).astimezone(UTC)
        theirs += timedelta(seconds=_seconds(age))
    except (ValueError, OverflowError):
        return None
    behind = answered - theirs
    return behind if behind < timedelta() else max(min(asked, answered) - theirs - _TICK, timedelta())


def _seconds(age: str | None) -> int:
    """Return an `Age` as a number; 0 for what is none."""
    text = (age or "").strip()
    return int(text) if text.isascii() and text.isdigit() else 0
