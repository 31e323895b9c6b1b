"""Our own rules refuse what Home Assistant would refuse or warn of."""

import json
from typing import Any

import pytest

from app.sinks.homeassistant.rules import document_refusal, refusal, size_of
from app.sinks.homeassistant.tables import CLASSES, PLATFORMS, SENSOR_CLASSES
from app.sinks.homeassistant.versions import OLDEST, Version
from app.topics import Topics

OLD = Version(2025, 4)
NEW = Version(2026, 11)
POWER: dict[str, Any] = {
    "p": "sensor",
    "uniq_id": "a_pv_power",
    "stat_t": "heliopost/device/a/state",
    "val_tpl": "{{ value_json['pv_power'] }}",
    "dev_cla": "power",
    "stat_cla": "measurement",
    "unit_of_meas": "W",
    "name": "PV power",
}
BINARY: dict[str, Any] = {"p": "binary_sensor", "uniq_id": "a", "stat_t": "a", "dev_cla": "problem"}
ENUM: dict[str, Any] = {"p": "sensor", "uniq_id": "a", "stat_t": "a", "dev_cla": "enum", "ops": ["on", "unknown"]}
NUMBER: dict[str, Any] = {"p": "number", "uniq_id": "a", "cmd_t": "a/set", "min": 0, "max": 9, "step": 0.5}
SELECT: dict[str, Any] = {"p": "select", "uniq_id": "a", "cmd_t": "a/set", "ops": ["eco"]}
SWITCH: dict[str, Any] = {"p": "switch", "uniq_id": "a", "cmd_t": "a/set", "pl_on": "on", "pl_off": "off"}
BUTTON: dict[str, Any] = {"p": "button", "uniq_id": "a", "cmd_t": "a/set"}
EVENT: dict[str, Any] = {"p": "event", "uniq_id": "a", "stat_t": "a", "evt_typ": ["fault_raised"]}
TEXT: dict[str, Any] = {"p": "text", "uniq_id": "a", "cmd_t": "a/set", "max": 5, "ptrn": "^[0-9]*$"}
TIME: dict[str, Any] = {"p": "time", "uniq_id": "a", "cmd_t": "a/set"}
MOMENT: dict[str, Any] = {"p": "datetime", "uniq_id": "a", "cmd_t": "a/set", "tz": "Europe/Berlin"}
WHOLE = (POWER, BINARY, ENUM, NUMBER, SELECT, SWITCH, BUTTON, EVENT, TEXT)


def reason(component: dict[str, Any], version: Version = OLD) -> str | None:
    fault = refusal(component, version)
    return fault.reason if fault else None


@pytest.mark.parametrize("component", WHOLE, ids=lambda part: part["p"])
@pytest.mark.parametrize("version", [OLD, NEW], ids=str)
def test_what_is_whole_is_accepted(component: dict[str, Any], version: Version) -> None:
    assert refusal(component, version) is None


