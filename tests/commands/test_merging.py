"""What is wanted of one device at the same time: bursts, parts of one setting, settings that share points."""

from datetime import timedelta
from typing import Any

import pytest

from app.commands.checks import conflict
from app.commands.journal import Command
from app.commands.lane import Lane
from app.model import Kind, Point, Range, Setting, Value
from tests.commands.rig import SETTINGS, Desk, desk, window
from tests.core.factory import NOON

A, B, C = (Point(key, key, kind=Kind.LEVEL, accepts=Range(0, 100)) for key in "abc")
ONE, TWO = Setting("one", (A, B)), Setting("two", (B, C))


def command(command_id: str, *, ttl: float = 60, dry_run: bool = False, **wanted: Value) -> Command:
    deadline = NOON + timedelta(seconds=ttl)
    return Command(command_id, "d", "k", "", NOON, deadline, requested=wanted, dry_run=dry_run)


def after(seconds: float) -> Any:
    return NOON + timedelta(seconds=seconds)


def ends(work: Desk, *keys: str) -> dict[str, tuple[str, Any]]:
    return {answer["id"]: (answer["status"], answer["observed"]) for key in keys for answer in work.broker.results(key)}


def ids(commands: Any) -> list[str]:
    return [each.id for each in commands]


# The lane


def test_a_newer_command_takes_the_place_of_older_ones_of_all_settings() -> None:
    lane = Lane()
    assert not lane.put(command("1", b=1), ONE, after(2))
    assert not lane.put(command("2", a=1), ONE, after(2))
    assert ids(lane.put(command("3", b=2, c=2), TWO, after(0))) == ["1"]
    first = lane.first()
    assert first is not None
    assert (first.setting.key, ids(first.commands)) == ("two", ["3"])


def test_what_shares_a_point_is_written_in_the_order_in_which_it_was_wanted() -> None:
    lane = Lane()
    lane.put(command("1", a=1, b=1), ONE, after(2))
    lane.put(command("2", b=2), TWO, after(0))
    lane.put(command("3", a=3), ONE, after(2))
    order = []
    while (batch := lane.first()) is not None:
        lane.take(batch)
        order.append((batch.setting.key, ids(batch.commands)))
    assert order == [("one", ["1", "3"]), ("two", ["2"])]


def test_a_part_with_less_time_takes_the_others_along() -> None:
    lane = Lane()
    lane.put(command("1", a=1), ONE, after(2))
    lane.put(command("2", b=1), ONE, after(0))
    first = lane.first()
    assert first is not None
    assert (first.due, ids(first.commands)) == (NOON, ["1", "2"])


def test_expired_parts_go_and_the_others_stay() -> None:
    lane = Lane()
    lane.put(command("1", ttl=1, a=1), ONE, after(5))
    lane.put(command("2", b=1), ONE, after(5))
    assert lane.deadline == after(1)
    assert ids(lane.expired(after(1))) == ["1"]
    assert (len(lane), lane.deadline) == (1, after(60))


def test_dry_runs_take_no_place_and_keep_theirs() -> None:
    lane = Lane()
    lane.put(command("1", a=1), ONE, after(2))
    assert not lane.put(command("2", dry_run=True, a=2), ONE, after(0))
    assert not lane.put(command("3", dry_run=True, a=3), ONE, after(0))
    assert ids(lane.put(command("4", a=4), ONE, after(2))) == ["1"]
    assert len(lane) == 3


# The engine


async def test_what_a_newer_part_wanted_otherwise_is_superseded_though_the_rest_was_written() -> None:
    async with desk() as work:
        async with work.turn:  # both wait
            work.send({"value": {"start": "04:00", "end": "06:00", "enabled": True}, "id": "whole"}, "charge_1")
            work.send({"value": "05:00", "id": "start"}, "charge_1_start")
            await work.pass_time(0)
        await work.pass_time(20)
        found = ends(work, "charge_1", "charge_1_start")
        assert found["start"] == ("confirmed", "05:00")
        assert found["whole"][0] in ("superseded", "confirmed")
        assert work.vendor.kept["charge_1_start"] == "05:00"
        assert work.vendor.kept["charge_1_end"] == "06:00"


