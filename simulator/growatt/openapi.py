"""The OpenAPI's reception: token, budget and faults stand before every answer, and all answers go into an envelope.

V1 answers `{"data", "error_code", "error_msg"}`, V4 `{"data", "code", "message"}`. Either prefix serves both sets.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.growatt.accounts import Account
from simulator.growatt.call import Call, Refused
from simulator.growatt.cloud import Cloud
from simulator.growatt.faults import Fault, FaultKind
from simulator.growatt.openapi_access import Token
from simulator.growatt.openapi_desk import Read, TokenDesk, split
from simulator.growatt.openapi_devices import READS as DEVICES
from simulator.growatt.openapi_plants import READS as PLANTS
from simulator.growatt.openapi_settings import WRITES
from simulator.growatt.openapi_v4 import READS as NEW
from simulator.growatt.openapi_v4 import family_of
from simulator.growatt.openapi_wire import ABSENT, TEXTS, V1, V4, Denied, Reply, Write

PREFIXES = ("v1/", "v4/")

READS: Mapping[str, Read] = {**PLANTS, **DEVICES, **NEW}
_NOAH_LIVE = 60.0
"""Seconds between two calls for the last values of a Noah."""
_SHORT = 5.0
"""Seconds within which V4 calls it the interval, not the frequency."""


class Reception:
    """Answers the calls of the OpenAPI."""

    def __init__(self, cloud: Cloud) -> None:
        """Speak for a cloud."""
        self._cloud = cloud

    def method(self, path: str) -> str | None:
        """Return the method that a path wants, "GET" or "POST"; None where there is nothing."""
        name = path[3:]
        if name in WRITES:
            return "POST"
        return READS[name].method if name in READS else None

    def answer(self, call: Call, token: str, struck: Iterable[Fault] = ()) -> dict[str, Any]:
        """Return what a call that `method` knows is answered."""
        name = call.path[3:]
        struck = list(struck)
        try:
            reply = self._serve(name, call, token, struck)
            _spoil(name, [fault for fault in struck if fault.late])
        except Denied as denied:
            return _no(name, denied)
        except Refused:
            return _no(name, Denied(V4.MISSING if _new(name) else V1.MISSING))
        made = _yes(name, reply)
        if any(fault.kind == FaultKind.EMPTY_DEVICE_LIST for fault in struck):
            _emptied(made)
        return made

    def _serve(self, name: str, call: Call, token: str, struck: list[Fault]) -> Reply:
        holder = self._cloud.openapi.holder(token)
        if holder is None:
            raise Denied(V4.TOKEN) if _new(name) else Denied(V1.PERMISSION)
        _spoil(name, [fault for fault in struck if not fault.late])
        fields = {**call.query, **call.form}
        account = Account(holder.user, "", holder.plants)
        seen = Call(call.path, call.query, call.form, call.now, account)
        desk = TokenDesk(self._cloud, self._cloud.desk(seen, struck), holder, fields, call.now)
        if name in WRITES:
            return self._write(name, desk, struck)
        read = READS[name]
        self._charge(name, desk, read)
        return read.answer(desk)

    # Budgets

    def _charge(self, name: str, desk: TokenDesk, read: Read) -> None:
        """Count a call against the token's budget. Raises Denied."""
        access, token = self._cloud.openapi, desk.token
        if read.daily and not access.spend_daily((token.text, name, "daily"), desk.now, read.daily):
            raise Denied(V1.FREQUENT)
        every = _NOAH_LIVE if name.endswith("queryLastData") and desk.get("deviceType") == "noah" else read.every
        # The next page is another call: nobody could read a long list otherwise.
        page = desk.get("page")
        named = split(desk.get(read.serial)) if access.each else []
        for serial in named or [""]:
            self._once(name, token, desk, (serial, page), every)

    def _once(self, name: str, token: Token, desk: TokenDesk, what: tuple[str, ...], every: float) -> None:
        if not self._cloud.openapi.spend((token.text, name, *what), desk.now, every):
            raise Denied((V4.INTERVAL if every <= _SHORT else V4.FREQUENT) if _new(name) else V1.FREQUENT)

    # Writes

    def _write(self, name: str, desk: TokenDesk, struck: list[Fault]) -> Reply:
        write = WRITES[name]
        serial = desk.get(write.serial)
        if not serial:
            raise Denied(V4.SERIAL_EMPTY if _new(name) else V1.EMPTY)
        device = desk.find(serial)
        if device is None or (write.families and device.spec.family not in write.families):
            raise Denied(write.missing, "error_device_not_found" if write.missing == V1.FREQUENT else "")
        if _new(name) and family_of(desk.get("deviceType")) != device.spec.family:
            raise Denied(V4.TYPE)
        self._once(name, desk.token, desk, (serial,), write.every)
        record = desk.record(device)
        if record.lost:
            raise Denied(V4.OFFLINE if _new(name) else V1.OFFLINE)
        return self._cloud.carry_out(
            serial, struck, lambda values: _written(write, self._cloud, record, desk.fields, values)
        )


def _written(write: Write, cloud: Cloud, record: Any, fields: Mapping[str, str], values: Any) -> Reply:  # noqa: ANN401
    del values
    return write.writer(cloud, record, fields)


def _new(name: str) -> bool:
    return name.startswith("new-api/")


def _spoil(name: str, faults: Iterable[Fault]) -> None:
    """Raise Denied for what goes wrong at the vendor's."""
    for fault in faults:
        if fault.kind == FaultKind.SYSTEM_ERROR:
            raise Denied(V4.SYSTEM if _new(name) else V1.SYSTEM)
        if fault.kind == FaultKind.DENIED:
            raise Denied(fault.status, TEXTS.get(fault.status, "error"))


def _yes(name: str, reply: Reply) -> dict[str, Any]:
    data = {} if reply.data is ABSENT else {"data": reply.data}
    if _new(name):
        return {**data, "code": 0, "message": reply.message, **reply.beside}
    return {**data, "error_code": 0, "error_msg": reply.message, **reply.beside}


def _no(name: str, denied: Denied) -> dict[str, Any]:
    if _new(name):
        return {"code": denied.code, "data": None, "message": denied.message}
    if denied.code == V1.FREQUENT:
        return {"error_msg": denied.message, "error_code": denied.code}
    return {"data": "", "error_code": denied.code, "error_msg": denied.message}


def _emptied(answer: dict[str, Any]) -> None:
    """Empty a list of devices as on 2026-05-19: https://github.com/home-assistant/core/issues/171361."""
    data = answer.get("data")
    if isinstance(data, dict):
        for key in ("devices", "data"):
            if isinstance(data.get(key), list):
                data.update({key: [], "count": 1})
