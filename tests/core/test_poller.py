import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from app import points
from app.errors import (
    AuthFailed,
    Blocked,
    Locked,
    NoData,
    ProtocolError,
    ProviderError,
    RateLimited,
    Unavailable,
)
from app.metrics import Metrics
from app.model import AccountState, Device, Feed, Reading
from app.pace import DISCOVERY, Cadence, Night
from app.poller import AUTH_RETRY, Poller, Terms
from app.state import State, StateLedger
from tests.core.factory import FIVE, NOON, Rig, device, reading

VALUES = Feed("values", FIVE, timedelta(minutes=30), "uploads", FIVE / 2, aligned=True)
SETTINGS = Feed("settings", timedelta(minutes=30), timedelta(hours=2), "rare")


class Toy:
    """A provider that does as it is told."""

    api = "toy"
    read_only = False
    clock_offset: timedelta | None = None
    feeds: Sequence[Feed] = (VALUES, SETTINGS)

    def __init__(self) -> None:
        self.devices: list[Device] = [device()]
        self.error: ProviderError | None = None
        self.reads: list[str] = []
        self.cost = 1
        self.ledger: StateLedger | None = None
        self.at: datetime | None = NOON

    async def discover(self) -> Sequence[Device]:
        self._spend("discovery")
        return self.devices

    async def read(self, feed: Feed) -> Sequence[Reading]:
        self._spend(feed.name)
        return [reading(points.PV_POWER, 5.0, self.at)] if self.at else []

    def _spend(self, name: str) -> None:
        self.reads.append(name)
        if self.error is not None:
            raise self.error
        if self.ledger is not None:
            for _ in range(self.cost):
                self.ledger.spend(name)

    def raw(self) -> Mapping[str, object]:
        return {}


class Bench(Rig):
    """A poller on a rig."""

    def __init__(
        self, state: State, *, budget: int = 600, now: datetime = NOON, cadences: Mapping[str, Cadence] | None = None
    ) -> None:
        super().__init__(now=now)
        self.toy = Toy()
        self.ledger = self.toy.ledger = state.ledger("home", budget, self.clock)
        self.metrics = Metrics()
        terms = Terms("home", "growatt", cadences or {}, Night())
        self.poller = Poller(
            terms, self.toy, self.bridge, self.ledger, state.vault("home"), clock=self.clock, metrics=self.metrics
        )

    @property
    def state(self) -> str:
        return str(self.outlet.statuses[-1].state)


@pytest.fixture
def bench(tmp_path: Path):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a generator of Bench
    with State.open(tmp_path) as state:
        yield Bench(state)


async def test_devices_are_learnt_before_the_first_read(bench: Bench) -> None:
    await bench.poller.poll("values")
    assert bench.toy.reads == ["discovery", "values"]
    assert bench.store.view("growatt_abc", NOON) == {"pv_power": 5.0}
    assert bench.state == AccountState.ONLINE


async def test_the_next_read_follows_the_upload(bench: Bench) -> None:
    bench.toy.at = NOON - timedelta(minutes=2)
    due = await bench.poller.poll("values")
    assert due == NOON + timedelta(minutes=3, seconds=40)
    assert await bench.poller.poll("settings") == NOON + timedelta(minutes=30)
    assert bench.outlet.statuses[-1].next_poll == due


async def test_devices_without_a_stamp_do_not_move_the_next_read(bench: Bench) -> None:
    await bench.poller.poll("discovery")
    await bench.deliver(reading(points.GRID_POWER, 1.0, timed=False))
    bench.toy.at = None
    assert await bench.poller.poll("values") == NOON + FIVE


async def test_an_account_is_not_online_before_it_has_been_read(bench: Bench) -> None:
    await bench.poller.announce()
    assert bench.state == AccountState.UNREACHABLE
    await bench.poller.poll("discovery")
    assert bench.state == AccountState.ONLINE


async def test_the_first_cause_is_told_not_its_echo(bench: Bench) -> None:
    bench.toy.error = Unavailable("check server_url")
    await bench.poller.poll("discovery")
    bench.toy.error = Unavailable("no session")
    await bench.poller.poll("values")
    assert bench.outlet.statuses[-1].reason == "check server_url"


