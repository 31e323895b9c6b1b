"""What becomes of a read when some of its answers fail, and of calls that a server does not know."""

from typing import Any

import pytest

from app.errors import (
    AuthFailed,
    Blocked,
    BudgetSpent,
    Locked,
    NoData,
    RateLimited,
    Unavailable,
)
from app.providers.growatt.errors import UnknownCall
from app.providers.growatt.families import VALUES
from tests.providers.growatt.asking import MIX, TLX_ANSWER, has, values_of
from tests.providers.growatt.kit import PAGE, Cloud, Home
from tests.providers.growatt.test_discovery import device


@pytest.mark.parametrize("failing", ["getSystemStatus_KW", "getMixInfo", "getEnergyOverview"])
async def test_a_call_that_fails_does_not_take_the_others_with_it(account: Cloud, home: Home, failing: str) -> None:
    has(account, device("MIX1", "mix"))
    account.answers |= {**MIX, failing: {"result": 0, "msg": "504", "obj": None}}
    async with home.provider(account.address) as provider:
        assert (await values_of(provider, VALUES, "growatt_MIX1"))["pv_energy_today"] in {12.6, 99}


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (({"result": 0, "msg": "504"},) * 2, NoData),
        (({"result": 0, "msg": "504"}, 503), Unavailable),
        ((404, {"result": 0, "msg": "504"}), UnknownCall),
    ],
)
async def test_when_nothing_can_be_read_the_gravest_reason_is_raised(
    account: Cloud, home: Home, answers: Any, error: type[Exception]
) -> None:
    has(account, device("TLX1", "tlx"), device("INV1", "inverter"))
    account.answers["getTlxDetailData"], account.answers["getInverterDetailData"] = answers
    async with home.provider(account.address) as provider:
        with pytest.raises(error) as caught:
            await provider.read(VALUES)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("answer", "error"),
    [(429, RateLimited), (403, Blocked), (405, Blocked)],
)
async def test_what_concerns_the_account_ends_a_read_at_once(
    account: Cloud, home: Home, answer: int, error: type[Exception]
) -> None:
    has(account, device("TLX1", "tlx"), device("TLX2", "tlx"))
    account.answers["getTlxDetailData"] = answer
    async with home.provider(account.address) as provider:
        with pytest.raises(error):
            await provider.read(VALUES)
    assert len(account.seen("getTlxDetailData")) == 1


async def test_a_list_that_stops_the_account_ends_a_read_at_once(account: Cloud, home: Home) -> None:
    has(account, device("WIT1", "wit"))
    async with home.provider(account.address) as provider:
        await provider.discover()
        account.answers["getAllDeviceListTwo"] = 429
        with pytest.raises(RateLimited):
            await provider.read(VALUES)


@pytest.mark.parametrize(("code", "error"), [("502", AuthFailed), ("507", Locked)])
async def test_a_login_refused_on_the_way_ends_a_read_at_once(
    account: Cloud, home: Home, code: str, error: type[Exception]
) -> None:
    has(account, device("TLX1", "tlx"), device("TLX2", "tlx"))
    async with home.provider(account.address) as provider:
        await provider.discover()
        home.clock.move(hours=1)
        account.answers["newTwoLoginAPI.do"] = {"back": {"success": False, "msg": code}}
        account.answers["getTlxDetailData"] = PAGE
        with pytest.raises(error):
            await provider.read(VALUES)
    assert len(account.seen("getTlxDetailData")) == 1


async def test_a_spent_budget_ends_a_read_at_once(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"), device("TLX2", "tlx"))
    async with home.provider(account.address) as provider:
        await provider.discover()
        home.ledger.budget = len(home.ledger.calls) + 1
        with pytest.raises(BudgetSpent):
            await provider.read(VALUES)


async def test_a_cloud_that_is_away_is_not_asked_for_every_device(account: Cloud, home: Home) -> None:
    has(account, *(device(f"TLX{n}", "tlx") for n in range(20)))
    account.answers["getTlxDetailData"] = 503
    async with home.provider(account.address) as provider:
        with pytest.raises(Unavailable):
            await provider.read(VALUES)
    assert len(account.seen("getTlxDetailData")) == 3


async def test_reading_before_discovering_discovers(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = TLX_ANSWER
    async with home.provider(account.address) as provider:
        assert await provider.read(VALUES)


async def test_an_unknown_device_publishes_what_the_lists_say(account: Cloud, home: Home) -> None:
    has(account, device("WIT1", "wit", power="1234.5", eToday="6.7", deviceStatus="1", mystery="42"))
    async with home.provider(account.address) as provider:
        found = await values_of(provider, VALUES, "growatt_WIT1")
        assert (found["ac_power"], found["ac_energy_today"], found["status"], found["online"]) == (
            1234.5,
            6.7,
            "normal",
            True,
        )
        assert found["mystery"] == 42
        account.answers["getAllDeviceListTwo"] = 503
        with pytest.raises(Unavailable):
            await provider.read(VALUES)


@pytest.mark.parametrize("refusal", [404, PAGE, {"result": 0, "msg": "504"}])
async def test_a_call_that_the_server_does_not_know_is_tried_once_a_month(
    account: Cloud, home: Home, refusal: Any
) -> None:
    has(account, device("SPA1", "spa", eToday="6.7"))
    account.answers["getSystemStatus_KW"] = account.answers["getEnergyOverview"] = refusal
    async with home.provider(account.address) as provider:
        for _ in range(3):
            assert (await values_of(provider, VALUES, "growatt_SPA1"))["ac_energy_today"] == 6.7
            home.clock.move(minutes=5)
    async with home.provider(account.address) as provider:
        await provider.read(VALUES)
        assert len(account.seen("getSystemStatus_KW")) == 3
        home.clock.move(days=31)
        account.answers["getSystemStatus_KW"] = {"result": 1, "obj": {"ppv": "1.5"}}
        assert (await values_of(provider, VALUES, "growatt_SPA1"))["pv_power"] == 1500
    assert account.logins == 1


async def test_a_trial_call_that_fails_once_is_asked_again(account: Cloud, home: Home) -> None:
    has(account, device("SPA1", "spa", eToday="6.7"))
    account.answers["getSystemStatus_KW"] = account.answers["getEnergyOverview"] = PAGE
    async with home.provider(account.address) as provider:
        await provider.read(VALUES)
        home.clock.move(minutes=5)
        account.answers["getSystemStatus_KW"] = {"result": 1, "obj": {"ppv": "1.5"}}
        assert (await values_of(provider, VALUES, "growatt_SPA1"))["pv_power"] == 1500


async def test_lists_rest_while_a_device_has_a_call_that_answers(account: Cloud, home: Home) -> None:
    has(account, device("SPA1", "spa", eToday="6.7", capacity="50"))
    account.answers["getSystemStatus_KW"] = {"result": 1, "obj": {"ppv": "1.5", "SOC": "51"}}
    account.answers["getEnergyOverview"] = {"result": 0, "msg": "504"}
    async with home.provider(account.address) as provider:
        found = await values_of(provider, VALUES, "growatt_SPA1")
        assert (found["battery_soc"], found["ac_energy_today"]) == (51, 6.7), (
            "the device's own call goes before the list"
        )
        asked = len(account.seen("getAllDeviceListTwo"))
        for _ in range(5):
            home.clock.move(minutes=5)
            await provider.read(VALUES)
        assert len(account.seen("getAllDeviceListTwo")) == asked
        home.clock.move(minutes=5)
        await provider.read(VALUES)
        assert len(account.seen("getAllDeviceListTwo")) == asked + 1
