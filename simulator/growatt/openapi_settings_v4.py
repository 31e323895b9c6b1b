"""What V4 lets be set: on and off, power, the limits of a Noah, and the parameters of the virtual power plant (VPP).

Ranges are those of the vendor's pages (https://www.showdoc.com.cn/2598832417617967) and timohencken/GrowattPublicApiPy.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from simulator.growatt.cloud import Cloud
from simulator.growatt.device import Record
from simulator.growatt.openapi_wire import SET, V4, Denied, Fields, Reply, Write, Writer

_DAY = 24 * 60
_VPP = ("tlx", "mix", "spa", "wit")
_NOAH = ("noah",)

PARAMETERS: Mapping[int, tuple[float, float, str]] = {
    1: (0, 1, "0"),
    2: (0, 1, "1"),
    4: (0, 1, "0"),
    5: (0, 100, "100"),
    6: (0, 100, "100"),
    7: (0, 1, "0"),
    8: (0, 1, "0"),
    9: (0, 6, "0"),
    10: (0, 60, "60"),
    11: (0, 5, "0"),
    12: (0, 20_000, "10000"),
    13: (0, 1, "0"),
    14: (-100, 100, "0"),
    15: (0, 100, "0"),
    16: (0, 300, "30"),
    17: (0, 1, "0"),
    18: (0, 1, "0"),
    19: (0, 20_000, "27"),
    20: (0, 1, "0"),
    21: (0, 3, "0"),
    22: (70, 100, "100"),
    23: (10, 30, "10"),
    24: (10, 20, "10"),
    25: (0, 1, "0"),
    26: (0, 1440, "0"),
    27: (-100, 100, "0"),
    28: (0, 1, "0"),
    29: (10, 30, "10"),
    30: (0, 15_000, "5600"),
    31: (0, 15_000, "4600"),
    32: (0, 2_000, "1500"),
    33: (0, 2_000, "1500"),
}
"""set_param_N, whole numbers all: the least, the most, as sold. 3 is the clock, 34 the schedule."""


def schedule(text: str) -> str | None:
    """Return a schedule of the virtual power plant as it is kept; None for what is none."""
    try:
        periods = json.loads(text)
        read = [(int(each["percentage"]), int(each["startTime"]), int(each["endTime"])) for each in periods]
    except (ValueError, TypeError, KeyError):
        return None
    fits = all(abs(power) <= 100 and 0 <= start < end <= _DAY for power, start, end in read)  # noqa: PLR2004 -- %
    if len(read) > 20 or not fits:  # noqa: PLR2004 -- the vendor's bound
        return None
    names = ("percentage", "startTime", "endTime")
    return json.dumps([dict(zip(names, each, strict=True)) for each in read], separators=(",", ":"))


def _whole(text: str, low: float, high: float) -> str:
    try:
        value = float(text)
    except ValueError:
        raise Denied(V4.FAILED) from None
    if not low <= value <= high or value != int(value):
        raise Denied(V4.FAILED)
    return str(int(value))


def _single(low: float, high: float, *names: str) -> Writer:
    def write(cloud: Cloud, record: Record, fields: Fields) -> Reply:
        text = _whole(fields.get("value", ""), low, high)
        cloud.settings(record.spec.serial).update(dict.fromkeys(names, text))
        return Reply(None, SET)

    return write


def _power(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    """Limit the power: in W on a Noah, in % of what it is rated for elsewhere."""
    values = cloud.settings(record.spec.serial)
    if record.spec.family == "noah":
        values["defaultPower"] = _whole(fields.get("value", ""), 0, 800)
    else:
        text = _whole(fields.get("value", ""), 0, 100)
        values.update(dict.fromkeys(("activeRate", "pvActivePRate", "activePRate"), text))
    return Reply(None, SET)


def _time(text: str) -> str:
    try:
        moment = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 -- a time of the plant's day
    except ValueError:
        raise Denied(V4.FAILED) from None
    return f"{moment.hour}:{moment.minute}"


def _segment(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    n = _whole(fields.get("type", ""), 1, 9)
    start, end = _time(fields.get("startTime", "")), _time(fields.get("endTime", ""))
    mode, power = _whole(fields.get("mode", ""), 0, 2), _whole(fields.get("power", ""), 0, 800)
    enabled = _whole(fields.get("enable", ""), 0, 1)
    values = cloud.settings(record.spec.serial)
    values |= {f"time{n}Start": start, f"time{n}End": end, f"time{n}Mode": mode, f"time{n}Power": power}
    values |= {f"time{n}Enable": enabled, f"time_segment{n}": f"{mode}_{start}_{end}_{power}"}
    return Reply(None, SET)


def _set_device(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    """Name the inverter that a Noah feeds."""
    try:
        told = json.loads(fields.get("value", ""))
        serial, model = str(told["deviceId"]), str(told["modelId"])
    except (ValueError, TypeError, KeyError):
        raise Denied(V4.FAILED) from None
    cloud.settings(record.spec.serial).update(associatedInvSn=serial, associatedInvManAndModel=model)
    return Reply(None, SET)


def _number(fields: Fields) -> int:
    name = fields.get("setType", "")
    number = name.removeprefix("set_param_")
    if name == number or not number.isdecimal() or not 1 <= int(number) <= 34:  # noqa: PLR2004 -- as many there are
        raise Denied(V4.FAILED)
    return int(number)


def _set_parameter(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    number, text = _number(fields), fields.get("value", "")
    if number == 3:  # noqa: PLR2004 -- the clock
        try:
            datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 -- by the device's own clock
        except ValueError:
            raise Denied(V4.FAILED) from None
    elif number == 34:  # noqa: PLR2004 -- the schedule
        text = schedule(text) or ""
        if not text:
            raise Denied(V4.FAILED)
    else:
        low, high, _ = PARAMETERS[number]
        text = _whole(text, low, high)
    cloud.settings(record.spec.serial)[f"set_param_{number}"] = text
    return Reply(None, SET)


def _read_parameter(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    number = _number(fields)
    sold = {3: record.time, 34: "[]"}.get(number) or PARAMETERS[number][2]
    text = cloud.shown(record.spec.serial).get(f"set_param_{number}", sold)
    return Reply(int(text) if text.removeprefix("-").isdecimal() else text, "success")


def _remove_periods(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    _number(fields)
    cloud.settings(record.spec.serial)["set_param_34"] = "[]"
    return Reply(None, SET)


_ON_OFF = _single(0, 1, "onOff")
_ANY: Mapping[str, Writer] = {"setOnOrOff": _ON_OFF, "setOnOrO": _ON_OFF, "setPower": _power}
"""GrowattPublicApiPy asks for `setOnOrO`."""
_OF_NOAH: Mapping[str, Writer] = {
    "setHighLimitSoc": _single(0, 100, "chargingSocHighLimit"),
    "setLowLimitSoc": _single(0, 100, "chargingSocLowLimit"),
    "setTimeSegment": _segment,
    "setDevice": _set_device,
    "setGridCharge": _single(0, 1, "allowGridCharging"),
    "setOffGrid": _single(0, 1, "gridConnectionControl"),
}
_OF_VPP: Mapping[str, Writer] = {
    "setVppParameter": _set_parameter,
    "setNewVppParameter": _set_parameter,
    "readVppParameter": _read_parameter,
    "removeVppTimePeriod": _remove_periods,
}

WRITES_V4: Mapping[str, Write] = {
    f"new-api/{name}": Write(writer, families)
    for writers, families in ((_ANY, ()), (_OF_NOAH, _NOAH), (_OF_VPP, _VPP))
    for name, writer in writers.items()
}
"""By path without `v4/`."""
