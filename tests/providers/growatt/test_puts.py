"""What the account understands of raw writes, by the names of the library."""

from collections.abc import Mapping, Sequence

import pytest

from app.errors import CommandError
from app.model import Device
from tests.providers.growatt.asking import PLANT
from tests.providers.growatt.kit import Cloud, Home, Ledger
from tests.providers.growatt.test_wire_writes import PLANT_ANSWER
from tests.providers.growatt.writing import device_of, setting


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
    "a reader": ("MIX1", "get_plant_settings", "x", [1], "does not write", "not_writable"),
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
