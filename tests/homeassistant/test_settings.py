"""The section `homeassistant` of the configuration."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.versions import Version, parse_version


def test_everything_has_a_default() -> None:
    settings = HomeAssistantSettings()
    assert settings.enabled
    assert settings.discovery_prefix == "homeassistant"
    assert settings.version == Version(2025, 4)
    assert settings.mode == "device"
    assert settings.language == "en"


@pytest.mark.parametrize("text", ["2025.4", "2025.10", "2026.11.3"])
def test_a_release_is_year_and_month(text: str) -> None:
    assert str(HomeAssistantSettings(minimum_version=text).version) == ".".join(text.split(".")[:2])


@pytest.mark.parametrize(
    "text", ["2025", "latest", "2025.13", "2025.0", "2025.1", "2024.12", "2025.4.1.1", "٢٠٢٥.4", ""]
)
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Home Assistant|oldest release"):
        parse_version(text)
    with pytest.raises(ValidationError):
        HomeAssistantSettings(minimum_version=text)


@pytest.mark.parametrize(
    "section",
    [
        {"discovery_prefix": ""},
        {"discovery_prefix": "/ha"},
        {"discovery_prefix": "ha/#"},
        {"discovery_prefix": "h a"},
        {"status_topic": "+/status"},
        {"mode": "both"},
        {"language": "tlh"},
        {"settle": 0},
        {"pace": 0},
        {"birth_jitter": -1},
        {"minimum_version": 2025.10},
        {"entities": {"pv_power": {}}},
        {"entities": {"a/b/c": {}}},
        {"entities": {"/pv_power": {}}},
        {"entities": {"a/": {}}},
        {"entities": {"*/pv_power": {"icon": "solar"}}},
        {"entities": {"*/pv_power": {"precision": -1}}},
        {"entities": {"*/pv_power": {"category": "config"}}},
        {"entities": {"*/pv_power": {"name": ""}}},
        {"entities": {"*/pv_power": {"colour": "red"}}},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_meant_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HomeAssistantSettings.model_validate(section)


def test_a_release_without_quotes_is_refused_with_what_to_write() -> None:
    with pytest.raises(ValidationError, match="in quotes"):
        HomeAssistantSettings.model_validate({"minimum_version": 2025.10})


def test_a_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(ValidationError) as refused:
        HomeAssistantSettings(discovery_prefix="hunter2/#")
    assert "hunter2" not in str(refused.value)


def test_a_glob_of_devices_means_all_their_points() -> None:
    settings = HomeAssistantSettings(exclude=("growatt_*",))
    assert not settings.wants("growatt_a", "pv_power")
    assert settings.wants("sungrow_a", "pv_power")


def test_what_is_said_of_one_device_wins_over_what_is_said_of_all() -> None:
    settings = HomeAssistantSettings.model_validate({
        "entities": {"*/pv_power": {"name": "Sun", "precision": 1}, "a/pv_power": {"name": "Roof", "enabled": False}}
    })  # fmt: skip
    here, there, nowhere = (settings.override(*path) for path in (("a", "pv_power"), ("b", "pv_power"), ("a", "x")))
    assert (here.name, here.precision, here.enabled) == ("Roof", 1, False)
    assert (there.name, there.precision, there.enabled) == ("Sun", 1, None)
    assert (nowhere.name, nowhere.precision, nowhere.enabled) == (None, None, None)


def test_a_schema_for_editors_can_be_made() -> None:
    assert HomeAssistantSettings.model_json_schema()["properties"]["minimum_version"]["default"] == "2025.4"
