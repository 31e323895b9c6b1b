"""Who goes over from the app's account to a token keeps devices, topics and points: both APIs of one cloud."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import TCPConnector

from app.model import Device, DeviceKind, Kind, Reading, Role
from app.providers import Account, Provider, Writing
from app.providers.growatt import Settings
from app.providers.growatt import open as open_account
from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, TOKEN, USER, Cloud, demo_fleet, openapi_fleet, serve
from simulator.growatt.fleet import PlantSpec
from tests.providers.growatt.kit import INSTALL, Ledger, Vault

NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
LOGINS: Mapping[str, Mapping[str, str]] = {
    "shinephone": {"username": USER, "password": PASSWORD},
    "openapi": {"api": "openapi", "token": TOKEN},
}

NOT_LISTED = {"HVA": "batteries that the app lists by themselves: the token API has no call for them"}
"""By the beginning of a serial number: devices that only one API has, and why."""


@asynccontextmanager
async def account(api: str, address: str, clock: DrivenClock) -> AsyncIterator[Provider]:
    settings = Settings.model_validate({"provider": "growatt", "server_url": address, **LOGINS[api]})
    async with TCPConnector() as connector:
        lent = Account("home", clock, Vault(), Ledger(), connector, INSTALL)
        async with open_account(settings, lent) as provider:
            yield provider


class Side:
    """What one API gives."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.readings: dict[tuple[str, str], Reading] = {}


@pytest.fixture
async def sides() -> Mapping[str, Side]:
    return await both_sides(demo_fleet())


async def both_sides(fleet: Sequence[PlantSpec]) -> Mapping[str, Side]:
    """Return what each API gives of one cloud at one time."""
    clock = DrivenClock(NOON)
    found: dict[str, Side] = {}
    async with serve(Cloud(clock, fleet=fleet)) as address:
        for api in LOGINS:
            side = found[api] = Side()
            async with account(api, address, clock) as provider:
                side.devices = {device.id: device for device in await provider.discover()}
                for feed in provider.feeds:
                    for reading in await provider.read(feed):
                        side.readings[reading.device_id, reading.point.key] = reading
    return found


async def test_ids_kinds_parents_and_zones_are_the_same(sides: Mapping[str, Side]) -> None:
    app, token = sides["shinephone"].devices, sides["openapi"].devices
    missing = {device_id for device_id in app.keys() - token.keys() if device_id[8:11] not in NOT_LISTED}
    assert missing == set()
    assert token.keys() - app.keys() == set()
    for device_id, device in token.items():
        other = app[device_id]
        assert (device.kind, device.serial, device.via) == (other.kind, other.serial, other.via)
        assert device.zone is not None
        assert other.zone is not None
        assert device.zone.utcoffset(NOON) == other.zone.utcoffset(NOON)
        assert device.attributes["plant"] == other.attributes["plant"]


async def test_a_point_that_both_give_is_the_same_point(sides: Mapping[str, Side]) -> None:
    app, token = sides["shinephone"].readings, sides["openapi"].readings
    both = {name for name in app.keys() & token.keys() if token[name].point.name != name[1]}
    assert len(both) > 400
    for name in both:
        assert token[name].point == app[name].point, name
    unnamed = app.keys() & token.keys() - both
    assert all(token[name].point.role is app[name].point.role is Role.TAIL for name in unnamed)


LIVE = {
    "inverter": ("pv_power", "ac_power", "pv_energy_today", "pv_energy_total", "pv1_voltage", "status", "problem"),
    "tlx": ("pv_power", "ac_power", "pv_energy_today", "ac_energy_total", "pv1_power", "status", "last_update"),
    "mix": ("pv_power", "grid_power", "battery_power", "battery_soc", "load_power", "grid_export_energy_total"),
    "spa": ("grid_power", "battery_power", "battery_soc", "load_power", "load_energy_today"),
    "storage": ("pv_power", "battery_soc", "load_power", "status", "grid_voltage", "battery_voltage"),
    "max": ("pv_power", "ac_power", "pv_energy_total", "status"),
    "noah": ("pv_power", "battery_power", "battery_soc", "ac_power", "load_power", "status", "online"),
    "plant": ("pv_power", "pv_energy_today", "pv_energy_total"),
}
"""What matters most of each family, which both must give."""
CLOSE = 0.05
"""Of two values: they were measured at the same upload, and each API rounds in its own way."""


@pytest.mark.parametrize("family", LIVE)
async def test_what_matters_most_is_there_from_both_and_says_the_same(sides: Mapping[str, Side], family: str) -> None:
    app, token = sides["shinephone"], sides["openapi"]
    mine = [
        device_id
        for device_id, device in token.devices.items()
        if (device.kind is DeviceKind.PLANT if family == "plant" else device.attributes.get("type") == family)
    ]
    assert mine
    for device_id in mine:
        for key in LIVE[family]:
            ours, theirs = token.readings.get((device_id, key)), app.readings.get((device_id, key))
            assert ours is not None, (device_id, key)
            assert theirs is not None, (device_id, key)
            if isinstance(ours.value, float) and isinstance(theirs.value, float):
                assert ours.value == pytest.approx(theirs.value, rel=CLOSE, abs=2), (device_id, key)
            elif key != "last_update":
                assert ours.value == theirs.value, (device_id, key)


