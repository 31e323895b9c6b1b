"""What the values of an SPF and other off-grid storage (the vendor's "storage") mean.

Sources: Home Assistant's growatt_server (sensor/storage.py), which merges `storageDetailBean` of `storage_params` with
`storage_energy_overview`; the names beyond, with their units, in Growatt's token API
(showdoc.com.cn/262556420217021, "storage_last_data"). Home Assistant's labels of `freqOutPut` and `freqGrid`, and of
`iAcCharge` and `chgCurr`, are swapped against what the names say; the names are followed here.
"""

from typing import Final

from app import points
from app.model import Kind, Point, Role, Unit
from app.providers.growatt.catalogue import COMMON, ONLINE_CODES
from app.providers.growatt.catalogue_inverter import STATUS_TEXT
from app.rows import Catalogue, Code, Difference, Number, Sum, Words

AC_CHARGE_CURRENT: Final = Point("ac_charge_current", "Battery charge current from AC", Unit.AMPERE, role=Role.DIAGNOSTIC)
CHARGE_CURRENT: Final = Point("charge_current", "Charge current", Unit.AMPERE, role=Role.DIAGNOSTIC)
OUTPUT_CURRENT: Final = Point("output_current", "Output current", Unit.AMPERE, role=Role.DIAGNOSTIC)
OUTPUT_VOLTAGE: Final = Point("output_voltage", "Output voltage", Unit.VOLT, role=Role.DIAGNOSTIC)
OUTPUT_FREQUENCY: Final = Point("output_frequency", "Output frequency", Unit.HERTZ, role=Role.DIAGNOSTIC)
AC_DISCHARGE_ENERGY_TODAY: Final = Point("ac_discharge_energy_today", "Grid discharge energy today", Unit.KILOWATT_HOUR, Kind.DAILY)
AC_DISCHARGE_ENERGY_TOTAL: Final = Point("ac_discharge_energy_total", "Grid discharge energy", Unit.KILOWATT_HOUR, Kind.COUNTER)
TO_USER_POWER: Final = Point("to_user_power", "Power to the user", Unit.WATT, role=Role.TAIL)
BUS_VOLTAGE: Final = Point("bus_voltage", "Bus voltage", Unit.VOLT, role=Role.TAIL)
BUCK_VOLTAGE: Final = Point("buck_voltage", "Charger voltage", Unit.VOLT, role=Role.TAIL)
BATTERY_BMS_SOC: Final = Point("battery_bms_soc", "Battery state of charge (BMS)", Unit.PERCENT, Kind.LEVEL, Role.DIAGNOSTIC, low=0, high=100)
USE_ENERGY_TODAY: Final = Point("use_energy_today", "Energy used today", Unit.KILOWATT_HOUR, Kind.DAILY, Role.DIAGNOSTIC)
USE_ENERGY_TOTAL: Final = Point("use_energy_total", "Energy used", Unit.KILOWATT_HOUR, Kind.COUNTER, Role.DIAGNOSTIC)
OUTPUT_PRIORITY: Final = Point("output_priority", "Output priority", kind=Kind.STATE, role=Role.DIAGNOSTIC, words=("battery_first", "pv_first", "utility_first", "pv_utility_first"))

STATUS_TEXTS: Final = {
    "Operating": "normal",
    "Online": "normal",
    "Normal": "normal",
    "Standby": "standby",
    "Charge": "charging",
    "Charging": "charging",
    "Discharge": "discharging",
    "Discharging": "discharging",
    "Fault": "fault",
    "Error": "fault",
    "Flash": "updating",
    "Burn": "updating",
    "Disconnect": "offline",
    "Offline": "offline",
    "Lost": "offline",
    "PV charge": "charging",
    "AC charge": "charging",
    "Combine charge": "charging",
    "Combine charge and Bypass": "charging",
    "PV charge and Bypass": "charging",
    "AC charge and Bypass": "charging",
    "Bypass": "bypass",
    "PV charge and discharge": "discharging",
    "AC charge and discharge": "discharging",
}
"""The vendor's English words, which are surer than its codes: two numberings are in use."""
STATUS_CODES: Final = {
    "0": "standby",
    "1": "charging",
    "2": "discharging",
    "3": "fault",
    "4": "updating",
    "5": "charging",
    "6": "charging",
    "7": "charging",
    "8": "charging",
    "9": "charging",
    "10": "charging",
    "11": "bypass",
    "12": "discharging",
}
"""As in the manual of the SPF's registers (input register 0), which agrees with the older numbering up to 4."""
OUTPUT_PRIORITIES: Final = {"0": "battery_first", "1": "pv_first", "2": "utility_first", "3": "pv_utility_first"}

