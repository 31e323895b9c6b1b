"""Which families of devices there are, and for each: what is asked, when, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from app.model import DeviceKind, Feed
from app.providers.growatt import calls
from app.providers.growatt.calls import Call
from app.providers.growatt.catalogue import LISTED, PLANT, PLANT_ENERGY
from app.providers.growatt.catalogue_inverter import INVERTER
from app.providers.growatt.catalogue_mix import MIX_DETAIL, MIX_INFO, MIX_STATUS, MIX_TOTALS
from app.providers.growatt.catalogue_noah import NOAH
from app.providers.growatt.catalogue_settings import (
    CLASSIC_SETTINGS,
    MIX_SETTINGS,
    NOAH_SETTINGS,
    PLANT_SETTINGS,
    TLX_SETTINGS,
)
from app.providers.growatt.catalogue_storage import STORAGE
from app.providers.growatt.catalogue_tlx import BATTERY, TLX, TLX_OVERVIEW
from app.rows import Catalogue

VALUES: Final = Feed(
    "values",
    every=timedelta(minutes=5),
    night=timedelta(minutes=30),
    reason="loggers upload every 5 minutes: asking more often brings nothing new, and too many calls lock the account",
    minimum=timedelta(minutes=1),
    aligned=True,
)
DETAILS: Final = Feed(
    "details",
    every=timedelta(minutes=15),
    night=timedelta(hours=1),
    reason="sums of the day and batteries' insides move slowly, and cost a call for each device",
    minimum=timedelta(minutes=5),
)
PLANTS: Final = Feed(
    "plants",
    every=timedelta(minutes=15),
    night=timedelta(hours=1),
    reason="the plant's sums repeat what its devices tell sooner",
    minimum=timedelta(minutes=5),
)
SETTINGS: Final = Feed(
    "settings",
    every=timedelta(minutes=30),
    night=timedelta(hours=2),
    reason="settings change when somebody changes them",
    minimum=timedelta(minutes=10),
)
FEEDS: Final = (VALUES, DETAILS, PLANTS, SETTINGS)
"""The most urgent first: a point that two of them give belongs to the earlier."""

TEN_MINUTES: Final = timedelta(minutes=9)
HALF_HOUR: Final = timedelta(minutes=29)
SIX_HOURS: Final = timedelta(hours=5, minutes=59)
DAY: Final = timedelta(hours=23)
"""How long a source may rest; a little less than its name says, so that a punctual feed finds it rested."""


class Shape(StrEnum):
    """What provider code does to an answer before the rows see it (shapes.py)."""

    PLAIN = "plain"
    KILOWATTS = "kilowatts"
    TOTALS = "totals"
    CHART = "chart"
    DASHBOARD = "dashboard"
    STORAGE = "storage"
    NOAH = "noah"
    NOAH_SETTINGS = "noah_settings"
    PLANT = "plant"
    PLANT_ENERGY = "plant_energy"
    SETTINGS = "settings"


class When(StrEnum):
    """Under which circumstances a source is read."""

    ALWAYS = "always"
    ONLY_HYBRID = "only_hybrid"
    """The device is its plant's only hybrid, so that the plant's sums are its own."""
    SEVERAL_HYBRIDS = "several_hybrids"
    """The plant has more than one."""


@dataclass(frozen=True, slots=True)
class Source:
    """One call about one device."""

    feed: Feed
    call: Call
    catalogue: Catalogue | None = None
    """What the answer means; None for facts about the device only (model, firmware, rated power)."""
    bean: tuple[str, ...] = ()
    """Names of the objects inside the answer that hold the fields, the first that is there; else the answer itself."""
    shape: Shape = Shape.PLAIN
    rest: timedelta = timedelta(0)
    """Not read again before."""
    when: When = When.ALWAYS


@dataclass(frozen=True, slots=True)
class Troubles:
    """Where a family reports what is wrong."""

    faults: tuple[str, ...] = ()
    fault_text: str = ""
    warnings: tuple[str, ...] = ()
    warning_text: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that not every device has: where all the evidence is zero, its points are left out."""

    name: str
    evidence: tuple[str, ...]
    points: tuple[str, ...]
    """Beginnings of the keys of its points."""


