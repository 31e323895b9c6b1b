"""Names in the user's language. Only names: ids, topics and states are the same in every language."""

from app.model import Point
from app.sinks.homeassistant.translations import TRANSLATIONS


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
