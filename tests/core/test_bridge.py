import asyncio
from datetime import timedelta

from app import points
from app.corrections import Correction, Corrections
from app.model import AccountState, AccountStatus
from app.sinks import News
from tests.core.factory import FIVE, NOON, Rig, device, reading

STATUS = AccountStatus("home", "growatt", "shinephone", AccountState.ONLINE)


async def rig() -> Rig:
    made = Rig()
    await made.bridge.found(device())
    made.outlet.news.clear()
    return made


async def test_news_reaches_every_sink_and_repeats_do_not() -> None:
    made = await rig()
    await made.deliver(reading(points.PV_POWER, 5.0))
    await made.deliver(reading(points.PV_POWER, 5.0, NOON + timedelta(seconds=1)))
    (update,) = made.outlet.updates
    assert update.values == {"pv_power": 5.0}


async def test_what_is_not_believed_goes_no_further() -> None:
    made = await rig()
    await made.deliver(reading(points.PV_POWER, float("nan")), reading(points.GRID_POWER, 1.0))
    assert made.outlet.updates[0].values == {"grid_power": 1.0}
    assert made.dropped == ["not_finite"]


async def test_readings_of_unknown_devices_are_passed_over() -> None:
    made = await rig()
    await made.deliver(reading(points.PV_POWER, 5.0, owner="stranger"))
    assert made.outlet.news == []


async def test_corrections_come_before_plausibility() -> None:
    made = await rig()
    made.bridge.corrections = Corrections({"*/pv_power": Correction(scale=1000)})
    await made.deliver(reading(points.PV_POWER, 5000.0))
    assert made.dropped == ["absurd"]


async def test_daily_energies_grow_a_lifetime_counter() -> None:
    made = Rig()
    await made.bridge.found(device(accumulate=("load_energy_today",)))
    await made.deliver(reading(points.LOAD_ENERGY_TODAY, 3.0))
    values = made.outlet.updates[-1].values
    assert values == {"load_energy_today": 3.0, "load_energy_total": 3.0}


async def test_a_fault_is_an_event_when_it_comes_and_when_it_goes() -> None:
    made = await rig()
    await made.deliver(reading(points.PROBLEM, value=False), reading(points.FAULT, "none"))
    assert made.outlet.events == []
    later = NOON + timedelta(minutes=1)
    made.clock.move(timedelta(minutes=2))
    await made.deliver(reading(points.PROBLEM, value=True, at=later), reading(points.FAULT, "Fan", later))
    await made.deliver(reading(points.PROBLEM, value=False, at=made.clock.now()))
    assert [event.type for event in made.outlet.events] == ["fault_raised", "fault_cleared"]
    assert made.outlet.events[0].data == {"fault": "Fan"}


async def test_a_fault_that_is_there_from_the_start_is_an_event() -> None:
    made = await rig()
    await made.deliver(reading(points.PROBLEM, value=True))
    assert [event.type for event in made.outlet.events] == ["fault_raised"]


async def test_a_fault_that_becomes_unknown_is_no_event() -> None:
    made = await rig()
    await made.deliver(reading(points.PROBLEM, value=True))
    made.clock.move(timedelta(hours=1))
    await made.bridge.tick()
    assert made.outlet.updates[-1].values == {"problem": None}
    assert len(made.outlet.events) == 1


async def test_a_fault_that_goes_on_over_a_night_or_a_restart_is_one_event() -> None:
    made = await rig()
    await made.deliver(reading(points.PROBLEM, value=True))
    made.clock.move(timedelta(hours=9))
    await made.bridge.tick()
    await made.deliver(reading(points.PROBLEM, value=True, at=made.clock.now()))
    made.bridge._problems.clear()
    made.bridge.resume()
    made.clock.move(timedelta(hours=9))
    await made.bridge.tick()
    await made.deliver(reading(points.PROBLEM, value=True, at=made.clock.now()))
    await made.deliver(reading(points.PROBLEM, value=False, at=made.clock.now() + timedelta(seconds=1)))
    assert [event.type for event in made.outlet.events] == ["fault_raised", "fault_cleared"]


async def test_time_alone_makes_values_unknown() -> None:
    made = await rig()
    await made.deliver(reading(points.PV_POWER, 5.0))
    made.clock.move(3 * FIVE + timedelta(seconds=1))
    await made.bridge.tick()
    assert made.outlet.updates[-1].values == {"pv_power": None}


async def test_replay_repeats_accounts_and_devices() -> None:
    made = await rig()
    await made.bridge.report(STATUS)
    await made.deliver(reading(points.PV_POWER, 5.0))
    made.outlet.news.clear()
    await made.bridge.replay()
    assert made.outlet.statuses == [STATUS]
    assert [update.replay for update in made.outlet.updates] == [True]


async def test_a_device_that_has_gone_is_news_once() -> None:
    made = await rig()
    await made.bridge.lost("growatt_abc")
    await made.bridge.lost("growatt_abc")
    assert [gone.device.id for gone in made.outlet.gone] == ["growatt_abc"]


async def test_a_large_feed_keeps_nobody_waiting() -> None:
    made = Rig()
    for number in range(100):
        await made.bridge.found(device(f"growatt_{number}"))
    large = [reading(points.PV_POWER, 5.0, owner=f"growatt_{number}") for number in range(100)]
    taking = asyncio.create_task(made.bridge.deliver(large, FIVE))
    await asyncio.sleep(0)
    await made.deliver(reading(points.BATTERY_SOC, 50.0, owner="growatt_99"))
    assert not taking.done()
    assert "pv_power" not in made.store.view("growatt_99", NOON)
    await taking
    assert made.store.view("growatt_99", NOON) == {"pv_power": 5.0, "battery_soc": 50.0}


class Flaky:
    def __init__(self) -> None:
        self.broken = True
        self.taken: list[News] = []

    async def publish(self, news: News) -> None:
        if self.broken:
            msg = "no"
            raise RuntimeError(msg)
        self.taken.append(news)


async def test_a_sink_that_fails_does_not_stop_the_others() -> None:
    flaky = Flaky()
    made = Rig(sinks=[flaky])
    await made.bridge.found(device())
    await made.deliver(reading(points.PV_POWER, 5.0))
    assert len(made.outlet.updates) == 2
    assert made.failed == ["Flaky", "Flaky"]
    flaky.broken = False
    await made.bridge.replay()
    assert len(flaky.taken) == 1


async def test_a_device_is_called_what_its_owner_calls_it() -> None:
    rig = Rig()
    rig.bridge.names = {"growatt_abc": "Garage"}
    await rig.bridge.found(device(name="Inverter 1"))
    found = rig.store.device("growatt_abc")
    assert found is not None
    assert found.name == "Garage"
