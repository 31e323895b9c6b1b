"""What the OpenAPI says of a device: the simulated quantities under the names of the vendor's beans.

The same quantity has several names there; all are given, and a bean takes those that it has.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from simulator.growatt import payload_inverter, payload_storage, payload_tlx
from simulator.growatt.device import Record
from simulator.growatt.wording import Electrics, output, own_use, shares
from simulator.plant import Flow

VENDOR_ZONE = ZoneInfo("Asia/Shanghai")
"""Where the vendor's servers stand."""

Values = dict[str, Any]

_NUMBER = re.compile(r"-?\d+(\.\d+)?")

_VOLTS: Mapping[str, float] = MappingProxyType({"wit": 650.0, "noah": 50.0})
"""The nominal voltage of a family's battery, where it is not 52 V."""


def fill(blank: Mapping[str, Any], *sources: Mapping[str, Any]) -> Values:
    """Return a bean's fields with what the sources know of them, the first before the others, in the bean's types."""
    made: Values = {}
    for name, empty in blank.items():
        known = next((source[name] for source in sources if name in source), None)
        made[name] = _plain(empty) if known is None else _as(empty, known)
    return made


def _plain(empty: Any) -> Any:  # noqa: ANN401 -- JSON
    return dict(empty) if isinstance(empty, Mapping) else list(empty) if isinstance(empty, tuple) else empty


def _as(empty: Any, known: Any) -> Any:  # noqa: ANN401 -- JSON
    """Return a known value in the type of the blank one; the blank one if it cannot be one."""
    try:
        match empty:
            case bool():
                return known in (True, "1", "true", "True")
            case int():
                return int(float(known))
            case float():
                return float(known)
            case str():
                return str(known)
            case _:
                return known
    except (TypeError, ValueError):
        return _plain(empty)


# Times


def calendar(moment: datetime) -> Values:
    """Return a moment as the vendor's `calendar` objects have it: by the clock of its servers."""
    here = moment.astimezone(VENDOR_ZONE)
    return {
        "minimalDaysInFirstWeek": 1,
        "weekYear": here.year,
        "time": clock(moment),
        "weeksInWeekYear": 52,
        "gregorianChange": clock(datetime(1582, 10, 15, tzinfo=ZoneInfo("UTC"))),
        "timeZone": {
            "dirty": False,
            "displayName": "China Standard Time",
            "DSTSavings": 0,
            "ID": "Asia/Shanghai",
            "lastRuleInstance": None,
            "rawOffset": 28_800_000,
        },
        "timeInMillis": millis(moment),
        "lenient": True,
        "firstDayOfWeek": 1,
        "weekDateSupported": True,
    }


def clock(moment: datetime) -> Values:
    """Return a moment as the vendor's time objects have it: years since 1900, months from 0, days from Sunday."""
    here = moment.astimezone(VENDOR_ZONE)
    return {
        "year": here.year - 1900,
        "month": here.month - 1,
        "date": here.day,
        "hours": here.hour,
        "minutes": here.minute,
        "seconds": here.second,
        "day": here.isoweekday() % 7,
        "time": millis(moment),
        "timezoneOffset": -480,
    }


def millis(moment: datetime) -> int:
    """Return the milliseconds since 1970."""
    return int(moment.timestamp() * 1_000)


def mistaken(record: Record) -> datetime:
    """Return when the vendor takes an upload to have been: the plant's wall clock, read as if it hung in China.

    So the answers of a NOAH in Europe show it, whose sun shone at "02:30 UTC":
    https://github.com/mtrossbach/noah-mqtt/issues/117
    """
    return record.local.replace(tzinfo=VENDOR_ZONE)


# Quantities


def live(record: Record) -> Values:
    """Return what a device's last upload said."""
    said = _common(record) | _strings(record) | _grid(record) | _house(record) | _battery(record) | _family(record)
    # Every recorded answer says so, also of devices at work; who is lost stands in the facts and the lists.
    return said | {"lost": True}


def _common(record: Record) -> Values:
    snapshot, spec = record.snapshot, record.spec
    code = status(record)
    code_name = {0: "Waiting", 1: "Normal", 3: "Fault", 5: "PV Bat Online", 6: "Bat Online"}.get(code, "Lost")
    alarm = record.alarm
    return {
        "serialNum": spec.serial,
        "inverterId": spec.serial,
        "deviceSn": spec.serial,
        "time": record.time,
        "timeStr": record.time,
        "timeText": record.time,
        "status": code,
        "statusText": code_name,
        "uwSysWorkMode": code,
        **dict.fromkeys(("errorCode", "faultCode", "faultType"), alarm.code if alarm else 0),
        "errorText": alarm.text if alarm else "Unknown",
        "warnText": "Unknown",
        "batteryType": 1 if spec.system.battery else 0,
        "debug1": "0,0,0,0,0,0,0,0",
        "debug2": "0,0,0,0,0,0,0,0",
        "timeTotal": round(record.total.pv * 1_100, 1),
        "upsPF": 1_000.0,
        "epsPf": -1.0,
        "realOPPercent": round(100 * output(snapshot.power) / spec.system.rated),
    }


