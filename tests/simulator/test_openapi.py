"""The simulated OpenAPI: what it tells of which family, and by which rules."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Cloud, openapi_fleet
from simulator.growatt.openapi_families import FAMILIES
from tests.simulator import park
from tests.simulator.client import Phone
from tests.simulator.park import close
from tests.simulator.token import Bearer


@pytest.fixture
def cloud(clock: DrivenClock) -> Cloud:
    return Cloud(clock, fleet=openapi_fleet())


# Lists


async def test_every_family_of_the_park_is_listed_by_v4(free: Bearer, cloud: Cloud) -> None:
    listed = (await free.new("queryDeviceList", page="1"))["data"]
    assert listed["count"] == len(cloud.devices)
    assert {row["deviceType"] for row in listed["data"]} == {family.v4 for family in FAMILIES.values()}
    assert (listed["lastPager"], listed["pages"]) == (True, 1)


async def test_v1_lists_no_wit_no_sph_s_and_no_noah(free: Bearer) -> None:
    for plant in (1_400_012, 1_400_013):
        rows = (await free.get("device/list", plant_id=str(plant)))["data"]["devices"]
        assert {row["type"] for row in rows} <= {3, 4}


async def test_a_long_list_comes_in_pages(free: Bearer, cloud: Cloud) -> None:
    first = (await free.get("plant/list", page="1", perpage="3"))["data"]
    second = (await free.get("plant/list", page="2", perpage="3"))["data"]
    assert first["count"] == second["count"] == len(cloud.plants)
    assert len({plant["plant_id"] for plant in first["plants"] + second["plants"]}) == 6
    beyond = (await free.get("plant/list", page="250", perpage="3"))["data"]
    assert beyond["plants"] == []


@pytest.mark.parametrize(
    ("page", "size", "code"), [("1", "101", 10013), ("251", "20", 10014), ("0", "20", 10001), ("x", "", 10001)]
)
async def test_a_page_has_limits(free: Bearer, page: str, size: str, code: int) -> None:
    assert (await free.get("plant/list", page=page, perpage=size))["error_code"] == code


async def test_the_meter_of_a_logger_counts_what_the_grid_gives(free: Bearer, cloud: Cloud) -> None:
    record = cloud.record(park.METERED)
    listed = await free.get("device/ammeter/meter_list", datalog_sn=record.spec.logger)
    (row,) = listed["data"]["meters"]
    assert (row["address"], row["lost"]) == (1, False)
    asked = {"datalog_sn": record.spec.logger, "address": "1"}
    meter = (await free.get("device/ammeter/meter_last_data", **asked))["data"]
    power = record.snapshot.power
    assert meter["activePower"] == close(power.imported - power.exported)
    assert meter["reverseActiveTotalEnergy"] == close(record.total.exported)
    past = await free.get("device/ammeter/meter_data", **asked, start_date="2026-06-06", end_date="2026-06-06")
    assert len(past["data"]["meter_data"]) == 20
    none = await free.get("device/ammeter/meter_list", datalog_sn=cloud.devices[park.TLX].spec.logger)
    assert none["data"]["meters"] == []


async def test_a_serial_tells_what_it_is(free: Bearer, cloud: Cloud) -> None:
    for family, serial in park.OF_FAMILY.items():
        found = await free.get("device/check/sn", dataloggerSn=serial)
        assert (found["deviceType"], found["obj"]) == (FAMILIES[family].code, 2 if family == "storage" else 1)
    logger = await free.get("device/check/sn", dataloggerSn=cloud.devices[park.TLX].spec.logger)
    assert (logger["msg"], logger["obj"]) == ("datalog", 3)
    assert (await free.get("device/check/sn", dataloggerSn="nobody"))["result"] == 0


async def test_a_plants_loggers(free: Bearer, cloud: Cloud) -> None:
    listed = (await free.get("device/datalogger/list", plant_id=str(park.OFFICE)))["data"]
    assert [row["sn"] for row in listed["dataloggers"]] == [
        cloud.devices[serial].spec.logger for serial in (park.STRING, park.THREE, park.MAX)
    ]


# Values


@pytest.mark.parametrize("family", FAMILIES)
async def test_the_last_values_are_true_in_v4(family: str, free: Bearer, cloud: Cloud) -> None:
    kind, serial = FAMILIES[family].v4, park.OF_FAMILY[family]
    (values,) = (await free.new("queryLastData", deviceSn=serial, deviceType=kind))["data"][kind]
    record = cloud.record(serial)
    power = record.snapshot.power
    pv = values.get("ppvInverter", values.get("ppv"))
    if family == "storage":
        pv += values["ppv2"]
    assert pv == close(power.pv, 0.11)
    assert serial in {values.get("serialNum"), values.get("deviceSn"), values.get("inverterId")}
    soc = next((values[name] for name in ("soc", "bmsSoc", "capacity", "totalBatteryPackSoc") if name in values), None)
    assert soc in (None, round(record.snapshot.soc * 100))


@pytest.mark.parametrize("family", park.V1_FAMILIES)
async def test_the_last_values_are_true_in_v1(family: str, free: Bearer, cloud: Cloud) -> None:
    serial = park.OF_FAMILY[family]
    if family == "inverter":
        said = await free.get("device/inverter/last_new_data", device_sn=serial)
    else:
        said = await free.post(f"device/{family}/{family}_last_data", **{f"{family}_sn": serial})
    record = cloud.record(serial)
    pv = said["data"].get("ppvInverter", said["data"].get("ppv")) + said["data"].get("ppv2", 0) * (family == "storage")
    assert pv == close(record.snapshot.power.pv, 0.11)
    assert said["dataloggerSn"] == record.spec.logger
    assert said["data"]["time"] == record.time


@pytest.mark.parametrize("family", [name for name in park.V1_FAMILIES if FAMILIES[name].batch])
async def test_v1_tells_of_many_at_once(family: str, free: Bearer, cloud: Cloud) -> None:
    serial = park.OF_FAMILY[family]
    name = "inverters" if family == "inverter" else f"{family}s"
    path = "device/inverter/invs_data" if family == "inverter" else f"device/{family}/{family}s_data"
    other = park.THREE if family == "inverter" else "nobody"
    said = await free.post(path, **{name: f"{serial},{other}", "pageNum": "1"})
    expected = [serial, other] if family == "inverter" else [serial]
    assert said[name] == list(said["data"]) == expected
    assert said["data"][serial]["dataloggerSn"] == cloud.devices[serial].spec.logger
    assert said["data"][serial][serial]["time"] == cloud.record(serial).time


async def test_v4_tells_of_a_hundred_at_once_and_no_more(free: Bearer) -> None:
    serials = f"{park.TLX},{park.PLAIN},{park.MIX},nobody"
    said = await free.new("queryLastData", deviceSn=serials, deviceType="min")
    assert [row["serialNum"] for row in said["data"]["min"]] == [park.TLX, park.PLAIN]
    assert (await free.new("queryLastData", deviceSn="nobody", deviceType="min"))["data"] == {}
    many = ",".join(f"MIN{n}" for n in range(101))
    assert (await free.new("queryLastData", deviceSn=many, deviceType="min"))["code"] == 11
    assert (await free.new("queryLastData", deviceSn="", deviceType="min"))["code"] == 8
    assert (await free.new("queryLastData", deviceSn=park.TLX, deviceType="tlx"))["code"] == 7


async def test_a_batch_of_v1_has_a_hundred_at_most(free: Bearer) -> None:
    many = ",".join(f"SPH{n}" for n in range(101))
    assert (await free.post("device/mix/mixs_data", mixs=many))["error_code"] == 10002


async def test_times_are_the_plants_and_milliseconds_take_them_for_chinas(free: Bearer, cloud: Cloud) -> None:
    true = cloud.record(park.MIX).uploaded
    old = (await free.post("device/mix/mix_last_data", mix_sn=park.MIX))["data"]
    (new,) = (await free.new("queryLastData", deviceSn=park.MIX, deviceType="sph"))["data"]["sph"]
    local = true.astimezone(ZoneInfo("Australia/Adelaide"))
    assert old["time"] == new["time"] == local.strftime("%Y-%m-%d %H:%M:%S")
    mistaken = local.replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1_000
    assert old["calendar"]["timeInMillis"] == new["calendar"] == mistaken
    assert old["calendar"]["time"]["hours"] == local.hour
    (facts,) = (await free.new("queryDeviceInfo", deviceSn=park.MIX, deviceType="sph"))["data"]["sph"]
    assert (facts["lastUpdateTime"], facts["lastUpdateTimeText"]) == (mistaken, new["time"])


async def test_v4_may_write_by_the_vendors_clock(free: Bearer, cloud: Cloud) -> None:
    cloud.openapi.v4_zone = "Asia/Shanghai"
    true = cloud.record(park.MIX).uploaded
    (values,) = (await free.new("queryLastData", deviceSn=park.MIX, deviceType="sph"))["data"]["sph"]
    assert values["time"] == true.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M:%S")
    assert datetime.fromtimestamp(values["calendar"] / 1_000, UTC) == true


async def test_the_state_of_charge_by_the_virtual_power_plant(free: Bearer, cloud: Cloud) -> None:
    said = await free.post("device/vpp/getSocData", vppSn=park.TLX)
    assert said["soc"] == close(cloud.record(park.TLX).snapshot.soc * 100)
    assert "data" not in said


async def test_an_alarm_is_told_while_it_lasts(free: Bearer, cloud: Cloud) -> None:
    asked = {"tlx_sn": park.TLX, "date": "2026-06-06"}
    assert (await free.post("device/tlx/alarm_data", **asked))["data"]["alarms"] == []
    cloud.raise_alarm(park.TLX, 202, "PV Voltage High")
    (alarm,) = (await free.post("device/tlx/alarm_data", **asked))["data"]["alarms"]
    assert (alarm["alarm_code"], alarm["alarm_message"]) == (202, "PV Voltage High")
    assert (await free.post("device/tlx/alarm_data", tlx_sn=park.TLX, date="2026-06-05"))["data"]["alarms"] == []


# Histories


@pytest.mark.parametrize("family", park.V1_FAMILIES)
async def test_a_history_has_what_was_uploaded(family: str, free: Bearer, cloud: Cloud) -> None:
    serial = park.OF_FAMILY[family]
    asked = {"start_date": "2026-06-05", "end_date": "2026-06-05", "perpage": "100", "page": "1"}
    if family == "inverter":
        said = (await free.get("device/inverter/data", device_sn=serial, **asked))["data"]
    else:
        said = (await free.post(f"device/{family}/{family}_data", **{f"{family}_sn": serial}, **asked))["data"]
    assert len(said["datas"]) == 100
    assert {row["time"][:10] for row in said["datas"]} == {"2026-06-05"}
    slots = 288 if not cloud.devices[serial].spec.sleeps else said["count"]
    assert said["count"] == slots < 289
    if cloud.devices[serial].spec.sleeps:
        assert said["count"] < 250, "a string inverter sleeps at night"


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-05-29", "2026-06-05", 0),
        ("2026-05-28", "2026-06-05", 10004),
        ("2026-13-01", "2026-06-05", 10003),
        ("", "2026-06-05", 0),
    ],
)
async def test_a_history_has_seven_days_at_most(free: Bearer, first: str, last: str, code: int) -> None:
    said = await free.post("device/tlx/tlx_data", tlx_sn=park.TLX, start_date=first, end_date=last)
    assert said["error_code"] == code


async def test_a_history_ends_95_days_back(free: Bearer) -> None:
    said = await free.post("device/tlx/tlx_data", tlx_sn=park.TLX, start_date="2026-03-01", end_date="2026-03-02")
    assert said["data"]["count"] == 0


async def test_a_history_of_nobody(free: Bearer) -> None:
    assert (await free.post("device/tlx/tlx_data", tlx_sn="nobody"))["error_code"] == 10005
    assert (await free.post("device/tlx/tlx_data"))["error_code"] == 10002


async def test_v4_tells_a_day(free: Bearer) -> None:
    asked = {"deviceSn": park.NOAH, "deviceType": "noah"}
    said = (await free.new("queryHistoricalData", **asked, date="2026-06-06"))["data"]
    assert len(said["datas"]) > 100
    assert said["haveNext"] is False
    both = {"deviceSn": f"{park.TLX},{park.METERED}", "deviceType": "min", "date": "2026-06-06"}
    assert set((await free.new("queryDevicesHistoricalData", **both))["data"]) == {park.TLX, park.METERED}
    assert (await free.new("queryHistoricalData", **asked, date=""))["code"] == 9


# What is set


async def test_what_is_set_over_the_app_shows_over_v1_and_v4(free: Bearer, address: str) -> None:
    async with Phone(address) as phone:
        await phone.login()
        form = {"op": "tlxSet", "serialNum": park.TLX, "type": "discharge_power", "param1": "42"}
        query = "&".join(f"{key}={value}" for key, value in form.items())
        assert (await phone.json(f"newTcpsetAPI.do?{query}", {}))["success"]
    settings = (await free.get("device/tlx/tlx_set_info", device_sn=park.TLX))["data"]
    assert settings["disChargePowerCommand"] == 42.0
    assert (await free.post("readMinParam", device_sn=park.TLX, paramId="discharge_power"))["data"] == "42"


async def test_what_is_set_over_v1_shows_over_the_app(free: Bearer, address: str) -> None:
    await free.post("tlxSet", tlx_sn=park.TLX, type="discharge_power", param1="43")
    async with Phone(address) as phone:
        await phone.login()
        said = await phone.json(f"newTlxApi.do?op=getTlxSetData&serialNum={park.TLX}", {})
    assert said["obj"]["tlxSetBean"]["disChargePowerCommand"] == "43"


async def test_what_is_set_over_v4_shows_in_v4(free: Bearer) -> None:
    asked = {"deviceSn": park.NOAH, "deviceType": "noah"}
    period = {"type": "2", "startTime": "06:00", "endTime": "07:30", "mode": "1", "power": "300", "enable": "0"}
    assert (await free.new("setTimeSegment", **asked, **period))["message"] == "PARAMETER_SETTING_SUCCESSFUL"
    await free.new("setPower", **asked, value="150")
    (facts,) = (await free.new("queryDeviceInfo", **asked))["data"]["noah"]
    assert {name: facts[f"time2{name}"] for name in ("Start", "End", "Mode", "Power", "Enable")} == {
        "Start": "6:0",
        "End": "7:30",
        "Mode": 1,
        "Power": 300.0,
        "Enable": False,
    }
    assert (await free.new("readPower", **asked))["data"] == facts["defaultPower"] == 150


async def test_the_signal_is_told_in_dbm(free: Bearer) -> None:
    said = await free.new("getWiFiSignalByDevice", deviceSn=park.TLX, deviceType="min")
    assert -70 < said["data"] <= -40
    assert (await free.new("getWiFiSignalByDevice", deviceSn=park.TLX, deviceType="sph"))["code"] == 7
    assert (await free.new("getWiFiSignalByDevice", deviceSn="nobody", deviceType="min"))["code"] == 12
