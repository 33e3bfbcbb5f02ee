"""The core: how long a step takes in a usual house and in one ten times as large, and whether it stays in the envelope.

`./shems bench core [--quick]`. A step's rival is `json.dumps` of the same second's readings in the same run, so that
the speed of the machine cancels out.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.kit import core_past
from bench.kit.core_house import Busy
from bench.kit.rows import Row, percentile, row
from bench.kit.store_house import DAY_S
from bench.kit.store_ours import EPOCH
from hub.core import Inputs, State, step
from hub.model.site import Site
from hub.rehearse.backtest import recorded, rehearse
from hub.rules import Rule, runs
from tests.core.fuzz import Tally, fuzz

GOAL_US = 1000.0
LARGE, RULES = 10, 40
T = 1_750_000_000_000


def run(quick: bool) -> Iterator[Row]:
    """`quick`: fewer repetitions, 20,000 fuzz steps instead of a million."""
    yield from steps(300 if quick else 3_000)
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        yield from rehearsals(Path(room), 30 if quick else 365)
    yield from envelope(20_000 if quick else 1_000_000)


# -- time --------------------------------------------------------------------------------------------------------------


def steps(n: int) -> Iterator[Row]:
    """The median and the worst of a hundred of a step, and its growth."""
    small, large = Busy.of(1), Busy.of(LARGE)
    per_step = [microseconds(stepper(house), n if house is small else n // LARGE) for house in (small, large)]
    dumped = percentile(microseconds(lambda: json.dumps(small.values), n), 50)
    (usual, worst), (grown, _) = [(percentile(times, 50), percentile(times, 99)) for times in per_step]
    what = f"{len(small.values)} points, {small.driven} driven devices"
    yield row(f"step, {what}, p50", usual, "us", GOAL_US, ("json.dumps of the readings", dumped))
    yield row("step, the same house, p99", worst, "us", GOAL_US)
    yield row(f"step, {len(large.values)} points, {large.driven} driven devices, p50", grown, "us")
    yield row(f"its growth against {LARGE} times as much", grown / (LARGE * usual), "x")
    ruled = [microseconds(stepper(small, k), n) for k in (RULES, LARGE * RULES)]
    asked = [percentile(times, 50) for times in ruled]
    yield row(f"step, {what}, {RULES} rules, p50", asked[0], "us", GOAL_US)
    yield row(f"step, the same house, {RULES} rules, p99", percentile(ruled[0], 99), "us")
    yield row(f"what {RULES} rules take of it", asked[0] - usual, "us")
    yield row(f"growth of that at {LARGE} x as many rules", (asked[1] - usual) / (asked[0] - usual) / LARGE, "x")


def stepper(busy: Busy, rules: int = 0) -> Callable[[], object]:
    """One step a call, each a second after the one before, with the state that it left."""
    state, t, listed = State(), T, tuple(core_past.rules(rules))
    values = {**busy.values, **dict.fromkeys(core_past.POINTS, 100.0)} if rules else busy.values

    def once() -> None:
        nonlocal state, t
        t += 1000
        moment = core_past.CALENDAR.moment(t) if listed else None
        state = step(state, Inputs(t, busy.house, values, busy.requests, rules=listed, moment=moment)).state

    return once


def microseconds(call: Callable[[], object], n: int) -> list[float]:
    """Of each of `n` calls, after a tenth as many to warm up."""
    times = []
    for i in range(n + n // 10):
        started = time.perf_counter()
        call()
        if i >= n // 10:
            times.append((time.perf_counter() - started) * 1e6)
    return times


# -- rehearsals --------------------------------------------------------------------------------------------------------


def rehearsals(room: Path, days: int) -> Iterator[Row]:
    """A year of minutes, read from a packed history of seconds; the goal of the year holds for the whole year only."""
    path = core_past.year(room / "history.db", days)
    end = (EPOCH + days * DAY_S) * 1000
    times = {
        n: [_rehearsed(path, rule, end - n * DAY_S * 1000, end) for rule in core_past.rules(5)] for n in (30, days)
    }
    yield row("rehearsal of a rule over 30 days of minutes, slowest of 5", max(times[30]), "ms", 300)
    yield row(f"the same over {days} days", max(times[days]), "ms", 2_000)
    yield row(f"growth from 30 days to {days}", max(times[days]) / max(times[30]) / (days / 30), "x")
    tried = [
        ("seconds, live every second", 3, 1, 1, 0.1),
        ("minutes, live every minute", min(days, 60), 60, 60, 0.1),
        ("minutes, live every second", 3, 60, 1, None),
    ]
    for what, over, every_s, live_s, goal in tried:
        same = [agreement(path, rule, over, every_s, live_s) for rule in core_past.rules(5)]
        name = f"time in which it is not what the live evaluator had, of {what}, worst of 5"
        yield row(name, 100 * (1 - min(same)), "%", goal, digits=3)


def _rehearsed(path: Path, rule: Rule, start: int, end: int) -> float:
    began = time.perf_counter()
    rehearse(rule, [], core_past.reader(path), core_past.CALENDAR, core_past.POINTS, Site(), start, end)
    return (time.perf_counter() - began) * 1000


def agreement(path: Path, rule: Rule, days: int, every_s: int, live_s: int) -> float:
    """The share of minutes in which the rehearsal, of steps of `every_s`, and the live evaluator, asked every `live_s`,
    are of one mind.
    """
    live = list(core_past.in_force_each_minute(rule, days, live_s))
    names = [p for p in rule.points if p != "plug.on"]
    span = EPOCH * 1000, (EPOCH + days * DAY_S) * 1000
    past = recorded(core_past.reader(path), core_past.CALENDAR, core_past.POINTS, names, *span, every_s)
    tried = np.zeros(len(past.moments), np.bool_)
    for found in runs(rule, past.moments, past.world(None)):
        tried[found.start : found.end] = True
    tried = tried[60 // every_s - 1 :: 60 // every_s]
    return sum(a == b for a, b in zip(live, tried, strict=True)) / len(live)


# -- the envelope ------------------------------------------------------------------------------------------------------


def envelope(n: int) -> Iterator[Row]:
    """Any house, any reading, any wish: see tests/core/fuzz.py."""
    started = time.perf_counter()
    tally = fuzz(n)
    seconds = time.perf_counter() - started
    yield row(f"invariants broken in {tally.steps} fuzz steps", tally.broken.total(), "", 0)
    yield from kinds(tally)
    yield row(f"checks made, in {tally.houses} houses", tally.checks, "")
    yield row("fuzz steps, checks among them", tally.steps / seconds, "1/s")


def kinds(tally: Tally) -> Iterator[Row]:
    for name, times in tally.broken.most_common():
        yield row(f"  of them: {name}", times, "")
