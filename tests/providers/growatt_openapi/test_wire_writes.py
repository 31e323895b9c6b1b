"""On the wire, each write and each question of the token API is the library's (growattServer 2.2.0, OpenApiV1).

Where the library is wrong ours is right, and the difference stands below with its reason.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from app.errors import CommandError
from app.model import Value
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.writer import Writer
from app.providers.growatt.openapi.writes import METHODS, MIN_READ, SPH_READ
from tests.providers.growatt.kit import Clock, Cloud, Request
from tests.providers.growatt.kit import cloud as serve_cloud
from tests.providers.growatt_openapi.writing import a_device, bench, client_for, writer_for
from tests.simulator.library import open_api

SN = "MNA1"
FAMILY = {"min": "tlx", "sph": "mix"}
OFF = {"start_time": time(0, 0), "end_time": time(0, 0), "enabled": False}
NIGHT = {"start_time": time(1, 0), "end_time": time(5, 30), "enabled": True}
NIGHT_SENT = [1, 0, 5, 30, 1, *([0] * 10)]

Call = tuple[str, tuple[Any, ...]]
"""A method of the library's and what it is given besides the serial number."""
Put = tuple[str, str, Any]
"""Method, type and parameters of a raw write."""

SAME: dict[str, tuple[Call, Put]] = {
    "one number": (
        ("min_write_parameter", ("pv_active_p_rate", 50)),
        ("min_write_parameter", "pv_active_p_rate", [50]),
    ),
    "one text": (("min_write_parameter", ("charge_power", "75")), ("min_write_parameter", "charge_power", ["75"])),
    "a flag": (("min_write_parameter", ("ac_charge", 1)), ("min_write_parameter", "ac_charge", [1])),
    "a command": (("min_write_parameter", ("tlx_on_off", "0001")), ("min_write_parameter", "tlx_on_off", ["0001"])),
    "a clock": (
        ("min_write_parameter", ("pf_sys_year", "2026-06-21 10:30:00")),
        ("min_write_parameter", "pf_sys_year", ["2026-06-21 10:30:00"]),
    ),
    "a mapping by place": (
        ("min_write_parameter", ("charge_stop_soc", {1: 90})),
        ("min_write_parameter", "charge_stop_soc", {"1": 90}),
    ),
    "a list": (
        ("sph_write_parameter", ("backflow_setting", ["1", 50])),
        ("sph_write_parameter", "backflow_setting", ["1", 50]),
    ),
    "two registers": (
        ("min_write_parameter", ("set_any_reg", [3, 80])),
        ("min_write_parameter", "set_any_reg", [3, 80]),
    ),
    "an unknown type": (("min_write_parameter", ("x", ["a", "b"])), ("min_write_parameter", "x", ["a", "b"])),
    "an unknown type by place": (
        ("sph_write_parameter", ("x", {1: "a", "3": "c"})),
        ("sph_write_parameter", "x", {"1": "a", "3": "c"}),
    ),
    "one number of SPH": (
        ("sph_write_parameter", ("pv_active_p_rate", 50)),
        ("sph_write_parameter", "pv_active_p_rate", [50]),
    ),
    "a time segment": (
        ("min_write_time_segment", (2, 1, time(1, 5), time(4, 30), True)),
        ("min_write_time_segment", "2", [1, 1, 5, 4, 30, True]),
    ),
    "a time segment that is off": (
        ("min_write_time_segment", (9, 0, time(0, 0), time(0, 0), False)),
        ("min_write_parameter", "time_segment9", [0, 0, 0, 0, 0, 0]),
    ),
    "times of charging": (
        ("sph_write_ac_charge_times", (100, 95, True, [NIGHT, OFF, OFF])),
        ("sph_write_ac_charge_times", "mix_ac_charge_time_period", [100, 95, 1, *NIGHT_SENT]),
    ),
}

DIFFERENT: dict[str, tuple[Call, Put, dict[str, str], str]] = {
    "true of MIN": (
        ("min_write_parameter", ("ac_charge", True)),
        ("min_write_parameter", "ac_charge", [True]),
        {"param1": "1"},
        "the library sends the text True, which no inverter knows",
    ),
    "false of SPH": (
        ("sph_write_parameter", ("mix_off_grid_enable", False)),
        ("sph_write_parameter", "mix_off_grid_enable", [False]),
        {"param1": "0"},
        "the library sends the text False",
    ),
    "times of discharging": (
        ("sph_write_ac_discharge_times", (100, 10, [NIGHT, OFF, OFF])),
        ("sph_write_ac_discharge_times", "mix_ac_discharge_time_period", [100, 10, *NIGHT_SENT]),
        {"param18": ""},
        "the vendor's page wants all 18, the last one empty, as the library's own sph_write_parameter sends them",
    ),
}
"""What ours sends otherwise, and why."""

