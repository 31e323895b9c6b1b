"""What stands between the reader and the client.

It asks for many devices at once where that is possible, makes the answers look alike, and says "not now" for one device
where an endpoint rests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from app.errors import NoData, ProtocolError, ProviderError
from app.providers.growatt.calls import Call
from app.providers.growatt.openapi import endpoints
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.endpoints import MOST, Endpoint
from app.providers.growatt.openapi.errors import Forbidden, Rests, TooOften, Waiting
from app.providers.growatt.shapes import STAMPS
from app.providers.growatt.times import CHINA
from app.rows import number

SERIALS: Final = ("serialNum", "deviceSn", "sn", "device_sn")
"""Where V4's answers name the device they are of."""
MILLISECONDS: Final = 100_000_000_000
"""A moment as a number is this large at least, since 1973."""
CHARGING, DISCHARGING = "1", "2"
"""`totalBatteryPackChargingStatus` of a NOAH."""
FLAGS: Final = frozenset({"lost", "bigDevice", *(f"statusLed{n}" for n in range(1, 7))})
"""What is yes or no in the app's answers, too; all else is 1 or 0 there."""
SEGMENTS: Final = range(1, 10)
SEGMENT_PARTS: Final = {"Start": "start", "End": "end", "Mode": "mode", "Power": "power"}


@dataclass(slots=True)
class _Round:
    """What one read of a feed has found so far, by endpoint and serial."""

    found: dict[tuple[str, str], Any] = field(default_factory=dict)
    failed: dict[tuple[str, str], ProviderError] = field(default_factory=dict)


class Asker:
    """Asks for one device at a time, as the reader does, with as few requests as Growatt needs."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.groups: dict[str, list[str]] = {}
        """By endpoint: the serial numbers of all devices that are read with it."""
        self.extras: dict[str, Mapping[str, str]] = {}
        """By serial number: what else a request about it is filled in with."""
        self.gone: dict[str, bool] = {}
        """By serial number: whether its last values said that the cloud has lost it."""
        self._round = _Round()
        self._alone: set[str] = set()
        """Endpoints whose batch the server does not know."""

    @property
    def answered_at(self) -> datetime | None:
        """When a call was last answered as it should be."""
        return self._client.answered_at

    def theirs(self, asked: datetime) -> datetime:
        """Return by Growatt's clock when something was asked."""
        return self._client.theirs(asked)

    def begin(self) -> None:
        """Forget what was found for the feed before."""
        self._round = _Round()

    async def ask(self, call: Call, **values: str) -> Any:  # noqa: ANN401 - the vendor's JSON
        """Return what an endpoint says of one device; raise Waiting (a NoData) while it rests."""
        if not isinstance(call, Endpoint):
            msg = f"{call.name} is no call of this API"
            raise TypeError(msg)
        sn = values.get("sn", "")
        try:
            if (asked := self.request(call, sn))[0] is not call:
                answer = await self._of_many(call, *asked, sn)
            else:
                answer = picked(call, await self._client.ask(call, **{**values, **self.extras.get(sn, {})}), sn)
        except Rests as rests:
            raise Waiting(str(rests), rests.until, told=isinstance(rests, TooOften)) from rests
        return self._prepared(call, answer, sn)

    def request(self, call: Endpoint, sn: str) -> tuple[Endpoint, dict[str, str]]:
        """Return what asks for a device, with others of its kind where there are any, and what it is filled in with."""
        group = self.groups.get(call.name, [])
        if call.batch is None or len(group) < 2 or sn not in group or call.name in self._alone:  # noqa: PLR2004 - many
            return call, {"sn": sn}
        chunk = group.index(sn) // MOST
        members = group[chunk * MOST : (chunk + 1) * MOST]
        return call.batch, {"sn": ",".join(members), "many": f"many{chunk or ''}"}

    async def _of_many(self, call: Endpoint, batch: Endpoint, values: Mapping[str, str], sn: str) -> Any:  # noqa: ANN401 - JSON
        """Return what one request for many says of one of them; the others' share is kept for when they are asked."""
        if (call.name, sn) in self._round.found:
            return self._round.found.pop((call.name, sn))
        chunk, members = values["many"], values["sn"].split(",")
        if (failed := self._round.failed.get((call.name, chunk))) is not None:
            raise failed
        try:
            answer = await self._client.ask(batch, **values)
        except (ProtocolError, Forbidden) as error:
            if not isinstance(error, NoData):
                self._alone.add(call.name)
            self._round.failed[call.name, chunk] = error
            raise
        except ProviderError as error:
            self._round.failed[call.name, chunk] = error
            raise
        for serial, part in shares(batch, answer, members).items():
            self._round.found[call.name, serial] = part
        lacking = NoData(f"Growatt has nothing of this device at the moment, when asked for {batch.about}")
        self._round.failed[call.name, chunk] = lacking
        if (call.name, sn) not in self._round.found:
            raise lacking
        return self._round.found.pop((call.name, sn))

    def _prepared(self, call: Endpoint, answer: Any, sn: str) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(answer, Mapping):
            return answer
        fields = alike(call, answer)
        if call in ENERGIES and isinstance(fields.get("lost"), bool):
            self.gone[sn] = bool(fields.pop("lost"))
        return fields


