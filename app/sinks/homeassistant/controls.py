"""Controls: what stands in Home Assistant for a point that can be set, and what it says of its newest command.

A control shows the last confirmed value, never what was only asked for: that is in its attributes. Its state may be
missing for ever, for there are settings that the vendor takes and never shows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.model import Choice, Device, Domain, Kind, Moment, Point, Press, Range, Role, Setting, TimeOfDay, Toggle, Unit
from app.model import Words as Text
from app.sinks.homeassistant.names import Names
from app.sinks.homeassistant.rules import LONGEST_STATE, SMALLEST_STEP
from app.sinks.homeassistant.settings import HomeAssistantSettings
from app.sinks.homeassistant.states import JSON_CAME, States, listed, quoted
from app.sinks.homeassistant.tables import PLATFORMS

SOURCE: Final = "homeassistant"
"""What the audit shows as the source of a command."""
FIRST: Final = 3
"""Of what a device has many of, such as windows of a schedule, so many are enabled: hardly anybody uses more."""
UNDO: Final = "undo"
"""The key of the button that takes the newest command back."""
CLOCK: Final = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
CALENDAR: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}$"
CLOCK_LENGTH: Final = 5
CALENDAR_LENGTH: Final = 19
FAILURES: Final = ("rejected", "failed", "unconfirmed", "expired")
"""How a command ends of which its sender should know why."""
UNSEEN: Final = "not_verified"
"""The code of what the vendor has taken and never shows: no failure."""
ENABLED: Final = " enabled"
"""How the name of a switch ends that says of one of several things whether it is in use. A switch says so itself."""
ICONS: Final[Mapping[str, str]] = {
    "_start": "mdi:clock-start",
    "_end": "mdi:clock-end",
    "_enabled": "mdi:calendar-clock",
}
"""By the end of a key: the parts of a window of the day."""


class Settable(NamedTuple):
    """A point that can be set from Home Assistant."""

    point: Point
    domain: Domain
    enabled: bool
    """Whether its control is enabled when Home Assistant first sees it."""


def settable(offered: Iterable[Setting]) -> dict[str, Settable]:
    """Return the points that can be set from Home Assistant, by key, as the first setting that has them has them.

    Those that ask for a token are left out: Home Assistant has none to give.
    """
    found: dict[str, Settable] = {}
    for setting in offered:
        if not setting.danger:
            for point in setting.points:
                if point.accepts is not None:
                    enabled = not setting.seldom and (point.role is not Role.TAIL or _is_early(point))
                    found.setdefault(point.key, Settable(point, point.accepts, enabled))
    return found


def _is_early(point: Point) -> bool:
    """Return whether a point is one of the first of many."""
    return point.n is not None and point.n <= FIRST


def icon(point: Point) -> str | None:
    """Return the icon of a control, or None for that of its platform."""
    if isinstance(point.accepts, TimeOfDay | Toggle) and point.n is not None:
        return next((found for end, found in ICONS.items() if point.key.endswith(end)), None)
    return None


@dataclass(frozen=True, slots=True)
class Controls:
    """Derives platform, state and command of points that can be set."""

    states: States
    settings: HomeAssistantSettings
    names: Names
    device_class: Callable[[Point], str | None]
    """The device class of a numeric point."""

    def name(self, point: Point) -> str:
        """Return the name of a control."""
        if isinstance(point.accepts, Toggle) and point.n is not None:
            return self.names.of(replace(point, name=point.name.removesuffix(ENABLED)))
        return self.names.of(point)

    def of(self, device: Device, point: Point, domain: Domain) -> dict[str, object]:
        """Return all of a control but its identity and name; what has no value is None."""
        topics = self.states.topics
        topic, value = self.states.source(device, point)
        if not self.states.per_point:
            value = f"value_json.get('{point.key}')"  # it may be there only once it has been set
        shape = self._shape(device, point, domain, value)
        if shape["p"] != "button":
            shape = {"stat_t": topic, **shape}
        return {
            "cmd_t": topics.setting(device.id, point.key),
            "cmd_tpl": _command("value | string" if shape["p"] in {"time", "datetime"} else "value"),
            **shape,
            "json_attr_t": topics.attributes(device.id),
            "json_attr_tpl": _attributes(point.key),
            "msg_exp_int": self._expiry,
        }

    def undo(self, device: Device) -> dict[str, object]:
        """Return the button that takes a device's newest change back."""
        return {
            "p": "button",
            "cmd_t": self.states.topics.request("undo"),
            "pl_prs": f'{{"device": "{device.id}"}}',
            "ic": "mdi:undo",
            "msg_exp_int": self._expiry,
        }

    @property
    def _expiry(self) -> int | None:
        expiry = self.settings.command_expiry
        return None if expiry is None else round(expiry.total_seconds())

    def _shape(  # noqa: PLR0911 - one a domain
        self, device: Device, point: Point, domain: Domain, value: str
    ) -> dict[str, object]:
        match domain:
            case Range():
                return self._number(point, domain, value)
            case Choice(options):
                return self._select(options, value)
            case Toggle():
                on, off = self.states.on_off
                return {
                    "p": "switch", "val_tpl": self.states.guarded(value), "pl_on": "on", "pl_off": "off",
                    "stat_on": on, "stat_off": off,
                }  # fmt: skip
            case TimeOfDay():
                if self._knows("time"):
                    return {"p": "time", "val_tpl": self._matching(value, CLOCK, "none")}
                return self._text(value, CLOCK, CLOCK_LENGTH)
            case Moment():
                if self._knows("datetime"):
                    return self._datetime(device, value)
                return self._text(value, CALENDAR, CALENDAR_LENGTH)
            case Text(longest, pattern):
                return self._text(value, f"^(?:{pattern})$" if pattern else "", min(longest, LONGEST_STATE))
            case Press():
                return {"p": "button", "pl_prs": "press"}

    def _knows(self, platform: str) -> bool:
        return PLATFORMS[platform].since <= self.settings.version

    def _number(self, point: Point, domain: Range, value: str) -> dict[str, object]:
        low, high, step = domain.low, domain.high, max(domain.step, SMALLEST_STEP)
        # What lies outside would be an error in the log at every message: a device may be set to more than we let.
        number = f"(value | float({low - 1}))" if self.states.per_point else value
        within = f"{low} <= {number} <= {high}"
        return {
            "p": "number",
            "val_tpl": self.states.only(within if self.states.per_point else f"{value} is number and {within}", value),
            "min": low,
            "max": high,
            "step": step,
            "mode": "slider" if point.unit == Unit.PERCENT else "box",
            "unit_of_meas": point.unit or None,
            # A number has no state class; its unit and class are those of a reading of the moment.
            "dev_cla": self.device_class(replace(point, kind=Kind.GAUGE)),
        }

    def _select(self, options: Sequence[str], value: str) -> dict[str, object]:
        labels = self.names.labels(options)
        shown = ", ".join(f"{quoted(word)}: {quoted(label)}" for word, label in labels.items())
        meant = ", ".join(f"{quoted(label)}: {quoted(word)}" for word, label in labels.items())
        return {
            "p": "select",
            "val_tpl": self.states.only(f"{value} in {listed(labels)}", f"{{{shown}}}[{value}]"),
            "cmd_tpl": _command(f"{{{meant}}}.get(value, value)"),
            "ops": list(labels.values()),
        }

    def _text(self, value: str, pattern: str, longest: int) -> dict[str, object]:
        # A text cannot be unknown (it would be the word None, and an error if that does not fit): it is empty.
        shown = self._matching(value, pattern, "''") if pattern else self.states.only(f"{value} is string", value, "''")
        return {"p": "text", "val_tpl": shown, "ptrn": f"^$|{pattern}" if pattern else None, "max": longest}

    def _matching(self, value: str, pattern: str, otherwise: str) -> str:
        return self.states.only(f"{value} is match({quoted(pattern)})", value, otherwise)

    def _datetime(self, device: Device, value: str) -> dict[str, object]:
        """Return a calendar that is read and set by the plant's clock; the bridge takes the moment in any zone."""
        if isinstance(device.zone, ZoneInfo):
            return {"p": "datetime", "val_tpl": self._matching(value, CALENDAR, "none"), "tz": device.zone.key}
        offset = device.zone.utcoffset(None) if device.zone else None
        minutes = round(offset.total_seconds() / 60) if offset else 0
        sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
        shown = f"{value} ~ '{sign}{hours:02}:{rest:02}'"
        return {"p": "datetime", "val_tpl": self.states.only(f"{value} is match({quoted(CALENDAR)})", shown)}


def _command(value: str) -> str:
    """Return the template of a command."""
    return f'{{"value": {{{{ {value} | tojson }}}}, "source": "{SOURCE}"}}'


def _attributes(key: str) -> str:
    """Return the template of what a control says of its newest command: what is asked for, and why the last failed."""
    commands = "value_json['commands']"
    it = f"{commands}['{key}']"
    there = f"{JSON_CAME} and {commands} is defined and {it} is defined"
    pending = f"{it}['requested'] if {it}['status'] == 'pending' else none"
    failed = f"{it}['status'] in {listed(FAILURES)} and {it}['code'] != {quoted(UNSEEN)}"
    error = f"{it}['message'] | default('') if {failed} else none"
    told = f"{{'pending': {pending}, 'last_error': {error}, 'last_command': {it}}}"
    return f"{{{{ ({told} if {there} else {{}}) | tojson }}}}"
