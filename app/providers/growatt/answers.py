"""From an HTTP answer to its useful part, or to the error that it means."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from yarl import URL

from app.errors import Blocked, NoData, ProtocolError, RateLimited, Unavailable
from app.providers.growatt.calls import Call
from app.providers.growatt.errors import (
    AGENT_BLOCKED,
    BLOCK_REST,
    BUSY_REST,
    HOST_RETIRED,
    LOGIN_PAGE,
    NOT_LOGGED_IN,
    RETIRED_REST,
    SessionEnded,
    answer_error,
)

BACK: Final = "back"
FAILED: Final = frozenset({"0", "false"})
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


def parse(call: Call, answer: Answer, now: datetime) -> Any:  # noqa: ANN401 - the vendor's JSON, whatever it is
    """Return the JSON of an answer, or raise what its HTTP state or its form means.

    Raises SessionEnded, Blocked, RateLimited, Unavailable or ProtocolError.
    """
    if answer.status != 200:  # noqa: PLR2004
        raise _refusal(call, answer, now)
    words = answer.body.decode("utf-8", "replace").lstrip("\ufeff").strip()
    if call.page:
        words = _inside(call, words)
    if words.startswith("<"):
        msg = f"{call.name}: Growatt answered with a page instead of data"
        raise SessionEnded(msg)
    try:
        return json.loads(words)
    except (ValueError, RecursionError) as error:
        msg = f"{call.name}: Growatt's answer is cut off, or is no JSON ({len(answer.body)} bytes)"
        raise ProtocolError(msg) from error


def _refusal(call: Call, answer: Answer, now: datetime) -> Exception:  # noqa: PLR0911 - a table with conditions
    """Return the error that an HTTP state other than 200 means."""
    status, where = answer.status, f"{call.name}: HTTP {answer.status}"
    if call.trial:
        return ProtocolError(f"{where}: this server does not know the call")
    if status in {301, 302, 303, 307, 308}:
        return _redirected(call, answer)
    if status == 401:  # noqa: PLR2004
        return SessionEnded(where)
    if status == 403:  # noqa: PLR2004
        return Blocked(AGENT_BLOCKED, now + BLOCK_REST)
    if status == 400 and call.name.startswith("login"):  # noqa: PLR2004 - PyPi_GrowattServer#97: some met 400 where others met 403
        return Blocked(AGENT_BLOCKED, now + BLOCK_REST)
    if status == 405:  # noqa: PLR2004
        return Blocked(HOST_RETIRED, now + RETIRED_REST)
    if status == 429:  # noqa: PLR2004
        return RateLimited("Growatt asks for fewer requests (HTTP 429)", now + _retry_after(answer))
    if status >= 500 or status in {408, 499}:  # noqa: PLR2004
        if NOT_LOGGED_IN.search(answer.body[:4096].decode("utf-8", "replace")):
            return SessionEnded(where)
        return Unavailable(f"{where}: Growatt's server is not well")
    return ProtocolError(where)


def _redirected(call: Call, answer: Answer) -> Exception:
    """A redirect to the login page is the end of the session; one to another host is a move."""
    target = answer.headers.get("Location", "")
    try:
        host = URL(target).host
        elsewhere = host is not None and host != URL(answer.url).host
    except ValueError:
        host, elsewhere = None, False
    if elsewhere and not LOGIN_PAGE.search(target):
        return ProtocolError(f"{call.name}: this server sends us on to {host}; set `server_url` of the account to it")
    return SessionEnded(f"{call.name}: HTTP {answer.status}, sent to the login page")


def _retry_after(answer: Answer) -> timedelta:
    wanted = answer.headers.get("Retry-After", "")
    return max(BUSY_REST, timedelta(seconds=int(wanted))) if wanted.isdecimal() and len(wanted) < 6 else BUSY_REST  # noqa: PLR2004


def _inside(call: Call, page: str) -> str:
    """Return the JSON text that a settings page holds."""
    found = _INVERTER.search(page)
    if found:
        return found[1]
    if not page or LOGIN_PAGE.search(page):
        msg = f"{call.name}: Growatt answered with its login page"
        raise SessionEnded(msg)
    msg = f"{call.name}: the page holds no values of this device"
    raise NoData(msg)


def judged(call: Call, root: Any) -> Any:  # noqa: ANN401 - the vendor's JSON
    """Return the useful part of an answer; raise what a refusal in it means, or NoData when it is empty."""
    if not isinstance(root, dict):
        msg = f"{call.name}: Growatt's answer has another form than ever before ({type(root).__name__})"
        raise ProtocolError(msg)
    envelope = root[BACK] if isinstance(root.get(BACK), dict) else root
    if _failed(envelope):
        code, words = _word(envelope.get("msg")), _word(envelope.get("error"))
        if NOT_LOGGED_IN.search(f"{code} {words}"):
            msg = f"{call.name}: Growatt does not know the session"
            raise SessionEnded(msg)
        raise answer_error(call.name, code, words)
    part: Any = root
    for name in call.unwrap:
        part = part.get(name) if isinstance(part, dict) else None
    if part is None or (call.unwrap and not isinstance(part, dict | list)):
        msg = f"{call.name}: Growatt has nothing of this device at the moment"
        raise NoData(msg)
    return part


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
