"""A real past for a real Prometheus, without waiting for it.

The whole bridge (the daemon, a real mosquitto, the simulated cloud) is driven by hand over a simulated day, in less
than a real minute. At each simulated minute its registry is read as a scrape would, and `promtool tsdb
create-blocks-from openmetrics` makes Prometheus's own blocks of it.
https://prometheus.io/docs/prometheus/latest/storage/#backfilling-from-openmetrics-format
"""

import asyncio
import json
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from prometheus_client import Metric
from structlog.testing import capture_logs

from app.config import Config, load
from app.daemon import Daemon
from app.mqtt import Message
from app.timetable import Timetable
from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Cloud, PlantSpec, demo_fleet, serve
from tests.broker import Mosquitto
from trials.prometheus.server import Prometheus, promtool

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LIMIT = 30.0
"""Real seconds that anything may take."""
DISTANCE = 40
"""A loopback's answer takes milliseconds; so many times longer one of a cloud is said to take."""
BLOCK = 7200
"""Seconds that Prometheus keeps in one block, from a multiple of as many."""
JOB = {"job": "heliopost", "instance": "heliopost:9876"}
"""The labels that the shipped prometheus.yml gives a scrape."""
EMPTY = "global: { scrape_interval: 1m }\n"
"""A Prometheus that only answers."""


@dataclass(frozen=True)
class Incident:
    """Something that goes wrong for a while."""

    begins: timedelta
    """After the start of the history."""
    lasts: timedelta
    kind: str
    """A simulator fault, or `broker_down`, `bridge_down`, `lock`, `expire_sessions`, `command` (topic and value)."""
    details: Mapping[str, Any] = field(default_factory=dict)


ORDINARY: Sequence[Incident] = (
    Incident(timedelta(hours=3), timedelta(minutes=12), "http_error", {"status": 502}),
    Incident(timedelta(hours=6), timedelta(minutes=20), "broker_down"),
    Incident(timedelta(hours=9), timedelta(minutes=11), "absurd"),
    Incident(timedelta(hours=12), timedelta(minutes=6), "truncated"),
    Incident(timedelta(hours=14), timedelta(), "expire_sessions"),
    Incident(timedelta(hours=17), timedelta(minutes=5), "bridge_down"),
    Incident(timedelta(hours=20), timedelta(minutes=25), "not_logged_in", {"path": "tlx|mix"}),
)
"""What a day of a vendor's cloud brings: nothing that lasts."""


class DrivenTimetable(Timetable):
    """A timetable whose jobs are run by whoever moves the clock."""

    def __init__(self, clock: DrivenClock) -> None:
        super().__init__(clock, lambda *_: None)
        self.jobs: dict[str, tuple[datetime, Callable[[], Awaitable[object]]]] = {}

    def schedule(self, name: str, due: datetime, job: Callable[[], Awaitable[object]]) -> None:
        self.jobs[name] = (due, job)

    def unschedule(self, name: str) -> None:
        self.jobs.pop(name, None)


class DrivenDaemon(Daemon):
    """The daemon, but what it schedules is run by whoever moves the clock."""

    def __init__(self, config: Config, clock: DrivenClock) -> None:
        super().__init__(config, clock=clock)
        self._driven = clock
        self.timetable = timetable = DrivenTimetable(clock)
        self._jobs = timetable.jobs

    async def go(self, moment: datetime) -> None:
        """Do all that is due until `moment`, and stand there."""
        while self._jobs and (name := min(self._jobs, key=lambda job: self._jobs[job][0])):
            due, job = self._jobs[name]
            if due > moment:
                break
            del self._jobs[name]
            self._driven.move(max(due - self._driven.now(), timedelta()))
            await job()
        self._driven.move(max(moment - self._driven.now(), timedelta()))
        await self.bridge.tick()
        async with asyncio.timeout(LIMIT):
            while self.broker.connected and next(iter(self.metrics.outbox.collect())).samples[0].value > 0:
                await asyncio.sleep(0.001)


