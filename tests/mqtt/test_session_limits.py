"""What the broker's session refuses, drops and names: too much, too large, too old, another of its kind."""

import asyncio
import gc
from typing import Any

import pytest

from app.mqtt import Broker, Message, MqttSettings, try_connection
from app.mqtt.connection import Connection
from app.mqtt.incoming import INBOX
from app.topics import PAYLOAD_LIMIT
from tests.broker import LIMIT, Mosquitto
from tests.mqtt.rig import STEADY, Link, Session, logged, session

VERSIONS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])


def settings(broker: Mosquitto | Link, **more: Any) -> MqttSettings:
    return MqttSettings(host="127.0.0.1", port=broker.port, **more)


async def test_events_beyond_what_may_wait_are_dropped_and_said_once(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto)) as running:
        with logged() as log:
            for number in range(1005):
                running.broker.publish("heliopost/device/d/event", str(number))
    assert running.counted("outbox_full") >= 4
    assert len(log.of("outbox_full")) == 1


async def test_while_there_is_no_connection_messages_are_dropped_and_counted() -> None:
    running = Session(MqttSettings(host="127.0.0.1", port=1))
    running.broker.publish("x", "1", retain=True)
    assert running.counted("offline") == 1
    assert running.value("outbox_messages") == 0


async def test_a_message_on_a_topic_that_cannot_be_is_dropped_and_the_others_go_on(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto)) as running, mosquitto.ear("x/#") as ear:
        with logged() as log:
            running.broker.publish("x/+/y", "1", retain=True)
            running.broker.publish("x/z", "1", retain=True)
            await ear.hears("x/z")
    assert running.counted("topic") == 1
    assert [entry["topic"] for entry in log.of("message_unsendable")] == ["x/+/y"]


@VERSIONS
async def test_more_requests_than_may_wait_are_dropped_counted_and_said_once(
    mosquitto: Mosquitto, protocol: str
) -> None:
    async with session(settings(mosquitto, protocol=protocol)) as running, mosquitto.ear("x") as ear:
        with logged() as log:
            for number in range(INBOX + 5):
                await ear.say("heliopost/bridge/request/poll", str(number))
            async with asyncio.timeout(LIMIT):
                while running.counted("inbox_full") < 5:  # noqa: ASYNC110 - a counter has no bell
                    await asyncio.sleep(0.002)
        assert running.broker.inbox.qsize() == INBOX
    assert len(log.of("inbox_full")) == 1


@VERSIONS
async def test_a_retained_command_is_nobodys_wish_of_today(mosquitto: Mosquitto, protocol: str) -> None:
    async with mosquitto.ear("x") as ear:
        await ear.say("heliopost/bridge/request/poll", "old", retain=True)
        await ear.say("homeassistant/status", "online", retain=True)
        with logged() as log:
            async with session(settings(mosquitto, protocol=protocol)) as running:
                await ear.say("heliopost/bridge/request/poll", "new")
                messages: list[Message] = []
                while not messages or messages[-1].payload != b"new":
                    messages.append(await asyncio.wait_for(running.broker.inbox.get(), LIMIT))
    requests = [message.payload for message in messages if message.topic.endswith("poll")]
    assert requests == [b"new"]
    assert [entry["topic"] for entry in log.of("retained_command_ignored")] == ["heliopost/bridge/request/poll"]
    assert running.counted("retained_command") == 1


async def test_a_command_sent_with_the_retain_flag_is_refused_while_we_listen_too(mosquitto: Mosquitto) -> None:
    """MQTT 5 only: on 3.1.1 the broker takes the flag off what it hands on to those who listen."""
    topic, birth = "heliopost/device/d/charge_rate/set", "homeassistant/status"
    subscriptions = ("heliopost/device/+/+/set", "heliopost/bridge/request/+", birth)
    async with mosquitto.ear("x") as ear, session(settings(mosquitto), subscriptions=subscriptions) as running:
        with logged() as log:
            for each in (topic, "heliopost/bridge/request/poll"):
                await ear.say(each, "old", retain=True)
                await ear.say(each, "", retain=True)
            await ear.say(birth, "online", retain=True)
            message = await asyncio.wait_for(running.broker.inbox.get(), LIMIT)
        assert (message.topic, message.payload, message.retained) == (birth, b"online", False)
        assert running.counted("retained_command") == 2
        assert [entry["topic"] for entry in log.of("retained_command_ignored")] == [
            topic,
            "heliopost/bridge/request/poll",
        ]


@VERSIONS
async def test_a_retained_command_is_cleared_without_a_word(mosquitto: Mosquitto, protocol: str) -> None:
    topic = "heliopost/bridge/request/poll"
    async with mosquitto.ear("x") as ear:
        await ear.say(topic, "old", retain=True)
        async with session(settings(mosquitto, protocol=protocol)) as running:
            await ear.say(topic, "", retain=True)
            await ear.say(topic, "")
            message = await asyncio.wait_for(running.broker.inbox.get(), LIMIT)
            assert (message.topic, message.payload) == (topic, b"")
            await asyncio.sleep(0)
            assert running.broker.inbox.empty()
            assert running.counted("retained_command") == 1


