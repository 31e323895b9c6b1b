"""The pages of points: what each family of devices has, where it comes from, and what becomes of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from app import points
from app.config.schema import written
from app.derived import counter
from app.metrics import series_of
from app.model import NUMERIC, Device, DeviceKind, Kind, Point, Role
from app.points import SIGNED_PAIRS
from app.providers.growatt.catalogue import LISTED, LOGGER
from app.providers.growatt.families import LOGGER_FAMILY, PLANT_FAMILY, SETTINGS, TYPES, Family, Shape, When
from app.providers.growatt.openapi import families as token
from app.rows import Code, Difference, Moment, Number, Row, Sum, TimeOfDay, Words, only_daily
from app.rows import Part as Positive
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.entities import Entities
from app.sinks.homeassistant.names import Names
from app.topics import Topics
from reference.markdown import HEAD, code, codes, table

TITLES: Final = {
    "inverter": "String inverters",
    "tlx": "MIN, MIC, MOD, NEO, TL-X and TL-XH",
    "mix": "SPH and MIX hybrids",
    "spa": "SPA, AC-coupled batteries",
    "storage": "SPF and other off-grid storage",
    "noah": "NOAH balcony batteries",
    "nexa": "NEXA balcony batteries",
    "battery": "Batteries of a TL-XH",
    "max": "MAX and MID, large inverters",
    "meter": "Meters",
    "other": "Devices without calls of their own",
    "plant": "Plants",
    "logger": "Loggers",
    "wit": "WIT, large hybrids",
    "sph-s": "SPH-S hybrids",
    "pcs": "PCS",
    "hps": "HPS",
    "pbd": "PBD",
}
"""By family: what its owner calls it."""
ROLES: Final = {Role.PRIMARY: "enabled", Role.DIAGNOSTIC: "diagnostic", Role.TAIL: "long tail, disabled"}
KINDS: Final = {
    Kind.GAUGE: "of the moment",
    Kind.LEVEL: "level",
    Kind.COUNTER: "lifetime counter",
    Kind.DAILY: "since midnight",
    Kind.TOTAL: "sum, may fall",
    Kind.STATE: "word",
    Kind.FLAG: "yes or no",
    Kind.PROBLEM: "yes or no",
    Kind.LINK: "yes or no",
    Kind.TEXT: "text",
    Kind.TIME: "moment",
}
SIGNS: Final = {"grid_power": "+ import, − export", "battery_power": "+ discharge, − charge"}
"""Of the powers that have two directions; everything else has one."""
CONDITIONS: Final = {
    When.ALWAYS: "",
    When.ONLY_HYBRID: "only for a plant's only hybrid",
    When.SEVERAL_HYBRIDS: "only for a plant with several hybrids",
}
_ROLE_ORDER: Final = list(Role)
_SETTINGS: Final = frozenset({Shape.SETTINGS, Shape.NOAH_SETTINGS})
_COMBINED: Final = ("etouser_combined",)
"""The one field that is kept of a dashboard, under a name of our own (shapes.py); Growatt's name is `etouser`."""


_WITH_TOKEN: Final = "points-token-"  # noqa: S105 - the beginning of a file's name
TOKEN_FAMILIES: Final = tuple(
    {
        family.name: family for family in (*token.NUMBERS.values(), *token.WORDS.values(), token.METER, token.PLANT)
    }.values()
)
"""Those of the token API, each once."""


@dataclass(slots=True)
class Line:
    """One point, or the same one of several strings, phases or modules."""

    point: Point
    numbers: list[int] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    setting: bool = True
    """Whether only answers about how the device is set have it."""


def pages() -> dict[str, str]:
    """Return a page for each family, by the file's name, and the overview."""
    families = [*{family.name: family for family in TYPES.values()}.values(), PLANT_FAMILY, LOGGER_FAMILY]
    made = {f"points-{family.name}.md": _page(family) for family in families}
    made |= {f"{_WITH_TOKEN}{family.name}.md": _page(family, token=True) for family in TOKEN_FAMILIES}
    return {"points.md": _overview(families), **made}


def _overview(families: Sequence[Family]) -> str:
    rows = (
        (
            f"[{TITLES[family.name]}](points-{family.name}.md)",
            codes(sorted(name for name, known in TYPES.items() if known is family)),
            family.kind.value,
            str(len(_lines(family))),
        )
        for family in families
    )
    return (
        f"{HEAD}# Points, by family of devices\n\n"
        "A point is one quantity of a device: `pv_power`, `battery_soc`. Its key is part of the MQTT topic, of the JSON and of Home\n"
        "Assistant's unique id, and never changes. Growatt says to which family a device belongs (its `deviceType`); the column\n"
        "counts strings, phases and modules of the same sort as one. A field that Growatt sends and no page names is published\n"
        "under Growatt's own name, disabled in Home Assistant.\n\n"
        + table(("family", "Growatt's `deviceType`", "kind", "points"), rows)
        + "\nAny other `deviceType` is read as [a device without calls of its own](points-other.md).\n\n"
        "## With a token\n\n"
        "The same points under the same keys, from [Growatt's other API](../providers/growatt-token.md):\n\n"
        + table(
            ("family", "kind", "points"),
            (
                (
                    f"[{TITLES[each.name]}]({_WITH_TOKEN}{each.name}.md)",
                    each.kind.value,
                    str(len(_lines(each, token=True))),
                )
                for each in TOKEN_FAMILIES
            ),
        )
    )


