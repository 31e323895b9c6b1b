"""One entity a point: platform, class, state class and precision follow from unit, kind, role and what it accepts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.model import (
    BINARY,
    EVENT_TYPES,
    NUMERIC,
    Choice,
    Device,
    Domain,
    Kind,
    Moment,
    Point,
    Press,
    Range,
    Role,
    TimeOfDay,
    Toggle,
    Unit,
    Words,
)
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.rules import LONGEST_STATE, SMALLEST_STEP, Component
from app.sinks.homeassistant.settings import EntityOverride, HomeAssistantSettings
from app.sinks.homeassistant.tables import SENSOR_CLASSES, UNTIL
from app.topics import Topics

STATE_CLASS: Final[Mapping[Kind, str]] = {
    Kind.GAUGE: "measurement",
    Kind.LEVEL: "measurement",
    Kind.COUNTER: "total_increasing",
    Kind.DAILY: "total_increasing",
    Kind.TOTAL: "total",
}
DEVICE_CLASS: Final[Mapping[str, str]] = {
    Unit.WATT: "power",
    Unit.KILOWATT_HOUR: "energy",
    Unit.VOLT: "voltage",
    Unit.AMPERE: "current",
    Unit.HERTZ: "frequency",
    Unit.CELSIUS: "temperature",
    Unit.VOLT_AMPERE: "apparent_power",
    Unit.VAR: "reactive_power",
    Unit.KILOGRAM: "weight",
    Unit.SECOND: "duration",
    Unit.MINUTE: "duration",
    Unit.HOUR: "duration",
}
LEVEL_CLASS: Final[Mapping[str, str]] = {Unit.PERCENT: "battery", Unit.KILOWATT_HOUR: "energy_storage"}
BINARY_CLASS: Final[Mapping[Kind, str]] = {Kind.PROBLEM: "problem", Kind.LINK: "connectivity"}
PRECISION: Final[Mapping[str, int]] = {
    Unit.WATT: 0,
    Unit.KILOWATT_HOUR: 2,
    Unit.VOLT: 1,
    Unit.AMPERE: 2,
    Unit.HERTZ: 2,
    Unit.CELSIUS: 1,
    Unit.PERCENT: 0,
    Unit.VOLT_AMPERE: 0,
    Unit.VAR: 0,
    Unit.KILOGRAM: 1,
    Unit.SECOND: 0,
    Unit.MINUTE: 0,
    Unit.HOUR: 0,
}
"""Decimals shown. Home Assistant's own choice would hide those of V and Hz."""
MONEY_PRECISION: Final = 2
NARROW: Final = 2
"""A quantity without unit that stays within this width is a ratio, such as a power factor: two decimals."""
UNKNOWN: Final = "unknown"
JSON_CAME: Final = "value_json is defined"
"""Whether a message held JSON; one that clears a topic is empty."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_UNITS: Final = frozenset(Unit)
_SLUG: Final = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Return text as Home Assistant writes it in an entity id."""
    return _SLUG.sub("_", text.lower()).strip("_") or UNKNOWN


def _is_money(point: Point) -> bool:
    if point.unit in _UNITS:
        return False
    return point.kind is Kind.TOTAL or (_CURRENCY.fullmatch(point.unit) is not None and point.kind in NUMERIC)


def state_class(point: Point) -> str | None:
    """Return the state class of a numeric point; a bare number without bounds is a code, and has none."""
    if _is_money(point):
        return "total"
    if point.kind is Kind.GAUGE and not point.unit and point.low is None and point.high is None:
        return None
    return STATE_CLASS.get(point.kind)


def device_class(point: Point) -> str | None:
    """Return the device class of a numeric point, or None where no class goes with its unit and kind."""
    if _is_money(point):
        return "monetary"
    found = LEVEL_CLASS.get(point.unit) if point.kind is Kind.LEVEL else None
    found = found or DEVICE_CLASS.get(point.unit)
    return found if found is not None and state_class(point) in SENSOR_CLASSES[found].states else None


