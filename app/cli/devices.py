"""`heliopost devices`: all devices and their values, from the running bridge, else read once."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final

from aiohttp import TCPConnector

from app import logs, providers
from app.accounts import ranking
from app.bridge import Bridge
from app.cli.bridge_http import NoAnswer, ask
from app.cli.settings import configuration
from app.clock import Clock, SystemClock
from app.config import Config
from app.corrections import Correction, Corrections
from app.derived import Accumulator
from app.errors import BridgeError, NoData, ProtocolError, StateError, Unavailable
from app.health import devices_body
from app.model import Feed, Role
from app.plausibility import Plausibility, Rules
from app.providers import Account
from app.state import State
from app.store import Store

LASTING: Final = timedelta(days=1)
"""Nothing grows old while it is shown once."""


def execute(arguments: argparse.Namespace) -> int:
    """Show the devices."""
    config = configuration(arguments)
    log = config.log if arguments.log_level else config.log.model_copy(update={"level": "error"})
    mask = logs.configure(log, config.secrets())
    body = gather(config, raw=arguments.raw)
    if "raw" in body:  # the provider has masked it already; what we know ourselves must not be in it either
        body = {**body, "raw": mask.data(body["raw"])}
    if arguments.json or arguments.raw:
        print(json.dumps(body, indent=2, ensure_ascii=False, default=str))
    else:
        print(table(body, tail=arguments.all), end="")
    return 0 if body["devices"] else 1


def gather(config: Config, *, raw: bool) -> Mapping[str, Any]:
    """Return what the running bridge knows; read the accounts once where none runs."""
    try:
        state = State.open(config.state)
    except StateError:
        return _asked(config, raw=raw)
    with state:
        return asyncio.run(read_once(config, state, SystemClock(), raw=raw))


def _asked(config: Config, *, raw: bool) -> Mapping[str, Any]:
    """Ask the bridge that has the state open."""
    try:
        return ask(config.web, "/api/devices?raw=1" if raw else "/api/devices").document()
    except NoAnswer as error:
        msg = f"a bridge runs, and only it may log in, but it cannot be asked: {error}"
        raise StateError(msg) from error


async def read_once(config: Config, state: State, clock: Clock, *, raw: bool) -> Mapping[str, Any]:
    """Read every feed of every account once, with the sessions of the state."""
    rules = config.plausibility
    store = Store(LASTING, lambda _: config.offline_policy)
    plausibility = Plausibility(Rules(rules.future, rules.confirmations, rules.midnight), lambda _: None)
    store.sources.ranking = ranking(config)
    bridge = Bridge(store, (), plausibility, Accumulator(), clock, lambda _: None)
    bridge.corrections = Corrections(
        {name: Correction(rule.invert, rule.scale) for name, rule in config.points.items()}
    )
    bridge.names = {device_id: own.name for device_id, own in config.devices.items() if own.name is not None}
    answers: dict[str, object] = {}
    async with AsyncExitStack() as stack:
        connector = TCPConnector(limit_per_host=4)
        stack.push_async_callback(connector.close)
        for name, section in config.accounts.items():
            vault, ledger = state.vault(name), state.ledger(name, section.settings.budget, clock)
            account = Account(name, clock, vault, ledger, connector, state.install_id)
            try:
                provider = await stack.enter_async_context(
                    providers.load(section.settings.provider).open(section.settings, account)
                )
                for device in await provider.discover():
                    await bridge.found(device)
                for feed in provider.feeds:
                    await _read(provider, feed, bridge, name)
                answers[name] = provider.raw()
            except BridgeError as error:
                print(f"{name}: {error}", file=sys.stderr)
    body = {"at": clock.now().isoformat(timespec="seconds"), "devices": devices_body(store, clock.now())}
    return body | ({"raw": answers} if raw else {})


async def _read(provider: providers.Provider, feed: Feed, bridge: Bridge, name: str) -> None:
    try:
        await bridge.deliver(await provider.read(feed), LASTING, account=name)
    except NoData:
        return
    except (Unavailable, ProtocolError) as error:  # the next feed may still work; after any other it may not be tried
        print(f"{name}, {feed.name}: {error}", file=sys.stderr)
    if isinstance(provider, providers.Rationed) and provider.put_off:
        print(f"{name}, {feed.name}: not all could be read now: {provider.put_off}", file=sys.stderr)


def table(body: Mapping[str, Any], *, tail: bool) -> str:
    """Return the devices and their known values, for people; `tail` adds what hardly anybody wants."""
    lines: list[str] = []
    for device in body["devices"]:
        facts = ", ".join(fact for fact in (device["model"], f"via {device['via']}" if device["via"] else "") if fact)
        measured = device["measured_at"] or "never"
        lines.append(f"{device['name']}  [{device['id']}]  {device['kind']}" + (f", {facts}" if facts else ""))
        lines.append(f"  measured at {measured}" + (" (stale)" if device["stale"] else ""))
        points = [
            point
            for point in device["points"].values()
            if point["value"] is not None and (tail or point["role"] != Role.TAIL)
        ]
        width = max((len(point["name"]) for point in points), default=0)
        lines += [f"  {point['name']:<{width}}  {_shown(point['value'])} {point['unit']}".rstrip() for point in points]
        lines.append("")
    return "\n".join(lines or ["No devices.", ""])


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
