"""What the token API's answers mean where the app's catalogues do not tell it already.

The last values of MIN, SPH, SPA, SPF, MAX and string inverters have the same names in both APIs, so they are read with the
same rows. Here is what only this API has: plants, NOAH, WIT, SPH-S, meters, the rarer machines, and the settings.

Sources: the vendor's pages (https://www.showdoc.com.cn/262556420217021 and https://www.showdoc.com.cn/2540838290984246) as
timohencken/GrowattPublicApiPy documents them, with its recorded answers of a NOAH and of the vendor's own test devices.
"""

from collections.abc import Mapping
from typing import Final

from app import points
from app.model import Kind, Point, Role, Unit
from app.providers.growatt.catalogue import COMMON, ONLINE_CODES, SIGNAL
from app.providers.growatt.catalogue_inverter import (
    BUS_VOLTAGE_NEGATIVE,
    BUS_VOLTAGE_POSITIVE,
    DERATING,
    INVERTER,
    ISOLATION,
    LEAKAGE_CURRENT,
    OUTPUT_SHARE,
    STATUS_CODES,
    STATUS_TEXT,
    STATUS_TEXTS,
)
from app.providers.growatt.catalogue_mix import BATTERY_VOLTAGE_DSP, PRIORITIES, PRIORITY, SPH
from app.providers.growatt.catalogue_noah import STATUS_CODES as NOAH_STATUS_CODES
from app.providers.growatt.catalogue_noah import WORK_MODE, WORK_MODES
from app.providers.growatt.catalogue_points import (
    AC_CHARGE,
    ACTIVE_POWER_RATE,
    BACKUP_ENABLED,
    CHARGE_STOP_SOC_LOAD_FIRST,
    DISCHARGE_STOP_SOC_LOAD_FIRST,
    EXPORT_LIMIT_RATE,
    FREQUENCY_HIGH_LIMIT,
    FREQUENCY_LOW_LIMIT,
    PLANT_CURRENCY,
    PLANT_NOMINAL,
    POWER_FACTOR_MEMORY,
    REACTIVE_POWER_DIRECTION,
    REACTIVE_POWER_RATE,
    SEGMENT_1_ENABLED,
    SEGMENT_2_ENABLED,
    SEGMENT_3_ENABLED,
    SEGMENT_4_ENABLED,
    SEGMENT_5_ENABLED,
    SEGMENT_6_ENABLED,
    SEGMENT_7_ENABLED,
    SEGMENT_8_ENABLED,
    SEGMENT_9_ENABLED,
    SWITCHED_ON,
    VOLTAGE_HIGH_LIMIT,
    VOLTAGE_LOW_LIMIT,
)
from app.providers.growatt.catalogue_settings import CLASSIC_SETTINGS, MIX_SETTINGS, NOAH_SETTINGS, TLX_SETTINGS
from app.providers.growatt.catalogue_storage import STORAGE
from app.providers.growatt.catalogue_tlx import TLX
from app.providers.growatt.catalogue_writes import MIX_WRITES
from app.providers.growatt.openapi.catalogue_writes import (
    DIRECTIONS,
    FREQUENCIES,
    OFF_GRID_FREQUENCY,
    OFF_GRID_VOLTAGE,
    SINGLE_PHASE_EXPORT_LIMIT,
    SPA_WRITES,
    THREE_PHASE_OUTPUT,
    THREE_PHASE_OUTPUTS,
    VOLTAGES,
)
from app.providers.growatt.params import ON_OFF, rows
from app.rows import Catalogue, Code, Difference, Number, Sum, Words, without

GENERATOR_POWER: Final = Point("generator_power", "Generator power", Unit.WATT, role=Role.DIAGNOSTIC)
GENERATOR_VOLTAGE: Final = Point("generator_voltage", "Generator voltage", Unit.VOLT, role=Role.TAIL)
GENERATOR_CURRENT: Final = Point("generator_current", "Generator current", Unit.AMPERE, role=Role.TAIL)
GENERATOR_FREQUENCY: Final = Point("generator_frequency", "Generator frequency", Unit.HERTZ, role=Role.TAIL)
GENERATOR_ENERGY_TODAY: Final = Point("generator_energy_today", "Generator energy today", Unit.KILOWATT_HOUR, Kind.DAILY, Role.TAIL)
BACKUP_CURRENT: Final = Point("backup_current", "Backup current", Unit.AMPERE, role=Role.TAIL)
EFFICIENCY: Final = Point("efficiency", "Efficiency", Unit.PERCENT, role=Role.TAIL)
METER_POWER: Final = Point("active_power", "Active power", Unit.WATT)
METER_ENERGY: Final = Point("active_energy", "Active energy", Unit.KILOWATT_HOUR, Kind.COUNTER)
METER_CURRENT: Final = Point("current", "Current", Unit.AMPERE, role=Role.DIAGNOSTIC)
METER_VOLTAGE: Final = Point("voltage", "Voltage", Unit.VOLT, role=Role.DIAGNOSTIC)
REACTIVE_ENERGY: Final = Point("reactive_energy", "Reactive energy (kvarh)", kind=Kind.TOTAL, role=Role.TAIL)
NETWORK: Final = Point("network", "Network", kind=Kind.TEXT, role=Role.TAIL)

