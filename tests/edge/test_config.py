"""The configuration: where values come from, and which of them counts."""

import itertools
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import AccountSection, Config, load
from app.config.sections import default_state
from app.config.sources import duration
from app.errors import ConfigError
from app.providers.growatt import Settings
from app.store import OfflinePolicy
from tests.edge.writing import ACCOUNT, Desk

PASSWORD = "HELIOPOST_ACCOUNTS__HOME__PASSWORD"


def growatt(config: Config, account: str = "home") -> Settings:
    settings = config.accounts[account].settings
    assert isinstance(settings, Settings)
    return settings


def password(config: Config, account: str = "home") -> str:
    return growatt(config, account).password.get_secret_value()


def test_the_least_configuration_is_an_account(desk: Desk) -> None:
    config = desk.load()
    section = config.accounts["home"]
    assert section.settings.provider == "growatt"
    assert section.settings.budget == 600
    assert section.poll == {}
    assert config.mqtt.host == "localhost"
    assert config.offline_policy is OfflinePolicy.KEEP


# --- which source counts


@pytest.mark.parametrize(
    "present", [set(some) for n in range(1, 5) for some in itertools.combinations(range(4), n)], ids=str
)
def test_the_strongest_source_that_has_a_value_counts(desk: Desk, present: set[int]) -> None:
    environ: dict[str, str] = {}
    overrides: list[str] = []
    text = ACCOUNT
    if 0 in present:
        overrides.append("mqtt.host=from-option")
    if 1 in present:
        environ["HELIOPOST_MQTT__HOST"] = "from-environment"
    if 2 in present:
        environ["HELIOPOST_MQTT__HOST_FILE"] = str(desk.secret("host", "from-secret\n"))
    if 3 in present:
        text += "mqtt:\n  host: from-file\n"
    expected = ["from-option", "from-environment", "from-secret", "from-file"][min(present)]
    assert desk.load(text, environ, overrides).mqtt.host == expected


def test_a_section_can_come_from_several_sources(desk: Desk) -> None:
    config = desk.load(
        ACCOUNT + "mqtt:\n  host: broker\n  keepalive: 20\n",
        {"HELIOPOST_MQTT__USERNAME": "me", "HELIOPOST_MQTT__KEEPALIVE": "25"},
        ["mqtt.tls.server_name=other"],
    )
    assert (config.mqtt.host, config.mqtt.username, config.mqtt.keepalive) == ("broker", "me", 25)
    assert config.mqtt.encryption is not None
    assert config.mqtt.encryption.server_name == "other"


def test_everything_can_come_from_the_environment(desk: Desk) -> None:
    environ = {
        "HELIOPOST_SECRETS_DIR": str(desk.secrets),
        "HELIOPOST_ACCOUNTS__ROOF__PROVIDER": "growatt",
        "HELIOPOST_ACCOUNTS__ROOF__USERNAME": "me",
        "HELIOPOST_ACCOUNTS__ROOF__PASSWORD": "12345",
        "HELIOPOST_ACCOUNTS__ROOF__POLL__VALUES__EVERY": "7m",
    }
    config = load(environ=environ)
    assert password(config, "roof") == "12345", "a password of digits stays text"
    assert config.accounts["roof"].poll["values"].every == timedelta(minutes=7)


def test_a_variable_finds_an_account_whatever_its_case(desk: Desk) -> None:
    text = ACCOUNT.replace("home:", "Home-1:")
    config = desk.load(text, {"HELIOPOST_ACCOUNTS__HOME-1__PASSWORD": "other one"})
    assert password(config, "Home-1") == "other one"


def test_a_variable_can_name_a_device_in_its_own_case(desk: Desk) -> None:
    config = desk.load(environ={"HELIOPOST_DEVICES__growatt_ABC__OFFLINE_POLICY": "zero_power"})
    assert config.devices["growatt_ABC"].offline_policy is OfflinePolicy.ZERO_POWER


def test_variables_of_others_are_left_alone(desk: Desk) -> None:
    assert (
        desk.load(environ={"HELIOPOSTX": "1", "PATH": "/bin", "HELIOPOST_CONFIG": "elsewhere"}).mqtt.host == "localhost"
    )


# --- secrets from files


def test_a_secret_comes_from_the_file_that_a_variable_names(desk: Desk) -> None:
    path = desk.secret("anything", "from a file\r\n")
    assert password(desk.load(environ={f"{PASSWORD}_FILE": str(path)})) == "from a file"


def test_any_key_can_come_from_a_file(desk: Desk) -> None:
    path = desk.secret("anything", "9999\n")
    assert desk.load(environ={"HELIOPOST_WEB__PORT_FILE": str(path)}).web.port == 9999


