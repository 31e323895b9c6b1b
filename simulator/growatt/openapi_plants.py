"""What V1 tells of plants and users."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from simulator.growatt import charts
from simulator.growatt.accounts import Account
from simulator.growatt.fields_openapi import PLANT_DETAILS
from simulator.growatt.fleet import PlantSpec
from simulator.growatt.openapi_desk import Read, TokenDesk
from simulator.growatt.openapi_values import Values
from simulator.growatt.openapi_wire import V1, Denied, Reply
from simulator.growatt.payload_plant import Site

_CO2 = 0.997
"""kg of CO2 that a kWh saves, as the vendor counts."""
_YEARS = 20
_WEEK = 7


def _number(desk: TokenDesk) -> int:
    return Account(desk.token.user, "").user_id


def _row(desk: TokenDesk, site: Site) -> Values:
    """Return a plant as the lists have it: kW, kWh, and some numbers as texts."""
    spec = site.spec
    return {
        "plant_id": spec.id,
        "name": spec.name,
        "status": 1 if site.online else 4,
        "peak_power": round(site.nominal / 1_000, 2),
        "total_energy": round(site.total, 1),
        "current_power": f"{site.watts:.1f}",
        "create_date": spec.installed,
        "city": spec.city,
        "country": spec.country,
        "latitude": str(spec.latitude),
        "longitude": str(spec.longitude),
        "latitude_d": None,
        "latitude_f": None,
        "image_url": None,
        "locale": "en-US",
        "operator": "0",
        "installer": "0",
        "user_id": _number(desk),
    }


def _sites(desk: TokenDesk) -> tuple[int, list[Values]]:
    pages = desk.pages()
    plants = desk.plants()
    word = desk.get("search_keyword")
    if word:
        plants = [plant for plant in plants if word.lower() in plant.name.lower()]
    return len(plants), [_row(desk, desk.desk.site(plant.id)) for plant in pages.of(plants)]


def _plants(desk: TokenDesk) -> Reply:
    count, rows = _sites(desk)
    return Reply({"count": count, "plants": rows})


def _plants_of_user(desk: TokenDesk) -> Reply:
    if desk.get("user_name") != desk.token.user:
        return Reply({"count": 0, "plants": []})
    count, rows = _sites(desk)
    return Reply({"count": count, "plants": [row | {"total_energy": str(row["total_energy"])} for row in rows]})


def _plant_of_device(desk: TokenDesk) -> Reply:
    device = desk.device("device_sn", (), V1.LOGGER_OFFLINE, V1.OFFLINE)
    row = _row(desk, desk.desk.site(device.plant.id))
    return Reply({"plant": row | {"image_url": "2.png"}})


def _zone(site: Site) -> str:
    return f"GMT{site.offset:+g}"


def _details(desk: TokenDesk) -> Reply:
    site = desk.desk.site(desk.plant().id)
    spec = site.spec
    strings = sum(record.spec.family in ("inverter", "tlx") for record in site.records)
    big = sum(record.spec.family == "max" for record in site.records)
    data: Values = dict(PLANT_DETAILS)
    data |= {
        "name": spec.name,
        "city": spec.city,
        "country": spec.country,
        "create_date": spec.installed,
        "currency": spec.currency,
        "latitude": spec.latitude,
        "longitude": spec.longitude,
        "locale": "en_US",
        "image_url": "2.png",
        "peak_power": round(site.nominal / 1_000, 2),
        "timezone": _zone(site),
        "user_id": _number(desk),
        "ownercontact": spec.currency,
        "ownerorganization": spec.currency,
        "arrays": [{"module_man": "Growatt", "module_md": None, "num_modules": 0}],
        "dataloggers": [{"datalogger_man": "Growatt", "datalogger_md": None, "datalogger_num": len(site.records)}],
        "inverters": [{"inverter_man": "Growatt", "inverter_md": None, "inverter_num": strings}],
        "maxs": [{"max_man": "Growatt", "max_md": None, "max_num": big}] if big else [],
    }
    return Reply(data)


def _overview(desk: TokenDesk) -> Reply:
    plant = desk.plant()
    site, today = desk.desk.site(plant.id), desk.today(plant)
    devices = desk.desk.plant_devices(plant.id)
    month = sum(charts.month(device, today, desk.now).pv for device in devices)
    year = sum(flow.pv for device in devices for flow in charts.year_months(device, today, desk.now))
    newest = max((record.time for record in site.records), default="")
    return Reply(
        {
            "today_energy": round(site.today, 1),
            "monthly_energy": round(month, 1),
            "yearly_energy": round(year, 1),
            "total_energy": round(site.total, 1),
            "current_power": round(site.watts, 1),
            "peak_power_actual": round(site.nominal / 1_000, 2),
            "carbon_offset": round(site.total * _CO2, 1),
            "efficiency": None,
            "last_update_time": newest,
            "timezone": _zone(site),
        }
    )


def _power(desk: TokenDesk) -> Reply:
    plant = desk.plant()
    day = desk.day("date", plant)
    curve = charts.pv_curve(desk.desk.plant_devices(plant.id), day, desk.now)
    rows = [{"time": f"{day} {key}:00", "power": round(watts, 1)} for key, watts in reversed(curve.items())]
    return Reply({"count": len(rows), "powers": rows})


def _energy(desk: TokenDesk) -> Reply:
    plant, pages = desk.plant(), desk.pages()
    end = desk.day("end_date", plant, V1.EMPTY)
    start = desk.day("start_date", plant, V1.EMPTY) if desk.get("start_date") else end
    unit = desk.get("time_unit") or "day"
    rows = [{"date": words, "energy": round(kwh, 1)} for words, kwh in _sums(desk, plant, unit, start, end)]
    return Reply({"count": len(rows), "time_unit": unit, "energys": list(pages.of(rows))})


def _sums(desk: TokenDesk, plant: PlantSpec, unit: str, start: date, end: date) -> list[tuple[str, float]]:
    devices = desk.desk.plant_devices(plant.id)
    last = min(end, desk.today(plant))
    if unit == "day":
        if (end - start).days > _WEEK:
            raise Denied(V1.EMPTY, "error_date_span")
        days = [start + timedelta(days=n) for n in range((last - start).days + 1)]
        return [(str(day), sum(charts.energy(device, day, desk.now).pv for device in devices)) for day in days]
    if unit == "month" and end.year - start.year <= 1:
        firsts = [date(year, n, 1) for year in range(start.year, end.year + 1) for n in range(1, 13)]
        months = [first for first in firsts if start.replace(day=1) <= first <= last]
        return [(f"{first:%Y-%m}", _month(desk, plant, first)) for first in months]
    if unit == "year" and end.year - start.year <= _YEARS:
        years = range(start.year, last.year + 1)
        return [(str(year), sum(_month(desk, plant, date(year, n, 1)) for n in range(1, 13))) for year in years]
    raise Denied(V1.EMPTY, "error_date_format")


def _month(desk: TokenDesk, plant: PlantSpec, first: date) -> float:
    """Return a month's kWh; none before the records begin."""
    devices = desk.desk.plant_devices(plant.id)
    return sum(charts.month(device, first, desk.now).pv for device in devices if first >= device.simulation.records)


def _users(desk: TokenDesk) -> Reply:
    row: dict[str, Any] = {
        "c_user_id": _number(desk),
        "c_user_name": desk.token.user,
        "c_user_email": f"{desk.token.user}@example.com",
        "c_user_regtime": "2023-05-04 12:00:00",
        "c_user_tel": "",
    }
    return Reply({"c_user": [row], "count": 1})


READS: Mapping[str, Read] = {
    "plant/list": Read(_plants, "GET", daily=10),
    "plant/user_plant_list": Read(_plants_of_user, serial="user_name", daily=10),
    "plant/details": Read(_details, "GET", "plant_id"),
    "plant/data": Read(_overview, "GET", "plant_id"),
    "plant/power": Read(_power, "GET", "plant_id"),
    "plant/energy": Read(_energy, "GET", "plant_id", daily=10),
    "plant/sn_plant": Read(_plant_of_device, serial="device_sn"),
    "user/c_user_list": Read(_users, "GET", daily=10),
}
"""By path without `v1/`."""
