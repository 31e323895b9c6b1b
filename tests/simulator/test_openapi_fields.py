"""Every field of a recorded answer of the OpenAPI is in ours, with the same type of JSON.

`recorded_openapi.json` holds what the vendor's sample answers and public recordings consist of (GrowattPublicApiPy's
docstrings, home-assistant/core, showdoc.com.cn): for each object the names of its fields by type. A field that was null
there may be anything here. Left out are the families that the park has not (HPS, PBD, PCS, GroBoost, weather stations),
the management of plants, and what people wrote by hand for their own tests.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from simulator.clock import DrivenClock
from simulator.growatt import TOKEN, Cloud, openapi_fleet, serve
from tests.simulator import park

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded_openapi.json").read_text())

DIFFERENT: dict[str, set[str]] = {
    # A number in the vendor's sample, a text in the recording of user_plant_list, as in ours.
    "plant__v1_list_by_user__01": {"data.plants[].total_energy"},
    # Read by a typed client, which made numbers of them; texts in the other recording of the call, as in ours.
    "device__v1_get_plant__01": {"data.plant.latitude", "data.plant.longitude"},
    # The park has no weather station.
    "datalogger__v1_list_env_sensors__01": {"data.envs"},
}
"""By recording the fields that are missing or of another type, each with its reason."""

METERED, WIT, SPHS = "MNM0001100", "WIT0001200", "SPS0001300"
LOGGER = "XGD7155594"
"""Of the metered one."""

FAMILIES = {
    "inverter": ("inv", park.STRING),
    "max": ("max", park.MAX),
    "mix": ("sph", park.MIX),
    "noah": ("noah", park.NOAH),
    "spa": ("spa", park.SPA),
    "sph-s": ("sph-s", SPHS),
    "storage": ("storage", park.STORAGE),
    "tlx": ("min", park.TLX),
    "wit": ("wit", WIT),
}
Request = tuple[str, str, dict[str, str]]


def request_for(name: str) -> Request:
    """Return the call that a recording answers: method, path and parameters."""
    family, call, _ = name.split("__")
    serial = FAMILIES.get(family, ("", ""))[1]
    if call.startswith("v4"):
        return v4_request(call, *FAMILIES[family])
    if call in ONCE:
        return ONCE[call]
    stem = f"v1/device/{family}"
    if family == "inverter":
        path = {"v1_details": "inv_data_info", "v1_energy": "last_new_data", "v1_alarms": "alarm"}[call]
        return "GET", f"{stem}/{path}", {"device_sn": serial}
    if call == "v1_details":
        return "GET", f"{stem}/{family}_data_info", {"device_sn": serial}
    path = {"v1_energy": f"{family}_last_data", "v1_alarms": "alarm_data"}.get(call, call)
    if call == "v1_soc":
        return "POST", "v1/device/vpp/getSocData", {"vppSn": serial or park.TLX}
    return "POST", f"{stem}/{path}", {f"{family}_sn": serial}


def v4_request(call: str, kind: str, serial: str) -> Request:
    path = {
        "v4_details_v4": "queryDeviceInfo",
        "v4_energy_v4": "queryLastData",
        "v4_queryLastData": "queryLastData",
        "v4_power": "readPower",
        "v4_wifi_strength": "getWiFiSignalByDevice",
        "v4_setting_read_vpp_param": "readVppParameter",
        "v4_setting_write_on_off": "setOnOrOff",
    }[call]
    extra = {"setType": "set_param_1", "value": "1"}
    return "POST", f"v4/new-api/{path}", {"deviceSn": serial, "deviceType": kind, **extra}


_METER = {"datalog_sn": LOGGER, "address": "1"}
_HOME = {"plant_id": str(park.HOME)}
_LIST: Request = ("GET", "v1/device/list", {"plant_id": str(park.OFFICE)})
ONCE: dict[str, Request] = {
    "v1_list_env_sensors": ("GET", "v1/device/env/env_list", _METER),
    "v1_list_smart_meters": ("GET", "v1/device/ammeter/meter_list", _METER),
    "v1_create_date": ("POST", "v1/device/all/create_date", {"devices": park.TLX}),
    "v1_energy_day": ("GET", "v1/device/inverter/day_energy", {"device_sn": park.STRING}),
    "v1_get_datalogger": ("POST", "v1/device/sn_datalog", {"device_sn": park.TLX}),
    "v1_get_plant": ("POST", "v1/plant/sn_plant", {"device_sn": park.TLX}),
    "v1_plant_sn_plant": ("POST", "v1/plant/sn_plant", {"device_sn": park.TLX}),
    "v1_device_list": _LIST,
    "v1_device_list_empty": _LIST,
    "v1_list_devices": _LIST,
    "v1_energy_overview": ("GET", "v1/plant/data", _HOME),
    "v1_power": ("GET", "v1/plant/power", _HOME),
    "v1_list_by_user": ("POST", "v1/plant/user_plant_list", {"user_name": "demo"}),
    "v1_user_plant_list": ("POST", "v1/plant/user_plant_list", {"user_name": "demo"}),
    "v1_user_c_user_list": ("GET", "v1/user/c_user_list", {}),
    "v1_settings": ("GET", "v1/device/tlx/tlx_set_info", {"device_sn": park.TLX}),
    "v1_setting_read": ("POST", "v1/readMinParam", {"device_sn": park.TLX, "paramId": "discharge_power"}),
    "v1_readStorageParam": (
        "POST",
        "v1/readStorageParam",
        {"device_sn": park.STORAGE, "paramId": "storage_cmd_on_off"},
    ),
    "v1_setting_write": ("POST", "v1/tlxSet", {"tlx_sn": park.TLX, "type": "discharge_power", "param1": "50"}),
    "v1_setting_write_vpp_now": (
        "POST",
        "v1/vppRemoteSetNew",
        {"vppSn": park.TLX, "time": "5", "percentage": "10"},
    ),
    "frequently_access": _LIST,
    "plant_not_exist": ("GET", "v1/plant/data", {"plant_id": "1"}),
    "permission_denied": _LIST,
    "permission_denied_live": _LIST,
}
OF_FAMILY: dict[str, Request] = {
    "plant__v1_list__01": ("GET", "v1/plant/list", {}),
    "plant__v1_details__01": ("GET", "v1/plant/details", _HOME),
    "user__v1_list__01": ("GET", "v1/user/c_user_list", {}),
    "smart_meter__v1_energy__01": ("GET", "v1/device/ammeter/meter_last_data", _METER),
}


@pytest.fixture
async def park_cloud(clock: DrivenClock) -> Cloud:
    cloud = Cloud(clock, fleet=openapi_fleet())
    cloud.openapi.limited = False
    for serial in cloud.devices:
        cloud.raise_alarm(serial, 202, "PV Voltage High")
    return cloud


@pytest.fixture
async def session(park_cloud: Cloud) -> AsyncIterator[ClientSession]:
    async with (
        serve(park_cloud) as address,
        ClientSession(address, headers={"token": TOKEN, "User-Agent": "Python/3.13"}) as session,
    ):
        yield session


@pytest.mark.parametrize("name", RECORDED)
async def test_our_answer_has_every_field_of_the_recording(
    name: str, session: ClientSession, park_cloud: Cloud
) -> None:
    method, path, parameters = OF_FAMILY.get(name) or request_for(name)
    headers = {"token": "nobody's"} if "permission" in name else {}
    if name == "device_list__v1_device_list_empty__01":
        park_cloud.faults.add("empty_device_list")
    if "frequently" in name:
        park_cloud.openapi.limited = True
        await answer(session, method, path, parameters, headers)
    ours = await answer(session, method, path, parameters, headers)
    missing = set(differences(RECORDED[name], ours, ""))
    assert missing == DIFFERENT.get(name, set())


async def answer(
    session: ClientSession, method: str, path: str, parameters: dict[str, str], headers: dict[str, str]
) -> Any:
    form = parameters if method == "POST" and path.startswith("v1") else None
    query = parameters if form is None else None
    async with session.request(method, f"/{path}", headers=headers, data=form, params=query) as response:
        assert response.status == 200, await response.text()
        return await response.json()


LETTERS = {"n": (int, float), "s": (str,), "b": (bool,), "0": (object,)}


def differences(recorded: Any, ours: Any, where: str) -> Iterator[str]:
    """Yield the fields of a recorded shape that ours has not, or as another type."""
    if isinstance(recorded, list):
        if recorded and not (isinstance(ours, list) and ours):
            yield where
            return
        # A list may mix rows of several sorts: each recorded sort is that of at least one of ours.
        for shape in recorded:
            tries = [list(differences(shape, each, f"{where}[]")) for each in ours]
            yield from min(tries, key=len)
    elif isinstance(recorded, str):
        if not fits(recorded, ours):
            yield where
    elif not isinstance(ours, dict):
        yield where
    else:
        yield from differences_of_objects(recorded, ours, where)


def differences_of_objects(recorded: dict[str, Any], ours: dict[str, Any], where: str) -> Iterator[str]:
    for letter, names in recorded.items():
        if letter == "in":
            for name, shape in names.items():
                # An object whose keys are serials has other keys in each answer.
                inner = ours[name] if name in ours else next(iter(ours.values()), None) if name.isupper() else None
                yield from differences(shape, inner, f"{where}.{name}".lstrip("."))
            continue
        for name in names.split():
            if name not in ours or not fits(letter, ours[name]):
                yield f"{where}.{name}".lstrip(".")


def fits(letter: str, value: Any) -> bool:
    if letter == "n" and isinstance(value, bool):
        return False
    return isinstance(value, LETTERS[letter])


def test_a_missing_field_and_one_of_another_type_are_found() -> None:
    recorded = {"n": "watts volts", "s": "time", "in": {"rows": [{"b": "lost"}]}}
    ours = {"watts": "12", "time": "now", "rows": [{"lost": 0}]}
    assert set(differences(recorded, ours, "")) == {"watts", "volts", "rows[].lost"}
