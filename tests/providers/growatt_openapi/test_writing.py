"""For each row of each catalogue of writes: set it in the simulated cloud, read it back, compare."""

import json
from dataclasses import replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.commands.checks import conflict
from app.commands.values import convert, same
from app.errors import CommandError, Doubtful, RateLimited, Refused, Unavailable
from app.model import Press, Setting, Value
from app.providers.growatt.catalogue_settings import MIX_SETTINGS
from app.providers.growatt.openapi import catalogue
from app.providers.growatt.openapi.writable import FAMILIES
from app.providers.growatt.openapi.writer import Writer
from app.providers.growatt.params import decode, encode
from app.providers.growatt.writes import WRITES
from tests.providers.growatt.kit import NOW
from tests.providers.growatt.kit import Clock as FakeClock
from tests.providers.growatt_openapi.writing import a_device, alone, bench, two_values

ROWS = [(family, write.key) for family, own in FAMILIES.items() for write in own.writes]


def values_of(setting: Setting, turn: int) -> dict[str, Value]:
    return {point.key: two_values(point.key, point.accepts)[turn] for point in setting.points}


def is_press(setting: Setting) -> bool:
    return any(isinstance(point.accepts, Press) for point in setting.points)


@pytest.mark.parametrize("family", FAMILIES)
async def test_every_row_is_set_and_read_back(family: str) -> None:
    wrong: dict[str, object] = {}
    async with bench(family) as work:
        for setting in work.writer.settings(work.device):
            for turn in (0, 1):
                wanted = values_of(setting, turn)
                before = dict(work.values)
                await work.writer.write(work.device, setting, wanted)
                if turn and work.values == before and not is_press(setting):
                    wrong[f"{setting.key} {turn}"] = "nothing has changed"
                shown = await work.shown(setting)
                differing = {
                    point.key: (wanted[point.key], shown.get(point.key))
                    for point in setting.points
                    if setting.reads_back and not same(point, wanted[point.key], shown.get(point.key))
                }
                if differing:
                    wrong[f"{setting.key} {turn}"] = differing
    assert wrong == {}


@pytest.mark.parametrize(("family", "key"), ROWS)
def test_every_row_makes_sense(family: str, key: str) -> None:
    (write,) = [each for each in FAMILIES[family].writes if each.key == key]
    setting = write.setting
    assert setting.points
    for turn in (0, 1):
        values = values_of(setting, turn)
        assert {name: convert(point, values[name], UTC) for point in setting.points for name in [point.key]} == values
        assert conflict(setting, [setting], values, values) is None
        if not is_press(setting) and setting.key != "vpp_schedule":
            texts = dict(encode(write.params, values, NOW))
            assert decode(write.params, texts) == values
    for name in (setting.key, *setting.windows):
        assert setting.parts(name), f"nothing can be sent to {name}"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_each_key_once_and_each_point_in_one_setting(family: str) -> None:
    settings = FAMILIES[family].settings
    keys = [setting.key for setting in settings]
    points = [point.key for setting in settings for point in setting.points]
    assert len(keys) == len(set(keys))
    assert len(points) == len(set(points))
    assert not set(keys) & (set(points) - {setting.key for setting in settings if len(setting.points) == 1})


def test_both_apis_call_the_same_thing_by_the_same_name() -> None:
    for name in set(WRITES) & set(FAMILIES):
        app = {point.key: point for write in WRITES[name] for point in write.points}
        ours = {point.key: point for write in FAMILIES[name].writes for point in write.points}
        for key in app.keys() & ours.keys():
            assert replace(app[key], accepts=None) == replace(ours[key], accepts=None), key
    shared = {point.key for write in WRITES["tlx"] for point in write.points} & {
        point.key for write in FAMILIES["tlx"].writes for point in write.points
    }
    assert {"charge_rate", "charge_stop_soc", "ac_charge_enabled", "time_segment9_mode", "switched_on"} <= shared


def test_what_belongs_to_the_grid_or_protects_is_dangerous() -> None:
    tame = {setting.key for own in FAMILIES.values() for setting in own.settings if not setting.danger}
    words = (
        "voltage",
        "frequency",
        "power_factor",
        "reactive",
        "fallback",
        "failure",
        "protection",
        "block",
        "slope",
        "raw",
        "syn_",
    )
    assert not [key for key in tame if any(word in key for word in words)]


