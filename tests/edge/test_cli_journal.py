"""`heliopost commands` and `heliopost api`, against a bridge that says what it is told to."""

import asyncio
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.cli.bridge_mqtt import Progress
from tests.broker import Mosquitto
from tests.edge.asking import LIMIT, PLACE, SECRET, TOPICS, final, house, own_environment, quick, verbs
from tests.mqtt.answerer import Asked

__all__ = ["own_environment", "quick"]

# --- commands list, show, undo

DONE = {
    "id": "20261121T180000-ab12cd34",
    "device": "growatt_abc123",
    "point": "charge_period1",
    "status": "confirmed",
    "code": "confirmed",
    "message": "",
    "requested": {"start": "01:00", "enabled": True},
    "previous": {"start": "00:00", "enabled": False},
    "observed": {"start": "01:00", "enabled": True},
    "at": {"received": "2026-11-21T18:00:00+00:00", "ended": "2026-11-21T18:00:15+00:00"},
    "stage": "final",
}
RUNNING = DONE | {"id": "2", "status": None, "code": "", "stage": "verifying", "requested": True, "device": "growatt_x"}
LOST = DONE | {"id": "3", "status": "failed", "code": "vendor_error", "message": "no", "requested": 12.5}


async def test_commands_are_listed(mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        return verbs(asked, commands=lambda _: {"commands": [LOST, RUNNING, DONE]})

    async with house(mosquitto, tmp_path, script) as (desk, bridge):
        assert await desk.type("commands", "list", "--device", "Roof", "--limit", "3") == 0
        assert await desk.type("commands", "list", "--json") == 0
    first, second = (asked.body for asked in bridge.asked)
    assert (first["device"], first["limit"]) == ("growatt_abc123", 3)
    assert (second.get("device"), second["limit"]) == (None, 20)
    table, _, document = capsys.readouterr().out.partition("\n[")
    lines = table.splitlines()
    assert lines[0].split() == ["RECEIVED", "ID", "DEVICE", "POINT", "VALUE", "HOW", "IT", "WENT"]
    rows = [re.split(r"  +", line)[1:] for line in lines[1:]]
    assert rows == [
        ["3", "growatt_abc123", "charge_period1", "12.5", "failed (vendor_error)"],
        ["2", "growatt_x", "charge_period1", "on", "verifying"],
        [DONE["id"], "growatt_abc123", "charge_period1", "start 01:00, enabled on", "confirmed"],
    ]
    assert [each["id"] for each in json.loads(f"[{document}")] == ["3", "2", DONE["id"]]


async def test_an_answer_cannot_steer_the_terminal(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b]0;evil\x07\x9b2J"

    def script(asked: Asked) -> list[tuple[str, Any]]:
        ended = (TOPICS.result(*PLACE), final(asked, "failed", "vendor_error", message=evil, source=evil))
        return [ended, *verbs(asked, commands=lambda _: {"commands": [DONE | {"message": evil, "status": evil}]})]

    async with house(mosquitto, tmp_path, script) as (desk, _):
        assert await desk.type("set", *PLACE, "on") == 4
        assert await desk.type("commands", "show", "x") == 0
        assert await desk.type("commands", "list") == 0
    told = capsys.readouterr()
    assert "evil" in told.out
    assert "evil" in told.err
    assert not {"\x1b", "\x07", "\x9b"} & set(told.out + told.err)


async def test_one_command_is_shown_whole(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        return verbs(asked, commands=lambda it: {"commands": [DONE] if it.body["command"] == DONE["id"] else []})

    async with house(mosquitto, tmp_path, script) as (desk, _):
        assert await desk.type("commands", "show", str(DONE["id"])) == 0
        assert await desk.type("commands", "show", "none") == 1
    told = capsys.readouterr()
    shown = dict(line.split(None, 1) for line in told.out.splitlines())
    assert shown["status:"] == "confirmed"
    assert shown["previous:"] == "start 00:00, enabled off"
    assert shown["ended:"].endswith(":15")
    assert told.err == "heliopost: there is no command 'none'\n"


async def test_a_command_is_undone_and_followed_to_its_end(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        undone = final(asked, "confirmed") | {"id": "undo-mine", "undoes": "mine"}
        early = [(TOPICS.result(*PLACE), undone)]  # it may come before the request's own answer
        return early + verbs(asked, undo=lambda _: {"command": "undo-mine", "undoes": "mine", "status": None})

    async with house(mosquitto, tmp_path, script) as (desk, bridge):
        assert await desk.type("commands", "undo", "mine") == 0
        token = tmp_path / "token"
        token.write_text(SECRET)
        words = ("--device", "Roof", "--force", "--confirm-token-file", str(token))
        assert await desk.type("commands", "undo", "mine", *words) == 0
    plain, full = (asked.body for asked in bridge.asked)
    assert plain.items() >= {"command": "mine", "force": False}.items()
    assert "confirm" not in plain
    assert full.items() >= {"device": "growatt_abc123", "force": True, "confirm": SECRET}.items()
    assert "Command undo-mine" in capsys.readouterr().out


async def test_what_cannot_be_undone_is_told(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        return verbs(asked, undo=lambda _: "the command mine has changed nothing that could be restored")

    async with house(mosquitto, tmp_path, script) as (desk, _):
        assert await desk.type("commands", "undo", "mine") == 3
    assert capsys.readouterr().err == ("heliopost: the command mine has changed nothing that could be restored\n")


# --- api put


@pytest.mark.parametrize("params", [["90", "1"], {"param1": "90"}])
async def test_a_raw_write_goes_through_the_bridge_and_is_followed(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], params: Any
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        end = final(asked, "confirmed") | {"point": "ac_charge_enabled"}
        taken = end | {"status": None, "stage": "queued"}
        return [*verbs(asked, put=lambda _: taken), (TOPICS.result(*PLACE), end)]

    async with house(mosquitto, tmp_path, script) as (desk, bridge):
        words = ("update_tlx_inverter_setting", "abc123", "ac_charge", json.dumps(params), "--ttl", "30", "--dry-run")
        assert await desk.type("api", "put", *words) == 0
    body = bridge.asked[0].body
    assert body.pop("id")
    assert body == {
        "method": "update_tlx_inverter_setting",
        "serial": "abc123",
        "type": "ac_charge",
        "params": params,
        "dry_run": True,
        "ttl": 30.0,
        "source": "cli",
    }
    assert "ac_charge_enabled of growatt_abc123 is now on" in capsys.readouterr().out


async def test_a_raw_write_that_is_ended_at_once_is_told(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], quick: None
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        ended = final(asked, "rejected", "commands_disabled", message="commands are switched off") | {"stage": "final"}
        if asked.body.get("method") == "unknown":
            return verbs(asked, put=lambda _: "there is no such method")
        return verbs(asked, put=lambda _: ended, commands=lambda it: {"commands": [ended | {"id": it.body["command"]}]})

    async with house(mosquitto, tmp_path, script) as (desk, _):
        assert await desk.type("api", "put", "min_write_parameter", "abc123", "on_off", "[1]") == 3
        assert await desk.type("api", "put", "unknown", "abc123", "on_off", "[1]") == 3
    told = capsys.readouterr().err
    assert "commands are switched off" in told
    assert "heliopost: there is no such method\n" in told


# --- progress


async def test_a_bridge_that_goes_offline_meanwhile_is_told(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], quick: None
) -> None:
    async with house(mosquitto, tmp_path, lambda _: ()) as (desk, bridge):
        typing = asyncio.create_task(desk.type("set", *PLACE, "on", "--wait", "1"))
        async with asyncio.timeout(LIMIT):
            while not bridge.asked:  # noqa: ASYNC110 - it has no bell
                await asyncio.sleep(0.01)
        await bridge.state("offline")
        assert await typing == 1
    assert "the bridge is offline; it takes the command up again when it is back\n" in capsys.readouterr().err


def test_on_a_terminal_the_progress_is_one_line() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    progress = Progress(stream)
    progress.tell("it waits", 2.2)
    progress.tell("it waits", 17)
    progress.end()
    progress.end()
    assert stream.getvalue() == "\r\x1b[Kheliopost: it waits (2 s)\r\x1b[Kheliopost: it waits (17 s)\n"
