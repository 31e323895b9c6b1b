"""What settings are published, for now to be read only (they become writable with issue 4).

Sources: growattServer 2.2.0 (tlx_all_settings, get_mix_inverter_settings, noah_info, classic_inverter_info), Home Assistant's
growatt_server (number, switch, services) and PLCHome/growatt. What has no row is published under the vendor's name.
"""

from typing import Final

from app.model import Kind, Point, Role, Unit
from app.providers.growatt.catalogue import COMMON
from app.providers.growatt.catalogue_mix import PRIORITIES, PRIORITY
from app.providers.growatt.catalogue_noah import WORK_MODE, WORK_MODES
from app.rows import Catalogue, Code, Number, Words

ON_OFF: Final = {"0": False, "1": True, "false": False, "true": True}
SEGMENT_MODES: Final = ("load_first", "battery_first", "grid_first")

CHARGE_RATE: Final = Point("charge_rate", "Charge power limit", Unit.PERCENT, role=Role.DIAGNOSTIC)
DISCHARGE_RATE: Final = Point("discharge_rate", "Discharge power limit", Unit.PERCENT, role=Role.DIAGNOSTIC)
CHARGE_STOP_SOC: Final = Point("charge_stop_soc", "Charge up to", Unit.PERCENT, role=Role.DIAGNOSTIC)
DISCHARGE_STOP_SOC: Final = Point("discharge_stop_soc", "Discharge down to", Unit.PERCENT, role=Role.DIAGNOSTIC)
GRID_DISCHARGE_STOP_SOC: Final = Point("on_grid_discharge_stop_soc", "Discharge down to (on grid)", Unit.PERCENT, role=Role.DIAGNOSTIC)
AC_CHARGE_STOP_SOC: Final = Point("ac_charge_stop_soc", "Charge from grid up to", Unit.PERCENT, role=Role.DIAGNOSTIC)
AC_CHARGE: Final = Point("ac_charge_enabled", "Charge from grid", kind=Kind.FLAG, role=Role.DIAGNOSTIC)
ACTIVE_POWER_RATE: Final = Point("active_power_rate", "Active power limit", Unit.PERCENT, role=Role.DIAGNOSTIC)
REACTIVE_POWER_RATE: Final = Point("reactive_power_rate", "Reactive power limit", Unit.PERCENT, role=Role.DIAGNOSTIC)
EXPORT_LIMIT_MODE: Final = Point("export_limit_mode", "Export limit mode", role=Role.DIAGNOSTIC)
EXPORT_LIMIT_RATE: Final = Point("export_limit_rate", "Export limit", Unit.PERCENT, role=Role.DIAGNOSTIC)
BACKUP_ENABLED: Final = Point("backup_enabled", "Backup output", kind=Kind.FLAG, role=Role.DIAGNOSTIC)
SWITCHED_ON: Final = Point("switched_on", "Switched on", kind=Kind.FLAG, role=Role.DIAGNOSTIC)
LOAD_FIRST_STOP_SOC: Final = Point("load_first_stop_soc", "Discharge down to (load first)", Unit.PERCENT, role=Role.DIAGNOSTIC)
CHARGE_STOP_SOC_LOAD_FIRST: Final = Point("charge_stop_soc_load_first", "Charge up to (load first)", Unit.PERCENT, role=Role.DIAGNOSTIC)
DISCHARGE_STOP_SOC_LOAD_FIRST: Final = Point("discharge_stop_soc_load_first", "Discharge down to (load first setting)", Unit.PERCENT, role=Role.DIAGNOSTIC)
DEFAULT_POWER: Final = Point("default_power", "Default output power", Unit.WATT, role=Role.DIAGNOSTIC)
SOC_HIGH_LIMIT: Final = Point("soc_high_limit", "Charge limit", Unit.PERCENT, role=Role.DIAGNOSTIC)
SOC_LOW_LIMIT: Final = Point("soc_low_limit", "Discharge limit", Unit.PERCENT, role=Role.DIAGNOSTIC)
VOLTAGE_HIGH_LIMIT: Final = Point("voltage_high_limit", "Grid voltage upper limit", Unit.VOLT, role=Role.TAIL)
VOLTAGE_LOW_LIMIT: Final = Point("voltage_low_limit", "Grid voltage lower limit", Unit.VOLT, role=Role.TAIL)
FREQUENCY_HIGH_LIMIT: Final = Point("frequency_high_limit", "Grid frequency upper limit", Unit.HERTZ, role=Role.TAIL)
FREQUENCY_LOW_LIMIT: Final = Point("frequency_low_limit", "Grid frequency lower limit", Unit.HERTZ, role=Role.TAIL)
POWER_FACTOR_SET: Final = Point("power_factor_setting", "Power factor setting", role=Role.DIAGNOSTIC)
DEVICE_CLOCK: Final = Point("device_clock", "Device clock", kind=Kind.TEXT, role=Role.TAIL)
ENERGY_PRICE: Final = Point("energy_price", "Energy price", role=Role.DIAGNOSTIC)
PLANT_NOMINAL: Final = Point("plant_rated_power", "Rated power (setting)", Unit.WATT, role=Role.DIAGNOSTIC)
SEGMENT_1_START: Final = Point("time_segment1_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=1)
SEGMENT_1_STOP: Final = Point("time_segment1_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=1)
SEGMENT_1_MODE: Final = Point("time_segment1_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=1, words=SEGMENT_MODES)
SEGMENT_1_ENABLED: Final = Point("time_segment1_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=1)
SEGMENT_1_PACKED: Final = Point("time_segment1", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=1)
SEGMENT_2_START: Final = Point("time_segment2_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=2)
SEGMENT_2_STOP: Final = Point("time_segment2_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=2)
SEGMENT_2_MODE: Final = Point("time_segment2_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=2, words=SEGMENT_MODES)
SEGMENT_2_ENABLED: Final = Point("time_segment2_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=2)
SEGMENT_2_PACKED: Final = Point("time_segment2", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=2)
SEGMENT_3_START: Final = Point("time_segment3_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=3)
SEGMENT_3_STOP: Final = Point("time_segment3_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=3)
SEGMENT_3_MODE: Final = Point("time_segment3_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=3, words=SEGMENT_MODES)
SEGMENT_3_ENABLED: Final = Point("time_segment3_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=3)
SEGMENT_3_PACKED: Final = Point("time_segment3", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=3)
SEGMENT_4_START: Final = Point("time_segment4_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=4)
SEGMENT_4_STOP: Final = Point("time_segment4_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=4)
SEGMENT_4_MODE: Final = Point("time_segment4_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=4, words=SEGMENT_MODES)
SEGMENT_4_ENABLED: Final = Point("time_segment4_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=4)
SEGMENT_4_PACKED: Final = Point("time_segment4", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=4)
SEGMENT_5_START: Final = Point("time_segment5_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=5)
SEGMENT_5_STOP: Final = Point("time_segment5_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=5)
SEGMENT_5_MODE: Final = Point("time_segment5_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=5, words=SEGMENT_MODES)
SEGMENT_5_ENABLED: Final = Point("time_segment5_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=5)
SEGMENT_5_PACKED: Final = Point("time_segment5", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=5)
SEGMENT_6_START: Final = Point("time_segment6_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=6)
SEGMENT_6_STOP: Final = Point("time_segment6_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=6)
SEGMENT_6_MODE: Final = Point("time_segment6_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=6, words=SEGMENT_MODES)
SEGMENT_6_ENABLED: Final = Point("time_segment6_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=6)
SEGMENT_6_PACKED: Final = Point("time_segment6", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=6)
SEGMENT_7_START: Final = Point("time_segment7_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=7)
SEGMENT_7_STOP: Final = Point("time_segment7_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=7)
SEGMENT_7_MODE: Final = Point("time_segment7_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=7, words=SEGMENT_MODES)
SEGMENT_7_ENABLED: Final = Point("time_segment7_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=7)
SEGMENT_7_PACKED: Final = Point("time_segment7", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=7)
SEGMENT_8_START: Final = Point("time_segment8_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=8)
SEGMENT_8_STOP: Final = Point("time_segment8_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=8)
SEGMENT_8_MODE: Final = Point("time_segment8_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=8, words=SEGMENT_MODES)
SEGMENT_8_ENABLED: Final = Point("time_segment8_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=8)
SEGMENT_8_PACKED: Final = Point("time_segment8", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=8)
SEGMENT_9_START: Final = Point("time_segment9_start", "Time segment {n} start", kind=Kind.TEXT, role=Role.TAIL, n=9)
SEGMENT_9_STOP: Final = Point("time_segment9_stop", "Time segment {n} end", kind=Kind.TEXT, role=Role.TAIL, n=9)
SEGMENT_9_MODE: Final = Point("time_segment9_mode", "Time segment {n} mode", kind=Kind.STATE, role=Role.TAIL, n=9, words=SEGMENT_MODES)
SEGMENT_9_ENABLED: Final = Point("time_segment9_enabled", "Time segment {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=9)
SEGMENT_9_PACKED: Final = Point("time_segment9", "Time segment {n}", kind=Kind.TEXT, role=Role.TAIL, n=9)
CHARGE_1_START: Final = Point("charge_period1_start", "Charge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=1)
CHARGE_1_STOP: Final = Point("charge_period1_stop", "Charge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=1)
CHARGE_1_ENABLED: Final = Point("charge_period1_enabled", "Charge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=1)
CHARGE_2_START: Final = Point("charge_period2_start", "Charge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=2)
CHARGE_2_STOP: Final = Point("charge_period2_stop", "Charge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=2)
CHARGE_2_ENABLED: Final = Point("charge_period2_enabled", "Charge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=2)
CHARGE_3_START: Final = Point("charge_period3_start", "Charge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=3)
CHARGE_3_STOP: Final = Point("charge_period3_stop", "Charge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=3)
CHARGE_3_ENABLED: Final = Point("charge_period3_enabled", "Charge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=3)
CHARGE_4_START: Final = Point("charge_period4_start", "Charge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=4)
CHARGE_4_STOP: Final = Point("charge_period4_stop", "Charge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=4)
CHARGE_4_ENABLED: Final = Point("charge_period4_enabled", "Charge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=4)
CHARGE_5_START: Final = Point("charge_period5_start", "Charge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=5)
CHARGE_5_STOP: Final = Point("charge_period5_stop", "Charge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=5)
CHARGE_5_ENABLED: Final = Point("charge_period5_enabled", "Charge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=5)
CHARGE_6_START: Final = Point("charge_period6_start", "Charge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=6)
CHARGE_6_STOP: Final = Point("charge_period6_stop", "Charge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=6)
CHARGE_6_ENABLED: Final = Point("charge_period6_enabled", "Charge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=6)
DISCHARGE_1_START: Final = Point("discharge_period1_start", "Discharge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=1)
DISCHARGE_1_STOP: Final = Point("discharge_period1_stop", "Discharge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=1)
DISCHARGE_1_ENABLED: Final = Point("discharge_period1_enabled", "Discharge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=1)
DISCHARGE_2_START: Final = Point("discharge_period2_start", "Discharge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=2)
DISCHARGE_2_STOP: Final = Point("discharge_period2_stop", "Discharge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=2)
DISCHARGE_2_ENABLED: Final = Point("discharge_period2_enabled", "Discharge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=2)
DISCHARGE_3_START: Final = Point("discharge_period3_start", "Discharge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=3)
DISCHARGE_3_STOP: Final = Point("discharge_period3_stop", "Discharge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=3)
DISCHARGE_3_ENABLED: Final = Point("discharge_period3_enabled", "Discharge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=3)
DISCHARGE_4_START: Final = Point("discharge_period4_start", "Discharge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=4)
DISCHARGE_4_STOP: Final = Point("discharge_period4_stop", "Discharge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=4)
DISCHARGE_4_ENABLED: Final = Point("discharge_period4_enabled", "Discharge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=4)
DISCHARGE_5_START: Final = Point("discharge_period5_start", "Discharge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=5)
DISCHARGE_5_STOP: Final = Point("discharge_period5_stop", "Discharge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=5)
DISCHARGE_5_ENABLED: Final = Point("discharge_period5_enabled", "Discharge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=5)
DISCHARGE_6_START: Final = Point("discharge_period6_start", "Discharge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=6)
DISCHARGE_6_STOP: Final = Point("discharge_period6_stop", "Discharge period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=6)
DISCHARGE_6_ENABLED: Final = Point("discharge_period6_enabled", "Discharge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=6)

TLX_SETTINGS: Final = Catalogue(
    (
        Number(CHARGE_RATE, "chargePowerCommand"),
        Number(DISCHARGE_RATE, "disChargePowerCommand"),
        Number(CHARGE_STOP_SOC, "wchargeSOCLowLimit"),
        Number(DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit"),
        Number(GRID_DISCHARGE_STOP_SOC, "on_grid_discharge_stop_soc", instead=("onGridDischargeStopSOC",)),
        Number(AC_CHARGE_STOP_SOC, "ub_ac_charging_stop_soc", instead=("ubAcChargingStopSOC",)),
        Code(AC_CHARGE, "acChargeEnable", ON_OFF),
        Number(ACTIVE_POWER_RATE, "pvActivePRate", instead=("activeRate",)),
        Number(REACTIVE_POWER_RATE, "reactiveRate"),
        Number(EXPORT_LIMIT_MODE, "exportLimit"),
        Number(EXPORT_LIMIT_RATE, "exportLimitPowerRate"),
        Code(BACKUP_ENABLED, "epsFunEn", ON_OFF),
        Code(SWITCHED_ON, "tlxOnOff", ON_OFF),
        Code(SWITCHED_ON, "onOff", ON_OFF),
        Number(VOLTAGE_HIGH_LIMIT, "voltageHighLimit"),
        Number(VOLTAGE_LOW_LIMIT, "voltageLowLimit"),
        Number(FREQUENCY_HIGH_LIMIT, "frequencyHighLimit"),
        Number(FREQUENCY_LOW_LIMIT, "frequencyLowLimit"),
        Number(POWER_FACTOR_SET, "pf"),
        Words(DEVICE_CLOCK, "sysTime"),
        Words(SEGMENT_1_START, "forcedTimeStart1"),
        Words(SEGMENT_1_STOP, "forcedTimeStop1"),
        Code(SEGMENT_1_MODE, "time1Mode", PRIORITIES),
        Code(SEGMENT_1_ENABLED, "forcedStopSwitch1", ON_OFF),
        Words(SEGMENT_1_PACKED, "time_segment1"),
        Words(SEGMENT_2_START, "forcedTimeStart2"),
        Words(SEGMENT_2_STOP, "forcedTimeStop2"),
        Code(SEGMENT_2_MODE, "time2Mode", PRIORITIES),
        Code(SEGMENT_2_ENABLED, "forcedStopSwitch2", ON_OFF),
        Words(SEGMENT_2_PACKED, "time_segment2"),
        Words(SEGMENT_3_START, "forcedTimeStart3"),
        Words(SEGMENT_3_STOP, "forcedTimeStop3"),
        Code(SEGMENT_3_MODE, "time3Mode", PRIORITIES),
        Code(SEGMENT_3_ENABLED, "forcedStopSwitch3", ON_OFF),
        Words(SEGMENT_3_PACKED, "time_segment3"),
        Words(SEGMENT_4_START, "forcedTimeStart4"),
        Words(SEGMENT_4_STOP, "forcedTimeStop4"),
        Code(SEGMENT_4_MODE, "time4Mode", PRIORITIES),
        Code(SEGMENT_4_ENABLED, "forcedStopSwitch4", ON_OFF),
        Words(SEGMENT_4_PACKED, "time_segment4"),
        Words(SEGMENT_5_START, "forcedTimeStart5"),
        Words(SEGMENT_5_STOP, "forcedTimeStop5"),
        Code(SEGMENT_5_MODE, "time5Mode", PRIORITIES),
        Code(SEGMENT_5_ENABLED, "forcedStopSwitch5", ON_OFF),
        Words(SEGMENT_5_PACKED, "time_segment5"),
        Words(SEGMENT_6_START, "forcedTimeStart6"),
        Words(SEGMENT_6_STOP, "forcedTimeStop6"),
        Code(SEGMENT_6_MODE, "time6Mode", PRIORITIES),
        Code(SEGMENT_6_ENABLED, "forcedStopSwitch6", ON_OFF),
        Words(SEGMENT_6_PACKED, "time_segment6"),
        Words(SEGMENT_7_START, "forcedTimeStart7"),
        Words(SEGMENT_7_STOP, "forcedTimeStop7"),
        Code(SEGMENT_7_MODE, "time7Mode", PRIORITIES),
        Code(SEGMENT_7_ENABLED, "forcedStopSwitch7", ON_OFF),
        Words(SEGMENT_7_PACKED, "time_segment7"),
        Words(SEGMENT_8_START, "forcedTimeStart8"),
        Words(SEGMENT_8_STOP, "forcedTimeStop8"),
        Code(SEGMENT_8_MODE, "time8Mode", PRIORITIES),
        Code(SEGMENT_8_ENABLED, "forcedStopSwitch8", ON_OFF),
        Words(SEGMENT_8_PACKED, "time_segment8"),
        Words(SEGMENT_9_START, "forcedTimeStart9"),
        Words(SEGMENT_9_STOP, "forcedTimeStop9"),
        Code(SEGMENT_9_MODE, "time9Mode", PRIORITIES),
        Code(SEGMENT_9_ENABLED, "forcedStopSwitch9", ON_OFF),
        Words(SEGMENT_9_PACKED, "time_segment9"),
    ),
    {**COMMON, "sysTimeText": "the same as sysTime"},
)
"""`tlx_all_settings`; all values are text."""

MIX_SETTINGS: Final = Catalogue(
    (
        Number(CHARGE_RATE, "chargePowerCommand"),
        Number(DISCHARGE_RATE, "disChargePowerCommand"),
        Number(CHARGE_STOP_SOC_LOAD_FIRST, "wchargeSOCLowLimit1"),
        Number(CHARGE_STOP_SOC, "wchargeSOCLowLimit2"),
        Number(DISCHARGE_STOP_SOC_LOAD_FIRST, "wdisChargeSOCLowLimit1"),
        Number(DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit2"),
        Number(LOAD_FIRST_STOP_SOC, "loadFirstStopSocSet"),
        Code(AC_CHARGE, "acChargeEnable", ON_OFF),
        Number(ACTIVE_POWER_RATE, "activeRate", instead=("pvActivePRate",)),
        Number(REACTIVE_POWER_RATE, "reactiveRate"),
        Number(EXPORT_LIMIT_MODE, "exportLimit"),
        Number(EXPORT_LIMIT_RATE, "exportLimitPowerRate"),
        Code(BACKUP_ENABLED, "epsFunEn", ON_OFF),
        Code(SWITCHED_ON, "pv_on_off", ON_OFF),
        Code(SWITCHED_ON, "onOff", ON_OFF),
        Words(DEVICE_CLOCK, "pf_sys_year"),
        Code(PRIORITY, "priorityChoose", PRIORITIES),
        Words(CHARGE_1_START, "forcedChargeTimeStart1"),
        Words(CHARGE_1_STOP, "forcedChargeTimeStop1"),
        Code(CHARGE_1_ENABLED, "forcedChargeStopSwitch1", ON_OFF),
        Words(CHARGE_2_START, "forcedChargeTimeStart2"),
        Words(CHARGE_2_STOP, "forcedChargeTimeStop2"),
        Code(CHARGE_2_ENABLED, "forcedChargeStopSwitch2", ON_OFF),
        Words(CHARGE_3_START, "forcedChargeTimeStart3"),
        Words(CHARGE_3_STOP, "forcedChargeTimeStop3"),
        Code(CHARGE_3_ENABLED, "forcedChargeStopSwitch3", ON_OFF),
        Words(CHARGE_4_START, "forcedChargeTimeStart4"),
        Words(CHARGE_4_STOP, "forcedChargeTimeStop4"),
        Code(CHARGE_4_ENABLED, "forcedChargeStopSwitch4", ON_OFF),
        Words(CHARGE_5_START, "forcedChargeTimeStart5"),
        Words(CHARGE_5_STOP, "forcedChargeTimeStop5"),
        Code(CHARGE_5_ENABLED, "forcedChargeStopSwitch5", ON_OFF),
        Words(CHARGE_6_START, "forcedChargeTimeStart6"),
        Words(CHARGE_6_STOP, "forcedChargeTimeStop6"),
        Code(CHARGE_6_ENABLED, "forcedChargeStopSwitch6", ON_OFF),
        Words(DISCHARGE_1_START, "forcedDischargeTimeStart1"),
        Words(DISCHARGE_1_STOP, "forcedDischargeTimeStop1"),
        Code(DISCHARGE_1_ENABLED, "forcedDischargeStopSwitch1", ON_OFF),
        Words(DISCHARGE_2_START, "forcedDischargeTimeStart2"),
        Words(DISCHARGE_2_STOP, "forcedDischargeTimeStop2"),
        Code(DISCHARGE_2_ENABLED, "forcedDischargeStopSwitch2", ON_OFF),
        Words(DISCHARGE_3_START, "forcedDischargeTimeStart3"),
        Words(DISCHARGE_3_STOP, "forcedDischargeTimeStop3"),
        Code(DISCHARGE_3_ENABLED, "forcedDischargeStopSwitch3", ON_OFF),
        Words(DISCHARGE_4_START, "forcedDischargeTimeStart4"),
        Words(DISCHARGE_4_STOP, "forcedDischargeTimeStop4"),
        Code(DISCHARGE_4_ENABLED, "forcedDischargeStopSwitch4", ON_OFF),
        Words(DISCHARGE_5_START, "forcedDischargeTimeStart5"),
        Words(DISCHARGE_5_STOP, "forcedDischargeTimeStop5"),
        Code(DISCHARGE_5_ENABLED, "forcedDischargeStopSwitch5", ON_OFF),
        Words(DISCHARGE_6_START, "forcedDischargeTimeStart6"),
        Words(DISCHARGE_6_STOP, "forcedDischargeTimeStop6"),
        Code(DISCHARGE_6_ENABLED, "forcedDischargeStopSwitch6", ON_OFF),
    ),
    COMMON,
)
"""`get_mix_inverter_settings`, `mixBean`; all values are text."""

NOAH_SETTINGS: Final = Catalogue(
    (
        Number(DEFAULT_POWER, "defaultPower", instead=("defaultACCouplePower",)),
        Number(SOC_HIGH_LIMIT, "chargingSocHighLimit"),
        Number(SOC_LOW_LIMIT, "chargingSocLowLimit"),
        Code(WORK_MODE, "workMode", WORK_MODES),
        Number(ENERGY_PRICE, "formulaMoney"),
        Words(SEGMENT_1_PACKED, "time_segment1"),
        Words(SEGMENT_2_PACKED, "time_segment2"),
        Words(SEGMENT_3_PACKED, "time_segment3"),
        Words(SEGMENT_4_PACKED, "time_segment4"),
        Words(SEGMENT_5_PACKED, "time_segment5"),
        Words(SEGMENT_6_PACKED, "time_segment6"),
        Words(SEGMENT_7_PACKED, "time_segment7"),
        Words(SEGMENT_8_PACKED, "time_segment8"),
        Words(SEGMENT_9_PACKED, "time_segment9"),
    ),
    {
        **COMMON,
        "ammeterSn": "a serial number",
        "version": "the firmware, which discovery tells",
        "model": "discovery tells it",
    },
)
"""`noah_info`, `noah` in `obj` or `obj` itself; time segments are lifted out of their map or list."""

CLASSIC_SETTINGS: Final = Catalogue(
    (
        Code(SWITCHED_ON, "onOff", ON_OFF),
        Number(ACTIVE_POWER_RATE, "activeRate"),
        Number(REACTIVE_POWER_RATE, "reactiveRate"),
        Number(VOLTAGE_HIGH_LIMIT, "voltageHighLimit"),
        Number(VOLTAGE_LOW_LIMIT, "voltageLowLimit"),
        Number(FREQUENCY_LOW_LIMIT, "workingFrequencyMin"),
        Number(FREQUENCY_HIGH_LIMIT, "workingFrequencyMax"),
        Number(POWER_FACTOR_SET, "pf"),
        Words(DEVICE_CLOCK, "sysTime"),
    ),
    {
        **COMMON,
        "status": "live, and read with the values",
        "lost": "live, and read with the values",
        "deviceModel": "discovery tells it",
        "model": "discovery tells it",
        "nominalPower": "the rated power, which discovery tells",
        "timezone": "the plant tells it",
    },
)
"""`classic_inverter_info`, from the page of a string inverter's settings."""

PLANT_SETTINGS: Final = Catalogue(
    (
        Number(PLANT_NOMINAL, "nominalPower"),
        Number(ENERGY_PRICE, "formulaMoneyStr"),
    ),
    {
        **COMMON,
        "timezone": "decides the plant's day",
        "formulaMoneyUnitId": "the currency",
        "createDateText": "nothing measured",
        "createDate": "nothing measured",
        "plantImg": "a picture",
        "plantType": "nothing measured",
    },
)
"""`plant_settings`; where the plant is and whose it is stays out."""
