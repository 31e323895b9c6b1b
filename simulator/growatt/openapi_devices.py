"""What V1 tells of devices: lists, facts, last values, histories, alarms, loggers and meters."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from simulator.growatt import fields_openapi as beans
from simulator.growatt import openapi_values as values_of
from simulator.growatt.charts import energy
from simulator.growatt.device import Device, Record
from simulator.growatt.fleet import PlantSpec
from simulator.growatt.openapi_desk import Answer, Read, TokenDesk, split, too_many, uploads
from simulator.growatt.openapi_families import FAMILIES, Family
from simulator.growatt.openapi_values import Values, calendar, clock, fill, identity, live, millis, mistaken, told
from simulator.growatt.openapi_wire import ABSENT, V1, Denied, Reply
from simulator.growatt.wording import Electrics

_OTHER = 3
"""The type of what is no inverter in V1's list of devices."""
_LOGGER = "ShineWiFi-X"


# Facts and values


def info(desk: TokenDesk, device: Device, blank: Mapping[str, Any]) -> Values:
    """Return a device's facts and settings."""
    record = desk.record(device)
    settings = desk.cloud.shown(device.spec.serial)
    family = FAMILIES[device.spec.family]
    made = fill(blank, identity(record, family.code), values_of.segments(settings), told(settings))
    if isinstance(blank.get("lastUpdateTime"), Mapping):
        made["lastUpdateTime"] = clock(mistaken(record))
    if isinstance(blank.get("tlxSetbean"), Mapping):
        made["tlxSetbean"] = tlx_settings(desk, device)
    return made


def tlx_settings(desk: TokenDesk, device: Device) -> Values:
    """Return all that is set on a MIN."""
    record = desk.record(device)
    settings = told(desk.cloud.shown(device.spec.serial))
    facts = {key: value for key, value in identity(record, 22).items() if key != "alias"}
    made = fill(beans.TLX_SET, settings, facts)
    return made | {"lastUpdateTime": clock(mistaken(record)), "serialNum": device.spec.serial}


def last(record: Record, family: Family) -> Values:
    """Return a device's last values, as V1 tells them."""
    made = fill(family.last, live(record))
    return made | {family.clocks: calendar(mistaken(record))}


def _beside(device: Device, serial: str) -> Values:
    return {"dataloggerSn": device.spec.logger, serial: device.spec.serial}


def _info(name: str, family: Family) -> Answer:
    def answer(desk: TokenDesk) -> Reply:
        device = desk.device("device_sn", (name,), V1.MISSING, V1.OFFLINE)
        return Reply(info(desk, device, family.info), beside=_beside(device, "device_sn"))

    return answer


def _last(name: str, family: Family) -> Answer:
    def answer(desk: TokenDesk) -> Reply:
        device = desk.device(family.serial, (name,), V1.MISSING, V1.OFFLINE)
        return Reply(last(desk.record(device), family), beside=_beside(device, family.serial))

    return answer


def _many(name: str, family: Family, parameter: str) -> Answer:
    def answer(desk: TokenDesk) -> Reply:
        text = desk.get(parameter)
        if not text or too_many(text):
            raise Denied(V1.OFFLINE if name == "tlx" else V1.MISSING, "error_sn")
        found = desk.many(parameter, name)
        data = {
            device.spec.serial: {
                device.spec.serial: last(desk.record(device), family),
                "dataloggerSn": device.spec.logger,
            }
            for device in found
        }
        page = desk.get("pageNum")
        beside = {parameter: list(data), "pageNum": int(page) if page.isdecimal() else 1}
        return Reply(data, beside=beside)

    return answer


def _history(name: str, family: Family) -> Answer:
    def answer(desk: TokenDesk) -> Reply:
        device = desk.device(family.serial, (name,), V1.LOGGER_OFFLINE, V1.MISSING)
        first, end = desk.span(device)
        pages = desk.pages()
        moments = list(uploads(device, first, end, desk.now))
        data: Values = {
            "count": len(moments),
            "datalogger_sn": device.spec.logger,
            "sn" if name == "inverter" else family.serial: device.spec.serial,
            "datas": [_past(desk, device, moment, family) for moment in pages.of(moments)],
        }
        if len(moments) > pages.page * pages.size:
            data["next_page_start_id"] = pages.page * pages.size + 1
        return Reply(data)

    return answer


