"""What can be done to the bridge from within Home Assistant."""

import json

from trials.homeassistant.conftest import World
from trials.homeassistant.instance import until


async def entity_id(world: World, key: str) -> str:
    """Return the id of an entity of the bridge's own device."""
    return str((await world.registered())[f"{world.bridge}_{key}"]["entity_id"])


async def test_the_button_polls_all_accounts_at_once(world: World) -> None:
    button, last_poll = await entity_id(world, "poll"), await entity_id(world, "account_home_last_poll")
    before = (await world.home.states())[last_poll]["state"]
    await world.home.call("button.press", entity_id=button)

    async def answered() -> bool:
        return bool(world.park.ear.of("heliopost/bridge/response/poll"))

    await until("the bridge has polled", answered)
    answer = json.loads(world.park.ear.of("heliopost/bridge/response/poll")[-1])
    assert answer["data"]["accounts"]["home"]["polled"] is True

    async def later() -> bool:
        return bool((await world.home.states())[last_poll]["state"] > before)

    await until("a later poll is shown", later)


async def test_the_log_level_is_chosen_from_home_assistant(world: World) -> None:
    select = await entity_id(world, "log_level")
    for level in ("debug", "info"):
        await world.home.call("select.select_option", entity_id=select, option=level)

        async def shown(level: str = level) -> bool:
            return bool((await world.home.states())[select]["state"] == level)

        await until(f"the bridge says that it logs at {level}", shown)
