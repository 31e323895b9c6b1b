"""What the owner sees when the broker does not let the bridge in, or is not there."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.broker import Certificates, Mosquitto
from tests.whole.program import Program, bridge, cloud, command, configure

__all__ = ["cloud"]

USERS = {"bridge": "correct horse", "owner": "battery staple"}
OWNER = {"username": "owner", "password": "battery staple"}
BRIDGE = {"username": "bridge", "password": "correct horse"}
ALL = "user owner\ntopic readwrite #\n"
ACL = f"{ALL}user bridge\ntopic readwrite heliopost/#\ntopic readwrite homeassistant/#\n"
NO_DISCOVERY = f"{ALL}user bridge\ntopic readwrite heliopost/#\n"
ELSEWHERE = f"{ALL}user bridge\ntopic readwrite elsewhere/#\n"


def sentence(line: dict[str, Any]) -> str:
    return f"{line['reason']} {line['advice']}"


async def first_word(file: Path) -> str:
    """Run a bridge that the broker does not let in; return what it says, which /readyz must say, too."""
    async with bridge(file) as program:
        line = await program.says_one_of("broker_refused", "broker_lost")
        status, page = await program.page("/readyz")
        await program.stop()
    assert (status, page) == (503, f"the MQTT broker is not connected: {sentence(line)}\n")
    assert program.complaints == [line["event"]]
    return sentence(line)


async def check(file: Path, folder: Path) -> tuple[int, str]:
    """Check with a state of its own, so that the accounts are tried although the bridge runs."""
    ended = await command("check", file, "--set", f"state={folder / 'checked'}")
    return ended.code, ended.out


async def read_devices(program: Program) -> list[dict[str, Any]]:
    """Wait until every device has been read; return them with their values."""
    devices: list[dict[str, Any]] = []

    async def found() -> bool:
        devices[:] = json.loads((await program.page("/api/devices"))[1])["devices"]
        return bool(devices) and all(device["points"] for device in devices)

    await program.until(found)
    return devices


async def troubled(program: Program) -> dict[str, Any]:
    """Wait until it is known that nothing gets through; return /health."""

    async def found() -> bool:
        return bool((await program.health())["mqtt"]["reason"])

    await program.until(found)
    return await program.health()


def folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


async def test_a_wrong_password_is_said_wherever_one_may_look(cloud: str, tmp_path: Path) -> None:
    async with Mosquitto(users=USERS) as broker:
        file = configure(tmp_path, broker.port, cloud, mqtt={"username": "bridge", "password": "wrong-Passw0rd"})
        checking = asyncio.create_task(check(file, tmp_path))
        async with bridge(file) as program:
            line = await program.says("broker_refused")
            code, out = await checking
            asked = await command("healthcheck", file)
            health = await program.health()
            assert (await program.page("/livez"))[0] == 200  # a restart would not help
            await program.stop()
    assert line["reason"] == "The broker does not let this user in."
    assert line["advice"].startswith("Check mqtt.username and mqtt.password")
    assert len(program.of("broker_refused")) == 1
    assert (asked.code, asked.err) == (1, f"the MQTT broker is not connected: {sentence(line)}")
    assert (health["status"], health["reason"]) == ("degraded", asked.err)
    assert health["mqtt"] == {"connected": False, "conflict": None, "reason": sentence(line), "denied": []}
    assert (code, health["accounts"]["home"]["state"]) == (1, "online")  # one fault does not hide how the rest is
    assert f"FAILED  broker: {sentence(line)}\n" in out
    assert "ok      account home" in out
    assert "Not yet: broker must be mended first." in out
    assert "wrong-Passw0rd" not in out + "".join(program.lines) + str(health)


async def test_a_password_that_is_asked_for_and_not_set_is_said(cloud: str, tmp_path: Path) -> None:
    async with Mosquitto(users=USERS) as broker:
        line = await first_word(configure(tmp_path, broker.port, cloud))
    assert line == "The broker lets nobody in without a user name. Set mqtt.username and mqtt.password."


async def test_rules_that_forbid_our_own_topics_are_said_with_the_topic(cloud: str, tmp_path: Path) -> None:
    why = "The broker does not let us publish and read heliopost/bridge/selftest."
    advice = "Let the user bridge read and write heliopost/# and homeassistant/# in the broker's access rules."
    async with Mosquitto(users=USERS, acl=ELSEWHERE) as broker:
        file = configure(tmp_path, broker.port, cloud, mqtt=BRIDGE)
        async with bridge(file) as program:
            health = await troubled(program)
            asked, (code, out) = await asyncio.gather(command("healthcheck", file), check(file, tmp_path))
            await program.stop()
    denied = {line["topic"]: line["advice"] for line in program.of("broker_denies")}
    assert denied["heliopost/bridge/selftest"] == advice
    assert len(denied) == len(program.of("broker_denies"))  # each once
    assert asked.err == health["reason"] == f"nothing gets through to MQTT: {why} {advice}"
    assert (health["ready"], health["status"], asked.code, code) == (False, "degraded", 1, 1)
    assert "heliopost/bridge/selftest" in health["mqtt"]["denied"]
    assert f"FAILED  broker: The broker lets us in, but {why[11:]}" in out


async def test_rules_that_forbid_only_announcements_let_the_values_through(cloud: str, tmp_path: Path) -> None:
    async with Mosquitto(users=USERS, acl=NO_DISCOVERY) as broker:
        file = configure(tmp_path, broker.port, cloud, mqtt=BRIDGE)
        async with broker.ear("heliopost/#", **OWNER) as ear, bridge(file) as program:
            line = await program.says("broker_denies")
            await ear.hears("heliopost/account/home/state")
            assert (await program.page("/readyz"))[0] == 200
            health = await program.health()
            await program.stop()
    assert line["topic"].startswith("homeassistant/device/")
    assert "homeassistant/#" in line["advice"]
    assert line["topic"] in health["mqtt"]["denied"]
    assert (health["ready"], health["status"]) == (True, "degraded")


async def test_a_broker_that_comes_later_gets_everything_that_was_read_meanwhile(
    mosquitto: Mosquitto, cloud: str, tmp_path: Path
) -> None:
    mosquitto.stop()
    file = configure(tmp_path, mosquitto.port, cloud, mqtt={"reconnect_min": "0.1s", "reconnect_max": "0.2s"})
    async with bridge(file) as program:
        line = await program.says("broker_lost")
        read = await read_devices(program)
        asked = await command("healthcheck", file)
        mosquitto.start()
        async with mosquitto.ear() as ear:
            await program.says("broker_back")
            for each in read:
                shown = json.loads(await ear.hears(f"heliopost/device/{each['id']}/state"))
                assert {key: shown[key] for key in each["points"]} == {
                    key: point["value"] for key, point in each["points"].items()
                }
                await ear.hears(f"homeassistant/device/{each['id']}/config")
            assert json.loads(await ear.hears("heliopost/account/home/state"))["state"] == "online"
            assert (await program.page("/readyz"))[0] == 200
            await program.stop()
    where = f"127.0.0.1:{mosquitto.port}"
    assert sentence(line) == f"Nothing answers at {where}. Check that the broker runs, and mqtt.host and mqtt.port."
    assert (asked.code, asked.err) == (1, f"the MQTT broker is not connected: {sentence(line)}")
    assert len(program.of("broker_lost")) == 1
    calls = [line for line in program.said if line.get("level") in ("warning", "error", "critical")]
    assert calls == program.of("broker_lost")  # nothing else was wrong


async def test_a_name_that_nobody_knows_is_said(cloud: str, tmp_path: Path) -> None:
    line = await first_word(configure(tmp_path, 1883, cloud, mqtt={"host": "broker.invalid"}))
    assert line == "The broker's name broker.invalid is not known. Check mqtt.host and the name service."


async def test_a_certificate_that_is_not_right_is_said(certificates: Certificates, cloud: str, tmp_path: Path) -> None:
    ours = {"ca": str(certificates.ca)}
    async with (
        Mosquitto(tls=certificates, certificate="other") as other,
        Mosquitto(tls=certificates, certificate="expired") as expired,
        Mosquitto(tls=certificates) as unknown,
    ):
        cases = ((other, ours), (expired, ours), (unknown, True))
        said = await asyncio.gather(
            *(
                first_word(configure(folder(tmp_path, str(number)), broker.port, cloud, mqtt={"tls": tls}))
                for number, (broker, tls) in enumerate(cases)
            )
        )
    name = "Set mqtt.host or mqtt.tls.server_name to the name in the certificate."
    assert said[0] == f"The broker's certificate was not made for the name 127.0.0.1. {name}"
    assert said[1] == "The broker's certificate has expired. Renew it, and check this machine's clock."
    assert said[2].startswith("The broker's certificate is not trusted (")
    assert said[2].endswith("Set mqtt.tls.ca to the file of the authority that issued it.")


async def test_a_port_of_the_other_sort_is_said(certificates: Certificates, cloud: str, tmp_path: Path) -> None:
    async with Mosquitto() as plain, Mosquitto(tls=certificates) as secure:
        said = await asyncio.gather(
            first_word(configure(folder(tmp_path, "a"), plain.port, cloud, mqtt={"tls": True})),
            first_word(configure(folder(tmp_path, "b"), secure.port, cloud)),
        )
    hints = ("the port may not speak TLS, which is usual at 8883", "the port may speak only TLS")
    for broker, line, hint in zip((plain, secure), said, hints, strict=True):
        assert line.startswith(f"What answers at 127.0.0.1:{broker.port} hangs up without a word. Check mqtt.port")
        assert f"mqtt.tls ({hint})" in line


async def test_two_bridges_that_are_one_to_the_broker_are_told_so(
    mosquitto: Mosquitto, cloud: str, tmp_path: Path
) -> None:
    same = {"client_id": "solar", "reconnect_min": "0.1s", "reconnect_max": "0.2s"}
    first = configure(folder(tmp_path, "first"), mosquitto.port, cloud, mqtt=same)
    second = configure(folder(tmp_path, "second"), mosquitto.port, cloud, mqtt=same)
    async with bridge(first) as one, bridge(second) as other:
        line = await one.says("broker_refused")
        await other.says("broker_refused")
        await other.stop()
        await one.stop()
    assert {*one.complaints, *other.complaints} <= {"broker_lost", "broker_refused", "second_instance"}  # no traceback
    assert line["reason"].startswith("Another program has connected with the same client id")
    assert "mqtt.client_id" in line["advice"]


async def test_two_bridges_on_one_base_topic_are_told_so(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    first = configure(folder(tmp_path, "first"), mosquitto.port, cloud)
    second = configure(folder(tmp_path, "second"), mosquitto.port, cloud)
    async with bridge(first) as one:
        await one.says("broker_connected")
        async with bridge(second) as other:
            line = await one.says("second_instance")
            assert line["client_id"] == (await other.says("broker_connected"))["client_id"]
            assert line["base_topic"] == "heliopost"
            assert "mqtt.base_topic" in line["advice"]
            await other.stop()
        await one.stop()
