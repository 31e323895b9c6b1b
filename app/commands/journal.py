"""Every command from its arrival to its end, on disk before the vendor hears of it."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog

from app.model import Value

log = structlog.get_logger()

KEPT: Final = timedelta(days=90)
"""How long an ended command is kept: for the audit, for undo, and so that its id given again finds its answer."""
MOST: Final = 20_000
"""Ended commands that are kept at most: whoever may send must not be able to fill the disk."""
DAY: Final = timedelta(days=1)

RAW: Final = "put_"
"""How the keys of raw writes begin that nobody knows the meaning of."""
REVERT: Final = "revert"
"""The source of what takes back by itself."""


class Stage(StrEnum):
    """How far a command has come."""

    RECEIVED = "received"
    VALIDATED = "validated"
    QUEUED = "queued"
    SENT = "sent"
    """On its way to the vendor, or lost on it: from here on it is never sent again."""
    ANSWERED = "answered"
    VERIFYING = "verifying"
    FINAL = "final"


class Status(StrEnum):
    """How a command has ended."""

    CONFIRMED = "confirmed"
    """Read back from the vendor."""
    UNCONFIRMED = "unconfirmed"
    """The vendor has said yes; it was not seen in time, or nobody wanted to look."""
    NO_CHANGE = "no_change"
    """It was so already, or this was a dry run: nothing was written."""
    REJECTED = "rejected"
    """By the bridge: nothing was sent."""
    FAILED = "failed"
    """The vendor has said no, or could not be asked."""
    EXPIRED = "expired"
    """Its time was over before it could be sent."""
    SUPERSEDED = "superseded"
    """A newer command took its place."""
    DUPLICATE = "duplicate"
    """The same id has come before; the answer is that one's."""
    CONFLICT = "conflict"
    """The same id has come before, with something else."""


@dataclass(slots=True)
class Command:
    """One request to change a setting."""

    id: str
    device: str
    key: str
    """The topic's point, or composite."""
    payload: str
    """The fingerprint of what was sent."""
    received: datetime
    deadline: datetime
    stage: Stage = Stage.RECEIVED
    setting: str = ""
    """The key of the setting that it changes."""
    requested: dict[str, Value] = field(default_factory=dict)
    """By point key."""
    asked: Any = None
    """What was sent and does not fit: as JSON, shortened and masked."""
    previous: dict[str, Value] = field(default_factory=dict)
    """How the same points stood before."""
    observed: dict[str, Value] = field(default_factory=dict)
    """How they stood when last looked at after the write."""
    expect: dict[str, Value] = field(default_factory=dict)
    dry_run: bool = False
    verify: bool = True
    force: bool = False
    source: str = ""
    revert_after: float | None = None
    """Seconds."""
    revert_at: datetime | None = None
    """When it is to be undone; None when it is not, or has been."""
    restore: dict[str, Value] = field(default_factory=dict)
    """What is written when it is taken back by itself; empty for `previous`."""
    tries: int = 0
    """How often it has been tried to take it back by itself."""
    undoes: str | None = None
    """The id of the command that this one takes back."""
    status: Status | None = None
    code: str = ""
    message: str = ""
    overruled: list[str] = field(default_factory=list)
    """Keys for which a newer command wanted something else, in the same write or before this was read back."""
    settled: list[str] = field(default_factory=list)
    """Keys for which a newer command has come true since: they are not taken back by themselves."""
    waits: str = ""
    """Why it cannot be written without other parts of its setting, which it waits for."""
    left: list[str] = field(default_factory=list)
    """Keys that this one, which takes another back, has left alone: somebody has changed them since."""
    doubtful: bool = False
    """Whether the vendor's answer was lost."""
    vendor_code: str = ""
    looks: int = 0
    """How often it has been read back."""
    sent: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    reply_to: str | None = None
    correlation: str | None = None
    """In hexadecimal."""
    delivered: bool = False
    """Whether the broker has taken the answer."""

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self.stage is Stage.FINAL

    @property
    def reverting(self) -> bool:
        """Whether it takes back by itself what was to last for a while."""
        return self.source == REVERT and self.undoes is not None

    @property
    def noted(self) -> bool:
        """Whether it says something of how its point stands."""
        return bool(self.setting) and not self.dry_run and not self.key.startswith(RAW)

    @property
    def may_have_changed(self) -> bool:
        """Whether the device may stand as it wanted because of it: it was sent, and the vendor has not said no."""
        refused = self.status is Status.FAILED and not self.doubtful
        return self.sent is not None and not refused and bool(self.previous) and not self.dry_run


