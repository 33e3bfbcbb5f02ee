"""A home run in closed loop: who pays what, that nobody knows the future, and that energy is neither made nor lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hub.errors import UserError
from hub.forecast.homefile import Home
from hub.forecast.series import Series
from hub.model.site import Site
from hub.rehearse.closed_loop import Result, compared
from hub.rehearse.policies import NONE, PERFECT, PLAN, POLICIES, RULE
from hub.rehearse.scene import scene
from hub.rehearse.world import CarWorld, PumpWorld, World

from .home_kit import CHEAP_AT_NIGHT, PUMP, START, WALLBOX, home, series, site

DAY = 48


def run(
    h: Home, s: Site, policies: tuple[str, ...] = POLICIES, world: World | None = None, first: int = 4 * DAY
) -> Result:
    return compared(scene(h, s, world or World(), first, len(h.load.values)), policies)


def costs(result: Result) -> dict[str, float]:
    return {name: total.cost for name, total in result.total.items()}


def test_a_battery_is_worth_what_the_sun_and_the_night_price_leave_it() -> None:
    cost = costs(run(home(7), site(CHEAP_AT_NIGHT)))
    assert cost[PERFECT] <= cost[PLAN] <= cost[RULE] + 1e-6 < cost[NONE]


def test_without_sun_only_the_plan_uses_the_cheap_night() -> None:
    cost = costs(run(home(8, sun_w=0.0), site(CHEAP_AT_NIGHT)))
    assert cost[RULE] == pytest.approx(cost[NONE], rel=0.04)
    assert cost[NONE] - cost[PLAN] > 0.9 * (cost[NONE] - cost[PERFECT]) > 0


def test_at_one_price_nothing_is_to_be_won_without_sun() -> None:
    cost = costs(run(home(6, sun_w=0.0), site(0.30)))
    assert cost[PLAN] == pytest.approx(cost[NONE], rel=0.02)
    assert cost[PERFECT] == pytest.approx(cost[NONE], rel=0.001)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_flows_in_flows_out_or_is_stored(policy: str) -> None:
    h, each = home(6), 0.9
    track = run(h, site(CHEAP_AT_NIGHT), (policy,)).tracks[policy]
    assert h.pv is not None
    used = float((h.load.values - h.pv.values)[4 * DAY :].sum()) / 2
    given = float(track.given["battery"].sum())
    more = float(track.stored["battery"][-1]) - track.began["battery"]
    taken = (more + given / each) / each
    flowed = float((track.imported - track.exported - track.held_back).sum())
    assert flowed == pytest.approx(used + taken - given, abs=20.0)


def test_the_rule_is_self_consumption_as_anybody_would_work_it_out() -> None:
    h = home(6)
    track = run(h, site(0.30), (RULE,)).tracks[RULE]
    assert h.pv is not None
    level, imported = 5000.0, []
    for load, sun in zip(h.load.values[4 * DAY :], h.pv.values[4 * DAY :], strict=True):
        into = min(max(sun - load, 0), 5000.0, (10_000 - level) * 2 / 0.9)
        out = min(max(load - sun, 0), 5000.0, max(level - 1000, 0) * 2 * 0.9)
        level += into / 2 * 0.9 - out / 2 / 0.9
        imported.append(max(load - sun, 0) / 2 - out / 2)
    assert track.stored["battery"][-1] == pytest.approx(level, abs=60.0)
    assert float(track.imported.sum()) == pytest.approx(sum(imported), abs=120.0)


def test_nobody_knows_the_future() -> None:
    """What comes later changes nothing that was done before; prices too, as far as they were not told."""
    n, cut = 7 * DAY, 5 * DAY + 20
    rng = np.random.default_rng(3)
    price = series(0.25 + 0.1 * rng.random(n))
    one = replace(home(7), price_import=price)
    assert one.pv is not None
    other = replace(
        one,
        load=series(np.where(np.arange(n) < cut, one.load.values, 3000.0)),
        pv=series(np.where(np.arange(n) < cut, one.pv.values, 0.0)),
        price_import=series(np.where(np.arange(n) < 6 * DAY, price.values, 0.9)),
    )
    before = [run(h, site(), (PLAN,)).tracks[PLAN] for h in (one, other)]
    done = cut - 4 * DAY
    assert np.array_equal(before[0].stored["battery"][:done], before[1].stored["battery"][:done])
    assert not np.array_equal(before[0].stored["battery"], before[1].stored["battery"])


def test_the_same_again_is_the_same_to_the_bit() -> None:
    one, two = (run(home(6), site(CHEAP_AT_NIGHT), (PLAN,)).tracks[PLAN] for _ in range(2))
    assert np.array_equal(one.imported, two.imported)


def test_what_would_cost_to_feed_in_is_held_back() -> None:
    total = run(home(6), site(0.30, export=-0.05), (NONE,)).total[NONE]
    assert total.exported_kwh == 0
    assert total.held_back_kwh > 10
    assert total.sold == 0


def test_no_more_is_fed_in_than_is_allowed() -> None:
    track = run(home(6), site(0.30, limits="[limits]\nexport_w = 1000"), (NONE, PERFECT)).tracks
    for one in track.values():
        assert float(one.exported.max()) <= 500.0 + 1e-6
    assert float(track[NONE].held_back.sum()) > 1000


def test_gaps_are_filled_and_told() -> None:
    h = home(6)
    values = h.load.values.copy()
    values[4 * DAY + 10 : 4 * DAY + 20] = np.nan
    found = scene(replace(h, load=series(values)), site(), World(), 4 * DAY, 6 * DAY)
    assert found.assumed == ("load_w: 10 of 96 steps are missing, taken from other days",)
    assert compared(found, (RULE,)).total[RULE].imported_kwh > 0


def test_nobody_tells_a_price() -> None:
    s = replace(site(), tariff=None)
    with pytest.raises(UserError, match="price_import"):
        run(home(3), s, first=0)


def test_a_size_that_nobody_tells_is_assumed_and_told() -> None:
    s = site()
    s = replace(s, batteries=tuple(replace(b, capacity_wh=0.0) for b in s.batteries))
    found = scene(home(5), s, World(), 4 * DAY, 5 * DAY)
    assert found.assumed == ("battery: capacity_wh is not told, taken to be 10000",)


def test_months_add_up_to_the_whole() -> None:
    result = run(home(34, seconds=3600), site(CHEAP_AT_NIGHT), (RULE, PERFECT), first=24 * 28)
    assert sorted(result.months[RULE]) == ["2026-05", "2026-06"]
    for name in (RULE, PERFECT):
        parts = sum(month.cost for month in result.months[name].values())
        assert parts == pytest.approx(result.total[name].cost)


def test_a_step_of_five_minutes_runs_too() -> None:
    h = home(3, seconds=300)
    cost = costs(run(h, site(CHEAP_AT_NIGHT), (RULE, PLAN), first=288 * 2))
    assert cost[PLAN] <= cost[RULE] + 0.05


CAR = World(cars={"wallbox": CarWorld(7 * 60, 17 * 60, (0, 1, 2, 3, 4, 5, 6), 9_000.0)})


@pytest.mark.parametrize("policy", [NONE, RULE, PLAN])
def test_the_car_is_ready_when_it_leaves(policy: str) -> None:
    h = home(8)
    track = run(h, site(CHEAP_AT_NIGHT, more=WALLBOX), (policy,), CAR).tracks[policy]
    assert (track.ready.days, track.ready.missed) == (4, 0)


def test_a_car_is_cheaper_with_a_plan() -> None:
    cost = costs(run(home(8), site(CHEAP_AT_NIGHT, more=WALLBOX), world=CAR))
    assert cost[PERFECT] <= cost[PLAN] < cost[NONE]


@pytest.mark.parametrize("policy", [RULE, PLAN, PERFECT])
def test_a_battery_that_does_not_feed_cars_gives_what_else_the_house_lacks(policy: str) -> None:
    h = home(8, sun_w=0.0)
    track = run(h, site(CHEAP_AT_NIGHT, more=WALLBOX), (policy,), CAR).tracks[policy]
    given, lacks = track.given["battery"], h.load.values[4 * DAY :] / 2
    assert float(given.max()) > 100.0
    assert np.all(given <= lacks + 30.0)


def test_a_car_that_needs_more_than_the_night_gives_is_missed_and_counted() -> None:
    much = World(cars={"wallbox": replace(CAR.cars["wallbox"], wh_per_day=190_000.0)})
    track = run(home(6), site(more=WALLBOX), (RULE,), much).tracks[RULE]
    assert track.ready.missed == track.ready.days == 2


COLD = World(pumps={"pump": PumpWorld(3000.0, 3.5, 7.0, 0.08, 10_000.0, 150.0, 300.0, 20.5, 23.0)})


def test_rooms_stay_as_warm_as_wanted_and_a_plan_warms_them_when_it_is_cheap() -> None:
    h = home(8)
    cold = replace(h, temperature=Series(START, 1800, np.full(8 * DAY, 2.0)))
    result = run(cold, site(CHEAP_AT_NIGHT, more=PUMP), world=COLD)
    for name in (NONE, RULE, PLAN):
        assert result.tracks[name].comfort.missed == 0
        assert result.tracks[name].comfort.days == 4
    cost = costs(result)
    assert cost[PERFECT] < cost[PLAN] < cost[RULE]
    assert float(result.tracks[PLAN].room_c["pump"].max()) > 21.0


def test_a_heat_pump_needs_the_temperature_outdoors() -> None:
    with pytest.raises(UserError, match="temperature_c"):
        run(home(5), site(more=PUMP), world=COLD)
