"""What a week costs in vendor calls: each family, with the clock driven and the simulated cloud counting."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from aiohttp import TCPConnector
from prometheus_client import Counter
from prometheus_client.samples import Sample
from pydantic import SecretStr

from app.accounts import Accounts
from app.bridge import Bridge
from app.config import AccountSection
from app.derived import Accumulator
from app.metrics import Metrics
from app.model import DeviceKind
from app.pace import Night
from app.plausibility import Plausibility, Rules
from app.providers.growatt import Settings
from app.state import State
from app.store import OfflinePolicy, Store
from bench.clocks import StridingClock
from bench.figures import Figure, Section
from simulator.growatt.cloud import PASSWORD, USER, Cloud
from simulator.growatt.fleet import KITS, one_plant
from simulator.growatt.server import serve

START = datetime(2026, 6, 15, 6, tzinfo=UTC)
WEEK = timedelta(days=7)
SHORT = 12.0
"""Hours that a session lasts, where sessions end."""


class Week(NamedTuple):
    """What a week took."""

    calls: int
    """Vendor calls, logins included."""
    logins: int
    devices: int
    """That were found, the plant left out."""


class Diary:
    """The schedule of one account: lives through it by striding from one due time to the next."""

    def __init__(self, clock: StridingClock) -> None:
        """Begin empty."""
        self._clock = clock
        self._due: dict[str, tuple[datetime, Callable[[], Awaitable[object]]]] = {}

    def plan(self, name: str, due: datetime, job: Callable[[], Awaitable[object]]) -> None:
        """Note a job; the same name again replaces it."""
        self._due[name] = due, job

    def strike(self, name: str) -> None:
        """Forget a job."""
        self._due.pop(name, None)

    async def live(self, until: datetime) -> None:
        """Do everything in its order."""
        while self._due:
            name = min(self._due, key=lambda name: self._due[name][0])
            due, job = self._due.pop(name)
            if due > until:
                return
            self._clock.moment = max(self._clock.moment, due)
            await job()


async def week(kit: str, session_hours: float | None) -> Week:
    """Live through a simulated week with one plant that has one device of a kit."""
    clock = StridingClock(START)
    cloud = Cloud(clock, fleet=one_plant(kit=kit), session_hours=session_hours)
    metrics = Metrics()
    bridge = Bridge(
        Store(timedelta(minutes=30), lambda _: OfflinePolicy.KEEP),
        (),
        Plausibility(Rules(), lambda _: None),
        Accumulator(),
        clock,
        lambda _: None,
    )
    diary = Diary(clock)
    with TemporaryDirectory(prefix="heliopost-bench-") as folder, State.open(Path(folder)) as state:
        async with serve(cloud) as address, TCPConnector() as connector:
            accounts = Accounts(
                bridge,
                state,
                connector,
                clock=clock,
                metrics=metrics,
                schedule=diary.plan,
                unschedule=diary.strike,
                rng=Random(1),
            )
            settings = Settings(username=USER, password=SecretStr(PASSWORD), server_url=address)
            await accounts.start("home", AccountSection(settings, {}), Night())
            await diary.live(START + WEEK)
            await accounts.close()
    failed = {labels: count for labels, count in outcomes(metrics).items() if count and labels[-1] != "ok"}
    assert not failed, f"{kit}: reads failed: {failed}"
    assert all(login.good for login in cloud.logins)
    devices = sum(device.kind is not DeviceKind.PLANT for device in bridge.store.devices)
    assert devices, f"{kit}: no device was found"
    return Week(int(_sum(metrics.calls)), len(cloud.logins), devices)


def _samples(counter: Counter) -> Iterator[Sample]:
    for metric in counter.collect():
        yield from (sample for sample in metric.samples if sample.name.endswith("_total"))


def _sum(counter: Counter) -> float:
    return sum(sample.value for sample in _samples(counter))


def outcomes(metrics: Metrics) -> dict[tuple[str, str], float]:
    """Return how often reads ended how, by feed and outcome."""
    return {(sample.labels["feed"], sample.labels["outcome"]): sample.value for sample in _samples(metrics.polls)}


async def measure() -> Section:
    """Measure each family with sessions that last and with sessions that do not."""
    rows: list[tuple[str, ...]] = [
        (
            "family",
            "devices",
            "calls a day",
            "calls per device and hour",
            "logins a week",
            f"logins a week, sessions of {SHORT:.0f} h",
        )
    ]
    lasting, short = [], []
    for kit in KITS:
        calm, hasty = await week(kit, None), await week(kit, SHORT)
        lasting.append(calm.logins)
        short.append(hasty.logins)
        rows.append(
            (
                kit,
                str(calm.devices),
                f"{calm.calls / 7:.0f}",
                f"{calm.calls / 7 / 24 / max(1, calm.devices):.1f}",
                str(calm.logins),
                str(hasty.logins),
            )
        )
    figures = (
        Figure("logins in a simulated week, sessions that do not end", max(lasting), "", 1, "the most of any family"),
        Figure(
            f"logins in a simulated week, sessions of {SHORT:.0f} hours", max(short), "", 15, "the most of any family"
        ),
    )
    text = (
        "One plant in Utrecht with one device, a week in June, the default budget of 600 calls a day; bridge and "
        "simulated cloud share a driven clock. A battery that Growatt lists by itself counts as a device."
    )
    return Section("Vendor calls", text, figures, tuple(rows))