@dataclass(frozen=True, slots=True)
class Family:
    """Devices that are read in the same way."""

    name: str
    kind: DeviceKind
    sources: tuple[Source, ...] = ()
    """Where two of one feed give the same point, the first counts."""
    troubles: Troubles = field(default_factory=Troubles)
    parts: tuple[Part, ...] = ()
    listed: bool = False
    """Whether the lists of devices are (also) where its values come from."""
    facts: Call | None = None
    """What is asked once about the device itself."""
    keys: frozenset[str] = field(init=False)
    """Keys of all points that its catalogues name."""
    part_keys: Mapping[str, frozenset[str]] = field(init=False)
    """By part: the keys of its points."""

    def __post_init__(self) -> None:
        """Collect the keys of its points, which every answer is compared with."""
        keys = frozenset(point.key for catalogue in self.catalogues for point in catalogue.points)
        parts = {part.name: frozenset(key for key in keys if key.startswith(part.points)) for part in self.parts}
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "part_keys", parts)

    @property
    def catalogues(self) -> tuple[Catalogue, ...]:
        """Everything that its devices can have."""
        found = tuple(source.catalogue for source in self.sources if source.catalogue is not None)
        return (*found, LISTED) if self.listed else found


def trackers(first: int, last: int) -> tuple[Part, ...]:
    """Return the inputs for strings that not every inverter has."""
    return tuple(
        Part(f"pv{n}", (f"ppv{n}", f"vpv{n}", f"ipv{n}", f"epv{n}Total", f"epv{n}Today"), (f"pv{n}_",))
        for n in range(first, last + 1)
    )


def _strings(last: int) -> tuple[Part, ...]:
    """Return the measured strings that only large inverters have."""
    return tuple(Part(f"string{n}", (f"vString{n}", f"currentString{n}"), (f"string{n}_",)) for n in range(1, last + 1))


def _temperatures(field_name: str, first: int, last: int) -> tuple[Part, ...]:
    """Return the further sensors that not every inverter has: one that has never shown but 0.0 °C is none."""
    return tuple(Part(f"temperature{n}", (f"{field_name}{n}",), (f"temperature{n}",)) for n in range(first, last + 1))


_INVERTER: Final = Family(
    "inverter",
    DeviceKind.INVERTER,
    (
        Source(VALUES, calls.INVERTER_DETAIL, INVERTER, ("data",)),
        Source(SETTINGS, calls.CLASSIC_INVERTER_INFO, CLASSIC_SETTINGS, shape=Shape.SETTINGS),
    ),
    Troubles(
        ("faultType", "faultCode1", "faultCode2", "pidFaultCode"),
        "errorText",
        ("warnCode", "warningValue1", "warningValue2", "warningValue3"),
        "warnText",
    ),
    (
        *trackers(2, 16),
        *_strings(32),
        *_temperatures("temperature", 2, 5),
        Part("ipm", ("ipmTemperature",), ("ipm_temperature",)),
        Part("phase2", ("vacs", "iacs", "pacs"), ("phase2_", "line2_")),
        Part("phase3", ("vact", "iact", "pact"), ("phase3_", "line3_")),
    ),
)

