"""The Growatt cloud of the ShinePhone app, as far as public libraries speak to it."""

from simulator.growatt.accounts import Account
from simulator.growatt.cloud import PASSWORD, USER, Cloud
from simulator.growatt.faults import Fault, FaultKind
from simulator.growatt.fleet import DeviceSpec, PlantSpec, big_fleet, demo_fleet, fleet, one_plant, openapi_fleet
from simulator.growatt.openapi_access import EMPTY_TOKEN, TOKEN, Token
from simulator.growatt.server import application, serve

__all__ = [
    "EMPTY_TOKEN",
    "PASSWORD",
    "TOKEN",
    "USER",
    "Account",
    "Cloud",
    "DeviceSpec",
    "Fault",
    "FaultKind",
    "PlantSpec",
    "Token",
    "application",
    "big_fleet",
    "demo_fleet",
    "fleet",
    "one_plant",
    "openapi_fleet",
    "serve",
]
