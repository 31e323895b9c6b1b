"""The answers about plants, and the lists of their devices."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from simulator.growatt.accounts import Account
from simulator.growatt.device import Record
from simulator.growatt.fleet import PlantSpec
from simulator.growatt.wording import energy_text, output, power_text, text

_CO2 = 0.997
"""kg of CO2 that a kWh saves, as the vendor counts."""
_TREE = 18.0
"""kg of CO2 that a tree holds, as the vendor counts."""


_USER_REST: Mapping[str, Any] = {
    "inverterGroup": [],
    "inverterList": [],
    "dataAcqList": [],
    "noticeType": "",
    "mailNotice": True,
    "smsNotice": False,
    "customerCode": "",
    "agentCode": "",
    "nickName": "",
    "appAlias": "",
    "appType": "c",
    "codeIndex": 1,
    "kind": 0,
    "activeName": "",
    "isPhoneNumReg": 0,
    "isValiPhone": 0,
    "isValiEmail": 0,
    "userDeviceType": -1,
    "lat": "",
    "lng": "",
}
"""What a login tells of a user beside that, the same for all: settings of the app that nothing here depends on."""


class Site(NamedTuple):
    """A plant and what the cloud has of its devices."""

    spec: PlantSpec
    records: Sequence[Record]
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The plant's zone."""
        return ZoneInfo(self.spec.zone)

    @property
    def offset(self) -> float:
        """Hours east of Greenwich, now."""
        shift = self.now.astimezone(self.zone).utcoffset()
        return shift.total_seconds() / 3_600 if shift else 0.0

    @property
    def watts(self) -> float:
        """What all devices produce."""
        return sum(record.snapshot.power.pv for record in self.records if not record.lost)

    @property
    def today(self) -> float:
        """What all devices produced on the plant's day, in kWh; those that still sleep have nothing yet."""
        day = self.now.astimezone(self.zone).date()
        return sum(record.snapshot.today.pv for record in self.records if record.snapshot.day == day)

    @property
    def total(self) -> float:
        """What all devices ever produced, in kWh."""
        return sum(record.total.pv for record in self.records)

    @property
    def nominal(self) -> float:
        """The installed peak power in W."""
        return sum(sum(record.spec.system.strings) for record in self.records)

    @property
    def has_storage(self) -> bool:
        """Whether there is a battery."""
        return any(record.spec.system.battery for record in self.records)

    @property
    def online(self) -> bool:
        """Whether any device is heard."""
        return any(not record.lost for record in self.records)


def plant_list(sites: Iterable[Site]) -> dict[str, Any]:
    """Return PlantListAPI.do: texts with units, and the account's sums."""
    sites = list(sites)
    symbol = sites[0].spec.symbol if sites else "€"
    stored = any(site.has_storage for site in sites)
    return {
        "back": {
            "data": [
                {
                    "plantMoneyText": f"{text(site.total * site.spec.price)} ({site.spec.symbol})",
                    "plantName": site.spec.name,
                    "plantId": str(site.spec.id),
                    "isHaveStorage": str(site.has_storage).lower(),
                    "todayEnergy": energy_text(site.today),
                    "totalEnergy": energy_text(site.total),
                    "currentPower": power_text(site.watts),
                }
                for site in sites
            ],
            "totalData": {
                "currentPowerSum": power_text(sum(site.watts for site in sites)),
                "CO2Sum": f"{text(sum(site.total for site in sites) * _CO2 / 1_000, 2)} T",
                "isHaveStorage": str(stored).lower(),
                "eTotalMoneyText": f"{text(sum(site.total * site.spec.price for site in sites))} ({symbol})",
                "todayEnergySum": energy_text(sum(site.today for site in sites)),
                "totalEnergySum": energy_text(sum(site.total for site in sites)),
            },
            "success": True,
        }
    }


