"""How the vendor writes numbers: mostly as text, often with the unit behind it."""

from zlib import crc32

from simulator.growatt.device import Record
from simulator.plant import Flow
from simulator.weather import chance

_MEGA = 1_000.0


def text(value: float, digits: int = 1) -> str:
    """Return a number as the app API writes it: no decimals when there are none."""
    rounded = round(value, digits)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


def kilowatts(watts: float) -> str:
    """Return W as a text in kW."""
    return text(watts / 1_000, 2)


def energy_text(kwh: float) -> str:
    """Return an energy with the unit that the vendor picks by size: `2.6 kWh`, `2.37 MWh`."""
    return f"{text(kwh)} kWh" if kwh < _MEGA else f"{text(kwh / _MEGA, 2)} MWh"


def power_text(watts: float) -> str:
    """Return a power with the unit that the vendor picks by size: `628.8 W`, `1.25 kW`."""
    return f"{text(watts)} W" if watts < _MEGA else f"{text(watts / _MEGA, 2)} kW"


def shares(peaks: tuple[float, ...]) -> tuple[float, ...]:
    """Return each string's part of the energies; constant, so that every string's counter only grows."""
    whole = sum(peaks)
    return tuple(peak / whole for peak in peaks)


class Electrics:
    """Voltages, currents and temperatures that fit a record's powers."""

    __slots__ = ("_key", "_slot", "battery_volts", "frequency", "heat", "record")

    def __init__(self, record: Record, battery_volts: float = 52.0) -> None:
        """Take a record, and the nominal voltage of its battery."""
        self.record = record
        self._key = crc32(record.spec.serial.encode())
        self._slot = int(record.uploaded.timestamp()) // 300
        nominal = 60.0 if record.plant.country == "United States" else 50.0
        self.frequency = round(nominal + 0.06 * (self._noise(1) - 0.5), 2)
        self.battery_volts = round(battery_volts * (0.95 + 0.09 * record.snapshot.soc), 1)
        load = record.snapshot.power.pv / record.spec.system.rated
        self.heat = round(record.snapshot.temperature + 8 + 26 * load + self._noise(2), 1)

    def _noise(self, salt: int) -> float:
        return chance(self._key, salt, self._slot)

    def string(self, n: int) -> tuple[float, float, float]:
        """Return voltage, current and power of a string, counted from 0; zeros for one that is not there."""
        strings = self.record.snapshot.strings
        if n >= len(strings):
            return 0.0, 0.0, 0.0
        watts = round(strings[n], 1)
        if not watts:
            return 0.0, 0.0, 0.0
        volts = round(310 + 40 * min(1.0, self.record.snapshot.light / 800) + 8 * self._noise(10 + n), 1)
        return volts, round(watts / volts, 1), watts

    def phase(self, n: int, watts: float) -> tuple[float, float, float]:
        """Return voltage, current and power of a phase, counted from 0, when the device gives `watts` in all."""
        if n >= self.record.spec.phases:
            return 0.0, 0.0, 0.0
        volts = round(230 + 8 * (self._noise(20 + n) - 0.3) + 3 * watts / self.record.spec.system.rated, 1)
        part = watts / self.record.spec.phases
        return volts, round(part / volts, 1), round(part, 1)


def output(flow: Flow) -> float:
    """Return what the inverter gives at its AC side: PV and battery, less what the panels put into the battery."""
    return max(0.0, flow.pv + flow.discharge - (flow.charge - flow.ac_charge))


def own_use(flow: Flow) -> float:
    """Return the part of the load that did not come from the grid."""
    return max(0.0, flow.load - (flow.imported - flow.ac_charge))
