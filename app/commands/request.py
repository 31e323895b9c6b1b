"""What a sender asks for: a plain value, or a JSON object with the value and how to go about it."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from app.errors import CommandError

Raw: TypeAlias = str | float | bool | Mapping[str, Any] | None
"""A value as it was sent; what it means depends on the point."""

FIELDS: Final = frozenset(
    {"value", "id", "dry_run", "expect", "not_after", "ttl", "verify", "force", "source", "revert_after", "confirm"}
)
NO_NUMBER: Final = " is no number of JSON"
LONGEST_ID: Final = 64
LONGEST_SOURCE: Final = 64
LONGEST_TTL: Final = timedelta(minutes=15)
"""A write that waits for longer is nobody's wish of the moment."""
LONGEST_REVERT: Final = timedelta(days=7)


class Invalid(CommandError):
    """A request that cannot be understood; `id` is the sender's own, if it could be read."""

    def __init__(self, message: str, code: str, request_id: str | None = None) -> None:
        super().__init__(message, code)
        self.id = request_id


@dataclass(frozen=True, slots=True)
class Request:
    """One request, understood but not yet judged."""

    value: Raw
    deadline: datetime
    """When it is not wanted any more, UTC."""
    patient: bool = False
    """Whether the sender has named no deadline: what has to wait for the bridge's own rules may take longer."""
    id: str | None = None
    """The sender's own; the same again is the same request."""
    dry_run: bool = False
    """Whether only to say what would be done."""
    expect: Raw = None
    """What the value must be now, else nothing is done; None for whatever it is."""
    verify: bool = True
    """Whether to read back."""
    force: bool = False
    """Whether to write even what is so already."""
    source: str = ""
    """Who asks, in the sender's own words."""
    revert_after: timedelta | None = None
    """After this time the value before is restored."""
    confirm: str | None = None
    """The token that dangerous settings ask for."""
    via: str = ""
    """The account that a raw write goes through; empty for the device's best. Not the sender's to say."""


def fingerprint(payload: bytes) -> str:
    """Return what tells one payload from another."""
    return hashlib.sha256(payload).hexdigest()[:32]


def parse(
    payload: bytes,
    now: datetime,
    ttl: timedelta,
    properties: Mapping[str, str] | None = None,
    expiry: timedelta | None = None,
) -> Request:
    """Return the request in a payload.

    Args:
        payload: Plain text, a JSON value, an envelope (an object with the key `value`) or a composite value.
        now: The moment it came in, UTC.
        ttl: How long it is wanted unless it says otherwise.
        properties: User properties (MQTT 5); `source` and `id` count where the payload has none.
        expiry: The message's own expiry, of which nothing in it can make more.

    Raises:
        Invalid: It is neither.
    """
    said = dict(properties or {})
    body = _document(payload)
    if not (isinstance(body, Mapping) and "value" in body):
        body = {"value": body}
    request_id = _identity(body.get("id", said.get("id")))
    try:
        request = _envelope(body, request_id, now, ttl, said)
    except Invalid as error:
        raise Invalid(str(error), error.code, request_id) from None
    if expiry is None:
        return request
    latest = now + min(expiry, LONGEST_TTL)
    return replace(request, deadline=latest if request.patient else min(latest, request.deadline), patient=False)


def _document(payload: bytes) -> Raw:
    """Return the payload's JSON, or its text where it is none."""
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        msg = "the payload is no UTF-8 text"
        raise Invalid(msg, "invalid_json") from None
    if not text:
        msg = "the payload is empty: send a value"
        raise Invalid(msg, "invalid_value")
    if text[0] not in '{["':
        return text
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        msg = f"the payload begins like JSON and is none: {_fault(error)}"
        raise Invalid(msg, "invalid_json") from None
    if not isinstance(document, str | Mapping):
        msg = "a list is no value: send a plain value, or a JSON object"
        raise Invalid(msg, "invalid_value")
    return document


