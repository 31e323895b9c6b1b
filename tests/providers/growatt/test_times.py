"""Stamps without a zone, and which zone they are in."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.providers.growatt.times import CHINA, Stamps, offset, utc, wall
from tests.providers.growatt.kit import Vault

NOW = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
JAVA = {
    "year": 122,
    "month": 3,
    "date": 9,
    "hours": 14,
    "minutes": 52,
    "seconds": 39,
    "time": 1649487159000,
    "timezoneOffset": -480,
}


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2022-04-09 14:52:39", "2022-04-09T14:52:39"),
        ("2022-4-9 4:52", "2022-04-09T04:52:00"),
        ("2022-04-09T14:52:39", "2022-04-09T14:52:39"),
        (JAVA, "2022-04-09T14:52:39"),
        ({"timeInMillis": 1649487159000, "time": JAVA}, "2022-04-09T14:52:39"),
        ("", None),
        ("null", None),
        ("2022-13-45 99:99:99", None),
        (1649487159000, None),
        ({"year": 122}, None),
        ({"year": 122, "month": 99, "date": 9, "hours": 14, "minutes": 52, "seconds": 39}, None),
        (None, None),
        ([1], None),
    ],
)
def test_a_stamp_is_read_in_every_form_growatt_uses(raw: object, expected: str | None) -> None:
    assert wall(raw) == (naive(expected) if expected else None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.dictionaries(st.text(), inner),
    )
)
def test_nothing_breaks_the_reading_of_a_stamp(raw: object) -> None:
    assert wall(raw) is None or isinstance(wall(raw), datetime)
    offset(raw)


@pytest.mark.parametrize(
    ("raw", "minutes"),
    [
        (1, 60),
        ("5.5", 330),
        ("-3.5", -210),
        (5.75, 345),
        ("+8", 480),
        (0, 0),
        ("-12", -720),
        ("GMT+1", None),
        (99, None),
        (None, None),
        (True, None),
        ("nan", None),
    ],
)
def test_a_plant_s_offset_may_have_halves_and_quarters(raw: object, minutes: int | None) -> None:
    zone = offset(raw)
    assert (zone.utcoffset(None) if zone else None) == (timedelta(minutes=minutes) if minutes is not None else None)


def test_an_hour_that_comes_twice_is_the_one_that_has_been() -> None:
    twice = naive("2026-10-25 02:30:00")
    assert utc(twice, BERLIN, datetime(2026, 10, 25, 0, 31, tzinfo=UTC)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert utc(twice, BERLIN, datetime(2026, 10, 25, 1, 31, tzinfo=UTC)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_hour_that_never_was_still_is_a_moment() -> None:
    moment = utc(naive("2026-03-29 02:30:00"), BERLIN, datetime(2026, 3, 29, 1, 35, tzinfo=UTC))
    assert moment == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def local(zone: object, minutes_ago: float = 3, now: datetime = NOW) -> datetime:
    return (now - timedelta(minutes=minutes_ago)).astimezone(zone).replace(tzinfo=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("hours", [-9.5, -3.5, 0, 1, 5.5, 5.75, 9.5, 10, 13])
def test_the_plant_s_own_time_is_believed(hours: float) -> None:
    zone, vault = timezone(timedelta(hours=hours)), Vault()
    with capture_logs() as logs:
        assert Stamps(vault, "home").moment("d", "1", zone, local(zone), NOW) == NOW - timedelta(minutes=3)
    assert vault.texts == {}
    assert logs == []


def test_a_server_that_stamps_in_china_s_time_is_found_out_and_remembered() -> None:
    vault, zone = Vault(), timezone(timedelta(hours=1))
    stamps = Stamps(vault, "home")
    with capture_logs() as logs:
        assert stamps.moment("d", "1", zone, local(CHINA), NOW) == NOW - timedelta(minutes=3)
        later = NOW + timedelta(hours=5)
        assert stamps.moment("d", "1", zone, local(CHINA, 40, later), later) == later - timedelta(minutes=40)
    assert [entry["event"] for entry in logs] == ["growatt_stamps_in_zone"], "said once"
    assert vault.get("zones") == {"1/d": "china"}
    again = Stamps(vault, "home")
    assert again.moment("d", "1", zone, local(CHINA, 90), NOW, lost=True) == NOW - timedelta(minutes=90)
    assert again.moment("e", "2", zone, local(zone), NOW) == NOW - timedelta(minutes=3), "another plant has its own"


def test_a_zone_that_no_longer_fits_is_given_up() -> None:
    vault, zone = Vault(), timezone(timedelta(hours=10))
    vault.put("zones", {"1/d": "utc"})
    stamps = Stamps(vault, "home")
    assert stamps.moment("d", "1", zone, local(zone), NOW) == NOW - timedelta(minutes=3)
    assert vault.get("zones") == {"1/d": "plant"}


@pytest.mark.parametrize(
    ("zone", "server", "key"),
    [
        (ZoneInfo("Australia/Sydney"), CHINA, "china"),
        (timezone(timedelta(hours=5.5)), UTC, "utc"),
        (timezone(timedelta(hours=2)), timezone(timedelta(hours=1)), "winter"),
        (timezone(timedelta(hours=9.5)), timezone(timedelta(hours=8.5)), "winter"),
    ],
)
def test_stamps_that_move_on_and_stay_behind_give_their_zone_away(zone: Any, server: Any, key: str) -> None:
    vault = Vault()
    stamps, moments = Stamps(vault, "home"), []
    for minutes in (0, 5, 10, 15):
        now = NOW + timedelta(minutes=minutes)
        moments.append(stamps.moment("d", "1", zone, local(server, 3, now), now) == now - timedelta(minutes=3))
    assert moments == [False, False, True, True], "one could be old, two in a row are not"
    assert vault.get("zones") == {"1/d": key}


def test_a_clock_that_knows_no_summer_time_is_believed_again_in_winter() -> None:
    """A plant in Berlin whose inverter stays in winter time."""
    vault, winter_time = Vault(), timezone(timedelta(hours=1))
    stamps = Stamps(vault, "home")
    for start in (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), datetime(2026, 12, 1, 11, 0, tzinfo=UTC)):
        for minutes in (0, 5, 10):
            now = start + timedelta(minutes=minutes)
            last = stamps.moment("d", "1", BERLIN, local(winter_time, 3, now), now)
        assert last == now - timedelta(minutes=3)
    assert vault.get("zones") == {"1/d": "plant"}


def test_a_backlog_that_is_caught_up_convicts_nobody() -> None:
    vault, zone = Vault(), timezone(timedelta(hours=1))
    stamps = Stamps(vault, "home")
    for minutes, age in ((0, 180), (5, 100), (10, 62), (15, 20), (20, 3)):
        now = NOW + timedelta(minutes=minutes)
        assert stamps.moment("d", "1", zone, local(zone, age, now), now) == now - timedelta(minutes=age)
    assert vault.texts == {}


def test_a_logger_in_another_zone_does_not_carry_its_inverter_along() -> None:
    vault, zone = Vault(), timezone(timedelta(hours=1))
    stamps = Stamps(vault, "home")
    with capture_logs() as logs:
        for minutes in (0, 5, 10):
            now = NOW + timedelta(minutes=minutes)
            assert stamps.moment("logger", "1", zone, local(CHINA, 3, now), now) == now - timedelta(minutes=3)
            assert stamps.moment("inverter", "1", zone, local(zone, 3, now), now) == now - timedelta(minutes=3)
    assert len(logs) == 1


def test_a_frozen_stamp_proves_no_other_zone() -> None:
    zone = timezone(timedelta(hours=5.5))
    stamps, asleep = Stamps(Vault(), "home"), local(zone, 0)
    for minutes in range(0, 9 * 60, 5):
        now = NOW + timedelta(minutes=minutes)
        assert stamps.moment("d", "1", zone, asleep, now) == NOW


def test_a_lost_device_s_old_stamp_is_just_old() -> None:
    zone = timezone(timedelta(hours=10))
    stamps = Stamps(Vault(), "home")
    for minutes in (0, 5):
        now = NOW + timedelta(minutes=minutes)
        assert stamps.moment("d", "1", zone, local(CHINA, 3, now), now, lost=True) == now - timedelta(
            hours=2, minutes=3
        )


def test_summer_time_shows_where_growatt_knows_an_offset_only() -> None:
    summer = datetime(2026, 7, 1, 11, 0, tzinfo=UTC)
    vault, zone = Vault(), timezone(timedelta(hours=1))
    stamps = Stamps(vault, "home")
    with capture_logs() as logs:
        assert stamps.moment("d", "1", zone, local(BERLIN, 3, summer), summer) == summer - timedelta(minutes=3)
    assert "set `timezone`" in logs[0]["note"]
    assert stamps.zone("1", zone).utcoffset(None) == timedelta(hours=2)
    assert stamps.zone("1", BERLIN) is BERLIN
    winter = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
    assert stamps.moment("d", "1", zone, local(BERLIN, 3, winter), winter) == winter - timedelta(hours=1, minutes=3)


def test_the_owner_s_zone_has_summer_time_by_itself() -> None:
    for now in (NOW, datetime(2026, 7, 1, 11, 0, tzinfo=UTC)):
        assert Stamps(Vault(), "home").moment("d", "1", BERLIN, local(BERLIN, 3, now), now) == now - timedelta(
            minutes=3
        )


def test_a_stamp_from_the_future_in_every_zone_is_none() -> None:
    assert Stamps(Vault(), "home").moment("d", "1", BERLIN, naive("2031-01-01 00:00:00"), NOW) is None


def test_an_old_stamp_in_china_s_time_is_placed_in_the_past() -> None:
    stamps, vault = Stamps(Vault(), "home"), Vault()
    assert stamps.moment("d", "1", BERLIN, local(CHINA, 5 * 60), NOW) == NOW - timedelta(hours=5)
    assert vault.texts == {}


@given(
    stamp=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 - naive is the point
    quarters=st.integers(-14 * 4, 14 * 4),
    lost=st.booleans(),
)
def test_a_moment_is_never_in_the_future(stamp: datetime, quarters: int, *, lost: bool) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    moment = Stamps(Vault(), "home").moment("d", "1", zone, stamp, NOW, lost=lost)
    assert moment is None or (moment.tzinfo is UTC and moment <= NOW + timedelta(minutes=10))
