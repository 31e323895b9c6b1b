"""The back door, and the cloud as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.__main__ import main
from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Account, Cloud, serve
from simulator.growatt.control import Control
from simulator.growatt.standalone import run
from tests.simulator.client import Phone

TLX, STRING = "MNH0000100", "NXB0000400"
DETAIL = f"newTlxApi.do?op=getTlxDetailData&id={TLX}"
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def address(cloud: Cloud, clock: DrivenClock) -> AsyncIterator[str]:
    async with serve(cloud, control=Control(cloud, clock.move).application()) as url:
        yield url


async def test_the_state_tells_clock_logins_plants_and_requests(phone: Phone, clock: DrivenClock) -> None:
    await phone.json(DETAIL)
    await phone.control("fault", kind="html", path="nowhere", until="2026-06-07T00:00:00+00:00")
    state = await phone.json("_control/state")
    assert state["now"] == clock.now().isoformat()
    assert state["sessions"] == 1
    assert state["logins"] == [{"at": state["now"], "user": USER, "good": True, "code": ""}]
    assert state["accounts"] == [{"user": USER, "visitor": False, "locked_until": None}]
    assert state["plants"][0] == {
        "id": 1_400_001,
        "name": "Home",
        "zone": "Europe/Amsterdam",
        "devices": [TLX],
    }
    assert state["requests"][-1] == {
        "at": state["now"],
        "what": "/newTlxApi.do?op=getTlxDetailData",
        "status": 200,
    }
    assert state["requests"][0]["what"] == "/newTwoLoginAPI.do"
    assert PASSWORD not in json.dumps(state["requests"][0])
    (fault,) = state["faults"]
    assert (fault["kind"], fault["path"], fault["struck"]) == ("html", "nowhere", 0)
    assert fault["until"] == "2026-06-07T00:00:00+00:00"


async def test_the_truth_of_a_device_does_not_care_about_faults(phone: Phone, cloud: Cloud) -> None:
    cloud.faults.add("zero_counters")
    truth = await phone.json(f"_control/truth/{TLX}")
    record = cloud.record(TLX)
    assert truth["total"]["pv"] == record.total.pv > 0
    assert truth["power"]["load"] == record.snapshot.power.load
    assert (truth["family"], truth["lost"]) == ("tlx", False)
    assert (await phone.raw("_control/truth/NOSUCH"))[0] == 404


async def test_how_a_device_is_set_can_be_looked_at(phone: Phone, cloud: Cloud) -> None:
    assert (await phone.json(f"_control/settings/{TLX}"))["chargePowerCommand"] == "100"
    cloud.settings(TLX)["chargePowerCommand"] = "80"
    assert (await phone.json(f"_control/settings/{TLX}"))["chargePowerCommand"] == "80"
    assert (await phone.raw("_control/settings/NOSUCH"))[0] == 404


async def test_a_fault_is_switched_on_and_off(phone: Phone) -> None:
    status, fault = await phone.control("fault", kind="http_error", status=429, path="getTlxDetail")
    assert (status, fault["kind"]) == (200, "http_error")
    assert (await phone.raw(DETAIL))[0] == 429
    assert await phone.control("clear", kind="html") == (200, {"faults": 1})
    assert await phone.control("clear") == (200, {"faults": 0})
    assert (await phone.raw(DETAIL))[0] == 200


async def test_the_clock_is_moved_forward_only(phone: Phone, clock: DrivenClock) -> None:
    before = clock.now()
    status, answer = await phone.control("clock", hours=1, seconds=30)
    assert datetime.fromisoformat(answer["now"]) - before == timedelta(hours=1, seconds=30)
    status, answer = await phone.control("clock", hours=-1)
    assert status == 400
    assert "does not go back" in answer["error"]


async def test_sessions_are_ended_and_accounts_locked(phone: Phone, cloud: Cloud) -> None:
    assert await phone.control("expire_sessions") == (200, {"sessions": 0})
    assert "loginForm" in (await phone.raw(DETAIL))[1]
    assert await phone.control("lock", hours=2) == (200, {"locked": USER})
    assert (await phone.login())["lockDuration"] == 2
    assert (await phone.json("_control/state"))["accounts"][0]["locked_until"] is not None
    assert (await phone.control("lock", user="nobody"))[0] == 400
    assert cloud.logins[-1].code == "507"


async def test_an_account_is_changed(phone: Phone, cloud: Cloud) -> None:
    assert await phone.control("account", visitor=True, password="new") == (200, {"user": USER, "visitor": True})
    assert cloud.accounts[0].visitor is True
    assert (await phone.login("new"))["success"] is True
    assert (await phone.control("account", user="nobody"))[0] == 400


async def test_a_device_falls_ill_and_is_mended(phone: Phone) -> None:
    await phone.control("alarm", device=TLX, code=202, text="PV Voltage High")
    assert (await phone.json(DETAIL))["data"]["errorText"] == "PV Voltage High"
    await phone.control("alarm", device=TLX, code=0)
    assert (await phone.json(DETAIL))["data"]["errorText"] == "Unknown"
    assert (await phone.control("alarm", device="NOSUCH", code=1))[0] == 400


async def test_devices_come_and_go(phone: Phone, cloud: Cloud) -> None:
    status, answer = await phone.control("device", plant=1_400_002, kit="storage", number=5)
    assert (status, answer) == (200, {"device": "SPF0000005", "family": "storage"})
    assert "SPF0000005" in (await phone.raw("newTwoPlantAPI.do?op=getAllDeviceList&plantId=1400002"))[1]
    assert await phone.control("device", remove="SPF0000005") == (200, {"removed": "SPF0000005"})
    assert "SPF0000005" not in cloud.devices
    assert (await phone.control("device", plant=1))[0] == 400


async def test_the_rules_of_the_house_are_changed(phone: Phone, cloud: Cloud) -> None:
    rules = {"session_hours": None, "expired_answer": "redirect", "blocked_agents": ["nobody"]}
    assert await phone.control("cloud", **rules) == (200, {"session_hours": None, "expired_answer": "redirect"})
    assert cloud.blocked_agents == ["nobody"]
    assert await phone.control("cloud", session_hours=1) == (200, {"session_hours": 1.0, "expired_answer": "redirect"})
    assert (await phone.control("cloud", expired_answer="nonsense"))[0] == 400


@pytest.mark.parametrize(
    "body", [{}, {"kind": "nonsense"}, {"kind": "html", "nonsense": 1}, {"kind": "html", "path": "("}]
)
async def test_a_wrong_fault_is_a_400_that_says_why(phone: Phone, body: dict[str, Any]) -> None:
    status, answer = await phone.control("fault", **body)
    assert status == 400
    assert answer["error"]


async def test_something_else_than_an_object_is_a_400(phone: Phone) -> None:
    async with phone._session.post(f"{phone._address}_control/fault", data="[1]") as response:
        assert response.status == 400
    async with phone._session.post(f"{phone._address}_control/clear", data="") as response:
        assert response.status == 200


async def test_the_back_door_is_shut_unless_it_is_opened(clock: DrivenClock) -> None:
    accounts = [Account("a", "b")]
    async with serve(Cloud(clock, fleet=(), accounts=accounts)) as address, Phone(address) as phone:
        assert "loginForm" in (await phone.raw("_control/state"))[1]


# As a process


async def started(*arguments: str) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        "growatt",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    return process, json.loads(line)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_alone_it_prints_one_line_takes_faults_and_ends_cleanly(number: signal.Signals) -> None:
    process, ready = await started(
        "--fleet", "one", "--factor", "60", "--start", "2026-06-06T11:00:00", "--user", "mia"
    )
    assert ready["user"] == "mia"
    assert ready["plants"] == [{"id": 1_400_001, "name": "Home", "devices": 1}]
    async with Phone(ready["address"]) as phone:
        assert (await phone.login(ready["password"], user="mia"))["success"] is True
        assert (await phone.json(DETAIL))["data"]["time"].startswith("2026-06-06 1")
        await phone.control("fault", kind="http_error", status=502)
        assert (await phone.raw(DETAIL))[0] == 502
        await phone.control("clear")
        await phone.control("fault", kind="timeout")
        hanging = asyncio.create_task(phone.raw(DETAIL), name="hanging")
        while (await phone.json("_control/state"))["requests"][-1]["status"]:
            pass  # until the process has the request that it will never answer
        process.send_signal(number)
        output, errors = await asyncio.wait_for(process.communicate(), 30)
        await asyncio.gather(hanging, return_exceptions=True)
    assert process.returncode == 0
    assert (output, errors) == (b"", b"")


async def test_a_taken_port_is_said_in_one_line() -> None:
    process, ready = await started("--fleet", "1")
    port = ready["address"].rsplit(":", 1)[1].strip("/")
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "growatt", "--fleet", "1", "--port", port),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await second.communicate()
    process.terminate()
    await process.communicate()
    assert (second.returncode, output) == (1, b"")
    assert errors.decode().startswith(f"cannot listen on port {port}")
    assert errors.count(b"\n") == 1


@pytest.mark.parametrize(("words", "host"), [((), "127.0.0.1"), (("--host", "127.0.0.2"), "127.0.0.2")])
async def test_it_listens_where_it_is_told_to_and_nowhere_else(words: tuple[str, ...], host: str) -> None:
    process, ready = await started("--fleet", "1", *words)
    port = int(ready["address"].removeprefix(f"http://{host}:").rstrip("/"))
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.3", port)
    process.terminate()
    await process.communicate()


def test_alone_in_this_process(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncio.Event.wait

    async def wait(event: asyncio.Event) -> bool:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        return await real(event)

    monkeypatch.setattr(asyncio.Event, "wait", wait)
    assert main(["growatt", "--fleet", "big", "--start", "2026-06-06T11:00:00+02:00", "--session-hours", "never"]) == 0
    ready = json.loads(capsys.readouterr().out)
    assert sum(plant["devices"] for plant in ready["plants"]) == 1_000


def test_a_vendor_that_nobody_simulates_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nobody"]) == 2
    assert main([]) == 2
    assert "growatt" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--fleet", "huge"], ["--factor", "0"], ["--start", "tomorrow"]])
def test_options_that_make_no_sense_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err
