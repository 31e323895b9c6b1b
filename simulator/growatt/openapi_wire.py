"""What a call of the OpenAPI is, and what answers it: V1 (`/v1/...`) and V4 (`/v4/new-api/...`).

Codes and texts are those of https://www.showdoc.com.cn/262556420217021 (V1), the vendor's own answers as public
clients record them (emergingrobotics/gogrowatt, NystronSolar/GrowattApi, timohencken/GrowattPublicApiPy), and
growattServer 2.2.0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from simulator.growatt.cloud import Cloud
from simulator.growatt.device import Record

SUCCESSFUL = "SUCCESSFUL_OPERATION"
"""What V4 says with what it knows."""
SET = "PARAMETER_SETTING_SUCCESSFUL"
"""What V4 says to a write."""

ABSENT = object()
"""Stands for `data` where an answer has none."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class V1(IntEnum):
    """V1's codes. Some mean one thing to a read and another to a write."""

    NEW_DOMAIN = -1
    SYSTEM = 10001
    MISSING = 10002
    """What is asked for is not there; to a write: the device's server failed."""
    OFFLINE = 10003
    EMPTY = 10004
    """The serial is empty; to a history: more than 7 days."""
    LOGGER_OFFLINE = 10005
    """The logger is offline; to a history: no such device."""
    UNKNOWN_TYPE = 10006
    VALUE_EMPTY = 10007
    VALUE_RANGE = 10008
    TIME_FORMAT = 10009
    """A wrong time; to a read: no such parameter."""
    PERMISSION = 10011
    FREQUENT = 10012
    """Called too often; to a write: no such device."""
    END_BEFORE_START = 10013
    """To a write; to a list: more than 100 on a page."""
    PAGE = 10014


class V4(IntEnum):
    """V4's codes."""

    NEW_DOMAIN = -1
    SYSTEM = 1
    TOKEN = 2
    PERMISSION = 3
    MISSING = 4
    OFFLINE = 5
    FAILED = 6
    TYPE = 7
    SERIAL_EMPTY = 8
    DATE_EMPTY = 9
    PAGE_EMPTY = 10
    TOO_MANY = 11
    NO_PERMISSION = 12
    INTERVAL = 100
    FREQUENT = 102


TEXTS: Mapping[int, str] = {
    V4.NEW_DOMAIN: "PLEASE_USE_THE_NEW_DOMAIN",
    V4.SYSTEM: "SYSTEM_ERROR",
    V4.TOKEN: "TOKEN_IS_INVALID",
    V4.PERMISSION: "NO_PERMISSION",
    V4.MISSING: "DEVICE_NOT_FOUND",
    V4.OFFLINE: "DEVICE_OFFLINE",
    V4.FAILED: "PARAMETER_SETTING_FAILED",
    V4.TYPE: "DEVICE_TYPE_ERROR",
    V4.SERIAL_EMPTY: "DEVICE_SN_IS_EMPTY",
    V4.DATE_EMPTY: "DATE_IS_EMPTY",
    V4.PAGE_EMPTY: "PAGE_IS_EMPTY",
    V4.TOO_MANY: "TOO_MANY_DEVICES",
    V4.NO_PERMISSION: "DEVICE_SN_DOES_NOT_HAVE_PERMISSION",
    V4.INTERVAL: "INTERVAL_TOO_SHORT",
    V4.FREQUENT: "FREQUENTLY_ACCESS",
    V1.SYSTEM: "error_system_error",
    V1.MISSING: "error_device_not_found",
    V1.OFFLINE: "error_device_offline",
    V1.EMPTY: "error_sn_empty",
    V1.LOGGER_OFFLINE: "error_datalogger_offline",
    V1.UNKNOWN_TYPE: "error_parameter_type_not_exist",
    V1.VALUE_EMPTY: "error_parameter_empty",
    V1.VALUE_RANGE: "error_parameter_out_of_range",
    V1.TIME_FORMAT: "error_date_format",
    V1.PERMISSION: "error_permission_denied",
    V1.FREQUENT: "error_frequently_access",
    V1.END_BEFORE_START: "error_perpage_too_large",
    V1.PAGE: "error_page_too_large",
}
"""What stands beside a code, where an endpoint has no words of its own."""


class Reply(NamedTuple):
    """A good answer."""

    data: Any = None
    message: str = ""
    """V1's `error_msg`, V4's `message`."""
    beside: Mapping[str, Any] = _NOTHING
    """What stands beside `data`."""


class Denied(Exception):
    """The vendor's no: status 200, a code and a text."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message or TEXTS.get(code, "")


Fields: TypeAlias = Mapping[str, str]
"""A call's parameters, of query and form together."""

Writer: TypeAlias = Callable[[Cloud, Record, Fields], Reply]
"""Carries a write out on `cloud.settings(serial)`; raises Denied. Token, budget, serial, family and whether the device
can be reached are seen to before."""


@dataclass(frozen=True, slots=True)
class Write:
    """An endpoint that changes, or asks, the device itself."""

    writer: Writer
    families: tuple[str, ...] = ()
    """Whom it takes; () for every family, as V4 does, where `deviceType` must be the device's."""
    serial: str = "deviceSn"
    """The parameter that names the device."""
    every: float = 5.0
    """Seconds between two calls for a device; 0 where no limit is documented."""
    missing: int = field(default=V4.NO_PERMISSION)
    """The code for a device that is not there; V1 has several."""
