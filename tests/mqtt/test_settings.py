"""The broker's section of the configuration."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.mqtt import MqttSettings


@pytest.mark.parametrize(
    "section",
    [
        {"base_topic": ""},
        {"base_topic": "/heliopost"},
        {"base_topic": "heliopost/"},
        {"base_topic": "a//b"},
        {"base_topic": "a/+/b"},
        {"base_topic": "a/#"},
        {"base_topic": "$SYS"},
        {"base_topic": "a\x00b"},
        {"password": "x"},
        {"protocol": "3.1"},
        {"port": 0},
        {"keepalive": 0},
        {"unknown": 1},
        {"tls": {"key": "client.key"}},
        {"tls": {"unknown": 1}},
        {"reconnect_min": 10, "reconnect_max": 5},
        {"state_expiry": 1800},
        {"state_expiry": 3600, "heartbeat": 3600},
        {"websocket_path": "mqtt"},
    ],
)
def test_what_cannot_work_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MqttSettings.model_validate(section)


@pytest.mark.parametrize(
    ("section", "address"),
    [
        ({}, ("localhost", 1883)),
        ({"tls": True}, ("localhost", 8883)),
        ({"tls": {"ca": "ca.crt"}, "host": "b"}, ("b", 8883)),
        ({"transport": "websockets"}, ("localhost", 80)),
        ({"transport": "websockets", "tls": True}, ("localhost", 443)),
        ({"tls": True, "port": 1}, ("localhost", 1)),
    ],
)
def test_the_port_follows_from_transport_and_encryption(section: dict[str, Any], address: tuple[str, int]) -> None:
    assert MqttSettings.model_validate(section).address == address


def test_a_version_may_be_written_as_a_number() -> None:
    assert MqttSettings.model_validate({"protocol": 5}).protocol == "5"


def test_a_password_shows_up_nowhere() -> None:
    settings = MqttSettings.model_validate(
        {"username": "u", "password": "swordfish", "tls": {"certificate": "c", "key_password": "swordfish"}}
    )
    assert "swordfish" not in repr(settings) + str(settings) + settings.model_dump_json()
    with pytest.raises(ValidationError) as caught:
        MqttSettings.model_validate({"password": "swordfish"})
    assert "swordfish" not in str(caught.value)


@given(st.text(max_size=20))
def test_a_base_topic_that_is_accepted_can_be_published_below(topic: str) -> None:
    try:
        accepted = MqttSettings(base_topic=topic).base_topic
    except ValidationError:
        return
    assert accepted == topic
    assert not set("+#\x00") & set(topic)
    assert all(f"{topic}/x".split("/"))
    assert len(topic.encode()) < 65_000
