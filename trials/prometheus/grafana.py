"""What Grafana does between a dashboard's JSON and a picture, as far as it can be done without it.

Variables are asked for and put in, steps are chosen, queries are sent, and transformations are carried out as Grafana's
documentation says: https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/,
https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from trials.prometheus.server import Prometheus

Json = dict[str, Any]

ROUND = (
    (1.5, 1), (3.5, 2), (7.5, 5), (12.5, 10), (17.5, 15), (25, 20), (45, 30), (90, 60), (210, 120), (450, 300),
    (750, 600), (1050, 900), (1500, 1200), (2700, 1800), (5400, 3600), (9000, 7200), (16200, 10800), (32400, 21600),
    (86400, 43200), (604800, 86400),
)  # fmt: skip
"""Below so many seconds a step becomes so many (roundInterval of @grafana/data); above a week's it is a week."""
WEEK = 604800
NEXT = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": WEEK, "y": 31536000}


@dataclass(frozen=True)
class Option:
    """One value of a variable that can be chosen."""

    text: str
    value: str


@dataclass(frozen=True)
class Series:
    """What a query has given for one set of labels."""

    name: str
    """As the legend says it."""
    labels: Mapping[str, str]
    points: list[tuple[float, float]]
    """Seconds since 1970, and the value; one point, if only the last was asked for."""
    ref: str

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


@dataclass(frozen=True)
class Answer:
    """What the queries of one panel have given."""

    panel: Json
    start: float
    end: float
    step: float
    series: list[Series]

    def of(self, ref: str) -> list[Series]:
        """Return the series of the query of that letter."""
        return [series for series in self.series if series.ref == ref]

    def named(self, name: str) -> Series:
        """Return the series that the legend calls so."""
        return next(series for series in self.series if series.name == name)


def seconds(span: str) -> float:
    """Return how long `30s`, `1h` or `365d` is."""
    return float(span[:-1]) * NEXT[span[-1]]


def span(length: float) -> str:
    """Return a length in seconds as Prometheus writes it."""
    for unit in ("d", "h", "m"):
        if length >= NEXT[unit] and length % NEXT[unit] == 0:
            return f"{length / NEXT[unit]:.0f}{unit}"
    return f"{length:.0f}s"


@dataclass
class Viewer:
    """Somebody who looks at a dashboard."""

    prometheus: Prometheus
    end: datetime
    """What `now` is."""
    zone: tzinfo
    """The browser's."""
    scrape: float = 30
    """`timeInterval` of the data source, seconds."""
    width: int = 1000
    """Of a panel, pixels; no more values than that are asked for."""
    past: timedelta = timedelta(hours=24)
    options: dict[str, list[Option]] = field(default_factory=dict)
    """Of each variable, once it has been asked for: those that are chosen."""

    async def open(self, board: Json, chosen: Mapping[str, Sequence[str]] | None = None) -> None:
        """Ask for the variables' values, in their order; all of them are chosen, unless `chosen` says which."""
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                found = sorted([option async for option in self._ask(variable)], key=lambda option: option.text)
                only = (chosen or {}).get(variable["name"])
                self.options[variable["name"]] = [each for each in found if only is None or each.value in only]

    async def _ask(self, variable: Json) -> AsyncIterator[Option]:
        query = self.put_in(variable["query"]["query"], {"__range": span(self.past.total_seconds())})
        found: list[str]
        if inner := re.fullmatch(r"query_result\((.*)\)", query, re.DOTALL):
            samples = await self.prometheus.query(inner[1], self.end.timestamp())
            found = [f"{_written(sample.labels)} {sample.value:g} {sample.at * 1000:.0f}" for sample in samples]
        elif inner := re.fullmatch(r"label_values\((.*),\s*(\w+)\)", query, re.DOTALL):
            start = (self.end - self.past).timestamp()
            asked = {"match[]": inner[1], "start": repr(start), "end": repr(self.end.timestamp())}
            found = await self.prometheus.ask(f"label/{inner[2]}/values", **asked)
        else:
            msg = f"what is {query}?"
            raise AssertionError(msg)
        seen = set()
        for text in found:
            option = _chosen(text, variable.get("regex", ""))
            if option is not None and option.value not in seen:
                seen.add(option.value)
                yield option

    def put_in(self, text: str, more: Mapping[str, str] | None = None) -> str:
        """Return a query with the variables' values in it."""

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            if more and name in more:
                return more[name]
            if name not in self.options:
                return match[0]
            chosen = [re.sub(r"([\\^$*+?.()|{}\[\]])", r"\\\\\1", option.value) for option in self.options[name]]
            return chosen[0] if len(chosen) == 1 else f"({'|'.join(chosen)})"

        return re.sub(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}", value, text)

    async def look(self, panel: Json) -> Answer:
        """Return what a panel shows."""
        end = self.end.timestamp()
        length = seconds(panel["timeFrom"]) if "timeFrom" in panel else self.past.total_seconds()
        start = end - length
        least = seconds(panel["interval"]) if "interval" in panel else self.scrape
        width = panel["gridPos"]["w"] * self.width / 24
        step = max(next((good for below, good in ROUND if length / width < below), WEEK), least)
        more = {
            "__interval": span(step),
            "__rate_interval": span(max(step + self.scrape, 4 * self.scrape)),
            "__range": span(length),
        }
        series: list[Series] = []
        for target in panel["targets"]:
            query = self.put_in(target["expr"], more)
            if target["instant"]:
                samples = await self.prometheus.query(query, end)
                lines = [(sample.labels, [(sample.at, sample.value)]) for sample in samples]
            else:
                # Steps begin at the browser's midnight.
                away = self.end.astimezone(self.zone).utcoffset() or timedelta()
                first, last = (
                    (moment + away.total_seconds()) // step * step - away.total_seconds() for moment in (start, end)
                )
                found = await self.prometheus.query_range(query, first, last, step)
                lines = [(line.labels, line.points) for line in found]
            for labels, points in lines:
                series.append(Series(_legend(target, labels), labels, points, target["refId"]))
        return Answer(panel, start, end, step, series)


