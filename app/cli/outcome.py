"""How a command ends on the command line: what is said, and the exit code."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from app import logs
from app.cli import DONE, EXPIRED, FAILED, INTERRUPTED, NOT_DONE, REJECTED, SUPERSEDED
from app.cli.bridge_mqtt import SOURCE, Declined, Following, Progress, Unanswered, harmless, printed, shown
from app.cli.settings import configuration
from app.commands import CommandSettings
from app.config import Config
from app.errors import BridgeError, BrokerError
from app.mqtt import Caller, Lost, NoBridge, calling

TOKEN: Final = "HELIOPOST_CONFIRM_TOKEN"  # noqa: S105 - its name
"""The environment's variable with the token for dangerous settings."""
LONGEST_TOKEN: Final = 4096
"""Characters; a longer file is another one."""
SLACK: Final = timedelta(minutes=1)
"""What waiting for turns and for the vendor takes beside."""
RETRY: Final = 2.0
"""Seconds before a connection that was lost is tried again."""
CODES: Final = {
    "confirmed": DONE,
    "no_change": DONE,
    "unconfirmed": FAILED,
    "rejected": REJECTED,
    "conflict": REJECTED,
    "failed": NOT_DONE,
    "expired": EXPIRED,
    "superseded": SUPERSEDED,
}
"""Exit codes of final answers."""


class Unusable(BridgeError):
    """Something that the command line names cannot be used."""


def configured(arguments: argparse.Namespace) -> Config:
    """Return the configuration, with the log as quiet as a command needs it."""
    config = configuration(arguments)
    log = config.log if arguments.log_level else config.log.model_copy(update={"level": "error"})
    logs.configure(log, config.secrets())
    return config


def token(arguments: argparse.Namespace) -> str | None:
    """Return the token that dangerous settings ask for, from a file or the environment; never from an argument."""
    file = arguments.confirm_token_file
    if file is None:
        return os.environ.get(TOKEN) or None
    try:
        text = (_typed() if file == "-" else Path(file).read_text("utf-8")).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "not UTF-8 text").lower()
        msg = f"the file of --confirm-token-file cannot be read ({reason})"
        raise Unusable(msg) from None
    if not text or len(text) > LONGEST_TOKEN:
        msg = "the file of --confirm-token-file holds no token"
        raise Unusable(msg)
    return text


def _typed() -> str:
    """Return what is typed unseen, or comes through a pipe."""
    with suppress(EOFError):
        return getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
    return ""


def envelope(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the fields that every way of sending a command has, as far as they were given."""
    given = {
        "dry_run": arguments.dry_run or None,
        "force": arguments.force or None,
        "verify": False if arguments.no_verify else None,
        "ttl": arguments.ttl,
        "revert_after": arguments.revert_after,
        "expect": getattr(arguments, "expect", None),
        "confirm": token(arguments),
    }
    return {**{name: value for name, value in given.items() if value is not None}, "source": SOURCE}


def patience(settings: CommandSettings, arguments: argparse.Namespace) -> float:
    """Return for how many seconds an answer is awaited: as asked for, else as long as the bridge may take."""
    if arguments.wait is not None:
        return float(arguments.wait)
    ttl = getattr(arguments, "ttl", None) or settings.ttl.total_seconds()
    unread = getattr(arguments, "no_verify", False) or getattr(arguments, "dry_run", False)
    return ttl + SLACK.total_seconds() + (0 if unread else settings.read_back[-1].total_seconds())


@dataclass(slots=True)
class Attempt:
    """What is known of a command that is sent, whatever happens meanwhile."""

    id: str = ""
    """Its id, as soon as it is known."""
    sent: bool = False
    """Whether the bridge may have it."""
    progress: Progress = field(default_factory=Progress)

    @property
    def later(self) -> str:
        """How to learn how it went."""
        words = f"heliopost commands show {self.id}" if self.id else "heliopost commands list"
        return f"The command may still be carried out; `{words}` says how it went"


Send = Callable[[Caller, Attempt], Awaitable[Following]]
"""Sends a command and returns what there is to follow; notes in the attempt that it is being sent."""


def carried_out(config: Config, send: Send, limit: float, *, json: bool) -> int:
    """Send a command through the running bridge, wait for its end, say it, and return the exit code."""
    attempt = Attempt()
    try:
        body = asyncio.run(_carried_out(config, send, limit, attempt))
        code, words = FAILED, f"no final answer has come in {limit:g} s. {attempt.later}"
    except KeyboardInterrupt:
        body, code = None, INTERRUPTED
        words = f"this goes on without you. {attempt.later}" if attempt.sent else "nothing was sent"
    except (Lost, Unanswered) as error:
        body, code = None, FAILED if attempt.sent else NOT_DONE
        words = f"{error} {attempt.later}" if attempt.sent else f"{error} Nothing was sent"
    except BridgeError as error:
        body, code, words = None, REJECTED if isinstance(error, Declined) else NOT_DONE, str(error)
    attempt.progress.end()
    if body is None:
        print(f"heliopost: {harmless(words)}", file=sys.stderr)
        return code
    return told(body, json=json)


async def _carried_out(config: Config, send: Send, limit: float, attempt: Attempt) -> Mapping[str, Any] | None:
    """Return the final answer; a broker that goes away meanwhile may come back."""
    following: Following | None = None
    while True:
        try:
            async with calling(config.mqtt, SOURCE) as caller:
                following = following or await send(caller, attempt)
                return await following.end(caller, limit)
        except (BrokerError, NoBridge, Lost) as error:
            if following is None:
                raise
            if following.passed >= limit:
                raise Lost(str(error)) from None
            attempt.progress.tell(f"{error} It is tried again; Ctrl-C leaves the command running", following.passed)
        await asyncio.sleep(min(RETRY, max(limit - following.passed, 0)))


def told(body: Mapping[str, Any], *, json: bool) -> int:
    """Say how a command has ended, and return the exit code."""
    status = str(body.get("status"))
    if status == "duplicate":
        status = str(body.get("original"))
    code = CODES.get(status, FAILED)
    if json:
        print(printed(body))
    elif code == DONE:
        print(harmless(sentence(body, status)))
    if code != DONE:
        print(f"heliopost: {harmless(sentence(body, status))}", file=sys.stderr)
    return code


def sentence(body: Mapping[str, Any], status: str) -> str:
    """Return how a command has ended, in a line."""
    place = f"{body.get('point')} of {body.get('device')}"
    reason = str(body.get("message") or "").strip()
    if status == "confirmed":
        before = body.get("previous")
        was = "" if before is None else f" (before: {shown(before)})"
        return f"{place} is now {shown(body.get('observed'))}{was}; read back from the vendor. Command {body.get('id')}"
    why = f" ({body.get('code')})" if body.get("code") not in (None, "", status) else ""
    return f"{place}: {status}{why}: {reason or 'no reason was given'}. Command {body.get('id')}"
