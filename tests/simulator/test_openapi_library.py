"""The real growattServer.OpenApiV1 against the simulated cloud: every method that asks, and some that set."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date, time
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import EMPTY_TOKEN, TOKEN, Cloud, openapi_fleet, serve
from simulator.growatt.device import Record
from tests.simulator import park
from tests.simulator.library import open_api
from tests.simulator.park import close

TODAY = date(2026, 6, 6)


class Library:
    """The public library, called in a thread: it is synchronous."""

    def __init__(self, address: str, token: str = TOKEN) -> None:
        self.api = open_api()(token)
        self.api.api_url = f"{address}v1/"

    async def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(getattr(self.api, method), *args, **kwargs)


@pytest.fixture
def cloud(clock: DrivenClock) -> Cloud:
    cloud = Cloud(clock, fleet=openapi_fleet())
    cloud.openapi.limited = False
    return cloud


@pytest.fixture
async def address(cloud: Cloud) -> AsyncIterator[str]:
    async with serve(cloud) as url:
        yield url


@pytest.fixture
async def library(address: str) -> AsyncIterator[Library]:
    library = Library(address)
    yield library
    library.api.session.close()


async def refusal(library: Library, method: str, *args: Any) -> tuple[int, str]:
    with pytest.raises(Exception, match="Error during") as caught:
        await library(method, *args)
    error: Any = caught.value
    return error.error_code, error.error_msg


# Plants


async def test_the_plants_are_those_of_the_app(library: Library, cloud: Cloud) -> None:
    plants = await library("plant_list")
    assert plants["count"] == len(cloud.plants)
    assert {plant["plant_id"]: plant["name"] for plant in plants["plants"]} == {
        plant.id: plant.name for plant in cloud.plants.values()
    }


async def test_a_plant_in_detail(library: Library) -> None:
    details = await library("plant_details", park.OFFICE)
    assert (details["name"], details["timezone"], details["maxs"][0]["max_num"]) == ("Office", "GMT+2", 1)


async def test_a_plants_sums_are_true(library: Library, truth: Callable[[str], Record]) -> None:
    overview = await library("plant_energy_overview", park.HOME)
    record = truth(park.TLX)
    assert overview["today_energy"] == close(record.snapshot.today.pv)
    assert overview["total_energy"] == close(record.total.pv)
    assert overview["current_power"] == close(record.snapshot.power.pv)
    assert overview["monthly_energy"] >= overview["today_energy"]
    assert overview["last_update_time"] == record.time


async def test_a_plants_curve(library: Library) -> None:
    powers = (await library("plant_power_overview", park.HOME, TODAY))["powers"]
    assert powers[0]["time"] > powers[-1]["time"] > "2026-06-06"
    assert max(row["power"] for row in powers) > 1_000


@pytest.mark.parametrize(
    ("unit", "first", "words"),
    [("day", date(2026, 6, 1), "2026-06-01"), ("month", date(2026, 6, 1), "2026-06"), ("year", TODAY, "2026")],
)
async def test_a_plants_history(library: Library, unit: str, first: date, words: str) -> None:
    history = await library("plant_energy_history", park.HOME, first, TODAY, unit)
    assert (history["time_unit"], history["energys"][0]["date"]) == (unit, words)
    assert all(row["energy"] > 0 for row in history["energys"])


async def test_too_many_days_are_refused(library: Library) -> None:
    with pytest.warns(RuntimeWarning):
        code, _ = await refusal(library, "plant_energy_history", park.HOME, date(2026, 5, 20), TODAY)
    assert code == 10004


async def test_a_plants_devices(library: Library) -> None:
    listed = await library("device_list", park.OFFICE)
    kinds = {row["device_sn"]: row["type"] for row in listed["devices"] if row["type"] != 3}
    assert kinds == {park.STRING: 1, park.THREE: 1, park.MAX: 4}
    loggers = [row for row in listed["devices"] if row["type"] == 3]
    assert len(loggers) == 3
    assert "lost" not in loggers[0]


# MIN


async def test_the_library_knows_the_kind_of_a_listed_device(library: Library) -> None:
    (row,) = [row for row in (await library("device_list", park.HOME))["devices"] if row["type"] == 7]
    device = library.api.get_device(row["device_sn"], row["type"])
    assert (await asyncio.to_thread(device.energy))["statusText"] == "Normal"


async def test_a_min_is_told_as_it_is(library: Library, truth: Callable[[str], Record]) -> None:
    values, record = await library("min_energy", park.TLX), truth(park.TLX)
    assert values["ppv"] == close(record.snapshot.power.pv)
    assert values["bmsSoc"] == round(record.snapshot.soc * 100)
    assert values["etoGridTotal"] == close(record.total.exported)
    assert values["epv1Today"] + values["epv2Today"] == close(record.snapshot.today.pv, 0.11)
    assert values["time"] == record.time


async def test_a_mins_facts_hold_its_settings(library: Library) -> None:
    details = await library("min_detail", park.TLX)
    assert (details["serialNum"], details["timezone"], details["pmax"]) == (park.TLX, 2.0, 6000)
    assert details["tlxSetbean"] == await library("min_settings", park.TLX)


async def test_a_mins_history_is_paged(library: Library) -> None:
    page = await library("min_energy_history", park.TLX, TODAY, TODAY, None, 2, 50)
    assert page["count"] > 100
    assert len(page["datas"]) == 50
    assert page["next_page_start_id"] == 101
    times = [row["time"] for row in page["datas"]]
    assert times == sorted(times, reverse=True)
    last = await library("min_energy_history", park.TLX, TODAY, TODAY, None, 4, 50)
    assert "next_page_start_id" not in last
    assert len(last["datas"]) == page["count"] - 150


async def test_what_is_set_on_a_min_is_read_back(library: Library) -> None:
    await library("min_write_parameter", park.TLX, "discharge_power", 55)
    assert await library("min_read_parameter", park.TLX, "discharge_power") == "55"
    await library("min_write_time_segment", park.TLX, 2, 1, time(5, 0), time(6, 30), True)
    segments = await library("min_read_time_segments", park.TLX)
    second = segments[1]
    assert (second["start_time"], second["end_time"], second["enabled"]) == ("05:00", "06:30", True)


async def test_a_mins_registers_can_be_read(library: Library) -> None:
    assert await library("min_read_parameter", park.TLX, None, 3, 5) == "0,0,0"


# SPH


async def test_an_sph_is_told_as_it_is(library: Library, truth: Callable[[str], Record]) -> None:
    values, record = await library("sph_energy", park.MIX), truth(park.MIX)
    assert values["pcharge1"] == close(record.snapshot.power.charge)
    assert values["pacToUserTotal"] == close(record.snapshot.power.imported)
    assert values["soc"] == round(record.snapshot.soc * 100)
    assert values["edischarge1Total"] == close(record.total.discharge)


async def test_an_sphs_history_and_registers(library: Library) -> None:
    assert len((await library("sph_energy_history", park.MIX, TODAY, TODAY))["datas"]) == 20
    assert await library("sph_read_parameter", park.MIX, None, 1_000, 1_001) == "0,0"


async def test_an_sphs_schedule_sticks(library: Library) -> None:
    periods = [{"start_time": time(1), "end_time": time(5), "enabled": True}] * 1
    empty = {"start_time": time(0), "end_time": time(0), "enabled": False}
    await library("sph_write_ac_charge_times", park.MIX, 80, 90, True, [*periods, empty, empty])
    read = await library("sph_read_ac_charge_times", park.MIX)
    assert (read["charge_power"], read["mains_enabled"]) == (80, True)
    assert read["periods"][0]["enabled"]
    details = await library("sph_detail", park.MIX)
    assert (details["forcedChargeTimeStop1"], details["wchargeSOCLowLimit2"]) == ("5:0", 90)
    discharge = await library("sph_read_ac_discharge_times", park.MIX)
    assert discharge["discharge_power"] == 100


# Tokens


async def test_a_wrong_token_is_refused(address: str) -> None:
    stranger = Library(address, "sunny-wrong-token-1")
    assert await refusal(stranger, "plant_list") == (10011, "error_permission_denied")
    stranger.api.session.close()


async def test_a_token_without_plants_has_none(address: str) -> None:
    poor = Library(address, EMPTY_TOKEN)
    assert await poor("plant_list") == {"count": 0, "plants": []}
    assert (await refusal(poor, "plant_details", park.HOME))[0] == 10002
    assert (await refusal(poor, "min_energy", park.TLX))[0] == 10002
    poor.api.session.close()


async def test_too_many_calls_are_refused(library: Library, cloud: Cloud) -> None:
    cloud.openapi.limited = True
    await library("min_energy", park.TLX)
    assert await refusal(library, "min_energy", park.TLX) == (10012, "error_frequently_access")