class Scribe:
    """Writes scrapes down in the format of OpenMetrics, each with its time; a file for each of Prometheus's blocks.

    promtool reads a file once for each block that it touches.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ExitStack()
        self._block = -1
        self._typed: set[str] = set()

    def _turn(self, moment: datetime) -> None:
        """Begin a new file where a new block begins."""
        block = int(moment.timestamp() // BLOCK)
        if block != self._block:
            self.end()
            self._block = block
            self._file = self._files.enter_context((self._folder / f"{block}.txt").open("w"))
            self._typed.clear()

    def scrape(self, daemon: DrivenDaemon | None, moment: datetime) -> None:
        """Write down what a scrape at `moment` would have found; no daemon is a scrape that failed."""
        self._turn(moment)
        begun = time.perf_counter()
        at = f"{moment.timestamp():.3f}"
        found = 0
        for family in daemon.metrics.registry.collect() if daemon else ():
            self._heading(family)
            for sample in family.samples:
                found += 1
                self._file.write(f"{_series(sample.name, tuple(sample.labels.items()))} {_number(sample.value)} {at}\n")
        for name, value in (
            ("up", float(daemon is not None)),
            ("scrape_duration_seconds", time.perf_counter() - begun),
            ("scrape_samples_scraped", float(found)),
        ):
            self._file.write(f"{_series(name, ())} {value!r} {at}\n")

    def _heading(self, family: Metric) -> None:
        if family.name not in self._typed:
            self._typed.add(family.name)
            self._file.write(f"# TYPE {family.name} {family.type}\n")

    def end(self) -> None:
        """Close what is written."""
        if self._block >= 0:
            self._file.write("# EOF\n")
        self._files.close()


@lru_cache(maxsize=16384)
def _series(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    words = ",".join(f'{key}="{_escaped(word)}"' for key, word in (*labels, *JOB.items()))
    return f"{name}{{{words}}}"


def _escaped(word: str) -> str:
    return word.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")


@dataclass
class _Stage:
    """What the bridge meets while its history is made."""

    clock: DrivenClock
    cloud: Cloud
    broker: Mosquitto
    config: Config
    daemon: DrivenDaemon | None = None
    _running: "asyncio.Task[int] | None" = None

    async def open(self) -> None:
        daemon = DrivenDaemon(self.config, self.clock)
        self._running = asyncio.create_task(daemon.run())
        ready = asyncio.create_task(daemon.ready.wait())
        async with asyncio.timeout(LIMIT):
            await asyncio.wait({self._running, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._running.done():
            self._running.result()
        self.daemon = daemon
        await self._connected()

    async def close(self) -> None:
        if self.daemon is not None and self._running is not None:
            self.daemon.stop()
            async with asyncio.timeout(LIMIT):
                await self._running
        self.daemon = self._running = None

    async def _connected(self, *, wanted: bool = True) -> None:
        assert self.daemon is not None
        async with asyncio.timeout(LIMIT):
            while self.daemon.broker.connected is not wanted:
                await asyncio.sleep(0.005)

    async def begin(self, incident: Incident) -> None:
        match incident.kind:
            case "broker_down":
                await asyncio.to_thread(self.broker.stop)
                await self._connected(wanted=False)
            case "bridge_down":
                await self.close()
            case "lock":
                self.cloud.lock(USER, incident.lasts / timedelta(hours=1))
                self.cloud.expire_sessions()
            case "expire_sessions":
                self.cloud.expire_sessions()
            case "command":
                await self._command(**incident.details)
            case kind:
                self.cloud.faults.add(kind, **incident.details)

    async def _command(self, topic: str, value: str) -> None:
        """Send a command, and wait until it has left for the vendor: the clock stands meanwhile."""
        assert self.daemon is not None
        _, device, key, _ = topic.split("/")
        command = self.daemon.commands.receive(device, key, Message(topic, value.encode()))
        async with asyncio.timeout(LIMIT):
            while command is not None and command.answered is None and not command.final:
                await asyncio.sleep(0.005)

    async def end(self, incident: Incident) -> None:
        match incident.kind:
            case "broker_down":
                await asyncio.to_thread(self.broker.start)
                await self._connected()
            case "bridge_down":
                await self.open()
            case "lock" | "expire_sessions" | "command":
                pass
            case kind:
                self.cloud.faults.clear(kind)


def _configure(folder: Path, broker: Mosquitto, cloud: str, sections: Mapping[str, Any]) -> Config:
    document = {
        "accounts": {
            "home": {
                "provider": "growatt",
                "username": USER,
                "password": PASSWORD,
                "server_url": cloud,
                "budget": 5000,
                **sections.get("account", {}),
            }
        },
        "mqtt": {"host": broker.host, "port": broker.port, "reconnect_min": "0.01s", "reconnect_max": "0.05s"},
        "homeassistant": {"settle": "0.05s", "birth_jitter": "0.01s"},
        "web": {"port": 0, **sections.get("web", {})},
        "log": {"level": "error"},
        "commands": {"enabled": True},
        "state": str(folder / "state"),
    }
    file = folder / "config.yaml"
    file.write_text(json.dumps(document))
    return load(file, environ={})


async def write(
    folder: Path,
    *,
    plants: Iterable[PlantSpec] | None = None,
    days: float = 1,
    step: timedelta = MINUTE,
    end: datetime | None = None,
    incidents: Sequence[Incident] = ORDINARY,
    **sections: Any,
) -> tuple[datetime, datetime]:
    """Live through some days and write each scrape into files of OpenMetrics; return when it begins and ends.

    Args:
        folder: Where the files (`*.txt`) are put, and the bridge's state.
        plants: The simulated fleet; the demo's seven plants unless given.
        days: How long it is.
        step: The time between two scrapes.
        end: The last scrape, now unless given.
        incidents: What goes wrong, and when.
        sections: `account` and `web`: what is laid over those sections of the configuration.
    """
    until = (end or datetime.now(UTC)).replace(microsecond=0)
    start = until - timedelta(days=days)
    clock = DrivenClock(start)
    cloud = Cloud(clock, fleet=demo_fleet() if plants is None else plants)
    folder.mkdir(parents=True, exist_ok=True)
    moments = [until - number * step for number in reversed(range(int((until - start) / step) + 1))]
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(Mosquitto())
        address = await stack.enter_async_context(serve(cloud))
        stack.enter_context(capture_logs())
        stack.enter_context(patch("app.poller.perf_counter", lambda: DISTANCE * time.perf_counter()))
        stage = _Stage(clock, cloud, broker, _configure(folder, broker, address, sections))
        stack.push_async_callback(stage.close)
        await stage.open()
        await _live(stage, Scribe(folder), moments, incidents)
    return start, until


async def _live(stage: _Stage, scribe: Scribe, moments: Sequence[datetime], incidents: Iterable[Incident]) -> None:
    """Go from scrape to scrape, and let happen on the way what is to happen."""
    turns: list[tuple[datetime, Callable[[Incident], Awaitable[None]], Incident]] = []
    for incident in incidents:
        begins = moments[0] + incident.begins
        turns += [(begins, stage.begin, incident), (begins + incident.lasts, stage.end, incident)]
    turns.sort(key=lambda turn: turn[0])
    for moment in moments:
        while turns and turns[0][0] <= moment:
            _, turn, incident = turns.pop(0)
            await turn(incident)
        if stage.daemon is not None:
            await stage.daemon.go(moment)
        else:
            stage.clock.move(max(moment - stage.clock.now(), timedelta()))
        scribe.scrape(stage.daemon, moment)
    scribe.end()


async def load_blocks(folder: Path, storage: Path) -> None:
    """Make Prometheus's blocks of what `write` has written."""
    for file in sorted(folder.glob("*.txt")):
        words = ("tsdb", "create-blocks-from", "openmetrics", "-q", file, storage)
        await asyncio.to_thread(promtool, *words)


