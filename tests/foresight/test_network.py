"""What the network operator charges, in the live plan: fees by step, and the highest power out of the history."""

from __future__ import annotations

import asyncio
import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub.calendar import Calendar
from hub.forecast.series import Series
from hub.foresight.assemble import Known, problem_of
from hub.foresight.change import read_change
from hub.foresight.reached import Reached, counted
from hub.foresight.settle import day_of
from hub.foresight.think import foretold, known, lived
from hub.foresight.view import STEP_MS, STEP_S, PeakSeen, Solve, View
from hub.foresight.whatif import changed
from hub.live import Reading
from hub.model.network import CapacityCharge, Fee, NetworkCharges
from hub.model.site import TariffSpec
from hub.plan import Problem, at_once, read_problem
from hub.plan.write import problem_table
from tests.foresight.kit import DAY, HOUR, SITE, START, ZONE, past, prices, view
from tests.foresight.living import SITE as DOCUMENT
from tests.foresight.living import START as NOW
from tests.foresight.living import Living, Recorded, living
from tests.foresight.test_ledger_kept import settle
from tests.foresight.test_think import last

FEE = Fee(10_000, ((17 * 60, 20 * 60),))
CALENDAR = Calendar(ZONE)


def charged(network: NetworkCharges, **more: object) -> View:
    tariff = TariffSpec((), (), network=network)
    return view(**{"site": replace(SITE, tariff=tariff), **more})  # type: ignore[arg-type]


def problem(seen: View) -> Problem:
    return problem_of(seen.site, known(seen, foretold(seen)))


def local_hour(p: Problem, t: int) -> int:
    return datetime.fromtimestamp(p.start / 1000 + t * STEP_S, UTC).astimezone(ZONE).hour


# -- fees --------------------------------------------------------------------------------------------------------------


def test_the_plan_pays_the_sum_that_was_told_and_knows_the_fee_in_it_apart() -> None:
    plain, seen = problem(view()), problem(charged(NetworkCharges((FEE,))))
    n = 36 * 4
    assert np.allclose(seen.price_import[:n] + seen.fee_import[:n], plain.price_import[:n])
    assert [seen.fee_import[t] for t in range(seen.steps)] == [
        0.1 * (17 <= local_hour(seen, t) < 20) for t in range(192)
    ]
    _, told = last(charged(NetworkCharges((FEE,))))
    assert [s["buy"] for s in told["steps"][:n]] == pytest.approx(plain.price_import[:n])


def test_beyond_the_known_prices_a_fee_of_tomorrow_is_known_too() -> None:
    """START is a Tuesday noon; the fee is charged on Wednesdays, of which the past that is known has none."""
    fee = replace(FEE, days=frozenset({2}))
    flat = tuple(replace(p, price=20_000) for p in prices(3))
    paid = Series(START - 5 * DAY, STEP_S, np.full(5 * 96, 20_000.0))
    seen = problem(charged(NetworkCharges((fee,), (Fee(1_000),)), prices=flat, price_import=paid))
    wednesday = [17 <= local_hour(seen, t) < 20 and 44 <= t < 140 for t in range(192)]
    assert (seen.price_import + seen.fee_import) == pytest.approx([0.2 + 0.1 * due for due in wednesday])


def test_a_dearer_market_leaves_fees_and_another_tariff_takes_their_place() -> None:
    p = problem(charged(NetworkCharges((FEE,))))
    dearer = changed(p, read_change({"tariff": {"factor": 2}}), CALENDAR)
    assert np.allclose(dearer.price_import, 2 * p.price_import) and np.array_equal(dearer.fee_import, p.fee_import)
    assert not changed(p, read_change({"tariff": {"fixed": 0.3}}), CALENDAR).fee_import.any()


def test_the_ledger_of_a_day_does_not_charge_a_fee_twice() -> None:
    p = problem(charged(NetworkCharges((FEE,))))
    paid = p.price_import + p.fee_import
    day = day_of(settle(p, 96, price_import=paid))
    assert np.allclose(day.price_import, p.price_import) and np.allclose(day.problem.fee_import, p.fee_import)


# -- the highest power -------------------------------------------------------------------------------------------------

BELGIUM = CapacityCharge(4.0, least_w=2_500.0)


def test_the_plan_knows_what_was_reached_and_when_that_counts_no_more() -> None:
    p = problem(charged(NetworkCharges(capacity=BELGIUM), peak=PeakSeen(3_200.0)))
    assert p.connection is not None and p.connection.peak is not None and not p.assumed
    peak = p.connection.peak
    assert (peak.price_per_kw, peak.interval_s, peak.reached_w, peak.least_w) == (4.0, 900, 3_200.0, 2_500.0)
    assert peak.anew == () and peak.begun_w is None
    end = round(datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp() * 1000)
    seen = charged(NetworkCharges(capacity=BELGIUM), peak=PeakSeen(), start=end, now=end, load=past(np.ones(960), end),
                   pv=None, prices=prices(36, end))  # fmt: skip
    peak = problem(seen).connection.peak  # type: ignore[union-attr,assignment]
    assert peak.anew == (round(datetime(2026, 4, 1, tzinfo=ZONE).timestamp() * 1000),)


