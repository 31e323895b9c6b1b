"""Who owns what: plants in several zones, with devices of every family."""

from dataclasses import dataclass
from zlib import crc32

from simulator.plant import System

NAMES = ("inverter", "tlx", "mix", "storage", "spa", "noah", "max", "wit", "sph-s")
"""The families, in the vendor's own words for the type in its device list; only the OpenAPI tells of the last two."""


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One device: what it is and what hangs on it."""

    serial: str
    family: str
    model: str
    system: System
    phases: int = 1
    battery_serial: str = ""
    """The serial of a battery that the vendor lists as a device of its own, type `bat`; "" for none."""
    sleeps: bool = True
    """Whether it is powered by the sun alone, so that nothing is uploaded at night."""
    alias: str = ""
    """What its owner calls it; "" for its serial."""
    lead: float = 0.0
    """kWh on its lifetime counters before all else, so that devices with equal systems differ."""
    meter: bool = False
    """Whether a meter of the grid hangs on its logger, which only the OpenAPI tells of."""

    @property
    def logger(self) -> str:
        """The serial of its data logger."""
        return f"XGD{crc32(self.serial.encode()) % 10_000_000:07d}"

    @property
    def phase(self) -> int:
        """Seconds after each full five minutes at which its logger uploads."""
        return crc32(self.serial.encode()) % 300


@dataclass(frozen=True, slots=True)
class PlantSpec:
    """One site."""

    id: int
    name: str
    zone: str
    country: str
    city: str
    latitude: float
    longitude: float
    currency: str
    symbol: str
    price: float
    """Money for a kWh."""
    devices: tuple[DeviceSpec, ...] = ()
    installed: str = "2023-05-04"


@dataclass(frozen=True, slots=True)
class Site:
    """A place where plants can stand."""

    zone: str
    country: str
    city: str
    latitude: float
    longitude: float
    currency: str
    symbol: str
    price: float


SITES = (
    Site("Europe/Amsterdam", "Netherlands", "Utrecht", 52.09, 5.12, "EUR", "€", 0.28),
    Site("Australia/Adelaide", "Australia", "Adelaide", -34.93, 138.60, "AUD", "$", 0.36),
    Site("America/New_York", "United States", "Albany", 42.65, -73.76, "USD", "$", 0.19),
    Site("Europe/Berlin", "Germany", "Leipzig", 51.34, 12.37, "EUR", "€", 0.32),
    Site("Africa/Johannesburg", "South Africa", "Pretoria", -25.75, 28.19, "ZAR", "R", 3.10),
    Site("Europe/Lisbon", "Portugal", "Evora", 38.57, -7.91, "EUR", "€", 0.22),
)


@dataclass(frozen=True, slots=True)
class Kit:
    """What a device of one family is made of, before it has a place and a number."""

    family: str
    model: str
    prefix: str
    strings: tuple[float, ...]
    rated: float
    battery: float = 0.0
    battery_power: float = 0.0
    load: float = 0.0
    phases: int = 1
    battery_listed: bool = False
    meter: bool = False


KITS = {
    "inverter": Kit("inverter", "GROWATT 3600MTL-S", "NXB", (2_100, 1_900), 3_600),
    "inverter3": Kit("inverter", "GROWATT 10000TL3-S", "NXC", (5_200, 4_800, 2_000), 10_000, phases=3),
    "tlx": Kit("tlx", "MIN 5000TL-X", "MNA", (2_800, 2_600), 5_000),
    "tlxh": Kit("tlx", "MIN 6000TL-XH", "MNH", (3_400, 3_000), 6_000, 7.68, 3_500, 520, battery_listed=True),
    "mix": Kit("mix", "SPH 5000", "SPH", (3_000, 2_600), 5_000, 9.6, 3_000, 480),
    "storage": Kit("storage", "SPF 5000 ES", "SPF", (2_700, 2_100), 5_000, 10.2, 4_000, 610),
    "spa": Kit("spa", "SPA 3000TL BL", "SPA", (3_200,), 3_000, 6.5, 2_500, 430),
    "noah": Kit("noah", "NOAH 2000", "0PV", (480, 440), 800, 2.05, 800, 230),
    "max": Kit("max", "MAX 50KTL3 LV", "MAX", (9_000, 9_000, 8_500, 8_500, 8_000, 8_000), 50_000, phases=3),
}
"""One of each: models that are sold, with sizes that fit them."""
TOKEN_KITS = {
    "metered": Kit("tlx", "MIN 6000TL-XH", "MNM", (3_400, 3_000), 6_000, 7.68, 3_500, 520, meter=True),
    "wit": Kit("wit", "WIT 50K-HU", "WIT", (12_000, 12_000, 11_000), 50_000, 100.0, 50_000, 9_000, phases=3),
    "sphs": Kit("sph-s", "SPH 10000TL-HU", "SPS", (4_000, 4_000, 3_000), 10_000, 14.3, 8_000, 640),
}
"""What only the OpenAPI tells of."""


def device(kit: Kit, site: Site, number: int, *, seed: int, lead: float = 0.0) -> DeviceSpec:
    """Build one device; `number` makes its serial, `seed` its weather and habits."""
    serial = f"{kit.prefix}{number:07d}"
    system = System(
        seed=seed,
        zone=site.zone,
        latitude=site.latitude,
        longitude=site.longitude,
        strings=tuple(float(peak) for peak in kit.strings),
        rated=float(kit.rated),
        battery=kit.battery,
        battery_power=float(kit.battery_power),
        load=float(kit.load),
        daily=sum(kit.strings) * 0.0029,
    )
    return DeviceSpec(
        serial=serial,
        family=kit.family,
        model=kit.model,
        system=system,
        phases=kit.phases,
        battery_serial=f"HVA{number:07d}" if kit.battery_listed else "",
        sleeps=not kit.battery,
        lead=lead,
        meter=kit.meter,
    )


def _plant(number: int, name: str, site: Site, kits: tuple[str, ...], *, seed: int) -> PlantSpec:
    devices = tuple(
        device((KITS | TOKEN_KITS)[kit], site, number * 100 + n, seed=seed * 10_000 + number * 100 + n)
        for n, kit in enumerate(kits)
    )
    return PlantSpec(
        id=1_400_000 + number,
        name=name,
        zone=site.zone,
        country=site.country,
        city=site.city,
        latitude=site.latitude,
        longitude=site.longitude,
        currency=site.currency,
        symbol=site.symbol,
        price=site.price,
        devices=devices,
    )


def one_plant(seed: int = 1, kit: str = "tlxh") -> tuple[PlantSpec, ...]:
    """Return one plant in Utrecht with one device: a MIN with a battery, unless another kit is named."""
    return (_plant(1, "Home", SITES[0], (kit,), seed=seed),)


def demo_fleet(seed: int = 1) -> tuple[PlantSpec, ...]:
    """Return seven plants in six zones that have each family, and string inverters with one and three phases."""
    plan = (
        ("Home", 0, ("tlxh",)),
        ("Beach house", 1, ("mix",)),
        ("Cabin", 2, ("storage",)),
        ("Office", 3, ("inverter", "inverter3", "max")),
        ("Farm", 4, ("spa",)),
        ("Balcony", 3, ("noah",)),
        ("Garage", 5, ("tlx",)),
    )
    return tuple(
        _plant(number, name, SITES[site], kits, seed=seed) for number, (name, site, kits) in enumerate(plan, start=1)
    )


def openapi_fleet(seed: int = 1) -> tuple[PlantSpec, ...]:
    """Return what a token can show: the demo's plants, and some with what only the OpenAPI tells of."""
    plan = (("Meter house", 0, ("metered",)), ("Warehouse", 3, ("wit", "max")), ("Villa", 1, ("sphs", "noah")))
    more = tuple(
        _plant(number, name, SITES[site], kits, seed=seed) for number, (name, site, kits) in enumerate(plan, start=11)
    )
    return demo_fleet(seed) + more


def fleet(plants: int, seed: int = 1) -> tuple[PlantSpec, ...]:
    """Return any number of plants, one device each, family after family and zone after zone."""
    kits = tuple(KITS)
    return tuple(
        _plant(n, f"Plant {n}", SITES[n % len(SITES)], (kits[n % len(kits)],), seed=seed) for n in range(1, plants + 1)
    )


def big_fleet(devices: int = 1_000, seed: int = 1, *, per_plant: int = 20, kit: str = "tlxh") -> tuple[PlantSpec, ...]:
    """Return many devices of one kit that share a few systems, so that serving them costs little.

    Their lifetime counters differ, and so do the seconds at which they upload.
    """
    site = SITES[0]
    made = [device(KITS[kit], site, n, seed=seed * 100 + n % 8, lead=float(n)) for n in range(devices)]
    return tuple(
        PlantSpec(
            id=1_500_000 + n,
            name=f"Plant {n}",
            zone=site.zone,
            country=site.country,
            city=site.city,
            latitude=site.latitude,
            longitude=site.longitude,
            currency=site.currency,
            symbol=site.symbol,
            price=site.price,
            devices=tuple(made[n * per_plant : (n + 1) * per_plant]),
        )
        for n in range(-(-devices // per_plant))
    )
