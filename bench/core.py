"""The core: how long a step takes in a usual house and in one ten times as large, whether it stays in the envelope, and
what a demo house shows of it: how soon it is safe, how long a fuse is exceeded, how much is written down in a day.

`./shems bench core [--quick]`; `./shems bench core.house` is one part of it. A step's rival is `json.dumps` of the same
second's readings in the same run, so that the speed of the machine cancels out.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.kit import core_past
from bench.kit.core_house import Busy
from bench.kit.core_noted import noted
from bench.kit.rows import Row, percentile, row
from bench.kit.shown import shown
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
SAFE_WITHIN_S, CORRECTED_WITHIN_S = 10.0, 5.0
"""As tests/house/test_safety.py holds them."""

PARTS = ("steps", "rehearsals", "envelope", "house", "day")


def run(quick: bool, parts: Sequence[str] = PARTS) -> Iterator[Row]:
    """`quick`: fewer repetitions, 20,000 fuzz steps instead of a million, one source killed, minutes instead of half an
    hour of what is written down.
    """
    made: dict[str, Callable[[], Iterator[Row]]] = {
        "steps": lambda: steps(300 if quick else 3_000),
        "rehearsals": lambda: rehearsals(30 if quick else 365),
        "envelope": lambda: envelope(20_000 if quick else 1_000_000),
        "house": lambda: house("grid or oven" if quick else "safe_state or oven"),
        "day": lambda: day(*((30, 90) if quick else (120, 1_800))),
    }
    for part in parts:
        yield from made[part]()


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


def rehearsals(days: int) -> Iterator[Row]:
    """A year of minutes, read from a packed history of seconds; the goal of the year holds for the whole year only."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        yield from _rehearsals(core_past.year(Path(room) / "history.db", days), days)


def _rehearsals(path: Path, days: int) -> Iterator[Row]:
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


# -- the demo house ----------------------------------------------------------------------------------------------------


def house(which: str) -> Iterator[Row]:
    """Real sockets, in real time: see tests/house/test_safety.py; `which` of it, as pytest is told."""
    seen = shown("tests/house/test_safety.py", "-k", which)
    safe = seen.figures.get("safe_after_s", [])
    name = f"demo house, a source killed, {len(safe)} in turn: until the safe state, slowest"
    yield row(name, max(safe, default=float("nan")), "s", SAFE_WITHIN_S)
    name = "demo house, car, heat pump and oven together: fuse exceeded for at most"
    yield row(name, seen.one("over_the_fuse_s"), "s", CORRECTED_WITHIN_S)
    yield row(f"demo house: tests that did not hold, of {seen.ran}", seen.failed, "", 0)


def day(settled_s: float, watched_s: float) -> Iterator[Row]:
    """Bytes of a day, reckoned up from `watched_s` of a demo house that is left alone."""
    found = noted(settled_s, watched_s)
    what = f"demo house, from {watched_s / 60:g} min"
    yield row(f"{what}: noted beside the columns for a replay", found.inputs / 1000, "kB/d")
    yield row(f"{what}: rows of the journal", found.journal / 1000, "kB/d")
