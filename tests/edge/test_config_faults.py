"""What is said of a configuration that cannot be used: all of it at once, where it stands, and never the value."""

# ruff: noqa: E501 - tables: what is written and what is said of it, a fault a line

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.config import load
from app.errors import ConfigError
from tests.edge.writing import ACCOUNT, Desk

PASSWORD = "HELIOPOST_ACCOUNTS__HOME__PASSWORD"


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("mqtt:\n  hots: x\n", "config.yaml:7:3: mqtt.hots is no known key; did you mean `host`?"),
        ("mqt:\n  host: x\n", "config.yaml:6:1: mqt is no known key; did you mean `mqtt`?"),
        ("log:\n  zzz: 1\n", "config.yaml:7:3: log.zzz is no known key; there are format, level"),
        ("zzz:\n", "config.yaml:6:1: zzz is no known key; there are accounts, commands, devices, homeassistant, log, mqtt, offline_policy, plausibility, points, state, web"),
        ("    pasword: x\n", "config.yaml:6:5: accounts.home.pasword is no known key; did you mean `password`?"),
        ("mqtt:\n  port: many\n", "config.yaml:7:9: mqtt.port must be a whole number"),
        ("mqtt:\n  port: 70000\n", "config.yaml:7:9: mqtt.port must be at most 65535"),
        ("mqtt:\n  port: 0\n", "config.yaml:7:9: mqtt.port must be at least 1"),
        ("mqtt:\n  port: 1.5\n", "config.yaml:7:9: mqtt.port must be a whole number"),
        ("mqtt:\n  host: [a]\n", "config.yaml:7:9: mqtt.host must be text: put it in quotes"),
        ("mqtt:\n  username: 0123\n", "config.yaml:7:13: mqtt.username must be text: put it in quotes"),
        ("mqtt:\n  host: ''\n", "config.yaml:7:9: mqtt.host must not be empty"),
        ("mqtt:\n  retain: perhaps\n", "config.yaml:7:11: mqtt.retain must be true or false"),
        ("mqtt:\n  layout: xml\n", "config.yaml:7:11: mqtt.layout must be one of 'json', 'points' or 'both'"),
        ("mqtt:\n  heartbeat: 5\n", "config.yaml:7:14: mqtt.heartbeat must be a span of time such as 90s, 5m or 1h"),
        ("mqtt:\n  heartbeat: 1s\n", "config.yaml:7:14: mqtt.heartbeat must be at least 10 seconds"),
        ("mqtt:\n  tls: maybe\n", "config.yaml:7:8: mqtt.tls must be true or false"),
        ("mqtt:\n  tls: {cas: x}\n", "config.yaml:7:9: mqtt.tls.cas is no known key; did you mean `ca`?"),
        ("mqtt:\n  password: abc\n", "config.yaml:7:3: mqtt: a password needs a username"),
        ("mqtt: 5\n", "config.yaml:6:7: mqtt must be a section of keys"),
        ("offline_policy: keeep\n", "config.yaml:6:17: offline_policy must be one of 'keep', 'unavailable' or 'zero_power'"),
        ("plausibility:\n  stale_after: 0s\n", "config.yaml:7:16: plausibility.stale_after must be more than 0 seconds"),
        ("plausibility:\n  midnight: 7h\n", "config.yaml:7:13: plausibility.midnight must be at most 6 hours"),
        ("plausibility:\n  night_from: dusk\n", "config.yaml:7:15: plausibility.night_from must be a time of day such as 22:00"),
        ("points:\n  grid_power: {invert: true}\n", "config.yaml:7:3: points.grid_power is no name that can stand here: write <device id>/<point> or */<point>"),
        ("devices:\n  a b: {}\n", "config.yaml:7:3: devices.a... is no name that can stand here: write letters, digits, _ and -"),
        ("points:\n  '*/a': {scale: big}\n", "config.yaml:7:18: points.*/a.scale must be a number"),
        ("    poll: {values: {every: 5}}\n", "config.yaml:6:28: accounts.home.poll.values.every must be a span of time such as 90s, 5m or 1h"),
        ("    poll: {values: {often: 5m}}\n", "config.yaml:6:21: accounts.home.poll.values.often is no known key; there are every, night"),
        ("    poll: {valus: {every: 5m}}\n", "config.yaml:6:12: accounts.home.poll.valus is no known key; did you mean `values`?"),
        ("    poll: {zzz: {every: 5m}}\n", "config.yaml:6:12: accounts.home.poll.zzz is no known key; there are details, discovery, plants, settings, values"),
        ("    poll: {values: {every: 59s}}\n", "config.yaml:6:28: accounts.home.poll.values.every must be at least 1 minute"),
        ("    poll: {details: {night: 4m}}\n", "config.yaml:6:29: accounts.home.poll.details.night must be at least 5 minutes"),
        ("    poll: {discovery: {every: 9m}}\n", "config.yaml:6:31: accounts.home.poll.discovery.every must be at least 10 minutes"),
        ("    poll: often\n", "config.yaml:6:11: accounts.home.poll must be a section of keys"),
        ("    priority: 101\n", "config.yaml:6:15: accounts.home.priority must be at most 100"),
        ("commands: {write_via: [home, hoem]}\n", "config.yaml:6:23: commands.write_via must name accounts: there are home"),
        ("devices:\n  growatt_a: {write_via: hoem}\n", "config.yaml:7:26: devices.growatt_a.write_via must name accounts: there are home"),
        ("    budget: 23\n", "config.yaml:6:13: accounts.home.budget must be at least 24"),
        ("    budget: 100001\n", "config.yaml:6:13: accounts.home.budget must be at most 100000"),
        ("mqtt: {username: me, password: ''}\n", "config.yaml:6:32: mqtt.password must not be empty"),
        ("mqtt: {tls: {certificate: /c, key_password: ''}}\n", "config.yaml:6:45: mqtt.tls.key_password must not be empty"),
        ("homeassistant:\n  minimum_version: 2025.10\n", 'config.yaml:7:20: homeassistant.minimum_version: write a release of Home Assistant in quotes, such as "2025.4" or "2025.10"'),
        ("homeassistant:\n  minimum_version: 2025.4\n", 'config.yaml:7:20: homeassistant.minimum_version: write a release of Home Assistant in quotes, such as "2025.4" or "2025.10"'),
        ("homeassistant:\n  minimum_version: '2025'\n", 'config.yaml:7:20: homeassistant.minimum_version: write a release of Home Assistant in quotes, such as "2025.4" or "2025.10"'),
        ("    region: mars\n", "config.yaml:6:13: accounts.home.region must be one of 'europe', 'china', 'north_america', 'australia', 'smten' or 'atess'"),
        ("homeassistant:\n  include: 5\n", "config.yaml:7:12: homeassistant.include must be a list"),
        ("web:\n  token: short\n", "config.yaml:7:10: web.token must not be shorter than 8 letters"),
        ("web:\n  port: 1\nweb:\n  port: 2\n", "config.yaml:8:1: this key is set twice; the first time on line 6"),
        ("    username: again\n", "config.yaml:6:5: this key is set twice; the first time on line 4"),
        ("? [a, b]\n: c\n", "config.yaml:6:3: a key must be a plain word"),
        ("state: !secret x\n", "config.yaml:6:8: a value that begins with ! must be put in quotes"),
        ("web: &w\n  x: *w\n", "config.yaml:6:6: this section refers to itself by its own *alias"),
        ("web: &w\n  x: [*w]\n", "config.yaml:6:6: this section refers to itself by its own *alias"),
        ("    password_file: /nowhere\n", "config.yaml:6:20: accounts.home.password contradicts password_file: leave out one of them"),
        ("mqtt:\n  host_file: /nowhere\n", "config.yaml:7:14: mqtt.host: the file cannot be read (no such file or directory)"),
        ("mqtt:\n  hots_file: /nowhere\n", "config.yaml:7:3: mqtt.hots_file is no known key; there are base_topic, client_id, heartbeat, host, inflight, keepalive, layout, max_packet, password, port, protocol, reconnect_max, reconnect_min, retain, state_expiry, tls, transport, username, websocket_path, will_delay"),
        ("mqtt:\n  tls:\n    ca_file: /x\n", "config.yaml:8:14: mqtt.tls.ca: the file cannot be read (no such file or directory)"),
        ("mqtt:\n  host_file: 5\n", "config.yaml:7:3: mqtt.host_file is no known key; did you mean `host`?"),
        ("mqtt: {host: x, password:hunter2}\n", "config.yaml:6:17: mqtt.password... is no known key; a space is missing after its colon"),
        ("mqtt: {'!hunter2': x}\n", "config.yaml:6:8: mqtt.... is no known key; there are base_topic, client_id, heartbeat, host, inflight, keepalive, layout, max_packet, password, port, protocol, reconnect_max, reconnect_min, retain, state_expiry, tls, transport, username, websocket_path, will_delay"),
        ("web:\n  <<: 5\n", "config.yaml:7:7: `<<` takes an *alias of another section"),
    ],
)  # fmt: skip
def test_a_fault_of_the_file_is_told_with_its_place(desk: Desk, added: str, expected: str) -> None:
    assert expected in desk.faults(ACCOUNT + added)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accounts:\n\thome: x\n", "config.yaml:2:1: a tab stands where only spaces may: indent with spaces"),
        ("a: b: c\n", "config.yaml:1:5: a colon stands where none may: check the indentation, and quote a text with a colon"),
        ("a: 'open\n", "config.yaml:2:1: a quote is opened and never closed"),
        ("a: [1, 2\n", "config.yaml:2:1: a bracket is opened and never closed, or a comma is missing"),
        ("accounts:\n  home: [\n", "config.yaml:3:1: a bracket is opened and never closed"),
        ("accounts: {\n", "config.yaml:2:1: a bracket is opened and never closed"),
        ("a: @home\n", "config.yaml:1:4: a value that begins with a special character (@, ` or %) must be put in quotes"),
        ("a: *secret\n", "config.yaml:1:4: a value that begins with * must be put in quotes"),
        ("a: *\n", "config.yaml:1:5: a value that begins with & or * must be put in quotes"),
        ("a:\n  b: 1\n c: 2\n", "config.yaml:3:2: the indentation does not fit the lines above"),
        ("a: 1\nb\n", "config.yaml:3:1: a key without its colon: write `key: value`, with a space after the colon"),
        ('a: "\\d"\n', "config.yaml:1:6: a backslash within double quotes: use single quotes instead"),
        ("a: 1\n---\nb: 2\n", "config.yaml:2:1: the file holds more than one document: remove the line `---`"),
        ("a: !x!y z\n", "config.yaml:1:4: a value that begins with ! must be put in quotes"),
        ("a: \x01\n", "config.yaml:1:4: a control character stands here: remove it"),
        ("- a\n", "config.yaml:1:1: the file must be a mapping of keys, such as `accounts:`"),
        ("just words\n", "config.yaml:1:1: the file must be a mapping of keys, such as `accounts:`"),
        ("[" * 2000, "config.yaml:1:1: the file is nested too deeply"),
        ("", "config.yaml: accounts is missing: name at least one login, see docs/configuration.md"),
        ("# nothing\n", "config.yaml: accounts is missing: name at least one login, see docs/configuration.md"),
        ("accounts:\n", "config.yaml:1:1: accounts is empty"),
        ("accounts: {}\n", "config.yaml:1:11: accounts needs at least one login"),
        ("accounts: home\n", "config.yaml:1:11: accounts must be a section of keys"),
        ("accounts:\n  home: growatt\n", "config.yaml:2:9: accounts.home must be a section of keys"),
        ("accounts:\n  home:\n", "config.yaml:2:3: accounts.home.provider is missing: set it in the file, or with HELIOPOST_ACCOUNTS__HOME__PROVIDER or HELIOPOST_ACCOUNTS__HOME__PROVIDER_FILE"),
        ("accounts:\n  home: {provider: growat}\n", "config.yaml:2:20: accounts.home.provider is no known provider; did you mean `growatt`?; there are growatt"),
        ("accounts:\n  home:\n    provider: growatt\n    username: me\n    password: #5secret\n", "config.yaml:5:5: accounts.home.password is empty; a value that begins with # must be put in quotes"),
        ("accounts:\n  home:\n    provider: growatt\n    username: me\n    password: ''\n", "config.yaml:5:15: accounts.home.password must not be empty"),
        ("accounts:\n  home:\n    provider: growatt\n    username: me\n    password: [a]\n", "config.yaml:5:15: accounts.home.password must be text: put it in quotes"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_as_meant_says_where_and_why(desk: Desk, text: str, expected: str) -> None:
    assert [fault.removesuffix(", sungrow") for fault in desk.faults(text)] == [expected]


def test_every_fault_is_listed_at_once_in_the_order_of_the_file(desk: Desk) -> None:
    text = ACCOUNT + "mqtt:\n  port: x\nweb:\n  port: y\n  prot: 1\nlog:\n  level: loud\n"
    assert [fault.split(": ")[0] for fault in desk.faults(text, {"HELIOPOST_WEB__HOSTS": "z"}, ["nonsense"])] == [
        "config.yaml:7:9",
        "config.yaml:9:9",
        "config.yaml:10:3",
        "config.yaml:12:10",
        "--set",
        "HELIOPOST_WEB__HOSTS",
    ]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HELIOPOST_MQTT__HOTS": "x"}, "HELIOPOST_MQTT__HOTS: mqtt.hots is no known key; did you mean HELIOPOST_MQTT__HOST?"),
        ({"HELIOPOST_MQT__HOST": "x"}, "HELIOPOST_MQT__HOST: mqt is no known key; did you mean HELIOPOST_MQTT?"),
        ({"HELIOPOST_ACCOUNTS__HOME__PASWORD": "x"}, "HELIOPOST_ACCOUNTS__HOME__PASWORD: accounts.home.pasword is no known key; did you mean HELIOPOST_ACCOUNTS__HOME__PASSWORD?"),
        ({"HELIOPOST_WEB__PORT": "x"}, "HELIOPOST_WEB__PORT: web.port must be a whole number"),
        ({"HELIOPOST_WEB__": "x"}, "HELIOPOST_WEB__: web.: a key is missing between the underscores or dots"),
        ({"HELIOPOST_WEB": "x"}, "HELIOPOST_WEB: web must be a section of keys"),
        ({"HELIOPOST_WEB": "{x"}, "HELIOPOST_WEB: web: no valid JSON: check brackets and double quotes"),
        ({"HELIOPOST_HOMEASSISTANT__INCLUDE": "[x"}, "HELIOPOST_HOMEASSISTANT__INCLUDE: homeassistant.include: no valid JSON: check brackets and double quotes"),
        ({"HELIOPOST_MQTT__HEARTBEAT": "often"}, "HELIOPOST_MQTT__HEARTBEAT: mqtt.heartbeat must be a span of time such as 90s, 5m or 1h"),
        ({"HELIOPOST_WEB__PORT": "1", "heliopost_web__port": "2"}, "heliopost_web__port: web.port contradicts another one for the same key"),
        ({"HELIOPOST_LOG": "x", "HELIOPOST_LOG__LEVEL": "info"}, "HELIOPOST_LOG__LEVEL: log.level contradicts another one for the same key"),
        ({"HELIOPOST_ACCOUNTS__OTHER__USERNAME": "x"}, "accounts.other.provider is missing: set it in the file, or with HELIOPOST_ACCOUNTS__OTHER__PROVIDER or HELIOPOST_ACCOUNTS__OTHER__PROVIDER_FILE"),
        ({f"{PASSWORD}_FILE": ""}, f"{PASSWORD}_FILE: accounts.home.password is empty: it must name a file"),
        ({f"{PASSWORD}_FILE": "/nowhere"}, f"{PASSWORD}_FILE: accounts.home.password: the file cannot be read (no such file or directory)"),
        ({f"{PASSWORD}_FILE": "/"}, f"{PASSWORD}_FILE: accounts.home.password: the file cannot be read (is a directory)"),
        ({"HELIOPOST_NONSENSE_FILE": "/nowhere"}, "HELIOPOST_NONSENSE_FILE: nonsense: the file cannot be read (no such file or directory)"),
    ],
)  # fmt: skip
def test_a_fault_of_the_environment_is_told_with_the_variables_name(
    desk: Desk, environ: dict[str, str], expected: str
) -> None:
    faults = desk.faults(environ=environ)
    assert any(fault.endswith(expected) for fault in faults), faults


