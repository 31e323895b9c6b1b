"""The real growattServer 2.2.0 against the simulated cloud: every public method, checked against the cloud's truth."""

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import USER, Cloud
from simulator.growatt.device import Record
from simulator.growatt.wording import output
from tests.simulator.conftest import Library
from tests.simulator.library import base_api

HOME, BEACH, CABIN, OFFICE, FARM, BALCONY, GARAGE = range(1_400_001, 1_400_008)
TLX, BATTERY, MIX, STORAGE, STRING, THREE, MAX, SPA, NOAH, PLAIN = (
    "MNH0000100",
    "HVA0000100",
    "SPH0000200",
    "SPF0000300",
    "NXB0000400",
    "NXC0000401",
    "MAX0000402",
    "SPA0000500",
    "0PV0000600",
    "MNA0000700",
)


@pytest.fixture
async def ask(library: Library) -> Callable[..., Any]:
    async def call(method: str, *args: Any, **kwargs: Any) -> Any:
        return await library(method, *args, **kwargs)

    return call


@pytest.fixture
def truth(cloud: Cloud) -> Callable[[str], Record]:
    return cloud.record


def number(text: str) -> float:
    found = re.match(r"-?\d+(\.\d+)?", text)
    assert found, text
    return float(found[0])


def close(expected: float, within: float = 0.051) -> Any:
    return pytest.approx(expected, abs=within)


