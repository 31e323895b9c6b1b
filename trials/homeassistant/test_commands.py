"""What is set in Home Assistant sticks in the vendor's cloud and comes back as state; what fails says why.

The trials build on one another, in order.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import pytest

from app.sinks.homeassistant.tables import PLATFORMS
from trials.homeassistant.conftest import World
from trials.homeassistant.harmless import unexpected
from trials.homeassistant.instance import until
from trials.homeassistant.schemas import month

SERIAL: Final = "MNH0000100"
DEVICE: Final = f"growatt_{SERIAL}"
"""A TLX-XH with a battery."""
WRITES: Final = "op=tlxSet"
"""The vendor's call that sets something on it."""
LIMIT: Final = 30
"""Seconds that a command may take: the last look at it comes after six."""


async def entity_id(world: World, key: str) -> str:
    """Return the id of a control of the device, which need not have been announced at once."""

    async def registered() -> str | None:
        entry = (await world.home.entities()).get(f"{DEVICE}_{key}")
        assert entry is None or entry["disabled_by"] is None, f"{key} is disabled"
        return str(entry["entity_id"]) if entry else None

    return str(await until(f"{key} is registered", registered))


async def shown(world: World, key: str) -> Mapping[str, Any]:
    """Return what Home Assistant shows of a control."""
    state: Mapping[str, Any] = (await world.home.states())[await entity_id(world, key)]
    return state


async def vendor(world: World, field: str) -> str:
    """Return how the device is set in the vendor's cloud."""
    return str((await world.park.cloud.look(f"settings/{SERIAL}"))[field])


async def call(world: World, service: str, key: str, **data: Any) -> None:
    """Call a service for a control."""
    await world.home.call(service, entity_id=await entity_id(world, key), **data)


async def becomes(world: World, key: str, state: str) -> Mapping[str, Any]:
    """Wait until a control shows a state, and nothing is pending; return it."""
    there: Mapping[str, Any] = {}

    async def same() -> bool:
        nonlocal there
        there = await shown(world, key)
        return bool(there["state"] == state and there["attributes"].get("pending") is None)

    try:
        await until(f"{key} is {state}", same, LIMIT)
    except AssertionError:
        pytest.fail(f"{key} is not {state!r} but {there}\n{world.park.bridge.said()[-3000:]}")
    return there


async def ends(world: World, key: str, status: str) -> Mapping[str, Any]:
    """Wait until the newest command of a control has ended in a certain way; return what the control shows."""
    there: Mapping[str, Any] = {}

    async def ended() -> bool:
        nonlocal there
        there = await shown(world, key)
        return bool((there["attributes"].get("last_command") or {}).get("status") == status)

    try:
        await until(f"{key} ends {status}", ended, LIMIT)
    except AssertionError:
        pytest.fail(f"{key} has not ended {status}: {there}\n{world.park.bridge.said()[-3000:]}")
    return there


async def event(world: World, kind: str, *keys: str) -> Mapping[str, Any]:
    """Wait until the device's event entity tells of one of some controls; return its attributes."""

    async def told() -> Mapping[str, Any] | None:
        attributes: Mapping[str, Any] = (await shown(world, "event"))["attributes"]
        return attributes if attributes.get("event_type") == kind and attributes.get("point") in keys else None

    found: Mapping[str, Any] = await until(f"the event {kind} of {keys}", told, LIMIT)
    return found


async def test_a_number_is_set_and_comes_back(world: World) -> None:
    assert await vendor(world, "chargePowerCommand") == "100"
    await becomes(world, "charge_rate", "100")
    await call(world, "number.set_value", "charge_rate", value=80)
    there = await becomes(world, "charge_rate", "80")
    assert await vendor(world, "chargePowerCommand") == "80"
    newest = there["attributes"]["last_command"]
    assert (newest["status"], newest["requested"], there["attributes"]["last_error"]) == ("confirmed", 80, None)
    told = await event(world, "command_confirmed", "charge_rate")
    assert told["id"] == newest["id"]


async def test_the_last_change_is_taken_back(world: World) -> None:
    await call(world, "button.press", "undo")
    await becomes(world, "charge_rate", "100")
    assert await vendor(world, "chargePowerCommand") == "100"


async def test_a_control_shows_the_last_confirmed_value_while_another_is_on_its_way(world: World) -> None:
    await world.park.cloud.control("cloud", settings_delay=2)
    await call(world, "number.set_value", "charge_rate", value=70)

    async def pending() -> bool:
        return bool((await shown(world, "charge_rate"))["attributes"].get("pending") == 70)

    await until("it is pending", pending, LIMIT, step=0.1)
    assert (await shown(world, "charge_rate"))["state"] == "100"
    await becomes(world, "charge_rate", "70")
    await world.park.cloud.control("cloud", settings_delay=0)


async def test_a_switch_is_turned_on_and_off(world: World) -> None:
    for service, state, kept in (("switch.turn_on", "on", "1"), ("switch.turn_off", "off", "0")):
        await call(world, service, "ac_charge_enabled")
        await becomes(world, "ac_charge_enabled", state)
        assert await vendor(world, "acChargeEnable") == kept


