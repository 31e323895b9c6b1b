"""What the real Home Assistant makes of the whole park: every device, every entity, every state."""

from datetime import datetime
from typing import Any

from trials.homeassistant.conftest import World
from trials.homeassistant.harmless import to_repair, unexpected


async def test_every_announced_entity_exists_and_no_other(world: World) -> None:
    registry = await world.registered()
    assert len(registry) > 1500
    assert len(world.announced.devices) == 27


async def test_every_entity_shows_what_its_device_said(world: World) -> None:
    await world.right()


async def test_entities_are_enabled_categorised_and_named_as_announced(world: World) -> None:
    registry = await world.registered()
    wrong = []
    for unique_id, entity in world.announced.entities.items():
        entry, config = registry[unique_id], entity.config
        shown = (
            entry["entity_id"],
            entry["disabled_by"],
            entry["entity_category"],
            entry["original_name"],
            entry["hidden_by"],
        )
        wanted = (
            config["default_entity_id"],
            None if config.get("enabled_by_default", True) else "integration",
            config.get("entity_category"),
            config["name"],
            None,
        )
        if shown != wanted:
            wrong.append((shown, wanted))
    assert not wrong[:20]


def shown_by(state: dict[str, Any]) -> dict[str, Any]:
    attributes = state["attributes"]
    names = ("unit_of_measurement", "device_class", "state_class", "options", "event_types", "icon")
    return {name: attributes[name] for name in names if name in attributes}


async def test_units_and_classes_are_those_announced(world: World) -> None:
    registry, states = await world.registered(), await world.home.states()
    wrong = []
    for unique_id, entity in world.announced.entities.items():
        if registry[unique_id]["disabled_by"]:
            continue
        shown = shown_by(states[registry[unique_id]["entity_id"]])
        wanted = {
            name: entity.config[name]
            for name in (*shown, "unit_of_measurement", "device_class", "state_class")
            if name in entity.config
        }
        if shown != wanted:
            wrong.append((unique_id, shown, wanted))
    assert not wrong[:20]


async def test_devices_show_what_they_are_and_hang_where_they_belong(world: World) -> None:
    devices = await world.home.devices()
    assert devices.keys() == world.announced.devices.keys()
    identifiers = {device["id"]: identifier for identifier, device in devices.items()}
    for identifier, wanted in world.announced.devices.items():
        device = devices[identifier]
        assert device["name"] == wanted["name"]
        assert device["manufacturer"] == wanted["mf"]
        assert device["model"] == wanted["mdl"]
        assert device["serial_number"] == wanted.get("sn")
        assert device["sw_version"] == wanted.get("sw")
        assert identifiers.get(device["via_device_id"]) == wanted.get("via_device")


async def test_a_battery_hangs_below_its_inverter_its_plant_and_the_bridge(world: World) -> None:
    devices = await world.home.devices()
    by_id = {device["id"]: device for device in devices.values()}
    chain, above = [], devices["growatt_HVA0000100"]["id"]
    while above is not None:
        chain.append(by_id[above]["name"])
        above = by_id[above]["via_device_id"]
    assert chain == ["BAT HVA0000100", "MIN 6000TL-XH MNH0000100", "Home", "Heliopost bridge"]


async def test_every_family_of_devices_is_there(world: World) -> None:
    # Models are not asked for: Growatt tells the real one only with a device's settings, which are read now and then.
    serials = "MNH0000100 SPH0000200 SPF0000300 NXB0000400 MAX0000402 SPA0000500 MNA0000700 HVA0000100 0PV0000600"
    assert {f"growatt_{serial}" for serial in serials.split()} <= (await world.home.devices()).keys()


async def test_times_are_times(world: World) -> None:
    registry, states = await world.registered(), await world.home.states()
    entry = registry["growatt_MNH0000100_last_update"]
    shown = states[entry["entity_id"]]["state"]
    assert datetime.fromisoformat(shown).tzinfo is not None


async def test_nothing_is_to_be_repaired(world: World) -> None:
    assert await to_repair(world.home) == set()


async def test_home_assistant_complains_of_nothing(world: World) -> None:
    assert unexpected(world.home) == []
