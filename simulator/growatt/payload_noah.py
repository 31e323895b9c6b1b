"""The answers of noahDeviceApi for a balcony battery."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.growatt.device import Record
from simulator.growatt.wording import output, text


def battery_count(record: Record) -> int:
    """Return how many packs are stacked: one holds 2.05 kWh."""
    return max(1, round(record.spec.system.battery / 2.05))


def packs(record: Record) -> list[str]:
    """Return the serials of the packs; the first is the device's own."""
    serial = record.spec.serial
    return [serial, *(f"{serial[:-1]}{chr(ord('A') + n)}" for n in range(1, battery_count(record)))]


def status(record: Record, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return getSystemStatus: live values, numbers as texts."""
    power, today, total = record.snapshot.power, record.snapshot.today, record.total
    price = record.plant.price
    return {
        "alias": record.spec.model,
        "plantId": str(record.plant.id),
        "ppv": text(power.pv),
        "pac": text(output(power)),
        "chargePower": text(power.charge),
        "disChargePower": text(power.discharge),
        "soc": text(record.snapshot.soc * 100, 0),
        "eacToday": text(output(today)),
        "eacTotal": text(output(total)),
        "profitToday": text(output(today) * price, 2),
        "profitTotal": text(output(total) * price, 2),
        "moneyUnit": record.plant.symbol,
        "workMode": settings.get("workMode", "0"),
        "status": "-1" if record.lost else "4" if record.alarm else "1",
        "batteryNum": str(battery_count(record)),
        "associatedInvSn": None,
        "gridPower": text(power.imported - power.exported),
        "loadPower": text(power.load),
        "otherPower": "0",
        "groplugPower": "0",
        "groplugNum": "0",
        "isHaveCt": "true",
        "onOffGrid": "0",
        "acCoupleEnable": "1",
        "eastronStatus": "-1",
    }


def info(record: Record, settings: Mapping[str, str], plants: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """Return getNoahInfoBySn: settings and lists; `plants` are the account's, id and name."""
    segments = {key: value for key, value in settings.items() if key.startswith("time_segment")}
    return {
        "neoList": [],
        "unitList": {"Euro": "euro", "DOLLAR": "dollar"},
        "plantList": [{"plantId": str(number), "plantImgName": None, "plantName": name} for number, name in plants],
        "noah": {
            "deviceSn": record.spec.serial,
            "alias": "NOAH 2000",
            "model": "Noah 2000",
            "version": "11.10.09.07.9000.4017",
            "associatedInvSn": None,
            "batSns": packs(record),
            "chargingSocHighLimit": settings.get("chargingSocHighLimit", "100"),
            "chargingSocLowLimit": settings.get("chargingSocLowLimit", "10"),
            "defaultPower": settings.get("defaultPower", "200"),
            "formulaMoney": str(record.plant.price),
            "moneyUnitText": record.plant.symbol,
            "plantId": str(record.plant.id),
            "plantName": record.plant.name,
            "tempType": "0",
            "time_segment": segments,
            "workMode": settings.get("workMode", "0"),
        },
    }


def nexa_info(record: Record, settings: Mapping[str, str], plants: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """Return getNexaInfoBySn, which has no object inside, and numbers as numbers."""
    outer = info(record, settings, plants)
    inner = outer["noah"]
    numbers = {name: float(inner[name]) for name in ("chargingSocHighLimit", "chargingSocLowLimit", "formulaMoney")}
    words = {
        name: inner[name] for name in ("deviceSn", "batSns", "moneyUnitText", "plantName", "version", "time_segment")
    }
    return {
        **words,
        **numbers,
        "alias": record.spec.model,
        "model": record.spec.model,
        "acCoupleEnable": 1,
        "defaultACCouplePower": int(inner["defaultPower"]),
        "plantId": record.plant.id,
        "plantList": outer["plantList"],
        "tempType": 0,
        "workMode": int(inner["workMode"]),
    }


def plant(record: Record | None, plant_id: int, name: str) -> dict[str, Any]:
    """Return isPlantNoahSystem."""
    family = record.spec.family if record else ""
    return {
        "isPlantNoahSystem": family == "noah",
        "isPlantHaveNoah": family == "noah",
        "isPlantHaveNexa": family == "nexa",
        "deviceSn": record.spec.serial if record else "",
        "plantId": str(plant_id),
        "plantName": name,
    }
