"""Documents with one thing wrong each, made systematically from our tables: every key, unit, class and state class."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.sinks.homeassistant.tables import (
    AVAILABILITY_KEYS,
    CLASSES,
    COMMON_KEYS,
    DEVICE_KEYS,
    ORIGIN_KEYS,
    PLATFORMS,
    ROOT_KEYS,
    SENSOR_CLASSES,
    SINCE,
    STATE_CLASSES,
    UNTIL,
)
from app.sinks.homeassistant.versions import Version
from trials.homeassistant.schemas import Case

MISSING: Final = "missing"
"""Stands for a key that is left out."""
JUNK: Final[tuple[Any, ...]] = (
    None, "", "x y", 5, -1, 1.5, True, [], {}, ["a"], [5], ["a", "a"], {"a": "b"},
    "{{ value", "{% if %}", "a/+/b", "a+",
    "a\u0000", "POWER",
)  # fmt: skip
"""Put in the place of every value in turn."""
SPECIAL: Final[Mapping[str, tuple[Any, ...]]] = {
    "ent_cat": ("diagnostic", "config"), "ic": ("mdi:", "solar"), "cu": ("192.0.2.1", "http://192.0.2.1/", "ftp://a"),
    "url": ("192.0.2.1", "http://192.0.2.1/"), "pl_on": ("off", "ON"), "pl_off": ("on", "OFF"), "stat_on": ("off",),
    "def_ent_id": ("sensor.PV", "sensor.", "number.a__b", "number.pv", "sensor._a", "_", "a.b"), "qos": (0, 2, 3, "1"),
    "ops": ([""], ["a" * 256], ["a", "unknown"], "unknown"), "evt_typ": ([""], ["a" * 256], "raised"),
    "e": ("utf-9", "utf-16"),
    "step": (0.001, 0.0001, "1", 0), "min": (9, 10, "1", 0.5), "max": (0, 9.5, "9", 300),
    "mode": ("auto", "slider", "password"),
    "sug_dsp_prc": (0, 6, "1"), "exp_aft": (0, "5"), "avty_mode": ("all", "any", "latest"),
    "ptrn": ("[", "^a$"), "t": ("judge-nowhere/#",),
    "stat_t": ("judge-nowhere/#", "a" * 70_000), "cmd_t": ("judge-nowhere/#", "a" * 70_000),
    "avty": ([{"t": "a"}, {"t": "b"}], [{}], {"t": "a"}),
    "stat_cla": ("total", "measurement_angle"), "unit_of_meas": ("kW", "kWp", " "), "ids": ("a",),
    "val_tpl": ("{{ value_json.nothing }}", "{{ value | nothing }}", "{{ }}", "a}}"),
}  # fmt: skip
"""Put in the place of the value of one key."""
VALUES: Final[Mapping[str, Any]] = {
    "name": "Sun", "avty_mode": "all", "json_attr_tpl": "{{ value_json | tojson }}", "en": True,
    "ent_cat": "diagnostic",
    "ic": "mdi:solar-power", "qos": 1, "e": "utf-8", "vis": True, "val_tpl": "{{ value_json.v }}", "exp_aft": 60,
    "frc_upd": False, "sug_dsp_prc": 1, "off_dly": 5, "pl_on": "on", "pl_off": "off", "stat_on": "on",
    "stat_off": "off",
    "cmd_tpl": "{{ value }}", "opt": False, "ret": False, "pl_rst": "None", "msg_exp_int": 60,
    "ops": ["eco", "unknown"],
    "evt_typ": ["raised"], "pl_prs": "{}", "ptrn": "^a*$", "lrst_val_tpl": "{{ now().isoformat() }}",
}  # fmt: skip
"""A right value of each key whose value does not depend on the platform or the entity."""
OWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "binary_sensor": {"dev_cla": "problem"},
    "number": {"min": 0, "max": 9, "step": 0.5, "mode": "box", "dev_cla": "power", "unit_of_meas": "W"},
    "switch": {"dev_cla": "switch"},
    "text": {"min": 0, "max": 9, "mode": "text"},
    "datetime": {"tz": "Europe/Berlin"},
    "button": {"dev_cla": "restart"},
    "event": {"dev_cla": "button"},
}
SENSORS: Final[Mapping[str, Mapping[str, Any]]] = {
    "sensor": {"dev_cla": "power", "stat_cla": "measurement", "unit_of_meas": "W", "ops": MISSING,
    "lrst_val_tpl": MISSING},
    "sensor:total": {"dev_cla": "energy", "stat_cla": "total", "unit_of_meas": "kWh", "ops": MISSING},
    "sensor:enum": {
        "dev_cla": "enum", "stat_cla": MISSING, "unit_of_meas": MISSING, "sug_dsp_prc": MISSING, "lrst_val_tpl": MISSING
    },
    "sensor:text": {
        "dev_cla": MISSING, "stat_cla": MISSING, "unit_of_meas": MISSING, "sug_dsp_prc": MISSING, "ops": MISSING,
        "lrst_val_tpl": MISSING,
    },
}  # fmt: skip
SAMPLES: Final[Mapping[str, Any]] = {
    "binary_sensor": "on", "number": 1, "switch": "on", "select": "eco", "text": "aa", "event": None,
    "time": "12:00:00",
    "date": "2026-11-21", "datetime": "2026-11-21T12:00:00", "sensor:enum": "eco", "sensor:text": "a word",
}  # fmt: skip
"""What is published as a value; for a sensor that is not named, a number."""
PARTS: Final = {"dev": "device", "o": "origin", "avty": "availability"}
MOMENTS: Final = {"timestamp": "2026-11-21T12:00:00+00:00", "uptime": "2026-11-21T12:00:00+00:00", "date": "2026-11-21"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A document with one thing changed."""

    case: Case
    where: str
    """Which part of it: the base, such as `sensor:enum` or `device`, and the key."""
    what: Any
    """What stands there instead."""


