"""Every write of the app API that is documented: what it changes, its parameters in order, and where it is read back.

Sources: growattServer 2.2.0 (the methods `update_*` and `set_*`, docs/ and examples/settings_example_*.py), PLCHome/growatt
(the settings of SPH), mtrossbach/noah-mqtt (NOAH). Ranges are the vendor's; of grid voltages, those of all its markets.
"""

from typing import Final

from app.model import Order, Press, Range, Words
from app.providers.growatt.catalogue_mix import PRIORITIES
from app.providers.growatt.catalogue_points import (
    AC_CHARGE,
    AC_CHARGE_STOP_SOC,
    ACTIVE_POWER_RATE,
    BACKUP_ENABLED,
    CHARGE_1,
    CHARGE_2,
    CHARGE_3,
    CHARGE_RATE,
    CHARGE_STOP_SOC,
    CO2_FACTOR,
    COAL_FACTOR,
    DEFAULT_POWER,
    DEVICE_CLOCK,
    DISCHARGE_1,
    DISCHARGE_2,
    DISCHARGE_3,
    DISCHARGE_RATE,
    DISCHARGE_STOP_SOC,
    ENERGY_PRICE,
    EXPORT_LIMIT_ENABLED,
    EXPORT_LIMIT_RATE,
    FAILSAFE,
    GRID_DISCHARGE_STOP_SOC,
    LOAD_FIRST_STOP_SOC,
    PLANT_ADDRESS,
    PLANT_CITY,
    PLANT_COUNTRY,
    PLANT_CURRENCY,
    PLANT_INSTALLED,
    PLANT_LATITUDE,
    PLANT_LONGITUDE,
    PLANT_NAME,
    PLANT_NOMINAL,
    PLANT_OWNER,
    PLANT_TIME_ZONE,
    PLANT_TYPE,
    POWER_FACTOR_MEMORY,
    POWER_FACTOR_SET,
    REACTIVE_POWER_DIRECTION,
    REACTIVE_POWER_RATE,
    SEGMENT_1,
    SEGMENT_1_MODE,
    SEGMENT_2,
    SEGMENT_2_MODE,
    SEGMENT_3,
    SEGMENT_3_MODE,
    SEGMENT_4,
    SEGMENT_4_MODE,
    SEGMENT_5,
    SEGMENT_5_MODE,
    SEGMENT_6,
    SEGMENT_6_MODE,
    SEGMENT_7,
    SEGMENT_7_MODE,
    SEGMENT_8,
    SEGMENT_8_MODE,
    SEGMENT_9,
    SEGMENT_9_MODE,
    SO2_FACTOR,
    SOC_HIGH_LIMIT,
    SOC_LOW_LIMIT,
    SWITCHED_ON,
    SYNC_CLOCK,
    VOLTAGE_HIGH_LIMIT,
    VOLTAGE_LOW_LIMIT,
)
from app.providers.growatt.params import Form, Param, Write, window

PERCENT: Final = Range(0, 100)
GRID_VOLTS: Final = Range(80, 300, 0.1)
FACTOR: Final = Range(0, 1000, 0.0001)
WITHIN: Final = (Order("discharge_stop_soc", "charge_stop_soc"),)
GRID_ORDER: Final = (Order("voltage_low_limit", "voltage_high_limit"),)

