"""Reading the TypedDicts of `schema.py`: what OpenAPI and the page's types are made from."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from hub.web import schema, schema_plan


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a shape; `hint` is its type without the mark that it may be missing."""

    name: str
    hint: Any
    required: bool


def shapes() -> list[type]:
    """Every shape, in the order in which `schema.py` and its parts tell them."""
    found = (v for part in (schema, schema_plan) for v in vars(part).values() if is_typeddict(v))
    return list(dict.fromkeys(found))


def fields(shape: type) -> list[Field]:
    return [_field(n, h) for n, h in get_type_hints(shape, include_extras=True).items()]


def _field(name: str, hint: Any) -> Field:
    if get_origin(hint) is NotRequired:
        return Field(name, get_args(hint)[0], False)
    return Field(name, hint, True)


def told(shape: type) -> str:
    """The shape's docstring as one paragraph, empty when it has none."""
    return " ".join(inspect.cleandoc(shape.__doc__ or "").split())


def members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union; a single type is its own only alternative."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
