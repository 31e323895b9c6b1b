"""What the pages tell to type works: in a folder of its own, with a real mosquitto and the simulated cloud."""

import asyncio
import os
import re
import shutil
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.clock import SystemClock
from simulator.growatt import Account, Cloud, PlantSpec, one_plant, serve
from tests.broker import Mosquitto, free_port
from tests.docs.pages import PAGES, ROOT, commands

LIMIT = 60.0
USER, PASSWORD = "your user name", "your password"  # as the pages have them
CONFIGURATION = f"""\
accounts:
  home: {{ provider: growatt, username: {USER}, password: {PASSWORD}, timezone: Europe/Berlin }}
mqtt: {{ host: localhost }}
"""
ENOUGH = 27
"""With which mosquitto_sub ends when its time (-W) is over."""
EXECUTED = {
    "nothing": ("docs/first-account.md",),
    "a configuration": ("docs/upgrading.md",),
    "a bridge that runs": ("docs/mqtt.md", "docs/troubleshooting.md", "docs/privacy.md"),
    "a bridge that takes commands": ("docs/commands.md",),
}
"""Pages of which every block is executed here, in this order, by what is there when the first begins."""
ELSEWHERE = {
    "README.md": ("needs Docker; the same stack runs without it in make check-image", "trials/image"),
    "docs/metrics.md": ("changes /etc/prometheus; executed in a folder of its own, in", "trials/prometheus"),
    "docs/grafana.md": ("needs a Grafana: not executed; the files are checked in", "trials/prometheus"),
    "docs/install/addon.md": ("scp needs a Home Assistant OS and was not executed; the packing is, in", "tests/deploy"),
    "docs/install/compose.md": ("needs Docker; typed on Podman's API in", "trials/image/test_manual.py"),
    "docs/install/kubernetes.md": ("needs a cluster; backup and restore run in", "trials/platforms/test_pod.py"),
    "docs/install/python.md": ("needs root and systemd; executed line by line in", "trials/platforms/test_service.py"),
}
"""Pages with blocks that cannot run here, each with the reason and what executes them instead."""


COMMANDS = {
    "HELIOPOST_COMMANDS__ENABLED": "true",
    "HELIOPOST_COMMANDS__READ_BACK": "300ms, 1s, 3s",
    "HELIOPOST_COMMANDS__PAUSE": "100ms",
    "HELIOPOST_COMMANDS__MERGE": "100ms",
}
"""Commands as the page switches them on, without its waits."""
SERIALS = {"tlxh": "abc123", "mix": "sph123", "noah": "noah123"}


def home(*kits: str) -> tuple[PlantSpec, ...]:
    """Return a plant with the numbers that the pages use: a MIN, or a device of each kit."""
    plants = {kit: one_plant(kit=kit)[0] for kit in kits or ("tlxh",)}
    devices = tuple(replace(plant.devices[0], serial=SERIALS[kit]) for kit, plant in plants.items())
    return (replace(next(iter(plants.values())), id=1, devices=devices),)


@dataclass
class Desk:
    """A terminal in a folder of its own."""

    folder: Path
    environment: Mapping[str, str]
    web: int
    running: asyncio.subprocess.Process | None = None

    async def type(self, block: str) -> tuple[int, str]:
        """Type a block as it stands; return the exit code and what was said. `heliopost run` goes on meanwhile."""
        if block.partition("#")[0].strip() == "heliopost run":
            await self.start()
            return 0, "it runs"
        process = await asyncio.create_subprocess_exec(
            "sh", "-e", "-c", block, cwd=self.folder, env=self.environment, stdout=-1, stderr=-2, start_new_session=True
        )
        try:
            out, _ = await asyncio.wait_for(process.communicate(), LIMIT)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return process.returncode or 0, out.decode()

    async def start(self) -> None:
        """Start the bridge, and wait until values flow."""
        self.running = await asyncio.create_subprocess_exec(
            "heliopost", "run", cwd=self.folder, env=self.environment, stderr=asyncio.subprocess.DEVNULL
        )

        def ready() -> bool:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.web}/readyz", timeout=1) as answer:
                return bool(answer.status == 200)
            return False

        async with asyncio.timeout(LIMIT):
            while not await asyncio.to_thread(ready):
                assert self.running.returncode is None
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        """End the bridge, if it runs."""
        if self.running is not None:
            self.running.terminate()
            await asyncio.wait_for(self.running.wait(), LIMIT)


