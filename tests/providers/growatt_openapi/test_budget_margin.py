"""Requests travel for different times, and the vendor counts from when one arrives: it never sees two too close."""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import pace
from app.errors import ProviderError
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.budget import DAY, Budget, interval
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.errors import Rests
from app.providers.growatt.openapi.families import FEEDS
from tests.providers.growatt.kit import NOW, Cloud
from tests.providers.growatt_openapi.kit import House, no, ok
from tests.providers.growatt_openapi.test_budget import budget

VALUES = FEEDS[0]
ENDPOINTS = (endpoints.MIN_ENERGY, endpoints.SPH_ENERGY, endpoints.ALL_DEVICES)
"""Of five minutes, ten seconds and five."""


class Vendor:
    """Counts by its own clock: from when a request has arrived."""

    def __init__(self, house: House, every: float) -> None:
        self.house, self.every = house, every
        self.there = self.back = 0.0
        """Seconds that the next request and its answer travel."""
        self.last: datetime | None = None
        self.gaps: list[float] = []
        self.killed: dict[str, str] = {}
        """What was on the disk when the request arrived."""

    def __call__(self, _: object) -> Any:
        self.house.clock.move(seconds=self.there)
        now = self.house.clock.now()
        if self.last is not None:
            self.gaps.append((now - self.last).total_seconds())
        self.last = now
        self.killed = dict(self.house.vault.texts)
        self.house.clock.move(seconds=self.back)
        if self.gaps and self.gaps[-1] < self.every:
            return no(10012, "error_frequently_access")
        return ok({"pac": 1})


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@given(
    trips=st.lists(
        st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.booleans(), st.booleans()), min_size=6, max_size=12
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_a_request_travels_the_vendor_never_sees_two_too_close(
    server: Cloud, endpoint: Endpoint, trips: list[tuple[float, float, bool, bool]]
) -> None:
    house = House()
    vendor = Vendor(house, endpoint.every)
    server.answers[endpoint.path] = vendor
    for there, back, kill, later in trips:
        vendor.there, vendor.back = there, back
        began = house.clock.now()
        async with house.client(server.address) as client:
            with suppress(Rests):
                await client.ask(endpoint, sn="A1", page="1")
        if kill and vendor.killed:
            house.vault.texts = dict(vendor.killed)
        house.clock.time = max(house.clock.time, began + timedelta(seconds=endpoint.every))  # exactly, where it can be
        if later:
            house.clock.move(seconds=1.9)
    assert len(vendor.gaps) >= 2
    assert min(vendor.gaps) >= endpoint.every


async def test_an_answer_that_takes_its_time_counts_from_its_end_also_over_a_restart(
    server: Cloud, house: House
) -> None:
    vendor = Vendor(house, 300)
    server.answers[endpoints.MIN_ENERGY.path] = vendor
    vendor.there = 20
    async with house.client(server.address) as client:
        await client.ask(endpoints.MIN_ENERGY, sn="A1")
    vendor.there = 0
    house.clock.move(seconds=285)
    async with house.client(server.address) as client:
        with pytest.raises(Rests):
            await client.ask(endpoints.MIN_ENERGY, sn="A1")
    assert vendor.gaps == []


def test_values_that_follow_the_uploads_are_no_nearer_than_growatt_allows() -> None:
    now, newest, gaps = NOW, NOW, []
    for _ in range(200):
        newest += timedelta(minutes=5) * ((now - newest) // timedelta(minutes=5))
        due = pace.next_due(VALUES, now, VALUES.every, newest, VALUES.every)
        gaps.append(due - now)
        now = due
    assert min(gaps) >= interval(endpoints.MIN_ENERGY) + timedelta(seconds=2)
    assert sum(gaps, timedelta()) / len(gaps) < timedelta(minutes=5, seconds=20), "nearly each upload is read"


def asked(made: Budget, endpoint: Endpoint, scope: str) -> None:
    made.check(endpoint, scope)
    made.note(endpoint, scope)
    made.done(endpoint, scope)


def refused(house: House, made: Budget, scope: str) -> None:
    """Let the vendor refuse a call that is due."""
    asked(made, endpoints.MIN_ENERGY, scope)
    made.complain(endpoints.MIN_ENERGY, scope, house.clock.now() + timedelta(minutes=5))


def shared(house: House) -> bool:
    return bool(json.loads(house.vault.texts["budgets"]).get("together"))


def test_a_complaint_or_two_in_one_round_do_not_throttle_all_devices(house: House) -> None:
    made = budget(house)
    for _ in range(2):
        for scope in "ABC":
            asked(made, endpoints.MIN_ENERGY, scope)
        house.clock.move(minutes=6)
    asked(made, endpoints.MIN_ENERGY, "A")
    refused(house, made, "B")
    refused(house, made, "C")
    assert not shared(house)
    house.clock.move(minutes=6)
    for scope in "ABC":
        made.check(endpoints.MIN_ENERGY, scope)
        asked(made, endpoints.MIN_ENERGY, scope)


def test_a_device_that_was_never_asked_before_proves_nothing(house: House) -> None:
    made = budget(house)
    asked(made, endpoints.MIN_ENERGY, "A")
    refused(house, made, "B")
    for n in range(3):
        house.clock.move(minutes=6)
        asked(made, endpoints.MIN_ENERGY, "A")
        refused(house, made, f"N{n}")
    assert not shared(house)


def test_two_devices_that_are_answered_within_one_interval_prove_that_each_has_its_own(house: House) -> None:
    made = budget(house)
    for scope in "AB":
        asked(made, endpoints.MIN_ENERGY, scope)
    for n in range(4):
        house.clock.move(minutes=6)
        asked(made, endpoints.MIN_ENERGY, "A")
        made.agree(endpoints.MIN_ENERGY, "A")
        refused(house, made, "B")
        assert not shared(house)
        asked(made, endpoints.MIN_ENERGY, f"D{n}")
        made.agree(endpoints.MIN_ENERGY, f"D{n}")


def test_what_was_learnt_of_a_shared_limit_lapses_after_a_day(house: House) -> None:
    made = budget(house)
    for scope in "AB":
        asked(made, endpoints.MIN_ENERGY, scope)
    for _ in range(2):
        house.clock.move(minutes=6)
        asked(made, endpoints.MIN_ENERGY, "A")
        refused(house, made, "B")
    assert shared(house)
    assert made.due(endpoints.MIN_ENERGY, "A") is not None
    assert budget(house).due(endpoints.MIN_ENERGY, "X") is not None, "also after a restart"
    house.clock.move(minutes=6)
    asked(made, endpoints.MIN_ENERGY, "A")
    with pytest.raises(ProviderError):
        made.check(endpoints.MIN_ENERGY, "B")
    house.clock.time += DAY
    asked(made, endpoints.MIN_ENERGY, "A")
    made.check(endpoints.MIN_ENERGY, "B")


def test_a_throttle_that_an_older_version_learnt_from_one_refusal_is_forgotten(house: House) -> None:
    house.vault.put("budgets", {"together": {endpoints.MIN_ENERGY.path: True}})
    made = budget(house)
    asked(made, endpoints.MIN_ENERGY, "A")
    made.check(endpoints.MIN_ENERGY, "B")
