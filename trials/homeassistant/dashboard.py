"""The Energy dashboard's preferences, made from the table in docs/home-assistant.md as an owner would make them."""

from collections.abc import Mapping
from typing import Any, Final

from tests.homeassistant.test_energy import written
from trials.homeassistant.announced import Announced

LIKE: Final = {"max": "inverter", "nexa": "noah"}
"""Families that the table mentions only as being like another."""
SINCE_POWER: Final = (2025, 12)
SINCE_CHARGE: Final = (2026, 6)
SINCE_HOME: Final = (2026, 11)
"""The releases since which Home Assistant asks for powers, a battery's charge and the home (its energy/data.py)."""


def in_manual(family: str) -> bool:
    """Return whether the table tells of a family."""
    return LIKE.get(family, family) in written()


def chosen(family: str, device: str, announced: Announced) -> dict[str, str]:
    """Return the statistics of a device by the table's slots, as far as the device has the entity."""
    found = {}
    for slot, cell in written()[LIKE.get(family, family)].items():
        point = cell.split("`")[1] if "`" in cell else ""
        if (entity := announced.entities.get(f"{device}_{point}")) is not None:
            found[slot] = str(entity.config["default_entity_id"])
    return found


def preferences(slots: Mapping[str, str], version: str) -> dict[str, Any]:
    """Return the preferences that fill the dashboard of a release with the statistics of one device."""
    year, month = (int(part) for part in version.split(".")[:2])
    release = (year, month)

    def powered(source: dict[str, Any], slot: str) -> dict[str, Any]:
        return {**source, "stat_rate": slots[slot]} if release >= SINCE_POWER and slot in slots else source

    sources: list[dict[str, Any]] = []
    if "Solar production" in slots:
        solar = {"type": "solar", "stat_energy_from": slots["Solar production"], "config_entry_solar_forecast": None}
        sources.append(powered(solar, "Solar power"))
    if "Grid consumption" in slots or "Return to grid" in slots:
        sources.append(_grid(slots, powered, unified=release >= SINCE_CHARGE))
    if {"Energy out of the battery", "Energy into the battery"} <= slots.keys():
        battery = {
            "type": "battery",
            "stat_energy_from": slots["Energy out of the battery"],
            "stat_energy_to": slots["Energy into the battery"],
        }
        if release >= SINCE_CHARGE and "Battery state of charge" in slots:
            battery["stat_soc"] = slots["Battery state of charge"]
        sources.append(powered(battery, "Battery power (+ discharge)"))
    devices = []
    if "Home consumption" in slots:
        if release >= SINCE_HOME:
            sources.append(powered({"type": "home", "stat_energy_to": slots["Home consumption"]}, "Home power"))
        else:
            devices.append({"stat_consumption": slots["Home consumption"]})
    return {"energy_sources": sources, "device_consumption": devices}


def _grid(slots: Mapping[str, str], powered: Any, *, unified: bool) -> dict[str, Any]:
    taken, returned = slots.get("Grid consumption"), slots.get("Return to grid")
    price = {"entity_energy_price": None, "number_energy_price": None}
    if not unified:
        return {
            "type": "grid",
            "flow_from": [{"stat_energy_from": taken, "stat_cost": None, **price}] if taken else [],
            "flow_to": [{"stat_energy_to": returned, "stat_compensation": None, **price}] if returned else [],
            "cost_adjustment_day": 0,
        }
    grid = {
        "type": "grid",
        "stat_energy_from": taken,
        "stat_energy_to": returned,
        "stat_cost": None,
        "stat_compensation": None,
        **price,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0,
    }
    return dict(powered(grid, "Grid power (+ import)"))
