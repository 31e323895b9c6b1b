"""Every request for values that is sent to Growatt's token API, as data, each with how often it may be sent.

Two generations live on the same servers: V1 (`v1/...`, https://www.showdoc.com.cn/262556420217021) and V4
(`v4/new-api/...`, https://www.showdoc.com.cn/2540838290984246). Verbs, paths and parameters of what growattServer 2.2.0
has are the same as there, under the same names; the others, and all the rates, are those that
timohencken/GrowattPublicApiPy documents. Writes are rows of the same kind, in a file of their own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.providers.growatt.calls import Call, Pairs

FIVE_MINUTES: Final = 300
TEN_SECONDS: Final = 10
FIVE_SECONDS: Final = 5
PER_DAY: Final = 10
"""Calls a day of the lists that are the same for days."""
MOST: Final = 100
"""Serial numbers in one request, and entries on one page."""


class Codes(StrEnum):
    """Which of the vendor's numberings an endpoint answers with: one number has up to four meanings."""

    READ = "read"
    """Values and lists; 10012 is "too often", 10013 and 10014 are about pages."""
    HISTORY = "history"
    """What has been; 10003 and 10004 are about the dates, and an answer may be empty."""
    PARAMETER = "parameter"
    """Asks the device itself how it is set; 10012 is "no such device"."""
    WRITE = "write"
    """Sets something; 10012 is "no such device", 10013 "end before start"."""


@dataclass(frozen=True, slots=True)
class Endpoint(Call):
    """One request, and its budget; `name` and `path` as in Call, the path with its generation in front."""

    about: str = "a device's values"
    """What is asked for, in the owner's words."""
    every: int = 0
    """Seconds that must lie between two calls; 0 where the vendor documents no limit."""
    daily: int = 0
    """Calls in 24 hours; 0 for no limit."""
    each: bool = True
    """Whether the limit counts for each device or plant by itself, until the server shows that it does not."""
    codes: Codes = Codes.READ
    account: bool = False
    """Whether it is about the account, so that "no permission" means the token, not one device."""
    batch: "Endpoint | None" = None
    """What asks for many devices at once."""
    bare: bool = False
    """Whether the answer stands in no envelope: `result` 1 is success."""
    kept: bool = False
    """Whether its last good answer is kept, for whoever may not ask just now."""
    gap: str = ""
    """What to call its budget, where several rows share one; else its path."""

    @property
    def newer(self) -> bool:
        """Whether it is one of V4's, which has an envelope and codes of its own."""
        return self.path.startswith("v4/")

    @property
    def budget(self) -> str:
        """The name under which its calls are counted."""
        return self.gap or self.path


DATA: Final = ("data",)

# Plants and lists

_PLANTS, _DEVICES, _PLANT = "the list of plants", "the list of a plant's devices", "a plant's values"
_PAST, _PLANT_PAST = "a device's history", "a plant's history"
_PAGE: Final[Pairs] = (("page", "{page}"), ("perpage", "100"))

