"""The real growattServer 2.2.0 against the simulated cloud: every public method, checked against the cloud's truth."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Cloud
from simulator.growatt.device import Record
from tests.simulator.conftest import Library
from tests.simulator.library import base_api
from tests.simulator.park import (
    BALCONY,
    BATTERY,
    BEACH,
    CABIN,
    FARM,
    GARAGE,
    HOME,
    MAX,
    MIX,
    NOAH,
    OFFICE,
    PLAIN,
    SPA,
    STORAGE,
    STRING,
    THREE,
    TLX,
    close,
    number,
    on,
    spans,
)

# Session and plants


async def test_login_hands_out_the_user_and_the_plants(library: Library, ask: Callable[..., Any], cloud: Cloud) -> None:
    answer = await ask("login", USER, PASSWORD)
    assert answer["success"] is True
    assert answer["userId"] == cloud.accounts[0].user_id
    assert [plant["plantId"] for plant in answer["data"]] == [str(number) for number in cloud.plants]
    assert answer["user"]["serverUrl"] + "/" == library.api.server_url
    assert answer["user"]["password"] == ""


async def test_a_password_that_is_already_hashed_opens_as_well(ask: Callable[..., Any]) -> None:
    hashed = base_api().hash_password(PASSWORD)
    assert (await ask("login", USER, hashed, is_password_hashed=True))["success"] is True


async def test_plant_list_shows_texts_with_units_that_add_up(
    ask: Callable[..., Any], truth: Callable[[str], Record]
) -> None:
    answer = await ask("plant_list", "206848")
    home = answer["data"][0]
    assert (home["plantId"], home["plantName"], home["isHaveStorage"]) == (str(HOME), "Home", "true")
    assert number(home["todayEnergy"]) == close(truth(TLX).snapshot.today.pv)
    assert home["todayEnergy"].endswith(" kWh")
    assert home["totalEnergy"].endswith(" MWh")
    assert home["currentPower"].endswith(" kW")
    assert number(home["currentPower"]) == close(truth(TLX).snapshot.power.pv / 1_000, 0.006)
    assert answer["totalData"]["todayEnergySum"]
    assert answer["success"] is True


async def test_plant_list_two_shows_numbers(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    plants = await ask("plant_list_two")
    assert [plant["id"] for plant in plants] == list(range(HOME, GARAGE + 1))
    office = plants[3]
    assert office["eToday"] == close(sum(truth(serial).snapshot.today.pv for serial in (STRING, THREE, MAX)))
    assert office["timezone"] == 2.0
    assert plants[1]["timezone"] == 9.5
    assert plants[2]["timezone"] == -4.0


@pytest.mark.parametrize("span", ["hour", "day"])
async def test_plant_detail_of_a_day_is_its_curve(
    ask: Callable[..., Any], truth: Callable[[str], Record], cloud: Cloud, span: str
) -> None:
    answer = await ask("plant_detail", str(HOME), spans()[span], on(6, 13))
    curve = {key: float(value) for key, value in answer["data"].items()}
    day = cloud.devices[TLX].simulation.day(on().date())
    assert curve["12:00"] == close(day.powers[143].pv)
    assert list(curve) == sorted(curve)
    assert max(curve) <= "13:00"
    assert number(answer["plantData"]["currentEnergy"]) == close(truth(TLX).snapshot.today.pv)


async def test_plant_detail_of_a_month_is_its_days(ask: Callable[..., Any], cloud: Cloud) -> None:
    answer = await ask("plant_detail", str(HOME), spans().month, on(3, month=5))
    days = answer["data"]
    assert list(days) == [f"{n:02d}" for n in range(1, 32)]
    assert float(days["17"]) == close(cloud.devices[TLX].day(on(17, month=5).date()).pv)


async def test_plant_info_of_a_mixed_plant_lists_its_devices_and_loggers(
    ask: Callable[..., Any], truth: Callable[[str], Record]
) -> None:
    info = await ask("plant_info", str(OFFICE))
    assert [device["deviceSn"] for device in info["deviceList"]] == [STRING, THREE, MAX]
    assert [logger["datalog_sn"] for logger in info["datalogList"]] == [
        truth(serial).spec.logger for serial in (STRING, THREE, MAX)
    ]
    assert info["datalogList"][0]["update_time"] == truth(STRING).time
    assert float(info["invTodayPpv"]) == close(sum(truth(serial).snapshot.power.pv for serial in (STRING, THREE, MAX)))
    amount, currency = info["plantMoneyText"].split("/")
    assert float(amount) == close(float(info["todayEnergy"]) * 0.32, 0.1)
    assert currency == "€"


async def test_device_list_takes_a_second_step_for_a_plant_of_tlx(ask: Callable[..., Any], cloud: Cloud) -> None:
    devices = await ask("device_list", str(HOME))
    assert [(device["deviceSn"], device["deviceType"]) for device in devices] == [(TLX, "tlx"), (BATTERY, "bat")]
    assert [asked.query["op"] for asked in list(cloud.requests)[-2:]] == ["getAllDeviceListTwo", "getAllDeviceList"]
    with pytest.deprecated_call():
        assert await ask("inverter_list", str(HOME)) == devices


@pytest.mark.parametrize(
    ("plant", "serials"),
    [
        (BEACH, {MIX: "mix"}),
        (CABIN, {STORAGE: "storage"}),
        (FARM, {SPA: "spa"}),
        (BALCONY, {NOAH: "noah"}),
        (GARAGE, {PLAIN: "tlx"}),
    ],
)
async def test_each_family_is_listed_under_its_own_word(
    ask: Callable[..., Any], plant: int, serials: dict[str, str]
) -> None:
    devices = await ask("device_list", str(plant))
    assert {device["deviceSn"]: device["deviceType"] for device in devices} == serials


async def test_plant_energy_data_knows_day_month_year_and_life(
    ask: Callable[..., Any], truth: Callable[[str], Record], cloud: Cloud
) -> None:
    data = await ask("plant_energy_data", str(HOME))
    days = [on(n).date() for n in range(1, 6)]
    month = sum(cloud.devices[TLX].day(day).pv for day in days) + truth(TLX).snapshot.today.pv
    assert float(data["todayValue"]) == close(truth(TLX).snapshot.today.pv)
    assert float(data["monthValue"]) == close(month)
    assert float(data["yearValue"]) == close(month)
    assert float(data["totalValue"]) == close(truth(TLX).total.pv)
    assert float(data["powerValue"]) == close(truth(TLX).snapshot.power.pv)


async def test_dashboard_data_speaks_in_texts_with_units(
    ask: Callable[..., Any], truth: Callable[[str], Record]
) -> None:
    data = await ask("dashboard_data", str(BEACH), date=truth(MIX).local)
    assert data["etouser"].endswith("kWh")
    assert number(data["etouser"]) == close(truth(MIX).snapshot.today.imported)
    assert data["ratio1"].endswith("%")
    assert data["chartDataUnit"] == "kW"
    month = await ask("dashboard_data", str(BEACH), spans().day, on(1))
    assert number(month["elocalLoad"]) > number(data["elocalLoad"])


async def test_dashboard_data_is_empty_for_a_plant_of_tlx(ask: Callable[..., Any]) -> None:
    assert (await ask("dashboard_data", str(HOME)))["chartData"] == {}


async def test_plant_settings_can_be_changed_and_stay_changed(ask: Callable[..., Any], cloud: Cloud) -> None:
    before = await ask("plant_settings", str(BEACH))
    assert before["timezone"] == "9.5"
    assert before["formulaMoneyUnitId"] == "AUD"
    answer = await ask("update_plant_settings", str(BEACH), {"plantName": "Sea view", "plantCity": "Glenelg"})
    assert answer["success"] is True
    after = await ask("plant_settings", str(BEACH))
    assert after == {**before, "plantName": "Sea view", "city": "Glenelg"}
    assert (await ask("plant_list", ""))["data"][1]["plantName"] == "Sea view"
    assert len(next(asked for asked in cloud.requests if asked.query.get("op") == "updatePlant").form) == 18


# String inverters


async def test_inverter_detail_has_all_values_of_a_string_inverter(
    ask: Callable[..., Any], truth: Callable[[str], Record]
) -> None:
    answer, record = await ask("inverter_detail", STRING), truth(STRING)
    assert answer["powerToday"] == close(record.snapshot.today.pv)
    assert answer["powerTotal"] == close(record.total.pv)
    assert answer["pac"] == close(record.snapshot.power.pv)
    assert answer["ppv1"] + answer["ppv2"] == close(record.snapshot.power.pv, 0.11)
    assert answer["vpv1"] * answer["ipv1"] == pytest.approx(answer["ppv1"], rel=0.02)
    assert answer["vpv3"] == 0
    assert 225 < answer["vacr"] < 245
    assert answer["vacs"] == 0
    assert answer["time"] == record.time
    assert answer["status"] == 1
    assert len(answer) > 170


async def test_a_three_phase_inverter_shares_its_power_over_the_phases(ask: Callable[..., Any]) -> None:
    answer = await ask("inverter_detail", THREE)
    assert answer["pacr"] + answer["pacs"] + answer["pact"] == close(answer["pac"], 0.2)
    assert all(answer[f"vac{phase}"] > 220 for phase in "rst")
    assert answer["vpv3"] > 0


async def test_a_max_answers_like_a_string_inverter_with_more_strings(ask: Callable[..., Any]) -> None:
    answer = await ask("inverter_detail", MAX)
    assert all(answer[f"vpv{n}"] > 0 for n in range(1, 7))


async def test_inverter_detail_two_speaks_in_lower_case(
    ask: Callable[..., Any], truth: Callable[[str], Record]
) -> None:
    answer = await ask("inverter_detail_two", STRING)
    assert answer["data"]["e_today"] == close(truth(STRING).snapshot.today.pv)
    assert answer["parameterName"].startswith("Pac(W)")


async def test_inverter_data_is_a_days_curve(ask: Callable[..., Any], cloud: Cloud) -> None:
    answer = await ask("inverter_data", STRING, on())
    day = cloud.devices[STRING].simulation.day(on().date())
    assert answer["invPacData"]["2026-06-06 12:00"] == close(day.powers[143].pv)


async def test_classic_inverter_info_is_scraped_from_a_page_and_follows_the_setters(ask: Callable[..., Any]) -> None:
    before = await ask("classic_inverter_info", STRING)
    assert (before["sn"], before["onOff"], before["activeRate"]) == (STRING, "1", "100")
    assert before["nominalPower"] == "3600"
    done = {"success": True, "msg": "inv_set_success"}
    assert await ask("set_classic_inverter_on_off", STRING, enabled=False) == done
    assert await ask("set_classic_inverter_active_power_rate", STRING, 60) == done
    fixed = {"action": "inverterSet", "serialNum": STRING}
    power_factor = {"paramId": "pv_power_factor", "command_1": "0.9", "command_2": ""}
    assert await ask("update_classic_inverter_setting", fixed, power_factor) == done
    after = await ask("classic_inverter_info", STRING)
    assert (after["onOff"], after["activeRate"], after["pf"]) == ("0", "60", "0.9")


async def test_classic_inverter_info_of_an_unknown_serial_is_no_page(ask: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="Could not find inverter data"):
        await ask("classic_inverter_info", "NOSUCH0001")


# All of it


async def test_an_unknown_device_is_answered_in_the_vendors_manner(ask: Callable[..., Any]) -> None:
    assert await ask("mix_info", "NOSUCH0001") is None
    assert (await ask("inverter_detail", "NOSUCH0001"))["msg"] == "501"
    assert await ask("mix_info", TLX) is None


async def test_get_url_joins_the_address_and_a_page(library: Library, ask: Callable[..., Any]) -> None:
    assert await ask("get_url", "x.do") == library.api.server_url + "x.do"


def test_no_public_method_of_the_library_is_left_out() -> None:
    public = {name for name, _ in inspect.getmembers(base_api().GrowattApi, inspect.isfunction) if name[0] != "_"}
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_library*.py"))
    assert {name for name in public if f'"{name}"' not in tests} == set()
    assert len(public) == 46  # the 45 and get_url


async def test_every_answer_is_stable_until_the_next_upload(
    ask: Callable[..., Any], truth: Callable[[str], Record], clock: DrivenClock
) -> None:
    first = await ask("tlx_detail", TLX)
    uploaded = truth(TLX).uploaded
    clock.move(uploaded + timedelta(seconds=299) - clock.now())
    assert await ask("tlx_detail", TLX) == first
    clock.move(timedelta(seconds=1))
    second = await ask("tlx_detail", TLX)
    assert second["data"]["time"] == (uploaded + timedelta(minutes=5)).astimezone(truth(TLX).local.tzinfo).strftime(
        "%Y-%m-%d %H:%M:%S"
    )
    assert second["data"]["ppv"] != first["data"]["ppv"]
