"""Twelve seeded mistakes of wiring and configuration: each is named, and a healthy house is never blamed."""

from __future__ import annotations

import random
from collections.abc import Callable

from firmware_sim.wiring import Mistake

from hub.commission.judge import Finding, Verdict, judge
from hub.commission.words import CHECKS, said
from tests.commission.plant import Conditions, Plant

Figure = Callable[[str, object], None]
NAMED = {
    Mistake.GRID_REVERSED: ("grid_reversed", "grid"),
    Mistake.CT2_REVERSED: ("ct_reversed", "grid"),
    Mistake.CT3_OPEN: ("ct_missing", "grid"),
    Mistake.CT_RATIO: ("ct_scale", "grid"),
    Mistake.L1_L2_SWAPPED: ("phases_swapped", "grid"),
    Mistake.CHARGER_PHASE: ("phase_assignment", "heidelberg"),
    Mistake.BATTERY_REVERSED: ("battery_reversed", "battery"),
    Mistake.INVERTER_REVERSED: ("pv_reversed", "pv"),
    Mistake.COUNTERS_SWAPPED: ("counters_swapped", "grid"),
    Mistake.COUNTER_RATIO: ("counter_scale", "grid"),
    Mistake.LIMIT_IGNORED: ("limit_not_obeyed", "heidelberg"),
    Mistake.NO_FAILSAFE: ("no_reversion", "keba"),
}
HOUSES = 8
"""different days and houses for each mistake"""


def conditions(n: int) -> Conditions:
    dice = random.Random(n)
    return Conditions(n, dice.choice([0.0, 60.0, 350.0, 800.0]), dice.uniform(30, 70))


def faults(n: int, *mistakes: Mistake) -> list[Finding]:
    return [f for f in judge(Plant(conditions(n), set(mistakes)).evidence()) if f.verdict is Verdict.FAULT]


def test_every_mistake_of_the_simulator_is_looked_for() -> None:
    assert set(NAMED) == set(Mistake)


def test_a_healthy_house_is_not_blamed(record_property: Figure) -> None:
    blamed = {n: faults(n) for n in range(HOUSES * 3)}
    record_property("healthy", len(blamed))
    record_property("blamed", sum(map(bool, blamed.values())))
    assert not any(blamed.values()), blamed


def test_each_mistake_is_named_and_nothing_else_is(record_property: Figure) -> None:
    tried = [(mistake, n) for mistake in Mistake for n in range(HOUSES)]
    missed = []
    for mistake, n in tried:
        named = {(f.code, f.device) for f in faults(n, mistake)}
        if named != {NAMED[mistake]}:
            missed.append((mistake.value, n, sorted(named)))
    record_property("mistakes", len(tried))
    record_property("missed", len(missed))
    assert not missed


def test_two_mistakes_at_once_are_both_named() -> None:
    named = {f.code for f in faults(3, Mistake.BATTERY_REVERSED, Mistake.NO_FAILSAFE)}
    assert named == {"battery_reversed", "no_reversion"}


def test_every_finding_has_words() -> None:
    seen = [f for m in Mistake for f in judge(Plant(conditions(1), {m}).evidence())]
    for finding in seen:
        told, mend = said(finding)
        assert told and "{" not in told + mend and finding.check in CHECKS
        assert mend or finding.verdict is not Verdict.FAULT
