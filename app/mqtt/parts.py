"""What runs for as long as a connection lasts, and ends with it."""

import asyncio
from collections.abc import Awaitable
from typing import Final, NoReturn

from aiomqtt import MqttError

INSIST: Final = 0.1
"""Seconds after which a part that has not ended is told again; ending takes one turn of the loop."""


async def until_one_fails(*parts: Awaitable[None]) -> NoReturn:
    """Run all parts until one of them fails, of which one must; end the others and raise its error.

    Not a TaskGroup: until Python 3.13 that forgets a cancellation which comes in the moment of an error. A part may
    forget one, too, in `asyncio.wait_for` until Python 3.12 (https://github.com/python/cpython/issues/86296): it is
    told again, or the connection would never end.
    """
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        running = set(tasks)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=INSIST)
    errors = [error for task in tasks if not task.cancelled() and (error := task.exception()) is not None]
    raise next((error for error in errors if not isinstance(error, MqttError)), errors[0])  # a bug is what counts
