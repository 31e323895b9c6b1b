"""The bridge itself as a device: whether it is there, how its accounts are, and two controls."""

from collections.abc import Collection, Mapping
from typing import Final

from app.model import AccountState
from app.sinks.homeassistant.documents import Description, Identity
from app.sinks.homeassistant.entities import slug
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.rules import Component
from app.sinks.homeassistant.settings import HomeAssistantSettings
from app.sinks.homeassistant.states import JSON_CAME
from app.sinks.homeassistant.tables import UNTIL
from app.topics import Topics

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
_DIAGNOSTIC: Final = {"ent_cat": "diagnostic"}
_STATES: Final = (*(state.value for state in AccountState), "unknown")


def describe_bridge(
    identity: Identity, accounts: Collection[str], topics: Topics, settings: HomeAssistantSettings, names: Names
) -> Description:
    """Return the bridge's own device, with some entities for each account."""
    components = {
        key: _complete(identity, settings, key, names.say(name), shape) for key, (name, shape) in _own(topics).items()
    }
    for account in accounts:
        for part, (name, shape) in _account(topics.account(account)).items():
            key = f"account_{slug(account)}_{part}"
            title = names.say(name).replace("{account}", account)
            components[key] = _complete(identity, settings, key, title, shape)
    # Whether the bridge is there must be known above all while it is not.
    here = {"avty": [{"t": topics.bridge_state}]}
    components = {key: {**part, **({} if key == "connectivity" else here)} for key, part in components.items()}
    return Description(
        id=identity.device_id,
        account="",
        device={
            "ids": [identity.device_id],
            "name": names.say("Heliopost bridge"),
            "mf": "Heliopost",
            "mdl": names.say("Bridge"),
            "sw": identity.version,
        },
        origin=identity.origin,
        availability=(),
        components={key: part for key, part in components.items() if settings.wants_of_bridge(identity.device_id, key)},
    )


def _own(topics: Topics) -> Mapping[str, tuple[str, Mapping[str, object]]]:
    """Return what is shown of the bridge itself, by key: the name and the shape."""
    return {
        "connectivity": (
            "Connectivity",
            {
                "p": "binary_sensor", "stat_t": topics.bridge_state, "pl_on": "online", "pl_off": "offline",
                "dev_cla": "connectivity", **_DIAGNOSTIC,
            },
        ),
        "problem": ("Problem", _problem(topics.bridge_health)),
        "version": ("Version", _reading(topics.bridge_info, "version")),
        "started_at": ("Started", _reading(topics.bridge_info, "started_at", dev_cla="timestamp")),
        "last_poll": ("Last poll", _reading(topics.bridge_health, "last_poll", dev_cla="timestamp")),
        "devices": (
            "Devices",
            _reading(topics.bridge_health, "devices", stat_cla="measurement", sug_dsp_prc=0),
        ),
        "poll": (
            "Poll now",
            {"p": "button", "cmd_t": topics.request("poll"), "pl_prs": "{}", "ic": "mdi:cloud-refresh"},
        ),
        "log_level": (
            "Log level",
            {
                "p": "select", "cmd_t": topics.request("log_level"), "stat_t": topics.bridge_info,
                "val_tpl": f"{{{{ value_json['log_level'] if {JSON_CAME} else none }}}}", "ops": list(LOG_LEVELS),
                "ent_cat": "config",
            },
        ),
    }  # fmt: skip


def _problem(topic: str) -> Mapping[str, object]:
    """Return whether something needs attention, and what."""
    # A bridge before this field knew of no problems.
    told = f"(value_json['problem'] | default('') if {JSON_CAME} else '')"
    return {
        "p": "binary_sensor", "stat_t": topic, "val_tpl": f"{{{{ 'ON' if {told} else 'OFF' }}}}", "dev_cla": "problem",
        "json_attr_t": topic, "json_attr_tpl": f"{{{{ {{'reason': {told}}} | tojson }}}}",
        **_DIAGNOSTIC,
    }  # fmt: skip


def _reading(topic: str, field: str, **more: object) -> Mapping[str, object]:
    return {"p": "sensor", "stat_t": topic, "val_tpl": f"{{{{ value_json['{field}'] }}}}", **_DIAGNOSTIC, **more}


def _account(topic: str) -> Mapping[str, tuple[str, Mapping[str, object]]]:
    """Return what is shown of one account, by key: the name and the shape."""
    words = ",".join(f"'{state}'" for state in _STATES)
    known = f"{{{{ value_json['state'] if value_json['state'] in [{words}] else 'unknown' }}}}"
    # The time of the last poll changes too often for an attribute: each change would be recorded.
    kept = "{'reason': value_json['reason'], 'until': value_json['until']}"
    attributes = f"{{{{ ({kept} if {JSON_CAME} else {{}}) | tojson }}}}"
    until = "{{ value_json['until'] if value_json['state'] == 'locked' else none }}"
    count: Mapping[str, object] = {"stat_cla": "measurement", "sug_dsp_prc": 0}
    return {
        "state": (
            "{account}: state",
            {
                "p": "sensor", "stat_t": topic, "val_tpl": known, "dev_cla": "enum", "ops": list(_STATES),
                "json_attr_t": topic, "json_attr_tpl": attributes, **_DIAGNOSTIC,
            },
        ),
        "locked_until": (
            "{account}: locked until",
            {**_reading(topic, "until", dev_cla="timestamp"), "val_tpl": until},
        ),
        "last_poll": ("{account}: last poll", _reading(topic, "last_poll", dev_cla="timestamp")),
        "next_poll": ("{account}: next poll", _reading(topic, "next_poll", dev_cla="timestamp", en=False)),
        "calls_today": ("{account}: calls today", _reading(topic, "calls_today", **count)),
        "budget": ("{account}: calls a day, at most", _reading(topic, "budget", **count)),
    }  # fmt: skip


def _complete(
    identity: Identity, settings: HomeAssistantSettings, key: str, name: str, shape: Mapping[str, object]
) -> Component:
    unique = f"{identity.device_id}_{key}"
    override = settings.override(identity.device_id, key)
    component: dict[str, object] = {
        **shape,
        "name": override.name or name,
        "uniq_id": unique,
        "def_ent_id": f"{shape['p']}.{slug(unique)}",
        "qos": 1,
    }
    if settings.version < UNTIL["obj_id"]:
        component["obj_id"] = slug(unique)
    if override.enabled is not None:
        component["en"] = override.enabled
    if override.icon is not None:
        component["ic"] = override.icon
    if override.category == "primary":
        component.pop("ent_cat", None)
    return component
