"""Every row of every catalogue against the simulated cloud: set, read back, compare; and what is said no to."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientTimeout, TCPConnector

from app.commands.values import convert
from app.errors import Doubtful, Refused
from app.model import Choice, Device, Domain, Moment, Press, Range, Setting, TimeOfDay, Toggle, Value, Words
from app.providers import Account, Putting, Writing
from app.providers.growatt.families import SETTINGS, VALUES
from app.providers.growatt.provider import Growatt
from app.providers.growatt.provider import open as open_account
from app.providers.growatt.writes import WRITES
from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Cloud, FaultKind, demo_fleet, serve
from tests.providers.growatt.kit import INSTALL, NOW, Ledger, Vault, make_settings

PLACES = {
    "tlx": "Home",
    "mix": "Beach house",
    "spa": "Farm",
    "noah": "Balcony",
    "nexa": "Balcony",
    "inverter": "Office",
    "plant": "Balcony",
}
"""Each family whose devices can be set, and the demo's plant that has it."""
SAMPLES = 4


class Work:
    """One account whose plants are those of one family."""

    def __init__(self, family: str, provider: Growatt, cloud: Cloud, clock: DrivenClock) -> None:
        self.family, self.provider, self.cloud, self.clock = family, provider, cloud, clock
        self.device: Device

    async def begin(self) -> None:
        devices = await self.provider.discover()
        for feed in (VALUES, SETTINGS):
            await self.provider.read(feed)
        known = self.provider._directory.known
        self.device = next(each for each in devices if known[each.id].family.name == self.family)

    @property
    def settings(self) -> dict[str, Setting]:
        return {setting.key: setting for setting in self.provider.settings(self.device)}

    async def write(self, setting: Setting, values: Mapping[str, Value]) -> None:
        await self.provider.write(self.device, setting, values)

    async def look(self, setting: Setting) -> dict[str, Value]:
        return {reading.point.key: reading.value for reading in await self.provider.inspect(self.device, setting)}


@asynccontextmanager
async def at_work(family: str, clock: DrivenClock | None = None) -> AsyncIterator[Work]:
    """Open an account at a cloud that has one plant with a device of the family."""
    clock = clock or DrivenClock(NOW)
    (plant,) = [plant for plant in demo_fleet() if plant.name == PLACES[family]]
    if family == "nexa":
        (noah,) = plant.devices
        plant = replace(plant, devices=(replace(noah, serial="0HV0000600", family="nexa", model="NEXA 2000"),))
    cloud = Cloud(clock, fleet=[plant])
    async with serve(cloud) as address, TCPConnector() as connector:
        settings = make_settings(username=USER, password=PASSWORD, server_url=address)
        account = Account("home", clock, Vault(), Ledger(), connector, INSTALL)
        async with open_account(settings, account) as provider:
            assert isinstance(provider, Growatt)
            work = Work(family, provider, cloud, clock)
            await work.begin()
            yield work


