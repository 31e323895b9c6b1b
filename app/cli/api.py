"""`heliopost api put`: a write by the vendor's own names, through the bridge that runs."""

import argparse
from datetime import UTC, datetime
from secrets import token_hex

from app.cli.bridge_mqtt import Following, ask
from app.cli.outcome import Attempt, carried_out, configured, envelope, patience
from app.mqtt import Caller


def execute(arguments: argparse.Namespace) -> int:
    """Send the write, wait for the device's result, and return the exit code."""
    config = configured(arguments)
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
