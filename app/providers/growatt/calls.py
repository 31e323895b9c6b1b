"""Every request that is sent to Growatt's app API, as data.

Paths, query and form are those of the public library growattServer 2.2.0 (base_api.py, one row a
method, same name); a test sends both to one server and compares. What the library lacks stands in
a section of its own at the end.

Reads only. The writers are rows of the same kind in `writes.py`: a write is never repeated
(`client.py` retries what is listed here, and nothing else) and has its own answer (`success`, `msg`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Final, Literal, TypeAlias

Pairs: TypeAlias = tuple[tuple[str, str], ...]


class Span(StrEnum):
    """What a chart covers: one day in five minutes, one month in days, one year in months."""

    DAY = "0"
    MONTH = "1"
    YEAR = "2"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `{...}` in a value is filled in by whoever asks."""

    name: str
    """The library's name of the method."""
    verb: Literal["GET", "POST"]
    path: str
    """Below the server's address."""
    query: Pairs = ()
    form: Pairs = ()
    unwrap: tuple[str, ...] = ()
    """Where in the answer the useful part lies; it must be there."""
    optional: frozenset[str] = frozenset()
    """Names of the query that are left out when their value is empty."""
    page: bool = False
    """Whether the answer is a page of HTML that holds the useful part."""
    trial: bool = False
    """Whether nobody knows if the server has this call: a refusal then says nothing about session or account."""


# Session

LOGIN: Final = Call(
    "login",
    "POST",
    "newTwoLoginAPI.do",
    form=(("userName", "{username}"), ("password", "{password}")),
    unwrap=("back",),
)

# Plants

PLANT_LIST: Final = Call("plant_list", "GET", "PlantListAPI.do", (("userId", "{user}"),), unwrap=("back",))
PLANT_DETAIL: Final = Call(
    "plant_detail",
    "GET",
    "PlantDetailAPI.do",
    (("plantId", "{plant}"), ("type", "{span}"), ("date", "{date}")),
    unwrap=("back",),
)
PLANT_LIST_TWO: Final = Call(
    "plant_list_two",
    "POST",
    "newTwoPlantAPI.do",
    (("op", "getAllPlantListTwo"),),
    (
        ("language", "1"),
        ("nominalPower", ""),
        ("order", "1"),
        ("pageSize", "15"),
        ("plantName", ""),
        ("plantStatus", ""),
        ("toPageNum", "{page}"),
    ),
)
PLANT_INFO: Final = Call(
    "plant_info",
    "GET",
    "newTwoPlantAPI.do",
    (("op", "getAllDeviceListTwo"), ("plantId", "{plant}"), ("pageNum", "1"), ("pageSize", "1")),
)
DEVICE_LIST: Final = Call(
    "device_list", "GET", "newTwoPlantAPI.do", (("op", "getAllDeviceList"), ("plantId", "{plant}"), ("language", "1"))
)
"""The second step of the library's `device_list`: asked when the list of `plant_info` is empty."""
PLANT_ENERGY_DATA: Final = Call(
    "plant_energy_data",
    "POST",
    "newTwoPlantAPI.do",
    (("op", "getUserCenterEnertyDataByPlantid"),),
    (("language", "1"), ("plantId", "{plant}")),
)
PLANT_SETTINGS: Final = Call("plant_settings", "GET", "newPlantAPI.do", (("op", "getPlant"), ("plantId", "{plant}")))
DASHBOARD_DATA: Final = Call(
    "dashboard_data",
    "POST",
    "newPlantAPI.do",
    (("action", "getEnergyStorageData"), ("date", "{date}"), ("type", "{span}"), ("plantId", "{plant}")),
)

# String inverters

