"""What the outlet says on MQTT, and when."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import AccountState, AccountStatus, Device, DeviceKind, Event, Kind, Point, Unit, Value
from app.mqtt import MqttSettings
from app.sinks.mqtt import MqttSink, attributes, plain, state
from app.store import Gone, Update
from app.topics import Topics
from tests.broker import Mosquitto
from tests.mqtt.rig import HandClock, session

AT = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
POINTS = {
    "pv_power": Point("pv_power", "PV power", Unit.WATT),
    "battery_soc": Point("battery_soc", "SOC", Unit.PERCENT, Kind.LEVEL),
    "charging": Point("charging", "Charging", kind=Kind.FLAG),
    "status": Point("status", "Status", kind=Kind.STATE),
}
VALUES: Mapping[str, Value | None] = {"pv_power": 1234.5, "battery_soc": None, "charging": False, "status": "normal"}
DEVICE = Device(
    "growatt_abc",
    "home",
    DeviceKind.INVERTER,
    "Roof",
    model="MIN 5000",
    serial="ABC",
    manufacturer="Growatt",
    via="growatt_plant_1",
    zone=ZoneInfo("Europe/Berlin"),
    rated_power=5000.0,
    attributes={"datalogger": "XYZ", "name": "not this one"},
)
BASE = "heliopost/device/growatt_abc"


class Recorder:
    """A Publisher that keeps what it is given."""

    connected = True

    def __init__(self) -> None:
        self.said: list[tuple[str, str, bool]] = []
        self.expiries: dict[str, int | None] = {}

    def publish(
        self,
        topic: str,
        payload: str | bytes,
        *,
        retain: bool = False,
        expiry: int | None = None,
        properties: Mapping[str, str] | None = None,
        correlation: bytes | None = None,
        taken: Callable[[], None] | None = None,
    ) -> None:
        assert isinstance(payload, str)
        self.said.append((topic, payload, retain))
        self.expiries[topic] = expiry

    @property
    def topics(self) -> list[str]:
        return [topic.removeprefix(f"{BASE}/") for topic, _, _ in self.said]

    def clear(self) -> None:
        self.said.clear()


def update(**more: Any) -> Update:
    given: dict[str, Any] = {
        "device": DEVICE,
        "points": POINTS,
        "values": VALUES,
        "changed": frozenset(),
        "first": frozenset(),
        "measured_at": AT,
        "available": True,
    }
    return Update(**(given | more))


FIRST = update(changed=frozenset(POINTS), first=frozenset(POINTS), described=True)


def sink(**settings: Any) -> tuple[MqttSink, Recorder]:
    recorder = Recorder()
    return MqttSink(recorder, Topics(), MqttSettings.model_validate(settings), HandClock()), recorder


async def test_a_device_is_one_json_object_with_every_key_and_the_vendors_time() -> None:
    outlet, recorder = sink()
    await outlet.publish(FIRST)
    said = {topic: payload for topic, payload, _ in recorder.said}
    assert said[f"{BASE}/state"] == (
        '{"pv_power":1234.5,"battery_soc":null,"charging":false,"status":"normal",'
        '"measured_at":"2026-06-01T12:00:00+00:00"}'
    )
    assert said[f"{BASE}/availability"] == "online"
    assert recorder.topics == ["attributes", "state", "availability"]
    assert all(retain for _, _, retain in recorder.said)


async def test_the_facts_of_a_device_are_its_attributes_and_the_vendors_own_do_not_hide_them() -> None:
    outlet, recorder = sink()
    await outlet.publish(FIRST)
    assert json.loads(recorder.said[0][1]) == {
        "datalogger": "XYZ",
        "name": "Roof",
        "kind": "inverter",
        "model": "MIN 5000",
        "serial": "ABC",
        "manufacturer": "Growatt",
        "firmware": None,
        "via": "growatt_plant_1",
        "account": "home",
        "rated_power": 5000,
        "time_zone": "Europe/Berlin",
    }
    assert attributes(replace(DEVICE, zone=None, rated_power=None))["time_zone"] is None


async def test_what_has_not_changed_is_not_said_again_and_a_replay_says_everything() -> None:
    outlet, recorder = sink(layout="both")
    await outlet.publish(FIRST)
    recorder.clear()
    await outlet.publish(update())
    assert recorder.said == []
    await outlet.publish(update(described=True))
    assert recorder.said == []
    await outlet.publish(update(described=True, device=replace(DEVICE, name="Barn")))
    assert recorder.topics == ["attributes"]
    recorder.clear()
    await outlet.publish(update(changed=frozenset({"pv_power"})))
    assert recorder.topics == ["state", "pv_power"]
    recorder.clear()
    await outlet.publish(update(replay=True))
    assert recorder.topics == ["attributes", "state", *POINTS, "availability"]


async def test_a_new_point_is_said_although_its_value_is_not_known() -> None:
    outlet, recorder = sink(layout="points")
    await outlet.publish(update(first=frozenset({"battery_soc"})))
    assert (f"{BASE}/battery_soc", "", True) in recorder.said
    assert "state" not in recorder.topics


async def test_availability_is_said_when_it_changes() -> None:
    outlet, recorder = sink()
    await outlet.publish(FIRST)
    recorder.clear()
    for available in (True, False, False, True):
        await outlet.publish(update(available=available))
    assert [payload for _, payload, _ in recorder.said] == ["offline", "online"]


async def test_in_points_layout_each_value_stands_plain_on_a_topic_of_its_own() -> None:
    outlet, recorder = sink(layout="points")
    await outlet.publish(FIRST)
    said = {topic.removeprefix(f"{BASE}/"): payload for topic, payload, _ in recorder.said}
    assert (said["pv_power"], said["charging"], said["status"], said["battery_soc"]) == ("1234.5", "off", "normal", "")
    assert "state" not in said


async def test_without_retain_values_are_not_kept_but_availability_and_facts_are() -> None:
    outlet, recorder = sink(retain=False, layout="both")
    await outlet.publish(FIRST)
    kept = {topic.removeprefix(f"{BASE}/") for topic, _, retain in recorder.said if retain}
    assert kept == {"attributes", "availability"}


async def test_values_expire_if_wanted_and_availability_does_not() -> None:
    outlet, recorder = sink(state_expiry=7200, layout="both")
    await outlet.publish(FIRST)
    assert recorder.expiries[f"{BASE}/state"] == recorder.expiries[f"{BASE}/pv_power"] == 7200
    assert recorder.expiries[f"{BASE}/availability"] is recorder.expiries[f"{BASE}/attributes"] is None


async def test_a_device_that_has_gone_is_cleared_from_the_broker_in_every_layout_and_comes_back_whole() -> None:
    outlet, recorder = sink()
    await outlet.publish(FIRST)
    recorder.clear()
    await outlet.publish(Gone(DEVICE, POINTS))
    assert {payload for _, payload, _ in recorder.said} == {""}
    assert set(recorder.topics) == {"state", "availability", "attributes", *POINTS}
    recorder.clear()
    await outlet.publish(FIRST)
    assert recorder.topics == ["attributes", "state", "availability"]


async def test_an_account_says_how_it_is() -> None:
    outlet, recorder = sink()
    berlin = timezone(timedelta(hours=2))
    status = AccountStatus(
        "home",
        "growatt",
        "shinephone",
        AccountState.LOCKED,
        "Wait.",
        until=datetime(2026, 6, 1, 16, tzinfo=berlin),
        last_poll=AT,
        calls_today=7,
        budget=600,
        stretch=1.0000000001,
        clock_offset=timedelta(seconds=-61.2),
    )
    await outlet.publish(status)
    ((topic, payload, retain),) = recorder.said
    assert (topic, retain) == ("heliopost/account/home/state", True)
    assert json.loads(payload) == {
        "state": "locked",
        "until": "2026-06-01T14:00:00+00:00",
        "reason": "Wait.",
        "last_poll": "2026-06-01T12:00:00+00:00",
        "next_poll": None,
        "calls_today": 7,
        "budget": 600,
        "stretch": 1,
        "read_only": False,
        "clock_offset": -61,
        "provider": "growatt",
        "api": "shinephone",
    }


async def test_an_event_is_told_once_and_never_kept() -> None:
    outlet, recorder = sink()
    await outlet.publish(Event(DEVICE, "fault_raised", {"code": "E1", "fault_code": 202.0, "event_type": "no"}, AT))
    ((topic, payload, retain),) = recorder.said
    assert (topic, retain) == (f"{BASE}/event", False)
    assert payload == '{"code":"E1","fault_code":202,"event_type":"fault_raised","at":"2026-06-01T12:00:00+00:00"}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (21.600000381469727, "21.6"),
        (5.0, "5"),
        (-0.0, "0"),
        (7, "7"),
        (1e20, "1e+20"),
        (math.nan, ""),
        (-math.inf, ""),
        (True, "on"),
        ("2026", "2026"),
        (None, ""),
    ],
)
def test_numbers_are_said_as_short_as_they_can_be(value: Value | None, text: str) -> None:
    assert plain(value) == text


@given(st.dictionaries(st.sampled_from(sorted(POINTS)), st.one_of(st.none(), st.floats(), st.booleans(), st.text())))
def test_whatever_the_values_are_the_state_is_json_with_every_key(values: Mapping[str, Value | None]) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(constant)

    said = json.loads(state(update(values=values, measured_at=None)), parse_constant=refuse)
    assert list(said) == [*POINTS, "measured_at"]
    for key, value in values.items():
        if isinstance(value, float) and math.isfinite(value):
            assert said[key] == pytest.approx(value, abs=1e-6)
        elif not isinstance(value, float):
            assert said[key] == value


async def test_half_a_letter_from_a_vendor_does_not_stop_the_outlet(mosquitto: Mosquitto) -> None:
    wanted = MqttSettings(host="127.0.0.1", port=mosquitto.port)
    async with session(wanted) as running:
        outlet = MqttSink(running.broker, running.topics, wanted, running.clock)
        await outlet.publish(update(values={**VALUES, "status": "\ud83d"}, replay=True))
        await running.broker.idle()
        async with mosquitto.ear(f"{BASE}/#") as ear:
            assert json.loads(await ear.hears(f"{BASE}/state"))["status"] == "?"


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_device_on_a_real_broker_is_there_for_who_comes_late_until_it_goes(
    mosquitto: Mosquitto, protocol: str
) -> None:
    wanted = MqttSettings.model_validate(
        {"host": "127.0.0.1", "port": mosquitto.port, "protocol": protocol, "layout": "both"}
    )
    async with session(wanted) as running:
        outlet = MqttSink(running.broker, running.topics, wanted, running.clock)
        await outlet.publish(FIRST)
        await running.broker.idle()
        async with mosquitto.ear(f"{BASE}/#") as ear:
            await ear.hears(f"{BASE}/availability")
            await ear.hears(f"{BASE}/state")
            await ear.hears(f"{BASE}/pv_power", "1234.5")
            await ear.hears(f"{BASE}/status")
            await ear.hears(f"{BASE}/charging")
            await ear.hears(f"{BASE}/attributes")
            assert f"{BASE}/battery_soc" not in ear.last
            await outlet.publish(Gone(DEVICE, POINTS))
            await ear.hears(f"{BASE}/attributes", "")
            assert ear.last == {}