@pytest.mark.parametrize(
    ("base", "change", "expected"),
    [
        (POWER, {"p": "toaster"}, "platform"),
        (POWER, {"p": None}, "platform"),
        (POWER, {"uniq_id": ""}, "key"),
        (POWER, {"stat_t": ""}, "key"),
        (POWER, {"colour": "red"}, "key"),
        (POWER, {"pl_on": "1"}, "key"),
        (POWER, {"sug_dsp_prc": None}, "key"),
        (POWER, {"val_tpl": "{{ value"}, "template"),
        (POWER, {"val_tpl": "{{ }}"}, "template"),
        (POWER, {"val_tpl": "{% if value %}1{% endif %}"}, "template"),
        (POWER, {"val_tpl": "{{ value | nothing }}"}, "template"),
        (POWER, {"stat_t": "a/+/b"}, "topic"),
        (POWER, {"dev_cla": ["power"]}, "value"),
        (POWER, {"en": "no"}, "value"),
        (POWER, {"qos": []}, "value"),
        (POWER, {"e": "utf-16"}, "value"),
        (POWER, {"avty_mode": "most"}, "availability"),
        (POWER, {"avty": [{"t": "a", "pl_avail": 1}]}, "availability"),
        (POWER, {"avty": [{"t": "a", "val_tpl": "{{ value"}]}, "availability"),
        (TEXT, {"min": -1}, "value"),
        (TEXT, {"max": 256}, "value"),
        (TEXT, {"min": 6}, "value"),
        (TEXT, {"mode": "slider"}, "value"),
        (TEXT, {"ptrn": "["}, "value"),
        (EVENT, {"dev_cla": None}, "device_class"),
        (EVENT, {"dev_cla": "doorbell"}, "device_class"),
        (POWER, {"stat_t": "a\n"}, "topic"),
        (POWER, {"stat_t": "a" * 70_000}, "topic"),
        (POWER, {"stat_t": 5}, "value"),
        (POWER, {"unit_of_meas": "kWp"}, "unit"),
        (POWER, {"unit_of_meas": None}, "unit"),
        (POWER, {"dev_cla": "irradiance", "unit_of_meas": "W/㎡"}, "unit"),
        (POWER, {"dev_cla": "temperature", "unit_of_meas": "℃"}, "unit"),
        (POWER, {"dev_cla": "weight", "unit_of_meas": "t"}, "unit"),
        (POWER, {"dev_cla": "energy_storage", "unit_of_meas": "Ah"}, "unit"),
        (POWER, {"dev_cla": "energy", "unit_of_meas": "KWH"}, "unit"),
        (POWER, {"dev_cla": "current", "unit_of_meas": "kA"}, "unit"),
        (POWER, {"dev_cla": "monetary", "unit_of_meas": None, "stat_cla": "total"}, "unit"),
        (POWER, {"dev_cla": "sunshine"}, "device_class"),
        (POWER, {"stat_cla": "total_increasing"}, "state_class"),
        (POWER, {"stat_cla": "sometimes"}, "state_class"),
        (POWER, {"dev_cla": None, "stat_cla": "measurement_angle"}, "state_class"),
        (POWER, {"dev_cla": "energy", "unit_of_meas": "kWh"}, "state_class"),
        (POWER, {"dev_cla": "energy_storage", "unit_of_meas": "kWh", "stat_cla": "total"}, "state_class"),
        (POWER, {"dev_cla": "monetary", "unit_of_meas": "EUR"}, "state_class"),
        (POWER, {"dev_cla": "timestamp", "unit_of_meas": None}, "state_class"),
        (POWER, {"lrst_val_tpl": "{{ 1 }}"}, "state_class"),
        (POWER, {"ops": ["a"]}, "options"),
        (POWER, {"sug_dsp_prc": -1}, "value"),
        (POWER, {"sug_dsp_prc": 1.5}, "value"),
        (POWER, {"sug_dsp_prc": True}, "value"),
        (POWER, {"dev_cla": None, "unit_of_meas": None, "stat_cla": None, "sug_dsp_prc": 1}, "value"),
        (POWER, {"exp_aft": -1}, "value"),
        (POWER, {"exp_aft": True}, "value"),
        (POWER, {"ent_cat": "config"}, "category"),
        (POWER, {"qos": 3}, "value"),
        (POWER, {"ic": "solar"}, "value"),
        (POWER, {"def_ent_id": "pv_power"}, "value"),
        (POWER, {"def_ent_id": "switch.pv_power"}, "value"),
        (POWER, {"def_ent_id": "sensor.PV"}, "value"),
        (POWER, {"def_ent_id": "sensor.a__b"}, "value"),
        (POWER, {"avty": []}, "availability"),
        (POWER, {"avty": "a"}, "availability"),
        (POWER, {"avty": ["a"]}, "availability"),
        (POWER, {"avty": [{"t": "a", "colour": "b"}]}, "availability"),
        (POWER, {"avty": [{"t": "a", "val_tpl": None}]}, "availability"),
        (POWER, {"avty": [{"t": "a/#"}]}, "availability"),
        (POWER, {"avty": [{"t": "a"}, {"t": "b"}]}, "availability"),
        (POWER, {"avty": [{"t": "a"}, {"t": "b"}], "avty_mode": "latest"}, "availability"),
        (ENUM, {"ops": []}, "options"),
        (ENUM, {"ops": ["a", "a"]}, "options"),
        (ENUM, {"ops": [""]}, "options"),
        (ENUM, {"ops": [1]}, "options"),
        (ENUM, {"ops": ["x" * 256]}, "options"),
        (ENUM, {"ops": "on"}, "options"),
        (ENUM, {"unit_of_meas": "W"}, "unit"),
        (ENUM, {"sug_dsp_prc": 1}, "options"),
        (BINARY, {"dev_cla": "sunshine"}, "device_class"),
        (BINARY, {"pl_on": "OFF"}, "value"),
        (BINARY, {"ent_cat": "config"}, "category"),
        (BINARY, {"unit_of_meas": "W"}, "key"),
        (NUMBER, {"min": 10}, "value"),
        (NUMBER, {"step": 0.0001}, "value"),
        (NUMBER, {"step": "1"}, "value"),
        (NUMBER, {"min": True}, "value"),
        (NUMBER, {"mode": "wheel"}, "value"),
        (NUMBER, {"dev_cla": "timestamp"}, "device_class"),
        (NUMBER, {"dev_cla": "power", "unit_of_meas": "kWp"}, "unit"),
        (NUMBER, {"ret": True}, "value"),
        (NUMBER, {"cmd_t": None}, "key"),
        (NUMBER, {"msg_exp_int": 60}, "version"),
        (NUMBER, {"vis": False}, "version"),
        (SELECT, {"ops": []}, "key"),
        (SWITCH, {"dev_cla": "problem"}, "device_class"),
        (SWITCH, {"pl_off": "on"}, "value"),
        (BUTTON, {"dev_cla": "launch"}, "device_class"),
        (BUTTON, {"stat_t": "a"}, "key"),
        (EVENT, {"evt_typ": []}, "key"),
        (EVENT, {"dev_cla": "timestamp"}, "device_class"),
        (TIME, {}, "platform"),
    ],
)
def test_what_home_assistant_would_refuse_is_refused(
    base: dict[str, Any], change: dict[str, Any], expected: str
) -> None:
    assert reason({**base, **change}) == expected


