"""What the demo shows: a live table on a terminal, plain lines anywhere else."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TextIO, TypeAlias

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

LINES_EVERY = 5.0
"""Seconds between two plain lines."""
WIDE = 120
"""Columns from which on a terminal has room for the models."""


@dataclass(frozen=True, slots=True)
class Row:
    """One device, as it was seen on the broker."""

    id: str
    attributes: Mapping[str, Any]
    values: Mapping[str, Any]
    announced: bool
    published: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything at one moment."""

    now: datetime
    """By the simulated clock, UTC."""
    rows: Sequence[Row]
    account: Mapping[str, Any]
    messages: int
    """That the witness has heard so far."""

    @property
    def published(self) -> int:
        """Devices whose values were seen."""
        return sum(row.published for row in self.rows)

    @property
    def announced(self) -> int:
        """Devices of which Home Assistant was told."""
        return sum(row.announced for row in self.rows)

    @property
    def next_poll(self) -> str:
        """When the cloud is read next, in simulated time."""
        try:
            due = datetime.fromisoformat(self.account["next_poll"])
        except (KeyError, TypeError, ValueError):
            return "soon"
        return f"{due:%H:%M:%S} (in {_span(due - self.now)})"


Show: TypeAlias = Callable[[Facts], None]

COLUMNS: Sequence[tuple[str, str, str]] = (
    ("PV", "pv_power", "W"),
    ("battery", "battery_power", "W"),
    ("charge", "battery_soc", "%"),
    ("grid", "grid_power", "W"),
    ("load", "load_power", "W"),
    ("PV today", "pv_energy_today", "kWh"),
)
"""Heading, point and unit of the key points."""


@contextmanager
def open_view(head: Sequence[str], out: TextIO) -> Iterator[Show]:
    """Show the head once and the facts each time they are handed over."""
    if out.isatty():
        with _live(head, out) as show:
            yield show
    else:
        yield _lines(head, out)


def _lines(head: Sequence[str], out: TextIO) -> Show:
    for line in head:
        print(line, file=out, flush=True)
    last = -LINES_EVERY

    def show(facts: Facts) -> None:
        nonlocal last
        if monotonic() - last < LINES_EVERY:
            return
        last = monotonic()
        count = len(facts.rows)
        print(
            f"{facts.now:%Y-%m-%d %H:%M} simulated: {facts.published}/{count} devices published, "
            f"{facts.announced}/{count} announced, account {facts.account.get('state', 'starting')}, "
            f"{facts.messages} messages, next poll {facts.next_poll}",
            file=out,
            flush=True,
        )

    return show


@contextmanager
def _live(head: Sequence[str], out: TextIO) -> Iterator[Show]:
    console = Console(file=out)
    with Live(console=console, auto_refresh=False) as live:
        yield lambda facts: live.update(Group(*picture(head, facts, wide=console.width >= WIDE)), refresh=True)


def picture(head: Sequence[str], facts: Facts, *, wide: bool) -> Iterator[Text | Table]:
    """Yield addresses and summary first: a low terminal cuts off what is below."""
    for line in head:
        yield Text(line, style="cyan")
    yield Text(
        f"{facts.now:%a %d %b %H:%M} UTC, simulated · account {facts.account.get('state', 'starting')} · "
        f"next poll {facts.next_poll} · {facts.account.get('calls_today', 0)} calls today · {facts.messages} messages"
    )
    title = "What a stranger at the broker sees; Ctrl-C ends everything"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("device", no_wrap=True)
    if wide:
        table.add_column("model", no_wrap=True, style="dim")
    for heading, _, unit in COLUMNS:
        table.add_column(f"{heading}\n{unit}", justify="right", no_wrap=True, min_width=max(len(heading), 6))
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("HA", justify="center", no_wrap=True)
    for row in facts.rows:
        name = str(row.attributes.get("name") or row.id)
        values = (_number(row.values.get(key), unit) for _, key, unit in COLUMNS)
        table.add_row(
            Text(name, style="bold") if row.attributes.get("kind") == "plant" else Text(f"  {name}"),
            *([str(row.attributes.get("model") or "")] if wide else []),
            *values,
            _clock(row.values.get("measured_at")),
            "✓" if row.announced else "",
        )
    yield table


def _number(value: object, unit: str) -> str:
    """Return a number in as many digits as a glance can use."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return f"{value:,.1f}" if unit == "kWh" else f"{value:,.0f}"


def _clock(moment: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(moment)):%H:%M}"
    except ValueError:
        return ""


def _span(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"
