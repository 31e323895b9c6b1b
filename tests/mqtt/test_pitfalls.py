"""The library's pitfalls, each by name: what aiomqtt 2.5 and paho do, and what we do about it.

Not here because nothing is to be seen: acknowledgement is not in our hands (a message that is in the inbox when
the process dies is lost: at most once), and Windows' Proactor loop has no `add_reader`.
"""

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from app.mqtt import MqttSettings
from tests.broker import LIMIT, Certificates, Mosquitto
from tests.mqtt.rig import HandClock, Link, logged, session, struggling
from tests.mqtt.stage import StageBroker


def settings(broker: Mosquitto | StageBroker | Link, **more: Any) -> MqttSettings:
    return MqttSettings(host="127.0.0.1", port=broker.port, **more)


async def test_reuse_of_a_client__each_connection_has_one_of_its_own(mosquitto: Mosquitto) -> None:
    async with Link(mosquitto.port) as link, session(settings(link)) as running:
        first = running.broker._connection
        await link.cut()
        await running.connected(2)
        assert running.broker._connection is not first


async def test_concurrency__thousands_at_once_give_no_false_timeout_and_no_loss(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto)) as running:
        for number in range(5000):
            running.broker.publish(f"x/{number}", "1", retain=True)
        await running.broker.idle()
        async with mosquitto.ear("$SYS/broker/retained messages/count", "x/4999") as ear:
            await ear.hears("x/4999")
        assert running.value("published_total") == 5001
    assert running.counted("lost") == 0
    assert running.connections == 1


@pytest.mark.parametrize("inflight", [1, 7, 50])
async def test_inflight__no_more_is_on_its_way_than_configured(inflight: int) -> None:
    stage = StageBroker(acknowledge=False)
    async with stage, session(settings(stage, inflight=inflight), subscriptions=()) as running:
        for number in range(200):
            running.broker.publish(f"heliopost/device/{number:03}/state", "1", retain=True)
        await _reaches(lambda: stage.waiting, inflight)
        await asyncio.sleep(0.02)
        assert stage.waiting == inflight


async def test_receive_maximum__the_brokers_own_limit_counts_although_paho_ignores_it() -> None:
    connack = b"\x20\x06\x00\x00\x03\x21\x00\x03"  # receive maximum 3
    stage = StageBroker(connack, acknowledge=False)
    async with stage, session(settings(stage), subscriptions=()) as running:
        for number in range(20):
            running.broker.publish(f"heliopost/device/{number:03}/state", "1", retain=True)
        await _reaches(lambda: stage.waiting, 3)
        await asyncio.sleep(0.02)
        assert stage.waiting == 3


async def test_timeout__a_missing_acknowledgement_ends_the_connection_not_the_message_alone(
    mosquitto: Mosquitto,
) -> None:
    async with Link(mosquitto.port) as link, session(settings(link), patience=0.1) as running:
        await running.broker.idle()
        link.swallow = True
        with logged() as log:
            running.broker.publish("x", "1", retain=True)
            entry = await log.says("broker_lost")
    assert "does not answer" in entry["reason"]


async def test_keepalive__a_dead_line_is_noticed_when_nothing_is_to_be_said(mosquitto: Mosquitto) -> None:
    async with Link(mosquitto.port) as link, session(settings(link, keepalive=1)) as running:
        await running.broker.idle()
        link.swallow = True
        with logged() as log:
            entry = await log.says("broker_lost")  # takes up to two keepalives, and paho looks once a second
            link.swallow = False
            await running.connected(2)
    assert entry["reason"] == "The broker did not answer in time."


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_too_big_packet__is_refused_before_it_is_sent_and_the_connection_lives(
    mosquitto: Mosquitto, protocol: str
) -> None:
    async with session(settings(mosquitto, protocol=protocol, max_packet=2000)) as running:
        with logged() as log:
            for _ in range(2):
                running.broker.publish("x/large", "ü" * 1000, retain=True)
            running.broker.publish("x/props", "x" * 900, properties={"k": "v" * 1500})
            running.broker.publish("x/fits", "x" * 1900, retain=True)
            await running.broker.idle()
        assert running.connections == 1
        async with mosquitto.ear("x/#") as ear:
            await ear.hears("x/fits")
            assert set(ear.last) == {"x/fits"}
    assert log.of("message_too_large")[0]["topic"] == "x/large"
    assert len(log.of("message_too_large")) == (2 if protocol == "5" else 1)
    assert running.counted("oversize") == (3 if protocol == "5" else 2)


async def test_maximum_packet_size__the_brokers_own_limit_counts_although_paho_ignores_it() -> None:
    async with Mosquitto(options=["max_packet_size 1000"]) as broker, session(settings(broker)) as running:
        running.broker.publish("x/large", "x" * 1001, retain=True)
        running.broker.publish("x/fits", "x" * 900, retain=True)
        await running.broker.idle()
        assert running.counted("oversize") == 1
        assert running.connections == 1


async def test_acl_denial__an_acknowledged_message_that_was_thrown_away_is_noticed() -> None:
    acl = "topic readwrite heliopost/bridge/#\n"
    async with Mosquitto(acl=acl) as broker, session(settings(broker)) as running:
        with logged() as log:
            running.broker.publish("heliopost/device/d/state", "{}", retain=True)
            await running.broker.idle()
        assert running.broker.denied == {"heliopost/device/d/state"}
    assert log.of("broker_denies")[0]["topic"] == "heliopost/device/d/state"


