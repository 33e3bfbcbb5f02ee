"""The core: how long a step takes in a usual house and in one ten times as large, and whether it stays in the envelope.

`./shems bench core [--quick]`. A step's rival is `json.dumps` of the same second's readings in the same run, so that
the speed of the machine cancels out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from bench.kit.core_house import Busy
from bench.kit.rows import Row, percentile, row, skipped
from hub.core import Inputs, State, step
from tests.core.fuzz import Tally, fuzz

GOAL_US = 1000.0
LARGE = 10
T = 1_750_000_000_000


def run(quick: bool) -> Iterator[Row]:
    """`quick`: fewer repetitions, 20,000 fuzz steps instead of a million."""
    yield from steps(300 if quick else 3_000)
    yield from envelope(20_000 if quick else 1_000_000)


# -- time --------------------------------------------------------------------------------------------------------------


def steps(n: int) -> Iterator[Row]:
    """The median and the worst of a hundred of a step, and its growth."""
    small, large = Busy.of(1), Busy.of(LARGE)
    per_step = [microseconds(stepper(house), n if house is small else n // LARGE) for house in (small, large)]
    dumped = percentile(microseconds(lambda: json.dumps(small.values), n), 50)
    (usual, worst), (grown, _) = [(percentile(times, 50), percentile(times, 99)) for times in per_step]
    what = f"{len(small.values)} points, {small.driven} driven devices, {len(rules_of(0))} rules"
    yield row(f"step, {what}, p50", usual, "us", GOAL_US, ("json.dumps of the readings", dumped))
    yield row("step, the same house, p99", worst, "us", GOAL_US)
    yield row(f"step, {len(large.values)} points, {large.driven} driven devices, p50", grown, "us")
    yield row(f"its growth against {LARGE} times as much", grown / (LARGE * usual), "x")
    yield skipped("step with rules", "the core takes none yet")


def rules_of(n: int) -> tuple[()]:
    """`n` rules for a house of this bench; none, as `Inputs` does not take rules yet."""
    del n
    return ()


def stepper(busy: Busy) -> Callable[[], object]:
    """One step a call, each a second after the one before, with the state that it left."""
    state, t = State(), T

    def once() -> None:
        nonlocal state, t
        t += 1000
        state = step(state, Inputs(t, busy.house, busy.values, busy.requests)).state

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
