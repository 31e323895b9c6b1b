"""What a refused login means: wrong passwords, lockouts, other forms, other servers, fire walls, terms."""

import json
from datetime import timedelta
from typing import Any

import pytest

from app.errors import AuthFailed, Blocked, Locked, ProtocolError, Unavailable
from app.providers.growatt.login import hashed
from tests.providers.growatt.kit import NOW, PAGE, Cloud, Home
from tests.providers.growatt.test_login import ask, failed


async def test_a_wrong_password_stops_until_the_configuration_changes(cloud: Cloud, home: Home) -> None:
    cloud.answers["newTwoLoginAPI.do"] = failed("502")
    async with home.client(cloud.address) as client:
        with pytest.raises(AuthFailed, match="does not accept this user name and password") as first:
            await ask(client)
        asked = len(cloud.requests)
        home.clock.move(days=3)
        with pytest.raises(AuthFailed) as second:
            await ask(client)
        assert str(first.value) == str(second.value)
    async with home.client(cloud.address) as client:
        with pytest.raises(AuthFailed):
            await ask(client)
    assert len(cloud.requests) == asked, "no request was made"
    del cloud.answers["newTwoLoginAPI.do"]
    async with home.client(cloud.address, password="corrected") as client:
        await ask(client)
    assert cloud.logins == 1
    assert home.vault.get("halt") is None


async def test_no_secret_is_kept_or_said(cloud: Cloud, home: Home) -> None:
    cloud.answers["newTwoLoginAPI.do"] = failed("502")
    async with home.client(cloud.address, password="top-secret") as client:
        with pytest.raises(AuthFailed) as caught:
            await ask(client)
    kept = json.dumps(home.vault.texts) + str(caught.value)
    assert "top-secret" not in kept
    assert hashed("top-secret") not in kept


@pytest.mark.parametrize(("told", "hours"), [(24, 24), ("12", 12), (None, 24), ("soon", 24), (-3, 24), (10**9, 24)])
async def test_a_lockout_lasts_as_long_as_growatt_says(cloud: Cloud, home: Home, told: Any, hours: int) -> None:
    cloud.answers["newTwoLoginAPI.do"] = failed("507", lockDuration=told, error="Current account has been locked")
    async with home.client(cloud.address) as client:
        with pytest.raises(Locked) as caught:
            await ask(client)
    assert caught.value.until == NOW + timedelta(hours=hours)
    asked = len(cloud.requests)
    home.clock.move(hours=hours - 0.1)
    async with home.client(cloud.address, password="even with another one") as client:
        with pytest.raises(Locked, match="nothing is asked until"):
            await ask(client)
        assert len(cloud.requests) == asked
        home.clock.move(hours=0.2)
        cloud.answers.clear()
        await ask(client)
    assert cloud.logins == 1


async def test_a_refusal_without_a_reason_is_tried_once_in_the_other_form(cloud: Cloud, home: Home) -> None:
    cloud.answers["newTwoLoginAPI.do"] = failed("501")
    async with home.client(cloud.address) as client:
        await ask(client)
        first, second = cloud.requests[:2]
        assert (first.path, second.path) == ("newTwoLoginAPI.do", "newTwoLoginAPIV2.do")
        assert dict(second.form)["password"] == hashed("password1")
        assert dict(second.form)["timestamp"] == str(int(NOW.timestamp() * 1000))
        home.clock.move(hours=1)
        cloud.answers["getTlxDetailData"] = [PAGE, {"data": {}}]
        await ask(client)
    assert [request.path for request in cloud.requests].count("newTwoLoginAPI.do") == 1, "it is remembered which works"
    assert home.ledger.calls.count("login") == 3


async def test_both_forms_refused_wait_longer_each_time(cloud: Cloud, home: Home) -> None:
    cloud.answers["newTwoLoginAPI.do"] = cloud.answers["newTwoLoginAPIV2.do"] = failed("501")
    cloud.answers["getServerUrlByName"] = {"success": True, "msg": "openapi-us.growatt.com"}
    async with home.client(cloud.address) as client:
        with pytest.raises(Unavailable, match=r"server_url: https://openapi-us\.growatt\.com/") as caught:
            await ask(client)
        assert "without a reason" in str(caught.value)
        home.clock.move(minutes=2)
        with pytest.raises(Unavailable, match="next login"):
            await ask(client)
        home.clock.move(minutes=3)
        with pytest.raises(Unavailable, match="without a reason"):
            await ask(client)


