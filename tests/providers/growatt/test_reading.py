"""What is read of a device, how often, and what becomes of an answer."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app import points
from app.errors import (
    AuthFailed,
    Blocked,
    BudgetSpent,
    Locked,
    NoData,
    RateLimited,
    Unavailable,
)
from app.model import Kind, Reading
from app.providers.growatt.errors import UnknownCall
from app.providers.growatt.families import DETAILS, VALUES
from app.providers.growatt.provider import Growatt
from tests.providers.growatt.kit import NOW, PAGE, Cloud, Home
from tests.providers.growatt.test_discovery import device

PLANT = "growatt_plant_11"


@pytest.fixture
def account(cloud: Cloud) -> Cloud:
    """A plant without devices, in London's winter time; each test adds its own."""
    cloud.answers |= {
        "getAllPlantListTwo": {"PlantList": [{"id": 11, "plantName": "Home", "timezone": 0, "moneyUnitText": "€"}]},
        "getAllDeviceListTwo": {"deviceList": []},
        "noahDeviceApi/noah/isPlantNoahSystem": {"result": 0, "msg": "504"},
        "getTlxParams": {"result": 0, "msg": "504"},
    }
    return cloud


def has(account: Cloud, *devices: dict[str, Any]) -> None:
    account.answers["getAllDeviceListTwo"] = {"deviceList": list(devices)}


def page(**values: str) -> str:
    """Return the page of a string inverter's settings."""
    return f"<script>inv=JSON.parse('{json.dumps(values)}')</script>"


async def values_of(provider: Growatt, feed: Any, device_id: str) -> dict[str, Any]:
    return {reading.point.key: reading.value for reading in await read(provider, feed, device_id)}


async def read(provider: Growatt, feed: Any, device_id: str) -> list[Reading]:
    found = [reading for reading in await provider.read(feed) if reading.device_id == device_id]
    assert len({reading.point.key for reading in found}) == len(found), "a point stands twice"
    return found


TLX_ANSWER = {
    "data": {
        "pac": 2503.8,
        "ppv": 2558.7,
        "status": 1,
        "statusText": "Normal",
        "time": "2026-06-21 10:58:35",
        "lost": False,
        "faultType": 0,
        "warnCode": 0,
        "eacToday": 21.6,
        "vpv1": 258,
        "vpv2": 0,
        "epv2Total": 0,
        "bmsSoc": 0,
        "newThing": 7,
    }
}


