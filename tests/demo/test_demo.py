"""The demo, and the stage it plays on: broker, witness, view."""

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiomqtt import Client, ProtocolVersion

from app.cli import demo
from app.cli.demo_view import LINES_EVERY, Facts, Row, open_view
from simulator import broker as stage_broker
from simulator.broker import HOST, LocalBroker, NoBroker, find_mosquitto, local_broker
from simulator.witness import Witness

ROOT = Path(__file__).parent.parent.parent
BROKERS = pytest.mark.parametrize("embedded", [False, True], ids=["mosquitto", "amqtt"])
NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _mosquitto_is_there() -> None:
    assert find_mosquitto(), "`make test` brings mosquitto"


async def publish(broker: LocalBroker, *messages: tuple[str, str]) -> None:
    version = ProtocolVersion.V5 if broker.protocol == "5" else ProtocolVersion.V311
    async with Client(HOST, broker.port, protocol=version) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1, retain=True)


# --- the whole


@BROKERS
async def test_every_device_of_the_simulated_cloud_is_published_and_announced(*, embedded: bool) -> None:
    async with demo.set_up(speed=demo.SPEED, embedded=embedded) as stage:
        async with asyncio.timeout(60):
            await stage.witness.until(lambda: not stage.witness.missing(stage.device_ids))
        facts = demo.facts(stage)
        assert facts.published == facts.announced == len(stage.device_ids)
        assert {spec.family for plant in stage.cloud.plants.values() for spec in plant.devices} >= {
            "inverter",
            "tlx",
            "mix",
            "storage",
            "spa",
            "noah",
            "max",
        }
    assert stage.task.result() == 0


async def test_a_setting_can_be_changed_in_the_demo() -> None:
    async with demo.set_up(speed=demo.SPEED, embedded=False) as stage:
        line = next(line for line in demo.addresses(stage) if line.startswith("change"))
        _, _, _, _, _, port, _, topic, _, value = line.split()
        owner, key = topic.split("/")[2:4]
        async with asyncio.timeout(60):
            await stage.witness.until(lambda: (stage.witness.state(owner) or {}).get(key) not in (None, float(value)))
            async with Client(HOST, int(port), protocol=ProtocolVersion.V5) as client:
                await client.publish(topic, value, qos=1)
            await stage.witness.until(lambda: (stage.witness.state(owner) or {}).get(key) == float(value))


async def test_a_demo_with_an_end_says_what_was_seen_and_exits_0() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "app", "demo"),
        cwd=ROOT,
        env={**os.environ, "DEMO_SECONDS": "12"},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    lines = out.decode().splitlines()
    assert process.returncode == 0, lines
    assert "17 of 17 devices were published and announced." in lines
    assert any(line.startswith("listen   mosquitto_sub -h 127.0.0.1 -p ") for line in lines)


async def test_ctrl_c_ends_everything_with_exit_code_0() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "demo", cwd=ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while b"simulated:" not in await process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        await process.stdout.read()
        assert await process.wait() == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


# --- the exit code


async def test_a_device_that_does_not_appear_makes_the_demo_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def nothing_happens(*_: object) -> None:
        """End at once, before anything can have been seen."""

    monkeypatch.setattr(demo, "play", nothing_happens)
    assert await demo.perform(1.0, speed=demo.SPEED, embedded=False) == 1
    said = capsys.readouterr()
    assert "growatt_plant_1400001: no values and no announcement was seen on the broker" in said.err
    assert "0 of 17 devices were published and announced." in said.out


def test_without_any_broker_the_demo_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stage_broker, "find_mosquitto", lambda: None)
    monkeypatch.setitem(sys.modules, "amqtt.broker", None)
    assert demo.run(1.0) == 1
    assert capsys.readouterr().err == (
        "heliopost demo: there is no broker on this machine; type: sudo apt-get install -y mosquitto\n"
    )


def test_an_interrupt_before_everything_runs_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "set_up", interrupted)
    assert demo.run() == 0


# --- the broker


async def test_a_mosquitto_that_cannot_start_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_broker, "CONFIG", "listener {port} {host}\nno_such_option true\n")
    with pytest.raises(NoBroker, match=r"^mosquitto does not start: .*Error found at .*:2"):
        async with local_broker():
            pytest.fail("it started")


# --- the witness


@BROKERS
async def test_a_witness_tells_values_from_nulls_and_forgets_what_was_taken_back(*, embedded: bool) -> None:
    async with local_broker(embedded=embedded) as broker, Witness(broker) as witness:
        await publish(
            broker,
            ("heliopost/device/a/state", '{"pv_power": null, "measured_at": "2026-06-21T12:00:00+00:00"}'),
            ("heliopost/device/b/state", '{"pv_power": 0}'),
            ("homeassistant/device/b/config", '{"device": {}}'),
            ("heliopost/device/c/state", "no JSON"),
            ("heliopost/account/home/state", '{"state": "online"}'),
            ("heliopost/end", "."),
        )
        await asyncio.wait_for(witness.until(lambda: "heliopost/end" in witness.seen), 10)
        lacks = {"a": "values and no announcement", "c": "values and no announcement"}
        assert witness.missing(["a", "b", "c"]) == lacks
        assert witness.has_value("pv_power")
        assert not witness.has_value("load_power")
        assert witness.account("home") == {"state": "online"}
        await publish(broker, ("homeassistant/device/b/config", ""))
        await asyncio.wait_for(witness.until(lambda: "homeassistant/device/b/config" not in witness.seen), 10)
        assert witness.missing(["b"]) == {"b": "announcement"}


# --- the view


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(values: dict[str, object], account: dict[str, object]) -> Facts:
    plant = Row("growatt_plant_1", {"name": "Home", "kind": "plant"}, {}, announced=True, published=False)
    attributes = {"name": "Roof", "kind": "inverter", "model": "MIN"}
    return Facts(NOW, [plant, Row("growatt_X", attributes, values, announced=False, published=True)], account, 7)


def test_a_terminal_gets_a_table_of_the_key_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    values = {
        "pv_power": 3120.2,
        "battery_soc": 81.6,
        "load_power": True,
        "pv_energy_today": 12.4,
        "measured_at": "2026-06-21T11:58:12+00:00",
    }
    with open_view(["broker   127.0.0.1:1"], out) as show:
        show(shown(values, {"state": "online", "calls_today": 12, "next_poll": "2026-06-21T12:01:30+00:00"}))
    picture = out.getvalue()
    for words in (
        "Home",
        "Roof",
        "MIN",
        "3,120",
        "82",
        "12.4",
        "11:58",
        "next poll 12:01:30 (in 1:30)",
        "12 calls",
        "127.0.0.1:1",
    ):
        assert words in picture
    assert "True" not in picture


def test_anything_else_gets_plain_lines_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: Iterator[float] = iter([100.0, 100.0, 100.1, 101.0 + LINES_EVERY, 101.0 + LINES_EVERY])
    monkeypatch.setattr("app.cli.demo_view.monotonic", lambda: next(ticks))
    out = io.StringIO()
    with open_view(["broker   127.0.0.1:1"], out) as show:
        for _ in range(3):
            show(shown({}, {"next_poll": json.loads("null")}))
    line = (
        "2026-06-21 12:00 simulated: 1/2 devices published, 1/2 announced, account starting, 7 messages, next poll soon"
    )
    assert out.getvalue().splitlines() == ["broker   127.0.0.1:1", line, line]
