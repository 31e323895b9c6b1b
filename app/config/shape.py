"""What may stand where in the configuration: the models as a tree that names can be looked up in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from app import providers
from app.config.sections import AccountSection, Config, account_model

Path: TypeAlias = tuple[str, ...]
"""The keys from the top of the configuration down to one place."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one place takes."""

    model: type[BaseModel] | None = None
    """The section that may stand here."""
    values: "Shape | None" = None
    """What the values of a mapping by name are, if it is one."""
    many: bool = False
    """Whether a list may stand here."""
    scalar: bool = False
    """Whether a plain value may stand here."""
    nullable: bool = False
    duration: bool = False
    """Whether a plain value, or each of a list, is a span of time."""
    account: bool = False
    """Whether this is an account's section, whose model depends on its provider."""

    @property
    def fields(self) -> Mapping[str, "Shape"]:
        """The keys of the section, and what each takes; empty for anything else."""
        return _fields(self.model) if self.model is not None else {}


def top() -> Shape:
    """Return the shape of the whole configuration."""
    return Shape(model=Config)


def at(path: Iterable[str], data: object) -> Shape | None:
    """Return what may stand at a place, or None where nothing may; `data` tells the accounts' providers."""
    shape: Shape | None = top()
    for key in path:
        if shape is None:
            return None
        data = data.get(key) if isinstance(data, Mapping) else None
        shape = below(shape, key, data)
    return shape


def below(shape: Shape, key: str, data: object) -> Shape | None:
    """Return what may stand under a key of a place; `data` is what stands there."""
    inner = shape.values if shape.values is not None else shape.fields.get(key)
    if inner is not None and inner.account:
        return account(data)
    return inner


def account(data: object) -> Shape | None:
    """Return the shape of an account's section, or None if its provider is not known."""
    name = data.get("provider") if isinstance(data, Mapping) else None
    return Shape(model=account_model(name)) if name in providers.available() else None


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the known word that an unknown one was probably meant to be."""
    known = {candidate.lower(): candidate for candidate in words}
    found = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


@cache
def _fields(model: type[BaseModel]) -> Mapping[str, Shape]:
    return {name: _shape(field.annotation) for name, field in model.model_fields.items()}


def _shape(annotation: Any) -> Shape:  # noqa: ANN401, PLR0911 - an annotation can be anything; a case a line
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(arguments[0])
    if origin in (Union, UnionType):
        return _union([_shape(argument) for argument in arguments if argument is not NoneType], NoneType in arguments)
    if annotation is AccountSection:
        return Shape(account=True)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Shape(model=annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Shape(values=_shape(arguments[1]))
    if origin in (list, tuple, set, frozenset):
        return Shape(many=True, duration=timedelta in arguments)
    return Shape(scalar=True, duration=annotation is timedelta)


def _union(shapes: list[Shape], nullable: bool) -> Shape:  # noqa: FBT001 - two of its own callers' making
    return Shape(
        model=next((shape.model for shape in shapes if shape.model), None),
        values=next((shape.values for shape in shapes if shape.values), None),
        many=any(shape.many for shape in shapes),
        scalar=any(shape.scalar for shape in shapes),
        nullable=nullable,
        duration=any(shape.duration for shape in shapes),
    )
