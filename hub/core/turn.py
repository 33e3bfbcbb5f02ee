"""A step in the making: what all devices share. What is wanted of them, what is left of the limits, what is decided."""

from __future__ import annotations

from dataclasses import replace

from hub.core import charging, planned
from hub.core.arbitrate import Verdict, arbitrate
from hub.core.connection import Connection, caps, unmet_limits
from hub.core.derive import derive
from hub.core.envelope import Bound
from hub.core.fuse import Fuses
from hub.core.pace import MOST_S, refilled, seen_again, spent, went_by
from hub.core.types import Course, Inputs, State, Step, Wish
from hub.model import Command, Reason, Request, Source, Value, Wear
from hub.rules import Firing, Memory, advance, requests

_FORGOTTEN_MS = 3_600_000
"""So long a rule is remembered that cannot be understood for a while, because its device has not shown itself yet."""
_NEW = Memory()
_HELD_BACK_S = 5.0
"""An inverter that its limit has held back for so long would make more without it."""


class Turn:
    """One step. Who comes earlier takes first of what `fuses` and `connection` leave.

    `dt`: s since the last step. `inputs` with what rules ask and the modes that hold; `state` as it was. `fast`: cars
    that want to charge without looking at the sun, whatever is left for them; `stores`: batteries that have had their
    turn; `newly_w`: what cars have been given and do not draw yet, and what batteries give beyond what they give now.
    """

    def __init__(self, state: State, inputs: Inputs) -> None:
        self.state = state
        if any(r.ends <= inputs.t for r in inputs.requests):
            inputs = replace(inputs, requests=tuple(r for r in inputs.requests if r.ends > inputs.t))
        self.dt = max(0.0, min((inputs.t - state.t) / 1000.0, MOST_S)) if state.t else 0.0
        self._rules, self._firings, asked = _ruled(state, inputs)
        if asked:
            inputs = replace(inputs, requests=(*inputs.requests, *asked))
        verdicts = _modes(inputs)
        self._modes = {**inputs.intents, **{p: str(v.wish.value) for p, v in verdicts.items()}}
        self.ruled = tuple(p for p, v in verdicts.items() if v.wish.source is not Source.PERSON)
        self._leased = {p: v.wish for p, v in verdicts.items()}
        self.inputs = replace(inputs, intents=self._modes, hidden_w=_hidden(state, inputs))
        self.fuses = Fuses(inputs.house)
        self.connection = Connection(inputs.house, caps(inputs.house.limits, inputs.requests))
        self._commands: list[Command] = []
        self.unmet = [u for v in verdicts.values() for u in v.unmet(v.wish.value, ())]
        self.unmet += unmet_limits(inputs.requests, self.connection.limits)
        self.chargers = dict(state.chargers)
        self.held = seen_again(state.held, state.unseen, inputs.values)
        self._unseen = tuple(p for p in state.unseen if inputs.number(p) is None)
        self._tokens = dict(state.tokens)
        self.targets = dict(state.targets)
        self.courses = dict(state.courses)
        self.fast: list[str] = []
        self.stores: list[str] = []
        self.newly_w = {"cars": 0.0, "batteries": 0.0}
        self._driven: list[str] = []
        self._most: Inputs | None = None
        self._least: Inputs | None = None

    def anew(self) -> Inputs:
        """The moment for the next decision, of which nothing has been looked at yet."""
        self.inputs.looked_at.points = {}
        return self.inputs

    def drawn_most(self) -> Inputs:
        """See `charging`; of what cars were told until this step."""
        if self._most is None:
            self._most = charging.drawn_most(self.inputs, self.state.chargers)
        return self._most

    def drawn_least(self) -> Inputs:
        """See `charging`; of what cars were told until this step."""
        if self._least is None:
            self._least = charging.drawn_least(self.inputs, self.state.chargers)
        return self._least

    def spoken(self, default: Wish) -> Wish:
        """What a mode wants is the wish of whoever holds the mode for a time."""
        lease = self._leased.get(f"{default.point.partition('.')[0]}.mode")
        return replace(default, source=lease.source, request=lease.request) if lease else default

    def planned(
        self, inputs: Inputs, device: str, mode: str, decided: tuple[Wish, Course] | None, instead: Wish | None
    ) -> Wish | None:
        """What the plan wants of the device, or what is done `instead` where no plan decides."""
        if decided:
            wish, self.courses[device] = decided
            return wish
        self.courses.pop(device, None)
        return planned.without(inputs, instead) if instead and planned.asked(inputs, device, mode) else instead

    def decide(
        self, inputs: Inputs, verdict: Verdict, value: Value, limits: tuple[Reason, ...], bounds: tuple[Bound, ...] = ()
    ) -> Value:
        """The command, and who does not get what they asked; the value after the budget of a flash memory."""
        if verdict.driven:
            self._driven.append(verdict.wish.point)
        wish, spec = verdict.wish, inputs.house.commands[verdict.wish.point]
        if spec.wear is Wear.FLASH:
            tokens = refilled(spec, self._tokens.get(wish.point), self.dt)
            safe = tokens is None or _inside(tokens.value, value, bounds, limits)
            value, self._tokens[wish.point], worn = spent(spec, wish, value, safe, tokens)
            limits = (*limits, *([worn] if worn else ()))
        looked_at = (*inputs.looked_at.points, *self._read_by(wish))
        self._commands.append(
            Command(wish.point, value, wish.request, wish.source, wish.reason, limits, tuple(dict.fromkeys(looked_at)))
        )
        self.unmet += verdict.unmet(value, limits)
        return value

    def _read_by(self, wish: Wish) -> tuple[str, ...]:
        """The points that the rule behind it goes by."""
        if wish.source is not Source.RULE:
            return ()
        cause = next((r.cause for r in self.inputs.requests if r.id == wish.request), "")
        return next((rule.points for rule in self.inputs.rules if cause == f"rule:{rule.id}"), ())

    def done(self) -> Step:
        unseen = tuple(p for p in self._unseen if self.held.get(p) and self.held[p].value == self.state.held[p].value)
        before = self.state.chargers
        cars = {d: went_by(m, self.dt) if m is before.get(d) else m for d, m in self.chargers.items()}
        driven = cars, self.held, self._tokens
        state = State(self.inputs.t, *driven, self._rules, self.targets, self.courses, unseen)
        return Step(
            state,
            tuple(self._commands),
            derive(self.inputs, self.connection.limits),
            tuple(self.unmet),
            self._modes,
            self.ruled,
            tuple(self._driven),
            self._firings,
            self.inputs.requests,
        )


