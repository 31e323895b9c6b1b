import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import points
from app.model import Kind, Role, Unit
from app.rows import (
    Catalogue,
    Code,
    Difference,
    Moment,
    Number,
    Part,
    Payload,
    Sum,
    TimeOfDay,
    Words,
    decode,
    number,
    only_daily,
    text,
    unknown_point,
)
from tests.core.factory import NOON

ROWS = Catalogue(
    (
        Number(points.PV_POWER, "ppv"),
        Number(points.LOAD_POWER, "pLoad", 1000, instead=("pLocal",)),
        Sum(points.PV_ENERGY_TODAY, ("e1", "e2")),
        Difference(points.GRID_POWER, ("in",), ("out",)),
        Part(points.BATTERY_CHARGE_POWER, "pBat", -1),
        Code(points.STATUS, "status", {"1": "normal"}),
        Code(points.ONLINE, "lost", {"true": False, "false": True}),
        Words(points.FAULT, "errorText"),
    ),
    {"calendar": "the same moment as `time`"},
)


def values(payload: Payload) -> dict[str, object]:
    return {found.point.key: found.value for found in decode(ROWS, payload, "d", NOON)}


@pytest.mark.parametrize(
    ("raw", "unit", "expected"),
    [
        ("2.37 MWh", Unit.KILOWATT_HOUR, 2370.0),
        ("911.9 kWh", Unit.KILOWATT_HOUR, 911.9),
        ("628.8 W", Unit.WATT, 628.8),
        ("1.2kW", Unit.WATT, 1200.0),
        ("45%", Unit.PERCENT, 45.0),
        ("1.02 KT", Unit.KILOGRAM, 1.02e6),
        ("40.6 T", Unit.KILOGRAM, 40600.0),
        ("-5", Unit.WATT, -5.0),
        (".5", Unit.NONE, 0.5),
        (7, Unit.WATT, 7.0),
        ("1e3 W", Unit.WATT, 1000.0),
    ],
)
def test_a_number_may_carry_its_unit(raw: object, unit: str, expected: float) -> None:
    assert number(raw, unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    "raw",
    ["", "--", None, "null", "n/a", "5 kWh", "12 monkeys", "nan", "inf", float("nan"), math.inf, True, [], {}, 10**400],
)
def test_what_is_no_number_of_watts_is_none(raw: object) -> None:
    assert number(raw, Unit.WATT) is None


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.binary(), st.lists(st.integers())))
def test_nothing_that_a_vendor_sends_makes_number_raise(raw: object) -> None:
    for unit in ("", Unit.WATT, Unit.KILOWATT_HOUR):
        value = number(raw, unit)
        assert value is None or math.isfinite(value)


@given(st.floats(-1e6, 1e6), st.sampled_from(["W", " kW", "MW"]))
def test_a_number_survives_its_text(value: float, unit: str) -> None:
    factor = {"W": 1, "kW": 1e3, "MW": 1e6}[unit.strip()]
    assert number(f"{value!r}{unit}", Unit.WATT) == pytest.approx(value * factor)


def test_each_kind_of_row_reads_its_fields() -> None:
    payload = {
        "ppv": 100.00000381469727,
        "pLocal": "0.5",
        "e1": "1.5",
        "e2": 2,
        "in": 10,
        "out": "30",
        "pBat": -250,
        "status": 1.0,
        "lost": False,
        "errorText": "Fan",
        "calendar": 5,
    }
    assert values(payload) == {
        "pv_power": 100.0,
        "load_power": 500.0,
        "pv_energy_today": 3.5,
        "grid_power": -20.0,
        "battery_charge_power": 250.0,
        "status": "normal",
        "online": True,
        "fault": "Fan",
    }


@pytest.mark.parametrize("missing", [None, "", "--", "null", "NaN"])
def test_missing_is_missing_and_never_zero(missing: object) -> None:
    names = ("ppv", "pLoad", "e1", "e2", "in", "out", "pBat", "status", "lost", "errorText")
    assert values(dict.fromkeys(names, missing)) == {}
    assert values({}) == {}


def test_a_sum_needs_one_part_and_a_difference_both_sides() -> None:
    assert values({"e1": 1, "e2": "--"}) == {"pv_energy_today": 1.0}
    assert values({"in": 5}) == {}


def test_an_unknown_word_is_passed_on_but_an_unknown_switch_is_not() -> None:
    assert values({"status": 77}) == {"status": "77"}
    assert values({"lost": "maybe"}) == {}


def test_scalars_that_no_row_knows_are_published_under_the_vendors_name_in_the_tail() -> None:
    found = {
        r.point.key: r
        for r in decode(ROWS, {"bdc1Temp": "21.5", "on": True, "ver": "A1", "x": {}, "state": 3}, "d", NOON)
    }
    assert {key: r.value for key, r in found.items()} == {"bdc1Temp": 21.5, "on": True, "ver": "A1", "state_": 3.0}
    assert {r.point.role for r in found.values()} == {Role.TAIL}
    assert found["on"].point.kind is Kind.FLAG
    assert found["ver"].point.kind is Kind.TEXT
    assert found["bdc1Temp"].point is unknown_point("bdc1Temp", Kind.GAUGE)


def test_an_unknown_field_does_not_take_the_place_of_a_point() -> None:
    assert decode(Catalogue(()), {"status": 1}, "d", NOON, taken=frozenset({"status"})) == []


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.text(), st.floats(), st.booleans(), st.integers())))
def test_no_payload_makes_decode_raise_and_every_key_is_fit_for_a_topic(payload: dict[str, object]) -> None:
    for found in decode(ROWS, payload, "d", NOON):
        assert found.point.key
        assert not set(found.point.key) & set("/+# \0")


def test_daily_energies_without_a_lifetime_counter_are_known() -> None:
    both = Catalogue((Number(points.LOAD_ENERGY_TODAY, "a"), Number(points.LOAD_ENERGY_TOTAL, "b")))
    assert only_daily([ROWS, both]) == ("pv_energy_today",)


def test_text_strips_and_knows_nothing_when_it_sees_it() -> None:
    assert text("  hi ") == "hi"
    assert text(5) == "5"
    assert text("None") is None
    assert text(True) is None


def test_vocabulary_keys_are_fit_for_topics_and_numbered_names_are_filled_in() -> None:
    assert points.PV_N_POWER[2].title == "PV 2 power"
    assert all(key == point.key for key, point in points.VOCABULARY.items())
    assert points.TOTAL_OF["pv_energy_today"] is points.PV_ENERGY_TOTAL


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("0:0", "00:00"), ("6:5", "06:05"), ("23:59", "23:59"), (" 7:30 ", "07:30"), ("14:30:00", "14:30")],
)
def test_a_time_of_day_has_two_digits_each(raw: str, expected: str) -> None:
    assert TimeOfDay(points.FAULT, "start").decode({"start": raw}) == expected


@pytest.mark.parametrize("raw", ["11:187", "24:00", "null:null", "", None, 7, "-1:5", "12", {}, "1:2:345"])
def test_what_is_no_time_of_day_gives_no_reading(raw: object) -> None:
    assert TimeOfDay(points.FAULT, "start").decode({"start": raw}) is None


def test_a_device_s_clock_is_a_moment_without_a_zone() -> None:
    row = Moment(points.FAULT, "clock")
    assert row.decode({"clock": "2026-06-21 10:58:35"}) == "2026-06-21T10:58:35"
    for junk in ("", None, "soon", "2026-13-01 00:00:00", "2026-06-21T10:58:35Z", 5):
        assert row.decode({"clock": junk}) is None
