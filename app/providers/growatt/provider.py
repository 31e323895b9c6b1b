"""Growatt as a provider: one account of the ShinePhone app."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import ClientSession, CookieJar
from yarl import URL

from app.errors import CommandError, NoData, ProviderError, Unavailable
from app.model import Device, DeviceKind, Feed, Reading, Setting, Value
from app.providers import Account, Put
from app.providers.growatt import calls, mask, times
from app.providers.growatt.answers import parse_loosely
from app.providers.growatt.catalogue import LISTED, LOGGER
from app.providers.growatt.client import Client
from app.providers.growatt.directory import Directory, entries_of, is_lost, loggers_of, slug
from app.providers.growatt.families import FEEDS, HALF_HOUR, PLANTS, VALUES
from app.providers.growatt.reader import STOPPING, Known, Reader
from app.providers.growatt.settings import Settings
from app.providers.growatt.writer import Writer
from app.rows import Catalogue

PATIENCE: Final = 3
"""Calls in a row that get no answer, after which a feed gives up: each waits for the best part of a minute."""
_ONLINE: Final = Catalogue(tuple(row for row in LISTED.rows if row.fields == ("lost",)), {})
"""What a list of devices says of one that has values of its own."""


class Growatt:
    """One Growatt account."""

    feeds: Sequence[Feed] = FEEDS

    def __init__(self, settings: Settings, account: Account, client: Client) -> None:
        self._settings, self._account, self._client = settings, account, client
        self._reader = Reader(client, account)
        self._directory = Directory(settings, account, client, self._reader)
        self._writer = Writer(client, account, self._reader, self._directory)
        self._lists: dict[str, datetime] = {}
        """By plant: when its lists were last read for the values in them."""

    @property
    def api(self) -> str:
        """Which of the vendor's APIs is spoken."""
        return self._settings.api

    @property
    def read_only(self) -> bool:
        """Whether the login is a visitor's, who may only look."""
        return self._client.login.read_only

    @property
    def clock_offset(self) -> timedelta | None:
        """By how much our clock is ahead of Growatt's; None before the first answer."""
        return self._client.clock_offset

    async def discover(self) -> Sequence[Device]:
        """Return the account's devices: plants, then what hangs below them."""
        return await self._directory.discover()

    async def read(self, feed: Feed) -> Sequence[Reading]:
        """Read one feed of all devices; raise only what concerns the account, or when nothing could be read at all."""
        if not self._directory.known:
            await self._directory.discover()
        readings: list[Reading] = []
        errors: list[ProviderError] = []
        listed = await self._from_lists(errors) if feed.name == VALUES.name else {}
        silent = 0
        for known in list(self._directory.known.values()):
            found, failed = await self._reader.read(known, feed)
            if known.device.id in listed:
                own = {reading.point.key for reading in found}
                found += [reading for reading in listed[known.device.id] if reading.point.key not in own]
            readings += found
            errors += failed
            if feed.name == PLANTS.name and known.device.kind is DeviceKind.PLANT:
                readings += self._from_info(known)
            silent = silent + len(failed) if failed and not found and all(map(_is_silence, failed)) else 0
            if silent >= PATIENCE:
                break
        self._reader.facts.keep()
        if errors and not readings:
            raise next((error for error in errors if not isinstance(error, NoData)), errors[0])
        return readings

    async def _from_lists(self, errors: list[ProviderError]) -> dict[str, list[Reading]]:
        """Return, by device, what the lists say of those whose values are nowhere else; the others' lists may rest."""
        now = self._account.clock.now()
        listed = [known for known in self._directory.known.values() if known.family.listed]
        due = {
            known.plant: None for known in listed if not self._reader.speaks(known) or not self._rests(known.plant, now)
        }
        readings: dict[str, list[Reading]] = {}
        for plant in due:
            try:
                entries, _ = await self._directory.lists(plant)
            except STOPPING:
                raise
            except ProviderError as error:
                errors.append(error)
                continue
            self._lists[plant] = now
            for entry in entries:
                known = self._directory.known.get(f"growatt_{slug(entry.serial)}")
                if known is not None and known.family.listed:
                    known.lost = is_lost(entry.fields)
                    readings[known.device.id] = self._reader.listed(known, entry.fields, VALUES)
        return readings

    def _rests(self, plant: str, now: datetime) -> bool:
        """Return whether a plant's lists were read not long ago."""
        last = self._lists.get(plant)
        return last is not None and timedelta(0) <= now - last < HALF_HOUR

    def _from_info(self, plant: Known) -> list[Reading]:
        """Return what a plant's overview says of its devices and loggers."""
        answer: Mapping[str, Any] = self._reader.infos.pop(plant.plant, {})
        readings: list[Reading] = []
        for entry in (*entries_of(answer), *loggers_of(answer)):
            known = self._directory.known.get(f"growatt_{slug(entry.serial)}")
            if known is None or known.plant != plant.plant:
                continue
            known.lost = is_lost(entry.fields)
            if known.device.kind is DeviceKind.LOGGER:
                fields = {**entry.fields, **self._heard(known, entry.fields)}
                readings += self._reader.decoded(known, LOGGER, fields, PLANTS)
            else:
                lost = {"lost": entry.fields.get("lost")}
                readings += self._reader.decoded(known, _ONLINE, lost, PLANTS)
        return readings

    def _heard(self, known: Known, fields: Mapping[str, Any]) -> dict[str, str]:
        """Return when a logger was last heard of, and how well, under names of our own."""
        now, found = self._client.theirs(self._account.clock.now()), {}
        naive = times.wall(fields.get("update_time"))
        if naive is not None:
            at = self._reader.stamps.moment(known.device.id, known.plant, known.zone, naive, now, lost=known.lost)
            if at is not None:
                found["lastdataupdate"] = at.astimezone(UTC).isoformat()
        values = fields.get("values")
        if isinstance(values, list) and values and isinstance(values[0], str):
            found["signal"] = values[0]
        return found

    def settings(self, device: Device) -> Sequence[Setting]:
        """Return what can be set on a device, without any I/O; nothing for a visitor."""
        return self._writer.settings(device)

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        """Ask Growatt now how a device's settings stand: one answer shows them all."""
        del setting
        return await self._writer.inspect(device)

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        """Send one write, never more than once."""
        await self._writer.write(device, setting, values)

    def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
        """Return what a write by the names of growattServer means, without any I/O."""
        return self._writer.put(device, method, kind, params)

    def canonical(self, method: str) -> str:
        """Return the present name of a read; growattServer's former ones are known."""
        return calls.canonical(method)

    async def get(self, device: Device, method: str) -> object:
        """Ask Growatt once by the library's name of a read; return the answer, masked."""
        name = calls.canonical(method)
        known = self._directory.known.get(device.id)
        if known is None:
            msg = f"{device.id} has not been found in this account yet; it is searched for every hour"
            raise CommandError(msg, "not_ready")
        call, values = calls.READS.get(name), {"page": "1", **self._reader.values(known)}
        if call is None or not calls.needs((*call.query, *call.form)) <= values.keys():
            msg = f"{method} is no read of this account; there are: {', '.join(sorted(calls.READS))}"
            raise CommandError(msg, "unknown_target")
        answer = await self._client.ask(call, **values)
        own = {each.device.serial for each in self._directory.known.values()}
        return mask.shown({name: answer}, own, user=self._client.login.user)[name]

    def raw(self) -> Mapping[str, object]:
        """Return the last answer to each call, all that is private or secret and most of each serial struck out."""
        answers = {name: parse_loosely(call, body) for name, call, body in self._client.answers()}
        own = {known.device.serial for known in self._directory.known.values()}
        return mask.shown(answers, own, user=self._client.login.user)

    async def probe(self) -> str:
        """Log in if there is no valid session, and say what was found."""
        plants = await self._directory.plants()
        count = f"{len(plants)} plant{'' if len(plants) == 1 else 's'}"
        may = "; this login is a visitor's and may only look" if self.read_only else ""
        return f"{URL(self._settings.url).host} accepts the login: {count}{may}"


def _is_silence(error: ProviderError) -> bool:
    """Return whether an error is no answer at all."""
    return isinstance(error, Unavailable)


@asynccontextmanager
async def open(settings: Settings, account: Account) -> AsyncIterator[Growatt]:  # noqa: A001 - the port's own word
    """Open an account, without any I/O; its connections are closed at the end."""
    session = ClientSession(
        connector=account.connector,
        connector_owner=False,
        cookie_jar=CookieJar(unsafe=True),  # servers may be named by address
        headers={"User-Agent": settings.agent(account.install_id)},
        auto_decompress=True,
    )
    session._retry_connection = False  # noqa: SLF001 - aiohttp would repeat reads by itself, past the ledger; client.py does it once
    async with session:
        yield Growatt(settings, account, Client(session, settings, account))
