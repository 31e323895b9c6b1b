"""`heliopost commands`: what has been asked of the devices, how it went, and how to take it back."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.cli import DONE, FAILED
from app.cli.bridge_mqtt import SOURCE, Following, ask, device_id, harmless, printed, shown
from app.cli.outcome import Attempt, carried_out, configured, patience, token
from app.config import Config
from app.mqtt import Caller, calling


def execute(arguments: argparse.Namespace) -> int:
    """List, show or undo commands."""
    config = configured(arguments)
    if arguments.what == "undo":
        return _undo(config, arguments)
    found = asyncio.run(_asked(config, arguments))
    if arguments.json:
        print(printed(found))
    elif found:
        print(harmless("\n\n".join(map(card, found)) if arguments.what == "show" else table(found)))
    if not found:
        what = f"there is no command {arguments.id!r}" if arguments.what == "show" else "there has been no command"
        print(f"heliopost: {what}", file=sys.stderr)
    return DONE if found or arguments.what == "list" else FAILED


async def _asked(config: Config, arguments: argparse.Namespace) -> Sequence[Mapping[str, Any]]:
    async with calling(config.mqtt, SOURCE) as caller:
        fields: dict[str, Any] = {}
        if arguments.what == "show":
            fields["command"] = arguments.id
        else:
            fields["limit"] = arguments.limit
            if arguments.device:
                fields["device"] = await device_id(caller, arguments.device)
        listed = (await ask(caller, "commands", fields)).get("commands")
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _undo(config: Config, arguments: argparse.Namespace) -> int:
    confirm = token(arguments)
    fields = {"command": arguments.id, "force": arguments.force} | ({"confirm": confirm} if confirm else {})

    async def send(caller: Caller, attempt: Attempt) -> Following:
        owner = {"device": await device_id(caller, arguments.device)} if arguments.device else {}
        topic = caller.topics.result("+", "+")
        await caller.listen(topic)
        attempt.sent = True
        taken = await ask(caller, "undo", fields | owner)
        attempt.id = str(taken.get("command"))
        return Following(attempt.progress, attempt.id, topic)

    return carried_out(config, send, patience(config.commands, arguments), json=arguments.json)


def table(commands: Sequence[Mapping[str, Any]]) -> str:
    """Return commands as a table, the newest first."""
    rows = [["RECEIVED", "ID", "DEVICE", "POINT", "VALUE", "HOW IT WENT"]]
    for each in commands:
        status, code = each.get("status") or each.get("stage"), each.get("code")
        went = f"{status} ({code})" if code and code != status else f"{status}"
        words = [str(each.get(name, "")) for name in ("id", "device", "point")]
        rows.append([_moment(each, "received"), *words, _short(shown(each.get("requested"))), went])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def card(command: Mapping[str, Any]) -> str:
    """Return all that is known of a command, a line each."""
    lines = []
    for name, value in command.items():
        if name == "at" and isinstance(value, Mapping):
            lines += [f"{moment + ':':<14}{_moment(command, moment)}" for moment in value]
        elif value not in (None, ""):
            lines.append(f"{name + ':':<14}{shown(value)}")
    return "\n".join(lines)


def _moment(command: Mapping[str, Any], name: str) -> str:
    at = command.get("at")
    try:
        moment = datetime.fromisoformat(str(at[name])) if isinstance(at, Mapping) else None
    except (KeyError, ValueError):
        moment = None
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" if moment else ""


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
