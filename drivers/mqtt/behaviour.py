"""What a kind of MQTT device means by its topics and payloads: pure, no I/O. One small class a kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.errors import Refused
from hub.model import CommandSpec, Value, quantity


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class Update:
    """What a message told. `alive`: what the device's own presence topic says, None when it is silent on that.

    `answer`: the device itself (not its bridge, not a retained memory) has spoken.
    `facts`: vendor, model, serial, firmware as far as told.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    alive: bool | None = None
    answer: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


class Behaviour(Protocol):
    """Topics and payloads of one device; `quantities` are those it is expected to have."""

    quantities: tuple[str, ...]
    sleepy: bool

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        """What may be written."""

    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""

    def hello(self) -> tuple[Message, ...]:
        """Asks for everything, once after each (re)connect."""

    def ask(self) -> tuple[Message, ...]:
        """Asks for fresh values."""

    def read(self, topic: str, payload: bytes) -> Update | None:
        """None for a message that is not of this device, or not understood."""

    def write(self, name: str, value: Value) -> Message:
        """The message that sets a quantity; raises Refused."""


def to_json(payload: bytes) -> Any:
    """The JSON of a payload, None for anything else (a device's text is not ours to trust)."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def as_object(payload: bytes) -> dict[str, Any]:
    found = to_json(payload)
    return found if isinstance(found, dict) else {}


def number(raw: object, name: str, factor: float = 1.0) -> float | None:
    """`raw` in base units if it is a number that the quantity `name` can have."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    value, entry = round(raw * factor, 6), quantity(name)
    low, high = entry.low, entry.high
    return value if (low is None or value >= low) and (high is None or value <= high) else None


def switch(raw: object) -> bool | None:
    """ON and OFF in the spellings of the field."""
    states: dict[object, bool] = {"ON": True, "OFF": False, "TRUE": True, "FALSE": False, "1": True, "0": False}
    return states.get(str(raw).upper())


def wanted_switch(value: Value) -> str:
    state = switch(value)
    if state is None:
        raise Refused(f"{value!r} is not on or off")
    return "ON" if state else "OFF"


def wanted_number(value: Value, low: float, high: float) -> float:
    """Raises Refused for what is no number or out of range."""
    try:
        found = float(value)
    except ValueError:
        raise Refused(f"{value!r} is not a number") from None
    if not low <= found <= high:
        raise Refused(f"{found:g} is outside of {low:g} to {high:g}")
    return found
