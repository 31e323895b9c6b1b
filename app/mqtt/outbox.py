"""What waits to be sent on one connection, newest value first to none: a message of a topic replaces the one before it.

One outbox lives as long as one connection, so nothing meant for an old connection is ever sent on a new one.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

EVENTS: Final = 1000
"""Events that may wait; an event is worth nothing without its order, so it cannot be replaced, only be dropped."""

PropertiesT = TypeVar("PropertiesT")


class Letter(NamedTuple, Generic[PropertiesT]):
    """One message to send."""

    topic: str
    payload: bytes
    retain: bool
    properties: PropertiesT | None = None
    taken: Callable[[], None] | None = None
    """Called when it has been acknowledged."""


class Outbox(Generic[PropertiesT]):
    """Letters in order; a retained letter takes the place of one of its topic that still waits.

    There is at most one retained letter a topic and at most `events` others, so it is bounded by what there is to say.
    """

    __slots__ = ("_events", "_flight", "_idle", "_limit", "_order", "_retained", "_waiting", "sent")

    def __init__(self, events: int = EVENTS) -> None:
        self._order: deque[str | Letter[PropertiesT]] = deque()
        self._retained: dict[str, Letter[PropertiesT]] = {}
        self._events = 0
        self._limit = events
        self._flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self.sent = 0
        """Letters that have been acknowledged."""

    def __len__(self) -> int:
        """Return how many letters wait."""
        return len(self._order)

    @property
    def flight(self) -> int:
        """How many letters are taken and not yet done."""
        return self._flight

    def put(self, letter: Letter[PropertiesT]) -> bool:
        """Take a letter in; False when there is no room for one more event."""
        topic = letter.topic
        if letter.retain:
            retained = self._retained
            if topic in retained:
                retained[topic] = letter
                return True
            retained[topic] = letter
            self._order.append(topic)
        elif self._events < self._limit:
            self._events += 1
            self._order.append(letter)
        else:
            return False
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                break
        return True

    def take(self) -> Letter[PropertiesT] | None:
        """Return the letter whose turn it is, which is then in flight, or None."""
        if not self._order:
            return None
        first = self._order.popleft()
        self._flight += 1
        if isinstance(first, str):
            return self._retained.pop(first)
        self._events -= 1
        return first

    def done(self) -> None:
        """Note that a letter that was taken has been acknowledged, or cannot be sent."""
        self._flight -= 1
        self.sent += 1
        if not self._flight and not self._order:
            self._release()

    async def ready(self) -> None:
        """Wait until there may be a letter to take."""
        if self._order:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    async def idle(self) -> None:
        """Wait until nothing waits and nothing is in flight, or the outbox is closed."""
        if self._order or self._flight:
            waiter = asyncio.get_running_loop().create_future()
            self._idle.append(waiter)
            await waiter

    def close(self) -> int:
        """Forget everything and return how many letters that were."""
        lost = len(self._order) + self._flight
        self._order.clear()
        self._retained.clear()
        self._events = self._flight = 0
        self._release()
        return lost

    def _release(self) -> None:
        for waiter in self._idle:
            if not waiter.done():
                waiter.set_result(None)
        self._idle.clear()
