"""How much memory: one plant beside a process that only imports, and a thousand devices.

Run as a program it is one of the processes that are measured: `python -m bench.memory imports` or `... thousand`.
"""

import asyncio
import gc
import importlib
import subprocess
import sys
from pathlib import Path

import psutil

from bench.figures import Figure, Section

LIBRARIES = (
    "aiohttp.web",
    "aiomqtt",
    "apscheduler.schedulers.asyncio",
    "asyncio",
    "json",
    "prometheus_client",
    "pydantic",
    "pydantic_settings",
    "sqlite3",
    "ssl",
    "structlog",
    "yaml",
    "zoneinfo",
)
"""What the bridge imports of others."""
TURNS = 4
MEGABYTE = 1e6


def resident(pid: int | None = None) -> float:
    """Return the resident size of a process (this one unless told), in MB."""
    return psutil.Process(pid).memory_info().rss / MEGABYTE


def _imports() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)


async def _thousand() -> None:
    from app.brokersettings import Layout
    from bench import load, path, quiet
    from simulator.broker import local_broker

    quiet()
    async with local_broker() as broker, path.running_bridge(broker, Layout.JSON) as (daemon, clock):
        for device in load.devices():
            await daemon.bridge.found(device)
        for turn in range(TURNS):
            await path.turn_of(daemon, clock, turn)
        gc.collect()
        print(resident())


def of_child(what: str) -> float:
    """Return the resident size, in MB, of a process of this file."""
    command = [sys.executable, "-m", "bench.memory", what]
    root = Path(__file__).parent.parent
    return float(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout)


def section(one_plant: float) -> Section:
    """Return the figures, given the resident size of a bridge with one plant, in MB."""
    floor, thousand = of_child("imports"), of_child("thousand")
    return Section(
        "Memory",
        "Resident size. The floor is a process that imports the same libraries and does nothing.",
        (
            Figure(
                "one plant, as a multiple of the floor",
                one_plant / floor,
                "×",
                1.35,
                f"{one_plant:.0f} MB; floor {floor:.0f} MB",
            ),
            Figure(
                "1,000 devices × 60 points", thousand, "MB", 150, f"after {TURNS} turns in which every value changed"
            ),
        ),
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["thousand"]:
        asyncio.run(_thousand())
    else:
        _imports()
        gc.collect()
        print(resident())
