"""Rows of the journal that cannot be read: they cost nothing but themselves."""

import json
import sqlite3
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.commands import journal
from app.commands.lane import Lane
from tests.commands.rig import Vendor, database, desk
from tests.core.factory import NOON, Rig, device

BODIES = (
    {"status": "dreamt"},
    {"stage": "nowhere"},
    {"ended": "yesterday"},
    {"deadline": 7},
)


def spoil(kept: sqlite3.Connection, body: object, **columns: Any) -> None:
    """Change the body of every row."""
    for number, text in kept.execute("SELECT rowid, body FROM command").fetchall():
        changed = json.loads(text) | body if isinstance(body, dict) else body
        kept.execute("UPDATE command SET body = ? WHERE rowid = ?", (json.dumps(changed), number))
    for name, value in columns.items():
        kept.execute(f"UPDATE command SET {name} = ?", (value,))  # noqa: S608 - names of this file


@pytest.mark.parametrize("body", [*BODIES, {}, [], 5])
async def test_a_row_that_cannot_be_read_hides_no_other(body: object) -> None:
    vendor, kept, rig = Vendor(), database(), Rig()
    async with desk(vendor, kept, rig) as work:
        work.send({"value": 80, "id": "bad"})
        await work.pass_time(30)
    if body == {}:
        kept.execute("UPDATE command SET body = '{}'")
    else:
        spoil(kept, body)
    kept.execute("UPDATE command SET delivered = 0, revert_at = ?", (NOON.isoformat(),))
    with capture_logs() as logged:
        async with desk(vendor, kept, rig) as work:
            assert work.engine.notes(device()) == []
            work.send({"value": "grid", "id": "good"}, "work_mode")
            await work.pass_time(60)
            assert [each["status"] for each in work.broker.results("work_mode")] == ["confirmed"]
            assert [each["id"] for each in work.engine.listed(5)] == ["good"]
            assert [each.id for each in work.journal.newest_of_each_point("growatt_abc")] == ["good"]
    assert [each["event"] for each in logged].count("journal_row_skipped") == 1
    assert not [each for each in logged if each["log_level"] == "error"]


async def test_what_nobody_foresaw_ends_the_commands_that_wait_and_no_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: Lane) -> None:
        msg = "nobody foresaw this"
        raise ValueError(msg)

    async with desk() as work:
        with monkeypatch.context() as patched:
            patched.setattr(Lane, "first", broken)
            work.send(80)
            await work.pass_time(30)
        assert work.lanes == 0
        work.send(70)
        await work.pass_time(30)
        answers = [(each["status"], each["code"]) for each in work.broker.results()]
        assert answers == [("failed", "internal"), ("confirmed", "confirmed")]


@pytest.mark.parametrize("spoiled", [False, True])
async def test_an_id_that_cannot_be_looked_up_is_turned_away_and_not_written_again(
    monkeypatch: pytest.MonkeyPatch, *, spoiled: bool
) -> None:
    def broken(*_: object) -> None:
        msg = "disk I/O error"
        raise sqlite3.OperationalError(msg)

    kept = database()
    async with desk(kept=kept) as work:
        work.send({"value": 80, "id": "once"})
        await work.pass_time(30)
        work.vendor.kept["export_limit"] = 100.0
        before = json.loads(kept.execute("SELECT body FROM command").fetchone()[0])
        with monkeypatch.context() as patched:
            if spoiled:
                spoil(kept, {"status": "dreamt"})
            else:
                patched.setattr(type(work.journal), "find", broken)
            work.send({"value": 80, "id": "once"})
            await work.pass_time(30)
        assert len(work.vendor.writes) == 1
        answers = [(each["status"], each["code"]) for each in work.broker.results()]
        assert answers == [("confirmed", "confirmed"), ("rejected", "journal")]
        assert spoiled or json.loads(kept.execute("SELECT body FROM command").fetchone()[0]) == before


async def test_the_journal_is_kept_short_within_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST", 3)
    async with desk() as work:
        for _ in range(10):
            work.send(500)  # more than there is
        await work.pass_time(1)
        assert len(work.engine.listed(50)) == 10
        await work.pass_time(620)
        assert len(work.engine.listed(50)) <= 3
