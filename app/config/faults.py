"""What is wrong with a configuration, in words its owner understands: where, what, and what to do; never the value."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app import providers
from app.config import shape
from app.config.document import Document
from app.config.shape import Path, Shape
from app.config.sources import PREFIX, Faults

STARS: Final = "***"
_NAME: Final = "[key]"
"""Where pydantic finds a name in a mapping at fault."""
_WORD: Final = re.compile(r"[\w*/.-]{0,64}")
_VERBS: Final = ("is ", "must ", "needs ", "takes ", "contradicts ", "lacks ")
_TEXTS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "string_type": "must be text: put it in quotes",
    "string_too_long": "must not be longer than {max_length} letters",
    "string_pattern_mismatch": "is not written as it must be (pattern {pattern})",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "dict_type": "must be a section of keys",
    "model_type": "must be a section of keys",
    "mapping_type": "must be a section of keys",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "time_delta_type": "must be a span of time such as 90s, 5m or 1h",
    "time_delta_parsing": "must be a span of time such as 90s, 5m or 1h",
    "time_type": "must be a time of day such as 22:00",
    "time_parsing": "must be a time of day such as 22:00",
    "path_type": "must be the name of a file or folder",
    "url_parsing": "must be an address such as https://example.org",
    "url_scheme": "must be an address that begins with {expected_schemes}",
    "too_long": "takes at most {max_length}",
}
"""By pydantic's name for the fault (https://docs.pydantic.dev/latest/errors/validation_errors/)."""


@dataclass(slots=True)
class Sentences:
    """Turns what was found into sentences, in the order of the file."""

    document: Document
    labels: Mapping[Path, str]
    """What each value is called where it comes from, the strongest source's name."""
    data: Mapping[str, Any]
    """All values, as they were merged."""
    empty: frozenset[Path]
    """Keys in the file that have nothing behind them."""

    def of(self, faults: Faults, error: ValidationError | None) -> tuple[str, ...]:
        """Return one sentence a fault."""
        said: list[tuple[tuple[int, int, int], str]] = []
        for mark, sentence in self.document.faults:
            said.append(((0, mark.line, mark.column), f"{self.document.where(mark)}: {sentence}"))
        for path, label, sentence in faults.found:
            said.append((self._order(label), f"{label}: {_about(path, sentence)}"))
        wrong = {path for path, _, _ in faults.found}
        for path, kind, sentence in self._checked(error):
            if path not in wrong:
                said.append(self._placed(path, kind, sentence))
        return tuple(dict.fromkeys(sentence for _, sentence in sorted(said, key=lambda item: item[0])))

    # What pydantic found

    def _checked(self, error: ValidationError | None) -> Iterable[tuple[Path, str, str]]:
        """Return pydantic's findings as (path, kind, sentence), branches of a union that were not meant left out."""
        found = []
        for detail in error.errors(include_url=False) if error is not None else ():
            path, meant = self._path(detail)
            if meant:
                kind = _NAME if detail["loc"][-1] == _NAME else detail["type"]
                found.append((path, kind, self._sentence(path, detail)))
        return found

    def _path(self, detail: ErrorDetails) -> tuple[Path, bool]:
        """Return the keys of an error's place, and whether it is about what the owner meant to write."""
        path: Path = ()
        known: object = self.data
        here: Shape | None = shape.top()
        for step in detail["loc"]:
            word = str(step)
            if word == _NAME:
                continue
            names = known if isinstance(known, Mapping) else {}
            if here is not None and here.model is not None and here.scalar and word not in names:
                tags_section = here.model.__name__ in word  # such as `function-after[..., TlsSettings]`
                if tags_section != isinstance(known, Mapping):
                    return path, False  # a plain value stands there and a section was tried, or the reverse
                if tags_section:
                    continue
                return path, True
            known = names.get(word)
            path = (*path, word)
            here = shape.below(here, word, known) if here is not None else None
        return path, True

    def _sentence(self, path: Path, detail: ErrorDetails) -> str:
        kind, context = detail["type"], detail.get("ctx", {})
        if kind == "unknown_provider":
            names = providers.available()
            return f"is no known provider{_meant(str(self._value(path)), names)}; there are {', '.join(names)}"
        if kind == "extra_forbidden":
            return self._unknown(path)
        if detail["loc"][-1] == _NAME:
            form = "<device id>/<point> or */<point>" if path[0] == "points" else "letters, digits, _ and -"
            return f"is no name that can stand here: write {form}"
        if kind in ("string_too_short", "too_short"):
            return self._too_short(path, context["min_length"])
        if kind in _TEXTS:
            return _TEXTS[kind].format(**context)
        return self._masked(str(context.get("error") or detail["msg"]), detail["input"])

    def _too_short(self, path: Path, least: int) -> str:
        if path == ("accounts",):
            return "needs at least one login"
        return "must not be empty" if least == 1 else f"must not be shorter than {least} letters"

    def _unknown(self, path: Path) -> str:
        if ":" in path[-1]:
            return "is no known key; a space is missing after its colon"
        around = shape.at(path[:-1], self.data)
        meant = shape.nearest(path[-1], around.fields) if around else None
        label = self.labels.get(path) or self._first_below(path) or ""
        if label.upper().startswith(PREFIX) and meant:
            return f"is no known key; did you mean {_variable((*path[:-1], meant))}?"
        keys = f"; there are {', '.join(sorted(around.fields))}" if around and around.fields and not meant else ""
        return "is no known key" + (f"; did you mean `{meant}`?" if meant else keys)

    def _masked(self, message: str, given: object) -> str:
        """Return a check's own words without anything of the value they are about."""
        for value in sorted(_leaves(given), key=len, reverse=True):
            message = re.sub(_whole(value), lambda _: STARS, message)
        return message.removeprefix("Value error, ")

    def _value(self, path: Path) -> object:
        value: object = self.data
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    # Where it stands

    def _placed(self, path: Path, kind: str, sentence: str) -> tuple[tuple[int, int, int], str]:
        """Return a finding with its place in front, and what it is sorted by."""
        label = self.labels.get(path)
        if kind == "missing" and path in self.empty:
            mark = self.document.keys[path]
            around = shape.at(path, self.data)
            plain = around is not None and around.scalar
            said = "is empty" + ("; a value that begins with # must be put in quotes" if plain else "")
            return (0, mark.line, mark.column), f"{self.document.where(mark)}: {_about(path, said)}"
        if kind == "missing" and path[:-1]:
            name = _variable(path)
            sentence += f": set it in the file, or with {name} or {name}_FILE"
        if kind == "missing" and path == ("accounts",):
            sentence += ": name at least one login, see docs/configuration.md"
        if kind == "extra_forbidden" and label is None:
            label = self._first_below(path)
        if label is not None and label.startswith(f"{self.document.name}:"):
            if kind in ("extra_forbidden", _NAME) and path in self.document.keys:
                label = self.document.where(self.document.keys[path])
        else:
            label = label or self._around(path)
        said = _about(path, sentence)
        return self._order(label), f"{label}: {said}" if label else said

    def _first_below(self, path: Path) -> str | None:
        """Return what the first value below a place is called, for a section that a variable only implies."""
        return next((label for place, label in self.labels.items() if place[: len(path)] == path), None)

    def _around(self, path: Path) -> str:
        """Return where the nearest section around a place stands in the file, else the file's own name."""
        for length in range(len(path), 0, -1):
            mark = self.document.keys.get(path[:length])
            if mark:
                return self.document.where(mark)
        return self.document.name

    def _order(self, label: str) -> tuple[int, int, int]:
        if self.document.name and label.startswith(f"{self.document.name}:"):
            line, _, column = label[len(self.document.name) + 1 :].partition(":")
            return 0, int(line), int(column)
        return 1, 0, 0


