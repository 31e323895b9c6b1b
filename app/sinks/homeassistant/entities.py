"""One entity a point: platform, class, state class and precision follow from unit, kind, role and what it accepts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.model import BINARY, EVENT_TYPES, NUMERIC, Choice, Device, Kind, Point, Role, Setting, Unit
from app.sinks.homeassistant import controls
from app.sinks.homeassistant.controls import UNDO, Controls, Settable
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.rules import LONGEST_STATE, Component
from app.sinks.homeassistant.settings import EntityOverride, HomeAssistantSettings
from app.sinks.homeassistant.states import States, listed
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

    @property
    def _states(self) -> States:
        return States(self.topics, self.per_point)

    @property
    def _controls(self) -> Controls:
        return Controls(self._states, self.settings, self.names, device_class)

    def of(self, device: Device, points: Mapping[str, Point], offered: Sequence[Setting] = ()) -> dict[str, Component]:
        """Return the components of a device that the owner wants, by key, those of its points first.

        What is `offered` becomes a control, whether it has been read or not.
        """
        settable = controls.settable(offered)
        components: dict[str, Component] = {}
        for key in (*points, *(key for key in settable if key not in points)):
            if self.settings.wants(device.id, key):
                found = settable.get(key)
                components[key] = self._control(device, found) if found else self._sensor(device, points[key])
        if settable and self.settings.wants(device.id, UNDO):
            components[UNDO] = self._undo(device)
        if self.settings.wants(device.id, "event"):
            components["event"] = self._event(device)
        return components

    def _sensor(self, device: Device, point: Point) -> Component:
        override = self.settings.override(device.id, point.key)
        category = None
        if override.category is not None:
            category = "diagnostic" if override.category == "diagnostic" else None
        elif point.role is not Role.PRIMARY:
            category = "diagnostic"
        return self._complete(
            device,
            point.key,
            self._reader(device, point, override),
            override.name or self.names.of(point),
            category,
            enabled=override.enabled if override.enabled is not None else point.role is not Role.TAIL,
            icon=override.icon,
        )

    def _control(self, device: Device, found: Settable) -> Component:
        point, domain, enabled = found
        derived, override = self._controls, self.settings.override(device.id, point.key)
        return self._complete(
            device,
            point.key,
            derived.of(device, point, domain),
            override.name or derived.name(point),
            None if override.category == "primary" else override.category or "config",
            enabled=override.enabled if override.enabled is not None else enabled,
            icon=override.icon or controls.icon(point),
        )

    def _undo(self, device: Device) -> Component:
        override = self.settings.override(device.id, UNDO)
        return self._complete(
            device,
            UNDO,
            self._controls.undo(device),
            override.name or self.names.say("Undo last change"),
            None if override.category == "primary" else override.category or "config",
            enabled=override.enabled is not False,
            icon=override.icon,
        )

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
            "ic": icon or shape.get("ic"),
            "qos": 1,
        })  # fmt: skip
        # Home Assistant puts the device's name before that of the entity; null stands for the device's alone.
        component["name"] = None if name == device.name else name
        return component

    def _reader(self, device: Device, point: Point, override: EntityOverride) -> Mapping[str, object]:
        """Return the platform, state and classes of a point that is only read."""
        states = self._states
        topic, value = states.source(device, point)
        if point.kind in BINARY:
            on, off = states.on_off
            return _bare({
                "p": "binary_sensor", "stat_t": topic, "val_tpl": states.guarded(value), "pl_on": on, "pl_off": off,
                "dev_cla": BINARY_CLASS.get(point.kind),
            })  # fmt: skip
        plain = states.plain(value)
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
            template = f"{{{{ {value} if {value} in {listed(words)} else '{UNKNOWN}' }}}}"
            return {**shape, "val_tpl": template, "dev_cla": "enum", "ops": list(options)}
        # A longer text becomes unknown, with a warning.
        text = f"value[:{LONGEST_STATE}] or none"
        if not self.per_point:
            text = f"{value} if {value} is none else ({value} | string)[:{LONGEST_STATE}]"
        return {**shape, "val_tpl": f"{{{{ {text} }}}}"}