def _page(family: Family, *, token: bool = False) -> str:
    types = sorted(name for name, known in TYPES.items() if known is family)
    named = f" (`deviceType` {codes(types)})" if types else ""
    way = ", read [with a token](../providers/growatt-token.md)" if token else ""
    head = f"{HEAD}# Points: {TITLES[family.name]}{', with a token' if token else ''}\n\n"
    parts = [f"{head}Growatt's family `{family.name}`{named}{way}. [All families](points.md)\n"]
    if family.sources or family.listed:
        parts.append(_sources(family))
    parts.append(
        "## Points\n\n"
        "`{n}` is the number of a string, phase or module. *Enabled*: Home Assistant shows it at once; *diagnostic*: in the device's\n"
        "diagnostic box; *long tail*: published, but disabled in Home Assistant and not among the metrics unless asked for\n"
        "([`web.metrics_tail`](configuration.md#web)). Where several origins stand, the first that answers counts.\n\n"
        + table(
            ("key", "name", "unit", "kind", "in Home Assistant", "class there", "metric", "from"),
            (_row(line) for line in _lines(family, token=token)),
        )
    )
    if family.parts:
        parts.append(_parts(family))
    return "\n".join(parts)


# Where it comes from


def _sources(family: Family) -> str:
    rows = [
        (
            code(source.call.name),
            code(source.feed.name),
            written(source.feed.every),
            written(source.feed.night),
            f"at least {written(_rounded(source.rest))}" if source.rest else "",
            "; ".join(
                filter(None, (CONDITIONS[source.when], "tried; not every server has it" if source.call.trial else ""))
            ),
        )
        for source in family.sources
    ]
    if family.listed:
        rows.append(("the lists of devices", "`values`", "5m", "30m", "at least 30m while another call answers", ""))
    heads = ("call", "feed", "by day", "by night", "rests", "")
    return "## What is asked\n\n" + table(heads, rows)


def _rounded(span: timedelta) -> timedelta:
    """Return how long a call rests, as it is meant: a little is taken off in the code."""
    hour = timedelta(hours=1)
    return timedelta(days=1) if span > 20 * hour else span + timedelta(minutes=1)


def _rows(family: Family) -> Iterator[tuple[str, Row, bool]]:
    """Yield every row of a family with the name of its origin and whether that tells settings, the most urgent first."""
    for source in family.sources:
        for row in source.catalogue.rows if source.catalogue is not None else ():
            if (row.fields == _COMBINED) is (source.shape is Shape.DASHBOARD):
                yield code(source.call.name), row, source.feed is SETTINGS
    if family.listed:
        yield from (("the lists", row, False) for row in LISTED.rows)
    if family is LOGGER_FAMILY:
        yield from (("`plant_info`", row, False) for row in LOGGER.rows)


def _lines(family: Family, *, token: bool = False) -> list[Line]:
    """Return the points of a family, those for everybody first."""
    lines: dict[str, Line] = {}
    for origin, row, setting in _rows(family):
        _add(lines, row.point, origin, _fields(row)).setting &= setting
    for daily in only_daily(family.catalogues):
        _add(lines, counter(daily), "added up by Heliopost", code(daily)).setting = False
    for point, origin, fields in _told(family, token=token):
        _add(lines, point, origin, fields).setting = False
    return sorted(lines.values(), key=lambda line: _ROLE_ORDER.index(line.point.role))


def _add(lines: dict[str, Line], point: Point, origin: str, fields: str) -> Line:
    fields = _general(point, fields)
    line = lines.setdefault(_key(point), Line(point))
    if point.n is not None and point.n not in line.numbers:
        line.numbers.append(point.n)
    told = f"{origin}: {fields}"
    if told not in line.origins:
        line.origins.append(told)
    return line


def _told(family: Family, *, token: bool) -> Iterator[tuple[Point, str, str]]:
    """Yield the points that no row gives: they are concluded from several fields."""
    troubles = family.troubles
    if troubles.faults:
        yield points.FAULT, "in words", codes((troubles.fault_text, *troubles.faults))
        yield points.FAULT_CODE, "the first that is not 0 of", codes(troubles.faults)
        yield points.PROBLEM, "whether there is a fault, by", codes((*troubles.faults, "status"))
    elif family.sources and any(row.point is points.STATUS for _, row, _ in _rows(family)):
        yield points.FAULT, "in words", code("status")
        yield points.PROBLEM, "whether there is a fault, by", code("status")
    if troubles.warnings:
        yield points.WARNING, "in words", codes((troubles.warning_text, *troubles.warnings))
        yield points.WARNING_CODE, "the first that is not 0 of", codes(troubles.warnings)
    if family.kind is not DeviceKind.PLANT and family is not LOGGER_FAMILY:
        yield points.ONLINE, "`device_list`" if token else "`plant_info`", code("lost")
    if family.kind is not DeviceKind.PLANT and any(source.shape not in _SETTINGS for source in family.sources):
        yield points.LAST_UPDATE, "the answer's time stamp", "in the plant's time zone"


