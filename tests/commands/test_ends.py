"""Exactly one end, whatever fails beside the command: the journal, the provider, the account, the broker, the clock."""

import sqlite3
from datetime import timedelta

import pytest

from app.commands.journal import Command, Journal
from app.commands.settings import CommandSettings
from app.errors import Doubtful, Refused, Unavailable
from app.model import AccountState, AccountStatus
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import Rig, device


class FullDisk(Journal):
    """A journal whose saves fail from one on, until there is room again."""

    def __init__(self, kept: sqlite3.Connection, fails_at: int) -> None:
        super().__init__(kept)
        self.fails_at, self.saves, self.full = fails_at, 0, True

    def save(self, *commands: Command, durable: bool = False) -> None:
        self.saves += 1
        if self.full and self.saves >= self.fails_at:
            msg = "database or disk is full"
            raise sqlite3.OperationalError(msg)
        super().save(*commands, durable=durable)


def statuses(work: Desk, key: str = "export_limit") -> list[str]:
    return [answer["status"] for answer in work.broker.results(key)]


# The journal


@pytest.mark.parametrize("fails_at", range(1, 8))
async def test_a_disk_that_fills_up_at_any_moment_costs_no_answer(fails_at: int) -> None:
    kept = database()
    journal = FullDisk(kept, fails_at)
    async with desk(kept=kept, journal=journal) as work:
        work.send(80)
        await work.pass_time(700)
        assert len(statuses(work)) == (1 if fails_at == 1 or not journal.saves >= fails_at else 0)
        journal.full = False
        await work.pass_time(30)
        assert len(statuses(work)) == 1
        assert len(work.vendor.writes) == (1 if fails_at > 3 else 0)
        assert statuses(work)[0] == ("confirmed" if fails_at > 3 else "rejected")
        work.send(70)
        await work.pass_time(30)
        assert statuses(work)[-1] == "confirmed"


@pytest.mark.parametrize("fails_at", range(1, 8))
async def test_nor_does_it_make_two_answers_over_a_restart(fails_at: int) -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig, journal=FullDisk(kept, fails_at)) as work:
        work.send(80)
        await work.pass_time(20)
    async with desk(vendor, kept, rig) as again:
        again.engine.on_connected()
        await again.pass_time(700)
        assert len(statuses(work) + statuses(again)) == 1
        assert len(vendor.writes) <= 1


async def test_a_journal_that_cannot_be_read_turns_a_command_away() -> None:
    kept = database()
    async with desk(kept=kept) as work:
        kept.execute("DROP TABLE command")
        work.send({"value": 80, "id": "a"})
        await work.pass_time(20)
        assert [answer["code"] for answer in work.broker.results()] == ["journal"]
        assert not work.vendor.writes


async def test_a_journal_that_cannot_be_read_from_the_start_ends_no_bridge() -> None:
    kept = database()
    kept.execute("DROP TABLE command")
    async with desk(kept=kept) as work:
        await work.pass_time(60)
        assert work.engine.notes(device()) == ()
        work.send(80)
        assert [answer["code"] for answer in work.broker.results()] == ["journal"]


async def test_what_is_too_old_or_too_much_is_forgotten_but_not_what_still_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.commands.journal.MOST", 5)
    async with desk() as work:
        work.send({"value": 80, "id": "sent", "revert_after": 300_000})
        await work.pass_time(20)
        for number in range(10):
            work.send({"value": 999, "id": str(number)})
            await work.pass_time(1)
        work.rig.clock.move(timedelta(hours=6))
        await work.pass_time(1)
        assert len(work.journal.newest(100)) == 6
        assert work.journal.named("sent")
        work.rig.clock.move(timedelta(days=4))
        await work.pass_time(60)
        assert work.vendor.kept["export_limit"] == 100
        work.rig.clock.move(timedelta(days=100))
        await work.pass_time(1)
        assert [each.source for each in work.journal.newest(100)] == []


# The provider


async def test_a_look_that_fails_over_what_nobody_foresaw_has_shown_nothing() -> None:
    async with desk() as work:
        work.send(80)
        await work.pass_time()
        work.vendor.dark = KeyError("bean")
        await work.pass_time(100)
        assert not statuses(work)
        work.vendor.dark = None
        await work.pass_time(300)
        assert statuses(work) == ["confirmed"]


