"""The broker's session against a real mosquitto, on both versions of MQTT."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from app.mqtt import MqttSettings
from tests.broker import LIMIT, Mosquitto
from tests.mqtt.rig import STEADY, HandClock, Link, Session, logged, session

VERSIONS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])


def settings(broker: Mosquitto | Link, **more: Any) -> MqttSettings:
    return MqttSettings(host="127.0.0.1", port=broker.port, **more)


@VERSIONS
async def test_a_connection_says_online_before_anything_else(mosquitto: Mosquitto, protocol: str) -> None:
    async with mosquitto.ear("heliopost/#") as ear:
        running = Session(settings(mosquitto, protocol=protocol))

        async def replay() -> None:
            running.broker.publish("heliopost/device/d/state", "{}", retain=True)

        running.on_connect = replay
        running.start()
        await ear.hears("heliopost/device/d/state")
        await running.end()
    assert (ear.heard[0].topic, ear.heard[0].payload) == ("heliopost/bridge/state", "online")


@VERSIONS
async def test_a_retained_message_is_there_for_those_who_come_later_and_an_event_is_not(
    mosquitto: Mosquitto, protocol: str
) -> None:
    async with session(settings(mosquitto, protocol=protocol)) as running:
        running.broker.publish("heliopost/device/d/state", '{"ü":1}', retain=True)
        running.broker.publish("heliopost/device/d/event", b"\x00\x01")
        await running.broker.idle()
        async with mosquitto.ear("heliopost/device/#") as ear:
            assert await ear.hears("heliopost/device/d/state") == '{"ü":1}'
            assert [heard.topic for heard in ear.heard] == ["heliopost/device/d/state"]
    assert running.value("published_total") == 3  # both, and the self-test


@VERSIONS
async def test_a_request_comes_in_with_what_its_sender_wants_to_see_again(mosquitto: Mosquitto, protocol: str) -> None:
    async with session(settings(mosquitto, protocol=protocol)) as running, mosquitto.ear() as ear:
        await ear.say("heliopost/bridge/request/poll", "now")
        message = await asyncio.wait_for(running.broker.inbox.get(), LIMIT)
    assert (message.topic, message.payload, message.retained) == ("heliopost/bridge/request/poll", b"now", False)
    assert (message.response_topic, message.correlation, message.properties) == (None, None, {})


async def test_response_topic_correlation_and_user_properties_come_in_and_go_out(mosquitto: Mosquitto) -> None:
    sent = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    sent.ResponseTopic, sent.CorrelationData, sent.UserProperty = "heliopost/answers", b"\x07", [("who", "me")]
    other = Session(settings(mosquitto, base_topic="other"), subscriptions=("heliopost/answers",), install_id="other")
    async with session(settings(mosquitto)) as running:
        other.start()
        await other.connected()
        connection = other.broker._connection
        assert connection is not None
        await connection.publish("heliopost/bridge/request/poll", b"", 1, properties=sent)
        message = await asyncio.wait_for(running.broker.inbox.get(), LIMIT)
        assert message.response_topic == "heliopost/answers"
        running.broker.publish(
            message.response_topic, "done", correlation=message.correlation, properties=message.properties, expiry=60
        )
        answer = await asyncio.wait_for(other.broker.inbox.get(), LIMIT)
        await other.end()
    assert (answer.correlation, answer.properties) == (b"\x07", {"who": "me"})


async def test_what_only_mqtt_5_can_say_is_left_out_on_3_1_1(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto, protocol="3.1.1")) as running, mosquitto.ear("x") as ear:
        running.broker.publish("x", "1", retain=True, expiry=1, properties={"a": "b"}, correlation=b"c")
        assert await ear.hears("x") == "1"


async def test_a_message_that_expires_is_forgotten_by_the_broker(mosquitto: Mosquitto) -> None:
    async with session(settings(mosquitto)) as running:
        running.broker.publish("x/short", "1", retain=True, expiry=1)
        running.broker.publish("x/shorter", "1", retain=True, expiry=1)
        running.broker.publish("x/long", "1", retain=True, expiry=600)
        await running.broker.idle()
        await asyncio.sleep(2.1)  # the broker's clock counts whole seconds, and nobody can move it
        async with mosquitto.ear("x/#") as ear:
            await ear.hears("x/long")
            assert set(ear.last) == {"x/long"}


@VERSIONS
async def test_closing_sends_what_waits_says_offline_and_ends_the_run(mosquitto: Mosquitto, protocol: str) -> None:
    async with session(settings(mosquitto, protocol=protocol)) as running, mosquitto.ear("heliopost/#") as ear:
        for number in range(500):
            running.broker.publish(f"heliopost/device/{number}/state", str(number), retain=True)
        await running.broker.close()
        assert running.task is not None
        await asyncio.wait_for(running.task, LIMIT)
        running.broker.publish("heliopost/device/late/state", "1", retain=True)
        await ear.hears("heliopost/bridge/state", "offline")
        assert ear.heard[-1].payload == "offline"
        assert ear.last["heliopost/device/499/state"] == "499"
        assert len(ear.last) == 501  # the self-test is no device, and goes by before we listen
    assert not running.broker.connected
    assert running.counted("offline") == 1
    assert running.counted("lost") == 0


async def test_closing_does_not_wait_for_a_broker_that_no_longer_answers(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mqtt.broker.FAREWELL", 0.05)
    async with session(settings(mosquitto)) as running:
        mosquitto.pause()
        running.broker.publish("x", "1")
        with logged() as log:
            await asyncio.wait_for(running.broker.close(), LIMIT)
        mosquitto.resume()
    assert [entry["event"] for entry in log.entries] == ["broker_slow", "broker_lost"]


async def test_closing_a_session_that_never_ran_does_nothing(mosquitto: Mosquitto) -> None:
    running = Session(settings(mosquitto))
    await running.broker.close()
    await running.broker.idle()
    assert not running.broker.connected


async def test_closing_ends_a_session_that_waits_to_connect_again() -> None:
    running = Session(MqttSettings(host="127.0.0.1", port=1), clock=HandClock(hold=True))
    running.start()
    with logged() as log:
        await log.says("broker_lost")
        await asyncio.wait_for(running.broker.close(), LIMIT)
    assert running.task is not None
    await asyncio.wait_for(running.task, LIMIT)


CHILD = """
import asyncio, random, sys
from app.clock import SystemClock
from app.metrics import Metrics
from app.mqtt import Broker, Message, MqttSettings, try_connection
from app.topics import Topics
async def main():
    settings = MqttSettings(host="127.0.0.1", port=int(sys.argv[1]), protocol=sys.argv[2], will_delay=int(sys.argv[3]))
    broker = Broker(settings, Topics(), SystemClock(), Metrics(), "child", ())
    async def ready():
        print("ready", flush=True)
    await broker.run(ready)