@pytest.mark.parametrize(("seen", "said"), [
    (None, "the highest power of this month is known of 0% of it so far"),
    (PeakSeen(4_000.0, known=0.5), "the highest power of this month is known of 50% of it so far"),
])  # fmt: skip
def test_what_is_not_known_of_the_month_is_told_as_assumed(seen: PeakSeen | None, said: str) -> None:
    assert said in problem(charged(NetworkCharges(capacity=BELGIUM), peak=seen)).assumed


def test_what_the_meter_itself_counts_as_the_months_highest_is_what_will_be_charged_for() -> None:
    """The hub came on the 20th; the meter was there from the first on."""
    start = round(datetime(2026, 3, 24, 12, tzinfo=ZONE).timestamp() * 1000)
    seen, told = PeakSeen(1_900.0, 800.0, known=0.15), Reading(4_750.0, start - 1000, "good")
    assert counted(BELGIUM, seen, told, start, CALENDAR) == PeakSeen(4_750.0, 800.0, known=1.0)
    assert counted(BELGIUM, replace(seen, reached_w=5_000.0), told, start, CALENDAR).reached_w == 5_000.0
    assert counted(BELGIUM, seen, Reading(None, start, "stale"), start, CALENDAR) == seen
    for charge in (replace(BELGIUM, period="year"), replace(BELGIUM, interval_s=3600)):
        assert counted(charge, seen, told, start, CALENDAR) == seen


def test_in_a_months_first_quarter_hour_the_meter_may_still_tell_of_the_month_before() -> None:
    start = round(datetime(2026, 4, 1, tzinfo=ZONE).timestamp() * 1000)
    early, later = (Reading(4_750.0, start + after_s * 1000, "good") for after_s in (899, 900))
    assert counted(BELGIUM, PeakSeen(), early, start, CALENDAR) == PeakSeen()
    assert counted(BELGIUM, PeakSeen(), later, start + STEP_MS, CALENDAR).reached_w == 4_750.0


def test_the_answer_tells_what_the_plan_does_to_the_highest_power() -> None:
    """A battery that is nearly empty, and three cheap hours: it is filled with 2.5 kW, not with all it can take."""
    dear = [replace(p, price=15_000 if k < 3 else 40_000) for k, p in enumerate(prices(48))]
    seen = charged(NetworkCharges(capacity=replace(BELGIUM, price_per_kw=20.0)), peak=PeakSeen(), pv=None,
                   prices=tuple(dear), soc={"battery": 11.0})  # fmt: skip
    _, told = last(seen)
    assert told["highest"] == {"before_w": 2_500.0, "planned_w": 2_500.0, "price_per_kw": 20.0}
    assert max(s["grid_w"] for s in told["steps"]) <= 2_501 and told["costs"]["peak"] == pytest.approx(0.0, abs=0.02)
    assert {s["binds"] for s in told["steps"][:12]} & {"peak"}
    _, free = last(replace(seen, site=SITE))
    assert "highest" not in free and max(s["grid_w"] for s in free["steps"][:12]) > 3_500


def test_the_past_is_told_with_each_months_charge_and_a_years_is_no_part_of_it() -> None:
    paid = Series(START - 60 * DAY, STEP_S, np.full(60 * 96, 30_000.0))
    months = lived(charged(NetworkCharges(capacity=BELGIUM), load=past(np.full(60 * 96, 500.0)), price_import=paid))
    assert months.connection is not None and months.connection.peak is not None
    begins = [CALENDAR.date_at(t).isoformat() for t in months.connection.peak.anew]
    assert begins == ["2026-02-01", "2026-03-01"]
    year = lived(charged(NetworkCharges(capacity=CapacityCharge(48.0, "year"))))
    assert year.connection is not None and year.connection.peak is None


def test_a_problem_with_it_comes_back_as_it_was() -> None:
    p = problem(charged(NetworkCharges((FEE,), capacity=BELGIUM), peak=PeakSeen(3_200.0)))
    peak = replace(p.connection.peak, begun_w=900.0, anew=(START + DAY,))  # type: ignore[union-attr,type-var]
    p = replace(p, connection=replace(p.connection, peak=peak), assumed=("x" * 300,))  # type: ignore[type-var]
    again = read_problem(json.loads(json.dumps(problem_table(p))))
    assert again.assumed == p.assumed and again.connection.peak == peak  # type: ignore[union-attr]
    assert at_once(again) == at_once(p)


def test_without_charges_nothing_is_otherwise() -> None:
    """Of a house whose tariff says nothing of the network."""
    seen = view(site=replace(SITE, tariff=TariffSpec((), ())))
    before, after = problem(view()), problem(seen)
    assert problem_table(before) == problem_table(after)
    told = Known(START, STEP_S, np.ones(4), np.zeros(4), np.ones(4), np.ones(4))
    assert not problem_of(SITE, told).fee_import.any()


# -- out of the history ------------------------------------------------------------------------------------------------