def test_an_option_that_sets_nothing_is_told(desk: Desk) -> None:
    assert desk.faults(overrides=["mqtt.host"]) == ["--set: write it as key=value, such as mqtt.host=broker.lan"]
    assert desk.faults(overrides=["mqtt.hots=1"]) == [
        "--set mqtt.hots: mqtt.hots is no known key; did you mean `host`?"
    ]


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("accounts.home.password=", "accounts.home.password must not be empty"),
        ("accounts.home.poll.valus.every=5m", "accounts.home.poll.valus is no known key; did you mean `values`?"),
        ("accounts.home.poll.values.every=1s", "accounts.home.poll.values.every must be at least 1 minute"),
    ],
)
def test_a_fault_of_an_option_is_told_with_its_name(desk: Desk, option: str, expected: str) -> None:
    assert desk.faults(overrides=[option]) == [f"--set {option.partition('=')[0]}: {expected}"]


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("there is no zone hunter2.", "there is no zone ***."),
        ("no (hunter2)", "no (***)"),
        ("no 'hunter2'", "no '***'"),
        ("hunter22 and hunter2.5 and a.hunter2 are others", "hunter22 and hunter2.5 and a.hunter2 are others"),
    ],
)
def test_a_value_is_struck_out_wherever_it_stands_by_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, quoted: str, shown: str
) -> None:
    def careless(_: str) -> str:
        raise ValueError(quoted)

    monkeypatch.setattr("app.sinks.homeassistant.settings.parse_version", careless)
    text = ACCOUNT + "homeassistant:\n  minimum_version: hunter2\n"
    assert desk.faults(text) == [f"config.yaml:7:20: homeassistant.minimum_version: {shown}"]


