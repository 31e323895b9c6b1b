"""Raw writes: by the names of the library's methods or the vendor's, understood where a row knows them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.values import convert
from app.errors import CommandError
from app.model import Choice, Domain, Moment, Range, TimeOfDay, Toggle, Value, Words
from app.providers.growatt.openapi import registers, vpp
from app.providers.growatt.openapi.writable import FAMILIES
from app.providers.growatt.openapi.writer import Writer
from app.providers.growatt.params import decode, encode
from tests.providers.growatt.kit import NOW
from tests.providers.growatt_openapi.writing import a_device, alone, bench

WRITER = Writer(None, None, lambda device: device.name, lambda *_: True, alone)  # type: ignore[arg-type]  # put asks nobody
PERIODS = [{"start_time": "01:00", "end_time": "02:00", "enabled": each == 1} for each in (1, 2, 3)]
PERIOD = [1, 0, 2, 0, 1, *([0] * 10)]


@pytest.mark.parametrize(
    ("family", "method", "kind", "params", "key", "values"),
    [
        ("tlx", "tlxSet", "charge_power", [55], "charge_rate", {"charge_rate": 55}),
        ("mix", "mixSet", "pv_on_off", [True], "switched_on", {"switched_on": True}),
        ("max", "maxSet", "pv_active_p_rate", {"param1": 80}, "active_power_rate", {"active_power_rate": 80}),
        ("max", "maxSet", "pv_active_p_rate", [70, 1], "active_power_rate", {"active_power_rate": 70}),
        ("max", "maxSet", "pv_active_p_rate", [70, 0], "active_power_rate_unsaved", {"active_power_rate_unsaved": 70}),
        ("tlx", "tlxSet", "set_any_reg", [30, 5], "put_set_any_reg_30", {"put_set_any_reg_30": 5}),
        ("inverter", "inverterSet", "pv_on_off", {"command_1": "0000"}, "switched_on", {"switched_on": False}),
        (
            "storage",
            "storageSet",
            "storage_cmd_forced_discharge_enable",
            ["0"],
            "forced_discharge_enabled",
            {"forced_discharge_enabled": True},
        ),
        ("noah", "setPower", "value", [350], "default_power", {"default_power": 350}),
        ("noah", "setPower", "anything", ["350"], "default_power", {"default_power": 350}),
        ("wit", "setOnOrO", "value", [0], "switched_on", {"switched_on": False}),
        ("tlx", "setVppParameter", "set_param_14", [-20], "vpp_export_limit_rate", {"vpp_export_limit_rate": -20}),
        (
            "wit",
            "setNewVppParameter",
            "set_param_22",
            ["90"],
            "put_setNewVppParameter_set_param_22",
            {"vpp_charge_stop_soc": 90},
        ),
        (
            "wit",
            "setVppParameter",
            "set_param_34",
            ['[{"percentage": 9, "startTime": 0, "endTime": 60}]'],
            "vpp_schedule",
            {"vpp_schedule": "00:00-01:00=9"},
        ),
        (
            "mix",
            "vppSetNew",
            "timePeriods",
            ['[{"percentage": -9, "startTime": 1380, "endTime": 1440}]'],
            "vpp_schedule",
            {"vpp_schedule": "23:00-24:00=-9"},
        ),
        *(
            ("spa", method, kind, params, "vpp_schedule", {"vpp_schedule": "00:00-05:00=95"})
            for method, kind in (
                ("vppSetNew", "timePeriods"),
                ("setVppParameter", "set_param_34"),
                ("setNewVppParameter", "set_param_34"),
            )
            for params in (
                ["00:00-05:00=95"],
                [[{"percentage": 95, "startTime": 0, "endTime": 300}]],
                [{"percentage": 95, "startTime": 0, "endTime": 300}],
            )
        ),
        (
            "mix",
            "vppSetNew",
            "timePeriods",
            {"timePeriods": "00:00-05:00=95"},
            "vpp_schedule",
            {"vpp_schedule": "00:00-05:00=95"},
        ),
        (
            "tlx",
            "min_write_time_segment",
            "2",
            {"batt_mode": 1, "start_time": "05:30", "end_time": "7:00", "enabled": True, "segment_id": 2},
            "time_segment2",
            None,
        ),
        (
            "mix",
            "sph_write_ac_charge_times",
            "any",
            {"charge_power": 90, "charge_stop_soc": 95, "mains_enabled": True, "periods": PERIODS},
            "charge_schedule",
            None,
        ),
        (
            "mix",
            "sph_write_ac_discharge_times",
            "any",
            {"discharge_power": 90, "discharge_stop_soc": 15, "periods": PERIODS},
            "discharge_schedule",
            None,
        ),
        ("spa", "removeVppTimePeriod", "set_param_34", [], "vpp_clear_schedule", {"vpp_clear_schedule": "press"}),
        ("spa", "spaSet", "spa_ac_charge_time_period", [90, 95, 1, *PERIOD], "charge_schedule", None),
        ("spa", "spaSet", "spa_ac_charge_time_period", [90, 15, *PERIOD], "discharge_schedule", None),
        ("spa", "spaSet", "spa_ac_discharge_time_period", [90, 15, *PERIOD], "discharge_schedule", None),
        ("noah", "setTimeSegment", "3", ["3", "05:00", "07:30", "2", 300, True], "time_segment3", None),
    ],
)
def test_what_a_row_knows_is_that_rows_setting(  # a row of the table
    family: str, method: str, kind: str, params: Any, key: str, values: dict[str, Value] | None
) -> None:
    put = WRITER.put(a_device(family), method, kind, params)
    assert put.setting.key == key
    assert set(put.values) == {point.key for point in put.setting.points}
    assert values is None or put.values == values
    assert {point.key: convert(point, put.values[point.key]) for point in put.setting.points} == put.values


@pytest.mark.parametrize(
    ("family", "method", "kind", "params"),
    [
        ("tlx", "setOnOrOff", "value", [1]),
        ("mix", "sph_write_parameter", "something_new", ["a"]),
    ],
)
def test_what_no_row_knows_is_dangerous_and_not_read_back(family: str, method: str, kind: str, params: Any) -> None:
    put = WRITER.put(a_device(family), method, kind, params)
    assert (put.setting.danger, put.setting.reads_back) == (True, False)
    assert put.setting.key == f"put_{kind}"
    assert put.setting.parts(put.setting.key)
    assert all(isinstance(value, str) for value in put.values.values())


@pytest.mark.parametrize(
    ("family", "method", "kind", "params"),
    [
        ("tlx", "no_such_method", "charge_power", [1]),
        ("noah", "setOnOrOff", "value", [1]),
        ("tlx", "maxSet", "charge_power", [1]),
        ("tlx", "tlxSet", "charge power", [1]),
        ("max", "maxSet", "pv_active_p_rate", [70, 2]),
        ("tlx", "tlxSet", "set_any_reg", [3]),
        ("tlx", "tlxSet", "set_any_reg", [5001, 1]),
        ("tlx", "tlxSet", "set_any_reg", [3, 65536]),
        ("tlx", "tlxSet", "set_any_reg", [3, -1]),
        ("tlx", "tlxSet", "set_any_reg", [3, 1.5]),
        ("tlx", "tlxSet", "set_any_reg", [3, 1, 1]),
        ("inverter", "inverterSet", "set_any_reg", ["x", 1]),
        ("tlx", "tlxSet", "charge_power", [1, 2]),
        ("tlx", "tlxSet", "charge_power", []),
        ("tlx", "tlxSet", "charge_power", [{"a": 1}]),
        ("tlx", "tlxSet", "charge_power", {"param1": 1, "1": 2}),
        ("tlx", "tlxSet", "charge_power", ["much"]),
        ("wit", "setVppParameter", "set_param_34", ["[1]"]),
        ("wit", "setVppParameter", "set_param_34", []),
        ("wit", "removeVppTimePeriod", "set_param_1", []),
        ("spa", "spaSet", "spa_ac_charge_time_period", [90, 95, 1]),
    ],
)
def test_what_makes_no_write_is_told_why(family: str, method: str, kind: str, params: Any) -> None:
    with pytest.raises(CommandError):
        WRITER.put(a_device(family), method, kind, params)


async def test_a_raw_write_is_sent_as_it_is() -> None:
    async with bench("tlx") as work:
        for method, kind, params in (
            ("min_write_parameter", "set_any_reg", [3, 80]),
            ("setNewVppParameter", "set_param_5", [70]),
            ("setOnOrOff", "value", [False]),
        ):
            put = work.writer.put(work.device, method, kind, params)
            await work.writer.write(work.device, put.setting, put.values)
        assert work.values["register3"] == "80"
        assert work.values["set_param_5"] == "70"
        assert work.values["onOff"] == "0"
        paths = [asked.path for asked in work.cloud.requests]
        assert paths == ["/v1/tlxSet", "/v4/new-api/setNewVppParameter", "/v4/new-api/setOnOrOff"]


def of(domain: Domain, least: float = 0) -> st.SearchStrategy[Value]:  # noqa: PLR0911 - one a domain
    """Return what a domain accepts."""
    match domain:
        case Range(low, high, step):
            numbers = st.integers(0, round((high - low) / step)).map(lambda n: round(low + n * step, 9))
            return numbers.filter(lambda number: abs(number) >= least)
        case Toggle():
            return st.booleans()
        case Choice(options):
            return st.sampled_from(options)
        case TimeOfDay():
            return st.times().map(lambda found: found.strftime("%H:%M"))
        case Moment():
            return st.datetimes().map(
                lambda found: found.replace(year=2026, day=1, second=0, microsecond=0).isoformat()
            )
        case Words(_, pattern) if "=" in pattern:
            return st.just("00:00-05:00=95")
        case Words():
            return st.just('{"deviceId":"x"}')
        case _:
            return st.just("press")


ALL = [
    write
    for own in FAMILIES.values()
    for write in own.writes
    if not any("sync" in point.key or "clear" in point.key for point in write.points)
]


@given(st.data())
def test_every_value_survives_the_wire(data: st.DataObject) -> None:
    write = data.draw(st.sampled_from(ALL))
    leasts = {param.point.key: param.least for param in write.params if param.point is not None}
    values = {
        point.key: data.draw(of(point.accepts, leasts[point.key]))
        for point in write.points
        if point.accepts is not None
    }
    texts = dict(encode(write.params, values, NOW))
    assert not {"True", "False"} & set(texts.values())
    assert decode(write.params, texts) == values


WINDOW = st.tuples(st.integers(0, 1439), st.integers(1, 1440), st.integers(-100, 100)).filter(
    lambda each: each[0] < each[1]
)


@given(st.lists(WINDOW, min_size=1, max_size=20))
def test_every_schedule_survives_the_wire(windows: list[tuple[int, int, int]]) -> None:
    text = ",".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}={power}" for a, b, power in windows)
    point = next(
        point for setting in FAMILIES["wit"].settings for point in setting.points if point.key == "vpp_schedule"
    )
    assert convert(point, text) == text
    assert vpp.to_text(vpp.to_json(text)) == text


@given(st.text() | st.none() | st.integers() | st.lists(st.integers()))
def test_what_is_no_schedule_is_none(raw: object) -> None:
    assert isinstance(vpp.to_text(raw), str)


@pytest.mark.parametrize(("family", "method"), [("tlx", "min_write_parameter"), ("inverter", "inverterSet")])
async def test_a_register_is_dangerous_and_asked_for_by_its_number(family: str, method: str) -> None:
    async with bench(family) as work:
        put = work.writer.put(work.device, method, "set_any_reg", [42, 80])
        assert (put.setting.danger, put.setting.reads_back) == (True, True)
        await work.writer.write(work.device, put.setting, put.values)
        assert work.values["register42"] == "80"
        assert await work.shown(put.setting) == put.values
        other = work.writer.put(work.device, method, "set_any_reg", [43, 80])
        assert await work.shown(other.setting) == {"put_set_any_reg_43": 0}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("80", 80),
        (80, 80),
        ([80], 80),
        ("[80]", 80),
        (["80"], 80),
        ("[", None),
        ("1,2", None),
        (True, None),
        ({}, None),
    ],
)
def test_what_an_answer_says_of_a_register(raw: object, expected: float | None) -> None:
    assert registers.value(raw) == expected


async def test_a_power_limit_of_a_max_need_not_be_saved() -> None:
    async with bench("max") as work:
        for key, saved in (("active_power_rate", "1"), ("active_power_rate_unsaved", "0")):
            setting = work.setting(key)
            await work.writer.write(work.device, setting, {key: 70})
            assert (work.values["activeRate"], work.values["pvPfCmdMemoryState"]) == ("70", saved)
            assert await work.shown(setting) == {key: 70}