@pytest.mark.parametrize(
    ("base", "change", "expected"),
    [
        (TIME, {}, None),
        (MOMENT, {}, None),
        (MOMENT, {"tz": "Europe/Nowhere"}, "value"),
        (MOMENT, {"tz": "a/+/b"}, "value"),
        (MOMENT, {"tz": 5}, "value"),
        (TIME, {"tz": "Europe/Berlin"}, "key"),
        (TIME, {"ret": True}, "value"),
        (TIME, {"ent_cat": "config"}, None),
    ],
)
def test_times_and_moments_are_judged_by_the_releases_that_know_them(
    base: dict[str, Any], change: dict[str, Any], expected: str | None
) -> None:
    assert reason({**base, **change}, NEW) == expected


@pytest.mark.parametrize(
    ("base", "change", "since"),
    [
        (TIME, {}, Version(2026, 5)),
        (NUMBER, {"msg_exp_int": 60}, Version(2026, 6)),
        (POWER, {"vis": False}, Version(2026, 7)),
        (POWER, {"dev_cla": "apparent_power", "unit_of_meas": "kVA"}, Version(2025, 10)),
        (POWER, {"dev_cla": "reactive_power", "unit_of_meas": "kvar"}, Version(2025, 6)),
        (POWER, {"dev_cla": "reactive_power", "unit_of_meas": "kVAr"}, Version(2026, 2)),
        (POWER, {"dev_cla": "reactive_energy", "unit_of_meas": "kvarh", "stat_cla": "total"}, Version(2025, 6)),
        (POWER, {"dev_cla": "temperature_delta", "unit_of_meas": "K"}, Version(2025, 11)),
        ({**ENUM}, {"dev_cla": "uptime", "ops": None}, Version(2026, 5)),
        (POWER, {"dev_cla": "frequency", "unit_of_meas": "mHz"}, Version(2026, 5)),
    ],
)
def test_what_a_release_brought_is_refused_before_it(
    base: dict[str, Any], change: dict[str, Any], since: Version
) -> None:
    component = {key: value for key, value in {**base, **change}.items() if value is not None}
    before = Version(since.year, since.month - 1)
    assert reason(component, before) in {"version", "unit", "device_class", "platform"}
    assert reason(component, since) is None


def test_the_old_way_to_propose_an_entity_id_is_refused_once_it_is_deprecated() -> None:
    component = {**POWER, "obj_id": "a_pv_power"}
    assert reason(component, Version(2025, 9)) is None
    assert reason(component, Version(2025, 10)) == "version"


def test_any_state_class_may_stand_alone() -> None:
    bare = {key: value for key, value in POWER.items() if key not in {"dev_cla", "unit_of_meas"}}
    for state_class in ("measurement", "total", "total_increasing"):
        assert reason({**bare, "stat_cla": state_class}) is None
    assert reason({**bare, "stat_cla": "measurement_angle", "unit_of_meas": "°"}) is None


def test_every_row_of_the_tables_is_reachable_in_some_release() -> None:
    assert all(rule.since <= NEW for rule in SENSOR_CLASSES.values())
    assert all(platform.since <= NEW for platform in PLATFORMS.values())
    assert CLASSES.keys() <= PLATFORMS.keys()
    assert OLDEST == OLD


