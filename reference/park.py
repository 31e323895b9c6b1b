"""A real run for the examples: simulated cloud, mosquitto and bridge, on a clock that all but stands still.

So the same values come out each time; what is random all the same is written as in `steady`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from aiomqtt import Client, MqttError, ProtocolVersion

from app import logs
from app.config import Config
from app.daemon import Daemon
from simulator.broker import HOST, LocalBroker, local_broker
from simulator.clock import ScaledClock
from simulator.growatt import PASSWORD, USER, Cloud, one_plant, serve

NOON: Final = datetime(2026, 6, 21, 10, 0, 30, 200_000, tzinfo=UTC)
"""A midsummer noon in Europe."""
SPEED: Final = 0.001
"""A second takes a quarter of an hour: nothing is older or younger in a slow run than in a quick one."""
LIMIT: Final = 20.0
"""Seconds that anything may take."""
READ_BACK: Final = timedelta(microseconds=100)
"""After a write; by the slow clock a tenth of a second."""
STEADY: Final = (
    (r'"install_id":"[0-9a-f]+"', '"install_id":"5f0c9a7d31b24e68"'),
    (r"heliopost_[0-9a-f]{16}", "heliopost_5f0c9a7d31b24e68"),
    (r'"python":"[^"]+"', '"python":"3.13.0"'),
    (r'"next_poll":\s?"[^"]+"', '"next_poll":"2026-06-21T10:15:40+00:00"'),
    (r"-check [0-9a-f]+", "-check 0be995ad6bafd7e2"),
    (r'("(?:received|sent|answered|ended)":\s?"[^".]+)\.\d+', r"\1"),
)
"""What differs from run to run, and how it is written."""


@dataclass(slots=True)
class Example:
    """The last that was said on a topic."""

    payload: str
    qos: int
    retained: bool = False


@dataclass(slots=True)
class Ear:
    """Hears everything on a broker."""

    client: Client
    said: dict[str, Example] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        """Keep what is said until cancelled."""
        async for message in self.client.messages:
            payload = bytes(message.payload).decode()
            async with self.news:
                if payload:
                    self.said[str(message.topic)] = Example(steady(payload), int(message.qos), bool(message.retain))
                self.news.notify_all()

    async def until(self, *topics: str) -> None:
        """Wait until something has been said on each of the topics."""
        await self.hears(lambda: self.said.keys() >= set(topics), f"anything on {', '.join(topics)}")

    async def hears(self, enough: Callable[[], bool], what: str) -> None:
        """Wait until enough has been said; raise TimeoutError, naming it, if that does not come."""
        try:
            async with asyncio.timeout(LIMIT), self.news:
                await self.news.wait_for(enough)
        except TimeoutError:
            msg = f"nobody has said {what}, though there were messages on {len(self.said)} topics"
            raise TimeoutError(msg) from None

    def document(self, topic: str) -> dict[str, Any]:
        """Return the JSON object last said on a topic, or an empty one."""
        found: dict[str, Any] = json.loads(self.said[topic].payload) if topic in self.said else {}
        return found

    async def ask(self, verb: str, **request: Any) -> None:  # noqa: ANN401 - JSON
        """Ask the bridge for something, and wait for the answer."""
        self.said.pop(f"heliopost/bridge/response/{verb}", None)
        await self.client.publish(f"heliopost/bridge/request/{verb}", json.dumps(request), qos=1)
        await self.until(f"heliopost/bridge/response/{verb}")


def steady(text: str) -> str:
    """Return a payload as it is in every run."""
    for pattern, words in STEADY:
        text = re.sub(pattern, words, text)
    return text


@asynccontextmanager
async def ear(broker: LocalBroker) -> AsyncIterator[Ear]:
    """Listen to everything, what was retained before included."""
    async with Client(HOST, broker.port, protocol=ProtocolVersion.V5) as client:
        made = Ear(client)
        task = asyncio.create_task(made.listen())
        await client.subscribe("#", qos=2)
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Park:
    """What runs."""

    cloud: Cloud
    clock: ScaledClock
    broker: LocalBroker
    config: Config
    ear: Ear


@asynccontextmanager
async def park(**homeassistant: str) -> AsyncIterator[Park]:
    """Start everything; `homeassistant` are keys of that section."""
    clock = ScaledClock(NOON, SPEED)
    cloud = Cloud(clock, fleet=one_plant())
    with TemporaryDirectory(prefix="heliopost-reference-") as folder:
        async with local_broker() as broker, serve(cloud) as address, ear(broker) as listening:
            account = {"provider": "growatt", "username": USER, "password": PASSWORD, "server_url": address}
            config = Config.model_validate({
                "accounts": {"home": account},
                "mqtt": {"host": HOST, "port": broker.port, "layout": "both"},
                "homeassistant": {"settle": timedelta(milliseconds=10), "birth_jitter": timedelta(0), **homeassistant},
                "commands": {"enabled": True, "read_back": (READ_BACK,), "pause": 0, "merge": 0},
                "web": {"enabled": False},
                "log": {"level": "error"},
                "state": Path(folder),
            })  # fmt: skip
            logs.configure(config.log, config.secrets())
            daemon = Daemon(config, clock=clock)
            task = asyncio.create_task(daemon.run(), name="daemon")
            try:
                yield Park(cloud, clock, broker, config, listening)
            except MqttError:
                await task  # why the broker has gone is less interesting than why the bridge has
                raise
            finally:
                daemon.stop()
                await task
