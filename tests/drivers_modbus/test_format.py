"""The form of a map is said once: whatever the parser's check takes, the schema for editors takes, and nothing else."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modbus.format import MAP, schema
from drivers.modbus.parser import parse
from hub.errors import ConfigError
from hub.model.document import Document
from tests.drivers_modbus.test_station import COILS, HYBRID, METER

EDITORS = jsonschema.Draft202012Validator(schema())
WHOLE = [tomllib.loads(text) for text in (HYBRID, METER, COILS)]
KEYS = sorted({*MAP.keys, "address", "values", "sum", "bit", "bits", "block", "value", "signs", "when", "power", "x"})
WORDS = st.sampled_from(["", "x", "u16", "text", "high", "positive", "meter", "fast", "facts", "N", "running", "1"])
SCALARS = st.one_of(
    st.booleans(), WORDS, st.integers(-2, 300), st.integers(-(2**65), 2**65), st.floats(allow_nan=False, width=32)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in it, with each of its keys."""
    found: list[tuple[Any, Any]] = []
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        found += [(value, key), *places(value[key])]
    return found


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A good map with up to three changes somewhere."""
    made: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 3))):
        container, key = draw(st.sampled_from(places(made)))
        change = draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "replace":
            container[key] = draw(VALUES)
        elif change == "remove":
            del container[key]
        elif isinstance(container, dict):
            container[draw(st.sampled_from(KEYS))] = draw(VALUES)
        if not places(made):
            break
    return made


def accepted(document: dict[str, Any]) -> bool:
    try:
        MAP.check(Document("map"), "", document)
    except ConfigError:
        return False
    return True


@given(broken())
@settings(max_examples=600, deadline=None)
def test_the_parser_and_the_schema_for_editors_agree(document: dict[str, Any]) -> None:
    errors = [f"{e.json_path}: {e.message}" for e in EDITORS.iter_errors(document)]
    assert accepted(document) == (not errors), errors


@given(broken())
@settings(max_examples=600, deadline=None)
def test_a_map_is_good_or_its_error_says_where(document: dict[str, Any]) -> None:
    try:
        parse(toml(document), "map v/m")
    except ConfigError as error:
        assert str(error).startswith("map v/m")


def toml(value: Any, top: bool = True) -> str:
    """TOML text of it; tables are written inline."""
    if isinstance(value, dict):
        pairs = [f"{key!r} = {toml(each, False)}" for key, each in value.items()]
        return "\n".join(pairs) if top else "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(each, False) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


def test_that_text_is_what_was_meant() -> None:
    for document in WHOLE:
        assert tomllib.loads(toml(document)) == document


@pytest.mark.parametrize("key", ["address", "values", "sum", "poll", "transform"])
def test_every_key_is_explained_for_editors(key: str) -> None:
    point = schema()["$defs"]["point"]["properties"]
    assert point[key]["description"]
