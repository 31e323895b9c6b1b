"""Raw writes with the arguments of the library's methods go out as the library itself sends them."""

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from app.errors import CommandError
from app.providers.growatt.signatures import ARGUMENTS, SEGMENT, ordered

METHODS = {
    "min_write_time_segment": ("open_api_v1/devices/min.py", "write_time_segment"),
    "sph_write_ac_charge_times": ("open_api_v1/devices/sph.py", "write_ac_charge_times"),
    "sph_write_ac_discharge_times": ("open_api_v1/devices/sph.py", "write_ac_discharge_times"),
}
SEGMENTS = {"batt_mode": 2, "start_time": "05:30", "end_time": "7:00", "enabled": False}
PERIODS = [{"start_time": f"0{each}:00", "end_time": f"0{each}:30", "enabled": each == 1} for each in (1, 2, 3)]


def _theirs(method: str) -> list[str]:
    """Return a method's arguments by the library's source: it can only be imported from Python 3.12 on."""
    path, name = METHODS.get(method, ("base_api.py", method))
    spec = find_spec("growattServer")
    assert spec
    assert spec.origin
    for node in ast.walk(ast.parse((Path(spec.origin).parent / path).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return [each.arg for each in node.args.args]
    raise AssertionError(method)


@pytest.mark.parametrize("method", ARGUMENTS)
def test_the_names_are_the_librarys(method: str) -> None:
    theirs = [name for name in _theirs(method) if name not in {"self", "serial_number", SEGMENT}]
    assert [name for name, _ in ARGUMENTS[method]] == theirs


def test_a_schedule_has_its_eighteen_parameters() -> None:
    given = {"charge_power": 90, "charge_stop_soc": 95, "mains_enabled": True, "periods": PERIODS}
    periods = [part for n in (1, 2, 3) for part in (f"0{n}", "00", f"0{n}", "30", n == 1)]
    wanted = ("mix_ac_charge_time_period", [90, 95, True, *periods])
    assert ordered("sph_write_ac_charge_times", "any", given) == wanted


@pytest.mark.parametrize(
    ("method", "kind", "given", "wanted"),
    [
        ("update_tlx_inverter_time_segment", "3", SEGMENTS, ("3", [2, "05", "30", "07", "00", False])),
        (
            "update_tlx_inverter_time_segment",
            "segment",
            {**SEGMENTS, "segment_id": 3},
            ("time_segment3", [2, "05", "30", "07", "00", False]),
        ),
        ("set_classic_inverter_on_off", "x", {"enabled": True}, ("x", [True])),
        ("set_classic_inverter_active_power_rate", "x", {"power_rate": 60}, ("x", [60])),
        ("update_noah_settings", "time_segment", {"parameters": ["1", "2"]}, ("time_segment", ["1", "2"])),
        ("update_tlx_inverter_setting", "charge_power", {"parameter": 80}, ("charge_power", [80])),
        ("min_write_parameter", "charge_power", {"parameter_values": {"1": 80}}, ("charge_power", {"1": 80})),
        ("update_plant_settings", "x", {"changed_settings": {"plant_name": "a"}}, ("x", {"plant_name": "a"})),
        ("update_mix_inverter_setting", "x", {"param1": 1}, ("x", {"param1": 1})),
        ("update_mix_inverter_setting", "x", [1, 2], ("x", [1, 2])),
    ],
)
def test_arguments_become_parameters_in_order(method: str, kind: str, given: Any, wanted: tuple[str, object]) -> None:
    assert ordered(method, kind, given) == wanted


@pytest.mark.parametrize(
    ("method", "kind", "given", "fault"),
    [
        ("update_tlx_inverter_time_segment", "time_segment2", {**SEGMENTS, "segment_id": 3}, "are two segments"),
        ("update_tlx_inverter_time_segment", "1", {"batt_mode": 1, "start_time": "1:00"}, "end_time is missing"),
        ("update_tlx_inverter_time_segment", "1", {**SEGMENTS, "start_time": 5}, "start_time is a time of day"),
        ("update_tlx_inverter_time_segment", "1", {**SEGMENTS, "mode": 5}, "no parameter mode"),
        (
            "sph_write_ac_discharge_times",
            "x",
            {"discharge_power": 1, "discharge_stop_soc": 2, "periods": PERIODS[:2]},
            "a list of 3 objects",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_refused(method: str, kind: str, given: Any, fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        ordered(method, kind, given)