BOOKKEEPING: Final[Mapping[str, str]] = {
    **COMMON,
    "energyMonthText": "the same as energyMonth, as text",
    "powerMaxText": "the same as powerMax, as text",
    "powerMaxTime": "when the highest power was",
    "sysTimeText": "the same as sysTime",
    "manufacturer": "always Growatt, or what a dealer calls it",
    "model": "a code of the maker's; discovery tells the model",
    "communicationVersion": "the firmware of the device's communication",
    "plantname": "the plant's name",
    "lost": "live, and read with the values",
    "status": "live, and read with the values",
    "statusText": "live, and read with the values",
    "pCharge": "live, and read with the values",
    "pDischarge": "live, and read with the values",
    "power": "live, and read with the values",
    "eToday": "live, and read with the values",
    "eTotal": "live, and read with the values",
    "energyDay": "live, and read with the values",
    "temperature": "live, and read with the values",
    "ipmTemperature": "live, and read with the values",
    "capacity": "live, and read with the values",
    "pmax": "the rated power, which discovery tells",
    "nominalPower": "the rated power, which discovery tells",
    "timezone": "the plant tells it",
    "tlxSetbean": "the settings, read on their own",
}
"""What is passed over in the answers that tell of settings."""

PLANT: Final = Catalogue(
    (
        Number(points.PV_POWER, "current_power"),
        Number(points.PV_ENERGY_TODAY, "today_energy"),
        Number(points.PV_ENERGY_MONTH, "monthly_energy"),
        Number(points.PV_ENERGY_YEAR, "yearly_energy"),
        Number(points.PV_ENERGY_TOTAL, "total_energy"),
        Number(points.RATED_POWER, "peak_power_actual", 1000),
        Number(points.CO2_SAVED, "carbon_offset"),
        Number(EFFICIENCY, "efficiency"),
    ),
    {**COMMON, "last_update_time": "its devices tell it", "timezone": "decides the plant's day"},
)
"""`plant/data`. Its power is called kW, and is W (Home Assistant's growatt_server, and every recorded answer)."""

PLANT_DETAILS: Final = Catalogue(
    (
        Number(PLANT_NOMINAL, "peak_power", 1000),
        Words(PLANT_CURRENCY, "currency"),
    ),
    {
        **COMMON,
        "name": "the plant's name",
        "create_date": "nothing measured",
        "image_url": "a picture",
        "locale": "the language of its owner",
        "timezone": "decides the plant's day",
        "plant_type": "nothing measured",
        "user_id": "private",
        "postal": "private",
        "state": "private",
        "address1": "private",
        "address2": "private",
        "description": "private",
        "notes": "private",
        "designercontact": "private",
        "designerorganization": "private",
        "financiercontact": "private",
        "financierorganization": "private",
        "installercontact": "private",
        "installerorganization": "private",
        "jurisdictioncontact": "private",
        "jurisdictionorganization": "private",
        "offtakercontact": "private",
        "offtakerorganization": "private",
        "operatorcontact": "private",
        "operatororganization": "private",
        "ownercontact": "private",
        "ownerorganization": "private",
    },
)
"""`plant/details`; what it says of people stays out."""

LOGGER: Final = Catalogue(
    (
        Code(points.ONLINE, "lost", ONLINE_CODES),
        Words(points.LAST_UPDATE, "last_update"),
        Words(NETWORK, "netmode"),
        Words(SIGNAL, "signal"),
    ),
    {
        **COMMON,
        "last_update_time": "becomes last_update",
        "manufacturer": "always Growatt, or what a dealer calls it",
        "model": "discovery tells it",
        "type": "a key of the vendor's",
    },
)
"""An entry of `dataloggers` in `device/datalogger/list`."""