def _past(desk: TokenDesk, device: Device, moment: datetime, family: Family) -> Values:
    record = desk.cloud.record(device.spec.serial, moment)
    if family.stem != "inverter":
        return last(record, family)
    known = live(record)
    flat = {name: known.get(name, 0.0) for name in ("time", "fac", "temperature")}
    for n, phase in enumerate("rst", start=1):
        flat |= {f"iac{n}": known[f"iac{phase}"], f"vac{n}": known[f"vac{phase}"]}
        flat |= {f"ipv{n}": known.get(f"ipv{n}", 0.0), f"vpv{n}": known.get(f"vpv{n}", 0.0)}
    energies = {"today_energy": str(known["powerToday"]), "total_energy": str(known["powerTotal"])}
    return {**flat, **energies, "power": known["pac"], "power_factor": known["pf"]}


def _alarms(name: str, family: Family) -> Answer:
    parameter = family.serial

    def answer(desk: TokenDesk) -> Reply:
        device = desk.device(parameter, (name,), V1.LOGGER_OFFLINE, V1.MISSING)
        day = desk.day("date", device)
        alarm = desk.record(device).alarm
        rows = []
        if alarm is not None and (since := alarm.since.astimezone(device.simulation.zone)).date() <= day:
            text = f"{since:%Y-%m-%d %H:%M:%S}" + (".0" if name == "inverter" else "")
            rows.append(
                {
                    "alarm_code": alarm.code,
                    "alarm_message": alarm.text,
                    "start_time": text,
                    "end_time": text,
                    "status": 1,
                }
            )
        shown = {"sn" if name == "inverter" else "device_sn": device.spec.serial}
        return Reply({"alarms": list(desk.pages().of(rows)), "count": len(rows), **shown})

    return answer


def _set_info(desk: TokenDesk) -> Reply:
    device = desk.device("device_sn", ("tlx",), V1.MISSING, V1.OFFLINE)
    return Reply(tlx_settings(desk, device), beside=_beside(device, "device_sn"))


# Lists


def _devices(desk: TokenDesk) -> Reply:
    plant = desk.plant(missing=V1.OFFLINE, empty=V1.MISSING)
    pages = desk.pages()
    rows = list(_rows(desk, plant))
    return Reply({"count": len(rows), "devices": list(pages.of(rows))})


def _rows(desk: TokenDesk, plant: PlantSpec) -> Iterable[Values]:
    for n, device in enumerate(desk.desk.plant_devices(plant.id), start=1):
        record, spec = desk.record(device), device.spec
        common = {"last_update_time": record.time, "manufacturer": "Growatt", "datalogger_sn": spec.logger}
        kind = FAMILIES[spec.family].kind
        if kind:
            status = 0 if record.lost else values_of.status(record)
            row = {"device_sn": spec.serial, "model": spec.model, "lost": record.lost, "status": status}
            yield {**row, **common, "device_id": plant.id % 10_000 * 100 + n, "type": kind}
        yield {"device_sn": spec.logger, "model": "", **common, "device_id": "", "type": _OTHER}
        if spec.meter:
            yield {"device_sn": f"{spec.logger}_1", "model": "", **common, "device_id": "", "type": _OTHER}


def _loggers(desk: TokenDesk) -> Reply:
    plant = desk.plant(missing=V1.OFFLINE, empty=V1.MISSING)
    rows = [
        {
            "last_update_time": clock(record.uploaded),
            "model": _LOGGER,
            "sn": record.spec.logger,
            "lost": record.lost,
            "manufacturer": "Growatt",
            "type": 0,
            "netmode": "WIFI",
        }
        for record in (desk.record(device) for device in desk.desk.plant_devices(plant.id))
    ]
    whole = {"id": plant.id, "plantName": plant.name, "treeID": f"PLANT_{plant.id}", "children": [], "dataLogList": []}
    return Reply({"count": len(rows), "dataloggers": list(desk.pages().of(rows)), "peak_power_actual": whole})


