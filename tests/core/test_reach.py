"""Through which account a device is written."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from aiohttp import BaseConnector

from app.accounts import Accounts, Running
from app.commands import CommandSettings
from app.commands.offers import Offers
from app.config import AccountSection, Config
from app.errors import Locked
from app.metrics import Metrics
from app.model import Device, Kind, Point, Range, Reading, Setting, Value
from app.pace import Night
from app.poller import Poller, Terms
from app.state import State
from tests.core.factory import NOON, Rig, device
from tests.core.test_poller import Toy

BOTH = Point("export_limit", "Export limit", "%", Kind.LEVEL, accepts=Range(0, 100))
ONLY_TOKEN = Point("vpp_power", "Power", "%", Kind.LEVEL, accepts=Range(-100, 100))


class Pen(Toy):
    """A provider that writes."""

    def __init__(self, *points: Point, how: str) -> None:
        super().__init__()
        self.offers = [Setting(point.key, (point,), how=how) for point in points]

    def settings(self, device: Device) -> Sequence[Setting]:
        return self.offers

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        return ()

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        """Nothing is written here."""


class House(Rig):
    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.pens = {"app": Pen(BOTH, how="app"), "token": Pen(BOTH, ONLY_TOKEN, how="token")}
        self.accounts = Accounts(
            self.bridge,
            state,
            cast("BaseConnector", None),
            clock=self.clock,
            metrics=Metrics(),
            schedule=lambda *_: None,
            unschedule=lambda _: None,
            rng=Random(1),  # noqa: S311 - nothing secret
        )
        for name, pen in self.pens.items():
            self.run(name, pen)
        self.configure()

    def run(self, name: str, provider: Toy) -> None:
        ledger, vault = self.state.ledger(name, 600, self.clock), self.state.vault(name)
        poller = Poller(
            Terms(name, "growatt", {}, Night()),
            provider,
            self.bridge,
            ledger,
            vault,
            clock=self.clock,
            metrics=Metrics(),
        )
        self.accounts._running[name] = Running(cast("AccountSection", None), poller, AsyncExitStack())

    def configure(self, *write_via: str, own: str | None = None, **priorities: int) -> None:
        account: dict[str, Any] = {"provider": "growatt", "username": "me", "password": "secret"}
        config = Config.model_validate(
            {
                "accounts": {name: account | {"priority": priorities.get(name, 0)} for name in self.pens},
                "commands": {"enabled": True, "write_via": write_via},
                "devices": {"growatt_abc": {"write_via": own}} if own else {},
            }
        )
        self.accounts.configure(config)

    def way(self, key: str = BOTH.key) -> str:
        """The account that a command for a point goes through; empty where there is none."""
        setting, account = self.offers().find("growatt_abc", key)
        if setting is not None:
            assert setting.how == account
        return account if setting is not None else ""

    def offers(self) -> Offers:
        return Offers(CommandSettings(enabled=True), self.store, self.accounts.reach)


@pytest.fixture
async def house(tmp_path: Path) -> Any:
    with State.open(tmp_path) as state:
        made = House(state)
        for account in made.pens:
            await made.bridge.found(device(account=account))
        yield made


def test_the_higher_priority_writes(house: House) -> None:
    assert house.way() == "app"
    house.configure(token=1)
    assert house.way() == "token"


def test_a_setting_that_only_the_other_account_has_is_reachable(house: House) -> None:
    assert house.way(ONLY_TOKEN.key) == "token"
    offered = house.offers().offered(device())
    assert [(setting.key, setting.how) for setting in offered] == [("export_limit", "app"), ("vpp_power", "token")]


def test_the_owner_says_through_which_account_a_device_is_written(house: House) -> None:
    house.configure(own="token", app=1)
    assert house.way() == "token"
    house.configure(own="app")
    assert house.way() == "app"
    assert house.way(ONLY_TOKEN.key) == ""


def test_the_owner_says_through_which_accounts_devices_are_written(house: House) -> None:
    house.configure("token", "app")
    assert house.way() == "token"
    house.configure("app")
    assert house.way(ONLY_TOKEN.key) == ""
    house.configure("app", own="token")
    assert house.way() == "token"


def test_an_account_that_sees_nothing_of_a_device_does_not_write_it(house: House) -> None:
    house.configure("token")
    alone = device("growatt_x", account="app")
    door = house.accounts.reach(alone)
    assert door is not None
    assert (door.account, door.others) == ("app", ())
    house.configure(own="token")
    assert house.accounts.reach(alone) is not None


def test_a_visitor_writes_only_if_nobody_else_does(house: House) -> None:
    house.pens["app"].read_only = True
    assert house.way() == "token"
    house.pens["token"].read_only = True
    assert house.way() == "app"  # which says why it does not


async def test_a_locked_account_leaves_writing_to_the_other(house: House) -> None:
    house.pens["app"].error = Locked("locked", NOON.replace(day=2))
    await house.accounts.running["app"].poller.poll("values")
    assert house.way() == "token"
    house.configure("app")
    assert house.way() == "app"


def test_an_account_that_does_not_run_writes_nothing(house: House) -> None:
    del house.accounts._running["app"]
    assert house.way() == "token"
    house.configure(own="app")
    assert house.accounts.reach(device()) is None


def test_a_setting_goes_as_the_account_takes_it_that_writes_in_the_end(house: House) -> None:
    """The best account may have been stopped since the command came."""
    setting, _ = house.offers().find("growatt_abc", BOTH.key)
    assert setting is not None
    del house.accounts._running["app"]
    door = house.accounts.reach(device())
    assert door is not None
    way, own = door.through(device(), setting)
    assert (way.account, own.how) == ("token", "token")


def test_accounts_that_cannot_write_are_no_way(house: House) -> None:
    house.run("app", Toy())
    assert house.way() == "token"