async def test_what_is_done_at_once_is_minutes_and_per_cent() -> None:
    async with bench("mix") as work:
        await work.writer.write(work.device, work.setting("vpp_now"), {"vpp_now_time": 60.0, "vpp_now_rate": -40.0})
        assert (work.values["vppTime"], work.values["vppPercentage"]) == ("60", "-40")


async def test_a_schedule_is_minutes_of_the_day_and_can_be_cleared() -> None:
    async with bench("tlx") as work:
        schedule = work.setting("vpp_schedule")
        await work.writer.write(work.device, schedule, {"vpp_schedule": "00:30-05:00=95,17:00-24:00=-60"})
        assert json.loads(work.values["set_param_34"]) == [
            {"percentage": 95, "startTime": 30, "endTime": 300},
            {"percentage": -60, "startTime": 1020, "endTime": 1440},
        ]
        assert await work.shown(schedule) == {"vpp_schedule": "00:30-05:00=95,17:00-24:00=-60"}
        await work.writer.write(work.device, work.setting("vpp_clear_schedule"), {"vpp_clear_schedule": "press"})
        assert work.values["set_param_34"] == "[]"
        assert await work.shown(schedule) == {}
        for text in ("05:00-01:00=5", "05:00-06:00=101", "05:61-06:00=1", "23:00-24:01=1"):
            with pytest.raises(Refused):
                await work.writer.write(work.device, schedule, {"vpp_schedule": text})


async def test_the_schedules_stop_soc_are_the_fields_with_a_two() -> None:
    async with bench("mix") as work:
        charge = work.setting("charge_schedule")
        work.cloud.settings(work.device.serial).update(
            wchargeSOCLowLimit1="81", wchargeSOCLowLimit2="82", wdisChargeSOCLowLimit2="12"
        )
        shown = await work.shown(charge)
        assert (shown["charge_stop_soc"], shown["discharge_stop_soc"]) == (82, 12)
        assert shown["charge_period3_enabled"] is False


async def test_the_discharging_of_spa_goes_under_the_pages_name_where_the_right_one_is_unknown() -> None:
    async with bench("spa") as work:
        setting = work.setting("discharge_schedule")
        work.cloud.faults.add("denied", path="spaSet", status=10006, count=1)
        await work.writer.write(work.device, setting, values_of(setting, 0))
        assert [asked.form["type"] for asked in work.cloud.requests if asked.path == "/v1/spaSet"] == [
            "spa_ac_discharge_time_period",
            "spa_ac_charge_time_period",
        ]
        assert work.values["disChargePowerCommand"] == "90"
        assert work.values["chargePowerCommand"] == "100"


async def test_the_clock_is_set_to_the_plants_time() -> None:
    for family, field, time in (
        ("tlx", "sysTime", "2026-06-21 13:00:00"),
        ("mix", "sysTimeOfDay", "13:00"),
        ("storage", "storage_cmd_sys_year", "2026-06-21 13:00"),
    ):
        async with bench(family) as work:
            device = replace(work.device, zone=ZoneInfo("Europe/Amsterdam"))
            await work.writer.write(device, work.setting("sync_clock"), {"sync_clock": "press"})
            assert work.values[field] == time
            before, unknown = len(work.cloud.requests), replace(device, zone=None)
            with pytest.raises(Refused, match="time zone is not known"):
                await work.writer.write(unknown, work.setting("sync_clock"), {"sync_clock": "press"})
            assert len(work.cloud.requests) == before


CODES = [
    ("tlx", "charge_rate", 10001, Doubtful),
    ("tlx", "charge_rate", 10002, Doubtful),
    ("tlx", "charge_rate", 10003, Refused),
    ("tlx", "charge_rate", 10004, Refused),
    ("tlx", "charge_rate", 10005, Refused),
    ("mix", "charge_schedule", 10006, Refused),
    ("mix", "charge_schedule", 10007, Refused),
    ("mix", "charge_schedule", 10008, Refused),
    ("mix", "device_clock", 10009, Refused),
    ("tlx", "time_segment1", 10013, Refused),
    ("tlx", "vpp_now", 500, Refused),
    ("tlx", "vpp_now", 10011, Refused),
    ("noah", "default_power", 1, Doubtful),
    ("noah", "default_power", 5, Refused),
    ("noah", "default_power", 6, Refused),
    ("noah", "default_power", 7, Refused),
    ("noah", "default_power", 12, Refused),
    ("noah", "default_power", 102, RateLimited),
]


