"""Tells how commands go: to their senders, to the audit, to the log, to whoever looks at the device."""

import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, Protocol

import structlog

from app.bridge import Bridge
from app.clock import Clock
from app.commands import answers
from app.commands.journal import Command, Journal, Stage, Status
from app.commands.offers import Offers
from app.model import CommandStatus, Event, Value
from app.mqtt import Message
from app.sinks import Publisher
from app.topics import Topics

log = structlog.get_logger()

NEWS: Final = {
    Status.CONFIRMED: "command_confirmed",
    Status.UNCONFIRMED: "command_failed",
    Status.FAILED: "command_failed",
    Status.REJECTED: "command_failed",
    Status.EXPIRED: "command_failed",
}
"""What is an event of the device."""
UNSEEN: Final = "not_verified"
"""The code of what the vendor has taken and never shows: neither confirmed nor a failure."""
PENDING: Final = "pending"

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs something beside, under a name."""


class Counted(Protocol):
    """What is counted of commands."""

    def command(self, status: str, code: str, seconds: float) -> None:
        """Count one that has ended, `seconds` after it came."""


class Teller:
    """Ends commands, once each, and sends their answers."""

    def __init__(  # noqa: PLR0913 - each is a part that only the engine has
        self,
        topics: Topics,
        publisher: Publisher,
        journal: Journal,
        bridge: Bridge,
        offers: Offers,
        *,
        clock: Clock,
        counted: Counted,
        spawn: Spawn,
        to_revert: Callable[[], None],
    ) -> None:
        """`to_revert` is told that a command has ended that is to be taken back after a while."""
        self._topics, self._publisher, self._journal = topics, publisher, journal
        self._bridge, self._offers, self._clock = bridge, offers, clock
        self._counted, self._spawn, self._to_revert = counted, spawn, to_revert

    def allowed(self, topic: str | None) -> str | None:
        """Return a response topic that answers may go to: whoever may ask must not be able to speak everywhere."""
        if topic and topic.startswith(self._topics.response("")) and not set("+#\0") & set(topic):
            return topic
        return None

    def accepted(self, command: Command) -> None:
        """Tell that a command is on its way."""
        if not command.dry_run:
            self._note(command, PENDING)

    def end(self, command: Command, status: Status, code: str, message: str) -> None:
        """Bring a command to its one end, and tell everybody."""
        now = self._clock.now()
        command.stage, command.status, command.code, command.message = Stage.FINAL, status, code, message
        command.ended = now
        if command.revert_after and status in (Status.CONFIRMED, Status.UNCONFIRMED) and command.previous:
            command.revert_at = now + timedelta(seconds=command.revert_after)
            self._to_revert()
        try:
            self._journal.save(command)
        except sqlite3.Error as error:
            log.error("journal_not_written", device=command.device, point=command.key, error=str(error))
        facts = {"device": command.device, "point": command.key, "id": command.id, "status": status, "code": code}
        log.info("command_ended", **facts, source=command.source, message=message)
        self._counted.command(status, code, (now - command.received).total_seconds())
        body = self._answer(command)
        self._publisher.publish(self._topics.audit, answers.encode(body))
        if not command.dry_run:
            self._note(command, status)
        device = self._bridge.store.device(command.device)
        if device is not None and status in NEWS and code != UNSEEN:
            said: dict[str, Value] = {name: str(body[name]) for name in ("id", "point", "status", "code", "message")}
            event = Event(device, NEWS[status], said, now)
            self._spawn(self._bridge.tell(event), f"event {command.id}")

    def _note(self, command: Command, status: str) -> None:
        """Have the device's attributes say how its newest command of a point goes."""
        if self._bridge.store.device(command.device) is None or not command.setting:
            return
        note = self.noted(command, status)
        self._spawn(self._bridge.tell(note), f"note {command.id}")

    def noted(self, command: Command, status: str) -> CommandStatus:
        """Return what a device's attributes say of a command."""
        setting, _ = self._offers.find(command.device, command.key)
        wanted = answers.document(command, setting)["requested"]
        at = command.ended or command.received
        body = {
            "id": command.id,
            "status": str(status),
            "code": command.code,
            "message": command.message,
            "requested": wanted,
            "at": at.isoformat(timespec="seconds"),
        }
        return CommandStatus(command.device, command.key, {name: value for name, value in body.items() if value != ""})

    def on_connected(self) -> None:
        """Give the answers that the broker has not taken."""
        for command in self._journal.undelivered():
            self._answer(command)

    def _answer(self, command: Command) -> dict[str, Any]:
        """Send a command's answer; the broker's receipt is noted."""
        setting, _ = self._offers.find(command.device, command.key)
        body = answers.document(command, setting)
        self._publisher.publish(
            self._topics.result(command.device, command.key), answers.encode(body), taken=lambda: self._taken(command)
        )
        if command.reply_to:
            correlation = bytes.fromhex(command.correlation) if command.correlation else None
            self._publisher.publish(command.reply_to, answers.encode(body), correlation=correlation)
        return body

    def _taken(self, command: Command) -> None:
        command.delivered = True
        with suppress(sqlite3.Error):
            self._journal.save(command)

    def again(self, known: Command, message: Message, *, same: bool) -> None:
        """Answer one who has asked again under an id that has come before."""
        body = answers.again(known, answers.document(known, self._offers.find(known.device, known.key)[0]), same=same)
        self._publisher.publish(self._topics.result(known.device, known.key), answers.encode(body))
        if topic := self.allowed(message.response_topic):
            self._publisher.publish(topic, answers.encode(body), correlation=message.correlation)