def _check(desk: TokenDesk) -> Reply:
    serial = desk.get("dataloggerSn")
    behind = desk.by_logger(serial)
    device = desk.find(serial)
    if device is None and not behind:
        return Reply(ABSENT, beside={"result": 0, "msg": "error_sn", "obj": 0})
    spec = device.spec if device else None
    family = FAMILIES[spec.family] if spec else None
    return Reply(
        ABSENT,
        beside={
            "deviceType": family.code if family else 0,
            "dtc": 5203 if family else 0,
            "haveMeter": bool(spec and spec.meter),
            "inSystem": device is not None,
            "model": spec.model if spec else _LOGGER,
            "msg": "inverter" if spec else "datalog",
            "normalPower": int(spec.system.rated) if spec else 0,
            "obj": (2 if spec.family == "storage" else 1) if spec else 3,
            "result": 1,
        },
    )


def _logger_of(desk: TokenDesk) -> Reply:
    device = desk.device("device_sn", (), V1.LOGGER_OFFLINE, V1.OFFLINE)
    return Reply({"datalogSN": device.spec.logger})


def _created(desk: TokenDesk) -> Reply:
    data = {}
    for serial in split(desk.get("devices")):
        device = desk.find(serial)
        if device is None:
            continue
        data[serial] = {
            "createTime": f"{device.plant.installed} 12:00:00",
            "datalogSn": device.spec.logger,
            "deviceName": FAMILIES[device.spec.family].v4.upper(),
            "deviceSn": serial,
            "deviceType": "CLOVE",
            "lastUpdateTime": desk.record(device).time,
            "tableName": "",
        }
    return Reply(data)


def _day_energy(desk: TokenDesk) -> Reply:
    device = desk.device("device_sn", ("inverter", "max"), V1.LOGGER_OFFLINE, V1.MISSING)
    made = energy(device, desk.day("date", device), desk.now).pv
    return Reply(round(made, 1), beside=_beside(device, "device_sn"))


def _soc(desk: TokenDesk) -> Reply:
    device = desk.device("vppSn", ("tlx", "mix", "spa"), V1.MISSING, V1.OFFLINE)
    soc = round(desk.record(device).snapshot.soc * 100, 1)
    return Reply(ABSENT, beside={"soc": soc, "dataLogSn": device.spec.logger, "sn": device.spec.serial})


# Meters


def _metered(desk: TokenDesk) -> Device | None:
    serial = desk.get("datalog_sn")
    if not serial:
        raise Denied(V1.MISSING, "error_datalogger_sn")
    behind = desk.by_logger(serial)
    if not behind:
        raise Denied(V1.OFFLINE, "error_datalogger_not_found")
    return next((device for device in behind if device.spec.meter), None)


def _meters(desk: TokenDesk) -> Reply:
    device = _metered(desk)
    rows = []
    if device is not None:
        record = desk.record(device)
        rows.append(
            {
                "address": 1,
                "datalog_sn": device.spec.logger,
                "deviceName": "METER",
                "deviceType": "64",
                "lastUpdateTime": millis(record.uploaded),
                "lost": record.lost,
            }
        )
    return Reply({"count": len(rows), "dataloggerSn": desk.get("datalog_sn"), "meters": rows})


def _sensors(desk: TokenDesk) -> Reply:
    _metered(desk)
    return Reply({"count": 0, "dataloggerSn": desk.get("datalog_sn"), "envs": []})


def _meter_device(desk: TokenDesk, empty: int) -> Device:
    if not desk.get("address"):
        raise Denied(empty, "error_address_empty")
    device = _metered(desk)
    if device is None or desk.get("address") != "1":
        raise Denied(V1.EMPTY, "error_datalogger_not_found")
    return device


def _meter_last(desk: TokenDesk) -> Reply:
    device = _meter_device(desk, V1.OFFLINE)
    return Reply(meter(desk.record(device)), beside={"dataloggerSn": device.spec.logger})


