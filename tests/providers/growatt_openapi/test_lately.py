"""`heliopost devices`, then `run`: what the first has read is there for the second, which may not ask again yet."""

import json
from datetime import timedelta
from typing import Any

import pytest

from app.errors import ProviderError, RateLimited
from app.model import Reading
from app.providers.growatt.openapi import lately
from app.providers.growatt.openapi.families import FEEDS
from simulator.growatt import TOKEN, openapi_fleet, serve
from simulator.growatt import Cloud as Simulated
from tests.providers.growatt.kit import Clock, Cloud
from tests.providers.growatt_openapi.kit import House, no, ok
from tests.providers.growatt_openapi.test_budget import devices, home

__all__ = ["home"]

VALUES, _, PLANTS, _ = FEEDS


def named(readings: Any) -> set[Reading]:
    return {reading for reading in readings if reading.point.name != reading.point.key}


async def read(house: House, address: str, feed: Any = VALUES) -> list[Reading]:
    """Read a feed in a process of its own."""
    async with house.provider(address) as provider:
        await provider.discover()
        return list(await provider.read(feed))


@pytest.mark.parametrize("feed", [VALUES, PLANTS])
async def test_the_next_process_has_every_familys_values_with_their_stamps(feed: Any) -> None:
    house = House(clock=Clock())
    async with serve(Simulated(house.clock, fleet=openapi_fleet())) as address:
        async with house.provider(address, token=TOKEN) as provider:
            await provider.discover()
            first = named(await provider.read(feed))
        house.clock.move(seconds=70)
        async with house.provider(address, token=TOKEN) as provider:
            await provider.discover()
            again = named(await provider.read(feed))
    resting = {(each.device_id, each.point.key) for each in first} - {
        (each.device_id, each.point.key) for each in again
    }
    assert resting == set()
    assert len(first & again) > len(first) / 3, "with their own stamps; some may be asked again after ten seconds"


async def test_what_was_kept_is_told_once_and_only_while_it_may_not_be_asked(home: Cloud, house: House) -> None:
    first = await read(house, home.address)
    house.clock.move(seconds=100)
    async with house.provider(home.address) as provider:
        await provider.discover()
        assert set(await provider.read(VALUES)) == named(first)
        assert await provider.read(VALUES) == []
    assert await read(house, home.address), "the third process has it, too"
    house.clock.move(minutes=6)
    home.answers["v1/device/tlx/tlx_last_data"] = no(10012, "error_frequently_access")
    with pytest.raises(RateLimited):
        await read(house, home.address)


async def test_a_failure_is_not_covered_up_by_what_was_kept(home: Cloud, house: House) -> None:
    await read(house, home.address)
    house.clock.move(minutes=5, seconds=4)
    home.answers["v1/device/tlx/tlx_last_data"] = 500
    with pytest.raises(ProviderError):
        await read(house, home.address)


@pytest.mark.parametrize(
    "left",
    [
        [],
        {"values growatt_a1": 7},
        {"values growatt_a1": ["2026-06-21", []]},
        {"values growatt_a1": ["2026-06-21T11:00:00+00:00", 5]},
        {"values growatt_a1": ["2026-06-21T11:00:00+00:00", [7, ["ac_power"], ["no_such", 1, "x", True]]]},
        {"values growatt_a1": ["2026-06-21T11:00:00+00:00", [["ac_power", "much", "2026-06-21T11:00:00+00:00", True]]]},
        {"values growatt_a1": ["2026-06-21T11:00:00+00:00", [["ac_power", 5, "never", True]]]},
    ],
)
async def test_what_a_crash_or_a_hand_left_is_no_reading(home: Cloud, house: House, left: Any) -> None:
    await read(house, home.address)
    house.vault.put(lately.DOCUMENT, left)
    assert await read(house, home.address) == []


async def test_no_more_than_some_devices_are_kept_and_nothing_private(home: Cloud, house: House) -> None:
    serials = [f"A{n}" for n in range(lately.MOST + 20)]
    home.answers["v1/device/list"] = devices(*serials)
    fields = {"pac": 1500, "time": "2026-06-21 12:59:00", "alias": "jane", "address": "Elm Street 5", "newField": "odd"}
    home.answers["v1/device/tlx/tlxs_data"] = ok({serial: {serial: fields} for serial in serials})
    await read(house, home.address)
    text = house.vault.texts[lately.DOCUMENT]
    assert len(json.loads(text)) == lately.MOST
    for private in ("jane", "Elm", "odd"):
        assert private not in text


def test_what_is_kept_holds_until_it_may_be_asked_again() -> None:
    assert timedelta(minutes=5) < lately.HOLDS < timedelta(minutes=6)
