"""Commands over the token API, whole: a message on the broker becomes a setting in the cloud, and an answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import TOKEN, Cloud, openapi_fleet, serve
from tests.broker import Ear, Mosquitto
from tests.core.factory import NOON
from tests.whole.test_daemon import House, StillClock, until

MIN, SPH, NOAH = "MNH0000100", "SPH0000200", "0PV0000600"


@pytest.fixture
async def house(mosquitto: Mosquitto, tmp_path: Path) -> AsyncIterator[House]:
    cloud = Cloud(StillClock(NOON), fleet=openapi_fleet())
    async with serve(cloud) as url:
        yield House(mosquitto, cloud, url, tmp_path)


def battery(ear: Ear, serial: str) -> float | None:
    """Return a device's state of charge once it has been read: then it is known to have a battery to set."""
    found: float | None = json.loads(ear.last.get(f"heliopost/device/growatt_{serial}/state", "{}")).get("battery_soc")
    return found


async def answered(house: House, ear: Ear, device: str, key: str) -> dict[str, Any]:
    """Let time pass until the last command of a point is answered."""
    topic = f"heliopost/device/{device}/{key}/result"
    clock = house.cloud.clock
    assert isinstance(clock, DrivenClock)
    for _ in range(1_000):
        if heard := ear.of(topic):
            return dict(json.loads(heard[-1]))
        if all(asked.status for asked in list(house.cloud.requests)[-10:]):  # else somebody waits for an answer
            clock.move(timedelta(seconds=5))
        await asyncio.sleep(0.01)
    msg = f"no answer on {topic}"
    raise AssertionError(msg)


async def test_a_token_account_takes_commands_over_mqtt(house: House) -> None:
    config = house.config(
        commands={"enabled": True, "pause": "0s", "ttl": "15m"},
        accounts={"roof": {"provider": "growatt", "api": "openapi", "token": TOKEN, "server_url": house.url}},
    )
    async with house.broker.ear() as ear, house.daemon(config):
        await until(ear, lambda: all(battery(ear, serial) is not None for serial in (MIN, SPH, NOAH)))
        house.cloud.settings_delay = timedelta(seconds=20)

        async def ask(serial: str, key: str, payload: str) -> dict[str, Any]:
            device = f"growatt_{serial}"
            await ear.client.publish(f"heliopost/device/{device}/{key}/set", payload, qos=1)
            return await answered(house, ear, device, key)

        answer = await ask(MIN, "charge_rate", "40")
        assert answer["status"] == "confirmed", answer
        window = {"start": "01:00", "end": "05:30", "enabled": True}
        answer = await ask(SPH, "charge_period1", json.dumps(window))
        assert answer["status"] == "confirmed", answer
        answer = await ask(NOAH, "default_power", "350")
        assert answer["status"] == "confirmed", answer
        assert house.cloud.settings(MIN)["chargePowerCommand"] == "40"
        assert house.cloud.settings(SPH)["forcedChargeTimeStop1"] == "5:30"
        assert house.cloud.settings(NOAH)["defaultPower"] == "350"
        sent = [asked.path for asked in house.cloud.requests if asked.path.endswith(("Set", "setPower"))]
        assert sent == ["/v1/tlxSet", "/v1/mixSet", "/v4/new-api/setPower"]

        raw = {"method": "min_write_time_segment", "serial": MIN, "type": "3", "params": [2, 17, 0, 21, 0, True]}
        await ear.client.publish("heliopost/bridge/request/put", json.dumps(raw), qos=1)
        answer = await answered(house, ear, f"growatt_{MIN}", "time_segment3")
        assert answer["status"] == "confirmed", answer
        assert house.cloud.settings(MIN)["forcedTimeStart3"] == "17:0"
        assert TOKEN not in "".join(str(heard) for heard in ear.heard)
