"""A whole account of the token API writes: what it offers each device it has found, one change on each, read back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import TCPConnector
from pydantic import SecretStr

from app.model import Device
from app.providers import Account, Putting, Writing
from app.providers.growatt import Settings
from app.providers.growatt import open as open_account
from app.providers.growatt.families import SETTINGS, VALUES
from app.providers.growatt.openapi.provider import GrowattOpen
from app.providers.growatt.openapi.writable import FAMILIES
from simulator.growatt import TOKEN, Cloud, openapi_fleet, serve
from tests.providers.growatt.kit import INSTALL, Clock, Ledger, Vault
from tests.providers.growatt_openapi.writing import two_values


@asynccontextmanager
async def account(clock: Clock, vault: Vault, address: str) -> AsyncIterator[GrowattOpen]:
    settings = Settings(provider="growatt", api="openapi", token=SecretStr(TOKEN), server_url=address)
    async with (
        TCPConnector() as connector,
        open_account(settings, Account("roof", clock, vault, Ledger(), connector, INSTALL)) as provider,
    ):
        assert isinstance(provider, GrowattOpen)
        yield provider


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def cloud(clock: Clock) -> AsyncIterator[tuple[Cloud, str]]:
    made = Cloud(clock, fleet=openapi_fleet())
    async with serve(made) as address:
        yield made, address


PLAIN = {"mix": "load_first_stop_soc", "spa": "backup_enabled", "noah": "default_power", "storage": "soc_low_limit"}
"""A setting of each family that has no power limit to try."""


async def test_each_device_is_offered_its_familys_settings_and_takes_a_change(
    cloud: tuple[Cloud, str], clock: Clock
) -> None:
    made, address = cloud
    vault = Vault()
    async with account(clock, vault, address) as provider:
        assert isinstance(provider, Writing)
        assert isinstance(provider, Putting)
        devices = [device for device in await provider.discover() if provider.settings(device)]
        await provider.read(VALUES)
        assert {device.attributes["type"] for device in devices} == set(FAMILIES)
        for device in devices:
            key = PLAIN.get(device.attributes["type"], "active_power_rate")
            setting = next(each for each in provider.settings(device) if each.key == key)
            values = {point.key: two_values(point.key, point.accepts)[0] for point in setting.points}
            clock.move(minutes=6)
            await provider.write(device, setting, values)
            shown = {reading.point.key: reading.value for reading in await provider.inspect(device, setting)}
            assert shown[key] == values[key], device.id
    async with account(clock, vault, address) as later:
        assert [bool(later.settings(device)) for device in devices] == [True] * len(devices), "before any list is read"
        await _offers_batteries_only_where_there_is_one(later, devices, made)


async def _offers_batteries_only_where_there_is_one(provider: GrowattOpen, devices: list[Device], cloud: Cloud) -> None:
    for device in devices:
        if device.attributes["type"] == "tlx":
            keys = {setting.key for setting in provider.settings(device)}
            battery = bool(cloud.devices[device.serial].spec.system.battery)
            assert ("time_segment1" in keys, "charge_rate" in keys, "vpp_remote_rate" in keys) == (battery,) * 3
        elif device.attributes["type"] in {"mix", "spa", "wit"}:  # a hybrid needs no proof of its battery
            assert "vpp_remote_rate" in {setting.key for setting in provider.settings(device)}


async def test_settings_are_asked_for_as_the_reader_asks_so_that_the_vendor_never_complains(
    cloud: tuple[Cloud, str], clock: Clock
) -> None:
    made, address = cloud
    async with account(clock, Vault(), address) as provider:
        noah = next(device for device in await provider.discover() if device.attributes.get("type") == "noah")
        assert len([device for device in made.devices.values() if device.spec.family == "noah"]) == 2
        await provider.read(SETTINGS)
        clock.move(seconds=30)
        setting = next(each for each in provider.settings(noah) if each.key == "default_power")
        before = len(made.requests)
        shown = {reading.point.key: reading for reading in await provider.inspect(noah, setting)}
        assert shown["default_power"].timed, "told from the reader's answer: it may be asked once in five minutes"
        assert len(made.requests) == before
        clock.move(minutes=6)
        shown = {reading.point.key: reading for reading in await provider.inspect(noah, setting)}
        assert not shown["default_power"].timed
        assert made.requests[-1].query["deviceSn"].count(",") == 1
