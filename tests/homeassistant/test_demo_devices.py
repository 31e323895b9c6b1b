"""Snapshots: what is announced and published of every kind of device in the demo."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import TCPConnector
from syrupy.assertion import SnapshotAssertion

from app.model import Setting
from app.providers import Account, Writing, load
from app.sinks.homeassistant.entities import slug
from app.sinks.mqtt import state
from app.store import OfflinePolicy, Store, Update
from simulator.clock import DrivenClock
from simulator.growatt import PASSWORD, USER, Cloud, serve
from tests.homeassistant.factory import HA, Rig

NOON = datetime(2026, 6, 21, 10, tzinfo=UTC)


class Vault(dict[str, Mapping[str, Any] | None]):
    """What an account keeps, here only as long as the test."""

    def get(self, name: str) -> dict[str, Any] | None:  # type: ignore[override]  # the port's, not the dictionary's
        return super().get(name)  # type: ignore[return-value]  # (same)

    def put(self, name: str, document: Mapping[str, Any] | None) -> None:
        self[name] = document


class Ledger:
    """A budget without end."""

    def spend(self, call: str) -> None:
        pass


Offers = dict[str, Sequence[Setting]]
"""What can be set, by device."""


async def demo(rig: Rig, offers: Offers | None = None) -> list[Update]:
    """Return all that is known of the demo's devices after each feed has been read once; note what can be set."""
    store = Store(timedelta(minutes=30), lambda _: OfflinePolicy.KEEP)
    module = load("growatt")
    async with serve(Cloud(rig.clock)) as address, TCPConnector() as connector:
        section = {"provider": "growatt", "username": USER, "password": PASSWORD, "server_url": address}
        account = Account("home", rig.clock, Vault(), Ledger(), connector, "0123456789abcdef")
        async with module.open(module.Settings.model_validate(section), account) as provider:
            for device in await provider.discover():
                store.put(device, rig.clock.now())
            for feed in provider.feeds:
                store.update(await provider.read(feed), rig.clock.now(), feed.every)
            if offers is not None:
                assert isinstance(provider, Writing)
                offers |= {device.id: provider.settings(device) for device in store.devices}
    return store.everything(rig.clock.now())


def signature(update: Update) -> tuple[str, frozenset[str]]:
    """Return what makes one device like another."""
    return update.device.kind, frozenset(update.points)


def shorn(device_id: str, key: str, component: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a component without what follows from its device and key alone."""
    unique = f"{device_id}_{key}"
    follows = {
        "uniq_id": unique,
        "def_ent_id": f"{component['p']}.{slug(unique)}",
        "obj_id": slug(unique),
        "qos": 1,
    }
    assert {name: component[name] for name in follows} == follows
    return {name: value for name, value in component.items() if name not in follows}


def lines(parts: Mapping[str, object]) -> list[str]:
    return [f"{key}: {json.dumps(part, ensure_ascii=False)}" for key, part in sorted(parts.items())]


def page(update: Update, rig: Rig) -> str:
    """Return one device for a reviewer: what is enabled, of the tail the keys, and the state as it is published."""
    topics = sorted(topic for topic in rig.broker.retained if topic.startswith(HA.config(update.device.id)[:-7]))
    documents = [rig.broker.document(topic) for topic in topics]
    components: dict[str, Any] = {key: part for document in documents for key, part in document["cmps"].items()}
    root = {key: value for key, value in documents[0].items() if key != "cmps"}
    shown = {key: shorn(update.device.id, key, part) for key, part in components.items() if part.get("en") is not False}
    return "\n".join(
        [
            f"parts: {len(topics)}",
            *lines(root),
            "",
            *lines(shown),
            "",
            "disabled: " + " ".join(sorted(components.keys() - shown.keys())),
            "",
            *lines(json.loads(state(update))),
        ]
    )


async def test_every_kind_of_device_in_the_demo(snapshot: SnapshotAssertion) -> None:
    rig = Rig()
    rig.clock = DrivenClock(NOON)
    updates = await demo(rig)
    async with rig.running() as sink:
        for update in updates:
            await sink.publish(update)
        await rig.settle()
    assert rig.metrics.registry.get_sample_value("heliopost_discovery_refused_total") is None
    known = [update for update in updates if update.points]
    assert set(rig.broker.retained) >= {HA.config(update.device.id) for update in known}
    kinds = {signature(update): update for update in reversed(known)}
    for update in kinds.values():
        assert page(update, rig) == snapshot(name=update.device.id)
