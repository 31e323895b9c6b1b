"""Checked, merged, waiting, undone, restarted: one write at a time, each with its answer."""

import asyncio
from datetime import timedelta
from typing import Any

from app.model import CommandStatus
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import Rig


async def end(work: Desk, key: str = "export_limit", seconds: float = 20) -> dict[str, Any]:
    await work.pass_time(seconds)
    answers = work.broker.results(key)
    assert len(answers) == 1, answers
    return answers[0]


# Expectations and checks


async def test_an_expectation_that_does_not_hold_stops_the_write() -> None:
    async with desk() as work:
        work.send({"value": 80, "expect": 50})
        answer = await end(work)
        assert (answer["code"], answer["previous"]) == ("precondition_failed", 100)
        work.send({"value": 80, "expect": 100})
        await work.pass_time(20)
        assert work.broker.results()[-1]["status"] == "confirmed"


async def test_windows_must_not_overlap() -> None:
    async with desk() as work:
        work.send({"start": "02:00", "end": "04:00", "enabled": True}, "charge_2")
        answer = await end(work, "charge_2")
        assert answer["code"] == "precondition_failed"
        assert "overlaps charge_1" in answer["message"]
        work.send({"start": "03:00", "end": "04:00", "enabled": True}, "charge_2")
        await work.pass_time(20)
        assert work.broker.results("charge_2")[-1]["status"] == "confirmed"
        assert work.broker.results("charge_2")[-1]["observed"] == {"start": "03:00", "end": "04:00", "enabled": True}


async def test_a_window_over_midnight_counts_on_both_days() -> None:
    async with desk() as work:
        work.send({"start": "23:00", "end": "01:30", "enabled": True}, "charge_2")
        assert "overlaps" in (await end(work, "charge_2"))["message"]


async def test_the_stop_must_not_be_below_the_reserve() -> None:
    async with desk() as work:
        work.send(12, "discharge_stop_soc")
        assert (await end(work, "discharge_stop_soc"))["code"] == "precondition_failed"
        work.send(25, "reserve_soc")
        assert (await end(work, "reserve_soc"))["code"] == "precondition_failed"


async def test_parts_that_nobody_knows_must_be_sent_along() -> None:
    async with desk() as work:
        del work.vendor.kept["charge_1_start"]
        work.send("04:00", "charge_1_end")
        answer = await end(work, "charge_1_end")
        assert "charge_1_start" in answer["message"]


# Bursts, parts, one at a time


async def test_a_slider_s_burst_ends_in_its_newest_value() -> None:
    vendor = Vendor()
    vendor.gate = asyncio.Event()
    async with desk(vendor) as work:
        for value in (90, 80, 70, 60):
            work.send(value)
            await work.pass_time()
        vendor.gate.set()
        await work.pass_time(20)
        assert [write["export_limit"] for write in vendor.writes] == [90, 60]
        ends = {answer["requested"]: answer["status"] for answer in work.broker.results()}
        assert ends == {90: "superseded", 80: "superseded", 70: "superseded", 60: "confirmed"}


async def test_a_device_tells_of_the_newest_command_of_a_point_not_of_the_last_to_end() -> None:
    vendor = Vendor()
    vendor.gate = asyncio.Event()
    async with desk(vendor) as work:

        def told() -> list[tuple[object, object]]:
            notes = [news.body for news in work.rig.outlet.news if isinstance(news, CommandStatus)]
            return [(note["requested"], note["status"]) for note in notes]

        for value in (90, 80, 70):
            work.send(value)
            await work.pass_time()
        assert told() == [(90, "pending"), (80, "pending"), (70, "pending")]
        vendor.gate.set()
        await work.pass_time(20)
        assert told()[3:] == [(70, "confirmed")]


async def test_what_gives_way_to_its_whole_window_is_pending_no_longer() -> None:
    async with desk() as work:
        work.send("04:00", "charge_1_start")
        await work.pass_time(0.5)
        work.send({"start": "05:00", "end": "06:00", "enabled": True}, "charge_1")
        await work.pass_time(30)
        notes = [news for news in work.rig.outlet.news if isinstance(news, CommandStatus)]
        newest = {note.key: note.body["status"] for note in notes}
        assert newest == {"charge_1_start": "superseded", "charge_1": "confirmed"}


async def test_parts_of_a_window_become_one_write_each_with_its_answer() -> None:
    async with desk() as work:
        work.send("04:00", "charge_1_start")
        await work.pass_time(0.5)
        work.send("06:00", "charge_1_end")
        await work.pass_time(0.5)
        work.send("off", "charge_1_enabled")
        await work.pass_time(20)
        assert work.vendor.writes == [{"charge_1_start": "04:00", "charge_1_end": "06:00", "charge_1_enabled": False}]
        for part, value in (("start", "04:00"), ("end", "06:00"), ("enabled", False)):
            answers = work.broker.results(f"charge_1_{part}")
            assert [(answer["status"], answer["observed"]) for answer in answers] == [("confirmed", value)]


async def test_a_write_does_not_wait_for_another_setting_s_parts() -> None:
    async with desk() as work:
        work.send("04:00", "charge_1_end")
        await work.pass_time(0.1)
        work.send(80)
        await work.pass_time(0.1)
        assert work.vendor.writes == [{"export_limit": 80}]


async def test_a_device_is_written_once_at_a_time() -> None:
    vendor = Vendor()
    vendor.gate = asyncio.Event()
    async with desk(vendor) as work:
        work.send(80)
        work.send("grid", "work_mode")
        await work.pass_time(1)
        assert vendor.looks == 1
        vendor.gate.set()
        await work.pass_time(1)
        assert len(vendor.writes) == 2