def sample(domain: Domain, n: int) -> Value:  # noqa: PLR0911 - one a domain
    """Return one of some values of a domain: its bounds, its middle, and one more."""
    match domain:
        case Range():
            steps = round((domain.high - domain.low) / domain.step)
            return round(domain.low + [0, steps, steps // 2, steps // 3][n] * domain.step, 9)
        case Choice():
            return domain.options[n % len(domain.options)]
        case Toggle():
            return n % 2 == 0
        case TimeOfDay():
            return ["00:00", "23:59", "12:30", "06:05"][n]
        case Moment():
            return f"2026-0{n + 1}-2{n}T0{n}:1{n}:5{n}"
        case Press():
            return "press"
        case Words():
            return {3: "gbp", 10: f"2024-01-1{n}"}.get(domain.longest, f"Ärger & {n} {{x}}=1+1")


def samples(setting: Setting, n: int) -> dict[str, Value]:
    """Return one set of values; windows begin before they end, and do not meet."""
    values: dict[str, Value] = {point.key: sample(point.accepts, n) for point in setting.points if point.accepts}
    times = ["00:00", "00:01", "07:05", "11:59", "13:00", "23:59", "23:59"]
    for place, window in enumerate(setting.windows):
        start = 2 * place
        values[f"{window}_start"], values[f"{window}_end"] = times[start], times[start + 1]
        if n == 1:
            values[f"{window}_start"] = values[f"{window}_end"] = "00:00"
    if setting.key == "power_factor_setting":
        values[setting.key] = [-1, 1, -0.8, 0.85][n]
    return values


@pytest.mark.parametrize("family", PLACES)
async def test_every_row_is_set_read_back_and_the_same(family: str) -> None:
    async with at_work(family) as work:
        settings = work.settings
        assert set(settings) == {write.key for write in WRITES[family]}
        shown = {key for write in WRITES[family] for key in _shown(write.setting, family)}
        for key, setting in settings.items():
            for n in range(SAMPLES):
                wanted = samples(setting, n)
                await work.write(setting, wanted)
                found = await work.look(setting)
                if key == "sync_clock":
                    local = NOW.astimezone(work.device.zone or ZoneInfo("UTC")).replace(tzinfo=None)
                    assert found["device_clock"] == local.isoformat()
                    continue
                expected = {name: value for name, value in wanted.items() if name in shown}
                assert {name: found.get(name) for name in expected} == pytest.approx(expected), (key, n)
            if key.startswith("time_segment"):
                await work.write(setting, samples(setting, 1))


def _shown(setting: Setting, family: str) -> set[str]:
    """Return the points of a setting that are read back."""
    hidden = {"sync_clock", "reactive_power_direction"}
    if setting.danger and family == "plant":
        return set()
    return {point.key for point in setting.points} - hidden


async def test_a_provider_of_the_app_can_write_and_put() -> None:
    async with at_work("noah") as work:
        assert isinstance(work.provider, Writing)
        assert isinstance(work.provider, Putting)


async def test_what_is_private_is_set_all_the_same() -> None:
    async with at_work("plant") as work:
        plant = next(iter(work.cloud.plants))
        for key, field, value in (
            ("plant_city", "city", "Oldenburg (Oldb)"),
            ("plant_address", "plantAddress", "Straße 1 & 2"),
            ("plant_latitude", "plant_lat", 53.143889),
            ("plant_name", "plantName", "Häuschen"),
        ):
            before = dict(work.cloud.plant_settings[plant])
            await work.write(work.settings[key], {key: value})
            after = work.cloud.plant_settings[plant]
            assert after[field] == str(value)
            assert {name: text for name, text in after.items() if name != field} == {
                name: text for name, text in before.items() if name != field
            }


async def test_a_setting_shows_late_where_the_cloud_is_late() -> None:
    async with at_work("tlx") as work:
        work.cloud.settings_delay = timedelta(seconds=60)
        setting = work.settings["charge_rate"]
        await work.write(setting, {"charge_rate": 40.0})
        assert (await work.look(setting))["charge_rate"] == 100
        await work.clock.advance(timedelta(seconds=61))
        assert (await work.look(setting))["charge_rate"] == 40


async def test_a_look_replaces_what_a_feed_would_say_from_memory() -> None:
    async with at_work("plant") as work:
        await work.write(work.settings["energy_price"], {"energy_price": 0.5})
        await work.look(work.settings["energy_price"])
        readings = await work.provider.read(SETTINGS)
        found = {reading.point.key: reading.value for reading in readings if reading.device_id == work.device.id}
        assert found["energy_price"] == 0.5


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("inv_set_failure", Refused, "the device has not taken it"),
        ("501", Refused, "offline"),
        ("inv_set_time_format", Refused, "date and time"),
        ("DEVICE_SN_DOES_NOT_HAVE_PERMISSION", Refused, "the owner's"),
        ("inv_set_something_new", Refused, "inv_set_something_new"),
        ("500", Doubtful, "waited for the device in vain"),
    ],
)
async def test_a_no_is_told_in_words(text: str, error: type[Exception], says: str) -> None:
    for family, key, value in (
        ("tlx", "charge_rate", 40.0),
        ("noah", "default_power", 100.0),
        ("plant", "energy_price", 0.7),
    ):
        async with at_work(family) as work:
            setting = work.settings[key]
            before = (await work.look(setting))[key]
            work.cloud.faults.add("refused", path="[sS]et|updatePlant", text=text)
            with pytest.raises(error, match=says) as raised:
                await work.write(setting, {key: value})
            if isinstance(raised.value, Refused):
                assert raised.value.code == text
            assert (await work.look(setting))[key] == before


