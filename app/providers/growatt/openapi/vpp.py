"""A schedule of the virtual power plant: as people write it, and as Growatt has it.

People: `00:00-05:00=95,17:00-21:30=-60`. Growatt: a JSON list of `percentage`, `startTime` and `endTime` in minutes of
the day (https://www.showdoc.com.cn/262556420217021/7178602212464389).
"""

import json
from typing import Any, Final

from app.errors import CommandError

DAY: Final = 24 * 60
"""Minutes."""
FULL: Final = 100
"""Per cent."""


def to_json(text: str) -> str:
    """Return Growatt's form of a schedule; raise CommandError where it is none."""
    return json.dumps([_window(part) for part in text.split(",")], separators=(",", ":"))


def _window(part: str) -> dict[str, int]:
    times, _, power = part.partition("=")
    start, _, end = times.partition("-")
    try:
        first, last, percentage = _minute(start), _minute(end), int(power)
    except ValueError:
        msg = f"{part!r} is no window: write it as 00:00-05:00=95"
        raise CommandError(msg, "invalid_value") from None
    if not 0 <= first < last <= DAY:
        msg = f"{part!r} ends before it begins, or after the day: split what goes over midnight, 24:00 is its end"
        raise CommandError(msg, "invalid_value")
    if abs(percentage) > FULL:
        msg = f"{part!r} has a power of more than 100 %"
        raise CommandError(msg, "out_of_range")
    return {"percentage": percentage, "startTime": first, "endTime": last}


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    if int(minute) >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(text)
    return int(hour) * 60 + int(minute)


def to_text(raw: object) -> str:
    """Return people's form of a schedule, "" where there is none or nobody can tell."""
    try:
        windows: Any = json.loads(raw) if isinstance(raw, str) else raw
        found = [(int(each["startTime"]), int(each["endTime"]), int(each["percentage"])) for each in windows]
    except (ValueError, TypeError, KeyError):
        return ""
    return ",".join(f"{_clock(start)}-{_clock(end)}={percentage}" for start, end, percentage in found)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
