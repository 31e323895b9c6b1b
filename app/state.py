"""What must outlive a restart, in one SQLite file that only one process opens at a time.

Sessions, login back-off and lockouts (vault), the calls spent (ledger), the last accepted
counters (tracks), the sums of derived counters, the announced discovery topics, and each
device's last values. Numbered migrations; the file's `user_version` is its schema.
Writes are small and rare (a handful a poll), so they are made where they are asked for.
"""

import json
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

import structlog

from app.clock import Clock
from app.errors import BudgetSpent
from app.statefile import FILE, LOCK, MIGRATIONS, in_memory, open_or_begin_anew, take_lock, trouble

log = structlog.get_logger()

UNWRITTEN = 10_000
"""How many small writes wait for a disk that takes nothing: days of them."""
LEDGER_DAYS = 35
"""How many days of spent calls are kept for a look back."""


class State:
    """The state folder: lock and database."""

    def __init__(self, database: sqlite3.Connection, path: Path, lock: int | None, trouble: str = "") -> None:
        """Use `open` instead."""
        self._database = database
        self._lock = lock
        self.path = path
        self._on_disk = not trouble
        self.trouble = trouble
        """Why what is kept now would not outlive a restart, and what to do; empty when it would."""
        self._unwritten: deque[tuple[str, Sequence[Sequence[object]]]] = deque(maxlen=UNWRITTEN)
        """What a failing disk did not take, in order."""
        self._documents: dict[tuple[str, str], dict[str, Any] | None] = {}
        """What has been read or written: a disk that fails must not make the bridge forget that it has logged in."""
        self.install_id = self._install_id()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the state in a folder, making it if need be; raise StateError if another process has it open.

        A corrupt file is set aside and a new one begun; where nothing can be written, what is there is read and
        the state goes on in memory only. Either is said in one log line.
        """
        lock, path = None, folder / FILE
        try:
            try:
                lock = take_lock(folder)
                return cls(open_or_begin_anew(path), path, lock)
            except (OSError, sqlite3.Error) as error:
                why = f"the state folder {folder} cannot be written: {trouble(folder, error)}"
                advice = "mend that and restart heliopost: until then what happens is forgotten at a restart"
                log.error("state_not_durable", folder=str(folder), reason=why, error=str(error), advice=advice)
            return cls(in_memory(path), path, lock, why)
        except BaseException:
            if lock is not None:
                os.close(lock)
            raise

    @property
    def durable(self) -> bool:
        """Whether what is kept now outlives a restart."""
        return not self.trouble

    def close(self) -> None:
        """Write everything out, also what the disk has not taken so far, and let go of the folder."""
        if self._unwritten and self._write_out():
            self._unwritten.clear()
        with suppress(sqlite3.Error):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        """Return the state."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _install_id(self) -> str:
        known = self._document("install", "id")
        if known is None:
            known = {"id": token_hex(8)}
            self._put_document("install", "id", known)
        return str(known["id"])

    # Documents

    def vault(self, account: str) -> "StateVault":
        """Return what an account keeps over restarts."""
        scope = f"account/{account}"
        return StateVault(
            lambda name: self._document(scope, name), lambda name, body: self._put_document(scope, name, body)
        )

    def _document(self, scope: str, name: str) -> dict[str, Any] | None:
        key = (scope, name)
        if key not in self._documents:
            rows = self._read("SELECT body FROM document WHERE scope = ? AND name = ?", key)
            self._documents[key] = _object(rows[0][0]) if rows else None
        kept = self._documents[key]
        return None if kept is None else deepcopy(kept)

    def _put_document(self, scope: str, name: str, body: Mapping[str, Any] | None) -> None:
        self._documents[scope, name] = None if body is None else deepcopy(dict(body))
        if body is None:
            self._write("DELETE FROM document WHERE scope = ? AND name = ?", (scope, name))
        else:
            self._write("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (scope, name, json.dumps(body)))

    @property
    def database(self) -> sqlite3.Connection:
        """The database itself, for the journal of commands, which must hear of every failure."""
        return self._database

    # The ledger

    def ledger(
        self, account: str, budget: int, clock: Clock, counted: Callable[[str], None] | None = None
    ) -> "StateLedger":
        """Return the ledger of an account; `counted` is told of each call."""
        return StateLedger(self, account, budget, clock, counted or (lambda _: None))

    def spent(self, account: str, day: str) -> dict[str, int]:
        """Return the calls of an account on a UTC day (ISO date), by call."""
        rows = self._read("SELECT call, spent FROM ledger WHERE account = ? AND day = ?", (account, day))
        return {str(call): int(count) for call, count in rows}

    def spend(self, account: str, day: str, call: str) -> None:
        """Count one call."""
        self._write(
            "INSERT INTO ledger VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET spent = spent + 1", (account, day, call)
        )

    def forget_ledger_before(self, day: str) -> None:
        """Forget the calls before a UTC day (ISO date)."""
        self._write("DELETE FROM ledger WHERE day < ?", (day,))

    # What is remembered of devices

    def remember(self, kind: str, rows: Iterable[tuple[str, str, object]]) -> bool:
        """Keep JSON bodies by (device id, key), in one transaction; return whether that went well."""
        values = [(device, kind, key, json.dumps(body)) for device, key, body in rows]
        if not values:
            return True
        written = self._write_out(("INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)", values))
        if written:
            self._unwritten.clear()
        return written

    def remembered(self, kind: str) -> Iterable[tuple[str, str, dict[str, Any]]]:
        """Return what was kept, as (device id, key, body); what cannot be read is passed over."""
        rows = self._read("SELECT device, key, body FROM memory WHERE kind = ?", (kind,))
        return [(str(device), str(key), body) for device, key, text in rows if (body := _object(text)) is not None]

    def forget(self, device_id: str) -> None:
        """Forget a device."""
        self._write("DELETE FROM memory WHERE device = ?", (device_id,))

    # Announcements

    @property
    def announcements(self) -> "StateAnnouncements":
        """Return the registry of announced discovery topics."""
        return StateAnnouncements(self._read, self._write)

    def _write(self, statement: str, *rows: Sequence[object]) -> bool:
        """Write rows now, or, where the disk is full or failing, as soon as it takes something again."""
        self._unwritten.append((statement, rows))
        if not self._write_out():
            return False
        self._unwritten.clear()
        return True

    def _write_out(self, *more: tuple[str, Sequence[Sequence[object]]]) -> bool:
        """Write what waits, and more, in one transaction; a full or failing disk is said once and stops nothing."""
        try:
            with self._database:
                for statement, rows in (*self._unwritten, *more):
                    self._database.executemany(statement, rows)
        except sqlite3.Error as error:
            if not more and not isinstance(error, sqlite3.OperationalError):
                self._unwritten.pop()  # it will never be taken, and must not hold up what follows
            if self.durable:
                why = trouble(self.path.parent, error)
                self.trouble = f"the state {self.path} cannot be written: {why}"
                advice = "until then what happens is forgotten at a restart; it goes on by itself once that is mended"
                log.error("state_not_written", path=str(self.path), reason=why, error=str(error), advice=advice)
            return False
        if not self.durable and self._on_disk:
            self.trouble = ""
            log.info("state_written_again", path=str(self.path))
        return True

    def _read(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Read rows; none where the disk fails, which is said."""
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            log.error("state_not_read", path=str(self.path), error=str(error), advice="look after the disk")
            return []

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy of the database, also while it is in use."""
        with sqlite3.connect(target) as copy:
            self._database.backup(copy)
        copy.close()


class StateVault:
    """An account's documents."""

    def __init__(
        self, get: Callable[[str], dict[str, Any] | None], put: Callable[[str, Mapping[str, Any] | None], None]
    ) -> None:
        """Take the two verbs."""
        self._get, self._put = get, put

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a document, or None."""
        return self._get(name)

    def put(self, name: str, document: Mapping[str, Any] | None) -> None:
        """Keep a document durably; None forgets it."""
        self._put(name, document)


class StateAnnouncements:
    """Which discovery topics have been announced, and with what."""

    def __init__(
        self, read: Callable[[str], list[tuple[Any, ...]]], write: Callable[[str, Sequence[object]], bool]
    ) -> None:
        """Take the ways to read and to write."""
        self._read, self._write = read, write

    def all(self) -> Mapping[str, str]:
        """Return the documents of all announced discovery topics, by topic."""
        return {str(topic): str(document) for topic, document in self._read("SELECT topic, document FROM announcement")}

    def put(self, topic: str, document: str) -> None:
        """Keep the document of an announced discovery topic."""
        self._write("INSERT OR REPLACE INTO announcement VALUES (?, ?)", (topic, document))

    def forget(self, topic: str) -> None:
        """Forget a discovery topic that has been cleared."""
        self._write("DELETE FROM announcement WHERE topic = ?", (topic,))


class StateLedger:
    """Counts an account's calls against its budget for the UTC day, over restarts."""

    def __init__(self, state: State, account: str, budget: int, clock: Clock, counted: Callable[[str], None]) -> None:
        """Read what has been spent today."""
        self._state, self._account, self._clock, self._counted = state, account, clock, counted
        self.budget = budget
        self._day = self._today()
        self._calls = state.spent(account, self._day)

    def _today(self) -> str:
        return self._clock.now().astimezone(UTC).date().isoformat()

    def _turn(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._calls = self._state.spent(self._account, today)
            keep = self._clock.now() - timedelta(days=LEDGER_DAYS)
            self._state.forget_ledger_before(keep.date().isoformat())

    @property
    def today(self) -> Mapping[str, int]:
        """Today's calls, by call."""
        self._turn()
        return dict(self._calls)

    @property
    def spent(self) -> int:
        """How many calls have been spent today."""
        self._turn()
        return sum(self._calls.values())

    @property
    def ends(self) -> datetime:
        """When the budget begins anew: the next midnight, UTC."""
        now = self._clock.now().astimezone(UTC)
        return datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)

    def spend(self, call: str) -> None:
        """Count one call just before it is sent; raise BudgetSpent when none is left."""
        if self.spent >= self.budget:
            msg = (
                f"today's budget of {self.budget} calls is spent; raise accounts.{self._account}.budget only with care"
            )
            raise BudgetSpent(msg, self.ends)
        self._calls[call] = self._calls.get(call, 0) + 1
        self._state.spend(self._account, self._day, call)
        self._counted(call)


def _object(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


__all__ = ["FILE", "LOCK", "MIGRATIONS", "State", "StateLedger"]
