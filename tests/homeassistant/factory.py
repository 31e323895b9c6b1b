"""A broker, a registry and devices for the tests of the announcements."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from app import points
from app.metrics import Metrics
from app.model import Device, DeviceKind, Point
from app.sinks.homeassistant import HomeAssistantSettings, HomeAssistantSink
from app.sinks.homeassistant.rules import document_refusal
from app.store import Gone, Update
from app.topics import Topics
from simulator.clock import DrivenClock

INSTALL = "0123456789abcdef"
BRIDGE = "heliopost_01234567"
NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
VOCABULARY = points.VOCABULARY
HA = Topics()


def device(device_id: str = "growatt_ABC123", **facts: object) -> Device:
    given: dict[str, object] = {
        "account": "home",
        "kind": DeviceKind.INVERTER,
        "name": "Roof",
        "model": "MIN 5000TL-X",
        "serial": "ABC123",
        "manufacturer": "Growatt",
        "firmware": "GH1.0",
        "via": "growatt_plant_1",
    }
    return Device(device_id, **(given | facts))  # type: ignore[arg-type]  # the facts are typed by the caller


def having(*keys: str) -> dict[str, Point]:
    return {key: VOCABULARY[key] for key in keys}


SOME = having("pv_power", "pv_energy_total", "status", "problem")


def update(of: Device, known: Mapping[str, Point], *, first: Iterable[str] = (), **flags: Any) -> Update:
    return Update(of, known, dict.fromkeys(known), frozenset(known), frozenset(first), NOON, True, **flags)


def found(of: Device, known: Mapping[str, Point]) -> Update:
    return update(of, known, first=known)


class Broker:
    """Keeps what is published, as a broker keeps what is retained."""

    def __init__(self) -> None:
        self.connected = True
        self.sent: list[tuple[str, str]] = []
        self.retained: dict[str, str] = {}

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False, **_: object) -> None:
        assert retain, "discovery is retained"
        assert self.connected, "nothing is sent while the broker is away"
        text = payload if isinstance(payload, str) else payload.decode()
        self.sent.append((topic, text))
        if text:
            self.retained[topic] = text
        else:
            self.retained.pop(topic, None)

    def take(self) -> list[tuple[str, str]]:
        """Return what has been sent since this was last asked."""
        sent, self.sent = self.sent, []
        return sent

    def take_topics(self) -> list[str]:
        return [topic for topic, _ in self.take()]

    def document(self, topic: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.retained[topic])
        return found

    def components(self, device_id: str) -> dict[str, Any]:
        parts: dict[str, Any] = self.document(Topics().config(device_id))["cmps"]
        return parts


class Registry(dict[str, str]):
    """A registry that outlives the sink."""

    def all(self) -> Mapping[str, str]:
        return dict(self)

    def put(self, topic: str, document: str) -> None:
        self[topic] = document

    def forget(self, topic: str) -> None:
        self.pop(topic, None)


class Rig:
    """A sink that can be restarted, with all that outlives it."""

    def __init__(self) -> None:
        self.broker, self.registry, self.clock = Broker(), Registry(), DrivenClock(NOON)
        self.metrics = Metrics()
        self.replays = 0
        self.valid = True
        """Whether every message must be one that Home Assistant takes."""

    async def replay(self) -> None:
        self.replays += 1

    def sink(self, settings: HomeAssistantSettings | None = None, **parts: Any) -> HomeAssistantSink:
        settings = settings or HomeAssistantSettings()
        given: dict[str, Any] = {
            "install_id": INSTALL,
            "replay": self.replay,
            "rng": Random(1),  # noqa: S311 - repeatable, not a secret
            "accounts": ("home",),
            "version": "1.2.3",
        }
        topics = parts.pop("topics", Topics("heliopost", settings.discovery_prefix))
        return HomeAssistantSink(
            self.broker, topics, settings, self.registry, self.clock, self.metrics, **(given | parts)
        )

    @asynccontextmanager
    async def running(
        self, settings: HomeAssistantSettings | None = None, **parts: Any
    ) -> AsyncIterator[HomeAssistantSink]:
        settings = settings or HomeAssistantSettings()
        sink = self.sink(settings, **parts)
        task = asyncio.create_task(sink.run())
        self.broker.take()
        try:
            yield sink
            assert not task.done(), "it runs until cancelled"
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.check(settings)

    def check(self, settings: HomeAssistantSettings) -> None:
        for topic, payload in self.broker.retained.items():
            if topic.startswith(f"{settings.discovery_prefix}/") and "migrate" not in payload:
                fault = document_refusal(topic, json.loads(payload), settings.version, settings.discovery_prefix)
                assert fault is None, (topic, fault)

    async def after(self, seconds: float) -> None:
        await self.clock.advance(timedelta(seconds=seconds))

    async def settle(self) -> None:
        """Let everything that follows from what is known be announced."""
        await self.after(60)

    def refused(self, reason: str) -> float:
        return self.metrics.registry.get_sample_value("heliopost_discovery_refused_total", {"reason": reason}) or 0


def gone(of: Device) -> Gone:
    return Gone(of, {})
