"""What the account offers to set, what it understands of raw writes, and what becomes of a write's answer."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from app.errors import (
    AuthFailed,
    Blocked,
    BudgetSpent,
    Doubtful,
    ProtocolError,
    ProviderError,
    RateLimited,
    Refused,
    Unavailable,
)
from app.model import Device
from app.providers.growatt.answers import judge_write
from app.providers.growatt.errors import SessionEnded
from app.providers.growatt.writes import WRITES, offered
from tests.providers.growatt.asking import PLANT, TLX_ANSWER, has
from tests.providers.growatt.kit import NOW, PAGE, Cloud, Home, redirect
from tests.providers.growatt.writing import DONE, MIX, TLX, device_of, keys, setting

RATE = "charge_schedule"


# What is offered


async def test_an_inverter_without_a_battery_is_offered_no_battery_settings(house: Cloud, home: Home) -> None:
    house.answers["getTlxDetailData"] = TLX_ANSWER
    async with home.provider(house.address) as provider:
        tlx = await device_of(provider, "TLX1")
        assert keys(provider, tlx) == {"device_clock", "sync_clock"}


def test_a_min_without_a_battery_is_offered_none_of_its_settings_even_where_the_list_names_them() -> None:
    named = frozenset(write.kind for write in WRITES["tlx"])
    found = {write.key for write in offered("tlx", battery=False, named=named)}
    assert found == {"active_power_rate", "switched_on", "device_clock", "sync_clock"}
    assert {write.key for write in offered("tlx", battery=True, named=named)} == {write.key for write in WRITES["tlx"]}


async def test_what_a_device_has_is_known_right_after_a_restart(house: Cloud, home: Home) -> None:
    house.answers["getSetPass"] = {
        "result": 1,
        "obj": {"enable": {"charge_power": "1", "tlx_on_off": 1, "ac_charge": "0"}},
    }
    async with home.provider(house.address) as provider:
        tlx = await device_of(provider, "TLX1")
        before = keys(provider, tlx)
        assert {"charge_rate", "ac_charge_enabled", "time_segment9"} <= before
        assert "switched_on" not in before
        await provider.read(provider.feeds[-1])
        offered = keys(provider, tlx)
        assert offered == {"charge_rate", "switched_on", "on_grid_discharge_stop_soc", "device_clock", "sync_clock"}
    async with home.provider(house.address) as provider:
        (tlx,) = [device for device in await provider.discover() if device.serial == "TLX1"]
        assert keys(provider, tlx) == offered


async def test_an_empty_list_of_what_may_be_set_says_nothing(house: Cloud, home: Home) -> None:
    house.answers["getSetPass"] = {"result": 1, "obj": {"enable": {}}}
    async with home.provider(house.address) as provider:
        tlx = await device_of(provider, "TLX1")
        await provider.read(provider.feeds[-1])
        assert "charge_rate" in keys(provider, tlx)


async def test_nothing_is_offered_for_what_nobody_documents(account: Cloud, home: Home) -> None:
    has(account, {"deviceSn": "WIT1", "deviceType": "wit"}, {"deviceSn": "SPF1", "deviceType": "storage"})
    async with home.provider(account.address) as provider:
        for device in await provider.discover():
            assert bool(provider.settings(device)) is (device.id == PLANT)
        stranger = Device("growatt_X", "home", device.kind, "X")
        assert provider.settings(stranger) == []
        with pytest.raises(Unavailable, match="has not been found"):
            await provider.inspect(stranger, WRITES["tlx"][0].setting)


async def test_an_spa_whose_settings_this_server_does_not_show_is_no_error(house: Cloud, home: Home) -> None:
    house.answers["getMixSetParams"] = {"result": 0, "msg": "501"}
    async with home.provider(house.address) as provider:
        spa, mix = await device_of(provider, "SPA1"), await device_of(provider, "MIX1")
        assert await provider.inspect(spa, setting(provider, spa, RATE)) == []
        with pytest.raises(ProtocolError):
            await provider.inspect(mix, setting(provider, mix, RATE))


async def test_settings_hold_while_the_device_is_away(house: Cloud, home: Home) -> None:
    has(house, {**TLX, "lost": True})
    house.answers["getTlxDetailData"] = {"data": {"bmsSoc": 55, "lost": True}}
    async with home.provider(house.address) as provider:
        tlx = await device_of(provider, "TLX1")
        found = await provider.inspect(tlx, setting(provider, tlx, "charge_rate"))
        assert [reading.value for reading in found if reading.point.key == "charge_rate"] == [80]
        assert not any(reading.timed for reading in found)


async def test_a_look_asks_the_cloud_each_time_and_counts(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        tlx = await device_of(provider, "TLX1")
        before = home.ledger.calls.count("tlx_all_settings")
        for _ in range(3):
            await provider.inspect(tlx, setting(provider, tlx, "charge_rate"))
        assert home.ledger.calls.count("tlx_all_settings") == before + 3


# What becomes of an answer


def refusal(**answer: Any) -> dict[str, Any]:
    return {"success": False, **answer}


ANSWERS: dict[str, tuple[Any, type[ProviderError], str]] = {
    "a no": (refusal(msg="inv_set_failure"), Refused, "has not taken it"),
    "a no without a reason": (refusal(), Refused, "its reason: none"),
    "a no in two ways": ({"result": 0, "success": False, "msg": "504"}, Refused, "no such device"),
    "a yes and a no": ({"result": 0, "success": True, "msg": "504"}, Doubtful, "neither yes nor no"),
    "a no of the device's time-out": (refusal(msg="500"), Doubtful, "waited for the device in vain"),
    "neither yes nor no": ({"foo": 1}, Doubtful, "neither yes nor no"),
    "a yes that is none": ({"success": "maybe"}, Doubtful, "neither yes nor no"),
    "a yes that is null": ({"result": None, "success": True}, Doubtful, "neither yes nor no"),
    "a list": ("[]", Doubtful, "neither yes nor no"),
    "half of it": ('{"success": tr', Doubtful, "whether the change"),
    "nothing": ("", Doubtful, "whether the change"),
    "a page that is no login page": ("<html><h1>It works!</h1></html>", Doubtful, "whether the change"),
    "a page of errors with a link to the login": (
        "<html><title>504 Gateway Time-out</title><a href='/login'>Log in</a><a href='/login.do'>again</a></html>",
        Doubtful,
        "whether the change",
    ),
    "a redirect elsewhere on the server": (redirect("/error.html"), Doubtful, "whether the change"),
    "HTTP 500": (500, Doubtful, "whether the change"),
    "HTTP 504": (504, Doubtful, "whether the change"),
    "HTTP 404": (404, ProtocolError, "does not know what it is asked"),
    "HTTP 403": (403, Blocked, "User-Agent"),
    "HTTP 405": (405, Blocked, "no longer serves"),
    "HTTP 429": (429, RateLimited, "fewer requests"),
    "another host": (redirect("https://elsewhere.example/x"), ProtocolError, "sends us on"),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_write_is_sent_once_whatever_the_answer(house: Cloud, home: Home, name: str) -> None:
    answer, error, says = ANSWERS[name]
    async with home.provider(house.address) as provider:
        mix = await device_of(provider, "MIX1")
        house.answers["mixSetApiNew"] = answer
        logins = house.logins
        with pytest.raises(error, match=says) as raised:
            await provider.write(mix, setting(provider, mix, "backup_enabled"), {"backup_enabled": True})
        assert type(raised.value) is not Unavailable
        assert "by itself" not in str(raised.value), "a write is not tried again by itself"
        assert len(house.seen("mixSetApiNew")) == 1
        assert house.logins == logins
        assert home.ledger.calls.count("update_mix_inverter_setting") == 1


ENDED = {
    "the login page": PAGE,
    "a redirect to it": redirect("/login"),
    "HTTP 401": 401,
    "HTTP 500 that says so": lambda _: web.Response(status=500, text="The user is not logged in"),
    "JSON that says so": {"success": False, "msg": "errorNoLogin"},
}


@pytest.mark.parametrize("name", ENDED)
async def test_a_write_that_met_the_end_of_the_session_is_sent_again_after_one_login(
    house: Cloud, home: Home, name: str
) -> None:
    async with home.provider(house.address) as provider:
        mix = await device_of(provider, "MIX1")
        home.clock.move(minutes=10)
        house.answers["mixSetApiNew"] = [ENDED[name], DONE]
        logins = house.logins
        await provider.write(mix, setting(provider, mix, "backup_enabled"), {"backup_enabled": True})
        assert house.logins == logins + 1
        first, second = house.seen("mixSetApiNew")
        assert (first.query, first.cookies) != (second.query, second.cookies)
        assert first.query == second.query


async def test_a_session_that_ends_at_once_again_ends_the_write_and_not_the_account(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        mix = await device_of(provider, "MIX1")
        home.clock.move(minutes=10)
        house.answers["mixSetApiNew"] = PAGE
        with pytest.raises(ProtocolError, match="even right after a login"):
            await provider.write(mix, setting(provider, mix, "backup_enabled"), {"backup_enabled": True})
        assert len(house.seen("mixSetApiNew")) == 2
        with pytest.raises(Unavailable):
            await provider.write(mix, setting(provider, mix, "backup_enabled"), {"backup_enabled": True})
        assert len(house.seen("mixSetApiNew")) == 3


async def test_a_login_that_is_refused_ends_a_write_before_it_is_sent(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        mix = await device_of(provider, "MIX1")
        home.vault.put("session", None)
        home.clock.move(minutes=10)
        house.answers["newTwoLoginAPI.do"] = {"back": {"success": False, "msg": "502"}}
        with pytest.raises(AuthFailed):
            await provider.write(mix, setting(provider, mix, "backup_enabled"), {"backup_enabled": True})
        assert house.seen("mixSetApiNew") == []


async def test_a_write_that_is_not_answered_in_time_is_doubtful_and_not_repeated(house: Cloud, home: Home) -> None:
    async def never(_: object) -> Any:
        await asyncio.sleep(30)

    async with home.provider(house.address, patience=0.2) as provider:
        mix = await device_of(provider, "MIX1")
        house.answers["mixSetApiNew"] = never
        with pytest.raises(Doubtful, match="no answer from Growatt's server"):
            await provider.write(mix, setting(provider, mix, "backup_enabled"), {"backup_enabled": True})
    assert len(house.seen("mixSetApiNew")) == 1


async def test_a_write_to_a_server_that_is_not_there_has_not_been_sent(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        mix = await device_of(provider, "MIX1")
        wanted = setting(provider, mix, "backup_enabled")
        provider._client._settings = provider._settings.model_copy(update={"server_url": "http://127.0.0.1:9/"})
        with pytest.raises(Unavailable, match="cannot be reached") as raised:
            await provider.write(mix, wanted, {"backup_enabled": True})
    assert not isinstance(raised.value, Doubtful)
    assert "by itself" not in str(raised.value)


async def test_a_write_beyond_the_budget_is_not_sent(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        mix = await device_of(provider, "MIX1")
        home.ledger.budget = len(home.ledger.calls)
        with pytest.raises(BudgetSpent):
            await provider.write(mix, setting(provider, mix, "backup_enabled"), {"backup_enabled": True})
    assert house.seen("mixSetApiNew") == []


async def test_what_no_request_can_carry_is_refused_before_it_is_sent(house: Cloud, home: Home) -> None:
    async with home.provider(house.address) as provider:
        inverter = await device_of(provider, "INV1")
        wanted = setting(provider, inverter, "power_factor_setting")
        with pytest.raises(Refused, match="lies between") as raised:
            await provider.write(inverter, wanted, {"power_factor_setting": 0.5})
        assert raised.value.code == "out_of_range"
    assert house.seen("inverterSet") == []


async def test_a_plant_whose_settings_are_not_all_shown_is_not_written(house: Cloud, home: Home) -> None:
    house.answers["getPlant"] = {"plantName": "Home", "city": "Town"}
    async with home.provider(house.address) as provider:
        plant = await device_of(provider, PLANT)
        with pytest.raises(ProtocolError, match=r"createDateText, .*wants all with a change"):
            await provider.write(plant, setting(provider, plant, "energy_price"), {"energy_price": 0.3})
    assert house.seen("updatePlant") == []


async def test_the_clock_is_set_to_the_plant_s_time_and_not_to_ours(account: Cloud, home: Home) -> None:
    plant = {"id": 11, "plantName": "Home", "timezone": 10, "moneyUnitText": "€"}
    account.answers |= {"getAllPlantListTwo": {"PlantList": [plant]}, "mixSetApiNew": DONE}
    has(account, MIX)
    async with home.provider(account.address) as provider:
        mix = await device_of(provider, "MIX1")
        await provider.write(mix, setting(provider, mix, "sync_clock"), {"sync_clock": "press"})
    (asked,) = account.seen("mixSetApiNew")
    assert dict(asked.query)["param1"] == "2026-06-21 21:00:00"
    assert NOW.hour == 11


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["success", "result", "msg", "error", "obj", "x"]), inner, max_size=5)
        ),
        max_leaves=10,
    )
)
def test_no_answer_to_a_write_is_taken_for_a_yes_that_is_none(root: object) -> None:
    try:
        judge_write(root)
    except (Refused, Doubtful, SessionEnded):
        return
    assert isinstance(root, dict)
    said = [str(root[name]).lower() for name in ("success", "result") if name in root]
    assert said
    assert set(said) <= {"1", "true"}
