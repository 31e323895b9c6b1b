"""From an HTTP answer to its useful part, or to the error that it means."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from yarl import URL

from app.errors import (
    AGAIN,
    Blocked,
    Doubtful,
    NoData,
    ProtocolError,
    ProviderError,
    RateLimited,
    Refused,
    Unavailable,
    once,
)
from app.providers.growatt.calls import Call
from app.providers.growatt.errors import (
    AGENT_BLOCKED,
    BLOCK_REST,
    BUSY_REST,
    DOUBTS,
    HOST_RETIRED,
    LASTS,
    LOGIN_FORM,
    LOGIN_PAGE,
    NOT_LOGGED_IN,
    REFUSALS,
    REPORT,
    RETIRED_REST,
    SessionEnded,
    UnknownCall,
    answer_error,
    subject,
)

BACK: Final = "back"
FAILED: Final = frozenset({"0", "false"})
DONE: Final = frozenset({"1", "true"})
CLIENT_CLOSED: Final = 499
"""The HTTP state of nginx, which no standard knows, for a server behind it that took too long."""
DIGITS: Final = 5
"""Of a Retry-After, at most: more than a day's seconds are no wish but a mistake."""
_INVERTER: Final = re.compile(r"inv\s*=\s*JSON\.parse\('(\{.*?\})'\)", re.DOTALL)
"""Where the settings page of a string inverter holds its values (growattServer 2.2.0, classic_inverter_info)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: bytes
    url: str = ""
    """What was asked."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace").lstrip("\ufeff").strip()


def parse(call: Call, answer: Answer, now: datetime) -> Any:  # noqa: ANN401 - the vendor's JSON, whatever it is
    """Return the JSON of an answer, or raise what its HTTP state or its form means.

    Raises SessionEnded, Blocked, RateLimited, Unavailable or ProtocolError.
    """
    if answer.status != HTTPStatus.OK:
        raise _refusal(call, answer, now)
    words = answer.words
    if call.page:
        words = _inside(words)
    if words.startswith("<"):
        msg = "Growatt answers with a web page instead of data"
        raise SessionEnded(msg)
    return decoded(words, answer, subject(call.name))


def decoded(words: str, answer: Answer, about: str) -> Any:  # noqa: ANN401 - the vendor's JSON, whatever it is
    """Return the JSON in an answer's words; raise ProtocolError, which says what it is `about`, if there is none."""
    try:
        return json.loads(words)
    except (ValueError, RecursionError) as error:
        how = f"is cut off, or no JSON ({len(answer.body)} bytes)" if words else "is empty"
        msg = f"Growatt's answer {how}, when asked for {about}; {AGAIN}; {REPORT}"
        raise ProtocolError(msg) from error


def _refusal(call: Call, answer: Answer, now: datetime) -> Exception:  # noqa: PLR0911 - a table with conditions
    """Return the error that an HTTP state other than 200 means."""
    status, where = answer.status, f"HTTP {answer.status} when asked for {subject(call.name)}"
    if call.trial:
        return ProtocolError(f"{where}: this server does not know the call")
    if status in {301, 302, 303, 307, 308}:
        return _redirected(answer)
    if status == HTTPStatus.UNAUTHORIZED:
        return SessionEnded(f"Growatt says that we are not logged in (HTTP {status})")
    login = call.name.startswith("login")
    # PyPi_GrowattServer#97: some met 400 at the login where others met 403
    if status == HTTPStatus.FORBIDDEN or (login and status == HTTPStatus.BAD_REQUEST):
        return Blocked(AGENT_BLOCKED, now + BLOCK_REST)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return Blocked(HOST_RETIRED, now + RETIRED_REST)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited("Growatt asks for fewer requests (HTTP 429)", now + retry_after(answer))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {HTTPStatus.REQUEST_TIMEOUT, CLIENT_CLOSED}:
        if NOT_LOGGED_IN.search(answer.body[:4096].decode("utf-8", "replace")):
            return SessionEnded(f"Growatt says that we are not logged in (HTTP {status})")
        return Unavailable(f"Growatt's server is not well ({where}); {AGAIN}; {LASTS}")
    kind = UnknownCall if status == HTTPStatus.NOT_FOUND else ProtocolError
    return kind(f"this Growatt server does not know what it is asked ({where}); {LASTS}")


def _redirected(answer: Answer) -> Exception:
    """A redirect to the login page is the end of the session; one to another host is a move."""
    target = answer.headers.get("Location", "")
    try:
        host = URL(target).host
        elsewhere = host is not None and host != URL(answer.url).host
    except ValueError:
        host, elsewhere = None, False
    if elsewhere and not LOGIN_PAGE.search(target):
        return ProtocolError(f"this server sends us on to {host}; set `server_url` of the account to it")
    return SessionEnded(f"Growatt sends us to its login page instead of answering (HTTP {answer.status})")


def retry_after(answer: Answer) -> timedelta:
    """Return how long a server wants to be left alone that answers HTTP 429."""
    wanted = answer.headers.get("Retry-After", "")
    sane = wanted.isdecimal() and len(wanted) <= DIGITS
    return max(BUSY_REST, timedelta(seconds=int(wanted))) if sane else BUSY_REST


