"""The catalogues: they are data, they cover what is known, and they lose nothing that was recorded."""

import ast
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import app.providers.growatt as package
from app import points
from app.model import BINARY, NUMERIC, Kind, Point, Unit
from app.providers.growatt import (
    catalogue,
    catalogue_inverter,
    catalogue_mix,
    catalogue_noah,
    catalogue_settings,
    catalogue_storage,
    catalogue_tlx,
)
from app.providers.growatt.families import FEEDS, LOGGER_FAMILY, PLANT_FAMILY, TYPES, Shape
from app.providers.growatt.shapes import shaped
from app.rows import Catalogue, Code, decode, number
from tests.providers.growatt.kit import NOW, shared

FILES = sorted(Path(package.__file__).parent.rglob("catalogue*.py"))
MODULES = (
    catalogue,
    catalogue_inverter,
    catalogue_mix,
    catalogue_noah,
    catalogue_settings,
    catalogue_storage,
    catalogue_tlx,
)
CATALOGUES = {name: value for module in MODULES for name, value in vars(module).items() if isinstance(value, Catalogue)}
FAMILIES = {family.name: family for family in (*TYPES.values(), PLANT_FAMILY, LOGGER_FAMILY)}
CODE = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.If,
    ast.IfExp,
    ast.For,
    ast.While,
    ast.comprehension,
    ast.Try,
    ast.ClassDef,
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_catalogue_is_data(file: Path) -> None:
    found = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, CODE)]
    assert found == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_point_stands_twice_only_where_a_second_field_steps_in(name: str) -> None:
    rows = CATALOGUES[name].rows
    seen = set()
    for row in rows:
        assert (row.point.key, row.fields) not in seen
        seen.add((row.point.key, row.fields))


def test_a_key_means_the_same_point_everywhere() -> None:
    by_key: dict[str, Point] = dict(points.VOCABULARY)
    for entry in CATALOGUES.values():
        for point in entry.points:
            assert by_key.setdefault(point.key, point) == point, point.key


@pytest.mark.parametrize("name", CATALOGUES)
def test_codes_suit_their_points(name: str) -> None:
    for row in CATALOGUES[name].rows:
        if isinstance(row, Code):
            wanted = bool if row.point.kind in BINARY else str
            assert all(type(value) is wanted for value in row.codes.values()), row
            if row.point.kind is Kind.STATE and row.point.words:
                assert set(row.codes.values()) <= set(row.point.words), row
        if row.point.kind in NUMERIC and row.point.unit == Unit.KILOWATT_HOUR and row.point.key.endswith("_today"):
            assert row.point.kind is Kind.DAILY, row


def test_every_ignored_field_has_its_reason() -> None:
    assert all(reason for entry in CATALOGUES.values() for reason in entry.ignored.values())
    for entry in CATALOGUES.values():
        named = {name for row in entry.rows for name in row.fields}
        assert not named & (set(entry.ignored) - set(catalogue.COMMON)), "a field is both read and ignored"


HOME_ASSISTANT = {
    "inverter": ("INVERTER",),
    "tlx": ("TLX",),
    "mix": ("MIX_STATUS", "MIX_INFO", "MIX_TOTALS", "MIX_DETAIL"),
    "storage": ("STORAGE",),
    "noah": ("NOAH",),
    "total": ("PLANT",),
    "sph": ("SPH",),
}


def test_all_of_home_assistant_s_points_have_a_row_with_their_unit() -> None:
    families = json.loads(shared("facts", "growatt", "points.json").read_text())["ha_families"]
    assert set(families) == set(HOME_ASSISTANT)
    count = 0
    for family, known in families.items():
        rows = [row for name in HOME_ASSISTANT[family] for row in CATALOGUES[name].rows]
        for entry in next(value for value in known.values() if isinstance(value, list)):
            count += 1
            mine = [row for row in rows if entry["api_key"] in row.fields]
            assert mine, (family, entry["api_key"])
            wanted = {"kW": "W", None: ""}.get(entry["unit"], entry["unit"])
            if wanted.startswith("("):
                continue
            assert any(row.point.unit == wanted for row in mine), (
                family,
                entry["api_key"],
                [row.point.unit for row in mine],
            )
            if entry["unit"] == "kW" and family == "mix":
                assert all(getattr(row, "scale", 0) == 1000 for row in mine if row.point.unit == "W"), entry["api_key"]
    assert count == 196


