"""What a dashboard is made of: Grafana's JSON with the choices that all panels share.

The form is that of @grafana/schema (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/),
against which trials/prometheus checks what is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}

# Colours by meaning, the same in every panel.
SUN, HOUSE, IMPORT, EXPORT = "#FADE2A", "#5794F2", "#F2495C", "#B877D9"
CHARGE, DISCHARGE = "#37872D", "#73BF69"
GOOD, WARN, BAD, PLAIN = "green", "orange", "red", "text"
BY_VALUE: Final[Json] = {"color": {"mode": "thresholds"}}
BY_SERIES: Final[Json] = {"color": {"mode": "palette-classic"}}


@dataclass(frozen=True)
class Query:
    """One query of a panel."""

    expr: str
    legend: str = ""
    now: bool = False
    """Only the value at the end of the time range, not the whole course."""
    table: bool = False


@dataclass(frozen=True)
class Look:
    """How one series differs from the others of its panel."""

    name: str
    colour: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further properties, such as `{"custom.transform": "negative-Y"}`."""
    regex: bool = False

    def json(self) -> Json:
        """Return Grafana's override."""
        properties = [{"id": "color", "value": fixed(self.colour)}] if self.colour else []
        properties += [{"id": name, "value": value} for name, value in self.more.items()]
        return {
            "matcher": {"id": "byRegexp" if self.regex else "byName", "options": self.name},
            "properties": properties,
        }


def fixed(colour: str) -> Json:
    """Return the setting that gives a field this colour, whatever its value."""
    return {"mode": "fixed", "fixedColor": colour}


