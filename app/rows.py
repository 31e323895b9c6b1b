"""The rows that tie a vendor's fields to points, and the one loop that reads them.

A catalogue is data: rows hold names, numbers and words, never functions.
A field that is absent, null, "", "--" or holds no number gives no reading; it never raises.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Final, TypeAlias

from app.model import Kind, Point, Reading, Role, Unit, Value
from app.points import TOTAL_OF

Payload: TypeAlias = Mapping[str, object]

NOTHING: Final = frozenset({"", "--", "-", "null", "none", "nan", "n/a", "/"})
"""Texts (in lower case) with which vendors say that there is no value."""

FACTORS: Final[Mapping[str, tuple[str, float]]] = {
    "w": (Unit.WATT, 1),
    "kw": (Unit.WATT, 1e3),
    "mw": (Unit.WATT, 1e6),
    "gw": (Unit.WATT, 1e9),
    "wp": (Unit.WATT, 1),
    "kwp": (Unit.WATT, 1e3),
    "wh": (Unit.KILOWATT_HOUR, 1e-3),
    "kwh": (Unit.KILOWATT_HOUR, 1),
    "mwh": (Unit.KILOWATT_HOUR, 1e3),
    "gwh": (Unit.KILOWATT_HOUR, 1e6),
    "v": (Unit.VOLT, 1),
    "kv": (Unit.VOLT, 1e3),
    "mv": (Unit.VOLT, 1e-3),
    "a": (Unit.AMPERE, 1),
    "ma": (Unit.AMPERE, 1e-3),
    "ka": (Unit.AMPERE, 1e3),
    "hz": (Unit.HERTZ, 1),
    "°c": (Unit.CELSIUS, 1),
    "℃": (Unit.CELSIUS, 1),
    "%": (Unit.PERCENT, 1),
    "va": (Unit.VOLT_AMPERE, 1),
    "kva": (Unit.VOLT_AMPERE, 1e3),
    "var": (Unit.VAR, 1),
    "kvar": (Unit.VAR, 1e3),
    "g": (Unit.KILOGRAM, 1e-3),
    "kg": (Unit.KILOGRAM, 1),
    "t": (Unit.KILOGRAM, 1e3),
    "kt": (Unit.KILOGRAM, 1e6),
}
"""A vendor's unit in lower case -> ours and the factor. mW and MW share a lower case: none counts in milliwatts."""

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*\Z", re.DOTALL)


def number(raw: object, unit: str = "") -> float | None:
    """Return what `raw` says, as a finite number in `unit`, or None where it says nothing.

    Text may carry a unit ("2.37 MWh", "45%"), which is converted; a unit of another
    quantity, or one that is not known, makes it no number.
    """
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, int | float):
        try:
            value = float(raw)
        except OverflowError:
            return None
        return value if math.isfinite(value) else None
    if not isinstance(raw, str):
        return None
    try:
        value = float(raw)
    except ValueError:
        return _with_unit(raw, unit)
    return value if math.isfinite(value) else None


def _with_unit(raw: str, unit: str) -> float | None:
    match = _NUMBER.match(raw)
    if not match:
        return None
    value = float(match[1])
    ours, factor = FACTORS.get(match[2].lower(), ("", 1.0))
    if ours != unit or not math.isfinite(value):
        return None
    return value * factor


def text(raw: object) -> str | None:
    """Return `raw` as words, or None where it says nothing."""
    if raw is None or isinstance(raw, bool | list | dict):
        return None
    words = str(raw).strip()
    return None if words.lower() in NOTHING else words


def _tidy(value: float) -> float:
    """Return the value without a binary fraction's noise (21.600000381469727 is 21.6), and without a zero's sign."""
    return round(value, 4) + 0.0


@dataclass(frozen=True, slots=True)
class Number:
    """A number, times `scale` in the point's unit; the first of `field` and `instead` that is there."""

    point: Point
    field: str
    scale: float = 1
    instead: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The vendor's fields that this row reads."""
        return (self.field, *self.instead)

    def decode(self, payload: Payload) -> Value | None:
        """Return the value in the point's unit, or None."""
        raw = payload.get(self.field)
        value = None if raw is None else number(raw, self.point.unit)
        if value is None:
            for name in self.instead:
                value = number(payload.get(name), self.point.unit)
                if value is not None:
                    break
            else:
                return None
        return _tidy(value * self.scale)


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of those of several fields that are there, times `scale`; None when none is."""

    point: Point
    fields: tuple[str, ...]
    scale: float = 1

    def decode(self, payload: Payload) -> Value | None:
        """Return the sum in the point's unit, or None."""
        parts = [value for name in self.fields if (value := number(payload.get(name), self.point.unit)) is not None]
        return _tidy(sum(parts) * self.scale) if parts else None


@dataclass(frozen=True, slots=True)
class Difference:
    """The sum of the `plus` fields less that of the `minus` fields; None unless each side has one."""

    point: Point
    plus: tuple[str, ...]
    minus: tuple[str, ...]
    scale: float = 1

    @property
    def fields(self) -> tuple[str, ...]:
        """The vendor's fields that this row reads."""
        return self.plus + self.minus

    def decode(self, payload: Payload) -> Value | None:
        """Return plus less minus in the point's unit, or None."""
        plus = [value for name in self.plus if (value := number(payload.get(name), self.point.unit)) is not None]
        minus = [value for name in self.minus if (value := number(payload.get(name), self.point.unit)) is not None]
        return _tidy((sum(plus) - sum(minus)) * self.scale) if plus and minus else None


