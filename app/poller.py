"""Reads the feeds of one account, and says once when that stops and once when it works again.

The reaction to a failure follows from its class (app/errors.py) and from nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from time import perf_counter
from typing import Protocol

import structlog

from app import pace, points
from app.bridge import Bridge
from app.clock import Clock
from app.errors import AuthFailed, Blocked, BudgetSpent, Locked, NoData, ProviderError, RateLimited
from app.metrics import OK, Metrics
from app.model import AccountState, AccountStatus, Device, Feed
from app.pace import DISCOVERY, Cadence, Night
from app.providers import Provider
from app.turn import Turn

log = structlog.get_logger()

MISSES = 2
"""A device is gone when this many lists of devices in a row lack it."""
EMPTY_MISSES = 6
"""As MISSES, when the whole list is empty: far more often a fault of the vendor's than the truth."""
LAST_CALLS = 6
"""So many intervals before the end of the day a feed that has become too dear may rest without a word..."""
STRETCHED = 10.0
"""... each stretched as the day was, but by no more than this."""
UNREAD = "nothing has been read yet"
AUTH_RETRY = timedelta(days=1)
"""A refused login is not repeated until the configuration changes; the provider is asked daily, without I/O."""


class AccountLedger(Protocol):
    """What the poller needs to know of an account's budget."""

    budget: int

    @property
    def spent(self) -> int:
        """Calls spent today."""

    @property
    def ends(self) -> datetime:
        """When the budget begins anew, UTC."""


class Lockouts(Protocol):
    """Remembers lockouts over restarts."""

    def get(self, name: str) -> dict[str, object] | None:
        """Return a document."""

    def put(self, name: str, document: Mapping[str, object] | None) -> None:
        """Keep a document."""


@dataclass(slots=True)
class _Progress:
    """How it stands with one feed."""

    feed: Feed
    period: timedelta
    """The vendor's own time between two uploads."""
    failures: int = 0
    cost: float = 1.0
    """Calls that the last read needed."""
    due: datetime | None = None
    error: ProviderError | None = None
    said: bool = False
    """Whether the error is in the log for all to see."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an account is to be read."""

    account: str
    """Its name in the configuration."""
    vendor: str
    """The provider's name."""
    cadences: Mapping[str, Cadence] = field(default_factory=dict)
    """The owner's wishes by feed name."""
    night: Night = field(default_factory=Night)


