"""Several accounts on one device: who sees it, and whose value of a point counts.

The value of the account that ranks highest counts for as long as it is fresh; another account fills in what that one
lacks or has not refreshed. A value that a command has just read back counts before all others, until their clouds have
heard of it. Nothing here knows what an account is: it has a name and a rank.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from app.model import Device, Point, Reading, Value

SETTLED: Final = timedelta(minutes=10)
"""How long a value counts that was asked for because of a command: by then every cloud has heard of the change
(the last look of `commands.read_back`)."""
PATIENCE: Final = timedelta(days=1)
"""How long the account that is left may take to give what another one gave before."""
FILLED: Final = ("name", "model", "serial", "manufacturer", "firmware", "via", "zone", "rated_power")
"""Facts about a device that another account fills in where the best one has none."""
NOBODY: Final = ""
"""Stands for an account that does not see the device any more."""

FreshUntil = Callable[[Reading, datetime, timedelta], datetime]
"""Returns until when a reading is fresh that came at a moment from a feed that is read at an interval."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The last reading of one point that an account has given."""

    reading: Reading
    until: datetime
    """When it ceases to be fresh."""
    every: timedelta
    """How often its feed is read."""
    live: bool
    """Whether it is of the moment, as against settings and facts."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How readings came in."""

    account: str
    """Empty where only one can have given them."""
    at: datetime
    every: timedelta
    """How often their feed is read."""
    live: bool = True
    asked: bool = False
    """Whether a command has asked for them just now."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A value that a command has read."""

    account: str
    at: datetime
    until: datetime
    """Until when no other account counts."""
    before: Mapping[str, Value]
    """What the others said before the command: who says just that has not heard of it."""


@dataclass(slots=True)
class _Shared:
    """A device that several accounts see, or whose values are still those of one that did."""

    seen: dict[str, Device]
    """What each account says of it."""
    summed: frozenset[str] = frozenset()
    """Daily energies of which the bridge has kept the counter: that goes on, or it would jump to a vendor's."""
    offers: dict[str, dict[str, Offer]] = field(default_factory=dict)
    """By key of the point and account."""
    shown: dict[str, str] = field(default_factory=dict)
    """By key: the account whose value is shown."""
    pins: dict[str, Pin] = field(default_factory=dict)
    alone: datetime | None = None
    """Since when a single account sees it."""


