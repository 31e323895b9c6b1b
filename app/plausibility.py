"""Which readings are believed: the layer between provider and store.

Every rule has a name, which is also the label of the counter `heliopost_points_rejected_total`
and a line in docs/plausibility.md. A reading that is not believed is dropped; the store keeps
the value it had.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from app.model import NUMERIC, Device, Kind, Point, Reading, Unit

ABSURD: Final[Mapping[str, tuple[float, float]]] = {
    Unit.WATT: (-1e7, 1e7),
    Unit.VOLT_AMPERE: (-1e7, 1e7),
    Unit.VAR: (-1e7, 1e7),
    Unit.VOLT: (-2000, 2000),
    Unit.AMPERE: (-10_000, 10_000),
    Unit.HERTZ: (0, 100),
    Unit.CELSIUS: (-70, 200),
    Unit.PERCENT: (-200, 1000),
    Unit.KILOWATT_HOUR: (-1e9, 1e9),
    Unit.KILOGRAM: (-1e12, 1e12),
}
"""Bounds by unit, wide enough for a 10 MW plant: beyond them a number is a fault of the vendor's or of the wire."""

SLACK: Final = 1.0
"""kWh that an energy may jump at any time: vendors round, and a logger that was away catches up."""
UNRATED: Final = 1000.0
"""kW that is assumed as the most a device of unknown rating can move."""
HEADROOM: Final = 4.0
"""Times the rated power that grid and load may reach: a house draws more than its inverter makes."""
LEAST: Final = 25.0
"""kW below which no device's capacity is assumed, whatever its rating: a house connection (3 x 35 A) carries that."""
WOBBLE: Final = 0.3
"""kWh by which a counter may fall back without meaning anything (limit of 1 % for daily ones below 30 kWh)."""
ROUNDED: Final = 0.01
"""Share of a counter by which two APIs of one vendor may differ: some give whole kWh."""
TYPICAL: Final = 10_000.0
"""W of a device of unknown rating, where two accounts' energies are compared that are not of the same moment."""
SERIES: Final = "@"
"""Between a point's key and the account whose own series it is."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What can be configured of the rules."""

    future: timedelta = timedelta(minutes=10)
    """How far ahead of our clock a vendor's may be."""
    confirmations: int = 3
    """How many readings in a row, each with a time of its own, make a drop or a jump of a counter true."""
    midnight: timedelta = timedelta(hours=1)
    """How far from the plant's midnight a daily counter may be reset by a device whose clock is off."""


@dataclass(slots=True)
class Track:
    """What is remembered of one energy, over restarts."""

    value: float
    at: datetime
    day: date
    """The plant's day that the value counts."""
    before: float | None = None
    """The value before today's reset, until a really new one has come."""
    resets: int = 0
    """How often a fall was believed, or a reset must have happened unseen."""
    candidate: float | None = None
    """A value that is not believed yet."""
    seen: int = 0
    candidate_at: datetime | None = None
    mark: int = 0
    """Of an account's own series: its `resets` when it was last compared with what is shown..."""
    mark_day: date | None = None
    """... and its `day` then."""
    apart: bool = False
    """Of an account's own series: whether it counts something else than what is shown, or from another beginning."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What can be worked out once about the values of one point of one device."""

    point: Point
    rated: float | None
    numeric: bool
    energy: bool
    low: float
    high: float


def _bounds(device: Device, point: Point) -> _Bounds:
    energy = point.kind is Kind.COUNTER or point.kind is Kind.DAILY
    low, high = ABSURD.get(point.unit, (-math.inf, math.inf))
    if point.low is not None:
        low = point.low
    if point.high is not None:
        high = point.high
    if point.unit == Unit.WATT and device.rated_power:
        high = max(10 * device.rated_power, 2000 * LEAST)
        low = -high
    if energy:
        low = 0
    if point.kind is Kind.DAILY and point.unit == Unit.KILOWATT_HOUR:
        high = _capacity(device) * 24
    return _Bounds(point, device.rated_power, point.kind in NUMERIC, energy, low, high)


