"""What a window may be, whatever the vendor would say to it."""

from dataclasses import replace

import pytest

from app.commands.checks import conflict
from app.model import Kind, Point, Setting, TimeOfDay, Toggle, Value

NIGHT = Setting(
    "night",
    (
        Point("night_start", "Start", kind=Kind.TEXT, accepts=TimeOfDay()),
        Point("night_end", "End", kind=Kind.TEXT, accepts=TimeOfDay()),
        Point("night_enabled", "On", kind=Kind.FLAG, accepts=Toggle()),
    ),
    windows=("night",),
)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_window_over_midnight_is_refused_where_the_vendor_does_not_take_it(*, enabled: bool) -> None:
    values: dict[str, Value] = {"night_start": "22:00", "night_end": "06:00", "night_enabled": enabled}
    assert conflict(NIGHT, [NIGHT], values, values) is None
    daily = replace(NIGHT, overnight=False)
    text = conflict(daily, [daily], values, values) or ""
    assert "22:00 to 23:59" in text
    assert "00:00 to 06:00" in text


@pytest.mark.parametrize(("start", "end"), [("00:00", "00:00"), ("05:00", "05:01"), ("00:00", "23:59")])
def test_a_window_within_a_day_is_taken(start: str, end: str) -> None:
    daily = replace(NIGHT, overnight=False)
    values: dict[str, Value] = {"night_start": start, "night_end": end, "night_enabled": False}
    assert conflict(daily, [daily], values, values) is None


def windows(**times: str) -> dict[str, Value]:
    """Return two windows, of which the second is off."""
    return {"one_start": "10:00", "one_end": "14:00", "one_enabled": True, "two_enabled": False, **times}


def test_a_window_that_is_off_counts_unless_it_has_no_length() -> None:
    points = tuple(
        Point(f"{name}_{part}", part, kind=Kind.TEXT, accepts=TimeOfDay())
        for name in ("one", "two")
        for part in ("start", "end")
    )
    both = Setting("both", points, windows=("one", "two"), family="windows")
    overlapping = windows(two_start="12:00", two_end="13:00")
    assert "overlaps two (also what is off counts)" in (conflict(both, [both], overlapping, {"one_start"}) or "")
    for untouched in ("00:00", "12:00"):
        assert conflict(both, [both], windows(two_start=untouched, two_end=untouched), {"one_start"}) is None
