"""An independent subscriber: what a stranger at the broker sees of the bridge."""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any, Self

from aiomqtt import Client, MqttError, ProtocolVersion

from simulator.broker import HOST, LocalBroker


class Witness:
    """Listens to everything on a broker and keeps the last message of every topic."""

    def __init__(self, broker: LocalBroker, base: str = "heliopost", discovery: str = "homeassistant") -> None:
        """Take the broker and the two topics below which the bridge speaks."""
        self._base, self._discovery = base, discovery
        version = ProtocolVersion.V5 if broker.protocol == "5" else ProtocolVersion.V311
        self._client = Client(HOST, broker.port, identifier="witness", protocol=version)
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self.seen: dict[str, bytes] = {}
        """Topic -> the last payload that was not empty."""
        self.count = 0
        """Messages that came in."""

    async def __aenter__(self) -> Self:
        """Connect and listen."""
        await self._client.__aenter__()
        await self._client.subscribe([(f"{self._base}/#", 1), (f"{self._discovery}/#", 1)])
        self._task = asyncio.create_task(self._listen(), name="witness")
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Hang up; a broker that has gone first is no matter."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._client.__aexit__(None, None, None)
        except MqttError:
            return

    async def _listen(self) -> None:
        async for message in self._client.messages:
            self.count += 1
            topic, payload = str(message.topic), message.payload
            if payload:
                self.seen[topic] = payload
            else:
                self.seen.pop(topic, None)
            async with self._news:
                self._news.notify_all()

    def document(self, topic: str) -> dict[str, Any]:
        """Return the JSON object last seen on a topic; empty where there is none."""
        try:
            body = json.loads(self.seen.get(topic, b"{}"))
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def state(self, device_id: str) -> dict[str, Any]:
        """Return a device's values."""
        return self.document(f"{self._base}/device/{device_id}/state")

    def announcement(self, device_id: str) -> dict[str, Any]:
        """Return what Home Assistant was told of a device."""
        return self.document(f"{self._discovery}/device/{device_id}/config")

    def account(self, name: str) -> dict[str, Any]:
        """Return how an account is."""
        return self.document(f"{self._base}/account/{name}/state")

    def knows(self, device_id: str) -> bool:
        """Return whether a device's state holds any value; null everywhere is not worth the name."""
        return any(value is not None for key, value in self.state(device_id).items() if key != "measured_at")

    def has_value(self, point: str) -> bool:
        """Return whether the state of any device holds a value of a point."""
        states = (
            topic for topic in self.seen if topic.startswith(f"{self._base}/device/") and topic.endswith("/state")
        )
        return any(self.document(topic).get(point) is not None for topic in states)

    async def until(self, true: Callable[[], bool]) -> None:
        """Listen until something is true."""
        async with self._news:
            await self._news.wait_for(true)

    def missing(self, device_ids: Iterable[str]) -> dict[str, str]:
        """Return the devices that were not seen with values and an announcement, and what they lack."""
        lacks: dict[str, str] = {}
        for device_id in device_ids:
            seen = {"values": self.knows(device_id), "announcement": bool(self.announcement(device_id))}
            if not all(seen.values()):
                lacks[device_id] = " and no ".join(what for what, there in seen.items() if not there)
        return lacks
