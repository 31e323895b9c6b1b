"""A dashboard as a page: each panel at its place, in Grafana's dark look."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from pathlib import Path

from trials.pictures import colours, curves
from trials.pictures.measure import Text, write
from trials.prometheus.grafana import Answer, Json, Series, Viewer, rows

PAGE = Path(__file__).parent / "page"
CELL, GAP, WIDE = 30, 8, 1568
"""Grafana's grid: height of a row, space between, width of it all; pixels."""
HEAD = 32
"""The height of a panel's title."""
NOTE = (
    "Drawn by Heliopost’s own trials/pictures from the dashboard’s JSON and the answers of a real Prometheus to its"
    " queries, on a simulated plant. Not a screenshot of Grafana."
)


class Paper:
    """A page in the making."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.charts: list[Json] = []

    @property
    def now(self) -> float:
        """Milliseconds since 1970."""
        return self.viewer.end.timestamp() * 1000

    def panel(self, answer: Answer) -> str:
        """Return a panel's inside."""
        paint: Callable[[Answer], str] = {
            "timeseries": self._curves,
            "barchart": self._columns,
            "stat": self._stat,
            "gauge": self._gauge,
            "bargauge": self._bars,
            "table": self._table,
            "state-timeline": self._states,
        }[answer.panel["type"]]
        if not answer.series:
            return (
                f'<div class="empty">{escape(answer.panel["fieldConfig"]["defaults"].get("noValue", "No data"))}</div>'
            )
        return paint(answer)

    def _chart(self, answer: Answer, drawing: Json) -> str:
        drawing["id"] = f"chart{answer.panel['id']}"
        self.charts.append(drawing)
        entries = "".join(
            f'<span><i style="background:{colour}"></i>{escape(name)}</span>' for name, colour in drawing["legend"]
        )
        return f'<div class="chart" id="{drawing["id"]}"></div><div class="legend">{entries}</div>'

    def _curves(self, answer: Answer) -> str:
        return self._chart(answer, curves.chart(answer, self.viewer.zone, _height(answer.panel), _width(answer.panel)))

    def _columns(self, answer: Answer) -> str:
        table = rows(answer, self.viewer.zone)
        return self._chart(answer, curves.categories(answer.panel, table, _height(answer.panel), self.viewer.zone))

    def _text(self, answer: Answer, series: Series) -> tuple[Text, str]:
        """Return a value in words, and its colour."""
        found = colours.settings(answer.panel, series.name)
        colour = colours.of_value(found, series.last)
        word = colours.mapped(found, series.last)
        if word is not None:
            return Text(word["text"]), colour
        if answer.panel["options"].get("textMode") == "name":
            return Text(series.name), colour
        return write(series.last, found.get("unit", "none"), found.get("decimals"), now=self.now), colour

    def _stat(self, answer: Answer) -> str:
        options = answer.panel["options"]
        named = options["textMode"] in ("auto", "value_and_name") and len(answer.series) > 1
        room = answer.panel["gridPos"]["w"] * WIDE / 24 - 40
        made = []
        for series in answer.series:
            text, colour = self._text(answer, series)
            size = 22 if named else min(52, room / max(4.6, 0.62 * len(str(text))), _height(answer.panel) * 0.55)
            label = f'<span class="label">{escape(series.name)}</span>' if named else ""
            unit = f'<span class="unit">{escape(text.unit)}</span>' if text.unit else ""
            style = f"color:{colour};font-size:{size:.0f}px"
            made.append(f'<div>{label}<span class="value" style="{style}">{escape(text.number)}{unit}</span></div>')
        first = answer.series[0]
        spark = _spark(first, self._text(answer, first)[1]) if options["graphMode"] == "area" else ""
        return f'{spark}<div class="stat{" many" if named else ""}">{"".join(made)}</div>'

    def _gauge(self, answer: Answer) -> str:
        text, colour = self._text(answer, answer.series[0])
        found = colours.settings(answer.panel, "")
        share = min(1.0, max(0.0, (answer.series[0].last - found["min"]) / (found["max"] - found["min"])))
        return (
            '<div class="gauge"><svg viewBox="0 0 200 150" width="100%" height="100%"><g fill="none" stroke-width="24">'
            f'<path d="{_arc(1)}" stroke="rgba(204,204,220,.09)"/><path d="{_arc(share)}" stroke="{colour}"/></g>'
            f'<text x="100" y="112" text-anchor="middle" font-size="34" font-weight="500" fill="{colour}">'
            f"{escape(str(text))}</text></svg></div>"
        )

    def _bars(self, answer: Answer) -> str:
        most = max((series.last for series in answer.series), default=1) or 1
        made = []
        for series in answer.series:
            text, colour = self._text(answer, series)
            style = f"width:{100 * max(series.last, 0) / most:.1f}%;background:{colours.mixed(colour, 0.85)}"
            value = f'<em style="color:{colour}">{escape(str(text))}</em>'
            made.append(f'<div><span>{escape(series.name)}</span><u><i style="{style}"></i></u>{value}</div>')
        long = " wide" if any(len(series.name) > 18 for series in answer.series) else ""
        return f'<div class="bars{long}">{"".join(made)}</div>'

    def _table(self, answer: Answer) -> str:
        table = rows(answer, self.viewer.zone)
        for sort in answer.panel["options"].get("sortBy", ()):
            table.sort(key=lambda row: str(row.get(sort["displayName"])), reverse=sort.get("desc", False))
        named = answer.panel["transformations"][1]["options"]["renameByName"].values()
        head = "".join(f"<th>{escape(name)}</th>" for name in named)
        body = "".join(
            f"<tr>{''.join(self._cell(answer.panel, name, row.get(name)) for name in named)}</tr>" for row in table
        )
        return f"<table><tr>{head}</tr>{body}</table>"

    def _cell(self, panel: Json, name: str, value: str | float | None) -> str:
        found = colours.settings(panel, name)
        if value is None or isinstance(value, str):
            return f"<td>{escape(value or found.get('noValue', ''))}</td>"
        word = colours.mapped(found, value)
        text = (
            word["text"] if word else str(write(value, found.get("unit", "none"), found.get("decimals"), now=self.now))
        )
        coloured = found.get("custom.cellOptions", {}).get("type") == "color-text"
        colour = colours.of_value(found, value) if coloured else colours.NAMED["text"]
        return f'<td style="color:{colour}">{escape(text)}</td>'

    def _states(self, answer: Answer) -> str:
        length = answer.end - answer.start
        lanes = []
        for series in answer.series:
            found = colours.settings(answer.panel, series.name)
            spans: list[tuple[float, float, float]] = []
            for at, value in series.points:
                if spans and spans[-1][2] == value and at - spans[-1][1] <= answer.step:
                    spans[-1] = (spans[-1][0], at + answer.step, value)
                else:
                    spans.append((at, at + answer.step, value))
            made = "".join(_band(begin, end, found, value, answer.start, length) for begin, end, value in spans)
            lanes.append(f'<div class="lane"><span>{escape(series.name)}</span><div>{made}</div></div>')
        return f'<div class="lanes">{"".join(lanes)}</div>{self._hours(answer)}{_meanings(answer)}'

    def _hours(self, answer: Answer) -> str:
        zone, width = self.viewer.zone, _width(answer.panel) - 90
        made = []
        for mark in curves.marks(answer.start, answer.end, zone, width):
            left = 100 * (mark - answer.start) / (answer.end - answer.start)
            made.append(f'<span style="left:{left:.2f}%">{datetime.fromtimestamp(mark, zone):%H:%M}</span>')
        return f'<div class="hours">{"".join(made)}</div>'