def test_the_quantities_of_the_crosswalk_are_the_common_points() -> None:
    """A few whose meaning would be easiest to mix up: what a field of a family becomes."""
    expected = {
        ("TLX", "pacToUserTotal"): points.GRID_IMPORT_POWER,
        ("TLX", "pacToGridTotal"): points.GRID_EXPORT_POWER,
        ("TLX", "elocalLoadToday"): points.LOAD_ENERGY_TODAY,
        ("MIX_STATUS", "pactouser"): points.GRID_IMPORT_POWER,
        ("MIX_STATUS", "pactogrid"): points.GRID_EXPORT_POWER,
        ("MIX_STATUS", "chargePower"): points.BATTERY_CHARGE_POWER,
        ("MIX_INFO", "eBatDisChargeTotal"): points.BATTERY_DISCHARGE_ENERGY_TOTAL,
        ("MIX_DETAIL", "etouser_combined"): points.GRID_IMPORT_ENERGY_TODAY,
        ("STORAGE", "pAcInPut"): points.GRID_IMPORT_POWER,
        ("STORAGE", "eopDischrToday"): points.LOAD_ENERGY_TODAY,
        ("STORAGE", "freqGrid"): points.GRID_FREQUENCY,
        ("NOAH", "disChargePower"): points.BATTERY_DISCHARGE_POWER,
        ("INVERTER", "powerTotal"): points.AC_ENERGY_TOTAL,
        ("PLANT", "invTodayPpv"): points.PV_POWER,
    }
    for (name, field), point in expected.items():
        assert point in [row.point for row in CATALOGUES[name].rows if field in row.fields], (name, field)


