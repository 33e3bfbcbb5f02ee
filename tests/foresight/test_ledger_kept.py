"""What a day cost too much: kept when it begins, worked out the night after it, and told with its reasons."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub.foresight.books import UNPLANNED
from hub.foresight.hands import MOST, NOT_LEFT, asks
from hub.foresight.ledger import TERMS, Ask, Ledger, ledger_of
from hub.foresight.process import Answered
from hub.foresight.settle import day_of, settled
from hub.foresight.view import STEP_MS, Settle, Solve
from hub.model import Reason
from hub.model.journal import Entry
from hub.plan import Problem, read_problem
from hub.plan.problem import HeatPump, Room, Tank
from hub.plan.write import problem_table
from hub.store.ledgers import BEGUN_DAYS, LEDGER_DAYS, KeptLedger, Ledgers
from hub.store.state import State
from tests.foresight.houses import problem, wild
from tests.foresight.living import START, Living, living
from tests.house_kit import ToldClock

HOUR, DAY = 3_600_000, 86_400_000
MIDNIGHT = START + 11 * HOUR  # 2026-03-10 23:00 UTC: the 11th begins in Berlin
DATE = "2026-03-11"
QUARTERS = 96


# -- the problem that is kept ------------------------------------------------------------------------------------------


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple) and one and is_dataclass(one[0]):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def heated(p: Problem) -> Problem:
    n = p.steps
    level = np.full(n, 20.5)
    room = Room(20.0, 8_000, 120, level, np.linspace(22, 24, n), np.zeros(n))
    tank = Tank(48.0, 350, draw_w=np.zeros(n), low=np.full(n, 45.0), hygiene_c=60.0, hygiene_by=p.start + 20 * HOUR)
    pump = HeatPump("heatpump", 2_500, cop=np.full(n, 3.4), cop_tank=np.full(n, 2.4), outdoor_c=level / 4,
                    room=room, tank=tank)  # fmt: skip
    return replace(p, heat_pumps=(pump,), estimated_from=p.start + 30 * HOUR, assumed=("nothing is earned",))


@pytest.mark.parametrize("seed", range(20))
def test_a_problem_comes_back_as_it_was(seed: int) -> None:
    """Whatever it holds, to the last digit: the ledger plans it again."""
    kept = heated(wild(seed))
    assert same(kept, read_problem(json.loads(json.dumps(problem_table(kept)))))


# -- who had which device in hand --------------------------------------------------------------------------------------


def row(hour: float, source: str, code: str, state: str = "confirmed", **more: str) -> dict[str, Any]:
    told = {"t": round(hour * HOUR), "kind": "write", "source": source, "person": "", "cause": code, "state": state}
    return {**told, "reason": {"code": code}, **more}


def in_hand(rows: list[dict[str, Any]], planned: tuple[str, ...] = ("battery",)) -> list[tuple[str, float, float, str]]:
    found = asks({"battery": rows}, planned, 0, DAY)
    return [(a.who, a.start / HOUR, a.end / HOUR, a.cause) for a in found]


def test_what_the_plan_decides_is_nobodys_ask() -> None:
    assert in_hand([]) == []
    assert (
        in_hand([row(1, "plan", "plan_covers"), row(2, "person", "plan_covers"), row(3, "safety", "soc_floor")]) == []
    )


def test_a_device_that_was_not_left_to_the_plan_was_in_the_hands_of_rules() -> None:
    assert in_hand([], planned=()) == [("rules", 0, 24, NOT_LEFT)]
    assert in_hand([row(8, "plan", "plan_covers")], planned=()) == [("rules", 0, 8, NOT_LEFT)]


def test_people_rules_and_refusals_have_it_until_somebody_else_does() -> None:
    rows = [
        row(-2, "plan", "plan_covers"),
        row(6, "person", "person_asked", person="anna"),
        row(7, "plan", "plan_holds"),
        row(9, "plan", "too_hot", "refused"),
        row(10, "plan", "plan_holds"),
        row(12, "default", "no_plan"),
        row(13, "rule", "rule_asked", cause="evening"),
        row(23, "plan", "plan_covers"),
        row(25, "person", "person_asked", person="ben"),
    ]
    assert in_hand(rows) == [("people", 6, 7, "anna"), ("refused", 9, 10, "too_hot"), ("rules", 12, 23, "no_plan")]


def test_what_began_the_day_before_counts_from_midnight_on() -> None:
    assert in_hand([row(-1, "person", "person_asked", person="anna"), row(2, "plan", "plan_holds")]) == [
        ("people", 0, 2, "anna")
    ]


def test_reasons_that_change_often_are_one_ask_and_people_are_told_apart() -> None:
    rows = [row(h / 10, "default", ("covers", "stores_surplus")[h % 2]) for h in range(10, 30)]
    assert in_hand([*rows, row(3, "plan", "plan_holds")]) == [("rules", 1, 3, "covers")]
    both = [row(1, "person", "asked", person="anna"), row(2, "person", "asked", person="ben")]
    assert [(a[0], a[3]) for a in in_hand(both)] == [("people", "anna"), ("people", "ben")]


def test_of_many_asks_the_longest_are_told() -> None:
    rows = []
    for h in range(23):
        rows += [row(h, "person", "asked", person=f"p{h}"), row(h + (h + 2) / 30, "plan", "plan_holds")]
    found = in_hand(rows)
    assert [cause for _, _, _, cause in found] == [f"p{h}" for h in range(23 - MOST, 23)]


# -- what is made of it ------------------------------------------------------------------------------------------------


def settle(p: Problem, steps: int, **more: Any) -> Settle:
    nothing = np.zeros(steps)
    told = {
        "problem": json.loads(json.dumps(problem_table(p))), "load_w": p.load_w[:steps], "pv_w": p.pv_w[:steps],
        "price_import": p.price_import, "price_export": p.price_export, "drawn_w": {"battery": nothing},
        "soc": {"battery": np.full(steps, p.batteries[0].soc)}, "held_back": nothing > 0,
    }  # fmt: skip
    return Settle(date="2026-07-01", steps=steps, **{**told, **more})


def ledgers(asked: Settle) -> list[Ledger]:
    return [ledger_of(json.loads(json.dumps(told.told))) for told in settled(asked)]


@pytest.mark.parametrize("seed", range(5))
def test_a_battery_that_rested_while_rules_had_it_is_told_so(seed: int) -> None:
    p = problem(seed, 48)
    rested = Ask("rules", "battery", p.start, p.start + DAY, NOT_LEFT)
    ledger = ledgers(settle(p, 24, asks=(rested,)))[-1]
    assert list(ledger.terms) == list(TERMS) and sum(ledger.terms.values()) == pytest.approx(ledger.total, abs=1e-6)
    assert ledger.total > 0 and ledger.terms["rules"] > 0.5 * ledger.total
    assert [(i.who, i.cause) for i in ledger.asks] == [("rules", NOT_LEFT)]


def test_panels_that_were_held_back_could_have_made_what_was_foretold() -> None:
    p = problem(3, 48)
    made = p.pv_w[:24] * 0.5
    made[12] = 2 * p.pv_w[12]
    day = day_of(settle(p, 24, pv_w=made, held_back=np.arange(24) >= 12))
    assert np.array_equal(day.pv_w, [*made[:13], *p.pv_w[13:24]])
    assert day.made_w is not None and np.array_equal(day.made_w, made)
    assert day_of(settle(p, 24, pv_w=made)).made_w is None


# -- in a house --------------------------------------------------------------------------------------------------------


def day_long(house: Living) -> None:
    """A flat load, and a battery that rests at 40 %."""
    house.history.of |= {
        "house.consumption": lambda t: np.where(t > START / 1000 - 3_600, 500.0, np.nan),
        "battery.power": lambda t: 0.0 * t,
        "battery.soc": lambda t: 40.0 + 0 * t,
        "pv_roof.power": lambda t: np.where(t > START / 1000 - 3_600, 0.0, np.nan),
        "pv_roof.power_limit": lambda t: 5_000.0 + 0 * t,
    }


async def at(house: Living, t: int, seconds: float = 20) -> None:
    """From `t` (UTC ms) on; what was shown before is too old by then."""
    house.clock.ms = t
    house.show(house__consumption=500.0, battery__soc=40.0, battery__capacity=10_000.0, battery__mode="plan")
    await house.pass_by(seconds)


async def begun(house: Living) -> None:
    day_long(house)
    await at(house, MIDNIGHT - 30_000, 60)


async def night_after(house: Living, days: int = 1) -> None:
    await at(house, MIDNIGHT + days * DAY + 31 * 60_000)


def asked(house: Living) -> list[Settle]:
    return [q for q in house.questions if isinstance(q, Settle)]


def test_a_day_is_kept_when_it_begins_and_settled_the_night_after(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await begun(house)
        assert [q.keep for q in house.questions if isinstance(q, Solve)][-1]
        noon = MIDNIGHT + 14 * HOUR
        why = dict(source="person", person="anna", cause="person_asked", reason=Reason("person_asked"))
        house.state.journal.later(Entry(noon, "write", "battery.power_setpoint", state="confirmed", **why))  # type: ignore[arg-type]
        back = Reason("plan_holds")
        house.state.journal.later(
            Entry(noon + 2 * HOUR, "write", "battery.power_setpoint", source="plan", reason=back, state="confirmed")
        )
        await night_after(house)
        [question] = asked(house)
        assert question.steps == QUARTERS and question.load_w.tolist() == [500.0] * QUARTERS
        assert question.soc["battery"].tolist() == [40.0] * QUARTERS and not question.held_back.any()
        assert question.price_import.max() == 0.40 and set(question.price_export) == {0.08}
        assert question.asks == (Ask("people", "battery", noon, noon + 2 * HOUR, "anna"),)
        account = await house.planner.books.between(MIDNIGHT, MIDNIGHT + HOUR)
        [day] = account.days
        assert day.date == DATE and day.missing == 0
        assert sum(day.terms.values()) == pytest.approx(day.total, abs=0.01)
        assert day.paid == pytest.approx(sum(question.price_import[:QUARTERS]) * 0.125)
        assert day.total > 0, "a battery that rests through the dear hours is not the best"
        assert [(m.month, m.days, m.worst) for m in account.months] == [("2026-03", 1, DATE)]
        assert account.lacks == {}
        assert house.planner.health() == "ok"

    living(tmp_path, play)


def test_only_the_plan_of_midnight_is_kept(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await begun(house)
        before = await house.state.ledgers.begun(MIDNIGHT // DAY + 1)
        assert before is not None and before["planned"] == ["battery"]
        assert read_problem(before["problem"]).start == MIDNIGHT
        await house.pass_by(1_000)
        assert [q.keep for q in house.questions if isinstance(q, Solve)] == [False, True, False]
        assert await house.state.ledgers.open(0, 1 << 40) == [MIDNIGHT // DAY + 1]

    living(tmp_path, play)


def test_a_day_of_which_too_little_is_known_has_no_ledger_and_says_why(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await begun(house)
        house.history.of["house.consumption"] = lambda t: np.where(t < MIDNIGHT / 1000 + 6 * 3_600, 500.0, np.nan)
        await night_after(house)
        account = await house.planner.books.between(MIDNIGHT, MIDNIGHT)
        assert not asked(house) and account.days == ()
        assert account.lacks == {DATE: "only 25% of what the house used is known"}
        await night_after(house, 2)
        assert not asked(house), "nobody asks again"

    living(tmp_path, play)


def test_a_hub_that_was_off_at_midnight_has_no_ledger_and_says_why(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        day_long(house)
        await at(house, MIDNIGHT + 20 * 60_000, 60)
        await night_after(house)
        account = await house.planner.books.between(MIDNIGHT, MIDNIGHT)
        assert (account.days, account.lacks) == ((), {DATE: UNPLANNED})

    living(tmp_path, play)


def test_a_night_that_failed_is_named_and_made_up_for(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await begun(house)
        await at(house, MIDNIGHT + DAY + 25 * 60_000)
        house.answers += [Answered(None, "it took longer than 20 s")] * 4
        await at(house, MIDNIGHT + DAY + 29 * 60_000 + 55_000)
        house.answers.clear()
        assert len(asked(house)) == 1
        assert "what a day cost too much was not worked out: it took longer than 20 s" in house.planner.health()
        assert (await house.planner.books.between(MIDNIGHT, MIDNIGHT)).days == ()
        await night_after(house, 2)
        [day] = (await house.planner.books.between(MIDNIGHT, MIDNIGHT)).days
        assert day.date == DATE and house.planner.health() == "ok"

    living(tmp_path, play)


def test_a_day_begins_at_local_midnight_only(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        begins = house.planner.books.begins
        summer = MIDNIGHT + 19 * DAY  # the clocks went forward the day before
        assert begins(MIDNIGHT) and begins(summer - HOUR) and not begins(summer)
        assert not begins(MIDNIGHT + STEP_MS)

    living(tmp_path, play)


# -- kept --------------------------------------------------------------------------------------------------------------


def kept(folder: Path, play: Callable[[Ledgers, State], Awaitable[None]]) -> None:
    async def main() -> None:
        state = await State.open(folder / "state.db", ToldClock(START))
        try:
            await play(state.ledgers, state)
        finally:
            await state.close()

    asyncio.run(main())


def test_what_nobody_needs_is_forgotten_and_little_is_kept(tmp_path: Path) -> None:
    async def play(store: Ledgers, state: State) -> None:
        table = problem_table(problem(1, 48, 900))
        for day in range(BEGUN_DAYS + 5):
            await store.begin(day, {"problem": table, "planned": []})
        await store.put(KeptLedger(day, {"date": str(day)}) for day in range(LEDGER_DAYS + 5))
        await store.forget(BEGUN_DAYS + 4)
        size = await state.db.row("SELECT count(*), sum(length(body)) FROM day_begun")
        assert size is not None and size[0] == BEGUN_DAYS + 1 and size[1] < 1_000_000
        await store.forget(LEDGER_DAYS + 4)
        rows = await store.between(0, 1 << 40)
        assert len(rows) == LEDGER_DAYS + 1 and rows[0].told == {"date": "4"}
        assert await store.begun(BEGUN_DAYS) is None

    kept(tmp_path, play)


def test_the_first_plan_of_a_day_stays_the_one_that_counts(tmp_path: Path) -> None:
    async def play(store: Ledgers, _state: State) -> None:
        await store.begin(7, {"n": 1})
        await store.begin(7, {"n": 2})
        assert await store.begun(7) == {"n": 1}
        assert await store.open(0, 8) == [7] and await store.open(0, 7) == []
        await store.put([KeptLedger(7, {}, "nothing was measured")])
        assert await store.open(0, 8) == []
        assert await store.between(7, 8) == [KeptLedger(7, {}, "nothing was measured")]

    kept(tmp_path, play)