@pytest.mark.parametrize(("code", "error"), [("502", AuthFailed), ("507", Locked), ("888", ProtocolError)])
async def test_the_second_form_may_say_more(cloud: Cloud, home: Home, code: str, error: type[Exception]) -> None:
    cloud.answers["newTwoLoginAPI.do"], cloud.answers["newTwoLoginAPIV2.do"] = failed("501"), failed(code)
    async with home.client(cloud.address) as client:
        with pytest.raises(error):
            await ask(client)


async def test_a_wrong_server_is_named_beside_a_refused_password(cloud: Cloud, home: Home) -> None:
    cloud.answers["newTwoLoginAPI.do"] = failed("502")
    cloud.answers["getServerUrlByName"] = {"success": True, "msg": "http://server-au.growatt.com:80"}
    async with home.client(cloud.address) as client:
        with pytest.raises(AuthFailed, match=r"your account lives on server-au\.growatt\.com"):
            await ask(client)


@pytest.mark.parametrize(
    "answer",
    [
        404,
        PAGE,
        {"success": False},
        {"success": True, "msg": ""},
        {"success": True, "msg": "127.0.0.1"},
        [1],
        {"success": True, "msg": "http://["},
    ],
    ids=["404", "page", "no", "empty", "the same", "list", "junk"],
)
async def test_a_lookup_that_says_nothing_adds_nothing(cloud: Cloud, home: Home, answer: Any) -> None:
    cloud.answers["newTwoLoginAPI.do"] = failed("502")
    cloud.answers["getServerUrlByName"] = answer if not isinstance(answer, list) else [answer]
    async with home.client(cloud.address) as client:
        with pytest.raises(AuthFailed) as caught:
            await ask(client)
    assert "lives on" not in str(caught.value)


@pytest.mark.parametrize("state", [403, 400])
async def test_a_firewall_that_knows_our_name_is_explained_and_left_alone(cloud: Cloud, home: Home, state: int) -> None:
    cloud.answers["newTwoLoginAPI.do"] = state
    async with home.client(cloud.address) as client:
        with pytest.raises(Blocked, match=r"set `user_agent`.* then reload \(SIGHUP, or .*or restart") as caught:
            await ask(client)
        assert caught.value.until == NOW + timedelta(hours=1)
        home.clock.move(minutes=30)
        with pytest.raises(Blocked):
            await ask(client)
    assert len(cloud.requests) == 1
    cloud.answers.clear()
    home.clock.move(minutes=5)
    async with home.client(cloud.address, user_agent="another name") as client:
        await ask(client)
    assert cloud.requests[-1].headers["User-Agent"] == "another name"


async def test_a_retired_host_is_explained_with_the_account_s_own(cloud: Cloud, home: Home) -> None:
    cloud.answers["newTwoLoginAPI.do"] = 405
    cloud.answers["getServerUrlByName"] = {"success": 1, "msg": "openapi-us.growatt.com"}
    async with home.client(cloud.address) as client:
        with pytest.raises(Blocked, match=r"no longer serves the app.*lives on openapi-us") as caught:
            await ask(client)
    assert caught.value.until == NOW + timedelta(hours=6)


@pytest.mark.parametrize("code", ["501", "502", "601"])
async def test_open_terms_are_explained_whatever_the_code(cloud: Cloud, home: Home, code: str) -> None:
    cloud.answers["newTwoLoginAPI.do"] = failed(code, error="Please agree to the new User Agreement first")
    async with home.client(cloud.address) as client:
        with pytest.raises(Blocked, match="open the ShinePhone app, accept them there"):
            await ask(client)
    assert len(cloud.requests) == 1, "neither the other form nor the account's server is asked"


async def test_a_firewall_met_later_stops_the_account_too(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await ask(client)
        cloud.answers["getTlxDetailData"] = 403
        for _ in range(2):
            with pytest.raises(Blocked):
                await ask(client)
    assert len(cloud.seen("getTlxDetailData")) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (PAGE, Unavailable),
        ({"result": 1}, ProtocolError),
        ("{", ProtocolError),
        (503, Unavailable),
        (failed("777"), ProtocolError),
    ],
    ids=["page", "no back", "truncated", "503", "unknown code"],
)
async def test_a_login_that_fails_otherwise_is_no_wrong_password(
    cloud: Cloud, home: Home, answer: Any, error: type[Exception]
) -> None:
    cloud.answers["newTwoLoginAPI.do"] = answer
    async with home.client(cloud.address) as client:
        with pytest.raises(error) as caught:
            await ask(client)
        assert type(caught.value) is error
    assert home.vault.get("halt") is None
