"""Commands over a real broker to the simulated cloud: each once, each with one answer, whatever comes in between."""

import asyncio
import json
import socket
import struct
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from simulator.clock import DrivenClock
from simulator.growatt import Account, Cloud, serve
from simulator.growatt.fleet import big_fleet
from tests.broker import Mosquitto
from tests.mqtt.rig import logged
from tests.whole.commanding import (
    DEVICE,
    FIELD,
    LOOK,
    POINT,
    SERIAL,
    WRITE,
    Desk,
    client,
    command_topic,
    desk,
    result_topic,
)
from tests.whole.test_daemon import PASSWORD, House, clock, house, until

__all__ = ["clock", "house"]


def properties(**values: Any) -> Properties:
    made = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho types half of itself
    for name, value in values.items():
        setattr(made, name, value)
    return made


async def test_a_value_becomes_a_change_at_the_vendor_and_one_answer(house: House) -> None:
    async with desk(house) as work:
        await work.send("55")
        (answer,) = await work.ended()
        assert (answer["status"], answer["previous"], answer["observed"]) == ("confirmed", 100, 55)
        assert house.cloud.settings(SERIAL)[FIELD] == "55"
        assert len(work.writes) == 1
        assert json.loads(work.ear.of("heliopost/bridge/audit")[0]) == answer
        await work.ear.hears(f"heliopost/device/{DEVICE}/event")
        facts = json.loads(work.ear.last[f"heliopost/device/{DEVICE}/attributes"])["commands"][POINT]
        assert (facts["status"], facts["requested"]) == ("confirmed", 55)


async def test_a_command_of_mqtt_3_has_no_properties_and_needs_none(house: House) -> None:
    async with desk(house) as work, client(house, aiomqtt.ProtocolVersion.V311) as old:
        await old.publish(command_topic(), "55", qos=1)
        (answer,) = await work.ended()
        assert answer["status"] == "confirmed"


async def test_a_bridge_that_speaks_mqtt_3_takes_commands_too(house: House) -> None:
    async with desk(house, mqtt={"host": "127.0.0.1", "port": house.broker.port, "protocol": "3.1.1"}) as work:
        await work.send({"value": 55, "id": "a"})
        (answer,) = await work.ended()
        assert (answer["id"], answer["status"]) == ("a", "confirmed")


async def test_properties_of_mqtt_5_say_where_the_answer_goes_for_how_long_and_for_whom(house: House) -> None:
    topic = "heliopost/bridge/response/mine"
    async with desk(house) as work, client(house, aiomqtt.ProtocolVersion.V5) as sender:
        await sender.subscribe(topic, qos=1)
        said = properties(ResponseTopic=topic, CorrelationData=b"\x00\x01", UserProperty=[("source", "a script")])
        await sender.publish(command_topic(), "55", qos=1, properties=said)
        (answer,) = await work.ended()
        async with asyncio.timeout(5):
            message = await anext(aiter(sender.messages))
        assert json.loads(bytes(message.payload)) == answer
        assert message.properties is not None
        assert vars(message.properties)["CorrelationData"] == b"\x00\x01"
        assert answer["source"] == "a script"


@pytest.mark.parametrize("topic", ["homeassistant/status", f"heliopost/device/{DEVICE}/state", "$SYS/x"])
async def test_an_answer_goes_nowhere_but_below_the_bridge_s_own_topic(house: House, topic: str) -> None:
    async with desk(house) as work, client(house, aiomqtt.ProtocolVersion.V5) as sender:
        before = len(work.ear.of(topic))
        await sender.publish(command_topic(), "55", qos=1, properties=properties(ResponseTopic=topic))
        (answer,) = await work.ended()
        assert not [said for said in work.ear.of(topic)[before:] if answer["id"] in said]


# The same again


async def test_an_id_that_comes_twice_is_carried_out_once(house: House) -> None:
    async with desk(house) as work:
        for _ in range(2):
            await work.send({"value": 55, "id": "a"})
        await work.ended(2)
        await work.send({"value": 55, "id": "a"})
        await work.send({"value": 44, "id": "a"})
        answers = await work.ended(4)
        assert [answer["status"] for answer in answers] == ["duplicate", "confirmed", "duplicate", "conflict"]
        assert (answers[2]["original"], answers[2]["observed"]) == ("confirmed", 55)
        assert len(work.writes) == 1


async def test_a_redelivery_of_the_same_packet_is_carried_out_once(house: House) -> None:
    """Whoever has heard no PUBACK sends it again with DUP set (MQTT 3.1.1, 4.4), also over another connection."""
    async with desk(house) as work:
        body = json.dumps({"value": 55, "id": "a"}).encode()
        await asyncio.to_thread(_deliver_twice, house.broker, command_topic(), body)
        answers = await work.ended(2)
        assert sorted(answer["status"] for answer in answers) == ["confirmed", "duplicate"]
        assert len(work.writes) == 1


