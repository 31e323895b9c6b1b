"""The answers of newTlxApi.do for a MIN or another device of the vendor's type `tlx`."""

from typing import Any

from simulator.growatt import fields
from simulator.growatt.device import Record
from simulator.growatt.wording import Electrics, kilowatts, output, own_use, shares, text

_BATTERY_VOLTS = 205.0
"""A stack of high-voltage modules."""

_LEGEND = "Fac(Hz),Pac(W),Ppv(W),Ppv1(W),Ppv2(W),Vpv1(V),Vpv2(V),Ipv1(A),Ipv2(A),Vac1(V),Iac1(A),Temp1(℃)"


def detail(record: Record) -> dict[str, Any]:
    """Return op=getTlxDetailData: all live values, as numbers."""
    values: dict[str, Any] = dict(fields.TLX)
    values.update(_identity(record), **_production(record))
    if record.spec.system.load:
        values.update(_household(record))
    if record.spec.system.battery:
        values.update(_battery(record))
    return {"parameterName": _LEGEND, "data": values}


def _identity(record: Record) -> dict[str, Any]:
    awake = record.snapshot.power.pv or record.snapshot.power.discharge
    status = 3 if record.alarm else 1 if awake else 0
    return {
        "serialNum": record.spec.serial,
        "dataLogSn": record.spec.logger,
        "alias": record.spec.serial,
        "time": record.time,
        "calendar": int(record.uploaded.timestamp() * 1_000),
        "day": record.time[:10],
        "lost": record.lost,
        "status": status,
        "statusText": ("Standby", "Normal", "", "Fault")[status],
        "faultType": record.alarm.code if record.alarm else 0,
        "errorText": record.alarm.text if record.alarm else "Unknown",
        "warnText": "Unknown",
        "bmsFwVersion": "0",
        "bmsMcuVersion": "0",
        "debug1": "160, 0, 0, 0, 324, 0, 0, 0",
        "debug2": "0,0,0,0,0,0,0,0",
        "epsPf": -1.0,
        "pf": 1.0,
        "realOPPercent": round(100 * output(record.snapshot.power) / record.spec.system.rated),
    }


def _production(record: Record) -> dict[str, Any]:
    snapshot, electrics = record.snapshot, Electrics(record, _BATTERY_VOLTS)
    watts = output(snapshot.power)
    values: dict[str, Any] = {
        "ppv": round(snapshot.power.pv, 1),
        "pac": round(watts, 1),
        "eacToday": round(output(snapshot.today), 1),
        "eacTotal": round(output(record.total), 1),
        "epvTotal": round(record.total.pv, 1),
        "fac": electrics.frequency,
        "timeTotal": round(record.total.pv * 1_100, 1),
        "pBusVoltage": 367.0,
        "iso": 3_135.0,
        "temp1": electrics.heat,
        "temp2": round(electrics.heat - 1.8, 1),
        "temp3": round(electrics.heat - 2.6, 1),
        "temp4": 0.0,
        "temp5": round(electrics.heat + 3.9, 1),
    }
    for n, share in enumerate(shares(record.spec.system.strings), start=1):
        volts, amps, power = electrics.string(n - 1)
        values |= {f"vpv{n}": volts, f"ipv{n}": amps, f"ppv{n}": power}
        values[f"epv{n}Today"] = round(snapshot.today.pv * share, 1)
        values[f"epv{n}Total"] = round(record.total.pv * share, 1)
    for n in range(3):
        volts, amps, power = electrics.phase(n, watts)
        values |= {f"vac{n + 1}": volts, f"iac{n + 1}": amps, f"pac{n + 1}": power}
    values["vacrs"] = values["vacRs"] = values["vac1"]
    return values


def _household(record: Record) -> dict[str, Any]:
    power, today, total = record.snapshot.power, record.snapshot.today, record.total
    return {
        "pacToLocalLoad": round(power.load, 1),
        "pacToUserTotal": round(power.imported, 1),
        "pacToGridTotal": round(power.exported, 1),
        "pself": round(own_use(power), 1),
        "psystem": round(output(power), 1),
        "elocalLoadToday": round(today.load, 1),
        "elocalLoadTotal": round(total.load, 1),
        "etoUserToday": round(today.imported, 1),
        "etoUserTotal": round(total.imported, 1),
        "etoGridToday": round(today.exported, 1),
        "etoGridTotal": round(total.exported, 1),
        "eselfToday": round(own_use(today), 1),
        "eselfTotal": round(own_use(total), 1),
        "esystemToday": round(output(today), 1),
        "esystemTotal": round(output(total), 1),
        "eacChargeToday": round(today.ac_charge, 1),
        "eacChargeTotal": round(total.ac_charge, 1),
        "bMerterConnectFlag": 1,
    }


