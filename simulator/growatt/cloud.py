"""The cloud: what it knows, who is in, and what it answers."""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.clock import Clock
from simulator.growatt import faults as wrong
from simulator.growatt.accounts import Account, Gate, Login
from simulator.growatt.call import Asked, Call, Refused
from simulator.growatt.device import Alarm, Device, Record
from simulator.growatt.faults import Fault, FaultKind, Faults
from simulator.growatt.fleet import DeviceSpec, PlantSpec, demo_fleet
from simulator.growatt.openapi_access import Access, Token
from simulator.growatt.payload_plant import Site
from simulator.growatt.settings import as_sold
from simulator.plant import Simulation, System

Answer = TypeVar("Answer")

USER = "demo"
PASSWORD = "sunny-demo-1"  # noqa: S105 -- of a cloud that does not exist

NOT_KNOWN = {"result": 0, "msg": "501", "obj": None, "success": False}
"""What the vendor says of a device or plant that is not there, or not the account's."""


class Cloud:
    """The Growatt cloud of a fleet of plants. It does nothing of itself: `server.serve` puts it on the network."""

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 1,
        fleet: Iterable[PlantSpec] | None = None,
        accounts: Iterable[Account] | None = None,
        tokens: Iterable[Token] | None = None,
        session_hours: float | None = 12,
        lock_after: int = 5,
    ) -> None:
        """Found a cloud whose records begin with the month of the clock's present; the same seed makes the same days.

        A session lasts `session_hours` (None: for ever); so many bad logins in a row as `lock_after` lock an account.
        """
        self.clock = clock
        self.seed = seed
        self.gate = Gate(list(accounts or [Account(USER, PASSWORD)]), hours=session_hours, lock_after=lock_after)
        self.openapi = Access(tokens)
        self.faults = Faults()
        self.requests: deque[Asked] = deque(maxlen=10_000)
        self.blocked_agents: list[str] = [r"^python-requests/", r"aiohttp/"]
        """Regular expressions of user agents that get 403; so does having none."""
        self.expired_answer = FaultKind.HTML
        """How the end of a session shows: html, redirect or not_logged_in."""
        self.content_type = "application/json;charset=UTF-8"
        self.plants: dict[int, PlantSpec] = {}
        self.plant_settings: dict[int, dict[str, Any]] = {}
        self._devices: dict[str, Device] = {}
        self.settings_delay = timedelta(0)
        """How long a change of a device's settings takes to show."""
        self._settings: dict[str, dict[str, str]] = {}
        self._unseen: dict[str, list[tuple[datetime, dict[str, str]]]] = {}
        """By device: until when the cloud still shows what was before a change, and what that was."""
        self._alarms: dict[str, Alarm] = {}
        self._simulations: dict[System, Simulation] = {}
        self._bodies: dict[tuple[str, str], tuple[Record, bytes]] = {}
        self._records = clock.now().date().replace(day=1)
        for plant in demo_fleet(seed) if fleet is None else fleet:
            self.add_plant(plant)

    # What there is

    @property
    def accounts(self) -> list[Account]:
        """Who may log in; may be added to."""
        return self.gate.accounts

    @property
    def logins(self) -> deque[Login]:
        """Every try to log in."""
        return self.gate.logins

    @property
    def session_hours(self) -> float | None:
        """How long a session lasts; None for ever."""
        return self.gate.hours

    @session_hours.setter
    def session_hours(self, hours: float | None) -> None:
        self.gate.hours = hours

    @property
    def devices(self) -> Mapping[str, Device]:
        """Every device by serial, also those that a fault hides."""
        return self._devices

    def add_plant(self, plant: PlantSpec) -> None:
        """Found a plant with its devices."""
        self.plants[plant.id] = replace(plant, devices=())
        for spec in plant.devices:
            self.add_device(plant.id, spec)

    def add_device(self, plant_id: int, spec: DeviceSpec) -> None:
        """Put a device into a plant. Raises KeyError for an unknown plant."""
        plant = self.plants[plant_id]
        simulation = self._simulations.get(spec.system)
        if simulation is None:
            simulation = self._simulations[spec.system] = Simulation(spec.system, self._records)
        self.plants[plant_id] = plant = replace(plant, devices=(*plant.devices, spec))
        self._devices[spec.serial] = Device(spec, plant, simulation)

    def remove_device(self, serial: str) -> None:
        """Take a device away for good. Raises KeyError for an unknown one."""
        plant_id = self._devices.pop(serial).plant.id
        plant = self.plants[plant_id]
        self.plants[plant_id] = replace(plant, devices=tuple(s for s in plant.devices if s.serial != serial))

    def rename_plant(self, plant_id: int, name: str) -> None:
        """Give a plant another name. Raises KeyError for an unknown one."""
        self.plants[plant_id] = plant = replace(self.plants[plant_id], name=name)
        for spec in plant.devices:
            self._devices[spec.serial].plant = plant

    def rename_device(self, serial: str, alias: str) -> None:
        """Give a device another alias. Raises KeyError for an unknown one."""
        device = self._devices[serial]
        self._devices[serial] = Device(replace(device.spec, alias=alias), device.plant, device.simulation)

    def settings(self, serial: str) -> dict[str, str]:
        """Return a device's settings, which may be changed. Raises KeyError for an unknown device."""
        return self._settings.setdefault(serial, as_sold(self._devices[serial].spec.family))

    def shown(self, serial: str) -> dict[str, str]:
        """Return a device's settings as the cloud shows them: as they were, for a while after a change."""
        now = self.clock.now()
        waiting = [(due, before) for due, before in self._unseen.get(serial, []) if due > now]
        self._unseen[serial] = waiting
        return waiting[0][1] if waiting else self.settings(serial)

    def carry_out(self, serial: str, struck: Iterable[Fault], act: Callable[[dict[str, str]], Answer]) -> Answer:
        """Let `act` change a device's settings; return what it says. Raises KeyError for an unknown device."""
        values = self.settings(serial)
        before = dict(values)
        said = act(values)
        if any(fault.kind == FaultKind.IGNORED for fault in struck):
            values.clear()
            values.update(before)
        elif self.settings_delay and values != before:
            self._unseen.setdefault(serial, []).append((self.clock.now() + self.settings_delay, before))
        return said

    def raise_alarm(self, serial: str, code: int, text: str) -> None:
        """Let a device report a fault until it is cleared."""
        self._alarms[serial] = Alarm(code, text, self.clock.now())

    def clear_alarm(self, serial: str) -> None:
        """Let a device be well again."""
        self._alarms.pop(serial, None)

    def expire_sessions(self) -> None:
        """End all sessions."""
        self.gate.expire()

    def lock(self, user: str, hours: float = 24) -> None:
        """Lock an account now. Raises KeyError for an unknown user."""
        account = self.gate.account(user)
        if account is None:
            raise KeyError(user)
        self.gate.lock(account, self.clock.now(), hours)

    # What is true

    def record(self, serial: str, now: datetime | None = None) -> Record:
        """Return what the cloud truly has of a device at a moment, now unless given; no fault touches it."""
        record = self._devices[serial].record(now or self.clock.now())
        alarm = self._alarms.get(serial)
        return record if alarm is None else replace(record, alarm=alarm)

    # What is said

    def desk(self, call: Call, struck: Iterable[Fault] = ()) -> "Desk":
        """Return the desk that answers one call."""
        return Desk(self, call, [fault for fault in struck if fault.kind in wrong.ON_RECORDS | wrong.ON_WRITES])

    def agent_refused(self, agent: str) -> bool:
        """Return whether a user agent is on the black list, or missing."""
        return not agent or any(re.search(pattern, agent) for pattern in self.blocked_agents)

    def remembered(self, key: tuple[str, str], record: Record) -> bytes | None:
        """Return the body that was made of the same record before."""
        known = self._bodies.get(key)
        return known[1] if known is not None and known[0] is record else None

    def remember(self, key: tuple[str, str], record: Record, body: bytes) -> None:
        """Keep a body until the next upload."""
        self._bodies[key] = record, body


