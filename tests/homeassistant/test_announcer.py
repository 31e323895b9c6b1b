"""What is announced when, and how it is taken back."""

from datetime import timedelta

import pytest

from app.model import Event
from app.sinks.homeassistant import HomeAssistantSettings
from app.topics import Topics
from tests.homeassistant.factory import BRIDGE, SOME, Rig, device, found, having, update

HA = Topics()
ROOF = device()
CONFIG = HA.config(ROOF.id)
BRIDGE_CONFIG = HA.config(BRIDGE)
SINGLE = HomeAssistantSettings(mode="single")


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_a_new_device_is_announced_once_with_all_its_points(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert rig.broker.take_topics() == [BRIDGE_CONFIG, CONFIG]
        assert set(rig.broker.components(ROOF.id)) == {*SOME, "event"}


async def test_nothing_is_said_before_a_device_has_settled(rig: Rig) -> None:
    async with rig.running(HomeAssistantSettings(settle=timedelta(seconds=2))) as sink:
        await rig.after(0)
        await sink.publish(found(ROOF, having("pv_power")))
        await rig.after(1.9)
        assert rig.broker.take() == []
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert [topic for topic in rig.broker.take_topics() if topic == CONFIG] == [CONFIG]


async def test_a_device_without_points_waits_for_its_first_values(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(update(ROOF, {}, described=True))
        await rig.settle()
        assert rig.broker.take_topics() == [BRIDGE_CONFIG]
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert rig.broker.take_topics() == [CONFIG]


async def test_a_device_that_says_nothing_yet_after_a_restart_stays_announced(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running() as sink:
        await sink.publish(update(ROOF, {}, described=True))
        await rig.settle()
        assert CONFIG not in rig.broker.take_topics()
        assert CONFIG in rig.broker.retained


async def test_values_alone_announce_nothing(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        rig.broker.take()
        await sink.publish(update(ROOF, SOME))
        await sink.publish(update(ROOF, dict(SOME), replay=True))
        await sink.publish(Event(ROOF, "fault_raised", {}, rig.clock.now()))
        await rig.settle()
        assert rig.broker.take() == []


async def test_news_that_changes_nothing_in_an_announcement_is_not_sent(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        rig.broker.take()
        await sink.publish(update(device(rated_power=5000.0), SOME, described=True))
        await rig.settle()
        assert rig.broker.take() == []


async def test_a_device_restored_from_memory_is_announced_by_its_replay(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(update(ROOF, SOME, replay=True))
        await rig.settle()
        assert CONFIG in rig.broker.take_topics()


async def test_a_replay_that_holds_a_point_we_missed_announces_it(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, having("pv_power")))
        await rig.settle()
        await sink.publish(update(ROOF, SOME, replay=True))
        await rig.settle()
        assert "status" in rig.broker.components(ROOF.id)


async def test_two_announcements_of_a_device_are_a_settling_time_apart_and_the_second_is_repeated(rig: Rig) -> None:
    async with rig.running(HomeAssistantSettings(settle=timedelta(seconds=2))) as sink:
        await sink.publish(found(ROOF, having("pv_power")))
        await rig.after(2.2)
        assert CONFIG in rig.broker.take_topics()
        await sink.publish(found(ROOF, SOME))
        await rig.after(1.7)
        assert rig.broker.take() == []
        await rig.after(1)
        (topic, second) = rig.broker.take()[0]
        assert topic == CONFIG
        await rig.settle()
        assert rig.broker.take() == [(CONFIG, second)]
        await rig.settle()
        assert rig.broker.take() == []


async def test_devices_are_announced_no_faster_than_the_pace(rig: Rig) -> None:
    async with rig.running(HomeAssistantSettings(settle=timedelta(seconds=2), pace=2)) as sink:
        for number in range(10):
            await sink.publish(found(device(f"growatt_{number}"), SOME))
        await rig.after(2)
        assert rig.broker.take_topics() == [BRIDGE_CONFIG]
        await rig.after(1)
        assert rig.broker.take_topics() == [HA.config("growatt_0"), HA.config("growatt_1")]
        await rig.after(4)
        assert len(rig.broker.take()) == 8


async def test_while_the_broker_is_away_announcements_wait(rig: Rig) -> None:
    rig.broker.connected = False
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert rig.broker.take() == []
        rig.broker.connected = True
        await rig.settle()
        assert rig.broker.take_topics() == [BRIDGE_CONFIG, CONFIG]


async def test_a_broker_that_goes_away_in_between_gets_the_rest_later(rig: Rig) -> None:
    async with rig.running(HomeAssistantSettings(settle=timedelta(seconds=2), pace=1)) as sink:
        for number in range(3):
            await sink.publish(found(device(f"growatt_{number}"), SOME))
        await rig.after(3)
        assert len(rig.broker.take()) == 2
        rig.broker.connected = False
        await rig.after(30)
        rig.broker.connected = True
        await rig.after(30)
        assert rig.broker.take_topics() == [HA.config("growatt_1"), HA.config("growatt_2")]


async def test_after_a_reconnection_everything_is_announced_again(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        rig.broker.take()
        await sink.reconnected()
        await rig.settle()
        assert rig.broker.take_topics() == [BRIDGE_CONFIG, CONFIG]


async def test_a_start_of_home_assistant_is_answered_after_a_random_while_and_then_values_are_replayed(
    rig: Rig,
) -> None:
    async with rig.running(HomeAssistantSettings(birth_jitter=timedelta(seconds=30))) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        rig.broker.take()
        await sink.born()
        await rig.after(0.9)
        assert rig.broker.take() == []
        await rig.after(40)
        assert sorted(rig.broker.take_topics()) == sorted([BRIDGE_CONFIG, CONFIG])
        assert rig.replays == 1


async def test_several_starts_at_once_are_one(rig: Rig) -> None:
    async with rig.running() as sink:
        await rig.settle()
        for _ in range(3):
            await sink.born()
        await rig.settle()
        assert rig.replays == 1


async def test_values_are_replayed_only_when_home_assistant_listens(rig: Rig) -> None:
    async with rig.running(
        HomeAssistantSettings(birth_jitter=timedelta(seconds=0), settle=timedelta(seconds=5))
    ) as sink:
        await rig.settle()
        await sink.born()
        await rig.after(9.9)
        assert rig.replays == 0
        await rig.after(1)
        assert rig.replays == 1


async def test_values_that_the_broker_does_not_keep_are_replayed_after_an_announcement(rig: Rig) -> None:
    async with rig.running(HomeAssistantSettings(settle=timedelta(seconds=2)), retained=False) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.after(2.2)
        assert (rig.broker.take_topics(), rig.replays) == ([BRIDGE_CONFIG, CONFIG], 0)
        await rig.settle()
        assert rig.replays == 1
        await sink.publish(update(ROOF, SOME, replay=True))
        await rig.settle()
        assert rig.replays == 1
