"""The metrics: what a scrape shows, and what it is called."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import app
from app import errors, points
from app.errors import PROVIDER_ERRORS, Doubtful, ProviderError, Refused
from app.metrics import DROPS, Metrics, register_collectors, series_of
from app.model import AccountState, AccountStatus, Device, DeviceKind, Kind, Point, Reading, Role, Unit, Value
from app.plausibility import RULES
from app.store import OfflinePolicy, Store

NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)
INVERTER = Device("growatt_ABC123", "home", DeviceKind.INVERTER, "Roof", model="MIN 5000", via="growatt_plant_1")


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def real(self, span: timedelta) -> float:
        return span.total_seconds()

    async def sleep(self, span: timedelta) -> None:
        raise AssertionError


@dataclass
class Accounts:
    accounts: Mapping[str, AccountStatus] = field(default_factory=dict)


@dataclass
class Wanted:
    metrics_points: bool = True
    metrics_tail: bool = False


def store_of(readings: Iterable[tuple[Point, Value]] = (), device: Device = INVERTER) -> Store:
    store = Store(timedelta(minutes=30), lambda _: OfflinePolicy.KEEP)
    store.put(device, NOW)
    taken = [Reading(device.id, point, value, NOW - timedelta(minutes=1), timed=True) for point, value in readings]
    store.update(taken, NOW, timedelta(minutes=5))
    return store


def scrape(store: Store, accounts: Mapping[str, AccountStatus] | None = None, wanted: Wanted | None = None) -> str:
    registry = CollectorRegistry()
    register_collectors(registry, store, Accounts(accounts or {}), StoppedClock(), wanted or Wanted())
    return generate_latest(registry).decode()


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float | None:
    wanted = set(labels.items())
    found = [number for (known, have), number in samples(text).items() if known == name and wanted <= have]
    assert len(found) <= 1, f"{name} {labels} is not one series"
    return found[0] if found else None


@pytest.mark.parametrize(
    ("point", "given_value", "name", "labels", "shown"),
    [
        (points.PV_POWER, 1500.0, "heliopost_pv_power_watts", {}, 1500),
        (points.PV_ENERGY_TODAY, 3.5, "heliopost_pv_energy_today_kilowatthours", {}, 3.5),
        (points.PV_ENERGY_TOTAL, 700.0, "heliopost_pv_energy_kilowatthours_total", {}, 700),
        (points.BATTERY_SOC, 55.0, "heliopost_battery_soc_ratio", {}, 0.55),
        (points.PV_N_POWER[2], 320.0, "heliopost_pv_n_power_watts", {"n": "2"}, 320),
        (points.PHASE_N_VOLTAGE[3], 231.0, "heliopost_phase_n_voltage_volts", {"n": "3"}, 231),
        (points.TEMPERATURE_N[1], 41.0, "heliopost_temperature_n_celsius", {"n": "1"}, 41),
        (points.GRID_FREQUENCY, 50.01, "heliopost_grid_frequency_hertz", {}, 50.01),
        (points.CO2_SAVED, 2.0, "heliopost_co2_saved_grams", {}, 2000),
        (replace(points.MONEY_TODAY, unit="EUR"), 1.2, "heliopost_money_today", {"currency": "EUR"}, 1.2),
        (replace(points.MONEY_TOTAL, unit="EUR"), 9.0, "heliopost_money_lifetime", {"currency": "EUR"}, 9),
        (points.ONLINE, True, "heliopost_online", {}, 1),
        (points.PROBLEM, False, "heliopost_problem", {}, 0),
        (points.STATUS, "normal", "heliopost_status", {"state": "normal"}, 1),
        (points.STATUS, "normal", "heliopost_status", {"state": "fault"}, 0),
        (points.STATUS, "new word of the vendor's", "heliopost_status", {"state": "other"}, 1),
        (points.LAST_UPDATE, "2026-06-21T11:59:00+00:00", "heliopost_last_update_timestamp_seconds", {}, 1782043140),
        (points.BATTERY_COUNT, 2.0, "heliopost_battery_number", {}, 2),
        (replace(points.OPERATING_HOURS, role=Role.PRIMARY), 2.0, "heliopost_operating_time_seconds_total", {}, 7200),
        (Point("accountBalance", "Balance"), 1.0, "heliopost_point_account_balance", {}, 1),
    ],
)
def test_a_value_is_shown_in_the_metric_that_follows_from_its_point(
    point: Point, given_value: Value, name: str, labels: dict[str, str], shown: float
) -> None:
    text = scrape(store_of([(point, given_value)]))
    assert value(text, name, device="growatt_ABC123", kind="inverter", **labels) == pytest.approx(shown)


def test_lifetime_energies_are_counters_and_daily_ones_gauges() -> None:
    text = scrape(store_of([(points.PV_ENERGY_TOTAL, 1.0), (points.PV_ENERGY_TODAY, 1.0)]))
    assert "# TYPE heliopost_pv_energy_kilowatthours_total counter" in text
    assert "# TYPE heliopost_pv_energy_today_kilowatthours gauge" in text


def test_an_unknown_value_has_no_series() -> None:
    store = store_of([(points.PV_POWER, 10.0)])
    store.update([Reading(INVERTER.id, points.ONLINE, False, NOW)], NOW, timedelta(minutes=5))
    assert value(scrape(store), "heliopost_pv_power_watts") is None


def test_words_and_times_that_cannot_be_read_have_no_series() -> None:
    text = scrape(store_of([(points.FAULT, "E117"), (points.LAST_UPDATE, "yesterday")]))
    assert "E117" not in text
    assert "heliopost_last_update" not in text


def test_a_device_that_is_gone_takes_its_series_along() -> None:
    store = store_of([(points.PV_POWER, 10.0)])
    store.remove(INVERTER.id)
    assert "growatt_ABC123" not in scrape(store)


def test_the_long_tail_is_left_out_unless_asked_for() -> None:
    tail = Point("eacWeird", "eacWeird", Unit.KILOWATT_HOUR, role=Role.TAIL)
    words = Point("note", "note", kind=Kind.TEXT, role=Role.TAIL)
    store = store_of([(tail, 7.0), (words, "hello")])
    assert "eacWeird" not in scrape(store)
    shown = scrape(store, wanted=Wanted(metrics_tail=True))
    assert value(shown, "heliopost_tail_value", point="eacWeird", unit="kWh") == 7
    assert "hello" not in shown


def test_points_can_be_left_out_altogether() -> None:
    text = scrape(store_of([(points.PV_POWER, 10.0)]), wanted=Wanted(metrics_points=False))
    assert "heliopost_pv_power_watts" not in text
    assert value(text, "heliopost_device_stale", device=INVERTER.id) == 0


def test_the_age_of_a_devices_data_is_shown() -> None:
    text = scrape(store_of([(points.PV_POWER, 10.0)]))
    assert value(text, "heliopost_device_data_age_seconds", device=INVERTER.id) == 60
    assert value(text, "heliopost_device_info", model="MIN 5000", account="home", via="growatt_plant_1") == 1


def test_a_device_without_readings_has_no_age() -> None:
    assert value(scrape(store_of()), "heliopost_device_data_age_seconds") is None


def test_an_accounts_state_is_one_of_all_states() -> None:
    status = AccountStatus(
        "home",
        "growatt",
        "shinephone",
        AccountState.LOCKED,
        until=NOW + timedelta(hours=24),
        calls_today=42,
        budget=600,
        stretch=1.5,
    )
    text = scrape(store_of(), {"home": status})
    for state in AccountState:
        shown = value(text, "heliopost_account_state", account="home", state=state.value, api="shinephone")
        assert shown == (1 if state is AccountState.LOCKED else 0)
    assert value(text, "heliopost_account_calls_today", account="home") == 42
    assert value(text, "heliopost_account_calls_budget", account="home") == 600
    assert value(text, "heliopost_account_cadence_stretch_ratio", account="home") == 1.5
    until = (NOW + timedelta(hours=24)).timestamp()
    assert value(text, "heliopost_account_locked_until_timestamp_seconds", account="home") == until


def test_an_account_that_waits_for_nothing_has_no_such_times() -> None:
    status = AccountStatus("home", "growatt", "shinephone", AccountState.ONLINE, stretch=float("inf"))
    text = scrape(store_of(), {"home": status})
    assert value(text, "heliopost_account_locked_until_timestamp_seconds") is None
    assert value(text, "heliopost_account_cadence_stretch_ratio") is None


def test_two_points_that_would_share_a_series_do_not_break_the_scrape() -> None:
    text = scrape(store_of([(Point("a_b", "A"), 1.0), (Point("a-b", "B"), 2.0)]))
    assert value(text, "heliopost_a_b") == 1


def test_each_bridge_has_a_registry_of_its_own() -> None:
    first, second = Metrics(), Metrics()
    first.published.inc()
    assert value(generate_latest(first.registry).decode(), "heliopost_mqtt_published_total") == 1
    assert value(generate_latest(second.registry).decode(), "heliopost_mqtt_published_total") == 0


def test_what_can_be_known_in_advance_is_counted_from_nought() -> None:
    metrics = Metrics()
    metrics.expect("home", ("values", "plants"))
    text = generate_latest(metrics.registry).decode()
    for feed in ("values", "plants"):
        for outcome in ("ok", "Unavailable", "Locked", "NoData"):
            assert value(text, "heliopost_polls_total", account="home", feed=feed, outcome=outcome) == 0
    assert value(text, "heliopost_readings_total", account="home") == 0
    for rule in RULES:
        assert value(text, "heliopost_points_rejected_total", rule=rule) == 0


def test_every_reason_for_which_a_message_is_dropped_is_known_in_advance() -> None:
    code = "".join(path.read_text() for path in Path(app.__file__).parent.rglob("*.py"))
    assert set(re.findall(r'dropped\.labels\("(\w+)"\)', code)) == set(DROPS)


def test_every_error_of_a_read_is_an_outcome() -> None:
    known = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProviderError)}
    assert set(PROVIDER_ERRORS) == known - {ProviderError, Refused, Doubtful}  # those are of writes


def test_no_point_takes_the_name_of_one_of_the_bridges_own_metrics() -> None:
    metrics, store = Metrics(), store_of()
    status = AccountStatus("home", "growatt", "shinephone", AccountState.ONLINE, clock_offset=timedelta())
    register_collectors(metrics.registry, store, Accounts({"home": status}), StoppedClock(), Wanted())
    own = {family.name for family in metrics.registry.collect() if family.name.startswith("heliopost_")}
    assert len(own) > 20
    for name in own:
        for kind in (Kind.GAUGE, Kind.COUNTER):
            taken = series_of(Point(name.removeprefix("heliopost_"), "x", kind=kind)).name
            assert taken.removesuffix("_total") not in own, name


def every_point() -> list[tuple[Point, Value]]:
    made: list[tuple[Point, Value]] = []
    for point in points.VOCABULARY.values():
        if point.kind in (Kind.FLAG, Kind.PROBLEM, Kind.LINK):
            made.append((point, True))
        elif point.kind is Kind.TIME:
            made.append((point, NOW.isoformat()))
        elif point.kind in (Kind.STATE, Kind.TEXT):
            made.append((point, "normal"))
        else:
            made.append((point, 1.0))
    return made


def test_promtool_finds_nothing_to_complain_about() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    metrics = Metrics()
    status = AccountStatus(
        "home", "growatt", "shinephone", AccountState.ONLINE, until=NOW, last_poll=NOW, next_poll=NOW, budget=600
    )
    store = store_of(every_point())
    register_collectors(metrics.registry, store, Accounts({"home": status}), StoppedClock(), Wanted(metrics_tail=True))
    metrics.polls.labels("home", "values", "ok").inc()
    metrics.poll_seconds.labels("home", "values").observe(0.3)
    metrics.expect("home", ("values",))
    text = generate_latest(metrics.registry)
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.stdout + checked.stderr).decode() == ""
    assert checked.returncode == 0


@given(
    key=st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True),
    unit=st.sampled_from([*Unit, "EUR"]),
    kind=st.sampled_from(Kind),
    role=st.sampled_from(Role),
    n=st.none() | st.integers(0, 40),
    given_value=st.floats() | st.booleans() | st.text(max_size=10),
)
def test_no_point_of_any_vendor_can_break_a_scrape(
    key: str, unit: str, kind: Kind, role: Role, n: int | None, given_value: Value
) -> None:
    text = scrape(store_of([(Point(key, key, unit, kind, role, n), given_value)]), wanted=Wanted(metrics_tail=True))
    assert value(text, "heliopost_device_stale") is not None


def test_commands_are_counted_and_tell_how_often_a_device_may_still_be_written() -> None:
    metrics = Metrics()
    metrics.commands.watch(lambda: {"growatt_abc": 7})
    metrics.commands.command("confirmed", "confirmed", 16.0, 15.5)
    metrics.commands.command("failed", "vendor_error", 1.0, None)
    read = metrics.registry.get_sample_value
    assert read("heliopost_commands_total", {"status": "confirmed", "code": "confirmed"}) == 1
    assert read("heliopost_commands_total", {"status": "failed", "code": "vendor_error"}) == 1
    assert read("heliopost_commands_total", {"status": "unconfirmed", "code": "verify_timeout"}) == 0
    assert read("heliopost_command_duration_seconds_sum", {"status": "confirmed"}) == 16
    assert read("heliopost_command_verify_seconds_count") == 1
    assert read("heliopost_command_writes_left", {"device": "growatt_abc"}) == 7
