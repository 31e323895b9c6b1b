"""What the values of a MIN, MIC, MOD, MID-X or NEO (the vendor's "tlx") and of its batteries mean.

Sources: growattServer 2.2.0 and Home Assistant's growatt_server (sensor/tlx.py); the names beyond those, with
their units, in Growatt's token API (showdoc.com.cn/262556420217021, "tlx_last_data").
"""

from typing import Final

from app import points
from app.model import Kind, Point, Role, Unit
from app.providers.growatt.catalogue import COMMON, ONLINE_CODES
from app.providers.growatt.catalogue_inverter import (
    BUS_VOLTAGE_NEGATIVE,
    BUS_VOLTAGE_POSITIVE,
    DERATING,
    ISOLATION,
    LEAKAGE_CURRENT,
    OUTPUT_SHARE,
    STATUS_CODES,
    STATUS_TEXT,
    STATUS_TEXTS,
)
from app.rows import Catalogue, Code, Difference, Number, Part, Sum, Words

DC_INJECTION_1: Final = Point("dc_injection1", "DC injection {n}", Unit.AMPERE, role=Role.TAIL, n=1)
DC_INJECTION_2: Final = Point("dc_injection2", "DC injection {n}", Unit.AMPERE, role=Role.TAIL, n=2)
DC_INJECTION_3: Final = Point("dc_injection3", "DC injection {n}", Unit.AMPERE, role=Role.TAIL, n=3)
BATTERY_1_VOLTAGE: Final = Point("battery1_voltage", "Battery {n} voltage", Unit.VOLT, role=Role.TAIL, n=1)
BATTERY_2_VOLTAGE: Final = Point("battery2_voltage", "Battery {n} voltage", Unit.VOLT, role=Role.TAIL, n=2)
BATTERY_1_CURRENT: Final = Point("battery1_current", "Battery {n} current", Unit.AMPERE, role=Role.TAIL, n=1)
BATTERY_2_CURRENT: Final = Point("battery2_current", "Battery {n} current", Unit.AMPERE, role=Role.TAIL, n=2)
BATTERY_MAX_CURRENT: Final = Point("battery_max_current", "Battery current limit", Unit.AMPERE, role=Role.TAIL)
BATTERY_STATUS_CODE: Final = Point("battery_status_code", "Battery status code", role=Role.TAIL)
BATTERY_FAULT_CODE: Final = Point("battery_fault_code", "Battery fault code", role=Role.DIAGNOSTIC)
BATTERY_WARNING_CODE: Final = Point("battery_warning_code", "Battery warning code", role=Role.DIAGNOSTIC)
WORK_MODE_CODE: Final = Point("work_mode_code", "Work mode code", role=Role.TAIL)
BATTERY_FIRMWARE: Final = Point("battery_firmware", "Battery firmware", kind=Kind.TEXT, role=Role.TAIL)

