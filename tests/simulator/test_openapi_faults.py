"""What goes wrong at the simulated OpenAPI, on demand."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Cloud, openapi_fleet, serve
from simulator.growatt.control import Control
from tests.simulator import park
from tests.simulator.client import Phone
from tests.simulator.token import Bearer

LAST = "device/tlx/tlx_last_data"
SET = {"tlx_sn": park.TLX, "type": "discharge_power", "param1": "40"}
V4 = {"deviceSn": park.TLX, "deviceType": "min"}


@pytest.fixture
def cloud(clock: DrivenClock) -> Cloud:
    cloud = Cloud(clock, fleet=openapi_fleet())
    cloud.openapi.limited = False
    return cloud


@pytest.fixture
async def address(cloud: Cloud, clock: DrivenClock) -> AsyncIterator[str]:
    async with serve(cloud, control=Control(cloud, clock.move).application()) as url:
        yield url


async def values(bearer: Bearer, serial: str = park.TLX) -> Any:
    return await bearer.post(LAST, tlx_sn=serial)


@pytest.mark.parametrize(
    ("kind", "more", "status", "part"),
    [
        ("http_error", {"status": 500}, 500, "<h1>500"),
        ("html", {}, 200, "loginForm"),
        ("retired", {}, 405, "firewall"),
        ("forbidden_ua", {}, 403, "blacklist"),
        ("empty", {}, 200, ""),
    ],
)
async def test_no_answer_at_all(
    kind: str, more: dict[str, Any], status: int, part: str, bearer: Bearer, cloud: Cloud
) -> None:
    cloud.faults.add(kind, path="tlx_last_data", count=1, **more)
    said, text = await bearer.raw("POST", f"v1/{LAST}", {"tlx_sn": park.TLX})
    assert said == status
    assert part in text
    assert (await values(bearer))["error_code"] == 0


async def test_half_an_answer(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("truncated", count=1)
    _, text = await bearer.raw("POST", f"v1/{LAST}", {"tlx_sn": park.TLX})
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


async def test_an_answer_that_comes_late(bearer: Bearer, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.faults.add("timeout", seconds=60, count=1)
    asked = asyncio.create_task(values(bearer), name="asked")
    while not clock.sleepers:  # noqa: ASYNC110 - nothing tells that somebody sleeps
        await asyncio.sleep(0)
    clock.move(timedelta(seconds=60))
    assert (await asked)["error_code"] == 0


async def test_a_fault_strikes_the_device_that_is_named(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("denied", status=10001, device=park.TLX)
    assert [(await values(bearer, serial))["error_code"] for serial in (park.TLX, park.PLAIN)] == [10001, 0]
    many = await bearer.post("device/tlx/tlxs_data", tlxs=f"{park.PLAIN},{park.TLX}")
    assert many["error_code"] == 10001


@pytest.mark.parametrize(
    ("code", "text"), [(1, "SYSTEM_ERROR"), (5, "DEVICE_OFFLINE"), (102, "FREQUENTLY_ACCESS"), (-1, "NEW_DOMAIN")]
)
async def test_any_code_of_v4(code: int, text: str, bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("denied", status=code, path="v4/", count=1)
    said = await bearer.new("queryLastData", **V4)
    assert (said["code"], said["data"]) == (code, None)
    assert text in said["message"]
    assert (await values(bearer))["error_code"] == 0


async def test_the_wrong_region(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("denied", status=-1)
    assert (await bearer.get("plant/list"))["error_code"] == -1
    assert (await bearer.new("queryDeviceList", page="1"))["code"] == -1


async def test_called_too_often_by_somebody_else(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("denied", status=10012, path="v1/device/list", count=1)
    assert await bearer.get("device/list", plant_id=str(park.HOME)) == {
        "error_code": 10012,
        "error_msg": "error_frequently_access",
    }


# Writes


async def test_a_system_error_that_changed_nothing(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("system_error", count=2)
    assert (await bearer.post("tlxSet", **SET))["error_code"] == 10001
    said = await bearer.new("setPower", **V4, value="30")
    assert (said["code"], said["message"]) == (1, "SYSTEM_ERROR")
    assert (cloud.settings(park.TLX)["disChargePowerCommand"], cloud.settings(park.TLX)["activeRate"]) == ("100", "100")


async def test_a_system_error_that_applied_all_the_same(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("system_error", late=True, count=2)
    assert (await bearer.post("tlxSet", **SET))["error_code"] == 10001
    assert (await bearer.new("setPower", **V4, value="30"))["code"] == 1
    assert (cloud.settings(park.TLX)["disChargePowerCommand"], cloud.settings(park.TLX)["activeRate"]) == ("40", "30")


async def test_a_lost_answer_of_a_write_that_was_carried_out(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("http_error", status=502, late=True, path="tlxSet", count=1)
    assert (await bearer.raw("POST", "v1/tlxSet", SET))[0] == 502
    assert cloud.settings(park.TLX)["disChargePowerCommand"] == "40"


async def test_a_success_that_changed_nothing(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("ignored", path="tlxSet")
    assert (await bearer.post("tlxSet", **SET))["error_code"] == 0
    assert cloud.settings(park.TLX)["disChargePowerCommand"] == "100"


async def test_a_change_that_shows_late(bearer: Bearer, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.settings_delay = timedelta(minutes=1)

    async def shown() -> float:
        said = await bearer.get("device/tlx/tlx_set_info", device_sn=park.TLX)
        return float(said["data"]["disChargePowerCommand"])

    await bearer.post("tlxSet", **SET)
    assert await shown() == 100
    clock.move(timedelta(minutes=1))
    assert await shown() == 40


# Devices


async def test_a_device_that_is_offline_keeps_its_values_and_takes_none(
    bearer: Bearer, cloud: Cloud, clock: DrivenClock, address: str
) -> None:
    before = (await values(bearer))["data"]
    cloud.faults.add("offline", device=park.TLX)
    clock.move(timedelta(minutes=30))
    after = (await values(bearer))["data"]
    facts = (await bearer.get("device/tlx/tlx_data_info", device_sn=park.TLX))["data"]
    assert (facts["lost"], facts["status"]) == (True, -1)
    assert after["time"] >= before["time"]
    clock.move(timedelta(minutes=30))
    assert (await values(bearer))["data"]["time"] == after["time"]
    assert (await bearer.post("tlxSet", **SET))["error_code"] == 10003
    said = await bearer.new("setPower", **V4, value="30")
    assert (said["code"], said["message"]) == (5, "DEVICE_OFFLINE")
    rows = (await bearer.get("device/list", plant_id=str(park.HOME)))["data"]["devices"]
    assert (rows[0]["lost"], rows[0]["status"]) == (True, 0)
    async with Phone(address) as phone:
        await phone.login()
        query = f"op=tlxSet&serialNum={park.TLX}&type=discharge_power&param1=41"
        assert (await phone.json(f"newTcpsetAPI.do?{query}", {}))["msg"] == "501"
    cloud.faults.clear("offline")
    assert not (await bearer.get("device/tlx/tlx_data_info", device_sn=park.TLX))["data"]["lost"]


async def test_a_string_inverter_is_offline_at_night(bearer: Bearer, clock: DrivenClock) -> None:
    clock.move(timedelta(hours=12))
    form = {"device_sn": park.STRING, "paramId": "pv_on_off", "command_1": "0000"}
    assert (await bearer.post("inverterSet", **form))["error_code"] == 10003


async def test_the_list_that_was_empty_and_counted_one(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("empty_device_list")
    assert (await bearer.get("device/list", plant_id=str(park.HOME)))["data"] == {"count": 1, "devices": []}
    listed = (await bearer.new("queryDeviceList", page="1"))["data"]
    assert (listed["count"], listed["data"]) == (1, [])
    assert (await values(bearer))["error_code"] == 0


async def test_a_device_that_vanished(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("vanished", device=park.TLX)
    assert (await bearer.get("device/list", plant_id=str(park.HOME)))["data"]["devices"] == []
    assert (await values(bearer))["error_code"] == 10002


async def test_values_that_are_none(bearer: Bearer, cloud: Cloud) -> None:
    cloud.faults.add("zero_counters", path=LAST, count=1)
    assert (await values(bearer))["data"]["eacTotal"] == 0
    cloud.faults.add("null_obj", path=LAST, count=1)
    assert (await values(bearer))["data"] is None
    cloud.faults.add("missing_fields", fields="^ppv", path="queryLastData", count=1)
    (row,) = (await bearer.new("queryLastData", **V4))["data"]["min"]
    assert "ppv" not in row
    assert "pac" in row
    cloud.faults.add("garbage", path="queryLastData", count=1)
    (row,) = (await bearer.new("queryLastData", **V4))["data"]["min"]
    assert row["ppv"] == "***"


async def test_yesterdays_energy_after_midnight(bearer: Bearer, cloud: Cloud, clock: DrivenClock) -> None:
    await values(bearer)
    clock.move(timedelta(hours=10, minutes=50))
    cloud.faults.add("midnight_bounce", polls=1)
    await values(bearer)
    clock.move(timedelta(minutes=20))
    bounced = (await values(bearer))["data"]["epv1Today"]
    assert bounced > 1
    assert (await values(bearer))["data"]["epv1Today"] == 0
