"""The dashboards' JSON and what provisions it, as far as it can be judged without Grafana and Prometheus."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.generator.__main__ import texts

DEPLOY = Path(__file__).parents[2] / "deploy"
FOLDER = DEPLOY / "grafana" / "dashboards"
BOARDS: dict[str, dict[str, Any]] = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
SHIPPED = {"timeseries", "stat", "gauge", "bargauge", "barchart", "state-timeline", "table", "row"}
"""Visualisations that every Grafana has."""


def _source() -> dict[str, Any]:
    file = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text())
    (source,) = file["datasources"]
    return dict(source)


every = pytest.mark.parametrize("board", BOARDS.values(), ids=list(BOARDS))


def test_the_files_are_as_the_generator_writes_them() -> None:
    """After a change: python -m deploy.grafana.generator."""
    written = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert written == texts()


@every
def test_every_panel_has_a_number_and_a_title_of_its_own(board: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in board["panels"]]
    titles = [(panel["type"], panel["title"]) for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert len(set(titles)) == len(titles)


@every
def test_no_panel_covers_another_or_leaves_the_grid(board: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= 24
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


@every
def test_every_panel_and_choice_says_what_it_is(board: dict[str, Any]) -> None:
    assert board["title"]
    assert board["description"]
    for panel in board["panels"]:
        assert panel["title"]
        assert panel["type"] in SHIPPED
        if panel["type"] != "row":
            assert len(panel["description"]) > 10, panel["title"]
            assert panel["description"].endswith(".")
    for choice in board["templating"]["list"]:
        assert choice["label"]
        assert choice["description"]


@every
def test_everything_asks_the_data_source_that_can_be_chosen(board: dict[str, Any]) -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    choices = board["templating"]["list"]
    asking = [*board["panels"], *choices, *(query for panel in board["panels"] for query in panel.get("targets", ()))]
    assert {json.dumps(each["datasource"]) for each in asking if "datasource" in each} == {json.dumps(chosen)}
    (choice,) = [each for each in choices if each["type"] == "datasource"]
    assert choice["query"] == _source()["type"]
    assert choice["current"] == {"text": _source()["name"], "value": _source()["uid"]}


@every
def test_every_variable_in_a_query_exists(board: dict[str, Any]) -> None:
    known = {choice["name"] for choice in board["templating"]["list"]}
    known |= {"__all", "__interval", "__rate_interval", "__range", "__url_time_range", "1"}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board, ensure_ascii=False)))
    assert used <= known


@every
def test_every_link_leads_to_a_dashboard_that_is_there(board: dict[str, Any]) -> None:
    there = {f"/d/{other['uid']}" for other in BOARDS.values()}
    links = [link["url"].split("?")[0] for link in board["links"]]
    links += [
        link["url"].split("?")[0]
        for panel in board["panels"]
        for link in panel.get("fieldConfig", {"defaults": {}})["defaults"].get("links", ())
    ]
    assert links
    assert set(links) <= there


def test_the_dashboards_are_where_grafana_is_told_to_look() -> None:
    (provider,) = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/heliopost.yaml").read_text())["providers"]
    service = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text())["services"]["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in service["volumes"] if volume.startswith("./"))
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    home = service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/home.json"


def test_grafana_knows_how_often_prometheus_reads() -> None:
    """It chooses the spans of rate() by it."""
    prometheus = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,) = [job for job in prometheus["scrape_configs"] if job["job_name"] == "heliopost"]
    interval = job.get("scrape_interval", prometheus["global"]["scrape_interval"])
    assert _source()["jsonData"]["timeInterval"] == interval


@every
def test_the_first_look_is_at_a_day_by_the_browsers_clock_and_renews_itself(board: dict[str, Any]) -> None:
    assert board["time"] == {"from": "now-24h", "to": "now"}
    assert board["timezone"] == "browser"
    assert board["refresh"] == "1m"
