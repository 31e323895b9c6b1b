"""The YAML file as data, with the line and column of every key and value.

Plain words are read as YAML 1.2 does (https://yaml.org/spec/1.2.2/#103-core-schema): `no` is a word
and `22:00` is not a number. What YAML itself says of a fault may quote the file, so it is said anew.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from app.config.shape import Path
from app.errors import ConfigError

_TAG: Final = "tag:yaml.org,2002:"
NULL, BOOL, INT = f"{_TAG}null", f"{_TAG}bool", f"{_TAG}int"
FLOAT, STR, MERGE = f"{_TAG}float", f"{_TAG}str", f"{_TAG}merge"
LONGEST: Final = 100
"""Digits; a longer number is a word."""


class _Loader(yaml.SafeLoader):
    """Reads YAML with the few kinds of plain words that YAML 1.2 has."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 - how PyYAML wants it


for _tag, _pattern, _first in (
    (NULL, r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    (BOOL, r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    (INT, r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    (
        FLOAT,
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+0123456789.",
    ),
    (MERGE, r"^<<$", "<"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), ["" if letter == "\0" else letter for letter in _first])

_ADVICE: Final = (
    ("found character '\\t'", "a tab stands where only spaces may: indent with spaces"),
    ("that cannot start any token", "a value that begins with a special character (@, ` or %) must be put in quotes"),
    (
        "mapping values are not allowed",
        "a colon stands where none may: check the indentation, and quote a text with a colon",
    ),
    ("could not find expected ':'", "a key without its colon: write `key: value`, with a space after the colon"),
    ("undefined alias", "a value that begins with * must be put in quotes"),
    ("expected alphabetic or numeric character", "a value that begins with & or * must be put in quotes"),
    ("duplicate anchor", "the same &anchor is set twice; a value that begins with & must be put in quotes"),
    ("unexpected end of stream", "a quote is opened and never closed"),
    ("expected <block end>", "the indentation does not fit the lines above"),
    ("expected ',' or", "a bracket is opened and never closed, or a comma is missing"),
    ("expected the node content, but found '<stream end>'", "a bracket is opened and never closed"),
    ("expected the node content", "a value is missing or begins with a special character: put it in quotes"),
    ("unknown escape character", "a backslash within double quotes: use single quotes instead"),
    ("another document", "the file holds more than one document: remove the line `---`"),
    ("tag handle", "a value that begins with ! must be put in quotes"),
)
"""What PyYAML says, and what its owner can do about it."""


_WORDS: Final[Mapping[str, Callable[[str], Any]]] = {
    STR: str,
    MERGE: str,
    NULL: lambda _: None,
    BOOL: lambda text: text.lower() == "true",
    INT: lambda text: int(text, 0) if text[:2] in ("0o", "0x") else int(text),
    FLOAT: lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
}
"""What the plain words of each kind are."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the file, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """A file that has been read."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    """Where each key stands."""
    marks: dict[Path, Mark] = field(default_factory=dict)
    """Where each value stands."""
    faults: list[tuple[Mark, str]] = field(default_factory=list)

    def where(self, mark: Mark) -> str:
        """Return a place as `file:line:column`."""
        return f"{self.name}:{mark.line}:{mark.column}"


def read(file: File) -> Document:
    """Read a file; raise ConfigError if it cannot be read or is not a mapping of keys."""
    name = str(file)
    try:
        raw = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        advice = "check the name and who may read it"
        if isinstance(error, IsADirectoryError):
            advice = "a container's engine makes a folder where the file was missing; remove it and put the file there"
        msg = f"{name}: the configuration cannot be read ({reason}): {advice}"
        raise ConfigError(msg) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        msg = f"{name}:{line}:{column}: not UTF-8 text: save the file with the encoding UTF-8"
        raise ConfigError(msg) from None
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """Read YAML; faults that leave the rest readable are kept in the document, others raise ConfigError."""
    document = Document(name)
    node = _compose(text, document)
    if node is None or (isinstance(node, ScalarNode) and node.tag == NULL):
        return document
    if not isinstance(node, MappingNode):
        msg = f"{document.where(_mark(node))}: the file must be a mapping of keys, such as `accounts:`"
        raise ConfigError(msg)
    document.data = _Reader(document).mapping(node, ())
    return document


def _compose(text: str, document: Document) -> Node | None:
    # Whatever YAML raises quotes the file, so nothing of it is chained to our error.
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
        problem = f"{error.problem} {error.context}"
        advice = next(
            (advice for words, advice in _ADVICE if words in problem),
            "this is no valid YAML: check indentation and quotes",
        )
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        mark = Mark(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        advice = "a control character stands here: remove it"
    except RecursionError:
        mark, advice = Mark(1, 1), "the file is nested too deeply"
    msg = f"{document.where(mark)}: {advice}"
    raise ConfigError(msg) from None


class _Reader:
    """Makes data of nodes, and notes where they stood."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._open: list[Node] = []

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        """Return a mapping's data."""
        data: dict[str, Any] = {}
        own = [(key, value) for key, value in node.value if key.tag != MERGE]
        self._open.append(node)
        for key, value in node.value:
            if key.tag == MERGE:
                for other in self._merged(value):
                    for name, inherited in self.mapping(other, path).items():
                        data.setdefault(name, inherited)
        first: dict[str, Mark] = {}
        for key, value in own:
            if not isinstance(key, ScalarNode):
                self._fault(key, "a key must be a plain word")
            elif key.value in first:
                self._fault(key, f"this key is set twice; the first time on line {first[key.value].line}")
            else:
                first[key.value] = _mark(key)
                inner = (*path, key.value)
                self._document.keys[inner] = _mark(key)
                data[key.value] = self._value(value, inner)
        self._open.pop()
        return data

    def _merged(self, node: Node) -> Iterator[MappingNode]:
        for part in node.value if isinstance(node, SequenceNode) else [node]:
            if isinstance(part, MappingNode) and part not in self._open:
                yield part
            else:
                self._fault(part, "`<<` takes an *alias of another section")

    def _value(self, node: Node, path: Path) -> Any:  # noqa: ANN401 - whatever YAML can hold
        self._document.marks[path] = _mark(node)
        if node in self._open:
            self._fault(node, "this section refers to itself by its own *alias")
            return None
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            self._open.append(node)
            items = [self._value(item, (*path, str(number))) for number, item in enumerate(node.value)]
            self._open.pop()
            return items
        return self._scalar(node)

    def _scalar(self, node: Node) -> Any:  # noqa: ANN401 - a word, a number, a truth value or nothing
        text: str = node.value
        if len(text) > LONGEST and node.tag in (INT, FLOAT):
            return text
        if node.tag not in _WORDS:
            self._fault(node, "a value that begins with ! must be put in quotes")
            return None
        return _WORDS[node.tag](text)

    def _fault(self, node: Node, sentence: str) -> None:
        self._document.faults.append((_mark(node), sentence))


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