def test_a_missing_secret_is_told_once_when_its_file_is_at_fault(desk: Desk) -> None:
    text = ACCOUNT.replace('    password: "hunter2 and more"\n', "")
    faults = desk.faults(text, {f"{PASSWORD}_FILE": "/nowhere"})
    assert faults == [f"{PASSWORD}_FILE: accounts.home.password: the file cannot be read (no such file or directory)"]


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "empty"), (b"\n", "empty"), (b"x" * 70_000, "larger than a secret can be")]
)
def test_a_secret_file_that_holds_no_secret_is_told(desk: Desk, content: bytes, why: str) -> None:
    path = desk.secrets / "heliopost_mqtt__host"
    path.write_bytes(content)
    assert desk.faults() == [f"secrets/heliopost_mqtt__host: the file is {why}"]


def test_a_secret_file_that_is_no_text_is_told(desk: Desk) -> None:
    (desk.secrets / "heliopost_mqtt__host").write_bytes(b"\xff\xfe")
    assert desk.faults() == ["secrets/heliopost_mqtt__host: the file is not UTF-8 text"]


def test_a_secret_for_an_unknown_key_is_told(desk: Desk) -> None:
    desk.secret("heliopost_mqtt__pasword", "x")
    assert desk.faults() == ["secrets/heliopost_mqtt__pasword: mqtt.pasword is no known key; did you mean `password`?"]


