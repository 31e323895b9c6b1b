"""What was measured, and the page that says so."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app import __version__

SHORT = 100
"""From here on a figure has no decimals."""
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

INTRODUCTION = """\
# Benchmarks

Written by `make bench`; do not edit by hand. Figures are measured against a floor of the same run on the same machine,
for ratios travel and milliseconds do not: the floor does the same with only the libraries that are needed anyway.

{machine}
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    """The most it may be."""
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether it is within its limit."""
        return self.limit is None or self.value <= self.limit

    @property
    def row(self) -> tuple[str, str, str, str]:
        """The line of the table."""
        limit = "" if self.limit is None else f"≤ {_short(self.limit)} {self.unit}".strip()
        verdict = "" if self.limit is None else (" ✓" if self.met else " ✗")
        return self.name, f"{_short(self.value)} {self.unit}".strip(), f"{limit}{verdict}", self.note


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together."""

    title: str
    text: str
    figures: tuple[Figure, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    """Another table, its first row the heading."""


def _short(value: float) -> str:
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= SHORT else f"{value:,.3g}"


def _table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    head, *body = rows
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in body:
        yield f"| {' | '.join(row)} |"


def _machine() -> str:
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"Heliopost {__version__}, {when}: Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores shared by bridge, broker, simulated cloud and subscriber."
    )


def render(sections: Iterable[Section]) -> str:
    """Return the whole page."""
    lines = [INTRODUCTION.format(machine=_machine())]
    for section in sections:
        lines += [f"## {section.title}", "", section.text, ""]
        if section.figures:
            head = ("what", "measured", "limit", "how")
            lines += [*_table([head, *(figure.row for figure in section.figures)]), ""]
        if section.table:
            lines += [*_table(section.table), ""]
    return "\n".join(lines).rstrip() + "\n"
