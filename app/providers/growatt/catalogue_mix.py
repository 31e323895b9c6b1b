"""What the values of an SPH hybrid (the vendor's "mix") and of an SPA mean.

Sources: growattServer 2.2.0 (docstrings of the mix calls) and Home Assistant's growatt_server (sensor/mix.py).
Live powers of this family come in kW (`unit`), which provider code makes sure of before the rows see them;
`pPv1` and `pPv2` come in W on some servers.
"""

from typing import Final

from app import points
from app.model import Kind, Point, Role, Unit
from app.providers.growatt.catalogue import COMMON, ONLINE_CODES
from app.providers.growatt.catalogue_inverter import STATUS_CODES, STATUS_TEXTS
from app.rows import Catalogue, Code, Difference, Number, Sum, Words

PRIORITY: Final = Point("priority", "Priority", kind=Kind.STATE, role=Role.DIAGNOSTIC, words=("load_first", "battery_first", "grid_first"))
WORK_MODE_CODE: Final = Point("work_mode_code", "Work mode code", role=Role.TAIL)
BATTERY_TYPE_CODE: Final = Point("battery_type_code", "Battery type code", role=Role.TAIL)
CHARGING: Final = Point("charging", "Charging", kind=Kind.FLAG, role=Role.TAIL)
BATTERY_VOLTAGE_DSP: Final = Point("battery_voltage_dsp", "Battery voltage (DSP)", Unit.VOLT, role=Role.TAIL)
SELF_USE_SHARE: Final = Point("self_use_share", "Own use of production today", Unit.PERCENT, role=Role.TAIL)
EXPORT_SHARE: Final = Point("export_share", "Export of production today", Unit.PERCENT, role=Role.TAIL)
OWN_SUPPLY_SHARE: Final = Point("own_supply_share", "Own supply of load today", Unit.PERCENT, role=Role.TAIL)
GRID_SUPPLY_SHARE: Final = Point("grid_supply_share", "Grid supply of load today", Unit.PERCENT, role=Role.TAIL)
OWN_USE_FROM_PV_SHARE: Final = Point("own_use_from_pv_share", "Own use from PV today", Unit.PERCENT, role=Role.TAIL)
OWN_USE_FROM_BATTERY_SHARE: Final = Point("own_use_from_battery_share", "Own use from battery today", Unit.PERCENT, role=Role.TAIL)
PV_USE_ENERGY_TODAY: Final = Point("pv_use_energy_today", "Self-consumption energy today (all)", Unit.KILOWATT_HOUR, Kind.DAILY, Role.TAIL)
BATTERY_DISCHARGE_SUM: Final = Point("battery_discharge_energy_sum", "Battery discharge energy (chart)", Unit.KILOWATT_HOUR, Kind.TOTAL, Role.TAIL)

PRIORITIES: Final = {"0": "load_first", "1": "battery_first", "2": "grid_first"}

MIX_STATUS: Final = Catalogue(
    (
        Number(points.PV_POWER, "ppv", 1000),
        Number(points.PV_N_POWER[1], "pPv1", 1000),
        Number(points.PV_N_POWER[2], "pPv2", 1000),
        Number(points.PV_N_VOLTAGE[1], "vPv1"),
        Number(points.PV_N_VOLTAGE[2], "vPv2"),
        Number(points.GRID_IMPORT_POWER, "pactouser", 1000),
        Number(points.GRID_EXPORT_POWER, "pactogrid", 1000),
        Difference(points.GRID_POWER, ("pactouser",), ("pactogrid",), 1000),
        Number(points.LOAD_POWER, "pLocalLoad", 1000),
        Number(points.BATTERY_CHARGE_POWER, "chargePower", 1000),
        Number(points.BATTERY_DISCHARGE_POWER, "pdisCharge1", 1000, instead=("pdisCharge",)),
        Difference(points.BATTERY_POWER, ("pdisCharge1",), ("chargePower",), 1000),
        Number(points.BATTERY_SOC, "SOC"),
        Number(points.BATTERY_VOLTAGE, "vBat"),
        Number(points.GRID_VOLTAGE, "vAc1", instead=("vac1",)),
        Number(points.GRID_FREQUENCY, "fAc"),
        Number(points.BACKUP_VOLTAGE, "upsVac1"),
        Number(points.BACKUP_FREQUENCY, "upsFac"),
        Number(points.RATED_POWER, "pmax", 1000),
        Code(PRIORITY, "priorityChoose", PRIORITIES),
        Number(WORK_MODE_CODE, "uwSysWorkMode"),
        Number(BATTERY_TYPE_CODE, "wBatteryType"),
        Code(points.STATUS, "status", STATUS_CODES),
        Number(points.STATUS_CODE, "status"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    {**COMMON, "unit": "kW or W, which decides the scale", "dType": "the model, which discovery tells"},
)
"""`mix_system_status`, in kW."""

MIX_INFO: Final = Catalogue(
    (
        Number(points.BATTERY_SOC, "capacity", instead=("soc",)),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "eBatChargeToday"),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "eBatChargeTotal"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "eBatDisChargeToday"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "eBatDisChargeTotal"),
        Number(points.PV_ENERGY_TODAY, "epvToday"),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.AC_CHARGE_ENERGY_TODAY, "acChargeEnergyToday"),
        Number(points.AC_CHARGE_ENERGY_TOTAL, "acChargeEnergyTotal"),
        Number(points.AC_CHARGE_POWER, "acChargePower"),
        Number(points.BATTERY_CHARGE_POWER, "pCharge1"),
        Number(points.BATTERY_DISCHARGE_POWER, "pDischarge1"),
        Difference(points.BATTERY_POWER, ("pDischarge1",), ("pCharge1",)),
        Number(points.BACKUP_N_POWER[1], "upsPac1"),
        Number(points.BACKUP_N_POWER[2], "upsPac2"),
        Number(points.BACKUP_N_POWER[3], "upsPac3"),
        Number(points.BATTERY_VOLTAGE, "vbat"),
        Number(BATTERY_VOLTAGE_DSP, "vbatdsp"),
        Number(points.PV_N_VOLTAGE[1], "vpv1"),
        Number(points.PV_N_VOLTAGE[2], "vpv2"),
        Code(CHARGING, "isCharge", {"0": False, "1": True}),
    ),
    COMMON,
)
"""`mix_info`, in W."""

