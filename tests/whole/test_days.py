"""Days and weeks over the simulated cloud, with its faults switched on."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.model import AccountState, Kind
from simulator.growatt import demo_fleet, one_plant
from simulator.growatt.faults import FaultKind
from tests.whole.drive import Drive, Fleet

MORNING = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def falls(drive: Drive, kind: Kind) -> list[tuple[str, str, datetime, float, float]]:
    """Return every fall of a point of one kind that was passed on."""
    found = []
    for (device, key), series in drive.series.items():
        point = drive.store.points(device).get(key)
        if point is None or point.kind is not kind:
            continue
        known = [(at, value) for at, value in series if isinstance(value, float)]
        found += [
            (device, key, after[0], before[1], after[1]) for before, after in pairwise(known) if after[1] < before[1]
        ]
    return found


async def test_two_days_of_every_family_are_believed_as_they_are(tmp_path: Path) -> None:
    async with Fleet(tmp_path, MORNING, demo_fleet(), session_hours=None) as fleet, fleet.drive() as drive:
        await drive.run(2 * DAY)
        assert falls(drive, Kind.COUNTER) == []
        assert len(fleet.cloud.logins) == 1
        assert {status.state for status in drive.outlet.statuses} == {AccountState.ONLINE}
        assert set(drive.dropped) <= {"wobble", "midnight_bounce"}
        for device, key, at, _, _ in falls(drive, Kind.DAILY):
            owner = drive.store.device(device)
            assert owner is not None
            assert owner.zone is not None
            local = at.astimezone(owner.zone)
            assert local.hour < 7, (device, key, local)  # at midnight, or when the inverter wakes


@pytest.mark.parametrize(("hours", "most"), [(None, 1), (12, 15)])
async def test_logins_of_a_week(tmp_path: Path, hours: float | None, most: int) -> None:
    async with Fleet(tmp_path, MORNING, one_plant(), session_hours=hours) as fleet, fleet.drive(budget=600) as drive:
        await drive.run(7 * DAY)
        assert len(fleet.cloud.logins) <= most
        assert all(login.good for login in fleet.cloud.logins)
        assert drive.outlet.statuses[-1].state is AccountState.ONLINE


async def test_the_budget_of_a_plant_of_any_family_lasts(tmp_path: Path) -> None:
    async with Fleet(tmp_path, MORNING, demo_fleet()) as fleet, fleet.drive(budget=600) as drive:
        states = set()
        for _ in range(3):
            await drive.run(DAY)
            states |= {status.state for status in drive.outlet.statuses}
            assert drive.ledger.spent <= 600
        assert states == {AccountState.ONLINE}


async def test_an_expired_session_is_renewed_once_and_nothing_is_lost(tmp_path: Path) -> None:
    async with Fleet(tmp_path, MORNING, one_plant(), session_hours=None) as fleet, fleet.drive() as drive:
        await drive.run(HOUR)
        for answer in (FaultKind.HTML, FaultKind.REDIRECT, FaultKind.NOT_LOGGED_IN):
            fleet.cloud.expired_answer = answer
            fleet.cloud.expire_sessions()
            logins = len(fleet.cloud.logins)
            await drive.run(HOUR)
            assert len(fleet.cloud.logins) == logins + 1
        assert {status.state for status in drive.outlet.statuses} == {AccountState.ONLINE}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("html", "Growatt answers with a web page instead of data, even right after a login"),
        ("redirect", "Growatt sends us to its login page instead of answering (HTTP 302), even right after a login"),
        ("not_logged_in", "Growatt says that we are not logged in (HTTP 500), even right after a login"),
    ],
)
async def test_an_account_whose_first_login_does_not_help_says_why(tmp_path: Path, kind: str, words: str) -> None:
    async with Fleet(tmp_path, MORNING, one_plant()) as fleet, fleet.drive() as drive:
        fleet.cloud.faults.add(kind)
        await drive.run(timedelta(minutes=30))
        told = drive.outlet.statuses[-1]
        assert told.state is AccountState.UNREACHABLE
        assert told.reason.startswith(words)
        assert "the next login is made after" in told.reason
        assert "check `region` and `server_url`" in told.reason


async def test_a_restart_keeps_the_session(tmp_path: Path) -> None:
    async with Fleet(tmp_path, MORNING, one_plant(), session_hours=None) as fleet:
        for _ in range(5):
            async with fleet.drive() as drive:
                await drive.run(timedelta(minutes=10))
        assert len(fleet.cloud.logins) == 1


async def test_a_lockout_is_sat_out_over_restarts(tmp_path: Path) -> None:
    async with Fleet(tmp_path, MORNING, one_plant(), session_hours=1) as fleet:
        async with fleet.drive() as drive:
            await drive.run(timedelta(minutes=50))
            fleet.cloud.lock("demo", 24)
            fleet.cloud.expire_sessions()
            await drive.run(2 * HOUR)
            assert drive.outlet.statuses[-1].state is AccountState.LOCKED
            assert drive.outlet.statuses[-1].until is not None
        tries = len(fleet.cloud.logins)
        asked = len(fleet.cloud.requests)
        for _ in range(3):
            async with fleet.drive() as drive:
                await drive.run(5 * HOUR)
                assert drive.outlet.statuses[-1].state is AccountState.LOCKED
        assert len(fleet.cloud.logins) == tries
        assert len(fleet.cloud.requests) == asked
        async with fleet.drive() as drive:
            await drive.run(12 * HOUR)
            assert drive.outlet.statuses[-1].state is AccountState.ONLINE


FAULTS = [
    ("html", {}),
    ("redirect", {}),
    ("not_logged_in", {}),
    ("http_error", {"status": 502}),
    ("http_error", {"status": 429}),
    ("truncated", {}),
    ("empty", {}),
    ("null_obj", {}),
    ("missing_fields", {}),
    ("zero_counters", {}),
    ("counter_jump", {"count": 2}),
    ("nan", {}),
    ("absurd", {}),
    ("garbage", {}),
    ("empty_device_list", {}),
    ("frozen", {"fresh": False}),
    ("frozen", {"fresh": True}),
    ("forbidden_ua", {}),
    ("retired", {}),
]


@pytest.mark.parametrize(("kind", "details"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_fault_of_an_hour_does_no_harm_and_heals(tmp_path: Path, kind: str, details: dict[str, object]) -> None:
    async with Fleet(tmp_path, MORNING, demo_fleet()) as fleet, fleet.drive() as drive:
        await drive.run(HOUR)
        before = {device.id for device in drive.store.devices}
        logins = len(fleet.cloud.logins)
        fleet.cloud.faults.add(kind, **details)
        await drive.run(HOUR)
        fleet.cloud.faults.clear()
        await drive.run(DAY if kind == "retired" else 3 * HOUR)  # a host that is no longer there is tried very rarely
        assert falls(drive, Kind.COUNTER) == []
        assert {device.id for device in drive.store.devices} == before
        assert len(fleet.cloud.logins) - logins <= 6
        assert drive.outlet.statuses[-1].state is AccountState.ONLINE
        power = [value for values in drive.values("pv_power").values() for value in values if isinstance(value, float)]
        assert all(0 <= value < 100_000 for value in power)
        now = fleet.clock.now()
        live = [
            device for device in drive.store.devices if drive.store.view(device.id, now).get("pv_power") is not None
        ]
        assert live


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York"])
@pytest.mark.parametrize("month", [3, 10, 11])
async def test_days_of_23_and_25_hours_reset_once(tmp_path: Path, zone: str, month: int) -> None:
    start = datetime(
        2026,
        month,
        {3: 28, 10: 24, 11: 1}[month] if zone.startswith("E") else {3: 7, 10: 31, 11: 1}[month],
        9,
        tzinfo=UTC,
    )
    fleet_of = tuple(plant for plant in demo_fleet() if getattr(plant.zone, "key", plant.zone) == zone)
    async with (
        Fleet(tmp_path, start, fleet_of or one_plant(), session_hours=None) as fleet,
        fleet.drive(timezone=zone if fleet_of else None) as drive,
    ):
        await drive.run(2 * DAY)
        assert falls(drive, Kind.COUNTER) == []
        resets: dict[tuple[str, str], int] = {}
        for device, key, _, before, after in falls(drive, Kind.DAILY):
            resets[device, key] = resets.get((device, key), 0) + 1
            assert after < before
        assert resets
        assert max(resets.values()) <= 2
        assert "daily_fell" not in drive.dropped


async def test_the_midnight_bounce_is_held_back(tmp_path: Path) -> None:
    evening = datetime(2026, 6, 10, 18, 0, tzinfo=UTC)
    async with (
        Fleet(tmp_path, evening, one_plant(), session_hours=None) as fleet,
        fleet.drive(timezone="Europe/Amsterdam") as drive,
    ):
        fleet.cloud.faults.add("midnight_bounce", polls=3)
        await drive.run(DAY)
        per_day: dict[tuple[str, str, object], int] = {}
        for device, key, at, _, _ in falls(drive, Kind.DAILY):
            name = (device, key, at.astimezone(ZoneInfo("Europe/Amsterdam")).date())
            per_day[name] = per_day.get(name, 0) + 1
        assert per_day
        assert set(per_day.values()) == {1}


async def test_a_frozen_night_leaves_no_power_behind(tmp_path: Path) -> None:
    async with Fleet(tmp_path, MORNING, one_plant(kit="tlx"), session_hours=None) as fleet, fleet.drive() as drive:
        await drive.run(6 * HOUR)
        fleet.cloud.faults.add("frozen", fresh=False)
        await drive.run(3 * HOUR)
        (device,) = [found for found in drive.store.devices if found.kind == "inverter"]
        view = drive.store.view(device.id, fleet.clock.now())
        assert view["pv_power"] is None
        assert view["pv_energy_total"] is not None


async def test_what_does_not_sleep_stays_known_all_night_although_it_is_read_less_often(tmp_path: Path) -> None:
    evening = datetime(2026, 11, 10, 19, 0, tzinfo=UTC)
    async with Fleet(tmp_path, evening, one_plant(), session_hours=None) as fleet, fleet.drive(budget=600) as drive:
        await drive.run(10 * HOUR)
        (inverter,) = [found for found in drive.store.devices if found.kind == "inverter"]
        shown = [value for _, value in drive.series[inverter.id, "load_power"]]
        assert len(shown) > 10
        assert None not in shown


async def test_new_devices_appear_and_vanished_ones_go_without_a_restart(tmp_path: Path) -> None:
    plants = demo_fleet()
    async with Fleet(tmp_path, MORNING, plants[:1], session_hours=None) as fleet, fleet.drive() as drive:
        await drive.run(HOUR)
        before = {device.id for device in drive.store.devices}
        fleet.cloud.add_plant(plants[1])
        await drive.run(2 * HOUR)
        grown = {device.id for device in drive.store.devices}
        assert grown > before
        fleet.cloud.remove_device(plants[1].devices[0].serial)
        await drive.run(4 * HOUR)
        gone = {news.device.id for news in drive.outlet.gone}
        assert {plants[1].devices[0].serial.lower()} <= {name.removeprefix("growatt_").lower() for name in gone}
        assert not gone & before


async def test_what_is_asked_once_a_day_stays_known_all_day(tmp_path: Path) -> None:
    async with Fleet(tmp_path, MORNING, one_plant(), session_hours=None) as fleet, fleet.drive() as drive:
        await drive.run(HOUR)
        known = drive.store.view("growatt_plant_1400001", fleet.clock.now())
        assert known["energy_price"] is not None
        await drive.run(10 * HOUR)
        assert drive.store.view("growatt_plant_1400001", fleet.clock.now())["energy_price"] == known["energy_price"]
