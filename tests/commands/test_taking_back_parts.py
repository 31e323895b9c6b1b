"""Taking back what is one of several: fields of a composite, parts of one write, what is still being read back."""

from typing import Any

import pytest

from app.errors import CommandError, Doubtful, Unavailable
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import Rig

DEVICE = "growatt_abc"
NIGHT = {"start": "22:00", "end": "23:00", "enabled": False}


def stands(work: Desk) -> list[Any]:
    return [work.vendor.kept[f"charge_1_{part}"] for part in ("start", "end", "enabled")]


def last(work: Desk, key: str) -> dict[str, Any]:
    return work.broker.results(key)[-1]


async def changed(work: Desk, value: object, key: str = "export_limit", **more: Any) -> None:
    work.send({"value": value, **more}, key)
    await work.pass_time(20)
    assert last(work, key)["status"] == "confirmed"


# By itself


@pytest.mark.parametrize("seconds", [12, 300])
async def test_a_field_that_is_changed_during_the_read_back_does_not_keep_the_others(seconds: int) -> None:
    async with desk() as work:
        work.send({"value": NIGHT, "revert_after": seconds}, "charge_1")
        await work.pass_time(3)
        work.send("23:30", "charge_1_end")
        await work.pass_time(40)
        answer = last(work, "charge_1") if seconds == 300 else work.broker.results("charge_1")[0]
        assert (answer["status"], "charge_1_end" in answer["message"]) == ("superseded", True)
        assert "revert_at" in answer
        await work.pass_time(400)
        assert stands(work) == ["01:00", "23:30", True]


async def test_fields_that_still_stand_as_wanted_are_restored_and_the_others_named() -> None:
    async with desk() as work:
        await changed(work, {"start": "02:00", "end": "04:00", "enabled": False}, "charge_1", revert_after=300)
        await changed(work, "05:00", "charge_1_end")
        await work.pass_time(400)
        assert stands(work) == ["01:00", "05:00", True]
        answer = last(work, "charge_1")
        assert (answer["source"], answer["status"], answer["requested"]) == (
            "revert",
            "confirmed",
            {"start": "01:00", "enabled": True},
        )


async def test_what_somebody_else_has_changed_is_left_and_said() -> None:
    async with desk() as work:
        await changed(work, {"start": "02:00", "end": "04:00", "enabled": False}, "charge_1", revert_after=300)
        work.vendor.kept["charge_1_end"] = "05:00"
        await work.pass_time(400)
        assert stands(work) == ["01:00", "05:00", True]
        assert last(work, "charge_1")["message"] == "left as it is, because it was changed since: charge_1_end"


async def test_the_same_wanted_for_good_of_one_field_stays_and_the_rest_is_restored() -> None:
    async with desk() as work:
        await changed(work, {"start": "02:00", "end": "04:00", "enabled": False}, "charge_1", revert_after=300)
        work.send("04:00", "charge_1_end")
        await work.pass_time(400)
        assert stands(work) == ["01:00", "04:00", True]


async def test_what_a_lost_newer_command_has_not_changed_is_taken_back_all_the_same() -> None:
    async with desk() as work:
        work.send({"value": 80, "revert_after": 900})
        await work.pass_time(3)
        work.vendor.deaf, work.vendor.lost = True, Doubtful("no answer")
        work.send(60)
        await work.pass_time(700)
        assert [answer["status"] for answer in work.broker.results()] == ["superseded", "failed"]
        work.vendor.deaf, work.vendor.lost = False, None
        await work.pass_time(300)
        assert work.vendor.kept["export_limit"] == 100


async def test_two_for_a_while_one_right_after_the_other_go_back_to_what_was_before_both() -> None:
    async with desk() as work:
        work.send({"value": 80, "revert_after": 300})
        await work.pass_time(3)
        work.send({"value": 60, "revert_after": 300})
        await work.pass_time(400)
        assert work.vendor.kept["export_limit"] == 100
        assert len(work.vendor.writes) == 3


