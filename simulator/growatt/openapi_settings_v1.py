"""What V1 lets be set and read: the parameters of each type, and what is wrong with them.

Types and codes are those of https://www.showdoc.com.cn/262556420217021, growattServer 2.2.0 (open_api_v1/devices) and
timohencken/GrowattPublicApiPy. Values stay in the store that the app's API uses too.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.growatt.openapi_wire import V1, Denied

Values = MutableMapping[str, str]
"""A device's settings, as the cloud keeps them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One or two parameters and the field that keeps them."""

    form: str
    fields: tuple[str, ...]
    """All get the same: the vendor tells one thing in several places."""
    low: float = 0
    high: float = 1


def _number(text: str, part: Part) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Denied(V1.VALUE_RANGE) from None
    if not part.low <= value <= part.high:
        raise Denied(V1.VALUE_RANGE)
    return value


def _whole(given: Sequence[str], part: Part) -> str:
    value = _number(given[0], part)
    if value != int(value):
        raise Denied(V1.VALUE_RANGE)
    return str(int(value))


def _decimal(given: Sequence[str], part: Part) -> str:
    return f"{_number(given[0], part):g}"


def _switch(given: Sequence[str], part: Part) -> str:
    del part
    if given[0] not in ("0000", "0001"):
        raise Denied(V1.VALUE_RANGE)
    return str(int(given[0]))


def _factor(given: Sequence[str], part: Part) -> str:
    value = _number(given[0], part)
    if abs(value) < 0.8:  # noqa: PLR2004 -- the vendor's bound
        raise Denied(V1.VALUE_RANGE)
    return f"{value:g}"


def _word(given: Sequence[str], part: Part) -> str:
    del part
    if given[0] not in ("over", "under"):
        raise Denied(V1.VALUE_RANGE)
    return given[0]


def _direction(given: Sequence[str], part: Part) -> str:
    """Return `underExcited`."""
    return "1" if _word(given, part) == "under" else "0"


def _clock(pattern: str) -> Callable[[Sequence[str], Part], str]:
    def read(given: Sequence[str], part: Part) -> str:
        del part
        try:
            moment = datetime.strptime(given[0], pattern)  # noqa: DTZ007 -- by the device's own clock
        except ValueError:
            raise Denied(V1.TIME_FORMAT) from None
        if moment.strftime(pattern) != given[0]:
            raise Denied(V1.TIME_FORMAT)
        return given[0]

    return read


def _time(given: Sequence[str], part: Part) -> str:
    """Read an hour and a minute, padded or not."""
    del part
    hour, minute = given
    if not (hour.isdecimal() and minute.isdecimal()) or int(hour) > 24 or int(minute) > 59:  # noqa: PLR2004
        raise Denied(V1.TIME_FORMAT)
    return f"{int(hour)}:{int(minute)}"


FORMS: Mapping[str, tuple[int, Callable[[Sequence[str], Part], str]]] = {
    "whole": (1, _whole),
    "decimal": (1, _decimal),
    "switch": (1, _switch),
    "factor": (1, _factor),
    "word": (1, _word),
    "direction": (1, _direction),
    "clock": (1, _clock("%Y-%m-%d %H:%M:%S")),
    "clock_minutes": (1, _clock("%Y-%m-%d %H:%M")),
    "clock_of_day": (1, _clock("%H:%M")),
    "start": (2, _time),
    "end": (2, _time),
}
"""How many parameters a form takes, and what reads them."""

Kinds = Mapping[str, tuple[Part, ...]]


def _percent(*fields: str, low: float = 0, high: float = 100) -> Part:
    return Part("whole", fields, low, high)


def _flag(*fields: str) -> Part:
    return Part("whole", fields)


def _periods(start: str, end: str, *enabled: str) -> tuple[Part, ...]:
    return tuple(
        part
        for n in range(1, 4)
        for part in (
            Part("start", (f"{start}{n}",)),
            Part("end", (f"{end}{n}",)),
            _flag(*(f"{name}{n}" for name in enabled)),
        )
    )


