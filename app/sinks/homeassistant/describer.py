"""From a device and its points to the documents that may be sent; what Home Assistant would refuse is left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import structlog
from prometheus_client import Counter

from app.model import Device, Point, Setting
from app.sinks.homeassistant.bridge_device import describe_bridge
from app.sinks.homeassistant.documents import Description, Identity, Message, availability, device_block, messages
from app.sinks.homeassistant.entities import Entities
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.rules import Component, Refusal, document_refusal, refusal
from app.sinks.homeassistant.settings import HomeAssistantSettings
from app.topics import Topics

log = structlog.get_logger()


class Counts(Protocol):
    """The bridge's counters, as far as they are ours."""

    @property
    def refused(self) -> Counter:
        """Entities not announced, by reason."""


class Describer:
    """Says what is to be announced; all it keeps is which refusals it has told."""

    def __init__(
        self, topics: Topics, settings: HomeAssistantSettings, identity: Identity, entities: Entities, counts: Counts
    ) -> None:
        self._topics, self._settings, self._identity = topics, settings, identity
        self._entities, self._counts = entities, counts
        self._told: set[tuple[str, str, str]] = set()

    def bridge(self, accounts: Collection[str]) -> Description:
        """Return the bridge's own device."""
        names = Names(self._settings.language)
        return self._accepted(describe_bridge(self._identity, accounts, self._topics, self._settings, names))

    def device(self, device: Device, points: Mapping[str, Point], offered: Sequence[Setting] = ()) -> Description:
        """Return a device with its points, and with what may be set on it."""
        return self._accepted(
            Description(
                device.id,
                device.account,
                device_block(device, self._settings, self._identity.device_id),
                self._identity.origin,
                availability(self._topics, device),
                self._entities.of(device, points, offered),
            )
        )

    def messages(self, description: Description, placed: Mapping[str, str]) -> dict[str, Message]:
        """Return the messages of a device by topic; `placed` are the topics at which its components stand already."""
        settings, prefix = self._settings, self._topics.discovery
        accepted = {}
        for topic, message in messages(description, settings.mode, self._topics, placed).items():
            fault = document_refusal(topic, message.document, settings.version, prefix)
            if fault is None:
                accepted[topic] = message
            else:
                self._tell(description.id, topic, fault)
        return accepted

    def _accepted(self, description: Description) -> Description:
        """Return the description without the components that Home Assistant would refuse."""
        accepted: dict[str, Component] = {}
        for key, component in description.components.items():
            fault = refusal(component, self._settings.version)
            if fault is None:
                accepted[key] = component
            else:
                self._tell(description.id, key, fault)
        return replace(description, components=accepted)

    def _tell(self, device_id: str, what: str, fault: Refusal) -> None:
        """Count and log a refusal, once."""
        told = (device_id, what, fault.reason)
        if told not in self._told:
            self._told.add(told)
            self._counts.refused.labels(fault.reason).inc()
            log.warning("not_announced", device=device_id, what=what, reason=fault.text)
