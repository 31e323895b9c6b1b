"""Snapshots: what can be set on every kind of device in the demo, as a person finds it in Home Assistant."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
import pytest_asyncio
from syrupy.assertion import SnapshotAssertion

from app.model import Choice
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.controls import settable
from app.sinks.homeassistant.names import LABELS
from app.sinks.homeassistant.rules import CONTROLS
from app.sinks.homeassistant.settings import EntityOverride, Language
from app.sinks.homeassistant.translations import TRANSLATIONS
from app.store import Update
from simulator.clock import DrivenClock
from tests.homeassistant.factory import HA, Rig
from tests.homeassistant.test_demo_devices import NOON, Offers, demo, lines, shorn

MOST = 35
"""Controls of one device that are enabled by themselves: a page that can still be read."""
Park = tuple[list[Update], Offers]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def park() -> Park:
    """The demo's devices, and what can be set on each."""
    rig, offers = Rig(), Offers()
    rig.clock = DrivenClock(NOON)
    return await demo(rig, offers), offers


def kinds(park: Park) -> Iterator[Update]:
    """Return one device of each kind on which something can be set."""
    seen = set()
    for update in park[0]:
        keys = tuple(settable(park[1][update.device.id]))
        if keys and keys not in seen:
            seen.add(keys)
            yield update


async def announced(park: Park, settings: HomeAssistantSettings) -> dict[str, dict[str, Any]]:
    """Return the controls of each kind of device."""
    rig = Rig()
    rig.clock = DrivenClock(NOON)
    updates = list(kinds(park))
    async with rig.running(settings, offered=lambda device: park[1][device.id]) as sink:
        for update in updates:
            await sink.publish(update)
        await rig.settle()
    assert rig.metrics.registry.get_sample_value("heliopost_discovery_refused_total") is None
    found: dict[str, dict[str, Any]] = {}
    for update in updates:
        topics = [topic for topic in rig.broker.retained if topic.startswith(HA.config(update.device.id)[:-7])]
        parts = {key: part for topic in topics for key, part in rig.broker.document(topic)["cmps"].items()}
        found[update.device.id] = {key: part for key, part in parts.items() if part["p"] in CONTROLS}
    return found


@pytest.mark.parametrize("release", ["2025.4", "2026.11"])
async def test_what_can_be_set_on_every_kind_of_device(park: Park, snapshot: SnapshotAssertion, release: str) -> None:
    for device_id, controls in (await announced(park, HomeAssistantSettings(minimum_version=release))).items():
        if release == "2026.11":
            controls = {key: part for key, part in controls.items() if part["p"] in {"time", "datetime"}}  # noqa: PLW2901 - the rest is the same
            shown = {key: part["name"] for key, part in controls.items()}
        else:
            same = {"cmd_t", "cmd_tpl", "json_attr_t", "json_attr_tpl"}
            parts = {key: shorn(device_id, key, part) for key, part in controls.items()}
            shown = {key: {name: part[name] for name in part if name not in same} for key, part in parts.items()}
        assert "\n".join(lines(shown)) == snapshot(name=f"{release} {device_id}")


async def test_a_page_can_still_be_read(park: Park) -> None:
    pages = await announced(park, HomeAssistantSettings())
    assert len(pages) > 5
    enabled = {device_id: sum("en" not in part for part in parts.values()) for device_id, parts in pages.items()}
    assert 0 < min(enabled.values()) <= max(enabled.values()) <= MOST


async def test_nothing_on_a_page_stops_a_device_by_a_slip(park: Park) -> None:
    """Nor is what is set once in a plant's life on its page, until it is enabled there."""
    pages = await announced(park, HomeAssistantSettings())
    kept = {"plant_time_zone", "plant_currency", "energy_price", "co2_factor", "plant_rated_power"}
    found = {(key, part.get("en")) for parts in pages.values() for key, part in parts.items() if key in kept}
    assert found == {(key, False) for key in kept}
    switches = [part.get("en") for parts in pages.values() for key, part in parts.items() if "switched_on" in key]
    assert switches
    assert set(switches) == {False}
    wanted = HomeAssistantSettings(entities={"*/switched_on": EntityOverride(enabled=True)})
    again = [parts["switched_on"] for parts in (await announced(park, wanted)).values() if "switched_on" in parts]
    assert [part for part in again if "en" in part] == []


async def test_two_controls_of_a_device_never_bear_the_same_name(park: Park) -> None:
    for language in get_args(Language):
        for device_id, parts in (await announced(park, HomeAssistantSettings(language=language))).items():
            names = [part["name"] for part in parts.values()]
            assert len(set(names)) == len(names), (language, device_id)


def test_whatever_is_enabled_reads_in_every_language(park: Park) -> None:
    points = [found.point for offered in park[1].values() for found in settable(offered).values() if found.enabled]
    words = {word for point in points if isinstance(point.accepts, Choice) for word in point.accepts.options}
    labels = {LABELS.get(word, word.replace("_", " ").capitalize()) for word in words}
    assert "Battery first" in labels
    for language in TRANSLATIONS.keys() - {"en"}:
        assert sorted(({point.name for point in points} | labels) - TRANSLATIONS[language].keys()) == [], language