_CHARGE = _periods("forcedChargeTimeStart", "forcedChargeTimeStop", "forcedChargeStopSwitch", "batFirstSwitch")
_DISCHARGE = _periods(
    "forcedDischargeTimeStart", "forcedDischargeTimeStop", "forcedDischargeStopSwitch", "gridFirstSwitch"
)
_CHARGE_HEAD = (_percent("chargePowerCommand"), _percent("wchargeSOCLowLimit2"), _flag("acChargeEnable"))
_DISCHARGE_HEAD = (_percent("disChargePowerCommand"), _percent("wdisChargeSOCLowLimit2"))

_GRID: Kinds = {
    "pv_active_p_rate": (_percent("activeRate", "pvActivePRate", "activePRate"),),
    "pv_reactive_p_rate": (_percent("reactiveRate", "reactivePRate"),),
    "pv_power_factor": (Part("factor", ("pf", "powerFactor"), -1, 1),),
    "pv_grid_voltage_high": (Part("decimal", ("voltageHighLimit", "vacHigh"), 100, 600),),
    "pv_grid_voltage_low": (Part("decimal", ("voltageLowLimit", "vacLow"), 50, 500),),
}
_REGISTER: Kinds = {"set_any_reg": (Part("whole", ("register",), 0, 5000), Part("whole", ("value",), 0, 65535))}


def _hybrid(prefix: str) -> Kinds:
    return {
        **_GRID,
        "pv_on_off": (Part("switch", ("pv_on_off", "onOff")),),
        "pf_sys_year": (Part("clock_of_day", ("sysTimeOfDay",)),),
        f"{prefix}_off_grid_enable": (_flag("epsFunEn"),),
        f"{prefix}_ac_discharge_frequency": (_flag("epsFreqSet"),),
        f"{prefix}_ac_discharge_voltage": (_percent("epsVoltSet", high=2),),
        "pv_pf_cmd_memory_state": (_flag("pvPfCmdMemoryState", "pfCmdMemoryState"),),
    }


def _segment(n: int) -> tuple[Part, ...]:
    times = (Part("start", (f"forcedTimeStart{n}",)), Part("end", (f"forcedTimeStop{n}",)))
    return (_percent(f"time{n}Mode", high=2), *times, _flag(f"forcedStopSwitch{n}"))


