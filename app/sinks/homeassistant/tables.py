"""What Home Assistant accepts, as data: platforms, keys, classes, units, state classes, each with its first release.

Sources: `DEVICE_CLASS_UNITS` and `DEVICE_CLASS_STATE_CLASSES` in
https://github.com/home-assistant/core/blob/dev/homeassistant/components/sensor/const.py, the schemas beside
https://github.com/home-assistant/core/blob/dev/homeassistant/components/mqtt/schemas.py and its abbreviations.
A unit that does not fit its class makes Home Assistant refuse the entity since 2025.7.
Only what a bridge for inverters could want is listed; what is not listed is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.sinks.homeassistant.versions import OLDEST, Version

ALWAYS: Final = OLDEST
MEASUREMENT: Final = frozenset({"measurement"})
SUMS: Final = frozenset({"total", "total_increasing"})
ANY: Final = MEASUREMENT | SUMS
NO_STATE_CLASS: Final[frozenset[str]] = frozenset()


def _units(text: str, **later: Version) -> Mapping[str, Version]:
    """Return the first release of each unit: those of the text always, the others as said."""
    return {**dict.fromkeys(text.split(), ALWAYS), **later}


@dataclass(frozen=True, slots=True)
class SensorClass:
    """What goes with one device class of a sensor or number."""

    units: Mapping[str, Version] | None
    """The units and their first release; "" stands for no unit, None for any."""
    states: frozenset[str]
    """The state classes that make sense."""
    since: Version = ALWAYS


_ENERGY: Final = "J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal"
_NO_UNIT: Final = {"": ALWAYS}

SENSOR_CLASSES: Final[Mapping[str, SensorClass]] = {
    "power": SensorClass(_units("mW W kW MW GW TW"), MEASUREMENT),
    "energy": SensorClass(_units(_ENERGY, thm=Version(2026, 10)), SUMS),
    "energy_storage": SensorClass(_units(_ENERGY), MEASUREMENT),
    "reactive_energy": SensorClass(
        _units("varh kvarh", VArh=Version(2026, 2), kVArh=Version(2026, 2)), SUMS, Version(2025, 6)
    ),
    "power_factor": SensorClass({"%": ALWAYS, "": ALWAYS}, MEASUREMENT),
    "apparent_power": SensorClass(_units("VA", mVA=Version(2025, 9), kVA=Version(2025, 10)), MEASUREMENT),
    "reactive_power": SensorClass(
        _units("var", kvar=Version(2025, 6), mvar=Version(2025, 9), VAr=Version(2026, 2), kVAr=Version(2026, 2)),
        MEASUREMENT,
    ),
    "voltage": SensorClass(_units("mV V kV MV"), MEASUREMENT),
    "current": SensorClass(_units("mA A"), MEASUREMENT),
    "frequency": SensorClass(_units("Hz kHz MHz GHz", mHz=Version(2026, 5)), MEASUREMENT),
    "temperature": SensorClass(_units("°C °F K"), MEASUREMENT),
    "temperature_delta": SensorClass(_units("°C °F K"), MEASUREMENT, Version(2025, 11)),
    "battery": SensorClass(_units("%"), MEASUREMENT),
    "humidity": SensorClass(_units("%"), MEASUREMENT),
    "moisture": SensorClass(_units("%"), MEASUREMENT),
    "irradiance": SensorClass(_units("W/m² BTU/(h⋅ft²)"), MEASUREMENT),
    "monetary": SensorClass(None, frozenset({"total"})),
    "duration": SensorClass(_units("d h min s ms μs"), ANY),
    "weight": SensorClass(_units("kg g mg oz lb st"), ANY),
    "signal_strength": SensorClass(_units("dB dBm"), MEASUREMENT),
    "wind_speed": SensorClass(_units("m/s km/h mph kn ft/s"), MEASUREMENT),
    "timestamp": SensorClass(_NO_UNIT, NO_STATE_CLASS),
    "date": SensorClass(_NO_UNIT, NO_STATE_CLASS),
    "uptime": SensorClass(_NO_UNIT, NO_STATE_CLASS, Version(2026, 5)),
    "enum": SensorClass(_NO_UNIT, NO_STATE_CLASS),
}

STATE_CLASSES: Final = ANY | {"measurement_angle"}

CLASSES: Final[Mapping[str, frozenset[str]]] = {
    "binary_sensor": frozenset({
        "battery", "battery_charging", "cold", "connectivity", "heat", "light", "moisture", "plug", "power",
        "problem", "running", "safety", "tamper", "update",
    }),
    "button": frozenset({"identify", "restart", "update"}),
    "event": frozenset({"button", "motion"}),
    "switch": frozenset({"outlet", "switch"}),
}  # fmt: skip
"""The device classes of the other platforms."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What goes with one platform."""

    needs: frozenset[str]
    """Keys that it cannot do without."""
    takes: frozenset[str]
    """Further keys of its own."""
    since: Version = ALWAYS


