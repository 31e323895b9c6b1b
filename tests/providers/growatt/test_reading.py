"""What is read of a device, how often, and what becomes of an answer."""

from datetime import UTC, datetime

from app import points
from app.model import Kind
from app.providers.growatt.families import DETAILS, VALUES
from tests.providers.growatt.asking import MIX, PLANT, TLX_ANSWER, has, read, values_of
from tests.providers.growatt.kit import NOW, Cloud, Home
from tests.providers.growatt.test_discovery import device


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


async def test_an_absurd_value_is_no_sign_of_a_part(account: Cloud, home: Home) -> None:
    has(account, device("TLX1", "tlx"))
    absurd = {"bmsSoc": 99_999_999, "vpv2": "99999999", "epv2Total": 429_496_729.5}
    account.answers["getTlxDetailData"] = {"data": {**TLX_ANSWER["data"], **absurd}}
    async with home.provider(account.address) as provider:
        await values_of(provider, VALUES, "growatt_TLX1")
        account.answers["getTlxDetailData"] = TLX_ANSWER
        found = await values_of(provider, VALUES, "growatt_TLX1")
    assert {"battery_soc", "pv2_voltage", "pv2_energy_total"}.isdisjoint(found)
    assert found["pv1_voltage"] == 258


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