def test_a_folder_of_secrets_that_cannot_be_read_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert desk.faults() == ["secrets: the folder of secrets cannot be read (permission denied)"]


def test_a_file_that_cannot_be_read_is_told(desk: Desk) -> None:
    with pytest.raises(
        ConfigError, match=r"cannot be read \(is a directory\): a container.* remove it and put the file there"
    ):
        load(desk.folder, environ={})


def test_a_file_that_is_no_text_is_told_with_its_place(desk: Desk) -> None:
    desk.file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2:4: not UTF-8 text"):
        load(desk.file, environ={})


def test_an_account_without_a_file_is_told_by_its_variable(desk: Desk) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ={"HELIOPOST_ACCOUNTS__HOME__USERNAME": "me", "HELIOPOST_SECRETS_DIR": str(desk.secrets)})
    assert caught.value.faults == (
        (
            "accounts.home.provider is missing: set it in the file, or with HELIOPOST_ACCOUNTS__HOME__PROVIDER "
            "or HELIOPOST_ACCOUNTS__HOME__PROVIDER_FILE"
        ),
    )


def test_a_check_that_quotes_a_value_is_quoted_without_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(_: str) -> str:
        raise ValueError("2031.13 of [a-secret] with true is no release")  # noqa: EM101, TRY003

    monkeypatch.setattr("app.sinks.homeassistant.settings.parse_version", careless)
    text = ACCOUNT + "homeassistant:\n  minimum_version: '2031.13'\n"
    assert desk.faults(text) == [
        "config.yaml:7:20: homeassistant.minimum_version: *** of [a-secret] with true is no release"
    ]


