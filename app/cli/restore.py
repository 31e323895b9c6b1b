"""`heliopost restore FILE`: a backup takes the place of the state."""

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from app import logs
from app.cli.settings import configuration
from app.errors import StateError
from app.state import FILE, MIGRATIONS, State

ASIDE: Final = f"{FILE}.before-restore"
"""Where the state goes that a backup replaces."""


def execute(arguments: argparse.Namespace) -> int:
    """Put the backup in place; the bridge must not run meanwhile."""
    config = configuration(arguments)
    logs.configure(config.log, config.secrets())
    backup = Path(arguments.file)
    _examine(backup)
    kept = _replace(config.state, backup)
    with State.open(config.state) as state:  # brings an older schema up to date
        print(f"The state of installation {state.install_id} is in {config.state}.")
    if kept is not None:
        print(f"What was there before is kept as {kept}.")
    print("Do not go on using the same accounts on the machine that it came from.")
    return 0


def _examine(backup: Path) -> None:
    """Raise StateError unless the file is a backup that this program can read."""
    if not backup.is_file():
        msg = f"there is no file {backup}"
        raise StateError(msg)
    try:
        with closing(sqlite3.connect(f"{backup.resolve().as_uri()}?mode=ro", uri=True)) as database:
            sound = database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            version = int(database.execute("PRAGMA user_version").fetchone()[0])
            ours = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'ledger'").fetchone() == (1,)
    except sqlite3.Error:
        sound = ours = False
        version = 0
    if not sound or not ours or version < 1:
        msg = f"{backup} is no backup of heliopost, or it is damaged"
        raise StateError(msg)
    if version > len(MIGRATIONS):
        known = len(MIGRATIONS)
        msg = f"{backup} was written by a newer heliopost (schema {version}, this one knows {known}): update heliopost"
        raise StateError(msg)


def _replace(folder: Path, backup: Path) -> Path | None:
    """Copy the backup over the state; return where the old state is kept, or None if there was none."""
    before = (folder / FILE).exists()
    with State.open(folder) as state:  # refuses while another process has it open
        if not state.durable:
            raise StateError(state.trouble)
        kept = folder / ASIDE if before else None
        if kept is not None:
            kept.unlink(missing_ok=True)
            state.copy_to(kept)
            kept.chmod(0o600)
        try:
            with (
                closing(sqlite3.connect(f"{backup.resolve().as_uri()}?mode=ro", uri=True)) as read,
                closing(sqlite3.connect(state.path)) as write,
            ):
                read.backup(write)
        except sqlite3.Error as error:
            msg = f"the state cannot be replaced ({error}): check the space on the disk; the old state is {kept}"
            raise StateError(msg) from error
    return kept
