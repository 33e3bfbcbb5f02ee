"""What the contacts of a device mean: pure. SG-Ready by two outputs, a load by one, a report by one input.

SG-Ready, Bundesverband Wärmepumpe, regulations version 1.1 and 2.0: contacts 1:0 block, 0:0 normal, 0:1 boost advised,
1:1 forced on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.contact.lines import Line
from hub.errors import Refused
from hub.model import CommandSpec, DeviceSpec, Value

SG_READY = {1: (True, False), 2: (False, False), 3: (False, True), 4: (True, True)}
SG_NORMAL = 2
_SETTLE_MS = 200


@dataclass(frozen=True, slots=True)
class Contact:
    """One device: the quantity that its lines carry, and the value it has at the start and at the end (None: input)."""

    spec: DeviceSpec
    quantity: str
    lines: tuple[Line, ...]
    rest: Value | None

    @property
    def writes(self) -> bool:
        return self.rest is not None

    def states(self, value: Value) -> Mapping[Line, bool]:
        """What the lines have to be for `value`; raises Refused for what cannot be."""
        if self.quantity == "sg_ready" and not isinstance(value, str) and value in SG_READY:
            return dict(zip(self.lines, SG_READY[int(value)], strict=True))
        if self.quantity == "on" and value in (0, 1):
            return {self.lines[0]: bool(value)}
        raise Refused(f"{self.spec.id}.{self.quantity}: a contact cannot be set to {value!r}")

    def value(self, closed: Sequence[bool]) -> Value:
        """What the lines say, each closed or open."""
        if self.quantity == "sg_ready":
            return next(state for state, pair in SG_READY.items() if pair == tuple(closed))
        return closed[0]

    def commands(self) -> tuple[CommandSpec, ...]:
        point = f"{self.spec.id}.{self.quantity}"
        if self.quantity == "sg_ready":
            return (CommandSpec(point, 1, 4, 1, settle_ms=_SETTLE_MS),)
        return (CommandSpec(point, 0, 1, 1, settle_ms=_SETTLE_MS),) if self.writes else ()
