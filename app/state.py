"""What must outlive a restart, in one SQLite file that only one process opens at a time.

Sessions, login back-off and lockouts (vault), the calls spent (ledger), the last accepted
counters (tracks), the sums of derived counters, the announced discovery topics, and each
device's last values. Numbered migrations; the file's `user_version` is its schema.
Writes are small and rare (a handful a poll), so they are made where they are asked for.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

import structlog

from app.clock import Clock
from app.errors import BudgetSpent, StateError

log = structlog.get_logger()

FILE = "heliopost.db"
LOCK = "heliopost.lock"

MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE document (
        scope TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (scope, name)
    ) WITHOUT ROWID;
    CREATE TABLE ledger (
        account TEXT NOT NULL, day TEXT NOT NULL, call TEXT NOT NULL, spent INTEGER NOT NULL,
        PRIMARY KEY (account, day, call)
    ) WITHOUT ROWID;
    CREATE TABLE memory (
        device TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (device, kind, key)
    ) WITHOUT ROWID;
    CREATE TABLE announcement (topic TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
    """,
)
"""Schema n is reached by running the first n of these in order. Never edit one that has been released."""

LEDGER_DAYS = 35
"""How many days of spent calls are kept for a look back."""


class State:
    """The state folder: lock and database."""

    def __init__(self, database: sqlite3.Connection, path: Path, lock: int | None, *, durable: bool) -> None:
        """Use `open` instead."""
        self._database = database
        self._lock = lock
        self.path = path
        self.durable = durable
        self.install_id = self._install_id()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the state in a folder, making it if need be; raise StateError if another process has it open.

        A corrupt file is set aside and a new one begun; where nothing can be written the state is
        kept in memory only. Either is said in one log line.
        """
        lock = _take_lock(folder)
        path = folder / FILE
        try:
            if lock is None:
                return cls(_in_memory(), path, None, durable=False)
            return cls(_open_or_begin_anew(path), path, lock, durable=True)
        except OSError as error:
            if lock is not None:
                os.close(lock)
            _not_durable(folder, error)
            return cls(_in_memory(), path, None, durable=False)
        except BaseException:
            if lock is not None:
                os.close(lock)
            raise

    def close(self) -> None:
        """Write everything out and let go of the folder."""
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
        row = self._database.execute("SELECT body FROM document WHERE scope = ? AND name = ?", (scope, name)).fetchone()
        return _object(row[0]) if row else None

    def _put_document(self, scope: str, name: str, body: Mapping[str, Any] | None) -> None:
        if body is None:
            self._write("DELETE FROM document WHERE scope = ? AND name = ?", (scope, name))
        else:
            self._write("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (scope, name, json.dumps(body)))

    # The ledger

    def ledger(
        self, account: str, budget: int, clock: Clock, counted: Callable[[str], None] | None = None
    ) -> "StateLedger":
        """Return the ledger of an account; `counted` is told of each call."""
        return StateLedger(self, account, budget, clock, counted or (lambda _: None))

    def spent(self, account: str, day: str) -> dict[str, int]:
        """Return the calls of an account on a UTC day (ISO date), by call."""
        rows = self._database.execute("SELECT call, spent FROM ledger WHERE account = ? AND day = ?", (account, day))
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

    def remember(self, kind: str, rows: Iterable[tuple[str, str, object]]) -> None:
        """Keep JSON bodies by (device id, key), in one transaction."""
        values = [(device, kind, key, json.dumps(body)) for device, key, body in rows]
        if values:
            with suppress(sqlite3.Error), self._database:
                self._database.executemany("INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)", values)

    def remembered(self, kind: str) -> Iterable[tuple[str, str, dict[str, Any]]]:
        """Return what was kept, as (device id, key, body); what cannot be read is passed over."""
        rows = self._database.execute("SELECT device, key, body FROM memory WHERE kind = ?", (kind,)).fetchall()
        return [(str(device), str(key), body) for device, key, text in rows if (body := _object(text)) is not None]

    def forget(self, device_id: str) -> None:
        """Forget a device."""
        self._write("DELETE FROM memory WHERE device = ?", (device_id,))

    # Announcements

    @property
    def announcements(self) -> "StateAnnouncements":
        """Return the registry of announced discovery topics."""
        return StateAnnouncements(self._database, self._write)

    def _write(self, statement: str, values: Sequence[object]) -> None:
        """Write one row; a full or failing disk is logged and must not stop the bridge."""
        try:
            with self._database:
                self._database.execute(statement, values)
        except sqlite3.Error as error:
            log.error("state_not_written", path=str(self.path), error=str(error), advice="free some space on the disk")

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

    def __init__(self, database: sqlite3.Connection, write: Callable[[str, Sequence[object]], None]) -> None:
        """Take the database and the way to write to it."""
        self._database, self._write = database, write

    def all(self) -> Mapping[str, str]:
        """Return the documents of all announced discovery topics, by topic."""
        return {str(topic): str(document) for topic, document in self._database.execute("SELECT * FROM announcement")}

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


def _not_durable(folder: Path, error: OSError) -> None:
    log.error(
        "state_not_durable",
        folder=str(folder),
        error=error.strerror,
        advice="make the folder writable: until then logins and lockouts are forgotten at each restart",
    )


def _take_lock(folder: Path) -> int | None:
    """Return a locked file descriptor, or None where the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        _not_durable(folder, error)
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        msg = (
            f"the state folder {folder} is in use by another heliopost; "
            "stop that one, or give this one a `state` folder of its own"
        )
        raise StateError(msg) from error
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def _in_memory() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    _migrate(database)
    return database


def _open_or_begin_anew(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        log.error(
            "state_corrupt",
            path=str(path),
            error=str(error),
            kept_as=aside.name,
            advice="restore a backup, or go on anew",
        )
        for suffix in ("-wal", "-shm"):
            with suppress(OSError):
                path.with_name(path.name + suffix).unlink()
        path.rename(aside)
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    database = sqlite3.connect(path, timeout=5, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        _check(database)
        _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    """Raise DatabaseError if the file is damaged."""
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        msg = "quick_check failed"
        raise sqlite3.DatabaseError(msg)


def _migrate(database: sqlite3.Connection) -> None:
    """Bring the schema up to date; raise StateError if it is newer than this program."""
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        msg = (
            f"the state was written by a newer heliopost (schema {version}, this one knows {len(MIGRATIONS)}): "
            "update heliopost"
        )
        raise StateError(msg)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        database.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