def _battery(record: Record) -> dict[str, Any]:
    power, today, total = record.snapshot.power, record.snapshot.today, record.total
    electrics = Electrics(record, _BATTERY_VOLTS)
    soc = round(record.snapshot.soc * 100)
    amps = round((power.charge - power.discharge) / electrics.battery_volts, 1)
    return {
        "bdc1Soc": float(soc),
        "bmsSoc": float(soc),
        "soc1": soc,
        "bmsSoh": 98.0,
        "bdc1Status": 1,
        "bdcStatus": 1,
        "bmsStatus": 3 if power.charge else 2,
        "bdc1Mode": 1 if power.charge else 2,
        "bdc1Vbat": electrics.battery_volts,
        "bmsVbat": electrics.battery_volts,
        "bdc1Ibat": amps,
        "bmsIbat": amps,
        "bdc1Temp1": round(electrics.heat - 4, 1),
        "bdc1Temp2": round(electrics.heat - 5, 1),
        "bmsTemp1Bat": round(record.snapshot.temperature + 6, 1),
        "bdc1ChargePower": round(power.charge, 1),
        "bdc1DischargePower": round(power.discharge, 1),
        "bdc1ChargeTotal": round(total.charge, 1),
        "bdc1DischargeTotal": round(total.discharge, 1),
        "echargeToday": round(today.charge, 1),
        "echargeTotal": round(total.charge, 1),
        "edischargeToday": round(today.discharge, 1),
        "edischargeTotal": round(total.discharge, 1),
        "batSn": record.spec.battery_serial or None,
        "batteryNo": 1,
    }


def _flow(record: Record) -> dict[str, Any]:
    """Return where the power goes, texts in kW."""
    power = record.snapshot.power
    return {
        "ppv": kilowatts(power.pv),
        "pac": kilowatts(output(power)),
        "pactogrid": kilowatts(power.exported) if record.spec.system.load else "0",
        "pactouser": kilowatts(power.imported),
        "pLocalLoad": kilowatts(power.load),
        "chargePower": kilowatts(power.charge),
        "chargePower1": kilowatts(power.charge),
        "chargePower2": "0",
        "pdisCharge": kilowatts(power.discharge),
        "pdisCharge1": kilowatts(power.discharge),
        "pdisCharge2": "0",
    }


def status(record: Record) -> dict[str, Any]:
    """Return op=getSystemStatus_KW: the power flow, texts in kW."""
    snapshot, electrics = record.snapshot, Electrics(record, _BATTERY_VOLTS)
    power = snapshot.power
    volts = text(electrics.phase(0, output(power))[0])
    soc = text(snapshot.soc * 100, 0)
    battery = record.spec.system.battery
    code, word = ("-1", "lost") if record.lost else ("3", "fault") if record.alarm else ("1", "operating")
    values: dict[str, Any] = {
        **_flow(record),
        "SOC": soc if battery else "0",
        "SOC2": "0",
        "soc1": soc if battery else "0",
        "soc2": "0",
        "vBat": text(electrics.battery_volts) if battery else "0",
        "vAc1": volts,
        "vac1": volts,
        "fAc": text(electrics.frequency, 2),
        "upsVac1": "0",
        "upsFac": "0",
        "pmax": kilowatts(record.spec.system.rated),
        "bmsBatteryEnergy": f"{text(battery * snapshot.soc)}kWh",
        "bdcStatus": "1" if battery else "0",
        "operatingMode": "0",
        "priorityChoose": "0",
        "uwSysWorkMode": "6",
        "wBatteryType": "1" if battery else "0",
        "lost": f"tlx.status.{word}",
        "status": code,
        "unit": "kW",
        "dType": "5",
        "invStatus": code,
        "prePto": "-1",
        "ptoStatus": "0",
        "isMasterOrSlave": "0",
        "sn": record.spec.serial,
    }
    for n in range(4):
        string_volts, _, watts = electrics.string(n)
        values[f"vPv{n + 1}"] = text(string_volts)
        values[f"pPv{n + 1}"] = kilowatts(watts)
    return values


