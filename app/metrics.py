"""Prometheus: the bridge's own counters in a registry of their own, and collectors that read the store at each scrape.

Names follow https://prometheus.io/docs/practices/naming/; docs/metrics.md lists them.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app import __version__
from app.clock import Clock
from app.commandmetrics import CommandMetrics
from app.errors import PROVIDER_ERRORS
from app.model import BINARY, NUMERIC, AccountState, AccountStatus, Device, Kind, Point, Role, Unit, Value
from app.plausibility import RULES
from app.store import Store

OK: Final = "ok"
OUTCOMES: Final = (OK, *(error.__name__ for error in PROVIDER_ERRORS))
"""What can become of a read: it worked, or the class of the error (app/errors.py)."""
DROPS: Final = (
    "offline",
    "lost",
    "denied",
    "oversize",
    "outbox_full",
    "topic",
    "retained_command",
    "incoming_oversize",
    "inbox_full",
)
"""Every reason for which a message is not sent, or not taken."""


class Metrics:
    """The bridge's own counters; one instance a bridge, handed to whoever counts.

    What can be known in advance is counted from 0: Prometheus's `increase` does not see the step from nothing to 1.
    https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
    """

    def __init__(self) -> None:
        """Make the registry and register every metric in it."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series a counter, which nobody reads
        registry = self.registry = CollectorRegistry()
        self.polls = Counter("heliopost_polls", "Reads of a feed", ("account", "feed", "outcome"), registry=registry)
        self.poll_seconds = Histogram(
            "heliopost_poll_duration_seconds",
            "How long a read of a feed took",
            ("account", "feed"),
            buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60),
            registry=registry,
        )
        self.readings = Counter("heliopost_readings", "Readings that a vendor gave", ("account",), registry=registry)
        self.calls = Counter("heliopost_vendor_calls", "Calls to a vendor", ("account", "call"), registry=registry)
        self.rejected = Counter("heliopost_points_rejected", "Readings not believed", ("rule",), registry=registry)
        self.published = Counter("heliopost_mqtt_published", "Messages the broker took", registry=registry)
        self.dropped = Counter("heliopost_mqtt_dropped", "Messages not sent", ("reason",), registry=registry)
        self.outbox = Gauge("heliopost_mqtt_outbox_messages", "Messages waiting to be sent", registry=registry)
        self.connected = Gauge("heliopost_mqtt_connected", "Whether the broker is connected", registry=registry)
        self.reconnects = Counter("heliopost_mqtt_reconnects", "Connections to the broker lost", registry=registry)
        self.refused = Counter("heliopost_discovery_refused", "Entities not announced", ("reason",), registry=registry)
        self.sink_errors = Counter(
            "heliopost_sink_errors", "News an outlet failed to take", ("sink",), registry=registry
        )
        self.commands = CommandMetrics(registry)
        self.durable = Gauge(
            "heliopost_state_durable", "Whether the state is written and survives a restart", registry=registry
        )
        self.time = Gauge("heliopost_time_seconds", "The bridge's clock", registry=registry)
        build = Gauge("heliopost_build_info", "The version that runs", ("version",), registry=registry)
        build.labels(__version__).set(1)
        ProcessCollector(registry=registry)
        for reason in DROPS:
            self.dropped.labels(reason)
        for rule in RULES:
            self.rejected.labels(rule)

    def expect(self, account: str, feeds: Iterable[str]) -> None:
        """Count an account's reads from 0, whatever becomes of them."""
        self.readings.labels(account)
        for feed in feeds:
            for outcome in OUTCOMES:
                self.polls.labels(account, feed, outcome)


class Accounts(Protocol):
    """Who knows how the accounts are."""

    @property
    def accounts(self) -> Mapping[str, AccountStatus]:
        """Every account's status, by name."""


class Settings(Protocol):
    """What the owner wants to see."""

    @property
    def metrics_points(self) -> bool:
        """Whether devices' values are shown at all."""

    @property
    def metrics_tail(self) -> bool:
        """Whether those are shown that hardly anybody wants."""


def register_collectors(
    registry: CollectorRegistry, store: Store, accounts: Accounts, clock: Clock, settings: Settings
) -> None:
    """Have what the bridge knows read at each scrape."""
    registry.register(AccountCollector(accounts))
    registry.register(DeviceCollector(store, clock))
    if settings.metrics_points:
        registry.register(PointCollector(store, clock, tail=settings.metrics_tail))


