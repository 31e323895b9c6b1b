"""Curves and sums over a day, a month, a year."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from simulator.growatt.device import Device
from simulator.growatt.wording import kilowatts, output, own_use, text
from simulator.plant import Flow

_UNITS = {"unit": "kWh", "unit2": "kW"}


def asked_day(words: str, today: date) -> date:
    """Return the date that a call names, `2026-11-21` or `2026-11`; today where it names none."""
    try:
        return date.fromisoformat(words if words.count("-") > 1 else f"{words}-01")
    except ValueError:
        return today


def _sum(flows: Iterable[Flow]) -> Flow:
    total = Flow()
    for flow in flows:
        total = total.plus(flow)
    return total


def energy(device: Device, local: date, now: datetime) -> Flow:
    """Return a day's energies as far as they are uploaded."""
    today = device.today(now)
    if local > today:
        return Flow()
    if local < today:
        return device.day(local)
    snapshot = device.record(now).snapshot
    return snapshot.today if snapshot.day == today else Flow()


def month_days(local: date) -> list[date]:
    """Return the days of a date's month."""
    return [local.replace(day=n) for n in range(1, monthrange(local.year, local.month)[1] + 1)]


def month(device: Device, local: date, now: datetime) -> Flow:
    """Return a month's energies until now."""
    return _sum(energy(device, day, now) for day in month_days(local) if day <= device.today(now))


def year_months(device: Device, local: date, now: datetime) -> list[Flow]:
    """Return each month's energies of a date's year; none before the records begin, those are averages nobody drew."""
    months = []
    for n in range(1, 13):
        first = date(local.year, n, 1)
        begun = first >= device.simulation.records
        months.append(month(device, first, now) if begun else Flow())
    return months


def pv_curve(devices: Sequence[Device], local: date, now: datetime) -> dict[str, float]:
    """Return W by local wall clock, all devices together."""
    curve: dict[str, float] = {}
    for device in devices:
        for moment, flow in device.curve(local, now):
            key = f"{moment:%H:%M}"
            curve[key] = curve.get(key, 0.0) + flow.pv
    return dict(sorted(curve.items()))


def inverter_data(device: Device, words: str, now: datetime) -> dict[str, Any]:
    """Return a day's power in W by `YYYY-MM-DD HH:MM`, as getTlxData and getInverterData give it."""
    local = asked_day(words, device.today(now))
    record = device.record(now)
    points = {f"{moment:%Y-%m-%d %H:%M}": round(flow.pv, 1) for moment, flow in device.curve(local, now) if flow.pv}
    return {
        "invPacData": points,
        "eToday": text(energy(device, local, now).pv),
        "eTotal": text(record.total.pv),
        "power": text(record.snapshot.power.pv),
        "nominalPower": round(device.spec.system.rated),
    }


def plant_detail(
    devices: Sequence[Device], plant: dict[str, str], kind: str, words: str, now: datetime
) -> dict[str, Any]:
    """Return PlantDetailAPI.do: type 0 or 1 a day's curve in W, 2 a month's days, else a year's months.

    growattServer numbers them 0 hour, 1 day, 2 month; the app 1 to 4 (PyPi_GrowattServer's README). A 0 is a day.
    """
    local = asked_day(words, devices[0].today(now)) if devices else now.date()
    if kind in ("0", "1"):
        data = {key: text(watts) for key, watts in pv_curve(devices, local, now).items()}
        whole = sum(energy(device, local, now).pv for device in devices)
    elif kind == "2":
        known = [day for day in month_days(local) if devices and day <= devices[0].today(now)]
        sums = {day: sum(energy(device, day, now).pv for device in devices) for day in known}
        data = {f"{day:%d}": text(kwh) for day, kwh in sums.items()}
        whole = sum(sums.values())
    else:
        parts = [year_months(device, local, now) for device in devices]
        yearly = [sum(flow.pv for flow in flows) for flows in zip(*parts, strict=True)]
        data = {f"{n:02d}": text(kwh) for n, kwh in enumerate(yearly, start=1)}
        whole = sum(yearly)
    return {"back": {"plantData": {**plant, "currentEnergy": f"{text(whole)} kWh"}, "data": data, "success": True}}


