"""SIGKILL in each state of a command, and a restart: what was sent is never sent again, and there is one answer."""

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from app.clock import SystemClock
from simulator.growatt import Cloud
from tests.broker import Ear, Mosquitto
from tests.whole.commanding import DEVICE, FIELD, LOOK, SERIAL, WRITE, command_topic, result_topic
from tests.whole.program import LIMIT, Program, bridge, configure, simulated

COMMANDS = {"enabled": True, "pause": "0s", "merge": "0.1s", "ttl": "60s", "read_back": ["0.2s", "1s", "2s", "4s"]}


class Scene:
    """A cloud, a broker and a folder in which bridges live and die."""

    def __init__(self, cloud: Cloud, broker: Mosquitto, file: Path) -> None:
        self.cloud, self.broker, self.file = cloud, broker, file

    @property
    def writes(self) -> int:
        return sum(asked.query.get("op") == "tlxSet" for asked in self.cloud.requests)

    def stages(self) -> dict[str, str]:
        """Return how far each command has come, by what is on the disk; `told` when its answer has been taken."""
        database = self.file.parent / "state" / "heliopost.db"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as kept:
            found = kept.execute("SELECT id, stage, delivered FROM command").fetchall()
        return {name: "told" if delivered else stage for name, stage, delivered in found}

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Program]:
        """Run a bridge until it is killed."""
        async with bridge(self.file) as program:
            await program.says("broker_connected")
            yield program
            program.process.send_signal(signal.SIGKILL)

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(LIMIT):
            while not true():  # noqa: ASYNC110 - another process's disk has no bell
                await asyncio.sleep(0.01)

    async def ready(self, ear: Ear) -> None:
        """Wait until the bridge knows what the device can be set to."""
        await ear.hears(f"heliopost/device/{DEVICE}/availability", "online")
        await self.until(lambda: '"charge_rate":' in ear.last.get(f"heliopost/device/{DEVICE}/state", ""))

    def answers(self, *ears: Ear) -> list[dict[str, Any]]:
        return [json.loads(said) for ear in ears for said in ear.of(result_topic())]


@pytest.fixture
async def scene(mosquitto: Mosquitto, tmp_path: Path) -> AsyncIterator[Scene]:
    async with simulated(SystemClock()) as (cloud, url):
        yield Scene(cloud, mosquitto, configure(tmp_path, mosquitto.port, url, commands=COMMANDS))


async def send(ear: Ear, value: object = 55) -> None:
    await ear.say(command_topic(), json.dumps({"value": value, "id": "a"}))


async def after_the_restart(scene: Scene, ear: Ear, before: int = 0) -> dict[str, Any]:
    """Start the bridge again and return the one answer that comes."""
    async with scene.life() as program:
        await ear.hears(result_topic(), times=before + 1)
        await send(ear)  # whoever has heard nothing sends it again
        await ear.hears(result_topic(), times=before + 2)
        *_, first, second = scene.answers(ear)
        assert second["status"] == "duplicate"
        assert second["original"] == first["status"]
        assert "Traceback" not in "".join(program.lines)
        return first


async def test_received_it_ends_and_was_not_written(scene: Scene) -> None:
    async with scene.broker.ear() as ear:
        async with scene.life():
            await scene.ready(ear)
        scene.cloud.faults.add("timeout")
        async with scene.life():
            await send(ear)
            await scene.until(lambda: scene.stages().get("a") == "received")
        scene.cloud.faults.clear()
        answer = await after_the_restart(scene, ear)
        assert (answer["status"], answer["code"], scene.writes) == ("failed", "interrupted", 0)


async def test_queued_it_is_carried_out_after_the_restart(scene: Scene) -> None:
    async with scene.broker.ear() as ear:
        async with scene.life():
            await scene.ready(ear)
            scene.cloud.faults.add("timeout", path=LOOK)
            await send(ear)
            await scene.until(lambda: scene.stages().get("a") == "queued")
        scene.cloud.faults.clear()
        answer = await after_the_restart(scene, ear)
        assert (answer["status"], scene.writes) == ("confirmed", 1)


@pytest.mark.parametrize("carried_out", [True, False])
async def test_sent_it_is_looked_after_and_not_sent_again(scene: Scene, carried_out: bool) -> None:  # noqa: FBT001
    async with scene.broker.ear() as ear:
        async with scene.life():
            await scene.ready(ear)
            scene.cloud.faults.add("timeout", path=WRITE, late=carried_out)
            await send(ear)
            await scene.until(lambda: scene.writes)
            assert scene.stages() == {"a": "sent"}
        scene.cloud.faults.clear()
        answer = await after_the_restart(scene, ear)
        assert (answer["status"], scene.writes) == ("confirmed" if carried_out else "failed", 1)
        assert scene.cloud.settings(SERIAL)[FIELD] == ("55" if carried_out else "100")


async def test_verifying_it_is_looked_after_again(scene: Scene) -> None:
    async with scene.broker.ear() as ear:
        async with scene.life():
            await scene.ready(ear)
            await send(ear)
            await scene.until(lambda: scene.writes)
            scene.cloud.faults.add("timeout", path=LOOK)
            await scene.until(lambda: scene.stages().get("a") == "verifying")
        scene.cloud.faults.clear()
        answer = await after_the_restart(scene, ear)
        assert (answer["status"], scene.writes) == ("confirmed", 1)


async def test_an_end_in_good_order_lets_a_write_hear_its_answer(scene: Scene) -> None:
    async with scene.broker.ear() as ear:
        async with bridge(scene.file) as program:
            await program.says("broker_connected")
            await scene.ready(ear)
            scene.cloud.faults.add("timeout", path=WRITE, seconds=0.4, late=True)
            await send(ear)
            await scene.until(lambda: scene.writes)
            await program.stop()
        assert scene.stages() in ({"a": "answered"}, {"a": "verifying"})  # and not "sent", whose answer is lost
        scene.cloud.faults.clear()
        answer = await after_the_restart(scene, ear)
        assert (answer["status"], scene.writes) == ("confirmed", 1)


async def test_ended_and_not_told_it_is_told(scene: Scene) -> None:
    async with scene.broker.ear() as ear:
        async with scene.life():
            await scene.ready(ear)
            scene.cloud.faults.add("timeout", path=WRITE, seconds=0.2, late=True)
            await send(ear)
            await scene.until(lambda: scene.writes)
            await asyncio.to_thread(scene.broker.kill)
            await scene.until(lambda: scene.stages().get("a") == "final")
        assert not scene.answers(ear)
    await asyncio.to_thread(scene.broker.start)
    async with scene.broker.ear() as ear:
        answer = await after_the_restart(scene, ear)
        assert (answer["status"], scene.writes) == ("confirmed", 1)


async def test_ended_and_told_it_is_not_told_again(scene: Scene) -> None:
    async with scene.broker.ear() as ear:
        async with scene.life():
            await scene.ready(ear)
            await send(ear)
            await scene.until(lambda: scene.stages().get("a") == "told")
        async with scene.life():
            await scene.ready(ear)
            await send(ear)
            await ear.hears(result_topic(), times=2)
        assert [answer["status"] for answer in scene.answers(ear)] == ["confirmed", "duplicate"]
        assert scene.writes == 1