async def test_a_command_goes_before_the_polls_that_wait() -> None:
    async with desk() as work:
        order = []

        async def poll(name: str) -> None:
            async with work.turn:
                order.append((name, len(work.vendor.writes)))
                await work.rig.clock.sleep(timedelta(seconds=1))

        polls = [asyncio.create_task(poll(name)) for name in "ab"]
        await work.pass_time()
        work.send(80)
        await work.pass_time(5)
        assert order == [("a", 0), ("b", 1)]
        await asyncio.gather(*polls)


async def test_a_device_rests_between_writes() -> None:
    async with desk(pause=timedelta(seconds=30)) as work:
        work.send(80)
        await work.pass_time(1)
        work.send("grid", "work_mode")
        await work.pass_time(25)
        assert len(work.vendor.writes) == 1
        await work.pass_time(10)
        assert len(work.vendor.writes) == 2


async def test_what_has_waited_too_long_has_expired() -> None:
    vendor = Vendor()
    vendor.gate = asyncio.Event()
    async with desk(vendor) as work:
        work.send(80)
        work.send({"value": "grid", "ttl": 10}, "work_mode")
        await work.pass_time(11)
        vendor.gate.set()
        await work.pass_time(1)
        assert work.broker.results("work_mode")[0]["status"] == "expired"
        assert vendor.writes == [{"export_limit": 80}]


async def test_the_message_s_own_expiry_is_the_deadline() -> None:
    async with desk(pause=timedelta(seconds=30)) as work:
        work.send(80)
        await work.pass_time(1)
        work.send(70, expiry=5)
        await work.pass_time(60)
        ends = {answer["requested"]: answer["status"] for answer in work.broker.results()}
        assert ends == {80: "confirmed", 70: "expired"}


async def test_a_device_s_writes_a_day_are_limited() -> None:
    async with desk(writes_per_day=2) as work:
        for value in (80, 70, 60):
            work.send(value)
            await work.pass_time(20)
        assert [answer["code"] for answer in work.broker.results()] == ["confirmed", "confirmed", "budget_exhausted"]
        assert work.count.left() == {"growatt_abc": 0}
        await work.pass_time(86400)
        work.send(60)
        await work.pass_time(20)
        assert work.broker.results()[-1]["status"] == "confirmed"


# Undoing


async def test_a_command_can_be_undone_by_its_id() -> None:
    async with desk() as work:
        work.send({"value": 80, "id": "a"})
        await work.pass_time(20)
        answer = await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        assert work.vendor.kept["export_limit"] == 100
        last = work.broker.results()[-1]
        assert (last["id"], last["undoes"], last["status"]) == (answer["command"], "a", "confirmed")


async def test_what_is_for_a_while_only_is_taken_back_also_over_a_restart() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        work.send({"value": 80, "revert_after": 3600})
        assert (await end(work))["revert_at"]
    await rig.clock.advance(timedelta(minutes=30))
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(1700)
        assert vendor.kept["export_limit"] == 80
        await work.pass_time(200)
        assert vendor.kept["export_limit"] == 100
        assert [answer["source"] for answer in work.broker.results()] == ["revert"]


# Restarts


async def test_after_a_restart_what_was_sent_is_looked_after_and_not_sent_again() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    vendor.gate = asyncio.Event()
    async with desk(vendor, kept, rig) as work:
        work.send(80)
        await work.pass_time()
    vendor.gate = None
    vendor.kept["export_limit"] = 80
    async with desk(vendor, kept, rig) as work:
        assert (await end(work))["status"] == "confirmed"
        assert not vendor.writes


async def test_after_a_restart_what_waited_goes_on_or_has_expired() -> None:
    for seconds, status in ((10, "confirmed"), (100, "expired")):
        vendor, kept, rig = Vendor(), database(), Rig()
        async with desk(vendor, kept, rig, merge=timedelta(seconds=5)) as work:
            work.send("04:00", "charge_1_end")
            await work.pass_time()
        await rig.clock.advance(timedelta(seconds=seconds))
        async with desk(vendor, kept, rig) as work:
            assert (await end(work, "charge_1_end"))["status"] == status


async def test_after_a_restart_an_answer_that_the_broker_has_not_taken_is_given() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        work.broker.connected = False
        work.send(80)
        await work.pass_time(20)
    async with desk(vendor, kept, rig) as work:
        work.engine.on_connected()
        assert [answer["status"] for answer in work.broker.results()] == ["confirmed"]


async def test_without_a_journal_nothing_is_written() -> None:
    kept = database()
    async with desk(kept=kept) as work:
        kept.execute("PRAGMA query_only = ON")
        work.send(80)
        answer = await end(work)
        assert (answer["status"], answer["code"]) == ("rejected", "journal")
        assert not work.vendor.writes


async def test_the_newest_commands_can_be_listed() -> None:
    async with desk() as work:
        work.send(80)
        await work.pass_time(1)
        work.send("grid", "work_mode")
        listed = work.engine.listed(5)
        assert [(each["point"], each["stage"]) for each in listed] == [
            ("work_mode", "queued"),
            ("export_limit", "verifying"),
        ]


async def test_an_account_that_is_not_running_cannot_be_written() -> None:
    async with desk() as work:
        work.door = None
        work.send(80)
        assert (await end(work))["code"] == "not_ready"