async def test_segments_that_overlap_are_refused_by_the_cloud_even_when_off() -> None:
    async with at_work("tlx") as work:
        for n, start in ((1, "10:00"), (2, "11:00")):
            window: dict[str, Value] = {"mode": "load_first", "start": start, "end": "12:00", "enabled": False}
            values = {f"time_segment{n}_{part}": value for part, value in window.items()}
            refused = pytest.raises(Refused, match="whether windows overlap") if n == 2 else nullcontext()
            with refused:
                await work.write(work.settings[f"time_segment{n}"], values)


async def test_a_device_that_is_offline_refuses() -> None:
    async with at_work("tlx") as work:
        work.cloud.faults.add("offline", device=work.device.serial)
        await work.clock.advance(timedelta(minutes=30))
        with pytest.raises(Refused, match="offline"):
            await work.write(work.settings["charge_rate"], {"charge_rate": 40.0})


@pytest.mark.parametrize(
    ("fault", "applied"),
    [
        ({"kind": "http_error", "status": 502, "late": True}, True),
        ({"kind": "http_error", "status": 500, "late": True}, True),
        ({"kind": "timeout", "late": True}, True),
        ({"kind": "timeout"}, False),
        ({"kind": "truncated"}, True),
        ({"kind": "empty"}, True),
        ({"kind": "refused", "text": "500", "late": True}, True),
    ],
    ids=str,
)
async def test_an_answer_that_is_lost_leaves_it_open_and_nothing_is_sent_twice(
    fault: dict[str, object],
    applied: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    async with at_work("mix") as work:
        setting = work.settings["load_first_stop_soc"]
        work.provider._client._timeout = ClientTimeout(total=0.3)
        work.cloud.faults.add(path="mixSetApiNew", **{"count": 1, **fault})  # type: ignore[arg-type]
        before = len(work.cloud.requests)
        with pytest.raises(Doubtful, match=r"whether the change|waited for the device"):
            await work.write(setting, {"load_first_stop_soc": 33.0})
        assert len(work.cloud.requests) == before + 1
        assert ((await work.look(setting))["load_first_stop_soc"] == 33) is applied


@pytest.mark.parametrize("shows", ["html", "redirect", "not_logged_in"])
async def test_a_session_that_has_ended_costs_one_login_and_the_write_is_carried_out_once(shows: str) -> None:
    async with at_work("mix") as work:
        work.cloud.expired_answer = FaultKind(shows)
        await work.clock.advance(timedelta(minutes=10))
        work.cloud.expire_sessions()
        logins = len(work.cloud.logins)
        setting = work.settings["charge_schedule"]
        await work.write(setting, samples(setting, 2))
        assert len(work.cloud.logins) == logins + 1
        sent = [asked for asked in work.cloud.requests if asked.query.get("op") == "mixSetApiNew"]
        assert len(sent) == 2
        assert (await work.look(setting))["charge_rate"] == 50


async def test_a_visitor_may_change_nothing() -> None:
    clock = DrivenClock(NOW)
    cloud = Cloud(clock, fleet=[plant for plant in demo_fleet() if plant.name == "Home"])
    cloud.accounts[0].visitor = True
    async with serve(cloud) as address, TCPConnector() as connector:
        settings = make_settings(username=USER, password=PASSWORD, server_url=address)
        account = Account("home", clock, Vault(), Ledger(), connector, INSTALL)
        async with open_account(settings, account) as provider:
            devices = await provider.discover()
            assert isinstance(provider, Growatt)
            assert all(provider.settings(device) == [] for device in devices)
            setting = WRITES["plant"][0].setting
            with pytest.raises(Refused, match="visitor"):
                await provider.write(devices[0], setting, {"energy_price": 1.0})
    assert not [asked for asked in cloud.requests if asked.query.get("op") == "updatePlant"]


def test_the_samples_are_of_their_domains() -> None:
    for writes in WRITES.values():
        for write in writes:
            for n in range(SAMPLES):
                for key, value in samples(write.setting, n).items():
                    point = next(each for each in write.points if each.key == key)
                    assert convert(point, value, UTC) == value
