"""The page of settings: what can be set on which family of devices, over which of Growatt's interfaces."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.model import Choice, Moment, Point, Press, Range, TimeOfDay, Toggle, Unit, Words
from app.providers.growatt.openapi.writable import FAMILIES
from app.providers.growatt.params import Write
from app.providers.growatt.writes import WRITES
from reference.markdown import HEAD, code, codes, table
from reference.points import TITLES

INTRODUCTION: Final = """\
# Settings: what can be changed

How a setting is changed is told in [commands](../commands.md). Each point here has the topic `heliopost/device/<device id>/<point>/set`, once commands are
switched on. Each whole has one, too, which takes a JSON object of its fields: `charge_schedule` all of its points by their names, a window (`time_segment1`, `charge_period1`)
its points without the window's name: `start`, `end`, `enabled`, `mode`.

- *Whole*: what is written together. The rest of it is sent along as it stands.
- *Sent as*: the call and the vendor's type, for [raw writes](../commands.md#raw-writes).
- *dangerous*: only with [`allow_dangerous` and its token](../commands.md#dangerous-settings).
- *not read back*: the vendor does not show it, so the best answer is `unconfirmed` (`not_verified`).

Limits may be narrower on your device, where its ratings are known. A device has only what it shows itself to have: without a battery nothing of a battery.
"""
MORE: Final = {"wit": "WIT, hybrids for industry", "sph-s": "SPH-S hybrids"}
"""Families that only the token API knows."""
APIS: Final = (
    ("With the login of the app (`api: shinephone`)", WRITES),
    ("With a token (`api: openapi`)", {name: family.writes for name, family in FAMILIES.items()}),
)
COLUMNS: Final = ("point", "", "takes", "whole", "sent as", "")
_NUMBERED: Final = re.compile(
    r"((?:time_segment|charge_period|discharge_period|load_first_period|Time segment |period ))\d"
)


def page() -> str:
    """Return the page."""
    names = list(dict.fromkeys([*WRITES, *FAMILIES]))
    parts = [HEAD + INTRODUCTION]
    for name in names:
        parts.append(f"## {TITLES.get(name) or MORE[name]}\n")
        for title, writes in APIS:
            if name in writes:
                parts.append(f"### {title}: {name}\n\n{table(COLUMNS, _rows(writes[name]))}")
    return "\n".join(parts)


@dataclass(slots=True)
class _Group:
    """Rows that differ in a number only."""

    row: tuple[str, ...]
    numbers: list[str]


def _rows(writes: Sequence[Write]) -> Iterator[tuple[str, ...]]:
    groups: dict[tuple[str, ...], _Group] = {}
    for row in (row for write in writes for row in _of(write)):
        number = re.search(r"\d", _NUMBERED.search(row[0])[0]) if _NUMBERED.search(row[0]) else None  # type: ignore[index]  # just found
        alike = tuple(_NUMBERED.sub(r"\1{n}", cell) for cell in row)
        groups.setdefault(alike, _Group(row, [])).numbers += [number[0]] if number else []
    for alike, group in groups.items():
        if len(group.numbers) < 2:  # noqa: PLR2004 - alone, it is shown as it is
            yield group.row
        else:
            first, *rest = alike
            yield f"{first} ({group.numbers[0]} to {group.numbers[-1]})", *rest


def _of(write: Write) -> Iterator[tuple[str, ...]]:
    setting = write.setting
    whole = code(setting.key) if len(setting.points) > 1 else ""
    remarks = ["dangerous"] if setting.danger else []
    remarks += [] if setting.reads_back else ["not read back"]
    remarks += [] if setting.overnight or not setting.windows else ["not over midnight"]
    for point in setting.points:
        title = point.name.replace("{n}", str(point.n or ""))
        sent = f"{code(write.method)} {code(write.kind)}"
        yield code(point.key), title, _takes(point), whole, sent, ", ".join(remarks)


def _takes(point: Point) -> str:  # noqa: PLR0911 - one a domain
    unit = "" if point.unit in (None, Unit.NONE) else f" {point.unit}"
    match point.accepts:
        case Range(low, high, step):
            steps = "" if step == 1 else f", in steps of {step:g}"
            return f"{low:g} to {high:g}{unit}{steps}"
        case Toggle():
            return "on or off"
        case Choice(options):
            return codes(options)
        case TimeOfDay():
            return "`HH:MM`"
        case Moment():
            return "`YYYY-MM-DDTHH:MM:SS`"
        case Press():
            return "`press`"
        case Words(longest, pattern):
            return f"text like {code(pattern)}" if pattern else f"text, up to {longest} characters"
        case None:
            return ""
