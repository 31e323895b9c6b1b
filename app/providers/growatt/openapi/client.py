"""HTTP to Growatt's token API: one request at a time, each within its budget, one typed failure.

Nothing is repeated, with one exception: a read that the vendor does not limit, and whose connection breaks, is sent
once more after two seconds. A write is sent exactly once.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zlib import compress, decompress

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from app.clock import ahead
from app.errors import (
    AuthFailed,
    Blocked,
    Doubtful,
    Locked,
    ProtocolError,
    RateLimited,
    Refused,
    Unavailable,
    once,
)
from app.providers import Account
from app.providers.growatt.answers import Answer
from app.providers.growatt.calls import Call, filled
from app.providers.growatt.openapi.answers import judged, parse
from app.providers.growatt.openapi.budget import Budget
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.errors import Forbidden, TooOften
from app.providers.growatt.settings import Settings
from app.providers.growatt.transport import (
    KEPT,
    SECOND_TRY,
    TIMEOUT,
    Broken,
    NotReached,
    Skew,
    body_of,
    unheard,
)

TOKEN: Final = "token"  # noqa: S105 - the header's name
STRUCK: Final = b"***"
PATIENCE: Final = timedelta(seconds=15)
"""How long a call waits for its turn: an interval of seconds is waited for, one of minutes is not."""
STEP: Final = timedelta(seconds=1)
"""After which a read that waits looks whether a command wants to go first."""
DENIED_FOR: Final = timedelta(hours=6)
"""How long a read is not asked again that this token may not ask: each costs one of the day's calls."""
_UNSENT: Final = (AuthFailed, Blocked, Locked, RateLimited)
"""What a write fails of without any doubt that it was not carried out."""


