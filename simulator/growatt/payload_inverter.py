"""The answers about string inverters (newInverterAPI.do) and the big ones of the type `max` (newMaxApi.do)."""

import json
from collections.abc import Mapping
from typing import Any

from simulator.growatt import fields
from simulator.growatt.device import Record
from simulator.growatt.wording import Electrics, shares

_LEGEND = "Pac(W),Ppv(W),Vpv1(V),Vpv2(V),Ipv1(A),Ipv2(A),Vac1(V),Iac1(A),Fac(Hz),Temperature(℃)"
_PHASES = "rst"


def detail(record: Record) -> dict[str, Any]:
    """Return op=getInverterDetailData: all live values, as numbers, without an envelope."""
    return _values(record, fields.INVERTER)


def max_detail(record: Record) -> dict[str, Any]:
    """Return op=getMaxDetailData: all live values, as numbers."""
    return {"parameterName": _LEGEND, "data": _values(record, fields.MAX)}


def _values(record: Record, blank: Mapping[str, Any]) -> dict[str, Any]:
    snapshot, electrics = record.snapshot, Electrics(record)
    pv = snapshot.power.pv
    status = 3 if record.alarm else 1 if pv else 0
    values: dict[str, Any] = {
        **blank,
        "serialNum": record.spec.serial,
        "dataLogSn": record.spec.logger,
        "status": status,
        "statusText": ("Waiting", "Normal", "", "Fault")[status],
        "lost": record.lost,
        "time": record.time,
        "day": record.time[:10],
        "powerToday": round(snapshot.today.pv, 1),
        "powerTotal": round(record.total.pv, 1),
        "eacToday": round(snapshot.today.pv, 1),
        "eacTotal": round(record.total.pv, 1),
        "epvTotal": round(record.total.pv, 1),
        "pac": round(pv, 1),
        "ppv": round(pv, 1),
        "fac": electrics.frequency,
        "pf": 1.0,
        "temperature": electrics.heat,
        "temperature2": round(electrics.heat + 1.4, 1),
        "ipmTemperature": round(electrics.heat + 4.2, 1),
        "pBusVoltage": 367.0 if pv else 0.0,
        "realOPPercent": round(100 * pv / record.spec.system.rated),
        "timeTotal": round(record.total.pv * 0.35, 1),
        "timeTotalText": f"{record.total.pv * 0.35:.1f}",
        "faultType": record.alarm.code if record.alarm else 0,
        "errorText": record.alarm.text if record.alarm else "Unknown",
    }
    for n, share in enumerate(shares(record.spec.system.strings), start=1):
        volts, amps, watts = electrics.string(n - 1)
        values |= {f"vpv{n}": volts, f"ipv{n}": amps, f"ppv{n}": watts}
        values[f"epv{n}Today"] = round(snapshot.today.pv * share, 1)
        values[f"epv{n}Total"] = round(record.total.pv * share, 1)
    for n, phase in enumerate(_PHASES):
        volts, amps, watts = electrics.phase(n, pv)
        values |= {f"vac{phase}": volts, f"iac{phase}": amps, f"pac{phase}": watts}
    return values


def detail_two(record: Record) -> dict[str, Any]:
    """Return op=getInverterDetailData_two: names in lower case, and a legend."""
    values = detail(record)
    data: dict[str, Any] = {
        "e_today": values["powerToday"],
        "e_total": values["powerTotal"],
        "status": values["status"],
        "time": record.time,
        "temperature": values["temperature"],
        "fac": values["fac"],
        "pac": values["pac"],
        "ppv": values["ppv"],
    }
    for n in range(1, 4):
        data |= {f"vpv{n}": values[f"vpv{n}"], f"ipv{n}": values[f"ipv{n}"]}
        data |= {f"vac{n}": values[f"vac{_PHASES[n - 1]}"], f"iac{n}": values[f"iac{_PHASES[n - 1]}"]}
    return {"data": data, "parameterName": _LEGEND}


def classic_page(record: Record, settings: Mapping[str, str]) -> str:
    """Return the settings page of a string inverter; its values stand in a script."""
    values = {
        **settings,
        "sn": record.spec.serial,
        "alias": record.spec.serial,
        "datalogSn": record.spec.logger,
        "plantId": str(record.plant.id),
        "deviceModel": record.spec.model,
        "model": "72057594037927936",
        "modelText": "A0B0D0T0P0U0M0S0",
        "nominalPower": str(int(record.spec.system.rated)),
        "fwVersion": "AH1.0",
        "innerVersion": "ahbb1917",
        "sysTime": settings.get("sysTime") or record.time,
        "lastUpdateTime": str(int(record.uploaded.timestamp() * 1_000)),
        "status": "-1" if record.lost else "1",
        "lost": str(record.lost).lower(),
        "location": "",
        "timezone": "1",
        "isBig": "0",
        "haveAfci": "0",
        "wideVoltageEnable": "0",
    }
    return (
        "<!DOCTYPE html><html><head><title>Inverter</title></head><body><script>\n"
        f"var inv=JSON.parse('{json.dumps(values)}');\n</script></body></html>"
    )
