"""Twelve seeded mistakes of wiring and configuration: each is named, and a healthy house is never blamed."""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.wiring import Mistake

from hub.commission.evidence import Evidence, Step, Window
from hub.commission.finding import Finding, Verdict
from hub.commission.judge import judge
from hub.commission.words import CHECKS, said
from hub.model import OutcomeState
from tests.commission.plant import BELIEVED, NAMED, Plant, conditions

Figure = Callable[[str, object], None]
HOUSES = 8
"""different days and houses for each mistake"""


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


def test_two_mistakes_at_once_are_both_named() -> None:
    named = {f.code for f in faults(3, Mistake.BATTERY_REVERSED, Mistake.NO_FAILSAFE)}
    assert named == {"battery_reversed", "no_reversion"}


def test_every_finding_has_words() -> None:
    seen = [f for m in Mistake for f in judge(Plant(conditions(1), {m}).evidence())]
    for finding in seen:
        told, mend = said(finding)
        assert told and "{" not in told + mend and finding.check in CHECKS
        assert mend or finding.verdict is not Verdict.FAULT
