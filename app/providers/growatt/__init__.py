"""Growatt: the cloud behind the ShinePhone app."""

from app.providers.growatt.families import FEEDS
from app.providers.growatt.provider import open  # noqa: A004 - the port's own word (app/providers/__init__.py)
from app.providers.growatt.settings import Settings

__all__ = ["FEEDS", "Settings", "open"]
