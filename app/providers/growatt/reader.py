"""Reads one device: asks its family's sources and turns the answers into readings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any, Final

import structlog

from app import points
from app.errors import AuthFailed, Blocked, Locked, ProtocolError, ProviderError, RateLimited
from app.model import Device, Feed, Kind, Point, Reading
from app.providers import Account
from app.providers.growatt import calls
from app.providers.growatt.calls import Span
from app.providers.growatt.catalogue import INCOME_MONTH, LISTED
from app.providers.growatt.client import Client
from app.providers.growatt.families import DAY, DETAILS, FEEDS, HALF_HOUR, VALUES, Family, Shape, Source, When
from app.providers.growatt.shapes import Shaped, bean, shaped
from app.providers.growatt.times import Stamps
from app.providers.growatt.troubles import told
from app.rows import Catalogue, decode, number, text

log = structlog.get_logger()

STOPPING: Final = (AuthFailed, Locked, RateLimited, Blocked)
"""Errors that concern the account, not one call: nothing more is asked."""
UNSUPPORTED_FOR: Final = timedelta(days=30)
"""After which a call that a server did not know is tried again: vendors add calls."""
_MONEY: Final = frozenset({points.MONEY_TODAY.key, points.MONEY_TOTAL.key, INCOME_MONTH.key})
SILENCE: Final = timedelta(minutes=45)
"""After which a hybrid whose chart does not go on is taken as silent: several uploads are missing then."""
_ZERO: Final = (None, 0, "", "0", "0.0", "--", "null")
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
    proven: set[str] = field(default_factory=set)
    """Parts that it has."""
    idle: set[str] = field(default_factory=set)
    """Calls that told nothing but what a more urgent feed tells: they may rest for a day."""
    owners: dict[str, int] = field(default_factory=dict)
    """By key of a point: the most urgent feed that has given it."""


class Reader:
    """Reads one account's devices."""

    def __init__(self, client: Client, account: Account) -> None:
        self._client, self._account = client, account
        self.stamps = Stamps(account.vault, account.name)
        self._memory: dict[str, _Memory] = {}
        kept = account.vault.get("facts") or {}
        self.facts: dict[str, dict[str, str]] = {
            str(device): {str(fact): str(value) for fact, value in facts.items()}
            for device, facts in kept.items()
            if isinstance(facts, dict)
        }
        """By device: model, firmware, rated power and the like, as answers mention them."""
        self._facts_kept = {device: dict(facts) for device, facts in self.facts.items()}
        self.infos: dict[str, Mapping[str, Any]] = {}
        """By plant: the answer to `plant_info` that was read last, for whoever takes it out."""

    async def read(self, known: Known, feed: Feed) -> tuple[list[Reading], list[ProviderError]]:
        """Return what the feed's sources say of a device, and the errors of those that said nothing.

        Raises one of STOPPING only.
        """
        found: dict[str, Reading] = {}
        errors: list[ProviderError] = []
        for source in known.family.sources:
            if source.feed.name != feed.name or not self._wanted(known, source):
                continue
            asked = self._account.clock.now()
            try:
                answer = await self._client.ask(source.call, **self._values(known, asked))
            except STOPPING:
                raise
            except ProviderError as error:
                if source.call.trial and isinstance(error, ProtocolError):
                    self._unsupported(known, source, asked)
                else:
                    errors.append(error)
                continue
            memory = self._of(known)
            memory.read[source.call.name] = asked
            readings = self._decoded(known, source, answer, asked)
            self._merge(found, readings, memory, feed)
            if any(reading.point.key in known.family.keys and found.get(reading.point.key) for reading in readings):
                memory.idle.discard(source.call.name)
            elif source.feed is DETAILS:
                memory.idle.add(source.call.name)
        return list(found.values()), errors

    async def about(self, known: Known) -> None:
        """Learn what a device is (model, firmware, rating), where a call tells that and it is not known yet."""
        call = known.family.facts
        if call is None or "asked" in self.facts.get(known.device.id, {}):
            return
        try:
            answer = await self._client.ask(call, **self._values(known, self._account.clock.now()))
        except STOPPING:
            raise
        except ProviderError:
            return
        self._learn(known, answer, bean(answer, ("newBean",)))
        self.facts.setdefault(known.device.id, {})["asked"] = "yes"
        self.keep()

    def keep(self) -> None:
        """Keep what was learnt about the devices, so that they have their names right after a restart."""
        if self.facts != self._facts_kept:
            self._account.vault.put("facts", self.facts)
            self._facts_kept = {device: dict(facts) for device, facts in self.facts.items()}

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
        readings = decode(catalogue, payload, known.device.id, self._account.clock.now(), taken=known.family.keys)
        self._merge(found, readings, self._of(known), feed)
        return list(found.values())

    # What is asked

    def _of(self, known: Known) -> _Memory:
        return self._memory.setdefault(known.device.id, _Memory())

    def _wanted(self, known: Known, source: Source) -> bool:
        """Return whether a source applies to a device, and has rested long enough."""
        if source.when is When.ONLY_HYBRID and not known.only_hybrid:
            return False
        if source.when is When.SEVERAL_HYBRIDS and not known.several_hybrids:
            return False
        now = self._account.clock.now()
        if source.call.trial:
            refused = (self._account.vault.get("unsupported") or {}).get(f"{known.device.id}/{source.call.name}")
            try:
                if isinstance(refused, str) and now - datetime.fromisoformat(refused) < UNSUPPORTED_FOR:
                    return False
            except (ValueError, TypeError):
                pass
        memory = self._of(known)
        last = memory.read.get(source.call.name)
        rest = DAY if source.call.name in memory.idle else source.rest
        return last is None or not timedelta(0) <= now - last < rest

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

    def _decoded(self, known: Known, source: Source, answer: object, asked: datetime) -> list[Reading]:
        """Return the readings of one answer."""
        if source.call is calls.PLANT_INFO and isinstance(answer, Mapping):
            self.infos[known.plant] = answer
        payload = bean(answer, source.bean)
        self._learn(known, answer, payload)
        if source.catalogue is None:
            return []
        form = shaped(source.shape, payload, asked.astimezone(known.zone).replace(tzinfo=None))
        readings = decode(source.catalogue, form.payload, known.device.id, asked, taken=known.family.keys)
        if source.shape is not Shape.SETTINGS and source.shape is not Shape.NOAH_SETTINGS:
            if source.feed.name in {VALUES.name, DETAILS.name}:
                readings += self._diagnosed(known, form, readings, asked)
            readings = self._present(known, form.payload, readings)
        chart = source.shape is Shape.CHART
        readings = self._charted(known, form, readings, asked) if chart else self._timed(known, form, readings, asked)
        currency = form.currency or known.currency
        return [_in_currency(reading, currency) for reading in readings] if currency else readings

    def _diagnosed(self, known: Known, form: Shaped, readings: list[Reading], asked: datetime) -> list[Reading]:
        """Return what is wrong with the device; a code that the rows have read is replaced by the one that counts."""
        status = next((reading.value for reading in readings if reading.point is points.STATUS), None)
        if status is None and not known.family.troubles.faults:
            return []
        said = told(known.family.troubles, form.payload, status)
        keys = {point.key for point, _ in said}
        readings[:] = [reading for reading in readings if reading.point.key not in keys]
        return [Reading(known.device.id, point, value, asked) for point, value in said]

    def _present(self, known: Known, payload: Mapping[str, object], readings: list[Reading]) -> list[Reading]:
        """Leave out the points of parts that the device shows no sign of: their zeros are no measurements."""
        proven, dropped = self._of(known).proven, set[str]()
        for part in known.family.parts:
            if part.name in proven:
                continue
            if any(payload.get(name) not in _ZERO and number(payload.get(name)) for name in part.evidence):
                proven.add(part.name)
            else:
                dropped |= known.family.part_keys[part.name]
        return [reading for reading in readings if reading.point.key not in dropped] if dropped else readings

    def _timed(self, known: Known, form: Shaped, readings: list[Reading], asked: datetime) -> list[Reading]:
        """Give readings the vendor's time, where the answer has one.

        Without one, a device that is lost has no momentary values: the cloud repeats the last it heard.
        """
        lost = known.lost
        for reading in readings:
            if reading.point is points.ONLINE:
                lost = reading.value is False
        moment = None
        if form.stamp is not None:
            moment = self.stamps.moment(known.device.id, known.plant, known.zone, form.stamp, asked, lost=lost)
        if moment is None:
            gone = (lost or known.silent) and form.stamp is None
            return [reading for reading in readings if not (gone and reading.point.kind in {Kind.GAUGE, Kind.LEVEL})]
        timed = [
            reading if reading.point is points.ONLINE else reading._replace(at=moment, timed=True)
            for reading in readings
            if reading.point is not points.LAST_UPDATE
        ]
        return [*timed, Reading(known.device.id, points.LAST_UPDATE, moment.isoformat(), moment, timed=True)]

    def _charted(self, known: Known, form: Shaped, readings: list[Reading], asked: datetime) -> list[Reading]:
        """Note when a hybrid was last heard of: the end of today's chart. Its sums hold now.

        A chart that has ended long ago, or that has not begun an hour into the day, is that of a silent logger.
        """
        moment = None
        if form.stamp is not None:
            moment = self.stamps.moment(known.device.id, known.plant, known.zone, form.stamp, asked, lost=known.lost)
        if moment is not None:
            known.silent = asked - moment > SILENCE
            return [*readings, Reading(known.device.id, points.LAST_UPDATE, moment.isoformat(), asked)]
        local = asked.astimezone(known.zone)
        known.silent = known.silent or timedelta(hours=local.hour, minutes=local.minute) > SILENCE
        return readings

    def _merge(self, found: dict[str, Reading], readings: Iterable[Reading], memory: _Memory, feed: Feed) -> None:
        """Add readings of points that no earlier source, and no more urgent feed, gives."""
        urgency = _URGENCY[feed.name]
        for reading in readings:
            key = reading.point.key
            owner = memory.owners.setdefault(key, urgency)
            if owner < urgency:
                continue
            memory.owners[key] = urgency
            before = found.get(key)
            if before is None or _says_more(reading, before):
                found[key] = reading

    def _learn(self, known: Known, answer: object, payload: Mapping[str, object]) -> None:
        """Note what an answer mentions about the device itself."""
        outer = answer if isinstance(answer, Mapping) else {}
        facts = self.facts.setdefault(known.device.id, {})
        for source in (outer, payload):
            for name, fact in _FACTS.items():
                said = text(source.get(name))
                if said is not None and (fact != "model" or not said.isdecimal()):
                    facts[fact] = said


_FACTS: Final[Mapping[str, str]] = {
    "dType": "model",
    "model": "model",
    "modelName": "model",
    "inverterType": "model",
    "deviceModel": "model",
    "version": "firmware",
    "fwVersion": "firmware",
    "innerVersion": "inner",
    "nominalPower": "rated",
    "normalPower": "rated",
    "pmax": "rated",
}
"""Fields that tell something about the device itself, in rising order of trust."""


def _says_more(reading: Reading, before: Reading) -> bool:
    """Return whether a second source knows the word for a status that the first passed on as it came."""
    words = reading.point.words
    return reading.point.kind is Kind.STATE and before.value not in words and reading.value in words


@cache
def _in_unit(point: Point, currency: str) -> Point:
    return replace(point, unit=currency)


def _in_currency(reading: Reading, currency: str) -> Reading:
    """Return a reading with its sum of money in the plant's currency."""
    return reading._replace(point=_in_unit(reading.point, currency)) if reading.point.key in _MONEY else reading
