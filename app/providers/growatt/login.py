"""Growatt's login, and the discipline about it: as rarely as can be, and never again where it does harm.

Growatt locks an account for a day after too many logins (home-assistant/core#158531, #154724). So:

- the cookie and the user id are kept over restarts (document `session`);
- a new login needs a proof that the session has ended (a page instead of data, a redirect to the login
  page, a not-logged-in text), is made once, and never twice within a minute (document `login`);
- a login that did not help, or that was refused without a reason, makes the next one wait four times as
  long, up to six hours;
- a wrong password, a lockout and a refusal by the firewall stop everything (document `halt`) until the
  configuration changes or their time is over, also after a restart.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import structlog
from yarl import URL

from app.errors import AuthFailed, Blocked, Locked, ProtocolError, ProviderError, Unavailable
from app.providers import Account
from app.providers.growatt.calls import LOGIN, LOGIN_V2, SERVER_BY_NAME, Call
from app.providers.growatt.errors import (
    BLOCK_REST,
    LASTS,
    LOCK_HOURS,
    LOGIN_CODES,
    TERMS,
    TERMS_OPEN,
    WRONG_LOGIN,
    SessionEnded,
    locked_text,
)
from app.providers.growatt.settings import HOSTS, Region, Settings

log = structlog.get_logger()

PAUSE: Final = timedelta(minutes=1)
"""Between two logins, at least."""
LONGEST_PAUSE: Final = timedelta(hours=6)
"""Between two logins that do not help, at most: four a day cannot lock an account."""

CODE_LENGTH: Final = 5
"""Characters of a code of Growatt's, at most; what is longer is words."""

Send = Callable[..., Awaitable[Any]]
"""Sends one request and returns its JSON, unjudged: `await send(call, {"name": "value"})`."""


def hashed(password: str) -> str:
    """Return Growatt's form of a password: its MD5, with each byte below 0x10 lifted to 0xc0 and above.

    As growattServer's `hash_password` does; plain MD5 is what the vendor's server compares with.
    """
    digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    return "".join("c" if place % 2 == 0 and digit == "0" else digit for place, digit in enumerate(digest))


