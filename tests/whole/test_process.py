"""The program as a process: how it starts, what it says, how it ends."""

import asyncio
import json
import signal
from pathlib import Path

from tests.broker import Mosquitto, free_port
from tests.whole.program import PASSWORD, bridge, cloud, command, configure, runs

__all__ = ["cloud"]


async def test_sigterm_ends_it_cleanly_within_five_seconds(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    async with mosquitto.ear() as ear, bridge(configure(tmp_path, mosquitto.port, cloud)) as program:
        await runs(ear)
        async with asyncio.timeout(5):
            ended = await program.stop()
        assert ended.out == ""
        assert ear.last["heliopost/bridge/state"] == "offline"
        assert PASSWORD not in ended.err
        assert all(line["event"] for line in program.said)


async def test_a_second_one_on_the_same_state_is_told_so(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    file = configure(tmp_path, mosquitto.port, cloud)
    async with mosquitto.ear() as ear, bridge(file):
        await runs(ear)
        second = await command("run", file)
        assert second.code == 1
        assert "in use by another heliopost" in second.err


async def test_a_wrong_configuration_is_refused_with_every_fault(tmp_path: Path) -> None:
    file = configure(tmp_path, 1883, "http://127.0.0.1:1/", nonsense=1, log={"level": "loud"})
    ended = await command("run", file)
    assert ended.code == 78
    assert "nonsense" in ended.err
    assert "log.level" in ended.err


async def test_sighup_reads_the_configuration_again(mosquitto: Mosquitto, cloud: str, tmp_path: Path) -> None:
    file = configure(tmp_path, mosquitto.port, cloud)
    async with mosquitto.ear() as ear, bridge(file) as program:
        await runs(ear)
        document = json.loads(file.read_text())
        document["accounts"]["roof"] = document["accounts"].pop("home")
        file.write_text(json.dumps(document))
        program.process.send_signal(signal.SIGHUP)
        await ear.hears("heliopost/account/roof/state")
        await program.stop()


async def test_without_a_broker_it_goes_on_and_says_so_once(cloud: str, tmp_path: Path) -> None:
    port = free_port()
    async with bridge(configure(tmp_path, port, cloud)) as program:
        line = await program.says("broker_lost")
        await program.stop()
    assert [said for said in program.said if said["event"].startswith("broker_")] == [line]
    assert str(port) in line["reason"]
