"""Settings of the app API: what a device has, how they stand, and how one is changed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.errors import CommandError, ProtocolError, Refused, Unavailable
from app.model import Device, Kind, Point, Reading, Setting, Value, Words
from app.providers import Account, Put
from app.providers.growatt import calls
from app.providers.growatt.calls import Pairs
from app.providers.growatt.catalogue_writes import PLANT_FORM
from app.providers.growatt.client import Client
from app.providers.growatt.directory import Directory
from app.providers.growatt.facts import BATTERY, NAMED
from app.providers.growatt.params import Param, Write, decode, encode, named, texts
from app.providers.growatt.reader import Known, Reader
from app.providers.growatt.signatures import ordered
from app.providers.growatt.writes import OPERATIONS, SENDERS, SHORTCUTS, TWINS, WRITES, Sender, Where, offered

VISITOR: Final = "this login is a visitor's and may only look: use the login of the plant's owner"
PLANT: Final = "plant_settings"
"""The beginning of the key of a setting that is several fields of a plant at once, of a raw write."""
GENERAL: Final = "update_inverter_setting"
_SLUG: Final = re.compile(r"[^A-Za-z0-9_-]+")
_SEGMENT: Final = re.compile(r"(?:time_segment)?([1-9])")


class Writer:
    """Changes settings of one account's devices."""

    def __init__(self, client: Client, account: Account, reader: Reader, directory: Directory) -> None:
        self._client, self._account, self._reader, self._directory = client, account, reader, directory

    def settings(self, device: Device) -> list[Setting]:
        """Return what can be set on a device, without any I/O; nothing for a visitor."""
        known = self._directory.known.get(device.id)
        if known is None or self._client.login.read_only:
            return []
        return [write.setting for write in self._writes(known)]

    def _writes(self, known: Known) -> list[Write]:
        facts = self._reader.facts.of(known.device.id)
        names = frozenset(facts[NAMED].split()) if NAMED in facts else None
        return offered(known.family.name, battery=BATTERY in facts, named=names)

    async def inspect(self, device: Device) -> list[Reading]:
        """Ask Growatt now how a device's settings stand."""
        return await self._reader.look(self._of(device))

    def _of(self, device: Device) -> Known:
        known = self._directory.known.get(device.id)
        if known is None:
            msg = f"{device.id} has not been found in this account yet; it is searched for every hour"
            raise Unavailable(msg)
        return known

    # Writing

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        """Send one write, once."""
        known = self._of(device)
        if self._client.login.read_only:
            raise Refused(VISITOR, "read_only")
        method, _, kind = setting.how.partition("/")
        sender, params = _sender(method, known), self._params(known, setting)
        zone = known.device.zone or device.zone
        now = self._client.theirs(self._account.clock.now()).astimezone(zone) if zone else None
        try:
            pairs = tuple(encode(params, values, now))
        except CommandError as error:
            raise Refused(str(error), error.code) from error
        if sender.where is Where.MULTIPART:
            pairs = await self._whole(known, dict(pairs))
        op, _, inner = kind.rpartition("/")
        filled = {**self._reader.values(known), "kind": inner, "op": op}
        await self._client.send(sender.call, pairs, multipart=sender.where is Where.MULTIPART, **filled)

    @staticmethod
    def _params(known: Known, setting: Setting) -> tuple[Param, ...]:
        """Return the rows of a setting's parameters: those of the catalogue, or texts for a raw write."""
        rows = WRITES.get(known.family.name, ())
        for write in rows:
            if write.key == setting.key:
                return write.params
        keys = {point.key for point in setting.points}
        if setting.key.startswith(PLANT):
            return tuple(param for write in rows for param in write.params if param.point and param.point.key in keys)
        names = _sender(setting.how.partition("/")[0], known).names
        return texts(setting.points, names)

    async def _whole(self, known: Known, changed: Mapping[str, str]) -> Pairs:
        """Return a plant's whole form: as Growatt shows it now, but for what is changed."""
        current: Any = await self._client.ask(calls.PLANT_SETTINGS, **self._reader.values(known))
        shown = {shows for _, shows in PLANT_FORM if shows}
        missing = sorted(shown - current.keys()) if isinstance(current, Mapping) else sorted(shown)
        if missing:
            msg = (
                f"Growatt does not show all of the plant's settings ({', '.join(missing)}), and wants all with a change"
            )
            raise ProtocolError(msg)
        return tuple((name, changed.get(name, _shown(current[shows]) if shows else "0")) for name, shows in PLANT_FORM)

    # Raw writes

    def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
        """Return what a write by the library's names means, without any I/O."""
        known = self._directory.known.get(device.id)
        if known is None or self._client.login.read_only:
            why = VISITOR if known else f"{device.id} has not been found in this account yet"
            raise CommandError(why, "read_only" if known else "not_ready")
        kind, params = ordered(method, kind, params)
        method, kind = SHORTCUTS.get(method, (method, kind))
        op = ""
        if method == GENERAL:
            method, op, params = _operation(known, params)
        sender = _sender(method, known, asked=True)
        if method == "update_tlx_inverter_time_segment" and (segment := _SEGMENT.fullmatch(kind)):
            kind = f"time_segment{segment[1]}"
        if sender.where is Where.MULTIPART:
            return _fields(known, params)
        for write in () if op else WRITES.get(known.family.name, ()):
            if write.kind == kind and all(param.point is None or param.field for param in write.params):
                return Put(write.setting, decode(write.params, params))
        return _raw(f"{method}/{op}/{kind}" if op else f"{method}/{kind}", kind, sender, params)


