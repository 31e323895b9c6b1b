"""Every trial here runs for each release that this machine can have; a park and a Home Assistant serve many of them."""

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from trials.homeassistant import announced
from trials.homeassistant.announced import Announced, Entity
from trials.homeassistant.instance import Instance, set_up, started, until
from trials.homeassistant.releases import NEW, OLD, InstallationError, Release, Unavailable, installed
from trials.park import Park, park

SECONDS = 300
"""A trial may take so long, with the start of what it needs; `make test-ha` installs everything before."""
DEVICES = 27
"""The simulated park: the bridge, seven plants, eight loggers, ten inverters and NOAHs, a battery."""
COMMANDS = {"enabled": True, "read_back": ["1s", "3s", "6s"], "merge": "1500ms", "pause": "0s"}
"""Settings are controls, and what becomes of them is seen soon: the simulated cloud shows it at once."""
QUIET = 10
"""So many looks in a row (half a second each) must see the same before a park counts as announced."""
USERS = {"heliopost": "the bridge's word", "homeassistant": "Home Assistant's word"}
ACL = (Path(__file__).parents[2] / "deploy" / "mosquitto" / "acl").read_text(encoding="utf-8")
"""The rights of the compose stack: what it does not allow would show here."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SECONDS))
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the very end what was not tried, so that nobody takes it for proven."""
    for version in (OLD, NEW):
        try:
            installed(version)
        except (Unavailable, InstallationError) as reason:
            terminalreporter.section(f"Home Assistant {version} was NOT tried", sep="!", red=True, bold=True)
            terminalreporter.write_line(str(reason))


@pytest.fixture(scope="session", params=[OLD, NEW])
def release(request: pytest.FixtureRequest) -> Iterator[Release]:
    """A release that is installed; what this machine cannot have is skipped with the reason, and again at the end."""
    try:
        yield installed(request.param)
    except Unavailable as reason:
        pytest.skip(f"Home Assistant {request.param}: {reason}")


@dataclass
class World:
    """A whole park beside a Home Assistant that was set up as the compose stack sets it up."""

    park: Park
    home: Instance
    broker_file: Path
    """What the broker keeps on disk."""
    ears: contextlib.AsyncExitStack
    expected: int = DEVICES
    """So many devices are to be announced."""
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def announced(self) -> Announced:
        """What is announced now."""
        return announced.read(self.park.announcements())

    @property
    def bridge(self) -> str:
        """The identifier of the bridge's own device."""
        return next(name for name in self.announced.devices if name.startswith("heliopost_"))

    async def whole(self) -> None:
        """Wait until every device of the park is announced, and nothing was added for a while."""
        known: list[int] = []

        async def settled() -> bool:
            announced = self.announced
            known.append(len(announced.entities) if len(announced.devices) == self.expected else 0)
            return len(known) > QUIET and known[-1] > 0 and len(set(known[-QUIET:])) == 1

        await until("the whole park is announced", settled, step=0.5)

    async def new_ear(self) -> None:
        """Listen again, after the broker has been away."""
        listening = self.park.broker.ear(username="heliopost", password=USERS["heliopost"])
        self.park.ear = await self.ears.enter_async_context(listening)

    async def restart_bridge(self, **homeassistant: Any) -> None:
        """Start the bridge anew, with other settings in the section `homeassistant`."""
        bridge = self.park.bridge
        await bridge.stop()
        bridge.configuration["homeassistant"] = {"birth_jitter": "0s", **homeassistant}
        await bridge.start()
        await bridge.ready()

    async def registered(self, limit: float = 60) -> dict[str, dict[str, Any]]:
        """Wait until the registry has all that is announced and nothing else, and return its entities."""

        async def same() -> dict[str, dict[str, Any]] | None:
            entities = await self.home.entities()
            return entities if entities.keys() == self.announced.entities.keys() else None

        found: dict[str, dict[str, Any]] = await until("the registry has what is announced", same, limit)
        return found

    async def wrong(self, *, of_points: bool = False) -> list[str]:
        """Return what is wrong with the states now; `of_points` leaves out the bridge's own."""
        entities, bridge = await self.home.entities(), self.bridge

        def wanted(entity: Entity) -> bool:
            return not of_points or entity.device != bridge

        return announced.wrong_states(self.announced, self.park.ear.last, await self.home.states(), entities, wanted)

    async def right(self, limit: float = 60, *, of_points: bool = False) -> None:
        """Wait until every state is what was heard."""
        wrong: list[str] = []

        async def none() -> bool:
            nonlocal wrong
            wrong = await self.wrong(of_points=of_points)
            return not wrong

        try:
            await until("states", none, limit, 0.5)
        except AssertionError:
            pytest.fail("\n".join(wrong[:20]) + f"\n({len(wrong)} wrong)")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(release: Release) -> AsyncIterator[World]:
    """The park with all families of devices, and Home Assistant beside it."""
    with tempfile.TemporaryDirectory(prefix="heliopost-broker-") as name:
        memory = Path(name)
        memory.chmod(0o777)  # as root, mosquitto becomes a user of its own
        options = ["persistence true", f"persistence_location {memory}/"]
        broker = {"users": USERS, "acl": ACL, "options": options}
        login = {"username": "heliopost", "password": USERS["heliopost"], "will_delay": "1s", "keepalive": 600}
        async with (
            started(release) as home,
            park(broker=broker, mqtt=login, commands=COMMANDS) as whole,
            contextlib.AsyncExitStack() as ears,
        ):
            it = World(whole, home, memory / "mosquitto.db", ears)
            begin = time.monotonic()
            code, said, complaint = await set_up(home, access(whole))
            assert (code, complaint) == (0, ""), said
            await home.log_in()
            await it.whole()
            await it.registered()
            it.figures["all entities after"] = time.monotonic() - begin
            it.figures["MB with all entities"] = home.memory()
            yield it
            print(f"\nHome Assistant {release.version}: {it.figures}")


def access(whole: Park) -> dict[str, str]:
    """Return what the set-up is told of the broker."""
    return {
        "host": whole.broker.host,
        "port": str(whole.broker.port),
        "username": "homeassistant",
        "password": USERS["homeassistant"],
    }
