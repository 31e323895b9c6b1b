"""A thousand commands to a hundred devices while answers are lost: each once, each with one final answer."""

import asyncio
import json
import sqlite3
import sys
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter
from typing import Any, Final

import aiomqtt
import yaml

from app.clock import SystemClock
from bench.figures import Figure, Section
from simulator.broker import CONFIG, HOST, find_mosquitto, free_port
from simulator.growatt.cloud import PASSWORD, USER, Cloud
from simulator.growatt.faults import Fault, FaultKind, Faults
from simulator.growatt.fleet import big_fleet
from simulator.growatt.server import serve

ROOT: Final = Path(__file__).parent.parent
DEVICES: Final = 100
LOST, BROKEN = 0.10, 0.05
"""Of the calls that write or look: carried out and the answer lost on its way (502); turned away with status 500."""
WRITE, LOOK = "op=tlxSet", "op=getTlxSetData"
NUMBERS: Final = {
    "charge_rate": ("charge_power", 61),
    "charge_stop_soc": ("charge_stop_soc", 93),
    "discharge_rate": ("discharge_power", 62),
    "discharge_stop_soc": ("discharge_stop_soc", 17),
    "on_grid_discharge_stop_soc": ("on_grid_discharge_stop_soc", 23),
}
"""What is set: the point, the vendor's type of the setting, and a value that no device has at the beginning."""
SEGMENTS: Final = range(1, 6)
PATIENCE: Final = 5.0
"""Seconds after which a client that has heard nothing sends a command again under its id."""
PACE: Final = 0.01
"""Seconds between two commands."""
LONGEST: Final = 600.0


class Roulette(Faults):
    """Strikes by chance, each call for itself."""

    def __init__(self, rng: Random) -> None:
        """Strike by `rng`."""
        super().__init__()
        self._rng = rng
        self.drawn: Counter[str] = Counter()

    def striking(self, where: str, serials: frozenset[str], now: Any) -> list[Fault]:  # noqa: ANN401 -- as in Faults
        """Return what strikes this call."""
        if WRITE in where or LOOK in where:
            chance = self._rng.random()
            if chance < LOST:
                self.drawn["lost"] += 1
                return [Fault(FaultKind.HTTP_ERROR, status=502, late=True)]
            if chance < LOST + BROKEN:
                self.drawn["broken"] += 1
                return [Fault(FaultKind.HTTP_ERROR, status=500)]
        return super().striking(where, serials, now)


class Client:
    """Somebody who wants every command answered: what is not is sent again under its id."""

    def __init__(self, port: int) -> None:
        """Speak to a broker."""
        self._port = port
        self.open: dict[str, tuple[str, str]] = {}
        """By id: topic and payload of what has no answer yet."""
        self.tried: dict[str, float] = {}
        self.finals: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.again = 0
        self.repeats: Counter[str] = Counter()

    def want(self, serial: str, key: str, value: Any, number: int) -> None:  # noqa: ANN401 -- JSON
        """Note a command."""
        name = f"storm-{number}"
        self.open[name] = f"heliopost/device/growatt_{serial}/{key}/set", json.dumps({"id": name, "value": value})

    async def run(self) -> None:
        """Send and listen until everything is answered, over as many connections as it takes."""
        while self.open:
            with suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(HOST, self._port, max_inflight_messages=100) as client:
                    client.pending_calls_threshold = 1000
                    await client.subscribe("heliopost/device/+/+/result", qos=1)
                    sending = asyncio.create_task(self._send(client))
                    try:
                        await self._listen(client)
                    finally:
                        sending.cancel()
                        await asyncio.gather(sending, return_exceptions=True)
            await asyncio.sleep(0.1)

    async def _send(self, client: aiomqtt.Client) -> None:
        while self.open:
            for name in list(self.open):
                if name in self.open and monotonic() - self.tried.get(name, -PATIENCE) >= PATIENCE:
                    self.again += name in self.tried
                    self.tried[name] = monotonic()
                    await client.publish(*self.open[name], qos=1)
                    await asyncio.sleep(PACE)
            await asyncio.sleep(0.1)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            answer = json.loads(bytes(message.payload))
            name, status = answer["id"], answer["status"]
            if status == "duplicate":
                self.repeats[name] += 1
                if answer.get("original"):
                    self.open.pop(name, None)  # it has ended while nobody listened
                else:
                    self.tried[name] = monotonic() + 4 * PATIENCE  # it is being carried out
            else:
                self.finals[name] += 1
                self.statuses[status] += 1
                self.open.pop(name, None)
            if not self.open:
                return


@asynccontextmanager
async def _broker(port: int, folder: Path) -> AsyncIterator[None]:
    """Run mosquitto at a port."""
    file = folder / "mosquitto.conf"
    file.write_text(CONFIG.format(port=port, host=HOST))
    process = await asyncio.create_subprocess_exec(
        find_mosquitto() or "mosquitto", "-c", str(file), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        for _ in range(500):
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, port)
                writer.close()
                break
            await asyncio.sleep(0.01)
        yield
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _bridge(folder: Path, port: int, cloud: str) -> AsyncIterator[None]:
    """Run the bridge as a process."""
    account = {"provider": "growatt", "username": USER, "password": PASSWORD, "server_url": cloud, "budget": 100_000}
    document = {
        "accounts": {"home": account},
        "mqtt": {"host": HOST, "port": port, "reconnect_min": "0.1s", "reconnect_max": "1s"},
        "commands": {
            "enabled": True,
            "pause": "0s",
            "merge": "0s",
            "ttl": "15m",
            "read_back": ["2s", "5s", "10s", "20s"],
        },
        "web": {"enabled": False},
        "log": {"level": "error"},
        "state": str(folder / "state"),
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(document))
    file.chmod(0o600)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "app", "run", "--config", str(file), cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        assert await process.wait() == 0


