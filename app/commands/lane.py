"""What waits for one device: one write at a time, bursts become one, parts of one setting become one write."""

import asyncio
from collections.abc import Sequence
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
    commands: list[Command] = field(default_factory=list)


class Lane:
    """The batches of one device, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[Batch] = []
        self.news = asyncio.Event()

    def put(self, command: Command, setting: Setting, due: datetime) -> Sequence[Command]:
        """Take a command in; return those that it supersedes: all they wanted is wanted otherwise now."""
        self.news.set()
        for batch in self._waiting:
            if batch.setting.key == setting.key and not command.dry_run and not batch.commands[0].dry_run:
                old = [each for each in batch.commands if each.requested.keys() <= command.requested.keys()]
                batch.commands = [each for each in batch.commands if each not in old] + [command]
                return old
        self._waiting.append(Batch(setting, due, [command]))
        return ()

    def first(self) -> Batch | None:
        """Return the batch that is due first, which goes on waiting."""
        return min(self._waiting, key=lambda batch: batch.due, default=None)

    def take(self, batch: Batch) -> None:
        """Take a batch out: what comes from now on is a batch of its own."""
        self._waiting.remove(batch)
