"""The port that outlets plug into.

A sink keeps nothing that it could not lose: what it missed while the broker was away, the bridge replays.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from app.model import AccountStatus, CommandStatus, Device, Event
from app.store import Gone, Update

News: TypeAlias = Update | Gone | AccountStatus | Event | CommandStatus


class Sink(Protocol):
    """Somewhere news goes."""

    async def publish(self, news: News) -> None:
        """Pass on one piece of news; whatever a sink does not care for it passes over."""


class Publisher(Protocol):
    """What a sink needs of the broker."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""

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
        """Queue one message (QoS 1) and return at once.

        A retained message replaces a queued one of the same topic. While the broker is away
        messages are dropped: the bridge replays what counts after each connection.
        `expiry` (seconds), `properties` (user properties) and `correlation` (data) are MQTT 5 only, else left out.
        `taken` is called when the broker has acknowledged it; never, if it was dropped or lost.
        """


__all__ = ["Device", "News", "Publisher", "Sink"]
