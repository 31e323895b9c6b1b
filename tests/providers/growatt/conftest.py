"""A server to talk to, and an account to talk with."""

from collections.abc import AsyncIterator

import pytest

from tests.providers.growatt.asking import has
from tests.providers.growatt.kit import Cloud, Home
from tests.providers.growatt.kit import cloud as serve_cloud
from tests.providers.growatt.writing import DONE, INV, MIX, SPA, TLX


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with serve_cloud() as served:
        yield served


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def account(cloud: Cloud) -> Cloud:
    """A plant without devices, in London's winter time; each test adds its own."""
    cloud.answers |= {
        "getAllPlantListTwo": {"PlantList": [{"id": 11, "plantName": "Home", "timezone": 0, "moneyUnitText": "€"}]},
        "getAllDeviceListTwo": {"deviceList": []},
        "noahDeviceApi/noah/isPlantNoahSystem": {"result": 0, "msg": "504"},
        "getTlxParams": {"result": 0, "msg": "504"},
    }
    return cloud


@pytest.fixture
def house(account: Cloud) -> Cloud:
    """An account with an inverter that has a battery, and a hybrid."""
    has(account, TLX, MIX, SPA, INV)
    account.answers["getTlxDetailData"] = {"data": {"bmsSoc": 55}}
    account.answers["getTlxSetData"] = {"result": 1, "obj": {"tlxSetBean": {"chargePowerCommand": "80"}}}
    account.answers |= dict.fromkeys(("tlxSet", "mixSetApiNew", "spaSetApi", "inverterSet", "updatePlant"), DONE)
    return account
