"""One request: what is repeated, what is not, and what a strange answer becomes."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientSession,
    ConnectionTimeoutError,
    ServerDisconnectedError,
    SocketTimeoutError,
    web,
)
from aiohttp.client_reqrep import ConnectionKey

from app.errors import Blocked, NoData, ProtocolError, ProviderError, RateLimited, Unavailable
from app.providers.growatt import calls, transport
from app.providers.growatt.answers import Answer, parse
from app.providers.growatt.errors import subject
from tests.providers.growatt.kit import NOW, PAGE, Cloud, Home, Request, redirect

KEY = ConnectionKey("127.0.0.1", 443, True, True, None, None, None)


async def ask(client: Any, **values: str) -> Any:
    return await client.ask(calls.TLX_DETAIL, **{"sn": "TLX1", **values})


def broken(times: int) -> Any:
    """Break the connection so many times, then answer."""
    left = times

    async def answer(_request: Request) -> web.StreamResponse | dict[str, Any]:
        nonlocal left
        if left:
            left -= 1
            await asyncio.sleep(0)
            raise _Cut
        return {"data": {"pac": 1}}

    return answer


class _Cut(web.HTTPException):
    """An answer whose connection ends before it does."""

    status_code = 200

    def __init__(self) -> None:
        super().__init__(text="{", headers={"Content-Length": "999"})

    async def write_eof(self, data: bytes = b"") -> None:
        if self._req is not None and self._req.transport is not None:
            self._req.transport.abort()


async def test_a_read_whose_connection_breaks_is_repeated_once_after_two_seconds(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = broken(1)
        assert await ask(client) == {"data": {"pac": 1}}
    assert home.clock.slept == [timedelta(seconds=2)]
    assert home.ledger.calls == ["login", "tlx_detail", "tlx_detail"], "every request counts"


async def test_a_second_break_is_the_end_of_it(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = broken(9)
        with pytest.raises(
            Unavailable,
            match=r"the connection to Growatt's server 127\.0\.0\.1 broke off, when asked for a device's values",
        ):
            await ask(client)
    assert len(cloud.seen("getTlxDetailData")) == 2


async def test_silence_is_waited_for_once_more(cloud: Cloud, home: Home) -> None:
    async def silent(_request: Request) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async with home.client(cloud.address, patience=0.05) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = silent
        with pytest.raises(Unavailable, match=r"no answer from Growatt's server 127\.0\.0\.1 in time"):
            await ask(client)
    assert len(cloud.seen("getTlxDetailData")) == 2


@pytest.mark.parametrize("state", [500, 502, 503, 504, 408, 499])
async def test_a_server_that_is_not_well_is_asked_again_at_the_next_tick(cloud: Cloud, home: Home, state: int) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = state
        with pytest.raises(Unavailable, match=f"HTTP {state}"):
            await ask(client)
    assert len(cloud.seen("getTlxDetailData")) == 1


@pytest.mark.parametrize(("header", "minutes"), [(None, 10), ("1800", 30), ("5", 10), ("soon", 10), ("9999999999", 10)])
async def test_too_many_requests_are_obeyed(cloud: Cloud, home: Home, header: str | None, minutes: int) -> None:
    headers = {"Retry-After": header} if header else {}
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = lambda _: web.Response(status=429, headers=headers)
        with pytest.raises(RateLimited) as caught:
            await ask(client)
    assert caught.value.until == NOW + timedelta(minutes=minutes)


async def test_a_redirect_to_another_host_is_not_followed_but_told(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = redirect("https://openapi-us.growatt.com/newTlxApi.do")
        with pytest.raises(ProtocolError, match=r"sends us on to openapi-us\.growatt\.com; set `server_url`"):
            await ask(client)
    assert len(cloud.requests) == 2


def test_a_redirect_to_nowhere_ends_the_session_only() -> None:
    from app.providers.growatt.errors import SessionEnded

    for target in ("http://[", "", "/"):
        with pytest.raises(SessionEnded):
            parse(calls.TLX_DETAIL, Answer(302, b"", "http://here/x", {"Location": target}), NOW)


async def test_an_answer_without_end_is_cut(cloud: Cloud, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SIZE_LIMIT", 1024 * 1024)
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = b"[" + b" " * 2 * 1024 * 1024
        with pytest.raises(ProtocolError, match="longer than 1 MB"):
            await ask(client)


async def test_json_is_json_whatever_its_type_says(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        cloud.answers["getTlxDetailData"] = lambda _: web.Response(
            body=b'\xef\xbb\xbf {"data": {}}', content_type="image/png"
        )
        assert await ask(client) == {"data": {}}


async def test_nesting_without_end_is_a_wrong_format(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = b"[" * 200_000
        with pytest.raises(ProtocolError):
            await ask(client)


async def test_something_that_is_no_http_is_told(home: Home) -> None:
    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(chatter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, home.client(f"http://127.0.0.1:{port}/") as client:
        with pytest.raises(Unavailable):
            await ask(client)


async def test_a_broken_answer_is_explained_in_the_owner_s_words(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        for body, how in (('{"PlantList": [', "is cut off, or no JSON (15 bytes)"), ("", "is empty")):
            cloud.answers["getAllPlantListTwo"] = body
            with pytest.raises(ProtocolError) as caught:
                await client.ask(calls.PLANT_LIST_TWO, page="1")
            said = str(caught.value)
            assert f"Growatt's answer {how}, when asked for the list of plants; usually there is nothing to do" in said
            assert "if it goes on for hours" in said
            assert "plant_list" not in said, "a call's name says nothing to the owner"


@pytest.mark.parametrize("call", calls.LIBRARY, ids=lambda call: call.name)
def test_every_call_asks_for_something_that_has_a_name(call: calls.Call) -> None:
    words = subject(call.name)
    assert words.startswith(("a ", "the "))
    assert "_" not in words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ClientConnectorDNSError(KEY, OSError()), "cannot be found; check the internet connection, the DNS"),
        (ClientConnectorCertificateError(KEY, ValueError()), "check the date and time of this machine"),
        (ClientConnectorSSLError(KEY, OSError()), "check the date and time of this machine"),
        (ClientConnectorError(KEY, OSError()), "cannot be reached; check the internet connection"),
        (ConnectionTimeoutError(), "cannot be reached; check the internet connection"),
        (SocketTimeoutError(), "in time, when asked for the list of plants"),
        (ServerDisconnectedError(), "broke off"),
        (OSError(), "broke off"),
        (ClientError(), "does not speak HTTP as Growatt's servers do"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_a_server_that_cannot_be_heard_is_explained(
    cloud: Cloud, home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    async with home.client(cloud.address) as client:
        await client.enter()
        monkeypatch.setattr(ClientSession, "request", fail)
        with pytest.raises(Unavailable, match=words) as caught:
            await client.ask(calls.PLANT_LIST_TWO, page="1")
    assert "127.0.0.1" in str(caught.value)


async def test_a_call_that_nobody_knows_cannot_harm_the_account(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        for answer in (404, 403, 405, 500, PAGE, redirect("/login")):
            cloud.answers["getMaxDetailData"] = answer
            home.clock.move(minutes=5)
            with pytest.raises(ProtocolError):
                await client.ask(calls.MAX_DETAIL, sn="MAX1")
    assert cloud.logins == 1
    assert home.vault.get("halt") is None


async def test_settings_pages_are_searched_for_their_values(cloud: Cloud, home: Home) -> None:
    page = '<html><script>var inv = JSON.parse(\'{"onOff":"1",\n"pf":"1.0"}\');</script></html>'
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["commonDeviceSetC/setInverter"] = page
        assert await client.ask(calls.CLASSIC_INVERTER_INFO, sn="I1") == {"onOff": "1", "pf": "1.0"}
        home.clock.move(minutes=5)
        cloud.answers["commonDeviceSetC/setInverter"] = [PAGE, page]
        assert await client.ask(calls.CLASSIC_INVERTER_INFO, sn="I1")
        cloud.answers["commonDeviceSetC/setInverter"] = "<html>another page</html>"
        with pytest.raises(ProtocolError, match="holds no values"):
            await client.ask(calls.CLASSIC_INVERTER_INFO, sn="I1")
    assert cloud.logins == 2


async def test_a_blocked_call_is_remembered_with_its_time(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = 405
        with pytest.raises(Blocked, match="no longer serves the app"):
            await ask(client)
    assert home.vault.get("halt")["kind"] == "blocked"  # type: ignore[index]


@pytest.mark.parametrize(
    "answer", [{"result": 1, "obj": None}, {"result": 1}, {"result": 1, "obj": {}}, {"result": 1, "obj": 5}]
)
async def test_an_answer_without_its_useful_part_is_no_data(cloud: Cloud, home: Home, answer: Any) -> None:
    async with home.client(cloud.address) as client:
        cloud.answers["getTlxSetData"] = answer
        with pytest.raises(NoData, match="nothing of this device at the moment"):
            await client.ask(calls.TLX_ALL_SETTINGS, sn="TLX1")


def dated(off: timedelta) -> Any:
    """Answer with a date that is so far from the tests' clock."""

    def answer(_request: Request) -> web.Response:
        date = format_datetime(NOW + off, usegmt=True)
        return web.Response(text='{"data": {"pac": 1}}', headers={"X-Date": date})

    return answer


