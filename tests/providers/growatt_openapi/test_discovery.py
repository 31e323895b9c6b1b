"""Plants, devices, loggers and meters, from lists that may be read only rarely and that are not always right."""

from contextlib import suppress
from typing import Any

import pytest

from app.errors import AuthFailed, ProtocolError, Unavailable
from app.model import DeviceKind
from app.providers.growatt.openapi.directory import offset
from app.providers.growatt.openapi.errors import Forbidden
from app.providers.growatt.openapi.families import FEEDS
from tests.core.factory import NOON
from tests.providers.growatt.kit import Cloud, Request
from tests.providers.growatt_openapi.kit import House, newer, no, ok, recording
from tests.providers.growatt_openapi.test_budget import devices, home, plants

VALUES, _, PLANTS, SETTINGS = FEEDS
__all__ = ["home"]


def listed(*rows: dict[str, Any]) -> dict[str, Any]:
    return newer({"count": len(rows), "data": list(rows), "lastPager": True})


async def found(server: Cloud, house: House, **changed: Any) -> dict[str, Any]:
    async with house.provider(server.address, **changed) as provider:
        return {device.id: device for device in await provider.discover()}


async def test_a_plant_and_its_inverter_are_found_with_zone_model_and_rating(home: Cloud, house: House) -> None:
    known = await found(home, house)
    plant, inverter = known["growatt_plant_11"], known["growatt_A1"]
    assert (plant.name, plant.rated_power, plant.kind) == ("House 11", 5000, DeviceKind.PLANT)
    assert str(plant.zone) == "UTC+02:00"
    assert (inverter.model, inverter.rated_power, inverter.via) == ("MIN 5000TL-X", 5000, plant.id)
    assert inverter.name == "MIN 5000TL-X A1"
    assert known["growatt_LOG1"].kind is DeviceKind.LOGGER, "its serial stands beside the inverter's"
    assert str((await found(home, house, timezone="Europe/Berlin"))["growatt_A1"].zone) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        *(("GMT+8", 8), ("GMT-3.5", -3.5), ("GMT+5:30", 5.5), ("GMT-9:30", -9.5), ("GMT 1", 1), ("UTC+0", 0)),
        *(("8", 8), (8, 8), (-3.5, -3.5), ("+1", 1), ("-03:30", -3.5), ("(GMT+08:00) Beijing", 8)),
        *(("Asia/Shanghai", 8), ("Etc/GMT+8", -8)),
    ],
)
def test_a_plants_zone_is_read(words: object, hours: float) -> None:
    zone = offset(words)
    assert zone is not None
    shift = zone.utcoffset(NOON)
    assert shift is not None
    assert shift.total_seconds() == hours * 3600


@pytest.mark.parametrize(
    "words", [None, True, "", "Nowhere/Else", "Europe", "../etc", 28800, "99", float("nan"), "GMT+99", "GMT"]
)
def test_what_is_no_zone_is_none(words: object) -> None:
    assert offset(words) is None


async def test_a_list_that_counts_devices_and_is_empty_deletes_nothing(home: Cloud, house: House) -> None:
    async with house.provider(home.address) as provider:
        before = {device.id for device in await provider.discover()}
        home.answers["v1/device/list"] = recording("device_list__v1_device_list_empty")
        house.clock.move(hours=1)
        assert {device.id for device in await provider.discover()} == before
    async with house.provider(home.address) as provider:
        house.clock.move(hours=1)
        assert {device.id for device in await provider.discover()} == before, "also after a restart"


async def test_a_list_that_was_never_read_and_counts_without_listing_is_raised(home: Cloud, house: House) -> None:
    home.answers["v1/device/list"] = recording("device_list__v1_device_list_empty")
    with pytest.raises(ProtocolError, match="counts entries but lists none"):
        await found(home, house)


