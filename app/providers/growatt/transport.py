"""What both APIs share below their answers: limits of a request, what silence means, whose clock is right."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Final

from aiohttp import (
    ClientConnectionError,
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientPayloadError,
    ClientResponse,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    MultipartWriter,
    StringPayload,
)

from app.clock import Clock
from app.errors import AGAIN, ProtocolError, Unavailable
from app.providers.growatt.errors import LASTS, REPORT

TIMEOUT: Final = ClientTimeout(total=45, connect=15)
"""Seconds. Growatt's charts take 10 to 20 s on bad days; beyond that nothing comes any more."""
SIZE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes: the longest answer known (a year's chart) has some 100 kB."""
KEPT: Final = 256 * 1024
"""Bytes of an answer that are kept for the dump."""
SECOND_TRY: Final = timedelta(seconds=2)
"""Before the only repetition: a load balancer that closed an idle connection is ready at once."""
OFFSETS: Final = 5
"""Answers whose `Date` says how our clock is: one server of many with a wrong clock must not count."""
FORGOTTEN: Final = timedelta(hours=6)
"""An answer so old says nothing about our clock any more: at night feeds are read every half hour."""
SET: Final = 60.0
"""Real seconds by which our clock must have been set for what earlier answers said of it to be void."""
LONGEST: Final = timedelta(minutes=2)
"""What an answer can take, with the second try; if it seems to have taken longer, our clock has been set meanwhile."""


class Broken(Unavailable):
    """The connection failed, or no answer came: worth a second try."""


class TooLong(ProtocolError):
    """An answer came that is longer than anything Growatt has to say."""


class NotReached(Broken):
    """No connection came about: what was asked has never left this machine."""


def unheard(asked: str, host: str, error: Exception) -> Unavailable:
    """Return what it means, in words of the owner's, that no answer came over HTTP; `asked` is what was asked for."""
    asked = f"when asked for {asked}"
    match error:
        case ClientConnectorDNSError():
            return NotReached(
                f"the address of Growatt's server {host} cannot be found; "
                "check the internet connection, the DNS (name server) of this machine and, if set, `server_url`"
            )
        case ClientConnectorCertificateError() | ClientSSLError():
            return NotReached(
                f"Growatt's server {host} has no certificate that this machine trusts, or speaks no TLS; "
                "check the date and time of this machine and, if set, `server_url`"
            )
        case ClientConnectorError() | ConnectionTimeoutError():
            return NotReached(
                f"Growatt's server {host} cannot be reached; check the internet connection, "
                f"the firewall and, if set, `server_url`; {AGAIN}"
            )
        case TimeoutError():
            return Broken(f"no answer from Growatt's server {host} in time, {asked}; {AGAIN}; {LASTS}")
        case ClientConnectionError() | ClientPayloadError() | OSError():
            return Broken(f"the connection to Growatt's server {host} broke off, {asked}; {AGAIN}; {LASTS}")
        case _:
            kind = type(error).__name__
            return Unavailable(f"{host} does not speak HTTP as Growatt's servers do ({kind}); check `server_url`")


async def body_of(asked: str, response: ClientResponse) -> bytes:
    """Return the body of an answer; raise TooLong when it is longer than anything Growatt has to say."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > SIZE_LIMIT:
            response.close()
            megabytes = SIZE_LIMIT // 1024 // 1024
            msg = f"Growatt's answer is longer than {megabytes} MB, when asked for {asked}; {REPORT}"
            raise TooLong(msg)
        parts.append(part)
    return b"".join(parts)


def parts(form: Iterable[tuple[str, str]]) -> MultipartWriter:
    """Return a form as multipart/form-data, as a browser sends it: a field has its name, and neither type nor file."""
    whole = MultipartWriter("form-data")
    for name, text in form:
        part = StringPayload(text)
        part.headers.pop("Content-Type", None)
        part.set_content_disposition("form-data", name=name)
        whole.append_payload(part)
    return whole


@dataclass(frozen=True, slots=True)
class _Offset:
    """What one answer said of our clock."""

    by: timedelta
    """How far ours is ahead."""
    at: datetime
    """When, by our clock..."""
    counted: float
    """... and in seconds that nobody sets."""


class Skew:
    """How far our clock is ahead of Growatt's, by the dates of its last answers."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: seconds that nobody sets."""
        self._clock, self._monotonic = clock, monotonic
        self._offsets: deque[_Offset] = deque(maxlen=OFFSETS)

    def note(self, by: timedelta | None, answered: datetime) -> None:
        """Remember what an answer said."""
        if by is not None:
            self._offsets.append(_Offset(by, answered, self._monotonic()))

    @property
    def offset(self) -> timedelta | None:
        """By how much our clock is ahead of Growatt's, by its last answers; None when none of late says so."""
        return median_low(known) if (known := [offset.by for offset in self._offsets if self._holds(offset)]) else None

    def _holds(self, offset: _Offset) -> bool:
        """Return whether an answer's date still tells how our clock is: it is not old, and nobody has set ours since.

        A machine that slept looks as if its clock had been set; then the next answer will tell.
        """
        clock, ago = self._clock, self._clock.now() - offset.at
        set_by = clock.real(ago) - (self._monotonic() - offset.counted)
        return timedelta() <= ago <= FORGOTTEN and abs(set_by) <= SET

    def theirs(self, asked: datetime) -> datetime:
        """Return by Growatt's clock when something was asked; the last answer's stamps are judged by that.

        Not by the date of that answer alone: where that one server's clock is an hour off, every stamp would look
        as if it were of another zone. Our own clock may have been set since it was asked for.
        """
        offset = self.offset or timedelta()
        now = self._clock.now() - offset
        return min(max(asked - offset, now - LONGEST), now)
