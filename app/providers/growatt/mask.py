"""What is struck out of Growatt's answers before anybody sees them in a dump.

Names, addresses, coordinates, mail, phone and IP addresses, user numbers, passwords, tokens and cookies go;
serial numbers keep their first three and last two characters, the same everywhere, so that a dump still tells
devices apart. The numbers of plants stay: they are part of our own ids and topics.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

STRUCK: Final = "***"
_PRIVATE: Final = re.compile(
    r"pass(?:word|wd|crc)|pwd|token|cookie|session|secret|e?mail|phone|mobile|address$|addr$|^lat$|^lng$|_lat|_lng"
    r"|latitude|longitude|location|city|country|postal|postcode|^zip|street|company|installer|account"
    r"|user(?!energy|load|day)|^uid$|owner|nickname|plant_?name|alias|ailas|wifi|ssid|loginip|client_?url|server_?ip"
    r"|simcard|simInfo|iccid|imei|customer|contact|designer|organization|^operator$|^name$|address\d$|^notes$",
    re.IGNORECASE,
)
"""Names of fields whose value is nobody's business."""
_HARMLESS: Final = frozenset(
    {"address", "addr", "comAddress", "accountNum", "userLevel", "pacToUser", "pacToUserR", "pacToUserTotal"}
)
"""Names that match above and hold Modbus addresses or powers, when their value is a number."""
_SERIAL: Final = re.compile(
    r"(?:sn|serialnum(?:ber)?|serial_num(?:ber)?|serialno|datalog(?:ger)?_?sn|treeid|parentid)s?\d*$", re.IGNORECASE
)
"""Names of fields that hold serial numbers."""
LONG: Final = 5
"""Characters; a shorter text may be anything, so it is not hidden for its value alone."""
USER_ID: Final = "userId"
"""What the number of a user is called, wherever it is not just `id`."""
_USER: Final = re.compile(r"user(?:bean|info)?s?$", re.IGNORECASE)
"""Names of parts whose `id` is a user's number."""
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IP: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


def shortened(serial: str) -> str:
    """Return a serial number as it may be shown."""
    return f"{serial[:3]}…{serial[-2:]}" if len(serial) > LONG else serial


def serials(payload: object) -> set[str]:
    """Return every serial number that an answer names."""
    found: set[str] = set()
    if isinstance(payload, Mapping):
        for name, value in payload.items():
            if _SERIAL.search(str(name)):
                values = value if isinstance(value, list) else [value]
                found |= {text for text in values if isinstance(text, str) and len(text) > LONG}
            found |= serials(value)
    elif isinstance(payload, list):
        for value in payload:
            found |= serials(value)
    return found


def shown(answers: Mapping[str, Any], own: set[str], *, user: str = "") -> dict[str, object]:
    """Return answers by their names as they may be shown; `own` are the serial numbers of the account's devices."""
    known = {serial for serial in own if len(serial) > LONG}
    for answer in answers.values():
        known |= serials(answer)
    found: dict[str, object] = {}
    for name, answer in answers.items():
        short = str(masked(name, known, "call"))
        alike = sum(other.partition(" #")[0] == short for other in found)
        found[f"{short} #{alike + 1}" if alike else short] = masked(answer, known, user=user)
    return found


def masked(payload: Any, known: set[str], name: str = "", *, user: str = "") -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Return a copy of an answer that may be shown.

    `known` are the serial numbers to shorten wherever they occur; `user` is the number of the account's own user,
    which goes under whatever name it stands.
    """
    if isinstance(payload, Mapping):
        return {
            _text(str(key), known): masked(value, known, USER_ID if _is_user(name, str(key)) else str(key), user=user)
            for key, value in payload.items()
        }
    if isinstance(payload, list):
        return [masked(value, known, name, user=user) for value in payload]
    if payload is None or isinstance(payload, bool):
        return payload
    if len(user) > LONG and str(payload) == user:
        return STRUCK
    if _PRIVATE.search(name) and not (name in _HARMLESS and not isinstance(payload, str)):
        return STRUCK if payload not in ("", 0) else payload
    return _text(payload, known) if isinstance(payload, str) else payload


def _is_user(part: str, name: str) -> bool:
    """Return whether a field of a part of an answer is the number of a user."""
    return name.lower() == "id" and _USER.search(part) is not None


def _text(words: str, known: set[str]) -> str:
    """Return a text without what it may hold by accident."""
    for serial in known:
        if serial in words:
            words = words.replace(serial, shortened(serial))
    return _IP.sub(STRUCK, _MAIL.sub(STRUCK, words))