_TLX: Final = Family(
    "tlx",
    DeviceKind.INVERTER,
    (
        Source(VALUES, calls.TLX_DETAIL, TLX, ("data",)),
        Source(DETAILS, calls.TLX_ENERGY_OVERVIEW, TLX_OVERVIEW),
        Source(SETTINGS, calls.TLX_ALL_SETTINGS, TLX_SETTINGS, shape=Shape.SETTINGS),
        Source(SETTINGS, calls.TLX_ENABLED_SETTINGS, rest=DAY),
    ),
    Troubles(
        ("faultType", "faultType1", "bmsFaultType"), "errorText", ("warnCode", "warnCode1", "bmsWarnCode"), "warnText"
    ),
    (
        Part(
            "battery",
            (
                "bmsSoc", "bdc1Soc", "soc1", "bmsVbat", "bdc1Vbat", "bdc1ChargePower", "bdc1DischargePower",
                "echargeTotal", "edischargeTotal", "echargeToday", "edischargeToday", "echargetotal",
            ),
            ("battery", "ac_charge"),
        ),
        Part(
            "battery2",
            (
                "bdc2Soc", "soc2", "bdc2Vbat", "bdc2ChargePower", "bdc2DischargePower",
                "bdc2ChargeTotal", "bdc2DischargeTotal",
            ),
            ("battery2_",),
        ),
        Part(
            "meter",
            (
                "pacToUserTotal", "pacToGridTotal", "pacToLocalLoad", "etoUserTotal", "etoGridTotal", "etogridTotal",
                "elocalLoadTotal", "etoUserToday", "etoGridToday", "elocalLoadToday",
            ),
            ("grid_import", "grid_export", "grid_power", "load_power", "load_energy", "self_consumption"),
        ),
        Part("backup", ("epsVac1", "epsVac2", "epsVac3", "epsPac", "epsFac", "epsIac1"), ("backup",)),
        Part("system", ("psystem", "esystemToday", "esystemTotal"), ("system_",)),
        Part("phase2", ("vac2", "iac2", "pac2"), ("phase2_", "line2_")),
        Part("phase3", ("vac3", "iac3", "pac3"), ("phase3_", "line3_")),
        *trackers(2, 4),
        *_temperatures("temp", 3, 5),
        Part("ipm", ("temp2",), ("ipm_temperature",)),
    ),
    facts=calls.TLX_PARAMS,
)  # fmt: skip

