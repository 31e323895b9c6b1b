"""`heliopost check`: is all well? In words that need no knowledge of the program."""

import argparse
import asyncio
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from aiohttp import TCPConnector

from app import logs, providers
from app.cli.bridge_http import NoAnswer, ask
from app.cli.settings import configuration
from app.clock import SystemClock
from app.config import AccountSection, Config, document, find
from app.config.shape import nearest
from app.errors import BrokerError, ProviderError, StateError
from app.model import AccountState, AccountStatus
from app.mqtt import tls_context, try_connection
from app.points import VOCABULARY
from app.providers import Account, Probing
from app.sinks.clock import wrong_clock
from app.state import State

LOOPBACKS = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(slots=True)
class Verdict:
    """What was found, told as it is found."""

    tell: Callable[[str], None]
    mask: Callable[[str], str]
    """Takes secrets out of what others say."""
    failures: list[str] = field(default_factory=list)
    """What does not work."""
    remarks: int = 0
    running: bool = False
    """Whether the bridge runs already and was asked."""

    def good(self, what: str, sentence: str) -> None:
        """Something works."""
        self.tell(f"ok      {what}: {sentence}")

    def note(self, what: str, sentence: str) -> None:
        """Something works, but could be better."""
        self.remarks += 1
        self.tell(f"note    {what}: {sentence}")

    def bad(self, what: str, sentence: str) -> None:
        """Something does not work."""
        self.failures.append(what)
        self.tell(f"FAILED  {what}: {self.mask(sentence)}")

    def conclude(self, *, offline: bool) -> int:
        """Say what it all means and return the exit code."""
        if self.failures:
            self.tell(f"\nNot yet: {_listed(self.failures)} must be mended first.")
            return 1
        rest = " Start the bridge with `heliopost run`."
        if offline:
            rest = " Broker and accounts were not tried."
        elif self.running:
            rest = " The bridge runs."
        self.tell("\nAll well." + (f" ({self.remarks} to consider, see above.)" if self.remarks else "") + rest)
        return 0


def execute(arguments: argparse.Namespace) -> int:
    """Check everything; a configuration that cannot be used ends it at once, with all its faults."""
    config = configuration(arguments)
    log = config.log if arguments.log_level else config.log.model_copy(update={"level": "error"})
    mask = logs.configure(log, config.secrets())
    verdict = Verdict(lambda line: print(line, flush=True), mask.known)
    source = find(arguments.config, os.environ)
    names = ", ".join(f"{name} ({section.settings.provider})" for name, section in config.accounts.items())
    verdict.good("configuration", f"{source or 'the environment'} can be used; accounts: {names}")
    for what, sentence in remarks(config, source):
        verdict.note(what, sentence)
    if arguments.offline:
        _look_at_folder(config.state, verdict)
        _look_at_certificates(config, verdict)
    else:
        asyncio.run(_try_everything(config, verdict))
    return verdict.conclude(offline=arguments.offline)


# What can be seen without trying


def remarks(config: Config, source: Path | None) -> Iterator[tuple[str, str]]:
    """Return what could be better: (what, a sentence)."""
    if source is not None and source.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH) and _holds_secrets(source, config):
        reader = "and the user who runs Heliopost must own it (in docker-compose.yml that is the user 1000)"
        yield str(source), f"others on this machine can read the passwords in it: chmod 600 {source}, {reader}"
    if source is not None:
        yield from _cut_off(source, config)
    if config.web.enabled and config.web.token is None and config.web.host not in LOOPBACKS:
        yield "web.token", "everybody in your network can read your values: set a token, or web.host to 127.0.0.1"
    if config.mqtt.password is not None and config.mqtt.encryption is None and config.mqtt.host not in LOOPBACKS:
        yield "mqtt.tls", "the broker's password travels unencrypted; that is fine only in a network of your own"
    known = config.mqtt.username or (config.mqtt.encryption and config.mqtt.encryption.certificate)
    if config.commands.enabled and not known and config.mqtt.host not in LOOPBACKS:
        yield "commands", "whoever reaches your broker can change your devices: give it users and rules"
    if config.commands.allow_dangerous and config.commands.confirm_token is None:
        yield "commands.allow_dangerous", "it has no effect without commands.confirm_token"
    for name in config.points:
        key = name.rpartition("/")[2]
        meant = nearest(key, VOCABULARY)
        if key not in VOCABULARY:
            hint = f"did you mean {meant}?" if meant else "that is right only for a vendor's own point"
            yield f"points.{name}", f"the common vocabulary has no {key}; {hint}"


def _cut_off(source: Path, config: Config) -> Iterator[tuple[str, str]]:
    """Return a remark for each secret without quotes that a comment follows: it may have been meant as a part."""
    read, secrets = document.read(source), config.secrets()
    lines = source.read_text("utf-8-sig").splitlines()
    for path, mark in read.marks.items():
        value: Any = read.data
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        rest = lines[mark.line - 1][mark.column - 1 :] if mark.line <= len(lines) else ""
        if isinstance(value, str) and value in secrets and rest.startswith(value):
            after = rest[len(value) :]
            if after[:1].isspace() and after.lstrip().startswith("#"):
                advice = "if it should, put the whole in quotes"
                yield ".".join(path), f"what follows the # on line {mark.line} does not belong to it; {advice}"


