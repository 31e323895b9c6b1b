"""Raw writes: which device is meant, and through which account it goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.commands.door import Reach
from app.errors import CommandError
from app.model import Device, DeviceKind
from app.providers import Put, Putting


def named(devices: Iterable[Device], serial: str) -> Device:
    """Return the device of a serial number, an id, or a plant's own number; raise CommandError where there is none."""
    known = list(devices)
    for device in known:
        if serial in (device.serial, device.id):
            return device
    for device in known:
        if device.kind is DeviceKind.PLANT and device.attributes.get("plant") == serial:
            return device
    msg = f"{serial}: there is no such device"
    raise CommandError(msg, "unknown_target")


def understood(
    reach: Reach, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]
) -> Put:
    """Return what a raw write means: the method's name decides which of a device's accounts it goes through.

    Raises:
        CommandError: No account knows the method, or it makes no sense to the one that does.
    """
    best = reach(device)
    doors = () if best is None else (best, *best.others)
    faults: list[CommandError] = []
    for door in doors:
        if isinstance(door.provider, Putting):
            try:
                made = door.provider.put(device, method, kind, params)
            except CommandError as error:
                faults.append(error)
            else:
                return replace(made, setting=replace(made.setting, via=door.account if len(doors) > 1 else ""))
    if not faults:
        msg = f"{device.serial or device.id}: no account that takes raw writes runs for it now"
        raise CommandError(msg, "not_ready")
    known = [fault for fault in faults if fault.code not in {"not_writable", "unknown_target"}]
    if known or len(faults) == 1:
        raise (known or faults)[0]
    msg = "; ".join(map(str, faults))
    raise CommandError(msg, faults[0].code)
