"""Takes commands back: on request, or when what was to last for a while has lasted long enough."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

import structlog

from app.clock import Clock
from app.commands.background import until
from app.commands.journal import REVERT, Command, Journal, Stage, Status
from app.commands.offers import Offers
from app.commands.request import Request
from app.errors import CommandError
from app.model import Setting, Value

log = structlog.get_logger()

Queue = Callable[[Command, Setting], None]
RECENT: Final = 1000
"""Commands of a device that are looked through."""
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
"""After what time a revert that has not come about is tried again; each time after twice as long."""
TRIES: Final = 30
"""About a day of them."""
SETTLED: Final = (Status.CONFIRMED, Status.NO_CHANGE)
"""After these a device stands as the command wanted."""


class Undoing:
    """Makes commands that restore what was before others."""

    def __init__(self, journal: Journal, offers: Offers, clock: Clock, queue: Queue) -> None:
        """`queue` takes in a command that is in the journal."""
        self._journal, self._offers, self._clock, self._queue = journal, offers, clock, queue
        self._news = asyncio.Event()

    # On request

    async def undo(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out the verb `undo`: restore what was before the command with the id `command` (or `value`).

        With `device` instead, the newest change of that device is meant: all commands that went out with its write;
        with both, the device's command of that id, and `point` tells two of the same id apart. What does not stand as
        the command wanted is left alone, unless `force` is true.
        """
        meant = self._meant(request)
        force = request.get("force", False)
        if not isinstance(force, bool):
            msg = "`force` must be true or false"
            raise CommandError(msg, "invalid_value")
        now, confirm = self._clock.now(), request.get("confirm")
        made: list[tuple[Command, Setting]] = []
        for done in meant:
            command = self._opposite(done, "undo", now)
            asked = Request(None, command.deadline, confirm=confirm if isinstance(confirm, str) else None)
            setting, account = self._offers.judged(command, asked)
            self._offers.check_rights(account, command, command.requested)
            command.expect = {} if force else _wanted(done)
            made.append((command, setting))
        self._journal.save(*(command for command, _ in made))
        for command, setting in made:
            self._queue(command, setting)
        newest, all_of = made[-1][0], {"commands": [command.id for command, _ in made]}
        answer = {"command": newest.id, "undoes": newest.undoes, "status": newest.status, "message": newest.message}
        return answer | (all_of if len(made) > 1 else {})

    def _meant(self, request: Mapping[str, Any]) -> Sequence[Command]:
        """Return what is to be taken back, the oldest first."""
        wanted, owner = request.get("command", request.get("value")), request.get("device")
        if wanted:
            found = [each for each in self._journal.named(str(wanted)) if owner in (None, each.device)]
            found = [each for each in found if request.get("point") in (None, each.key)]
            missing = f"there is no command {wanted!r}: give its id as `command`"
            if len(found) > 1:
                places = ", ".join(f"{each.device}/{each.key}" for each in found[:5])
                msg = f"there are several commands {wanted!r} ({places}): give `device` and `point`, too"
                raise CommandError(msg, "conflict")
        else:
            newest = self._journal.newest(RECENT, str(owner)) if owner else ()
            taken = {(each.key, each.undoes) for each in newest if each.may_have_changed or not each.final}
            done = [each for each in newest if not each.undoes and (each.key, each.id) not in taken]
            found = [
                each for each in done if each.may_have_changed or (each.setting and not each.dry_run and not each.final)
            ]
            missing = f"there is no command of {owner} to undo" if owner else "give the command's id as `command`"
        if not found:
            raise CommandError(missing, "unknown_target")
        if not found[0].final and found[0].sent is None:
            msg = f"the newest change ({found[0].id}) is still under way: it has not been sent so far"
            raise CommandError(msg, "not_ready")
        if not found[0].may_have_changed:
            msg = f"the command {found[0].id} has changed nothing that could be restored"
            raise CommandError(msg, "not_writable")
        if wanted:
            return found[:1]
        live = {(each.key, each.id) for each in found}
        return [each for each in self._journal.sent_together(found[0]) if (each.key, each.id) in live]

    def _opposite(self, done: Command, why: str, now: datetime) -> Command:
        name = f"{why}-{done.id}"[:48]
        if len(name) < len(f"{why}-{done.id}") or self._journal.find(done.device, done.key, name):
            name = f"{name}-{token_hex(4)}"
        before = done.previous
        if why == REVERT:
            before = {key: value for key, value in (done.restore or before).items() if key not in done.settled}
        return Command(
            id=name,
            device=done.device,
            key=done.key,
            payload=done.payload,
            received=now,
            deadline=now + self._offers.settings.ttl,
            setting=done.setting,
            requested=dict(before),
            source=why,
            undoes=done.id,
        )

    # By itself

    def follow(self, command: Command) -> Sequence[Command]:
        """Return what else is to be noted together with a command's end, which may have a revert of its own."""
        if command.revert_after and (command.may_have_changed or command.status is Status.NO_CHANGE):
            self._plan(command)
        if command.dry_run:
            return ()
        others = self._replace(command) if command.status in SETTLED else []
        if command.reverting and command.status not in SETTLED and command.code != "precondition_failed":
            original = self._journal.find(command.device, command.key, command.undoes or "")
            if original is not None and original.tries < TRIES:
                self._again(original)
                others.append(original)
        return others

    def _replace(self, command: Command) -> list[Command]:
        """Have what is wanted now stay: return the commands that are not to take all of theirs back any more."""
        others = []
        for other in self._journal.to_revert(command.device):
            taken_back = (command.key, command.undoes) == (other.key, other.id)
            gone = other.requested.keys() & {*command.requested, *(command.left if taken_back else ())}
            if gone and (other.key, other.id) != (command.key, command.id):
                other.settled = sorted(gone.union(other.settled))
                if len(other.settled) == len(other.requested):
                    other.revert_at = None
                others.append(other)
        return others

    def _plan(self, command: Command) -> None:
        """Note when a command is to be taken back, and to what: not to what was itself to last for a while only."""
        for other in self._journal.to_revert(command.device):
            was = other.restore or other.previous
            for key in command.requested.keys() & was.keys():
                if command.previous.get(key) == other.requested.get(key) and (other.key, other.id) != (
                    command.key,
                    command.id,
                ):
                    command.restore = (command.restore or dict(command.previous)) | {key: was[key]}
        if (command.restore or command.previous) == command.requested:
            return
        span = timedelta(seconds=command.revert_after or 0)
        command.revert_at = (command.sent or self._clock.now()) + span
        self._news.set()

    def _again(self, original: Command) -> None:
        original.tries += 1
        original.revert_at = self._clock.now() + min(FIRST * 2.0 ** min(original.tries - 1, 10), LONGEST)
        self._news.set()

    async def revert(self) -> None:
        """Undo what was to last for a while only, when its time is over; until cancelled."""
        while True:
            self._news.clear()
            due = None
            try:
                now = self._clock.now()
                for command in self._journal.to_revert():
                    if command.revert_at is not None and command.revert_at <= now:
                        self._revert(command, now)
                due = min((each.revert_at for each in self._journal.to_revert() if each.revert_at), default=None)
                due = due and max(due, now + timedelta(seconds=1))
            except sqlite3.Error as error:
                log.error("journal_not_written", reason="revert", error=str(error))
                due = self._clock.now() + FIRST
            await until(due, self._news, self._clock)

    def _revert(self, done: Command, now: datetime) -> None:
        """Begin to take a command back, or try again later."""
        setting, _ = self._offers.find(done.device, done.key)
        if self._offers.settings.enabled and self._offers.starting(done.device, done.key):
            return  # it is looked for again in a second
        facts = {"device": done.device, "point": done.key, "id": done.id}
        off = not self._offers.settings.enabled
        if setting is None and not off and done.tries >= TRIES:
            done.revert_at = None
            log.warning("revert_given_up", **facts, reason="its account has not been running for a day")
            self._journal.save(done)
            return
        if setting is None or off:
            self._again(done)
            if off:  # that is the owner's wish, and not counted for giving up
                done.tries = min(done.tries, TRIES // 2)
            why = "commands.enabled is off" if off else "its account is not running"
            log.warning("revert_waits", **facts, reason=why, again=done.revert_at)
            self._journal.save(done)
            return
        command = self._opposite(done, REVERT, now)
        command.stage = Stage.QUEUED
        command.expect = {key: value for key, value in _wanted(done).items() if key in command.requested}
        done.revert_at = None
        self._journal.save(done, command)
        self._queue(command, setting)


def _wanted(done: Command) -> dict[str, Value]:
    """Return how a device stands if a command's wish is still what holds."""
    return {key: value for key, value in done.requested.items() if key in done.previous}
