"""Exactly one end: of the bridge, the broker, the clock and the deadline."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.daemon import Daemon
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import NOON, Rig, device


def statuses(work: Desk, key: str = "export_limit") -> list[str]:
    return [answer["status"] for answer in work.broker.results(key)]


# The end of the bridge


async def test_a_write_under_way_may_hear_its_answer_before_the_end() -> None:
    vendor = Vendor()
    vendor.gate = asyncio.Event()
    async with desk(vendor) as work:
        work.send({"value": 80, "verify": False})
        work.send({"value": "grid", "verify": False}, "work_mode")
        await work.pass_time()
        draining = asyncio.create_task(work.engine.drain())
        await work.pass_time()
        assert not draining.done()
        vendor.gate.set()
        await work.pass_time()
        assert draining.done()
        assert statuses(work) == ["unconfirmed"]
        assert len(vendor.writes) == 1
        assert [each.key for each in work.journal.unfinished()] == ["work_mode"]


async def test_a_lane_lasts_no_longer_than_something_waits_in_it() -> None:
    async with desk() as work:
        for number in range(20):
            await work.rig.bridge.found(device(f"growatt_{number}"))
            work.send(80, owner=f"growatt_{number}")
        await work.pass_time(1)
        assert work.lanes == 0
        await work.pass_time(20)
        assert len(work.count.ended) == 20


# The broker


async def test_an_answer_for_which_there_was_no_room_is_given_again() -> None:
    async with desk() as work:
        work.broker.room = 0
        work.send(80)
        await work.pass_time(20)
        assert not work.broker.said
        work.broker.room = None
        await work.pass_time(70)
        assert statuses(work) == ["confirmed"]
        assert len([topic for topic, _, _ in work.broker.said if topic.endswith("audit")]) == 1
        await work.pass_time(3600)
        assert statuses(work) == ["confirmed"]


async def test_an_answer_on_its_way_is_not_given_again_before_it_counts_as_lost() -> None:
    async with desk() as work:
        receipts = work.broker.receipts = []
        work.send(80)
        await work.pass_time(65)
        assert statuses(work) == ["confirmed"]
        for receipt in receipts:
            receipt()
        await work.pass_time(3600)
        assert statuses(work) == ["confirmed"]


async def test_after_a_restart_the_answer_still_finds_its_sender() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    topic = "heliopost/bridge/response/mine"
    async with desk(vendor, kept, rig) as work:
        work.broker.connected = False
        work.send(80, response_topic=topic, correlation=b"\x00\xff")
        await work.pass_time(20)
    async with desk(vendor, kept, rig) as work:
        work.engine.on_connected()
        assert [(where, data) for where, _, data in work.broker.said] == [
            (topic, b"\x00\xff"),
            ("heliopost/bridge/audit", None),
            ("heliopost/device/growatt_abc/export_limit/result", None),
        ]
        work.engine.on_connected()
        assert len(work.broker.said) == 3


async def test_who_asks_twice_is_counted_and_audited_too() -> None:
    async with desk() as work:
        work.send({"value": 80, "id": "a"})
        work.send({"value": 80, "id": "a"})
        await work.pass_time(20)
        work.send({"value": 70, "id": "a"})
        assert [status for status, _ in work.count.ended] == ["duplicate", "confirmed", "conflict"]
        audits = [body for topic, body, _ in work.broker.said if topic == "heliopost/bridge/audit"]
        assert [body["status"] for body in audits] == ["duplicate", "confirmed", "conflict"]
        assert audits[0]["stage"] == "queued"


# The clock


async def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    async with desk(pause=timedelta(seconds=30), writes_per_day=2) as work:
        work.send(80)
        await work.pass_time(20)
        work.rig.clock._now = NOON - timedelta(days=400)
        for value in (70, 60):
            work.send(value)
            await work.pass_time(40)
        assert statuses(work) == ["confirmed", "confirmed", "confirmed"]
        assert all(seconds >= 0 for seconds in work.count.seconds)


async def test_a_clock_that_is_set_forward_does_not_rush_the_looks() -> None:
    vendor = Vendor()
    vendor.deaf = True
    async with desk(vendor) as work:
        work.send(80)
        await work.pass_time(1)
        work.rig.clock._now += timedelta(days=400)
        await work.pass_time(30)
        vendor.kept["export_limit"] = 80
        assert not statuses(work)
        await work.pass_time(60)
        assert statuses(work) == ["confirmed"]


# Deadlines


async def test_an_expiry_of_no_time_at_all_has_expired() -> None:
    async with desk() as work:
        work.send(80, expiry=0)
        work.send({"value": 80, "not_after": "2026-06-01T00:00:00+00:00"})
        await work.pass_time(20)
        assert [(answer["status"], answer["code"]) for answer in work.broker.results()] == [("expired", "expired")] * 2
        assert not work.vendor.looks


async def test_nothing_makes_more_of_a_message_s_own_expiry() -> None:
    async with desk() as work:
        async with work.turn:
            work.send({"value": 80, "ttl": 600}, expiry=5)
            await work.pass_time(6)
        await work.pass_time(1)
        assert statuses(work) == ["expired"]


async def test_nobody_expires_only_because_the_device_has_to_rest() -> None:
    async with desk(pause=timedelta(minutes=5)) as work:
        work.send(90)
        await work.pass_time(1)
        work.send(80)
        work.send("grid", "work_mode")
        work.send({"value": 25, "ttl": 60}, "discharge_stop_soc")
        await work.pass_time(620)
        assert statuses(work) == ["confirmed", "confirmed"]
        assert statuses(work, "work_mode") == ["confirmed"]
        assert statuses(work, "discharge_stop_soc") == ["expired"]


async def test_who_has_no_time_to_wait_for_other_parts_does_not() -> None:
    async with desk() as work:
        work.send("04:00", "charge_1_end", expiry=1)
        await work.pass_time(0.1)
        assert len(work.vendor.writes) == 1


async def test_an_expired_command_is_told_at_its_time() -> None:
    async with desk(pause=timedelta(minutes=10)) as work:
        work.send(90)
        await work.pass_time(1)
        work.send({"value": 80, "ttl": 30})
        await work.pass_time(31)
        assert statuses(work)[-1] == "expired"


async def test_what_comes_before_the_engine_runs_is_not_lost() -> None:
    kept: Any = database()
    async with desk(kept=kept, early=["80"]) as work:
        await work.pass_time(20)
        assert statuses(work) == ["confirmed"]


async def test_an_answer_that_is_on_its_way_is_given_again_only_on_a_new_connection() -> None:
    async with desk() as work:
        work.broker.receipts = []
        began = work.rig.clock.now()
        work.engine.on_connected(began)
        work.send(80)
        await work.pass_time(20)
        assert len(work.broker.results()) == 1
        work.engine.on_connected(began)  # the broker allows now what it denied
        assert len(work.broker.results()) == 1
        work.engine.on_connected(work.rig.clock.now())
        assert len(work.broker.results()) == 2


async def test_answers_are_given_again_before_anything_on_a_new_connection_waits() -> None:
    class Slow(Exception):
        pass

    heard: list[object] = []

    async def reconnected() -> None:
        raise Slow

    bridge: Any = Daemon.__new__(Daemon)
    bridge.broker = SimpleNamespace(since=NOON)
    bridge.commands = SimpleNamespace(on_connected=heard.append)
    bridge.homeassistant = SimpleNamespace(reconnected=reconnected)
    bridge._publish_info = lambda: None
    with pytest.raises(Slow):
        await bridge._connected()
    assert heard == [NOON]
