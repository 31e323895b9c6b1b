"""One request at the cloud, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from simulator.growatt.accounts import Account

_SERIALS = (
    "id",
    "tlxId",
    "inverterId",
    "mixId",
    "spaId",
    "maxId",
    "storageId",
    "storageSn",
    "serialNum",
    "deviceSn",
    "invSn",
)
"""Under which names a device's serial comes."""
_TOKEN_SERIALS = (
    "device_sn",
    "tlx_sn",
    "mix_sn",
    "spa_sn",
    "max_sn",
    "storage_sn",
    "vppSn",
    "tlxs",
    "mixs",
    "spas",
    "maxs",
    "inverters",
    "devices",
)
"""The OpenAPI's own; some name several, with commas between them."""


@dataclass(frozen=True, slots=True)
class Call:
    """What somebody wants."""

    path: str
    """Without the leading slash."""
    query: Mapping[str, str]
    form: Mapping[str, str]
    now: datetime
    account: Account | None = None

    @property
    def op(self) -> str:
        """The operation, which some pages call action."""
        return self.query.get("op") or self.query.get("action") or ""

    @property
    def where(self) -> str:
        """Path and operation, as faults name it."""
        return f"{self.path}?op={self.op}" if self.op else self.path

    def get(self, name: str, default: str = "") -> str:
        """Return an argument, from wherever it comes."""
        return self.form.get(name) or self.query.get(name) or default

    @property
    def serials(self) -> frozenset[str]:
        """The serials that are named."""
        return frozenset(filter(None, ",".join(map(self.get, (*_SERIALS, *_TOKEN_SERIALS))).split(",")))

    @property
    def serial(self) -> str:
        """The serial that is asked for."""
        return next(filter(None, map(self.get, _SERIALS)), "")

    @property
    def plant(self) -> int:
        """The plant that is asked for; 0 for none."""
        text = self.get("plantId")
        return int(text) if text.isascii() and text.isdigit() else 0


class Asked(NamedTuple):
    """A line of the cloud's log."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    user_agent: str
    status: int
    """0 while it is not answered."""


class Refused(Exception):
    """The vendor's own way to say no: status 200 and this payload."""

    def __init__(self, payload: Any) -> None:  # noqa: ANN401 -- JSON
        super().__init__(str(payload))
        self.payload = payload
