"""Sums of money as Growatt writes them: "3.1/€", "209.7 (€)", "€2.4", "0.0 "."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from app.model import Point

SYMBOLS: Final[Mapping[str, str]] = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "US$": "USD",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "NZ$": "NZD",
    "R$": "BRL",
    "HK$": "HKD",
    "¥": "CNY",  # of the two that write ¥, Growatt's home
    "￥": "CNY",
    "元": "CNY",
    "RMB": "CNY",
    "₹": "INR",
    "RS": "INR",
    "₩": "KRW",
    "₫": "VND",
    "฿": "THB",
    "₱": "PHP",
    "₴": "UAH",
    "₺": "TRY",
    "₦": "NGN",
    "₪": "ILS",
    "₽": "RUB",
    "ZŁ": "PLN",
    "KČ": "CZK",
    "FT": "HUF",
    "LEI": "RON",
    "CHF": "CHF",
    "EURO": "EUR",
    "DOLLAR": "USD",
    "POUND": "GBP",
    "RAND": "ZAR",
    "R": "ZAR",
    "RM": "MYR",
}
"""Symbols and names in upper case -> ISO 4217; what is not listed is kept as it is."""

_AMOUNT: Final = re.compile(r"[-+]?\d+(?:[ ,]\d{3})*(?:\.\d+)?")


def currency(raw: object) -> str:
    """Return a currency's ISO 4217 code, its symbol where that is not known, or nothing."""
    if not isinstance(raw, str):
        return ""
    words = raw.strip(" ()/\t\n")
    return SYMBOLS.get(words.upper(), words if len(words) <= 8 else "")  # noqa: PLR2004 - longer is no currency


def amount(raw: object) -> tuple[float, str] | None:
    """Return a sum and its currency; None where there is no number."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        return float(raw), ""
    found = _AMOUNT.search(raw) if isinstance(raw, str) else None
    if found is None or not isinstance(raw, str):
        return None
    digits = found[0].replace(",", "").replace(" ", "")
    return float(digits), currency(raw[: found.start()] + raw[found.end() :])


@cache
def in_unit(point: Point, code: str) -> Point:
    """Return a point of money in a currency."""
    return replace(point, unit=code)
