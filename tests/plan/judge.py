"""Holds a plan against what a scenario expects: a small closed vocabulary.

A row has one assertion, and says of whom and when: `device` (without it the house), `from` and `until` or `at`
(without them all steps). A window must hold at least one step.

- `never`, `always`, `sometimes` = draws, gives, imports, exports, curtails, rests: more than 20 W of it, or of nothing
- `energy` = [least, most] kWh of `of` = draws, gives, imports, exports, curtails
- `power` = [least, most] W in each step: a device draws (+) or gives (-); the house imports (+) or exports (-)
- `soc`, `room`, `tank` = [least, most] in each step (at its end)
- `starts` = [least, most]: how often it begins to draw; `changes`: how often its power moves by more than 200 W
- `phases` = the numbers of phases that it charges with
- `task`, `why` = in each step; `some_why` = in one of them
- `price`, `value`, `turns` = [least, most] currency/kWh: of one more kWh, of a stored one, at which it would turn
- `binds` = what sets the price in each step
- `given_up` = a wish of `device` with `amount` = [least, most]; "nothing"; `not_given_up` = a wish
- `cost` = [least, most] of `of` = total (or energy, peak, wear, starts, co2, given_up, stored)
- `saves` = [least, most] against `of` = nothing, at_once
- `assumed` = a text that is in what was assumed, "nothing"; `error` = a text that is in the error
- `proven` = whether no plan costs noticeably less
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hub.errors import UserError
from hub.plan import Planned
from hub.plan.result import Doing, Step
from tests.plan.scenario import Scenario, Table

FLOWS = 20.0
"""W: less is nothing."""
MOVES = 200.0
_SCOPE = ("device", "from", "until", "at", "of", "amount")
Outcome = Planned | UserError


def misses(scenario: Scenario, outcome: Outcome) -> list[str]:
    """One line for each expectation that is not met, and what is there instead."""
    return [line for row in scenario.expect for line in missed(row, outcome)]


def missed(row: Table, outcome: Outcome) -> list[str]:
    """Why this row is not met; empty when it is."""
    kinds = [k for k in row if k not in _SCOPE]
    if len(kinds) != 1 or kinds[0] not in CHECKS:
        raise ValueError(f"{dict(row)}: must hold one of {', '.join(CHECKS)}")
    kind = kinds[0]
    if isinstance(outcome, UserError):
        wrong = None if kind == "error" and row[kind] in str(outcome) else f"the problem was refused: {outcome}"
    else:
        wrong = next(CHECKS[kind](row, outcome), None)
    return [f"{_said(row)}: {wrong}"] if wrong else []


def _said(row: Table) -> str:
    return ", ".join(f"{k} {_clock(v) if k in ('from', 'until', 'at') else v}" for k, v in row.items())


def _clock(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%d %H:%MZ")


# -- where to look -----------------------------------------------------------------------------------------------------


def _steps(row: Table, plan: Planned) -> list[Step]:
    first, last = row.get("at", row.get("from", 0)), row.get("at", row.get("until", 2**60) - 1)
    step_ms = plan.step_s * 1000
    found = [s for s in plan.steps if s.start <= last and s.start + step_ms > first]
    if not found:
        raise ValueError(f"{_said(row)}: no step lies there")
    return found


def _doing(row: Table, step: Step) -> Doing | None:
    return step.devices.get(row["device"])


def _net(row: Table, step: Step) -> float:
    """W that a device draws (below 0: gives), or that the house imports."""
    if "device" not in row:
        return step.grid_w
    doing = _doing(row, step)
    if doing is None:
        return 0.0
    return -doing.power_w if doing.task is not None else doing.power_w


def flow(row: Table, word: str, step: Step) -> float:
    """W of what the word says."""
    net = _net(row, step)
    flows = {"draws": net, "imports": net, "gives": -net, "exports": -net, "curtails": step.held_back_w}
    return max(0.0, flows[word])


def _is(row: Table, word: str, step: Step) -> bool:
    return abs(_net(row, step)) <= FLOWS if word == "rests" else flow(row, word, step) > FLOWS


def _outside(value: float | None, span: list[float]) -> bool:
    return value is None or not span[0] <= value <= span[1]


def _named(row: Table, plan: Planned) -> None:
    """A slip of the pen in a device's name would let a row that says `never` pass."""
    if "device" in row and not any(row["device"] in s.devices for s in plan.steps):
        raise ValueError(f"{_said(row)}: no such device in the plan")


# -- flows -------------------------------------------------------------------------------------------------------------

Wrong = Iterator[str]


def _never(row: Table, plan: Planned) -> Wrong:
    _named(row, plan)
    for step in _steps(row, plan):
        if _is(row, row["never"], step):
            yield f"at {_clock(step.start)} it does, {_net(row, step):.0f} W"


def _always(row: Table, plan: Planned) -> Wrong:
    for step in _steps(row, plan):
        if not _is(row, row["always"], step):
            yield f"at {_clock(step.start)} it does not, {_net(row, step):.0f} W"


def _sometimes(row: Table, plan: Planned) -> Wrong:
    if not any(_is(row, row["sometimes"], step) for step in _steps(row, plan)):
        yield "it never does"


def _energy(row: Table, plan: Planned) -> Wrong:
    _named(row, plan)
    kwh = sum(flow(row, row["of"], s) for s in _steps(row, plan)) * plan.step_s / 3.6e6
    if _outside(kwh, row["energy"]):
        yield f"{kwh:.3f} kWh"


