"""A daemon that takes commands, with a real mosquitto and the simulated cloud around it; time passes as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiomqtt

from app.daemon import Daemon
from tests.broker import LIMIT, Ear
from tests.whole.test_daemon import House, until

SERIAL = "MNH0000100"
DEVICE = f"growatt_{SERIAL}"
WRITE = "op=tlxSet"
LOOK = "op=getTlxSetData"
POINT = "charge_rate"
FIELD = "chargePowerCommand"
"""What the simulated device keeps it as."""


def command_topic(key: str = POINT, device: str = DEVICE) -> str:
    return f"heliopost/device/{device}/{key}/set"


def result_topic(key: str = POINT, device: str = DEVICE) -> str:
    return f"heliopost/device/{device}/{key}/result"


class Desk:
    """One run of a daemon, and what it says to commands."""

    def __init__(self, house: House, daemon: Daemon, ear: Ear) -> None:
        self.house, self.daemon, self.ear = house, daemon, ear

    @property
    def writes(self) -> list[dict[str, str]]:
        """What has been written, by the cloud's own log."""
        return writes(self.house)

    def offered_by(self, device_id: str) -> set[str]:
        """Return the keys of what can be set on a device, if commands are on."""
        device = self.daemon.store.device(device_id)
        door = self.daemon.accounts.reach(device) if device else None
        return {setting.key for _, setting in door.settings(device)} if device and door else set()

    def results(self, key: str = POINT, device: str = DEVICE) -> list[dict[str, Any]]:
        return [json.loads(said) for said in self.ear.of(result_topic(key, device))]

    def statuses(self, key: str = POINT) -> list[str]:
        return [answer["status"] for answer in self.results(key)]

    async def send(self, payload: object, key: str = POINT, device: str = DEVICE, **more: Any) -> None:
        """Send a command, and return when the bridge's journal has it."""
        body = json.dumps(payload) if isinstance(payload, dict) else payload
        await self.ear.client.publish(command_topic(key, device), body, qos=1, **more)  # type: ignore[arg-type]  # any

    async def pass_until(self, true: Callable[[], object], *, step: float = 1.0, most: int = 2000) -> None:
        """Let time pass, a little at once, until something is so."""
        for _ in range(most):
            if true():
                return
            self.house.cloud.clock.move(timedelta(seconds=step))  # type: ignore[attr-defined]  # a driven clock
            await asyncio.sleep(0.003)
        msg = f"it never came true; heard: {[heard for heard in self.ear.heard if 'result' in heard.topic]}"
        raise AssertionError(msg)

    async def pause(self) -> None:
        """Let everything come through that is under way, without any time passing."""
        await asyncio.sleep(0.05)

    async def ended(self, count: int = 1, key: str = POINT, *, step: float = 1.0) -> list[dict[str, Any]]:
        """Let time pass until so many answers have come, and a while longer; return them."""
        await self.pass_until(lambda: len(self.results(key)) >= count, step=step)
        await self.pause()
        assert len(self.results(key)) == count, self.results(key)
        return self.results(key)

    def stage(self, command_id: str) -> str | None:
        """Return how far the journal says a command has come."""
        found = self.daemon.commands._journal.named(command_id)
        return str(found[0].stage) if found else None


def writes(house: House) -> list[dict[str, str]]:
    return [{**asked.query, **asked.form} for asked in house.cloud.requests if asked.query.get("op") == "tlxSet"]


def config(house: House, *, commands: dict[str, Any] | None = None, **more: Any) -> Any:
    return house.config(commands={"enabled": True, "pause": "0s"} | (commands or {}), **more)


@asynccontextmanager
async def desk(
    house: House, *, commands: dict[str, Any] | None = None, device: str = DEVICE, **more: Any
) -> AsyncIterator[Desk]:
    """Run a daemon whose accounts have found their devices."""
    async with house.broker.ear() as ear, house.daemon(config(house, commands=commands, **more)) as daemon:
        made = Desk(house, daemon, ear)
        await until(ear, lambda: all(status.last_poll for status in daemon.bridge.accounts.values()))
        await made.pass_until(lambda: POINT in made.offered_by(device), step=0)
        yield made


@asynccontextmanager
async def client(house: House, version: aiomqtt.ProtocolVersion) -> AsyncIterator[aiomqtt.Client]:
    """Connect by one version of MQTT."""
    async with aiomqtt.Client(house.broker.host, house.broker.port, protocol=version, timeout=LIMIT) as made:
        yield made
