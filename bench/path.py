"""From raw vendor JSON to the last PUBACK, beside the least that any program would have to do."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

from aiomqtt import Client, ProtocolVersion

from app.brokersettings import Layout, MqttSettings
from app.config import Config, WebSettings
from app.daemon import Daemon
from bench import load
from bench.clocks import StandingClock
from bench.figures import Figure, Section
from simulator.broker import HOST, LocalBroker, local_broker

INFLIGHT = 50
TURNS = 5
TURNS_OF_POINTS = 3


class Spent(NamedTuple):
    """What one turn took, in seconds."""

    cpu: float
    wall: float


@asynccontextmanager
async def running_bridge(broker: LocalBroker, layout: Layout) -> AsyncIterator[tuple[Daemon, StandingClock]]:
    """Run the bridge as in production, but for accounts: the load takes their place."""
    clock = StandingClock()
    with TemporaryDirectory(prefix="heliopost-bench-") as folder:
        config = Config.model_construct(
            accounts={},
            mqtt=MqttSettings(host=HOST, port=broker.port, layout=layout, inflight=INFLIGHT),
            web=WebSettings(enabled=False),
            state=Path(folder),
        )
        daemon = Daemon(config, clock=clock)
        task = asyncio.create_task(daemon.run(), name="daemon")
        await daemon.ready.wait()
        while not daemon.broker.connected:
            await asyncio.sleep(0.01)
        try:
            yield daemon, clock
        finally:
            daemon.stop()
            await task


async def turn_of(daemon: Daemon, clock: StandingClock, turn: int) -> Spent:
    """Carry one turn of answers to the broker; return what that took until the last acknowledgement."""
    raw = load.payloads(turn)
    clock.moment = load.moment(turn)
    gc.collect()
    cpu, wall = process_time(), perf_counter()
    await daemon.bridge.deliver(load.readings(raw, turn), load.EVERY)
    await daemon.broker.idle()
    return Spent(process_time() - cpu, perf_counter() - wall)


async def publish_bare(port: int, messages: Iterable[tuple[str, str]]) -> None:
    """Publish with aiomqtt alone, as many in flight as the bridge has."""
    client = Client(HOST, port, protocol=ProtocolVersion.V5, max_inflight_messages=INFLIGHT)
    client.pending_calls_threshold = INFLIGHT
    async with client:
        waiting = iter(messages)

        async def worker() -> None:
            for topic, payload in waiting:
                await client.publish(topic, payload, qos=1, retain=True)

        async with asyncio.TaskGroup() as workers:
            for _ in range(INFLIGHT):
                workers.create_task(worker())


async def floor_of_devices(port: int, turn: int) -> Spent:
    """Do the least: parse each answer, write it again, publish it."""
    raw = load.payloads(turn)
    gc.collect()
    cpu, wall = process_time(), perf_counter()
    bodies = ((f"floor/{number}", json.dumps(json.loads(text))) for number, text in enumerate(raw))
    await publish_bare(port, bodies)
    return Spent(process_time() - cpu, perf_counter() - wall)


def _values(raw: list[str]) -> Iterator[tuple[str, str]]:
    for number, text in enumerate(raw):
        for key, value in json.loads(text).items():
            yield f"floor/{number}/{key}", str(value)


async def floor_of_points(port: int, turn: int) -> Spent:
    """Publish as many plain values as there are points."""
    messages = list(_values(load.payloads(turn)))
    gc.collect()
    cpu, wall = process_time(), perf_counter()
    await publish_bare(port, messages)
    return Spent(process_time() - cpu, perf_counter() - wall)


async def compare(layout: Layout, turns: int) -> tuple[Spent, Spent]:
    """Return the medians of bridge and floor, measured in turns."""
    ours: list[Spent] = []
    least: list[Spent] = []
    floor = floor_of_devices if layout is Layout.JSON else floor_of_points
    async with local_broker() as broker, running_bridge(broker, layout) as (daemon, clock):
        for device in load.devices():
            await daemon.bridge.found(device)
        await turn_of(daemon, clock, 0)  # the first turn announces everything, which happens once
        for turn in range(1, turns + 1):
            ours.append(await turn_of(daemon, clock, turn))
            least.append(await floor(broker.port, turn))
        published = daemon.metrics.registry.get_sample_value("heliopost_mqtt_published_total") or 0
        expected = (turns + 1) * load.DEVICES * (1 if layout is Layout.JSON else load.POINTS)
        assert published >= expected, f"{published} messages, {expected} expected"
        refused = daemon.metrics.registry.get_sample_value("heliopost_mqtt_dropped_total", {"reason": "oversize"}) or 0
        assert not refused
    return _median(ours), _median(least)


def _median(spent: list[Spent]) -> Spent:
    return Spent(median(turn.cpu for turn in spent), median(turn.wall for turn in spent))


async def measure() -> Section:
    """Measure both layouts."""
    json_ours, json_floor = await compare(Layout.JSON, TURNS)
    points_ours, points_floor = await compare(Layout.POINTS, TURNS_OF_POINTS)
    points = load.DEVICES * load.POINTS
    figures = (
        Figure(
            "1,000 devices × 60 points, all changed: CPU, as a multiple of the floor",
            json_ours.cpu / json_floor.cpu,
            "×",
            5,
            f"{json_ours.cpu * 1e3:.0f} ms; floor {json_floor.cpu * 1e3:.0f} ms",
        ),
        Figure("the same, per point", json_ours.cpu / points * 1e6, "µs", None, "CPU of the bridge's process"),
        Figure(
            "the same, from start to last PUBACK",
            json_ours.wall * 1e3,
            "ms",
            None,
            "wall time, mosquitto on the same machine",
        ),
        Figure(
            "a topic per point, 60,000 messages: CPU, as a multiple of bare aiomqtt",
            points_ours.cpu / points_floor.cpu,
            "×",
            1.5,
            f"{points_ours.cpu:.2f} s; floor {points_floor.cpu:.2f} s",
        ),
        Figure("the same, messages a second", points / points_ours.wall, "/s", None, "QoS 1, 50 in flight"),
    )
    text = (
        "Raw JSON is parsed, decoded by catalogue rows, judged, remembered, compared with what was sent, and published "
        "with QoS 1 to a real mosquitto, discovery switched on. The floor: `json.loads`, `json.dumps` and as many "
        f"bare aiomqtt publishes, {INFLIGHT} in flight; medians of {TURNS} turns that alternate with the bridge's."
    )
    return Section("Path of a value", text, figures)
