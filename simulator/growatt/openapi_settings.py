"""What can be set over the OpenAPI: which writer answers which path."""

import re
from collections.abc import Mapping

from simulator.growatt.cloud import Cloud
from simulator.growatt.device import Record
from simulator.growatt.openapi_settings_v1 import READS, SETS, Page, Part, parsed
from simulator.growatt.openapi_settings_v4 import WRITES_V4, schedule
from simulator.growatt.openapi_wire import V1, Denied, Fields, Reply, Write, Writer

_INVERTER_REGISTERS: Mapping[int, tuple[str, float]] = {
    3: ("activeRate", 1),
    19: ("voltageLowLimit", 0.1),
    20: ("voltageHighLimit", 0.1),
    21: ("workingFrequencyMin", 0.01),
    22: ("workingFrequencyMax", 0.01),
}
"""What is known of a string inverter's holding registers: number -> the field that shows it, and its scale."""
_NO_DEVICE = int(V1.FREQUENT)
"""To a write 10012 says that there is no such device."""
_VPP = ("tlx", "mix", "spa")


def _setter(path: str, page: Page) -> Writer:
    def write(cloud: Cloud, record: Record, fields: Fields) -> Reply:
        values = cloud.settings(record.spec.serial)
        given = _given(page, fields)
        kind = fields.get(page.kind, "")
        if f"{kind} ({len(given)})" in page.kinds:
            kind = f"{kind} ({len(given)})"
        if kind not in page.kinds:
            raise Denied(V1.UNKNOWN_TYPE)
        changed = parsed(page.kinds[kind], given)
        values.update(_register(changed, path) if kind == "set_any_reg" else changed)
        if (segment := re.fullmatch(r"time_segment(\d)", kind)) is not None:
            n = segment[1]
            start, stop = values[f"forcedTimeStart{n}"], values[f"forcedTimeStop{n}"]
            values[kind] = f"{values[f'time{n}Mode']}_{start}_{stop}"
        return Reply("", "Set Successful spa return" if path == "spaSet" else "")

    return write


def _given(page: Page, fields: Fields) -> list[str]:
    """Return the parameters in order, without the empty ones at the end."""
    texts = [fields.get(f"{page.parameter}{n}", "") for n in range(1, 20)]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _register(changed: Mapping[str, str], path: str) -> dict[str, str]:
    number, value = int(changed["register"]), int(changed["value"])
    kept = {f"register{number}": str(value)}
    if path == "inverterSet" and number == 0:
        kept["onOff"] = "1" if value else "0"
    elif path == "inverterSet" and number in _INVERTER_REGISTERS:
        field, scale = _INVERTER_REGISTERS[number]
        kept[field] = f"{value * scale:g}"
    return kept


def _getter(page: Page) -> Writer:
    def read(cloud: Cloud, record: Record, fields: Fields) -> Reply:
        values = cloud.shown(record.spec.serial)
        kind = fields.get("paramId", "")
        if kind == "set_any_reg":
            first, last = fields.get("startAddr", ""), fields.get("endAddr", "")
            if not (first.isdecimal() and last.isdecimal()) or int(last) < int(first):
                raise Denied(V1.TIME_FORMAT, "error_unknown_parameter_type")
            return Reply(",".join(values.get(f"register{n}", "0") for n in range(int(first), int(last) + 1)))
        parts = page.kinds.get(kind)
        if parts is None:
            raise Denied(V1.TIME_FORMAT, "error_unknown_parameter_type")
        return Reply(values.get(parts[0].fields[0], "0"))

    return read


def _vpp_now(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    """Charge or discharge at once, for some minutes."""
    given = [fields.get("time", ""), fields.get("percentage", "")]
    parts = (Part("whole", ("vppTime",), 0, 1440), Part("whole", ("vppPercentage",), -100, 100))
    cloud.settings(record.spec.serial).update(parsed(parts, given))
    return Reply(0)


def _vpp_schedule(cloud: Cloud, record: Record, fields: Fields) -> Reply:
    text = fields.get("timePeriods", "")
    if not text:
        raise Denied(V1.VALUE_EMPTY)
    periods = schedule(text)
    if periods is None:
        raise Denied(V1.VALUE_RANGE)
    cloud.settings(record.spec.serial)["set_param_34"] = periods
    return Reply(0)


def _written() -> dict[str, Write]:
    sets = {path: Write(_setter(path, page), page.families, page.serial, 0, _NO_DEVICE) for path, page in SETS.items()}
    reads = {
        path: Write(_getter(SETS[of]), SETS[of].families, "device_sn", 0, int(V1.MISSING)) for path, of in READS.items()
    }
    vpp = {
        path: Write(writer, _VPP, "vppSn", 10, _NO_DEVICE)
        for path, writer in (("vppRemoteSetNew", _vpp_now), ("vppSetNew", _vpp_schedule))
    }
    return {**sets, **reads, **vpp, **WRITES_V4}


WRITES: Mapping[str, Write] = _written()
"""By path without `v1/` or `v4/`: `tlxSet`, `new-api/setPower`."""
