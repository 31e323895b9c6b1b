"""When the account logs in, and above all when it does not."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from app.errors import BudgetSpent, NoData, ProtocolError, ProviderError, Unavailable
from app.providers.growatt import calls
from app.providers.growatt.errors import UnknownCall
from app.providers.growatt.login import hashed
from tests.providers.growatt.kit import LOGGED_IN, PAGE, Cloud, Home, Request, redirect, shared
from tests.providers.growatt.kit import cloud as serve_cloud

VECTORS = {
    "": "d41d8cd98fc0b2c4e980c998ecf8427e",
    "password1": "7c6a18cb36896aca8cc2787eeafbce4c",
    "a": "ccc175b9c0f1b6a831c399e269772661",
    "0": "cfcd208495d565ef66e7dff9f98764da",
    "Pässwörd": "b780b85bdaccfe1c236158a9ddc7ae4c",
    "growatt": "6c649d2d285d62d3c3c6182ed6863920",
}


@pytest.mark.parametrize(("password", "expected"), VECTORS.items())
def test_a_password_is_hashed_as_the_vendor_wants_it(password: str, expected: str) -> None:
    assert hashed(password) == expected


def test_all_recorded_hashes_agree() -> None:
    vectors = json.loads(shared("facts", "growatt", "wire.json").read_text())["hash_vectors"]
    assert vectors
    assert {password: hashes["growatt"] for password, hashes in vectors.items()} == {
        password: hashed(password) for password in vectors
    }


def failed(code: str, **more: Any) -> dict[str, Any]:
    return {"back": {"success": False, "msg": code, **more}}


async def ask(client: Any) -> Any:
    return await client.ask(calls.TLX_DETAIL, sn="TLX1")


async def test_one_login_serves_all_calls(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        for _ in range(5):
            await ask(client)
    assert cloud.logins == 1
    assert all("session-1" in request.cookies for request in cloud.requests[1:])
    assert home.ledger.calls.count("login") == 1


async def test_a_session_outlives_a_restart(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
    home.clock.move(hours=11)
    async with home.client(cloud.address) as client:
        await ask(client)
        assert client.login.user == "7"
    assert cloud.logins == 1
    assert "session-1" in cloud.requests[-1].cookies


@pytest.mark.parametrize("changed", [{"username": "someone else"}, {"password": "another-Zq7"}], ids=str)
async def test_a_session_of_another_login_is_not_used(cloud: Cloud, home: Home, changed: dict[str, str]) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
    home.clock.move(minutes=2)
    async with home.client(cloud.address, **changed) as client:
        await ask(client)
    assert cloud.logins == 2
    assert "Zq7" not in json.dumps(home.vault.get("session"))


@pytest.mark.parametrize(
    "proof",
    [
        PAGE,
        redirect("/login"),
        redirect("https://server.growatt.com/login?x=1"),
        redirect("/error.do?errorMess=errorNoLogin"),
        lambda _: web.Response(status=500, text="The user is not logged in"),
        lambda _: web.Response(status=500, text="errorNoLogin"),
        401,
        {"result": 0, "msg": "not login"},
    ],
    ids=["page", "redirect", "redirect elsewhere", "no-login redirect", "500", "500 code", "401", "json"],
)
async def test_a_proof_that_the_session_has_ended_leads_to_one_login(cloud: Cloud, home: Home, proof: Any) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
        home.clock.move(hours=12)
        cloud.answers["getTlxDetailData"] = [proof, {"data": {"pac": 5}}]
        assert await ask(client) == {"data": {"pac": 5}}
    assert cloud.logins == 2
    assert "session-2" in cloud.requests[-1].cookies


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"result": 0, "msg": "504", "obj": None}, NoData),
        ({"result": 0, "msg": "501"}, NoData),
        ({"result": 0, "msg": "500"}, Unavailable),
        ({"success": False, "msg": "999"}, ProtocolError),
        ('{"data": {"pac": 5', ProtocolError),
        ("", ProtocolError),
        ("plain words", ProtocolError),
        ([[1, 2, 3]], ProtocolError),
        (503, Unavailable),
        (404, UnknownCall),
        (b"\xff\xfe\x00", ProtocolError),
    ],
    ids=["504", "501", "500", "unknown code", "truncated", "empty", "words", "list", "503", "404", "binary"],
)
async def test_what_is_no_proof_never_leads_to_a_login(
    cloud: Cloud, home: Home, answer: Any, error: type[Exception]
) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
        home.clock.move(hours=12)
        cloud.answers["getTlxDetailData"] = answer
        with pytest.raises(error) as caught:
            await ask(client)
        assert type(caught.value) is error
    assert cloud.logins == 1


async def test_two_logins_are_at_least_a_minute_apart_even_over_a_restart(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
        cloud.answers["getTlxDetailData"] = PAGE
        home.clock.move(seconds=30)
        with pytest.raises(Unavailable, match=r"the next login is made after 11:01:00 UTC"):
            await ask(client)
    home.vault.put("session", None)
    async with home.client(cloud.address) as client:
        with pytest.raises(Unavailable, match="next login"):
            await ask(client)
        home.clock.move(seconds=31)
        cloud.answers.clear()
        await ask(client)
    assert cloud.logins == 2


async def test_a_login_that_does_not_help_makes_the_next_wait_four_times_as_long(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
        cloud.answers["getTlxDetailData"] = PAGE
        waited: list[int] = []
        for _ in range(3):
            home.clock.move(minutes=2)
            before = home.clock.now()
            while cloud.logins == len(waited) + 1:
                with pytest.raises(ProviderError):
                    await ask(client)
                home.clock.move(minutes=1)
            waited.append((home.clock.now() - before) // timedelta(minutes=1))
    assert waited[0] < waited[1] < waited[2]
    assert waited[2] >= 14


async def test_a_call_that_works_again_forgives_the_logins_it_wasted(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
        home.clock.move(minutes=2)
        cloud.answers["getTlxDetailData"] = [PAGE, PAGE, {"data": {}}]
        with pytest.raises(ProtocolError, match="even right after a login"):
            await ask(client)
        assert home.vault.get("login")["wasted"] == {"tlx_detail": 1}  # type: ignore[index]
        await ask(client)
        assert home.vault.get("login")["wasted"] == {}  # type: ignore[index]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (PAGE, "Growatt answers with a web page instead of data"),
        (redirect("/login"), r"Growatt sends us to its login page instead of answering \(HTTP 302\)"),
        (
            lambda _: web.Response(status=500, text="The user is not logged in"),
            r"Growatt says that we are not logged in \(HTTP 500\)",
        ),
    ],
    ids=["page", "redirect", "500"],
)
async def test_a_session_that_ends_at_once_says_how_and_what_follows(
    cloud: Cloud, home: Home, answer: Any, words: str
) -> None:
    cloud.answers["getTlxDetailData"] = answer
    async with home.client(cloud.address) as client:
        with pytest.raises(Unavailable, match=f"^{words}, even right after a login") as first:
            await ask(client)
        assert "after 11:01:00 UTC" in str(first.value)
        assert "check `region` and `server_url`" in str(first.value)
        home.clock.move(minutes=2)
        with pytest.raises(ProtocolError, match=rf"^{words}, even right after a login \(at 11:02:00 UTC\)") as second:
            await ask(client)
        assert "after 11:06:00 UTC" in str(second.value), "four minutes, after one in vain"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(502, "HTTP 502 when asked for the login"), (failed("501"), r"refuses the login without a reason \(code 501\)")],
    ids=["HTTP 502", "501"],
)
async def test_the_reason_of_the_last_failed_login_is_said_until_the_next(
    cloud: Cloud, home: Home, answer: Any, reason: str
) -> None:
    cloud.answers["newTwoLoginAPI.do"] = cloud.answers["newTwoLoginAPIV2.do"] = answer
    async with home.client(cloud.address) as client:
        with pytest.raises(Unavailable, match=reason):
            await ask(client)
    async with home.client(cloud.address) as client:  # also over a restart
        with pytest.raises(Unavailable, match=f"no session with Growatt: .*{reason}.*the next login is made after"):
            await ask(client)
    assert "password1" not in json.dumps(home.vault.texts)
    async with home.client(cloud.address, password="another") as client:
        with pytest.raises(Unavailable, match=r"^no session with Growatt; the next login"):
            await ask(client)  # what it says was true of another configuration
    home.clock.move(minutes=10)
    cloud.answers.clear()
    async with home.client(cloud.address) as client:
        await ask(client)
    assert home.vault.get("login")["failed"] is None  # type: ignore[index]


async def test_a_renewal_that_fails_says_why_until_the_next(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
        home.clock.move(minutes=5)
        cloud.answers |= {"getTlxDetailData": PAGE, "newTwoLoginAPI.do": 503}
        with pytest.raises(Unavailable, match="HTTP 503 when asked for the login"):
            await ask(client)
        with pytest.raises(Unavailable, match=r"no session with Growatt: .*HTTP 503.*the next login is made after"):
            await ask(client)


async def test_calls_at_once_share_one_login_and_wait_for_each_other(cloud: Cloud, home: Home) -> None:
    inside = 0

    async def slow(_request: Request) -> dict[str, Any]:
        nonlocal inside
        inside += 1
        assert inside == 1, "two requests at a time"
        await asyncio.sleep(0)
        inside -= 1
        return {"data": {}}

    cloud.answers["getTlxDetailData"] = slow
    async with home.client(cloud.address) as client:
        await asyncio.gather(*(ask(client) for _ in range(4)))
    assert cloud.logins == 1


async def test_a_login_is_never_repeated_by_itself(home: Home) -> None:
    async with serve_cloud() as gone:
        address = gone.address
    async with home.client(address) as client:
        with pytest.raises(Unavailable, match=r"Growatt's server 127\.0\.0\.1 cannot be reached; check the internet"):
            await ask(client)
    assert home.ledger.calls == ["login"]
    assert home.clock.slept == []


async def test_a_visitor_is_recognised_and_stays_so_after_a_restart(cloud: Cloud, home: Home) -> None:
    user = {**LOGGED_IN["back"]["user"], "parentUserId": 4711}  # type: ignore[dict-item]
    cloud.answers["newTwoLoginAPI.do"] = {"back": {"success": True, "user": user}}
    async with home.provider(cloud.address) as provider:
        assert not provider.read_only
        await ask(provider._client)
        assert provider.read_only
    async with home.provider(cloud.address) as provider:
        assert provider.read_only


@pytest.mark.parametrize(
    "user", [None, "junk", {"parentUserId": 5, "isAgent": 1}, {"parentUserId": None}, {"parentUserId": -1}]
)
async def test_who_is_no_visitor_may_write(cloud: Cloud, home: Home, user: Any) -> None:
    cloud.answers["newTwoLoginAPI.do"] = {"back": {"success": True, "user": user}}
    async with home.provider(cloud.address) as provider:
        await ask(provider._client)
        assert not provider.read_only


async def test_a_spent_budget_stops_before_anything_is_sent(cloud: Cloud, home: Home) -> None:
    home.ledger.budget = 1
    async with home.client(cloud.address) as client:
        with pytest.raises(BudgetSpent):
            await ask(client)
    assert len(cloud.requests) == 1


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "junk"},
        {"kind": "locked", "until": "never", "of": "x"},
        {"kind": "locked", "until": 5},
        {"kind": "locked", "until": "2030-01-01"},
    ],
)
async def test_a_halt_that_nobody_can_read_stops_nothing(cloud: Cloud, home: Home, document: dict[str, Any]) -> None:
    home.vault.put("halt", document)
    async with home.client(cloud.address) as client:
        await ask(client)
    assert cloud.logins == 1


@pytest.mark.parametrize(
    "cookies", [None, "junk", [5], [{}], [{"name": "JSESSIONID", "value": "kept", "path": "/", "domain": ""}]]
)
async def test_cookies_that_nobody_can_read_cost_a_login_at_most(cloud: Cloud, home: Home, cookies: Any) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
    home.vault.put("session", {**home.vault.get("session"), "cookies": cookies})  # type: ignore[dict-item]
    async with home.client(cloud.address) as client:
        await ask(client)
    assert cloud.logins == 1
    if isinstance(cookies, list) and cookies and isinstance(cookies[0], dict) and cookies[0]:
        assert "kept" in cloud.requests[-1].cookies


async def test_a_cookie_that_changes_on_the_way_is_kept(cloud: Cloud, home: Home) -> None:
    def renewed(_request: Request) -> web.Response:
        response = web.json_response({"data": {}})
        response.set_cookie("SERVERID", "b2", path="/")
        return response

    cloud.answers["getTlxDetailData"] = renewed
    async with home.client(cloud.address) as client:
        await ask(client)
    async with home.client(cloud.address) as client:
        await ask(client)
    assert "SERVERID=b2" in cloud.requests[-1].cookies
    assert "JSESSIONID=session-1" in cloud.requests[-1].cookies


def test_the_loggable_settings_hold_no_password() -> None:
    from tests.providers.growatt.kit import make_settings

    assert "password1" not in repr(make_settings())
