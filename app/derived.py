"""Lifetime counters for energies of which a vendor gives only the day's.

The counter is the sum of the days that are over plus today's value, so a poll that is missed
loses nothing of the day. It begins at the first day that is seen, and is marked as derived.
"""

from dataclasses import dataclass, replace
from functools import cache

from app.model import Device, Point, Reading
from app.points import TOTAL_OF


@dataclass(slots=True)
class Sum:
    """What is remembered of one counter, over restarts; kWh."""

    closed: float = 0.0
    """The days that are over."""
    today: float = 0.0
    """The last value of the daily energy."""
    resets: int = 0
    """How often the daily energy had begun anew when it had that value."""


@cache
def counter(daily: str) -> Point:
    """Return the derived lifetime counter of a daily energy, by the daily energy's key."""
    return replace(TOTAL_OF[daily], derived=True)


class Accumulator:
    """Adds up believed daily energies."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._sums: dict[tuple[str, str], Sum] = {}
        self._dirty: set[tuple[str, str]] = set()

    def add(self, device: Device, reading: Reading, resets: int) -> Reading | None:
        """Return the counter's reading for a believed reading of a daily energy, None for any other reading.

        `resets`: how often the daily energy has begun anew, as the plausibility layer has seen it; a day of which
        the end was missed is not lost, even when the next day's first value is higher.
        """
        key = reading.point.key
        if key not in device.accumulate or key not in TOTAL_OF or not isinstance(reading.value, float | int):
            return None
        name = (device.id, key)
        value = float(reading.value)
        total = self._sums.setdefault(name, Sum(resets=resets))
        if resets != total.resets:
            total.closed += total.today
            total.resets = resets
            self._dirty.add(name)
        if value != total.today:
            self._dirty.add(name)
        total.today = value
        return Reading(device.id, counter(key), round(total.closed + value, 4), reading.at, reading.timed)

    def forget(self, device_id: str) -> None:
        """Forget a device that has gone, as the plausibility layer does: its resets are counted anew."""
        for name in [name for name in self._sums if name[0] == device_id]:
            del self._sums[name]
            self._dirty.discard(name)

    def restore(self, device_id: str, key: str, total: Sum) -> None:
        """Put back what was remembered before a restart."""
        self._sums[device_id, key] = total

    def dirty(self) -> list[tuple[str, str, Sum]]:
        """Return what has changed since it was last kept, as (device id, key of the daily energy, sum)."""
        return [(*name, self._sums[name]) for name in self._dirty]

    def clean(self) -> None:
        """Take note that all that has changed is kept."""
        self._dirty.clear()
