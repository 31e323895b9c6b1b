"""Growatt as a provider: one account of the token API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from aiohttp import ClientSession, DummyCookieJar
from yarl import URL

from app import points
from app.errors import CommandError, NoData, ProviderError, RateLimited, Unavailable
from app.model import Device, DeviceKind, Feed, Reading, Setting, Value
from app.providers import Account, Put, Step
from app.providers.growatt import mask, times
from app.providers.growatt.answers import parse_loosely
from app.providers.growatt.calls import needs
from app.providers.growatt.families import HALF_HOUR, PLANTS, VALUES
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.asker import MILLISECONDS, Asker
from app.providers.growatt.openapi.catalogue import LOGGER
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.directory import Directory, is_lost
from app.providers.growatt.openapi.errors import Waiting
from app.providers.growatt.openapi.families import FEEDS, MAY_LACK, OTHER
from app.providers.growatt.openapi.history import History
from app.providers.growatt.openapi.lately import Lately
from app.providers.growatt.openapi.writer import Writer
from app.providers.growatt.reader import Known, Reader
from app.providers.growatt.settings import Settings
from app.providers.growatt.times import RECENT

PATIENCE: Final = 3
"""Calls in a row that get no answer, after which a feed gives up: each waits for the best part of a minute."""
SPARE: Final = 5
"""Of the ten times a day that the list of plants may be read, those that trying out the account leaves alone."""


class GrowattOpen:
    """One Growatt account with a token."""

    feeds: Sequence[Feed] = FEEDS
    read_only = False

    def __init__(self, settings: Settings, account: Account, client: Client) -> None:
        self._settings, self._account, self._client = settings, account, client
        self._asker = Asker(client)
        self._reader = Reader(self._asker, account)
        self._directory = Directory(settings, account, client, self._asker, self._reader)
        self._writer = Writer(client, account.clock, self._family, self._has, self._asker.request)
        self._history = History(account, client, self._asker, self._reader)
        self._lately = Lately(account)
        self._read: dict[str, datetime] = {}
        """By device: when its values were last read, so that the one that waited longest is asked first."""
        self.put_off = ""
        """Why the last read left something out that was not due."""

    @property
    def api(self) -> str:
        """Which of the vendor's APIs is spoken."""
        return self._settings.api

    @property
    def clock_offset(self) -> timedelta | None:
        """By how much our clock is ahead of Growatt's; None before the first answer."""
        return self._client.clock_offset

    async def discover(self) -> Sequence[Device]:
        """Return the token's devices: plants, then what hangs below them."""
        found = await self._directory.discover()
        self._reader.facts.keep()
        return found

    async def read(self, feed: Feed) -> Sequence[Reading]:
        """Read one feed of all devices whose endpoints may be called now; what may not keeps its last values.

        Raises what concerns the account, RateLimited when the vendor has refused all for being asked too often, or
        another error when nothing could be read at all.
        """
        if not self._directory.known:
            await self.discover()
        self._asker.begin()
        readings: list[Reading] = []
        errors: list[ProviderError] = []
        silent = 0
        for known in sorted(self._directory.known.values(), key=self._waited):
            found, failed = await self._reader.read(known, feed)
            if feed.name == VALUES.name and found:
                self._read[known.device.id] = self._account.clock.now()
                found += self._online(known, found)
            readings += self._lately.take(known, feed, found, failed)
            new = [error for error in failed if not any(error is each for each in errors)]
            errors += new  # one request for many fails once, whomever it was for
            silent = 0 if found or not all(map(_is_silence, failed)) else silent + len(new)
            if silent >= PATIENCE:
                break
        if feed.name == PLANTS.name:
            readings += await self._loggers()
            for known in self._directory.known.values():
                if known.family is OTHER:
                    readings += self._reader.decoded(known, LOGGER, {"lost": known.lost}, PLANTS)
        self._reader.facts.keep()
        self._lately.keep()
        waiting = [error for error in errors if isinstance(error, Waiting)]
        self.put_off = str(max(waiting, key=lambda error: error.until)) if waiting else ""
        if not readings:
            _raise(errors)
        return readings

    def _waited(self, known: Known) -> datetime:
        return self._read.get(known.device.id, datetime.min.replace(tzinfo=UTC))

    def _online(self, known: Known, found: list[Reading]) -> list[Reading]:
        """Return whether a device is online: the vendor's word, unless its values are only minutes old."""
        if known.device.kind is DeviceKind.PLANT or any(reading.point.key == points.ONLINE.key for reading in found):
            return []
        said = self._asker.gone.get(known.serial, known.lost)
        now = self._client.theirs(self._account.clock.now())
        stamp = next((reading for reading in found if reading.point.key == points.LAST_UPDATE.key), None)
        heard = datetime.fromisoformat(str(stamp.value)) if stamp is not None else None
        online = not said or (heard is not None and now - heard <= RECENT)
        return [Reading(known.device.id, points.ONLINE, online, self._account.clock.now())]

    async def _loggers(self) -> list[Reading]:
        """Return what the lists of loggers say of them."""
        readings: list[Reading] = []
        loggers = [known for known in self._directory.known.values() if known.device.kind is DeviceKind.LOGGER]
        for plant in dict.fromkeys(known.plant for known in loggers):
            rows = {str(row.get("sn")): row for row in await self._directory.loggers(plant, HALF_HOUR)}
            for known in loggers:
                row = rows.get(known.serial) if known.plant == plant else None
                if row is not None:
                    known.lost = is_lost(row)
                    readings += self._reader.decoded(known, LOGGER, {**row, **self._heard(known, row)}, PLANTS)
        return readings

    def _heard(self, known: Known, row: Mapping[str, Any]) -> dict[str, str]:
        """Return when a logger was last heard of, under a name of our own."""
        raw = row.get("last_update_time")
        exact = raw.get("time") if isinstance(raw, Mapping) else None
        if isinstance(exact, int) and MILLISECONDS <= exact < MILLISECONDS * 100:  # by the server's own clock
            return {"last_update": datetime.fromtimestamp(exact / 1000, UTC).isoformat(timespec="seconds")}
        naive = times.wall(raw)
        if naive is None:
            return {}
        now = self._client.theirs(self._account.clock.now())
        at = self._reader.stamps.moment(known.device.id, known.plant, known.zone, naive, now, lost=known.lost)
        return {"last_update": at.astimezone(UTC).isoformat()} if at is not None else {}

    # What has been

    async def history(
        self, device: Device, first: date, last: date, *, step: Step = Step.VALUES, after: datetime | None = None
    ) -> AsyncIterator[Reading]:
        """Yield what a device has measured, at most 95 days back, or sums of a plant's energy; as in `Remembering`."""
        if not self._directory.known:
            await self.discover()
        known = self._directory.known.get(device.id)
        if known is None:
            msg = f"there is no device {device.id}"
            raise CommandError(msg, "unknown_target")
        if step is Step.VALUES:
            found = self._history.values(known, first, last, after)
        else:
            found = self._history.sums(known, first, last, step, after)
        async for reading in found:
            yield reading

    # What can be set

    def settings(self, device: Device) -> Sequence[Setting]:
        """Return what can be set on a device, without any I/O."""
        return self._writer.settings(device)

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        """Ask Growatt now how a setting stands."""
        return await self._writer.inspect(device, setting)

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        """Send one write, never more than once."""
        await self._writer.write(device, setting, values)

    def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
        """Return what a write by the names of growattServer means, without any I/O."""
        return self._writer.put(device, method, kind, params)

    def _family(self, device: Device) -> str:
        """Return a device's family, also before the lists have been read: it was told when the device was found."""
        known = self._directory.known.get(device.id)
        return known.family.name if known is not None else device.attributes.get("type", "")

    def _has(self, device: Device, part: str) -> bool:
        """Return whether a device has shown that it has a part; a family that never lacks it has no such part."""
        may_lack = MAY_LACK.get(self._family(device), frozenset())
        return part not in may_lack or part in self._reader.facts.of(device.id)

    def canonical(self, method: str) -> str:
        """Return the name of a read, which has always been the same."""
        return method

    async def get(self, device: Device, method: str) -> object:
        """Ask Growatt once by the name of a read, as often as the endpoint may be called; return the answer, masked."""
        known = self._directory.known.get(device.id)
        if known is None:
            msg = f"{device.id} has not been found in this account yet; it is searched for every hour"
            raise CommandError(msg, "not_ready")
        values = {"sn": known.serial, "plant": known.plant, "page": "1", **self._asker.extras.get(known.serial, {})}
        reads = {row.name: row for row in endpoints.READS if needs((*row.query, *row.form)) <= values.keys()}
        endpoint = reads.get(method)
        if endpoint is None:
            msg = f"{method} is no read of this account; there are: {', '.join(sorted(reads))}"
            raise CommandError(msg, "unknown_target")
        answer = await self._client.ask(endpoint, **values)
        return mask.shown({method: answer}, {each.device.serial for each in self._directory.known.values()})[method]

    def raw(self) -> Mapping[str, object]:
        """Return the last answer to each call, all that is private or secret and most of each serial struck out."""
        answers = {name: parse_loosely(call, body) for name, call, body in self._client.answers()}
        return mask.shown(answers, {device.serial for device in self._directory.known.values()})

    async def probe(self) -> str:
        """Prove that the token is accepted, and say what was found."""
        spare = self._client.budget.left(endpoints.PLANT_LIST) > SPARE
        plants = await self._directory.plants(anew=spare)
        count = f"{len(plants)} plant{'' if len(plants) == 1 else 's'}"
        return f"{URL(self._settings.url).host} accepts the token: {count}"


def _is_silence(error: ProviderError) -> bool:
    """Return whether an error is no answer at all."""
    return isinstance(error, Unavailable)


def _raise(errors: Sequence[ProviderError]) -> None:
    """Raise the error that says why nothing was read; nothing when all that was due was read lately."""
    real = [error for error in errors if not isinstance(error, Waiting)]
    if real:
        raise next((error for error in real if not isinstance(error, NoData)), real[0])
    refused = [error for error in errors if isinstance(error, Waiting) and error.told]
    if refused:
        first = min(refused, key=lambda error: error.until)
        raise RateLimited(str(first), first.until)


@asynccontextmanager
async def open(settings: Settings, account: Account) -> AsyncIterator[GrowattOpen]:  # noqa: A001 - the port's own word
    """Open an account, without any I/O; its connections are closed at the end."""
    session = ClientSession(
        connector=account.connector,
        connector_owner=False,
        cookie_jar=DummyCookieJar(),
        headers={"User-Agent": settings.agent(account.install_id)},
        auto_decompress=True,
    )
    session._retry_connection = False  # noqa: SLF001 - aiohttp would repeat reads by itself, past budget and ledger
    async with session:
        yield GrowattOpen(settings, account, Client(session, settings, account))
