"""What is read of plants, settings, NOAHs and batteries, and of stamps and answers that are odd."""

from datetime import timedelta
from typing import Any

import pytest

from app import points
from app.errors import (
    ProviderError,
)
from app.model import Unit
from app.providers.growatt.families import DETAILS, PLANTS, SETTINGS, VALUES
from tests.providers.growatt.asking import PLANT, has, page, read, values_of
from tests.providers.growatt.kit import NOW, Cloud, Home
from tests.providers.growatt.test_discovery import device


async def test_a_plant_s_overview_tells_of_money_and_who_is_online(account: Cloud, home: Home) -> None:
    account.answers["getAllDeviceListTwo"] = {
        "deviceList": [device("INV1", "inverter", lost=True)],
        "datalogList": [
            {
                "datalog_sn": "LOG1",
                "lost": "false",
                "update_time": "2026-06-21 10:57:00",
                "update_interval": "5",
                "values": ["Excellent"],
            }
        ],
        "todayEnergy": "9.8",
        "totalEnergy": "2562.4",
        "plantMoneyText": "3.1/€",
        "totalMoneyText": "209.7 (€)",
        "Co2Reduction": "1.02 T",
        "invTodayPpv": "790",
        "todayDischarge": "0",
    }
    account.answers["getUserCenterEnertyDataByPlantid"] = {
        "monthValue": "12.2",
        "todayProfitStr": "€2.4",
        "treeValue": "1.0",
        "statusMap": {"onlineNum": 0, "offline": 1},
    }
    async with home.provider(account.address) as provider:
        readings = await provider.read(PLANTS)
    found = {(reading.device_id, reading.point.key): reading for reading in readings}
    money = found[PLANT, "money_today"]
    assert (money.value, money.point.unit) == (3.1, "EUR")
    assert (found[PLANT, "money_total"].value, found[PLANT, "co2_saved"].value) == (209.7, 1020)
    assert (found[PLANT, "pv_power"].value, found[PLANT, "pv_energy_today"].value) == (790, 9.8)
    assert (found[PLANT, "pv_energy_month"].value, found[PLANT, "devices_offline"].value) == (12.2, 1)
    assert (PLANT, "battery_discharge_energy_today") not in found
    assert (found["growatt_INV1", "online"].value, found["growatt_LOG1", "online"].value) == (False, True)
    assert found["growatt_LOG1", "last_update"].value == "2026-06-21T10:57:00+00:00"
    assert (found["growatt_LOG1", "update_interval"].value, found["growatt_LOG1", "signal"].value) == (5, "Excellent")
    assert found["growatt_LOG1", "update_interval"].point.unit == Unit.MINUTE


async def test_a_plant_s_overview_of_strangers_says_nothing(account: Cloud, home: Home) -> None:
    has(account, device("INV1", "inverter"))
    async with home.provider(account.address) as provider:
        await provider.discover()
        account.answers["getAllDeviceListTwo"] = {
            "deviceList": [device("NEW1", "tlx")],
            "datalogList": [{"datalog_sn": "LOG1", "update_time": "2031-01-01 00:00:00", "values": []}],
        }
        assert {reading.device_id for reading in await provider.read(PLANTS)} <= {PLANT}


SETTINGS_OF_ALL: dict[str, Any] = {
    "getTlxSetData": {
        "result": 1,
        "obj": {
            "tlxSetBean": {
                "chargePowerCommand": "80",
                "acChargeEnable": "1",
                "time1Mode": "1",
                "forcedStopSwitch1": "0",
                "sysTime": "2020-01-01 00:00:00",
            }
        },
    },
    "getSetPass": {"result": 1, "msg": "growatt20260621", "obj": {"enable": {"charge_power": "1"}}},
    "getMixSetParams": {
        "result": 1,
        "obj": {
            "mixBean": {"wchargeSOCLowLimit2": "95", "forcedChargeTimeStart1": "1:5", "epsFunEn": "true"},
            "model": "SPH 5000",
        },
    },
    "commonDeviceSetC/setInverter": page(
        onOff="1",
        activeRate="70",
        fwVersion="AH1.0",
        deviceModel="3600MTL-S",
        nominalPower="3600",
        lastUpdateTime="1782039840000",
    ),
    "noahDeviceApi/noah/getNoahInfoBySn": {
        "result": 1,
        "obj": {
            "noah": {
                "defaultPower": "200",
                "chargingSocHighLimit": "95",
                "time_segment": [{"time_segment1": "0_0:0_8:0_150"}],
                "model": "Noah 2000",
                "version": "4.0",
            }
        },
    },
    "getPlant": {"nominalPower": "6400", "formulaMoneyStr": "0.28", "city": "Town", "userAccount": "jane"},
}


