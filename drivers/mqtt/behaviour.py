"""What a kind of MQTT device means by its topics and payloads: pure, no I/O. One small class a kind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from drivers.json.roles import as_role
from drivers.json.wish import wanted_switch
from hub.model import CommandSpec, Value
from hub.model.heard import Heard, Reading


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: str
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """What a message told. `alive`: what the device's own presence topic says, None when it is silent on that.

    `answer`: the device itself (not its bridge, not a retained memory) has spoken.
    `facts`: vendor, model, serial, firmware as far as told. `readings`: the wire's own; `problems`: what was not
    believed; `refused`: why it did not do what it was told to last, "" when it says nothing of that.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    alive: bool | None = None
    answer: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    readings: tuple[Reading, ...] = field(default=(), compare=False)
    problems: tuple[str, ...] = field(default=(), compare=False)
    refused: str = ""


class Behaviour(Protocol):
    """Topics and payloads of one device. What it has may grow as it tells of itself.

    `quantities`: those that it is expected to have, and those it has shown. `sleepy`: it speaks when it likes, so
    that its silence means nothing. `silent_s`: after so long a silence one that cannot be asked is gone, 0 = never.
    `prompt`: it tells at once what became of a write. `vouches`: its presence topic says that what it told last still
    holds. `repeats`: the quantities that it tells each time it is asked.
    """

    @property
    def quantities(self) -> tuple[str, ...]: ...

    @property
    def sleepy(self) -> bool: ...

    @property
    def silent_s(self) -> float: ...

    @property
    def prompt(self) -> bool: ...

    @property
    def vouches(self) -> bool: ...

    @property
    def repeats(self) -> tuple[str, ...]: ...

    def holds(self, name: str) -> float:
        """How long a value holds that is told only when it changes, s; 0 = as long as the quantity's age limit."""

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        """What may be written."""

    def topics(self) -> tuple[str, ...]:
        """What to subscribe to; there may be more of them after a message has been read."""

    def hello(self) -> tuple[Message, ...]:
        """Asks for everything, once after each (re)connect."""

    def ask(self) -> tuple[Message, ...]:
        """Asks for fresh values."""

    def read(self, topic: str, payload: bytes) -> Update | None:
        """None for a message that is not of this device, or not understood."""

    def write(self, name: str, value: Value) -> Message:
        """The message that sets a quantity; raises Refused."""

    def confirm(self) -> tuple[Message, ...]:
        """Asks what became of it, for those who do not tell by themselves."""


class Placed:
    """What behaviours share whose codec tells of several places, of which one is this device.

    `places`: where it may be found, best first. `role`: the owner's, whose signs and names its points get. `fixed`:
    only the expected quantities are told, whatever else it says.
    """

    sleepy = False
    silent_s = 0.0
    prompt = True
    vouches = False
    repeats: tuple[str, ...] = ()
    holds_s = 0.0

    def __init__(
        self, places: Iterable[str], role: str, expected: Iterable[str], reverse: bool = False, fixed: bool = False
    ) -> None:
        self._places = tuple(places)
        self._role = role
        self._reverse = reverse
        self._fixed = fixed
        self.expect(expected)

    def expect(self, names: Iterable[str]) -> None:
        """These it has, as its places name them; what it has shown so far is forgotten."""
        named = as_role(dict.fromkeys(names, 0), self._places[0], self._role, self._reverse)
        self.quantities = tuple(named)

    def holds(self, name: str) -> float:
        return self.holds_s

    def confirm(self) -> tuple[Message, ...]:
        return ()

    def values(self, heard: Heard) -> dict[str, Value]:
        """Those of this device in a message, by quantity."""
        place = next((p for p in self._places if heard.at(p)), "")
        values = as_role(heard.at(place), place, self._role, self._reverse) if place else {}
        if self._fixed:
            return {name: value for name, value in values.items() if name in self.quantities}
        self.learn(values)
        return values

    def learn(self, names: Iterable[str]) -> None:
        """What it has shown once, it has."""
        self.quantities = tuple(dict.fromkeys((*self.quantities, *names)))

    def told(self, heard: Heard) -> Update:
        """The update that its own message gives."""
        values = self.values(heard)
        return Update(values, answer=True, facts=heard.device, readings=heard.readings, problems=heard.problems)


def plain(number: float) -> float | int:
    """A whole number without its point."""
    return int(number) if number == int(number) else number


def on_off(value: Value) -> str:
    return "ON" if wanted_switch(value) else "OFF"


def switchable(point: str, settle_ms: int = 800) -> CommandSpec:
    return CommandSpec(point, low=0, high=1, step=1, settle_ms=settle_ms)


def as_payload(fields: Mapping[str, object]) -> str:
    return json.dumps(fields)