def panels(board: Json) -> list[Json]:
    """Return the panels that ask something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def _written(labels: Mapping[str, str]) -> str:
    words = ",".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
    return f"{labels.get('__name__', '')}{{{words}}}"


def _chosen(text: str, regex: str) -> Option | None:
    """Return the option that a variable's regular expression makes of a line."""
    if not regex:
        return Option(text, text)
    pattern = re.compile(regex.strip("g").strip("/").replace("(?<", "(?P<"))
    named: dict[str, str] = {}
    for match in pattern.finditer(text):
        named |= {name: value for name, value in match.groupdict().items() if value is not None and name not in named}
    if not named:
        return None
    value = named.get("value", named.get("text", ""))
    return Option(named.get("text", value), value)


def _legend(target: Json, labels: Mapping[str, str]) -> str:
    if target["legendFormat"] == "__auto":
        return _written(labels)
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: labels.get(match[1], ""), target["legendFormat"])


# Transformations

Row = dict[str, Any]


def rows(answer: Answer, zone: tzinfo) -> list[Row]:
    """Return a panel's table: its fields by name, in the order in which they are shown."""
    changes = {change["id"]: change["options"] for change in answer.panel.get("transformations", ())}
    if "merge" in changes:
        return list(_organized(_merged(answer), changes["organize"]))
    joined: dict[float, Row] = {}
    for series in answer.series:
        for at, value in series.points:
            joined.setdefault(at, {"Time": at})[series.name] = value
    form = changes["formatTime"]["outputFormat"]
    fields = changes["groupBy"]["fields"]
    assert form == "YYYY-MM"
    grouped: dict[str, Row] = {}
    for at in sorted(joined):
        month = f"{datetime.fromtimestamp(at, zone):%Y-%m}"
        group = grouped.setdefault(month, {"Time": month})
        for name, value in joined[at].items():
            if fields.get(name, {}).get("aggregations") == ["sum"]:
                group[f"{name} (sum)"] = group.get(f"{name} (sum)", 0.0) + value
    renamed = changes["renameByRegex"]
    return [
        {
            re.sub(f"^{renamed['regex']}$", renamed["renamePattern"].replace("$", "\\"), name): value
            for name, value in row.items()
        }
        for row in grouped.values()
    ]


def _merged(answer: Answer) -> list[Row]:
    """Return a row for each set of labels, with a column for each query (Grafana's `merge`)."""
    made: dict[tuple[tuple[str, str], ...], Row] = {}
    single = len(answer.panel["targets"]) == 1
    for series in answer.series:
        labels = {name: value for name, value in series.labels.items() if name != "__name__"}
        row = made.setdefault(tuple(sorted(labels.items())), {"Time": answer.end, **labels})
        row["Value" if single else f"Value #{series.ref}"] = series.last
    return list(made.values())


def _organized(table: Sequence[Row], options: Json) -> Iterator[Row]:
    names, hidden, order = options["renameByName"], options["excludeByName"], options["indexByName"]
    every = {name for row in table for name in row} - {name for name, hide in hidden.items() if hide}
    ordered = sorted(every, key=lambda name: (order.get(name, len(order)), name))
    for row in table:
        yield {names.get(name, name): row.get(name) for name in ordered}
