"""The way to an account that writes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

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
        ways = [
            way for way in self.settings(device) if way[1].key == setting.key and _points(way[1]) == _points(setting)
        ]
        for door, own in ways:
            if setting.via == door.account:
                return door, replace(own, via=door.account)
        for way in ways:
            return way
        return next((door for door in self.others if door.account == setting.via), self), setting


def _points(setting: Setting) -> set[str]:
    return {point.key for point in setting.points}


Reach = Callable[[Device], Door | None]
"""Returns the way to the account that a device is written through, or None where there is none now."""