def _ratios(flow: Flow) -> dict[str, str]:
    """Return the six shares in percent."""
    own = own_use(flow)
    from_battery = min(flow.discharge, own)
    made = max(output(flow), 1e-9)
    load = max(flow.load, 1e-9)
    used = max(own, 1e-9)

    def percent(part: float, whole: float) -> str:
        return f"{min(100.0, 100 * part / whole):.1f}%"

    return {
        "ratio1": percent(own, made),
        "ratio2": percent(flow.exported, made),
        "ratio3": percent(own, load),
        "ratio4": percent(flow.load - own, load),
        "ratio5": percent(own - from_battery, used),
        "ratio6": percent(from_battery, used),
    }


def _sums(flow: Flow) -> dict[str, str]:
    own = own_use(flow)
    from_sun = flow.direct
    return {
        "eCharge": text(output(flow)),  # own use and export, not what the panels made
        "eAcCharge": text(flow.exported),
        "eChargeToday": text(from_sun),
        "photovoltaic": text(from_sun),
        "eChargeToday1": text(own),
        "eChargeToday2": text(own),
        "eChargeToday2Echarge1": text(own),
        "echarge1": text(flow.discharge),
        "echargeToat": text(flow.discharge),
        "elocalLoad": text(flow.load),
        "etouser": text(flow.imported),
    }


_LINES: dict[str, Callable[[Flow], float]] = {
    "ppv": lambda flow: flow.pv,
    "sysOut": lambda flow: flow.load,
    "userLoad": lambda flow: flow.load,
    "pacToGrid": lambda flow: flow.exported,
    "pacToUser": lambda flow: flow.imported,
    "pdischarge": lambda flow: flow.discharge,
    "chargePower": lambda flow: flow.charge,
    "outP": lambda flow: flow.discharge,
    "pself": own_use,
    "pex": lambda _: 0.0,
}


def production(device: Device, kind: str, words: str, now: datetime) -> dict[str, Any]:
    """Return op=getEnergyProdAndCons_KW: 0 a day in five minutes (kW), 1 a month in days, 2 a year in months (kWh)."""
    local = asked_day(words, device.today(now))
    chart: dict[str, Any]
    if kind == "0":
        whole = energy(device, local, now)
        chart = {
            f"{moment:%H:%M}": {name: kilowatts(line(flow)) for name, line in _LINES.items()}
            for moment, flow in device.curve(local, now)
        }
    else:
        flows = (
            [energy(device, day, now) for day in month_days(local)] if kind == "1" else year_months(device, local, now)
        )
        whole = _sum(flows)
        chart = {name: [text(line(flow)) for flow in flows] for name, line in _LINES.items()}
    return {
        "chartData": chart,
        **_sums(whole),
        **_ratios(whole),
        **_UNITS,
        "keyNames": ["Solar", "Load", "Exported", "Imported"],
        "newBean": {"pacToUser": text(whole.imported), "pacToGrid": text(whole.exported)},
    }


def dashboard(devices: Sequence[Device], kind: str, words: str, now: datetime) -> dict[str, Any]:
    """Return action=getEnergyStorageData: texts with units; nothing but a legend for a plant without storage."""
    stored = [device for device in devices if device.spec.system.battery and device.spec.family != "tlx"]
    legend = {"keyNames": ["Solar", "Load", "Exported", "From battery"], "chartDataUnit": "kW", "chartData": {}}
    if not stored:
        return legend
    local = asked_day(words, stored[0].today(now))
    known = [day for day in month_days(local) if day <= stored[0].today(now)]
    days = known if kind == "1" else [local]
    whole = _sum(energy(device, day, now) for device in stored for day in days)
    chart: dict[str, dict[str, str]] = {}
    if kind == "0":
        for moment, flow in stored[0].curve(local, now):
            chart[f"{moment:%H:%M}"] = {
                "ppv": kilowatts(flow.pv),
                "sysOut": kilowatts(flow.load),
                "userLoad": kilowatts(flow.exported),
                "pacToUser": kilowatts(flow.discharge),
            }
    ratios = _ratios(whole)
    ratios["ratio5"], ratios["ratio6"] = ratios["ratio6"], ratios["ratio5"]
    return {**legend, "chartData": chart, **{key: f"{value}kWh" for key, value in _sums(whole).items()}, **ratios}
