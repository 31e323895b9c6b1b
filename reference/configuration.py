"""The page of the configuration: every key, from the schema that the program itself obeys."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from annotated_types import Ge, Gt, Interval, Le
from pydantic import BaseModel

from app import providers
from app.config.schema import json_schema, written
from app.config.sections import Config
from app.config.shape import Shape, top
from app.daemon import NEED_RESTART
from app.pace import DISCOVERY
from app.providers.growatt.settings import HOSTS
from reference.markdown import HEAD, code, codes, table

INTRODUCTION: Final = """\
# Configuration: every key

How the file is written, where values come from and what happens when something is wrong is told in
[configuration.md](../configuration.md); [config.example.yaml](../../config.example.yaml) is a file to begin with.

- *Variable*: the key in the environment. `<NAME>` is the name of an account or device, `<FEED>` that of a feed, in capitals;
  with `_FILE` at its end the variable names a file that holds the value. Where *JSON* stands, the name of what is meant
  (`*/pv_power`) cannot be part of a variable's: the variable holds the whole section as JSON.
- *Change*: *reload* means that `SIGHUP` or a message to `heliopost/bridge/request/reload` is enough, *restart* that Heliopost has to be
  started again.
- Every secret also has a key `<key>_file` in the file, which names a file that holds it.
"""
NAMED: Final = (("points",), ("devices",), ("homeassistant", "entities"))
"""Sections whose keys are names of the owner's own."""
PATTERNS: Final = {
    r"^/": "begins with /",
    r"^mdi:[a-z0-9-]+$": "such as mdi:solar-power",
    r"^[A-Za-z0-9_-]{1,64}$": "letters, digits, `_`, `-`",
}


def page() -> str:
    """Return the page."""
    schema = json_schema()
    parts = [HEAD + INTRODUCTION]
    tops = [_row(schema, (name,), field) for name, field in schema["properties"].items() if not _section(schema, field)]
    parts.append("## At the top\n\n" + table(HEADINGS, tops))
    for name in Config.model_fields:
        field = schema["properties"][name]
        if name == "accounts":
            parts += [_account(schema, provider) for provider in providers.available()]
        elif _section(schema, field):
            parts.append(_heading(name, field) + "".join(_tables(schema, (name,), field)))
    return "\n".join(parts)


HEADINGS: Final = ("key", "takes", "default", "meaning", "variable", "change")


def _heading(name: str, field: Mapping[str, Any]) -> str:
    return f"## {name}\n\n{_full(field.get('description', ''))}\n\n"


