"""Our requests beside those of the public library growattServer 2.2.0 (OpenApiV1), call by call, on one server."""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.writes import MIN_READ, SPH_READ
from tests.providers.growatt.kit import Cloud, Request, shared
from tests.providers.growatt_openapi.kit import SECRET, House, ok
from tests.simulator.library import base_api, open_api

START, END = date(2024, 3, 9), date(2024, 3, 15)
SPAN = {"start": "2024-03-09", "end": "2024-03-15"}

INTENDED = {
    "plant_list": "the library sends four empty fields in the body of a GET; we send the documented query",
    "device_list": "the library sends page and perpage empty and sees the first 20; we ask for pages of 100",
    "sph_read_parameter of one register": "the library leaves the end out, which the vendor wants repeated",
    "history over 7 days": "the library refuses more than 7 days; our window is filled in by whoever asks",
    "user agent": "the library sends Python/<version> and the machine's name; ours says Heliopost and five digits",
    "region": "the library ignores server_url once it is made (PyPi_GrowattServer#122); our region applies",
}
"""Where we mean to differ, and why."""

Ask = Callable[[Any], object]

PAIRS: dict[str, tuple[Ask, Endpoint, dict[str, str]]] = {
    "plant_details": (lambda api: api.plant_details(11), endpoints.PLANT_DETAILS, {"plant": "11"}),
    "plant_energy_overview": (
        lambda api: api.plant_energy_overview(11),
        endpoints.PLANT_ENERGY_OVERVIEW,
        {"plant": "11"},
    ),
    "plant_power_overview": (
        lambda api: api.plant_power_overview(11, START),
        endpoints.PLANT_POWER_OVERVIEW,
        {"plant": "11", "start": "2024-03-09"},
    ),
    "plant_energy_history": (
        lambda api: api.plant_energy_history(11, START, END, "day"),
        endpoints.PLANT_ENERGY_HISTORY,
        {"plant": "11", "unit": "day", **SPAN},
    ),
    "min_detail": (lambda api: api.min_detail("T 1"), endpoints.MIN_DETAIL, {"sn": "T 1"}),
    "min_energy": (lambda api: api.min_energy("T1"), endpoints.MIN_ENERGY, {"sn": "T1"}),
    "min_settings": (lambda api: api.min_settings("T1"), endpoints.MIN_SETTINGS, {"sn": "T1"}),
    "min_read_time_segments": (lambda api: api.min_read_time_segments("T1"), endpoints.MIN_SETTINGS, {"sn": "T1"}),
    "min_energy_history": (
        lambda api: api.min_energy_history("T1", START, END, None, 1, 100),
        endpoints.MIN_ENERGY_HISTORY,
        {"sn": "T1", "part": "1", **SPAN},
    ),
    "min_read_parameter": (
        lambda api: api.min_read_parameter("T1", "pv_on_off"),
        MIN_READ,
        {"sn": "T1", "kind": "pv_on_off", "start": "0", "end": "0"},
    ),
    "min_read_parameter of one register": (
        lambda api: api.min_read_parameter("T1", None, 30),
        MIN_READ,
        {"sn": "T1", "kind": "set_any_reg", "start": "30", "end": "30"},
    ),
    "sph_detail": (lambda api: api.sph_detail("M1"), endpoints.SPH_DETAIL, {"sn": "M1"}),
    "sph_energy": (lambda api: api.sph_energy("M1"), endpoints.SPH_ENERGY, {"sn": "M1"}),
    "sph_energy_history": (
        lambda api: api.sph_energy_history("M1", START, END, None, 1, 100),
        endpoints.SPH_ENERGY_HISTORY,
        {"sn": "M1", "part": "1", **SPAN},
    ),
    "sph_read_parameter": (
        lambda api: api.sph_read_parameter("M1", "pv_on_off"),
        SPH_READ,
        {"sn": "M1", "kind": "pv_on_off", "start": "0", "end": "0"},
    ),
    "sph_read_parameter of two registers": (
        lambda api: api.sph_read_parameter("M1", None, 30, 31),
        SPH_READ,
        {"sn": "M1", "kind": "set_any_reg", "start": "30", "end": "31"},
    ),
    "sph_read_ac_charge_times": (lambda api: api.sph_read_ac_charge_times("M1"), endpoints.SPH_DETAIL, {"sn": "M1"}),
    "sph_read_ac_discharge_times": (
        lambda api: api.sph_read_ac_discharge_times("M1"),
        endpoints.SPH_DETAIL,
        {"sn": "M1"},
    ),
}
"""What the library's method sends, and our row that sends the same."""