async def test_clean_start__a_session_is_resumed_so_that_no_will_is_sent_and_no_request_is_lost(
    mosquitto: Mosquitto,
) -> None:
    clock = HandClock(hold=True)
    async with Link(mosquitto.port) as link, mosquitto.ear("x") as ear, session(settings(link), clock=clock) as running:
        with logged() as log:
            await link.cut()
            await log.says("broker_lost")
            await ear.say("heliopost/bridge/request/poll", "while away")
            clock.hold = False
            await clock.advance(clock.naps[-1])
            await running.connected(2)
            message = await asyncio.wait_for(running.broker.inbox.get(), LIMIT)
    assert message.payload == b"while away"
    assert running.broker.inbox.empty()


async def test_incoming_queue__a_flood_costs_the_inbox_and_no_more(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto)) as running, mosquitto.ear("x") as ear:
        await asyncio.gather(*(ear.say("heliopost/bridge/request/poll", str(number)) for number in range(500)))
        await _reaches(lambda: running.counted("inbox_full"), 400)
        connection = running.broker._connection
        assert connection is not None
        assert len(connection.messages) == 0


async def test_exit__a_dead_socket_leaves_no_noise_and_nothing_open(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    noise: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    with caplog.at_level(logging.DEBUG):
        async with Link(mosquitto.port) as link, session(settings(link)) as running:
            for again in range(2, 5):
                running.broker.publish("x", "1", retain=True)
                await link.cut()
                await running.connected(again)
            mosquitto.kill()
            running.broker.publish("x", "1", retain=True)
        await asyncio.sleep(0)
        gc.collect()
    assert noise == []
    assert [record.getMessage() for record in caplog.records if record.name in {"mqtt", "heliopost.paho"}] == []


async def test_exit__a_greeting_that_is_given_up_leaves_nothing_behind() -> None:
    noise: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: noise.append(context))
    async with StageBroker(None) as broker:
        before = len(asyncio.all_tasks())
        async with struggling(settings(broker)):
            await _reaches(lambda: len(broker._writers), 1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gc.collect()
        assert len(asyncio.all_tasks()) <= before + 1  # the stage's own
    assert noise == []


async def test_exit__an_attempt_given_up_while_a_thread_is_at_it_is_dropped_when_it_gets_through(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    created, go = socket.create_connection, asyncio.Event()
    loop = asyncio.get_running_loop()
    at_it = asyncio.Event()

    def slow(*args: Any, **kwargs: Any) -> socket.socket:
        loop.call_soon_threadsafe(at_it.set)
        asyncio.run_coroutine_threadsafe(go.wait(), loop).result()
        return created(*args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", slow)
    async with struggling(settings(mosquitto)):
        await at_it.wait()
    go.set()
    await _reaches(lambda: "New connection" in mosquitto.log(), True)
    await _reaches(lambda: "closed" in mosquitto.log().partition("New connection")[2], True)


async def test_logging__many_pending_calls_are_nothing_to_warn_of(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with session(settings(mosquitto)) as running:
            for number in range(300):
                running.broker.publish(f"x/{number}", "1")
            await running.broker.idle()
    assert [record for record in caplog.records if "pending" in record.getMessage()] == []


async def test_nagle__the_socket_does_not_wait_for_more_to_say(
    mosquitto: Mosquitto, certificates: Certificates
) -> None:
    async with Mosquitto(tls=certificates) as encrypted:
        for wanted in (settings(mosquitto), settings(encrypted, tls={"ca": certificates.ca})):
            async with session(wanted) as running:
                connection = running.broker._connection
                assert connection is not None
                raw = connection._client.socket()
                assert isinstance(raw, socket.socket)
                assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.fixture
async def websocket(mosquitto: Mosquitto) -> AsyncIterator[int]:
    """A websocket door to mosquitto; the Debian build has none of its own. Yields its port."""

    async def door(request: web.Request) -> web.WebSocketResponse:
        outside = web.WebSocketResponse(protocols=("mqtt",))
        await outside.prepare(request)
        reader, writer = await asyncio.open_connection("127.0.0.1", mosquitto.port)

        async def carry() -> None:
            while data := await reader.read(65536):
                await outside.send_bytes(data)
            await outside.close()

        carrying = asyncio.create_task(carry())
        async for frame in outside:
            if frame.type is aiohttp.WSMsgType.BINARY:
                writer.write(frame.data)
        writer.close()
        carrying.cancel()
        return outside

    app = web.Application()
    app.router.add_get("/through/here", door)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.filterwarnings("ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning")  # paho's, refused
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_websockets__carry_a_session(mosquitto: Mosquitto, websocket: int, protocol: str) -> None:
    wanted = {"host": "127.0.0.1", "port": websocket, "transport": "websockets", "protocol": protocol}
    found = MqttSettings.model_validate({**wanted, "websocket_path": "/through/here"})
    async with mosquitto.ear("x") as ear, session(found) as running:
        running.broker.publish("x", "1", retain=True)
        assert await ear.hears("x") == "1"
        await running.broker.close()
    with logged() as log:
        async with struggling(MqttSettings.model_validate(wanted)):
            entry = await log.says("broker_lost")
    assert "mqtt.websocket_path" in entry["advice"]


async def _reaches(measure: Any, target: Any) -> None:
    async with asyncio.timeout(LIMIT):
        while measure() < target:  # noqa: ASYNC110 - what is measured has no bell
            await asyncio.sleep(0.002)