OTHERWISE = {
    "status_code": "the list of devices has other numbers than the answers about one",
    "last_update": "an upload's time, to the second or to the minute",
}
"""Points whose values differ by the vendor's own ways, and why."""
WATTS = {"W", "VA", "var"}


@pytest.mark.parametrize("fleet", [demo_fleet, openapi_fleet])
async def test_nothing_that_both_give_of_one_machine_differs(fleet: Callable[[], Sequence[PlantSpec]]) -> None:
    sides = await both_sides(fleet())
    app, token = sides["shinephone"].readings, sides["openapi"].readings
    wrong = []
    for name in sorted(app.keys() & token.keys()):
        theirs, ours = app[name].value, token[name].value
        assert app[name].point.kind is token[name].point.kind, name
        if name[1] in OTHERWISE or app[name].point.name == name[1]:  # a field that nobody has named
            continue
        if isinstance(theirs, float) and isinstance(ours, float):
            least = 2 if app[name].point.unit in WATTS else 0.15
            same = ours == pytest.approx(theirs, rel=CLOSE, abs=least)
        else:
            same = ours == theirs
        if not same:
            wrong.append((*name, theirs, ours))
    assert wrong == []


async def test_a_limit_that_is_set_over_one_api_shows_over_the_other() -> None:
    clock = DrivenClock(NOON)
    async with serve(Cloud(clock, fleet=demo_fleet())) as address:
        async with account("shinephone", address, clock) as provider:
            (device,) = [each for each in await provider.discover() if each.serial == "MNH0000100"]
            for feed in provider.feeds:
                await provider.read(feed)
            assert isinstance(provider, Writing)
            setting = next(each for each in provider.settings(device) if each.key == "active_power_rate")
            await provider.write(device, setting, {"active_power_rate": 60.0})
        async with account("openapi", address, clock) as other:
            await other.discover()
            shown = await other.inspect(device, setting) if isinstance(other, Writing) else ()
    assert {reading.point.key: reading.value for reading in shown}["active_power_rate"] == 60


async def test_settings_have_the_same_keys(sides: Mapping[str, Side]) -> None:
    app, token = sides["shinephone"].readings, sides["openapi"].readings
    windows = ("charge_period", "discharge_period", "time_segment", "charge_rate", "charge_stop_soc", "switched_on")
    for device_id, device in sides["openapi"].devices.items():
        if device.attributes.get("type") not in {"tlx", "mix", "spa", "noah"}:
            continue
        theirs = {key for where, key in app if where == device_id and key.startswith(windows)}
        ours = {key for where, key in token if where == device_id and key.startswith(windows)}
        theirs = {key for key in theirs if not key.endswith("_text")}
        beyond_three = {key for key in theirs if any(f"period{n}" in key for n in (4, 5, 6))}
        assert theirs - ours - beyond_three == set(), device_id


async def test_times_of_windows_are_hours_and_minutes(sides: Mapping[str, Side]) -> None:
    times = [
        reading.value
        for (_, key), reading in sides["openapi"].readings.items()
        if key.endswith(("_start", "_end")) and reading.point.kind is Kind.TEXT and reading.point.role is not None
    ]
    assert len(times) > 20
    assert all(isinstance(value, str) and len(value) == 5 and value[2] == ":" for value in times)


async def test_fields_that_nobody_named_are_published_under_the_vendors_names(sides: Mapping[str, Side]) -> None:
    named = [reading for (_, key), reading in sides["openapi"].readings.items() if key == "bmsUsingCap"]
    assert named
    assert all(reading.point.role is Role.TAIL for reading in named)


async def test_what_only_the_token_api_has_is_read_too() -> None:
    clock = DrivenClock(NOON)
    async with serve(Cloud(clock, fleet=openapi_fleet())) as address, account("openapi", address, clock) as provider:
        devices = {device.id: device for device in await provider.discover()}
        kinds = {device.attributes.get("type") for device in devices.values()}
        assert {"wit", "sph-s", "noah", "meter", "datalogger", "max"} <= kinds
        values = {(reading.device_id, reading.point.key): reading for reading in await provider.read(provider.feeds[0])}
        for family, keys in {
            "wit": ("pv_power", "battery_soc", "ac_energy_today"),
            "sph-s": ("pv_power", "battery_soc", "grid_power"),
            "meter": ("active_power", "grid_import_energy_total"),
        }.items():
            for device_id in [each for each, device in devices.items() if device.attributes.get("type") == family]:
                for key in keys:
                    assert (device_id, key) in values, (device_id, key)
        loggers = [each for each, device in devices.items() if device.kind is DeviceKind.LOGGER]
        plants = {(reading.device_id, reading.point.key) for reading in await provider.read(provider.feeds[2])}
        assert {(each, "online") for each in loggers} <= plants
        assert {(each, "last_update") for each in loggers} <= plants
        await clock.advance(timedelta(minutes=6))
        assert await provider.read(provider.feeds[0])
