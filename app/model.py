"""The nouns: what can be measured (Point), on what (Device), and what it was (Reading)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple, TypeAlias

Value: TypeAlias = float | bool | str
"""What a point can be. Missing is not a value: there is then no reading."""


class Unit(StrEnum):
    """Units on the inside and on the wire out; a currency is its ISO 4217 code instead."""

    NONE = ""
    WATT = "W"
    KILOWATT_HOUR = "kWh"
    VOLT = "V"
    AMPERE = "A"
    HERTZ = "Hz"
    CELSIUS = "°C"
    PERCENT = "%"
    VOLT_AMPERE = "VA"
    VAR = "var"
    KILOGRAM = "kg"
    SECOND = "s"
    MINUTE = "min"
    HOUR = "h"


class Kind(StrEnum):
    """How a point moves over time, or what sort of word it is."""

    GAUGE = "gauge"
    """An instantaneous quantity."""
    LEVEL = "level"
    """How full a store is: a state of charge or health in %, or kWh held."""
    COUNTER = "counter"
    """Only grows, over the device's life."""
    DAILY = "daily"
    """Grows, and returns to zero at the plant's midnight."""
    TOTAL = "total"
    """A sum that may rise or fall, such as money."""
    STATE = "state"
    """One of the words in `words`, or another when the vendor invents one."""
    FLAG = "flag"
    """On or off."""
    PROBLEM = "problem"
    """True while something is wrong."""
    LINK = "link"
    """True while connected."""
    TEXT = "text"
    """Free words."""
    TIME = "time"
    """A moment, as ISO 8601 text with its offset."""


NUMERIC = frozenset({Kind.GAUGE, Kind.LEVEL, Kind.COUNTER, Kind.DAILY, Kind.TOTAL})
BINARY = frozenset({Kind.FLAG, Kind.PROBLEM, Kind.LINK})


class Role(StrEnum):
    """Whom a point is for."""

    PRIMARY = "primary"
    """Everybody."""
    DIAGNOSTIC = "diagnostic"
    """Whoever looks for the cause of something."""
    TAIL = "tail"
    """Hardly anybody: published, but not enabled in Home Assistant unless asked for."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two bounds, both allowed, in the point's unit."""

    low: float
    high: float
    step: float = 1
    """The finest difference the device keeps; a closer read-back is the same value."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Toggle:
    """On or off."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A minute of the plant's day, as `HH:MM`."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A second of the plant's calendar, as `YYYY-MM-DDTHH:MM:SS` without an offset."""


@dataclass(frozen=True, slots=True)
class Words:
    """Free text."""

    longest: int = 255
    """Characters."""
    pattern: str = ""
    """A regular expression that the whole must match; empty for any."""


@dataclass(frozen=True, slots=True)
class Press:
    """An action that is not a state; its one value is `press`."""

    clock: bool = False
    """Whether it sends the plant's time, so that its zone must be known."""


Domain: TypeAlias = Range | Choice | Toggle | TimeOfDay | Moment | Words | Press


@dataclass(frozen=True, slots=True)
class Point:
    """The definition of one quantity of a device; made once, the same for every device that has it."""

    key: str
    """Letters, digits, `_` and `-`; part of topics and unique ids, so never changed."""
    name: str
    """English, with `{n}` where the number of a string, phase or module goes."""
    unit: str = Unit.NONE
    kind: Kind = Kind.GAUGE
    role: Role = Role.PRIMARY
    n: int | None = None
    """The number of the string, phase or module."""
    words: tuple[str, ...] = ()
    """The words a STATE can be, as far as they are known."""
    low: float | None = None
    high: float | None = None
    """Bounds beyond which a value is absurd, in the point's unit; None for those of the unit."""
    derived: bool = False
    """Computed by the bridge, not sent by the vendor."""
    accepts: Domain | None = None
    """What may be written; None for a point that can only be read."""

    @property
    def title(self) -> str:
        """The English name with its number filled in."""
        return self.name.replace("{n}", str(self.n))