def _fault(error: ValueError | RecursionError) -> str:
    """Return why a text is no JSON, in words that are not the language's."""
    if isinstance(error, json.JSONDecodeError):
        return (
            f"what stands at line {error.lineno}, column {error.colno} does not belong there, or something is missing"
        )
    if isinstance(error, RecursionError):
        return "too many objects or lists stand in one another"
    return str(error) if str(error).endswith(NO_NUMBER) else "a number in it has too many digits"


def _no_constant(name: str) -> float:
    msg = f"{name}{NO_NUMBER}"
    raise ValueError(msg)


def _identity(given: object) -> str | None:
    if given is None:
        return None
    text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        msg = f"`id` must be a text of 1 to {LONGEST_ID} printable characters"
        raise Invalid(msg, "invalid_value")
    return text


def _envelope(
    body: Mapping[str, Any], request_id: str | None, now: datetime, ttl: timedelta, said: Mapping[str, str]
) -> Request:
    unknown = sorted(body.keys() - FIELDS)
    if unknown:
        msg = f"unknown field {unknown[0]!r}; there are {', '.join(sorted(FIELDS))}"
        raise Invalid(msg, "invalid_value")
    for name in ("value", "expect"):
        _check_raw(name, body.get(name))
    if body["value"] is None:
        msg = "`value` must not be null"
        raise Invalid(msg, "invalid_value")
    source = body.get("source", said.get("source", ""))
    confirm = body.get("confirm")
    if not isinstance(source, str) or not (confirm is None or isinstance(confirm, str)):
        msg = "`source` and `confirm` must be texts"
        raise Invalid(msg, "invalid_value")
    revert = _span(body, "revert_after", LONGEST_REVERT)
    return Request(
        value=body["value"],
        deadline=_deadline(body, now, ttl),
        patient=body.get("ttl") is None and body.get("not_after") is None,
        id=request_id,
        dry_run=_flag(body, "dry_run", default=False),
        expect=body.get("expect"),
        verify=_flag(body, "verify", default=True),
        force=_flag(body, "force", default=False),
        source="".join(letter for letter in source if letter.isprintable())[:LONGEST_SOURCE],
        revert_after=revert,
        confirm=confirm,
    )


def _check_raw(name: str, value: object) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, Mapping):
                msg = f"`{name}.{key}` must be a plain value"
                raise Invalid(msg, "invalid_value")
            _check_raw(f"{name}.{key}", inner)
    elif not (value is None or isinstance(value, str | int | float)):
        msg = f"`{name}` must be a plain value, or an object of plain values"
        raise Invalid(msg, "invalid_value")
    elif isinstance(value, float) and not math.isfinite(value):
        msg = f"`{name}` is no number that a device could keep"
        raise Invalid(msg, "invalid_value")


def _flag(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if name == "verify" and value in ("none", "readback"):
        return bool(value == "readback")
    if not isinstance(value, bool):
        msg = f"`{name}` must be true or false"
        raise Invalid(msg, "invalid_value")
    return value


def _span(body: Mapping[str, Any], name: str, longest: timedelta) -> timedelta | None:
    """Return a span given in seconds."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= longest.total_seconds():
        msg = f"`{name}` must be a number of seconds, above 0 and up to {longest.total_seconds():.0f}"
        raise Invalid(msg, "invalid_value")
    return timedelta(seconds=value)


def _deadline(body: Mapping[str, Any], now: datetime, ttl: timedelta) -> datetime:
    """Return the earliest of the deadlines that were given."""
    wanted = now + min(_span(body, "ttl", LONGEST_TTL) or ttl, LONGEST_TTL)
    text = body.get("not_after")
    if text is None:
        return wanted
    try:
        given = datetime.fromisoformat(text)
        moment = given.astimezone(UTC) if given.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        moment = None
    if moment is None:
        msg = "`not_after` must be a moment with its offset, such as 2026-11-21T18:00:00+01:00"
        raise Invalid(msg, "invalid_value")
    return min(wanted, moment)
