"""A bare HTTP client that looks as closely at the answers as a test wants."""

from types import TracebackType
from typing import Any, Self

from aiohttp import ClientResponse, ClientSession, CookieJar

from simulator.growatt import PASSWORD, USER
from simulator.growatt.accounts import hashed

AGENT = "Dalvik/2.1.0 (Linux; U; Android 12)"


class Phone:
    """An app on a phone."""

    def __init__(self, address: str, agent: str | None = AGENT) -> None:
        self._address = address
        headers = {} if agent is None else {"User-Agent": agent}
        skip = ["User-Agent"] if agent is None else []
        self._session = ClientSession(cookie_jar=CookieJar(unsafe=True), headers=headers, skip_auto_headers=skip)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def raw(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, ClientResponse]:
        method = "GET" if form is None else "POST"
        async with self._session.request(method, self._address + path, data=form, allow_redirects=False) as response:
            return response.status, await response.text(), response

    async def json(self, path: str, form: dict[str, str] | None = None) -> Any:
        method = "GET" if form is None else "POST"
        async with self._session.request(method, self._address + path, data=form, allow_redirects=False) as response:
            assert response.status == 200, await response.text()
            return await response.json(content_type=None)

    async def login(self, password: str = PASSWORD, *, page: str = "newTwoLoginAPI.do", user: str = USER) -> Any:
        return (await self.json(page, {"userName": user, "password": hashed(password)}))["back"]

    async def control(self, what: str, **body: Any) -> tuple[int, Any]:
        async with self._session.post(f"{self._address}_control/{what}", json=body) as response:
            return response.status, await response.json()
