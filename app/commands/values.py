"""Whether a value fits what a point accepts, and what it is then."""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final, TypeAlias, TypeGuard

from app.errors import NO_ZONE, CommandError
from app.model import Choice, Moment, Point, Press, Range, Setting, TimeOfDay, Toggle, Value, Words

ON: Final = frozenset({"on", "true", "1", "yes"})
OFF: Final = frozenset({"off", "false", "0", "no"})
PRESS: Final = "press"
Plain: TypeAlias = Range | Choice | Toggle | TimeOfDay | Words | Press
"""What says the same wherever the plant is."""
SLACK: Final = timedelta(minutes=1)
"""By which a clock that was set may be off when it is looked at."""
FIELDS: Final = 32
"""Of an object that does not fit: how many are shown."""
_FINE: Final = 1e-6
"""Of a step: what binary fractions may be off by."""


def convert(point: Point, raw: object, zone: tzinfo | None = None) -> Value:
    """Return a value for a point as its domain keeps it; a moment that says its offset by the plant's clock in `zone`.

    Raises:
        CommandError: It does not fit; the text says what would. Or it needs the plant's zone, and that is not known.
    """
    if point.accepts is None:
        msg = f"{point.key} can only be read"
        raise CommandError(msg, "not_writable")
    if isinstance(point.accepts, Moment):
        return _moment(point.key, raw, zone)
    if zone is None and isinstance(point.accepts, Press) and point.accepts.clock:
        _press(point.key, raw)
        msg = f"{point.key}: {NO_ZONE}"
        raise CommandError(msg, "not_ready")
    return _convert(point.key, point.accepts, raw)


def _convert(key: str, domain: Plain, raw: object) -> Value:
    match domain:
        case Range():
            return _number(key, domain, raw)
        case Toggle():
            return _toggle(key, raw)
        case Choice():
            return _choice(key, domain, raw)
        case TimeOfDay():
            return _time(key, raw)
        case Words():
            return _words(key, domain, raw)
        case Press():
            return _press(key, raw)


def _toggle(key: str, raw: object) -> bool:
    word = str(raw).strip().lower() if isinstance(raw, str | bool | int) else ""
    if word not in ON | OFF:
        msg = f"{key} takes on or off"
        raise CommandError(msg, "invalid_value")
    return word in ON


def _choice(key: str, domain: Choice, raw: object) -> str:
    wanted = raw.strip().lower() if isinstance(raw, str) else ""
    for option in domain.options:
        if wanted == option.lower():
            return option
    msg = f"{key} takes one of: {', '.join(domain.options)}"
    raise CommandError(msg, "invalid_value")


def _number(key: str, domain: Range, raw: object) -> float:
    number = math.nan
    with suppress(ValueError, OverflowError):
        if (isinstance(raw, str) and "_" not in raw) or is_number(raw):
            number = float(raw)
    if not math.isfinite(number):
        msg = f"{key} takes a number from {domain.low:g} to {domain.high:g}"
        raise CommandError(msg, "invalid_value")
    if not domain.low <= number <= domain.high:
        msg = f"{key} takes {domain.low:g} to {domain.high:g}, and {number:g} lies outside"
        raise CommandError(msg, "out_of_range")
    steps = (number - domain.low) / domain.step
    if abs(steps - round(steps)) > _FINE * max(1.0, abs(steps)):
        msg = f"{key} goes in steps of {domain.step:g} from {domain.low:g}, and {number:g} lies between two"
        raise CommandError(msg, "invalid_value")
    return round(domain.low + round(steps) * domain.step, 9)


def _time(key: str, raw: object) -> str:
    text = raw.strip() if isinstance(raw, str) else ""
    if found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?", text):
        return time(int(found[1]), int(found[2])).strftime("%H:%M")
    msg = f"{key} takes a time of day such as 06:30"
    raise CommandError(msg, "invalid_value")


