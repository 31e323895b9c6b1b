"""What an entity is follows from its point."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app import points
from app.model import BINARY, NUMERIC, Choice, DeviceKind, Kind, Point, Range, Role, Setting, Toggle, Unit
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.documents import availability, device_block
from app.sinks.homeassistant.entities import Entities, slug
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.rules import Component, document_refusal, refusal
from app.sinks.homeassistant.versions import Version
from app.topics import Topics
from tests.homeassistant.factory import BRIDGE, VOCABULARY, device

HA = Topics()
ROOF = device()
UNHURRIED = hypothesis_settings(deadline=None)
"""An example may take more than the 200 ms that Hypothesis allows when the machine is busy."""


def entities(settings: HomeAssistantSettings | None = None, *, per_point: bool = False) -> Entities:
    settings = settings or HomeAssistantSettings()
    return Entities(HA, settings, Names(settings.language), per_point)


def offer(*points: Point) -> tuple[Setting, ...]:
    return tuple(Setting(point.key, (point,)) for point in points)


def entity(
    point: Point, settings: HomeAssistantSettings | None = None, *, commands: bool = False, per_point: bool = False
) -> Component:
    offered = offer(point) if commands else ()
    component = entities(settings, per_point=per_point).of(ROOF, {point.key: point}, offered)[point.key]
    assert refusal(component, (settings or HomeAssistantSettings()).version) is None
    return component


def classes(point: Point) -> tuple[object, ...]:
    component = entity(point)
    return tuple(component.get(key) for key in ("p", "dev_cla", "stat_cla", "unit_of_meas", "sug_dsp_prc"))


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (points.PV_POWER, ("sensor", "power", "measurement", "W", 0)),
        (points.PV_ENERGY_TOTAL, ("sensor", "energy", "total_increasing", "kWh", 2)),
        (points.PV_ENERGY_TODAY, ("sensor", "energy", "total_increasing", "kWh", 2)),
        (points.PV_ENERGY_MONTH, ("sensor", "energy", "total", "kWh", 2)),
        (points.BATTERY_SOC, ("sensor", "battery", "measurement", "%", 0)),
        (points.BATTERY_CAPACITY, ("sensor", "energy_storage", "measurement", "kWh", 2)),
        (points.LOAD_SHARE, ("sensor", None, "measurement", "%", 0)),
        (points.GRID_VOLTAGE, ("sensor", "voltage", "measurement", "V", 1)),
        (points.BATTERY_CURRENT, ("sensor", "current", "measurement", "A", 2)),
        (points.GRID_FREQUENCY, ("sensor", "frequency", "measurement", "Hz", 2)),
        (points.INVERTER_TEMPERATURE, ("sensor", "temperature", "measurement", "°C", 1)),
        (points.APPARENT_POWER, ("sensor", "apparent_power", "measurement", "VA", 0)),
        (points.REACTIVE_POWER, ("sensor", "reactive_power", "measurement", "var", 0)),
        (points.POWER_FACTOR, ("sensor", None, "measurement", None, 2)),
        (points.BATTERY_CYCLES, ("sensor", None, "measurement", None, 0)),
        (points.STATUS_CODE, ("sensor", None, None, None, None)),
        (points.OPERATING_HOURS, ("sensor", "duration", "total_increasing", "h", 0)),
        (points.CO2_SAVED, ("sensor", "weight", "total", "kg", 1)),
        (points.TREES_SAVED, ("sensor", None, "total", None, 0)),
        (points.PROBLEM, ("binary_sensor", "problem", None, None, None)),
        (points.ONLINE, ("binary_sensor", "connectivity", None, None, None)),
        (points.LAST_UPDATE, ("sensor", "timestamp", None, None, None)),
        (points.FAULT, ("sensor", None, None, None, None)),
        (points.STATUS, ("sensor", "enum", None, None, None)),
        (Point("money_total", "Revenue", "EUR", Kind.TOTAL), ("sensor", "monetary", "total", "EUR", 2)),
        (Point("money_total", "Revenue", "€", Kind.TOTAL), ("sensor", "monetary", "total", "€", 2)),
        (Point("price", "Price", "EUR"), ("sensor", "monetary", "total", "EUR", 2)),
        (Point("ppm", "Soot", "ppm"), ("sensor", None, "measurement", "ppm", 0)),
        (Point("odd", "Odd", "kWh"), ("sensor", None, "measurement", "kWh", 2)),
        (Point("odd", "Odd", "W", Kind.COUNTER), ("sensor", None, "total_increasing", "W", 0)),
        (Point("manual", "Manual", kind=Kind.FLAG), ("binary_sensor", None, None, None, None)),
    ],
    ids=lambda value: value.key if isinstance(value, Point) else "",
)
def test_classes_follow_from_unit_and_kind(point: Point, expected: tuple[object, ...]) -> None:
    assert classes(point) == expected


@pytest.mark.parametrize("point", VOCABULARY.values(), ids=VOCABULARY)
@pytest.mark.parametrize("per_point", [False, True], ids=["json", "points"])
def test_every_point_of_the_vocabulary_makes_an_entity(point: Point, per_point: bool) -> None:  # noqa: FBT001 - a case
    component = entity(point, per_point=per_point)
    assert component["uniq_id"] == f"growatt_ABC123_{point.key}"
    assert component["qos"] == 1


def test_a_state_is_one_of_its_words_or_unknown() -> None:
    component = entity(Point("mode", "Mode", kind=Kind.STATE, words=("eco", "it's")))
    assert component["ops"] == ["eco", "it's", "unknown"]
    assert component["val_tpl"] == ("{{ value_json['mode'] if value_json['mode'] in ['eco','it\\'s'] else 'unknown' }}")


def test_a_topic_that_is_cleared_makes_no_error_in_home_assistants_log() -> None:
    assert entity(points.PROBLEM)["val_tpl"] == "{{ value_json['problem'] if value_json is defined else none }}"
    for point in (LIMIT, MODE, SWITCH):
        assert "value_json is defined" in str(entity(point, commands=True)["val_tpl"])
    account = availability(HA, ROOF)[1]
    assert account["t"] == "heliopost/account/home/state"
    assert "value_json is defined" in account["val_tpl"]


def test_a_state_without_known_words_is_text() -> None:
    component = entity(Point("mode", "Mode", kind=Kind.STATE))
    assert "dev_cla" not in component
    assert "ops" not in component


def test_the_tail_is_not_enabled_and_what_is_for_diagnosis_is_marked() -> None:
    assert entity(points.STATUS_CODE)["en"] is False
    assert entity(points.GRID_VOLTAGE)["ent_cat"] == "diagnostic"
    assert "en" not in entity(points.GRID_VOLTAGE)
    assert not {"en", "ent_cat"} & entity(points.PV_POWER).keys()


def test_a_topic_a_point_is_read_plain() -> None:
    component = entity(points.PV_POWER, per_point=True)
    assert component["stat_t"] == "heliopost/device/growatt_ABC123/pv_power"
    assert component["val_tpl"] == "{{ value or none }}"
    assert entity(points.PROBLEM, per_point=True)["pl_on"] == "on"
    assert entity(points.PROBLEM)["pl_on"] == "True"
    assert entity(points.FAULT, per_point=True)["val_tpl"] == "{{ value[:255] or none }}"


def test_the_owner_has_the_last_word() -> None:
    settings = HomeAssistantSettings.model_validate({
        "entities": {
            "*/pv_power": {"name": "Sun", "icon": "mdi:weather-sunny"},
            "growatt_ABC123/pv_power": {"enabled": False, "precision": 1, "category": "diagnostic"},
            "growatt_other/pv_power": {"name": "No"},
            "*/event": {"name": "News", "category": "primary", "enabled": False},
            "*/grid_voltage": {"category": "primary", "enabled": True},
        }
    })  # fmt: skip
    component = entity(points.PV_POWER, settings)
    wanted = {"name": "Sun", "ic": "mdi:weather-sunny", "en": False, "sug_dsp_prc": 1, "ent_cat": "diagnostic"}
    assert {key: component[key] for key in wanted} == wanted
    event = entities(settings).of(ROOF, {})["event"]
    assert (event["name"], event.get("ent_cat"), event["en"]) == ("News", None, False)
    assert "ent_cat" not in entity(points.GRID_VOLTAGE, settings)


def test_only_what_is_included_and_not_excluded_is_announced() -> None:
    known = {key: VOCABULARY[key] for key in ("pv_power", "load_power", "status")}
    settings = HomeAssistantSettings(include=("growatt_*/*_power",), exclude=("*/load_*",))
    assert list(entities(settings).of(ROOF, known)) == ["pv_power"]


def test_an_entity_named_like_its_device_bears_the_devices_name_alone() -> None:
    component = entities().of(device(name="Status"), {"status": points.STATUS})["status"]
    assert component["name"] is None


@pytest.mark.parametrize(("release", "both"), [("2025.4", True), ("2025.9", True), ("2025.10", False)])
def test_the_old_way_to_propose_an_entity_id_is_used_only_as_long_as_it_is_wanted(release: str, both: bool) -> None:  # noqa: FBT001 - a case
    component = entity(points.PV_POWER, HomeAssistantSettings(minimum_version=release))
    assert component["def_ent_id"] == "sensor.growatt_abc123_pv_power"
    assert ("obj_id" in component) is both


@pytest.mark.parametrize(
    ("text", "expected"), [("growatt_ABC-1", "growatt_abc_1"), ("__a--B__", "a_b"), ("ÄÖ", "unknown")]
)
def test_entity_ids_hold_small_letters_digits_and_single_lines(text: str, expected: str) -> None:
    assert slug(text) == expected


LIMIT = Point("charge_limit", "Charge up to", Unit.PERCENT, Kind.LEVEL, accepts=Range(10, 100, 1))
MODE = Point("mode", "Mode", kind=Kind.STATE, accepts=Choice(("eco", "fast")))
SWITCH = Point("grid_charging", "Charge from grid", kind=Kind.FLAG, accepts=Toggle())


def test_what_can_be_written_is_only_shown_while_commands_are_off() -> None:
    assert [entity(point)["p"] for point in (LIMIT, MODE, SWITCH)] == ["sensor", "sensor", "binary_sensor"]
    assert entity(MODE)["ops"] == ["eco", "fast", "unknown"]


def test_what_can_be_written_becomes_a_control_once_commands_are_on() -> None:
    number, select, switch = (entity(point, commands=True) for point in (LIMIT, MODE, SWITCH))
    assert (number["p"], number["min"], number["max"], number["step"], number["mode"]) == (
        "number",
        10,
        100,
        1,
        "slider",
    )
    assert number["cmd_t"] == "heliopost/device/growatt_ABC123/charge_limit/set"
    assert (select["p"], select["ops"]) == ("select", ["Eco", "Fast"])
    assert (switch["p"], switch["pl_on"], switch["stat_on"]) == ("switch", "on", "True")
    assert entity(SWITCH, commands=True, per_point=True)["stat_on"] == "on"
    assert {component["ent_cat"] for component in (number, select, switch)} == {"config"}
    assert entity(points.PV_POWER, commands=True)["p"] == "sensor"


def test_a_finer_step_than_home_assistant_knows_is_rounded_up() -> None:
    point = Point("fine", "Fine", "V", accepts=Range(0, 1, 0.0001))
    assert entity(point, commands=True)["step"] == 0.001


def test_a_control_keeps_no_category_if_the_owner_says_so() -> None:
    settings = HomeAssistantSettings.model_validate({"entities": {"*/charge_limit": {"category": "primary"}}})
    assert "ent_cat" not in entity(LIMIT, settings, commands=True)


UNITS = st.sampled_from([*Unit, "EUR", "€", "ppm", "kWp", "W/㎡", "℃", "t", "Ah", "KWH"])
WORDS = st.lists(st.text(max_size=12), max_size=4).map(tuple)
NUMBERS = st.floats(-1e6, 1e6) | st.integers(-100, 100)
DOMAINS = st.none() | st.builds(Range, NUMBERS, NUMBERS, NUMBERS) | st.builds(Choice, WORDS) | st.just(Toggle())
BOUNDS = st.none() | st.floats(-1e6, 1e6)
ANY_POINT = st.builds(
    Point,
    st.from_regex(r"\A[A-Za-z0-9_-]{1,20}\Z"),
    st.text(min_size=1, max_size=30),
    UNITS,
    st.sampled_from(Kind),
    st.sampled_from(Role),
    st.none() | st.integers(1, 32),
    WORDS,
    BOUNDS,
    BOUNDS,
    st.booleans(),
    DOMAINS,
)


@UNHURRIED
@given(
    point=ANY_POINT,
    release=st.sampled_from(["2025.4", "2025.7", "2026.5", "2026.11"]),
    per_point=st.booleans(),
    commands=st.booleans(),
)
def test_any_point_makes_a_valid_entity_or_is_refused_with_a_reason(
    *, point: Point, release: str, per_point: bool, commands: bool
) -> None:
    settings = HomeAssistantSettings(minimum_version=release)
    derived = entities(settings, per_point=per_point)
    components = derived.of(ROOF, {point.key: point}, offer(point) if commands else ())
    fault = refusal(components[point.key], settings.version)
    if fault is not None:
        assert fault.reason in {"options", "value", "template", "key"}
        assert point.accepts is not None or point.words or point.key == "event", fault
        return
    document = {
        "dev": device_block(ROOF, settings, BRIDGE),
        "o": {"name": "Heliopost"},
        "avty": list(availability(HA, ROOF)),
        "avty_mode": "all",
        "cmps": components,
    }
    assert document_refusal(HA.config(ROOF.id), document, settings.version, HA.discovery) is None


@UNHURRIED
@given(ANY_POINT.filter(lambda point: point.kind in NUMERIC))
def test_a_numeric_point_that_is_only_read_is_never_refused(point: Point) -> None:
    component = entities().of(ROOF, {point.key: point})[point.key]
    assert component["p"] == "sensor"
    assert refusal(component, Version(2025, 4)) is None


@UNHURRIED
@given(ANY_POINT.filter(lambda point: point.kind in BINARY))
def test_a_point_that_is_on_or_off_is_never_a_sensor(point: Point) -> None:
    component = entities().of(ROOF, {point.key: point})[point.key]
    assert component["p"] == "binary_sensor"


@UNHURRIED
@given(ANY_POINT)
def test_ids_and_topics_are_the_same_in_every_language(point: Point) -> None:
    english, german = (
        entities(HomeAssistantSettings(language=language)).of(ROOF, {point.key: point})[point.key]
        for language in ("en", "de")
    )
    assert {**english, "name": ""} == {**german, "name": ""}


def test_a_device_is_described_by_what_is_known_of_it() -> None:
    settings = HomeAssistantSettings(areas={ROOF.id: "Attic"})
    assert device_block(ROOF, settings, BRIDGE) == {
        "ids": ["growatt_ABC123"],
        "name": "Roof",
        "mf": "Growatt",
        "mdl": "MIN 5000TL-X",
        "sn": "ABC123",
        "sw": "GH1.0",
        "sa": "Attic",
        "via_device": "growatt_plant_1",
    }


def test_what_is_not_known_of_a_device_is_left_out() -> None:
    bare = device(
        "growatt_plant_1", kind=DeviceKind.PLANT, name="", model="", serial="9", manufacturer="", firmware="", via=None
    )
    assert device_block(bare, HomeAssistantSettings(), BRIDGE) == {
        "ids": ["growatt_plant_1"],
        "name": "9",
        "mf": "Growatt",
        "mdl": "Plant",
        "via_device": BRIDGE,
    }
