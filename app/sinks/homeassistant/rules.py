"""Our own check of what is announced. Home Assistant never answers: what it refuses appears only in its log."""

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple, TypeAlias, TypeGuard
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.sinks.homeassistant.tables import (
    AVAILABILITY_KEYS,
    CLASSES,
    COMMON_KEYS,
    DEVICE_KEYS,
    FILTERS,
    FLAGS,
    LARGEST,
    NULLABLE,
    ORIGIN_KEYS,
    PLATFORMS,
    ROOT_KEYS,
    SENSOR_CLASSES,
    SINCE,
    SINGLE_KEYS,
    STATE_CLASSES,
    TEXTS,
    UNTIL,
    WHOLES,
)
from app.sinks.homeassistant.versions import Version

Component: TypeAlias = Mapping[str, object]
"""One entity's part of a document, keys abbreviated."""
Document: TypeAlias = Mapping[str, object]


def compact(document: Document) -> str:
    """Return a document as it is sent: without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def size_of(document: Document) -> int:
    """Return how many bytes of a message a document takes."""
    return len(compact(document).encode())


class Refusal(NamedTuple):
    """Why something must not be announced."""

    reason: str
    """One word for the metric."""
    text: str
    """For the log."""


SMALLEST_STEP: Final = 0.001
LONGEST_TOPIC: Final = 65_535
LONGEST_STATE: Final = 255
_TOPIC: Final = re.compile(r"(?:device|(?!device/)(?P<platform>\w+)/[a-zA-Z0-9_-]+)/[a-zA-Z0-9_-]+/config")
_NO_TOPIC: Final = re.compile(r"[+#\x00-\x1f\x7f-\x9f]")
"""Wildcards and control characters."""
_ENTITY_ID: Final = re.compile(r"[a-z_]+\.(?!_)(?!.*__)[a-z0-9_]+(?<!_)")
_LINK: Final = re.compile(r"(https?|homeassistant)://.+")
_EMPTY: Final = re.compile(r"\{\{\s*\}\}")
_LITERAL: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
"""A word within a template: what stands in it is no syntax."""
_FILTER: Final = re.compile(r"\|\s*(\w+)")
_TEMPLATES: Final = frozenset({"val_tpl", "cmd_tpl", "json_attr_tpl", "lrst_val_tpl"})
CONTROLS: Final = frozenset({"number", "switch", "select", "text", "button", "time", "date", "datetime"})
"""Platforms of what can be set or done."""


def refusal(component: Component, version: Version) -> Refusal | None:
    """Return why the oldest release in use, `version`, would refuse or warn of a component; None if it would not."""
    return next(_component(component, version), None)


def document_refusal(topic: str, document: Document, version: Version, prefix: str) -> Refusal | None:
    """Return why a device's or an entity's document must not be sent to a topic; None if it may."""
    return next(_document(topic, document, version, prefix), None)


def _component(component: Component, version: Version) -> Iterator[Refusal]:
    name = component.get("p")
    platform = PLATFORMS.get(name) if isinstance(name, str) else None
    if platform is None or version < platform.since:
        yield Refusal("platform", f"the platform {name!r} is not known to {version}: the whole device would be refused")
        return
    if component.keys() == {"p"}:
        return  # takes the entity back
    yield from _keys(component, platform.needs, COMMON_KEYS | platform.needs | platform.takes, version)
    yield from _common(component, str(name))
    yield from _of_platform(component, str(name), version)
    for key in ("ops", "evt_typ"):
        if key in component and not _words(component[key]):
            yield Refusal("options", f"{key} must be a list of different words, and not empty")
    if name in {"binary_sensor", "switch"} and component.get("pl_on", "ON") == component.get("pl_off", "OFF"):
        yield Refusal("value", "on and off are the same")


def _of_platform(component: Component, name: str, version: Version) -> Iterator[Refusal]:
    if name == "sensor":
        yield from _sensor(component, version)
    elif name == "number":
        yield from _number(component, version)
    elif name == "text":
        yield from _text(component)
    elif name == "datetime" and (zone := component.get("tz")) and not _is_zone(str(zone)):
        yield Refusal("value", f"{zone!r} is no time zone")
    elif name == "event" and "dev_cla" in component and component["dev_cla"] is None:
        yield Refusal("device_class", "the device class of an event must not be null")
    elif (chosen := component.get("dev_cla")) is not None and chosen not in CLASSES.get(name, frozenset()):
        yield Refusal("device_class", f"{chosen!r} is no device class of a {name}")


def _keys(component: Component, needs: frozenset[str], takes: frozenset[str], version: Version) -> Iterator[Refusal]:
    for key in sorted(needs | {"uniq_id"}):
        if not component.get(key):
            yield Refusal("key", f"{key} is missing")
    for key, value in component.items():
        if key not in takes:
            yield Refusal("key", f"{key} is passed over by this platform")
        if value is None and key not in NULLABLE:
            yield Refusal("key", f"{key} must not be null")
        if value is not None and not _is_kind(key, value):
            yield Refusal("value", f"{key} cannot be {value!r}")
        if version < SINCE.get(key, version):
            yield Refusal("version", f"{key} is not known before {SINCE[key]}")
        if key in UNTIL and version >= UNTIL[key]:
            yield Refusal("version", f"{key} is not wanted since {UNTIL[key]}")


def _common(component: Component, platform: str) -> Iterator[Refusal]:
    for key in ("stat_t", "cmd_t", "json_attr_t"):
        if key in component and not _is_topic(component[key]):
            yield Refusal("topic", f"{key} is no topic without wildcards: {component[key]!r}")
    for key in _TEMPLATES & component.keys():
        if not _is_template(str(component[key])):
            yield Refusal("template", f"{key} is no template of ours: {component[key]!r}")
    yield from _manners(component, platform)
    if "avty" in component:
        yield from _availability(component)


def _manners(component: Component, platform: str) -> Iterator[Refusal]:
    category = component.get("ent_cat")
    allowed = ("diagnostic", "config") if platform in CONTROLS else ("diagnostic",)
    if category is not None and category not in allowed:
        yield Refusal("category", f"a {platform} must not be in the category {category!r}")
    yield from _transport(component)
    if component.get("ret"):
        yield Refusal("value", "a retained command would be repeated at every start")
    icon = component.get("ic")
    if icon is not None and not str(icon).startswith("mdi:"):
        yield Refusal("value", f"the icon {icon!r} does not begin with mdi:")
    proposal = component.get("def_ent_id")
    if proposal is not None and not (
        str(proposal).startswith(f"{platform}.") and _ENTITY_ID.fullmatch(str(proposal)) is not None
    ):
        yield Refusal("value", f"{proposal!r} is no entity id of a {platform}")


def _transport(holder: Mapping[str, object]) -> Iterator[Refusal]:
    """Check what the root of a document and a component have in common."""
    if not _is_kind("qos", quality := holder.get("qos", 0)) or quality not in {0, 1, 2}:
        yield Refusal("value", "qos is 0, 1 or 2")
    if holder.get("e", "utf-8") != "utf-8":
        yield Refusal("value", "everything is written in utf-8")
    if holder.get("avty_mode", "all") not in ("all", "any", "latest"):
        yield Refusal("availability", "avty_mode is all, any or latest")


def _sensor(component: Component, version: Version) -> Iterator[Refusal]:
    device_class, state_class = component.get("dev_cla"), component.get("stat_cla")
    unit = component.get("unit_of_meas")
    if state_class is not None and state_class not in STATE_CLASSES:
        yield Refusal("state_class", f"{state_class!r} is no state class")
    if state_class == "measurement_angle" and unit != "°":
        yield Refusal("state_class", "measurement_angle is counted in °")
    yield from _class(component, version)
    if "ops" in component and device_class != "enum":
        yield Refusal("options", "only an enum has options")
    if device_class == "enum" and (state_class is not None or unit is not None or "sug_dsp_prc" in component):
        yield Refusal("options", "an enum has neither unit nor state class nor precision")
    if "lrst_val_tpl" in component and state_class != "total":
        yield Refusal("state_class", "a last reset goes with the state class total only")
    precision = component.get("sug_dsp_prc", 0)
    if isinstance(precision, bool) or not isinstance(precision, int) or precision < 0:
        yield Refusal("value", "the precision is a number of decimals")
    if "sug_dsp_prc" in component and unit is None and state_class is None:
        yield Refusal("value", "a precision makes a sensor numeric, which nothing else says it is")
    expiry = component.get("exp_aft", 0)
    if isinstance(expiry, bool) or not isinstance(expiry, int) or expiry < 0:
        yield Refusal("value", "exp_aft is a number of whole seconds")


def _class(component: Component, version: Version) -> Iterator[Refusal]:
    """Check device class, unit and, for sensors, state class against each other."""
    device_class, unit = component.get("dev_cla"), component.get("unit_of_meas")
    if device_class is None:
        return
    rule = SENSOR_CLASSES.get(str(device_class))
    if rule is None or version < rule.since:
        yield Refusal("device_class", f"the device class {device_class!r} is not known to {version}")
        return
    if rule.units is None:
        if not unit:
            yield Refusal("unit", f"{device_class} needs a unit")
    elif (since := rule.units.get(str(unit or ""))) is None:
        yield Refusal("unit", f"{unit!r} is no unit of {device_class}")
    elif version < since:
        yield Refusal("unit", f"{unit!r} is a unit of {device_class} only since {since}")
    state_class = component.get("stat_cla")
    if state_class is not None and state_class not in rule.states:
        yield Refusal("state_class", f"{device_class} cannot be {state_class!r}")


def _number(component: Component, version: Version) -> Iterator[Refusal]:
    low, high, step = (component.get(key, default) for key, default in (("min", 1), ("max", 100), ("step", 1)))
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in (low, high, step)):
        yield Refusal("value", "min, max and step are numbers")
    elif float(str(low)) > float(str(high)):
        yield Refusal("value", f"min {low} is above max {high}")
    elif float(str(step)) < SMALLEST_STEP:
        yield Refusal("value", f"the step {step} is finer than {SMALLEST_STEP}")
    if component.get("mode", "auto") not in {"auto", "box", "slider"}:
        yield Refusal("value", "the mode of a number is auto, box or slider")
    if component.get("dev_cla") in {"enum", "timestamp", "date", "uptime"}:
        yield Refusal("device_class", f"{component['dev_cla']!r} is no device class of a number")
    yield from _class(component, version)


def _text(component: Component) -> Iterator[Refusal]:
    low, high = component.get("min", 0), component.get("max", LONGEST_STATE)
    if not (_is_length(low) and _is_length(high) and low <= high):
        yield Refusal("value", f"min and max are numbers of letters, up to {LONGEST_STATE}")
    if component.get("mode", "text") not in {"text", "password"}:
        yield Refusal("value", "the mode of a text is text or password")
    try:
        re.compile(str(component.get("ptrn", "")))
    except re.error:
        yield Refusal("value", f"ptrn is no pattern: {component.get('ptrn')!r}")


def _availability(holder: Mapping[str, object]) -> Iterator[Refusal]:
    topics = holder["avty"]
    if not isinstance(topics, list | tuple) or not topics:
        yield Refusal("availability", "avty must be a list that is not empty")
        return
    for entry in topics:
        if not isinstance(entry, Mapping) or not _are_texts(entry, AVAILABILITY_KEYS):
            yield Refusal("availability", "an entry of avty has a key that is not known, or a value that is no text")
        elif "val_tpl" in entry and not _is_template(str(entry["val_tpl"])):
            yield Refusal("availability", f"{entry['val_tpl']!r} is no template of ours")
        elif not _is_topic(entry.get("t")):
            yield Refusal("availability", f"{entry.get('t')!r} is no topic")
    if len(topics) > 1 and holder.get("avty_mode") != "all":
        yield Refusal("availability", "several topics need the mode all; the default is the latest")


def _document(topic: str, document: Document, version: Version, prefix: str) -> Iterator[Refusal]:
    place = _TOPIC.fullmatch(topic.removeprefix(f"{prefix}/")) if topic.startswith(f"{prefix}/") else None
    if place is None:
        yield Refusal("topic", f"Home Assistant does not listen to {topic!r}")
        return
    if None in document.values():
        yield Refusal("key", "null at the root")
    yield from _identity(document)
    if size_of(document) > LARGEST:
        yield Refusal("size", f"more than {LARGEST} bytes")
    if place["platform"] is None:
        yield from _device(document, version)
    else:
        part = {key: value for key, value in document.items() if key not in SINGLE_KEYS}
        yield from _component({**part, "p": place["platform"]}, version)


def _identity(document: Document) -> Iterator[Refusal]:
    device, origin = document.get("dev"), document.get("o")
    if not isinstance(device, Mapping) or not (device.get("ids") or device.get("cns")):
        yield Refusal("device", "dev must have identifiers")
        return
    if not _are_texts({key: value for key, value in device.items() if key not in {"ids", "cns"}}, DEVICE_KEYS):
        yield Refusal("device", "dev has a key that is not known, or a value that is no text")
    if "cu" in device and _LINK.fullmatch(str(device["cu"])) is None:
        yield Refusal("device", "the configuration URL is no http address")
    if not isinstance(origin, Mapping) or not origin.get("name"):
        yield Refusal("origin", "o must have a name")
    elif not _are_texts(origin, ORIGIN_KEYS):
        yield Refusal("origin", "o has a key that is not known, or a value that is no text")
    elif "url" in origin and _LINK.fullmatch(str(origin["url"])) is None:
        yield Refusal("origin", "the support URL is no http address")


def _device(document: Document, version: Version) -> Iterator[Refusal]:
    for key in document.keys() - ROOT_KEYS:
        yield Refusal("key", f"{key} at the root makes Home Assistant refuse the device")
    if "avty" in document:
        yield from _availability(document)
    yield from _transport(document)
    for key in ("stat_t", "cmd_t"):
        if key in document and not _is_topic(document[key]):
            yield Refusal("topic", f"{key} is no topic without wildcards: {document[key]!r}")
    components = document.get("cmps")
    if not isinstance(components, Mapping) or not components:
        yield Refusal("key", "cmps must hold at least one component")
        return
    yield from _components(components, document, version)


def _components(components: Mapping[str, object], document: Document, version: Version) -> Iterator[Refusal]:
    seen: set[object] = set()
    shared = {key: document[key] for key in ("stat_t", "cmd_t") if key in document}
    for key, component in components.items():
        if not isinstance(component, Mapping):
            yield Refusal("key", f"{key} is no component")
            continue
        if component.keys() == {"p"}:
            yield from _component(component, version)
            continue
        platform = PLATFORMS.get(str(component.get("p")))
        takes = platform.needs | platform.takes if platform is not None else ()
        inherited = {name: value for name, value in shared.items() if name in takes}
        for fault in _component({**inherited, **component}, version):
            yield Refusal(fault.reason, f"{key}: {fault.text}")
        identity = (component.get("p"), component.get("uniq_id"))
        if identity in seen:
            yield Refusal("key", f"{key}: uniq_id {component.get('uniq_id')!r} is there twice")
        seen.add(identity)


def _is_kind(key: str, value: object) -> bool:
    if key in TEXTS:
        return isinstance(value, str)
    if key in FLAGS:
        return isinstance(value, bool)
    return key not in WHOLES or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def _is_length(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST_STATE


def _are_texts(holder: Mapping[str, object], takes: AbstractSet[str]) -> bool:
    return holder.keys() <= takes and all(isinstance(value, str) for value in holder.values())


def _is_template(text: str) -> bool:
    """Return whether a template is one as we write them: expressions with known filters, no statements."""
    text = _LITERAL.sub("''", text)
    if text.count("{{") != text.count("}}") or "{%" in text or _EMPTY.search(text) is not None:
        return False
    return all(word in FILTERS for word in _FILTER.findall(text))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True


def _is_topic(topic: object) -> bool:
    return (
        isinstance(topic, str)
        and 0 < len(topic.encode("utf-8", "replace")) <= LONGEST_TOPIC
        and _NO_TOPIC.search(topic) is None
    )


def _words(options: object) -> bool:
    if not isinstance(options, list | tuple) or not options:
        return False
    texts = [option for option in options if isinstance(option, str) and 0 < len(option) <= LONGEST_STATE]
    return len(texts) == len(options) == len(set(texts))
