"""What has been announced, as it is remembered over a restart, so that it can be taken back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from sys import intern
from typing import Protocol, Self


class Announcements(Protocol):
    """A durable store of one short document a topic."""

    def all(self) -> Mapping[str, str]:
        """Return the documents of all announced discovery topics, by topic."""

    def put(self, topic: str, document: str) -> None:
        """Keep the document of an announced discovery topic."""

    def forget(self, topic: str) -> None:
        """Forget a discovery topic that has been cleared."""


@dataclass(frozen=True, slots=True)
class Record:
    """What stands retained at one discovery topic."""

    device: str = ""
    """The id of the device."""
    account: str = ""
    """The account that brings it; empty for the bridge itself."""
    mode: str = "device"
    """`device` or `single`."""
    components: Mapping[str, str] = field(default_factory=dict)
    """The platform of each component announced, by its key."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """A mark of the options of each component that has some to choose from, by its key."""
    migrating: bool = False
    """Whether only a notice of migration stands there."""

    def dump(self) -> str:
        """Return the record as a document."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def load(cls, document: str) -> Self:
        """Return the record of a document; an empty one, whose topic is then cleared, if it cannot be read."""
        try:
            record = cls(**json.loads(document))
            # A thousand devices have the same few keys.
            return replace(record, components={intern(key): intern(name) for key, name in record.components.items()})
        except (ValueError, TypeError, AttributeError):
            return cls()
