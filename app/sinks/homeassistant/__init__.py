"""Home Assistant by MQTT discovery: devices and entities announced, kept up to date and taken back.

What Home Assistant accepts, and since which release, is read from its source
(https://github.com/home-assistant/core/tree/dev/homeassistant/components/mqtt) and its documentation
(https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery).
"""

from app.sinks.homeassistant.announcer import HomeAssistantSink
from app.sinks.homeassistant.registry import Announcements
from app.sinks.homeassistant.settings import EntityOverride, HomeAssistantSettings

__all__ = ["Announcements", "EntityOverride", "HomeAssistantSettings", "HomeAssistantSink"]
