"""Our writes beside those of the public library growattServer 2.2.0, call by call, on one server."""

from collections.abc import Mapping, Sequence
from datetime import time
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest
from aiohttp import web

from app.model import Value
from app.providers.growatt.calls import Pairs
from app.providers.growatt.catalogue_writes import PLANT_FORM
from app.providers.growatt.writes import SENDERS, SHORTCUTS
from tests.providers.growatt.asking import PLANT, has
from tests.providers.growatt.kit import LOGGED_IN, Cloud, Home, Request
from tests.providers.growatt.test_wire import WRITERS, Ask, in_library, wire

PLANT_ANSWER = {
    "id": 11,
    "plantName": "Home",
    "userAccount": "jane",
    "country": "Germany",
    "city": "Town",
    "plantAddress": "Street 1",
    "timezone": "1",
    "plant_lat": "52.1",
    "plant_lng": "8.2",
    "nominalPower": "6400",
    "createDateText": "2023-05-04",
    "plantType": 0,
    "formulaMoneyStr": "0.28",
    "formulaMoneyUnitId": "eur",
    "formulaCo2": "0.997",
    "formulaCoal": "0.4",
    "formulaSo2": "0.03",
}
DEVICES = {"tlx": "TLX1", "mix": "MIX1", "spa": "SPA1", "noah": "0PV1", "inverter": "INV1"}
PERIODS = ["22", "30", "23", "59", "1", "01", "00", "04", "00", "1", "00", "00", "00", "00", "0"]


def tlx(kind: str, param: object) -> Ask:
    return lambda api: api.update_tlx_inverter_setting("TLX1", kind, param)


def mix(kind: str, params: object) -> Ask:
    return lambda api: api.update_mix_inverter_setting("MIX1", kind, params)


def spa(kind: str, params: object) -> Ask:
    return lambda api: api.update_ac_inverter_setting("SPA1", kind, params)


def classic(kind: str, first: str, second: str = "") -> Ask:
    fixed = {"action": "inverterSet", "serialNum": "INV1"}
    given = {"paramId": kind, "command_1": first, "command_2": second}
    return lambda api: api.update_classic_inverter_setting(fixed, given)


def period(n: int) -> dict[str, Value]:
    """Return one of the periods that PERIODS are, by the endings of its points."""
    start, end, on = [("22:30", "23:59", True), ("01:00", "04:00", True), ("00:00", "00:00", False)][n - 1]
    return {"start": start, "end": end, "enabled": on}


def schedule(way: str) -> dict[str, Value]:
    return {f"{way}_period{n}_{part}": value for n in (1, 2, 3) for part, value in period(n).items()}


MOMENT: dict[str, Value] = {"device_clock": "2026-11-21T18:30:00"}

