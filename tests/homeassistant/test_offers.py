"""What is offered changes: documents follow, in steps that Home Assistant can follow."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.model import AccountState, AccountStatus, Device, Setting
from app.sinks.homeassistant import HomeAssistantSettings
from app.sinks.homeassistant.settings import Language
from app.topics import Topics
from tests.homeassistant.factory import SOME, Rig, device, found, update
from tests.homeassistant.test_controls import PRIORITY, RATE, START, SYNC
from tests.homeassistant.test_entities import ROOF, offer

HA = Topics()
CONFIG = HA.config(ROOF.id)


class Offer:
    """What an account offers; it can change."""

    def __init__(self, *offered: Setting) -> None:
        self.now: Sequence[Setting] = offered

    def __call__(self, of: Device) -> Sequence[Setting]:
        return self.now if of.id == ROOF.id else ()


def status(state: AccountState = AccountState.ONLINE, *, read_only: bool = False) -> AccountStatus:
    return AccountStatus("home", "growatt", "shinephone", state, read_only=read_only)


KNOWN = {**SOME, RATE.key: RATE}


@pytest.fixture
def rig() -> Rig:
    return Rig()


def platforms(rig: Rig) -> dict[str, str]:
    return {key: part["p"] for key, part in rig.broker.components(ROOF.id).items()}


async def test_only_what_is_offered_is_a_control(rig: Rig) -> None:
    async with rig.running(offered=Offer(*offer(RATE, SYNC))) as sink:
        await sink.publish(found(ROOF, KNOWN))
        await sink.publish(found(device("growatt_other"), KNOWN))
        await rig.settle()
        assert platforms(rig)["charge_rate"] == "number"
        assert platforms(rig)["sync_clock"] == "button"
        assert platforms(rig)["pv_power"] == "sensor"
        other = rig.broker.components("growatt_other")
        assert other["charge_rate"]["p"] == "sensor"
        assert "undo" not in other


async def test_without_commands_nothing_is_a_control(rig: Rig) -> None:
    async with rig.running() as sink:
        await sink.publish(found(ROOF, KNOWN))
        await rig.settle()
        assert set(platforms(rig).values()) == {"sensor", "binary_sensor", "event"}


@pytest.mark.parametrize("mode", ["device", "single"])
async def test_a_visitors_login_makes_controls_sensors_again_in_steps_that_home_assistant_follows(
    rig: Rig, mode: Any
) -> None:
    settings, offered = HomeAssistantSettings(mode=mode), Offer(*offer(RATE))
    number, sensor = (HA.single_config(name, ROOF.id, "charge_rate") for name in ("number", "sensor"))
    async with rig.running(settings, offered=offered) as sink:
        await sink.publish(status())
        await sink.publish(found(ROOF, KNOWN))
        await rig.settle()
        rig.broker.take()
        offered.now = ()
        await sink.publish(status(read_only=True))
        await rig.settle()
        sent = rig.broker.take()
    if mode == "single":
        topics = [topic for topic, _ in sent]
        assert topics.index(number) < topics.index(sensor)
        assert dict(sent)[number] == ""
        return
    first, second = (json.loads(payload)["cmps"] for topic, payload in sent[:2] if topic == CONFIG)
    assert first["charge_rate"] == {"p": "number"}
    assert first["undo"] == {"p": "button"}
    assert second["charge_rate"]["p"] == "sensor"
    assert "undo" not in second


async def test_a_device_that_proves_a_battery_gets_its_controls(rig: Rig) -> None:
    offered = Offer()
    async with rig.running(offered=offered) as sink:
        await sink.publish(status())
        await sink.publish(found(ROOF, KNOWN))
        await rig.settle()
        assert platforms(rig)["charge_rate"] == "sensor"
        offered.now = offer(RATE, START)
        await sink.publish(update(device(attributes={"battery": "yes"}), KNOWN, described=True))
        await rig.settle()
        assert platforms(rig)["charge_rate"] == "number"
        assert platforms(rig)["charge_period1_start"] == "text"


async def test_what_an_account_has_learnt_of_a_device_shows_with_its_next_values(rig: Rig) -> None:
    offered = Offer()
    async with rig.running(offered=offered) as sink:
        await sink.publish(status())
        await sink.publish(found(ROOF, KNOWN))
        await rig.settle()
        rig.broker.take()
        await sink.publish(update(ROOF, KNOWN))
        await rig.settle()
        assert rig.broker.take() == []
        offered.now = offer(RATE)
        await sink.publish(update(ROOF, KNOWN))
        await rig.settle()
        assert platforms(rig)["charge_rate"] == "number"


async def test_a_changed_configuration_changes_what_is_a_control(rig: Rig) -> None:
    offered = Offer(*offer(RATE))
    async with rig.running(offered=offered) as sink:
        await sink.publish(status())
        await sink.publish(found(ROOF, KNOWN))
        await rig.settle()
        offered.now = ()
        await sink.configured(("home",))
        await sink.publish(status())
        await rig.settle()
        assert platforms(rig)["charge_rate"] == "sensor"
        offered.now = offer(RATE)
        await sink.configured(("home",))
        await rig.settle()
        assert platforms(rig)["charge_rate"] == "number"


async def test_a_restart_leaves_controls_alone_until_the_account_has_said_what_it_offers(rig: Rig) -> None:
    offered = Offer(*offer(RATE))
    async with rig.running(offered=offered) as sink:
        await sink.publish(status())
        await sink.publish(found(ROOF, KNOWN))
        await rig.settle()
    offered.now = ()
    async with rig.running(offered=offered) as sink:
        await sink.publish(update(ROOF, KNOWN, replay=True))
        await sink.publish(status(AccountState.UNREACHABLE))
        await rig.settle()
        assert CONFIG not in rig.broker.take_topics()
        assert platforms(rig)["charge_rate"] == "number"
        await sink.publish(status())
        await rig.settle()
        assert platforms(rig)["charge_rate"] == "sensor"


async def test_what_one_of_two_accounts_offers_waits_for_that_account(rig: Rig) -> None:
    offered, shared = Offer(*offer(RATE, SYNC)), device(others=("token",))
    async with rig.running(offered=offered, accounts=("home", "token")) as sink:
        await sink.publish(found(shared, KNOWN))
        await rig.settle()
    offered.now = offer(RATE)
    async with rig.running(offered=offered, accounts=("home", "token")) as sink:
        await sink.publish(update(shared, KNOWN, replay=True))
        await sink.publish(status())
        await rig.settle()
        assert CONFIG not in rig.broker.take_topics()
        await sink.publish(replace(status(), account="token"))
        await rig.settle()
        assert "sync_clock" not in platforms(rig)
        assert platforms(rig)["charge_rate"] == "number"


async def test_a_locked_account_keeps_its_controls_as_long_as_it_offers_them(rig: Rig) -> None:
    async with rig.running(offered=Offer(*offer(RATE))) as sink:
        await sink.publish(status())
        await sink.publish(found(ROOF, KNOWN))
        await rig.settle()
        rig.broker.take()
        await sink.publish(status(AccountState.LOCKED))
        await rig.settle()
        assert rig.broker.take() == []


@pytest.mark.parametrize("mode", ["device", "single"])
async def test_what_is_chosen_is_told_again_when_it_reads_otherwise(rig: Rig, mode: Any) -> None:
    known = {**KNOWN, PRIORITY.key: PRIORITY}
    runs: tuple[tuple[Language, int], ...] = (("en", 0), ("en", 0), ("de", 1), ("de", 1), ("en", 2))
    for language, replays in runs:
        settings = HomeAssistantSettings(language=language, mode=mode)
        async with rig.running(settings, offered=Offer(*offer(RATE, PRIORITY))) as sink:
            await sink.publish(status())
            await sink.publish(found(ROOF, known))
            await rig.settle()
            assert rig.replays == replays
