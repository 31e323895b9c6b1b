"""`heliopost api`: writes and reads by the vendor's own names, through the bridge that runs."""

import argparse
import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

from app.cli import DONE
from app.cli.bridge_mqtt import SOURCE, Following, ask, printed
from app.cli.outcome import Attempt, carried_out, configured, envelope, patience
from app.config import Config
from app.mqtt import Caller, calling

READING: Final = 120.0
"""Seconds for an answer from the vendor, with the poll that may be before it."""


def execute(arguments: argparse.Namespace) -> int:
    """Carry out what is asked for, and return the exit code."""
    config = configured(arguments)
    if arguments.what == "get":
        found = asyncio.run(_asked(config, arguments))
        print(printed(found.get("answer")))
        return DONE
    return _put(config, arguments)


async def _asked(config: Config, arguments: argparse.Namespace) -> Mapping[str, Any]:
    async with calling(config.mqtt, SOURCE) as caller:
        return await ask(caller, "get", {"method": arguments.method, "serial": arguments.serial}, READING)


def _put(config: Config, arguments: argparse.Namespace) -> int:
    """Send the write, and wait for the device's result."""
    body = {
        "method": arguments.method,
        "serial": arguments.serial,
        "type": arguments.type,
        "params": arguments.params,
        **envelope(arguments),
        "id": arguments.id or f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(4)}",
    }

    async def send(caller: Caller, attempt: Attempt) -> Following:
        topic = caller.topics.result("+", "+")
        await caller.listen(topic)
        attempt.id, attempt.sent = body["id"], True
        taken = await ask(caller, "put", body)
        place = str(taken.get("device")), str(taken.get("point"))
        return Following(attempt.progress, body["id"], topic, place)

    return carried_out(config, send, patience(config.commands, arguments), json=arguments.json)