class Login:
    """One account's session: when to log in, and when not to."""

    def __init__(self, settings: Settings, account: Account, send: Send) -> None:
        self._settings, self._account, self._send = settings, account, send
        self._host = URL(settings.url).host or ""
        self._marks: dict[str, str] = {}

    # What is remembered

    @property
    def session(self) -> Mapping[str, Any] | None:
        """The session that is kept, if it is of this user with this password at this server."""
        kept = self._account.vault.get("session")
        return kept if kept is not None and kept.get("of") == self._mark("session") else None

    @property
    def user(self) -> str:
        """The id that Growatt gave the user, or nothing."""
        return str((self.session or {}).get("user_id") or "")

    @property
    def read_only(self) -> bool:
        """Whether the login is a visitor's, as far as Growatt tells."""
        return bool((self.session or {}).get("read_only"))

    def keep(self, cookies: list[dict[str, str]]) -> None:
        """Keep the cookies of the session, as they are now."""
        session = self.session
        if session is not None and session.get("cookies") != cookies:
            self._account.vault.put("session", {**session, "cookies": cookies})

    def _mark(self, what: str) -> str:
        """Return what a document of the vault belongs to: changed settings make it void.

        A slow hash with this installation's salt: no password can be read from it, nor guessed at leisure.
        """
        if what in self._marks:
            return self._marks[what]
        settings, password = self._settings, self._settings.password.get_secret_value()
        parts = {
            "session": (settings.username, password, settings.url),
            "auth_failed": (settings.username, password, settings.url),
            "locked": (settings.username, settings.url),
            "blocked": (settings.agent(self._account.install_id), settings.url),
        }[what]
        salt = f"{self._account.install_id}/{what}".encode()
        slow = hashlib.scrypt("\0".join(parts).encode(), salt=salt, n=2**12, r=8, p=1, dklen=16)
        return self._marks.setdefault(what, slow.hex())

    # When nothing may be asked

    def check(self) -> None:
        """Raise AuthFailed, Locked or Blocked while the account is stopped."""
        halt = self._account.vault.get("halt")
        if halt is None:
            return
        kind, reason, until = str(halt.get("kind")), str(halt.get("reason")), _moment(halt.get("until"))
        if kind in {"auth_failed", "locked", "blocked"} and halt.get("of") == self._mark(kind):
            if kind == "auth_failed":
                raise AuthFailed(reason)
            if until is not None and until > self._account.clock.now():
                raise Locked(reason, until) if kind == "locked" else Blocked(reason, until)
        self._account.vault.put("halt", None)

    def halt(self, error: ProviderError) -> None:
        """Remember an error that stops the account."""
        kind = {AuthFailed: "auth_failed", Locked: "locked", Blocked: "blocked"}.get(type(error))
        if kind is not None:
            until = error.until.isoformat() if isinstance(error, Locked | Blocked) else None
            self._account.vault.put(
                "halt", {"kind": kind, "reason": str(error), "until": until, "of": self._mark(kind)}
            )

    # Logging in

    async def renew(self, call: str, ended: SessionEnded) -> None:
        """Log in because a call met the end of the session; raise Unavailable when that would be too soon."""
        await self.log_in(self._rest(call), ended)

    async def log_in(self, pause: timedelta = PAUSE, ended: SessionEnded | None = None) -> None:
        """Log in, and keep the session. Raises AuthFailed, Locked, Blocked, Unavailable, ProtocolError, BudgetSpent."""
        clock, notes = self._account.clock, self._notes()
        last, now = _moment(notes.get("at")), clock.now()
        earliest = (last or now) + max(pause, _pause(int(notes.get("refused", 0))))
        if last is not None and last <= now < earliest:
            raise Unavailable(self._too_soon(ended, last, earliest))
        self._account.vault.put("login", {**notes, "at": now.isoformat()})
        try:
            back = await self._try(LOGIN_V2 if notes.get("second") else LOGIN)
        except ProviderError as error:
            self.halt(error)
            # What stops the account has its own place, and is over when that is.
            halts = isinstance(error, AuthFailed | Locked | Blocked)
            self._note(failed=None if halts else {"of": self._mark("auth_failed"), "reason": str(error)})
            raise
        self._welcome(back, now)

    def in_vain(self, call: str, ended: SessionEnded) -> str:
        """Return the sentence for a session that had ended again just after a login that was noted as `wasted`."""
        last = _moment(self._notes().get("at")) or self._account.clock.now()
        return self._too_soon(ended, last, last + self._rest(call))

    def _rest(self, call: str) -> timedelta:
        """Return how long the next login because of a call has to wait after the last."""
        notes = self._notes()
        return _pause(max(int(notes.get("wasted", {}).get(call, 0)), int(notes.get("vain", 0))))

    def _too_soon(self, ended: SessionEnded | None, last: datetime, earliest: datetime) -> str:
        """Return the sentence for a login that is not made yet: why it is needed, when it is made, what to do."""
        then = f"the next login is made after {_clock(earliest)}, so that the account is not locked"
        failed = self._notes().get("failed")
        if isinstance(failed, dict) and failed.get("of") == self._mark("auth_failed"):
            return f"no session with Growatt: {failed.get('reason')}; {then}"
        if ended is not None:
            return f"{ended}, even right after a login (at {_clock(last)}); {then}; {LASTS}"
        return f"no session with Growatt; {then}"

    async def _try(self, call: Call) -> Mapping[str, Any]:
        """Send a login, and once its other form when refused without a reason; return the `back` of the answer."""
        try:
            back = _back(await self._send(call, self._form()))
            if _accepted(back):
                return back
            code = str(back.get("msg") or "")
            if code == "501" and call is LOGIN and not _wants_consent(code, back):
                back = _back(await self._send(LOGIN_V2, self._form()))
                if _accepted(back):
                    self._note(second=True)
                    return back
                code = str(back.get("msg") or "")
        except Blocked as error:
            msg = f"{error}{await self._hint(str(error))}"
            raise Blocked(msg, error.until) from error
        except SessionEnded as error:
            msg = f"Growatt answered a login with a web page; its server is probably being serviced; {LASTS}"
            raise Unavailable(msg) from error
        raise await self._refused(code, back)

    async def _refused(self, code: str, back: Mapping[str, Any]) -> ProviderError:
        """Return what a refused login means."""
        now, kind = self._account.clock.now(), LOGIN_CODES.get(code)
        if kind is Locked:
            hours = _hours(back.get("lockDuration"))
            until = now + timedelta(hours=hours)
            return Locked(locked_text(hours, until.strftime("%d %B %H:%M UTC")), until)
        if _wants_consent(code, back):
            return Blocked(TERMS_OPEN, now + BLOCK_REST)
        if kind is AuthFailed:
            return AuthFailed(WRONG_LOGIN + await self._hint(code))
        self._note(refused=int(self._notes().get("refused", 0)) + 1)
        said = f"code {code}" if code.isalnum() and len(code) <= CODE_LENGTH else "an unknown answer"
        msg = f"Growatt refuses the login without a reason ({said}); check `username`, `region` and `server_url`"
        hint = await self._hint(code) if code == "501" else ""
        return (Unavailable if code == "501" else ProtocolError)(msg + hint)

    async def _hint(self, why: str) -> str:
        """Return a sentence that says which server the account lives on, if Growatt says so and it is another one."""
        if "405" not in why and why not in {"501", "502"}:
            return ""
        elsewhere = HOSTS[Region.EUROPE] if "405" in why and self._host.endswith(".growatt.com") else ""
        try:
            answer = await self._send(SERVER_BY_NAME, self._form(), elsewhere)
        except ProviderError:
            return ""
        if not isinstance(answer, dict) or not _accepted(answer):
            return ""
        found = str(answer.get("msg") or "").strip()
        try:
            host = URL(found if "://" in found else f"https://{found}").host
        except ValueError:
            return ""
        if not host or host == self._host or "." not in host:
            return ""
        return f". Growatt says that your account lives on {host}: set `server_url: https://{host}/`"

    def _form(self) -> dict[str, str]:
        """Return what a login form needs; the phone it pretends to be is the same for the life of this installation."""
        now = self._account.clock.now()
        return {
            "username": self._settings.username,
            "password": hashed(self._settings.password.get_secret_value()),
            "phone": str(uuid5(NAMESPACE_URL, f"heliopost:{self._account.install_id}")),
            "time": now.strftime("%Y-%m-%d %H:%M:%S"),
            "milliseconds": str(int(now.timestamp() * 1000)),
        }

    def _welcome(self, back: Mapping[str, Any], now: datetime) -> None:
        """Keep what an accepted login told."""
        user = back.get("user")
        user = user if isinstance(user, dict) else {}
        visitor = _visitor(user)
        if visitor:
            log.info("growatt_visitor", account=self._account.name, note="this login may only look")
        self._account.vault.put(
            "session",
            {
                "of": self._mark("session"),
                "user_id": str(user.get("id") or back.get("userId") or ""),
                "read_only": visitor,
                "at": now.isoformat(),
                "cookies": [],
            },
        )
        self._note(refused=0, failed=None)

    # What is noted about logins

    def _notes(self) -> dict[str, Any]:
        return dict(self._account.vault.get("login") or {})

    def _note(self, **news: object) -> None:
        self._account.vault.put("login", {**self._notes(), **news})

    def wasted(self, call: str) -> None:
        """Note that a login did not help a call: its end of the session was none, or nothing works at all."""
        notes = self._notes()
        counts = dict(notes.get("wasted", {}))
        counts[call] = int(counts.get(call, 0)) + 1
        self._note(wasted=counts, vain=int(notes.get("vain", 0)) + 1)

    def helped(self, call: str) -> None:
        """Note that a call works, and so the session does."""
        notes = self._notes()
        counts = dict(notes.get("wasted", {}))
        if counts.pop(call, None) is not None or notes.get("vain"):
            self._note(wasted=counts, vain=0)


