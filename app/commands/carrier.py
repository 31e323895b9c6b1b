"""One write: look how things stand, compare, check, send."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.bridge import Bridge
from app.clock import Clock
from app.commands.checks import sort_out
from app.commands.door import Door, Reach
from app.commands.journal import Command, Journal, Stage, Status
from app.commands.settings import CommandSettings
from app.commands.values import said, same
from app.commands.verifier import look
from app.errors import (
    AuthFailed,
    Blocked,
    BudgetSpent,
    Doubtful,
    Locked,
    ProtocolError,
    ProviderError,
    RateLimited,
    Refused,
    Unavailable,
    once,
)
from app.model import Device, Setting, Value

log = structlog.get_logger()

DAY: Final = timedelta(days=1)
EXPIRED: Final = "its time was over before it could be sent"
NO_JOURNAL: Final = "the bridge cannot write its journal, and without it changes nothing; is the disk full?"
NOT_SENT: Final = "nothing was sent, because the device could not be looked at before; send it again later"
LOOKS: Final = 3
"""How often it is tried to look before a write."""
BETWEEN: Final = timedelta(seconds=5)
"""The time between two of these tries."""
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


End = Callable[[Command, Status, str, str], None]
"""Ends a command: status, code, message."""


def over(command: Command) -> tuple[Status, str, str]:
    """Return how a command ends whose time is over: what waited for other parts in vain is told what was wrong."""
    if command.waits:
        return Status.REJECTED, "precondition_failed", command.waits
    return Status.EXPIRED, "expired", EXPIRED


def code_of(error: ProviderError) -> str:
    """Return an error's code."""
    return next(code for kind, code in CODES.items() if isinstance(error, kind))