def plant_list_two(sites: Sequence[Site], page: int, size: int) -> dict[str, Any]:
    """Return one page of op=getAllPlantListTwo, counted from 1."""
    return {
        "PlantList": [_plant_row(site) for site in sites[(page - 1) * size : page * size]],
        "currPage": page,
        "pages": -(-len(sites) // size) if size else 0,
        "total": len(sites),
    }


def _plant_row(site: Site) -> dict[str, Any]:
    spec = site.spec
    return {
        "id": spec.id,
        "plantName": spec.name,
        "nominalPower": site.nominal,
        "nominalPowerStr": f"{text(site.nominal / 1_000, 2)}kWp",
        "eToday": round(site.today, 1),
        "eTotal": round(site.total, 1),
        "currentPac": round(site.watts, 1),
        "currentPacStr": f"{text(site.watts / 1_000, 2)}kW",
        "timezone": site.offset,
        "moneyUnitText": spec.symbol,
        "formulaMoney": spec.price,
        "formulaMoneyStr": f"{spec.price:.2f}",
        "formulaMoneyUnitId": spec.currency,
        "country": spec.country,
        "city": spec.city,
        "plantAddress": "",
        "plant_lat": str(spec.latitude),
        "plant_lng": str(spec.longitude),
        "createDateText": spec.installed,
        "status": 1 if site.online else 0,
        "plantType": 0,
        "isShare": False,
        "alarmValue": sum(record.alarm is not None for record in site.records),
        "deviceCount": len(site.records),
        "hasStorage": 1 if site.has_storage else 0,
    }


def device_row(record: Record) -> dict[str, Any]:
    """Return a device as both device lists show it: by what it gives at its AC side, as an SPA has no panels."""
    spec, snapshot = record.spec, record.snapshot
    watts, today, total = (output(flow) for flow in (snapshot.power, snapshot.today, record.total))
    soc = text(snapshot.soc * 100, 0)
    row: dict[str, Any] = {
        "deviceSn": spec.serial,
        "deviceAilas": spec.alias or spec.serial,
        "deviceType": spec.family,
        "deviceStatus": "-1" if record.lost else "3" if record.alarm else "1",
        "datalogSn": spec.logger,
        "lost": record.lost,
        "location": "",
        "power": text(watts),
        "powerStr": f"{text(watts / 1_000, 2)}kW",
        "eToday": text(today),
        "eTodayStr": f"{text(today)}kWh",
        "energy": text(total),
        "prePto": "-1",
        "type": "0",
        "type2": "0",
    }
    if spec.family == "tlx":
        row |= {"bdc1Soc": soc if spec.system.battery else "0", "bdc2Soc": "0", "bdcStatus": "0"}
    elif spec.system.battery:
        row |= {
            "capacity": f"{soc}%",
            "pCharge": text(snapshot.power.charge),
            "eChargeToday": text(snapshot.today.charge),
        }
    return row


def battery_row(record: Record) -> dict[str, Any]:
    """Return the battery of a device as the device list shows it."""
    power = record.snapshot.power
    return {
        "deviceSn": record.spec.battery_serial,
        "deviceAilas": record.spec.battery_serial,
        "deviceType": "bat",
        "deviceStatus": "1",
        "datalogSn": record.spec.logger,
        "invSn": record.spec.serial,
        "lost": record.lost,
        "soc": text(record.snapshot.soc * 100, 0),
        "chargeOrDisPower": text(power.charge - power.discharge),
        "location": "",
    }


def _rows(records: Iterable[Record]) -> list[dict[str, Any]]:
    rows = []
    for record in records:
        rows.append(device_row(record))
        if record.spec.battery_serial:
            rows.append(battery_row(record))
    return rows


def plant_info(site: Site) -> dict[str, Any]:
    """Return op=getAllDeviceListTwo: the plant's sums and its devices, unless they are all of the type tlx."""
    spec = site.spec
    rows = [] if all(record.spec.family == "tlx" for record in site.records) else _rows(site.records)
    return {
        "todayEnergy": text(site.today),
        "totalEnergy": text(site.total),
        "invTodayPpv": text(site.watts),
        "nominalPower": round(site.nominal),
        "nominal_Power": round(site.nominal),
        "plantMoneyText": f"{text(site.today * spec.price)}/{spec.symbol}",
        "totalMoneyText": text(site.total * spec.price),
        "Co2Reduction": text(site.total * _CO2),
        "todayDischarge": text(sum(record.snapshot.today.discharge for record in site.records)),
        "useEnergy": text(sum(record.snapshot.today.load for record in site.records)),
        "isHaveOptimizer": 0,
        "optimizerType": 0,
        "isHavePumper": 0,
        "deviceList": rows,
        "invList": [row for row in rows if row["deviceType"] in ("inverter", "max")],
        "storageList": [row for row in rows if row["deviceType"] == "storage"],
        "sphList": [row for row in rows if row["deviceType"] == "mix"],
        "batList": [row for row in rows if row["deviceType"] == "bat"],
        "meterList": [],
        "datalogList": [_logger(record, site) for record in site.records],
    }


def _logger(record: Record, site: Site) -> dict[str, Any]:
    return {
        "datalog_sn": record.spec.logger,
        "alias": record.spec.logger,
        "device_type": "ShineWiFi-X",
        "lost": record.lost,
        "plant_id": str(site.spec.id),
        "client_url": "/192.0.2.10:40321",
        "firmware_version": "3.1.1.4",
        "unit_id": "0",
        "update_interval": "5",
        "update_time": record.time,
        "keys": ["Signal"],
        "values": ["Excellent"],
    }


def all_devices(site: Site) -> dict[str, Any]:
    """Return op=getAllDeviceList: the devices of every type."""
    return {
        "isHaveOptimizer": 0,
        "optimizerType": 0,
        "totalEnergy": text(site.total),
        "todayEnergy": text(site.today),
        "nominal_Power": round(site.nominal),
        "totalMoneyText": text(site.total * site.spec.price),
        "storageTodayPpv": text(site.watts),
        "storagePuser": text(sum(r.snapshot.power.imported - r.snapshot.power.exported for r in site.records)),
        "deviceList": _rows(site.records),
    }


def energy_data(site: Site, month: float, year: float) -> dict[str, Any]:
    """Return op=getUserCenterEnertyDataByPlantid (sic); `month` and `year` are kWh."""
    spec, total = site.spec, site.total
    return {
        "plantNumber": 1,
        "powerValue": text(site.watts),
        "powerValueStr": f"{text(site.watts / 1_000, 2)}kW",
        "todayValue": text(site.today),
        "todayStr": f"{text(site.today)}kWh",
        "todayUnit": "kWh",
        "monthValue": text(month),
        "monthStr": f"{text(month)}kWh",
        "yearValue": text(year),
        "yearStr": f"{text(year)}kWh",
        "totalValue": text(total),
        "totalStr": f"{text(total)}kWh",
        "todayProfitStr": f"{spec.symbol}{text(site.today * spec.price)}",
        "monthProfitStr": f"{spec.symbol}{text(month * spec.price)}",
        "totalProfitStr": f"{spec.symbol}{text(total * spec.price)}",
        "isHaveFormulaMoney": True,
        "nominalPowerStr": f"{text(site.nominal / 1_000, 1)}kWp",
        "nominalPowerValue": site.nominal,
        "formulaCo2Vlue": text(total * _CO2),
        "formulaCo2Str": f"{text(total * _CO2)}kg",
        "formulaCoalValue": text(total * 0.4),
        "formulaCoalStr": f"{text(total * 0.4)}kg",
        "treeValue": text(total * _CO2 / _TREE),
        "treeStr": text(total * _CO2 / _TREE, 0),
        "alarmValue": sum(record.alarm is not None for record in site.records),
        "eventMessBeanList": [],
        "plantId": spec.id,
        "plantType": 1 if site.has_storage else 0,
        "plantStatus": 1 if site.online else 0,
        "statusMap": {
            "faultNum": sum(record.alarm is not None for record in site.records),
            "onlineNum": sum(not record.lost for record in site.records),
            "offline": sum(record.lost for record in site.records),
        },
        "deviceTypeMap": {
            "STORAGE": sum(record.spec.family == "storage" for record in site.records),
            "TLXH": sum(record.spec.family == "tlx" and bool(record.spec.system.battery) for record in site.records),
            "MIX": sum(record.spec.family == "mix" for record in site.records),
            "SPA": sum(record.spec.family == "spa" for record in site.records),
        },
        "deviceDetail": {},
        "weatherMap": {"tmp": text(site.records[0].snapshot.temperature, 0) if site.records else "", "cond_txt": ""},
        "plantBean": {"plantName": spec.name, "plantId": str(spec.id), "timezone": text(site.offset)},
    }


def login(account: Account, plants: Sequence[PlantSpec], url: str, zone: float) -> dict[str, Any]:
    """Return what a good login answers."""
    return {
        "back": {
            "msg": "",
            "success": True,
            "service": "1",
            "quality": "0",
            "app_code": "2",
            "isOpenSmartFamily": 0,
            "isCheckUserAuth": True,
            "deviceCount": str(sum(len(plant.devices) for plant in plants)),
            "totalData": {},
            "data": [{"plantId": str(plant.id), "plantName": plant.name} for plant in plants],
            "user": _user(account, plants, url, zone) | dict(_USER_REST),
        }
    }


def _user(account: Account, plants: Sequence[PlantSpec], url: str, zone: float) -> dict[str, Any]:
    """Return what a login tells of who has logged in."""
    return {
        "id": account.user_id,
        "uid": "",
        "accountName": account.user,
        "password": "",
        "rightlevel": 2 if account.visitor else 1,
        "roleId": 0,
        "parentUserId": account.user_id - 1 if account.visitor else 0,
        "type": 2 if account.visitor else 1,
        "timeZone": zone,
        "userLanguage": "en",
        "serverUrl": account.server_url or url,
        "email": f"{account.user}@example.com",
        "phoneNum": "",
        "country": plants[0].country if plants else "",
        "area": "Europe",
        "counrty": "",
        "company": "",
        "isAgent": 0,
        "isBigCustomer": 0,
        "enabled": True,
        "approved": True,
        "token": "",
        "lastLoginIp": "192.0.2.20",
        "lastLoginTime": "",
        "createDate": "2023-05-04 12:00:00",
    }
