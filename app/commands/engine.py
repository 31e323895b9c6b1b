"""Intake: understand, journal, judge, queue; and what a restart has interrupted."""

import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import structlog

from app.bridge import Bridge
from app.clock import Clock
from app.commands import answers, raw
from app.commands.background import Background
from app.commands.carrier import DAY, NO_JOURNAL, Carrier, over
from app.commands.dispatcher import FAILED, Dispatcher
from app.commands.door import Reach
from app.commands.journal import Command, Journal, Stage, Status
from app.commands.offers import Offers, Starting
from app.commands.request import Invalid, Request, fingerprint, parse
from app.commands.settings import CommandSettings
from app.commands.teller import PENDING, Counted, Teller
from app.commands.undoing import Undoing
from app.commands.values import convert, convert_all, shortened
from app.commands.verifier import Verifier
from app.errors import CommandError
from app.logs import Mask
from app.model import CommandStatus, Device, Setting, Value
from app.mqtt import Message
from app.sinks import Publisher
from app.topics import Topics

log = structlog.get_logger()

HOLDERS = ("method", "serial", "type", "params")
"""The fields of the verb `put` that are not the envelope's."""
LISTED, MOST = 20, 100
"""Commands that are listed unless asked otherwise, and at most."""
HOUSEKEEPING, FORGETTING = timedelta(seconds=10), timedelta(minutes=10)
"""How often it is seen to what could not be said or begun, and to what is too old to be kept."""
SHORTLY = timedelta(seconds=1)
"""How often, while something waits for its account to find its devices."""


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
        self._clock, self._brake = clock, raw.Brake(clock)
        self._background = Background()
        self._offers = offers = Offers(settings, bridge.store, reach, bridge.accounts)
        self._undoing = Undoing(journal, offers, clock, self._queue)
        self._teller = Teller(
            topics,
            publisher,
            journal,
            bridge,
            offers,
            clock=clock,
            counted=counted,
            spawn=self._background.spawn,
            follow=self._undoing.follow,
        )
        end = self._teller.end
        self._verifier = Verifier(offers, journal, bridge, reach, clock, end)
        verifier = self._verifier
        written, unsettled = verifier.outdate, verifier.waits_for_other
        self._carrier = Carrier(settings, journal, bridge, reach, clock, end=end, written=written, unsettled=unsettled)
        self._dispatcher = Dispatcher(
            offers, journal, self._teller, self._carrier, self._verifier, background=self._background, clock=clock
        )
        self.offered, self.undo, self.on_connected = offers.offered, self._undoing.undo, self._teller.on_connected
        self.drain = self._dispatcher.drain
        self._early: list[tuple[Command, Request, Mapping[str, Value] | None]] = []
        """What came before its account had found its devices."""
        counted.watch(self.writes_left)
        self._orphans: list[Command] = []
        """What waited before a restart and whose device is not known yet."""

    def _queue(self, command: Command, setting: Setting) -> None:
        self._dispatcher.put(command, setting)

    def configure(self, settings: CommandSettings) -> None:
        """Go by other settings from now on."""
        self._offers.settings = self._carrier.settings = settings

    def writes_left(self) -> Mapping[str, int]:
        """Return how often each device may still be written within 24 hours, of those that have been; by device id."""
        try:
            devices = self._journal.sent_to_since(self._clock.now() - DAY)
            return {device: self._carrier.left(device) for device in devices}
        except sqlite3.Error:  # the journal's trouble is told elsewhere
            return {}

    def verbs(self, limit: int) -> Mapping[str, Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]]:
        """Return the requests that are carried out here; `limit` is what an answer may have at most, in bytes."""

        async def get(request: Mapping[str, Any]) -> Mapping[str, Any]:
            return await raw.read(self._bridge.store.devices, self._reach, self._brake, limit, request)

        return {"undo": self.undo, "commands": self.commands, "put": self.put, "get": get}

    async def run(self) -> None:
        """Take up what a restart has interrupted, and work until cancelled."""
        async with self._background.running():
            try:
                self._resume()
            except sqlite3.Error as error:
                log.error("journal_not_read", error=str(error))
            self._background.spawn(self._undoing.revert(), "reverts")
            await self._keep_house()

    async def _keep_house(self) -> None:
        forgotten: datetime | None = None
        while True:
            try:
                now = self._clock.now()
                self._teller.catch_up()
                self._adopt()
                if forgotten is None or now - forgotten >= FORGETTING:
                    forgotten = now
                    self._journal.forget(now)
            except Exception:  # one part that fails must not end the bridge
                log.exception("command_failed", task="housekeeping")
            await self._clock.sleep(SHORTLY if self._orphans or self._early else HOUSEKEEPING)

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
        expiry = timedelta(seconds=message.expiry) if message.expiry is not None else None
        request: Request | None = None
        fault: CommandError | None = None
        try:
            request = parse(message.payload, now, self._offers.settings.ttl, message.properties, expiry)
            given = request.id
        except Invalid as error:
            fault, given = error, error.id
        command = self._command(device_id, key, mark, given, request)
        command.reply_to = self._topics.answerable(message.response_topic)
        command.correlation = message.correlation.hex() if message.correlation else None
        try:
            known = self._journal.known(device_id, key, given) if given else None
        except sqlite3.Error as error:  # it may have been carried out already
            self._turn_away(command, error)
            return command
        if known is not None:
            self._teller.again(known, message, same=known.payload == mark)
            return None
        self._admit(command, request, fault)
        return command

    def _turn_away(self, command: Command, error: sqlite3.Error) -> None:
        log.error("journal_not_written", device=command.device, point=command.key, error=str(error))
        self._teller.refuse(command, "journal", NO_JOURNAL)

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
        """Journal a command, judge it, and queue it or end it; `values` are those of a raw write."""
        end = self._teller.end
        try:
            self._journal.save(command)
        except sqlite3.Error as error:
            self._turn_away(command, error)
            return
        if fault is not None or request is None:
            fault = fault or CommandError("there is nothing to do", "invalid_value")
            end(command, Status.REJECTED, fault.code, str(fault))
        else:
            self._judge(command, request, values)

    def _judge(self, command: Command, request: Request, values: Mapping[str, Value] | None) -> None:
        """Queue a command or end it; or wait until it is known what may be set at all."""
        end = self._teller.end
        if command.deadline <= command.received:
            end(command, Status.EXPIRED, "expired", "its time was over when it came")
            return
        try:
            setting = self._understand(command, request, values)
        except Starting as error:
            if command.deadline > self._clock.now():
                self._early.append((command, request, values))
            else:
                end(command, Status.FAILED, error.code, str(error))
            return
        except CommandError as error:
            if not command.requested and values is None:
                command.asked = Mask().data({command.key: shortened(request.value)})[command.key]
            end(command, Status.REJECTED, error.code, str(error))
            return
        if request.patient:
            command.deadline += self._dispatcher.pauses(command)
        try:
            self._dispatcher.put(command, setting)
        except Exception:  # it is in the journal, so it must end
            log.exception("command_failed", device=command.device, point=command.key)
            if not command.final:
                end(command, Status.FAILED, "internal", FAILED)

    def _understand(self, command: Command, request: Request, values: Mapping[str, Value] | None) -> Setting:
        """Note what a command changes, and to what; raise CommandError where it may not, or cannot."""
        setting, account = self._offers.judged(command, request)
        command.setting, command.stage = setting.key, Stage.VALIDATED
        device = self._bridge.store.device(command.device)
        zone = device.zone if device else None
        if values is None:
            command.requested = convert_all(setting, command.key, request.value, zone)
        else:
            points = {point.key: point for point in setting.points}
            command.requested = {key: convert(points[key], value, zone) for key, value in values.items()}
        self._offers.check_rights(account, command, command.requested)
        if request.expect is not None:
            command.expect = convert_all(setting, command.key, request.expect, zone)
        return setting

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
        device = raw.named(self._bridge.store.devices, serial)
        made = raw.understood(self._reach, device, method, kind, params)
        envelope = {name: value for name, value in request.items() if name not in HOLDERS} | {"value": kind}
        body = json.dumps(envelope, default=str).encode()
        understood = parse(body, self._clock.now(), self._offers.settings.ttl)
        understood = replace(understood, via=made.setting.via)
        if understood.revert_after and not self._offers.lasting(device.id, made.setting.key, made.setting.via):
            msg = "a raw write cannot be taken back by itself: leave revert_after out, and write the old value later"
            raise CommandError(msg, "invalid_value")
        mark = fingerprint(json.dumps([*words, params], default=str, sort_keys=True).encode())
        try:
            known = self._journal.known(device.id, made.setting.key, understood.id) if understood.id else None
        except sqlite3.Error as error:
            log.error("journal_not_read", error=str(error))
            raise CommandError(NO_JOURNAL, "journal") from error
        if known is not None:
            if known.payload != mark:
                raise CommandError(answers.clash(known), "conflict")
            return self._shown(known)
        self._offers.adopt(device.id, made.setting)
        command = self._command(device.id, made.setting.key, mark, understood.id, understood)
        self._admit(command, understood, None, made.values)
        return self._shown(command)

    # Over a restart

    def _resume(self) -> None:
        """Take up what the journal says is unfinished: what was sent is looked after, never sent again."""
        sent: dict[tuple[str, str, datetime], list[Command]] = {}
        for command in self._journal.unfinished():
            if command.sent is not None:
                command.doubtful = command.doubtful or command.answered is None
                sent.setdefault((command.device, command.setting, command.sent), []).append(command)
            elif command.stage is Stage.RECEIVED:
                text = "the bridge ended before it had looked at it: send it again"
                self._teller.end(command, Status.FAILED, "interrupted", text)
            else:
                self._orphans.append(command)
        for (device_id, key, _), commands in sorted(sent.items(), key=lambda item: item[0][2]):
            self._verifier.outdate(commands)
            self._background.spawn(self._verifier.verify(commands), f"verify {device_id} {key}")
        self._adopt()

    def _adopt(self) -> None:
        """Queue what waited for its device to be known, unless it may not be written any more."""
        early, self._early = self._early, []
        for command, request, values in early:
            self._judge(command, request, values)
        orphans, self._orphans = self._orphans, []
        for command in orphans:
            setting, account = self._offers.find(command.device, command.key)
            if command.deadline <= self._clock.now():
                self._teller.end(command, *over(command))
            elif setting is None:
                self._orphans.append(command)
            else:
                try:
                    self._offers.check_still(account, command, setting)
                except CommandError as error:
                    self._teller.end(command, Status.REJECTED, error.code, str(error))
                else:
                    self._dispatcher.put(command, setting)

    # Looking back

    def notes(self, device: Device) -> Sequence[CommandStatus]:
        """Return how the newest command of each point of a device has ended, or goes."""
        try:
            newest = self._journal.newest_of_each_point(device.id)
        except sqlite3.Error as error:
            log.error("journal_not_read", error=str(error))
            return ()
        return [self._teller.noted(each, each.status or PENDING) for each in newest]

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