async def test_what_the_vendor_refuses_takes_no_other_command_s_place_and_wears_nothing_out() -> None:
    async with desk(writes_per_day=1) as work:
        work.vendor.refusal = Refused("offline", "501")
        work.send(90)
        await work.pass_time(1)
        work.vendor.refusal = None
        work.send(80)
        await work.pass_time(1)
        work.vendor.refusal = Refused("offline", "501")
        work.send({"value": 70, "force": True})
        await work.pass_time(20)
        ends = {answer["requested"]: (answer["status"], answer["code"]) for answer in work.broker.results()}
        assert ends == {
            90: ("failed", "vendor_error"),
            80: ("confirmed", "confirmed"),
            70: ("rejected", "budget_exhausted"),
        }


async def test_a_refused_write_leaves_the_older_one_to_its_look() -> None:
    async with desk() as work:
        work.send(80)
        await work.pass_time(1)
        work.vendor.refusal = Refused("offline", "501")
        work.send(70)
        await work.pass_time(20)
        ends = {answer["requested"]: answer["status"] for answer in work.broker.results()}
        assert ends == {80: "confirmed", 70: "failed"}


async def test_what_was_never_sent_leaves_the_device_free_for_the_next() -> None:
    async with desk(pause=timedelta(hours=1)) as work:
        work.vendor.refusal = Unavailable("no route")
        work.send(90)
        await work.pass_time(1)
        assert "sent" not in work.broker.results()[0]["at"]
        work.vendor.refusal = None
        work.send(80)
        await work.pass_time(20)
        assert statuses(work) == ["failed", "confirmed"]


async def test_a_doubtful_write_is_looked_after_even_if_nobody_wanted_to_look() -> None:
    async with desk() as work:
        work.vendor.lost = Doubtful("no answer")
        work.send({"value": 80, "verify": False})
        await work.pass_time(20)
        assert statuses(work) == ["confirmed"]
        work.send("on", "hidden")
        await work.pass_time(20)
        (answer,) = work.broker.results("hidden")
        assert (answer["status"], "look whether it was carried out" in answer["message"]) == ("failed", True)


async def test_what_cannot_be_read_is_not_asked_for() -> None:
    async with desk() as work:
        work.send("on", "hidden")
        await work.pass_time(20)
        assert (statuses(work, "hidden"), work.vendor.looks) == (["unconfirmed"], 0)


async def test_the_vendor_s_clock_may_differ_from_ours() -> None:
    vendor = Vendor()
    vendor.stamp = lambda: vendor.now() - timedelta(minutes=3)
    vendor.clock_offset = timedelta(minutes=3)
    async with desk(vendor) as work:
        work.send(80)
        await work.pass_time(20)
        assert statuses(work) == ["confirmed"]


# The account and the device


async def test_a_device_that_goes_away_while_it_is_read_back_leaves_its_command_unconfirmed() -> None:
    async with desk() as work:
        work.send(80)
        await work.pass_time(1)
        await work.rig.bridge.lost("growatt_abc")
        await work.pass_time(700)
        assert [answer["code"] for answer in work.broker.results()] == ["verify_timeout"]


async def test_an_account_that_stops_while_a_command_waits_for_its_turn_is_not_written_through() -> None:
    async with desk() as work:
        async with work.turn:
            work.send(80)
            await work.pass_time(1)
            work.door = None
        await work.pass_time(1)
        assert [answer["code"] for answer in work.broker.results()] == ["not_ready"]
        assert not work.vendor.writes


async def test_an_account_that_is_exchanged_while_a_command_waits_is_written_through_its_new_door() -> None:
    async with desk() as work:
        async with work.turn:
            work.send(80)
            await work.pass_time(1)
            fresh = Vendor()
            work.exchange(fresh)
        await work.pass_time(20)
        assert statuses(work) == ["confirmed"]
        assert (len(fresh.writes), len(work.vendor.writes)) == (1, 0)


async def test_after_a_restart_the_account_may_take_its_time() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        work.send(80)
        await work.pass_time(1)
        work.send({"value": "04:00", "ttl": 300}, "charge_1_end")
        await work.pass_time(1)
    async with desk(vendor, kept, rig, shut=True) as work:
        await work.pass_time(60)
        assert not work.broker.said
        work.open()
        await work.pass_time(300)
        assert statuses(work) == ["confirmed"]
        assert statuses(work, "charge_1_end") == ["confirmed"]
        assert len(vendor.writes) == 2


