"""Looks after what has been written, until it is seen or the last look has passed."""

import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import structlog

from app.bridge import Bridge
from app.clock import Clock
from app.commands.door import Door, Reach
from app.commands.journal import Command, Journal, Stage, Status
from app.commands.offers import Offers
from app.commands.values import arrived, said
from app.errors import ProviderError
from app.model import Device, Reading, Setting, Value

log = structlog.get_logger()

SHOWN: Final = timedelta(hours=1)
"""How often settings are read anyway: what a look has shown stays known for three times as long."""
NONE: Final = timedelta()

End = Callable[[Command, Status, str, str], None]
"""Ends a command: status, code, message."""


async def look(bridge: Bridge, door: Door, device: Device, setting: Setting) -> Mapping[str, Reading]:
    """Ask how a setting stands, and let everybody know; raise ProviderError where the vendor does not say."""
    readings = await door.provider.inspect(device, setting)
    await bridge.deliver(readings, SHOWN, live=False, account=door.account, asked=True)
    return {reading.point.key: reading for reading in readings if reading.device_id == device.id}


class Verifier:
    """Reads back what has been sent."""

    def __init__(self, offers: Offers, journal: Journal, bridge: Bridge, reach: Reach, clock: Clock, end: End) -> None:
        """`end` is told how each command has ended, once."""
        self._offers, self._journal, self._bridge = offers, journal, bridge
        self._reach, self._clock, self._end = reach, clock, end
        self._watched: dict[str, list[Command]] = {}
        """By device: what is being read back."""

    def outdate(self, fresh: Sequence[Command]) -> None:
        """Note what is still being read back and has just been written over; end what has nothing left to look for."""
        for command in list(self._watched.get(fresh[0].device, ())):
            keys = _outdated(command, fresh)
            if command.final or not keys:
                continue
            command.overruled = sorted(keys.union(command.overruled))
            if len(command.overruled) == len(command.requested):
                text = "a newer command has changed it again before it could be read back"
                self._end(command, Status.SUPERSEDED, "superseded", text)
            else:
                with suppress(sqlite3.Error):  # it is noted again at the next look
                    self._journal.save(command)

    def waits_for_other(self, device: str, values: Mapping[str, Value]) -> bool:
        """Return whether something else was just written to one of these points: a cloud may still show the old."""
        watched = [each for each in self._watched.get(device, ()) if not each.final]
        return any(each.requested.get(key, value) != value for each in watched for key, value in values.items())

    def verify(self, commands: Sequence[Command], setting: Setting | None = None) -> Coroutine[Any, Any, None]:
        """Look after commands of one write at the moments of `read_back`; from now on newer ones can outdate them.

        Without `setting` they are of before a restart: it is found as soon as the account knows the device again.
        """
        self._watched.setdefault(commands[0].device, []).extend(commands)
        return self._verify(commands, setting)

    async def _verify(self, commands: Sequence[Command], setting: Setting | None) -> None:
        try:
            for wait in self._waits(commands[0], resumed=setting is None):
                if not self._go_on(commands, setting):
                    return
                await self._clock.sleep(wait)
                setting = setting or self._offers.find(commands[0].device, commands[0].key)[0]
                if setting is not None and self._go_on(commands, setting):
                    await self._read_back(setting, [command for command in commands if not command.final])
            for command in commands:
                if not command.final:
                    self._unseen(command)
        finally:
            device = commands[0].device
            rest = [each for each in self._watched.pop(device, ()) if not any(each is mine for mine in commands)]
            if rest:
                self._watched[device] = rest

    def _waits(self, first: Command, *, resumed: bool) -> Iterator[timedelta]:
        """Return how long to wait before each look: spans of time, for the clock may be set meanwhile."""
        spans = self._offers.settings.read_back
        passed = NONE
        if resumed:
            yield NONE
            passed = max(self._clock.now() - first.sent, NONE) if first.sent else NONE
            passed = NONE if passed >= spans[-1] else passed  # the bridge has been away for long: from the beginning
        for span in spans:
            if span > passed:
                yield span - passed
                passed = span

    def _go_on(self, commands: Sequence[Command], setting: Setting | None) -> bool:
        """End what nobody wants to look after, or nobody can; note the others, and return whether there are any."""
        live = [command for command in commands if not command.final]
        for command in live:
            if setting is not None and not (setting.reads_back and (command.verify or command.doubtful)):
                self._blind(command)
            else:
                command.stage = Stage.VERIFYING
        rest = [command for command in live if not command.final]
        with suppress(sqlite3.Error):  # after a restart the looks begin anew
            self._journal.save(*rest)
        return bool(rest)

    def _blind(self, command: Command) -> None:
        if command.doubtful:
            text = f"{command.message or LOST}; it cannot be read back, so look whether it was carried out"
            self._end(command, Status.FAILED, "vendor_unreachable", text)
        else:
            self._yes(command, Status.UNCONFIRMED, "not_verified", "the vendor has said yes; it was not read back")

    def _yes(self, command: Command, status: Status, code: str, text: str) -> None:
        """End what has come through, as far as no newer command wanted something else."""
        if command.overruled:
            why = f"a newer command wanted something else of {', '.join(command.overruled)}"
            self._end(command, Status.SUPERSEDED, "superseded", why)
        else:
            self._end(command, status, code, text)

    async def _read_back(self, setting: Setting, live: Sequence[Command]) -> None:
        device = self._bridge.store.device(live[0].device)
        door = self._reach(device) if device else None
        if device is None or door is None:
            return
        door, setting = door.through(device, setting)
        try:
            async with door.turn.taken(urgent=True):
                door.turn.owed = True
                found = await look(self._bridge, door, device, setting)
        except ProviderError as error:
            log.info("read_back_failed", device=device.id, setting=setting.key, reason=str(error))
            return
        except Exception:  # a look that fails over what nobody foresaw is a look that has shown nothing
            log.exception("read_back_failed", device=device.id, setting=setting.key)
            return
        # By how much our clock is ahead, where the provider knows it: what writes need not know it.
        ahead: timedelta = getattr(door.provider, "clock_offset", None) or NONE
        points = {point.key: point for point in setting.points}
        for command in live:
            if command.final:
                continue
            command.looks += 1
            seen = {key: found[key] for key in command.requested if key in found and key in points}
            command.observed = {key: each.value for key, each in seen.items() if _fresh(each, command, ahead)}
            since = self._clock.now() - command.sent if command.sent else NONE
            wanted = {key: value for key, value in command.requested.items() if key not in command.overruled}
            if all(
                key in points
                and arrived(points[key], value, command.observed.get(key), command.previous.get(key), since)
                for key, value in wanted.items()
            ):
                self._yes(command, Status.CONFIRMED, "confirmed", "")

    def _unseen(self, command: Command) -> None:
        """End what the last look has not shown."""
        if command.doubtful:
            seen = "read back since, it has not changed" if command.observed else "it could not be read back either"
            self._end(command, Status.FAILED, "vendor_unreachable", f"{command.message or LOST}; {seen}")
        elif command.observed:
            stands = ", ".join(f"{key} is {said(value)}" for key, value in command.observed.items())
            text = f"the vendor has said yes, but {stands}: it may be overridden, or the device offline"
            self._end(command, Status.UNCONFIRMED, "verify_mismatch", text)
        else:
            text = "the vendor has said yes, but has not shown it in time"
            self._end(command, Status.UNCONFIRMED, "verify_timeout", text)


LOST: Final = "the answer of the vendor was lost"


def _outdated(command: Command, fresh: Sequence[Command]) -> set[str]:
    """Return the keys of which the device stands otherwise than a command wanted because of newer ones."""
    wanted = command.requested.items()
    others = [newer for newer in fresh if newer is not command]
    return {key for key, value in wanted if any(newer.requested.get(key, value) != value for newer in others)}


def _fresh(reading: Reading, command: Command, ahead: timedelta) -> bool:
    """Return whether a reading is of after the write: what a vendor remembers of before confirms nothing.

    Vendors stamp whole seconds, by their own clock.
    """
    if not reading.timed or command.sent is None:
        return True
    return reading.at >= (command.sent - ahead).replace(microsecond=0)
