"""The rows that make up a write: into a request, out of one, and read back from the answer that shows it."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import rows as kinds
from app.errors import CommandError
from app.model import Choice, Kind, Moment, Point, Press, Range, TimeOfDay, Toggle, Unit, Value
from app.providers.growatt.params import Form, Param, Write, decode, encode, plain, rows, window

NOW = datetime(2026, 6, 21, 13, 5, 9)  # noqa: DTZ001 - the plant's wall clock
RATE = Point("rate", "Rate", Unit.PERCENT)
VOLTS = Point("volts", "Volts", Unit.VOLT)
CLOCK = Point("clock", "Clock", kind=Kind.TEXT)
SYNC = Point("sync", "Sync", kind=Kind.TEXT)
MODE = Point("mode", "Mode", kind=Kind.STATE, words=("load", "battery"))
ON = Point("on", "On", kind=Kind.FLAG)
AT = Point("at", "At", kind=Kind.TEXT)
PERIOD = {
    "start": Point("period_start", "Start", kind=Kind.TEXT),
    "end": Point("period_end", "End", kind=Kind.TEXT),
    "enabled": Point("period_enabled", "Enabled", kind=Kind.FLAG),
}
EVERY = (
    Param(Form.NUMBER, RATE, "rateField", Range(0, 100)),
    Param(Form.NUMBER, VOLTS, "voltsField", Range(180, 270, 0.1), digits=1),
    Param(Form.CODE, MODE, "modeField", codes={"0": "load", "1": "battery"}),
    Param(Form.COMMAND, ON, "onField"),
    Param(Form.FIXED, fixed="over", name="command_2"),
    *window(PERIOD, "from", "to", "counts"),
    Param(Form.CLOCK, CLOCK, "sysTime"),
    Param(Form.TIME, AT, "at"),
)
VALUES: dict[str, Value] = {
    "rate": 80.0,
    "volts": 253.0,
    "mode": "battery",
    "on": True,
    "period_start": "06:05",
    "period_end": "14:30",
    "period_enabled": False,
    "clock": "2026-11-21T18:30:00",
    "at": "07:08",
}
TEXTS = ["80", "253.0", "1", "0001", "over", "06", "05", "14", "30", "0", "2026-11-21 18:30:00", "07:08"]


def test_parameters_are_written_in_order_each_in_its_form() -> None:
    pairs = encode(EVERY, VALUES, NOW)
    assert [text for _, text in pairs] == TEXTS
    assert [name for name, _ in pairs] == [f"param{n}" if n != 5 else "command_2" for n in range(1, 13)]


def test_what_was_written_is_read_out_of_a_request_again() -> None:
    assert decode(EVERY, TEXTS) == VALUES
    assert decode(EVERY, dict(encode(EVERY, VALUES, NOW))) == VALUES
    assert decode(EVERY, {str(place): text for place, text in enumerate(TEXTS, 1)}) == VALUES


def test_hours_without_a_leading_zero_are_written_so() -> None:
    pairs = encode(window(PERIOD, "", "", "", bare=True), VALUES, NOW)
    assert [text for _, text in pairs] == ["6", "5", "14", "30", "0"]


def test_an_action_writes_the_plant_s_own_time() -> None:
    for form, text in (
        (Form.CLOCK, "2026-06-21 13:05:09"),
        (Form.CLOCK_MINUTES, "2026-06-21 13:05"),
        (Form.TIME, "13:05"),
    ):
        assert encode((Param(form, SYNC, accepts=Press(clock=True)),), {"sync": "press"}, NOW) == [("param1", text)]


def test_no_clock_is_set_where_nobody_knows_the_plant_s_zone() -> None:
    with pytest.raises(CommandError, match="time zone is not known") as raised:
        encode((Param(Form.CLOCK, SYNC, accepts=Press(clock=True)),), {"sync": "press"}, None)
    assert raised.value.code == "not_ready"
    assert encode((Param(Form.NUMBER, RATE),), {"rate": 5.0}, None) == [("param1", "5")]


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [
        (0.3, {"digits": 4, "trim": True}, "0.3"),
        (100.0, {"digits": 4, "trim": True}, "100"),
        (1.0, {"digits": 2, "trim": True, "kept": 1}, "1.0"),
        (-0.95, {"digits": 2, "trim": True, "kept": 1}, "-0.95"),
        (253.0, {"digits": 1}, "253.0"),
        (-0.0, {}, "0"),
        (20.0, {"trim": True}, "20"),
    ],
)
def test_a_number_has_the_decimals_of_its_row(value: float, shape: dict[str, Any], text: str) -> None:
    assert encode((Param(Form.NUMBER, RATE, **shape),), {"rate": value}, NOW) == [("param1", text)]


def test_a_power_factor_between_the_two_ranges_is_refused() -> None:
    param = Param(Form.NUMBER, RATE, accepts=Range(-1, 1, 0.01), digits=2, least=0.8)
    assert encode((param,), {"rate": -0.9}, NOW) == [("param1", "-0.90")]
    with pytest.raises(CommandError, match=r"must be at least 0\.8"):
        encode((param,), {"rate": 0.5}, NOW)


def test_booleans_are_ones_and_noughts_and_never_the_words_of_python() -> None:
    assert [plain(raw) for raw in (True, False, 1.0, 2.5, 7, "x", None)] == ["1", "0", "1", "2.5", "7", "x", ""]
    assert plain([{"percentage": 9, "startTime": 0}]) == '[{"percentage":9,"startTime":0}]'
    assert decode((Param(Form.FLAG, ON, "f"),), [True]) == {"on": True}
    assert decode((Param(Form.FLAG, ON, "f"),), ["True"]) == {"on": True}
    assert decode((Param(Form.COMMAND, ON, "f"),), ["0000"]) == {"on": False}


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ([*TEXTS, "1"], "13 do not fit"),
        (TEXTS[:-1], "param12 .at. is missing"),
        ({"param99": 1}, "no parameter param99"),
        ({"param1": 1, "1": 2}, "given twice"),
        ([*TEXTS[:4], "under", *TEXTS[5:]], "command_2 is always 'over'"),
        (["many", *TEXTS[1:]], "'many' is nothing that rate can be set to"),
        ([*TEXTS[:2], "7", *TEXTS[3:]], "nothing that mode"),
        ([*TEXTS[:5], "24", *TEXTS[6:]], "'24' is nothing that period_start"),
        ([*TEXTS[:10], "soon", TEXTS[11]], "'soon' is nothing that clock"),
        ([[1], *TEXTS[1:]], "'.1.' is nothing that rate"),
    ],
)
def test_a_raw_write_that_makes_no_sense_is_refused_and_never_cut(params: object, fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        decode(EVERY, params)  # type: ignore[arg-type]


def test_what_is_fixed_may_be_left_out_of_a_mapping() -> None:
    given = {f"param{n}": text for n, text in enumerate(TEXTS, 1) if n != 5}
    assert decode(EVERY, given) == VALUES


def test_the_same_rows_read_back_what_they_write() -> None:
    write = Write("all", "update", "kind", EVERY)
    assert [type(row) for row in rows([write])] == [
        kinds.Number,
        kinds.Number,
        kinds.Code,
        kinds.Code,
        kinds.TimeOfDay,
        kinds.TimeOfDay,
        kinds.Code,
        kinds.Moment,
        kinds.TimeOfDay,
    ]
    answer = {
        "rateField": "80",
        "voltsField": "253.0",
        "modeField": "1",
        "onField": "1",
        "from": "6:5",
        "to": "14:30",
        "counts": "0",
        "sysTime": "2026-11-21 18:30:00",
        "at": "7:8",
    }
    assert {row.point.key: row.decode(answer) for row in rows([write])} == VALUES


def test_a_write_is_a_setting_with_the_domains_of_its_parameters() -> None:
    setting = Write("all", "update", "kind", EVERY, windows=("period",)).setting
    domains = {point.key: point.accepts for point in setting.points}
    assert domains == {
        "rate": Range(0, 100),
        "volts": Range(180, 270, 0.1),
        "mode": Choice(("load", "battery")),
        "on": Toggle(),
        "period_start": TimeOfDay(),
        "period_end": TimeOfDay(),
        "period_enabled": Toggle(),
        "clock": Moment(),
        "at": TimeOfDay(),
    }
    assert (setting.how, setting.reads_back, setting.windows) == ("update/kind", True, ("period",))
    assert not Write("blind", "update", "kind", (Param(Form.FLAG, ON),)).setting.reads_back


@given(
    values=st.fixed_dictionaries(
        {
            "rate": st.integers(0, 100).map(float),
            "volts": st.integers(1800, 2700).map(lambda tenths: tenths / 10),
            "mode": st.sampled_from(["load", "battery"]),
            "on": st.booleans(),
            "period_start": st.times().map(lambda time: f"{time:%H:%M}"),
            "period_end": st.times().map(lambda time: f"{time:%H:%M}"),
            "period_enabled": st.booleans(),
            "clock": st.datetimes(datetime(1980, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001 - the same
                lambda moment: moment.replace(microsecond=0).isoformat()
            ),
            "at": st.times().map(lambda time: f"{time:%H:%M}"),
        }
    ),
    bare=st.booleans(),
)
def test_every_value_survives_the_way_into_a_request_and_out(*, values: dict[str, Value], bare: bool) -> None:
    params = (*EVERY[:5], *window(PERIOD, "from", "to", "counts", bare=bare), *EVERY[10:])
    assert decode(params, [text for _, text in encode(params, values, NOW)]) == values


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()), max_size=14))
def test_nothing_that_is_put_raises_but_a_command_error(params: list[object]) -> None:
    with suppress(CommandError):
        decode(EVERY, params)
