"""What waits for one device: one write at a time, bursts become one, parts of one setting become one write."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.commands.journal import Command
from app.model import Setting


@dataclass(slots=True)
class Batch:
    """Commands that one write carries out."""

    setting: Setting
    due: datetime
    """When it may begin, UTC: until then parts are collected."""
    dry_run: bool
    commands: list[Command] = field(default_factory=list)
    parked: bool = False
    """Whether it waits for other parts: nothing can be written without one."""

    def touches(self, keys: Collection[str]) -> bool:
        """Return whether it changes one of the keys."""
        return any(not command.requested.keys().isdisjoint(keys) for command in self.commands)


class Lane:
    """The batches of one device, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[Batch] = []
        self.news = asyncio.Event()

    def __len__(self) -> int:
        """Return how many batches wait."""
        return len(self._waiting)

    def put(self, command: Command, setting: Setting, due: datetime) -> Sequence[Command]:
        """Take a command in; return those that it supersedes: all they wanted is wanted otherwise now.

        A dry run changes nothing: it supersedes nothing, nor is it superseded.
        """
        self.news.set()
        if command.dry_run:
            self._waiting.append(Batch(setting, due, dry_run=True, commands=[command]))
            return ()
        wanted = command.requested.keys()
        old: list[Command] = []
        home: Batch | None = None
        for batch in [each for each in self._waiting if not each.dry_run]:
            old += [each for each in batch.commands if each.requested.keys() <= wanted]
            batch.commands = [each for each in batch.commands if not each.requested.keys() <= wanted]
            if batch.setting == setting:  # raw writes of one type may have more or fewer parameters
                home = batch
            elif batch.touches(wanted):
                home = None  # that one was wanted after what waits in the batch of this setting
                batch.due = min(batch.due, due)  # and before this one
        if home is None:
            home = Batch(setting, due, dry_run=False)
            self._waiting.append(home)
        home.commands.append(command)
        home.due = min(home.due, due)
        self._waiting = [batch for batch in self._waiting if batch.commands]
        return old

    def park(self, commands: Sequence[Command], setting: Setting) -> Sequence[tuple[Command, Command]]:
        """Put back what cannot be written without other parts; return what one supersedes that has come meanwhile."""
        home = next((each for each in self._waiting if each.setting == setting and not each.dry_run), None)
        if home is None:
            over = max(command.deadline for command in commands)
            self._waiting.append(Batch(setting, over, dry_run=False, commands=list(commands), parked=True))
            return ()
        pairs = [
            (old, new) for old in commands for new in home.commands if old.requested.keys() <= new.requested.keys()
        ]
        gone = [id(old) for old, _ in pairs]
        home.commands = [each for each in commands if id(each) not in gone] + home.commands
        return list({id(old): (old, new) for old, new in pairs}.values())

    def parked(self, setting: Setting) -> bool:
        """Return whether parts of a setting wait for others."""
        return any(batch.parked and batch.setting == setting for batch in self._waiting)

    def expired(self, now: datetime) -> Sequence[Command]:
        """Take out what is not wanted any more."""
        over = [command for batch in self._waiting for command in batch.commands if command.deadline <= now]
        for batch in self._waiting:
            batch.commands = [command for command in batch.commands if command.deadline > now]
        self._waiting = [batch for batch in self._waiting if batch.commands]
        return over

    @property
    def deadline(self) -> datetime | None:
        """When the first of all commands is not wanted any more, UTC."""
        return min((command.deadline for batch in self._waiting for command in batch.commands), default=None)

    def first(self) -> Batch | None:
        """Return the batch that is due first, which goes on waiting."""
        return min(self._waiting, key=lambda batch: batch.due, default=None)

    def take(self, batch: Batch) -> None:
        """Take a batch out: what comes from now on is a batch of its own."""
        self._waiting.remove(batch)
