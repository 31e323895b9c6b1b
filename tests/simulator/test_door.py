"""Who gets in: user agents, logins, sessions, locks."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Account, Cloud, FaultKind, fleet, one_plant, serve
from simulator.growatt.accounts import hashed
from tests.simulator.client import Phone
from tests.simulator.conftest import Library
from tests.simulator.library import base_api

DETAIL = "newTlxApi.do?op=getTlxDetailData&id=MNH0000100"


@pytest.mark.parametrize("password", ["", "password1", "growatt", "Pässwörd", "a", "test1234"])
def test_the_hash_is_that_of_the_library(password: str) -> None:
    assert hashed(password) == base_api().hash_password(password)


def test_a_known_hash() -> None:
    assert hashed("password1") == "7c6a18cb36896aca8cc2787eeafbce4c"


async def test_without_a_session_there_is_only_the_login_page(stranger: Phone) -> None:
    status, text, _ = await stranger.raw(DETAIL)
    assert status == 200
    assert "loginForm" in text


async def test_a_session_ends_after_its_hours(phone: Phone, clock: DrivenClock) -> None:
    clock.move(timedelta(hours=11, minutes=59))
    assert (await phone.json(DETAIL))["data"]
    clock.move(timedelta(minutes=1))
    assert "loginForm" in (await phone.raw(DETAIL))[1]
    assert (await phone.login())["success"] is True
    assert (await phone.json(DETAIL))["data"]


async def test_a_session_may_last_for_ever(phone: Phone, clock: DrivenClock, cloud: Cloud) -> None:
    cloud.session_hours = None
    clock.move(timedelta(days=3))
    assert (await phone.json(DETAIL))["data"]
    assert cloud.session_hours is None


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        (FaultKind.HTML, 200, "loginForm"),
        (FaultKind.REDIRECT, 302, ""),
        (FaultKind.NOT_LOGGED_IN, 500, "not logged in"),
    ],
)
async def test_the_end_of_a_session_shows_in_three_ways(
    phone: Phone, cloud: Cloud, kind: FaultKind, status: int, words: str
) -> None:
    cloud.expired_answer = kind
    cloud.expire_sessions()
    got, text, response = await phone.raw(DETAIL)
    assert got == status
    assert words in text
    assert response.headers.get("Location") == ("/login" if status == 302 else None)
    assert "loginForm" in (await phone.raw("login"))[1]


async def test_the_library_sees_an_ended_session_as_it_would_the_vendors(library: Library, cloud: Cloud) -> None:
    cloud.expire_sessions()
    cloud.expired_answer = FaultKind.REDIRECT
    with pytest.raises(ValueError, match="Expecting value"):
        await library("plant_list", "1")
    with pytest.raises(ValueError, match="Expecting value"):
        await library("tlx_system_status", "1400001", "MNH0000100")
    last = [(asked.method, asked.path) for asked in list(cloud.requests)[-2:]]
    assert last == [("POST", "/newTlxApi.do"), ("GET", "/login")]


async def test_a_wrong_password_is_502_and_too_many_lock_the_account(
    stranger: Phone, cloud: Cloud, clock: DrivenClock
) -> None:
    codes = [(await stranger.login("wrong"))["msg"] for _ in range(4)]
    assert codes == ["502"] * 4
    locked = await stranger.login("wrong")
    assert locked == {
        "success": False,
        "msg": "507",
        "error": "Current account has been locked for 24 hours",
        "lockDuration": 24,
    }
    clock.move(timedelta(hours=5))
    assert await stranger.login(PASSWORD) == {**locked, "lockDuration": 19}
    clock.move(timedelta(hours=19))
    assert (await stranger.login(PASSWORD))["success"] is True
    assert [login.code for login in cloud.logins] == ["502"] * 4 + ["507", "507", ""]


async def test_a_good_login_forgives_the_bad_ones(stranger: Phone) -> None:
    for password in ("wrong", "wrong", "wrong", "wrong", PASSWORD, "wrong"):
        answer = await stranger.login(password)
    assert answer["msg"] == "502"


async def test_an_account_can_be_locked_from_outside_while_its_session_goes_on(phone: Phone, cloud: Cloud) -> None:
    cloud.lock(USER, hours=48)
    assert (await phone.login())["lockDuration"] == 48
    assert (await phone.json(DETAIL))["data"]
    with pytest.raises(KeyError):
        cloud.lock("nobody")


async def test_an_unknown_user_is_502_and_a_missing_password_501(stranger: Phone) -> None:
    assert (await stranger.login(user="nobody"))["msg"] == "502"
    assert (await stranger.json("newTwoLoginAPI.do", {"userName": USER}))["back"] == {"success": False, "msg": "501"}


async def test_an_account_may_want_the_newer_login(stranger: Phone, cloud: Cloud) -> None:
    cloud.accounts[0].refuses_old_login = True
    assert (await stranger.login())["msg"] == "501"
    assert (await stranger.login(page="newTwoLoginAPIV2.do"))["success"] is True
    assert (await stranger.json(DETAIL))["data"]


async def test_new_terms_keep_everybody_out_until_they_are_accepted(stranger: Phone, cloud: Cloud) -> None:
    cloud.accounts[0].terms_open = True
    answer = await stranger.login()
    assert answer["success"] is False
    assert "terms" in answer["error"]


@pytest.mark.parametrize("agent", [None, "python-requests/2.32", "Python/3.11 aiohttp/3.12"])
async def test_a_client_without_a_decent_user_agent_is_forbidden(address: str, agent: str | None) -> None:
    async with Phone(address, agent) as phone:
        status, text, _ = await phone.raw("newTwoLoginAPI.do", {"userName": USER, "password": hashed(PASSWORD)})
    assert status == 403
    assert "blacklist" in text


async def test_the_black_list_can_grow(phone: Phone, cloud: Cloud) -> None:
    cloud.blocked_agents.append("Dalvik")
    assert (await phone.raw(DETAIL))[0] == 403
    assert cloud.requests[-1].user_agent.startswith("Dalvik")
    assert cloud.requests[-1].status == 403


async def test_the_server_of_an_account_can_be_asked_for_without_a_session(stranger: Phone, cloud: Cloud) -> None:
    cloud.accounts.append(Account("mary", "x", server_url="openapi-us.growatt.com"))
    page = "newLoginAPI.do?op=getServerUrlByName&userName="
    assert await stranger.json(page + "mary") == {"success": True, "msg": "openapi-us.growatt.com"}
    assert (await stranger.json(page + USER))["msg"].startswith("127.0.0.1:")
    assert (await stranger.json(page + "nobody"))["success"] is False


async def test_a_visitor_may_look_but_not_set(stranger: Phone, cloud: Cloud) -> None:
    cloud.accounts[0].visitor = True
    user = (await stranger.login())["user"]
    assert user["parentUserId"] != 0
    assert (await stranger.json(DETAIL))["data"]
    form = {"serialNum": "MNH0000100", "type": "charge_power", "param1": "50"}
    assert (await stranger.json("newTcpsetAPI.do?op=tlxSet", form))["success"] is False
    noah = {"serialNum": "0PV0000600", "type": "default_power", "param1": "50"}
    assert (await stranger.json("noahDeviceApi/noah/set", noah))["result"] == 0
    assert cloud.settings("MNH0000100")["chargePowerCommand"] == "100"


async def test_an_account_sees_only_its_own_plants(clock: DrivenClock) -> None:
    accounts = [Account("anna", "a", plants=(1_400_001,)), Account("bert", "b", plants=(1_400_002,))]
    cloud = Cloud(clock, fleet=fleet(2), accounts=accounts)
    anna, bert = ((plant.id, plant.devices[0]) for plant in cloud.plants.values())
    async with serve(cloud) as address, Phone(address) as phone:
        assert [plant["plantId"] for plant in (await phone.login("b", user="bert"))["data"]] == ["1400002"]
        listed = await phone.json("PlantListAPI.do?userId=1")
        assert [plant["plantId"] for plant in listed["back"]["data"]] == ["1400002"]
        assert (await phone.json(f"newTwoPlantAPI.do?op=getAllDeviceListTwo&plantId={anna[0]}"))["msg"] == "501"
        assert (await phone.json(f"newInverterAPI.do?op=getInverterDetailData&inverterId={anna[1].serial}"))[
            "msg"
        ] == "501"
        assert (await phone.json(f"newTwoPlantAPI.do?op=getAllDeviceList&plantId={bert[0]}"))["deviceList"]


async def test_an_account_without_plants_gets_empty_lists(clock: DrivenClock) -> None:
    cloud = Cloud(clock, fleet=())
    async with serve(cloud) as address, Phone(address) as phone:
        assert (await phone.login())["data"] == []
        assert (await phone.json("PlantListAPI.do?userId=1"))["back"]["data"] == []
        form = {"toPageNum": "1", "pageSize": "15"}
        assert (await phone.json("newTwoPlantAPI.do?op=getAllPlantListTwo", form))["PlantList"] == []


async def test_plants_beyond_fifteen_are_on_the_next_page(clock: DrivenClock) -> None:
    async with serve(Cloud(clock, fleet=fleet(17))) as address, Phone(address) as phone:
        await phone.login()
        pages = [
            await phone.json("newTwoPlantAPI.do?op=getAllPlantListTwo", {"toPageNum": str(n), "pageSize": "15"})
            for n in (1, 2, 3)
        ]
    assert [len(page["PlantList"]) for page in pages] == [15, 2, 0]
    assert len({plant["id"] for page in pages for plant in page["PlantList"]}) == 17


async def test_an_unknown_page_is_not_found(phone: Phone) -> None:
    assert (await phone.raw("newNothing.do?op=x"))[0] == 404


async def test_every_request_is_written_down(
    new_library: Callable[[], Library], cloud: Cloud, clock: DrivenClock
) -> None:
    library = new_library()
    await library.login()
    await library("tlx_system_status", "1400001", "MNH0000100")
    login, status = cloud.requests
    assert login.form == {"userName": USER, "password": hashed(PASSWORD)}
    assert (status.method, status.path, status.query) == ("POST", "/newTlxApi.do", {"op": "getSystemStatus_KW"})
    assert status.form == {"plantId": "1400001", "id": "MNH0000100"}
    assert status.at == clock.now()
    assert [asked.status for asked in cloud.requests] == [200, 200]
    assert "PyPi_GrowattServer" in status.user_agent


async def test_a_port_that_is_taken_is_an_error_of_the_system(clock: DrivenClock) -> None:
    cloud = Cloud(clock, fleet=one_plant())
    async with serve(cloud) as address:
        port = int(address.rsplit(":", 1)[1].strip("/"))
        with pytest.raises(OSError, match=str(port)):
            async with serve(cloud, port):
                pass
