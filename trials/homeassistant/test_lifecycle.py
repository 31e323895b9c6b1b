"""What happens to the entities when a part goes, comes back or changes. The trials build on one another, in order."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from trials.homeassistant.announced import CONTROLS, Entity
from trials.homeassistant.conftest import COMMANDS, World
from trials.homeassistant.harmless import BROKER_AWAY, REMOVED, to_repair, unexpected
from trials.homeassistant.instance import until
from trials.homeassistant.test_entities import test_units_and_classes_are_those_announced as units_and_classes

NOAH = "growatt_0PV0000600"
ITS_LOGGER = "growatt_XGD9158620"
SPA = "growatt_SPA0000500"
LOGGER = "growatt_XGD9251416"


@asynccontextmanager
async def bridge_asleep(world: World) -> AsyncIterator[None]:
    """Let the bridge neither hear nor say anything meanwhile."""
    world.park.bridge.pause()
    try:
        yield
    finally:
        world.park.bridge.resume()


async def connected(world: World) -> None:
    """Wait until Home Assistant and the bridge are back at a broker that has been away."""
    await world.new_ear()
    await world.park.ear.hears("heliopost/bridge/state", "online")

    async def back() -> bool:
        log = world.park.broker.log()
        return "u'homeassistant'" in log and "u'heliopost'" in log

    await until("both are back at the broker", back)


async def test_a_restart_of_the_broker_restores_everything(world: World) -> None:
    world.park.broker.stop()
    world.park.broker.start()
    await connected(world)
    await world.whole()
    await world.registered()
    await world.right()


async def test_a_broker_that_forgot_everything_is_told_everything_again(world: World) -> None:
    world.park.broker.stop()
    world.broker_file.unlink()
    world.park.broker.start()
    await connected(world)
    await world.whole()
    await world.registered()
    await world.right()


async def test_a_restarted_home_assistant_has_everything_before_the_bridge_says_a_word(world: World) -> None:
    for entry in (await world.registered()).values():
        if entry["disabled_by"]:
            await world.home.ask("config/entity_registry/update", entity_id=entry["entity_id"], disabled_by=None)
    async with bridge_asleep(world):
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await world.home.restart()
        await world.right()
        world.figures["all states after a restart"] = loop.time() - begin
        entities = await world.registered()
        assert not [entry for entry in entities.values() if entry["disabled_by"]]
        world.figures["MB with all entities enabled"] = world.home.memory()


async def test_what_was_disabled_has_its_unit_and_class_as_well(world: World) -> None:
    await units_and_classes(world)


async def test_without_the_bridge_its_entities_are_unavailable_and_come_back_with_it(world: World) -> None:
    entities, link = await world.registered(), f"{world.bridge}_connectivity"
    world.park.bridge.kill()

    async def states_of_ours() -> dict[str, str]:
        states = await world.home.states()
        return {unique_id: states[entry["entity_id"]]["state"] for unique_id, entry in entities.items()}

    async def all_away() -> bool:
        states = await states_of_ours()
        return states.pop(link) == "off" and set(states.values()) == {"unavailable"}

    await until("everything but the connectivity is unavailable", all_away)
    await world.park.bridge.start()
    await world.park.bridge.ready()
    await world.whole()
    await world.right()
    assert await world.registered() == entities


async def test_a_device_that_left_the_account_disappears(world: World) -> None:
    left = {NOAH, ITS_LOGGER}
    await world.park.cloud.control("device", remove=NOAH.partition("_")[2])

    async def gone() -> bool:
        await world.park.ear.say("heliopost/bridge/request/rediscover", "{}")
        return not left & world.announced.devices.keys()

    await until("the bridge takes the device back", gone, step=1)
    world.expected -= len(left)
    await world.registered()

    async def unknown() -> bool:
        return not left & (await world.home.devices()).keys()

    await until("Home Assistant has forgotten the device", unknown)


async def test_an_excluded_device_disappears_and_comes_back_as_it_was(world: World) -> None:
    before = await world.registered()
    await world.restart_bridge(exclude=[SPA])

    async def gone() -> bool:
        return SPA not in await world.home.devices()

    await until("Home Assistant has forgotten the device", gone)
    await world.restart_bridge()
    await world.whole()
    await world.right()
    after = await world.registered()
    assert {name: entry["entity_id"] for name, entry in after.items()} == {
        name: entry["entity_id"] for name, entry in before.items()
    }


async def test_a_device_deleted_in_home_assistant_stays_away_until_it_is_asked_for(world: World) -> None:
    await world.home.remove_device((await world.home.devices())[LOGGER])

    async def unannounced() -> bool:
        return LOGGER not in world.announced.devices and LOGGER not in await world.home.devices()

    await until("the device is announced no more", unannounced)
    await world.park.ear.say("heliopost/bridge/request/poll", "{}")
    await asyncio.sleep(3)  # longer than `settle`, after which it would be announced again
    assert await unannounced()
    await world.park.ear.say("heliopost/bridge/request/rediscover", "{}")

    async def back() -> bool:
        return LOGGER in await world.home.devices()

    await until("the device is back", back)
    await world.right()


async def test_a_topic_that_is_cleared_makes_its_values_unknown_without_an_error(world: World) -> None:
    device = "growatt_MNH0000100"
    online = (await world.registered())[f"{device}_online"]["entity_id"]
    for topic in (f"heliopost/device/{device}/state", "heliopost/account/home/state", "heliopost/bridge/info"):
        await world.park.ear.say(topic, "", retain=True)

    async def unknown() -> bool:
        return bool((await world.home.states())[online]["state"] == "unknown")

    await until("the value is unknown", unknown)
    assert unexpected(world.home, *BROKER_AWAY, *REMOVED) == []
    await world.restart_bridge()
    await world.right()


Kinds = set[tuple[str, str]]
"""Entities by unique id and platform."""


async def kinds(world: World) -> tuple[Kinds, Kinds]:
    """Return what the registry has, and what of it is enabled."""
    entries = await world.home.entries()
    every = {(entry["unique_id"], entry["entity_id"].partition(".")[0]): entry for entry in entries}
    return set(every), {kind for kind, entry in every.items() if not entry["disabled_by"]}


async def switched(world: World, wanted: Kinds, *, on: bool) -> None:
    """Switch commands on or off, and wait until exactly this is announced and in the registry."""
    world.park.bridge.configuration["commands"] = {**COMMANDS, "enabled": on}
    await world.park.bridge.reload()
    wrong: Kinds = set()

    async def done() -> bool:
        nonlocal wrong
        announced = {(name, entity.platform) for name, entity in world.announced.entities.items()}
        there, enabled = await kinds(world)
        # 2025.4 leaves in its registry what was disabled when it was taken back.
        wrong = (announced ^ wanted) | (announced - there) | (enabled - announced)
        return not wrong

    try:
        await until(f"commands are {'on' if on else 'off'}", done)
    except AssertionError:
        pytest.fail(f"{sorted(wrong)[:40]}\n{world.home.said()[-3000:]}")


def read_only(heard: Mapping[str, str], entity: Entity) -> Kinds:
    """Return what an entity is when nothing can be set: no control, and what has no value is not there at all."""
    state = f"heliopost/device/{entity.device}/state"
    if entity.platform not in CONTROLS or state not in heard:  # the bridge's own can always be set
        return {(entity.unique_id, entity.platform)}
    values = json.loads(heard[state])
    if entity.key not in values:
        return set()
    return {(entity.unique_id, "binary_sensor" if entity.platform == "switch" else "sensor")}


async def test_without_commands_nothing_is_a_control_and_with_them_all_come_back(world: World) -> None:
    entities = world.announced.entities.values()
    before = {(entity.unique_id, entity.platform) for entity in entities}
    bare = {kind for entity in entities for kind in read_only(world.park.ear.last, entity)}
    assert len(before - bare) > 50
    bridge = world.bridge
    assert {kind for name, kind in bare if not name.startswith(bridge)} == {"sensor", "binary_sensor", "event"}
    for wanted, on in ((bare, False), (before, True)):
        begin = asyncio.get_running_loop().time()
        await switched(world, wanted, on=on)
        world.figures[f"commands {'on' if on else 'off'} after"] = asyncio.get_running_loop().time() - begin
        await world.right()


async def ids(world: World) -> dict[str, Any]:
    """Return what must not change with the names."""
    entities = await world.registered()
    return {name: (entry["entity_id"], entry["id"], entry["disabled_by"]) for name, entry in entities.items()}


async def names(world: World) -> dict[str, str]:
    """Return the names of entities when they are shown as they are announced, each behind its device's."""
    shown: dict[str, str] = {}

    async def same() -> bool:
        announced, registry, states = world.announced, await world.home.entities(), await world.home.states()
        for name, entity in announced.entities.items():
            if name not in registry:
                return False
            if registry[name]["disabled_by"]:
                continue
            # The registry itself follows at once only in newer releases; in 2025.4 when Home Assistant restarts.
            whole = states.get(registry[name]["entity_id"], {}).get("attributes", {}).get("friendly_name")
            device, shown[name] = announced.devices[entity.device]["name"], entity.config["name"]
            if whole != f"{device} {shown[name]}":
                return False
        return announced.entities.keys() == registry.keys()

    await until("the names that are announced", same)
    return shown


