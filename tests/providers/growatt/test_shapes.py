"""What is done to an answer before the rows see it: units, signs, sums of money, faults, masks."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import points
from app.providers.growatt.families import TYPES, Shape
from app.providers.growatt.mask import masked, serials, shortened
from app.providers.growatt.money import amount, currency
from app.providers.growatt.shapes import bean, shaped
from app.providers.growatt.troubles import told

LOCAL = datetime(2026, 6, 21, 13, 0)  # noqa: DTZ001 - a clock on the wall


def payload(shape: Shape, answer: dict[str, Any]) -> Any:
    return shaped(shape, answer, LOCAL).payload


@pytest.mark.parametrize(
    ("ppv", "first", "second", "expected"),
    [
        ("1.2", "0.7", "0.5", ("0.7", "0.5")),
        ("1.2", "700", "500", (0.7, 0.5)),
        ("0", "0", "0", ("0", "0")),
        ("0.04", "30", "10", (0.03, 0.01)),
        (None, "700", "500", (0.7, 0.5)),
        (None, "0.7", None, ("0.7", None)),
        ("12", "6.1", "5.9", ("6.1", "5.9")),
    ],
)
def test_strings_in_watts_beside_a_sum_in_kilowatts_are_found_out(
    ppv: Any, first: Any, second: Any, expected: Any
) -> None:
    fields = payload(Shape.KILOWATTS, {"ppv": ppv, "pPv1": first, "pPv2": second, "unit": "kW"})
    assert (fields["pPv1"], fields["pPv2"]) == expected


def test_a_picture_in_watts_is_brought_to_kilowatts() -> None:
    fields = payload(Shape.KILOWATTS, {"unit": "W", "ppv": "1200", "pPv1": "700", "pLocalLoad": 300, "pmax": 6000})
    assert (fields["ppv"], fields["pPv1"], fields["pLocalLoad"], fields["pmax"]) == (1.2, 0.7, 0.3, 6)


@pytest.mark.parametrize(
    ("charge", "discharge", "expected"),
    [
        (500, 0, (500, 0)),
        (0, 959, (0, 959)),
        (-400, None, (0, 400)),
        (-400, 0, (0, 400)),
        (-400, 400, (0, 400)),
        ("300.0", None, (300, 0)),
    ],
)
def test_a_negative_charge_is_a_discharge(charge: Any, discharge: Any, expected: tuple[float, float]) -> None:
    answer = {"storageDetailBean": {"pCharge": charge, "pDischarge": discharge}}
    fields = payload(Shape.STORAGE, answer)
    assert (fields["pCharge"], fields["pDischarge"]) == expected


def test_a_storage_s_detail_counts_more_than_its_bean_and_zeros_there_prove_nothing() -> None:
    answer = {
        "storageBean": {"eChargeToday": 0, "eToUserToday": 1.1, "ppv": 300, "outPutPower": 900},
        "storageDetailBean": {"ppv": 310, "time": "2026-06-21 12:58:00"},
    }
    form = shaped(Shape.STORAGE, answer, LOCAL)
    assert form.payload == {"eToUserToday": 1.1, "ppv": 310, "outPutPower": 900, "time": "2026-06-21 12:58:00"}
    assert form.stamp == datetime(2026, 6, 21, 12, 58)  # noqa: DTZ001
    assert payload(Shape.STORAGE, {"ppv": 5}) == {"ppv": 5}


def test_the_newest_time_of_a_chart_is_its_stamp() -> None:
    chart: dict[str, Any] = {"00:05": {}, "12:55": {}, "junk": {}, "23:55": {}}
    assert shaped(Shape.CHART, {"chartData": chart}, LOCAL).stamp == datetime(2026, 6, 21, 12, 55)  # noqa: DTZ001
    assert shaped(Shape.CHART, {"chartData": {}}, LOCAL).stamp is None
    assert shaped(Shape.CHART, {"chartData": None}, LOCAL).stamp is None


@pytest.mark.parametrize(
    "segments", [{"time_segment1": "0_0:0_8:0_150"}, [{"time_segment1": "0_0:0_8:0_150"}, 5], None, "junk"]
)
def test_time_segments_come_as_a_map_or_as_a_list(segments: Any) -> None:
    fields = payload(Shape.NOAH_SETTINGS, {"time_segment": segments, "defaultPower": 5})
    found = {name: value for name, value in fields.items() if name.startswith("time_segment1")}
    unpacked = {
        "time_segment1_mode": "0",
        "time_segment1_start": "0:0",
        "time_segment1_end": "8:0",
        "time_segment1_power": "150",
    }
    assert found == (unpacked if isinstance(segments, dict | list) else {})


def test_the_days_of_a_time_segment_are_passed_over() -> None:
    fields = payload(Shape.NOAH_SETTINGS, {"time_segment": {"time_segment2": "1_6:30_23:59_800_1,2,3"}})
    assert (fields["time_segment2_end"], fields["time_segment2_power"]) == ("23:59", "800")


@pytest.mark.parametrize("packed", ["0_0:0_8:0", "", "1_2_3_4", None, 7, "0_0:0_8:0_150W"])
def test_a_time_segment_of_an_unknown_form_stays_as_it_is(packed: Any) -> None:
    fields = payload(Shape.NOAH_SETTINGS, {"time_segment": {"time_segment1": packed}})
    assert fields["time_segment1"] == packed
    assert "time_segment1_mode" not in fields


def test_beans_are_found_where_they_are() -> None:
    assert bean({"data": {"a": 1}}, ("obj", "data")) == {"a": 1}
    assert bean({"a": 1}, ("data",)) == {"a": 1}
    assert bean({"data": None, "a": 1}, ("data",)) == {"data": None, "a": 1}
    assert bean([1], ("data",)) == {}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("3.1/€", (3.1, "EUR")),
        ("209.7 (€)", (209.7, "EUR")),
        ("€2.4", (2.4, "EUR")),
        ("0.0 ", (0.0, "")),
        ("16969.4 ", (16969.4, "")),
        ("474.9 (EUR)", (474.9, "EUR")),
        ("12 zł", (12.0, "PLN")),
        ("7 kr", (7.0, "kr")),
        ("1,234.5/$", (1234.5, "USD")),
        ("￥8", (8.0, "CNY")),
        ("-3.5/£", (-3.5, "GBP")),
        ("0", (0.0, "")),
        (5, (5.0, "")),
        ("/€", None),
        ("", None),
        (None, None),
        (True, None),
        ({}, None),
    ],
)
def test_money_is_a_number_and_a_currency(raw: object, expected: object) -> None:
    assert amount(raw) == expected


@pytest.mark.parametrize(
    ("raw", "code"),
    [("€", "EUR"), ("euro", "EUR"), ("EUR", "EUR"), ("Kč", "CZK"), (" ", ""), (None, ""), ("a long sentence", "")],
)
def test_a_currency_is_a_code_or_what_it_was(raw: object, code: str) -> None:
    assert currency(raw) == code


@given(st.text() | st.integers() | st.floats(allow_nan=False))
def test_nothing_breaks_the_reading_of_money(raw: object) -> None:
    found = amount(raw)
    assert found is None or len(found[1]) <= 8


TLX = TYPES["tlx"].troubles


@pytest.mark.parametrize(
    ("fields", "status", "expected"),
    [
        (
            {"faultType": 0, "warnCode": 0, "errorText": "Unknown"},
            "normal",
            {"fault": "none", "problem": False, "warning": "none"},
        ),
        (
            {"faultType": 202, "errorText": "PV Voltage High"},
            "fault",
            {"fault": "PV Voltage High", "problem": True, "fault_code": 202},
        ),
        (
            {"faultType": 202, "errorText": "Unknown"},
            "fault",
            {"fault": "code 202", "problem": True, "fault_code": 202},
        ),
        ({"faultType": 0, "faultType1": 7}, "normal", {"fault": "code 7", "problem": True, "fault_code": 7}),
        (
            {"warnCode": "220", "warnText": "No utility"},
            "normal",
            {"fault": "none", "problem": False, "warning": "No utility", "warning_code": 220},
        ),
        ({"faultType": 0}, "fault", {"fault": "fault", "problem": True}),
        ({"statusText": "Fault 12"}, "fault", {"fault": "Fault 12", "problem": True}),
        ({}, None, {}),
        ({"faultType": "--"}, None, {}),
    ],
)
def test_what_is_wrong_is_told_in_words(
    fields: dict[str, object], status: str | None, expected: dict[str, object]
) -> None:
    assert {point.key: value for point, value in told(TLX, fields, status)} == expected
    assert points.PROBLEM.key == "problem"


PRIVATE = {
    "back": {
        "user": {
            "accountName": "jane@example.org",
            "password": "5f4d",
            "phoneNum": "0170",
            "lat": "52.1",
            "lastLoginIp": "192.0.2.7",
            "id": 7,
            "uid": "100777",
        },
        "msg": "mail jane@example.org from 192.0.2.7",
    },
    "plantName": "Jane's roof",
    "city": "Town",
    "deviceSn": "MNH0000100",
    "deviceAilas": "Jane's inverter",
    "batSns": ["HVA0000100"],
    "note": "inverter MNH0000100 and HVA0000100",
    "MNH0000100": {"pacToUser": 5, "address": 1, "pac": 12.5, "version": "11.10.09.07.9000.4017"},
    "client_url": "/192.0.2.10:25808",
    "userEnergyToday": 3,
    "PlantList": [{"id": 1400001, "made": 100200}],
    "users": [{"id": 100300, "userId": 100301}],
    "empty": "",
    "nothing": None,
    "flag": True,
}


def test_a_dump_holds_no_number_of_a_user_but_those_of_plants() -> None:
    shown = masked(PRIVATE, set(), user="100200")
    assert shown["back"]["user"]["id"] == shown["back"]["user"]["uid"] == "***"
    assert shown["users"] == [{"id": "***", "userId": "***"}]
    assert shown["PlantList"] == [{"id": 1400001, "made": "***"}]
    assert masked({"pac": 7}, set(), user="7") == {"pac": 7}, "a short number may be anything"


def test_a_dump_holds_nobody_s_name_and_still_tells_devices_apart() -> None:
    known = serials(PRIVATE)
    shown = masked(PRIVATE, known)
    text = json.dumps(shown, ensure_ascii=False)
    for secret in ("jane", "Jane", "5f4d", "0170", "52.1", "192.0.2", "Town", "MNH0000100", "HVA0000100"):
        assert secret not in text
    assert shown["deviceSn"] == "MNH…00"
    assert shown["batSns"] == ["HVA…00"]
    assert shown["note"] == "inverter MNH…00 and HVA…00"
    assert shown["MNH…00"] == {"pacToUser": 5, "address": 1, "pac": 12.5, "version": "11.10.09.07.9000.4017"}
    assert shown["userEnergyToday"] == 3
    assert (shown["empty"], shown["nothing"], shown["flag"]) == ("", None, True)
    assert shortened("AB12") == "AB12"
