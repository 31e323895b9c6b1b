"""A model of what must hold, whatever comes in whatever order: one answer each, nothing sent twice."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.errors import Doubtful, Refused, Unavailable
from app.mqtt import Message
from tests.commands.rig import Desk, Vendor, database, desk
from tests.core.factory import Rig

FINALS = {"confirmed", "unconfirmed", "no_change", "rejected", "failed", "expired", "superseded"}


class Machine(RuleBasedStateMachine):
    """Sends, restarts, loses, waits."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.vendor, self.kept, self.rig = Vendor(), database(), Rig()
        self.asked: dict[str, bytes] = {}
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.heard = 0
        self.number = 0

    @initialize()
    def begin(self) -> None:
        self.open()

    def open(self) -> None:
        self.context = desk(self.vendor, self.kept, self.rig, pause=timedelta(seconds=1))
        self.work: Desk = self.loop.run_until_complete(self.context.__aenter__())
        self.heard = 0
        self.work.engine.on_connected()
        self.listen()

    def listen(self) -> None:
        said = self.work.broker.said
        for topic, body, _ in said[self.heard :]:
            if topic.endswith("/result") and body["status"] not in {"duplicate", "conflict"}:
                self.answers.setdefault(body["id"], []).append(body)
        self.heard = len(said)

    def run(self, seconds: float) -> None:
        self.loop.run_until_complete(self.work.pass_time(seconds))
        self.listen()

    def send(self, command_id: str, payload: bytes, key: str) -> None:
        message = Message(f"heliopost/device/growatt_abc/{key}/set", payload)
        self.loop.run_until_complete(self._receive(key, message))
        self.asked.setdefault(command_id, payload)
        self.listen()

    async def _receive(self, key: str, message: Message) -> None:
        self.work.engine.receive("growatt_abc", key, message)

    @rule(value=st.integers(-5, 105), revert=st.booleans())
    def number_sent(self, value: int, revert: bool) -> None:  # noqa: FBT001 - hypothesis gives it
        self.number += 1
        body = {"value": value, "id": str(self.number)} | ({"revert_after": 100} if revert else {})
        self.send(str(self.number), json.dumps(body).encode(), "export_limit")

    @rule(part=st.sampled_from(["start", "end"]), hour=st.integers(0, 23))
    def part_sent(self, part: str, hour: int) -> None:
        self.number += 1
        body = {"value": f"{hour:02}:00", "id": str(self.number)}
        self.send(str(self.number), json.dumps(body).encode(), f"charge_1_{part}")

    @rule(data=st.data())
    def sent_again(self, data: st.DataObject) -> None:
        numbers = [each for each in self.asked if b":00" not in self.asked[each]]
        if numbers:
            chosen = data.draw(st.sampled_from(numbers))
            self.send(chosen, self.asked[chosen], "export_limit")

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.run(seconds)

    @rule(mood=st.sampled_from(["well", "deaf", "refuses", "loses", "dark"]))
    def vendor_changes(self, mood: str) -> None:
        self.vendor.deaf = mood == "deaf"
        self.vendor.refusal = Refused("no", "501") if mood == "refuses" else None
        self.vendor.lost = Doubtful("no answer") if mood == "loses" else None
        self.vendor.dark = Unavailable("no route") if mood == "dark" else None

    @rule()
    def broker_goes(self) -> None:
        self.work.broker.connected = False

    @rule()
    def broker_returns(self) -> None:
        if not self.work.broker.connected:
            self.work.broker.connected = True
            self.work.engine.on_connected()
            self.listen()

    @rule()
    def restarts(self) -> None:
        self.loop.run_until_complete(self.context.__aexit__(None, None, None))
        self.listen()
        self.open()

    @invariant()
    def nobody_is_answered_twice(self) -> None:
        assert {each: len(bodies) for each, bodies in self.answers.items() if len(bodies) > 1} == {}

    def teardown(self) -> None:
        try:
            if hasattr(self, "work"):
                self.vendor_changes("well")
                self.broker_returns()
                self.run(2000)
                unanswered = self.asked.keys() - self.answers.keys()
                assert not unanswered
                assert {bodies[0]["status"] for bodies in self.answers.values()} <= FINALS
                assert not self.work.journal.unfinished()
                now = self.rig.clock.now()
                journal = self.work.journal
                sent = [row.sent for row in journal.sent_since("growatt_abc", now - timedelta(days=9), now)]
                assert len(self.vendor.writes) <= len(set(sent))
                self.loop.run_until_complete(self.context.__aexit__(None, None, None))
        finally:
            self.loop.close()


TestMachine = Machine.TestCase
TestMachine.settings = hypothesis_settings(max_examples=40, stateful_step_count=20, deadline=None)
