"""What the tests of writing share: the simulated cloud, a writer on it, and two values for whatever can be set."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from pydantic import SecretStr

from app.model import (
    Choice,
    Device,
    DeviceKind,
    Domain,
    Moment,
    Press,
    Range,
    Setting,
    TimeOfDay,
    Toggle,
    Value,
    Words,
)
from app.providers import Account
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.writer import Writer
from app.providers.growatt.settings import Settings
from simulator.growatt import Cloud, serve
from simulator.growatt.fleet import KITS, SITES, TOKEN_KITS, PlantSpec, device
from simulator.growatt.openapi_access import TOKEN
from tests.providers.growatt.kit import INSTALL, Clock, Ledger, Vault

KIT_OF = {"tlx": "tlxh", "mix": "mix", "spa": "spa", "max": "max", "inverter": "inverter", "storage": "storage"}
KIT_OF |= {"noah": "noah", "wit": "wit", "sph-s": "sphs"}
"""The simulated kit of each family."""


def a_device(family: str, serial: str = "X1") -> Device:
    """Return a device whose name is its family, which is how the tests' writers know it."""
    return Device(f"growatt_{serial}", "roof", DeviceKind.INVERTER, family, serial=serial, zone=UTC)


def client_for(session: ClientSession, address: str, clock: Clock) -> Client:
    """Return a client of a server that knows the simulated token."""
    settings = Settings(provider="growatt", api="openapi", token=SecretStr(TOKEN), server_url=address)
    account = Account("roof", clock, Vault(), Ledger(), session.connector, INSTALL)  # type: ignore[arg-type]
    return Client(session, settings, account)


def alone(call: Endpoint, serial: str) -> tuple[Endpoint, dict[str, str]]:
    """Return what asks for a device that has no others of its kind."""
    return call, {"sn": serial}


def writer_for(client: Client, clock: Clock) -> Writer:
    return Writer(client, clock, lambda found: found.name, lambda *_: True, alone)


@dataclass
class Bench:
    """A simulated device of one family, and a writer."""

    cloud: Cloud
    clock: Clock
    client: Client
    writer: Writer
    device: Device

    @property
    def values(self) -> Mapping[str, str]:
        """How the device is set."""
        return self.cloud.settings(self.device.serial)

    def setting(self, key: str) -> Setting:
        return next(setting for setting in self.writer.settings(self.device) if setting.key == key)

    async def shown(self, setting: Setting) -> dict[str, Value]:
        self.clock.move(minutes=6)  # V4 shows settings once in five minutes
        return {reading.point.key: reading.value for reading in await self.writer.inspect(self.device, setting)}


@asynccontextmanager
async def bench(family: str, clock: Any = None) -> AsyncIterator[Bench]:
    """Yield a device of a family in a simulated cloud of its own."""
    clock = clock or Clock()
    site = SITES[0]
    spec = device((KITS | TOKEN_KITS)[KIT_OF[family]], site, 7, seed=3)
    place = (site.zone, site.country, site.city, site.latitude, site.longitude, site.currency, site.symbol, site.price)
    cloud = Cloud(clock, fleet=(PlantSpec(1, "Home", *place, devices=(spec,)),))
    async with (
        serve(cloud) as address,
        ClientSession(
            connector=TCPConnector(), cookie_jar=DummyCookieJar(), headers={"User-Agent": "Heliopost"}
        ) as session,
    ):
        client = client_for(session, address, clock)
        yield Bench(cloud, clock, client, writer_for(client, clock), a_device(family, spec.serial))


def two_values(key: str, domain: Domain | None) -> tuple[Value, Value]:  # noqa: PLR0911 - one a domain
    """Return two values that a point accepts; a start is before its end, and windows lie one after the other."""
    match domain:
        case Range(low, high, step):
            return round(low + round((high - low) / step * 0.9) * step, 6), high
        case Toggle():
            return True, False
        case Choice(options):
            return options[0], options[-1]
        case TimeOfDay():
            n = next((int(letter) for letter in key if letter.isdecimal()), 1)
            start = key.endswith("start")
            return f"{n * 2:02}:{0 if start else 59:02}", f"{n * 2:02}:{5 if start else 7:02}"
        case Moment():
            return "2026-06-21T10:30:00", "2026-06-20T09:15:00"
        case Press():
            return "press", "press"
        case Words(_, pattern) if "=" in pattern:
            return "00:00-05:00=95,17:00-24:00=-60", "01:00-02:30=7"
        case _:
            return '{"deviceId":"INV1","modelId":"0x0105"}', '{"deviceId":"INV2","modelId":"0x0106"}'