async def test_a_field_changed_during_the_read_back_is_known_over_a_restart() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        value = {"start": "02:00", "end": "04:00", "enabled": False}
        work.send({"value": value, "revert_after": 300}, "charge_1")
        await work.pass_time(3)
        work.send("05:00", "charge_1_end")
        await work.pass_time(3)
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(400)
        assert stands(work) == ["01:00", "05:00", True]


# On request


async def test_undo_within_the_read_back_takes_back_the_newest_and_not_an_older_one() -> None:
    async with desk() as work:
        await changed(work, "grid", "work_mode")
        work.send({"value": 80, "id": "a"})
        await work.pass_time(3)
        answer = await work.engine.undo({"device": DEVICE})
        await work.pass_time(20)
        assert answer["undoes"] == "a"
        assert (work.vendor.kept["export_limit"], work.vendor.kept["work_mode"]) == (100, "grid")
        assert [each["status"] for each in work.broker.results()] == ["superseded", "confirmed"]


async def test_a_cloud_that_still_shows_the_old_value_does_not_make_an_undo_do_nothing() -> None:
    async with desk() as work:
        work.send({"value": 80, "id": "a"})
        await work.pass_time(3)
        work.vendor.kept["export_limit"] = 100.0  # as the cloud shows it until the device has taken it over
        await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        assert work.vendor.writes == [{"export_limit": 80}, {"export_limit": 100}]


async def test_undo_takes_nothing_older_back_while_the_newest_has_not_been_sent() -> None:
    async with desk() as work:
        await changed(work, "grid", "work_mode")
        async with work.turn:
            work.send({"value": 80, "id": "a"})
            await work.pass_time()
            for request in ({"device": DEVICE}, {"command": "a"}):
                with pytest.raises(CommandError, match="still under way"):
                    await work.engine.undo(request)
        await work.pass_time(20)
        assert (work.vendor.kept["export_limit"], work.vendor.kept["work_mode"]) == (80, "grid")


async def test_undo_after_a_form_takes_back_all_of_its_write() -> None:
    async with desk() as work:
        await changed(work, "grid", "work_mode")
        for part, value in (("start", "22:00"), ("end", "23:00"), ("enabled", "off")):
            work.send({"value": value, "id": part}, f"charge_1_{part}")
        await work.pass_time(20)
        assert stands(work) == ["22:00", "23:00", False]
        answer = await work.engine.undo({"device": DEVICE})
        await work.pass_time(20)
        assert stands(work) == ["01:00", "03:00", True]
        assert answer["commands"] == ["undo-start", "undo-end", "undo-enabled"]
        assert len(work.vendor.writes) == 3, "one to undo them all"
        assert (await work.engine.undo({"device": DEVICE}))["command"].startswith("undo-")
        await work.pass_time(20)
        assert work.vendor.kept["work_mode"] == "load"


async def test_undo_of_a_composite_restores_what_still_stands_as_it_wanted() -> None:
    async with desk() as work:
        await changed(work, {"start": "02:00", "end": "04:00", "enabled": False}, "charge_1", id="a")
        work.vendor.kept["charge_1_start"] = "03:30"
        await work.engine.undo({"command": "a"})
        await work.pass_time(20)
        assert stands(work) == ["03:30", "03:00", True]
        await work.engine.undo({"command": "a", "force": True})
        await work.pass_time(20)
        assert stands(work) == ["01:00", "03:00", True]


async def test_what_was_superseded_and_never_sent_cannot_be_undone() -> None:
    async with desk() as work:
        async with work.turn:
            work.send({"value": 70, "id": "first"}, "discharge_stop_soc")
            await work.pass_time()
            work.send({"value": 80, "id": "a"})
            work.send({"value": 60, "id": "b"})
        work.vendor.dark = Unavailable("no route")
        await work.pass_time(100)
        with pytest.raises(CommandError, match="nothing that could be restored"):
            await work.engine.undo({"command": "a"})
