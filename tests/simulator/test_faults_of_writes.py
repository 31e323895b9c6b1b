"""What goes wrong with a write: nothing changes, the answer is lost after it was carried out, or it shows late."""

from datetime import timedelta

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Cloud
from tests.simulator.client import Phone

TLX = "MNH0000100"
SET_RATE = f"newTcpsetAPI.do?op=tlxSet&serialNum={TLX}&type=charge_power&param1="


async def rate(phone: Phone) -> str:
    answer = await phone.json("newTlxApi.do?op=getTlxSetData&serialNum=" + TLX)
    return str(answer["obj"]["tlxSetBean"]["chargePowerCommand"])


async def test_a_write_may_be_answered_with_success_and_change_nothing(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("ignored", count=1)
    assert (await phone.json(SET_RATE + "40", {}))["success"] is True
    assert await rate(phone) == "100"
    await phone.json(SET_RATE + "40", {})
    assert await rate(phone) == "40"


@pytest.mark.parametrize(("late", "after"), [(False, "100"), (True, "40")])
async def test_a_late_fault_strikes_after_the_call_was_carried_out(
    phone: Phone, cloud: Cloud, *, late: bool, after: str
) -> None:
    cloud.faults.add("http_error", status=500, path="tlxSet", late=late)
    assert (await phone.raw(SET_RATE + "40", {}))[0] == 500
    assert await rate(phone) == after


async def test_a_changed_setting_shows_after_a_while(phone: Phone, cloud: Cloud, clock: DrivenClock) -> None:
    cloud.settings_delay = timedelta(seconds=60)
    await phone.json(SET_RATE + "40", {})
    clock.move(timedelta(seconds=30))
    await phone.json(SET_RATE + "50", {})
    assert await rate(phone) == "100"
    clock.move(timedelta(seconds=31))
    assert await rate(phone) == "40"
    clock.move(timedelta(seconds=30))
    assert await rate(phone) == "50"
