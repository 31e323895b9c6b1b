"""`heliopost set`, against a bridge that says what it is told to."""

import asyncio
import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.cli import bridge_mqtt, outcome
from tests.broker import Mosquitto, free_port
from tests.edge.asking import (
    LIMIT,
    PLACE,
    SECRET,
    TOPICS,
    Desk,
    ending,
    final,
    house,
    own_environment,
    quick,
    silent,
    verbs,
)
from tests.mqtt.answerer import REPLY, Asked, answering

__all__ = ["own_environment", "quick"]

SET = ("set", "growatt_abc123", "ac_charge_enabled", "on")


# --- what is sent


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_setting_is_sent_to_the_bridge_and_its_answer_is_told(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], protocol: str
) -> None:
    async with house(mosquitto, tmp_path, ending("confirmed"), protocol) as (desk, bridge):
        assert await desk.type(*SET) == 0
    (asked,) = bridge.asked
    assert (asked.topic, asked.retained, asked.qos) == (TOPICS.setting(*PLACE), False, 1)
    assert asked.body.pop("id")
    assert asked.body == {"value": "on", "source": "cli"}
    told = capsys.readouterr()
    assert told.out.startswith(
        "ac_charge_enabled of growatt_abc123 is now on (before: off); read back from the vendor."
    )
    assert told.err == ""