def _pause(times: int) -> timedelta:
    """Return how long to wait before the next login after so many in vain."""
    factor: int = 4 ** min(times, 6)
    return min(factor * PAUSE, LONGEST_PAUSE)


def _back(root: object) -> Mapping[str, Any]:
    """Return the envelope of a login's answer."""
    if isinstance(root, dict) and isinstance(root.get("back"), dict):
        return dict(root["back"])
    msg = f"Growatt's answer to a login has another form than ever before; {LASTS}"
    raise ProtocolError(msg)


def _accepted(envelope: Mapping[str, Any]) -> bool:
    return str(envelope.get("success")).lower() in {"true", "1"}


def _wants_consent(code: str, back: Mapping[str, Any]) -> bool:
    """Return whether a refused login says that new terms are to be accepted, whatever its code."""
    return TERMS.search(f"{back.get('error') or ''} {code}") is not None


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%H:%M:%S UTC")


def _hours(raw: object) -> float:
    """Return for how many hours a lockout holds; a day where that is not said or absurd."""
    try:
        hours = float(raw) if isinstance(raw, str | int | float) else 0.0
    except ValueError:
        hours = 0.0
    return hours if 0 < hours <= 24 * 31 else float(LOCK_HOURS)


def _moment(raw: object) -> datetime | None:
    """Return a moment that was kept as ISO text; None where it is none."""
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _visitor(user: Mapping[str, Any]) -> bool:
    """Return whether a user is one who may only look: an account below another's, and no installer's.

    Growatt's app makes visitors as users with a `parentUserId`; `isAgent` marks installers, who may write.
    """
    parent, agent = str(user.get("parentUserId") or "0"), str(user.get("isAgent") or "0").lower()
    return parent not in {"0", "-1", "None"} and agent in {"0", "false"}