def page(board: Json, viewer: Viewer, answers: Mapping[int, Answer], library: Path) -> tuple[str, int]:
    """Return a page of HTML, and how high it is in pixels."""
    paper = Paper(viewer)
    made = [_placed(panel, paper, answers) for panel in board["panels"]]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) * (CELL + GAP)
    script = "\n".join(
        (
            (library / "uPlot.iife.min.js").read_text(),
            f"const charts = {json.dumps(paper.charts)};",
            (PAGE / "page.js").read_text(),
        )
    )
    style = (library / "uPlot.min.css").read_text() + (PAGE / "page.css").read_text()
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}</style><body>{_head(board)}'
        f'<div id="grid" style="height:{bottom}px">{"".join(made)}</div><footer>{NOTE}</footer>'
        f"<script>{script}</script></body></html>"
    )
    return html, bottom + 48 + 45 + 12 + 36


def _placed(panel: Json, paper: Paper, answers: Mapping[int, Answer]) -> str:
    """Return a panel, or the heading of a row, at its place."""
    place, column = panel["gridPos"], (WIDE + GAP) / 24
    box = (
        f"left:{place['x'] * column:.0f}px;top:{place['y'] * (CELL + GAP)}px;"
        f"width:{place['w'] * column - GAP:.0f}px;height:{place['h'] * (CELL + GAP) - GAP}px"
    )
    title = escape(panel["title"])
    if panel["type"] == "row":
        return f'<div class="row" style="{box}">{title}</div>'
    since = f"<small>Last {escape(panel['timeFrom'])}</small>" if "timeFrom" in panel else ""
    inside = paper.panel(answers[panel["id"]])
    return f'<div class="panel" style="{box}"><h2>{title}{since}</h2><div class="body">{inside}</div></div>'


