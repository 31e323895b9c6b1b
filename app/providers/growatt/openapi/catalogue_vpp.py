"""What the virtual power plant (VPP) sets on an inverter: its 34 parameters, power at once, and a schedule.

Numbers, ranges and meanings are those of the vendor's page (https://www.showdoc.com.cn/2598832417617967/11558385130027995), as
timohencken/GrowattPublicApiPy reads it. `readVppParameter` shows every parameter; what is done at once shows nowhere.
"""

from typing import Final

from app.model import Kind, Point, Press, Range, Role, Unit, Words
from app.providers.growatt.params import Form, Param, Write

PARAMETER: Final = "setVppParameter"
SCHEDULE_PATTERN: Final = r"\d\d:\d\d-\d\d:\d\d=-?\d{1,3}(,\d\d:\d\d-\d\d:\d\d=-?\d{1,3}){0,19}"
"""Up to twenty windows, such as 00:00-05:00=95,17:00-21:30=-60: from, to, and the power in %, negative to discharge."""

CONTROL: Final = Point("vpp_control", "Control by the virtual power plant", kind=Kind.FLAG, role=Role.TAIL)
SWITCHED_ON: Final = Point("vpp_switched_on", "Switched on (virtual power plant)", kind=Kind.FLAG, role=Role.TAIL)
CLOCK: Final = Point("vpp_clock", "Clock (virtual power plant)", kind=Kind.TEXT, role=Role.TAIL)
SYN: Final = Point("vpp_syn_enabled", "Off-grid box (SYN)", kind=Kind.FLAG, role=Role.TAIL)
ACTIVE_POWER_RATE: Final = Point("vpp_active_power_rate", "Active power derating", Unit.PERCENT, role=Role.TAIL)
STATIC_POWER_RATE: Final = Point("vpp_static_power_rate", "Static active power limit", Unit.PERCENT, role=Role.TAIL)
BACKUP_ENABLED: Final = Point("vpp_backup_enabled", "Backup output (virtual power plant)", kind=Kind.FLAG, role=Role.TAIL)
BACKUP_FREQUENCIES: Final = {"0": "50 Hz", "1": "60 Hz"}
BACKUP_FREQUENCY: Final = Point("vpp_backup_frequency", "Backup output frequency (virtual power plant)", kind=Kind.STATE, role=Role.TAIL, words=("50 Hz", "60 Hz"))
BACKUP_VOLTAGES: Final = {"0": "230 V", "1": "208 V", "2": "240 V", "3": "220 V", "4": "127 V", "5": "277 V", "6": "254 V"}
BACKUP_VOLTAGE: Final = Point("vpp_backup_voltage", "Backup output voltage (virtual power plant)", kind=Kind.STATE, role=Role.TAIL, words=("230 V", "208 V", "240 V", "220 V", "127 V", "277 V", "254 V"))
REACTIVE_POWER_RATE: Final = Point("vpp_reactive_power_rate", "Fixed reactive power", Unit.PERCENT, role=Role.TAIL)
REACTIVE_MODES: Final = {"0": "unity", "1": "power_factor", "2": "default_curve", "3": "own_curve", "4": "lagging", "5": "leading"}
REACTIVE_MODE: Final = Point("vpp_reactive_mode", "Reactive power mode", kind=Kind.STATE, role=Role.TAIL, words=("unity", "power_factor", "default_curve", "own_curve", "lagging", "leading"))
POWER_FACTOR: Final = Point("vpp_power_factor_raw", "Power factor (10000 less ten thousand times it)", role=Role.TAIL)
EXPORT_LIMIT_ENABLED: Final = Point("vpp_export_limit_enabled", "Export limit enabled (virtual power plant)", kind=Kind.FLAG, role=Role.TAIL)
EXPORT_LIMIT_RATE: Final = Point("vpp_export_limit_rate", "Export limit (virtual power plant)", Unit.PERCENT, role=Role.TAIL)
EXPORT_LIMIT_FALLBACK: Final = Point("vpp_export_limit_fallback", "Export limit while the meter fails", Unit.PERCENT, role=Role.TAIL)
METER_FAILURE_TIME: Final = Point("vpp_meter_failure_time", "Time until a failing meter counts", Unit.SECOND, role=Role.TAIL)
FAILURE_HANDLING: Final = Point("vpp_failure_handling_enabled", "Handling of a failing energy manager", kind=Kind.FLAG, role=Role.TAIL)
EXPORT_BLOCK: Final = Point("vpp_export_block_enabled", "Strict export block", kind=Kind.FLAG, role=Role.TAIL)
FEED_IN_SLOPE: Final = Point("vpp_feed_in_slope", "Feed-in slope (raw)", role=Role.TAIL)
SINGLE_PHASE: Final = Point("vpp_single_phase_enabled", "Control of single phases", kind=Kind.FLAG, role=Role.TAIL)
EXPORT_PROTECTIONS: Final = {"0": "default", "1": "both", "2": "software", "3": "hardware"}
EXPORT_PROTECTION: Final = Point("vpp_export_protection", "Export protection", kind=Kind.STATE, role=Role.TAIL, words=("default", "both", "software", "hardware"))
CHARGE_STOP_SOC: Final = Point("vpp_charge_stop_soc", "Charge up to (virtual power plant)", Unit.PERCENT, role=Role.TAIL)
ON_GRID_STOP_SOC: Final = Point("vpp_on_grid_discharge_stop_soc", "Discharge down to, on grid (virtual power plant)", Unit.PERCENT, role=Role.TAIL)
LOAD_FIRST_STOP_SOC: Final = Point("vpp_load_first_discharge_stop_soc", "Discharge down to, load first (virtual power plant)", Unit.PERCENT, role=Role.TAIL)
REMOTE_ENABLED: Final = Point("vpp_remote_enabled", "Remote power control", kind=Kind.FLAG, role=Role.TAIL)
REMOTE_TIME: Final = Point("vpp_remote_time", "Length of the remote power control", Unit.MINUTE, role=Role.TAIL)
REMOTE_RATE: Final = Point("vpp_remote_rate", "Remote power (+ charges, - discharges)", Unit.PERCENT, role=Role.TAIL)
AC_CHARGE: Final = Point("vpp_ac_charge_enabled", "Charge from grid (virtual power plant)", kind=Kind.FLAG, role=Role.TAIL)
OFF_GRID_STOP_SOC: Final = Point("vpp_off_grid_discharge_stop_soc", "Discharge down to, off grid (virtual power plant)", Unit.PERCENT, role=Role.TAIL)
CHARGE_STOP_VOLTAGE: Final = Point("vpp_charge_stop_voltage_raw", "Lead-acid: voltage to stop charging at (raw)", role=Role.TAIL)
DISCHARGE_STOP_VOLTAGE: Final = Point("vpp_discharge_stop_voltage_raw", "Lead-acid: voltage to stop discharging at (raw)", role=Role.TAIL)
CHARGE_CURRENT: Final = Point("vpp_charge_current_raw", "Largest charge current (raw)", role=Role.TAIL)
DISCHARGE_CURRENT: Final = Point("vpp_discharge_current_raw", "Largest discharge current (raw)", role=Role.TAIL)
SCHEDULE: Final = Point("vpp_schedule", "Schedule of charging and discharging", kind=Kind.TEXT, role=Role.TAIL)
CLEAR_SCHEDULE: Final = Point("vpp_clear_schedule", "Clear the schedule", kind=Kind.TEXT, role=Role.TAIL)
NOW_TIME: Final = Point("vpp_now_time", "Charge or discharge now: for how long", Unit.MINUTE, role=Role.TAIL)
NOW_RATE: Final = Point("vpp_now_rate", "Charge (+) or discharge (-) now: power", Unit.PERCENT, role=Role.TAIL)

