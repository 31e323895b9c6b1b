"""The slots of Home Assistant's Energy dashboard can be filled, and the manual says with what."""

from pathlib import Path

import pytest

from app.model import Point, Role
from app.points import TOTAL_OF
from app.providers.growatt.families import PLANT_FAMILY, TYPES, Family
from app.rows import only_daily
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.entities import Entities
from app.sinks.homeassistant.names import Names
from app.topics import Topics
from tests.homeassistant.factory import VOCABULARY, device

PAGE = Path(__file__).parents[2] / "docs" / "home-assistant.md"
ENERGY = ("energy", {"total", "total_increasing"}, "kWh")
POWER = ("power", {"measurement"}, "W")
SLOTS = {
    "Solar production": ("pv_energy_total", ENERGY),
    "Solar power": ("pv_power", POWER),
    "Grid consumption": ("grid_import_energy_total", ENERGY),
    "Return to grid": ("grid_export_energy_total", ENERGY),
    "Grid power (+ import)": ("grid_power", POWER),
    "Energy out of the battery": ("battery_discharge_energy_total", ENERGY),
    "Energy into the battery": ("battery_charge_energy_total", ENERGY),
    "Battery power (+ discharge)": ("battery_power", POWER),
    "Battery state of charge": ("battery_soc", ("battery", {"measurement"}, "%")),
    "Home consumption": ("load_energy_total", ENERGY),
    "Home power": ("load_power", POWER),
}
"""Which point fills a slot, and what Home Assistant wants of it: device class, state classes, unit."""
ELSE = {"Solar production": "ac_energy_total"}
"""What fills a slot where there is nothing better."""
FAMILIES = {family.name: family for family in (*TYPES.values(), PLANT_FAMILY)}
UNTYPED = {"other", "meter"}
"""Families of which nothing is known but what the list of devices tells."""
LIKE = {"max": "inverter", "nexa": "noah"}
"""Families that the manual mentions only as being like another."""


def points_of(family: Family) -> dict[str, Point]:
    """Return all points that a device of a family can have, with the counters that the bridge derives."""
    given = {point.key: point for catalogue in family.catalogues for point in catalogue.points}
    derived = [TOTAL_OF[key] for key in only_daily(family.catalogues)]
    return given | {point.key: point for point in derived}


def written() -> dict[str, dict[str, str]]:
    """Return the manual's table: per family and slot, what the cell says."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    head = next(row for row in rows if row[0] == "slot")
    table = rows[rows.index(head) + 1 :]
    families = [cell.split("`")[1] for cell in head[1:]]
    return {
        family: {row[0]: row[number] for row in table if row[0] in SLOTS} for number, family in enumerate(families, 1)
    }


@pytest.mark.parametrize("slot", SLOTS)
def test_each_slot_can_be_filled_by_a_device_that_has_the_point(slot: str) -> None:
    key, (device_class, state_classes, unit) = SLOTS[slot]
    settings = HomeAssistantSettings()
    entity = Entities(Topics(), settings, Names("en"), per_point=False).of(device(), {key: VOCABULARY[key]})[key]
    assert entity["p"] == "sensor"
    assert entity["dev_cla"] == device_class
    assert entity["stat_cla"] in state_classes
    assert entity["unit_of_meas"] == unit
    assert "en" not in entity, "it is enabled"
    assert VOCABULARY[key].role is Role.PRIMARY


def test_the_manual_names_every_family_that_is_known() -> None:
    assert set(written()) == set(FAMILIES) - UNTYPED - set(LIKE)


@pytest.mark.parametrize("name", LIKE)
def test_a_family_that_is_like_another_fills_its_slots(name: str) -> None:
    wanted = {cell.strip("`") for cell in written()[LIKE[name]].values() if cell.startswith("`")}
    assert wanted <= set(points_of(FAMILIES[name]))


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - UNTYPED - set(LIKE)))
def test_the_manual_says_which_entity_of_a_family_fills_which_slot(name: str) -> None:
    given = points_of(FAMILIES[name])
    derived = {TOTAL_OF[key].key for key in only_daily(FAMILIES[name].catalogues)}
    expected = {}
    for slot, (key, _) in SLOTS.items():
        best = key if key in given else ELSE.get(slot, "")
        expected[slot] = f"`{best}`" + (" (derived)" if best in derived else "") if best in given else "–"
    assert written()[name] == expected
