"""One connection to the broker: aiomqtt's client with the gaps closed that matter to us, and one trial of it."""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn, Self

from aiomqtt import Client, MqttCodeError, MqttError, ProtocolVersion, Will
from paho.mqtt.client import Client as Paho
from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from app.brokersettings import MqttSettings, TlsSettings
from app.errors import BrokerError
from app.mqtt.faults import Fault, explain
from app.mqtt.incoming import TRIAL, token
from app.mqtt.packets import packed
from app.topics import Topics

PATIENCE: Final = 10.0
"""Seconds that the broker may take for an answer before the connection counts as dead; aiomqtt's own default."""
CONNECT: Final = 4.0
"""Seconds to reach the broker, and again for TLS: a stop waits for the thread that is at it, and may take 5."""
FAILED: Final = 128
"""MQTT 5, 2.4: reason codes from here on are failures."""


class _Context(ssl.SSLContext):
    """Checks the certificate for another name than the host's, and closes what comes to nothing, as paho does not."""

    name: str | None = None

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool = False,  # noqa: FBT001, FBT002 - as in ssl
        do_handshake_on_connect: bool = True,  # noqa: FBT001, FBT002 - as in ssl
        suppress_ragged_eofs: bool = True,  # noqa: FBT001, FBT002 - as in ssl
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        name = self.name or server_hostname
        wrapped = super().wrap_socket(sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, name, session)
        try:
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


