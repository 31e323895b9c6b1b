"""The catalogue of writes: it holds what is documented, and every row survives the way there and back."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.commands.values import convert
from app.model import Choice, Domain, Moment, Press, Range, TimeOfDay, Toggle, Value, Words
from app.providers.growatt.catalogue_settings import (
    CLASSIC_SETTINGS,
    MIX_SETTINGS,
    NOAH_SETTINGS,
    PLANT_SETTINGS,
    TLX_SETTINGS,
)
from app.providers.growatt.families import PLANT_FAMILY, TYPES
from app.providers.growatt.params import Form, Write, decode, encode, rows
from app.providers.growatt.writes import SENDERS, TWINS, WRITES, offered
from tests.providers.growatt.kit import shared

NOW = datetime(2026, 6, 21, 13, 5, 9)  # noqa: DTZ001 - the plant's wall clock
ROWS = [(family, write) for family, writes in WRITES.items() for write in writes]
EACH = pytest.mark.parametrize(("family", "write"), ROWS, ids=[f"{family}-{write.key}" for family, write in ROWS])
SHOWN = {
    "tlx": TLX_SETTINGS,
    "mix": MIX_SETTINGS,
    "spa": MIX_SETTINGS,
    "noah": NOAH_SETTINGS,
    "nexa": NOAH_SETTINGS,
    "inverter": CLASSIC_SETTINGS,
    "plant": PLANT_SETTINGS,
}


def values_of(domain: Domain) -> st.SearchStrategy[Value]:  # noqa: PLR0911 - one a domain
    match domain:
        case Range():
            steps = round((domain.high - domain.low) / domain.step)
            return st.integers(0, steps).map(lambda n: round(domain.low + n * domain.step, 9))
        case Choice():
            return st.sampled_from(domain.options)
        case Toggle():
            return st.booleans()
        case TimeOfDay():
            return st.times().map(lambda time: f"{time:%H:%M}")
        case Moment():
            return st.datetimes(datetime(1980, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001 - the same
                lambda moment: moment.replace(microsecond=0).isoformat()
            )
        case Press():
            return st.just("press")
        case Words():
            return st.from_regex(domain.pattern or r"[A-Za-zÄ0-9][A-Za-z0-9äß &{}=+]{0,40}[a-z]", fullmatch=True)


@EACH
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.differing_executors], deadline=None)
def test_every_value_survives_the_way_into_a_request_and_out(family: str, write: Write, data: st.DataObject) -> None:
    del family
    values = {point.key: data.draw(values_of(point.accepts), point.key) for point in write.points if point.accepts}
    if abs(float(values.get("power_factor_setting", 1))) < 0.8:
        values["power_factor_setting"] = 0.8
    pairs = encode(write.params, values, NOW)
    assert len(pairs) == len(write.params)
    assert not {"True", "False", "None"} & {text for _, text in pairs}
    back = decode(write.params, dict(pairs))
    if write.key == "sync_clock":
        assert back == {"sync_clock": "2026-06-21T13:05:09"}
    else:
        assert {point.key: convert(point, back[point.key]) for point in write.points} == values


@EACH
def test_a_write_has_a_sender_and_what_shows_it_is_read(family: str, write: Write) -> None:
    method = TWINS.get((write.method, family), write.method)
    sender = SENDERS[method]
    assert family in sender.families
    read = {(row.point.key, row.fields) for row in SHOWN[family].rows}
    for row in rows([write]):
        assert (row.point.key, row.fields) in read
        assert row.point.accepts is None, "a catalogue's points are the same for everybody"
    if not write.key.startswith(("plant_", "energy_", "co2", "coal", "so2")):
        assert (
            tuple(param.name or f"param{n}" for n, param in enumerate(write.params, 1))
            == sender.names[: len(write.params)]
        )


@pytest.mark.parametrize("family", WRITES)
def test_keys_of_a_family_are_its_settings_own(family: str) -> None:
    keys = [write.key for write in WRITES[family]]
    assert len(set(keys)) == len(keys)
    points = [point.key for write in WRITES[family] for point in write.points]
    assert len(set(points)) == len(points), "a point that two settings write would have two ways"
    for write in WRITES[family]:
        single = len(write.points) == 1
        assert (write.points[0].key == write.key) is single
        for window in write.windows:
            assert {f"{window}_start", f"{window}_end", f"{window}_enabled"} <= set(points)
        for order in write.orders:
            known = {row.point.key for row in SHOWN[family].rows}
            assert {order.low, order.high} <= known
    assert family in {each.name for each in (*TYPES.values(), PLANT_FAMILY)}


def test_what_can_harm_is_dangerous() -> None:
    dangerous = {(family, write.key) for family, write in ROWS if write.danger}
    assert {key for family, key in dangerous if family == "inverter"} == {
        "power_factor_setting", "reactive_power", "power_factor_memory", "voltage_high_limit", "voltage_low_limit",
    }  # fmt: skip
    assert {key for family, key in dangerous if family == "plant"} == {
        "plant_name", "plant_owner", "plant_country", "plant_city", "plant_address", "plant_latitude",
        "plant_longitude",
    }  # fmt: skip
    assert ("mix", "failsafe_enabled") in dangerous
    assert not {key for family, key in dangerous if family in {"tlx", "spa", "noah", "nexa"}}


def test_where_a_plant_is_and_whose_it_is_is_not_published() -> None:
    published = {row.point.key for row in PLANT_SETTINGS.rows}
    private = {write.key for write in WRITES["plant"] if write.danger}
    assert not published & private
    assert not any(write.setting.reads_back for write in WRITES["plant"] if write.danger)


def test_a_clock_that_is_set_is_read_back_and_one_that_is_synchronised_has_nothing_to_compare_with() -> None:
    assert {(write.key, write.setting.reads_back) for _, write in ROWS if "clock" in write.key} == {
        ("device_clock", True), ("sync_clock", False),
    }  # fmt: skip


FAMILIES = {
    "mix": "mix",
    "ac/spa": "spa",
    "tlx/min": "tlx",
    "noah": "noah",
    "plant": "plant",
    "classic inverter": "inverter",
}
UNDOCUMENTED = {
    ("noah", "time_segmentN"): "the research has no parameters: the app's form is not known",
    ("any", "(generic)"): "the general writer has no settings of its own; it is in the raw writes",
}


def documented() -> Iterator[Mapping[str, Any]]:
    found = json.loads(shared("facts", "growatt", "settings.json").read_text())["settings"]
    yield from (entry for entry in found if entry["request"]["api"].startswith("shinephone"))


def test_every_documented_setting_of_the_app_has_its_row() -> None:
    count = 0
    for entry in documented():
        family, kind = entry["family"], entry["setting_type"]
        if not isinstance(entry["params"], list):
            assert UNDOCUMENTED[family, kind]
            continue
        if family == "plant":
            fields = {param["name"] for param in entry["params"]} - {"plantID", "plantFirm"}
            assert {write.kind for write in WRITES["plant"]} == fields
            count += 1
            continue
        names = [f"time_segment{n}" for n in range(1, 10)] if ".." in kind else [kind]
        for name in names:
            writes = [write for write in WRITES[FAMILIES[family]] if write.kind == name]
            assert writes, (family, name)
            for write in writes:
                compared(write, entry)
        count += 1
    assert count == 31


def compared(write: Write, entry: Mapping[str, Any]) -> None:
    """Compare a row with what is documented of it, parameter by parameter."""
    carried = [param for param in write.params if param.form is not Form.FIXED]
    wanted = [param for param in entry["params"] if param["meaning"] != "empty" and "empty (" not in param["meaning"]]
    assert len(carried) == len(wanted), (write.key, entry["setting_type"])
    for param, told in zip(carried, wanted, strict=True):
        limits = told.get("range")
        if param.form is Form.NUMBER and isinstance(limits, list):
            assert isinstance(param.domain, Range)
            assert [param.domain.low, param.domain.high] == limits, (write.key, told)
        if told["type"] == "flag":
            assert param.form in {Form.FLAG, Form.COMMAND}
        if limits == ["0000", "0001"]:
            assert param.form is Form.COMMAND
        if told["type"] == "enum":
            assert set(param.codes) == set(limits)
        if "hour" in told["meaning"] or "minute" in told["meaning"]:
            assert param.form is (Form.HOUR if "hour" in told["meaning"] else Form.MINUTE)
            assert not param.bare


def test_the_shown_fields_are_the_documented_ones() -> None:
    for entry in documented():
        told = entry.get("read_back", {}).get("fields", {})
        for write in WRITES.get(FAMILIES.get(entry["family"], ""), ()):
            if write.kind == entry["setting_type"] and "1" in told and " " not in told["1"]:
                assert write.params[0].field == told["1"].removeprefix("noah."), write.key


@pytest.mark.parametrize(
    ("battery", "named", "expected"),
    [
        (True, None, {"charge_rate", "time_segment1", "device_clock"}),
        (False, None, {"device_clock"}),
        (True, frozenset({"charge_power", "time_segment"}), {"charge_rate", "time_segment1", "device_clock"}),
        (True, frozenset({"somethingElse"}), {"charge_rate", "time_segment1", "device_clock"}),
        (True, frozenset({"time_segment1", "tlx_on_off"}), {"time_segment1", "switched_on", "device_clock"}),
        (False, frozenset({"pv_active_p_rate", "charge_power"}), {"active_power_rate", "device_clock"}),
    ],
)
def test_a_device_is_offered_what_it_has(*, battery: bool, named: frozenset[str] | None, expected: set[str]) -> None:
    mine = {write.key for write in offered("tlx", battery=battery, named=named)}
    watched = {"charge_rate", "time_segment1", "device_clock", "switched_on", "active_power_rate"}
    assert mine & watched == expected
