"""The owner's own house: what `docker compose up` does without the demo."""

import json

import pytest

from trials.image import bases
from trials.image.engine import Engine, until
from trials.image.stack import house, settled


@pytest.mark.usefixtures("image")
def test_a_house_without_a_configuration_says_so_and_with_one_it_runs(engine: Engine) -> None:
    bases.broker(engine)
    with house(engine) as stack:
        stack.env["COMPOSE_PROFILES"] = "bridge,broker"
        # Docker itself refuses to start here; Podman makes a folder, whatever the file says of create_host_path.
        stack.up()
        bridge, file = stack.container("heliopost"), stack.folder / "config.yaml"
        until(lambda: "is a directory" in bridge.said(), "the bridge's complaint")
        assert "remove it and put the file there" in bridge.said()
        stack.compose("rm", "--stop", "--force", "heliopost")
        file.rmdir()
        text = (stack.folder / "config.example.yaml").read_text()
        assert "\n  host: localhost\n" in text
        file.write_text(text.replace("#server_url: null", "server_url: http://127.0.0.1:9/"))
        stack.up()
        settled(stack, "mosquitto")

        def online() -> bool:
            heard = stack.heard("homeassistant", "heliopost/bridge/state", seconds=2)
            return heard == {"heliopost/bridge/state": "online"}

        until(online, "the bridge at the broker of the stack, whatever its file says")
        assert {*stack.running()} == {"heliopost", "mosquitto"}


def test_the_demo_and_the_house_share_no_volume_and_neither_gets_into_the_other(engine: Engine) -> None:
    with house(engine) as stack:
        (stack.folder / "config.yaml").write_text("{}")
        both = [json.loads(project.compose("config", "--format", "json")) for project in (stack, stack.as_demo())]
        names = [{volume["name"] for volume in found["volumes"].values()} for found in both]
        assert all(names)
        assert not names[0] & names[1]
        alone = json.loads(stack.compose("--profile", "demo", "config", "--format", "json"))
        assert {*alone["services"]} == {*both[1]["services"]}


def test_a_broker_without_its_secrets_says_what_to_do(engine: Engine) -> None:
    bases.broker(engine)
    with house(engine) as stack:
        stack.env["COMPOSE_PROFILES"] = "broker"
        (stack.folder / "secrets" / "mqtt_homeassistant_password").write_text("")
        stack.up()
        broker = stack.container("mosquitto")
        until(lambda: "missing or empty: type sh deploy/secrets.sh" in broker.said(), "the broker's complaint")


def test_the_bridge_alone_goes_to_another_broker(engine: Engine) -> None:
    with house(engine) as stack:
        (stack.folder / "config.yaml").write_text("{}")
        env = {"COMPOSE_PROFILES": "bridge", "MQTT_HOST": "192.0.2.1", "MQTT_PORT": "8883", "MQTT_USERNAME": "me"}
        found = json.loads(stack.compose("config", "--format", "json", env=env))["services"]
        assert {*found} == {"heliopost"}
        settings = found["heliopost"]["environment"]
        assert settings["HELIOPOST_MQTT__HOST"] == "192.0.2.1"
        assert settings["HELIOPOST_MQTT__PORT"] == "8883"
        assert settings["HELIOPOST_MQTT__USERNAME"] == "me"
