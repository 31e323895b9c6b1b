"""Which plants and devices a token shows, from lists that may be read only so often: what was read is kept for days."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from app.errors import AuthFailed, ProviderError, Unavailable
from app.model import Device
from app.providers import Account
from app.providers.growatt import money
from app.providers.growatt.catalogue import ONLINE_CODES
from app.providers.growatt.directory import RANK, Plant, plant_device, slug, watts
from app.providers.growatt.families import Family
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.asker import Asker
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.errors import Rests
from app.providers.growatt.openapi.families import LOGGER, METER, NUMBERS, OTHER, PLANT, WORDS
from app.providers.growatt.openapi.memory import Lists, pages
from app.providers.growatt.reader import STOPPING, Known, Reader
from app.providers.growatt.settings import Settings
from app.rows import number, only_daily, text

log = structlog.get_logger()

PLANTS_FOR: Final = timedelta(days=3)
"""How long the list of plants holds: Growatt lets it be read ten times a day."""
JUST: Final = timedelta(minutes=4)
"""How long the lists of devices hold: they are asked for when somebody wants to know what is new."""
LISTS_FOR: Final = timedelta(hours=23)
"""How long the lists of loggers and meters hold."""
NEITHER: Final = "3"
"""V1's type of what is no inverter: loggers, meters, sensors."""
_HOURS: Final = r"([+-]?\d{1,2}(?:\.\d+)?)(?::(\d{2}))?"
_OFFSET: Final = re.compile(rf"(?:GMT|UTC)\s*{_HOURS}", re.IGNORECASE)
_BARE: Final = re.compile(_HOURS)
_NAME: Final = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A device, as the lists tell of it."""

    family: Family
    serial: str
    kind: str = ""
    """What the list calls its type."""
    logger: str = ""
    name: str = ""
    lost: bool = False


class Directory:
    """One token's plants and devices."""

    def __init__(self, settings: Settings, account: Account, client: Client, asker: Asker, reader: Reader) -> None:
        self._settings, self._account, self._client = settings, account, client
        self._asker, self._reader = asker, reader
        self._lists = Lists(settings, account)
        self.known: dict[str, Known] = {}
        """By id, parents before children."""

    async def discover(self) -> Sequence[Device]:
        """Learn what there is. A list that cannot be read now is as it was; where it never was read, that is raised."""
        plants = await self.plants()
        rows, errors = await self._all_rows(plants)
        newer = await self._newer(rows)
        found: list[Known] = []
        for plant in plants:
            if plant.key in rows:
                found += await self._here(plant, await self._entries(plant.key, rows[plant.key], newer))
        if errors and (not found or any(isinstance(each, Unavailable) for each in errors)):
            raise errors[0]
        for failed in errors:
            log.warning("growatt_plant_unreadable", account=self._account.name, reason=str(failed))
        self.known = {known.device.id: known for known in sorted(found, key=lambda known: RANK[known.device.kind])}
        for kind in ("plant", "devices", "loggers"):
            self._lists.only(kind, {plant.key for plant in plants})
        self._group()
        return [known.device for known in self.known.values()]

    async def _all_rows(self, plants: list[Plant]) -> tuple[dict[str, list[Mapping[str, Any]]], list[ProviderError]]:
        """Return each plant's list of devices, and the errors of those that have none."""
        rows: dict[str, list[Mapping[str, Any]]] = {}
        errors: list[ProviderError] = []
        for plant in plants:
            try:
                rows[plant.key] = await self._devices(plant.key)
            except STOPPING as error:
                if not isinstance(error, Rests):
                    raise
                errors.append(error)
            except ProviderError as error:
                errors.append(error)
        return rows, errors

    def _group(self) -> None:
        """Tell the asker which devices are read with the same endpoint."""
        self._asker.groups = {}
        for known in self.known.values():
            for source in known.family.sources:
                self._asker.groups.setdefault(source.call.name, []).append(known.serial)

    # Plants

    async def plants(self, *, anew: bool = False) -> list[Plant]:
        """Return the token's plants; `anew` asks for them even though the list is known."""

        async def read() -> list[Mapping[str, Any]]:
            return await pages(self._client, endpoints.PLANT_LIST, "plants")

        rows = await self._lists.current("plants", timedelta() if anew else PLANTS_FOR, read)
        found = {}
        for row in rows:
            key = text(row.get("plant_id"))
            if key is not None:
                found[key] = await self._plant(key, row)
        return list(found.values())

    async def _plant(self, key: str, row: Mapping[str, Any]) -> Plant:
        """Return a plant; its zone and currency stand in its details, which are asked for once in days."""

        async def read() -> list[Mapping[str, Any]]:
            answer = await self._client.ask(endpoints.PLANT_DETAILS, plant=key)
            return [answer] if isinstance(answer, Mapping) else []

        try:
            details = next(iter(await self._lists.current(f"plant/{key}", PLANTS_FOR, read)), {})
        except STOPPING as error:
            if not isinstance(error, Rests):
                raise
            details = {}
        except ProviderError:
            details = {}
        told = offset(details.get("timezone"))
        zone = self._settings.zone or (self._reader.stamps.zone(key, told) if told is not None else None)
        name = text(row.get("name")) or text(row.get("plant_name")) or f"Plant {key}"
        rated = number(row.get("peak_power"), "W")
        return Plant(key, name, zone, money.currency(details.get("currency")), rated * 1000 if rated else None)

    # Devices

    async def _devices(self, plant: str) -> list[Mapping[str, Any]]:
        """Return V1's list of a plant's devices. A list that is empty while its count is not says nothing new."""

        async def read() -> list[Mapping[str, Any]]:
            return await pages(self._client, endpoints.DEVICE_LIST, "devices", plant=plant)

        return await self._lists.current(f"devices/{plant}", JUST, read)

    async def _newer(self, rows: Mapping[str, list[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
        """Return V4's list of all devices, each with the plant where it is; empty where this token has no V4."""

        async def read() -> list[Mapping[str, Any]]:
            return await pages(self._client, endpoints.ALL_DEVICES, "data")

        try:
            listed = await self._lists.current("all", JUST, read)
        except AuthFailed as error:  # V1 knows the token
            log.info("growatt_no_newer_api", account=self._account.name, reason=str(error))
            return self._lists.get("all") or []
        except STOPPING as error:
            if not isinstance(error, Rests):
                raise
            return []
        except ProviderError:
            return []
        homes = {str(row.get("device_sn")): plant for plant, here in rows.items() for row in here}
        homes |= {str(row.get("datalogger_sn")): plant for plant, here in rows.items() for row in here}
        return [{**row, "plant": await self._home(row, homes, list(rows))} for row in listed]

    async def _home(self, row: Mapping[str, Any], homes: Mapping[str, str], plants: list[str]) -> str:
        """Return the plant of a device of V4's list: its own or its logger's, the only one, or what V1 names."""
        serial = str(row.get("deviceSn"))
        known = homes.get(serial) or homes.get(str(row.get("datalogSn")))
        if known or len(plants) < 2:  # noqa: PLR2004 - with one plant there is no choice
            return known or next(iter(plants), "")

        async def read() -> list[Mapping[str, Any]]:
            return [await self._client.ask(endpoints.SN_PLANT, sn=serial)]

        try:
            answer = await self._lists.current(f"home/{serial}", PLANTS_FOR, read)
        except STOPPING as error:
            if not isinstance(error, Rests):
                raise
            answer = []
        except ProviderError:
            answer = []
        named = text(answer[0].get("plant_id")) if answer else None
        return named if named in plants else plants[0]

    async def _entries(self, plant: str, rows: list[Mapping[str, Any]], newer: list[Mapping[str, Any]]) -> list[Entry]:
        """Return a plant's devices: what V1 lists, what V4 alone knows, and what hangs on the loggers."""
        kinds = {text(row.get("deviceSn")): str(row.get("deviceType")).lower() for row in newer}
        entries = {entry.serial: entry for row in rows if (entry := _entry(row, kinds)) is not None}
        for row in newer:
            serial, family = text(row.get("deviceSn")), WORDS.get(str(row.get("deviceType")).lower())
            if row.get("plant") == plant and serial is not None and family is not None and serial not in entries:
                logger = text(row.get("datalogSn")) or ""
                entries[serial] = Entry(family, serial, str(row.get("deviceType")).lower(), logger)
        loggers = await self.loggers(plant)
        named = [text(row.get("sn")) for row in loggers] or [text(row.get("datalogger_sn")) for row in rows]
        lost = {text(row.get("sn")): is_lost(row) for row in loggers}
        models = {text(row.get("sn")): text(row.get("model")) or "" for row in loggers}
        for serial in dict.fromkeys(filter(None, named)):
            entries.setdefault(serial, Entry(LOGGER, serial, models.get(serial, ""), lost=lost.get(serial, False)))
        others = [row for row in rows if _kind(row) == NEITHER and text(row.get("device_sn")) not in entries]
        for entry in await self._meters(others):
            entries.setdefault(entry.serial, entry)
        return list(entries.values())

    async def loggers(self, plant: str, span: timedelta = LISTS_FOR) -> list[Mapping[str, Any]]:
        """Return the list of a plant's loggers, read again when it is older than `span`; empty where there is none."""

        async def read() -> list[Mapping[str, Any]]:
            return await pages(self._client, endpoints.DATALOGGER_LIST, "dataloggers", plant=plant)

        return await self._lists.perhaps(f"loggers/{plant}", span, read)

    async def _meters(self, rows: list[Mapping[str, Any]]) -> list[Entry]:
        """Return the meters among what a plant has besides inverters and loggers."""
        found, serials = [], {text(row.get("device_sn")) for row in rows}
        for logger in sorted({logger for row in rows if (logger := text(row.get("datalogger_sn"))) is not None}):

            async def read(logger: str = logger) -> list[Mapping[str, Any]]:
                return await pages(self._client, endpoints.METER_LIST, "meters", sn=logger)

            for row in await self._lists.perhaps(f"meters/{logger}", LISTS_FOR, read):
                address, name = text(row.get("address")), text(row.get("deviceName"))
                if address is None:
                    continue
                serial = name if name is not None and name in serials else f"{logger}_{address}"
                self._asker.extras[serial] = {"logger": logger, "address": address}
                found.append(Entry(METER, serial, "meter", logger, lost=is_lost(row)))
        return found

    async def _here(self, plant: Plant, entries: Iterable[Entry]) -> list[Known]:
        """Return a plant and its devices, ready to be read."""
        own = plant_device(plant, self._account.name, PLANT)
        found = [Known(own, PLANT, plant.key, "", plant.currency)]
        for entry in entries:
            device = self._device(plant, own, entry)
            known = Known(device, entry.family, plant.key, entry.serial, plant.currency, lost=entry.lost)
            await self._reader.about(known)
            known.device = self._told(device)
            found.append(known)
        return found

    def _device(self, plant: Plant, own: Device, entry: Entry) -> Device:
        """Return a device as the lists tell of it."""
        family = entry.family
        model = entry.kind if family is LOGGER and entry.kind else family.name.upper()
        return Device(
            id=f"growatt_{slug(entry.serial)}",
            account=self._account.name,
            kind=family.kind,
            name=entry.name or f"{model} {entry.serial}",
            model=model,
            serial=entry.serial,
            manufacturer="Growatt",
            via=own.id,
            zone=plant.zone,
            accumulate=only_daily(family.catalogues),
            attributes={
                "plant": plant.key,
                "type": "datalogger" if family is LOGGER else family.name,
                **({"datalogger": entry.logger} if entry.logger and family is not LOGGER else {}),
            },
        )

    def _told(self, device: Device) -> Device:
        """Return the device with what its own answers have told of it."""
        facts = self._reader.facts.of(device.id)
        if not facts:
            return device
        model = facts.get("model") or device.model
        plain = device.name == f"{device.model} {device.serial}"
        return replace(
            device,
            name=f"{model} {device.serial}" if plain else device.name,
            model=model,
            firmware=" / ".join(filter(None, (facts.get("firmware"), facts.get("inner")))),
            rated_power=watts(facts.get("rated")),
        )


def _kind(row: Mapping[str, Any]) -> str:
    return text(row.get("type")) or text(row.get("device_type")) or ""


def _entry(row: Mapping[str, Any], kinds: Mapping[str | None, str]) -> Entry | None:
    """Return what V1's list tells of a device that is no logger, meter or sensor; V4 knows some types better."""
    serial, kind = text(row.get("device_sn")), _kind(row)
    if serial is None or kind == NEITHER:
        return None
    family = WORDS.get(kinds.get(serial, "")) or NUMBERS.get(kind, OTHER)
    name = text(row.get("device_name")) or ""
    return Entry(family, serial, kind, text(row.get("datalogger_sn")) or "", name, is_lost(row))


def is_lost(row: Mapping[str, object]) -> bool:
    """Return whether a list calls a device lost."""
    return ONLINE_CODES.get(str(row.get("lost")).lower()) is False


def offset(raw: object) -> tzinfo | None:
    """Return the zone of a plant's `timezone`: "GMT+8", "GMT+5:30", "GMT-3.5", "+1", 8, "Europe/Berlin".

    Growatt's pages (https://www.showdoc.com.cn/262556420217021) do not say in which form it comes.
    """
    words = str(raw).strip() if isinstance(raw, str | int | float) and not isinstance(raw, bool) else ""
    if _NAME.fullmatch(words):
        return _named(words)
    found = _BARE.fullmatch(words) or _OFFSET.search(words)
    if found is None:
        return None
    hours, minutes = float(found[1]), int(found[2] or 0)
    minutes = round(hours * 60) + (minutes if not found[1].startswith("-") else -minutes)
    return timezone(timedelta(minutes=minutes)) if abs(minutes) <= 14 * 60 else None


def _named(name: str) -> ZoneInfo | None:
    """Return the zone of a name such as "Europe/Berlin"; None for what is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