INVERTER_DATA: Final = Call(
    "inverter_data",
    "GET",
    "newInverterAPI.do",
    (("op", "getInverterData"), ("id", "{sn}"), ("type", "1"), ("date", "{date}")),
)
INVERTER_DETAIL: Final = Call(
    "inverter_detail", "GET", "newInverterAPI.do", (("op", "getInverterDetailData"), ("inverterId", "{sn}"))
)
INVERTER_DETAIL_TWO: Final = Call(
    "inverter_detail_two", "GET", "newInverterAPI.do", (("op", "getInverterDetailData_two"), ("inverterId", "{sn}"))
)
CLASSIC_INVERTER_INFO: Final = Call(
    "classic_inverter_info", "GET", "commonDeviceSetC/setInverter", (("type", "server"), ("invSn", "{sn}")), page=True
)

# MIN, MIC, MOD, NEO (the vendor's "tlx")

TLX_SYSTEM_STATUS: Final = Call(
    "tlx_system_status",
    "POST",
    "newTlxApi.do",
    (("op", "getSystemStatus_KW"),),
    (("plantId", "{plant}"), ("id", "{sn}")),
    ("obj",),
)
TLX_ENERGY_OVERVIEW: Final = Call(
    "tlx_energy_overview",
    "POST",
    "newTlxApi.do",
    (("op", "getEnergyOverview"),),
    (("plantId", "{plant}"), ("id", "{sn}")),
    ("obj",),
)
TLX_ENERGY_PROD_CONS: Final = Call(
    "tlx_energy_prod_cons",
    "POST",
    "newTlxApi.do",
    (("op", "getEnergyProdAndCons_KW"),),
    (("date", "{date}"), ("plantId", "{plant}"), ("language", "1"), ("id", "{sn}"), ("type", "{span}")),
    ("obj",),
)
TLX_DATA: Final = Call(
    "tlx_data", "GET", "newTlxApi.do", (("op", "getTlxData"), ("id", "{sn}"), ("type", "1"), ("date", "{date}"))
)
TLX_DETAIL: Final = Call("tlx_detail", "GET", "newTlxApi.do", (("op", "getTlxDetailData"), ("id", "{sn}")))
TLX_PARAMS: Final = Call("tlx_params", "GET", "newTlxApi.do", (("op", "getTlxParams"), ("id", "{sn}")))
TLX_ALL_SETTINGS: Final = Call(
    "tlx_all_settings",
    "POST",
    "newTlxApi.do",
    (("op", "getTlxSetData"),),
    (("serialNum", "{sn}"),),
    ("obj", "tlxSetBean"),
)
TLX_ENABLED_SETTINGS: Final = Call(
    "tlx_enabled_settings",
    "POST",
    "newLoginAPI.do",
    (("op", "getSetPass"),),
    (("deviceSn", "{sn}"), ("stringTime", "{date}"), ("type", "5")),
    ("obj",),
)
TLX_BATTERY_INFO: Final = Call(
    "tlx_battery_info", "POST", "newTlxApi.do", (("op", "getBatInfo"),), (("lan", "1"), ("serialNum", "{sn}")), ("obj",)
)
TLX_BATTERY_INFO_DETAILED: Final = Call(
    "tlx_battery_info_detailed",
    "POST",
    "newTlxApi.do",
    (("op", "getBatDetailData"),),
    (("lan", "1"), ("plantId", "{plant}"), ("id", "{sn}")),
)

# SPH (the vendor's "mix")