def _deliver_twice(broker: Mosquitto, topic: str, payload: bytes) -> None:
    """Speak bare MQTT 3.1.1, pay no heed to the first receipt."""
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", 7) + payload
    with socket.create_connection((broker.host, broker.port), timeout=5) as wire:
        wire.sendall(
            b"\x10\x10"
            + struct.pack("!H", 4)
            + b"MQTT\x04\x02"
            + struct.pack("!H", 60)
            + struct.pack("!H", 4)
            + b"twin"
        )
        assert wire.recv(4)[0] == 0x20
        for flags in (0x32, 0x3A):  # QoS 1; QoS 1 with DUP
            wire.sendall(bytes([flags]) + _length(len(body)) + body)
            assert wire.recv(4)[0] == 0x40


def _length(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number % 128 | 128, number // 128])


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_retained_command_is_nobody_s_wish_of_today(house: House, protocol: str) -> None:
    mqtt = {"host": "127.0.0.1", "port": house.broker.port, "protocol": protocol}
    async with house.broker.ear() as ear:
        await ear.client.publish(command_topic(), "5", qos=1, retain=True)
    with logged() as log:
        async with desk(house, mqtt=mqtt) as work:
            await log.says("retained_command_ignored")
            await work.send("", retain=True)  # it is cleared, as the warning asks for
            if protocol == "5":
                await work.send("6", retain=True)
                await work.send("", retain=True)
            await work.send("55")
            (answer,) = await work.ended()
            assert answer["requested"] == 55
            assert len(work.writes) == 1
            assert len(work.ear.of("heliopost/bridge/audit")) == 1
    assert len(log.of("retained_command_ignored")) == 1


# What cannot be


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\xff\xfe", "invalid_json"),
        (b'{"value": ', "invalid_json"),
        (b'{"value": NaN}', "invalid_json"),
        (b"NaN", "invalid_value"),
        (b'{"value": 1' + b"0" * 400 + b"}", "invalid_value"),
        (b"101", "out_of_range"),
    ],
)
async def test_nonsense_is_answered_and_not_carried_out(house: House, payload: bytes, code: str) -> None:
    async with desk(house) as work:
        await work.send(payload)
        (answer,) = await work.ended()
        assert (answer["status"], answer["code"]) == ("rejected", code)
        assert not work.writes


async def test_a_megabyte_is_turned_away_at_the_door(house: House) -> None:
    async with desk(house) as work:
        await work.send(b"5" * 1_000_000)
        await work.send("55")
        (answer,) = await work.ended()
        assert answer["requested"] == 55


async def test_commands_are_off_unless_switched_on(house: House) -> None:
    async with desk(house, commands={"enabled": False}) as work:
        await work.send("55")
        assert (await work.ended())[0]["code"] == "commands_disabled"


async def test_a_device_s_writes_are_counted_over_restarts(house: House) -> None:
    async with desk(house, commands={"writes_per_day": 1}) as work:
        await work.send("55")
        await work.ended()
    async with desk(house, commands={"writes_per_day": 1}) as work:
        await work.send("44")
        assert (await work.ended())[0]["code"] == "budget_exhausted"
        assert len(work.writes) == 1


async def test_a_locked_account_says_so(house: House) -> None:
    async with desk(house) as work:
        house.cloud.clock.move(timedelta(hours=2))  # type: ignore[attr-defined]  # as driven; a login is not repeated at once
        house.cloud.lock("demo")
        house.cloud.expire_sessions()
        await work.send("55")
        (answer,) = await work.ended()
        assert (answer["status"], answer["code"]) == ("failed", "account_locked")
        assert not work.writes


# The vendor


async def test_a_cloud_that_shows_it_late_confirms_late(house: House) -> None:
    house.cloud.settings_delay = timedelta(minutes=2)
    async with desk(house) as work:
        await work.send("55")
        await work.pass_until(lambda: work.writes)
        (answer,) = await work.ended(step=5)
        assert (answer["status"], answer["looks"]) == ("confirmed", 3)
        assert len(work.writes) == 1


async def test_a_yes_without_effect_is_found_out(house: House) -> None:
    async with desk(house) as work:
        house.cloud.faults.add("ignored")
        await work.send("55")
        (answer,) = await work.ended(step=10)
        assert (answer["status"], answer["code"], answer["observed"]) == ("unconfirmed", "verify_mismatch", 100)
        assert len(work.writes) == 1


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_lost_answer_is_looked_after_and_never_repeated(house: House, carried_out: bool) -> None:  # noqa: FBT001
    async with desk(house) as work:
        house.cloud.faults.add("http_error", path=WRITE, status=502, late=carried_out)
        await work.send("55")
        (answer,) = await work.ended(step=10)
        assert answer["status"] == ("confirmed" if carried_out else "failed")
        assert len(work.writes) == 1


