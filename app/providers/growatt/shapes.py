"""What has to happen to some of Growatt's answers before a row can read them.

Rows are data and know neither units that change from server to server, nor signs that do, nor values that lie
in an object inside the answer. All of that is here, one function an answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.providers.growatt import money
from app.providers.growatt.families import Shape
from app.providers.growatt.times import AHEAD, wall
from app.rows import number, text

STAMPS: Final = ("time", "lastUpdateTimeText", "lastUpdateTime", "calendar", "timeCalendar")
"""Where an answer tells when its values were measured, the surest first."""
_SEGMENT: Final = re.compile(r"(?P<mode>\d)_(?P<start>\d\d?:\d\d?)_(?P<end>\d\d?:\d\d?)_(?P<power>\d+)(?:_[\d,]*)?")
"""A NOAH's time segment: mode, start, end and W, sometimes the days of the week (mtrossbach/noah-mqtt)."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """An answer, ready for the rows."""

    payload: Mapping[str, object]
    stamp: datetime | None = None
    """When it was measured, as the clock on the wall showed it."""
    currency: str = ""


def bean(answer: object, names: tuple[str, ...]) -> Mapping[str, object]:
    """Return the first object of these names inside an answer, or the answer itself."""
    if not isinstance(answer, Mapping):
        return {}
    for name in names:
        inner = answer.get(name)
        if isinstance(inner, Mapping):
            return inner
    return answer


def shaped(shape: Shape, payload: Mapping[str, object], local: datetime) -> Shaped:
    """Return an answer's fields ready for its rows; `local` is now, as the plant's clock on the wall shows it."""
    stamp = next((found for name in STAMPS if (found := wall(payload.get(name))) is not None), None)
    plain = Shaped(payload, stamp)
    function = _FUNCTIONS.get(shape)
    return function(plain, local) if function is not None else plain


def _kilowatts(plain: Shaped, _local: datetime) -> Shaped:
    """Bring the powers of a live picture to kW, which its rows expect."""
    fields = dict(plain.payload)
    if (text(fields.get("unit")) or "kW").lower() == "w":
        for name in (
            "ppv",
            "pactouser",
            "pactogrid",
            "pLocalLoad",
            "chargePower",
            "pdisCharge",
            "pdisCharge1",
            "pPv1",
            "pPv2",
        ):
            _thousandth(fields, name)
    elif _in_watts(number(fields.get("ppv")), number(fields.get("pPv1")), number(fields.get("pPv2"))):
        _thousandth(fields, "pPv1")
        _thousandth(fields, "pPv2")
    rated = number(fields.get("pmax"))
    if rated is not None and rated >= 100:  # noqa: PLR2004 - no hybrid of this family has 100 kW: it is W
        fields["pmax"] = rated / 1000
    return replace(plain, payload=fields)


def _in_watts(whole: float | None, *parts: float | None) -> bool:
    """Return whether strings' powers are in W beside a sum in kW: whichever fits the sum better; without one, by size.

    growattServer's docs say W, Home Assistant labels them kW; both were seen.
    """
    total = sum(part for part in parts if part is not None)
    if whole:
        return abs(total / 1000 - whole) < abs(total - whole)
    return total > 50  # noqa: PLR2004 - no string of this family has 50 kW


def _thousandth(fields: dict[str, object], name: str) -> None:
    value = number(fields.get(name))
    if value is not None:
        fields[name] = value / 1000


def _totals(plain: Shaped, _local: datetime) -> Shaped:
    return replace(plain, currency=money.currency(plain.payload.get("unit")))


def _chart(plain: Shaped, local: datetime) -> Shaped:
    """Take the newest time of today's chart as the stamp: the only one that a hybrid's answers have."""
    chart = plain.payload.get("chartData")
    stamps = (
        [found for key in chart if (found := _clock(str(key), local)) is not None] if isinstance(chart, Mapping) else []
    )
    stamp = max((found for found in stamps if found <= local + AHEAD), default=None)
    return replace(plain, stamp=stamp)


