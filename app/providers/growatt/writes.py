"""How each write is sent, and which a family has.

Addresses, fixed parts and where the parameters go are those of growattServer 2.2.0 (base_api.py, under the same names);
what they are is in catalogue_writes.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.providers.growatt.calls import Call
from app.providers.growatt.catalogue_writes import (
    CLASSIC_WRITES,
    MIX_WRITES,
    NOAH_WRITES,
    PLANT_WRITES,
    SPA_WRITES,
    TLX_WRITES,
)
from app.providers.growatt.params import Write

MOST: Final = 19
"""Parameters of one write, at most: what the vendor's pages show for any family."""


class Where(StrEnum):
    """Where in the request the parameters travel."""

    QUERY = "query"
    FORM = "form"
    MULTIPART = "multipart"
    """The whole form of a plant, of which the parameters are a part."""


@dataclass(frozen=True, slots=True)
class Sender:
    """How one writer of the library sends."""

    call: Call
    """Its fixed part; `{sn}`, `{kind}` (the type of the setting) and `{op}` are filled in."""
    where: Where
    families: frozenset[str]
    """Of which devices it is."""
    names: tuple[str, ...] = tuple(f"param{n}" for n in range(1, MOST + 1))
    """Names of its parameters, in order."""


def _inverter(name: str, op: str, *families: str) -> Sender:
    query = (("op", op), ("serialNum", "{sn}"), ("type", "{kind}"))
    return Sender(Call(name, "POST", "newTcpsetAPI.do", query), Where.QUERY, frozenset(families))


_CLASSIC: Final = Sender(
    Call(
        "update_classic_inverter_setting",
        "POST",
        "tcpSet.do",
        (("action", "inverterSet"), ("serialNum", "{sn}"), ("paramId", "{kind}")),
    ),
    Where.QUERY,
    frozenset({"inverter", "max"}),
    ("command_1", "command_2"),
)
_NOAH_FORM: Final = (("serialNum", "{sn}"), ("type", "{kind}"))

SENDERS: Final[Mapping[str, Sender]] = {
    sender.call.name: sender
    for sender in (
        _inverter("update_inverter_setting", "{op}", "tlx", "mix", "spa", "storage", "inverter", "max", "other"),
        _inverter("update_mix_inverter_setting", "mixSetApiNew", "mix"),
        _inverter("update_ac_inverter_setting", "spaSetApi", "spa"),
        _inverter("update_tlx_inverter_setting", "tlxSet", "tlx"),
        Sender(
            Call("update_tlx_inverter_time_segment", "POST", "newTcpsetAPI.do", (("op", "tlxSet"),), _NOAH_FORM),
            Where.FORM,
            frozenset({"tlx"}),
            tuple(f"param{n}" for n in range(1, 7)),
        ),
        Sender(
            Call("update_noah_settings", "POST", "noahDeviceApi/noah/set", form=_NOAH_FORM),
            Where.FORM,
            frozenset({"noah"}),
        ),
        Sender(
            Call("update_nexa_settings", "POST", "noahDeviceApi/nexa/set", form=_NOAH_FORM),
            Where.FORM,
            frozenset({"nexa"}),
        ),
        _CLASSIC,
        Sender(
            Call("update_plant_settings", "POST", "newTwoPlantAPI.do", (("op", "updatePlant"),)),
            Where.MULTIPART,
            frozenset({"plant"}),
        ),
    )
}
"""By the library's name of the writer. NEXA's is the twin of NOAH's (noah-mqtt); the library has none."""

TWINS: Final[Mapping[tuple[str, str], str]] = {("update_noah_settings", "nexa"): "update_nexa_settings"}
"""A writer and a family -> the writer that this family has instead."""

SHORTCUTS: Final[Mapping[str, tuple[str, str]]] = {
    "set_classic_inverter_active_power_rate": ("update_classic_inverter_setting", "pv_active_p_rate"),
    "set_classic_inverter_on_off": ("update_classic_inverter_setting", "pv_on_off"),
}
"""Writers of the library that are one type of another."""

OPERATIONS: Final[Mapping[str, str]] = {
    "mixSetApiNew": "update_mix_inverter_setting",
    "spaSetApi": "update_ac_inverter_setting",
    "tlxSet": "update_tlx_inverter_setting",
}
"""What `op` of the library's general writer makes it."""

WRITES: Final[Mapping[str, tuple[Write, ...]]] = {
    "tlx": TLX_WRITES,
    "mix": MIX_WRITES,
    "spa": SPA_WRITES,
    "noah": NOAH_WRITES,
    "nexa": NOAH_WRITES,
    "inverter": CLASSIC_WRITES,
    "plant": PLANT_WRITES,
}
"""By family. No write of the app is documented for the others (MAX, storage, WIT, ...)."""


UNLISTED: Final = frozenset({"on_grid_discharge_stop_soc", "pf_sys_year"})
"""Settings that work although the list does not name them: growattServer's docs; the clock is none of the page."""


def offered(family: str, *, battery: bool, named: frozenset[str] | None) -> list[Write]:
    """Return what can be set on a device.

    Args:
        family: Its family.
        battery: Whether a battery has shown itself.
        named: What Growatt's own list of the device's settings names; None where there is none. A list that names
            nothing of ours speaks another language, and is passed over.
    """
    rows = WRITES.get(family, ())
    if named is not None and not any(_named(write, named) for write in rows):
        named = None
    return [write for write in rows if _has(write, battery=battery, named=named)]


def _has(write: Write, *, battery: bool, named: frozenset[str] | None) -> bool:
    needs = write.needs.split()
    if "battery" in needs and not battery:
        return False
    if named is None:
        return "named" not in needs
    return write.kind in UNLISTED or _named(write, named)


def _named(write: Write, named: frozenset[str]) -> bool:
    return write.kind in named or write.kind.rstrip("123456789") in named