MIX_INFO: Final = Call(
    "mix_info",
    "GET",
    "newMixApi.do",
    (("op", "getMixInfo"), ("mixId", "{sn}"), ("plantId", "{plant}")),
    unwrap=("obj",),
    optional=frozenset({"plantId"}),
)
MIX_TOTALS: Final = Call(
    "mix_totals",
    "POST",
    "newMixApi.do",
    (("op", "getEnergyOverview"), ("mixId", "{sn}"), ("plantId", "{plant}")),
    unwrap=("obj",),
)
MIX_SYSTEM_STATUS: Final = Call(
    "mix_system_status",
    "POST",
    "newMixApi.do",
    (("op", "getSystemStatus_KW"), ("mixId", "{sn}"), ("plantId", "{plant}")),
    unwrap=("obj",),
)
MIX_DETAIL: Final = Call(
    "mix_detail",
    "POST",
    "newMixApi.do",
    (
        ("op", "getEnergyProdAndCons_KW"),
        ("plantId", "{plant}"),
        ("mixId", "{sn}"),
        ("type", "{span}"),
        ("date", "{date}"),
    ),
    unwrap=("obj",),
)
MIX_SETTINGS: Final = Call(
    "get_mix_inverter_settings",
    "GET",
    "newMixApi.do",
    (("op", "getMixSetParams"), ("serialNum", "{sn}"), ("kind", "0")),
    unwrap=("obj",),
)

# SPF and other storage

STORAGE_DETAIL: Final = Call(
    "storage_detail", "GET", "newStorageAPI.do", (("op", "getStorageInfo_sacolar"), ("storageId", "{sn}"))
)
STORAGE_PARAMS: Final = Call(
    "storage_params", "GET", "newStorageAPI.do", (("op", "getStorageParams_sacolar"), ("storageId", "{sn}"))
)
STORAGE_ENERGY_OVERVIEW: Final = Call(
    "storage_energy_overview",
    "POST",
    "newStorageAPI.do",
    (("op", "getEnergyOverviewData_sacolar"), ("plantId", "{plant}"), ("storageSn", "{sn}")),
    unwrap=("obj",),
)

# NOAH, NEXA

IS_PLANT_NOAH_SYSTEM: Final = Call(
    "is_plant_noah_system",
    "POST",
    "noahDeviceApi/noah/isPlantNoahSystem",
    form=(("plantId", "{plant}"),),
    unwrap=("obj",),
)
NOAH_SYSTEM_STATUS: Final = Call(
    "noah_system_status", "POST", "noahDeviceApi/noah/getSystemStatus", form=(("deviceSn", "{sn}"),), unwrap=("obj",)
)
NOAH_INFO: Final = Call(
    "noah_info", "POST", "noahDeviceApi/noah/getNoahInfoBySn", form=(("deviceSn", "{sn}"),), unwrap=("obj",)
)

LIBRARY: Final[tuple[Call, ...]] = (
    LOGIN,
    PLANT_LIST,
    PLANT_DETAIL,
    PLANT_LIST_TWO,
    PLANT_INFO,
    DEVICE_LIST,
    PLANT_ENERGY_DATA,
    PLANT_SETTINGS,
    DASHBOARD_DATA,
    INVERTER_DATA,
    INVERTER_DETAIL,
    INVERTER_DETAIL_TWO,
    CLASSIC_INVERTER_INFO,
    TLX_SYSTEM_STATUS,
    TLX_ENERGY_OVERVIEW,
    TLX_ENERGY_PROD_CONS,
    TLX_DATA,
    TLX_DETAIL,
    TLX_PARAMS,
    TLX_ALL_SETTINGS,
    TLX_ENABLED_SETTINGS,
    TLX_BATTERY_INFO,
    TLX_BATTERY_INFO_DETAILED,
    MIX_INFO,
    MIX_TOTALS,
    MIX_SYSTEM_STATUS,
    MIX_DETAIL,
    MIX_SETTINGS,
    STORAGE_DETAIL,
    STORAGE_PARAMS,
    STORAGE_ENERGY_OVERVIEW,
    IS_PLANT_NOAH_SYSTEM,
    NOAH_SYSTEM_STATUS,
    NOAH_INFO,
)
"""What growattServer 2.2.0 sends as well."""

# Not in the library

