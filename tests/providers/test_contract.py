"""What every provider must do; a new folder in app/providers is tested here without a line changed."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from aiohttp import TCPConnector
from pydantic import SecretStr

from app import providers
from app.errors import BudgetSpent, ConfigError
from app.model import DeviceKind, Reading
from app.points import VOCABULARY
from app.providers import Account, Provider, ProviderSettings
from app.state import State
from simulator.clock import DrivenClock

NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
SECRET = re.compile("password|token|secret|key$")
TWINS = sorted(path.parent.name for path in Path(__file__).parent.glob("*/twin.py"))
"""One for each of a provider's APIs."""


class Rig:
    def __init__(
        self, name: str, provider: Provider, clock: DrivenClock, state: State, settings: ProviderSettings
    ) -> None:
        self.name, self.provider, self.clock, self.state, self.settings = name, provider, clock, state, settings


@asynccontextmanager
async def opened(
    name: str, folder: Path, budget: int | None = None, give_way: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[Rig]:
    twin = import_module(f"tests.providers.{name}.twin")
    clock = DrivenClock(NOON)
    async with twin.cloud(clock) as section:
        module = providers.load(section["provider"])
        settings = module.Settings(**section)
        with State.open(folder) as state:
            connector = TCPConnector()
            ledger = state.ledger("home", settings.budget if budget is None else budget, clock)
            account = Account("home", clock, state.vault("home"), ledger, connector, state.install_id)
            account = replace(account, give_way=give_way) if give_way else account
            try:
                async with module.open(settings, account) as provider:
                    yield Rig(name, provider, clock, state, settings)
            finally:
                await connector.close()


@pytest.fixture(params=TWINS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    async with opened(request.param, tmp_path) as made:
        yield made


def test_every_provider_has_a_twin() -> None:
    assert set(providers.available()) <= set(TWINS)


async def test_opening_costs_no_call(rig: Rig) -> None:
    assert rig.state.spent("home", "2026-06-10") == {}


async def test_feeds_have_names_reasons_and_a_guarded_minimum(rig: Rig) -> None:
    feeds = rig.provider.feeds
    assert len({feed.name for feed in feeds}) == len(feeds) > 0
    assert any(feed.aligned for feed in feeds)
    for feed in feeds:
        assert feed.reason
        assert timedelta(0) < feed.minimum <= feed.every <= feed.night
    offered = {feed.name: feed for feed in providers.load(rig.settings.provider).FEEDS}
    assert {feed.name for feed in feeds} <= set(offered)  # or the configuration would refuse them
    assert all(feed.minimum >= offered[feed.name].minimum for feed in feeds)


async def test_devices_have_lasting_ids_and_parents_that_come_before_them(rig: Rig) -> None:
    devices = await rig.provider.discover()
    seen: set[str] = set()
    for device in devices:
        assert re.fullmatch(rf"{rig.settings.provider}_[A-Za-z0-9_-]+", device.id)
        assert device.account == "home"
        assert device.via is None or device.via in seen
        assert (device.via is None) == (device.kind is DeviceKind.PLANT)
        assert device.zone is not None
        seen.add(device.id)
    assert len(seen) == len(devices)
    assert {device.id for device in await rig.provider.discover()} == seen


async def test_readings_are_of_known_devices_and_of_one_definition_a_point(rig: Rig) -> None:
    known = {device.id for device in await rig.provider.discover()}
    readings: list[Reading] = []
    for feed in rig.provider.feeds:
        readings += await rig.provider.read(feed)
    assert {reading.device_id for reading in readings} <= known
    for reading in readings:
        assert reading.at.utcoffset() == timedelta(0)
        assert reading.at <= rig.clock.now() + timedelta(minutes=10)
        same = VOCABULARY.get(reading.point.key)
        assert same is None or same.kind is reading.point.kind
    names = [(reading.device_id, reading.point.key) for reading in readings]
    assert len(set(names)) == len(names)  # no two feeds give the same point: they would overwrite each other


async def test_every_call_is_counted_and_none_is_made_beyond_the_budget(rig: Rig, tmp_path: Path) -> None:
    async with opened(rig.name, tmp_path / "poor", budget=2) as poor:

        async def everything() -> None:
            await poor.provider.discover()
            for feed in poor.provider.feeds:
                await poor.provider.read(feed)

        with pytest.raises(BudgetSpent):
            await everything()
        assert sum(poor.state.spent("home", "2026-06-10").values()) == 2


async def test_a_command_can_go_first_before_each_call_of_a_read(rig: Rig, tmp_path: Path) -> None:
    """Providers give way before each call, and hold no lock meanwhile: what goes first is of the same account."""
    gaps, busy = 0, False

    async def give_way() -> None:
        nonlocal gaps, busy
        gaps += not busy
        if not busy and gaps in (2, 4):
            busy = True
            async with asyncio.timeout(5):
                await polite.provider.discover()
            busy = False

    async with opened(rig.name, tmp_path / "polite", give_way=give_way) as polite:
        await polite.provider.discover()

        def spent() -> int:
            return sum(n for call, n in polite.state.spent("home", "2026-06-10").items() if call != "login")

        for feed in polite.provider.feeds:
            before, gaps = spent(), 10  # no discovery in between
            await polite.provider.read(feed)
            assert gaps - 10 >= spent() - before
        gaps = 0
        polite.clock.move(timedelta(hours=1))
        await polite.provider.read(polite.provider.feeds[0])
        assert gaps > 1


async def test_secrets_are_types_and_reach_no_text(rig: Rig) -> None:
    await rig.provider.discover()
    for feed in rig.provider.feeds:
        await rig.provider.read(feed)
    secrets = {name: value for name, value in rig.settings if SECRET.search(name) and value}
    assert secrets
    for value in secrets.values():
        assert isinstance(value, SecretStr)
        for text in (repr(rig.settings), str(rig.settings)):
            assert value.get_secret_value() not in text.replace(rig.settings.provider, "")


def test_an_unknown_provider_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"there are: .*growatt"):
        providers.load("nonsense")
