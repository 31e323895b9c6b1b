"""The engine of commands over the token API, against the simulated cloud: from the message to the one answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from app.commands.door import Door
from app.turn import Turn
from tests.commands.rig import Desk, desk
from tests.core.factory import Rig
from tests.providers.growatt_openapi.writing import Bench, bench

TURNS = 20_000
"""Of the event loop, within which a request on loopback is answered, on a busy machine too."""
LEAST = 150
"""Within which a request is on its way."""


class Commanded:
    """A simulated device with the engine over it."""

    def __init__(self, work: Bench, desk_: Desk) -> None:
        self.work, self.desk = work, desk_

    async def ask(self, key: str, payload: object, *, seconds: int = 700) -> list[dict[str, Any]]:
        """Send a command, let time pass until it is answered, and return the answers to it."""
        self.desk.send(payload, key, owner=self.work.device.id)
        return await self.answers(key, seconds=seconds)

    async def answers(self, key: str, *, seconds: int = 700) -> list[dict[str, Any]]:
        topic = f"heliopost/device/{self.work.device.id}/{key}/result"
        for _ in range(seconds // 5):
            for turn in range(TURNS):
                await asyncio.sleep(0)
                if turn > LEAST and all(asked.status for asked in self.work.cloud.requests):
                    break
            found = [body for name, body, _ in self.desk.broker.said if name == topic]
            if found:
                return found
            await self.desk.pass_time(5)
        return []

    @property
    def writes(self) -> list[str]:
        return [asked.path for asked in self.work.cloud.requests if "Set" in asked.path or "/set" in asked.path]


@asynccontextmanager
async def commanded(family: str, **settings: Any) -> AsyncIterator[Commanded]:
    rig = Rig()
    async with bench(family, rig.clock) as work, desk(rig=rig, **{"ttl": timedelta(minutes=15)} | settings) as made:
        await rig.bridge.found(work.device)
        made.door = Door("home", work.writer, Turn())
        yield Commanded(work, made)


async def test_a_change_that_shows_after_a_minute_is_confirmed() -> None:
    async with commanded("tlx") as run:
        run.work.cloud.settings_delay = timedelta(seconds=50)
        (answer,) = await run.ask("charge_rate", 40)
        assert (answer["status"], run.work.values["chargePowerCommand"]) == ("confirmed", "40")
        assert run.writes == ["/v1/tlxSet"]


async def test_a_system_error_that_was_carried_out_is_confirmed_and_not_repeated() -> None:
    async with commanded("mix") as run:
        run.work.cloud.faults.add("system_error", path="mixSet", late=True)
        (answer,) = await run.ask("load_first_stop_soc", 25)
        assert answer["status"] == "confirmed"
        assert run.writes == ["/v1/mixSet"]


async def test_a_system_error_that_was_none_fails() -> None:
    async with commanded("mix") as run:
        run.work.cloud.faults.add("system_error", path="mixSet")
        (answer,) = await run.ask("load_first_stop_soc", 25)
        assert answer["status"] == "failed"
        assert run.writes == ["/v1/mixSet"]


async def test_a_success_without_effect_stays_unconfirmed() -> None:
    async with commanded("tlx") as run:
        run.work.cloud.faults.add("ignored")
        (answer,) = await run.ask("charge_rate", 40)
        assert (answer["status"], answer["code"]) == ("unconfirmed", "verify_mismatch")


async def test_a_refusal_is_told_with_the_vendors_code() -> None:
    async with commanded("tlx") as run:
        run.work.cloud.faults.add("denied", path="tlxSet", status=10005)
        (answer,) = await run.ask("charge_rate", 40)
        assert (answer["status"], answer["vendor_code"]) == ("failed", "10005")
        assert "logger is offline" in answer["message"]


async def test_one_window_of_a_schedule_is_changed_and_the_rest_stays() -> None:
    async with commanded("spa") as run:
        (answer,) = await run.ask("charge_period2", {"start": "02:00", "end": "05:30", "enabled": True})
        assert answer["status"] == "confirmed", answer
        values = run.work.values
        assert (values["forcedChargeTimeStart2"], values["forcedChargeTimeStop2"]) == ("2:0", "5:30")
        assert (values["batFirstSwitch2"], values["batFirstSwitch1"]) == ("1", "0")
        assert (values["chargePowerCommand"], values["wchargeSOCLowLimit2"]) == ("100", "100")


async def test_a_window_over_midnight_is_never_sent() -> None:
    async with commanded("tlx") as run:
        window = {"start": "22:00", "end": "06:00", "enabled": True, "mode": "battery_first"}
        (answer,) = await run.ask("time_segment1", window)
        assert (answer["status"], answer["code"]) == ("rejected", "precondition_failed")
        assert "split it" in answer["message"]
        assert not run.writes


async def test_what_v4_shows_every_five_minutes_is_confirmed_then() -> None:
    async with commanded("noah") as run:
        (answer,) = await run.ask("default_power", 350)
        assert answer["status"] == "confirmed", answer
        (again,) = await run.ask("soc_low_limit", 20)
        assert again["status"] == "confirmed", again
        assert run.writes == ["/v4/new-api/setPower", "/v4/new-api/setLowLimitSoc"]


async def test_what_nothing_shows_is_sent_and_said_to_be_unseen() -> None:
    async with commanded("tlx") as run:
        (answer,) = await run.ask("vpp_now", {"time": 30, "rate": 80})
        assert (answer["status"], answer["code"]) == ("unconfirmed", "not_verified")
        assert run.work.values["vppTime"] == "30"


@pytest.mark.parametrize("key", ["voltage_high_limit", "vpp_power_factor_raw"])
async def test_what_is_dangerous_takes_a_token(key: str) -> None:
    async with commanded("tlx") as run:
        (answer,) = await run.ask(key, 250)
        assert (answer["status"], answer["code"]) == ("rejected", "not_allowed")
    async with commanded("tlx", allow_dangerous=True, confirm_token="open-sesame") as run:
        (answer,) = await run.ask(key, {"value": 250, "confirm": "open-sesame"})
        assert answer["status"] == "confirmed", answer


async def put(run: Commanded, method: str, kind: str, params: object, **more: Any) -> dict[str, Any]:
    request = {"method": method, "serial": run.work.device.serial, "type": kind, "params": params, **more}
    (answer,) = await run.answers(str((await run.desk.engine.put(request))["point"]))
    return answer


async def test_a_raw_write_goes_out_by_the_call_that_was_asked_for_and_is_read_back() -> None:
    async with commanded("tlx") as run:
        answer = await put(run, "setNewVppParameter", "set_param_22", [80])
        assert answer["status"] == "confirmed", answer
        assert run.writes == ["/v4/new-api/setNewVppParameter"]
        answer = await put(run, "min_write_time_segment", "2", [1, 1, 5, 4, 30, True])
        assert answer["status"] == "confirmed", answer
        assert run.work.values["forcedTimeStop2"] == "4:30"


async def test_a_register_takes_a_token_and_is_read_back() -> None:
    async with commanded("inverter", allow_dangerous=True, confirm_token="open-sesame") as run:
        register = {"command_1": 3, "command_2": 80}
        assert (await put(run, "inverterSet", "set_any_reg", register))["code"] == "not_allowed"
        run.desk.broker.said.clear()
        answer = await put(run, "inverterSet", "set_any_reg", register, confirm="open-sesame")
        assert answer["status"] == "confirmed", answer
        assert run.work.values["activeRate"] == "80"