PAIRS: dict[str, tuple[Ask, str, str, dict[str, Value]]] = {
    "tlx charge_power": (tlx("charge_power", 80), "tlx", "charge_rate", {"charge_rate": 80.0}),
    "tlx charge_stop_soc": (tlx("charge_stop_soc", ["95"]), "tlx", "charge_stop_soc", {"charge_stop_soc": 95.0}),
    "tlx discharge_power": (tlx("discharge_power", {"param1": 7}), "tlx", "discharge_rate", {"discharge_rate": 7.0}),
    "tlx discharge_stop_soc": (
        tlx("discharge_stop_soc", "10"),
        "tlx",
        "discharge_stop_soc",
        {"discharge_stop_soc": 10.0},
    ),
    "tlx on_grid_discharge_stop_soc": (
        tlx("on_grid_discharge_stop_soc", "20"),
        "tlx",
        "on_grid_discharge_stop_soc",
        {"on_grid_discharge_stop_soc": 20.0},
    ),
    "tlx ac_charge": (tlx("ac_charge", "1"), "tlx", "ac_charge_enabled", {"ac_charge_enabled": True}),
    "tlx pf_sys_year": (tlx("pf_sys_year", "2026-11-21 18:30:00"), "tlx", "device_clock", MOMENT),
    "tlx time_segment": (
        lambda api: api.update_tlx_inverter_time_segment("TLX1", 3, 1, time(1, 5), time(14, 30), enabled=True),
        "tlx",
        "time_segment3",
        {
            "time_segment3_mode": "battery_first",
            "time_segment3_start": "01:05",
            "time_segment3_end": "14:30",
            "time_segment3_enabled": True,
        },
    ),
    "tlx time_segment off": (
        lambda api: api.update_tlx_inverter_time_segment("TLX1", 9, 0, time(0, 0), time(0, 0), enabled=False),
        "tlx",
        "time_segment9",
        {
            "time_segment9_mode": "load_first",
            "time_segment9_start": "00:00",
            "time_segment9_end": "00:00",
            "time_segment9_enabled": False,
        },
    ),
    "mix charge": (
        mix("mix_ac_charge_time_period", ["80", "95", "1", *PERIODS]),
        "mix",
        "charge_schedule",
        {"charge_rate": 80.0, "charge_stop_soc": 95.0, "ac_charge_enabled": True, **schedule("charge")},
    ),
    "mix discharge": (
        mix("mix_ac_discharge_time_period", ["70", "15", *PERIODS]),
        "mix",
        "discharge_schedule",
        {"discharge_rate": 70.0, "discharge_stop_soc": 15.0, **schedule("discharge")},
    ),
    "mix pf_sys_year": (mix("pf_sys_year", ["2026-11-21 18:30:00"]), "mix", "device_clock", MOMENT),
    "mix backflow_setting": (
        mix("backflow_setting", ["1", "50"]),
        "mix",
        "export_limit",
        {"export_limit_enabled": True, "export_limit_rate": 50.0},
    ),
    "spa charge": (
        spa("spa_ac_charge_time_period", ["80", "95", *PERIODS]),
        "spa",
        "charge_schedule",
        {"charge_rate": 80.0, "charge_stop_soc": 95.0, **schedule("charge")},
    ),
    "noah default_power": (
        lambda api: api.update_noah_settings("0PV1", "default_power", ["250"]),
        "noah",
        "default_power",
        {"default_power": 250.0},
    ),
    "noah charging_soc": (
        lambda api: api.update_noah_settings("0PV1", "charging_soc", {"param1": "95", "param2": "10"}),
        "noah",
        "charge_limits",
        {"soc_high_limit": 95.0, "soc_low_limit": 10.0},
    ),
    "classic power rate": (
        lambda api: api.set_classic_inverter_active_power_rate("INV1", 70),
        "inverter",
        "active_power_rate",
        {"active_power_rate": 70.0},
    ),
    "classic on": (
        lambda api: api.set_classic_inverter_on_off("INV1", enabled=True),
        "inverter",
        "switched_on",
        {"switched_on": True},
    ),
    "classic off": (
        lambda api: api.set_classic_inverter_on_off("INV1", enabled=False),
        "inverter",
        "switched_on",
        {"switched_on": False},
    ),
    "classic voltage": (
        classic("pv_grid_voltage_high", "253.0"),
        "inverter",
        "voltage_high_limit",
        {"voltage_high_limit": 253.0},
    ),
    "classic reactive": (
        classic("pv_reactive_p_rate", "30", "over"),
        "inverter",
        "reactive_power",
        {"reactive_power_rate": 30.0, "reactive_power_direction": "over"},
    ),
    "classic clock": (classic("pf_sys_year", "2026-11-21 18:30:00"), "inverter", "device_clock", MOMENT),
}
PLANTS: dict[str, tuple[dict[str, str], str, Value]] = {
    "energy_price": ({"plantIncome": "0.3"}, "energy_price", 0.3),
    "plant_currency": ({"plantMoney": "gbp"}, "plant_currency", "gbp"),
    "plant_name": ({"plantName": "Häuschen {1} & Söhne"}, "plant_name", "Häuschen {1} & Söhne"),
    "plant_latitude": ({"plantLat": "51.5"}, "plant_latitude", 51.5),
}
INTENDED = {
    "booleans": "the library writes True and False as these words, which no device knows; ours are 1 and 0",
    "update_inverter_setting": "the library sends any op; ours finds that of the device's family, or takes it by name",
    "null": "the library sends the word None for a plant's field that is null; ours is empty",
    "unknown fields of a plant": "the library appends them as they are; ours says which there are",
    "segment 12": "the library sends segments and modes that do not exist; ours knows nine segments and three modes",
    "an answer's no": "the library returns it (and raises for time segments only); ours is always an error",
}
"""Where we mean to differ, and why."""