async def test_a_wish_for_another_cadence_is_met(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        bench = Bench(state, cadences={"settings": Cadence(timedelta(hours=4))})
        assert await bench.poller.poll("settings") == NOON + timedelta(hours=4)


async def test_by_night_reads_are_rarer_unless_power_flows(tmp_path: Path) -> None:
    night = datetime.fromisoformat("2026-06-01T23:30:00+02:00")
    with State.open(tmp_path) as state:
        bench = Bench(state, now=night)
        bench.toy.at = None
        assert await bench.poller.poll("values") == bench.clock.now() + timedelta(minutes=30)
        bench.toy.at = bench.clock.now()
        assert await bench.poller.poll("values") < bench.clock.now() + timedelta(minutes=6)


async def test_an_unreachable_vendor_is_said_once_and_tried_at_the_next_tick(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    await bench.poller.poll("values")
    bench.toy.error = Unavailable("growatt does not answer")
    dues = [await bench.poller.poll("values") for _ in range(4)]
    assert dues == [NOON + FIVE, NOON + FIVE, NOON + 2 * FIVE, NOON + 4 * FIVE]
    assert bench.state == AccountState.UNREACHABLE
    assert bench.outlet.statuses[-1].reason == "growatt does not answer"
    bench.toy.error = None
    await bench.poller.poll("values")
    assert bench.state == AccountState.ONLINE
    out = capsys.readouterr().out
    assert out.count("feed_down") == 1
    assert out.count("feed_up") == 1


async def test_one_feed_that_fails_does_not_make_the_account_unreachable(bench: Bench) -> None:
    await bench.poller.poll("values")
    bench.toy.error = ProtocolError("strange")
    await bench.poller.poll("settings")
    assert bench.state == AccountState.ONLINE


async def test_a_rate_limit_is_obeyed_and_is_no_outage(bench: Bench) -> None:
    until = NOON + timedelta(minutes=17)
    bench.toy.error = RateLimited("slow down", until)
    assert await bench.poller.poll("values") == until
    assert bench.state == AccountState.RATE_LIMITED
    assert bench.outlet.statuses[-1].until == until


async def test_a_lockout_stops_the_account_and_slows_it_for_a_week(bench: Bench) -> None:
    await bench.poller.poll("values")
    bench.toy.cost = 3
    await bench.poller.poll("values")
    before = bench.poller.stretch()
    until = NOON + timedelta(hours=24)
    bench.toy.error = Locked("locked for 24 hours", until)
    assert await bench.poller.poll("values") == until
    assert await bench.poller.poll("settings") == until
    assert bench.state == AccountState.LOCKED
    assert bench.outlet.statuses[-1].until == until
    bench.toy.error = None
    await bench.poller.poll("values")
    assert bench.poller.stretch() > before
    bench.clock.move(timedelta(days=9))
    assert bench.poller.stretch() < 3


async def test_a_refused_password_stops_the_account(bench: Bench) -> None:
    bench.toy.error = AuthFailed("wrong password")
    assert await bench.poller.poll("values") == NOON + AUTH_RETRY
    assert bench.state == AccountState.AUTH_FAILED


async def test_a_client_that_is_turned_away_tries_rarely(bench: Bench) -> None:
    until = NOON + timedelta(hours=1)
    bench.toy.error = Blocked("set another user_agent", until)
    assert await bench.poller.poll("values") == until
    assert bench.state == AccountState.UNREACHABLE


async def test_no_data_is_not_down(bench: Bench) -> None:
    await bench.poller.poll("discovery")
    bench.toy.error = NoData("nothing now")
    assert await bench.poller.poll("values") == NOON + FIVE
    assert bench.state == AccountState.ONLINE


async def test_a_device_is_gone_only_when_two_lists_lack_it(bench: Bench) -> None:
    bench.toy.devices = [device(), device("growatt_x")]
    await bench.poller.poll("discovery")
    bench.toy.devices = [device()]
    await bench.poller.poll("discovery")
    assert bench.outlet.gone == []
    await bench.poller.poll("discovery")
    assert [gone.device.id for gone in bench.outlet.gone] == ["growatt_x"]


async def test_a_device_that_comes_back_starts_anew(bench: Bench) -> None:
    both = [device(), device("growatt_x")]
    for devices in (both, both[:1], both, both[:1], both):
        bench.toy.devices = devices
        await bench.poller.poll("discovery")
    assert bench.outlet.gone == []


async def test_an_empty_list_is_not_a_vanishing(bench: Bench) -> None:
    await bench.poller.poll("discovery")
    bench.toy.devices = []
    for _ in range(5):
        await bench.poller.poll("discovery")
    assert bench.outlet.gone == []
    await bench.poller.poll("discovery")
    assert len(bench.outlet.gone) == 1


async def test_a_new_device_appears_without_a_restart(bench: Bench) -> None:
    await bench.poller.poll("discovery")
    bench.toy.devices.append(device("growatt_new"))
    await bench.poller.poll("discovery")
    assert {found.id for found in bench.store.devices} == {"growatt_abc", "growatt_new"}


async def test_a_device_that_another_account_sees_too_stays_when_this_one_has_lost_it(bench: Bench) -> None:
    bench.store.sources.ranking = ("home", "other")
    await bench.bridge.found(device("growatt_twice", account="other"))
    bench.toy.devices.append(device("growatt_twice"))
    await bench.poller.poll("discovery")
    twice = bench.store.device("growatt_twice")
    assert twice is not None
    assert (twice.account, twice.others) == ("home", ("other",))
    bench.toy.devices.pop()
    for _ in range(4):
        await bench.poller.poll("discovery")
    assert bench.outlet.gone == []
    twice = bench.store.device("growatt_twice")
    assert twice is not None
    assert (twice.account, twice.others) == ("other", ())


async def test_the_budget_lasts_the_day(tmp_path: Path) -> None:
    """A dear feed is read ever more rarely, so that the last call is spent near midnight and none is refused."""
    with State.open(tmp_path) as state:
        bench = Bench(state, budget=200, now=datetime.fromisoformat("2026-06-01T00:00:00+00:00"))
        bench.toy.cost = 5
        end = bench.ledger.ends
        dues = {name: bench.clock.now() for name in bench.poller.names()}
        while (moment := min(dues.values())) < end:
            name = min(dues, key=lambda feed: dues[feed])
            bench.clock.move(moment - bench.clock.now())
            bench.toy.at = bench.clock.now()
            dues[name] = await bench.poller.poll(name)
        assert {status.state for status in bench.outlet.statuses} == {AccountState.ONLINE}
        assert 150 <= sum(state.spent("home", "2026-06-01").values()) <= 200
        gaps = bench.toy.reads.count("values")
        assert gaps >= 15


async def test_a_spent_budget_rests_until_midnight(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        bench = Bench(state, budget=2)
        await bench.poller.poll("values")
        assert bench.poller.stretch() == math.inf
        due = await bench.poller.poll("values")
        assert due >= bench.ledger.ends
        assert bench.state == AccountState.RATE_LIMITED
        assert bench.outlet.statuses[-1].until == bench.ledger.ends


async def test_no_call_of_yesterday_is_told_of_once_the_day_has_ended(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        bench = Bench(state, budget=2)
        await bench.poller.poll("values")
        await bench.poller.renew()
        (told,) = bench.outlet.statuses
        assert told.calls_today == bench.poller.status.calls_today == 2
        bench.clock.move(bench.ledger.ends - bench.clock.now())
        assert bench.poller.status.calls_today == 0  # whoever asks
        await bench.poller.renew()
        await bench.poller.renew()
        told, renewed = bench.outlet.statuses  # whoever listens, once
        assert (renewed.calls_today, renewed.state, renewed.budget) == (0, told.state, told.budget)


async def test_a_restart_forgets_no_call_of_today(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        await Bench(state).poller.poll("values")
        again = Bench(state)
        await again.poller.announce()
        assert again.outlet.statuses[0].calls_today == 2


async def test_a_clock_of_which_nothing_is_known_any_more_is_told(bench: Bench) -> None:
    bench.toy.clock_offset = timedelta(hours=1)
    await bench.poller.poll("values")
    bench.toy.clock_offset = None
    await bench.poller.renew()
    assert [status.clock_offset for status in bench.outlet.statuses] == [timedelta(hours=1), None]


async def test_a_closed_account_tells_nothing_more(bench: Bench) -> None:
    await bench.poller.poll("values")
    await bench.poller.close()
    bench.clock.move(bench.ledger.ends - bench.clock.now())
    await bench.poller.renew()
    assert len(bench.outlet.statuses) == 1


async def test_polls_are_counted_by_outcome(bench: Bench) -> None:
    await bench.poller.poll("values")
    bench.toy.error = Unavailable("no")
    await bench.poller.poll("values")
    text = generate_latest(bench.metrics.registry).decode()
    assert 'heliopost_polls_total{account="home",feed="values",outcome="ok"} 1.0' in text
    assert 'heliopost_polls_total{account="home",feed="values",outcome="Unavailable"} 1.0' in text


async def test_a_closed_account_reads_nothing_more(bench: Bench) -> None:
    await bench.poller.close()
    await bench.poller.poll("values")
    assert bench.toy.reads == []


async def test_a_fault_that_all_feeds_meet_is_said_once(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.toy.error = Unavailable("growatt does not answer")
    for name in bench.poller.names():
        await bench.poller.poll(name)
    bench.toy.error = None
    for name in bench.poller.names():
        await bench.poller.poll(name)
    out = capsys.readouterr().out
    assert [out.count(f"[{level}") for level in ("warning", "info")] == [1, 1]


def test_discovery_is_a_feed_like_the_others(bench: Bench) -> None:
    assert list(bench.poller.names()) == [DISCOVERY.name, "values", "settings"]
    assert bench.poller.status.api == "toy"