def _full(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


def _account(schema: Mapping[str, Any], provider: str) -> str:
    title = (
        f"## accounts\n\n{_full(schema['properties']['accounts']['description'])}\n\n### {provider.capitalize()}\n\n"
    )
    section = {"$ref": f"#/$defs/{provider}"}
    text = title + "".join(_tables(schema, ("accounts", "<name>"), section))
    feeds = [*providers.load(provider).FEEDS, DISCOVERY]
    rows = (
        (code(feed.name), written(feed.every), written(feed.night), written(feed.minimum), feed.reason)
        for feed in feeds
    )
    text += "\nThe feeds:\n\n" + table(("feed", "by day", "by night", "never faster than", "why"), rows)
    if provider == "growatt":
        hosts = table(("region", "server"), ((code(region), code(host)) for region, host in HOSTS.items()))
        text += f"\nThe servers, unless `server_url` names another:\n\n{hosts}"
    return text


# Sections


def _resolved(schema: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a field with what it refers to; its own words come first."""
    if "$ref" in field:
        found: Mapping[str, Any] = schema["$defs"][field["$ref"].rpartition("/")[2]]
        return {**found, **{key: value for key, value in field.items() if key != "$ref"}}
    return field


def _section(schema: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the section that stands under a field, or under every name of it."""
    for option in (field, *field.get("anyOf", [])):
        found = _resolved(schema, option)
        if "properties" in found:
            return found
        named = [*found.get("patternProperties", {}).values(), found.get("additionalProperties")]
        for inner in named:
            if isinstance(inner, dict) and "properties" in _resolved(schema, inner):
                return _resolved(schema, inner)
    return None


def _tables(schema: Mapping[str, Any], path: tuple[str, ...], field: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table of a section, then those of the sections in it."""
    section = _section(schema, field) or {}
    if path in NAMED:
        path = (*path, "<name>")
    properties = {key: inner for key, inner in section["properties"].items() if not _file(key, section["properties"])}
    yield table(HEADINGS, (_row(schema, (*path, key), inner) for key, inner in properties.items()))
    for key, inner in properties.items():
        if _section(schema, inner) and key != "poll":
            yield f"\n### {code('.'.join((*path, key)))}\n\n{_full(inner.get('description', ''))}\n\n"
            yield from _tables(schema, (*path, key), inner)
        elif key == "poll":
            feeds = _section(schema, inner) or {}
            first = next(iter(feeds["properties"].values()))
            yield f"\n### {code('.'.join((*path, key, '<feed>')))}\n\n{_full(inner.get('description', ''))}\n\n"
            yield from _tables(schema, (*path, key, "<feed>"), first)


def _file(key: str, properties: Mapping[str, Any]) -> bool:
    return key.endswith("_file") and key.removesuffix("_file") in properties


# Keys


def _row(schema: Mapping[str, Any], path: tuple[str, ...], given: Mapping[str, Any]) -> tuple[str, ...]:
    field = _resolved(schema, given)
    takes, limits = _takes(schema, field)
    meaning = field.get("description", "")
    return (
        code(path[-1]),
        "; ".join(filter(None, (takes, limits or _span_limits(path)))),
        _default(path, field),
        meaning if not given.get("$ref") else given.get("description", ""),
        _variable(path),
        _change(path),
    )


def _variable(path: tuple[str, ...]) -> str:
    holder = next((place for place in NAMED if path[: len(place)] == place and place != ("devices",)), path)
    name = code("HELIOPOST_" + "__".join(_capitals(key) for key in holder))
    return name if holder is path else f"{name}, JSON"


def _capitals(key: str) -> str:
    return key.upper() if not key.startswith("<") else f"<{key[1:-1].upper()}>"


def _change(path: tuple[str, ...]) -> str:
    return "restart" if path[0] in NEED_RESTART or path == ("log", "format") else "reload"


def _default(path: tuple[str, ...], field: Mapping[str, Any]) -> str:
    if path == ("state",):
        return "systemd's folder, else `/data` if it is there, else `~/.local/state/heliopost`"
    default = field.get("default")
    if default is None:
        required = path[:1] == ("accounts",) and "default" not in field and path[-1] in ("username", "password")
        return "must be set" if required else ""
    if isinstance(default, bool):
        return code(str(default).lower())
    return "none" if default in ([], {}) else code(default)


def _takes(schema: Mapping[str, Any], field: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a key takes, in words, and between which limits."""
    options = [_resolved(schema, option) for option in field.get("anyOf", [field]) if option.get("type") != "null"]
    words = list(dict.fromkeys(_word(schema, option) for option in options))
    limits = next(filter(None, (_limits(option) for option in options)), "")
    return " or ".join(words), limits


def _word(schema: Mapping[str, Any], option: Mapping[str, Any]) -> str:
    if _section(schema, option):
        return "section"
    if "enum" in option or "const" in option:
        return codes(option.get("enum") or [option["const"]])
    if option.get("writeOnly"):
        return "secret"
    if "m|min|h|d" in option.get("pattern", ""):
        return "span of time"
    if option.get("pattern", "").startswith("^([01]"):
        return "time of day"
    kinds = {
        "integer": "whole number",
        "boolean": "true or false",
        "array": "list",
        "object": "section",
        "number": "number",
    }
    return kinds.get(str(option.get("type")), "file or folder" if option.get("format") == "path" else "text")


def _limits(option: Mapping[str, Any]) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    if low is not None and high is not None:
        return f"{low} to {high}"
    if option.get("exclusiveMinimum") is not None:
        return f"more than {option['exclusiveMinimum']}" + (f", at most {high:g}" if high is not None else "")
    least, most = option.get("minLength"), option.get("maxLength")
    if least and most:
        return f"{least} to {most} letters"
    if (least or 0) > 1:
        return f"at least {least} letters"
    if most:
        return f"at most {most} letters"
    return PATTERNS.get(option.get("pattern", ""), "")


def _span_limits(path: tuple[str, ...]) -> str:
    """Return the limits of a span of time, which JSON schema has no words for."""
    shape: Shape | None = top()
    model: type[BaseModel] | None = None
    for key in path:
        model = shape.model if shape is not None else None
        shape = shape.fields.get(key) or shape.values if shape is not None else None
    if model is None or shape is None or not shape.duration or path[-1] not in model.model_fields:
        return ""
    bounds = [bound for bound in model.model_fields[path[-1]].metadata if isinstance(bound, Ge | Gt | Le | Interval)]
    words = [
        f"{sign} {written(limit)}"
        for bound in bounds
        for sign, limit in (
            ("at least", getattr(bound, "ge", None)),
            ("more than", getattr(bound, "gt", None)),
            ("at most", getattr(bound, "le", None)),
        )
        if isinstance(limit, timedelta)
    ]
    return ", ".join(words)
