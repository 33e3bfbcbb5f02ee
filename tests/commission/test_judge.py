"""Twelve seeded mistakes of wiring and configuration: each is named, and a healthy house is never blamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from firmware_sim.wiring import Mistake

from hub.commission.evidence import Evidence, Step, Window
from hub.commission.finding import Finding, Verdict
from hub.commission.judge import judge
from hub.commission.words import CHECKS, said
from hub.model import OutcomeState
from tests.commission.plant import BELIEVED, NAMED, Plant, conditions

Figure = Callable[[str, object], None]
HOUSES = int(os.environ.get("SHEMS_HOUSES", "3"))
"""different days and houses for each mistake"""
INVERTER_VOLTS = [f"pv.voltage_l{n}" for n in (1, 2, 3)]


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


def test_a_battery_that_helps_out_behind_a_reversed_inverter_is_no_fault_of_the_meter() -> None:
    """A charger takes 6.9 kW, the battery gives 2.4 kW of it, and the inverter shows that as consumption."""
    rest = {"grid.power": 500.0, "keba.power": 0.0, "pv.power": 0.0, "pv.pv_power": 0.0, "battery.power": 0.0}
    busy = rest | {"grid.power": 5_000.0, "keba.power": 6_900.0, "pv.power": -2_400.0, "battery.power": 2_400.0}
    before, during, after = (Window({p: [v] * 10 for p, v in told.items()}) for told in (rest, busy, rest))
    step = Step("keba", "keba.current_limit", 10.0, before, during, after, OutcomeState.CONFIRMED, 60.0)
    whole = Window({p: [*before.of(p), *during.of(p)] for p in rest})
    found = judge(Evidence(BELIEVED, whole, (step,)))
    assert [(f.code, f.device) for f in found if f.verdict is Verdict.FAULT] == [("pv_reversed", "pv")]
    assert ("grid_right", Verdict.GOOD) in {(f.code, f.verdict) for f in found}


def test_a_second_that_a_device_missed_does_not_hide_the_order_of_the_phases() -> None:
    seen = Plant(conditions(0), {Mistake.L1_L2_SWAPPED}).evidence()
    gone = {p: [None if n in (7, 8, 90) else v for n, v in enumerate(seen.whole.values[p])] for p in INVERTER_VOLTS}
    found = judge(replace(seen, whole=Window({**seen.whole.values, **gone})))
    assert [(f.code, f.device) for f in found if f.verdict is Verdict.FAULT] == [NAMED[Mistake.L1_L2_SWAPPED]]


def shown(seen: Evidence, since: Callable[[int], int]) -> Evidence:
    """Each second the inverter shows the voltages of the second `since`."""
    volts = {
        p: [seen.whole.values[p][max(since(k), 0)] for k in range(len(seen.whole.values[p]))] for p in INVERTER_VOLTS
    }
    return replace(seen, whole=Window({**seen.whole.values, **volts}))


@pytest.mark.parametrize("since", [
    lambda k: k - 3, lambda k: k - (k * 7919 + 3) % 5 % 4, lambda k: k // 5 * 5 - 2,
], ids=["three seconds late", "late by turns", "each five seconds"])  # fmt: skip
def test_voltages_that_are_late_are_compared_all_the_same(since: Callable[[int], int]) -> None:
    for n in range(HOUSES):
        for mistake in ({Mistake.L1_L2_SWAPPED}, set()):
            found = judge(shown(Plant(conditions(n), mistake).evidence(), since))
            named = {(f.code, f.device) for f in found if f.verdict is Verdict.FAULT}
            assert named == {NAMED[m] for m in mistake}
            assert [f.verdict for f in found if f.check == "phase_order"] != [Verdict.UNKNOWN]


def test_two_conductors_that_are_alike_do_not_hide_that_others_are_changed_over() -> None:
    """At night little is switched on: here L2 and L3 carry the same."""
    for mistakes, order in (({Mistake.L1_L2_SWAPPED}, Verdict.FAULT), (set(), Verdict.UNKNOWN)):
        seen = Plant(conditions(0), mistakes).evidence()
        l1, l2, _ = ([v or 0.0 for v in seen.whole.values[p]] for p in INVERTER_VOLTS)
        there = (l2, l1, l2) if mistakes else (l1, l2, l2)
        volts = dict(zip([f"grid.voltage_l{n}" for n in (1, 2, 3)], there, strict=True))
        volts |= dict(zip(INVERTER_VOLTS, (l1, l2, l2), strict=True))
        found = judge(replace(seen, whole=Window({**seen.whole.values, **volts})))
        assert {(f.code, f.device) for f in found if f.verdict is Verdict.FAULT} == {NAMED[m] for m in mistakes}
        assert [f.verdict for f in found if f.check == "phase_order"] == [order]


def test_two_mistakes_at_once_are_both_named() -> None:
    named = {f.code for f in faults(3, Mistake.BATTERY_REVERSED, Mistake.NO_FAILSAFE)}
    assert named == {"battery_reversed", "no_reversion"}


def test_every_finding_has_words() -> None:
    seen = [f for m in Mistake for f in judge(Plant(conditions(1), {m}).evidence())]
    for finding in seen:
        told, mend = said(finding)
        assert told and "{" not in told + mend and finding.check in CHECKS
        assert mend or finding.verdict is not Verdict.FAULT