LOGIN_V2: Final = Call(
    "login_v2",
    "POST",
    "newTwoLoginAPIV2.do",
    form=(
        ("userName", "{username}"),
        ("password", "{password}"),
        ("newLogin", "1"),
        ("phoneType", "android"),
        ("shinephoneVersion", "8.2.7.0"),
        ("phoneSn", "{phone}"),
        ("ipvcpc", "{phone}"),
        ("language", "1"),
        ("systemVersion", "12"),
        ("phoneModel", "Heliopost"),
        ("loginTime", "{time}"),
        ("appType", "ShinePhone"),
        ("timestamp", "{milliseconds}"),
    ),
    unwrap=("back",),
)
"""The login of newer apps (as in mtrossbach/noah-mqtt); tried once when the other is refused with 501."""
SERVER_BY_NAME: Final = Call(
    "server_by_name", "GET", "newLoginAPI.do", (("op", "getServerUrlByName"), ("userName", "{username}")), trial=True
)
"""Which host an account lives on, in `msg` (indykoning/PyPi_GrowattServer#70)."""
NEXA_SYSTEM_STATUS: Final = Call(
    "nexa_system_status", "POST", "noahDeviceApi/nexa/getSystemStatus", form=(("deviceSn", "{sn}"),), unwrap=("obj",)
)
NEXA_INFO: Final = Call(
    "nexa_info", "POST", "noahDeviceApi/nexa/getNexaInfoBySn", form=(("deviceSn", "{sn}"),), unwrap=("obj",)
)
"""The NEXA's twins of the NOAH's calls (timohencken/GrowattPublicApiPy, on a NEXA 2000)."""
SPA_SYSTEM_STATUS: Final = Call(
    "spa_system_status",
    "POST",
    "newSpaApi.do",
    (("op", "getSystemStatus_KW"), ("spaId", "{sn}"), ("plantId", "{plant}")),
    unwrap=("obj",),
    trial=True,
)
"""Built after `mix_system_status`; no public source has seen its answer."""
MAX_DETAIL: Final = Call(
    "max_detail", "GET", "newMaxApi.do", (("op", "getMaxDetailData"), ("maxId", "{sn}")), trial=True
)
"""Built after `inverter_detail`; no public source has seen its answer."""
SPA_TOTALS: Final = Call(
    "spa_totals",
    "POST",
    "newSpaApi.do",
    (("op", "getEnergyOverview"), ("spaId", "{sn}"), ("plantId", "{plant}")),
    unwrap=("obj",),
    trial=True,
)
"""Built after `mix_totals`; no public source has seen its answer."""
SPA_SETTINGS: Final = Call(
    "spa_settings",
    "GET",
    "newMixApi.do",
    (("op", "getMixSetParams"), ("serialNum", "{sn}"), ("kind", "0")),
    unwrap=("obj",),
    trial=True,
)
"""`get_mix_inverter_settings` of an SPA; no public source says whether it is answered."""


ALIASES: Final[Mapping[str, str]] = {"get_plant_settings": "plant_settings", "inverter_list": "device_list"}
"""Names of growattServer 1.5.0 that later versions have replaced; all others of its names still hold."""
READS: Final[Mapping[str, Call]] = {
    call.name: call
    for call in (
        *LIBRARY,
        NEXA_SYSTEM_STATUS,
        NEXA_INFO,
        SPA_SYSTEM_STATUS,
        SPA_TOTALS,
        SPA_SETTINGS,
        MAX_DETAIL,
    )
    if call is not LOGIN and call is not PLANT_LIST
}
"""What may be asked of one device or plant, by name: not the login, nor the list that goes with its user number."""


def canonical(method: str) -> str:
    """Return a read's present name."""
    return ALIASES.get(method, method)


def needs(pairs: Pairs) -> set[str]:
    """Return the names of the values that a query or form is filled in with."""
    return {name for _, template in pairs for _, name, _, _ in Formatter().parse(template) if name}


def filled(call: Call, pairs: Pairs, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of a query or form with the values filled in."""
    done = [(name, template.format_map(values)) for name, template in pairs]
    return [(name, value) for name, value in done if value or name not in call.optional]
