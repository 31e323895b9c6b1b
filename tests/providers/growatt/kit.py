"""What the tests of the Growatt provider share: a driven account, and a server that answers as told."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiohttp import ClientTimeout, TCPConnector, web

from app.errors import BudgetSpent
from app.providers import Account
from app.providers.growatt import Settings
from app.providers.growatt.client import Client
from app.providers.growatt.provider import Growatt
from app.providers.growatt.provider import open as open_account

NOW = datetime(2026, 6, 21, 11, 0, tzinfo=UTC)
INSTALL = "ab12" * 8
SHARED = Path(__file__).parents[4] / "shared"

Answer: TypeAlias = dict[str, Any] | list[Any] | str | bytes | int | web.StreamResponse


def shared(*parts: str) -> Path:
    """Return a file of the research beside the repository, or skip the test."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the research material is not here: {'/'.join(parts)}")
    return path


class Clock:
    """A clock that stands still until it is moved; whoever sleeps moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now
        self.slept: list[timedelta] = []

    def now(self) -> datetime:
        return self.time

    def real(self, span: timedelta) -> float:
        return span.total_seconds()

    async def sleep(self, span: timedelta) -> None:
        self.slept.append(span)
        self.time += span

    def move(self, **span: float) -> None:
        self.time += timedelta(**span)


class Vault:
    """Documents as JSON, as the real one keeps them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get(self, name: str) -> dict[str, Any] | None:
        return json.loads(self.texts[name]) if name in self.texts else None

    def put(self, name: str, document: Mapping[str, Any] | None) -> None:
        if document is None:
            self.texts.pop(name, None)
        else:
            self.texts[name] = json.dumps(document)


class Ledger:
    """Counts calls, and ends when told."""

    def __init__(self, budget: int = 10_000) -> None:
        self.calls: list[str] = []
        self.budget = budget

    def spend(self, call: str) -> None:
        if len(self.calls) >= self.budget:
            msg = "the budget of calls is spent"
            raise BudgetSpent(msg, NOW + timedelta(hours=3))
        self.calls.append(call)


@dataclass
class Request:
    """One request as it came."""

    verb: str
    path: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    headers: Mapping[str, str]

    @property
    def op(self) -> str:
        return next((value for name, value in self.query if name in {"op", "action"}), self.path)

    @property
    def cookies(self) -> str:
        return self.headers.get("Cookie", "")


LOGGED_IN = {
    "back": {
        "success": True,
        "msg": "",
        "user": {
            "id": 7,
            "rightlevel": 1,
            "parentUserId": 0,
            "isAgent": 0,
            "accountName": "u",
            "password": "secret-hash",
        },
        "data": [],
    }
}
PAGE = "<html><head><title>Login - Growatt</title></head><form action='/login'><input type='password'></form></html>"


@dataclass
class Cloud:
    """A server that answers each call with what was set for it: by op, by path, or else with `default`.

    A list is answered element by element, the last one for ever. A number is an HTTP state.
    """

    address: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    default: Any = field(default_factory=lambda: {"result": 1, "obj": {}})
    requests: list[Request] = field(default_factory=list)
    logins: int = 0

    def seen(self, name: str) -> list[Request]:
        return [request for request in self.requests if name in {request.op, request.path}]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = await request.post() if request.method == "POST" else {}
        asked = Request(
            request.method,
            request.path.lstrip("/"),
            list(request.query.items()),
            [(name, str(value)) for name, value in form.items()],
            dict(request.headers),
        )
        self.requests.append(asked)
        answer = self.answers.get(asked.op, self.answers.get(asked.path, _MISSING))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(asked)
            if hasattr(answer, "__await__"):
                answer = await answer
        if answer is _MISSING:
            if asked.path.startswith("newTwoLoginAPI"):
                return self._log_in()
            answer = self.default
        return respond(answer)

    def _log_in(self) -> web.StreamResponse:
        self.logins += 1
        response = web.json_response(LOGGED_IN)
        response.set_cookie("JSESSIONID", f"session-{self.logins}", path="/")
        return response


_MISSING = object()


async def _undated(_: web.Request, response: web.StreamResponse) -> None:
    """Leave out the wall's date, which is not that of the tests' clock; whoever wants one says it in an answer."""
    response.headers["Date"] = response.headers.pop("X-Date", "")


def respond(answer: Answer) -> web.StreamResponse:
    """Return an answer as the vendor's servers give it: JSON under a type of its own choice."""
    if isinstance(answer, web.StreamResponse):
        return answer
    if isinstance(answer, int):
        return web.Response(status=answer, text="<html>no</html>", content_type="text/html")
    if isinstance(answer, bytes):
        return web.Response(body=answer, content_type="text/html")
    if isinstance(answer, str):
        return web.Response(text=answer, content_type="text/html")
    return web.Response(text=json.dumps(answer, ensure_ascii=False), content_type="text/html")


def redirect(to: str) -> Callable[[Request], web.Response]:
    return lambda _request: web.Response(status=302, headers={"Location": to})


@asynccontextmanager
async def cloud() -> AsyncIterator[Cloud]:
    """Serve a cloud on a free port of this machine."""
    served = Cloud()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.handle)
    app.on_response_prepare.append(_undated)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    served.address = f"http://127.0.0.1:{port}/"
    try:
        yield served
    finally:
        await runner.cleanup()


@dataclass
class Home:
    """What outlives a restart of one account: time, memory and budget."""

    clock: Clock = field(default_factory=Clock)
    vault: Vault = field(default_factory=Vault)
    ledger: Ledger = field(default_factory=Ledger)

    @asynccontextmanager
    async def provider(self, address: str, **changed: Any) -> AsyncIterator[Growatt]:
        """Open the account at a server; `patience` is the timeout in seconds."""
        patience = changed.pop("patience", None)
        settings = make_settings(server_url=address, **changed)
        async with TCPConnector() as connector:
            account = Account("home", self.clock, self.vault, self.ledger, connector, INSTALL)
            async with open_account(settings, account) as provider:
                if patience is not None:
                    provider._client._timeout = ClientTimeout(total=patience)
                yield provider

    @asynccontextmanager
    async def client(self, address: str, **changed: Any) -> AsyncIterator[Client]:
        """Open the account at a server, and its client only."""
        async with self.provider(address, **changed) as provider:
            yield provider._client


def make_settings(**changed: Any) -> Settings:
    return Settings.model_validate({"provider": "growatt", "username": "u", "password": "password1", **changed})