@pytest.mark.parametrize("odd", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-300)])
async def test_the_dates_of_answers_tell_how_our_clock_is_and_one_odd_server_does_not_count(
    cloud: Cloud, home: Home, odd: timedelta
) -> None:
    hour = timedelta(hours=1)
    async with home.client(cloud.address) as client:
        await client.enter()
        assert client.clock_offset is None  # an answer without a date says nothing
        assert client.theirs(NOW) == NOW
        cloud.answers["getTlxDetailData"] = [dated(off) for off in (hour, hour, hour + odd, hour, hour + odd)]
        for _ in range(5):
            await ask(client)
            assert client.clock_offset == -hour  # ours is an hour behind
            assert client.theirs(NOW) == NOW + hour  # also right after the odd server's answer


@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(hours=-1), timedelta(minutes=2)])
async def test_what_was_known_of_our_clock_is_void_once_it_is_set(cloud: Cloud, home: Home, by: timedelta) -> None:
    async with home.client(cloud.address) as client:
        seconds = 0.0
        client._skew._monotonic = lambda: seconds
        await client.enter()
        cloud.answers["getTlxDetailData"] = dated(by)
        for _ in range(3):
            await ask(client)
        known = client.clock_offset
        assert known is not None
        assert abs(known + by) <= timedelta(seconds=1)
        seconds += 5 * 3600
        home.clock.move(hours=5)
        assert client.clock_offset == known  # nobody has set it
        home.clock.time += by
        assert client.clock_offset is None
        assert client.theirs(home.clock.now()) == home.clock.now()
        cloud.answers["getTlxDetailData"] = dated(by + timedelta(hours=5))
        await ask(client)
        assert client.clock_offset == timedelta()  # by the first answer since
        assert client.theirs(home.clock.now()) == home.clock.now()


