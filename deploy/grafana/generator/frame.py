"""What holds the panels: the grid, the variables and the links of a dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deploy.grafana.generator.parts import SOURCE, Json

PROVISIONED: Final = "heliopost-prometheus"
"""The data source of provisioning/datasources, which is chosen unless the user chooses another."""
WIDTH: Final = 24
"""Columns of Grafana's grid."""


def choice(name: str, label: str, description: str, query: str, *, regex: str = "", hidden: bool = False) -> Json:
    """Return a variable that the user chooses values of; all of them unless he does."""
    kind = {"query_result(": 3, "label_values(": 1}[query[: query.index("(") + 1]]
    made: Json = {
        "type": "query",
        "name": name,
        "label": label,
        "description": description,
        "datasource": SOURCE,
        "query": {"qryType": kind, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "regex": regex,
        "current": {"text": ["All"], "value": ["$__all"]},
        "includeAll": True,
        "multi": True,
        "refresh": 2,
        "sort": 1,
        "hide": 2 if hidden else 0,
    }
    if kind == 1:  # the editor keeps the label apart
        metric, made_label = query.removeprefix("label_values(").removesuffix(")").rsplit(",", 1)
        made["query"] |= {"metric": metric.strip(), "label": made_label.strip()}
    return made


def _source_choice() -> Json:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "description": "The Prometheus that reads the bridge",
        "query": "prometheus",
        "regex": "",
        "current": {"text": "Prometheus", "value": PROVISIONED},
        "includeAll": False,
        "multi": False,
        "refresh": 1,
        "hide": 0,
        "options": [],
    }


@dataclass(frozen=True)
class Row:
    """Panels side by side."""

    height: int
    panels: Sequence[tuple[int, Json]]
    """Each with its width in columns of the grid."""
    title: str = ""
    """Of a line above them that can be folded."""


def dashboard(
    uid: str, title: str, description: str, *, choices: Sequence[Json], rows: Sequence[Row], links: Sequence[Json]
) -> Json:
    """Return a whole dashboard; its panels are numbered and placed row by row."""
    panels: list[Json] = []
    y = 0
    for row in rows:
        if row.title:
            place = {"h": 1, "w": WIDTH, "x": 0, "y": y}
            panels.append(
                {
                    "id": len(panels) + 1,
                    "type": "row",
                    "title": row.title,
                    "collapsed": False,
                    "gridPos": place,
                    "panels": [],
                }
            )
            y += 1
        x = 0
        for width, made in row.panels:
            place = {"h": row.height, "w": width, "x": x, "y": y}
            panels.append({"id": len(panels) + 1, **made, "gridPos": place})
            x += width
        y += row.height
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["heliopost"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "time": {"from": "now-24h", "to": "now"},
        "timepicker": {"refresh_intervals": ["30s", "1m", "5m", "15m", "1h"]},
        "refresh": "1m",
        "fiscalYearStartMonth": 0,
        "links": list(links),
        "templating": {"list": [_source_choice(), *choices]},
        "annotations": {"list": []},
        "panels": panels,
    }


def link(title: str, uid: str, tooltip: str, icon: str = "dashboard") -> Json:
    """Return a link to another dashboard that keeps the time range."""
    return {
        "type": "link",
        "title": title,
        "url": f"/d/{uid}",
        "tooltip": tooltip,
        "icon": icon,
        "asDropdown": False,
        "includeVars": False,
        "keepTime": True,
        "tags": [],
        "targetBlank": False,
    }
