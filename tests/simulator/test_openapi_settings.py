"""What the simulated OpenAPI takes, what it refuses and with which code: V1 as documented, and V4."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Cloud
from simulator.growatt.openapi_settings import WRITES
from simulator.growatt.openapi_settings_v1 import READS, SETS
from simulator.growatt.openapi_wire import V1, V4, Denied, Reply
from simulator.growatt.settings import as_sold

SERIALS = {"tlx": "MNH0000100", "mix": "SPH0000200", "storage": "SPF0000300", "inverter": "NXB0000400"}
SERIALS |= {"max": "MAX0000402", "spa": "SPA0000500", "noah": "0PV0000600"}
GOOD = {
    "whole": ["{low:g}"],
    "decimal": ["{low:g}"],
    "switch": ["0001"],
    "factor": ["-0.9"],
    "word": ["under"],
    "direction": ["under"],
    "clock": ["2026-06-21 10:30:00"],
    "clock_minutes": ["2026-06-21 10:30"],
    "clock_of_day": ["10:30"],
    "start": ["1", "05"],
    "end": ["23", "9"],
}
"""Parameters that each form takes."""


@pytest.fixture(scope="module")
def fleet() -> Cloud:
    return Cloud(DrivenClock(datetime(2026, 6, 21, 10, 0, tzinfo=UTC)))


@pytest.fixture
def cloud(fleet: Cloud) -> Cloud:
    """The same days for all tests, for they take time to make; everything as sold."""
    for family, serial in SERIALS.items():
        values = fleet.settings(serial)
        values.clear()
        values.update(as_sold(family))
    return fleet


def call(cloud: Cloud, path: str, family: str, **fields: str) -> Reply:
    return WRITES[path].writer(cloud, cloud.record(SERIALS[family]), fields)


def denied(cloud: Cloud, path: str, family: str, **fields: str) -> int:
    with pytest.raises(Denied) as refusal:
        call(cloud, path, family, **fields)
    return refusal.value.code


EVERY = [(path, kind) for path, page in SETS.items() for kind in page.kinds]


@pytest.mark.parametrize(("path", "kind"), EVERY)
def test_every_type_of_v1_is_kept_and_read_by_its_name(cloud: Cloud, path: str, kind: str) -> None:
    page = SETS[path]
    (family,) = page.families
    parts = page.kinds[kind]
    texts = [text.format(low=part.low) for part in parts for text in GOOD[part.form]]
    given = {f"{page.parameter}{n}": text for n, text in enumerate(texts, 1)}
    call(cloud, path, family, **{page.kind: kind.removesuffix(" (17)")}, **given)
    values = cloud.settings(SERIALS[family])
    if kind == "set_any_reg":
        assert values["register0"] == "0"
        return
    assert all(values[name] for part in parts for name in part.fields)
    read = next(name for name, of in READS.items() if of == path)
    assert call(cloud, read, family, paramId=kind).data == values[parts[0].fields[0]]


@pytest.mark.parametrize(("path", "kind"), EVERY)
def test_a_missing_parameter_is_refused_and_nothing_changes(cloud: Cloud, path: str, kind: str) -> None:
    page = SETS[path]
    (family,) = page.families
    before = dict(cloud.settings(SERIALS[family]))
    assert denied(cloud, path, family, **{page.kind: kind.removesuffix(" (17)")}) == V1.VALUE_EMPTY
    assert cloud.settings(SERIALS[family]) == before


@pytest.mark.parametrize(
    ("path", "family", "fields", "code"),
    [
        ("tlxSet", "tlx", {"type": "no_such_type", "param1": "1"}, V1.UNKNOWN_TYPE),
        ("tlxSet", "tlx", {"type": "charge_power", "param1": "101"}, V1.VALUE_RANGE),
        ("tlxSet", "tlx", {"type": "ac_charge", "param1": "True"}, V1.VALUE_RANGE),
        ("tlxSet", "tlx", {"type": "tlx_on_off", "param1": "1"}, V1.VALUE_RANGE),
        ("tlxSet", "tlx", {"type": "pf_sys_year", "param1": "2026-06-21 10:30"}, V1.TIME_FORMAT),
        ("tlxSet", "tlx", {"type": "pv_power_factor", "param1": "0.5"}, V1.VALUE_RANGE),
        ("mixSet", "mix", {"type": "pf_sys_year", "param1": "25:00"}, V1.TIME_FORMAT),
        ("storageSet", "storage", {"type": "storage_ac_charge_soc_limit", "param1": "90"}, V1.VALUE_RANGE),
        ("inverterSet", "inverter", {"paramId": "pv_on_off", "command_1": "on"}, V1.VALUE_RANGE),
        ("vppRemoteSetNew", "mix", {"vppSn": "x"}, V1.VALUE_EMPTY),
        ("vppRemoteSetNew", "mix", {"time": "60", "percentage": "-101"}, V1.VALUE_RANGE),
        ("vppSetNew", "mix", {"timePeriods": "[1]"}, V1.VALUE_RANGE),
        ("vppSetNew", "mix", {"timePeriods": ""}, V1.VALUE_EMPTY),
        ("readMinParam", "tlx", {"paramId": "no_such"}, V1.TIME_FORMAT),
        ("readMixParam", "mix", {"paramId": "set_any_reg", "startAddr": "3"}, V1.TIME_FORMAT),
        ("new-api/setPower", "tlx", {"value": "101"}, V4.FAILED),
        ("new-api/setPower", "noah", {"value": "801"}, V4.FAILED),
        ("new-api/setVppParameter", "tlx", {"setType": "set_param_22", "value": "69"}, V4.FAILED),
        ("new-api/setVppParameter", "tlx", {"setType": "set_param_35", "value": "1"}, V4.FAILED),
        ("new-api/setVppParameter", "tlx", {"setType": "set_param_3", "value": "now"}, V4.FAILED),
        ("new-api/setTimeSegment", "noah", {"type": "1", "startTime": "24:00"}, V4.FAILED),
    ],
)
def test_a_wrong_parameter_has_its_code(
    cloud: Cloud, path: str, family: str, fields: dict[str, str], code: int
) -> None:
    before = dict(cloud.settings(SERIALS[family]))
    assert denied(cloud, path, family, **fields) == code
    assert cloud.settings(SERIALS[family]) == before


def test_a_window_may_not_end_before_it_starts_and_need_not_be_padded(cloud: Cloud) -> None:
    times = {"param1": "1", "param2": "22", "param3": "0", "param4": "6", "param5": "0", "param6": "1"}
    assert denied(cloud, "tlxSet", "tlx", type="time_segment2", **times) == V1.END_BEFORE_START
    call(cloud, "tlxSet", "tlx", type="time_segment2", **{**times, "param2": "05"})
    values = cloud.settings(SERIALS["tlx"])
    assert (values["forcedTimeStart2"], values["forcedTimeStop2"]) == ("5:0", "6:0")
    assert values["time_segment2"] == "1_5:0_6:0"


def test_the_spas_two_types_of_one_name_differ_by_the_number_of_parameters(cloud: Cloud) -> None:
    period = ["1", "0", "2", "0", "1", *(["0"] * 10)]
    charge, discharge = ["90", "95", "1", *period], ["80", "15", *period]
    for given in (charge, discharge):
        named = {f"param{n}": text for n, text in enumerate(given, 1)}
        said = call(cloud, "spaSet", "spa", type="spa_ac_charge_time_period", **named)
        assert said.message == "Set Successful spa return"
    values = cloud.settings(SERIALS["spa"])
    assert (values["chargePowerCommand"], values["disChargePowerCommand"]) == ("90", "80")
    assert (values["wchargeSOCLowLimit2"], values["wdisChargeSOCLowLimit2"]) == ("95", "15")


def test_a_string_inverters_known_registers_show_in_its_settings(cloud: Cloud) -> None:
    for register, value in (("0", "0"), ("3", "60"), ("20", "2635"), ("22", "5150")):
        call(cloud, "inverterSet", "inverter", paramId="set_any_reg", command_1=register, command_2=value)
    values = cloud.settings(SERIALS["inverter"])
    assert (values["onOff"], values["activeRate"]) == ("0", "60")
    assert (values["voltageHighLimit"], values["workingFrequencyMax"]) == ("263.5", "51.5")
    read = {"paramId": "set_any_reg", "startAddr": "3", "endAddr": "4"}
    assert call(cloud, "readInverterParam", "inverter", **read).data == "60,0"


@pytest.mark.parametrize(
    ("path", "fields", "kept"),
    [
        ("setOnOrOff", {"value": "0"}, {"onOff": "0"}),
        ("setPower", {"value": "350"}, {"defaultPower": "350"}),
        ("setHighLimitSoc", {"value": "90"}, {"chargingSocHighLimit": "90"}),
        ("setLowLimitSoc", {"value": "20"}, {"chargingSocLowLimit": "20"}),
        ("setGridCharge", {"value": "1"}, {"allowGridCharging": "1"}),
        ("setOffGrid", {"value": "1"}, {"gridConnectionControl": "1"}),
        (
            "setTimeSegment",
            {"type": "2", "startTime": "05:30", "endTime": "09:00", "mode": "1", "power": "300", "enable": "1"},
            {"time2Start": "5:30", "time2End": "9:0", "time2Enable": "1", "time_segment2": "1_5:30_9:0_300"},
        ),
        ("setDevice", {"value": '{"deviceId": "INV1", "modelId": "0x0105"}'}, {"associatedInvSn": "INV1"}),
    ],
)
def test_v4_sets_a_noah(cloud: Cloud, path: str, fields: dict[str, str], kept: dict[str, str]) -> None:
    assert call(cloud, f"new-api/{path}", "noah", **fields).message == "PARAMETER_SETTING_SUCCESSFUL"
    assert kept.items() <= cloud.settings(SERIALS["noah"]).items()


@pytest.mark.parametrize("path", ["setVppParameter", "setNewVppParameter"])
@pytest.mark.parametrize(
    ("parameter", "sold", "value", "read"),
    [
        ("set_param_1", 0, "1", 1),
        ("set_param_14", 0, "-40", -40),
        ("set_param_22", 100, "85", 85),
        ("set_param_3", "2026-06-21", "2026-01-02 03:04:05", "2026-01-02 03:04:05"),
        ("set_param_34", "[]", '[{"percentage": 5, "startTime": 0, "endTime": 60}]', None),
    ],
)
def test_v4_sets_and_reads_parameters_of_the_virtual_power_plant(
    cloud: Cloud, path: str, parameter: str, sold: Any, value: str, read: Any
) -> None:
    def shown() -> Any:
        return call(cloud, "new-api/readVppParameter", "tlx", setType=parameter).data

    assert str(shown()).startswith(str(sold))
    call(cloud, f"new-api/{path}", "tlx", setType=parameter, value=value)
    assert shown() == read if read is not None else json.loads(shown()) == json.loads(value)
    if parameter == "set_param_34":
        call(cloud, "new-api/removeVppTimePeriod", "tlx", setType=parameter)
        assert shown() == "[]"


def test_what_is_set_shows_late_where_the_cloud_is_slow(cloud: Cloud) -> None:
    cloud.settings_delay = timedelta(seconds=60)
    serial = SERIALS["tlx"]
    cloud.carry_out(serial, (), lambda _: call(cloud, "tlxSet", "tlx", type="charge_power", param1="40"))
    assert call(cloud, "readMinParam", "tlx", paramId="charge_power").data == "100"
    cloud.clock.move(timedelta(seconds=61))  # type: ignore[attr-defined]
    assert call(cloud, "readMinParam", "tlx", paramId="charge_power").data == "40"
