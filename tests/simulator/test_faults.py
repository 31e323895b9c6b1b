"""Every fault, as it looks from outside."""

import asyncio
import json
import math
import re
from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Cloud, FaultKind
from simulator.growatt.fleet import KITS, SITES, device
from tests.simulator.client import Phone

TLX, MIX, STRING, NOAH = "MNH0000100", "SPH0000200", "NXB0000400", "0PV0000600"
DETAIL = f"newTlxApi.do?op=getTlxDetailData&id={TLX}"
OVERVIEW = f"newTlxApi.do?op=getEnergyOverview&id={TLX}"
MIX_INFO = f"newMixApi.do?op=getMixInfo&mixId={MIX}"
DEVICES = "newTwoPlantAPI.do?op=getAllDeviceList&plantId=1400001"
SET_CLOCK = f"newTcpsetAPI.do?op=tlxSet&serialNum={TLX}&type=pf_sys_year&param1="
FIVE_ZEROS = "".join(f"&param{n}=0" for n in range(3, 8))
PLANTS = "PlantListAPI.do?userId=1"


async def detail(phone: Phone) -> dict[str, Any]:
    data: dict[str, Any] = (await phone.json(DETAIL))["data"]
    return data


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("html", 200, "loginForm"),
        ("redirect", 302, ""),
        ("not_logged_in", 500, "not logged in"),
        ("forbidden_ua", 403, "blacklist"),
        ("retired", 405, "firewall"),
        ("http_error", 503, "503"),
        ("empty", 200, ""),
    ],
)
async def test_a_fault_on_the_wire_strikes_as_often_as_it_is_told(
    phone: Phone, cloud: Cloud, kind: str, status: int, words: str
) -> None:
    fault = cloud.faults.add(kind, count=2)
    for _ in range(2):
        got, text, _ = await phone.raw(DETAIL)
        assert (got, bool(words and words in text) or text == "") == (status, True)
    assert (await detail(phone))["serialNum"] == TLX
    assert fault.struck == 2
    assert len(cloud.faults) == 0


