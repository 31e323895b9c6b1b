"""Recorded answers of the token API: nothing that they tell is lost."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.model import Device, Reading
from app.providers.growatt.families import Family
from app.providers.growatt.openapi import families
from app.providers.growatt.openapi.asker import moment_text, picked
from app.providers.growatt.openapi.families import FEEDS, NUMBERS, WORDS
from app.providers.growatt.reader import Known
from app.providers.growatt.shapes import STAMPS
from app.providers.growatt.times import CHINA, wall
from app.rows import number
from tests.providers.growatt.kit import Cloud
from tests.providers.growatt_openapi.kit import House, recording, recordings

ANSWERS: dict[str, tuple[Family, str]] = {
    "tlx__v1_energy": (families.MIN, "values"),
    "tlx__v1_settings": (families.MIN, "settings"),
    "mix__v1_energy": (families.SPH, "values"),
    "mix__v1_details": (families.SPH, "settings"),
    "spa__v1_details": (families.SPA, "settings"),
    "storage__v1_energy": (families.STORAGE, "values"),
    "storage__v1_details": (families.STORAGE, "settings"),
    "max__v1_energy": (families.MAX, "values"),
    "max__v1_details": (families.MAX, "settings"),
    "inverter__v1_energy": (families.INVERTER, "values"),
    "inverter__v1_details": (families.INVERTER, "settings"),
    "pcs__v1_energy": (NUMBERS["8"], "values"),
    "hps__v1_energy": (NUMBERS["9"], "values"),
    "pbd__v1_energy": (NUMBERS["10"], "values"),
    "smart_meter__v1_energy": (families.METER, "values"),
    "plant__v1_energy_overview": (families.PLANT, "plants"),
    "plant__v1_details": (families.PLANT, "settings"),
    "wit__v4_energy_v4": (families.WIT, "values"),
    "wit__v4_details_v4": (families.WIT, "settings"),
    "sph-s__v4_energy_v4": (families.SPHS, "values"),
    "noah__v4_energy_v4": (families.NOAH, "values"),
    "noah__v4_queryLastData": (families.NOAH, "values"),
    "noah__v4_details_v4": (families.NOAH, "settings"),
}
"""What was recorded, and with which source it is read."""

UNUSED = {
    "datalogger__v1_list_env_sensors": "sensors for the weather are not read",
    "env_sensor__v1_metrics": "sensors for the weather are not read",
    "groboost__v1_metrics": "GroBoost is not read: its answers hold no unit that is known",
    "hps__v1_details": "facts and settings of machines of which nobody has told more",
    "pcs__v1_details": "facts and settings of machines of which nobody has told more",
    "pbd__v1_details": "facts and settings of machines of which nobody has told more",
    "device__v1_create_date": "nothing measured",
    "device__v1_energy_day": "a part of what the values tell",
    "device__v1_get_datalogger": "the list of devices tells it",
    "mix__v1_soc": "a part of what the values tell",
    "spa__v1_soc": "a part of what the values tell",
    "tlx__v1_soc": "a part of what the values tell",
    "vpp__v1_soc": "a part of what the values tell",
    "plant__v1_power": "a chart",
    "plant__v1_fixture_plant_power": "a chart",
    "plant__v1_fixture_plant_energy": "a chart",
    "plant__v1_list_by_user": "needs the owner's name",
    "plant__v1_user_plant_list": "needs the owner's name",
    "user__v1_list": "who has which account",
    "user__v1_user_c_user_list": "who has which account",
}
"""Recorded answers to calls that are not made, and why."""
PARTS = {
    "plant__v1_list", "plant__v1_fixture_plant_list", "plant__v1_list_devices", "plant__v1_plant_sn_plant",
    "device__v1_get_plant", "device_list__v1_device_list", "device_list__v1_device_list_empty",
    "device_list__v1_fixture_device_list", "datalogger__v1_list_smart_meters",
    "tlx__v1_setting_read", "storage__v1_readStorageParam", "tlx__v4_setting_read_vpp_param", "tlx__v4_power",
    "tlx__v4_wifi_strength", "sph-s__v4_details_v4", "tlx__v1_fixture_min_inverter",
}  # fmt: skip
"""Lists, single values and empty answers, which other tests read."""


def source(family: Family, feed: str) -> Any:
    return next(each for each in family.sources if each.feed.name == feed and each.catalogue is not None)


async def decoded(
    server: Cloud, house: House, name: str, family: Family, feed: str
) -> tuple[Mapping[str, Any], list[Reading]]:
    """Return what a recorded answer holds, and the readings that are made of it by the whole provider."""
    answer = recording(name)
    found = source(family, feed)
    fields = picked(found.call, answer["data"], "")
    moment = answer_time(fields)
    if moment is not None:
        house.clock.time = moment
    async with house.provider(server.address, timezone="Asia/Shanghai") as provider:
        device = Device("growatt_X", "home", family.kind, "X", serial=str(fields.get("deviceSn") or "X"))
        known = Known(device, family, "11", device.serial)
        provider._asker.extras[device.serial] = {"logger": "L", "address": "1"}
        server.answers[found.call.path] = answer
        feeds = {each.name: each for each in FEEDS}
        readings, errors = await provider._reader.read(known, feeds[feed])
        assert [error for error in errors if found.call.about in str(error)] == []
    return fields, readings


def answer_time(fields: Mapping[str, Any]) -> datetime | None:
    for name in STAMPS:
        naive = wall(moment_text(fields.get(name)) or fields.get(name))
        if naive is not None:
            return naive.replace(tzinfo=CHINA).astimezone(UTC) + timedelta(minutes=2)
    return None


@pytest.mark.parametrize("name", ANSWERS)
async def test_every_number_of_a_recorded_answer_is_found_again(server: Cloud, house: House, name: str) -> None:
    family, feed = ANSWERS[name]
    fields, readings = await decoded(server, house, name, family, feed)
    catalogue = source(family, feed).catalogue
    values = [reading.value for reading in readings if isinstance(reading.value, float)]
    words = {str(reading.value) for reading in readings}
    keys = {reading.point.key for reading in readings}
    absent = {key for keys_of in family.part_keys.values() for key in keys_of} - keys
    rows = {field: row for row in catalogue.rows for field in row.fields}
    told = 0
    for field, raw in fields.items():
        value = number(raw)
        if field in catalogue.ignored or value is None or isinstance(raw, (str, bool)):
            continue
        told += 1
        points = [row.point.key for row in catalogue.rows if field in row.fields]
        if points and all(key in absent for key in points):
            continue  # of a part that this device has not
        scaled = {abs(value * getattr(row, "scale", 1)) for row in catalogue.rows if field in row.fields} | {abs(value)}
        near = any(abs(abs(each) - want) <= max(1e-3, want * 1e-6) for each in values for want in scaled)
        row = rows.get(field)
        assert near or (row is not None and row.point.key in keys) or f"{value:g}" in words, (field, raw)
    assert told


def test_every_recorded_answer_of_a_call_is_used_or_has_a_reason() -> None:
    names = {path.name.removesuffix("__01.json") for path in recordings().glob("*__v[14]_*__01.json")}
    marks = ("_alarms", "v1_error", "plant__v1_add", "plant__v1_mod", "_write", "delete", "remove")
    aside = {name for name in names if any(mark in name for mark in marks)}
    older = ("inverter", "max", "mix", "spa", "storage", "tlx")
    newer = {f"{family}__v4_{what}" for family in older for what in ("details_v4", "energy_v4")}
    assert names - aside - newer - set(ANSWERS) - set(UNUSED) - PARTS == set()


@pytest.mark.parametrize("name", ["tlx", "mix", "spa", "storage", "max", "inverter"])
def test_v4_tells_of_the_older_families_in_the_same_names(name: str) -> None:
    """So whatever V1 has is enough: V4 is asked for what V1 lacks."""
    kind = {"tlx": "min", "mix": "sph", "inverter": "inv"}.get(name, name)
    data = recording(f"{name}__v4_energy_v4")["data"]
    [fields] = next(iter(data.values()))
    family = WORDS[kind]
    catalogue = source(family, "values").catalogue
    known = {row.point.key for row in catalogue.rows if any(field in fields for field in row.fields)}
    assert len(known) > 20
