"""The answers of newStorageAPI.do for an SPF, which runs a house with or without a grid."""

from typing import Any

from simulator.growatt import fields
from simulator.growatt.device import Record
from simulator.growatt.wording import Electrics, text

_BATTERY_VOLTS = 52.0


def _status_text(record: Record) -> str:
    power = record.snapshot.power
    if record.alarm:
        return "Fault"
    if power.ac_charge:
        return "AC charge and Bypass"
    if power.charge:
        return "PV charge"
    if power.discharge:
        return "PV charge and discharge" if power.pv else "Discharging"
    return "Standby"


def _live(record: Record) -> dict[str, Any]:
    snapshot, electrics = record.snapshot, Electrics(record, _BATTERY_VOLTS)
    power = snapshot.power
    volts1, amps1, watts1 = electrics.string(0)
    volts2, amps2, watts2 = electrics.string(1)
    volts = electrics.phase(0, power.load)[0]
    return {
        "capacity": round(snapshot.soc * 100),
        "capacityText": f"{snapshot.soc * 100:.0f} %",
        "bmsSoc": round(snapshot.soc * 100),
        "ppv": watts1,
        "ppv2": watts2,
        "ppvText": f"{watts1} W",
        "vpv": volts1,
        "vpv2": volts2,
        "vpvText": f"{volts1} V",
        "iChargePV1": amps1,
        "iChargePV2": amps2,
        "pCharge": round(power.charge, 1),
        "pDischarge": round(power.discharge, 1),
        "pChargeText": f"{power.charge:.1f} W",
        "pDischargeText": f"{power.discharge:.1f} W",
        "pAcCharge": round(power.ac_charge, 1),
        "pAcInPut": round(power.imported, 1),
        "pGrid": round(power.imported, 1),
        "pacToUser": round(power.imported, 1),
        "pacToGrid": round(power.exported, 1),
        "pacToGridText": f"{power.exported:.1f} W",
        "iAcCharge": round(power.ac_charge / volts, 1),
        "chgCurr": round(power.charge / electrics.battery_volts, 1),
        "vBat": electrics.battery_volts,
        "vBatText": f"{electrics.battery_volts} V",
        "vGrid": volts,
        "vac": volts,
        "freqGrid": electrics.frequency,
        "freqOutPut": electrics.frequency,
        "outPutVolt": volts,
        "outPutPower": round(power.load, 1),
        "outPutCurrent": round(power.load / volts, 1),
        "loadPercent": round(100 * power.load / record.spec.system.rated, 1),
        "temperature": electrics.heat,
    }


def _energies(record: Record) -> dict[str, float]:
    today, total = record.snapshot.today, record.total
    return {
        "epvToday": round(today.pv, 1),
        "epvTotal": round(total.pv, 1),
        "eChargeToday": round(today.charge, 1),
        "eChargeTotal": round(total.charge, 1),
        "eBatDisChargeToday": round(today.discharge, 1),
        "eBatDisChargeTotal": round(total.discharge, 1),
        "eDischargeToday": round(today.discharge, 1),
        "eDischargeTotal": round(total.discharge, 1),
        "eacChargeToday": round(today.ac_charge, 1),
        "eacChargeTotal": round(total.ac_charge, 1),
        "eacDisChargeToday": round(today.discharge, 1),
        "eacDisChargeTotal": round(total.discharge, 1),
        "eopDischrToday": round(today.load, 1),
        "eopDischrTotal": round(total.load, 1),
        "eToUserToday": round(today.imported, 1),
        "eToUserTotal": round(total.imported, 1),
        "eToGridToday": round(today.exported, 1),
        "eToGridTotal": round(total.exported, 1),
    }


def _detail_bean(record: Record) -> dict[str, Any]:
    alarm = record.alarm
    return {
        **fields.STORAGE,
        **_live(record),
        **_energies(record),
        "serialNum": record.spec.serial,
        "time": record.time,
        "lost": record.lost,
        "status": 3 if alarm else 5,
        "statusText": _status_text(record),
        "errorCode": alarm.code if alarm else 0,
        "errorText": alarm.text if alarm else "Unknown",
        "warnText": "Unknown",
        "rateVA": record.spec.system.rated,
    }


def _bean(record: Record) -> dict[str, Any]:
    spec = record.spec
    return {
        **fields.STORAGE_BEAN,
        "alias": spec.serial,
        "serialNum": spec.serial,
        "dataLogSn": spec.logger,
        "deviceModel": spec.model,
        "fwVersion": "067.03/068.03",
        "innerVersion": "fbaa1816",
        "modelText": "A0B0D1T2P3U0M0S0",
        "parentID": f"LIST_{spec.logger}_96",
        "treeID": f"ST_{spec.serial}",
        "treeName": spec.serial,
        "tcpServerIp": "192.0.2.10",
        "imgPath": "./css/img/status_green.gif",
        "deviceType": 1,
        "plantId": record.plant.id,
        "plantname": record.plant.name,
        "lost": record.lost,
        "status": 5,
        "statusText": "storage.status.operating",
        "rateVA": spec.system.rated,
        "rateWatt": spec.system.rated,
        "pCharge": round(record.snapshot.power.charge, 1),
        "pDischarge": round(record.snapshot.power.discharge, 1),
        "lastUpdateTime": int(record.uploaded.timestamp() * 1_000),
        "lastUpdateTimeText": record.time,
        "outputConfig": 0,
        "batteryType": 1,
    }


def params(record: Record) -> dict[str, Any]:
    """Return op=getStorageParams_sacolar: numbers, in two beans."""
    return {"storageBean": _bean(record), "storageDetailBean": _detail_bean(record)}


def detail(record: Record) -> dict[str, Any]:
    """Return op=getStorageInfo_sacolar: the live values alone."""
    identity = {"serialNum": record.spec.serial, "time": record.time, "lost": record.lost, "status": 5}
    return {**identity, **_live(record), **_energies(record), "statusText": _status_text(record)}


def overview(record: Record) -> dict[str, Any]:
    """Return op=getEnergyOverviewData_sacolar: day and lifetime energies, texts in kWh."""
    values = {key: text(value) for key, value in _energies(record).items()}
    values |= {"useEnergyToday": values["eopDischrToday"], "useEnergyTotal": values["eopDischrTotal"]}
    return values