class Poller:
    """Reads one account's feeds."""

    def __init__(
        self,
        terms: Terms,
        provider: Provider,
        bridge: Bridge,
        ledger: AccountLedger,
        lockouts: Lockouts,
        *,
        clock: Clock,
        metrics: Metrics,
        turn: Turn | None = None,
    ) -> None:
        """Plan the feeds; nothing is read before `poll`."""
        account = self.account = terms.account
        self.provider = provider
        self._bridge, self._ledger, self._lockouts = bridge, ledger, lockouts
        self._clock, self._metrics, self._night = clock, metrics, terms.night
        self.turn = turn or Turn()
        """The account's one request at a time; commands go first."""
        self._elsewhere = 0
        """Calls that commands have spent in the middle of a read."""
        self._closed = False
        defaults = (DISCOVERY, *provider.feeds)
        self.feeds, remarks = pace.plan(defaults, terms.cadences)
        for remark in remarks:
            log.warning("cadence_changed", account=account, remark=remark)
        periods = {feed.name: feed.every for feed in defaults}
        self._progress = {feed.name: _Progress(feed, periods[feed.name]) for feed in self.feeds}
        metrics.expect(account, self._progress)
        self._known = False
        self._missing: dict[str, int] = {}
        self._status = AccountStatus(
            account, terms.vendor, provider.api, AccountState.UNREACHABLE, UNREAD, budget=ledger.budget
        )

    @property
    def status(self) -> AccountStatus:
        """How the account is, with what time alone changes as it is now: no calls of yesterday's."""
        return replace(self._status, calls_today=self._ledger.spent, clock_offset=self.provider.clock_offset)

    async def renew(self) -> None:
        """Tell how the account is if time alone has changed that; a read that is under way tells it at its end."""
        if self._closed or self.turn.locked() or self.status == self._status:
            return
        async with self.turn:
            await self._report()

    async def poll(self, name: str) -> datetime:
        """Read one feed now and return when it is next due; no ProviderError gets out: the next tick is the retry."""
        progress = self._progress[name]
        async with self.turn:
            if self._closed:
                return self._clock.now() + progress.feed.every
            started, before = perf_counter(), self._ledger.spent - self._elsewhere
            try:
                if self._too_dear(progress):
                    return self._rest(progress)
                await self._read(progress.feed)
            except ProviderError as error:
                due = self._failed(progress, error)
            else:
                due = self._succeeded(progress)
            self._metrics.poll_seconds.labels(self.account, name).observe(perf_counter() - started)
            spent = self._ledger.spent - self._elsewhere - before
            if spent > 0 and progress.error is None:
                progress.cost = spent
            progress.due = due
        await self._report()
        return due

    async def give_way(self) -> None:
        """Let commands go first in the middle of a read; the provider says where."""
        before = self._ledger.spent
        await self.turn.give_way()
        self._elsewhere += self._ledger.spent - before

    async def close(self) -> None:
        """Let a read that is under way end, and begin no other."""
        self._closed = True
        async with self.turn:
            pass

    def _too_dear(self, progress: _Progress) -> bool:
        """Return whether a feed needs more calls than are left to polls; raise BudgetSpent if that lasts long."""
        if self._ledger.spent + progress.cost <= self._ledger.budget - pace.reserve(self._ledger.budget):
            return False
        patience = LAST_CALLS * min(self._status.stretch, STRETCHED) * progress.feed.every
        if self._ledger.ends - self._clock.now() > patience:
            msg = f"today's budget of {self._ledger.budget} calls is spent: {progress.feed.name} rests until tomorrow"
            raise BudgetSpent(msg, self._ledger.ends)
        return True

    def _rest(self, progress: _Progress) -> datetime:
        progress.due = self._ledger.ends + timedelta(minutes=1)
        return progress.due

    async def _read(self, feed: Feed) -> None:
        if feed.name == DISCOVERY.name or not self._known:
            await self._discover()
        if feed.name == DISCOVERY.name:
            return
        readings = await self.provider.read(feed)
        self._metrics.readings.labels(self.account).inc(len(readings))
        await self._bridge.deliver(readings, self._interval(feed), live=feed.aligned, account=self.account)

    async def _discover(self) -> None:
        """Learn the account's devices; forget those that several lists in a row lacked."""
        found = await self.provider.discover()
        for device in found:
            await self._bridge.found(device)
        self._known = True
        ids = {device.id for device in found}
        needed = MISSES if ids else EMPTY_MISSES
        for device in self._devices():
            if device.id in ids:
                self._missing.pop(device.id, None)
                continue
            misses = self._missing[device.id] = self._missing.get(device.id, 0) + 1
            if misses >= needed:
                del self._missing[device.id]
                await self._bridge.lost(device.id, self.account)

    def _devices(self) -> Sequence[Device]:
        store = self._bridge.store
        return [device for device in store.devices if self.account in store.sources.accounts(device)]

    # What follows from a read

    def _succeeded(self, progress: _Progress) -> datetime:
        self._count(progress.feed, OK)
        if progress.error is not None:
            (log.info if progress.said else log.debug)(
                "feed_up", account=self.account, feed=progress.feed.name, after_failures=progress.failures
            )
        progress.error, progress.failures = None, 0
        self._status = replace(self._status, last_poll=self._clock.now(), read_only=self.provider.read_only)
        return self._next(progress)

    def _failed(self, progress: _Progress, error: ProviderError) -> datetime:
        """Note a failure, say it once, and return when to try again."""
        self._count(progress.feed, _kind(error))
        now = self._clock.now()
        if isinstance(error, NoData):
            return self._next(progress)
        if isinstance(error, Locked) and not isinstance(progress.error, Locked):
            self._remember_lockout(error, now)
        self._say(progress, error)
        progress.error = error
        progress.failures += 1
        match error:
            case AuthFailed():
                return now + AUTH_RETRY
            case Locked() | RateLimited() | Blocked():
                return max(error.until, now + timedelta(minutes=1))
            case _:
                return now + pace.after_failures(self._interval(progress.feed), progress.failures)

    def _say(self, progress: _Progress, error: ProviderError) -> None:
        """Log a failure once: not again while it lasts, nor for each feed that meets the same."""
        kind = _kind(error)
        if progress.error is not None and _kind(progress.error) == kind:
            return
        others = {_kind(each.error) for each in self._progress.values() if each is not progress and each.error}
        level = log.error if isinstance(error, AuthFailed | Locked | Blocked) else log.warning
        progress.said = kind not in others
        tell = level if progress.said else log.debug
        tell("feed_down", account=self.account, feed=progress.feed.name, reason=str(error), kind=kind)

    def _count(self, feed: Feed, outcome: str) -> None:
        self._metrics.polls.labels(self.account, feed.name, outcome).inc()

    def _remember_lockout(self, error: Locked, now: datetime) -> None:
        """Keep the time of a lockout: it makes the account's cadence slower for a week."""
        kept = self._lockout_times(now)
        if error.until.isoformat() not in kept:
            self._lockouts.put("lockouts", {"until": [*kept, error.until.isoformat()]})

    def _lockout_times(self, now: datetime) -> list[str]:
        document = self._lockouts.get("lockouts") or {}
        times = document.get("until")
        if not isinstance(times, list):
            return []
        return [str(text) for text in times if _recent(str(text), now)]

    # Cadence

    def _zone(self) -> tzinfo | None:
        return next((device.zone for device in self._devices() if device.zone), None)

    def _dark(self, now: datetime) -> bool:
        """Return whether it is night at the account's first plant and none of its devices makes power."""
        if not self._night.covers(now, self._zone()):
            return False
        for device in self._devices():
            power = self._bridge.store.view(device.id, now).get(points.PV_POWER.key)
            if isinstance(power, float) and power > 0:
                return False
        return True

    def stretch(self) -> float:
        """Return by how much every cadence is stretched so that today's budget lasts."""
        now = self._clock.now()
        budget = self._ledger.budget * pace.LOCK_WEIGHT ** len(self._lockout_times(now))
        costs = {name: progress.cost for name, progress in self._progress.items()}
        needed = pace.expected(self.feeds, costs, now, self._ledger.ends, self._night, self._zone())
        return pace.stretch(needed, self._ledger.spent, budget)

    def _interval(self, feed: Feed) -> timedelta:
        now = self._clock.now()
        plain = feed.night if self._dark(now) else feed.every
        longest = max(self._ledger.ends - now, plain)
        factor = min(self.stretch(), longest / plain)
        return factor * plain

    def _longest_stretch(self) -> float:
        """Return the stretch at which the most urgent feed would be read once more this day."""
        left = self._ledger.ends - self._clock.now()
        return max(1.0, *(left / feed.every for feed in self.feeds))

    def _next(self, progress: _Progress) -> datetime:
        now = self._clock.now()
        every = self._interval(progress.feed)
        if self.stretch() == float("inf"):
            return self._ledger.ends + timedelta(minutes=1)
        newest = max(
            filter(None, (self._bridge.store.stamped_at(device.id) for device in self._devices())), default=None
        )
        return pace.next_due(progress.feed, now, every, newest, progress.period)

    # How the account is

    async def _report(self) -> None:
        state, reason, until = self._verdict()
        dues = [progress.due for progress in self._progress.values() if progress.due is not None]
        factor = self.stretch()
        status = replace(
            self.status,
            state=state,
            reason=reason,
            until=until,
            next_poll=min(dues, default=None),
            budget=self._ledger.budget,
            stretch=round(min(factor, self._longest_stretch()), 2),
        )
        self._status = status
        await self._bridge.report(status)

    def _verdict(self) -> tuple[AccountState, str, datetime | None]:
        """Return the account's state from what its feeds last met; the gravest counts."""
        errors = [progress.error for progress in self._progress.values() if progress.error is not None]
        for grave, state in _GRAVITY:
            for error in errors:
                if isinstance(error, grave):
                    until = getattr(error, "until", None)
                    return state, str(error), until
        live = [progress for progress in self._progress.values() if progress.feed.aligned] or self._progress.values()
        if all(progress.error is not None for progress in live):
            first = next((each.error for each in self._progress.values() if each.error and each.said), errors[0])
            return AccountState.UNREACHABLE, str(first), None
        if self._status.last_poll is None:
            return AccountState.UNREACHABLE, UNREAD, None
        return AccountState.ONLINE, "", None

    async def announce(self) -> None:
        """Pass on how the account is, before anything has been read."""
        self._status = self.status
        await self._bridge.report(self._status)

    def names(self) -> Iterable[str]:
        """Return the names of all feeds, discovery first."""
        return [feed.name for feed in self.feeds]


_GRAVITY: Sequence[tuple[type[ProviderError], AccountState]] = (
    (AuthFailed, AccountState.AUTH_FAILED),
    (Locked, AccountState.LOCKED),
    (Blocked, AccountState.UNREACHABLE),
    (BudgetSpent, AccountState.RATE_LIMITED),
    (RateLimited, AccountState.RATE_LIMITED),
)


def _kind(error: ProviderError) -> str:
    """Return the name of an error's class, of those that everybody knows (app/errors.py)."""
    return next(known.__name__ for known in type(error).__mro__ if known.__module__ == ProviderError.__module__)


def _recent(text: str, now: datetime) -> bool:
    """Return whether a lockout (the ISO time of its end) still counts."""
    try:
        ended = datetime.fromisoformat(text)
    except ValueError:
        return False
    return ended.tzinfo is not None and now - ended < pace.LOCK_MEMORY