# --- values are never shown

VALUES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=6, max_size=40)
PLACES = [
    "accounts.home.password",
    "accounts.home.api",
    "accounts.home.region",
    "accounts.home.server_url",
    "accounts.home.timezone",
    "accounts.home.budget",
    "accounts.home.provider",
    "accounts.home.nonsense",
    "accounts.home.poll",
    "accounts.home.poll.values.every",
    "mqtt.port",
    "mqtt.base_topic",
    "mqtt.tls",
    "mqtt.tls.ca",
    "mqtt.heartbeat",
    "mqtt.password",
    "mqtt.protocol",
    "homeassistant.discovery_prefix",
    "homeassistant.minimum_version",
    "homeassistant.entities",
    "points",
    "web.token",
    "web.port",
    "log.level",
    "nonsense",
    "nonsense.more",
    "accounts.home.password_file",
    "web.token_file",
    "mqtt.tls.ca_file",
]


def told(text: str, environ: dict[str, str]) -> str:
    """Return everything that can be read of what comes of a configuration."""
    import traceback

    folder = Path(os.environ["PYTEST_HELIOPOST_DESK"])
    file = folder / "c.yaml"
    file.write_text(text)
    try:
        load(file, environ=environ | {"HELIOPOST_SECRETS_DIR": str(folder / "none")})
    except ConfigError as error:
        return "\n".join((str(error), repr(error), "".join(traceback.format_exception(error))))
    return ""  # a value that is accepted is no fault; its own repr is tested below


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), secret=VALUES)
def test_no_fault_shows_a_value_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, secret: str
) -> None:
    monkeypatch.setenv("PYTEST_HELIOPOST_DESK", str(tmp_path))
    name = "HELIOPOST_" + place.upper().replace(".", "__")
    secret = f"{secret}Zq7"
    said = told(ACCOUNT, {name: secret})
    assert secret not in said
    assert "Zq7" not in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.sampled_from(PLACES),
    secret=VALUES,
    quote=st.sampled_from(["", "'", '"', "[", "{", "*", "&", "!", "@", "|"]),
)
def test_no_fault_shows_a_value_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, secret: str, quote: str
) -> None:
    monkeypatch.setenv("PYTEST_HELIOPOST_DESK", str(tmp_path))
    keys = place.split(".")
    text = "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(keys))
    secret = f"{quote}{secret.replace(':', '')}Zq7"
    said = told(f"{text.rstrip()} {secret}\n", {})
    assert "Zq7" not in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=VALUES)
def test_no_fault_shows_a_value_that_has_become_part_of_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("PYTEST_HELIOPOST_DESK", str(tmp_path))
    secret = secret.replace(",", "").replace("{", "").replace("}", "")
    assert "Zq7" not in told(f"accounts: {{home: {{provider: growatt, password:{secret}Zq7}}}}\n", {})


@given(secret=VALUES)
def test_no_secret_is_in_the_words_for_a_configuration(secret: str) -> None:
    from app.config import Config

    secret = f"{secret}Zq7"
    config = Config.model_validate(
        {
            "accounts": {"home": {"provider": "growatt", "username": "me", "password": secret}},
            "mqtt": {"username": "me", "password": secret},
            "web": {"token": secret},
        }
    )
    assert "Zq7" not in f"{config!r} {config} {config.accounts!r}"
    assert secret in config.secrets()
