"""The OpenAPI as one call sees it: what its token shows, its pages, its dates."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias, TypeVar

from simulator.growatt.cloud import Cloud, Desk
from simulator.growatt.device import Device, Record
from simulator.growatt.fleet import PlantSpec
from simulator.growatt.openapi_access import Token
from simulator.growatt.openapi_wire import V1, Denied, Fields, Reply
from simulator.weather import SLOT

Item = TypeVar("Item")

_PER_PAGE = 20
_MOST_PER_PAGE = 100
_MOST_PAGES = 250
_MOST_SERIALS = 100
_WEEK = timedelta(days=7)
KEPT = timedelta(days=95)
"""How far back the vendor's histories go."""


class Pages(NamedTuple):
    """Which part of a list is wanted."""

    page: int
    size: int

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return that part."""
        return items[(self.page - 1) * self.size : self.page * self.size]


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """One call's view of the cloud."""

    cloud: Cloud
    desk: Desk
    token: Token
    fields: Fields
    now: datetime

    def get(self, name: str) -> str:
        """Return a parameter; "" for one that is not given."""
        return self.fields.get(name, "")

    # What is there

    def plants(self) -> list[PlantSpec]:
        """Return the token's plants."""
        return self.desk.plants()

    def plant(self, missing: int = V1.MISSING, empty: int = V1.OFFLINE) -> PlantSpec:
        """Return the plant that `plant_id` names. Raises Denied, with these codes."""
        text = self.get("plant_id")
        if not text:
            raise Denied(empty, "error_plant_id_empty")
        found = next((plant for plant in self.plants() if str(plant.id) == text), None)
        if found is None:
            raise Denied(missing, "error_Plant does not exist")
        return found

    def find(self, serial: str) -> Device | None:
        """Return a device that the token shows."""
        device = self.cloud.devices.get(serial)
        if device is None:
            return None
        seen = self.desk.plant_devices(device.plant.id)
        return device if any(device is other for other in seen) else None

    def device(self, name: str, families: Sequence[str], missing: int, empty: int) -> Device:
        """Return the device that the parameter `name` names. Raises Denied, with these codes."""
        serial = self.get(name)
        if not serial:
            raise Denied(empty, "error_sn_empty")
        device = self.find(serial)
        if device is None or (families and device.spec.family not in families):
            raise Denied(missing, "error_device_not_found")
        return device

    def many(self, name: str, family: str) -> list[Device]:
        """Return the devices of a family among those that a parameter lists; those that are not there are left out."""
        found = (self.find(serial) for serial in split(self.get(name)))
        return [device for device in found if device is not None and device.spec.family == family]

    def by_logger(self, serial: str) -> list[Device]:
        """Return the devices behind a logger."""
        return [
            device
            for plant in self.plants()
            for device in self.desk.plant_devices(plant.id)
            if device.spec.logger == serial
        ]

    def record(self, device: Device) -> Record:
        """Return what the cloud believes of a device."""
        return self.desk.record(device)

    # What is wanted of it

    def pages(self) -> Pages:
        """Return the page that is asked for. Raises Denied."""
        page, size = _count(self.get("page"), 1), _count(self.get("perpage"), _PER_PAGE)
        if size > _MOST_PER_PAGE:
            raise Denied(V1.END_BEFORE_START)
        if page > _MOST_PAGES:
            raise Denied(V1.PAGE)
        return Pages(page, size)

    def day(self, name: str, device_or_plant: Device | PlantSpec, wrong: int = V1.OFFLINE) -> date:
        """Return the date that a parameter names, today unless it is given. Raises Denied."""
        text = self.get(name)
        try:
            return date.fromisoformat(text) if text else self.today(device_or_plant)
        except ValueError:
            raise Denied(wrong, "error_date_format") from None

    def today(self, owner: Device | PlantSpec) -> date:
        """Return the plant's date."""
        plant = owner.plant if isinstance(owner, Device) else owner
        return self.desk.today(plant.id)

    def span(self, device: Device) -> tuple[date, date]:
        """Return `start_date` and `end_date`, at most seven days apart. Raises Denied."""
        last = self.day("end_date", device)
        first = self.day("start_date", device) if self.get("start_date") else last
        if last - first > _WEEK:
            raise Denied(V1.EMPTY, "error_date_span")
        return first, last


Answer: TypeAlias = Callable[[TokenDesk], Reply]
"""Answers one call; raises Denied."""


@dataclass(frozen=True, slots=True)
class Read:
    """An endpoint that tells what the cloud knows."""

    answer: Answer
    method: str = "POST"
    serial: str = ""
    """The parameter that names what is asked for: a device, several, a plant; "" for none."""
    every: float = 300.0
    """Seconds between two calls for the same."""
    daily: int = 0
    """Calls a day for the whole token; 0 where no such limit is documented."""


def split(text: str) -> list[str]:
    """Return the serials of a list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def too_many(text: str) -> bool:
    """Return whether a list has more serials than the vendor takes."""
    return len(split(text)) > _MOST_SERIALS


def uploads(device: Device, first: date, last: date, now: datetime) -> Iterator[datetime]:
    """Yield the moments, the newest first, at which the device's logger sent something on days of the plant."""
    zone = device.simulation.zone
    begin = datetime(first.year, first.month, first.day, tzinfo=zone)
    end = datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)
    oldest = max(begin, now - KEPT).timestamp()
    newest = min(end.timestamp(), now.timestamp())
    turn = (int(newest) - device.spec.phase) // SLOT
    while (upload := turn * SLOT + device.spec.phase) >= oldest:
        turn -= 1
        moment = datetime.fromtimestamp(upload, now.tzinfo)
        if upload < newest and not (device.spec.sleeps and device.record(moment).lost):
            yield moment


def zoned(record: Record, zone: str) -> Record:
    """Return a record whose texts are by another zone's clock; "" for its own."""
    return replace(record, zone=zone) if zone else record


def _count(text: str, usual: int) -> int:
    if not text:
        return usual
    if not text.isdecimal() or not int(text):
        raise Denied(V1.SYSTEM)
    return int(text)
