"""A server to talk to, and an account with a token to talk with."""

from collections.abc import AsyncIterator

import pytest

from tests.providers.growatt.kit import Cloud
from tests.providers.growatt.kit import cloud as serve_cloud
from tests.providers.growatt_openapi.kit import House


@pytest.fixture
async def server() -> AsyncIterator[Cloud]:
    async with serve_cloud() as served:
        yield served


@pytest.fixture
def house() -> House:
    return House()
