"""The cloud as a process of its own: one line when it is ready, the end at SIGINT or SIGTERM."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.clock import SystemClock
from simulator.clock import ScaledClock
from simulator.growatt.accounts import Account
from simulator.growatt.cloud import PASSWORD, USER, Cloud
from simulator.growatt.control import Control
from simulator.growatt.fleet import PlantSpec, big_fleet, demo_fleet, fleet, one_plant, openapi_fleet
from simulator.growatt.server import serve


def _fleet(name: str, seed: int) -> tuple[PlantSpec, ...]:
    """Return the fleet of a name: demo, one, big, openapi, or a number of plants."""
    if name.isdecimal():
        return fleet(int(name), seed)
    named = {"demo": demo_fleet, "one": one_plant, "openapi": openapi_fleet, "big": lambda seed: big_fleet(seed=seed)}
    return named[name](seed)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hours(text: str) -> float | None:
    return None if text == "never" else float(text)


def _arguments(arguments: Sequence[str], door: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m simulator {door}", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; 0.0.0.0 for all, as containers want it")
    parser.add_argument("--port", type=int, default=0, help="any free one unless given")
    parser.add_argument("--fleet", default="demo", help="demo, one, big, openapi, or a number of plants")
    parser.add_argument("--factor", type=float, default=1.0, help="how much faster than the wall's the clock runs")
    parser.add_argument("--start", type=_moment, default=None, help="ISO 8601; UTC unless it says otherwise; now")
    parser.add_argument("--seed", type=int, default=1, help="of weather and habits")
    parser.add_argument("--user", default=USER)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--session-hours", type=_hours, default=12.0, help="hours, or never")
    parser.add_argument("--no-budget", action="store_true", help="let the OpenAPI be asked as often as anybody likes")
    chosen = parser.parse_args(arguments)
    try:
        chosen.plants = _fleet(chosen.fleet, chosen.seed)
        chosen.clock = ScaledClock(chosen.start or SystemClock().now(), chosen.factor)
    except (KeyError, ValueError) as error:
        parser.error(f"{error}")
    return chosen


async def _serve(chosen: argparse.Namespace, *, tokens: bool) -> None:
    clock: ScaledClock = chosen.clock
    accounts = [Account(chosen.user, chosen.password)]
    cloud = Cloud(clock, seed=chosen.seed, fleet=chosen.plants, accounts=accounts, session_hours=chosen.session_hours)
    cloud.openapi.limited = not chosen.no_budget
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    control = Control(cloud, clock.skip).application()
    async with serve(cloud, chosen.port, host=chosen.host, control=control) as address:
        ready: dict[str, Any] = {
            "address": address,
            "user": chosen.user,
            "password": chosen.password,
            "plants": [{"id": plant.id, "name": plant.name, "devices": len(plant.devices)} for plant in chosen.plants],
        }
        if tokens:
            ready["tokens"] = [token.text for token in cloud.openapi.tokens]
        sys.stdout.write(json.dumps(ready, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        await over.wait()


def run(arguments: Sequence[str], door: str = "growatt", *, tokens: bool = False) -> int:
    """Serve until SIGINT or SIGTERM; return 0 then, 1 if the port cannot be had.

    `tokens` says whether the line that is printed tells the OpenAPI's tokens.
    """
    chosen = _arguments(arguments, door)
    try:
        asyncio.run(_serve(chosen, tokens=tokens))
    except OSError as error:
        sys.stderr.write(f"cannot listen on port {chosen.port} of {chosen.host}: {error.strerror}\n")
        return 1
    return 0
