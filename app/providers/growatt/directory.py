"""Which plants and devices an account has."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import structlog

from app.errors import NoData, ProtocolError, ProviderError, Unavailable
from app.model import Device, DeviceKind
from app.providers import Account
from app.providers.growatt import calls, money, times
from app.providers.growatt.catalogue import ONLINE_CODES
from app.providers.growatt.client import Client
from app.providers.growatt.errors import UnknownCall
from app.providers.growatt.families import DAY, HYBRIDS, LISTS, LOGGER_FAMILY, OTHER, PLANT_FAMILY, TYPES, Family
from app.providers.growatt.reader import STOPPING, Known, Reader
from app.providers.growatt.settings import Settings
from app.rows import number, only_daily, text

log = structlog.get_logger()

PAGE: Final = 15
"""Plants on a page of `plant_list_two`."""
SOON: Final = timedelta(hours=2)
"""When a question of once a day is asked again whose answer was broken."""
KILOWATTS: Final = 100
"""A rated power below this is in kW: nobody makes inverters below 100 W, and hybrids tell it in kW."""
PAGES: Final = 100
"""At most; a server that repeats itself must not keep us forever."""
_SERIALS: Final = ("deviceSn", "serialNum", "sn", "batSn", "datalog_sn", "meterSn")
_COUNTS: Final = ("count", "deviceCount", "totalCount", "deviceNum")
_NOAHS: Final = {"noah": "isPlantHaveNoah", "system": "isPlantNoahSystem", "nexa": "isPlantHaveNexa"}
"""What a plant says it has -> the field that says so."""
_SLUG: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant, as the lists tell of it."""

    key: str
    name: str
    zone: tzinfo | None = None
    currency: str = ""
    rated: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A device, as the lists tell of it."""

    type: str
    serial: str
    fields: Mapping[str, Any]


@dataclass(slots=True)
class _Asked:
    """What was learnt of a plant by a call that is made once a day."""

    noah: dict[str, tuple[datetime, Entry | None]] = field(default_factory=dict)
    zones: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class Directory:
    """One account's plants and devices."""

    def __init__(self, settings: Settings, account: Account, client: Client, reader: Reader) -> None:
        self._settings, self._account, self._client, self._reader = settings, account, client, reader
        self.known: dict[str, Known] = {}
        """By id, parents before children."""
        self._asked = _Asked()

    async def discover(self) -> Sequence[Device]:
        """Learn what there is. A plant whose list fails keeps its devices; where it has none yet, that is raised."""
        plants = await self.plants()
        found: list[Known] = []
        errors: list[ProviderError] = []
        for plant in plants:
            try:
                here = self._known(plant, *await self.lists(plant.key))
                for known in here:
                    await self._reader.about(known)
                    known.device = self._told(known.device)
                found += here
            except STOPPING:
                raise
            except ProviderError as error:
                earlier = [known for known in self.known.values() if known.plant == plant.key]
                if not earlier:
                    errors.append(error)
                found += earlier
        if errors and (not found or any(isinstance(each, Unavailable) for each in errors)):
            raise errors[0]
        for failed in errors:
            log.warning("growatt_plant_unreadable", account=self._account.name, reason=str(failed))
        self.known = {known.device.id: known for known in sorted(found, key=lambda known: RANK[known.device.kind])}
        return [known.device for known in self.known.values()]

    # Plants

    async def plants(self) -> list[Plant]:
        """Return the account's plants, from the newer list with all its pages, or else from the older one."""
        entries = await self._pages()
        if not entries:
            entries = await self._older()
        found = {}
        for entry in entries:
            key = text(entry.get("id")) or text(entry.get("plantId"))
            if key is not None:
                found[key] = await self._plant(key, entry)
        return list(found.values())

    async def _pages(self) -> list[Mapping[str, Any]]:
        """Return the entries of every page; none where the server says that it has no such list.

        An answer that is broken says nothing of the sort, and is raised.
        """
        found: list[Mapping[str, Any]] = []
        for page in range(1, PAGES + 1):
            try:
                root = await self._client.ask(calls.PLANT_LIST_TWO, page=str(page))
            except (NoData, UnknownCall):
                if page > 1:
                    raise
                return []
            entries = _objects(root.get("PlantList"))
            new = [entry for entry in entries if entry not in found]
            found += new
            if len(entries) < PAGE or not new:
                break
        return found

    async def _older(self) -> list[Mapping[str, Any]]:
        """Return the entries of the older list, which needs the user's id."""
        await self._client.enter()
        user = self._client.login.user
        if not user:
            return []
        try:
            return _objects((await self._client.ask(calls.PLANT_LIST, user=user)).get("data"))
        except NoData:
            return []

    async def _plant(self, key: str, entry: Mapping[str, Any]) -> Plant:
        """Return a plant; its settings are asked, once, for a zone that the list does not tell."""
        settings: Mapping[str, Any] = {}
        told = times.offset(entry.get("timezone"))
        if told is None and self._settings.zone is None:
            settings = await self._plant_settings(key)
            told = times.offset(settings.get("timezone"))
        zone = self._settings.zone or (self._reader.stamps.zone(key, told) if told else None)
        currency = money.currency(entry.get("moneyUnitText")) or money.currency(settings.get("formulaMoneyUnitId"))
        rated = number(entry.get("nominalPower"), "W") or number(settings.get("nominalPower"), "W")
        return Plant(key, text(entry.get("plantName")) or f"Plant {key}", zone, currency, rated or None)

    async def _plant_settings(self, key: str) -> Mapping[str, Any]:
        if key not in self._asked.zones:
            try:
                answer = await self._client.ask(calls.PLANT_SETTINGS, plant=key)
            except (NoData, UnknownCall):
                answer = {}
            except ProtocolError:
                return {}  # broken this time: asked again when the plants are
            self._asked.zones[key] = answer if isinstance(answer, dict) else {}
        return self._asked.zones[key]

    # Devices

    async def lists(self, plant: str) -> tuple[list[Entry], list[Entry]]:
        """Return a plant's devices and loggers, in two steps as the app takes them.

        Raises ProtocolError when the answer counts devices and lists none: that is not an empty plant.
        """
        info = await self._client.ask(calls.PLANT_INFO, plant=plant)
        answers = [info]
        if not _objects(info.get("deviceList")):
            answers.append(await self._client.ask(calls.DEVICE_LIST, plant=plant))
        entries = {entry.serial: entry for answer in answers for entry in entries_of(answer)}
        if not any(entry.type in _NOAHS for entry in entries.values()):
            noah = await self._noah(plant)
            if noah is not None:
                entries.setdefault(noah.serial, noah)
        if not entries and any((number(answer.get(name)) or 0) > 0 for answer in answers for name in _COUNTS):
            msg = f"plant {plant}: Growatt counts devices but lists none; taken as no news"
            raise ProtocolError(msg)
        loggers = {entry.serial: entry for answer in answers for entry in loggers_of(answer)}
        return list(entries.values()), list(loggers.values())

    async def _noah(self, plant: str) -> Entry | None:
        """Return a plant's NOAH or NEXA, which no list has; asked once a day, a broken answer aside."""
        now = self._account.clock.now()
        at, entry = self._asked.noah.get(plant, (now - timedelta(days=2), None))
        if now - at < DAY:
            return entry
        try:
            answer = await self._client.ask(calls.IS_PLANT_NOAH_SYSTEM, plant=plant)
        except STOPPING:
            raise
        except (NoData, UnknownCall):
            answer = {}
        except ProviderError:  # broken this time, which says nothing: what was known stays
            self._asked.noah[plant] = (now - DAY + SOON, entry)
            return entry
        has = {name for name in _NOAHS.values() if str(answer.get(name)).lower() in {"true", "1"}}
        serial = text(answer.get("deviceSn"))
        kind = "nexa" if has == {_NOAHS["nexa"]} else "noah"
        entry = Entry(kind, serial, {}) if serial and has else None
        self._asked.noah[plant] = (now, entry)
        return entry

    def _known(self, plant: Plant, entries: Iterable[Entry], loggers: Iterable[Entry]) -> list[Known]:
        """Return a plant and its devices, ready to be read."""
        own = plant_device(plant, self._account.name, PLANT_FAMILY)
        typed = [(TYPES.get(entry.type, OTHER), entry) for entry in entries]
        inverters = [entry for family, entry in typed if family.kind is DeviceKind.INVERTER]
        hybrids = [entry for family, entry in typed if family.name in HYBRIDS]
        parent = f"growatt_{slug(inverters[0].serial)}" if len(inverters) == 1 else own.id
        typed += [(LOGGER_FAMILY, entry) for entry in loggers]
        known = [Known(own, PLANT_FAMILY, plant.key, "", plant.currency, several_hybrids=len(hybrids) > 1)]
        for family, entry in typed:
            via = parent if family.name == "battery" else own.id
            device = self._device(plant, family, entry, via)
            known.append(
                Known(
                    device,
                    family,
                    plant.key,
                    entry.serial,
                    plant.currency,
                    only_hybrid=family.name in HYBRIDS and len(hybrids) == 1,
                    lost=is_lost(entry.fields),
                )
            )
        return known

    def _device(self, plant: Plant, family: Family, entry: Entry, via: str) -> Device:
        """Return a device as the lists tell of it."""
        fields = entry.fields
        kind = entry.type.upper() if entry.type else family.name
        model = text(fields.get("deviceModel")) or text(fields.get("device_type")) or kind
        names = (text(fields.get(name)) for name in ("deviceAilas", "deviceAlias", "alias"))
        alias = next((name for name in names if name is not None and name != entry.serial), "")
        logger = text(fields.get("datalogSn"))
        return Device(
            id=f"growatt_{slug(entry.serial)}",
            account=self._account.name,
            kind=family.kind,
            name=alias or f"{model} {entry.serial}",
            model=model,
            serial=entry.serial,
            manufacturer="Growatt",
            firmware=text(fields.get("firmware_version")) or "",
            via=via,
            zone=plant.zone,
            rated_power=watts(fields.get("nominalPower")),
            accumulate=only_daily(family.catalogues),
            attributes={"plant": plant.key, "type": entry.type, **({"datalogger": logger} if logger else {})},
        )

    def _told(self, device: Device) -> Device:
        """Return the device with what its own answers have told of it."""
        facts = self._reader.facts.of(device.id)
        model = facts.get("model") or device.model
        plain = device.name == f"{device.model} {device.serial}"
        firmware = " / ".join(filter(None, (facts.get("firmware"), facts.get("inner"))))
        return (
            replace(
                device,
                name=f"{model} {device.serial}" if plain else device.name,
                model=model,
                firmware=firmware or device.firmware,
                rated_power=device.rated_power or watts(facts.get("rated")),
            )
            if facts and device.serial
            else device
        )


