from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import points
from app.model import Point, Value
from app.plausibility import RULES, Plausibility, Rules, Track
from tests.core.factory import AMSTERDAM, NOON, device, reading

TOTAL, TODAY = points.PV_ENERGY_TOTAL, points.PV_ENERGY_TODAY


class Judge:
    """Shows readings to the layer, five minutes apart, and keeps what it believed."""

    def __init__(self, start: datetime = NOON, **facts: Any) -> None:
        self.dropped: list[str] = []
        self.layer = Plausibility(Rules(), self.dropped.append)
        self.device = device(**facts)
        self.at = start

    def show(self, point: Point, *values: Value, step: timedelta = timedelta(minutes=5)) -> list[Value]:
        believed: list[Value] = []
        for value in values:
            if self.layer.believe(self.device, reading(point, value, self.at), self.at):
                believed.append(value)
            self.at += step
        return believed


def midnight(zone: ZoneInfo = AMSTERDAM, day: int = 2) -> datetime:
    return datetime(2026, 6, day, tzinfo=zone).astimezone(UTC)


def test_a_lifetime_counter_that_falls_to_zero_is_not_believed_however_often() -> None:
    judge = Judge()
    assert judge.show(TOTAL, 5000.0, *[0.0] * 50, 5000.2) == [5000.0, 5000.2]
    assert set(judge.dropped) == {"counter_zero"}


def test_a_drop_of_a_lifetime_counter_needs_three_confirmations() -> None:
    judge = Judge()
    assert judge.show(TOTAL, 5000.0, 12.0, 12.1, 5000.1) == [5000.0, 5000.1]
    assert judge.show(TOTAL, 12.0, 12.1, 12.2, 12.4) == [12.2, 12.4]
    assert judge.dropped == ["counter_fell"] * 4


def test_one_frozen_sample_does_not_confirm_itself() -> None:
    judge = Judge()
    judge.show(TOTAL, 5000.0)
    same = reading(TOTAL, 12.0, judge.at)
    assert not any(judge.layer.believe(judge.device, same, judge.at) for _ in range(10))


def test_a_counter_that_wobbles_back_a_little_stays_where_it_was() -> None:
    judge = Judge()
    assert judge.show(TOTAL, 5000.0, *[4999.8] * 10, 5000.1) == [5000.0, 5000.1]
    assert set(judge.dropped) == {"wobble"}


def test_a_counter_that_leaps_is_believed_only_when_it_stays_there() -> None:
    judge = Judge()
    assert judge.show(TOTAL, 5000.0, 990000.0, 5000.4) == [5000.0, 5000.4]
    assert judge.show(TOTAL, 90000.0, 90000.1, 90000.2) == [90000.2]


def test_a_counter_may_rise_by_what_the_time_away_allows() -> None:
    judge = Judge()
    judge.show(TOTAL, 5000.0)
    judge.at += timedelta(days=3)
    assert judge.show(TOTAL, 5150.0) == [5150.0]


def test_a_daily_counter_may_not_fall_at_noon() -> None:
    judge = Judge()
    assert judge.show(TODAY, 5.0, 0.0, 1.0, 5.1) == [5.0, 5.1]
    assert judge.dropped == ["daily_zero", "daily_fell"]


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Australia/Adelaide", "America/New_York", "Asia/Kathmandu"])
def test_a_daily_counter_may_fall_around_the_plants_own_midnight(zone: str) -> None:
    judge = Judge(midnight(ZoneInfo(zone)) - timedelta(minutes=10), zone=ZoneInfo(zone))
    assert judge.show(TODAY, 23.0, 23.4, 0.0, 0.1) == [23.0, 23.4, 0.0, 0.1]
    assert judge.dropped == []


def test_a_daily_counter_whose_clock_is_off_may_be_reset_before_midnight() -> None:
    judge = Judge(midnight() - timedelta(minutes=40))
    assert judge.show(TODAY, 23.4, 0.0, 0.0, 0.0, 0.1) == [23.4, 0.0, 0.1]


