"""What Home Assistant should make of what was said on the broker, told apart from how the bridge comes to say it.

Entities are read from the discovery documents as they went over the wire; their states from the devices' JSON by the
point's key, without the documents' templates: so a wrong template shows.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

LONG: Final[Mapping[str, str]] = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "def_ent_id": "default_entity_id",
    "dev_cla": "device_class",
    "en": "enabled_by_default",
    "ent_cat": "entity_category",
    "evt_typ": "event_types",
    "ic": "icon",
    "json_attr_t": "json_attributes_topic",
    "json_attr_tpl": "json_attributes_template",
    "max": "max",
    "min": "min",
    "mode": "mode",
    "name": "name",
    "obj_id": "object_id",
    "ops": "options",
    "p": "platform",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "pl_prs": "payload_press",
    "ptrn": "pattern",
    "qos": "qos",
    "stat_cla": "state_class",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "step": "step",
    "stat_t": "state_topic",
    "sug_dsp_prc": "suggested_display_precision",
    "tz": "timezone",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
"""Home Assistant's abbreviations that we use (components/mqtt/abbreviations.py there); another would be a surprise."""
CONTROLS: Final = frozenset({"number", "switch", "select", "text", "time", "datetime", "button"})
"""Platforms of what can be set or done."""
UNKNOWN: Final = "unknown"
LONGEST: Final = 255
"""Characters of a state (homeassistant/const.py, MAX_LENGTH_STATE_STATE)."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as it was announced, its keys written in full."""

    key: str
    device: str
    """The identifier of its device."""
    config: Mapping[str, Any]

    @property
    def unique_id(self) -> str:
        return str(self.config["unique_id"])

    @property
    def platform(self) -> str:
        return str(self.config["platform"])


@dataclass(frozen=True, slots=True)
class Announced:
    """All that is announced: entities by unique id, devices by identifier."""

    entities: Mapping[str, Entity]
    devices: Mapping[str, Mapping[str, Any]]


def read(documents: Mapping[str, Mapping[str, Any]]) -> Announced:
    """Return what the documents announce, by any key of theirs; a unique id that comes twice is an error."""
    entities: dict[str, Entity] = {}
    devices = {}
    for document in documents.values():
        (identifier,) = document["dev"]["ids"]
        devices[identifier] = document["dev"]
        shared = {LONG[name]: document[name] for name in ("stat_t", "avty", "avty_mode") if name in document}
        for key, component in document["cmps"].items():
            if component.keys() == {"p"}:
                continue  # is taken back
            config = {**shared, **{LONG[name]: value for name, value in component.items()}}
            entity = Entity(key, identifier, config)
            assert entity.unique_id not in entities, entity.unique_id
            entities[entity.unique_id] = entity
    return Announced(entities, devices)


# States


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None, text
    return moment


def agrees(entity: Entity, value: object, state: str) -> bool:
    """Return whether a state is what Home Assistant should show for a value of our JSON."""
    if entity.platform in CONTROLS:
        wanted = _set_to(entity, value)
        return state == wanted or (entity.platform == "number" and _number(state) == _number(wanted) is not None)
    if value is None or state in {UNKNOWN, "unavailable"}:
        return state == UNKNOWN and (value in {None, "", UNKNOWN} or _odd(entity, value))
    if entity.platform == "binary_sensor":
        return isinstance(value, bool) and state == ("on" if value else "off")
    kind = entity.config.get("device_class")
    if kind == "timestamp":
        return _moment(state) == _moment(str(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(state) == value
    return state == str(value)[:LONGEST]


def _set_to(entity: Entity, value: object) -> str:
    """Return what a control should show of a value; it knows only those that it could set."""
    config, word = entity.config, str(value)
    label = word.replace("_", " ").capitalize()
    match entity.platform:
        case "number" if isinstance(value, int | float) and config["min"] <= value <= config["max"]:
            return word
        case "switch" if isinstance(value, bool):
            return "on" if value else "off"
        case "select" if options := {word, label} & set(config["options"]):
            return str(options.pop())
        case "text":
            return "" if value is None else word
        case "time" if value is not None:
            return f"{value}:00"
    return UNKNOWN


def _odd(entity: Entity, value: object) -> bool:
    """Return whether a word is none of those that an enumeration knows."""
    return entity.config.get("device_class") == "enum" and value not in entity.config["options"]


def _number(state: str) -> float | None:
    try:
        return float(state)
    except ValueError:
        return None


def _of_account(key: str, account: Mapping[str, Any]) -> object:
    field = key.removeprefix("account_home_")
    if field == "locked_until":
        return account["until"] if account["state"] == "locked" else None
    return account[field]


def value_of(entity: Entity, heard: Mapping[str, str], bridge: str) -> object:
    """Return what the broker last heard of an entity's point, by its key alone."""
    if entity.device != bridge:
        return json.loads(heard[f"heliopost/device/{entity.device}/state"]).get(entity.key)
    if entity.key == "connectivity":
        return heard["heliopost/bridge/state"] == "online"
    if entity.key == "problem":
        return bool(json.loads(heard["heliopost/bridge/health"])["problem"])
    if entity.key.startswith("account_"):
        return _of_account(entity.key, json.loads(heard["heliopost/account/home/state"]))
    page = "health" if entity.key in {"last_poll", "devices"} else "info"
    return json.loads(heard[f"heliopost/bridge/{page}"])[entity.key]


def wrong_states(
    announced: Announced,
    heard: Mapping[str, str],
    states: Mapping[str, Mapping[str, Any]],
    registry: Mapping[str, Mapping[str, Any]],
    wanted: Callable[[Entity], bool] = lambda _: True,
) -> list[str]:
    """Return a sentence for each enabled entity whose state is not what was heard."""
    bridge = next(identifier for identifier in announced.devices if identifier.startswith("heliopost_"))
    wrong = []
    for unique_id, entity in announced.entities.items():
        entry = registry.get(unique_id)
        if entry is None or entry["disabled_by"] or not wanted(entity):
            continue
        shown = states.get(entry["entity_id"])
        if shown is None:
            wrong.append(f"{entry['entity_id']} has no state")
        elif entity.platform in {"event", "button"}:
            if shown["state"] == "unavailable":
                wrong.append(f"{entry['entity_id']} is unavailable")
        elif not agrees(entity, value := value_of(entity, heard, bridge), shown["state"]):
            wrong.append(f"{entry['entity_id']} shows {shown['state']!r} of {value!r}")
    return wrong
