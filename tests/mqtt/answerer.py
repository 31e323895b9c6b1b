"""A bridge of which nothing works but its answers: it says what a test tells it to."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from app.topics import Topics
from tests.broker import LIMIT, Mosquitto

REPLY = "the response topic"
"""Where an answer goes that the asker named the topic of."""


@dataclass(frozen=True)
class Asked:
    """One message that the bridge got."""

    topic: str
    body: Any
    retained: bool
    qos: int
    properties: Mapping[str, Any] = field(default_factory=dict)


Script = Callable[[Asked], Sequence[tuple[str, Any]]]
"""Returns what is answered: topics, or REPLY, and bodies."""


class Answerer:
    """The bridge, and all that it was asked."""

    def __init__(self, client: aiomqtt.Client, topics: Topics, script: Script) -> None:
        self.client, self.topics, self.script = client, topics, script
        self.asked: list[Asked] = []

    async def work(self) -> None:
        async for message in self.client.messages:
            sent = message.properties.json() if message.properties else {}  # type: ignore[no-untyped-call]  # as below
            body = json.loads(bytes(message.payload))
            asked = Asked(str(message.topic), body, bool(message.retain), message.qos, sent)
            self.asked.append(asked)
            for topic, answer in self.script(asked):
                await self.say(sent.get("ResponseTopic", "") if topic == REPLY else topic, answer, sent)

    async def say(self, topic: str, answer: object, sent: Mapping[str, Any] | None = None) -> None:
        """Publish an answer; without a topic it is for nobody."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho types only half of itself
        if correlation := (sent or {}).get("CorrelationData"):
            properties.CorrelationData = bytes.fromhex(correlation)
        if topic:
            await self.client.publish(topic, json.dumps(answer), qos=1, properties=properties)

    async def state(self, word: str) -> None:
        """Say how the bridge is."""
        await self.client.publish(self.topics.bridge_state, word, qos=1, retain=True)

    async def device(self, device_id: str, **facts: object) -> None:
        """Announce a device."""
        await self.client.publish(self.topics.attributes(device_id), json.dumps(facts), qos=1, retain=True)


@contextlib.asynccontextmanager
async def answering(
    broker: Mosquitto, script: Script, *, base: str = "heliopost", state: str = "online", **login: Any
) -> AsyncIterator[Answerer]:
    """Run such a bridge."""
    topics = Topics(base)
    five = aiomqtt.ProtocolVersion.V5
    async with aiomqtt.Client(broker.host, broker.port, protocol=five, timeout=LIMIT, **login) as client:
        bridge = Answerer(client, topics, script)
        for topic in (topics.requests, topics.settings):
            await client.subscribe(topic, qos=1)
        if state:
            await bridge.state(state)
        work = asyncio.create_task(bridge.work())
        try:
            yield bridge
        finally:
            while not work.done():  # wait_for may forget a cancellation until Python 3.12
                work.cancel()
                await asyncio.wait((work,), timeout=0.1)
            ended = None if work.cancelled() else work.exception()
            assert ended is None or isinstance(ended, aiomqtt.MqttError), ended
