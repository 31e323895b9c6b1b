"""What one system on one roof does: sun in, house and battery and grid, in steps of five minutes.

Every day stands alone: how full the battery is at a local midnight depends on nothing but seed and date, and
the day's last hours steer there. So any day can be computed without those before it, in any order, and still
yesterday's end is today's beginning. In each step

    pv + grid import + battery discharge = load + grid export + battery charge

holds exactly; the battery loses a twentieth of what goes into it, which only its state of charge shows.
Powers are W, energies kWh.
"""

from array import array
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from simulator.weather import SLOT, Weather, chance, ripple

EFFICIENCY = 0.95
"""The share of what is charged that can be discharged again."""

_STEERING = 6 * 3_600 // SLOT
"""Slots at the end of a local day in which the battery goes to where the next day begins."""
_WH = SLOT / 3_600
"""Hours in a slot."""
_KWH = _WH / 1_000
"""kWh of a slot at one W."""
_DAYS_KEPT = 4
"""Days kept in full per system: today, yesterday, and what a chart is looking at."""


class Flow(NamedTuple):
    """Powers in W, or energies in kWh: the same eight ways."""

    pv: float = 0.0
    load: float = 0.0
    charge: float = 0.0
    discharge: float = 0.0
    imported: float = 0.0
    exported: float = 0.0
    ac_charge: float = 0.0
    """The part of `charge` that came from the grid."""
    direct: float = 0.0
    """The part of `load` that the sun fed at that moment."""

    def plus(self, other: "Flow") -> "Flow":
        """Return the sum, way by way."""
        return Flow(*(a + b for a, b in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class System:
    """What is on the roof and in the cellar; two devices with equal systems have equal days."""

    seed: int
    zone: str
    latitude: float
    longitude: float
    strings: tuple[float, ...]
    """W peak of each string, as one after the other sees the sun."""
    rated: float
    """W that the inverter can give."""
    battery: float = 0.0
    """kWh that the battery holds; 0 for none."""
    battery_power: float = 0.0
    """W that the battery takes or gives."""
    load: float = 0.0
    """W that the house draws on average; 0 where nothing measures it."""
    low: float = 0.10
    high: float = 1.0
    """The share of the battery at which discharge and charge stop."""
    daily: float = 12.0
    """kWh a day that an installation of this size is taken to have made before the records begin."""


class Snapshot(NamedTuple):
    """All there is to know of a system at one moment."""

    at: datetime
    """The end of the last complete slot, UTC."""
    day: date
    power: Flow
    strings: tuple[float, ...]
    """W of each string."""
    soc: float
    """Share of the battery, 0 to 1."""
    today: Flow
    total: Flow
    temperature: float
    """°C outside."""
    light: float
    """W/m²."""


class Day:
    """One local day, slot by slot."""

    __slots__ = ("count", "light", "powers", "soc", "start", "sums")

    def __init__(self, start: int, count: int) -> None:
        """Begin an empty day at the epoch second `start`."""
        self.start = start
        self.count = count
        self.light: list[float] = []
        self.powers: list[Flow] = []
        self.soc = array("d")
        self.sums = [Flow()]
        """kWh since midnight at each slot's beginning; the last is the whole day's."""


class Simulation:
    """A system's past and future, computed when asked."""

    def __init__(self, system: System, records: date) -> None:
        """Count lifetime energies from `records`, the first day of the records, on."""
        self.system = system
        self.zone = ZoneInfo(system.zone)
        self.weather = Weather(system.seed, system.latitude, system.longitude)
        self.records = records
        self._days: OrderedDict[date, Day] = OrderedDict()
        self._energies: dict[date, Flow] = {}
        self._totals: dict[date, Flow] = {}

    def at(self, moment: datetime) -> Snapshot:
        """Return the state at the end of the last slot that is complete at `moment`."""
        end = int(moment.timestamp()) // SLOT * SLOT
        local = datetime.fromtimestamp(end, self.zone).date()
        day = self.day(local)
        index = (end - day.start) // SLOT
        past = self._last_slot(local, index)
        power = day.powers[index - 1] if index else past[0]
        light = day.light[index - 1] if index else past[1]
        today = day.sums[index]
        return Snapshot(
            at=datetime.fromtimestamp(end, UTC),
            day=local,
            power=power,
            strings=self.split(power.pv, end),
            soc=day.soc[index],
            today=today,
            total=Flow(*(max(0.0, before + now) for before, now in zip(self.total(local), today, strict=True))),
            temperature=self.weather.temperature(end),
            light=light,
        )

    def _last_slot(self, local: date, index: int) -> tuple[Flow, float]:
        if index:
            return Flow(), 0.0
        yesterday = self.day(local - timedelta(days=1))
        return yesterday.powers[-1], yesterday.light[-1]

    def day(self, local: date) -> Day:
        """Return one local day of the plant."""
        day = self._days.get(local)
        if day is None:
            day = self._days[local] = self._run(local)
            self._energies[local] = day.sums[-1]
            while len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        else:
            self._days.move_to_end(local)
        return day

    def energy(self, local: date) -> Flow:
        """Return a whole local day's energies."""
        known = self._energies.get(local)
        return self.day(local).sums[-1] if known is None else known

    def total(self, local: date) -> Flow:
        """Return the lifetime energies at the beginning of a local day; below zero where there was no system yet."""
        known = self._totals.get(local)
        if known is None:
            known = self._sum_up(local)
            self._totals[local] = known
        return known

    def _sum_up(self, local: date) -> Flow:
        if local <= self.records:
            total = self._before()
            day = self.records
            while day > local:
                day -= timedelta(days=1)
                total = Flow(*(a - b for a, b in zip(total, self.energy(day), strict=True)))
            return total
        day = self.records
        total = self._before()
        if (yesterday := local - timedelta(days=1)) in self._totals:
            day, total = yesterday, self._totals[yesterday]
        while day < local:
            total = total.plus(self.energy(day))
            day += timedelta(days=1)
        return total

    def _before(self) -> Flow:
        """Return what was counted before the records begin: a few years of average days, in balance."""
        system = self.system
        days = 400 + int(900 * chance(system.seed, 77))
        pv = system.daily * days
        load = system.load * 24 / 1_000 * days
        charge = min(0.5 * system.battery * days, 0.6 * pv)
        discharge = charge * EFFICIENCY
        own = min(pv - charge, 0.35 * load)
        exported = pv - charge - own
        imported = max(0.0, load - own - discharge)
        exported += max(0.0, own + discharge + imported - load)
        return Flow(pv, load, charge, discharge, imported, exported, min(0.15 * charge, imported), own)

    def split(self, pv: float, seconds: int) -> tuple[float, ...]:
        """Return the PV power of each string in W."""
        strings = self.system.strings
        if len(strings) == 1 or not pv:
            return (pv,) * len(strings) if len(strings) == 1 else (0.0,) * len(strings)
        share = [
            peak * (1 + 0.08 * (chance(self.system.seed, n, seconds // SLOT) - 0.5)) for n, peak in enumerate(strings)
        ]
        whole = sum(share)
        return tuple(pv * part / whole for part in share)

    def _midnight(self, local: date) -> int:
        return int(datetime.combine(local, time(), self.zone).timestamp())

    def _soc_at_midnight(self, local: date) -> float:
        system = self.system
        return system.low + (0.15 + 0.3 * chance(system.seed, 5, local.toordinal())) * (system.high - system.low)

    def _loads(self, local: date, start: int, count: int) -> list[float]:
        """Return what the house draws in W: a base, a morning and an evening, and a kettle now and then."""
        system = self.system
        if not system.load:
            return [0.0] * count
        mood = 0.8 + 0.4 * chance(system.seed, 6, local.toordinal())
        noise = ripple(system.seed + 7, start, count, 1_200)
        result = []
        for index, wave in enumerate(noise):
            hour = index * SLOT / 3_600
            shape = 0.45 + 0.5 * _bump(hour, 7.5, 1.5) + 0.35 * _bump(hour, 13, 2) + 1.25 * _bump(hour, 19.5, 2.2)
            kettle = 4.0 if chance(system.seed, 8, start // SLOT + index) > 0.985 else 0.0  # noqa: PLR2004 -- 4 a day
            result.append(round(system.load * mood * (shape * (0.7 + 0.6 * wave) + kettle), 1))
        return result

    def _run(self, local: date) -> Day:
        """Compute one day."""
        system = self.system
        start = self._midnight(local)
        count = (self._midnight(local + timedelta(days=1)) - start) // SLOT
        day = Day(start, count)
        day.light = self.weather.light(start, count)
        peak = sum(system.strings)
        soc, goal = self._soc_at_midnight(local), self._soc_at_midnight(local + timedelta(days=1))
        sums = Flow()
        for index, (light, load) in enumerate(zip(day.light, self._loads(local, start, count), strict=True)):
            pv = round(min(peak * light / 1_000 * 0.9, system.rated), 1)
            day.soc.append(soc)
            left = count - index
            wish = None if left > _STEERING else (goal - soc) / left
            power, soc = self._balance(pv, load, soc, wish)
            day.powers.append(power)
            sums = _added(sums, power)
            day.sums.append(sums)
        # What the steering leaves is a rounding error, smaller than anything that is shown.
        day.soc.append(goal if system.battery else soc)
        return day

    def _balance(self, pv: float, load: float, soc: float, wish: float | None) -> tuple[Flow, float]:
        """Return a slot's powers and the battery's state after it; `wish` is a change of state to make."""
        surplus = pv - load
        battery = self._battery(surplus, soc, wish)
        grid = surplus - battery
        charge, discharge = max(0.0, battery), max(0.0, -battery)
        imported, exported = max(0.0, -grid), max(0.0, grid)
        flow = Flow(pv, load, charge, discharge, imported, exported, min(charge, imported), min(pv, load))
        if not self.system.battery:
            return flow, soc
        stored = (charge * EFFICIENCY - discharge) * _WH / 1_000 / self.system.battery
        return flow, soc + stored

    def _battery(self, surplus: float, soc: float, wish: float | None) -> float:
        """Return the battery's power in W, positive into it."""
        system = self.system
        if not system.battery:
            return 0.0
        full = system.battery * 1_000 / _WH
        if wish is not None:
            # Not bounded: the plan leaves hours for a few kWh.
            return wish * full / (EFFICIENCY if wish > 0 else 1.0)
        room = max(0.0, system.high - soc) * full / EFFICIENCY
        charge = max(0.0, soc - system.low) * full
        return max(-min(system.battery_power, charge), min(system.battery_power, room, surplus))


def _added(energy: Flow, power: Flow) -> Flow:
    """Return energies after a slot at a power; written out because it is what a simulated day consists of."""
    pv, load, charge, discharge, imported, exported, ac_charge, direct = power
    return Flow(
        energy[0] + pv * _KWH,
        energy[1] + load * _KWH,
        energy[2] + charge * _KWH,
        energy[3] + discharge * _KWH,
        energy[4] + imported * _KWH,
        energy[5] + exported * _KWH,
        energy[6] + ac_charge * _KWH,
        energy[7] + direct * _KWH,
    )


def _bump(hour: float, centre: float, width: float) -> float:
    distance = abs(hour - centre) / width
    return 0.0 if distance >= 1 else (1 - distance * distance) ** 2
