"""The shared vocabulary: what each common point means, whoever reports it.

Signs are seen from the house: production, grid import and battery discharge are positive.
Every unsigned pair (import and export, charge and discharge) stands beside its signed twin.
Names are English; `{n}` stands for the number of the string, phase or module. Translations
are keyed on these names. A point of one vendor only begins in that vendor's catalogue.
"""

from collections.abc import Mapping

from app.model import Kind, Point, Role, Unit

W, KWH, V, A, HZ, C, PCT, VA, VAR, KG = (
    Unit.WATT,
    Unit.KILOWATT_HOUR,
    Unit.VOLT,
    Unit.AMPERE,
    Unit.HERTZ,
    Unit.CELSIUS,
    Unit.PERCENT,
    Unit.VOLT_AMPERE,
    Unit.VAR,
    Unit.KILOGRAM,
)
DIAGNOSTIC, TAIL = Role.DIAGNOSTIC, Role.TAIL


def _numbered(key: str, name: str, unit: str, count: int, kind: Kind = Kind.GAUGE, role: Role = Role.PRIMARY) -> Mapping[int, Point]:
    """Return the points of `count` strings, phases or modules, by their number from 1."""
    return {n: Point(key.replace("{n}", str(n)), name, unit, kind, role, n) for n in range(1, count + 1)}


# Power, W
PV_POWER = Point("pv_power", "PV power", W)
GRID_POWER = Point("grid_power", "Grid power", W)
GRID_IMPORT_POWER = Point("grid_import_power", "Grid import power", W)
GRID_EXPORT_POWER = Point("grid_export_power", "Grid export power", W)
BATTERY_POWER = Point("battery_power", "Battery power", W)
BATTERY_CHARGE_POWER = Point("battery_charge_power", "Battery charge power", W)
BATTERY_DISCHARGE_POWER = Point("battery_discharge_power", "Battery discharge power", W)
LOAD_POWER = Point("load_power", "Load power", W)
AC_POWER = Point("ac_power", "AC output power", W)
AC_CHARGE_POWER = Point("ac_charge_power", "Battery charge power from AC", W)
BACKUP_POWER = Point("backup_power", "Backup power", W, role=DIAGNOSTIC)
SELF_CONSUMPTION_POWER = Point("self_consumption_power", "Self-consumption power", W, role=DIAGNOSTIC)
SYSTEM_POWER = Point("system_power", "System power", W, role=DIAGNOSTIC)
RATED_POWER = Point("rated_power", "Rated power", W, role=DIAGNOSTIC)
APPARENT_POWER = Point("apparent_power", "Apparent power", VA, role=DIAGNOSTIC)
REACTIVE_POWER = Point("reactive_power", "Reactive power", VAR, role=DIAGNOSTIC)
POWER_FACTOR = Point("power_factor", "Power factor", role=DIAGNOSTIC, low=-1, high=1)

# Energy, kWh
PV_ENERGY_TODAY = Point("pv_energy_today", "PV energy today", KWH, Kind.DAILY)
PV_ENERGY_TOTAL = Point("pv_energy_total", "PV energy", KWH, Kind.COUNTER)
GRID_IMPORT_ENERGY_TODAY = Point("grid_import_energy_today", "Grid import energy today", KWH, Kind.DAILY)
GRID_IMPORT_ENERGY_TOTAL = Point("grid_import_energy_total", "Grid import energy", KWH, Kind.COUNTER)
GRID_EXPORT_ENERGY_TODAY = Point("grid_export_energy_today", "Grid export energy today", KWH, Kind.DAILY)
GRID_EXPORT_ENERGY_TOTAL = Point("grid_export_energy_total", "Grid export energy", KWH, Kind.COUNTER)
BATTERY_CHARGE_ENERGY_TODAY = Point("battery_charge_energy_today", "Battery charge energy today", KWH, Kind.DAILY)
BATTERY_CHARGE_ENERGY_TOTAL = Point("battery_charge_energy_total", "Battery charge energy", KWH, Kind.COUNTER)
BATTERY_DISCHARGE_ENERGY_TODAY = Point("battery_discharge_energy_today", "Battery discharge energy today", KWH, Kind.DAILY)
BATTERY_DISCHARGE_ENERGY_TOTAL = Point("battery_discharge_energy_total", "Battery discharge energy", KWH, Kind.COUNTER)
LOAD_ENERGY_TODAY = Point("load_energy_today", "Load energy today", KWH, Kind.DAILY)
LOAD_ENERGY_TOTAL = Point("load_energy_total", "Load energy", KWH, Kind.COUNTER)
AC_ENERGY_TODAY = Point("ac_energy_today", "AC output energy today", KWH, Kind.DAILY)
AC_ENERGY_TOTAL = Point("ac_energy_total", "AC output energy", KWH, Kind.COUNTER)
AC_CHARGE_ENERGY_TODAY = Point("ac_charge_energy_today", "Battery charge energy from grid today", KWH, Kind.DAILY)
AC_CHARGE_ENERGY_TOTAL = Point("ac_charge_energy_total", "Battery charge energy from grid", KWH, Kind.COUNTER)
SELF_CONSUMPTION_ENERGY_TODAY = Point("self_consumption_energy_today", "Self-consumption energy today", KWH, Kind.DAILY)
SELF_CONSUMPTION_ENERGY_TOTAL = Point("self_consumption_energy_total", "Self-consumption energy", KWH, Kind.COUNTER)
SYSTEM_ENERGY_TODAY = Point("system_energy_today", "System energy today", KWH, Kind.DAILY)
SYSTEM_ENERGY_TOTAL = Point("system_energy_total", "System energy", KWH, Kind.COUNTER)
LOAD_ENERGY_FROM_PV_TODAY = Point("load_energy_from_pv_today", "Load energy from PV today", KWH, Kind.DAILY)
LOAD_ENERGY_FROM_BATTERY_TODAY = Point("load_energy_from_battery_today", "Load energy from battery today", KWH, Kind.DAILY)
LOAD_ENERGY_FROM_GRID_TODAY = Point("load_energy_from_grid_today", "Load energy from grid today", KWH, Kind.DAILY)
PV_ENERGY_MONTH = Point("pv_energy_month", "PV energy this month", KWH, Kind.TOTAL, TAIL)
PV_ENERGY_YEAR = Point("pv_energy_year", "PV energy this year", KWH, Kind.TOTAL, TAIL)