_FIELDS: Final = frozenset(each.name for each in fields(Command))
_COLUMNS: Final = ("id", "device", "key", "stage", "received", "sent", "revert_at", "delivered", "noted")
_KEY: Final = ("device", "key", "id")
_MOMENTS: Final = ("received", "deadline", "revert_at", "sent", "answered", "ended")


class Journal:
    """The table of commands. Every method raises sqlite3.Error when the disk fails: without a journal, no write."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take a connection to a database with the table `command` (app/statefile.py)."""
        self._database = database
        self._skipped: set[int] = set()
        """Rows that cannot be read and have been told of."""

    def save(self, *commands: Command, durable: bool = False) -> None:
        """Keep commands, all or none, before returning; `durable`: also if the power fails in the next instant."""
        rows = [
            {"body": json.dumps(_encode(command)), **{name: _column(getattr(command, name)) for name in _COLUMNS}}
            for command in commands
        ]
        names = (*_COLUMNS, "body")
        changing = ", ".join(f"{name} = excluded.{name}" for name in names if name not in _KEY)
        statement = (
            f"INSERT INTO command ({', '.join(names)}) "  # noqa: S608 - names of our own
            f"VALUES ({', '.join(f':{name}' for name in names)}) ON CONFLICT DO UPDATE SET {changing}"
        )
        if durable:
            self._database.execute("PRAGMA synchronous = FULL")
        try:
            with self._database:
                self._database.executemany(statement, rows)
        finally:
            if durable:
                self._database.execute("PRAGMA synchronous = NORMAL")

    def find(self, device: str, key: str, command_id: str) -> Command | None:
        """Return a command by its place and id."""
        found = self._select("device = ? AND key = ? AND id = ?", (device, key, command_id))
        return found[0] if found else None

    def known(self, device: str, key: str, command_id: str) -> Command | None:
        """Return a command by its place and id; raise sqlite3.Error where it has come before and cannot be read."""
        found = self.find(device, key, command_id)
        if found is None:
            statement = "SELECT 1 FROM command WHERE device = ? AND key = ? AND id = ?"
            if self._database.execute(statement, (device, key, command_id)).fetchone():
                msg = f"the row of {command_id} cannot be read"
                raise sqlite3.DataError(msg)
        return found

    def named(self, command_id: str) -> Sequence[Command]:
        """Return the commands of an id, the newest first: ids are the senders', and may be alike at two places."""
        return self._select("id = ?", (command_id,), "received DESC, rowid DESC")

    def unfinished(self) -> Sequence[Command]:
        """Return what has not ended, the oldest first."""
        return self._select("stage != ?", (Stage.FINAL.value,))

    def undelivered(self) -> Sequence[Command]:
        """Return what has ended and whose answer the broker has not taken, the oldest first."""
        return self._select("stage = ? AND delivered = 0", (Stage.FINAL.value,))

    def delivered(self, command: Command) -> None:
        """Note that the broker has taken a command's answer."""
        command.delivered = True
        with self._database:
            self._database.execute(
                "UPDATE command SET delivered = 1 WHERE device = ? AND key = ? AND id = ?",
                (command.device, command.key, command.id),
            )

    def to_revert(self, device: str | None = None) -> Sequence[Command]:
        """Return what is to be undone at a moment, the earliest first; of one device, if it is named."""
        where, values = ("revert_at IS NOT NULL AND device = ?", (device,)) if device else ("revert_at IS NOT NULL", ())
        return self._select(where, values, "revert_at")

    def newest(self, limit: int, device: str | None = None) -> Sequence[Command]:
        """Return the newest commands, the newest first."""
        where, values = ("device = ?", (device,)) if device else ("1", ())
        return self._select(where, values, f"received DESC, rowid DESC LIMIT {int(limit)}")

    def newest_of_each_point(self, device: str) -> Sequence[Command]:
        """Return the newest command of each point of a device that says something of it."""
        # of an aggregate's row: https://www.sqlite.org/lang_select.html#bareagg
        statement = (
            "SELECT rowid, body, delivered, MAX(received) FROM command WHERE device = ? AND noted = 1 GROUP BY key"
        )
        return self._read(row[:3] for row in self._database.execute(statement, (device,)))

    def sent_since(self, device: str, moment: datetime, until: datetime) -> Sequence[Command]:
        """Return the commands of a device that were sent between two moments, the newest first."""
        values = (device, _column(moment), _column(until))
        return self._select("device = ? AND sent >= ? AND sent <= ?", values, "sent DESC, rowid DESC")

    def sent_together(self, command: Command) -> Sequence[Command]:
        """Return the commands that went out with the same write as this one, it among them, the oldest first."""
        if command.sent is None:
            return (command,)
        found = self.sent_since(command.device, command.sent, command.sent)
        return [each for each in reversed(found) if each.setting == command.setting]

    def sent_to_since(self, moment: datetime) -> Sequence[str]:
        """Return the ids of the devices that something has been sent to since a moment."""
        found = self._database.execute("SELECT DISTINCT device FROM command WHERE sent >= ?", (_column(moment),))
        return sorted(device for (device,) in found)

    def forget(self, now: datetime) -> None:
        """Forget what ended long ago, and what there is too much of; what still counts for something is kept."""
        over = "SELECT received FROM command ORDER BY received DESC LIMIT 1 OFFSET ?"
        old = f"received < ? OR received <= ({over}) AND (sent IS NULL OR sent < ?)"
        with self._database:
            self._database.execute(
                f"DELETE FROM command WHERE stage = ? AND revert_at IS NULL AND ({old})",  # noqa: S608 - clauses of our own
                (Stage.FINAL.value, _column(now - KEPT), MOST, _column(now - DAY)),
            )

    def _select(self, where: str, values: Iterable[object], order: str = "received, rowid") -> list[Command]:
        statement = f"SELECT rowid, body, delivered FROM command WHERE {where} ORDER BY {order}"  # noqa: S608 - clauses of our own
        return self._read(self._database.execute(statement, tuple(values)))

    def _read(self, rows: Iterable[tuple[int, str, int]]) -> list[Command]:
        """Return the commands of rows; one that cannot be read, of another version say, must not hide the others."""
        commands = []
        for number, body, delivered in rows:
            try:
                commands.append(_decode(body, delivered))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if number not in self._skipped:
                    self._skipped.add(number)
                    log.warning("journal_row_skipped", row=number, reason=repr(error))
        return commands


def _column(value: object) -> object:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _encode(command: Command) -> dict[str, Any]:
    return {name: _column(getattr(command, name)) for name in _FIELDS}


def _decode(text: str, delivered: int) -> Command:
    body = json.loads(text)
    given = {name: value for name, value in body.items() if name in _FIELDS}
    for name in _MOMENTS:
        if given.get(name) is not None:
            given[name] = datetime.fromisoformat(given[name])
    given["stage"] = Stage(given["stage"])
    given["status"] = Status(given["status"]) if given.get("status") else None
    given["delivered"] = bool(delivered)  # noted there alone
    return Command(**given)
