"""How often each endpoint has been called, kept over restarts, so that the vendor never has to complain."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from app.providers import Account
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.errors import Rests

log = structlog.get_logger()

DOCUMENT: Final = "budgets"
DAY: Final = timedelta(hours=24)
EVERY: Final = "every"
"""Instead of a device: the endpoint's limit counts for all of them together."""
BRISK: Final = 10
"""Seconds up to which an interval is one of seconds, not of minutes."""
BRISK_MARGIN: Final = timedelta(seconds=2)
MARGIN: Final = timedelta(seconds=3)
"""What is added to an interval of seconds, and to any other: requests travel for different times, and Growatt counts
from when one arrives. Ten calls a day are counted with a margin, too."""
SLOW: Final = timedelta(seconds=1)
"""An answer that takes longer than this is written down at once; of a quicker one the margin makes up for a crash."""


def margin(every: float) -> timedelta:
    """Return by how much longer than the vendor's interval, in seconds, we wait."""
    return BRISK_MARGIN if every <= BRISK else MARGIN


def interval(endpoint: Endpoint) -> timedelta:
    """Return how long an endpoint is left alone after a call; nothing where there is no limit."""
    return timedelta(seconds=endpoint.every) + margin(endpoint.every) if endpoint.every else timedelta()


class Budget:
    """What has been called when; written down before each call, so that even a crash cannot bring two too close."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._kept: dict[str, Any] | None = None
        self._gaps: dict[str, timedelta | None] = {}
        """By endpoint and device: how long before its newest call the one before was; None where nobody knows."""
        self._good: dict[str, tuple[str, datetime]] = {}
        """By endpoint: whom its last good answer was about, and when that came."""

    def due(self, endpoint: Endpoint, scope: str = "") -> datetime | None:
        """Return when an endpoint may be called next, or None if that is now."""
        now = self._account.clock.now()
        spans = [(self.last(endpoint, each), interval(endpoint)) for each in self._scopes(endpoint, scope)]
        times = self._times(endpoint)
        if endpoint.daily and len(times) >= endpoint.daily:
            spans.append((times[-endpoint.daily], DAY + MARGIN))
        rest = self._moment(self._document("rests").get(self._name(endpoint, scope)))
        waits = [last + span for last, span in spans if last is not None and timedelta() <= now - last < span]
        if rest is not None and now < rest <= now + DAY:  # a rest further off was set by a clock that was wrong
            waits.append(rest)
        return max(waits, default=None)

    def check(self, endpoint: Endpoint, scope: str = "") -> None:
        """Raise Rests when a call is not due."""
        until = self.due(endpoint, scope)
        if until is not None:
            msg = f"Growatt allows this call again at {until:%H:%M:%S} UTC, when asked for {endpoint.about}"
            raise Rests(msg, until)

    def note(self, endpoint: Endpoint, scope: str = "") -> None:
        """Write down a call that is about to be made."""
        now, before = self._account.clock.now(), self.last(endpoint, scope)
        self._gaps[f"{endpoint.budget} {scope}"] = now - before if before is not None else None
        if endpoint.every:
            for each in self._scopes(endpoint, scope):
                self._document("calls")[f"{endpoint.budget} {each}"] = now.isoformat()
        if endpoint.daily:
            times = [*self._times(endpoint), now]
            self._document("days")[endpoint.budget] = [time.isoformat() for time in times]
        if endpoint.every or endpoint.daily:
            self._keep()

    def done(self, endpoint: Endpoint, scope: str = "") -> None:
        """Count a call's interval from now, when its answer is here or given up: Growatt heard of it before that."""
        now, noted = self._account.clock.now(), self.last(endpoint, scope)
        if not endpoint.every or noted is None or now < noted:
            return
        for each in self._scopes(endpoint, scope):
            self._document("calls")[f"{endpoint.budget} {each}"] = now.isoformat()
        if now - noted > SLOW:
            self._keep()

    def forget(self, endpoint: Endpoint, scope: str = "") -> None:
        """Strike out the last call again, which has never left this machine."""
        for each in self._scopes(endpoint, scope):
            self._document("calls").pop(f"{endpoint.budget} {each}", None)
        if endpoint.daily:
            self._document("days")[endpoint.budget] = [time.isoformat() for time in self._times(endpoint)[:-1]]
        if endpoint.every or endpoint.daily:
            self._keep()

    def agree(self, endpoint: Endpoint, scope: str) -> None:
        """Note that the vendor has answered: two devices within one interval prove that each has its own."""
        if not endpoint.every or not endpoint.each:
            return
        now = self._account.clock.now()
        other, at = self._good.get(endpoint.budget, (scope, now))
        if other != scope and timedelta() <= now - at < timedelta(seconds=endpoint.every):
            self._document("suspected").pop(endpoint.budget, None)
        self._good[endpoint.budget] = scope, now

    def complain(self, endpoint: Endpoint, scope: str, until: datetime) -> None:
        """Note that the vendor found a call too frequent that was due by our count; it rests until `until` at least.

        Where other devices were asked shortly before, and this one was not, twice in a row, the limit counts for all of
        them together for a day. Once proves nothing: requests overtake each other, and others may have the same token.
        """
        now, name = self._account.clock.now(), f"{endpoint.budget} {scope}"
        gap = self._gaps.get(name)
        alone = gap is not None and gap >= interval(endpoint)
        if endpoint.each and endpoint.every and alone and not self._shared(endpoint) and self._others(endpoint, scope):
            before = self._moment(self._document("suspected").get(endpoint.budget))
            if before is None or not timedelta() <= now - before < DAY:
                self._document("suspected")[endpoint.budget] = now.isoformat()
            elif now - before >= timedelta(seconds=endpoint.every):  # not the same round
                del self._document("suspected")[endpoint.budget]
                self._document("together")[endpoint.budget] = now.isoformat()
                log.warning("growatt_budget_shared", account=self._account.name, endpoint=endpoint.path)
        rest = until + margin(endpoint.every)
        self._document("rests")[self._name(endpoint, scope)] = rest.isoformat()
        self._keep()

    def left(self, endpoint: Endpoint) -> int:
        """Return how many calls of an endpoint's daily limit are left."""
        return endpoint.daily - len(self._times(endpoint))

    def last(self, endpoint: Endpoint, scope: str = "") -> datetime | None:
        """Return when an endpoint was last called for a device."""
        return self._moment(self._document("calls").get(f"{endpoint.budget} {scope}"))

    # What is kept

    def _scopes(self, endpoint: Endpoint, scope: str) -> tuple[str, ...]:
        """Return under which names a call counts: its own, and that of all together."""
        return (scope, EVERY) if self._shared(endpoint) else (scope,)

    def _times(self, endpoint: Endpoint) -> list[datetime]:
        """Return when an endpoint with a daily limit was called in the last 24 hours, in order."""
        now, kept = self._account.clock.now(), self._document("days").get(endpoint.budget)
        found = [moment for text in (kept if isinstance(kept, list) else ()) if (moment := self._moment(text))]
        return sorted(moment for moment in found if timedelta() <= now - moment < DAY + MARGIN)

    def _shared(self, endpoint: Endpoint) -> bool:
        """Return whether a limit counts for all devices together: by its row, or as the last day has shown."""
        if not endpoint.each:
            return True
        learnt = self._moment(self._document("together").get(endpoint.budget))
        return learnt is not None and timedelta() <= self._account.clock.now() - learnt < DAY

    def _others(self, endpoint: Endpoint, scope: str) -> bool:
        """Return whether another device was asked for at this endpoint within its interval."""
        now, span = self._account.clock.now(), timedelta(seconds=endpoint.every)
        return any(
            name.startswith(f"{endpoint.budget} ")
            and name not in {f"{endpoint.budget} {scope}", f"{endpoint.budget} {EVERY}"}
            and (last := self._moment(text)) is not None
            and timedelta() <= now - last < span
            for name, text in self._document("calls").items()
        )

    def _name(self, endpoint: Endpoint, scope: str) -> str:
        return f"{endpoint.budget} {EVERY if self._shared(endpoint) else scope}"

    def _document(self, part: str) -> dict[str, Any]:
        if self._kept is None:
            kept = self._account.vault.get(DOCUMENT)
            self._kept = dict(kept) if isinstance(kept, Mapping) else {}
        found = self._kept.get(part)
        if not isinstance(found, dict):
            found = self._kept[part] = {}
        return found

    def _keep(self) -> None:
        """Write down what still matters."""
        now = self._account.clock.now()
        for part in ("calls", "rests", "suspected", "together"):
            found = self._document(part)
            for name in [name for name, text in found.items() if not self._matters(text, now)]:
                del found[name]
        self._account.vault.put(DOCUMENT, self._kept)

    def _matters(self, text: object, now: datetime) -> bool:
        moment = self._moment(text)
        return moment is not None and abs(now - moment) < DAY

    @staticmethod
    def _moment(text: object) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            return None
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