async def test_a_device_that_is_no_longer_listed_goes(home: Cloud, house: House) -> None:
    home.answers["v1/device/list"] = devices("A1", "A2")
    assert {"growatt_A1", "growatt_A2"} <= (await found(home, house)).keys()
    home.answers["v1/device/list"] = devices("A2")
    house.clock.move(hours=1)
    known = await found(home, house)
    assert "growatt_A1" not in known
    assert "growatt_A2" in known


async def test_after_a_restart_the_devices_are_known_although_no_list_may_be_read(home: Cloud, house: House) -> None:
    before = await found(home, house)
    asked = len(home.requests)
    house.clock.move(seconds=30)
    after = await found(home, house)
    assert after == before
    assert len(home.requests) == asked + 1, "only the call that this token may not make at all"


async def test_a_server_that_is_ill_keeps_what_was_known(home: Cloud, house: House) -> None:
    before = (await found(home, house)).keys()
    for name in list(home.answers):
        home.answers[name] = 500
    house.clock.move(hours=5)
    assert (await found(home, house)).keys() == before
    with pytest.raises(Unavailable):
        await found(home, House())


async def test_a_token_that_is_refused_stops_the_account(home: Cloud, house: House) -> None:
    home.answers["v1/plant/list"] = no(10011, "error_permission_denied")
    with pytest.raises(AuthFailed, match="does not accept this token"):
        await found(home, house)


async def test_a_token_without_v4_works_all_the_same(home: Cloud, house: House) -> None:
    for answer in ({"code": 2, "message": "TOKEN_IS_INVALID", "data": None}, 404, 500, "<html>", no(10011)):
        home.answers["v4/new-api/queryDeviceList"] = answer
        assert "growatt_A1" in await found(home, house)
        house.clock.move(hours=1)


async def test_what_v4_alone_knows_is_put_into_the_plant_of_its_logger_or_the_one_v1_names(
    home: Cloud, house: House
) -> None:
    home.answers["v1/plant/list"] = plants(11, 12)

    def here(request: Request) -> Any:
        return devices("A1") if ("plant_id", "11") in request.query else ok({"count": 0, "devices": []})

    def home_of(request: Request) -> Any:
        [(_, serial)] = request.form
        return ok({"plant": {"plant_id": 12}}) if serial == "N2" else no(10005)

    home.answers["v1/device/list"] = here
    home.answers["v1/plant/sn_plant"] = home_of
    home.answers["v4/new-api/queryDeviceList"] = listed(
        {"deviceSn": "A1", "deviceType": "min", "datalogSn": "LOG1"},
        {"deviceSn": "N1", "deviceType": "noah", "datalogSn": "LOG1"},
        {"deviceSn": "N2", "deviceType": "noah", "datalogSn": None},
        {"deviceSn": "N3", "deviceType": "noah", "datalogSn": None},
        {"deviceSn": "X9", "deviceType": "toaster", "datalogSn": "LOG1"},
    )
    known = await found(home, house)
    assert {name: known[f"growatt_{name}"].via for name in ("N1", "N2", "N3")} == {
        "N1": "growatt_plant_11",
        "N2": "growatt_plant_12",
        "N3": "growatt_plant_11",
    }
    assert known["growatt_N1"].kind is DeviceKind.BATTERY
    assert "growatt_X9" not in known
    house.clock.move(hours=1)
    await found(home, house)
    assert len(home.seen("v1/plant/sn_plant")) <= 3, "the answer is kept"


async def test_v4s_word_for_the_kind_is_surer_than_v1s_number(home: Cloud, house: House) -> None:
    home.answers["v1/device/list"] = devices("A1", kind=1)
    home.answers["v4/new-api/queryDeviceList"] = listed({"deviceSn": "A1", "deviceType": "max", "datalogSn": "LOG1"})
    assert (await found(home, house))["growatt_A1"].attributes["type"] == "max"


