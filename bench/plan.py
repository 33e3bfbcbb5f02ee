"""The planner and the forecasters beside EMHASS, persistence, plain self-consumption and perfect foresight.

`./shems bench plan [--quick]`, or a part of it: `plan.solve`. EMHASS is installed by the bench where pip can have it;
else its figures are those of `field/optimiser.md`, named so, and judge nothing. Both solve the same problems in turn in
the same run; what counts is the ratio.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.kit.plan_ahead import load_rows, pv_rows
from bench.kit.plan_duel import Answer, Duel, Failed, at_once
from bench.kit.plan_emhass import NAME, emhass_python
from bench.kit.plan_loop import MONTHS, WITH_MORE, Month, comfort_rows, loop_rows
from bench.kit.plan_nasty import DEVICES, STEPS, nasty
from bench.kit.plan_problem import Case
from bench.kit.plan_sizes import installed_bytes
from bench.kit.plan_worker import worker_rows
from bench.kit.rows import Row, row, skipped, times
from bench.kit.store_disk import Skipped
from hub.errors import ShemsError

MB = 1e6
FIELD = f"{NAME}, field/optimiser.md"

PARTS = ("solve", "at_once", "cold", "forecast", "pv", "closed_loop", "comfort", "worker")


def run(quick: bool, parts: Sequence[str] = PARTS) -> Iterator[Row]:
    """`quick`: fewer repetitions, days and homes; same rows."""
    make: dict[str, Callable[[], Iterator[Row]]] = {
        "solve": lambda: _solve(quick),
        "at_once": lambda: _at_once(quick),
        "cold": lambda: _cold(quick),
        "forecast": lambda: load_rows(30 if quick else 1),
        "pv": lambda: pv_rows(30 if quick else 1),
        "closed_loop": lambda: loop_rows(_few(MONTHS, quick), not quick),
        "comfort": lambda: comfort_rows(_few(WITH_MORE, quick), not quick),
        "worker": lambda: worker_rows(2.0 if quick else 15.0),
    }
    for part in parts:
        try:
            yield from make[part]()
        except Skipped as why:
            yield skipped(f"plan.{part}", str(why))
        except (Failed, ShemsError) as why:
            yield {**skipped(f"plan.{part}", str(why)), "name": f"plan.{part}: {why}", "met": False}


def _few(months: Sequence[Month], quick: bool) -> Sequence[Month]:
    """Some days of the first one when it is to be quick."""
    return [replace(month, days=5) for month in months[:1]] if quick else months


# -- a new problem in a warm process -----------------------------------------------------------------------------------


def _solve(quick: bool) -> Iterator[Row]:
    n, others = (1, 1) if quick else (5, 4)
    for case, goal, field_s in (
        (Case(48, 15, 4, others), 4, 0.786),
        (Case(48, 5, 4), 6, 3.70),
        (Case(48, 15, 10, others), 10, 1.88),
    ):
        with Duel.of(case.references()) as duel:
            ours, theirs = duel.resident(n)
        if theirs:
            yield from _beside(case, ours, theirs, goal)
        else:
            yield skipped(f"{case.name} beside {NAME}", duel.why)
            yield row(
                f"{case.name}, new problem, warm process", 1000 * ours[0]["s"], "ms", None, (FIELD, 1000 * field_s)
            )
        yield from _beside_known(case, ours[0])


def _beside(case: Case, ours: list[Answer], theirs: list[Answer], goal: float) -> Iterator[Row]:
    mine, rival = 1000 * ours[0]["s"], (NAME, 1000 * theirs[0]["s"])
    yield times(f"{case.name}, new problem, warm process", mine, rival, "ms", goal)
    if len(ours) > 1:
        mine, rival = (1000 * statistics.median(a["s"] for a in answers) for answers in (ours, theirs))
        yield times(f"the same, median of {len(ours)} days", mine, (NAME, rival), "ms", goal)
    worst = max(_above(a["objective"], b["objective"]) for a, b in zip(ours, theirs, strict=True))
    yield row(f"its cost above {NAME}'s, worst of {len(ours)} days", worst, "%", 0.01, digits=4)


def _beside_known(case: Case, ours: Answer) -> Iterator[Row]:
    known = case.known_objective()
    if known is not None:
        off = abs(_above(ours["objective"], known))
        yield row(f"its cost off reference_objectives.json, {known:.6f} EUR", off, "%", 0.01, digits=4)


def _above(a: float, b: float) -> float:
    """%"""
    return round(100 * (a - b) / abs(b), 4) + 0.0


def _at_once(quick: bool) -> Iterator[Row]:
    """The goal is time on the machine that runs it; there is no rival that promises a plan at all."""
    n = 5 if quick else 100
    answers = at_once([nasty(seed) for seed in range(n)], 1 if quick else 2)
    planned = [a for a in answers if "failed" not in a]
    what = f"of {n} hard problems, {DEVICES} devices, {STEPS} steps"
    yield row(f"no plan at all, {what}", n - len(planned), "", 0)
    if planned:
        taken = sorted(1000 * a["s"] / STEPS * 100 for a in planned)
        yield row("a first plan, each 100 steps, median", statistics.median(taken), "ms")
        yield row("a first plan, each 100 steps, slowest", taken[-1], "ms", 50)


# -- a process from nothing --------------------------------------------------------------------------------------------


def _cold(quick: bool) -> Iterator[Row]:
    case = Case(48, 15, 4)
    with Duel.of(case.references()) as duel:
        ours, theirs = duel.cold(1 if quick else 5)
    name, rss = f"{case.name}, from a process's start to its plan", "its peak resident memory"
    mine = 1000 * ours["s"]
    if theirs is None:
        yield skipped(f"{case.name} beside {NAME}", duel.why)
        yield row(name, mine, "ms", None, (FIELD, 2270))
        yield row(rss, ours["peak_rss_bytes"] / MB, "MB", None, (FIELD, 248.5))
        yield from (told | {"goal": None, "met": None} for told in _sizes((FIELD, 1100.0)))
        return
    yield times(name, mine, (NAME, 1000 * theirs["s"]), "ms", 8)
    yield _share(rss, ours["peak_rss_bytes"] / MB, (NAME, theirs["peak_rss_bytes"] / MB), 0.3)
    yield from _sizes((NAME, installed_bytes(emhass_python()) / MB))


def _sizes(rival: tuple[str, float]) -> Iterator[Row]:
    python, root = Path(sys.executable), Path(__file__).parents[1]
    own = sum(file.stat().st_size for file in (root / "hub" / "plan").glob("*.py"))
    planner = installed_bytes(python, "numpy", "highspy") + own
    yield _share("installed: the planner with numpy and highspy", planner / MB, rival, 0.15)
    listed = (root / "requirements" / "run.txt").read_text().splitlines()
    hub = installed_bytes(python, *(line.partition("==")[0] for line in listed if "==" in line))
    yield row("installed: all that the whole hub needs", hub / MB, "MB", None, rival)


def _share(name: str, value: float, rival: tuple[str, float], at_most: float) -> Row:
    """How much of the rival's it is, both in MB; `at_most` is the goal."""
    return {**row(name, value, "MB", None, rival), "goal": f"<= {at_most:g} x", "met": value / rival[1] <= at_most}
