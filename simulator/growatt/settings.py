"""What can be set on a device or a plant, and sticks until it is set again.

Which command changes which field is the vendor's; see the methods `update_*` and the examples of
https://github.com/indykoning/PyPi_GrowattServer.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from simulator.growatt.device import Record
from simulator.growatt.fields import MIX_SETTINGS, TLX_SETTINGS
from simulator.growatt.fleet import PlantSpec

Values = MutableMapping[str, str]

DONE = {"success": True, "msg": "inv_set_success"}
FAILED = {"success": False, "msg": "inv_set_failure"}
BAD_CLOCK = {"success": False, "msg": "inv_set_time_format"}
OFFLINE = {"success": False, "msg": "501"}
NOT_TAKEN = {"result": 0, "msg": "PARAMETER_ERROR", "obj": None}

_CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")

_TLX_SINGLES = {
    "charge_power": "chargePowerCommand",
    "charge_stop_soc": "wchargeSOCLowLimit",
    "discharge_power": "disChargePowerCommand",
    "discharge_stop_soc": "wdisChargeSOCLowLimit",
    "on_grid_discharge_stop_soc": "on_grid_discharge_stop_soc",
    "ub_ac_charging_stop_soc": "ub_ac_charging_stop_soc",
    "ac_charge": "acChargeEnable",
    "pv_active_p_rate": "pvActivePRate",
    "pv_on_off": "onOff",
    "tlx_on_off": "onOff",
    "tlx_off_grid_enable": "epsFunEn",
}
_MIX_SINGLES = {
    "pv_active_p_rate": "activeRate",
    "mix_load_flast_value_multi": "loadFirstStopSocSet",
    "mix_off_grid_enable": "epsFunEn",
    "spa_off_grid_enable": "epsFunEn",
    "pv_on_off": "pv_on_off",
    "setFailsafe": "failsafe",
}
_SAME = {"activeRate": ("pvActivePRate", "activePRate"), "pvActivePRate": ("activeRate",)}
"""What other answers about the same device call it, the token API's among them."""
_NOAH_LIMITS = {"defaultPower": (0, 800), "chargingSocHighLimit": (70, 100), "chargingSocLowLimit": (0, 30)}
_SPA = {"onOff": "1", "activePRate": "100", "reactivePRate": "100"}
"""What the answers about an SPA say otherwise, or call otherwise, than those about an SPH."""
_CLASSIC = {
    "pv_on_off": "onOff",
    "pv_active_p_rate": "activeRate",
    "pv_reactive_p_rate": "reactiveRate",
    "pv_power_factor": "pf",
    "pv_pf_cmd_memory_state": "pvPfCmdMemoryState",
    "pv_grid_voltage_high": "voltageHighLimit",
    "pv_grid_voltage_low": "voltageLowLimit",
}
_PLANT = {
    "plantCoal": "formulaCoal",
    "plantSo2": "formulaSo2",
    "plantCountry": "country",
    "plantType": "plantType",
    "plantIncome": "formulaMoneyStr",
    "plantAddress": "plantAddress",
    "plantTimezone": "timezone",
    "plantLng": "plant_lng",
    "plantLat": "plant_lat",
    "plantCity": "city",
    "plantCo2": "formulaCo2",
    "plantMoney": "formulaMoneyUnitId",
    "plantPower": "nominalPower",
    "plantDate": "createDateText",
    "plantName": "plantName",
}


def refused(text: str) -> dict[str, Any]:
    """Return a no, as every sort of write would say it."""
    return {"success": False, "result": 0, "msg": text, "obj": None}


def as_sold(family: str) -> dict[str, str]:
    """Return the settings of a new device, all as text."""
    match family:
        case "tlx":
            return {**TLX_SETTINGS, **_tlx_periods()}
        case "mix" | "spa":
            return {**MIX_SETTINGS, **_mix_periods(), **(_SPA if family == "spa" else {})}
        case "noah" | "nexa":
            return {
                "chargingSocHighLimit": "100",
                "chargingSocLowLimit": "10",
                "defaultPower": "200",
                "workMode": "0",
                "time_segment1": "0_0:0_23:59_200",
            }
        case "inverter" | "max":
            return {
                "onOff": "1",
                "activeRate": "100",
                "reactiveRate": "0",
                "pf": "1.0",
                "pfModel": "0",
                "pvPfCmdMemoryState": "0",
                "voltageHighLimit": "263.0",
                "voltageLowLimit": "186.0",
                "workingFrequencyMin": "47.53",
                "workingFrequencyMax": "51.5",
            }
        case _:
            return {}


def _tlx_periods() -> dict[str, str]:
    values: dict[str, str] = {}
    for n in range(1, 10):
        values |= {f"forcedTimeStart{n}": "0:0", f"forcedTimeStop{n}": "0:0", f"forcedStopSwitch{n}": "0"}
        values |= {f"time{n}Mode": "0", f"time_segment{n}": "0_0:0_0:0"}
    return values


