"""What the tests of reading share: an account with a token, and a server that answers as told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientTimeout, TCPConnector

from app.providers import Account
from app.providers.growatt import Settings
from app.providers.growatt import open as open_account
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.provider import GrowattOpen
from tests.providers.growatt.kit import INSTALL, Home, shared

SECRET = "a-dummy-token-of-the-tests"
RECORDINGS = ("recordings", "growatt")


def ok(data: Any, **beside: Any) -> dict[str, Any]:
    """Return a good answer of V1."""
    return {"error_code": 0, "error_msg": "", "data": data, **beside}


def newer(data: Any) -> dict[str, Any]:
    """Return a good answer of V4."""
    return {"code": 0, "message": "SUCCESSFUL_OPERATION", "data": data}


def no(code: int, words: str = "") -> dict[str, Any]:
    """Return a refusal of V1."""
    return {"error_code": code, "error_msg": words, "data": ""}


def recording(name: str) -> Any:
    """Return a recorded answer."""
    return json.loads(shared(*RECORDINGS, f"{name}__01.json").read_text())


def recordings() -> Path:
    """Return the folder of recorded answers."""
    return shared(*RECORDINGS)


def make_settings(**changed: Any) -> Settings:
    return Settings.model_validate({"provider": "growatt", "api": "openapi", "token": SECRET, **changed})


@dataclass
class House(Home):
    """What outlives a restart of one account."""

    @asynccontextmanager
    async def provider(self, address: str, **changed: Any) -> AsyncIterator[GrowattOpen]:  # type: ignore[override]
        """Open the account at a server; `patience` is the timeout in seconds."""
        patience = changed.pop("patience", None)
        settings = make_settings(server_url=address, **changed)
        async with TCPConnector() as connector:
            account = Account("home", self.clock, self.vault, self.ledger, connector, INSTALL)
            async with open_account(settings, account) as provider:
                assert isinstance(provider, GrowattOpen)
                if patience is not None:
                    provider._client._timeout = ClientTimeout(total=patience)
                yield provider

    @asynccontextmanager
    async def client(self, address: str, **changed: Any) -> AsyncIterator[Client]:  # type: ignore[override]
        """Open the account at a server, and its client only."""
        async with self.provider(address, **changed) as provider:
            yield provider._client
