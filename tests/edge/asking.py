"""What the tests of `heliopost set`, `commands` and `api` share: a terminal, and a bridge that is told what to say."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.cli import bridge_mqtt
from app.topics import Topics
from tests.broker import Mosquitto
from tests.mqtt.answerer import REPLY, Answerer, Asked, Script, answering

SECRET = "tok3n-Zq7-secret"
TOPICS = Topics()
PLACE = ("growatt_abc123", "ac_charge_enabled")
ACCOUNT = {"provider": "growatt", "username": "demo", "password": "s3cret-Passw0rd"}
LIMIT = 30.0


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("HELIOPOST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HELIOPOST_SECRETS_DIR", str(tmp_path / "none"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask how it goes at once, and often."""
    monkeypatch.setattr(bridge_mqtt, "QUIET", 0.05)
    monkeypatch.setattr(bridge_mqtt, "LOOK", 0.05)
    monkeypatch.setattr(bridge_mqtt, "LAST", 0.3)


class Desk:
    """A terminal with a configuration for a broker."""

    def __init__(self, folder: Path, port: int, protocol: str = "5") -> None:
        self.file = folder / "config.yaml"
        mqtt = {"host": "127.0.0.1", "port": port, "protocol": protocol}
        self.file.write_text(json.dumps({"mqtt": mqtt, "accounts": {"home": ACCOUNT}, "state": str(folder)}))
        self.file.chmod(0o600)

    async def type(self, *words: str) -> int:
        async with asyncio.timeout(LIMIT):
            return await asyncio.to_thread(cli.main, [*words, "--config", str(self.file)])


@asynccontextmanager
async def house(
    broker: Mosquitto, folder: Path, script: Script, protocol: str = "5"
) -> AsyncIterator[tuple[Desk, Answerer]]:
    """Run a bridge with two inverters."""
    async with answering(broker, script) as bridge:
        await bridge.device("growatt_abc123", serial="abc123", name="Roof")
        await bridge.device("growatt_def456", serial="DEF456", name="Barn")
        yield Desk(folder, broker.port, protocol), bridge


def final(asked: Asked, status: str, code: str = "", **more: Any) -> dict[str, Any]:
    """Return the final answer to a command, as the engine writes it (app/commands/answers.py)."""
    device, key = TOPICS.place(asked.topic) or PLACE
    answer = {"id": asked.body.get("id"), "device": device, "point": key, "status": status, "code": code or status}
    return {"message": "", "requested": True, "previous": False, "observed": True, **answer, **more}


def ending(status: str, code: str = "", **more: Any) -> Script:
    """Return a bridge that ends every command so."""

    def script(asked: Asked) -> list[tuple[str, Any]]:
        answer = final(asked, status, code, **more)
        return [(TOPICS.result(answer["device"], answer["point"]), answer), (REPLY, answer)]

    return script


def silent(_: Asked) -> list[tuple[str, Any]]:
    return []


def verbs(asked: Asked, **answers: Callable[[Asked], Any]) -> list[tuple[str, Any]]:
    """Answer requests: by verb, the data, or a sentence for an error."""
    verb = TOPICS.verb(asked.topic)
    if verb is None or verb not in answers:
        return []
    data = answers[verb](asked)
    said = {"status": "error", "error": data} if isinstance(data, str) else {"status": "ok", "data": data}
    body = {"id": asked.body.get("id"), **said}
    return [(TOPICS.response(verb), body), (REPLY, body)]