asyncio.run(main())
"""


@pytest.mark.parametrize(("protocol", "delay"), [("5", 0), ("5", 1), ("3.1.1", 0)])
async def test_when_the_process_is_killed_the_broker_says_offline(
    mosquitto: Mosquitto, protocol: str, delay: int
) -> None:
    async with mosquitto.ear("heliopost/bridge/state") as ear:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, str(mosquitto.port), protocol, str(delay),
            stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert child.stdout is not None
        while await asyncio.wait_for(child.stdout.readline(), LIMIT) != b"ready\n":
            pass
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        await ear.hears("heliopost/bridge/state", "offline")
    async with mosquitto.ear("heliopost/bridge/state") as ear:
        await ear.hears("heliopost/bridge/state", "offline")
        assert ear.heard[0].retained


async def test_a_blip_on_mqtt_5_says_offline_to_nobody(mosquitto: Mosquitto) -> None:
    async with (
        Link(mosquitto.port) as link,
        mosquitto.ear("heliopost/bridge/state") as ear,
        session(settings(link)) as running,
    ):
        await link.cut()
        await running.connected(2)
        await ear.hears("heliopost/bridge/state", "online", times=2)
        assert set(ear.of("heliopost/bridge/state")) == {"online"}


@VERSIONS
async def test_after_a_restart_of_the_broker_everything_is_said_again(mosquitto: Mosquitto, protocol: str) -> None:
    async with session(settings(mosquitto, protocol=protocol)) as running:

        async def replay() -> None:
            running.broker.publish("heliopost/device/d/state", "again", retain=True)

        running.on_connect = replay
        with logged() as log:
            mosquitto.kill()
            await log.says("broker_lost")
            mosquitto.start()
            await running.connected(2)
            await log.says("broker_back")
        async with mosquitto.ear("heliopost/#") as ear:
            await ear.hears("heliopost/device/d/state", "again")
            await ear.hears("heliopost/bridge/state", "online")
            await ear.say("heliopost/bridge/request/poll", "x")
            assert (await asyncio.wait_for(running.broker.inbox.get(), LIMIT)).payload == b"x"
    assert running.value("reconnects_total") == 1


async def test_while_the_broker_is_away_it_is_said_once_and_once_when_it_is_back(mosquitto: Mosquitto) -> None:
    clock = HandClock()
    async with session(settings(mosquitto), clock=clock) as running:
        with logged() as log:
            mosquitto.kill()
            async with asyncio.timeout(LIMIT):
                while len(clock.naps) < 5:  # noqa: ASYNC110 - attempts have no bell
                    await asyncio.sleep(0.002)
            mosquitto.start()
            await log.says("broker_back")
    events = [entry["event"] for entry in log.entries]
    assert events == ["broker_lost", "broker_lost", "broker_back"]
    assert [entry["reason"] for entry in log.entries[:2]] == [
        "The connection to the broker was closed.",
        f"Nothing answers at 127.0.0.1:{mosquitto.port}.",
    ]
    assert running.value("connected") == 0


async def test_waits_grow_with_full_jitter_and_begin_small_again_after_a_steady_minute(mosquitto: Mosquitto) -> None:
    clock = HandClock()
    async with session(settings(mosquitto, reconnect_max=30), clock=clock) as running:
        mosquitto.kill()
        async with asyncio.timeout(LIMIT):
            while len(clock.naps) < 10:  # noqa: ASYNC110 - attempts have no bell
                await asyncio.sleep(0.002)
        mosquitto.start()
        await running.connected(2)
        waits = [nap.total_seconds() for nap in clock.naps]
        ceilings = [min(2 ** (number + 1), 30) for number in range(len(waits))]
        assert all(1 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
        assert max(waits) > 10
        assert len({round(wait, 6) for wait in waits}) == len(waits)
        await clock.advance(STEADY)
        assert running.broker._attempt == 0
        await clock.advance(STEADY)
        clock.naps.clear()
        mosquitto.restart()
        await running.connected(3)
        assert 1 <= clock.naps[0].total_seconds() <= 2


async def test_nothing_meant_for_an_old_connection_is_sent_on_a_new_one(mosquitto: Mosquitto) -> None:
    async with (
        Link(mosquitto.port) as link,
        mosquitto.ear("heliopost/device/#") as ear,
        session(settings(link, inflight=5)) as running,
    ):
        await running.broker.idle()
        link.swallow = True
        for number in range(20):
            running.broker.publish(f"heliopost/device/{number}/state", "stale", retain=True)
            running.broker.publish(f"heliopost/device/{number}/event", "stale")
        await asyncio.sleep(0.01)
        link.swallow = False
        await link.cut()
        await running.connected(2)
        running.broker.publish("heliopost/device/0/state", "fresh", retain=True)
        await running.broker.idle()
        await ear.hears("heliopost/device/0/state")
        assert {heard.payload for heard in ear.heard} == {"fresh"}
    assert running.counted("lost") == 40


async def test_a_slow_broker_gets_the_newest_value_not_all_of_them(mosquitto: Mosquitto) -> None:
    async with (
        Link(mosquitto.port) as link,
        mosquitto.ear("heliopost/device/#") as ear,
        session(settings(link, inflight=2)) as running,
    ):
        await running.broker.idle()
        link.hold()
        for number in range(1000):
            running.broker.publish("heliopost/device/a/state", str(number), retain=True)
            running.broker.publish("heliopost/device/b/state", str(number), retain=True)
            if number == 10:
                await asyncio.sleep(0.01)  # the first are on their way
        assert running.value("outbox_messages") == 2
        link.release()
        await running.broker.idle()
        await ear.hears("heliopost/device/b/state", "999")
        await ear.hears("heliopost/device/a/state", "999")
    assert ear.of("heliopost/device/a/state") == ["10", "999"]
    assert ear.of("heliopost/device/b/state") == ["10", "999"]
