"""The sink: notes what is new, lets it settle, and brings what is announced in line with it, a step at a time.

One step of a device sends at most one kind of thing; what must follow (a second document after a component was
taken back, the old topics after a migration) follows in the next round, at least `settle` later. For while Home
Assistant still loads a platform, a second message about the same device is lost but for its first component.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from random import Random
from typing import Final, TypeAlias

import structlog

from app import __version__
from app.clock import Clock
from app.model import AccountState, AccountStatus, Device, Point, Setting
from app.sinks import News, Publisher
from app.sinks.homeassistant.controls import UNDO, settable
from app.sinks.homeassistant.describer import Counts, Describer
from app.sinks.homeassistant.documents import Description, Identity, Message
from app.sinks.homeassistant.entities import Entities
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.registry import Announcements, Record
from app.sinks.homeassistant.rules import CONTROLS
from app.sinks.homeassistant.settings import HomeAssistantSettings
from app.store import Gone, Update
from app.topics import Topics

log = structlog.get_logger()

MIGRATE: Final = '{"migrate_discovery":true}'
"""Makes Home Assistant let go of an entity but keep its history, because another topic will announce it."""
Extent: TypeAlias = tuple[tuple[str, int], ...]
"""What can be set on a device, as far as it changes by itself: the settings, and how many points of each."""


class HomeAssistantSink:
    """Announces devices. Cheap to tell; the work is done in `run`.

    Args:
        publisher: The broker.
        topics: Its `discovery` is the prefix Home Assistant listens to.
        settings: What the owner wants.
        announcements: What has been announced so far, over restarts.
        clock: Should be the wall's, also in a sped-up demo: Home Assistant does not hurry.
        metrics: Where refusals are counted.
        install_id: Names the bridge's own device.
        replay: Passes on all last values; called after Home Assistant's start.
        layout: `points` if there is no JSON of a device to read states from.
        retained: Whether the broker keeps values; if not, they are replayed after each announcement.
        rng: Spreads the answer to a start of Home Assistant.
        accounts: The configured ones. What other accounts announced is taken back.
        offered: Returns what may be set on a device now; its points become controls.
        version: Of the bridge.
        url: Where help is to be found.
    """

    def __init__(  # noqa: PLR0913 - each is a part that only the composition root has
        self,
        publisher: Publisher,
        topics: Topics,
        settings: HomeAssistantSettings,
        announcements: Announcements,
        clock: Clock,
        metrics: Counts,
        *,
        install_id: str,
        replay: Callable[[], Awaitable[None]],
        layout: str = "json",
        retained: bool = True,
        rng: Random,
        accounts: Collection[str] = (),
        offered: Callable[[Device], Sequence[Setting]] = lambda _: (),
        version: str = __version__,
        url: str = "",
    ) -> None:
        self._publisher, self._topics, self._settings = publisher, topics, settings
        self._announcements, self._clock, self._replay, self._rng = announcements, clock, replay, rng
        self._identity = Identity(install_id, version, url)
        entities = Entities(topics, settings, Names(settings.language), layout == "points")
        self._describer = Describer(topics, settings, self._identity, entities, metrics)
        self._retained, self._offered = retained, offered
        self._accounts = list(accounts)
        self._accounts_known = bool(accounts)
        self._rights: dict[str, tuple[AccountState, bool]] = {}
        """By account: how it was when it last said so, and whether it may only look."""
        self._extents: dict[str, Extent] = {}
        """By device: what could be set on it when it was last described."""
        self._proven: set[str] = set()
        """Accounts that have been online since our start: what they do not offer cannot be set."""
        self._known: dict[str, tuple[Device, Mapping[str, Point]]] = {}
        self._records: dict[str, dict[str, Record]] = {}
        self._loaded = False
        self._dirty: dict[str, None] = {self._identity.device_id: None}  # everything hangs below the bridge
        self._sent: dict[str, bytes] = {}
        """What has been sent on this connection: a digest by topic."""
        self._repeat: set[str] = set()
        """Topics whose document is sent once more."""
        self._renamed = False
        """Whether options have changed: what was chosen is unknown to Home Assistant until it is told again."""
        self._removed: set[str] = set()
        """Topics that the owner cleared from within Home Assistant."""
        self._wake, self._settled, self._births = asyncio.Event(), asyncio.Event(), asyncio.Event()

    # What is told to us

    async def publish(self, news: News) -> None:
        """Note what concerns announcements; values do not."""
        if isinstance(news, Update):
            device = news.device
            known = self._known.get(device.id)
            if news.first or news.described or known is None or (news.replay and known != (device, news.points)):
                self._known[device.id] = (device, news.points)
                self._mark(device.id)
            elif _extent(self._offered(device)) != self._extents.get(device.id, ()):
                self._mark(device.id)  # its account has learnt what it can
        elif isinstance(news, Gone):
            self._known.pop(news.device.id, None)
            self._mark(news.device.id)
        elif isinstance(news, AccountStatus):
            self._take_note(news)

    def _take_note(self, status: AccountStatus) -> None:
        """Announce a new account, and anew what an account offers that has changed."""
        name, rights = status.account, (status.state, status.read_only)
        if name not in self._accounts:
            self._accounts.append(name)
            self._mark(self._identity.device_id)
        if self._rights.get(name) != rights:
            self._rights[name] = rights
            if status.state is AccountState.ONLINE:
                self._proven.add(name)
            for device_id, (device, _) in self._known.items():
                if name in (device.account, *device.others):
                    self._mark(device_id)

    async def born(self) -> None:
        """Home Assistant has started: announce everything again soon, then replay. Returns at once."""
        self._births.set()

    async def reconnected(self) -> None:
        """The broker is back, perhaps without what it had kept: announce everything again."""
        self._sent.clear()
        self._mark_all()

    async def rediscover(self) -> None:
        """Announce everything again, also what the owner removed."""
        self._removed.clear()
        await self.reconnected()

    async def removed_by_user(self, topic: str) -> None:
        """Somebody else cleared one of our topics: it stays so until a restart or `rediscover`."""
        for records in self._records.values():
            if topic in records:
                del records[topic]
                self._announcements.forget(topic)
                self._sent.pop(topic, None)
                self._removed.add(topic)
                log.info("discovery_removed_by_user", topic=topic, advice="restart or rediscover to announce it again")
                return

    async def reconcile(self, account: str, device_ids: Collection[str]) -> None:
        """An account's devices are known to be these: take back what it announced besides."""
        self._load()
        for device_id, records in self._records.items():
            if device_id not in device_ids and any(record.account == account for record in records.values()):
                self._known.pop(device_id, None)
                self._mark(device_id)

    async def configured(self, accounts: Collection[str]) -> None:
        """Take note of a changed configuration: what other accounts announced is taken back, offers may differ."""
        self._accounts, self._accounts_known = list(accounts), True
        self._rights.clear()
        self._proven.clear()  # those that were begun anew have yet to say what they offer
        self._load()
        self._mark_all()
        self._mark_strangers()

    def _mark(self, device_id: str) -> None:
        self._dirty[device_id] = None
        self._settled.clear()
        self._wake.set()

    def _mark_all(self) -> None:
        self._mark(self._identity.device_id)
        for device_id in self._known:
            self._mark(device_id)

    # What we do about it

    async def run(self) -> None:
        """Announce until cancelled."""
        self._load()
        for device_id in self._records:
            if not self._settings.enabled:
                self._mark(device_id)
        if self._settings.enabled:
            self._mark(self._identity.device_id)
            self._mark_strangers()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._announce(), name="homeassistant announcements")
            tasks.create_task(self._greet(), name="homeassistant births")

    def _load(self) -> None:
        """Read what stands announced from earlier runs."""
        if self._loaded:
            return
        self._loaded = True
        for topic, document in self._announcements.all().items():
            record = Record.load(document)
            self._records.setdefault(record.device, {})[topic] = record

    def _mark_strangers(self) -> None:
        """Mark whatever was announced by whom, or where, nobody configured any more."""
        prefix = f"{self._topics.discovery}/"
        for device_id, records in self._records.items():
            for topic, record in records.items():
                stranger = not record.account and device_id != self._identity.device_id
                dropped = bool(record.account) and self._accounts_known and record.account not in self._accounts
                known = self._known.get(device_id)
                if dropped and (known is None or known[0].account not in self._accounts):
                    self._known.pop(device_id, None)
                if stranger or dropped or not topic.startswith(prefix):
                    self._mark(device_id)

    async def _announce(self) -> None:
        """Bring one device after the other in line with what is known of it."""
        settle, gap = self._settings.settle, timedelta(seconds=1 / self._settings.pace)
        while True:
            await self._wake.wait()
            await self._clock.sleep(settle)
            if not self._publisher.connected:
                continue
            self._wake.clear()
            announced = False
            for device_id in tuple(self._dirty):
                if not self._publisher.connected:
                    break
                del self._dirty[device_id]
                sent, again = self._step(device_id)
                if again:
                    self._dirty[device_id] = None
                if sent:
                    announced = True
                    await self._clock.sleep(gap)
            if self._dirty:
                self._wake.set()
            else:
                self._settled.set()
            if (announced and not self._retained) or (self._renamed and not self._dirty):
                self._renamed = False
                await self._clock.sleep(settle)  # until Home Assistant listens
                await self._replay()

    async def _greet(self) -> None:
        """Answer each start of Home Assistant: after a while, so that not all bridges speak at once."""
        jitter = self._settings.birth_jitter.total_seconds()
        while True:
            await self._births.wait()
            await self._clock.sleep(timedelta(seconds=self._rng.uniform(min(1.0, jitter), jitter)))
            self._births.clear()
            if not self._settings.enabled:
                continue
            await self.reconnected()
            await self._settled.wait()
            await self._clock.sleep(self._settings.settle)  # until Home Assistant listens
            log.info("home_assistant_started", devices=len(self._known))
            await self._replay()

    def _step(self, device_id: str) -> tuple[bool, bool]:
        """Take a step towards what should stand announced; return whether it sent anything, and if more must follow."""
        if device_id in self._known and not self._known[device_id][1]:
            return False, False  # its first values are on their way; a first announcement should be whole
        records = self._records.setdefault(device_id, {})
        if self._waits_for_offer(device_id, records):
            return False, False  # it will say so
        wanted = self._wanted(device_id, records)
        unwarned = [
            topic
            for topic, record in records.items()
            if topic not in wanted and not record.migrating and self._moves(topic, record, wanted)
        ]
        for topic in unwarned:
            self._send(topic, MIGRATE)
            self._keep(records, topic, replace(records[topic], migrating=True))
        if unwarned:
            return True, True
        # Cleared before they are announced elsewhere, or Home Assistant would warn of a conflict for each entity.
        superfluous = [topic for topic in records if topic not in wanted]
        for topic in superfluous:
            self._clear(records, topic)
        placed = [self._place(records, topic, message) for topic, message in wanted.items()]
        if not records:
            del self._records[device_id]
        return bool(superfluous) or any(sent for sent, _ in placed), any(again for _, again in placed)

    def _waits_for_offer(self, device_id: str, records: Mapping[str, Record]) -> bool:
        """Return whether a control stands announced that an account may only not offer yet, having just started.

        Else each start of the bridge would make it a sensor for a moment, and automations would lose it.
        """
        if not self._settings.enabled or device_id not in self._known:
            return False
        device, _ = self._known[device_id]
        if {device.account, *device.others} <= self._proven:
            return False
        announced = {key for each in records.values() for key, name in each.components.items() if name in CONTROLS}
        return not announced <= {UNDO, *settable(self._offered(device))}

    def _place(self, records: dict[str, Record], topic: str, message: Message) -> tuple[bool, bool]:
        """Bring one topic in line with a message; return whether anything was sent, and whether more must follow."""
        record = records.get(topic)
        if record is not None and record.mode == "device" and not record.migrating:
            leaving = {key: name for key, name in record.components.items() if message.platforms.get(key) != name}
            if leaving:
                staying = message.without(leaving)
                self._keep(records, topic, replace(record, components=staying.platforms))
                self._send(topic, staying.taking_back(leaving))
                return True, True
        payload = message.payload
        before, now = self._sent.get(topic), _digest(payload)
        if before == now and topic not in self._repeat:
            return False, False
        self._repeat.discard(topic)
        choices = message.choices
        if record is not None and any(record.choices.get(key, mark) != mark for key, mark in choices.items()):
            self._renamed = True
        mode, platforms = self._settings.mode, message.platforms
        self._keep(records, topic, Record(message.device, message.account, mode, platforms, choices))
        self._send(topic, payload)
        if before is not None and before != now:
            self._repeat.add(topic)  # in case Home Assistant was still loading a platform for the one before
            return True, True
        return True, False

    def _moves(self, topic: str, record: Record, wanted: Mapping[str, Message]) -> bool:
        """Return whether what stands at a topic will be announced at others instead, and its history is to be kept."""
        if record.mode == self._settings.mode or not topic.startswith(f"{self._topics.discovery}/"):
            return False
        return any(
            record.components.get(key) == name for message in wanted.values() for key, name in message.platforms.items()
        )

    def _wanted(self, device_id: str, records: Mapping[str, Record]) -> dict[str, Message]:
        """Return what should stand announced of a device, by topic."""
        description = self._describe(device_id) if self._settings.enabled else None
        if description is None:
            return {}
        prefix, mode = f"{self._topics.discovery}/", self._settings.mode
        placed = {
            key: topic
            for topic, record in records.items()
            if record.mode == mode == "device" and topic.startswith(prefix)
            for key in record.components
        }
        wanted = self._describer.messages(description, placed)
        return {topic: message for topic, message in wanted.items() if topic not in self._removed}

    def _describe(self, device_id: str) -> Description | None:
        """Return what is to be announced of a device; None if it is not known."""
        if device_id == self._identity.device_id:
            return self._describer.bridge(self._accounts)
        known = self._known.get(device_id)
        if known is None:
            self._extents.pop(device_id, None)
            return None
        offered = self._offered(known[0])
        self._extents[device_id] = _extent(offered)
        return self._describer.device(*known, offered)

    def _send(self, topic: str, payload: str) -> None:
        self._sent[topic] = _digest(payload)
        self._publisher.publish(topic, payload, retain=True)

    def _keep(self, records: dict[str, Record], topic: str, record: Record) -> None:
        """Remember what stands at a topic, before it does: whatever is sent can then be taken back."""
        if records.get(topic) != record:
            records[topic] = record
            self._announcements.put(topic, record.dump())

    def _clear(self, records: dict[str, Record], topic: str) -> None:
        """Take back everything at a topic."""
        del records[topic]
        self._sent.pop(topic, None)
        self._repeat.discard(topic)
        self._publisher.publish(topic, "", retain=True)
        self._announcements.forget(topic)


def _extent(offered: Sequence[Setting]) -> Extent:
    return tuple((setting.key, len(setting.points)) for setting in offered)


def _digest(payload: str) -> bytes:
    return blake2b(payload.encode(), digest_size=16).digest()
