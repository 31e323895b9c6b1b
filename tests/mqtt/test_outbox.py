import asyncio
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mqtt.outbox import Letter, Outbox

LETTERS = st.builds(Letter, st.sampled_from(["a", "b", "c", "d"]), st.binary(max_size=2), st.booleans(), st.none())
STEPS = st.lists(st.one_of(LETTERS, st.just("take"), st.just("done")), max_size=60)


@given(STEPS)
def test_an_outbox_gives_each_topic_its_newest_value_and_events_all_in_order(steps: list[object]) -> None:
    outbox: Outbox[None] = Outbox(events=5)
    model: OrderedDict[object, Letter[None]] = OrderedDict()
    flight = number = 0
    for step in steps:
        if isinstance(step, Letter):
            events = sum(not letter.retain for letter in model.values())
            room = step.retain or events < 5
            assert outbox.put(step) is room
            if step.retain:
                model[step.topic] = step  # a key that is there keeps its place
            elif room:
                number += 1
                model[number] = step
        elif step == "take":
            expected = model.popitem(last=False)[1] if model else None
            assert outbox.take() == expected
            flight += expected is not None
        elif flight:
            outbox.done()
            flight -= 1
        assert (len(outbox), outbox.flight) == (len(model), flight)
    drained = [outbox.take() for _ in range(len(outbox))]
    assert drained == list(model.values())
    assert outbox.take() is None


def letter(topic: str = "t", payload: bytes = b"1", *, retain: bool = True) -> Letter[None]:
    return Letter(topic, payload, retain)


async def test_whoever_waits_for_a_letter_is_woken_by_it_and_only_one_is() -> None:
    outbox: Outbox[None] = Outbox()
    waiting = [asyncio.create_task(outbox.ready()) for _ in range(3)]
    await asyncio.sleep(0)
    outbox.put(letter())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sorted(task.done() for task in waiting) == [False, False, True]
    for task in waiting:
        task.cancel()


async def test_one_who_gave_up_waiting_does_not_swallow_the_wake_up_of_another() -> None:
    outbox: Outbox[None] = Outbox()
    first, second = asyncio.create_task(outbox.ready()), asyncio.create_task(outbox.ready())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    outbox.put(letter())
    await asyncio.wait_for(second, 1)


async def test_waiting_is_over_at_once_when_a_letter_is_there() -> None:
    outbox: Outbox[None] = Outbox()
    outbox.put(letter())
    await asyncio.wait_for(outbox.ready(), 1)


async def test_idle_means_that_nothing_waits_and_all_is_acknowledged() -> None:
    outbox: Outbox[None] = Outbox()
    await asyncio.wait_for(outbox.idle(), 1)
    outbox.put(letter("a"))
    outbox.put(letter("b", retain=False))
    idle = asyncio.create_task(outbox.idle())
    gave_up = asyncio.create_task(outbox.idle())
    await asyncio.sleep(0)
    gave_up.cancel()
    outbox.take()
    outbox.take()
    outbox.done()
    await asyncio.sleep(0)
    assert not idle.done()
    outbox.done()
    await asyncio.wait_for(idle, 1)
    assert outbox.sent == 2


async def test_a_closed_outbox_forgets_everything_and_lets_the_waiting_go() -> None:
    outbox: Outbox[None] = Outbox()
    for topic in "abc":
        outbox.put(letter(topic))
    outbox.take()
    idle = asyncio.create_task(outbox.idle())
    await asyncio.sleep(0)
    assert outbox.close() == 3
    await asyncio.wait_for(idle, 1)
    assert outbox.take() is None
    assert outbox.close() == 0


def test_events_that_find_no_room_are_refused_but_values_are_not() -> None:
    outbox: Outbox[None] = Outbox(events=1)
    assert outbox.put(letter(retain=False))
    assert not outbox.put(letter(retain=False))
    assert outbox.put(letter("other"))


@pytest.mark.parametrize("topics", [1, 3])
def test_an_outbox_is_no_larger_than_there_are_topics(topics: int) -> None:
    outbox: Outbox[None] = Outbox()
    for number in range(1000):
        outbox.put(letter(str(number % topics), str(number).encode()))
    assert len(outbox) == topics
