"""Growatt's time stamps: texts without a zone, usually in the plant's own time, but not on every server.

The texts are what the device's clock shows. Some servers stamp in China's time instead (recorded answers have
it beside a calendar object of zone Asia/Shanghai); and where the plant's offset at Growatt, or its inverter,
knows no summer time, stamps are an hour off for half a year. So the plant's zone is tried first and doubted only
where it cannot be right: when it puts a stamp into the future, or when the stamps of a device that is online
move on and yet stay behind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

import structlog

from app.providers import Vault

log = structlog.get_logger()

AHEAD: Final = timedelta(minutes=10)
"""How far a stamp may lie in the future: loggers' clocks are off by minutes."""
BEHIND: Final = timedelta(hours=2)
"""How old a stamp may be to speak for a zone that keeps it out of the future."""
LATE: Final = timedelta(minutes=40)
"""How far stamps that move on may lie behind without casting doubt; loggers upload every 5 min, some every 15."""
RECENT: Final = timedelta(minutes=16)
"""How old a stamp may be to speak for another zone than the plant's, if it is not in the future there."""
CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
HOUR: Final = timedelta(hours=1)

_TEXT: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?")


def wall(raw: object) -> datetime | None:
    """Return a stamp as the clock on the wall showed it (naive), whatever form it has; None for what is none.

    Text "2024-03-09 23:30:00", or a Java date or calendar as an object ({"year": 124, "month": 2, ...}).
    """
    if isinstance(raw, str):
        found = _TEXT.search(raw)
        parts = [int(part or 0) for part in found.groups()] if found else []
    elif isinstance(raw, Mapping):
        if isinstance(raw.get("time"), Mapping):
            return wall(raw["time"])
        keys = ("year", "month", "date", "hours", "minutes", "seconds")
        numbers = [raw.get(key) for key in keys]
        parts = [int(part) for part in numbers if isinstance(part, int)]
        parts = [parts[0] + 1900, parts[1] + 1, *parts[2:]] if len(parts) == len(keys) else []
    else:
        parts = []
    try:
        return datetime(*parts) if parts else None  # type: ignore[arg-type]  # noqa: DTZ001 - naive is the point
    except ValueError:
        return None


def utc(naive: datetime, zone: tzinfo, now: datetime) -> datetime:
    """Return the moment at which the clock on the wall of `zone` showed `naive`.

    An hour that comes twice (the end of summer time) is the later one, unless that has not come yet.
    """
    moments = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    later = max(moments)
    return later if later <= now + AHEAD else min(moments)


def offset(raw: object) -> tzinfo | None:
    """Return the zone of a plant's `timezone` (hours ahead of UTC, as number or text, halves and quarters too)."""
    try:
        hours = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else None
    except ValueError:
        return None
    if hours is None or not -14 <= hours <= 14:  # noqa: PLR2004 - no zone on earth is further off
        return None
    return timezone(timedelta(minutes=round(hours * 60)))


@dataclass(frozen=True, slots=True)
class _Guess:
    """A zone that a device's stamps may be in; `key` is how it is remembered."""

    key: str
    zone: tzinfo


@dataclass(slots=True)
class _Seen:
    """What a device's stamps have shown so far."""

    last: datetime
    """The last one: stamps that stand still prove nothing."""
    suspect: str = ""
    """The zone that the last one spoke for; two in a row convict it."""


class Stamps:
    """Turns one account's stamps into moments, and remembers for each device which zone it is stamped in."""

    def __init__(self, vault: Vault, account: str) -> None:
        self._vault, self._account = vault, account
        self._kept: dict[str, str] = {str(name): str(key) for name, key in (vault.get("zones") or {}).items()}
        """By plant and device."""
        self._seen: dict[str, _Seen] = {}
        self._said: set[tuple[str, str]] = set()

    def moment(
        self, device: str, plant: str, zone: tzinfo, naive: datetime, now: datetime, *, lost: bool = False
    ) -> datetime | None:
        """Return when a stamp was made (UTC); None where it can only be a fault, in the future in every zone."""
        name = f"{plant}/{device}"
        seen = self._seen.setdefault(name, _Seen(naive))
        moving, seen.last = naive > seen.last, naive
        guesses = _guesses(zone, now)
        first = guesses.get(self._kept.get(name, ""), guesses["plant"])
        usual = utc(naive, first.zone, now)
        if usual > now + AHEAD:
            return self._not_yet(plant, name, naive, guesses, now)
        if lost or not moving:
            return usual
        other = None
        if now - usual > LATE:
            others = (guess for guess in guesses.values() if -AHEAD <= now - utc(naive, guess.zone, now) <= RECENT)
            other = next(others, None)
        convicted = other is not None and other.key == seen.suspect
        seen.suspect = other.key if other is not None else ""
        if other is None or not convicted:
            return usual
        self._remember(plant, name, other)
        return utc(naive, other.zone, now)

    def _not_yet(
        self, plant: str, name: str, naive: datetime, guesses: dict[str, _Guess], now: datetime
    ) -> datetime | None:
        """Return the moment of a stamp that lies in the future where it was thought to be."""
        for guess in guesses.values():
            at = utc(naive, guess.zone, now)
            if -AHEAD <= now - at <= BEHIND:
                self._remember(plant, name, guess)
                return at
        past = [at for guess in guesses.values() if (at := utc(naive, guess.zone, now)) <= now]
        return max(past, default=None)

    def clock_of(self, device: str, plant: str, zone: tzinfo, near: datetime) -> tzinfo:
        """Return the zone of a device's clock at about a moment, as far as its stamps have shown; else the plant's."""
        guesses = _guesses(zone, near)
        return guesses.get(self._kept.get(f"{plant}/{device}", ""), guesses["plant"]).zone

    def zone(self, plant: str, zone: tzinfo) -> tzinfo:
        """Return the zone whose midnight is the plant's: the given one, or an hour on where stamps show summer time."""
        shown = {key for name, key in self._kept.items() if name.startswith(f"{plant}/")}
        if "summer" in shown and isinstance(zone, timezone):
            return _shifted(zone.utcoffset(None), HOUR)
        return zone

    def _remember(self, plant: str, name: str, guess: _Guess) -> None:
        if self._kept.get(name, "plant") == guess.key:
            return
        self._kept[name] = guess.key
        self._vault.put("zones", self._kept)
        if (plant, guess.key) in self._said:
            return
        self._said.add((plant, guess.key))
        note = "set `timezone` of the account, so that days end when yours do" if guess.key == "summer" else ""
        log.warning("growatt_stamps_in_zone", account=self._account, plant=plant, zone=str(guess.zone), note=note)


def _guesses(zone: tzinfo, now: datetime) -> dict[str, _Guess]:
    """Return the zones that stamps may be in, the likeliest first."""
    offset_now = now.astimezone(zone).utcoffset() or timedelta(0)
    guesses = (
        _Guess("plant", zone),
        _Guess("summer", _shifted(offset_now, HOUR)),
        _Guess("winter", _shifted(offset_now, -HOUR)),
        _Guess("china", CHINA),
        _Guess("utc", UTC),
    )
    return {guess.key: guess for guess in guesses}


def _shifted(offset_now: timedelta, by: timedelta) -> timezone:
    """Return a fixed zone beside another; no offset reaches a day."""
    return timezone(max(min(offset_now + by, timedelta(hours=23)), timedelta(hours=-23)))
