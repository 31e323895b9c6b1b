"""Names in the user's language. Only names: ids, topics and states are the same in every language."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.model import Point
from app.sinks.homeassistant.translations import TRANSLATIONS

LABELS: Final[Mapping[str, str]] = {"ct": "Current transformer", "none": "Nothing"}
"""What a person reads for a word, where that is not the word itself. Home Assistant takes None for an unknown state."""


class Names:
    """Names in one language; what has not been translated stays English."""

    def __init__(self, language: str) -> None:
        self._translations = TRANSLATIONS[language]

    def say(self, name: str) -> str:
        """Return an English name in the language."""
        return self._translations.get(name, name)

    def of(self, point: Point) -> str:
        """Return the name of a point, its number filled in."""
        name = self.say(point.name)
        return name if point.n is None else name.replace("{n}", str(point.n))

    def labels(self, words: Sequence[str]) -> Mapping[str, str]:
        """Return what a person reads for each of a choice's words; the words themselves where two would read alike."""
        labels = {word: self.say(LABELS.get(word, word.replace("_", " ").capitalize())) for word in words}
        return labels if len(set(labels.values())) == len(labels) else {word: word for word in words}
