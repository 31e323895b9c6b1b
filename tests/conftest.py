"""Fixtures that more than one folder of tests uses."""

from tests.broker import certificates, mosquitto

__all__ = ["certificates", "mosquitto"]
