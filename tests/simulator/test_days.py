"""Uploads, nights and midnights as the cloud shows them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest

from simulator.clock import DrivenClock
from simulator.growatt import Cloud, big_fleet, one_plant, serve
from tests.simulator.client import Phone

TLX, MIX, STORAGE, STRING = "MNH0000100", "SPH0000200", "SPF0000300", "NXB0000400"


def upload_offsets(cloud: Cloud, serial: str, clock: DrivenClock) -> set[int]:
    seen = set()
    for _ in range(30):
        seen.add(int(cloud.record(serial).uploaded.timestamp()) % 300)
        clock.move(timedelta(seconds=61))
    return seen


def test_a_device_uploads_every_five_minutes_at_its_own_second(cloud: Cloud, clock: DrivenClock) -> None:
    offsets = {serial: upload_offsets(cloud, serial, clock) for serial in (TLX, MIX, STORAGE)}
    assert [len(seen) for seen in offsets.values()] == [1, 1, 1]
    assert len(set.union(*offsets.values())) == 3


def test_an_upload_is_never_from_the_future_nor_older_than_five_minutes(cloud: Cloud, clock: DrivenClock) -> None:
    for _ in range(20):
        age = clock.now() - cloud.record(TLX).uploaded
        assert timedelta(0) <= age < timedelta(minutes=5)
        clock.move(timedelta(seconds=47))


@pytest.mark.parametrize(
    ("serial", "midnight"),
    [
        (TLX, datetime(2026, 6, 6, 22, 0, tzinfo=UTC)),  # Utrecht
        (MIX, datetime(2026, 6, 6, 14, 30, tzinfo=UTC)),  # Adelaide
        (STORAGE, datetime(2026, 6, 7, 4, 0, tzinfo=UTC)),  # Albany
    ],
)
def test_daily_energies_reset_at_the_plants_own_midnight(cloud: Cloud, serial: str, midnight: datetime) -> None:
    before = cloud.record(serial, midnight - timedelta(seconds=1))
    after = cloud.record(serial, midnight + timedelta(minutes=5))
    assert before.time < after.time
    assert (before.time[11:13], after.time[11:14]) == ("23", "00:")
    assert before.snapshot.today.load > 1
    assert after.snapshot.today.load < 0.5
    assert after.total.load >= before.total.load


@pytest.mark.parametrize(
    ("start", "hours"),
    [(datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 25)],
)
def test_a_day_on_which_the_clocks_change_is_counted_whole(start: datetime, hours: int) -> None:
    clock = DrivenClock(start)
    cloud = Cloud(clock, fleet=one_plant())
    day = cloud.record(TLX, start + timedelta(minutes=6)).snapshot.day
    end = start + timedelta(hours=hours)
    assert cloud.record(TLX, end - timedelta(seconds=1)).snapshot.day == day
    assert cloud.record(TLX, end + timedelta(minutes=6)).snapshot.day == day + timedelta(days=1)


def test_a_string_inverter_sleeps_until_the_sun_rises(cloud: Cloud) -> None:
    evening = cloud.record(STRING, datetime(2026, 6, 6, 21, 30, tzinfo=UTC))
    night = cloud.record(STRING, datetime(2026, 6, 7, 1, 0, tzinfo=UTC))
    morning = cloud.record(STRING, datetime(2026, 6, 7, 5, 0, tzinfo=UTC))
    assert (evening.lost, night.lost, morning.lost) == (True, True, False)
    assert night.uploaded == evening.uploaded
    assert night.snapshot == evening.snapshot
    assert night.snapshot.power.pv == 0
    assert night.snapshot.today.pv > 1
    assert 0 < morning.snapshot.today.pv < night.snapshot.today.pv
    assert night.uploaded < datetime(2026, 6, 6, 20, 0, tzinfo=UTC)


def test_a_device_with_a_battery_goes_on_through_the_night(cloud: Cloud) -> None:
    night = cloud.record(TLX, datetime(2026, 6, 7, 1, 0, tzinfo=UTC))
    assert not night.lost
    assert night.snapshot.power.load > 0


def test_where_the_sun_does_not_rise_the_last_light_is_forgotten(clock: DrivenClock) -> None:
    (plant,) = one_plant(kit="tlx")
    spec = plant.devices[0]
    north = replace(spec, system=replace(spec.system, latitude=78.2, longitude=15.6))
    cloud = Cloud(clock, fleet=[replace(plant, devices=(north,))])
    record = cloud.record(spec.serial, datetime(2026, 12, 21, 12, 0, tzinfo=UTC))
    assert record.lost
    assert datetime(2026, 12, 21, 12, 0, tzinfo=UTC) - record.uploaded > timedelta(days=1)


async def test_a_plants_day_begins_at_midnight_even_while_its_inverters_sleep(
    phone: Phone, cloud: Cloud, clock: DrivenClock
) -> None:
    cloud.session_hours = None
    clock.move(timedelta(hours=14))  # 03:00 in Leipzig
    info = await phone.json("newTwoPlantAPI.do?op=getAllDeviceListTwo&plantId=1400004")
    assert info["todayEnergy"] == "0"
    assert float(info["deviceList"][0]["eToday"]) > 1
    assert all(device["lost"] for device in info["deviceList"])
    assert info["invTodayPpv"] == "0"


async def test_counters_on_the_wire_never_fall_over_days(clock: DrivenClock) -> None:
    cloud = Cloud(clock, fleet=one_plant())
    async with serve(cloud) as address, Phone(address) as phone:
        cloud.session_hours = None
        await phone.login()
        last: dict[str, float] = {}
        for _ in range(60):
            data = (await phone.json(f"newTlxApi.do?op=getTlxDetailData&id={TLX}"))["data"]
            totals = {key: data[key] for key in data if key.startswith("e") and key.endswith("Total")}
            assert all(value >= last.get(key, value) for key, value in totals.items())
            last = totals
            clock.move(timedelta(hours=1, minutes=17))
    assert last["epvTotal"] > 0


def test_two_clouds_of_one_seed_agree_and_of_two_seeds_do_not(clock: DrivenClock) -> None:
    one, same, other = (Cloud(clock, fleet=one_plant(seed), seed=seed) for seed in (1, 1, 2))
    assert one.record(TLX).snapshot == same.record(TLX).snapshot
    assert one.record(TLX).snapshot != other.record(TLX).snapshot


async def test_a_thousand_devices_are_cheap_to_serve(clock: DrivenClock) -> None:
    cloud = Cloud(clock, fleet=big_fleet(1_000))
    assert len(cloud.devices) == 1_000
    totals = {cloud.record(serial).total for serial in cloud.devices}
    assert len(totals) == 1_000
    async with serve(cloud) as address, Phone(address) as phone:
        await phone.login()
        listed = await phone.json("newTwoPlantAPI.do?op=getAllDeviceList&plantId=1500003")
        assert len(listed["deviceList"]) == 40  # twenty, each with its battery
        began = perf_counter()
        for serial in list(cloud.devices)[:200]:
            await phone.json(f"newTlxApi.do?op=getTlxDetailData&id={serial}")
        assert (perf_counter() - began) / 200 < 0.02  # both ends of the call, on a busy machine


async def test_an_spa_and_a_max_have_calls_of_their_own(phone: Phone, cloud: Cloud) -> None:
    record = cloud.record("SPA0000500")
    status = (await phone.json("newSpaApi.do?op=getSystemStatus_KW&spaId=SPA0000500&plantId=1400005", {}))["obj"]
    assert float(status["pLocalLoad"]) == pytest.approx(record.snapshot.power.load / 1_000, abs=0.006)
    assert "vPv1" not in status
    totals = (await phone.json("newSpaApi.do?op=getEnergyOverview&spaId=SPA0000500&plantId=1400005", {}))["obj"]
    assert float(totals["elocalLoadTotal"]) == pytest.approx(record.total.load, abs=0.051)
    chart = await phone.json("newSpaApi.do?op=getEnergyProdAndCons_KW&spaId=SPA0000500&type=0&date=2026-06-06", {})
    assert chart["obj"]["chartData"]
    big = (await phone.json("newMaxApi.do?op=getMaxDetailData&id=MAX0000402"))["data"]
    assert big["pac"] == pytest.approx(cloud.record("MAX0000402").snapshot.power.pv, abs=0.06)


async def test_a_chart_of_a_day_to_come_or_without_a_date(phone: Phone) -> None:
    path = f"newMixApi.do?op=getEnergyProdAndCons_KW&mixId={MIX}&plantId=1400002&type=0&date="
    assert (await phone.json(path + "2026-06-09", {}))["obj"]["chartData"] == {}
    assert (await phone.json(path + "nonsense", {}))["obj"]["chartData"] == (await phone.json(path + "2026-06-06", {}))[
        "obj"
    ]["chartData"]
    year = await phone.json("PlantDetailAPI.do?plantId=1400002&type=3&date=2026-06-06")
    assert float(year["back"]["data"]["06"]) > 0
    assert year["back"]["data"]["01"] == "0"