HA = Topics()
TOPIC = HA.config("a")
DOCUMENT: dict[str, Any] = {
    "dev": {"ids": ["a"], "name": "Roof"},
    "o": {"name": "Heliopost", "url": "https://example.org/help"},
    "stat_t": "heliopost/device/a/state",
    "avty": [{"t": "heliopost/bridge/state"}, {"t": "heliopost/device/a/availability"}],
    "avty_mode": "all",
    "cmps": {"pv_power": {key: value for key, value in POWER.items() if key != "stat_t"}},
}


def document_reason(change: dict[str, Any], topic: str = TOPIC, version: Version = OLD) -> str | None:
    fault = document_refusal(topic, {**DOCUMENT, **change}, version, HA.discovery)
    return fault.reason if fault else None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"cmps": {"pv_power": {"p": "sensor"}}}, None),
        ({"cmps": {"poll": {"p": "button", "uniq_id": "b", "cmd_t": "a"}}}, None),
        ({"dev": {"cns": [["mac", "00"]]}}, None),
        ({"dev": {"ids": ["a"], "cu": "http://192.0.2.1/"}}, None),
        ({"o": {"name": "Heliopost"}}, None),
        ({"avty": None}, "key"),
        ({"colour": "red"}, "key"),
        ({"~": "heliopost"}, "key"),
        ({"msg_exp_int": 5}, "key"),
        ({"cdevs": {}}, "key"),
        ({"cmps": {}}, "key"),
        ({"cmps": {"pv_power": "red"}}, "key"),
        ({"qos": "1"}, "value"),
        ({"avty_mode": "most"}, "availability"),
        ({"cmd_t": "a/+"}, "topic"),
        ({"dev": {"ids": ["a"], "hw": 1}}, "device"),
        ({"o": {"name": "Heliopost", "sw": 1}}, "origin"),
        ({"cmps": []}, "key"),
        ({"dev": {}}, "device"),
        ({"dev": {"name": "Roof"}}, "device"),
        ({"dev": "a"}, "device"),
        ({"dev": {"ids": ["a"], "sw": None}}, "device"),
        ({"dev": {"ids": ["a"], "colour": "red"}}, "device"),
        ({"dev": {"ids": ["a"], "cu": "192.0.2.1"}}, "device"),
        ({"o": {}}, "origin"),
        ({"o": {"sw": "1"}}, "origin"),
        ({"o": {"name": "Heliopost", "colour": "red"}}, "origin"),
        ({"o": {"name": "Heliopost", "sw": None}}, "origin"),
        ({"o": {"name": "Heliopost", "url": "example.org"}}, "origin"),
        ({"avty_mode": "any"}, "availability"),
        ({"avty": [{"t": "#"}]}, "availability"),
        ({"stat_t": ""}, "topic"),
        ({"cmps": {"time": TIME}}, "platform"),
        ({"cmps": {"gone": {"p": "toaster"}}}, "platform"),
        ({"cmps": {"a": POWER, "b": POWER}}, "key"),
        ({"cmps": {f"p{n}": {**POWER, "uniq_id": f"a_{n}"} for n in range(600)}}, "size"),
    ],
)
def test_a_device_is_refused_as_a_whole(change: dict[str, Any], expected: str | None) -> None:
    assert document_reason(change) == expected


@pytest.mark.parametrize(
    "topic",
    [
        "homeassistant/device/ä/config",
        "homeassistant/device/a/b/c/config",
        "homeassistant/device/a/state",
        "homeassistant/sensor/a/config",
        "other/device/a/config",
        "homeassistant/device/a b/config",
    ],
)
def test_a_topic_that_home_assistant_does_not_hear_is_refused(topic: str) -> None:
    assert document_reason({}, topic) == "topic"


def test_an_entitys_own_document_is_checked_like_a_component() -> None:
    topic = HA.single_config("sensor", "a", "pv_power")
    document = {**{key: value for key, value in POWER.items() if key != "p"}, "dev": {"ids": ["a"]}, "o": {"name": "x"}}
    assert document_refusal(topic, document, OLD, HA.discovery) is None
    fault = document_refusal(topic, {**document, "unit_of_meas": "kWp"}, OLD, HA.discovery)
    assert fault is not None
    assert fault.reason == "unit"
    assert json.dumps(document)


def test_a_document_counts_by_what_is_sent_of_it() -> None:
    """It is sent without spaces, and filled up by that size: a full one must not be refused for spaces nobody sends."""
    parts: dict[str, Any] = {}
    while size_of({"cmps": parts}) < 99_000:
        parts[f"p{len(parts)}"] = {**POWER, "uniq_id": f"a_{len(parts)}"}
    assert len(json.dumps({"cmps": parts})) > 100_000
    assert document_reason({"cmps": parts}) is None
