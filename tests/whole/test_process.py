"""The program as a process: how it starts, what it says, how it ends."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Account, Cloud, one_plant, serve
from tests.broker import Ear, Mosquitto, free_port

PASSWORD = "s3cret-Passw0rd"
LIMIT = 30.0
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def cloud() -> AsyncIterator[str]:
    made = Cloud(DrivenClock(datetime.now(UTC)), fleet=one_plant(), accounts=[Account("demo", PASSWORD)])
    async with serve(made) as url:
        yield url


def configure(folder: Path, port: int, url: str, **more: Any) -> Path:
    document = {
        "mqtt": {"host": "127.0.0.1", "port": port},
        "accounts": {"home": {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": url}},
        "web": {"port": free_port()},
        "state": str(folder / "state"),
    } | more
    file = folder / "config.yaml"
    file.write_text(json.dumps(document))
    return file


@asynccontextmanager
async def heliopost(*words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELIOPOST_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", *words, cwd=ROOT, env=environment, stdout=-1, stderr=-1
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def output(process: asyncio.subprocess.Process) -> tuple[str, str]:
    async with asyncio.timeout(LIMIT):
        out, err = await process.communicate()
    return out.decode(), err.decode()


async def runs(ear: Ear) -> None:
    await ear.hears("heliopost/bridge/state", "online")
    await ear.hears("heliopost/account/home/state")


async def test_sigterm_ends_it_cleanly_within_five_seconds(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    async with (
        mosquitto.ear() as ear,
        heliopost("run", "-c", str(configure(tmp_path, mosquitto.port, cloud))) as process,
    ):
        await runs(ear)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            out, err = await output(process)
        assert process.returncode == 0, out + err
        assert ear.last["heliopost/bridge/state"] == "offline"
        assert PASSWORD not in out + err
        assert "Traceback" not in out + err
        for line in err.splitlines():
            assert json.loads(line)["event"]


async def test_a_second_one_on_the_same_state_is_told_so(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    file = str(configure(tmp_path, mosquitto.port, cloud))
    async with mosquitto.ear() as ear, heliopost("run", "-c", file):
        await runs(ear)
        async with heliopost("run", "-c", file) as second:
            _, err = await output(second)
            assert second.returncode == 1
            assert "in use by another heliopost" in err
            assert "Traceback" not in err


async def test_a_wrong_configuration_is_refused_with_every_fault(tmp_path: Path) -> None:
    file = configure(tmp_path, 1883, "http://127.0.0.1:1/", nonsense=1, log={"level": "loud"})
    async with heliopost("run", "-c", str(file)) as process:
        _, err = await output(process)
        assert process.returncode == 78
        assert "nonsense" in err
        assert "log.level" in err
        assert "Traceback" not in err
        assert PASSWORD not in err


async def test_sighup_reads_the_configuration_again(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    file = configure(tmp_path, mosquitto.port, cloud)
    async with mosquitto.ear() as ear, heliopost("run", "-c", str(file)) as process:
        await runs(ear)
        document = json.loads(file.read_text())
        document["accounts"]["roof"] = document["accounts"].pop("home")
        file.write_text(json.dumps(document))
        process.send_signal(signal.SIGHUP)
        await ear.hears("heliopost/account/roof/state")
        process.send_signal(signal.SIGTERM)
        _, err = await output(process)
        assert process.returncode == 0, err


async def test_without_a_broker_it_goes_on_and_says_so_once(cloud: str, tmp_path: Path) -> None:
    port = free_port()
    file = configure(tmp_path, port, cloud)
    async with heliopost("run", "-c", str(file)) as process:
        assert process.stderr is not None
        lines: list[str] = []
        async with asyncio.timeout(LIMIT):
            while not any("broker" in line for line in lines):
                lines.append((await process.stderr.readline()).decode())
        process.send_signal(signal.SIGTERM)
        _, err = await output(process)
        assert process.returncode == 0
        said = [line for line in [*lines, *err.splitlines()] if '"broker_' in line]
        assert len(said) == 1
        assert str(port) in said[0]
