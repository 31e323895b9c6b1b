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
    for order in (order for other in settings for order in other.orders):
        low, high = values.get(order.low), values.get(order.high)
        if own & {order.low, order.high} and _number(low) and _number(high) and low > high:  # type: ignore[operator]
            yield f"{order.low} must not be above {order.high}: {low:g} is above {high:g}"
    if not setting.overnight:
        yield from _overnight(setting, values)
    if setting.family:
        yield from _overlaps(setting, settings, values)


def _overnight(setting: Setting, values: Mapping[str, Value]) -> Iterator[str]:
    for key in setting.windows:
        start, end = values.get(f"{key}_start"), values.get(f"{key}_end")
        first, last = _minute(start), _minute(end)
        if first is not None and last is not None and last < first:
            yield (
                f"{key} goes over midnight, which this device does not take: split it, one window from {start} to 23:59"
                f" and another from 00:00 to {end}"
            )


def _overlaps(setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value]) -> Iterator[str]:
    keys = [key for other in settings if other.family == setting.family for key in other.windows]
    taken = {key: found for key in keys if (found := minutes(key, values)) is not None}
    for key in setting.windows:
        mine = taken.get(key)
        if mine is not None and not mine:
            yield f"{key} begins and ends at the same time: a window needs a length, or enabled must be off"
        for other, found in taken.items():
            if mine and other != key and found & mine:
                yield f"{key} overlaps {other}: change that one first, or choose another time"


def minutes(key: str, values: Mapping[str, Value]) -> frozenset[int] | None:
    """Return the minutes of the day that an enabled window covers; None for what is off, or not known whole."""
    start, end = _minute(values.get(f"{key}_start")), _minute(values.get(f"{key}_end"))
    if values.get(f"{key}_enabled", True) is not True or start is None or end is None:
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
