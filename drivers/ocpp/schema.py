"""Checks of payloads against the schemas of OCPP 1.6, 2.0.1 and 2.1 that come with the `ocpp` package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError

V16, V201, V21 = "1.6", "2.0.1", "2.1"
VERSIONS = (V16, V201, V21)
_FOLDERS = {V16: "v16", V201: "v201", V21: "v21"}
_MOST = 8
_SHOWN = 40


def violations(version: str, action: str, payload: Any, answer: bool = False) -> list[str]:
    """What the schema of a request (or `answer`) does not allow, each with its JSON path; at most eight."""
    checker = _checker(version, action, answer)
    if checker is None:
        return [f"{action}: not an action of OCPP {version}"]
    try:
        found = sorted(checker.iter_errors(payload), key=lambda e: [str(p) for p in e.absolute_path])
    except ArithmeticError:  # a Decimal with an exponent that no schema's limit can be compared with
        return [f"{action}: a number is out of all bounds"]
    name = f"{action}Response" if answer else action
    return list(dict.fromkeys(_told(name, error) for error in found))[:_MOST]


def fitting(payload: dict[str, Any]) -> set[tuple[str, bool]]:
    """The (action, whether its answer) whose schema allows `payload` as it is."""
    keys = payload.keys()
    return {
        (action, answer)
        for version, action, answer, needed, allowed in _shapes()
        if needed <= keys <= allowed and not violations(version, action, payload, answer)
    }


@cache
def actions(version: str) -> frozenset[str]:
    """All actions of a version."""
    names = (
        entry.name.removesuffix(".json") for entry in files("ocpp").joinpath(_FOLDERS[version], "schemas").iterdir()
    )
    if version == V16:
        return frozenset(n for n in names if not n.endswith("Response"))
    return frozenset(n.removesuffix("Request") for n in names if not n.endswith("Response"))


def known(action: str) -> tuple[str, ...]:
    """The versions that have `action`."""
    return tuple(v for v in VERSIONS if action in actions(v))


@cache
def _shapes() -> tuple[tuple[str, str, bool, frozenset[str], frozenset[str]], ...]:
    """The keys that each message needs and allows."""
    found = [(v, a, answer, _checker(v, a, answer)) for v in VERSIONS for a in actions(v) for answer in (False, True)]
    return tuple(
        (v, a, answer, frozenset(c.schema.get("required", ())), frozenset(c.schema.get("properties", ())))
        for v, a, answer, c in found
        if c is not None
    )


@cache
def _checker(version: str, action: str, answer: bool) -> Any:
    if action not in actions(version):
        return None
    folder = files("ocpp").joinpath(_FOLDERS[version], "schemas")
    for name in _names(version, action, answer):
        path = folder.joinpath(name)
        if path.is_file():
            schema = json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
            return Draft4Validator(schema)
    return None


def _names(version: str, action: str, answer: bool) -> Iterator[str]:
    if answer:
        yield f"{action}Response.json"
    else:
        yield f"{action}.json" if version == V16 else f"{action}Request.json"
        yield f"{action}.json"


def _told(action: str, error: ValidationError) -> str:
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    return f"{action}{where}: {_reason(error)}"


def _reason(error: ValidationError) -> str:
    value, wanted = error.instance, error.validator_value
    match error.validator:
        case "required":
            missing = [n for n in wanted if n not in value] if isinstance(value, dict) else []
            return f"{', '.join(missing)} is missing"
        case "additionalProperties":
            return f"{_short(', '.join(_surplus(error)))} is not known"
        case "enum":
            return f"{_short(value)} is not one of the known values"
        case "type":
            return f"{_short(value)} is not of type {wanted}"
        case "maxLength":
            return f"is longer than {wanted} characters"
        case _:
            return f"{_short(value)} is against {error.validator} {_short(wanted)}"


def _surplus(error: ValidationError) -> list[str]:
    properties = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    return sorted(str(k) for k in error.instance if k not in properties)


def _short(value: Any) -> str:
    shown = str(value) if not isinstance(value, str) else repr(value)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
