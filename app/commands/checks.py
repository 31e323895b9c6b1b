"""What several values of a device must be to each other before one of them is written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.commands.journal import Command
from app.commands.values import is_number
from app.model import Setting, Value

DAY: Final = 24 * 60
"""Minutes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a device must not be set so."""

    text: str
    mends: frozenset[str]
    """Keys of which another value could mend it."""
    window: str = ""
    """The window it is about, if any."""

    @property
    def times(self) -> frozenset[str]:
        """The keys that must come together."""
        return self.mends | (_parts(self.window) if self.window else frozenset())


@dataclass(frozen=True, slots=True)
class Sorted:
    """Commands of one write, by whether they can be written together."""

    fit: Sequence[Command]
    wait: Sequence[tuple[Command, str]]
    """Parts that another part of their setting could still complete, and what is wrong without it."""
    clash: Sequence[tuple[Command, str]]


def sort_out(
    setting: Setting, settings: Sequence[Setting], current: Mapping[str, Value], commands: Sequence[Command]
) -> Sorted:
    """Return which commands can be written together, the device standing as `current`.

    A part (one point of several) waits where another part could mend it: a person sets a window's start, then its end.
    """
    points = {point.key for point in setting.points}
    fit = list(commands)
    wait: list[tuple[Command, str]] = []
    clash: list[tuple[Command, str]] = []
    while fit:
        values = {key: value for command in fit for key, value in command.requested.items()}
        fault = next(_faults(setting, settings, {**current, **values}, values), None)
        if fault is None:
            break
        mendable = not (fault.mends & points) <= values.keys()
        apart = [each for each in fit if not fault.times.isdisjoint(each.requested)]
        if not mendable and fault.window:
            apart = [each for each in fit if any(key.startswith(f"{fault.window}_") for key in each.requested)]
        for command in apart:
            patient = mendable and command.key in points and not command.dry_run
            (wait if patient else clash).append((command, fault.text))
        fit = [each for each in fit if each not in apart]
    return Sorted(fit, wait, clash)


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
    fault = next(_faults(setting, settings, values, changed), None)
    return fault.text if fault else None


def _faults(
    setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value], changed: Collection[str]
) -> Iterator[Fault]:
    for order in (order for other in settings for order in other.orders):
        low, high = values.get(order.low), values.get(order.high)
        if {order.low, order.high} & set(changed) and is_number(low) and is_number(high) and low > high:
            text = f"{order.low} must not be above {order.high}: {low:g} is above {high:g}"
            yield Fault(text, frozenset((order.low, order.high)))
    if not setting.overnight:
        yield from _overnight(setting, values, changed)
    if setting.family:
        yield from _overlaps(setting, settings, values, changed)


def _overnight(setting: Setting, values: Mapping[str, Value], changed: Collection[str]) -> Iterator[Fault]:
    for key in setting.windows:
        start, end = values.get(f"{key}_start"), values.get(f"{key}_end")
        first, last = _minute(start), _minute(end)
        if _changes(key, changed) and first is not None and last is not None and last < first:
            text = (
                f"{key} goes over midnight, which this device does not take: split it, one window from {start} to 23:59"
                f" and another from 00:00 to {end}"
            )
            yield Fault(text, frozenset((f"{key}_start", f"{key}_end")), key)


def _overlaps(
    setting: Setting, settings: Sequence[Setting], values: Mapping[str, Value], changed: Collection[str]
) -> Iterator[Fault]:
    """Look at each window that is changed and on, beside all others: vendors count also those that are off.

    https://github.com/wills106/homeassistant-solax-modbus/issues/1307
    """
    keys = dict.fromkeys(key for other in settings if other.family == setting.family for key in other.windows)
    for key in setting.windows:
        mine = span(key, values)
        if mine is None or not values.get(f"{key}_enabled", True) or not _changes(key, changed):
            continue
        if mine[0] == mine[1]:
            text = f"{key} begins and ends at the same time: a window needs a length, or enabled must be off"
            yield Fault(text, _parts(key), key)
        for other in keys:
            theirs = span(other, values) if other != key else None
            if (
                theirs is not None
                and theirs[0] != theirs[1]
                and any(_meet(one, two) for one in _pieces(*mine) for two in _pieces(*theirs))
            ):
                off = "" if values.get(f"{other}_enabled", True) else " (also what is off counts)"
                text = f"{key} overlaps {other}{off}: change that one first, or choose another time"
                yield Fault(text, _parts(key) | _parts(other), key)


def _changes(window: str, changed: Collection[str]) -> bool:
    return not _parts(window).isdisjoint(changed)


def _parts(window: str) -> frozenset[str]:
    return frozenset(f"{window}_{part}" for part in ("start", "end", "enabled"))


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
