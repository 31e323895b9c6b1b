"""By which rules the simulated OpenAPI answers: tokens, methods, budgets."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import EMPTY_TOKEN, TOKEN, Cloud, Token, openapi_fleet, serve
from simulator.growatt.control import Control
from simulator.growatt.openapi_families import FAMILIES
from tests.simulator import park
from tests.simulator.token import Bearer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cloud(clock: DrivenClock) -> Cloud:
    return Cloud(clock, fleet=openapi_fleet())


@pytest.fixture
async def address(cloud: Cloud, clock: DrivenClock) -> AsyncIterator[str]:
    async with serve(cloud, control=Control(cloud, clock.move).application()) as url:
        yield url


# Tokens


@pytest.mark.parametrize("token", ["", "sunny-wrong-token-1"])
async def test_who_has_no_good_token_is_refused(address: str, token: str) -> None:
    async with Bearer(address, token) as stranger:
        refused = {"data": "", "error_code": 10011, "error_msg": "error_permission_denied"}
        assert await stranger.get("plant/list") == refused
        assert await stranger.post("tlxSet", tlx_sn=park.TLX, type="discharge_power", param1="1") == refused
        said = await stranger.new("queryDeviceList", page="1")
        assert (said["code"], said["message"]) == (2, "TOKEN_IS_INVALID")


async def test_a_token_shows_its_own_plants_alone(address: str, cloud: Cloud) -> None:
    cloud.openapi.tokens.append(Token("sunny-home-token-1", (park.HOME,)))
    async with Bearer(address, "sunny-home-token-1") as owner:
        assert [plant["plant_id"] for plant in (await owner.get("plant/list"))["data"]["plants"]] == [park.HOME]
        assert (await owner.new("queryDeviceList", page="1"))["data"]["count"] == 1
        assert (await owner.post("device/mix/mix_last_data", mix_sn=park.MIX))["error_code"] == 10002
        assert (await owner.get("plant/data", plant_id=str(park.BEACH)))["error_code"] == 10002
        assert (await owner.post("mixSet", mix_sn=park.MIX, type="pv_on_off", param1="0000"))["error_code"] == 10012
        asked = {"deviceSn": park.MIX, "deviceType": "sph"}
        assert (await owner.new("setPower", **asked, value="1"))["code"] == 12


async def test_a_token_without_plants(address: str) -> None:
    async with Bearer(address, EMPTY_TOKEN) as poor:
        assert (await poor.get("plant/list"))["data"] == {"count": 0, "plants": []}
        assert (await poor.new("queryDeviceList", page="1"))["data"]["data"] == []


async def test_the_back_door_gives_and_takes_tokens(bearer: Bearer, address: str) -> None:
    made = await bearer.control("openapi", token="sunny-new-token-1", plants=[park.FARM])
    assert made["tokens"] == 3
    async with Bearer(address, "sunny-new-token-1") as owner:
        assert (await owner.get("plant/list"))["data"]["count"] == 1
        await bearer.control("openapi", revoke="sunny-new-token-1")
        assert (await owner.get("plant/list"))["error_code"] == 10011
    assert "error" in await bearer.control("openapi", v4_zone="Nowhere/At all")


# Paths


async def test_each_prefix_serves_both_sets(free: Bearer) -> None:
    status, text = await free.raw("POST", f"v1/new-api/queryLastData?deviceSn={park.TLX}&deviceType=min")
    assert (status, json.loads(text)["code"]) == (200, 0)
    status, text = await free.raw("GET", "v4/plant/list")
    assert (status, json.loads(text)["error_code"]) == (200, 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "v1/nothing", 404), ("POST", "v1/plant/list", 405), ("GET", "v1/tlxSet", 405)],
)
async def test_a_path_wants_its_method(free: Bearer, method: str, path: str, status: int) -> None:
    assert (await free.raw(method, path))[0] == status


# Budgets


@pytest.mark.parametrize("family", park.V1_FAMILIES)
async def test_a_device_can_be_asked_again_after_its_interval(family: str, bearer: Bearer, clock: DrivenClock) -> None:
    every = FAMILIES[family].paces.last

    async def ask() -> int:
        if family == "inverter":
            said = await bearer.get("device/inverter/last_new_data", device_sn=park.OF_FAMILY[family])
        else:
            path = f"device/{family}/{family}_last_data"
            said = await bearer.post(path, **{f"{family}_sn": park.OF_FAMILY[family]})
        return int(said["error_code"])

    assert [await ask(), await ask()] == [0, 10012]
    clock.move(timedelta(seconds=every - 1))
    assert await ask() == 10012
    clock.move(timedelta(seconds=1))
    assert await ask() == 0


async def test_each_device_and_each_call_has_a_budget_of_its_own(bearer: Bearer, cloud: Cloud, address: str) -> None:
    async def ask(serial: str, who: Bearer = bearer) -> int:
        return int((await who.post("device/tlx/tlx_last_data", tlx_sn=serial))["error_code"])

    assert [await ask(park.TLX), await ask(park.PLAIN), await ask(park.TLX)] == [0, 0, 10012]
    assert (await bearer.get("device/tlx/tlx_data_info", device_sn=park.TLX))["error_code"] == 0
    cloud.openapi.tokens.append(Token("sunny-other-token-1"))
    async with Bearer(address, "sunny-other-token-1") as other:
        assert await ask(park.TLX, other) == 0


async def test_a_path_may_have_one_budget_for_all_devices(bearer: Bearer) -> None:
    await bearer.control("openapi", each=False)
    said = [await bearer.post("device/tlx/tlx_last_data", tlx_sn=serial) for serial in (park.TLX, park.PLAIN)]
    assert [each["error_code"] for each in said] == [0, 10012]
    assert (await bearer.post("device/mix/mix_last_data", mix_sn=park.MIX))["error_code"] == 0


async def test_a_batch_counts_for_each_of_its_devices(bearer: Bearer) -> None:
    first = await bearer.new("queryLastData", deviceSn=f"{park.TLX},{park.METERED}", deviceType="min")
    again = await bearer.new("queryLastData", deviceSn=f"{park.METERED},{park.PLAIN}", deviceType="min")
    assert (first["code"], again["code"]) == (0, 102)


async def test_the_next_page_is_another_call(bearer: Bearer) -> None:
    pages = [await bearer.get("plant/list", page=page, perpage="3") for page in ("1", "2", "1")]
    assert [said["error_code"] for said in pages] == [0, 0, 10012]


async def test_the_list_of_plants_is_told_ten_times_a_day(bearer: Bearer, clock: DrivenClock) -> None:
    codes = []
    for _ in range(12):
        codes.append((await bearer.get("plant/list"))["error_code"])
        clock.move(timedelta(minutes=6))
    assert codes == [0] * 10 + [10012] * 2
    clock.move(timedelta(hours=23))
    assert (await bearer.get("plant/list"))["error_code"] == 0


@pytest.mark.parametrize(("kind", "serial", "seconds"), [("min", park.TLX, 300), ("noah", park.NOAH, 60)])
async def test_v4_has_intervals_too(kind: str, serial: str, seconds: int, bearer: Bearer, clock: DrivenClock) -> None:
    asked = {"deviceSn": serial, "deviceType": kind}
    assert (await bearer.new("queryLastData", **asked))["code"] == 0
    clock.move(timedelta(seconds=seconds - 1))
    assert (await bearer.new("queryLastData", **asked))["code"] == 102
    clock.move(timedelta(seconds=1))
    assert (await bearer.new("queryLastData", **asked))["code"] == 0


async def test_v4_wants_five_seconds_between_writes(bearer: Bearer, clock: DrivenClock, cloud: Cloud) -> None:
    asked = {"deviceSn": park.TLX, "deviceType": "min"}
    assert (await bearer.new("setPower", **asked, value="50"))["code"] == 0
    assert (await bearer.new("setPower", **asked, value="60"))["code"] == 100
    assert cloud.settings(park.TLX)["activeRate"] == "50"
    clock.move(timedelta(seconds=5))
    assert (await bearer.new("setPower", **asked, value="60"))["code"] == 0


async def test_budgets_can_be_switched_off_and_forgiven(bearer: Bearer) -> None:
    async def ask() -> int:
        return int((await bearer.post("device/tlx/tlx_last_data", tlx_sn=park.TLX))["error_code"])

    assert [await ask(), await ask()] == [0, 10012]
    await bearer.control("openapi", forgive=True)
    assert [await ask(), await ask()] == [0, 10012]
    await bearer.control("openapi", limited=False)
    assert [await ask(), await ask()] == [0, 0]


# Alone


@pytest.mark.parametrize(("words", "again"), [((), 10012), (("--no-budget",), 0)])
async def test_alone_it_prints_its_tokens_and_takes_the_same_options(words: tuple[str, ...], again: int) -> None:
    command = (sys.executable, "-m", "simulator", "growatt-openapi", "--fleet", "openapi", *words)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert ready["tokens"] == [TOKEN, EMPTY_TOKEN]
        async with Bearer(ready["address"], ready["tokens"][0]) as bearer:
            codes = [(await bearer.get("plant/list"))["error_code"] for _ in range(2)]
            assert codes == [0, again]
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0
