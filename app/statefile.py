"""The state's file: one SQLite database in a folder that one process at a time has to itself.

What is broken is set aside, what is locked is said, and where nothing can be written the bridge goes on in memory
with what could be read. Numbered migrations; the file's `user_version` is its schema.
"""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from app.errors import StateError

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
    """
    CREATE TABLE command (
        device TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, stage TEXT NOT NULL, received TEXT NOT NULL,
        sent TEXT, revert_at TEXT, delivered INTEGER NOT NULL, noted INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (device, key, id)
    );
    CREATE INDEX command_received ON command (received);
    CREATE INDEX command_open ON command (stage, delivered);
    CREATE INDEX command_sent ON command (device, sent) WHERE sent IS NOT NULL;
    CREATE INDEX command_revert ON command (revert_at) WHERE revert_at IS NOT NULL;
    """,
)
"""Schema n is reached by running the first n of these in order. Never edit one that has been released."""

TABLES = frozenset({"document", "ledger", "memory", "announcement", "command"})
"""What the newest schema has."""


LOG_PAGES: Final = 200
"""Pages of 4 kB that SQLite's log may grow to before it is carried over: a volume of 2 MB is enough for the state."""

_FULL: Final = "the disk is full: free some space"
_READ_ONLY: Final = "it lies on a disk that may only be read: mount a writable one there"


def trouble(folder: Path, error: OSError | sqlite3.Error) -> str:
    """Return, for its owner, why nothing can be written into a state folder and what to do about it."""
    number, code = getattr(error, "errno", None), getattr(error, "sqlite_errorcode", None)
    if number in (errno.ENOSPC, errno.EDQUOT) or code == sqlite3.SQLITE_FULL:
        return _FULL
    if number == errno.EROFS:
        return _READ_ONLY
    if number in (errno.ENOTDIR, errno.EEXIST):
        return "a file stands where the folder should be: remove it, or set `state` to another folder"
    if number in (errno.EACCES, errno.EPERM) or code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return f"{_rights(folder)}, or set `state` to another folder"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _rights(folder: Path) -> str:
    """Return who may not write there and what is to be done about it."""
    me = os.geteuid()
    there = next((place for place in (folder, *folder.absolute().parents) if os.access(place, os.F_OK)), folder)
    try:
        owner = there.stat().st_uid
    except OSError:
        return f"the user {me} may not look into it: give it to that user (chown)"
    if there == folder and os.access(folder, os.W_OK | os.X_OK):
        for name in (LOCK, FILE, f"{FILE}-wal", f"{FILE}-shm"):
            file = folder / name
            if os.access(file, os.F_OK) and not os.access(file, os.R_OK | os.W_OK):
                return _rights_of_file(file, me)
    if owner == me:
        return f"{there} is the user's own ({me}), but not writable: allow it (chmod u+rwx)"
    return f"the user {me} may not write to {there}, which belongs to the user {owner}: give it to {me} (chown)"


def _rights_of_file(file: Path, me: int) -> str:
    """Return what is to be done about one file in a folder that is right itself."""
    owner = file.stat().st_uid
    if owner == me:
        return f"the file {file} is the user's own ({me}), but not writable: allow it (chmod u+rw)"
    return f"the user {me} may not use the file {file}, which belongs to the user {owner}: give it to {me} (chown)"


def _make(file: Path) -> None:
    """Make an empty file for its owner alone, unless it is there; raise OSError if it cannot be written.

    What root makes belongs to the folder's owner: a check by root must not shut out the service's user.
    """
    try:
        made = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        os.close(os.open(file, os.O_RDWR))  # SQLite would open for reading what cannot be written
        return
    try:
        if os.geteuid() == 0:
            of = file.parent.stat()
            with suppress(OSError):  # a root without all rights, as in a container, has to keep it
                os.fchown(made, of.st_uid, of.st_gid)
    finally:
        os.close(made)


def take_lock(folder: Path) -> int:
    """Return a locked file descriptor.

    Raises OSError where the folder cannot be made or written, StateError where another process uses it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _make(folder / LOCK)
    lock = os.open(folder / LOCK, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        msg = (
            f"the state folder {folder} is in use by another heliopost; "
            "stop that one, or give this one a `state` folder of its own"
        )
        raise StateError(msg) from error
    with suppress(OSError):  # the number is for people only, and a full disk has no room for it
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def in_memory(path: Path) -> sqlite3.Connection:
    """Return a database in memory with what a file holds, as far as it can be read: sessions and lockouts count."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    if os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises where the folder may not even be looked into
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as kept:
            kept.backup(database)
    _migrate(database)
    return database


class _Damaged(StateError, sqlite3.DatabaseError):
    """The file is no database of ours, or no whole one."""


def _damaged(error: sqlite3.DatabaseError) -> bool:
    """Return whether an error means that the file is broken; a full disk or a lock does not."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _Damaged) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_or_begin_anew(path: Path) -> sqlite3.Connection:
    """Return the database, a new one in the place of a broken one.

    Raises StateError where another program has locked it or a newer heliopost has written it, sqlite3.Error and
    OSError where the disk does not let us.
    """
    try:
        if path.exists() and not path.is_file():
            msg = "not a file"
            raise _Damaged(msg)
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            msg = f"the state {path} is in use by another program (a backup, the sqlite3 shell): end that one first"
            raise StateError(msg) from error
        if not _damaged(error):
            raise
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
    _make(path)
    database = sqlite3.connect(path, timeout=5, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        _check(database)
        _migrate(database)
        if not _tables(database) >= TABLES:
            msg = "tables are missing"
            raise _Damaged(msg)  # noqa: TRY301 - closes the database like any other failure
    except BaseException:
        database.close()
        raise
    return database


def _tables(database: sqlite3.Connection) -> frozenset[str]:
    return frozenset(str(name) for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))


def _check(database: sqlite3.Connection) -> None:
    """Raise DatabaseError if the file is damaged."""
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        msg = "quick_check failed"
        raise _Damaged(msg)


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