RANK: Final = {
    DeviceKind.PLANT: 0,
    DeviceKind.LOGGER: 1,
    DeviceKind.INVERTER: 2,
    DeviceKind.METER: 3,
    DeviceKind.BATTERY: 4,
}


def watts(raw: object) -> float | None:
    """Return a rated power, which comes in W or kW."""
    rated = number(raw, "W")
    if not rated:
        return None
    return rated * 1000 if rated < KILOWATTS else rated


def plant_device(plant: Plant, account: str, family: Family) -> Device:
    """Return the device that a plant is."""
    return Device(
        id=f"growatt_plant_{slug(plant.key)}",
        account=account,
        kind=DeviceKind.PLANT,
        name=plant.name,
        manufacturer="Growatt",
        zone=plant.zone,
        rated_power=plant.rated,
        accumulate=only_daily(family.catalogues),
        attributes={"plant": plant.key},
    )


def slug(serial: str) -> str:
    """Return a serial number as it may stand in topics; the letters' case stays, for it is part of the number."""
    return _SLUG.sub("_", serial)


def is_lost(entry: Mapping[str, object]) -> bool:
    """Return whether a list calls a device lost."""
    return ONLINE_CODES.get(str(entry.get("lost")).lower()) is False


def entries_of(answer: Mapping[str, Any]) -> list[Entry]:
    """Return the devices that an answer lists; an entry without a serial number is none."""
    found = []
    for name, usual in LISTS.items():
        for fields in _objects(answer.get(name)):
            serial = _serial(fields)
            if serial:
                found.append(Entry((text(fields.get("deviceType")) or usual).lower(), serial, fields))
    return found


def loggers_of(answer: Mapping[str, Any]) -> list[Entry]:
    """Return the loggers that an answer lists."""
    return [
        Entry("datalogger", serial, fields)
        for fields in _objects(answer.get("datalogList"))
        if (serial := _serial(fields))
    ]


def _serial(fields: Mapping[str, Any]) -> str:
    return next((found for name in _SERIALS if (found := text(fields.get(name))) is not None), "")


def _objects(raw: object) -> list[Mapping[str, Any]]:
    return [entry for entry in raw if isinstance(entry, dict)] if isinstance(raw, list) else []
