"""The port that vendors plug into.

A provider is a package in this folder. Its name is the `provider` in the configuration; it
offers `Settings`, `FEEDS` and `open`, and nothing outside the folder knows more of it than that.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, cast, runtime_checkable

from aiohttp import BaseConnector
from pydantic import BaseModel, ConfigDict, Field

from app.clock import Clock
from app.errors import ConfigError
from app.model import Device, Feed, Reading, Setting, Value


class ProviderSettings(BaseModel):
    """What every account's section of the configuration has; a provider adds its own keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    provider: str
    """The vendor: the name of a folder in `app/providers`."""
    budget: int = Field(default=600, ge=24, le=100_000)
    """Vendor calls a day that may be spent."""
    priority: int = Field(default=0, ge=-100, le=100)
    """Where several accounts see a device, the one with the higher number counts; of equal ones, the first here."""


class Vault(Protocol):
    """What an account keeps over restarts: small JSON documents by name (session, login back-off, ...)."""

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a document, or None."""

    def put(self, name: str, document: Mapping[str, Any] | None) -> None:
        """Keep a document durably before returning; None forgets it."""


class Ledger(Protocol):
    """Counts the vendor calls of an account against its daily budget, over restarts."""

    def spend(self, call: str) -> None:
        """Count one call just before it is sent; raise BudgetSpent when none is left."""


async def _at_once() -> None:
    """Wait for nobody."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the bridge lends to a provider for one account."""

    name: str
    clock: Clock
    vault: Vault
    ledger: Ledger
    connector: BaseConnector
    """Shared by all accounts; the provider makes its own ClientSession (cookies) with `connector_owner=False`."""
    install_id: str
    """Random, the same for the life of this installation, lower-case hex."""
    give_way: Callable[[], Awaitable[None]] = _at_once
    """Awaited before each call of a read, holding no lock: a command that waits for the account goes first."""


class Provider(Protocol):
    """One account in one vendor's cloud. Every method raises ProviderError, and nothing else on purpose."""

    @property
    def api(self) -> str:
        """Which of the vendor's APIs is spoken."""

    @property
    def feeds(self) -> Sequence[Feed]:
        """What to read, and how often, the most urgent first."""

    @property
    def read_only(self) -> bool:
        """Whether the login is known to be one that may only look."""

    @property
    def clock_offset(self) -> timedelta | None:
        """By how much our clock is ahead of the vendor's (negative: behind), by the last answers; None if unknown."""

    async def discover(self) -> Sequence[Device]:
        """Return the account's devices, parents before children."""

    async def read(self, feed: Feed) -> Sequence[Reading]:
        """Read one feed, of all devices that have it.

        A device that cannot be read is left out, unless none can be: then its error is raised.
        """

    def raw(self) -> Mapping[str, object]:
        """Return the vendor's last answer to each call, by a name for the call, personal data and secrets masked."""


@runtime_checkable
class Probing(Protocol):
    """An account that can be tried out without reading any values."""

    async def probe(self) -> str:
        """Log in if there is no valid session (once) and return one sentence on what was found."""


@runtime_checkable
class Rationed(Protocol):
    """An account whose vendor says how often each call may be made."""

    @property
    def put_off(self) -> str:
        """Why the last read left something out that was not due, in a sentence; empty when it did not."""


@runtime_checkable
class Writing(Protocol):
    """An account that can change settings."""

    def settings(self, device: Device) -> Sequence[Setting]:
        """Return what can be set on a device, from what is known of it, without any I/O."""

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        """Ask the vendor now how a setting stands, and return that with what else the same answer says of settings.

        Not from a cache of ours. A reading is `timed` only where the vendor says when the device reported it.
        """

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        """Send one write, never more than once; `values` has every point of the setting by its key.

        Raises:
            Refused: The vendor has said no.
            Doubtful: It was sent, and the answer is lost or makes no sense.
            ProviderError: Any other: nothing has been sent.
        """


@dataclass(frozen=True, slots=True)
class Put:
    """A raw write, understood: what it changes and to what."""

    setting: Setting
    """One of the device's own where the catalogue knows it; else made for this write, dangerous and not read back."""
    values: Mapping[str, Value]
    """By the keys of the setting's points, all of them."""


@runtime_checkable
class Putting(Protocol):
    """An account that takes writes by the vendor's own names."""

    def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
        """Return what a raw write means, without any I/O.

        `method` is the name in the vendor's public library, `kind` the vendor's type of the setting, `params` its
        parameters in order or by name. Raise CommandError where they make no write.
        """


@runtime_checkable
class Getting(Protocol):
    """An account that answers single reads by the vendor's own names."""

    def canonical(self, method: str) -> str:
        """Return the name that a read has here; older names of the vendor's public library are known, too."""

    async def get(self, device: Device, method: str) -> object:
        """Ask the vendor once, within the account's budget; return the answer, masked as in `raw`.

        Raises:
            CommandError: There is no such read, or not of such a device; nothing has been sent.
            ProviderError: The call failed.
        """


class Step(StrEnum):
    """How finely a history is asked for."""

    VALUES = "values"
    """Whatever was measured, as it was sent: mostly every five minutes."""
    DAY = "day"
    """One sum of energy for each day."""
    MONTH = "month"
    YEAR = "year"


@runtime_checkable
class Remembering(Protocol):
    """An account whose vendor tells what has been."""

    def history(
        self, device: Device, first: date, last: date, *, step: Step = Step.VALUES, after: datetime | None = None
    ) -> AsyncIterator[Reading]:
        """Yield what a device measured from one date to another, both included, in the plant's zone, the oldest first.

        Points and values are those that `read` gives, `at` the vendor's stamp (UTC), `timed`. A day, month or year has
        one sum, at its last second, or now if it has not ended. Calls wait for their turn, minutes each and hours in
        all, and let commands go first. Whoever stops, or is stopped by an error, goes on with `after`: the `at` of the
        last reading of the last moment that he has whole; nothing up to then comes again.

        Raises:
            CommandError: The dates, or the step, cannot be had; nothing has been sent.
            NoData: The vendor keeps no history of this device, or does not know it.
            RateLimited: No more today; go on from there after `until`.
            ProviderError: Any other: the call failed; what was yielded before is good.
        """


class ProviderModule(Protocol):
    """What a provider's package offers."""

    Settings: type[ProviderSettings]
    FEEDS: Sequence[Feed]
    """All that an account can have, for the configuration to know; `Provider.feeds` is those that it has."""

    def open(self, settings: ProviderSettings, account: Account) -> AbstractAsyncContextManager[Provider]:
        """Open an account without any I/O; close its connections at the end."""


def available() -> list[str]:
    """Return the names of all providers."""
    return sorted(module.name for module in iter_modules(__path__) if module.ispkg)


def load(name: str) -> ProviderModule:
    """Return the provider of that name; raise ConfigError where there is none."""
    if name not in available():
        msg = f"unknown provider {name!r}; there are: {', '.join(available())}"
        raise ConfigError(msg)
    return cast("ProviderModule", import_module(f"{__name__}.{name}"))