TLX_WRITES: Final = (
    Write("charge_rate", "update_tlx_inverter_setting", "charge_power", (Param(Form.NUMBER, CHARGE_RATE, "chargePowerCommand", PERCENT),), needs="battery"),
    Write("charge_stop_soc", "update_tlx_inverter_setting", "charge_stop_soc", (Param(Form.NUMBER, CHARGE_STOP_SOC, "wchargeSOCLowLimit", PERCENT),), orders=WITHIN, needs="battery"),
    Write("discharge_rate", "update_tlx_inverter_setting", "discharge_power", (Param(Form.NUMBER, DISCHARGE_RATE, "disChargePowerCommand", PERCENT),), needs="battery"),
    Write("discharge_stop_soc", "update_tlx_inverter_setting", "discharge_stop_soc", (Param(Form.NUMBER, DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit", PERCENT),), orders=WITHIN, needs="battery"),
    Write("on_grid_discharge_stop_soc", "update_tlx_inverter_setting", "on_grid_discharge_stop_soc", (Param(Form.NUMBER, GRID_DISCHARGE_STOP_SOC, "on_grid_discharge_stop_soc", PERCENT, ("onGridDischargeStopSOC",)),), orders=(Order("on_grid_discharge_stop_soc", "charge_stop_soc"),), needs="battery"),
    Write("ac_charge_enabled", "update_tlx_inverter_setting", "ac_charge", (Param(Form.FLAG, AC_CHARGE, "acChargeEnable"),), needs="battery"),
    Write("ac_charge_stop_soc", "update_tlx_inverter_setting", "ub_ac_charging_stop_soc", (Param(Form.NUMBER, AC_CHARGE_STOP_SOC, "ub_ac_charging_stop_soc", PERCENT, ("ubAcChargingStopSOC",)),), orders=(Order("discharge_stop_soc", "ac_charge_stop_soc"),), needs="battery named"),
    Write("active_power_rate", "update_tlx_inverter_setting", "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "pvActivePRate", PERCENT, ("activeRate",)),), needs="named"),
    Write("backup_enabled", "update_tlx_inverter_setting", "tlx_off_grid_enable", (Param(Form.FLAG, BACKUP_ENABLED, "epsFunEn"),), needs="battery named"),
    Write("switched_on", "update_tlx_inverter_setting", "tlx_on_off", (Param(Form.COMMAND, SWITCHED_ON, "tlxOnOff"),), needs="named", seldom=True),
    Write("device_clock", "update_tlx_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, DEVICE_CLOCK, "sysTime"),)),
    Write("sync_clock", "update_tlx_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, SYNC_CLOCK, accepts=Press(clock=True)),)),
    Write(
        "time_segment1",
        "update_tlx_inverter_time_segment",
        "time_segment1",
        (
            Param(Form.CODE, SEGMENT_1_MODE, "time1Mode", codes=PRIORITIES),
            *window(SEGMENT_1, "forcedTimeStart1", "forcedTimeStop1", "forcedStopSwitch1"),
        ),
        windows=("time_segment1",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment2",
        "update_tlx_inverter_time_segment",
        "time_segment2",
        (
            Param(Form.CODE, SEGMENT_2_MODE, "time2Mode", codes=PRIORITIES),
            *window(SEGMENT_2, "forcedTimeStart2", "forcedTimeStop2", "forcedStopSwitch2"),
        ),
        windows=("time_segment2",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment3",
        "update_tlx_inverter_time_segment",
        "time_segment3",
        (
            Param(Form.CODE, SEGMENT_3_MODE, "time3Mode", codes=PRIORITIES),
            *window(SEGMENT_3, "forcedTimeStart3", "forcedTimeStop3", "forcedStopSwitch3"),
        ),
        windows=("time_segment3",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment4",
        "update_tlx_inverter_time_segment",
        "time_segment4",
        (
            Param(Form.CODE, SEGMENT_4_MODE, "time4Mode", codes=PRIORITIES),
            *window(SEGMENT_4, "forcedTimeStart4", "forcedTimeStop4", "forcedStopSwitch4"),
        ),
        windows=("time_segment4",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment5",
        "update_tlx_inverter_time_segment",
        "time_segment5",
        (
            Param(Form.CODE, SEGMENT_5_MODE, "time5Mode", codes=PRIORITIES),
            *window(SEGMENT_5, "forcedTimeStart5", "forcedTimeStop5", "forcedStopSwitch5"),
        ),
        windows=("time_segment5",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment6",
        "update_tlx_inverter_time_segment",
        "time_segment6",
        (
            Param(Form.CODE, SEGMENT_6_MODE, "time6Mode", codes=PRIORITIES),
            *window(SEGMENT_6, "forcedTimeStart6", "forcedTimeStop6", "forcedStopSwitch6"),
        ),
        windows=("time_segment6",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment7",
        "update_tlx_inverter_time_segment",
        "time_segment7",
        (
            Param(Form.CODE, SEGMENT_7_MODE, "time7Mode", codes=PRIORITIES),
            *window(SEGMENT_7, "forcedTimeStart7", "forcedTimeStop7", "forcedStopSwitch7"),
        ),
        windows=("time_segment7",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment8",
        "update_tlx_inverter_time_segment",
        "time_segment8",
        (
            Param(Form.CODE, SEGMENT_8_MODE, "time8Mode", codes=PRIORITIES),
            *window(SEGMENT_8, "forcedTimeStart8", "forcedTimeStop8", "forcedStopSwitch8"),
        ),
        windows=("time_segment8",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
    Write(
        "time_segment9",
        "update_tlx_inverter_time_segment",
        "time_segment9",
        (
            Param(Form.CODE, SEGMENT_9_MODE, "time9Mode", codes=PRIORITIES),
            *window(SEGMENT_9, "forcedTimeStart9", "forcedTimeStop9", "forcedStopSwitch9"),
        ),
        windows=("time_segment9",),
        family="time_segments",
        overnight=False,
        needs="battery",
    ),
)
"""MIN, MIC, MOD, NEO. What `named` needs is offered only where Growatt's own list for the device names it."""

MIX_WRITES: Final = (
    Write(
        "charge_schedule",
        "update_mix_inverter_setting",
        "mix_ac_charge_time_period",
        (
            Param(Form.NUMBER, CHARGE_RATE, "chargePowerCommand", PERCENT),
            Param(Form.NUMBER, CHARGE_STOP_SOC, "wchargeSOCLowLimit2", PERCENT),
            Param(Form.FLAG, AC_CHARGE, "acChargeEnable"),
            *window(CHARGE_1, "forcedChargeTimeStart1", "forcedChargeTimeStop1", "forcedChargeStopSwitch1"),
            *window(CHARGE_2, "forcedChargeTimeStart2", "forcedChargeTimeStop2", "forcedChargeStopSwitch2"),
            *window(CHARGE_3, "forcedChargeTimeStart3", "forcedChargeTimeStop3", "forcedChargeStopSwitch3"),
        ),
        windows=("charge_period1", "charge_period2", "charge_period3"),
        family="charge_periods",
        orders=WITHIN,
    ),
    Write(
        "discharge_schedule",
        "update_mix_inverter_setting",
        "mix_ac_discharge_time_period",
        (
            Param(Form.NUMBER, DISCHARGE_RATE, "disChargePowerCommand", PERCENT),
            Param(Form.NUMBER, DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit2", PERCENT),
            *window(DISCHARGE_1, "forcedDischargeTimeStart1", "forcedDischargeTimeStop1", "forcedDischargeStopSwitch1"),
            *window(DISCHARGE_2, "forcedDischargeTimeStart2", "forcedDischargeTimeStop2", "forcedDischargeStopSwitch2"),
            *window(DISCHARGE_3, "forcedDischargeTimeStart3", "forcedDischargeTimeStop3", "forcedDischargeStopSwitch3"),
        ),
        windows=("discharge_period1", "discharge_period2", "discharge_period3"),
        family="discharge_periods",
        orders=WITHIN,
    ),
    Write("active_power_rate", "update_mix_inverter_setting", "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "activeRate", PERCENT, ("pvActivePRate",)),)),
    Write("load_first_stop_soc", "update_mix_inverter_setting", "mix_load_flast_value_multi", (Param(Form.NUMBER, LOAD_FIRST_STOP_SOC, "loadFirstStopSocSet", PERCENT),), orders=(Order("load_first_stop_soc", "charge_stop_soc_load_first"),)),
    Write("backup_enabled", "update_mix_inverter_setting", "mix_off_grid_enable", (Param(Form.FLAG, BACKUP_ENABLED, "epsFunEn"),)),
    Write("switched_on", "update_mix_inverter_setting", "pv_on_off", (Param(Form.FLAG, SWITCHED_ON, "pv_on_off"),), seldom=True),
    Write(
        "export_limit",
        "update_mix_inverter_setting",
        "backflow_setting",
        (
            Param(Form.FLAG, EXPORT_LIMIT_ENABLED, "exportLimit"),
            Param(Form.NUMBER, EXPORT_LIMIT_RATE, "exportLimitPowerRate", PERCENT),
        ),
    ),
    Write("failsafe_enabled", "update_mix_inverter_setting", "setFailsafe", (Param(Form.FLAG, FAILSAFE, "failsafe"),), danger=True),
    Write("device_clock", "update_mix_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, DEVICE_CLOCK, "pf_sys_year"),)),
    Write("sync_clock", "update_mix_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, SYNC_CLOCK, accepts=Press(clock=True)),)),
)
"""SPH."""

SPA_WRITES: Final = (
    Write(
        "charge_schedule",
        "update_ac_inverter_setting",
        "spa_ac_charge_time_period",
        (
            Param(Form.NUMBER, CHARGE_RATE, "chargePowerCommand", PERCENT),
            Param(Form.NUMBER, CHARGE_STOP_SOC, "wchargeSOCLowLimit2", PERCENT),
            *window(CHARGE_1, "forcedChargeTimeStart1", "forcedChargeTimeStop1", "forcedChargeStopSwitch1"),
            *window(CHARGE_2, "forcedChargeTimeStart2", "forcedChargeTimeStop2", "forcedChargeStopSwitch2"),
            *window(CHARGE_3, "forcedChargeTimeStart3", "forcedChargeTimeStop3", "forcedChargeStopSwitch3"),
        ),
        windows=("charge_period1", "charge_period2", "charge_period3"),
        family="charge_periods",
        orders=WITHIN,
    ),
    Write(
        "discharge_schedule",
        "update_ac_inverter_setting",
        "spa_ac_discharge_time_period",
        (
            Param(Form.NUMBER, DISCHARGE_RATE, "disChargePowerCommand", PERCENT),
            Param(Form.NUMBER, DISCHARGE_STOP_SOC, "wdisChargeSOCLowLimit2", PERCENT),
            *window(DISCHARGE_1, "forcedDischargeTimeStart1", "forcedDischargeTimeStop1", "forcedDischargeStopSwitch1"),
            *window(DISCHARGE_2, "forcedDischargeTimeStart2", "forcedDischargeTimeStop2", "forcedDischargeStopSwitch2"),
            *window(DISCHARGE_3, "forcedDischargeTimeStart3", "forcedDischargeTimeStop3", "forcedDischargeStopSwitch3"),
        ),
        windows=("discharge_period1", "discharge_period2", "discharge_period3"),
        family="discharge_periods",
        orders=WITHIN,
    ),
    Write("device_clock", "update_ac_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, DEVICE_CLOCK, "pf_sys_year"),)),
    Write("sync_clock", "update_ac_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, SYNC_CLOCK, accepts=Press(clock=True)),)),
)
"""SPA: as SPH, but its charging says nothing of the grid."""

NOAH_WRITES: Final = (
    Write("default_power", "update_noah_settings", "default_power", (Param(Form.NUMBER, DEFAULT_POWER, "defaultPower", Range(0, 800), ("defaultACCouplePower",)),)),
    Write(
        "charge_limits",
        "update_noah_settings",
        "charging_soc",
        (
            Param(Form.NUMBER, SOC_HIGH_LIMIT, "chargingSocHighLimit", Range(70, 100)),
            Param(Form.NUMBER, SOC_LOW_LIMIT, "chargingSocLowLimit", Range(0, 30)),
        ),
        orders=(Order("soc_low_limit", "soc_high_limit"),),
    ),
)
"""NOAH and NEXA. How the app sets time segments is not documented."""

CLASSIC_WRITES: Final = (
    Write("switched_on", "update_classic_inverter_setting", "pv_on_off", (Param(Form.COMMAND, SWITCHED_ON, "onOff", name="command_1"), Param(Form.FIXED, name="command_2")), seldom=True),
    Write("active_power_rate", "update_classic_inverter_setting", "pv_active_p_rate", (Param(Form.NUMBER, ACTIVE_POWER_RATE, "activeRate", PERCENT, name="command_1"), Param(Form.FIXED, name="command_2"))),
    Write("power_factor_setting", "update_classic_inverter_setting", "pv_power_factor", (Param(Form.NUMBER, POWER_FACTOR_SET, "pf", Range(-1, 1, 0.01), digits=2, trim=True, kept=1, least=0.8, name="command_1"), Param(Form.FIXED, name="command_2")), danger=True),
    Write("reactive_power", "update_classic_inverter_setting", "pv_reactive_p_rate", (Param(Form.NUMBER, REACTIVE_POWER_RATE, "reactiveRate", PERCENT, name="command_1"), Param(Form.CODE, REACTIVE_POWER_DIRECTION, codes={"over": "over", "under": "under"}, name="command_2")), danger=True),
    Write("power_factor_memory", "update_classic_inverter_setting", "pv_pf_cmd_memory_state", (Param(Form.FLAG, POWER_FACTOR_MEMORY, "pvPfCmdMemoryState", name="command_1"), Param(Form.FIXED, name="command_2")), danger=True),
    Write("voltage_high_limit", "update_classic_inverter_setting", "pv_grid_voltage_high", (Param(Form.NUMBER, VOLTAGE_HIGH_LIMIT, "voltageHighLimit", GRID_VOLTS, digits=1, name="command_1"), Param(Form.FIXED, name="command_2")), orders=GRID_ORDER, danger=True),
    Write("voltage_low_limit", "update_classic_inverter_setting", "pv_grid_voltage_low", (Param(Form.NUMBER, VOLTAGE_LOW_LIMIT, "voltageLowLimit", GRID_VOLTS, digits=1, name="command_1"), Param(Form.FIXED, name="command_2")), orders=GRID_ORDER, danger=True),
    Write("device_clock", "update_classic_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, DEVICE_CLOCK, "sysTime", name="command_1"), Param(Form.FIXED, name="command_2"))),
    Write("sync_clock", "update_classic_inverter_setting", "pf_sys_year", (Param(Form.CLOCK, SYNC_CLOCK, accepts=Press(clock=True), name="command_1"), Param(Form.FIXED, name="command_2"))),
)
"""String inverters, over the web page's own address. Sources disagree which of `over` and `under` is capacitive."""

PLANT_WRITES: Final = (
    Write("energy_price", "update_plant_settings", "plantIncome", (Param(Form.NUMBER, ENERGY_PRICE, "formulaMoneyStr", FACTOR, digits=4, trim=True, name="plantIncome"),), seldom=True),
    Write("plant_currency", "update_plant_settings", "plantMoney", (Param(Form.TEXT, PLANT_CURRENCY, "formulaMoneyUnitId", Words(3, "[A-Za-z]{3}"), name="plantMoney"),), seldom=True),
    Write("plant_rated_power", "update_plant_settings", "plantPower", (Param(Form.NUMBER, PLANT_NOMINAL, "nominalPower", Range(0, 100_000_000), name="plantPower"),), seldom=True),
    Write("plant_time_zone", "update_plant_settings", "plantTimezone", (Param(Form.NUMBER, PLANT_TIME_ZONE, "timezone", Range(-12, 14, 0.25), digits=2, trim=True, name="plantTimezone"),), seldom=True),
    Write("plant_installed", "update_plant_settings", "plantDate", (Param(Form.TEXT, PLANT_INSTALLED, "createDateText", Words(10, "[0-9]{4}-[0-9]{2}-[0-9]{2}"), name="plantDate"),), seldom=True),
    Write("plant_type", "update_plant_settings", "plantType", (Param(Form.NUMBER, PLANT_TYPE, "plantType", Range(0, 99), name="plantType"),), seldom=True),
    Write("co2_factor", "update_plant_settings", "plantCo2", (Param(Form.NUMBER, CO2_FACTOR, "formulaCo2", FACTOR, digits=4, trim=True, name="plantCo2"),), seldom=True),
    Write("coal_factor", "update_plant_settings", "plantCoal", (Param(Form.NUMBER, COAL_FACTOR, "formulaCoal", FACTOR, digits=4, trim=True, name="plantCoal"),), seldom=True),
    Write("so2_factor", "update_plant_settings", "plantSo2", (Param(Form.NUMBER, SO2_FACTOR, "formulaSo2", FACTOR, digits=4, trim=True, name="plantSo2"),), seldom=True),
    Write("plant_name", "update_plant_settings", "plantName", (Param(Form.TEXT, PLANT_NAME, name="plantName"),), danger=True),
    Write("plant_owner", "update_plant_settings", "accountName", (Param(Form.TEXT, PLANT_OWNER, name="accountName"),), danger=True),
    Write("plant_country", "update_plant_settings", "plantCountry", (Param(Form.TEXT, PLANT_COUNTRY, name="plantCountry"),), danger=True),
    Write("plant_city", "update_plant_settings", "plantCity", (Param(Form.TEXT, PLANT_CITY, name="plantCity"),), danger=True),
    Write("plant_address", "update_plant_settings", "plantAddress", (Param(Form.TEXT, PLANT_ADDRESS, name="plantAddress"),), danger=True),
    Write("plant_latitude", "update_plant_settings", "plantLat", (Param(Form.NUMBER, PLANT_LATITUDE, "", Range(-90, 90, 0.000001), digits=6, trim=True, name="plantLat"),), danger=True),
    Write("plant_longitude", "update_plant_settings", "plantLng", (Param(Form.NUMBER, PLANT_LONGITUDE, "", Range(-180, 180, 0.000001), digits=6, trim=True, name="plantLng"),), danger=True),
)
"""A plant. Where it is, what it is called and whose it is can be set by whoever may set what is dangerous, and is not published."""

PLANT_FORM: Final = (
    ("plantCoal", "formulaCoal"),
    ("plantSo2", "formulaSo2"),
    ("accountName", "userAccount"),
    ("plantID", "id"),
    ("plantFirm", ""),
    ("plantCountry", "country"),
    ("plantType", "plantType"),
    ("plantIncome", "formulaMoneyStr"),
    ("plantAddress", "plantAddress"),
    ("plantTimezone", "timezone"),
    ("plantLng", "plant_lng"),
    ("plantCity", "city"),
    ("plantCo2", "formulaCo2"),
    ("plantMoney", "formulaMoneyUnitId"),
    ("plantPower", "nominalPower"),
    ("plantLat", "plant_lat"),
    ("plantDate", "createDateText"),
    ("plantName", "plantName"),
)
"""The form that Growatt wants whole: its fields in order, and where `plant_settings` shows each; plantFirm is always 0."""
