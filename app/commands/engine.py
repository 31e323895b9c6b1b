"""Intake: understand, journal, judge, queue; and what a restart has interrupted."""

import asyncio
import json
import sqlite3
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import structlog

from app.bridge import Bridge
from app.clock import Clock
from app.commands import answers
from app.commands.carrier import Carrier, Reach
from app.commands.journal import KEPT, Command, Journal, Stage, Status
from app.commands.lane import Lane
from app.commands.offers import Offers
from app.commands.request import Invalid, Request, fingerprint, parse
from app.commands.settings import CommandSettings
from app.commands.teller import PENDING, Counted, Teller
from app.commands.undoing import Undoing
from app.commands.values import convert_all
from app.errors import CommandError
from app.model import CommandStatus, Device, Setting, Value
from app.mqtt import Message
from app.providers import Putting
from app.sinks import Publisher
from app.topics import Topics

log = structlog.get_logger()

HOLDERS = ("method", "serial", "type", "params")
"""The fields of the verb `put` that are not the envelope's."""
LISTED, MOST = 20, 100
"""Commands that are listed unless asked otherwise, and at most."""
NOTED = 1000
"""Commands of a device that are looked through for the newest of each point."""


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
        self._topics, self._journal, self._bridge, self._reach = topics, journal, bridge, reach
        self._clock = clock
        self._offers, reverts = Offers(settings, bridge.store, reach), asyncio.Event()
        self._teller = Teller(
            topics,
            publisher,
            journal,
            bridge,
            self._offers,
            clock=clock,
            counted=counted,
            spawn=self._spawn,
            to_revert=reverts.set,
        )
        end = self._teller.end
        self._carrier = Carrier(settings, journal, bridge, reach, clock, end)
        self._undoing = Undoing(journal, self._offers, clock, reverts, end, self._queue)
        self.offered, self.undo, self.on_connected = self._offers.offered, self._undoing.undo, self._teller.on_connected
        self._lanes: dict[str, Lane] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def configure(self, settings: CommandSettings) -> None:
        """Go by other settings from now on."""
        self._offers.settings = self._carrier.settings = settings

    async def run(self) -> None:
        """Take up what a restart has interrupted, and work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                self._resume()
                await self._undoing.revert(self._until)
            finally:
                self._tasks = None

    # Intake

    def on_message(self, message: Message) -> bool:
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
        ttl = timedelta(seconds=message.expiry) if message.expiry is not None else self._offers.settings.ttl
        request: Request | None = None
        fault: CommandError | None = None
        try:
            request = parse(message.payload, now, ttl, message.properties)
            given = request.id
        except Invalid as error:
            fault, given = error, error.id
        known = self._journal.find(device_id, key, given) if given else None
        if known is not None:
            self._teller.again(known, message, same=known.payload == mark)
            return None
        command = self._command(device_id, key, mark, given, request)
        command.reply_to = self._teller.allowed(message.response_topic)
        command.correlation = message.correlation.hex() if message.correlation else None
        self._admit(command, request, fault)
        return command

    def _command(self, device_id: str, key: str, mark: str, given: str | None, request: Request | None) -> Command:
        """Return the command that a request makes; without one, of what could not be understood."""
        now = self._clock.now()
        command = Command(
            id=given or f"{now:%Y%m%dT%H%M%S}-{token_hex(4)}",
            device=device_id,
            key=key,
            payload=mark,
            received=now,
            deadline=request.deadline if request else now,
        )
        if request:
            command.dry_run, command.verify, command.force = request.dry_run, request.verify, request.force
            command.source = request.source
            command.revert_after = request.revert_after.total_seconds() if request.revert_after else None
        return command

    def _admit(
        self,
        command: Command,
        request: Request | None,
        fault: CommandError | None,
        values: Mapping[str, Value] | None = None,
    ) -> None:
        """Journal a command, judge it, and queue it or end it; `values` are those of a raw write, already converted."""
        end = self._teller.end
        try:
            self._journal.save(command)
        except sqlite3.Error as error:
            log.error("journal_not_written", device=command.device, point=command.key, error=str(error))
            text = "the bridge cannot write its journal, and without it changes nothing; is the disk full?"
            end(command, Status.REJECTED, "journal", text)
            return
        try:
            if fault is not None or request is None:
                raise fault or CommandError("there is nothing to do", "invalid_value")
            setting, account = self._offers.judged(command, request)
            command.setting, command.stage = setting.key, Stage.VALIDATED
            device = self._bridge.store.device(command.device)
            zone = device.zone if device else None
            command.requested = dict(values) if values else convert_all(setting, command.key, request.value, zone)
            self._offers.check_rights(account, command, command.requested)
            if request.expect is not None:
                command.expect = convert_all(setting, command.key, request.expect, zone)
        except CommandError as error:
            end(command, Status.REJECTED, error.code, str(error))
            return
        self._queue(command, setting)

    async def put(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out the verb `put`: a write by the vendor's own names; the final answer comes as any command's.

        Fields: `method`, `serial`, `type`, `params` (a list, or a mapping by name), and an envelope's.
        """
        words = [request.get(name) for name in HOLDERS[:3]]
        params = request.get("params")
        if not all(isinstance(word, str) and word for word in words) or not isinstance(params, list | Mapping):
            msg = "a raw write needs the texts `method`, `serial` and `type`, and `params`: a list or an object"
            raise CommandError(msg, "invalid_value")
        method, serial, kind = map(str, words)
        devices = [each for each in self._bridge.store.devices if serial in (each.serial, each.id)]
        door = self._reach(devices[0]) if devices else None
        if door is None or not isinstance(door.provider, Putting):
            what = "no account that takes raw writes runs for it now" if devices else "there is no such device"
            msg = f"{serial}: {what}"
            raise CommandError(msg, "not_ready" if devices else "unknown_target")
        device = devices[0]
        made = door.provider.put(device, method, kind, params)
        envelope = {name: value for name, value in request.items() if name not in HOLDERS} | {"value": kind}
        body = json.dumps(envelope, default=str).encode()
        understood = parse(body, self._clock.now(), self._offers.settings.ttl)
        mark = fingerprint(json.dumps([*words, params], default=str, sort_keys=True).encode())
        known = self._journal.find(device.id, made.setting.key, understood.id) if understood.id else None
        if known is not None:
            if known.payload != mark:
                msg = f"the id {known.id!r} has come before with something else; a new request needs a new id"
                raise CommandError(msg, "conflict")
            return self._shown(known)
        self._offers.adopt(device.id, made.setting)
        command = self._command(device.id, made.setting.key, mark, understood.id, understood)
        self._admit(command, understood, None, made.values)
        return self._shown(command)

    # Queueing

    def _queue(self, command: Command, setting: Setting) -> None:
        now = self._clock.now()
        command.stage = Stage.QUEUED
        self._journal.save(command)
        self._teller.accepted(command)
        lane = self._lanes.get(command.device)
        if lane is None:
            lane = self._lanes[command.device] = Lane()
            self._spawn(self._work(command.device, lane), f"commands {command.device}")
        whole = len(command.requested) == len(setting.points)
        due = now if whole or command.dry_run else now + self._offers.settings.merge
        for old in lane.put(command, setting, due):
            self._teller.end(old, Status.SUPERSEDED, "superseded", f"the newer command {command.id} took its place")

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
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
                        text = "the bridge failed over it; its log says how"
                        self._teller.end(command, Status.FAILED, "internal", text)
            if live:
                self._spawn(self._carrier.verify(batch.setting, live), f"verify {device_id} {batch.setting.key}")

    # Over a restart

    def _resume(self) -> None:
        """Take up what the journal says is unfinished: what was sent is looked after, never sent again."""
        self._journal.forget_before(self._clock.now() - KEPT)
        sent: dict[tuple[str, str, datetime | None], tuple[Setting, list[Command]]] = {}
        for command in self._journal.unfinished():
            setting, _ = self._offers.find(command.device, command.key)
            if setting is None:
                self._teller.end(command, Status.FAILED, "unknown_target", "the device is not known any more")
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
            self._teller.end(command, Status.FAILED, "interrupted", text)
        elif command.deadline <= self._clock.now():
            self._teller.end(command, Status.EXPIRED, "expired", "its time was over before it could be sent")
        else:
            self._queue(command, setting)

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

    # Looking back

    def notes(self, device: Device) -> Sequence[CommandStatus]:
        """Return how the newest command of each point of a device has ended, or goes."""
        found: dict[str, Command] = {}
        for command in self._journal.newest(NOTED, device.id):
            if command.setting and not command.dry_run:
                found.setdefault(command.key, command)
        return [self._teller.noted(each, each.status or PENDING) for each in found.values()]

    async def commands(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out the verb `commands`: return the newest, or those with the id `command`.

        Fields: `limit` (how many), `device` (of which), `command`.
        """
        wanted, limit, owner = request.get("command"), request.get("limit", LISTED), request.get("device")
        if wanted is not None:
            return {"commands": [self._shown(each) for each in self._journal.named(str(wanted))]}
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= MOST:
            msg = f"`limit` must be a whole number from 1 to {MOST}"
            raise CommandError(msg, "invalid_value")
        return {"commands": self.listed(limit, str(owner) if owner else None)}

    def listed(self, limit: int, device: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the newest commands as their answers, the newest first, unfinished ones with their stage."""
        return [self._shown(each) for each in self._journal.newest(limit, device)]

    def _shown(self, command: Command) -> Mapping[str, Any]:
        setting = self._offers.find(command.device, command.key)[0]
        return {**answers.document(command, setting), "stage": command.stage}
