"""A bare client of the OpenAPI."""

from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession

from simulator.growatt import TOKEN

AGENT = "Python/3.13.0 (Linux 6.1; x86_64)"


class Bearer:
    """Somebody with a token."""

    def __init__(self, address: str, token: str = TOKEN) -> None:
        self._address = address
        self._session = ClientSession(headers={"token": token, "User-Agent": AGENT})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def raw(self, method: str, path: str, parameters: dict[str, str] | None = None) -> tuple[int, str]:
        form = parameters if method == "POST" and "new-api" not in path else None
        query = parameters if form is None else None
        async with self._session.request(method, self._address + path, data=form, params=query) as response:
            return response.status, await response.text()

    async def get(self, path: str, **parameters: str) -> Any:
        return await self._json("GET", f"v1/{path}", parameters)

    async def post(self, path: str, **parameters: str) -> Any:
        return await self._json("POST", f"v1/{path}", parameters)

    async def new(self, name: str, **parameters: str) -> Any:
        return await self._json("POST", f"v4/new-api/{name}", parameters)

    async def control(self, what: str, **body: Any) -> Any:
        async with self._session.post(f"{self._address}_control/{what}", json=body) as response:
            return await response.json()

    async def _json(self, method: str, path: str, parameters: dict[str, str]) -> Any:
        form = parameters if method == "POST" and path.startswith("v1") else None
        query = parameters if form is None else None
        async with self._session.request(method, self._address + path, data=form, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()