class Plausibility:
    """Says of each reading whether it is believed."""

    def __init__(self, rules: Rules, count: Callable[[str], None]) -> None:
        """`count` is called with the rule's name for each reading that is dropped."""
        self.rules = rules
        self._count = count
        self._tracks: dict[tuple[str, str], Track] = {}
        self._dirty: set[tuple[str, str]] = set()
        self._bounds: dict[tuple[str, str], _Bounds] = {}

    def believe(self, device: Device, reading: Reading, now: datetime, series: str = "") -> bool:
        """Return whether a reading is believed, and remember it if so.

        `series`: the account that gave it, where several see the device: each account's energies are judged by what
        that one said before, and `follow` says what of them is shown.
        """
        rule = self._judge(device, reading, now, series)
        if rule is None:
            return True
        self._count(rule)
        return False

    def _judge(self, device: Device, reading: Reading, now: datetime, series: str) -> str | None:
        """Return the name of the rule that a reading breaks, or None."""
        _, point, value, at, _ = reading
        if at - now > self.rules.future:
            return "future"
        bounds = self._bounds.get((device.id, point.key))
        if bounds is None or bounds.point is not point or bounds.rated != device.rated_power:
            bounds = self._bounds[device.id, point.key] = _bounds(device, point)
        if not bounds.numeric:
            return None
        if isinstance(value, str) or not math.isfinite(value):
            return "not_finite"
        if not bounds.low <= value <= bounds.high:
            return "absurd"
        if bounds.energy:
            return self._energy(device, reading, float(value), series)
        return None

    def _energy(self, device: Device, reading: Reading, value: float, series: str) -> str | None:
        name = (device.id, _series(reading.point.key, series))
        day = _day(reading.at, device.zone)
        track = self._tracks.get(name)
        if track is None:
            if series and (device.id, reading.point.key) in self._tracks:
                day = _day(reading.at - self.rules.midnight, device.zone)  # the day before has perhaps not ended for it
            self._tracks[name] = Track(value, reading.at, day)
            self._dirty.add(name)
            return None
        if reading.at < track.at:
            return "older"
        rule = self._compare(device, reading, value, track, day)
        if rule is None:
            if value > track.value and day > track.day and not self._midnight(reading.at, device.zone):
                track.day = day  # it counts today already: the reset happened unseen
                track.resets += reading.point.kind is Kind.DAILY
            self._accept(name, track, reading, value)
        return rule

    def _compare(self, device: Device, reading: Reading, value: float, track: Track, day: date) -> str | None:
        """Return why a value does not follow from the last one, or None if it does."""
        daily = reading.point.kind is Kind.DAILY
        if daily and track.before is not None:
            if day == track.day and value == track.before:
                return "midnight_bounce"
            if value > 0:
                track.before = None
        if value < track.value:
            rule = self._fall(device, reading, value, track, day)
            track.resets += rule is None
            return rule
        if reading.point.unit == Unit.KILOWATT_HOUR and value - track.value > _reach(device, reading.at - track.at):
            return None if self._confirmed(device, track, reading, value) else "jump"
        return None

    def _fall(self, device: Device, reading: Reading, value: float, track: Track, day: date) -> str | None:
        """Return why an energy may not fall, or None if it has been reset."""
        daily = reading.point.kind is Kind.DAILY
        if daily and day > track.day:
            track.before, track.day = track.value, day
            return None
        early = _day(reading.at + self.rules.midnight, device.zone)
        if daily and early > track.day and self._confirmed(device, track, reading, value):
            # The device's clock is ahead of the plant's midnight: what it counts now is tomorrow's.
            track.before, track.day = track.value, early
            return None
        rule = "daily_fell" if daily else "counter_fell"
        if value == 0:
            return "daily_zero" if daily else "counter_zero"
        if track.value - value <= min(WOBBLE, max(0.01 * track.value, 0.11)):
            return "wobble"
        return None if self._confirmed(device, track, reading, value) else rule

    def _confirmed(self, device: Device, track: Track, reading: Reading, value: float) -> bool:
        """Count one more reading that says what is not believed; return whether that is enough."""
        consistent = (
            track.candidate is not None
            and track.candidate_at is not None
            and 0 <= value - track.candidate <= _reach(device, reading.at - track.candidate_at)
        )
        if not consistent:
            track.seen, track.candidate_at = 0, None
        track.candidate = value
        if track.candidate_at is None or reading.at > track.candidate_at:
            track.seen += 1
            track.candidate_at = reading.at
        return track.seen >= self.rules.confirmations

    def _accept(self, name: tuple[str, str], track: Track, reading: Reading, value: float) -> None:
        if value != track.value or track.candidate is not None:
            self._dirty.add(name)
        track.value, track.at = value, reading.at
        track.candidate, track.seen, track.candidate_at = None, 0, None

    def _midnight(self, at: datetime, zone: tzinfo | None) -> bool:
        """Return whether a moment is so near the plant's midnight that a daily counter may be reset."""
        return _day(at - self.rules.midnight, zone) != _day(at + self.rules.midnight, zone)

    # Several accounts on one device

    def branch(self, device_id: str, series: str) -> None:
        """Have an account's own series begin with what has been shown so far, which came from it."""
        for name, track in list(self._tracks.items()):
            if name[0] == device_id and SERIES not in name[1]:
                own = (device_id, _series(name[1], series))
                self._tracks[own] = replace(track, mark=track.resets, mark_day=track.day)
                self._dirty.add(own)

    def end(self, device_id: str, series: str) -> None:
        """Forget an account's own series of a device."""
        for name in [name for name in self._tracks if name[0] == device_id and name[1].endswith(SERIES + series)]:
            del self._tracks[name]
            self._dirty.discard(name)

    def pass_over(self, device: Device, point: Point, series: str) -> None:
        """Take note that an energy of an account's series is not shown: another account's is."""
        own = self._tracks.get((device.id, _series(point.key, series)))
        if own is None:
            return
        own.mark, own.mark_day = own.resets, own.day
        shown = self._tracks.get((device.id, point.key))
        if shown is None or point.unit != Unit.KILOWATT_HOUR or (point.kind is Kind.DAILY and own.day != shown.day):
            return
        lag = abs(own.at - shown.at) / timedelta(hours=1)
        rounding = max(SLACK, ROUNDED * shown.value)
        apart = abs(own.value - shown.value) > rounding + (device.rated_power or TYPICAL) / 1000 * lag
        # In the morning two energies of the day that are not the same look as if they were.
        if apart or point.kind is Kind.COUNTER or min(own.value, shown.value) > 4 * rounding:
            own.apart = apart

    def follow(self, device: Device, reading: Reading, series: str, shown_of: str) -> bool:
        """Return whether what an account's own series believes is to be shown now, and remember it if so.

        What is shown of an energy never falls because it comes from another account, which rounds otherwise or is
        behind: that one's value waits until it is as high, or until the account's own series has begun anew. An
        account that was seen to count otherwise does not fill in.

        Args:
            device: The device.
            reading: Believed as one of `series`.
            series: The account that gave it.
            shown_of: The account whose value is shown; empty if that does not see the device any more.
        """
        name = (device.id, reading.point.key)
        own = self._tracks.get((device.id, _series(reading.point.key, series)))
        if own is None:
            return True  # no energy
        shown, value = self._tracks.get(name), own.value
        if shown is None:
            own.day = _day(reading.at, device.zone)
            shown = self._tracks[name] = Track(value, reading.at, own.day)
            self._dirty.add(name)
        if reading.at < shown.at:
            return False
        daily = reading.point.kind is Kind.DAILY
        anew = own.resets != own.mark and not (daily and own.day != own.mark_day)  # midnight is another matter
        if daily and own.day != shown.day:
            if own.day < shown.day:
                own.mark, own.mark_day = own.resets, own.day
                return False
            anew = True
        elif not anew and shown_of != series and not self._continues(device, reading, own, shown, shown_of):
            return False
        shown.resets += anew or value < shown.value
        shown.day, own.mark, own.mark_day = own.day, own.resets, own.day
        self._accept(name, shown, reading, value)
        return True

    def _continues(self, device: Device, reading: Reading, own: Track, shown: Track, shown_of: str) -> bool:
        """Return whether another account's energy goes on from what is shown."""
        if shown_of and own.apart:
            return False
        rise = own.value - shown.value
        high = reading.point.unit == Unit.KILOWATT_HOUR and rise > _reach(device, reading.at - shown.at)
        if rise >= 0 and not high:
            return True
        if shown_of or (rise < 0 and -rise <= max(SLACK, ROUNDED * shown.value)):
            return False  # the other account will come back, or this one will catch up
        return self._confirmed(device, shown, reading, own.value)

    def resets(self, device_id: str, key: str) -> int:
        """Return how often an energy has begun anew since it has been known."""
        track = self._tracks.get((device_id, key))
        return track.resets if track else 0

    def restore(self, device_id: str, key: str, track: Track) -> None:
        """Put back what was remembered before a restart."""
        self._tracks[device_id, key] = track

    def forget(self, device_id: str) -> None:
        """Forget a device that has gone."""
        for name in [name for name in self._tracks if name[0] == device_id]:
            del self._tracks[name]
            self._dirty.discard(name)
        for name in [name for name in self._bounds if name[0] == device_id]:
            del self._bounds[name]

    def dirty(self) -> list[tuple[str, str, Track]]:
        """Return what has changed since it was last kept, as (device id, key, track)."""
        return [(*name, self._tracks[name]) for name in self._dirty]

    def clean(self, kept: Iterable[tuple[str, str, Track]]) -> None:
        """Take note that tracks are kept as they are now."""
        self._dirty.difference_update((device_id, key) for device_id, key, _ in kept)


RULES: Final = (
    "future",
    "older",
    "not_finite",
    "absurd",
    "jump",
    "counter_zero",
    "counter_fell",
    "daily_zero",
    "daily_fell",
    "midnight_bounce",
    "wobble",
)
"""The names of all rules."""


def _series(key: str, account: str) -> str:
    return f"{key}{SERIES}{account}" if account else key


@lru_cache(maxsize=4096)
def _day(at: datetime, zone: tzinfo | None) -> date:
    return at.astimezone(zone or UTC).date()


def _reach(device: Device, span: timedelta) -> float:
    """Return by how many kWh an energy can rise in a time; 5 minutes count for whatever is shorter."""
    return SLACK + _capacity(device) * max(span / timedelta(hours=1), 1 / 12)


def _capacity(device: Device) -> float:
    """Return the most power, in kW, that any energy of a device can stand for."""
    return max(HEADROOM * device.rated_power / 1000, LEAST) if device.rated_power else UNRATED
