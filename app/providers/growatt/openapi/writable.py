"""What can be set on which family of devices, and what shows how it is set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.model import Setting
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.catalogue_vpp import V1_VPP, V4_SCHEDULE, VPP_WRITES
from app.providers.growatt.openapi.catalogue_writes import (
    INVERTER_WRITES,
    MAX_WRITES,
    MIN_WRITES,
    NOAH_WRITES,
    SPA_WRITES,
    SPH_WRITES,
    SPHS_WRITES,
    STORAGE_WRITES,
    WIT_WRITES,
)
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.writes import (
    INVERTER_READ,
    MAX_READ,
    MIN_READ,
    SPA_INFO,
    SPA_READ,
    SPH_INFO,
    SPH_READ,
    STORAGE_READ,
)
from app.providers.growatt.params import Write, rows
from app.rows import Row

VPP: Final = frozenset({"setVppParameter", "setNewVppParameter", "vppSetNew"})
"""What these write is shown by `readVppParameter`."""
V1_VPP_METHODS: Final = frozenset({"vppSetNew", "vppRemoteSetNew"})
V4_ANY: Final = frozenset({"setOnOrOff", "setPower"})
V4_VPP: Final = frozenset({"setVppParameter", "setNewVppParameter", "removeVppTimePeriod"})
V4_NOAH: Final = frozenset(
    {"setPower", "setHighLimitSoc", "setLowLimitSoc", "setTimeSegment", "setDevice", "setGridCharge", "setOffGrid"}
)


@dataclass(frozen=True, slots=True)
class Family:
    """What can be set on the devices of one family."""

    kind: str
    """V4's `deviceType`."""
    writes: tuple[Write, ...]
    methods: frozenset[str]
    """The writers that take such a device, also for what no row knows."""
    details: Endpoint | None = None
    """Shows all settings at once."""
    also: Endpoint | None = None
    """Shows what `details` leaves out."""
    named: Endpoint | None = None
    """Shows one setting, asked for by its type."""

    settings: tuple[Setting, ...] = field(init=False)
    """What can be set, one for each of the writes; made once, for the engine asks at each command."""
    shown: tuple[Row, ...] = field(init=False)
    """The rows that read the answer of `details`."""

    def __post_init__(self) -> None:
        """Make what the writes mean."""
        object.__setattr__(self, "settings", tuple(write.setting for write in self.writes))
        object.__setattr__(self, "shown", rows(write for write in self.writes if not by_name(write)))

    def named_by(self, method: str, kind: str) -> tuple[Write, ...]:
        """Return the writes of a writer and a type; a clock has two, the time that is given and the time that is."""
        return tuple(write for write in self.writes if write.method == method and write.kind == kind)


def by_name(write: Write) -> bool:
    """Return whether a setting is read back by its own name: then that is the field of its row."""
    own = write.kind if write.method != "vppSetNew" else "set_param_34"
    return any(param.field == own for param in write.params)


FAMILIES: Final[Mapping[str, Family]] = {
    "tlx": Family(
        "min",
        (*MIN_WRITES, *VPP_WRITES, *V1_VPP),
        frozenset({"min_write_parameter"}) | V1_VPP_METHODS | V4_ANY | V4_VPP,
        endpoints.MIN_SETTINGS,
        named=MIN_READ,
    ),
    "mix": Family(
        "sph",
        (*SPH_WRITES, *VPP_WRITES, *V1_VPP),
        frozenset({"sph_write_parameter"}) | V1_VPP_METHODS | V4_ANY | V4_VPP,
        endpoints.SPH_DETAIL,
        SPH_INFO,
        SPH_READ,
    ),
    "spa": Family(
        "spa",
        (*SPA_WRITES, *VPP_WRITES, *V1_VPP),
        frozenset({"spaSet"}) | V1_VPP_METHODS | V4_ANY | V4_VPP,
        endpoints.SPA_DETAIL,
        SPA_INFO,
        SPA_READ,
    ),
    "max": Family("max", MAX_WRITES, frozenset({"maxSet"}) | V4_ANY, named=MAX_READ),
    "inverter": Family("inv", INVERTER_WRITES, frozenset({"inverterSet"}) | V4_ANY, named=INVERTER_READ),
    "storage": Family("storage", STORAGE_WRITES, frozenset({"storageSet"}) | V4_ANY, named=STORAGE_READ),
    "noah": Family("noah", NOAH_WRITES, V4_NOAH, endpoints.NOAH_DETAIL),
    "wit": Family("wit", (*WIT_WRITES, *VPP_WRITES, *V4_SCHEDULE), V4_ANY | V4_VPP, endpoints.WIT_DETAIL),
    "sph-s": Family("sph-s", SPHS_WRITES, V4_ANY, endpoints.SPHS_DETAIL),
}
"""By the vendor's own word for the type, as in the app's device list; the last two are V4's words."""
