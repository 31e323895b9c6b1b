"""Our requests beside those of the public library growattServer 2.2.0, call by call, on one server."""

import asyncio
import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.providers.growatt import calls
from app.providers.growatt.calls import Call, filled
from app.providers.growatt.settings import USER_AGENT
from tests.providers.growatt.kit import NOW, Cloud, Home, Request, make_settings, shared
from tests.simulator.library import base_api

DAY = datetime(2024, 3, 9, 23, 30, tzinfo=UTC)
TODAY = {"date": "2024-03-09"}

INTENDED = {
    "user agent": "the library's name was on Growatt's block list at times; ours says Heliopost and five digits",
    "stringTime": "the library asks for today in UTC, which is the wrong day around midnight; we in the plant's zone",
    "date left out": "the library then takes today in UTC; we always name the plant's day",
    "redirects": "the library follows them, and a POST becomes a GET; to us one is the end of the session",
    "pages": "the library reads the first 15 plants; we go on while pages are full, the first one is the same",
    "inverter_list": "an older name of device_list, with a warning; nothing of its own on the wire",
}
"""Where we mean to differ, and why."""

Ask = Callable[[Any], object]

PAIRS: dict[str, tuple[Ask, Call, dict[str, str]]] = {
    "plant_list": (lambda api: api.plant_list("7"), calls.PLANT_LIST, {"user": "7"}),
    "plant_list_two": (lambda api: api.plant_list_two(), calls.PLANT_LIST_TWO, {"page": "1"}),
    "plant_info": (lambda api: api.plant_info("11"), calls.PLANT_INFO, {"plant": "11"}),
    "plant_energy_data": (lambda api: api.plant_energy_data("11"), calls.PLANT_ENERGY_DATA, {"plant": "11"}),
    "plant_settings": (lambda api: api.plant_settings("11"), calls.PLANT_SETTINGS, {"plant": "11"}),
    "inverter_data": (lambda api: api.inverter_data("I 1", DAY), calls.INVERTER_DATA, {"sn": "I 1", **TODAY}),
    "inverter_detail": (lambda api: api.inverter_detail("I1"), calls.INVERTER_DETAIL, {"sn": "I1"}),
    "inverter_detail_two": (lambda api: api.inverter_detail_two("I1"), calls.INVERTER_DETAIL_TWO, {"sn": "I1"}),
    "classic_inverter_info": (lambda api: api.classic_inverter_info("I1"), calls.CLASSIC_INVERTER_INFO, {"sn": "I1"}),
    "tlx_system_status": (
        lambda api: api.tlx_system_status("11", "T1"),
        calls.TLX_SYSTEM_STATUS,
        {"plant": "11", "sn": "T1"},
    ),
    "tlx_energy_overview": (
        lambda api: api.tlx_energy_overview("11", "T1"),
        calls.TLX_ENERGY_OVERVIEW,
        {"plant": "11", "sn": "T1"},
    ),
    "tlx_energy_prod_cons": (
        lambda api: api.tlx_energy_prod_cons("11", "T1", span(0), DAY),
        calls.TLX_ENERGY_PROD_CONS,
        {"plant": "11", "sn": "T1", "span": "0", **TODAY},
    ),
    "tlx_energy_prod_cons of a month": (
        lambda api: api.tlx_energy_prod_cons("11", "T1", span(1), DAY),
        calls.TLX_ENERGY_PROD_CONS,
        {"plant": "11", "sn": "T1", "span": "1", **TODAY},
    ),
    "tlx_energy_prod_cons of a year": (
        lambda api: api.tlx_energy_prod_cons("11", "T1", span(2), DAY),
        calls.TLX_ENERGY_PROD_CONS,
        {"plant": "11", "sn": "T1", "span": "2", "date": "2024-03"},
    ),
    "tlx_data": (lambda api: api.tlx_data("T1", DAY), calls.TLX_DATA, {"sn": "T1", **TODAY}),
    "tlx_detail": (lambda api: api.tlx_detail("Ä+&=1"), calls.TLX_DETAIL, {"sn": "Ä+&=1"}),
    "tlx_params": (lambda api: api.tlx_params("T1"), calls.TLX_PARAMS, {"sn": "T1"}),
    "tlx_all_settings": (lambda api: api.tlx_all_settings("T1"), calls.TLX_ALL_SETTINGS, {"sn": "T1"}),
    "tlx_enabled_settings": (
        lambda api: api.tlx_enabled_settings("T1"),
        calls.TLX_ENABLED_SETTINGS,
        {"sn": "T1", "date": datetime.now(UTC).strftime("%Y-%m-%d")},
    ),
    "tlx_battery_info": (lambda api: api.tlx_battery_info("B1"), calls.TLX_BATTERY_INFO, {"sn": "B1"}),
    "tlx_battery_info_detailed": (
        lambda api: api.tlx_battery_info_detailed("11", "B1"),
        calls.TLX_BATTERY_INFO_DETAILED,
        {"plant": "11", "sn": "B1"},
    ),
    "mix_info": (lambda api: api.mix_info("M1", "11"), calls.MIX_INFO, {"sn": "M1", "plant": "11"}),
    "mix_info without a plant": (lambda api: api.mix_info("M1"), calls.MIX_INFO, {"sn": "M1", "plant": ""}),
    "mix_totals": (lambda api: api.mix_totals("M1", "11"), calls.MIX_TOTALS, {"sn": "M1", "plant": "11"}),
    "mix_system_status": (
        lambda api: api.mix_system_status("M1", "11"),
        calls.MIX_SYSTEM_STATUS,
        {"sn": "M1", "plant": "11"},
    ),
    "mix_detail": (
        lambda api: api.mix_detail("M1", "11", span(0), DAY),
        calls.MIX_DETAIL,
        {"sn": "M1", "plant": "11", "span": "0", **TODAY},
    ),
    "get_mix_inverter_settings": (lambda api: api.get_mix_inverter_settings("M1"), calls.MIX_SETTINGS, {"sn": "M1"}),
    "dashboard_data": (
        lambda api: api.dashboard_data("11", span(0), DAY),
        calls.DASHBOARD_DATA,
        {"plant": "11", "span": "0", **TODAY},
    ),
    "plant_detail": (
        lambda api: api.plant_detail("11", span(1), DAY),
        calls.PLANT_DETAIL,
        {"plant": "11", "span": "1", **TODAY},
    ),
    "storage_detail": (lambda api: api.storage_detail("S1"), calls.STORAGE_DETAIL, {"sn": "S1"}),
    "storage_params": (lambda api: api.storage_params("S1"), calls.STORAGE_PARAMS, {"sn": "S1"}),
    "storage_energy_overview": (
        lambda api: api.storage_energy_overview("11", "S1"),
        calls.STORAGE_ENERGY_OVERVIEW,
        {"plant": "11", "sn": "S1"},
    ),
    "is_plant_noah_system": (lambda api: api.is_plant_noah_system("11"), calls.IS_PLANT_NOAH_SYSTEM, {"plant": "11"}),
    "noah_system_status": (lambda api: api.noah_system_status("N1"), calls.NOAH_SYSTEM_STATUS, {"sn": "N1"}),
    "noah_info": (lambda api: api.noah_info("N1"), calls.NOAH_INFO, {"sn": "N1"}),
}
WRITERS = {
    "update_plant_settings",
    "update_inverter_setting",
    "update_mix_inverter_setting",
    "update_ac_inverter_setting",
    "update_tlx_inverter_time_segment",
    "update_tlx_inverter_setting",
    "update_noah_settings",
    "update_classic_inverter_setting",
    "set_classic_inverter_active_power_rate",
    "set_classic_inverter_on_off",
}
ELSEWHERE = {"login", "device_list", "inverter_list", "get_url"}


