import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import CommandError
from app.mqtt import Message
from app.requests import Requests, parse
from app.topics import Topics

TOPICS = Topics()


class Wire:
    def __init__(self) -> None:
        self.sent: list[tuple[str, Any, bytes | None]] = []
        self.connected = True

    def publish(
        self,
        topic: str,
        payload: str | bytes,
        *,
        retain: bool = False,
        expiry: int | None = None,
        properties: Mapping[str, str] | None = None,
        correlation: bytes | None = None,
    ) -> None:
        self.sent.append((topic, json.loads(payload), correlation))


def message(
    topic: str, payload: bytes = b"", response_topic: str | None = None, correlation: bytes | None = None
) -> Message:
    return Message(topic, payload, retained=False, response_topic=response_topic, correlation=correlation)


async def echo(request: Mapping[str, Any]) -> Mapping[str, Any]:
    if request.get("value") == "bad":
        msg = "that is bad"
        raise CommandError(msg)
    return dict(request)


def requests(wire: Wire) -> Requests:
    return Requests(TOPICS, wire, {"echo": echo})


async def test_a_request_is_answered_with_its_id() -> None:
    wire = Wire()
    await requests(wire).handle(message(TOPICS.request("echo"), b'{"id": 7, "a": 1}'))
    assert wire.sent == [(TOPICS.response("echo"), {"id": 7, "status": "ok", "data": {"id": 7, "a": 1}}, None)]


async def test_plain_text_is_a_value_and_nothing_is_nothing() -> None:
    wire = Wire()
    await requests(wire).handle(message(TOPICS.request("echo"), b"PRESS"))
    await requests(wire).handle(message(TOPICS.request("echo")))
    assert [sent[1]["data"] for sent in wire.sent] == [{"value": "PRESS"}, {}]


@pytest.mark.parametrize(
    ("verb", "payload", "words"),
    [
        ("echo", b"bad", "that is bad"),
        ("echo", b"{", "not valid JSON"),
        ("echo", b"[1]", "JSON object"),
        ("echo", b"\xff", "UTF-8"),
        ("fly", b"", "there is no request 'fly'; there are echo"),
    ],
)
async def test_what_cannot_be_done_is_answered_with_the_reason(verb: str, payload: bytes, words: str) -> None:
    wire = Wire()
    await requests(wire).handle(message(TOPICS.request(verb), payload))
    ((_, answer, _),) = wire.sent
    assert answer["status"] == "error"
    assert words in answer["error"]


async def test_a_response_topic_is_honoured_below_the_base_only() -> None:
    wire = Wire()
    for topic in ("heliopost/me", "elsewhere/me", "heliopost/+", None):
        await requests(wire).handle(message(TOPICS.request("echo"), b"", topic, b"c"))
    assert [sent[0] for sent in wire.sent].count("heliopost/me") == 1
    assert ("heliopost/me", {"status": "ok", "data": {}}, b"c") in wire.sent
    assert len(wire.sent) == 5


async def test_other_messages_are_shown_to_the_listeners() -> None:
    seen: list[str] = []

    async def first(shown: Message) -> bool:
        seen.append("first")
        return shown.topic == "a"

    async def second(_: Message) -> bool:
        seen.append("second")
        return True

    made = Requests(TOPICS, Wire(), {}, (first, second))
    await made.handle(message("a"))
    await made.handle(message("b"))
    assert seen == ["first", "first", "second"]


@given(st.binary())
def test_no_payload_makes_parse_raise_anything_else(payload: bytes) -> None:
    with suppress(CommandError):
        assert isinstance(parse(payload), dict)