def wishes(serials: list[str]) -> Iterator[tuple[str, str, Any]]:
    """Yield each command's device, point and value: every point of every device once."""
    for key, (_, value) in NUMBERS.items():
        for serial in serials:
            yield serial, key, value
    for n in SEGMENTS:
        window = {"mode": "battery_first", "start": f"{n:02}:00", "end": f"{n:02}:30", "enabled": True}
        for serial in serials:
            yield serial, f"time_segment{n}", window


def _journal(folder: Path) -> dict[str, dict[str, Any]]:
    with closing(sqlite3.connect(folder / "state" / "heliopost.db")) as kept:
        return {name: json.loads(body) for name, body in kept.execute("SELECT id, body FROM command")}


async def _known(port: int, count: int) -> None:
    """Wait until the bridge shows settings of so many devices."""
    found: set[str] = set()
    async with aiomqtt.Client(HOST, port) as client:
        await client.subscribe("heliopost/device/+/state", qos=1)
        async for message in client.messages:
            if b'"charge_rate":' in bytes(message.payload):
                found.add(str(message.topic))
            if len(found) >= count:
                return


class Outcome:
    """What has become of it all."""

    def __init__(self, client: Client, cloud: Cloud, journal: dict[str, dict[str, Any]], seconds: float) -> None:
        """Count."""
        self.client, self.seconds = client, seconds
        self.faults = cloud.faults
        writes = Counter(
            (said["serialNum"], said["type"])
            for said in ({**asked.query, **asked.form} for asked in cloud.requests)
            if said.get("op") == "tlxSet"
        )
        self.writes = writes
        self.unfinished = [name for name, body in journal.items() if body["stage"] != "final"]
        self.journal = journal
        self.confirmed_but_not_so = [
            name
            for name, body in journal.items()
            if body["status"] == "confirmed"
            and not writes[(body["device"].removeprefix("growatt_"), _kind(body["key"]))]
        ]


def _kind(key: str) -> str:
    return NUMBERS[key][0] if key in NUMBERS else key


async def storm() -> Outcome:
    """Let it all happen."""
    specs = big_fleet(DEVICES)
    cloud = Cloud(SystemClock(), fleet=specs)
    cloud.requests = deque(maxlen=1_000_000)
    serials = [device.serial for plant in specs for device in plant.devices]
    port = free_port()
    with TemporaryDirectory(prefix="heliopost-bench-") as name:
        folder = Path(name)
        async with serve(cloud) as address, asyncio.timeout(LONGEST):
            client = Client(port)
            for number, wish in enumerate(wishes(serials)):
                client.want(*wish, number)
            total = len(client.open)
            stopped = asyncio.Event()

            async def brokers() -> None:
                async with _broker(port, folder):
                    while len(client.open) > total / 2:
                        await asyncio.sleep(0.05)
                await asyncio.sleep(1)
                async with _broker(port, folder):
                    await stopped.wait()

            watching = asyncio.create_task(brokers())
            await asyncio.sleep(0.3)
            async with _bridge(folder, port, address):
                await _known(port, DEVICES)
                cloud.faults = Roulette(Random(4))
                began = perf_counter()
                await client.run()
                seconds = perf_counter() - began
                await asyncio.sleep(1)
            stopped.set()
            await watching
        return Outcome(client, cloud, _journal(folder), seconds)


async def measure() -> Section:
    """Measure, and count by the simulator's own log."""
    out = await storm()
    client = out.client
    assert isinstance(out.faults, Roulette)
    total = DEVICES * (len(NUMBERS) + len(SEGMENTS))
    ended = sum(body["stage"] == "final" for body in out.journal.values())
    twice = sum(count > 1 for count in client.finals.values())
    figures = (
        Figure("commands that have no final answer", total - ended + len(client.open), "", 0, f"of {total:,}"),
        Figure(
            "commands with more than one final answer", twice, "", 0, "duplicates of a request that was repeated apart"
        ),
        Figure("settings written more than once", sum(n > 1 for n in out.writes.values()), "", 0, "by the cloud's log"),
        Figure("commands confirmed and never written", len(out.confirmed_but_not_so), "", 0, "by the cloud's log"),
        Figure("from the first to the last", out.seconds, "s", None, f"{sum(out.writes.values()):,} writes"),
    )
    rows = [("status", "commands")] + [
        (status, f"{count:,}")
        for status, count in Counter(str(body["status"]) for body in out.journal.values()).most_common()
    ]
    text = (
        f"A real process with one account, {DEVICES} simulated inverters that go on being polled, {total:,} commands,"
        f" one for each of ten settings of each; of the calls that look or write {LOST:.0%} are carried out and the"
        f" answer is lost (502: {out.faults.drawn['lost']:,} calls), {BROKEN:.0%} are turned away with status 500"
        f" ({out.faults.drawn['broken']:,}); mosquitto, which keeps nothing, is killed in the middle and comes back a"
        f" second later. A client that has heard nothing for {PATIENCE:.0f} s sends a command again under its id"
        f" ({client.again:,} times). What failed was not written, or could not be seen: a look was lost, or the write"
        " was turned away."
    )
    return Section("Commands under faults", text, figures, tuple(rows))
