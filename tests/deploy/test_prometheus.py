"""Prometheus's files, as far as they can be judged without Prometheus: do names, places and words exist?"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from app import points
from app.metrics import UNITS, Metrics, Series, register_collectors, series_of
from app.store import OfflinePolicy, Store
from tests.edge.test_metrics import Accounts, StoppedClock, Wanted

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "prometheus"
PAGE = (ROOT / "docs" / "metrics.md").read_text()
RULES: list[dict[str, Any]] = [
    rule
    for file in sorted((DEPLOY / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
PROMETHEUS = {"up", "ALERTS", "scrape_samples_scraped", "scrape_duration_seconds"}
"""What Prometheus says by itself."""
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def known_names() -> set[str]:
    """Return the name of every series that the bridge can have, but for vendors' own points."""
    metrics = Metrics()
    store = Store(timedelta(minutes=30), lambda _: OfflinePolicy.KEEP)
    registry = CollectorRegistry()
    register_collectors(registry, store, Accounts(), StoppedClock(), Wanted())
    names = {
        family.name + suffix
        for source in (metrics.registry, registry)
        for family in source.collect()
        for suffix in SUFFIXES[family.type]
    }
    series: list[Series] = [series_of(point) for point in points.VOCABULARY.values()]
    names |= {each.name for each in series}
    money = (points.MONEY_TODAY, points.MONEY_TOTAL)
    return names | {series_of(point).name for point in money}


def used_names(text: str) -> set[str]:
    """Return all names of series in a text: those that look like ours, and whatever a selector stands behind."""
    ours = set(re.findall(r"\bheliopost(?:_|:(?!\d))[a-zA-Z0-9_:]*\b", text))
    process = set(re.findall(r"\bprocess_[a-z_]+\b", text))
    return ours | process


def expressions(value: Any) -> Iterator[str]:
    """Return every query in a dashboard."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in ("expr", "query", "definition") and isinstance(below, str):
                yield below
            else:
                yield from expressions(below)
    elif isinstance(value, list):
        for below in value:
            yield from expressions(below)


def queries() -> dict[str, str]:
    """Return every expression that is shipped, by where it stands."""
    found = {rule.get("alert") or rule["record"]: rule["expr"] for rule in RULES}
    for board in sorted((ROOT / "deploy" / "grafana").rglob("*.json")):
        for number, expr in enumerate(expressions(json.loads(board.read_text()))):
            found[f"{board.name} {number}"] = expr
    return found


QUERIES = queries()


def test_there_is_something_to_judge() -> None:
    assert len(ALERTS) > 15
    assert len(RECORDED) > 15
    assert len(QUERIES) > len(RULES) + 50


def test_every_series_that_a_rule_a_dashboard_or_a_test_names_exists() -> None:
    known = known_names() | RECORDED | PROMETHEUS
    named = {where: used_names(expr) for where, expr in QUERIES.items()}
    for file in sorted((DEPLOY / "tests").glob("*.yml")):
        named[file.name] = used_names(file.read_text())
    strange = {where: names - known for where, names in named.items() if names - known}
    assert strange == {}


def test_no_query_selects_what_nobody_says() -> None:
    known = known_names() | RECORDED | PROMETHEUS
    selected = {
        where: set(re.findall(r"([a-zA-Z_:][\w:]*)\s*\{", re.sub(r'"[^"]*"', '""', expr))) - known
        for where, expr in QUERIES.items()
    }
    assert {where: names for where, names in selected.items() if names} == {}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_grave_it_is_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    told = rule["annotations"]
    assert set(told) == {"summary", "description", "runbook"}
    assert len(told["summary"]) < 120
    assert told["description"].endswith(".")
    assert len(told["description"].split()) > 12
    page, _, anchor = told["runbook"].partition("#")
    headings = re.findall(r"(?m)^#+ (.+)$", (ROOT / page).read_text())
    assert anchor in {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_alert_and_recording_rule_has_its_reason_its_test_and_its_place_in_the_page() -> None:
    alerts, tests = (DEPLOY / "rules" / "alerts.yml").read_text(), (DEPLOY / "tests").glob("*.yml")
    tried = "".join(path.read_text() for path in tests)
    for rule in ALERTS:
        name = rule["alert"]
        assert re.search(rf"- alert: {name}\n +# \w", alerts), f"{name}: why this long and this much?"
        assert re.search(rf"\b{name}\b", tried), f"{name} is not tested"
        assert f"`{name}`" in PAGE, f"{name} is not in docs/metrics.md"
    for name in RECORDED:
        assert f"`{name}`" in PAGE, f"{name} is not in docs/metrics.md"


def test_the_pages_table_of_units_is_the_codes() -> None:
    rows = re.findall(r"(?m)^\| ([^|`]+) \| (`_\w+`(?:, `_\w+`)*) \| ([\d., ]+) \|$", PAGE)
    table = {}
    for units, endings, factors in rows:
        names, ends, numbers = units.split(", "), re.findall(r"`_(\w+)`", endings), factors.split(", ")
        for number, name in enumerate(names):
            end = ends[min(number, len(ends) - 1)]
            table[name.strip()] = (end, float(numbers[min(number, len(numbers) - 1)]))
    assert table == {str(unit): (ending, float(factor)) for unit, (ending, factor) in UNITS.items()}


def test_the_bridge_is_read_as_often_as_grafana_thinks() -> None:
    shipped = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    source = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yaml").read_text())
    assert source["datasources"][0]["jsonData"]["timeInterval"] == shipped["global"]["scrape_interval"]


def test_prometheus_looks_where_compose_puts_the_bridge_and_its_token() -> None:
    shipped = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    (job,) = shipped["scrape_configs"]
    assert job["job_name"] == "heliopost"
    assert job["static_configs"] == [{"targets": ["heliopost:9876"]}]
    secret = job["authorization"]["credentials_file"].removeprefix("/run/secrets/")
    assert secret in compose["services"]["prometheus"]["secrets"]
    assert secret in compose["secrets"]
