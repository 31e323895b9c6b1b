"""What can be set becomes a control, and stays the sensor it was where it cannot."""

import json
from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app import points
from app.model import (
    Choice,
    Device,
    Domain,
    Kind,
    Moment,
    Point,
    Press,
    Range,
    Role,
    Setting,
    TimeOfDay,
    Toggle,
    Unit,
    Words,
)
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.rules import refusal
from app.topics import Topics
from tests.homeassistant.factory import device
from tests.homeassistant.test_entities import ROOF, entities, entity, offer

HA = Topics()
CONFIG = HA.config(ROOF.id)
NEW = HomeAssistantSettings(minimum_version="2026.11")
RATE = Point("charge_rate", "Charge power limit", Unit.PERCENT, role=Role.DIAGNOSTIC, accepts=Range(0, 100))
PRIORITY = Point(
    "priority",
    "Priority",
    kind=Kind.STATE,
    words=("load_first", "grid_first"),
    accepts=Choice(("load_first", "grid_first")),
)
START = Point(
    "charge_period1_start", "Charge period {n} start", kind=Kind.TEXT, role=Role.TAIL, n=1, accepts=TimeOfDay()
)
USED = Point(
    "charge_period1_enabled", "Charge period {n} enabled", kind=Kind.FLAG, role=Role.TAIL, n=1, accepts=Toggle()
)
NOW = Point("device_clock", "Device clock", kind=Kind.TEXT, role=Role.TAIL, accepts=Moment())
SYNC = Point("sync_clock", "Set the clock", kind=Kind.TEXT, accepts=Press())
NOTE = Point("note", "Note", kind=Kind.TEXT, accepts=Words(20, "[a-z\\d]+"))
ALL = (RATE, PRIORITY, START, USED, NOW, SYNC, NOTE)


def control(point: Point, settings: HomeAssistantSettings | None = None, of: Device = ROOF) -> dict[str, Any]:
    """Return a control that has never been read."""
    component = entities(settings).of(of, {}, offer(point))[point.key]
    assert refusal(component, (settings or HomeAssistantSettings()).version) is None
    return dict(component)


@pytest.mark.parametrize(
    ("point", "old", "new"),
    [
        (RATE, "number", "number"),
        (PRIORITY, "select", "select"),
        (USED, "switch", "switch"),
        (START, "text", "time"),
        (NOW, "text", "datetime"),
        (NOTE, "text", "text"),
        (SYNC, "button", "button"),
    ],
    ids=lambda value: value.key if isinstance(value, Point) else "",
)
def test_the_platform_follows_from_what_is_accepted_and_the_release(point: Point, old: str, new: str) -> None:
    assert control(point)["p"] == old
    assert control(point, NEW)["p"] == new
    assert control(point, HomeAssistantSettings(minimum_version="2026.4"))["p"] == old


@pytest.mark.parametrize("point", ALL, ids=lambda point: point.key)
@pytest.mark.parametrize("settings", [HomeAssistantSettings(), NEW], ids=["old", "new"])
@pytest.mark.parametrize("per_point", [False, True], ids=["json", "points"])
def test_a_command_is_never_retained_and_says_whose_it_is(
    point: Point,
    settings: HomeAssistantSettings,
    per_point: bool,  # noqa: FBT001 - a case
) -> None:
    component = entity(point, settings, commands=True, per_point=per_point)
    assert component["cmd_t"] == f"heliopost/device/growatt_ABC123/{point.key}/set"
    assert component["qos"] == 1
    assert component["ent_cat"] == "config"
    assert not {"ret", "opt", "msg_exp_int"} & component.keys()
    assert str(component["cmd_tpl"]).endswith('| tojson }}, "source": "homeassistant"}')


@pytest.mark.parametrize("point", ALL, ids=lambda point: point.key)
def test_a_control_tells_how_its_newest_command_goes(point: Point) -> None:
    component = control(point)
    assert component["json_attr_t"] == "heliopost/device/growatt_ABC123/attributes"
    assert "value_json is defined" in component["json_attr_tpl"]
    assert f"value_json['commands']['{point.key}'] is defined" in component["json_attr_tpl"]
    for name in ("pending", "last_error", "last_command"):
        assert f"'{name}': " in component["json_attr_tpl"]


def test_a_control_that_has_never_been_read_has_a_state_for_when_it_is() -> None:
    for point in ALL:
        component = control(point)
        if component["p"] == "button":
            assert "stat_t" not in component
        else:
            assert component["stat_t"] == "heliopost/device/growatt_ABC123/state"
            assert f"value_json.get('{point.key}')" in component["val_tpl"]


