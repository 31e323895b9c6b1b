"""The way to an account that writes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.model import Device, Setting
from app.providers import Writing
from app.turn import Turn


@dataclass(frozen=True, slots=True)
class Door:
    """The way to an account."""

    account: str
    provider: Writing
    turn: Turn
    others: tuple["Door", ...] = ()
    """The ways through other accounts, for settings that this one does not offer; the best first."""

    def settings(self, device: Device) -> "Iterator[tuple[Door, Setting]]":
        """Yield what can be set on a device, and the way it goes: what several accounts offer, the best one's first."""
        for door in (self, *self.others):
            for setting in door.provider.settings(device):
                yield door, setting

    def through(self, device: Device, setting: Setting) -> "tuple[Door, Setting]":
        """Return the way that a setting goes, and how that account offers it; this way for what none offers."""
        for door, own in self.settings(device):
            if own.key == setting.key and _points(own) == _points(setting):
                return door, own
        return self, setting


def _points(setting: Setting) -> set[str]:
    return {point.key for point in setting.points}


Reach = Callable[[Device], Door | None]
"""Returns the way to the account that a device is written through, or None where there is none now."""
