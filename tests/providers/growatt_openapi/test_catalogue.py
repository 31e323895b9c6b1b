"""The token API's own catalogue: data, of the same points as the app's."""

import pytest

from app import points
from app.model import BINARY, NUMERIC, Kind, Point, Unit
from app.providers.growatt import catalogue as app_common
from app.providers.growatt.families import LOGGER_FAMILY, PLANT_FAMILY, TYPES
from app.providers.growatt.openapi import catalogue
from app.providers.growatt.openapi.families import METER, NUMBERS, PLANT, WORDS
from app.rows import Catalogue, Code

CATALOGUES = {name: value for name, value in vars(catalogue).items() if isinstance(value, Catalogue)}
FAMILIES = {family.name: family for family in (*NUMBERS.values(), *WORDS.values(), METER, PLANT)}


def test_a_key_means_the_same_point_in_both_apis() -> None:
    by_key: dict[str, Point] = dict(points.VOCABULARY)
    for family in (*TYPES.values(), PLANT_FAMILY, LOGGER_FAMILY):
        for entry in family.catalogues:
            by_key |= {point.key: point for point in entry.points}
    for entry in CATALOGUES.values():
        for point in entry.points:
            assert by_key.setdefault(point.key, point) == point, point.key


@pytest.mark.parametrize("name", CATALOGUES)
def test_codes_suit_their_points(name: str) -> None:
    for row in CATALOGUES[name].rows:
        if isinstance(row, Code):
            wanted = bool if row.point.kind in BINARY else str
            assert all(type(value) is wanted for value in row.codes.values()), row
        if row.point.kind in NUMERIC and row.point.unit == Unit.KILOWATT_HOUR and row.point.key.endswith("_today"):
            assert row.point.kind is Kind.DAILY, row


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_ignored_field_has_its_reason_and_none_that_is_read(name: str) -> None:
    entry = CATALOGUES[name]
    assert all(entry.ignored.values())
    read = {field for row in entry.rows for field in row.fields}
    common = set(app_common.COMMON) | set(catalogue.BOOKKEEPING)
    assert read & (set(entry.ignored) - common) == set()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_part_hides_points_that_its_family_has(name: str) -> None:
    family = FAMILIES[name]
    for source in family.sources:
        assert source.feed.name in {"values", "plants", "settings"}
    own = [part for part in family.parts if family.part_keys[part.name]]
    assert own or not family.parts
