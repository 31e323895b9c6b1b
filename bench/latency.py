"""From a command's arrival to the vendor's request while a thousand devices are polled, beside the least possible.

Run as a program it is the vendor's server, which only notes when each request has come in.
"""

import asyncio
import gc
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final
from unittest.mock import patch

import aiomqtt
from aiohttp import ClientSession, web
from paho.mqtt.client import MQTTMessage

from app.accounts import Accounts
from app.brokersettings import MqttSettings
from app.clock import SystemClock
from app.commands import CommandSettings, Door
from app.config import Config, WebSettings
from app.daemon import Daemon
from app.model import Device, Kind, Point, Range, Reading, Setting, Value
from app.mqtt.incoming import Incoming
from app.rows import decode
from app.turn import Turn
from bench import load
from bench.figures import Figure, Section
from simulator.broker import HOST, LocalBroker, local_broker

COMMANDS: Final = 1000
PACE: Final = 0.025
"""Seconds between two commands."""
POLLED: Final = 60.0
"""Seconds in which every device is polled once: as often as any configuration may."""
RATE = Point("charge_rate", "Charge at", "%", Kind.LEVEL, accepts=Range(0, 10_000))
SETTING = Setting(RATE.key, (RATE,))

SETTLED: Final = 5.0
"""Seconds without an announcement after which everything has been announced."""

Times = dict[str, float]
"""Moments of `perf_counter`, which all processes of a machine share, by what a command wants: device and value."""


class Vendor:
    """Answers a look at once, and sends a write to the server."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Send over a session that stays open."""
        self._session, self._url = session, url

    def settings(self, device: Device) -> Sequence[Setting]:
        """Return the one setting of every device."""
        del device
        return (SETTING,)

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        """Return what no command wants."""
        del setting
        return [Reading(device.id, RATE, 0.0, SystemClock().now())]

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        """Send one request."""
        del setting
        async with self._session.post(self._url, data=f"{device.id} {values[RATE.key]:g}") as answer:
            await answer.read()


@contextmanager
def noted(times: Times, name: Callable[[str, str], str]) -> Iterator[None]:
    """Note when each command has come in off the wire, under what `name` makes of its topic and payload."""
    receive = Incoming.receive

    def timed(self: Incoming, message: MQTTMessage) -> None:
        if message.topic.endswith("/set"):
            times[name(message.topic, bytes(message.payload).decode())] = perf_counter()
        receive(self, message)

    with patch.object(Incoming, "receive", timed):
        yield


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    """Run the vendor's server as a process of its own; yield its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.latency", stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parent.parent
    )
    assert process.stdout is not None
    try:
        yield f"http://{HOST}:{int(await process.stdout.readline())}/"
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _bridge(broker: LocalBroker, vendor: Vendor) -> AsyncIterator[Daemon]:
    """Run the bridge as in production, but for the account, whose place the vendor takes."""
    door = Door("bench", vendor, Turn())
    with TemporaryDirectory(prefix="heliopost-bench-") as folder:
        config = Config.model_construct(
            accounts={},
            mqtt=MqttSettings(host=HOST, port=broker.port),
            web=WebSettings(enabled=False),
            commands=CommandSettings(enabled=True, pause=timedelta(), writes_per_day=10_000),
            state=Path(folder),
        )
        with patch.object(Accounts, "reach", lambda *_: door):
            daemon = Daemon(config)
            task = asyncio.create_task(daemon.run(), name="daemon")
            await daemon.ready.wait()
            while not daemon.broker.connected:
                await asyncio.sleep(0.01)
            try:
                yield daemon
            finally:
                daemon.stop()
                await task


async def _poll(daemon: Daemon) -> None:
    """Deliver one device after the other, parsed and decoded, each once in `POLLED` seconds."""
    turn = 1
    while True:
        for number, text in enumerate(load.payloads(turn)):
            begun = perf_counter()
            now = SystemClock().now()
            readings = decode(load.CATALOGUE, json.loads(text), load.device_id(number), now, timed=True)
            await daemon.bridge.deliver(readings, timedelta(seconds=POLLED))
            await asyncio.sleep(max(0.0, POLLED / load.DEVICES - (perf_counter() - begun)))
        turn += 1


async def _send(port: int, topic: str) -> None:
    """Send commands at an even pace, each to another device."""
    async with aiomqtt.Client(HOST, port) as client:
        for number in range(COMMANDS):
            await client.publish(topic.format(load.device_id(number % load.DEVICES)), str(number + 1), qos=1)
            await asyncio.sleep(PACE)


async def _announced(daemon: Daemon) -> None:
    """Wait until Home Assistant has been told of every device: that happens once in a device's life."""
    said, since = -1.0, perf_counter()
    while perf_counter() - since < SETTLED:
        now = daemon.metrics.registry.get_sample_value("heliopost_mqtt_published_total") or 0.0
        if now != said:
            said, since = now, perf_counter()
        await asyncio.sleep(0.1)


