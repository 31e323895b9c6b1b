"""A vendor of one device, a broker that listens, and the engine between them."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.commands.door import Door
from app.commands.engine import Commands
from app.commands.journal import Journal
from app.commands.settings import CommandSettings
from app.model import Choice, Device, Kind, Order, Point, Range, Reading, Setting, TimeOfDay, Toggle, Value
from app.mqtt import Message
from app.statefile import MIGRATIONS
from app.topics import Topics
from app.turn import Turn
from tests.core.factory import NOON, Rig, device

LIMIT = Point("export_limit", "Export limit", "%", Kind.LEVEL, accepts=Range(0, 100))
STOP = Point("discharge_stop_soc", "Stop discharging at", "%", Kind.LEVEL, accepts=Range(10, 100))
RESERVE = Point("reserve_soc", "Reserve", "%", Kind.LEVEL, accepts=Range(10, 100))
HIGH = Point("soc_high", "Highest", "%", Kind.LEVEL, accepts=Range(0, 100))
LOW = Point("soc_low", "Lowest", "%", Kind.LEVEL, accepts=Range(0, 100))
MODE = Point("work_mode", "Mode", kind=Kind.STATE, words=("load", "grid"), accepts=Choice(("load", "grid")))
GRID_CODE = Point("grid_code", "Grid code", kind=Kind.STATE, accepts=Choice(("a", "b")))
SECRET = Point("hidden", "Hidden", kind=Kind.FLAG, accepts=Toggle())


def window(number: int | str, family: str = "charge", *, overnight: bool = True) -> Setting:
    key = f"{family}_{number}"
    return Setting(
        key,
        (
            Point(f"{key}_start", "Start", kind=Kind.TEXT, accepts=TimeOfDay()),
            Point(f"{key}_end", "End", kind=Kind.TEXT, accepts=TimeOfDay()),
            Point(f"{key}_enabled", "On", kind=Kind.FLAG, accepts=Toggle()),
        ),
        windows=(key,),
        family=family,
        overnight=overnight,
    )


def single(point: Point, **more: Any) -> Setting:
    return Setting(point.key, (point,), **more)


SETTINGS = (
    single(LIMIT),
    single(STOP, orders=(Order(RESERVE.key, STOP.key),)),
    single(RESERVE),
    single(MODE),
    single(GRID_CODE, danger=True),
    single(SECRET, reads_back=False),
    window(1),
    window(2),
    window(1, "slot", overnight=False),
    window(2, "slot", overnight=False),
    Setting("soc_limits", (HIGH, LOW), orders=(Order(LOW.key, HIGH.key),)),
)


class Vendor:
    """Keeps settings; may be late, deaf or forgetful."""

    def __init__(self) -> None:
        self.kept: dict[str, Value] = {
            "export_limit": 100.0,
            "discharge_stop_soc": 20.0,
            "reserve_soc": 15.0,
            "work_mode": "load",
            "grid_code": "a",
            "charge_1_start": "01:00",
            "charge_1_end": "03:00",
            "charge_1_enabled": True,
            "charge_2_start": "00:00",
            "charge_2_end": "00:00",
            "charge_2_enabled": False,
            "slot_1_start": "00:00",
            "slot_1_end": "00:00",
            "slot_1_enabled": False,
            "slot_2_start": "10:00",
            "slot_2_end": "12:00",
            "slot_2_enabled": True,
            "soc_high": 80.0,
            "soc_low": 20.0,
        }
        self.asked: list[Mapping[str, Value]] = []
        """Every write that has come in, whatever became of it."""
        self.writes: list[Mapping[str, Value]] = []
        """Those that were carried out."""
        self.looks = 0
        self.found = True
        """Whether it has found its devices."""
        self.deaf = False
        """Says yes and does nothing."""
        self.refusal: Exception | None = None
        self.lost: Exception | None = None
        """What is raised after the write has been done."""
        self.dark: Exception | None = None
        """What every look raises."""
        self.gate: asyncio.Event | None = None
        self.clock_offset: timedelta | None = None
        """By how much our clock is ahead."""
        self.stamp: Callable[[], Any] | None = None
        """The moment that looks claim to be of."""
        self.now: Callable[[], Any] = lambda: NOON

    def settings(self, device: Device) -> Sequence[Setting]:
        return SETTINGS if self.found else ()

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.dark:
            raise self.dark
        points = {point.key: point for each in SETTINGS for point in each.points}
        at, timed = (self.stamp(), True) if self.stamp else (self.now(), False)
        return [Reading(device.id, points[key], value, at, timed) for key, value in self.kept.items()]

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        self.asked.append(dict(values))
        if self.gate:
            await self.gate.wait()
        if self.refusal:
            raise self.refusal
        self.writes.append(dict(values))
        if not self.deaf:
            self.kept |= values
        if self.lost:
            raise self.lost


class Broker:
    """Hears what is published; away, it takes nothing."""

    def __init__(self) -> None:
        self.connected = True
        self.room: int | None = None
        """How many messages are still taken; None for any number."""
        self.said: list[tuple[str, dict[str, Any], bytes | None]] = []
        self.receipts: list[Callable[[], None]] | None = None
        """Collects the receipts instead of giving them at once."""

    def publish(
        self,
        topic: str,
        payload: str | bytes,
        *,
        retain: bool = False,
        expiry: int | None = None,
        properties: Mapping[str, str] | None = None,
        correlation: bytes | None = None,
        taken: Callable[[], None] | None = None,
    ) -> None:
        assert not retain
        if self.connected and self.room != 0:
            self.said.append((topic, json.loads(payload), correlation))
            if taken:
                taken() if self.receipts is None else self.receipts.append(taken)

    def results(self, key: str = "export_limit") -> list[dict[str, Any]]:
        return [body for topic, body, _ in self.said if topic == f"heliopost/device/growatt_abc/{key}/result"]


class Count:
    def __init__(self) -> None:
        self.ended: list[tuple[str, str]] = []
        self.seconds: list[float] = []
        self.left: Callable[[], Mapping[str, int]] = dict

    def watch(self, left: Callable[[], Mapping[str, int]]) -> None:
        self.left = left

    def command(self, status: str, code: str, seconds: float, read_back: float | None) -> None:
        assert seconds >= 0
        assert read_back is None or read_back >= 0
        self.ended.append((status, code))
        self.seconds.append(seconds)


def database(path: Path | str = ":memory:") -> sqlite3.Connection:
    made = sqlite3.connect(path)
    for script in MIGRATIONS[made.execute("PRAGMA user_version").fetchone()[0] :]:
        made.executescript(script)
    made.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    return made


class Desk:
    """Everything of one run of the engine."""

    def __init__(
        self, rig: Rig, vendor: Vendor, kept: sqlite3.Connection, journal: Journal | None = None, **settings: Any
    ) -> None:
        self.rig, self.vendor, self.broker, self.count = rig, vendor, Broker(), Count()
        vendor.now = rig.clock.now
        self.journal = journal or Journal(kept)
        self.turn = Turn()
        self.door: Door | None = None
        self.open()
        self.engine = Commands(
            CommandSettings.model_validate({"enabled": True, "pause": timedelta(0)} | settings),
            Topics(),
            self.broker,
            self.journal,
            rig.bridge,
            lambda _: self.door,
            clock=rig.clock,
            counted=self.count,
        )

    def open(self) -> None:
        """Have the account run."""
        self.door = Door("home", self.vendor, self.turn)

    def exchange(self, vendor: Vendor) -> None:
        """Have another account of the same name run in its place, as a reload does."""
        vendor.now = self.rig.clock.now
        self.door = Door("home", vendor, Turn())

    @property
    def lanes(self) -> int:
        """How many devices have a lane."""
        return len(self.engine._dispatcher._lanes)

    def verifier_forgets(self) -> None:
        """As if the bridge crashed before it could tell those that are being read back of a newer write."""
        self.engine._verifier._watched = {}

    def send(self, payload: object, key: str = "export_limit", owner: str = "growatt_abc", **facts: Any) -> None:
        body = payload if isinstance(payload, bytes) else str(payload).encode()
        if isinstance(payload, dict):
            body = json.dumps(payload).encode()
        self.engine.receive(owner, key, Message(f"heliopost/device/{owner}/{key}/set", body, **facts))

    async def pass_time(self, seconds: float = 0.0) -> None:
        await self.rig.clock.advance(timedelta(seconds=seconds))


@asynccontextmanager
async def desk(
    vendor: Vendor | None = None,
    kept: sqlite3.Connection | None = None,
    rig: Rig | None = None,
    *,
    shut: bool = False,
    early: Sequence[str] = (),
    **settings: Any,
) -> AsyncIterator[Desk]:
    """Run an engine; `shut`: its account does not run yet; `early` comes before it does itself."""
    rig = rig or Rig()
    await rig.bridge.found(device())
    made = Desk(rig, vendor or Vendor(), kept or database(), **settings)
    if shut:
        made.door = None
    for payload in early:
        made.send(payload)
    running = asyncio.create_task(made.engine.run())
    await made.pass_time()
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait((running,))
