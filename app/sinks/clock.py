"""The sink that warns the owner when this machine's clock is wrong: readings then look stale, or yet to come."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import structlog

from app.model import AccountStatus
from app.sinks import News

log = structlog.get_logger()

LIMIT: Final = timedelta(minutes=5)
"""How far off a clock may be without a word: readings are as old at any time, and nothing is refused for it."""
HEALED: Final = LIMIT / 2
"""Below that all is well again; in between nothing is said, or a clock on the limit would be told of for ever."""


def wrong_clock(accounts: Mapping[str, AccountStatus], limit: timedelta = LIMIT) -> str:
    """Return what is wrong with this machine's clock and what to do; empty when it is right, as far as is known.

    One vendor that agrees is proof enough: then it is another vendor's clock that is wrong.
    """
    known = [status for status in accounts.values() if status.clock_offset is not None]
    nearest = min(known, key=_distance, default=None)
    if nearest is None or _distance(nearest) < limit:
        return ""
    offset = nearest.clock_offset or timedelta()
    where = "ahead of" if offset > timedelta() else "behind"
    harm = "values look too old to be true" if offset > timedelta() else "values are refused, as if from the future"
    return (
        f"this machine's clock is {_words(abs(offset))} {where} that of {nearest.provider}'s server "
        f"(account {nearest.account}): {harm}; set the clock (in a container: of its host), best by NTP"
    )


def _distance(status: AccountStatus) -> timedelta:
    return abs(status.clock_offset or timedelta())


def _words(span: timedelta) -> str:
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if span >= 3 * length:
            return f"{round(span / length)} {unit}"
    return f"{round(span / timedelta(minutes=1))} minutes"


class ClockSink:
    """Says once that this machine's clock is wrong, and once that it is right again."""

    def __init__(self, accounts: Callable[[], Mapping[str, AccountStatus]]) -> None:
        """`accounts` gives every account's status."""
        self._accounts = accounts
        self._told = False

    async def publish(self, news: News) -> None:
        """Look at the clocks whenever an account has told how it is."""
        if not isinstance(news, AccountStatus):
            return
        accounts = self._accounts()
        if all(status.clock_offset is None for status in accounts.values()):
            return  # nobody has answered of late: that proves nothing mended
        reason = wrong_clock(accounts, HEALED if self._told else LIMIT)
        if reason and not self._told:
            log.warning("clock_wrong", account=news.account, reason=reason)
        elif self._told and not reason:
            log.info("clock_right", account=news.account)
        self._told = bool(reason)
