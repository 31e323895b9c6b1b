"""Plants, devices, loggers, and who hangs below whom."""

from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from app.errors import AuthFailed, NoData, ProtocolError, ProviderError, Refused, Unavailable
from app.model import DeviceKind
from tests.providers.growatt.kit import Cloud, Home, Request


def plants(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "PlantList": [
            {"id": 11, "plantName": "Home", "timezone": 1, "nominalPower": 6400, "moneyUnitText": "€"},
            *entries,
        ]
    }


def device(serial: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"deviceSn": serial, "deviceType": kind, "deviceAilas": serial, "lost": False, **more}


@pytest.fixture
def account(cloud: Cloud) -> Cloud:
    cloud.answers |= {
        "getAllPlantListTwo": plants(),
        "getAllDeviceListTwo": {
            "deviceList": [device("BAT1", "bat"), device("TLX1", "tlx", deviceAilas="Roof", datalogSn="LOG1")],
            "datalogList": [{"datalog_sn": "LOG1", "device_type": "ShineWiFi", "lost": False}],
        },
        "noahDeviceApi/noah/isPlantNoahSystem": {"result": 1, "obj": {"isPlantNoahSystem": False}},
        "getTlxParams": {
            "inverterType": "MIN 6000TL-XH",
            "newBean": {"fwVersion": "GJ1.0", "innerVersion": "GJAA", "pmax": "6000"},
        },
    }
    return cloud


async def test_devices_hang_below_their_plant_and_batteries_below_the_only_inverter(account: Cloud, home: Home) -> None:
    async with home.provider(account.address) as provider:
        found = await provider.discover()
    assert [(each.id, each.kind, each.via) for each in found] == [
        ("growatt_plant_11", DeviceKind.PLANT, None),
        ("growatt_LOG1", DeviceKind.LOGGER, "growatt_plant_11"),
        ("growatt_TLX1", DeviceKind.INVERTER, "growatt_plant_11"),
        ("growatt_BAT1", DeviceKind.BATTERY, "growatt_TLX1"),
    ]
    plant, logger, inverter, battery = found
    assert (plant.name, plant.rated_power, plant.zone.utcoffset(None)) == ("Home", 6400, timedelta(hours=1))  # type: ignore[union-attr]
    assert (logger.name, logger.model) == ("ShineWiFi LOG1", "ShineWiFi")
    assert (inverter.name, inverter.model, inverter.serial) == ("Roof", "MIN 6000TL-XH", "TLX1")
    assert (inverter.firmware, inverter.rated_power, inverter.manufacturer) == ("GJ1.0 / GJAA", 6000, "Growatt")
    assert inverter.attributes == {"plant": "11", "type": "tlx", "datalogger": "LOG1"}
    assert battery.name == "BAT BAT1"
    assert all(each.account == "home" for each in found)


async def test_with_two_inverters_a_battery_hangs_below_the_plant(account: Cloud, home: Home) -> None:
    account.answers["getAllDeviceListTwo"]["deviceList"].append(device("TLX2", "tlx"))
    async with home.provider(account.address) as provider:
        assert {each.id: each.via for each in await provider.discover()}["growatt_BAT1"] == "growatt_plant_11"


async def test_an_identity_holds_letters_that_topics_can_bear(account: Cloud, home: Home) -> None:
    account.answers["getAllDeviceListTwo"] = {"deviceList": [device("a/B+#c d-1_2", "tlx")]}
    async with home.provider(account.address) as provider:
        assert (await provider.discover())[1].id == "growatt_a_B_c_d-1_2"


async def test_what_was_learnt_about_devices_outlives_a_restart(account: Cloud, home: Home) -> None:
    async with home.provider(account.address) as provider:
        await provider.discover()
    async with home.provider(account.address) as provider:
        assert (await provider.discover())[2].model == "MIN 6000TL-XH"
    assert len(account.seen("getTlxParams")) == 1


async def test_plants_beyond_the_first_page_are_found(account: Cloud, home: Home) -> None:
    def page(request: Request) -> dict[str, Any]:
        number = int(dict(request.form)["toPageNum"])
        return {"PlantList": [{"id": number * 100 + place, "timezone": 1} for place in range(15 if number < 3 else 4)]}

    account.answers |= {"getAllPlantListTwo": page, "getAllDeviceListTwo": {}, "getAllDeviceList": {}}
    async with home.provider(account.address) as provider:
        assert len(await provider.discover()) == 34
    assert [dict(request.form)["toPageNum"] for request in account.seen("getAllPlantListTwo")] == ["1", "2", "3"]


