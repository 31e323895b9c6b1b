import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.turn import Turn


async def spin() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def patient(turn: Turn, order: list[str], name: str, stop: asyncio.Event | None = None) -> Awaitable[None]:
    async def hold() -> None:
        async with turn:
            order.append(name)
            if stop is not None:
                await stop.wait()

    return asyncio.ensure_future(hold())


def urgent(turn: Turn, order: list[str], name: str) -> Awaitable[None]:
    async def hold() -> None:
        async with turn.taken(urgent=True):
            assert turn.urgent
            order.append(name)

    return asyncio.ensure_future(hold())


async def test_commands_go_before_polls_that_waited_longer() -> None:
    turn, order, stop = Turn(), list[str](), asyncio.Event()
    waiting = [patient(turn, order, "reads", stop)]
    await spin()
    waiting += [patient(turn, order, "poll"), urgent(turn, order, "command"), urgent(turn, order, "second command")]
    await spin()
    assert turn.locked()
    assert not turn.urgent
    stop.set()
    await asyncio.gather(*waiting)
    assert order == ["reads", "command", "second command", "poll"]
    assert not turn.locked()


async def test_a_long_read_lets_commands_through_between_its_calls_and_keeps_its_place() -> None:
    turn, order = Turn(), list[str]()
    gaps = [asyncio.Event() for _ in range(3)]

    async def read() -> None:
        async with turn:
            for number, gap in enumerate(gaps):
                await turn.give_way()
                assert not turn.urgent
                order.append(f"call {number}")
                await gap.wait()

    waiting = [asyncio.ensure_future(read())]
    await spin()
    waiting += [patient(turn, order, "poll"), urgent(turn, order, "command")]  # type: ignore[list-item]
    for gap in gaps:
        await spin()
        gap.set()
    await asyncio.gather(*waiting)
    assert order == ["call 0", "command", "call 1", "call 2", "poll"]


async def test_only_the_holder_gives_way_and_a_command_never() -> None:
    turn, order, stop = Turn(), list[str](), asyncio.Event()
    await turn.give_way()
    reads = patient(turn, order, "reads", stop)
    await spin()
    command = urgent(turn, order, "command")
    await spin()
    await turn.give_way()  # somebody else's call in the same moment
    assert order == ["reads"]
    stop.set()
    await asyncio.gather(reads, command)

    async with turn.taken(urgent=True):
        other = urgent(turn, order, "other command")
        await spin()
        await turn.give_way()
        assert order == ["reads", "command"]
    await other


async def test_a_read_that_is_cancelled_while_it_gives_way_releases_nobody_elses_turn() -> None:
    turn, order, stop = Turn(), list[str](), asyncio.Event()
    entered = asyncio.Event()

    async def read() -> None:
        async with turn:
            entered.set()
            await spin()
            await turn.give_way()

    async def command() -> None:
        async with turn.taken(urgent=True):
            order.append("command")
            await stop.wait()
            order.append("done")

    reading = asyncio.ensure_future(read())
    await entered.wait()
    writing = asyncio.ensure_future(command())
    await spin()
    await spin()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert turn.locked()
    late = patient(turn, order, "poll")
    await spin()
    stop.set()
    await asyncio.gather(writing, late)
    assert order == ["command", "done", "poll"]
    assert not turn.locked()


Step = Callable[[Turn], Awaitable[None]]


@given(st.lists(st.tuples(st.sampled_from(["poll", "command", "cancel"]), st.integers(0, 3)), max_size=25))
@settings(deadline=None)
def test_never_two_at_once_and_nobody_is_forgotten(script: list[tuple[str, int]]) -> None:
    async def play() -> None:
        turn, inside, ended = Turn(), list[object](), list[str]()

        async def once(name: str, calls: int) -> None:
            async with turn.taken(urgent=name == "command"):
                for _ in range(calls + 1):
                    me = object()
                    assert not inside
                    inside.append(me)
                    await asyncio.sleep(0)
                    inside.remove(me)
                    await turn.give_way()
            ended.append(name)

        tasks: list[asyncio.Task[None]] = []
        cancelled = 0
        for what, number in script:
            if what != "cancel":
                tasks.append(asyncio.create_task(once(what, number)))
            elif tasks and not tasks[number % len(tasks)].done():
                await asyncio.sleep(0)
                if not inside:  # a task that is cut off in the middle of its call would leave that open
                    cancelled += tasks[number % len(tasks)].cancel()
            await asyncio.sleep(0)
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        assert len(ended) >= len(tasks) - cancelled
        assert not turn.locked()

    asyncio.run(play())
