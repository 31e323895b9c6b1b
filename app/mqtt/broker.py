"""A connection to the broker that comes back by itself.

While it is away messages are dropped: the store has the present, and the bridge replays it on return.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NoReturn

import structlog
from aiomqtt import MqttError
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from app.brokersettings import MqttSettings
from app.clock import Clock
from app.errors import BrokerError
from app.metrics import Metrics
from app.mqtt.connection import FAILED, PATIENCE, Connection, default_client_id, fault_of, tls_context
from app.mqtt.faults import TAKEN_OVER, Fault, explain
from app.mqtt.incoming import Incoming, Message
from app.mqtt.outbox import Letter, Outbox
from app.mqtt.packets import PublishProperties, packet_size
from app.mqtt.parts import until_one_fails
from app.topics import Topics

log = structlog.get_logger()

STEADY: Final = timedelta(seconds=60)
"""A connection that has lasted so long counts as healed: the next wait begins small again."""
AGAIN: Final = timedelta(minutes=10)
"""How often everything is said and subscribed anew while the broker forbids a part of it: its rules may change."""
SUSPICIOUS: Final = 3
"""So many connections closed young, one after the other: a second client of our id looks like that, where the
broker does not say so itself (on MQTT 3.1.1 it cannot, and mosquitto 2.0.11 does not)."""
NAMED: Final = 5
"""Topics that are named one by one when the broker denies them: a thousand devices have some thousands."""
OTHERS: Final = "others (/health lists all)"
FAREWELL: Final = 2.0
"""Seconds to send what still waits when the bridge stops; the whole stop may take 5."""


class Broker:
    """The connection to the broker, which comes back by itself; a sink sees it as its Publisher."""

    def __init__(
        self,
        settings: MqttSettings,
        topics: Topics,
        clock: Clock,
        metrics: Metrics,
        install_id: str,
        subscriptions: Sequence[str],
        *,
        rng: random.Random | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`install_id` makes the client id, where none is set; `patience` is in seconds."""
        self._settings, self._topics, self._clock, self._metrics = settings, topics, clock, metrics
        self._subscriptions = (*subscriptions, topics.selftest)
        self._rng = rng or random.Random()  # noqa: S311 - spreads reconnects, protects nothing
        self._patience = patience
        self._five = settings.protocol == "5"
        self._properties = PublishProperties()
        self._outbox: Outbox[Properties] | None = None
        self._connection: Connection | None = None
        self._runner: asyncio.Task[None] | None = None
        self._closing, self._attempt, self._young_deaths = False, 0, 0
        self._told: set[str] = set()
        self._warned: set[str] = set()
        self._lately: set[str] = set()  # what of `denied` was refused when it was tried last
        self.client_id = settings.client_id or default_client_id(install_id)
        """The name under which the broker knows us."""
        self._incoming = Incoming(topics, self.client_id, metrics, self._once, flagged=self._five)
        self.inbox: asyncio.Queue[Message] = self._incoming.queue
        """Commands, requests and Home Assistant's birth messages."""
        self.since: datetime | None = None
        """Since when there is a connection, UTC."""
        self.conflict: str | None = None
        """What to do about another client with our client id, if there seems to be one."""
        self.denied: set[str] = set()
        """Topics that the broker does not let us publish or subscribe."""
        self.trouble = ""
        """Why nothing gets through to the broker, and what to do; empty while nothing is known to be wrong."""
        metrics.connected.set(0)
        metrics.outbox.set_function(lambda: len(self._outbox or ()))

    @property
    def connected(self) -> bool:
        """Whether messages are taken now."""
        return self._outbox is not None

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
        """Queue one message (QoS 1) and return at once; see `app.sinks.Publisher`.

        `correlation` is what the sender of a request wanted to see again (MQTT 5, else left out).
        """
        outbox, connection = self._outbox, self._connection
        if outbox is None or connection is None:
            self._metrics.dropped.labels("offline").inc()
            return
        body = payload.encode(errors="replace") if isinstance(payload, str) else payload
        extra = None
        if self._five and (expiry is not None or properties or correlation is not None):
            extra = self._properties.make(expiry, properties, correlation)
        if len(body) > connection.limit // 2 or extra is not None:  # near enough to be exact
            size = packet_size(topic, body, extra)
            if size > connection.limit:
                self._metrics.dropped.labels("oversize").inc()
                self._once(f"size {topic}", "message_too_large", topic=topic, bytes=size, limit=connection.limit)
                return
        if not outbox.put(Letter(topic, body, retain, extra, taken)):
            self._metrics.dropped.labels("outbox_full").inc()
            self._once("outbox", "outbox_full", advice="The broker is too slow: events are being lost.")

    async def run(self, on_connect: Callable[[], Awaitable[None]]) -> None:
        """Stay connected until cancelled or closed; `on_connect` is awaited each time messages are taken again."""
        self._runner = asyncio.ensure_future(self._forever(on_connect))
        try:
            await self._runner
        except asyncio.CancelledError:
            if not self._closing:
                raise

    async def _forever(self, on_connect: Callable[[], Awaitable[None]]) -> None:
        settings = self._settings
        while True:
            try:
                await self._session(on_connect)
            except MqttError as error:
                fault = fault_of(settings, error, greeted=self.since is not None)
            except BrokerError as error:
                fault = Fault("settings", str(error), "", refused=True)
            if self._closing:
                return
            began, self.since = self.since, None
            self._mourn(fault, began)
            low = settings.reconnect_min
            high = min(low * 2.0 ** min(self._attempt, 20), settings.reconnect_max)
            await self._clock.sleep(low + (high - low) * self._rng.random())

    async def _session(self, on_connect: Callable[[], Awaitable[None]]) -> NoReturn:
        """Connect, and stay connected for as long as it lasts.

        Raises:
            MqttError: It has not worked, or works no longer.
            BrokerError: A file that TLS needs cannot be used.
        """
        settings, topics = self._settings, self._topics
        self._attempt += 1
        tls = settings.encryption
        connection = Connection(
            settings,
            self.client_id,
            await asyncio.to_thread(tls_context, tls) if tls else None,
            topics.bridge_state,
            receive=self._incoming.receive,
            refused=self._deny,
            patience=self._patience,
        )
        outbox: Outbox[Properties] = Outbox()
        async with connection:
            self.since = self._clock.now()
            self._lately.clear()
            await connection.during(self._greet(connection))
            self._connection, self._outbox = connection, outbox
            self._celebrate()
            try:
                await until_one_fails(
                    connection.lost(),
                    self._guard(outbox),
                    self._settle(),
                    self._listen(connection, outbox, on_connect),
                    *(self._pump(connection, outbox) for _ in range(connection.inflight)),
                    on_connect(),
                )
            finally:
                self._connection = self._outbox = None
                self._metrics.connected.set(0)
                if lost := outbox.close():
                    self._metrics.dropped.labels("lost").inc(lost)

    async def _greet(self, connection: Connection) -> None:
        """Say that we are here, before anything else, and subscribe to everything.

        On MQTT 5 with the flag of what is retained below our own topics, so that such a command can be refused, be it
        from before or sent while we listen (`Retain As Published`). Outside them without what is retained (an
        announcement that lies about is no news) and without the echo of what we say ourselves.
        """
        names, state = self._subscriptions, self._topics.bridge_state
        self._lately.discard(state)
        await connection.publish(state, "online", 1, retain=True)
        self._allow(state)
        if self._five:
            options = {
                True: SubscribeOptions(
                    qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
                ),
                False: SubscribeOptions(qos=1, noLocal=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND),
            }
            codes = await connection.subscribe([(name, options[self._incoming.ours(name)]) for name in names])
        else:
            codes = await connection.subscribe([(name, 1) for name in names])
        for name, code in zip(names, codes, strict=True):
            if isinstance(code, ReasonCode) and code.value >= FAILED:
                self._deny(name)
            elif name != self._topics.selftest:  # that is allowed when it is heard
                self._lately.discard(name)
                self._allow(name)

    async def _pump(self, connection: Connection, outbox: Outbox[Properties]) -> None:
        """Send one letter after the other; as many pumps run as letters may be in flight.

        Without a timeout of its own, which would cost a task a letter: `_guard` watches over all of them.
        """
        take, done, publish, count = outbox.take, outbox.done, connection.publish, self._metrics.published.inc
        denied, lately, selftest = self.denied, self._lately, self._topics.selftest
        while True:
            letter = take()
            if letter is None:
                await outbox.ready()
                continue
            topic, payload, retain, extra, taken = letter
            lately.discard(topic)
            try:
                await publish(topic, payload, 1, retain, extra, timeout=math.inf)
            except ValueError as error:
                self._metrics.dropped.labels("topic").inc()
                self._once(f"topic {topic}", "message_unsendable", topic=topic, reason=str(error))
            else:
                count()
                if taken is not None:
                    taken()
                if topic in denied and topic != selftest:
                    self._allow(topic)
            done()

    async def _guard(self, outbox: Outbox[Properties]) -> None:
        """End the connection when letters are on their way and none has been acknowledged for too long."""
        before = -1
        while True:
            if outbox.flight and outbox.sent == before:
                msg = "no acknowledgement"
                raise MqttError(msg) from TimeoutError()
            before = outbox.sent if outbox.flight else -1
            await asyncio.sleep(self._patience)  # real time: it is the network's, not the plant's

    async def _listen(
        self, connection: Connection, outbox: Outbox[Properties], on_connect: Callable[[], Awaitable[None]]
    ) -> None:
        """Publish to ourselves: a broker may accept what its rules forbid, and throw it away.

        What is forbidden is tried again from time to time: a broker takes up new rules without a reconnect. What was
        said meanwhile is lost, and what was subscribed may be, so all of it is done again.
        """
        forbidden = False
        while not await self._hears_itself(outbox):
            forbidden = True
            self._deny(self._topics.selftest)
            await self._clock.sleep(STEADY)
        self.trouble = ""
        self._lately.discard(self._topics.selftest)
        self._allow(self._topics.selftest)
        while True:
            if forbidden:
                self._lately.clear()
                await self._greet(connection)
                await on_connect()
            await self._clock.sleep(AGAIN)
            for topic in self.denied - self._lately:  # nothing has been said there since
                self._forgive(topic)
            forbidden = bool(self.denied)

    async def _hears_itself(self, outbox: Outbox[Properties]) -> bool:
        self._incoming.echo.clear()
        outbox.put(Letter(self._topics.selftest, self._incoming.token, retain=False))
        try:
            async with asyncio.timeout(self._patience / 2):
                await self._incoming.echo.wait()
        except TimeoutError:
            return False
        return True

    async def _settle(self) -> None:
        await self._clock.sleep(STEADY)
        self._attempt = self._young_deaths = 0
        if self.conflict:
            self.conflict = None
            self._heal()

    def _celebrate(self) -> None:
        self._metrics.connected.set(1)
        self.trouble = ""
        if not self.conflict:
            self._heal()

    def _heal(self) -> None:
        host, port = self._settings.address
        log.info("broker_back" if self._told else "broker_connected", host=host, port=port, client_id=self.client_id)
        self._told.clear()

    def _mourn(self, fault: Fault, began: datetime | None) -> None:
        """Say once what is wrong, and find out whether another client lives under our name."""
        if began is not None:
            self._metrics.reconnects.inc()
            young = self._clock.now() - began < STEADY
            self._young_deaths = self._young_deaths + 1 if young and fault.kind == "closed" else 0
            if self._young_deaths >= SUSPICIOUS:
                fault = explain(self._settings, TAKEN_OVER, None, greeted=True)
        self.trouble = fault.sentence
        if fault.kind == "conflict":
            self.conflict = fault.sentence
        if fault.kind not in self._told:
            self._told.add(fault.kind)
            host, port = self._settings.address
            event = "broker_refused" if fault.refused else "broker_lost"
            log.warning(event, reason=fault.reason, advice=fault.advice, host=host, port=port, client_id=self.client_id)

    def _deny(self, topic: str) -> None:
        if topic != self._topics.selftest or topic not in self.denied:  # a self-test is repeated, and is no loss
            self._metrics.dropped.labels("denied").inc()
        self.denied.add(topic)
        self._lately.add(topic)
        who = f"the user {user}" if (user := self._settings.username) else "clients without a user name"
        base, discovery = self._topics.base, self._topics.discovery
        advice = f"Let {who} read and write {base}/# and {discovery}/# in the broker's access rules."
        if topic == self._topics.selftest:
            self.trouble = f"The broker does not let us publish and read {topic}. {advice}"
        named = topic if len(self.denied) <= NAMED else OTHERS
        self._once(f"denied {named}", "broker_denies", topic=named, advice=advice)

    def _allow(self, topic: str) -> None:
        """Note that the broker has taken what it had denied, unless it has just denied it again."""
        if topic in self.denied and topic not in self._lately:
            (log.info if f"denied {topic}" in self._warned else log.debug)("broker_allows", topic=topic)
            self._forgive(topic)

    def _forgive(self, topic: str) -> None:
        self.denied.discard(topic)
        self._warned -= {f"denied {topic}"} | (
            {f"denied {OTHERS}"} if not self.denied else set()
        )  # should it be denied once more, that is news

    def _once(self, key: str, event: str, **facts: object) -> None:
        """Warn of something once for as long as the bridge runs."""
        if key not in self._warned:
            self._warned.add(key)
            log.warning(event, **facts)

    async def idle(self) -> None:
        """Wait until everything queued is acknowledged; at once when there is no connection."""
        if self._outbox is not None:
            await self._outbox.idle()

    async def close(self) -> None:
        """Send what still waits (for at most two seconds), say `offline`, disconnect; `run` then returns."""
        self._closing = True
        if self._connection is not None:
            await self._farewell(self._connection)
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.wait((self._runner,))

    async def _farewell(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(FAREWELL):
                await self.idle()
        except TimeoutError:
            log.warning("broker_slow", advice="The last values could not be sent before the stop.")
        self._outbox = None  # nothing may follow the goodbye
        try:
            async with asyncio.timeout(FAREWELL / 2):
                await connection.publish(self._topics.bridge_state, "offline", 1, retain=True)
                await connection.leave()
        except (MqttError, TimeoutError):
            log.warning(
                "broker_lost", reason="The broker did not take the goodbye.", advice="It says `offline` itself."
            )