MIDNIGHT = round(datetime(2026, 3, 1, tzinfo=ZONE).timestamp() * 1000)


def imports(t: Any) -> Any:
    """500 W, and 4 kW in the hour from 18:15 on of the fourth day; what is fed in at noon is no import."""
    s = t - MIDNIGHT / 1000
    high = (s >= 3 * 86_400 + 18.25 * 3_600) & (s < 3 * 86_400 + 19.25 * 3_600)
    return np.where(high, 4_000.0, np.where(s // 3_600 % 24 == 12, -3_000.0, 500.0))


async def reached(charge: CapacityCharge, end: int, history: Recorded) -> PeakSeen:
    return await Reached(charge, "grid.power", history, CALENDAR).until(end)


def run(charge: CapacityCharge, end: int, of: Any = imports) -> PeakSeen:
    return asyncio.run(reached(charge, end, Recorded({"grid.power": of})))


def test_the_highest_mean_of_a_clock_interval_since_the_period_began() -> None:
    noon = MIDNIGHT + 9 * DAY + 13 * HOUR
    assert run(CapacityCharge(4.0), noon) == PeakSeen(4_000.0, None, 1.0)
    assert run(CapacityCharge(4.0, interval_s=3_600), noon) == PeakSeen(3_125.0, None, 1.0), "of the hour 18 to 19"
    assert run(CapacityCharge(4.0), MIDNIGHT + 2 * DAY).reached_w == 500.0
    before = MIDNIGHT - STEP_MS
    assert run(CapacityCharge(4.0), before).reached_w == 500.0, "another month"
    assert run(CapacityCharge(4.0, "year"), noon).reached_w == 4_000.0


def test_the_interval_that_runs_is_told_apart() -> None:
    hour = CapacityCharge(4.0, interval_s=3_600)
    at = MIDNIGHT + 3 * DAY + 18 * HOUR + 2 * STEP_MS
    assert run(hour, at) == PeakSeen(500.0, 2_250.0, 1.0)
    assert run(hour, at + 2 * STEP_MS).begun_w is None


def test_gaps_count_as_not_known() -> None:
    half = MIDNIGHT + DAY
    found = run(CapacityCharge(4.0), half + DAY, lambda t: np.where(t < half / 1000, np.nan, 700.0))
    assert found == PeakSeen(700.0, None, 0.5)
    assert run(CapacityCharge(4.0), half, lambda t: np.nan * t) == PeakSeen(0.0, None, 0.0)
    assert run(CapacityCharge(4.0), MIDNIGHT) == PeakSeen(), "a period that begins now"


def test_only_what_is_new_is_read_and_all_of_it_anew_each_day() -> None:
    async def main() -> None:
        history = Recorded({"grid.power": imports})
        seen = Reached(CapacityCharge(4.0), "grid.power", history, CALENDAR)
        at = MIDNIGHT + 9 * DAY + 12 * HOUR
        for k in range(4):
            assert (await seen.until(at + k * STEP_MS)).reached_w == 4_000.0
        spans = [(end - start) // STEP_MS for _, start, end in history.asked]
        assert spans == [9 * 96 + 48, 5, 5, 5]
        await seen.until(at + DAY)
        assert history.asked[-1][1] == MIDNIGHT
        assert (await seen.until(MIDNIGHT + 31 * DAY)).reached_w == 500.0, "a new month"

    asyncio.run(main())


GRID = """
[devices.grid]
role = "grid"
driver = "modbus"
link = "tcp://192.168.1.24:502"
map = "eastron/sdm630"
"""
CHARGED = DOCUMENT.replace("[calendar]", "[tariff.capacity]\nprice_kw = 48\nper = 'year'\nleast_kw = 2.5\n[calendar]")


def test_the_planner_is_told_of_it_and_of_no_secret(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.history.of["grid.power"] = lambda t: np.where(t < NOW / 1000 - 86_400, 5_000.0, 600.0)
        await house.pass_by(30)
        [asked] = [q for q in house.questions if isinstance(q, Solve)]
        assert asked.view.peak == PeakSeen(5_000.0, None, 1.0)
        tariff = asked.view.site.tariff
        assert tariff is not None and (tariff.feed, tariff.import_price) == (None, ())
        assert house.planner.latest.told is not None
        assert house.planner.latest.told["highest"]["before_w"] == 5_000.0

    living(tmp_path, play, CHARGED + GRID)


def test_a_house_without_a_grid_meter_says_that_it_does_not_know(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(30)
        told = house.planner.latest.told
        assert told is not None and told["highest"]["before_w"] == 2_500.0
        assert "the highest power of this month is known of 0% of it so far" in told["assumed"]

    living(tmp_path, play, CHARGED)


def test_a_house_that_pays_for_no_power_reads_nothing_of_it(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(30)
        [asked] = [q for q in house.questions if isinstance(q, Solve)]
        assert asked.view.peak is None and not any("grid.power" in points for points, _, _ in house.history.asked)
        assert pickle.loads(pickle.dumps(asked.view.site)) == asked.view.site

    living(tmp_path, play, DOCUMENT + GRID)
