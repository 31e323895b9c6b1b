import asyncio
from datetime import UTC, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import points
from app.memory import DEVICE, SUM, TRACK, Memory, _decode_point, _encode_point
from app.model import Choice, Kind, Point, Range, Role, Toggle
from app.rows import unknown_point
from app.state import State
from app.store import Gone
from tests.core.factory import NOON, Rig, device, reading


def memory(state: State, rig: Rig) -> Memory:
    return Memory(state, rig.store, rig.plausibility, rig.accumulator)


async def test_devices_values_counters_and_sums_outlive_a_restart(tmp_path: Path) -> None:
    before = Rig()
    known = device(accumulate=("load_energy_today",), attributes={"plant": "7"})
    await before.bridge.found(known)
    await before.deliver(
        reading(points.PV_ENERGY_TOTAL, 5000.0),
        reading(points.LOAD_ENERGY_TODAY, 3.0),
        reading(unknown_point("bdc", Kind.GAUGE), 1.0),
        reading(points.STATUS, "normal"),
    )
    with State.open(tmp_path) as state:
        memory(state, before).save()
    after = Rig(now=NOON + timedelta(minutes=6))
    with State.open(tmp_path) as state:
        assert memory(state, after).restore({"home"}) == []
    assert after.store.devices == (known,)
    assert after.store.view("growatt_abc", NOON) == before.store.view("growatt_abc", NOON)
    later = NOON + timedelta(minutes=5)
    await after.deliver(reading(points.PV_ENERGY_TOTAL, 0.0, later), reading(points.LOAD_ENERGY_TODAY, 3.5, later))
    assert after.dropped == ["counter_zero"]
    assert after.store.view("growatt_abc", later)["load_energy_total"] == 3.5


async def asleep(folder: Path) -> None:
    """Keep what is known of a device at night, when it is read every half hour."""
    before = Rig()
    await before.bridge.found(device())
    await before.deliver(reading(points.PV_POWER, 5.0), every=timedelta(minutes=30))
    with State.open(folder) as state:
        memory(state, before).save()


async def test_a_restart_makes_no_device_stale_that_was_not(tmp_path: Path) -> None:
    await asleep(tmp_path)
    for _ in range(2):  # also a second restart before anything has been read
        rig = Rig()
        with State.open(tmp_path) as state:
            keeper = memory(state, rig)
            keeper.restore({"home"})
            await rig.bridge.found(device(name="Barn"))
            await rig.bridge.found(device())
            keeper.save()
        assert rig.store.view("growatt_abc", NOON + timedelta(minutes=50)) == {"pv_power": 5.0}
        assert not rig.store.stale("growatt_abc", NOON + timedelta(minutes=60))
        assert rig.store.stale("growatt_abc", NOON + timedelta(minutes=61))


async def test_what_a_version_kept_that_knew_no_intervals_is_restored(tmp_path: Path) -> None:
    await asleep(tmp_path)
    rig = Rig()
    with State.open(tmp_path) as state:
        ((owner, key, body),) = state.remembered(DEVICE)
        del body["every"]
        state.remember(DEVICE, [(owner, key, body)])
        memory(state, rig).restore({"home"})
    assert rig.store.view("growatt_abc", NOON + timedelta(minutes=29)) == {"pv_power": 5.0}
    assert rig.store.stale("growatt_abc", NOON + timedelta(minutes=31))  # as it was then


async def test_devices_of_accounts_that_are_gone_stay_out(tmp_path: Path) -> None:
    before = Rig()
    await before.bridge.found(device())
    await before.deliver(reading(points.PV_POWER, 5.0))
    with State.open(tmp_path) as state:
        memory(state, before).save()
        after = Rig()
        (orphan,) = memory(state, after).restore(set())
        assert orphan.device.id == "growatt_abc"
        assert set(orphan.points) == {"pv_power"}
        assert after.store.devices == ()
        memory(state, after).forget(orphan)
        assert memory(state, after).restore(set()) == []


