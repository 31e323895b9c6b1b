"""What is said of commands is for people: their words, their numbers, and nothing that should not be seen."""

import json
from datetime import timedelta
from typing import Any

import pytest

from app.commands import answers
from app.commands.request import Invalid, parse
from tests.commands.rig import desk
from tests.commands.test_raw import DANGEROUS, Putter, put
from tests.core.factory import NOON, device


async def test_numbers_are_whole_where_they_are_and_moments_have_no_parts_of_a_second() -> None:
    async with desk() as work:
        work.rig.clock.move(timedelta(microseconds=123456))
        work.send({"value": 80, "revert_after": 300})
        await work.pass_time(20)
        (answer,) = work.broker.results()
        said = answers.encode(answer)
        assert '"requested":80,"previous":100,"observed":80,' in said
        assert all(len(moment) == len("2026-06-01T10:00:00+00:00") for moment in answer["at"].values())
        assert len(answer["revert_at"]) == len("2026-06-01T10:00:00+00:00")


async def test_a_dry_run_says_on_and_off() -> None:
    async with desk() as work:
        work.send({"value": {"enabled": False}, "dry_run": True}, "charge_1")
        await work.pass_time(1)
        (answer,) = work.broker.results("charge_1")
        words = "charge_1_start 01:00, charge_1_end 03:00, charge_1_enabled off"
        assert answer["message"] == f"a dry run: nothing was written; it would be {words}"


async def test_what_stands_there_instead_is_said_as_people_write_it() -> None:
    async with desk() as work:
        work.vendor.deaf = True
        work.send(80)
        work.send("off", "charge_1_enabled")
        await work.pass_time(700)
        assert "export_limit is 100:" in work.broker.results()[0]["message"]
        assert "charge_1_enabled is on:" in work.broker.results("charge_1_enabled")[0]["message"]
        work.send({"value": 80, "expect": 30})
        await work.pass_time(5)
        assert work.broker.results()[-1]["message"].endswith("it is 100")


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b'{"value": ' + b"9" * 5000 + b"}", "a number in it has too many digits"),
        (b'{"value": ' + b"[" * 100_000, "too many objects or lists stand in one another"),
        (b'{"value": 1', "line 1, column 12"),
        (b'{"value": NaN}', "NaN is no number of JSON"),
    ],
    ids=["digits", "depth", "end", "NaN"],
)
def test_what_is_no_json_is_told_in_words_that_are_not_python_s(payload: bytes, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(payload, NOON, timedelta(minutes=1))
    assert words in str(caught.value)
    assert not {"sys.", "recursion", "Expecting"} & set(str(caught.value).split())


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("export_limit", 500, 500),
        ("export_limit", "much", "much"),
        ("export_limit", "x" * 1000, "x" * 64 + "…"),
        ("export_limit", 10**300, "1" + "0" * 63 + "…"),
        ("charge_1", {"start": "25:00", "ending": 3}, {"start": "25:00", "ending": 3}),
        ("charge_1", {"password": "hunter22"}, {"password": "***"}),
        ("wifi_password", "hunter22", "***"),
    ],
    ids=str,
)
async def test_what_was_rejected_says_what_was_asked(key: str, value: Any, shown: Any) -> None:
    async with desk() as work:
        work.send({"value": value}, key)
        await work.pass_time(5)
        (answer,) = work.broker.results(key)
        assert (answer["status"], answer["requested"]) == ("rejected", shown)


async def test_dry_runs_of_one_point_each_have_their_answer() -> None:
    async with desk() as work:
        async with work.turn:
            for value in range(20):
                work.send({"value": value, "dry_run": True})
            await work.pass_time()
        await work.pass_time(5)
        assert [answer["code"] for answer in work.broker.results()] == ["dry_run"] * 20


async def test_a_raw_write_of_unknown_meaning_leaves_nothing_in_the_attributes() -> None:
    async with desk(Putter(), **DANGEROUS) as work:
        work.send(80)
        await put(work, "odd", "a secret, perhaps")
        await work.pass_time(20)
        assert work.broker.results("put_odd")[0]["status"] == "unconfirmed"
        assert [note.key for note in work.engine.notes(device())] == ["export_limit"]
        assert "perhaps" not in json.dumps([str(said) for said in work.rig.outlet.__dict__.values()])