def _moment(key: str, raw: object, zone: tzinfo | None) -> str:
    try:
        moment = datetime.fromisoformat(raw.strip()) if isinstance(raw, str) else None
        if moment is not None and moment.tzinfo is not None:
            if zone is None:
                msg = f"{key}: {NO_ZONE}, or send the time by its clock, without an offset"
                raise CommandError(msg, "not_ready")
            moment = moment.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):  # the first or last of all years, in another zone
        moment = None
    if moment is None:
        msg = f"{key} takes a date and time by the plant's clock, such as 2026-11-21T18:30:00"
        raise CommandError(msg, "invalid_value")
    return moment.replace(microsecond=0).isoformat()


def _press(key: str, raw: object) -> str:
    if isinstance(raw, str) and raw.strip().lower() == PRESS:
        return PRESS
    msg = f"{key} is an action: it takes the word {PRESS}"
    raise CommandError(msg, "invalid_value")


def _words(key: str, domain: Words, raw: object) -> str:
    text = raw if isinstance(raw, str) else ""
    if (
        not text
        or len(text) > domain.longest
        or not text.isprintable()
        or not re.fullmatch(domain.pattern or ".*", text)
    ):
        msg = f"{key} takes a text of 1 to {domain.longest} characters" + (
            f" like {domain.pattern}" * bool(domain.pattern)
        )
        raise CommandError(msg, "invalid_value")
    return text


def convert_all(
    setting: Setting,
    key: str,
    raw: Any,  # noqa: ANN401 - whatever was sent
    zone: tzinfo | None = None,
) -> dict[str, Value]:
    """Return what a request for a setting, or for one point of it, changes: values by point key.

    Raises:
        CommandError: Something of it does not fit.
    """
    parts = setting.parts(key)
    if "" in parts:
        return {key: convert(parts[""], raw, zone)}
    if not isinstance(raw, Mapping):
        msg = f"{key} takes a JSON object with the fields {', '.join(parts)}"
        raise CommandError(msg, "invalid_value")
    if unknown := sorted(raw.keys() - parts.keys()):
        msg = f"{key} has no field {unknown[0]!r}; its fields are {', '.join(parts)}"
        raise CommandError(msg, "invalid_value")
    if not raw:
        msg = f"{key} needs at least one of the fields {', '.join(parts)}"
        raise CommandError(msg, "invalid_value")
    return {parts[name].key: convert(parts[name], value, zone) for name, value in raw.items()}


def same(point: Point, one: Value | None, other: Value | None) -> bool:
    """Return whether two values of a point are the same to the device: numbers within half a step."""
    if isinstance(point.accepts, Range) and is_number(one) and is_number(other):
        return abs(float(one) - float(other)) < point.accepts.step / 2 + _FINE
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().lower() == other.strip().lower()
    return one is not None and type(one) is type(other) and one == other


def arrived(point: Point, wanted: Value, seen: Value | None, before: Value | None, since: timedelta) -> bool:
    """Return whether a value that was written so long ago is seen; a clock has gone on since, or shows its last upload.

    Args:
        point: What was written.
        wanted: The value that was sent.
        seen: What the vendor shows now.
        before: What it showed before; a clock that still shows that has not been set.
        since: The time since it was sent.
    """
    if not isinstance(point.accepts, Moment):
        return same(point, wanted, seen)
    if not isinstance(seen, str) or seen == before:
        return False
    try:
        gone = datetime.fromisoformat(seen) - datetime.fromisoformat(str(wanted))
    except ValueError:
        return False
    return -SLACK <= gone <= since + SLACK


def plain(value: Value) -> Value:
    """Return a value as people write it: 100 for 100.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def said(value: Value) -> str:
    """Return a value in words, as it may be sent, too."""
    return ("on" if value else "off") if isinstance(value, bool) else str(plain(value))


def shortened(raw: object, longest: int = 64) -> Any:  # noqa: ANN401 - whatever was sent
    """Return what was asked and does not fit, short enough to be shown."""
    if isinstance(raw, Mapping):
        first = list(raw.items())[:FIELDS]
        return {name[:longest]: shortened(value, longest) for name, value in first}
    if raw is None or isinstance(raw, bool) or (isinstance(raw, int | float) and len(str(raw)) <= longest):
        return raw
    text = str(raw)
    return text if len(text) <= longest else f"{text[:longest]}…"


def is_number(value: object) -> TypeGuard[float]:
    """Return whether something is a number; a truth is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
