"""What the token API's codes mean, and the error class that each becomes.

Source: the vendor's pages (https://www.showdoc.com.cn/262556420217021, V1;
https://www.showdoc.com.cn/2540838290984246, V4), and the trackers of
home-assistant/core (#171202: 10012 at the start; #180635: 10011) and mtrossbach/noah-mqtt (#81).
One number means different things to a read, to a question about one parameter and to a write: the endpoint's row says
which table counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.errors import NoData, ProtocolError, RateLimited
from app.providers.growatt.openapi.endpoints import Codes


class Rests(RateLimited):
    """An endpoint must not be called before `until`, by our own count; the others may."""


class TooOften(Rests):
    """The vendor says that an endpoint was called too often: it rests until `until`; the others may be called."""


class Waiting(NoData):
    """What a device would have said is not asked now, since its endpoint rests until `until`."""

    def __init__(self, message: str, until: datetime, *, told: bool) -> None:
        super().__init__(message)
        self.until = until
        self.told = told
        """Whether the vendor has said so, not our own count."""


class Forbidden(ProtocolError):
    """This token may not see one device, or not call one endpoint."""


class Means(StrEnum):
    """What is done about a code."""

    MOVED = "moved"
    """The server is the wrong one."""
    ILL = "ill"
    """It will pass; of a write nobody knows whether it was carried out."""
    ABSENT = "absent"
    """No such thing, or nothing known of it."""
    WRONG = "wrong"
    """The request makes no sense to the vendor: ours is the fault, or the vendor's format has changed."""
    TOKEN = "token"  # noqa: S105 - the name of a meaning
    DENIED = "denied"
    OFTEN = "often"
    """Too many calls; nothing was carried out."""
    REFUSED = "refused"
    """The vendor's no to a write."""


@dataclass(frozen=True, slots=True)
class Said:
    """A code's meaning, in the table's terms and in words that end a sentence."""

    means: Means
    words: str


_OFTEN: Final = Said(Means.OFTEN, "it is called too often")
_MOVED: Final = Said(Means.MOVED, "this server no longer serves the account")
_ILL: Final = Said(Means.ILL, "the server has a fault of its own")
_DENIED: Final = Said(Means.DENIED, "this token has no permission")

_WRONG_DATE: Final = Said(Means.WRONG, "a date is not written as it wants it")