NOAH: Final = Catalogue(
    (
        Number(points.PV_POWER, "ppv"),
        Number(points.AC_POWER, "pac"),
        Number(points.BATTERY_CHARGE_POWER, "chargePower"),
        Number(points.BATTERY_DISCHARGE_POWER, "disChargePower"),
        Difference(points.BATTERY_POWER, ("disChargePower",), ("chargePower",)),
        Number(points.LOAD_POWER, "totalHouseholdLoad"),
        Number(points.BATTERY_SOC, "totalBatteryPackSoc"),
        Number(points.BATTERY_SOH, "batterySoh"),
        Number(points.BATTERY_CYCLES, "batteryCycles"),
        Number(points.BATTERY_COUNT, "batteryPackageQuantity"),
        Number(points.BATTERY_N_SOC[1], "battery1Soc"),
        Number(points.BATTERY_N_TEMPERATURE[1], "battery1Temp"),
        Number(points.BATTERY_N_SOC[2], "battery2Soc"),
        Number(points.BATTERY_N_TEMPERATURE[2], "battery2Temp"),
        Number(points.BATTERY_N_SOC[3], "battery3Soc"),
        Number(points.BATTERY_N_TEMPERATURE[3], "battery3Temp"),
        Number(points.BATTERY_N_SOC[4], "battery4Soc"),
        Number(points.BATTERY_N_TEMPERATURE[4], "battery4Temp"),
        Number(points.PV_N_VOLTAGE[1], "pv1Voltage"),
        Number(points.PV_N_CURRENT[1], "pv1Current"),
        Number(points.PV_N_VOLTAGE[2], "pv2Voltage"),
        Number(points.PV_N_CURRENT[2], "pv2Current"),
        Number(points.PV_N_VOLTAGE[3], "pv3Voltage"),
        Number(points.PV_N_CURRENT[3], "pv3Current"),
        Number(points.PV_N_VOLTAGE[4], "pv4Voltage"),
        Number(points.PV_N_CURRENT[4], "pv4Current"),
        Number(points.AC_ENERGY_TODAY, "eacToday"),
        Number(points.AC_ENERGY_TOTAL, "eacTotal"),
        Number(points.INVERTER_TEMPERATURE, "systemTemp"),
        Number(points.GRID_VOLTAGE, "onGridVoltage"),
        Number(points.BACKUP_POWER, "offGridPower"),
        Number(points.BACKUP_VOLTAGE, "offGridVoltage"),
        Number(BACKUP_CURRENT, "offGridCurrent"),
        Code(WORK_MODE, "workMode", WORK_MODES),
        Code(points.STATUS, "status", NOAH_STATUS_CODES),
        Number(points.STATUS_CODE, "status"),
        Code(points.ONLINE, "status", {"-1": False, "0": False, "1": True, "4": True, "5": True, "6": True}),
    ),
    {
        **COMMON,
        "timeStr": "the same as time",
        "totalBatteryPackChargingPower": "becomes chargePower or disChargePower",
        "totalBatteryPackChargingStatus": "decides whether the battery's power is charging",
        "chargeSocLimit": "the settings tell it",
        "dischargeSocLimit": "the settings tell it",
        "battery1SerialNum": "the battery's serial number",
        "battery2SerialNum": "the battery's serial number",
        "battery3SerialNum": "the battery's serial number",
        "battery4SerialNum": "the battery's serial number",
        "battery1TempF": "the same as battery1Temp, in °F",
        "battery2TempF": "the same as battery2Temp, in °F",
        "battery3TempF": "the same as battery3Temp, in °F",
        "battery4TempF": "the same as battery4Temp, in °F",
    },
)
"""V4's `queryLastData` of a NOAH or NEXA. `chargePower` and `disChargePower` are put in by provider code."""