async def test_values_have_the_vendor_s_time_and_online_has_ours(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = TLX_ANSWER
    async with home.provider(account.address) as provider:
        found = {reading.point.key: reading for reading in await read(provider, VALUES, "growatt_TLX1")}
    measured = datetime(2026, 6, 21, 10, 58, 35, tzinfo=UTC)
    assert (found["ac_power"].value, found["ac_power"].at, found["ac_power"].timed) == (2503.8, measured, True)
    assert (found["online"].value, found["online"].at, found["online"].timed) == (True, NOW, False)
    assert found["last_update"].value == measured.isoformat()
    assert (found["status"].value, found["fault"].value, found["problem"].value, found["warning"].value) == (
        "normal",
        "none",
        False,
        "none",
    )
    assert found["newThing"].value == 7


async def test_a_part_that_a_device_shows_no_sign_of_is_left_out_until_it_does(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = TLX_ANSWER
    async with home.provider(account.address) as provider:
        found = await values_of(provider, VALUES, "growatt_TLX1")
        assert "battery_soc" not in found
        assert "pv2_voltage" not in found
        assert found["pv1_voltage"] == 258
        account.answers["getTlxDetailData"] = {"data": {**TLX_ANSWER["data"], "bmsSoc": 55}}
        assert (await values_of(provider, VALUES, "growatt_TLX1"))["battery_soc"] == 55
        account.answers["getTlxDetailData"] = TLX_ANSWER
        assert (await values_of(provider, VALUES, "growatt_TLX1"))["battery_soc"] == 0, (
            "an empty battery is one all the same"
        )


async def test_a_fault_is_told_in_words_and_as_a_problem(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = {
        "data": {"status": 3, "faultType": 202, "errorText": "PV Voltage High", "warnCode": 5}
    }
    async with home.provider(account.address) as provider:
        found = await values_of(provider, VALUES, "growatt_TLX1")
    assert (found["status"], found["fault"], found["fault_code"], found["problem"]) == (
        "fault",
        "PV Voltage High",
        202,
        True,
    )
    assert (found["warning"], found["warning_code"]) == ("code 5", 5)


async def test_a_code_nobody_knows_gives_way_to_a_known_word_and_else_survives(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = {"data": {"status": 77, "statusText": "Standby"}}
    async with home.provider(account.address) as provider:
        assert (await values_of(provider, VALUES, "growatt_TLX1"))["status"] == "standby"
        account.answers["getTlxDetailData"] = {"data": {"status": 77, "statusText": "Dancing"}}
        assert (await values_of(provider, VALUES, "growatt_TLX1"))["status"] == "77"


MIX = {
    "getSystemStatus_KW": {
        "result": 1,
        "obj": {
            "ppv": "1.2",
            "pPv1": "700",
            "pPv2": "500",
            "pactouser": "0.3",
            "pactogrid": "0",
            "chargePower": "0",
            "pdisCharge1": "0.4",
            "SOC": "68",
            "lost": "mix.status.normal",
            "status": "5",
            "unit": "kW",
            "pmax": "6",
        },
    },
    "getMixInfo": {
        "result": 1,
        "obj": {"capacity": "68", "epvToday": "12.6", "eBatChargeToday": "9.1", "pDischarge1": "390"},
    },
    "getEnergyOverview": {
        "result": 1,
        "obj": {"epvToday": "99", "elocalLoadToday": "6.2", "photovoltaicRevenueToday": "4.5", "unit": "$"},
    },
    "getEnergyProdAndCons_KW": {
        "result": 1,
        "obj": {"chartData": {"00:05": {}, "10:55": {}}, "eCharge": "12.6", "etouser": "0.2", "elocalLoad": "6.3"},
    },
    "getEnergyStorageData": {"etouser": "10.2kWh", "eCharge": "1kWh"},
}


async def test_a_hybrid_s_three_answers_are_one_device(account: Cloud, home: Home) -> None:
    has(account, device("MIX1", "mix"))
    account.answers |= MIX
    async with home.provider(account.address) as provider:
        readings = await read(provider, VALUES, "growatt_MIX1")
        found = {reading.point.key: reading.value for reading in readings}
        assert (found["pv_power"], found["pv1_power"], found["pv2_power"]) == (1200, 700, 500)
        assert (found["grid_power"], found["battery_power"], found["battery_discharge_power"]) == (300, 400, 400)
        assert found["pv_energy_today"] == 12.6, "the first source that gives a point counts"
        assert (found["load_energy_today"], found["battery_soc"], found["rated_power"]) == (6.2, 68, 6000)
        money = next(reading for reading in readings if reading.point.key == "money_today")
        assert (money.value, money.point.unit) == (4.5, "USD")
        assert all((reading.at, reading.timed) == (NOW, False) for reading in readings)
        assert (await provider.discover())[1].rated_power == 6000


async def test_a_hybrid_s_sums_of_the_day_come_with_the_end_of_its_chart(account: Cloud, home: Home) -> None:
    has(account, device("MIX1", "mix"))
    account.answers |= MIX
    async with home.provider(account.address) as provider:
        await provider.read(VALUES)
        found = await values_of(provider, DETAILS, "growatt_MIX1")
    assert found["last_update"] == "2026-06-21T10:55:00+00:00"
    assert (found["grid_import_energy_today"], found["load_energy_from_grid_today"], found["system_energy_today"]) == (
        10.2,
        0.2,
        12.6,
    )
    assert "load_energy_today" not in found, "the values feed gives it"
    assert dict(account.seen("getEnergyProdAndCons_KW")[0].query)["date"] == "2026-06-21"


async def test_days_are_the_plant_s(account: Cloud, home: Home) -> None:
    has(account, device("MIX1", "mix"))
    account.answers |= MIX
    home.clock.move(hours=12)
    async with home.provider(account.address, timezone="Asia/Tokyo") as provider:
        await provider.read(DETAILS)
    assert dict(account.seen("getEnergyProdAndCons_KW")[0].query)["date"] == "2026-06-22"


async def test_with_several_hybrids_the_grid_s_import_is_the_plant_s(account: Cloud, home: Home) -> None:
    has(account, device("MIX1", "mix"), device("MIX2", "mix"))
    account.answers |= MIX
    async with home.provider(account.address) as provider:
        readings = await provider.read(DETAILS)
    owners = {reading.device_id for reading in readings if reading.point is points.GRID_IMPORT_ENERGY_TODAY}
    assert owners == {PLANT}
    assert len(account.seen("getEnergyStorageData")) == 1


async def test_a_chart_that_ended_long_ago_silences_the_moment_but_not_the_counters(account: Cloud, home: Home) -> None:
    has(account, device("MIX1", "mix"))
    account.answers |= MIX
    async with home.provider(account.address) as provider:
        await provider.discover()
        home.clock.move(hours=2)
        await provider.read(DETAILS)
        found = await read(provider, VALUES, "growatt_MIX1")
        assert not {reading.point.kind for reading in found} & {Kind.GAUGE, Kind.LEVEL}
        assert points.PV_ENERGY_TODAY in [reading.point for reading in found]
        account.answers["getEnergyProdAndCons_KW"]["obj"]["chartData"]["12:55"] = {}
        await provider.read(DETAILS)
        assert points.PV_POWER in [reading.point for reading in await read(provider, VALUES, "growatt_MIX1")]
        del account.answers["getEnergyProdAndCons_KW"]["obj"]["chartData"]
        await provider.read(DETAILS)
        assert points.PV_POWER not in [reading.point for reading in await read(provider, VALUES, "growatt_MIX1")]


async def test_a_lost_device_has_no_momentary_values(account: Cloud, home: Home) -> None:
    has(account, device("MIX1", "mix"))
    account.answers |= {
        **MIX,
        "getSystemStatus_KW": {"result": 1, "obj": {"ppv": "1.2", "lost": "mix.status.lost", "status": "-1"}},
    }
    async with home.provider(account.address) as provider:
        found = await values_of(provider, VALUES, "growatt_MIX1")
    assert (found["online"], found["status"]) == (False, "offline")
    assert "pv_power" not in found


async def test_sources_that_change_slowly_rest(account: Cloud, home: Home) -> None:
    has(account, device("MIX1", "mix"))
    account.answers |= MIX
    async with home.provider(account.address) as provider:
        for _ in range(6):
            await provider.read(VALUES)
            home.clock.move(minutes=5)
    assert len(account.seen("getSystemStatus_KW")) == 6
    assert len(account.seen("getMixInfo")) == len(account.seen("getEnergyOverview")) == 3


async def test_a_call_that_tells_nothing_new_rests_for_a_day(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    account.answers["getTlxDetailData"] = {"data": {"epvToday": 5, "epvTotal": 50}}
    account.answers["getEnergyOverview"] = {"result": 1, "obj": {"epvToday": "5", "epvTotal": "50"}}
    async with home.provider(account.address) as provider:
        for _ in range(4):
            await provider.read(VALUES)
            await provider.read(DETAILS)
            home.clock.move(minutes=15)
        assert len(account.seen("getEnergyOverview")) == 1
        home.clock.move(hours=23)
        account.answers["getEnergyOverview"]["obj"]["elocalLoadToday"] = "3"
        assert (await values_of(provider, DETAILS, "growatt_TLX1"))["load_energy_today"] == 3
        home.clock.move(minutes=15)
        await provider.read(DETAILS)
        assert len(account.seen("getEnergyOverview")) == 3


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
