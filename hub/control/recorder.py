"""Notes what the core is given beside the columns, so that any second that is still kept can be decided again."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from hub.core import House, Inputs, State, Step
from hub.core.keyframe import packed
from hub.core.pace import MOST_S, SWITCHED
from hub.core.plain import digest, plain, plain_device, plain_plan
from hub.model import Device, Request
from hub.model.plan import Plan
from hub.rules import Rule

FRAME_MS, SOON_MS = 3_600_000, 60_000
"""From one frame to the next, at most and at least."""
JUMP_MS = round(1000 * MOST_S)
"""A longer gap between two steps is no time that devices have rested."""
DIGEST_STEPS = 60


class InputLog(Protocol):
    def later(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        """Durable with the next flush."""

    def soon(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        """Durable as soon as the disk takes it."""


class Recorder:
    """One row a step that brought something new, a frame each hour or when what must not be forgotten has changed.

    The memory is written down at once when a device is switched, while the device is told so: a power cut does not make
    the hub forget since when it is on, off, or on other phases. So it is when the clock has jumped.

    A plan has a row of its own from the step on in which it comes into force; a frame names it by its key, 0 = none.

    A digest of all decisions each DIGEST_STEPS steps tells a replay whether it has decided the same.
    """

    def __init__(self, log: InputLog, site_version: int) -> None:
        self._log = log
        self._site = site_version
        self._house: House | None = None
        self._plan: Plan | None = None
        self._key = self._plan_key = 0
        self._written = set[int]()
        self._given: tuple[tuple[Request, ...], dict[str, str], tuple[Rule, ...]] | None = None
        self._column: Mapping[str, int] = {}
        self._dear: object = None
        self._switched: object = None
        self._begun = False
        self._framed = self._digest = self._steps = self._t = 0
        self._second = 0
        """the last column that a step was made of, UTC ms: it gives every row its place between the columns"""

    def before(
        self, state: State, inputs: Inputs, devices: Iterable[Device], stored: Mapping[str, int], urgent: bool
    ) -> None:
        """A step is about to be made of `inputs`; `stored` is the column, or what the points are if it is `urgent`."""
        if not self._begun:
            self._second = inputs.t // 1000 * 1000 - 1000
            self._switched, self._t = _switched(state), inputs.t
        if inputs.house is not self._house:
            self._layout(inputs, devices)
        if inputs.plan is not self._plan:
            self._follow(inputs.t, inputs.plan)
        given = inputs.requests, dict(inputs.intents), inputs.rules
        dear, age = _dear(state), inputs.t - self._framed
        if (dear != self._dear and not 0 <= age < SOON_MS) or not 0 <= age < FRAME_MS:
            self._frame(state, inputs, stored)
            self._dear, self._given, self._column = dear, given, {}
        row: dict[str, Any] = {}
        if given != self._given:
            row |= {"requests": [plain(r) for r in given[0]], "intents": given[1], "rules": _documents(given[2])}
        if urgent:
            row["values"] = _changes(self._column, stored)
        if row:
            self._note(inputs.t, "step", row)
        self._given, self._column = given, stored

    def after(self, t: int, result: Step, second: int | None) -> None:
        """`second`: the column's time, None for an urgent step."""
        self._second = second or self._second
        self._digest, self._steps = digest(self._digest, result), self._steps + 1
        if self._steps == DIGEST_STEPS:
            self._told(t)
        switched, before = _switched(result.state), self._t
        if switched != self._switched or not 0 <= t - before <= JUMP_MS:
            self.remember(result.state, t)
        self._switched, self._t = switched, t

    def remember(self, state: State, t: int) -> None:
        """For the next start, whenever that is."""
        self._log.soon(t, "memory", {"memory": packed(state), "second": self._second})

    def _note(self, t: int, kind: str, data: dict[str, Any]) -> None:
        self._log.later(t, kind, {**data, "second": self._second})

    def _told(self, t: int) -> None:
        self._note(t, "digest", {"digest": self._digest, "steps": self._steps})
        self._digest = self._steps = 0

    def _layout(self, inputs: Inputs, devices: Iterable[Device]) -> None:
        self._house = inputs.house
        listed = [plain_device(d) for d in devices]
        self._key = zlib.crc32(repr(listed).encode())
        if self._key not in self._written:
            self._written.add(self._key)
            self._note(inputs.t, "house", {"key": self._key, "devices": listed})
        self._framed = 0

    def _follow(self, t: int, plan: Plan | None) -> None:
        self._plan = plan
        told = plain_plan(plan) if plan else None
        self._plan_key = zlib.crc32(repr(told).encode()) or 1 if told else 0
        self._note(t, "plan", {"key": self._plan_key, "plan": told})

    def _frame(self, state: State, inputs: Inputs, stored: Mapping[str, int]) -> None:
        if self._steps:
            self._told(inputs.t)
        self._framed = inputs.t
        frame = {
            "memory": packed(state),
            "house": self._key,
            "plan": self._plan_key,
            "site": self._site,
            "requests": [plain(r) for r in inputs.requests],
            "intents": dict(inputs.intents),
            "rules": _documents(inputs.rules),
            "derived": {p: v for p, v in stored.items() if p.startswith("house.")},
            "start": not self._begun,
        }
        self._begun = True
        self._note(inputs.t, "frame", frame)


def _documents(rules: tuple[Rule, ...]) -> dict[str, Mapping[str, Any]]:
    return {rule.id: rule.document for rule in rules}


def _changes(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int | None]:
    """What is new since the last step, None for what is not known any more."""
    gone = {p: None for p in before if p not in now}
    return {**gone, **{p: v for p, v in now.items() if before.get(p) != v}}


def _switched(state: State) -> object:
    """What no power cut may make forgotten: what is on, the phases, what was written to flash."""
    switches = {p: h.value for p, h in state.held.items() if p.endswith(SWITCHED)}
    cars = {d: (m.phases, m.limit_a > 0) for d, m in state.chargers.items()}
    return switches, cars, {p: t.value for p, t in state.tokens.items()}


def _dear(state: State) -> object:
    """What a restart must not forget besides: ends of batteries, who has paused, what was before a wish, budgets. Not
    what regulators do.
    """
    ends = {p: h.value for p, h in state.held.items() if p.endswith(".soc")}
    paused = {d: m.forced for d, m in state.chargers.items()}
    rules = {r: (m.since, m.ended) for r, m in state.rules.items()}
    before = {p: h.taken.before for p, h in state.held.items() if h.taken}
    return _switched(state), ends, paused, rules, before, {p: int(t.left) for p, t in state.tokens.items()}
