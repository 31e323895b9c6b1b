import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Cloud, serve
from simulator.growatt.device import Record
from tests.simulator.client import Phone
from tests.simulator.library import base_api
from tests.simulator.token import Bearer

NOON = datetime(2026, 6, 6, 11, 0, tzinfo=UTC)
"""A summer's day in Europe, an evening in Adelaide, a morning in Albany."""


class Library:
    """The public library, called in a thread: it is synchronous."""

    def __init__(self, api: Any) -> None:
        self.api = api

    async def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(getattr(self.api, method), *args, **kwargs)

    async def login(self) -> Any:
        return await self("login", USER, PASSWORD)

    def close(self) -> None:
        self.api.session.close()


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(NOON)


@pytest.fixture
def cloud(clock: DrivenClock) -> Cloud:
    return Cloud(clock)


@pytest.fixture
async def address(cloud: Cloud) -> AsyncIterator[str]:
    async with serve(cloud) as url:
        yield url


@pytest.fixture
async def new_library(address: str) -> AsyncIterator[Callable[[], Library]]:
    made: list[Library] = []

    def make() -> Library:
        api = base_api().GrowattApi()
        api.server_url = address
        made.append(Library(api))
        return made[-1]

    yield make
    for library in made:
        library.close()


@pytest.fixture
async def library(new_library: Callable[[], Library]) -> Library:
    """The library, logged in."""
    library = new_library()
    assert (await library.login())["success"]
    return library


@pytest.fixture
async def phone(address: str) -> AsyncIterator[Phone]:
    """An app that is logged in."""
    async with Phone(address) as phone:
        assert (await phone.login())["success"]
        yield phone


@pytest.fixture
async def stranger(address: str) -> AsyncIterator[Phone]:
    """An app that is not logged in."""
    async with Phone(address) as phone:
        yield phone


@pytest.fixture
async def bearer(address: str) -> AsyncIterator[Bearer]:
    async with Bearer(address) as bearer:
        yield bearer


@pytest.fixture
async def free(bearer: Bearer, cloud: Cloud) -> Bearer:
    """Somebody who may ask as often as they like."""
    cloud.openapi.limited = False
    return bearer


@pytest.fixture
async def ask(library: Library) -> Callable[..., Any]:
    async def call(method: str, *args: Any, **kwargs: Any) -> Any:
        return await library(method, *args, **kwargs)

    return call


@pytest.fixture
def truth(cloud: Cloud) -> Callable[[str], Record]:
    return cloud.record
