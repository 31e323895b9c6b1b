"""Commands and polls of one account: who goes first, and who may spend."""

import asyncio
from collections.abc import Sequence

import pytest

from app.accounts import Purse
from app.errors import BudgetSpent
from app.model import Feed, Reading
from tests.core.test_poller import Bench, bench

__all__ = ["bench"]


async def test_a_command_goes_first_in_the_middle_of_a_read_and_costs_the_feed_nothing(bench: Bench) -> None:
    order: list[str] = []
    in_the_first, command_waits = asyncio.Event(), asyncio.Event()

    async def read(feed: Feed) -> Sequence[Reading]:
        for number in range(3):
            await bench.poller.give_way()
            order.append(f"call {number}")
            bench.ledger.spend("call")
            in_the_first.set()
            await command_waits.wait()
        return []

    async def command() -> None:
        await in_the_first.wait()
        asyncio.get_running_loop().call_soon(command_waits.set)
        async with bench.poller.turn.taken(urgent=True):
            order.append("command")
            for _ in range(10):
                bench.ledger.spend("write")

    await bench.poller.poll("discovery")
    bench.toy.read = read  # type: ignore[method-assign]
    await asyncio.gather(bench.poller.poll("values"), command())
    assert order == ["call 0", "command", "call 1", "call 2"]
    assert bench.poller._progress["values"].cost == 3


async def test_polls_leave_some_calls_to_commands(bench: Bench) -> None:
    purse = Purse("home", bench.ledger, bench.poller.turn)
    for _ in range(570):
        purse.spend("read")
    with pytest.raises(BudgetSpent, match="30 that are left to commands"):
        purse.spend("read")
    due = await bench.poller.poll("values")
    assert due >= bench.ledger.ends
    assert bench.toy.reads == []
    async with bench.poller.turn.taken(urgent=True):
        for _ in range(30):
            purse.spend("write")
        with pytest.raises(BudgetSpent, match="of 600 calls is spent; raise"):
            purse.spend("write")


async def test_commands_leave_half_of_the_budget_to_polls_but_what_was_written_is_looked_after(bench: Bench) -> None:
    purse, turn = Purse("home", bench.ledger, bench.poller.turn), bench.poller.turn
    async with turn.taken(urgent=True):
        for _ in range(300):
            purse.spend("look")
    for _ in range(2):
        with pytest.raises(BudgetSpent, match=r"commands have spent 300 calls today, half .* of 600"):
            async with turn.taken(urgent=True):
                purse.spend("look")
        async with turn.taken(urgent=True):
            turn.owed = True
            purse.spend("look")
    purse.spend("read")
    await bench.clock.advance(bench.ledger.ends - bench.clock.now())
    async with turn.taken(urgent=True):
        purse.spend("look")
