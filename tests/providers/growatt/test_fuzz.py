"""Whatever the vendor leaves out or garbles, nothing but a ProviderError comes out."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

import pytest
from aiohttp import TCPConnector
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import NoData, ProtocolError, ProviderError
from app.model import BINARY, NUMERIC, Device, Kind, Reading
from app.providers import Account
from app.providers.growatt import calls
from app.providers.growatt.answers import Answer, judged, parse, parse_loosely
from app.providers.growatt.calls import Call
from app.providers.growatt.client import Client
from app.providers.growatt.families import FEEDS, TYPES
from app.providers.growatt.mask import masked, serials
from app.providers.growatt.provider import Growatt
from tests.providers.growatt.kit import INSTALL, NOW, Clock, Ledger, Vault, make_settings

CHART = {"00:05": {"ppv": "0"}, "10:55": {"ppv": "1"}}
WHOLE: dict[str, Any] = {
    "plant_list_two": {
        "PlantList": [{"id": 11, "plantName": "Home", "timezone": 1, "nominalPower": 6400, "moneyUnitText": "€"}]
    },
    "plant_info": {
        "deviceList": [
            {"deviceSn": f"{kind}1", "deviceType": kind, "deviceAilas": "x", "lost": False, "power": "5", "eToday": "1"}
            for kind in ("inverter", "tlx", "mix", "spa", "storage", "noah", "bat", "max", "wit")
        ],
        "datalogList": [
            {"datalog_sn": "LOG1", "update_time": "2026-06-21 10:57:00", "values": ["Good"], "lost": False}
        ],
        "plantMoneyText": "3.1/€",
        "totalMoneyText": "9 (€)",
        "todayEnergy": "5",
        "nominalPower": "6400",
    },
    "plant_energy_data": {"todayValue": "1", "statusMap": {"onlineNum": 1}, "todayProfitStr": "€1"},
    "plant_settings": {"timezone": "1", "nominalPower": "5", "formulaMoneyStr": "0.3"},
    "dashboard_data": {"etouser": "10.2kWh", "chartData": CHART},
    "inverter_detail": {"pac": 5, "status": 1, "time": "2026-06-21 10:57:00", "faultType": 0, "vpv2": 5, "lost": False},
    "classic_inverter_info": {"onOff": "1", "activeRate": "70", "nominalPower": "3600", "lost": "false"},
    "tlx_detail": {
        "data": {
            "pac": 5,
            "bmsSoc": 50,
            "calendar": {"time": {"year": 126, "month": 5, "date": 21, "hours": 10, "minutes": 57, "seconds": 0}},
        }
    },
    "tlx_params": {"newBean": {"model": "MIN", "pmax": 6000, "fwVersion": "1"}},
    "tlx_energy_overview": {"epvToday": "1", "echargetoday": "2"},
    "tlx_all_settings": {"chargePowerCommand": "80", "time1Mode": "1", "acChargeEnable": "1"},
    "tlx_enabled_settings": {"enable": {"a": "1"}},
    "tlx_battery_info": {"soc": "5", "lost": False},
    "tlx_battery_info_detailed": {"data": {"chargeOrDisPower": "-3", "soc": "5"}},
    "mix_system_status": {
        "ppv": "1",
        "pPv1": "500",
        "pPv2": "500",
        "unit": "kW",
        "pmax": "6",
        "lost": "mix.status.normal",
        "status": "5",
    },
    "mix_info": {"capacity": "50", "epvToday": "2", "isCharge": "1"},
    "mix_totals": {"epvToday": "2", "photovoltaicRevenueToday": "1", "unit": "€"},
    "mix_detail": {"chartData": CHART, "eCharge": "5", "etouser": "1"},
    "get_mix_inverter_settings": {"mixBean": {"wchargeSOCLowLimit2": "95"}, "model": "SPH"},
    "storage_params": {
        "storageBean": {"eChargeToday": 0, "ppv": 5},
        "storageDetailBean": {"pCharge": -5, "pDischarge": 0, "status": 5, "statusText": "PV charge"},
    },
    "storage_energy_overview": {"epvToday": "1"},
    "spa_system_status": {"ppv": "1", "status": "5"},
    "spa_totals": {"epvToday": "2"},
    "max_detail": {"pac": 5, "status": 1},
    "noah_system_status": {"ppv": "5", "status": "1", "profitToday": "0.1", "moneyUnit": "€"},
    "noah_info": {"noah": {"defaultPower": "200", "time_segment": [{"time_segment1": "0_0:0_8:0_1"}]}},
    "is_plant_noah_system": {"isPlantHaveNoah": True, "deviceSn": "0PV2"},
    "device_list": {"deviceList": []},
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["--", "", "1e999", "-1", "12.5kWh", "€", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every value of a document."""
    found = [path] if path else []
    if isinstance(document, dict):
        found += [place for key, value in document.items() for place in places(value, (*path, key))]
    elif isinstance(document, list):
        found += [place for index, value in enumerate(document) for place in places(value, (*path, index))]
    return found


