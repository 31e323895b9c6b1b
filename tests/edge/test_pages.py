"""The pages on configuration and metrics: nothing missing, nothing made up."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Histogram
from prometheus_client.metrics import MetricWrapperBase

from app.cli import COMMANDS
from app.config import document
from app.config.schema import json_schema
from app.config.sections import Config
from app.metrics import UNITS, AccountCollector, DeviceCollector, Metrics
from app.model import AccountState
from app.store import OfflinePolicy, Store
from tests.edge.test_metrics import Accounts, StoppedClock
from tests.edge.writing import Desk

DOCS = Path(__file__).parent.parent.parent / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text()
REFERENCE = (DOCS / "reference" / "configuration.md").read_text()
METRICS = (DOCS / "metrics.md").read_text()


def sections() -> Iterator[tuple[str, str]]:
    for name, section in json_schema()["$defs"].items():
        for key in section.get("properties", {}):
            if not key.endswith("_file"):
                yield name, key


@pytest.mark.parametrize(("section", "key"), sorted(set(sections())))
def test_every_key_is_explained(section: str, key: str) -> None:
    assert f"| `{key}` |" in REFERENCE


def test_every_section_is_explained() -> None:
    for name in Config.model_fields:
        assert f"| [`{name}`](reference/configuration.md#" in CONFIGURATION


def test_every_command_is_explained() -> None:
    assert [name for name in COMMANDS if f"`heliopost {name}" not in CONFIGURATION] == []


def test_the_examples_in_the_page_can_be_used(desk: Desk) -> None:
    whole, *parts = re.findall(r"```yaml\n(.*?)```", CONFIGURATION, re.DOTALL)
    assert desk.load(whole).mqtt.host == "192.168.1.10"
    assert len(parts) > 2
    for example in (whole, *parts):
        assert document.parse(example, "page").faults == []


def test_every_metric_of_the_bridge_is_explained() -> None:
    made = [value for value in vars(Metrics()).values() if isinstance(value, MetricWrapperBase)]
    names = []
    for metric in made:
        (family,) = metric.describe()
        names.append(family.name + ("" if family.type != "counter" or isinstance(metric, Histogram) else "_total"))
    assert len(names) > 8
    assert [name for name in names if f"| `{name}` |" not in METRICS] == []


def test_every_metric_of_accounts_and_devices_is_explained() -> None:
    store = Store(StoppedClock().now() - StoppedClock().now(), lambda _: OfflinePolicy.KEEP)
    families = [*AccountCollector(Accounts()).collect(), *DeviceCollector(store, StoppedClock()).collect()]
    assert [family.name for family in families if f"| `{family.name}` |" not in METRICS] == []


def test_every_metric_in_the_page_exists() -> None:
    known = {family.name for family in Metrics().registry.collect()}
    store = Store(StoppedClock().now() - StoppedClock().now(), lambda _: OfflinePolicy.KEEP)
    known |= {family.name for family in AccountCollector(Accounts()).collect()}
    known |= {family.name for family in DeviceCollector(store, StoppedClock()).collect()}
    named = set(re.findall(r"(?m)^\| `(heliopost_\w+)` \|", METRICS))
    assert {name for name in named if name.removesuffix("_total") not in known} == set()


def test_every_unit_and_state_is_explained() -> None:
    assert [ending for ending, _ in UNITS.values() if f"`_{ending}`" not in METRICS] == []
    assert [state for state in AccountState if f"`{state}`" not in METRICS] == []