async def test_a_server_that_repeats_its_page_is_not_asked_forever(account: Cloud, home: Home) -> None:
    account.answers["getAllPlantListTwo"] = {"PlantList": [{"id": place, "timezone": 1} for place in range(15)]}
    async with home.provider(account.address) as provider:
        assert len(await provider._directory.plants()) == 15
    assert len(account.seen("getAllPlantListTwo")) == 2


@pytest.mark.parametrize(
    "newer",
    [{"PlantList": []}, 404, {"result": 0, "msg": "501"}, {"result": 0, "msg": "504"}, {"PlantList": "junk"}],
    ids=["empty", "404", "501", "504", "junk"],
)
async def test_without_the_newer_list_the_older_is_asked_by_user(account: Cloud, home: Home, newer: Any) -> None:
    account.answers["getAllPlantListTwo"] = newer
    account.answers["PlantListAPI.do"] = {"back": {"success": True, "data": [{"plantId": "11", "plantName": "Home"}]}}
    account.answers["getPlant"] = {"timezone": "5.5", "nominalPower": "5000", "formulaMoneyUnitId": "inr"}
    async with home.provider(account.address) as provider:
        plant = (await provider.discover())[0]
        await provider.discover()
    assert dict(account.seen("PlantListAPI.do")[0].query) == {"userId": "7"}
    assert (plant.id, plant.rated_power) == ("growatt_plant_11", 5000)
    assert plant.zone is not None
    assert plant.zone.utcoffset(None) == timedelta(hours=5.5)
    assert len(account.seen("getPlant")) == 1


@pytest.mark.parametrize("newer", ['{"PlantList": [', "", [[]], {"success": False, "msg": "999"}, 503])
async def test_a_broken_list_of_plants_is_not_taken_for_a_missing_one(account: Cloud, home: Home, newer: Any) -> None:
    account.answers["getAllPlantListTwo"] = [plants(), newer, plants()]
    async with home.provider(account.address) as provider:
        before = await provider.discover()
        with pytest.raises(ProviderError):
            await provider.discover()
        assert await provider.discover() == before
    assert account.seen("PlantListAPI.do") == []


async def test_broken_settings_of_a_plant_are_asked_again(account: Cloud, home: Home) -> None:
    account.answers["getAllPlantListTwo"] = {"PlantList": [{"id": 11}]}
    account.answers["getPlant"] = ['{"timezone', {"timezone": "2"}]
    async with home.provider(account.address) as provider:
        assert (await provider.discover())[0].zone is None
        zone = (await provider.discover())[0].zone
        assert zone is not None
        assert zone.utcoffset(None) == timedelta(hours=2)


async def test_an_account_without_plants_is_empty(account: Cloud, home: Home) -> None:
    account.answers["getAllPlantListTwo"] = {"PlantList": []}
    account.answers["PlantListAPI.do"] = {"back": {"success": True, "data": []}}
    async with home.provider(account.address) as provider:
        assert await provider.discover() == []
        assert await provider.probe() == "127.0.0.1 accepts the login: 0 plants"
    account.answers["PlantListAPI.do"] = {"back": {"success": False, "msg": "501"}}
    async with home.provider(account.address) as provider:
        assert await provider.discover() == []


async def test_the_owner_s_zone_goes_before_growatt_s(account: Cloud, home: Home) -> None:
    account.answers["getAllPlantListTwo"] = {"PlantList": [{"id": 11}]}
    async with home.provider(account.address, timezone="Europe/Berlin") as provider:
        assert {each.zone for each in await provider.discover()} == {ZoneInfo("Europe/Berlin")}
    assert account.seen("getPlant") == []


async def test_a_zone_that_nobody_tells_is_none(account: Cloud, home: Home) -> None:
    account.answers["getAllPlantListTwo"] = {"PlantList": [{"id": 11}]}
    account.answers["getPlant"] = 404
    async with home.provider(account.address) as provider:
        assert (await provider.discover())[0].zone is None
        known = provider._directory.known["growatt_TLX1"]
        assert known.zone is UTC
        (sync,) = [setting for setting in provider.settings(known.device) if setting.key == "sync_clock"]
        with pytest.raises(Refused, match="time zone is not known"):
            await provider.write(known.device, sync, {"sync_clock": "press"})
        assert account.seen("tlxSet") == []


async def test_an_empty_list_is_asked_for_in_a_second_step(account: Cloud, home: Home) -> None:
    account.answers["getAllDeviceListTwo"] = {"deviceList": [], "datalogList": [{"datalog_sn": "LOG1"}]}
    account.answers["getAllDeviceList"] = {"deviceList": [device("TLX1", "tlx")]}
    async with home.provider(account.address) as provider:
        assert [each.serial for each in await provider.discover()] == ["", "LOG1", "TLX1"]


