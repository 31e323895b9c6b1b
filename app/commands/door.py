"""The way to an account that writes."""

from collections.abc import Callable
from dataclasses import dataclass

from app.model import Device
from app.providers import Writing
from app.turn import Turn


@dataclass(frozen=True, slots=True)
class Door:
    """The way to an account."""

    account: str
    provider: Writing
    turn: Turn


Reach = Callable[[Device], Door | None]
"""Returns the way to the account that a device is written through, or None where there is none now."""