MIX_TOTALS: Final = Catalogue(
    (
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "echargetoday"),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "echargetotal"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "edischarge1Today"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "edischarge1Total"),
        Number(points.LOAD_ENERGY_TODAY, "elocalLoadToday"),
        Number(points.LOAD_ENERGY_TOTAL, "elocalLoadTotal"),
        Number(points.PV_ENERGY_TODAY, "epvToday"),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "etoGridToday"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "etogridTotal"),
        Number(points.MONEY_TODAY, "photovoltaicRevenueToday"),
        Number(points.MONEY_TOTAL, "photovoltaicRevenueTotal"),
    ),
    {**COMMON, "unit": "the currency, which becomes the unit of the money"},
)
"""`mix_totals`, in kWh and money."""

MIX_DETAIL: Final = Catalogue(
    (
        Number(points.GRID_IMPORT_ENERGY_TODAY, "etouser_combined"),
        Words(points.LAST_UPDATE, "lastdataupdate"),
        Number(points.SYSTEM_ENERGY_TODAY, "eCharge"),
        Number(points.LOAD_ENERGY_FROM_PV_TODAY, "eChargeToday", instead=("photovoltaic",)),
        Number(points.SELF_CONSUMPTION_ENERGY_TODAY, "eChargeToday1"),
        Number(PV_USE_ENERGY_TODAY, "eChargeToday2"),
        Number(points.LOAD_ENERGY_FROM_BATTERY_TODAY, "echarge1"),
        Number(points.LOAD_ENERGY_FROM_GRID_TODAY, "etouser"),
        Number(points.LOAD_ENERGY_TODAY, "elocalLoad"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "eAcCharge"),
        Number(BATTERY_DISCHARGE_SUM, "echargeToat"),
        Number(SELF_USE_SHARE, "ratio1"),
        Number(EXPORT_SHARE, "ratio2"),
        Number(OWN_SUPPLY_SHARE, "ratio3"),
        Number(GRID_SUPPLY_SHARE, "ratio4"),
        Number(OWN_USE_FROM_PV_SHARE, "ratio5"),
        Number(OWN_USE_FROM_BATTERY_SHARE, "ratio6"),
    ),
    {**COMMON, "unit": "always kWh", "unit2": "always kW"},
)
"""`mix_detail`. Two fields are put in by provider code, under the names Home Assistant gives them: `etouser_combined`
(what `dashboard_data` calls `etouser`: all that came from the grid, charging included) and `lastdataupdate`
(the newest time of the chart)."""

