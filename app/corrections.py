"""What the owner knows better: a point that counts backwards, or with a factor.

An inverted signed power (`grid_power`, `battery_power`) means that the current transformer sits
the wrong way round, so its two unsigned halves and their energies change places as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.model import Point, Reading
from app.points import SIGNED_PAIRS, VOCABULARY


@dataclass(frozen=True, slots=True)
class Correction:
    """How the readings of one point are mended."""

    invert: bool = False
    scale: float = 1.0


_MEASURES = ("_power", "_energy_today", "_energy_total")


def _twins(key: str) -> Mapping[str, Point]:
    """Return which points change places when the signed point of that key is inverted."""
    positive, negative = SIGNED_PAIRS[key]
    swapped: dict[str, Point] = {}
    for measure in _MEASURES:
        swapped[positive + measure] = VOCABULARY[negative + measure]
        swapped[negative + measure] = VOCABULARY[positive + measure]
    return swapped


class Corrections:
    """Mends readings as configured: a mapping of `<device id or *>/<point key>`."""

    def __init__(self, rules: Mapping[str, Correction]) -> None:
        """Work out which points change places."""
        self._rules = dict(rules)
        self._swaps = {
            name: _twins(name.rpartition("/")[2])
            for name, rule in rules.items()
            if rule.invert and name.rpartition("/")[2] in SIGNED_PAIRS
        }

    def apply(self, readings: Iterable[Reading]) -> Iterable[Reading]:
        """Return the readings, mended."""
        if not self._rules:
            return readings
        return [self._mend(reading) for reading in readings]

    def _mend(self, reading: Reading) -> Reading:
        for owner in (reading.device_id, "*"):
            reading = self._swap(owner, reading)
        key = reading.point.key
        rule = self._rules.get(f"{reading.device_id}/{key}") or self._rules.get(f"*/{key}")
        if rule is None or isinstance(reading.value, str | bool):
            return reading
        factor = -rule.scale if rule.invert else rule.scale
        return reading._replace(value=round(reading.value * factor, 4))

    def _swap(self, owner: str, reading: Reading) -> Reading:
        for signed in SIGNED_PAIRS:
            if owner == "*" and f"{reading.device_id}/{signed}" in self._rules:
                continue  # the device's own rule stands before the general one
            twin = self._swaps.get(f"{owner}/{signed}", {}).get(reading.point.key)
            if twin is not None:
                return reading._replace(point=twin)
        return reading
