"""What recorded answers of the vendor's show of the settings, through the rows that write them."""

import pytest

from app.model import Choice, Range, Toggle
from app.providers.growatt.openapi.writable import FAMILIES
from tests.providers.growatt_openapi.kit import recording

ANSWERS = {
    "tlx": ("tlx__v1_settings", ""),
    "mix": ("mix__v1_details", ""),
    "spa": ("spa__v1_details", ""),
    "spa, V4": ("spa__v4_details_v4", "spa"),
    "mix, V4": ("mix__v4_details_v4", "sph"),
    "noah": ("noah__v4_details_v4", "noah"),
    "wit": ("wit__v4_details_v4", "wit"),
}
"""By family: the recording, and the list of V4 that it is in."""

LEFT_OUT = {
    "tlx": {"charge_stop_soc"},
    "mix": {
        "charge_stop_soc",
        "discharge_stop_soc",
        "load_first_stop_soc",
        "single_phase_export_limit",
        "three_phase_output",
    },
    "spa": {"charge_stop_soc", "discharge_stop_soc", "ac_charge_enabled", "power_factor_memory"},
    "spa, V4": {"power_factor_memory"},
    "mix, V4": {"charge_stop_soc", "discharge_stop_soc", "power_factor_memory"},
}
"""What the samples do not have, or have as null: where a whole is written, it must be sent along then."""


@pytest.mark.parametrize("case", ANSWERS)
def test_the_rows_read_what_is_recorded(case: str) -> None:
    name, kind = ANSWERS[case]
    family = FAMILIES[case.partition(",")[0]]
    data = recording(name)["data"]
    fields = data[kind][0] if kind else data
    found = {row.point.key: row.decode(fields) for row in family.shown}
    assert {key for key, value in found.items() if value is None} == LEFT_OUT.get(case, set())
    points = {point.key: point for setting in family.settings for point in setting.points}
    for key, value in found.items():
        match points[key].accepts:
            case Range(low, high):
                assert value is None or low <= float(value) <= high, key
            case Choice(options):
                assert value is None or value in options, key
            case Toggle():
                assert value is None or isinstance(value, bool), key
