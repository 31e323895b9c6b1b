"""What the account understands of raw writes, by the names of the library."""

import json
from collections.abc import Mapping, Sequence

import pytest

from app.errors import CommandError
from app.model import Device
from tests.providers.growatt.asking import PLANT, has
from tests.providers.growatt.kit import Cloud, Home, Ledger, shared
from tests.providers.growatt.test_wire_writes import PLANT_ANSWER
from tests.providers.growatt.writing import INV, MIX, SPA, TLX, device_of, setting


async def test_a_raw_write_that_the_catalogue_knows_is_that_setting(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        tlx, mix, plant = [await device_of(provider, name) for name in ("TLX1", "MIX1", PLANT)]
        put = provider.put(tlx, "update_tlx_inverter_setting", "charge_power", [80])
        assert (put.setting, put.values) == (setting(provider, tlx, "charge_rate"), {"charge_rate": 80})
        put = provider.put(
            tlx, "update_tlx_inverter_time_segment", "3", {"param1": 1, **{f"param{n}": 0 for n in range(2, 7)}}
        )
        assert put.setting.key == "time_segment3"
        assert put.values["time_segment3_mode"] == "battery_first"
        put = provider.put(mix, "update_mix_inverter_setting", "pf_sys_year", ["2026-11-21 18:30:00"])
        assert put.values == {"device_clock": "2026-11-21T18:30:00"}
        periods = [80, 95, True, *(["01", "00", "02", "30", "1"] * 3)]
        put = provider.put(mix, "update_mix_inverter_setting", "mix_ac_charge_time_period", periods)
        assert put.values["charge_period3_end"] == "02:30"
        assert put.values["ac_charge_enabled"] is True
        put = provider.put(mix, "update_inverter_setting", "pv_on_off", {"op": "mixSetApiNew", "param1": 1})
        assert put.setting.key == "switched_on"
        put = provider.put(plant, "update_plant_settings", "updatePlant", {"plantIncome": 0.3})
        assert put.setting == setting(provider, plant, "energy_price")


async def test_shortcuts_of_the_library_are_what_they_are_short_for(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        inverter = await device_of(provider, "INV1")
        put = provider.put(inverter, "set_classic_inverter_on_off", "", ["0000"])
        assert (put.setting.key, put.values) == ("switched_on", {"switched_on": False})
        put = provider.put(inverter, "set_classic_inverter_active_power_rate", "", {"command_1": 70, "command_2": ""})
        assert (put.setting.key, put.values) == ("active_power_rate", {"active_power_rate": 70})


async def test_several_fields_of_a_plant_are_one_write(house: Cloud, home: Home) -> None:
    house.answers["getPlant"] = PLANT_ANSWER
    async with home.provider(house.address) as provider:
        plant = await device_of(provider, PLANT)
        put = provider.put(plant, "update_plant_settings", "updatePlant", {"plantIncome": "0.3", "plantMoney": "gbp"})
        assert (put.setting.danger, put.setting.reads_back) == (False, True)
        await provider.write(plant, put.setting, put.values)
        (asked,) = house.seen("updatePlant")
        before = {str(raw) for raw in PLANT_ANSWER.values()}
        changed = {name: text for name, text in asked.form if text not in before}
        assert changed == {"plantIncome": "0.3", "plantMoney": "gbp"}
        put = provider.put(plant, "update_plant_settings", "updatePlant", {"plantIncome": "0.3", "plantCity": "Bremen"})
        assert (put.setting.danger, put.setting.reads_back) == (True, False)


WRONG: dict[str, tuple[str, str, str, Sequence[object] | Mapping[str, object], str, str]] = {
    "a reader": ("MIX1", "get_plant_settings", "x", [1], "only reads", "not_writable"),
    "the token API's": ("TLX1", "min_write_parameter", "x", [1], "does not write", "not_writable"),
    "of another family": ("MIX1", "update_tlx_inverter_setting", "charge_power", [1], "does not write", "not_writable"),
    "too many": ("TLX1", "update_tlx_inverter_setting", "charge_power", [1, 2], "2 do not fit", "invalid_value"),
    "far too many": ("MIX1", "update_mix_inverter_setting", "new", [1] * 20, "20 do not fit", "invalid_value"),
    "too few": ("MIX1", "update_mix_inverter_setting", "backflow_setting", [1], "is missing", "invalid_value"),
    "a gap": ("MIX1", "update_mix_inverter_setting", "new", {"param1": 1, "param3": 1}, "param2", "invalid_value"),
    "none": ("MIX1", "update_mix_inverter_setting", "new", [], "needs a type", "invalid_value"),
    "no type": ("MIX1", "update_mix_inverter_setting", "", [1], "needs a type", "invalid_value"),
    "no op": ("INV1", "update_inverter_setting", "x", [1], "needs `op`", "invalid_value"),
    "a list for a plant": (PLANT, "update_plant_settings", "x", [1], "an object of fields", "invalid_value"),
    "no field of a plant": (PLANT, "update_plant_settings", "x", {"plantID": 5}, "plantID is none", "invalid_value"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_raw_write_that_makes_no_sense_is_refused_with_what_would(house: Cloud, home: Home, name: str) -> None:
    serial, method, kind, params, says, code = WRONG[name]
    async with home.provider(house.address) as provider:
        device = await device_of(provider, serial)
        before = len(house.requests)
        with pytest.raises(CommandError, match=says) as raised:
            provider.put(device, method, kind, params)
        assert raised.value.code == code
        assert len(house.requests) == before


async def test_a_raw_write_for_a_stranger_is_refused(house: Cloud, home: Home) -> None:
    home.ledger = Ledger()
    async with home.provider(house.address) as provider:
        known = await device_of(provider, "MIX1")
        stranger = Device("growatt_X", "home", known.kind, "X")
        with pytest.raises(CommandError, match="has not been found") as raised:
            provider.put(stranger, "update_mix_inverter_setting", "x", [1])
        assert raised.value.code == "not_ready"


SERIALS = {"TLX1": TLX, "MIX1": MIX, "SPA1": SPA, "INV1": INV}
OTHERWISE = {
    "update_classic_inverter_setting(list)": "this address knows no param1: ours are command_1 and command_2",
}
"""Recorded writes that ours are not, and why."""


async def test_the_recorded_writes_of_the_library_are_ours(house: Cloud, home: Home) -> None:
    recorded = json.loads(shared("facts", "growatt", "wire.json").read_text())["legacy"]
    has(house, *SERIALS.values(), {"deviceSn": "NOAH1", "deviceType": "noah"})
    house.answers["noahDeviceApi/noah/set"] = {"result": 1, "msg": ""}
    house.answers["getPlant"] = RECORDED_PLANT
    compared = 0
    async with home.provider(house.address) as provider:
        devices = {device.serial or device.id: device for device in await provider.discover()}
        for entry in recorded:
            name, request = entry["call"], entry["requests"][-1]
            method = name.partition("(")[0]
            if not method.startswith(("update_", "set_")) or name in OTHERWISE:
                continue
            fields = {name: text for name, text, *_ in [*request["query"], *(request["body"] or [])]}
            serial = fields.pop("serialNum", PLANT)
            kind = fields.pop("type", "") or fields.pop("paramId", "") or "updatePlant"
            params = {name: text for name, text in fields.items() if name.startswith(("param", "command_"))}
            if serial == PLANT:
                params = {name: fields[name] for name in ("plantIncome", "plantName", "plantTimezone")}
            put = provider.put(devices[serial], method, kind, params)
            await provider.write(devices[serial], put.setting, put.values)
            mine = house.requests[-1]
            assert (mine.verb, "/" + mine.path) == (request["verb"], request["path"]), name
            assert mine.query == [*map(tuple, request["query"])], name
            assert mine.form == [(field, text) for field, text, *_ in request["body"] or []], name
            compared += 1
    assert compared == 16


RECORDED_PLANT = {
    "formulaCoal": "0.4",
    "formulaSo2": "0.03",
    "userAccount": "acct",
    "id": 11,
    "country": "NL",
    "plantType": 0,
    "formulaMoneyStr": "0.2",
    "plantAddress": "Street 1",
    "timezone": "0",
    "plant_lng": "5.1",
    "city": "Town",
    "formulaCo2": "0.9",
    "formulaMoneyUnitId": "eur",
    "nominalPower": "6400",
    "plant_lat": "52.1",
    "createDateText": "2020-01-02",
    "plantName": "P",
}
"""What the plant of the recording had."""