async def test_meters_are_found_behind_their_logger(home: Cloud, house: House) -> None:
    row = {"device_sn": "M7", "type": 3, "datalogger_sn": "LOG1", "model": ""}
    inverter = {"device_sn": "A1", "type": 7, "datalogger_sn": "LOG1", "lost": False}
    home.answers["v1/device/list"] = ok({"count": 2, "devices": [inverter, row]})
    home.answers["v1/device/ammeter/meter_list"] = ok(
        {
            "count": 2,
            "meters": [
                {"address": 1, "datalog_sn": "LOG1", "deviceName": "M7", "deviceType": "64", "lost": False},
                {"address": 2, "datalog_sn": "LOG1", "deviceName": "METER", "deviceType": "64", "lost": False},
            ],
        }
    )
    home.answers["v1/device/ammeter/meter_last_data"] = recording("smart_meter__v1_energy")
    async with house.provider(home.address) as provider:
        known = {device.id: device for device in await provider.discover()}
        assert {known["growatt_M7"].kind, known["growatt_LOG1_2"].kind} == {DeviceKind.METER}
        readings = {(each.device_id, each.point.key): each.value for each in await provider.read(VALUES)}
    assert readings["growatt_M7", "active_power"] == pytest.approx(5589.6)
    asked = [sorted(request.query) for request in home.seen("v1/device/ammeter/meter_last_data")]
    assert asked == [[("address", "1"), ("datalog_sn", "LOG1")], [("address", "2"), ("datalog_sn", "LOG1")]]


async def test_loggers_tell_whether_they_are_online(home: Cloud, house: House) -> None:
    home.answers["v1/device/datalogger/list"] = ok(
        {
            "count": 1,
            "dataloggers": [
                {
                    "sn": "LOG1",
                    "model": "ShineWiFi-X",
                    "lost": False,
                    "netmode": "WIFI",
                    "last_update_time": "2026-06-21 12:58:00",
                }
            ],
        }
    )
    async with house.provider(home.address) as provider:
        known = {device.id: device for device in await provider.discover()}
        assert known["growatt_LOG1"].model == "ShineWiFi-X"
        readings = {
            each.point.key: each.value for each in await provider.read(PLANTS) if each.device_id == "growatt_LOG1"
        }
    assert readings["online"] is True
    assert readings["last_update"] == "2026-06-21T10:58:00+00:00"
    assert readings["network"] == "WIFI"


async def test_every_page_of_a_list_is_read(home: Cloud, house: House) -> None:
    rows = [{"device_sn": f"A{n}", "type": 7, "datalogger_sn": "LOG1"} for n in range(250)]

    def page(request: Request) -> Any:
        number = int(dict(request.query)["page"]) - 1
        return ok({"count": len(rows), "devices": rows[number * 100 : number * 100 + 100]})

    home.answers["v1/device/list"] = page
    home.answers["v1/device/check/sn"] = {"result": 0}
    known = await found(home, house)
    assert sum(device.attributes.get("type") == "tlx" for device in known.values()) == 250
    assert len(home.seen("v1/device/list")) == 3


async def test_many_devices_cost_one_request_a_hundred(home: Cloud, house: House) -> None:
    rows = [{"device_sn": f"A{n:03d}", "type": 7, "datalogger_sn": "LOG1"} for n in range(150)]
    home.answers["v1/device/list"] = lambda request: ok(
        {"count": 150, "devices": rows[:100] if dict(request.query)["page"] == "1" else rows[100:]}
    )
    home.answers["v1/device/check/sn"] = {"result": 0}

    def many(request: Request) -> Any:
        serials = dict(request.form)["tlxs"].split(",")
        fields = {"pac": 10.0, "time": "2026-06-21 12:59:00"}
        data = {sn: {sn: {**fields, "serialNum": sn}, "dataloggerSn": "LOG1"} for sn in serials if sn != "A007"}
        return ok(data, tlxs=serials, pageNum=1)

    home.answers["v1/device/tlx/tlxs_data"] = many
    async with house.provider(home.address) as provider:
        await provider.discover()
        readings = await provider.read(VALUES)
    assert len({each.device_id for each in readings if each.point.key == "ac_power"}) == 149
    assert len(home.seen("v1/device/tlx/tlxs_data")) == 2
    assert home.seen("v1/device/tlx/tlx_last_data") == []


