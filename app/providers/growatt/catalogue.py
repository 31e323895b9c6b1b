"""What all families share: the fields nobody needs, the plant, the lists of devices and the loggers.

Sources: growattServer 2.2.0 (plant_info, plant_energy_data, device_list), Home Assistant's growatt_server (sensor/total.py),
an answer of `getUserCenterEnertyDataTwo` (the app's plant page) for the names of `plant_energy_data`.
"""

from typing import Final

from app import points
from app.model import Kind, Point, Role, Unit
from app.rows import Catalogue, Code, Number, Words

DEVICES_ONLINE: Final = Point("devices_online", "Devices online", role=Role.DIAGNOSTIC, low=0)
DEVICES_OFFLINE: Final = Point("devices_offline", "Devices offline", role=Role.DIAGNOSTIC, low=0)
DEVICES_FAULTY: Final = Point("devices_faulty", "Devices with a fault", role=Role.DIAGNOSTIC, low=0)
ALARMS: Final = Point("alarms", "Open alarms", role=Role.DIAGNOSTIC, low=0)
STORAGE_PV_POWER: Final = Point("storage_pv_power", "Storage PV power", Unit.WATT, role=Role.DIAGNOSTIC)
STORAGE_TO_USER_POWER: Final = Point("storage_to_user_power", "Storage power to the user", Unit.WATT, role=Role.DIAGNOSTIC)
USE_ENERGY: Final = Point("use_energy", "Energy used", Unit.KILOWATT_HOUR, Kind.TOTAL, Role.DIAGNOSTIC)
INCOME_MONTH: Final = Point("money_month", "Revenue this month", kind=Kind.TOTAL, role=Role.TAIL)
PLANT_STATUS_CODE: Final = Point("plant_status_code", "Plant status code", role=Role.TAIL)
UPDATE_INTERVAL: Final = Point("update_interval", "Upload interval", Unit.MINUTE, role=Role.DIAGNOSTIC)
SIGNAL: Final = Point("signal", "Signal", kind=Kind.TEXT, role=Role.DIAGNOSTIC)

COMMON: Final = {
    "time": "becomes the readings' time stamp",
    "calendar": "the same as time",
    "timeCalendar": "the same as time",
    "lastUpdateTime": "becomes the readings' time stamp",
    "lastUpdateTimeText": "becomes the readings' time stamp",
    "day": "the same as time",
    "dayMap": "a chart",
    "energyDayMap": "a chart",
    "chargeDayMap": "a chart",
    "chartData": "a chart",
    "invPacData": "a chart",
    "withTime": "the vendor's own bookkeeping",
    "again": "the vendor's own bookkeeping",
    "isAgain": "the vendor's own bookkeeping",
    "record": "the vendor's own bookkeeping",
    "children": "the vendor's own bookkeeping",
    "level": "the vendor's own bookkeeping",
    "groupId": "the vendor's own bookkeeping",
    "groupID": "the vendor's own bookkeeping",
    "imgPath": "the vendor's own bookkeeping",
    "updating": "the vendor's own bookkeeping",
    "updateExist": "the vendor's own bookkeeping",
    "inverterInfoStatusCss": "the vendor's own bookkeeping",
    "debug1": "the maker's own debugging",
    "debug2": "the maker's own debugging",
    "debug3": "the maker's own debugging",
    "keyNames": "the legend of a chart",
    "parameterName": "the legend of the fields",
    "errorText": "becomes the fault",
    "warnText": "becomes the warning",
    "modelText": "the maker's options, in code",
    "fwVersion": "the firmware, which discovery tells",
    "innerVersion": "the firmware, which discovery tells",
    "firmware_version": "the firmware, which discovery tells",
    "deviceType": "decides how the device is read",
    "invSn": "the inverter's serial number",
    "associatedInvSn": "the inverter's serial number",
    "moneyUnitText": "the currency",
    "moneyUnit": "the currency",
    "address": "the device's address at its logger",
    "addr": "the device's address at its logger",
    "comAddress": "the device's address at its logger",
    "alias": "the device's name",
    "deviceAilas": "the device's name",
    "deviceName": "the device's name",
    "serialNum": "the device's serial number",
    "deviceSn": "the device's serial number",
    "sn": "the device's serial number",
    "id": "a key of the vendor's",
    "inverterId": "the device's serial number",
    "mixId": "the device's serial number",
    "dataLogSn": "the logger's serial number",
    "datalogSn": "the logger's serial number",
    "dataloggerSn": "the logger's serial number",
    "datalog_sn": "the logger's serial number",
    "batSn": "the battery's serial number",
    "batterySN": "the battery's serial number",
    "bdc1Sn": "the battery's serial number",
    "portName": "the logger's serial number",
    "treeID": "the device's serial number",
    "treeName": "the device's name",
    "parentID": "the logger's serial number",
    "tcpServerIp": "private",
    "client_url": "private",
    "location": "private",
    "userName": "private",
    "userId": "private",
    "userID": "private",
    "userAccount": "private",
    "accountName": "private",
    "email": "private",
    "country": "private",
    "city": "private",
    "plantAddress": "private",
    "plant_lat": "private",
    "plant_lng": "private",
    "plantLat": "private",
    "plantLng": "private",
    "latitude": "private",
    "longitude": "private",
    "lat": "private",
    "lng": "private",
    "phoneNum": "private",
    "designCompany": "private",
    "plantId": "the plant's key",
    "plantID": "the plant's key",
    "plant_id": "the plant's key",
    "plantName": "the plant's name",
    "plantname": "the plant's name",
    "result": "the envelope",
    "success": "the envelope",
    "msg": "the envelope",
    "error": "the envelope",
}
"""Fields that are passed over in every answer, each with its reason."""

