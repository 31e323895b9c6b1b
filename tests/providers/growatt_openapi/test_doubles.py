"""No point is read from two fields that stand in one answer and mean different things."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.model import Value
from app.providers.growatt import catalogue_settings
from app.providers.growatt.families import TYPES
from app.providers.growatt.openapi import catalogue
from app.providers.growatt.openapi.catalogue import INVERTER_SETTINGS, SPA_SETTINGS, SPH_SETTINGS
from app.rows import Catalogue
from tests.providers.growatt_openapi.kit import recordings

ONE_THING = {
    "status": "the code and the text of one state",
    "pv_energy_today": "a sum stands in where the answer has no total",
    "battery_discharge_power": "the same power in W and in kW, of different models",
    "battery_cycles": "two spellings, of different models",
    "grid_export_energy_total": "two spellings, of different models",
    "self_consumption_energy_today": "two spellings, of different models",
    "ac_energy_today": "two names, of different models",
    "ac_energy_total": "two names, of different models",
}
"""Points with more than one row, and why that is right; the readings of a running device agree (below)."""
ONE_SETTING = {("TLX_SETTINGS", "switched_on"), ("MIN_SETTINGS", "switched_on")}
"""`tlxOnOff` and `onOff` are the app's and the token API's names of one setting; no answer has both."""


def catalogues() -> Iterator[tuple[str, Catalogue]]:
    for module in (catalogue, catalogue_settings):
        for name, found in vars(module).items():
            if isinstance(found, Catalogue):
                yield name, found
    for family in TYPES.values():
        for source in family.sources:
            if source.catalogue is not None:
                yield f"{family.name}/{source.call.name}", source.catalogue


def doubles(own: Catalogue) -> Mapping[str, list[str]]:
    """Return the points with several rows, and the fields of these."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in own.rows:
        found[row.point.key].append("+".join(row.fields))
    return {key: fields for key, fields in found.items() if len(fields) > 1}


@pytest.mark.parametrize(("name", "own"), list(catalogues()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_point_has_one_row_unless_its_fields_mean_the_same(name: str, own: Catalogue) -> None:
    unknown = {key: fields for key, fields in doubles(own).items() if key not in ONE_THING}
    allowed = {key for where, key in ONE_SETTING if where == name or "tlx" in name}
    assert unknown.keys() <= allowed, unknown


def objects(root: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object of an answer."""
    if isinstance(root, Mapping):
        yield root
        for inner in root.values():
            yield from objects(inner)
    elif isinstance(root, list):
        for inner in root:
            yield from objects(inner)


def test_the_flags_and_limits_of_recorded_answers_are_told_once() -> None:
    checked = 0
    for path in recordings().glob("*.json"):
        for payload in objects(json.loads(path.read_text())):
            for name, own in catalogues():
                if "SETTINGS" not in name:
                    continue
                told: dict[str, set[Value]] = defaultdict(set)
                for row in own.rows:
                    if (value := row.decode(payload)) is not None:
                        told[row.point.key].add(value)
                        checked += 1
                assert {key: values for key, values in told.items() if len(values) > 1} == {}, (path.name, name)
    assert checked > 100


@pytest.mark.parametrize("own", [SPA_SETTINGS, SPH_SETTINGS])
@pytest.mark.parametrize(("raw", "expected"), [("1", True), ("1.0", True), (1.0, True), ("0.0", False), ("", None)])
def test_a_running_inverter_is_on_whatever_else_the_answer_says(
    own: Catalogue,
    raw: object,
    expected: bool | None,  # noqa: FBT001 - what is expected
) -> None:
    payload = {"pv_on_off": raw, "onOff": False}
    told = [value for row in own.rows if row.point.key == "switched_on" and (value := row.decode(payload)) is not None]
    assert told == ([] if expected is None else [expected])


def test_a_string_inverter_still_tells_whether_it_is_on() -> None:
    told = [row.decode({"onOff": True}) for row in INVERTER_SETTINGS.rows if row.point.key == "switched_on"]
    assert told == [True]
