"""Who may change settings, by the broker's rules that docker-compose.yml sets up (deploy/mosquitto/acl)."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.errors import BrokerError
from app.mqtt import MqttSettings, calling
from tests.broker import Mosquitto
from tests.mqtt.answerer import REPLY, Asked, answering

ACL = (Path(__file__).parents[2] / "deploy" / "mosquitto" / "acl").read_text()
RULES = re.sub(r"(?m)^#(?=user|topic)", "", ACL)
"""With the user of a dashboard, which the file has only as an example."""
USERS = {"heliopost": "h", "homeassistant": "a", "dashboard": "d"}
SET = "heliopost/device/growatt_abc123/charge_rate/set"


def answer(asked: Asked) -> list[tuple[str, Any]]:
    return [(REPLY, {"id": asked.body["id"]})]


async def sets(broker: Mosquitto, user: str) -> bool:
    """Return whether a user's command is answered."""
    wanted = MqttSettings.model_validate(
        {"host": "127.0.0.1", "port": broker.port, "username": user, "password": USERS[user]}
    )
    async with calling(wanted, "cli", patience=0.5) as caller:
        await caller.say(SET, {"id": "one", "value": 80})
        return await caller.hear(lambda heard: heard.body.get("id") == "one", 5) is not None


async def test_the_bridges_own_user_may_ask_it() -> None:
    async with (
        Mosquitto(users=USERS, acl=RULES) as broker,
        answering(broker, answer, username="heliopost", password="h"),
    ):
        assert await sets(broker, "heliopost")


async def test_home_assistant_may_set_and_ask_and_nothing_else() -> None:
    async with (
        Mosquitto(users=USERS, acl=RULES) as broker,
        answering(broker, lambda _: (), username="heliopost", password="h") as bridge,
        broker.ear("heliopost/#", username="heliopost", password="h") as ear,
        broker.ear("heliopost/#", username="homeassistant", password="a") as home,
    ):
        await home.say("heliopost/device/growatt_abc123/state", "{}")
        await home.say("heliopost/bridge/response/undo", "{}")
        await home.say("heliopost/bridge/request/undo", '{"id": "1"}')
        await home.say(SET, "80")
        await ear.hears(SET)
        assert "heliopost/device/growatt_abc123/state" not in ear.last
        assert "heliopost/bridge/response/undo" not in ear.last
    assert [asked.topic for asked in bridge.asked] == ["heliopost/bridge/request/undo", SET]


async def test_a_dashboard_may_only_look() -> None:
    async with (
        Mosquitto(users=USERS, acl=RULES) as broker,
        answering(broker, lambda _: (), username="heliopost", password="h") as bridge,
        broker.ear("heliopost/#", username="dashboard", password="d") as ear,
    ):
        await bridge.state("online")
        await ear.hears("heliopost/bridge/state", "online")
        await ear.say(SET, "80")
        with pytest.raises(BrokerError, match="does not let us publish"):
            await sets(broker, "dashboard")
    assert bridge.asked == []
