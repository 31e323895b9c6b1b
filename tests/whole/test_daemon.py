"""The whole program: a simulated Growatt cloud, a real mosquitto, and the daemon in between."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.config import Config, load
from app.daemon import Daemon
from app.errors import ConfigError
from simulator.clock import DrivenClock
from simulator.growatt import Account, Cloud, demo_fleet, one_plant, serve
from tests.broker import Ear, Mosquitto

NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
LIMIT = 20.0
PASSWORD = "s3cret-Passw0rd"


class House:
    """A daemon with all that surrounds it."""

    def __init__(self, broker: Mosquitto, cloud: Cloud, url: str, folder: Path) -> None:
        self.broker, self.cloud, self.url, self.folder = broker, cloud, url, folder

    def config(self, password: str = PASSWORD, **more: Any) -> Config:
        document = {
            "mqtt": {"host": "127.0.0.1", "port": self.broker.port, "reconnect_min": "0.01s", "reconnect_max": "0.05s"},
            "homeassistant": {"settle": "0.05s", "birth_jitter": "0.01s"},
            "accounts": {
                "home": {"provider": "growatt", "username": "demo", "password": password, "server_url": self.url}
            },
            "web": {"port": 0},
            "state": str(self.folder / "state"),
        } | more
        file = self.folder / "config.yaml"
        file.write_text(json.dumps(document))
        return load(file, environ={})

    @asynccontextmanager
    async def daemon(
        self, config: Config | None = None, reread: Callable[[], Config] | None = None
    ) -> AsyncIterator[Daemon]:
        daemon = Daemon(config or self.config(), clock=self.cloud.clock, reread=reread)
        task = asyncio.create_task(daemon.run())
        try:
            async with asyncio.timeout(LIMIT):
                await asyncio.wait(
                    {task, ready := asyncio.create_task(daemon.ready.wait())}, return_when="FIRST_COMPLETED"
                )
            ready.cancel()
            if task.done():
                task.result()
            yield daemon
        finally:
            daemon.stop()
            async with asyncio.timeout(LIMIT):
                assert await task == 0


class StillClock(DrivenClock):
    """Stands still until it is moved, but makes nobody hurry: what is due in five minutes is not run at once."""

    def real(self, span: timedelta) -> float:
        return max(0.0, span.total_seconds())


@pytest.fixture
def clock() -> DrivenClock:
    return StillClock(NOON)


@pytest.fixture
async def house(mosquitto: Mosquitto, clock: DrivenClock, tmp_path: Path) -> AsyncIterator[House]:
    cloud = Cloud(clock, fleet=one_plant(), accounts=[Account("demo", PASSWORD)])
    async with serve(cloud) as url:
        yield House(mosquitto, cloud, url, tmp_path)


def device_ids(ear: Ear) -> set[str]:
    return {found[1] for topic in ear.last if (found := re.fullmatch(r"heliopost/device/(\w+)/state", topic))}


async def until(ear: Ear, true: Callable[[], bool]) -> None:
    """Wait, a message at a time, until something is true."""
    async with asyncio.timeout(LIMIT), ear.news:
        await ear.news.wait_for(true)


async def values(ear: Ear, key: str) -> dict[str, Any]:
    """Wait for a device that has a value for a point, and return its state."""

    def states() -> list[dict[str, Any]]:
        found = (json.loads(ear.last[f"heliopost/device/{device_id}/state"]) for device_id in device_ids(ear))
        return [state for state in found if state.get(key) is not None]

    await until(ear, lambda: bool(states()))
    return states()[0]


async def answer(ear: Ear, verb: str, payload: str = "") -> dict[str, Any]:
    before = len(ear.of(f"heliopost/bridge/response/{verb}"))
    await ear.say(f"heliopost/bridge/request/{verb}", payload)
    said: dict[str, Any] = json.loads(await ear.hears(f"heliopost/bridge/response/{verb}", times=before + 1))
    return said


async def test_an_account_is_polled_published_and_announced(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon():
        state = await values(ear, "pv_power")
        assert state["pv_power"] > 0
        assert state["measured_at"].startswith("2026-06-10T")
        account = json.loads(await ear.hears("heliopost/account/home/state"))
        assert account["state"] == "online"
        assert await ear.hears("heliopost/bridge/state", "online")
        for device_id in device_ids(ear):
            await ear.hears(f"homeassistant/device/{device_id}/config")
            assert await ear.hears(f"heliopost/device/{device_id}/availability", "online")
        assert len(house.cloud.logins) == 1


async def test_the_end_is_clean_and_said(house: House) -> None:
    async with house.broker.ear() as ear:
        async with house.daemon():
            await values(ear, "pv_power")
        assert await ear.hears("heliopost/bridge/state", "offline")


async def test_the_end_does_not_wait_for_a_vendor_that_hangs(house: House) -> None:
    async with house.broker.ear() as ear:
        async with house.daemon() as daemon:
            await values(ear, "pv_power")
            house.cloud.faults.add("timeout")
            asked = len(house.cloud.requests)
            await ear.say("heliopost/bridge/request/poll")
            async with asyncio.timeout(LIMIT):
                while len(house.cloud.requests) == asked:  # noqa: ASYNC110 - the cloud tells nobody that it was asked
                    await asyncio.sleep(0.01)
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < 5
        assert await ear.hears("heliopost/bridge/state", "offline")
        assert daemon.store.dirty() == []


async def test_a_restart_neither_logs_in_again_nor_forgets_the_values(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon():
        await values(ear, "pv_power")
    house.cloud.faults.add("http_error", status=503)
    async with house.broker.ear() as ear, house.daemon():
        state = await values(ear, "pv_energy_total")
        assert state["pv_power"] > 0
    assert len(house.cloud.logins) == 1


async def test_a_broker_that_was_away_gets_everything_again(house: House) -> None:
    async with house.daemon() as daemon:
        async with house.broker.ear() as ear:
            await values(ear, "pv_power")
        house.broker.restart()
        async with house.broker.ear() as ear:
            await values(ear, "pv_power")
            for device in daemon.store.devices:
                await ear.hears(f"homeassistant/device/{device.id}/config")


async def test_the_web_shows_values_metrics_and_health(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon() as daemon, aiohttp.ClientSession() as session:
        await values(ear, "pv_power")

        async def get(path: str) -> tuple[int, str]:
            async with session.get(f"http://127.0.0.1:{daemon.web_port}{path}") as response:
                return response.status, await response.text()

        assert (await get("/livez"))[0] == 200
        assert (await get("/readyz"))[0] == 200
        status, text = await get("/health")
        assert status == 200
        health = json.loads(text)
        assert health["status"] == "ok"
        assert health["accounts"]["home"]["calls_today"] > 0
        assert "heliopost_pv_power_watts" in (await get("/metrics"))[1]
        devices = json.loads((await get("/api/devices?raw=1"))[1])
        assert {found["id"] for found in devices["devices"]} == {device.id for device in daemon.store.devices}
        assert devices["raw"]["home"]
        for _, text in [await get(path) for path in ("/health", "/metrics", "/api/devices?raw=1")]:
            assert house.cloud.accounts[0].password not in text
            assert "JSESSIONID" not in text


async def test_requests_are_answered(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon() as daemon:
        await values(ear, "pv_power")
        polled = await answer(ear, "poll", '{"id": "a"}')
        assert (polled["id"], polled["status"]) == ("a", "ok")
        assert polled["data"]["accounts"]["home"]["polled"]
        again = await answer(ear, "poll")
        assert not again["data"]["accounts"]["home"]["polled"]
        assert (await answer(ear, "rediscover", '{"account": "home"}'))["data"]["devices"] == len(daemon.store.devices)
        assert "no account of that name" in (await answer(ear, "rediscover", '{"account": "x"}'))["error"]
        assert (await answer(ear, "log_level", "warning"))["data"] == {"log_level": "warning"}
        assert json.loads(ear.of("heliopost/bridge/info")[-1])["log_level"] == "warning"
        assert "no account of that name" in (await answer(ear, "poll", '{"account": ["home"]}'))["error"]
        assert list((await answer(ear, "dump", '{"call": "tlx_detail"}'))["data"]["raw"]["home"])
        old, new = [
            (await answer(ear, "dump", json.dumps({"call": name})))["data"]["raw"]["home"]
            for name in ("get_plant_settings", "plant_settings")
        ]
        assert old == new != {}
        (plant,) = [each for each in daemon.store.devices if each.kind == "plant"]
        wish = {"method": "get_plant_settings", "serial": plant.attributes["plant"]}
        read = (await answer(ear, "get", json.dumps(wish)))["data"]
        assert (read["device"], read["account"], read["method"]) == (plant.id, "home", "plant_settings")
        assert "must be one of" in (await answer(ear, "log_level", "loud"))["error"]
        assert (await answer(ear, "log_level", "info"))["status"] == "ok"
        device_id = daemon.store.devices[0].id
        dump = await answer(ear, "dump", json.dumps({"device": device_id}))
        assert [found["id"] for found in dump["data"]["devices"]] == [device_id]
        assert "was not started from a configuration file" in (await answer(ear, "reload"))["error"]


async def test_a_reload_applies_what_it_can_and_says_what_needs_a_restart(house: House) -> None:
    fresh: list[Config | ConfigError] = []

    def reread() -> Config:
        found = fresh[-1]
        if isinstance(found, ConfigError):
            raise found
        return found

    async with house.broker.ear() as ear, house.daemon(reread=reread) as daemon:
        await values(ear, "pv_power")
        fresh.append(ConfigError("config.yaml:3:1: unknown key"))
        assert "unknown key" in (await answer(ear, "reload"))["error"]
        account = {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": house.url}
        fresh.append(
            house.config(accounts={"roof": account}, offline_policy="zero_power", web={"port": 0, "metrics_tail": True})
        )
        data = (await answer(ear, "reload"))["data"]
        assert data == {
            "started": ["roof"],
            "stopped": ["home"],
            "restarted": [],
            "failed": [],
            "restart_needed": ["web"],
        }
        await until(ear, lambda: {device.account for device in daemon.store.devices} == {"roof"})
        await ear.hears("heliopost/account/home/state", "")
        fresh.append(house.config(accounts={"roof": account | {"budget": 300}}))
        assert (await answer(ear, "reload"))["data"]["restarted"] == ["roof"]


async def test_a_wrong_password_stops_the_account_and_says_what_to_do(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon(house.config(password="wrong-secret")) as daemon:
        await until(ear, lambda: '"auth_failed"' in ear.last.get("heliopost/account/home/state", ""))
        reason = json.loads(ear.last["heliopost/account/home/state"])["reason"]
        assert "password" in reason
        assert "wrong-secret" not in str(ear.heard)
        for feed in daemon.accounts.running["home"].poller.names():
            await daemon.accounts.running["home"].poller.poll(feed)
        assert len(house.cloud.logins) == 1
        assert not daemon.health.ready()[0]


async def test_an_account_taken_out_of_the_file_leaves_nothing_behind(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon():
        await values(ear, "pv_power")
        devices = device_ids(ear)
        for device_id in devices:
            await ear.hears(f"homeassistant/device/{device_id}/config")
    account = {"provider": "growatt", "username": "demo", "password": PASSWORD, "server_url": "http://127.0.0.1:1/"}
    async with house.broker.ear() as ear, house.daemon(house.config(accounts={"other": account})):
        await ear.hears("heliopost/account/home/state", "")
        for device_id in devices:
            for topic in ("state", "availability", "attributes"):
                await ear.hears(f"heliopost/device/{device_id}/{topic}", "")
            await ear.hears(f"homeassistant/device/{device_id}/config", "")


async def test_a_bug_ends_the_daemon_so_that_its_supervisor_restarts_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        msg = "nobody foresaw this"
        raise LookupError(msg)

    monkeypatch.setattr("app.poller.Poller._read", broken)
    daemon = Daemon(house.config(), clock=house.cloud.clock)
    with pytest.raises(LookupError, match="nobody foresaw this"):
        async with asyncio.timeout(LIMIT):
            await daemon.run()


async def test_the_heartbeat_repeats_what_has_not_changed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.daemon.HOUSEKEEPING", timedelta(milliseconds=20))
    monkeypatch.setattr("app.daemon.LEAST_REST", timedelta(milliseconds=20))
    async with house.broker.ear() as ear, house.daemon() as daemon:
        await values(ear, "pv_power")
        topic = f"heliopost/device/{daemon.store.devices[0].id}/state"
        said = len(ear.of(topic))
        house.cloud.clock.move(timedelta(minutes=31))  # type: ignore[attr-defined]  # a clock that can be moved
        await ear.hears(topic, times=said + 1)


async def test_a_clock_that_is_set_is_noticed_and_everything_said_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = [timedelta()]
    monkeypatch.setattr("app.daemon.HOUSEKEEPING", timedelta(seconds=0.01))
    monkeypatch.setattr("app.daemon.LEAST_REST", timedelta(seconds=0.01))
    async with house.broker.ear() as ear, house.daemon() as daemon:
        await values(ear, "pv_power")
        daemon.timetable._wall = lambda: datetime.now(UTC) + off[0]
        topic = next(topic for topic in ear.last if topic.endswith("/state") and "/device/" in topic)
        before = 0
        while before < (before := len(ear.of(topic))):  # the first reads are over when it is quiet
            await ear.hears("heliopost/bridge/health", times=len(ear.of("heliopost/bridge/health")) + 20)
        (due,) = {job.next_run_time for job in daemon.timetable._scheduler.get_jobs() if job.id == "home/values"}
        off[0] = timedelta(hours=1)
        await ear.hears(topic, times=before + 1)
        (moved,) = {job.next_run_time for job in daemon.timetable._scheduler.get_jobs() if job.id == "home/values"}
        assert moved - due == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=5))


async def test_a_new_day_begins_with_no_calls_though_nothing_is_read_for_a_while(
    house: House, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.daemon.LEAST_REST", timedelta(milliseconds=20))
    monkeypatch.setattr("app.daemon.HOUSEKEEPING", timedelta(milliseconds=20))
    topic = "heliopost/account/home/state"

    async with house.broker.ear() as ear, house.daemon() as daemon:

        def spent() -> tuple[float | None, int]:
            labels = {"account": "home"}
            shown = daemon.metrics.registry.get_sample_value("heliopost_account_calls_today", labels)
            return shown, json.loads(ear.of(topic)[-1])["calls_today"]

        await values(ear, "pv_power")
        await until(ear, lambda: spent()[1] > 0 and spent()[0] == spent()[1])
        heard = len(ear.of(topic))
        clock.move(timedelta(hours=14))
        assert spent()[0] == 0  # at once
        await ear.hears(topic, times=heard + 1)
        assert spent() == (0, 0)


async def test_a_device_deleted_in_home_assistant_stays_away_until_asked_for(house: House) -> None:
    async with house.broker.ear() as ear, house.daemon() as daemon:
        await values(ear, "pv_power")
        topic = f"homeassistant/device/{daemon.store.devices[-1].id}/config"
        await ear.hears(topic)
        await ear.say(topic, "", retain=True)
        await ear.hears(topic, "")
        await ear.say("homeassistant/status", "online")
        await answer(ear, "poll")
        assert topic not in ear.last


async def test_every_demo_device_is_published_and_announced(
    mosquitto: Mosquitto, clock: DrivenClock, tmp_path: Path
) -> None:
    cloud = Cloud(clock, fleet=demo_fleet(), accounts=[Account("demo", PASSWORD)])
    async with serve(cloud) as url, mosquitto.ear() as ear:
        house = House(mosquitto, cloud, url, tmp_path)
        async with house.daemon() as daemon:
            await values(ear, "pv_power")
            await until(ear, lambda: len(daemon.store.devices) >= len(cloud.devices))
            for device in daemon.store.devices:
                await ear.hears(f"heliopost/device/{device.id}/state")
                await ear.hears(f"homeassistant/device/{device.id}/config")
    assert timedelta() == clock.now() - NOON
