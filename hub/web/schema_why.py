"""The JSON shapes of decisions and the journal: a part of `schema.py`, which is too long for one file."""

from __future__ import annotations

from typing import Literal, TypedDict

from hub.core.changes import ChangeCode
from hub.model import Value


class ReasonInfo(TypedDict):
    """A code with its numbers; the words are the page's."""

    code: str
    numbers: dict[str, Value]


class ChangeInfo(TypedDict):
    """One thing that would alter a decision by itself; the words are the page's.

    `numbers`, where they are known: `ends` of the wish behind it (UTC ms), `wait_s` to wait (s), what has to be there
    (`min_a` A, `needed_w` W, `floor` and `ceiling` %), how much more sun (`more_a` A) or how much less use elsewhere
    (`less_a` A, `less_w` W) is needed; whose turn it is after (`source`), which `point`, `circuit` and `phase`.
    """

    code: ChangeCode
    numbers: dict[str, Value]


class InputInfo(TypedDict):
    """A value the decision was taken on, and how old it was."""

    point: str
    v: Value | None
    age_ms: int


class JournalRow(TypedDict):
    """`changes`: what would have altered it then; of a wish that is still in force, also when it ends."""

    id: int
    t: int
    kind: Literal["request", "decision", "write", "link", "clock", "start", "stop", "incident"]
    point: str
    request: str
    asked: Value | None
    value: Value | None
    source: str
    person: str
    cause: str
    reason: ReasonInfo
    limits: list[ReasonInfo]
    inputs: list[InputInfo]
    state: str
    applied: Value | None
    ms: float | None
    changes: list[ChangeInfo]


class Journal(TypedDict):
    rows: list[JournalRow]


class InputValue(TypedDict):
    """What the core knew of a point when it decided; null = nothing."""

    point: str
    v: Value | None


class Decision(TypedDict):
    """What the core wants a point to be, on whose wish, why, within which limits, and on what it looked.

    `ends` is when the wish's time is over (UTC ms); null when it has no end. `request`: the wish that is held and can
    be taken back; empty where nobody's is, or where it is asked for once. `changes`: what would alter it, each by
    itself.
    """

    point: str
    value: Value
    source: str
    request: str
    person: str
    cause: str
    ends: int | None
    reason: ReasonInfo
    limits: list[ReasonInfo]
    inputs: list[InputValue]
    changes: list[ChangeInfo]


class Unmet(TypedDict):
    """A wish in force that does not have its way: what it asked, what is, what is against it, what would alter that."""

    request: str
    point: str
    asked: Value
    got: Value
    source: str
    person: str
    cause: str
    ends: int
    by: ReasonInfo
    changes: list[ChangeInfo]


class Decisions(TypedDict):
    """One step of the core; `t` is its time (UTC ms)."""

    t: int
    decisions: list[Decision]
    unmet: list[Unmet]
