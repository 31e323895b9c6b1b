"""Drives one account over days of simulated time: the simulated cloud, the real provider, poller and bridge."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import TCPConnector

from app import providers
from app.metrics import Metrics
from app.model import Value
from app.poller import Poller, Terms
from app.providers import Account, Provider
from app.state import State
from app.store import Update
from simulator.clock import DrivenClock
from simulator.growatt import Account as Login
from simulator.growatt import Cloud, PlantSpec, serve
from tests.core.factory import Rig

PASSWORD = "s3cret-Passw0rd"


class Drive(Rig):
    """A rig with a poller whose reads are made when they are due."""

    def __init__(self, cloud: Cloud, clock: DrivenClock) -> None:
        super().__init__()
        self.cloud = cloud
        self.clock = clock
        self.bridge._clock = clock
        self.poller: Poller | None = None
        self.dues: dict[str, datetime] = {}
        self.series: dict[tuple[str, str], list[tuple[datetime, Value | None]]] = {}
        """Every value that was passed on, by device and point."""

    async def publish(self, news: object) -> None:
        if isinstance(news, Update):
            for key in news.changed:
                self.series.setdefault((news.device.id, key), []).append((self.clock.now(), news.values[key]))

    def attach(self, provider: Provider, state: State, budget: int) -> None:
        self.bridge._sinks = (self, self.outlet)
        ledger = state.ledger("home", budget, self.clock)
        self.ledger = ledger
        self.poller = Poller(
            Terms("home", "growatt"),
            provider,
            self.bridge,
            ledger,
            state.vault("home"),
            clock=self.clock,
            metrics=Metrics(),
        )
        self.dues = dict.fromkeys(self.poller.names(), self.clock.now())

    async def run(self, span: timedelta, at_each: Callable[[], None] = lambda: None) -> Self:
        """Make all reads that are due within `span`."""
        assert self.poller is not None
        end = self.clock.now() + span
        while min(self.dues.values()) < end:
            name = min(self.dues, key=lambda feed: self.dues[feed])
            self.clock.move(max(self.dues[name] - self.clock.now(), timedelta()))
            at_each()
            await self.bridge.tick()
            self.dues[name] = await self.poller.poll(name)
        self.clock.move(max(end - self.clock.now(), timedelta()))
        await self.bridge.tick()
        return self

    def values(self, key: str) -> dict[str, list[Value | None]]:
        """Return what was passed on of one point, by device."""
        return {device: [value for _, value in series] for (device, name), series in self.series.items() if name == key}


class Fleet:
    """A simulated cloud on loopback with a state folder: drives begin and end, the cloud goes on."""

    def __init__(self, folder: Path, start: datetime, fleet: tuple[PlantSpec, ...], **cloud: Any) -> None:
        self.folder = folder
        self.clock = DrivenClock(start)
        self.cloud = Cloud(self.clock, fleet=fleet, accounts=[Login("demo", PASSWORD)], **cloud)

    async def __aenter__(self) -> Self:
        self._server = serve(self.cloud)
        self.url = await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def drive(self, budget: int = 5000, **settings: Any) -> AsyncIterator[Drive]:
        module = providers.load("growatt")
        given: dict[str, Any] = {
            "provider": "growatt",
            "username": "demo",
            "password": PASSWORD,
            "server_url": self.url,
        } | settings
        drive = Drive(self.cloud, self.clock)
        with State.open(self.folder) as state:
            connector = TCPConnector()
            try:
                ledger = state.ledger("home", budget, self.clock)
                account = Account("home", self.clock, state.vault("home"), ledger, connector, state.install_id)
                section = module.Settings(**given)
                async with module.open(section, account) as provider:
                    drive.attach(provider, state, budget)
                    drive.poller._ledger = ledger  # type: ignore[union-attr]  # one ledger for both
                    drive.ledger = ledger
                    yield drive
            finally:
                await connector.close()