@pytest.mark.parametrize(("family", "key", "code", "error"), CODES)
async def test_every_documented_refusal_has_its_class(family: str, key: str, code: int, error: type[Exception]) -> None:
    async with bench(family) as work:
        setting = work.setting(key)
        before = dict(work.values)
        work.cloud.faults.add("denied", path="[sS]et", status=code)
        with pytest.raises(error) as caught:
            await work.writer.write(work.device, setting, values_of(setting, 0))
        assert len([asked for asked in work.cloud.requests if "et" in asked.path]) == 1
        assert "by itself" not in str(caught.value), "nobody tries a command again"
        if isinstance(caught.value, Refused):
            assert caught.value.code == str(code)
        assert work.values == before


async def test_10012_of_a_write_is_a_device_that_is_not_there() -> None:
    async with bench("spa") as work:
        other = replace(work.device, serial="NOT-THERE")
        with pytest.raises(Refused) as refusal:
            await work.writer.write(other, work.setting("backup_enabled"), {"backup_enabled": True})
        assert refusal.value.code == "10012"


async def test_a_system_error_is_doubtful_and_may_have_been_carried_out() -> None:
    for family, key in (("tlx", "charge_rate"), ("noah", "default_power")):
        async with bench(family) as work:
            work.cloud.faults.add("system_error", path="[sS]et", late=True)
            setting = work.setting(key)
            before = dict(work.values)
            with pytest.raises(Doubtful):
                await work.writer.write(work.device, setting, values_of(setting, 0))
            assert work.values != before
            work.cloud.faults.clear()
            assert (await work.shown(setting))[key] == values_of(setting, 0)[key]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("http_error", {"status": 500}),
        ("html", {}),
        ("truncated", {}),
        ("empty", {}),
        ("http_error", {"status": 504, "late": True}),
    ],
)
async def test_a_lost_answer_is_doubtful_and_the_write_goes_out_once(kind: str, more: dict[str, object]) -> None:
    async with bench("tlx") as work:
        work.cloud.faults.add(kind, path="tlxSet", **more)
        with pytest.raises(Doubtful):
            await work.writer.write(work.device, work.setting("charge_rate"), {"charge_rate": 40.0})
        assert len([asked for asked in work.cloud.requests if asked.path == "/v1/tlxSet"]) == 1


async def test_an_offline_device_refuses() -> None:
    async with bench("inverter") as work:
        work.clock.move(hours=11)  # the sun has set
        with pytest.raises(Refused) as refusal:
            await work.writer.write(work.device, work.setting("active_power_rate"), {"active_power_rate": 50.0})
        assert refusal.value.code == "10003"


async def test_what_a_request_cannot_carry_is_refused_without_sending() -> None:
    async with bench("tlx") as work:
        with pytest.raises(Refused, match=r"at least 0\.8"):
            await work.writer.write(work.device, work.setting("power_factor_setting"), {"power_factor_setting": 0.5})
        assert not work.cloud.requests


def test_a_window_over_midnight_is_refused_with_advice() -> None:
    for family, key in (("tlx", "time_segment1"), ("mix", "charge_schedule"), ("noah", "time_segment1")):
        setting = next(each for each in FAMILIES[family].settings if each.key == key)
        window = setting.windows[0]
        values: dict[str, Value] = {f"{window}_start": "22:00", f"{window}_end": "06:00", f"{window}_enabled": True}
        assert "split it" in (conflict(setting, [setting], values, values) or "")


async def test_settings_that_v4_shows_every_five_minutes_are_told_from_its_last_answer_between() -> None:
    async with bench("noah") as work:
        setting = work.setting("default_power")
        first = list(await work.writer.inspect(work.device, setting))
        work.clock.move(seconds=30)
        again = list(await work.writer.inspect(work.device, setting))
        assert {reading.timed for reading in first} == {False}
        assert {reading.timed for reading in again} == {True}
        assert {reading.at for reading in again} == {NOW}, "older than any write since: it confirms nothing"
        assert [reading.value for reading in again] == [reading.value for reading in first]
        work.clock.move(minutes=5)
        assert {reading.timed for reading in await work.writer.inspect(work.device, setting)} == {False}


async def test_what_may_not_be_asked_just_after_a_start_is_unknown_and_can_be_set() -> None:
    async with bench("noah") as work:
        setting = work.setting("default_power")
        work.cloud.faults.add("denied", path="queryDeviceInfo", status=102, count=1)
        for _ in range(2):  # the vendor's word, then our own count
            assert await work.writer.inspect(work.device, setting) == []
        await work.writer.write(work.device, setting, {"default_power": 350.0})
        assert work.values["defaultPower"] == "350"


