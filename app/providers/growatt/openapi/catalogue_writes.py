"""Every write that Growatt's OpenAPI documents, but for the virtual power plant's: what it changes, its parameters, and what shows it.

Types, ranges and codes: https://www.showdoc.com.cn/262556420217021 (V1) and /2598832417617967 (V4), as growattServer 2.2.0
(open_api_v1/devices) and timohencken/GrowattPublicApiPy read them. A row whose field is the name of its own type is read
back by that name (`readMinParam` and its like); the others by the fields of the family's settings.
"""

from typing import Final

from app.model import Kind, Order, Point, Press, Range, Role, Toggle, Unit, Words
from app.providers.growatt.catalogue_mix import PRIORITIES
from app.providers.growatt.catalogue_points import (
    AC_CHARGE,
    AC_CHARGE_STOP_SOC,
    ACTIVE_POWER_RATE,
    BACKUP_ENABLED,
    CHARGE_1,
    CHARGE_1_END,
    CHARGE_1_START,
    CHARGE_2,
    CHARGE_3,
    CHARGE_RATE,
    CHARGE_STOP_SOC,
    DEFAULT_POWER,
    DEVICE_CLOCK,
    DISCHARGE_1,
    DISCHARGE_1_END,
    DISCHARGE_1_START,
    DISCHARGE_2,
    DISCHARGE_3,
    DISCHARGE_RATE,
    DISCHARGE_STOP_SOC,
    EXPORT_LIMIT_ENABLED,
    EXPORT_LIMIT_MODE,
    EXPORT_LIMIT_RATE,
    LOAD_FIRST_STOP_SOC,
    POWER_FACTOR_MEMORY,
    POWER_FACTOR_SET,
    REACTIVE_POWER_DIRECTION,
    REACTIVE_POWER_RATE,
    SEGMENT_1,
    SEGMENT_1_MODE,
    SEGMENT_1_POWER,
    SEGMENT_2,
    SEGMENT_2_MODE,
    SEGMENT_2_POWER,
    SEGMENT_3,
    SEGMENT_3_MODE,
    SEGMENT_3_POWER,
    SEGMENT_4,
    SEGMENT_4_MODE,
    SEGMENT_4_POWER,
    SEGMENT_5,
    SEGMENT_5_MODE,
    SEGMENT_5_POWER,
    SEGMENT_6,
    SEGMENT_6_MODE,
    SEGMENT_6_POWER,
    SEGMENT_7,
    SEGMENT_7_MODE,
    SEGMENT_7_POWER,
    SEGMENT_8,
    SEGMENT_8_MODE,
    SEGMENT_8_POWER,
    SEGMENT_9,
    SEGMENT_9_MODE,
    SEGMENT_9_POWER,
    SOC_HIGH_LIMIT,
    SOC_LOW_LIMIT,
    SWITCHED_ON,
    SYNC_CLOCK,
    VOLTAGE_HIGH_LIMIT,
    VOLTAGE_LOW_LIMIT,
)
from app.providers.growatt.params import Form, Param, Write, window

MIN: Final = "min_write_parameter"
SPH: Final = "sph_write_parameter"
SPA: Final = "spaSet"
MAX: Final = "maxSet"
INVERTER: Final = "inverterSet"
STORAGE: Final = "storageSet"
"""The writers: growattServer's methods, or where it has none the vendor's own names."""

PERCENT: Final = Range(0, 100)
GRID_VOLTS: Final = Range(80, 300, 0.1)
POWER_FACTORS: Final = Range(-1, 1, 0.01)
WITHIN: Final = (Order("discharge_stop_soc", "charge_stop_soc"),)
GRID_ORDER: Final = (Order("voltage_low_limit", "voltage_high_limit"),)
SOC_ORDER: Final = (Order("soc_low_limit", "soc_high_limit"),)
FREQUENCIES: Final = {"0": "50 Hz", "1": "60 Hz"}
VOLTAGES: Final = {"0": "230 V", "1": "208 V", "2": "240 V"}
EXPORT_LIMITS: Final = {"0": "off", "1": "meter", "2": "ct"}
DIRECTIONS: Final = {"over": "over", "under": "under", "0": "over", "1": "under"}
"""Sources disagree which of the two is capacitive; the numbers are what `underExcited` shows."""
THREE_PHASE_OUTPUTS: Final = {"0": "sum", "1": "per_phase"}
SYSTEM_MODES: Final = {"0": "standard", "1": "free"}
INVERTED: Final = {"0": True, "1": False}
"""The vendor's page has 0 for on here."""
NOAH_MODES: Final = {"0": "load_first", "1": "battery_first", "2": "smart"}