def _mix_periods() -> dict[str, str]:
    return {
        f"forced{way}{what}{n}": start
        for way in ("Charge", "Discharge")
        for what, start in (("TimeStart", "0:0"), ("TimeStop", "0:0"), ("StopSwitch", "0"))
        for n in range(1, 7)
    }


def tlx_answer(record: Record, values: Mapping[str, str]) -> dict[str, Any]:
    """Return obj of op=getTlxSetData."""
    clock = {"serialNum": record.spec.serial, "sysTime": values.get("sysTime") or record.time}
    return {
        "tlxSetBean": {**values, **clock},
        "deviceType": "5",
        "dtc": "5203",
        "normalPower": "5000",
        "haveMeter": "1",
    }


def mix_answer(record: Record, values: Mapping[str, str]) -> dict[str, Any]:
    """Return obj of op=getMixSetParams."""
    kept = {key: value for key, value in values.items() if key not in {"sysTime", "activePRate", "reactivePRate"}}
    return {
        "mixBean": {**kept, "serialNum": record.spec.serial, "pf_sys_year": values.get("sysTime") or record.time},
        "deviceType": "0",
        "dtc": "3501",
        "haveMeter": "1",
        "normalPower": str(int(record.spec.system.rated)),
        "model": record.spec.model,
    }


def allowed_answer(words: str) -> dict[str, Any]:
    """Return the answer of op=getSetPass: what may be set, and in msg the day's settings password."""
    names = ("tlx_on_off", "pf_sys_year", "charge_power", "charge_stop_soc", "discharge_power", "discharge_stop_soc")
    more = ("ac_charge", "time_segment", "pv_active_p_rate", "tlx_off_grid_enable", "ub_ac_charging_stop_soc")
    enable = dict.fromkeys((*names, *more), "1")
    return {
        "result": 1,
        "msg": f"growatt{words.replace('-', '')}",
        "obj": {"enable": enable, "switch": {"setPass": "0"}, "haveAfci": False},
    }


def plant_as_founded(plant: PlantSpec, owner: str, nominal: float, offset: float) -> dict[str, Any]:
    """Return op=getPlant of a new plant."""
    return {
        "id": plant.id,
        "plantName": plant.name,
        "userAccount": owner,
        "country": plant.country,
        "city": plant.city,
        "plantAddress": "",
        "timezone": f"{offset:g}",
        "plant_lat": str(plant.latitude),
        "plant_lng": str(plant.longitude),
        "nominalPower": str(int(nominal)),
        "createDateText": plant.installed,
        "plantType": 0,
        "formulaMoneyStr": f"{plant.price:.2f}",
        "formulaMoneyUnitId": plant.currency,
        "formulaCo2": "0.997",
        "formulaCoal": "0.4",
        "formulaSo2": "0.03",
        "moneyUnitText": plant.symbol,
    }


