"""Numbers with their units as Grafana writes them, and the ticks of an axis.

https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

PREFIXED = {"watt": "W", "volt": "V"}
PLAIN = {"percentunit": (100, "%"), "celsius": (1, "°C"), "masst": (1, "t"), "none": (1, "")}
LARGER = ("", "k", "M", "G")
BYTES = ("B", "KiB", "MiB", "GiB")
SPANS = (
    (31536000, "year"),
    (2592000, "month"),
    (604800, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "min"),
    (1, "s"),
)


@dataclass(frozen=True)
class Text:
    """A value in words."""

    number: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.number} {self.unit}".strip() if self.unit not in ("%", "×") else f"{self.number}{self.unit}"


def write(value: float, unit: str, decimals: int | None = None, *, now: float = 0.0) -> Text:
    """Return a value as Grafana would write it; `now` is for moments, milliseconds since 1970."""
    if unit in PREFIXED:
        return _prefixed(value, PREFIXED[unit], decimals)
    if unit in PLAIN:
        factor, word = PLAIN[unit]
        return Text(_plain(value * factor, decimals), word)
    if unit.startswith("suffix:"):
        return Text(_plain(value, decimals), unit.removeprefix("suffix:"))
    if unit == "dateTimeFromNow":
        return _from_now(value, now)
    return OTHERS[unit](value, decimals)


def _plain(value: float, decimals: int | None) -> str:
    """Return a number; unless its decimals are given it has three digits, or none but zeros would follow."""
    if decimals is None:
        whole = value == round(value)
        decimals = 0 if whole else min(4, max(0, 2 - math.floor(math.log10(abs(value)))))
    return f"{value:.{decimals}f}"


def _prefixed(value: float, unit: str, decimals: int | None) -> Text:
    step = min(int(math.log10(abs(value)) // 3), len(LARGER) - 1) if abs(value) >= 1 else 0
    return Text(_plain(value / 1000**step, decimals), LARGER[step] + unit)


def _energy(value: float, decimals: int | None) -> Text:
    return _prefixed(value * 1000, "Wh", decimals) if value else Text("0", "kWh")


def _bytes(value: float, decimals: int | None) -> Text:
    step = min(int(math.log(max(abs(value), 1), 1024)), len(BYTES) - 1)
    return Text(_plain(value / 1024**step, decimals), BYTES[step])


def _seconds(value: float, decimals: int | None) -> Text:
    if value and abs(value) < 1:
        return Text(_plain(value * 1000, decimals), "ms")
    for length, name in SPANS[:-1]:
        if abs(value) >= length:
            return Text(_plain(value / length, decimals), f"{name}s")
    return Text(_plain(value, decimals), "s")


def _duration(value: float, _: int | None) -> Text:
    """Return the two largest parts of a span of time."""
    words: list[str] = []
    for length, name in SPANS:
        count, value = divmod(value, length)
        if count and len(words) < 2:
            words.append(f"{count:.0f} {name}{'s' if count != 1 and name != 's' else ''}")
    return Text(", ".join(words) or "0 s")


OTHERS: Mapping[str, Callable[[float, int | None], Text]] = {
    "kwatth": _energy,
    "bytes": _bytes,
    "s": _seconds,
    "dtdurations": _duration,
}


def _from_now(value: float, now: float) -> Text:
    away = (value - now) / 1000
    minutes = round(abs(away) / 60)
    if minutes == 0:
        words = "a few seconds"
    elif minutes == 1:
        words = "a minute"
    elif minutes < 60:
        words = f"{minutes} minutes"
    else:
        hours = round(minutes / 60)
        words = "an hour" if hours == 1 else f"{hours} hours"
    return Text(f"in {words}" if away > 0 else f"{words} ago")


def ticks(low: float, high: float, count: int, *, unit: str = "", whole: bool = False) -> tuple[float, ...]:
    """Return round values from `low` to `high`, about `count` of them; the first and the last enclose both.

    Bytes are round in powers of 1024; `whole` allows no fractions.
    """
    if high <= low:
        high = low + 1
    scale = 1024.0 ** min(3, int(math.log(max(high, 1), 1024))) if unit == "bytes" else 1.0
    rough = (high - low) / scale / max(count, 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(step * size for step in (1, 2, 2.5, 5, 10) if step * size >= rough * 0.999)
    step = scale * (max(1.0, step) if whole else step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(n * step, 10) for n in range(first, last + 1))


def labels(values: Sequence[float], unit: str) -> list[str]:
    """Return the words at an axis' ticks."""
    return [str(write(value, unit)) for value in values]