_HYBRID_PARTS: Final = (
    Part("pv2", ("pPv2", "vPv2", "vpv2"), ("pv2_",)),
    Part("phase2", ("upsPac2",), ("backup2_",)),
    Part("phase3", ("upsPac3",), ("backup3_",)),
)
_MIX: Final = Family(
    "mix",
    DeviceKind.INVERTER,
    (
        Source(VALUES, calls.MIX_SYSTEM_STATUS, MIX_STATUS, shape=Shape.KILOWATTS),
        Source(VALUES, calls.MIX_INFO, MIX_INFO, rest=TEN_MINUTES),
        Source(VALUES, calls.MIX_TOTALS, MIX_TOTALS, shape=Shape.TOTALS, rest=TEN_MINUTES),
        Source(DETAILS, calls.MIX_DETAIL, MIX_DETAIL, shape=Shape.CHART),
        Source(DETAILS, calls.DASHBOARD_DATA, MIX_DETAIL, shape=Shape.DASHBOARD, rest=HALF_HOUR, when=When.ONLY_HYBRID),
        Source(SETTINGS, calls.MIX_SETTINGS, MIX_SETTINGS, ("mixBean",), shape=Shape.SETTINGS),
    ),
    Troubles(("faultCode", "errorCode", "faultType"), "errorText", ("warnCode",), "warnText"),
    _HYBRID_PARTS,
)
_SPA: Final = Family(
    "spa",
    DeviceKind.INVERTER,
    (
        Source(VALUES, calls.SPA_SYSTEM_STATUS, MIX_STATUS, shape=Shape.KILOWATTS),
        Source(VALUES, calls.SPA_TOTALS, MIX_TOTALS, shape=Shape.TOTALS, rest=TEN_MINUTES),
        Source(SETTINGS, calls.SPA_SETTINGS, MIX_SETTINGS, ("mixBean",), shape=Shape.SETTINGS, rest=SIX_HOURS),
    ),
    _MIX.troubles,
    _HYBRID_PARTS,
    listed=True,
)
_STORAGE: Final = Family(
    "storage",
    DeviceKind.INVERTER,
    (
        Source(VALUES, calls.STORAGE_ENERGY_OVERVIEW, STORAGE),
        Source(VALUES, calls.STORAGE_PARAMS, STORAGE, shape=Shape.STORAGE),
    ),
    Troubles(("errorCode", "faultCode"), "errorText", ("warnCode",), "warnText"),
    (
        Part("pv2", ("ppv2", "pPv2", "vpv2", "iChargePV2", "epvTotal2", "epvToday2"), ("pv2_",)),
        Part("soh", ("bmsSoh", "soh"), ("battery_soh",)),
        Part("battery_temperature", ("bmsTemperature", "batTemp", "bmsBatteryTemp"), ("battery_temperature",)),
        Part("battery_current", ("bmsCurrent",), ("battery_current",)),
        Part("battery_cycles", ("cycleCount",), ("battery_cycles",)),
        Part("bms_soc", ("bmsSoc",), ("battery_bms_soc",)),
        Part("ipm", ("ipmTemperature",), ("ipm_temperature",)),
        Part("bus", ("vBus",), ("bus_voltage",)),
        Part("buck", ("vBuck",), ("buck_voltage",)),
        Part("system", ("sysOut",), ("system_power",)),
    ),
)
_NOAH: Final = Family(
    "noah",
    DeviceKind.BATTERY,
    (
        Source(VALUES, calls.NOAH_SYSTEM_STATUS, NOAH, shape=Shape.NOAH),
        Source(SETTINGS, calls.NOAH_INFO, NOAH_SETTINGS, ("noah",), shape=Shape.NOAH_SETTINGS),
    ),
)
_NEXA: Final = Family(
    "nexa",
    DeviceKind.BATTERY,
    (
        Source(VALUES, calls.NEXA_SYSTEM_STATUS, NOAH, shape=Shape.NOAH),
        Source(SETTINGS, calls.NEXA_INFO, NOAH_SETTINGS, ("noah", "nexa"), shape=Shape.NOAH_SETTINGS),
    ),
)
_BATTERY: Final = Family(
    "battery",
    DeviceKind.BATTERY,
    (
        Source(DETAILS, calls.TLX_BATTERY_INFO, BATTERY),
        Source(DETAILS, calls.TLX_BATTERY_INFO_DETAILED, BATTERY, ("data",)),
    ),
    Troubles(("faultType",), "errorText", ("warnCode",), "warnText"),
)
PLANT_FAMILY: Final = Family(
    "plant",
    DeviceKind.PLANT,
    (
        Source(PLANTS, calls.PLANT_INFO, PLANT, shape=Shape.PLANT),
        Source(PLANTS, calls.PLANT_ENERGY_DATA, PLANT_ENERGY, shape=Shape.PLANT_ENERGY, rest=HALF_HOUR),
        Source(DETAILS, calls.DASHBOARD_DATA, PLANT, shape=Shape.DASHBOARD, rest=HALF_HOUR, when=When.SEVERAL_HYBRIDS),
        Source(SETTINGS, calls.PLANT_SETTINGS, PLANT_SETTINGS, rest=DAY),
    ),
    parts=(
        Part("battery", ("todayDischarge",), ("battery_discharge",)),
        Part("load", ("useEnergy",), ("use_energy",)),
        Part("storage", ("storageTodayPpv", "storagePuser"), ("storage_",)),
    ),
)
LOGGER_FAMILY: Final = Family("logger", DeviceKind.LOGGER)
_MAX: Final = Family(
    "max",
    DeviceKind.INVERTER,
    (Source(VALUES, calls.MAX_DETAIL, INVERTER, ("data",)),),
    _INVERTER.troubles,
    _INVERTER.parts,
    listed=True,
)
_METER: Final = Family("meter", DeviceKind.METER, listed=True)
OTHER: Final = Family("other", DeviceKind.INVERTER, listed=True)
"""No call of the app is known for these: their values in the list of devices are all there is."""

TYPES: Final[Mapping[str, Family]] = {
    "inverter": _INVERTER,
    "tlx": _TLX,
    "tlxh": _TLX,
    "min": _TLX,
    "mic": _TLX,
    "mod": _TLX,
    "neo": _TLX,
    "mix": _MIX,
    "sph": _MIX,
    "spa": _SPA,
    "storage": _STORAGE,
    "spf": _STORAGE,
    "noah": _NOAH,
    "nexa": _NEXA,
    "bat": _BATTERY,
    "battery": _BATTERY,
    "meter": _METER,
    "ammeter": _METER,
    "smartmeter": _METER,
    "max": _MAX,
    "mid": _MAX,
    "wit": OTHER,
    "sphs": OTHER,
    "sph-s": OTHER,
    "hps": OTHER,
    "pcs": OTHER,
    "pbd": OTHER,
}
"""`deviceType` in lower case -> family; what is not listed is OTHER."""

HYBRIDS: Final = frozenset({"mix", "spa"})
LISTS: Final[Mapping[str, str]] = {
    "deviceList": "",
    "batList": "bat",
    "meterList": "meter",
}
"""Lists of devices in an answer -> the type of what has none."""