V1: Final[Mapping[Codes, Mapping[int, Said]]] = {
    Codes.HISTORY: {
        -1: _MOVED,
        10001: _ILL,
        10002: Said(Means.ABSENT, "it does not know such a device or plant"),
        10003: _WRONG_DATE,
        10004: Said(Means.WRONG, "the dates lie further apart than it allows"),
        10005: Said(Means.ABSENT, "it does not know such a device"),
        10006: Said(Means.ABSENT, "it does not know such a logger"),
        10011: _DENIED,
        10012: _OFTEN,
        10013: Said(Means.WRONG, "a page has too many entries"),
        10014: Said(Means.WRONG, "there are not so many pages"),
    },
    Codes.READ: {
        -1: _MOVED,
        10001: _ILL,
        10002: Said(Means.ABSENT, "it does not know such a device or plant"),
        10003: Said(Means.ABSENT, "it does not know such a device or plant"),
        10004: Said(Means.ABSENT, "it does not know such a device or user"),
        10005: Said(Means.ABSENT, "it does not know such a device"),
        10006: Said(Means.ABSENT, "it does not know such a logger"),
        10011: _DENIED,
        10012: _OFTEN,
        10013: Said(Means.WRONG, "a page has too many entries"),
        10014: Said(Means.WRONG, "there are not so many pages"),
    },
    Codes.PARAMETER: {
        -1: _MOVED,
        10001: Said(Means.ILL, "the device could not be asked"),
        10002: Said(Means.ABSENT, "it does not know such a device"),
        10003: Said(Means.ABSENT, "the device is offline"),
        10004: Said(Means.ABSENT, "it knows no logger of this device"),
        10005: Said(Means.ABSENT, "the device's logger is offline"),
        10006: Said(Means.ABSENT, "this kind of logger cannot ask the device"),
        10007: Said(Means.ABSENT, "the logger's firmware cannot ask the device"),
        10008: Said(Means.ILL, "the logger has no connection to the server; restart it"),
        10009: Said(Means.WRONG, "it does not know such a parameter"),
        10011: _DENIED,
        10012: Said(Means.ABSENT, "it does not know such a device"),
    },
    Codes.WRITE: {
        -1: Said(Means.REFUSED, "this server no longer serves the account"),
        500: Said(Means.REFUSED, "setting it failed"),
        10001: _ILL,
        10002: Said(Means.ILL, "the device's server has a fault"),
        10003: Said(Means.REFUSED, "the device is offline"),
        10004: Said(Means.REFUSED, "the serial number of the device or its logger is missing"),
        10005: Said(Means.REFUSED, "the device's logger is offline"),
        10006: Said(Means.REFUSED, "it does not know such a setting"),
        10007: Said(Means.REFUSED, "a value is missing"),
        10008: Said(Means.REFUSED, "a value is out of its range"),
        10009: Said(Means.REFUSED, "a time is not written as it must be, or there is no such setting"),
        10011: Said(Means.REFUSED, "this token has no permission to change it"),
        10012: Said(Means.REFUSED, "it does not know such a device"),
        10013: Said(Means.REFUSED, "the end lies before the start"),
    },
}
"""`error_code` of V1; 0 is success."""

_V4: Final[Mapping[int, Said]] = {
    -1: _MOVED,
    1: _ILL,
    2: Said(Means.TOKEN, "it does not know this token"),
    3: _DENIED,
    4: Said(Means.ABSENT, "it does not know such a device"),
    5: Said(Means.ABSENT, "the device is offline"),
    6: Said(Means.ABSENT, "the device could not be asked"),
    7: Said(Means.WRONG, "the device is of another kind"),
    8: Said(Means.WRONG, "the serial number is missing"),
    9: Said(Means.WRONG, "the date is missing"),
    10: Said(Means.WRONG, "the page is missing"),
    11: Said(Means.WRONG, "these are too many devices for one request"),
    12: _DENIED,
    100: _OFTEN,
    101: _DENIED,
    102: _OFTEN,
}
V4: Final[Mapping[Codes, Mapping[int, Said]]] = {
    Codes.READ: _V4,
    Codes.HISTORY: _V4,
    Codes.PARAMETER: _V4,
    Codes.WRITE: {
        code: said if said.means in {Means.ILL, Means.OFTEN} else Said(Means.REFUSED, said.words)
        for code, said in {**_V4, 6: Said(Means.REFUSED, "the device did not take it")}.items()
    },
}
"""`code` of V4; 0 is success."""

OFTEN: Final = re.compile(r"frequent|interval", re.IGNORECASE)
"""Texts with which either generation says that it was called too often, whatever the number beside them means."""
ILL: Final = re.compile(r"system[ _-]?error", re.IGNORECASE)
"""Texts of a fault of the server's own."""

NOT_ACCEPTED: Final = (
    "Growatt does not accept this token; make one in the ShinePhone app or on the web page of the account, "
    "and write it into the configuration (`token`). Check `region`, too: each has its own accounts. "
    "There is no further try until then"
)
SERVER_MOVED: Final = (
    "this Growatt server no longer serves the account; set its `region`, or `server_url`, to where it lives now"
)
AGENT_BLOCKED: Final = (
    "Growatt's firewall refuses this program by its User-Agent, or this address; set `user_agent` of this account to "
    "another text, then reload (SIGHUP, or a message to `bridge/request/reload`) or restart"
)
NOT_JSON: Final = "Growatt answers with a web page instead of data"
