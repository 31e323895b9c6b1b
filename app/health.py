"""How the bridge is: the bodies of `/health`, `/api/devices`, `bridge/info` and `bridge/health`."""

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app import __version__
from app.bridge import Bridge
from app.clock import Clock
from app.model import AccountState, AccountStatus
from app.mqtt import Broker
from app.sinks import News
from app.sinks.clock import wrong_clock
from app.store import Store

SILENCE = 300.0
"""Real seconds. The bridge looks at itself twice a minute; if it has not for this long, it hangs."""
BEGINNING = 120.0
"""Real seconds after the start in which it is no problem that nothing has been read."""


def account_body(status: AccountStatus) -> dict[str, Any]:
    """Return an account's status as JSON fields, times in ISO 8601."""
    body = asdict(status)
    for key in ("until", "last_poll", "next_poll"):
        body[key] = _iso(body[key])
    offset = body.pop("clock_offset")
    body["clock_offset"] = None if offset is None else round(offset.total_seconds())
    del body["account"]
    return body


def devices_body(store: Store, now: datetime) -> list[dict[str, Any]]:
    """Return all devices with their current values, for JSON."""
    bodies = []
    for device in store.devices:
        values, latest = store.view(device.id, now), store.latest(device.id)
        origins = store.sources.origins(device.id)
        bodies.append(
            {
                "id": device.id,
                "account": device.account,
                "accounts": list(store.sources.accounts(device)),
                "kind": device.kind,
                "name": device.name,
                "manufacturer": device.manufacturer,
                "model": device.model,
                "serial": device.serial,
                "firmware": device.firmware,
                "via": device.via,
                "stale": store.stale(device.id, now),
                "measured_at": _iso(store.measured_at(device.id)),
                "attributes": dict(device.attributes),
                "points": {
                    key: {
                        "value": values[key],
                        "name": point.title,
                        "unit": point.unit,
                        "kind": point.kind,
                        "role": point.role,
                        "derived": point.derived,
                        "at": _iso(latest[key].at) if key in latest else None,
                        "account": origins.get(key, device.account),
                    }
                    for key, point in store.points(device.id).items()
                },
            }
        )
    return bodies


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


class Health:
    """Tells how the bridge is; serves the web server and the bridge's own topics."""

    def __init__(
        self,
        bridge: Bridge,
        broker: Broker,
        clock: Clock,
        *,
        install_id: str,
        state_trouble: Callable[[], str],
        raw: Callable[[], Mapping[str, object]],
        log_level: Callable[[], str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts, and ways to ask the others.

        `state_trouble` says why the state is not kept, if so; `raw` gives the vendors' last answers, masked;
        `monotonic` counts seconds that nobody sets, as a clock may be set while we run.
        """
        self._bridge, self._broker, self._clock = bridge, broker, clock
        self._install_id, self._state_trouble = install_id, state_trouble
        self._raw, self._log_level = raw, log_level
        self.started_at = clock.now()
        self._monotonic = monotonic
        self._seen = self._born = monotonic()
        self.configured: tuple[str, ...] = ()
        """The names of the configured accounts."""

    def seen(self) -> None:
        """Take note that the bridge has just looked after itself."""
        self._seen = self._monotonic()

    def live(self) -> tuple[bool, str]:
        """Return whether the process works, and a sentence."""
        silence = self._monotonic() - self._seen
        if silence > SILENCE:
            return False, f"the bridge has hung for {int(silence)} s: restart it"
        return True, "the bridge is alive"

    def ready(self) -> tuple[bool, str]:
        """Return whether values flow: the broker is connected and at least one account has been read."""
        trouble = self._broker.trouble
        if not self._broker.connected:
            return False, "the MQTT broker is not connected" + (f": {trouble}" if trouble else "")
        if trouble:
            return False, f"nothing gets through to MQTT: {trouble}"
        if self.configured and not any(status.last_poll for status in self._bridge.accounts.values()):
            reasons = [status.reason for status in self._bridge.accounts.values() if status.reason]
            return False, "no account has been read yet" + (f": {reasons[0]}" if reasons else "")
        flaws = "; ".join(self._flaws())
        return True, "values flow" + (f", but {flaws}" if flaws else "")

    def problem(self) -> str:
        """Return what needs somebody's attention, in one sentence; empty when all is well.

        A bridge that has only just begun has no problem because it has not read anything yet.
        """
        (alive, hung), (ready, why) = self.live(), self.ready()
        if not alive:
            return hung
        starting = self._monotonic() - self._born < BEGINNING and self._broker.connected and not self._broker.trouble
        if not ready and not (starting and not any(status.reason for status in self._bridge.accounts.values())):
            return why
        return "; ".join(self._flaws())

    def _flaws(self) -> list[str]:
        """Return what is wrong although values flow."""
        flaws = [self._state_trouble(), wrong_clock(self._bridge.accounts)]
        for name, status in self._bridge.accounts.items():
            if status.state is not AccountState.ONLINE:
                flaws.append(f"account {name}: {status.reason or status.state}")
        if denied := sorted(self._broker.denied):
            flaws.append(f"the broker does not let us publish everything, such as {denied[0]}")
        return [flaw for flaw in flaws if flaw]

    def health(self) -> dict[str, Any]:
        """Return how everything is."""
        now = self._clock.now()
        accounts = {name: account_body(status) for name, status in self._bridge.accounts.items()}
        polls = [status.last_poll for status in self._bridge.accounts.values() if status.last_poll]
        alive, ready, state_trouble = self.live(), self.ready(), self._state_trouble()
        well = alive[0] and ready[0] and not self._flaws()
        return {
            "status": "ok" if well else "degraded",
            "live": alive[0],
            "ready": ready[0],
            "reason": alive[1] if not alive[0] else ready[1],
            "problem": self.problem(),
            "clock": wrong_clock(self._bridge.accounts),
            "version": __version__,
            "uptime_seconds": int((now - self.started_at).total_seconds()),
            "last_poll": _iso(max(polls, default=None)),
            "devices": len(self._bridge.store.devices),
            "stale_devices": [
                device.id for device in self._bridge.store.devices if self._bridge.store.stale(device.id, now)
            ],
            "state_durable": not state_trouble,
            "state_reason": state_trouble,
            "mqtt": {
                "connected": self._broker.connected,
                "conflict": self._broker.conflict,
                "reason": self._broker.trouble,
                "denied": sorted(self._broker.denied),
            },
            "accounts": accounts,
        }

    def info(self) -> dict[str, Any]:
        """Return what hardly changes."""
        return {
            "version": __version__,
            "install_id": self._install_id,
            "python": platform.python_version(),
            "started_at": _iso(self.started_at),
            "log_level": self._log_level(),
            "accounts": list(self.configured),
        }

    def devices(self, *, raw: bool = False) -> dict[str, Any]:
        """Return all current values by device; with `raw`, the vendors' last answers as well."""
        now = self._clock.now()
        body: dict[str, Any] = {"at": _iso(now), "devices": devices_body(self._bridge.store, now)}
        if raw:
            body["raw"] = self._raw()
        return body


class HealthSink:
    """Has the bridge's health told as soon as an account's news change it, and not half a minute later."""

    def __init__(self, look: Callable[[], object], tell: Callable[[], None]) -> None:
        """`look` gives what counts, `tell` publishes the health."""
        self._look, self._tell = look, tell
        self._told: object = None

    async def publish(self, news: News) -> None:
        """Look whether values flow now, or no longer, whenever an account has told how it is."""
        if not isinstance(news, AccountStatus):
            return
        now = self._look()
        if now != self._told:
            self._told = now
            self._tell()
