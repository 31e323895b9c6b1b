"""Where the state of a point is read, and in what words: a device's JSON, or a topic of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.model import Device, Point
from app.topics import Topics

JSON_CAME: Final = "value_json is defined"
"""Whether a message held JSON; one that clears a topic is empty."""


def quoted(word: str) -> str:
    """Return a word as a template writes it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def listed(words: Iterable[str]) -> str:
    """Return words as a template's list."""
    return f"[{','.join(map(quoted, words))}]"


@dataclass(frozen=True, slots=True)
class States:
    """Templates that take a point's value out of a message."""

    topics: Topics
    per_point: bool
    """Whether states are read from a topic a point instead of the device's JSON."""

    def source(self, device: Device, point: Point) -> tuple[str, str]:
        """Return where a point's state is published, and the expression of its value there."""
        if self.per_point:
            return self.topics.point(device.id, point.key), "value"
        return self.topics.state(device.id), f"value_json['{point.key}']"

    def plain(self, value: str) -> str:
        """Return the template that passes a value on; unknown is null in the JSON, and nothing on its own topic."""
        return f"{{{{ {value} or none }}}}" if self.per_point else f"{{{{ {value} }}}}"

    def guarded(self, value: str) -> str:
        """Return `plain` for platforms that write an error to the log for each message they cannot render.

        There is such a message whenever a device goes: the broker tells that its state is empty now, and that is no
        JSON. Sensors pass it over (https://github.com/home-assistant/core, components/mqtt/sensor.py and the others).
        """
        return self.plain(value if self.per_point else f"{value} if {JSON_CAME} else none")

    def only(self, condition: str, value: str, otherwise: str = "none") -> str:
        """Return the template of a value where a condition holds; of an empty message it must not be asked."""
        came = "" if self.per_point else f"{JSON_CAME} and "
        return f"{{{{ {value} if {came}{condition} else {otherwise} }}}}"

    @property
    def on_off(self) -> tuple[str, str]:
        """How on and off read: as words on a topic of their own, else as a template renders JSON's true and false."""
        return ("on", "off") if self.per_point else ("True", "False")
