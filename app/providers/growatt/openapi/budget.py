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


class Budget:
    """What has been called when; written down before each call, so that even a crash cannot bring two too close."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._kept: dict[str, Any] | None = None

    def due(self, endpoint: Endpoint, scope: str = "") -> datetime | None:
        """Return when an endpoint may be called next, or None if that is now."""
        now = self._account.clock.now()
        spans = [(self._last(endpoint, scope), timedelta(seconds=endpoint.every))]
        times = self._times(endpoint)
        if endpoint.daily and len(times) >= endpoint.daily:
            spans.append((times[-endpoint.daily], DAY))
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
        now = self._account.clock.now().isoformat()
        if endpoint.every:
            self._document("calls")[self._name(endpoint, scope)] = now
        if endpoint.daily:
            self._document("days")[endpoint.budget] = [*(time.isoformat() for time in self._times(endpoint)), now]
        if endpoint.every or endpoint.daily:
            self._keep()

    def forget(self, endpoint: Endpoint, scope: str = "") -> None:
        """Strike out the last call again, which has never left this machine."""
        self._document("calls").pop(self._name(endpoint, scope), None)
        if endpoint.daily:
            self._document("days")[endpoint.budget] = [time.isoformat() for time in self._times(endpoint)[:-1]]
        if endpoint.every or endpoint.daily:
            self._keep()

    def complain(self, endpoint: Endpoint, scope: str, until: datetime) -> None:
        """Note that the vendor found a call too frequent that was due by our count.

        Where other devices were asked shortly before, the limit counts for all of them together from now on.
        """
        if endpoint.each and not self._shared(endpoint) and self._others(endpoint, scope):
            self._document("together")[endpoint.budget] = True
            log.warning("growatt_budget_shared", account=self._account.name, endpoint=endpoint.path)
        self._document("rests")[self._name(endpoint, scope)] = until.isoformat()
        self._keep()

    def left(self, endpoint: Endpoint) -> int:
        """Return how many calls of an endpoint's daily limit are left."""
        return endpoint.daily - len(self._times(endpoint))

    def last(self, endpoint: Endpoint, scope: str = "") -> datetime | None:
        """Return when an endpoint was last called for a device."""
        return self._moment(self._document("calls").get(f"{endpoint.budget} {scope}"))

    # What is kept

    def _last(self, endpoint: Endpoint, scope: str) -> datetime | None:
        return self._moment(self._document("calls").get(self._name(endpoint, scope)))

    def _times(self, endpoint: Endpoint) -> list[datetime]:
        """Return when an endpoint with a daily limit was called in the last 24 hours, in order."""
        now, kept = self._account.clock.now(), self._document("days").get(endpoint.budget)
        found = [moment for text in (kept if isinstance(kept, list) else ()) if (moment := self._moment(text))]
        return sorted(moment for moment in found if timedelta() <= now - moment < DAY)

    def _shared(self, endpoint: Endpoint) -> bool:
        return not endpoint.each or bool(self._document("together").get(endpoint.budget))

    def _others(self, endpoint: Endpoint, scope: str) -> bool:
        """Return whether another device was asked for at this endpoint within its interval."""
        now, span = self._account.clock.now(), timedelta(seconds=endpoint.every)
        return any(
            name.startswith(f"{endpoint.budget} ")
            and name != f"{endpoint.budget} {scope}"
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
        for part in ("calls", "rests"):
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
