"""Where values come from: `--set`, the environment, secret files, the YAML file; and what each was called there."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path as File
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from app.config import shape
from app.config.document import Document
from app.config.sections import Config
from app.config.shape import Path, Shape

PREFIX: Final = "HELIOPOST_"
RESERVED: Final = ("HELIOPOST_CONFIG", "HELIOPOST_SECRETS_DIR", "HELIOPOST_CONFIRM_TOKEN")
"""Variables that are no keys: where the file is, where the secret files are, and what `heliopost set` confirms with."""
SECRETS_DIR: Final = "/run/secrets"
LARGEST: Final = 64 * 1024
"""Bytes; a larger secret file is not one."""
_DURATION: Final = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h|d)\s*$")
_SECONDS: Final = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_LONGEST: Final = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Entry:
    """One value by one name."""

    label: str
    """What it is called where it comes from: a variable, a file, an option."""
    words: tuple[str, ...]
    """The keys that the name stands for, in whatever case."""
    value: str = field(repr=False)


@dataclass(slots=True)
class Layer:
    """All that comes from one kind of place."""

    data: dict[str, Any] = field(default_factory=dict, repr=False)
    labels: dict[Path, str] = field(default_factory=dict)
    """What each value is called where it comes from."""


@dataclass(slots=True)
class Faults:
    """What is wrong so far: sentences by the place in the configuration that they are about."""

    found: list[tuple[Path, str, str]] = field(default_factory=list)
    """(path, label, sentence)."""

    def add(self, path: Path, label: str, sentence: str) -> None:
        """Note a fault."""
        self.found.append((path, label, sentence))


class LayerSource(PydanticBaseSettingsSource):
    """One layer, as pydantic-settings wants it."""

    def __init__(self, layer: Layer) -> None:
        """Hand on a layer's data."""
        super().__init__(Config)
        self._layer = layer

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the signature is pydantic-settings'
        """Return one key's value."""
        return self._layer.data.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return all values."""
        return self._layer.data


def duration(text: str) -> timedelta | None:
    """Return a span of time written as `90s`, `5m`, `1h` or `2d`, or None for anything else."""
    match = _DURATION.match(text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else None
    return timedelta(seconds=seconds) if seconds is not None and seconds <= _LONGEST.total_seconds() else None


# Names and values one by one


def overrides(pairs: Iterable[str], faults: Faults) -> Iterator[Entry]:
    """Return the values of `--set key=value` options."""
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            faults.add((), "--set", "write it as key=value, such as mqtt.host=broker.lan")
            continue
        yield Entry(f"--set {name.strip()}", tuple(name.strip().split(".")), value)


def environment(environ: Mapping[str, str]) -> Iterator[Entry]:
    """Return the values of all `HELIOPOST_...` variables."""
    for name, value in sorted(environ.items()):
        if name.upper().startswith(PREFIX) and name.upper() not in RESERVED:
            yield Entry(name, tuple(name[len(PREFIX) :].split("__")), value)


def secret_files(folders: Iterable[File], faults: Faults) -> Iterator[Entry]:
    """Return the values of the files in folders of secrets whose name is that of a key."""
    for folder in folders:
        try:
            files = sorted(file for file in folder.iterdir() if file.is_file())
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            faults.add((), str(folder), f"the folder of secrets cannot be read ({_reason(error)})")
            continue
        for file in files:
            words = _words(file.name)
            if words:
                value = _contents(file, (), str(file), faults)
                if value is not None:
                    yield Entry(str(file), words, value)


def _words(name: str) -> tuple[str, ...] | None:
    """Return the keys that a secret file's name stands for, or None if the file is not meant for us."""
    if name.upper().startswith(PREFIX):
        return tuple(name[len(PREFIX) :].split("__"))
    words = tuple(name.split("__"))
    return words if len(words) > 1 and words[0].lower() in shape.top().fields else None


def _contents(file: File, path: Path, label: str, faults: Faults) -> str | None:
    """Return what a secret file holds, without the line end at its end; note why not.

    The file is not named: who confuses `PASSWORD_FILE` with `PASSWORD` would find the password in the log.
    """
    try:
        raw = file.read_bytes() if file.stat().st_size <= LARGEST else None
        text = raw.decode().rstrip("\r\n") if raw is not None else ""
    except OSError as error:
        faults.add(path, label, f"the file cannot be read ({_reason(error)})")
        return None
    except ValueError:  # no UTF-8, or a name that no file can have
        faults.add(path, label, "the file is not UTF-8 text")
        return None
    if not text:
        faults.add(path, label, "the file is empty" if raw is not None else "the file is larger than a secret can be")
        return None
    return text


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown error").lower()


# From names to a tree


def is_file(entry: Entry, data: Mapping[str, Any]) -> bool:
    """Return whether a variable's `_FILE` means a file that holds the value, and is not part of a key's own name."""
    words = resolve(entry.words, data)
    if not words[-1].lower().endswith("_file"):
        return False
    return shape.at(words, data) is None


def opened(entries: Iterable[Entry], data: Mapping[str, Any], faults: Faults) -> tuple[list[Entry], list[Entry]]:
    """Return the entries that hold their value, and those of `_FILE` variables, with what their files hold."""
    plain, files = [], []
    for entry in entries:
        if not is_file(entry, data):
            plain.append(entry)
            continue
        words = (*entry.words[:-1], entry.words[-1][: -len("_file")])
        path = resolve(words, data)
        value = _contents(File(entry.value), path, entry.label, faults) if entry.value else None
        if not entry.value:
            faults.add(path, entry.label, "is empty: it must name a file")
        if value is not None:
            files.append(Entry(entry.label, words, value))
    return plain, files