class Sources:
    """The devices that several accounts see; one that a single account sees costs nothing here."""

    def __init__(self, fresh_until: FreshUntil) -> None:
        """Know no device yet."""
        self.ranking: Sequence[str] = ()
        """The accounts by name, the best first; those that are not in it come last."""
        self._fresh_until = fresh_until
        self._shared: dict[str, _Shared] = {}

    def _rank(self, account: str) -> int:
        return self.ranking.index(account) if account in self.ranking else len(self.ranking)

    def best(self, accounts: Iterable[str]) -> list[str]:
        """Return accounts by rank, the best first; those of equal rank as they came."""
        return sorted(accounts, key=self._rank)

    # Who sees a device

    def shared(self, device_id: str) -> bool:
        """Return whether more than one account counts for a device."""
        return device_id in self._shared

    @property
    def all_shared(self) -> Sequence[str]:
        """The ids of all such devices."""
        return tuple(self._shared)

    def accounts(self, device: Device) -> Sequence[str]:
        """Return the accounts that see a device, the best first."""
        shared = self._shared.get(device.id)
        return self.best(shared.seen) if shared else [device.account]

    def said(self, device_id: str) -> Mapping[str, Device]:
        """Return what each account says of a shared device."""
        shared = self._shared.get(device_id)
        return shared.seen if shared else {}

    def share(self, known: Device, device: Device, summed: Iterable[str] = ()) -> None:
        """Take note that a known device is seen by another account too.

        `summed`: keys of the daily energies of which the bridge has kept the counter so far.
        """
        self._shared[device.id] = _Shared({known.account: known, device.account: device}, frozenset(summed))

    def see(self, device: Device) -> Device:
        """Take in what an account says of a shared device; return what is to be said of it."""
        shared = self._shared[device.id]
        shared.seen[device.account] = device
        return self.merged(device.id)

    def merged(self, device_id: str) -> Device:
        """Return a shared device: the best account's word, filled in with the others'."""
        shared = self._shared[device_id]
        seen, summed = shared.seen, shared.summed
        best, *others = (seen[account] for account in self.best(seen))
        facts: dict[str, Any] = {}
        for name in FILLED:
            if not getattr(best, name):
                facts[name] = next((said for other in others if (said := getattr(other, name))), getattr(best, name))
        attributes: dict[str, str] = {}
        for each in (*reversed(others), best):
            attributes |= each.attributes
        kept = [key for other in others for key in other.accumulate if key in summed]
        return replace(
            best,
            **facts,
            accumulate=tuple(dict.fromkeys((*best.accumulate, *kept))),
            attributes=attributes,
            others=tuple(other.account for other in others),
        )

    def unsee(self, device_id: str, account: str) -> Device | None:
        """Take note that an account has lost a shared device; return what is to be said of it now, if others see it."""
        shared = self._shared[device_id]
        shared.seen.pop(account, None)
        if not shared.seen:
            del self._shared[device_id]
            return None
        for key, offers in shared.offers.items():
            offers.pop(account, None)
            if shared.shown.get(key) == account:
                shared.shown[key] = NOBODY
        shared.pins = {key: pin for key, pin in shared.pins.items() if pin.account != account}
        return self.merged(device_id)

    def forget(self, device_id: str) -> None:
        """Forget a device."""
        self._shared.pop(device_id, None)

    def pins(self, device_id: str) -> dict[str, Pin]:
        """Return by key what commands have read of a shared device, to be kept over a restart, or put back."""
        shared = self._shared.get(device_id)
        return shared.pins if shared else {}

    def settled(self, device_id: str, now: datetime) -> str | None:
        """Return the one account of a shared device that is left, once all it gives is shown, and forget the others."""
        shared = self._shared[device_id]
        if len(shared.seen) != 1:
            shared.alone = None
            return None
        (account,) = shared.seen
        shared.alone = shared.alone or now
        waiting = {key for key, shown in shared.shown.items() if shown != account}
        if any(shared.offers.get(key) for key in waiting) or (waiting and now - shared.alone < PATIENCE):
            return None
        del self._shared[device_id]
        return account

    # Whose value counts

    def seed(self, device_id: str, offers: Iterable[tuple[str, Offer]]) -> None:
        """Put back what is shown of a shared device, and which account has given it."""
        shared = self._shared[device_id]
        for account, offer in offers:
            key = offer.reading.point.key
            shared.shown[key] = account if account in shared.seen else NOBODY
            if account in shared.seen:
                shared.offers.setdefault(key, {})[account] = offer

    def take(self, reading: Reading, delivery: Delivery) -> Reading | None:
        """Take in a reading of a shared device; return it, with the point as it is shown, if its account counts now."""
        shared, account, key = self._shared[reading.device_id], delivery.account, reading.point.key
        if account not in shared.seen:
            return None
        offers = shared.offers.setdefault(key, {})
        if delivery.asked and not any(
            offer.reading.at > reading.at for name, offer in offers.items() if name != account
        ):  # a look may tell what was said before, where an API may not be asked again yet
            self._pin(shared, key, account, reading.at, delivery.at)
        elif (pin := shared.pins.get(key)) is not None and pin.account != account:
            read = offers.get(pin.account)
            unheard = read is not None and read.until >= delivery.at and pin.before.get(account) == reading.value
            if delivery.at < pin.until or reading.at < pin.at or unheard:
                return None
            del shared.pins[key]
        point = self._common(offers, account, reading.point)
        if point is None:
            offers.pop(account, None)
            return None
        until = self._fresh_until(reading, delivery.at, delivery.every)
        offers[account] = Offer(reading._replace(point=point), until, delivery.every, delivery.live)
        return offers[account].reading if self._winner(shared, key, delivery.at) == account else None

    @staticmethod
    def _pin(shared: _Shared, key: str, account: str, at: datetime, now: datetime) -> None:
        """Have what a command reads count, and nothing that others said before it."""
        offers, pin = shared.offers[key], shared.pins.get(key)
        before = {name: offer.reading.value for name, offer in offers.items() if name != account}
        if pin is not None and pin.account == account:
            before = {**pin.before, **before}
        offers.clear()
        shared.pins[key] = Pin(account, at, now + SETTLED, before)

    def _common(self, offers: Mapping[str, Offer], account: str, point: Point) -> Point | None:
        """Return a point as the best account defines it; None where another means something else by it."""
        rank = self._rank(account)
        for other in self.best(offers):
            theirs = offers[other].reading.point
            if other == account or self._rank(other) >= rank:
                break
            return theirs if (theirs.kind, theirs.unit) == (point.kind, point.unit) else None
        return point

    def _winner(self, shared: _Shared, key: str, now: datetime) -> str:
        """Return the account whose value of a point counts: there is at least one."""
        offers, pin = shared.offers[key], shared.pins.get(key)
        if pin is not None and now < pin.until and pin.account in offers:
            return pin.account
        ranked = self.best(offers)
        for account in ranked:
            if offers[account].until >= now:
                return account
        return max(ranked, key=lambda account: offers[account].reading.at)  # the first of those that are equal

    def show(self, reading: Reading, account: str) -> None:
        """Take note that a reading of an account is shown."""
        self._shared[reading.device_id].shown[reading.point.key] = account

    def shown(self, device_id: str, key: str) -> str:
        """Return the account whose value of a point is shown; empty if that does not see the device any more."""
        shared = self._shared.get(device_id)
        return shared.shown.get(key, NOBODY) if shared else NOBODY

    def origins(self, device_id: str) -> Mapping[str, str]:
        """Return by key the accounts whose values are shown of a shared device."""
        shared = self._shared.get(device_id)
        return shared.shown if shared else {}

    def lapsed(self, device_id: str, now: datetime) -> Iterator[tuple[str, Offer]]:
        """Yield, with their account, the offers that take the place of what is shown and is not fresh any more."""
        shared = self._shared[device_id]
        for key, offers in shared.offers.items():
            account = shared.shown.get(key, NOBODY)
            mine = offers.get(account)
            if not offers or (mine is not None and mine.until >= now):
                continue
            winner = self._winner(shared, key, now)
            theirs = offers[winner]
            if winner != account and theirs.until >= now and (mine is None or theirs.reading.at >= mine.reading.at):
                yield winner, theirs