async def test_every_field_can_be_given(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = tmp_path / "token"
    token.write_text(f"{SECRET}\n")
    words = (
        *("set", "growatt_abc123", "charge_period1", '{"start": "01:00", "end": "05:30", "enabled": true}'),
        *("--dry-run", "--expect", '{"enabled": false}', "--ttl", "90", "--revert-after", "3600"),
        *("--confirm-token-file", str(token), "--no-verify", "--force", "--id", "mine", "--json"),
    )
    async with house(mosquitto, tmp_path, ending("no_change", "dry_run", message="a dry run")) as (desk, bridge):
        assert await desk.type(*words) == 0
    (asked,) = bridge.asked
    assert asked.topic == "heliopost/device/growatt_abc123/charge_period1/set"
    assert asked.body == {
        "id": "mine",
        "value": {"start": "01:00", "end": "05:30", "enabled": True},
        "expect": {"enabled": False},
        "dry_run": True,
        "force": True,
        "verify": False,
        "ttl": 90.0,
        "revert_after": 3600.0,
        "confirm": SECRET,
        "source": "cli",
    }
    assert 88 <= asked.properties["MessageExpiryInterval"] <= 90
    told = capsys.readouterr()
    assert json.loads(told.out)["code"] == "dry_run"
    assert SECRET not in told.out + told.err


@pytest.mark.parametrize("value", ["42", "-5", "12.5", "off", "load_first", "06:30", "press"])
async def test_a_plain_value_is_sent_as_it_stands(mosquitto: Mosquitto, tmp_path: Path, value: str) -> None:
    async with house(mosquitto, tmp_path, ending("confirmed")) as (desk, bridge):
        assert await desk.type("set", "growatt_abc123", "some_point", value) == 0
    assert bridge.asked[0].body["value"] == value


@pytest.mark.parametrize("name", ["growatt_abc123", "abc123", "ABC123", "Roof", "roof"])
async def test_a_device_is_found_by_its_id_its_serial_or_its_name(
    mosquitto: Mosquitto, tmp_path: Path, name: str
) -> None:
    async with house(mosquitto, tmp_path, ending("confirmed")) as (desk, bridge):
        assert await desk.type("set", name, "ac_charge_enabled", "on") == 0
    assert bridge.asked[0].topic == TOPICS.setting(*PLACE)


async def test_a_name_that_two_devices_have_is_no_name(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house(mosquitto, tmp_path, ending("confirmed")) as (desk, bridge):
        await bridge.device("growatt_ghi789", serial="ghi789", name="Roof")
        assert await desk.type("set", "Roof", "ac_charge_enabled", "on") == 3
        assert await desk.type("set", "Attic", "ac_charge_enabled", "on") == 3
        assert await desk.type("set", "Barn", "ac/charge", "on") == 3
    assert bridge.asked == []
    assert capsys.readouterr().err == (
        "heliopost: 2 devices have the name 'Roof': write the id of one, of growatt_abc123, growatt_ghi789\n"
        "heliopost: there is no device 'Attic'; `heliopost devices` shows them all\n"
        "heliopost: 'ac/charge' is no name of a point\n"
    )


async def test_without_retained_devices_the_bridge_is_asked_under_the_id_as_given(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, mosquitto.port)
    async with answering(mosquitto, ending("rejected", "unknown_target", message="there is no device Roof")) as bridge:
        assert await desk.type("set", "Roof", "ac_charge_enabled", "on") == 3
        assert await desk.type("set", "a/b", "ac_charge_enabled", "on") == 3
    assert [asked.topic for asked in bridge.asked] == ["heliopost/device/Roof/ac_charge_enabled/set"]
    assert "there is no device Roof" in capsys.readouterr().err


# --- how it ends

ENDS = [
    ("confirmed", "confirmed", 0),
    ("no_change", "no_change", 0),
    ("no_change", "dry_run", 0),
    ("unconfirmed", "verify_timeout", 1),
    ("rejected", "out_of_range", 3),
    ("conflict", "conflict", 3),
    ("failed", "vendor_error", 4),
    ("expired", "expired", 5),
    ("superseded", "superseded", 6),
]


@pytest.mark.parametrize(("status", "code", "number"), ENDS)
async def test_every_end_has_its_exit_code_and_a_sentence(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], status: str, code: str, number: int
) -> None:
    script = ending(status, code, message="because of the weather", observed=None, previous=None)
    async with house(mosquitto, tmp_path, script) as (desk, _):
        assert await desk.type(*SET) == number
    told = capsys.readouterr()
    said = told.err if number else told.out
    if status != "confirmed":
        assert f"ac_charge_enabled of growatt_abc123: {status}" in said
        assert "because of the weather. Command " in said
    assert (told.out == "") == bool(number)


@pytest.mark.parametrize(("original", "number"), [("confirmed", 0), ("failed", 4)])
async def test_the_same_id_again_ends_as_the_first_did(
    mosquitto: Mosquitto, tmp_path: Path, original: str, number: int
) -> None:
    async with house(mosquitto, tmp_path, ending("duplicate", "x", original=original)) as (desk, _):
        assert await desk.type(*SET, "--id", "again") == number


async def test_the_same_id_while_it_is_carried_out_waits_for_its_end(
    mosquitto: Mosquitto, tmp_path: Path, quick: None
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        running = final(asked, "duplicate", "x", original=None)
        return [(REPLY, running), (TOPICS.result(*PLACE), running), (TOPICS.result(*PLACE), final(asked, "confirmed"))]

    async with house(mosquitto, tmp_path, script) as (desk, _):
        assert await desk.type(*SET, "--id", "again") == 0


async def test_answers_to_others_are_not_taken_for_ours(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], quick: None
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        other = final(asked, "confirmed") | {"id": "another's"}
        elsewhere = final(asked, "confirmed") | {"device": "growatt_def456"}
        return [(TOPICS.result(*PLACE), other), (TOPICS.result(*PLACE), elsewhere)]

    async with house(mosquitto, tmp_path, script) as (desk, _):
        assert await desk.type(*SET, "--id", "mine", "--wait", "0.1") == 1
    told = capsys.readouterr().err
    assert "no final answer has come in 0.1 s. The command may still be carried out" in told
    assert "`heliopost commands show mine` says how it went" in told


async def test_while_it_is_read_back_people_are_told_and_a_lost_answer_is_found(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], quick: None
) -> None:
    stages = iter(["queued", "verifying", "verifying"])

    def script(asked: Asked) -> list[tuple[str, Any]]:
        def known(_: Asked) -> Any:
            stage = next(stages, "final")
            status = "confirmed" if stage == "final" else None
            return {"commands": [final(bridge.asked[0], "") | {"stage": stage, "status": status}]}

        return verbs(asked, commands=known)

    async with house(mosquitto, tmp_path, script) as (desk, bridge):
        assert await desk.type(*SET) == 0
    assert capsys.readouterr().err == (
        "heliopost: it waits for its turn; Ctrl-C leaves it running\n"
        "heliopost: it is being read back; Ctrl-C leaves it running\n"
    )


async def test_a_command_that_the_bridge_never_got_is_sent_again_under_its_id(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], quick: None
) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        sent = [each for each in bridge.asked if TOPICS.place(each.topic)]
        if len(sent) == 2:
            return list(ending("confirmed")(sent[1]))
        return verbs(asked, commands=lambda _: {"commands": []})

    async with house(mosquitto, tmp_path, script) as (desk, bridge):
        assert await desk.type(*SET) == 0
    first, second = (each.body for each in bridge.asked if TOPICS.place(each.topic))
    assert first == second, "else the bridge would call it a conflict"
    assert "sent again under the same id" in capsys.readouterr().err