def resolve(words: Sequence[str], data: Mapping[str, Any]) -> Path:
    """Return the keys that a name stands for: keys are lower case, names of accounts and devices as they are known."""
    path: Path = ()
    known: object = data
    here: Shape | None = shape.top()
    for word in words:
        names = known if isinstance(known, Mapping) else {}
        if here is not None and here.values is not None:
            key = _name(word, names)
        else:
            key = word.lower() if word.isupper() or here is None or word.lower() in here.fields else word
        path = (*path, key)
        known = names.get(key)
        here = shape.below(here, key, known) if here is not None else None
    return path


def _name(word: str, known: Iterable[str]) -> str:
    """Return the name in a mapping that a word stands for; a variable's name cannot always be in its case."""
    names = list(known)
    if word in names:
        return word
    same = next((name for name in names if name.lower() == word.lower()), None)
    return same or (word.lower() if word.isupper() else word)


def layer(entries: Iterable[Entry], data: Mapping[str, Any], faults: Faults) -> Layer:
    """Return single values as a tree; `data` is what is known of the names of accounts and devices."""
    made = Layer()
    for entry in entries:
        path = resolve(entry.words, data)
        if not all(path):
            faults.add(path, entry.label, "a key is missing between the underscores or dots")
            continue
        place = made.data
        for key in path[:-1]:
            inner = place.setdefault(key, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            if path[-1] not in place:
                place[path[-1]] = _parsed(entry, shape.at(path, data), path, faults)
                made.labels[path] = entry.label
                continue
        faults.add(path, entry.label, "contradicts another one for the same key")
    return made


def _parsed(entry: Entry, here: Shape | None, path: Path, faults: Faults) -> Any:  # noqa: ANN401 - what JSON can hold
    """Return a value as data: JSON where a section or a list stands, comma-separated words for a list, else text."""
    text = entry.value
    if here is None or (here.scalar and not text.lstrip().startswith(("{", "["))):
        return text
    if text.lstrip().startswith(("{", "[")) and (here.many or here.model or here.values):
        try:
            return json.loads(text)
        except ValueError:
            faults.add(path, entry.label, "no valid JSON: check brackets and double quotes")
            return {} if here.model or here.values else []
    return [word.strip() for word in text.split(",") if word.strip()] if here.many else text


# What holds for every layer


def providers_of(*trees: Mapping[str, Any]) -> dict[str, Any]:
    """Return the accounts with their providers, as far as the trees tell them, the first tree the strongest."""
    known: dict[str, Any] = {}
    for tree in trees:
        accounts = tree.get("accounts")
        for name, section in (accounts if isinstance(accounts, Mapping) else {}).items():
            provider = section.get("provider") if isinstance(section, Mapping) else None
            known.setdefault(name, {})
            if provider is not None:
                known[name].setdefault("provider", provider)
    return {"accounts": known}


@dataclass(slots=True)
class Tidied:
    """A layer's data as pydantic takes it."""

    empty: set[Path] = field(default_factory=set)
    """Keys that stand there with nothing behind them."""
    wrong: list[tuple[Path, str]] = field(default_factory=list)

    def section(self, data: Mapping[str, Any], here: Shape | None, path: Path, known: object) -> dict[str, Any]:
        """Return a section with spans of time read, and without keys that have no value."""
        kept: dict[str, Any] = {}
        for key, value in data.items():
            there = known.get(key) if isinstance(known, Mapping) else None
            inner = shape.below(here, key, there) if here is not None else None
            place = (*path, key)
            if value is None and (inner is None or not inner.nullable):
                self.empty.add(place)
                if here is not None and here.values is not None:
                    kept[key] = {}  # an account or device of which nothing is said
                elif inner is None:
                    kept[key] = None  # an unknown key, which is to be told
            elif isinstance(value, Mapping):
                kept[key] = self.section(value, inner, place, there)
            elif inner is not None and inner.duration and value is not None:
                listed = value if inner.many and isinstance(value, list) else [value]
                spans = [duration(each) if isinstance(each, str) else None for each in listed]
                if None in spans:
                    self.wrong.append((place, "must be a span of time such as 90s, 5m or 1h"))
                else:
                    kept[key] = spans if listed is value else spans[0]
            else:
                kept[key] = value
        return kept


def from_document(document: Document, known: Mapping[str, Any], faults: Faults) -> Layer:
    """Return the file's data as a layer, with what the files hold that its `..._file` keys name."""
    made = Layer({}, {path: document.where(mark) for path, mark in document.marks.items()})
    made.data = _with_files(document.data, shape.top(), (), known, made.labels, faults)
    return made


def _with_files(
    data: Mapping[str, Any],
    here: Shape | None,
    path: Path,
    known: object,
    labels: dict[Path, str],
    faults: Faults,
) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for key, value in data.items():
        there = known.get(key) if isinstance(known, Mapping) else None
        inner = shape.below(here, key, there) if here is not None else None
        stem = key.removesuffix("_file")
        meant = here.fields.get(stem) if here is not None and inner is None and stem != key else None
        if isinstance(value, Mapping):
            whole[key] = _with_files(value, inner, (*path, key), there, labels, faults)
        elif meant is None or not meant.scalar or not isinstance(value, str):
            whole[key] = value
        elif stem in data:
            faults.add((*path, stem), labels[*path, key], f"contradicts {key}: leave out one of them")
        else:
            labels[*path, stem] = labels[*path, key]
            contents = _contents(File(value).expanduser(), (*path, stem), labels[*path, key], faults)
            if contents is not None:
                whole[stem] = contents
    return whole
