"""From a command's arrival to the vendor's request, all of it: Growatt's own account, its turn and its polls.

Run as a program it is the vendor's server: it answers what it has been asked before at once, and notes when each write
has come in.
"""

import asyncio
import gc
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import aiomqtt
import yaml
from aiohttp import ClientSession, web

from app.clock import SystemClock
from app.config import load
from app.daemon import Daemon
from bench.figures import Figure, Section
from bench.latency import Times, noted
from simulator.broker import HOST, LocalBroker, local_broker
from simulator.growatt import PASSWORD, USER, Cloud, application, big_fleet

DEVICES: Final = 300
WANTED: Final = 61
"""What no device has: its rate of charging, in per cent."""
PACE: Final = 0.05
"""Seconds between two commands: a thousand take as long as it is from poll to poll, so that they meet all of one."""
POLLED: Final = "60s"
QUIET: Final = 300
"""Messages in five seconds that are no announcements any more, but what polls have found."""
TOLD: Final = "_told"
"""The path at which the server tells when writes have come in."""


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """Run the vendor's server as a process of its own; yield its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.account", stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parent.parent
    )
    assert process.stdout is not None
    try:
        yield f"http://{HOST}:{int(await process.stdout.readline())}/"
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _bridge(broker: LocalBroker, vendor: str) -> AsyncIterator[Daemon]:
    """Run the bridge as in production."""
    account = {"provider": "growatt", "username": USER, "password": PASSWORD, "server_url": vendor, "budget": 100_000}
    with TemporaryDirectory(prefix="heliopost-bench-") as folder:
        document = {
            "accounts": {"home": {**account, "poll": {"values": {"every": POLLED}}}},
            "mqtt": {"host": HOST, "port": broker.port},
            "web": {"enabled": False},
            "commands": {"enabled": True, "pause": "0s", "writes_per_day": 1000},
            "state": str(Path(folder, "state")),
        }
        file = Path(folder, "config.yaml")
        file.write_text(yaml.safe_dump(document))
        file.chmod(0o600)
        daemon = Daemon(load(file, environ={}))
        task = asyncio.create_task(daemon.run(), name="daemon")
        try:
            await daemon.ready.wait()
            while not all(status.last_poll for status in daemon.bridge.accounts.values()):
                await asyncio.sleep(0.1)
            yield daemon
        finally:
            daemon.stop()
            await task


async def _settled(daemon: Daemon) -> None:
    """Wait until Home Assistant has been told of every device, which happens once in its life, and only polls go on."""
    said, new = 0.0, float("inf")
    while new > QUIET:
        await asyncio.sleep(5)
        now = daemon.metrics.registry.get_sample_value("heliopost_mqtt_published_total") or 0.0
        said, new = now, now - said


async def _send(port: int, devices: list[str]) -> None:
    async with aiomqtt.Client(HOST, port) as client:
        for device in devices:
            body = json.dumps({"value": WANTED, "verify": False})
            await client.publish(f"heliopost/device/{device}/charge_rate/set", body, qos=1)
            await asyncio.sleep(PACE)


async def _measured(broker: LocalBroker, vendor: str) -> tuple[list[float], float]:
    """Return milliseconds from arrival to request, ascending, and how many requests a second the polls made."""
    received: Times = {}
    with noted(received, lambda topic, _: topic.split("/")[2]):
        async with _bridge(broker, vendor) as daemon:
            await daemon.broker.idle()
            await _settled(daemon)
            devices = [
                each.id
                for each in daemon.store.devices
                if any(setting.key == "charge_rate" for setting in daemon.commands.offered(each))
            ]
            assert len(devices) == DEVICES, f"{len(devices)} devices can be set"
            gc.collect()
            async with ClientSession() as session:
                _, before = await _told(session, vendor)
                began = perf_counter()
                await _send(broker.port, devices)
                await asyncio.sleep(1)
                arrived, after = await _told(session, vendor)
                rate = (after - before) / (perf_counter() - began)
    assert len(received) == len(arrived) == DEVICES, f"{len(received)} came in, {len(arrived)} went out"
    return sorted(1e3 * (arrived[device] - at) for device, at in received.items()), rate


async def _told(session: ClientSession, vendor: str) -> tuple[Times, int]:
    async with session.get(vendor + TOLD) as answer:
        body = await answer.json()
        return dict(body["writes"]), int(body["asked"])


async def measure() -> Section:
    """Measure an account's commands while it polls."""
    async with local_broker() as broker, _server() as vendor:
        found, rate = await _measured(broker, vendor)
    figures = (
        Figure("a command's arrival to Growatt's request: median", median(found), "ms", 5, "its read before included"),
        Figure("the same, 99th percentile", quantiles(found, n=100)[98], "ms", 20, ""),
        Figure("the same, the slowest", found[-1], "ms", None, ""),
    )
    text = (
        f"{DEVICES:,} commands, {1 / PACE:.0f} a second, each to another device of one account of Growatt's app, whose"
        f" {DEVICES:,} inverters are polled every {POLLED} meanwhile ({rate:.0f} requests a second, those of the"
        " commands included). In the figure: the message's way through the bridge, the journal on a disk, waiting for"
        " the call of the poll that is under way (a command goes before the rest of it), the account's turn, the"
        " client's lock, the count of the day's calls, the read before the write with its answer decoded, and the"
        " write in Growatt's own form until it comes in at the server. Not in it: how long Growatt takes to answer;"
        " the server, another process, answers reads at once from what it has answered before. Nothing is read back."
    )
    return Section("Commands of an account that polls", text, figures)


async def _serve() -> None:
    """Be the vendor: answer from what was answered before, and note when writes come in."""
    writes: Times = {}
    known: dict[tuple[str, str, str], tuple[int, bytes, str]] = {}
    asked = 0

    @web.middleware
    async def remember(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        nonlocal asked
        at = perf_counter()
        if request.path == f"/{TOLD}":
            told = web.json_response({"writes": writes, "asked": asked})
            writes.clear()
            return told
        asked += 1
        if request.query.get("op") == "tlxSet":
            writes[f"growatt_{request.query['serialNum']}"] = at
            return web.json_response({"success": True, "msg": ""})
        place = request.method, request.path_qs, await request.text()
        if place in known:
            status, body, kind = known[place]
            return web.Response(status=status, body=body, content_type=kind)
        answer = await handler(request)
        if isinstance(answer, web.Response) and isinstance(answer.body, bytes) and "ogin" not in request.path:
            known[place] = answer.status, answer.body, answer.content_type
        return answer

    cloud = Cloud(SystemClock(), fleet=big_fleet(DEVICES))
    served = application(cloud)
    served.middlewares.append(remember)
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