def _meter_history(desk: TokenDesk) -> Reply:
    device = _meter_device(desk, V1.LOGGER_OFFLINE)
    moments = list(uploads(device, *desk.span(device), desk.now))
    rows = [meter(desk.cloud.record(device.spec.serial, moment)) for moment in desk.pages().of(moments)]
    return Reply({"count": len(moments), "dataloggerSn": device.spec.logger, "meter_data": rows})


def meter(record: Record) -> Values:
    """Return a meter's values; its power is positive while the house takes from the grid."""
    power, today, total = record.snapshot.power, record.snapshot.today, record.total
    net = round(power.imported - power.exported, 1)
    volts, _, _ = Electrics(record).phase(0, net)
    amps = round(abs(net) / volts, 1)
    known = {
        "addr": 1,
        "dataLogSn": record.spec.logger,
        "timeText": record.time,
        "activePower": net,
        "activePowerL1": net,
        "instantlyTotalActivePower": net,
        "apparentPower": abs(net),
        "powerFactor": 1.0,
        "voltageL1": volts,
        "voltage": volts,
        "currentL1": amps,
        "current": amps,
        "frequency": Electrics(record).frequency,
        "gridFrequency": Electrics(record).frequency,
        "activeEnergy": round(total.imported, 1),
        "userEnergy": round(total.imported, 1),
        "gridEnergy": round(total.exported, 1),
        "positiveActiveTodayEnergy": round(today.imported, 1),
        "positiveActiveTotalEnergy": round(total.imported, 1),
        "reverseActiveTodayEnergy": round(today.exported, 1),
        "reverseActiveTotalEnergy": round(total.exported, 1),
    }
    return fill(beans.METER_LAST, known) | {"calendar": calendar(mistaken(record))}


# Paths


def _of_family(name: str, family: Family) -> dict[str, Read]:
    paces, folder, serial = family.paces, f"device/{family.stem}", family.serial
    if family.stem == "inverter":
        return {
            f"{folder}/inv_data_info": Read(_info(name, family), "GET", serial, paces.info),
            f"{folder}/last_new_data": Read(_last(name, family), "GET", serial, paces.last),
            f"{folder}/invs_data": Read(_many(name, family, "inverters"), serial="inverters", every=paces.many),
            f"{folder}/data": Read(_history(name, family), "GET", serial, paces.history),
            f"{folder}/alarm": Read(_alarms(name, family), "GET", serial, paces.alarms),
        }
    stem = f"{folder}/{family.stem}"
    made = {
        f"{stem}_data_info": Read(_info(name, family), "GET", "device_sn", paces.info),
        f"{stem}_last_data": Read(_last(name, family), serial=serial, every=paces.last),
        f"{stem}_data": Read(_history(name, family), serial=serial, every=paces.history),
        f"{folder}/alarm_data": Read(_alarms(name, family), serial=serial, every=paces.alarms),
    }
    if family.batch:
        plural = f"{family.stem}s"
        made[f"{folder}/{plural}_data"] = Read(_many(name, family, plural), serial=plural, every=paces.many)
    return made


READS: Mapping[str, Read] = {
    **{
        path: read
        for name, family in FAMILIES.items()
        if family.stem
        for path, read in _of_family(name, family).items()
    },
    "device/tlx/tlx_set_info": Read(_set_info, "GET", "device_sn", 0.0),
    "device/list": Read(_devices, "GET", "plant_id"),
    "device/datalogger/list": Read(_loggers, "GET", "plant_id"),
    "device/check/sn": Read(_check, "GET", "dataloggerSn"),
    "device/sn_datalog": Read(_logger_of, serial="device_sn", every=0.0),
    "device/all/create_date": Read(_created, serial="devices"),
    "device/inverter/day_energy": Read(_day_energy, "GET", "device_sn"),
    "device/vpp/getSocData": Read(_soc, serial="vppSn", every=10.0),
    "device/ammeter/meter_list": Read(_meters, "GET", "datalog_sn"),
    "device/ammeter/meter_last_data": Read(_meter_last, "GET", "datalog_sn"),
    "device/ammeter/meter_data": Read(_meter_history, "GET", "datalog_sn"),
    "device/env/env_list": Read(_sensors, "GET", "datalog_sn"),
}
"""By path without `v1/`."""
