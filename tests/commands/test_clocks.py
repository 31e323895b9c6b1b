"""A clock that was set goes on: what is read back is later, and by how much is no secret."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from app.commands.values import arrived
from app.model import Device, Kind, Moment, Point, Range, Reading, Setting, Value
from tests.commands.rig import Vendor, desk

CLOCK = Point("device_clock", "Clock", kind=Kind.TEXT, accepts=Moment())
BEFORE = "2026-11-21T18:00:00"


@pytest.mark.parametrize(
    ("seen", "yes"),
    [
        ("2026-11-21T18:30:00", True),
        ("2026-11-21T18:30:20", True),
        ("2026-11-21T18:29:59", True),
        ("2026-11-21T18:35:00", True),
        ("2026-11-21T18:39:00", False),
        ("2026-11-21T18:20:00", False),
        (BEFORE, False),
        ("soon", False),
        (None, False),
        (7.0, False),
    ],
)
def test_a_clock_has_come_through_when_it_shows_what_was_set_or_has_gone_on_since(
    seen: Value | None, *, yes: bool
) -> None:
    assert arrived(CLOCK, "2026-11-21T18:30:00", seen, BEFORE, timedelta(minutes=5)) is yes


def test_a_clock_that_still_shows_what_it_showed_before_has_not_been_set() -> None:
    assert not arrived(CLOCK, "2026-11-21T18:30:00", "2026-11-21T18:30:10", "2026-11-21T18:30:10", timedelta(minutes=5))


def test_any_other_value_has_come_through_when_it_is_the_same() -> None:
    limit = Point("limit", "Limit", accepts=Range(0, 100))
    assert arrived(limit, 50.0, 50, 50, timedelta())
    assert not arrived(limit, 50.0, 49, None, timedelta())


class Watch(Vendor):
    """Has a clock, and shows it as it was at its last upload, every five minutes."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta(minutes=20)
        self.shown: tuple[int, str] = (-1, "")

    def settings(self, device: Device) -> Sequence[Setting]:
        return [Setting("device_clock", (CLOCK,))]

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        now: datetime = self.now()
        upload = int(now.timestamp()) // 300
        if upload != self.shown[0]:
            self.shown = upload, (now + self.ahead).replace(tzinfo=None).isoformat()
        return [Reading(device.id, CLOCK, self.shown[1], now)]

    async def write(self, device: Device, setting: Setting, values: object) -> None:
        self.ahead = timedelta()


async def test_a_clock_that_is_set_is_confirmed_with_the_next_upload() -> None:
    async with desk(Watch()) as work:
        now = work.rig.clock.now().replace(tzinfo=None)
        work.send(now.isoformat(), "device_clock")
        await work.pass_time(70)
        assert work.broker.results("device_clock") == []
        await work.pass_time(300)
        (answer,) = work.broker.results("device_clock")
        assert answer["status"] == "confirmed"
