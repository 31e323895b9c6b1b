"""The parts of a connection end with it, all of them."""

import asyncio
import contextlib

import pytest
from aiomqtt import MqttError

from app.mqtt.parts import until_one_fails
from tests.broker import LIMIT


async def fails() -> None:
    await asyncio.sleep(0)
    msg = "the connection is lost"
    raise MqttError(msg)


async def test_a_part_that_forgets_its_end_is_told_again() -> None:
    told = 0

    async def forgets() -> None:
        nonlocal told
        while told < 2:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            told += 1

    async with asyncio.timeout(LIMIT):
        with pytest.raises(MqttError, match="is lost"):
            await until_one_fails(forgets(), fails())
    assert told == 2


async def test_a_bug_counts_more_than_the_connection_s_end() -> None:
    async def breaks() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await until_one_fails(fails(), breaks())
