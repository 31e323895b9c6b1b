"""Curves, areas and columns as uPlot wants them: aligned, stacked, with their axes."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from trials.pictures import colours
from trials.pictures.measure import labels, ticks
from trials.prometheus.grafana import Answer, Json, Row, Series

Values = list[float | None]


def chart(answer: Answer, zone: tzinfo, height: int, width: int) -> Json:
    """Return the drawing of a panel over time."""
    panel = answer.panel
    bars = panel["fieldConfig"]["defaults"].get("custom", {}).get("drawStyle") == "bars"
    grid = sorted({at for series in answer.series for at, _ in series.points})
    if not bars and grid:
        grid = [grid[0] + n * answer.step for n in range(round((grid[-1] - grid[0]) / answer.step) + 1)]
    drawn = [
        _Drawn(panel, series.name, index, _aligned(series, grid, answer.step, panel))
        for index, series in enumerate(answer.series)
    ]
    length = answer.end - answer.start
    return {
        **_layers(panel, drawn, height),
        "x": grid,
        "span": [answer.start, answer.end],
        "marks": marks(answer.start, answer.end, zone, width),
        "days": length > 3 * 86400,
        "zone": str(zone),
    }


def categories(panel: Json, table: Sequence[Row], height: int, zone: tzinfo) -> Json:
    """Return the drawing of columns along words."""
    along = panel["options"]["xField"]
    names = [name for name in table[0] if name != along] if table else []
    drawn = [_Drawn(panel, name, n, [row.get(name) for row in table]) for n, name in enumerate(names)]
    words = [row[along] for row in table]
    return {
        **_layers(panel, drawn, height, columns=True),
        "x": list(range(len(words))),
        "names": words,
        "span": [-0.5 - max(0, 6 - len(words)) / 2, len(words) - 0.5 + max(0, 6 - len(words)) / 2],
        "zone": str(zone),
    }


class _Drawn:
    """One series on its way into the drawing."""

    def __init__(self, panel: Json, name: str, index: int, values: Values) -> None:
        found = colours.settings(panel, name)
        self.name = name
        self.colour = colours.of_series(panel, name, index)
        self.negative = found.get("custom.transform") == "negative-Y"
        shown = [value for value in values if value]
        self.below = self.negative or (bool(shown) and max(shown) < 0)
        self.values: Values = [None if value is None else -value for value in values] if self.negative else values
        self.fill = found.get("custom.fillOpacity", 0) / 100
        self.dash = [6, 6] if "custom.lineStyle" in found else None
        self.stepped = found.get("custom.lineInterpolation") == "stepAfter"


def _layers(panel: Json, drawn: list[_Drawn], height: int, *, columns: bool = False) -> Json:
    found = colours.settings(panel, "")
    bars = columns or found.get("custom.drawStyle") == "bars"
    stacked = columns or found.get("custom.stacking", {}).get("mode") == "normal"
    layers: list[tuple[_Drawn, Values]] = []
    bands: list[Json] = []
    if stacked:
        for group in ([each for each in drawn if not each.below], [each for each in drawn if each.below]):
            sums: Values = []
            stack: list[tuple[_Drawn, Values]] = []
            for each in group:
                sums = [
                    (a or 0.0) + (b or 0.0) for a, b in zip(each.values, sums or [0.0] * len(each.values), strict=True)
                ]
                stack.append((each, sums))
            # The highest first: what is below is painted over it.
            layers += reversed(stack)
    else:
        layers = [(each, each.values) for each in drawn]
    series = [_layer(each, values, bars=bars, stacked=stacked) for each, values in layers]
    if stacked and not bars:
        same = [each.below for each, _ in layers]
        bands = [
            {"series": [n, n + 1], "dir": 1 if same[n - 1] else -1}
            for n in range(1, len(layers))
            if same[n - 1] == same[n]
        ]
    shown = [value for _, values in layers for value in values if value is not None]
    low, high = (
        found.get("min", min([*shown, found.get("custom.axisSoftMin", 0)])),
        found.get("max", max([*shown, found.get("custom.axisSoftMax", 0)], default=1)),
    )
    steps = list(ticks(low, high, max(2, height // 55), unit=found.get("unit", ""), whole=found.get("decimals") == 0))
    words = labels(steps, found.get("unit", "none"))
    return {
        "series": series,
        "bands": bands,
        "ticks": steps,
        "labels": words,
        "room": 14 + round(6.6 * max(len(word) for word in words)),
        "legend": [(each.name, each.colour) for each in drawn],
    }


def _layer(each: _Drawn, values: Values, *, bars: bool, stacked: bool) -> Json:
    opaque = colours.mixed(each.colour, each.fill)
    return {
        "stroke": opaque if bars else each.colour,
        "width": 0 if bars else 1,
        "fill": opaque if bars else colours.clear(each.colour, each.fill) if each.fill else None,
        "dash": each.dash,
        "bars": bars,
        "stepped": each.stepped,
        "y": [None if value is None or (bars and stacked and value == 0) else round(value, 4) for value in values],
    }


def _aligned(series: Series, grid: Sequence[float], step: float, panel: Json) -> Values:
    """Return a value for each moment of the grid; short gaps are bridged as `spanNulls` says."""
    known = {round(at): value for at, value in series.points if not math.isnan(value)}
    values: Values = [known.get(round(at)) for at in grid]
    span = panel["fieldConfig"]["defaults"].get("custom", {}).get("spanNulls", False)
    if not span:
        return values
    last: int | None = None
    for index, value in enumerate(values):
        if value is None:
            continue
        before = values[last] if last is not None else None
        if last is not None and before is not None and 1 < index - last <= span / 1000 / step:
            for n in range(last + 1, index):
                values[n] = before + (value - before) * (n - last) / (index - last)
        last = index
    return values


def marks(start: float, end: float, zone: tzinfo, width: int) -> list[float]:
    """Return where the time axis of so many pixels has its words: round hours or midnights of the viewer."""
    count = max(2, width // 75)
    midnight = datetime.fromtimestamp(start, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if end - start > 3 * 86400:
        every = math.ceil((end - start) / 86400 / count)
        found = [(midnight + timedelta(days=n)).timestamp() for n in range(0, 400, every)]
    else:
        hours = next(h for h in (1, 2, 3, 4, 6, 12, 24) if (end - start) / 3600 / h <= count)
        found = [midnight.timestamp() + n * hours * 3600 for n in range(80)]
    edge = (end - start) * 20 / width
    return [at for at in found if start + edge < at < end - edge]
