"""What is wrong with a device, in words: its codes, and what Growatt says about them."""

from collections.abc import Mapping
from typing import Final

from app import points
from app.model import Point, Value
from app.providers.growatt.families import Troubles
from app.rows import number, text

NONE: Final = "none"
_SILENT: Final = frozenset({"unknown", "normal", "no error", "no fault", "no warning", "ok", "0"})
"""What stands in the text fields while nothing is wrong (recorded answers have "Unknown" beside code 0)."""


def told(troubles: Troubles, payload: Mapping[str, object], status: Value | None) -> list[tuple[Point, Value]]:
    """Return fault, warning and problem of a device, from an answer and the status that was read from it.

    Nothing where the answer has none of the fields and the status says nothing either.
    """
    found: list[tuple[Point, Value]] = []
    fault, code = _words(payload, troubles.faults, troubles.fault_text)
    if fault is None and status is not None:
        fault = NONE
    if fault == NONE and status == "fault":
        fault = text(payload.get("statusText")) or "fault"
    if fault is not None:
        found += [(points.FAULT, fault), (points.PROBLEM, fault != NONE)]
        if code:
            found.append((points.FAULT_CODE, code))
    warning, code = _words(payload, troubles.warnings, troubles.warning_text)
    if warning is not None:
        found.append((points.WARNING, warning))
        if code:
            found.append((points.WARNING_CODE, code))
    return found


def _words(payload: Mapping[str, object], codes: tuple[str, ...], words: str) -> tuple[str | None, float]:
    """Return what is wrong in words (`none` when nothing is, None when nothing is said of it), and the code."""
    numbers = [value for name in codes if (value := number(payload.get(name))) is not None]
    if not numbers:
        return None, 0
    code = next((value for value in numbers if value), 0.0)
    if not code:
        return NONE, 0
    said = text(payload.get(words))
    return (said if said is not None and said.lower() not in _SILENT else f"code {code:g}"), code