async def test_an_account_that_has_to_rest_looks_at_nothing() -> None:
    async with bench("noah") as work:
        work.cloud.faults.add("http_error", status=429)
        with pytest.raises(RateLimited):
            await work.writer.inspect(work.device, work.setting("default_power"))


async def test_what_is_left_out_and_cannot_be_asked_elsewhere_is_unknown() -> None:
    async with bench("spa") as work:
        work.cloud.faults.add("denied", path="queryDeviceInfo", status=4)
        shown = await work.shown(work.setting("charge_schedule"))
        assert "ac_charge_enabled" not in shown
        assert shown["charge_rate"] == 100


@pytest.mark.parametrize(
    ("family", "key", "path", "code"),
    [
        ("max", "power_factor_setting", "readMaxParam", 10009),
        ("inverter", "active_power_rate", "readInverterParam", 10007),
        ("tlx", "vpp_control", "readVppParameter", 6),
        ("noah", "default_power", "queryDeviceInfo", 4),
    ],
)
async def test_what_a_logger_cannot_ask_is_unknown_and_can_be_set(family: str, key: str, path: str, code: int) -> None:
    async with bench(family) as work:
        setting = work.setting(key)
        work.cloud.faults.add("denied", path=path, status=code)
        assert await work.writer.inspect(work.device, setting) == ()
        before = dict(work.values)
        await work.writer.write(work.device, setting, values_of(setting, 0))
        assert work.values != before


async def test_a_device_that_is_not_known_yet_is_said_to_be() -> None:
    setting = FAMILIES["tlx"].settings[0]
    writer = Writer(None, FakeClock(), lambda _: "", lambda *_: True, alone)  # type: ignore[arg-type]  # it asks nobody
    with pytest.raises(Unavailable, match="not been found"):
        await writer.write(a_device("tlx"), setting, {"charge_rate": 1.0})
    with pytest.raises(Unavailable, match="not been found"):
        await writer.inspect(a_device("tlx"), setting)


def test_a_device_of_an_unknown_family_has_nothing_to_set() -> None:
    writer = Writer(None, None, lambda _: "", lambda *_: True, alone)  # type: ignore[arg-type]
    assert writer.settings(a_device("meter")) == ()
    with pytest.raises(CommandError):
        writer.put(a_device("meter"), "tlxSet", "charge_power", [1])


def test_a_min_without_a_battery_has_no_battery_to_set() -> None:
    writer = Writer(None, None, lambda _: "tlx", lambda *_: False, alone)  # type: ignore[arg-type]
    keys = {setting.key for setting in writer.settings(a_device("tlx"))}
    assert "active_power_rate" in keys
    assert not keys & {"charge_rate", "time_segment1", "ac_charge_enabled", "backup_enabled"}
    of_battery = ("charge", "soc", "segment", "schedule", "remote", "backup", "off_grid", "vpp_now")
    assert [key for key in keys if any(word in key for word in of_battery)] == []


SETTINGS_READ = {
    "tlx": catalogue.MIN_SETTINGS,
    "mix": catalogue.SPH_SETTINGS,
    "spa": catalogue.SPA_SETTINGS,
    "noah": catalogue.NOAH_DETAILS,
    "wit": catalogue.NEWER_SETTINGS,
    "sph-s": catalogue.NEWER_SETTINGS,
}


@pytest.mark.parametrize("family", SETTINGS_READ)
def test_what_the_settings_show_is_also_read_without_a_command(family: str) -> None:
    read = {point.key: point for point in SETTINGS_READ[family].points}
    for row in FAMILIES[family].shown:
        assert read.get(row.point.key) == row.point


def test_an_inverter_that_runs_is_not_said_to_be_off() -> None:
    """The samples of an SPH and a MAX that run have `onOff` false; only a question by name tells."""
    for own in (catalogue.SPH_SETTINGS, catalogue.SPA_SETTINGS, catalogue.MAX_SETTINGS, MIX_SETTINGS):
        assert "onOff" not in {field for row in own.rows for field in row.fields}
        assert "onOff" in own.ignored


async def test_the_clock_is_set_by_the_vendors_where_ours_is_wrong() -> None:
    async with bench("tlx") as work:
        work.client._skew.note(timedelta(hours=2), work.clock.now())
        await work.writer.write(work.device, work.setting("sync_clock"), {"sync_clock": "press"})
        assert work.values["sysTime"] == f"{NOW - timedelta(hours=2):%Y-%m-%d %H:%M:%S}"
