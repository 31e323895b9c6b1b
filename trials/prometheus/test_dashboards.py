"""The dashboards: Grafana's types accept them, and a real Prometheus with a simulated day answers every query."""

import asyncio
import copy
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from app.sinks.homeassistant import rules
from app.sinks.mqtt import MqttSink
from simulator.clock import DrivenClock
from simulator.growatt import Cloud, demo_fleet
from trials.prometheus.grafana import Answer, Viewer, panels, rows
from trials.prometheus.history import ORDINARY, DrivenDaemon, Incident, Past, live
from trials.prometheus.schema import complaints
from trials.prometheus.server import find

pytestmark = pytest.mark.timeout(900)
"""The first of them lives through a day, which takes a minute, or several on a busy machine."""

Board = dict[str, Any]

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"
HOME: Board = json.loads((FOLDER / "home.json").read_text())
BRIDGE: Board = json.loads((FOLDER / "bridge.json").read_text())
ZONE = ZoneInfo("Europe/Amsterdam")
END = datetime(2026, 6, 21, 21, 55, tzinfo=UTC)
"""Five minutes before midnight in Utrecht: the counters of the day stand where the day leaves them."""
DAYS = 1.125
PLANTS = tuple(demo_fleet()[n] for n in (0, 3, 4, 5))
"""In one zone or nearly so: a hybrid whose battery is listed apart, three string inverters, an SPA and a NOAH, of which
the last two leave it to their plants to count the sun's energy."""
HYBRID = PLANTS[0].devices[0].serial
LOCKED = timedelta(hours=14.5)
"""After the start: while the account is locked."""
CHANGED = f"device/growatt_{PLANTS[3].devices[0].serial}/default_power/set"
"""The NOAH's setting that somebody changes on the last day."""
INCIDENTS = (
    *ORDINARY,
    Incident(LOCKED - timedelta(minutes=20), timedelta(minutes=40), "lock"),
    Incident(timedelta(hours=21), timedelta(minutes=15), "absurd"),  # by day, when it is read often
    *(
        Incident(timedelta(hours=hour), timedelta(), "command", {"topic": CHANGED, "value": f"{hour}0"})
        for hour in (23, 26)
    ),
)
ONLY_SOMETIMES = {("Accounts", "C"): END - timedelta(days=DAYS) + LOCKED}
"""Queries that speak only while something is wrong, and when that is: the end of a lockout."""


class Mischief:
    """What no fault of a cloud brings about: a refused entity, and an outlet that fails; each once, on the last day."""

    def __init__(self) -> None:
        self._now = END - timedelta(days=DAYS)
        self._left = {"entity": END - timedelta(hours=20), "outlet": END - timedelta(hours=20)}
        self._go, self._judge, self._publish = DrivenDaemon.go, rules.refusal, MqttSink.publish

    def _due(self, what: str) -> bool:
        return what in self._left and self._now >= self._left[what] and bool(self._left.pop(what))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Have it happen while a past is lived through."""

        async def go(daemon: DrivenDaemon, moment: datetime) -> None:
            self._now = moment
            await self._go(daemon, moment)

        def judge(component: rules.Component, version: Any) -> rules.Refusal | None:
            return rules.Refusal("key", "for the trial") if self._due("entity") else self._judge(component, version)

        async def publish(sink: MqttSink, news: Any) -> None:
            if self._due("outlet"):
                raise RuntimeError
            await self._publish(sink, news)

        with (
            patch.object(DrivenDaemon, "go", go),
            patch("app.sinks.homeassistant.describer.refusal", judge),
            patch.object(MqttSink, "publish", publish),
        ):
            yield


@pytest.fixture(scope="module")
def summer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """A Prometheus that has lived through a summer's day, on which everything went wrong that can."""
    find("prometheus")
    with Mischief().at_work():
        folder = tmp_path_factory.mktemp("summer")
        lived = asyncio.run(live(folder, days=DAYS, end=END, plants=PLANTS, incidents=INCIDENTS))
    yield lived
    asyncio.run(lived.prometheus.stop())


async def _look(past: Past, board: Board, at: datetime = END, **chosen: list[str]) -> dict[str, Answer]:
    """Return what every panel shows, by its title."""
    viewer = Viewer(past.prometheus, at, ZONE, scrape=60)
    await viewer.open(board, chosen)
    return {f"{panel['type']} {panel['title']}": await viewer.look(panel) for panel in panels(board)}


def test_grafanas_own_types_accept_every_key_and_value() -> None:
    assert complaints(HOME, BRIDGE) == []