@dataclass(frozen=True, slots=True)
class Order:
    """Of two points of a device, the first must not be above the second: a stop SOC and the reserve, say."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What one write changes on a device: one point, or several that the vendor takes together."""

    key: str
    """The point's key; or that of the whole, such as `charge_schedule`, which takes a JSON object of all its points."""
    points: tuple[Point, ...]
    """All with `accepts`; a write gives every one of them a value."""
    windows: tuple[str, ...] = ()
    """Times of the day in it: `charge_1` has the points `charge_1_start`, `charge_1_end` and `charge_1_enabled`, and
    takes a JSON object of them."""
    family: str = ""
    """Enabled windows of one family must not overlap, be they in one setting or in several."""
    orders: tuple[Order, ...] = ()
    danger: bool = False
    """Whether it can harm: grid codes, resets, protection. Only with `commands.allow_dangerous` and a token."""
    reads_back: bool = True
    """Whether the vendor shows what it has been set to."""
    how: str = ""
    """The provider's own note on how it is written; nobody else reads it."""
    overnight: bool = True
    """Whether its windows may go over midnight."""
    via: str = ""
    """The account that it goes through, because a raw write names a method of that account's; empty for the best."""
    seldom: bool = False
    """Whether hardly anybody sets it, and nobody should by a slip: it stops the device, or is set once in years."""

    def parts(self, key: str) -> Mapping[str, Point]:
        """Return what can be written under a key: points by their name in its JSON object; empty for no key of ours.

        A point alone has no name: it takes a plain value.
        """
        for point in self.points:
            if point.key == key:
                return {"": point}
        if key == self.key or key in self.windows:
            start = f"{key}_"
            named = {point.key.removeprefix(start): point for point in self.points if point.key.startswith(start)}
            whole = key in self.windows or len(named) == len(self.points)
            return named if whole else {point.key: point for point in self.points}
        return {}


class DeviceKind(StrEnum):
    """What sort of thing a device is."""

    PLANT = "plant"
    INVERTER = "inverter"
    BATTERY = "battery"
    METER = "meter"
    LOGGER = "logger"


@dataclass(frozen=True, slots=True)
class Device:
    """One piece of hardware, or a plant."""

    id: str
    """`<provider>_<serial>` or `<provider>_plant_<id>`, in letters, digits, `_` and `-`; never changes."""
    account: str
    """The account it is read through: its name in the configuration; the best one, where several see it."""
    kind: DeviceKind
    name: str
    """What the owner calls it; may change."""
    model: str = ""
    serial: str = ""
    manufacturer: str = ""
    firmware: str = ""
    via: str | None = None
    """The id of the device it hangs below; None for a plant."""
    zone: tzinfo | None = None
    """The plant's time zone, for "today" and the vendor's dates; None for UTC."""
    rated_power: float | None = None
    """W, where the vendor tells."""
    accumulate: tuple[str, ...] = ()
    """Keys of daily energies whose lifetime counter the vendor lacks, so that the bridge keeps one."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Other facts that hardly change, such as a vendor's own key."""
    others: tuple[str, ...] = ()
    """Further accounts that see it, the best first."""


class Reading(NamedTuple):
    """The value of one point of one device at one moment."""

    device_id: str
    point: Point
    value: Value
    at: datetime
    """When it was true, UTC: the vendor's time if `timed`, else when it was asked for; never when the answer came."""
    timed: bool = False
    """Whether `at` is the vendor's own time stamp."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One vendor call (or batch of them) that is read at one cadence."""

    name: str
    every: timedelta
    """By day."""
    night: timedelta
    """By night, when hardly anything moves."""
    reason: str
    """Why this cadence."""
    minimum: timedelta = timedelta(minutes=1)
    """No configuration may go faster."""
    aligned: bool = False
    """Whether to read just after the vendor's own upload."""


class AccountState(StrEnum):
    """How an account is."""

    ONLINE = "online"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    LOCKED = "locked"
    AUTH_FAILED = "auth_failed"


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How one account is, for people and for Home Assistant."""

    account: str
    provider: str
    api: str
    state: AccountState
    reason: str = ""
    """One sentence that says what to do; empty when online."""
    until: datetime | None = None
    """When the state is expected to end, UTC."""
    last_poll: datetime | None = None
    """The last successful read of a feed, UTC."""
    next_poll: datetime | None = None
    calls_today: int = 0
    budget: int = 0
    """Calls a day."""
    stretch: float = 1.0
    """By how much the cadence is stretched so that the budget lasts."""
    read_only: bool = False
    """Whether the login is a visitor's, who may only look."""
    clock_offset: timedelta | None = None
    """By how much this machine's clock is ahead of the vendor's; negative if it is behind, None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a device and is not a state."""

    device: Device
    type: str
    """`fault_raised`, `fault_cleared`, ..."""
    data: Mapping[str, Value]
    at: datetime


@dataclass(frozen=True, slots=True)
class CommandStatus:
    """How the newest command of a point goes, for whoever looks at the device."""

    device_id: str
    key: str
    """The point, or composite, that the command was sent to."""
    body: Mapping[str, Value | Mapping[str, Value]]
    """`status` (`pending`, or how it ended), `id`, `at`, and what there is of `code`, `message`, `requested`."""


EVENT_TYPES = ("fault_raised", "fault_cleared", "command_confirmed", "command_failed")
