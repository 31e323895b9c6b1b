"""The look before a write: tried again while nothing has been sent; and what is said when it does not come about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import AGAIN, Doubtful, ProtocolError, Refused, Unavailable
from app.model import AccountState, AccountStatus, Device, Reading, Setting
from tests.commands.rig import Vendor, database, desk
from tests.core.factory import Rig

DARK = Unavailable(f"no answer from the server in time; {AGAIN}; if it goes on for hours, look")


@pytest.mark.parametrize("trouble", [DARK, ProtocolError("no JSON")])
async def test_a_look_that_fails_once_costs_no_command(trouble: Exception) -> None:
    async with desk() as work:
        work.vendor.dark = trouble
        work.send(80)
        await work.pass_time(1)
        work.vendor.dark = None
        await work.pass_time(25)
        assert [answer["status"] for answer in work.broker.results()] == ["confirmed"]
        assert len(work.vendor.asked) == 1


async def test_others_have_their_turn_between_two_looks() -> None:
    async with desk() as work:
        work.vendor.dark = DARK
        work.send(80)
        await work.pass_time(1)
        assert not work.turn.locked()


async def test_after_three_looks_it_is_over_and_nothing_promises_another_try() -> None:
    async with desk() as work:
        work.vendor.dark = DARK
        work.send(80)
        await work.pass_time(9)
        assert not work.broker.results()
        await work.pass_time(2)
        (answer,) = work.broker.results()
        assert (work.vendor.looks, answer["status"], answer["code"]) == (3, "failed", "vendor_unreachable")
        assert answer["message"] == (
            "nothing was sent, because the device could not be looked at before; send it again later:"
            " no answer from the server in time"
        )


async def test_nobody_looks_again_for_what_would_expire_meanwhile() -> None:
    async with desk() as work:
        work.vendor.dark = DARK
        work.send({"value": 80, "ttl": 4})
        await work.pass_time(1)
        assert [answer["status"] for answer in work.broker.results()] == ["failed"]


@pytest.mark.parametrize("trouble", [Refused("no"), Unavailable(f"no route; {AGAIN}")])
async def test_a_write_is_never_tried_again(trouble: Exception) -> None:
    async with desk() as work:
        work.vendor.refusal = trouble
        work.send(80)
        await work.pass_time(30)
        (answer,) = work.broker.results()
        assert (len(work.vendor.asked), answer["status"]) == (1, "failed")
        assert AGAIN not in answer["message"]


async def test_what_was_lost_and_has_not_changed_is_said_without_contradiction() -> None:
    async with desk() as work:
        work.vendor.lost, work.vendor.deaf = Doubtful("no answer that says whether it was carried out: HTTP 500"), True
        work.send(80)
        await work.pass_time(700)
        (answer,) = work.broker.results()
        assert answer["message"].endswith("HTTP 500; read back since, it has not changed")


async def test_a_revert_that_is_due_at_a_start_waits_only_until_its_account_has_found_its_devices() -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        work.send({"value": 80, "revert_after": 60})
        await work.pass_time(20)
    rig.clock.move(timedelta(seconds=100))
    vendor.found = False
    rig.bridge.accounts["home"] = starting = AccountStatus("home", "growatt", "app", AccountState.ONLINE)
    async with desk(vendor, kept, rig) as work:
        await work.pass_time(5)
        vendor.found = True
        rig.bridge.accounts["home"] = replace(starting, last_poll=rig.clock.now())
        await work.pass_time(2)
        assert vendor.kept["export_limit"] == 100


@pytest.mark.parametrize("more", [{}, {"dry_run": True}])
async def test_a_device_that_has_been_written_too_often_costs_no_look(more: dict[str, bool]) -> None:
    async with desk(writes_per_day=1) as work:
        work.send(80)
        await work.pass_time(30)
        looks = work.vendor.looks
        work.send({"value": 80, **more})
        await work.pass_time(30)
        assert work.broker.results()[-1]["code"] == "budget_exhausted"
        assert work.vendor.looks == looks


async def test_only_what_follows_from_a_write_may_spend_more_than_half_of_a_budget() -> None:
    owed: list[bool] = []

    class Watched(Vendor):
        async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
            owed.append(work.turn.owed)
            return await super().inspect(device, setting)

    async with desk(Watched()) as work:
        work.send({"value": 80, "revert_after": 60})
        await work.pass_time(30)
        assert owed == [False, True]
        assert not work.turn.owed
        await work.pass_time(60)
        assert set(owed[2:]) == {True}
        work.send(70)
        await work.pass_time(0)
        assert owed[-1] is False