async def test_any_http_status_can_be_had(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("http_error", status=429)
    assert (await phone.raw(DETAIL))[0] == 429


async def test_a_fault_keeps_to_its_path_and_its_device(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("http_error", path=r"getTlxDetail|getMixInfo", device=TLX)
    assert (await phone.raw(DETAIL))[0] == 503
    assert (await phone.raw(OVERVIEW))[0] == 200
    assert (await phone.raw(MIX_INFO))[0] == 200


async def test_a_fault_ends_at_its_hour(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.faults.add("html", until=clock.now() + timedelta(hours=1))
    assert "loginForm" in (await phone.raw(DETAIL))[1]
    clock.move(timedelta(hours=1))
    assert (await detail(phone))["serialNum"] == TLX


async def test_faults_of_the_session_do_not_keep_anybody_from_logging_in(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("html")
    cloud.faults.add("nan")
    assert (await phone.login())["success"] is True
    cloud.faults.add("html", path="LoginAPI")
    assert "loginForm" in (await phone.raw("newTwoLoginAPI.do", {"userName": "a", "password": "b"}))[1]


async def test_faults_can_be_cleared_by_kind_or_all(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("html")
    cloud.faults.add("null_obj")
    cloud.faults.clear("html")
    assert [fault.kind for fault in cloud.faults] == [FaultKind.NULL_OBJ]
    cloud.faults.clear()
    assert (await detail(phone))["serialNum"] == TLX


async def test_a_delayed_answer_comes_when_the_clock_says_so(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.faults.add("timeout", seconds=90, count=1)
    answer = asyncio.create_task(detail(phone), name="patient")
    while not clock.sleepers:  # noqa: ASYNC110 -- the answer is on its way through a socket
        await asyncio.sleep(0.001)
    clock.move(timedelta(seconds=89))
    assert not answer.done()
    clock.move(timedelta(seconds=1))
    assert (await answer)["serialNum"] == TLX


async def test_no_answer_comes_at_all_and_the_server_still_closes(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("timeout", count=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(detail(phone), 0.05)
    assert cloud.requests[-1].status == 0


async def test_truncated_json_is_no_json(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("truncated", count=1)
    text = (await phone.raw(DETAIL))[1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


async def test_fields_go_missing(phone: Phone, cloud: Cloud) -> None:
    whole = await detail(phone)
    cloud.faults.add("missing_fields", fields="^(ppv|bmsSoc)$", count=1)
    assert set(whole) - set(await detail(phone)) == {"ppv", "bmsSoc"}
    cloud.faults.add("missing_fields", count=1)
    assert len(await detail(phone)) == pytest.approx(len(whole) / 2, abs=1)
    cloud.faults.add("missing_fields", fields="plantName", path="PlantList", count=1)
    plants = (await phone.json(PLANTS))["back"]["data"]
    assert len(plants) == 7
    assert not any("plantName" in plant for plant in plants)


async def test_nothing_is_known_for_a_moment(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("null_obj")
    assert await phone.json(MIX_INFO) == {"result": 0, "msg": "504", "obj": None}
    assert (await phone.json(DETAIL))["data"] is None
    assert (await phone.json(PLANTS))["back"] is None


async def test_lifetime_counters_read_zero_and_powers_do_not(phone: Phone, cloud: Cloud) -> None:
    whole = await detail(phone)
    cloud.faults.add("zero_counters")
    data = await detail(phone)
    assert (data["eacTotal"], data["epv1Total"], data["etoUserTotal"], data["bdc1ChargeTotal"]) == (0, 0, 0, 0)
    assert (data["eacToday"], data["pacToGridTotal"]) == (whole["eacToday"], whole["pacToGridTotal"])
    assert (await phone.json(OVERVIEW))["obj"]["epvTotal"] == "0.0"


async def test_lifetime_counters_jump(phone: Phone, cloud: Cloud) -> None:
    before = (await detail(phone))["epvTotal"]
    cloud.faults.add("counter_jump", value=5_000, fields="^epvTotal$", count=1)
    assert (await detail(phone))["epvTotal"] == pytest.approx(before + 5_000)
    assert (await detail(phone))["epvTotal"] == before


async def test_numbers_that_are_none(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("nan", path="getTlxDetail")
    assert math.isnan((await detail(phone))["ppv"])
    assert (await detail(phone))["lost"] is False
    cloud.faults.add("nan", path="getMixInfo")
    assert (await phone.json(MIX_INFO))["obj"]["soc"] == "NaN%"


async def test_absurd_numbers_and_garbage(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("absurd", count=1)
    assert (await detail(phone))["ppv"] == 99_999_999
    cloud.faults.add("garbage", count=1, fields="^(ppv|time|batSn|dataLogSn|alias)$")
    data = await detail(phone)
    assert data["ppv"] == "***"
    assert data["time"].startswith("***")
    assert data["dataLogSn"].startswith("XGD")  # no number at its head: left alone


async def test_the_device_list_is_empty_for_once(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("empty_device_list", count=1)
    assert len((await phone.json(PLANTS))["back"]["data"]) == 7
    assert (await phone.json(DEVICES))["deviceList"] == []
    assert len((await phone.json(DEVICES))["deviceList"]) == 2


async def test_frozen_values_go_on_with_their_old_time(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.faults.add("frozen", device=TLX)
    first = await detail(phone)
    clock.move(timedelta(hours=3))
    assert await detail(phone) == first
    cloud.faults.clear()
    assert (await detail(phone))["time"] > first["time"]


async def test_frozen_values_may_come_with_a_new_time(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.faults.add("frozen", fresh=True)
    first = await detail(phone)
    clock.move(timedelta(hours=10))
    later = await detail(phone)
    assert later["ppv"] == first["ppv"] > 0
    assert later["time"][11:13] == "22"


async def test_yesterdays_energy_bounces_back_after_midnight(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.faults.add("midnight_bounce", polls=2, path="getTlxDetail")
    clock.move(timedelta(hours=10, minutes=58))  # 23:58 in Utrecht
    last = (await detail(phone))["elocalLoadToday"]
    assert last == round(cloud.record(TLX).snapshot.today.load, 1) > 1
    yesterday, seen = cloud.record(TLX).snapshot.day, []
    for _ in range(6):
        clock.move(timedelta(minutes=5))
        value = (await detail(phone))["elocalLoadToday"]
        if cloud.record(TLX).snapshot.day != yesterday:
            seen.append(value)
    assert seen[:2] == [last, last]
    assert all(value < 1 for value in seen[2:])
    assert len(seen) >= 5


async def test_a_day_that_has_begun_before_the_fault_does_not_bounce(phone: Phone, cloud: Cloud) -> None:
    whole = await detail(phone)
    cloud.faults.add("midnight_bounce")
    assert await detail(phone) == whole


async def test_a_device_whose_clock_runs_in_china(phone: Phone, cloud: Cloud) -> None:
    right = (await detail(phone))["time"]
    cloud.faults.add("wrong_zone", device=TLX)
    wrong = (await detail(phone))["time"]
    assert int(wrong[11:13]) - int(right[11:13]) == 6
    assert wrong[14:] == right[14:]


async def test_a_device_vanishes_and_comes_back(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("vanished", device=TLX)
    assert (await phone.json(DEVICES))["deviceList"] == []
    assert (await phone.json(DETAIL))["msg"] == "501"
    battery = {"lan": "1", "serialNum": "HVA0000100"}
    assert (await phone.json("newTlxApi.do?op=getBatInfo", battery))["obj"] is None
    cloud.faults.clear("vanished")
    assert (await detail(phone))["serialNum"] == TLX


async def test_a_new_device_appears_and_another_goes_for_good(phone: Phone, cloud: Cloud) -> None:
    spec = device(KITS["mix"], SITES[0], 77, seed=77)
    cloud.add_device(1_400_001, spec)
    cloud.remove_device(TLX)
    rows = (await phone.json(DEVICES))["deviceList"]
    assert [row["deviceSn"] for row in rows] == [spec.serial]
    assert TLX not in cloud.devices


async def test_names_can_change(phone: Phone, cloud: Cloud) -> None:
    cloud.rename_plant(1_400_001, "Castle")
    cloud.rename_device(TLX, "Roof")
    assert (await phone.json(PLANTS))["back"]["data"][0]["plantName"] == "Castle"
    assert (await phone.json(DEVICES))["deviceList"][0]["deviceAilas"] == "Roof"


@pytest.mark.parametrize(
    ("serial", "path", "found"),
    [
        (TLX, DETAIL, {"status": 3, "statusText": "Fault", "faultType": 202, "errorText": "PV Voltage High"}),
        (STRING, f"newInverterAPI.do?op=getInverterDetailData&inverterId={STRING}", {"status": 3, "faultType": 202}),
        (MIX, f"newMixApi.do?op=getSystemStatus_KW&mixId={MIX}", {"lost": "mix.status.fault", "status": "3"}),
        ("SPF0000300", "newStorageAPI.do?op=getStorageParams_sacolar&storageId=SPF0000300", {"errorCode": 202}),
        (NOAH, f"noahDeviceApi/noah/getSystemStatus?deviceSn={NOAH}", {"status": "4"}),
    ],
)
async def test_a_device_reports_a_fault_until_it_is_mended(
    phone: Phone, cloud: Cloud, serial: str, path: str, found: dict[str, Any]
) -> None:
    cloud.raise_alarm(serial, 202, "PV Voltage High")
    text = (await phone.raw(path))[1]
    for key, value in found.items():
        assert f'"{key}":{json.dumps(value)}' in text
    cloud.clear_alarm(serial)
    mended = (await phone.raw(path))[1]
    assert any(f'"{key}":{json.dumps(value)}' not in mended for key, value in found.items())


async def test_a_device_that_sleeps_cannot_be_set(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.session_hours = None
    clock.move(timedelta(hours=13))
    switch = f"tcpSet.do?action=inverterSet&serialNum={STRING}&paramId=pv_on_off&command_1=0000"
    answer = await phone.json(switch, {})
    assert answer == {"success": False, "msg": "501"}
    assert (await phone.json("newTcpsetAPI.do?op=tlxSet&serialNum=NOSUCH&type=charge_power&param1=5", {}))[
        "msg"
    ] == "501"


@pytest.mark.parametrize(
    "query",
    [
        f"op=tlxSet&serialNum={TLX}&type=charge_power",
        f"op=tlxSet&serialNum={TLX}&type=charge_power&param1=101",
        f"op=tlxSet&serialNum={TLX}&type=nonsense&param1=1",
        f"op=mixSetApiNew&serialNum={MIX}&type=pv_on_off",
        f"op=mixSetApiNew&serialNum={MIX}&type=nonsense&param1=1",
        f"op=mixSetApiNew&serialNum={MIX}&type=mix_ac_charge_time_period&param1=1&param2=2",
        f"op=mixSetApiNew&serialNum={MIX}&type=mix_ac_discharge_time_period&param1=200&param2=2{FIVE_ZEROS}",
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused(phone: Phone, cloud: Cloud, query: str) -> None:
    before = dict(cloud.settings(TLX)), dict(cloud.settings(MIX))
    assert await phone.json(f"newTcpsetAPI.do?{query}", {}) == {"success": False, "msg": "inv_set_failure"}
    assert (cloud.settings(TLX), cloud.settings(MIX)) == before


async def test_a_classic_setting_that_does_not_exist_is_refused(phone: Phone) -> None:
    path = f"tcpSet.do?action=inverterSet&serialNum={STRING}&paramId=nonsense&command_1=1"
    assert (await phone.json(path, {}))["msg"] == "inv_set_failure"
    clock = f"tcpSet.do?action=inverterSet&serialNum={STRING}&paramId=pf_sys_year&command_1=2026-06-06%2020:00:00"
    assert (await phone.json(clock, {}))["success"] is True


@pytest.mark.parametrize(
    "details", [{"kind": "nonsense"}, {"kind": "html", "path": "("}, {"kind": "html", "fields": "["}]
)
def test_a_fault_that_makes_no_sense_is_refused(cloud: Cloud, details: dict[str, str]) -> None:
    with pytest.raises((ValueError, re.error)):
        cloud.faults.add(**details)
    assert len(cloud.faults) == 0


async def test_two_faults_at_once_both_strike(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("wrong_zone", device=TLX)
    cloud.faults.add("zero_counters")
    data = await detail(phone)
    assert data["time"][11:13] == "18"
    assert data["epvTotal"] == 0


async def test_faults_change_what_they_can_and_leave_the_rest(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("missing_fields", fields="^deviceList$", path="getAllDeviceList", count=1)
    assert "deviceList" not in await phone.json(DEVICES)
    cloud.faults.add("zero_counters", fields="^(deviceType|energy)$", path="getAllDeviceList", count=1)
    rows = (await phone.json(DEVICES))["deviceList"]
    assert (rows[0]["deviceType"], rows[0]["energy"]) == ("tlx", "0.0")
    cloud.faults.add("absurd", path="setInverter", count=1)
    assert "JSON.parse" in (await phone.raw(f"commonDeviceSetC/setInverter?type=server&invSn={STRING}"))[1]
    assert (await phone.raw(f"commonDeviceSetC/setInverter?type=server&invSn={TLX}"))[1].startswith("{")


async def test_an_spf_says_what_it_does(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.session_hours = None
    seen = set()
    for _ in range(150):
        bean = await phone.json("newStorageAPI.do?op=getStorageParams_sacolar&storageId=SPF0000300")
        seen.add(bean["storageDetailBean"]["statusText"])
        clock.move(timedelta(minutes=25))
    assert seen >= {"PV charge", "Discharging", "PV charge and discharge"}
    assert seen <= {"PV charge", "Discharging", "PV charge and discharge", "AC charge and Bypass", "Standby"}


async def test_a_battery_that_nobody_has_is_unknown(phone: Phone) -> None:
    assert (await phone.json("newTlxApi.do?op=getBatInfo", {"serialNum": "HVA9999999"}))["msg"] == "501"


async def test_lists_of_words_pass_a_fault_unharmed(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("missing_fields", fields="^nothing$")
    cloud.faults.add("absurd", fields="^nothing$")
    path = f"newMixApi.do?op=getEnergyProdAndCons_KW&mixId={MIX}&plantId=1400002&type=1&date=2026-06-06"
    assert (await phone.json(path, {}))["obj"]["keyNames"] == ["Solar", "Load", "Exported", "Imported"]


async def test_two_requests_at_once_are_both_written_down(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.faults.add("timeout", seconds=60, count=1)
    slow = asyncio.create_task(detail(phone), name="slow")
    while not clock.sleepers:  # noqa: ASYNC110 -- the answer is on its way through a socket
        await asyncio.sleep(0.001)
    await phone.json(MIX_INFO)
    assert [asked.status for asked in list(cloud.requests)[-2:]] == [0, 200]
    clock.move(timedelta(seconds=60))
    await slow
    assert [asked.status for asked in list(cloud.requests)[-2:]] == [200, 200]


@pytest.mark.parametrize(
    ("path", "form", "answer"),
    [
        (
            f"newTcpsetAPI.do?op=tlxSet&serialNum={TLX}&type=pf_sys_year&param1=2026-06-06 20:00:00",
            {},
            "inv_set_success",
        ),
        (f"newTcpsetAPI.do?op=tlxSet&serialNum={TLX}&type=pf_sys_year&param1=8 o'clock", {}, "inv_set_time_format"),
        (f"newTcpsetAPI.do?op=mixSetApiNew&serialNum={MIX}&type=pv_on_off&param1=0", {}, "inv_set_success"),
        ("noahDeviceApi/noah/set", {"serialNum": NOAH, "type": "nonsense", "param1": "1"}, "PARAMETER_ERROR"),
    ],
)
async def test_more_settings(phone: Phone, path: str, form: dict[str, str], answer: str) -> None:
    assert (await phone.json(path, form))["msg"] == answer


async def test_a_clock_that_was_set_is_read_back(phone: Phone) -> None:
    await phone.json(f"{SET_CLOCK}2026-06-06 20:00:00", {})
    bean = (await phone.json("newTlxApi.do?op=getTlxSetData", {"serialNum": TLX}))["obj"]["tlxSetBean"]
    assert bean["sysTime"] == "2026-06-06 20:00:00"


def test_a_device_whose_settings_nobody_reads_has_none(cloud: Cloud) -> None:
    assert cloud.settings("SPF0000300") == {}