def status(record: Record) -> int:
    """Return a device's state by its family's own list: 0 waiting, 1 normal, 3 fault; 5 to 8 normal for a hybrid."""
    if record.alarm:
        return 3
    if record.spec.family in ("mix", "spa", "storage", "sph-s", "wit"):
        return 5 if record.snapshot.power.pv else 6
    return 1 if record.snapshot.power.pv or record.snapshot.power.discharge else 0


def _strings(record: Record) -> Values:
    snapshot, electrics = record.snapshot, Electrics(record)
    today, total = snapshot.today.pv, record.total.pv
    values: Values = {
        "ppv": round(snapshot.power.pv, 1),
        "ppvText": f"{snapshot.power.pv:.1f} W",
        "epvToday": round(today, 1),
        "epvtoday": round(today, 1),
        "epvTotal": round(total, 1),
    }
    for n, share in enumerate(shares(record.spec.system.strings), start=1):
        volts, amps, watts = electrics.string(n - 1)
        values |= {f"vpv{n}": volts, f"ipv{n}": amps, f"ppv{n}": watts}
        values |= {f"epv{n}Today": round(today * share, 1), f"epv{n}Total": round(total * share, 1)}
    return values


def _grid(record: Record) -> Values:
    snapshot, electrics = record.snapshot, Electrics(record)
    watts = output(snapshot.power)
    values: Values = {
        "pac": round(watts, 1),
        "eacToday": round(output(snapshot.today), 1),
        "eacTotal": round(output(record.total), 1),
        "fac": electrics.frequency,
        "pf": 1.0,
        "temp1": electrics.heat,
        "temp2": round(electrics.heat - 1.8, 1),
        "temp3": round(electrics.heat - 2.6, 1),
        "invTemp": electrics.heat,
        "dcTemp": round(electrics.heat + 3.1, 1),
    }
    for n, name in enumerate("rst"):
        volts, amps, part = electrics.phase(n, watts)
        values |= {f"vac{n + 1}": volts, f"iac{n + 1}": amps, f"pac{n + 1}": part}
        values |= {f"vac{name}": volts, f"iac{name}": amps, f"pac{name}": part}
    return values


def _energies(today: Flow, total: Flow) -> Values:
    """Return the daily and lifetime energies in kWh under every name; the vendor's spelling differs by bean."""
    ways: Mapping[tuple[str, ...], Callable[[Flow], float]] = {
        ("elocalLoad",): lambda flow: flow.load,
        ("etoUser",): lambda flow: flow.imported,
        ("etoGrid", "etogrid"): lambda flow: flow.exported,
        ("eself",): own_use,
        ("esystem",): output,
        ("echarge", "echarge1"): lambda flow: flow.charge,
        ("edischarge", "edischarge1"): lambda flow: flow.discharge,
        ("acChargeEnergy", "eacCharge"): lambda flow: flow.ac_charge,
        ("epvInverter",): lambda flow: flow.pv,
    }
    values: Values = {}
    for names, way in ways.items():
        for name in names:
            for ending, flow in (("Today", today), ("Total", total), ("today", today), ("total", total)):
                values[name + ending] = round(way(flow), 1)
    return values


def _house(record: Record) -> Values:
    if not record.spec.system.load:
        return {}
    power = record.snapshot.power
    load, imported, exported = (round(watts, 1) for watts in (power.load, power.imported, power.exported))
    return _energies(record.snapshot.today, record.total) | {
        "plocalLoadTotal": load,
        "plocalLoadR": load,
        "pacToLocalLoad": load,
        "pacToUserTotal": imported,
        "pacToUserR": imported,
        "pacToGridTotal": exported,
        "pacToGridR": exported,
        "ppvInverter": round(power.pv, 1),
        "pself": round(own_use(power), 1),
        "psystem": round(output(power), 1),
        "loadPower1": load,
    }


def _battery(record: Record) -> Values:
    spec = record.spec
    if not spec.system.battery:
        return {}
    power, soc = record.snapshot.power, round(record.snapshot.soc * 100)
    volts = Electrics(record, _VOLTS.get(spec.family, 52.0)).battery_volts
    net = power.charge - power.discharge
    return {
        "soc": soc,
        "socText": f"{soc}%",
        "bmsSOC": soc,
        "bSoc": soc,
        "bmsSOH": 98,
        "soh": 98,
        "bmsSoh": 98,
        "vbat": volts,
        "vbat1": volts,
        "vBatDsp": volts,
        "bmsBatteryVolt": volts,
        "bmsBatteryCurr": round(net / volts, 1),
        "ibat": round(net / volts, 1),
        "bmsBatteryTemp": round(record.snapshot.temperature + 6, 1),
        "batteryTemperature": round(record.snapshot.temperature + 6, 1),
        "pcharge1": round(power.charge, 1),
        "pdischarge1": round(power.discharge, 1),
        "batPower": round(net, 1),
        "uBatChgP": round(power.charge, 1),
        "uBatDsgP": round(power.discharge, 1),
        "acChargePower": round(power.ac_charge, 1),
    }