PLACES = places(WHOLE)


def garbled(damage: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    """Return all answers with some values replaced; `...` takes one away."""
    document: Any = json.loads(json.dumps(WHOLE))
    for path, value in damage:
        inner = document
        try:
            for step in path[:-1]:
                inner = inner[step]
            if value is ...:
                del inner[path[-1]]
            else:
                inner[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    return cast("dict[str, Any]", document)


class Garbler:
    """A client whose answers are given."""

    answered_at = None

    def __init__(self, answers: dict[str, Any]) -> None:
        self.given, self.kept = answers, dict[str, tuple[Call, bytes]]()
        self.login = type("NoLogin", (), {"user": "7", "read_only": False})()

    async def enter(self) -> None: ...

    @staticmethod
    def theirs(moment: datetime) -> datetime:
        return moment

    def answers(self) -> Iterator[tuple[str, Call, bytes]]:
        return ((name, call, body) for name, (call, body) in self.kept.items())

    async def ask(self, call: Call, **values: str) -> Any:
        answer = self.given.get(call.name)
        self.kept[f"{call.name}/{values.get('sn')}"] = call, json.dumps(answer).encode()
        if call.unwrap and not isinstance(answer, dict | list):
            raise NoData(call.name)
        if not isinstance(answer, dict):
            raise ProtocolError(call.name)
        return answer


async def everything(answers: dict[str, Any]) -> tuple[list[Device], list[Reading]]:
    """Discover and read all feeds, twice; whatever is no ProviderError goes through."""
    async with TCPConnector() as connector:
        account = Account("home", Clock(), Vault(), Ledger(), connector, INSTALL)
        provider = Growatt(make_settings(), account, cast("Client", Garbler(answers)))
        devices: list[Device] = []
        readings: list[Reading] = []
        for step in (provider.discover, *(_reading(provider, feed) for feed in FEEDS * 2), provider.discover):
            try:
                for found in await step():
                    (devices if isinstance(found, Device) else readings).append(found)
            except ProviderError:
                continue
        json.dumps(provider.raw(), allow_nan=True)
    return devices, readings


def _reading(provider: Growatt, feed: Any) -> Callable[[], Any]:
    return lambda: provider.read(feed)


def sound(devices: list[Device], readings: list[Reading]) -> None:
    """Every reading is of a device's, and of its point's kind."""
    for reading in readings:
        point, value = reading.point, reading.value
        assert reading.at.tzinfo is not None
        if point.kind in NUMERIC:
            assert isinstance(value, float), (point.key, value)
        elif point.kind in BINARY:
            assert isinstance(value, bool), (point.key, value)
        elif point.kind in {Kind.STATE, Kind.TEXT, Kind.TIME}:
            assert isinstance(value, str), (point.key, value)
    assert all(device.id.startswith("growatt_") for device in devices)


def test_the_whole_answers_give_readings_of_every_device() -> None:
    devices, readings = asyncio.run(everything(WHOLE))
    sound(devices, readings)
    assert {reading.device_id for reading in readings} == {device.id for device in devices}
    assert {kind for kind in TYPES if f"growatt_{kind}1" in {device.id for device in devices}} >= {
        "tlx",
        "mix",
        "storage",
        "noah",
        "max",
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON | st.just(...)), min_size=1, max_size=6))
def test_a_garbled_or_missing_field_never_breaks_anything(damage: list[tuple[tuple[Any, ...], Any]]) -> None:
    sound(*asyncio.run(everything(garbled(damage))))


@pytest.mark.parametrize("junk", [None, [], "junk", 0, {}, [None]], ids=repr)
def test_each_answer_may_be_junk_as_a_whole(junk: Any) -> None:
    for name in WHOLE:
        sound(*asyncio.run(everything({**WHOLE, name: junk})))


@given(
    st.sampled_from(calls.LIBRARY),
    st.integers(100, 599),
    st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_every_answer_is_json_or_a_provider_error(call: Call, status: int, body: bytes) -> None:
    try:
        found = judged(call, parse(call, Answer(status, body, "http://x/", {"Location": "/y"}), NOW))
    except ProviderError:
        return
    assert isinstance(found, dict | list)


@given(JSON, st.binary(max_size=40))
def test_every_answer_can_be_dumped(payload: Any, body: bytes) -> None:
    masked(payload, serials(payload))
    parse_loosely(calls.TLX_DETAIL, body)