def overview(record: Record) -> dict[str, Any]:
    """Return op=getEnergyOverview: day and lifetime energies, texts in kWh."""
    today, total = record.snapshot.today, record.total
    metered = bool(record.spec.system.load)
    return {
        "epvToday": text(today.pv),
        "epvTotal": text(total.pv),
        "echargetoday": text(today.charge),
        "echargetotal": text(total.charge),
        "edischargeToday": text(today.discharge),
        "edischargeTotal": text(total.discharge),
        "elocalLoadToday": text(today.load),
        "elocalLoadTotal": text(total.load),
        "etoGridToday": text(today.exported) if metered else "0",
        "etogridTotal": text(total.exported) if metered else "0",
        "isNewEnergy": "1",
    }


def params(record: Record) -> dict[str, Any]:
    """Return op=getTlxParams: what hardly changes."""
    bean: dict[str, Any] = dict(fields.TLX_BEAN)
    serial, spec = record.spec.serial, record.spec
    bean.update(
        alias=serial,
        serialNum=serial,
        sn=serial,
        dataLogSn=spec.logger,
        deviceType=5,
        dtc=5_203,
        fwVersion="GJ1.0",
        communicationVersion="GJAA-0004",
        innerVersion="GJAA04xx",
        hwVersion="0",
        manufacturer="   PV Inverter  ",
        modelText="S07B00D00T00P0FU01M000A",
        deviceModel=spec.model,
        parentID=f"LIST_{spec.logger}_22",
        treeID=f"ST_{serial}",
        treeName=serial,
        portName=f"ShinePano-{spec.logger}",
        tcpServerIp="192.0.2.10",
        imgPath="./css/img/status_green.gif",
        pmax=int(spec.system.rated),
        plantId=record.plant.id,
        plantname=record.plant.name,
        lost=record.lost,
        status=1,
        statusText="tlx.status.operating",
        eToday=round(record.snapshot.today.pv, 1),
        eTotal=round(record.total.pv, 1),
        power=round(record.snapshot.power.pv, 1),
        lastUpdateTime=int(record.uploaded.timestamp() * 1_000),
        lastUpdateTimeText=record.time,
        batSysEnergy=spec.system.battery,
    )
    return {"inverterType": "5", "region": "", "newBean": bean}


def battery_info(record: Record) -> dict[str, Any]:
    """Return op=getBatInfo: the battery in short."""
    power = record.snapshot.power
    return {
        "serialNum": record.spec.battery_serial,
        "soc": text(record.snapshot.soc * 100, 0),
        "chargeOrDisPower": text(power.charge - power.discharge),
        "vbat": text(Electrics(record, _BATTERY_VOLTS).battery_volts),
        "batSysEnergy": text(record.spec.system.battery, 2),
        "status": "1" if power.charge else "2",
        "lost": record.lost,
        "lastUpdateTime": record.time,
        "invSn": record.spec.serial,
    }


def battery_detail(record: Record) -> dict[str, Any]:
    """Return op=getBatDetailData: the battery at length; power is positive while it charges."""
    power, electrics = record.snapshot.power, Electrics(record, _BATTERY_VOLTS)
    net = round(power.charge - power.discharge, 1)
    return {
        "result": 1,
        "msg": "",
        "data": {
            "serialNum": record.spec.battery_serial,
            "chargeOrDisPower": net,
            "soc": round(record.snapshot.soc * 100),
            "soh": 98,
            "vbat": electrics.battery_volts,
            "ibat": round(net / electrics.battery_volts, 1),
            "batTemp": round(record.snapshot.temperature + 6, 1),
            "chargeToday": round(record.snapshot.today.charge, 1),
            "chargeTotal": round(record.total.charge, 1),
            "dischargeToday": round(record.snapshot.today.discharge, 1),
            "dischargeTotal": round(record.total.discharge, 1),
            "status": 1 if power.charge else 2,
            "lost": record.lost,
            "time": record.time,
        },
    }
