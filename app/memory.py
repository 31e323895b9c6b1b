"""What the bridge remembers over a restart, to and from the state: devices with their last values, counters, sums."""

import asyncio
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from app.derived import Accumulator, Sum
from app.model import Choice, Device, DeviceKind, Kind, Point, Range, Reading, Role, Toggle
from app.plausibility import SERIES, Plausibility, Track
from app.points import VOCABULARY
from app.sources import Pin
from app.state import State
from app.store import Gone, Saved, Store

log = structlog.get_logger()
T = TypeVar("T")

DEVICE, TRACK, SUM, GONE, ACCOUNT = "device", "track", "sum", "gone", "account"
TRACKS, DEVICES = 200, 20
"""How many are kept at a time: some milliseconds."""
BROKEN = (KeyError, TypeError, ValueError, OverflowError)
"""What decoding a body that another version or a broken disk has written may raise; it is passed over."""


class Memory:
    """Carries what must outlive a restart between the running parts and the state."""

    def __init__(self, state: State, store: Store, plausibility: Plausibility, accumulator: Accumulator) -> None:
        """Take the parts."""
        self._state, self._store, self._plausibility, self._accumulator = state, store, plausibility, accumulator

    def restore(self, accounts: Container[str]) -> list[Gone]:
        """Fill the parts from the state; return the devices whose account is no longer configured: they have gone."""
        orphans = []
        for device_id, _, body in self._state.remembered(DEVICE):
            try:
                device, saved, every = (
                    _decode_device(body["device"]),
                    [_decode_saved(device_id, row) for row in body["readings"]],
                    timedelta(seconds=float(body.get("every", 0))),  # not known to the first versions
                )
                said = [_decode_device(each) for each in body.get("said", ())] or [device]
                shown = {str(key): str(account) for key, account in dict(body.get("shown", {})).items()}
                pins = {str(key): _decode_pin(row) for key, row in dict(body.get("pins", {})).items()}
            except BROKEN as error:
                log.warning("memory_skipped", device=device_id, error=type(error).__name__)
                continue
            said = [each for each in said if each.account in accounts]
            if said:
                self._store.restore(device if device in said else said[0], saved, every)
                self._store.share_again(device, said, shown, pins)
            else:
                orphans.append(Gone(device, {each.reading.point.key: each.reading.point for each in saved}))
        for device_id, key, body in self._state.remembered(TRACK):
            _, own, account = key.partition(SERIES)
            if own and account not in self._store.sources.said(device_id):
                continue  # that one does not see it any more
            try:
                self._plausibility.restore(device_id, key, _decode_track(body))
            except BROKEN as error:
                log.warning("memory_skipped", device=device_id, point=key, error=type(error).__name__)
        for device_id, key, body in self._state.remembered(SUM):
            try:
                self._accumulator.restore(
                    device_id, key, Sum(float(body["closed"]), float(body["today"]), int(body["resets"]))
                )
            except BROKEN as error:
                log.warning("memory_skipped", device=device_id, point=key, error=type(error).__name__)
        return orphans

    def save(self) -> None:
        """Keep what has changed since the last time; what cannot be kept is tried again the next time."""
        for _ in self._save():
            pass

    async def keep(self) -> None:
        """As `save`, a part at a time: a thousand devices are not to hold up a command, say."""
        for _ in self._save():
            await asyncio.sleep(0)

    def _save(self) -> Iterator[None]:
        sums = self._accumulator.dirty()
        if self._state.remember(SUM, ((device, key, _encode_sum(total)) for device, key, total in sums)):
            self._accumulator.clean()
        for part in _parts(self._plausibility.dirty(), TRACKS):
            tracks = [track for track in part if self._store.device(track[0]) is not None]  # else it has just gone
            if self._state.remember(TRACK, ((device, key, _encode_track(track)) for device, key, track in tracks)):
                self._plausibility.clean(part)
            yield
        for some in _parts(self._store.dirty(), DEVICES):
            devices = [device for each in some if (device := self._store.device(each.id)) is not None]
            if self._state.remember(DEVICE, ((device.id, "", self._encode(device)) for device in devices)):
                self._store.clean(devices)
            yield

    def _encode(self, device: Device) -> dict[str, Any]:
        readings = [_encode_saved(saved) for saved in self._store.saved(device.id)]
        every = self._store.every(device.id).total_seconds()
        body = {"device": _encode_device(device), "readings": readings, "every": every}
        if self._store.sources.shared(device.id):
            said = self._store.sources.said(device.id)
            body["said"] = [_encode_device(each) for each in said.values()]
            body["shown"] = dict(self._store.sources.origins(device.id))
            body["pins"] = {key: _encode_pin(pin) for key, pin in self._store.sources.pins(device.id).items()}
        return body

    def forget(self, gone: Gone) -> None:
        """Forget a device that has gone, but for the fact that its topics must be cleared once the broker is there."""
        self._state.forget(gone.device.id)
        self._state.remember(
            GONE, [(gone.device.id, "", {"device": _encode_device(gone.device), "keys": list(gone.points)})]
        )

    def gone(self) -> list[Gone]:
        """Return the devices whose topics may still have to be cleared."""
        found = []
        for device_id, _, body in self._state.remembered(GONE):
            try:
                keys = {str(key): Point(str(key), str(key)) for key in body["keys"]}
                found.append(Gone(_decode_device(body["device"]), keys))
            except BROKEN as error:
                log.warning("memory_skipped", device=device_id, error=type(error).__name__)
        return found

    def accounts(self, configured: Iterable[str]) -> list[str]:
        """Return the accounts that were configured once and are not any more; remember those that are."""
        names = set(configured)
        known = {name for name, _, _ in self._state.remembered(ACCOUNT)}
        self._state.remember(ACCOUNT, ((name, "", {}) for name in names - known))
        return sorted(known - names)

    def cleared(self, gone: Gone) -> None:
        """Take note that the broker knows nothing of a device any more."""
        self._state.forget(gone.device.id)


