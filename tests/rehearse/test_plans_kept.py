"""The plans that were in force lie among the core's inputs: found from any time on, short, and gone with their time."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from hub.calendar import calendar_of
from hub.control import Planned
from hub.control.planned import MOST_SLOTS
from hub.core.plain import plain_plan, plan_of
from hub.model.plan import Plan, Slot, Stored, Task
from hub.model.site import Site
from hub.rehearse.recorded import Recorded
from hub.store.state import State
from tests.house_kit import ToldClock, board_of
from tests.rehearse.test_replay import NoShelf

T, QUARTER = 1_700_000_000_000, 900_000


def plan(slots: int, batteries: int = 1) -> Plan:
    stored = {f"battery{n}": Stored(Task.HOLD, -1234.0, 28_123, 55.5) for n in range(batteries)}
    listed = (Slot(T + n * QUARTER, T + (n + 1) * QUARTER, stored, {"car": 7400.0}) for n in range(slots))
    return Plan("p", T, T + QUARTER, tuple(listed))


def test_the_plan_before_the_first_frame_is_read_with_it(tmp_path: Path) -> None:
    async def live() -> None:
        state = await State.open(tmp_path / "state.db", ToldClock(T))
        for n in range(10):
            state.inputs.later(T + n * 1000, "plan", {"key": n, "plan": None, "second": 0})
            if n in (4, 7):
                state.inputs.later(T + n * 1000, "frame", {"house": 1, "plan": n, "second": 0})
        await state.close()

    asyncio.run(live())
    (tmp_path / "history.db").touch()
    recorded = Recorded(tmp_path)
    told = [(r.kind, r.data.get("key")) for r in recorded.rows(T + 7_500, T + 9_000)]
    assert told == [("plan", 6), ("plan", 7), ("frame", None), ("plan", 8)]
    assert next(r.data["key"] for r in recorded.rows(T, T + 100_000) if r.kind == "plan") == 3


def test_the_budget_holds_and_leaves_the_plan_that_was_in_force(tmp_path: Path) -> None:
    async def live() -> list[tuple[int, str, int]]:
        state = await State.open(tmp_path / "state.db", ToldClock(T), 4 * 50_000)
        for n in range(200):
            if n % 40 == 0:
                state.inputs.later(T + n * 1000, "plan", {"key": n, "plan": plain_plan(plan(48)), "second": 0})
            state.inputs.later(
                T + n * 1000, "frame", {"house": 1, "plan": n // 40 * 40, "filler": "x" * 500, "second": 0}
            )
            await state.inputs.flush()
        rows = await state.db.rows("SELECT t, kind, json FROM input ORDER BY id", ())
        await state.close()
        return [(t, kind, json.loads(text).get("plan")) for t, kind, text in rows]

    rows = asyncio.run(live())
    assert len(rows) < 150
    first = next(r for r in rows if r[1] == "frame")
    assert rows[0][1] == "plan" and rows[0][0] == T + first[2] * 1000, "the plan of the oldest frame is there"
    assert sum(kind == "plan" and t < first[0] for t, kind, _ in rows) == 1


def test_two_days_of_quarters_are_a_few_kilobytes() -> None:
    for batteries, most in ((1, 16_000), (3, 35_000)):
        assert len(json.dumps(plain_plan(plan(192, batteries)))) < most


def test_a_plan_without_an_end_is_cut_and_stays_the_same_object() -> None:
    newest = [plan(3 * MOST_SLOTS)]
    clock = ToldClock(T)
    planned = Planned(board_of(clock), clock, calendar_of(Site()), NoShelf(), plan=lambda _t: newest[0])
    given = planned.plan(T)
    assert given is not None and given.slots == newest[0].slots[:MOST_SLOTS] and planned.plan(T + 1) is given
    newest[0] = replace(newest[0], id="next")
    assert planned.plan(T + 2) != given
    assert plan_of(plain_plan(given)) == given