def test_one_zero_in_the_last_hour_of_the_day_is_not_believed() -> None:
    judge = Judge(midnight() - timedelta(minutes=40))
    assert judge.show(TODAY, 20.1, 0.0, 20.2, 20.3) == [20.1, 20.2, 20.3]


def test_the_bounce_is_held_back_also_when_the_reset_came_before_midnight() -> None:
    judge = Judge(midnight() - timedelta(minutes=20))
    assert judge.show(TODAY, 5.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.1) == [5.0, 0.0, 0.0, 0.1]
    judge = Judge(midnight() - timedelta(minutes=10))
    assert judge.show(TODAY, 5.0, 0.0, 5.0, 0.0, 5.0, 0.1) == [5.0, 5.0, 0.0, 0.1]


def test_a_day_falls_once() -> None:
    judge = Judge(midnight() - timedelta(minutes=5))
    assert judge.show(TODAY, 5.0, 0.0, 0.3, 0.0, 0.4) == [5.0, 0.0, 0.3, 0.4]


def test_yesterdays_last_value_after_the_reset_is_held_back_until_the_value_really_changes() -> None:
    judge = Judge(midnight() - timedelta(minutes=5))
    assert judge.show(TODAY, 23.4, 0.0, 23.4, 0.0, 23.4, 23.4, 0.1, 0.2) == [23.4, 0.0, 0.0, 0.1, 0.2]
    assert judge.dropped == ["midnight_bounce"] * 3


def test_the_watch_ends_so_that_a_day_as_good_as_yesterday_can_be_told() -> None:
    judge = Judge(midnight() - timedelta(minutes=5))
    judge.show(TODAY, 2.0, 0.0, 0.5)
    assert judge.show(TODAY, 1.5, 2.0) == [1.5, 2.0]


def test_a_counter_that_keeps_yesterdays_value_until_sunrise_may_fall_then() -> None:
    judge = Judge(midnight() - timedelta(minutes=5))
    judge.show(TODAY, 23.4, *[23.4] * 70)  # until about 05:50
    assert judge.show(TODAY, 0.0, 0.1) == [0.0, 0.1]


def test_a_reset_that_happened_while_we_were_away_is_believed() -> None:
    judge = Judge()
    judge.show(TODAY, 20.0)
    judge.at += timedelta(hours=20)
    assert judge.show(TODAY, 3.0) == [3.0]


def test_what_yesterday_still_adds_just_after_midnight_does_not_stand_in_the_way_of_the_reset() -> None:
    judge = Judge(midnight() - timedelta(minutes=5))
    judge.show(TODAY, 6.8, 6.9)
    judge.at = midnight() + timedelta(hours=1)
    assert judge.show(TODAY, 0.3, 0.4) == [0.3, 0.4]


def test_after_a_reset_unseen_the_day_counts_as_begun() -> None:
    judge = Judge()
    judge.show(TODAY, 2.0)
    judge.at += timedelta(hours=24)
    assert judge.show(TODAY, 5.0, 1.0) == [5.0]


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=AMSTERDAM), datetime(2026, 10, 25, tzinfo=AMSTERDAM)])
def test_days_with_23_and_25_hours_reset_once(day: datetime) -> None:
    judge = Judge(day.astimezone(UTC) - timedelta(minutes=5))
    assert judge.show(TODAY, 23.4, 0.0) == [23.4, 0.0]
    judge.at = day.astimezone(UTC) + timedelta(hours=3)
    assert judge.show(TODAY, 1.0, 0.2) == [1.0]


