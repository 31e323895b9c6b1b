"""The app's files are what the Supervisor and the community's linter accept, and agree with the program."""

import re
import struct
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from app import providers
from app.config import LogSettings
from app.config.sections import account_model
from app.mqtt import MqttSettings
from app.sinks.homeassistant import HomeAssistantSettings
from app.statefile import FILE
from tests.deploy.addon import APP, REPOSITORY, ROOT, START, config, module
from tests.deploy.supervisor import faults_of_config, faults_of_options


def test_linter_and_supervisor_have_nothing_to_say() -> None:
    assert list(faults_of_config(config())) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"watchdog": "http://[HOST]:[PORT:9876]/livez"}, "watchdog: the image's HEALTHCHECK takes its place"),
        ({"arch": ["armv7"]}, "arch: armv7"),
        ({"init": True}, "init says what holds anyway"),
        ({"services": ["mqtt:must"]}, "services: mqtt:must"),
        ({"ports": {"9876": None}}, "ports: 9876"),
        ({"tmpfs": "size=1m"}, "tmpfs has the wrong type"),
        ({"wath": 1}, "wath is no known key"),
        ({"slug": "with a space"}, "slug cannot be part of an address"),
        ({"schema": {"mqtt": {"port": "number"}}, "options": {"mqtt": {}}}, "schema: mqtt.port: number"),
        (
            {"schema": {"mqtt": {"port": "port?"}}, "options": {}},
            "options: mqtt is a section, which cannot be left out",
        ),
        ({"backup": "cold"}, "backup_pre and backup_post are not for cold backups"),
    ],
)
def test_what_linter_or_supervisor_would_refuse_is_found(change: dict[str, Any], fault: str) -> None:
    assert fault in list(faults_of_config(config() | change))


def test_the_supervisor_accepts_the_options_that_the_form_begins_with() -> None:
    parts = config()
    assert list(faults_of_options(parts["schema"], parts["options"])) == []


def test_the_options_of_the_documentation_are_accepted() -> None:
    page = (APP / "DOCS.md").read_text()
    options = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    schema, defaults = config()["schema"], config()["options"]
    assert len(options) == 2
    assert [fault for given in options for fault in faults_of_options(schema, defaults | given)] == []


def test_the_form_offers_what_the_program_takes() -> None:
    schema = config()["schema"]
    assert schema["language"] == listed(get_args(HomeAssistantSettings.model_fields["language"].annotation))
    assert schema["log_level"] == listed(get_args(LogSettings.model_fields["level"].annotation))
    assert set(schema["mqtt"]) <= set(MqttSettings.model_fields)
    account = schema["accounts"][0]
    assert account["provider"] == listed(sorted(providers.available()))
    known = {name for provider in providers.available() for name in account_model(provider).model_fields}
    assert set(account) - {"name"} <= known
    regions = account_model("growatt").model_fields["region"].annotation
    assert account["region"] == listed([str(region) for region in regions or ()]) + "?"
    assert account["budget"] == "int(24,100000)?"


def listed(words: Any) -> str:
    return f"list({'|'.join(words)})"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_option_has_a_name_and_a_word_on_it(language: str) -> None:
    said = yaml.safe_load((APP / "translations" / f"{language}.yaml").read_text())
    schema = config()["schema"]
    assert set(said) == {"configuration", "network"}
    assert set(said["network"]) == set(config()["ports"])
    assert set(said["configuration"]) == set(schema)
    for key, element in schema.items():
        inner = element[0] if isinstance(element, list) else element
        assert set(said["configuration"][key].get("fields", {})) == (set(inner) if isinstance(inner, dict) else set())
        for words in (said["configuration"][key], *said["configuration"][key].get("fields", {}).values()):
            assert words["name"]
            assert words["description"]


def test_the_version_is_the_programs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert config()["version"] == project["project"]["version"]
    assert f"## {config()['version']}" in (APP / "CHANGELOG.md").read_text()


def test_the_repository_has_a_name() -> None:
    repository = yaml.safe_load((REPOSITORY / "repository.yaml").read_text())
    assert set(repository) <= {"name", "url", "maintainer"}
    assert repository["name"]


@pytest.mark.parametrize(("picture", "size"), [("icon.png", (128, 128)), ("logo.png", (250, 100))])
def test_the_pictures_have_the_size_that_is_asked_for(picture: str, size: tuple[int, int]) -> None:
    raw = (APP / picture).read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", raw[16:24]) == size


# --- the image


def test_the_image_has_the_base_of_the_projects_own() -> None:
    assert bases(APP / "Dockerfile") == bases(ROOT / "Dockerfile") != []


def bases(dockerfile: Path) -> list[str]:
    """Return what is pinned of the images that a Dockerfile begins with."""
    return re.findall(r"^(?:FROM |ARG BASE=)(python:\S+)", dockerfile.read_text(), re.MULTILINE)


def test_there_is_no_build_file_because_it_is_deprecated() -> None:
    assert list(APP.glob("build.*")) == []


def test_the_health_check_does_not_depend_on_the_vendor() -> None:
    dockerfile = (APP / "Dockerfile").read_text()
    assert re.search(r'^HEALTHCHECK .*CMD \["heliopost", "healthcheck", "--live"\]$', dockerfile, re.MULTILINE)


def test_a_backup_holds_a_whole_copy_and_not_the_database_in_use() -> None:
    start = module(START)
    assert config()["backup_pre"].split() == ["heliopost", "backup", "--force", f"/data/{start.BACKUP}"]
    assert config()["backup_exclude"] == [f"{start.STATE}/*"]
    assert start.DATABASE == FILE


def test_a_packed_repository_holds_one_app_with_all_that_its_image_is_built_from(tmp_path: Path) -> None:
    target = tmp_path / "repository"
    app = module(REPOSITORY / "pack.py").pack(target)
    assert app == target / "heliopost"
    assert (target / "repository.yaml").is_file()
    # The Supervisor takes every config.* for an app's, wherever it lies (supervisor/store/data.py).
    assert [path.relative_to(target) for path in target.rglob("config.*")] == [Path("heliopost/config.yaml")]
    for source in re.findall(r"^COPY (?!--from)(\S+)", (app / "Dockerfile").read_text(), re.MULTILINE):
        assert (app / source).exists()
    assert (app / "source" / "app" / "daemon.py").read_bytes() == (ROOT / "app" / "daemon.py").read_bytes()
    assert list(target.rglob("__pycache__")) == []
    module(REPOSITORY / "pack.py").pack(target)  # again, over what is there


def test_nothing_else_is_overwritten_by_packing(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("")
    with pytest.raises(SystemExit, match="holds something else"):
        module(REPOSITORY / "pack.py").pack(tmp_path)
    assert (tmp_path / "precious").exists()
