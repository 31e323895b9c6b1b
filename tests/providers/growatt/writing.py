"""An account whose devices can be set, and how they are found."""

from app.model import Device, Setting
from app.providers.growatt.provider import Growatt

DONE = {"success": True, "msg": "inv_set_success"}
TLX = {"deviceSn": "TLX1", "deviceType": "tlx"}
MIX = {"deviceSn": "MIX1", "deviceType": "mix"}
SPA = {"deviceSn": "SPA1", "deviceType": "spa"}
INV = {"deviceSn": "INV1", "deviceType": "inverter"}


async def device_of(provider: Growatt, serial: str) -> Device:
    found = next(device for device in await provider.discover() if serial in {device.serial, device.id})
    await provider.read(provider.feeds[0])
    return found


def keys(provider: Growatt, device: Device) -> set[str]:
    return {setting.key for setting in provider.settings(device)}


def setting(provider: Growatt, device: Device, key: str) -> Setting:
    return next(each for each in provider.settings(device) if each.key == key)
