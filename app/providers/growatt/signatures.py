"""Raw writes in the words of the library's own methods: `batt_mode`, `start_time`, `periods`, ... instead of numbers.

Names and order are those of growattServer 2.2.0 (base_api.py, open_api_v1/devices/min.py and sph.py).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from app.errors import CommandError

Params: TypeAlias = Sequence[object] | Mapping[str, object]


class Part(StrEnum):
    """What one argument of a method becomes."""

    PLAIN = "plain"
    """One parameter."""
    TIME = "time"
    """`HH:MM`: two, the hour and the minute."""
    PERIODS = "periods"
    """A list of objects with `start_time`, `end_time` and `enabled`: five each."""


_PERIOD: Final = (("start_time", Part.TIME), ("end_time", Part.TIME), ("enabled", Part.PLAIN))
_SEGMENT: Final = (("batt_mode", Part.PLAIN), *_PERIOD)
ARGUMENTS: Final[Mapping[str, tuple[tuple[str, Part], ...]]] = {
    "set_classic_inverter_active_power_rate": (("power_rate", Part.PLAIN),),
    "set_classic_inverter_on_off": (("enabled", Part.PLAIN),),
    "update_tlx_inverter_time_segment": _SEGMENT,
    "min_write_time_segment": _SEGMENT,
    "sph_write_ac_charge_times": (
        ("charge_power", Part.PLAIN),
        ("charge_stop_soc", Part.PLAIN),
        ("mains_enabled", Part.PLAIN),
        ("periods", Part.PERIODS),
    ),
    "sph_write_ac_discharge_times": (
        ("discharge_power", Part.PLAIN),
        ("discharge_stop_soc", Part.PLAIN),
        ("periods", Part.PERIODS),
    ),
}
"""Arguments of the methods that have names for them, in the order in which they travel."""
TYPES: Final[Mapping[str, str]] = {
    "sph_write_ac_charge_times": "mix_ac_charge_time_period",
    "sph_write_ac_discharge_times": "mix_ac_discharge_time_period",
}
"""Methods that write one type only."""
WHOLE: Final = ("parameters", "parameter", "parameter_values", "changed_settings")
"""What the other methods call all their parameters together."""
SEGMENT: Final = "segment_id"
_PERIODS: Final = 3


def ordered(method: str, kind: str, params: Params) -> tuple[str, Params]:
    """Return type and parameters of a raw write as they travel; what does not use the method's names stays as it is.

    Raises:
        CommandError: One of the names is missing, or has no value that the method takes.
    """
    if not isinstance(params, Mapping):
        return kind, params
    for name in WHOLE:
        inner = params.get(name)
        if len(params) == 1 and isinstance(inner, Mapping | list):
            return kind, inner
        if len(params) == 1 and inner is not None:
            return kind, [inner]
    parts = ARGUMENTS.get(method, ())
    if not params.keys() & {SEGMENT, *(name for name, _ in parts)} or not parts:
        return kind, params
    segmented = parts is _SEGMENT
    allowed = [name for name, _ in parts] + ([SEGMENT] if segmented else [])
    if unknown := [name for name in map(str, params) if name not in allowed]:
        msg = f"there is no parameter {unknown[0]}; there are: {', '.join(allowed)}"
        raise CommandError(msg, "invalid_value")
    if segmented:
        kind = _segment(kind, params.get(SEGMENT))
    return TYPES.get(method, kind), list(_laid_out(parts, params))


def _segment(kind: str, given: object) -> str:
    """Return the type of a time segment; the type and `segment_id` must not name two."""
    number = re.search(r"\d+$", kind)
    if given is None or (number is not None and number[0] == str(given)):
        return kind
    if number is not None:
        msg = f"{kind} and {SEGMENT} {given} are two segments"
        raise CommandError(msg, "invalid_value")
    return f"time_segment{given}"


def _laid_out(parts: Sequence[tuple[str, Part]], given: Mapping[str, object]) -> Iterator[object]:
    for name, part in parts:
        raw = given.get(name)
        if raw is None:
            msg = f"{name} is missing; the parameters are: {', '.join(each for each, _ in parts)}"
            raise CommandError(msg, "invalid_value")
        match part:
            case Part.TIME:
                yield from _clock(name, raw)
            case Part.PERIODS:
                yield from _periods(raw)
            case _:
                yield raw


def _clock(name: str, raw: object) -> tuple[str, str]:
    found = re.fullmatch(r"(\d{1,2}):(\d\d)(?::00)?", str(raw))
    if found is None:
        msg = f"{name} is a time of day such as 05:30"
        raise CommandError(msg, "invalid_value")
    return found[1].zfill(2), found[2]


def _periods(raw: object) -> Iterator[object]:
    """Yield the parameters of three periods, as many as the method takes."""
    if not isinstance(raw, list) or len(raw) != _PERIODS or not all(isinstance(each, Mapping) for each in raw):
        msg = f"periods is a list of {_PERIODS} objects with start_time, end_time and enabled"
        raise CommandError(msg, "invalid_value")
    for each in raw:
        yield from _laid_out(_PERIOD, each)
