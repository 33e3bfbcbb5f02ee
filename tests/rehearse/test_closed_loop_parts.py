"""The parts of the closed loop: leaps that change nothing, prices as they become known, worlds and periods."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.core import Inputs, State, step
from hub.errors import ConfigError, UserError
from hub.forecast.homefile import Home
from hub.forecast.series import Series
from hub.model import Value
from hub.model.feed import FeedSpec
from hub.model.plan import Plan, Slot, Stored, Task
from hub.model.site import Markup, Price, TariffSpec
from hub.rehearse import world
from hub.rehearse.foreseen import Foreseen
from hub.rehearse.market import market
from hub.rehearse.period import period
from hub.rehearse.plant import Flow, Plant
from hub.rehearse.policies import ByPlan
from hub.rehearse.scene import scene
from hub.rehearse.swift import Span, Swift
from hub.rehearse.world import CarWorld, PumpWorld, World

from .home_kit import CHEAP_AT_NIGHT, PUMP, START, WALLBOX, ZONE, series, site, utc

PRICES = (Price(START, START + 3_600_000, 30_000, export=8_000),)


def slowly(plant: Plant, span: Span, intents: dict[str, str]) -> Flow:
    """The core each second, as in a house."""
    state, total = State(), Flow()
    for n in range(int(span.seconds)):
        made = step(
            state,
            Inputs(
                *(span.start + n * 1000, plant.house, plant.readings(), span.requests, intents),
                prices=span.prices,
                plan=span.plan,
            ),
        )
        state = made.state
        plant.tell(made.commands)
        total.add(plant.go(1.0, span.sells))
    return total


def planned(task: Task, power_w: float, value: int) -> Plan:
    slot = Slot(START, START + 3_600_000, {"battery": Stored(task, power_w, value, 50.0)}, {"wallbox": 5000.0})
    return Plan("p", START, START + 3_600_000, (slot,), {"battery": (0.9, 0.9)}, {"battery": 1000})


CASES: list[tuple[str, float, float, Plan | None]] = [
    ("covers", 900.0, 0.0, None),
    ("stores", 300.0, 3500.0, None),
    ("until it is full", 0.0, 9000.0, None),
    ("until it is empty", 9000.0, 0.0, None),
    ("charges by the plan", 400.0, 0.0, planned(Task.CHARGE, -2500.0, 31_000)),
    ("holds by the plan", 400.0, 0.0, planned(Task.HOLD, 0.0, 40_000)),
    ("lets go by the plan", 400.0, 2000.0, planned(Task.EXPORT, 0.0, 3_000)),
]


@pytest.mark.parametrize(("name", "load", "sun", "plan"), CASES, ids=[c[0] for c in CASES])
@pytest.mark.parametrize("car", [False, True], ids=["battery", "battery and car"])
def test_leaps_come_to_the_same_as_each_second(
    name: str, load: float, sun: float, plan: Plan | None, car: bool
) -> None:
    there = World(soc=60.0, cars={"wallbox": CarWorld(420, 1020, (0,), 6_000.0)} if car else {})
    intents = {f"{d}.mode": "plan" if plan else mode for d, mode in (("battery", "auto"), ("wallbox", "solar"))}
    flows, levels = list[Flow](), list[float]()
    for swift in (False, True):
        plant = Plant(site(more=WALLBOX if car else ""), there)
        plant.load_w, plant.pv_w = load, sun
        span = Span(START, 1800.0, PRICES, plan)
        flows.append(Swift(plant, intents).run(span) if swift else slowly(plant, span, intents))
        levels.append(plant.batteries[0].stored_wh)
    assert flows[1].imported == pytest.approx(flows[0].imported, abs=60.0)
    assert flows[1].exported == pytest.approx(flows[0].exported, abs=60.0)
    assert levels[1] == pytest.approx(levels[0], abs=60.0)


def test_a_battery_loses_at_each_way_and_ends_at_its_floor() -> None:
    plant = Plant(site(), World(soc=50.0))
    plant.load_w = 4000.0
    flow = Swift(plant, {}).run(Span(START, 2 * 3600.0, PRICES))
    battery = plant.batteries[0]
    assert battery.soc == pytest.approx(10.0, abs=0.06)
    assert battery.given_wh == pytest.approx(4000 * 0.9, abs=10)
    assert flow.imported == pytest.approx(8000 - 3600, abs=10)


# -- prices ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-05-02T10:30", "2026-05-02T22:00"),
        ("2026-05-02T11:00", "2026-05-03T22:00"),
        ("2026-05-02T22:00", "2026-05-03T22:00"),
    ],
)
def test_tomorrow_is_known_from_one_o_clock_on(now: str, until: str) -> None:
    m = market(None, series(np.ones(48 * 6)), (series(np.full(48 * 6, 0.3)), None), ZONE)
    assert START + m.until(utc(now)) * 1_800_000 == utc(until)


def test_the_long_day_has_two_hours_more_that_are_known() -> None:
    start = utc("2026-10-23T22:00")
    load, price = (Series(start, 3600, np.full(24 * 6, v)) for v in (1.0, 0.3))
    m = market(None, load, (price, None), ZONE)
    assert start + m.until(utc("2026-10-24T22:30")) * 3_600_000 == utc("2026-10-25T23:00")


def test_prices_that_the_file_lacks_and_the_tariff_has_are_told() -> None:
    n = 48 * 6
    price, paid = np.full(n, 0.3), np.full(n, 0.08)
    price[10:40], paid[50:55] = np.nan, np.nan
    m = market(TariffSpec((25_000,), (7_000,)), series(np.ones(n)), (series(price), series(paid)), ZONE)
    assert m.assumed == (
        "price_import: 30 of 288 steps are missing, as the tariff has them",
        "price_export: 5 of 288 steps are missing, as the tariff has them",
    )


def test_what_is_not_known_yet_is_as_it_was_a_day_before() -> None:
    n = 48 * 6
    price = np.round(0.2 + 0.001 * np.arange(n), 5)
    m = market(None, series(np.ones(n)), (series(price), series(price - 0.1)), ZONE)
    bought, sold, known = m.ahead(START + 48 * 1_800_000, 96)
    assert known == 48
    assert np.allclose(bought[:48], price[48:96] * 1e5)
    assert np.allclose(bought[48:], price[48:96] * 1e5)
    assert np.allclose(sold, bought - 10_000)


def test_a_tariff_by_the_hour_is_known_for_ever() -> None:
    table = tuple(range(10_000, 34_000, 1000))
    m = market(TariffSpec(table, (8_000,)), series(np.ones(48 * 60)), (None, None), ZONE)
    assert m.ahead(START, 4)[0].tolist() == [10_000.0, 10_000.0, 11_000.0, 11_000.0]
    bought, sold, known = m.ahead(START + (40 + 59 * 48) * 1_800_000, 72)
    assert known == 72
    assert [int(b) for b in bought[:10:2]] == [30_000, 31_000, 32_000, 33_000, 10_000]
    assert set(sold) == {8_000.0}


def test_fees_of_the_tariff_come_on_top_of_the_markets_prices() -> None:
    feed = FeedSpec("tariff", "awattar", "Europe/Berlin", "EUR", None, None)
    tariff = TariffSpec((30_000,), (8_000,), feed, Markup(1.19, 10_000))
    m = market(tariff, series(np.ones(48)), (series(np.full(48, 0.10)), None), ZONE)
    assert set(m.bought) == {21_900}
    assert set(m.sold) == {8_000}


def test_a_price_that_is_missing_is_taken_from_another_day_and_told() -> None:
    price = np.full(96, 0.3)
    price[50:53] = np.nan
    m = market(None, series(np.ones(96)), (series(price), None), ZONE)
    assert set(m.bought) == {30_000}
    assert m.assumed == ("price_import: 3 of 96 steps are missing, taken from other days",)


# -- worlds and periods ------------------------------------------------------------------------------------------------


def test_a_world_says_what_is_not_told() -> None:
    found = world.parse('[cars.wallbox]\ndays = ["sat", "sun"]\nkwh_per_day = 4', "w.toml", site(more=WALLBOX))
    assert found.cars["wallbox"] == CarWorld(450, 1050, (5, 6), 4000.0)
    assert found.soc == 50.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cars.walbox]", "did you mean 'wallbox'"),
        ('[cars.wallbox]\nleaves = "25:00"', "cars.wallbox.leaves"),
        ('[cars.wallbox]\nleaves = "18:00"', "cars.wallbox.arrives"),
        ('[cars.wallbox]\ndays = ["someday"]', "cars.wallbox.days"),
        ("[cars.wallbox]\nkwh = 3", "cars.wallbox.kwh"),
        ("soc = 101", "soc"),
        ("[heat_pumps.pump]", "heat_pumps.pump"),
        ("soc = ", "not valid TOML"),
    ],
)
def test_a_world_that_cannot_be_names_the_key(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        world.parse(text, "w.toml", site(more=WALLBOX))


def test_a_period_begins_at_a_midnight_after_the_history() -> None:
    long, short = (Series(START + 3 * 3_600_000, 1800, np.ones(48 * days)) for days in (90, 8))
    assert START + (6 + period(long, ZONE, None, None)[0]) * 1_800_000 == utc("2026-05-29T22:00")
    assert period(short, ZONE, None, None) == (5 * 48 - 6, 8 * 48)


@pytest.mark.parametrize(("since", "until"), [(-1, None), (None, 400), (40, 40), (45, 40)])
def test_a_period_outside_of_the_file_is_said(since: int | None, until: int | None) -> None:
    day = 86_400_000
    told = [None if d is None else START + d * day for d in (since, until)]
    with pytest.raises(UserError, match=r"--from|--to"):
        period(Series(START, 1800, np.ones(48 * 90)), ZoneInfo("UTC"), told[0], told[1])


def test_a_house_without_a_meter_cannot_be_driven() -> None:
    s = site()
    with pytest.raises(UserError, match="grid"):
        Plant(replace(s, devices=tuple(d for d in s.devices if d.id != "grid")), World())


def test_the_meters_show_the_balance() -> None:
    plant = Plant(site(), World())
    plant.load_w, plant.pv_w = 500.0, 2000.0
    shown: dict[str, Value] = plant.readings()
    assert shown["grid.power"] == -1500.0
    assert sum(float(shown[f"grid.power_l{n}"]) for n in (1, 2, 3)) == -1500.0


def test_a_heat_pump_takes_part_of_its_power_for_a_part_of_the_hour() -> None:
    """A plan of hours is told by the quarter-hour: it is boosted for as many of them as its planned energy needs."""
    found = scene(
        Home(ZONE, series(np.full(72, 500.0), 3600), None, None, series(np.full(72, 3.0), 3600)),
        site(CHEAP_AT_NIGHT, more=PUMP),
        World(pumps={"pump": PumpWorld(12_000.0, 3.5, 7.0, 0.08, 8_000.0, 150.0, 300.0, 20.5, 22.5)}),
        24,
        72,
    )
    policy = ByPlan(found, Foreseen(found.home, ZONE))
    plan = policy.plan(found.start + 5 * 3_600_000, Plant(found.site, found.world))
    assert plan is not None
    assert {slot.end - slot.start for slot in plan.slots} == {900_000}
    last_cheap = [slot.boosts["pump"] for slot in plan.slots[:4]]
    assert last_cheap == sorted(last_cheap, reverse=True)
    assert 0 < sum(last_cheap) < 4