def _inside(stands: Value, value: Value, bounds: tuple[Bound, ...], limits: tuple[Reason, ...]) -> bool:
    """Whether what stands in the device may go on standing there: no bound moves it, nor does a limit lie below it."""
    if isinstance(stands, str) or isinstance(value, str):
        return True
    if bounds:
        return all(bound.inside(float(stands)) == stands for bound in bounds)
    return not limits or stands <= value


def _ruled(state: State, inputs: Inputs) -> tuple[dict[str, Memory], dict[str, Firing], list[Request]]:
    """What the rules remember, what each does now, and what they ask together."""
    memories, firings, asked = dict[str, Memory](), dict[str, Firing](), list[Request]()
    if inputs.moment is None:
        return dict(state.rules), firings, asked
    for rule in inputs.rules:
        memory, firing = advance(rule, state.rules.get(rule.id, _NEW), inputs.values, inputs.moment)
        memories[rule.id], firings[rule.id] = memory, firing
        if memory.since:
            asked += requests(rule, memory, inputs.values, inputs.moment)
    kept = {r: m for r, m in state.rules.items() if r not in memories and 0 <= inputs.t - m.t < _FORGOTTEN_MS}
    return {**kept, **memories}, firings, asked


def _hidden(state: State, inputs: Inputs) -> float:
    """What inverters that an export limit holds back may be able to make beyond what they make, W."""
    hidden = 0.0
    for inverter in inputs.house.inverters:
        held, made = state.held.get(f"{inverter.device}.power_limit"), inputs.number(f"{inverter.device}.power")
        if held is None or made is None or isinstance(held.value, str) or held.value >= inverter.high:
            continue
        asked = any(r.point == f"{inverter.device}.power_limit" for r in inputs.requests)
        if not asked and held.timers.enough_s >= _HELD_BACK_S:
            hidden += max(0.0, inverter.high - made)
    return hidden


def _modes(inputs: Inputs) -> dict[str, Verdict]:
    """The modes that somebody asks for a time; the others are what people chose for good."""
    asked = dict.fromkeys(r.point for r in inputs.requests if r.point.endswith(".mode"))
    found = {p: arbitrate(inputs, p, None) for p in asked if p in inputs.house.commands}
    return {p: verdict for p, verdict in found.items() if verdict is not None}
