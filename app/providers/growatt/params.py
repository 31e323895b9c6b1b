"""What a write is made of: rows that tie a request's parameters to points, and the two loops that go through them.

A row serves both ways: `encode` and `decode` carry values into a request and back out of one, `rows` makes the
catalogue rows that read the same points from the answer in which Growatt shows them.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from app import rows as kinds
from app.errors import NO_ZONE, CommandError
from app.model import Choice, Domain, Moment, Order, Point, Press, Setting, TimeOfDay, Toggle, Value, Words

ON_OFF: Final[Mapping[str, Value]] = {
    "0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True,
}  # fmt: skip
"""What a setting's flag is read back as."""
COMMANDS: Final[Mapping[str, Value]] = {"0000": False, "0001": True, **ON_OFF}
"""What a command to switch on or off is read as."""


class Form(StrEnum):
    """How one parameter is written."""

    NUMBER = "number"
    """With `digits` decimals."""
    FLAG = "flag"
    """0 or 1."""
    COMMAND = "command"
    """0000 or 0001."""
    CODE = "code"
    """One of `codes`."""
    HOUR = "hour"
    """The hours of a time of day, in two digits unless `bare`."""
    MINUTE = "minute"
    """The minutes of the same time."""
    TIME = "time"
    """`HH:MM`."""
    CLOCK = "clock"
    """`YYYY-MM-DD HH:MM:SS`; without the seconds Growatt answers `inv_set_time_format` (PLCHome/growatt#14)."""
    CLOCK_MINUTES = "clock_minutes"
    """`YYYY-MM-DD HH:MM`."""
    TEXT = "text"
    """As it is."""
    FIXED = "fixed"
    """Always `fixed`, whatever is set."""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a write. Several may carry parts of one point: a time's hours and minutes."""

    form: Form
    point: Point | None = None
    """What it carries; None for what is FIXED. With the domain Press it carries the plant's own time as it is sent."""
    field: str = ""
    """Where the answer that shows the settings has it; empty where it has not."""
    accepts: Domain | None = None
    """What may be written; None for what the form says: on or off, a time, one of the codes, any text."""
    instead: tuple[str, ...] = ()
    """Other names of `field`."""
    codes: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    """The vendor's code -> the point's word."""
    digits: int = 0
    """Decimals of a NUMBER."""
    trim: bool = False
    """Whether its last noughts are left out: 0.3 and not 0.3000."""
    kept: int = 0
    """Decimals that stay all the same."""
    least: float = 0
    """The smallest a NUMBER may be without its sign: a power factor of 0.5 does not exist."""
    bare: bool = False
    """Whether hours and minutes have no leading zero."""
    fixed: str = ""
    name: str = ""
    """In the request; empty for `param` and its place, from 1."""

    @property
    def domain(self) -> Domain:
        """What may be written."""
        if self.accepts is not None:
            return self.accepts
        if self.form is Form.CODE:
            return Choice(tuple(dict.fromkeys(str(word) for word in self.codes.values())))
        return _DOMAINS[self.form]


_DOMAINS: Final[Mapping[Form, Domain]] = {
    Form.FLAG: Toggle(),
    Form.COMMAND: Toggle(),
    Form.HOUR: TimeOfDay(),
    Form.MINUTE: TimeOfDay(),
    Form.TIME: TimeOfDay(),
    Form.CLOCK: Moment(),
    Form.CLOCK_MINUTES: Moment(),
    Form.TEXT: Words(),
}


@dataclass(frozen=True, slots=True)
class Write:
    """One write: what it changes, under which names, with which parameters in order."""

    key: str
    """Of the setting: the point's, or that of the whole."""
    method: str
    """The writer of growattServer that sends it."""
    kind: str
    """The vendor's type of the setting."""
    params: tuple[Param, ...]
    windows: tuple[str, ...] = ()
    family: str = ""
    orders: tuple[Order, ...] = ()
    danger: bool = False
    overnight: bool = True
    """Whether its windows may go over midnight."""
    seldom: bool = False
    """Whether hardly anybody sets it, and nobody should by a slip."""
    needs: str = ""
    """What a device must have to be offered it: `battery`; `named`: that Growatt's list for it names it; both, with a
    space between them; or nothing."""

    setting: Setting = dataclasses.field(init=False, compare=False, repr=False)
    """What it changes, as the engine of commands knows it; `how` is `method/kind`."""

    def __post_init__(self) -> None:
        """Make the setting, which is asked for with every command."""
        found: dict[str, Point] = {}
        shown: set[str] = set()
        for param in self.params:
            if param.point is not None:
                found.setdefault(param.point.key, replace(param.point, accepts=param.domain))
                shown |= {param.point.key} if param.field else set()
        setting = Setting(
            self.key,
            tuple(found.values()),
            self.windows,
            self.family,
            self.orders,
            self.danger,
            reads_back=found.keys() == shown,
            how=f"{self.method}/{self.kind}",
            overnight=self.overnight,
            seldom=self.seldom,
        )
        object.__setattr__(self, "setting", setting)

    @property
    def points(self) -> tuple[Point, ...]:
        """Its points in order, each with what it accepts."""
        return self.setting.points