async def test_a_window_of_the_day_is_set_part_by_part_at_a_person_s_pace(world: World) -> None:
    parts: list[tuple[str, str, dict[str, str]]] = [
        ("text.set_value", "start", {"value": "01:30"}),  # after the end that stands there: it waits for the other
        ("text.set_value", "end", {"value": "05:00"}),
        ("select.select_option", "mode", {"option": "Battery first"}),
        ("switch.turn_on", "enabled", {}),
    ]
    for service, part, data in parts:
        await call(world, service, f"time_segment1_{part}", **data)
        await asyncio.sleep(4)  # longer than `merge`
    await becomes(world, "time_segment1_start", "01:30")
    await becomes(world, "time_segment1_end", "05:00")
    await becomes(world, "time_segment1_mode", "Battery first")
    await becomes(world, "time_segment1_enabled", "on")
    fields = ("forcedTimeStart1", "forcedTimeStop1", "time1Mode", "forcedStopSwitch1")
    assert [await vendor(world, field) for field in fields] == ["1:30", "5:0", "1", "1"]


async def test_a_button_acts(world: World) -> None:
    await call(world, "button.press", "sync_clock")
    there = await ends(world, "sync_clock", "unconfirmed")
    assert there["attributes"]["last_error"] is None, "the vendor has taken it, and has nothing to show for it"
    assert await vendor(world, "sysTime")


async def test_what_is_rejected_leaves_the_old_value_and_says_why(world: World) -> None:
    before = (await shown(world, "time_segment2_start"))["state"]
    for key, value in (("time_segment2_start", "04:00"), ("time_segment2_end", "06:00")):
        await call(world, "text.set_value", key, value=value)
    await call(world, "switch.turn_on", "time_segment2_enabled")
    there = await ends(world, "time_segment2_start", "rejected")
    assert there["state"] == before
    assert "overlap" in there["attributes"]["last_error"]
    assert there["attributes"]["pending"] is None
    await event(world, "command_failed", *(f"time_segment2_{part}" for part in ("start", "end", "enabled")))


async def test_what_the_vendor_only_claims_to_have_done_leaves_the_old_value_and_says_why(world: World) -> None:
    await world.park.cloud.control("fault", kind="ignored", path=WRITES, count=1)
    await call(world, "number.set_value", "charge_rate", value=33)
    there = await ends(world, "charge_rate", "unconfirmed")
    assert there["state"] == "70"
    assert "charge_rate is 70" in there["attributes"]["last_error"]
    told = await event(world, "command_failed", "charge_rate")
    assert told["message"] == there["attributes"]["last_error"]
    assert told["id"] == there["attributes"]["last_command"]["id"]


async def test_newer_releases_set_times_with_a_clock_and_a_calendar(world: World) -> None:
    if month(world.home.release) < PLATFORMS["time"].since:
        pytest.skip(f"{world.home.release.version} knows text only")
    start, clock = f"{DEVICE}_time_segment1_start", f"{DEVICE}_device_clock"
    text = (await world.home.entities())[start]["entity_id"]
    entities = {"*/device_clock": {"enabled": True}}
    await world.restart_bridge(minimum_version="2026.11", entities=entities)

    async def are(*platforms: str) -> None:
        """Wait until a time and a moment are of these platforms, and the registry has nothing else."""

        async def same() -> bool:
            announced = world.announced.entities
            shown = tuple(announced[name].platform for name in (start, clock) if name in announced)
            kinds = {(entry["unique_id"], entry["entity_id"].partition(".")[0]) for entry in await world.home.entries()}
            return shown == platforms and kinds == {(name, entity.platform) for name, entity in announced.items()}

        await until(f"what was set with a text is set with {platforms}", same)

    await are("time", "datetime")
    assert text not in await world.home.states()
    await becomes(world, "time_segment1_start", "01:30:00")
    await call(world, "time.set_value", "time_segment1_start", time="02:15:00")
    await becomes(world, "time_segment1_start", "02:15:00")
    assert await vendor(world, "forcedTimeStart1") == "2:15"
    await call(world, "time.set_value", "time_segment1_start", time="02:15:30")
    there = await ends(world, "time_segment1_start", "rejected")
    assert there["state"] == "02:15:00"
    if (await world.home.entities())[clock]["disabled_by"]:  # as it was when it was a text
        entry = (await world.home.entities())[clock]["entity_id"]
        await world.home.ask("config/entity_registry/update", entity_id=entry, disabled_by=None)

        async def there_now() -> bool:
            return entry in await world.home.states()

        await until("the calendar is enabled", there_now)
    await call(world, "datetime.set_value", "device_clock", datetime="2026-11-21T18:30:00+00:00")

    async def kept() -> bool:
        return (await vendor(world, "sysTime")).startswith("2026-11-21 19:30:00")

    await until("the plant's clock is set by its own zone", kept, LIMIT)
    await world.restart_bridge()
    await are("text", "text")
    await becomes(world, "time_segment1_start", "02:15")


async def test_none_of_it_made_home_assistant_complain(world: World) -> None:
    assert unexpected(world.home) == []
