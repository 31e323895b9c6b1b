"""Types, ranges and codes as the vendor's pages have them, written down once more: a slip in a catalogue shows here.

https://www.showdoc.com.cn/262556420217021 (V1) and https://www.showdoc.com.cn/2598832417617967 (V4, and what the
virtual power plant sets), as growattServer 2.2.0 and timohencken/GrowattPublicApiPy read them.
One word for each parameter:
`0..100` a range, `f` 0 or 1, `c` 0000 or 0001, `h` and `m` hours and minutes, `t` a time, `k` a clock, `x` text,
`=1` always 1, and `0=off,1=meter` codes.
"""

from collections.abc import Mapping

import pytest

from app.model import Press, Range
from app.providers.growatt.openapi.writable import FAMILIES
from app.providers.growatt.params import Form, Param, Write

WINDOW = "h m h m f"
MODES = "0=load_first,1=battery_first,2=grid_first"
HERTZ, VOLTS = "0=50 Hz,1=60 Hz", "0=230 V,1=208 V,2=240 V"
GRID: Mapping[str, str] = {
    "pv_active_p_rate": "0..100",
    "pv_reactive_p_rate": "0..100",
    "pv_power_factor": "-1..1",
    "pv_grid_voltage_high": "80..300",
    "pv_grid_voltage_low": "80..300",
}
"""The page gives examples of the grid's voltages (180, 270), no range: this one is ours."""
SCHEDULES = (f"0..100 0..100 f {WINDOW} {WINDOW} {WINDOW}", f"0..100 0..100 {WINDOW} {WINDOW} {WINDOW}")

DOCUMENTED: Mapping[str, Mapping[str, str]] = {
    "min_write_parameter": {
        **GRID,
        "charge_power": "0..100",
        "charge_stop_soc": "0..100",
        "discharge_power": "0..100",
        "discharge_stop_soc": "0..100",
        "ac_charge": "f",
        "backflow_setting": "0=off,1=meter,2=ct",
        "tlx_on_off": "c",
        "tlx_off_grid_enable": "f",
        "tlx_ac_discharge_frequency": HERTZ,
        "tlx_ac_discharge_voltage": VOLTS,
        "pf_sys_year": "k",
        **{f"time_segment{n}": f"{MODES} {WINDOW}" for n in range(1, 10)},
    },
    "sph_write_parameter": {
        **GRID,
        "mix_ac_charge_time_period": SCHEDULES[0],
        "mix_ac_discharge_time_period": SCHEDULES[1],
        "pv_on_off": "c",
        "pf_sys_year": "t",
        "mix_off_grid_enable": "f",
        "mix_ac_discharge_frequency": HERTZ,
        "mix_ac_discharge_voltage": VOLTS,
        "pv_pf_cmd_memory_state": "f",
        "backflow_setting": "f 0..100",
        "pv_reactive_p_rate_two": "over=over,under=under",
        "mix_load_flast_value_multi": "0..100",
        "mix_load_first_control": "0=sum,1=per_phase",
        "mix_single_export": "f",
    },
    "spaSet": {
        **GRID,
        "spa_ac_charge_time_period": SCHEDULES[0],
        "spa_ac_discharge_time_period": SCHEDULES[1],
        "spa_load_flast": f"{WINDOW} {WINDOW} {WINDOW}",
        "pv_on_off": "c",
        "pf_sys_year": "t",
        "spa_off_grid_enable": "f",
        "spa_ac_discharge_frequency": HERTZ,
        "spa_ac_discharge_voltage": VOLTS,
        "pv_pf_cmd_memory_state": "f",
    },
    "maxSet": {"max_cmd_on_off": "c", "pv_active_p_rate": "0..100 =01", "pv_power_factor": "-1..1"},
    "inverterSet": {
        "pv_on_off": "c",
        "pv_active_p_rate": "0..100",
        "pv_reactive_p_rate": "0..100 over=over,under=under",
        "pv_power_factor": "-1..1",
        "pv_pf_cmd_memory_state": "f",
        "pv_grid_voltage_high": "80..300",
        "pf_sys_year": "k",
    },
    "storageSet": {
        "storage_cmd_on_off": "c",
        "storage_cmd_mode": "0=standard,1=free",
        "storage_cmd_forced_discharge_enable": "0=True,1=False",
        "storage_lithium_battery": "0..10",
        "storage_ac_charge_enable_disenable": "f",
        "storage_ac_charge_soc_limit": "10..80",
        "storage_ac_charge_hour_start": "h m h m",
        "storage_cmd_forced_discharge_time1": "h m h m",
        "pv_power_factor": "300..500 0.55..0.9",
        "storage_cmd_sys_year": "kk",
    },
    "setVppParameter": {
        **{f"set_param_{n}": "f" for n in (1, 2, 4, 7, 13, 17, 18, 20, 25, 28)},
        **{f"set_param_{n}": "0..100" for n in (5, 6, 15)},
        **{f"set_param_{n}": "-100..100" for n in (14, 27)},
        **{f"set_param_{n}": "10..30" for n in (23, 29)},
        **{f"set_param_{n}": "0..15000" for n in (30, 31)},
        **{f"set_param_{n}": "0..2000" for n in (32, 33)},
        **{f"set_param_{n}": "0..20000" for n in (12, 19)},
        "set_param_3": "k",
        "set_param_8": HERTZ,
        "set_param_9": "0=230 V,1=208 V,2=240 V,3=220 V,4=127 V,5=277 V,6=254 V",
        "set_param_10": "0..60",
        "set_param_11": "0=unity,1=power_factor,2=default_curve,3=own_curve,4=lagging,5=leading",
        "set_param_16": "0..300",
        "set_param_21": "0=default,1=both,2=software,3=hardware",
        "set_param_22": "70..100",
        "set_param_24": "10..20",
        "set_param_26": "0..1440",
        "set_param_34": "x",
    },
    "removeVppTimePeriod": {"set_param_34": "="},
    "vppSetNew": {"timePeriods": "x"},
    "vppRemoteSetNew": {"percentage": "0..1440 -100..100"},
    "setOnOrOff": {"value": "f"},
    "setHighLimitSoc": {"value": "0..100"},
    "setLowLimitSoc": {"value": "0..100"},
    "setGridCharge": {"value": "f"},
    "setOffGrid": {"value": "f"},
    "setDevice": {"value": "x"},
    "setTimeSegment": {str(n): f"={n} t t 0=load_first,1=battery_first,2=smart 0..800 f" for n in range(1, 10)},
}
POWER = {"noah": "0..800"}
"""`setPower` of V4: per cent, but for a NOAH, whose watts it is."""

