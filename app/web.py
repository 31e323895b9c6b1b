"""The HTTP server: /metrics, /livez, /readyz, /health and /api/devices."""

import asyncio
import hmac
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, cast

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from pydantic import SecretStr

from app.errors import ConfigError

log = structlog.get_logger()

GOODBYE: Final = 1.0
"""Seconds that open requests get at the end."""
OPEN: Final = frozenset({"/livez", "/readyz"})
"""Asked for by supervisors that know no token, who learn only whether all is well."""
UNTOLD: Final = "values do not flow; /health says why (with the token), or `heliopost healthcheck`"
"""The reason names accounts and the broker's user, which are not for everybody."""


class Status(Protocol):
    """What the server tells."""

    def live(self) -> tuple[bool, str]:
        """Return whether the process works, and a sentence."""

    def ready(self) -> tuple[bool, str]:
        """Return whether values flow, and a sentence."""

    def health(self) -> Mapping[str, Any]:
        """Return how everything is."""

    def devices(self, *, raw: bool = False) -> Mapping[str, Any]:
        """Return all current values; with `raw`, the vendors' last answers as well."""


class Settings(Protocol):
    """What the server wants to know."""

    @property
    def enabled(self) -> bool:
        """Whether there is to be a server."""

    @property
    def host(self) -> str:
        """Where to listen."""

    @property
    def port(self) -> int:
        """Where to listen; 0 for any free port."""

    @property
    def token(self) -> SecretStr | None:
        """What must be shown, if anything."""


@asynccontextmanager
async def serve(settings: Settings, status: Status, registry: CollectorRegistry) -> AsyncIterator[int | None]:
    """Serve while the context is open; yield the port, or None where the configuration wants no server.

    Raise ConfigError where the address cannot be used.
    """
    if not settings.enabled:
        yield None
        return
    runner = web.AppRunner(
        application(settings.token, status, registry), access_log=None, handle_signals=False, shutdown_timeout=GOODBYE
    )
    await runner.setup()
    try:
        yield await _listen(runner, settings.host, settings.port)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> int:
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except (OSError, OverflowError, UnicodeError) as error:
        number = getattr(error, "errno", None)  # asyncio says in strerror what the owner knows already
        words = os.strerror(number) if number and number > 0 else getattr(error, "strerror", None)
        reason = (words or str(error)).lower()
        msg = f"cannot listen on {host}:{port} ({reason}): set another web.port, or web.enabled to false"
        raise ConfigError(msg) from error
    real = int(runner.addresses[0][1])
    log.info("web_listening", host=host, port=real)
    return real


def application(token: SecretStr | None, status: Status, registry: CollectorRegistry) -> web.Application:
    """Return the server's routes."""
    known = _doorman(token)
    views = _Views(status, registry, known)
    app = web.Application(middlewares=[_plain_errors, _guard(known)])
    app.router.add_get("/metrics", views.metrics)
    app.router.add_get("/livez", views.livez)
    app.router.add_get("/readyz", views.readyz)
    app.router.add_get("/health", views.health)
    app.router.add_get("/api/devices", views.devices)
    return app


class _Snapshot:
    """What a registry held at one moment."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Return it."""
        return iter(self._families)


class _Views:
    def __init__(self, status: Status, registry: CollectorRegistry, known: Callable[[web.Request], bool]) -> None:
        self._status, self._registry, self._known = status, registry, known

    async def metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get(hdrs.ACCEPT, ""))
        # Collected here, where nobody changes the store meanwhile; written out aside, so that polling goes on.
        taken = cast("CollectorRegistry", _Snapshot(list(self._registry.collect())))
        body = await asyncio.to_thread(encode, taken)
        response = web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})
        response.enable_compression()
        return response

    async def livez(self, _request: web.Request) -> web.Response:
        return _verdict(self._status.live())

    async def readyz(self, request: web.Request) -> web.Response:
        good, sentence = self._status.ready()
        if not self._known(request):
            sentence = "values flow" if good else UNTOLD
        return _verdict((good, sentence))

    async def health(self, _request: web.Request) -> web.Response:
        return _json(self._status.health())

    async def devices(self, request: web.Request) -> web.Response:
        raw = request.query.get("raw", "0") not in ("", "0", "false")
        response = _json(self._status.devices(raw=raw))
        response.enable_compression()
        return response


def _verdict(found: tuple[bool, str]) -> web.Response:
    good, sentence = found
    return web.Response(text=f"{sentence}\n", status=200 if good else 503, headers={hdrs.CACHE_CONTROL: "no-store"})


def _json(body: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.json_response(
        body,
        status=status,
        dumps=lambda data: json.dumps(data, ensure_ascii=False, default=str),
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )


@web.middleware
async def _plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell errors as JSON, without the inside of the program."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        known = "there are /metrics, /livez, /readyz, /health and /api/devices"
        body = {"error": error.reason.lower()} | (
            {"hint": known} if error.status == web.HTTPNotFound.status_code else {}
        )
        response = _json(body, error.status)
        for name in (hdrs.ALLOW, hdrs.WWW_AUTHENTICATE):
            if name in error.headers:
                response.headers[name] = error.headers[name]
        return response


def _doorman(token: SecretStr | None) -> Callable[[web.Request], bool]:
    """Return what tells whether a request shows the token, compared in constant time, or needs none."""
    expected = f"Bearer {token.get_secret_value()}".encode() if token is not None else None

    def known(request: web.Request) -> bool:
        shown = request.headers.get(hdrs.AUTHORIZATION, "").encode(errors="surrogateescape")
        return expected is None or hmac.compare_digest(shown, expected)

    return known


def _guard(known: Callable[[web.Request], bool]) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in whoever is known."""
        if request.path not in OPEN and not known(request):
            raise web.HTTPUnauthorized(headers={hdrs.WWW_AUTHENTICATE: 'Bearer realm="heliopost"'})
        return await handler(request)

    return guard