PLANT_LIST: Final = Endpoint(
    "plant_list", "GET", "v1/plant/list", (*_PAGE, ("search_type", ""), ("search_keyword", "")), unwrap=DATA,
    optional=frozenset({"search_type", "search_keyword"}), about=_PLANTS, every=FIVE_MINUTES, daily=PER_DAY,
    account=True,
)  # fmt: skip
"""Each page is a call of its own for the vendor's count of ten a day."""
PLANT_DETAILS: Final = Endpoint(
    "plant_details", "GET", "v1/plant/details", (("plant_id", "{plant}"),), unwrap=DATA,
    about="a plant's settings", every=FIVE_MINUTES,
)  # fmt: skip
PLANT_ENERGY_OVERVIEW: Final = Endpoint(
    "plant_energy_overview", "GET", "v1/plant/data", (("plant_id", "{plant}"),), unwrap=DATA,
    about=_PLANT, every=FIVE_MINUTES,
)  # fmt: skip
PLANT_POWER_OVERVIEW: Final = Endpoint(
    "plant_power_overview", "GET", "v1/plant/power", (("plant_id", "{plant}"), ("date", "{start}")), unwrap=DATA,
    about=_PLANT_PAST, every=FIVE_MINUTES, codes=Codes.HISTORY,
)  # fmt: skip
PLANT_ENERGY_HISTORY: Final = Endpoint(
    "plant_energy_history", "GET", "v1/plant/energy",
    (("plant_id", "{plant}"), ("start_date", "{start}"), ("end_date", "{end}"), ("time_unit", "{unit}")), unwrap=DATA,
    about=_PLANT_PAST, every=FIVE_MINUTES, daily=PER_DAY, codes=Codes.HISTORY,
)  # fmt: skip
DEVICE_LIST: Final = Endpoint(
    "device_list", "GET", "v1/device/list", (("plant_id", "{plant}"), *_PAGE), unwrap=DATA,
    about=_DEVICES, every=FIVE_MINUTES, account=True,
)  # fmt: skip
DATALOGGER_LIST: Final = Endpoint(
    "datalogger_list", "GET", "v1/device/datalogger/list", (("plant_id", "{plant}"), *_PAGE), unwrap=DATA,
    about="the list of a plant's loggers", every=FIVE_MINUTES,
)  # fmt: skip
METER_LIST: Final = Endpoint(
    "meter_list", "GET", "v1/device/ammeter/meter_list", (("datalog_sn", "{sn}"), *_PAGE), unwrap=DATA,
    about="the list of a logger's meters", every=FIVE_MINUTES,
)  # fmt: skip
SN_PLANT: Final = Endpoint(
    "sn_plant", "POST", "v1/plant/sn_plant", form=(("device_sn", "{sn}"),), unwrap=("data", "plant"),
    about="a device's plant", every=FIVE_MINUTES,
)  # fmt: skip
ALL_DEVICES: Final = Endpoint(
    "all_devices", "POST", "v4/new-api/queryDeviceList", (("page", "{page}"),), unwrap=DATA,
    about="the list of all devices", every=FIVE_SECONDS, each=False,
)  # fmt: skip
"""The only list that has NOAH, WIT and SPH-S; it does not say of which plant they are."""

DEVICE_TYPE: Final = Endpoint(
    "device_type", "GET", "v1/device/check/sn", (("dataloggerSn", "{sn}"),), about="what a device is",
    every=FIVE_MINUTES, bare=True,
)  # fmt: skip
"""Model and rated power by any serial number; its answer stands in no envelope."""

_DATES: Final[Pairs] = (
    ("start_date", "{start}"),
    ("end_date", "{end}"),
    ("page", "{part}"),
    ("perpage", str(MOST)),
)
"""Of a history, whose pages all count against the one budget of their device, as far as anybody knows."""


def _history(name: str, path: str, serial: str, every: int) -> Endpoint:
    """Return V1's request for what one device has measured on some days, in pages."""
    return Endpoint(
        f"{name}_energy_history", "POST", path, form=((serial, "{sn}"), *_DATES), unwrap=DATA, about=_PAST,
        every=every, codes=Codes.HISTORY,
    )  # fmt: skip


# MIN, MIC, MOD, NEO (the vendor's "tlx")

MIN_ENERGY_MULTIPLE: Final = Endpoint(
    "min_energy_multiple", "POST", "v1/device/tlx/tlxs_data", form=(("tlxs", "{sn}"), ("pageNum", "1")), unwrap=DATA,
    every=FIVE_MINUTES,
)  # fmt: skip
MIN_ENERGY: Final = Endpoint(
    "min_energy", "POST", "v1/device/tlx/tlx_last_data", form=(("tlx_sn", "{sn}"),), unwrap=DATA,
    every=FIVE_MINUTES, batch=MIN_ENERGY_MULTIPLE,
)  # fmt: skip
MIN_DETAIL: Final = Endpoint(
    "min_detail", "GET", "v1/device/tlx/tlx_data_info", (("device_sn", "{sn}"),), unwrap=DATA,
    about="what a device is", every=FIVE_MINUTES,
)  # fmt: skip
MIN_SETTINGS: Final = Endpoint(
    "min_settings", "GET", "v1/device/tlx/tlx_set_info", (("device_sn", "{sn}"),), unwrap=DATA,
    about="a device's settings",
)  # fmt: skip
MIN_ENERGY_HISTORY: Final = _history("min", "v1/device/tlx/tlx_data", "tlx_sn", TEN_SECONDS)

# SPH (the vendor's "mix")