def _about(path: Path, sentence: str) -> str:
    """Return a sentence with the key it is about in front."""
    if not path:
        return sentence
    joined = " " if sentence.startswith(_VERBS) else ": "
    return ".".join(_shown(key) for key in path) + joined + sentence


def _shown(key: str) -> str:
    """Return a key as far as it can be one: `password:secret`, without the space, would show the secret."""
    word = _WORD.match(key)
    return key if word and word.end() == len(key) else f"{word[0] if word else ''}..."


def _variable(path: Path) -> str:
    return PREFIX + "__".join(path).upper()


def _meant(word: str, words: Iterable[str]) -> str:
    found = shape.nearest(word, words)
    return f"; did you mean `{found}`?" if found else ""


def _whole(value: str) -> str:
    """Return a pattern that finds a value, but not as a part of a longer word or number."""
    before, after = r"(?<!\w)(?<!\w\.)", r"(?!\.?\w)"
    word = re.compile(r"\w")
    return (before if word.match(value) else "") + re.escape(value) + (after if word.match(value[-1]) else "")


def _leaves(value: object) -> set[str]:
    """Return every text in some data; very short ones would strike out half of any sentence.

    A number is no secret (those must be text), and a sentence about it shows how it should have been written.
    """
    if isinstance(value, Mapping):
        return {leaf for inner in value.values() for leaf in _leaves(inner)}
    if isinstance(value, list | tuple):
        return {leaf for inner in value for leaf in _leaves(inner)}
    text = value if isinstance(value, str) else ""
    return {text} if len(text) > 2 else set()  # noqa: PLR2004 - two letters give nothing away
