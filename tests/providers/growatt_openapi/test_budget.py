"""How often an endpoint is called: what the vendor allows is kept over restarts, and obeyed before it complains."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ProviderError, RateLimited
from app.model import Feed
from app.providers import Account
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.budget import Budget, interval
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.errors import Rests, TooOften
from app.providers.growatt.openapi.families import FEEDS
from tests.providers.growatt.kit import INSTALL, NOW, Cloud, Vault
from tests.providers.growatt_openapi.kit import House, no, ok

VALUES, DETAILS, PLANTS, SETTINGS = FEEDS
SLOW = Endpoint("slow", "GET", "v1/slow", (("sn", "{sn}"),), unwrap=("data",), every=300)
DAILY = Endpoint("daily", "GET", "v1/daily", (("page", "{page}"),), unwrap=("data",), daily=3)


def budget(house: House) -> Budget:
    return Budget(Account("home", house.clock, house.vault, house.ledger, None, INSTALL))  # type: ignore[arg-type]


def plants(*keys: int) -> dict[str, Any]:
    return ok(
        {"count": len(keys), "plants": [{"plant_id": key, "name": f"House {key}", "peak_power": 5} for key in keys]}
    )


def devices(*serials: str, kind: int = 7) -> dict[str, Any]:
    rows = [{"device_sn": sn, "type": kind, "lost": False, "datalogger_sn": "LOG1"} for sn in serials]
    return ok({"count": len(rows), "devices": rows})


@pytest.fixture
def home(server: Cloud) -> Cloud:
    """A plant with one MIN, and nothing that V4 or the loggers add."""
    server.answers |= {
        "v1/plant/list": plants(11),
        "v1/plant/details": ok({"timezone": "GMT+2", "currency": "EUR"}),
        "v1/plant/data": ok({"today_energy": 3.5, "current_power": 100}),
        "v1/device/list": devices("A1"),
        "v1/device/datalogger/list": ok({"count": 0, "dataloggers": []}),
        "v1/device/check/sn": {"result": 1, "model": "MIN 5000TL-X", "normalPower": 5000},
        "v1/device/tlx/tlx_last_data": ok({"pac": 1500, "time": "2026-06-21 12:59:00", "status": 1}),
        "v1/device/tlx/tlx_set_info": ok({"onOff": True}),
        "v1/device/tlx/tlx_data_info": ok({"fwVersion": "GJ1.0"}),
        "v4/new-api/queryDeviceList": {"code": 3, "message": "NO_PERMISSION", "data": None},
    }
    return server


async def test_two_calls_for_a_device_are_five_minutes_apart_also_over_a_restart(home: Cloud, house: House) -> None:
    for wait, due in ((0, True), (60, False), (200, False), (20, False), (10, True)):
        house.clock.move(seconds=wait)
        before = len(home.seen("v1/device/tlx/tlx_last_data"))
        async with house.client(home.address) as client:
            if due:
                await client.ask(endpoints.MIN_ENERGY, sn="A1")
            else:
                with pytest.raises(Rests):
                    await client.ask(endpoints.MIN_ENERGY, sn="A1")
        assert len(home.seen("v1/device/tlx/tlx_last_data")) - before == due
    assert sum(house.clock.slept, timedelta()) == timedelta(seconds=13), "what is due in seconds is waited for"


async def test_a_read_that_waits_lets_a_command_go_first(home: Cloud, house: House) -> None:
    async with house.client(home.address) as client:
        await client.ask(endpoints.MIN_ENERGY, sn="A1")
        house.clock.move(seconds=290)
        waited: list[timedelta] = []

        async def give_way() -> None:
            assert not client._one_at_a_time.locked()
            waited.append(sum(house.clock.slept, timedelta()))

        client._account = replace(client._account, give_way=give_way)
        await client.ask(endpoints.MIN_ENERGY, sn="A1")
    assert waited == [timedelta(seconds=second) for second in range(14)]


async def test_a_call_is_written_down_before_it_is_made(home: Cloud, house: House) -> None:
    def crash(_: object) -> Any:
        assert "tlx_last_data A1" in house.vault.texts["budgets"]
        return ok({"pac": 1})

    home.answers["v1/device/tlx/tlx_last_data"] = crash
    async with house.client(home.address) as client:
        await client.ask(endpoints.MIN_ENERGY, sn="A1")
    assert home.seen("v1/device/tlx/tlx_last_data")


async def test_an_endpoint_is_called_at_most_so_often_in_any_24_hours(home: Cloud, house: House) -> None:
    home.answers["v1/daily"] = ok({"a": 1})
    done = []
    for hour in range(60):
        async with house.client(home.address) as client:
            with suppress(Rests):
                await client.ask(DAILY, page="1")
                done.append(hour)
        house.clock.move(hours=1)
    assert done == [0, 1, 2, 24, 25, 26, 48, 49, 50]


async def test_the_list_of_plants_is_kept_for_days_and_discovery_goes_on_without_it(home: Cloud, house: House) -> None:
    for _ in range(24):
        async with house.provider(home.address) as provider:
            assert [device.id for device in await provider.discover()][:1] == ["growatt_plant_11"]
        house.clock.move(hours=4)
    assert len(home.seen("v1/plant/list")) == 2
    assert len(home.seen("v1/device/list")) == 24


async def test_what_is_not_due_keeps_its_values_and_costs_no_call(home: Cloud, house: House) -> None:
    async with house.provider(home.address) as provider:
        first = await provider.read(VALUES)
        assert any(reading.point.key == "ac_power" for reading in first)
        calls = len(house.ledger.calls)
        house.clock.move(minutes=2)
        assert await provider.read(VALUES) == []
        assert len(house.ledger.calls) == calls
    async with house.provider(home.address) as provider:
        await provider.discover()
        assert set(await provider.read(VALUES)) == {each for each in first if each.point.name != each.point.key}
        assert await provider.read(VALUES) == []
        house.clock.move(minutes=3, seconds=3)
        assert await provider.read(VALUES)


async def test_a_vendor_that_complains_all_the_same_is_left_alone_for_that_endpoint(home: Cloud, house: House) -> None:
    home.answers["v1/device/tlx/tlx_last_data"] = no(10012, "error_frequently_access")
    async with house.provider(home.address) as provider:
        with pytest.raises(RateLimited) as caught:
            await provider.read(VALUES)
        assert caught.value.until == NOW + timedelta(minutes=5)
        assert not isinstance(caught.value, TooOften)
        assert await provider.read(PLANTS), "the other endpoints go on"
        asked = len(home.seen("v1/device/tlx/tlx_last_data"))
        house.clock.move(minutes=1)
        assert await provider.read(VALUES) == []
        assert len(home.seen("v1/device/tlx/tlx_last_data")) == asked


async def test_a_limit_that_counts_for_all_devices_is_learnt_and_they_take_turns(home: Cloud, house: House) -> None:
    home.answers["v1/device/list"] = devices("A1", "A2", "A3")
    last = {"at": NOW - timedelta(hours=1)}

    def one_for_all(request: Any) -> Any:
        if house.clock.now() - last["at"] < timedelta(minutes=5):
            return no(10012, "error_frequently_access")
        last["at"] = house.clock.now()
        return ok({"pac": 1, "time": f"{house.clock.now() + timedelta(hours=2):%Y-%m-%d %H:%M:%S}"})

    home.answers["v1/device/tlx/tlx_last_data"] = one_for_all
    home.answers["v1/device/tlx/tlxs_data"] = 404
    read: list[str] = []
    async with house.provider(home.address) as provider:
        for _ in range(9):
            found = await try_to_read(provider.read(VALUES))
            read += dict.fromkeys(reading.device_id for reading in found)
            house.clock.move(minutes=5, seconds=5)
    assert list(json.loads(house.vault.texts["budgets"])["together"]) == ["v1/device/tlx/tlx_last_data"]
    assert read[-6:] == read[-3:] * 2, "in turn"
    assert len(set(read[-3:])) == 3
    refused = len(home.seen("v1/device/tlx/tlx_last_data")) - len(read)
    assert refused <= 5, "they complain while we learn, and then no more"


async def try_to_read(reading: Any) -> Any:
    try:
        return await reading
    except ProviderError:
        return []


def test_what_a_crash_or_a_hand_left_in_the_vault_stops_nothing(house: House) -> None:
    for left in (
        {"calls": "no"},
        {"calls": {"v1/slow A1": 7}, "days": {"v1/daily": "x"}, "rests": None, "together": []},
        {"calls": {"v1/slow A1": "2026-13-41"}},
        {"calls": {"v1/slow A1": "2026-06-21T11:00:00"}},
    ):
        house.vault.put("budgets", left)
        made = budget(house)
        made.due(SLOW, "A1")
        made.note(SLOW, "A1")
        assert made.due(SLOW, "A1") == NOW + interval(SLOW)
        assert made.due(DAILY) is None


def test_a_clock_that_was_wrong_does_not_block_for_years(house: House) -> None:
    made = budget(house)
    house.clock.move(days=4000)
    made.note(SLOW, "A1")
    made.complain(SLOW, "A1", house.clock.now() + timedelta(minutes=5))
    house.clock.move(days=-4000)
    assert budget(house).due(SLOW, "A1") is None


def test_what_is_kept_does_not_grow_for_ever(house: House) -> None:
    made = budget(house)
    for n in range(500):
        made.note(SLOW, f"A{n}")
        house.clock.move(hours=1)
    assert len(json.loads(house.vault.texts["budgets"])["calls"]) <= 25


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from("AB"), st.booleans()), max_size=40))
def test_no_two_calls_are_ever_too_close_whatever_happens_in_between(steps: list[tuple[int, str, bool]]) -> None:
    house = House()
    made, last = budget(house), dict[str, Any]()
    for seconds, serial, restart in steps:
        house.clock.move(seconds=seconds)
        made = budget(house) if restart else made
        due = made.due(SLOW, serial)
        now = house.clock.now()
        expected = last.get(serial)
        assert (due is None) == (expected is None or now - expected >= interval(SLOW))
        if due is None:
            made.check(SLOW, serial)
            made.note(SLOW, serial)
            last[serial] = now
        else:
            assert expected is not None
            assert due == expected + interval(SLOW)


class Slow(Vault):
    """A vault that cannot write."""

    def put(self, name: str, document: Mapping[str, Any] | None) -> None:
        del name, document
        msg = "disk full"
        raise OSError(msg)


async def test_what_cannot_be_written_down_is_not_called(home: Cloud) -> None:
    house = House(vault=Slow())
    async with house.client(home.address) as client:
        with pytest.raises(OSError, match="disk full"):
            await client.ask(endpoints.MIN_ENERGY, sn="A1")
    assert home.requests == []


def test_no_feed_may_be_faster_than_most_endpoints() -> None:
    feed: Feed
    for feed in FEEDS:
        assert feed.minimum >= interval(SLOW)
        assert feed.every >= feed.minimum
