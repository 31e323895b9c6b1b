import math
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import pace
from app.model import Feed
from app.pace import Cadence, Night
from tests.core.factory import AMSTERDAM, FIVE, NOON

LIVE = Feed("values", FIVE, timedelta(minutes=30), "the logger uploads every 5 min", FIVE / 2, aligned=True)
SLOW = Feed("settings", timedelta(minutes=30), timedelta(hours=2), "they hardly change", timedelta(minutes=5))
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("hour", "night", "dark"),
    [
        (23, Night(), True),
        (3, Night(), True),
        (5, Night(), False),
        (12, Night(), False),
        (2, Night(time(1), time(4)), True),
        (0, Night(time(1), time(4)), False),
    ],
)
def test_the_night_goes_by_the_plants_clock(hour: int, night: Night, dark: bool) -> None:  # noqa: FBT001 - a table
    assert night.covers(datetime(2026, 6, 1, hour, tzinfo=AMSTERDAM), AMSTERDAM) is dark
    assert night.covers(datetime(2026, 6, 1, hour, tzinfo=UTC), None) is dark


def test_wishes_are_met_but_never_faster_than_is_safe() -> None:
    feeds, remarks = pace.plan(
        [LIVE, SLOW], {"values": Cadence(every=MINUTE), "settings": Cadence(timedelta(hours=3)), "nonsense": Cadence()}
    )
    assert feeds[0].every == FIVE / 2
    assert feeds[1] == replace(SLOW, every=timedelta(hours=3), night=timedelta(hours=3))
    assert len(remarks) == 2
    assert "no such feed" in remarks[1]


def test_calls_are_foreseen_by_day_and_night() -> None:
    noon, midnight = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)
    needed = pace.expected([LIVE], {"values": 3}, noon, midnight, Night(), None)
    assert needed == pytest.approx(3 * (10 * 12 + 2 * 2))


def test_the_cadence_stretches_before_the_budget_is_spent() -> None:
    assert pace.stretch(needed=100, spent=0, budget=600) == 1.0
    assert pace.stretch(needed=1140, spent=0, budget=600) == pytest.approx(2.0)
    assert pace.stretch(needed=1, spent=600, budget=600) == math.inf


@given(st.integers(0, 600), st.floats(0.1, 5000), st.integers(20, 2000))
def test_a_stretched_plan_fits_what_is_left(spent: int, needed: float, budget: int) -> None:
    factor = pace.stretch(needed, spent, budget)
    assert factor == math.inf or needed / factor <= budget * (1 - pace.RESERVE) - spent + 1e-6


def test_an_aligned_feed_is_read_just_after_the_upload() -> None:
    newest = NOON - timedelta(minutes=1, seconds=20)
    assert pace.next_due(LIVE, NOON, FIVE, newest, FIVE) == newest + FIVE + pace.UPLOAD_DELAY
    assert pace.next_due(SLOW, NOON, FIVE, newest, FIVE) == NOON + FIVE
    assert pace.next_due(LIVE, NOON, FIVE, None, FIVE) == NOON + FIVE
    assert pace.next_due(LIVE, NOON, FIVE, NOON - timedelta(hours=3), FIVE) == NOON + FIVE
    assert pace.next_due(LIVE, NOON, FIVE, NOON + timedelta(hours=1), FIVE) == NOON + FIVE


def test_a_wish_that_is_faster_than_uploads_is_met() -> None:
    minute = timedelta(minutes=1)
    assert pace.next_due(LIVE, NOON, minute, NOON - timedelta(seconds=40), FIVE) == NOON + minute


@given(st.integers(0, 600), st.integers(150, 7200))
def test_an_aligned_read_is_neither_too_soon_nor_too_late(age: int, every: int) -> None:
    span = timedelta(seconds=every)
    due = pace.next_due(LIVE, NOON, span, NOON - timedelta(seconds=age), FIVE)
    assert span / 2 <= due - NOON <= span + FIVE


def test_a_feed_that_keeps_failing_is_tried_ever_more_rarely() -> None:
    waits = [pace.after_failures(FIVE, failures) for failures in (1, 2, 3, 4, 5, 20)]
    assert waits == [FIVE, FIVE, 2 * FIVE, 4 * FIVE, pace.PAUSE, pace.PAUSE]
    assert pace.after_failures(timedelta(hours=2), 20) == timedelta(hours=2)
