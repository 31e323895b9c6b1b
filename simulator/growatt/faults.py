"""What can go wrong at the vendor's, on demand: for some paths, some devices, some times, some while."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from simulator.growatt.device import Record


class FaultKind(StrEnum):
    """What goes wrong."""

    HTML = "html"
    """The login page, status 200."""
    REDIRECT = "redirect"
    """302 to the login page."""
    NOT_LOGGED_IN = "not_logged_in"
    """Status 500 with a text about not being logged in."""
    FORBIDDEN_UA = "forbidden_ua"
    """403 with a text about the user agent's black list."""
    RETIRED = "retired"
    """405 from the fire wall of a retired host."""
    HTTP_ERROR = "http_error"
    """Any other status: `status`."""
    TIMEOUT = "timeout"
    """No answer, or one after `seconds` of the cloud's clock."""
    TRUNCATED = "truncated"
    """Half of the JSON."""
    EMPTY = "empty"
    """An answer without a body."""
    MISSING_FIELDS = "missing_fields"
    """Without the fields that `fields` matches; every second one without it."""
    NULL_OBJ = "null_obj"
    """Result 0, message 504, object null."""
    ZERO_COUNTERS = "zero_counters"
    """Lifetime counters read 0."""
    COUNTER_JUMP = "counter_jump"
    """Lifetime counters read `value` more."""
    NAN = "nan"
    """Powers and states of charge that are no number."""
    ABSURD = "absurd"
    """Powers of 99,999,999."""
    GARBAGE = "garbage"
    """Texts where numbers were."""
    EMPTY_DEVICE_LIST = "empty_device_list"
    """No devices in the lists."""
    FROZEN = "frozen"
    """The values of the first poll go on; `fresh` decides whether the time does not."""
    MIDNIGHT_BOUNCE = "midnight_bounce"
    """For `polls` polls of each new day that it sees begin, the daily energies are yesterday's last."""
    WRONG_ZONE = "wrong_zone"
    """The device's clock runs in UTC+8."""
    VANISHED = "vanished"
    """The device is not listed, and nothing is known of it."""
    OFFLINE = "offline"
    """Nothing is heard of the device any more: its last values stay, it counts as lost, and nothing can be set."""
    DENIED = "denied"
    """The OpenAPI's code `status`: 10012 or 102 called too often, -1 wrong region, 12 not this token's device ..."""
    IGNORED = "ignored"
    """A write is answered with success, and changes nothing."""
    REFUSED = "refused"
    """A write of the app is answered with `text`, and changes nothing; with `late` it has been carried out."""
    SYSTEM_ERROR = "system_error"
    """The OpenAPI's code for it; with `late` a write has been carried out all the same."""


ON_THE_WIRE = frozenset(
    {
        FaultKind.HTML,
        FaultKind.REDIRECT,
        FaultKind.NOT_LOGGED_IN,
        FaultKind.FORBIDDEN_UA,
        FaultKind.RETIRED,
        FaultKind.HTTP_ERROR,
        FaultKind.TIMEOUT,
    }
)
"""Those that keep the call from being answered at all."""

_ANYWHERE = frozenset({FaultKind.FORBIDDEN_UA, FaultKind.RETIRED, FaultKind.HTTP_ERROR, FaultKind.TIMEOUT})
"""Those that also strike a login, unless they name a path."""

ON_RECORDS = frozenset({FaultKind.FROZEN, FaultKind.MIDNIGHT_BOUNCE, FaultKind.WRONG_ZONE})
"""Those that change what the cloud knows of a device."""

ON_WRITES = frozenset({FaultKind.IGNORED, FaultKind.REFUSED})
"""Those that change what a write does."""

_DEVICE_LISTS = re.compile(r"getAllDeviceList|^v[14]/device/list$|queryDeviceList")
_EVERYWHERE = frozenset({FaultKind.VANISHED, FaultKind.OFFLINE})
"""Those that are true of a device whatever is asked."""

