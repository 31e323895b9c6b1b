"""What comes from the broker: requests to the bridge, and Home Assistant's birth message.

A request is a message on `<base>/bridge/request/<verb>`: a JSON object, plain text, or nothing.
It is answered on `<base>/bridge/response/<verb>`, and on the MQTT 5 response topic where that lies
below `<base>/bridge/response/`, with `id` echoed.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

import structlog

from app.errors import BridgeError, CommandError
from app.mqtt import Message
from app.sinks import Publisher
from app.topics import Topics

log = structlog.get_logger()

Handler: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Carries out one verb: takes the request's fields (plain text as `value`), returns the answer's."""

Listener: TypeAlias = Callable[[Message], Awaitable[bool]]
"""Looks at a message that is no request; returns whether it was meant for it."""


AT_ONCE: Final = 8
"""Requests that are carried out at once, and as many other messages; more wait for their turn."""
WAITING: Final = 50
"""Requests that wait at most, and as many other messages; more are turned away: commands must not wait behind them."""


class Requests:
    """Carries out what the broker's side asks for, outside the broker's session."""

    def __init__(
        self,
        topics: Topics,
        publisher: Publisher,
        handlers: Mapping[str, Handler],
        listeners: tuple[Listener, ...] = (),
        at_once: Callable[[Message], bool] = lambda _: False,
    ) -> None:
        """`handlers` by verb; `listeners` are shown everything else, in order.

        `at_once` is shown every message before all, and returns whether it has dealt with it; it must not wait.
        """
        self._topics, self._publisher = topics, publisher
        self._handlers, self._listeners = handlers, listeners
        self._at_once = at_once
        self._requests: asyncio.Queue[Message] = asyncio.Queue(WAITING)
        self._others: asyncio.Queue[Message] = asyncio.Queue(WAITING)

    async def run(self, inbox: "asyncio.Queue[Message]") -> None:
        """Handle messages until cancelled; one that waits for a vendor does not hold up the others."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE):
                tasks.create_task(self._work(self._requests), name=f"requests {number}")
                tasks.create_task(self._work(self._others), name=f"others {number}")
            await self._take(inbox)

    async def _work(self, line: "asyncio.Queue[Message]") -> None:
        while True:
            await self.handle(await line.get())

    async def _take(self, inbox: "asyncio.Queue[Message]") -> None:
        """Sort what comes in, and wait for nothing else: commands come the same way."""
        while True:
            message = await inbox.get()
            if self._prompt(message):
                continue
            verb = self._topics.verb(message.topic)
            try:
                (self._others if verb is None else self._requests).put_nowait(message)
            except asyncio.QueueFull:
                if verb is None:
                    log.warning("inbox_full", topic=message.topic, waiting=WAITING)
                else:
                    self._turn_away(verb, message)

    def _turn_away(self, verb: str, message: Message) -> None:
        reason = "too many requests at once: ask again later"
        answer = {"status": "error", "error": reason}
        with suppress(CommandError):
            answer |= {name: value for name, value in parse(message.payload).items() if name == "id"}
        log.info("request_refused", verb=verb, reason=reason)
        self._say(verb, message, answer)

    def _prompt(self, message: Message) -> bool:
        try:
            return self._at_once(message)
        except Exception:  # (as in _answer)
            log.exception("request_failed", topic=message.topic)
            return True

    async def handle(self, message: Message) -> None:
        """Handle one message."""
        verb = self._topics.verb(message.topic)
        if verb is not None:
            await self._answer(verb, message)
            return
        for listener in self._listeners:
            if await listener(message):
                return

    def _handler(self, verb: str) -> Handler:
        """Return what carries out a verb; raise CommandError for one that is not known."""
        handler = self._handlers.get(verb)
        if handler is None:
            msg = f"there is no request {verb!r}; there are {', '.join(sorted(self._handlers))}"
            raise CommandError(msg)
        return handler

    async def _answer(self, verb: str, message: Message) -> None:
        answer: dict[str, Any] = {}
        try:
            request = parse(message.payload)
            if "id" in request:
                answer["id"] = request["id"]
            answer |= {"status": "ok", "data": await self._handler(verb)(request)}
        except BridgeError as error:
            answer |= {"status": "error", "error": str(error)}
            log.info("request_refused", verb=verb, reason=str(error))
        except Exception:  # whoever may publish must not be able to end the bridge by what nobody foresaw
            answer |= {"status": "error", "error": "the bridge failed over this request; its log says how"}
            log.exception("request_failed", verb=verb)
        self._say(verb, message, answer)

    def _say(self, verb: str, message: Message, answer: Mapping[str, Any]) -> None:
        payload = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=str)
        self._publisher.publish(self._topics.response(verb), payload)
        if own := self._topics.answerable(message.response_topic):
            self._publisher.publish(own, payload, correlation=message.correlation)


def parse(payload: bytes) -> Mapping[str, Any]:
    """Return the fields of a request; plain text is its `value`. Raise CommandError for what is neither."""
    try:
        words = payload.decode().strip()
    except UnicodeDecodeError as error:
        msg = "the request is not UTF-8 text"
        raise CommandError(msg) from error
    if not words.startswith(("{", "[")):
        return {"value": words} if words else {}
    try:
        request = json.loads(words)
    except ValueError as error:
        msg = f"the request is not valid JSON: {error}"
        raise CommandError(msg) from error
    if not isinstance(request, dict):
        msg = "the request must be a JSON object, plain text or empty"
        raise CommandError(msg)
    return request
