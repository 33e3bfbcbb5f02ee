"""A journal row: what was asked or decided, on which inputs, what bound it, what the device answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hub.model.command import Reason
from hub.model.point import Value

NO_REASON = Reason("")


@dataclass(frozen=True, slots=True)
class Input:
    point: str
    value: Value | None
    age_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind`: request, write, link, clock, start, stop or incident. `t` UTC ms; `ms` how long the device took."""

    t: int
    kind: str
    point: str = ""
    request: str = ""
    asked: Value | None = None
    value: Value | None = None
    source: str = ""
    person: str = ""
    cause: str = ""
    reason: Reason = NO_REASON
    limits: tuple[Reason, ...] = ()
    inputs: tuple[Input, ...] = ()
    state: str = ""
    applied: Value | None = None
    ms: float | None = None


class Journal(Protocol):
    async def record(self, entry: Entry) -> None:
        """Durable when it returns: people's requests and operator signals."""

    def later(self, entry: Entry) -> None:
        """Durable with the next flush (<= 10 s): the core's own commands, their answers, link events."""
