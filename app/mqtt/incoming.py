"""What comes in from the broker: what is let through to the bridge's inbox, and what is not."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from paho.mqtt.client import MQTTMessage

from app.metrics import Metrics
from app.topics import PAYLOAD_LIMIT, Topics

INBOX: Final = 100
"""Commands and requests that may wait; more are dropped, not hoarded."""

CLEAR: Final = (
    "Nobody knows how old it is: send it without the retain flag. "
    "Clear this one: publish an empty retained message to this topic."
)
"""What to do about a retained command."""

TRIAL: Final = "-check"
"""How the client id of a trial ends: it is no second instance."""


def token(client_id: str) -> bytes:
    """Return what a self-test says: by whom, and something that nobody else says."""
    return f"{client_id} {secrets.token_hex(8)}".encode()


@dataclass(frozen=True, slots=True)
class Message:
    """One message that came in."""

    topic: str
    payload: bytes
    retained: bool = False
    response_topic: str | None = None
    """Where the sender wants the answer (MQTT 5)."""
    correlation: bytes | None = None
    """What the sender wants to see again in the answer (MQTT 5)."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """User properties (MQTT 5)."""
    expiry: int | None = None
    """Seconds for which the sender wants it to be worth anything; the broker has taken off what has passed (MQTT 5)."""


class Incoming:
    """Sorts what comes in; never waits, for it is called from within the library's own reading."""

    def __init__(
        self, topics: Topics, client_id: str, metrics: Metrics, warn: Callable[..., None], *, flagged: bool
    ) -> None:
        """`warn` takes a key that is told only once, an event and its facts.

        `flagged`: whether a message that is sent while we listen says that it is retained (MQTT 5; 3.1.1 has no way).
        """
        self._topics, self._metrics, self._warn, self._flagged = topics, metrics, warn, flagged
        self._lying: set[str] = set()  # topics with a retained message that was refused
        self._announcements = f"{topics.discovery}/"
        self.token = token(client_id)
        """What the self-test says, and nobody else would."""
        self.echo = asyncio.Event()
        """Set when the self-test has been heard."""
        self.queue: asyncio.Queue[Message] = asyncio.Queue(INBOX)

    def ours(self, topic: str) -> bool:
        """Return whether a topic lies below the base topic, where only commands and requests come in."""
        return topic.startswith(f"{self._topics.base}/")

    def receive(self, message: MQTTMessage) -> None:
        """Take a message in, or drop it and count that."""
        topic, payload = message.topic, bytes(message.payload)
        if topic == self._topics.selftest:
            self._hear(payload)
        elif message.retain and self.ours(topic):
            if payload:
                self._lying.add(topic)
                self._metrics.dropped.labels("retained_command").inc()
                self._warn(f"retained {topic}", "retained_command_ignored", topic=topic, advice=CLEAR)
        elif not payload and topic in self._lying and not self._flagged:
            self._lying.discard(topic)  # this is how it is cleared, as CLEAR says
        elif payload and topic.startswith(self._announcements) and topic.endswith("/config"):
            return  # what is announced to Home Assistant is not for us; only an announcement's removal is news
        elif len(payload) > PAYLOAD_LIMIT:
            self._metrics.dropped.labels("incoming_oversize").inc()
            facts = {"topic": topic, "bytes": len(payload), "limit": PAYLOAD_LIMIT}
            self._warn(f"incoming {topic}", "incoming_message_too_large", **facts)
        else:
            self._accept(topic, payload, message)

    def _hear(self, said: bytes) -> None:
        if said == self.token:
            self.echo.set()
            return
        sender = said.decode(errors="replace").partition(" ")[0]
        if not sender.endswith(TRIAL):
            advice = "Stop one of them, or give each its own mqtt.base_topic: else both publish the same devices."
            self._warn("second", "second_instance", client_id=sender, base_topic=self._topics.base, advice=advice)

    def _accept(self, topic: str, payload: bytes, message: MQTTMessage) -> None:
        sent = message.properties if hasattr(message, "properties") else None
        accepted = Message(
            topic,
            payload,
            message.retain,
            getattr(sent, "ResponseTopic", None),
            getattr(sent, "CorrelationData", None),
            dict(getattr(sent, "UserProperty", ())),
            getattr(sent, "MessageExpiryInterval", None),
        )
        try:
            self.queue.put_nowait(accepted)
        except asyncio.QueueFull:
            self._metrics.dropped.labels("inbox_full").inc()
            advice = "Messages come in faster than they can be handled."
            self._warn("inbox", "inbox_full", topic=topic, waiting=INBOX, advice=advice)
