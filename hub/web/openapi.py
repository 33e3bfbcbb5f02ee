"""The OpenAPI 3.1 document of the surface, made from `schema.py` (the shapes) and `surface.py` (the calls)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Literal, get_args, get_origin, is_typeddict

from hub import VERSION
from hub.web.access import COOKIE, OPEN
from hub.web.schema import Problem
from hub.web.shapes import fields, members, shapes, told
from hub.web.surface import CALLS, PREFIX, Call, Query

Json = dict[str, Any]
_TYPES: Mapping[Any, str] = {
    float: "number",
    int: "integer",
    bool: "boolean",
    str: "string",
    dict: "object",
    type(None): "null",
}
_KINDS: Mapping[str, Json] = {
    "text": {"type": "string"},
    "time": {"oneOf": [{"type": "integer", "description": "UTC ms"}, {"type": "string", "format": "date-time"}]},
    "count": {"type": "integer", "minimum": 1},
    "number": {"type": "number"},
    "step": {
        "oneOf": [
            {"type": "integer", "minimum": 1},
            {"enum": ["raw", "200ms", "250ms", "500ms", "auto", "quarter", "hour", "day", "week", "month", "year"]},
        ]
    },
}


def document() -> Json:
    """The whole document; the same text for the same source, whatever runs it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SHEMS",
            "version": VERSION,
            "description": "Points are `<device>.<quantity>`, times UTC milliseconds; units and signs: docs/points.md.",
        },
        "servers": [{"url": PREFIX}],
        "security": [{"cookie": []}, {"bearer": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {s.__name__: _shape(s) for s in shapes()},
        },
    }


def _paths() -> Json:
    paths: Json = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return paths


def _operation(call: Call) -> Json:
    is_open = (call.method, PREFIX + call.path) in OPEN
    operation: Json = {"summary": call.told, "operationId": _operation_id(call)}
    if is_open:
        operation["security"] = []
    if parameters := [*_path_parameters(call.path), *map(_query, call.query)]:
        operation["parameters"] = parameters
    if call.body:
        operation["requestBody"] = {"required": True, "content": _content("application/json", call.body)}
    problems = {*call.problems, 500, *(() if is_open else (401,)), *((400,) if call.method == "GET" else ())}
    operation["responses"] = {**_answers(call), **{str(s): _problem(s) for s in sorted(problems)}}
    return operation


def _operation_id(call: Call) -> str:
    words = call.path.replace(".", "/").replace("{", "by_").replace("}", "").strip("/").split("/")
    return "_".join([call.method.lower(), *words])


def _path_parameters(path: str) -> Iterable[Json]:
    names = (part[1:-1] for part in path.split("/") if part.startswith("{"))
    return ({"name": n, "in": "path", "required": True, "schema": _KINDS["text"]} for n in names)


def _query(query: Query) -> Json:
    schema = {"type": "string", "enum": list(query.choices)} if query.choices else _KINDS[query.kind]
    return {"name": query.name, "in": "query", "description": query.told, "schema": schema}


def _answers(call: Call) -> Json:
    empty = {str(call.empty): {"description": HTTPStatus(call.empty).phrase}} if call.empty else {}
    return {str(call.status): _answer(call), **empty}


def _answer(call: Call) -> Json:
    answer: Json = {"description": HTTPStatus(call.status).phrase}
    if call.answer:
        answer["content"] = _content("application/json", call.answer)
    if call.csv:
        answer["content"]["text/csv"] = {"schema": {"type": "string"}}
        answer["content"]["application/vnd.apache.parquet"] = {"schema": {"type": "string", "format": "binary"}}
    if call.html:
        answer["content"] = {"text/html": {"schema": {"type": "string"}}}
    if call.messages:
        answer["x-messages"] = {"oneOf": [_type(m) for m in call.messages]}
    return answer


def _problem(status: int) -> Json:
    return {"description": HTTPStatus(status).phrase, "content": _content("application/problem+json", Problem)}


def _content(media: str, shape: Any) -> Json:
    return {media: {"schema": _type(shape)}}


def _shape(shape: type) -> Json:
    listed = fields(shape)
    return {
        "type": "object",
        **({"description": told(shape)} if told(shape) else {}),
        "properties": {f.name: _type(f.hint) for f in listed},
        "required": [f.name for f in listed if f.required],
        "additionalProperties": False,
    }


def _type(hint: Any) -> Json:
    """The JSON Schema of a type as it stands in `schema.py`."""
    found = members(hint)
    if len(found) == 1:
        return _one(hint)
    if all(m in _TYPES for m in found):
        return {"type": [_TYPES[m] for m in found if not (m is int and float in found)]}
    return {"anyOf": [_type(m) for m in found]}


def _one(hint: Any) -> Json:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"type": "string", "enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": _type(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(inner[1])}
    return {"$ref": f"#/components/schemas/{hint.__name__}"} if is_typeddict(hint) else {"type": _TYPES[hint]}