class Carrier:
    """Carries out batches of commands that one write serves."""

    def __init__(
        self,
        settings: CommandSettings,
        journal: Journal,
        bridge: Bridge,
        reach: Reach,
        clock: Clock,
        *,
        end: End,
        written: Callable[[Sequence[Command]], None],
        unsettled: Callable[[str, Mapping[str, Value]], bool],
    ) -> None:
        """`end` is told how each command has ended, once; `written` what has been sent and not been refused.

        `unsettled` returns whether something other than these values was just written to a device: what the vendor
        shows of them may then be of before.
        """
        self.settings = settings
        """May be exchanged at any time."""
        self._journal, self._bridge = journal, bridge
        self._reach, self._clock, self._end, self._written = reach, clock, end, written
        self._unsettled = unsettled

    def rests_until(self, device_id: str) -> datetime | None:
        """Return until when a device is left alone after its last write, if that is not over."""
        now, pause = self._clock.now(), self.settings.pause
        with suppress(sqlite3.Error):  # without a journal nothing is written anyway
            last = self._journal.sent_since(device_id, now - pause, now)
            if last and last[0].sent:
                return last[0].sent + pause
        return None

    def left(self, device_id: str) -> int:
        """Return how often a device may still be written within 24 hours.

        What the vendor has refused does not count: it has worn nothing out.
        """
        now = self._clock.now()
        day = self._journal.sent_since(device_id, now - DAY, now + DAY)  # the clock may have been set back
        worn = {each.sent for each in day if each.status is not Status.FAILED or each.doubtful}
        return max(0, self.settings.writes_per_day - len(worn))

    async def carry_out(self, setting: Setting, commands: Iterable[Command]) -> Sequence[Command]:
        """Do what one batch wants; return the commands that are to be read back."""
        live = self._unexpired(commands)
        tries = 0
        try:
            while live:
                device = self._bridge.store.device(live[0].device)
                door = self._reach(device) if device else None
                if device is None or door is None:
                    self._end_all(live, Status.FAILED, "not_ready", "the device's account is not running now")
                    break
                door, setting = door.through(device, setting)
                async with door.turn.taken(urgent=True):
                    live = self._affordable(device, self._unexpired(live))
                    door.turn.owed = all(command.undoes for command in live)
                    now = self._reach(device)
                    if not live:
                        break
                    if now is None or now.through(device, setting)[0].provider is not door.provider:
                        continue  # the account has been stopped or exchanged while this waited for its turn
                    found = await self._looked_at(door, device, setting, last=tries + 1 >= LOOKS or self._late(live))
                    if found is not None:
                        return await self._write(door, device, setting, live, found)
                tries += 1
                await self._clock.sleep(BETWEEN)  # others have their turn meanwhile
        except ProviderError as error:
            self._end_all(live, Status.FAILED, code_of(error), f"{NOT_SENT}: {once(str(error))}")
        return ()

    def _late(self, commands: Iterable[Command]) -> bool:
        """Return whether there is no time to look once more."""
        return all(command.deadline <= self._clock.now() + BETWEEN for command in commands)

    async def _looked_at(
        self, door: Door, device: Device, setting: Setting, *, last: bool
    ) -> Mapping[str, Value] | None:
        """Return how a setting stands, or None where to look again soon; raise ProviderError where that is no use."""
        if not setting.reads_back:
            return {}
        try:
            found = await look(self._bridge, door, device, setting)
        except (Unavailable, ProtocolError) as error:  # it comes and goes, and nothing has been sent so far
            if last:
                raise
            log.info("look_failed", device=device.id, setting=setting.key, reason=str(error))
            return None
        return {key: reading.value for key, reading in found.items()}

    def _unexpired(self, commands: Iterable[Command]) -> list[Command]:
        now, live = self._clock.now(), []
        for command in commands:
            if command.final:
                continue
            if command.deadline <= now:
                self._end(command, *over(command))
            else:
                live.append(command)
        return live

    def _affordable(self, device: Device, commands: Sequence[Command]) -> list[Command]:
        """Turn away, before a look costs a call, what a device is written too often for; return the others.

        What takes back by itself is the second half of a write that was allowed.
        """
        try:
            if self.left(device.id):
                return list(commands)
        except sqlite3.Error as error:
            log.error("journal_not_read", error=str(error))
            self._end_all(commands, Status.REJECTED, "journal", NO_JOURNAL)
            return []
        text = (
            f"{device.id} has been written {self.settings.writes_per_day} times in 24 hours, as often as"
            " commands.writes_per_day allows; its memory wears out"
        )
        self._end_all([each for each in commands if not each.reverting], Status.REJECTED, "budget_exhausted", text)
        return [each for each in commands if each.reverting]

    def _end_all(self, commands: Iterable[Command], status: Status, code: str, message: str) -> None:
        for command in commands:
            if not command.final:
                self._end(command, status, code, message)

    async def _write(
        self,
        door: Door,
        device: Device,
        setting: Setting,
        commands: Sequence[Command],
        current: Mapping[str, Value],
    ) -> Sequence[Command]:
        live = self._as_expected(setting, commands, current)
        live = self._fitting(setting, door.provider.settings(device), live, current)
        values = {key: value for command in live for key, value in command.requested.items()}
        whole = self._judged(device, setting, live, current, values) if live else None
        if whole is None:
            return ()
        now = self._clock.now()
        for command in live:
            command.stage, command.sent = Stage.SENT, now
        try:
            self._journal.save(*live, durable=True)
        except sqlite3.Error as error:
            log.error("journal_not_written", device=device.id, point=setting.key, error=str(error))
            for command in live:
                command.stage, command.sent = Stage.QUEUED, None
            self._end_all(live, Status.REJECTED, "journal", NO_JOURNAL)
            return ()
        return await self._send(door, device, setting, live, whole)

    async def _send(
        self, door: Door, device: Device, setting: Setting, live: Sequence[Command], whole: Mapping[str, Value]
    ) -> Sequence[Command]:
        try:
            await door.provider.write(device, setting, whole)
        except Doubtful as error:
            for command in live:
                command.doubtful, command.message = True, str(error)
        except ProviderError as error:
            for command in live:
                command.vendor_code = getattr(error, "code", "")
                if not isinstance(error, Refused):
                    command.sent = None  # nothing has been
            self._end_all(live, Status.FAILED, code_of(error), once(str(error)))
            return ()
        except Exception:  # what nobody foresaw must not lose a command that has been sent
            log.exception("write_failed", device=device.id, setting=setting.key)
            for command in live:
                command.doubtful, command.message = True, "the bridge failed over the vendor's answer; its log says how"
        now = self._clock.now()
        for command in live:
            if not command.doubtful:
                command.stage, command.answered = Stage.ANSWERED, now
        with suppress(sqlite3.Error):  # after a restart it is looked after all the same
            self._journal.save(*live)
        self._written(live)
        return live

    def _as_expected(
        self, setting: Setting, commands: Sequence[Command], current: Mapping[str, Value]
    ) -> list[Command]:
        """Note how things stand; return the commands that expected it so, and can be taken back if they want that."""
        points = {point.key: point for point in setting.points}
        live = []
        for command in commands:
            command.previous = {key: current[key] for key in command.requested if key in current}
            wrong = [key for key, value in command.expect.items() if not same(points[key], value, current.get(key))]
            there = all(same(points[key], value, current.get(key)) for key, value in command.requested.items())
            if command.undoes and not there:
                wrong = _give_way(command, wrong)
            if wrong and not (there and command.undoes):
                stands = current.get(wrong[0], "unknown")
                text = f"{wrong[0]} is not what was expected: it is {said(stands)}"
                self._end(command, Status.REJECTED, "precondition_failed", text)
            elif command.revert_after and command.previous.keys() != command.requested.keys():
                text = f"the vendor does not say how {setting.key} stands: it could not be taken back (revert_after)"
                self._end(command, Status.REJECTED, "precondition_failed", text)
            else:
                live.append(command)
        return live

    def _fitting(
        self, setting: Setting, settings: Sequence[Setting], commands: Sequence[Command], current: Mapping[str, Value]
    ) -> list[Command]:
        """End what must not be written, note what waits for other parts; return what can be written together."""
        points = {point.key: point for point in setting.points}
        given = {key for command in commands for key in command.requested}.union(current)
        missing = [key for key in points if key not in given]
        if missing:
            text = f"the vendor does not say how {', '.join(missing)} stands: send all fields of {setting.key} at once"
            self._end_all(commands, Status.REJECTED, "precondition_failed", text)
            return []
        found = sort_out(setting, settings, current, commands)
        for command, text in found.clash:
            self._end(command, Status.REJECTED, "precondition_failed", text)
        for command, text in found.wait:
            command.waits = text
            command.message = f"waits for other parts of {setting.key}, as long as it has time: {text}"
        live = list(found.fit)
        for number, command in enumerate(live):
            command.waits = command.message = ""
            newer = {key: value for each in live[number + 1 :] for key, value in each.requested.items()}
            wanted = command.requested.items()
            command.overruled = [key for key, value in wanted if not same(points[key], value, newer.get(key, value))]
        return live

    def _judged(
        self,
        device: Device,
        setting: Setting,
        live: Sequence[Command],
        current: Mapping[str, Value],
        values: Mapping[str, Value],
    ) -> dict[str, Value] | None:
        """Return all values to write, or None where nothing is to be written and every command has ended."""
        known = {**current, **values}
        points = {point.key: point for point in setting.points}
        so_already = all(same(points[key], value, current.get(key)) for key, value in values.items())
        trusted = not self._unsettled(device.id, values)
        if so_already and trusted and not any(command.force for command in live):
            for command in live:
                command.observed = {key: current[key] for key in command.requested}
            self._end_all(live, Status.NO_CHANGE, "no_change", "it was so already")
            return None
        if live[0].dry_run:
            shown = ", ".join(f"{key} {said(known[key])}" for key in points)
            self._end_all(live, Status.NO_CHANGE, "dry_run", f"a dry run: nothing was written; it would be {shown}")
            return None
        return {key: known[key] for key in points}


def _give_way(command: Command, wrong: list[str]) -> list[str]:
    """Have one that takes another back leave alone what was changed since, if there is something else to restore."""
    rest = {key: value for key, value in command.requested.items() if key not in wrong}
    if not rest:
        return wrong
    command.left = sorted({*command.left, *wrong})
    command.requested = rest
    command.previous = {key: value for key, value in command.previous.items() if key in rest}
    command.expect = {key: value for key, value in command.expect.items() if key in rest}
    return []