def window(key: Mapping[str, Point], start: str, end: str, enabled: str, *, bare: bool = False) -> tuple[Param, ...]:
    """Return the five parameters of a window: start, end, each in hours and minutes, and whether it counts.

    `key` has its points by `start`, `end` and `enabled`; the others are the fields that show them.
    """
    return (
        Param(Form.HOUR, key["start"], start, bare=bare),
        Param(Form.MINUTE, key["start"], start, bare=bare),
        Param(Form.HOUR, key["end"], end, bare=bare),
        Param(Form.MINUTE, key["end"], end, bare=bare),
        Param(Form.FLAG, key["enabled"], enabled),
    )


def texts(points: Iterable[Point], names: Iterable[str]) -> tuple[Param, ...]:
    """Return parameters that carry one text each, for a write that no row describes."""
    return tuple(Param(Form.TEXT, point, name=name) for point, name in zip(points, names, strict=False))


# Reading back


def rows(writes: Iterable[Write]) -> tuple[kinds.Row, ...]:
    """Return the rows that read back what the writes set, one for each point, in order."""
    found: dict[str, kinds.Row] = {}
    for write in writes:
        for param in write.params:
            if param.point is not None and param.field and param.point.key not in found:
                found[param.point.key] = _row(param, param.point)
    return tuple(found.values())


def _row(param: Param, point: Point) -> kinds.Row:
    match param.form:
        case Form.NUMBER:
            return kinds.Number(point, param.field, instead=param.instead)
        case Form.FLAG | Form.COMMAND:
            return kinds.Code(point, param.field, ON_OFF)
        case Form.CODE:
            return kinds.Code(point, param.field, param.codes)
        case Form.HOUR | Form.MINUTE | Form.TIME:
            return kinds.TimeOfDay(point, param.field)
        case Form.CLOCK | Form.CLOCK_MINUTES:
            return kinds.Moment(point, param.field)
        case _:
            return kinds.Words(point, param.field)


# Into a request


def encode(params: Sequence[Param], values: Mapping[str, Value], now: datetime | None) -> list[tuple[str, str]]:
    """Return names and texts of a request's parameters, in order.

    Args:
        params: The rows.
        values: By the keys of their points, every one, each as its domain keeps it.
        now: The plant's wall clock, for a Press; None where nobody knows its zone.

    Raises:
        CommandError: A value that no request can carry, or a clock that would be set to nobody knows which time.
    """
    return [(_name(param, place), _text(param, values, now)) for place, param in enumerate(params, 1)]


def _name(param: Param, place: int) -> str:
    return param.name or f"param{place}"


def _text(param: Param, values: Mapping[str, Value], now: datetime | None) -> str:  # noqa: PLR0911 - one a form
    if param.point is None:
        return param.fixed
    press = isinstance(param.accepts, Press) and param.accepts.clock
    value = _now(param.point, now) if press else values[param.point.key]
    match param.form:
        case Form.NUMBER:
            return _number(param, param.point, float(value))
        case Form.FLAG:
            return "1" if value is True else "0"
        case Form.COMMAND:
            return "0001" if value is True else "0000"
        case Form.CODE:
            return next(code for code, word in param.codes.items() if word == value)
        case Form.HOUR | Form.MINUTE:
            part = str(value).split(":")[param.form is Form.MINUTE]
            return str(int(part)) if param.bare else part
        case Form.TIME:
            return str(value)[11:16] if press else str(value)
        case Form.CLOCK | Form.CLOCK_MINUTES:
            return str(value).replace("T", " ")[: 19 if param.form is Form.CLOCK else 16]
        case _:
            return str(value)


