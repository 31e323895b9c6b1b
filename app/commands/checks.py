"""What several values of a device must be to each other before one of them is written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.model import Setting, Value

DAY: Final = 24 * 60
"""Minutes."""


def conflict(setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value]) -> str | None:
    """Return why a device must not be set so, or None.

    Args:
        setting: What is to be written.
        settings: All settings of the device.
        values: How all its points would then stand, as far as they are known.
    """
    return next(_faults(setting, settings, values), None)


def _faults(setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value]) -> Iterator[str]:
    own = {point.key for point in setting.points}
    for other in settings:
        for order in other.orders:
            if not own & {order.low, order.high}:
                continue
            low, high = values.get(order.low), values.get(order.high)
            if _number(low) and _number(high) and low > high:  # type: ignore[operator]
                yield f"{order.low} must not be above {order.high}: {low:g} is above {high:g}"
    window = minutes(setting, values)
    if not setting.family or window is None:
        return
    if not window:
        yield f"{setting.key} begins and ends at the same time: a window needs a length, or enabled must be off"
    for other in settings:
        if other.family == setting.family and other.key != setting.key:
            taken = minutes(other, values)
            if taken and window & taken:
                yield f"{setting.key} overlaps {other.key}: change that one first, or choose another time"


def minutes(setting: Setting, values: Mapping[str, Value]) -> frozenset[int] | None:
    """Return the minutes of the day that an enabled window covers; None for what is off, or not known whole."""
    parts = {setting.part(point): values.get(point.key) for point in setting.points}
    start, end = _minute(parts.get("start")), _minute(parts.get("end"))
    if parts.get("enabled", True) is not True or start is None or end is None:
        return None
    length = (end - start) % DAY  # a window may go over midnight
    return frozenset((start + minute) % DAY for minute in range(length))


def _minute(value: Value | None) -> int | None:
    if not isinstance(value, str) or ":" not in value:
        return None
    hour, _, minute = value.partition(":")
    return int(hour) * 60 + int(minute) if hour.isdecimal() and minute.isdecimal() else None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
