"""Reads one device: asks its family's sources and turns the answers into readings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, Protocol

import structlog

from app import points
from app.errors import AuthFailed, Blocked, Locked, ProtocolError, ProviderError, RateLimited, Unavailable
from app.model import Device, Feed, Kind, Reading
from app.providers import Account
from app.providers.growatt import calls
from app.providers.growatt.calls import Call, Span
from app.providers.growatt.catalogue import INCOME_MONTH, LISTED, ONLINE_CODES
from app.providers.growatt.facts import ASKED, BATTERY, Facts, proves
from app.providers.growatt.families import DAY, DETAILS, FEEDS, HALF_HOUR, SETTINGS, VALUES, Family, Shape, Source, When
from app.providers.growatt.money import in_unit
from app.providers.growatt.shapes import Shaped, bean, shaped
from app.providers.growatt.times import Stamps
from app.providers.growatt.troubles import told
from app.rows import Catalogue, decode

log = structlog.get_logger()

STOPPING: Final = (AuthFailed, Locked, RateLimited, Blocked)
"""Errors that concern the account, not one call: nothing more is asked."""
TRIALS: Final = 3
"""So often a call that not every server knows is tried before it is given up."""
UNSUPPORTED_FOR: Final = timedelta(days=30)
"""After which a call that a server did not know is tried again: vendors add calls."""
_MONEY: Final = frozenset({points.MONEY_TODAY.key, points.MONEY_TOTAL.key, INCOME_MONTH.key})
SILENCE: Final = timedelta(minutes=45)
"""After which a hybrid whose chart does not go on is taken as silent: several uploads are missing then."""
_MOMENTS: Final = frozenset({VALUES.name, DETAILS.name})
"""Feeds that tell how a device is at the moment."""
_SETTINGS: Final = frozenset({Shape.SETTINGS, Shape.NOAH_SETTINGS})
_ONLINE, _LAST = points.ONLINE.key, points.LAST_UPDATE.key
_URGENCY: Final = {feed.name: place for place, feed in enumerate(FEEDS)}


@dataclass(slots=True)
class Known:
    """A device, and how it is read."""

    device: Device
    family: Family
    plant: str
    """The vendor's key of its plant."""
    serial: str
    currency: str = ""
    only_hybrid: bool = False
    several_hybrids: bool = False
    lost: bool = False
    """Whether the list of devices calls it lost."""
    silent: bool = False
    """Whether its chart has ended long ago, which is how a hybrid shows that its logger is away."""

    @property
    def zone(self) -> tzinfo:
        """The zone of its plant."""
        return self.device.zone or UTC


@dataclass(slots=True)
class _Memory:
    """What is remembered of one device between reads."""

    read: dict[str, datetime] = field(default_factory=dict)
    """By call: when it was last answered."""
    refused: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    """By call that not every server knows: since when, and how often in a row, it was not answered."""
    told: dict[str, dict[str, Reading]] = field(default_factory=dict)
    """By call that rests for long: what it said, which holds until it is asked again."""
    proven: set[str] = field(default_factory=set)
    """Parts that it has."""
    idle: set[str] = field(default_factory=set)
    """Calls that told nothing but what a more urgent feed tells: they may rest for a day."""
    owners: dict[str, int] = field(default_factory=dict)
    """By key of a point: the most urgent feed that has given it."""


class Asking(Protocol):
    """Whom the reader asks: the app's client, or the token API's."""

    @property
    def answered_at(self) -> datetime | None:
        """When a call was last answered as it should be."""

    async def ask(self, call: Call, **values: str) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send a call and return the useful part of its answer; raise ProviderError."""

    def theirs(self, asked: datetime) -> datetime:
        """Return by Growatt's clock when something was asked."""