def _levels(rules: Sequence[Path]) -> list[list[dict[str, Any]]]:
    """Return all recording rules, each behind those that it is made of: promtool looks at one level only."""
    left: list[dict[str, Any]] = []
    for path in rules:
        for group in yaml.safe_load(path.read_text())["groups"]:
            left += [rule for rule in group["rules"] if "record" in rule]
    levels = []
    while left:
        names = {rule["record"] for rule in left}
        ripe = [rule for rule in left if not names & set(re.findall(r"[\w:]+", rule["expr"]))]
        assert ripe, f"recording rules in a circle: {names}"
        levels.append(ripe)
        left = [rule for rule in left if rule not in ripe]
    return levels


async def record(prometheus: Prometheus, rules: Sequence[Path], start: datetime, end: datetime) -> None:
    """Have recording rules speak of the past as well; Prometheus is restarted, so that it takes that in."""
    for number, level in enumerate(_levels(rules)):
        file, fresh = prometheus.folder / f"level{number}.yml", prometheus.folder / f"recorded{number}"
        file.write_text(yaml.safe_dump({"groups": [{"name": "past", "interval": "2m", "rules": level}]}))
        await asyncio.to_thread(
            promtool,
            *("tsdb", "create-blocks-from", "rules", "-q", f"--url={prometheus.url}", f"--output-dir={fresh}"),
            *(f"--start={start.timestamp():.0f}", f"--end={end.timestamp():.0f}", file),
        )
        await prometheus.stop()
        for block in sorted(fresh.iterdir()):
            block.rename(prometheus.storage / block.name)
        await prometheus.start()


@dataclass(frozen=True)
class Past:
    """A Prometheus with a past."""

    prometheus: Prometheus
    start: datetime
    end: datetime


async def live(folder: Path, rules: Sequence[Path] = (), **settings: Any) -> Past:
    """Return a running Prometheus that has lived through some days, recording rules and all; see `write`.

    Whoever asks must stop it; if this raises, none is left behind.
    """
    scrapes = folder / "scrapes"
    start, end = await write(scrapes, **settings)
    prometheus = Prometheus(EMPTY, folder / "prometheus")
    prometheus.storage.mkdir(parents=True, exist_ok=True)
    await load_blocks(scrapes, prometheus.storage)
    await prometheus.start()
    if rules:
        try:
            await record(prometheus, rules, start, end)
        except BaseException:
            await prometheus.stop()
            raise
    return Past(prometheus, start, end)
