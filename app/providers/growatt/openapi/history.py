"""What a device or plant has measured before today, as the token API keeps it.

V1 tells a device's values of several days in pages of up to a hundred; V4 those of one day at once. How many days is
not certain: growattServer 2.2.0 lets seven days' difference pass, timohencken/GrowattPublicApiPy stops at six. Windows
have six days' difference here, the seventh day included. Sums of a plant's energy come by days, months or years.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final
from zlib import compress, decompress

import structlog

from app.errors import CommandError, NoData, ProtocolError
from app.model import Reading
from app.providers import Account, Step
from app.providers.growatt.calls import Call
from app.providers.growatt.errors import REPORT
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.asker import Asker, alike
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.endpoints import MOST, Endpoint
from app.providers.growatt.openapi.errors import Rests, TooOften
from app.providers.growatt.reader import Known, Reader
from app.providers.growatt.shapes import STAMPS
from app.providers.growatt.times import wall

log = structlog.get_logger()

WEEK: Final = 7
"""Days of a window, first and last included."""
YEARS: Final = 20
"""Years that one call tells the sums of."""
DEPTH: Final = timedelta(days=95)
"""How far back Growatt keeps what devices measured."""
PAGES: Final = 250
"""The highest page that Growatt gives."""
LONGEST: Final = timedelta(minutes=15)
"""How long a call's turn is waited for; a limit of the day lasts longer, and is raised."""
PATIENCE: Final = 3
"""So often in a row Growatt may say "too often", though it was not by our count."""
SECOND: Final = timedelta(seconds=1)
LIKELY: Final = range(2000, 2200)
"""Years of stamps; one of another year is no moment that could be reckoned with."""


@dataclass(frozen=True, slots=True)
class Past:
    """Where a family's history is."""

    endpoint: Endpoint
    rows: str = "datas"
    """The name of the list in the answer."""
    days: int = WEEK
    """How many one call may cover."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The history's own names of fields -> those of live values."""
    paged: bool = True


_STRING_INVERTER: Final[Mapping[str, str]] = {
    "power": "pac",
    "power_factor": "pf",
    "today_energy": "powerToday",
    "total_energy": "powerTotal",
    **{f"{what}ac{n}": f"{what}ac{phase}" for what in "vi" for n, phase in enumerate("rst", start=1)},
}
"""As GrowattPublicApiPy documents `device/inverter/data`; the power is what goes out, W."""

PASTS: Final[Mapping[str, Past]] = {
    "tlx": Past(endpoints.MIN_ENERGY_HISTORY),
    "mix": Past(endpoints.SPH_ENERGY_HISTORY),
    "spa": Past(endpoints.SPA_ENERGY_HISTORY),
    "storage": Past(endpoints.STORAGE_ENERGY_HISTORY),
    "max": Past(endpoints.MAX_ENERGY_HISTORY),
    "inverter": Past(endpoints.INVERTER_ENERGY_HISTORY, names=_STRING_INVERTER),
    "pcs": Past(endpoints.PCS_ENERGY_HISTORY),
    "hps": Past(endpoints.HPS_ENERGY_HISTORY),
    "pbd": Past(endpoints.PBD_ENERGY_HISTORY),
    "meter": Past(endpoints.METER_ENERGY_HISTORY, rows="meter_data"),
    "wit": Past(endpoints.WIT_ENERGY_HISTORY, days=1, paged=False),
    "sph-s": Past(endpoints.SPHS_ENERGY_HISTORY, days=1, paged=False),
    "noah": Past(endpoints.NOAH_ENERGY_HISTORY, days=1, paged=False),
    "plant": Past(endpoints.PLANT_POWER_OVERVIEW, rows="powers", days=1, names={"power": "current_power"}, paged=False),
}
"""By the name of the family."""
SUMS: Final[Mapping[Step, str]] = {
    Step.DAY: "today_energy",
    Step.MONTH: "monthly_energy",
    Step.YEAR: "yearly_energy",
}
"""The live plant's field that a sum would have been in at the end of its time."""


def windows(first: date, last: date, days: int = WEEK) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each call's share of some days, in order; nothing where they end too early."""
    while first <= last:
        end = min(first + timedelta(days=days - 1), last)
        yield first, end
        first = end + timedelta(days=1)


