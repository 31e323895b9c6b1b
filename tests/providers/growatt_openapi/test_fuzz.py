"""Whatever a server of the token API answers, the adapter fails in its own terms or not at all."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Doubtful, ProviderError, Refused
from app.model import Reading
from app.providers.growatt.answers import Answer
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.answers import judged, parse
from app.providers.growatt.openapi.asker import moment_text, picked, shares
from app.providers.growatt.openapi.directory import offset
from app.providers.growatt.openapi.endpoints import READS, Codes, Endpoint
from app.providers.growatt.openapi.families import FEEDS
from app.providers.growatt.openapi.history import rows_of
from tests.providers.growatt.kit import NOW, cloud
from tests.providers.growatt_openapi.kit import House, newer, ok

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12))
FIELDS = st.sampled_from(
    [
        "error_code", "code", "error_msg", "message", "data", "result", "plants", "devices", "dataloggers", "meters",
        "count", "plant_id", "device_sn", "deviceSn", "deviceType", "type", "lost", "time", "calendar", "timezone",
        "min", "noah", "A1", "serialNum", "ppv", "status", "last_update_time", "plant", "address", "deviceName",
        "totalBatteryPackChargingPower", "totalBatteryPackChargingStatus", "time1Start", "datalogger_sn", "sn",
    ]
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(FIELDS, inner, max_size=6)),
    max_leaves=25,
)
ENVELOPES = st.one_of(JSON, JSON.map(ok), JSON.map(newer), JSON.map(lambda data: {"result": 1, "model": data}))
WRITES = tuple(Endpoint("w", "POST", f"{generation}/w", codes=Codes.WRITE) for generation in ("v1", "v4"))


def outcome(work: Callable[[], Any]) -> Any:
    """Return what comes out, or the error of ours; nothing else may be raised."""
    try:
        return work()
    except ProviderError as error:
        return error


@given(st.sampled_from(READS), st.integers(100, 599), st.binary(max_size=40))
def test_any_bytes_under_any_state_have_a_class(endpoint: Endpoint, status: int, body: bytes) -> None:
    found = outcome(lambda: parse(endpoint, Answer(status, body, "http://here/"), NOW))
    assert isinstance(found, ProviderError) or status == HTTPStatus.OK


@given(st.sampled_from(READS), ENVELOPES)
def test_any_json_is_judged(endpoint: Endpoint, root: Any) -> None:
    part = outcome(lambda: judged(endpoint, root, NOW))
    assert not isinstance(part, Refused | Doubtful)
    if endpoint.codes is Codes.HISTORY:
        found = outcome(lambda: rows_of(endpoint, part, "datas"))
        assert isinstance(found, list | ProviderError)
    elif not isinstance(part, ProviderError):
        assert isinstance(part, dict | list)
        assert not isinstance(outcome(lambda: picked(endpoint, part, "A1")), str)


@given(st.sampled_from(WRITES), ENVELOPES)
def test_a_write_is_refused_in_doubt_or_done(endpoint: Endpoint, root: Any) -> None:
    if not isinstance(outcome(lambda: judged(endpoint, root, NOW)), ProviderError):
        assert "0" in {str(root.get("error_code")).strip(), str(root.get("code")).strip()}


@given(st.sampled_from([endpoints.MIN_ENERGY_MULTIPLE, endpoints.NOAH_ENERGY]), JSON)
def test_a_batch_gives_what_was_asked_for_and_no_more(endpoint: Endpoint, answer: Any) -> None:
    found = shares(endpoint, answer, ["A1", "B1"])
    assert set(found) <= {"A1", "B1"}
    assert all(isinstance(fields, dict) for fields in found.values())


@given(JSON)
def test_stamps_and_zones_of_any_form_are_read_or_passed_over(raw: Any) -> None:
    offset(raw)
    moment_text(raw)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ENVELOPES, min_size=1, max_size=6))
def test_a_server_out_of_its_mind_makes_no_reading_without_a_device(answers: list[Any]) -> None:
    asyncio.run(_whole(answers))


async def _whole(answers: list[Any]) -> None:
    turn = iter(range(10_000))

    def anything(_: object) -> web.StreamResponse:
        body = json.dumps(answers[next(turn) % len(answers)])
        return web.Response(text=body)

    async with cloud() as server:
        server.default = None
        server.answers["v1/plant/list"] = ok({"count": 1, "plants": [{"plant_id": 1}]})
        server.answers["v1/device/list"] = ok(
            {"count": 9, "devices": [{"device_sn": f"D{n}", "type": n, "datalogger_sn": "L"} for n in range(1, 10)]}
        )
        paths = {row.path for row in READS} - {"v1/plant/list", "v1/device/list"}
        server.answers |= dict.fromkeys(paths, anything)
        house = House()
        async with house.provider(server.address) as provider:
            readings: list[Reading] = []
            for _ in range(2):
                for feed in FEEDS:
                    with suppress(ProviderError):
                        readings += await provider.read(feed)
                house.clock.move(minutes=6)
            known = set(provider._directory.known)
            assert {reading.device_id for reading in readings} <= known
            provider.raw()