@pytest.fixture
def writable(account: Cloud) -> Cloud:
    """Return an account with a device of each family, and a cloud that takes every write."""
    has(account, *({"deviceSn": serial, "deviceType": kind} for kind, serial in DEVICES.items()))
    done = {"success": True, "msg": "inv_set_success"}
    account.answers |= dict.fromkeys(("tlxSet", "mixSetApiNew", "spaSetApi", "inverterSet", "updatePlant"), done)
    account.answers["noahDeviceApi/noah/set"] = {"result": 1, "msg": ""}
    account.answers["noahDeviceApi/nexa/set"] = {"result": 1, "msg": ""}
    account.answers["getPlant"] = PLANT_ANSWER
    account.answers["getTlxDetailData"] = {"data": {"bmsSoc": 55}}
    return account


async def ours(
    home: Home, cloud: Cloud, device_id: str, key: str, values: Mapping[str, Value], **changed: Any
) -> list[Request]:
    """Write through the provider; return the requests that this took."""
    async with home.provider(cloud.address, user_agent="the same name", **changed) as provider:
        device = next(each for each in await provider.discover() if each.id == device_id)
        await provider.read(provider.feeds[0])
        setting = next(each for each in provider.settings(device) if each.key == key)
        before = len(cloud.requests)
        await provider.write(device, setting, values)
        return cloud.requests[before:]


@pytest.mark.parametrize("name", PAIRS)
async def test_each_write_goes_over_the_wire_as_the_library_s(writable: Cloud, home: Home, name: str) -> None:
    ask, family, key, values = PAIRS[name]
    (theirs,) = await in_library(writable, ask, "the same name")
    (mine,) = await ours(home, writable, f"growatt_{DEVICES[family]}", key, values)
    assert wire(mine) == wire(theirs)


