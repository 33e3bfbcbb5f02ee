"""The core at work in a simulated house: the real `step`, asked when something can change instead of each second.

Once what it wants has settled, all stands still until a device is at its end or a timer has run out. So the time until
then is leapt over, and what the core counts in seconds is made as old as it would be by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from hub.core import Inputs, State, step
from hub.core.types import ChargerMemory, Course, Held, Timers
from hub.model import Request, Value
from hub.model.plan import Plan
from hub.model.site import Price
from hub.rehearse.plant import Flow, Plant

_BEAT_S = 1.0
_MOST_BEATS = 60
_LEAPS = (300.0,)
"""With batteries only: they keep to a way of their plan for so long (core.planned.HOLD_S)."""
_LEAPS_TIMED = (20.0, 45.0, 60.0, 120.0, 300.0)
"""With others, which wait a minute or some for the sun."""

Memory = TypeVar("Memory", ChargerMemory, Held, Course)


@dataclass(frozen=True, slots=True)
class Span:
    """Some time from `start` (UTC ms) on in which load, sun and prices stay as they are, and what is known in it."""

    start: int
    seconds: float
    prices: tuple[Price, ...]
    plan: Plan | None = None
    requests: tuple[Request, ...] = ()

    @property
    def sells(self) -> bool:
        """Whether what is fed in earns something."""
        return not self.prices or self.prices[0].export is None or self.prices[0].export >= 0


class Swift:
    """One house and one core. `intents`: the modes that people chose, by point."""

    def __init__(self, plant: Plant, intents: Mapping[str, str]) -> None:
        self._plant, self._house, self._intents = plant, plant.house, intents
        self._state, self._told = State(), dict[str, Value]()
        self._leaps = _LEAPS_TIMED if plant.cars or plant.pumps else _LEAPS
        self._jumpy = tuple(f"{b.control.device}.power_setpoint" for b in plant.batteries if not b.control.ramp_w_s)

    def run(self, span: Span) -> Flow:
        """What flows over the meter, with the house answering."""
        self._state = _undamped(self._state, self._jumpy)
        total, leaps, done = Flow(), list(self._leaps), 0.0
        while done < span.seconds:
            for _ in range(_MOST_BEATS):
                before, settled = self._state, self._ask(span, done)
                if settled or done >= span.seconds:
                    break
                total.add(self._plant.go(_BEAT_S, span.sells))
                done += _BEAT_S
            leap = min(span.seconds - done, leaps.pop(0) if leaps else span.seconds, self._plant.lasts_s)
            leap = max(leap, min(_BEAT_S, span.seconds - done))
            total.add(self._plant.go(leap, span.sells))
            self._state = aged(before, self._state, leap)
            done += leap
        return total

    def _ask(self, span: Span, done: float) -> bool:
        """Lets the core decide and the house obey; whether it wants the same as the last time."""
        now = span.start + round(done * 1000)
        state = replace(self._state, t=now - round(_BEAT_S * 1000)) if self._state.t else self._state
        values, prices = self._plant.readings(), span.prices
        made = step(
            state, Inputs(now, self._house, values, span.requests, self._intents, prices=prices, plan=span.plan)
        )
        told = {c.point: c.value for c in made.commands}
        settled, self._told, self._state = told == self._told, told, made.state
        self._plant.tell(made.commands)
        return settled


def _undamped(state: State, points: tuple[str, ...]) -> State:
    """A set-point that the core has forgotten goes at once to where it would be some seconds later."""
    return replace(state, held={p: h for p, h in state.held.items() if p not in points})


def aged(before: State, after: State, seconds: float) -> State:
    """`after`, so much later: what went on counting between the two goes on, what began anew has just begun."""
    return replace(
        after,
        t=after.t + round(seconds * 1000),
        chargers={k: _older(before.chargers.get(k), m, seconds) for k, m in after.chargers.items()},
        held={k: _older(before.held.get(k), m, seconds) for k, m in after.held.items()},
        courses={k: _older(before.courses.get(k), m, seconds) for k, m in after.courses.items()},
    )


def _older(before: Memory | None, after: Memory, seconds: float) -> Memory:
    changes: dict[str, float | Timers] = {}
    for field in fields(after):
        now, was = getattr(after, field.name), getattr(before, field.name, None)
        if field.name == "timers" and isinstance(now, Timers):
            changes["timers"] = Timers(
                _later(was.enough_s if isinstance(was, Timers) else 0.0, now.enough_s, seconds),
                _later(was.short_s if isinstance(was, Timers) else 0.0, now.short_s, seconds),
            )
        elif field.name.endswith("_s"):
            changes[field.name] = _later(was or 0.0, now, seconds)
    return replace(after, **changes)  # type: ignore[arg-type]


def _later(was: float, now: float, seconds: float) -> float:
    return now + seconds if now > was else now