_LIFETIME = re.compile(
    r"^(?!p(ac|local|self|sys|char|dis)|time|money|plantMoney).*(Total|total)$|^totalEnergy$|^e_total$"
)
_LIVE = re.compile(
    r"^(p(?!rice|lant|Status|riority|ortName|ower(Today|Total))|SOC|soc|bmsSoc|bdc1Soc|capacity$|outPut)"
)
_HUGE = 99_999_999.0
_JUMP = 100_000.0


@dataclass(slots=True)
class Fault:
    """One fault, while it lasts."""

    kind: FaultKind
    path: str = ""
    """A regular expression that is looked for in `newTlxApi.do?op=getTlxDetailData`.

    "" means all that the kind can concern: no login for those that need a session, device lists for the empty list.
    """
    device: str = ""
    """The serial of the device that is asked for; "" for any, and for calls about none."""
    count: int | None = None
    """How often it strikes; None for always."""
    until: datetime | None = None
    """When it ends, UTC; None for never."""
    status: int = 503
    seconds: float | None = None
    fields: str = ""
    """A regular expression of field names."""
    value: float = _JUMP
    polls: int = 3
    fresh: bool = False
    text: str = "inv_set_failure"
    late: bool = False
    """Whether a call is carried out before its answer goes wrong: of the kinds that keep it from being answered."""
    struck: int = 0
    """How often it has struck."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What it has to remember, by device."""

    def __post_init__(self) -> None:
        """Check the expressions: re.error for a wrong one, ValueError for an unknown kind."""
        self.kind = FaultKind(self.kind)
        re.compile(self.path)
        re.compile(self.fields)

    def over(self, now: datetime) -> bool:
        """Return whether it is spent."""
        return (self.count is not None and self.struck >= self.count) or (self.until is not None and now >= self.until)

    def meets(self, where: str, serials: frozenset[str]) -> bool:
        """Return whether it concerns a call."""
        if self.device and self.device not in serials:
            return False
        if self.path or self.kind in _ANYWHERE:
            return re.search(self.path, where) is not None
        if self.kind == FaultKind.EMPTY_DEVICE_LIST:
            return _DEVICE_LISTS.search(where) is not None
        return "LoginAPI" not in where


class Faults:
    """All faults that are on."""

    def __init__(self) -> None:
        """Begin without any."""
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        """Go through those that are on, the oldest first."""
        return iter(tuple(self._faults))

    def __len__(self) -> int:
        """Return how many are on."""
        return len(self._faults)

    def add(self, kind: FaultKind | str, **details: Any) -> Fault:  # noqa: ANN401 -- the fields of Fault
        """Switch a fault on; the details are the fields of Fault. Raises ValueError or TypeError for a wrong one."""
        fault = Fault(FaultKind(kind), **details)
        self._faults.append(fault)
        return fault

    def clear(self, kind: FaultKind | str | None = None) -> None:
        """Switch all faults off, or those of one kind."""
        self._faults = [fault for fault in self._faults if kind is not None and fault.kind != kind]

    def striking(self, where: str, serials: frozenset[str], now: datetime) -> list[Fault]:
        """Return the faults that concern a call, and count them as having struck."""
        if not self._faults:
            return []
        self._faults = [fault for fault in self._faults if not fault.over(now)]
        met = [fault for fault in self._faults if fault.kind not in _EVERYWHERE and fault.meets(where, serials)]
        for fault in met:
            fault.struck += 1
        return met

    def vanished(self, serial: str, now: datetime) -> bool:
        """Return whether a device is away."""
        return self._on(FaultKind.VANISHED, serial, now) is not None

    def unheard(self, record: Record, now: datetime) -> Record:
        """Return a record; of a device that is offline the one with which the silence began, and that it is lost."""
        fault = self._on(FaultKind.OFFLINE, record.spec.serial, now)
        if fault is None:
            return record
        kept: Record = fault.kept.setdefault(record.spec.serial, replace(record, lost=True))
        return kept

    def _on(self, kind: FaultKind, serial: str, now: datetime) -> Fault | None:
        return next(
            (
                fault
                for fault in self._faults
                if fault.kind == kind and fault.device in ("", serial) and not fault.over(now)
            ),
            None,
        )