def test_choices_read_as_people_read_and_are_sent_as_machines_know_them() -> None:
    component = control(PRIORITY)
    assert component["ops"] == ["Load first", "Grid first"]
    assert "{'load_first': 'Load first', 'grid_first': 'Grid first'}" in component["val_tpl"]
    assert "{'Load first': 'load_first', 'Grid first': 'grid_first'}.get(value, value)" in component["cmd_tpl"]
    german = control(PRIORITY, HomeAssistantSettings(language="de"))
    assert "Load first" not in german["ops"]
    assert "'load_first'}" in german["cmd_tpl"] or "'load_first'," in german["cmd_tpl"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [(("a_b", "c"), ["A b", "C"]), (("a_b", "A b"), ["a_b", "A b"]), (("none", "all"), ["Nothing", "All"])],
)
def test_two_choices_never_read_alike_and_none_reads_as_unknown(words: tuple[str, ...], shown: list[str]) -> None:
    assert control(Point("x", "X", accepts=Choice(words)))["ops"] == shown


def test_a_share_is_a_slider_and_anything_else_a_box() -> None:
    assert control(RATE)["mode"] == "slider"
    assert control(Point("x", "X", Unit.WATT, accepts=Range(0, 800)))["mode"] == "box"


def test_a_number_that_the_device_has_and_we_would_not_set_is_unknown_and_no_error() -> None:
    assert control(RATE)["val_tpl"] == (
        "{{ value_json.get('charge_rate') if value_json is defined and value_json.get('charge_rate') is number"
        " and 0 <= value_json.get('charge_rate') <= 100 else none }}"
    )
    assert entity(RATE, commands=True, per_point=True)["val_tpl"] == (
        "{{ value if 0 <= (value | float(-1)) <= 100 else none }}"
    )


def test_a_window_of_the_day_reads_as_one_thing() -> None:
    start, used = control(START), control(USED)
    assert (start["name"], used["name"]) == ("Charge period 1 start", "Charge period 1")
    assert (start["ic"], used["ic"]) == ("mdi:clock-start", "mdi:calendar-clock")


def test_a_schedule_begins_with_the_few_windows_that_are_used() -> None:
    def enabled(number: int) -> bool:
        window = Point(f"charge_period{number}_start", "Charge period {n} start", role=Role.TAIL, n=number)
        return bool(control(Point(**{**vars_of(window), "accepts": TimeOfDay()})).get("en", True))

    assert [enabled(number) for number in range(1, 7)] == [True, True, True, False, False, False]
    assert control(NOW)["en"] is False
    assert "en" not in control(RATE)


def vars_of(point: Point) -> dict[str, Any]:
    return {name: getattr(point, name) for name in point.__slots__}


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (ZoneInfo("Europe/Berlin"), ("Europe/Berlin", "")),
        (timezone(timedelta(hours=-3, minutes=-30)), (None, "~ '-03:30'")),
        (None, (None, "~ '+00:00'")),
    ],
)
def test_a_devices_clock_is_read_by_the_plants_zone(zone: Any, expected: tuple[str | None, str]) -> None:
    component = control(NOW, NEW, device(zone=zone))
    assert component.get("tz") == expected[0]
    assert expected[1] in component["val_tpl"]


def test_expiry_is_asked_for_only_where_the_owner_says_that_it_is_understood() -> None:
    settings = HomeAssistantSettings(minimum_version="2026.6", command_expiry=timedelta(minutes=1))
    assert {control(point, settings)["msg_exp_int"] for point in ALL} == {60}
    with pytest.raises(ValueError, match=r"2026\.6"):
        HomeAssistantSettings(command_expiry=timedelta(minutes=1))


def test_there_is_a_button_that_takes_the_newest_change_back() -> None:
    undo = entities().of(ROOF, {}, offer(RATE))["undo"]
    assert refusal(undo, NEW.version) is None or refusal(undo, HomeAssistantSettings().version) is None
    assert (undo["p"], undo["cmd_t"]) == ("button", "heliopost/bridge/request/undo")
    assert json.loads(str(undo["pl_prs"])) == {"device": ROOF.id}
    assert "undo" not in entities().of(ROOF, {RATE.key: RATE})


def test_what_asks_for_a_token_is_only_read() -> None:
    harmful = Setting("charge_rate", (RATE,), danger=True)
    components = entities().of(ROOF, {RATE.key: RATE}, (harmful,))
    assert components["charge_rate"]["p"] == "sensor"
    assert "undo" not in components


def test_a_point_of_several_settings_is_one_control() -> None:
    wide = Setting("charge_schedule", (Point(**{**vars_of(RATE), "accepts": Range(0, 50)}), START))
    components = entities().of(ROOF, {}, (*offer(RATE), wide))
    assert components["charge_rate"]["max"] == 100
    assert set(components) == {"charge_rate", "charge_period1_start", "undo", "event"}


def test_what_the_owner_excludes_is_no_control_either() -> None:
    settings = HomeAssistantSettings(exclude=("*/charge_*", "*/undo"))
    assert set(entities(settings).of(ROOF, {}, offer(RATE, SYNC))) == {"sync_clock", "event"}


def test_every_domain_has_a_control() -> None:
    tried = {type(point.accepts) for point in ALL}
    assert tried == set(Domain.__args__)
    assert points.PV_POWER.accepts is None
