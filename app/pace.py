"""When a feed is read next: cadence by day and night, the vendor's upload, and the budget of calls."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from app.model import Feed

DISCOVERY: Final = Feed(
    "discovery",
    every=timedelta(hours=1),
    night=timedelta(hours=3),
    reason="devices come and go rarely, and the lists cost calls",
    minimum=timedelta(minutes=10),
)
"""The one feed that every provider has: which devices there are."""
UPLOAD_DELAY: Final = timedelta(seconds=40)
"""After a logger's upload the vendor needs some seconds to show it."""
RESERVE: Final = 0.05
"""The share of the budget that polls leave alone: logins, requests and commands need some calls too."""
PAUSE: Final = timedelta(minutes=30)
"""A failing feed is tried at least this often."""
PATIENCE: Final = 2
"""Failures in a row that are answered with the usual cadence."""
LOCK_WEIGHT: Final = 0.6
"""After each lockout of the last week the account lives on this share of its budget."""
LOCK_MEMORY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Night:
    """When the night is, by the plant's clock."""

    begins: time = time(22, 0)
    ends: time = time(5, 0)

    def covers(self, moment: datetime, zone: tzinfo | None) -> bool:
        """Return whether a moment is in the night of a time zone."""
        clock = moment.astimezone(zone).timetz().replace(tzinfo=None) if zone else moment.timetz().replace(tzinfo=None)
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


@dataclass(frozen=True, slots=True)
class Cadence:
    """What an owner wants of one feed instead of its defaults."""

    every: timedelta | None = None
    night: timedelta | None = None


def plan(feeds: Iterable[Feed], wishes: Mapping[str, Cadence]) -> tuple[tuple[Feed, ...], tuple[str, ...]]:
    """Return the feeds with an owner's wishes, and a sentence for each wish that had to be bent or cannot be met."""
    planned, remarks = [], []
    known = set()
    for feed in feeds:
        known.add(feed.name)
        wish = wishes.get(feed.name, Cadence())
        every, night = wish.every or feed.every, wish.night or max(feed.night, wish.every or feed.every)
        for name, wanted in (("every", every), ("night", night)):
            if wanted < feed.minimum:
                remarks.append(
                    f"{feed.name}.{name}: {wanted} is faster than is safe for the account; {feed.minimum} is used"
                )
        planned.append(replace(feed, every=max(every, feed.minimum), night=max(night, feed.minimum)))
    remarks += [
        f"{name}: there is no such feed; there are {', '.join(sorted(known))}" for name in wishes if name not in known
    ]
    return tuple(planned), tuple(remarks)


def expected(
    feeds: Iterable[Feed], costs: Mapping[str, float], now: datetime, ends: datetime, night: Night, zone: tzinfo | None
) -> float:
    """Return how many calls the feeds will need until `ends` at their plain cadence; `costs` in calls a read."""
    needed = 0.0
    at = now
    while at < ends:
        span = min(timedelta(hours=1), ends - at)
        dark = night.covers(at, zone)
        needed += sum(costs.get(feed.name, 1.0) * (span / (feed.night if dark else feed.every)) for feed in feeds)
        at += span
    return needed


def reserve(budget: int) -> int:
    """Return how many of a day's calls polls leave alone."""
    return math.ceil(budget * RESERVE)


def stretch(needed: float, spent: int, budget: float) -> float:
    """Return by how much every cadence must be stretched so that the budget lasts; infinite when it is spent."""
    left = budget * (1 - RESERVE) - spent
    if left <= 0:
        return math.inf
    return max(1.0, needed / left)


def next_due(feed: Feed, now: datetime, every: timedelta, newest: datetime | None, period: timedelta) -> datetime:
    """Return when to read a feed after `now`, given its present interval.

    An aligned feed is read just after an upload: `newest` is the vendor's time of the last one,
    `period` the usual time between two.
    """
    due = now + every
    if every < period:  # somebody wants it faster than uploads usually come
        return due
    if not feed.aligned or newest is None or not timedelta(0) <= now - newest < 2 * period + UPLOAD_DELAY:
        return due
    steps = max(1, round((due - newest - UPLOAD_DELAY) / period))
    aligned = newest + steps * period + UPLOAD_DELAY
    while aligned < now + every / 2:
        aligned += period
    return max(aligned, now + feed.minimum)  # uploads are as far apart as the vendor allows calls, or nearer


def after_failures(every: timedelta, failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: the next two ticks as usual, then ever longer."""
    return every if failures <= PATIENCE else min(max(every, PAUSE), every * 2 ** min(failures - PATIENCE, 10))
