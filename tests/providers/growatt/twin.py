"""What the contract of all providers (tests/providers/test_contract.py) needs to know of this one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.clock import Clock
from simulator.growatt import PASSWORD, USER, Cloud, demo_fleet, serve


@asynccontextmanager
async def cloud(clock: Clock) -> AsyncIterator[dict[str, Any]]:
    """Run the simulated cloud; yield an account's section of the configuration."""
    async with serve(Cloud(clock, fleet=demo_fleet())) as url:
        yield {"provider": "growatt", "username": USER, "password": PASSWORD, "server_url": url}