SPH_ENERGY_MULTIPLE: Final = Endpoint(
    "sph_energy_multiple", "POST", "v1/device/mix/mixs_data", form=(("mixs", "{sn}"), ("pageNum", "1")), unwrap=DATA,
    every=TEN_SECONDS,
)  # fmt: skip
SPH_ENERGY: Final = Endpoint(
    "sph_energy", "POST", "v1/device/mix/mix_last_data", form=(("mix_sn", "{sn}"),), unwrap=DATA,
    every=TEN_SECONDS, batch=SPH_ENERGY_MULTIPLE,
)  # fmt: skip
SPH_DETAIL: Final = Endpoint(
    "sph_detail", "GET", "v1/device/mix/mix_data_info", (("device_sn", "{sn}"),), unwrap=DATA,
    about="a device's settings",
)  # fmt: skip
SPH_ENERGY_HISTORY: Final = _history("sph", "v1/device/mix/mix_data", "mix_sn", FIVE_MINUTES)

# SPA

SPA_ENERGY_MULTIPLE: Final = Endpoint(
    "spa_energy_multiple", "POST", "v1/device/spa/spas_data", form=(("spas", "{sn}"), ("pageNum", "1")), unwrap=DATA,
    every=TEN_SECONDS,
)  # fmt: skip
SPA_ENERGY: Final = Endpoint(
    "spa_energy", "POST", "v1/device/spa/spa_last_data", form=(("spa_sn", "{sn}"),), unwrap=DATA,
    every=TEN_SECONDS, batch=SPA_ENERGY_MULTIPLE,
)  # fmt: skip
SPA_DETAIL: Final = Endpoint(
    "spa_detail", "GET", "v1/device/spa/spa_data_info", (("device_sn", "{sn}"),), unwrap=DATA,
    about="a device's settings",
)  # fmt: skip
SPA_ENERGY_HISTORY: Final = _history("spa", "v1/device/spa/spa_data", "spa_sn", TEN_SECONDS)

# SPF and other storage, MAX, string inverters, and the rarer ones

STORAGE_ENERGY: Final = Endpoint(
    "storage_energy", "POST", "v1/device/storage/storage_last_data", form=(("storage_sn", "{sn}"),), unwrap=DATA,
    every=TEN_SECONDS,
)  # fmt: skip
STORAGE_DETAIL: Final = Endpoint(
    "storage_detail_v1", "GET", "v1/device/storage/storage_data_info", (("device_sn", "{sn}"),), unwrap=DATA,
    about="a device's settings", every=TEN_SECONDS,
)  # fmt: skip
STORAGE_ENERGY_HISTORY: Final = _history("storage", "v1/device/storage/storage_data", "storage_sn", TEN_SECONDS)
MAX_ENERGY_MULTIPLE: Final = Endpoint(
    "max_energy_multiple", "POST", "v1/device/max/maxs_data", form=(("maxs", "{sn}"), ("pageNum", "1")), unwrap=DATA,
    every=FIVE_MINUTES,
)  # fmt: skip
MAX_ENERGY: Final = Endpoint(
    "max_energy", "POST", "v1/device/max/max_last_data", form=(("max_sn", "{sn}"),), unwrap=DATA,
    every=FIVE_MINUTES, batch=MAX_ENERGY_MULTIPLE,
)  # fmt: skip
MAX_DETAIL: Final = Endpoint(
    "max_detail_v1", "GET", "v1/device/max/max_data_info", (("device_sn", "{sn}"),), unwrap=DATA,
    about="a device's settings",
)  # fmt: skip
MAX_ENERGY_HISTORY: Final = _history("max", "v1/device/max/max_data", "max_sn", FIVE_MINUTES)
INVERTER_ENERGY_MULTIPLE: Final = Endpoint(
    "inverter_energy_multiple", "POST", "v1/device/inverter/invs_data", form=(("inverters", "{sn}"), ("pageNum", "1")),
    unwrap=DATA, every=FIVE_MINUTES,
)  # fmt: skip
INVERTER_ENERGY: Final = Endpoint(
    "inverter_energy", "GET", "v1/device/inverter/last_new_data", (("device_sn", "{sn}"),), unwrap=DATA,
    every=FIVE_MINUTES, batch=INVERTER_ENERGY_MULTIPLE,
)  # fmt: skip
INVERTER_DETAIL: Final = Endpoint(
    "inverter_detail_v1", "GET", "v1/device/inverter/inv_data_info", (("device_sn", "{sn}"),), unwrap=DATA,
    about="a device's settings", every=FIVE_MINUTES,
)  # fmt: skip
INVERTER_ENERGY_HISTORY: Final = Endpoint(
    "inverter_energy_history", "GET", "v1/device/inverter/data", (("device_sn", "{sn}"), *_DATES), unwrap=DATA,
    about=_PAST, every=FIVE_MINUTES, codes=Codes.HISTORY,
)  # fmt: skip
PCS_ENERGY: Final = Endpoint(
    "pcs_energy", "POST", "v1/device/pcs/pcs_last_data", form=(("pcs_sn", "{sn}"),), unwrap=DATA, every=FIVE_MINUTES
)
HPS_ENERGY: Final = Endpoint(
    "hps_energy", "POST", "v1/device/hps/hps_last_data", form=(("hps_sn", "{sn}"),), unwrap=DATA, every=TEN_SECONDS
)
PBD_ENERGY: Final = Endpoint(
    "pbd_energy", "POST", "v1/device/pbd/pbd_last_data", form=(("pbd_sn", "{sn}"),), unwrap=DATA, every=FIVE_MINUTES
)
METER_ENERGY: Final = Endpoint(
    "meter_energy", "GET", "v1/device/ammeter/meter_last_data", (("datalog_sn", "{logger}"), ("address", "{address}")),
    unwrap=DATA, every=FIVE_MINUTES,
)  # fmt: skip
PCS_ENERGY_HISTORY: Final = _history("pcs", "v1/device/pcs/pcs_data", "pcs_sn", FIVE_MINUTES)
HPS_ENERGY_HISTORY: Final = _history("hps", "v1/device/hps/hps_data", "hps_sn", TEN_SECONDS)
PBD_ENERGY_HISTORY: Final = _history("pbd", "v1/device/pbd/pbd_data", "pbd_sn", FIVE_MINUTES)
METER_ENERGY_HISTORY: Final = Endpoint(
    "meter_energy_history", "GET", "v1/device/ammeter/meter_data",
    (("datalog_sn", "{logger}"), ("address", "{address}"), *_DATES), unwrap=DATA, about=_PAST, every=FIVE_MINUTES,
    codes=Codes.HISTORY,
)  # fmt: skip