async def test_an_answer_of_long_ago_says_nothing_of_our_clock(cloud: Cloud, home: Home) -> None:
    """A locked account is not asked for a day: our clock may be wrong, or right, long since."""
    async with home.client(cloud.address) as client:
        seconds = 0.0
        client._skew._monotonic = lambda: seconds
        await client.enter()
        cloud.answers["getTlxDetailData"] = dated(timedelta())
        await ask(client)
        for hours, known in ((6, timedelta()), (1, None)):
            seconds += hours * 3600
            home.clock.move(hours=hours)
            assert client.clock_offset == known


async def test_an_answer_that_a_cache_has_kept_is_as_old_as_it_says(cloud: Cloud, home: Home) -> None:
    def answer(_request: Request) -> web.Response:
        date = format_datetime(NOW - timedelta(hours=1), usegmt=True)
        return web.Response(text='{"data": {"pac": 1}}', headers={"X-Date": date, "Age": "3600"})

    async with home.client(cloud.address) as client:
        await client.enter()
        cloud.answers["getTlxDetailData"] = answer
        await ask(client)
        assert client.clock_offset == timedelta()


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_is_set_while_an_answer_is_on_its_way_is_taken_as_it_is_then(
    cloud: Cloud, home: Home, hours: int
) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        home.clock.move(hours=-hours)
        asked = home.clock.now()

        def answer(request: Request) -> web.Response:
            home.clock.move(hours=hours)
            found: web.Response = dated(timedelta())(request)
            return found

        cloud.answers["getTlxDetailData"] = answer
        await ask(client)
        assert client.clock_offset == timedelta()
        assert abs(client.theirs(asked) - NOW) <= timedelta(minutes=2)


async def test_the_date_of_what_is_no_answer_of_the_vendor_s_does_not_count(cloud: Cloud, home: Home) -> None:
    async with home.client(cloud.address) as client:
        await client.enter()
        page = web.Response(text=PAGE, content_type="text/html", headers={"X-Date": "Thu, 01 Jan 1970 00:00:00 GMT"})
        cloud.answers["getTlxDetailData"] = lambda _request: page
        with pytest.raises(ProviderError):
            await ask(client)
        assert client.clock_offset is None