async def _arrived(session: ClientSession, url: str) -> Times:
    """Return when each write has come in at the server; it forgets them."""
    async with session.get(url) as answer:
        return dict(await answer.json())


async def _ours(broker: LocalBroker, session: ClientSession, url: str) -> list[float]:
    received: Times = {}
    with noted(received, lambda topic, payload: f"{topic.split('/')[2]} {payload}"):
        async with _bridge(broker, Vendor(session, url)) as daemon:
            for device in load.devices():
                await daemon.bridge.found(device)
                stands = Reading(device.id, RATE, 0.0, SystemClock().now())
                await daemon.bridge.deliver([stands], timedelta(hours=1), live=False)
            for number, text in enumerate(load.payloads(0)):  # announced, as after a start
                readings = decode(
                    load.CATALOGUE, json.loads(text), load.device_id(number), SystemClock().now(), timed=True
                )
                await daemon.bridge.deliver(readings, timedelta(seconds=POLLED))
            await daemon.broker.idle()
            await _announced(daemon)
            polling = asyncio.create_task(_poll(daemon), name="polling")
            await asyncio.sleep(2)
            gc.collect()
            await _send(broker.port, "heliopost/device/{}/charge_rate/set")
            await asyncio.sleep(1)
            polling.cancel()
    return _spans(received, await _arrived(session, url))


async def _floor(broker: LocalBroker, session: ClientSession, url: str) -> list[float]:
    """Do the least: note the command durably, send the request."""
    received: Times = {}
    with TemporaryDirectory(prefix="heliopost-bench-") as folder, closing(sqlite3.connect(Path(folder, "x"))) as kept:
        kept.execute("PRAGMA journal_mode = WAL")
        kept.execute("PRAGMA synchronous = FULL")
        kept.execute("CREATE TABLE command (id TEXT PRIMARY KEY, body TEXT)")
        async with aiomqtt.Client(HOST, broker.port) as client:
            await client.subscribe("floor/+/set", qos=1)
            sending = asyncio.create_task(_send(broker.port, "floor/{}/set"))
            async for message in client.messages:
                wish = f"{str(message.topic).split('/')[1]} {bytes(message.payload).decode()}"
                received[wish] = perf_counter()
                with kept:
                    kept.execute("INSERT INTO command VALUES (?, ?)", (wish, json.dumps({"id": wish})))
                async with session.post(url, data=wish) as answer:
                    await answer.read()
                if len(received) == COMMANDS:
                    break
            await sending
    return _spans(received, await _arrived(session, url))


def _spans(received: Times, arrived: Times) -> list[float]:
    assert len(arrived) == len(received) == COMMANDS, f"{len(received)} came in, {len(arrived)} went out"
    return sorted(1e3 * (arrived[wish] - at) for wish, at in received.items())


async def measure() -> Section:
    """Measure bridge and floor."""
    async with local_broker() as broker, _server() as url, ClientSession() as session:
        floor = await _floor(broker, session, url)
        ours = await _ours(broker, session, url)
    worst, least = quantiles(ours, n=100)[98], quantiles(floor, n=100)[98]
    figures = (
        Figure(
            "a command's arrival to the vendor's request: median",
            median(ours),
            "ms",
            5,
            f"floor {median(floor):.1f} ms",
        ),
        Figure("the same, 99th percentile", worst, "ms", 20, f"floor {least:.1f} ms"),
        Figure("the median, as a multiple of the floor", median(ours) / median(floor), "×", 4, ""),
    )
    text = (
        f"{COMMANDS:,} commands, {1 / PACE:.0f} a second, each to another device, while 1,000 devices of 60 points are"
        f" polled every {POLLED:.0f} s; the journal is on a disk. The vendor answers a look at once; its server is"
        " another process, which notes when the write comes in. The floor: aiomqtt, one durable row of SQLite, one"
        " request by aiohttp, and nothing else to do."
    )
    return Section("Commands", text, figures)


async def _serve() -> None:
    """Note when requests come in, and tell."""
    arrived: Times = {}

    async def note(request: web.Request) -> web.Response:
        at = perf_counter()
        arrived[await request.text()] = at
        return web.Response()

    async def tell(_: web.Request) -> web.Response:
        told = web.json_response(dict(arrived))
        arrived.clear()
        return told

    application = web.Application()
    application.add_routes([web.post("/", note), web.get("/", tell)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
