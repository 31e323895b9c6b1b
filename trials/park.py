"""A running Heliopost as its owner has it: broker, vendor's cloud and bridge, each its own process on loopback."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.broker import Ear, Mosquitto, free_port

ROOT = Path(__file__).parents[1]
LIMIT = 60.0
"""Seconds that a part may take to start or end before a trial gives up."""
ACCOUNT = "home"
USER, PASSWORD = "demo", "sunny-demo-1"


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HELIOPOST_")}


class Cloud:
    """The simulated vendor, started as `python -m simulator growatt`."""

    def __init__(self, fleet: str = "demo", factor: float = 1.0, start: str | None = None) -> None:
        """`fleet`, `factor` and `start` are the options of that name (simulator/README.md)."""
        self._words = ["--fleet", fleet, "--factor", str(factor), *(["--start", start] if start else [])]
        self.address = ""
        """Where it is, with a slash at the end."""
        self.plants: list[dict[str, Any]] = []
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator", "growatt", *self._words, cwd=ROOT, stdout=-1, env=_environment()
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(LIMIT):
                ready = json.loads(await self._process.stdout.readline())
            self.address, self.plants = ready["address"], ready["plants"]
        except BaseException:  # nobody leaves what was not entered
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.communicate()

    async def control(self, verb: str, **fields: Any) -> Any:
        """Ask the simulator's back door: `await cloud.control("fault", kind="html", count=1)`."""

        def ask() -> Any:
            body = json.dumps(fields).encode()
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(f"{self.address}_control/{verb}", body, headers)
            with urllib.request.urlopen(request, timeout=LIMIT) as answer:
                return json.load(answer)

        return await asyncio.to_thread(ask)

    async def look(self, path: str) -> Any:
        """Look through the back door: `await cloud.look("state")`, `await cloud.look(f"truth/{serial}")`."""

        def ask() -> Any:
            with urllib.request.urlopen(f"{self.address}_control/{path}", timeout=LIMIT) as answer:
                return json.load(answer)

        return await asyncio.to_thread(ask)


class Bridge:
    """`heliopost run` with a configuration and a state of its own."""

    def __init__(self, broker: Mosquitto, cloud: str, folder: Path, **sections: Any) -> None:
        """`sections` are laid over the configuration, whole section by whole section; `mqtt` and `web` into it."""
        self.web = f"http://127.0.0.1:{(port := free_port())}"
        self.configuration: dict[str, Any] = {
            "accounts": {
                ACCOUNT: {
                    "provider": "growatt",
                    "username": USER,
                    "password": PASSWORD,
                    "server_url": cloud,
                    "budget": 50_000,
                }
            },
            "mqtt": {"host": broker.host, "port": broker.port, **sections.pop("mqtt", {})},
            "homeassistant": {"birth_jitter": "0s", **sections.pop("homeassistant", {})},
            "web": {"port": port, **sections.pop("web", {})},
            "log": {"format": "json"},
            "state": str(folder / "state"),
            **sections,
        }
        self.file = folder / "config.yaml"
        self._log = folder / "heliopost.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, also again after an end; it is not ready yet then."""
        self.file.write_text(json.dumps(self.configuration))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "app",
                "run",
                "-c",
                self.file,
                cwd=ROOT,
                env=_environment(),
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        """Wait until `/readyz` says so."""

        def ask() -> bool:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.web}/readyz", timeout=1) as answer:
                return bool(answer.status == 200)
            return False

        async with asyncio.timeout(LIMIT):
            while not await asyncio.to_thread(ask):
                assert self._process is not None
                if self._process.returncode is not None:
                    msg = f"the bridge has ended:\n{self.said()}"
                    raise RuntimeError(msg)
                await asyncio.sleep(0.1)

    async def stop(self) -> int:
        """End it in good order, and return its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LIMIT):
            return await self._process.wait()

    async def reload(self) -> None:
        """Write the configuration again and let the bridge read it."""
        self.file.write_text(json.dumps(self.configuration))
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def said(self) -> str:
        """Return its log."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def page(self, path: str) -> str:
        """Return what its web server answers, such as `/metrics`."""
        token = self.configuration["web"].get("token")
        request = urllib.request.Request(self.web + path, headers={"Authorization": f"Bearer {token}"} if token else {})
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return str(answer.read().decode())

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self._signal(signal.SIGKILL)

    def pause(self) -> None:
        """Make it deaf and mute, with its connections open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


class Park:
    """All three together; `async with park() as it:`."""

    def __init__(self, broker: Mosquitto, cloud: Cloud, bridge: Bridge, ear: Ear, folder: Path) -> None:
        self.broker, self.cloud, self.bridge, self.ear, self.folder = broker, cloud, bridge, ear, folder

    def devices(self) -> dict[str, dict[str, Any]]:
        """Return the state of every device by its id, as heard on the broker."""
        states = {}
        for topic, payload in self.ear.last.items():
            if topic.startswith("heliopost/device/") and topic.endswith("/state"):
                states[topic.split("/")[2]] = json.loads(payload)
        return states

    def announcements(self) -> dict[str, dict[str, Any]]:
        """Return the discovery document of every device that is announced, by its topic's object id."""
        documents = {}
        for topic, payload in self.ear.last.items():
            if topic.startswith("homeassistant/device/") and payload:
                documents[topic.split("/")[2]] = json.loads(payload)
        return documents


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="heliopost-trial-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def park(
    fleet: str = "demo",
    *,
    factor: float = 1.0,
    start: str | None = None,
    broker: Mapping[str, Any] | None = None,
    **sections: Any,
) -> AsyncIterator[Park]:
    """Start broker, cloud and bridge, and wait until the bridge is ready.

    Args:
        fleet: The plants of the cloud: demo, one, big or a number.
        factor: How much faster than the wall's the cloud's clock runs.
        start: Where the cloud's clock begins, ISO 8601; now unless given.
        broker: What `tests.broker.Mosquitto` is made with (users, acl, tls, options).
        sections: What is laid over the bridge's configuration.
    """
    with _folder() as folder:
        async with Mosquitto(**(broker or {})) as mosquitto, Cloud(fleet, factor, start) as cloud:
            bridge = Bridge(mosquitto, cloud.address, folder, **sections)
            settings = bridge.configuration["mqtt"]
            async with mosquitto.ear(username=settings.get("username"), password=settings.get("password")) as ear:
                await bridge.start()
                try:
                    await bridge.ready()
                    yield Park(mosquitto, cloud, bridge, ear, folder)
                finally:
                    bridge.kill()
