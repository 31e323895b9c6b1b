"""A window is set by hand, part after part: what makes no sense alone waits for the other parts."""

from datetime import timedelta
from typing import Any

import pytest

from app.model import CommandStatus
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import Rig

SPLIT = "goes over midnight"


def stands(work: Desk, window: str = "slot_1") -> list[Any]:
    return [work.vendor.kept[f"{window}_{part}"] for part in ("start", "end", "enabled")]


async def by_hand(work: Desk, window: str, **parts: str) -> None:
    for part, value in parts.items():
        work.send(value, f"{window}_{part}")
        await work.pass_time(4)


def end(work: Desk, key: str) -> tuple[str, str]:
    answer = work.broker.results(key)[-1]
    return answer["status"], answer["code"]


@pytest.mark.parametrize(
    ("window", "parts"),
    [
        ("slot_1", {"start": "01:00", "end": "05:00", "enabled": "on"}),
        ("slot_1", {"enabled": "on", "start": "01:00", "end": "05:00"}),
        ("slot_1", {"enabled": "on", "end": "05:00", "start": "01:00"}),
        ("slot_2", {"start": "13:00", "end": "15:00"}),
        ("slot_2", {"end": "05:00", "start": "03:00"}),
        ("charge_2", {"enabled": "on", "start": "04:00", "end": "05:00"}),
        ("charge_1", {"start": "03:00", "end": "04:00"}),
    ],
    ids=str,
)
async def test_a_window_is_set_part_after_part(window: str, parts: dict[str, str]) -> None:
    async with desk() as work:
        await by_hand(work, window, **parts)
        await work.pass_time(40)
        assert [end(work, f"{window}_{part}") for part in parts] == [("confirmed", "confirmed")] * len(parts)
        start, over, on = stands(work, window)
        assert (start, over) == (parts["start"], parts["end"])
        assert on is True


async def test_what_waits_is_pending_and_says_for_what() -> None:
    async with desk() as work:
        await by_hand(work, "slot_1", start="01:00")
        (note,) = work.engine.notes(work.rig.bridge.store.device("growatt_abc"))  # type: ignore[arg-type]
        assert isinstance(note, CommandStatus)
        assert note.body["status"] == "pending"
        assert str(note.body["message"]).startswith("waits for other parts of slot_1, as long as it has time: ")
        assert SPLIT in str(note.body["message"])
        assert not work.broker.results("slot_1_start")
        assert not work.vendor.asked


async def test_without_the_other_parts_it_is_rejected_when_its_time_is_over_with_what_was_wrong() -> None:
    async with desk() as work:
        await by_hand(work, "slot_1", start="01:00")
        await work.pass_time(55)
        assert not work.broker.results("slot_1_start")
        await work.pass_time(2)
        (answer,) = work.broker.results("slot_1_start")
        assert (answer["status"], answer["code"]) == ("rejected", "precondition_failed")
        assert answer["message"].startswith("slot_1 goes over midnight")
        assert work.lanes == 0


async def test_the_other_part_is_not_made_to_wait_for_more_parts() -> None:
    async with desk(merge=timedelta(seconds=20)) as work:
        work.send("01:00", "slot_1_start")
        await work.pass_time(25)
        work.send("05:00", "slot_1_end")
        await work.pass_time(1)
        assert stands(work) == ["01:00", "05:00", False]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("slot_1_start", {"value": "01:00", "dry_run": True}, "a dry run"),
        ("slot_1", {"start": "05:00", "end": "01:00", "enabled": True}, "a whole"),
        ("slot_1", {"start": "05:00"}, "a whole, of which only one field is given"),
        ("discharge_stop_soc", {"value": 12}, "the reserve is another setting"),
    ],
)
async def test_what_no_other_part_could_mend_is_rejected_at_once(key: str, value: dict[str, Any], why: str) -> None:
    async with desk() as work:
        work.send(value, key)
        await work.pass_time(3)
        assert end(work, key) == ("rejected", "precondition_failed"), why


async def test_start_and_end_that_cannot_be_together_are_rejected_as_soon_as_both_are_there() -> None:
    async with desk() as work:
        await by_hand(work, "slot_1", start="23:00", end="05:00")
        for part in ("start", "end"):
            assert end(work, f"slot_1_{part}") == ("rejected", "precondition_failed")
        assert not work.vendor.asked


async def test_limits_are_moved_one_after_the_other() -> None:
    async with desk() as work:
        work.send(90, "soc_low")
        await work.pass_time(4)
        assert not work.broker.results("soc_low")
        work.send(95, "soc_high")
        await work.pass_time(20)
        assert (work.vendor.kept["soc_low"], work.vendor.kept["soc_high"]) == (90, 95)
        assert len(work.vendor.writes) == 1


async def test_what_waits_holds_up_nothing_else() -> None:
    async with desk() as work:
        await by_hand(work, "slot_1", start="01:00")
        work.send(80)
        await work.pass_time(20)
        assert end(work, "export_limit") == ("confirmed", "confirmed")
        assert not work.broker.results("slot_1_start")


async def test_a_newer_value_of_what_waits_takes_its_place() -> None:
    async with desk() as work:
        await by_hand(work, "slot_1", start="01:00")
        await by_hand(work, "slot_1", start="00:00")
        assert [answer["status"] for answer in work.broker.results("slot_1_start")] == ["superseded", "no_change"]
        assert work.lanes == 0


async def test_what_waits_goes_on_waiting_after_a_restart() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        await by_hand(work, "slot_1", start="01:00")
    async with desk(vendor, kept, rig) as work:
        await by_hand(work, "slot_1", end="05:00")
        await work.pass_time(20)
        assert stands(work) == ["01:00", "05:00", False]
        await by_hand(work, "slot_2", start="13:00")
    rig.clock.move(timedelta(minutes=5))
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(5)
        assert end(work, "slot_2_start") == ("rejected", "precondition_failed")
