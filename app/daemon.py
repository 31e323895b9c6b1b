"""Puts the parts together: the only module that knows them all, and the only one that schedules."""

import asyncio
import json
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog
from aiohttp import TCPConnector

from app import __version__, logs
from app.accounts import Accounts
from app.bridge import Bridge
from app.clock import Clock, SystemClock
from app.commands import Commands, Journal
from app.config import Config
from app.corrections import Correction, Corrections
from app.derived import Accumulator
from app.errors import CommandError, ConfigError
from app.health import Health, HealthSink
from app.memory import Forgetter, Memory
from app.metrics import Metrics, register_collectors
from app.mqtt import Broker, Message
from app.pace import Night
from app.plausibility import Plausibility, Rules
from app.requests import Requests
from app.sinks.clock import ClockSink
from app.sinks.homeassistant import HomeAssistantSink
from app.sinks.mqtt import MqttSink
from app.state import State
from app.store import Gone, OfflinePolicy, Store
from app.timetable import Timetable
from app.topics import Topics
from app.verbs import Verbs
from app.web import serve

log = structlog.get_logger()

HOUSEKEEPING = timedelta(seconds=30)
"""How often time alone is looked at: stale values, what is to be saved, the bridge's health."""
NEED_RESTART = ("mqtt", "homeassistant", "web", "state")
"""Sections of the configuration of which a change waits for a restart."""
LEAST_REST = timedelta(seconds=1)
"""A sped-up clock must not make the housekeeping spin."""
DRAIN = 4.0
"""Real seconds that an end may take; Docker kills after 10, and the promise is 5."""


