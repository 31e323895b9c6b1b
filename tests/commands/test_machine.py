"""A model of what must hold, whatever comes in whatever order: one answer each, nothing written twice or unasked."""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import structlog
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.commands.journal import Stage
from app.errors import CommandError, Doubtful, Refused, Unavailable
from app.model import Value
from app.mqtt import Message
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import Rig

FINALS = {"confirmed", "unconfirmed", "no_change", "rejected", "failed", "expired", "superseded"}
LONG = 700.0
"""Seconds after which what was sent has been looked after for the last time."""
WINDOW = st.sampled_from([{}, {"ttl": 1}, {"dry_run": True}, {"revert_after": 10}, {"revert_after": 100}])
DAYS = 200_000.0
"""Seconds after which no revert is tried any more."""


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """Say nothing of what breaks a thousand times: a traceback takes longer than all the rest."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


class Machine(RuleBasedStateMachine):
    """Sends, restarts, loses, waits; takes back, and asks twice."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.vendor, self.kept, self.rig = Vendor(), database(), Rig()
        self.asked: dict[str, tuple[str, bytes]] = {}
        """By id: the point and the payload."""
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.repeats = 0
        self.repeated = 0
        self.heard = 0
        self.number = 0

    @initialize()
    def begin(self) -> None:
        self.open()

    def open(self) -> None:
        self.context = desk(self.vendor, self.kept, self.rig, pause=timedelta(seconds=1), writes_per_day=10_000)
        self.work: Desk = self.loop.run_until_complete(self.context.__aenter__())
        self.heard = 0
        self.work.engine.on_connected()
        self.listen()

    def listen(self) -> None:
        said = self.work.broker.said
        for topic, body, _ in said[self.heard :]:
            if topic.endswith("/result"):
                if body["status"] in {"duplicate", "conflict"}:
                    self.repeated += 1
                else:
                    self.answers.setdefault(body["id"], []).append(body)
        self.heard = len(said)

    def run(self, seconds: float) -> None:
        self.loop.run_until_complete(self.work.pass_time(seconds))
        self.listen()

    def send(self, command_id: str, payload: bytes, key: str) -> None:
        message = Message(f"heliopost/device/growatt_abc/{key}/set", payload)
        self.loop.run_until_complete(self._receive(key, message))
        self.asked.setdefault(command_id, (key, payload))
        self.listen()

    async def _receive(self, key: str, message: Message) -> None:
        self.work.engine.receive("growatt_abc", key, message)

    def new(self, key: str, body: Mapping[str, Any]) -> None:
        self.number += 1
        self.send(str(self.number), json.dumps({**body, "id": str(self.number)}).encode(), key)

    # Asking

    @rule(value=st.integers(-5, 105), more=st.sampled_from([{}, {"revert_after": 100}, {"verify": False}]))
    def number_sent(self, value: int, more: dict[str, Any]) -> None:
        self.new("export_limit", {"value": value, **more})

    @rule(
        window=st.sampled_from(["charge_1", "slot_1"]),
        part=st.sampled_from(["start", "end"]),
        hour=st.integers(0, 23),
        more=st.sampled_from([{}, {}, {"revert_after": 100}]),
    )
    def part_sent(self, window: str, part: str, hour: int, more: dict[str, Any]) -> None:
        self.new(f"{window}_{part}", {"value": f"{hour:02}:00", **more})

    @rule()
    def the_last_change_undone(self) -> None:
        try:
            answer = self.loop.run_until_complete(self.work.engine.undo({"device": "growatt_abc"}))
        except CommandError:
            return
        for command_id in answer.get("commands", [answer["command"]]):
            self.asked_by_us(str(command_id))

    @rule(start=st.integers(0, 20), length=st.integers(0, 3), more=WINDOW)
    def window_sent(self, start: int, length: int, more: dict[str, Any]) -> None:
        value = {"start": f"{start:02}:00", "end": f"{start + length:02}:00", "enabled": True}
        self.new("charge_1", {"value": value, **more})

    @rule(payload=st.sampled_from([b"\xff", b"{", b'{"value": NaN}', b"[]", b""]))
    def nonsense_sent(self, payload: bytes) -> None:
        self.loop.run_until_complete(self._receive("work_mode", Message("", payload)))
        self.listen()

    @precondition(lambda self: self.asked and self.work.broker.connected)
    @rule(data=st.data(), other=st.booleans())
    def sent_again(self, data: st.DataObject, other: bool) -> None:  # noqa: FBT001 - hypothesis gives it
        chosen = data.draw(st.sampled_from(sorted(self.asked)))
        key, payload = self.asked[chosen]
        self.repeats += 1
        self.send(chosen, payload + b" " if other else payload, key)

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), force=st.booleans())
    def undone(self, data: st.DataObject, force: bool) -> None:  # noqa: FBT001 - hypothesis gives it
        chosen = data.draw(st.sampled_from(sorted(self.asked)))
        try:
            request = {"command": chosen, "force": force}
            answer = self.loop.run_until_complete(self.work.engine.undo(request))
        except CommandError:
            return
        self.asked_by_us(str(answer["command"]))

    def asked_by_us(self, command_id: str) -> None:
        (command,) = self.work.journal.named(command_id)
        assert command.undoes in self.asked
        self.listen()

    # The world

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0, LONG]))
    def time_passes(self, seconds: float) -> None:
        self.run(seconds)

    @rule(mood=st.sampled_from(["well", "deaf", "refuses", "loses", "dark", "loses and is deaf", "breaks"]))
    def vendor_changes(self, mood: str) -> None:
        refusals = {"refuses": Refused("no", "501"), "breaks": RuntimeError("boom")}
        self.vendor.deaf = "deaf" in mood
        self.vendor.refusal = refusals.get(mood)
        self.vendor.lost = Doubtful("no answer") if "loses" in mood else None
        self.vendor.dark = Unavailable("no route") if mood == "dark" else None

    @precondition(lambda self: self.vendor.gate is None)
    @rule()
    def vendor_hangs(self) -> None:
        self.vendor.gate = asyncio.Event()

    @precondition(lambda self: self.vendor.gate)
    @rule()
    def vendor_answers(self) -> None:
        if self.vendor.gate:
            self.vendor.gate.set()
        self.vendor.gate = None

    @rule(value=st.integers(0, 100))
    def somebody_else_changes_it(self, value: int) -> None:
        self.vendor.kept["export_limit"] = float(value)

    @rule(shut=st.booleans())
    def account_changes(self, shut: bool) -> None:  # noqa: FBT001 - hypothesis gives it
        if shut:
            self.work.door = None
        else:
            self.work.open()

    @rule(room=st.sampled_from([None, None, 0]))
    def outbox_fills(self, room: int | None) -> None:
        self.work.broker.room = room

    @rule()
    def broker_goes(self) -> None:
        self.work.broker.connected = False

    @precondition(lambda self: not self.work.broker.connected)
    @rule()
    def broker_returns(self) -> None:
        self.work.broker.connected = True
        self.work.engine.on_connected()
        self.listen()

    @rule(away=st.sampled_from([0.0, 30.0, LONG]))
    def restarts(self, away: float) -> None:
        self.loop.run_until_complete(self.context.__aexit__(None, None, None))
        self.listen()
        self.vendor_answers()
        self.rig.clock.move(timedelta(seconds=away))
        self.open()

    # What holds

    @invariant()
    def nobody_is_answered_twice(self) -> None:
        assert {each: len(bodies) for each, bodies in self.answers.items() if len(bodies) > 1} == {}

    @invariant()
    def what_is_written_stands_in_the_journal(self) -> None:
        if hasattr(self, "work"):
            known = self.work.journal.newest(10_000)
            sent = {each.sent for each in known if each.sent}
            assert len(self.vendor.asked) <= len(sent)
            assert all(each.sent for each in known if each.stage in (Stage.SENT, Stage.ANSWERED, Stage.VERIFYING))
            for write in self.vendor.asked:
                assert any(_asks(each.requested, write) for each in known), write

    def teardown(self) -> None:
        try:
            if hasattr(self, "work"):
                self._settle()
        finally:
            self.loop.close()

    def _settle(self) -> None:
        self.vendor_changes("well")
        self.vendor_answers()
        self.outbox_fills(None)
        self.work.open()
        if not self.work.broker.connected:
            self.broker_returns()
        self.run(2 * LONG)
        for _ in range(3):
            self.rig.clock.move(timedelta(seconds=DAYS))
            self.run(LONG)
        assert not self.asked.keys() - self.answers.keys()
        assert {bodies[0]["status"] for bodies in self.answers.values()} <= FINALS
        journal = self.work.journal
        assert not journal.unfinished()
        assert not journal.undelivered()
        assert not journal.to_revert()
        assert self.work.lanes == 0
        for command in journal.newest(10_000):
            assert command.id in self.answers, command
            assert (command.status == "confirmed") <= bool(command.sent and command.looks)
            assert (command.status in ("rejected", "expired", "no_change")) <= (command.sent is None)
        self.nobody_is_answered_twice()
        self.loop.run_until_complete(self.context.__aexit__(None, None, None))


def _asks(requested: Mapping[str, Value], write: Mapping[str, Value]) -> bool:
    return bool(requested) and any(write.get(key) == value for key, value in requested.items())


TestMachine = Machine.TestCase
TestMachine.settings = hypothesis_settings(max_examples=60, stateful_step_count=25, deadline=None)
