"""Raw writes: which device is meant, and through which account it goes."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from app.clock import Clock
from app.commands.door import Reach
from app.errors import CommandError
from app.model import Device, DeviceKind
from app.providers import Getting, Put, Putting

BETWEEN: Final = timedelta(seconds=10)
"""The time between two raw reads through one account: each is a call of its day."""


class Brake:
    """Keeps the raw reads of an account apart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[str, datetime] = {}
        """By account: when it was last asked."""

    @contextmanager
    def held(self, account: str) -> Iterator[None]:
        """Let one read go, and none after it for a while; one that was not sent, a CommandError, does not count.

        Raises:
            CommandError: The account was asked just before.
        """
        now, last = self._clock.now(), self._last.get(account)
        if last is not None and timedelta(0) <= now - last < BETWEEN:
            msg = f"a raw read has just gone through the account {account}: wait {BETWEEN.seconds} s between two"
            raise CommandError(msg, "rate_limited")
        self._last[account] = now
        try:
            yield
        except CommandError:
            del self._last[account]
            raise


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
    raise _clearest(faults)


def _clearest(faults: Sequence[CommandError]) -> CommandError:
    """Return what the account that knows the method says; what all say, where none does."""
    known = [fault for fault in faults if fault.code not in {"not_writable", "unknown_target"}]
    if known or len(faults) == 1:
        return (known or faults)[0]
    return CommandError("; ".join(map(str, faults)), faults[0].code)


async def read(
    devices: Iterable[Device], reach: Reach, brake: Brake, limit: int, request: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Carry out the verb `get`: ask the vendor once, by its own name of the call.

    Fields: `method`, `serial`. `limit` is what an answer may have at most, in bytes; `brake` is one for all reads.
    """
    method, serial = request.get("method"), request.get("serial")
    if not isinstance(method, str) or not isinstance(serial, str) or not method or not serial:
        msg = "a raw read needs the texts `method` and `serial`"
        raise CommandError(msg, "invalid_value")
    device = named(devices, serial)
    best = reach(device)
    faults: list[CommandError] = []
    for door in () if best is None else (best, *best.others):
        if isinstance(door.provider, Getting):
            try:
                async with door.turn.taken():
                    with brake.held(door.account):
                        answer = await door.provider.get(device, method)
            except CommandError as error:
                faults.append(error)
                continue
            if (size := len(json.dumps(answer, default=str).encode())) > limit:
                msg = f"the answer has {size} bytes, more than mqtt.max_packet ({limit})"
                raise CommandError(msg, "too_large")
            name = door.provider.canonical(method)
            return {"device": device.id, "account": door.account, "method": name, "answer": answer}
    if not faults:
        msg = f"{serial}: no account that takes raw reads runs for it now"
        raise CommandError(msg, "not_ready")
    raise _clearest(faults)
