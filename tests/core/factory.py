"""Devices, readings and a recording outlet for the core's tests."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.bridge import Bridge
from app.derived import Accumulator
from app.model import AccountStatus, Device, DeviceKind, Event, Point, Reading, Value
from app.plausibility import Plausibility, Rules
from app.sinks import News, Sink
from app.store import Gone, OfflinePolicy, Store, Update
from simulator.clock import DrivenClock

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
"""12:00 in Amsterdam."""
FIVE = timedelta(minutes=5)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def device(device_id: str = "growatt_abc", **facts: Any) -> Device:
    given: dict[str, Any] = {
        "account": "home",
        "kind": DeviceKind.INVERTER,
        "name": "Roof",
        "zone": AMSTERDAM,
        "rated_power": 5000.0,
    }
    return Device(device_id, **(given | facts))


def reading(
    point: Point, value: Value, at: datetime = NOON, *, owner: str = "growatt_abc", timed: bool = True
) -> Reading:
    return Reading(owner, point, value, at, timed)


class Outlet:
    """Keeps all news."""

    def __init__(self) -> None:
        self.news: list[News] = []

    async def publish(self, news: News) -> None:
        self.news.append(news)

    @property
    def updates(self) -> list[Update]:
        return [news for news in self.news if isinstance(news, Update)]

    @property
    def events(self) -> list[Event]:
        return [news for news in self.news if isinstance(news, Event)]

    @property
    def gone(self) -> list[Gone]:
        return [news for news in self.news if isinstance(news, Gone)]

    @property
    def statuses(self) -> list[AccountStatus]:
        return [news for news in self.news if isinstance(news, AccountStatus)]


class Rig:
    """A bridge with an outlet, a clock that is driven, and counters of what was dropped."""

    def __init__(
        self,
        sinks: Sequence[Sink] = (),
        policy: Callable[[str], OfflinePolicy] = lambda _: OfflinePolicy.KEEP,
        now: datetime = NOON,
    ) -> None:
        self.clock = DrivenClock(now)
        self.outlet = Outlet()
        self.dropped: list[str] = []
        self.failed: list[str] = []
        self.store = Store(timedelta(minutes=30), policy)
        self.plausibility = Plausibility(Rules(), self.dropped.append)
        self.accumulator = Accumulator()
        self.bridge = Bridge(
            self.store, (*sinks, self.outlet), self.plausibility, self.accumulator, self.clock, self.failed.append
        )

    async def deliver(self, *readings: Reading, every: timedelta = FIVE, live: bool = True) -> None:
        await self.bridge.deliver(readings, every, live=live)
