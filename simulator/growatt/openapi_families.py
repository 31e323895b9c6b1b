"""The families of devices as the OpenAPI names them, and how often each may be asked: a table.

Paths and intervals are those of https://www.showdoc.com.cn/262556420217021 (V1) and
https://www.showdoc.com.cn/2540838290984246 (V4), as GrowattPublicApiPy lists them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from simulator.growatt import fields_openapi as beans

_SLOW = 300.0
_FAST = 10.0


class Paces(NamedTuple):
    """Seconds between two calls of V1 for a device; 0 where none are documented."""

    info: float = 0.0
    last: float = _SLOW
    many: float = _SLOW
    history: float = _SLOW
    alarms: float = _SLOW


class Family(NamedTuple):
    """A family."""

    v4: str
    """V4's `deviceType`."""
    v4_info: Mapping[str, Any]
    v4_last: Mapping[str, Any]
    code: int
    """V1's number in `device/check/sn`."""
    kind: int = 0
    """V1's number in `device/list`; 0 for what V1 does not list."""
    stem: str = ""
    """V1's word in paths; "" where V1 has no paths."""
    info: Mapping[str, Any] = beans.EMPTY
    last: Mapping[str, Any] = beans.EMPTY
    paces: Paces = Paces()
    batch: bool = True
    """Whether V1 can be asked for many at once."""
    clocks: str = "calendar"
    """The name of V1's calendar object."""

    @property
    def serial(self) -> str:
        """The parameter of V1 that names a device in calls for values."""
        return f"{self.stem}_sn" if self.stem != "inverter" else "device_sn"


_SPH_EXTRA = beans.bean(
    numbers="""
        echarge1Today echarge1Total edischarge1Today edischarge1Total elocalLoadToday elocalLoadTotal epvtoday
        eselfToday eselfTotal esystemtoday esystemtotal
    """
)
"""What the vendor's sample of an SPH leaves out and Home Assistant's growatt_server reads."""
_SPH_SETTINGS = beans.bean(
    counts="""
        wchargeSOCLowLimit1 wchargeSOCLowLimit2 wdisChargeSOCLowLimit1 wdisChargeSOCLowLimit2 loadFirstStopSocSet
        loadFirstControl singleExport
    """
)
"""The limits of the schedules, which the vendor's page lists and its sample does not show."""
_TLX_EXTRA = beans.bean(numbers="epvToday")
"""As for an SPH."""

FAMILIES: Mapping[str, Family] = {
    "inverter": Family(
        "inv",
        beans.V4_INVERTER_INFO,
        beans.V4_INVERTER_LAST,
        16,
        1,
        "inverter",
        beans.INVERTER_INFO,
        beans.INVERTER_LAST,
        Paces(info=_SLOW),
        clocks="timeCalendar",
    ),
    "storage": Family(
        "storage",
        beans.V4_STORAGE_INFO,
        beans.V4_STORAGE_LAST,
        96,
        2,
        "storage",
        beans.STORAGE_INFO,
        beans.STORAGE_LAST,
        Paces(info=_FAST, last=_FAST, history=_FAST, alarms=_FAST),
        batch=False,
    ),
    "max": Family(
        "max",
        beans.V4_MAX_INFO,
        beans.V4_MAX_LAST,
        18,
        4,
        "max",
        beans.MAX_INFO,
        beans.MAX_LAST,
        Paces(alarms=0.0),
    ),
    "mix": Family(
        "sph",
        {**beans.V4_MIX_INFO, **_SPH_SETTINGS},
        {**beans.V4_MIX_LAST, **_SPH_EXTRA},
        17,
        5,
        "mix",
        {**beans.MIX_INFO, **_SPH_SETTINGS},
        {**beans.MIX_LAST, **_SPH_EXTRA},
        Paces(last=_FAST, many=_FAST, alarms=_FAST),
    ),
    "spa": Family(
        "spa",
        beans.V4_SPA_INFO,
        {**beans.V4_SPA_LAST, **_SPH_EXTRA},
        19,
        6,
        "spa",
        {**beans.SPA_INFO, **_SPH_SETTINGS},
        {**beans.SPA_LAST, **_SPH_EXTRA},
        Paces(last=_FAST, many=_FAST, history=_FAST, alarms=_FAST),
    ),
    "tlx": Family(
        "min",
        beans.V4_TLX_INFO,
        {**beans.V4_TLX_LAST, **_TLX_EXTRA},
        22,
        7,
        "tlx",
        beans.TLX_INFO,
        {**beans.TLX_LAST, **_TLX_EXTRA},
        Paces(info=_SLOW, history=_FAST),
    ),
    "wit": Family("wit", beans.V4_WIT_INFO, beans.V4_WIT_LAST, 218),
    "sph-s": Family("sph-s", beans.V4_SPHS_INFO, beans.V4_SPHS_LAST, 260),
    "noah": Family("noah", beans.V4_NOAH_INFO, beans.V4_NOAH_LAST, 1000),
}
"""By the simulator's own names."""