def _sender(method: str, known: Known, *, asked: bool = False) -> Sender:
    """Return how a writer sends to a device; `asked`: by a person, whose mistake it then is that there is none."""
    sender = SENDERS.get(TWINS.get((method, known.family.name), method))
    if sender is not None and known.family.name in sender.families:
        return sender
    mine = sorted(name for name, each in SENDERS.items() if known.family.name in each.families)
    if calls.canonical(method) in calls.READS:
        msg = f"{method} only reads: heliopost api get {method} {known.serial or known.plant}"
        raise CommandError(msg, "not_writable")
    msg = f"{method} does not write to {known.device.id}; what does is: {', '.join(mine) or 'nothing'}"
    if asked:
        raise CommandError(msg, "not_writable")
    raise Refused(msg, "not_writable")


def _shown(raw: object) -> str:
    """Return a plant's setting as it is sent back: as it came, and nothing for null."""
    return "" if raw is None else str(raw)


def _operation(
    known: Known, params: Sequence[object] | Mapping[str, object]
) -> tuple[str, str, Sequence[object] | Mapping[str, object]]:
    """Return which writer the library's general one is, with its `op` where no other has that, and what it is given."""
    mine = {writer: op for op, writer in OPERATIONS.items() if known.family.name in SENDERS[writer].families}
    if isinstance(params, Mapping) and "op" in params:
        op = str(params["op"])
        rest = {name: raw for name, raw in params.items() if name not in {"op", "serialNum", "type"}}
        writer = OPERATIONS.get(op)
        return (writer, "", rest) if writer in mine else (GENERAL, op, rest)
    if not mine:
        msg = f"{GENERAL} needs `op` among its parameters for a device of this kind"
        raise CommandError(msg, "invalid_value")
    return next(iter(mine)), "", params


def _fields(known: Known, params: Sequence[object] | Mapping[str, object]) -> Put:
    """Return the fields of a plant that a raw write names."""
    rows = {write.kind: write for write in WRITES[known.family.name]}
    if not isinstance(params, Mapping) or not params or (unknown := sorted(params.keys() - rows.keys())):
        wrong = f"; {unknown[0]} is none" if isinstance(params, Mapping) and params else ""
        msg = f"a plant takes an object of fields: {', '.join(rows)}{wrong}"
        raise CommandError(msg, "invalid_value")
    writes = [rows[name] for name in params]
    values: dict[str, Value] = {}
    for write in writes:
        values |= decode(write.params, {write.kind: params[write.kind]})
    if len(writes) == 1:
        return Put(writes[0].setting, values)
    settings = [write.setting for write in writes]
    whole = Setting(
        "-".join((PLANT, *values)),
        tuple(point for setting in settings for point in setting.points),
        danger=any(setting.danger for setting in settings),
        reads_back=all(setting.reads_back for setting in settings),
        how=f"update_plant_settings/{PLANT}",
    )
    return Put(whole, values)


def _raw(how: str, kind: str, sender: Sender, params: Sequence[object] | Mapping[str, object]) -> Put:
    """Return a write of which the catalogue knows nothing: dangerous, and not read back."""
    given = named(params, sender.names)
    while given and not given[list(given)[-1]]:
        given.popitem()
    names = list(sender.names[: max((sender.names.index(name) + 1 for name in given), default=0)])
    missing = [name for name in names if not given.get(name)]
    if missing or not names or not kind:
        msg = f"a raw write needs a type, and every parameter up to the last: {', '.join(missing) or sender.names[0]}"
        raise CommandError(msg, "invalid_value")
    key = _SLUG.sub("_", f"put_{kind}")
    points = tuple(Point(f"{key}_{name}", f"{kind} {name}", kind=Kind.TEXT, accepts=Words()) for name in names)
    setting = Setting(key, points, danger=True, reads_back=False, how=how)
    return Put(setting, {point.key: given[name] for point, name in zip(points, names, strict=True)})
