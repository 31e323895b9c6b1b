"""What was read last, kept over restarts: the process before may have used up the calls that this one would make."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from app import points
from app.errors import ProviderError
from app.model import Feed, Kind, Point, Reading
from app.providers import Account
from app.providers.growatt.openapi.errors import Waiting
from app.providers.growatt.openapi.families import SOONEST
from app.providers.growatt.reader import Known

DOCUMENT: Final = "lately"
HOLDS: Final = SOONEST
"""How old a reading may be: by then its call may be made again."""
MOST: Final = 50
"""Devices that are kept: this is written with every read."""


class Lately:
    """The last readings of each device, but for those of fields that nobody named."""

    def __init__(self, account: Account) -> None:
        """Read nothing yet: opening an account touches no file."""
        self._account = account
        self._before: dict[str, Any] | None = None
        """What the process before has left, by feed and device; each is taken once."""
        self._now: dict[str, Any] = {}
        """What this one leaves, the newest last."""
        self._changed = False

    def take(self, known: Known, feed: Feed, found: list[Reading], failed: Sequence[ProviderError]) -> list[Reading]:
        """Return what a read has found; where it may not be asked yet, what the process before has read, once."""
        if self._before is None:
            kept = self._account.vault.get(DOCUMENT)
            self._before = dict(kept) if isinstance(kept, Mapping) else {}
        name = f"{feed.name} {known.device.id}"
        left = self._before.pop(name, None)
        if found:
            named = [_packed(reading) for reading in found if reading.point.name != reading.point.key]
            self._now.pop(name, None)
            self._now[name] = [self._account.clock.now().isoformat(), named]
            self._changed = True
            return found
        if not failed or any(not isinstance(error, Waiting) or error.told for error in failed):
            return found
        restored = list(self._restored(known, left))
        if restored:
            self._now.setdefault(name, left)
        return restored

    def keep(self) -> None:
        """Write down what was found since the last time."""
        if self._changed:
            newest = list({**(self._before or {}), **self._now}.items())[-MOST:]
            self._account.vault.put(DOCUMENT, dict(newest))
            self._changed = False

    def _restored(self, known: Known, left: object) -> Iterator[Reading]:
        """Yield what was left, as it was read then; nothing of what was read too long ago, or is no reading."""
        read, rows = left if isinstance(left, list) and len(left) == 2 else (None, None)  # noqa: PLR2004 - when, and what
        at, now = _moment(read), self._account.clock.now()
        if at is None or not timedelta() <= now - at < HOLDS or not isinstance(rows, list):
            return
        named = {point.key: point for catalogue in known.family.catalogues for point in catalogue.points}
        for row in rows:
            reading = _unpacked(known.device.id, {**_EVERYWHERE, **named}, row)
            if reading is not None:
                yield reading


_EVERYWHERE: Final[Mapping[str, Point]] = {
    point.key: point for point in vars(points).values() if isinstance(point, Point)
}


def _packed(reading: Reading) -> list[object]:
    return [reading.point.key, reading.value, reading.at.isoformat(), reading.timed]


def _unpacked(device_id: str, index: Mapping[str, Point], row: object) -> Reading | None:
    """Return a reading, or None for what is none."""
    if not isinstance(row, list) or len(row) != 4:  # noqa: PLR2004 - as many as were packed
        return None
    key, value, at, timed = row
    point, moment = index.get(key) if isinstance(key, str) else None, _moment(at)
    if point is None or moment is None or not isinstance(timed, bool) or not _fits(point, value):
        return None
    return Reading(device_id, point, value, moment, timed)


def _moment(raw: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _fits(point: Point, value: object) -> bool:
    """Return whether a value is of its point's kind."""
    if point.kind in {Kind.FLAG, Kind.PROBLEM, Kind.LINK}:
        return isinstance(value, bool)
    if point.kind in {Kind.GAUGE, Kind.LEVEL, Kind.COUNTER, Kind.DAILY, Kind.TOTAL}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)