SPH: Final = Catalogue(
    (
        Number(points.PV_POWER, "ppv"),
        Number(points.AC_POWER, "pac"),
        Number(points.PV_N_POWER[1], "ppv1"),
        Number(points.PV_N_POWER[2], "ppv2"),
        Number(points.PV_N_VOLTAGE[1], "vpv1"),
        Number(points.PV_N_VOLTAGE[2], "vpv2"),
        Number(points.PV_N_ENERGY_TODAY[1], "epv1Today"),
        Number(points.PV_N_ENERGY_TODAY[2], "epv2Today"),
        Number(points.PV_N_ENERGY_TOTAL[1], "epv1Total"),
        Number(points.PV_N_ENERGY_TOTAL[2], "epv2Total"),
        Number(points.PV_ENERGY_TODAY, "epvtoday", instead=("epvToday",)),
        Sum(points.PV_ENERGY_TODAY, ("epv1Today", "epv2Today")),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.GRID_IMPORT_POWER, "pacToUserR", instead=("pacToUserTotal",)),
        Number(points.GRID_EXPORT_POWER, "pacToGridTotal", instead=("pacToGridR",)),
        Difference(points.GRID_POWER, ("pacToUserR",), ("pacToGridTotal",)),
        Number(points.LOAD_POWER, "plocalLoadTotal", instead=("plocalLoadR",)),
        Number(points.BATTERY_CHARGE_POWER, "pcharge1"),
        Number(points.BATTERY_DISCHARGE_POWER, "pdischarge1"),
        Number(points.BATTERY_DISCHARGE_POWER, "pdischarge1KW", 1000),
        Difference(points.BATTERY_POWER, ("pdischarge1",), ("pcharge1",)),
        Number(points.BATTERY_SOC, "bmsSOC", instead=("soc",)),
        Number(points.BATTERY_SOH, "bmsSOH"),
        Number(points.BATTERY_VOLTAGE, "vbat", instead=("bmsBatteryVolt",)),
        Number(points.BATTERY_CURRENT, "bmsBatteryCurr"),
        Number(points.BATTERY_TEMPERATURE, "bmsBatteryTemp", instead=("batteryTemperature",)),
        Number(points.BATTERY_CYCLES, "bmsCycleCnt"),
        Number(points.AC_ENERGY_TODAY, "eacToday"),
        Number(points.AC_ENERGY_TOTAL, "eacTotal"),
        Number(points.GRID_IMPORT_ENERGY_TODAY, "etoUserToday"),
        Number(points.GRID_IMPORT_ENERGY_TOTAL, "etoUserTotal"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "etoGridToday"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "etogridTotal"),
        Number(points.LOAD_ENERGY_TODAY, "elocalLoadToday"),
        Number(points.LOAD_ENERGY_TOTAL, "elocalLoadTotal"),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "echarge1Today"),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "echarge1Total"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "edischarge1Today", instead=("edischargeToday",)),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "edischarge1Total", instead=("edischargeTotal",)),
        Number(points.AC_CHARGE_ENERGY_TODAY, "acChargeEnergyToday"),
        Number(points.AC_CHARGE_ENERGY_TOTAL, "acChargeEnergyTotal"),
        Number(points.AC_CHARGE_POWER, "acChargePower"),
        Number(points.SYSTEM_ENERGY_TODAY, "esystemtoday"),
        Number(points.SELF_CONSUMPTION_ENERGY_TODAY, "eselfToday"),
        Number(points.LOAD_ENERGY_FROM_BATTERY_TODAY, "echarge1"),
        Number(points.LOAD_ENERGY_FROM_PV_TODAY, "eChargeToday"),
        Words(points.LAST_UPDATE, "lastdataupdate"),
        Number(points.PHASE_N_VOLTAGE[1], "vac1"),
        Number(points.PHASE_N_POWER[1], "pac1"),
        Number(points.BACKUP_N_POWER[1], "upsPac1"),
        Number(points.PHASE_N_VOLTAGE[2], "vac2"),
        Number(points.PHASE_N_POWER[2], "pac2"),
        Number(points.BACKUP_N_POWER[2], "upsPac2"),
        Number(points.PHASE_N_VOLTAGE[3], "vac3"),
        Number(points.PHASE_N_POWER[3], "pac3"),
        Number(points.BACKUP_N_POWER[3], "upsPac3"),
        Number(points.GRID_VOLTAGE, "vac1"),
        Number(points.GRID_FREQUENCY, "fac"),
        Number(points.BACKUP_VOLTAGE, "upsVac1"),
        Number(points.BACKUP_FREQUENCY, "upsFac"),
        Number(points.LOAD_SHARE, "upsLoadpercent"),
        Number(points.INVERTER_TEMPERATURE, "temp1"),
        Number(points.TEMPERATURE_N[2], "temp2"),
        Number(points.TEMPERATURE_N[3], "temp3"),
        Number(points.TEMPERATURE_N[4], "temp4"),
        Number(points.TEMPERATURE_N[5], "temp5"),
        Number(points.OPERATING_HOURS, "timeTotal", 1 / 3600),
        Number(BATTERY_VOLTAGE_DSP, "vBatDsp"),
        Code(PRIORITY, "priorityChoose", PRIORITIES),
        Number(WORK_MODE_CODE, "uwSysWorkMode"),
        Code(points.STATUS, "status", STATUS_CODES),
        Code(points.STATUS, "statusText", STATUS_TEXTS),
        Number(points.STATUS_CODE, "status"),
        Number(points.FAULT_CODE, "errorCode", instead=("faultCode",)),
        Number(points.WARNING_CODE, "warnCode"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    {**COMMON, "ppvText": "the same as ppv, as text", "socText": "the same as soc, as text"},
)
"""The same devices in the names of the token API (showdoc.com.cn/262556420217021, "mix_last_data"), in W, so that both of the
vendor's APIs give the same points. Home Assistant calls `pacToGridTotal` and `pacToUserR` kW; a recorded 38.6 fits W only."""
