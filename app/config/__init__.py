"""The configuration: one YAML file, the environment, secret files and `--set`, checked whole before anything starts.

The order, the strongest first: `--set`, environment variables, `_FILE` variables and folders of
secrets, the file, defaults. Every fault is listed at once; none shows a value.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from app.config import document, shape, sources
from app.config.document import Document
from app.config.faults import Sentences
from app.config.sections import (
    LAYERS,
    AccountSection,
    Config,
    DeviceSettings,
    LogSettings,
    PlausibilitySettings,
    PointSettings,
    PollSettings,
    WebSettings,
    account_model,
)
from app.config.sources import Faults, Layer, LayerSource
from app.errors import ConfigError

DEFAULT_FILES: Final = ("config.yaml", "/config/config.yaml")
"""Where the file is looked for when nobody says where it is."""

SKELETON: Final = """\
mqtt:
  host: localhost
accounts:
  home:
    provider: growatt
    username: "..."
    password: "..."
"""
"""The least that a file must say."""


def load(
    file: str | Path | None = None, *, overrides: Iterable[str] = (), environ: Mapping[str, str] | None = None
) -> Config:
    """Return the configuration; raise ConfigError with every fault.

    `file` is where `--config` points, `overrides` are the `key=value` of `--set`,
    `environ` the environment (the process's own by default).
    """
    environ = os.environ if environ is None else environ
    faults = Faults()
    found = find(file, environ)
    text = document.read(found) if found is not None else Document("")
    layers = _layers(text, tuple(overrides), environ, faults)
    if found is None and not any("accounts" in layer.data for layer in layers):
        raise ConfigError(_nothing_there())
    return _checked(layers, text, faults)


def find(file: str | Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the file to read, or None if nobody named one and there is none in the usual places."""
    named = file or environ.get("HELIOPOST_CONFIG")
    if named:
        path = Path(named).expanduser()
        if path.exists():
            return path
        source = "--config" if file else "HELIOPOST_CONFIG"
        msg = f"{path}: there is no such file, and {source} says to read it. {_how_to_make_one(str(path))}"
        raise ConfigError(msg)
    return next((Path(name) for name in DEFAULT_FILES if Path(name).exists()), None)


def _nothing_there() -> str:
    here, there = DEFAULT_FILES
    return f"there is no configuration: neither ./{here} nor {there} exists. {_how_to_make_one(here)}"


def _how_to_make_one(name: str) -> str:
    lines = "".join(f"\n    {line}" for line in SKELETON.splitlines())
    return f"Make one (config.example.yaml explains every key), for a start {name} with these lines:{lines}"


def _layers(
    text: Document, overrides: tuple[str, ...], environ: Mapping[str, str], faults: Faults
) -> tuple[Layer, ...]:
    """Return all layers, the strongest first."""
    options = list(sources.overrides(overrides, faults))
    variables = list(sources.environment(environ))
    folders = [Path(environ.get("HELIOPOST_SECRETS_DIR") or sources.SECRETS_DIR)]
    if environ.get("CREDENTIALS_DIRECTORY"):  # systemd.exec(5), LoadCredential=
        folders.append(Path(environ["CREDENTIALS_DIRECTORY"]))
    secrets = list(sources.secret_files(folders, faults))
    # The accounts' providers say which keys an account has, so they are looked for first.
    aside = Faults()
    rough = [sources.layer(entries, text.data, aside).data for entries in (options, variables, secrets)]
    known: dict[str, Any] = {**text.data, **sources.providers_of(*rough, text.data)}
    options, option_files = sources.opened(options, known, faults)
    variables, files = sources.opened(variables, known, faults)
    return (
        sources.layer([*options, *option_files], known, faults),
        sources.layer(variables, known, faults),
        sources.layer([*files, *secrets], known, faults),
        sources.from_document(text, known, faults),
    )


def _checked(layers: tuple[Layer, ...], text: Document, faults: Faults) -> Config:
    known = sources.providers_of(*(layer.data for layer in layers))
    labels: dict[tuple[str, ...], str] = {}
    empty: set[tuple[str, ...]] = set()
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        tidied = sources.Tidied()
        layer.data = tidied.section(layer.data, shape.top(), (), known)
        empty |= tidied.empty
        labels |= layer.labels
        for path, sentence in tidied.wrong:
            faults.add(path, layer.labels[path], sentence)
        merged = _merge(merged, layer.data)
    given: dict[str, Any] = {LAYERS: tuple(LayerSource(layer) for layer in layers)}
    config, error = None, None
    try:
        config = Config(**given)
    except ValidationError as raised:
        error = raised
    said = Sentences(text, labels, merged, frozenset(empty)).of(faults, error)
    if said or config is None:
        raise ConfigError(*said)
    return config


def _merge(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(weak)
    for key, value in strong.items():
        before = merged.get(key)
        merged[key] = _merge(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return merged


__all__ = [
    "AccountSection",
    "Config",
    "DeviceSettings",
    "LogSettings",
    "PlausibilitySettings",
    "PointSettings",
    "PollSettings",
    "WebSettings",
    "account_model",
    "find",
    "load",
]