def _parts(all_of_it: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(all_of_it), size):
        yield all_of_it[start : start + size]


class Forgetter:
    """A sink that forgets on disk what the store has forgotten."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def publish(self, news: object) -> None:
        """Take note of a device that has gone."""
        if isinstance(news, Gone):
            self._memory.forget(news)


def _encode_device(device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "account": device.account,
        "kind": device.kind,
        "name": device.name,
        "model": device.model,
        "serial": device.serial,
        "manufacturer": device.manufacturer,
        "firmware": device.firmware,
        "via": device.via,
        "zone": _encode_zone(device.zone),
        "rated_power": device.rated_power,
        "accumulate": list(device.accumulate),
        "attributes": dict(device.attributes),
    }


def _decode_device(body: Mapping[str, Any]) -> Device:
    return Device(
        id=str(body["id"]),
        account=str(body["account"]),
        kind=DeviceKind(body["kind"]),
        name=str(body["name"]),
        model=str(body["model"]),
        serial=str(body["serial"]),
        manufacturer=str(body["manufacturer"]),
        firmware=str(body["firmware"]),
        via=body["via"],
        zone=_decode_zone(body["zone"]),
        rated_power=body["rated_power"],
        accumulate=tuple(body["accumulate"]),
        attributes=dict(body["attributes"]),
    )


def _encode_zone(zone: tzinfo | None) -> str | float | None:
    """Return a zone's IANA name, or its fixed offset in seconds."""
    if zone is None or isinstance(zone, ZoneInfo):
        return zone.key if isinstance(zone, ZoneInfo) else None
    offset = zone.utcoffset(None)
    return offset.total_seconds() if offset is not None else None


