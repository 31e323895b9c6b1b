"""What is announced fits every release: what a newer one brought is used from then on, and not before."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.rules import document_refusal
from app.sinks.homeassistant.settings import Mode
from app.sinks.homeassistant.versions import parse_version
from app.store import Update
from simulator.clock import DrivenClock
from tests.homeassistant.factory import Rig
from tests.homeassistant.test_demo_devices import NOON, demo, signature

RELEASES = ("2025.4", "2025.10", "2026.2", "2026.6", "2026.11")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kinds() -> list[Update]:
    """One device of each kind of the demo."""
    rig = Rig()
    rig.clock = DrivenClock(NOON)
    known = [update for update in await demo(rig) if update.points]
    return list({signature(update): update for update in known}.values())


async def announced(kinds: list[Update], release: str, mode: Mode = "device") -> dict[str, dict[str, Any]]:
    """Return the documents for a release, by topic."""
    rig = Rig()
    rig.clock = DrivenClock(NOON)
    async with rig.running(HomeAssistantSettings(minimum_version=release, mode=mode)) as sink:
        for update in kinds:
            await sink.publish(update)
        await rig.settle()
    assert rig.metrics.registry.get_sample_value("heliopost_discovery_refused_total") is None
    return {topic: json.loads(payload) for topic, payload in rig.broker.retained.items()}


def components(documents: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [part for document in documents.values() for part in document["cmps"].values()]


@pytest.mark.parametrize("mode", ["device", "single"])
@pytest.mark.parametrize("release", RELEASES)
async def test_every_document_fits_its_release(kinds: list[Update], release: str, mode: Mode) -> None:
    documents = await announced(kinds, release, mode)
    version = parse_version(release)
    faults = {
        topic: fault
        for topic, document in documents.items()
        if (fault := document_refusal(topic, document, version, "homeassistant")) is not None
    }
    assert faults == {}
    assert len(documents) > len(kinds)


@pytest.mark.parametrize("release", RELEASES)
async def test_what_fits_the_oldest_release_is_taken_by_every_newer_one(kinds: list[Update], release: str) -> None:
    version = parse_version(release)
    for topic, document in (await announced(kinds, RELEASES[0])).items():
        # an old way to propose entity ids is passed over by releases that have dropped it
        bare = {
            **document,
            "cmps": {
                key: {name: value for name, value in part.items() if name != "obj_id"}
                for key, part in document["cmps"].items()
            },
        }
        assert document_refusal(topic, bare, version, "homeassistant") is None


async def test_the_proposal_of_entity_ids_follows_the_release(kinds: list[Update]) -> None:
    old = components(await announced(kinds, "2025.9"))
    new = components(await announced(kinds, "2025.10"))
    assert all("def_ent_id" in part for part in (*old, *new))
    assert all("obj_id" in part for part in old)
    assert not any("obj_id" in part for part in new)


async def test_a_document_for_a_newer_release_says_nothing_that_an_older_one_refuses(kinds: list[Update]) -> None:
    oldest = parse_version(RELEASES[0])
    for topic, document in (await announced(kinds, RELEASES[-1])).items():
        assert document_refusal(topic, document, oldest, "homeassistant") is None