def _clock(key: str, local: datetime) -> datetime | None:
    """Return today's moment of "HH:MM"."""
    return wall(f"{local:%Y-%m-%d} {key}")


def _dashboard(plain: Shaped, _local: datetime) -> Shaped:
    """Keep the one field that is right for hybrids: what came from the grid today, charging included.

    growattServer's docs call the others "not accurate for Mix systems"; Home Assistant uses this one only.
    """
    return Shaped({"etouser_combined": plain.payload.get("etouser")})


def _storage(plain: Shaped, _local: datetime) -> Shaped:
    """Lay the detail over the bean, and read a negative charging power as discharging.

    The bean's energies are 0 on some servers while the overview has them: a zero there proves nothing.
    """
    outer = plain.payload
    under, over = (
        inner if isinstance(inner := outer.get(name), Mapping) else {} for name in ("storageBean", "storageDetailBean")
    )
    proven = {name: value for name, value in under.items() if not (str(name).startswith("e") and not number(value))}
    fields: dict[str, object] = {**proven, **over} if under or over else dict(outer)
    charge, discharge = number(fields.get("pCharge"), "W"), number(fields.get("pDischarge"), "W")
    if charge is not None:
        fields["pCharge"] = max(charge, 0.0)
        fields["pDischarge"] = max(discharge or 0.0, -charge)
    stamp = next((found for name in STAMPS if (found := wall(fields.get(name))) is not None), None)
    return Shaped(fields, stamp)


def _noah(plain: Shaped, _local: datetime) -> Shaped:
    return replace(plain, currency=money.currency(plain.payload.get("moneyUnit")))


def _noah_settings(plain: Shaped, _local: datetime) -> Shaped:
    """Lift the time segments out of their map, or out of their list of maps, and unpack those whose form is known."""
    segments = plain.payload.get("time_segment")
    maps = [segments] if isinstance(segments, Mapping) else segments if isinstance(segments, list) else []
    fields = dict(plain.payload)
    for name, value in (pair for each in maps if isinstance(each, Mapping) for pair in each.items()):
        found = _SEGMENT.fullmatch(value) if isinstance(value, str) else None
        parts = found.groupdict() if found else {}
        fields |= {f"{name}_{part}": text for part, text in parts.items()} if parts else {str(name): value}
    return Shaped(fields)


def _settings(plain: Shaped, _local: datetime) -> Shaped:
    """What a device is set to holds now, whenever it last told of it."""
    return replace(plain, stamp=None)


def _plant(plain: Shaped, _local: datetime) -> Shaped:
    """Split sums of money into number and currency; a plant's sums hold now."""
    return _paid(plain.payload, ("plantMoneyText", "totalMoneyText"))


def _plant_energy(plain: Shaped, _local: datetime) -> Shaped:
    """As `_plant`; and lift the counts of devices out of their map."""
    fields = {name: value for name, value in plain.payload.items() if name != "statusMap"}
    counts = plain.payload.get("statusMap")
    if isinstance(counts, Mapping):
        fields |= {f"statusMap_{name}": value for name, value in counts.items()}
    return _paid(fields, ("todayProfitStr", "monthProfitStr", "totalProfitStr"))


def _paid(payload: Mapping[str, object], names: tuple[str, ...]) -> Shaped:
    fields, currencies = dict(payload), []
    for name in names:
        found = money.amount(fields.pop(name, None))
        if found is not None:
            fields[name] = found[0]
            currencies.append(found[1])
    return Shaped(fields, None, next(filter(None, currencies), ""))


_FUNCTIONS: Final[Mapping[Shape, Callable[[Shaped, datetime], Shaped]]] = {
    Shape.KILOWATTS: _kilowatts,
    Shape.TOTALS: _totals,
    Shape.CHART: _chart,
    Shape.DASHBOARD: _dashboard,
    Shape.STORAGE: _storage,
    Shape.NOAH: _noah,
    Shape.NOAH_SETTINGS: _noah_settings,
    Shape.PLANT: _plant,
    Shape.PLANT_ENERGY: _plant_energy,
    Shape.SETTINGS: _settings,
}
