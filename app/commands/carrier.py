"""One write, from the look before it to the look after it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.bridge import Bridge
from app.clock import Clock
from app.commands.checks import conflict
from app.commands.journal import Command, Journal, Stage, Status
from app.commands.settings import CommandSettings
from app.commands.values import same
from app.errors import (
    AuthFailed,
    Blocked,
    BudgetSpent,
    Doubtful,
    Locked,
    ProviderError,
    RateLimited,
    Refused,
    Unavailable,
)
from app.model import Device, Reading, Setting, Value
from app.providers import Writing
from app.turn import Turn

log = structlog.get_logger()

DAY: Final = timedelta(days=1)
SHOWN: Final = timedelta(hours=1)
"""How often settings are read anyway: what a look has shown stays known for three times as long."""
CODES: Final[Mapping[type[ProviderError], str]] = {
    Refused: "vendor_error",
    AuthFailed: "auth_failed",
    Locked: "account_locked",
    BudgetSpent: "budget_exhausted",
    RateLimited: "rate_limited",
    Blocked: "vendor_blocked",
    Unavailable: "vendor_unreachable",
    ProviderError: "vendor_error",
}
"""The codes of answers, by class of error; the first that fits."""


@dataclass(frozen=True, slots=True)
class Door:
    """The way to an account."""

    account: str
    provider: Writing
    turn: Turn


Reach = Callable[[Device], Door | None]
"""Returns the way to the account that a device is written through, or None where there is none now."""
End = Callable[[Command, Status, str, str], None]
"""Ends a command: status, code, message."""


def code_of(error: ProviderError) -> str:
    """Return an error's code."""
    return next(code for kind, code in CODES.items() if isinstance(error, kind))