@asynccontextmanager
async def desk(folder: Path, given: str = "nothing") -> AsyncIterator[Desk]:
    """Set up broker, cloud and a terminal that knows both."""
    for program in ("mosquitto_sub", "mosquitto_pub", "mosquitto_rr", "jq"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt install mosquitto-clients jq)")
    programs, settings, work = folder / "bin", folder / "settings", folder / "work"
    for each in (programs, settings, work):
        each.mkdir()
    (programs / "heliopost").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m app "$@"\n')
    (programs / "heliopost").chmod(0o755)
    commanded = given == "a bridge that takes commands"
    fleet, web = home(*SERIALS if commanded else ()), free_port()
    cloud = Cloud(SystemClock(), fleet=fleet, accounts=[Account(USER, PASSWORD)])
    async with Mosquitto() as broker, serve(cloud) as address:
        (settings / "mosquitto_sub").write_text(f"-p {broker.port}\n-W 1\n")
        (settings / "mosquitto_pub").write_text(f"-p {broker.port}\n")
        (settings / "mosquitto_rr").write_text(f"-p {broker.port}\n-W 20\n")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HELIOPOST_")}
        made = Desk(
            work,
            {
                **kept,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "XDG_CONFIG_HOME": str(settings),
                "XDG_STATE_HOME": str(folder / "state"),
                "HELIOPOST_STATE": str(folder / "state" / "heliopost"),
                "HELIOPOST_ACCOUNTS__HOME__SERVER_URL": address,
                "HELIOPOST_MQTT__PORT": str(broker.port),
                "HELIOPOST_WEB__PORT": str(web),
                **(COMMANDS if commanded else {}),
            },
            web,
        )
        try:
            yield made
        finally:
            await made.end()


def configure(folder: Path) -> None:
    """Do what the page on the first account tells."""
    (folder / "config.yaml").write_text(CONFIGURATION)
    (folder / "config.yaml").chmod(0o600)


def scripts(text: str) -> Iterator[str]:
    """Yield the Python programs of a page as lines for a shell."""
    for block in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield f"{sys.executable} - <<'END'\n{block[1]}END\n"


async def execute(given: str, folder: Path) -> None:
    """Type every line of the pages that begin with what is given."""
    async with desk(folder, given) as it:
        if given != "nothing":
            configure(it.folder)
        if given.startswith("a bridge"):
            await it.start()
        port = it.environment["HELIOPOST_MQTT__PORT"]
        blocks = [
            (name, block.replace("1883", port) if block.startswith(sys.executable) else block)
            for name in EXECUTED[given]
            for block in (*commands((ROOT / name).read_text()), *scripts((ROOT / name).read_text()))
        ]
        for name, block in blocks:
            code, said = await it.type(block)
            heard = "mosquitto_sub" in block and code == ENOUGH and said
            assert code == 0 or heard, f"{name}:\n{block}\nexit code {code}:\n{said}"
            assert "FAILED" not in said


async def test_the_lines_of_the_pages_work_as_they_stand(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as terminals:  # most of it is waiting for interpreters to start
        for given in EXECUTED:
            (tmp_path / given).mkdir()
            terminals.create_task(execute(given, tmp_path / given))


async def test_a_line_that_does_not_work_would_be_found(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        assert (await it.type("heliopost no-such-command"))[0] == 2
        assert (await it.type("heliopost check"))[0] == 78


def test_every_page_with_commands_is_executed_here_or_elsewhere() -> None:
    shown = {str(page.relative_to(ROOT)) for page in PAGES if any(commands(page.read_text()))}
    assert shown == {name for names in EXECUTED.values() for name in names} | ELSEWHERE.keys()
    assert [trial for _, trial in ELSEWHERE.values() if not (ROOT / trial).exists()] == []
