"""Who may ask the OpenAPI, and how often: tokens, and what each has asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TOKEN = "sunny-demo-token-1"  # noqa: S105 -- of a cloud that does not exist
"""The token that sees every plant."""
EMPTY_TOKEN = "sunny-empty-token-1"  # noqa: S105 -- (same)
"""A token whose owner has no plants."""

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Token:
    """A token and what it opens."""

    text: str = field(repr=False)
    plants: tuple[int, ...] | None = None
    """The ids of the plants it sees; None for all."""
    user: str = "demo"
    """Whose it is."""


class Access:
    """The door of the OpenAPI."""

    def __init__(self, tokens: Iterable[Token] | None = None, *, limited: bool = True) -> None:
        """Let in who has one of the tokens; `limited` says whether anybody may ask too often."""
        self.tokens = list(tokens if tokens is not None else (Token(TOKEN), Token(EMPTY_TOKEN, ())))
        self.limited = limited
        self.each = True
        """Whether each device and each plant has a budget of its own, or a path has one for all."""
        self.v4_zone = ""
        """The zone by whose clock V4 writes its times; "" for the plant's own, as V1 does."""
        self._asked: dict[tuple[str, ...], list[datetime]] = {}

    def holder(self, text: str) -> Token | None:
        """Return what a token opens; None for one that nobody gave out."""
        return next((token for token in self.tokens if token.text == text), None)

    def spend(self, key: tuple[str, ...], now: datetime, every: float) -> bool:
        """Count a call, unless the last one like it is less than `every` seconds ago; return whether it is counted."""
        if not self.limited or not every:
            return True
        last = self._asked.get(key)
        if last and (now - last[-1]).total_seconds() < every:
            return False
        self._asked[key] = [now]
        return True

    def spend_daily(self, key: tuple[str, ...], now: datetime, most: int) -> bool:
        """Count a call, unless there were `most` in the last 24 hours; return whether it is counted."""
        if not self.limited:
            return True
        calls = [at for at in self._asked.get(key, []) if now - at < _DAY]
        if len(calls) >= most:
            return False
        self._asked[key] = [*calls, now]
        return True

    def forgive(self) -> None:
        """Forget all that was asked."""
        self._asked.clear()
