"""The latest reading of every point: the bridge's only memory, and the one place that knows what is too old.

`put` and `update` take in, `view` gives out. A point that its feed has not refreshed for three
intervals, and any gauge of a stale device, is unknown (None) in the view; counters keep their last value.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.model import Device, Kind, Point, Reading, Role, Unit, Value
from app.points import ONLINE, TOTAL_OF
from app.sources import Offer, Pin, Sources

KEPT = frozenset({Kind.COUNTER, Kind.DAILY, Kind.TOTAL, Kind.TIME})
"""Kinds whose last value stays true, however old it is."""
MOMENTARY = frozenset({Kind.GAUGE, Kind.LEVEL, Kind.STATE, Kind.FLAG, Kind.PROBLEM})
"""Kinds that say nothing any more once the device is stale."""
POWERS = frozenset({Unit.WATT, Unit.VOLT_AMPERE, Unit.VAR})
UNREAD_INTERVALS = 2
"""A device is not stale before its feed could have been read this often: who asks rarely at night gets old answers."""
MISSED_INTERVALS = 3
"""A point is unknown when its feed has not refreshed it for this many intervals: one lost answer means nothing."""
LONGEST = timedelta(hours=3)
"""Beyond that a device is stale, however rarely it is read (a spent budget makes hours of minutes), unless the owner
calls older readings fresh."""
NEVER = datetime.max.replace(tzinfo=UTC)


class OfflinePolicy(StrEnum):
    """What becomes of a stale device's values."""

    KEEP = "keep"
    """Counters are kept, momentary values are unknown."""
    UNAVAILABLE = "unavailable"
    """As `keep`, and the device's availability becomes `offline`."""
    ZERO_POWER = "zero_power"
    """As `keep`, but powers (W) become 0: an inverter that sleeps makes nothing."""


@dataclass(frozen=True, slots=True)
class Update:
    """What is new of one device, and all that is known of it now."""

    device: Device
    points: Mapping[str, Point]
    """Every point of the device, by key, in a stable order."""
    values: Mapping[str, Value | None]
    """The same keys; None is unknown."""
    changed: frozenset[str]
    """Keys whose value differs from what was last passed on."""
    first: frozenset[str]
    """Keys that nobody downstream has heard of yet."""
    measured_at: datetime | None
    """The newest time stamp of the device's readings, UTC: the vendor's own where it gives any."""
    available: bool
    """What the availability topic says."""
    described: bool = False
    """Whether the device itself (name, firmware, parent) is new or has changed."""
    replay: bool = False
    """Whether this repeats everything because somebody has been away, or as the heartbeat."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A device that is no longer there."""

    device: Device
    points: Mapping[str, Point]


@dataclass(slots=True)
class _Entry:
    """What is known of one device."""

    device: Device
    points: dict[str, Point] = field(default_factory=dict)
    latest: dict[str, Reading] = field(default_factory=dict)
    until: dict[str, datetime] = field(default_factory=dict)
    """When a point that is not refreshed becomes unknown; counters never do."""
    live: set[str] = field(default_factory=set)
    """Keys of readings of the moment, as against settings and facts."""
    sent: dict[str, Value | None] = field(default_factory=dict)
    available: bool = True
    measured_at: datetime | None = None
    timed: bool = False
    every: timedelta = timedelta()
    """How often the feed is read that gave the newest reading."""
    due: datetime = NEVER
    """When time alone will next change the view."""
    dirty: bool = True
    """Whether something has changed since it was last saved."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One reading as it is kept over a restart."""

    reading: Reading
    until: datetime
    live: bool