def values(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for reading in decode(CATALOGUES[name], fields, "d", NOW):
        found.setdefault(reading.point.key, reading.value)
    return found


def test_signs_are_seen_from_the_house() -> None:
    tlx = {
        "pacToUserTotal": 300,
        "pacToGridTotal": 0,
        "bdc1ChargePower": 0,
        "bdc1DischargePower": 500,
        "bdc2DischargePower": 100,
    }
    found = values("TLX", tlx)
    assert (found["grid_power"], found["battery_power"], found["battery_discharge_power"]) == (300, 600, 600)
    found = values("TLX", {"pacToUserTotal": 0, "pacToGridTotal": 200, "bdc1ChargePower": 50, "bdc1DischargePower": 0})
    assert (found["grid_power"], found["battery_power"]) == (-200, -50)
    found = values(
        "MIX_STATUS", {"pactouser": "0.93", "pactogrid": "0", "chargePower": "0.5", "pdisCharge1": "0", "ppv": "1.2"}
    )
    assert (found["grid_power"], found["battery_power"], found["pv_power"]) == (930, -500, 1200)
    found = values("NOAH", {"gridPower": "-120", "chargePower": "200", "disChargePower": "0"})
    assert (found["grid_power"], found["grid_import_power"], found["grid_export_power"], found["battery_power"]) == (
        -120,
        0,
        120,
        -200,
    )
    found = values("BATTERY", {"chargeOrDisPower": "150"})
    assert (found["battery_power"], found["battery_charge_power"], found["battery_discharge_power"]) == (-150, 150, 0)


def test_a_tlx_s_sun_is_the_sum_of_its_strings() -> None:
    fields = {"epv1Today": 13.199999809265137, "epv2Today": 8.2, "epv3Today": None, "epv4Today": "--"}
    assert values("TLX", fields)["pv_energy_today"] == 21.4


def test_daily_energies_without_a_lifetime_counter_are_known_per_family() -> None:
    from app.rows import only_daily

    assert only_daily(TYPES["tlx"].catalogues) == ()
    assert "grid_import_energy_today" in only_daily(TYPES["mix"].catalogues)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_is_put_together_well(family: Any) -> None:
    names = [part.name for part in family.parts]
    assert len(set(names)) == len(names)
    for part in family.parts:
        assert family.part_keys[part.name] or family.name in {"mix", "spa"}, part
    for source in family.sources:
        assert source.feed in FEEDS


# Recordings

RECORDED = {
    "tlx__v1_energy__01.json": ("TLX", Shape.PLAIN, ("data",)),
    "tlx__v1_fixture_min_inverter__01.json": ("TLX", Shape.PLAIN, ("data",)),
    "inverter__v1_energy__01.json": ("INVERTER", Shape.PLAIN, ("data",)),
    "max__v1_energy__01.json": ("INVERTER", Shape.PLAIN, ("data",)),
    "storage__v1_energy__01.json": ("STORAGE", Shape.STORAGE, ("data",)),
    "storage__storage_last_record_excerpt__01.json": ("STORAGE", Shape.STORAGE, ()),
    "storage__fixture_spf_missing_grid_live_power__01.json": ("STORAGE", Shape.STORAGE, ("storage_params",)),
    "storage__fixture_spf_missing_soc_output__01.json": ("STORAGE", Shape.STORAGE, ("storage_params",)),
    "storage__fixture_spf_pv_charging_ppv2__01.json": ("STORAGE", Shape.STORAGE, ("storage_params",)),
    "storage__fixture_spf_sbu_discharging__01.json": ("STORAGE", Shape.STORAGE, ("storage_params",)),
    "storage__fixture_spf_utility_charging__01.json": ("STORAGE", Shape.STORAGE, ("storage_params",)),
    "storage__newTwoPlantAPI_getAllDeviceList__01.json": ("PLANT", Shape.PLANT, ()),
    "mix__v1_energy__01.json": ("SPH", Shape.PLAIN, ("data",)),
    "noah__shine_status__01.json": ("NOAH", Shape.NOAH, ("obj",)),
    "noah__shine_settings__01.json": ("NOAH_SETTINGS", Shape.NOAH_SETTINGS, ("obj",)),
    "plant__newPlantAPI_getUserCenterEnertyDataTwo__01.json": ("PLANT_ENERGY", Shape.PLANT_ENERGY, ()),
    "tlx__v1_settings__01.json": ("TLX_SETTINGS", Shape.SETTINGS, ("data",)),
    "datalogger__web_datalogList_excerpt__01.json": ("LOGGER", Shape.PLAIN, ("datalogList", 0)),
}
INSIDE = {
    "calendar": "the time stamp in another form",
    "timeCalendar": "the time stamp in another form",
    "lastUpdateTime": "the time stamp in another form",
    "deviceTypeMap": "a count of devices by family; the devices themselves are there",
    "deviceDetail": "empty in all recordings",
    "meter": "empty in all recordings",
    "plantList": "the account's plants, which discovery finds",
    "safetyList": "a list to choose from",
    "currencyList": "a list to choose from",
    "batSns": "serial numbers",
    "shellyList": "empty in all recordings",
    "keys": "a legend in the account's language",
    "values": "words in the account's language",
    "chargeMap": "a chart",
}
"""Objects and lists inside an answer that nothing is read from."""
SHADOWED = {
    "storageBean": "the detail beside it counts; a zero energy here proves nothing",
}


def inner(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def numbers(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number of an answer, with the name of its field."""
    for name, raw in fields.items():
        if isinstance(raw, Mapping):
            if name not in INSIDE:
                yield from numbers(raw, name)
        elif isinstance(raw, list):
            assert name in INSIDE or not raw, name
        elif (value := number(raw)) is not None and not isinstance(raw, bool):
            yield f"{prefix}/{name}" if prefix else name, value


@pytest.mark.parametrize("file", RECORDED)
def test_no_number_of_a_recorded_answer_is_lost(file: str) -> None:
    name, shape, path = RECORDED[file]
    answer = inner(json.loads(shared("recordings", "growatt", file).read_text()), path)
    entry = CATALOGUES[name]
    form = shaped(shape, answer, datetime(2026, 6, 21, 13, 0, tzinfo=UTC).replace(tzinfo=None))
    readings = decode(entry, form.payload, "d", NOW)
    found = [float(reading.value) for reading in readings if isinstance(reading.value, float)]
    words = {str(reading.value) for reading in readings}
    scales = {name: getattr(row, "scale", 1) for row in entry.rows for name in row.fields}
    for full, value in numbers(answer):
        bean, _, field = full.rpartition("/")
        if field in entry.ignored or f"{bean}_{field}" in entry.ignored:
            continue
        if bean in SHADOWED and (field in inner(answer, ("storageDetailBean",)) or not value):
            continue
        rows = [row for row in entry.rows if field in row.fields or f"{bean}_{field}" in row.fields]
        wanted = round(value * scales.get(field, 1), 4)
        here = wanted in found or abs(wanted) in found or str(value).removesuffix(".0") in words
        assert (
            here
            or any(isinstance(row, Code) for row in rows)
            or any(reading.point.key == row.point.key for row in rows for reading in readings)
        ), f"{field} = {value} is nowhere"


def test_recorded_sums_come_out_as_they_should() -> None:
    answer = inner(json.loads(shared("recordings", "growatt", "tlx__v1_energy__01.json").read_text()), ("data",))
    found = values("TLX", answer)
    assert (found["pv_power"], found["ac_power"], found["pv_energy_today"], found["pv_energy_total"]) == (
        2558.7,
        2503.8,
        21.4,
        1833,
    )
    assert (found["grid_voltage"], found["grid_frequency"], found["inverter_temperature"]) == (239.5, 50.01, 47.8)
    assert (found["status"], found["ac_energy_today"]) == ("normal", 21.6)
    storage = inner(json.loads(shared("recordings", "growatt", "storage__v1_energy__01.json").read_text()), ("data",))
    found = values("STORAGE", storage)
    assert (found["pv_power"], found["pv1_power"], found["system_power"]) == (2067.1, 1075.4, 2067.1)


@pytest.mark.parametrize(
    ("file", "power"),
    [
        ("storage__fixture_spf_pv_charging_ppv2__01.json", (0, 959, 959)),
        ("storage__fixture_spf_utility_charging__01.json", (2400, 0, -2400)),
    ],
)
def test_recorded_batteries_charge_and_discharge_the_right_way(file: str, power: tuple[float, float, float]) -> None:
    answer = json.loads(shared("recordings", "growatt", file).read_text())["storage_params"]
    found = values("STORAGE", shaped(Shape.STORAGE, answer, NOW.replace(tzinfo=None)).payload)
    assert (found["battery_charge_power"], found["battery_discharge_power"], found["battery_power"]) == power