ONLINE_CODES: Final = {
    "false": True,
    "true": False,
    "0": True,
    "1": False,
    "mix.status.normal": True,
    "mix.status.operating": True,
    "mix.status.fault": True,
    "mix.status.lost": False,
    "mix.status.offline": False,
    "tlx.status.normal": True,
    "tlx.status.operating": True,
    "tlx.status.fault": True,
    "tlx.status.lost": False,
    "tlx.status.offline": False,
    "spa.status.normal": True,
    "spa.status.operating": True,
    "spa.status.fault": True,
    "spa.status.lost": False,
    "spa.status.offline": False,
}
"""`lost`: whether the cloud has lost the device, or a key of its translations that says so."""

PLANT: Final = Catalogue(
    (
        Number(points.PV_POWER, "invTodayPpv"),
        Number(points.PV_ENERGY_TODAY, "todayEnergy"),
        Number(points.PV_ENERGY_TOTAL, "totalEnergy"),
        Number(points.RATED_POWER, "nominalPower", instead=("nominal_Power",)),
        Number(points.MONEY_TODAY, "plantMoneyText"),
        Number(points.MONEY_TOTAL, "totalMoneyText"),
        Number(points.CO2_SAVED, "Co2Reduction"),
        Number(points.BATTERY_DISCHARGE_ENERGY_TODAY, "todayDischarge"),
        Number(USE_ENERGY, "useEnergy"),
        Number(STORAGE_PV_POWER, "storageTodayPpv"),
        Number(STORAGE_TO_USER_POWER, "storagePuser"),
        Number(points.GRID_IMPORT_ENERGY_TODAY, "etouser_combined"),
    ),
    {**COMMON, "isHaveOptimizer": "nothing measured", "optimizerType": "nothing measured"},
)
"""`plant_info`. `etouser_combined` is put in by provider code where a plant has several hybrids (see catalogue_mix.MIX_DETAIL)."""