def _family(record: Record) -> Values:
    """Return what the app's API calls the same: the beans of these families have the same names."""
    match record.spec.family:
        case "tlx":
            names = payload_tlx.detail(record)["data"]
        case "storage":
            names = payload_storage.params(record)["storageDetailBean"]
        case "inverter" | "max":
            names = payload_inverter.detail(record)
        case "noah":
            names = _noah(record)
        case _:
            return {}
    # The two calendars differ, and so do the texts of what is offline.
    return {name: value for name, value in names.items() if name not in ("calendar", "timeCalendar", "day")}


def _noah(record: Record) -> Values:
    snapshot = record.snapshot
    power, soc = snapshot.power, round(snapshot.soc * 100)
    warmth = round(snapshot.temperature + 6, 1)
    electrics = Electrics(record, 50.0)
    values: Values = {
        "isAgain": 0,
        "status": 4 if record.alarm else 1,
        "totalBatteryPackSoc": soc,
        "totalBatteryPackChargingStatus": 1 if power.charge else 2 if power.discharge else 0,
        "totalBatteryPackChargingPower": round(power.charge - power.discharge),
        "batteryPackageQuantity": 1,
        "batterySoh": 98,
        "battery1SerialNum": record.spec.serial,
        "battery1Soc": soc,
        "battery1Temp": warmth,
        "battery1TempF": round(warmth * 1.8 + 32, 1),
        "totalHouseholdLoad": round(power.load, 1),
        "householdLoadApartFromGroplug": round(power.load, 1),
        "ctSelfPower": round(power.imported - power.exported, 1),
        "ctFlag": 1,
        "onGridPower": round(output(power), 1),
        "onGridVoltage": electrics.phase(0, output(power))[0],
        "systemTemp": electrics.heat,
    }
    for n in range(2):
        volts, amps, _ = electrics.string(n)
        # A balcony's panels are single ones, each with a converter of its own.
        values |= {f"pv{n + 1}Voltage": round(volts / 10, 2), f"pv{n + 1}Current": round(amps * 10, 2)}
        values[f"pv{n + 1}Temp"] = electrics.heat
    return values


# What hardly changes


def told(settings: Mapping[str, str]) -> Values:
    """Return settings, which are kept as texts, as what they are: numbers, texts, or nothing."""
    return {name: _read(text) for name, text in settings.items()}


def _read(text: str) -> float | str | None:
    if not text:
        return None
    return float(text) if _NUMBER.fullmatch(text) else text


def segments(settings: Mapping[str, str]) -> Values:
    """Return a Noah's periods, each of which the store keeps as `mode_start_end_power`, in V4's names."""
    values: Values = {}
    for n in range(1, 10):
        mode, start, end, power = (settings.get(f"time_segment{n}", "") + "___").split("_")[:4]
        if not start:
            continue
        values |= {f"time{n}Mode": mode or 0, f"time{n}Start": start, f"time{n}End": end, f"time{n}Power": power or 0}
        values[f"time{n}Enable"] = settings.get(f"time{n}Enable", "1") == "1"
    return values


def identity(record: Record, code: int) -> Values:
    """Return what a device is; `code` is the vendor's number for its type."""
    spec, plant, snapshot = record.spec, record.plant, record.snapshot
    word = "lost" if record.lost else "normal"
    rated = int(spec.system.rated)
    shift = record.uploaded.astimezone(ZoneInfo(plant.zone)).utcoffset() or timedelta(0)
    return {
        "addr": 1,
        "address": 1,
        "alias": spec.alias or spec.serial,
        "serialNum": spec.serial,
        "deviceSn": spec.serial,
        "dataLogSn": spec.logger,
        "datalogSn": spec.logger,
        "treeID": f"ST_{spec.serial}",
        "treeName": spec.serial,
        "parentID": f"LIST_{spec.logger}_{code}",
        "portName": f"ShinePano - {spec.logger}",
        "tcpServerIp": "192.0.2.10",
        "imgPath": f"./css/img/status_{'gray' if record.lost else 'green'}.gif",
        "fwVersion": "RA1.0",
        "innerVersion": "raab010101",
        "communicationVersion": "ZCBD-0004",
        "manufacturer": "   New Energy   ",
        "modelText": "A0B1D0T0PFU2M7S0",
        "model": 1_683_928_000_000,
        "groupId": -1,
        "level": 4,
        "lost": record.lost,
        "status": -1 if record.lost else status(record),
        "statusText": f"{spec.family}.status.{word}",
        "pmax": rated,
        "normalPower": rated,
        "nominalPower": rated,
        "rateVA": spec.system.rated,
        "rateWatt": spec.system.rated,
        "batSysEnergy": spec.system.battery,
        "batSysRateEnergy": spec.system.battery,
        "eToday": round(output(snapshot.today), 1),
        "eTotal": round(output(record.total), 1),
        "energyDay": round(output(snapshot.today), 1),
        "power": round(output(snapshot.power), 1),
        "pCharge": round(snapshot.power.charge, 1),
        "pDischarge": round(snapshot.power.discharge, 1),
        "lastUpdateTimeText": record.time,
        "sysTime": record.time,
        "sysTimeText": record.time,
        "timezone": shift.total_seconds() / 3_600,
    }
