"""Names in the languages spoken: English name -> name. A name that is missing stays English."""

from collections.abc import Mapping
from typing import Final

from app.sinks.homeassistant.translations import de, es, fr, it, nl, pl, pt

TRANSLATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {},
    "de": de.NAMES,
    "nl": nl.NAMES,
    "fr": fr.NAMES,
    "es": es.NAMES,
    "it": it.NAMES,
    "pt": pt.NAMES,
    "pl": pl.NAMES,
}
