"""Names in the languages spoken: English name -> name. A name that is missing stays English."""

from collections.abc import Mapping

TRANSLATIONS: Mapping[str, Mapping[str, str]] = {
    "en": {},
    "de": {},
    "nl": {},
    "fr": {},
    "es": {},
    "it": {},
    "pt": {},
    "pl": {},
}
