"""The provider against the simulated cloud: every device, through days, faults and a restart."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import TCPConnector

from app import points
from app.errors import Blocked, ProviderError
from app.model import DeviceKind, Kind, Reading
from app.providers import Account
from app.providers.growatt.families import FEEDS, VALUES
from app.providers.growatt.provider import Growatt
from app.providers.growatt.provider import open as open_account
from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Cloud, FaultKind, serve
from tests.providers.growatt.kit import INSTALL, NOW, Ledger, Vault, make_settings


class House:
    """One account in the simulated cloud."""

    def __init__(self, start: datetime = NOW) -> None:
        self.clock = DrivenClock(start)
        self.cloud = Cloud(self.clock)
        self.vault, self.ledger = Vault(), Ledger()

    @asynccontextmanager
    async def open(self, **changed: Any) -> AsyncIterator[Growatt]:
        async with serve(self.cloud) as address, TCPConnector() as connector:
            settings = make_settings(username=USER, password=PASSWORD, server_url=address, **changed)
            account = Account("home", self.clock, self.vault, self.ledger, connector, INSTALL)
            async with open_account(settings, account) as provider:
                yield provider


@pytest.fixture
def house() -> House:
    return House()


def by_device(readings: Iterable[Reading]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for reading in readings:
        found.setdefault(reading.device_id, {})[reading.point.key] = reading.value
    return found


async def all_feeds(provider: Growatt) -> list[Reading]:
    return [reading for feed in FEEDS for reading in await provider.read(feed)]


async def test_every_demo_device_is_found_and_has_values(house: House) -> None:
    async with house.open() as provider:
        devices = await provider.discover()
        found = by_device(await all_feeds(provider))
    assert {device.id for device in devices} == set(found)
    assert {provider._directory.known[device.id].family.name for device in devices} >= {
        "plant", "logger", "inverter", "tlx", "mix", "spa", "storage", "noah", "battery", "max",
    }  # fmt: skip
    ids = [device.id for device in devices]
    assert all(device.via is None or ids.index(device.via) < ids.index(device.id) for device in devices), (
        "parents before children"
    )
    for device in devices:
        if device.kind is not DeviceKind.LOGGER:
            assert len(found[device.id]) > 5, device.id
    assert house.ledger.calls.count("login") == 1


NEEDED = {
    "tlx": {
        "pv_power",
        "grid_power",
        "grid_import_power",
        "grid_export_power",
        "battery_power",
        "load_power",
        "battery_soc",
    },
    "mix": {
        "pv_power",
        "grid_power",
        "grid_import_power",
        "grid_export_power",
        "battery_power",
        "load_power",
        "battery_soc",
    },
    "spa": {"grid_power", "battery_power", "load_power", "battery_soc"},
    "storage": {"pv_power", "grid_power", "battery_power", "load_power", "battery_soc"},
    "noah": {"pv_power", "battery_power", "battery_soc"},
    "inverter": {"pv_power", "ac_power"},
}
STEMS = ("pv", "grid_import", "grid_export", "battery_charge", "battery_discharge", "load")


async def test_what_the_vocabulary_promises_is_there_for_each_family(house: House) -> None:
    async with house.open() as provider:
        await provider.discover()
        found = by_device(await all_feeds(provider))
        for known in provider._directory.known.values():
            needed = set(NEEDED.get(known.family.name, set()))
            if known.serial == "MNA0000700":  # a MIN without battery and meter
                needed = {"pv_power", "ac_power"}
            assert needed <= set(found[known.device.id]), known.device.id
        hybrid = next(known for known in provider._directory.known.values() if known.family.name == "mix")
        given = set(found[hybrid.device.id]) | {key.replace("_today", "_total") for key in hybrid.device.accumulate}
        assert {f"{stem}_energy_{span}" for stem in STEMS for span in ("today", "total")} <= given


async def test_values_agree_with_what_is_true(house: House) -> None:
    async with house.open() as provider:
        await provider.discover()
        found = by_device(await provider.read(VALUES))
    for device in found.values():
        if {"pv_power", "grid_power", "battery_power", "load_power"} <= set(device):
            made = device["pv_power"] + device["grid_power"] + device["battery_power"]
            assert made == pytest.approx(device["load_power"], abs=60), (
                "what comes in is what goes out, but for rounding in kW"
            )


async def test_stamps_of_every_zone_are_the_upload_s(house: House) -> None:
    async with house.open() as provider:
        await provider.discover()
        timed = [reading for reading in await provider.read(VALUES) if reading.timed]
    assert len({reading.device_id for reading in timed}) >= 4
    assert all(timedelta(0) <= house.clock.now() - reading.at <= timedelta(minutes=6) for reading in timed)
    assert house.vault.get("zones") is None


@pytest.mark.parametrize("hour", [0, 4, 15, 22])
async def test_a_clock_in_china_s_time_is_found_out_at_any_hour(hour: int) -> None:
    house = House(NOW.replace(hour=hour))
    house.cloud.faults.add(FaultKind.WRONG_ZONE, device="MNH0000100")
    async with house.open() as provider:
        await provider.discover()
        for _ in range(2):
            readings = [reading for reading in await provider.read(VALUES) if reading.device_id == "growatt_MNH0000100"]
            await house.clock.advance(timedelta(minutes=5))
        ages = {house.clock.now() - reading.at for reading in readings if reading.timed}
    assert all(age < timedelta(minutes=15) for age in ages)


async def test_a_week_costs_one_login_when_sessions_last(house: House) -> None:
    house.cloud.session_hours = None
    async with house.open() as provider:
        await provider.discover()
        for _ in range(14):
            await house.clock.advance(timedelta(hours=12))
            await provider.read(VALUES)
    async with house.open() as provider:
        await provider.read(VALUES)
    assert house.ledger.calls.count("login") <= 2, "a new port is a new server"


@pytest.mark.parametrize("answer", [FaultKind.HTML, FaultKind.REDIRECT, FaultKind.NOT_LOGGED_IN])
async def test_a_session_that_has_ended_is_renewed_once(house: House, answer: FaultKind) -> None:
    house.cloud.expired_answer = answer
    async with house.open() as provider:
        await provider.discover()
        await house.clock.advance(timedelta(hours=13))
        assert await provider.read(VALUES)
    assert house.ledger.calls.count("login") == 2


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FaultKind.HTML, "Growatt answers with a web page instead of data"),
        (FaultKind.REDIRECT, "Growatt sends us to its login page instead of answering"),
        (FaultKind.NOT_LOGGED_IN, "Growatt says that we are not logged in"),
    ],
)
async def test_a_first_login_that_does_not_help_says_what_growatt_answers(
    house: House, kind: FaultKind, words: str
) -> None:
    house.cloud.faults.add(kind)
    async with house.open() as provider:
        for _ in range(3):
            with pytest.raises(ProviderError, match=f"{words}.*even right after a login.*the next login is made after"):
                await provider.discover()
            await house.clock.advance(timedelta(minutes=5))
    assert {login.good for login in house.cloud.logins} == {True}


async def test_new_terms_are_said_at_the_first_login_form(house: House) -> None:
    house.cloud.accounts[0].terms_open = True
    async with house.open() as provider:
        with pytest.raises(Blocked, match="Growatt has new terms: open the ShinePhone app"):
            await provider.discover()
        assert len(house.cloud.logins) == 1
        house.cloud.accounts[0].terms_open = False
        await house.clock.advance(timedelta(hours=1))
        assert await provider.discover()


async def test_the_dump_of_a_whole_cloud_names_no_user(house: House) -> None:
    number = house.cloud.accounts[0].user_id
    async with house.open() as provider:
        await provider.discover()
        await all_feeds(provider)
        answers = b"".join(body for _, _, body in provider._client.answers())
        shown = str(provider.raw())
    assert str(number).encode() in answers
    assert str(number) not in shown
    assert "1400001" in shown, "a plant's number is part of our own ids"


async def test_a_device_that_vanishes_is_no_longer_listed(house: House) -> None:
    async with house.open() as provider:
        before = {device.id for device in await provider.discover()}
        house.cloud.faults.add(FaultKind.VANISHED, device="MNA0000700")
        gone = before - {device.id for device in await provider.discover()}
        assert gone == {"growatt_MNA0000700", "growatt_XGD7183506"}, "and its logger"


@pytest.mark.parametrize(
    "kind",
    [kind for kind in FaultKind if kind not in {FaultKind.TIMEOUT, FaultKind.FORBIDDEN_UA, FaultKind.RETIRED}],
)
async def test_no_fault_breaks_anything_but_the_read(house: House, kind: FaultKind) -> None:
    async with house.open() as provider:
        await provider.discover()
        await all_feeds(provider)
        await house.clock.advance(timedelta(minutes=35))
        house.cloud.faults.add(kind, count=40)
        for feed in FEEDS:
            try:
                readings = await provider.read(feed)
            except ProviderError:
                continue
            assert all(isinstance(reading.value, bool | float | str) for reading in readings)
        house.cloud.faults.clear()
        await house.clock.advance(timedelta(hours=7))
        assert await provider.read(VALUES)
    assert house.ledger.calls.count("login") <= 3


@pytest.mark.parametrize("serial", ["MNH0000100", "SPH0000200", "SPF0000300", "NXB0000400", "0PV0000600"])
async def test_an_alarm_is_told_and_ends(house: House, serial: str) -> None:
    async with house.open() as provider:
        await provider.discover()
        house.cloud.raise_alarm(serial, 202, "PV Voltage High")
        await house.clock.advance(timedelta(minutes=10))
        found = by_device(await provider.read(VALUES))[f"growatt_{serial}"]
        assert (found["problem"], found["status"], found["online"]) == (True, "fault", True)
        assert found["fault"] != "none"
        house.cloud.clear_alarm(serial)
        await house.clock.advance(timedelta(minutes=10))
        found = by_device(await provider.read(VALUES))[f"growatt_{serial}"]
        assert (found["problem"], found["fault"]) == (False, "none")


async def test_at_night_a_sleeping_inverter_is_offline_with_an_old_stamp(house: House) -> None:
    async with house.open() as provider:
        await provider.discover()
        await house.clock.advance(timedelta(hours=13))
        readings = [reading for reading in await provider.read(VALUES) if reading.device_id == "growatt_NXB0000400"]
    online = next(reading for reading in readings if reading.point is points.ONLINE)
    power = next(reading for reading in readings if reading.point is points.AC_POWER)
    assert online.value is False
    assert power.timed
    assert house.clock.now() - power.at > timedelta(hours=1), "so that the store takes it as stale"


async def test_the_calls_of_a_day_fit_the_budget_of_a_small_house(house: House) -> None:
    """A MIN with a battery, every feed at its cadence of the day for twelve hours and of the night for twelve."""
    from simulator.growatt import one_plant

    house.cloud = Cloud(house.clock, fleet=one_plant())
    async with house.open() as provider:
        await provider.discover()
        due = dict.fromkeys((feed.name for feed in FEEDS), NOW)
        start = house.clock.now()
        discovery = start
        while house.clock.now() < start + timedelta(hours=24):
            now = house.clock.now()
            day = 5 <= now.hour < 17
            if now >= discovery:
                await provider.discover()
                discovery = now + timedelta(hours=1 if day else 3)
            for feed in FEEDS:
                if now >= due[feed.name]:
                    await provider.read(feed)
                    due[feed.name] = now + (feed.every if day else feed.night)
            await house.clock.advance(timedelta(minutes=5))
    assert len(house.ledger.calls) < 600
    assert house.ledger.calls.count("login") <= 3


async def test_money_and_lifetime_sums_have_the_right_kind(house: House) -> None:
    async with house.open() as provider:
        await provider.discover()
        readings = await all_feeds(provider)
    for reading in readings:
        if reading.point.key.startswith("money"):
            assert reading.point.kind is Kind.TOTAL
            assert len(reading.point.unit) == 3
    assert {reading.point.unit for reading in readings if reading.point.key == "money_today"} >= {"EUR", "USD"}
