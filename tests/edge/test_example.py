"""The example and the schema: complete, true, and the same as the program."""

import json
import re
from collections.abc import Iterator
from datetime import time, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from app.config import AccountSection, Config, document, load
from app.config.schema import documented, json_schema, written
from app.config.shape import Shape, at, below, top
from app.errors import ConfigError

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "config.example.yaml"
CHOSEN = {
    ("accounts", "home", "provider"),
    ("accounts", "home", "username"),
    ("accounts", "home", "password"),
    ("state",),
}
"""What has no default that could be shown."""
EXAMPLES = {"points", "devices", "entities", "areas", "poll", "roof"}
"""Mappings by name, of which the file shows an example rather than the default, which is none."""


def uncommented(text: str) -> str:
    """Return the example with every key switched on."""
    return re.sub(r"(?m)^(\s*)#(?=[^\s#])", r"\1", text)


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(uncommented(EXAMPLE.read_text()))
    return file


OWN = ("accounts.home.username=demo", "accounts.home.password=s3cret-Zq7")
ALL = (*OWN, "accounts.roof.token=s3cret-Zq7-token")


def test_the_example_can_be_used_once_the_login_is_filled_in() -> None:
    config = load(EXAMPLE, overrides=OWN, environ={})
    assert list(config.accounts) == ["home"]


