"""The unit of systemd and the program agree; what systemd itself says of it is asked in trials/platforms."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

from app.cli import CONFIG, main, parser
from app.config import load
from tests.deploy.addon import ROOT

UNIT: Final = ROOT / "deploy" / "systemd" / "heliopost.service"
BY_HAND: Final = ROOT / "deploy" / "systemd" / "heliopost"


@pytest.fixture
def unit() -> dict[str, list[str]]:
    """What the unit says, by key; the same key may stand there more than once."""
    said: dict[str, list[str]] = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            said[key].append(value)
    return said


def test_the_command_is_one_that_the_program_has(unit: dict[str, list[str]]) -> None:
    (command,) = unit["ExecStart"]
    program, *words = command.split()
    assert Path(program).name == "heliopost"
    chosen = parser().parse_args(words)
    assert chosen.command == "run"
    assert chosen.config == "/etc/heliopost/config.yaml"


def test_a_command_by_hand_has_the_services_user_state_and_passwords(unit: dict[str, list[str]]) -> None:
    said = BY_HAND.read_text()
    given = dict(word.split("=", 1) for word in re.findall(r"--property=(\S+)", said))
    shared = ("DynamicUser", "User", "StateDirectory", "StateDirectoryMode", "UMask", "LoadCredential")
    assert {key: given[key] for key in shared} == {key: unit[key][0] for key in shared}
    (command,) = unit["ExecStart"]
    program, _, _, config = command.split()
    assert f"--setenv=HELIOPOST_CONFIG={config} " in said
    assert f'{program} "$@"' in said
    assert BY_HAND.stat().st_mode & 0o111 == 0o111


def test_a_configuration_that_must_be_mended_is_not_tried_again(unit: dict[str, list[str]]) -> None:
    assert unit["Restart"] == ["on-failure"]
    assert unit["RestartPreventExitStatus"] == [str(CONFIG)]


def test_a_vendor_is_not_asked_again_and_again_by_restarts(unit: dict[str, list[str]]) -> None:
    assert unit["StartLimitIntervalSec"] == ["10min"]
    assert unit["StartLimitBurst"] == ["5"]


def test_reload_is_the_signal_that_the_program_knows(unit: dict[str, list[str]]) -> None:
    assert unit["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_state_and_passwords_come_from_where_systemd_puts_them(
    unit: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd.exec(5): each file of a folder becomes a credential `ID_name`; $STATE_DIRECTORY names the folder."""
    (credentials,) = unit["LoadCredential"]
    prefix, colon, _ = credentials.partition(":")
    assert colon
    assert unit["DynamicUser"] == ["yes"]
    for name in ("mqtt__password", "accounts__home__password"):
        (tmp_path / f"{prefix}_{name}").write_text(f"the {name}\n")
    state = f"/var/lib/{unit['StateDirectory'][0]}"
    monkeypatch.setenv("STATE_DIRECTORY", state)
    file = tmp_path / "config.yaml"
    file.write_text("accounts: {home: {provider: growatt, username: me}}\nmqtt: {host: broker.lan, username: me}\n")
    config = load(file, environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.secrets() == {"the mqtt__password", "the accounts__home__password"}
    assert str(config.state) == state


def test_a_file_without_passwords_may_be_read_by_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service's user is made up at each start, so the file cannot belong to it; passwords are elsewhere."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "accounts__home__password").write_text("cl0ud-Passw0rd\n")
    monkeypatch.setenv("HELIOPOST_SECRETS_DIR", str(tmp_path / "secrets"))
    file = tmp_path / "config.yaml"
    file.write_text(f"accounts: {{home: {{provider: growatt, username: me}}}}\nstate: {tmp_path}\n")
    file.chmod(0o644)
    assert main(["check", "--offline", "--config", str(file)]) == 0
    assert "others on this machine can read" not in capsys.readouterr().out
    file.write_text(file.read_text().replace("username: me", "username: me, password: cl0ud-Passw0rd"))
    main(["check", "--offline", "--config", str(file)])
    assert "others on this machine can read" in capsys.readouterr().out
