"""A Prometheus with a past, shared by the trials: making one takes a while."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from simulator.growatt import demo_fleet
from trials.prometheus.history import Incident, Past, live
from trials.prometheus.server import find
from trials.prometheus.watch import SHIPPED

END = datetime(2026, 6, 20, 14, 0, tzinfo=UTC)
DAYS = 2.4
DIES = END - timedelta(hours=4)
"""By day: an inverter that has been awake at this time on the days before."""
HOME, GARAGE = demo_fleet()[0], demo_fleet()[6]
"""A hybrid that is awake all night, and an inverter without a battery that sleeps."""


def _after(moment: datetime) -> timedelta:
    return moment - (END - timedelta(days=DAYS))


INCIDENTS = (
    Incident(timedelta(hours=5), timedelta(minutes=12), "http_error", {"status": 502}),
    Incident(timedelta(hours=7), timedelta(minutes=2), "broker_down"),
    Incident(timedelta(hours=9), timedelta(minutes=6), "absurd"),
    Incident(timedelta(hours=12), timedelta(minutes=6), "truncated"),
    Incident(timedelta(hours=14), timedelta(), "expire_sessions"),
    Incident(timedelta(hours=26), timedelta(minutes=2), "bridge_down"),
    Incident(timedelta(hours=30), timedelta(minutes=25), "not_logged_in"),
    Incident(_after(DIES), timedelta(hours=5), "frozen", {"device": GARAGE.devices[0].serial}),
)
"""What ordinary days bring, and at last something that somebody should be told."""


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """A Prometheus that has lived through two days and nights of a house and a garage, recording rules and all."""
    find("prometheus")
    lived = asyncio.run(
        live(
            tmp_path_factory.mktemp("days"),
            [SHIPPED / "rules" / "recording.yml"],
            plants=(HOME, GARAGE),
            days=DAYS,
            end=END,
            step=timedelta(minutes=2),
            incidents=INCIDENTS,
            account={"budget": 600},
        )
    )
    yield lived
    asyncio.run(lived.prometheus.stop())
