"""The program as its owner starts it: `python -m app` as a process, what it says, and what can be asked of it."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.clock import Clock
from simulator.clock import DrivenClock
from simulator.growatt import Account, Cloud, PlantSpec, one_plant, serve
from tests.broker import Ear, free_port

PASSWORD = "s3cret-Passw0rd"
LIMIT = 30.0
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def simulated(
    clock: Clock | None = None, plants: Sequence[PlantSpec] | None = None
) -> AsyncIterator[tuple[Cloud, str]]:
    """A simulated cloud with one plant, whose clock stands, unless others are given; yields it and its address."""
    cloud = Cloud(
        clock or DrivenClock(datetime.now(UTC)), fleet=plants or one_plant(), accounts=[Account("demo", PASSWORD)]
    )
    async with serve(cloud) as url:
        yield cloud, url


@pytest.fixture
async def cloud() -> AsyncIterator[str]:
    """The address of a simulated cloud whose clock is right."""
    async with simulated() as (_, url):
        yield url


def configure(folder: Path, port: int, url: str, **more: Any) -> Path:
    """Write a configuration for the broker at a port and the cloud at an address; return its file."""
    document = {
        "mqtt": {"host": "127.0.0.1", "port": port, **more.pop("mqtt", {})},
        "accounts": {"home": {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": url}},
        "web": {"port": free_port()},
        "state": str(folder / "state"),
    } | more
    file = folder / "config.yaml"
    file.write_text(json.dumps(document))
    file.chmod(0o600)
    return file


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what would configure a bridge."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HELIOPOST_")} | more


class Ended(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    def sound(self) -> "Ended":
        """Assert what holds whatever goes wrong: no traceback and no secret."""
        assert "Traceback" not in self.out + self.err, self.out + self.err
        assert PASSWORD not in self.out + self.err
        return self


class Program:
    """One process and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path | None) -> None:
        self.process = process
        self.lines: list[str] = []
        self._file = file
        self._news = asyncio.Condition()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._news:
                self.lines.append(line.decode().rstrip("\n"))
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    @property
    def said(self) -> list[dict[str, Any]]:
        """Everything that is in its log."""
        return [json.loads(line) for line in self.lines]

    @property
    def complaints(self) -> list[str]:
        """What it has warned of, in order."""
        return [line["event"] for line in self.said if line["level"] not in ("debug", "info")]

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the log's lines of one event, in order."""
        return [line for line in self.said if line["event"] == event]

    async def says(self, event: str, times: int = 1) -> dict[str, Any]:
        """Wait until something has been said so often; return the last of it."""
        async with asyncio.timeout(LIMIT), self._news:
            await self._news.wait_for(lambda: len(self.of(event)) >= times or self._listening.done())
        assert len(self.of(event)) >= times, f"never said {event}: {self.lines}"
        return self.of(event)[-1]

    async def says_one_of(self, *events: str) -> dict[str, Any]:
        """Wait until the first of several things has been said; return it."""
        async with asyncio.timeout(LIMIT), self._news:
            await self._news.wait_for(lambda: any(map(self.of, events)) or self._listening.done())
        found = [line for line in self.said if line["event"] in events]
        assert found, self.lines
        return found[0]

    async def until(self, found: Callable[[], Awaitable[bool]]) -> None:
        """Ask again and again until something is so: a page has no bell."""
        await self.says("web_listening")
        async with asyncio.timeout(LIMIT):
            while not await found():
                assert self.process.returncode is None, self.lines
                await asyncio.sleep(0.02)

    async def ended(self) -> Ended:
        """Wait for its end."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT):
            out = await self.process.stdout.read()
            await self._listening
            code = await self.process.wait()
        return Ended(code, out.decode(), "\n".join(self.lines)).sound()

    async def stop(self) -> Ended:
        """End it in good order, in which it must end well."""
        self.process.send_signal(signal.SIGTERM)
        ended = await self.ended()
        assert ended.code == 0, ended
        return ended

    async def page(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page of its web server."""
        assert self._file is not None
        port = json.loads(self._file.read_text())["web"]["port"]

        def ask() -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=LIMIT) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read().decode()

        return await asyncio.to_thread(ask)

    async def health(self) -> dict[str, Any]:
        """Return what /health tells."""
        status, body = await self.page("/health")
        assert status == 200
        return dict(json.loads(body))


@asynccontextmanager
async def heliopost(
    *words: str | Path, before: Sequence[str] = (), file: Path | None = None, env: dict[str, str] | None = None
) -> AsyncIterator[Program]:
    """Start the program; `before` stands in front of the command, `file` tells where its web server is."""
    process = await asyncio.create_subprocess_exec(
        *before, sys.executable, "-m", "app", *words, cwd=ROOT, env=env or environment(), stdout=-1, stderr=-1
    )
    program = Program(process, file)
    try:
        yield program
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await program.ended()


@asynccontextmanager
async def bridge(
    file: Path, *, before: Sequence[str] = (), env: dict[str, str] | None = None
) -> AsyncIterator[Program]:
    """Start the bridge."""
    async with heliopost("run", "-c", file, before=before, file=file, env=env) as program:
        yield program


async def command(
    name: str, file: Path, *words: str, before: Sequence[str] = (), env: dict[str, str] | None = None
) -> Ended:
    """Carry out a command that ends by itself."""
    async with heliopost(name, "-c", file, *words, before=before, env=env) as program:
        return await program.ended()


async def runs(ear: Ear) -> None:
    """Wait until the bridge is there and has told how its account is."""
    await ear.hears("heliopost/bridge/state", "online")
    await ear.hears("heliopost/account/home/state")


# Rights and disks


def works(*words: str) -> bool:
    """Return whether a command is there and does what it should."""
    return bool(shutil.which(words[0])) and subprocess.run(words, capture_output=True, check=False).returncode == 0


def inside(program: Program, folder: Path) -> Path:
    """Return where a folder that only the program sees (`mounted`) can be reached from outside."""
    return Path(f"/proc/{program.process.pid}/root{folder}")


def fill(folder: Path) -> Path:
    """Leave no byte free on a folder's disk, which must be a small one; return the file to delete."""
    assert shutil.disk_usage(folder).total < 1 << 24, f"{folder} is no small disk"
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def powerless() -> tuple[str, ...]:
    """Return what stands before a command so that files' rights hold for it; root would pass over them."""
    if os.geteuid() != 0:
        return ()
    words = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")
    if not works(*words, "true"):
        pytest.skip("setpriv (apt install util-linux) is missing or may not drop rights here")
    return words


def mounted(folder: Path, options: str, *, filled: bool = False) -> tuple[str, ...]:
    """Return what stands before a command so that it alone sees a small disk (tmpfs) at a folder, empty or full."""
    words = ("unshare", "--mount", "sh", "-c")
    if not works(*words, 'mount -t tmpfs none "$0"', str(folder)):
        pytest.skip(
            "only root may mount a small disk, with unshare (apt install util-linux), and not in every container"
        )
    fill = 'cat /dev/zero 2>/dev/null > "$0/filler"; ' if filled else ""
    script = f'mount -t tmpfs -o "$1" none "$0" && shift && {{ {fill}exec "$@"; }}'
    return (*words, script, str(folder), options)
