"""An account's devices, what they answer, and what is read of them."""

import json
from typing import Any

from app.model import Reading
from app.providers.growatt.provider import Growatt
from tests.providers.growatt.kit import Cloud

PLANT = "growatt_plant_11"

TLX_ANSWER = {
    "data": {
        "pac": 2503.8,
        "ppv": 2558.7,
        "status": 1,
        "statusText": "Normal",
        "time": "2026-06-21 10:58:35",
        "lost": False,
        "faultType": 0,
        "warnCode": 0,
        "eacToday": 21.6,
        "vpv1": 258,
        "vpv2": 0,
        "epv2Total": 0,
        "bmsSoc": 0,
        "newThing": 7,
    }
}

MIX = {
    "getSystemStatus_KW": {
        "result": 1,
        "obj": {
            "ppv": "1.2",
            "pPv1": "700",
            "pPv2": "500",
            "pactouser": "0.3",
            "pactogrid": "0",
            "chargePower": "0",
            "pdisCharge1": "0.4",
            "SOC": "68",
            "lost": "mix.status.normal",
            "status": "5",
            "unit": "kW",
            "pmax": "6",
        },
    },
    "getMixInfo": {
        "result": 1,
        "obj": {"capacity": "68", "epvToday": "12.6", "eBatChargeToday": "9.1", "pDischarge1": "390"},
    },
    "getEnergyOverview": {
        "result": 1,
        "obj": {"epvToday": "99", "elocalLoadToday": "6.2", "photovoltaicRevenueToday": "4.5", "unit": "$"},
    },
    "getEnergyProdAndCons_KW": {
        "result": 1,
        "obj": {"chartData": {"00:05": {}, "10:55": {}}, "eCharge": "12.6", "etouser": "0.2", "elocalLoad": "6.3"},
    },
    "getEnergyStorageData": {"etouser": "10.2kWh", "eCharge": "1kWh"},
}


def has(account: Cloud, *devices: dict[str, Any]) -> None:
    account.answers["getAllDeviceListTwo"] = {"deviceList": list(devices)}


def page(**values: str) -> str:
    """Return the page of a string inverter's settings."""
    return f"<script>inv=JSON.parse('{json.dumps(values)}')</script>"


async def values_of(provider: Growatt, feed: Any, device_id: str) -> dict[str, Any]:
    return {reading.point.key: reading.value for reading in await read(provider, feed, device_id)}


async def read(provider: Growatt, feed: Any, device_id: str) -> list[Reading]:
    found = [reading for reading in await provider.read(feed) if reading.device_id == device_id]
    assert len({reading.point.key for reading in found}) == len(found), "a point stands twice"
    return found
