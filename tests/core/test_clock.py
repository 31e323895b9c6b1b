"""How far our clock is from a vendor's, and how its owner is told."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.clock import ahead
from app.model import AccountState, AccountStatus
from app.sinks.clock import ClockSink, wrong_clock

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def status(offset: timedelta | None, account: str = "home") -> AccountStatus:
    return AccountStatus(account, "growatt", "shinephone", AccountState.ONLINE, clock_offset=offset)


@given(
    wait=st.timedeltas(timedelta(), timedelta(seconds=45)),
    part=st.floats(0, 1),
    off=st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_an_offset_is_never_larger_than_it_is_and_never_further_off_than_the_answer_took(
    wait: timedelta, part: float, off: timedelta
) -> None:
    """The server writes its date at some moment of the wait, without the parts of a second."""
    date = format_datetime(NOON + part * wait - off, usegmt=True)
    found = ahead(date, NOON, NOON + wait)
    assert found is not None
    assert abs(found) <= abs(off)
    assert abs(found - off) <= wait + timedelta(seconds=1)
    assert found.total_seconds() * off.total_seconds() >= 0  # in the same direction


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Jun 2026 12:00:00 GMT"])
def test_an_answer_without_a_date_says_nothing(date: str | None) -> None:
    assert ahead(date, NOON, NOON) is None


@pytest.fixture
def zurich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have this machine live in another zone than UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Zurich")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("zurich")
@pytest.mark.parametrize("zone", ["", " -0000", " +0000", " GMT", " UTC"])
def test_a_date_without_a_zone_is_utc_wherever_this_machine_lives(zone: str) -> None:
    assert ahead(f"Sun, 21 Jun 2026 12:00:00{zone}", NOON, NOON) == timedelta()


@pytest.mark.parametrize(
    ("age", "off"),
    [("3600", timedelta()), (" 60 ", 59 * MINUTE), (None, 60 * MINUTE), ("an hour", 60 * MINUTE), ("²", 60 * MINUTE)],
)
def test_a_date_that_a_cache_has_kept_is_as_much_older(age: str | None, off: timedelta) -> None:
    found = ahead(format_datetime(NOON - 60 * MINUTE, usegmt=True), NOON, NOON, age)
    assert found is not None
    assert abs(found - off) <= timedelta(seconds=1)


def test_an_age_beyond_all_times_says_nothing() -> None:
    assert ahead(format_datetime(NOON, usegmt=True), NOON, NOON, "9" * 30) is None
    assert ahead(format_datetime(NOON, usegmt=True), NOON, NOON, "9" * 5000) is None


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (timedelta(minutes=61), "61 minutes ahead of that of growatt's server (account home): values look too old"),
        (timedelta(minutes=-61), "61 minutes behind that of growatt's server (account home): values are refused"),
        (timedelta(hours=-5), "5 hours behind"),
        (timedelta(days=20000), "20000 days ahead"),
    ],
)
def test_a_wrong_clock_is_told_in_words(offset: timedelta, words: str) -> None:
    told = wrong_clock({"home": status(offset)})
    assert words in told
    assert "set the clock" in told


@pytest.mark.parametrize("offsets", [[], [None], [timedelta()], [4 * MINUTE], [-4 * MINUTE, None]])
def test_a_clock_that_is_right_to_some_minutes_is_not_worth_a_word(offsets: list[timedelta | None]) -> None:
    assert wrong_clock({str(number): status(offset) for number, offset in enumerate(offsets)}) == ""


def test_one_vendor_that_agrees_proves_our_clock_right() -> None:
    both = {"home": status(61 * MINUTE), "roof": status(timedelta(), "roof")}
    assert wrong_clock(both) == ""
    both["roof"] = status(-70 * MINUTE, "roof")
    assert "61 minutes ahead" in wrong_clock(both)


async def test_a_wrong_clock_is_warned_of_once_and_its_healing_said_once() -> None:
    accounts: dict[str, AccountStatus] = {}
    sink = ClockSink(lambda: accounts)
    with capture_logs() as entries:
        for minutes in (0, 61, 62, 6, 4, 6, 3, 2, 0, 4, -7):
            accounts["home"] = status(minutes * MINUTE)
            await sink.publish(accounts["home"])
    assert [entry["event"] for entry in entries] == ["clock_wrong", "clock_right", "clock_wrong"]
    assert [entry["log_level"] for entry in entries] == ["warning", "info", "warning"]
    assert "61 minutes ahead" in entries[0]["reason"]


async def test_that_nobody_answers_any_more_is_no_proof_that_the_clock_is_right_again() -> None:
    accounts: dict[str, AccountStatus] = {}
    sink = ClockSink(lambda: accounts)
    with capture_logs() as entries:
        for offset in (61 * MINUTE, None, 61 * MINUTE, None, timedelta()):
            accounts["home"] = status(offset)
            await sink.publish(accounts["home"])
    assert [entry["event"] for entry in entries] == ["clock_wrong", "clock_right"]


async def test_what_an_account_said_before_it_fell_silent_hides_no_wrong_clock() -> None:
    accounts = {"home": status(timedelta()), "roof": status(61 * MINUTE, "roof")}
    sink = ClockSink(lambda: accounts)
    with capture_logs() as entries:
        await sink.publish(accounts["roof"])
        accounts["home"] = status(None)
        await sink.publish(accounts["home"])
    assert [entry["event"] for entry in entries] == ["clock_wrong"]
