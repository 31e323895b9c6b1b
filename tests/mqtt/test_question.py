"""One question to the running bridge, over a real broker."""

import asyncio
from typing import Any

import pytest

from app.errors import BrokerError
from app.mqtt import Lost, MqttSettings, NoBridge, calling
from tests.broker import Certificates, Mosquitto, free_port
from tests.mqtt.answerer import REPLY, Asked, answering
from tests.mqtt.rig import Link
from tests.mqtt.stage import StageBroker

VERSIONS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])
SET = "heliopost/device/growatt_abc123/ac_charge_enabled/set"
RESULT = "heliopost/device/growatt_abc123/ac_charge_enabled/result"
SHORT = 0.05
"""Seconds in which nothing comes."""


def settings(broker: Mosquitto | StageBroker | Link, **more: Any) -> MqttSettings:
    return MqttSettings.model_validate({"host": "127.0.0.1", "port": broker.port, **more})


def echo(asked: Asked) -> list[tuple[str, Any]]:
    """Answer everybody with what was asked, once in the open and once where it was wanted."""
    answer = {"id": asked.body["id"], "status": "confirmed"}
    return [(RESULT, {"id": "another's"}), (RESULT, answer), (REPLY, answer)]


@VERSIONS
async def test_a_question_finds_its_answer_among_others(mosquitto: Mosquitto, protocol: str) -> None:
    async with answering(mosquitto, echo) as bridge, calling(settings(mosquitto, protocol=protocol), "cli") as caller:
        await caller.listen(RESULT)
        await caller.say(SET, {"id": "one", "value": True}, expiry=60)
        heard = await caller.hear(lambda each: each.body.get("id") == "one", 5)
    assert heard is not None
    assert heard.body == {"id": "one", "status": "confirmed"}
    (asked,) = bridge.asked
    assert (asked.topic, asked.retained, asked.qos) == (SET, False, 1)
    assert asked.body == {"id": "one", "value": True}


async def test_with_mqtt_5_a_question_says_who_asks_where_to_answer_and_for_how_long(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, echo) as bridge, calling(settings(mosquitto), "cli") as caller:
        await caller.say(SET, {"id": "one"}, expiry=59.2)
        heard = await caller.hear(lambda each: each.topic != RESULT, 5)
    assert heard is not None
    assert heard.topic.startswith("heliopost/bridge/response/cli-")
    sent = bridge.asked[0].properties
    assert sent["ResponseTopic"] == heard.topic
    assert bytes.fromhex(sent["CorrelationData"]) == b"one"
    assert sent["UserProperty"] == [("source", "cli")]
    assert 58 <= sent["MessageExpiryInterval"] <= 60


async def test_an_older_client_says_none_of_it(mosquitto: Mosquitto) -> None:
    async with (
        answering(mosquitto, echo) as bridge,
        calling(settings(mosquitto, protocol="3.1.1"), "cli") as caller,
    ):
        await caller.listen(RESULT)
        await caller.say(SET, {"id": "one"}, expiry=60)
        assert await caller.hear(lambda each: each.body.get("id") == "one", 5)
    assert bridge.asked[0].properties == {}


async def test_an_answer_that_comes_too_soon_is_kept_and_told_once(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, echo), calling(settings(mosquitto), "cli") as caller:
        await caller.listen(RESULT)
        await caller.say(SET, {"id": "one"})
        assert await caller.hear(lambda each: each.topic != RESULT, 5)
        assert await caller.hear(lambda each: each.body.get("id") == "one", 5)
        assert await caller.hear(lambda each: each.body.get("id") == "one", SHORT) is None


async def test_what_no_answer_is_does_no_harm(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, echo) as bridge, calling(settings(mosquitto), "cli") as caller:
        await caller.listen(RESULT)
        for payload in (b"\xff\xfe", b"[" * 8000, b"{", b"[1]", b"plain", b""):
            await bridge.client.publish(RESULT, payload, qos=1)
        await caller.say(SET, {"id": "one"})
        assert await caller.hear(lambda each: each.body.get("id") == "one", 5)


async def test_an_answer_that_lies_about_answers_nothing(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, lambda _: ()) as bridge:
        await bridge.client.publish(RESULT, '{"id": "one"}', qos=1, retain=True)
        async with calling(settings(mosquitto), "cli") as caller:
            await caller.listen(RESULT)
            await caller.say(SET, {"id": "one"})
            assert await caller.hear(lambda each: each.body.get("id") == "one", SHORT) is None


@VERSIONS
async def test_what_the_broker_keeps_is_found(mosquitto: Mosquitto, protocol: str) -> None:
    async with answering(mosquitto, echo) as bridge:
        for number in range(300):
            await bridge.device(f"d{number}", name=f"Roof {number}")
        async with calling(settings(mosquitto, protocol=protocol), "cli") as caller:
            found = await caller.retained("heliopost/device/+/attributes")
    assert found == {f"heliopost/device/d{number}/attributes": {"name": f"Roof {number}"} for number in range(300)}