def set_plant(values: MutableMapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """Carry out op=updatePlant, which wants the whole form."""
    if not {*_PLANT, "accountName", "plantID", "plantFirm"} <= form.keys():
        return FAILED
    for name, key in _PLANT.items():
        if name in form:
            values[key] = int(form[name]) if key == "plantType" and form[name].isdecimal() else form[name]
    return {"success": True, "msg": "200"}


def _parameters(form: Callable[[str], str]) -> list[str]:
    """Return param1, param2, ... as far as they are given."""
    found = []
    n = 1
    while (value := form(f"param{n}")) or form(f"param{n + 1}"):
        found.append(value)
        n += 1
    return found


def _percent(text: str) -> bool:
    return text.isdecimal() and int(text) <= 100  # noqa: PLR2004 -- per cent


def _time(hour: str, minute: str) -> str:
    return f"{int(hour)}:{int(minute)}"


def _of_day(*parts: str) -> bool:
    """Return whether hours and minutes, in turn, are times of day."""
    return all(part.isdecimal() and int(part) < (60 if n % 2 else 24) for n, part in enumerate(parts))


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _overlaps(values: Mapping[str, str], n: str, start: str, stop: str) -> bool:
    """Return whether a period meets another; those that are off count too.

    https://github.com/wills106/homeassistant-solax-modbus/issues/1307
    """
    others = [
        (_minutes(values[f"forcedTimeStart{other}"]), _minutes(values[f"forcedTimeStop{other}"]))
        for other in range(1, 10)
        if str(other) != n
    ]
    first, last = _minutes(start), _minutes(stop)
    return any(first < end and begin < last for begin, end in others)


def _set_clock(values: Values, words: str) -> dict[str, Any]:
    if not _CLOCK.match(words):
        return BAD_CLOCK
    values["sysTime"] = words
    return DONE


def set_tlx(values: Values, kind: str, form: Callable[[str], str]) -> dict[str, Any]:
    """Carry out op=tlxSet."""
    given = _parameters(form)
    if not given:
        return FAILED
    if kind == "pf_sys_year":
        return _set_clock(values, given[0])
    if field := _TLX_SINGLES.get(kind):
        return _set_number(values, field, given[0])
    segment = re.fullmatch(r"time_segment([1-9])", kind)
    return _set_segment(values, segment[1], given) if segment else FAILED


def _set_number(values: Values, field: str, text: str) -> dict[str, Any]:
    if not _percent(text):
        return FAILED
    names = (field, *(name for name in _SAME.get(field, ()) if name in values))
    values.update(dict.fromkeys(names, str(int(text))))
    return DONE


def _set_segment(values: Values, n: str, given: list[str]) -> dict[str, Any]:
    if len(given) != 6 or given[0] not in {"0", "1", "2"} or given[5] not in {"0", "1"}:  # noqa: PLR2004 -- fields
        return FAILED
    mode, from_hour, from_minute, to_hour, to_minute, enabled = given
    if not _of_day(from_hour, from_minute, to_hour, to_minute):
        return FAILED
    start, stop = _time(from_hour, from_minute), _time(to_hour, to_minute)
    if _minutes(stop) < _minutes(start) or _overlaps(values, n, start, stop):
        return FAILED
    values[f"time{n}Mode"] = mode
    values[f"forcedTimeStart{n}"], values[f"forcedTimeStop{n}"] = start, stop
    values[f"forcedStopSwitch{n}"] = enabled
    values[f"time_segment{n}"] = f"{mode}_{start}_{stop}"
    return DONE


def set_mix(values: Values, kind: str, form: Callable[[str], str]) -> dict[str, Any]:
    """Carry out op=mixSetApiNew, or op=spaSetApi."""
    given = _parameters(form)
    if not given:
        return FAILED
    if kind == "pf_sys_year":
        return _set_clock(values, given[0])
    if field := _MIX_SINGLES.get(kind):
        return _set_number(values, field, given[0])
    if kind == "backflow_setting":
        values["exportLimit"] = given[0]
        values["exportLimitPowerRate"] = given[1] if len(given) > 1 else values["exportLimitPowerRate"]
        return DONE
    period = re.fullmatch(r"(mix|spa)_ac_(dis)?charge_time_period", kind)
    if period is None:
        return FAILED
    return _set_periods(values, given, charge=period[2] is None, ac=period[1] == "mix" and period[2] is None)


def _set_periods(values: Values, given: list[str], *, charge: bool, ac: bool) -> dict[str, Any]:
    """Set power, stop of charge and the periods; only a mix's charging says whether the grid may charge."""
    head = 3 if ac else 2
    periods, rest = divmod(len(given) - head, 5)
    if rest or periods < 1 or not all(part.isdecimal() for part in given):
        return FAILED
    if not (_percent(given[0]) and _percent(given[1])):
        return FAILED
    for n in range(periods):
        if not _of_day(*given[head + 5 * n : head + 5 * n + 4]):
            return FAILED
    values["chargePowerCommand" if charge else "disChargePowerCommand"] = given[0]
    values["wchargeSOCLowLimit2" if charge else "wdisChargeSOCLowLimit2"] = given[1]
    if ac:
        values["acChargeEnable"] = given[2]
    way = "Charge" if charge else "Discharge"
    for n in range(periods):
        from_hour, from_minute, to_hour, to_minute, enabled = given[head + 5 * n : head + 5 * n + 5]
        values[f"forced{way}TimeStart{n + 1}"] = _time(from_hour, from_minute)
        values[f"forced{way}TimeStop{n + 1}"] = _time(to_hour, to_minute)
        values[f"forced{way}StopSwitch{n + 1}"] = enabled
    return DONE


def set_noah(values: Values, kind: str, form: Callable[[str], str]) -> dict[str, Any]:
    """Carry out noahDeviceApi/noah/set."""
    given = _parameters(form)
    fields = {"default_power": ["defaultPower"], "charging_soc": ["chargingSocHighLimit", "chargingSocLowLimit"]}.get(
        kind
    )
    if fields is None or len(given) != len(fields):
        return NOT_TAKEN
    for field, text in zip(fields, given, strict=True):
        low, high = _NOAH_LIMITS[field]
        if not text.isdecimal() or not low <= int(text) <= high:
            return NOT_TAKEN
    values.update(zip(fields, given, strict=True))
    return {"result": 1, "msg": "", "obj": None}


def set_classic(values: Values, form: Callable[[str], str]) -> dict[str, Any]:
    """Carry out tcpSet.do?action=inverterSet."""
    kind, command = form("paramId"), form("command_1")
    if kind == "pf_sys_year":
        return _set_clock(values, command)
    field = _CLASSIC.get(kind)
    if field is None or not command:
        return FAILED
    values[field] = str(int(command)) if kind == "pv_on_off" and command.isdecimal() else command
    return DONE