class Store:
    """Devices and their latest readings."""

    def __init__(self, stale_after: timedelta, policy: Callable[[str], OfflinePolicy]) -> None:
        """`stale_after`: the age at which a device's readings are no longer of the moment; `policy` by device id."""
        self.stale_after = stale_after
        self.policy = policy
        self.sources = Sources(self._fresh_until)
        """Which accounts see a device, and whose values count."""
        self._entries: dict[str, _Entry] = {}

    @property
    def devices(self) -> tuple[Device, ...]:
        """All known devices, in the order in which they came."""
        return tuple(entry.device for entry in self._entries.values())

    def device(self, device_id: str) -> Device | None:
        """Return one device, if known."""
        entry = self._entries.get(device_id)
        return entry.device if entry else None

    def points(self, device_id: str) -> Mapping[str, Point]:
        """Return the points of a device by key; empty if it is not known."""
        entry = self._entries.get(device_id)
        return entry.points if entry else {}

    def latest(self, device_id: str) -> Mapping[str, Reading]:
        """Return a device's latest readings by key, however old they are."""
        entry = self._entries.get(device_id)
        return entry.latest if entry else {}

    def measured_at(self, device_id: str) -> datetime | None:
        """Return the time of a device's newest reading, by the vendor's clock where there is one."""
        entry = self._entries.get(device_id)
        return entry.measured_at if entry else None

    def stamped_at(self, device_id: str) -> datetime | None:
        """Return the vendor's own time of a device's newest reading; None where it gives none."""
        entry = self._entries.get(device_id)
        return entry.measured_at if entry and entry.timed else None

    def view(self, device_id: str, now: datetime) -> Mapping[str, Value | None]:
        """Return what can be said of a device now: every point, None where unknown."""
        entry = self._entries.get(device_id)
        return self._evaluate(entry, now)[0] if entry else {}

    def put(self, device: Device, now: datetime) -> Update | None:
        """Remember a device, or what is new about it; return that as news."""
        entry = self._entries.get(device.id)
        if entry is None:
            entry = self._entries[device.id] = _Entry(device)
        elif entry.device == device:
            return None
        entry.device = device
        entry.dirty = True
        return self._news(entry, now, frozenset(), described=True)

    def remove(self, device_id: str) -> Gone | None:
        """Forget a device; return that as news if it was known."""
        entry = self._entries.pop(device_id, None)
        self.sources.forget(device_id)
        return Gone(entry.device, entry.points) if entry else None

    def update(
        self,
        readings: Iterable[Reading],
        now: datetime,
        every: timedelta,
        *,
        live: bool = True,
        until: datetime | None = None,
    ) -> list[Update]:
        """Remember readings of known devices that came from a feed read `every` so often; return the news by device.

        `until`: when they become unknown, if they came before `now`.
        """
        until = until or now + MISSED_INTERVALS * every
        touched: dict[str, set[str]] = {}
        entry: _Entry | None = None
        owner = ""
        for reading in readings:
            if reading.device_id != owner or entry is None:
                owner = reading.device_id
                entry = self._entries.get(owner)
                if entry is None:
                    continue
                first = touched.setdefault(owner, set())
            self._take(entry, reading, until, first, every, live=live)
        return [
            news
            for owner, first in touched.items()
            if (news := self._news(self._entries[owner], now, frozenset(first))) is not None
        ]

    @staticmethod
    def _take(
        entry: _Entry,
        reading: Reading,
        until: datetime,
        first: set[str],
        every: timedelta = timedelta(),
        *,
        live: bool,
    ) -> None:
        point = reading.point
        key = point.key
        known = entry.points.get(key)
        if known is not point:
            if known is None or known != point:
                if known is not None and known.kind is not point.kind and point.role is Role.TAIL:
                    return  # a field that no row knows changed its type: the announced type stays
                first.add(key)
            entry.points[key] = point
        before = entry.latest.get(key)
        if before is not None and before.at > reading.at and before.timed == reading.timed:
            return
        entry.latest[key] = reading
        entry.dirty = True
        if point.kind not in KEPT:
            entry.until[key] = until
        if reading.timed or live:
            entry.live.add(key)
        if reading.timed and (not entry.timed or entry.measured_at is None or reading.at > entry.measured_at):
            entry.measured_at = reading.at
            entry.timed = True
            entry.every = every
        elif not entry.timed and (entry.measured_at is None or reading.at > entry.measured_at):
            entry.measured_at = reading.at

    def tick(self, now: datetime) -> list[Update]:
        """Return what time alone has changed: points that became unknown, devices that became stale."""
        due = [entry for entry in self._entries.values() if entry.due <= now]
        return [news for entry in due if (news := self._news(entry, now, frozenset())) is not None]

    def everything(self, now: datetime) -> list[Update]:
        """Return all that is known, as a replay."""
        updates = []
        for entry in self._entries.values():
            values, entry.available, entry.due = self._evaluate(entry, now)
            entry.sent = values
            keys = frozenset(entry.points)
            updates.append(
                Update(
                    entry.device,
                    dict(entry.points),
                    values,
                    keys,
                    frozenset(),
                    entry.measured_at,
                    entry.available,
                    replay=True,
                )
            )
        return updates

    def _news(self, entry: _Entry, now: datetime, first: frozenset[str], *, described: bool = False) -> Update | None:
        values, available, due = self._evaluate(entry, now)
        sent = entry.sent
        changed = frozenset(key for key, value in values.items() if key not in sent or sent[key] != value)
        flipped = available != entry.available
        entry.sent, entry.available, entry.due = values, available, due
        if not (changed or first or flipped or described):
            return None
        return Update(
            entry.device,
            dict(entry.points) if first else entry.points,
            values,
            changed,
            first,
            entry.measured_at,
            available,
            described,
        )

    def stale(self, device_id: str, now: datetime) -> bool:
        """Return whether a device's readings are no longer of the moment."""
        entry = self._entries.get(device_id)
        return entry is not None and self._stale(entry, now)

    def _stale(self, entry: _Entry, now: datetime) -> bool:
        link = entry.latest.get(ONLINE.key)
        if link is not None and link.value is False:
            return True
        return entry.timed and entry.measured_at is not None and now - entry.measured_at > self._patience(entry.every)

    def _patience(self, every: timedelta) -> timedelta:
        """Return the age at which readings of a feed that is read `every` so often are no longer of the moment."""
        return max(self.stale_after, min(UNREAD_INTERVALS * every, LONGEST))

    def _fresh_until(self, reading: Reading, now: datetime, every: timedelta) -> datetime:
        """Return until when a reading is fresh that came from a feed read `every` so often."""
        until = now + MISSED_INTERVALS * every
        return min(until, reading.at + self._patience(every)) if reading.timed else until

    def _evaluate(self, entry: _Entry, now: datetime) -> tuple[dict[str, Value | None], bool, datetime]:
        """Return the view, the availability, and when time alone will next change them."""
        stale = self._stale(entry, now)
        policy = self.policy(entry.device.id)
        due = NEVER
        if entry.timed and not stale and entry.measured_at is not None:
            due = entry.measured_at + self._patience(entry.every)
        values: dict[str, Value | None] = {}
        latest, until, live = entry.latest, entry.until, entry.live
        for key, point in entry.points.items():
            reading = latest.get(key)
            if reading is None:
                values[key] = None
                continue
            end = until.get(key)
            if end is not None:
                if stale and point.kind in MOMENTARY and key in live:
                    values[key] = 0.0 if policy is OfflinePolicy.ZERO_POWER and point.unit in POWERS else None
                    continue
                if end < now:
                    values[key] = None
                    continue
                due = min(due, end)
            values[key] = reading.value
        available = not (stale and policy is OfflinePolicy.UNAVAILABLE)
        # The view changes just after the deadline, never at it.
        return values, available, due + timedelta(microseconds=1) if due < NEVER else NEVER

    def every(self, device_id: str) -> timedelta:
        """Return how often the feed is read that gave a device's newest reading; zero where that is not known."""
        entry = self._entries.get(device_id)
        return entry.every if entry else timedelta()

    def saved(self, device_id: str) -> list[Saved]:
        """Return a device's readings for keeping over a restart."""
        entry = self._entries[device_id]
        return [Saved(reading, entry.until.get(key, NEVER), key in entry.live) for key, reading in entry.latest.items()]

    def offers(self, device_id: str) -> list[Offer]:
        """Return a device's readings as they would stand beside another account's."""
        entry = self._entries[device_id]
        found = []
        for key, reading in entry.latest.items():
            until = entry.until.get(key, reading.at + MISSED_INTERVALS * entry.every)
            if reading.timed:
                until = min(until, reading.at + self._patience(entry.every))
            found.append(Offer(reading, until, entry.every, key in entry.live))
        return found

    def summed(self, device: Device) -> Sequence[str]:
        """Return the daily energies of which the bridge keeps the counter, as far as it has begun to."""
        known = self.points(device.id)
        return [
            key for key in device.accumulate if (total := known.get(TOTAL_OF[key].key)) is not None and total.derived
        ]

    def dirty(self) -> list[Device]:
        """Return the devices that have changed since they were last kept."""
        return [entry.device for entry in self._entries.values() if entry.dirty]

    def clean(self, devices: Iterable[Device]) -> None:
        """Take note that all that has changed of devices is kept."""
        for device in devices:
            if (entry := self._entries.get(device.id)) is not None:
                entry.dirty = False

    def restore(self, device: Device, readings: Iterable[Saved], every: timedelta = timedelta()) -> None:
        """Put back a device as it was before a restart; each value stays known only as long as it would have."""
        entry = self._entries[device.id] = _Entry(device)
        for saved in readings:
            self._take(entry, saved.reading, saved.until, set(), every, live=saved.live)
        entry.dirty = False

    def share_again(
        self, device: Device, said: Sequence[Device], shown: Mapping[str, str], pins: Mapping[str, Pin]
    ) -> None:
        """Put back which accounts see a device, as it was before a restart.

        Args:
            device: As it was told of, some account's word filled in with the others'.
            said: What each account that is still there says of it.
            shown: By key, the accounts whose values are shown, where several saw it.
            pins: By key, what commands have read.
        """
        if not shown and len(said) == 1:
            return
        entry, sources = self._entries[device.id], self.sources
        offers = self.offers(device.id)
        sources.share(said[0], said[-1], self.summed(device))
        for each in said:
            entry.device = sources.see(each)
        if entry.device.account == device.account:
            entry.device = replace(device, others=entry.device.others)
        sources.seed(device.id, [(shown.get(offer.reading.point.key, device.account), offer) for offer in offers])
        accounts = {each.account for each in said}
        sources.pins(device.id).update({key: pin for key, pin in pins.items() if pin.account in accounts})