@VERSIONS
async def test_an_incoming_message_that_is_too_large_is_refused(mosquitto: Mosquitto, protocol: str) -> None:
    async with session(settings(mosquitto, protocol=protocol)) as running, mosquitto.ear("x") as ear:
        with logged() as log:
            for _ in range(2):
                await ear.say("heliopost/bridge/request/dump", "x" * (PAYLOAD_LIMIT + 1))
            await ear.say("heliopost/bridge/request/dump", "x" * PAYLOAD_LIMIT)
            message = await asyncio.wait_for(running.broker.inbox.get(), LIMIT)
    assert len(message.payload) == PAYLOAD_LIMIT
    assert running.counted("incoming_oversize") == 2
    assert len(log.of("incoming_message_too_large")) == 1


@VERSIONS
async def test_of_what_is_announced_to_home_assistant_only_a_removal_is_news(
    mosquitto: Mosquitto, protocol: str
) -> None:
    subscriptions = ("homeassistant/device/+/config",)
    async with mosquitto.ear("x") as ear:
        await ear.say("homeassistant/device/other/config", "x" * 20_000, retain=True)
        async with session(settings(mosquitto, protocol=protocol), subscriptions=subscriptions) as running:
            await ear.say("homeassistant/device/other/config", "new", retain=True)
            await ear.say("homeassistant/device/other/config", "", retain=True)
            message = await asyncio.wait_for(running.broker.inbox.get(), LIMIT)
            assert (message.topic, message.payload) == ("homeassistant/device/other/config", b"")
            assert running.broker.inbox.empty()
    assert running.counted("incoming_oversize") == 0


@VERSIONS
async def test_a_second_instance_is_named_after_a_few_alternations(
    mosquitto: Mosquitto, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    both = [Session(settings(mosquitto, protocol=protocol)) for _ in range(2)]
    with logged() as log:
        for running in both:
            running.start()
        entry = await log.says("broker_refused")
        first, second = both if both[0].broker.conflict else reversed(both)
        assert "same client id" in entry["reason"]
        await second.end()
        seen = first.connections
        await first.connected(seen + (not first.broker.connected))
        assert first.broker.conflict is not None  # it may come back
        assert "mqtt.client_id" in first.broker.conflict
        backs = len(log.of("broker_back"))
        while first.broker.conflict:
            await first.clock.advance(STEADY)
        assert len(log.of("broker_back")) == backs + 1
    await first.end()
    assert len(log.of("broker_refused")) <= 2  # once an instance
    gc.collect()  # what nobody has asked for is told when it is thrown away
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


async def test_another_instance_below_the_same_base_topic_is_named_but_a_trial_is_none(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto)) as running:
        await running.broker.idle()
        with logged() as log:
            await try_connection(settings(mosquitto), "0123")
            async with session(settings(mosquitto), install_id="other"):
                entry = await log.says("second_instance")
    assert entry["client_id"] == "heliopostother"
    assert running.broker.conflict is None


async def test_a_bug_in_the_replay_ends_the_run_instead_of_being_swallowed(mosquitto: Mosquitto) -> None:
    running = Session(settings(mosquitto))

    async def bug() -> None:
        raise LookupError

    running.on_connect = bug
    running.start()
    assert running.task is not None
    with pytest.raises(LookupError):
        await asyncio.wait_for(running.task, LIMIT)


async def test_a_cancellation_in_the_moment_of_a_loss_is_not_forgotten(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto)) as running:
        connection = running.broker._connection
        assert connection is not None
        connection._disconnected.set_exception(OSError("gone"))
        await asyncio.sleep(0)  # the loss is on its way up
        assert running.task is not None
        running.task.cancel()
        await asyncio.wait_for(asyncio.wait((running.task,)), LIMIT)
        assert running.task.cancelled()


async def test_a_cancellation_in_the_moment_of_a_greeting_is_not_forgotten(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    greeted = Connection._on_connect

    def cancelled(connection: Connection, *args: Any) -> None:
        greeted(connection, *args)
        assert running.broker._runner is not None
        running.broker._runner.cancel()  # the answer is there, and nobody has taken it yet

    monkeypatch.setattr(Connection, "_on_connect", cancelled)
    running = Session(settings(mosquitto))
    running.start()
    assert running.task is not None
    await asyncio.wait_for(asyncio.wait((running.task,)), LIMIT)
    assert running.task.cancelled()
    assert not running.broker.connected


def test_the_client_id_is_one_that_every_broker_must_accept() -> None:
    running = Session(MqttSettings(), install_id="0123-4567-89ab-cdef-0123")
    assert running.broker.client_id == "heliopost0123456789abcd"
    assert len(running.broker.client_id) == 23
    assert Session(MqttSettings(client_id="mine")).broker.client_id == "mine"


def test_making_a_session_touches_nothing() -> None:
    broker: Broker = Session(MqttSettings(host="nowhere.invalid")).broker
    assert not broker.connected
    assert broker.since is None
