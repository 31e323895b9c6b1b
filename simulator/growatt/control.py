"""The cloud's back door, for tests and for people: /_control/... See the README in `simulator/`."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from simulator.growatt.cloud import Cloud
from simulator.growatt.faults import Fault, FaultKind
from simulator.growatt.fleet import KITS, TOKEN_KITS, PlantSpec, Site, device
from simulator.growatt.openapi_access import Token

_LAST = 50
"""Requests that the state shows."""

_ACCOUNT_FLAGS = ("visitor", "refuses_old_login", "terms_open", "server_url", "password")


class Control:
    """What can be done to a cloud from outside."""

    def __init__(self, cloud: Cloud, skip: Callable[[timedelta], None]) -> None:
        """Rule a cloud; `skip` moves its clock."""
        self._cloud = cloud
        self._skip = skip

    def application(self) -> web.Application:
        """Return the application that is mounted at /_control/."""
        app = web.Application()
        app.router.add_get("/state", self._state)
        app.router.add_get("/truth/{serial}", self._truth)
        app.router.add_get("/settings/{serial}", self._settings)
        for name, act in (
            ("fault", self._fault),
            ("clear", self._clear),
            ("clock", self._clock),
            ("expire_sessions", self._expire),
            ("lock", self._lock),
            ("account", self._account),
            ("alarm", self._alarm),
            ("device", self._device),
            ("cloud", self._rules),
            ("openapi", self._openapi),
        ):
            app.router.add_post(f"/{name}", self._guarded(act))
        return app

    def _guarded(self, act: Callable[[dict[str, Any]], Any]) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            try:
                text = await request.text()
                return web.json_response(act(dict(json.loads(text or "{}"))))
            except (ValueError, TypeError, KeyError, re.error) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

        return answer

    async def _state(self, _: web.Request) -> web.Response:
        cloud = self._cloud
        return web.json_response(
            {
                "now": cloud.clock.now().isoformat(),
                "sessions": len(cloud.gate),
                "session_hours": cloud.session_hours,
                "expired_answer": cloud.expired_answer,
                "logins": [login._asdict() | {"at": login.at.isoformat()} for login in list(cloud.logins)[-_LAST:]],
                "accounts": [
                    {
                        "user": account.user,
                        "visitor": account.visitor,
                        "locked_until": account.locked_until.isoformat() if account.locked_until else None,
                    }
                    for account in cloud.accounts
                ],
                "faults": [_shown(fault) for fault in cloud.faults],
                "plants": [
                    {
                        "id": plant.id,
                        "name": plant.name,
                        "zone": plant.zone,
                        "devices": [s.serial for s in plant.devices],
                    }
                    for plant in cloud.plants.values()
                ],
                "requests": [
                    {"at": asked.at.isoformat(), "what": _what(asked.path, asked.query), "status": asked.status}
                    for asked in list(cloud.requests)[-_LAST:]
                ],
            }
        )

    async def _truth(self, request: web.Request) -> web.Response:
        serial = request.match_info["serial"]
        if serial not in self._cloud.devices:
            return web.json_response({"error": f"no device {serial}"}, status=404)
        record = self._cloud.record(serial)
        return web.json_response(
            {
                "serial": serial,
                "family": record.spec.family,
                "uploaded": record.uploaded.isoformat(),
                "lost": record.lost,
                "soc": record.snapshot.soc,
                "power": record.snapshot.power._asdict(),
                "today": record.snapshot.today._asdict(),
                "total": record.total._asdict(),
            }
        )

    async def _settings(self, request: web.Request) -> web.Response:
        serial = request.match_info["serial"]
        if serial not in self._cloud.devices:
            return web.json_response({"error": f"no device {serial}"}, status=404)
        return web.json_response(self._cloud.settings(serial))

    def _fault(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("until"):
            body["until"] = datetime.fromisoformat(body["until"])
        return _shown(self._cloud.faults.add(body.pop("kind"), **body))

    def _clear(self, body: dict[str, Any]) -> dict[str, Any]:
        self._cloud.faults.clear(body.get("kind"))
        return {"faults": len(self._cloud.faults)}

    def _clock(self, body: dict[str, Any]) -> dict[str, Any]:
        span = timedelta(seconds=float(body.get("seconds", 0)), hours=float(body.get("hours", 0)))
        if span < timedelta(0):
            msg = "a clock does not go back"
            raise ValueError(msg)
        self._skip(span)
        return {"now": self._cloud.clock.now().isoformat()}

    def _expire(self, _: dict[str, Any]) -> dict[str, Any]:
        self._cloud.expire_sessions()
        return {"sessions": 0}

    def _user(self, body: dict[str, Any]) -> str:
        return str(body.get("user", self._cloud.accounts[0].user))

    def _lock(self, body: dict[str, Any]) -> dict[str, Any]:
        self._cloud.lock(self._user(body), float(body.get("hours", 24)))
        return {"locked": self._user(body)}

    def _account(self, body: dict[str, Any]) -> dict[str, Any]:
        account = self._cloud.gate.account(self._user(body))
        if account is None:
            raise KeyError(self._user(body))
        for name in _ACCOUNT_FLAGS:
            if name in body:
                setattr(account, name, type(getattr(account, name))(body[name]))
        return {"user": account.user, "visitor": account.visitor}

    def _alarm(self, body: dict[str, Any]) -> dict[str, Any]:
        serial = str(body["device"])
        if serial not in self._cloud.devices:
            raise KeyError(serial)
        if body.get("code"):
            self._cloud.raise_alarm(serial, int(body["code"]), str(body.get("text", "Fault")))
        else:
            self._cloud.clear_alarm(serial)
        return {"device": serial, "code": int(body.get("code", 0))}

    def _device(self, body: dict[str, Any]) -> dict[str, Any]:
        if "remove" in body:
            self._cloud.remove_device(str(body["remove"]))
            return {"removed": str(body["remove"])}
        plant = self._cloud.plants[int(body["plant"])]
        place = (plant.latitude, plant.longitude, plant.currency, plant.symbol, plant.price)
        site = Site(plant.zone, plant.country, plant.city, *place)
        number = int(body.get("number", 900_000 + len(self._cloud.devices)))
        spec = device(
            (KITS | TOKEN_KITS)[body.get("kit", "tlx")], site, number, seed=self._cloud.seed * 10_000 + number
        )
        self._cloud.add_device(plant.id, spec)
        return {"device": spec.serial, "family": spec.family}

    def _openapi(self, body: dict[str, Any]) -> dict[str, Any]:
        access = self._cloud.openapi
        if "token" in body:
            plants = body.get("plants")
            access.tokens = [token for token in access.tokens if token.text != str(body["token"])]
            access.tokens.append(Token(str(body["token"]), None if plants is None else tuple(map(int, plants))))
        if "revoke" in body:
            access.tokens = [token for token in access.tokens if token.text != str(body["revoke"])]
        if "limited" in body:
            access.limited = bool(body["limited"])
        if "each" in body:
            access.each = bool(body["each"])
        if "v4_zone" in body:
            access.v4_zone = ZoneInfo(body["v4_zone"]).key if body["v4_zone"] else ""
        if body.get("forgive"):
            access.forgive()
        return {"tokens": len(access.tokens), "limited": access.limited, "v4_zone": access.v4_zone}

    def _rules(self, body: dict[str, Any]) -> dict[str, Any]:
        cloud = self._cloud
        if "session_hours" in body:
            hours = body["session_hours"]
            cloud.session_hours = None if hours is None else float(hours)
        if "settings_delay" in body:
            cloud.settings_delay = timedelta(seconds=float(body["settings_delay"]))
        if "expired_answer" in body:
            cloud.expired_answer = FaultKind(body["expired_answer"])
        if "blocked_agents" in body:
            cloud.blocked_agents = [re.compile(pattern).pattern for pattern in body["blocked_agents"]]
        return {"session_hours": cloud.session_hours, "expired_answer": cloud.expired_answer}


def _what(path: str, query: dict[str, str]) -> str:
    op = query.get("op") or query.get("action")
    return f"{path}?op={op}" if op else path


def _site(plant: PlantSpec) -> dict[str, Any]:
    serials = [spec.serial for spec in plant.devices]
    return {"id": plant.id, "name": plant.name, "zone": plant.zone, "devices": serials}


def _shown(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind,
        "path": fault.path,
        "device": fault.device,
        "count": fault.count,
        "until": fault.until.isoformat() if fault.until else None,
        "struck": fault.struck,
    }