@pytest.mark.parametrize("field", ["count", "deviceCount", "totalCount"])
async def test_a_list_that_counts_devices_and_names_none_is_no_news(account: Cloud, home: Home, field: str) -> None:
    account.answers["getAllDeviceListTwo"] = {"deviceList": [], field: 1}
    account.answers["getAllDeviceList"] = {"deviceList": []}
    async with home.provider(account.address) as provider:
        with pytest.raises(ProtocolError, match="counts devices but lists none"):
            await provider.discover()


async def test_a_plant_whose_list_fails_keeps_its_devices(account: Cloud, home: Home) -> None:
    async with home.provider(account.address) as provider:
        first = await provider.discover()
        account.answers["getAllDeviceListTwo"] = 503
        assert await provider.discover() == first


async def test_a_plant_that_cannot_be_read_does_not_hide_the_others(account: Cloud, home: Home) -> None:
    whole = account.answers["getAllDeviceListTwo"]
    account.answers["getAllPlantListTwo"] = plants({"id": 12, "timezone": 1})
    account.answers["getAllDeviceListTwo"] = lambda request: (
        whole if dict(request.query)["plantId"] == "11" else {"result": 0, "msg": "9"}
    )
    async with home.provider(account.address) as provider:
        with capture_logs() as logs:
            assert len(await provider.discover()) == 4
        assert [entry["event"] for entry in logs] == ["growatt_plant_unreadable"]


async def test_a_server_that_is_away_is_no_empty_account(account: Cloud, home: Home) -> None:
    account.answers["getAllPlantListTwo"] = plants({"id": 12, "timezone": 1})
    whole = account.answers["getAllDeviceListTwo"]
    account.answers["getAllDeviceListTwo"] = lambda request: whole if dict(request.query)["plantId"] == "11" else 503
    async with home.provider(account.address) as provider:
        with pytest.raises(Unavailable):
            await provider.discover()


async def test_a_refused_login_is_raised_at_once(account: Cloud, home: Home) -> None:
    account.answers["newTwoLoginAPI.do"] = {"back": {"success": False, "msg": "502"}}
    async with home.provider(account.address) as provider:
        with pytest.raises(AuthFailed):
            await provider.discover()
        with pytest.raises(AuthFailed):
            await provider.probe()


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("inverter", "inverter"),
        ("tlx", "tlx"),
        ("TLX", "tlx"),
        ("min", "tlx"),
        ("neo", "tlx"),
        ("mix", "mix"),
        ("sph", "mix"),
        ("spa", "spa"),
        ("storage", "storage"),
        ("noah", "noah"),
        ("max", "max"),
        ("mid", "max"),
        ("wit", "other"),
        ("quantum", "other"),
        ("", "other"),
        ("bat", "battery"),
        ("meter", "meter"),
    ],
)
async def test_a_type_decides_how_a_device_is_read(account: Cloud, home: Home, kind: str, family: str) -> None:
    account.answers["getAllDeviceListTwo"] = {"deviceList": [device("X1", kind)]}
    async with home.provider(account.address) as provider:
        await provider.discover()
        assert provider._directory.known["growatt_X1"].family.name == family


@pytest.mark.parametrize("entry", [{}, {"deviceSn": None}, {"deviceSn": ""}, "junk", None, 5, {"deviceSn": ["x"]}])
async def test_an_entry_without_a_serial_number_is_none(account: Cloud, home: Home, entry: Any) -> None:
    account.answers["getAllDeviceListTwo"] = {
        "deviceList": [entry, device("TLX1", "tlx")],
        "datalogList": [entry],
        "batList": "junk",
    }
    async with home.provider(account.address) as provider:
        assert [each.serial for each in await provider.discover()] == ["", "TLX1"]


async def test_batteries_and_meters_in_lists_of_their_own_are_found(account: Cloud, home: Home) -> None:
    account.answers["getAllDeviceListTwo"] = {
        "deviceList": [device("TLX1", "tlx")],
        "batList": [{"serialNum": "BAT7"}],
        "meterList": [{"deviceSn": "MET1"}],
    }
    async with home.provider(account.address) as provider:
        kinds = {each.serial: each.kind for each in await provider.discover()}
    assert kinds == {
        "": DeviceKind.PLANT,
        "TLX1": DeviceKind.INVERTER,
        "MET1": DeviceKind.METER,
        "BAT7": DeviceKind.BATTERY,
    }


async def test_a_noah_that_no_list_has_is_asked_for_once_a_day(account: Cloud, home: Home) -> None:
    account.answers |= {
        "getAllDeviceListTwo": {"deviceList": []},
        "getAllDeviceList": {"deviceList": []},
        "noahDeviceApi/noah/isPlantNoahSystem": {"result": 1, "obj": {"isPlantHaveNoah": True, "deviceSn": "0PVX"}},
    }
    async with home.provider(account.address) as provider:
        for _ in range(3):
            assert [each.id for each in await provider.discover()] == ["growatt_plant_11", "growatt_0PVX"]
            home.clock.move(hours=10)
    assert len(account.seen("noahDeviceApi/noah/isPlantNoahSystem")) == 1