def test_grafanas_own_types_find_mistakes() -> None:
    """Else the test above would say nothing."""
    board = copy.deepcopy(HOME)
    first, seventh = board["panels"][0], board["panels"][6]
    first["fieldConfig"]["defaults"]["unitt"] = "watt"
    first["options"]["graphMode"] = "curve"
    first["gridPos"]["w"] = None
    first["targets"][0]["exp"] = "up"
    seventh["fieldConfig"]["defaults"]["custom"]["fillOpacity"] = "65"
    seventh["options"]["legend"]["placement"] = "left"
    board["templating"]["list"][1]["hide"] = "no"
    board["refresh"] = 60
    found = "\n".join(complaints(board))
    for word in ("unitt", "curve", "null", '"exp"', "'number'", "left", "VariableHide", "'string'"):
        assert word in found, f"{word}:\n{found}"
    assert len(found.splitlines()) == 8


@pytest.mark.parametrize("board", [HOME, BRIDGE], ids=["home", "bridge"])
async def test_every_query_of_every_panel_is_answered(summer: Past, board: Board) -> None:
    silent = set()
    for answer in (await _look(summer, board)).values():
        for target in answer.panel["targets"]:
            if all(math.isnan(value) for series in answer.of(target["refId"]) for _, value in series.points):
                silent.add((answer.panel["title"], target["refId"]))
    assert silent == {place for place in ONLY_SOMETIMES if board is BRIDGE}


async def test_what_speaks_only_while_something_is_wrong_speaks_then(summer: Past) -> None:
    for (title, ref), at in ONLY_SOMETIMES.items():
        answers = await _look(summer, BRIDGE, at)
        (answer,) = [each for name, each in answers.items() if name == f"table {title}"]
        assert answer.of(ref)
        (state,) = answers["stat Accounts"].series
        assert state.last == 3  # locked
        (row,) = rows(answer, ZONE)
        assert row["Locked until"] / 1000 > at.timestamp()


@pytest.mark.parametrize("board", [HOME, BRIDGE], ids=["home", "bridge"])
async def test_every_variable_has_values(summer: Past, board: Board) -> None:
    viewer = Viewer(summer.prometheus, END, ZONE)
    await viewer.open(board)
    asked = [choice["name"] for choice in board["templating"]["list"] if choice["type"] == "query"]
    assert list(viewer.options) == asked
    assert all(viewer.options.values())


async def test_plants_and_their_devices_are_chosen_by_name_and_never_counted_twice(summer: Past) -> None:
    viewer = Viewer(summer.prometheus, END, ZONE)
    await viewer.open(HOME)
    names = {name: {option.text: option.value for option in options} for name, options in viewer.options.items()}
    assert names["plant"] == {plant.name: f"growatt_plant_{plant.id}" for plant in PLANTS}
    serials = {f"growatt_{device.serial}" for plant in PLANTS for device in plant.devices}
    assert set(names["device"].values()) == serials  # not the hybrid's battery, which is a device of its own
    assert names["device"]["MIN 6000TL-XH MNH0000100"] == "growatt_MNH0000100"
    counters = {f"growatt_{device.serial}" for plant in PLANTS[:2] for device in plant.devices}
    assert set(names["pv"].values()) == counters | {f"growatt_plant_{plant.id}" for plant in PLANTS[2:]}


async def test_while_the_bridge_is_silent_its_past_can_be_seen(summer: Past) -> None:
    later = await _look(summer, HOME, END + timedelta(hours=1))
    for title in ("Sun now", "House now", "Grid now", "Battery now", "State of charge"):
        (series,) = later[f"stat {title}"].series
        assert math.isnan(series.last), f"{title} must not show what was an hour ago"
        assert not math.isnan(series.points[0][1])
    assert later["timeseries Power"].named("Sun").points
    assert later["timeseries Energy per hour"].named("House").points
    assert later["gauge Self-sufficiency"].series


async def test_one_chosen_plant_leaves_the_others_out(summer: Past) -> None:
    home = f"growatt_plant_{PLANTS[0].id}"
    viewer = Viewer(summer.prometheus, END, ZONE)
    await viewer.open(HOME, {"plant": [home]})
    assert {option.value for option in viewer.options["device"]} == {f"growatt_{HYBRID}"}
    assert {option.value for option in viewer.options["pv"]} == {f"growatt_{HYBRID}"}


@pytest.fixture(scope="module")
def truth() -> Cloud:
    """The same cloud once more: what it says of a moment depends on the moment alone."""
    return Cloud(DrivenClock(END - timedelta(days=DAYS)), fleet=PLANTS)


async def _hybrid(past: Past) -> dict[str, Answer]:
    return await _look(past, HOME, plant=[f"growatt_plant_{PLANTS[0].id}"])


def _stand(truth: Cloud) -> Any:
    clock = truth.clock
    assert isinstance(clock, DrivenClock)
    clock.move(END - clock.now())
    return truth.record(HYBRID).snapshot


async def test_the_energies_of_the_day_are_the_simulators(summer: Past, truth: Cloud) -> None:
    today = (await _hybrid(summer))["bargauge Today"]
    day = _stand(truth).today
    for name, energy in (
        ("Sun", day.pv),
        ("House", day.load),
        ("From the grid", day.imported),
        ("To the grid", day.exported),
        ("Into the battery", day.charge),
        ("From the battery", day.discharge),
    ):
        # The vendor has one decimal, and what runs by night is ten minutes old: some 1 kW.
        late = 0.05 if name == "Sun" else 0.25
        assert today.named(name).last == pytest.approx(energy, rel=0.01, abs=late), name


