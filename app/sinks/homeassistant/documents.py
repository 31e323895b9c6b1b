"""Discovery documents: what is sent to which topic for one device, in either mode."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final, Self, cast

from app.model import Device, DeviceKind
from app.sinks.homeassistant.rules import Component, Document, compact, size_of
from app.sinks.homeassistant.settings import BRIDGE_PREFIX, HomeAssistantSettings, Mode
from app.sinks.homeassistant.tables import LARGEST
from app.topics import Topics

RESERVE: Final = 10_000
"""Bytes of a document that are left for what may be added later to a part that is already announced."""

UNUSABLE: Final = ("auth_failed", "locked")
"""States of an account that do not mend themselves: none of its values is to be believed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who announces."""

    install_id: str
    version: str
    url: str = ""
    """Where help is to be found."""

    @property
    def device_id(self) -> str:
        """The id of the bridge's own device."""
        return f"{BRIDGE_PREFIX}{self.install_id[:8]}"

    @property
    def origin(self) -> Mapping[str, str]:
        """The origin of every document."""
        return {"name": "Heliopost", "sw": self.version} | ({"url": self.url} if self.url else {})


@dataclass(frozen=True, slots=True)
class Description:
    """All that is announced of one device."""

    id: str
    account: str
    """Empty for the bridge itself."""
    device: Mapping[str, object]
    origin: Mapping[str, str]
    availability: tuple[Mapping[str, str], ...]
    """What must all be online; empty where each component says so itself."""
    components: Mapping[str, Component]


@dataclass(frozen=True, slots=True)
class Message:
    """One document of a device."""

    device: str
    """The id of the device."""
    account: str
    document: Document
    platforms: Mapping[str, str]
    """The platform of each of its components, by key."""

    @property
    def payload(self) -> str:
        """The document as it is sent."""
        return compact(self.document)

    @property
    def choices(self) -> Mapping[str, str]:
        """A mark of the options of each select, by key: other options, another mark."""
        parts = cast("Mapping[str, Component]", self.document.get("cmps", dict.fromkeys(self.platforms, self.document)))
        marks = {}
        for key, name in self.platforms.items():
            if name == "select":
                words = json.dumps(parts[key].get("ops"))
                marks[key] = blake2b(words.encode(), digest_size=4).hexdigest()
        return marks

    def without(self, keys: Collection[str]) -> Self:
        """Return the message with fewer components."""
        parts = cast("Mapping[str, Component]", self.document["cmps"])
        return replace(
            self,
            document={**self.document, "cmps": {key: part for key, part in parts.items() if key not in keys}},
            platforms={key: name for key, name in self.platforms.items() if key not in keys},
        )

    def taking_back(self, leaving: Mapping[str, str]) -> str:
        """Return the document as it is sent to take back components: each once more, with its platform only."""
        parts = cast("Mapping[str, Component]", self.document["cmps"])
        return compact({**self.document, "cmps": {**parts, **{key: {"p": name} for key, name in leaving.items()}}})


def device_block(device: Device, settings: HomeAssistantSettings, bridge_id: str) -> Mapping[str, object]:
    """Return what Home Assistant shows of a device itself; what is not known is left out, for null is an error."""
    manufacturer = device.manufacturer or device.id.partition("_")[0].capitalize()
    model = device.model or device.kind.value.capitalize()
    facts = {
        "ids": [device.id],
        "name": device.name or device.serial or device.id,
        "mf": manufacturer,
        "mdl": model,
        "sn": "" if device.kind is DeviceKind.PLANT else device.serial,
        "sw": device.firmware,
        "sa": settings.areas.get(device.id, ""),
        "via_device": device.via or bridge_id,
    }
    return {key: value for key, value in facts.items() if value}


def availability(topics: Topics, device: Device) -> tuple[Mapping[str, str], ...]:
    """Return the topics that must all say `online`: the bridge's, the account's and the device's own.

    Where several accounts see the device, one of them may be down without any harm.
    """
    states = ",".join(f"'{state}'" for state in UNUSABLE)
    account = {
        "t": topics.account(device.account),
        # Without the first condition, each entity of an account that is removed writes an error to the log.
        "val_tpl": f"{{{{ 'offline' if value_json is defined and value_json.state in [{states}] else 'online' }}}}",
    }
    own = {"t": topics.availability(device.id)}
    return ({"t": topics.bridge_state}, own) if device.others else ({"t": topics.bridge_state}, account, own)


def messages(description: Description, mode: Mode, topics: Topics, placed: Mapping[str, str]) -> dict[str, Message]:
    """Return the documents of a device by topic.

    `placed` tells at which topic a component stands already, for it must not move to another part of a large device.
    """
    if not description.components:
        return {}
    if mode == "single":
        return _single(description, topics)
    return _whole(description, topics, placed)


def _shared(description: Description) -> dict[str, object]:
    if not description.availability:
        return {}
    return {"avty": list(description.availability), "avty_mode": "all"}


def _single(description: Description, topics: Topics) -> dict[str, Message]:
    found = {}
    for key, component in description.components.items():
        platform = str(component["p"])
        document = {
            **_shared(description),
            **{name: value for name, value in component.items() if name != "p"},  # the topic tells the platform
            "dev": description.device,
            "o": description.origin,
        }
        found[topics.single_config(platform, description.id, key)] = Message(
            description.id, description.account, document, {key: platform}
        )
    return found


def _whole(description: Description, topics: Topics, placed: Mapping[str, str]) -> dict[str, Message]:
    root: dict[str, object] = {"dev": description.device, "o": description.origin, **_shared(description)}
    common = topics.state(description.id)
    if any(component.get("stat_t") == common for component in description.components.values()):
        root["stat_t"] = common
    room = LARGEST - RESERVE - size_of(root)
    trimmed = {
        key: {name: value for name, value in part.items() if name != "stat_t" or value != root.get("stat_t")}
        for key, part in description.components.items()
    }
    used: dict[str, int] = {}
    for key in trimmed.keys() & placed.keys():
        used[placed[key]] = used.get(placed[key], 0) + size_of({key: trimmed[key]})
    parts: dict[str, dict[str, Component]] = {}
    for key, part in trimmed.items():
        topic = placed.get(key)
        if topic is None:
            size = size_of({key: part})
            topic = _roomy(description.id, topics, used, room - size)
            used[topic] = used.get(topic, 0) + size
        parts.setdefault(topic, {})[key] = part
    return {
        topic: Message(
            description.id,
            description.account,
            {**root, "cmps": part},
            {key: str(component["p"]) for key, component in part.items()},
        )
        for topic, part in parts.items()
    }


def _roomy(device_id: str, topics: Topics, used: Mapping[str, int], room: int) -> str:
    """Return the topic of the first part that has room left."""
    number = 1
    while used.get(topic := part_topic(device_id, topics, number), 0) > room:
        number += 1
    return topic


def part_topic(device_id: str, topics: Topics, number: int) -> str:
    """Return the topic of the first, second, ... part of a device."""
    return topics.config(device_id if number == 1 else f"{device_id}-part{number}")