def _head(board: Json) -> str:
    links = "".join(f'<span class="pill">{escape(link["title"])}</span>' for link in board["links"])
    choices = "".join(
        f'<div class="choice"><b>{escape(choice["label"])}</b>'
        f"<span>{'Prometheus' if choice['type'] == 'datasource' else 'All'}</span></div>"
        for choice in board["templating"]["list"]
        if choice["hide"] != 2
    )
    return (
        '<header><span class="crumb">Dashboards / Heliopost /</span>'
        f'<span class="name">{escape(board["title"])}</span><div class="right">{links}'
        f'<span class="pill">Last 24 hours</span><span class="pill">⟳ {board["refresh"]}</span></div></header>'
        f'<div class="choices">{choices}</div>'
    )


def _meanings(answer: Answer) -> str:
    """Return the legend of a state timeline: the words that occur in it."""
    seen = {f"{value:g}" for series in answer.series for _, value in series.points}
    made = [
        f'<span><i style="background:{colours.known(word["color"])}"></i>{escape(word["text"])}</span>'
        for value, word in answer.panel["fieldConfig"]["defaults"]["mappings"][0]["options"].items()
        if value in seen
    ]
    return f'<div class="legend">{"".join(made)}</div>'


def _height(panel: Json) -> int:
    """Return how many pixels a panel has for its inside."""
    return int(panel["gridPos"]["h"]) * (CELL + GAP) - GAP - HEAD - 8


def _width(panel: Json) -> int:
    return int(panel["gridPos"]["w"] * WIDE / 24) - 60


def _spark(series: Series, colour: str) -> str:
    """Return the small course behind a big number."""
    values = [value for _, value in series.points if not math.isnan(value)]
    if len(values) < 2:
        return ""
    low = min(*values, 0)
    size = (max(values) - low) or 1
    points = " ".join(
        f"{100 * n / (len(values) - 1):.2f},{40 - 38 * (value - low) / size:.2f}" for n, value in enumerate(values)
    )
    return (
        '<svg class="spark" viewBox="0 0 100 40" preserveAspectRatio="none" width="100%">'
        f'<polygon points="0,40 {points} 100,40" fill="{colour}" opacity=".18"/>'
        f'<polyline points="{points}" fill="none" stroke="{colour}" vector-effect="non-scaling-stroke"/></svg>'
    )


def _arc(share: float) -> str:
    """Return the path of a part of the gauge's arc, which is open at the bottom."""
    begin, whole, radius = math.radians(205), math.radians(230), 80
    end = begin - whole * share
    x, y = (100 + radius * math.cos(begin), 100 - radius * math.sin(begin))
    to_x, to_y = (100 + radius * math.cos(end), 100 - radius * math.sin(end))
    return f"M{x:.2f},{y:.2f}A{radius},{radius} 0 {int(whole * share > math.pi)} 1 {to_x:.2f},{to_y:.2f}"


def _band(begin: float, end: float, found: Mapping[str, object], value: float, start: float, length: float) -> str:
    word = colours.mapped(dict(found), value)
    left, width = 100 * max(0.0, begin - start) / length, 100 * (min(end, start + length) - max(begin, start)) / length
    text = escape(word["text"]) if word and width > 6 else ""
    colour = colours.mixed(colours.of_value(dict(found), value), 0.8)
    return f'<i style="left:{left:.2f}%;width:{max(width, 0):.2f}%;background:{colour}">{text}</i>'
