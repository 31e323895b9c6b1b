import errno
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import BudgetSpent, StateError
from app.state import FILE, MIGRATIONS, State
from app.statefile import trouble
from simulator.clock import DrivenClock
from tests.core.factory import NOON
from tests.whole.program import powerless


def test_documents_outlive_a_restart(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state.vault("home").put("session", {"cookie": "x"})
        state.vault("other").put("session", {"cookie": "y"})
        install = state.install_id
    with State.open(tmp_path) as state:
        assert state.vault("home").get("session") == {"cookie": "x"}
        assert state.install_id == install
        state.vault("home").put("session", None)
        assert state.vault("home").get("session") is None
        assert state.vault("other").get("session") == {"cookie": "y"}


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with State.open(tmp_path):
        assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_a_second_process_is_told_that_the_folder_is_in_use(tmp_path: Path) -> None:
    with State.open(tmp_path), pytest.raises(StateError, match="in use by another heliopost"):
        State.open(tmp_path)
    State.open(tmp_path).close()


def test_a_corrupt_file_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, " * 500)
    with State.open(tmp_path) as state:
        assert state.durable
        state.vault("home").put("x", {"a": 1})
    assert len(list(tmp_path.glob(f"{FILE}.corrupt-*"))) == 1


def test_a_file_that_is_damaged_inside_is_set_aside_too(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state.remember("track", ((f"d{n}", "k", {"x": "y" * 200}) for n in range(500)))
    raw = bytearray((tmp_path / FILE).read_bytes())
    raw[8192:40960] = os.urandom(32768)
    (tmp_path / FILE).write_bytes(raw)
    with State.open(tmp_path) as state:
        assert list(state.remembered("track")) == []


def test_a_folder_that_cannot_be_made_means_memory_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with State.open(tmp_path / "file" / "state") as state:
        assert not state.durable
        state.vault("home").put("x", {"a": 1})
        assert state.vault("home").get("x") == {"a": 1}


def test_a_folder_in_the_place_of_the_file_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with State.open(tmp_path) as state:
        assert state.durable


def test_a_file_that_may_not_be_made_means_memory_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("app.statefile._make", refuse)
    with State.open(tmp_path) as state:
        assert not state.durable


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    State.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    with pytest.raises(StateError, match="update heliopost"):
        State.open(tmp_path)
    assert not list(tmp_path.glob("*.corrupt-*"))


def test_calls_are_counted_over_restarts_and_anew_each_day(tmp_path: Path) -> None:
    clock = DrivenClock(NOON)
    counted: list[str] = []
    with State.open(tmp_path) as state:
        ledger = state.ledger("home", 3, clock, counted.append)
        ledger.spend("login")
        ledger.spend("tlx_detail")
    with State.open(tmp_path) as state:
        ledger = state.ledger("home", 3, clock)
        ledger.spend("tlx_detail")
        assert ledger.spent == 3
        assert ledger.today == {"login": 1, "tlx_detail": 2}
        with pytest.raises(BudgetSpent) as caught:
            ledger.spend("tlx_detail")
        assert caught.value.until == ledger.ends == datetime(2026, 6, 2, tzinfo=UTC)
        clock.move(timedelta(days=1))
        ledger.spend("tlx_detail")
        assert ledger.spent == 1
        assert state.spent("home", "2026-06-01") == {"login": 1, "tlx_detail": 2}
        clock.move(timedelta(days=60))
        assert ledger.spent == 0
        assert state.spent("home", "2026-06-01") == {}
    assert counted == ["login", "tlx_detail"]


def test_announcements_are_kept(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state.announcements.put("a/config", "one")
        state.announcements.put("a/config", "two")
        state.announcements.put("b/config", "three")
        state.announcements.forget("b/config")
    with State.open(tmp_path) as state:
        assert state.announcements.all() == {"a/config": "two"}


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state.remember("track", [("d", "k", {"x": 1}), ("d", "list", [1])])
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("INSERT INTO memory VALUES ('d', 'track', 'broken', '{')")
    database.close()
    with State.open(tmp_path) as state:
        assert list(state.remembered("track")) == [("d", "k", {"x": 1})]
        state.forget("d")
        assert list(state.remembered("track")) == []


def test_a_copy_is_consistent_while_the_state_is_in_use(tmp_path: Path) -> None:
    with State.open(tmp_path / "a") as state:
        state.vault("home").put("x", {"a": 1})
        (tmp_path / "b").mkdir()
        state.copy_to(tmp_path / "b" / FILE)
    with State.open(tmp_path / "b") as copy:
        assert copy.vault("home").get("x") == {"a": 1}


def test_a_disk_that_fails_does_not_stop_the_bridge(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state._database.execute("PRAGMA query_only = ON")
        state.vault("home").put("x", {"a": 1})
        assert not state.remember("track", [("d", "k", {})])
        assert not state.durable
        assert state.vault("home").get("x") == {"a": 1}
        state._database.execute("PRAGMA query_only = OFF")
        assert state.remember("track", [("d", "k", {})])
        assert state.durable
        state._database.close()
        assert state.spent("home", "2026-06-01") == {}


def test_what_a_failing_disk_did_not_take_is_written_as_soon_as_it_does(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state.spend("home", "2026-06-01", "login")
        state._database.execute("PRAGMA query_only = ON")
        state.vault("home").put("halt", {"kind": "locked"})
        state.announcements.put("a/config", "{}")
        state.spend("home", "2026-06-01", "login")
        assert "heliopost.db cannot be written" in state.trouble
        state._database.execute("PRAGMA query_only = OFF")
        assert state.remember("track", [("d", "k", {})])
    with State.open(tmp_path) as state:
        assert state.trouble == ""
        assert state.vault("home").get("halt") == {"kind": "locked"}
        assert state.announcements.all() == {"a/config": "{}"}
        assert state.spent("home", "2026-06-01") == {"login": 2}


def test_what_a_failing_disk_did_not_take_is_tried_a_last_time_at_the_end(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state._database.execute("PRAGMA query_only = ON")
        state.vault("home").put("halt", {"kind": "locked"})
        assert not state.durable
        state._database.execute("PRAGMA query_only = OFF")
    with State.open(tmp_path) as state:
        assert state.vault("home").get("halt") == {"kind": "locked"}


def test_a_disk_that_fails_to_the_end_holds_up_no_end(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    state._database.execute("PRAGMA query_only = ON")
    state.vault("home").put("halt", {"kind": "locked"})
    state.close()
    with State.open(tmp_path) as again:  # the folder is free
        assert again.vault("home").get("halt") is None


def test_a_write_that_can_never_be_made_does_not_hold_up_the_others(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        assert not state._write("INSERT INTO ledger VALUES (?, ?, ?, ?)", ("a", "b", "c", object()))
        state.spend("home", "2026-06-01", "login")
        assert state.spent("home", "2026-06-01") == {"login": 1}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "may only be read"),
        (OSError(errno.ENOTDIR, "Not a directory"), "a file stands where the folder should be"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (sqlite3.OperationalError("disk I/O error"), "disk I/O error"),
    ],
)
def test_why_a_folder_cannot_be_written_is_told_in_words(tmp_path: Path, error: OSError, words: str) -> None:
    assert words in trouble(tmp_path, error)


def test_a_locked_database_is_not_taken_for_a_corrupt_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    State.open(tmp_path).close()
    connect = sqlite3.connect
    other = connect(tmp_path / FILE, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(
        "app.statefile.sqlite3.connect", lambda path, **more: connect(path, **(more | {"timeout": 0.01}))
    )
    with pytest.raises(StateError, match="in use by another program"):
        State.open(tmp_path)
    other.close()
    assert not list(tmp_path.glob("*.corrupt-*"))


def test_a_full_disk_at_the_start_throws_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with State.open(tmp_path) as state:
        state.vault("home").put("halt", {"kind": "locked"})
        install = state.install_id

    def full(_: Path) -> sqlite3.Connection:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("app.statefile._connect", full)
        with State.open(tmp_path) as state:
            assert not state.durable
            assert state.install_id == install
            assert state.vault("home").get("halt") == {"kind": "locked"}
    assert not list(tmp_path.glob("*.corrupt-*"))
    with State.open(tmp_path) as state:
        assert state.install_id == install


def test_a_database_that_lacks_a_table_is_set_aside(tmp_path: Path) -> None:
    State.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("DROP TABLE memory")
    database.close()
    with State.open(tmp_path) as state:
        assert list(state.remembered("track")) == []
    assert len(list(tmp_path.glob("*.corrupt-*"))) == 1


def test_what_root_makes_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, 1234, 4321)
    with State.open(folder) as state:
        state.vault("home").put("session", {"user_id": "7"})
        made = {file.name: (file.stat().st_uid, file.stat().st_gid) for file in folder.iterdir()}
    assert {"heliopost.db", "heliopost.lock"} <= made.keys()
    assert set(made.values()) == {(1234, 4321)}


def test_roots_help_goes_to_no_file_that_a_link_points_to(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    folder, elsewhere = tmp_path / "data", tmp_path / "shadow"
    folder.mkdir()
    os.chown(folder, 1234, 4321)
    elsewhere.write_bytes(b"")
    (folder / "heliopost.db").symlink_to(elsewhere)
    State.open(folder).close()
    assert elsewhere.stat().st_uid == 0


@pytest.mark.parametrize("name", ["heliopost.lock", "heliopost.db"])
@pytest.mark.parametrize("owner", [None, 1234], ids=["one's own", "another user's"])
def test_a_file_that_may_not_be_used_is_named(tmp_path: Path, name: str, owner: int | None) -> None:
    State.open(tmp_path).close()
    (tmp_path / name).chmod(0o400 if owner is None else 0o600)
    words: tuple[str, ...] = ()
    if os.geteuid() == 0:
        words = powerless()
        os.chown(tmp_path / name, os.geteuid() if owner is None else owner, -1)
    elif owner is not None:
        pytest.skip("only root can give files away")
    opened = "import sys, pathlib, app.state; print(app.state.State.open(pathlib.Path(sys.argv[1])).trouble)"
    done = subprocess.run(
        [*words, sys.executable, "-c", opened, str(tmp_path)], capture_output=True, text=True, check=True
    )
    said = done.stdout.splitlines()[-1]
    me = os.geteuid()
    if owner is None:
        assert f"the file {tmp_path / name} is the user's own ({me}), but not writable: allow it (chmod u+rw)" in said
    else:
        assert f"the user {me} may not use the file {tmp_path / name}, which belongs to the user 1234: give" in said
