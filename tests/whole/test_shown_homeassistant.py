"""What Home Assistant sees when it starts while the bridge is still announcing."""

import asyncio
import json
from collections import Counter
from pathlib import Path

from simulator.growatt import fleet
from tests.broker import Ear, Heard, Mosquitto
from tests.whole.program import LIMIT, bridge, configure, simulated

PLANTS = 5
QUICK = {"pace": 20, "settle": "0.2s", "birth_jitter": "0s"}
"""At this pace the announcements of the plants take most of a second."""


def announcements(heard: list[Heard]) -> list[Heard]:
    return [said for said in heard if said.topic.startswith("homeassistant/device/") and said.topic.endswith("/config")]


async def until(ear: Ear, count: int) -> None:
    """Wait until so many devices have been announced."""
    async with asyncio.timeout(LIMIT), ear.news:
        await ear.news.wait_for(lambda: len({said.topic for said in announcements(ear.heard)}) >= count)


async def test_a_start_in_the_middle_of_the_announcements_is_told_everything_once_more(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with simulated(plants=fleet(PLANTS)) as (_, url), mosquitto.ear() as ear:
        file = configure(tmp_path, mosquitto.port, url, homeassistant=QUICK)
        async with bridge(file) as program:
            await until(ear, 3)
            early = len({said.topic for said in announcements(ear.heard)})
            begin = len(ear.heard)
            await ear.say("homeassistant/status", "online")
            line = await program.says("home_assistant_started")
            devices = json.loads((await program.page("/api/devices"))[1])["devices"]
            await ear.say("heliopost/bridge/request/poll", "{}")  # what was said before its answer has been heard
            await ear.hears("heliopost/bridge/response/poll")
            heard = ear.heard[begin:]
            await program.stop()
    told = announcements(heard)
    assert early < len(devices) == line["devices"]  # it was in the middle
    times = Counter(said.topic for said in told)
    assert max(times.values()) <= 3, times  # no storm: what grew meanwhile is said again, and once more for late ears
    assert sum(topic.split("/")[2].startswith("heliopost_") for topic in times) == 1  # the bridge's own device
    for device in devices:
        documents = {said.topic: json.loads(said.payload)["cmps"] for said in told if owner(said) == device["id"]}
        announced = {key for components in documents.values() for key in components}
        assert device["points"].keys() <= announced, device["id"]  # no device is lost, each is told in full
        last = max(number for number, said in enumerate(heard) if said.topic in documents)
        state = f"heliopost/device/{device['id']}/state"
        assert state in {said.topic for said in heard[last:]}  # with its values for whoever listens only from then on
    assert program.complaints == []


def owner(said: Heard) -> str:
    """Return the device of an announcement, which may be one of several parts."""
    return said.topic.split("/")[2].partition("-part")[0]
