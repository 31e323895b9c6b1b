"""Who may come in: passwords as the app hashes them, sessions that end, and the vendor's lock."""

import hashlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple
from zlib import crc32

LOCK_HOURS = 24
"""What the vendor answers as `lockDuration` (https://github.com/home-assistant/core/issues/158531)."""


def hashed(password: str) -> str:
    """Return the app's hash of a password: MD5 in hex, with every byte's first digit `c` where it is `0`.

    As growattServer does it (https://github.com/indykoning/PyPi_GrowattServer, `hash_password`).
    """
    digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    return "".join("c" if n % 2 == 0 and digit == "0" else digit for n, digit in enumerate(digest))


@dataclass(slots=True)
class Account:
    """One login at the cloud."""

    user: str
    password: str = field(repr=False)
    plants: tuple[int, ...] | None = None
    """The ids of the plants it sees; None for all."""
    visitor: bool = False
    """Whether it may only look."""
    server_url: str = ""
    """Where the account lives; "" for here."""
    refuses_old_login: bool = False
    """Whether newTwoLoginAPI.do answers 501, so that only newTwoLoginAPIV2.do lets it in."""
    terms_open: bool = False
    """Whether new terms wait for a yes in the app, so that nobody is let in."""
    locked_until: datetime | None = None
    failures: int = 0
    """Bad logins since the last good one."""

    @property
    def user_id(self) -> int:
        """The vendor's number of the user."""
        return 100_000 + crc32(self.user.encode()) % 900_000


class Login(NamedTuple):
    """One try to log in."""

    at: datetime
    user: str
    good: bool
    code: str
    """The vendor's answer: "" for a welcome, else 501, 502 or 507."""


class Gate:
    """The door of the cloud."""

    def __init__(self, accounts: list[Account], *, hours: float | None, lock_after: int) -> None:
        """Let sessions last `hours` (None: for ever), and lock an account after so many bad logins in a row."""
        self.accounts = accounts
        self.hours = hours
        self.lock_after = lock_after
        self.logins: deque[Login] = deque(maxlen=10_000)
        self._sessions: dict[str, tuple[Account, datetime]] = {}
        self._number = count(1)

    def account(self, user: str) -> Account | None:
        """Return the account of a user."""
        return next((account for account in self.accounts if account.user == user), None)

    def login(self, user: str, password: str, now: datetime, *, old: bool) -> tuple[Account | None, str]:
        """Return the account that the name and the hash open, or the vendor's code that says why not."""
        account, code = self._try(user, password, now, old=old)
        self.logins.append(Login(now, user, not code, code))
        return account, code

    def _try(self, user: str, password: str, now: datetime, *, old: bool) -> tuple[Account | None, str]:
        account = self.account(user)
        if not user or not password or (account is not None and old and account.refuses_old_login):
            return None, "501"
        if account is None:
            return None, "502"
        if account.locked_until is not None and now < account.locked_until:
            return account, "507"
        if hashed(account.password) != password:
            account.failures += 1
            if account.failures >= self.lock_after:
                self.lock(account, now)
                return account, "507"
            return account, "502"
        account.failures = 0
        account.locked_until = None
        return account, "501" if account.terms_open else ""

    def lock(self, account: Account, now: datetime, hours: float = LOCK_HOURS) -> None:
        """Let nobody in with this account for some hours; those who are in stay in, as reported of the vendor."""
        account.failures = 0
        account.locked_until = now + timedelta(hours=hours)

    def open(self, account: Account, now: datetime) -> str:
        """Begin a session and return its cookie."""
        number = next(self._number)
        token = hashlib.sha256(f"{account.user} {number} {now}".encode()).hexdigest()[:32].upper()
        self._sessions[token] = account, now
        return token

    def holder(self, token: str | None, now: datetime) -> Account | None:
        """Return whose session a cookie is, or None when it is nobody's any more."""
        account, began = self._sessions.get(token or "", (None, now))
        if account is None:
            return None
        if self.hours is not None and now - began >= timedelta(hours=self.hours):
            del self._sessions[token or ""]
            return None
        return account

    def expire(self) -> None:
        """End all sessions."""
        self._sessions.clear()

    def __len__(self) -> int:
        """Return how many sessions are open."""
        return len(self._sessions)
