"""The load: many devices with sixty points each, as raw vendor JSON in which every value changes from turn to turn."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from app.model import NUMERIC, Device, DeviceKind, Kind, Point, Reading, Unit
from app.points import VOCABULARY
from app.rows import Catalogue, Number, decode

DEVICES = 1000
POINTS = 60
EVERY = timedelta(minutes=5)
START = datetime(2026, 6, 21, 8, tzinfo=UTC)

_MIDDLE: Mapping[str, float] = {
    Unit.PERCENT: 60.0,
    Unit.HERTZ: 50.0,
    Unit.CELSIUS: 35.0,
    Unit.VOLT: 230.0,
    Unit.AMPERE: 9.0,
}


def _field(point: Point) -> str:
    """Return a field name such as vendors have."""
    first, *others = point.key.split("_")
    return first + "".join(part.title() for part in others)


_POINTS = [point for point in VOCABULARY.values() if point.kind in NUMERIC and point.key != "power_factor"][:POINTS]
CATALOGUE = Catalogue(tuple(Number(point, _field(point)) for point in _POINTS))


def device_id(number: int) -> str:
    """Return the id of a device by its number from 0."""
    return f"bench_{number:05d}"


def devices(count: int = DEVICES) -> Iterator[Device]:
    """Return the devices."""
    for number in range(count):
        yield Device(
            device_id(number), "bench", DeviceKind.INVERTER, f"Inverter {number}", serial=f"{number:05d}", zone=UTC
        )


def _value(point: Point, number: int, turn: int) -> float | str:
    """Return a value that differs from the last turn's, that is believable, and that is text as often as a number."""
    if point.kind in (Kind.COUNTER, Kind.DAILY):
        value = 1000.0 + number + turn / 10
    else:
        value = _MIDDLE.get(point.unit, 1500.0) + (turn * 7 + number) % 20 / 10
    value = round(value, 1)
    return value if number % 2 else str(value)


def payloads(turn: int, count: int = DEVICES) -> list[str]:
    """Return one vendor answer a device, with the values of one turn."""
    return [json.dumps({_field(point): _value(point, number, turn) for point in _POINTS}) for number in range(count)]


def moment(turn: int) -> datetime:
    """Return when the values of a turn were measured."""
    return START + turn * EVERY


def readings(raw: list[str], turn: int) -> Iterator[Reading]:
    """Decode a turn's answers, one device after the other."""
    at = moment(turn)
    for number, text in enumerate(raw):
        yield from decode(CATALOGUE, json.loads(text), device_id(number), at, timed=True)