def wire(request: Request) -> tuple[str, str, list[tuple[str, str]], list[tuple[str, str]], str]:
    """Return what both must have alike."""
    return request.verb, request.path, request.query, request.form, request.headers["token"]


async def of_the_library(server: Cloud, ask: Ask) -> Request:
    server.default = ok({"count": 0, "plants": [], "devices": [], "x": 1})
    api = open_api()(SECRET)
    api.api_url = f"{server.address}v1/"
    await asyncio.to_thread(ask, api)
    api.session.close()
    return server.requests.pop()


@pytest.mark.parametrize("name", PAIRS)
async def test_our_request_is_the_librarys(server: Cloud, house: House, name: str) -> None:
    ask, endpoint, values = PAIRS[name]
    theirs = await of_the_library(server, ask)
    async with house.client(server.address) as client:
        await client.ask(endpoint, **values)
    [ours] = server.requests
    assert wire(ours) == wire(theirs)


async def test_every_method_of_the_library_that_reads_is_compared(server: Cloud) -> None:
    reads = {
        name
        for name in dir(open_api())
        if name.startswith(("plant_", "device_", "min_", "sph_")) and "write" not in name
    }
    old = {name for name in dir(base_api().GrowattApi) if not name.startswith("_")}
    compared = {name.split(" ")[0] for name in PAIRS} | set(INTENDED)
    assert reads - old - compared == set()
    assert {name.split(" ")[0] for name in PAIRS} <= reads


async def test_the_lists_are_asked_for_in_the_query_and_in_pages_of_100(server: Cloud, house: House) -> None:
    plants = await of_the_library(server, lambda api: api.plant_list())
    devices = await of_the_library(server, lambda api: api.device_list(11))
    assert (plants.query, devices.query) == ([], [("plant_id", "11"), ("page", ""), ("perpage", "")])
    async with house.client(server.address) as client:
        await client.ask(endpoints.PLANT_LIST, page="1")
        await client.ask(endpoints.DEVICE_LIST, page="1", plant="11")
    ours = server.requests
    assert [(each.verb, each.path) for each in ours] == [(each.verb, each.path) for each in (plants, devices)]
    assert ours[0].query == [("page", "1"), ("perpage", "100")]
    assert ours[1].query == [("plant_id", "11"), ("page", "1"), ("perpage", "100")]


async def test_the_library_leaves_out_the_end_of_one_register_and_we_repeat_it(server: Cloud, house: House) -> None:
    theirs = await of_the_library(server, lambda api: api.sph_read_parameter("M1", None, 30))
    assert "endAddr" not in dict(theirs.form)
    async with house.client(server.address) as client:
        await client.ask(SPH_READ, sn="M1", kind="set_any_reg", start="30", end="30")
    [ours] = server.requests
    assert ours.form == [*theirs.form, ("endAddr", "30")]


async def test_the_recorded_calls_of_the_library_are_those_that_are_compared() -> None:
    recorded = json.loads(shared("facts", "growatt", "wire.json").read_text())["v1_public_methods"]
    reads = {
        name for name in recorded if "write" not in name and name.startswith(("plant", "device_list", "min_", "sph_"))
    }
    assert reads <= {name.split(" ")[0] for name in PAIRS} | set(INTENDED)


async def test_a_name_of_ours_goes_out_instead_of_the_machines(server: Cloud, house: House) -> None:
    theirs = await of_the_library(server, lambda api: api.min_energy("T1"))
    async with house.client(server.address) as client:
        await client.ask(endpoints.MIN_ENERGY, sn="T1")
    [ours] = server.requests
    assert "Python" in theirs.headers["User-Agent"]
    assert "Heliopost" in ours.headers["User-Agent"]