class Desk:
    """The cloud as one call sees it: its account's plants, with the faults that strike this call."""

    def __init__(self, cloud: Cloud, call: Call, faults: list[Fault]) -> None:
        """Answer one call."""
        self.cloud = cloud
        self.call = call
        self.faults = faults

    def _visible(self, plant_id: int) -> bool:
        account = self.call.account
        return account is None or account.plants is None or plant_id in account.plants

    def _present(self, serial: str) -> bool:
        return not self.cloud.faults.vanished(serial, self.call.now)

    def device(self, *families: str) -> Device:
        """Return the device that is asked for, of one of the families. Raises Refused."""
        device = self.cloud.devices.get(self.call.serial)
        if device is None or not self._visible(device.plant.id) or not self._present(self.call.serial):
            raise Refused(NOT_KNOWN)
        if families and device.spec.family not in families:
            raise Refused(NOT_KNOWN)
        return device

    def record(self, device: Device) -> Record:
        """Return what the cloud believes of a device."""
        now = self.call.now
        record = self.cloud.record(device.spec.serial, now)
        for fault in self.faults:
            last = record.local.replace(hour=0, minute=0, second=0, microsecond=0)

            def yesterday(last: datetime = last) -> Record:
                return device.record(datetime.fromtimestamp(last.timestamp() - 1, tz=now.tzinfo))

            record = wrong.changed_record(record, fault, self.call.where, yesterday)
        return self.cloud.faults.unheard(record, now)

    def plant_devices(self, plant_id: int) -> list[Device]:
        """Return a plant's devices; none of a plant that the account does not see."""
        plant = self.cloud.plants.get(plant_id)
        if plant is None or not self._visible(plant_id):
            return []
        return [self.cloud.devices[spec.serial] for spec in plant.devices if self._present(spec.serial)]

    def site(self, plant_id: int) -> Site:
        """Return a plant. Raises Refused for one that the account does not see."""
        plant = self.cloud.plants.get(plant_id)
        if plant is None or not self._visible(plant_id):
            raise Refused(NOT_KNOWN)
        return Site(plant, [self.record(device) for device in self.plant_devices(plant_id)], self.call.now)

    def plants(self) -> list[PlantSpec]:
        """Return the account's plants."""
        return [plant for plant in self.cloud.plants.values() if self._visible(plant.id)]

    def sites(self) -> list[Site]:
        """Return the account's plants with what the cloud has of their devices."""
        return [self.site(plant.id) for plant in self.plants()]

    def today(self, plant_id: int) -> date:
        """Return a plant's date."""
        return self.call.now.astimezone(ZoneInfo(self.cloud.plants[plant_id].zone)).date()


def encoded(payload: Any) -> bytes:  # noqa: ANN401 -- JSON
    """Return JSON as the vendor sends it."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
