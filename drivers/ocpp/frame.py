"""The frames of OCPP-J: JSON arrays that begin with their kind (source: OCPP-J 1.6 section 4, OCPP 2.1 part 4).

Numbers with a fraction are Decimals, because the schemas ask for multiples of 0.1, which no binary number is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

CALL, RESULT, FAILURE, RESULT_FAILURE, SEND = 2, 3, 4, 5, 6
_DEEPEST = 32
_LONGEST_ID = 36
Payload: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A question or a message. `silent`: 2.1's SEND, which is not answered. `oddities`: what is wrong, yet readable."""

    id: str
    action: str
    payload: Payload
    silent: bool = False
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to the call with the same id."""

    id: str
    payload: Payload
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The answer to a call (or, since 2.1, to a result) that could not be handled."""

    id: str
    code: str
    text: str = ""
    details: Payload = field(default_factory=dict)
    oddities: tuple[str, ...] = ()


Frame: TypeAlias = Call | Result | Failure


class MalformedError(ValueError):
    """No frame. `id`: of the message, when at least that could be read."""

    def __init__(self, reason: str, id_: str = "") -> None:
        super().__init__(reason)
        self.id = id_


def load(text: str | bytes) -> Any:
    """The JSON value of `text`; raises MalformedError, also for what is no number, no text, or nested too deep."""
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
        if (b"\\ud" if isinstance(text, bytes) else "\\ud") in text.lower():  # type: ignore[operator]
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise MalformedError(f"not JSON: {error}") from None
    if _too_deep(value):
        raise MalformedError(f"nested more than {_DEEPEST} deep")
    return value


def parse(text: str | bytes) -> Frame:
    """Raises MalformedError."""
    return frame_of(load(text))


def frame_of(value: Any) -> Frame:
    """The frame that a JSON value is; raises MalformedError."""
    if not isinstance(value, list) or not value:
        raise MalformedError("not a frame: a frame is a JSON array that begins with 2, 3 or 4")
    kind = value[0]
    if isinstance(kind, bool) or kind not in (CALL, RESULT, FAILURE, RESULT_FAILURE, SEND):
        raise MalformedError(f"the frame begins with {str(kind)[:20]!r}, not with a message type")
    if len(value) < 2:
        raise MalformedError("the frame has no message id")
    id_, oddities = _id(value[1])
    if kind in (CALL, SEND):
        return _call(value, id_, oddities)
    if kind == RESULT:
        if len(value) < 3 or not isinstance(value[2], dict):
            raise MalformedError("the answer has no payload object", id_)
        return Result(id_, value[2], (*oddities, *_surplus(value, 3)))
    return _failure(value, id_, oddities)


def is_frame(value: Any) -> bool:
    """Whether a JSON value can be meant as one frame and not as a list of several things."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], int) and not isinstance(value[0], bool)


def text(frame: Frame) -> str:
    """What goes over the wire."""
    match frame:
        case Call(id_, action, payload, silent):
            whole: list[Any] = [SEND if silent else CALL, id_, action, payload]
        case Result(id_, payload):
            whole = [RESULT, id_, payload]
        case Failure(id_, code, words, details):
            whole = [FAILURE, id_, code, words[:255], details]
    return json.dumps(whole, separators=(",", ":"), default=_plain)


def _call(value: list[Any], id_: str, oddities: tuple[str, ...]) -> Call:
    if len(value) < 3 or not isinstance(value[2], str) or not value[2]:
        raise MalformedError("the call names no action", id_)
    if len(value) < 4 or not isinstance(value[3], dict):
        raise MalformedError(f"{value[2][:50]}: the call has no payload object", id_)
    return Call(id_, value[2], value[3], value[0] == SEND, (*oddities, *_surplus(value, 4)))


def _failure(value: list[Any], id_: str, oddities: tuple[str, ...]) -> Failure:
    """Many chargers leave out the description or the details, which must be there, if empty."""
    if len(value) < 3 or not isinstance(value[2], str):
        raise MalformedError("the error has no code", id_)
    words, details = (*value[3:5], None, None)[:2]
    missing = [
        f"the error has no {name}"
        for name, part, kind in (("description", words, str), ("details", details, dict))
        if not isinstance(part, kind)
    ]
    return Failure(
        id_,
        value[2],
        words if isinstance(words, str) else "",
        details if isinstance(details, dict) else {},
        (*oddities, *missing, *_surplus(value, 5)),
    )


def _id(raw: Any) -> tuple[str, tuple[str, ...]]:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)[:_LONGEST_ID], ("the message id is a number, not a text",)
    if not isinstance(raw, str):
        raise MalformedError("the message id is no text")
    if not raw:
        return raw, ("the message id is empty",)
    if len(raw) > _LONGEST_ID:
        return raw, (f"the message id has {len(raw)} characters, {_LONGEST_ID} are allowed",)
    return raw, ()


def _surplus(value: list[Any], length: int) -> tuple[str, ...]:
    return (f"the frame has {len(value)} elements instead of {length}",) if len(value) > length else ()


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [v for node in level for v in _inside(node)]
        if not level:
            return False
    return True


def _inside(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _plain(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")
