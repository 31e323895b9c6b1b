"""The latest reading of every point: the bridge's only memory, and the one place that knows what is too old.

`put` and `update` take in, `view` gives out. A point that its feed has not refreshed for three
intervals, and any gauge of a stale device, is unknown (None) in the view; counters keep their last value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.model import Device, Kind, Point, Reading, Unit, Value

KEPT = frozenset({Kind.COUNTER, Kind.DAILY, Kind.TOTAL})
"""Kinds whose last value stays true, however old it is."""
MOMENTARY = frozenset({Kind.GAUGE, Kind.STATE, Kind.FLAG, Kind.PROBLEM})
"""Kinds that say nothing any more once the device is stale."""


class OfflinePolicy(StrEnum):
    """What becomes of a stale device's values."""

    KEEP = "keep"
    """Counters are kept, momentary values are unknown."""
    UNAVAILABLE = "unavailable"
    """As `keep`, and the device's availability becomes `offline`."""
    ZERO_POWER = "zero_power"
    """As `keep`, but powers (W) become 0: an inverter that sleeps makes nothing."""


@dataclass(frozen=True, slots=True)
class Update:
    """What is new of one device, and all that is known of it now."""

    device: Device
    points: Mapping[str, Point]
    """Every point of the device, by key, in a stable order."""
    values: Mapping[str, Value | None]
    """The same keys; None is unknown."""
    changed: frozenset[str]
    """Keys whose value differs from what was last passed on."""
    first: frozenset[str]
    """Keys that nobody downstream has heard of yet."""
    measured_at: datetime | None
    """The newest time stamp of the device's readings, UTC: the vendor's own where it gives any."""
    available: bool
    """What the availability topic says."""
    described: bool = False
    """Whether the device itself (name, firmware, parent) is new or has changed."""
    replay: bool = False
    """Whether this repeats everything because somebody has been away, or as the heartbeat."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A device that is no longer there."""

    device: Device
    points: Mapping[str, Point]