async def test_a_server_that_knows_no_batch_is_asked_one_by_one(home: Cloud, house: House) -> None:
    home.answers["v1/device/list"] = devices("A1", "A2")
    home.answers["v1/device/tlx/tlxs_data"] = 404
    async with house.provider(home.address) as provider:
        await provider.read(VALUES)
        house.clock.move(minutes=6)
        readings = await provider.read(VALUES)
    assert {each.device_id for each in readings if each.point.key == "ac_power"} == {"growatt_A1", "growatt_A2"}


async def test_a_device_that_says_it_is_lost_while_its_values_are_fresh_is_online(home: Cloud, house: House) -> None:
    live = {"pac": 1500, "status": 1, "lost": True}
    home.answers["v1/device/tlx/tlx_last_data"] = [
        ok({**live, "time": "2026-06-21 12:59:00"}),
        ok({**live, "time": "2026-06-21 12:59:00"}),
    ]
    online = []
    async with house.provider(home.address) as provider:
        for _ in range(2):
            online += [each.value for each in await provider.read(VALUES) if each.point.key == "online"]
            house.clock.move(hours=1)
    assert online == [True, False]


async def test_settings_of_an_sph_are_those_of_its_schedules(home: Cloud, house: House) -> None:
    """The names without a number, which growattServer reads, are not there: it always finds 100 and 10."""
    home.answers["v1/device/list"] = devices("S1", kind=5)
    details = recording("mix__v1_details")
    details["data"] |= {"wchargeSOCLowLimit1": 90, "wchargeSOCLowLimit2": 80}
    details["data"] |= {"wdisChargeSOCLowLimit1": 15, "wdisChargeSOCLowLimit2": 25}
    home.answers["v1/device/mix/mix_data_info"] = details
    async with house.provider(home.address) as provider:
        await provider.discover()
        values = {
            each.point.key: each.value for each in await provider.read(SETTINGS) if each.device_id == "growatt_S1"
        }
    assert (values["charge_stop_soc"], values["discharge_stop_soc"]) == (80, 25)
    assert (values["charge_stop_soc_load_first"], values["discharge_stop_soc_load_first"]) == (90, 15)
    assert (values["charge_period1_start"], values["charge_period2_end"]) == ("18:00", "23:00")
    assert values["charge_period1_enabled"] is True


async def test_trying_out_the_account_proves_the_token_and_leaves_some_of_the_daily_calls(
    home: Cloud, house: House
) -> None:
    for _ in range(12):
        async with house.provider(home.address) as provider:
            assert await provider.probe() == "127.0.0.1 accepts the token: 1 plant"
        house.clock.move(minutes=6)
    assert len(home.seen("v1/plant/list")) == 5


async def test_a_dump_shows_nothing_private(home: Cloud, house: House) -> None:
    home.answers["v1/plant/list"] = recording("plant__v1_list")
    home.answers["v1/plant/details"] = recording("plant__v1_details")
    async with house.provider(home.address) as provider:
        await provider.discover()
        await provider.read(PLANTS)
        await provider.read(SETTINGS)
        dump = str(provider.raw())
    assert "plant_list" in dump
    for private in ("Example Plant", "Exampletown", "100001", "'50.0'", "50.0,"):
        assert private not in dump, private


async def test_nothing_about_people_is_kept_in_the_vault(home: Cloud, house: House) -> None:
    home.answers["v1/plant/list"] = recording("plant__v1_user_plant_list")
    home.answers["v1/plant/details"] = recording("plant__v1_details")
    await found(home, house)
    kept = "".join(house.vault.texts.values())
    assert "plant_id" in kept
    for private in ("Exampletown", "Brazil", "latitude", "user_id"):
        assert private not in kept