def changed_record(record: Record, fault: Fault, where: str, yesterday: Callable[[], Record]) -> Record:
    """Return what the cloud wrongly believes of a device in the answer to one sort of call.

    `yesterday` makes the last record before the device's midnight.
    """
    serial = record.spec.serial
    match fault.kind:
        case FaultKind.FROZEN:
            frozen: Record = fault.kept.setdefault(serial, record)
            return replace(frozen, uploaded=record.uploaded, lost=record.lost) if fault.fresh else frozen
        case FaultKind.WRONG_ZONE:
            return replace(record, zone="Asia/Shanghai")
        case FaultKind.MIDNIGHT_BOUNCE:
            key = f"{serial} {where}"
            day, polls = fault.kept.get(key, (None, fault.polls))
            if day not in (None, record.snapshot.day):
                polls = 0
            fault.kept[key] = record.snapshot.day, polls + 1
            if polls >= fault.polls:
                return record
            last = yesterday().snapshot.today
            return replace(record, snapshot=record.snapshot._replace(today=last))
        case _:
            return record


def changed_payload(payload: Any, fault: Fault) -> Any:  # noqa: ANN401 -- JSON
    """Return an answer with a fault in it."""
    if fault.kind == FaultKind.NULL_OBJ:
        return _nulled(payload)
    if fault.kind == FaultKind.EMPTY_DEVICE_LIST:
        return {key: [] if key.endswith("List") else value for key, value in payload.items()}
    chosen = re.compile(fault.fields) if fault.fields else None
    if fault.kind == FaultKind.MISSING_FIELDS:
        return _thinned(payload, chosen)
    if fault.kind in _NEW_VALUES:
        usual, change = _NEW_VALUES[fault.kind]
        return _mapped(payload, chosen or usual, lambda value: change(value, fault))
    return payload


def _nulled(payload: Mapping[str, Any]) -> dict[str, Any]:
    if "obj" in payload:
        return {"result": 0, "msg": "504", "obj": None}
    return {key: None if isinstance(value, dict | list) else value for key, value in payload.items()}


def _thinned(payload: Any, chosen: re.Pattern[str] | None) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(payload, list):
        return [_thinned(part, chosen) for part in payload]
    if not isinstance(payload, dict):
        return payload
    kept = {}
    for n, (key, value) in enumerate(payload.items()):
        if isinstance(value, dict | list) and not (chosen and chosen.search(key)):
            kept[key] = _thinned(value, chosen)
        elif not (chosen.search(key) if chosen else n % 2):
            kept[key] = value
    return kept


def _mapped(payload: Any, chosen: re.Pattern[str], change: Callable[[float], float | str]) -> Any:  # noqa: ANN401
    if isinstance(payload, list):
        return [_mapped(part, chosen, change) for part in payload]
    if not isinstance(payload, dict):
        return payload
    changed = {}
    for key, value in payload.items():
        inner = isinstance(value, dict | list)
        changed[key] = _mapped(value, chosen, change) if inner or not chosen.search(key) else _changed(value, change)
    return changed


def _changed(value: Any, change: Callable[[float], float | str]) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return change(float(value))
    number = re.match(r"-?\d+(\.\d+)?", value)
    if number is None:
        return value
    made = change(float(number[0]))
    return ("NaN" if isinstance(made, float) and math.isnan(made) else str(made)) + value[number.end() :]


_NEW_VALUES: Mapping[FaultKind, tuple[re.Pattern[str], Callable[[float, Fault], float | str]]] = {
    FaultKind.ZERO_COUNTERS: (_LIFETIME, lambda _, __: 0.0),
    FaultKind.COUNTER_JUMP: (_LIFETIME, lambda value, fault: round(value + fault.value, 1)),
    FaultKind.NAN: (_LIVE, lambda _, __: float("nan")),
    FaultKind.ABSURD: (_LIVE, lambda _, __: _HUGE),
    FaultKind.GARBAGE: (_LIVE, lambda _, __: "***"),
}
"""Which fields a fault changes unless it says so itself, and how."""