def _precision(point: Point) -> int:
    if _is_money(point):
        return MONEY_PRECISION
    if point.low is not None and point.high is not None and point.high - point.low <= NARROW:
        return MONEY_PRECISION
    return PRECISION.get(point.unit, 0)


def _quoted(words: tuple[str, ...]) -> str:
    return "[" + ",".join("'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'" for word in words) + "]"


def _bare(component: Mapping[str, object]) -> dict[str, object]:
    """Return the component without the keys that have no value."""
    return {key: value for key, value in component.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Entities:
    """Derives the components of a device."""

    topics: Topics
    settings: HomeAssistantSettings
    names: Names
    per_point: bool
    """Whether states are read from a topic a point instead of the device's JSON."""
    commands: bool
    """Whether settings may be written, so that they become controls."""

    def of(self, device: Device, points: Mapping[str, Point]) -> dict[str, Component]:
        """Return the components of a device that the owner wants, by key, those of its points first."""
        components: dict[str, Component] = {}
        for key, point in points.items():
            if self.settings.wants(device.id, key):
                components[key] = self._entity(device, point)
        if self.settings.wants(device.id, "event"):
            components["event"] = self._event(device)
        return components

    def _entity(self, device: Device, point: Point) -> Component:
        override = self.settings.override(device.id, point.key)
        if self.commands and point.accepts is not None:
            shape = self._control(device, point, point.accepts)
        else:
            shape = self._reader(device, point, override)
        category = None
        if override.category is not None:
            category = "diagnostic" if override.category == "diagnostic" else None
        elif "cmd_t" in shape:
            category = "config"
        elif point.role is not Role.PRIMARY:
            category = "diagnostic"
        enabled = override.enabled if override.enabled is not None else point.role is not Role.TAIL
        name = override.name or self.names.of(point)
        return self._complete(device, point.key, shape, name, category, enabled=enabled, icon=override.icon)

    def _event(self, device: Device) -> Component:
        override = self.settings.override(device.id, "event")
        shape = {"p": "event", "stat_t": self.topics.event(device.id), "evt_typ": list(EVENT_TYPES)}
        return self._complete(
            device,
            "event",
            shape,
            override.name or self.names.say("Events"),
            None if override.category == "primary" else "diagnostic",
            enabled=override.enabled is not False,
            icon=override.icon,
        )

    def _complete(
        self,
        device: Device,
        key: str,
        shape: Mapping[str, object],
        name: str,
        category: str | None,
        *,
        enabled: bool,
        icon: str | None,
    ) -> Component:
        unique = f"{device.id}_{key}"
        platform = shape["p"]
        component = _bare({
            **shape,
            "uniq_id": unique,
            "def_ent_id": f"{platform}.{slug(unique)}",
            "obj_id": slug(unique) if self.settings.version < UNTIL["obj_id"] else None,
            "ent_cat": category,
            "en": None if enabled else False,
            "ic": icon,
            "qos": 1,
        })  # fmt: skip
        # Home Assistant puts the device's name before that of the entity; null stands for the device's alone.
        component["name"] = None if name == device.name else name
        return component

    def _source(self, device: Device, point: Point) -> tuple[str, str]:
        """Return where a point's state is published, and the expression of its value there."""
        if self.per_point:
            return self.topics.point(device.id, point.key), "value"
        return self.topics.state(device.id), f"value_json['{point.key}']"

    def _plain(self, value: str) -> str:
        """Return the template that passes a value on; unknown is null in the JSON, and nothing on its own topic."""
        return f"{{{{ {value} or none }}}}" if self.per_point else f"{{{{ {value} }}}}"

    def _guarded(self, value: str) -> str:
        """Return `_plain` for platforms that write an error to the log for each message they cannot render.

        There is such a message whenever a device goes: the broker tells that its state is empty now, and that is no
        JSON. Sensors pass it over (https://github.com/home-assistant/core, components/mqtt/sensor.py and the others).
        """
        return self._plain(value if self.per_point else f"{value} if {JSON_CAME} else none")

    @property
    def _on_off(self) -> tuple[str, str]:
        """How on and off read: as words on a topic of their own, else as a template renders JSON's true and false."""
        return ("on", "off") if self.per_point else ("True", "False")

    def _reader(self, device: Device, point: Point, override: EntityOverride) -> Mapping[str, object]:
        """Return the platform, state and classes of a point that is only read."""
        topic, value = self._source(device, point)
        if point.kind in BINARY:
            on, off = self._on_off
            return _bare({
                "p": "binary_sensor", "stat_t": topic, "val_tpl": self._guarded(value), "pl_on": on, "pl_off": off,
                "dev_cla": BINARY_CLASS.get(point.kind),
            })  # fmt: skip
        plain = self._plain(value)
        shape: dict[str, object] = {"p": "sensor", "stat_t": topic}
        if point.kind in NUMERIC:
            kind = state_class(point)
            numeric = bool(kind or point.unit)
            precision = override.precision if override.precision is not None else _precision(point)
            return _bare({
                **shape, "val_tpl": plain, "dev_cla": device_class(point), "stat_cla": kind,
                "unit_of_meas": point.unit or None, "sug_dsp_prc": precision if numeric else None,
            })  # fmt: skip
        if point.kind is Kind.TIME:
            return _bare({**shape, "val_tpl": plain, "dev_cla": "timestamp"})
        words = point.accepts.options if isinstance(point.accepts, Choice) and not point.words else point.words
        if point.kind is Kind.STATE and words:
            options = words if UNKNOWN in words else (*words, UNKNOWN)
            # A word that is no option is passed over with a warning, at every message.
            template = f"{{{{ {value} if {value} in {_quoted(words)} else '{UNKNOWN}' }}}}"
            return {**shape, "val_tpl": template, "dev_cla": "enum", "ops": list(options)}
        # A longer text becomes unknown, with a warning.
        text = f"value[:{LONGEST_STATE}] or none"
        if not self.per_point:
            text = f"{value} if {value} is none else ({value} | string)[:{LONGEST_STATE}]"
        return {**shape, "val_tpl": f"{{{{ {text} }}}}"}

    def _control(  # noqa: PLR0911 - one a domain
        self, device: Device, point: Point, domain: Domain
    ) -> Mapping[str, object]:
        """Return the platform, state and command of a point that may be written."""
        topic, value = self._source(device, point)
        control = {"stat_t": topic, "val_tpl": self._guarded(value), "cmd_t": self.topics.setting(device.id, point.key)}
        match domain:
            case Range(low, high, step):
                # A number has no state class; its unit and class are those of a reading of the moment.
                return _bare({
                    "p": "number", **control, "min": low, "max": high, "step": max(step, SMALLEST_STEP), "mode": "box",
                    "unit_of_meas": point.unit or None, "dev_cla": device_class(replace(point, kind=Kind.GAUGE)),
                })  # fmt: skip
            case Choice(options):
                there = "" if self.per_point else f"{JSON_CAME} and "
                known = f"{{{{ {value} if {there}{value} in {_quoted(options)} else none }}}}"
                return _bare({"p": "select", **control, "val_tpl": known, "ops": list(options)})
            case Toggle():
                on, off = self._on_off
                return _bare({
                    "p": "switch", **control, "pl_on": "on", "pl_off": "off", "stat_on": on, "stat_off": off,
                })  # fmt: skip
            case TimeOfDay():
                return _bare({"p": "text", **control, "ptrn": "([01][0-9]|2[0-3]):[0-5][0-9]", "min": 5, "max": 5})
            case Moment():
                date, time = "[0-9]{4}-[0-9]{2}-[0-9]{2}", "[0-9]{2}:[0-9]{2}:[0-9]{2}"
                return _bare({"p": "text", **control, "ptrn": f"{date}T{time}", "min": 19, "max": 19})
            case Words(longest, pattern):
                return _bare({"p": "text", **control, "ptrn": pattern or None, "max": min(longest, LONGEST_STATE)})
            case Press():
                return {"p": "button", "cmd_t": control["cmd_t"], "pl_prs": "press"}
