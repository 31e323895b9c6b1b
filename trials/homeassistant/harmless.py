"""Lines that Home Assistant's log may hold in these trials, each with its reason. Any other warning is a fault."""

import re
from typing import Final

from trials.homeassistant.instance import Instance, Line

ALWAYS: Final = (
    # (logger, beginning of the text as a pattern); why
    ("homeassistant.bootstrap", r"Skipping pip installation"),  # the trials start it with --skip-pip
    ("homeassistant.components.camera.img_util", r"Error loading libturbojpeg"),  # a library for cameras
    # A machine under load: these say that something took long, whatever it was.
    ("homeassistant.components.mqtt.client", r"No ACK from MQTT server in 10 seconds"),
    ("homeassistant.helpers.entity", r"Updating state for .* took"),
    ("homeassistant.setup", r"Setup of .* is taking over"),
    ("homeassistant.bootstrap", r"Waiting for integrations to complete setup"),
)
BROKER_AWAY: Final = (
    # Home Assistant says that its broker has gone, and that a new connection failed, each time.
    ("homeassistant.components.mqtt.client", r"Disconnected from MQTT server"),
    ("homeassistant.components.mqtt.client", r"Error returned from MQTT server"),
    ("homeassistant.components.mqtt.client", r"Failed to connect to MQTT server"),
    ("paho.mqtt.client", r"failed to receive on socket"),
    ("homeassistant.components.mqtt.util", r"Error talking to MQTT: The client is not currently connected"),
    # It had begun to say `online` when the connection broke, and nobody waits for that task of its own.
    ("homeassistant", r"Error doing job: Task exception was never retrieved[\s\S]*client is not currently connected"),
)
REMOVED: Final = (
    # Home Assistant clears a device's topic again for each entity that it has removed, and then says this of itself.
    ("homeassistant.components.mqtt.discovery", r"No device components to cleanup for"),
    # 2025.4 writes its registry in another thread while entities go; it writes it again a little later.
    ("homeassistant", r"Error doing job[\s\S]*as_storage_fragment[\s\S]*dictionary changed size during iteration"),
)


HARNESS: Final = {
    # Newer releases want the port to be set in the user interface, which a trial cannot use.
    ("http", "deprecated_yaml"),
    ("http", "yaml_still_present_after_migration"),
    ("homeassistant", "deprecated_method"),  # Home Assistant without its container, as it runs here
}
"""What Home Assistant asks its owner to repair because of how the trials run it."""


async def to_repair(home: Instance) -> set[tuple[str, str]]:
    """Return what Home Assistant asks its owner to repair, by domain and name, but for what the trials are to blame."""
    return {(issue["domain"], issue["issue_id"]) for issue in await home.issues()} - HARNESS


def unexpected(home: Instance, *more: tuple[str, str]) -> list[Line]:
    """Return the warnings and errors that have no reason in the lists."""
    known = (*ALWAYS, *more)

    def has_reason(line: Line) -> bool:
        return any(line.logger == logger and re.match(pattern, line.text) for logger, pattern in known)

    return [line for line in home.complaints() if not has_reason(line)]