WIT: Final = Catalogue(
    (
        Number(points.PV_POWER, "ppv"),
        Number(points.AC_POWER, "pac"),
        Number(points.GRID_IMPORT_POWER, "pacToUserTotal"),
        Number(points.GRID_EXPORT_POWER, "pacToGridTotal"),
        Difference(points.GRID_POWER, ("pacToUserTotal",), ("pacToGridTotal",)),
        Number(points.LOAD_POWER, "plocalLoadTotal"),
        Number(points.SELF_CONSUMPTION_POWER, "pself"),
        Number(points.SYSTEM_POWER, "psystem"),
        Number(points.APPARENT_POWER, "sac"),
        Number(points.BATTERY_SOC, "soc"),
        Number(points.BATTERY_SOH, "soh"),
        Number(points.BATTERY_VOLTAGE, "vbat", instead=("bmsBatteryVolt",)),
        Number(BATTERY_VOLTAGE_DSP, "vBatDsp"),
        Number(points.AC_ENERGY_TODAY, "eacToday"),
        Number(points.AC_ENERGY_TOTAL, "eacTotal"),
        Number(points.PV_ENERGY_TODAY, "epvToday"),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.GRID_IMPORT_ENERGY_TODAY, "etoUserToday"),
        Number(points.GRID_IMPORT_ENERGY_TOTAL, "etoUserTotal"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "etoGridToday"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "etoGridTotal"),
        Number(points.LOAD_ENERGY_TODAY, "elocalLoadToday"),
        Number(points.LOAD_ENERGY_TOTAL, "elocalLoadTotal"),
        Sum(points.BATTERY_CHARGE_ENERGY_TODAY, ("echarge1Today", "echarge2Today", "echarge3Today")),
        Sum(points.BATTERY_CHARGE_ENERGY_TOTAL, ("echarge1Total", "echarge2Total", "echarge3Total")),
        Sum(points.BATTERY_DISCHARGE_ENERGY_TODAY, ("edischarge1Today", "edischarge2Today", "edischarge3Today")),
        Sum(points.BATTERY_DISCHARGE_ENERGY_TOTAL, ("edischarge1Total", "edischarge2Total", "edischarge3Total")),
        Number(points.AC_CHARGE_ENERGY_TODAY, "acChargeEnergyToday"),
        Number(points.AC_CHARGE_ENERGY_TOTAL, "acChargeEnergyTotal"),
        Number(points.SELF_CONSUMPTION_ENERGY_TODAY, "eselftoday"),
        Number(points.SELF_CONSUMPTION_ENERGY_TOTAL, "eselftotal"),
        Number(points.SYSTEM_ENERGY_TODAY, "esystemtoday"),
        Number(points.SYSTEM_ENERGY_TOTAL, "esystemtotal"),
        Number(GENERATOR_POWER, "genPower"),
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
        Number(points.PV_N_POWER[5], "ppv5"),
        Number(points.PV_N_VOLTAGE[5], "vpv5"),
        Number(points.PV_N_CURRENT[5], "ipv5"),
        Number(points.PV_N_ENERGY_TODAY[5], "epv5Today"),
        Number(points.PV_N_ENERGY_TOTAL[5], "epv5Total"),
        Number(points.PV_N_POWER[6], "ppv6"),
        Number(points.PV_N_VOLTAGE[6], "vpv6"),
        Number(points.PV_N_CURRENT[6], "ipv6"),
        Number(points.PV_N_ENERGY_TODAY[6], "epv6Today"),
        Number(points.PV_N_ENERGY_TOTAL[6], "epv6Total"),
        Number(points.PV_N_POWER[7], "ppv7"),
        Number(points.PV_N_VOLTAGE[7], "vpv7"),
        Number(points.PV_N_CURRENT[7], "ipv7"),
        Number(points.PV_N_ENERGY_TODAY[7], "epv7Today"),
        Number(points.PV_N_ENERGY_TOTAL[7], "epv7Total"),
        Number(points.PV_N_POWER[8], "ppv8"),
        Number(points.PV_N_VOLTAGE[8], "vpv8"),
        Number(points.PV_N_CURRENT[8], "ipv8"),
        Number(points.PV_N_ENERGY_TODAY[8], "epv8Today"),
        Number(points.PV_N_ENERGY_TOTAL[8], "epv8Total"),
        Number(points.PV_N_POWER[9], "ppv9"),
        Number(points.PV_N_VOLTAGE[9], "vpv9"),
        Number(points.PV_N_CURRENT[9], "ipv9"),
        Number(points.PV_N_ENERGY_TODAY[9], "epv9Today"),
        Number(points.PV_N_ENERGY_TOTAL[9], "epv9Total"),
        Number(points.PV_N_POWER[10], "ppv10"),
        Number(points.PV_N_VOLTAGE[10], "vpv10"),
        Number(points.PV_N_CURRENT[10], "ipv10"),
        Number(points.PV_N_ENERGY_TODAY[10], "epv10Today"),
        Number(points.PV_N_ENERGY_TOTAL[10], "epv10Total"),
        Number(points.STRING_N_VOLTAGE[1], "vString1"),
        Number(points.STRING_N_CURRENT[1], "currentString1"),
        Number(points.STRING_N_VOLTAGE[2], "vString2"),
        Number(points.STRING_N_CURRENT[2], "currentString2"),
        Number(points.STRING_N_VOLTAGE[3], "vString3"),
        Number(points.STRING_N_CURRENT[3], "currentString3"),
        Number(points.STRING_N_VOLTAGE[4], "vString4"),
        Number(points.STRING_N_CURRENT[4], "currentString4"),
        Number(points.STRING_N_VOLTAGE[5], "vString5"),
        Number(points.STRING_N_CURRENT[5], "currentString5"),
        Number(points.STRING_N_VOLTAGE[6], "vString6"),
        Number(points.STRING_N_CURRENT[6], "currentString6"),
        Number(points.STRING_N_VOLTAGE[7], "vString7"),
        Number(points.STRING_N_CURRENT[7], "currentString7"),
        Number(points.STRING_N_VOLTAGE[8], "vString8"),
        Number(points.STRING_N_CURRENT[8], "currentString8"),
        Number(points.STRING_N_VOLTAGE[9], "vString9"),
        Number(points.STRING_N_CURRENT[9], "currentString9"),
        Number(points.STRING_N_VOLTAGE[10], "vString10"),
        Number(points.STRING_N_CURRENT[10], "currentString10"),
        Number(points.STRING_N_VOLTAGE[11], "vString11"),
        Number(points.STRING_N_CURRENT[11], "currentString11"),
        Number(points.STRING_N_VOLTAGE[12], "vString12"),
        Number(points.STRING_N_CURRENT[12], "currentString12"),
        Number(points.STRING_N_VOLTAGE[13], "vString13"),
        Number(points.STRING_N_CURRENT[13], "currentString13"),
        Number(points.STRING_N_VOLTAGE[14], "vString14"),
        Number(points.STRING_N_CURRENT[14], "currentString14"),
        Number(points.STRING_N_VOLTAGE[15], "vString15"),
        Number(points.STRING_N_CURRENT[15], "currentString15"),
        Number(points.STRING_N_VOLTAGE[16], "vString16"),
        Number(points.STRING_N_CURRENT[16], "currentString16"),
        Number(points.STRING_N_VOLTAGE[17], "vString17"),
        Number(points.STRING_N_CURRENT[17], "currentString17"),
        Number(points.STRING_N_VOLTAGE[18], "vString18"),
        Number(points.STRING_N_CURRENT[18], "currentString18"),
        Number(points.STRING_N_VOLTAGE[19], "vString19"),
        Number(points.STRING_N_CURRENT[19], "currentString19"),
        Number(points.STRING_N_VOLTAGE[20], "vString20"),
        Number(points.STRING_N_CURRENT[20], "currentString20"),
        Number(points.PHASE_N_VOLTAGE[1], "vac1"),
        Number(points.PHASE_N_CURRENT[1], "iac1"),
        Number(points.PHASE_N_POWER[1], "pac1"),
        Number(points.PHASE_N_VOLTAGE[2], "vac2"),
        Number(points.PHASE_N_CURRENT[2], "iac2"),
        Number(points.PHASE_N_POWER[2], "pac2"),
        Number(points.PHASE_N_VOLTAGE[3], "vac3"),
        Number(points.PHASE_N_CURRENT[3], "iac3"),
        Number(points.PHASE_N_POWER[3], "pac3"),
        Number(points.LINE_N_VOLTAGE[1], "vacRs"),
        Number(points.LINE_N_VOLTAGE[2], "vacSt"),
        Number(points.LINE_N_VOLTAGE[3], "vacTr"),
        Number(points.GRID_VOLTAGE, "vac1"),
        Number(points.GRID_FREQUENCY, "fac"),
        Number(points.POWER_FACTOR, "pf"),
        Number(points.INVERTER_TEMPERATURE, "temp1"),
        Number(points.TEMPERATURE_N[2], "temp2"),
        Number(points.TEMPERATURE_N[3], "temp3"),
        Number(points.OPERATING_HOURS, "timeTotal", 1 / 3600),
        Number(BUS_VOLTAGE_POSITIVE, "vBusP"),
        Number(BUS_VOLTAGE_NEGATIVE, "vBusN"),
        Number(LEAKAGE_CURRENT, "gfci", 0.001),
        Number(ISOLATION, "pvIso"),
        Number(OUTPUT_SHARE, "realOPPercent"),
        Number(DERATING, "deratingMode"),
        Code(PRIORITY, "priorityChoose", PRIORITIES),
        Code(points.STATUS, "status", STATUS_CODES),
        Code(points.STATUS, "statusText", STATUS_TEXTS),
        Number(points.STATUS_CODE, "status"),
        Words(STATUS_TEXT, "statusText"),
        Number(points.FAULT_CODE, "faultCode", instead=("errorCode",)),
        Number(points.WARNING_CODE, "warnCode"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    {**COMMON, "witBean": "the vendor's own bookkeeping"},
)
"""V4's `queryLastData` of a WIT."""

SPHS: Final = Catalogue(
    (
        *SPH.rows,
        Number(points.PV_N_POWER[3], "ppv3"),
        Number(points.PV_N_CURRENT[1], "ipv1"),
        Number(points.PV_N_CURRENT[2], "ipv2"),
        Number(points.PV_N_CURRENT[3], "ipv3"),
        Number(points.PV_N_VOLTAGE[3], "vpv3"),
        Number(points.PV_N_ENERGY_TODAY[3], "epv3Today"),
        Number(points.PV_N_ENERGY_TOTAL[3], "epv3Total"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "etoGridTotal"),
        Number(points.SELF_CONSUMPTION_POWER, "pself"),
        Number(points.SYSTEM_POWER, "psystem"),
        Number(points.SELF_CONSUMPTION_ENERGY_TODAY, "eselftoday"),
        Number(points.SELF_CONSUMPTION_ENERGY_TOTAL, "eselftotal"),
        Number(points.SYSTEM_ENERGY_TOTAL, "esystemtotal"),
        Number(points.PHASE_N_CURRENT[1], "iac1"),
        Number(points.PHASE_N_CURRENT[2], "iac2"),
        Number(points.POWER_FACTOR, "pf"),
        Number(points.BATTERY_CYCLES, "bmscycleCnt"),
        Number(GENERATOR_POWER, "genPower"),
        Number(GENERATOR_VOLTAGE, "genVol"),
        Number(GENERATOR_CURRENT, "genCurr"),
        Number(GENERATOR_FREQUENCY, "genFreq"),
        Number(GENERATOR_ENERGY_TODAY, "genEnergyToday"),
        Number(BUS_VOLTAGE_POSITIVE, "pbusVoltage"),
        Number(BUS_VOLTAGE_NEGATIVE, "nbusVoltage"),
    ),
    {**SPH.ignored, "sphBean": "the vendor's own bookkeeping", "dataLogSn": "the logger's serial number"},
)
"""V4's `queryLastData` of an SPH-S."""

METER: Final = Catalogue(
    (
        Number(METER_POWER, "activePower", instead=("instantlyTotalActivePower", "posiActivePower")),
        Number(points.PHASE_N_POWER[1], "activePowerL1"),
        Number(points.PHASE_N_POWER[2], "activePowerL2"),
        Number(points.PHASE_N_POWER[3], "activePowerL3"),
        Number(points.PHASE_N_VOLTAGE[1], "voltageL1"),
        Number(points.PHASE_N_VOLTAGE[2], "voltageL2"),
        Number(points.PHASE_N_VOLTAGE[3], "voltageL3"),
        Number(points.PHASE_N_CURRENT[1], "currentL1"),
        Number(points.PHASE_N_CURRENT[2], "currentL2"),
        Number(points.PHASE_N_CURRENT[3], "currentL3"),
        Number(METER_VOLTAGE, "voltage"),
        Number(METER_CURRENT, "current"),
        Number(points.APPARENT_POWER, "apparentPower"),
        Number(points.REACTIVE_POWER, "reactivePower"),
        Number(points.POWER_FACTOR, "powerFactor"),
        Number(points.GRID_FREQUENCY, "frequency", instead=("gridFrequency",)),
        Number(METER_ENERGY, "activeEnergy"),
        Number(REACTIVE_ENERGY, "reactiveEnergy"),
        Number(points.GRID_IMPORT_ENERGY_TODAY, "positiveActiveTodayEnergy"),
        Number(points.GRID_IMPORT_ENERGY_TOTAL, "positiveActiveTotalEnergy"),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "reverseActiveTodayEnergy"),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "reverseActiveTotalEnergy"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    {**COMMON, "timeText": "the same as calendar", "statusLastUpdateTime": "nothing measured"},
)
"""`meter_last_data`. Which way its power counts depends on how the meter is wired."""

RARE: Final = Catalogue(
    (
        Number(points.PV_POWER, "ppv"),
        Number(points.AC_POWER, "pac"),
        Number(points.PV_ENERGY_TODAY, "epvToday"),
        Number(points.PV_ENERGY_TOTAL, "epvTotal"),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "eChargeToday"),
        Number(points.BATTERY_CHARGE_ENERGY_TOTAL, "eChargeTotal"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "eDischargeToday"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TOTAL, "eDischargeTotal"),
        Number(points.LOAD_ENERGY_TODAY, "eLoadToday", instead=("loadToday",)),
        Number(points.LOAD_ENERGY_TOTAL, "eLoadTotal", instead=("loadTotal",)),
        Number(points.GRID_EXPORT_ENERGY_TODAY, "eToGridToday", instead=("toGridToday",)),
        Number(points.GRID_EXPORT_ENERGY_TOTAL, "eToGridTotal", instead=("toGridTotal",)),
        Number(points.GRID_IMPORT_ENERGY_TODAY, "eGridToday", instead=("gridToday",)),
        Number(points.GRID_IMPORT_ENERGY_TOTAL, "eGridTotal", instead=("gridTotal",)),
        Number(points.BATTERY_VOLTAGE, "vbat"),
        Number(points.BATTERY_CURRENT, "ibat"),
        Number(points.BATTERY_SOC, "soc"),
        Number(points.GRID_FREQUENCY, "gridFreq"),
        Number(points.INVERTER_TEMPERATURE, "temp1"),
        Words(STATUS_TEXT, "statusText"),
        Code(points.STATUS, "statusLang", {"common_normal": "normal", "common_wait": "waiting", "common_fault": "fault", "Lost": "offline"}),
        Number(points.STATUS_CODE, "status"),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    COMMON,
)
"""The last values of PCS, HPS and PBD; no owner of one has told how well they fit."""

ENERGY_BEANS: Final[Mapping[str, str]] = {
    "tlxBean": "the vendor's own bookkeeping",
    "mixBean": "the vendor's own bookkeeping",
    "spaBean": "the vendor's own bookkeeping",
    "maxBean": "the vendor's own bookkeeping",
    "storageBean": "the vendor's own bookkeeping",
}
MIN_VALUES: Final = Catalogue(TLX.rows, {**TLX.ignored, **ENERGY_BEANS})
"""`tlx_last_data`."""
SPH_VALUES: Final = Catalogue(SPH.rows, {**SPH.ignored, **ENERGY_BEANS})
"""`mix_last_data`, `spa_last_data`."""
INVERTER_VALUES: Final = Catalogue(
    (*INVERTER.rows, Number(points.AC_ENERGY_TODAY, "eacToday"), Number(points.AC_ENERGY_TOTAL, "eacTotal")),
    {**INVERTER.ignored, **ENERGY_BEANS},
)
"""`last_new_data`, `max_last_data`."""
STORAGE_VALUES: Final = Catalogue(STORAGE.rows, {**STORAGE.ignored, **ENERGY_BEANS})
"""`storage_last_data`."""

MIN_SETTINGS: Final = Catalogue(
    (
        *TLX_SETTINGS.rows,
        Code(OFF_GRID_FREQUENCY, "epsFreqSet", FREQUENCIES),
        Code(OFF_GRID_VOLTAGE, "epsVoltSet", VOLTAGES),
    ),
    {**BOOKKEEPING, **TLX_SETTINGS.ignored},
)
"""`tlx_set_info`."""
SPH_SETTINGS: Final = Catalogue(
    (
        *rows(MIX_WRITES),
        Number(CHARGE_STOP_SOC_LOAD_FIRST, "wchargeSOCLowLimit1"),
        Number(DISCHARGE_STOP_SOC_LOAD_FIRST, "wdisChargeSOCLowLimit1"),
        Number(REACTIVE_POWER_RATE, "reactiveRate"),
        Code(PRIORITY, "priorityChoose", PRIORITIES),
        Number(VOLTAGE_HIGH_LIMIT, "voltageHighLimit"),
        Number(VOLTAGE_LOW_LIMIT, "voltageLowLimit"),
        Code(OFF_GRID_FREQUENCY, "epsFreqSet", FREQUENCIES),
        Code(OFF_GRID_VOLTAGE, "epsVoltSet", VOLTAGES),
        Code(SINGLE_PHASE_EXPORT_LIMIT, "singleExport", ON_OFF),
        Code(THREE_PHASE_OUTPUT, "loadFirstControl", THREE_PHASE_OUTPUTS),
        Code(REACTIVE_POWER_DIRECTION, "underExcited", DIRECTIONS),
        Code(POWER_FACTOR_MEMORY, "pvPfCmdMemoryState", ON_OFF),
    ),
    {**BOOKKEEPING, **MIX_SETTINGS.ignored, "onOff": "false on inverters that run"},
)
"""`mix_data_info`. The stop SOC of the schedules are the fields with a 2 at their end; those with a 1 hold while the load
goes first. growattServer looks for names without a number, which are not there, and always finds 100 and 10."""
SPA_SETTINGS: Final = Catalogue(
    (*without(MIX_SETTINGS.rows, rows(SPA_WRITES)), *rows(SPA_WRITES)),
    {
        **BOOKKEEPING,
        **MIX_SETTINGS.ignored,
        "forcedChargeStopSwitch1": "SPA has batFirstSwitch1",
        "forcedChargeStopSwitch2": "SPA has batFirstSwitch2",
        "forcedChargeStopSwitch3": "SPA has batFirstSwitch3",
        "forcedDischargeStopSwitch1": "SPA has gridFirstSwitch1",
        "forcedDischargeStopSwitch2": "SPA has gridFirstSwitch2",
        "forcedDischargeStopSwitch3": "SPA has gridFirstSwitch3",
    },
)
"""`spa_data_info`, which calls some of what SPH has otherwise: the same fields show what a write has changed."""
INVERTER_SETTINGS: Final = Catalogue(CLASSIC_SETTINGS.rows, {**BOOKKEEPING, **CLASSIC_SETTINGS.ignored})
"""`inv_data_info`."""
MAX_SETTINGS: Final = Catalogue(
    without(CLASSIC_SETTINGS.rows, (Code(SWITCHED_ON, "onOff", ON_OFF),)),
    {**BOOKKEEPING, **CLASSIC_SETTINGS.ignored, "onOff": "false on inverters that run"},
)
"""`max_data_info`."""
STORAGE_SETTINGS: Final = Catalogue((), {**BOOKKEEPING, **STORAGE.ignored})
"""`storage_data_info`: under the vendor's names."""
NEWER_SETTINGS: Final = Catalogue(
    (
        Number(ACTIVE_POWER_RATE, "activeRate"),
        Number(REACTIVE_POWER_RATE, "reactiveRate"),
        Number(EXPORT_LIMIT_RATE, "exportLimitPowerRate"),
        Number(VOLTAGE_HIGH_LIMIT, "voltageHighLimit"),
        Number(VOLTAGE_LOW_LIMIT, "voltageLowLimit"),
        Number(FREQUENCY_HIGH_LIMIT, "freqHighLimit"),
        Number(FREQUENCY_LOW_LIMIT, "freqLowLimit"),
        Code(SWITCHED_ON, "onOff", ON_OFF),
    ),
    {**BOOKKEEPING, "sphSetBean": "the vendor's own bookkeeping", "witSetBean": "the vendor's own bookkeeping"},
)
"""V4's `queryDeviceInfo` of WIT and SPH-S."""
NOAH_DETAILS: Final = Catalogue(
    (
        *NOAH_SETTINGS.rows,
        Code(AC_CHARGE, "allowGridCharging", ON_OFF),
        Code(BACKUP_ENABLED, "gridConnectionControl", ON_OFF),
        Code(SEGMENT_1_ENABLED, "time1Enable", ON_OFF),
        Code(SEGMENT_2_ENABLED, "time2Enable", ON_OFF),
        Code(SEGMENT_3_ENABLED, "time3Enable", ON_OFF),
        Code(SEGMENT_4_ENABLED, "time4Enable", ON_OFF),
        Code(SEGMENT_5_ENABLED, "time5Enable", ON_OFF),
        Code(SEGMENT_6_ENABLED, "time6Enable", ON_OFF),
        Code(SEGMENT_7_ENABLED, "time7Enable", ON_OFF),
        Code(SEGMENT_8_ENABLED, "time8Enable", ON_OFF),
        Code(SEGMENT_9_ENABLED, "time9Enable", ON_OFF),
    ),
    {
        **BOOKKEEPING,
        **NOAH_SETTINGS.ignored,
        "bmsVersion": "firmware of a part",
        "mpptVersion": "firmware of a part",
        "pdVersion": "firmware of a part",
        "modelName": "discovery tells it",
        "manName": "whose make it is",
        "associatedInvManAndModel": "which inverter it works with",
        "time1Start": "becomes time_segment1_start",
        "time1End": "becomes time_segment1_end",
        "time1Mode": "becomes time_segment1_mode",
        "time1Power": "becomes time_segment1_power",
        "time2Start": "becomes time_segment2_start",
        "time2End": "becomes time_segment2_end",
        "time2Mode": "becomes time_segment2_mode",
        "time2Power": "becomes time_segment2_power",
        "time3Start": "becomes time_segment3_start",
        "time3End": "becomes time_segment3_end",
        "time3Mode": "becomes time_segment3_mode",
        "time3Power": "becomes time_segment3_power",
        "time4Start": "becomes time_segment4_start",
        "time4End": "becomes time_segment4_end",
        "time4Mode": "becomes time_segment4_mode",
        "time4Power": "becomes time_segment4_power",
        "time5Start": "becomes time_segment5_start",
        "time5End": "becomes time_segment5_end",
        "time5Mode": "becomes time_segment5_mode",
        "time5Power": "becomes time_segment5_power",
        "time6Start": "becomes time_segment6_start",
        "time6End": "becomes time_segment6_end",
        "time6Mode": "becomes time_segment6_mode",
        "time6Power": "becomes time_segment6_power",
        "time7Start": "becomes time_segment7_start",
        "time7End": "becomes time_segment7_end",
        "time7Mode": "becomes time_segment7_mode",
        "time7Power": "becomes time_segment7_power",
        "time8Start": "becomes time_segment8_start",
        "time8End": "becomes time_segment8_end",
        "time8Mode": "becomes time_segment8_mode",
        "time8Power": "becomes time_segment8_power",
        "time9Start": "becomes time_segment9_start",
        "time9End": "becomes time_segment9_end",
        "time9Mode": "becomes time_segment9_mode",
        "time9Power": "becomes time_segment9_power",
    },
)
"""V4's `queryDeviceInfo` of a NOAH; provider code puts its time segments under the names of the app's."""