REFUSED: dict[str, tuple[Put, str, str]] = {
    "a long list": (
        ("min_write_parameter", "x", list(range(30))),
        "30",
        "the library cuts a list silently after 19 (SPH: 18), so that half of a setting would be set",
    ),
    "a place that is not there": (
        ("min_write_parameter", "x", {1: "a", "3": "c", 99: "z"}),
        "99",
        "the library drops it silently",
    ),
    "nothing": (("min_write_parameter", "x", []), "nothing", "the library sends a write without any value"),
    "a long list of SPH": (("sph_write_parameter", "x", list(range(19))), "19", "as of MIN"),
    "a segment that is not there": (("min_write_time_segment", "10", []), "nothing", "as in the library"),
    "a mode that is not there": (("min_write_time_segment", "1", [3, 1, 5, 4, 30, 1]), "3", "as in the library"),
    "two of three periods": (
        ("sph_write_ac_charge_times", "mix_ac_charge_time_period", [100, 95, 1, 1, 0, 5, 30, 1, 0, 0, 0, 0, 0]),
        "param14",
        "as in the library",
    ),
    "another family's writer": (("sph_write_parameter", "pv_on_off", ["0001"]), "sph_write_parameter", "a MIN"),
}
"""What ours does not send, and why."""


async def told(cloud: Cloud, call: Call) -> Request:
    """Return what the library sends."""
    method, given = call
    api = open_api()("tok-123")
    api.api_url = f"{cloud.address}v1/"
    cloud.requests.clear()
    await asyncio.to_thread(getattr(api, method), SN, *given)
    (request,) = cloud.requests
    return request


async def sent(cloud: Cloud, put: Put) -> Request:
    """Return what ours sends."""
    method, kind, params = put
    device = a_device("mix" if method.startswith("sph") else "tlx", SN)
    async with connected(cloud) as (_, writer):
        understood = writer.put(device, method, kind, params)
        cloud.requests.clear()
        await writer.write(device, understood.setting, understood.values)
    (request,) = cloud.requests
    return request


@asynccontextmanager
async def connected(cloud: Cloud) -> AsyncIterator[tuple[Client, Writer]]:
    """Yield a client and a writer of a server."""
    clock = Clock()
    async with ClientSession(connector=TCPConnector(), cookie_jar=DummyCookieJar()) as session:
        client = client_for(session, cloud.address, clock)
        yield client, writer_for(client, clock)


@pytest.fixture
async def recorder() -> Any:
    async with serve_cloud() as served:
        served.default = {"error_code": 0, "error_msg": "", "data": {"x": 1}}
        yield served


@pytest.mark.parametrize("case", SAME)
async def test_a_write_is_the_librarys(recorder: Cloud, case: str) -> None:
    call, put = SAME[case]
    theirs, ours = await told(recorder, call), await sent(recorder, put)
    assert (ours.verb, ours.path, ours.query, ours.form) == (theirs.verb, theirs.path, theirs.query, theirs.form)
    assert "token" in {name.lower() for name in ours.headers} & {name.lower() for name in theirs.headers}


@pytest.mark.parametrize("case", DIFFERENT)
async def test_a_write_differs_where_the_library_is_wrong(recorder: Cloud, case: str) -> None:
    call, put, change, reason = DIFFERENT[case]
    theirs, ours = await told(recorder, call), await sent(recorder, put)
    assert reason
    assert dict(ours.form) == {**dict(theirs.form), **change}
    assert ours.form != theirs.form
    assert [name for name, _ in ours.form][: len(theirs.form)] == [name for name, _ in theirs.form]


@pytest.mark.parametrize("case", REFUSED)
async def test_what_makes_no_write_is_refused_before_it_is_sent(recorder: Cloud, case: str) -> None:
    (method, kind, params), words, reason = REFUSED[case]
    assert reason
    async with connected(recorder) as (_, writer):
        with pytest.raises(CommandError, match=words):
            writer.put(a_device("tlx" if "min" in method or "another" in case else "mix", SN), method, kind, params)
    assert not recorder.requests


QUESTIONS: dict[str, tuple[Call, dict[str, str]]] = {
    "min by name": (("min_read_parameter", ("pv_on_off",)), {"kind": "pv_on_off", "start": "0", "end": "0"}),
    "min one register": (("min_read_parameter", (None, 3)), {"kind": "set_any_reg", "start": "3", "end": "3"}),
    "min registers": (("min_read_parameter", (None, 3, 9)), {"kind": "set_any_reg", "start": "3", "end": "9"}),
    "sph by name": (("sph_read_parameter", ("pv_on_off",)), {"kind": "pv_on_off", "start": "0", "end": "0"}),
    "sph registers": (("sph_read_parameter", (None, 3, 9)), {"kind": "set_any_reg", "start": "3", "end": "9"}),
}