def calls_of(first: date, last: date, step: Step) -> Iterator[tuple[date, date]]:
    """Yield the shares of the calls for sums: seven days, a calendar year of months, twenty years."""
    if step is Step.DAY:
        yield from windows(first, last)
        return
    years = 1 if step is Step.MONTH else YEARS
    start = first.replace(day=1) if step is Step.MONTH else date(first.year, 1, 1)
    while start <= last:
        end = min(date(start.year + years - 1, 12, 31), last)
        yield start, end
        start = date(end.year + 1, 1, 1)


class History:
    """Asks for what has been, as fast as Growatt allows."""

    def __init__(self, account: Account, client: Client, asker: Asker, reader: Reader) -> None:
        self._account, self._client, self._asker, self._reader = account, client, asker, reader

    async def values(self, known: Known, first: date, last: date, after: datetime | None) -> AsyncIterator[Reading]:
        """Yield what was measured, as in `Remembering`."""
        past = PASTS.get(known.family.name)
        if past is None:
            msg = f"Growatt keeps no history of {known.device.id}"
            raise NoData(msg)
        begin, end = self._span(known, first, last, after)
        told = begin - timedelta(microseconds=1) if after is None else max(after, begin - timedelta(microseconds=1))
        until = min(end - SECOND, self._now())
        for start, stop in windows(self._day(known, begin), self._day(known, until), past.days):
            for at, row in await self._window(known, past, start, stop):
                if not told < at < end:
                    continue  # of the day before or after by the plant's clock, or a seam's second telling
                told = at
                for reading in self._reader.past(known, known.family.sources[0], json.loads(decompress(row)), at):
                    yield reading

    async def sums(
        self, known: Known, first: date, last: date, step: Step, after: datetime | None
    ) -> AsyncIterator[Reading]:
        """Yield sums of a plant's energy, as in `Remembering`."""
        if known.family.name != "plant":
            msg = f"Growatt sums up energy for plants only, and {known.device.id} is none: ask for its values"
            raise CommandError(msg, "invalid_value")
        last = self._checked(known, first, last)
        source, now = known.family.sources[0], self._now()
        for start, stop in calls_of(_since(known, first, after), last, step):
            answer = await self._ask(
                endpoints.PLANT_ENERGY_HISTORY, known, start=str(start), end=str(stop), unit=step.value
            )
            for day, energy in sorted(_summed(rows_of(endpoints.PLANT_ENERGY_HISTORY, answer, "energys"), step)):
                at = min(_midnight(_next(day, step), known.zone) - SECOND, now)
                if not start <= day <= stop or (after is not None and at <= after):
                    continue
                for reading in self._reader.past(known, source, {SUMS[step]: energy}, at):
                    yield reading

    # What is asked for

    def _now(self) -> datetime:
        return self._client.theirs(self._account.clock.now())

    def _checked(self, known: Known, first: date, last: date) -> date:
        """Return the last day that has begun; raise CommandError where the days make no span."""
        today = self._now().astimezone(known.zone).date()
        if last < first:
            msg = f"the last day, {last}, lies before the first, {first}"
            raise CommandError(msg, "invalid_value")
        if first > today:
            msg = f"{first} has not come yet where the plant is; there it is {today}"
            raise CommandError(msg, "out_of_range")
        return min(last, today)

    def _span(self, known: Known, first: date, last: date, after: datetime | None) -> tuple[datetime, datetime]:
        """Return the first moment that is wanted and the first that is not; raise CommandError where it is too old."""
        last = self._checked(known, first, last)
        oldest = self._now().astimezone(known.zone).date() - DEPTH
        since = _since(known, first, after)
        if since < oldest:
            msg = (
                f"Growatt keeps what devices measured for {DEPTH.days} days; {since} is longer ago, {oldest} is the "
                f"first day to ask for"
            )
            raise CommandError(msg, "out_of_range")
        return _midnight(since, known.zone), _midnight(last + timedelta(days=1), known.zone)

    def _clock(self, known: Known, near: datetime) -> tzinfo:
        return self._reader.stamps.clock_of(known.device.id, known.plant, known.zone, near)

    def _day(self, known: Known, moment: datetime) -> date:
        """Return the date that the device's clock shows, by which Growatt looks its stamps up."""
        return moment.astimezone(self._clock(known, moment)).date()

    async def _window(self, known: Known, past: Past, start: date, stop: date) -> list[tuple[datetime, bytes]]:
        """Return the moments and fields of some days, the oldest first, each row once."""
        told: dict[bytes, datetime] = {}
        seen = 0
        for page in range(1, PAGES + 1):
            answer = await self._ask(past.endpoint, known, start=str(start), end=str(stop), part=str(page))
            rows = rows_of(past.endpoint, answer, past.rows)
            seen += len(rows)
            before = len(told)
            for row in rows:
                packed, stamp = _packed(known, past, row)
                if stamp is not None:
                    told.setdefault(packed, stamp)
            if not past.paged:
                if isinstance(answer, Mapping) and answer.get("haveNext") is True:
                    log.warning(
                        "growatt_history_cut", account=self._account.name, device=known.device.id, day=str(start)
                    )
                break
            if len(told) == before or not _goes_on(answer, len(rows), seen):
                break
        near = datetime.combine(start, time(12), UTC)
        return moments(((stamp, packed) for packed, stamp in told.items()), self._clock(known, near))

    async def _ask(self, endpoint: Endpoint, known: Known, **values: str) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send a call as soon as its turn comes, holding nothing meanwhile."""
        about = {"plant": known.plant} if known.family.name == "plant" else {"sn": known.serial}
        refused = 0
        while True:
            try:
                return await self._client.ask(endpoint, **about, **self._asker.extras.get(known.serial, {}), **values)
            except Rests as rests:
                refused += isinstance(rests, TooOften)
                wait = rests.until - self._account.clock.now()
                if refused >= PATIENCE or wait > LONGEST:
                    raise
            await self._account.clock.sleep(max(wait, SECOND))


# Answers


def rows_of(endpoint: Endpoint, answer: object, name: str) -> list[Mapping[str, Any]]:
    """Return the entries of an answer; none where it is empty. Raise ProtocolError where it is something else."""
    if not answer:
        return []
    found = answer.get(name) if isinstance(answer, Mapping) else None
    if found is None and isinstance(answer, Mapping) and not answer.get("count"):
        return []
    if not isinstance(found, list):
        form = type(answer).__name__
        msg = f"Growatt's answer has another form than ever before ({form}), when asked for {endpoint.about}; {REPORT}"
        raise ProtocolError(msg)
    return [row for row in found if isinstance(row, Mapping)]


def _goes_on(answer: object, length: int, seen: int) -> bool:
    """Return whether there is another page: by the answer's own word, its count, or because this one is full."""
    told = answer if isinstance(answer, Mapping) else {}
    count = told.get("count")
    return bool(told.get("next_page_start_id")) or length >= MOST or (isinstance(count, int) and seen < count)