async def test_topics_of_a_device_that_has_gone_are_not_forgotten_before_they_are_cleared(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        keeper = memory(state, Rig())
        keeper.forget(Gone(device(), {"pv_power": points.PV_POWER}))
    with State.open(tmp_path) as state:
        keeper = memory(state, Rig())
        (gone,) = keeper.gone()
        assert (gone.device, set(gone.points)) == (device(), {"pv_power"})
        keeper.cleared(gone)
        assert keeper.gone() == []
        state.remember("gone", [("x", "", {"device": {}})])
        assert keeper.gone() == []


def test_accounts_that_are_no_longer_configured_are_known(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        assert memory(state, Rig()).accounts({"home", "roof"}) == []
    with State.open(tmp_path) as state:
        assert memory(state, Rig()).accounts({"roof"}) == ["home"]


def test_what_another_version_wrote_is_passed_over(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state.remember(DEVICE, [("a", "", {"device": {}, "readings": []}), ("b", "", {})])
        other = Rig()
        other.store.put(device(), NOON)
        whole = memory(state, other)._encode(device())
        state.remember(DEVICE, [("c", "", whole | {"every": "x"}), ("d", "", whole | {"every": 1e300})])
        state.remember(TRACK, [("a", "pv_energy_total", {"value": "x"})])
        state.remember(SUM, [("a", "load_energy_today", {})])
        rig = Rig()
        assert memory(state, rig).restore({"home"}) == []
        assert rig.store.devices == ()


@pytest.mark.parametrize("zone", [None, ZoneInfo("Australia/Adelaide"), timezone(timedelta(hours=5, minutes=45)), UTC])
def test_every_sort_of_zone_is_kept(tmp_path: Path, zone: ZoneInfo | timezone | None) -> None:
    with State.open(tmp_path) as state:
        before, after = Rig(), Rig()
        before.store.put(device(zone=zone), NOON)
        memory(state, before).save()
        memory(state, after).restore({"home"})
        (kept,) = after.store.devices
        assert (kept.zone.utcoffset(NOON) if kept.zone else None) == (zone.utcoffset(NOON) if zone else None)


domains = st.one_of(
    st.none(),
    st.just(Toggle()),
    st.builds(Choice, st.tuples(st.text(), st.text())),
    st.builds(Range, st.floats(-9, 0), st.floats(0, 9), st.floats(1, 2)),
)
any_point = st.builds(
    Point,
    key=st.text(min_size=1),
    name=st.text(),
    unit=st.text(max_size=3),
    kind=st.sampled_from(Kind),
    role=st.sampled_from(Role),
    n=st.one_of(st.none(), st.integers(1, 9)),
    words=st.tuples(st.text()),
    low=st.one_of(st.none(), st.floats(-9, 9)),
    high=st.one_of(st.none(), st.floats(-9, 9)),
    derived=st.booleans(),
    accepts=domains,
)


@given(any_point)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_point_survives(point: Point) -> None:
    assert _decode_point(_encode_point(point)) == point


def test_a_point_of_the_vocabulary_is_kept_by_its_key() -> None:
    assert _encode_point(points.PV_POWER) == "pv_power"
    assert _decode_point("pv_power") is points.PV_POWER


async def test_what_changes_while_it_is_kept_is_kept_the_next_time(tmp_path: Path) -> None:
    rig = Rig()
    for number in range(45):
        await rig.bridge.found(device(f"growatt_{number}"))
        await rig.deliver(reading(points.PV_ENERGY_TOTAL, 5.0, owner=f"growatt_{number}"))
    with State.open(tmp_path) as state:
        keeper = memory(state, rig)
        keeping = asyncio.create_task(keeper.keep())
        await asyncio.sleep(0)
        later = NOON + timedelta(minutes=5)
        for number in (0, 44):
            await rig.deliver(reading(points.PV_ENERGY_TOTAL, 6.0, later, owner=f"growatt_{number}"))
        await rig.bridge.lost("growatt_43")
        await keeping
        keeper.save()
        assert (rig.store.dirty(), rig.plausibility.dirty()) == ([], [])
    after = Rig(now=later)
    with State.open(tmp_path) as state:
        memory(state, after).restore({"home"})
    values = {each.id: after.store.view(each.id, later)["pv_energy_total"] for each in after.store.devices}
    assert values == {f"growatt_{n}": 6.0 if n in (0, 44) else 5.0 for n in range(45) if n != 43}
