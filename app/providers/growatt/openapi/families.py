"""What is asked of each family of devices, and what it means: the app's families with this API's calls."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from app.model import DeviceKind
from app.providers.growatt.calls import Call
from app.providers.growatt.families import (
    DAY,
    DETAILS,
    LOGGER_FAMILY,
    PLANTS,
    SETTINGS,
    VALUES,
    Family,
    Part,
    Shape,
    Source,
    Troubles,
    trackers,
)
from app.providers.growatt.families import TYPES as APP_TYPES
from app.providers.growatt.openapi import catalogue, endpoints
from app.rows import Catalogue

SOONEST: Final = timedelta(minutes=5, seconds=5)
"""Growatt's five minutes, our margin, and two seconds for the answer to come."""
FEEDS: Final = tuple(
    replace(feed, every=max(feed.every, SOONEST), night=max(feed.night, SOONEST), minimum=max(feed.minimum, SOONEST))
    for feed in (VALUES, DETAILS, PLANTS, SETTINGS)
)
"""The app's, none faster than Growatt lets most of its endpoints be called."""


def _family(
    name: str,
    app: str,
    energy: Call,
    values: Catalogue,
    settings: Source,
    *more: Source,
    parts: tuple[Part, ...] = (),
) -> Family:
    """Return a family of the app's with calls of this API's; what it is wrong with and what it may lack stays."""
    known = APP_TYPES[app]
    sources = (Source(VALUES, energy, values), settings, *more)
    return replace(
        known, name=name, sources=sources, parts=known.parts + parts, listed=False, facts=endpoints.DEVICE_TYPE
    )


def _settings(call: Call, rows: Catalogue, shape: Shape = Shape.SETTINGS) -> Source:
    return Source(SETTINGS, call, rows, shape=shape)


_PHASES: Final = (
    Part("ac2", ("vac2", "iac2", "pac2"), ("phase2_", "line2_")),
    Part("ac3", ("vac3", "iac3", "pac3"), ("phase3_", "line3_")),
)
_SENSORS: Final = tuple(Part(f"temperature{n}", (f"temp{n}",), (f"temperature{n}",)) for n in range(2, 6))