def _power(row: Table, plan: Planned) -> Wrong:
    _named(row, plan)
    for step in _steps(row, plan):
        if _outside(_net(row, step), row["power"]):
            yield f"at {_clock(step.start)} {_net(row, step):.0f} W"


def _starts(row: Table, plan: Planned) -> Wrong:
    _named(row, plan)
    on = [flow(row, "draws", s) > FLOWS for s in _steps(row, plan)]
    count = sum(b and not a for a, b in pairwise([False, *on]))
    if _outside(count, row["starts"]):
        yield f"{count} starts"


def _changes(row: Table, plan: Planned) -> Wrong:
    _named(row, plan)
    count = sum(abs(b - a) > MOVES for a, b in pairwise(_net(row, s) for s in _steps(row, plan)))
    if _outside(count, row["changes"]):
        yield f"{count} changes"


# -- states ------------------------------------------------------------------------------------------------------------


def _each(key: str, field: str) -> Callable[[Table, Planned], Wrong]:
    """In each step a number of the device."""

    def check(row: Table, plan: Planned) -> Wrong:
        for step in _steps(row, plan):
            value = getattr(_doing(row, step), field, None)
            if _outside(value, row[key]):
                yield f"at {_clock(step.start)} {value}"

    return check


def _phases(row: Table, plan: Planned) -> Wrong:
    used = {d.phases for s in _steps(row, plan) if (d := _doing(row, s)) and d.phases}
    if used != set(row["phases"]):
        yield f"{sorted(used)}"


def _task(row: Table, plan: Planned) -> Wrong:
    for step in _steps(row, plan):
        doing = _doing(row, step)
        if doing is None or doing.task != row["task"]:
            yield f"at {_clock(step.start)} {doing.task if doing else 'it is not there'}"


def _codes(row: Table, plan: Planned) -> list[tuple[Step, str]]:
    return [(s, d.why.code if (d := _doing(row, s)) else "it is not there") for s in _steps(row, plan)]


def _why(row: Table, plan: Planned) -> Wrong:
    yield from (f"at {_clock(s.start)} {code}" for s, code in _codes(row, plan) if code != row["why"])


def _some_why(row: Table, plan: Planned) -> Wrong:
    codes = [code for _, code in _codes(row, plan)]
    if row["some_why"] not in codes:
        yield f"only {', '.join(dict.fromkeys(codes))}"


def _turns(row: Table, plan: Planned) -> Wrong:
    for step in _steps(row, plan):
        doing = _doing(row, step)
        if doing is None or _outside(doing.why.turns_at, row["turns"]):
            yield f"at {_clock(step.start)} {doing.why.turns_at if doing else 'it is not there'}"


def _price(row: Table, plan: Planned) -> Wrong:
    yield from (f"at {_clock(s.start)} {s.price}" for s in _steps(row, plan) if _outside(s.price, row["price"]))


def _binds(row: Table, plan: Planned) -> Wrong:
    yield from (f"at {_clock(s.start)} {s.binds}" for s in _steps(row, plan) if s.binds != row["binds"])


# -- the whole ---------------------------------------------------------------------------------------------------------


def _given_up(row: Table, plan: Planned) -> Wrong:
    told = ", ".join(f"{g.wish} {g.device} {g.amount} {g.unit}" for g in plan.given_up) or "nothing"
    if row["given_up"] == "nothing":
        if plan.given_up:
            yield told
        return
    mine = [g for g in plan.given_up if g.wish == row["given_up"] and g.device == row.get("device", "")]
    if not mine or _outside(sum(g.amount for g in mine), row.get("amount", [0.0, float("inf")])):
        yield told


def _not_given_up(row: Table, plan: Planned) -> Wrong:
    for g in plan.given_up:
        if g.wish == row["not_given_up"] and row.get("device", g.device) == g.device:
            yield f"{g.amount} {g.unit} is"


def _cost(row: Table, plan: Planned) -> Wrong:
    value = getattr(plan.costs, row.get("of", "total"))
    if _outside(value, row["cost"]):
        yield f"{value}"


def _saves(row: Table, plan: Planned) -> Wrong:
    value = getattr(plan, f"saves_{row['of']}")
    if _outside(value, row["saves"]):
        yield f"{value}"


def _assumed(row: Table, plan: Planned) -> Wrong:
    fine = not plan.assumed if row["assumed"] == "nothing" else any(row["assumed"] in a for a in plan.assumed)
    if not fine:
        yield "; ".join(plan.assumed) or "nothing was"


def _error(row: Table, plan: Planned) -> Wrong:
    yield "there is a plan"


def _proven(row: Table, plan: Planned) -> Wrong:
    if plan.proven != row["proven"]:
        yield f"{plan.costs.total} with a bound of {plan.bound}"


CHECKS: Mapping[str, Callable[[Any, Planned], Wrong]] = {
    "never": _never,
    "always": _always,
    "sometimes": _sometimes,
    "energy": _energy,
    "power": _power,
    "soc": _each("soc", "soc"),
    "room": _each("room", "room_c"),
    "tank": _each("tank", "tank_c"),
    "value": _each("value", "value"),
    "starts": _starts,
    "changes": _changes,
    "phases": _phases,
    "task": _task,
    "why": _why,
    "some_why": _some_why,
    "turns": _turns,
    "price": _price,
    "binds": _binds,
    "given_up": _given_up,
    "not_given_up": _not_given_up,
    "cost": _cost,
    "saves": _saves,
    "assumed": _assumed,
    "error": _error,
    "proven": _proven,
}
