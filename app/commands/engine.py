"""Intake: understand, journal, judge, queue. And what outlives a restart: reading back, undoing."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_hex
from typing import Any, Final, Protocol

import structlog

from app.bridge import Bridge
from app.clock import Clock
from app.commands import answers
from app.commands.carrier import Carrier, Reach
from app.commands.journal import KEPT, Command, Journal, Stage, Status
from app.commands.lane import Lane
from app.commands.request import Invalid, Request, fingerprint, parse
from app.commands.settings import CommandSettings
from app.commands.values import convert_all
from app.errors import CommandError
from app.model import Event, Setting, Value
from app.mqtt import Message
from app.sinks import Publisher
from app.topics import Topics

log = structlog.get_logger()

NEWS: Final = {
    Status.CONFIRMED: "command_confirmed",
    Status.UNCONFIRMED: "command_failed",
    Status.FAILED: "command_failed",
}
"""What is an event of the device."""


class Counted(Protocol):
    """What is counted of commands."""

    def command(self, status: str, code: str, seconds: float) -> None:
        """Count one that has ended, `seconds` after it came."""


class Commands:
    """Takes commands in and brings each to exactly one end."""

    def __init__(
        self,
        settings: CommandSettings,
        topics: Topics,
        publisher: Publisher,
        journal: Journal,
        bridge: Bridge,
        reach: Reach,
        *,
        clock: Clock,
        counted: Counted,
    ) -> None:
        """Nothing runs before `run`."""
        self._settings, self._topics, self._publisher = settings, topics, publisher
        self._journal, self._bridge, self._reach = journal, bridge, reach
        self._clock, self._counted = clock, counted
        self._carrier = Carrier(settings, journal, bridge, reach, clock, self._end)
        self._lanes: dict[str, Lane] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._reverts = asyncio.Event()

    async def run(self) -> None:
        """Take up what a restart has interrupted, and work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                self._resume()
                await self._revert()
            finally:
                self._tasks = None

    # Intake

    async def on_message(self, message: Message) -> bool:
        """Take in a message; return whether it was a command."""
        place = self._topics.place(message.topic)
        if place is None:
            return False
        if not message.retained:  # what lies about is nobody's wish of today; the door has warned of it
            self.receive(*place, message)
        return True

    def receive(self, device_id: str, key: str, message: Message) -> Command | None:
        """Take in a command; return it, or None where its id has come before."""
        now, mark = self._clock.now(), fingerprint(message.payload)
        ttl = timedelta(seconds=message.expiry) if message.expiry is not None else self._settings.ttl
        request: Request | None = None
        fault: CommandError | None = None
        try:
            request = parse(message.payload, now, ttl, message.properties)
            given = request.id
        except Invalid as error:
            fault, given = error, error.id
        known = self._journal.find(device_id, key, given) if given else None
        if known is not None:
            body = answers.document(known, self._setting(device_id, known.key)[0])
            self._reply(known, answers.again(known, body, same=known.payload == mark), message)
            return None
        command = Command(
            id=given or f"{now:%Y%m%dT%H%M%S}-{token_hex(4)}",
            device=device_id,
            key=key,
            payload=mark,
            received=now,
            deadline=request.deadline if request else now,
            reply_to=self._allowed(message.response_topic),
            correlation=message.correlation.hex() if message.correlation else None,
        )
        if request:
            command.dry_run, command.verify, command.force = request.dry_run, request.verify, request.force
            command.source = request.source
            command.revert_after = request.revert_after.total_seconds() if request.revert_after else None
        self._admit(command, request, fault)
        return command

    def _allowed(self, topic: str | None) -> str | None:
        """Return a response topic that answers may go to: whoever may ask must not be able to speak everywhere."""
        if topic and topic.startswith(self._topics.response("")) and not set("+#\0") & set(topic):
            return topic
        return None

    def _admit(self, command: Command, request: Request | None, fault: CommandError | None) -> None:
        """Journal a command, judge it, and queue it or end it."""
        try:
            self._journal.save(command)
        except sqlite3.Error as error:
            log.error("journal_not_written", device=command.device, point=command.key, error=str(error))
            text = "the bridge cannot write its journal, and without it changes nothing; is the disk full?"
            self._end(command, Status.REJECTED, "journal", text)
            return
        try:
            if fault is not None or request is None:
                raise fault or CommandError("there is nothing to do", "invalid_value")
            setting = self._judged(command, request)
            command.setting, command.stage = setting.key, Stage.VALIDATED
            command.requested = convert_all(setting, command.key, request.value)
            if request.expect is not None:
                command.expect = convert_all(setting, command.key, request.expect)
        except CommandError as error:
            self._end(command, Status.REJECTED, error.code, str(error))
            return
        self._queue(command, setting)

    def _judged(self, command: Command, request: Request) -> Setting:
        """Return the setting that a command may change; raise CommandError where it may not."""
        if not self._settings.enabled:
            msg = "commands are switched off: commands.enabled in the configuration switches them on"
            raise CommandError(msg, "commands_disabled")
        setting, account = self._setting(command.device, command.key)
        if setting is None:
            if self._bridge.store.device(command.device) is None:
                msg = f"there is no device {command.device}"
                raise CommandError(msg, "unknown_target")
            readable = command.key in self._bridge.store.points(command.device)
            msg = f"{command.key} of {command.device} " + ("can only be read" if readable else "does not exist")
            raise CommandError(msg, "not_writable" if readable else "unknown_target")
        if not self._settings.permits(account, command.device, command.key):
            msg = f"{command.key} of {command.device} is not allowed by commands.allow and commands.deny"
            raise CommandError(msg, "not_allowed")
        if setting.danger:
            self._check_token(setting, request.confirm)
        if request.deadline <= command.received:
            msg = "its time was over when it came"
            raise CommandError(msg, "expired")
        return setting

    def _check_token(self, setting: Setting, given: str | None) -> None:
        token = self._settings.confirm_token
        if not self._settings.allow_dangerous or token is None:
            msg = (
                f"{setting.key} can do harm; it takes commands.allow_dangerous and commands.confirm_token in the"
                " configuration"
            )
            raise CommandError(msg, "not_allowed")
        if given is None or not compare_digest(given.encode(), token.get_secret_value().encode()):
            msg = f"{setting.key} can do harm: the command must bring the token of the configuration as `confirm`"
            raise CommandError(msg, "not_allowed")

    def _setting(self, device_id: str, key: str) -> tuple[Setting | None, str]:
        """Return the setting behind a point or composite of a device, and the account it goes through."""
        device = self._bridge.store.device(device_id)
        door = self._reach(device) if device else None
        if device is None or door is None:
            return None, ""
        for setting in door.provider.settings(device):
            if setting.parts(key):
                return setting, door.account
        return None, door.account

    # Queueing

    def _queue(self, command: Command, setting: Setting) -> None:
        now = self._clock.now()
        command.stage = Stage.QUEUED
        self._journal.save(command)
        lane = self._lanes.get(command.device)
        if lane is None:
            lane = self._lanes[command.device] = Lane()
            self._spawn(self._work(command.device, lane), f"commands {command.device}")
        whole = len(command.requested) == len(setting.points)
        due = now if whole or command.dry_run else now + self._settings.merge
        for old in lane.put(command, setting, due):
            self._end(old, Status.SUPERSEDED, "superseded", f"the newer command {command.id} took its place")

    def _spawn(self, work: Any, name: str) -> None:  # noqa: ANN401 - a coroutine
        if self._tasks is None:
            work.close()
        else:
            self._tasks.create_task(work, name=name)

    async def _work(self, device_id: str, lane: Lane) -> None:
        """Carry out what waits for a device, one batch after the other."""
        while True:
            lane.news.clear()
            batch = lane.first()
            due = max(batch.due, self._carrier.rests_until(device_id) or batch.due) if batch else None
            if batch is None or due is None or due > self._clock.now():
                await self._until(due, lane.news)
                continue
            lane.take(batch)
            try:
                live = await self._carrier.carry_out(batch.setting, batch.commands)
            except Exception:  # the lane must go on, and every command must end
                log.exception("command_failed", device=device_id, setting=batch.setting.key)
                live = ()
                for command in batch.commands:
                    if not command.final:
                        self._end(command, Status.FAILED, "internal", "the bridge failed over it; its log says how")
            if live:
                self._spawn(self._carrier.verify(batch.setting, live), f"verify {device_id} {batch.setting.key}")

    # Over a restart

    def _resume(self) -> None:
        """Take up what the journal says is unfinished: what was sent is looked after, never sent again."""
        self._journal.forget_before(self._clock.now() - KEPT)
        sent: dict[tuple[str, str, datetime | None], tuple[Setting, list[Command]]] = {}
        for command in self._journal.unfinished():
            setting, _ = self._setting(command.device, command.key)
            if setting is None:
                self._end(command, Status.FAILED, "unknown_target", "the device is not known any more")
            elif command.sent is None:
                self._requeue(command, setting)
            else:
                command.doubtful = command.doubtful or command.answered is None
                sent.setdefault((command.device, setting.key, command.sent), (setting, []))[1].append(command)
        for (device_id, key, _), (setting, commands) in sent.items():
            self._spawn(self._carrier.verify(setting, commands), f"verify {device_id} {key}")

    def _requeue(self, command: Command, setting: Setting) -> None:
        if command.stage is Stage.RECEIVED:
            text = "the bridge ended before it had looked at it: send it again"
            self._end(command, Status.FAILED, "interrupted", text)
        elif command.deadline <= self._clock.now():
            self._end(command, Status.EXPIRED, "expired", "its time was over before it could be sent")
        else:
            self._queue(command, setting)

    def on_connected(self) -> None:
        """Give the answers that the broker has not taken."""
        for command in self._journal.undelivered():
            self._answer(command)

    # Undoing

    async def undo(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out the verb `undo`: restore what was before the command with the id `command` (or `value`)."""
        wanted = request.get("command", request.get("value"))
        found = self._journal.named(str(wanted)) if wanted else ()
        if not found:
            msg = f"there is no command {wanted!r}: give its id as `command`"
            raise CommandError(msg, "unknown_target")
        command = self._restore(found[0], "undo")
        return {"command": command.id, "undoes": found[0].id, "status": command.status, "message": command.message}

    def _restore(self, done: Command, why: str) -> Command:
        """Queue a command that takes another back."""
        if done.status not in (Status.CONFIRMED, Status.UNCONFIRMED) or not done.previous:
            msg = f"the command {done.id} has changed nothing that could be restored"
            raise CommandError(msg, "not_writable")
        now = self._clock.now()
        number = sum(1 for each in self._journal.newest(1000, done.device) if each.undoes == done.id)
        command = Command(
            id=f"{why}-{done.id}"[:60] + (f"-{number}" if number else ""),
            device=done.device,
            key=done.key,
            payload=done.payload,
            received=now,
            deadline=now + self._settings.ttl,
            setting=done.setting,
            requested=dict(done.previous),
            source=why,
            undoes=done.id,
        )
        setting, _ = self._setting(done.device, done.key)
        self._journal.save(command)
        if setting is None:
            self._end(command, Status.FAILED, "unknown_target", "the device is not known any more")
        else:
            self._queue(command, setting)
        return command

    async def _revert(self) -> None:
        """Undo what was to last for a while only, when its time is over."""
        while True:
            self._reverts.clear()
            waiting = self._journal.to_revert()
            now = self._clock.now()
            for command in waiting:
                if command.revert_at is not None and command.revert_at <= now:
                    command.revert_at = None
                    self._journal.save(command)
                    with suppress(CommandError):
                        self._restore(command, "revert")
            nexts = [command.revert_at for command in waiting if command.revert_at is not None]
            await self._until(min(nexts, default=None), self._reverts)

    async def _until(self, moment: datetime | None, news: asyncio.Event) -> None:
        """Wait for a moment, or for news, whichever is first."""
        parts: list[asyncio.Task[Any]] = [asyncio.create_task(news.wait(), name="news")]
        if moment is not None:
            span = max(moment - self._clock.now(), timedelta())
            parts.append(asyncio.create_task(self._clock.sleep(span), name="timer"))
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()

    # Ending

    def _end(self, command: Command, status: Status, code: str, message: str) -> None:
        """Bring a command to its one end, and tell everybody."""
        now = self._clock.now()
        command.stage, command.status, command.code, command.message = Stage.FINAL, status, code, message
        command.ended = now
        if command.revert_after and status in (Status.CONFIRMED, Status.UNCONFIRMED) and command.previous:
            command.revert_at = now + timedelta(seconds=command.revert_after)
            self._reverts.set()
        try:
            self._journal.save(command)
        except sqlite3.Error as error:
            log.error("journal_not_written", device=command.device, point=command.key, error=str(error))
        facts = {"device": command.device, "point": command.key, "id": command.id, "status": status, "code": code}
        log.info("command_ended", **facts, source=command.source, message=message)
        self._counted.command(status, code, (now - command.received).total_seconds())
        body = self._answer(command)
        self._publisher.publish(self._topics.audit, answers.encode(body))
        device = self._bridge.store.device(command.device)
        if device is not None and status in NEWS:
            said: dict[str, Value] = {name: str(body[name]) for name in ("id", "point", "status", "code", "message")}
            event = Event(device, NEWS[status], said, now)
            self._spawn(self._bridge.tell(event), f"event {command.id}")

    def _answer(self, command: Command) -> dict[str, Any]:
        """Send a command's answer; the broker's receipt is noted."""
        setting, _ = self._setting(command.device, command.key)
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

    def _reply(self, command: Command, body: dict[str, Any], message: Message) -> None:
        """Answer one who has asked again."""
        self._publisher.publish(self._topics.result(command.device, command.key), answers.encode(body))
        if topic := self._allowed(message.response_topic):
            self._publisher.publish(topic, answers.encode(body), correlation=message.correlation)

    def listed(self, limit: int, device: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the newest commands as their answers, the newest first, unfinished ones with their stage."""
        return [
            {**answers.document(each, self._setting(each.device, each.key)[0]), "stage": each.stage}
            for each in self._journal.newest(limit, device)
        ]
