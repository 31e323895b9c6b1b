"""Two simulated days in a real Prometheus: what the shipped rules make of them."""

from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest
import yaml

from trials.prometheus.conftest import DAYS, DIES, GARAGE, HOME
from trials.prometheus.history import Past
from trials.prometheus.watch import SHIPPED

pytestmark = pytest.mark.timeout(600)
"""The first of them lives through the days, which takes longer on a busy machine."""
STEP = 120.0
RULES = [
    rule
    for group in yaml.safe_load((SHIPPED / "rules" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
INVERTER = f"growatt_{GARAGE.devices[0].serial}"


def _seconds(span: str) -> float:
    return float(span[:-1]) * {"s": 1, "m": 60, "h": 3600}[span[-1]]


async def _firing(days: Past, rule: dict[str, Any], start: float, end: float) -> set[tuple[tuple[str, str], ...]]:
    """Return the label sets for which an alert would have fired within a span."""
    held = _seconds(rule.get("for", "0s"))
    fired = set()
    for line in await days.prometheus.query_range(rule["expr"], start, end, STEP):
        runs = groupby(enumerate(at for at, _ in line.points), key=lambda pair: pair[1] - pair[0] * STEP)
        if any((times := [at for _, at in run])[-1] - times[0] >= held for _, run in runs):
            fired.add(tuple(sorted(line.labels.items())))
    return fired


async def test_the_days_hold_the_park_and_what_went_wrong(days: Past) -> None:
    ask, end = days.prometheus.number, days.end.timestamp()
    assert days.end - days.start == timedelta(days=DAYS)
    assert await ask("count_over_time(up[2d])", end) in (1440, 1441)
    assert await ask("sum(increase(heliopost_polls_total{outcome='ok'}[2d]))", end) > 400
    assert await ask("sum(increase(heliopost_polls_total{outcome='Unavailable'}[3d]))", end) > 0
    assert await ask("min_over_time(heliopost_mqtt_connected[3d])", end) == 0
    assert await ask("sum(increase(heliopost_points_rejected_total{rule='absurd'}[3d]))", end) > 0
    assert await ask(f'avg_over_time(heliopost_device_stale{{device="{INVERTER}"}}[1d])', DIES.timestamp()) > 0.2
    assert days.prometheus.complaints() == []


async def test_two_days_with_their_nights_and_small_troubles_raise_no_alert(days: Past) -> None:
    start, end = days.start.timestamp(), DIES.timestamp()
    assert {rule["alert"]: found for rule in RULES if (found := await _firing(days, rule, start, end))} == {}


async def test_an_inverter_that_dies_by_day_is_told_and_nothing_else(days: Past) -> None:
    start, end = DIES.timestamp(), days.end.timestamp()
    told = {rule["alert"]: found for rule in RULES if (found := await _firing(days, rule, start, end))}
    assert set(told) == {"HeliopostDataStale"}
    (labels,) = told["HeliopostDataStale"]
    assert dict(labels)["device"] == INVERTER
    assert dict(labels)["account"] == "home"


async def test_plants_add_up_what_stands_below_them(days: Past) -> None:
    ask, end = days.prometheus.number, days.end.timestamp()
    hybrid, plant = f'device="growatt_{HOME.devices[0].serial}"', f'plant="growatt_plant_{HOME.id}"'
    for name in ("pv_power_watts", "grid_power_watts", "load_power_watts", "pv_energy_today_kilowatthours"):
        recorded = f"heliopost:plant_{name}{{{plant}}}"
        at = await ask(f"timestamp({recorded})", end - 3600)
        assert await ask(recorded, at) == await ask(f"heliopost_{name}{{{hybrid}}}", at)
    for name in ("self_consumption", "self_sufficiency"):
        lines = await days.prometheus.query_range(
            f"heliopost:plant_{name}_today_ratio{{{plant}}}", days.start.timestamp(), end, 600
        )
        shares = [value for line in lines for _, value in line.points]
        assert len(shares) > 100
        assert all(0 <= share <= 1 for share in shares)
        assert max(shares) > 0.5


async def test_every_recording_rule_says_something(days: Past) -> None:
    groups = yaml.safe_load((SHIPPED / "rules" / "recording.yml").read_text())["groups"]
    silent = [
        rule["record"]
        for group in groups
        for rule in group["rules"]
        if not await days.prometheus.query(f"last_over_time({rule['record']}[2d])", days.end.timestamp())
    ]
    assert silent == []