# V4: what V1 does not have


def _newer(name: str, path: str, kind: str, about: str = "a device's values") -> Endpoint:
    """Return V4's request for one kind of device, which takes one serial number or up to a hundred."""
    query = (("deviceSn", "{sn}"), ("deviceType", kind))
    gap, kept = f"{path}/{kind}", path == _INFO
    many = Endpoint(
        f"{name}_multiple", "POST", path, query, unwrap=DATA, about=about, every=FIVE_MINUTES, gap=gap, kept=kept
    )
    return Endpoint(
        name, "POST", path, query, unwrap=DATA, about=about, every=FIVE_MINUTES, gap=gap, kept=kept, batch=many
    )


def _newer_history(name: str, kind: str) -> Endpoint:
    """Return V4's request for what one device has measured on one day, all of it at once."""
    return Endpoint(
        f"{name}_energy_history", "POST", _PAST_DAY,
        (("deviceSn", "{sn}"), ("deviceType", kind), ("date", "{start}")), unwrap=DATA, about=_PAST,
        every=FIVE_MINUTES, codes=Codes.HISTORY, gap=f"{_PAST_DAY}/{kind}",
    )  # fmt: skip


_LAST, _INFO = "v4/new-api/queryLastData", "v4/new-api/queryDeviceInfo"
_PAST_DAY: Final = "v4/new-api/queryHistoricalData"
WIT_ENERGY: Final = _newer("wit_energy", _LAST, "wit")
WIT_DETAIL: Final = _newer("wit_detail", _INFO, "wit", "a device's settings")
SPHS_ENERGY: Final = _newer("sphs_energy", _LAST, "sph-s")
SPHS_DETAIL: Final = _newer("sphs_detail", _INFO, "sph-s", "a device's settings")
WIT_ENERGY_HISTORY: Final = _newer_history("wit", "wit")
SPHS_ENERGY_HISTORY: Final = _newer_history("sphs", "sph-s")
NOAH_ENERGY_HISTORY: Final = _newer_history("noah", "noah")
NOAH_ENERGY: Final = _newer("noah_energy", _LAST, "noah")
NOAH_DETAIL: Final = _newer("noah_detail", _INFO, "noah", "a device's settings")

READS: Final[tuple[Endpoint, ...]] = tuple(row for row in tuple(globals().values()) if isinstance(row, Endpoint))
"""Every row above."""
