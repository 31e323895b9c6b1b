"""A sky that is the same for the same seed, place and moment, and needs no memory.

The sun's height follows the usual textbook series for declination and the equation of time
(https://gml.noaa.gov/grad/solcalc/solareqns.PDF), good to about half a degree.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

SLOT = 300
"""Seconds between two uploads of a data logger, and the simulator's step."""

_DAY = 86_400
_HOUR = 3_600
_GUST = 600
_MASK = (1 << 64) - 1
_CLEAR = 1_050.0
"""W/m² that a clear sky would let through with the sun overhead."""
_DARK = 0.12
"""The share of the light that the thickest cloud lets through."""


def chance(*keys: int) -> float:
    """Return a number in [0, 1) that depends on nothing but the keys (splitmix64)."""
    state = 0x9E3779B97F4A7C15
    for key in keys:
        state = (state ^ (key & _MASK)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state / 2.0**64


def smooth(seed: int, position: float) -> float:
    """Return noise in [0, 1) that passes without steps through one random value at each whole position."""
    cell = math.floor(position)
    part = position - cell
    part = part * part * (3 - 2 * part)
    return chance(seed, cell) * (1 - part) + chance(seed, cell + 1) * part


def ripple(seed: int, start: int, count: int, period: float) -> Iterator[float]:
    """Yield `smooth` for `count` slots from the epoch second `start`, one whole position every `period` seconds."""
    known = math.floor(start / period)
    left, right = chance(seed, known), chance(seed, known + 1)
    for index in range(count):
        position = (start + index * SLOT) / period
        cell = math.floor(position)
        if cell != known:
            # A slot is shorter than any period, so the next cell is the neighbour.
            known, left, right = cell, right, chance(seed, cell + 1)
        part = position - cell
        part = part * part * (3 - 2 * part)
        yield left * (1 - part) + right * part


@lru_cache(maxsize=1024)
def _season(day: int) -> tuple[float, float]:
    """Return the sun's declination (radians) and the equation of time (minutes) on a day since the epoch."""
    year_day = datetime.fromtimestamp(day * _DAY, UTC).timetuple().tm_yday
    angle = 2 * math.pi * (year_day - 1) / 365
    c1, s1 = math.cos(angle), math.sin(angle)
    c2, s2 = math.cos(2 * angle), math.sin(2 * angle)
    declination = 0.006918 - 0.399912 * c1 + 0.070257 * s1 - 0.006758 * c2 + 0.000907 * s2
    minutes = 229.18 * (0.000075 + 0.001868 * c1 - 0.032077 * s1 - 0.014615 * c2 - 0.040849 * s2)
    return declination, minutes


class Weather:
    """The sky over one place."""

    __slots__ = ("_cos", "_latitude", "_longitude", "_seed", "_sin")

    def __init__(self, seed: int, latitude: float, longitude: float) -> None:
        """Take the place in degrees, north and east positive."""
        self._seed = seed
        self._latitude = latitude
        self._longitude = longitude
        self._sin = math.sin(math.radians(latitude))
        self._cos = math.cos(math.radians(latitude))

    def height(self, seconds: int) -> float:
        """Return the sine of the sun's elevation at an epoch second; negative at night."""
        day, rest = divmod(seconds, _DAY)
        declination, minutes = _season(day)
        angle = math.radians((rest / 60 + minutes + 4 * self._longitude) / 4 - 180)
        return self._sin * math.sin(declination) + self._cos * math.cos(declination) * math.cos(angle)

    def light(self, start: int, count: int = 1) -> list[float]:
        """Return the light on a well-placed roof in W/m², for `count` slots from the epoch second `start`."""
        overcast = ripple(self._seed, start, count, 1.5 * _DAY)
        drift = ripple(self._seed + 1, start, count, _HOUR)
        gust = ripple(self._seed + 2, start, count, _GUST)
        result = []
        for index, (day, hour, minute) in enumerate(zip(overcast, drift, gust, strict=True)):
            height = self.height(start + index * SLOT)
            if height <= 0:
                result.append(0.0)
                continue
            cover = min(1.0, max(0.0, 1.9 * day - 0.55 + 0.7 * (hour - 0.5) + 0.35 * (minute - 0.5)))
            # A low sun shines through more air; the exponent is a common fit for a clear sky.
            result.append(_CLEAR * height**1.15 * (1.0 - (1.0 - _DARK) * cover))
        return result

    def temperature(self, seconds: int) -> float:
        """Return the air's temperature in °C at an epoch second: season, hour and a little chance."""
        declination, _ = _season(seconds // _DAY)
        season = math.degrees(declination) / 23.45 * (-1 if self._latitude < 0 else 1)
        solar = (seconds % _DAY) / _HOUR + self._longitude / 15
        hour = math.cos(2 * math.pi * (solar - 15) / 24)
        chill = 6 * (smooth(self._seed + 3, seconds / _DAY) - 0.5)
        return 17 + 9 * season + 4 * hour + chill - abs(self._latitude) / 12