def _decode_zone(raw: str | float | None) -> tzinfo | None:
    if raw is None:
        return None
    if isinstance(raw, str):
        try:
            return ZoneInfo(raw)
        except ZoneInfoNotFoundError as error:
            msg = "unknown zone"
            raise ValueError(msg) from error
    return timezone(timedelta(seconds=raw))


def _encode_point(point: Point) -> str | dict[str, Any]:
    """Return the key of a point of the vocabulary, or all of another point."""
    if VOCABULARY.get(point.key) == point:
        return point.key
    body: dict[str, Any] = {
        "key": point.key,
        "name": point.name,
        "unit": point.unit,
        "kind": point.kind,
        "role": point.role,
    }
    body |= {"n": point.n, "words": list(point.words), "low": point.low, "high": point.high, "derived": point.derived}
    match point.accepts:
        case Range(low, high, step):
            body["accepts"] = {"range": [low, high, step]}
        case Choice(options):
            body["accepts"] = {"choice": list(options)}
        case Toggle():
            body["accepts"] = {"toggle": True}
    return body


def _decode_point(body: str | Mapping[str, Any]) -> Point:
    if isinstance(body, str):
        return VOCABULARY[body]
    accepts: Range | Choice | Toggle | None = None
    match body.get("accepts"):
        case {"range": [low, high, step]}:
            accepts = Range(low, high, step)
        case {"choice": list(options)}:
            accepts = Choice(tuple(options))
        case {"toggle": True}:
            accepts = Toggle()
    return Point(
        key=str(body["key"]),
        name=str(body["name"]),
        unit=str(body["unit"]),
        kind=Kind(body["kind"]),
        role=Role(body["role"]),
        n=body["n"],
        words=tuple(body["words"]),
        low=body["low"],
        high=body["high"],
        derived=bool(body["derived"]),
        accepts=accepts,
    )


def _encode_saved(saved: Saved) -> list[Any]:
    reading = saved.reading
    return [
        _encode_point(reading.point),
        reading.value,
        reading.at.timestamp(),
        reading.timed,
        saved.until.isoformat(),
        saved.live,
    ]


def _decode_saved(device_id: str, row: list[Any]) -> Saved:
    point, value, at, timed, until, live = row
    if not isinstance(value, bool | int | float | str):
        msg = "not a value"
        raise TypeError(msg)
    reading = Reading(device_id, _decode_point(point), value, datetime.fromtimestamp(at, UTC), bool(timed))
    return Saved(reading, datetime.fromisoformat(until), bool(live))


def _encode_pin(pin: Pin) -> list[Any]:
    return [pin.account, pin.at.isoformat(), pin.until.isoformat(), dict(pin.before)]


def _decode_pin(row: list[Any]) -> Pin:
    account, at, until, before = row
    return Pin(str(account), datetime.fromisoformat(at), datetime.fromisoformat(until), dict(before))


def _encode_sum(total: Sum) -> dict[str, Any]:
    return {"closed": total.closed, "today": total.today, "resets": total.resets}


def _encode_track(track: Track) -> dict[str, Any]:
    return {
        "value": track.value,
        "at": track.at.timestamp(),
        "day": track.day.isoformat(),
        "before": track.before,
        "resets": track.resets,
        "mark": track.mark,
        "apart": track.apart,
        "mark_day": track.mark_day.isoformat() if track.mark_day else None,
    }


def _decode_track(body: Mapping[str, Any]) -> Track:
    """Return a track without its unconfirmed candidate: after a restart confirmation begins anew."""
    before = body["before"]
    return Track(
        float(body["value"]),
        datetime.fromtimestamp(body["at"], UTC),
        date.fromisoformat(body["day"]),
        None if before is None else float(before),
        int(body["resets"]),
        mark=int(body.get("mark", body["resets"])),
        apart=bool(body.get("apart", False)),
        mark_day=date.fromisoformat(body["mark_day"]) if body.get("mark_day") else None,
    )
