"""Heliopost: solar inverter clouds to MQTT, and settings back."""

__version__ = "0.1.0"
