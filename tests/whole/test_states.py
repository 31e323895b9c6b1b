"""What is published of every demo device, whole, so that a change shows in review."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from app.sinks.mqtt import attributes, state
from app.store import Update
from simulator.growatt import demo_fleet
from tests.whole.drive import Fleet

MORNING = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)


async def test_the_state_of_every_demo_device(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    async with Fleet(tmp_path, MORNING, demo_fleet()) as fleet, fleet.drive() as drive:
        await drive.run(timedelta(minutes=20))
        shown = {}
        for update in drive.store.everything(fleet.clock.now()):
            assert isinstance(update, Update)
            shown[update.device.id] = {
                "attributes": json.loads(json.dumps(attributes(update.device))),
                "state": json.loads(state(update)),
                "units": {key: str(point.unit) for key, point in update.points.items() if point.unit},
            }
    assert len(shown) >= 10
    assert shown == snapshot
