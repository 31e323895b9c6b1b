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

    def add(self, device: Device, reading: Reading) -> Reading | None:
        """Return the counter's reading for a believed reading of a daily energy, None for any other reading."""
        key = reading.point.key
        if key not in device.accumulate or key not in TOTAL_OF or not isinstance(reading.value, float | int):
            return None
        name = (device.id, key)
        value = float(reading.value)
        total = self._sums.setdefault(name, Sum())
        if value < total.today:  # the plausibility layer has already believed the reset
            total.closed += total.today
        if value != total.today:
            self._dirty.add(name)
        total.today = value
        return Reading(device.id, counter(key), round(total.closed + value, 4), reading.at, reading.timed)

    def restore(self, device_id: str, key: str, total: Sum) -> None:
        """Put back what was remembered before a restart."""
        self._sums[device_id, key] = total

    def take_dirty(self) -> list[tuple[str, str, Sum]]:
        """Return what has changed since this was last asked, as (device id, key of the daily energy, sum)."""
        changed = [(*name, self._sums[name]) for name in self._dirty]
        self._dirty.clear()
        return changed
