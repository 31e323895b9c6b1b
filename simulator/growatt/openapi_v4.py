"""What V4 tells: devices by batches of up to a hundred, under `new-api/`."""

from collections.abc import Mapping
from datetime import date

from simulator.growatt import charts
from simulator.growatt.device import Device, Record
from simulator.growatt.openapi_desk import Read, TokenDesk, too_many, uploads, zoned
from simulator.growatt.openapi_devices import info
from simulator.growatt.openapi_families import FAMILIES
from simulator.growatt.openapi_values import Values, fill, live, millis, mistaken
from simulator.growatt.openapi_wire import SUCCESSFUL, V4, Denied, Reply
from simulator.weather import chance

_PAGE = 100
_LISTED = 5.0
_SLOW = 300.0
_CLOCKS = ("calendar", "time", "lastUpdateTime")
"""Fields that are milliseconds where they are numbers."""


def family_of(word: str) -> str:
    """Return the simulator's name of a `deviceType`. Raises Denied."""
    found = next((name for name, family in FAMILIES.items() if family.v4 == word), None)
    if found is None:
        raise Denied(V4.TYPE)
    return found


def last(record: Record, zone: str) -> Values:
    """Return a device's last values, with the times by a zone's clock; "" for the plant's own."""
    blank = FAMILIES[record.spec.family].v4_last
    shown = zoned(record, zone)
    known = live(shown) | {"timeCalendar": f"{record.uploaded:%Y-%m-%d %H:%M:%S}"}
    return _timed(fill(blank, known), blank, shown)


def _timed(made: Values, blank: Mapping[str, object], record: Record) -> Values:
    stamps = {name for name in _CLOCKS if isinstance(blank.get(name), int) and not isinstance(blank.get(name), bool)}
    return made | dict.fromkeys(stamps, millis(mistaken(record)))


def _chosen(desk: TokenDesk) -> tuple[str, list[Device]]:
    """Return the family and the devices that are asked for; those that the token does not show are left out."""
    text = desk.get("deviceSn")
    if not text:
        raise Denied(V4.SERIAL_EMPTY)
    if too_many(text):
        raise Denied(V4.TOO_MANY)
    name = family_of(desk.get("deviceType"))
    return name, desk.many("deviceSn", name)


def _told(name: str, rows: list[Values]) -> Reply:
    return Reply({FAMILIES[name].v4: rows} if rows else {}, SUCCESSFUL)


def _list(desk: TokenDesk) -> Reply:
    text = desk.get("page") or "1"
    if not text.isdecimal() or not int(text):
        raise Denied(V4.PAGE_EMPTY)
    start = (int(text) - 1) * _PAGE
    devices = [device for plant in desk.plants() for device in desk.desk.plant_devices(plant.id)]
    rows = [
        {
            "createDate": f"{device.plant.installed} 12:00:00",
            "datalogSn": device.spec.logger,
            "deviceSn": device.spec.serial,
            "deviceType": FAMILIES[device.spec.family].v4,
        }
        for device in devices[start : start + _PAGE]
    ]
    pages = max(1, -(-len(devices) // _PAGE))
    data = {
        "count": len(devices),
        "data": rows,
        "lastPager": int(text) >= pages,
        "notPager": False,
        "other": None,
        "pageSize": _PAGE,
        "pages": pages,
        "startCount": start,
    }
    return Reply(data, SUCCESSFUL)


def _info(desk: TokenDesk) -> Reply:
    name, devices = _chosen(desk)
    blank = FAMILIES[name].v4_info
    rows = []
    for device in devices:
        shown = zoned(desk.record(device), desk.cloud.openapi.v4_zone)
        made = info(desk, device, blank)
        if "lastUpdateTimeText" in blank:
            made["lastUpdateTimeText"] = shown.time
        rows.append(_timed(made, blank, shown))
    return _told(name, rows)


def _last(desk: TokenDesk) -> Reply:
    name, devices = _chosen(desk)
    return _told(name, [_now(desk, device) for device in devices])


def _now(desk: TokenDesk, device: Device) -> Values:
    return last(desk.record(device), desk.cloud.openapi.v4_zone) | _sums(desk, device)


def _sums(desk: TokenDesk, device: Device) -> Values:
    """Return a month's and a year's energies, for the families that tell them."""
    blank = FAMILIES[device.spec.family].v4_last
    if "eacMonth" not in blank and "epvMonth" not in blank:
        return {}
    today = desk.today(device)
    month = charts.month(device, today, desk.now)
    year = sum(flow.pv for flow in charts.year_months(device, today, desk.now))
    known = {"eacMonth": month.pv, "eacYear": year, "epvMonth": month.pv, "epvYear": year}
    return {name: round(kwh, 1) for name, kwh in known.items() if name in blank}


def _history(desk: TokenDesk) -> Reply:
    day = _day(desk)
    _, devices = _chosen(desk)
    rows = _past(desk, devices[0], day) if devices else []
    return Reply({"datas": rows, "haveNext": False, "start": len(rows)}, SUCCESSFUL)


def _histories(desk: TokenDesk) -> Reply:
    day = _day(desk)
    _, devices = _chosen(desk)
    return Reply({device.spec.serial: _past(desk, device, day) for device in devices}, SUCCESSFUL)


def _day(desk: TokenDesk) -> date:
    try:
        return date.fromisoformat(desk.get("date"))
    except ValueError:
        raise Denied(V4.DATE_EMPTY) from None


def _past(desk: TokenDesk, device: Device, day: date) -> list[Values]:
    zone = desk.cloud.openapi.v4_zone
    moments = uploads(device, day, day, desk.now)
    return [last(desk.cloud.record(device.spec.serial, moment), zone) for moment in moments]


def _single(desk: TokenDesk) -> Device:
    serial = desk.get("deviceSn")
    if not serial:
        raise Denied(V4.SERIAL_EMPTY)
    name = family_of(desk.get("deviceType"))
    device = desk.find(serial)
    if device is None:
        raise Denied(V4.NO_PERMISSION)
    if device.spec.family != name:
        raise Denied(V4.TYPE)
    if desk.record(device).lost:
        raise Denied(V4.OFFLINE)
    return device


def _power(desk: TokenDesk) -> Reply:
    """Tell the limit of the power: in W of a Noah, in % elsewhere."""
    device = _single(desk)
    settings = desk.cloud.shown(device.spec.serial)
    name = "defaultPower" if device.spec.family == "noah" else "activeRate"
    return Reply(int(float(settings.get(name) or 100)), "success")


def _signal(desk: TokenDesk) -> Reply:
    """Tell the Wi-Fi's strength in dBm."""
    device = _single(desk)
    return Reply(-40 - int(30 * chance(device.spec.phase, 91)), "success")


READS: Mapping[str, Read] = {
    "new-api/queryDeviceList": Read(_list, every=_LISTED),
    "new-api/queryDeviceInfo": Read(_info, serial="deviceSn", every=_SLOW),
    "new-api/queryLastData": Read(_last, serial="deviceSn", every=_SLOW),
    "new-api/queryHistoricalData": Read(_history, serial="deviceSn", every=_SLOW),
    "new-api/queryDevicesHistoricalData": Read(_histories, serial="deviceSn", every=_SLOW),
    "new-api/readPower": Read(_power, serial="deviceSn", every=_LISTED),
    "new-api/getWiFiSignalByDevice": Read(_signal, serial="deviceSn", every=_LISTED),
}
"""By path without `v4/`."""