PLANT_ENERGY: Final = Catalogue(
    (
        Number(points.PV_POWER, "powerValue"),
        Number(points.PV_ENERGY_TODAY, "todayValue"),
        Number(points.PV_ENERGY_MONTH, "monthValue"),
        Number(points.PV_ENERGY_YEAR, "yearValue"),
        Number(points.PV_ENERGY_TOTAL, "totalValue"),
        Number(points.RATED_POWER, "nominalPowerValue"),
        Number(points.CO2_SAVED, "formulaCo2Vlue"),
        Number(points.COAL_SAVED, "formulaCoalValue"),
        Number(points.TREES_SAVED, "treeValue"),
        Number(points.MONEY_TODAY, "todayProfitStr"),
        Number(INCOME_MONTH, "monthProfitStr"),
        Number(points.MONEY_TOTAL, "totalProfitStr"),
        Number(ALARMS, "alarmValue"),
        Number(DEVICES_ONLINE, "statusMap_onlineNum"),
        Number(DEVICES_OFFLINE, "statusMap_offline"),
        Number(DEVICES_FAULTY, "statusMap_faultNum"),
        Number(PLANT_STATUS_CODE, "plantStatus"),
    ),
    {
        **COMMON,
        "nominalPowerStr": "the same as nominalPowerValue, as text",
        "powerValueStr": "the same as powerValue, as text",
        "todayStr": "the same as todayValue, as text",
        "monthStr": "the same as monthValue, as text",
        "yearStr": "the same as yearValue, as text",
        "totalStr": "the same as totalValue, as text",
        "todayUnit": "always kWh",
        "treeStr": "the same as treeValue, as text",
        "formulaCo2Str": "the same as formulaCo2Vlue, as text",
        "formulaCoalStr": "the same as formulaCoalValue, as text",
        "isHaveFormulaMoney": "nothing measured",
        "plantNumber": "nothing measured",
        "plantType": "nothing measured",
        "plantBean": "where the plant is and whose it is",
        "weatherMap": "the weather forecast",
    },
)
"""`plant_energy_data`; the scalars of its `statusMap` are lifted out under `statusMap_...`."""

LISTED: Final = Catalogue(
    (
        Number(points.AC_POWER, "power", instead=("pac", "powerStr")),
        Number(points.AC_ENERGY_TODAY, "eToday", instead=("eTodayStr",)),
        Number(points.AC_ENERGY_TOTAL, "energy", instead=("eTotal", "energyStr")),
        Number(points.BATTERY_CHARGE_ENERGY_TODAY, "eChargeToday", instead=("eChargeTodayStr",)),
        Number(points.BATTERY_CHARGE_POWER, "pCharge"),
        Number(points.BATTERY_SOC, "capacity", instead=("soc", "bdc1Soc")),
        Number(points.BATTERY_N_SOC[1], "bdc1Soc"),
        Number(points.BATTERY_N_SOC[2], "bdc2Soc"),
        Number(points.STATUS_CODE, "deviceStatus"),
        Code(
            points.STATUS,
            "deviceStatus",
            {"-1": "offline", "0": "waiting", "1": "normal", "2": "fault", "3": "fault", "4": "updating", "5": "normal", "6": "normal"},
        ),
        Code(points.ONLINE, "lost", ONLINE_CODES),
    ),
    {
        **COMMON,
        "type": "a key of the vendor's",
        "type2": "a key of the vendor's",
        "dType": "a key of the vendor's",
        "prePto": "a key of the vendor's",
        "ptoStatus": "a key of the vendor's",
        "userId": "private",
    },
)
"""A device as the lists of devices describe it; all there is for a family without calls of its own."""

LOGGER: Final = Catalogue(
    (
        Code(points.ONLINE, "lost", ONLINE_CODES),
        Number(UPDATE_INTERVAL, "update_interval"),
        Words(points.LAST_UPDATE, "lastdataupdate"),
        Words(SIGNAL, "signal"),
    ),
    {
        **COMMON,
        "device_type": "the model",
        "update_time": "becomes lastdataupdate",
        "type": "a key of the vendor's",
        "deviceTypeIndicate": "a key of the vendor's",
        "unit_id": "a key of the vendor's",
        "isGprs4G": "a key of the vendor's",
        "isMasterMachine": "a key of the vendor's",
        "lfdi": "a key of the vendor's",
        "simInfo": "private",
        "meter": "a device of its own",
        "keys": "a legend in the account's language",
        "values": "the same values, in the account's language",
    },
)
"""An entry of `datalogList`."""
