"""The lists of plants and devices, which may be read only rarely: kept over restarts, read again when they are old."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from app.errors import NoData, ProtocolError, ProviderError
from app.providers import Account
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.errors import Rests
from app.providers.growatt.reader import STOPPING
from app.providers.growatt.settings import Settings
from app.rows import number

Rows: TypeAlias = list[Mapping[str, Any]]

PAGES: Final = 250
"""As Growatt has it; a server that repeats itself must not keep us for ever."""

DOCUMENT: Final = "directory"
KEPT: Final = frozenset(
    {
        "plant_id", "name", "plant_name", "peak_power", "timezone", "currency",
        "device_sn", "deviceSn", "type", "device_type", "deviceType", "lost", "device_name",
        "datalogger_sn", "datalogSn", "sn", "model", "netmode", "last_update_time", "lastUpdateTime",
        "address", "datalog_sn", "deviceName",
    }
)  # fmt: skip
"""Fields of a list that are kept: what discovery needs, and nothing about people."""


class Lists:
    """Lists by name, each with the time at which it was read."""

    def __init__(self, settings: Settings, account: Account) -> None:
        """Read nothing yet: opening an account touches no file."""
        self._settings, self._account = settings, account
        self._lists: dict[str, Any] | None = None
        self._mark = ""

    def get(self, name: str) -> list[Mapping[str, Any]] | None:
        """Return a list, or None if it was never read."""
        rows = self._all().get(name, {}).get("rows")
        return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else None

    def put(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep a list that has just been read."""
        kept = [{key: value for key, value in row.items() if key in KEPT} for row in rows]
        self._all()[name] = {"at": self._account.clock.now().isoformat(), "rows": kept}
        self._account.vault.put(DOCUMENT, {"of": self._mark, "lists": self._all()})

    def fresh(self, name: str, span: timedelta) -> bool:
        """Return whether a list was read within the span."""
        try:
            at = datetime.fromisoformat(self._all()[name]["at"])
            return timedelta() <= self._account.clock.now() - at < span
        except (KeyError, TypeError, ValueError):
            return False

    async def current(self, name: str, span: timedelta, read: Callable[[], Awaitable[Rows]]) -> Rows:
        """Return a list: as it was kept within `span`, else read now; where that fails, as it was kept at all.

        What concerns the account (a token that is refused, a budget that is spent) is raised all the same.
        """
        kept = self.get(name)
        if kept is not None and self.fresh(name, span):
            return kept
        try:
            rows = await read()
        except STOPPING as error:
            if kept is None or not isinstance(error, Rests):
                raise
            return kept
        except NoData:
            if kept:
                return kept
            rows = []
        except ProviderError:
            if kept is None:
                raise
            return kept
        self.put(name, rows)
        return rows

    async def perhaps(self, name: str, span: timedelta, read: Callable[[], Awaitable[Rows]]) -> Rows:
        """Return a list that the account can do without, as `current` does; nothing where it cannot be read."""
        try:
            return await self.current(name, span, read)
        except STOPPING as error:
            if not isinstance(error, Rests):
                raise
        except ProviderError:
            pass
        return []

    def only(self, kind: str, names: set[str]) -> None:
        """Forget a kind's lists of plants that there are no longer."""
        for name in list(self._all()):
            first, _, plant = name.partition("/")
            if first == kind and plant not in names:
                del self._all()[name]

    def _all(self) -> dict[str, Any]:
        """Return everything that is kept; another token, or another server, shows other plants."""
        if self._lists is None:
            kept = self._account.vault.get(DOCUMENT) or {}
            self._mark = self._marked()
            rows = kept.get("lists") if kept.get("of") == self._mark else None
            found = rows.items() if isinstance(rows, Mapping) else ()
            self._lists = {str(name): value for name, value in found if isinstance(value, dict)}
        return self._lists

    def _marked(self) -> str:
        """Return what tells tokens and servers apart: a slow hash, from which no token can be read."""
        told = f"{self._settings.token.get_secret_value()}\0{self._settings.url}".encode()
        salt = f"{self._account.install_id}/{DOCUMENT}".encode()
        return hashlib.scrypt(told, salt=salt, n=2**12, r=8, p=1, dklen=16).hex()


async def pages(client: Client, endpoint: Endpoint, name: str, **values: str) -> Rows:
    """Return the entries of every page of a list; raise ProtocolError when it counts entries and lists none."""
    found: Rows = []
    for page in range(1, PAGES + 1):
        answer = await client.ask(endpoint, page=str(page), **values)
        fields: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
        rows = fields.get(name)
        listed = rows if isinstance(rows, list) else []
        new = [row for row in listed if isinstance(row, Mapping) and row not in found]
        found += new
        count = number(fields.get("count")) or 0
        if count > 0 and not found:
            msg = f"Growatt counts entries but lists none, when asked for {endpoint.about}; taken as no news"
            raise ProtocolError(msg)
        if not new or len(found) >= count:
            break
    return found
