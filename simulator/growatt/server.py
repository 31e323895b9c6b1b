"""The cloud on the network: user agents, sessions, logins and faults stand before every answer."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from aiohttp import web

from simulator.growatt import faults as wrong
from simulator.growatt import payload_plant
from simulator.growatt.accounts import LOCK_HOURS, Account
from simulator.growatt.call import Asked, Call, Refused
from simulator.growatt.cloud import Cloud, encoded
from simulator.growatt.faults import Fault, FaultKind
from simulator.growatt.openapi import PREFIXES, Reception
from simulator.growatt.routes import ANSWERS, TOLD

_LOGINS = {"newTwoLoginAPI.do": True, "newTwoLoginAPIV2.do": False, "newLoginAPI.do": True}
"""The pages that let people in, and whether each is the old one."""

_AT_ONCE = 100
"""Requests that are taken to be under way at once."""

_LOGIN_PAGE = """<!DOCTYPE html>
<html><head><title>Login - Growatt</title></head>
<body><form id="loginForm" action="/login" method="post">
<input name="account" type="text"><input name="password" type="password"></form></body></html>
"""
_BLACK_LIST = "<html><body><h1>403 Forbidden</h1><p>Denied by the user agent ACL blacklist rule</p></body></html>"
_WALL = "<html><body><h1>405 Not Allowed</h1><p>Your request has been blocked by the firewall</p></body></html>"
_NOT_LOGGED_IN = "<html><body><h1>HTTP Status 500</h1><p>The user is not logged in</p></body></html>"


class Service:
    """One cloud's requests and answers."""

    def __init__(self, cloud: Cloud) -> None:
        """Serve a cloud."""
        self._cloud = cloud
        self._reception = Reception(cloud)
        self._closing = asyncio.Event()

    async def close(self, _: web.Application) -> None:
        """Let go of those who wait for an answer that never comes."""
        self._closing.set()

    async def date(self, _: web.Request, response: web.StreamResponse) -> None:
        """Date an answer by the cloud's own clock."""
        response.headers["Date"] = format_datetime(self._cloud.clock.now(), usegmt=True)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, and write it down."""
        form: dict[str, str] = {}
        if request.method == "POST":
            form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        elif request.path.startswith("/v1/") and request.can_read_body:
            # growattServer sends a form with some of its GETs.
            form = dict(parse_qsl(await request.text(), keep_blank_values=True))
        query = dict(request.query)
        agent = request.headers.get("User-Agent", "")
        call = Call(request.path.lstrip("/"), query, form, self._cloud.clock.now())
        asked = Asked(call.now, request.method, request.path, query, form, agent, 0)
        self._cloud.requests.append(asked)
        response = await self._respond(request, call, agent)
        self._note(asked, response.status)
        return response

    def _note(self, asked: Asked, status: int) -> None:
        """Write down how a request was answered, which others may have come after."""
        log = self._cloud.requests
        for n in range(1, min(len(log), _AT_ONCE) + 1):
            if log[-n] is asked:
                log[-n] = asked._replace(status=status)
                return

    async def _respond(self, request: web.Request, call: Call, agent: str) -> web.StreamResponse:
        if self._cloud.agent_refused(agent):
            return self._wire(FaultKind.FORBIDDEN_UA)
        struck = self._cloud.faults.striking(call.where, call.serials, call.now)
        early = await self._unanswered(fault for fault in struck if not fault.late)
        if early is not None:
            return early
        if call.path.startswith(PREFIXES):
            answer = self._to_tokens(request, call, struck)
        else:
            answer = self._open_to_all(request, call, struck) or self._to_members(request, call, struck)
        return await self._unanswered(fault for fault in struck if fault.late) or answer

    async def _unanswered(self, faults: Iterable[Fault]) -> web.StreamResponse | None:
        """Return what comes instead of an answer, or None."""
        for fault in faults:
            if fault.kind == FaultKind.TIMEOUT:
                await self._wait(fault)
            elif fault.kind in wrong.ON_THE_WIRE:
                return self._wire(fault.kind, fault.status)
        return None

    def _open_to_all(self, request: web.Request, call: Call, struck: list[Fault]) -> web.StreamResponse | None:
        """Return the answer of a page that wants no session; None for another page."""
        if call.path in _LOGINS and not call.op:
            return self._login(request, call, struck)
        if call.path == "newLoginAPI.do" and call.op == "getServerUrlByName":
            return self._shown(self._server_of(request, call.get("userName")), struck)
        return self._wire(FaultKind.HTML) if call.path == "login" else None

    def _to_tokens(self, request: web.Request, call: Call, struck: list[Fault]) -> web.StreamResponse:
        """Return the answer of the OpenAPI."""
        method = self._reception.method(call.path)
        if method is None:
            return web.Response(status=404, text="<html><body><h1>404</h1></body></html>", content_type="text/html")
        if method != request.method:
            return self._wire(FaultKind.HTTP_ERROR, 405)
        return self._shown(self._reception.answer(call, request.headers.get("token", ""), struck), struck)

    def _to_members(self, request: web.Request, call: Call, struck: list[Fault]) -> web.StreamResponse:
        account = self._cloud.gate.holder(request.cookies.get("JSESSIONID"), call.now)
        if account is None:
            return self._wire(self._cloud.expired_answer)
        return self._answer(call, account, struck)

    async def _wait(self, fault: Fault) -> None:
        """Keep somebody waiting: for some time, or until the server closes."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._closing.wait(), name="closing")]
        if fault.seconds is not None:
            span = timedelta(seconds=fault.seconds)
            waits.append(asyncio.create_task(self._cloud.clock.sleep(span), name="delay"))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()

    def _answer(self, call: Call, account: Account, struck: list[Fault]) -> web.StreamResponse:
        call = Call(call.path, call.query, call.form, call.now, account)
        told = TOLD.get((call.path, call.op))
        if told is None and (call.path, call.op) not in ANSWERS:
            return web.Response(status=404, text="<html><body><h1>404</h1></body></html>", content_type="text/html")
        desk = self._cloud.desk(call, struck)
        try:
            if told is None:
                return self._shown(ANSWERS[call.path, call.op](desk, call), struck)
            device = desk.device(*told.families)
            record = desk.record(device)
            if struck:
                return self._shown(told.payload(record), struck)
            key = call.where, device.spec.serial
            body = self._cloud.remembered(key, record)
            if body is None:
                body = encoded(told.payload(record))
                self._cloud.remember(key, record, body)
            return self._json(body)
        except Refused as refused:
            return self._shown(refused.payload, struck)

    def _shown(self, payload: Any, struck: list[Fault]) -> web.StreamResponse:  # noqa: ANN401 -- JSON
        """Return an answer with the faults that change it."""
        if isinstance(payload, str):
            return web.Response(text=payload, content_type="text/html")
        for fault in struck:
            payload = wrong.changed_payload(payload, fault)
        body = encoded(payload)
        for fault in struck:
            if fault.kind == FaultKind.TRUNCATED:
                body = body[: len(body) // 2]
            elif fault.kind == FaultKind.EMPTY:
                body = b""
        return self._json(body)

    def _json(self, body: bytes) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": self._cloud.content_type})

    def _wire(self, kind: FaultKind, status: int = 503) -> web.Response:
        """Return what is no answer."""
        match kind:
            case FaultKind.REDIRECT:
                return web.Response(status=302, headers={"Location": "/login"})
            case FaultKind.NOT_LOGGED_IN:
                return web.Response(status=500, text=_NOT_LOGGED_IN, content_type="text/html")
            case FaultKind.FORBIDDEN_UA:
                return web.Response(status=403, text=_BLACK_LIST, content_type="text/html")
            case FaultKind.RETIRED:
                return web.Response(status=405, text=_WALL, content_type="text/html")
            case FaultKind.HTTP_ERROR:
                return web.Response(status=status, text=f"<html><h1>{status}</h1></html>", content_type="text/html")
            case _:
                return web.Response(text=_LOGIN_PAGE, content_type="text/html")

    def _login(self, request: web.Request, call: Call, struck: list[Fault]) -> web.StreamResponse:
        gate = self._cloud.gate
        account, code = gate.login(call.get("userName"), call.get("password"), call.now, old=_LOGINS[call.path])
        if code or account is None:
            return self._shown({"back": self._refusal(code, account, call.now)}, struck)
        plants = self._cloud.desk(Call(call.path, {}, {}, call.now, account)).plants()
        host = f"{request.scheme}://{request.host}"
        zone = call.now.astimezone(ZoneInfo(plants[0].zone)).utcoffset() if plants else None
        hours = zone.total_seconds() / 3_600 if zone else 0.0
        response = self._shown(payload_plant.login(account, plants, host, hours), struck)
        response.set_cookie("JSESSIONID", gate.open(account, call.now), path="/", httponly=True)
        return response

    @staticmethod
    def _refusal(code: str, account: Account | None, now: datetime) -> dict[str, Any]:
        answer: dict[str, Any] = {"success": False, "msg": code}
        if code == "501" and account is not None and account.terms_open:
            answer["error"] = "Please agree to the new terms and conditions in the app"
        if code == "507" and account is not None and account.locked_until is not None:
            answer["error"] = "Current account has been locked for 24 hours"
            left = (account.locked_until - now).total_seconds() / 3_600
            answer["lockDuration"] = max(1, min(LOCK_HOURS, round(left))) if left <= LOCK_HOURS else round(left)
        return answer

    def _server_of(self, request: web.Request, user: str) -> Mapping[str, Any]:
        account = self._cloud.gate.account(user)
        if account is None:
            return {"success": False, "msg": "501"}
        return {"success": True, "msg": account.server_url or request.host}


def application(cloud: Cloud, control: web.Application | None = None) -> web.Application:
    """Return an application that is a cloud; `control` is mounted at /_control/."""
    service = Service(cloud)
    app = web.Application(client_max_size=1 << 20)
    if control is not None:
        app.add_subapp("/_control/", control)
    app.router.add_route("*", "/{path:.*}", service.handle)
    app.on_shutdown.append(service.close)
    app.on_response_prepare.append(service.date)
    return app


@asynccontextmanager
async def serve(
    cloud: Cloud, port: int = 0, *, host: str = "127.0.0.1", control: web.Application | None = None
) -> AsyncIterator[str]:
    """Put a cloud on an address of this machine and yield its URL, which ends with a slash.

    `control` is mounted at /_control/. Raises OSError if the port is taken or there is no such address.
    """
    runner = web.AppRunner(application(cloud, control), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{host}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