def _now(point: Point, now: datetime | None) -> str:
    if now is None:
        msg = f"{point.key}: {NO_ZONE}"
        raise CommandError(msg, "not_ready")
    return now.replace(tzinfo=None, microsecond=0).isoformat()


def _number(param: Param, point: Point, value: float) -> str:
    if abs(value) < param.least:
        msg = f"{point.key} must be at least {param.least:g}, or at most {-param.least:g}: {value:g} lies between"
        raise CommandError(msg, "out_of_range")
    whole, _, rest = f"{value + 0.0:.{param.digits}f}".partition(".")  # + 0.0: a nought has no sign
    if param.trim:
        rest = rest.rstrip("0").ljust(param.kept, "0")
    return f"{whole}.{rest}" if rest else whole


# Out of a request


def plain(raw: object) -> str:
    """Return a parameter as it travels: booleans are 1 and 0, whole numbers bare, lists and objects JSON."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "1" if raw else "0"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw) if isinstance(raw, str | int | float) else json.dumps(raw, separators=(",", ":"))


def named(given: Sequence[object] | Mapping[str, object], names: Sequence[str]) -> dict[str, str]:
    """Return parameters by their names in the request; a mapping may also number them 1, 2, ... or param1, param2, ....

    Raises:
        CommandError: There are more than the request has, or one that it has not.
    """
    if isinstance(given, Mapping):
        places = {str(place): name for place, name in enumerate(names, 1)}
        places |= {f"param{place}": name for place, name in places.items()} | {name: name for name in names}
        if unknown := [name for name in map(str, given) if name not in places]:
            msg = f"there is no parameter {unknown[0]}; there are: {', '.join(names)}"
            raise CommandError(msg, "invalid_value")
        found = {places[str(name)]: plain(raw) for name, raw in given.items()}
        if len(found) < len(given):
            msg = "a parameter is given twice, under two of its names"
            raise CommandError(msg, "invalid_value")
        return found
    if isinstance(given, str) or len(given) > len(names):
        many = 1 if isinstance(given, str) else len(given)
        msg = f"the request has {len(names)} parameters ({', '.join(names)}), and {many} do not fit"
        raise CommandError(msg, "invalid_value")
    return {name: plain(raw) for name, raw in zip(names, given, strict=False)}


def decode(params: Sequence[Param], given: Sequence[object] | Mapping[str, object]) -> dict[str, Value]:
    """Return what the parameters of a request set, by the keys of the points; FIXED ones may be left out.

    Raises:
        CommandError: There are more or fewer than the request has, or one makes no sense.
    """
    names = [_name(param, place) for place, param in enumerate(params, 1)]
    texts = named(given, names)
    found: dict[str, Value] = {}
    for name, param in zip(names, params, strict=True):
        if param.point is None:
            if texts.get(name, param.fixed) != param.fixed:
                msg = f"{name} is always {param.fixed!r}"
                raise CommandError(msg, "invalid_value")
        elif name not in texts:
            msg = f"{name} ({param.point.key}) is missing; the parameters are: {', '.join(names)}"
            raise CommandError(msg, "invalid_value")
        else:
            found[param.point.key] = _value(param, param.point, texts[name].strip(), found.get(param.point.key))
    return found


def _value(param: Param, point: Point, text: str, before: Value | None) -> Value:
    """Return what a text sets a point to; `before` is what an earlier part of it has set."""
    for value in _values(param, text, str(before or "")):
        return value
    msg = f"{text!r} is nothing that {point.key} can be set to"
    raise CommandError(msg, "invalid_value")


def _values(param: Param, text: str, before: str) -> Iterator[Value]:
    """Yield the value, or nothing where the text makes no sense."""
    match param.form:
        case Form.NUMBER:
            number = kinds.number(text)
            if number is not None:
                yield number
        case Form.FLAG | Form.COMMAND:
            yield from [COMMANDS[text.lower()]] if text.lower() in COMMANDS else []
        case Form.CODE:
            yield from [param.codes[text]] if text in param.codes else []
        case Form.HOUR:
            yield from [f"{int(text):02}:00"] if re.fullmatch(r"[01]?\d|2[0-3]", text) else []
        case Form.MINUTE:
            yield from [f"{before[:2]}:{int(text):02}"] if re.fullmatch(r"[0-5]?\d", text) else []
        case Form.TIME:
            found = kinds.time_of_day(text)
            yield from [found] if found else []
        case Form.CLOCK | Form.CLOCK_MINUTES:
            when = kinds.moment(text)
            yield from [when] if when else []
        case _:
            yield text
