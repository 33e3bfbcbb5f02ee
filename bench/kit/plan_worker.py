"""The planner's process in a house with much past: what it holds while it works, and that it is gone afterwards."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.kit.plan_duel import Failed
from bench.kit.rows import Row, row
from hub.foresight.process import Answered, ask
from hub.foresight.view import Question, Rate, Solve

_PAST_DAYS, _LIMIT_S = 300, 60.0
_DAY_MS = 86_400_000


def worker_rows(search_s: float) -> Iterator[Row]:
    """A plan over 48 h with a battery and a car, then the night's scores of all forecasters, after 300 days of past.

    `search_s`: how long it may look for a better plan.
    """
    from tests.foresight.kit import START, car, view

    seen = view(_PAST_DAYS, cars=(car(),))
    yesterday = START // _DAY_MS - 1
    for name, question in (
        ("a plan", Solve(seen, START + _DAY_MS, seconds=search_s)),
        ("a night's scores and fits of all forecasters", Rate(seen.load, seen.pv, (yesterday,))),
    ):
        cost = asked(question)
        yield row(f"the planner's process, {name}: peak resident memory", cost["rss_bytes"] / 1e6, "MB", 60)
        yield row(f"the planner's process, {name}: of it its own, no loaded file", cost["own_bytes"] / 1e6, "MB")
        goal = 1 if isinstance(question, Rate) else None
        yield row(f"the planner's process, {name}: processor time, start included", cost["cpu_s"], "s", goal)
    yield row("processes of the planner between its answers", len(_children()), "", 0)


def asked(question: Question) -> dict[str, float]:
    """Bytes and seconds of the process that answered; raises Failed when it did not."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        out = Path(room) / "cost.json"
        command = (sys.executable, "-m", "bench.kit.plan_noted", str(out))
        answered: Answered = asyncio.run(ask(question, _LIMIT_S, command))
        if answered.answer is None or not out.exists():
            raise Failed(f"the planner's process gave no answer: {answered.problem}")
        cost: dict[str, float] = json.loads(out.read_text())
        return cost


def _children() -> list[str]:
    """Pids of ours that are the planner's."""
    own = Path("/proc/self/task").glob("*/children")
    pids = [pid for file in own for pid in file.read_text().split()]
    return [pid for pid in pids if b"plan_noted" in Path(f"/proc/{pid}/cmdline").read_bytes()]
