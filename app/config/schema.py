"""The JSON schema of the configuration, for editors that complete and check YAML.

Whatever is required may also come from the environment, so the schema asks for little; `heliopost check`
knows the rest.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from app import providers
from app.config.sections import Config, account_model
from app.config.shape import Shape, top

_BY_NAME: Final = frozenset({"properties", "patternProperties", "$defs"})
"""Keywords under which schemas stand by names that mean nothing to JSON schema."""
DURATION: Final = r"^\s*\d+(\.\d+)?\s*(ms|s|sec|m|min|h|d)\s*$"
TIME_OF_DAY: Final = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"


_PATTERNS: Final = {"duration": DURATION, "time": TIME_OF_DAY}


def json_schema() -> dict[str, Any]:
    """Return the schema, the same at every call."""
    whole = Config.model_json_schema()
    definitions: dict[str, Any] = whole.pop("$defs")
    for model in _within(top()):
        _describe(whole if model is Config else definitions[model.__name__], model)
    accounts = []
    for name in providers.available():
        # Two vendors may use the same word for different things, so each has names of its own.
        section = account_model(name).model_json_schema(ref_template=f"#/$defs/{name}-{{model}}")
        own = {f"{name}-{title}": inner for title, inner in section.pop("$defs", {}).items()}
        for model in _within(Shape(model=account_model(name))):
            _describe(section if model is account_model(name) else own[f"{name}-{model.__name__}"], model)
        definitions |= {name: section, **own}
        accounts.append({"$ref": f"#/$defs/{name}"})
    names = whole["properties"]["accounts"]["patternProperties"]
    names |= dict.fromkeys(names, accounts[0] if len(accounts) == 1 else {"anyOf": accounts})
    whole["$defs"] = dict(sorted(definitions.items()))
    _simplify(whole)
    whole["title"] = "Heliopost"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _within(shape: Shape) -> Iterator[type[BaseModel]]:
    """Return every model that a place is made of; some of them twice."""
    if shape.model is not None:
        yield shape.model
    for inner in (*shape.fields.values(), *([shape.values] if shape.values else [])):
        yield from _within(inner)


def _describe(section: dict[str, Any], model: type[BaseModel]) -> None:
    """Fill in what the models' sources say beneath their fields."""
    section.pop("title", None)
    section.pop("required", None)
    if "provider" in model.model_fields:
        section["required"] = ["provider"]
    words = documented(model)
    for name, field in section["properties"].items():
        field.pop("title", None)
        if "description" not in field and name in words:
            field["description"] = words[name]
    secrets = [name for name, field in section["properties"].items() if _is_secret(field)]
    section["properties"] |= {
        f"{name}_file": {"type": "string", "description": f"A file that holds {name}"} for name in secrets
    }


def _is_secret(field: Mapping[str, Any]) -> bool:
    return any(option.get("writeOnly") for option in (field, *field.get("anyOf", [])))


def documented(model: type[BaseModel]) -> Mapping[str, str]:
    """Return the description of each field: of its definition, else the words beneath it in the source."""
    words: dict[str, str] = {}
    for ancestor in reversed(model.__mro__):
        if issubclass(ancestor, BaseModel) and ancestor.__module__.startswith("app."):
            words |= _beneath(ancestor)
    described = {name: field.description for name, field in model.model_fields.items() if field.description}
    return words | described


def _beneath(model: type[BaseModel]) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(model))
    except (OSError, TypeError):  # a model made at run time has no source of its own
        return {}
    body = ast.parse(source).body[0]
    words: dict[str, str] = {}
    if isinstance(body, ast.ClassDef):
        for field, below in zip(body.body, body.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
                and isinstance(below.value.value, str)
            ):
                words[field.target.id] = inspect.cleandoc(below.value.value)
    return words


def _simplify(node: Any) -> None:  # noqa: ANN401 - JSON
    """Say spans and times of day as they are written in the file, and leave out defaults of whole sections."""
    if isinstance(node, list):
        for inner in node:
            _simplify(inner)
    if not isinstance(node, dict):
        return
    _rewrite_default(node)
    if node.get("format") in _PATTERNS:
        node["pattern"] = _PATTERNS[node.pop("format")]
    if "patternProperties" in node:
        node["additionalProperties"] = False
    for key, inner in node.items():
        for schema in inner.values() if key in _BY_NAME else [inner]:
            _simplify(schema)


def _rewrite_default(node: dict[str, Any]) -> None:
    default = node.get("default")
    formats = {node.get("format"), *(option.get("format") for option in node.get("anyOf", []))}
    if isinstance(default, dict):
        del node["default"]
    elif isinstance(default, str) and "duration" in formats:
        node["default"] = written(TypeAdapter(timedelta).validate_python(default))
    elif isinstance(default, list) and node.get("items", {}).get("format") == "duration":
        node["default"] = [written(TypeAdapter(timedelta).validate_python(each)) for each in default]
    elif isinstance(default, str) and "time" in formats:
        node["default"] = default.removesuffix(":00")


def written(span: timedelta) -> str:
    """Return a span of time as it is written in the file."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