class Carrier:
    """Carries out batches of commands that one write serves."""

    def __init__(
        self, settings: CommandSettings, journal: Journal, bridge: Bridge, reach: Reach, clock: Clock, end: End
    ) -> None:
        """`end` is told how each command has ended, once."""
        self.settings = settings
        """May be exchanged at any time."""
        self._journal, self._bridge = journal, bridge
        self._reach, self._clock, self._end = reach, clock, end
        self._verifying: list[Command] = []

    def rests_until(self, device_id: str) -> datetime | None:
        """Return until when a device is left alone after its last write, if that is not over."""
        now = self._clock.now()
        last = self._journal.sent_since(device_id, now - self.settings.pause)
        return last[0].sent + self.settings.pause if last and last[0].sent else None

    async def carry_out(self, setting: Setting, commands: Iterable[Command]) -> Sequence[Command]:
        """Do what one batch wants; return the commands that are to be read back."""
        live = self._unexpired(commands)
        device = self._bridge.store.device(live[0].device) if live else None
        door = self._reach(device) if device else None
        if device is None or door is None:
            self._end_all(live, Status.FAILED, "not_ready", "the device's account is not running now")
            return ()
        try:
            async with door.turn.taken(urgent=True):
                live = self._unexpired(live)
                return await self._write(door, device, setting, live) if live else ()
        except ProviderError as error:
            self._end_all(live, Status.FAILED, code_of(error), str(error))
            return ()

    def _unexpired(self, commands: Iterable[Command]) -> list[Command]:
        now, live = self._clock.now(), []
        for command in commands:
            if command.final:
                continue
            if command.deadline <= now:
                self._end(command, Status.EXPIRED, "expired", "its time was over before it could be sent")
            else:
                live.append(command)
        return live

    def _end_all(self, commands: Iterable[Command], status: Status, code: str, message: str) -> None:
        for command in commands:
            if not command.final:
                self._end(command, status, code, message)

    async def _look(self, door: Door, device: Device, setting: Setting) -> Mapping[str, Reading]:
        """Ask how a setting stands, and let everybody know."""
        readings = await door.provider.inspect(device, setting)
        await self._bridge.deliver(readings, SHOWN, live=False)
        return {reading.point.key: reading for reading in readings if reading.device_id == device.id}

    async def _write(
        self, door: Door, device: Device, setting: Setting, commands: Sequence[Command]
    ) -> Sequence[Command]:
        found = await self._look(door, device, setting)
        current = {key: reading.value for key, reading in found.items()}
        live = self._as_expected(setting, commands, current)
        values: dict[str, Value] = {}
        for command in live:
            values |= command.requested
        whole = self._judged(door, device, setting, live, current, values) if live else None
        if whole is None:
            return ()
        now = self._clock.now()
        for command in live:
            command.stage, command.sent = Stage.SENT, now
        self._journal.save(*live, durable=True)
        self._outdate(live)
        try:
            await door.provider.write(device, setting, whole)
        except Doubtful as error:
            for command in live:
                command.doubtful, command.message = True, str(error)
        except ProviderError as error:
            for command in live:
                command.vendor_code = getattr(error, "code", "")
            self._end_all(live, Status.FAILED, code_of(error), str(error))
            return ()
        except Exception:  # what nobody foresaw must not lose a command that has been sent
            log.exception("write_failed", device=device.id, setting=setting.key)
            for command in live:
                command.doubtful, command.message = True, "the bridge failed over the vendor's answer; its log says how"
        return self._answered(setting, live)

    def _as_expected(
        self, setting: Setting, commands: Sequence[Command], current: Mapping[str, Value]
    ) -> list[Command]:
        """Note how things stand; return the commands that expected it so."""
        points = {point.key: point for point in setting.points}
        live = []
        for command in commands:
            command.previous = {key: current[key] for key in command.requested if key in current}
            wrong = [key for key, value in command.expect.items() if not same(points[key], value, current.get(key))]
            if wrong:
                stands = current.get(wrong[0], "unknown")
                text = f"{wrong[0]} is not what was expected: it is {stands}"
                self._end(command, Status.REJECTED, "precondition_failed", text)
            else:
                live.append(command)
        return live

    def _judged(
        self,
        door: Door,
        device: Device,
        setting: Setting,
        live: Sequence[Command],
        current: Mapping[str, Value],
        values: Mapping[str, Value],
    ) -> dict[str, Value] | None:
        """Return all values to write, or None where nothing is to be written and every command has ended."""
        known = {**current, **values}
        missing = [point.key for point in setting.points if point.key not in known]
        if missing:
            text = f"the vendor does not say how {', '.join(missing)} stands: send all fields of {setting.key} at once"
            self._end_all(live, Status.REJECTED, "precondition_failed", text)
            return None
        if clash := conflict(setting, door.provider.settings(device), known):
            self._end_all(live, Status.REJECTED, "precondition_failed", clash)
            return None
        points = {point.key: point for point in setting.points}
        if all(same(points[key], value, current.get(key)) for key, value in values.items()):
            unforced = [command for command in live if not command.force]
            if len(unforced) == len(live):
                for command in live:
                    command.observed = dict(command.previous)
                self._end_all(live, Status.NO_CHANGE, "no_change", "it was so already")
                return None
        if live[0].dry_run:
            shown = ", ".join(f"{key}={known[key]}" for key in points)
            self._end_all(live, Status.NO_CHANGE, "dry_run", f"a dry run: nothing was written; it would be {shown}")
            return None
        spent = {command.sent for command in self._journal.sent_since(device.id, self._clock.now() - DAY)}
        if len(spent) >= self.settings.writes_per_day:
            text = (
                f"{device.id} has been written {len(spent)} times in 24 hours, as often as commands.writes_per_day"
                " allows; its memory wears out"
            )
            self._end_all(live, Status.REJECTED, "budget_exhausted", text)
            return None
        return {key: known[key] for key in points}

    def _outdate(self, fresh: Sequence[Command]) -> None:
        """End what is still being read back and has just been written over."""
        keys = {key for command in fresh for key in command.requested}
        for command in list(self._verifying):
            if command.device == fresh[0].device and keys & command.requested.keys() and not command.final:
                text = "a newer command has changed it again before it could be read back"
                self._end(command, Status.SUPERSEDED, "superseded", text)

    def _answered(self, setting: Setting, live: Sequence[Command]) -> Sequence[Command]:
        now = self._clock.now()
        for command in live:
            if not command.doubtful:
                command.stage, command.answered = Stage.ANSWERED, now
        self._journal.save(*live)
        blind = [command for command in live if not (command.verify and setting.reads_back)]
        for command in blind:
            if command.doubtful:
                self._end(command, Status.FAILED, "vendor_unreachable", f"{command.message}; it was not read back")
            else:
                self._end(command, Status.UNCONFIRMED, "not_verified", "the vendor has said yes; it was not read back")
        return [command for command in live if not command.final]

    # Reading back

    async def verify(self, setting: Setting, commands: Sequence[Command]) -> None:
        """Look after what was written, at the moments of `read_back`, until it is seen or the last has passed."""
        self._verifying += commands
        try:
            for span in self.settings.read_back:
                live = [command for command in commands if not command.final]
                if not live:
                    return
                due = (live[0].sent or self._clock.now()) + span
                if live[0].looks and due <= self._clock.now():
                    continue  # before a restart
                for command in live:
                    command.stage = Stage.VERIFYING
                self._journal.save(*live)
                await self._clock.sleep(max(due - self._clock.now(), timedelta()))
                await self._read_back(setting, [command for command in live if not command.final])
            for command in commands:
                if not command.final:
                    self._unseen(command)
        finally:
            self._verifying = [command for command in self._verifying if command not in commands]

    async def _read_back(self, setting: Setting, live: Sequence[Command]) -> None:
        device = self._bridge.store.device(live[0].device) if live else None
        door = self._reach(device) if device else None
        if device is None or door is None:
            return
        try:
            async with door.turn.taken(urgent=True):
                found = await self._look(door, device, setting)
        except ProviderError as error:
            log.info("read_back_failed", device=device.id, setting=setting.key, reason=str(error))
            return
        points = {point.key: point for point in setting.points}
        for command in live:
            if command.final:
                continue
            command.looks += 1
            fresh = {key: found[key].value for key in command.requested if key in found and _fresh(found[key], command)}
            command.observed = fresh
            if all(same(points[key], value, fresh.get(key)) for key, value in command.requested.items()):
                self._end(command, Status.CONFIRMED, "confirmed", "")

    def _unseen(self, command: Command) -> None:
        """End what the last look has not shown."""
        if command.doubtful:
            seen = "it has not changed" if command.observed else "it could not be read back"
            text = f"{command.message or 'the answer of the vendor was lost'}; {seen}"
            self._end(command, Status.FAILED, "vendor_unreachable", text)
        elif command.observed:
            stands = ", ".join(f"{key} is {value}" for key, value in command.observed.items())
            text = f"the vendor has said yes, but {stands}: it may be overridden, or the device offline"
            self._end(command, Status.UNCONFIRMED, "verify_mismatch", text)
        else:
            text = "the vendor has said yes, but has not shown it in time"
            self._end(command, Status.UNCONFIRMED, "verify_timeout", text)


def _fresh(reading: Reading, command: Command) -> bool:
    """Return whether a reading is of after the write: what a vendor remembers of before confirms nothing."""
    return not reading.timed or command.sent is None or reading.at >= command.sent