async def test_what_has_expired_is_not_sent_again(mosquitto: Mosquitto, tmp_path: Path, quick: None) -> None:
    def script(asked: Asked) -> list[tuple[str, Any]]:
        return verbs(asked, commands=lambda _: {"commands": []})

    async with house(mosquitto, tmp_path, script) as (desk, bridge):
        assert await desk.type(*SET, "--ttl", "0.01", "--wait", "0.2") == 1
    assert len([each for each in bridge.asked if TOPICS.place(each.topic)]) == 1


async def test_a_bridge_that_says_nothing_at_all_is_named(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge_mqtt, "QUIET", 0.05)
    monkeypatch.setattr(bridge_mqtt, "ANSWER", 0.05)
    monkeypatch.setattr(bridge_mqtt, "LAST", 0.05)
    async with house(mosquitto, tmp_path, silent) as (desk, _):
        assert await desk.type(*SET, "--wait", "0.1") == 1
        assert await desk.type("commands", "list") == 1
        assert await desk.type("commands", "undo", "x") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "the bridge has not answered the request 'commands' in 0.05 s" in told.err
    assert "'undo'" in told.err


async def test_without_a_broker_or_a_bridge_nothing_is_sent_and_that_is_said(
    mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await Desk(tmp_path, free_port()).type(*SET) == 4
    assert "Nothing answers at 127.0.0.1" in capsys.readouterr().err
    assert await Desk(tmp_path, free_port()).type("commands", "list") == 1
    assert await Desk(tmp_path, mosquitto.port).type(*SET) == 4
    assert "no bridge has ever spoken" in capsys.readouterr().err
    async with house(mosquitto, tmp_path, silent) as (desk, bridge):
        await bridge.state("offline")
        assert await desk.type(*SET) == 4
    assert bridge.asked == []
    assert "the bridge is offline" in capsys.readouterr().err


async def test_a_broker_that_goes_while_waiting_leaves_the_command_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "RETRY", 0.5)
    async with Mosquitto() as broker, house(broker, tmp_path, silent) as (desk, bridge):
        typing = asyncio.create_task(desk.type(*SET, "--id", "mine", "--wait", "2"))
        async with asyncio.timeout(LIMIT):
            while not bridge.asked:  # noqa: ASYNC110 - it has no bell
                await asyncio.sleep(0.01)
        await asyncio.to_thread(broker.kill)
        assert await typing == 1
    told = capsys.readouterr().err
    assert "has ended before the answer came" in told
    assert "Nothing answers at 127.0.0.1" in told
    assert "`heliopost commands show mine` says how it went" in told


