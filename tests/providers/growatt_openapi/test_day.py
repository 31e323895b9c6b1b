"""Hours in the simulated cloud, which counts calls as Growatt does: it never has to complain."""

import json
from datetime import timedelta
from itertools import cycle

from app.errors import ProviderError
from app.providers.growatt.openapi.families import FEEDS
from simulator.growatt import TOKEN, Cloud, openapi_fleet, serve
from tests.providers.growatt_openapi.kit import House

CHOSEN = ("Office", "Villa", "Meter house", "Beach house")
"""Plants with several inverters of one family, with what only V4 knows, with a meter, with an SPH."""

HOURS = 4
"""From noon into the evening."""


async def test_hours_with_restarts_and_unsteady_feeds_brings_no_complaint() -> None:
    house, steps = House(), cycle((300, 281, 329, 295, 310, 299, 305))
    plants = tuple(plant for plant in openapi_fleet() if plant.name in CHOSEN)
    assert len(plants) == len(CHOSEN)
    read: dict[str, int] = {}
    failed: list[ProviderError] = []
    async with serve(Cloud(house.clock, fleet=plants)) as address:
        for _ in range(HOURS):
            async with house.provider(address, token=TOKEN) as provider:
                await provider.discover()
                for minute in range(0, 60, 5):
                    due = [feed for feed in FEEDS if minute % (feed.every / timedelta(minutes=1)) == 0]
                    for feed in due:
                        try:
                            for reading in await provider.read(feed):
                                read[reading.device_id] = read.get(reading.device_id, 0) + 1
                        except ProviderError as error:
                            failed.append(error)
                    house.clock.move(seconds=next(steps))
    assert failed == []
    budgets = json.loads(house.vault.texts["budgets"])
    assert budgets.get("rests", {}) == {}, "what Growatt finds too frequent rests"
    assert len(house.ledger.calls) < HOURS * 12 * 12
    inverters = [name for name in read if name.startswith(("growatt_NX", "growatt_SPH", "growatt_0PV"))]
    assert inverters
    assert all(read[name] > HOURS * 12 * 5 for name in inverters)