def _holds_secrets(source: Path, config: Config) -> bool:
    """Return whether a password stands in the file itself; it may as well have come from elsewhere."""
    values, secrets = [document.read(source).data], config.secrets()
    while values:
        value: Any = values.pop()
        if isinstance(value, Mapping | list):
            values.extend(value.values() if isinstance(value, Mapping) else value)
        elif str(value) in secrets:
            return True
    return False


def _look_at_folder(folder: Path, verdict: Verdict) -> None:
    """Say whether the state folder can be used, without making it."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        verdict.bad("state", f"{there} is a file and no folder")
    elif not os.access(there, os.W_OK | os.X_OK):
        verdict.bad("state", f"the folder {there} cannot be written by this user")
    else:
        verdict.good("state", f"the folder {folder} can be used")


def _look_at_certificates(config: Config, verdict: Verdict) -> None:
    """Say whether the files that the connection to the broker needs can be used."""
    if config.mqtt.encryption is None:
        return
    try:
        tls_context(config.mqtt.encryption)
    except BrokerError as error:
        verdict.bad("mqtt.tls", str(error))


# What must be tried


async def _try_everything(config: Config, verdict: Verdict) -> None:
    async with AsyncExitStack() as stack:
        state = None
        try:
            state = stack.enter_context(State.open(config.state))
        except StateError as error:
            running = _running(config)
            if running is None:
                verdict.bad("state", f"{error}; and that one cannot be asked how it is")
            else:
                verdict.running = True
                _report(config, running, verdict)
        else:
            _judge_state(state, config.state, verdict)
        await _try_broker(config, state.install_id if state else token_hex(8), verdict)
        if state is not None:
            connector = TCPConnector()
            stack.push_async_callback(connector.close)
            for name, section in config.accounts.items():
                await _try_account(name, section, state, connector, verdict)


def _judge_state(state: State, folder: Path, verdict: Verdict) -> None:
    if state.durable:
        verdict.good("state", f"the folder {folder} can be used")
    else:
        verdict.bad("state", f"{state.trouble}. Until then logins would be repeated at each start")


async def _try_broker(config: Config, install_id: str, verdict: Verdict) -> None:
    try:
        verdict.good("broker", await try_connection(config.mqtt, install_id))
    except BrokerError as error:
        verdict.bad("broker", str(error))


async def _try_account(
    name: str, section: AccountSection, state: State, connector: TCPConnector, verdict: Verdict
) -> None:
    what, settings, clock = f"account {name}", section.settings, SystemClock()
    ledger = state.ledger(name, settings.budget, clock)
    account = Account(name, clock, state.vault(name), ledger, connector, state.install_id)
    try:
        async with providers.load(settings.provider).open(settings, account) as provider:
            if isinstance(provider, Probing):
                verdict.good(what, await provider.probe())
            else:
                verdict.good(what, f"{len(await provider.discover())} devices were found")
            seen = AccountStatus(
                name, settings.provider, provider.api, AccountState.ONLINE, clock_offset=provider.clock_offset
            )
            if wrong := wrong_clock({name: seen}):
                verdict.bad("clock", wrong)
    except ProviderError as error:
        verdict.bad(what, str(error))


def _running(config: Config) -> Mapping[str, Any] | None:
    """Return how the running bridge is, or None if it cannot be asked."""
    try:
        return ask(config.web, "/health").document()
    except NoAnswer:
        return None


def _report(config: Config, health: Mapping[str, Any], verdict: Verdict) -> None:
    """Say how the accounts are, by the bridge that runs: only it may log in."""
    accounts = health.get("accounts", {})
    if health.get("state_reason"):
        verdict.bad("state", f"{health['state_reason']}. Until then logins would be repeated at each start")
    else:
        verdict.good("state", f"the folder {config.state} is in use by the bridge that runs, which was asked")
    _report_broker(health.get("mqtt", {}), verdict)
    if health.get("clock"):
        verdict.bad("clock", str(health["clock"]))
    for name in config.accounts:
        what = f"account {name}"
        status = accounts.get(name)
        if status is None:
            verdict.bad(what, "the bridge that runs does not know it: reload (SIGHUP) or restart it")
        elif status.get("state") != AccountState.ONLINE:
            until = f" (until {_moment(status['until'])})" if status.get("until") else ""
            verdict.bad(what, f"{status.get('reason') or status.get('state')}{until}")
        else:
            verdict.good(what, f"works; last read {_moment(status.get('last_poll'))}")


def _report_broker(mqtt: Mapping[str, Any], verdict: Verdict) -> None:
    """Say what is wrong between the bridge that runs and the broker."""
    reason, denied = f": {mqtt['reason']}" if mqtt.get("reason") else "", mqtt.get("denied", ())
    if not mqtt.get("connected", True):
        verdict.bad("bridge", f"the one that runs is not connected to the broker{reason}")
    elif reason:
        verdict.bad("bridge", f"nothing of the one that runs gets through to the broker{reason}")
    elif denied:
        more = f" and {len(denied) - 1} more" if len(denied) > 1 else ""
        sentence = f"the broker does not let the bridge publish {denied[0]}{more}"
        verdict.bad("rights at the broker", f"{sentence}. Allow its user to write there in the broker's access rules")


def _moment(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M %Z}" if text else "never"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