def steps(*pairs: tuple[float | None, str]) -> Json:
    """Return thresholds: from which value on which colour; None is from below everything."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in pairs]}


UNKNOWN: Final[list[Json]] = [{"type": "special", "options": {"match": "nan", "result": {"text": "–"}}}]


def words(**meanings: tuple[str, str]) -> list[Json]:
    """Return a mapping of values to words and colours: `words(_1=("online", GOOD))`."""
    options = {
        value.removeprefix("_"): {"text": text, "color": colour, "index": index}
        for index, (value, (text, colour)) in enumerate(meanings.items())
    }
    return [{"type": "value", "options": options}]


def panel(  # noqa: PLR0913 - a panel is many settings
    kind: str,
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    options: Json,
    unit: str = "none",
    custom: Json | None = None,
    looks: Iterable[Look] = (),
    changes: Sequence[Json] = (),
    interval: str = "",
    since: str = "",
    **defaults: Any,
) -> Json:
    """Return a panel without its place.

    Args:
        kind: Grafana's name of the visualisation.
        title: What stands above it.
        description: What the (i) beside the title says.
        queries: What it asks; named A, B, C in this order.
        options: Those of the visualisation.
        unit: Grafana's id of the unit.
        custom: The visualisation's own field settings.
        looks: Series that differ.
        changes: Grafana's transformations.
        interval: The smallest step between two values.
        since: How long the panel looks back, whatever the dashboard's time range is.
        defaults: Further field settings (color, thresholds, mappings, min, max, decimals, noValue, links).
    """
    made: Json = {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": SOURCE,
        "targets": [_target(query, chr(ord("A") + index)) for index, query in enumerate(queries)],
        "fieldConfig": {
            "defaults": {"unit": unit, **defaults, **({"custom": custom} if custom else {})},
            "overrides": [look.json() for look in looks],
        },
        "options": options,
    }
    if changes:
        made["transformations"] = list(changes)
    if interval:
        made["interval"] = interval
    if since:
        made["timeFrom"] = since
    return made


def _target(query: Query, ref: str) -> Json:
    return {
        "refId": ref,
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "format": "table" if query.table else "time_series",
        "instant": query.now,
        "range": not query.now,
    }


_LEGEND: Final = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
_TOOLTIP: Final = {"mode": "multi", "sort": "none"}
_LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def curves(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    stack: bool = False,
    fill: int = 0,
    bars: bool = False,
    straight: bool = False,
    **rest: Any,
) -> Json:
    """Return a course over time: lines, stacked areas or bars."""
    custom = {
        "drawStyle": "bars" if bars else "line",
        "lineInterpolation": "stepAfter" if straight else "linear",
        "lineWidth": 0 if bars else 1,
        "fillOpacity": 80 if bars else fill,
        "gradientMode": "none",
        "showPoints": "never",
        # Half an hour without a value is a gap, not a straight line.
        "spanNulls": False if bars else 1_800_000,
        "stacking": {"mode": "normal" if stack else "none", "group": "A"},
        "axisPlacement": "auto",
        "axisLabel": "",
        "axisSoftMin": 0,
        **({"barAlignment": 1, "barWidthFactor": 0.85} if bars else {}),
        **rest.pop("custom", {}),
    }
    return panel(
        "timeseries",
        title,
        description,
        queries,
        options={"legend": _LEGEND, "tooltip": _TOOLTIP},
        custom=custom,
        **{**BY_SERIES, **rest},
    )


def stat(title: str, description: str, queries: Sequence[Query], *, text: str = "auto", **rest: Any) -> Json:
    """Return big numbers; with the course behind them, unless only the value of now is asked for.

    Of a course the last value counts, be it NaN: that is shown as a dash. (`lastNotNull` would pass over it.)
    """
    options = {
        "colorMode": "value",
        "graphMode": "none" if all(query.now for query in queries) else "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": _LAST if all(query.now for query in queries) else {**_LAST, "calcs": ["last"]},
        "showPercentChange": False,
        "textMode": text,
        "wideLayout": True,
    }
    return panel("stat", title, description, queries, options=options, **{"noValue": "–", "mappings": UNKNOWN, **rest})


def gauge(title: str, description: str, queries: Sequence[Query], **rest: Any) -> Json:
    """Return an arc from 0 to 1, or as `min` and `max` say."""
    options = {
        "barShape": "flat",
        "barWidthFactor": 0.4,
        "effects": {"barGlow": False, "centerGlow": False, "gradient": False},
        "minVizHeight": 75,
        "minVizWidth": 75,
        "orientation": "auto",
        "reduceOptions": _LAST,
        "segmentCount": 1,
        "segmentSpacing": 0.3,
        "shape": "gauge",
        "showThresholdLabels": False,
        "showThresholdMarkers": False,
        "sizing": "auto",
    }
    return panel("gauge", title, description, queries, options=options, **{"min": 0, "max": 1, "noValue": "–", **rest})


def ranking(title: str, description: str, queries: Sequence[Query], **rest: Any) -> Json:
    """Return horizontal bars, one below the other."""
    options = {
        "displayMode": "basic",
        "legend": {**_LEGEND, "showLegend": False},
        "maxVizHeight": 300,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "left",
        "orientation": "horizontal",
        "reduceOptions": _LAST,
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "text",
    }
    return panel("bargauge", title, description, queries, options=options, **{"min": 0, "noValue": "–", **rest})


def columns(title: str, description: str, queries: Sequence[Query], *, along: str, **rest: Any) -> Json:
    """Return stacked columns, side by side, along the words of the field `along`."""
    options = {
        "barRadius": 0,
        "barWidth": 0.85,
        "fullHighlight": False,
        "groupWidth": 0.7,
        "legend": _LEGEND,
        "orientation": "vertical",
        "showValue": "never",
        "stacking": "normal",
        "tooltip": _TOOLTIP,
        "xField": along,
        "xTickLabelMaxLength": 0,
        "xTickLabelRotation": 0,
        "xTickLabelSpacing": 0,
    }
    custom = {"axisPlacement": "auto", "axisLabel": "", "fillOpacity": 80, "gradientMode": "none", "lineWidth": 0}
    return panel("barchart", title, description, queries, options=options, custom=custom, **rest)


def states(title: str, description: str, queries: Sequence[Query], **rest: Any) -> Json:
    """Return a band for each series, coloured by what its value means."""
    options = {
        "alignValue": "left",
        "legend": _LEGEND,
        "mergeValues": True,
        "rowHeight": 0.8,
        "showValue": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    custom = {"fillOpacity": 80, "lineWidth": 0}
    return panel("state-timeline", title, description, queries, options=options, custom=custom, **rest)


def table(title: str, description: str, queries: Sequence[Query], *, names: Mapping[str, str], **rest: Any) -> Json:
    """Return a table: a row for each set of labels, and of its fields those in `names`, in that order, so named."""
    order = {name: index for index, name in enumerate(names)}
    hidden = rest.pop("hidden", ())
    changes = [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": dict.fromkeys(hidden, True),
                "includeByName": {},
                "indexByName": order,
                "renameByName": dict(names),
            },
        },
    ]
    return panel(
        "table",
        title,
        description,
        [Query(query.expr, query.legend, now=True, table=True) for query in queries],
        options={"cellHeight": "sm", "frameIndex": 0, "showHeader": True, "sortBy": rest.pop("sort", [])},
        custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
        changes=changes,
        **rest,
    )