def test_the_file_can_name_a_file_that_holds_a_secret(desk: Desk) -> None:
    path = desk.secret("anything", "from a file\n")
    text = ACCOUNT.replace('password: "hunter2 and more"', f"password_file: {path}")
    config = desk.load(text + f"mqtt:\n  host_file: {desk.secret('host', 'broker.lan')}\n  tls: {{ca: /some_file}}\n")
    assert password(config) == "from a file"
    assert config.mqtt.host == "broker.lan"
    assert password(desk.load(text, {PASSWORD: "stronger"})) == "stronger"


@pytest.mark.parametrize(
    "name", ["heliopost_accounts__home__password", "HELIOPOST_ACCOUNTS__HOME__PASSWORD", "accounts__home__password"]
)
def test_a_secret_of_the_container_is_found_by_its_name(desk: Desk, name: str) -> None:
    desk.secret(name, "mounted\n")
    assert password(desk.load()) == "mounted"


def test_secrets_that_are_not_ours_are_left_alone(desk: Desk) -> None:
    desk.secret("postgres_password", "x")
    desk.secret("other__thing", "x")
    (desk.secrets / "heliopost_folder").mkdir()
    assert password(desk.load()) == "hunter2 and more"


def test_systemds_credentials_are_secrets_too(desk: Desk) -> None:
    folder = desk.folder / "credentials"
    folder.mkdir()
    (folder / "heliopost_mqtt__host").write_text("credited")
    assert desk.load(environ={"CREDENTIALS_DIRECTORY": str(folder)}).mqtt.host == "credited"


def test_only_the_line_end_at_the_end_is_taken_off_a_secret(desk: Desk) -> None:
    desk.secret("heliopost_accounts__home__password", " with spaces \n")
    assert password(desk.load()) == " with spaces "


# --- what values look like


def test_lists_come_from_a_variable_with_commas_or_as_json(desk: Desk) -> None:
    key = "HELIOPOST_HOMEASSISTANT__INCLUDE"
    assert desk.load(environ={key: "a/b, c/*,"}).homeassistant.include == ("a/b", "c/*")
    assert desk.load(environ={key: '["a/b"]'}).homeassistant.include == ("a/b",)


def test_sections_come_from_a_variable_as_json_and_are_merged(desk: Desk) -> None:
    text = ACCOUNT + "points:\n  '*/load_power': {scale: 2}\n"
    config = desk.load(text, {"HELIOPOST_POINTS": '{"*/grid_power": {"invert": true}}'})
    assert config.points["*/grid_power"].invert
    assert config.points["*/load_power"].scale == 2


def test_a_value_that_looks_like_json_stays_text_where_text_is_asked_for(desk: Desk) -> None:
    assert password(desk.load(environ={PASSWORD: '{"a": 1}'})) == '{"a": 1}'
    assert password(desk.load(environ={PASSWORD: "a,b"})) == "a,b"


def test_a_token_that_anybody_guesses_is_none(desk: Desk) -> None:
    for token in ("", "secret"):
        assert desk.faults(ACCOUNT + f'commands: {{confirm_token: "{token}"}}\n') == [
            "config.yaml:6:27: commands.confirm_token must not be shorter than 8 letters"
        ]


def test_a_list_of_spans_is_written_like_one(desk: Desk) -> None:
    meant = (timedelta(seconds=15), timedelta(minutes=1))
    assert desk.load(ACCOUNT + "commands: {read_back: [15s, 1m]}\n").commands.read_back == meant
    assert desk.load(environ={"HELIOPOST_COMMANDS__READ_BACK": "15s, 1m"}).commands.read_back == meant
    assert desk.faults(ACCOUNT + "commands: {read_back: [15s, 60]}\n") == [
        "config.yaml:6:23: commands.read_back must be a span of time such as 90s, 5m or 1h"
    ]
    assert "longer than the one before" in desk.faults(ACCOUNT + "commands: {read_back: [1m, 15s]}\n")[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("5 min", timedelta(minutes=5)),
        ("1.5h", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("500ms", timedelta(seconds=0.5)),
    ],
)
def test_spans_of_time_have_a_unit(desk: Desk, written: str, meant: timedelta) -> None:
    assert desk.load(ACCOUNT + f"plausibility:\n  stale_after: {written}\n").plausibility.stale_after == meant


@given(st.text(max_size=20))
def test_whatever_is_no_span_is_none(text: str) -> None:
    span = duration(text)
    assert span is None or (span >= timedelta(0) and text.strip()[-1] in "smchdn")


def test_a_time_of_day_needs_no_quotes(desk: Desk) -> None:
    rules = desk.load(ACCOUNT + "plausibility:\n  night_from: 22:30\n  night_until: 06:00\n").plausibility
    assert (rules.night_from, rules.night_until) == (time(22, 30), time(6, 0))


