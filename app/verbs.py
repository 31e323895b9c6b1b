"""What can be asked of the bridge on `<base>/bridge/request/<verb>`."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from app import logs
from app.accounts import Accounts
from app.clock import Clock
from app.errors import CommandError
from app.health import Health
from app.providers import Getting
from app.requests import Handler

POLL_NOW_EVERY: Final = timedelta(minutes=1)
"""The button must not spend the day's budget: it works once in this time for each account."""


class Verbs:
    """Carries out the requests to the bridge."""

    def __init__(
        self,
        accounts: Accounts,
        health: Health,
        clock: Clock,
        *,
        reload: Callable[[], Awaitable[Mapping[str, Any]]],
        changed: Callable[[], None],
        announce: Callable[[], Awaitable[None]],
        limit: int,
        more: Mapping[str, Handler],
    ) -> None:
        """`reload` applies the configuration anew; `changed` is told that the bridge's info has.

        `announce` announces every device anew, also those that the owner deleted in Home Assistant; `limit` in bytes;
        `more` are verbs that others carry out.
        """
        self._accounts, self._health, self._clock = accounts, health, clock
        self._reload, self._changed, self._announce, self._limit = reload, changed, announce, limit
        self._more = more

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Every verb."""
        return {
            "poll": self.poll,
            "rediscover": self.rediscover,
            "log_level": self.log_level,
            "dump": self.dump,
            "reload": lambda _: self._reload(),
            **self._more,
        }

    def _chosen(self, request: Mapping[str, Any]) -> list[str]:
        """Return the accounts that are meant: the one named, else all."""
        name = request.get("account")
        if name is None:
            return list(self._accounts.running)
        if not isinstance(name, str) or name not in self._accounts.running:
            msg = f"there is no account of that name; there are {', '.join(self._accounts.running) or 'none'}"
            raise CommandError(msg)
        return [name]

    async def poll(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read everything now, as far as the vendors and the budget allow."""
        now = self._clock.now()
        answer: dict[str, Any] = {}
        for name in self._chosen(request):
            running = self._accounts.running.get(name)
            if running is None:  # a reload has taken it away while another was polled
                continue
            if running.asked is not None and now - running.asked < POLL_NOW_EVERY:
                answer[name] = {"polled": False, "reason": "it was polled on request less than a minute ago"}
                continue
            running.asked = now
            due = await self._accounts.poll(name)
            status = running.poller.status
            answer[name] = {
                "polled": not status.reason,
                "state": status.state,
                "reason": status.reason,
                "next_poll": due,
            }
        return {"accounts": answer}

    async def rediscover(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read the lists of devices now."""
        names = self._chosen(request)
        for name in names:
            await self._accounts.rediscover(name)
        await self._announce()
        return {"accounts": names, "devices": self._health.health()["devices"]}

    async def log_level(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change how much is logged, until the next restart."""
        level = str(request.get("value", request.get("level", ""))).lower()
        if level not in logs.LEVELS:
            msg = f"the log level must be one of {', '.join(logs.LEVELS)}"
            raise CommandError(msg)
        logs.set_level(level)
        self._changed()
        return {"log_level": level}

    async def dump(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all values and the vendors' last answers, masked; of one account or one device if named."""
        body = self._health.devices(raw=True)
        names = self._chosen(request)
        body["devices"] = [device for device in body["devices"] if device["account"] in names]
        body["raw"] = {name: answers for name, answers in body["raw"].items() if name in names}
        if (device_id := request.get("device")) is not None:
            body["devices"] = [device for device in body["devices"] if device["id"] == device_id]
            del body["raw"]
        if (call := request.get("call")) is not None:
            del body["devices"]
            body["raw"] = {
                name: {key: answer for key, answer in answers.items() if key.startswith(self._named(name, str(call)))}
                for name, answers in body.get("raw", {}).items()
            }
        size = len(json.dumps(body, default=str).encode())
        if size > self._limit:
            calls = sorted({key.partition("/")[0] for answers in body.get("raw", {}).values() for key in answers})
            msg = (
                f"the dump has {size} bytes, more than mqtt.max_packet ({self._limit}): ask for one `device`, for one "
                f"`call` ({', '.join(calls)}), or use `heliopost devices --raw`"
            )
            raise CommandError(msg)
        return body

    def _named(self, account: str, call: str) -> str:
        """Return the name that an account's answers to a call stand under: a former one counts, too."""
        provider: object = self._accounts.running[account].poller.provider
        return provider.canonical(call) if isinstance(provider, Getting) else call