class Client:
    """One account's requests."""

    def __init__(
        self,
        session: ClientSession,
        settings: Settings,
        account: Account,
        timeout: ClientTimeout = TIMEOUT,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`session` keeps no cookies; whoever made it closes it. `monotonic`: seconds that nobody sets."""
        self._session, self._settings, self._account, self._timeout = session, settings, account, timeout
        self._one_at_a_time = asyncio.Lock()
        self._skew = Skew(account.clock, monotonic)
        self.budget = Budget(account)
        self.answered_at: datetime | None = None
        """When a call was last answered as it should be."""
        self._denied: dict[tuple[str, str], tuple[datetime, str]] = {}
        """By call and whom it was about: when this token was told that it may not, and in which words."""
        self._kept: dict[str, tuple[Endpoint, bytes]] = {}
        """The last answer to each call, by call and what it was about; compressed."""
        self._told: dict[str, tuple[datetime, Any]] = {}
        """The last good answer to each call whose endpoint wants it kept, and when it was asked for."""

    async def ask(self, endpoint: Endpoint, **values: str) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send a read and return the useful part of its answer.

        Raises Rests where the endpoint may not be called now (nothing was sent), TooOften where the vendor says so;
        else AuthFailed, Blocked, RateLimited, BudgetSpent, Unavailable, NoData or ProtocolError.
        """
        self._check_rights(endpoint, _scope(values))
        await self._come(endpoint, _scope(values))
        async with self._one_at_a_time:
            asked = self._account.clock.now()
            try:
                root = await self._once(endpoint, values)
            except Broken:
                if endpoint.every or endpoint.daily:
                    raise  # the vendor may have counted it
                await self._account.clock.sleep(SECOND_TRY)
                root = await self._once(endpoint, values)
            found = self._judged(endpoint, values, root)
            if endpoint.kept:
                self._told[_name(endpoint, values)] = asked, found
            return found

    def told(self, endpoint: Endpoint, **values: str) -> tuple[datetime, Any] | None:
        """Return when a call was last answered as it should be, and what; None where its endpoint keeps nothing."""
        return self._told.get(_name(endpoint, values))

    async def send(self, endpoint: Endpoint, **values: str) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send a write, exactly once, and return the useful part of its answer.

        Raises:
            Refused: The vendor has said no.
            Doubtful: It was sent, and the answer is lost or makes no sense.
            ProviderError: Any other: nothing has been carried out.
        """
        async with self._one_at_a_time:
            try:
                return self._judged(endpoint, values, await self._once(endpoint, values))
            except NotReached as error:
                raise NotReached(once(str(error))) from error
            except (Refused, Doubtful, *_UNSENT):
                raise
            except (Unavailable, ProtocolError) as error:
                msg = f"{once(str(error))}; it may have been carried out all the same"
                raise Doubtful(msg) from error

    def _judged(self, endpoint: Endpoint, values: Mapping[str, str], root: Any) -> Any:  # noqa: ANN401 - JSON
        try:
            found = judged(endpoint, root, self._account.clock.now())
        except TooOften as often:
            self.budget.complain(endpoint, _scope(values), often.until)
            raise
        except Forbidden as denied:
            self._denied[endpoint.name, _scope(values)] = (self._account.clock.now(), str(denied))
            raise
        self.answered_at = self._account.clock.now()
        self.budget.agree(endpoint, _scope(values))
        return found

    def _check_rights(self, endpoint: Endpoint, scope: str) -> None:
        """Raise again what this token was refused a while ago: rights change when somebody changes them."""
        at, words = self._denied.get((endpoint.name, scope), (None, ""))
        if at is not None and timedelta() <= self._account.clock.now() - at < DENIED_FOR:
            raise Forbidden(words)

    async def _once(self, endpoint: Endpoint, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send one request, which counts, and return the JSON of its answer."""
        scope = _scope(values)
        await self._wait(endpoint, scope)
        self.budget.check(endpoint, scope)
        self._account.ledger.spend(endpoint.name)
        self.budget.note(endpoint, scope)
        url, asked = URL(self._settings.url + endpoint.path), self._account.clock.now()
        query, form = filled(endpoint, endpoint.query, values), filled(endpoint, endpoint.form, values)
        token = self._settings.token.get_secret_value()
        try:
            async with self._session.request(
                endpoint.verb,
                url.extend_query(query),
                data=form or None,
                headers={TOKEN: token},
                allow_redirects=False,  # the token is for this server only
                timeout=self._timeout,
                skip_auto_headers=() if form else ("Content-Type",),
            ) as response:
                body = (await body_of(endpoint.about, response)).replace(token.encode(), STRUCK)
                answer = Answer(response.status, body, str(url), response.headers)
        except (TimeoutError, ClientError, OSError, ValueError) as error:
            lost = unheard(endpoint.about, url.host or "", error)
            if isinstance(lost, NotReached):
                self.budget.forget(endpoint, scope)
            raise lost from error
        finally:
            self.budget.done(endpoint, scope)
        self._kept[_name(endpoint, values)] = (endpoint, compress(body[:KEPT], 1))
        answered = self._account.clock.now()
        root = parse(endpoint, answer, answered)
        headers = answer.headers  # of real answers only: not of a box in between
        self._skew.note(ahead(headers.get("Date"), asked, answered, headers.get("Age")), answered)
        return root

    async def _come(self, endpoint: Endpoint, scope: str) -> None:
        """Wait for a read's turn in short steps and without the lock, for a command may go first at each."""
        await self._account.give_way()
        while wait := self._near(endpoint, scope):
            await self._account.clock.sleep(min(wait, STEP))
            await self._account.give_way()

    async def _wait(self, endpoint: Endpoint, scope: str) -> None:
        """Wait for an endpoint's turn where it is near; what is further off is raised by the budget."""
        if wait := self._near(endpoint, scope):
            await self._account.clock.sleep(wait)

    def _near(self, endpoint: Endpoint, scope: str) -> timedelta:
        """Return how long it is to an endpoint's turn; nothing where it is due, or too far off to wait for."""
        due = self.budget.due(endpoint, scope)
        wait = due - self._account.clock.now() if due is not None else timedelta()
        return wait if timedelta() < wait <= PATIENCE else timedelta()

    @property
    def clock_offset(self) -> timedelta | None:
        """By how much our clock is ahead of Growatt's, by its last answers; None when none of late says so."""
        return self._skew.offset

    def theirs(self, asked: datetime) -> datetime:
        """Return by Growatt's clock when something was asked; the last answer's stamps are judged by that."""
        return self._skew.theirs(asked)

    def answers(self) -> Iterator[tuple[str, Call, bytes]]:
        """Yield the last answer to each call as it came, but for the token, with a name for it."""
        for name, (endpoint, body) in sorted(self._kept.items()):
            yield name, endpoint, decompress(body)


def _name(endpoint: Endpoint, values: Mapping[str, str]) -> str:
    """Return a name for a call with what it is about."""
    return "/".join(filter(None, (endpoint.name, _scope(values))))


def _scope(values: Mapping[str, str]) -> str:
    """Return whom a call is about: a device, several, or a plant; pages of a list each count by themselves."""
    about = values.get("many") or values.get("sn") or values.get("plant") or ""
    page = values.get("page", "")
    return f"{about}#{page}" if page not in ("", "1") else about
