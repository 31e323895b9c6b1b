"""Tells how commands go: to their senders, to the audit, to the log, to whoever looks at the device."""

import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
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
AGAIN: Final = timedelta(minutes=1)
"""After what time an answer counts as lost that the broker has not taken: it had no room for it, say."""
AT_ONCE: Final = 200
"""Answers that are given again at once: more would not find room either."""

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs something beside, under a name."""


class Counted(Protocol):
    """What is counted of commands."""

    def command(self, status: str, code: str, seconds: float, read_back: float | None) -> None:
        """Count one that has ended, `seconds` after it came; `read_back`: seconds until it was seen at the vendor."""

    def watch(self, left: Callable[[], Mapping[str, int]]) -> None:
        """Ask `left`, whenever somebody wants to know, how often each device may still be written today."""


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
        follow: Callable[[Command], Sequence[Command]],
    ) -> None:
        """`follow` returns what else is to be noted in the journal together with a command's end."""
        self._topics, self._publisher, self._journal = topics, publisher, journal
        self._bridge, self._offers, self._clock = bridge, offers, clock
        self._counted, self._spawn, self._follow = counted, spawn, follow
        self._held: list[Command] = []
        """What has ended and the journal could not take: told when it has, or a restart would end it once more."""
        self._noted: dict[tuple[str, str], tuple[datetime, str]] = {}
        """When the command came that a device's attributes tell of, and its id, by device and point."""
        self._told: dict[tuple[str, str, str], datetime] = {}
        """When each answer was given that the broker has not yet taken."""
        self._since: datetime | None = None
        """When the connection began that they were given on."""

    def accepted(self, command: Command) -> None:
        """Tell that a command is on its way."""
        if not command.dry_run:
            self._note(command, PENDING)

    def end(self, command: Command, status: Status, code: str, message: str) -> None:
        """Bring a command to its one end, and tell everybody as soon as the journal knows."""
        if command.left and status is not Status.REJECTED:
            left = f"left as it is, because it was changed since: {', '.join(command.left)}"
            message = f"{message}; {left}" if message else left
        command.stage, command.status, command.code, command.message = Stage.FINAL, status, code, message
        command.ended = self._clock.now()
        if self._keep(command):
            self._tell(command)
        else:
            self._held.append(command)

    def refuse(self, command: Command, code: str, message: str) -> None:
        """Turn away a command that the journal does not know, or cannot tell from one of the same id."""
        command.delivered = True  # no row is to be marked for its receipt
        command.stage, command.status, command.code, command.message = Stage.FINAL, Status.REJECTED, code, message
        command.ended = self._clock.now()
        self._tell(command)

    def _keep(self, command: Command) -> bool:
        try:
            self._journal.save(command, *self._follow(command))
        except sqlite3.Error as error:
            log.error("journal_not_written", device=command.device, point=command.key, error=str(error))
            return False
        return True

    def _tell(self, command: Command) -> None:
        status, now = command.status, self._clock.now()
        self._count(command)
        body = self._answer(command)
        if not command.dry_run:
            self._note(command, str(status))
        device = self._bridge.store.device(command.device)
        if device is not None and status in NEWS and command.code != UNSEEN:
            said: dict[str, Value] = {name: str(body[name]) for name in ("id", "point", "status", "code", "message")}
            event = Event(device, NEWS[status], said, now)
            self._spawn(self._bridge.tell(event), f"event {command.id}")

    def _count(self, command: Command) -> None:
        ended = command.ended or self._clock.now()
        seconds = max(0.0, (ended - command.received).total_seconds())
        read_back = None
        if command.status is Status.CONFIRMED and command.sent:
            read_back = max(0.0, (ended - command.sent).total_seconds())
        self._counted.command(str(command.status), command.code, seconds, read_back)
        facts = {"device": command.device, "point": command.key, "id": command.id, "status": command.status}
        log.info("command_ended", **facts, code=command.code, source=command.source, message=command.message)

    def _note(self, command: Command, status: str) -> None:
        """Have the device's attributes say how its newest command of a point goes."""
        if self._bridge.store.device(command.device) is None or not command.noted:
            return
        place = command.device, command.key
        newest, name = self._noted.get(place, (command.received, command.id))
        if name != command.id and (status == Status.SUPERSEDED or command.received < newest):
            return  # a newer one has been told of
        self._noted[place] = command.received, command.id
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

    def on_connected(self, since: datetime | None = None) -> None:
        """Give the answers that the broker has not taken: what was on its way has been lost with the connection.

        `since` is when the connection began, where that is known: for the same one nothing has been lost.
        """
        if since is None or since != self._since:
            self._told.clear()
        self._since = since
        self.catch_up()

    def catch_up(self) -> None:
        """Tell what the journal takes now, and give again those answers that have not been taken for too long."""
        held, self._held = self._held, []
        for command in held:
            if self._keep(command):
                self._tell(command)
            else:
                self._held.append(command)
        if not self._publisher.connected:
            return
        now, waiting = self._clock.now(), set()
        with suppress(sqlite3.Error):
            undelivered = self._journal.undelivered()
            waiting = {_place(command) for command in undelivered}
            late = [each for each in undelivered if now - self._told.get(_place(each), now - AGAIN) >= AGAIN]
            for command in late[:AT_ONCE]:
                self._answer(command)
        self._told = {place: at for place, at in self._told.items() if place in waiting}

    def _answer(self, command: Command) -> dict[str, Any]:
        """Send a command's answer; the broker's receipt of the last message is noted, which it gives in order."""
        setting, _ = self._offers.find(command.device, command.key)
        body = answers.document(command, setting)
        said = answers.encode(body)
        if command.reply_to:
            correlation = bytes.fromhex(command.correlation) if command.correlation else None
            self._publisher.publish(command.reply_to, said, correlation=correlation)
        self._publisher.publish(self._topics.audit, said)
        self._told[_place(command)] = self._clock.now()
        result = self._topics.result(command.device, command.key)
        self._publisher.publish(result, said, taken=lambda: self._taken(command))
        return body

    def _taken(self, command: Command) -> None:
        self._told.pop(_place(command), None)
        if command.delivered:
            return
        with suppress(sqlite3.Error):
            self._journal.delivered(command)

    def again(self, known: Command, message: Message, *, same: bool) -> None:
        """Answer one who has asked again under an id that has come before."""
        body = answers.again(known, answers.document(known, self._offers.find(known.device, known.key)[0]), same=same)
        said = answers.encode(body)
        if topic := self._topics.answerable(message.response_topic):
            self._publisher.publish(topic, said, correlation=message.correlation)
        self._publisher.publish(self._topics.audit, said)
        self._publisher.publish(self._topics.result(known.device, known.key), said)
        self._counted.command(str(body["status"]), str(body["code"]), 0.0, None)
        facts = {"device": known.device, "point": known.key, "id": known.id, "status": body["status"]}
        log.info("command_ended", **facts, code=body["code"], source=known.source, message=body["message"])


def _place(command: Command) -> tuple[str, str, str]:
    return command.device, command.key, command.id
