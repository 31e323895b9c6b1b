"""Any two or three accounts on one device, against models of what must hold whatever they say and when."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app import points
from app.model import Reading
from app.sources import Delivery, Sources
from tests.core.factory import AMSTERDAM, FIVE, NOON, Rig, device, reading
from tests.core.pair import ID, Pair

ACCOUNTS = ("best", "middle", "least")
PATIENCE = timedelta(minutes=30)


def fresh_until(given: Reading, now: datetime, every: timedelta) -> datetime:
    return min(now + 3 * every, given.at + PATIENCE) if given.timed else now + 3 * every


steps = st.lists(
    st.tuples(
        st.integers(0, 20),  # minutes until it comes
        st.sampled_from(ACCOUNTS),
        st.integers(0, 45),  # minutes that its stamp is old
        st.sampled_from([5, 30]),  # minutes between its reads
    ),
    max_size=30,
)


@given(steps, st.permutations(ACCOUNTS))
def test_the_best_fresh_account_counts_whatever_the_others_say(
    steps: list[tuple[int, str, int, int]], ranking: list[str]
) -> None:
    sources, now = Sources(fresh_until), NOON
    sources.ranking = ranking
    sources.share(device(account="best"), device(account="middle"))
    sources.see(device(account="least"))
    said: dict[str, tuple[datetime, datetime]] = {}
    for minutes, account, age, every in steps:
        now += timedelta(minutes=minutes)
        offered = reading(points.PV_POWER, 1.0, now - timedelta(minutes=age))
        delivery = Delivery(account, now, timedelta(minutes=every))
        taken = sources.take(offered, delivery) is not None
        said[account] = (offered.at, fresh_until(offered, now, delivery.every))
        fresh = [each for each in ranking if each in said and said[each][1] >= now]
        newest = max(at for at, _ in said.values())
        expected = fresh[0] if fresh else next(each for each in ranking if each in said and said[each][0] == newest)
        assert taken is (expected == account)


@given(steps)
@settings(deadline=None)
def test_what_is_shown_is_never_replaced_by_something_older_and_gaps_are_nobodys_fault(
    steps: list[tuple[int, str, int, int]],
) -> None:
    """Each reading's value says when it was measured: what goes out only ever gets younger."""

    async def play() -> None:
        pair = Pair()
        pair.store.sources.ranking = ACCOUNTS
        await pair.see(*ACCOUNTS)
        fresh: dict[str, datetime] = {}
        youngest = NOON - timedelta(days=1)
        for minutes, account, age, every in steps:
            await pair.after(timedelta(minutes=minutes))
            at = pair.clock.now() - timedelta(minutes=age)
            span = timedelta(minutes=every)
            await pair.gives(account, points.PV_POWER, at.timestamp() / 1e6, at, every=span)
            fresh[account] = pair.store._fresh_until(reading(points.PV_POWER, 1.0, at), pair.clock.now(), span)
            best = next((each for each in ACCOUNTS if each in fresh and fresh[each] >= pair.clock.now()), None)
            youngest = max(youngest, at)
            if best == account and at == youngest and age < 30:  # the store calls no device stale before that
                assert pair.shown() == at.timestamp() / 1e6
        told = [value for value in pair.told(points.PV_POWER) if isinstance(value, float)]
        assert told == sorted(told)

    asyncio.run(play())


@given(steps)
@settings(deadline=None, max_examples=50)
def test_one_account_alone_is_as_if_there_were_no_others_in_the_world(steps: list[tuple[int, str, int, int]]) -> None:
    async def play() -> None:
        pair, plain = Pair(), Rig()
        await pair.see("good")
        await plain.bridge.found(device(account="good"))
        for minutes, account, age, every in steps:
            for rig in (pair, plain):
                rig.clock.move(timedelta(minutes=minutes))
                await rig.bridge.tick()
            now, span = pair.clock.now(), timedelta(minutes=every)
            given = [
                reading(points.PV_POWER, float(minutes), now - timedelta(minutes=age)),
                reading(points.PV_ENERGY_TODAY, float(age), now - timedelta(minutes=age)),
            ]
            await pair.bridge.deliver(given, span, account="good")
            await plain.bridge.deliver(given, span)
            assert account
        assert pair.outlet.news == plain.outlet.news

    asyncio.run(play())