async def test_sliders_that_move_at_once_end_at_their_newest_values(house: House) -> None:
    async with desk(house) as work:
        slow = house.cloud.faults.add("timeout", path=LOOK, seconds=3)
        for value in range(90, 10, -10):
            await work.send(value)
            await work.send(value, "discharge_rate")
        for key in (POINT, "discharge_rate"):
            answers = await work.ended(8, key)
            ends = {answer["requested"]: answer["status"] for answer in answers}
            assert ends[20] == "confirmed"
            assert set(ends.values()) == {"confirmed", "superseded"}
        assert slow.struck
        assert len(work.writes) <= 4
        kept = house.cloud.settings(SERIAL)
        assert (kept[FIELD], kept["disChargePowerCommand"]) == ("20", "20")


async def test_parts_of_a_window_become_one_write(house: House) -> None:
    async with desk(house) as work:
        for part, value in (("start", "04:30"), ("end", "06:00"), ("enabled", "on")):
            await work.send(value, f"time_segment1_{part}")
        for part in ("start", "end", "enabled"):
            (answer,) = await work.ended(1, f"time_segment1_{part}")
            assert answer["status"] == "confirmed"
        assert len(work.writes) == 1


async def test_what_waits_too_long_has_expired(house: House) -> None:
    async with desk(house) as work:
        house.cloud.faults.add("timeout", path=LOOK, seconds=30, count=1)
        await work.send("55")
        await work.pause()
        await work.send({"value": 44, "ttl": 10}, "discharge_rate")
        assert (await work.ended(1, "discharge_rate"))[0]["status"] == "expired"
        assert (await work.ended())[0]["status"] == "confirmed"
        assert len(work.writes) == 1


async def test_two_accounts_that_see_the_same_device_write_it_once_each_time(house: House) -> None:
    account = {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": house.url}
    async with desk(house, accounts={"one": account, "two": account}) as work:
        await work.send("55")
        await work.send("44", "discharge_rate")
        assert (await work.ended())[0]["status"] == "confirmed"
        assert (await work.ended(1, "discharge_rate"))[0]["status"] == "confirmed"
        assert len(work.writes) == 2


async def test_an_account_that_hangs_holds_no_other_up(
    mosquitto: Mosquitto, clock: DrivenClock, tmp_path: Path
) -> None:
    first, second = big_fleet(2, per_plant=1)
    logins = [Account("demo", PASSWORD, plants=(first.id,)), Account("other", PASSWORD, plants=(second.id,))]
    cloud = Cloud(clock, fleet=(first, second), accounts=logins)
    serials = [plant.devices[0].serial for plant in (first, second)]
    async with serve(cloud) as url:
        house = House(mosquitto, cloud, url, tmp_path)
        common = {"provider": "growatt", "password": PASSWORD, "server_url": url}
        accounts = {"one": common | {"username": "demo"}, "two": common | {"username": "other"}}
        mine, other = (f"growatt_{serial}" for serial in serials)
        async with desk(house, device=mine, accounts=accounts) as work:
            await work.pass_until(lambda: POINT in work.offered_by(other), step=0)
            cloud.faults.add("timeout", path=LOOK, device=serials[0], seconds=30, count=1)
            await work.send("55", device=mine)
            await work.send("44", device=other)
            await work.pass_until(lambda: work.results(device=other))
            assert not work.results(device=mine)
            await work.pass_until(lambda: work.results(device=mine))
            ends = [work.results(device=device)[0]["status"] for device in (mine, other)]
            assert ends == ["confirmed", "confirmed"]


# The broker


async def test_an_answer_that_the_broker_has_missed_comes_when_it_is_back_and_once(house: House) -> None:
    async with desk(house) as work:
        house.cloud.faults.add("timeout", path=WRITE, seconds=20, count=1, late=True)
        await work.send({"value": 55, "id": "a"})
        await work.pass_until(lambda: work.writes)
        await asyncio.to_thread(house.broker.kill)
        await work.pass_until(lambda: work.stage("a") == "final")
        assert not work.results()
        await asyncio.to_thread(house.broker.start)
        async with house.broker.ear(result_topic(), "heliopost/bridge/audit") as ear:
            await ear.hears("heliopost/bridge/audit")
            await ear.hears(result_topic())
            back = Desk(house, work.daemon, ear)
            await back.send({"value": 44, "id": "b"})
            answers = await back.ended(2)
            assert [(answer["id"], answer["status"]) for answer in answers] == [("a", "confirmed"), ("b", "confirmed")]
            assert len(ear.of("heliopost/bridge/audit")) == 2
        assert len(work.writes) == 2


async def test_what_was_undone_stands_as_before(house: House) -> None:
    async with desk(house) as work:
        await work.send({"value": 55, "id": "a"})
        await work.ended()
        await work.ear.say("heliopost/bridge/request/undo", '{"command": "a"}')
        answers = await work.ended(2)
        assert (answers[1]["undoes"], answers[1]["status"]) == ("a", "confirmed")
        assert house.cloud.settings(SERIAL)[FIELD] == "100"
        await until(work.ear, lambda: bool(work.ear.of("heliopost/bridge/response/undo")))
