"""A device as the cloud sees it: the last upload of its data logger, every five minutes at a second of its own."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulator.growatt.fleet import DeviceSpec, PlantSpec
from simulator.plant import Flow, Simulation, Snapshot
from simulator.weather import SLOT

_SLEEPLESS = 2 * 86_400 // SLOT
"""Slots to look back for the last light; further back there is only polar night."""


class Alarm(NamedTuple):
    """A fault that a device reports until it is repaired."""

    code: int
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What one upload brought, and all that the cloud knows of a device until the next."""

    spec: DeviceSpec
    plant: PlantSpec
    uploaded: datetime
    """UTC, at the second of the upload."""
    lost: bool
    """Whether the logger has not been heard for a while."""
    snapshot: Snapshot
    total: Flow
    """kWh since it was installed."""
    alarm: Alarm | None = None
    zone: str = ""
    """The zone that its clock wrongly runs in; "" for the plant's own."""

    @property
    def local(self) -> datetime:
        """The upload by the device's clock."""
        return self.uploaded.astimezone(ZoneInfo(self.zone or self.plant.zone))

    @property
    def time(self) -> str:
        """The upload as the vendor writes it: the plant's wall clock, without a zone."""
        return self.local.strftime("%Y-%m-%d %H:%M:%S")


class Device:
    """One device over time."""

    def __init__(self, spec: DeviceSpec, plant: PlantSpec, simulation: Simulation) -> None:
        """Put a device into its plant; devices with equal systems may share a simulation."""
        self.spec = spec
        self.plant = plant
        self.simulation = simulation
        self._last: tuple[int, Record] | None = None

    def record(self, moment: datetime) -> Record:
        """Return what the cloud has of it at a moment."""
        turn = (int(moment.timestamp()) - self.spec.phase) // SLOT
        if self._last is not None and self._last[0] == turn:
            return self._last[1]
        upload = turn * SLOT + self.spec.phase
        awake = self._last_awake(upload) if self.spec.sleeps else upload
        record = self._make(awake, lost=awake != upload)
        self._last = turn, record
        return record

    def _make(self, upload: int, *, lost: bool) -> Record:
        uploaded = datetime.fromtimestamp(upload, UTC)
        snapshot = self.simulation.at(uploaded)
        total = snapshot.total
        if lead := self.spec.lead:
            total = Flow(*(value + lead if value else 0.0 for value in total))
        return Record(self.spec, self.plant, uploaded, lost, snapshot, total)

    def _last_awake(self, upload: int) -> int:
        """Return the last upload at which the panels gave power: a string inverter sleeps with the sun."""
        weather = self.simulation.weather
        for back in range(_SLEEPLESS):
            seconds = upload - back * SLOT
            # One slot longer than the light lasts, so that the last upload says zero.
            if weather.height((seconds // SLOT - 2) * SLOT) > 0:
                return seconds
        return upload - _SLEEPLESS * SLOT

    def day(self, local: date) -> Flow:
        """Return the energies of one local day."""
        return self.simulation.energy(local)

    def today(self, moment: datetime) -> date:
        """Return the plant's date at a moment."""
        return moment.astimezone(self.simulation.zone).date()

    def curve(self, local: date, moment: datetime) -> list[tuple[datetime, Flow]]:
        """Return the slots of a local day that were uploaded by a moment: local end of each slot, and its powers."""
        today = self.today(moment)
        if local > today:
            return []
        day = self.simulation.day(local)
        count = day.count
        if local == today:
            count = max(0, min(count, (int(self.record(moment).uploaded.timestamp()) - day.start) // SLOT))
        zone = self.simulation.zone
        start = datetime.fromtimestamp(day.start, UTC)
        return [
            ((start + timedelta(seconds=SLOT * n)).astimezone(zone), day.powers[n - 1])
            for n in range(1, count + 1)
            if n < day.count
        ]
