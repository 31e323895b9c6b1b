"""Looking how a device is set, where the one call for it is one that perhaps no server knows (SPA)."""

from datetime import timedelta

import pytest

from app.errors import AuthFailed, Locked, ProviderError, Unavailable
from app.providers.growatt.families import SETTINGS, VALUES
from simulator.growatt import USER, FaultKind
from tests.providers.growatt.test_writes_simulated import at_work

ENDS = pytest.mark.parametrize("shows", ["html", "redirect", "not_logged_in"])


@ENDS
async def test_a_session_that_has_ended_costs_a_look_one_login(shows: str) -> None:
    async with at_work("spa") as work:
        work.cloud.expired_answer = FaultKind(shows)
        await work.clock.advance(timedelta(minutes=10))
        work.cloud.expire_sessions()
        logins = len(work.cloud.logins)
        assert (await work.look(work.settings["charge_schedule"]))["charge_rate"] == 100
        assert len(work.cloud.logins) == logins + 1


@ENDS
@pytest.mark.parametrize(("wrong", "error"), [("locked", Locked), ("password", AuthFailed)])
async def test_an_account_that_is_stopped_is_no_setting_that_nobody_shows(
    shows: str, wrong: str, error: type[ProviderError]
) -> None:
    async with at_work("spa") as work:
        work.cloud.expired_answer = FaultKind(shows)
        await work.clock.advance(timedelta(minutes=10))
        setting = work.settings["charge_schedule"]
        if wrong == "locked":
            work.cloud.lock(USER)
        else:
            work.cloud.accounts[0].password = "another"
        work.cloud.expire_sessions()
        for _ in range(2):
            with pytest.raises(error):
                await work.look(setting)


async def test_a_login_that_is_too_soon_is_told_and_not_passed_over() -> None:
    async with at_work("spa") as work:
        setting = work.settings["charge_schedule"]
        work.cloud.expire_sessions()
        with pytest.raises(Unavailable, match="the next login is made after"):
            await work.look(setting)


async def test_a_server_that_does_not_know_the_call_shows_nothing_and_costs_no_login() -> None:
    async with at_work("spa") as work:
        await work.clock.advance(timedelta(minutes=10))
        setting = work.settings["charge_schedule"]
        work.cloud.faults.add("http_error", path="getMixSetParams", status=404)
        logins = len(work.cloud.logins)
        assert await work.look(setting) == {}
        assert len(work.cloud.logins) == logins
        await work.clock.advance(timedelta(hours=6))
        for _ in range(3):
            await work.clock.advance(timedelta(minutes=30))
            await work.provider.read(SETTINGS)
            await work.provider.read(VALUES)
        before = len(work.cloud.requests)
        assert await work.look(setting) == {}
        assert len(work.cloud.requests) == before, "it is noted that this server does not know it"


async def test_an_spa_s_settings_are_read_four_times_a_day_and_looked_at_whenever_a_command_wants_to_know() -> None:
    async with at_work("spa") as work:
        setting = work.settings["charge_schedule"]

        def asked() -> int:
            return sum(each.query.get("op") == "getMixSetParams" for each in work.cloud.requests)

        before = asked()
        for _ in range(48):
            await work.clock.advance(timedelta(minutes=30))
            await work.provider.read(VALUES)
            found = await work.provider.read(SETTINGS)
            assert 100 in [reading.value for reading in found if reading.point.key == "charge_rate"]
        assert asked() == before + 4
        await work.look(setting)
        await work.look(setting)
        assert asked() == before + 6