TLX: Kinds = {
    **_GRID,
    **_REGISTER,
    **{f"time_segment{n}": _segment(n) for n in range(1, 10)},
    "charge_power": (_percent("chargePowerCommand"),),
    "charge_stop_soc": (_percent("wchargeSOCLowLimit"),),
    "discharge_power": (_percent("disChargePowerCommand"),),
    "discharge_stop_soc": (_percent("wdisChargeSOCLowLimit"),),
    "ac_charge": (_flag("acChargeEnable"),),
    "backflow_setting": (_percent("exportLimit", high=2),),
    "tlx_on_off": (Part("switch", ("onOff",)),),
    "pf_sys_year": (Part("clock", ("sysTime",)),),
    "tlx_off_grid_enable": (_flag("epsFunEn"),),
    "tlx_ac_discharge_frequency": (_flag("epsFreqSet"),),
    "tlx_ac_discharge_voltage": (_percent("epsVoltSet", high=2),),
}
MIX: Kinds = {
    **_hybrid("mix"),
    "mix_ac_charge_time_period": (*_CHARGE_HEAD, *_CHARGE),
    "mix_ac_discharge_time_period": (*_DISCHARGE_HEAD, *_DISCHARGE),
    "backflow_setting": (_flag("exportLimit"), _percent("exportLimitPowerRate")),
    "pv_reactive_p_rate_two": (Part("direction", ("underExcited",)),),
    "mix_load_flast_value_multi": (_percent("loadFirstStopSocSet"),),
    "mix_load_first_control": (_flag("loadFirstControl"),),
    "mix_single_export": (_flag("singleExport"),),
}
SPA: Kinds = {
    **_hybrid("spa"),
    "spa_load_flast": _periods("loadFirstStartTime", "loadFirstStopTime", "loadFirstSwitch"),
    "spa_ac_charge_time_period": (*_CHARGE_HEAD, *_CHARGE),
    "spa_ac_charge_time_period (17)": (*_DISCHARGE_HEAD, *_DISCHARGE),
    "spa_ac_discharge_time_period": (*_DISCHARGE_HEAD, *_DISCHARGE),
}
"""The vendor's page has `spa_ac_charge_time_period` twice: with 17 parameters it is the discharging."""
MAX: Kinds = {
    "max_cmd_on_off": (Part("switch", ("onOff",)),),
    "pv_active_p_rate": (_percent("activeRate"), _flag("pvPfCmdMemoryState")),
    "pv_power_factor": _GRID["pv_power_factor"],
}
INVERTER: Kinds = {
    **_REGISTER,
    "pv_on_off": (Part("switch", ("onOff",)),),
    "pv_pf_cmd_memory_state": (_flag("pvPfCmdMemoryState"),),
    "pv_active_p_rate": (_percent("activeRate"),),
    "pv_reactive_p_rate": (_percent("reactiveRate"), Part("word", ("reactiveDirection",))),
    "pv_power_factor": _GRID["pv_power_factor"],
    "pf_sys_year": (Part("clock", ("sysTime",)),),
    "pv_grid_voltage_high": _GRID["pv_grid_voltage_high"],
}
STORAGE: Kinds = {
    "storage_cmd_on_off": (Part("switch", ("storage_cmd_on_off",)),),
    "storage_cmd_mode": (_flag("storage_cmd_mode"),),
    "storage_cmd_forced_discharge_enable": (_flag("storage_cmd_forced_discharge_enable"),),
    "storage_lithium_battery": (_percent("storage_lithium_battery", high=10),),
    "pv_power_factor": (Part("decimal", ("stringVoltage",), 300, 500), Part("decimal", ("mppFraction",), 0.55, 0.9)),
    "storage_cmd_forced_discharge_time1": (
        Part("start", ("storage_cmd_forced_discharge_time1_start",)),
        Part("end", ("storage_cmd_forced_discharge_time1_end",)),
    ),
    "storage_cmd_sys_year": (Part("clock_minutes", ("storage_cmd_sys_year",)),),
    "storage_ac_charge_enable_disenable": (_flag("storage_ac_charge_enable_disenable"),),
    "storage_ac_charge_hour_start": (
        Part("start", ("storage_ac_charge_hour_start",)),
        Part("end", ("storage_ac_charge_hour_end",)),
    ),
    "storage_ac_charge_soc_limit": (_percent("storage_ac_charge_soc_limit", low=10, high=80),),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One of the vendor's pages for settings."""

    serial: str
    """The parameter that names the device."""
    families: tuple[str, ...]
    kinds: Kinds
    kind: str = "type"
    parameter: str = "param"


SETS: Mapping[str, Page] = {
    "tlxSet": Page("tlx_sn", ("tlx",), TLX),
    "mixSet": Page("mix_sn", ("mix",), MIX),
    "spaSet": Page("spa_sn", ("spa",), SPA),
    "maxSet": Page("max_sn", ("max",), MAX),
    "inverterSet": Page("device_sn", ("inverter",), INVERTER, "paramId", "command_"),
    "storageSet": Page("storage_sn", ("storage",), STORAGE),
}
READS: Mapping[str, str] = {
    "readMinParam": "tlxSet",
    "readMixParam": "mixSet",
    "readSpaParam": "spaSet",
    "readMaxParam": "maxSet",
    "readInverterParam": "inverterSet",
    "readStorageParam": "storageSet",
}
"""The page that reads -> the one that sets the same."""


def parsed(parts: Sequence[Part], given: Sequence[str]) -> dict[str, str]:
    """Return the fields that parameters set. Raises Denied."""
    changed: dict[str, str] = {}
    at, start = 0, ""
    for part in parts:
        count, read = FORMS[part.form]
        taken = given[at : at + count]
        if len(taken) < count or not all(taken):
            raise Denied(V1.VALUE_EMPTY)
        text = read(taken, part)
        if part.form == "start":
            start = text
        elif part.form == "end" and _minutes(text) < _minutes(start):
            raise Denied(V1.END_BEFORE_START, "error_end_before_start")
        changed |= dict.fromkeys(part.fields, text)
        at += count
    return changed


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
