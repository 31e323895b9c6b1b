"""A Prometheus with a past, shared by the trials: making one takes a while."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from trials.prometheus.history import Past, live
from trials.prometheus.server import find

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """A Prometheus that has lived through a day of the demo's park, recording rules and all, until now."""
    find("prometheus")
    lived = asyncio.run(live(tmp_path_factory.mktemp("day"), [RULES / "recording.yml"]))
    yield lived
    asyncio.run(lived.prometheus.stop())
