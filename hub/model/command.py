"""Wishes, what became of them, and why: Request -> (core) -> Command -> Outcome, each with its Reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from hub.model.point import Value
from hub.model.record import record


class Wear(StrEnum):
    """Where a set-point is kept: a volatile one may be renewed for ever, a flash one has a daily write budget."""

    VOLATILE = "volatile"
    FLASH = "flash"


@record(frozen=True, slots=True)
class CommandSpec:
    """What may be written to a point, in base units.

    `settle_ms`: how long the device may take until its own reading shows the new value (dead time).
    `heartbeat_s`: the device's watchdog; the set-point is renewed at half of it; 0 = holds without renewal.
    `writes_a_day`: how often a set-point that is kept in flash may be changed.
    `shown`: False where not every device of the kind shows what it was told: that it took it has to do then.
    """

    point: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    settle_ms: int = 800
    heartbeat_s: float = 0.0
    wear: Wear = Wear.VOLATILE
    tolerance: float = 0.0
    writes_a_day: int = 100
    shown: bool = True

    def shows(self, wanted: Value, reading: Value | None) -> bool:
        """Does the device's own reading show what was wanted, within its tolerance (else half a step)?"""
        if reading is None or isinstance(wanted, str) or isinstance(reading, str):
            return reading == wanted
        return abs(float(reading) - float(wanted)) <= (self.tolerance or (self.step or 0.0) / 2) + 1e-9


class Source(StrEnum):
    """Who wishes, in the order of arbitration: each may only choose inside what those above left open."""

    SAFETY = "safety"
    GRID_OPERATOR = "grid_operator"
    SITE = "site"
    PERSON = "person"
    RULE = "rule"
    PLAN = "plan"
    DEFAULT = "default"


ORDER = {source: rank for rank, source in enumerate(Source)}


class Relation(StrEnum):
    SET = "set"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@record(frozen=True, slots=True)
class Request:
    """A lease: from `starts` to `ends` (UTC ms) somebody wishes `point relation value`.

    `priority`: among those of one source the higher comes first. `stays`: what it sets is not given back at its end.
    """

    id: str
    point: str
    relation: Relation
    value: Value
    source: Source
    starts: int
    ends: int
    person: str = ""
    cause: str = ""
    priority: int = 0
    stays: bool = False


def heeded(requests: Iterable[Request], *points: str, begun: int | None = None) -> Request | None:
    """Who asks an amount of these points, which no device shows: the highest source, of one source the newest.

    `begun`: by then, UTC ms. Zero is as if nobody had asked.
    """
    asked = (
        r for r in requests if r.point in points and r.relation is Relation.SET and (begun is None or r.starts <= begun)
    )
    amounts = [r for r in asked if not isinstance(r.value, str) and 0 < r.value < math.inf]
    return min(amounts, key=lambda r: (ORDER[r.source], -r.starts, r.id), default=None)


@record(frozen=True, slots=True)
class Reason:
    """A code with its numbers; the UI has the words."""

    code: str
    numbers: Mapping[str, Value] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Command:
    """What the core decided for one point, on whose wish, why, which limits bound it, and which points it looked at."""

    point: str
    value: Value
    request: str
    source: Source
    reason: Reason
    limits: tuple[Reason, ...] = ()
    inputs: tuple[str, ...] = ()


class OutcomeState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


@record(frozen=True, slots=True)
class Outcome:
    """What the device did: `applied` is its own reading, never our wish."""

    state: OutcomeState
    applied: Value | None
    reason: Reason
    at: int
