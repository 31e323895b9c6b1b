"""Fixtures that more than one folder of tests uses."""

from types import FunctionType

from tests.broker import certificates, mosquitto

__all__ = ["certificates", "mosquitto"]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a function by its name: its address is another in each process, and xdist then finds no test in common."""
    return val.__name__ if isinstance(val, FunctionType) else None
