"""The app's account and a token of the OpenAPI see the same plant: one simulated cloud, both of its APIs."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.daemon import Daemon
from simulator.clock import DrivenClock
from simulator.growatt import Account, Cloud, one_plant, serve
from simulator.growatt.openapi_access import TOKEN
from tests.broker import Ear, Mosquitto
from tests.whole.test_daemon import LIMIT, NOON, PASSWORD, House, StillClock, answer, device_ids, until

FIVE = timedelta(minutes=5, seconds=30)  # as soon as the token may be asked again
SERIAL, INVERTER, PLANT = "MNH0000100", "growatt_MNH0000100", "growatt_plant_1400001"


@pytest.fixture
def clock() -> DrivenClock:
    return StillClock(NOON)


@pytest.fixture
async def house(mosquitto: Mosquitto, clock: DrivenClock, tmp_path: Path) -> AsyncIterator[House]:
    cloud = Cloud(clock, fleet=one_plant(), accounts=[Account("demo", PASSWORD)])
    cloud.openapi.limited = False  # polls are asked for here, as often as the test likes
    async with serve(cloud) as url:
        yield House(mosquitto, cloud, url, tmp_path)


def both(house: House, *, token: int = 10, **more: Any) -> Any:
    app = {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": house.url}
    other = {"provider": "growatt", "api": "openapi", "token": TOKEN, "server_url": house.url, "priority": token}
    return house.config(accounts={"app": app, "token": other}, **more)


def seen_by(daemon: Daemon) -> dict[str, set[str]]:
    return {device.id: set(daemon.store.sources.accounts(device)) for device in daemon.store.devices}


async def everything(daemon: Daemon, ear: Ear) -> None:
    """Wait until both accounts have been read once, and everything is announced."""
    await until(ear, lambda: all(status.last_poll for status in daemon.bridge.accounts.values()))
    for name in ("app", "token"):
        await daemon.accounts.rediscover(name)
        await daemon.accounts.poll(name)
    for device in daemon.store.devices:
        await ear.hears(f"homeassistant/device/{device.id}/config")
    await daemon.homeassistant._settled.wait()


def shown(daemon: Daemon, device_id: str, key: str) -> tuple[Any, str]:
    """Return a value as /api/devices tells it, and the account that it came from."""
    bodies = {body["id"]: body for body in daemon.health.devices()["devices"]}
    point = bodies[device_id]["points"][key]
    return point["value"], point["account"]


def announced(ear: Ear) -> dict[str, list[str]]:
    """Return every announcement of a device to Home Assistant, by topic."""
    topics = {heard.topic for heard in ear.heard if heard.topic.startswith("homeassistant/device/growatt_")}
    return {topic: ear.of(topic) for topic in topics}


async def test_both_apis_bring_the_same_devices_and_the_higher_priority_counts(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon(both(house)) as daemon:
        await everything(daemon, ear)
        seen = seen_by(daemon)
        assert {INVERTER, PLANT} <= {device for device, accounts in seen.items() if accounts == {"app", "token"}}
        assert device_ids(ear) <= set(seen)
        facts = json.loads(await ear.hears(f"heliopost/device/{INVERTER}/attributes"))
        assert (facts["account"], facts["serial"]) == ("token", SERIAL)
        assert shown(daemon, INVERTER, "pv_power")[1] == "token"
        points = daemon.store.points(INVERTER)
        origins = daemon.store.sources.origins(INVERTER)
        assert set(origins.values()) == {"app", "token"}  # what V1 lacks comes from the app
        assert {key for key in points if origins.get(key) == "token"} > {"pv_power", "battery_soc", "pv_energy_total"}
    async with house.broker.ear() as ear, house.daemon(both(house, token=-10)) as daemon:
        await everything(daemon, ear)
        assert shown(daemon, INVERTER, "pv_power")[1] == "app"
        facts = json.loads(await ear.hears(f"heliopost/device/{INVERTER}/attributes"))
        assert facts["account"] == "app"


async def test_the_other_account_steps_in_while_the_better_one_is_locked_and_steps_back(
    house: House, clock: DrivenClock
) -> None:
    async with house.broker.ear() as ear, house.daemon(both(house, token=-10)) as daemon:
        await everything(daemon, ear)
        before = announced(ear)
        energies = []

        async def passes(*accounts: str) -> None:
            clock.move(FIVE)
            for name in accounts:
                await daemon.accounts.poll(name)
            await daemon.bridge.tick()
            energies.append(shown(daemon, INVERTER, "pv_energy_total")[0])

        house.cloud.lock("demo", 1)
        house.cloud.expire_sessions()
        for _ in range(2):
            await passes("app", "token")
            assert shown(daemon, INVERTER, "pv_power")[1] == "app"
        for _ in range(9):
            await passes("app", "token")
            value, account = shown(daemon, INVERTER, "pv_power")
            assert account == "token"
            assert value is not None
        assert daemon.bridge.accounts["app"].state == "locked"
        until_then = daemon.bridge.accounts["app"].until
        assert until_then is not None
        clock.move(until_then - clock.now())
        await passes("app", "token")
        assert shown(daemon, INVERTER, "pv_power")[1] == "app"
        assert energies == sorted(energies)
        assert energies[-1] > energies[0]
        assert announced(ear) == before
        document = before[f"homeassistant/device/{INVERTER}/config"][-1]
        assert "heliopost/account/" not in document  # it is available whichever account is not
        assert not [heard for heard in ear.heard if heard.topic.startswith("heliopost/device/") and not heard.payload]


async def test_an_account_that_is_taken_out_leaves_the_devices_that_the_other_sees(house: House) -> None:
    configs = [both(house)]
    async with house.broker.ear() as ear, house.daemon(both(house), reread=lambda: configs[-1]) as daemon:
        await everything(daemon, ear)
        app = {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": house.url}
        configs.append(house.config(accounts={"app": app}))
        known = set(seen_by(daemon))
        assert (await answer(ear, "reload"))["data"]["stopped"] == ["token"]
        assert seen_by(daemon) == {device_id: {"app"} for device_id in known}
        await daemon.accounts.poll("app")
        assert shown(daemon, INVERTER, "pv_power")[1] == "app"
        facts = json.loads(ear.of(f"heliopost/device/{INVERTER}/attributes")[-1])
        assert facts["account"] == "app"
        topic = f"homeassistant/device/{INVERTER}/config"
        await until(ear, lambda: "heliopost/account/app/state" in ear.of(topic)[-1])
        assert "" not in ear.of(topic)


WRITES = {"app": "newTcpsetAPI.do", "token": "v1/tlxSet"}
"""Where a setting of a MIN is changed, by API."""


@pytest.mark.parametrize("via", ["app", "token"])
async def test_settings_are_changed_through_the_account_that_is_named(
    house: House, clock: DrivenClock, via: str
) -> None:
    config = both(house, commands={"enabled": True}, devices={INVERTER: {"write_via": via}})
    async with house.broker.ear() as ear, house.daemon(config) as daemon:
        await everything(daemon, ear)
        key = "active_power_rate"
        await ear.say(f"heliopost/device/{INVERTER}/{key}/set", "55")
        result = json.loads(await concluded(ear, clock, f"heliopost/device/{INVERTER}/{key}/result"))
        assert (result["status"], result.get("code")) == ("confirmed", "confirmed")
        written = {name for name, path in WRITES.items() for asked in house.cloud.requests if path in asked.path}
        assert written == {via}
        assert shown(daemon, INVERTER, key) == (55.0, via)
        clock.move(timedelta(minutes=11))
        for name in ("app", "token"):
            await daemon.accounts.poll(name)
        assert shown(daemon, INVERTER, key)[0] == 55.0


async def concluded(ear: Ear, clock: DrivenClock, topic: str) -> str:
    """Let time pass until a command has its answer."""
    async with asyncio.timeout(LIMIT):
        while not ear.of(topic):
            clock.move(timedelta(seconds=1))
            await asyncio.sleep(0.005)
    return ear.of(topic)[-1]
