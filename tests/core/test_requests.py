import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import CommandError
from app.mqtt import Message
from app.requests import AT_ONCE, WAITING, Requests, parse
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
        taken: Callable[[], None] | None = None,
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


async def test_a_response_topic_is_honoured_only_where_nobody_else_speaks() -> None:
    wire = Wire()
    mine = "heliopost/bridge/response/me"
    for topic in (mine, "elsewhere/me", "heliopost/device/x/state", "heliopost/bridge/response/+", None):
        await requests(wire).handle(message(TOPICS.request("echo"), b"", topic, b"c"))
    assert [sent[0] for sent in wire.sent].count(mine) == 1
    assert (mine, {"status": "ok", "data": {}}, b"c") in wire.sent
    assert len(wire.sent) == 6


async def test_a_bug_in_a_request_is_answered_and_ends_nothing() -> None:
    async def broken(_: Mapping[str, Any]) -> Mapping[str, Any]:
        msg = "unhashable"
        raise TypeError(msg)

    wire = Wire()
    await Requests(TOPICS, wire, {"echo": broken}).handle(message(TOPICS.request("echo"), b'{"id": 3}'))
    ((_, answer, _),) = wire.sent
    assert (answer["id"], answer["status"]) == (3, "error")


async def test_a_request_that_waits_does_not_hold_up_the_others() -> None:
    gate = asyncio.Event()

    async def slow(_: Mapping[str, Any]) -> Mapping[str, Any]:
        await gate.wait()
        return {}

    wire = Wire()
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    inbox.put_nowait(message(TOPICS.request("slow")))
    inbox.put_nowait(message(TOPICS.request("echo")))
    running = asyncio.create_task(Requests(TOPICS, wire, {"slow": slow, "echo": echo}).run(inbox))
    async with asyncio.timeout(5):
        while not wire.sent:  # noqa: ASYNC110 - there is nothing to wait for but the other task's turn
            await asyncio.sleep(0)
    assert [topic for topic, _, _ in wire.sent] == [TOPICS.response("echo")]
    gate.set()
    async with asyncio.timeout(5):
        while len(wire.sent) < 2:  # noqa: ASYNC110 - (same)
            await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_requests_that_wait_for_a_vendor_do_not_hold_up_commands_and_too_many_are_turned_away() -> None:
    gate, prompt, born = asyncio.Event(), [], asyncio.Event()

    async def slow(_: Mapping[str, Any]) -> Mapping[str, Any]:
        await gate.wait()
        return {}

    async def birth(_: Message) -> bool:
        born.set()
        return True

    def command(shown: Message) -> bool:
        if shown.topic == "set":
            prompt.append(shown)
        return shown.topic == "set"

    wire = Wire()
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    made = Requests(TOPICS, wire, {"slow": slow}, (birth,), at_once=command)
    running = asyncio.create_task(made.run(inbox))
    async with asyncio.timeout(5):
        for number in range(AT_ONCE + WAITING + 2):
            inbox.put_nowait(message(TOPICS.request("slow"), b'{"id": %d}' % number))
            await asyncio.sleep(0)
        inbox.put_nowait(message("birth"))
        inbox.put_nowait(message("set"))
        await born.wait()
        assert len(prompt) == 1
        refused = {"status": "error", "error": "too many requests at once: ask again later"}
        assert [body for _, body, _ in wire.sent] == [refused | {"id": AT_ONCE + WAITING + more} for more in (0, 1)]
        gate.set()
        while len(wire.sent) < AT_ONCE + WAITING + 2:  # noqa: ASYNC110 - (same)
            await asyncio.sleep(0)
    assert [body["status"] for _, body, _ in wire.sent[2:]] == ["ok"] * (AT_ONCE + WAITING)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


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