@pytest.mark.parametrize(
    ("filled", "left"), [((), "username and password"), (OWN[:1], "password"), (OWN[1:], "username")], ids=str
)
def test_the_examples_own_login_is_never_tried_at_the_vendor(filled: tuple[str, ...], left: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(EXAMPLE, overrides=filled, environ={})
    (sentence,) = caught.value.faults
    assert sentence.startswith(f"{EXAMPLE}:")
    assert sentence.endswith(
        f"accounts.home: the example's text still stands for {left}: write the login of your ShinePhone app there"
    )


def test_a_server_of_ones_own_may_know_the_examples_user() -> None:
    config = load(EXAMPLE, overrides=["accounts.home.server_url=http://localhost:8000"], environ={})
    assert list(config.accounts) == ["home"]


def test_the_example_can_be_used_with_every_key_switched_on(everything: Path) -> None:
    config = load(everything, overrides=ALL, environ={})
    assert config.points["*/grid_power"].scale == 1.0
    assert config.homeassistant.entities["*/pv_power"].enabled


def test_the_example_names_every_key(everything: Path) -> None:
    shown = document.read(everything).data
    text = EXAMPLE.read_text()
    missing = [path for path in places(top(), shown, ()) if not names(shown, text, path)]
    accounts = shown["accounts"].values()  # each shows what belongs to its own interface
    assert [
        path for path in missing if not (path[0] == "accounts" and any(names(one, text, path[2:]) for one in accounts))
    ] == []


def names(shown: Any, text: str, path: tuple[str, ...]) -> bool:
    if "tls" in path[:-1]:  # shown as prose: the key stands for either a word or a section
        return re.search(rf"(?m)^\s*# +{path[-1]}: ", text) is not None
    for key in path:
        if not isinstance(shown, dict) or key not in shown:
            return False
        shown = shown[key]
    return True


def places(shape: Shape, shown: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Return every place of the models; of mappings by name, those of the names that are shown."""
    known = shown if isinstance(shown, dict) else {}
    for key in known if shape.values is not None else shape.fields:
        inner = below(shape, key, known.get(key))
        yield (*path, key)
        if inner is not None:
            yield from places(inner, known.get(key), (*path, key))


def test_every_default_that_the_example_shows_is_the_default(everything: Path) -> None:
    shown = document.read(everything).data
    given = load(everything, overrides=ALL, environ={})
    plain = load(EXAMPLE, overrides=OWN, environ={})
    different = [
        path
        for path in places(top(), shown, ())
        if path not in CHOSEN
        and not EXAMPLES & set(path)
        and (shape := at(path, shown)) is not None
        and shape.scalar
        and "tls" not in path
        and follow(given, path) != follow(plain, path)
    ]
    assert different == []


def test_the_cadences_that_the_example_shows_are_those_of_the_feeds(everything: Path) -> None:
    from app.pace import DISCOVERY
    from app.providers.growatt.families import FEEDS

    shown = load(everything, overrides=ALL, environ={}).accounts["home"].poll
    assert {name: (feed.every, feed.night) for name, feed in shown.items()} == {
        feed.name: (feed.every, feed.night) for feed in (*FEEDS, DISCOVERY)
    }


def follow(thing: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if isinstance(thing, AccountSection):
            thing = thing.settings
        thing = thing[key] if isinstance(thing, dict) else getattr(thing, key)
    return thing


def test_the_example_tells_editors_where_its_schema_is() -> None:
    assert EXAMPLE.read_text().startswith("# yaml-language-server: $schema=./config.schema.json\n")


def test_the_committed_schema_is_that_of_the_program() -> None:
    committed = json.loads((ROOT / "config.schema.json").read_text())
    assert committed == json_schema(), "run `heliopost schema > config.schema.json`"


def test_the_schema_describes_every_key() -> None:
    described = json_schema()
    lacking = [
        f"{name}.{key}"
        for name, section in {"": described, **described["$defs"]}.items()
        for key, field in section.get("properties", {}).items()
        if "description" not in field
    ]
    assert lacking == []


def test_the_schema_shows_no_secret_as_default() -> None:
    for name, section in json_schema()["$defs"].items():
        for key, field in section.get("properties", {}).items():
            if field.get("writeOnly"):
                assert "default" not in field, f"{name}.{key}"


def test_the_schema_lets_every_secret_be_in_a_file() -> None:
    sections = json_schema()["$defs"]
    assert "password_file" in sections["growatt"]["properties"]
    assert "token_file" in sections["WebSettings"]["properties"]
    assert "key_password_file" in sections["TlsSettings"]["properties"]
    assert "username_file" not in sections["MqttSettings"]["properties"]


def test_the_schema_asks_for_nothing_that_may_come_from_the_environment() -> None:
    described = json_schema()
    assert "required" not in described
    asked = {name: section["required"] for name, section in described["$defs"].items() if "required" in section}
    assert set(map(tuple, asked.values())) == {("provider",)}


def test_the_schema_takes_spans_of_time_as_they_are_written() -> None:
    field = json_schema()["$defs"]["PlausibilitySettings"]["properties"]["stale_after"]
    assert field["default"] == "30m"
    assert re.search(field["pattern"], "90s")
    assert not re.search(field["pattern"], "PT30M")
    night = json_schema()["$defs"]["PlausibilitySettings"]["properties"]["night_from"]
    assert night["default"] == "22:00"
    assert re.search(night["pattern"], "22:00")


@pytest.mark.parametrize(
    ("span", "text"), [(90, "90s"), (300, "5m"), (7200, "2h"), (86400, "1d"), (0, "0s"), (0.5, "0.5s")]
)
def test_a_span_is_written_with_its_largest_whole_unit(span: float, text: str) -> None:
    assert written(timedelta(seconds=span)) == text


def test_a_model_without_source_has_no_words() -> None:
    made = type("Made", (BaseModel,), {"__module__": "app.made"})
    assert documented(made) == {}


def test_the_configuration_knows_all_its_secrets() -> None:
    config = Config.model_validate(
        {
            "accounts": {"home": {"provider": "growatt", "username": "me", "password": "one secret"}},
            "mqtt": {
                "username": "me",
                "password": "two secret",
                "tls": {"certificate": "/c", "key_password": "three secret"},
            },
            "web": {"token": SecretStr("four secret")},
        }
    )
    assert config.secrets() == {"one secret", "two secret", "three secret", "four secret"}


def test_times_and_choices_have_their_own_types() -> None:
    config = load(EXAMPLE, overrides=OWN, environ={})
    assert config.plausibility.night_from == time(22)
    assert isinstance(config.offline_policy, Enum)
