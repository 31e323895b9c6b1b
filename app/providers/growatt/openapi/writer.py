"""Settings over the token API: what can be set, how it stands, and one request to change it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.clock import Clock
from app.errors import CommandError, NoData, ProtocolError, RateLimited, Refused, Unavailable
from app.model import Device, Kind, Point, Press, Reading, Role, Setting, Value, Words
from app.providers import Put
from app.providers.growatt.openapi import registers, vpp
from app.providers.growatt.openapi.catalogue_vpp import SCHEDULE_PATTERN
from app.providers.growatt.openapi.client import Client
from app.providers.growatt.openapi.endpoints import Endpoint
from app.providers.growatt.openapi.errors import Rests
from app.providers.growatt.openapi.writable import FAMILIES, VPP, Family, by_name
from app.providers.growatt.openapi.writes import ENDPOINTS, METHODS, VPP_READ
from app.providers.growatt.params import Write, decode, encode, named, rows
from app.providers.growatt.signatures import ordered
from app.rows import Row

PUT: Final = "put_"
LONGEST: Final = 2000
"""Characters of a raw parameter: a schedule of twenty windows has a thousand."""
SCHEDULES: Final = frozenset({"timePeriods", "set_param_34"})
"""Types that carry a schedule."""
UNKNOWN_TYPE: Final = "10006"
TYPO: Final[Mapping[str, str]] = {"spa_ac_discharge_time_period": "spa_ac_charge_time_period"}
"""The vendor's page calls the discharging of SPA by the name of the charging, with 17 parameters instead of 18. Its
right name is tried first: a server that does not know it says so, and nothing has happened."""
ALSO: Final[Mapping[str, str]] = {"setNewVppParameter": "setVppParameter"}
"""A writer -> the one whose rows hold for it, too: newer firmware wants the newer call for the same parameters."""
_FILLER: Final = re.compile(r"\{(\w+)\}")
_OWN: Final = frozenset({"sn", "kind", "family", "setType"})
"""What a request has besides parameters."""


class Writer:
    """One account's settings."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        family: Callable[[Device], str],
        has: Callable[[Device, str], bool],
        request: Callable[[Endpoint, str], tuple[Endpoint, Mapping[str, str]]],
    ) -> None:
        """Make it.

        Args:
            client: Sends the requests.
            clock: Tells when something is asked.
            family: Names a device's family, "" for none.
            has: Tells whether a device has what a setting needs.
            request: Returns what asks for a device's settings, maybe with those of others: Growatt counts for each
                of them how often it was asked for, whether alone or not.
        """
        self._client, self._clock, self._name, self._has, self._request = client, clock, family, has, request

    def settings(self, device: Device) -> Sequence[Setting]:
        """Return what can be set on a device."""
        family = FAMILIES.get(self._name(device))
        if family is None or not device.serial:
            return ()
        return tuple(
            setting
            for write, setting in zip(family.writes, family.settings, strict=True)
            if not write.needs or self._has(device, write.needs)
        )

    # How it stands

    async def inspect(self, device: Device, setting: Setting) -> Sequence[Reading]:
        """Ask how a setting stands; nothing where no answer shows it.

        That a device or its logger cannot be asked for one setting says nothing of whether it can be set: then it is
        unknown, and the write itself is refused if there is something in its way.
        """
        family, write = self._known(device, setting)
        try:
            if write is None:
                return await self._register(device, family, setting, self._clock.now())
            return await self._asked(device, family, write, self._clock.now())
        except ProtocolError:
            return ()

    async def _register(self, device: Device, family: Family, setting: Setting, asked: datetime) -> Sequence[Reading]:
        """Ask for the register that a raw write sets; nothing for any other raw write."""
        register = registers.number(setting)
        if not register or family.named is None:
            return ()
        raw = await self._client.ask(family.named, sn=device.serial, kind=registers.KIND, start=register, end=register)
        value = registers.value(raw)
        return () if value is None else [Reading(device.id, setting.points[0], value, asked)]

    async def _asked(self, device: Device, family: Family, write: Write, asked: datetime) -> Sequence[Reading]:
        kind = "set_param_34" if write.method == "vppSetNew" else write.kind
        if write.method in VPP:
            answer = await self._client.ask(VPP_READ, sn=device.serial, family=family.kind, setType=kind)
            return list(_readings(device, rows((write,)), {kind: _parameter(kind, answer)}, asked))
        if by_name(write) and family.named is not None:
            raw = await self._client.ask(family.named, sn=device.serial, kind=kind, start="0", end="0")
            return list(_readings(device, rows((write,)), {kind: _plain(raw)}, asked))
        if family.details is None or not rows((write,)):
            return ()
        return await self._details(device, family, family.details, asked)

    async def _details(self, device: Device, family: Family, details: Endpoint, asked: datetime) -> list[Reading]:
        found = await self._looked(device, family, details, asked)
        missing = {row.point.key for row in family.shown} - {reading.point.key for reading in found}
        if family.also is not None and missing:
            with suppress(ProtocolError, RateLimited):
                more = await self._looked(device, family, family.also, asked)
                found += [reading for reading in more if reading.point.key in missing]
        return found

    async def _looked(self, device: Device, family: Family, details: Endpoint, asked: datetime) -> list[Reading]:
        """Return what an answer shows.

        Five minutes lie between two of V4's, and the reader asks, too. What was heard before tells how things stood
        before a write; stamped with when that was, it never confirms one. Just after a start nothing has been heard:
        no reason to turn a command away.
        """
        endpoint, values = self._request(details, device.serial)
        timed = False
        try:
            answer = await self._client.ask(endpoint, **values)
        except Rests:
            if (told := self._client.told(endpoint, **values)) is None:
                return []
            (asked, answer), timed = told, True
        return list(_readings(device, family.shown, _bean(answer, family, device), asked, timed=timed))

    # Changing it

    async def write(self, device: Device, setting: Setting, values: Mapping[str, Value]) -> None:
        """Send one write; raise Refused, Doubtful, or what a request fails of before it is sent."""
        family, write = self._known(device, setting)
        method, _, kind = setting.how.partition("/")
        endpoint = ENDPOINTS[method]
        try:
            texts = self._texts(device, write, values) if write else _raw(setting, values, _parameters(endpoint))
        except CommandError as error:
            raise Refused(str(error), error.code) from error
        blank = dict.fromkeys(_fillers(endpoint), "")
        if "setType" in blank:
            texts["setType"] = kind
        sent = {**blank, **texts, "sn": device.serial, "family": family.kind, "kind": kind}
        try:
            await self._client.send(endpoint, **sent)
        except Refused as refusal:
            if refusal.code != UNKNOWN_TYPE or kind not in TYPO:
                raise
            await self._client.send(endpoint, **{**sent, "kind": TYPO[kind]})

    def _texts(self, device: Device, write: Write, values: Mapping[str, Value]) -> dict[str, str]:
        now = self._client.theirs(self._clock.now()).astimezone(device.zone) if device.zone else None
        names = _parameters(ENDPOINTS[write.method])
        pairs = encode(write.params, values, now)
        texts = {name: text for name, text in pairs if name in names}
        if write.kind in SCHEDULES and pairs:
            texts = {name: vpp.to_json(text) for name, text in texts.items()}
        return texts

    def _known(self, device: Device, setting: Setting) -> tuple[Family, Write | None]:
        """Return a device's family and the row behind a setting; None for a raw write."""
        family = FAMILIES.get(self._name(device))
        if family is None:
            msg = f"{device.id} has not been found in this account yet; it is searched for every hour"
            raise Unavailable(msg)
        for write in family.writes:
            if write.key == setting.key:
                return family, write
        method, _, kind = setting.how.partition("/")
        if setting.key.startswith(PUT) and method in ALSO:
            return family, next(iter(family.named_by(ALSO[method], kind)), None)
        return family, None

    # Raw writes

    def put(self, device: Device, method: str, kind: str, params: Sequence[object] | Mapping[str, object]) -> Put:
        """Return what a raw write means; raise CommandError where it makes none."""
        family = FAMILIES.get(self._name(device))
        writer = METHODS.get(method)
        if family is None or writer not in family.methods:
            names = sorted(name for name, own in METHODS.items() if family is not None and own in family.methods)
            msg = f"{method} sets nothing on {device.id}; what does: {', '.join(names) or 'nothing'}"
            raise CommandError(msg, "unknown_target")
        kind, params = ordered(method, kind, params)
        if method == "min_write_time_segment" and kind.isdecimal():
            kind = f"time_segment{kind}"
        if kind in SCHEDULES and isinstance(params, list) and params and isinstance(params[0], Mapping):
            params = [params]
        names = _parameters(ENDPOINTS[writer])
        given = named(params, names)
        if kind == registers.KIND and writer in registers.HIGHEST:
            return registers.put(writer, given, names)
        row = _row(family, writer, kind, given)
        if row is None:
            return _ad_hoc(writer, kind, given)
        setting = row.setting
        if writer != row.method and not (kind in SCHEDULES and kind != row.kind):
            setting = replace(setting, key=f"{PUT}{writer}_{row.kind}", how=f"{writer}/{row.kind}")
        return Put(setting, _decoded(row, given))


