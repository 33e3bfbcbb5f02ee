"""What the network operator charges, in homes that are simulated: the sums of a house, in all policies alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from hub.calendar import Calendar
from hub.model.feed import FeedSpec
from hub.model.network import CapacityCharge, Fee, NetworkCharges
from hub.model.site import TariffSpec
from hub.rehearse.closed_loop import Result, compared
from hub.rehearse.highest import Highest, highest
from hub.rehearse.market import market
from hub.rehearse.policies import NONE, PERFECT, PLAN, POLICIES, RULE
from hub.rehearse.scene import scene
from hub.rehearse.world import CarWorld, World
from tests.rehearse.home_kit import START, WALLBOX, ZONE, home, series, site

DAY = 48
EVENING = Fee(20_000, ((17 * 60, 21 * 60),))
CALENDAR = Calendar(ZONE)
CAR = World(cars={"wallbox": CarWorld(7 * 60, 17 * 60, (0, 1, 2, 3, 4, 5, 6), 9_000.0)})
FEES = '[[tariff.import_fees]]\nfee = 0.20\ntimes = ["17:00-21:00"]\n'
BELGIUM = "[tariff.capacity]\nprice_kw = {price}\nleast_kw = 0.5\n"


def run(charges: str, policies: tuple[str, ...] = POLICIES, days: int = 6, first: int = 4 * DAY) -> Result:
    h = home(days, sun_w=0.0)
    return compared(scene(h, site(0.30, limits=charges), World(), first, len(h.load.values)), policies)


def costs(result: Result) -> dict[str, float]:
    return {name: total.cost for name, total in result.total.items()}


# -- fees --------------------------------------------------------------------------------------------------------------


def test_an_evening_fee_makes_a_plan_worth_something_at_one_price_of_energy() -> None:
    cost = costs(run(FEES))
    assert cost[PERFECT] <= cost[PLAN] < 0.97 * cost[NONE] and cost[PLAN] <= cost[RULE] + 1e-6


@pytest.mark.parametrize("feed", [None, FeedSpec("tariff", "awattar", "Europe/Berlin", "EUR", None, None)])
def test_fees_come_on_top_of_the_prices_of_a_file(feed: FeedSpec | None) -> None:
    network = NetworkCharges((EVENING,), (Fee(1_000),))
    m = market(TariffSpec((30_000,), (8_000,), feed, network=network), series(np.ones(48)),
               (series(np.full(48, 0.10)), None if feed else series(np.full(48, 0.05))), ZONE)  # fmt: skip
    assert m.bought.tolist() == [10_000] * 34 + [30_000] * 8 + [10_000] * 6
    assert set(m.sold) == {7_000 if feed else 4_000}


def test_fees_of_tomorrow_are_known_before_its_prices_are() -> None:
    """A fee that begins on Sunday, at noon of the Saturday before it."""
    fee = Fee(5_000, days=frozenset({6}))
    n = 3 * DAY  # 1 May 2026 is a Friday
    network = NetworkCharges((fee,), (fee,))
    flat = series(np.full(n, 0.10))
    m = market(TariffSpec((), (), network=network), series(np.ones(n)), (flat, flat), ZONE)
    noon = START + (DAY + DAY // 2) * 1_800_000
    bought, sold, known = m.ahead(noon, DAY)
    assert known == DAY // 2
    assert bought.tolist() == [10_000.0] * 24 + [15_000.0] * 24 and sold.tolist() == [10_000.0] * 24 + [5_000.0] * 24


# -- the highest power -------------------------------------------------------------------------------------------------


def found(charge: CapacityCharge, start: str, seconds: int, steps: int) -> Highest:
    at = round(datetime.fromisoformat(start).replace(tzinfo=ZONE).timestamp() * 1000)
    one = highest(charge, at, seconds, steps, CALENDAR)
    assert one is not None
    return one


def test_each_month_pays_for_its_highest_hour_and_months_come_to_the_whole() -> None:
    one = found(CapacityCharge(4.0, interval_s=3_600, least_w=1_000.0), "2026-05-31T22:00", 1_800, 8)
    wh = np.array([500.0, 1_500.0, 250.0, 250.0, 100.0, 100.0, 900.0, 700.0])
    assert one.cost(wh, 0, 4) == pytest.approx(4.0 * 2.0)
    assert one.cost(wh, 4, 8) == pytest.approx(4.0 * 1.6)
    assert one.cost(wh, 4, 6) == pytest.approx(4.0 * 1.0), "what is charged anyway"
    assert one.cost(wh, 0, 8) == pytest.approx(4.0 * 3.6)


def test_a_year_pays_in_a_month_only_what_that_adds() -> None:
    one = found(CapacityCharge(60.0, "year"), "2026-05-31T22:00", 1_800, 8)
    wh = np.array([500.0, 1_500.0, 250.0, 250.0, 100.0, 100.0, 2_000.0, 700.0])
    assert (one.cost(wh, 0, 4), one.cost(wh, 4, 8)) == pytest.approx((60.0 * 3.0, 60.0 * 1.0))


def test_a_plan_is_told_what_was_reached_in_the_month_that_runs() -> None:
    one = found(CapacityCharge(4.0, interval_s=3_600), "2026-05-31T22:00", 1_800, 8)
    wh = np.array([500.0, 1_500.0, 250.0, 800.0, 100.0, 300.0, 0.0, 0.0])
    midnight = one.anew[0]
    early = one.ahead(wh, 3, 8, 1_800)
    assert (early.reached_w, early.begun_w, early.anew) == (2_000.0, 500.0, (midnight,))
    late = one.ahead(wh, 6, 2, 1_800)
    assert (late.reached_w, late.begun_w, late.anew) == (400.0, None, ())
    assert one.whole().anew == (midnight,) and one.ahead(wh, 0, 8, 1_800).reached_w == 0.0


def test_nobody_pays_less_than_perfect_foresight_and_a_battery_is_worth_something() -> None:
    result = run(BELGIUM.format(price=10))
    cost = costs(result)
    assert all(cost[PERFECT] <= c + 1e-6 for c in cost.values())
    assert cost[NONE] - cost[PERFECT] > 1.0, "at one price of energy there is nothing else to win"
    assert result.total[PERFECT].peak < result.total[NONE].peak
    kw = float(result.tracks[NONE].imported.max()) / 1000 * 2
    assert result.total[NONE].peak == pytest.approx(10 * kw)


def test_with_a_plan_a_battery_is_kept_for_the_highest_power() -> None:
    """It gives what lacks above that, and not all that lacks while there is any left."""
    h = home(7, sun_w=0.0)
    result = compared(
        scene(h, site(0.30, limits=BELGIUM.format(price=10)), World(), 4 * DAY, len(h.load.values)),
        (NONE, PLAN, PERFECT),
    )
    cost = costs(result)
    assert cost[NONE] - cost[PLAN] > 0.8 * (cost[NONE] - cost[PERFECT])


def test_months_add_up_to_the_whole() -> None:
    h = home(34, seconds=3_600, sun_w=0.0)
    ready = scene(h, site(0.30, limits=BELGIUM.format(price=4)), World(), 24 * 28, len(h.load.values))
    result = compared(ready, (NONE, PERFECT))
    for name in (NONE, PERFECT):
        assert sum(m.cost for m in result.months[name].values()) == pytest.approx(result.total[name].cost)
    free = compared(replace(ready, highest=None), (NONE,))
    assert free.total[NONE].peak == 0.0


def test_with_a_plan_a_car_charges_slowly_where_the_highest_power_is_dear() -> None:
    def run(price: float, policy: str) -> Result:
        s = site(0.30, limits=BELGIUM.format(price=price), more=WALLBOX)
        h = home(7, sun_w=0.0)
        return compared(scene(h, s, CAR, 4 * DAY, len(h.load.values)), (policy,))

    dear, free, once = run(10, PLAN), run(0, PLAN), run(10, NONE)
    assert dear.total[PLAN].peak < 0.6 * once.total[NONE].peak
    assert dear.tracks[PLAN].imported.max() < 0.8 * free.tracks[PLAN].imported.max()
    assert dear.tracks[PLAN].ready.missed == 0 and dear.tracks[PLAN].ready.days == 3
