"""What the tests of the broker's session share: a clock in hand, a session that runs, a link that can fail."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from structlog.testing import capture_logs

from app.metrics import Metrics
from app.mqtt import Broker, MqttSettings
from app.topics import Topics
from tests.broker import LIMIT

STEADY = timedelta(seconds=60)


class HandClock:
    """Stands still until moved. Short waits (a back-off) are over at once, unless `hold`, and are noted."""

    def __init__(self, *, hold: bool = False) -> None:
        self.moment = datetime(2026, 6, 1, 12, tzinfo=UTC)
        self.hold = hold
        self.naps: list[timedelta] = []
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self.moment

    def real(self, span: timedelta) -> float:
        return span.total_seconds()

    async def sleep(self, span: timedelta) -> None:
        if span < STEADY:
            self.naps.append(span)
        if span < STEADY and not self.hold:
            await asyncio.sleep(0)
            return
        awake = asyncio.Event()
        self._sleepers.append((self.moment + span, awake))
        await awake.wait()

    async def advance(self, span: timedelta) -> None:
        self.moment += span
        for due, awake in self._sleepers:
            if due <= self.moment:
                awake.set()
        self._sleepers = [(due, awake) for due, awake in self._sleepers if due > self.moment]
        await asyncio.sleep(0)


class Session:
    """A Broker that runs, with everything that a test may ask it."""

    def __init__(self, settings: MqttSettings, *, clock: HandClock | None = None, **options: Any) -> None:
        self.topics = Topics(settings.base_topic)
        self.clock = clock or HandClock()
        self.metrics = Metrics()
        self.connections = 0
        self.on_connect: Callable[[], Awaitable[None]] | None = None
        self._connected = asyncio.Condition()
        subscriptions: Sequence[str] = options.pop("subscriptions", (self.topics.requests, self.topics.birth))
        install_id = options.pop("install_id", "0123456789abcdef")
        options.setdefault("patience", 5.0)
        options.setdefault("rng", random.Random(1))  # noqa: S311 - the same waits in each run
        self.broker = Broker(settings, self.topics, self.clock, self.metrics, install_id, subscriptions, **options)
        self.task: asyncio.Task[None] | None = None

    async def _on_connect(self) -> None:
        if self.on_connect:
            await self.on_connect()
        async with self._connected:
            self.connections += 1
            self._connected.notify_all()

    def start(self) -> None:
        self.task = asyncio.create_task(self.broker.run(self._on_connect))

    async def connected(self, times: int = 1) -> None:
        async with asyncio.timeout(LIMIT), self._connected:
            await self._connected.wait_for(lambda: self.connections >= times)

    async def end(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait((self.task,))

    def counted(self, reason: str) -> float:
        return self.metrics.registry.get_sample_value("heliopost_mqtt_dropped_total", {"reason": reason}) or 0

    def value(self, name: str) -> float:
        return self.metrics.registry.get_sample_value(f"heliopost_mqtt_{name}") or 0


@contextlib.asynccontextmanager
async def session(settings: MqttSettings, **options: Any) -> AsyncIterator[Session]:
    """Run a session and wait for its first connection."""
    running = Session(settings, **options)
    running.start()
    try:
        await running.connected()
        yield running
    finally:
        await running.end()


@contextlib.asynccontextmanager
async def struggling(settings: MqttSettings, **options: Any) -> AsyncIterator[Session]:
    """Run a session that is not expected to connect at once; each wait for the next attempt is held."""
    options.setdefault("clock", HandClock(hold=True))
    running = Session(settings, **options)
    running.start()
    try:
        yield running
    finally:
        await running.end()


class Log:
    """What is logged, while it is."""

    def __init__(self, entries: list[Any]) -> None:
        self.entries = entries

    def of(self, event: str) -> list[Any]:
        return [entry for entry in self.entries if entry["event"] == event]

    async def says(self, event: str, *, times: int = 1) -> Any:
        """Wait for an event and return it."""
        async with asyncio.timeout(LIMIT):
            while len(self.of(event)) < times:  # noqa: ASYNC110 - a log has no bell
                await asyncio.sleep(0.002)
        return self.of(event)[-1]


@contextlib.contextmanager
def logged() -> Iterator[Log]:
    with capture_logs() as entries:
        yield Log(entries)


class Link:
    """A TCP link to the broker that can be cut, swallow everything, or refuse."""

    def __init__(self, port: int) -> None:
        self._upstream = port
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self.swallow = False
        """Whether what is sent disappears, with the connections open: a cable pulled somewhere in between."""
        self.port = 0
        self.accepted = 0

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for writer in self._writers:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def accept(self) -> None:
        """Take connections (again, on the same port)."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Take no connections, and cut those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.cut()

    def hold(self) -> None:
        """Let nothing through, and lose nothing, until `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            raw = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._writers.append(writer)
        self._note(asyncio.current_task())
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        self._writers.append(back)
        for source, target in ((reader, back), (there, writer)):
            self._note(asyncio.create_task(self._carry(source, target)))

    def _note(self, task: asyncio.Task[None] | None) -> None:
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._open.wait()
                if not self.swallow:
                    target.write(data)
                    await target.drain()
        target.close()
