"""The demo park's plants and devices, and how its answers are read."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.growatt.openapi_families import FAMILIES
from tests.simulator.library import base_api

HOME, BEACH, CABIN, OFFICE, FARM, BALCONY, GARAGE = range(1_400_001, 1_400_008)
TLX, BATTERY, MIX, STORAGE, STRING, THREE, MAX, SPA, NOAH, PLAIN = (
    "MNH0000100",
    "HVA0000100",
    "SPH0000200",
    "SPF0000300",
    "NXB0000400",
    "NXC0000401",
    "MAX0000402",
    "SPA0000500",
    "0PV0000600",
    "MNA0000700",
)
METERED, WIT, SPHS = "MNM0001100", "WIT0001200", "SPS0001300"
"""Of the fleet `openapi`."""
OF_FAMILY = {
    "inverter": STRING,
    "max": MAX,
    "mix": MIX,
    "noah": NOAH,
    "spa": SPA,
    "sph-s": SPHS,
    "storage": STORAGE,
    "tlx": TLX,
    "wit": WIT,
}
"""One device of each family."""
V1_FAMILIES = sorted(name for name, family in FAMILIES.items() if family.stem)


def number(text: str) -> float:
    found = re.match(r"-?\d+(\.\d+)?", text)
    assert found, text
    return float(found[0])


def close(expected: float, within: float = 0.051) -> Any:
    return pytest.approx(expected, abs=within)


def on(day: int = 6, hour: int = 0, *, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def spans() -> Any:
    return base_api().Timespan
