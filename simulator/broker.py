"""A broker for an hour: the mosquitto found on this machine, else amqtt inside this process (MQTT 3.1.1 only)."""

import asyncio
import os
import shutil
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

HOST = "127.0.0.1"
STARTING = 5.0
"""Seconds that mosquitto may take until it listens; it needs 0.05."""
ENDING = 3.0
"""Seconds that mosquitto may take to end before it is killed."""
TRIES = 3
"""Somebody else may take the port between our asking and mosquitto's."""

CONFIG = """\
listener {port} {host}
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 0
log_type error
log_type warning
log_dest stderr
"""


class NoBroker(Exception):
    """There is no broker to be had on this machine; the text says what to install."""


@dataclass(frozen=True, slots=True)
class LocalBroker:
    """A broker that listens on loopback."""

    name: str
    port: int
    protocol: Literal["5", "3.1.1"]
    pid: int
    """The process it runs in, which may be this one."""


def find_mosquitto() -> str | None:
    """Return the path of mosquitto, also where Debian puts it, which an ordinary user's PATH lacks; None without it."""
    return shutil.which("mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def free_port() -> int:
    """Return a loopback port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def local_broker(*, embedded: bool = False) -> AsyncIterator[LocalBroker]:
    """Run a broker while the context lasts; `embedded` passes over mosquitto.

    Raises:
        NoBroker: There is neither mosquitto nor amqtt, or mosquitto does not start.
    """
    mosquitto = None if embedded else find_mosquitto()
    if mosquitto is None:
        async with _amqtt() as broker:
            yield broker
        return
    async with _mosquitto(mosquitto) as broker:
        yield broker


@asynccontextmanager
async def _mosquitto(program: str) -> AsyncIterator[LocalBroker]:
    said = ""
    for _ in range(TRIES):
        port = free_port()
        with _config(port) as config:
            # In a session of its own: Ctrl-C is for the bridge, which wants to say goodbye to its broker.
            process = await asyncio.create_subprocess_exec(
                program,
                "-c",
                config,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
            try:
                if await _listens(process, port):
                    yield LocalBroker("mosquitto", port, "5", process.pid)
                    return
            finally:
                said = await _end(process)
    msg = f"mosquitto does not start: {said or 'it says nothing'}"
    raise NoBroker(msg)


@contextmanager
def _config(port: int) -> Iterator[str]:
    with TemporaryDirectory(prefix="heliopost-broker-") as folder:
        path = Path(folder, "mosquitto.conf")
        path.write_text(CONFIG.format(port=port, host=HOST))
        yield str(path)


async def _listens(process: Process, port: int) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(STARTING):
            while process.returncode is None:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection(HOST, port)
                    writer.close()
                    await writer.wait_closed()
                    return True
                await asyncio.sleep(0.01)
    return False


async def _end(process: Process) -> str:
    """End mosquitto and return the last line it said."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(ENDING):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        _, said = await process.communicate()
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


@asynccontextmanager
async def _amqtt() -> AsyncIterator[LocalBroker]:
    try:
        from amqtt.broker import Broker
    except ImportError as error:
        msg = "there is no broker on this machine; type: sudo apt-get install -y mosquitto"
        raise NoBroker(msg) from error
    port = free_port()
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    broker = Broker({"listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}}, "plugins": plugins})
    await broker.start()
    try:
        yield LocalBroker("amqtt", port, "3.1.1", os.getpid())
    finally:
        await broker.shutdown()