@pytest.mark.parametrize("case", QUESTIONS)
async def test_a_question_is_the_librarys(recorder: Cloud, case: str) -> None:
    call, values = QUESTIONS[case]
    theirs = await told(recorder, call)
    async with connected(recorder) as (client, _):
        await client.ask(MIN_READ if case.startswith("min") else SPH_READ, sn=SN, **values)
    ours = recorder.requests[-1]
    assert (ours.verb, ours.path, ours.query, ours.form) == (theirs.verb, theirs.path, theirs.query, theirs.form)


async def test_one_register_of_sph_says_where_it_ends(recorder: Cloud) -> None:
    """The library leaves `endAddr` out, and the vendor wants both."""
    theirs = await told(recorder, ("sph_read_parameter", (None, 3)))
    async with connected(recorder) as (client, _):
        await client.ask(SPH_READ, sn=SN, kind="set_any_reg", start="3", end="3")
    assert recorder.requests[-1].form == [*theirs.form, ("endAddr", "3")]


@pytest.mark.parametrize(
    ("method", "given", "put"),
    [
        ("min_write_parameter", ("x", {"param1": "a"}), ("min_write_parameter", "x", {"param1": "a"})),
    ],
)
async def test_names_that_the_library_does_not_take_are_taken(
    recorder: Cloud, method: str, given: tuple[Any, ...], put: Put
) -> None:
    with pytest.raises(ValueError, match="param1"):
        await told(recorder, (method, given))
    assert dict((await sent(recorder, put)).form)["param1"] == "a"


async def test_the_real_library_reads_the_stop_soc_of_a_schedule_under_a_name_that_is_not_there() -> None:
    """Its own reader finds 100 and 10 whatever is set; ours finds what is there."""
    async with bench("mix") as work:
        work.cloud.openapi.limited = False
        api = open_api()("sunny-demo-token-1")
        api.api_url = work.client._settings.url + "v1/"
        serial = work.device.serial
        await asyncio.to_thread(api.sph_write_ac_charge_times, serial, 70, 85, True, [NIGHT, OFF, OFF])
        read = await asyncio.to_thread(api.sph_read_ac_charge_times, serial)
        assert (read["charge_power"], read["charge_stop_soc"]) == (70, 100)
        ours = await work.shown(work.setting("charge_schedule"))
        assert (ours["charge_rate"], ours["charge_stop_soc"]) == (70, 85)
        assert (ours["charge_period1_start"], ours["charge_period1_end"]) == ("01:00", "05:30")


async def test_what_the_real_library_sets_is_read_back_by_ours_and_the_other_way_round() -> None:
    async with bench("tlx") as work:
        work.cloud.openapi.limited = False
        api = open_api()("sunny-demo-token-1")
        api.api_url = work.client._settings.url + "v1/"
        serial, segment = work.device.serial, work.setting("time_segment2")
        await asyncio.to_thread(api.min_write_time_segment, serial, 2, 1, time(1, 5), time(4, 30), True)
        shown = await work.shown(segment)
        wanted: dict[str, Value] = {"mode": "battery_first", "start": "01:05", "end": "04:30", "enabled": True}
        assert wanted == {name: shown[f"time_segment2_{name}"] for name in wanted}
        changed = wanted | {"mode": "grid_first", "end": "06:00"}
        values = {f"time_segment2_{name}": value for name, value in changed.items()}
        await work.writer.write(work.device, segment, values)
        read = await asyncio.to_thread(api.min_read_time_segments, serial)
        assert (read[1]["batt_mode"], read[1]["start_time"], read[1]["end_time"]) == (2, "01:05", "06:00")
        await asyncio.to_thread(api.min_write_parameter, serial, "charge_power", 60)
        assert (await work.shown(work.setting("charge_rate")))["charge_rate"] == 60
        assert await asyncio.to_thread(api.min_read_parameter, serial, "charge_power") == "60"


def test_every_writer_of_the_library_is_compared() -> None:
    api = open_api()
    theirs = {name for name in dir(api) if re.fullmatch(r"(min|sph)_(write\w*|read_parameter)", name)}
    calls = [*(case[0] for case in SAME.values()), *(case[0] for case in DIFFERENT.values())]
    compared = {method for method, _ in [*calls, *(case[0] for case in QUESTIONS.values())]}
    assert theirs == compared
    assert {name for name in theirs if "write" in name} <= METHODS.keys()