def starting(rig: Rig, state: AccountState = AccountState.UNREACHABLE, reason: str = "") -> None:
    rig.bridge.accounts["home"] = AccountStatus("home", "growatt", "app", state, reason)


async def test_what_comes_before_the_account_has_found_its_devices_waits_for_that() -> None:
    rig, vendor = Rig(), Vendor()
    starting(rig)
    vendor.found = False
    async with desk(vendor, rig=rig) as work:
        await rig.bridge.lost("growatt_abc")
        work.send({"value": 80, "id": "a"})
        work.send({"value": 80, "id": "a"})
        await work.pass_time(20)
        await rig.bridge.found(device())
        await work.pass_time(10)
        assert statuses(work) == ["duplicate"]
        vendor.found = True
        await work.pass_time(20)
        assert statuses(work) == ["duplicate", "confirmed"]


async def test_if_it_does_not_find_them_in_time_that_is_said() -> None:
    rig, vendor = Rig(), Vendor()
    starting(rig)
    vendor.found = False
    async with desk(vendor, rig=rig) as work:
        work.send(80)
        await work.pass_time(62)
        assert [(answer["status"], answer["code"]) for answer in work.broker.results()] == [("failed", "not_ready")]


async def test_an_account_that_is_locked_from_the_beginning_says_so_at_once() -> None:
    rig, vendor = Rig(), Vendor()
    starting(rig, AccountState.LOCKED, "locked for 24 hours")
    vendor.found = False
    async with desk(vendor, rig=rig) as work:
        work.send(80)
        (answer,) = work.broker.results()
        assert (answer["code"], answer["message"]) == ("account_locked", "locked for 24 hours")


async def test_what_waited_for_an_account_that_does_not_come_back_expires() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        work.send({"value": "04:00", "ttl": 300}, "charge_1_end")
    async with desk(vendor, kept, rig, shut=True) as work:
        await work.pass_time(310)
        assert statuses(work, "charge_1_end") == ["expired"]


async def test_what_waited_is_not_written_once_commands_are_switched_off() -> None:
    for change, code in (({"enabled": False}, "commands_disabled"), ({"deny": ["*/*/charge_*"]}, "not_allowed")):
        vendor, kept, rig = Vendor(), database(), Rig()
        async with desk(vendor, kept, rig) as work:
            work.send("04:00", "charge_1_end")
        async with desk(vendor, kept, rig, **change) as work:
            await work.pass_time(20)
            assert [answer["code"] for answer in work.broker.results("charge_1_end")] == [code]
            assert not vendor.writes


async def test_a_reload_that_switches_commands_off_stops_what_still_waits() -> None:
    async with desk() as work:
        work.send("04:00", "charge_1_end")
        await work.pass_time(1)
        work.engine.configure(CommandSettings(enabled=False))
        await work.pass_time(5)
        assert [answer["code"] for answer in work.broker.results("charge_1_end")] == ["commands_disabled"]
        assert not work.vendor.looks


@pytest.mark.parametrize("minutes", [2, 60])
async def test_after_an_absence_it_is_looked_again_before_a_verdict(minutes: int) -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    vendor.deaf = True
    async with desk(vendor, kept, rig) as work:
        work.send(80)
        await work.pass_time(16)
    vendor.kept["export_limit"] = 80  # it has arrived meanwhile
    rig.clock.move(timedelta(minutes=minutes))
    vendor.dark = Unavailable("no network yet")
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(1)
        vendor.dark = None
        await work.pass_time(300)
        assert statuses(work) == ["confirmed"]


async def test_a_crash_before_the_older_was_ended_does_not_leave_it_to_a_wrong_verdict() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        work.send({"value": 80, "id": "old"})
        await work.pass_time(1)
        work.verifier_forgets()
        work.send({"value": 70, "id": "new"})
        await work.pass_time(1)
        assert not statuses(work)
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(20)
        assert {answer["id"]: answer["status"] for answer in work.broker.results()} == {
            "old": "superseded",
            "new": "confirmed",
        }