ACTIVE_POWER_RATE_UNSAVED: Final = Point("active_power_rate_unsaved", "Active power limit until the next restart", Unit.PERCENT, role=Role.TAIL)
OFF_GRID_FREQUENCY: Final = Point("off_grid_frequency", "Backup output frequency", kind=Kind.STATE, role=Role.TAIL, words=("50 Hz", "60 Hz"))
OFF_GRID_VOLTAGE: Final = Point("off_grid_voltage", "Backup output voltage", kind=Kind.STATE, role=Role.TAIL, words=("230 V", "208 V", "240 V"))
SINGLE_PHASE_EXPORT_LIMIT: Final = Point("single_phase_export_limit", "Export limit per phase", kind=Kind.FLAG, role=Role.TAIL)
THREE_PHASE_OUTPUT: Final = Point("three_phase_output", "Three-phase output", kind=Kind.STATE, role=Role.TAIL, words=("sum", "per_phase"))
SYSTEM_MODE: Final = Point("system_mode", "System mode", kind=Kind.STATE, role=Role.DIAGNOSTIC, words=("standard", "free"))
FORCED_DISCHARGE: Final = Point("forced_discharge_enabled", "Forced discharge", kind=Kind.FLAG, role=Role.DIAGNOSTIC)
STRING_OPEN_VOLTAGE: Final = Point("string_voltage_open", "Open-circuit voltage of a string (setting)", Unit.VOLT, role=Role.TAIL)
STRING_MPP_FRACTION: Final = Point("string_voltage_mpp_fraction", "Maximum power point, as a part of the open-circuit voltage", role=Role.TAIL)
LINKED_INVERTER: Final = Point("linked_inverter", "Inverter that is fed", kind=Kind.TEXT, role=Role.TAIL)
LOAD_FIRST_1: Final = {
    "start": Point("load_first_period1_start", "Load first period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=1),
    "end": Point("load_first_period1_end", "Load first period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=1),
    "enabled": Point("load_first_period1_enabled", "Load first period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=1),
}
LOAD_FIRST_2: Final = {
    "start": Point("load_first_period2_start", "Load first period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=2),
    "end": Point("load_first_period2_end", "Load first period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=2),
    "enabled": Point("load_first_period2_enabled", "Load first period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=2),
}
LOAD_FIRST_3: Final = {
    "start": Point("load_first_period3_start", "Load first period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=3),
    "end": Point("load_first_period3_end", "Load first period {n} end", kind=Kind.TEXT, role=Role.TAIL, n=3),
    "enabled": Point("load_first_period3_enabled", "Load first period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=3),
}
MIN_WRITES: Final = (
    Write("charge_rate", MIN, "charge_power", (Param(Form.NUMBER, CHARGE_RATE, "chargePowerCommand", PERCENT),), needs="battery"),
    Write("charge_stop_soc", MIN, "charge_stop_soc", (Param(Form.NUMBER, CHARGE_STOP_SOC, "wchargeSOCLowLimit", PERCENT),), orders=WITHIN, needs="battery"),
    Write("discharge_rate", MIN, "discharge_power", (Param(Form.NUMBER, DISCHARGE_RATE, "disChargePowerCommand", PERCENT),), needs="battery"),
    Write("discharge_stop_soc", MIN, "discharge_stop_soc", (Param(Form.NUMBER, DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit", PERCENT),), orders=WITHIN, needs="battery"),
    Write("ac_charge_enabled", MIN, "ac_charge", (Param(Form.FLAG, AC_CHARGE, "acChargeEnable"),), needs="battery"),
    Write("export_limit_mode", MIN, "backflow_setting", (Param(Form.CODE, EXPORT_LIMIT_MODE, "exportLimit", codes=EXPORT_LIMITS),)),
    Write("switched_on", MIN, "tlx_on_off", (Param(Form.COMMAND, SWITCHED_ON, "onOff"),), seldom=True),
    Write("backup_enabled", MIN, "tlx_off_grid_enable", (Param(Form.FLAG, BACKUP_ENABLED, "epsFunEn"),), needs="battery"),
    Write("off_grid_frequency", MIN, "tlx_ac_discharge_frequency", (Param(Form.CODE, OFF_GRID_FREQUENCY, "epsFreqSet", codes=FREQUENCIES),), danger=True, needs="battery"),
    Write("off_grid_voltage", MIN, "tlx_ac_discharge_voltage", (Param(Form.CODE, OFF_GRID_VOLTAGE, "epsVoltSet", codes=VOLTAGES),), danger=True, needs="battery"),
    Write("active_power_rate", MIN, "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "activeRate", PERCENT, ("pvActivePRate",)),)),
    Write("reactive_power_rate", MIN, "pv_reactive_p_rate", (Param(Form.NUMBER, REACTIVE_POWER_RATE, "reactiveRate", PERCENT),), danger=True),
    Write("power_factor_setting", MIN, "pv_power_factor", (Param(Form.NUMBER, POWER_FACTOR_SET, "pf", POWER_FACTORS, digits=2, least=0.8, trim=True),), danger=True),
    Write("voltage_high_limit", MIN, "pv_grid_voltage_high", (Param(Form.NUMBER, VOLTAGE_HIGH_LIMIT, "voltageHighLimit", GRID_VOLTS, digits=1, trim=True),), orders=GRID_ORDER, danger=True),
    Write("voltage_low_limit", MIN, "pv_grid_voltage_low", (Param(Form.NUMBER, VOLTAGE_LOW_LIMIT, "voltageLowLimit", GRID_VOLTS, digits=1, trim=True),), orders=GRID_ORDER, danger=True),
    Write("device_clock", MIN, "pf_sys_year", (Param(Form.CLOCK, DEVICE_CLOCK, "sysTime"),)),
    Write("sync_clock", MIN, "pf_sys_year", (Param(Form.CLOCK, SYNC_CLOCK, accepts=Press(clock=True)),)),
    Write(
        "time_segment1",
        MIN,
        "time_segment1",
        (
            Param(Form.CODE, SEGMENT_1_MODE, "time1Mode", codes=PRIORITIES),
            *window(SEGMENT_1, "forcedTimeStart1", "forcedTimeStop1", "forcedStopSwitch1", bare=True),
        ),
        windows=("time_segment1",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment2",
        MIN,
        "time_segment2",
        (
            Param(Form.CODE, SEGMENT_2_MODE, "time2Mode", codes=PRIORITIES),
            *window(SEGMENT_2, "forcedTimeStart2", "forcedTimeStop2", "forcedStopSwitch2", bare=True),
        ),
        windows=("time_segment2",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment3",
        MIN,
        "time_segment3",
        (
            Param(Form.CODE, SEGMENT_3_MODE, "time3Mode", codes=PRIORITIES),
            *window(SEGMENT_3, "forcedTimeStart3", "forcedTimeStop3", "forcedStopSwitch3", bare=True),
        ),
        windows=("time_segment3",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment4",
        MIN,
        "time_segment4",
        (
            Param(Form.CODE, SEGMENT_4_MODE, "time4Mode", codes=PRIORITIES),
            *window(SEGMENT_4, "forcedTimeStart4", "forcedTimeStop4", "forcedStopSwitch4", bare=True),
        ),
        windows=("time_segment4",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment5",
        MIN,
        "time_segment5",
        (
            Param(Form.CODE, SEGMENT_5_MODE, "time5Mode", codes=PRIORITIES),
            *window(SEGMENT_5, "forcedTimeStart5", "forcedTimeStop5", "forcedStopSwitch5", bare=True),
        ),
        windows=("time_segment5",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment6",
        MIN,
        "time_segment6",
        (
            Param(Form.CODE, SEGMENT_6_MODE, "time6Mode", codes=PRIORITIES),
            *window(SEGMENT_6, "forcedTimeStart6", "forcedTimeStop6", "forcedStopSwitch6", bare=True),
        ),
        windows=("time_segment6",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment7",
        MIN,
        "time_segment7",
        (
            Param(Form.CODE, SEGMENT_7_MODE, "time7Mode", codes=PRIORITIES),
            *window(SEGMENT_7, "forcedTimeStart7", "forcedTimeStop7", "forcedStopSwitch7", bare=True),
        ),
        windows=("time_segment7",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment8",
        MIN,
        "time_segment8",
        (
            Param(Form.CODE, SEGMENT_8_MODE, "time8Mode", codes=PRIORITIES),
            *window(SEGMENT_8, "forcedTimeStart8", "forcedTimeStop8", "forcedStopSwitch8", bare=True),
        ),
        windows=("time_segment8",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment9",
        MIN,
        "time_segment9",
        (
            Param(Form.CODE, SEGMENT_9_MODE, "time9Mode", codes=PRIORITIES),
            *window(SEGMENT_9, "forcedTimeStart9", "forcedTimeStop9", "forcedStopSwitch9", bare=True),
        ),
        windows=("time_segment9",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
)
"""MIN, MIC, MOD, NEO: `tlxSet`; `device/tlx/tlx_set_info` shows them."""

SPH_WRITES: Final = (
    Write(
        "charge_schedule",
        SPH,
        "mix_ac_charge_time_period",
        (
            Param(Form.NUMBER, CHARGE_RATE, "chargePowerCommand", PERCENT),
            Param(Form.NUMBER, CHARGE_STOP_SOC, "wchargeSOCLowLimit2", PERCENT),
            Param(Form.FLAG, AC_CHARGE, "acChargeEnable"),
            *window(CHARGE_1, "forcedChargeTimeStart1", "forcedChargeTimeStop1", "forcedChargeStopSwitch1", bare=True),
            *window(CHARGE_2, "forcedChargeTimeStart2", "forcedChargeTimeStop2", "forcedChargeStopSwitch2", bare=True),
            *window(CHARGE_3, "forcedChargeTimeStart3", "forcedChargeTimeStop3", "forcedChargeStopSwitch3", bare=True),
        ),
        windows=("charge_period1", "charge_period2", "charge_period3"),
        family="charge_periods",
        orders=WITHIN,
        overnight=False,
    ),
    Write(
        "discharge_schedule",
        SPH,
        "mix_ac_discharge_time_period",
        (
            Param(Form.NUMBER, DISCHARGE_RATE, "disChargePowerCommand", PERCENT),
            Param(Form.NUMBER, DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit2", PERCENT),
            *window(DISCHARGE_1, "forcedDischargeTimeStart1", "forcedDischargeTimeStop1", "forcedDischargeStopSwitch1", bare=True),
            *window(DISCHARGE_2, "forcedDischargeTimeStart2", "forcedDischargeTimeStop2", "forcedDischargeStopSwitch2", bare=True),
            *window(DISCHARGE_3, "forcedDischargeTimeStart3", "forcedDischargeTimeStop3", "forcedDischargeStopSwitch3", bare=True),
        ),
        windows=("discharge_period1", "discharge_period2", "discharge_period3"),
        family="discharge_periods",
        orders=WITHIN,
        overnight=False,
    ),
    Write("switched_on", SPH, "pv_on_off", (Param(Form.COMMAND, SWITCHED_ON, "pv_on_off"),), seldom=True),
    Write("load_first_stop_soc", SPH, "mix_load_flast_value_multi", (Param(Form.NUMBER, LOAD_FIRST_STOP_SOC, "loadFirstStopSocSet", PERCENT),)),
    Write(
        "export_limit",
        SPH,
        "backflow_setting",
        (
            Param(Form.FLAG, EXPORT_LIMIT_ENABLED, "exportLimit"),
            Param(Form.NUMBER, EXPORT_LIMIT_RATE, "exportLimitPowerRate", PERCENT),
        ),
    ),
    Write("single_phase_export_limit", SPH, "mix_single_export", (Param(Form.FLAG, SINGLE_PHASE_EXPORT_LIMIT, "singleExport"),)),
    Write("three_phase_output", SPH, "mix_load_first_control", (Param(Form.CODE, THREE_PHASE_OUTPUT, "loadFirstControl", codes=THREE_PHASE_OUTPUTS),)),
    Write("backup_enabled", SPH, "mix_off_grid_enable", (Param(Form.FLAG, BACKUP_ENABLED, "epsFunEn"),)),
    Write("off_grid_frequency", SPH, "mix_ac_discharge_frequency", (Param(Form.CODE, OFF_GRID_FREQUENCY, "epsFreqSet", codes=FREQUENCIES),), danger=True),
    Write("off_grid_voltage", SPH, "mix_ac_discharge_voltage", (Param(Form.CODE, OFF_GRID_VOLTAGE, "epsVoltSet", codes=VOLTAGES),), danger=True),
    Write("active_power_rate", SPH, "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "activeRate", PERCENT, ("pvActivePRate",)),)),
    Write("reactive_power_rate", SPH, "pv_reactive_p_rate", (Param(Form.NUMBER, REACTIVE_POWER_RATE, "reactiveRate", PERCENT),), danger=True),
    Write("power_factor_setting", SPH, "pv_power_factor", (Param(Form.NUMBER, POWER_FACTOR_SET, accepts=POWER_FACTORS, digits=2, least=0.8, trim=True),), danger=True),
    Write("voltage_high_limit", SPH, "pv_grid_voltage_high", (Param(Form.NUMBER, VOLTAGE_HIGH_LIMIT, "voltageHighLimit", GRID_VOLTS, digits=1, trim=True),), orders=GRID_ORDER, danger=True),
    Write("voltage_low_limit", SPH, "pv_grid_voltage_low", (Param(Form.NUMBER, VOLTAGE_LOW_LIMIT, "voltageLowLimit", GRID_VOLTS, digits=1, trim=True),), orders=GRID_ORDER, danger=True),
    Write("reactive_power_direction", SPH, "pv_reactive_p_rate_two", (Param(Form.CODE, REACTIVE_POWER_DIRECTION, "underExcited", codes=DIRECTIONS),), danger=True),
    Write("power_factor_memory", SPH, "pv_pf_cmd_memory_state", (Param(Form.FLAG, POWER_FACTOR_MEMORY, "pvPfCmdMemoryState"),), danger=True),
    Write("device_clock", SPH, "pf_sys_year", (Param(Form.TIME, DEVICE_CLOCK),)),
    Write("sync_clock", SPH, "pf_sys_year", (Param(Form.TIME, SYNC_CLOCK, accepts=Press(clock=True)),)),
)
"""SPH: `mixSet`; `device/mix/mix_data_info` shows them, but for being on, which is read by its name: its `onOff` is false
on inverters that run. Its `powerFactor` is in no unit that the vendor tells, so the power factor is not read back.
The clock takes a time of day, as documented."""

SPA_WRITES: Final = (
    Write(
        "charge_schedule",
        SPA,
        "spa_ac_charge_time_period",
        (
            Param(Form.NUMBER, CHARGE_RATE, "chargePowerCommand", PERCENT),
            Param(Form.NUMBER, CHARGE_STOP_SOC, "wchargeSOCLowLimit2", PERCENT),
            Param(Form.FLAG, AC_CHARGE, "acChargeEnable"),
            *window(CHARGE_1, "forcedChargeTimeStart1", "forcedChargeTimeStop1", "batFirstSwitch1", bare=True),
            *window(CHARGE_2, "forcedChargeTimeStart2", "forcedChargeTimeStop2", "batFirstSwitch2", bare=True),
            *window(CHARGE_3, "forcedChargeTimeStart3", "forcedChargeTimeStop3", "batFirstSwitch3", bare=True),
        ),
        windows=("charge_period1", "charge_period2", "charge_period3"),
        family="charge_periods",
        orders=WITHIN,
        overnight=False,
    ),
    Write(
        "discharge_schedule",
        SPA,
        "spa_ac_discharge_time_period",
        (
            Param(Form.NUMBER, DISCHARGE_RATE, "disChargePowerCommand", PERCENT),
            Param(Form.NUMBER, DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit2", PERCENT),
            *window(DISCHARGE_1, "forcedDischargeTimeStart1", "forcedDischargeTimeStop1", "gridFirstSwitch1", bare=True),
            *window(DISCHARGE_2, "forcedDischargeTimeStart2", "forcedDischargeTimeStop2", "gridFirstSwitch2", bare=True),
            *window(DISCHARGE_3, "forcedDischargeTimeStart3", "forcedDischargeTimeStop3", "gridFirstSwitch3", bare=True),
        ),
        windows=("discharge_period1", "discharge_period2", "discharge_period3"),
        family="discharge_periods",
        orders=WITHIN,
        overnight=False,
    ),
    Write(
        "load_first_schedule",
        SPA,
        "spa_load_flast",
        (
            *window(LOAD_FIRST_1, "loadFirstStartTime1", "loadFirstStopTime1", "loadFirstSwitch1", bare=True),
            *window(LOAD_FIRST_2, "loadFirstStartTime2", "loadFirstStopTime2", "loadFirstSwitch2", bare=True),
            *window(LOAD_FIRST_3, "loadFirstStartTime3", "loadFirstStopTime3", "loadFirstSwitch3", bare=True),
        ),
        windows=("load_first_period1", "load_first_period2", "load_first_period3"),
        family="load_first_periods",
        overnight=False,
    ),
    Write("switched_on", SPA, "pv_on_off", (Param(Form.COMMAND, SWITCHED_ON, "pv_on_off"),), seldom=True),
    Write("backup_enabled", SPA, "spa_off_grid_enable", (Param(Form.FLAG, BACKUP_ENABLED, "epsFunEn"),)),
    Write("off_grid_frequency", SPA, "spa_ac_discharge_frequency", (Param(Form.CODE, OFF_GRID_FREQUENCY, "epsFreqSet", codes=FREQUENCIES),), danger=True),
    Write("off_grid_voltage", SPA, "spa_ac_discharge_voltage", (Param(Form.CODE, OFF_GRID_VOLTAGE, "epsVoltSet", codes=VOLTAGES),), danger=True),
    Write("active_power_rate", SPA, "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "activePRate", PERCENT, ("pvActivePRate",)),)),
    Write("reactive_power_rate", SPA, "pv_reactive_p_rate", (Param(Form.NUMBER, REACTIVE_POWER_RATE, "reactivePRate", PERCENT),), danger=True),
    Write("power_factor_setting", SPA, "pv_power_factor", (Param(Form.NUMBER, POWER_FACTOR_SET, accepts=POWER_FACTORS, digits=2, least=0.8, trim=True),), danger=True),
    Write("voltage_high_limit", SPA, "pv_grid_voltage_high", (Param(Form.NUMBER, VOLTAGE_HIGH_LIMIT, "vacHigh", GRID_VOLTS, digits=1, trim=True),), orders=GRID_ORDER, danger=True),
    Write("voltage_low_limit", SPA, "pv_grid_voltage_low", (Param(Form.NUMBER, VOLTAGE_LOW_LIMIT, "vacLow", GRID_VOLTS, digits=1, trim=True),), orders=GRID_ORDER, danger=True),
    Write("power_factor_memory", SPA, "pv_pf_cmd_memory_state", (Param(Form.FLAG, POWER_FACTOR_MEMORY, "pfCmdMemoryState"),), danger=True),
    Write("device_clock", SPA, "pf_sys_year", (Param(Form.TIME, DEVICE_CLOCK),)),
    Write("sync_clock", SPA, "pf_sys_year", (Param(Form.TIME, SYNC_CLOCK, accepts=Press(clock=True)),)),
)
"""SPA: `spaSet`; `device/spa/spa_data_info` shows them under names of its own, as of SPH what is on is read by its name."""

MAX_WRITES: Final = (
    Write("switched_on", MAX, "max_cmd_on_off", (Param(Form.COMMAND, SWITCHED_ON, "max_cmd_on_off"),), seldom=True),
    Write("active_power_rate", MAX, "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "pv_active_p_rate", PERCENT), Param(Form.FIXED, fixed="1"))),
    Write("active_power_rate_unsaved", MAX, "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE_UNSAVED, "pv_active_p_rate", PERCENT), Param(Form.FIXED, fixed="0"))),
    Write("power_factor_setting", MAX, "pv_power_factor", (Param(Form.NUMBER, POWER_FACTOR_SET, "pv_power_factor", POWER_FACTORS, digits=2, least=0.8, trim=True),), danger=True),
)
"""MAX: `maxSet`; nothing shows them but a read by name. A power limit is kept over a restart, as on every other inverter; the
unsaved one is not, and so wears out no memory when it is set every minute."""

INVERTER_WRITES: Final = (
    Write("switched_on", INVERTER, "pv_on_off", (Param(Form.COMMAND, SWITCHED_ON, "pv_on_off", name="command_1"),), seldom=True),
    Write("active_power_rate", INVERTER, "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "pv_active_p_rate", PERCENT, name="command_1"),)),
    Write("reactive_power", INVERTER, "pv_reactive_p_rate", (Param(Form.NUMBER, REACTIVE_POWER_RATE, "pv_reactive_p_rate", PERCENT, name="command_1"), Param(Form.CODE, REACTIVE_POWER_DIRECTION, codes=DIRECTIONS, name="command_2")), danger=True),
    Write("power_factor_setting", INVERTER, "pv_power_factor", (Param(Form.NUMBER, POWER_FACTOR_SET, "pv_power_factor", POWER_FACTORS, digits=2, least=0.8, trim=True, name="command_1"),), danger=True),
    Write("power_factor_memory", INVERTER, "pv_pf_cmd_memory_state", (Param(Form.FLAG, POWER_FACTOR_MEMORY, "pv_pf_cmd_memory_state", name="command_1"),), danger=True),
    Write("voltage_high_limit", INVERTER, "pv_grid_voltage_high", (Param(Form.NUMBER, VOLTAGE_HIGH_LIMIT, "pv_grid_voltage_high", GRID_VOLTS, digits=1, trim=True, name="command_1"),), danger=True),
    Write("device_clock", INVERTER, "pf_sys_year", (Param(Form.CLOCK, DEVICE_CLOCK, "pf_sys_year", name="command_1"),)),
    Write("sync_clock", INVERTER, "pf_sys_year", (Param(Form.CLOCK, SYNC_CLOCK, accepts=Press(clock=True), name="command_1"),)),
)
"""String inverters: `inverterSet`; nothing shows them but a read by name."""

STORAGE_WRITES: Final = (
    Write("switched_on", STORAGE, "storage_cmd_on_off", (Param(Form.COMMAND, SWITCHED_ON, "storage_cmd_on_off"),), seldom=True),
    Write("system_mode", STORAGE, "storage_cmd_mode", (Param(Form.CODE, SYSTEM_MODE, "storage_cmd_mode", codes=SYSTEM_MODES),)),
    Write("forced_discharge_enabled", STORAGE, "storage_cmd_forced_discharge_enable", (Param(Form.CODE, FORCED_DISCHARGE, "storage_cmd_forced_discharge_enable", Toggle(), codes=INVERTED),)),
    Write("soc_low_limit", STORAGE, "storage_lithium_battery", (Param(Form.NUMBER, SOC_LOW_LIMIT, "storage_lithium_battery", Range(0, 10)),)),
    Write("ac_charge_enabled", STORAGE, "storage_ac_charge_enable_disenable", (Param(Form.FLAG, AC_CHARGE, "storage_ac_charge_enable_disenable"),)),
    Write("ac_charge_stop_soc", STORAGE, "storage_ac_charge_soc_limit", (Param(Form.NUMBER, AC_CHARGE_STOP_SOC, "storage_ac_charge_soc_limit", Range(10, 80)),)),
    Write("charge_period1", STORAGE, "storage_ac_charge_hour_start", (Param(Form.HOUR, CHARGE_1_START, bare=True), Param(Form.MINUTE, CHARGE_1_START, bare=True), Param(Form.HOUR, CHARGE_1_END, bare=True), Param(Form.MINUTE, CHARGE_1_END, bare=True)), windows=("charge_period1",), overnight=False),
    Write("discharge_period1", STORAGE, "storage_cmd_forced_discharge_time1", (Param(Form.HOUR, DISCHARGE_1_START, bare=True), Param(Form.MINUTE, DISCHARGE_1_START, bare=True), Param(Form.HOUR, DISCHARGE_1_END, bare=True), Param(Form.MINUTE, DISCHARGE_1_END, bare=True)), windows=("discharge_period1",), overnight=False),
    Write("string_voltage", STORAGE, "pv_power_factor", (Param(Form.NUMBER, STRING_OPEN_VOLTAGE, accepts=Range(300, 500, 0.1), digits=1, trim=True), Param(Form.NUMBER, STRING_MPP_FRACTION, accepts=Range(0.55, 0.9, 0.01), digits=2, trim=True)), danger=True),
    Write("device_clock", STORAGE, "storage_cmd_sys_year", (Param(Form.CLOCK_MINUTES, DEVICE_CLOCK, "storage_cmd_sys_year"),)),
    Write("sync_clock", STORAGE, "storage_cmd_sys_year", (Param(Form.CLOCK_MINUTES, SYNC_CLOCK, accepts=Press(clock=True)),)),
)
"""SPF and other storage: `storageSet`; nothing shows them but a read by name, whose form for a window is not documented."""

NOAH_WRITES: Final = (
    Write("default_power", "setPower", "value", (Param(Form.NUMBER, DEFAULT_POWER, "defaultPower", Range(0, 800), name="value"),)),
    Write("soc_high_limit", "setHighLimitSoc", "value", (Param(Form.NUMBER, SOC_HIGH_LIMIT, "chargingSocHighLimit", PERCENT, name="value"),), orders=SOC_ORDER),
    Write("soc_low_limit", "setLowLimitSoc", "value", (Param(Form.NUMBER, SOC_LOW_LIMIT, "chargingSocLowLimit", PERCENT, name="value"),), orders=SOC_ORDER),
    Write("ac_charge_enabled", "setGridCharge", "value", (Param(Form.FLAG, AC_CHARGE, "allowGridCharging", name="value"),)),
    Write("backup_enabled", "setOffGrid", "value", (Param(Form.FLAG, BACKUP_ENABLED, "gridConnectionControl", name="value"),)),
    Write("linked_inverter", "setDevice", "value", (Param(Form.TEXT, LINKED_INVERTER, accepts=Words(255, r"\{.+\}"), name="value"),), danger=True),
    Write(
        "time_segment1",
        "setTimeSegment",
        "1",
        (
            Param(Form.FIXED, fixed="1", name="type"),
            Param(Form.TIME, SEGMENT_1["start"], "time1Start", name="startTime"),
            Param(Form.TIME, SEGMENT_1["end"], "time1End", name="endTime"),
            Param(Form.CODE, SEGMENT_1_MODE, "time1Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_1_POWER, "time1Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_1["enabled"], "time1Enable", name="enable"),
        ),
        windows=("time_segment1",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment2",
        "setTimeSegment",
        "2",
        (
            Param(Form.FIXED, fixed="2", name="type"),
            Param(Form.TIME, SEGMENT_2["start"], "time2Start", name="startTime"),
            Param(Form.TIME, SEGMENT_2["end"], "time2End", name="endTime"),
            Param(Form.CODE, SEGMENT_2_MODE, "time2Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_2_POWER, "time2Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_2["enabled"], "time2Enable", name="enable"),
        ),
        windows=("time_segment2",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment3",
        "setTimeSegment",
        "3",
        (
            Param(Form.FIXED, fixed="3", name="type"),
            Param(Form.TIME, SEGMENT_3["start"], "time3Start", name="startTime"),
            Param(Form.TIME, SEGMENT_3["end"], "time3End", name="endTime"),
            Param(Form.CODE, SEGMENT_3_MODE, "time3Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_3_POWER, "time3Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_3["enabled"], "time3Enable", name="enable"),
        ),
        windows=("time_segment3",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment4",
        "setTimeSegment",
        "4",
        (
            Param(Form.FIXED, fixed="4", name="type"),
            Param(Form.TIME, SEGMENT_4["start"], "time4Start", name="startTime"),
            Param(Form.TIME, SEGMENT_4["end"], "time4End", name="endTime"),
            Param(Form.CODE, SEGMENT_4_MODE, "time4Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_4_POWER, "time4Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_4["enabled"], "time4Enable", name="enable"),
        ),
        windows=("time_segment4",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment5",
        "setTimeSegment",
        "5",
        (
            Param(Form.FIXED, fixed="5", name="type"),
            Param(Form.TIME, SEGMENT_5["start"], "time5Start", name="startTime"),
            Param(Form.TIME, SEGMENT_5["end"], "time5End", name="endTime"),
            Param(Form.CODE, SEGMENT_5_MODE, "time5Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_5_POWER, "time5Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_5["enabled"], "time5Enable", name="enable"),
        ),
        windows=("time_segment5",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment6",
        "setTimeSegment",
        "6",
        (
            Param(Form.FIXED, fixed="6", name="type"),
            Param(Form.TIME, SEGMENT_6["start"], "time6Start", name="startTime"),
            Param(Form.TIME, SEGMENT_6["end"], "time6End", name="endTime"),
            Param(Form.CODE, SEGMENT_6_MODE, "time6Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_6_POWER, "time6Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_6["enabled"], "time6Enable", name="enable"),
        ),
        windows=("time_segment6",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment7",
        "setTimeSegment",
        "7",
        (
            Param(Form.FIXED, fixed="7", name="type"),
            Param(Form.TIME, SEGMENT_7["start"], "time7Start", name="startTime"),
            Param(Form.TIME, SEGMENT_7["end"], "time7End", name="endTime"),
            Param(Form.CODE, SEGMENT_7_MODE, "time7Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_7_POWER, "time7Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_7["enabled"], "time7Enable", name="enable"),
        ),
        windows=("time_segment7",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment8",
        "setTimeSegment",
        "8",
        (
            Param(Form.FIXED, fixed="8", name="type"),
            Param(Form.TIME, SEGMENT_8["start"], "time8Start", name="startTime"),
            Param(Form.TIME, SEGMENT_8["end"], "time8End", name="endTime"),
            Param(Form.CODE, SEGMENT_8_MODE, "time8Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_8_POWER, "time8Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_8["enabled"], "time8Enable", name="enable"),
        ),
        windows=("time_segment8",),
        family="time_segments",
        overnight=False,
    ),
    Write(
        "time_segment9",
        "setTimeSegment",
        "9",
        (
            Param(Form.FIXED, fixed="9", name="type"),
            Param(Form.TIME, SEGMENT_9["start"], "time9Start", name="startTime"),
            Param(Form.TIME, SEGMENT_9["end"], "time9End", name="endTime"),
            Param(Form.CODE, SEGMENT_9_MODE, "time9Mode", codes=NOAH_MODES, name="mode"),
            Param(Form.NUMBER, SEGMENT_9_POWER, "time9Power", Range(0, 800), name="power"),
            Param(Form.FLAG, SEGMENT_9["enabled"], "time9Enable", name="enable"),
        ),
        windows=("time_segment9",),
        family="time_segments",
        overnight=False,
    ),
)
"""NOAH and NEXA: calls of V4; `queryDeviceInfo` shows them."""

WIT_WRITES: Final = (
    Write("switched_on", "setOnOrOff", "value", (Param(Form.FLAG, SWITCHED_ON, "onOff", name="value"),), seldom=True),
    Write("active_power_rate", "setPower", "value", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "activeRate", PERCENT, name="value"),)),
)
"""WIT, which V1 does not know; `queryDeviceInfo` shows them."""

SPHS_WRITES: Final = (
    Write("switched_on", "setOnOrOff", "value", (Param(Form.FLAG, SWITCHED_ON, name="value"),), seldom=True),
    Write("active_power_rate", "setPower", "value", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "activeRate", PERCENT, name="value"),)),
)
"""SPH-S, which V1 does not know; `queryDeviceInfo` does not show whether it is on."""