@dataclass(frozen=True, slots=True)
class _OneField:
    """What rows have that read one field."""

    point: Point
    field: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The vendor's field that this row reads."""
        return (self.field,)


@dataclass(frozen=True, slots=True)
class Part(_OneField):
    """The positive part of a signed field (times `scale`, which may be negative): one half of a signed quantity."""

    scale: float = 1

    def decode(self, payload: Payload) -> Value | None:
        """Return the part in the point's unit, never negative, or None."""
        value = number(payload.get(self.field), self.point.unit)
        return None if value is None else max(0.0, _tidy(value * self.scale))


@dataclass(frozen=True, slots=True)
class Code(_OneField):
    """A vendor's code for a word, or for on and off; a code that is not known is passed on as it came."""

    codes: Mapping[str, Value]

    def decode(self, payload: Payload) -> Value | None:
        """Return the word; for an on/off point None when the code is not known."""
        raw = payload.get(self.field)
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        word = str(raw).lower() if isinstance(raw, bool) else text(raw)
        if word is None:
            return None
        known = self.codes.get(word)
        if known is None and self.point.kind in _WORDY:
            return word
        return known


@dataclass(frozen=True, slots=True)
class Words(_OneField):
    """Free text."""

    def decode(self, payload: Payload) -> Value | None:
        """Return the text, or None."""
        return text(payload.get(self.field))


_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]?\d)(?::\d\d?)?")


def time_of_day(raw: object) -> str | None:
    """Return a time of day as `HH:MM`: "6:5" is 06:05; None for what is none, such as "11:187"."""
    found = _TIME.fullmatch(raw.strip()) if isinstance(raw, str) else None
    return f"{int(found[1]):02}:{int(found[2]):02}" if found else None


def moment(raw: object) -> str | None:
    """Return a date and time without a zone as `YYYY-MM-DDTHH:MM:SS`; None for what is none."""
    try:
        found = datetime.fromisoformat(raw.strip()) if isinstance(raw, str) else None
    except ValueError:
        return None
    return None if found is None or found.tzinfo is not None else found.replace(microsecond=0).isoformat()


@dataclass(frozen=True, slots=True)
class TimeOfDay(_OneField):
    """A minute of the day, as `HH:MM`."""

    def decode(self, payload: Payload) -> Value | None:
        """Return the time, or None."""
        return time_of_day(payload.get(self.field))


@dataclass(frozen=True, slots=True)
class Moment(_OneField):
    """A date and time by the device's own clock, without a zone."""

    def decode(self, payload: Payload) -> Value | None:
        """Return it as `YYYY-MM-DDTHH:MM:SS`, or None."""
        return moment(payload.get(self.field))


_WORDY: Final = frozenset({Kind.STATE, Kind.TEXT})

Row: TypeAlias = Number | Sum | Difference | Part | Code | Words | TimeOfDay | Moment


def without(rows: Iterable[Row], others: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows whose points none of the others gives."""
    given = {row.point.key for row in others}
    return tuple(row for row in rows if row.point.key not in given)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one vendor payload holds: its rows, and the fields that are passed over, each with its reason."""

    rows: tuple[Row, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Collect the fields that need no further thought."""
        named = {name for row in self.rows for name in row.fields}
        object.__setattr__(self, "known", frozenset(named | set(self.ignored)))

    @property
    def points(self) -> tuple[Point, ...]:
        """The points that the rows give, in order."""
        return tuple(row.point for row in self.rows)


_SLUG = re.compile(r"[^A-Za-z0-9_-]+")
_RESERVED: Final = frozenset({"state", "availability", "attributes", "event", "set", "result", "measured_at"})


@cache
def unknown_point(name: str, kind: Kind) -> Point:
    """Return the point under which a field that no row names is published: the vendor's own name, in the tail."""
    key = _SLUG.sub("_", name) or "_"
    return Point(key + "_" if key in _RESERVED else key, name, kind=kind, role=Role.TAIL)


def decode(
    catalogue: Catalogue,
    payload: Payload,
    device_id: str,
    at: datetime,
    *,
    timed: bool = False,
    taken: frozenset[str] = frozenset(),
) -> list[Reading]:
    """Return a reading for each row that the payload has a value for, then one for each scalar field that no row knows.

    `taken` are keys of points that another payload of the same device gives, and that an unknown field must not claim.
    """
    readings: list[Reading] = []
    add = readings.append
    for row in catalogue.rows:
        value = row.decode(payload)
        if value is not None:
            add(Reading(device_id, row.point, value, at, timed))
    if payload.keys() <= catalogue.known:
        return readings
    for name in payload.keys() - catalogue.known:
        if (found := _guess(name, payload[name])) is not None and found[0].key not in taken:
            add(Reading(device_id, *found, at, timed))
    return readings


def _guess(name: str, raw: object) -> tuple[Point, Value] | None:
    """Return a point and a value for a field that no row knows, or None for what is no scalar."""
    if isinstance(raw, bool):
        return unknown_point(name, Kind.FLAG), raw
    value = number(raw)
    if value is not None:
        return unknown_point(name, Kind.GAUGE), _tidy(value)
    words = text(raw)
    return None if words is None else (unknown_point(name, Kind.TEXT), words)


def only_daily(catalogues: Iterable[Catalogue]) -> tuple[str, ...]:
    """Return the keys of the daily energies whose lifetime counter none of a device's catalogues gives."""
    keys = {point.key for catalogue in catalogues for point in catalogue.points}
    return tuple(sorted(key for key in keys if key in TOTAL_OF and TOTAL_OF[key].key not in keys))