WORDS = {
    Form.FLAG: "f",
    Form.COMMAND: "c",
    Form.HOUR: "h",
    Form.MINUTE: "m",
    Form.TIME: "t",
    Form.CLOCK: "k",
    Form.CLOCK_MINUTES: "kk",
    Form.TEXT: "x",
}


def word(param: Param) -> str:
    """Return what a parameter takes, in the words of the table."""
    if param.form is Form.NUMBER:
        assert isinstance(param.domain, Range)
        return f"{param.domain.low:g}..{param.domain.high:g}"
    if param.form is Form.CODE:
        spoken: dict[str, str] = {}
        for code, meaning in param.codes.items():
            if str(meaning) not in spoken.values():  # what else a code is read as is not sent
                spoken[code] = str(meaning)
        return ",".join(f"{code}={meaning}" for code, meaning in spoken.items())
    return f"={param.fixed}" if param.form is Form.FIXED else WORDS[param.form]


CASES = [(family, write) for family, own in FAMILIES.items() for write in own.writes]


@pytest.mark.parametrize(("family", "write"), CASES, ids=lambda case: case.key if isinstance(case, Write) else case)
def test_ranges_and_codes_are_those_of_the_vendors_pages(family: str, write: Write) -> None:
    page = POWER.get(family, "0..100") if write.method == "setPower" else DOCUMENTED[write.method][write.kind]
    if any(isinstance(param.accepts, Press) for param in write.params):
        page = "=" if write.params[0].form is Form.FIXED else page
    ours = " ".join(word(param) for param in write.params)
    if "=01" in page:  # 0 or 1, of which each is a setting of its own
        assert ours in {page.replace("=01", "=0"), page.replace("=01", "=1")}
    else:
        assert ours == page


def test_all_that_the_pages_have_can_be_set() -> None:
    ours = {(write.method, write.kind) for _, write in CASES}
    assert {(method, kind) for method, kinds in DOCUMENTED.items() for kind in kinds} <= ours


def test_a_power_factor_between_the_two_halves_is_refused() -> None:
    factors = [param for _, write in CASES for param in write.params if word(param) == "-1..1"]
    assert factors
    assert {param.least for param in factors} == {0.8}
