"""Every request that sets something over Growatt's token API, or asks a device how one thing is set, as data.

Verbs, paths and parameters are those of growattServer 2.2.0 (open_api_v1/devices) under the library's names, the others
those of https://www.showdoc.com.cn/262556420217021 (V1) and https://www.showdoc.com.cn/2598832417617967 (V4). What is
not set is sent empty, as the vendor wants it.
"""

from collections.abc import Mapping
from typing import Final

from app.providers.growatt.openapi.endpoints import DATA, FIVE_MINUTES, FIVE_SECONDS, TEN_SECONDS, Codes, Endpoint

SETTING: Final = "a change of a setting"
ASKED: Final = "a setting"


def _set(name: str, path: str, serial: str, count: int, kind: str = "type", parameter: str = "param") -> Endpoint:
    """Return V1's request that sets something of one family, with all its parameters."""
    given = tuple((f"{parameter}{n}", f"{{{parameter}{n}}}") for n in range(1, count + 1))
    form = ((serial, "{sn}"), (kind, "{kind}"), *given)
    return Endpoint(name, "POST", f"v1/{path}", form=form, about=SETTING, codes=Codes.WRITE)


def _read(name: str, path: str) -> Endpoint:
    """Return V1's request for one setting by its name, or for a range of registers."""
    form = (("device_sn", "{sn}"), ("paramId", "{kind}"), ("startAddr", "{start}"), ("endAddr", "{end}"))
    return Endpoint(name, "POST", f"v1/{path}", form=form, unwrap=DATA, about=ASKED, codes=Codes.PARAMETER)


def _newer(name: str, *parameters: str, codes: Codes = Codes.WRITE) -> Endpoint:
    """Return V4's request of that name."""
    given = tuple((parameter, f"{{{parameter}}}") for parameter in parameters)
    query = (("deviceSn", "{sn}"), ("deviceType", "{family}"), *given)
    about = SETTING if codes is Codes.WRITE else ASKED
    return Endpoint(name, "POST", f"v4/new-api/{name}", query, about=about, every=FIVE_SECONDS, codes=codes)


MIN_READ: Final = _read("min_read_parameter", "readMinParam")
SPH_READ: Final = _read("sph_read_parameter", "readMixParam")
SPA_READ: Final = _read("readSpaParam", "readSpaParam")
MAX_READ: Final = _read("readMaxParam", "readMaxParam")
INVERTER_READ: Final = _read("readInverterParam", "readInverterParam")
STORAGE_READ: Final = _read("readStorageParam", "readStorageParam")
_INFO: Final = "v4/new-api/queryDeviceInfo"
SPH_INFO: Final = Endpoint(
    "sph_info", "POST", _INFO, (("deviceSn", "{sn}"), ("deviceType", "sph")), unwrap=DATA,
    about="a device's settings", every=FIVE_MINUTES, kept=True, gap=f"{_INFO}/sph",
)  # fmt: skip
SPA_INFO: Final = Endpoint(
    "spa_info", "POST", _INFO, (("deviceSn", "{sn}"), ("deviceType", "spa")), unwrap=DATA,
    about="a device's settings", every=FIVE_MINUTES, kept=True, gap=f"{_INFO}/spa",
)  # fmt: skip
"""The vendor's samples of V1's details lack the stop SOC of SPH's schedules, and whether the grid may charge an SPA."""
VPP_READ: Final = _newer("readVppParameter", "setType", codes=Codes.PARAMETER)
"""Its value is in `data`, or in `message`: sources disagree, so the whole answer is the useful part."""

ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    row.name: row
    for row in (
        _set("min_write_parameter", "tlxSet", "tlx_sn", 19),
        _set("sph_write_parameter", "mixSet", "mix_sn", 18),
        _set("spaSet", "spaSet", "spa_sn", 18),
        _set("maxSet", "maxSet", "max_sn", 19),
        _set("inverterSet", "inverterSet", "device_sn", 2, "paramId", "command_"),
        _set("storageSet", "storageSet", "storage_sn", 4),
        Endpoint(
            "vppRemoteSetNew",
            "POST",
            "v1/vppRemoteSetNew",
            form=(("vppSn", "{sn}"), ("time", "{time}"), ("percentage", "{percentage}")),
            about=SETTING,
            every=TEN_SECONDS,
            codes=Codes.WRITE,
        ),
        Endpoint(
            "vppSetNew",
            "POST",
            "v1/vppSetNew",
            form=(("vppSn", "{sn}"), ("timePeriods", "{timePeriods}")),
            about=SETTING,
            every=TEN_SECONDS,
            codes=Codes.WRITE,
        ),
        _newer("setOnOrOff", "value"),
        _newer("setPower", "value"),
        _newer("setHighLimitSoc", "value"),
        _newer("setLowLimitSoc", "value"),
        _newer("setTimeSegment", "type", "startTime", "endTime", "mode", "power", "enable"),
        _newer("setDevice", "value"),
        _newer("setGridCharge", "value"),
        _newer("setOffGrid", "value"),
        _newer("setVppParameter", "setType", "value"),
        _newer("setNewVppParameter", "setType", "value"),
        _newer("removeVppTimePeriod", "setType"),
    )
}
"""The writers by name: growattServer's methods, or where it has none the vendor's own names."""

METHODS: Final[Mapping[str, str]] = {
    **{name: name for name in ENDPOINTS},
    "min_write_time_segment": "min_write_parameter",
    "sph_write_ac_charge_times": "sph_write_parameter",
    "sph_write_ac_discharge_times": "sph_write_parameter",
    "tlxSet": "min_write_parameter",
    "mixSet": "sph_write_parameter",
    "setOnOrO": "setOnOrOff",
}
"""What a raw write may be called -> the writer that sends it."""
