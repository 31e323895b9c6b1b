"""Which function answers which call."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from simulator.growatt import (
    charts,
    payload_inverter,
    payload_mix,
    payload_noah,
    payload_plant,
    payload_storage,
    payload_tlx,
    settings,
)
from simulator.growatt.call import Call, Refused
from simulator.growatt.cloud import NOT_KNOWN, Desk
from simulator.growatt.device import Device, Record
from simulator.growatt.faults import FaultKind

Answerer: TypeAlias = Callable[[Desk, Call], Any]


class Told(NamedTuple):
    """An answer that only a device's last upload decides, so that it can be kept until the next."""

    families: tuple[str, ...]
    make: Callable[[Record], Any]
    envelope: bool = False
    """Whether it comes as `obj`, with `result` and `msg`."""

    def payload(self, record: Record) -> Any:  # noqa: ANN401 -- JSON
        """Return the whole answer."""
        made = self.make(record)
        return {"result": 1, "msg": "", "obj": made} if self.envelope else made


def _obj(made: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"result": 1, "msg": "", "obj": made}


# Plants


def _plant_list(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    del call
    return payload_plant.plant_list(desk.sites())


def _plant_list_two(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    return payload_plant.plant_list_two(desk.sites(), int(call.get("toPageNum", "1")), int(call.get("pageSize", "15")))


def _plant_detail(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    site = desk.site(call.plant)
    plant = {
        "plantId": str(call.plant),
        "plantName": site.spec.name,
        "plantMoneyText": f"{site.total * site.spec.price:.1f} ({site.spec.symbol})",
    }
    devices = desk.plant_devices(call.plant)
    return charts.plant_detail(devices, plant, call.get("type", "0"), call.get("date"), call.now)


def _plant_info(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    return payload_plant.plant_info(desk.site(call.plant))


def _all_devices(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    return payload_plant.all_devices(desk.site(call.plant))


def _energy_data(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    site, today = desk.site(call.plant), desk.today(call.plant)
    devices = desk.plant_devices(call.plant)
    month = sum(charts.month(device, today, call.now).pv for device in devices)
    year = sum(flow.pv for device in devices for flow in charts.year_months(device, today, call.now))
    return payload_plant.energy_data(site, month, year)


def _plant_settings(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    site = desk.site(call.plant)
    owner = call.account.user if call.account else ""
    founded = settings.plant_as_founded(site.spec, owner, site.nominal, site.offset)
    return desk.cloud.plant_settings.setdefault(call.plant, founded)


def _set_plant(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    if call.account is not None and call.account.visitor:
        return settings.FAILED
    number = Call(call.path, {"plantId": call.get("plantID")}, {}, call.now, call.account)
    values = _plant_settings(desk, number)
    kinds = {fault.kind: fault for fault in desk.faults}
    refusal = kinds.get(FaultKind.REFUSED)
    if refusal is not None:
        return settings.refused(refusal.text)
    answer = settings.set_plant({**values} if FaultKind.IGNORED in kinds else values, call.form)
    desk.cloud.rename_plant(number.plant, str(values["plantName"]))
    return answer


def _dashboard(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    desk.site(call.plant)
    return charts.dashboard(desk.plant_devices(call.plant), call.get("type", "0"), call.get("date"), call.now)


# Devices


def _curve(*families: str) -> Answerer:
    def answer(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
        return charts.inverter_data(desk.device(*families), call.get("date"), call.now)

    return answer


def _production(*families: str) -> Answerer:
    def answer(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
        return _obj(charts.production(desk.device(*families), call.get("type", "0"), call.get("date"), call.now))

    return answer


def _classic_page(desk: Desk, call: Call) -> str:
    del call
    device = desk.device("inverter", "max")
    return payload_inverter.classic_page(desk.record(device), desk.cloud.shown(device.spec.serial))


def _battery(desk: Desk, call: Call) -> Device:
    for device in desk.cloud.devices.values():
        if call.serial and device.spec.battery_serial == call.serial:
            # Whether the account may see it is the desk's to say.
            inner = Call(call.path, {"id": device.spec.serial}, {}, call.now, call.account)
            return desk.cloud.desk(inner).device("tlx")
    raise Refused(NOT_KNOWN)


def _battery_info(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    return _obj(payload_tlx.battery_info(desk.record(_battery(desk, call))))


def _battery_detail(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    return payload_tlx.battery_detail(desk.record(_battery(desk, call)))


def _noah_plant(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    site = desk.site(call.plant)
    record = next((record for record in site.records if record.spec.family in _BALCONY), None)
    return _obj(payload_noah.plant(record, call.plant, site.spec.name))


def _noah_status(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    device = desk.device(*_BALCONY)
    return _obj(payload_noah.status(desk.record(device), desk.cloud.shown(call.serial)))


def _noah_info(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    make = payload_noah.nexa_info if "/nexa/" in call.path else payload_noah.info
    device = desk.device("nexa" if make is payload_noah.nexa_info else "noah")
    plants = [(site.spec.id, site.spec.name) for site in desk.sites()]
    return _obj(make(desk.record(device), desk.cloud.shown(call.serial), plants))


# Settings


def _tlx_settings(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    device = desk.device("tlx")
    return _obj(settings.tlx_answer(desk.record(device), desk.cloud.shown(call.serial)))


def _mix_settings(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    device = desk.device("mix", "spa")
    return _obj(settings.mix_answer(desk.record(device), desk.cloud.shown(call.serial)))


def _allowed(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    desk.device("tlx")
    return settings.allowed_answer(call.get("stringTime"))


Setter: TypeAlias = Callable[[settings.Values, str, Callable[[str], str]], dict[str, Any]]


def _carried_out(desk: Desk, serial: str, act: Callable[[dict[str, str]], dict[str, Any]]) -> dict[str, Any]:
    """Return what a write is answered."""
    refusal = next((fault for fault in desk.faults if fault.kind == FaultKind.REFUSED), None)
    if refusal is not None and not refusal.late:
        return settings.refused(refusal.text)
    said = desk.cloud.carry_out(serial, desk.faults, act)
    return said if refusal is None else settings.refused(refusal.text)


def _set(setter: Setter, *families: str) -> Answerer:
    def answer(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
        if call.account is not None and call.account.visitor:
            return settings.FAILED
        try:
            device = desk.device(*families)
        except Refused:
            return settings.OFFLINE
        if desk.record(device).lost:
            return settings.OFFLINE
        kind = call.get("type")
        return _carried_out(desk, device.spec.serial, lambda values: setter(values, kind, call.get))

    return answer


def _set_noah(desk: Desk, call: Call) -> Any:  # noqa: ANN401 -- JSON
    if call.account is not None and call.account.visitor:
        return {"result": 0, "msg": "DEVICE_SN_DOES_NOT_HAVE_PERMISSION", "obj": None}
    device = desk.device("nexa" if "/nexa/" in call.path else "noah")
    kind = call.get("type")
    return _carried_out(desk, device.spec.serial, lambda values: settings.set_noah(values, kind, call.get))


def _set_classic(values: settings.Values, kind: str, form: Callable[[str], str]) -> dict[str, Any]:
    del kind
    return settings.set_classic(values, form)


_BALCONY = ("noah", "nexa")
_SPA = ("spa",)
_MIX = ("mix",)
_TLX = ("tlx",)
_STRING = ("inverter", "max")

TOLD: Mapping[tuple[str, str], Told] = {
    ("newInverterAPI.do", "getInverterDetailData"): Told(_STRING, payload_inverter.detail),
    ("newInverterAPI.do", "getInverterDetailData_two"): Told(_STRING, payload_inverter.detail_two),
    ("newMaxApi.do", "getMaxDetailData"): Told(("max",), payload_inverter.max_detail),
    ("newTlxApi.do", "getSystemStatus_KW"): Told(_TLX, payload_tlx.status, envelope=True),
    ("newTlxApi.do", "getEnergyOverview"): Told(_TLX, payload_tlx.overview, envelope=True),
    ("newTlxApi.do", "getTlxDetailData"): Told(_TLX, payload_tlx.detail),
    ("newTlxApi.do", "getTlxParams"): Told(_TLX, payload_tlx.params),
    ("newMixApi.do", "getMixInfo"): Told(_MIX, payload_mix.info, envelope=True),
    ("newMixApi.do", "getEnergyOverview"): Told(_MIX, payload_mix.totals, envelope=True),
    ("newMixApi.do", "getSystemStatus_KW"): Told(_MIX, payload_mix.status, envelope=True),
    ("newSpaApi.do", "getEnergyOverview"): Told(_SPA, payload_mix.spa_totals, envelope=True),
    ("newSpaApi.do", "getSystemStatus_KW"): Told(_SPA, payload_mix.status, envelope=True),
    ("newStorageAPI.do", "getStorageInfo_sacolar"): Told(("storage",), payload_storage.detail),
    ("newStorageAPI.do", "getStorageParams_sacolar"): Told(("storage",), payload_storage.params),
    ("newStorageAPI.do", "getEnergyOverviewData_sacolar"): Told(("storage",), payload_storage.overview, envelope=True),
}
"""Path and operation of the calls that a device's last upload answers."""

ANSWERS: Mapping[tuple[str, str], Answerer] = {
    ("PlantListAPI.do", ""): _plant_list,
    ("PlantDetailAPI.do", ""): _plant_detail,
    ("newTwoPlantAPI.do", "getAllPlantListTwo"): _plant_list_two,
    ("newTwoPlantAPI.do", "getAllDeviceListTwo"): _plant_info,
    ("newTwoPlantAPI.do", "getAllDeviceList"): _all_devices,
    ("newTwoPlantAPI.do", "getUserCenterEnertyDataByPlantid"): _energy_data,
    ("newTwoPlantAPI.do", "updatePlant"): _set_plant,
    ("newPlantAPI.do", "getPlant"): _plant_settings,
    ("newPlantAPI.do", "getEnergyStorageData"): _dashboard,
    ("newInverterAPI.do", "getInverterData"): _curve(*_STRING),
    ("newTlxApi.do", "getTlxData"): _curve(*_TLX),
    ("newTlxApi.do", "getEnergyProdAndCons_KW"): _production(*_TLX),
    ("newTlxApi.do", "getTlxSetData"): _tlx_settings,
    ("newTlxApi.do", "getBatInfo"): _battery_info,
    ("newTlxApi.do", "getBatDetailData"): _battery_detail,
    ("newLoginAPI.do", "getSetPass"): _allowed,
    ("newMixApi.do", "getEnergyProdAndCons_KW"): _production(*_MIX),
    ("newMixApi.do", "getMixSetParams"): _mix_settings,
    ("newSpaApi.do", "getEnergyProdAndCons_KW"): _production(*_SPA),
    ("commonDeviceSetC/setInverter", ""): _classic_page,
    ("noahDeviceApi/noah/isPlantNoahSystem", ""): _noah_plant,
    ("noahDeviceApi/noah/getSystemStatus", ""): _noah_status,
    ("noahDeviceApi/noah/getNoahInfoBySn", ""): _noah_info,
    ("noahDeviceApi/noah/set", ""): _set_noah,
    ("noahDeviceApi/nexa/getSystemStatus", ""): _noah_status,
    ("noahDeviceApi/nexa/getNexaInfoBySn", ""): _noah_info,
    ("noahDeviceApi/nexa/set", ""): _set_noah,
    ("newTcpsetAPI.do", "tlxSet"): _set(settings.set_tlx, *_TLX),
    ("newTcpsetAPI.do", "mixSetApiNew"): _set(settings.set_mix, *_MIX),
    ("newTcpsetAPI.do", "spaSetApi"): _set(settings.set_mix, *_SPA),
    ("tcpSet.do", "inverterSet"): _set(_set_classic, *_STRING),
}
"""Path and operation of all other calls that want a session."""
