"""The command line, as far as it touches no network."""

import io
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import __version__, cli
from app.clock import SystemClock
from app.errors import BrokerError, ConfigError
from app.state import FILE, MIGRATIONS, State
from tests.edge.writing import ACCOUNT, Desk


@pytest.fixture
def house(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A configuration, a state folder, and nothing of this machine's environment."""
    for name in list(os.environ):
        if name.upper().startswith("HELIOPOST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HELIOPOST_SECRETS_DIR", str(desk.secrets))
    monkeypatch.setenv("HELIOPOST_CONFIG", str(desk.file))
    monkeypatch.setenv("HELIOPOST_STATE", str(desk.folder / "state"))
    desk.file.write_text(ACCOUNT)
    desk.file.chmod(0o600)
    return desk


def run(*words: str) -> int:
    return cli.main(list(words))


# --- the command line as such


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("version") == 0
    assert capsys.readouterr().out.startswith(f"heliopost {__version__} (Python ")


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "app", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"heliopost {__version__}\n"


@pytest.mark.parametrize("words", [[], ["nonsense"], ["run", "--nonsense"], ["backup"]])
def test_wrong_words_are_explained(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert ended.value.code == 2
    assert "usage: heliopost" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.COMMANDS)


@pytest.mark.parametrize("name", sorted(cli.CONFIGURED))
def test_every_fault_of_the_configuration_is_told_and_the_exit_code_says_do_not_restart(
    house: Desk, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    house.file.write_text(ACCOUNT + "mqtt:\n  port: x\nweb:\n  prot: 1\n")
    words = {"backup": ["somewhere"], "restore": ["somewhere"], "set": ["device", "point", "1"]}
    assert run(name, *words.get(name, [])) == 78
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.replace(f"{house.folder}/", "") == (
        "heliopost: config.yaml:7:9: mqtt.port must be a whole number\n"
        "heliopost: config.yaml:9:3: web.prot is no known key; did you mean `port`?\n"
    )


def test_the_file_and_single_keys_can_be_named(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    other = house.folder / "other.yaml"
    other.write_text(ACCOUNT.replace("home:", "other:"))
    assert run("check", "--offline", "-c", str(other), "--set", "web.port=1", "--set", "log.format=json") == 0
    assert "other (growatt)" in capsys.readouterr().out
    assert run("check", "--offline", "--log-level", "loud") == 78
    assert "--set log.level: log.level must be one of 'debug'" in capsys.readouterr().err


# --- what ends a command


@pytest.fixture
def ends_with(monkeypatch: pytest.MonkeyPatch) -> Any:
    def arrange(error: BaseException) -> None:
        def execute(_: object) -> int:
            raise error

        monkeypatch.setattr("app.cli.version.execute", execute)

    return arrange


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (BrokerError("The broker is away."), 1, "heliopost: The broker is away.\n"),
        (ConfigError("one", "two"), 78, "heliopost: one\nheliopost: two\n"),
        (ExceptionGroup("tasks", [ExceptionGroup("more", [BrokerError("Away.")])]), 1, "heliopost: Away.\n"),
        (ExceptionGroup("tasks", [ConfigError("one"), BrokerError("two")]), 78, "heliopost: one\nheliopost: two\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["error", "config", "group", "mixed", "interrupted"],
)
def test_a_foreseen_end_is_a_sentence_and_a_code(
    ends_with: Any, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, told: str
) -> None:
    ends_with(error)
    assert run("version") == code
    assert capsys.readouterr().err == told


def test_an_unforeseen_end_is_not_hidden(ends_with: Any) -> None:
    ends_with(ExceptionGroup("tasks", [BrokerError("away"), ZeroDivisionError()]))
    with pytest.raises(ExceptionGroup, match="tasks"):
        run("version")


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = f"'{sys.executable}' -m app schema | head -c 10"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=buffered)
    assert done.stderr == ""
    assert len(done.stdout) == 10


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Heliopost"


def test_the_demo_is_given_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[float | None, float, bool]] = []

    def play(seconds: float | None, *, speed: float, embedded: bool) -> int:
        given.append((seconds, speed, embedded))
        return 5

    monkeypatch.setattr("app.cli.demo.run", play)
    monkeypatch.setattr("app.cli.demo.SPEED", 360.0)
    monkeypatch.setenv("DEMO_SECONDS", "30")
    assert run("demo") == 5
    assert run("demo", "--seconds", "2", "--speed", "10", "--embedded") == 5
    assert given == [(30.0, 360.0, False), (2.0, 10.0, True)]


# --- check --offline


def check(house: Desk, capsys: pytest.CaptureFixture[str], added: str = "") -> tuple[int, str]:
    house.file.write_text(ACCOUNT + added)
    code = run("check", "--offline")
    return code, capsys.readouterr().out.replace(str(house.folder), "DESK")


def test_a_good_configuration_is_called_good(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(house, capsys) == (
        0,
        (
            "ok      configuration: DESK/config.yaml can be used; accounts: home (growatt)\n"
            "ok      state: the folder DESK/state can be used\n"
            "\nAll well. Broker and accounts were not tried.\n"
        ),
    )
    assert not (house.folder / "state").exists(), "checking offline makes nothing"


@pytest.mark.parametrize(
    ("added", "note"),
    [
        ("web: {host: 0.0.0.0}\n", "note    web.token: everybody in your network can read your values"),
        ("mqtt: {host: broker, username: me, password: secret}\n", "note    mqtt.tls: the broker's password travels"),
        ("mqtt: {host: broker}\ncommands: {enabled: true}\n", "note    commands: whoever reaches your broker"),
        ("commands: {allow_dangerous: true}\n", "note    commands.allow_dangerous: it has no effect without"),
        ("points: {'*/grid_powr': {scale: 2}}\n", "common vocabulary has no grid_powr; did you mean grid_power?"),
        ("points: {'*/qqqqqq': {scale: 2}}\n", "has no qqqqqq; that is right only for a vendor's own point"),
    ],
)  # fmt: skip
def test_what_could_be_better_is_noted(house: Desk, capsys: pytest.CaptureFixture[str], added: str, note: str) -> None:
    code, told = check(house, capsys, added)
    assert code == 0
    assert note in told
    assert "All well. (1 to consider, see above.)" in told


@pytest.mark.parametrize(
    "added",
    [
        "web: {host: 0.0.0.0, token: long enough}\n",
        "web: {host: 0.0.0.0, enabled: false}\n",
        "mqtt: {host: broker, username: me, password: secret, tls: true}\n",
        "mqtt: {host: localhost, username: me, password: secret}\n",
        "points: {'*/grid_power': {invert: true}}\n",
        "mqtt: {host: localhost}\ncommands: {enabled: true}\n",
        "mqtt: {host: broker, username: me}\ncommands: {enabled: true}\n",
    ],
)
def test_what_is_fine_is_not_noted(house: Desk, capsys: pytest.CaptureFixture[str], added: str) -> None:
    code, told = check(house, capsys, added)
    assert code == 0
    assert "note" not in told


def test_a_file_that_others_can_read_is_noted(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    house.file.chmod(0o644)
    _, told = check(house, capsys)
    assert "others on this machine can read the passwords in it: chmod 600" in told
    assert "must own it (in docker-compose.yml that is the user 1000)" in told


def test_a_state_folder_that_is_a_file_is_found(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    (house.folder / "state").write_text("")
    code, told = check(house, capsys)
    assert code == 1
    assert "FAILED  state: DESK/state is a file and no folder" in told
    assert "Not yet: state must be mended first." in told


def test_a_state_folder_that_cannot_be_written_is_found(
    house: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "FAILED  state: the folder DESK cannot be written by this user" in check(house, capsys)[1]


# --- backup and restore


def remember(folder: Path, account: str, fact: str) -> str:
    with State.open(folder) as state:
        state.vault(account).put("session", {"fact": fact})
        state.ledger(account, 10, SystemClock()).spend("login")
        return state.install_id


def recall(folder: Path, account: str) -> Any:
    with State.open(folder) as state:
        return state.vault(account).get("session")


def test_a_backup_carries_the_state_to_another_place(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    here, there, file = house.folder / "state", house.folder / "there", house.folder / "saved.db"
    install_id = remember(here, "home", "first")
    assert run("backup", str(file)) == 0
    assert "keep it as safe as a password" in capsys.readouterr().out
    assert file.stat().st_mode & 0o077 == 0, "it holds sessions"
    assert run("restore", str(file), "--set", f"state={there}") == 0
    assert install_id in capsys.readouterr().out
    assert recall(there, "home") == {"fact": "first"}


def test_a_backup_is_whole_while_the_state_is_in_use(house: Desk) -> None:
    folder, file = house.folder / "state", house.folder / "saved.db"
    with State.open(folder) as state:
        state.vault("home").put("session", {"fact": "unsaved as yet"})
        assert run("backup", str(file)) == 0
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("SELECT body FROM document WHERE name = 'session'").fetchone() == (
            '{"fact": "unsaved as yet"}',
        )
    assert not list(house.folder.glob(".*part*")), "nothing is left over"
    assert not list(house.folder.glob("saved.db-*")), "one file"


def test_a_backup_overwrites_only_when_told(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    remember(house.folder / "state", "home", "first")
    file = house.folder / "saved.db"
    file.write_text("precious")
    assert run("backup", str(file)) == 1
    assert "is there already" in capsys.readouterr().err
    assert file.read_text() == "precious"
    assert run("backup", "--force", str(file)) == 0
    assert file.read_bytes().startswith(b"SQLite format 3")


def test_a_backup_without_a_state_is_refused(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("backup", str(house.folder / "saved.db")) == 1
    assert "there is no state in" in capsys.readouterr().err


def test_a_backup_that_cannot_be_written_is_told(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    remember(house.folder / "state", "home", "first")
    assert run("backup", str(house.folder / "none" / "saved.db")) == 1
    assert "cannot be written (no such file or directory)" in capsys.readouterr().err


def test_what_a_backup_replaces_is_kept(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = house.folder / "state", house.folder / "saved.db"
    remember(folder, "home", "old")
    run("backup", str(file))
    remember(folder, "home", "new")
    assert run("restore", str(file)) == 0
    assert recall(folder, "home") == {"fact": "old"}
    aside = folder / f"{FILE}.before-restore"
    assert str(aside) in capsys.readouterr().out
    with closing(sqlite3.connect(aside)) as kept:
        assert kept.execute("SELECT body FROM document WHERE name = 'session'").fetchone() == ('{"fact": "new"}',)


def test_nothing_is_restored_while_a_bridge_runs(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = house.folder / "state", house.folder / "saved.db"
    remember(folder, "home", "old")
    run("backup", str(file))
    with State.open(folder) as state:
        state.vault("home").put("session", {"fact": "in use"})
        assert run("restore", str(file)) == 1
    assert "is in use by another heliopost" in capsys.readouterr().err
    assert recall(folder, "home") == {"fact": "in use"}


def other_database(file: Path, version: int, table: str = "ledger") -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"CREATE TABLE {table} (x)")
        database.execute(f"PRAGMA user_version = {version}")
        database.commit()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda file: None, "there is no file"),
        (lambda file: file.write_text("hello " * 1000), "is no backup of heliopost, or it is damaged"),
        (lambda file: file.write_bytes(b""), "is no backup of heliopost"),
        (lambda file: other_database(file, 1, "other"), "is no backup of heliopost"),
        (lambda file: other_database(file, 0), "is no backup of heliopost"),
        (lambda file: other_database(file, len(MIGRATIONS) + 1), "was written by a newer heliopost"),
    ],
    ids=["missing", "text", "empty", "other", "version 0", "newer"],
)
def test_only_a_backup_of_ours_is_restored(
    house: Desk, capsys: pytest.CaptureFixture[str], make: Any, told: str
) -> None:
    folder, file = house.folder / "state", house.folder / "saved.db"
    remember(folder, "home", "mine")
    make(file)
    assert run("restore", str(file)) == 1
    assert told in capsys.readouterr().err
    assert recall(folder, "home") == {"fact": "mine"}


def test_nothing_is_restored_where_nothing_can_be_written(house: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    file = house.folder / "saved.db"
    remember(house.folder / "state", "home", "mine")
    run("backup", str(file))
    (house.folder / "blocked").write_text("")
    assert run("restore", str(file), "--set", f"state={house.folder / 'blocked' / 'state'}") == 1
    assert "cannot be written: a file stands where the folder should be" in capsys.readouterr().err


# --- healthcheck and devices without a bridge


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--set", "web.enabled=false"], "switched off: set web.enabled to true"),
        (["--set", "web.port=0"], "web.port is 0"),
        (["--set", "web.port=1"], "no bridge answers at http://127.0.0.1:1 (connection refused): is it running?"),
        (["--set", "web.port=1", "--set", "web.host=0.0.0.0"], "no bridge answers at http://127.0.0.1:1"),
    ],
)
def test_a_bridge_that_cannot_be_asked_is_not_healthy(
    house: Desk, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert run("healthcheck", *options) == 1
    assert told in capsys.readouterr().err


def test_devices_of_a_bridge_that_cannot_be_asked_are_not_read_behind_its_back(
    house: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with State.open(house.folder / "state"):
        assert run("devices", "--set", "web.port=1") == 1
    assert "a bridge runs, and only it may log in, but it cannot be asked: no bridge answers" in capsys.readouterr().err


def test_the_output_of_a_terminal_is_not_needed(house: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert run("check", "--offline") == 0
    assert "All well." in out.getvalue()
