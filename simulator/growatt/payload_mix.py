"""The answers of newMixApi.do (SPH, hybrid) and of newSpaApi.do (SPA, AC-coupled), which are alike."""

from typing import Any

from simulator.growatt.device import Record
from simulator.growatt.wording import Electrics, kilowatts, output, own_use, text

_BATTERY_VOLTS = 52.0


def info(record: Record) -> dict[str, Any]:
    """Return op=getMixInfo: day and lifetime values, as texts."""
    snapshot, electrics = record.snapshot, Electrics(record, _BATTERY_VOLTS)
    power, today, total = snapshot.power, snapshot.today, record.total
    soc = text(snapshot.soc * 100, 0)
    return {
        "capacity": soc,
        "soc": f"{soc}%",
        "eBatChargeToday": text(today.charge),
        "eBatChargeTotal": text(total.charge),
        "eBatDisChargeToday": text(today.discharge),
        "eBatDisChargeTotal": text(total.discharge),
        "epvToday": text(today.pv),
        "epvTotal": text(total.pv),
        "acChargeEnergyToday": text(today.ac_charge),
        "acChargeEnergyTotal": text(total.ac_charge),
        "acChargePower": text(power.ac_charge),
        "pCharge1": text(power.charge),
        "pDischarge1": text(power.discharge),
        "isCharge": 1 if power.charge else 0,
        "upsPac1": "0",
        "upsPac2": "0",
        "upsPac3": "0",
        "vbat": text(electrics.battery_volts),
        "vbatdsp": text(electrics.battery_volts),
        "vpv1": text(electrics.string(0)[0]),
        "vpv2": text(electrics.string(1)[0]),
    }


def totals(record: Record) -> dict[str, Any]:
    """Return op=getEnergyOverview of a mix: energies in kWh and money, as texts."""
    today, total = record.snapshot.today, record.total
    price = record.plant.price
    return {
        "echargetoday": text(today.charge),
        "echargetotal": text(total.charge),
        "edischarge1Today": text(today.discharge),
        "edischarge1Total": text(total.discharge),
        "elocalLoadToday": text(today.load),
        "elocalLoadTotal": text(total.load),
        "epvToday": text(today.pv),
        "epvTotal": text(total.pv),
        "etoGridToday": text(today.exported),
        "etogridTotal": text(total.exported),
        "photovoltaicRevenueToday": text(today.pv * price),
        "photovoltaicRevenueTotal": text(total.pv * price),
        "unit": record.plant.symbol,
    }


def spa_totals(record: Record) -> dict[str, Any]:
    """Return op=getEnergyOverview of an SPA, as texts in kWh; its PV is another maker's inverter, metered."""
    today, total = record.snapshot.today, record.total
    price = record.plant.price
    return {
        "epvInverterToday": text(today.pv),
        "epvInverterTotal": text(total.pv),
        "echarge1Today": text(today.charge),
        "echarge1Total": text(total.charge),
        "edischarge1Today": text(today.discharge),
        "edischarge1Total": text(total.discharge),
        "elocalLoadToday": text(today.load),
        "elocalLoadTotal": text(total.load),
        "eselfToday": text(own_use(today)),
        "eselfTotal": text(own_use(total)),
        "etoGridToday": text(today.exported),
        "etogridTotal": text(total.exported),
        "gridPowerToday": text(today.imported),
        "gridPowerTotal": text(total.imported),
        "photovoltaicRevenueToday": text(today.pv * price),
        "photovoltaicRevenueTotal": text(total.pv * price),
        "unit": record.plant.symbol,
    }


def status(record: Record) -> dict[str, Any]:
    """Return op=getSystemStatus_KW: the power flow, mostly texts in kW."""
    snapshot, electrics = record.snapshot, Electrics(record, _BATTERY_VOLTS)
    power = snapshot.power
    volts = text(electrics.phase(0, output(power))[0])
    code = 3 if record.alarm else 5 if power.pv else 6
    word = "lost" if record.lost else "fault" if record.alarm else "normal"
    values: dict[str, Any] = {
        "SOC": text(snapshot.soc * 100, 0),
        "chargePower": kilowatts(power.charge),
        "pdisCharge1": kilowatts(power.discharge),
        "pLocalLoad": kilowatts(power.load),
        "pactogrid": kilowatts(power.exported),
        "pactouser": kilowatts(power.imported),
        "ppv": kilowatts(power.pv),
        "pmax": kilowatts(record.spec.system.rated),
        "fAc": text(electrics.frequency, 2),
        "vAc1": volts,
        "vac1": volts,
        "vBat": text(electrics.battery_volts),
        "upsFac": "0",
        "upsVac1": "0",
        "lost": f"{record.spec.family}.status.{word}",
        "status": str(code),
        "priorityChoose": "0",
        "uwSysWorkMode": str(code),
        "wBatteryType": "1",
        "unit": "kW",
    }
    if record.spec.family == "mix":
        for n in range(2):
            string_volts, _, watts = electrics.string(n)
            values |= {f"pPv{n + 1}": kilowatts(watts), f"vPv{n + 1}": text(string_volts)}
    return values
