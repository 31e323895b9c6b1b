"""The real growattServer 2.2.0 against the simulated cloud: what it asks of devices, against the truth."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from simulator.growatt import Cloud
from simulator.growatt.device import Record
from simulator.growatt.wording import output
from tests.simulator.park import (
    BALCONY,
    BATTERY,
    BEACH,
    CABIN,
    HOME,
    MIX,
    NOAH,
    PLAIN,
    SPA,
    STORAGE,
    TLX,
    close,
    on,
    spans,
)

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
