"""Every topic, in both directions."""

from dataclasses import dataclass
from typing import Final

PAYLOAD_LIMIT: Final = 16 * 1024
"""Bytes; larger incoming payloads are refused."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic names under one base."""

    base: str = "heliopost"
    discovery: str = "homeassistant"

    @property
    def bridge_state(self) -> str:
        """Whether the bridge itself runs: `online` or, also as its last will, `offline`."""
        return f"{self.base}/bridge/state"

    @property
    def bridge_info(self) -> str:
        """Facts of the bridge that hardly change, JSON."""
        return f"{self.base}/bridge/info"

    @property
    def bridge_health(self) -> str:
        """How the bridge is, JSON."""
        return f"{self.base}/bridge/health"

    @property
    def selftest(self) -> str:
        """Where the bridge hears its own echo, to learn whether the broker lets it publish."""
        return f"{self.base}/bridge/selftest"

    @property
    def requests(self) -> str:
        """The subscription that catches all requests to the bridge."""
        return f"{self.base}/bridge/request/+"

    def request(self, verb: str) -> str:
        """Where the bridge is asked for something."""
        return f"{self.base}/bridge/request/{verb}"

    def response(self, verb: str) -> str:
        """Where the bridge answers a request."""
        return f"{self.base}/bridge/response/{verb}"

    def answerable(self, topic: str | None) -> str | None:
        """Return a response topic that answers may go to: whoever may ask must not be able to speak everywhere."""
        allowed = topic and topic.startswith(self.response("")) and not set("+#\0") & set(topic)
        return topic if allowed else None

    def verb(self, topic: str) -> str | None:
        """Return the verb of a request's topic, or None for another topic."""
        prefix = self.request("")
        return topic.removeprefix(prefix) if topic.startswith(prefix) else None

    def account(self, account: str) -> str:
        """How an account is, JSON."""
        return f"{self.base}/account/{account}/state"

    def state(self, device_id: str) -> str:
        """All values of a device, one JSON object."""
        return f"{self.base}/device/{device_id}/state"

    def point(self, device_id: str, key: str) -> str:
        """One value, plain."""
        return f"{self.base}/device/{device_id}/{key}"

    def availability(self, device_id: str) -> str:
        """Whether a device's values can be believed: `online` or `offline`."""
        return f"{self.base}/device/{device_id}/availability"

    def attributes(self, device_id: str) -> str:
        """Facts about a device that are not measured, JSON."""
        return f"{self.base}/device/{device_id}/attributes"

    def event(self, device_id: str) -> str:
        """What happens to a device, JSON, never retained."""
        return f"{self.base}/device/{device_id}/event"

    def setting(self, device_id: str, key: str) -> str:
        """Where a new value of a point that can be written is sent."""
        return f"{self.base}/device/{device_id}/{key}/set"

    def result(self, device_id: str, key: str) -> str:
        """Where the final answer to a command is given, JSON, never retained."""
        return f"{self.base}/device/{device_id}/{key}/result"

    @property
    def settings(self) -> str:
        """The subscription that catches all commands."""
        return f"{self.base}/device/+/+/set"

    def place(self, topic: str) -> tuple[str, str] | None:
        """Return the device id and the point's key of a command's topic, or None for another topic."""
        prefix = f"{self.base}/device/"
        parts = topic.removeprefix(prefix).split("/") if topic.startswith(prefix) else []
        return (parts[0], parts[1]) if len(parts) == 3 and parts[2] == "set" else None  # noqa: PLR2004 - id, key, set

    @property
    def audit(self) -> str:
        """One message for each command that has ended, JSON, never retained."""
        return f"{self.base}/bridge/audit"

    def config(self, device_id: str) -> str:
        """Where Home Assistant learns of a device."""
        return f"{self.discovery}/device/{device_id}/config"

    def single_config(self, component: str, device_id: str, key: str) -> str:
        """Where Home Assistant learns of one entity, in single-component mode."""
        return f"{self.discovery}/{component}/{device_id}/{key}/config"

    @property
    def birth(self) -> str:
        """Where Home Assistant says `online` after it has started."""
        return f"{self.discovery}/status"
