"""A command does not wait for a long poll: it goes between two of its calls."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Account, Cloud, demo_fleet, serve
from tests.broker import Mosquitto
from tests.whole.test_daemon import LIMIT, NOON, PASSWORD, House, StillClock, until
from tests.whole.test_two_accounts import concluded

DEVICE = "growatt_MNH0000100"
WRITE = "newTcpsetAPI.do"


@pytest.fixture
def clock() -> DrivenClock:
    return StillClock(NOON)


@pytest.fixture
async def house(mosquitto: Mosquitto, clock: DrivenClock, tmp_path: Path) -> AsyncIterator[House]:
    cloud = Cloud(clock, fleet=demo_fleet(), accounts=[Account("demo", PASSWORD)])
    async with serve(cloud) as url:
        yield House(mosquitto, cloud, url, tmp_path)


async def test_a_command_goes_between_two_calls_of_a_poll(house: House, clock: DrivenClock) -> None:
    config = house.config(commands={"enabled": True})
    async with house.broker.ear() as ear, house.daemon(config) as daemon:
        await until(ear, lambda: any(status.last_poll for status in daemon.bridge.accounts.values()))
        await daemon.accounts.poll("home")
        asked = house.cloud.requests
        asked.clear()
        polling = asyncio.create_task(daemon.accounts.poll("home"))
        await turns(lambda: bool(asked))
        topic = f"heliopost/device/{DEVICE}/active_power_rate"
        await ear.say(f"{topic}/set", "44")
        await turns(lambda: any(WRITE in each.path for each in asked))
        written = len(asked)
        assert not polling.done()
        await polling
        assert len(asked) > written  # the poll went on
        assert json.loads(await concluded(ear, clock, f"{topic}/result"))["status"] == "confirmed"


async def turns(true: Callable[[], bool]) -> None:
    """Let the others have their turn until something is true."""
    async with asyncio.timeout(LIMIT):
        while not true():  # noqa: ASYNC110 - the cloud says nothing when it is asked
            await asyncio.sleep(0)
