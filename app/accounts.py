"""The accounts that run: each a provider, a poller and its scheduled reads; opened, closed and exchanged by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import structlog
from aiohttp import BaseConnector

from app import pace, providers
from app.bridge import Bridge
from app.clock import Clock
from app.commands import Door
from app.config import AccountSection, Config
from app.errors import BridgeError, BudgetSpent
from app.metrics import Metrics
from app.model import AccountState, AccountStatus, Device
from app.pace import DISCOVERY, Cadence, Night
from app.poller import Poller, Terms
from app.providers import Account, Writing
from app.state import State, StateLedger
from app.turn import Turn

log = structlog.get_logger()

SPREAD = timedelta(seconds=2)
"""Accounts and feeds do not all start in the same instant."""

Schedule = Callable[[str, datetime, Callable[[], Awaitable[object]]], None]
"""Runs something once at a moment of the clock; the same name again replaces it."""


def ranking(config: Config) -> Sequence[str]:
    """Return the accounts by priority, the best first; those of equal priority as the configuration has them."""
    return sorted(config.accounts, key=lambda name: -config.accounts[name].settings.priority)


@dataclass(slots=True)
class Running:
    """One account that runs."""

    section: AccountSection
    poller: Poller
    stack: AsyncExitStack
    asked: datetime | None = None
    """When somebody last asked for a poll now."""


class Purse:
    """What a provider spends from: polls leave a reserve to commands, and commands half of the budget to polls.

    What follows from a write that was allowed (looking after it, taking it back) counts as commands' spending and is
    not held up. What commands have spent is counted since the start of the bridge.
    """

    def __init__(self, account: str, ledger: StateLedger, turn: Turn) -> None:
        """`turn` says whether a command is being carried out."""
        self._account, self._ledger, self._turn = account, ledger, turn
        self._ends, self._commanded = ledger.ends, 0
        """The end of the day that is counted, and what commands have spent in it."""

    def spend(self, call: str) -> None:
        """Count one call just before it is sent; raise BudgetSpent when none is left for it."""
        kept = pace.reserve(self._ledger.budget)
        if not self._turn.urgent and self._ledger.spent >= self._ledger.budget - kept:
            msg = (
                f"today's budget of {self._ledger.budget} calls is spent, but for {kept} that are left to commands;"
                f" raise accounts.{self._account}.budget only with care"
            )
            raise BudgetSpent(msg, self._ledger.ends)
        if self._ends != self._ledger.ends:
            self._ends, self._commanded = self._ledger.ends, 0
        half = (self._ledger.budget + 1) // 2
        if self._turn.urgent and not self._turn.owed and self._commanded >= half:
            msg = (
                f"commands have spent {half} calls today, half of the account's budget of {self._ledger.budget}; the"
                " rest is for reading, and commands rest until midnight UTC: send fewer of them"
            )
            raise BudgetSpent(msg, self._ledger.ends)
        self._ledger.spend(call)
        self._commanded += self._turn.urgent


class Accounts:
    """Opens and closes accounts."""

    def __init__(
        self,
        bridge: Bridge,
        state: State,
        connector: BaseConnector,
        *,
        clock: Clock,
        metrics: Metrics,
        schedule: Schedule,
        unschedule: Callable[[str], None],
        rng: Random,
    ) -> None:
        """`unschedule` forgets a name that was given to `schedule`."""
        self._bridge, self._state, self._connector = bridge, state, connector
        self._clock, self._metrics, self._rng = clock, metrics, rng
        self._schedule, self._unschedule = schedule, unschedule
        self._running: dict[str, Running] = {}
        self._write_via: Sequence[str] = ()
        self._own_way: Mapping[str, str] = {}
        """By device: the one account that it is written through."""

    @property
    def running(self) -> Mapping[str, Running]:
        """The accounts that run, by name."""
        return self._running

    @property
    def accounts(self) -> Mapping[str, AccountStatus]:
        """How each of them is at this moment, by name."""
        return {name: running.poller.status for name, running in self._running.items()}

    async def renew(self) -> None:
        """Have those tell how they are that time alone has changed, as a new day's budget does."""
        for running in list(self._running.values()):
            await running.poller.renew()

    async def start(self, name: str, section: AccountSection, night: Night) -> None:
        """Open an account without any vendor call, and schedule its reads from now on."""
        stack = AsyncExitStack()
        settings = section.settings
        vault = self._state.vault(name)
        ledger = self._state.ledger(
            name, settings.budget, self._clock, lambda call: self._metrics.calls.labels(name, call).inc()
        )
        turn = Turn()

        async def give_way() -> None:
            await poller.give_way()

        account = Account(
            name,
            self._clock,
            vault,
            Purse(name, ledger, turn),
            self._connector,
            self._state.install_id,
            give_way,
        )
        provider = await stack.enter_async_context(providers.load(settings.provider).open(settings, account))
        cadences = {feed: Cadence(wish.every, wish.night) for feed, wish in section.poll.items()}
        terms = Terms(name, settings.provider, cadences, night)
        poller = Poller(
            terms, provider, self._bridge, ledger, vault, clock=self._clock, metrics=self._metrics, turn=turn
        )
        self._running[name] = Running(section, poller, stack)
        await poller.announce()
        now = self._clock.now()
        for number, feed in enumerate(poller.names()):
            delay = timedelta() if feed == DISCOVERY.name else SPREAD * (0.1 * number + self._rng.random() * 0.1)
            self._plan(poller, feed, now + delay)

    def _plan(self, poller: Poller, feed: str, due: datetime) -> None:
        async def run() -> None:
            self._plan(poller, feed, await poller.poll(feed))

        if self._running.get(poller.account) and self._running[poller.account].poller is poller:
            self._schedule(f"{poller.account}/{feed}", due, run)

    async def stop(self, name: str) -> None:
        """Close an account."""
        running = self._running.pop(name)
        for feed in running.poller.names():
            self._unschedule(f"{name}/{feed}")
        await running.poller.close()
        await running.stack.aclose()

    async def close(self) -> None:
        """Close all accounts."""
        for name in list(self._running):
            await self.stop(name)

    async def poll(self, name: str) -> datetime | None:
        """Read all of an account's feeds now; return when it is next due."""
        poller = self._running[name].poller
        dues = []
        for feed in poller.names():
            if feed != DISCOVERY.name:
                dues.append(await poller.poll(feed))
                self._plan(poller, feed, dues[-1])
        return min(dues, default=None)

    async def rediscover(self, name: str) -> None:
        """Read an account's list of devices now."""
        poller = self._running[name].poller
        self._plan(poller, DISCOVERY.name, await poller.poll(DISCOVERY.name))

    async def exchange(self, config: Config, night: Night) -> Mapping[str, list[str]]:
        """Bring the running accounts in line with a new configuration; return what was started, stopped, restarted."""
        done: dict[str, list[str]] = {"started": [], "stopped": [], "restarted": [], "failed": []}
        self.configure(config)
        await self._bridge.rank()
        for name in list(self._running):
            if name not in config.accounts:
                await self.stop(name)
                for device in self._bridge.store.devices:
                    await self._bridge.lost(device.id, name)
                self._bridge.accounts.pop(name, None)
                done["stopped"].append(name)
        for name, section in config.accounts.items():
            running = self._running.get(name)
            if running is not None and running.section == section:
                continue
            if running is not None:
                await self.stop(name)
            try:
                await self.start(name, section, night)
            except BridgeError as error:
                log.error("account_not_started", account=name, reason=str(error))
                done["failed"].append(name)
            else:
                done["restarted" if running else "started"].append(name)
        return done

    def configure(self, config: Config) -> None:
        """Take up the order of the accounts, and through which of them devices are written."""
        self._bridge.store.sources.ranking = ranking(config)
        self._write_via = config.commands.write_via
        self._own_way = {name: own.write_via for name, own in config.devices.items() if own.write_via}

    def reach(self, device: Device) -> Door | None:
        """Return the way to the account that a device is written through, or None where there is none now.

        Behind it stand the other accounts that see the device, for settings that the first does not offer, unless the
        owner has said through which it is to be written.
        """
        doors = [door for name in self._ways(device) if (door := self._door(name)) is not None]
        writable = [door for door in doors if not self._running[door.account].poller.provider.read_only]
        if not doors:
            return None
        best, *others = writable or doors
        return replace(best, others=tuple(others)) if others else best

    def _ways(self, device: Device) -> Sequence[str]:
        """Return the accounts that a device may be written through, the best first."""
        seen = self._bridge.store.sources.accounts(device)
        if own := self._own_way.get(device.id):
            return [own] if own in seen else []
        return [name for name in self._write_via if name in seen] or sorted(seen, key=self._shut)

    def _shut(self, name: str) -> bool:
        """Return whether an account is known to carry nothing out now."""
        running = self._running.get(name)
        return running is None or running.poller.status.state in (AccountState.LOCKED, AccountState.AUTH_FAILED)

    def _door(self, name: str) -> Door | None:
        running = self._running.get(name)
        if running is None or not isinstance(running.poller.provider, Writing):
            return None
        return Door(name, running.poller.provider, running.poller.turn)

    def raw(self) -> Mapping[str, object]:
        """Return the vendors' last answers, masked, by account."""
        return {name: running.poller.provider.raw() for name, running in self._running.items()}