async def test_settings_are_read_and_hold_now(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"), device("MIX1", "mix"), device("INV1", "inverter"), device("0PV1", "noah"))
    account.answers |= SETTINGS_OF_ALL
    async with home.provider(account.address) as provider:
        readings = await provider.read(SETTINGS)
        found = {(reading.device_id.removeprefix("growatt_"), reading.point.key): reading.value for reading in readings}
        assert (
            found["TLX1", "charge_rate"],
            found["TLX1", "ac_charge_enabled"],
            found["TLX1", "time_segment1_mode"],
        ) == (80, True, "battery_first")
        assert found["TLX1", "time_segment1_enabled"] is False
        assert (
            found["MIX1", "charge_stop_soc"],
            found["MIX1", "charge_period1_start"],
            found["MIX1", "backup_enabled"],
        ) == (95, "01:05", True)
        assert (found["INV1", "active_power_rate"], found["INV1", "switched_on"]) == (70, True)
        assert (found["0PV1", "default_power"], found["0PV1", "time_segment1_end"]) == (200, "08:00")
        assert found["plant_11", "energy_price"] == 0.28
        assert all(not reading.timed and reading.at == NOW for reading in readings)
        assert "jane" not in str(readings)
        assert "Town" not in str(readings)


async def test_settings_tell_models_and_hardly_ever_change(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"), device("MIX1", "mix"), device("INV1", "inverter"), device("0PV1", "noah"))
    account.answers |= SETTINGS_OF_ALL
    async with home.provider(account.address) as provider:
        await provider.read(SETTINGS)
        models = {each.serial: (each.model, each.firmware, each.rated_power) for each in await provider.discover()}
        assert models["INV1"] == ("3600MTL-S", "AH1.0", 3600)
        assert models["0PV1"] == ("Noah 2000", "4.0", None)
        assert models["MIX1"][0] == "SPH 5000"
        home.clock.move(minutes=30)
        await provider.read(SETTINGS)
    assert len(account.seen("getPlant")) == len(account.seen("getSetPass")) == 1, "hardly ever changes"
    assert len(account.seen("getTlxSetData")) == 2


async def test_a_noah_s_money_is_in_its_own_currency(account: Cloud, home: Home) -> None:
    has(account, device("0PV1", "noah"))
    account.answers["noahDeviceApi/noah/getSystemStatus"] = {
        "result": 1,
        "obj": {"profitToday": "0.56", "moneyUnit": "£", "gridPower": "387.0", "status": "6", "ppv": "112"},
    }
    async with home.provider(account.address) as provider:
        found = {reading.point.key: reading for reading in await read(provider, VALUES, "growatt_0PV1")}
    assert (found["money_today"].value, found["money_today"].point.unit) == (0.56, "GBP")
    assert (found["grid_import_power"].value, found["status"].value, found["online"].value) == (387, "6", True)


async def test_a_noah_that_is_away_has_no_momentary_values(account: Cloud, home: Home) -> None:
    has(account, device("0PV1", "noah"))
    account.answers["noahDeviceApi/noah/getSystemStatus"] = {
        "result": 1,
        "obj": {"status": "-1", "ppv": "112", "eacTotal": "9"},
    }
    async with home.provider(account.address) as provider:
        found = await values_of(provider, VALUES, "growatt_0PV1")
    assert (found["online"], found["status"], found["ac_energy_total"]) == (False, "offline", 9)
    assert "pv_power" not in found


async def test_batteries_are_read_by_their_own_serial_number(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"), device("BAT1", "bat"))
    account.answers |= {
        "getBatInfo": {"result": 1, "obj": {"soc": "60", "vbat": "213.2", "lost": False}},
        "getBatDetailData": {"data": {"chargeOrDisPower": "-300", "soc": "61", "dischargeTotal": "4065.3"}},
    }
    async with home.provider(account.address) as provider:
        found = await values_of(provider, DETAILS, "growatt_BAT1")
    assert (found["battery_soc"], found["battery_power"], found["battery_discharge_power"]) == (60, 300, 300)
    assert found["battery_discharge_energy_total"] == 4065.3
    assert dict(account.seen("getBatDetailData")[0].form) == {"lan": "1", "plantId": "11", "id": "BAT1"}


async def test_stamps_in_china_s_time_are_found_out_while_reading(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = {"data": {"pac": 5, "time": "2026-06-21 18:57:00"}}
    async with home.provider(account.address) as provider:
        (power,) = [
            reading for reading in await read(provider, VALUES, "growatt_TLX1") if reading.point is points.AC_POWER
        ]
    assert (power.at, power.timed) == (NOW - timedelta(minutes=3), True)


async def test_a_stamp_that_can_only_be_a_fault_is_passed_over(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = {"data": {"pac": 5, "time": "2031-06-21 18:57:00"}}
    async with home.provider(account.address) as provider:
        (power,) = [
            reading for reading in await read(provider, VALUES, "growatt_TLX1") if reading.point is points.AC_POWER
        ]
    assert (power.at, power.timed) == (NOW, False)


async def test_the_raw_answers_are_there_without_anything_private(account: Cloud, home: Home) -> None:
    has(account, device("ABC1234567", "tlx"), device("ABC9999967", "tlx"), device("INV1", "inverter"))
    account.answers["getTlxDetailData"] = {"data": {"pac": 5, "serialNum": "ABC1234567", "userName": "jane"}}
    account.answers["commonDeviceSetC/setInverter"] = (
        '<script>inv=JSON.parse(\'{"sn":"INV1","alias":"jane","onOff":"1"}\')</script>'
    )
    account.answers["getTlxSetData"] = "<html>no</html>"
    async with home.provider(account.address) as provider:
        await provider.read(VALUES)
        await provider.read(SETTINGS)
        raw = provider.raw()
    assert raw["tlx_detail/ABC…67"] == {"data": {"pac": 5, "serialNum": "ABC…67", "userName": "***"}}
    assert "tlx_detail/ABC…67 #2" in raw
    assert raw["classic_inverter_info/INV1"] == {"sn": "INV1", "alias": "***", "onOff": "1"}
    assert str(raw["tlx_all_settings/ABC…67"]).startswith("15 bytes, no JSON")
    for secret in ("jane", "ABC1234567", "password1", "secret-hash", "session-1"):
        assert secret not in str(raw)


async def test_opening_an_account_asks_nothing(account: Cloud, home: Home) -> None:
    async with home.provider(account.address) as provider:
        assert provider.raw() == {}
        assert [feed.name for feed in provider.feeds] == ["values", "details", "plants", "settings"]
        assert all(feed.reason and feed.minimum <= feed.every < feed.night for feed in provider.feeds)
        assert [feed.name for feed in provider.feeds if feed.aligned] == ["values"]
    assert account.requests == []


async def test_a_document_of_the_vault_that_nobody_can_read_is_passed_over(account: Cloud, home: Home) -> None:
    has(account, device("SPA1", "spa"))
    home.vault.put("unsupported", {"growatt_SPA1/spa_system_status": "never", "growatt_SPA1/spa_totals": "2030-01-01"})
    account.answers["getSystemStatus_KW"] = account.answers["getEnergyOverview"] = {"result": 1, "obj": {"ppv": "1"}}
    async with home.provider(account.address) as provider:
        assert (await values_of(provider, VALUES, "growatt_SPA1"))["pv_power"] == 1000


async def test_errors_of_a_read_are_provider_errors(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = '{"data": '
    async with home.provider(account.address) as provider:
        with pytest.raises(ProviderError):
            await provider.read(VALUES)
