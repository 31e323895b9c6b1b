"""What several values of a device must be to each other before one of them is written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from app.model import Setting, Value

DAY: Final = 24 * 60
"""Minutes."""


def conflict(
    setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value], changed: Collection[str]
) -> str | None:
    """Return why a device must not be set so, or None.

    Args:
        setting: What is to be written.
        settings: All settings of the device.
        values: How all its points would then stand, as far as they are known.
        changed: The keys that somebody wants to change: what was wrong before stands in nobody's way.
    """
    return next(_faults(setting, settings, values, changed), None)


def _faults(
    setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value], changed: Collection[str]
) -> Iterator[str]:
    for order in (order for other in settings for order in other.orders):
        low, high = values.get(order.low), values.get(order.high)
        if {order.low, order.high} & set(changed) and _number(low) and _number(high) and low > high:  # type: ignore[operator]
            yield f"{order.low} must not be above {order.high}: {low:g} is above {high:g}"
    if not setting.overnight:
        yield from _overnight(setting, values, changed)
    if setting.family:
        yield from _overlaps(setting, settings, values, changed)


def _overnight(setting: Setting, values: Mapping[str, Value], changed: Collection[str]) -> Iterator[str]:
    for key in setting.windows:
        start, end = values.get(f"{key}_start"), values.get(f"{key}_end")
        first, last = _minute(start), _minute(end)
        if _changes(key, changed) and first is not None and last is not None and last < first:
            yield (
                f"{key} goes over midnight, which this device does not take: split it, one window from {start} to 23:59"
                f" and another from 00:00 to {end}"
            )


def _overlaps(
    setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value], changed: Collection[str]
) -> Iterator[str]:
    """Look at each window that is changed and on, beside all others: vendors count also those that are off.

    https://github.com/wills106/homeassistant-solax-modbus/issues/1307
    """
    keys = dict.fromkeys(key for other in settings if other.family == setting.family for key in other.windows)
    for key in setting.windows:
        mine = span(key, values)
        if mine is None or not values.get(f"{key}_enabled", True) or not _changes(key, changed):
            continue
        if mine[0] == mine[1]:
            yield f"{key} begins and ends at the same time: a window needs a length, or enabled must be off"
        for other in keys:
            theirs = span(other, values) if other != key else None
            if (
                theirs is not None
                and theirs[0] != theirs[1]
                and any(_meet(one, two) for one in _pieces(*mine) for two in _pieces(*theirs))
            ):
                off = "" if values.get(f"{other}_enabled", True) else " (also what is off counts)"
                yield f"{key} overlaps {other}{off}: change that one first, or choose another time"


def _changes(window: str, changed: Collection[str]) -> bool:
    return any(f"{window}_{part}" in changed for part in ("start", "end", "enabled"))


def _meet(one: tuple[int, int], two: tuple[int, int]) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def _pieces(start: int, end: int) -> Sequence[tuple[int, int]]:
    """Return the parts of a window on one day: one over midnight has two."""
    return [(start, end)] if start <= end else [(start, DAY), (0, end)]


def span(key: str, values: Mapping[str, Value]) -> tuple[int, int] | None:
    """Return the first minute of a window, and the first after it; None for what is not known whole."""
    start, end = _minute(values.get(f"{key}_start")), _minute(values.get(f"{key}_end"))
    return None if start is None or end is None else (start, end)


def _minute(value: Value | None) -> int | None:
    if not isinstance(value, str) or ":" not in value:
        return None
    hour, _, minute = value.partition(":")
    return int(hour) * 60 + int(minute) if hour.isdecimal() and minute.isdecimal() else None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