# Battery
BATTERY_SOC = Point("battery_soc", "Battery state of charge", PCT, Kind.LEVEL, low=0, high=100)
BATTERY_SOH = Point("battery_soh", "Battery state of health", PCT, Kind.LEVEL, DIAGNOSTIC, low=0, high=100)
BATTERY_VOLTAGE = Point("battery_voltage", "Battery voltage", V, role=DIAGNOSTIC)
BATTERY_CURRENT = Point("battery_current", "Battery current", A, role=DIAGNOSTIC)
BATTERY_TEMPERATURE = Point("battery_temperature", "Battery temperature", C, role=DIAGNOSTIC)
BATTERY_CAPACITY = Point("battery_capacity", "Battery capacity", KWH, Kind.LEVEL, DIAGNOSTIC)
BATTERY_CYCLES = Point("battery_cycles", "Battery cycles", role=DIAGNOSTIC, low=0)
BATTERY_COUNT = Point("battery_count", "Battery count", role=DIAGNOSTIC, low=0)

# Strings, MPPTs, batteries behind one inverter, phases
PV_N_POWER = _numbered("pv{n}_power", "PV {n} power", W, 16, role=DIAGNOSTIC)
PV_N_VOLTAGE = _numbered("pv{n}_voltage", "PV {n} voltage", V, 16, role=DIAGNOSTIC)
PV_N_CURRENT = _numbered("pv{n}_current", "PV {n} current", A, 16, role=DIAGNOSTIC)
PV_N_ENERGY_TODAY = _numbered("pv{n}_energy_today", "PV {n} energy today", KWH, 16, Kind.DAILY, TAIL)
PV_N_ENERGY_TOTAL = _numbered("pv{n}_energy_total", "PV {n} energy", KWH, 16, Kind.COUNTER, TAIL)
STRING_N_VOLTAGE = _numbered("string{n}_voltage", "String {n} voltage", V, 32, role=TAIL)
STRING_N_CURRENT = _numbered("string{n}_current", "String {n} current", A, 32, role=TAIL)
BATTERY_N_CHARGE_POWER = _numbered("battery{n}_charge_power", "Battery {n} charge power", W, 4, role=TAIL)
BATTERY_N_DISCHARGE_POWER = _numbered("battery{n}_discharge_power", "Battery {n} discharge power", W, 4, role=TAIL)
BATTERY_N_CHARGE_ENERGY_TOTAL = _numbered("battery{n}_charge_energy_total", "Battery {n} charge energy", KWH, 4, Kind.COUNTER, TAIL)
BATTERY_N_DISCHARGE_ENERGY_TOTAL = _numbered("battery{n}_discharge_energy_total", "Battery {n} discharge energy", KWH, 4, Kind.COUNTER, TAIL)
BATTERY_N_SOC = _numbered("battery{n}_soc", "Battery {n} state of charge", PCT, 4, Kind.LEVEL, TAIL)
BATTERY_N_TEMPERATURE = _numbered("battery{n}_temperature", "Battery {n} temperature", C, 4, role=TAIL)
PHASE_N_VOLTAGE = _numbered("phase{n}_voltage", "Phase {n} voltage", V, 3, role=DIAGNOSTIC)
PHASE_N_CURRENT = _numbered("phase{n}_current", "Phase {n} current", A, 3, role=DIAGNOSTIC)
PHASE_N_POWER = _numbered("phase{n}_power", "Phase {n} power", W, 3, role=DIAGNOSTIC)
LINE_N_VOLTAGE = _numbered("line{n}_voltage", "Line-to-line voltage {n}", V, 3, role=TAIL)
BACKUP_N_VOLTAGE = _numbered("backup{n}_voltage", "Backup phase {n} voltage", V, 3, role=TAIL)
BACKUP_N_CURRENT = _numbered("backup{n}_current", "Backup phase {n} current", A, 3, role=TAIL)
BACKUP_N_POWER = _numbered("backup{n}_power", "Backup phase {n} power", W, 3, role=TAIL)
TEMPERATURE_N = _numbered("temperature{n}", "Temperature {n}", C, 8, role=DIAGNOSTIC)