async def test_another_language_changes_names_and_nothing_else(world: World) -> None:
    english, before = await names(world), await ids(world)
    await world.restart_bridge(language="de")
    await world.whole()
    german = await names(world)
    assert await ids(world) == before
    power = "growatt_MNH0000100_pv_power"
    assert german[power] != english[power]
    await world.restart_bridge()
    await world.whole()
    assert await names(world) == english
    assert await ids(world) == before
    await world.right()


async def test_one_message_an_entity_and_back_keeps_every_entity(world: World) -> None:
    before = await ids(world)

    async def moved(single: int) -> bool:
        ours = [topic for topic in world.park.ear.last if topic.startswith("homeassistant/") and "/config" in topic]
        whole = [topic for topic in ours if topic.startswith("homeassistant/device/")]
        return len(ours) - len(whole) == single and bool(whole) != bool(single)

    for mode, single in (("single", len(before)), ("device", 0)):
        await world.restart_bridge(mode=mode, pace=100)

        async def there(single: int = single) -> bool:
            return await moved(single) and (await world.home.entities()).keys() == before.keys()

        await until(f"everything is announced in mode {mode}", there, step=1)
        entities = await world.home.entities()
        after = {name: (entry["entity_id"], entry["id"], entry["disabled_by"]) for name, entry in entities.items()}
        assert after == before
    await world.whole()
    await world.right(200)


async def test_home_assistant_restarted_in_the_middle_of_an_announcement_has_everything_in_the_end(
    world: World,
) -> None:
    await world.restart_bridge(enabled=False)

    async def nothing() -> bool:
        return not await world.home.entities()

    await until("everything is taken back", nothing)
    await world.restart_bridge(pace=0.5)  # a device each two seconds: Home Assistant needs several to stop

    async def some() -> bool:
        return 4 < len(await world.home.devices()) < world.expected

    await until("some of the devices are there", some)
    await world.home.stop()
    assert len(world.announced.devices) < world.expected, "the announcement was over already"
    await world.home.start()
    await world.home.log_in()
    await world.whole()
    await world.registered()
    await world.right()


async def test_none_of_it_made_home_assistant_complain(world: World) -> None:
    assert unexpected(world.home, *BROKER_AWAY, *REMOVED) == []


async def test_none_of_it_is_to_be_repaired(world: World) -> None:
    assert await to_repair(world.home) == set()