def test_words_that_old_yaml_takes_for_truth_are_words(desk: Desk) -> None:
    text = ACCOUNT.replace("username: me", "username: no")
    assert growatt(desk.load(text)).username == "no"


def test_a_section_with_nothing_in_it_is_as_if_it_were_not_there(desk: Desk) -> None:
    config = desk.load(ACCOUNT + "mqtt:\nweb:\n  host:\npoints:\n")
    assert config.mqtt.host == "localhost"
    assert config.web.host == "127.0.0.1"
    assert config.points == {}


def test_null_switches_off_what_can_be_off(desk: Desk) -> None:
    assert desk.load(ACCOUNT + "mqtt:\n  state_expiry: null\n").mqtt.state_expiry is None


def test_anchors_and_merges_spare_repetition(desk: Desk) -> None:
    text = (
        "accounts:\n"
        "  one: &growatt {provider: growatt, username: me, password: secret one, budget: 300}\n"
        "  two:\n    <<: *growatt\n    username: you\n"
        "  three:\n    <<: [*growatt, {budget: 5}]\n"
    )
    config = desk.load(text)
    assert config.accounts["two"].settings.budget == 300
    assert growatt(config, "two").username == "you"
    assert config.accounts["three"].settings.budget == 300


def test_numbers_are_read_in_all_their_forms(desk: Desk) -> None:
    text = ACCOUNT + "mqtt: {keepalive: 0x10, inflight: 0o17}\npoints: {'*/a': {scale: -1.5e1}, '*/b': {scale: .5}}\n"
    config = desk.load(text)
    assert (config.mqtt.keepalive, config.mqtt.inflight) == (16, 15)
    assert (config.points["*/a"].scale, config.points["*/b"].scale) == (-15, 0.5)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(desk: Desk) -> None:
    desk.file.write_bytes(b"\xef\xbb\xbf" + ACCOUNT.replace("\n", "\r\n").encode())
    assert password(load(desk.file, environ={})) == "hunter2 and more"


# --- where the file is


def test_the_file_is_looked_for_where_people_put_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    desk.file.write_text(ACCOUNT)
    assert "home" in load(environ={}).accounts


def test_a_variable_names_the_file_and_the_option_is_stronger(desk: Desk) -> None:
    desk.file.write_text(ACCOUNT)
    other = desk.folder / "other.yaml"
    other.write_text(ACCOUNT.replace("home", "other"))
    assert "other" in load(environ={"HELIOPOST_CONFIG": str(other)}).accounts
    assert "home" in load(desk.file, environ={"HELIOPOST_CONFIG": str(other)}).accounts


def test_without_any_configuration_it_is_said_how_to_make_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    with pytest.raises(
        ConfigError, match=r"neither \./config\.yaml nor /config/config\.yaml exists. Make one"
    ) as caught:
        load(environ={})
    lines = [line.removeprefix("    ") for line in str(caught.value).splitlines()[1:]]
    desk.file.write_text("\n".join(lines))
    assert "home" in load(environ={}).accounts, "what it says to write works"


def test_a_named_file_that_is_missing_is_said_with_who_named_it(desk: Desk) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: there is no such file, and --config says to read it"):
        load(desk.folder / "none.yaml", environ={})
    with pytest.raises(ConfigError, match="HELIOPOST_CONFIG says"):
        load(environ={"HELIOPOST_CONFIG": str(desk.folder / "none.yaml")})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"STATE_DIRECTORY": "/var/lib/heliopost:/other"}, "/var/lib/heliopost"),
        ({"XDG_STATE_HOME": "/xdg"}, "/xdg/heliopost"),
        ({"HOME": "/home/me"}, "/home/me/.local/state/heliopost"),
    ],
)
def test_the_state_is_kept_where_the_system_keeps_such_things(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda _: False)
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert default_state() == Path(expected)


def test_a_containers_volume_keeps_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda path: str(path) == "/data")
    monkeypatch.setattr("os.access", lambda *_: True)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert default_state() == Path("/data")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/heliopost")
    assert default_state() == Path("/var/lib/heliopost"), "on a host, /data is somebody else's"


# --- as an object


def test_a_configuration_can_be_made_without_any_file() -> None:
    account = {"provider": "growatt", "username": "me", "password": "secret"}
    config = Config.model_validate({"accounts": {"home": account}, "state": "/x"})
    assert config.state == Path("/x")
    assert isinstance(config.accounts["home"], AccountSection)
    assert Config.model_validate({"accounts": config.accounts}).accounts == config.accounts


def test_the_same_file_makes_an_equal_configuration(desk: Desk) -> None:
    assert desk.load() == desk.load()
    assert desk.load().accounts["home"] != desk.load(ACCOUNT + "    budget: 70\n").accounts["home"]