def _platform(needs: str, takes: str, since: Version = ALWAYS) -> Platform:
    return Platform(frozenset(needs.split()), frozenset(takes.split()), since)


PLATFORMS: Final[Mapping[str, Platform]] = {
    "sensor": _platform("stat_t", "val_tpl dev_cla stat_cla unit_of_meas sug_dsp_prc ops exp_aft frc_upd lrst_val_tpl"),
    "binary_sensor": _platform("stat_t", "val_tpl dev_cla pl_on pl_off exp_aft frc_upd off_dly"),
    "number": _platform(
        "cmd_t", "stat_t val_tpl cmd_tpl dev_cla unit_of_meas min max step mode opt ret pl_rst msg_exp_int"
    ),
    "switch": _platform("cmd_t", "stat_t val_tpl cmd_tpl dev_cla pl_on pl_off stat_on stat_off opt ret msg_exp_int"),
    "select": _platform("cmd_t ops", "stat_t val_tpl cmd_tpl opt ret msg_exp_int"),
    "text": _platform("cmd_t", "stat_t val_tpl cmd_tpl min max ptrn mode ret msg_exp_int"),
    "button": _platform("cmd_t", "cmd_tpl dev_cla pl_prs ret msg_exp_int"),
    "event": _platform("stat_t evt_typ", "val_tpl dev_cla"),
    "time": _platform("cmd_t", "stat_t val_tpl cmd_tpl opt ret msg_exp_int", Version(2026, 5)),
    "date": _platform("cmd_t", "stat_t val_tpl cmd_tpl opt ret msg_exp_int", Version(2026, 5)),
    "datetime": _platform("cmd_t", "stat_t val_tpl cmd_tpl opt ret tz msg_exp_int", Version(2026, 5)),
}

COMMON_KEYS: Final = frozenset({
    "p", "uniq_id", "name", "obj_id", "def_ent_id", "avty", "avty_mode", "json_attr_t", "json_attr_tpl",
    "en", "ent_cat", "ic", "qos", "e", "vis",
})  # fmt: skip
"""Keys of every platform."""

SINCE: Final[Mapping[str, Version]] = {
    "def_ent_id": ALWAYS,  # read since 2025.10; older releases pass over what they do not know inside a component
    "msg_exp_int": Version(2026, 6),
    "vis": Version(2026, 7),
}
"""Keys that have not always been there."""

UNTIL: Final[Mapping[str, Version]] = {"obj_id": Version(2025, 10)}
"""Keys that a release no longer wants."""

TEXTS: Final = frozenset({
    "name", "uniq_id", "obj_id", "def_ent_id", "stat_t", "cmd_t", "json_attr_t", "avty_mode", "ent_cat", "ic", "e",
    "mode", "dev_cla", "stat_cla", "unit_of_meas", "val_tpl", "cmd_tpl", "json_attr_tpl", "lrst_val_tpl", "pl_on",
    "pl_off", "stat_on", "stat_off", "pl_rst", "pl_prs", "ptrn", "tz",
})  # fmt: skip
FLAGS: Final = frozenset({"en", "vis", "frc_upd", "opt", "ret"})
WHOLES: Final = frozenset({"qos", "exp_aft", "off_dly", "sug_dsp_prc", "msg_exp_int"})
"""Keys by what their values are: text, true or false, a whole number that is not negative."""

NULLABLE: Final = frozenset({"name", "dev_cla", "stat_cla", "unit_of_meas"})
"""Keys that may be null; anywhere else null makes the payload invalid."""

FILTERS: Final = frozenset({"string", "tojson", "default", "float"})
"""Of Jinja's filters, those that our templates use; a word that Home Assistant does not know is an error there."""

ROOT_KEYS: Final = frozenset({"dev", "o", "cmps", "avty", "avty_mode", "stat_t", "cmd_t", "qos", "e"})
"""Keys of a device's document. An unknown one makes Home Assistant refuse the whole device."""
SINGLE_KEYS: Final = frozenset({"dev", "o"})
"""Keys that an entity's own document has besides those of a component."""
DEVICE_KEYS: Final = frozenset(
    {"ids", "cns", "name", "mf", "mdl", "mdl_id", "hw", "sw", "sn", "sa", "cu", "via_device"}
)
ORIGIN_KEYS: Final = frozenset({"name", "sw", "url"})
AVAILABILITY_KEYS: Final = frozenset({"t", "val_tpl", "pl_avail", "pl_not_avail"})

LARGEST: Final = 100_000
"""Bytes of one message; some brokers refuse 128 KiB."""