STORAGE: Final = Catalogue(
    (
        Sum(points.PV_POWER, ("ppv", "ppv2")),
        Number(points.PV_N_POWER[1], "ppv", instead=("pPv1",)),
        Number(points.PV_N_POWER[2], "ppv2", instead=("pPv2",)),
        Number(points.PV_N_VOLTAGE[1], "vpv"),
        Number(points.PV_N_VOLTAGE[2], "vpv2"),
        Number(points.PV_N_CURRENT[1], "iChargePV1"),
        Number(points.PV_N_CURRENT[2], "iChargePV2"),
        Number(points.LOAD_POWER, "outPutPower"),
        Number(points.GRID_IMPORT_POWER, "pAcInPut", instead=("pGrid",)),
        Number(points.GRID_EXPORT_POWER, "pacToGrid"),
        Difference(points.GRID_POWER, ("pAcInPut",), ("pacToGrid",)),
        Number(points.BATTERY_CHARGE_POWER, "pCharge"),
        Number(points.BATTERY_DISCHARGE_POWER, "pDischarge"),
        Difference(points.BATTERY_POWER, ("pDischarge",), ("pCharge",)),
        Number(points.AC_CHARGE_POWER, "pAcCharge"),
        Number(TO_USER_POWER, "pacToUser"),
        Number(points.SYSTEM_POWER, "sysOut"),
        Number(points.APPARENT_POWER, "rateVA"),
        Number(points.LOAD_SHARE, "loadPercent"),
        Number(points.BATTERY_SOC, "capacity", instead=("bmsSoc",)),
        Number(BATTERY_BMS_SOC, "bmsSoc"),
        Number(points.BATTERY_SOH, "bmsSoh", instead=("soh",)),
        Number(points.BATTERY_VOLTAGE, "vBat"),
        Number(points.BATTERY_CURRENT, "bmsCurrent"),
        Number(points.BATTERY_TEMPERATURE, "bmsTemperature", instead=("batTemp", "bmsBatteryTemp")),
        Number(points.BATTERY_CYCLES, "cycleCount"),
        Number(points.PV_ENERGY_TODAY, "epvToday"),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.PV_N_ENERGY_TODAY[2], "epvToday2"),
        Number(points.PV_N_ENERGY_TOTAL[2], "epvTotal2"),
        Number(points.GRID_IMPORT_ENERGY_TODAY, "eToUserToday"),
        Number(points.GRID_IMPORT_ENERGY_TOTAL, "eToUserTotal"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "eToGridToday"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "eToGridTotal"),
        Number(points.LOAD_ENERGY_TODAY, "eopDischrToday", instead=("eLoadToday",)),
        Number(points.LOAD_ENERGY_TOTAL, "eopDischrTotal", instead=("eLoadTotal",)),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "eChargeToday"),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "eChargeTotal"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "eBatDisChargeToday", instead=("eDischargeToday",)),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "eBatDisChargeTotal", instead=("eDischargeTotal",)),
        Number(points.AC_CHARGE_ENERGY_TODAY, "eacChargeToday"),
        Number(points.AC_CHARGE_ENERGY_TOTAL, "eacChargeTotal"),
        Number(AC_DISCHARGE_ENERGY_TODAY, "eacDisChargeToday"),
        Number(AC_DISCHARGE_ENERGY_TOTAL, "eacDisChargeTotal"),
        Number(USE_ENERGY_TODAY, "useEnergyToday"),
        Number(USE_ENERGY_TOTAL, "useEnergyTotal"),
        Number(points.GRID_VOLTAGE, "vGrid", instead=("vac",)),
        Number(points.GRID_FREQUENCY, "freqGrid"),
        Number(OUTPUT_VOLTAGE, "outPutVolt"),
        Number(OUTPUT_FREQUENCY, "freqOutPut"),
        Number(OUTPUT_CURRENT, "outPutCurrent"),
        Number(AC_CHARGE_CURRENT, "iAcCharge"),
        Number(CHARGE_CURRENT, "chgCurr", instead=("iCharge",)),
        Number(BUS_VOLTAGE, "vBus"),
        Number(BUCK_VOLTAGE, "vBuck"),
        Number(points.INVERTER_TEMPERATURE, "temperature"),
        Number(points.IPM_TEMPERATURE, "ipmTemperature"),
        Code(OUTPUT_PRIORITY, "outputConfig", OUTPUT_PRIORITIES),
        Code(points.STATUS, "statusText", STATUS_TEXTS),
        Code(points.STATUS, "status", STATUS_CODES),
        Number(points.STATUS_CODE, "status"),
        Words(STATUS_TEXT, "statusText"),
        Number(points.FAULT_CODE, "errorCode", instead=("faultCode",)),
        Number(points.WARNING_CODE, "warnCode"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    {
        **COMMON,
        "capacityText": "the same as capacity, as text",
        "eChargeTodayText": "the same as eChargeToday, as text",
        "eChargeTotalText": "the same as eChargeTotal, as text",
        "eDischargeTodayText": "the same as eDischargeToday, as text",
        "eDischargeTotalText": "the same as eDischargeTotal, as text",
        "iChargeText": "the same as iCharge, as text",
        "iDischargeText": "the same as iDischarge, as text",
        "iacToGridText": "the same as iacToGrid, as text",
        "iacToUserText": "the same as iacToUser, as text",
        "ipvText": "the same as ipv, as text",
        "pChargeText": "the same as pCharge, as text",
        "pDischargeText": "the same as pDischarge, as text",
        "pacToGridText": "the same as pacToGrid, as text",
        "pacToUserText": "the same as pacToUser, as text",
        "ppvText": "the same as ppv, as text",
        "vBatText": "the same as vBat, as text",
        "vBuckText": "the same as vBuck, as text",
        "vacText": "the same as vac, as text",
        "vpvText": "the same as vpv, as text",
    },
)
"""`storage_params` (`storageDetailBean` over `storageBean`) with `storage_energy_overview` over both. Provider code turns a negative
`pCharge` (discharging, on some servers) into a `pDischarge` before the rows see it."""
