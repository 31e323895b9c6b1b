"""What is learnt about the devices themselves, as answers mention it, and kept to be known right after a start."""

from collections.abc import Mapping
from typing import Final

from app.providers import Account
from app.rows import number, text

BATTERY: Final = "battery"
"""The fact that a battery has shown itself; also the name of that part."""
NAMED: Final = "named"
"""Which settings Growatt's own list of them names, in one text."""
ASKED: Final = "asked"
"""That the call about the device has been made."""

_FIELDS: Final[Mapping[str, str]] = {
    "dType": "model",
    "model": "model",
    "modelName": "model",
    "inverterType": "model",
    "deviceModel": "model",
    "version": "firmware",
    "fwVersion": "firmware",
    "innerVersion": "inner",
    "nominalPower": "rated",
    "normalPower": "rated",
    "pmax": "rated",
}
"""Fields that tell something about the device itself, in rising order of trust."""
_OFF: Final = (None, "0", "false")
_ZERO: Final = (None, 0, "", "0", "0.0", "--", "null")
_MOST: Final = 10_000_000
"""No device of ours measures as much of anything; the largest are lifetime counters, in kWh."""


class Facts:
    """Model, firmware, rated power and the like, by device."""

    def __init__(self, account: Account) -> None:
        """Take up what was kept."""
        self._vault = account.vault
        kept = self._vault.get("facts") or {}
        self._facts: dict[str, dict[str, str]] = {
            str(device): {str(fact): str(value) for fact, value in facts.items()}
            for device, facts in kept.items()
            if isinstance(facts, dict)
        }
        self._kept = {device: dict(facts) for device, facts in self._facts.items()}

    def of(self, device_id: str) -> Mapping[str, str]:
        """Return what is known of a device."""
        return self._facts.get(device_id, {})

    def note(self, device_id: str, fact: str, value: str = "yes") -> None:
        """Note one fact."""
        self._facts.setdefault(device_id, {})[fact] = value

    def learn(self, device_id: str, *sources: object) -> None:
        """Note what parts of an answer mention."""
        for source in sources:
            said_of: Mapping[str, object] = source if isinstance(source, Mapping) else {}
            for name, fact in _FIELDS.items():
                said = text(said_of.get(name))
                if said is not None and (fact != "model" or not said.isdecimal()):
                    self.note(device_id, fact, said)

    def allow(self, device_id: str, enable: object) -> None:
        """Note which settings Growatt's own list for a device names; an empty list says nothing."""
        listed = enable.items() if isinstance(enable, Mapping) else ()
        names = sorted(str(name) for name, on in listed if text(str(on).lower()) not in _OFF)
        if names:
            self.note(device_id, NAMED, " ".join(names))

    def keep(self) -> None:
        """Keep what was learnt."""
        if self._facts != self._kept:
            self._vault.put("facts", self._facts)
            self._kept = {device: dict(facts) for device, facts in self._facts.items()}


def proves(raw: object) -> bool:
    """Tell whether a field shows that the part is there: not a zero, and not one of the cloud's slips."""
    value = None if raw in _ZERO else number(raw)
    return value is not None and 0 < abs(value) < _MOST