class Reader:
    """Reads one account's devices."""

    def __init__(self, client: Asking, account: Account) -> None:
        self._client, self._account = client, account
        self.stamps = Stamps(account.vault, account.name)
        self._memory: dict[str, _Memory] = {}
        self.facts = Facts(account)
        self.infos: dict[str, Mapping[str, Any]] = {}
        """By plant: the answer to `plant_info` that was read last, for whoever takes it out."""

    async def read(self, known: Known, feed: Feed) -> tuple[list[Reading], list[ProviderError]]:
        """Return what the feed's sources say of a device, and the errors of those that said nothing.

        Raises one of STOPPING only.
        """
        found: dict[str, Reading] = {}
        errors: list[ProviderError] = []
        resting: list[dict[str, Reading]] = []
        for source in known.family.sources:
            if source.feed.name != feed.name:
                continue
            if not self._wanted(known, source):
                resting.append(self._of(known).told.get(source.call.name, {}))
                continue
            asked = self._account.clock.now()
            try:
                answer = await self._client.ask(source.call, **self._values(known, self._client.theirs(asked)))
            except STOPPING:
                raise
            except ProviderError as error:
                if source.call.trial and isinstance(error, ProtocolError):
                    self._refused(known, source, asked)
                else:
                    errors.append(error)
                continue
            self._take(known, source, self._decoded(known, source, answer, asked), asked, found)
        if found or not errors:  # what was said before is no proof that anything answers now
            for readings in resting:
                self._merge(found, readings, self._of(known), feed)
        return list(found.values()), errors

    def _take(
        self, known: Known, source: Source, readings: dict[str, Reading], asked: datetime, found: dict[str, Reading]
    ) -> None:
        """Add what a source has just said, and note what that means for when it is asked again."""
        memory, name = self._of(known), source.call.name
        memory.read[name] = asked
        memory.refused.pop(name, None)
        if source.rest:
            memory.told[name] = readings
        self._merge(found, readings, memory, source.feed)
        if found.keys() & readings.keys() & known.family.keys:
            memory.idle.discard(name)
        elif source.feed is DETAILS:
            memory.idle.add(name)

    async def look(self, known: Known) -> list[Reading]:
        """Ask now how a device's settings stand; nothing where no call tells.

        Raises as the client does, but for a call that not every server knows.
        """
        found: dict[str, Reading] = {}
        for source in known.family.sources:
            if source.feed.name != SETTINGS.name or source.catalogue is None or self._vain(known, source):
                continue
            asked = self._account.clock.now()
            try:
                answer = await self._sure(source.call, known)
            except ProtocolError:
                if not source.call.trial:
                    raise
                continue
            self._take(known, source, self._decoded(known, source, answer, asked), asked, found)
        return list(found.values())

    async def _sure(self, call: Call, known: Known) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Ask; where nobody knows whether the server knows the call or the session has ended, find that out."""
        values = self.values(known)
        try:
            return await self._client.ask(call, **values)
        except ProtocolError:
            if not call.trial:
                raise
        try:
            await self._client.ask(calls.PLANT_INFO, **values)  # all servers know it: it renews the session
        except ProtocolError as error:
            raise Unavailable(str(error)) from error
        return await self._client.ask(call, **values)

    def values(self, known: Known) -> dict[str, str]:
        """Return what a call about a device is filled in with."""
        return self._values(known, self._client.theirs(self._account.clock.now()))

    async def about(self, known: Known) -> None:
        """Learn what a device is (model, firmware, rating), where a call tells that and it is not known yet."""
        call = known.family.facts
        if call is None or ASKED in self.facts.of(known.device.id):
            return
        try:
            answer = await self._client.ask(call, **self.values(known))
        except STOPPING:
            raise
        except ProviderError:
            return
        self.facts.learn(known.device.id, answer, bean(answer, ("newBean",)))
        self.facts.note(known.device.id, ASKED)
        self.facts.keep()

    def speaks(self, known: Known) -> bool:
        """Return whether a call of the device's own has been answered lately."""
        now = self._account.clock.now()
        return any(timedelta(0) <= now - at < HALF_HOUR for at in self._of(known).read.values())

    def listed(self, known: Known, entry: Mapping[str, object], feed: Feed) -> list[Reading]:
        """Return what a list of devices says of one whose values are nowhere else."""
        asked = self._account.clock.now()
        shape = Source(feed, calls.DEVICE_LIST, LISTED)
        found: dict[str, Reading] = {}
        self._merge(found, self._decoded(known, shape, entry, asked), self._of(known), feed)
        return list(found.values())

    def decoded(self, known: Known, catalogue: Catalogue, payload: Mapping[str, object], feed: Feed) -> list[Reading]:
        """Return what a part of some answer says of a device, as of now."""
        found: dict[str, Reading] = {}
        now, plain = self._client.theirs(self._account.clock.now()), dict[str, Reading]()
        for reading in decode(catalogue, payload, known.device.id, now, taken=known.family.keys):
            _add(plain, reading)
        self._merge(found, plain, self._of(known), feed)
        return list(found.values())

    # What is asked

    def _of(self, known: Known) -> _Memory:
        return self._memory.setdefault(known.device.id, _Memory())

    def _wanted(self, known: Known, source: Source) -> bool:
        """Return whether a source applies to a device, and has rested long enough."""
        plant = {When.ONLY_HYBRID: known.only_hybrid, When.SEVERAL_HYBRIDS: known.several_hybrids}
        if not plant.get(source.when, True) or self._vain(known, source):
            return False
        memory = self._of(known)
        last = memory.read.get(source.call.name)
        rest = DAY if source.call.name in memory.idle else source.rest
        return last is None or not timedelta(0) <= self._account.clock.now() - last < rest

    def _vain(self, known: Known, source: Source) -> bool:
        """Return whether it was noted lately that this server does not know a call."""
        noted = (self._account.vault.get("unsupported") or {}).get(f"{known.device.id}/{source.call.name}")
        try:
            age = self._account.clock.now() - datetime.fromisoformat(noted) if isinstance(noted, str) else None
        except (ValueError, TypeError):
            return False
        return source.call.trial and age is not None and age < UNSUPPORTED_FOR

    def _refused(self, known: Known, source: Source, asked: datetime) -> None:
        """Note that a call that not every server knows was not answered as it should be.

        Three times in a row, while other calls are answered, means that this server does not know it; once, nothing.
        """
        refused = self._of(known).refused
        first, times = refused.get(source.call.name, (asked, 0))
        refused[source.call.name] = (first, times + 1)
        answered = self._client.answered_at
        if times + 1 >= TRIALS and answered is not None and answered > first:
            self._unsupported(known, source, asked)

    def _unsupported(self, known: Known, source: Source, now: datetime) -> None:
        """Remember that a server does not know a call, so that it is not asked in vain for weeks."""
        name = f"{known.device.id}/{source.call.name}"
        self._account.vault.put(
            "unsupported", {**(self._account.vault.get("unsupported") or {}), name: now.isoformat()}
        )
        log.info("growatt_call_unsupported", account=self._account.name, device=known.device.id, call=source.call.name)

    def _values(self, known: Known, now: datetime) -> dict[str, str]:
        """Return what a call about a device is filled in with; days are the plant's."""
        today = now.astimezone(known.zone)
        return {"sn": known.serial, "plant": known.plant, "span": Span.DAY.value, "date": today.strftime("%Y-%m-%d")}

    # What an answer says

    def _decoded(self, known: Known, source: Source, answer: object, asked: datetime) -> dict[str, Reading]:
        """Return the readings of one answer, by the keys of their points."""
        if source.call is calls.PLANT_INFO and isinstance(answer, Mapping):
            self.infos[known.plant] = answer
        payload = bean(answer, source.bean)
        self.facts.learn(known.device.id, answer, payload)
        self.facts.allow(known.device.id, payload.get("enable") if source.call is calls.TLX_ENABLED_SETTINGS else None)
        if source.catalogue is None:
            return {}
        now = self._client.theirs(asked)
        form = shaped(source.shape, payload, now.astimezone(known.zone).replace(tzinfo=None))
        lost = _lost(known, form)
        moment = self._moment(known, form, now, lost=lost)
        if source.shape is Shape.CHART:
            known.silent = _silent(known, moment, now)
        measured = moment if moment is not None and source.shape is not Shape.CHART else None
        at, timed = measured or now, measured is not None
        found = self._said(known, source, form, at, timed=timed)
        if _ONLINE in found:
            lost = found[_ONLINE].value is False
        if moment is not None:
            found[_LAST] = Reading(known.device.id, points.LAST_UPDATE, moment.isoformat(), at, timed)
        momentary = form.stamp is None and source.feed.name != SETTINGS.name  # what it is set to holds while it is away
        return self._finished(known, form, found, asked, gone=momentary and (lost or known.silent))

    def past(self, known: Known, source: Source, payload: Mapping[str, object], at: datetime) -> list[Reading]:
        """Return what a source would have said then; not whether the device was online, and nothing is learnt of it."""
        form = shaped(source.shape, payload, at.astimezone(known.zone).replace(tzinfo=None))
        found = self._finished(known, form, self._said(known, source, form, at, timed=True), at, gone=False)
        return [reading for key, reading in found.items() if key not in {_ONLINE, _LAST}]

    def _said(self, known: Known, source: Source, form: Shaped, at: datetime, *, timed: bool) -> dict[str, Reading]:
        """Return what the rows read in an answer, and what is wrong with the device."""
        found, rows = dict[str, Reading](), source.catalogue or Catalogue(())
        for reading in decode(rows, form.payload, known.device.id, at, timed=timed, taken=known.family.keys):
            _add(found, reading)
        if source.shape not in _SETTINGS:
            if source.feed.name in _MOMENTS:
                self._diagnose(known, form, found, Reading(known.device.id, points.FAULT, "", at, timed))
            for key in self._absent(known, form.payload):
                found.pop(key, None)
        return found

    def _moment(self, known: Known, form: Shaped, now: datetime, *, lost: bool) -> datetime | None:
        """Return when an answer was measured, UTC; None where it does not say, or cannot be right."""
        if form.stamp is None:
            return None
        return self.stamps.moment(known.device.id, known.plant, known.zone, form.stamp, now, lost=lost)

    @staticmethod
    def _diagnose(known: Known, form: Shaped, found: dict[str, Reading], pattern: Reading) -> None:
        """Add what is wrong with the device; a code that the rows have read gives way to the one that counts."""
        status = found.get(points.STATUS.key)
        if status is None and not known.family.troubles.faults:
            return
        for point, value in told(known.family.troubles, form.payload, status.value if status else None):
            found[point.key] = pattern._replace(point=point, value=value)

    def _absent(self, known: Known, payload: Mapping[str, object]) -> set[str]:
        """Return the points of parts that the device has shown no sign of: their zeros are no measurements."""
        proven, absent = self._of(known).proven, set[str]()
        for part in known.family.parts:
            if part.name in proven:
                continue
            if any(proves(payload.get(name)) for name in part.evidence):
                proven.add(part.name)
                if part.name == BATTERY:
                    self.facts.note(known.device.id, BATTERY)
            else:
                absent |= known.family.part_keys[part.name]
        return absent

    @staticmethod
    def _finished(
        known: Known, form: Shaped, found: dict[str, Reading], asked: datetime, *, gone: bool
    ) -> dict[str, Reading]:
        """Return readings with what does not depend on rows: currency, and what holds now whatever the stamp says.

        Without a stamp, a device that is gone has no momentary values: the cloud repeats the last it heard.
        """
        if _ONLINE in found:
            found[_ONLINE] = found[_ONLINE]._replace(at=asked, timed=False)
        currency = form.currency or known.currency
        for key in _MONEY & found.keys() if currency else ():
            found[key] = found[key]._replace(point=in_unit(found[key].point, currency))
        if not gone:
            return found
        return {key: reading for key, reading in found.items() if reading.point.kind not in {Kind.GAUGE, Kind.LEVEL}}

    def _merge(self, found: dict[str, Reading], readings: Mapping[str, Reading], memory: _Memory, feed: Feed) -> None:
        """Add readings of points that no earlier source, and no more urgent feed, gives."""
        urgency = _URGENCY[feed.name]
        owners = memory.owners
        for key, reading in readings.items():
            if owners.setdefault(key, urgency) < urgency:
                continue
            owners[key] = urgency
            _add(found, reading)


def _add(found: dict[str, Reading], reading: Reading) -> None:
    """Add a reading of a point that has none yet, or whose status was passed on without its word being known."""
    point = reading.point
    before = found.setdefault(point.key, reading)
    if point.kind is Kind.STATE and before.value not in point.words and reading.value in point.words:
        found[point.key] = reading


def _lost(known: Known, form: Shaped) -> bool:
    """Return whether the cloud has lost a device, as the answer says, or else the list of devices."""
    said = form.payload.get("lost")
    online = ONLINE_CODES.get(str(said).lower()) if said is not None else None
    return known.lost if online is None else not online


def _silent(known: Known, ended: datetime | None, asked: datetime) -> bool:
    """Return whether a hybrid's chart shows that its logger is away: it ended long ago, or never began today."""
    if ended is not None:
        return asked - ended > SILENCE
    local = asked.astimezone(known.zone)
    return known.silent or timedelta(hours=local.hour, minutes=local.minute) > SILENCE