TLX: Final = Catalogue(
    (
        Number(points.PV_POWER, "ppv"),
        Number(points.AC_POWER, "pac"),
        Number(points.GRID_IMPORT_POWER, "pacToUserTotal"),
        Number(points.GRID_EXPORT_POWER, "pacToGridTotal"),
        Difference(points.GRID_POWER, ("pacToUserTotal",), ("pacToGridTotal",)),
        Number(points.LOAD_POWER, "pacToLocalLoad"),
        Number(points.SELF_CONSUMPTION_POWER, "pself"),
        Number(points.SYSTEM_POWER, "psystem"),
        Sum(points.BATTERY_CHARGE_POWER, ("bdc1ChargePower", "bdc2ChargePower")),
        Sum(points.BATTERY_DISCHARGE_POWER, ("bdc1DischargePower", "bdc2DischargePower")),
        Difference(points.BATTERY_POWER, ("bdc1DischargePower", "bdc2DischargePower"), ("bdc1ChargePower", "bdc2ChargePower")),
        Number(points.BATTERY_SOC, "bmsSoc", instead=("bdc1Soc", "soc1")),
        Number(points.BATTERY_SOH, "bmsSoh"),
        Number(points.BATTERY_VOLTAGE, "bmsVbat", instead=("bdc1Vbat",)),
        Number(points.BATTERY_CURRENT, "bmsIbat", instead=("bdc1Ibat",)),
        Number(points.BATTERY_TEMPERATURE, "bmsTemp1Bat"),
        Number(points.AC_ENERGY_TODAY, "eacToday"),
        Number(points.AC_ENERGY_TOTAL, "eacTotal"),
        Number(points.PV_ENERGY_TODAY, "epvToday"),
        Sum(points.PV_ENERGY_TODAY, ("epv1Today", "epv2Today", "epv3Today", "epv4Today")),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.GRID_IMPORT_ENERGY_TODAY, "etoUserToday"),
        Number(points.GRID_IMPORT_ENERGY_TOTAL, "etoUserTotal"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "etoGridToday"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "etoGridTotal", instead=("etogridTotal",)),
        Number(points.LOAD_ENERGY_TODAY, "elocalLoadToday"),
        Number(points.LOAD_ENERGY_TOTAL, "elocalLoadTotal"),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "echargeToday"),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "echargeTotal"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "edischargeToday"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "edischargeTotal"),
        Number(points.AC_CHARGE_ENERGY_TODAY, "eacChargeToday"),
        Number(points.AC_CHARGE_ENERGY_TOTAL, "eacChargeTotal"),
        Number(points.SELF_CONSUMPTION_ENERGY_TODAY, "eselfToday"),
        Number(points.SELF_CONSUMPTION_ENERGY_TOTAL, "eselfTotal"),
        Number(points.SYSTEM_ENERGY_TODAY, "esystemToday"),
        Number(points.SYSTEM_ENERGY_TOTAL, "esystemTotal"),
        Number(points.PV_N_POWER[1], "ppv1"),
        Number(points.PV_N_VOLTAGE[1], "vpv1"),
        Number(points.PV_N_CURRENT[1], "ipv1"),
        Number(points.PV_N_ENERGY_TODAY[1], "epv1Today"),
        Number(points.PV_N_ENERGY_TOTAL[1], "epv1Total"),
        Number(points.PV_N_POWER[2], "ppv2"),
        Number(points.PV_N_VOLTAGE[2], "vpv2"),
        Number(points.PV_N_CURRENT[2], "ipv2"),
        Number(points.PV_N_ENERGY_TODAY[2], "epv2Today"),
        Number(points.PV_N_ENERGY_TOTAL[2], "epv2Total"),
        Number(points.PV_N_POWER[3], "ppv3"),
        Number(points.PV_N_VOLTAGE[3], "vpv3"),
        Number(points.PV_N_CURRENT[3], "ipv3"),
        Number(points.PV_N_ENERGY_TODAY[3], "epv3Today"),
        Number(points.PV_N_ENERGY_TOTAL[3], "epv3Total"),
        Number(points.PV_N_POWER[4], "ppv4"),
        Number(points.PV_N_VOLTAGE[4], "vpv4"),
        Number(points.PV_N_CURRENT[4], "ipv4"),
        Number(points.PV_N_ENERGY_TODAY[4], "epv4Today"),
        Number(points.PV_N_ENERGY_TOTAL[4], "epv4Total"),
        Number(points.BATTERY_N_CHARGE_POWER[1], "bdc1ChargePower"),
        Number(points.BATTERY_N_DISCHARGE_POWER[1], "bdc1DischargePower"),
        Number(points.BATTERY_N_CHARGE_ENERGY_TOTAL[1], "bdc1ChargeTotal"),
        Number(points.BATTERY_N_DISCHARGE_ENERGY_TOTAL[1], "bdc1DischargeTotal"),
        Number(points.BATTERY_N_SOC[1], "bdc1Soc", instead=("soc1",)),
        Number(points.BATTERY_N_TEMPERATURE[1], "bdc1Temp1"),
        Number(BATTERY_1_VOLTAGE, "bdc1Vbat"),
        Number(BATTERY_1_CURRENT, "bdc1Ibat"),
        Number(points.BATTERY_N_CHARGE_POWER[2], "bdc2ChargePower"),
        Number(points.BATTERY_N_DISCHARGE_POWER[2], "bdc2DischargePower"),
        Number(points.BATTERY_N_CHARGE_ENERGY_TOTAL[2], "bdc2ChargeTotal"),
        Number(points.BATTERY_N_DISCHARGE_ENERGY_TOTAL[2], "bdc2DischargeTotal"),
        Number(points.BATTERY_N_SOC[2], "bdc2Soc", instead=("soc2",)),
        Number(points.BATTERY_N_TEMPERATURE[2], "bdc2Temp1"),
        Number(BATTERY_2_VOLTAGE, "bdc2Vbat"),
        Number(BATTERY_2_CURRENT, "bdc2Ibat"),
        Number(points.PHASE_N_VOLTAGE[1], "vac1"),
        Number(points.PHASE_N_CURRENT[1], "iac1"),
        Number(points.PHASE_N_POWER[1], "pac1"),
        Number(points.BACKUP_N_VOLTAGE[1], "epsVac1"),
        Number(points.BACKUP_N_CURRENT[1], "epsIac1"),
        Number(points.BACKUP_N_POWER[1], "epsPac1"),
        Number(points.PHASE_N_VOLTAGE[2], "vac2"),
        Number(points.PHASE_N_CURRENT[2], "iac2"),
        Number(points.PHASE_N_POWER[2], "pac2"),
        Number(points.BACKUP_N_VOLTAGE[2], "epsVac2"),
        Number(points.BACKUP_N_CURRENT[2], "epsIac2"),
        Number(points.BACKUP_N_POWER[2], "epsPac2"),
        Number(points.PHASE_N_VOLTAGE[3], "vac3"),
        Number(points.PHASE_N_CURRENT[3], "iac3"),
        Number(points.PHASE_N_POWER[3], "pac3"),
        Number(points.BACKUP_N_VOLTAGE[3], "epsVac3"),
        Number(points.BACKUP_N_CURRENT[3], "epsIac3"),
        Number(points.BACKUP_N_POWER[3], "epsPac3"),
        Number(points.GRID_VOLTAGE, "vac1", instead=("vacrs",)),
        Number(points.LINE_N_VOLTAGE[1], "vacRs", instead=("vacrs",)),
        Number(points.LINE_N_VOLTAGE[2], "vacSt"),
        Number(points.LINE_N_VOLTAGE[3], "vacTr"),
        Number(points.GRID_FREQUENCY, "fac"),
        Number(points.POWER_FACTOR, "pf"),
        Number(points.BACKUP_POWER, "epsPac"),
        Number(points.BACKUP_FREQUENCY, "epsFac"),
        Number(points.LOAD_SHARE, "loadPercent"),
        Number(points.INVERTER_TEMPERATURE, "temp1"),
        Number(points.IPM_TEMPERATURE, "temp2"),
        Number(points.TEMPERATURE_N[3], "temp3"),
        Number(points.TEMPERATURE_N[4], "temp4"),
        Number(points.TEMPERATURE_N[5], "temp5"),
        Number(OUTPUT_SHARE, "realOPPercent"),
        Number(BUS_VOLTAGE_POSITIVE, "pBusVoltage"),
        Number(BUS_VOLTAGE_NEGATIVE, "nBusVoltage"),
        Number(LEAKAGE_CURRENT, "gfci", 0.001),
        Number(ISOLATION, "iso"),
        Number(DC_INJECTION_1, "dciR", 0.001),
        Number(DC_INJECTION_2, "dciS", 0.001),
        Number(DC_INJECTION_3, "dciT", 0.001),
        Number(points.OPERATING_HOURS, "timeTotal", 1 / 3600),
        Number(DERATING, "deratingMode"),
        Number(BATTERY_MAX_CURRENT, "bmsMaxCurr"),
        Number(BATTERY_STATUS_CODE, "bmsStatus"),
        Number(BATTERY_FAULT_CODE, "bmsFaultType"),
        Number(BATTERY_WARNING_CODE, "bmsWarnCode"),
        Number(WORK_MODE_CODE, "uwSysWorkMode"),
        Words(BATTERY_FIRMWARE, "bmsFwVersion"),
        Code(points.STATUS, "status", STATUS_CODES),
        Code(points.STATUS, "statusText", STATUS_TEXTS),
        Number(points.STATUS_CODE, "status"),
        Words(STATUS_TEXT, "statusText"),
        Number(points.FAULT_CODE, "faultType"),
        Number(points.WARNING_CODE, "warnCode"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    COMMON,
)
"""`tlx_detail`, in `data`."""

