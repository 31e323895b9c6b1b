"""Takes commands back: on request, or when what was to last for a while has lasted long enough."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from app.clock import Clock
from app.commands.journal import Command, Journal, Status
from app.commands.offers import Offers
from app.errors import CommandError
from app.model import Setting

End = Callable[[Command, Status, str, str], None]
Queue = Callable[[Command, Setting], None]
Until = Callable[[datetime | None, asyncio.Event], Awaitable[None]]
"""Waits for a moment or for news."""
CHANGED = (Status.CONFIRMED, Status.UNCONFIRMED)
RECENT = 1000
"""Commands of a device that are looked through."""


class Undoing:
    """Makes commands that restore what was before others."""

    def __init__(
        self, journal: Journal, offers: Offers, clock: Clock, news: asyncio.Event, end: End, queue: Queue
    ) -> None:
        """Take the parts.

        `news` is set when something more is to be undone at a moment; `end` ends a command that cannot be begun,
        `queue` takes in one that can.
        """
        self._journal, self._offers, self._clock = journal, offers, clock
        self._end, self._queue = end, queue
        self._news = news

    async def undo(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out the verb `undo`: restore what was before the command with the id `command` (or `value`).

        With `device` instead, the newest command of that device that can be undone is meant.
        """
        wanted = request.get("command", request.get("value"))
        if wanted:
            found = self._journal.named(str(wanted))
            missing = f"there is no command {wanted!r}: give its id as `command`"
        else:
            owner = request.get("device")
            newest = self._journal.newest(RECENT, str(owner)) if owner else ()
            undone = {each.undoes for each in newest if each.status in CHANGED or not each.final}
            found = [each for each in newest if _changed(each) and not each.undoes and each.id not in undone]
            missing = f"there is no command of {owner} to undo" if owner else "give the command's id as `command`"
        if not found:
            raise CommandError(missing, "unknown_target")
        command = self._restore(found[0], "undo")
        return {"command": command.id, "undoes": found[0].id, "status": command.status, "message": command.message}

    def _restore(self, done: Command, why: str) -> Command:
        """Queue a command that takes another back."""
        if not _changed(done):
            msg = f"the command {done.id} has changed nothing that could be restored"
            raise CommandError(msg, "not_writable")
        now = self._clock.now()
        number = sum(1 for each in self._journal.newest(RECENT, done.device) if each.undoes == done.id)
        command = Command(
            id=f"{why}-{done.id}"[:60] + (f"-{number}" if number else ""),
            device=done.device,
            key=done.key,
            payload=done.payload,
            received=now,
            deadline=now + self._offers.settings.ttl,
            setting=done.setting,
            requested=dict(done.previous),
            source=why,
            undoes=done.id,
        )
        setting, _ = self._offers.find(done.device, done.key)
        self._journal.save(command)
        if setting is None:
            self._end(command, Status.FAILED, "unknown_target", "the device is not known any more")
        else:
            self._queue(command, setting)
        return command

    async def revert(self, until: Until) -> None:
        """Undo what was to last for a while only, when its time is over; until cancelled."""
        while True:
            self._news.clear()
            waiting = self._journal.to_revert()
            now = self._clock.now()
            for command in waiting:
                if command.revert_at is not None and command.revert_at <= now:
                    command.revert_at = None
                    self._journal.save(command)
                    with suppress(CommandError):
                        self._restore(command, "revert")
            nexts = [command.revert_at for command in waiting if command.revert_at is not None]
            await until(min(nexts, default=None), self._news)


def _changed(command: Command) -> bool:
    return command.status in CHANGED and bool(command.previous) and not command.dry_run
