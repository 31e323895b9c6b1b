"""What the contract of all providers (tests/providers/test_contract.py) needs to know of Growatt's token API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.clock import Clock
from simulator.growatt import TOKEN, Cloud, openapi_fleet, serve


@asynccontextmanager
async def cloud(clock: Clock) -> AsyncIterator[dict[str, Any]]:
    """Run the simulated cloud; yield an account's section of the configuration."""
    async with serve(Cloud(clock, fleet=openapi_fleet())) as url:
        yield {"provider": "growatt", "api": "openapi", "token": TOKEN, "server_url": url}
