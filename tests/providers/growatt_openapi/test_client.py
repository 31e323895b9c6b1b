"""One request to the token API: what goes out, what every kind of answer means, and what never happens twice."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from app.errors import (
    AuthFailed,
    Blocked,
    Doubtful,
    NoData,
    ProtocolError,
    ProviderError,
    RateLimited,
    Refused,
    Unavailable,
)
from app.providers.growatt import transport
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.answers import judged
from app.providers.growatt.openapi.endpoints import DATA, Codes, Endpoint
from app.providers.growatt.openapi.errors import V1, V4, Forbidden, Means, TooOften
from tests.providers.growatt.kit import NOW, Cloud, Request, redirect
from tests.providers.growatt_openapi.kit import SECRET, House, make_settings, newer, no, ok

FREE = Endpoint("free", "GET", "v1/free", (("device_sn", "{sn}"),), unwrap=DATA)
SET = Endpoint("set", "POST", "v1/set", form=(("sn", "{sn}"), ("param1", "{value}")), codes=Codes.WRITE)
SET4 = Endpoint("set4", "POST", "v4/new-api/set", (("deviceSn", "{sn}"),), codes=Codes.WRITE, every=5)
ASK = Endpoint("ask", "POST", "v1/ask", form=(("device_sn", "{sn}"),), unwrap=DATA, codes=Codes.PARAMETER)


async def test_the_token_goes_out_in_its_header_and_nowhere_else(server: Cloud, house: House) -> None:
    server.answers["v1/free"] = ok({"pac": 1})
    async with house.client(server.address, user_agent="me") as client:
        assert await client.ask(FREE, sn="A b&c") == {"pac": 1}
    [request] = server.requests
    assert request.headers["token"] == SECRET
    assert request.headers["User-Agent"] == "me"
    assert request.query == [("device_sn", "A b&c")]
    assert "Content-Type" not in request.headers
    assert "Cookie" not in request.headers
    assert house.ledger.calls == ["free"]


async def test_a_redirect_is_not_followed_for_it_would_carry_the_token_away(server: Cloud, house: House) -> None:
    server.answers["v1/free"] = redirect("/elsewhere")
    async with house.client(server.address) as client:
        with pytest.raises(ProtocolError, match="HTTP 302"):
            await client.ask(FREE, sn="A1")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (400, ProtocolError),
        (401, AuthFailed),
        (403, Blocked),
        (404, ProtocolError),
        (405, Blocked),
        (408, Unavailable),
        (429, RateLimited),
        (499, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        ("<html>maintenance</html>", Unavailable),
        ("", ProtocolError),
        ('{"error_code": 0, "data": {"pac"', ProtocolError),
        ("[1]", ProtocolError),
        ("7", ProtocolError),
        ({"data": {}}, ProtocolError),
        ({"error_code": None, "data": {}}, ProtocolError),
        (ok({}), NoData),
        (ok(None), NoData),
        (ok(""), NoData),
        (ok("text"), NoData),
    ],
    ids=str,
)
async def test_every_bad_answer_has_its_class(
    server: Cloud, house: House, answer: Any, error: type[ProviderError]
) -> None:
    server.answers["v1/free"] = answer
    async with house.client(server.address) as client:
        with pytest.raises(error) as caught:
            await client.ask(FREE, sn="A1")
    assert type(caught.value) is error
    assert len(server.requests) == 1


async def test_a_code_may_be_a_text_and_a_v4_call_may_be_answered_in_v1s_way(server: Cloud, house: House) -> None:
    server.answers["v1/free"] = {"error_code": "0", "data": {"a": 1}}
    server.answers["v4/new-api/queryDeviceList"] = no(10011, "error_permission_denied")
    async with house.client(server.address) as client:
        assert await client.ask(FREE, sn="A1") == {"a": 1}
        with pytest.raises(Forbidden):
            await client.ask(endpoints.ALL_DEVICES, page="1")


MEANT = {
    Means.MOVED: Blocked,
    Means.ILL: Unavailable,
    Means.ABSENT: NoData,
    Means.WRONG: ProtocolError,
    Means.TOKEN: AuthFailed,
    Means.DENIED: Forbidden,
    Means.OFTEN: TooOften,
    Means.REFUSED: Refused,
}


@pytest.mark.parametrize("codes", Codes)
@pytest.mark.parametrize("generation", ["v1", "v4"])
def test_each_documented_code_means_what_its_endpoints_table_says(codes: Codes, generation: str) -> None:
    table = (V4 if generation == "v4" else V1)[codes]
    assert table
    for code, said in table.items():
        endpoint = Endpoint("x", "POST", f"{generation}/x", unwrap=DATA, codes=codes)
        root = {"code" if generation == "v4" else "error_code": code, "data": ""}
        expected = Doubtful if said.means is Means.ILL and codes is Codes.WRITE else MEANT[said.means]
        with pytest.raises(ProviderError) as caught:
            judged(endpoint, root, NOW)
        assert type(caught.value) is expected, (code, said)
        assert codes is not Codes.WRITE or isinstance(caught.value, (Refused, Doubtful, TooOften))


@pytest.mark.parametrize(
    ("endpoint", "code", "words", "error"),
    [
        (FREE, 10012, "error_frequently_access", TooOften),
        (SET, 10012, "error_device_not_found", Refused),
        (SET, 10012, "error_frequently_access", TooOften),
        (ASK, 10012, "", NoData),
        (ASK, 10012, "error_frequently_access", TooOften),
        (FREE, 10013, "", ProtocolError),
        (SET, 10013, "", Refused),
        (FREE, 99999, "SYSTEM_ERROR", Unavailable),
        (SET, 99999, "SYSTEM_ERROR", Doubtful),
        (FREE, 99999, "", ProtocolError),
        (SET, 99999, "", Refused),
        (endpoints.DEVICE_LIST, 10011, "", AuthFailed),
        (endpoints.MIN_ENERGY, 10011, "", Forbidden),
    ],
)
def test_a_number_with_two_meanings_is_read_by_the_endpoint_and_the_text(
    endpoint: Endpoint, code: int, words: str, error: type[ProviderError]
) -> None:
    with pytest.raises(ProviderError) as caught:
        judged(endpoint, no(code, words), NOW)
    assert type(caught.value) is error


async def test_too_often_rests_that_endpoint_alone(server: Cloud, house: House) -> None:
    server.answers["v1/device/tlx/tlx_last_data"] = no(10012, "error_frequently_access")
    server.answers["v1/device/tlx/tlx_set_info"] = ok({"onOff": True})
    async with house.client(server.address) as client:
        with pytest.raises(TooOften) as caught:
            await client.ask(endpoints.MIN_ENERGY, sn="A1")
        assert caught.value.until == NOW + timedelta(minutes=5)
        with pytest.raises(RateLimited):
            await client.ask(endpoints.MIN_ENERGY, sn="A1")
        assert len(server.requests) == 1, "the second was not sent"
        await client.ask(endpoints.MIN_SETTINGS, sn="A1")


async def test_what_a_server_says_of_the_token_shows_it_nowhere(
    server: Cloud, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["v1/free"] = no(10001, f"bad {SECRET}")
    async with house.provider(server.address) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider._client.ask(FREE, sn="A1")
        dump = str(provider.raw())
        assert SECRET not in str(caught.value) + repr(caught.value) + caplog.text + dump
        assert "bad ***" in dump
        assert SECRET not in repr(provider._settings)


async def test_a_read_without_a_limit_is_sent_once_more_when_its_connection_breaks(server: Cloud, house: House) -> None:
    server.answers["v1/device/tlx/tlx_last_data"] = [_hang, ok({"a": 1})]
    async with house.client(server.address, patience=0.2) as client:
        with pytest.raises(Unavailable):
            await client.ask(endpoints.MIN_ENERGY, sn="A1")
        assert len(server.requests) == 1, "the vendor may have counted it"
        server.answers["v1/free"] = [_hang, ok({"a": 1})]
        assert await client.ask(FREE, sn="A1") == {"a": 1}
    assert len(server.requests) == 3


async def _hang(_: Request) -> web.Response:
    await asyncio.sleep(1)
    return web.Response(text="late")


def _late(request: Request) -> Any:
    return _hang(request)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_late, Doubtful),
        (500, Doubtful),
        (404, Doubtful),
        ("<html>", Doubtful),
        ("", Doubtful),
        ("{", Doubtful),
        ({"data": 1}, Doubtful),
        (no(10001, "SYSTEM_ERROR"), Doubtful),
        (no(10002), Doubtful),
        (no(10003), Refused),
        (no(10008), Refused),
        (no(10011), Refused),
        (no(10013), Refused),
        (401, AuthFailed),
        (403, Blocked),
        (429, RateLimited),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),  # an address would be another in each process
)
async def test_a_write_is_sent_exactly_once_whatever_comes_back(
    server: Cloud, house: House, answer: Any, error: type[ProviderError]
) -> None:
    server.answers["v1/set"] = answer
    async with house.client(server.address, patience=0.2) as client:
        with pytest.raises(error) as caught:
            await client.send(SET, sn="A1", value="5")
    assert type(caught.value) is error
    assert len(server.requests) == 1
    assert server.requests[0].form == [("sn", "A1"), ("param1", "5")]


async def test_a_refusal_carries_the_vendors_code(server: Cloud, house: House) -> None:
    server.answers["v1/set"] = no(10008, "error_parameter_out_of_range")
    async with house.client(server.address) as client:
        with pytest.raises(Refused, match="out of its range") as caught:
            await client.send(SET, sn="A1", value="500")
    assert caught.value.code == "10008"


async def test_a_write_that_never_left_is_in_no_doubt(house: House) -> None:
    async with house.client("http://127.0.0.1:9/") as client:
        with pytest.raises(Unavailable, match="cannot be reached") as caught:
            await client.send(SET4, sn="A1")
        assert not isinstance(caught.value, Doubtful)
        assert "by itself" not in str(caught.value), "nobody tries a write again"
        assert client.budget.due(SET4, "A1") is None, "what was not sent costs no budget"


async def test_a_second_write_waits_for_its_seconds(server: Cloud, house: House) -> None:
    server.answers["v4/new-api/set"] = {"code": 0, "data": None, "message": "PARAMETER_SETTING_SUCCESSFUL"}
    async with house.client(server.address) as client:
        await client.send(SET4, sn="A1")
        house.clock.move(seconds=2)
        await client.send(SET4, sn="A1")
        await client.send(SET4, sn="B1")
    assert house.clock.slept == [timedelta(seconds=5)], "its five, and two for the ways that requests take"


async def test_an_answer_without_end_is_cut(server: Cloud, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SIZE_LIMIT", 1024 * 1024)
    server.answers["v1/free"] = b"[" + b" " * 2 * 1024 * 1024
    async with house.client(server.address) as client:
        with pytest.raises(ProtocolError, match="longer than 1 MB"):
            await client.ask(FREE, sn="A1")


async def test_the_vendors_clock_is_known_from_its_answers(server: Cloud, house: House) -> None:
    behind = NOW - timedelta(minutes=7)
    server.answers["v1/free"] = lambda _: web.json_response(
        ok({"a": 1}), headers={"X-Date": format_datetime(behind, usegmt=True)}
    )
    async with house.client(server.address) as client:
        assert client.clock_offset is None
        await client.ask(FREE, sn="A1")
        offset = client.clock_offset
        assert offset is not None
        assert abs(offset - timedelta(minutes=7)) < timedelta(seconds=3)
        assert abs(client.theirs(NOW) - behind) < timedelta(seconds=3)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("europe", "openapi.growatt.com"),
        ("china", "openapi-cn.growatt.com"),
        ("north_america", "openapi-us.growatt.com"),
        ("australia", "openapi-au.growatt.com"),
    ],
)
async def test_the_region_really_applies(house: House, region: str, host: str) -> None:
    """growattServer's does not: PyPi_GrowattServer#122."""
    seen: list[str] = []

    async with house.provider("http://127.0.0.1:9/") as provider:
        client = provider._client
        client._settings = make_settings(region=region)

        def request(verb: str, url: Any, **_: Any) -> Any:
            seen.append(f"{url.scheme}://{url.host}{url.path}")
            raise TimeoutError

        client._session.request = request  # type: ignore[method-assign,assignment]
        with pytest.raises(Unavailable, match=host):
            await client.ask(endpoints.MIN_ENERGY, sn="A1")
    assert seen == [f"https://{host}/v1/device/tlx/tlx_last_data"]


