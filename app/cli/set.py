"""`heliopost set`: change a setting, through the bridge that runs."""

import argparse
from datetime import UTC, datetime
from secrets import token_hex

from app.cli.bridge_mqtt import Declined, Following, device_id, is_level
from app.cli.outcome import Attempt, carried_out, configured, envelope, patience
from app.mqtt import Caller


def execute(arguments: argparse.Namespace) -> int:
    """Send the command, wait for its end, and return the exit code."""
    config = configured(arguments)
    settings = config.commands
    body = {"value": arguments.value, **envelope(arguments)}
    ttl = arguments.ttl or settings.ttl.total_seconds()
    command_id = arguments.id or f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(4)}"

    async def send(caller: Caller, attempt: Attempt) -> Following:
        key = arguments.point
        if not is_level(key):
            msg = f"{key!r} is no name of a point"
            raise Declined(msg)
        place = await device_id(caller, arguments.device), key
        topic = caller.topics.result(*place)
        await caller.listen(topic)

        async def say(by: Caller, passed: float) -> bool:
            if passed < ttl:
                await by.say(by.topics.setting(*place), {**body, "id": command_id}, expiry=ttl - passed)
            return passed < ttl

        attempt.id, attempt.sent = command_id, True
        await say(caller, 0)
        return Following(attempt.progress, command_id, topic, place, say)

    return carried_out(config, send, patience(settings, arguments), json=arguments.json)
