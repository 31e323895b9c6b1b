"""docker-compose.yml, brought up by the real docker compose; what stands in for what: docs/install/compose.md."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import aiomqtt
import pytest

from trials.image import bases
from trials.image.engine import Engine, until
from trials.image.machine import Unavailable
from trials.image.stack import Stack, house, settled

ALWAYS: Final = ("heliopost-demo", "simulator", "mosquitto", "prometheus", "grafana", "homeassistant")
WRITES: Final = {"homeassistant"}
"""Whose reason not to be read-only stands in the compose file."""
DEVICES: Final = 1000
EACH: Final = 4
"""Retained messages of a device: discovery, state, availability, attributes."""


@pytest.fixture(scope="module")
def demo(engine: Engine, image: str) -> Iterator[Stack]:  # noqa: ARG001 - the image must be there
    """`docker compose --env-file deploy/demo.env up`, with no account and no configuration, until all are well."""
    try:
        for make in (bases.broker, bases.prometheus, bases.grafana, bases.home_assistant):
            make(engine)
    except Unavailable as error:
        pytest.skip(str(error))
    with house(engine, demo=True) as stack:
        stack.up(limit=600)
        settled(stack, *ALWAYS)
        yield stack


def test_one_command_brings_everything_up_and_all_are_well(demo: Stack) -> None:
    until(lambda: demo.running()["homeassistant-setup"] == "ended 0", "the end of the set-up")
    settled(demo, *ALWAYS)
    assert {*demo.running()} == {*ALWAYS, "homeassistant-setup"}


@pytest.mark.parametrize("service", ALWAYS)
def test_every_container_runs_as_the_file_asks(demo: Stack, service: str) -> None:
    asked = json.loads(demo.compose("config", "--format", "json"))["services"][service]
    host = demo.engine.inspect(demo.container(service).name)["HostConfig"]
    assert host["Memory"] == int(asked["mem_limit"])
    assert host["PidsLimit"] == asked["pids_limit"]
    assert host["NanoCpus"] == asked["cpus"] * 1e9
    assert host["ReadonlyRootfs"] is (service not in WRITES)
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    code, status = demo.container(service).exec("cat", "/proc/1/status")
    assert code == 0, status
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {fields[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"
    assert (fields["Uid"].split()[0] == "0") is (service in WRITES)


def test_the_states_of_the_simulated_park_are_on_the_broker(demo: Stack) -> None:
    def look() -> dict[str, str]:
        states = demo.heard("homeassistant", "heliopost/device/+/state", seconds=2)
        return states if len(states) >= 10 else {}

    states = until(look, "ten devices")
    assert all("measured_at" in json.loads(state) for state in states.values())
    assert any("pv_power" in json.loads(state) for state in states.values())
    said = demo.heard("homeassistant", "heliopost/bridge/state", seconds=2)
    assert said == {"heliopost/bridge/state": "online"}


def test_home_assistant_shows_them(demo: Stack) -> None:
    token = demo.owner()

    def look() -> list[dict[str, Any]]:
        states = demo.ask("homeassistant", "/api/states", token=token)
        return [
            state
            for state in states
            if state["attributes"].get("device_class") in ("power", "energy")
            and state["state"] not in ("unknown", "unavailable")
        ]

    assert len(until(lambda: len(look()) > 50 and look(), "fifty powers and energies with a value")) > 50


def test_prometheus_reads_the_bridge_with_the_token(demo: Stack) -> None:
    def target() -> dict[str, Any] | None:
        (found,) = demo.ask("prometheus", "/api/v1/targets")["data"]["activeTargets"]
        return found if found["health"] == "up" else None

    assert until(target, "the target")["lastError"] == ""
    rules = demo.ask("prometheus", "/api/v1/rules")["data"]["groups"]
    assert rules
    assert [rule for group in rules for rule in group["rules"] if rule["health"] == "err"] == []
    flags = demo.ask("prometheus", "/api/v1/status/flags")["data"]
    assert (flags["storage.tsdb.retention.time"], flags["storage.tsdb.retention.size"]) == ("5y", "10GiB")


def test_grafana_finds_all_it_is_given(demo: Stack) -> None:
    assert demo.ask("grafana", "/api/health") == {"database": "ok", "wrong": []}


def test_the_bridge_asks_for_its_token(demo: Stack) -> None:
    with pytest.raises(OSError, match="401"):
        demo.ask("heliopost", "/api/devices")
    assert demo.ask("heliopost", "/api/devices", token=demo.secret("web_token"))["devices"]


# --- the broker's door


def test_nobody_enters_the_broker_without_a_password(demo: Stack) -> None:
    assert not demo.enters("", "")
    assert not demo.enters("heliopost", "wrong")
    assert not demo.enters("stranger", demo.secret("mqtt_heliopost_password"))
    assert demo.enters("heliopost", demo.secret("mqtt_heliopost_password"))


@pytest.mark.parametrize(
    ("user", "topic", "allowed"),
    [
        ("homeassistant", "heliopost/device/growatt_TRIAL/state", False),
        ("homeassistant", "heliopost/bridge/state", False),
        ("homeassistant", "homeassistant/sensor/trial/config", False),
        ("homeassistant", "elsewhere", False),
        ("homeassistant", "homeassistant/device/trial/config", True),
        ("homeassistant", "heliopost/device/growatt_TRIAL/pv_power/set", True),
        ("homeassistant", "heliopost/bridge/request/trial", True),
        ("homeassistant", "homeassistant/trial", False),
        ("heliopost", "elsewhere", False),
        ("heliopost", "homeassistant/status", False),
        ("heliopost", "$SYS/broker/version", False),
        ("heliopost", "heliopost/trial", True),
        ("heliopost", "homeassistant/sensor/trial/pv_power/config", True),
    ],
)
def test_who_may_say_what(demo: Stack, user: str, topic: str, *, allowed: bool) -> None:
    assert demo.say(user, topic, "") is allowed


def test_home_assistant_may_ask_and_hears_the_answer(demo: Stack) -> None:
    topic = "heliopost/bridge/response/log_level"

    def answer() -> str | None:
        with ThreadPoolExecutor() as aside:
            hearing = aside.submit(demo.heard, "homeassistant", topic, seconds=4)
            while not hearing.done():  # the first ones may be sent before the ear is there
                demo.say("homeassistant", "heliopost/bridge/request/log_level", '{"id": "trial", "value": "info"}')
            return hearing.result().get(topic)

    assert json.loads(until(answer, "the answer"))["id"] == "trial"


def test_nobody_hears_what_is_not_for_him(demo: Stack) -> None:
    demo.say("heliopost", "heliopost/trial", "for us", "-r")
    assert demo.heard("heliopost", "$SYS/#", seconds=2) == {}
    assert demo.heard("homeassistant", "heliopost/trial", seconds=2) == {"heliopost/trial": "for us"}
    demo.say("heliopost", "heliopost/trial", "", "-r")


async def test_a_thousand_devices_reach_who_connects_later(demo: Stack) -> None:
    topics = [f"heliopost/trial/{device}/{kind}" for device in range(DEVICES) for kind in range(EACH)]

    def client(user: str) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            demo.ports["mosquitto"],
            username=user,
            password=demo.secret(f"mqtt_{user}_password"),
            protocol=aiomqtt.ProtocolVersion.V5,
        )

    async with client("heliopost") as bridge:
        for topic in topics:
            await bridge.publish(topic, "x" * 500, qos=1, retain=True)
        heard: set[str] = set()
        async with client("homeassistant") as ear:
            await ear.subscribe("heliopost/trial/#", qos=1)
            async for message in ear.messages:
                heard.add(str(message.topic))
                if len(heard) == len(topics):
                    break
        for topic in topics:
            await bridge.publish(topic, "", qos=1, retain=True)
    assert len(heard) == DEVICES * EACH


# --- restarts, the end


def test_the_broker_s_restart_loses_nothing(demo: Stack) -> None:
    before = demo.heard("homeassistant", "heliopost/device/+/state", seconds=2)
    demo.compose("restart", "--timeout", "10", "mosquitto")
    settled(demo, "mosquitto")
    until(lambda: {*before} <= {*demo.heard("homeassistant", "heliopost/device/+/state", seconds=2)}, "the states")
    until(
        lambda: (
            demo.heard("homeassistant", "heliopost/bridge/state", seconds=2).get("heliopost/bridge/state") == "online"
        ),
        "the bridge's return",
    )


def test_everything_ends_in_good_order(demo: Stack) -> None:
    began = time.monotonic()
    demo.compose("stop", limit=300)
    spent = time.monotonic() - began
    ours = {"heliopost-demo", "simulator", "mosquitto", "prometheus"}
    assert {service: how for service, how in demo.running().items() if service in ours} == dict.fromkeys(
        ours, "ended 0"
    ), spent