MIN: Final = _family(
    "tlx",
    "tlx",
    endpoints.MIN_ENERGY,
    catalogue.MIN_VALUES,
    _settings(endpoints.MIN_SETTINGS, catalogue.MIN_SETTINGS),
    Source(SETTINGS, endpoints.MIN_DETAIL, rest=DAY),
)
SPH: Final = _family(
    "mix", "mix", endpoints.SPH_ENERGY, catalogue.SPH_VALUES, _settings(endpoints.SPH_DETAIL, catalogue.SPH_SETTINGS),
    parts=(*_PHASES, *_SENSORS),
)  # fmt: skip
SPA: Final = _family(
    "spa", "spa", endpoints.SPA_ENERGY, catalogue.SPH_VALUES, _settings(endpoints.SPA_DETAIL, catalogue.SPA_SETTINGS),
    parts=(*_PHASES, *_SENSORS),
)  # fmt: skip
STORAGE: Final = replace(
    APP_TYPES["storage"],
    sources=(
        Source(VALUES, endpoints.STORAGE_ENERGY, catalogue.STORAGE_VALUES, shape=Shape.STORAGE),
        _settings(endpoints.STORAGE_DETAIL, catalogue.STORAGE_SETTINGS),
    ),
    facts=endpoints.DEVICE_TYPE,
)
MAX: Final = _family(
    "max", "max", endpoints.MAX_ENERGY, catalogue.INVERTER_VALUES,
    _settings(endpoints.MAX_DETAIL, catalogue.MAX_SETTINGS),
)  # fmt: skip
INVERTER: Final = _family(
    "inverter", "inverter", endpoints.INVERTER_ENERGY, catalogue.INVERTER_VALUES,
    _settings(endpoints.INVERTER_DETAIL, catalogue.INVERTER_SETTINGS),
)  # fmt: skip
WIT: Final = Family(
    "wit",
    DeviceKind.INVERTER,
    (
        Source(VALUES, endpoints.WIT_ENERGY, catalogue.WIT),
        _settings(endpoints.WIT_DETAIL, catalogue.NEWER_SETTINGS),
    ),
    Troubles(("faultCode", "errorCode"), "errorText", ("warnCode", "warnCode1"), "warnText"),
    (
        *trackers(2, 10),
        *(Part(f"string{n}", (f"vString{n}", f"currentString{n}"), (f"string{n}_",)) for n in range(1, 21)),
        *_PHASES,
        *_SENSORS,
        Part("generator", ("genPower",), ("generator_",)),
    ),
    facts=endpoints.DEVICE_TYPE,
)
SPHS: Final = Family(
    "sph-s",
    DeviceKind.INVERTER,
    (
        Source(VALUES, endpoints.SPHS_ENERGY, catalogue.SPHS),
        _settings(endpoints.SPHS_DETAIL, catalogue.NEWER_SETTINGS),
    ),
    Troubles(("faultCode", "systemFault"), "errorText", ("warnCode", "warnCode1", "systemWarn"), "warnText"),
    (
        *trackers(2, 3),
        *_PHASES,
        *_SENSORS,
        Part("phase2", ("upsPac2",), ("backup2_",)),
        Part("phase3", ("upsPac3",), ("backup3_",)),
        Part("generator", ("genPower", "genVol", "genEnergyToday"), ("generator_",)),
    ),
    facts=endpoints.DEVICE_TYPE,
)
NOAH: Final = Family(
    "noah",
    DeviceKind.BATTERY,
    (
        Source(VALUES, endpoints.NOAH_ENERGY, catalogue.NOAH),
        _settings(endpoints.NOAH_DETAIL, catalogue.NOAH_DETAILS),
    ),
    Troubles(("faultStatus",), "", ("acCoupleWarnStatus", "pdWarnStatus", "battery1WarnStatus"), ""),
    (
        *(Part(f"battery{n}", (f"battery{n}Soc", f"battery{n}Temp"), (f"battery{n}_",)) for n in range(2, 5)),
        *(Part(f"pv{n}", (f"pv{n}Voltage", f"pv{n}Current"), (f"pv{n}_",)) for n in range(1, 5)),
    ),
)
METER: Final = Family(
    "meter",
    DeviceKind.METER,
    (Source(VALUES, endpoints.METER_ENERGY, catalogue.METER),),
    Troubles(("alarmCode",)),
    (
        *(
            Part(f"phase{n}", (f"voltageL{n}", f"currentL{n}", f"activePowerL{n}"), (f"phase{n}_",))
            for n in range(1, 4)
        ),
        Part("voltage", ("voltage",), ("voltage",)),
        Part("current", ("current",), ("current",)),
        Part("frequency", ("frequency", "gridFrequency"), ("grid_frequency",)),
        Part("import", ("positiveActiveTotalEnergy",), ("grid_import_",)),
        Part("export", ("reverseActiveTotalEnergy",), ("grid_export_",)),
    ),
)
PLANT: Final = Family(
    "plant",
    DeviceKind.PLANT,
    (
        Source(PLANTS, endpoints.PLANT_ENERGY_OVERVIEW, catalogue.PLANT),
        Source(SETTINGS, endpoints.PLANT_DETAILS, catalogue.PLANT_DETAILS, shape=Shape.SETTINGS, rest=DAY),
    ),
)
LOGGER: Final = LOGGER_FAMILY


def _rare(name: str, call: Call) -> Family:
    troubles = Troubles(("faultCode", "errorCode"), "errorText", ("warnCode",), "warnText")
    return Family(name, DeviceKind.INVERTER, (Source(VALUES, call, catalogue.RARE),), troubles)


OTHER: Final = Family("other", DeviceKind.INVERTER)
"""Machines without a call of their own: the list of devices says whether they are online, and no more."""

NUMBERS: Final[Mapping[str, Family]] = {
    "1": INVERTER,
    "2": STORAGE,
    "4": MAX,
    "5": SPH,
    "6": SPA,
    "7": MIN,
    "8": _rare("pcs", endpoints.PCS_ENERGY),
    "9": _rare("hps", endpoints.HPS_ENERGY),
    "10": _rare("pbd", endpoints.PBD_ENERGY),
}
"""`type` in V1's list of devices -> family; "3" is a logger, a meter or a sensor."""
WORDS: Final[Mapping[str, Family]] = {
    "inv": INVERTER,
    "storage": STORAGE,
    "max": MAX,
    "sph": SPH,
    "spa": SPA,
    "min": MIN,
    "wit": WIT,
    "sph-s": SPHS,
    "noah": NOAH,
}
"""`deviceType` in V4's list of devices -> family."""
MAY_LACK: Final[Mapping[str, frozenset[str]]] = {
    family.name: frozenset(part.name for part in family.parts) for family in (*NUMBERS.values(), *WORDS.values())
}
"""By family: the parts that not each of its devices has."""