async def test_every_caller_has_a_name_of_its_own(mosquitto: Mosquitto) -> None:
    wanted = settings(mosquitto, client_id="roof")
    async with answering(mosquitto, echo), calling(wanted, "cli") as one, calling(wanted, "cli") as other:
        assert one.client_id.startswith("roof-")
        assert one.client_id != other.client_id
        await one.say(SET, {"id": "one"})
        await other.say(SET, {"id": "two"})
        assert await one.hear(lambda each: each.body.get("id") == "one", 5)
        assert await other.hear(lambda each: each.body.get("id") == "two", 5)
        assert await other.hear(lambda each: each.body.get("id") == "one", SHORT) is None
    async with answering(mosquitto, echo), calling(settings(mosquitto), "cli") as plain:
        assert plain.client_id.isalnum()
        assert len(plain.client_id) <= 23


# --- what can be wrong


async def ask(wanted: MqttSettings) -> None:
    async with calling(wanted, "cli", patience=1.0) as caller:
        await caller.say(SET, {"id": "one"})


async def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(BrokerError, match=r"Nothing answers at 127\.0\.0\.1"):
        await ask(MqttSettings(host="127.0.0.1", port=free_port()))


@VERSIONS
async def test_a_wrong_password_is_told_without_it(protocol: str) -> None:
    async with Mosquitto(users={"someone": "right"}) as broker:
        with pytest.raises(BrokerError, match=r"mqtt\.password") as told:
            await ask(settings(broker, protocol=protocol, username="someone", password="wr0ng-Zq7"))
    assert "wr0ng" not in str(told.value)


@VERSIONS
async def test_a_user_who_may_only_read_is_told_so(protocol: str) -> None:
    users = {"bridge": "b", "dashboard": "d"}
    rules = "user bridge\ntopic readwrite heliopost/#\nuser dashboard\ntopic read heliopost/#\n"
    async with Mosquitto(users=users, acl=rules) as broker, answering(broker, echo, username="bridge", password="b"):
        with pytest.raises(BrokerError, match="does not let us publish and read heliopost/bridge/response/cli-"):
            async with calling(
                settings(broker, protocol=protocol, username="dashboard", password="d"), "cli", patience=0.3
            ):
                pass


async def test_a_command_that_the_broker_does_not_take_is_told_with_its_topic() -> None:
    users = {"bridge": "b", "asker": "a"}
    rules = (
        "user bridge\ntopic readwrite heliopost/#\n"
        "user asker\ntopic read heliopost/#\ntopic readwrite heliopost/bridge/response/#\n"
    )
    async with Mosquitto(users=users, acl=rules) as broker, answering(broker, echo, username="bridge", password="b"):
        with pytest.raises(BrokerError, match=f"does not let us publish {SET}"):
            await ask(settings(broker, username="asker", password="a"))


async def test_a_broker_without_a_bridge_is_told(mosquitto: Mosquitto) -> None:
    with pytest.raises(NoBridge, match=r"no bridge has ever spoken below heliopost/"):
        await ask(settings(mosquitto))


async def test_another_base_topic_is_no_bridge_of_ours(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, echo, base="house"):
        with pytest.raises(NoBridge, match="ever spoken below heliopost/"):
            await ask(settings(mosquitto))
        async with calling(settings(mosquitto, base_topic="house"), "cli") as caller:
            assert caller.topics.base == "house"


async def test_a_bridge_that_is_offline_is_asked_nothing(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, echo, state="offline") as bridge:
        with pytest.raises(NoBridge, match=r"the bridge is offline .* nothing was sent"):
            await ask(settings(mosquitto))
    assert bridge.asked == []


async def test_a_question_that_is_too_large_is_not_sent(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, echo) as bridge, calling(settings(mosquitto), "cli") as caller:
        with pytest.raises(BrokerError, match="16384 at most"):
            await caller.say(SET, {"id": "one", "value": "x" * 16384})
    assert bridge.asked == []


async def test_a_bridge_that_goes_while_it_is_asked_is_seen(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, lambda _: ()) as bridge, calling(settings(mosquitto), "cli") as caller:
        await caller.say(SET, {"id": "one"})
        assert caller.bridge == "online"
        await bridge.state("offline")
        await caller.hear(lambda _: caller.bridge == "offline", SHORT)
        assert caller.bridge == "offline"


async def test_a_connection_that_breaks_while_waiting_is_told(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, lambda _: ()), Link(mosquitto.port) as link:

        async def waiting() -> None:
            async with calling(settings(link), "cli") as caller:
                await caller.say(SET, {"id": "one"})
                asyncio.get_running_loop().call_soon(asyncio.ensure_future, link.cut())
                await caller.hear(lambda _: False, 5)

        with pytest.raises(Lost, match="ended before the answer came"):
            await waiting()


async def test_the_question_travels_encrypted_where_the_bridge_does(certificates: Certificates) -> None:
    async with Mosquitto(tls=certificates) as broker:
        tls = {"ca": str(certificates.ca)}
        with pytest.raises(NoBridge):
            await ask(settings(broker, tls=tls))
        with pytest.raises(BrokerError, match="certificate is not trusted"):
            await ask(settings(broker, tls=True))


async def test_nothing_is_left_connected(mosquitto: Mosquitto) -> None:
    async with answering(mosquitto, echo), calling(settings(mosquitto), "cli") as caller:
        await caller.say(SET, {"id": "one"})
    assert f"Client {caller.client_id} disconnected." in mosquitto.log()
