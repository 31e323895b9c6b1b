"""Taking back: on request, and by itself; never what somebody else has changed since, and never only once tried."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.errors import CommandError, Doubtful, Refused, Unavailable
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import Rig


def ends(work: Desk, key: str = "export_limit") -> list[tuple[str, str, str]]:
    return [(answer.get("source", ""), answer["status"], answer["code"]) for answer in work.broker.results(key)]


async def changed(work: Desk, value: object = 80, key: str = "export_limit", **more: Any) -> None:
    work.send({"value": value, **more}, key)
    await work.pass_time(20)
    assert work.broker.results(key)[-1]["status"] == "confirmed"


# On request


async def test_nothing_is_undone_that_somebody_has_changed_since_unless_forced() -> None:
    async with desk() as work:
        await changed(work, id="a")
        work.vendor.kept["export_limit"] = 55
        await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        assert ends(work)[-1] == ("undo", "rejected", "precondition_failed")
        await work.engine.undo({"command": "a", "force": True})
        await work.pass_time(20)
        assert work.vendor.kept["export_limit"] == 100


async def test_undoing_what_is_undone_already_changes_nothing() -> None:
    async with desk() as work:
        await changed(work, id="a")
        work.vendor.kept["export_limit"] = 100
        await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        assert ends(work)[-1] == ("undo", "no_change", "no_change")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enabled": False}, "commands_disabled"),
        ({"deny": ["*/*/export_limit"]}, "not_allowed"),
        ({"allow": ["*/*/work_mode"]}, "not_allowed"),
    ],
)
async def test_undoing_goes_by_the_same_rules_as_any_change(change: dict[str, Any], code: str) -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        await changed(work, id="a")
    async with desk(vendor, kept, rig, **change) as work:
        with pytest.raises(CommandError) as caught:
            await work.engine.undo({"command": "a"})
        assert caught.value.code == code
        await work.pass_time(60)
        assert len(vendor.writes) == 1


async def test_undoing_something_dangerous_asks_for_the_token_again() -> None:
    async with desk(allow_dangerous=True, confirm_token="open sesame") as work:
        await changed(work, "b", "grid_code", confirm="open sesame", id="a")
        with pytest.raises(CommandError, match="token"):
            await work.engine.undo({"command": "a"})
        await work.engine.undo({"command": "a", "confirm": "open sesame"})
        await work.pass_time(20)
        assert work.vendor.kept["grid_code"] == "a"


async def test_an_id_at_two_places_has_to_be_told_apart() -> None:
    async with desk() as work:
        await changed(work, id="a")
        await changed(work, "grid", "work_mode", id="a")
        with pytest.raises(CommandError, match="several commands"):
            await work.engine.undo({"command": "a"})
        await work.engine.undo({"command": "a", "device": "growatt_abc", "point": "export_limit"})
        await work.pass_time(20)
        assert (work.vendor.kept["export_limit"], work.vendor.kept["work_mode"]) == (100, "grid")


async def test_long_ids_that_differ_at_their_end_are_undone_each_for_itself() -> None:
    async with desk() as work:
        for number, value in enumerate((80, 60)):
            await changed(work, value, id="x" * 63 + str(number))
        for number, value in ((1, 80), (0, 100)):
            await work.engine.undo({"command": "x" * 63 + str(number)})
            await work.pass_time(20)
            assert work.vendor.kept["export_limit"] == value
        assert len({answer["id"] for answer in work.broker.results()}) == 4


async def test_an_undo_s_own_id_does_not_take_the_place_of_a_sender_s() -> None:
    async with desk() as work:
        await changed(work, 90, id="undo-a")
        await changed(work, 80, id="a")
        answer = await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        assert answer["command"] != "undo-a"
        assert [each.status for each in work.journal.named("undo-a")] == ["confirmed"]


async def test_what_was_lost_on_its_way_and_may_have_arrived_can_be_undone() -> None:
    async with desk() as work:
        work.vendor.lost = Doubtful("no answer")
        work.send({"value": 80, "id": "a"})
        await work.pass_time()
        work.vendor.lost, work.vendor.dark = None, Unavailable("no route")
        await work.pass_time(700)
        assert ends(work) == [("", "failed", "vendor_unreachable")]
        work.vendor.dark = None
        await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        assert work.vendor.kept["export_limit"] == 100


# By itself


async def test_a_revert_leaves_alone_what_somebody_has_changed_since() -> None:
    async with desk() as work:
        await changed(work, revert_after=300)
        work.vendor.kept["export_limit"] = 55
        await work.pass_time(4000)
        assert work.vendor.kept["export_limit"] == 55
        assert ends(work)[1:] == [("revert", "rejected", "precondition_failed")]


async def test_the_time_counts_from_the_write_and_not_from_its_confirmation() -> None:
    async with desk() as work:
        work.send({"value": 80, "revert_after": 30})
        await work.pass_time(29)
        assert work.vendor.kept["export_limit"] == 80
        await work.pass_time(2)
        assert work.vendor.kept["export_limit"] == 100


async def test_the_same_wanted_for_good_meanwhile_stays() -> None:
    async with desk() as work:
        await changed(work, revert_after=300)
        work.send(80)
        await work.pass_time(1000)
        assert ends(work)[-1] == ("", "no_change", "no_change")
        assert work.vendor.kept["export_limit"] == 80


async def test_the_same_wanted_again_for_a_while_lasts_longer_and_goes_back_to_the_beginning() -> None:
    async with desk() as work:
        await changed(work, revert_after=300)
        await work.pass_time(200)
        work.send({"value": 80, "revert_after": 300})
        await work.pass_time(250)
        assert work.vendor.kept["export_limit"] == 80
        await work.pass_time(100)
        assert work.vendor.kept["export_limit"] == 100


async def test_something_else_for_a_while_goes_back_to_what_was_before_both() -> None:
    async with desk() as work:
        await changed(work, revert_after=300)
        await changed(work, 60, revert_after=600)
        await work.pass_time(400)
        assert work.vendor.kept["export_limit"] == 60
        await work.pass_time(300)
        assert work.vendor.kept["export_limit"] == 100
        assert len(work.vendor.writes) == 3


async def test_what_was_undone_is_not_reverted_once_more() -> None:
    async with desk() as work:
        await changed(work, revert_after=300, id="a")
        await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        work.vendor.kept["export_limit"] = 80  # by somebody else, for good
        await work.pass_time(4000)
        assert work.vendor.kept["export_limit"] == 80


async def test_a_newer_command_that_is_refused_does_not_save_what_was_for_a_while() -> None:
    async with desk() as work:
        await changed(work, revert_after=300)
        work.vendor.refusal = Refused("no")
        work.send(60)
        await work.pass_time(20)
        work.vendor.refusal = None
        await work.pass_time(400)
        assert work.vendor.kept["export_limit"] == 100


@pytest.mark.parametrize("trouble", ["refusal", "dark"])
async def test_a_revert_that_fails_is_told_and_tried_again(trouble: str) -> None:
    async with desk() as work:
        await changed(work, revert_after=300)
        setattr(work.vendor, trouble, Unavailable("no route"))
        await work.pass_time(700)
        assert {end[1:] for end in ends(work)[1:]} == {("failed", "vendor_unreachable")}
        setattr(work.vendor, trouble, None)
        await work.pass_time(3700)
        assert work.vendor.kept["export_limit"] == 100
        assert ends(work)[-1] == ("revert", "confirmed", "confirmed")


async def test_a_revert_is_not_tried_for_ever() -> None:
    async with desk() as work:
        await changed(work, revert_after=300)
        work.vendor.refusal = Refused("no")
        for _ in range(40):
            work.rig.clock.move(timedelta(hours=2))
            await work.pass_time(5)
        assert len(ends(work)) == 32
        assert not work.journal.to_revert()


@pytest.mark.parametrize("obstacle", ["shut", "disabled"])
async def test_a_revert_waits_for_its_account_and_for_commands_to_be_on(obstacle: str) -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        await changed(work, revert_after=300)
    async with desk(vendor, kept, rig, shut=obstacle == "shut", enabled=obstacle != "disabled") as work:
        await work.pass_time(1000)
        assert (len(vendor.writes), ends(work)) == (1, [])
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(3600)
        assert vendor.kept["export_limit"] == 100


@pytest.mark.parametrize("obstacle", ["shut", "disabled"])
async def test_a_revert_whose_account_stays_away_is_given_up_but_not_for_commands_being_off(obstacle: str) -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        await changed(work, revert_after=300)
    async with desk(vendor, kept, rig, shut=obstacle == "shut", enabled=obstacle != "disabled") as work:
        for _ in range(40):
            rig.clock.move(timedelta(hours=2))
            await work.pass_time(5)
        assert len(work.journal.to_revert()) == (obstacle == "disabled")
        assert (len(vendor.writes), ends(work)) == (1, [])


async def test_a_crash_in_the_middle_of_a_revert_costs_neither_it_nor_a_second_one() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        await changed(work, revert_after=30)
        vendor.gate = asyncio.Event()
        await work.pass_time(20)  # it hangs in the write
    vendor.gate = None
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(3600)
        assert vendor.kept["export_limit"] == 100
        assert len(vendor.writes) == 2


async def test_the_write_budget_does_not_keep_what_was_for_a_while() -> None:
    async with desk(writes_per_day=1) as work:
        await changed(work, revert_after=300)
        await work.pass_time(400)
        assert work.vendor.kept["export_limit"] == 100


async def test_a_late_receipt_of_an_answer_does_not_bring_a_revert_back() -> None:
    async with desk() as work:
        receipts: list[Any] = []
        work.broker.receipts = receipts
        work.send({"value": 80, "revert_after": 20})
        await work.pass_time(60)
        work.vendor.kept["export_limit"] = 80
        for receipt in receipts:
            receipt()
        await work.pass_time(7200)
        assert work.vendor.kept["export_limit"] == 80


async def test_what_could_not_be_taken_back_is_not_done_for_a_while() -> None:
    async with desk() as work:
        work.send({"value": "on", "revert_after": 300}, "hidden")
        await work.pass_time(20)
        assert ends(work, "hidden") == [("", "rejected", "precondition_failed")]
        assert not work.vendor.writes


async def test_what_may_have_arrived_is_taken_back_all_the_same() -> None:
    async with desk() as work:
        work.vendor.lost = Doubtful("no answer")
        work.send({"value": 80, "revert_after": 900})
        await work.pass_time()
        work.vendor.lost, work.vendor.dark = None, Unavailable("no route")
        await work.pass_time(700)
        assert ends(work) == [("", "failed", "vendor_unreachable")]
        work.vendor.dark = None
        await work.pass_time(400)
        assert work.vendor.kept["export_limit"] == 100