def _row(family: Family, writer: str, kind: str, given: Mapping[str, str]) -> Write | None:
    """Return the row of a raw write; V4's writers of one thing have it whatever the type is called."""
    table = ALSO.get(writer, writer)
    found = family.named_by(table, kind)
    if not found and ENDPOINTS[writer].newer and "setType" not in _fillers(ENDPOINTS[writer]):
        found = tuple(
            write for write in family.writes if write.method == table and write.kind == given.get("type", "value")
        )
    if not found and kind in SCHEDULES:  # the same schedule as by the family's own call, so that it is checked
        found = tuple(write for write in family.writes if write.key == "vpp_schedule")
    if kind == TYPO["spa_ac_discharge_time_period"] and writer == "spaSet" and len(given) == 17:  # noqa: PLR2004 - no 18th: no grid
        found = family.named_by(writer, "spa_ac_discharge_time_period")
    return next((write for write in found if _fixed(write, given)), found[0] if found else None)


def _fixed(row: Write, given: Mapping[str, str]) -> bool:
    """Return whether what is given of a row's constants is what they are."""
    params = [(param.name or f"param{place}", param) for place, param in enumerate(row.params, 1)]
    return all(given.get(name, param.fixed) == param.fixed for name, param in params if param.point is None)


def _decoded(row: Write, given: Mapping[str, str]) -> dict[str, Value]:
    if all(isinstance(param.accepts, Press) for param in row.params):
        return {point.key: "press" for point in row.points}
    if row.kind in SCHEDULES:
        (point,) = row.points
        raw = next(iter(given.values()), "").strip()
        text = vpp.to_text(raw) or (raw if re.fullmatch(SCHEDULE_PATTERN, raw) else "")
        if not text:
            msg = f"{point.key} takes a JSON list of percentage, startTime and endTime, or 00:00-05:00=95"
            raise CommandError(msg, "invalid_value")
        return {point.key: text}
    names = {param.name or f"param{place}" for place, param in enumerate(row.params, 1)}
    if extra := [name for name, text in given.items() if text and name not in names]:
        msg = f"{row.kind} has no parameter {extra[0]}; it has: {', '.join(sorted(names))}"
        raise CommandError(msg, "invalid_value")
    return decode(row.params, {name: text for name, text in given.items() if name in names})


