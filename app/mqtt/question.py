"""Asks the running bridge over the broker: a connection of its own, a question, the answers to it.

For the command line. The client id differs from the bridge's, whose connection it would else take over.
"""

import asyncio
import json
import math
import secrets
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from aiomqtt import MqttError
from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from app.brokersettings import MqttSettings
from app.errors import BridgeError, BrokerError
from app.mqtt.connection import FAILED, PATIENCE, Connection, default_client_id, fault_of, tls_context
from app.mqtt.packets import packed
from app.topics import PAYLOAD_LIMIT, Topics

LATE: Final = 0.5
"""Seconds that a retained message may come after our own echo; mosquitto sends it before."""
REMEMBERED: Final = 10_000
"""Answers to others that are kept, in case one of them turns out to be ours."""


class NoBridge(BridgeError):
    """No bridge is there to be asked."""


class Lost(BridgeError):
    """The connection ended while something was asked: what was sent may still be carried out."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that came in."""

    topic: str
    body: Mapping[str, Any]
    """Its JSON object; what is none is not heard."""


class Caller:
    """One who asks; made by `calling`."""

    def __init__(self, settings: MqttSettings, source: str, context: ssl.SSLContext | None, patience: float) -> None:
        """`source` is who asks, `context` what TLS needs, `patience` the seconds that the broker may take."""
        mark = secrets.token_hex(4)
        self.topics = Topics(settings.base_topic)
        own = settings.client_id
        self.client_id = f"{own}-{mark}" if own else default_client_id(f"ask{mark}")
        """The name under which the broker knows us."""
        self.bridge = ""
        """What the bridge says of itself: `online`, `offline`; empty where it never has."""
        self._settings, self._source = settings, source
        self._own = self.topics.response(f"{source}-{mark}")
        self._echo = json.dumps({"echo": secrets.token_hex(8)}).encode()
        self._heard_echo = asyncio.Event()
        self._news = asyncio.Event()
        self._heard: deque[Heard] = deque(maxlen=REMEMBERED)
        self._kept: dict[str, Heard] = {}
        self._refused: set[str] = set()
        self.connection: Final = Connection(
            settings, self.client_id, context, None, receive=self._receive, refused=self._refused.add, patience=patience
        )

    async def greet(self) -> None:
        """Hear our own echo, and learn whether the bridge is there.

        Raises:
            BrokerError: The broker lets us in, and not speak.
            NoBridge: It is not there.
        """
        if not await self._look(self.topics.bridge_state, self._own) or self._refused:
            msg = (
                f"The broker lets us in, but does not let us publish and read {self._own}. "
                f"Allow this user to read and write {self.topics.base}/# in the broker's access rules."
            )
            raise BrokerError(msg)
        if not self.bridge:
            await self._until(lambda: bool(self.bridge), LATE)
        base = self.topics.base
        if not self.bridge:
            msg = (
                f"no bridge has ever spoken below {base}/ at this broker: is it running, with this configuration "
                "(mqtt.host, mqtt.base_topic)?"
            )
            raise NoBridge(msg)
        if self.bridge != "online":
            msg = f"the bridge is offline ({self.topics.bridge_state} says {self.bridge}); nothing was sent: start it"
            raise NoBridge(msg)

    async def retained(self, topic: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the JSON objects that the broker keeps below a filter, by topic."""
        await self._look(topic)
        return {heard.topic: heard.body for heard in self._kept.values()}

    async def listen(self, *topics: str) -> None:
        """Hear what is said on topics from now on.

        Raises:
            BrokerError: The broker does not let us.
            Lost: The connection has ended.
        """
        codes: list[Any] = []

        async def subscribe() -> None:
            codes.extend(await self.connection.subscribe([(topic, 1) for topic in topics]))

        await self._during(subscribe)
        for topic, code in zip(topics, codes, strict=True):
            if isinstance(code, ReasonCode) and code.value >= FAILED:
                msg = f"The broker does not let us read {topic}. Allow it to this user in the broker's access rules."
                raise BrokerError(msg)

    async def say(self, topic: str, body: Mapping[str, Any], *, expiry: float | None = None) -> None:
        """Publish a question (QoS 1, never retained), and return when the broker has it.

        Args:
            topic: Where it belongs.
            body: Its JSON; with MQTT 5 its `id` is the correlation data, too.
            expiry: Seconds after which nobody wants it any more (MQTT 5).

        Raises:
            BrokerError: It is too large, or the broker does not take it from us.
            Lost: The connection has ended; the broker may have it all the same.
        """
        try:
            payload = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except ValueError as error:  # half a letter, as a shell in another encoding gives; or a number without end
            msg = "this holds what cannot be sent: letters that are not UTF-8, or a number that is none"
            raise BrokerError(msg) from error
        if len(payload) > PAYLOAD_LIMIT:
            msg = f"this is {len(payload)} bytes long, and the bridge takes {PAYLOAD_LIMIT} at most"
            raise BrokerError(msg)
        await self._publish(topic, payload, self._properties(str(body.get("id", "")), expiry))
        if topic in self._refused:
            msg = f"The broker does not let us publish {topic}. Allow it to this user in the broker's access rules."
            raise BrokerError(msg)

    async def hear(self, wanted: Callable[[Heard], bool], limit: float) -> Heard | None:
        """Return the first message that is wanted, of those before and those within `limit` seconds; else None.

        Raises:
            Lost: The connection has ended.
        """
        found: list[Heard] = []

        def there() -> bool:
            found.extend(heard for heard in self._heard if not found and wanted(heard))
            return bool(found)

        await self._until(there, limit)
        if found:
            self._heard.remove(found[0])
        return found[0] if found else None

    def _properties(self, mark: str, expiry: float | None) -> Properties | None:
        if self._settings.protocol != "5":
            return None
        values: dict[str, Any] = {
            "ResponseTopic": self._own,
            "UserProperty": [("source", self._source)],
            "ContentType": "application/json",
        }
        if mark:
            values["CorrelationData"] = mark.encode()
        if expiry is not None:
            values["MessageExpiryInterval"] = max(1, math.ceil(expiry))
        return packed(PacketTypes.PUBLISH, **values)

    async def _look(self, *topics: str) -> bool:
        """Subscribe, and return whether our echo was heard: what the broker keeps has come before it."""
        self._heard_echo.clear()
        await self.listen(*topics)
        await self._publish(self._own, self._echo, None)
        await self._until(self._heard_echo.is_set, self.connection.timeout)
        return self._heard_echo.is_set()

    async def _publish(self, topic: str, payload: bytes, properties: Properties | None) -> None:
        publish = self.connection.publish
        await self._during(lambda: publish(topic, payload, 1, retain=False, properties=properties))

    async def _until(self, true: Callable[[], bool], limit: float) -> None:
        """Wait until something is true, but no longer than `limit` seconds."""

        async def wait() -> None:
            while not true():
                self._news.clear()
                await self._news.wait()

        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._during(wait)

    async def _during(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await self.connection.during(work())
        except MqttError as error:
            fault = fault_of(self._settings, error, greeted=True)
            msg = f"the connection to the broker has ended before the answer came: {fault.reason}"
            raise Lost(msg) from None

    def _receive(self, message: MQTTMessage) -> None:
        """Take a message in; called from within the library's own reading."""
        payload = bytes(message.payload)
        if message.topic == self.topics.bridge_state:
            self.bridge = payload.decode(errors="replace")
        elif payload == self._echo:
            self._heard_echo.set()
        else:
            with suppress(ValueError, RecursionError):
                body = json.loads(payload)
                if isinstance(body, dict):
                    self._keep(Heard(message.topic, body), retained=message.retain)
        self._news.set()

    def _keep(self, heard: Heard, *, retained: bool) -> None:
        if retained:  # what lies about answers nothing of today
            self._kept[heard.topic] = heard
        else:
            self._heard.append(heard)


@asynccontextmanager
async def calling(settings: MqttSettings, source: str, *, patience: float = PATIENCE / 2) -> AsyncIterator[Caller]:
    """Connect, make sure that the bridge is there, and yield one who may ask it; say goodbye in the end.

    Args:
        settings: The bridge's own.
        source: Who asks; a word that can stand in a topic.
        patience: Seconds that the broker may take for an answer.

    Raises:
        BrokerError: The broker cannot be reached, or refuses; the text says why and what to do.
        NoBridge: The bridge is not there.
        Lost: The connection has ended meanwhile.
    """
    tls = settings.encryption
    context = await asyncio.to_thread(tls_context, tls) if tls else None
    caller = Caller(settings, source, context, patience)
    connection = caller.connection
    try:
        await connection.__aenter__()
    except MqttError as error:
        raise fault_of(settings, error, greeted=False).error() from None
    try:
        await caller.greet()
        yield caller
        with suppress(MqttError):
            await connection.leave()
    finally:
        await connection.__aexit__(None, None, None)
