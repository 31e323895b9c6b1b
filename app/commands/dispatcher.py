"""Has every device's commands carried out, one write after the other, for as long as there are any."""

import asyncio
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from app.clock import Clock
from app.commands.background import Background, until
from app.commands.carrier import NO_JOURNAL, Carrier, over
from app.commands.journal import Command, Journal, Stage, Status
from app.commands.lane import Batch, Lane
from app.commands.offers import Offers
from app.commands.request import LONGEST_TTL
from app.commands.teller import Teller
from app.commands.verifier import Verifier
from app.errors import CommandError
from app.model import Setting

log = structlog.get_logger()

FAILED: Final = "the bridge failed over it; its log says how"


class Dispatcher:
    """Keeps a lane for each device that has something waiting."""

    def __init__(
        self,
        offers: Offers,
        journal: Journal,
        teller: Teller,
        carrier: Carrier,
        verifier: Verifier,
        *,
        background: Background,
        clock: Clock,
    ) -> None:
        """Nothing is carried out before `background` runs."""
        self._offers, self._journal, self._teller = offers, journal, teller
        self._carrier, self._verifier = carrier, verifier
        self._background, self._clock = background, clock
        self._lanes: dict[str, Lane] = {}
        self._writing, self._idle, self._draining = 0, asyncio.Event(), False
        self._idle.set()

    async def drain(self) -> None:
        """Begin no other write, and return when none is under way: what waits is taken up after the restart."""
        self._draining = True
        await self._idle.wait()

    def put(self, command: Command, setting: Setting) -> None:
        """Have a command wait for its turn; where nothing runs yet or any more, in the journal alone."""
        now = self._clock.now()
        command.stage = Stage.QUEUED
        try:
            self._journal.save(command)
        except sqlite3.Error as error:
            log.error("journal_not_written", device=command.device, point=command.key, error=str(error))
            self._teller.end(command, Status.REJECTED, "journal", NO_JOURNAL)
            return
        self._teller.accepted(command)
        if not self._background.runs or self._draining:
            return
        lane = self._lanes.get(command.device)
        if lane is None:
            lane = self._lanes[command.device] = Lane()
            self._background.spawn(self._work(command.device, lane), f"commands {command.device}")
        whole = len(command.requested) == len(setting.points)
        due = now if whole or command.dry_run else now + self._offers.settings.merge
        if command.deadline <= due or lane.parked(setting):
            due = now  # there is no time to wait for other parts, or others wait for this one
        for old in lane.put(command, setting, due):
            self._teller.end(old, Status.SUPERSEDED, "superseded", f"the newer command {command.id} took its place")

    async def _work(self, device_id: str, lane: Lane) -> None:
        """Carry out what waits for a device; end when nothing waits any more."""
        try:
            await self._empty(device_id, lane)
        except Exception:  # every command must end, and what comes next must find a lane
            log.exception("command_failed", device=device_id)
            for command in lane.expired(datetime.max.replace(tzinfo=UTC)):
                self._teller.end(command, Status.FAILED, "internal", FAILED)
        finally:
            del self._lanes[device_id]

    async def _empty(self, device_id: str, lane: Lane) -> None:
        """Carry out what waits in a lane, one batch after the other, until nothing does or the bridge ends."""
        while not self._draining:
            lane.news.clear()
            now = self._clock.now()
            for command in lane.expired(now):
                self._teller.end(command, *over(command))
            batch = lane.first()
            if batch is None:
                break
            rest = None if batch.dry_run else self._carrier.rests_until(device_id)
            due = max(batch.due, rest or batch.due)
            if due > now:
                await until(min(due, lane.deadline or due), lane.news, self._clock)
                continue
            lane.take(batch)
            await self._carry_out(batch)
            self._park(lane, batch)

    def _park(self, lane: Lane, batch: Batch) -> None:
        """Have wait on what cannot be written without other parts of its setting."""
        waiting = [command for command in batch.commands if command.waits and not command.final]
        if not waiting:
            return
        for old, new in lane.park(waiting, batch.setting):
            self._teller.end(old, Status.SUPERSEDED, "superseded", f"the newer command {new.id} took its place")
        for command in waiting:
            if not command.final:
                with suppress(sqlite3.Error):  # after a restart it is found out anew
                    self._journal.save(command)
                self._teller.accepted(command)

    async def _carry_out(self, batch: Batch) -> None:
        self._writing += 1
        self._idle.clear()
        try:
            self._check_still(batch)
            live = await self._carrier.carry_out(batch.setting, batch.commands)
            if live:
                name = f"verify {live[0].device} {batch.setting.key}"
                self._background.spawn(self._verifier.verify(live, batch.setting), name)
        except Exception:  # the lane must go on, and every command must end
            log.exception("command_failed", setting=batch.setting.key)
            for command in batch.commands:
                if not command.final:
                    self._teller.end(command, Status.FAILED, "internal", FAILED)
        finally:
            self._writing -= 1
            if not self._writing:
                self._idle.set()

    def _check_still(self, batch: Batch) -> None:
        """End what may not be carried out any more: a reload may have changed the rules while it waited."""
        for command in batch.commands:
            setting, account = self._offers.find(command.device, command.key, batch.setting.via)
            if setting is not None and not command.final:
                try:
                    self._offers.check_still(account, command, setting)
                except CommandError as error:
                    self._teller.end(command, Status.REJECTED, error.code, str(error))

    def pauses(self, command: Command) -> timedelta:
        """Return for how long our own rules will hold a command back: nobody must wait and expire only for them."""
        pause, lane = self._offers.settings.pause, self._lanes.get(command.device)
        rest = max((self._carrier.rests_until(command.device) or command.received) - command.received, timedelta())
        ahead = (len(lane) if lane else 0) * pause + rest
        return min(ahead, max(LONGEST_TTL, rest))