def tls_context(tls: TlsSettings) -> ssl.SSLContext:
    """Return what TLS needs; reads files, so not for the event loop.

    Raises:
        BrokerError: A file is missing or does not hold what it should.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.name = tls.server_name
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    setting, files = "ca", [tls.ca]
    try:
        if tls.ca:
            context.load_verify_locations(cafile=tls.ca)
        else:
            context.load_default_certs()
        if tls.certificate:
            setting, files = "certificate or mqtt.tls.key", [tls.certificate, tls.key]
            password = tls.key_password.get_secret_value() if tls.key_password else ""  # "" so that OpenSSL never asks
            context.load_cert_chain(tls.certificate, tls.key, password)
    except OSError as error:  # ssl.SSLError is one, too
        why = error.strerror or error
        named = [file for file in files if file is not None]
        lost = [file for file in named if not os.access(file, os.R_OK)] or named  # OpenSSL does not say which
        names = " or ".join(str(file) for file in lost)
        msg = f"The file of mqtt.tls.{setting} cannot be used: {names}: {why}. Check its path, rights and content."
        raise BrokerError(msg) from error
    return context


class Connection(Client):
    """One connection: aiomqtt's client, which hears a little more of what the broker says, and lets go for certain.

    It overrides hooks of aiomqtt 2.5 that are not public; the tests against a real broker fail if they move.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        context: ssl.SSLContext | None,
        will: str | None,
        *,
        receive: Callable[[MQTTMessage], None],
        refused: Callable[[str], None],
        patience: float,
    ) -> None:
        """`will` is the topic on which the broker says `offline` when we vanish; `patience` is in seconds."""
        host, port = settings.address
        quiet = logging.getLogger("heliopost.paho")
        quiet.setLevel(logging.CRITICAL)  # what it complains of is either expected here or said better by us
        super().__init__(
            host,
            port,
            username=settings.username,
            password=settings.password.get_secret_value() if settings.password else None,
            logger=quiet,
            identifier=client_id,
            transport=settings.transport,
            websocket_path=settings.websocket_path if settings.transport == "websockets" else None,
            timeout=patience,
            keepalive=settings.keepalive,
            max_inflight_messages=settings.inflight,
            tls_context=context,
            tls_insecure=True if settings.encryption and settings.encryption.insecure else None,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            **(_five(will, int(settings.will_delay.total_seconds())) if settings.protocol == "5" else _three(will)),
        )
        self._client.connect_timeout = CONNECT
        self.pending_calls_threshold = settings.inflight + 10
        self.limit = settings.max_packet
        """The largest packet that may be sent, bytes."""
        self.inflight = settings.inflight
        """How many messages may be unacknowledged."""
        self._receive = receive
        self._refused = refused
        self._abandoned = False
        self._disconnected.add_done_callback(_take_note)

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            MqttError: It did not work; nothing is left behind.
        """
        try:
            entered = await super().__aenter__()
            self._disconnected.add_done_callback(_take_note)  # aiomqtt may have made another one
            _heed_cancellation()
        except asyncio.CancelledError:
            self._abandoned = True
            self.drop()
            raise
        except MqttError:
            self.drop()
            raise
        except ValueError as error:  # a host name that cannot even be asked for
            raise MqttError(str(error)) from socket.gaierror()
        return entered

    async def __aexit__(self, *args: object) -> None:
        """Let go, whatever has happened."""
        self.drop()

    async def leave(self) -> None:
        """Say goodbye properly: the broker throws the will away."""
        await super().__aexit__(None, None, None)

    def drop(self) -> None:
        """Let go of everything at once; said to a living connection, the broker publishes the will."""
        self._client._sock_close()  # noqa: SLF001 - paho offers no other way to be rid of a dead socket
        if self._misc_task is not None:
            self._misc_task.cancel()
        if self._connected.done():
            _take_note(self._connected)

    async def lost(self) -> NoReturn:
        """Wait until the connection is lost.

        Raises:
            MqttError: Always, with what is known of the reason as its cause.
        """
        await asyncio.wait((self._disconnected,))
        msg = "lost"
        raise MqttError(msg) from self._disconnected.exception()

    async def during(self, part: Awaitable[None]) -> None:
        """Await a part of the talk, but no longer than the connection lasts.

        Raises:
            MqttError: The connection was lost before, or what the part raises.
        """
        task = asyncio.ensure_future(part)
        task.add_done_callback(_take_note)
        try:
            await asyncio.wait((task, self._disconnected), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await self.lost()
            await task
        finally:
            task.cancel()

    def _on_socket_open(self, client: Paho, userdata: object, sock: socket.socket) -> None:  # noqa: ARG002 - as in aiomqtt
        """Read from the socket; it may be closed before the loop comes to it, and its number another's by then."""

        def watch() -> None:
            self._misc_task = self._loop.create_task(self._misc_loop())
            if sock.fileno() >= 0:
                self._loop.add_reader(sock.fileno(), self._work, self._read, client)

        self._loop.call_soon_threadsafe(watch)

    def _on_socket_register_write(self, client: Paho, userdata: object, sock: socket.socket) -> None:  # noqa: ARG002 - as in aiomqtt
        """Write to the socket as soon as it can be written; it may be closed before the loop comes to it."""

        def watch() -> None:
            if sock.fileno() >= 0:
                self._loop.add_writer(sock.fileno(), self._work, client.loop_write)

        self._loop.call_soon_threadsafe(watch)

    @staticmethod
    def _read(client: Paho) -> None:
        client.loop_read()
        while (encrypted := client.socket()) is not None and getattr(encrypted, "pending", int)() > 0:
            client.loop_read()  # TLS has decoded more than was asked for: the socket itself has nothing left to tell

    def _work(self, part: Callable[..., object], *args: object) -> None:
        """Read or write; whatever goes wrong there means that the connection is gone."""
        try:
            part(*args)
        except Exception as error:  # noqa: BLE001 - told by whoever waits for the connection's end
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    def _client_connect(self) -> None:
        super()._client_connect()
        if self._abandoned:  # the attempt was given up while this thread was at it
            self._loop.call_soon_threadsafe(self.drop)

    def _on_connect(
        self,
        client: Paho,
        userdata: object,
        flags: ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        """Obey the limits that the broker states and paho passes over (MQTT 5, 3.2.2.3)."""
        self.inflight = min(self.inflight, getattr(properties, "ReceiveMaximum", self.inflight))
        self.limit = min(self.limit, getattr(properties, "MaximumPacketSize", self.limit))
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: Paho,
        userdata: object,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        """Notice at once when the broker hangs up during the greeting; aiomqtt would wait for its timeout."""
        if not self._connected.done():
            self._connected.set_exception(MqttCodeError(reason_code))
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_message(self, client: Paho, userdata: object, message: MQTTMessage) -> None:  # noqa: ARG002 - as in aiomqtt
        """Hand a message on without aiomqtt's queue, which has no bound, or drops without telling us."""
        self._receive(message)

    def _on_publish(
        self, client: Paho, userdata: object, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        """Notice when the broker acknowledges a message and throws it away (MQTT 5), which aiomqtt passes over."""
        if reason_code.value >= FAILED and (message := client._out_messages.get(mid)) is not None:  # noqa: SLF001 - only there is the topic
            self._refused(message.topic)
        super()._on_publish(client, userdata, mid, reason_code, properties)


def _take_note(future: "asyncio.Future[Any]") -> None:
    """Look at how it ended, or asyncio complains, with a traceback, that nobody did."""
    if not future.cancelled():
        future.exception()


def _heed_cancellation() -> None:
    """Raise the cancellation that wait_for forgets, until Python 3.12, if it comes together with what is waited for.

    https://github.com/python/cpython/issues/86296
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _five(will: str | None, seconds: int) -> dict[str, Any]:
    """Return what only MQTT 5 can say.

    The session outlives the connection for as long as the will is delayed (`seconds`), and the next one resumes it:
    the broker then forgets the will (3.1.2.5), where a clean start would let it say `offline` before our `online`.
    """
    if will is None:
        return {"protocol": ProtocolVersion.V5, "clean_start": True}
    delay = packed(PacketTypes.WILLMESSAGE, WillDelayInterval=seconds)
    return {
        "protocol": ProtocolVersion.V5,
        "clean_start": not seconds,
        "properties": packed(PacketTypes.CONNECT, SessionExpiryInterval=seconds),
        "will": Will(will, "offline", qos=1, retain=True, properties=delay),
    }


def _three(will: str | None) -> dict[str, Any]:
    return {
        "protocol": ProtocolVersion.V311,
        "clean_session": True,
        "will": will and Will(will, "offline", qos=1, retain=True),
    }


def default_client_id(install_id: str) -> str:
    """Return a client id of at most the 23 letters and digits that every broker must accept (MQTT 3.1.1, 3.1.3.1)."""
    return f"heliopost{''.join(letter for letter in install_id if letter.isalnum())}"[:23]


def fault_of(settings: MqttSettings, error: BaseException, *, greeted: bool) -> Fault:
    """Return what is wrong, from whatever of the error tells most."""
    code, cause = None, None
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MqttCodeError) and isinstance(seen.rc, ReasonCode) and code is None:
            code = seen.rc.value
        if isinstance(seen, OSError):
            cause = seen
        seen = seen.__cause__ or seen.__context__
    if cause is None and "timed out" in str(error):  # aiomqtt keeps nothing else of a timeout
        cause = TimeoutError()
    return explain(settings, code, cause, greeted=greeted)


async def try_connection(settings: MqttSettings, install_id: str, *, patience: float = PATIENCE / 2) -> str:
    """Connect once, hear our own echo, and return a sentence on how it went.

    The client id differs from the daemon's, which may be running.

    Raises:
        BrokerError: It did not work; the text says why and what to do.
    """
    topics, echo = Topics(settings.base_topic), asyncio.Event()
    client_id = f"{settings.client_id or default_client_id(install_id)[: 23 - len(TRIAL)]}{TRIAL}"
    word = token(client_id)
    denied: list[str] = []

    def refuse(topic: str) -> None:
        denied.append(topic)
        echo.set()

    def receive(message: MQTTMessage) -> None:
        if bytes(message.payload) == word:
            echo.set()

    tls = settings.encryption
    context = await asyncio.to_thread(tls_context, tls) if tls else None
    connection = Connection(settings, client_id, context, None, receive=receive, refused=refuse, patience=patience)
    try:
        async with connection:
            await connection.during(_hear_oneself(connection, topics.selftest, word, echo))
            await connection.leave()
    except MqttError as error:
        raise fault_of(settings, error, greeted=False).error() from None
    except TimeoutError:
        denied.append(topics.selftest)
    if denied:
        msg = (
            f"The broker lets us in, but does not let us publish and read {topics.selftest}. "
            f"Allow this user to read and write {topics.base}/# in the broker's access rules."
        )
        raise BrokerError(msg)
    host, port = settings.address
    return f"Connected to {host}:{port} with MQTT {settings.protocol}{', encrypted' if tls else ', not encrypted'}."


async def _hear_oneself(connection: Connection, topic: str, word: bytes, echo: asyncio.Event) -> None:
    await connection.subscribe(topic, qos=1)
    await connection.publish(topic, word, 1)
    async with asyncio.timeout(connection.timeout):
        await echo.wait()