def on(day: int = 6, hour: int = 0, *, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def spans() -> Any:
    return base_api().Timespan


# Session and plants


async def test_login_hands_out_the_user_and_the_plants(library: Library, ask: Callable[..., Any], cloud: Cloud) -> None:
    answer = await ask("login", USER, "growatt")
    assert answer["success"] is True
    assert answer["userId"] == cloud.accounts[0].user_id
    assert [plant["plantId"] for plant in answer["data"]] == [str(number) for number in cloud.plants]
    assert answer["user"]["serverUrl"] + "/" == library.api.server_url
    assert answer["user"]["password"] == ""


async def test_a_password_that_is_already_hashed_opens_as_well(ask: Callable[..., Any]) -> None:
    hashed = base_api().hash_password("growatt")
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


# MIN and the like


async def test_tlx_detail_has_all_values_of_a_min(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    data, record = (await ask("tlx_detail", TLX))["data"], truth(TLX)
    power, today = record.snapshot.power, record.snapshot.today
    assert data["eacToday"] == close(output(today))
    assert data["epv1Today"] + data["epv2Today"] == close(today.pv, 0.11)
    assert data["epvTotal"] == close(record.total.pv)
    assert data["ppv"] == close(power.pv)
    assert data["pacToGridTotal"] == close(power.exported)
    assert data["pacToUserTotal"] == close(power.imported)
    assert data["pacToLocalLoad"] == close(power.load)
    assert data["bdc1ChargePower"] == close(power.charge)
    assert data["bmsSoc"] == close(record.snapshot.soc * 100, 0.51)
    assert data["etoUserToday"] == close(today.imported)
    assert data["elocalLoadTotal"] == close(record.total.load)
    assert data["time"] == record.time
    assert len(data) > 215


async def test_a_min_without_a_battery_has_zeros_for_it_and_measures_no_house(ask: Callable[..., Any]) -> None:
    data = (await ask("tlx_detail", PLAIN))["data"]
    assert data["ppv"] > 0
    assert (data["bmsSoc"], data["pacToGridTotal"], data["elocalLoadToday"], data["batSn"]) == (0, 0, 0, None)


async def test_tlx_system_status_is_texts_in_kilowatts(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    status, record = await ask("tlx_system_status", str(HOME), TLX), truth(TLX)
    assert all(isinstance(value, str) for value in status.values())
    assert float(status["ppv"]) == close(record.snapshot.power.pv / 1_000, 0.006)
    assert float(status["pLocalLoad"]) == close(record.snapshot.power.load / 1_000, 0.006)
    assert float(status["SOC"]) == close(record.snapshot.soc * 100, 0.51)
    assert status["lost"] == "tlx.status.operating"
    assert status["bmsBatteryEnergy"].endswith("kWh")


async def test_tlx_energy_overview(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    overview, record = await ask("tlx_energy_overview", str(HOME), TLX), truth(TLX)
    assert float(overview["epvToday"]) == close(record.snapshot.today.pv)
    assert float(overview["echargetotal"]) == close(record.total.charge)
    assert float(overview["etogridTotal"]) == close(record.total.exported)


async def test_tlx_energy_prod_cons_of_a_day_month_and_year(
    ask: Callable[..., Any], truth: Callable[[str], Record], cloud: Cloud
) -> None:
    record, device = truth(TLX), cloud.devices[TLX]
    noon = on(6, 12)
    day = await ask("tlx_energy_prod_cons", str(HOME), TLX, spans().hour, noon)
    assert float(day["chartData"]["12:00"]["ppv"]) == close(
        device.simulation.day(noon.date()).powers[143].pv / 1e3, 0.006
    )
    assert float(day["etouser"]) == close(record.snapshot.today.imported)
    assert float(day["elocalLoad"]) == close(record.snapshot.today.load)
    month = await ask("tlx_energy_prod_cons", str(HOME), TLX, spans().day, noon)
    assert [float(kwh) for kwh in month["chartData"]["ppv"][:5]] == [
        close(device.day(noon.date().replace(day=n)).pv) for n in range(1, 6)
    ]
    assert month["chartData"]["ppv"][6:] == ["0"] * 24
    year = await ask("tlx_energy_prod_cons", str(HOME), TLX, spans().month, noon)
    assert float(year["chartData"]["ppv"][5]) == close(sum(map(float, month["chartData"]["ppv"])), 1.6)
    assert len(year["chartData"]["ppv"]) == 12


async def test_tlx_data_is_a_days_curve(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    answer = await ask("tlx_data", TLX, on())
    assert all(re.fullmatch(r"2026-06-06 \d\d:\d\d", key) for key in answer["invPacData"])
    assert max(answer["invPacData"]) <= truth(TLX).time
    assert float(answer["eToday"]) == close(truth(TLX).snapshot.today.pv)


async def test_tlx_params_says_what_hardly_changes(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    bean = (await ask("tlx_params", TLX))["newBean"]
    assert (bean["sn"], bean["dataLogSn"], bean["plantId"]) == (TLX, truth(TLX).spec.logger, HOME)
    assert bean["pmax"] == 6_000


async def test_the_battery_is_a_device_of_its_own(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    power = truth(TLX).snapshot.power
    info = await ask("tlx_battery_info", BATTERY)
    assert float(info["chargeOrDisPower"]) == close(power.charge - power.discharge)
    assert info["invSn"] == TLX
    detailed = (await ask("tlx_battery_info_detailed", str(HOME), BATTERY))["data"]
    assert detailed["chargeOrDisPower"] == close(power.charge - power.discharge)
    assert detailed["dischargeTotal"] == close(truth(TLX).total.discharge)


async def test_tlx_settings_follow_what_is_set(ask: Callable[..., Any]) -> None:
    before = await ask("tlx_all_settings", TLX)
    assert all(isinstance(value, str) for value in before.values())
    assert len(before) > 200
    assert (await ask("update_tlx_inverter_setting", TLX, "charge_power", 80))["success"] is True
    assert (await ask("update_tlx_inverter_setting", TLX, "ac_charge", ["1"]))["success"] is True
    assert (await ask("update_tlx_inverter_setting", TLX, "discharge_stop_soc", {"param1": "20"}))["success"] is True
    segment = (TLX, 3, 1, time(1, 5), time(4, 30), True)
    assert (await ask("update_tlx_inverter_time_segment", *segment))["success"] is True
    after = await ask("tlx_all_settings", TLX)
    assert {key: value for key, value in after.items() if before[key] != value} == {
        "chargePowerCommand": "80",
        "acChargeEnable": "1",
        "wdisChargeSOCLowLimit": "20",
        "time3Mode": "1",
        "forcedTimeStart3": "1:5",
        "forcedTimeStop3": "4:30",
        "forcedStopSwitch3": "1",
        "time_segment3": "1_1:5_4:30",
    }


async def test_a_segment_that_does_not_exist_is_refused(ask: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="inv_set_failure"):
        await ask("update_tlx_inverter_time_segment", TLX, 12, 1, time(1), time(2), True)


async def test_tlx_enabled_settings_says_what_may_be_set(ask: Callable[..., Any], cloud: Cloud) -> None:
    enabled = await ask("tlx_enabled_settings", TLX)
    assert enabled["enable"]["charge_power"] == "1"
    assert cloud.requests[-1].form["type"] == "5"


# SPH


async def test_mix_info_is_texts(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    info, record = await ask("mix_info", MIX, str(BEACH)), truth(MIX)
    assert info == await ask("mix_info", MIX)
    assert info["soc"] == info["capacity"] + "%"
    assert float(info["eBatChargeToday"]) == close(record.snapshot.today.charge)
    assert float(info["epvTotal"]) == close(record.total.pv)
    assert float(info["pDischarge1"]) == close(record.snapshot.power.discharge)
    assert isinstance(info["isCharge"], int)


async def test_mix_totals(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    totals, record = await ask("mix_totals", MIX, str(BEACH)), truth(MIX)
    assert float(totals["elocalLoadToday"]) == close(record.snapshot.today.load)
    assert float(totals["etogridTotal"]) == close(record.total.exported)
    assert float(totals["photovoltaicRevenueToday"]) == close(record.snapshot.today.pv * 0.36)
    assert totals["unit"] == "$"


async def test_mix_system_status_balances(ask: Callable[..., Any]) -> None:
    status = await ask("mix_system_status", MIX, str(BEACH))
    values = {
        key: float(status[key]) for key in ("ppv", "pactouser", "pdisCharge1", "pLocalLoad", "pactogrid", "chargePower")
    }
    into = values["ppv"] + values["pactouser"] + values["pdisCharge1"]
    assert into == close(values["pLocalLoad"] + values["pactogrid"] + values["chargePower"], 0.031)
    assert status["lost"] == "mix.status.normal"


async def test_mix_detail_has_its_newest_time_as_its_last_key(
    ask: Callable[..., Any], truth: Callable[[str], Record]
) -> None:
    record = truth(MIX)
    detail = await ask("mix_detail", MIX, str(BEACH), date=record.local)
    last = max(detail["chartData"])
    assert (
        timedelta(0) <= record.local - datetime.fromisoformat(f"{record.time[:10]} {last}+09:30") < timedelta(minutes=5)
    )
    assert set(detail["chartData"][last]) >= {"pacToGrid", "pacToUser", "pdischarge", "ppv", "sysOut"}
    assert float(detail["elocalLoad"]) == close(record.snapshot.today.load)
    shares = float(detail["ratio3"].rstrip("%")) + float(detail["ratio4"].rstrip("%"))
    assert shares == close(100, 0.2)


async def test_mix_settings_follow_what_is_set(ask: Callable[..., Any]) -> None:
    before = (await ask("get_mix_inverter_settings", MIX))["obj"]["mixBean"]
    assert all(isinstance(value, str) for value in before.values())
    charging = ["95", "90", "1", "00", "40", "04", "20", "1", *["00"] * 4, "0", *["00"] * 4, "0"]
    assert (await ask("update_mix_inverter_setting", MIX, "mix_ac_charge_time_period", charging))["success"] is True
    assert (await ask("update_mix_inverter_setting", MIX, "pf_sys_year", ["2026-06-06 20:30:00"]))["success"] is True
    fixed = {"op": "mixSetApiNew", "serialNum": MIX, "type": "backflow_setting"}
    assert (await ask("update_inverter_setting", MIX, "backflow_setting", fixed, ["1", "30"]))["success"] is True
    refused = await ask("update_mix_inverter_setting", MIX, "pf_sys_year", ["2026-06-06 20:30"])
    assert refused == {"success": False, "msg": "inv_set_time_format"}
    after = (await ask("get_mix_inverter_settings", MIX))["obj"]["mixBean"]
    assert {key: value for key, value in after.items() if before[key] != value} == {
        "chargePowerCommand": "95",
        "wchargeSOCLowLimit2": "90",
        "acChargeEnable": "1",
        "forcedChargeTimeStart1": "0:40",
        "forcedChargeTimeStop1": "4:20",
        "forcedChargeStopSwitch1": "1",
        "exportLimit": "1",
        "exportLimitPowerRate": "30",
        "pf_sys_year": "2026-06-06 20:30:00",
    }


async def test_an_spa_is_set_like_a_mix_but_without_the_grid_switch(ask: Callable[..., Any], cloud: Cloud) -> None:
    periods = ["80", "15", "07", "00", "09", "30", "1", *["00"] * 4, "0", *["00"] * 4, "0"]
    assert (await ask("update_ac_inverter_setting", SPA, "spa_ac_discharge_time_period", periods))["success"] is True
    assert cloud.settings(SPA)["disChargePowerCommand"] == "80"
    assert cloud.settings(SPA)["forcedDischargeTimeStop1"] == "9:30"


# SPF


async def test_storage_params_are_numbers_in_two_beans(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    answer, record = await ask("storage_params", STORAGE), truth(STORAGE)
    bean = answer["storageDetailBean"]
    assert bean["capacity"] == close(record.snapshot.soc * 100, 0.51)
    assert bean["ppv"] + bean["ppv2"] == close(record.snapshot.power.pv, 0.11)
    assert bean["pCharge"] - bean["pDischarge"] == close(
        record.snapshot.power.charge - record.snapshot.power.discharge, 0.11
    )
    assert bean["outPutPower"] == close(record.snapshot.power.load)
    assert bean["pAcInPut"] == close(record.snapshot.power.imported)
    assert bean["eChargeToday"] == close(record.snapshot.today.charge)
    assert bean["freqGrid"] == close(60, 0.1)
    assert answer["storageBean"]["serialNum"] == STORAGE
    assert bean["time"] == record.time


async def test_storage_detail_and_energy_overview(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    record = truth(STORAGE)
    detail = await ask("storage_detail", STORAGE)
    assert detail["epvTotal"] == close(record.total.pv)
    overview = await ask("storage_energy_overview", str(CABIN), STORAGE)
    assert all(isinstance(value, str) for value in overview.values())
    assert float(overview["eBatDisChargeTotal"]) == close(record.total.discharge)


# NOAH


async def test_noah_is_found_by_its_plant(ask: Callable[..., Any]) -> None:
    assert (await ask("is_plant_noah_system", str(BALCONY)))["obj"]["deviceSn"] == NOAH
    assert (await ask("is_plant_noah_system", str(HOME)))["obj"]["isPlantNoahSystem"] is False


async def test_noah_system_status_is_plain_texts(ask: Callable[..., Any], truth: Callable[[str], Record]) -> None:
    status, power = (await ask("noah_system_status", NOAH))["obj"], truth(NOAH).snapshot.power
    assert float(status["ppv"]) == close(power.pv)
    assert float(status["pac"]) == close(output(power))
    assert float(status["gridPower"]) == close(power.imported - power.exported)
    assert status["associatedInvSn"] is None


async def test_noah_settings_follow_what_is_set(ask: Callable[..., Any]) -> None:
    assert (await ask("noah_info", NOAH))["obj"]["noah"]["defaultPower"] == "200"
    assert (await ask("update_noah_settings", NOAH, "default_power", ["350"]))["result"] == 1
    assert (await ask("update_noah_settings", NOAH, "charging_soc", ["95", "15"]))["result"] == 1
    assert (await ask("update_noah_settings", NOAH, "charging_soc", {"param1": "40", "param2": "15"}))["result"] == 0
    noah = (await ask("noah_info", NOAH))["obj"]["noah"]
    assert (noah["defaultPower"], noah["chargingSocHighLimit"], noah["chargingSocLowLimit"]) == ("350", "95", "15")
    assert noah["batSns"] == [NOAH]
    assert len((await ask("noah_info", NOAH))["obj"]["plantList"]) == 7


# All of it


async def test_an_unknown_device_is_answered_in_the_vendors_manner(ask: Callable[..., Any]) -> None:
    assert await ask("mix_info", "NOSUCH0001") is None
    assert (await ask("inverter_detail", "NOSUCH0001"))["msg"] == "501"
    assert await ask("mix_info", TLX) is None


async def test_get_url_joins_the_address_and_a_page(library: Library, ask: Callable[..., Any]) -> None:
    assert await ask("get_url", "x.do") == library.api.server_url + "x.do"


def test_no_public_method_of_the_library_is_left_out() -> None:
    public = {name for name, _ in inspect.getmembers(base_api().GrowattApi, inspect.isfunction) if name[0] != "_"}
    tests = Path(__file__).read_text()
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