ENERGIES: Final = (
    endpoints.MIN_ENERGY,
    endpoints.SPH_ENERGY,
    endpoints.SPA_ENERGY,
    endpoints.STORAGE_ENERGY,
    endpoints.MAX_ENERGY,
    endpoints.INVERTER_ENERGY,
    endpoints.WIT_ENERGY,
    endpoints.SPHS_ENERGY,
    endpoints.PCS_ENERGY,
    endpoints.HPS_ENERGY,
    endpoints.PBD_ENERGY,
    endpoints.METER_ENERGY,
)
"""Whose `lost` is no proof: live devices have been recorded with `true`. The provider judges it by the stamps."""


def alike(call: Call, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return one device's fields as the app's API has them.

    Stamps are texts, a NOAH's battery and segments have the app's names, and yes and no are 1 and 0: a field that no
    row names would be another kind of point else.
    """
    fields = {name: int(raw) if isinstance(raw, bool) and name not in FLAGS else raw for name, raw in answer.items()}
    fields |= {name: text for name in STAMPS if (text := moment_text(answer.get(name))) is not None}
    if call is endpoints.NOAH_ENERGY:
        fields |= _battery(fields)
    if call is endpoints.NOAH_DETAIL:
        fields |= _segments(fields)
    return fields


def picked(endpoint: Endpoint, answer: Any, sn: str) -> Any:  # noqa: ANN401 - JSON
    """Return the fields of one device from an answer of its own; V4 puts them into a list under the kind's name."""
    if not endpoint.newer or not isinstance(answer, Mapping):
        return answer
    found = _newer(answer)
    if not found:
        msg = f"Growatt has nothing of this device at the moment, when asked for {endpoint.about}"
        raise NoData(msg)
    return next((each for each in found if _serial(each) == sn), found[0] if len(found) == 1 else {})


def shares(endpoint: Endpoint, answer: object, serials: Iterable[str]) -> dict[str, Any]:
    """Return each device's fields from an answer about many.

    V1 has an object for each serial number, in which the fields stand under that number once more, or at once.
    """
    wanted = set(serials)
    if not isinstance(answer, Mapping):
        return {}
    if endpoint.newer:
        return {serial: each for each in _newer(answer) if (serial := _serial(each)) in wanted}
    found = {}
    for serial in wanted & answer.keys():
        inner = answer[serial]
        fields = inner.get(serial, inner) if isinstance(inner, Mapping) else None
        if isinstance(fields, Mapping) and fields:
            found[serial] = fields
    return found


def _newer(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    lists = [each for each in answer.values() if isinstance(each, list)]
    return [each for inner in lists for each in inner if isinstance(each, Mapping)]


def _serial(fields: Mapping[str, Any]) -> str:
    return next((str(fields[name]) for name in SERIALS if fields.get(name)), "")


def moment_text(raw: object) -> str | None:
    """Return a stamp that came as milliseconds as the text it was made of.

    The server reads the device's text as if it were China's: a NOAH in Europe whose sun shone was "04:30" there.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not MILLISECONDS <= raw < MILLISECONDS * 100:
        return None
    return datetime.fromtimestamp(raw / 1000, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _battery(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a NOAH's battery power as the app tells it: two numbers, both positive."""
    power, status = (
        number(fields.get("totalBatteryPackChargingPower")),
        str(fields.get("totalBatteryPackChargingStatus")),
    )
    if power is None:
        return {}
    discharging = status == DISCHARGING or (status != CHARGING and power < 0)
    return {"chargePower": 0.0 if discharging else abs(power), "disChargePower": abs(power) if discharging else 0.0}


def _segments(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a NOAH's time segments under the app's names."""
    return {
        f"time_segment{n}_{ours}": fields[name]
        for n in SEGMENTS
        for theirs, ours in SEGMENT_PARTS.items()
        if (name := f"time{n}{theirs}") in fields
    }