def span(number: int) -> Any:
    return base_api().Timespan(number)


def wire(request: Request, *, body: bool = True) -> tuple[Any, ...]:
    """Return what a request is to the server; a type is compared only where something is sent."""
    kind = request.headers.get("Content-Type", "") if request.verb == "POST" and body else ""
    length = request.headers.get("Content-Length") if request.verb == "POST" and not request.form else ""
    return request.verb, request.path, request.query, request.form, request.headers["User-Agent"], kind, length


@pytest.fixture
def answers(cloud: Cloud) -> Cloud:
    """A cloud that satisfies every call of both clients."""
    page = '<script>inv=JSON.parse(\'{"onOff":"1"}\')</script>'
    cloud.answers["commonDeviceSetC/setInverter"] = page
    cloud.default = {
        "result": 1,
        "obj": {"tlxSetBean": {}, "mixBean": {}},
        "back": {"success": True, "data": []},
        "data": {},
        "deviceList": [{"deviceSn": "X"}],
        "PlantList": [{"id": 1}],
    }
    return cloud


async def in_library(cloud: Cloud, ask: Ask, agent: str) -> list[Request]:
    api = base_api().GrowattApi(agent_identifier=agent)
    api.server_url = cloud.address
    before = len(cloud.requests)
    try:
        await asyncio.to_thread(ask, api)
    finally:
        api.session.close()
    return cloud.requests[before:]


@pytest.mark.parametrize("name", PAIRS)
async def test_each_read_goes_over_the_wire_as_the_library_s(answers: Cloud, home: Home, name: str) -> None:
    ask, call, values = PAIRS[name]
    (theirs,) = await in_library(answers, ask, "the same name")
    async with home.client(answers.address, user_agent="the same name") as client:
        await client.ask(call, **values)
    ours = answers.requests[-1]
    assert wire(ours) == wire(theirs)


