"""The HTTP server, over a real loopback connection."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import SecretStr

from app.errors import ConfigError
from app.web import serve

TOKEN = "a token of the owner's"
PATHS = ("/metrics", "/livez", "/readyz", "/health", "/api/devices")


@dataclass
class Wanted:
    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 0
    token: SecretStr | None = None


class Bridge:
    """A bridge that is as it is told to be."""

    def __init__(self) -> None:
        self.alive = (True, "alive")
        self.flowing = (True, "values flow")

    def live(self) -> tuple[bool, str]:
        return self.alive

    def ready(self) -> tuple[bool, str]:
        return self.flowing

    def health(self) -> Mapping[str, Any]:
        return {"status": "ok", "name": "Süd"}

    def devices(self, *, raw: bool = False) -> Mapping[str, Any]:
        return {"devices": [{"id": "x"}]} | ({"raw": {"home": {}}} if raw else {})


class Browser:
    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session, self.base = session, f"http://127.0.0.1:{port}"

    async def get(self, path: str, **options: Any) -> tuple[int, str, Mapping[str, str]]:
        async with self.session.request(options.pop("method", "GET"), self.base + path, **options) as response:
            return response.status, await response.text(), response.headers


@asynccontextmanager
async def opened(
    settings: Wanted | None = None, bridge: Bridge | None = None, registry: CollectorRegistry | None = None
) -> AsyncIterator[Browser]:
    async with serve(settings or Wanted(), bridge or Bridge(), registry or CollectorRegistry()) as port:
        assert port
        async with aiohttp.ClientSession() as session:
            yield Browser(session, port)


async def test_liveness_and_readiness_are_a_status_and_a_sentence() -> None:
    bridge = Bridge()
    async with opened(bridge=bridge) as browser:
        assert (await browser.get("/livez"))[:2] == (200, "alive\n")
        assert (await browser.get("/readyz"))[:2] == (200, "values flow\n")
        bridge.alive = (False, "the bridge has hung")
        bridge.flowing = (False, "the broker is away")
        assert (await browser.get("/livez"))[:2] == (503, "the bridge has hung\n")
        assert (await browser.get("/readyz"))[:2] == (503, "the broker is away\n")


async def test_health_is_json_that_nobody_keeps() -> None:
    async with opened() as browser:
        status, text, headers = await browser.get("/health")
    assert status == 200
    assert text == '{"status": "ok", "name": "Süd"}'
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("query", "raw"), [("", False), ("?raw=1", True), ("?raw=0", False), ("?raw=true", True)])
async def test_devices_come_with_raw_answers_only_when_asked(query: str, raw: bool) -> None:  # noqa: FBT001
    async with opened() as browser:
        status, text, _ = await browser.get(f"/api/devices{query}")
    assert status == 200
    assert ('"raw"' in text) == raw


async def test_metrics_are_in_the_form_that_is_asked_for() -> None:
    registry = CollectorRegistry()
    Gauge("heliopost_test_volts", "A test", registry=registry).set(7)
    async with opened(registry=registry) as browser:
        status, text, headers = await browser.get("/metrics")
        assert status == 200
        assert "heliopost_test_volts 7.0" in text
        assert headers["Content-Type"].startswith("text/plain; version=")
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        _, text, headers = await browser.get("/metrics", headers=accept)
        assert text.endswith("# EOF\n")
        assert headers["Content-Type"].startswith("application/openmetrics-text")


async def test_metrics_are_compressed_for_those_who_can_unpack() -> None:
    registry = CollectorRegistry()
    Gauge("heliopost_test_volts", "A test " * 200, registry=registry).set(7)
    async with (
        opened(registry=registry) as browser,
        browser.session.get(
            f"{browser.base}/metrics", headers={"Accept-Encoding": "gzip"}, auto_decompress=False
        ) as response,
    ):
        body = await response.read()
        assert response.headers["Content-Encoding"] == "gzip"
    assert b"heliopost_test_volts 7.0" in gzip.decompress(body)


async def test_metrics_are_collected_where_the_store_is_not_changed_meanwhile() -> None:
    class Picky(Collector):
        def collect(self) -> list[Metric]:
            asyncio.get_running_loop()  # raises in any other thread
            return [GaugeMetricFamily("heliopost_picky", "Here", value=1)]

    registry = CollectorRegistry()
    registry.register(Picky())
    async with opened(registry=registry) as browser:
        assert "heliopost_picky 1.0" in (await browser.get("/metrics"))[1]


async def test_an_unknown_path_is_told_as_json_with_what_there_is() -> None:
    async with opened() as browser:
        status, text, headers = await browser.get("/nothing")
    assert status == 404
    assert headers["Content-Type"].startswith("application/json")
    assert all(path in text for path in PATHS)


async def test_another_method_is_refused_and_the_right_one_named() -> None:
    async with opened() as browser:
        status, text, headers = await browser.get("/health", method="POST")
    assert status == 405
    assert '"error": "method not allowed"' in text
    assert "GET" in headers["Allow"]


async def test_a_broken_part_is_an_error_without_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Bridge):
        def health(self) -> Mapping[str, Any]:
            raise RuntimeError("the inside")  # noqa: EM101, TRY003

    async with opened(bridge=Broken()) as browser:
        status, text, _ = await browser.get("/health")
    assert status == 500
    assert "the inside" not in text


# --- the token


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "right"),
    [
        ({}, False),
        ({"Authorization": f"Bearer {TOKEN}"}, True),
        ({"Authorization": f"Bearer {TOKEN}x"}, False),
        ({"Authorization": TOKEN}, False),
        ({"Authorization": "Basic abc"}, False),
        ({"Authorization": "Bearer \xff"}, False),
    ],
    ids=["none", "right", "longer", "bare", "basic", "odd"],
)
async def test_with_a_token_only_supervisors_get_in_without(path: str, headers: dict[str, str], right: bool) -> None:  # noqa: FBT001
    async with opened(Wanted(token=SecretStr(TOKEN))) as browser:
        status, text, answered = await browser.get(path, headers=headers)
    if right or path in ("/livez", "/readyz"):
        assert status == 200
    else:
        assert status == 401
        assert answered["WWW-Authenticate"].startswith("Bearer")
        assert TOKEN not in text


@pytest.mark.parametrize(("shown", "told"), [("", False), ("wrong", False), (TOKEN, True)])
async def test_why_values_do_not_flow_is_told_only_to_who_shows_the_token(shown: str, *, told: bool) -> None:
    bridge = Bridge()
    headers = {"Authorization": f"Bearer {shown}"} if shown else {}
    async with opened(Wanted(token=SecretStr(TOKEN)), bridge) as browser:
        for flows, status in ((True, 200), (False, 503)):
            bridge.flowing = (flows, "values flow, but account cottage: the broker does not let the user solar in")
            found, text, _ = await browser.get("/readyz", headers=headers)
            assert found == status
            assert (text == f"{bridge.flowing[1]}\n") == told
            assert ("cottage" in text or "solar" in text) == told
            assert text.startswith("values flow" if told or flows else "values do not flow; /health says why")


async def test_an_unknown_path_is_not_told_to_strangers() -> None:
    async with opened(Wanted(token=SecretStr(TOKEN))) as browser:
        assert (await browser.get("/nothing"))[0] == 401


# --- where it listens


async def test_without_a_server_nothing_listens() -> None:
    async with serve(Wanted(enabled=False), Bridge(), CollectorRegistry()) as port:
        assert port is None


async def test_the_port_is_free_again_afterwards() -> None:
    async with serve(Wanted(), Bridge(), CollectorRegistry()) as port:
        assert port
    async with serve(Wanted(port=port), Bridge(), CollectorRegistry()) as again:
        assert again == port


async def test_a_port_in_use_is_said_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*set another web\.port"):
            async with serve(Wanted(port=port), Bridge(), CollectorRegistry()):
                raise AssertionError


async def test_a_host_that_is_none_is_said() -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):
        async with serve(Wanted(host="no.such.host.invalid"), Bridge(), CollectorRegistry()):
            raise AssertionError


async def test_it_listens_only_where_it_is_told() -> None:
    async with serve(Wanted(), Bridge(), CollectorRegistry()) as port:
        assert port
        with pytest.raises(OSError, match=r".+"):
            await asyncio.open_connection("127.0.0.2", port)
