"""HTTP to Growatt: one request at a time, one typed failure.

What is retried: a read whose connection breaks or that gets no answer in time, once, after two seconds.
What ends in a login: the end of the session (login.py), once for each call. Nothing else is repeated: a write is sent
once, and again only when the answer proves that the session had ended before it.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any, TypeAlias
from zlib import compress, decompress

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from app.clock import ahead
from app.errors import AuthFailed, Blocked, Locked, ProtocolError, Unavailable, once
from app.providers import Account
from app.providers.growatt.answers import Answer, judge_write, judged, lost, parse, parse_write
from app.providers.growatt.calls import Call, Pairs, filled
from app.providers.growatt.errors import SessionEnded, subject
from app.providers.growatt.login import Login
from app.providers.growatt.settings import Settings
from app.providers.growatt.transport import (
    KEPT,
    SECOND_TRY,
    TIMEOUT,
    Broken,
    NotReached,
    Skew,
    TooLong,
    body_of,
    parts,
    unheard,
)

Parse: TypeAlias = Callable[[Call, Answer, datetime], Any]
"""Makes JSON of an answer, or raises what it means."""


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
        self._skew = Skew(account.clock, monotonic)
        self.login = Login(settings, account, self._fetch)
        self._kept: dict[str, tuple[Call, bytes]] = {}
        """The last answer to each call, by call and what it was about; compressed, for there are thousands."""

    async def ask(self, call: Call, **values: str) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Send a call and return the useful part of its answer.

        Raises AuthFailed, Locked, Blocked, RateLimited, BudgetSpent, Unavailable, NoData or ProtocolError.
        """
        await self._account.give_way()
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

    async def send(self, call: Call, more: Pairs, *, multipart: bool = False, **values: str) -> None:
        """Send a write once; return when Growatt says that it was carried out.

        Args:
            call: The fixed part.
            more: Further pairs, for the form where it has one or is multipart, else for the query.
            multipart: Whether the form is sent as multipart/form-data.
            values: What the fixed part is filled in with.

        Raises:
            Refused: Growatt has said no.
            Doubtful: It was sent, and the answer is lost or makes no sense.
            ProviderError: Another: nothing has been sent, or it was turned away.
        """
        form = bool(call.form) or multipart
        more = tuple((name, text.replace("{", "{{").replace("}", "}}")) for name, text in more)
        whole = replace(call, form=call.form + more) if form else replace(call, query=call.query + more)
        async with self._one_at_a_time:
            self.login.check()
            await self._enter()
            try:
                await self._write(whole, values, multipart=multipart)
            except SessionEnded as ended:
                await self.login.renew(call.name, ended)
                self._session_changed()
                try:
                    await self._write(whole, values, multipart=multipart)
                except SessionEnded as again:
                    self.login.wasted(call.name)
                    raise ProtocolError(self.login.in_vain(call.name, again)) from again
            self.login.helped(call.name)

    async def _write(self, call: Call, values: Mapping[str, str], *, multipart: bool) -> None:
        """Send a write and judge its answer."""
        try:
            root = await self._fetch(call, values, parsed=parse_write, multipart=multipart)
        except SessionEnded:
            raise
        except NotReached as error:
            raise NotReached(once(str(error))) from error
        except (Unavailable, TooLong) as error:
            raise lost(error) from error
        except (AuthFailed, Locked, Blocked) as error:
            self.login.halt(error)
            raise
        self.login.keep(self._cookies())
        judge_write(root)

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
            except Broken:
                await self._account.clock.sleep(SECOND_TRY)
                root = await self._fetch(call, values)
        except (AuthFailed, Locked, Blocked) as error:
            self.login.halt(error)
            raise
        self.login.keep(self._cookies())
        return judged(call, root)

    async def _fetch(
        self,
        call: Call,
        values: Mapping[str, str],
        server: str = "",
        *,
        parsed: Parse = parse,
        multipart: bool = False,
    ) -> Any:  # noqa: ANN401 - the vendor's JSON
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
                data=parts(form) if multipart else form or None,
                allow_redirects=False,
                timeout=self._timeout,
                skip_auto_headers=() if form else ("Content-Type",),
            ) as response:
                body = await body_of(subject(call.name), response)
                answer = Answer(response.status, body, str(url), response.headers)
        except (TimeoutError, ClientError, OSError, ValueError) as error:
            raise unheard(subject(call.name), url.host or "", error) from error
        name = "/".join(filter(None, (call.name, values.get("sn") or values.get("plant"))))
        self._kept[name] = (call, compress(body[:KEPT], 1))
        answered = self._account.clock.now()
        root = parsed(call, answer, answered)
        headers = answer.headers  # of real answers only: not of a box in between
        self._skew.note(ahead(headers.get("Date"), asked, answered, headers.get("Age")), answered)
        return root

    @property
    def clock_offset(self) -> timedelta | None:
        """By how much our clock is ahead of Growatt's, by its last answers; None when none of late says so."""
        return self._skew.offset

    def theirs(self, asked: datetime) -> datetime:
        """Return by Growatt's clock when something was asked; the last answer's stamps are judged by that."""
        return self._skew.theirs(asked)

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