def _name(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return repr(text[:20]) if isinstance(value, str) else text


def _platform(base: str) -> str:
    return base.partition(":")[0]


def base_component(base: str, version: Version, marker: str) -> dict[str, Any]:
    """Return a component with every key that the platform takes in a release, all of them right."""
    name = _platform(base)
    platform = PLATFORMS[name]
    own = {
        "p": name, "uniq_id": f"{marker}_p", "stat_t": f"judge/{marker}/state", "cmd_t": f"judge/{marker}/set",
        "json_attr_t": f"judge/{marker}/attributes", "obj_id": f"{marker}_p", "def_ent_id": f"{name}.{marker}_p",
        "avty": [
            {"t": f"judge/{marker}/here", "pl_avail": "online", "pl_not_avail": "offline", "val_tpl": "{{ value }}"}
        ],
    }  # fmt: skip
    chosen = SENSORS[base] if name == "sensor" else OWN.get(name, {})
    values = {**VALUES, **own, **chosen}
    keys = COMMON_KEYS | platform.needs | platform.takes
    known = (key for key in sorted(keys) if SINCE.get(key, version) <= version and UNTIL.get(key) is None)
    return {key: values[key] for key in known if values[key] != MISSING}


def wrap(marker: str, component: Any) -> dict[str, Any]:
    """Return a device's document with one component."""
    return {
        "dev": {"ids": [marker], "name": marker},
        "o": {"name": "Heliopost", "sw": "1", "url": "https://example.org/help"},
        "cmps": {"p": component},
    }


def _states(base: str, marker: str, component: Mapping[str, Any]) -> dict[str, str]:
    sample = SAMPLES.get(base, 1)
    if _platform(base) == "sensor":
        sample = MOMENTS.get(str(component.get("dev_cla")), sample)
    value = {"event_type": "raised"} if base == "event" else {"v": sample}
    state = {f"judge/{marker}/state": json.dumps(value)}
    return {f"judge/{marker}/here": "online", f"judge/{marker}/attributes": '{"reason": "none"}', **state}


class Mutants:
    """Makes them for one release."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._made = 0

    def _marker(self) -> str:
        self._made += 1
        return f"m{self._made}"

    def all(self) -> list[Mutant]:
        """Return the bases themselves first (`what` is "right"), then everything that can be wrong with them."""
        return [*self._whole(), *self._keys(), *self._classes(), *self._document()]

    def _bases(self) -> list[str]:
        plain = [name for name, row in PLATFORMS.items() if name != "sensor" and row.since <= self._version]
        return [*SENSORS, *plain]

    def _mutant(self, base: str, where: str, what: Any, change: Mapping[str, Any], *, shown: bool = False) -> Mutant:
        """Return a base with some keys changed, or left out where the change says `missing`.

        `shown` has a value sent afterwards; it must be one that fits what was changed.
        """
        marker = self._marker()
        component = {
            key: value for key, value in {**self._base(base, marker), **change}.items() if value is not MISSING
        }
        topic = f"homeassistant/device/{marker}/config"
        states = _states(base, marker, component) if shown else {}
        case = Case(f"{where} = {_name(what)}", topic, wrap(marker, component), states, marker)
        return Mutant(case, where, what)

    def _base(self, base: str, marker: str) -> dict[str, Any]:
        found = base_component(base, self._version, marker)
        if base == "event":
            found.pop("val_tpl")
        return found

    def _whole(self) -> Iterator[Mutant]:
        for base in self._bases():
            yield self._mutant(base, base, "right", {}, shown=True)

    def _keys(self) -> Iterator[Mutant]:
        for base in self._bases():
            platform = PLATFORMS[_platform(base)]
            own = platform.needs | platform.takes | {"ent_cat", "def_ent_id"}
            keys = [key for key in self._base(base, "m") if key in own or base in {"sensor", "number"}]
            keys = [key for key in keys if key not in {"p", "uniq_id"}]
            later = [
                key for key in sorted(COMMON_KEYS | platform.takes) if SINCE.get(key, self._version) > self._version
            ]
            for key in keys:
                for junk in (MISSING, *JUNK, *SPECIAL.get(key, ())):
                    yield self._mutant(base, f"{base}.{key}", junk, {key: junk})
            for key in (*later, *UNTIL):
                yield self._mutant(base, f"{base}.{key}", "early or late", {key: VALUES.get(key, "a_b")})
            for key in ("colour", "device", "dev", "o", "cmps"):
                yield self._mutant(base, f"{base}.{key}", "unknown", {key: "red"})
            for junk in (MISSING, None, "", [], {}):
                yield self._mutant(base, f"{base}.uniq_id", junk, {"uniq_id": junk})
            for junk in (MISSING, None, "", "toaster", 5):
                yield self._mutant(base, f"{base}.p", junk, {"p": junk})

    def _classes(self) -> Iterator[Mutant]:
        """Every device class of our tables with each of its units, with strange ones, and with every state class."""
        for name, row in SENSOR_CLASSES.items():
            units = row.units if row.units is not None else {"EUR": None, "": None}
            plain = {"ops": MISSING, "sug_dsp_prc": MISSING, "lrst_val_tpl": MISSING, "dev_cla": name}
            some = next(iter(units)) or MISSING
            for unit in {*units, "", "kWp", "℃", "W/㎡", "t", "Ah", "KWH", "kA", "Var", "%", "µV"}:
                change = {**plain, "unit_of_meas": unit or MISSING, "stat_cla": MISSING}
                yield self._mutant("sensor", f"sensor.{name}.unit", unit, change, shown=True)
                yield self._mutant(
                    "number", f"number.{name}.unit", unit, {"dev_cla": name, "unit_of_meas": unit or MISSING}
                )
            for state in (*sorted(STATE_CLASSES), "sometimes"):
                change = {**plain, "unit_of_meas": some, "stat_cla": state}
                yield self._mutant("sensor", f"sensor.{name}.state_class", state, change, shown=True)
        for platform, classes in CLASSES.items():
            for name in sorted(classes | {"power", "timestamp", "sunshine"}):
                yield self._mutant(platform, f"{platform}.dev_cla", name, {"dev_cla": name})

    def _document(self) -> Iterator[Mutant]:
        """The document around a component: its root, its device, its origin, its availability and its topic."""
        some = {"avty_mode": "all", "stat_t": "judge/state", "cmd_t": "judge/set", "qos": 1, "e": "utf-8"}
        for key in sorted(ROOT_KEYS | {"colour", "~", "msg_exp_int", "cdevs"}):
            for junk in (MISSING, *JUNK, *SPECIAL.get(key, ())):
                yield self._around(f"root.{key}", junk, {"root": {key: junk}})
            if key in some:
                yield self._around(f"root.{key}", "right", {"root": {key: some[key]}})
        parts = {"dev": DEVICE_KEYS - {"ids", "cns"}, "o": ORIGIN_KEYS, "avty": AVAILABILITY_KEYS}
        for part, keys in parts.items():
            for key in sorted(keys | {"colour"}):
                for junk in (MISSING, *JUNK, *SPECIAL.get(key, ())):
                    yield self._around(f"{PARTS[part]}.{key}", junk, {part: {key: junk}})
        for place in ("device/{}/x/y/config", "device/{}/state", "device/ä{}/config", "device/a b{}/config",
                      "sensor/{}/config", "toaster/{}/p/config", "device/{}/config/"):  # fmt: skip
            yield self._around("topic", place, {}, place)

    def _around(
        self, where: str, what: Any, change: Mapping[str, Mapping[str, Any]], place: str = "device/{}/config"
    ) -> Mutant:
        marker = self._marker()
        here = {"t": f"judge/{marker}/here", **change.get("avty", {})}
        component = {
            "p": "sensor", "uniq_id": f"{marker}_p", "stat_t": f"judge/{marker}/state", "val_tpl": "{{ value_json.v }}",
            "avty": [_without(here)], "name": "Sun",
        }  # fmt: skip
        document = wrap(marker, component)
        document["dev"] = _without({**document["dev"], **change.get("dev", {})})
        document["o"] = _without({**document["o"], **change.get("o", {})})
        document = _without({**document, **change.get("root", {})})
        topic = "homeassistant/" + place.format(marker)
        case = Case(f"{where} = {_name(what)}", topic, document, {}, marker)
        return Mutant(case, where, what)


def _without(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parts.items() if value is not MISSING}
