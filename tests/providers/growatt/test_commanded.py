"""The engine of commands over the app API, against the simulated cloud: from the message to the one answer."""

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
from tests.providers.growatt.test_writes_simulated import Work, at_work

DANGEROUS: dict[str, Any] = {"allow_dangerous": True, "confirm_token": "open-sesame"}
WRITERS = ("newTcpsetAPI", "tcpSet", "/set", "updatePlant")


class Commanded:
    """A simulated device with the engine over it."""

    def __init__(self, work: Work, made: Desk) -> None:
        self.work, self.desk = work, made
        self.heard: dict[str, int] = {}

    async def ask(self, key: str, payload: object, *, seconds: int = 700) -> dict[str, Any]:
        """Send a command, let time pass until it is answered, and return the one answer."""
        self.desk.send(payload, key, owner=self.work.device.id)
        return await self.answer(key, seconds=seconds)

    async def answer(self, key: str, *, seconds: int = 700) -> dict[str, Any]:
        topic = f"heliopost/device/{self.work.device.id}/{key}/result"
        before = self.heard.get(topic, 0)
        for _ in range(seconds // 5):
            for _ in range(200):
                await asyncio.sleep(0)
            found = [body for name, body, _ in self.desk.broker.said if name == topic]
            if len(found) > before:
                (answer,) = found[before:]
                self.heard[topic] = before + 1
                return answer
            await self.desk.pass_time(5)
        pytest.fail(f"no answer on {topic}")

    @property
    def values(self) -> dict[str, str]:
        return self.work.cloud.settings(self.work.device.serial)

    @property
    def writes(self) -> int:
        return sum(any(word in f"{asked.path} {asked.query}" for word in WRITERS) for asked in self.work.cloud.requests)


@asynccontextmanager
async def commanded(family: str, **settings: Any) -> AsyncIterator[Commanded]:
    rig = Rig()
    async with at_work(family, rig.clock) as work, desk(rig=rig, **settings) as made:
        await rig.bridge.found(work.device)
        made.door = Door("home", work.provider, Turn())
        yield Commanded(work, made)


async def test_a_change_that_shows_after_a_minute_is_confirmed() -> None:
    async with commanded("tlx") as run:
        run.work.cloud.settings_delay = timedelta(seconds=50)
        answer = await run.ask("charge_rate", 40)
        assert (answer["status"], run.values["chargePowerCommand"]) == ("confirmed", "40")
        assert run.writes == 1


async def test_what_is_so_already_is_not_written() -> None:
    async with commanded("tlx") as run:
        answer = await run.ask("charge_rate", 100)
        assert (answer["status"], run.writes) == ("no_change", 0)


async def test_a_success_without_effect_stays_unconfirmed() -> None:
    async with commanded("noah") as run:
        run.work.cloud.faults.add("ignored")
        answer = await run.ask("default_power", 400)
        assert (answer["status"], answer["code"]) == ("unconfirmed", "verify_mismatch")
        assert run.writes == 1


@pytest.mark.parametrize(("late", "status"), [(True, "confirmed"), (False, "failed")])
async def test_a_write_whose_answer_is_lost_is_looked_for_and_not_repeated(*, late: bool, status: str) -> None:
    async with commanded("mix") as run:
        run.work.cloud.faults.add("http_error", path="mixSetApiNew", status=504, late=late)
        answer = await run.ask("load_first_stop_soc", 25)
        assert answer["status"] == status
        assert run.writes == 1


async def test_a_refusal_is_told_with_the_vendors_word() -> None:
    async with commanded("inverter") as run:
        run.work.cloud.faults.add("refused", path="tcpSet")
        answer = await run.ask("active_power_rate", 40)
        assert (answer["status"], answer["vendor_code"]) == ("failed", "inv_set_failure")
        assert "the device has not taken it" in answer["message"]


async def test_one_window_of_a_schedule_is_changed_and_the_rest_stays() -> None:
    async with commanded("mix") as run:
        answer = await run.ask("charge_period2", {"start": "02:00", "end": "05:30", "enabled": True})
        assert answer["status"] == "confirmed", answer
        assert (run.values["forcedChargeTimeStart2"], run.values["forcedChargeTimeStop2"]) == ("2:0", "5:30")
        assert (run.values["forcedChargeStopSwitch2"], run.values["forcedChargeStopSwitch1"]) == ("1", "0")
        assert (run.values["chargePowerCommand"], run.values["wchargeSOCLowLimit2"]) == ("100", "100")
        answer = await run.ask("charge_rate", 60)
        assert answer["status"] == "confirmed", answer
        assert run.values["forcedChargeTimeStart2"] == "2:0"


@pytest.mark.parametrize(
    ("window", "says"),
    [
        ({"mode": "battery_first", "start": "22:00", "end": "06:00", "enabled": True}, "split it"),
        ({"mode": "battery_first", "start": "06:00", "end": "06:00", "enabled": True}, "needs a length"),
        ({"mode": "battery_first", "start": "09:00", "end": "11:00", "enabled": True}, "also what is off counts"),
    ],
)
async def test_a_segment_that_cannot_be_is_never_sent(window: dict[str, Any], says: str) -> None:
    async with commanded("tlx") as run:
        run.values.update({"forcedTimeStart9": "10:0", "forcedTimeStop9": "12:0", "forcedStopSwitch9": "0"})
        answer = await run.ask("time_segment1", window)
        assert (answer["status"], answer["code"]) == ("rejected", "precondition_failed")
        assert says in answer["message"]
        assert run.writes == 0


@pytest.mark.parametrize(
    ("family", "key", "value"),
    [("noah", "charge_limits", {"soc_low_limit": 31}), ("noah", "default_power", 801), ("tlx", "charge_rate", 101)],
)
async def test_what_lies_outside_of_what_the_device_takes_is_never_sent(family: str, key: str, value: object) -> None:
    async with commanded(family) as run:
        answer = await run.ask(key, value)
        assert (answer["status"], answer["code"]) == ("rejected", "out_of_range")
        assert run.writes == 0


async def test_a_stop_below_which_it_discharges_is_not_above_the_stop_of_charging() -> None:
    async with commanded("tlx") as run:
        run.values["wchargeSOCLowLimit"] = "50"
        answer = await run.ask("discharge_stop_soc", 60)
        assert (answer["status"], answer["code"]) == ("rejected", "precondition_failed")


async def test_a_plant_s_price_is_changed_with_everything_else_as_it_is() -> None:
    async with commanded("plant") as run:
        plant = next(iter(run.work.cloud.plants))
        answer = await run.ask("energy_price", 0.41)
        assert answer["status"] == "confirmed", answer
        assert run.work.cloud.plant_settings[plant]["formulaMoneyStr"] == "0.41"
        answer = await run.ask("plant_city", {"value": "Bremen", "confirm": "open-sesame"})
        assert (answer["status"], answer["code"]) == ("rejected", "not_allowed")
    async with commanded("plant", **DANGEROUS) as run:
        answer = await run.ask("plant_city", {"value": "Bremen", "confirm": "open-sesame"})
        assert (answer["status"], answer["code"]) == ("unconfirmed", "not_verified")
        assert run.work.cloud.plant_settings[plant]["city"] == "Bremen"


async def test_the_clock_is_set_and_confirmed_and_synchronised_at_the_press_of_a_button() -> None:
    async with commanded("mix") as run:
        run.values["sysTime"] = "2020-01-01 00:00:00"
        zone = run.work.device.zone
        local = run.desk.rig.clock.now().astimezone(zone).replace(tzinfo=None)
        answer = await run.ask("device_clock", local.isoformat())
        assert answer["status"] == "confirmed", answer
        answer = await run.ask("sync_clock", "press")
        assert (answer["status"], answer["code"]) == ("unconfirmed", "not_verified")


async def test_a_raw_write_that_the_catalogue_knows_is_confirmed_as_its_setting() -> None:
    async with commanded("tlx") as run:
        request = {"method": "update_tlx_inverter_setting", "serial": run.work.device.serial, "type": "charge_power"}
        await run.desk.engine.put({**request, "params": ["35"]})
        answer = await run.answer("charge_rate")
        assert (answer["status"], run.values["chargePowerCommand"]) == ("confirmed", "35")


async def test_a_raw_write_of_an_unknown_type_takes_a_token_and_is_the_vendors_to_judge() -> None:
    request = {"method": "update_tlx_inverter_setting", "type": "odd_thing", "params": ["1", True]}
    async with commanded("tlx") as run:
        await run.desk.engine.put({**request, "serial": run.work.device.serial})
        assert (await run.answer("put_odd_thing"))["code"] == "not_allowed"
        assert run.writes == 0
    async with commanded("tlx", **DANGEROUS) as run:
        await run.desk.engine.put({**request, "serial": run.work.device.serial, "confirm": "open-sesame"})
        answer = await run.answer("put_odd_thing")
        assert (answer["status"], answer["vendor_code"]) == ("failed", "inv_set_failure")
        assert run.work.cloud.requests[-1].query["param2"] == "1"
