"""How announcements are taken back, moved, left out and split."""

import json
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from app import points
from app.model import AccountState, AccountStatus, Point
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.registry import Record
from app.topics import Topics
from tests.homeassistant.factory import BRIDGE, SOME, Registry, Rig, device, found, gone, having

HA = Topics()
ROOF = device()
CONFIG = HA.config(ROOF.id)
BRIDGE_CONFIG = HA.config(BRIDGE)
SINGLE = HomeAssistantSettings(mode="single")


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_a_device_that_has_gone_is_taken_back(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        await sink.publish(gone(ROOF))
        await rig.settle()
        assert CONFIG not in rig.broker.retained
        assert CONFIG not in rig.registry
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert CONFIG in rig.broker.retained


async def test_a_device_that_went_while_the_bridge_was_down_is_taken_back(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running() as sink:
        await sink.reconcile("home", ["growatt_other"])
        await rig.settle()
        assert CONFIG not in rig.broker.retained


async def test_devices_of_another_account_are_not_touched_by_a_reconciliation(rig: Rig) -> None:
    async with rig.running(accounts=("home", "shed")) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        await sink.reconcile("shed", [])
        await sink.reconcile("home", [ROOF.id])
        await rig.settle()
        assert CONFIG in rig.broker.retained


async def test_what_an_account_announced_that_is_no_longer_configured_is_taken_back(rig: Rig) -> None:
    async with rig.running(accounts=("home", "shed")) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert "account_home_state" in rig.broker.components(BRIDGE)
    async with rig.running(accounts=("shed",)):
        await rig.settle()
        assert CONFIG not in rig.broker.retained
        assert "account_home_state" not in rig.broker.components(BRIDGE)


async def test_a_changed_set_of_accounts_takes_effect_while_running(rig: Rig) -> None:
    async with rig.running(accounts=("home",)) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        await sink.configured(("shed",))
        await rig.settle()
        assert CONFIG not in rig.broker.retained
        assert "account_shed_state" in rig.broker.components(BRIDGE)


async def test_an_account_nobody_named_is_shown_once_it_speaks(rig: Rig) -> None:
    async with rig.running(accounts=()) as sink:
        await rig.settle()
        for _ in range(2):
            await sink.publish(AccountStatus("home", "growatt", "shinephone", AccountState.ONLINE))
        await rig.settle()
        assert "account_home_state" in rig.broker.components(BRIDGE)


async def test_a_component_that_is_no_longer_wanted_is_named_once_more_and_then_left_out(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(HomeAssistantSettings(exclude=("*/status",), settle=timedelta(seconds=2))) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.after(2.5)
        assert rig.broker.components(ROOF.id)["status"] == {"p": "sensor"}
        assert rig.broker.components(ROOF.id)["pv_power"]["uniq_id"]
        await rig.after(1.4)
        assert "status" in rig.broker.components(ROOF.id)
        await rig.settle()
        assert "status" not in rig.broker.components(ROOF.id)
        assert "status" not in Record.load(rig.registry[CONFIG]).components


async def test_a_component_whose_platform_changes_is_taken_back_first(rig: Rig) -> None:
    flag = Point("status", "Status", kind=points.PROBLEM.kind)
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        rig.broker.take()
        await sink.publish(found(ROOF, {**SOME, "status": flag}))
        await rig.settle()
        steps = [json.loads(payload)["cmps"]["status"] for _, payload in rig.broker.take()]
        assert steps[0] == {"p": "sensor"}
        assert [step["p"] for step in steps[1:]] == ["binary_sensor", "binary_sensor"]


async def test_a_device_that_is_wholly_excluded_is_taken_back(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(HomeAssistantSettings(exclude=(ROOF.id,))) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert CONFIG not in rig.broker.retained
        await sink.publish(found(ROOF, SOME))
        await rig.settle()


async def test_a_changed_prefix_moves_everything(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(HomeAssistantSettings(discovery_prefix="ha")) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    assert sorted(rig.broker.retained) == ["ha/device/growatt_ABC123/config", f"ha/device/{BRIDGE}/config"]
    assert sorted(rig.registry) == sorted(rig.broker.retained)


async def test_a_changed_base_topic_is_announced_in_place(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(topics=Topics("solar")) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    assert sorted(rig.broker.retained) == sorted([BRIDGE_CONFIG, CONFIG])
    assert rig.broker.document(CONFIG)["stat_t"] == f"solar/device/{ROOF.id}/state"


async def test_a_bridge_with_another_identity_is_taken_back(rig: Rig) -> None:
    async with rig.running(install_id="ffffffffffffffff"):
        await rig.settle()
    async with rig.running():
        await rig.settle()
    assert list(rig.broker.retained) == [BRIDGE_CONFIG]


async def test_a_document_of_the_registry_that_cannot_be_read_is_taken_back(rig: Rig) -> None:
    for number, document in enumerate(("{", "[]", '{"colour": 1}', '{"components": [1]}', '{"components": {"a": 1}}')):
        rig.registry.put(HA.config(f"growatt_{number}"), document)
    async with rig.running():
        await rig.settle()
    assert list(rig.registry) == [BRIDGE_CONFIG]


async def test_switched_off_it_takes_everything_back_and_is_silent(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(HomeAssistantSettings(enabled=False)) as sink:
        await sink.publish(found(ROOF, SOME))
        await sink.born()
        await rig.settle()
    assert not rig.broker.retained
    assert not rig.registry
    assert rig.replays == 0


async def test_a_device_removed_in_home_assistant_stays_away_until_asked_for(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        rig.broker.retained.pop(CONFIG)
        with capture_logs() as logs:
            await sink.removed_by_user(CONFIG)
        assert [line["event"] for line in logs] == ["discovery_removed_by_user"]
        await sink.publish(found(ROOF, {**SOME, **having("load_power")}))
        await sink.born()
        await rig.settle()
        assert CONFIG not in rig.broker.retained
        await sink.rediscover()
        await rig.settle()
        assert CONFIG in rig.broker.retained


async def test_a_restart_announces_what_was_removed_in_home_assistant(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        await sink.removed_by_user(CONFIG)
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert CONFIG in rig.broker.take_topics()


async def test_our_own_clearing_is_not_taken_for_the_users(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        await sink.publish(gone(ROOF))
        await rig.settle()
        await sink.removed_by_user(CONFIG)
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert CONFIG in rig.broker.retained


def migrations(sent: list[tuple[str, str]]) -> list[str]:
    return [topic for topic, payload in sent if payload == '{"migrate_discovery":true}']


async def test_from_one_message_a_device_to_one_an_entity_history_is_kept(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(SINGLE) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        sent = [(topic, payload) for topic, payload in rig.broker.take() if "growatt" in topic]
        assert migrations(sent) == [CONFIG]
        assert [topic for topic, _ in sent[:2]] == [CONFIG, CONFIG]
        assert sent[1] == (CONFIG, "")
        assert {topic for topic, _ in sent[2:]} == {
            "homeassistant/sensor/growatt_ABC123/pv_power/config",
            "homeassistant/sensor/growatt_ABC123/pv_energy_total/config",
            "homeassistant/sensor/growatt_ABC123/status/config",
            "homeassistant/binary_sensor/growatt_ABC123/problem/config",
            "homeassistant/event/growatt_ABC123/event/config",
        }
        await rig.settle()
        assert rig.broker.take() == []


async def test_from_one_message_an_entity_to_one_a_device_history_is_kept(rig: Rig) -> None:
    async with rig.running(SINGLE) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    old = {topic for topic in rig.broker.retained if "growatt" in topic}
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        sent = [(topic, payload) for topic, payload in rig.broker.take() if "growatt" in topic]
        assert set(migrations(sent[: len(old)])) == old
        assert {topic for topic, payload in sent[len(old) : -1] if not payload} == old
        assert sent[-1][0] == CONFIG
    assert {topic for topic in rig.broker.retained if "growatt" in topic} == {CONFIG}
    assert {topic for topic in rig.registry if "growatt" in topic} == {CONFIG}


async def test_a_migration_cut_short_by_a_restart_is_brought_to_its_end(rig: Rig) -> None:
    async with rig.running(SINGLE) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(HomeAssistantSettings(settle=timedelta(seconds=2))) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.after(3)
    assert CONFIG not in rig.broker.retained
    rig.broker.take()
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert migrations(rig.broker.take()) == []
    assert {topic for topic in rig.broker.retained if "growatt" in topic} == {CONFIG}


async def test_a_migration_that_is_called_off_leads_back(rig: Rig) -> None:
    async with rig.running(SINGLE) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    before = dict(rig.broker.retained)
    async with rig.running(HomeAssistantSettings(settle=timedelta(seconds=2))) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.after(3)
    async with rig.running(SINGLE) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    assert rig.broker.retained == before


async def test_what_is_excluded_does_not_migrate_but_goes(rig: Rig) -> None:
    async with rig.running(SINGLE) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(HomeAssistantSettings(exclude=("*/status",))) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert "homeassistant/sensor/growatt_ABC123/status/config" not in migrations(rig.broker.take())
    assert {topic for topic in rig.broker.retained if "growatt" in topic} == {CONFIG}


async def test_an_entity_of_its_own_message_is_taken_back_by_clearing_it(rig: Rig) -> None:
    async with rig.running(SINGLE) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    async with rig.running(HomeAssistantSettings(mode="single", exclude=("*/status",))) as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    assert "homeassistant/sensor/growatt_ABC123/status/config" not in rig.broker.retained


async def test_what_home_assistant_would_refuse_is_left_out_counted_and_said_once(rig: Rig) -> None:
    odd = Point("odd", "Odd", kind=points.STATUS.kind, words=("same", "same"))
    with capture_logs() as logs:
        async with rig.running() as sink:
            await sink.publish(found(ROOF, {**SOME, "odd": odd}))
            await rig.settle()
            await sink.reconnected()
            await rig.settle()
            assert set(rig.broker.components(ROOF.id)) == {*SOME, "event"}
    assert rig.refused("options") == 1
    said = [line for line in logs if line["event"] == "not_announced"]
    assert [(line["device"], line["what"]) for line in said] == [(ROOF.id, "odd")]


async def test_a_document_that_home_assistant_would_not_hear_is_not_sent(rig: Rig) -> None:
    strange = device("growatt_a/b")
    async with rig.running() as sink:
        await sink.publish(found(strange, SOME))
        await rig.settle()
        assert rig.broker.take_topics() == [BRIDGE_CONFIG]
    assert rig.refused("topic") == 1


def many(count: int) -> dict[str, Point]:
    return {f"p{n}": Point(f"p{n}", f"Point {n}", "W") for n in range(count)}


async def test_a_very_large_device_is_spread_over_several_messages_that_never_exchange_components(rig: Rig) -> None:
    large = many(700)
    async with rig.running() as sink:
        await sink.publish(found(ROOF, large))
        await rig.settle()
        parts = {topic: set(rig.broker.document(topic)["cmps"]) for topic in rig.broker.retained if "growatt" in topic}
        assert len(parts) > 1
        assert set().union(*parts.values()) == {*large, "event"}
        assert sum(map(len, parts.values())) == len(large) + 1
        assert {tuple(rig.broker.document(topic)["dev"]["ids"]) for topic in parts} == {(ROOF.id,)}
        assert all(len(rig.broker.retained[topic].encode()) <= 100_000 for topic in parts)
    async with rig.running() as sink:
        grown: dict[str, Any] = {"new": Point("new", "New", "W"), **large}
        await sink.publish(found(ROOF, grown))
        await rig.settle()
        for topic, keys in parts.items():
            assert keys <= set(rig.broker.document(topic)["cmps"])
        assert (
            sum("new" in rig.broker.document(topic)["cmps"] for topic in rig.broker.retained if "growatt" in topic) == 1
        )


async def test_a_restart_with_nothing_new_writes_nothing_to_the_registry(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
    before = rig.registry
    rig.registry = ReadOnly(before)
    async with rig.running() as sink:
        await sink.publish(found(ROOF, SOME))
        await rig.settle()
        assert CONFIG in rig.broker.take_topics()


class ReadOnly(Registry):
    def put(self, topic: str, document: str) -> None:
        pytest.fail(f"{topic} is in the registry already")