# Energies of a house that draws 2 kW at any time

POWER = 2.0
START = datetime(2026, 6, 1, 18, 0, tzinfo=AMSTERDAM)
HOURS = 14


def used(since: datetime, until: datetime) -> float:
    return POWER * max(timedelta(), until - since) / timedelta(hours=1)


class Cloud:
    """What one API says of it."""

    def __init__(self, digits: float, lag: int, offs: list[tuple[int, int]], *, honest: bool) -> None:
        self.digits, self.lag, self.honest = digits, timedelta(minutes=lag), honest
        self.offs = [(timedelta(minutes=begin), timedelta(minutes=begin + span)) for begin, span in offs]

    def readings(self, now: datetime) -> list[Reading]:
        age = now - START
        if any(begin <= age < end for begin, end in self.offs):
            return []
        uploaded = now - self.lag
        local = uploaded.astimezone(AMSTERDAM)
        today = used(local.replace(hour=0, minute=0), local)
        at = (uploaded if self.honest else now).astimezone(UTC)
        return [
            reading(points.LOAD_ENERGY_TODAY, self._said(today), at, owner=ID),
            reading(points.PV_ENERGY_TOTAL, self._said(5000 + used(START - timedelta(days=1), uploaded)), at, owner=ID),
        ]

    def _said(self, value: float) -> float:
        return round(math.floor(value / self.digits) * self.digits, 3)


outages = st.lists(st.tuples(st.integers(0, HOURS * 60), st.integers(10, 400)), max_size=4)
clouds = st.builds(Cloud, st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 25), outages, honest=st.booleans())
steady = st.builds(Cloud, st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 25), st.just([]), honest=st.booleans())


@given(clouds, steady, st.booleans())
@settings(deadline=None, max_examples=30)
def test_energies_follow_the_house_whoever_tells_them(flighty: Cloud, steady: Cloud, swapped: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """Over midnight and every change of the source nothing falls but the day's energy, once, and the sum is right."""

    async def play() -> None:
        pair = Pair(START)
        pair.store.sources.ranking = ("steady", "flighty") if swapped else ("flighty", "steady")
        await pair.see("flighty", "steady", accumulate=(points.LOAD_ENERGY_TODAY.key,))
        for _ in range(HOURS * 12):
            for account, cloud in (("flighty", flighty), ("steady", steady)):
                await pair.bridge.deliver(cloud.readings(pair.clock.now()), FIVE, account=account)
            await pair.after(FIVE)
        counter, day, total = (
            [value for value in pair.told(point) if isinstance(value, float)]
            for point in (points.PV_ENERGY_TOTAL, points.LOAD_ENERGY_TODAY, points.LOAD_ENERGY_TOTAL)
        )
        assert counter == sorted(counter)
        assert total == sorted(total)
        falls = [(before, after) for before, after in pairwise(day) if after < before]
        assert len(falls) == 1  # one midnight
        assert falls[0][0] > 46
        assert falls[0][1] < 5
        # A day's last quarter of an hour, a lag and the rounding at each end may be lost.
        since = START.replace(hour=0)
        assert abs(total[-1] - used(since, pair.clock.now())) <= 2 + 2 * POWER * 25 / 60 + 1
        assert counter[-1] >= 5000 + used(START - timedelta(days=1), pair.clock.now()) - 2 - POWER * 25 / 60
        assert pair.dropped.count("counter_fell") == pair.dropped.count("daily_fell") == 0

    asyncio.run(play())