TLX_OVERVIEW: Final = Catalogue(
    (
        Number(points.PV_ENERGY_TODAY, "epvToday"),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "echargetoday", instead=("echargeToday",)),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "echargetotal", instead=("echargeTotal",)),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "edischargeToday"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "edischargeTotal"),
        Number(points.LOAD_ENERGY_TODAY, "elocalLoadToday"),
        Number(points.LOAD_ENERGY_TOTAL, "elocalLoadTotal"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "etoGridToday"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "etogridTotal", instead=("etoGridTotal",)),
    ),
    COMMON,
)
"""`tlx_energy_overview`; mind the capitals, which are the vendor's."""

BATTERY: Final = Catalogue(
    (
        Number(points.BATTERY_SOC, "soc", instead=("bmsSoc", "SOC")),
        Number(points.BATTERY_SOH, "soh", instead=("bmsSoh",)),
        Number(points.BATTERY_VOLTAGE, "vbat", instead=("vBat", "bmsVbat")),
        Number(points.BATTERY_CURRENT, "ibat", instead=("bmsIbat",)),
        Number(points.BATTERY_TEMPERATURE, "temp1", instead=("bmsTemp1Bat",)),
        Number(points.BATTERY_POWER, "chargeOrDisPower", -1),  # the vendor counts charging as positive
        Part(points.BATTERY_CHARGE_POWER, "chargeOrDisPower"),
        Part(points.BATTERY_DISCHARGE_POWER, "chargeOrDisPower", -1),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "chargeToday"),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "chargeTotal"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "dischargeToday", instead=("disChargeToday",)),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "dischargeTotal", instead=("disChargeTotal",)),
        Number(points.BATTERY_CYCLES, "cycleCount"),
        Number(points.STATUS_CODE, "status"),
        Number(points.FAULT_CODE, "faultType"),
        Number(points.WARNING_CODE, "warnCode"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    COMMON,
)
"""`tlx_battery_info` and `tlx_battery_info_detailed`, whose content varies."""
