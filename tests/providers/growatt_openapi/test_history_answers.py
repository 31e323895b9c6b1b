"""The past where Growatt's answers are odd: pages, empty days, refusals, and the hour that comes twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.errors import NoData, ProtocolError, RateLimited
from app.model import Reading
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.history import moments
from tests.providers.growatt.kit import Cloud, Request
from tests.providers.growatt_openapi.kit import House, newer, no, ok
from tests.providers.growatt_openapi.test_budget import home
from tests.providers.growatt_openapi.test_history import times

__all__ = ["home"]
BERLIN = ZoneInfo("Europe/Berlin")
PATH, DAY = endpoints.MIN_ENERGY_HISTORY.path, date(2026, 6, 20)


def row(n: int, **more: Any) -> dict[str, Any]:
    return {"time": f"2026-06-20 {n // 12:02}:{n % 12 * 5:02}:00", "pac": n, "lost": True, **more}


async def asked(server: Cloud, house: House, first: date = DAY) -> list[Reading]:
    async with house.provider(server.address, timezone="Europe/Berlin") as provider:
        devices = {device.id: device for device in await provider.discover()}
        server.requests.clear()
        return [reading async for reading in provider.history(devices["growatt_A1"], first, DAY)]


@pytest.mark.parametrize("data", ["", None, {}, {"count": 0, "datas": []}, {"count": 0}, []])
async def test_an_empty_day_brings_nothing_and_ends(home: Cloud, house: House, data: Any) -> None:
    home.answers[PATH] = ok(data)
    assert await asked(home, house) == []
    assert len(home.seen(PATH)) == 1


async def test_a_server_that_gives_twenty_a_page_is_asked_until_all_are_there(home: Cloud, house: House) -> None:
    def page(request: Request) -> dict[str, Any]:
        n = (int(dict(request.form)["page"]) - 1) * 20
        return ok({"count": 50, "datas": [row(50 - each) for each in range(n, min(n + 20, 50))]})

    home.answers[PATH] = page
    assert len(times(await asked(home, house))) == 50
    assert [dict(request.form)["page"] for request in home.seen(PATH)] == ["1", "2", "3"]
    assert {dict(request.form)["perpage"] for request in home.seen(PATH)} == {"100"}


async def test_a_full_page_may_be_followed_by_another_though_nothing_says_so(home: Cloud, house: House) -> None:
    home.answers[PATH] = [ok({"datas": [row(n) for n in range(100)]}), ok({"datas": [row(100)]})]
    assert len(times(await asked(home, house))) == 101


async def test_a_device_whose_clock_runs_in_china_is_asked_for_by_its_own_dates(home: Cloud, house: House) -> None:
    house.vault.put("zones", {"11/growatt_A1": "china"})
    stamps = ("2026-06-20 05:55:00", "2026-06-20 06:00:00", "2026-06-21 05:55:00", "2026-06-21 06:00:00")
    home.answers[PATH] = ok({"count": 4, "datas": [{"time": stamp, "pac": 5.0} for stamp in stamps]})
    found = times(await asked(home, house))
    [request] = home.seen(PATH)
    assert {"start_date": "2026-06-20", "end_date": "2026-06-21"}.items() <= dict(request.form).items()
    day = datetime(2026, 6, 20, tzinfo=BERLIN)
    assert found == [day, day + timedelta(days=1, minutes=-5)], "from midnight to midnight of the plant"


async def test_a_server_that_knows_no_pages_is_not_asked_for_ever(home: Cloud, house: House) -> None:
    home.answers[PATH] = ok({"count": 500, "datas": [row(n) for n in range(30)], "next_page_start_id": 21})
    assert len(times(await asked(home, house))) == 30
    assert len(home.seen(PATH)) == 2


async def test_no_page_over_250_is_asked_for(home: Cloud, house: House) -> None:
    def page(request: Request) -> dict[str, Any]:
        n = int(dict(request.form)["page"])
        return ok({"datas": [row(n % 280, pac=n)], "next_page_start_id": n + 1})

    home.answers[PATH] = page
    await asked(home, house)
    assert len(home.seen(PATH)) == 250


async def test_what_moves_to_the_next_page_meanwhile_counts_once(home: Cloud, house: House) -> None:
    rows = [row(n) for n in reversed(range(150))]
    home.answers[PATH] = [ok({"count": 148, "datas": rows[2:102]}), ok({"count": 150, "datas": rows[100:]})]
    assert len(times(await asked(home, house))) == 148


@pytest.mark.parametrize("stamp", ["0001-01-01 00:00:00", "9999-12-31 23:59:59", "", None, 7, {"time": []}])
async def test_a_row_without_a_moment_is_left_out(home: Cloud, house: House, stamp: Any) -> None:
    home.answers[PATH] = ok({"count": 2, "datas": [{"time": stamp, "pac": 9.0}, row(1), "row"]})
    assert len(times(await asked(home, house))) == 1


async def test_a_refused_span_is_an_error_that_says_so(home: Cloud, house: House) -> None:
    home.answers[PATH] = no(10004, "error_date_span")
    with pytest.raises(ProtocolError, match=r"the dates lie further apart than it allows \(10004: error_date_span\)"):
        await asked(home, house)


async def test_an_unknown_device_is_no_empty_history(home: Cloud, house: House) -> None:
    home.answers[PATH] = no(10005, "error_device_not_found")
    with pytest.raises(NoData, match="does not know such a device"):
        await asked(home, house)


async def test_an_answer_of_another_form_is_an_error(home: Cloud, house: House) -> None:
    home.answers[PATH] = ok({"count": 3, "rows": [row(1)]})
    with pytest.raises(ProtocolError, match="another form"):
        await asked(home, house)


async def test_growatts_too_often_is_waited_for_but_not_for_ever(home: Cloud, house: House) -> None:
    home.answers[PATH] = [no(10012, "error_frequently_access"), ok({"count": 1, "datas": [row(1)]})]
    assert len(times(await asked(home, house))) == 1
    home.answers[PATH] = no(10012, "error_frequently_access")
    with pytest.raises(RateLimited):
        await asked(home, House())
    assert len(home.seen(PATH)) == 3


async def test_a_v4_day_that_is_cut_is_used_and_said(home: Cloud, house: House) -> None:
    noah = {"deviceSn": "N1", "deviceType": "noah", "datalogSn": "LOG1", "createDate": "2025-01-01 12:00:00"}
    home.answers["v4/new-api/queryDeviceList"] = newer({"count": 1, "data": [noah], "lastPager": True})
    home.answers[endpoints.NOAH_ENERGY_HISTORY.path] = newer({"datas": [row(1, pac=5.0)], "haveNext": True, "start": 1})
    async with house.provider(home.address) as provider:
        devices = {device.id: device for device in await provider.discover()}
        with capture_logs() as said:
            found = [each async for each in provider.history(devices["growatt_N1"], DAY, DAY)]
    assert len(times(found)) == 1
    assert [(line["event"], line["device"], line["day"]) for line in said] == [
        ("growatt_history_cut", "growatt_N1", str(DAY))
    ]


async def test_a_command_may_go_first_before_each_page(home: Cloud, house: House) -> None:
    home.answers[PATH] = [ok({"count": 3, "datas": [row(n)]}) for n in range(3)]
    gave: list[int] = []

    async def give_way() -> None:
        gave.append(len(home.seen(PATH)))

    async with house.provider(home.address) as provider:
        devices = {device.id: device for device in await provider.discover()}
        provider._client._account = replace(provider._client._account, give_way=give_way)
        assert len(times([each async for each in provider.history(devices["growatt_A1"], DAY, DAY)])) == 3
    assert {0, 1, 2} <= set(gave)
    assert gave.count(1) > 5, "and at each second of the wait for the next one"


# The hour that comes twice


def test_the_hour_that_comes_twice_is_told_apart_by_the_order() -> None:
    true = [datetime(2026, 10, 24, 23, 50, tzinfo=UTC) + timedelta(minutes=10 * n) for n in range(20)]
    rows = [(moment.astimezone(BERLIN).replace(tzinfo=None), str(n).encode()) for n, moment in enumerate(true)]
    rows = [(stamp.replace(fold=0), packed) for stamp, packed in rows]
    for given_rows in (rows, rows[::-1]):
        assert [moment for moment, _ in moments(given_rows, BERLIN)] == true


@settings(deadline=None)
@given(st.lists(st.integers(0, 4000), unique=True), st.sampled_from([date(2026, 3, 28), date(2026, 10, 24)]))
def test_moments_rise_and_are_told_once(minutes: list[int], day: date) -> None:
    midnight = datetime.combine(day, time())
    found = [moment for moment, _ in moments([(midnight + timedelta(minutes=n), b"") for n in minutes], BERLIN)]
    assert found == sorted(set(found))