def _ad_hoc(writer: str, kind: str, given: Mapping[str, str]) -> Put:
    """Return a raw write that no row knows: dangerous, and not read back."""
    key = f"{PUT}{kind}"
    values: dict[str, Value] = {f"{key}_{name}": text for name, text in given.items() if text}
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", kind) or not values:
        msg = f"{kind!r} with {len(values)} parameters is nothing that could be set"
        raise CommandError(msg, "invalid_value")
    points = tuple(Point(name, name, kind=Kind.TEXT, role=Role.TAIL, accepts=Words(LONGEST)) for name in values)
    return Put(Setting(key, points, danger=True, reads_back=False, how=f"{writer}/{kind}"), values)


def _raw(setting: Setting, values: Mapping[str, Value], names: Sequence[str]) -> dict[str, str]:
    if register := registers.number(setting):
        return dict(zip(names, (register, f"{float(values[setting.key]):.0f}"), strict=False))
    return {name.removeprefix(f"{setting.key}_"): str(value) for name, value in values.items()}


def _fillers(endpoint: Endpoint) -> list[str]:
    """Return the names that an endpoint's request has to be filled in with, in order."""
    return [found[1] for _, value in (*endpoint.query, *endpoint.form) if (found := _FILLER.fullmatch(value))]


def _parameters(endpoint: Endpoint) -> list[str]:
    return [name for name in _fillers(endpoint) if name not in _OWN]


# Out of an answer


def _readings(
    device: Device, own: Sequence[Row], payload: Mapping[str, object], at: datetime, *, timed: bool = False
) -> Iterator[Reading]:
    for row in own:
        value = row.decode(payload)
        if value is not None:
            yield Reading(device.id, row.point, value, at, timed)


def _parameter(kind: str, root: object) -> object:
    """Return what `readVppParameter` says: in `data`, or else in `message`."""
    found = root if isinstance(root, Mapping) else {}
    raw = found.get("data")
    if raw is None or raw == "":
        raw = found.get("message")
    return vpp.to_text(raw) if kind in SCHEDULES else _plain(raw)


def _plain(raw: object) -> object:
    """Return a value as a row reads it: a command's 0001 is 1."""
    return str(int(raw)) if isinstance(raw, str) and raw.isdecimal() else raw


def _bean(answer: object, family: Family, device: Device) -> Mapping[str, object]:
    """Return the fields of one device from an answer about it, or about several (V4)."""
    if not isinstance(answer, Mapping):
        msg = f"Growatt's answer about the settings of {device.id} has another form than ever before"
        raise ProtocolError(msg)
    several = answer.get(family.kind)
    if not isinstance(several, list):
        return answer
    for each in several:
        if isinstance(each, Mapping) and device.serial in {each.get("deviceSn"), each.get("serialNum")}:
            return each
    msg = f"Growatt has nothing of the settings of {device.id} at the moment"
    raise NoData(msg)