class Daemon:
    """The whole bridge. Construct, then `run`."""

    def __init__(
        self, config: Config, *, clock: Clock | None = None, reread: Callable[[], Config] | None = None
    ) -> None:
        """`reread` reads the configuration again, for SIGHUP and `bridge/request/reload`."""
        self.config = config
        self.clock = clock or SystemClock()
        self.wall = SystemClock()
        """For what meets the real world, which does not hurry with a sped-up clock: the broker, Home Assistant."""
        self.timetable = Timetable(self.clock, self._job_failed)
        self._reread = reread
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._hung_up = asyncio.Event()
        self._beat: datetime | None = None
        self._cleared: list[Gone] = []
        """Devices whose topics are being cleared on this connection."""
        self.metrics = Metrics()
        self.web_port: int | None = None
        """The port the web server really listens on."""
        self.ready = asyncio.Event()
        """Set when everything runs."""

    def stop(self) -> None:
        """Ask for a clean end."""
        self._stop.set()

    async def run(self) -> int:
        """Run until told to stop and return the exit code; raise whatever a part failed with that nobody foresaw."""
        log.info("starting", version=__version__, accounts=list(self.config.accounts))
        async with AsyncExitStack() as stack:
            state = stack.enter_context(State.open(self.config.state))
            connector = TCPConnector(limit_per_host=4)
            stack.push_async_callback(connector.close)
            self._compose(state, connector)
            await self._open(stack)
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(self.broker.run(self._connected), name="broker"),
                    tasks.create_task(self.homeassistant.run(), name="homeassistant"),
                    tasks.create_task(self._keep_house(), name="housekeeping"),
                    tasks.create_task(self._reload_on_signal(), name="reload"),
                ]
                for name, section in self.config.accounts.items():
                    await self.accounts.start(name, section, self._night())
                running.append(tasks.create_task(self.commands.run(), name="commands"))
                running.append(tasks.create_task(self.requests.run(self.broker.inbox), name="requests"))
                self.ready.set()
                await self._stop.wait()
                await self._end(running)
        if self._failure is not None:
            raise self._failure
        log.info("stopped")
        return 0

    # Putting together

    def _compose(self, state: State, connector: TCPConnector) -> None:
        """Make every part; nothing here does I/O but the state, which is open."""
        config, clock, metrics = self.config, self.clock, self.metrics
        self.topics = Topics(config.mqtt.base_topic, config.homeassistant.discovery_prefix)
        self.store = Store(config.plausibility.stale_after, self._policy)
        self.plausibility = Plausibility(_rules(config), lambda rule: metrics.rejected.labels(rule).inc())
        accumulator = Accumulator()
        self.memory = Memory(state, self.store, self.plausibility, accumulator)
        rng = Random()  # noqa: S311 - spreads load, keeps no secret
        self._compose_outlets(state, rng)
        watch = ClockSink(lambda: self.bridge.accounts)
        well = HealthSink(lambda: (self.health.ready()[0], self.health.problem()), self._publish_health)
        outlets = (self.homeassistant, self._values, Forgetter(self.memory), watch, well)
        failed = metrics.sink_errors
        for outlet in outlets:
            failed.labels(type(outlet).__name__)
        self.bridge = Bridge(
            self.store, outlets, self.plausibility, accumulator, clock, lambda sink: failed.labels(sink).inc()
        )
        self.bridge.corrections, self.bridge.names = _corrections(config), _names(config)
        self.accounts = Accounts(
            self.bridge,
            state,
            connector,
            clock=clock,
            metrics=metrics,
            schedule=self.timetable.schedule,
            unschedule=self.timetable.unschedule,
            rng=rng,
        )
        reach, journal, counted = self.accounts.reach, Journal(state.database), metrics.commands
        self.commands = Commands(
            config.commands, self.topics, self.broker, journal, self.bridge, reach, clock=clock, counted=counted
        )
        self._compose_answers(state)
        metrics.durable.set_function(lambda: state.durable)
        metrics.time.set_function(lambda: clock.now().timestamp())
        register_collectors(metrics.registry, self.store, self.accounts, clock, config.web)

    def _compose_outlets(self, state: State, rng: Random) -> None:
        """Make the broker's session and the sinks that speak through it."""
        config, metrics = self.config, self.metrics
        self.broker = Broker(config.mqtt, self.topics, self.wall, metrics, state.install_id, self._subscriptions())
        self.homeassistant = HomeAssistantSink(
            self.broker,
            self.topics,
            config.homeassistant,
            state.announcements,
            self.wall,
            metrics,
            install_id=state.install_id,
            replay=self._replay,
            layout=config.mqtt.layout,
            rng=rng,
            accounts=tuple(config.accounts),
            retained=config.mqtt.retain,
            offered=lambda device: self.commands.offered(device),  # noqa: PLW0108 - the engine is made later
        )
        self._values = MqttSink(self.broker, self.topics, config.mqtt, self.clock)

    def _compose_answers(self, state: State) -> None:
        """Make what answers: health, and requests over MQTT."""
        config, clock = self.config, self.clock
        self.health = Health(
            self.bridge,
            self.broker,
            clock,
            install_id=state.install_id,
            state_trouble=lambda: state.trouble,
            raw=self.accounts.raw,
            log_level=logs.level,
        )
        self.health.configured = tuple(config.accounts)
        verbs = Verbs(
            self.accounts,
            self.health,
            clock,
            reload=self.reload,
            changed=self._publish_info,
            announce=self.homeassistant.rediscover,
            limit=config.mqtt.max_packet,
            more=self.commands.verbs(config.mqtt.max_packet),
        )
        self.requests = Requests(
            self.topics,
            self.broker,
            verbs.handlers,
            (self._on_birth, self._on_removal),
            at_once=self.commands.on_message,
        )

    def _subscriptions(self) -> list[str]:
        settings = self.config.homeassistant
        topics = [self.topics.requests, self.topics.settings]
        if settings.enabled:
            topics += [settings.status_topic or self.topics.birth, self.topics.config("+")]
        return topics

    async def _open(self, stack: AsyncExitStack) -> None:
        """Open what needs the outside world: the web server, the scheduler, signals."""
        self.accounts.configure(self.config)
        orphans = self.memory.restore(self.config.accounts)
        self.bridge.resume()
        for device in self.store.devices:
            for note in self.commands.notes(device):
                await self._values.publish(note)
        for orphan in orphans:
            await self.homeassistant.publish(orphan)
            self.memory.forget(orphan)
        self.web_port = await stack.enter_async_context(serve(self.config.web, self.health, self.metrics.registry))
        self.timetable.open()
        stack.callback(self.timetable.close)
        loop = asyncio.get_running_loop()
        for number, react in (
            (signal.SIGINT, self.stop),
            (signal.SIGTERM, self.stop),
            (signal.SIGHUP, self._hung_up.set),
        ):
            with suppress(ValueError, RuntimeError):  # not in the main thread: the caller stops us
                loop.add_signal_handler(number, react)
                stack.callback(loop.remove_signal_handler, number)

    def _policy(self, device_id: str) -> OfflinePolicy:
        own = self.config.devices.get(device_id)
        return (own.offline_policy if own else None) or self.config.offline_policy

    def _night(self) -> Night:
        rules = self.config.plausibility
        return Night(rules.night_from, rules.night_until)

    def _job_failed(self, name: str, error: BaseException, traceback: str) -> None:
        """End the daemon on a bug in a job, which the scheduler alone would only log: the container restarts it."""
        if self._stop.is_set():
            return  # what an end cuts short is no bug
        self._failure = error
        log.critical("job_failed", job=name, error=repr(error), traceback=traceback)
        self._stop.set()

    # Living

    async def _connected(self) -> None:
        """Tell everything anew: the broker may have lost it; clear what has gone while it was away."""
        self.commands.on_connected(self.broker.since)  # first: what ends from now on is told on this connection
        self._publish_info()
        await self.homeassistant.reconnected()
        self._clear_accounts()
        for gone in self.memory.gone():
            if self.store.device(gone.device.id) is None:
                await self._values.publish(gone)
                self._cleared.append(gone)
        await self._replay()

    def _clear_accounts(self) -> None:
        """Clear what the broker keeps of accounts that are no longer configured."""
        for name in self.memory.accounts(self.config.accounts):
            self.broker.publish(self.topics.account(name), "", retain=True)

    async def _replay(self) -> None:
        await self.bridge.replay()
        self._publish_health()

    async def _keep_house(self) -> None:
        while True:
            self.health.seen()
            now = self.clock.now()
            if self.timetable.follow():
                self._beat = None
            await self.accounts.renew()
            heartbeat = self.config.mqtt.heartbeat
            if self._beat is None or now - self._beat >= heartbeat:
                self._beat = now
                if self.broker.connected:
                    await self.bridge.replay()
            await self.bridge.tick()
            await self.memory.keep()
            if self.broker.connected:
                while self._cleared:
                    self.memory.cleared(self._cleared.pop())
            self._publish_health()
            await self.wall.sleep(max(LEAST_REST, timedelta(seconds=self.clock.real(HOUSEKEEPING))))

    def _publish_info(self) -> None:
        self.broker.publish(self.topics.bridge_info, _json(self.health.info()), retain=True)

    def _publish_health(self) -> None:
        self.broker.publish(self.topics.bridge_health, _json(self.health.health()), retain=True)

    async def _on_birth(self, message: Message) -> bool:
        settings = self.config.homeassistant
        if message.topic != (settings.status_topic or self.topics.birth):
            return False
        if message.payload.decode(errors="replace").strip() == settings.status_online:
            await self.homeassistant.born()
        return True

    async def _on_removal(self, message: Message) -> bool:
        """Notice an empty discovery message that we did not send: somebody deleted the device in Home Assistant."""
        if not message.topic.startswith(f"{self.topics.discovery}/device/"):
            return False
        if not message.payload:
            await self.homeassistant.removed_by_user(message.topic)
        return True

    # Reloading

    async def _reload_on_signal(self) -> None:
        while True:
            await self._hung_up.wait()
            self._hung_up.clear()
            with suppress(CommandError):  # said in the log
                await self.reload()

    async def reload(self) -> Mapping[str, Any]:
        """Read the configuration again and apply what can be; return what was done and what needs a restart.

        Raise CommandError, with every fault, where it cannot be used: everything then stays as it is.
        """
        if self._reread is None:
            msg = "this bridge was not started from a configuration file"
            raise CommandError(msg)
        try:
            fresh = self._reread()
        except ConfigError as error:
            log.error("reload_refused", faults=error.faults)
            raise CommandError(str(error)) from error
        old = self.config
        restart = [name for name in NEED_RESTART if getattr(fresh, name) != getattr(old, name)]
        self.config = fresh.model_copy(update={name: getattr(old, name) for name in restart})
        logs.set_level(fresh.log.level)
        self.store.stale_after = fresh.plausibility.stale_after
        self.plausibility.rules = _rules(fresh)
        self.bridge.corrections, self.bridge.names = _corrections(fresh), _names(fresh)
        self.commands.configure(fresh.commands)
        done = await self.accounts.exchange(fresh, self._night())
        self.health.configured = tuple(fresh.accounts)
        await self.homeassistant.configured(self.health.configured)
        self._clear_accounts()
        self._publish_info()
        await self._replay()
        log.info("reloaded", **done, restart_needed=restart)
        return {**done, "restart_needed": restart}

    # Ending

    async def _end(self, running: list["asyncio.Task[None]"]) -> None:
        """End in order: no new reads, save, say goodbye, let go."""
        self.timetable.close()
        for task in running:
            if task.get_name() not in ("broker", "commands"):
                task.cancel()  # also a request that waits for a vendor, and holds its account's lock
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN / 2):
                with suppress(TimeoutError):
                    async with asyncio.timeout(DRAIN / 4):
                        await self.commands.drain()  # a write that is under way should hear its answer
                next(task for task in running if task.get_name() == "commands").cancel()
                await self.accounts.close()
        self.memory.save()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN / 2):
                await self.broker.close()
        for task in running:
            task.cancel()


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _rules(config: Config) -> Rules:
    chosen = config.plausibility
    return Rules(chosen.future, chosen.confirmations, chosen.midnight)


def _corrections(config: Config) -> Corrections:
    return Corrections({name: Correction(rule.invert, rule.scale) for name, rule in config.points.items()})


def _names(config: Config) -> Mapping[str, str]:
    return {device_id: chosen.name for device_id, chosen in config.devices.items() if chosen.name is not None}


async def _serve(config: Config, reread: Callable[[], Config]) -> int:
    return await Daemon(config, reread=reread).run()


def run(config: Config, reread: Callable[[], Config]) -> int:
    """Run the bridge until it is told to stop; return the exit code."""
    return asyncio.run(_serve(config, reread))
