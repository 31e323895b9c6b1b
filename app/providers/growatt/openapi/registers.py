"""One register of an inverter: written by its number, and asked for by the same, which shows whether it has arrived.

`set_any_reg` of `tlxSet` and `inverterSet` (https://www.showdoc.com.cn/262556420217021); `readMinParam` and
`readInverterParam` take the number as `startAddr` and `endAddr`, as growattServer 2.2.0 (min_read_parameter) does.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from app.errors import CommandError
from app.model import Point, Range, Role, Setting
from app.providers import Put

KIND: Final = "set_any_reg"
"""The vendor's type of such a write."""
HIGHEST: Final[Mapping[str, int]] = {"min_write_parameter": 5000, "inverterSet": 65535}
"""By writer: the largest number a register may have; the vendor's page gives none for string inverters."""
LARGEST: Final = 65535
"""The largest value."""
_KEY: Final = re.compile(r"put_set_any_reg_(\d{1,5})")


def put(writer: str, given: Mapping[str, str], names: list[str]) -> Put:
    """Return what a raw write of a register means: dangerous, and read back. Raise CommandError where it makes none."""
    number, value = (_whole(given.get(name, ""), name) for name in names[:2])
    if number > HIGHEST[writer] or value > LARGEST or any(given.get(name) for name in names[2:]):
        msg = f"{KIND} takes a register (0 to {HIGHEST[writer]}) and a value (0 to {LARGEST}), and no more"
        raise CommandError(msg, "invalid_value")
    key = f"put_{KIND}_{number}"
    point = Point(key, f"Register {number}", role=Role.TAIL, accepts=Range(0, LARGEST))
    return Put(Setting(key, (point,), danger=True, how=f"{writer}/{KIND}"), {key: float(value)})


def _whole(text: str, name: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text):
        msg = f"{name} of {KIND} is a whole number from 0 to {LARGEST}"
        raise CommandError(msg, "invalid_value")
    return int(text)


def number(setting: Setting) -> str:
    """Return the number of the register that a setting is; empty for any other setting."""
    found = _KEY.fullmatch(setting.key)
    return str(int(found[1])) if found else ""


def value(raw: object) -> float | None:
    """Return what an answer says of one register: a number, its text, or a list of one; None for all else."""
    if isinstance(raw, str) and raw.strip().startswith("["):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return None
    if isinstance(raw, list):
        raw = raw[0] if len(raw) == 1 else None
    if isinstance(raw, str) and raw.strip().isdecimal():
        raw = int(raw)
    whole = isinstance(raw, int | float) and not isinstance(raw, bool) and 0 <= raw <= LARGEST
    return float(raw) if whole and isinstance(raw, int | float) else None
