"""A device that two accounts see, and what the bridge makes of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app import points
from app.model import Device, Point, Value
from tests.core.factory import FIVE, NOON, Rig, device, reading

TEN, HALF = timedelta(minutes=10), timedelta(minutes=30)
ID = "growatt_abc"


class Pair(Rig):
    """A device that the accounts `good` and `poor` see; `good` has the higher priority."""

    def __init__(self, now: datetime = NOON) -> None:
        super().__init__(now=now)
        self.store.sources.ranking = ("good", "poor")

    async def see(self, *accounts: str, **facts: Any) -> None:
        for account in accounts:
            await self.bridge.found(device(account=account, **facts))

    async def gives(
        self,
        account: str,
        point: Point,
        value: Value,
        at: datetime | None = None,
        *,
        every: timedelta = FIVE,
        timed: bool = True,
        asked: bool = False,
        live: bool = True,
    ) -> None:
        given = reading(point, value, at or self.clock.now(), timed=timed)
        await self.bridge.deliver([given], every, account=account, asked=asked, live=live)

    async def after(self, span: timedelta) -> None:
        self.clock.move(span)
        await self.bridge.tick()

    def shown(self, point: Point = points.PV_POWER) -> Value | None:
        return self.store.view(ID, self.clock.now()).get(point.key)

    def told(self, point: Point) -> list[Value | None]:
        """Every value of a point that went out, in order."""
        return [update.values[point.key] for update in self.outlet.updates if point.key in update.changed]

    def only(self) -> Device:
        (found,) = self.store.devices
        return found


@pytest.fixture
async def pair() -> Pair:
    made = Pair()
    await made.see("good", "poor")
    return made
