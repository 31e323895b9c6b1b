"""A server to talk to, and an account to talk with."""

from collections.abc import AsyncIterator

import pytest

from tests.providers.growatt.kit import Cloud, Home
from tests.providers.growatt.kit import cloud as serve_cloud


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with serve_cloud() as served:
        yield served


@pytest.fixture
def home() -> Home:
    return Home()