@pytest.mark.parametrize("broken", ['{"result', 503, {"result": 0, "msg": "no permission"}])
async def test_a_noah_outlives_a_broken_answer(account: Cloud, home: Home, broken: Any) -> None:
    has = {"result": 1, "obj": {"isPlantHaveNoah": True, "deviceSn": "0PVX"}}
    account.answers |= {
        "getAllDeviceListTwo": {"deviceList": []},
        "getAllDeviceList": {"deviceList": []},
        "noahDeviceApi/noah/isPlantNoahSystem": [has, broken, has],
    }
    async with home.provider(account.address) as provider:
        for asked in (1, 2, 2, 3):
            assert [each.id for each in await provider.discover()] == ["growatt_plant_11", "growatt_0PVX"]
            assert len(account.seen("noahDeviceApi/noah/isPlantNoahSystem")) == asked
            home.clock.move(hours=24 if asked == 1 else 1)


async def test_a_nexa_is_asked_by_its_own_calls(account: Cloud, home: Home) -> None:
    account.answers |= {
        "getAllDeviceListTwo": {"deviceList": []},
        "getAllDeviceList": {"deviceList": []},
        "noahDeviceApi/noah/isPlantNoahSystem": {"result": 1, "obj": {"isPlantHaveNexa": True, "deviceSn": "0HVR"}},
        "noahDeviceApi/nexa/getSystemStatus": {"result": 1, "obj": {"ppv": "112.0", "status": "1"}},
    }
    async with home.provider(account.address) as provider:
        readings = await provider.read(provider.feeds[0])
    assert ("growatt_0HVR", "pv_power", 112.0) in [(each.device_id, each.point.key, each.value) for each in readings]
    assert account.seen("noahDeviceApi/noah/getSystemStatus") == []


@pytest.mark.parametrize(
    "answer", [404, {"result": 0, "msg": "no permission"}, {"result": 1, "obj": {"isPlantNoahSystem": 1}}]
)
async def test_a_server_without_noahs_is_no_trouble(account: Cloud, home: Home, answer: Any) -> None:
    account.answers["noahDeviceApi/noah/isPlantNoahSystem"] = answer
    async with home.provider(account.address) as provider:
        assert len(await provider.discover()) == 4


async def test_the_probe_says_what_was_found(account: Cloud, home: Home) -> None:
    account.answers["newTwoLoginAPI.do"] = {"back": {"success": True, "user": {"id": 7, "parentUserId": 9}}}
    async with home.provider(account.address) as provider:
        assert (
            await provider.probe()
            == "127.0.0.1 accepts the login: 1 plant; this login is a visitor's and may only look"
        )
        assert provider.api == "shinephone"


async def test_facts_that_cannot_be_had_leave_the_type_as_model(account: Cloud, home: Home) -> None:
    account.answers["getTlxParams"] = {"result": 0, "msg": "504"}
    async with home.provider(account.address) as provider:
        found = {each.serial: each for each in await provider.discover()}
    assert (found["TLX1"].model, found["TLX1"].rated_power) == ("TLX", None)
    home.vault.put("facts", {"growatt_TLX1": "junk"})
    account.answers["getTlxParams"] = {"newBean": {"model": "12345", "pmax": "6"}}
    async with home.provider(account.address) as provider:
        found = {each.serial: each for each in await provider.discover()}
    assert (found["TLX1"].model, found["TLX1"].rated_power) == ("TLX", 6000), "a number is no model, and 6 is kW"


async def test_an_account_that_stops_while_devices_are_asked_about_says_so(account: Cloud, home: Home) -> None:
    account.answers["getTlxParams"] = 429
    async with home.provider(account.address) as provider:
        with pytest.raises(ProviderError, match="429"):
            await provider.discover()
    account.answers["getTlxParams"] = {}
    account.answers["noahDeviceApi/noah/isPlantNoahSystem"] = 429
    async with home.provider(account.address) as provider:
        with pytest.raises(ProviderError, match="429"):
            await provider.discover()


async def test_a_later_page_that_fails_is_not_the_end_of_the_plants(account: Cloud, home: Home) -> None:
    full = {"PlantList": [{"id": place, "timezone": 1} for place in range(15)]}
    account.answers["getAllPlantListTwo"] = [full, {"result": 0, "msg": "504"}]
    async with home.provider(account.address) as provider:
        with pytest.raises(NoData):
            await provider.discover()