async def test_the_login_goes_over_the_wire_as_the_library_s(cloud: Cloud, home: Home) -> None:
    (theirs,) = await in_library(cloud, lambda api: api.login("user@x", "password1"), "the same name")
    async with home.client(cloud.address, username="user@x", user_agent="the same name") as client:
        await client.enter()
    assert wire(cloud.requests[-1]) == wire(theirs)


async def test_the_two_steps_to_a_list_of_devices_are_the_library_s(cloud: Cloud, home: Home) -> None:
    empty: dict[str, Any] = {"deviceList": []}
    cloud.answers |= {
        "getAllDeviceListTwo": empty,
        "getAllDeviceList": empty,
        "isPlantNoahSystem": {"result": 0, "msg": "504"},
    }
    theirs = await in_library(cloud, lambda api: api.device_list("11"), "the same name")
    async with home.provider(cloud.address, user_agent="the same name") as provider:
        await provider._client.enter()
        before = len(cloud.requests)
        await provider._directory.lists("11")
    ours = [request for request in cloud.requests[before:] if not request.path.startswith("noah")]
    assert [wire(request) for request in ours] == [wire(request) for request in theirs]


def test_every_read_of_the_library_is_here() -> None:
    methods = {
        name for name, _ in inspect.getmembers(base_api().GrowattApi, inspect.isfunction) if not name.startswith("_")
    }
    covered = {name.partition(" ")[0] for name in PAIRS}
    assert methods == covered | WRITERS | ELSEWHERE
    assert {call.name for call in calls.LIBRARY} == covered | {"login", "device_list"}


def test_names_of_calls_are_their_own() -> None:
    every = [value for value in vars(calls).values() if isinstance(value, Call)]
    assert len({call.name for call in every}) == len(every)


def test_our_name_is_our_own_and_different_for_each_installation() -> None:
    settings = make_settings()
    first, second = settings.agent("ab12" * 8), settings.agent("cd34" * 8)
    assert INTENDED["user agent"]
    assert first.startswith(f"{USER_AGENT} - ")
    assert first[-5:].isdecimal()
    assert first != second
    assert settings.agent("ab12" * 8) == first
    assert "PyPi_GrowattServer" not in first


async def test_our_name_is_what_is_sent(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
    assert cloud.requests[-1].headers["User-Agent"] == make_settings().agent("ab12" * 8)


RECORDED = {"login": calls.LOGIN, "device_list(empty first)": calls.DEVICE_LIST} | {
    name: pair[1] for name, pair in PAIRS.items()
}
GIVEN = {
    "user": "7",
    "plant": "11",
    "span": "0",
    "date": "2024-03-09",
    "page": "1",
    "username": "user@x",
    "password": "7c6a18cb36896aca8cc2787eeafbce4c",
}
SPANS = {"hour": "0", "day": "1", "month": "2"}


def test_the_recorded_requests_of_the_library_are_ours() -> None:
    recorded = json.loads(shared("facts", "growatt", "wire.json").read_text())["legacy"]
    compared = 0
    for entry in recorded:
        method, _, variant = entry["call"].partition("[")
        call = RECORDED.get(entry["call"], RECORDED.get(method))
        if call is None or method.partition("(")[0] in WRITERS:
            continue
        request = entry["requests"][-1] if call is calls.DEVICE_LIST else entry["requests"][0]
        pairs = [*map(tuple, request["query"]), *map(tuple, request["body"] or [])]
        serials = {
            value
            for name, value in pairs
            if name in {"id", "mixId", "storageId", "storageSn", "serialNum", "deviceSn", "inverterId", "invSn"}
        }
        month = "2024-03" if variant == "month]" else "2024-03-09"
        values = {**GIVEN, "sn": next(iter(serials), ""), "span": SPANS.get(variant.rstrip("]"), "0"), "date": month}
        if call is calls.TLX_ENABLED_SETTINGS:
            values["date"] = dict(pairs)["stringTime"]
        if entry["call"].endswith("(no plant)") or (call is calls.MIX_INFO and "plantId" not in dict(pairs)):
            values["plant"] = ""
        if method == "login(hashed)":
            continue
        assert (call.verb, "/" + call.path) == (request["verb"], request["path"]), entry["call"]
        ours = filled(call, call.query, values), filled(call, call.form, values)
        assert ours == ([*map(tuple, request["query"])], [*map(tuple, request["body"] or [])]), entry["call"]
        compared += 1
    assert compared >= 34


def test_a_day_is_the_plant_s_and_not_london_s(home: Home) -> None:
    from zoneinfo import ZoneInfo

    assert INTENDED["stringTime"]
    late = NOW.replace(hour=23)
    assert late.astimezone(ZoneInfo("Australia/Sydney")).strftime("%Y-%m-%d") != late.strftime("%Y-%m-%d")
