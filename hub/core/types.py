"""What the core is given, what it remembers, and what it hands on. All frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeGuard, TypeVar, TypeVarTuple

from hub.core.house import House
from hub.model import Command, Moment, Reason, Request, Source, Value
from hub.model.plan import Plan
from hub.model.record import record
from hub.model.site import Price
from hub.rules import Firing, Memory, Rule

VOLT = 230.0
MOST = 1e12
LONG_S = 86_400.0
"""Longer than any time that is waited for."""


def is_number(value: Value | None) -> TypeGuard[float]:
    """Whether the core may calculate with it."""
    return value is not None and not isinstance(value, str) and abs(value) < MOST


@dataclass(slots=True)
class LookedAt:
    """Points, in the order in which they were asked for."""

    points: dict[str, None] = field(default_factory=dict)


@record(frozen=True, slots=True)
class Inputs:
    """One moment: `t` UTC ms; `values` by point id in base units, a stale or invalid point is absent.

    `requests` are the leases in force; `intents` the modes people chose (`wallbox.mode` -> "solar"); `rules` those that
    are enabled; `moment` what the calendar and the sun say, without which no rule is looked at;
    `prices` of the hours to come; `plan` the one in force, which may be stale.
    `most_a`: what cars draw at most, A, whatever their chargers still show.
    `hidden_w`: what the inverters that are held back by an export limit may be able to make beyond what they show.
    `looked_at`: what was asked for, so that a decision can name what it was made on. `known`: see `once`.
    """

    t: int
    house: House
    values: Mapping[str, Value]
    requests: tuple[Request, ...] = ()
    intents: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    moment: Moment | None = None
    prices: tuple[Price, ...] = ()
    plan: Plan | None = None
    hidden_w: float = 0.0
    most_a: Mapping[str, float] = field(default_factory=dict)
    looked_at: LookedAt = field(default_factory=LookedAt, compare=False)
    known: dict[Any, tuple[Any, dict[str, None]]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def number(self, point: str) -> float | None:
        """The reading; None when there is none or it is no number that a house can have (NaN, inf, 1e300)."""
        self.looked_at.points[point] = None
        value = self.values.get(point)
        if value is None or isinstance(value, str) or not abs(value) < MOST:
            return None
        return float(value)

    def mode(self, device: str, default: str) -> str:
        """What people want of the device."""
        return self.intents.get(f"{device}.mode", default)


_Of = TypeVarTuple("_Of")
_Answer = TypeVar("_Answer")


def once(work: Callable[[Inputs, *_Of], _Answer]) -> Callable[[Inputs, *_Of], _Answer]:
    """Works out what a moment's readings and its house come to, and only once, for the same arguments.

    Whoever asks again has looked at the same points.
    """

    @wraps(work)
    def known(inputs: Inputs, *of: *_Of) -> _Answer:
        looked_at, key = inputs.looked_at, (work, of)
        found = inputs.known.get(key)
        if found is None:
            before, looked_at.points = looked_at.points, {}
            found = inputs.known[key] = work(inputs, *of), looked_at.points
            looked_at.points = before
        answer: _Answer = found[0]
        looked_at.points.update(found[1])
        return answer

    return known


@record(frozen=True, slots=True)
class Timers:
    """How long the sun has left enough, or too little, s."""

    enough_s: float = 0.0
    short_s: float = 0.0

    def counted(self, enough: bool, short: bool, dt: float) -> Timers:
        return Timers(self.enough_s + dt if enough else 0.0, self.short_s + dt if short else 0.0)


@record(frozen=True, slots=True)
class ChargerMemory:
    """`limit_a` last decided, `for_s` it has been zero or not zero; `forced`: zero because of a limit or a rule.
    `told_s`: since it was decided otherwise than before, `before_a`.

    `phases`: what it was last switched to, 0 = never; `phases_s` ago; `other_s`: how long the other would suit better;
    `switches_s`: what is left of the time that switches use up, see `pace`.
    `less_s`: how long the sun has left less than `limit_a`. `draws_on`: how many phases the car has drawn on, 0 = never
    seen.
    """

    limit_a: float = 0.0
    timers: Timers = Timers()
    for_s: float = LONG_S
    forced: bool = False
    phases: int = 0
    phases_s: float = LONG_S
    switches_s: float = LONG_S
    other_s: float = 0.0
    less_s: float = 0.0
    draws_on: int = 0
    told_s: float = LONG_S
    before_a: float = 0.0


@record(frozen=True, slots=True)
class Taken:
    """A point that somebody moves for a time: what it showed `before`, which it is given back at the end, see `taken`.

    `told`: what it was told last on the wish `request`; `seen`: it has shown that since. `over_s`: how long the wish
    has been over; below zero, how long it is waited whether it comes again.
    """

    before: Value
    told: Value
    request: str
    seen: bool = False
    over_s: float = 0.0


@record(frozen=True, slots=True)
class Held:
    """What a point was last decided to be, and for how long it has been so, s; `forced`: because of a limit.

    `drew_w`: what the device drew when a limit stopped it last. `taken`: what it is given back, if anything.
    """

    value: Value
    for_s: float = 0.0
    timers: Timers = Timers()
    forced: bool = False
    drew_w: float = 0.0
    taken: Taken | None = None


@record(frozen=True, slots=True)
class Target:
    """The request that it is of, and what the charger's counter read when it was first seen, Wh; None = not known.

    `soc`: what the car told last, %, while it has been connected; `full`: it has held what was asked.
    """

    request: str
    begun_wh: float | None = None
    soc: float | None = None
    full: bool = False


@record(frozen=True, slots=True)
class Course:
    """What a device does by the plan, for `for_s` s now: a battery's task, a car's or a switch's on or off.

    `bought`, `sold`: the prices (1e-5 currency units per kWh) at which it was taken; None = not known. `stores`,
    `covers`: whether the value of a stored kWh says so of what is left over and of what is missing. `level`: A of a
    car; W that a battery sells (+) or buys beyond what the house needs.
    """

    way: str
    for_s: float = 0.0
    bought: int | None = None
    sold: int | None = None
    stores: bool = False
    covers: bool = False
    level: float = 0.0


@record(frozen=True, slots=True)
class State:
    """All that the core remembers from one step to the next.

    `held`: batteries, inverters, heat pumps and switches by point, and what a wish or a limit moves for a time;
    `tokens`: how often a set-point in flash may still be changed, with the value that stands in it; `courses`: what
    devices do by the plan, by device; `unseen`: points of `held` that were remembered over a restart, and whose device
    has not shown since what it is.
    """

    t: int = 0
    chargers: Mapping[str, ChargerMemory] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    tokens: Mapping[str, Tokens] = field(default_factory=dict)
    rules: Mapping[str, Memory] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Tokens:
    """Changes that are left of a budget, and the value that was written last."""

    left: float
    value: Value


@record(frozen=True, slots=True)
class Wish:
    """What one party wants a point to be, before the envelope."""

    point: str
    value: Value
    source: Source
    reason: Reason
    request: str = ""


@record(frozen=True, slots=True)
class Unmet:
    """A request in force that does not have its way: what it asked, what is, and what stands against it."""

    request: str
    point: str
    asked: Value
    got: Value
    by: Reason


@record(frozen=True, slots=True)
class Step:
    """`unmet`: the requests in force that do not have their way; `modes`: what each device's mode is by now.

    `ruled`: the modes that nobody chose, but a rule or a plan holds for a time. `driven`: the points that the core
    drives by itself, so that what people wish of them has an end. `firings`: what each rule does.
    `asked`: all requests, those of rules among them.
    """

    state: State
    commands: tuple[Command, ...]
    derived: Mapping[str, float | None]
    unmet: tuple[Unmet, ...] = ()
    modes: Mapping[str, str] = field(default_factory=dict)
    ruled: tuple[str, ...] = ()
    driven: tuple[str, ...] = ()
    firings: Mapping[str, Firing] = field(default_factory=dict)
    asked: tuple[Request, ...] = ()


@record(frozen=True, slots=True)
class Made:
    """A step and what it was made of."""

    inputs: Inputs
    step: Step
