"""The bridge itself as a device."""

from typing import Any

import pytest

from app.model import AccountState
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.bridge_device import describe_bridge
from app.sinks.homeassistant.documents import Description, Identity
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.rules import refusal
from app.topics import Topics
from tests.homeassistant.factory import BRIDGE, INSTALL


def bridge(*accounts: str, **section: Any) -> Description:
    settings = HomeAssistantSettings.model_validate(section)
    described = describe_bridge(Identity(INSTALL, "1.2.3"), accounts, Topics(), settings, Names(settings.language))
    for component in described.components.values():
        assert refusal(component, settings.version) is None
    return described


def test_it_is_named_after_its_installation() -> None:
    assert bridge().id == BRIDGE
    assert bridge().device["ids"] == [BRIDGE]
    assert bridge().device["sw"] == "1.2.3"
    assert "via_device" not in bridge().device


def test_whether_it_is_there_is_known_also_while_it_is_not() -> None:
    components = bridge("home").components
    assert "avty" not in components["connectivity"]
    assert all(component["avty"] == [{"t": "heliopost/bridge/state"}]
               for key, component in components.items() if key != "connectivity")  # fmt: skip
    assert bridge().availability == ()


def test_it_can_be_asked_to_poll_and_told_how_much_to_log() -> None:
    components = bridge().components
    assert (components["poll"]["p"], components["poll"]["cmd_t"]) == ("button", "heliopost/bridge/request/poll")
    level = components["log_level"]
    assert (level["p"], level["cmd_t"]) == ("select", "heliopost/bridge/request/log_level")
    assert level["ops"] == ["debug", "info", "warning", "error"]
    assert level["stat_t"] == "heliopost/bridge/info"


def test_each_account_shows_its_state_and_until_when_it_is_locked() -> None:
    components = bridge("home", "Oma's roof").components
    for account in ("home", "oma_s_roof"):
        state = components[f"account_{account}_state"]
        assert set(state["ops"]) == {*(known.value for known in AccountState), "unknown"}  # type: ignore[call-overload]  # a list of words
        assert components[f"account_{account}_locked_until"]["dev_cla"] == "timestamp"
        assert components[f"account_{account}_calls_today"]["stat_cla"] == "measurement"
    assert components["account_oma_s_roof_state"]["name"] == "Oma's roof: state"
    assert components["account_home_state"]["stat_t"] == "heliopost/account/home/state"


def test_it_says_whether_something_needs_attention_and_what() -> None:
    problem = bridge().components["problem"]
    assert (problem["p"], problem["dev_cla"]) == ("binary_sensor", "problem")
    assert problem["stat_t"] == problem["json_attr_t"] == "heliopost/bridge/health"
    # A bridge before this field, and a cleared topic, are no problems and no errors.
    told = "(value_json['problem'] | default('') if value_json is defined else '')"
    assert problem["val_tpl"] == f"{{{{ 'ON' if {told} else 'OFF' }}}}"
    assert problem["json_attr_tpl"] == f"{{{{ {{'reason': {told}}} | tojson }}}}"


def test_a_topic_that_is_cleared_makes_no_error_in_home_assistants_log() -> None:
    components = bridge("home").components
    assert "value_json is defined" in str(components["log_level"]["val_tpl"])
    assert "value_json is defined" in str(components["account_home_state"]["json_attr_tpl"])


def test_its_entities_can_be_chosen_and_changed_like_any_other() -> None:
    described = bridge(
        exclude=[f"{BRIDGE}/log_level"],
        entities={
            f"{BRIDGE}/version": {"name": "Release", "icon": "mdi:tag", "enabled": False, "category": "primary"},
            "*/started_at": {"enabled": True},
        },
    )
    assert "log_level" not in described.components
    version = described.components["version"]
    assert (version["name"], version["ic"], version["en"]) == ("Release", "mdi:tag", False)
    assert "ent_cat" not in version
    assert described.components["started_at"]["en"] is True


@pytest.mark.parametrize(
    "globs",
    [
        {"include": ["*/pv_power"]},
        {"exclude": ["*/log_level"]},
        {"exclude": ["*"]},
        {"include": ["x"], "exclude": ["*/*"]},
    ],
    ids=str,
)
def test_globs_that_are_meant_for_values_leave_it_alone(globs: dict[str, list[str]]) -> None:
    assert bridge("home", **globs).components.keys() == bridge("home").components.keys()


def test_a_glob_that_names_it_takes_away_what_it_says() -> None:
    left = bridge("home", exclude=["heliopost_*/account_*"]).components
    assert "connectivity" in left
    assert not [key for key in left if key.startswith("account_")]


def test_a_newer_home_assistant_gets_the_new_proposal_alone() -> None:
    assert "obj_id" in bridge().components["version"]
    assert "obj_id" not in bridge(minimum_version="2025.10").components["version"]