class AccountCollector(Collector):
    """How the accounts are."""

    def __init__(self, accounts: Accounts) -> None:
        """Read from `accounts` at each scrape."""
        self._accounts = accounts

    def describe(self) -> Iterable[Metric]:
        """Tell nothing in advance: a registry would scrape to learn the names."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the accounts' families."""
        state = GaugeMetricFamily(
            "heliopost_account_state",
            "1 for the state that an account is in",
            labels=("account", "provider", "api", "state"),
        )
        numbers = {
            name: GaugeMetricFamily(f"heliopost_account_{name}", text, labels=("account",))
            for name, text in (
                ("calls_today", "Vendor calls spent on this UTC day"),
                ("calls_budget", "Vendor calls that may be spent a UTC day"),
                ("cadence_stretch_ratio", "By how much reads are stretched so that the budget lasts"),
                ("read_only", "Whether the login may only look"),
                ("last_poll_timestamp_seconds", "When a feed was last read"),
                ("next_poll_timestamp_seconds", "When a feed will next be read"),
                ("locked_until_timestamp_seconds", "When the account's lockout, rate limit or block ends"),
            )
        }
        offset = GaugeMetricFamily(
            "heliopost_clock_offset_seconds",
            "By how much this machine's clock is ahead of the vendor's; negative if it is behind",
            labels=("account",),
        )
        for name, status in self._accounts.accounts.items():
            if status.clock_offset is not None:
                offset.add_metric((name,), status.clock_offset.total_seconds())
            for word in AccountState:
                state.add_metric((name, status.provider, status.api, word.value), float(word is status.state))
            for metric, value in _account_numbers(status):
                numbers[metric].add_metric((name,), value)
        return (state, offset, *numbers.values())


def _account_numbers(status: AccountStatus) -> Iterator[tuple[str, float]]:
    yield "calls_today", float(status.calls_today)
    yield "calls_budget", float(status.budget)
    yield "read_only", float(status.read_only)
    if math.isfinite(status.stretch):
        yield "cadence_stretch_ratio", status.stretch
    moments = (
        ("last_poll_timestamp_seconds", status.last_poll),
        ("next_poll_timestamp_seconds", status.next_poll),
        ("locked_until_timestamp_seconds", status.until),
    )
    yield from ((name, moment.timestamp()) for name, moment in moments if moment is not None)


class DeviceCollector(Collector):
    """What the devices are, and how old their data is."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Read from the store at each scrape."""
        self._store, self._clock = store, clock

    def describe(self) -> Iterable[Metric]:
        """Tell nothing in advance."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the devices' families."""
        facts = ("device", "kind", "account", "name", "manufacturer", "model", "firmware", "via")
        info = GaugeMetricFamily("heliopost_device_info", "What a device is; always 1", labels=facts)
        age = GaugeMetricFamily(
            "heliopost_device_data_age_seconds", "How old the newest reading is, by the vendor's clock", labels=_DEVICE
        )
        stale = GaugeMetricFamily(
            "heliopost_device_stale", "Whether the readings are too old to be true", labels=_DEVICE
        )
        now = self._clock.now()
        for device in self._store.devices:
            info.add_metric(
                (
                    *_labels(device),
                    device.account,
                    device.name,
                    device.manufacturer,
                    device.model,
                    device.firmware,
                    device.via or "",
                ),
                1,
            )
            stale.add_metric(_labels(device), float(self._store.stale(device.id, now)))
            measured_at = self._store.measured_at(device.id)
            if measured_at is not None:
                age.add_metric(_labels(device), max(0.0, (now - measured_at).total_seconds()))
        return (info, age, stale)


class PointCollector(Collector):
    """The devices' values, as they are at each scrape: a device that goes takes its series along."""

    def __init__(self, store: Store, clock: Clock, *, tail: bool) -> None:
        """Read from the store at each scrape; `tail` adds the points that hardly anybody wants."""
        self._store, self._clock, self._tail = store, clock, tail

    def describe(self) -> Iterable[Metric]:
        """Tell nothing in advance."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return a family for each quantity."""
        families: dict[str, Metric] = {}
        seen: set[tuple[str, tuple[str, ...]]] = set()
        now = self._clock.now()
        for device in self._store.devices:
            values = self._store.view(device.id, now)
            for key, point in self._store.points(device.id).items():
                value = values.get(key)
                if value is None or (point.role is Role.TAIL and not self._tail):
                    continue
                series = series_of(point)
                for labels, number in _samples(series, point, value):
                    place = (series.name, (device.id, *labels))
                    if place not in seen:
                        seen.add(place)
                        _add(families, series, (*_labels(device), *labels), number)
        return families.values()


