"""The bridge as a process beside a cloud without latency: how soon it speaks, and what it costs while idle."""

import asyncio
import compileall
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import aiomqtt
import psutil
import yaml

from app.clock import SystemClock
from bench.figures import Figure, Section
from bench.memory import resident
from simulator.broker import HOST, LocalBroker, local_broker
from simulator.growatt.cloud import PASSWORD, USER, Cloud
from simulator.growatt.fleet import one_plant
from simulator.growatt.server import serve
from simulator.witness import Witness

ROOT = Path(__file__).parent.parent
STARTS = 5
IDLE = 60.0
"""Seconds over which the idle process is watched."""
POLL = 8.0
"""Seconds after which a poll that was asked for is surely over."""
POLL_EVERY = 300.0
LONGEST = 30.0
"""Seconds after which a start has failed."""


@asynccontextmanager
async def started(broker: LocalBroker, cloud: str, folder: Path) -> AsyncIterator[tuple[int, float]]:
    """Start the bridge; give its process id, and the seconds from its birth to the first live value on the broker."""
    config = folder / "config.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "accounts": {
                    "home": {"provider": "growatt", "username": USER, "password": PASSWORD, "server_url": cloud}
                },
                "mqtt": {"host": HOST, "port": broker.port},
                "web": {"port": 0},
                "log": {"level": "warning"},
                "state": str(folder / "state"),
            }
        )
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    async with Witness(broker) as witness:
        began = perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "run", "--config", str(config), cwd=ROOT, env=environment
        )
        try:
            async with asyncio.timeout(LONGEST):
                await witness.until(lambda: witness.has_value("pv_power"))
            yield process.pid, perf_counter() - began
        finally:
            process.terminate()
            code = await process.wait()
            assert code == 0, f"the bridge ended with {code}"


async def ask_for_a_poll(broker: LocalBroker) -> None:
    """Have everything read now."""
    async with aiomqtt.Client(HOST, broker.port) as client:
        await client.publish("heliopost/bridge/request/poll", "", qos=1)


def spent(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def time_a_start(cloud: str) -> float:
    """Return the seconds from birth to the first live value, on a broker that knows nothing yet."""
    with TemporaryDirectory(prefix="heliopost-bench-") as folder:
        async with local_broker() as broker, started(broker, cloud, Path(folder)) as (_, seconds):
            return seconds


async def watch_idle(cloud: str) -> tuple[float, float, float]:
    """Return the share of a core at rest, the seconds of CPU that a poll takes, and the resident size in MB."""
    with TemporaryDirectory(prefix="heliopost-bench-") as folder:
        async with local_broker() as broker, started(broker, cloud, Path(folder)) as (pid, _):
            await asyncio.sleep(POLL)
            before = spent(pid)
            await asyncio.sleep(IDLE)
            idle = (spent(pid) - before) / IDLE
            before = spent(pid)
            await ask_for_a_poll(broker)
            await asyncio.sleep(POLL)
            return idle, max(0.0, spent(pid) - before - idle * POLL), resident(pid)


async def measure() -> tuple[Section, float]:
    """Return start and idle, and the resident size with one plant in MB."""
    compileall.compile_dir(ROOT / "app", quiet=2)
    async with serve(Cloud(SystemClock(), fleet=one_plant())) as address:
        starts = [await time_a_start(address) for _ in range(STARTS)]
        idle, poll, size = await watch_idle(address)
    share = 100 * (idle + poll / POLL_EVERY)
    figures = (
        Figure(
            "process start to the first live value on the broker",
            median(starts),
            "s",
            1.5,
            f"median of {STARTS}; login and all lists included",
        ),
        Figure(
            "idle CPU at one plant, read every 5 minutes",
            share,
            "% of a core",
            0.3,
            f"{100 * idle:.3f} % at rest, {1e3 * poll:.0f} ms a poll",
        ),
    )
    text = (
        "A real process (`python -m app run`, byte code compiled), a simulated cloud without latency, a real mosquitto."
    )
    return Section("Start and idle", text, figures), size
