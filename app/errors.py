"""Every error the bridge raises on purpose; a class exists where someone reacts differently.

BridgeError
├── ConfigError          the daemon does not start; exit code 78, do not restart
├── StateError           the state folder is in use or cannot be used: say so; exit or go on in memory
├── BrokerError          the broker refused us for a reason that waiting does not mend
├── ProviderError        a vendor did not give what was asked
│   ├── AuthFailed       stop the account until its configuration changes
│   ├── Locked           stop the account until `until`, also over a restart
│   ├── RateLimited      leave the feed alone until `until`; still online
│   │   └── BudgetSpent  our own daily budget of calls; the same reaction
│   ├── Blocked          the vendor turns this client away; tell the user what to do, try rarely
│   ├── Unavailable      the feed is down; the next tick tries again
│   ├── Refused          the vendor has said no to a write, which has changed nothing: tell the sender
│   ├── Doubtful         a write was sent and nobody knows whether it was carried out: read back, never repeat
│   └── ProtocolError    the vendor changed its format: the feed is down, the payload is kept for the dump
│       └── NoData       the vendor knows the device but has nothing of it now: no readings, not down
└── CommandError         the sender's mistake: tell the sender why
"""

from datetime import datetime
from typing import Final

AGAIN: Final = "usually there is nothing to do, it is tried again by itself"
"""What is said of a read's failure that comes and goes."""

NO_ZONE: Final = "the plant's time zone is not known: set `timezone` of the account"
"""What is said of a clock that would be set to the time of another zone."""


def once(text: str) -> str:
    """Return what has gone wrong without the promise that it is tried again: a command that has ended is not."""
    return text.partition(f"; {AGAIN}")[0]


class BridgeError(Exception):
    """Base of all errors raised on purpose. Its text is for people and holds no secret."""


class ConfigError(BridgeError):
    """The configuration cannot be used; `faults` has one sentence each."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StateError(BridgeError):
    """The state folder cannot be used, or another process uses it."""


class BrokerError(BridgeError):
    """The broker refused the connection: wrong password, not authorised, certificate, protocol."""


class ProviderError(BridgeError):
    """A vendor did not give what was asked."""


class AuthFailed(ProviderError):
    """The vendor does not accept the credentials: stop until the configuration changes."""


class Locked(ProviderError):
    """The vendor has locked the account: stop until `until` (UTC)."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class RateLimited(ProviderError):
    """The vendor asks for fewer requests: rest until `until` (UTC)."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class BudgetSpent(RateLimited):
    """The account's own daily budget of calls is spent: rest until `until` (UTC)."""


class Blocked(ProviderError):
    """The vendor turns this client away (user agent, retired host, terms): try again only after `until` (UTC)."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class Unavailable(ProviderError):
    """The vendor cannot be reached, or is not well: the next tick tries again."""


class Refused(ProviderError):
    """The vendor has said no to a write; `code` is its own word for why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Doubtful(ProviderError):
    """A write was sent, and there is no telling whether the vendor has carried it out."""


class ProtocolError(ProviderError):
    """The vendor answered in a form this adapter does not know."""


class NoData(ProtocolError):
    """The vendor has nothing of this device at the moment: no readings, and not down."""


PROVIDER_ERRORS: Final = (
    AuthFailed,
    Locked,
    RateLimited,
    BudgetSpent,
    Blocked,
    Unavailable,
    ProtocolError,
    NoData,
)
"""Every class of which a read can fail; a provider's own are counted as one of these."""


class CommandError(BridgeError):
    """A command or request that cannot be carried out as sent; `code` is a stable word for programs."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.code = code