async def test_the_columns_of_the_hours_and_the_area_of_the_power_are_the_day(summer: Past, truth: Cloud) -> None:
    shown = await _hybrid(summer)
    day = _stand(truth).today
    midnight = END.astimezone(ZONE).replace(hour=0, minute=0).timestamp()
    for name, energy in (("Sun", day.pv), ("To the grid", day.exported), ("House", day.load)):
        hours = [value for at, value in shown["timeseries Energy per hour"].named(name).points if at >= midnight]
        assert sum(hours) == pytest.approx(energy, rel=0.03), name
        power = shown["timeseries Power"]
        points = [(at, value) for at, value in power.named(name).points if at >= midnight]
        # As it is drawn: a gap, such as the lockout's, is bridged by a straight line.
        area = sum((b - a) * (one + other) / 2 for (a, one), (b, other) in pairwise(points)) / 3_600_000
        coarse = 0.12 if name == "House" else 0.05  # a kettle is shorter than the time between two uploads
        assert area == pytest.approx(energy, rel=coarse), name
        days = [value for at, value in shown["timeseries Energy per day"].named(name).points if at >= midnight]
        assert days == pytest.approx([energy], rel=0.03), name


async def test_what_comes_goes(summer: Past) -> None:
    """Sun, battery and grid together are house, battery and grid together, all the day long."""
    power = (await _hybrid(summer))["timeseries Power"]
    came, went = (
        sum(value for name in names for _, value in power.named(name).points)
        for names in (
            ("Sun", "From the battery", "From the grid"),
            ("House", "Into the battery", "To the grid"),
        )
    )
    assert came == pytest.approx(went, rel=0.02)


async def test_months_add_the_days_up_and_have_what_goes_below_the_line(summer: Past) -> None:
    shown = await _hybrid(summer)
    (month,) = rows(shown["barchart Energy per month"], ZONE)
    days = shown["timeseries Energy per day"]
    assert month["Time"] == "2026-06"
    assert month["Sun"] == pytest.approx(sum(value for _, value in days.named("Sun").points), rel=0.01)
    assert month["House"] == pytest.approx(-sum(value for _, value in days.named("House").points), rel=0.01)


async def test_shares_are_between_nothing_and_all_and_follow_from_the_energies(summer: Past, truth: Cloud) -> None:
    shown = await _hybrid(summer)
    now = _stand(truth).total
    clock = Cloud(DrivenClock(END - timedelta(days=1)), fleet=PLANTS)
    before = clock.record(HYBRID).snapshot.total
    sufficiency = 1 - (now.imported - before.imported) / (now.load - before.load)
    consumption = 1 - (now.exported - before.exported) / (now.pv - before.pv)
    assert shown["gauge Self-sufficiency"].series[0].last == pytest.approx(sufficiency, abs=0.03)
    assert shown["gauge Self-consumption"].series[0].last == pytest.approx(consumption, abs=0.03)
    for answer in (await _look(summer, HOME)).values():
        if answer.panel["type"] == "gauge":
            assert 0 < answer.series[0].last < 1


async def test_now_is_what_the_devices_say_now(summer: Past, truth: Cloud) -> None:
    shown = await _hybrid(summer)
    stand = _stand(truth)
    assert shown["stat State of charge"].series[0].last == pytest.approx(stand.soc, abs=0.02)
    assert shown["stat Sun now"].series[0].last == 0  # it is night
    most = max(value for _, value in shown["stat Sun now"].series[0].points)
    assert 2000 < most < 6400
    assert 0 <= shown["stat Oldest values"].series[0].last < 3600


async def test_the_bridge_tells_what_went_wrong(summer: Past) -> None:
    shown = await _look(summer, BRIDGE)

    def counted(panel: str) -> dict[str, float]:
        return {series.name: sum(value for _, value in series.points) for series in shown[panel].series}

    assert counted("timeseries Polls")["ok"] > 200
    assert any("ProtocolError" in name for name in counted("timeseries Failed polls"))
    assert counted("timeseries Readings not believed")["absurd"] > 10
    assert counted("timeseries Entities not announced")["key"] == pytest.approx(1, abs=0.3)
    assert counted("timeseries Lost connections")["broker lost"] >= 1
    assert counted("timeseries Lost connections")["MqttSink failed"] == pytest.approx(1, abs=0.3)
    assert counted("timeseries Messages")["dropped: offline"] > 0
    states = {value for _, value in shown["state-timeline State of the accounts"].series[0].points}
    assert {0, 1, 3} <= states  # online, unreachable, locked
    assert 0 < shown["gauge Calls of today"].series[0].last < 1
    calls = shown["bargauge What the calls were"].series
    assert len(calls) == 10
    assert all(call.last >= 0 for call in calls)