VPP_WRITES: Final = (
    Write("vpp_control", PARAMETER, "set_param_1", (Param(Form.FLAG, CONTROL, "set_param_1", name="value"),)),
    Write("vpp_switched_on", PARAMETER, "set_param_2", (Param(Form.FLAG, SWITCHED_ON, "set_param_2", name="value"),), seldom=True),
    Write("vpp_clock", PARAMETER, "set_param_3", (Param(Form.CLOCK, CLOCK, "set_param_3", name="value"),)),
    Write("vpp_syn_enabled", PARAMETER, "set_param_4", (Param(Form.FLAG, SYN, "set_param_4", name="value"),), danger=True),
    Write("vpp_active_power_rate", PARAMETER, "set_param_5", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "set_param_5", Range(0, 100), name="value"),)),
    Write("vpp_static_power_rate", PARAMETER, "set_param_6", (Param(Form.NUMBER, STATIC_POWER_RATE, "set_param_6", Range(0, 100), name="value"),)),
    Write("vpp_backup_enabled", PARAMETER, "set_param_7", (Param(Form.FLAG, BACKUP_ENABLED, "set_param_7", name="value"),), needs="battery"),
    Write("vpp_backup_frequency", PARAMETER, "set_param_8", (Param(Form.CODE, BACKUP_FREQUENCY, "set_param_8", codes=BACKUP_FREQUENCIES, name="value"),), danger=True, needs="battery"),
    Write("vpp_backup_voltage", PARAMETER, "set_param_9", (Param(Form.CODE, BACKUP_VOLTAGE, "set_param_9", codes=BACKUP_VOLTAGES, name="value"),), danger=True, needs="battery"),
    Write("vpp_reactive_power_rate", PARAMETER, "set_param_10", (Param(Form.NUMBER, REACTIVE_POWER_RATE, "set_param_10", Range(0, 60), name="value"),), danger=True),
    Write("vpp_reactive_mode", PARAMETER, "set_param_11", (Param(Form.CODE, REACTIVE_MODE, "set_param_11", codes=REACTIVE_MODES, name="value"),), danger=True),
    Write("vpp_power_factor_raw", PARAMETER, "set_param_12", (Param(Form.NUMBER, POWER_FACTOR, "set_param_12", Range(0, 20000), name="value"),), danger=True),
    Write("vpp_export_limit_enabled", PARAMETER, "set_param_13", (Param(Form.FLAG, EXPORT_LIMIT_ENABLED, "set_param_13", name="value"),)),
    Write("vpp_export_limit_rate", PARAMETER, "set_param_14", (Param(Form.NUMBER, EXPORT_LIMIT_RATE, "set_param_14", Range(-100, 100), name="value"),)),
    Write("vpp_export_limit_fallback", PARAMETER, "set_param_15", (Param(Form.NUMBER, EXPORT_LIMIT_FALLBACK, "set_param_15", Range(0, 100), name="value"),), danger=True),
    Write("vpp_meter_failure_time", PARAMETER, "set_param_16", (Param(Form.NUMBER, METER_FAILURE_TIME, "set_param_16", Range(0, 300), name="value"),), danger=True),
    Write("vpp_failure_handling_enabled", PARAMETER, "set_param_17", (Param(Form.FLAG, FAILURE_HANDLING, "set_param_17", name="value"),), danger=True),
    Write("vpp_export_block_enabled", PARAMETER, "set_param_18", (Param(Form.FLAG, EXPORT_BLOCK, "set_param_18", name="value"),), danger=True),
    Write("vpp_feed_in_slope", PARAMETER, "set_param_19", (Param(Form.NUMBER, FEED_IN_SLOPE, "set_param_19", Range(0, 20000), name="value"),), danger=True),
    Write("vpp_single_phase_enabled", PARAMETER, "set_param_20", (Param(Form.FLAG, SINGLE_PHASE, "set_param_20", name="value"),), danger=True),
    Write("vpp_export_protection", PARAMETER, "set_param_21", (Param(Form.CODE, EXPORT_PROTECTION, "set_param_21", codes=EXPORT_PROTECTIONS, name="value"),), danger=True),
    Write("vpp_charge_stop_soc", PARAMETER, "set_param_22", (Param(Form.NUMBER, CHARGE_STOP_SOC, "set_param_22", Range(70, 100), name="value"),), needs="battery"),
    Write("vpp_on_grid_discharge_stop_soc", PARAMETER, "set_param_23", (Param(Form.NUMBER, ON_GRID_STOP_SOC, "set_param_23", Range(10, 30), name="value"),), needs="battery"),
    Write("vpp_load_first_discharge_stop_soc", PARAMETER, "set_param_24", (Param(Form.NUMBER, LOAD_FIRST_STOP_SOC, "set_param_24", Range(10, 20), name="value"),), needs="battery"),
    Write("vpp_remote_enabled", PARAMETER, "set_param_25", (Param(Form.FLAG, REMOTE_ENABLED, "set_param_25", name="value"),), needs="battery"),
    Write("vpp_remote_time", PARAMETER, "set_param_26", (Param(Form.NUMBER, REMOTE_TIME, "set_param_26", Range(0, 1440), name="value"),), needs="battery"),
    Write("vpp_remote_rate", PARAMETER, "set_param_27", (Param(Form.NUMBER, REMOTE_RATE, "set_param_27", Range(-100, 100), name="value"),), needs="battery"),
    Write("vpp_ac_charge_enabled", PARAMETER, "set_param_28", (Param(Form.FLAG, AC_CHARGE, "set_param_28", name="value"),), needs="battery"),
    Write("vpp_off_grid_discharge_stop_soc", PARAMETER, "set_param_29", (Param(Form.NUMBER, OFF_GRID_STOP_SOC, "set_param_29", Range(10, 30), name="value"),), needs="battery"),
    Write("vpp_charge_stop_voltage_raw", PARAMETER, "set_param_30", (Param(Form.NUMBER, CHARGE_STOP_VOLTAGE, "set_param_30", Range(0, 15000), name="value"),), danger=True, needs="battery"),
    Write("vpp_discharge_stop_voltage_raw", PARAMETER, "set_param_31", (Param(Form.NUMBER, DISCHARGE_STOP_VOLTAGE, "set_param_31", Range(0, 15000), name="value"),), danger=True, needs="battery"),
    Write("vpp_charge_current_raw", PARAMETER, "set_param_32", (Param(Form.NUMBER, CHARGE_CURRENT, "set_param_32", Range(0, 2000), name="value"),), danger=True, needs="battery"),
    Write("vpp_discharge_current_raw", PARAMETER, "set_param_33", (Param(Form.NUMBER, DISCHARGE_CURRENT, "set_param_33", Range(0, 2000), name="value"),), danger=True, needs="battery"),
    Write("vpp_clear_schedule", "removeVppTimePeriod", "set_param_34", (Param(Form.FIXED, CLEAR_SCHEDULE, accepts=Press()),), needs="battery"),
)
"""MIN, SPH, SPA and WIT. What belongs to the grid's code or protects something is dangerous."""

V4_SCHEDULE: Final = (
    Write("vpp_schedule", PARAMETER, "set_param_34", (Param(Form.TEXT, SCHEDULE, "set_param_34", Words(400, SCHEDULE_PATTERN), name="value"),), needs="battery"),
)
"""WIT, which V1 does not know."""

V1_VPP: Final = (
    Write("vpp_schedule", "vppSetNew", "timePeriods", (Param(Form.TEXT, SCHEDULE, "set_param_34", Words(400, SCHEDULE_PATTERN), name="timePeriods"),), needs="battery"),
    Write(
        "vpp_now",
        "vppRemoteSetNew",
        "percentage",
        (
            Param(Form.NUMBER, NOW_TIME, accepts=Range(0, 1440), name="time"),
            Param(Form.NUMBER, NOW_RATE, accepts=Range(-100, 100), name="percentage"),
        ),
        needs="battery",
    ),
)
"""MIN, SPH and SPA. Times are minutes; GrowattPublicApiPy sends an hour as 24 of them."""