@pytest.mark.parametrize("endpoint", endpoints.READS, ids=lambda endpoint: endpoint.name)
def test_every_endpoint_is_named_once_and_says_what_it_is_about(endpoint: Endpoint) -> None:
    assert [each.name for each in endpoints.READS].count(endpoint.name) == 1
    assert endpoint.about
    assert endpoint.path.startswith(("v1/", "v4/new-api/"))
    assert endpoint.batch is None or endpoint.batch.every == endpoint.every


def test_v4s_envelope_is_read() -> None:
    assert judged(endpoints.NOAH_ENERGY, newer({"noah": [{"ppv": 1}]}), NOW) == {"noah": [{"ppv": 1}]}


@pytest.mark.parametrize(("endpoint", "seconds"), [(SET, 12), (SET4, 7)])
async def test_a_write_that_was_refused_as_too_frequent_rests_for_seconds_and_the_next_one_goes_out(
    server: Cloud, house: House, endpoint: Endpoint, seconds: int
) -> None:
    server.answers[endpoint.path] = [no(10012, "error_frequently_access"), ok("")]
    async with house.client(server.address) as client:
        with pytest.raises(TooOften, match="nothing was changed: send it again") as caught:
            await client.send(endpoint, sn="A1", value="5")
        assert "by itself" not in str(caught.value)
        await client.send(endpoint, sn="A1", value="5")
    assert sum(house.clock.slept, timedelta()) == timedelta(seconds=seconds)
    assert len(server.requests) == 2