async def test_an_answer_that_comes_while_the_broker_is_away_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    monkeypatch.setattr(outcome, "RETRY", 0.05)
    async with Mosquitto() as broker:
        async with house(broker, tmp_path, silent) as (desk, bridge):
            typing = asyncio.create_task(desk.type(*SET, "--id", "mine"))
            async with asyncio.timeout(LIMIT):
                while not bridge.asked:  # noqa: ASYNC110 - it has no bell
                    await asyncio.sleep(0.01)
            ended = final(bridge.asked[0], "confirmed") | {"stage": "final"}
            await asyncio.to_thread(broker.restart)
        async with house(broker, tmp_path, lambda it: verbs(it, commands=lambda _: {"commands": [ended]})):
            assert await typing == 0
    told = capsys.readouterr()
    assert "It is tried again; Ctrl-C leaves the command running" in told.err
    assert "is now on" in told.out


async def test_ctrl_c_leaves_the_command_running_and_says_so(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with house(mosquitto, tmp_path, silent) as (desk, bridge):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", *SET, "--id", "mine", "-c", str(desk.file)), stderr=subprocess.PIPE
        )
        async with asyncio.timeout(LIMIT):
            while not bridge.asked:  # noqa: ASYNC110 - it has no bell
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, told = await process.communicate()
    assert process.returncode == 130
    assert told.decode() == (
        "heliopost: this goes on without you. The command may still be carried out; "
        "`heliopost commands show mine` says how it went\n"
    )


# --- secrets


async def test_the_token_comes_from_a_file_or_the_environment_and_is_never_shown(
    mosquitto: Mosquitto, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIOPOST_CONFIRM_TOKEN", SECRET)
    async with house(mosquitto, tmp_path, ending("rejected", "not_allowed", message="no")) as (desk, bridge):
        assert await desk.type(*SET, "--log-level", "debug") == 3
        assert await desk.type(*SET, "--log-level", "debug", "--json") == 3
        assert await desk.type(*SET, "--confirm-token-file", str(tmp_path / SECRET)) == 1
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SECRET}-piped\n"))
        assert await desk.type(*SET, "--confirm-token-file", "-") == 3
        (tmp_path / "empty").write_text("\n")
        assert await desk.type(*SET, "--confirm-token-file", str(tmp_path / "empty")) == 1
    assert [asked.body["confirm"] for asked in bridge.asked] == [SECRET, SECRET, f"{SECRET}-piped"]
    told = capfd.readouterr()
    assert "cannot be read (no such file or directory)" in told.err
    assert "holds no token" in told.err
    assert SECRET not in told.out + told.err


@pytest.mark.parametrize("words", [("set",), ("api", "put"), ("commands", "undo")])
def test_the_help_shows_no_secret_and_every_exit_code(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIOPOST_CONFIRM_TOKEN", SECRET)
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert SECRET not in shown
    codes = (cli.DONE, cli.FAILED, 2, cli.REJECTED, cli.NOT_DONE, cli.EXPIRED, cli.SUPERSEDED, cli.CONFIG)
    assert all(f"{code} " in shown.partition("exit codes:")[2] for code in codes)


@pytest.mark.parametrize(
    "words",
    [
        ("set", "d", "p"),
        ("set", "d", "p", '{"start": '),
        ("set", "d", "p", '{"start": NaN}'),
        ("set", "d", "p", "1", "--ttl", "0"),
        ("set", "d", "p", "1", "--ttl", "nan"),
        ("set", "d", "p", "1", "--wait", "-1"),
        ("set", "d", "p", "1", "--revert-after", "soon"),
        ("commands",),
        ("commands", "show"),
        ("commands", "list", "--limit", "0"),
        ("commands", "list", "--limit", "x"),
        ("api", "get"),
        ("api", "put", "m", "s", "t", "plain"),
        ("api", "put", "m", "s", "t", '"text"'),
    ],
)
def test_wrong_words_are_refused_before_anything_is_asked(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    assert ended.value.code == 2
    assert "usage: heliopost" in capsys.readouterr().err
