"""Our rules and the real schemas agree: what Home Assistant refuses or warns of, we refuse; the rest is listed here."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest_asyncio

from app.model import Setting, Value
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.rules import document_refusal
from app.sinks.homeassistant.tables import (
    AVAILABILITY_KEYS,
    CLASSES,
    COMMON_KEYS,
    DEVICE_KEYS,
    ORIGIN_KEYS,
    PLATFORMS,
    ROOT_KEYS,
    SENSOR_CLASSES,
    SINCE,
    STATE_CLASSES,
    UNTIL,
)
from app.sinks.homeassistant.versions import OLDEST, Version
from app.sinks.mqtt import plain, state
from app.store import Update
from simulator.clock import DrivenClock
from tests.homeassistant.factory import Rig, device, found
from tests.homeassistant.test_controls import ALL
from tests.homeassistant.test_demo_devices import NOON, demo
from tests.homeassistant.test_entities import offer
from trials.homeassistant.releases import Release
from trials.homeassistant.schemas import Case, Verdict, judge, month, tables
from trials.homeassistant.schemas_mutants import Mutant, Mutants

STRICTER: Final = {
    "passed over without a word, so that what was meant would be missing":
        r"[.](colour|device|dev|o|cmps) = 'unknown'|[.](vis|msg_exp_int|obj_id) = 'early or late'"
        r"|^availability[.]colour|^root[.]cdevs",
    "read as what was probably meant (5 as text, 1 as true, 1.5 as 1, POWER as power); of ours it would be a slip":
        r" = (-?[0-9.]+|true|'1'|'5') -> (value|topic|device|origin|availability|options)"
        r"|[.]dev_cla = 'POWER'|[.]ic = ",
    "put right or passed over, so that ids would be others than documented": r"[.]def_ent_id = |[.]uniq_id = ''",
    "taken, but not written by us: all is utf-8": r"[.]e = ",
    "taken, but a value would come from many topics": r"[.](stat_t|json_attr_t|t) = '(a/[+]/b|judge-nowhere/#)'",
    "taken, but availability would hang on nothing, or on the last of several topics": r"[.]avty = |[.]avty_mode = ",
    "taken, but there would be nothing to choose from, or an option that can never be shown":
        r"[.](ops|evt_typ) = ",
    "taken, but a switch or sensor could never be off": r"[.](pl_on|pl_off) = ",
    "taken, but nothing that is only read is a setting": r"^event[.]ent_cat = 'config'",
    "taken for a number, though the frontend converts what is no such unit": r"^number[.](\w+[.]unit|unit_of_meas) = ",
    "taken, but a limit between whole values or without its other end was not meant":
        r"^(number|text)[.](min|max|step) = ",
    "said only when a value comes, which this document had none of": r"^sensor(:total)?[.](unit_of_meas|stat_cla) = ",
    "text that only looks like a template": r"[.]val_tpl = 'a}}'",
    "taken, but a document without components announces nothing": r"^root[.]cmps = ",
    "of no use to us, and no release before 2026.6 knows it": r"^root[.]msg_exp_int = ",
    "a unit of millionths, which no inverter counts in (the sign for it changed in 2025.10)":
        r"^sensor[.]voltage[.]unit = 'µV'",
    "taken, but money needs a currency": r"^sensor[.]monetary[.]unit = ''",
    "an origin must say whose it is": r"^origin[.]name = ''",
}  # fmt: skip
"""Why we refuse what Home Assistant takes, and what: patterns of `where = what -> our reason`."""

MICRO: Final = frozenset({"µV", "μV", "μA", "µg", "μg"})
UNITS_LEFT_OUT: Final[Mapping[str, frozenset[str]]] = {
    "voltage": MICRO, "current": MICRO, "weight": MICRO, "energy_storage": frozenset({"thm"}),
    "wind_speed": frozenset({"mm/s", "in/s", "m/min", "Beaufort"}),
}  # fmt: skip
"""Units of Home Assistant that no inverter, logger or weather station of these vendors uses."""
ALIASES: Final = {"VAr": "var", "kVAr": "kvar", "VArh": "varh", "kVArh": "kvarh"}
"""Units that Home Assistant reads as another before it looks them up (since 2026.2)."""
KEYS_LEFT_OUT: Final = frozenset({
    "availability_topic", "availability_template", "payload_available", "payload_not_available",  # the list does it
    "device", "origin",  # stand at the root, or are added there
    "entity_picture", "group",
    "message_expiry_interval",  # of what only reads: nothing would be sent that could expire
    "optimistic", "child_devices",
})  # fmt: skip
"""Keys of Home Assistant that we have no use for."""
LANGUAGES: Final = ("de", "nl", "fr", "es", "it", "pt", "pl")

Judged = list[tuple[Mutant, str | None, Verdict]]


def _refused(case: Case, version: Version) -> str | None:
    fault = document_refusal(case.topic, case.document, version, "homeassistant")
    return fault and fault.reason


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def judged(release: Release) -> Judged:
    """Every mutant, why we refuse it, and what Home Assistant makes of it."""
    mutants = Mutants(month(release)).all()
    verdicts = await judge(release, [mutant.case for mutant in mutants])
    return [
        (mutant, _refused(mutant.case, month(release)), verdict)
        for mutant, verdict in zip(mutants, verdicts, strict=True)
    ]


async def test_what_is_right_is_right_for_both(judged: Judged) -> None:
    bases = [(mutant.case.name, ours, verdict) for mutant, ours, verdict in judged if mutant.what == "right"]
    assert len(bases) >= 11
    assert [(name, ours, verdict.complaints) for name, ours, verdict in bases if ours or not verdict.fine] == []


async def test_whatever_home_assistant_refuses_or_warns_of_we_refuse(judged: Judged) -> None:
    assert len(judged) > 3000
    assert sum(not verdict.fine for *_, verdict in judged) > 1000
    missed = [
        (mutant.case.name, verdict.complaints) for mutant, ours, verdict in judged if not ours and not verdict.fine
    ]
    assert missed == []


async def test_whatever_we_refuse_and_home_assistant_takes_has_a_reason(judged: Judged, release: Release) -> None:
    stricter = [f"{mutant.case.name} -> {ours}" for mutant, ours, verdict in judged if ours and verdict.fine]
    used: Counter[str] = Counter()
    unexplained = []
    for line in stricter:
        reasons = [reason for reason, pattern in STRICTER.items() if re.search(pattern, line)]
        used.update(reasons)
        if not reasons:
            unexplained.append(line)
    assert unexplained == []
    print(f"\n{release.version}: {len(judged)} documents, {len(stricter)} of them refused by us alone: {dict(used)}")


# The tables themselves


def _long(keys: frozenset[str], words: Mapping[str, str]) -> set[str]:
    return {words.get(key, key) for key in keys}


def _known(keys: frozenset[str], version: Version) -> frozenset[str]:
    later = {key for key, since in SINCE.items() if since > version}
    return keys - later - {key for key, until in UNTIL.items() if until <= version} - {"p"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def theirs(release: Release) -> dict[str, Any]:
    """What the release says of itself."""
    return await tables(release)


async def test_our_device_classes_are_theirs_with_their_units_and_state_classes(
    release: Release, theirs: dict[str, Any]
) -> None:
    version, wrong = month(release), []
    for name, row in SENSOR_CLASSES.items():
        if (name in theirs["classes"]["sensor"]) != (row.since <= version):
            wrong.append(f"{name}: since {row.since}?")
            continue
        if row.since > version:
            continue
        if name in theirs["units"] and row.units is not None:
            ours = {ALIASES.get(unit, unit) if version >= Version(2026, 2) else unit
                    for unit, since in row.units.items() if since <= version}  # fmt: skip
            left = set(theirs["units"][name]) - UNITS_LEFT_OUT.get(name, frozenset())
            wrong += [f"{name}: {unit!r} is {'ours' if unit in ours else 'theirs'} alone" for unit in ours ^ left]
        if set(theirs["states"].get(name, ())) - {"measurement_angle"} != row.states:
            wrong.append(f"{name}: state classes {theirs['states'].get(name)}")
        plain = row.units is None or set(row.units) == {""}
        if name not in theirs["units"] and not plain:
            wrong.append(f"{name}: has no units there")
    assert wrong == []
    assert set(theirs["state_classes"]) == STATE_CLASSES


async def test_the_classes_of_the_other_platforms_are_theirs(theirs: dict[str, Any]) -> None:
    for platform, classes in CLASSES.items():
        assert classes <= set(theirs["classes"][platform]), platform
    for name, units in theirs["number_units"].items():
        assert units == theirs["units"].get(name), f"a number's {name} is checked like a sensor's"


async def test_our_platforms_and_keys_are_theirs(release: Release, theirs: dict[str, Any]) -> None:
    version, words = month(release), theirs["long"]
    assert {name for name, row in PLATFORMS.items() if row.since <= version} == theirs["platforms"].keys()
    for name, schema in theirs["platforms"].items():
        row = PLATFORMS[name]
        ours = _long(_known(COMMON_KEYS | row.needs | row.takes, version), words)
        # an entity id may be proposed to every release: one that does not know the key passes over it
        assert ours - set(schema["keys"]) <= ({"def_ent_id"} if version < Version(2025, 10) else set()), name
        assert set(schema["keys"]) - ours <= KEYS_LEFT_OUT, name
        assert _long(row.needs, words) == set(schema["needs"]), name


async def test_our_keys_of_the_document_are_theirs(theirs: dict[str, Any]) -> None:
    roots = {"dev": "device", "o": "origin", "cmps": "components"}
    ours = _long(ROOT_KEYS, {**theirs["long"], **roots})
    assert ours <= set(theirs["root"]["keys"])
    assert set(theirs["root"]["keys"]) - ours <= KEYS_LEFT_OUT
    assert _long(DEVICE_KEYS, theirs["long_device"]) == set(theirs["device"]["keys"])
    assert _long(ORIGIN_KEYS, theirs["long_origin"]) == set(theirs["origin"]["keys"])
    assert _long(AVAILABILITY_KEYS, theirs["long"]) == set(theirs["availability"])


# What is really announced


async def _announced(updates: list[Update], marker: str, settings: HomeAssistantSettings, **parts: Any) -> list[Case]:
    """Return the documents of a whole park, as entities of their own among those of other settings."""
    rig = Rig()
    rig.clock = DrivenClock(NOON)
    async with rig.running(settings, **parts) as sink:
        for update in updates:
            await sink.publish(update)
        await rig.after(3600)
    assert rig.metrics.registry.get_sample_value("heliopost_discovery_refused_total") is None
    states = {f"heliopost/device/{update.device.id}/state": state(update) for update in updates}
    return [
        _apart(Case(f"{marker}: {topic}", topic, json.loads(payload), states if not number else {}), marker)
        for number, (topic, payload) in enumerate(sorted(rig.broker.retained.items()))
        if topic.startswith("homeassistant/")
    ]


def _apart(case: Case, marker: str) -> Case:
    """Return the document with other identities; nothing else of it is changed."""

    def component(part: Mapping[str, Any]) -> dict[str, Any]:
        changed = {**part, "uniq_id": f"{marker}_{part['uniq_id']}"}
        if "def_ent_id" in part:
            platform, _, name = part["def_ent_id"].partition(".")
            changed["def_ent_id"] = f"{platform}.{marker}_{name}"
        if "obj_id" in part:
            changed["obj_id"] = f"{marker}_{part['obj_id']}"
        return changed

    document = dict(case.document)
    block = {**document["dev"], "ids": [f"{marker}_{name}" for name in document["dev"]["ids"]]}
    if "via_device" in block:
        block["via_device"] = f"{marker}_{block['via_device']}"
    if "cmps" in document:
        document["cmps"] = {key: component(part) for key, part in document["cmps"].items()}
    else:
        document = component(document)
    prefix, platform, rest = case.topic.split("/", 2)
    return Case(case.name, f"{prefix}/{platform}/{marker}_{rest}", {**document, "dev": block}, case.states)


def _news(cases: list[Case]) -> list[Case]:
    """Return the documents without components of a point that an earlier one has: only the device would differ."""
    seen: set[str] = set()
    short = []
    for case in cases:
        if "cmps" not in case.document:
            if (point := case.topic.split("/")[-2]) not in seen:
                seen.add(point)
                short.append(case)
            continue
        parts = {key: part for key, part in case.document["cmps"].items() if key not in seen}
        seen |= parts.keys()
        if parts:
            short.append(Case(case.name, case.topic, {**case.document, "cmps": parts}, case.states))
    return short


async def test_every_document_of_the_demo_park_is_taken(release: Release) -> None:
    rig = Rig()
    rig.clock = DrivenClock(NOON)
    updates = await demo(rig)
    version = str(month(release))
    cases = await _announced(updates, "oldest", HomeAssistantSettings(minimum_version=str(OLDEST)))
    if month(release) > OLDEST:
        cases += _news(await _announced(updates, "newest", HomeAssistantSettings(minimum_version=version)))
    settings = HomeAssistantSettings(minimum_version=version, mode="single")
    cases += _news(await _announced(updates, "single", settings))
    for language in LANGUAGES:
        settings = HomeAssistantSettings(minimum_version=version, language=language)
        cases += _news(await _announced(updates, language, settings))
    verdicts = await judge(release, cases)
    wrong = [
        (case.name, verdict.complaints[:3]) for case, verdict in zip(cases, verdicts, strict=True) if not verdict.fine
    ]
    assert wrong == []
    assert sum(case.expected for case in cases) > 3000
    print(
        f"\n{release.version}: {len(cases)} documents with {sum(case.expected for case in cases)} entities, all taken"
    )


GOOD: Final[Mapping[str, Value | None]] = {
    "charge_rate": 80, "priority": "grid_first", "charge_period1_start": "07:30", "charge_period1_enabled": True,
    "device_clock": "2026-11-21 18:00:00", "note": "a1",
}  # fmt: skip
STRANGE: Final[Mapping[str, Value | None]] = {
    "charge_rate": 101, "priority": "never heard of", "charge_period1_start": "7:5", "charge_period1_enabled": None,
    "device_clock": "now", "note": "",
}  # fmt: skip
"""What a device may have that its controls would not take: said to Home Assistant it would be an error."""


def _shown(update: Update) -> dict[str, str]:
    """Return the values of a device as they are published, each on a topic of its own."""
    return {f"heliopost/device/{update.device.id}/{key}": plain(value) for key, value in update.values.items()}


async def test_controls_are_taken_with_either_layout_of_states(release: Release) -> None:
    points = {point.key: point for point in ALL if point.key in GOOD}
    updates = [
        replace(found(device(f"growatt_{name}{number}", zone=zone), points), values=values)
        for name, values in {"good": GOOD, "strange": STRANGE, "unknown": dict.fromkeys(GOOD)}.items()
        for number, zone in enumerate((None, ZoneInfo("Europe/Berlin")))
    ]

    def offered(_: object) -> tuple[Setting, ...]:
        return offer(*ALL)

    cases = []
    for version in {str(OLDEST), str(month(release))}:
        settings = HomeAssistantSettings(minimum_version=version)
        for layout in ("json", "points"):
            marker = f"{layout}_{version.replace('.', '_')}"
            cases += await _announced(updates, marker, settings, offered=offered, layout=layout)
    states = {topic: value for update in updates for topic, value in _shown(update).items()}
    cases[-1] = replace(cases[-1], states={**cases[0].states, **states})
    platforms = {part["p"] for case in cases for part in case.document["cmps"].values()}
    assert platforms >= {"number", "select", "switch", "button", "text", "event"}
    assert ({"time", "datetime"} <= platforms) is (month(release) >= PLATFORMS["time"].since)
    verdicts = await judge(release, cases)
    assert [verdict.complaints for verdict in verdicts if not verdict.fine] == []