def _inside(page: str) -> str:
    """Return the JSON text that a settings page holds."""
    found = _INVERTER.search(page)
    if found:
        return found[1]
    if not page or LOGIN_PAGE.search(page):
        msg = "Growatt answers with its login page instead of data"
        raise SessionEnded(msg)
    msg = "Growatt's page of settings holds no values of this device"
    raise NoData(msg)


def judged(call: Call, root: Any) -> Any:  # noqa: ANN401 - the vendor's JSON
    """Return the useful part of an answer; raise what a refusal in it means, or NoData when it is empty."""
    if not isinstance(root, dict):
        asked, form = subject(call.name), type(root).__name__
        msg = f"Growatt's answer has another form than ever before ({form}), when asked for {asked}; {REPORT}"
        raise ProtocolError(msg)
    envelope = root[BACK] if isinstance(root.get(BACK), dict) else root
    if _failed(envelope):
        code, words = _word(envelope.get("msg")), _word(envelope.get("error"))
        if NOT_LOGGED_IN.search(f"{code} {words}"):
            msg = "Growatt says that we are not logged in"
            raise SessionEnded(msg)
        raise answer_error(call.name, code, words)
    part: Any = root
    for name in call.unwrap:
        part = part.get(name) if isinstance(part, dict) else None
    if part is None or (call.unwrap and not isinstance(part, dict | list)):
        msg = f"Growatt has nothing of this device at the moment, when asked for {subject(call.name)}"
        raise NoData(msg)
    return part


def parse_write(call: Call, answer: Answer, now: datetime) -> Any:  # noqa: ANN401 - the vendor's JSON, whatever it is
    """As `parse`, for a write: whatever does not prove that it was not carried out leaves that open.

    Raises:
        SessionEnded: Growatt shows its login page, or says that we are not logged in: nothing has been carried out.
        Doubtful: It may have been.
        ProviderError: Another: it was turned away.
    """
    try:
        return parse(call, answer, now)
    except SessionEnded as error:
        if _ended(answer):
            raise
        raise Doubtful(_open(str(error))) from error
    except Unavailable as error:
        raise Doubtful(_open(str(error))) from error
    except ProtocolError as error:
        if answer.status != HTTPStatus.OK:
            raise
        raise Doubtful(_open(str(error))) from error


def _ended(answer: Answer) -> bool:
    """Return whether an answer proves that the session had ended before."""
    page = answer.body.decode("utf-8", "replace")
    return (
        answer.status == HTTPStatus.UNAUTHORIZED
        or LOGIN_PAGE.search(answer.headers.get("Location", "")) is not None
        or LOGIN_FORM.search(page) is not None
        or NOT_LOGGED_IN.search(page[:4096]) is not None
    )


def _open(what: str) -> str:
    return f"no answer that says whether the change was carried out: {once(what)}"


def lost(error: ProviderError) -> Doubtful:
    """Return what it means that a write has been sent and was not answered."""
    return Doubtful(_open(str(error)))


def judge_write(root: Any) -> None:  # noqa: ANN401 - the vendor's JSON
    """Return if a write's answer says that it was carried out.

    Raises:
        SessionEnded: It was not, because the session had ended.
        Refused: It was not.
        Doubtful: The answer does not say.
    """
    said = {name: _word(root[name]).lower() for name in ("success", "result") if name in root} if _is(root) else {}
    verdict = set(said.values())
    if verdict and verdict <= DONE:
        return
    if not verdict or not verdict <= FAILED:
        msg = _open("Growatt's answer says neither yes nor no")
        raise Doubtful(msg)
    code, words = _word(root.get("msg")), _word(root.get("error"))
    if NOT_LOGGED_IN.search(f"{code} {words}"):
        msg = "Growatt says that we are not logged in"
        raise SessionEnded(msg)
    if code in DOUBTS:
        raise Doubtful(DOUBTS[code])
    why = REFUSALS.get(code, f"its reason: {(code or words or 'none')[:80]}")
    msg = f"Growatt has refused the change: {why}"
    raise Refused(msg, code)


def _is(root: object) -> bool:
    return isinstance(root, dict)


def _failed(envelope: Mapping[str, Any]) -> bool:
    """Return whether an envelope says that nothing came of it; one that says nothing has not failed."""
    return any(name in envelope and _word(envelope[name]) in FAILED for name in ("result", "success"))


def _word(raw: object) -> str:
    """Return a code or a message as text, whatever the vendor made of it; empty for what is none."""
    if isinstance(raw, bool):
        return str(raw).lower()
    return str(raw).strip() if isinstance(raw, str | int | float) else ""


def parse_loosely(call: Call, body: bytes) -> Any:  # noqa: ANN401 - the vendor's JSON
    """Return what an answer holds, for a dump: JSON where it is, else the text's beginning."""
    words = body.decode("utf-8", "replace").strip()
    found = _INVERTER.search(words) if call.page else None
    try:
        return json.loads(found[1] if found else words)
    except (ValueError, RecursionError):
        return f"{len(body)} bytes, no JSON: {words[:200]}"
