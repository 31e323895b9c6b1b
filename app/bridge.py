"""The middle: readings come in, are mended, judged and remembered, and what is new goes out to every sink."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import structlog

from app import points
from app.clock import Clock
from app.corrections import Corrections
from app.derived import Accumulator
from app.model import AccountStatus, CommandStatus, Device, Event, Reading
from app.plausibility import Plausibility
from app.sinks import News, Sink
from app.store import Store, Update

log = structlog.get_logger()


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

    async def deliver(self, readings: Iterable[Reading], every: timedelta, *, live: bool = True) -> None:
        """Take in what a feed that is read `every` so often has given, and pass on the news."""
        believed = self._believed(self.corrections.apply(readings))
        async with self._turn:
            for update in self.store.update(believed, self._clock.now(), every, live=live):
                await self._pass_on(update)
                for event in self._faults(update):
                    await self._pass_on(event)

    def _believed(self, readings: Iterable[Reading]) -> Iterable[Reading]:
        now = self._clock.now()
        believe, add_up, resets = self._plausibility.believe, self._accumulator.add, self._plausibility.resets
        for owner, group in groupby(readings, key=_owner):
            device = self.store.device(owner)
            if device is None:
                continue
            for reading in group:
                if not believe(device, reading, now):
                    continue
                yield reading
                key = reading.point.key
                if key in device.accumulate and (total := add_up(device, reading, resets(owner, key))) is not None:
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

    async def found(self, device: Device) -> bool:
        """Take in a device or what is new about it; return False if another account already brings it."""
        device = replace(device, name=self.names.get(device.id, device.name))
        known = self.store.device(device.id)
        if known is not None and known.account != device.account and known.account in self.accounts:
            return False
        async with self._turn:
            update = self.store.put(device, self._clock.now())
            if update is not None:
                await self._pass_on(update)
        return True

    async def lost(self, device_id: str) -> None:
        """Forget a device that is no longer there."""
        async with self._turn:
            gone = self.store.remove(device_id)
            self._plausibility.forget(device_id)
            self._accumulator.forget(device_id)
            if gone is not None:
                log.info("device_gone", device=device_id)
                await self._pass_on(gone)

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


def _owner(reading: Reading) -> str:
    return reading.device_id
