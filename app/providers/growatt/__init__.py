"""Growatt: the cloud behind the ShinePhone app, by the app's own API or by the documented one."""

from contextlib import AbstractAsyncContextManager

from app.providers import Account, Provider
from app.providers.growatt import provider
from app.providers.growatt.families import FEEDS
from app.providers.growatt.openapi import provider as openapi
from app.providers.growatt.settings import Settings

__all__ = ["FEEDS", "Settings", "open"]


def open(settings: Settings, account: Account) -> AbstractAsyncContextManager[Provider]:  # noqa: A001 - the port's own word
    """Open an account, without any I/O, at the API that it names."""
    if settings.api == "openapi":
        return openapi.open(settings, account)
    return provider.open(settings, account)
