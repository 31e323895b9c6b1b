"""Growatt's time stamps: texts without a zone, usually in the plant's own time, but not on every server.

The texts are what the logger's clock shows. Some servers stamp in China's time instead (recorded answers
have it beside a calendar object of zone Asia/Shanghai), and plants in a fixed offset are an hour off in summer.
So the plant's zone is tried first and doubted only where it cannot be right: when it puts a stamp into the
future, or when the stamps of a device that is online move on and yet stay hours behind.
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
"""How far a stamp of a device that is online may lie behind; loggers upload every 5 min, after an outage in bulk."""
CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
SUMMER: Final = timedelta(hours=1)

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
    """A zone that a plant's stamps may be in; `key` is how it is remembered."""

    key: str
    zone: tzinfo


class Stamps:
    """Turns one account's stamps into moments, and remembers per plant which zone its server stamps in."""

    def __init__(self, vault: Vault, account: str) -> None:
        self._vault, self._account = vault, account
        self._kept: dict[str, str] = {str(plant): str(key) for plant, key in (vault.get("zones") or {}).items()}
        self._seen: dict[str, datetime] = {}
        """The last stamp of each device: one that stands still proves nothing."""

    def moment(
        self, device: str, plant: str, zone: tzinfo, naive: datetime, now: datetime, *, lost: bool = False
    ) -> datetime | None:
        """Return when a stamp was made (UTC); None where it can only be a fault, in the future in every zone."""
        before = self._seen.get(device)
        self._seen[device] = naive
        guesses = _guesses(zone)
        first = guesses.get(self._kept.get(plant, ""), guesses["plant"])
        usual = utc(naive, first.zone, now)
        if usual <= now + AHEAD and (lost or now - usual <= BEHIND):
            return usual
        moving = before is not None and naive > before
        if usual > now + AHEAD or (moving and not lost):
            for guess in guesses.values():
                at = utc(naive, guess.zone, now)
                if -AHEAD <= now - at <= BEHIND:
                    self._remember(plant, guess)
                    return at
        if usual <= now + AHEAD:
            return usual
        past = [at for guess in guesses.values() if (at := utc(naive, guess.zone, now)) <= now]
        return max(past, default=None)

    def zone(self, plant: str, zone: tzinfo) -> tzinfo:
        """Return the zone whose midnight is the plant's: the given one, or an hour on where stamps show summer time."""
        return (
            _guesses(zone)["summer"].zone if self._kept.get(plant) == "summer" and isinstance(zone, timezone) else zone
        )

    def _remember(self, plant: str, guess: _Guess) -> None:
        if self._kept.get(plant, "plant") == guess.key:
            return
        self._kept[plant] = guess.key
        self._vault.put("zones", self._kept)
        note = "set `timezone` of the account, so that days end when yours do" if guess.key == "summer" else ""
        log.warning("growatt_stamps_in_zone", account=self._account, plant=plant, zone=str(guess.zone), note=note)


def _guesses(zone: tzinfo) -> dict[str, _Guess]:
    """Return the zones that a plant's stamps may be in, the likeliest first."""
    found = {"plant": _Guess("plant", zone)}
    if isinstance(zone, timezone):  # a fixed offset, as Growatt gives it, knows no summer time
        ahead = zone.utcoffset(None) + SUMMER
        found["summer"] = _Guess("summer", timezone(ahead) if ahead < timedelta(hours=24) else zone)
    return {**found, "china": _Guess("china", CHINA), "utc": _Guess("utc", UTC)}