# The grid and the electronics
GRID_VOLTAGE = Point("grid_voltage", "Grid voltage", V, role=DIAGNOSTIC)
GRID_FREQUENCY = Point("grid_frequency", "Grid frequency", HZ, role=DIAGNOSTIC)
BACKUP_VOLTAGE = Point("backup_voltage", "Backup voltage", V, role=DIAGNOSTIC)
BACKUP_FREQUENCY = Point("backup_frequency", "Backup frequency", HZ, role=DIAGNOSTIC)
LOAD_SHARE = Point("load_share", "Load share of rated power", PCT, role=DIAGNOSTIC)
INVERTER_TEMPERATURE = Point("inverter_temperature", "Inverter temperature", C, role=DIAGNOSTIC)
IPM_TEMPERATURE = Point("ipm_temperature", "Power module temperature", C, role=DIAGNOSTIC)
OUTPUT_LIMIT = Point("output_limit", "Output power limit", PCT, role=DIAGNOSTIC)
OPERATING_HOURS = Point("operating_hours", "Operating hours", Unit.HOUR, Kind.COUNTER, TAIL)

# State
ONLINE = Point("online", "Online", kind=Kind.LINK, role=DIAGNOSTIC)
STATUS = Point(
    "status",
    "Status",
    kind=Kind.STATE,
    words=("waiting", "normal", "fault", "offline", "standby", "charging", "discharging", "bypass", "checking", "updating", "heating", "unknown"),
)
STATUS_CODE = Point("status_code", "Status code", role=TAIL)
PROBLEM = Point("problem", "Problem", kind=Kind.PROBLEM, role=DIAGNOSTIC)
FAULT = Point("fault", "Fault", kind=Kind.TEXT, role=DIAGNOSTIC)
"""What is wrong, in words; `none` when nothing is."""
FAULT_CODE = Point("fault_code", "Fault code", role=DIAGNOSTIC)
WARNING = Point("warning", "Warning", kind=Kind.TEXT, role=DIAGNOSTIC)
WARNING_CODE = Point("warning_code", "Warning code", role=DIAGNOSTIC)
LAST_UPDATE = Point("last_update", "Last update", kind=Kind.TIME, role=DIAGNOSTIC)
"""When the vendor last heard from the device."""

# Money and the world; money's unit is replaced by the plant's currency
MONEY_TODAY = Point("money_today", "Revenue today", kind=Kind.TOTAL)
MONEY_TOTAL = Point("money_total", "Revenue", kind=Kind.TOTAL)
CO2_SAVED = Point("co2_saved", "CO2 saved", KG, Kind.TOTAL, DIAGNOSTIC)
COAL_SAVED = Point("coal_saved", "Coal saved", KG, Kind.TOTAL, TAIL)
TREES_SAVED = Point("trees_saved", "Trees planted equivalent", "", Kind.TOTAL, TAIL)

VOCABULARY: Mapping[str, Point] = {
    point.key: point
    for value in tuple(globals().values())
    for point in (value.values() if isinstance(value, dict) else (value,))
    if isinstance(point, Point)
}
"""Every point above, by its key."""

TOTAL_OF: Mapping[str, Point] = {
    key: VOCABULARY[key.removesuffix("_today") + "_total"]
    for key, point in VOCABULARY.items()
    if point.kind is Kind.DAILY and key.removesuffix("_today") + "_total" in VOCABULARY
}
"""The lifetime counter that belongs to a daily energy."""

SIGNED_PAIRS: Mapping[str, tuple[str, str]] = {
    "grid_power": ("grid_import", "grid_export"),
    "battery_power": ("battery_discharge", "battery_charge"),
}
"""Per signed power: the stems of its positive and its negative half; `<stem>_power`, `<stem>_energy_today`, ..."""