def _fields(row: Row) -> str:
    match row:
        case Number(field=name, scale=scale, instead=instead):
            told = code(name.removesuffix("_combined"))
            return _scaled(told, scale) + (f", else {codes(instead)}" if instead else "")
        case Sum(fields=names, scale=scale):
            return _scaled(" + ".join(map(code, names)), scale)
        case Difference(plus=plus, minus=minus, scale=scale):
            return _scaled(" + ".join(map(code, plus)) + " − " + " − ".join(map(code, minus)), scale)
        case Positive(field=name, scale=scale):
            return f"{code(name)} where it is {'positive' if scale > 0 else 'negative'}"
        case Code(field=name) | Words(field=name) | TimeOfDay(field=name) | Moment(field=name):
            return code(name)


def _scaled(told: str, scale: float) -> str:
    if scale == 1:
        return told
    whole = f"({told})" if " " in told else told
    if scale == -1:
        return f"− {whole}"
    return f"{whole} × {scale:g}" if abs(scale) > 1 else f"{whole} ÷ {1 / scale:g}"


# What it is


def _key(point: Point) -> str:
    return point.key if point.n is None else re.sub(rf"(?<!\d){point.n}(?!\d)", "{n}", point.key, count=1)


def _general(point: Point, fields: str) -> str:
    """Return the vendor's names with `{n}` where their number is that of the point; phases have letters and stay."""
    number = re.compile(rf"(?<!\d){point.n}(?!\d)")
    return re.sub("`[^`]*`", lambda name: number.sub("{n}", name[0], count=1), fields)


def _row(line: Line) -> tuple[str, ...]:
    point = line.point
    numbers = f" ({line.numbers[0]} to {max(line.numbers)})" if len(line.numbers) > 1 else ""
    kind = KINDS[point.kind] if not line.setting or point.kind not in NUMERIC else "setting"
    if point.kind is Kind.STATE and point.words:
        kind = f"one of {codes(point.words)}"
    kind += f"; {SIGNS[point.key]}" if point.key in SIGNED_PAIRS else ""
    kind += "; derived" if point.derived else ""
    return (
        code(_key(point)) + numbers,
        point.name,
        "the plant's currency" if point.key.startswith("money") else str(point.unit),
        kind,
        ROLES[point.role],
        _class(point),
        _metric(point),
        "; ".join(line.origins),
    )


def _class(point: Point) -> str:
    """Return what Home Assistant makes of a point."""
    topics = Topics()
    entities = Entities(topics, HomeAssistantSettings(), Names("en"), per_point=False)
    device = Device("growatt_ABC123", "home", DeviceKind.INVERTER, "")
    unit = "EUR" if point.key.startswith("money") else point.unit
    sample = Point(point.key, point.name, unit, point.kind, point.role, point.n, point.words, point.low, point.high)
    component = entities.of(device, {point.key: sample})[point.key]
    words = (component.get("dev_cla"), component.get("stat_cla"))
    found = [code(word) for word in words if word]
    if component["p"] != "sensor":
        found.insert(0, "binary sensor")
    return ", ".join(found)


def _metric(point: Point) -> str:
    """Return the metric's name; text and the long tail have none by default."""
    if point.role is Role.TAIL:
        return ""
    if point.kind is Kind.TEXT:
        return ""
    series = series_of(point)
    suffix = " (0 to 1)" if point.unit == "%" and point.kind in NUMERIC else ""
    return code(series.name) + suffix


def _parts(family: Family) -> str:
    """Say which points a device only has if it shows a sign of the part."""
    shown: dict[tuple[str, ...], list[str]] = {}
    for part in family.parts:
        number = re.search(r"\d+", part.name)
        digit = number[0] if number and part.name.startswith(("pv", "string", "temperature")) else None
        texts = tuple(
            re.sub(rf"(?<!\d){digit}(?!\d)", "{n}", text) if digit else text
            for text in (*part.points, "", *part.evidence)
        )
        shown.setdefault(texts, []).append(digit or "")
    rows = []
    for texts, numbers in shown.items():
        split = texts.index("")
        span = f" ({numbers[0]} to {numbers[-1]})" if len(numbers) > 1 else f" ({numbers[0]})" if numbers[0] else ""
        rows.append((codes(f"{text}*" for text in texts[:split]) + span, codes(texts[split + 1 :])))
    return (
        "## Parts that not every device has\n\n"
        "Points whose key begins so are left out until one of the fields has been something other than 0: Growatt sends zeros for\n"
        "parts that are not there.\n\n" + table(("points", "fields"), rows)
    )