def fields(body: bytes, kind: str) -> list[tuple[str, str, bool, bool]]:
    """Return a multipart form as it is on the wire: names, values, and whether a part says its type or file."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_payload(decode=True).decode(),  # type: ignore[union-attr]
            "Content-Type" in part,
            part.get_filename() is not None,
        )
        for part in message.iter_parts()
    ]


@pytest.mark.parametrize("name", PLANTS)
async def test_a_plant_s_form_is_the_library_s_field_by_field(writable: Cloud, home: Home, name: str) -> None:
    changed, key, value = PLANTS[name]
    theirs = await in_library(writable, lambda api: api.update_plant_settings("11", changed), "the same name")
    mine = await ours(home, writable, PLANT, key, {key: value})
    assert [(each.verb, each.path, each.query, each.form) for each in mine] == [
        (each.verb, each.path, each.query, each.form) for each in theirs
    ]
    assert [name for name, _ in mine[-1].form] == [
        "plantCoal", "plantSo2", "accountName", "plantID", "plantFirm", "plantCountry", "plantType", "plantIncome",
        "plantAddress", "plantTimezone", "plantLng", "plantCity", "plantCo2", "plantMoney", "plantPower", "plantLat",
        "plantDate", "plantName",
    ]  # fmt: skip
    kinds = [each.headers["Content-Type"].partition(";")[0] for each in (mine[-1], theirs[-1])]
    assert kinds == ["multipart/form-data"] * 2


async def test_a_plant_s_parts_have_neither_type_nor_file_as_the_library_s(writable: Cloud, home: Home) -> None:
    bodies: list[list[tuple[str, str, bool, bool]]] = []

    app = web.Application()

    async def record(request: web.Request) -> web.Response:
        if request.query.get("op") == "updatePlant":
            bodies.append(fields(await request.read(), request.headers["Content-Type"]))
            return web.json_response({"success": True, "msg": "200"})
        if request.path.startswith("/newTwoLoginAPI"):
            return web.json_response(LOGGED_IN)
        return web.json_response(PLANT_ANSWER)

    app.router.add_route("*", "/{path:.*}", record)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        changed = {"plantName": "Grün"}
        server = Cloud(address=address)
        await in_library(server, lambda api: api.update_plant_settings("11", changed), "x")
        async with home.client(address) as client:
            form: Pairs = tuple(
                (name, changed.get(name, str(PLANT_ANSWER[shows]) if shows else "0")) for name, shows in PLANT_FORM
            )
            await client.send(SENDERS["update_plant_settings"].call, form, multipart=True)
    finally:
        await runner.cleanup()
    assert bodies[0] == bodies[1]
    assert not any(typed or filed for _, _, typed, filed in bodies[0])


async def test_a_nexa_is_written_at_its_twin_of_the_noah_s_address(account: Cloud, home: Home) -> None:
    has(account, {"deviceSn": "NEX1", "deviceType": "nexa"})
    account.answers["noahDeviceApi/nexa/set"] = {"result": 1, "msg": ""}
    (mine,) = await ours(home, account, "growatt_NEX1", "default_power", {"default_power": 100.0})
    assert (mine.path, mine.form) == (
        "noahDeviceApi/nexa/set",
        [("serialNum", "NEX1"), ("type", "default_power"), ("param1", "100")],
    )


RAW: dict[str, tuple[Ask, str, str, str, Sequence[object] | Mapping[str, object]]] = {
    "update_mix_inverter_setting": (
        mix("new_type", ["1", "x"]),
        "MIX1",
        "update_mix_inverter_setting",
        "new_type",
        ["1", "x"],
    ),
    "update_ac_inverter_setting": (
        spa("new_type", {"param1": "5"}),
        "SPA1",
        "update_ac_inverter_setting",
        "new_type",
        {"param1": "5"},
    ),
    "update_tlx_inverter_setting": (tlx("new_type", 5), "TLX1", "update_tlx_inverter_setting", "new_type", [5]),
    "update_noah_settings": (
        lambda api: api.update_noah_settings("0PV1", "time_segment1", ["0", "00:00"]),
        "0PV1",
        "update_noah_settings",
        "time_segment1",
        {"1": "0", "2": "00:00"},
    ),
    "update_classic_inverter_setting": (
        lambda api: api.update_classic_inverter_setting(
            {"action": "inverterSet", "serialNum": "INV1"}, {"paramId": "new_type", "command_1": "1", "command_2": "2"}
        ),
        "INV1",
        "update_classic_inverter_setting",
        "new_type",
        ["1", "2"],
    ),
    "update_inverter_setting": (
        lambda api: api.update_inverter_setting(
            "MIX1", "new_type", {"op": "mixSetApiNew", "serialNum": "MIX1", "type": "new_type"}, ["7"]
        ),
        "MIX1",
        "update_inverter_setting",
        "new_type",
        ["7"],
    ),
    "update_inverter_setting with an op of its own": (
        lambda api: api.update_inverter_setting(
            "INV1", "new_type", {"op": "maxSetApi", "serialNum": "INV1", "type": "new_type"}, {"param1": "7"}
        ),
        "INV1",
        "update_inverter_setting",
        "new_type",
        {"op": "maxSetApi", "param1": 7},
    ),
}


@pytest.mark.parametrize("name", RAW)
async def test_a_raw_write_goes_over_the_wire_as_the_library_s(writable: Cloud, home: Home, name: str) -> None:
    ask, serial, method, kind, params = RAW[name]
    (theirs,) = await in_library(writable, ask, "the same name")
    async with home.provider(writable.address, user_agent="the same name") as provider:
        device = next(each for each in await provider.discover() if each.serial == serial)
        put = provider.put(device, method, kind, params)
        assert (put.setting.danger, put.setting.reads_back) == (True, False)
        before = len(writable.requests)
        await provider.write(device, put.setting, put.values)
    (mine,) = writable.requests[before:]
    assert wire(mine) == wire(theirs)


async def test_a_boolean_is_a_number_on_the_wire_and_not_a_word_of_python(writable: Cloud, home: Home) -> None:
    assert INTENDED["booleans"]
    (theirs,) = await in_library(writable, tlx("ac_charge", True), "x")
    assert dict(theirs.query)["param1"] == "True"
    async with home.provider(writable.address) as provider:
        device = next(each for each in await provider.discover() if each.serial == "TLX1")
        for raw in (True, "True", 1, "1"):
            put = provider.put(device, "update_tlx_inverter_setting", "ac_charge", [raw])
            await provider.write(device, put.setting, put.values)
            assert dict(writable.requests[-1].query)["param1"] == "1"


async def test_what_a_plant_has_as_null_is_sent_as_nothing(writable: Cloud, home: Home) -> None:
    assert INTENDED["null"]
    writable.answers["getPlant"] = {**PLANT_ANSWER, "plantAddress": None}
    await in_library(writable, lambda api: api.update_plant_settings("11", {}), "x")
    assert dict(writable.requests[-1].form)["plantAddress"] == "None"
    mine = await ours(home, writable, PLANT, "energy_price", {"energy_price": 0.3})
    assert dict(mine[-1].form)["plantAddress"] == ""


def test_every_writer_of_the_library_is_here() -> None:
    assert {*SENDERS, *SHORTCUTS} - {"update_nexa_settings"} == WRITERS
