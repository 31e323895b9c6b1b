"""From an HTTP answer of the token API to its useful part, or to the error that it means."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from app.errors import (
    AGAIN,
    AuthFailed,
    Blocked,
    Doubtful,
    NoData,
    ProtocolError,
    ProviderError,
    RateLimited,
    Refused,
    Unavailable,
)
from app.providers.growatt.answers import CLIENT_CLOSED, Answer, decoded, retry_after
from app.providers.growatt.errors import BLOCK_REST, LASTS, REPORT, RETIRED_REST
from app.providers.growatt.openapi.endpoints import TEN_SECONDS, Codes, Endpoint
from app.providers.growatt.openapi.errors import (
    AGENT_BLOCKED,
    ILL,
    NOT_ACCEPTED,
    NOT_JSON,
    OFTEN,
    SERVER_MOVED,
    V1,
    V4,
    Forbidden,
    Means,
    Said,
    TooOften,
)

OLDER_CODE, NEWER_CODE = "error_code", "code"
OLDER_WORDS, NEWER_WORDS = "error_msg", "message"
SHOWN: Final = 80
"""Letters of the vendor's own words that an error repeats."""
REST: Final = timedelta(minutes=5)
"""How long a read rests that the vendor calls too frequent and that has no interval of its own."""
BRIEF_REST: Final = timedelta(seconds=TEN_SECONDS)
"""How long a write, or a question to the device itself, does: as long as the slowest of them that has an interval."""
SEND_AGAIN: Final = "send it again in half a minute"


def parse(endpoint: Endpoint, answer: Answer, now: datetime) -> Any:  # noqa: ANN401 - the vendor's JSON, whatever it is
    """Return the JSON of an answer, or raise what its HTTP state or its form means.

    Raises AuthFailed, Blocked, RateLimited, Unavailable or ProtocolError.
    """
    if answer.status != HTTPStatus.OK:
        raise _refusal(endpoint, answer, now)
    words = answer.words
    if words.startswith("<"):
        msg = f"{NOT_JSON}, when asked for {endpoint.about}; {AGAIN}; {LASTS}"
        raise Unavailable(msg)
    return decoded(words, answer, endpoint.about)


def _refusal(endpoint: Endpoint, answer: Answer, now: datetime) -> ProviderError:
    """Return the error that an HTTP state other than 200 means."""
    status, where = answer.status, f"HTTP {answer.status} when asked for {endpoint.about}"
    if status == HTTPStatus.UNAUTHORIZED:
        return AuthFailed(NOT_ACCEPTED)
    if status == HTTPStatus.FORBIDDEN:
        return Blocked(AGENT_BLOCKED, now + BLOCK_REST)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return Blocked(SERVER_MOVED, now + RETIRED_REST)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited("Growatt asks for fewer requests (HTTP 429)", now + retry_after(answer))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {HTTPStatus.REQUEST_TIMEOUT, CLIENT_CLOSED}:
        return Unavailable(f"Growatt's server is not well ({where}); {AGAIN}; {LASTS}")
    return ProtocolError(f"this Growatt server does not know what it is asked ({where}); {LASTS}")


def judged(endpoint: Endpoint, root: Any, now: datetime) -> Any:  # noqa: ANN401 - the vendor's JSON
    """Return the useful part of an answer; raise what a refusal in it means, or NoData when it is empty.

    Of a write, and where an endpoint has no `unwrap`, the part may be anything.
    """
    if endpoint.bare and isinstance(root, dict) and "result" in root and OLDER_CODE not in root:
        if str(root["result"]) == "1":
            return root
        msg = f"Growatt knows nothing of this device, when asked for {endpoint.about}"
        raise NoData(msg)
    code, words, newer = _envelope(endpoint, root)
    if code != 0:
        raise _error(endpoint, code, words, now, newer=newer)
    part: Any = root
    for name in endpoint.unwrap:
        part = part.get(name) if isinstance(part, dict) else None
    if endpoint.codes is Codes.READ and endpoint.unwrap and not (isinstance(part, dict | list) and part):
        msg = f"Growatt has nothing of this device at the moment, when asked for {endpoint.about}"
        raise NoData(msg)
    return part


def _envelope(endpoint: Endpoint, root: object) -> tuple[int, str, bool]:
    """Return an answer's code and words, and whether they are V4's; a server may answer V4 in V1's way.

    Raises ProtocolError where there is no code: such an answer is not the API's.
    """
    if isinstance(root, Mapping):
        keys = ((NEWER_CODE, NEWER_WORDS, True), (OLDER_CODE, OLDER_WORDS, False))
        for name, text, newer in keys if endpoint.newer else reversed(keys):
            try:
                code = int(str(root.get(name)).strip())
            except ValueError:
                continue
            words = root.get(text)
            return code, words.strip() if isinstance(words, str) else "", newer
    form = type(root).__name__
    msg = f"Growatt's answer has another form than ever before ({form}), when asked for {endpoint.about}; {REPORT}"
    raise ProtocolError(msg)


def _error(endpoint: Endpoint, code: int, words: str, now: datetime, *, newer: bool) -> ProviderError:
    """Return the error that a code other than success means at this endpoint."""
    said = (V4 if newer else V1)[endpoint.codes].get(code)
    if OFTEN.search(words):
        said = Said(Means.OFTEN, "it is called too often")
    elif said is None and ILL.search(words):
        said = Said(Means.ILL, "the server has a fault of its own")
    if said is None:
        kind = Means.REFUSED if endpoint.codes is Codes.WRITE else Means.WRONG
        said = Said(kind, "it gives no reason that is known")
    own = f": {words[:SHOWN]}" if words else ""
    return _failure(
        endpoint,
        said,
        f"Growatt answered {code} when asked for {endpoint.about}: {said.words} ({code}{own})",
        code,
        now,
    )


def _rest(endpoint: Endpoint) -> timedelta:
    """Return how long an endpoint rests that was called too often: its interval, or what others of its kind have."""
    if endpoint.every:
        return timedelta(seconds=endpoint.every)
    return REST if endpoint.codes in {Codes.READ, Codes.HISTORY} else BRIEF_REST


def _failure(  # noqa: PLR0911 - one answer a meaning
    endpoint: Endpoint, said: Said, text: str, code: int, now: datetime
) -> ProviderError:
    match said.means:
        case Means.MOVED:
            return Blocked(SERVER_MOVED, now + RETIRED_REST)
        case Means.TOKEN:
            return AuthFailed(NOT_ACCEPTED)
        case Means.DENIED:
            return AuthFailed(NOT_ACCEPTED) if endpoint.account else Forbidden(text)
        case Means.OFTEN:
            again = f"nothing was changed: {SEND_AGAIN}" if endpoint.codes is Codes.WRITE else AGAIN
            return TooOften(f"{text}; {again}", now + _rest(endpoint))
        case Means.ILL if endpoint.codes is Codes.WRITE:
            return Doubtful(f"{text}; it may have been carried out all the same")
        case Means.ILL:
            return Unavailable(f"{text}; {AGAIN}; {LASTS}")
        case Means.ABSENT:
            return NoData(text)
        case Means.REFUSED:
            return Refused(text, str(code))
        case _:
            return ProtocolError(f"{text}; {REPORT}")
