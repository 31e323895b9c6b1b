"""`heliopost demo`: a simulated solar park, a broker and the bridge as in production, live in this terminal.

The only module of the bridge that knows the simulator. The simulator's clock, on which a day takes
minutes, is handed to the bridge as its own; nothing else differs from production.
"""

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from app import logs
from app.cli.demo_view import Facts, Row, open_view
from app.commands.request import LONGEST_TTL
from app.config import Config
from app.daemon import Daemon
from simulator.broker import HOST, LocalBroker, NoBroker, local_broker
from simulator.clock import ScaledClock
from simulator.growatt.cloud import PASSWORD, USER, Cloud
from simulator.growatt.server import serve
from simulator.witness import Witness

BEGIN = datetime(2026, 6, 21, 7, tzinfo=UTC)
"""A midsummer morning in Europe, and some other time of the day in the other plants' zones."""
SPEED = 360.0
"""A day takes four minutes, the five minutes between two uploads less than a second."""
ACCOUNT = "demo"
BUDGET = 50_000
"""Vendor calls a day: the whole park is read every five minutes, which no real account could afford."""
REFRESH = 0.25
"""Seconds between two looks at what has come."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the demo has set up."""

    broker: LocalBroker
    cloud: Cloud
    clock: ScaledClock
    witness: Witness
    daemon: Daemon
    task: "asyncio.Task[int]"

    @property
    def device_ids(self) -> Sequence[str]:
        """Every device that must appear, from what the simulated cloud holds, not from what the bridge found."""
        ids = []
        for plant in self.cloud.plants.values():
            ids.append(f"growatt_plant_{plant.id}")
            for spec in plant.devices:
                ids.append(f"growatt_{spec.serial}")
                if spec.battery_serial:
                    ids.append(f"growatt_{spec.battery_serial}")
        return ids


def configuration(broker: LocalBroker, cloud: str, folder: Path) -> Config:
    """Return the configuration of the demo: one account, everything else at its default."""
    account = {"provider": "growatt", "username": USER, "password": PASSWORD, "server_url": cloud, "budget": BUDGET}
    return Config.model_validate(
        {
            "accounts": {ACCOUNT: account},
            "mqtt": {"host": HOST, "port": broker.port, "protocol": broker.protocol},
            "web": {"port": 0},
            "log": {"level": "warning"},
            "commands": {"enabled": True, "ttl": LONGEST_TTL},  # by the demo's clock, on which a minute flies by
            "state": folder,
        }
    )


@asynccontextmanager
async def set_up(*, speed: float, embedded: bool) -> AsyncIterator[Stage]:
    """Start broker, cloud, witness and bridge; end them in the opposite order."""
    clock = ScaledClock(BEGIN, speed)
    cloud = Cloud(clock)
    with TemporaryDirectory(prefix="heliopost-demo-") as folder:
        async with local_broker(embedded=embedded) as broker, serve(cloud) as address, Witness(broker) as witness:
            config = configuration(broker, address, Path(folder))
            logs.configure(config.log, config.secrets())
            daemon = Daemon(config, clock=clock)
            task = asyncio.create_task(daemon.run(), name="daemon")
            try:
                yield Stage(broker, cloud, clock, witness, daemon, task)
            finally:
                daemon.stop()
                await task


def facts(stage: Stage) -> Facts:
    """Return what there is to show, all of it as a stranger at the broker has seen it."""
    witness, ids = stage.witness, stage.device_ids
    rows = []
    for device_id in ids:
        values, attributes = witness.state(device_id), witness.document(f"heliopost/device/{device_id}/attributes")
        rows.append(
            Row(
                device_id,
                attributes,
                values,
                announced=bool(witness.announcement(device_id)),
                published=witness.knows(device_id),
            )
        )
    return Facts(stage.clock.now(), rows, witness.account(ACCOUNT), witness.count)


def addresses(stage: Stage) -> list[str]:
    """Return the lines that say where to look."""
    package = "" if shutil.which("mosquitto_sub") else "   (from the package mosquitto-clients)"
    web = f"http://{HOST}:{stage.daemon.web_port}"
    battery = next(
        each.serial for plant in stage.cloud.plants.values() for each in plant.devices if each.family == "noah"
    )
    change = f"heliopost/device/growatt_{battery}/default_power/set"
    return [
        f"broker   {HOST}:{stage.broker.port} ({stage.broker.name}, MQTT {stage.broker.protocol})",
        f"listen   mosquitto_sub -h {HOST} -p {stage.broker.port} -t 'heliopost/#' -v{package}",
        f"change   mosquitto_pub -h {HOST} -p {stage.broker.port} -t {change} -m 300",
        f"health   {web}/health",
        f"metrics  {web}/metrics",
    ]


async def play(stage: Stage, seconds: float | None) -> None:
    """Show what comes until the time is over, or the bridge has been told to end."""
    ready = asyncio.create_task(stage.daemon.ready.wait(), name="ready")
    await asyncio.wait({ready, stage.task}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if stage.task.done():
        return
    with suppress(ValueError):  # not in the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stage.daemon.stop)  # the terminal was closed
    with open_view(addresses(stage), sys.stdout) as show:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not stage.task.done():
                    show(facts(stage))
                    await asyncio.wait({stage.task}, timeout=REFRESH)
        show(facts(stage))


async def perform(seconds: float | None, *, speed: float, embedded: bool) -> int:
    """Run the demo; return 0, or 1 if it was to end by itself and a device had not been published and announced."""
    async with set_up(speed=speed, embedded=embedded) as stage:
        await play(stage, seconds)
        lacking = stage.witness.missing(stage.device_ids)
    if seconds is None:
        return 0
    for device_id, what in lacking.items():
        print(f"{device_id}: no {what} was seen on the broker", file=sys.stderr)
    count = len(stage.device_ids)
    print(f"{count - len(lacking)} of {count} devices were published and announced.")
    return 1 if lacking else 0


def run(seconds: float | None = None, *, speed: float = SPEED, embedded: bool = False) -> int:
    """Run the demo until Ctrl-C, or for `seconds`; return the exit code."""
    try:
        return asyncio.run(perform(seconds, speed=speed, embedded=embedded))
    except NoBroker as error:
        print(f"heliopost demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
