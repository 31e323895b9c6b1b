"""`heliopost backup FILE`: the state as one SQLite file, also while the bridge runs."""

import argparse
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from app.cli.settings import configuration
from app.errors import StateError
from app.state import FILE


def execute(arguments: argparse.Namespace) -> int:
    """Write the backup."""
    source = configuration(arguments).state / FILE
    target = Path(arguments.file)
    if target.exists() and not arguments.force:
        msg = f"{target} is there already: name another file, or overwrite it with --force"
        raise StateError(msg)
    if not source.is_file():
        msg = f"there is no state in {source.parent} yet: check `state` in the configuration"
        raise StateError(msg)
    size = copy(source, target)
    print(f"The state is in {target} ({size / 1024:.0f} kB). It holds sessions: keep it as safe as a password.")
    return 0


def copy(source: Path, target: Path) -> int:
    """Copy a database that may be in use; return the copy's size in bytes. The target appears whole or not at all."""
    partial = target.with_name(f".{target.name}.part")
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(partial)) as write,
        ):
            read.backup(write)
            write.execute("PRAGMA journal_mode = DELETE")  # one file, to be carried about alone
        partial.replace(target)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        msg = f"the backup {target} cannot be written ({reason}): check the folder and the space on the disk"
        raise StateError(msg) from error