@pytest.mark.parametrize(
    ("point", "value", "rule"),
    [
        (points.PV_POWER, float("nan"), "not_finite"),
        (points.PV_POWER, float("inf"), "not_finite"),
        (points.PV_POWER, "text", "not_finite"),
        (points.PV_POWER, 60_000.0, "absurd"),
        (points.BATTERY_SOC, 255.0, "absurd"),
        (points.BATTERY_SOC, -1.0, "absurd"),
        (points.GRID_VOLTAGE, 6553.5, "absurd"),
        (points.GRID_FREQUENCY, -1.0, "absurd"),
        (points.INVERTER_TEMPERATURE, 6553.5, "absurd"),
        (points.PV_ENERGY_TOTAL, -1.0, "absurd"),
        (points.PV_ENERGY_TODAY, 5000.0, "absurd"),
    ],
)
def test_what_cannot_be_is_dropped(point: Point, value: Value, rule: str) -> None:
    judge = Judge()
    assert judge.show(point, value) == []
    assert judge.dropped == [rule]


def test_a_moment_that_lies_ahead_is_dropped() -> None:
    judge = Judge()
    ahead = reading(points.PV_POWER, 1.0, NOON + timedelta(minutes=11))
    assert not judge.layer.believe(judge.device, ahead, NOON)
    assert judge.layer.believe(judge.device, ahead, NOON + timedelta(minutes=2))
    assert judge.dropped == ["future"]


def test_a_big_plant_is_not_absurd() -> None:
    judge = Judge(rated_power=None)
    assert judge.show(points.PV_POWER, 2e6) == [2e6]
    assert judge.show(TOTAL, 1e8, 1e8 + 50) == [1e8, 1e8 + 50]


def test_words_and_switches_are_not_judged() -> None:
    judge = Judge()
    assert judge.show(points.STATUS, "normal") == ["normal"]
    assert judge.show(points.PROBLEM, True) == [True]


def test_an_older_reading_of_an_energy_is_dropped() -> None:
    judge = Judge()
    judge.show(TOTAL, 5000.0)
    assert not judge.layer.believe(judge.device, reading(TOTAL, 4000.0, NOON - timedelta(days=1)), NOON)
    assert judge.show(TOTAL, 5000.1) == [5000.1]
    assert judge.dropped == ["older"]


def test_what_is_remembered_can_be_taken_and_put_back() -> None:
    judge = Judge()
    judge.show(TOTAL, 5000.0)
    ((owner, key, track),) = judge.layer.dirty()
    judge.layer.clean(judge.layer.dirty())
    assert judge.layer.dirty() == []
    again = Judge(judge.at)
    again.layer.restore(owner, key, Track(track.value, track.at, track.day))
    assert again.show(TOTAL, 0.0, 5000.2) == [5000.2]
    again.layer.forget(owner)
    assert again.show(TOTAL, 1.0) == [1.0]


def test_every_rule_that_is_counted_is_named() -> None:
    assert len(set(RULES)) == len(RULES)
    judge = Judge(midnight() - timedelta(minutes=10))
    judge.show(TODAY, 5.0, 5.1, 0.0, 5.1, 0.3)
    judge.show(points.PV_POWER, float("nan"))
    assert set(judge.dropped) <= set(RULES)


@given(st.lists(st.one_of(st.floats(0, 20000), st.just(0.0)), min_size=1, max_size=60))
def test_a_believed_lifetime_counter_is_never_zero_after_it_was_not(values: list[float]) -> None:
    judge = Judge()
    believed = judge.show(TOTAL, *values)
    positive = [value for value in believed if value]
    assert not positive or 0.0 not in believed[believed.index(positive[0]) :]


@given(st.lists(st.floats(0, 100), min_size=3, max_size=80), st.integers(5, 120))
def test_confirmations_come_in_threes(values: list[float], minutes: int) -> None:
    judge = Judge()
    believed = judge.show(TOTAL, *values, step=timedelta(minutes=minutes))
    falls = sum(True for before, after in pairwise(believed) if after < before)  # type: ignore[operator]  # all are numbers
    assert falls <= len(values) // 3


def test_the_rules_can_be_set() -> None:
    judge = Judge()
    judge.layer.rules = replace(Rules(), confirmations=1)
    assert judge.show(TOTAL, 5000.0, 12.0) == [5000.0, 12.0]