async def test_parts_in_one_write_answer_for_what_was_theirs() -> None:
    async with desk() as work:
        work.send({"value": {"start": "04:00", "end": "06:00"}, "id": "both"}, "charge_1")
        work.send({"value": "05:00", "id": "start"}, "charge_1_start")
        await work.pass_time(20)
        assert work.vendor.writes == [{"charge_1_start": "05:00", "charge_1_end": "06:00", "charge_1_enabled": True}]
        found = ends(work, "charge_1", "charge_1_start")
        assert found == {"both": ("superseded", {"start": "05:00", "end": "06:00"}), "start": ("confirmed", "05:00")}


async def test_checks_run_on_what_the_parts_make_together() -> None:
    async with desk() as work:
        work.send("02:00", "charge_2_start")
        work.send("05:00", "charge_2_end")
        work.send("on", "charge_2_enabled")
        await work.pass_time(20)
        for part in ("start", "end", "enabled"):
            (answer,) = work.broker.results(f"charge_2_{part}")
            assert (answer["code"], "overlaps charge_1" in answer["message"]) == ("precondition_failed", True)


async def test_one_part_s_expectation_does_not_stop_the_others() -> None:
    async with desk() as work:
        work.send({"value": "00:30", "expect": "07:00", "id": "start"}, "charge_1_start")
        work.send({"value": "06:00", "id": "end"}, "charge_1_end")
        await work.pass_time(20)
        assert {name: end[0] for name, end in ends(work, "charge_1_start", "charge_1_end").items()} == {
            "start": "rejected",
            "end": "confirmed",
        }
        assert work.vendor.writes == [{"charge_1_start": "01:00", "charge_1_end": "06:00", "charge_1_enabled": True}]


async def test_a_composite_may_expect_some_of_its_fields() -> None:
    async with desk() as work:
        value = {"start": "04:00", "end": "06:00", "enabled": True}
        work.send({"value": value, "expect": {"enabled": False}, "id": "no"}, "charge_1")
        await work.pass_time(20)
        work.send({"value": value, "expect": {"start": "1:00", "enabled": "on"}, "id": "yes"}, "charge_1")
        await work.pass_time(20)
        assert {name: end[0] for name, end in ends(work, "charge_1").items()} == {"no": "rejected", "yes": "confirmed"}


async def test_a_dry_run_waits_for_nothing_and_knows_the_budget() -> None:
    async with desk(pause=timedelta(hours=1), writes_per_day=1) as work:
        work.send(80)
        await work.pass_time(1)
        work.send({"value": 70, "dry_run": True, "id": "dry"})
        await work.pass_time(1)
        assert ends(work, "export_limit")["dry"][0] == "rejected"


# The checks


@pytest.mark.parametrize("start", ["00:30", "02:00"])
def test_windows_that_are_off_count_as_well(start: str) -> None:
    settings = [window(1), window(2)]
    values: dict[str, Value] = {
        "charge_1_start": "01:00",
        "charge_1_end": "03:00",
        "charge_1_enabled": False,
        "charge_2_start": start,
        "charge_2_end": "05:00",
        "charge_2_enabled": True,
    }
    assert "also what is off counts" in (conflict(settings[1], settings, values, ["charge_2_start"]) or "")
    assert conflict(settings[1], settings, values | {"charge_2_enabled": False}, ["charge_2_enabled"]) is None


def test_what_was_wrong_before_stands_in_nobody_s_way() -> None:
    several = Setting("schedule", (*window(1).points, *window(2).points), ("charge_1", "charge_2"), "charge")
    values: dict[str, Value] = {
        "charge_1_start": "01:00",
        "charge_1_end": "03:00",
        "charge_1_enabled": True,
        "charge_2_start": "00:00",
        "charge_2_end": "00:00",
        "charge_2_enabled": True,
    }
    assert conflict(several, [several], values, ["charge_1_end"]) is None
    assert "same time" in (conflict(several, [several], values, ["charge_2_enabled"]) or "")
    stop = next(setting for setting in SETTINGS if setting.key == "discharge_stop_soc")
    wrong: dict[str, Value] = {"reserve_soc": 50, "discharge_stop_soc": 20}
    assert conflict(stop, SETTINGS, wrong, ["work_mode"]) is None
    assert conflict(stop, SETTINGS, wrong, ["discharge_stop_soc"]) is not None