@dataclass(frozen=True, slots=True)
class Series:
    """How a point appears in the metrics."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    """Beside those of the device."""
    counter: bool = False
    factor: float = 1.0
    """From the point's unit to the metric's."""


_DEVICE: Final = ("device", "kind")
UNITS: Final[Mapping[str, tuple[str, float]]] = {
    Unit.WATT: ("watts", 1),
    Unit.KILOWATT_HOUR: ("kilowatthours", 1),
    Unit.VOLT: ("volts", 1),
    Unit.AMPERE: ("amperes", 1),
    Unit.HERTZ: ("hertz", 1),
    Unit.CELSIUS: ("celsius", 1),
    Unit.PERCENT: ("ratio", 0.01),
    Unit.VOLT_AMPERE: ("voltamperes", 1),
    Unit.VAR: ("vars", 1),
    Unit.KILOGRAM: ("grams", 1000),
    Unit.SECOND: ("seconds", 1),
    Unit.MINUTE: ("seconds", 60),
    Unit.HOUR: ("seconds", 3600),
}
"""The ending of a metric's name and the factor to it: base units, but for energy, which is kWh everywhere in Heliopost.

https://prometheus.io/docs/practices/naming/#base-units
"""
_OWN: Final = (
    "account_",
    "build_",
    "clock_",
    "command",
    "device_",
    "discovery_",
    "mqtt_",
    "points_",
    "poll",
    "readings",
    "sink_",
    "state_",
    "tail_",
    "time_",
    "vendor_",
)
"""How the bridge's own metrics begin."""


@lru_cache(maxsize=8192)
def series_of(point: Point) -> Series:
    """Return how a point appears; its name follows from its key, its unit and its kind."""
    if point.role is Role.TAIL:
        return Series("heliopost_tail_value", "Values under the vendor's own names and units", ("point", "unit"))
    unit, factor = UNITS.get(point.unit, ("", 1.0))
    counter = point.kind is Kind.COUNTER
    labels: list[str] = []
    stem = _stem(point)
    if point.n is not None:
        labels.append("n")
    if point.kind is Kind.STATE:
        labels.append("state")
    elif point.kind is Kind.TIME:
        unit = "timestamp_seconds"
    elif point.unit and not unit:
        labels.append("currency")
    name = "_".join(part for part in ("heliopost", stem, unit, "total" if counter else "") if part)
    return Series(name, point.name.replace("{n}", "n"), tuple(labels), counter, factor)


def _stem(point: Point) -> str:
    """Return a key as the middle of a metric's name, without what the conventions keep for something else."""
    stem = point.key
    if point.n is not None:
        stem = re.sub(rf"_?(?<!\d){point.n}(?!\d)_?", "_n_", stem, count=1)
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem).lower()
    stem = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")
    if point.kind is Kind.COUNTER:
        stem = stem.removesuffix("_total")
    stem = re.sub(r"_total$", "_lifetime", stem)
    stem = re.sub(r"_(?:count|sum|bucket)$", "_number", stem)
    stem = re.sub(r"(?:^|_)(?:hours?|minutes?)$", "_time", stem).strip("_")
    return f"point_{stem}" if stem.startswith(_OWN) else stem


def _samples(series: Series, point: Point, value: Value) -> Iterator[tuple[tuple[str, ...], float]]:
    """Return a point's value as samples: their own labels, and a number."""
    number = point.kind in NUMERIC or point.kind in BINARY
    if number and isinstance(value, str):
        return
    if point.role is Role.TAIL:
        if number:
            yield (point.key, point.unit), float(value)
        return
    own = (str(point.n),) if point.n is not None else ()
    if point.kind is Kind.STATE:
        words = point.words or (str(value),)
        now = str(value) if value in words else "other"
        for word in (*words, *(() if "other" in words else ("other",))):
            yield (*own, word), float(word == now)
    elif point.kind is Kind.TIME:
        with suppress(ValueError):
            yield own, datetime.fromisoformat(str(value)).timestamp()
    elif number:
        yield (*own, *((str(point.unit),) if "currency" in series.labels else ())), float(value) * series.factor


def _add(families: dict[str, Metric], series: Series, labels: tuple[str, ...], number: float) -> None:
    family = families.get(series.name)
    if family is None:
        sort = CounterMetricFamily if series.counter else GaugeMetricFamily
        family = families[series.name] = sort(series.name, series.help, labels=(*_DEVICE, *series.labels))
    if isinstance(family, CounterMetricFamily | GaugeMetricFamily):
        family.add_metric(labels, number)


def _labels(device: Device) -> tuple[str, str]:
    return device.id, device.kind.value