async def test_what_a_token_may_not_ask_is_not_asked_again_for_hours(home: Cloud, house: House) -> None:
    home.answers["v1/device/list"] = devices("A1", "A2")
    home.answers["v1/device/tlx/tlxs_data"] = no(10011, "error_permission_denied")

    def of_one(request: Request) -> Any:
        return no(10011) if ("tlx_sn", "A2") in request.form else ok({"pac": 1, "time": "2026-06-21 12:59:00"})

    home.answers["v1/device/tlx/tlx_last_data"] = of_one
    async with house.provider(home.address) as provider:
        for _ in range(12):
            with suppress(Forbidden):
                await provider.read(VALUES)
            house.clock.move(minutes=6)
        assert len(home.seen("v1/device/tlx/tlxs_data")) == 1
        refused = [request for request in home.seen("v1/device/tlx/tlx_last_data") if ("tlx_sn", "A2") in request.form]
        assert len(refused) == 1
        house.clock.move(hours=6)
        await provider.read(VALUES)
        assert len(home.seen("v1/device/tlx/tlx_last_data")) == 11 + 1 + 2


async def test_a_machine_without_a_call_of_its_own_tells_whether_it_is_online(home: Cloud, house: House) -> None:
    home.answers["v1/device/list"] = devices("X1", kind=11)
    async with house.provider(home.address) as provider:
        await provider.discover()
        readings = {
            each.point.key: each.value for each in await provider.read(PLANTS) if each.device_id == "growatt_X1"
        }
    assert readings == {"online": True}


@pytest.mark.parametrize("changed", [{"token": "another-token"}, {"server_url": "elsewhere"}], ids=str)
async def test_another_token_or_server_shows_none_of_the_old_plants(
    home: Cloud, house: House, changed: dict[str, str]
) -> None:
    assert "growatt_plant_11" in await found(home, house)
    house.clock.move(minutes=6)
    home.answers["v1/plant/list"] = plants(12)
    address = home.address.replace("127.0.0.1", "localhost") if "server_url" in changed else home.address
    async with house.provider(address, **{key: value for key, value in changed.items() if key == "token"}) as provider:
        known = {device.id for device in await provider.discover()}
    assert "growatt_plant_12" in known
    assert "growatt_plant_11" not in known
    assert "a-dummy-token" not in "".join(house.vault.texts.values())


async def test_a_batch_that_fails_keeps_nobody_else_from_being_read(home: Cloud, house: House) -> None:
    rows = [{"device_sn": f"A{n}", "type": 7, "datalogger_sn": "LOG1"} for n in range(5)]
    rows.append({"device_sn": "S1", "type": 5, "datalogger_sn": "LOG1"})
    home.answers["v1/device/list"] = ok({"count": len(rows), "devices": rows})
    home.answers["v1/device/tlx/tlxs_data"] = 500
    home.answers["v1/device/mix/mix_last_data"] = ok({"ppv": 900, "time": "2026-06-21 12:59:00"})
    async with house.provider(home.address) as provider:
        readings = await provider.read(VALUES)
    assert {each.device_id for each in readings} == {"growatt_S1"}
    assert len(home.seen("v1/device/tlx/tlxs_data")) == 1


async def test_three_requests_in_a_row_without_an_answer_end_a_read(home: Cloud, house: House) -> None:
    rows = [{"device_sn": f"P{n}", "type": 8, "datalogger_sn": "LOG1"} for n in range(9)]
    home.answers["v1/device/list"] = ok({"count": len(rows), "devices": rows})
    home.answers["v1/device/pcs/pcs_last_data"] = 500
    async with house.provider(home.address) as provider:
        with pytest.raises(Unavailable):
            await provider.read(VALUES)
    assert len(home.seen("v1/device/pcs/pcs_last_data")) == 3
