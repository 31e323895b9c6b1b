"""Single reads by the library's names, the former ones too, of either API; what comes back is masked."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import TCPConnector
from pydantic import SecretStr

from app.errors import CommandError
from app.model import DeviceKind
from app.providers import Account, Getting, Provider
from app.providers.growatt import Settings, calls
from app.providers.growatt import open as open_account
from simulator.growatt import TOKEN, Cloud, one_plant, serve
from simulator.growatt import Account as Login
from tests.providers.growatt.kit import INSTALL, Clock, Ledger, Vault

WORD = "sun-shine-3"


@asynccontextmanager
async def account(**settings: Any) -> AsyncIterator[tuple[Provider, Getting]]:
    clock = Clock()
    made = Cloud(clock, fleet=one_plant(), accounts=[Login("demo", WORD)])
    async with (
        serve(made) as address,
        TCPConnector() as connector,
        open_account(
            Settings(provider="growatt", server_url=address, **settings),
            Account("roof", clock, Vault(), Ledger(), connector, INSTALL),
        ) as provider,
    ):
        assert isinstance(provider, Getting)
        yield provider, provider


async def test_the_app_answers_a_read_under_either_of_its_names() -> None:
    async with account(username="demo", password=SecretStr(WORD)) as (provider, getting):
        devices = await provider.discover()
        (plant,) = [each for each in devices if each.kind is DeviceKind.PLANT]
        now, before = [await getting.get(plant, name) for name in ("plant_settings", "get_plant_settings")]
        assert now == before
        assert isinstance(now, Mapping)
        assert plant.name
        assert plant.name not in json.dumps(now)
        assert await getting.get(plant, "inverter_list") == await getting.get(plant, "device_list")
        for method in ("login", "plant_list", "update_plant_settings", "nothing"):
            with pytest.raises(CommandError, match="is no read of this account"):
                await getting.get(plant, method)
        assert getting.canonical("get_plant_settings") == "plant_settings"


async def test_the_token_answers_a_read() -> None:
    async with account(api="openapi", token=SecretStr(TOKEN)) as (provider, getting):
        devices = await provider.discover()
        tlx = next(each for each in devices if each.serial.startswith("MNH"))
        answer = await getting.get(tlx, "min_detail")
        assert isinstance(answer, Mapping)
        assert tlx.serial not in json.dumps(answer)
        with pytest.raises(CommandError, match=r"is no read of this account; there are: .*min_energy"):
            await getting.get(tlx, "min_energy_history")


def test_what_may_be_asked_needs_nothing_that_is_not_known_of_a_device() -> None:
    known = {"sn", "plant", "span", "date", "page"}
    assert {name for name, call in calls.READS.items() if not calls.needs((*call.query, *call.form)) <= known} == set()
    assert set(calls.ALIASES.values()) <= set(calls.READS)
