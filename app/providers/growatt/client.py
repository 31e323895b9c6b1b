"""HTTP to Growatt: one request at a time, one typed failure.

What is retried: a read whose connection breaks or that gets no answer in time, once, after two seconds.
What ends in a login: the end of the session (login.py), once for each call. Nothing else is repeated.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from statistics import median_low
from typing import Any, Final
from zlib import compress, decompress

from aiohttp import (
    ClientConnectionError,
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
)
from yarl import URL

from app.clock import ahead
from app.errors import AuthFailed, Blocked, Locked, ProtocolError, Unavailable
from app.providers import Account
from app.providers.growatt.answers import Answer, judged, parse
from app.providers.growatt.calls import Call, filled
from app.providers.growatt.errors import AGAIN, LASTS, REPORT, SessionEnded, subject
from app.providers.growatt.login import Login
from app.providers.growatt.settings import Settings

TIMEOUT: Final = ClientTimeout(total=45, connect=15)
"""Seconds. Growatt's charts take 10 to 20 s on bad days; beyond that nothing comes any more."""
SIZE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes: the longest answer known (a year's chart) has some 100 kB."""
KEPT: Final = 256 * 1024
"""Bytes of an answer that are kept for the dump."""
OFFSETS: Final = 5
"""Answers whose `Date` says how our clock is: one server of many with a wrong clock must not count."""
FORGOTTEN: Final = timedelta(hours=6)
"""An answer so old says nothing about our clock any more: at night feeds are read every half hour."""
SET: Final = 60.0
"""Real seconds by which our clock must have been set for what earlier answers said of it to be void."""
LONGEST: Final = timedelta(minutes=2)
"""What an answer can take, with the second try; if it seems to have taken longer, our clock has been set meanwhile."""
SECOND_TRY: Final = timedelta(seconds=2)
"""Before the only repetition: a load balancer that closed an idle connection is ready at once."""


@dataclass(frozen=True, slots=True)
class _Offset:
    """What one answer said of our clock."""

    by: timedelta
    """How far ours is ahead."""
    at: datetime
    """When, by our clock..."""
    counted: float
    """... and in seconds that nobody sets."""


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
        """`session` has a cookie jar of its own; whoever made it closes it. `monotonic`: seconds that nobody sets."""
        self._session, self._settings, self._account, self._timeout = session, settings, account, timeout
        self._one_at_a_time = asyncio.Lock()
        self._restored = False
        self.answered_at: datetime | None = None
        """When a call was last answered as it should be."""
        self._monotonic = monotonic
        self._offsets: deque[_Offset] = deque(maxlen=OFFSETS)
        self.login = Login(settings, account, self._fetch)
        self._kept: dict[str, tuple[Call, bytes]] = {}
        """The last answer to each call, by call and what it was about; compressed, for there are thousands."""

    async def ask(self, call: Call, **values: str) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send a call and return the useful part of its answer.

        Raises AuthFailed, Locked, Blocked, RateLimited, BudgetSpent, Unavailable, NoData or ProtocolError.
        """
        async with self._one_at_a_time:
            self.login.check()
            await self._enter()
            try:
                found = await self._read(call, values)
            except SessionEnded as ended:
                if call.trial:
                    raise ProtocolError(str(ended)) from ended
                await self.login.renew(call.name, ended)
                self._session_changed()
                try:
                    found = await self._read(call, values)
                except SessionEnded as again:
                    self.login.wasted(call.name)
                    raise ProtocolError(self.login.in_vain(call.name, again)) from again
            self.login.helped(call.name)
            self.answered_at = self._account.clock.now()
            return found

    async def enter(self) -> None:
        """Make sure that there is a session; logs in if none is kept."""
        async with self._one_at_a_time:
            self.login.check()
            await self._enter()

    async def _enter(self) -> None:
        if self.login.session is None:
            self._session.cookie_jar.clear()
            await self.login.log_in()
            self._session_changed()
        elif not self._restored:
            self._restore()
        self._restored = True

    async def _read(self, call: Call, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send a read, once more if its connection breaks, and judge the answer."""
        try:
            try:
                root = await self._fetch(call, values)
            except _Broken:
                await self._account.clock.sleep(SECOND_TRY)
                root = await self._fetch(call, values)
        except (AuthFailed, Locked, Blocked) as error:
            self.login.halt(error)
            raise
        self.login.keep(self._cookies())
        return judged(call, root)

    async def _fetch(self, call: Call, values: Mapping[str, str], server: str = "") -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send one request, which counts, and return the JSON of its answer."""
        self._account.ledger.spend("login" if call.name.startswith("login") else call.name)
        if call.name.startswith("login"):
            self._session.cookie_jar.clear()
        url, asked = URL((server or self._settings.url) + call.path), self._account.clock.now()
        query, form = filled(call, call.query, values), filled(call, call.form, values)
        try:
            async with self._session.request(
                call.verb,
                url.extend_query(query),
                data=form or None,
                allow_redirects=False,
                timeout=self._timeout,
                skip_auto_headers=() if form else ("Content-Type",),
            ) as response:
                body = await _body(call, response)
                answer = Answer(response.status, body, str(url), response.headers)
        except (TimeoutError, ClientError, OSError, ValueError) as error:
            raise _unheard(call, url.host or "", error) from error
        name = "/".join(filter(None, (call.name, values.get("sn") or values.get("plant"))))
        self._kept[name] = (call, compress(body[:KEPT], 1))
        answered = self._account.clock.now()
        root = parse(call, answer, answered)
        headers = answer.headers  # of real answers only: not of a box in between
        offset = ahead(headers.get("Date"), asked, answered, headers.get("Age"))
        if offset is not None:
            self._offsets.append(_Offset(offset, answered, self._monotonic()))
        return root

    @property
    def clock_offset(self) -> timedelta | None:
        """By how much our clock is ahead of Growatt's, by its last answers; None when none of late says so."""
        return median_low(known) if (known := [offset.by for offset in self._offsets if self._holds(offset)]) else None

    def _holds(self, offset: _Offset) -> bool:
        """Return whether an answer's date still tells how our clock is: it is not old, and nobody has set ours since.

        A machine that slept looks as if its clock had been set; then the next answer will tell.
        """
        clock, ago = self._account.clock, self._account.clock.now() - offset.at
        set_by = clock.real(ago) - (self._monotonic() - offset.counted)
        return timedelta() <= ago <= FORGOTTEN and abs(set_by) <= SET

    def theirs(self, asked: datetime) -> datetime:
        """Return by Growatt's clock when something was asked; the last answer's stamps are judged by that.

        Not by the date of that answer alone: where that one server's clock is an hour off, every stamp would look
        as if it were of another zone. Our own clock may have been set since it was asked for.
        """
        offset = self.clock_offset or timedelta()
        now = self._account.clock.now() - offset
        return min(max(asked - offset, now - LONGEST), now)

    def answers(self) -> Iterator[tuple[str, Call, bytes]]:
        """Yield the last answer to each call as it came, secrets and all, with a name for it."""
        for name, (call, body) in sorted(self._kept.items()):
            yield name, call, decompress(body)

    # Cookies

    def _session_changed(self) -> None:
        """Keep the cookies that a login brought."""
        self._restored = True
        self.login.keep(self._cookies())

    def _cookies(self) -> list[dict[str, str]]:
        found = [
            {"name": morsel.key, "value": morsel.value, "domain": morsel["domain"], "path": morsel["path"]}
            for morsel in self._session.cookie_jar
        ]
        return sorted(found, key=lambda cookie: (cookie["name"], cookie["domain"], cookie["path"]))

    def _restore(self) -> None:
        """Take up the session that was kept."""
        kept = (self.login.session or {}).get("cookies")
        for cookie in kept if isinstance(kept, list) else ():
            if not isinstance(cookie, dict):
                continue
            jar: SimpleCookie = SimpleCookie()
            name = str(cookie.get("name"))
            jar[name] = str(cookie.get("value"))
            jar[name]["path"] = str(cookie.get("path") or "/")
            self._session.cookie_jar.update_cookies(jar, URL(self._settings.url))


class _Broken(Unavailable):
    """The connection failed, or no answer came: worth a second try."""


def _unheard(call: Call, host: str, error: Exception) -> Unavailable:
    """Return what it means, in words of the owner's, that no answer came over HTTP."""
    asked = f"when asked for {subject(call.name)}"
    match error:
        case ClientConnectorDNSError():
            return _Broken(
                f"the address of Growatt's server {host} cannot be found; "
                "check the internet connection, the DNS (name server) of this machine and, if set, `server_url`"
            )
        case ClientConnectorCertificateError() | ClientSSLError():
            return _Broken(
                f"Growatt's server {host} has no certificate that this machine trusts, or speaks no TLS; "
                "check the date and time of this machine and, if set, `server_url`"
            )
        case ClientConnectorError() | ConnectionTimeoutError():
            return _Broken(
                f"Growatt's server {host} cannot be reached; check the internet connection, "
                f"the firewall and, if set, `server_url`; {AGAIN}"
            )
        case TimeoutError():
            return _Broken(f"no answer from Growatt's server {host} in time, {asked}; {AGAIN}; {LASTS}")
        case ClientConnectionError() | ClientPayloadError() | OSError():
            return _Broken(f"the connection to Growatt's server {host} broke off, {asked}; {AGAIN}; {LASTS}")
        case _:
            kind = type(error).__name__
            return Unavailable(f"{host} does not speak HTTP as Growatt's servers do ({kind}); check `server_url`")


async def _body(call: Call, response: ClientResponse) -> bytes:
    """Return the body of an answer; raise ProtocolError when it is longer than anything Growatt has to say."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > SIZE_LIMIT:
            response.close()
            megabytes = SIZE_LIMIT // 1024 // 1024
            msg = f"Growatt's answer is longer than {megabytes} MB, when asked for {subject(call.name)}; {REPORT}"
            raise ProtocolError(msg)
        parts.append(part)
    return b"".join(parts)