def _packed(known: Known, past: Past, row: Mapping[str, Any]) -> tuple[bytes, datetime | None]:
    """Return a row with the names of live values, small, and its stamp as the clock on the wall showed it."""
    call: Call = known.family.sources[0].call
    fields = alike(call, {past.names.get(name, name): value for name, value in row.items()})
    stamps = (wall(fields.get(name)) for name in STAMPS)
    stamp = next((found for found in stamps if found is not None and found.year in LIKELY), None)
    return compress(json.dumps(fields, sort_keys=True).encode(), 1), stamp


def moments(rows: Iterable[tuple[datetime, bytes]], clock: tzinfo) -> list[tuple[datetime, bytes]]:
    """Return rows with their moments (UTC), the oldest first, at most one a moment.

    `rows` are in Growatt's order, which rises or falls, with stamps of `clock`. An hour that comes twice, at the end
    of summer time, is told apart by that order: what stands behind a later stamp is of the second.
    """
    given = list(rows)
    if given and given[0][0] > given[-1][0]:
        given.reverse()
    found: dict[datetime, bytes] = {}
    before: datetime | None = None
    for stamp, row in given:
        earlier, later = (stamp.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1))
        twice = earlier < later and before is not None and earlier <= before
        before = later if twice else earlier
        found.setdefault(before, row)
    return sorted(found.items())


def _summed(rows: Iterable[Mapping[str, Any]], step: Step) -> Iterator[tuple[date, Any]]:
    """Yield the first day and the energy of each day, month or year."""
    for row in rows:
        parts = str(row.get("date") or "").strip()[:10].split("-")
        wanted = {Step.DAY: 3, Step.MONTH: 2, Step.YEAR: 1}[step]
        try:
            year, month, day = (*map(int, parts[:wanted]), *(1,) * (3 - wanted))
            yield date(year, month, day), row.get("energy")
        except ValueError:
            continue


# Days


def _since(known: Known, first: date, after: datetime | None) -> date:
    """Return the first day on which something is wanted."""
    return first if after is None else max(first, after.astimezone(known.zone).date())


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _next(day: date, step: Step) -> date:
    """Return the first day after a day, month or year."""
    if step is Step.DAY:
        return day + timedelta(days=1)
    months = 1 if step is Step.MONTH else 12
    return date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)
