"""A real Prometheus with the shipped files reads the running bridge."""

import asyncio
import json
import math
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from trials.prometheus.server import Prometheus, find, promtool
from trials.prometheus.watch import SHIPPED, Watch, configuration, watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

FACTORS = {
    "W": ("_watts", 1),
    "kWh": ("_kilowatthours", 1),
    "V": ("_volts", 1),
    "A": ("_amperes", 1),
    "Hz": ("_hertz", 1),
    "°C": ("_celsius", 1),
    "%": ("_ratio", 0.01),
    "VA": ("_voltamperes", 1),
    "var": ("_vars", 1),
    "kg": ("_grams", 1000),
    "s": ("_seconds", 1),
    "min": ("_seconds", 60),
    "h": ("_seconds", 3600),
}
"""What docs/metrics.md promises, written down anew: the code's own table would agree with itself."""
NUMBERED = re.compile(r"^(pv|phase|temperature|string|battery|line|backup|charge_slot|discharge_slot|slot)_?(\d+)(.*)$")
MOST_SERIES, MOST_WITH_TAIL = 120, 400
"""Of one device: what docs/metrics.md says, with some room."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watch]:
    find("prometheus")
    async with watch(tmp_path_factory.mktemp("watch"), homeassistant={"enabled": False}) as it:
        yield it


def expected(key: str, point: dict[str, Any], value: Any) -> Iterator[tuple[str, dict[str, str], float]]:
    """Return the series in which a value of the state must be found, and their numbers."""
    kind, unit = point["kind"], point["unit"]
    if value is None or kind == "text":
        return
    if point["role"] == "tail":
        if kind not in ("state", "time"):
            yield "heliopost_tail_value", {"point": key, "unit": unit}, float(value)
        return
    stem, labels = key.lower(), {}
    if found := NUMBERED.match(stem):
        stem, labels = f"{found[1]}_n{found[3]}", {"n": found[2]}
    if kind == "state":
        yield f"heliopost_{stem}", labels | {"state": value}, 1
    elif kind == "time":
        yield f"heliopost_{stem}_timestamp_seconds", labels, datetime.fromisoformat(value).timestamp()
    elif kind == "counter":
        ending, factor = FACTORS[unit]
        yield f"heliopost_{stem.removesuffix('_total')}{ending}_total", labels, value * factor
    else:
        ending, factor = FACTORS.get(unit, ("", 1))
        currency = {"currency": unit} if unit and not ending else {}
        stem = re.sub("_count$", "_number", re.sub("_total$", "_lifetime", stem))
        yield f"heliopost_{stem}{ending}", labels | currency, float(value) * factor


async def test_the_shipped_files_are_accepted(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x")
    file = tmp_path / "prometheus.yml"
    file.write_text(configuration("127.0.0.1:9876", token, every="30s"))
    checked = promtool("check", "config", file)
    assert "3 rule files found" not in checked.stderr
    assert "SUCCESS: 2 rule files found" in checked.stdout
    promtool("check", "rules", *sorted((SHIPPED / "rules").glob("*.yml")))


async def test_the_rules_pass_their_tests() -> None:
    await asyncio.to_thread(promtool, "test", "rules", *sorted((SHIPPED / "tests").glob("*.yml")))


async def test_the_target_is_up_and_nothing_is_complained_about(watched: Watch) -> None:
    (target,) = await watched.prometheus.targets()
    assert (target["health"], target["lastError"]) == ("up", "")
    assert target["labels"]["job"] == "heliopost"
    bad = [rule["name"] for rule in await watched.prometheus.rules() if rule["health"] == "err"]
    assert bad == []
    assert watched.prometheus.complaints() == []


async def test_a_wrong_token_is_told_as_401(watched: Watch, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("not-the-token")
    target = watched.park.bridge.web.removeprefix("http://")
    async with Prometheus(configuration(target, wrong), tmp_path / "stranger") as stranger:
        await stranger.until('up{job="heliopost"} == 0')
        (found,) = await stranger.targets()
        assert found["health"] == "down"
        assert "401" in found["lastError"]


async def _compared(watched: Watch) -> tuple[int, int, list[str]]:
    """Compare the state on MQTT with Prometheus; return how many devices and values, and what differs."""
    before = json.loads(json.dumps(watched.park.devices()))
    points = {each["id"]: each["points"] for each in json.loads(watched.park.bridge.page("/api/devices"))["devices"]}
    now = time.time()
    await watched.prometheus.until(f'timestamp(up{{job="heliopost"}}) > {now + 0.5}')
    found: dict[tuple[str, str], list[tuple[dict[str, str], float]]] = {}
    for sample in await watched.prometheus.query('{__name__=~"heliopost_.+", device!=""}'):
        found.setdefault((sample.labels["__name__"], sample.labels["device"]), []).append((sample.labels, sample.value))
    after = watched.park.devices()
    devices, values, wrong = 0, 0, []
    for device, state in before.items():
        if after[device] != state or set(points[device]) != set(state) - {"measured_at"}:
            continue
        devices += 1
        for key, point in points[device].items():
            for name, labels, number in expected(key, point, state[key]):
                values += 1
                shown = [
                    value
                    for has, value in found.get((name, device), ())
                    if {key: word for key, word in labels.items() if word}.items() <= has.items()
                ]
                if len(shown) != 1 or not math.isclose(shown[0], number, rel_tol=1e-9, abs_tol=1e-9):
                    wrong.append(f"{device} {key}={state[key]} {point['unit']}: {name}{labels} is {shown}")
    return devices, values, wrong


async def test_every_value_of_every_device_is_in_prometheus_in_the_right_unit(watched: Watch) -> None:
    async with asyncio.timeout(30):
        while len(watched.park.devices()) < 20 or not any(  # the slower feeds come a little later
            state.get("battery_soc") for state in watched.park.devices().values()
        ):
            await asyncio.sleep(0.2)
    devices, values, wrong = await _compared(watched)
    assert wrong == []
    assert devices > 15
    assert values > 1000
    print(f"{values} values of {devices} devices compared")


async def test_no_series_says_anything_of_a_device_that_its_state_does_not(watched: Watch) -> None:
    shown = await watched.prometheus.query(
        'group by (device) ({__name__=~"heliopost_.+", __name__!~"heliopost_device_.+", device!=""})'
    )
    assert {sample.labels["device"] for sample in shown} <= set(watched.park.devices())


async def test_counters_are_counters_and_histograms_can_be_used(watched: Watch) -> None:
    kinds = {name: found[0]["type"] for name, found in (await watched.prometheus.ask("metadata")).items()}
    ours = {name: kind for name, kind in kinds.items() if name.startswith("heliopost_")}
    assert len(ours) > 50
    # Prometheus reads OpenMetrics, where a counter's family has no _total
    series = set(await watched.prometheus.ask("label/__name__/values"))
    for name in {name for name in series if name.startswith("heliopost_") and name.endswith("_total")}:
        assert "counter" in (ours.get(name), ours.get(name.removesuffix("_total"))), name
    assert ours["heliopost_poll_duration_seconds"] == "histogram"
    quantile = "histogram_quantile(0.9, sum by (le) (heliopost_poll_duration_seconds_bucket))"
    assert 0 < await watched.prometheus.number(quantile) < 60


async def test_promtool_finds_nothing_wrong_with_the_page(watched: Watch) -> None:
    page = watched.park.bridge.page("/metrics")
    checked = subprocess.run(
        [find("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


async def test_the_number_of_series_is_bounded_and_a_scrape_is_quick(watched: Watch) -> None:
    ask = watched.prometheus.number
    most = await ask('max(count by (device) ({__name__=~"heliopost_.+", device!=""}))')
    lean = await ask(
        'max(count by (device) ({__name__=~"heliopost_.+", __name__!="heliopost_tail_value", device!=""}))'
    )
    own = await ask('count({__name__=~"(heliopost|process)_.+", device=""})')
    samples, seconds = await ask("scrape_samples_scraped"), await ask("max_over_time(scrape_duration_seconds[1m])")
    size = len(watched.park.bridge.page("/metrics"))
    print(f"at most {most:.0f} series a device ({lean:.0f} without the long tail), {own:.0f} of the bridge;")
    print(f"a scrape: {samples:.0f} samples, {size / 1000:.0f} kB plain, at most {seconds * 1000:.0f} ms")
    assert lean <= MOST_SERIES
    assert most <= MOST_WITH_TAIL
    assert own < 250
    assert seconds < 2


async def test_a_restart_of_the_bridge_is_seen_and_its_counters_begin_anew(watched: Watch) -> None:
    prometheus, bridge = watched.prometheus, watched.park.bridge
    before = await prometheus.number("heliopost_mqtt_published_total")
    assert await bridge.stop() == 0
    await prometheus.until('up{job="heliopost"} == 0')
    await prometheus.until('ALERTS{alertname="HeliopostDown", alertstate="pending"}')
    await bridge.start()
    await bridge.ready()
    await prometheus.until('up{job="heliopost"} == 1')
    await prometheus.until("resets(heliopost_mqtt_published_total[5m]) == 1")
    assert await prometheus.number("heliopost_mqtt_published_total") < before + 1
    assert await prometheus.number("increase(heliopost_mqtt_published_total[5m])") >= 0
    await prometheus.until('absent(ALERTS{alertname="HeliopostDown"})')


async def test_a_vendor_that_is_not_well_is_counted_and_raises_the_alert(watched: Watch) -> None:
    prometheus = watched.prometheus
    await watched.park.cloud.control("fault", kind="http_error", status=502)
    await watched.park.ear.say("heliopost/bridge/request/poll")
    await prometheus.until('sum(increase(heliopost_polls_total{outcome="Unavailable"}[1m])) > 0')
    (alert,) = await prometheus.until('ALERTS{alertname="HeliopostAccountUnreachable"}')
    assert alert.labels["account"] == "home"
    await watched.park.cloud.control("clear")


async def test_a_refused_login_is_told_in_words(watched: Watch) -> None:
    accounts = watched.park.bridge.configuration["accounts"]
    accounts["roof"] = accounts["home"] | {"username": "somebody", "password": "wrong"}
    await watched.park.bridge.reload()
    await watched.prometheus.until('ALERTS{alertname="HeliopostAuthFailed", alertstate="firing"}')
    told = [found for found in await watched.prometheus.alerts() if found["state"] == "firing"]
    assert [found["labels"]["alertname"] for found in told] == ["HeliopostAuthFailed"]
    assert told[0]["annotations"]["summary"] == "The vendor does not accept the login of the account roof"
    assert "no value" not in str(told)


async def test_a_broker_that_is_gone_is_seen(watched: Watch) -> None:
    watched.park.broker.stop()
    await watched.prometheus.until("heliopost_mqtt_connected == 0")
    await watched.prometheus.until('ALERTS{alertname="HeliopostBrokerDisconnected", alertstate="pending"}')
    watched.park.broker.start()
    await watched.prometheus.until("heliopost_mqtt_connected == 1")
    assert watched.prometheus.complaints() == []
