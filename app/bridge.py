"""The middle: readings come in, are mended, judged and remembered, and what is new goes out to every sink."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Final

import structlog

from app import points
from app.clock import Clock
from app.corrections import Corrections
from app.derived import Accumulator
from app.model import AccountStatus, CommandStatus, Device, Event, Reading
from app.plausibility import Plausibility
from app.sinks import News, Sink
from app.sources import Delivery
from app.store import Store, Update

log = structlog.get_logger()

AT_ONCE: Final = 20
"""Devices of a feed that are taken in without giving others a turn: some 10 ms, and a command shall not wait longer."""


class Bridge:
    """Hands what is new to every sink."""

    def __init__(
        self,
        store: Store,
        sinks: Sequence[Sink],
        plausibility: Plausibility,
        accumulator: Accumulator,
        clock: Clock,
        failed: Callable[[str], None],
    ) -> None:
        """`failed` is told the name of a sink that could not take a piece of news."""
        self.store = store
        self.corrections = Corrections({})
        self.names: Mapping[str, str] = {}
        """What the owner calls devices, by their id, instead of what the vendor does."""
        self.accounts: dict[str, AccountStatus] = {}
        self._sinks = sinks
        self._plausibility = plausibility
        self._accumulator = accumulator
        self._clock = clock
        self._failed = failed
        self._broken: set[str] = set()
        self._problems: dict[str, bool] = {}
        """What was last known of each device's problem."""
        self._turn = asyncio.Lock()  # or a slow poll could publish over a newer read-back

    def resume(self) -> None:
        """Take up what the store has kept over a restart: a fault that goes on is no event."""
        for device in self.store.devices:
            reading = self.store.latest(device.id).get(points.PROBLEM.key)
            self._problems[device.id] = reading is not None and reading.value is True

    async def deliver(
        self,
        readings: Iterable[Reading],
        every: timedelta,
        *,
        live: bool = True,
        account: str = "",
        asked: bool = False,
    ) -> None:
        """Take in what a feed that is read `every` so often has given, and pass on the news.

        `account` has read it (it may be left out where only one sees the devices); `asked` because of a command.
        """
        delivery = Delivery(account, self._clock.now(), every, live, asked)
        waiting = False
        for part in _parts(self.corrections.apply(readings)):
            if waiting:
                await asyncio.sleep(0)
            waiting = True
            async with self._turn:
                believed = self._believed(part, delivery)
                await self._tell(self.store.update(believed, delivery.at, every, live=live))

    async def _tell(self, updates: Iterable[Update]) -> None:
        for update in updates:
            await self._pass_on(update)
            for event in self._faults(update):
                await self._pass_on(event)

    def _believed(self, readings: Iterable[Reading], delivery: Delivery) -> Iterable[Reading]:
        now, account, sources = delivery.at, delivery.account, self.store.sources
        believe = self._plausibility.believe
        for owner, group in groupby(readings, key=_owner):
            device = self.store.device(owner)
            if device is None:
                continue
            if sources.shared(owner):
                given = replace(delivery, account=account or device.account)
                yield from self._best_of(device, group, given)
            elif not account or account == device.account:
                for reading in group:
                    if believe(device, reading, now):
                        yield from self._added_up(device, reading)

    def _best_of(self, device: Device, readings: Iterable[Reading], delivery: Delivery) -> Iterable[Reading]:
        """Yield what counts of an account's readings of a device that others see too."""
        judge, sources, account = self._plausibility, self.store.sources, delivery.account
        sums = {points.TOTAL_OF[key].key for key in device.accumulate if key in points.TOTAL_OF}
        for reading in readings:
            if reading.point.key in sums or not judge.believe(device, reading, delivery.at, account):
                continue
            best = sources.take(reading, delivery)
            if best is None:
                judge.pass_over(device, reading.point, account)
            else:
                yield from self._shown(device, best, account)

    def _shown(self, device: Device, reading: Reading, account: str) -> Iterable[Reading]:
        """Yield a shared device's reading, which counts, unless its energy has to wait for what is shown."""
        sources = self.store.sources
        if self._plausibility.follow(device, reading, account, sources.shown(device.id, reading.point.key)):
            sources.show(reading, account)
            yield from self._added_up(device, reading)

    def _added_up(self, device: Device, reading: Reading) -> Iterable[Reading]:
        """Yield a reading, and the counter that the bridge keeps of it."""
        yield reading
        key = reading.point.key
        if key in device.accumulate:
            total = self._accumulator.add(device, reading, self._plausibility.resets(device.id, key))
            if total is not None:
                yield total

    def _faults(self, update: Update) -> Iterable[Event]:
        """Return the events behind a problem that has come or gone."""
        key = points.PROBLEM.key
        if key not in update.changed:
            return
        problem, before = update.values[key], self._problems.get(update.device.id, False)
        if problem is None or problem is before:
            return  # a sleeping inverter's problem is unknown: neither come nor gone
        self._problems[update.device.id] = problem is True
        details = {
            name: value
            for name in (
                points.FAULT.key,
                points.FAULT_CODE.key,
                points.WARNING.key,
                points.WARNING_CODE.key,
                points.STATUS.key,
            )
            if (value := update.values.get(name)) is not None
        }
        kind = "fault_raised" if problem else "fault_cleared"
        log.warning(kind, device=update.device.id, **details) if problem else log.info(kind, device=update.device.id)
        yield Event(update.device, kind, details, self._clock.now())

    async def tell(self, news: Event | CommandStatus) -> None:
        """Pass on something that happened."""
        async with self._turn:
            await self._pass_on(news)

    async def found(self, device: Device) -> None:
        """Take in what an account says of a device."""
        async with self._turn:
            known, sources = self.store.device(device.id), self.store.sources
            if sources.shared(device.id):
                device = sources.see(device)
            elif known is not None and known.account != device.account:
                device = self._share(known, device)
            await self._put(device)

    async def _put(self, device: Device) -> None:
        device = replace(device, name=self.names.get(device.id, device.name))
        update = self.store.put(device, self._clock.now())
        if update is not None:
            await self._pass_on(update)

    def _share(self, known: Device, device: Device) -> Device:
        """Take in that another account sees a device too; return what is to be said of it."""
        sources = self.store.sources
        sources.share(known, device, self.store.summed(known))
        sources.seed(device.id, [(known.account, offer) for offer in self.store.offers(device.id)])
        self._plausibility.branch(device.id, known.account)
        log.info("device_shared", device=device.id, accounts=sources.accounts(known))
        return sources.merged(device.id)

    async def lost(self, device_id: str, account: str = "") -> None:
        """Take in that an account has lost a device; forget it unless others see it.

        Without an account, whoever sees it has lost it.
        """
        async with self._turn:
            sources, known = self.store.sources, self.store.device(device_id)
            if account and known is not None and account not in sources.accounts(known):
                return
            if account and sources.shared(device_id):
                self._plausibility.end(device_id, account)
                left = sources.unsee(device_id, account)
                if left is not None:
                    await self._put(left)
                    await self._fill_in(device_id)
                    return
            gone = self.store.remove(device_id)
            self._plausibility.forget(device_id)
            self._accumulator.forget(device_id)
            if gone is not None:
                log.info("device_gone", device=device_id)
                await self._pass_on(gone)

    async def rank(self) -> None:
        """Go by another order of the accounts: whose word counts where several see a device."""
        async with self._turn:
            for device_id in self.store.sources.all_shared:
                await self._put(self.store.sources.merged(device_id))

    async def _fill_in(self, device_id: str) -> None:
        """Show other accounts' values in the place of what is not fresh any more."""
        now, sources, device = self._clock.now(), self.store.sources, self.store.device(device_id)
        if device is None:
            return
        for account, offer in list(sources.lapsed(device_id, now)):
            reading = self._shown(device, offer.reading, account)
            await self._tell(self.store.update(reading, now, offer.every, live=offer.live, until=offer.until))
        left = sources.settled(device_id, now)
        if left is not None:
            self._plausibility.end(device_id, left)

    async def report(self, status: AccountStatus) -> None:
        """Pass on how an account is."""
        async with self._turn:
            self.accounts[status.account] = status
            await self._pass_on(status)

    async def replay(self) -> None:
        """Pass on everything known: the broker or Home Assistant has been away."""
        async with self._turn:
            for status in self.accounts.values():
                await self._pass_on(status)
            for update in self.store.everything(self._clock.now()):
                await self._pass_on(update)

    async def tick(self) -> None:
        """Pass on what time alone has changed: what is too old to be true."""
        async with self._turn:
            for device_id in self.store.sources.all_shared:
                await self._fill_in(device_id)
            for update in self.store.tick(self._clock.now()):
                await self._pass_on(update)

    async def _pass_on(self, news: News) -> None:
        for sink in self._sinks:
            name = type(sink).__name__
            try:
                await sink.publish(news)
            except Exception:  # a broken outlet must not stop the others
                self._failed(name)
                if name not in self._broken:
                    self._broken.add(name)
                    log.exception("sink_failed", sink=name)
            else:
                if name in self._broken:
                    self._broken.discard(name)
                    log.info("sink_recovered", sink=name)


def _parts(readings: Iterable[Reading]) -> Iterable[Sequence[Reading]]:
    """Yield readings some devices at a time."""
    part: list[Reading] = []
    devices, owner = 0, ""
    for reading in readings:
        if reading.device_id != owner:
            owner = reading.device_id
            devices += 1
            if devices > AT_ONCE:
                yield part
                part, devices = [], 1
        part.append(reading)
    if part:
        yield part


def _owner(reading: Reading) -> str:
    return reading.device_id
