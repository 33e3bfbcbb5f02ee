"""How the house would have answered: batteries that are full or empty, cars, and several actions at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.quantity import quantity
from hub.model.site import CAR_EFFICIENCY, BatteryControl, Site
from hub.rehearse.effects import Effects
from hub.rehearse.stores import levels
from hub.rules.vector import Floats, Mask
from tests.rehearse.rule_kit import BATTERY, PLUG, SITE, rule

MINUTES = 240
ALWAYS: Mask = np.ones(MINUTES, np.bool_)
FIRST_HOUR: Mask = np.arange(MINUTES) < 60
NIGHT: Mask = np.arange(MINUTES) >= 180
NO_BATTERY = replace(SITE, batteries=())

Past = dict[str, float | Floats]
STEADY: Past = {
    "grid.power": 0.0, "battery.power": 0.0, "battery.soc": 50.0, "plug.power": 0.0, "plug.on": 0.0,
    "wallbox.power": 0.0, "wallbox.connected": 0.0, "house.surplus": 0.0, "house.consumption": 500.0,
}  # fmt: skip


def effects(*then: str, site: Site = SITE, minutes: int = MINUTES, **past: float | Floats) -> Effects:
    """Of a rule on a past of minutes; `grid_power`: of the point grid.power."""
    told = STEADY | {name.replace("_", ".", 1): value for name, value in past.items()}
    return Effects(rule(*then), site, {p: np.broadcast_to(v, minutes).astype(float) for p, v in told.items()}, 60)


def kwh(more_w: Floats) -> float:
    return float(more_w.sum()) / 60_000


def after(found: Effects, point: str) -> float:
    return float(found.over({})[point][0])


def ramp(first: float, last: float) -> Floats:
    return first + (last - first) * np.arange(1, MINUTES + 1) / MINUTES


# -- a battery that is driven ------------------------------------------------------------------------------------------


def test_what_a_held_battery_does_not_give_comes_from_the_grid() -> None:
    """It would have gone from 90 to 10 %; what it holds instead is measured from there, not from 90 %."""
    found = effects("battery.mode = hold", battery_power=2_000, battery_soc=ramp(90, 10)).at_grid(ALWAYS)
    assert kwh(found) == pytest.approx(8)


def test_what_a_held_battery_does_not_take_is_fed_in() -> None:
    found = effects("battery.mode = hold", battery_power=-2_000, battery_soc=ramp(15, 95)).at_grid(ALWAYS)
    assert kwh(found) == pytest.approx(-8)


def test_a_battery_that_is_full_sooner_takes_no_more_than_fits() -> None:
    found = effects("battery.mode = charge", battery_power=-2_000, battery_soc=ramp(15, 95)).at_grid(ALWAYS)
    assert kwh(found) == pytest.approx(0.5)
    assert found[0] == pytest.approx(3_000) and found[-1] == pytest.approx(-2_000)


def test_what_a_battery_was_charged_with_it_gives_later() -> None:
    """In the night it was empty, and 800 W came from the grid."""
    grid, soc = np.where(NIGHT, 800, 0), np.where(NIGHT, 10, 50)
    found = effects("battery.power_setpoint = -500 W", grid_power=grid, battery_soc=soc).at_grid(FIRST_HOUR)
    assert kwh(found[:60]) == pytest.approx(0.5)
    assert kwh(found[180:]) == pytest.approx(-0.5)
    assert found[180] == pytest.approx(-800)


def test_a_set_point_beyond_what_the_battery_can_is_what_it_can() -> None:
    assert effects("battery.power_setpoint = -20 kW").at_grid(FIRST_HOUR)[0] == pytest.approx(5_000)


def test_a_battery_of_unknown_size_is_only_held() -> None:
    site = Site(batteries=(BatteryControl("battery"),))
    assert effects("battery.mode = charge", site=site).unmodelled == ("battery.mode",)
    found = effects("battery.mode = hold", site=site, battery_power=1_000)
    assert not found.unmodelled and kwh(found.at_grid(ALWAYS)) == pytest.approx(4)


# -- a battery that evens out the meter --------------------------------------------------------------------------------


def test_a_battery_that_charges_takes_less_when_a_plug_is_on() -> None:
    found = effects("plug.on = on", battery_power=-3_000)
    assert np.abs(found.at_grid(FIRST_HOUR)).max() < 1e-6
    assert after(found, "grid.power") == pytest.approx(0) and after(found, "battery.power") == pytest.approx(-1_000)
    assert after(found, "house.surplus") == pytest.approx(-2_000)
    assert after(found, "house.consumption") == pytest.approx(2_500)


def test_a_battery_gives_no_more_than_it_can() -> None:
    found = effects("plug.on = on", battery_power=4_500).at_grid(FIRST_HOUR)
    assert found[0] == pytest.approx(1_500)


def test_a_battery_gives_until_it_is_empty() -> None:
    """From 20 % on it has 1 kWh above its floor."""
    found = effects("plug.on = on", battery_soc=20.0)
    assert kwh(found.at_grid(FIRST_HOUR)) == pytest.approx(1)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(0, abs=1e-6)


def test_an_empty_battery_gives_nothing() -> None:
    found = effects("plug.on = on", battery_soc=10.0)
    assert after(found, "grid.power") == pytest.approx(2_000)
    assert kwh(found.at_grid(FIRST_HOUR)) == pytest.approx(2)


def test_what_a_full_battery_left_over_is_no_longer_fed_in() -> None:
    found = effects("plug.on = on", grid_power=-3_000, battery_soc=100.0)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(2_000)
    assert after(found, "grid.power") == pytest.approx(-1_000)


def test_what_a_battery_lacks_it_takes_later_from_what_was_fed_in() -> None:
    grid, soc = np.where(NIGHT, -3_000, 0), np.where(NIGHT, 100, 50)
    found = effects("plug.on = on", grid_power=grid, battery_soc=soc).at_grid(FIRST_HOUR)
    assert np.abs(found[:180]).max() < 1e-6
    assert kwh(found[180:]) == pytest.approx(2) and found[180:].max() == pytest.approx(3_000)


@pytest.mark.parametrize(("grid_w", "soc"), [(-3_000, 98.0), (800, 12.0)])
def test_a_battery_that_does_no_more_though_it_is_not_quite_full_or_empty_goes_on_so(grid_w: float, soc: float) -> None:
    found = effects("plug.on = on", grid_power=grid_w, battery_soc=soc).at_grid(FIRST_HOUR)
    assert found[:60] == pytest.approx(2_000) and not found[60:].any()


def test_a_battery_takes_what_a_plug_no_longer_draws() -> None:
    found = effects("plug.on = off", plug_power=2_000, battery_power=1_500, grid_power=500)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(-500)
    assert after(found, "battery.power") == pytest.approx(0)


@pytest.mark.parametrize("mode", ["hold", "plan"])
def test_a_battery_in_another_mode_answers_nothing(mode: str) -> None:
    index = float(quantity("mode").choices.index(mode))
    found = effects("plug.on = on", battery_power=-3_000, battery_mode=index)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(2_000)
    site = replace(SITE, batteries=(replace(BATTERY, mode=mode),))
    assert effects("plug.on = on", site=site, battery_power=-3_000).at_grid(FIRST_HOUR)[0] == pytest.approx(2_000)


def test_a_battery_that_the_rule_drives_does_not_answer_too() -> None:
    found = effects("plug.on = on", "battery.mode = hold", battery_power=-3_000).at_grid(FIRST_HOUR)
    assert found[0] == pytest.approx(2_000 - 3_000)


def test_what_one_battery_cannot_give_the_next_one_does() -> None:
    site = Site(batteries=(replace(BATTERY, max_discharge_w=500), replace(BATTERY, device="barn")), switches=(PLUG,))
    past = {"barn_power": 0.0, "barn_soc": 50.0}
    assert effects("plug.on = on", site=site, **past).at_grid(FIRST_HOUR)[0] == pytest.approx(0, abs=1e-6)


def test_a_battery_evens_out_what_the_rule_asks_of_another_one() -> None:
    site = Site(batteries=(BATTERY, replace(BATTERY, device="barn")))
    past = {"barn_power": 0.0, "barn_soc": 50.0}
    found = effects("battery.power_setpoint = -1 kW", site=replace(site, batteries=site.batteries[::-1]), **past)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(0, abs=1e-6)
    assert after(found, "barn.power") == pytest.approx(1_000)


@pytest.mark.parametrize(("feeds_cars", "grid_w"), [(False, 11_040), (True, 11_040 - 4_500)])
def test_a_battery_feeds_a_fast_car_only_if_it_may(feeds_cars: bool, grid_w: float) -> None:
    site = replace(SITE, batteries=(replace(BATTERY, feeds_cars=feeds_cars),))
    found = effects("wallbox.mode = fast", site=site, battery_power=500, wallbox_connected=1)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(grid_w)
    assert after(found, "grid.power") == pytest.approx(grid_w)


def test_a_past_of_a_year_is_as_one_that_is_walked_minute_by_minute() -> None:
    """A house of sun and evenings, whose battery is full or empty every day."""
    n = 20 * 1440
    hour = np.arange(n) / 60 % 24
    sun = np.maximum(np.sin((hour - 6) / 12 * np.pi), 0) * np.repeat(np.linspace(500, 6_000, 20), 1440)
    net = 400 + 800 * (hour > 17) - sun
    active = (hour > 19) & (hour < 21)
    power, soc, grid = evened(net)
    _, _, would = evened(net + 2_000 * active)
    found = effects("plug.on = on", minutes=n, grid_power=grid, battery_power=power, battery_soc=soc).at_grid(active)
    assert np.abs(np.cumsum(grid + found - would)).max() / 60 < 350, "Wh, within what is taken for full or empty"
    assert np.maximum(grid + found, 0).sum() == pytest.approx(np.maximum(would, 0).sum(), rel=0.01)


def evened(net: Floats) -> tuple[Floats, Floats, Floats]:
    """What BATTERY gives, what it holds then, what is left to the meter; minute by minute, from 50 % on."""
    held, rows = 5_000.0, []
    for watts in net:
        then = min(max(held - min(max(watts, -5_000), 5_000) / 60, 1_000), 10_000)
        rows.append(((held - then) * 60, then / 100, watts - (held - then) * 60))
        held = then
    power, soc, grid = np.array(rows).T
    return power, soc, grid


# -- cars, and several actions -----------------------------------------------------------------------------------------


def test_a_car_takes_no_more_than_it_holds_in_one_visit() -> None:
    """Two visits of eight hours at 11 kW: 88 kWh each."""
    n = 1_440
    connected = (np.arange(n) % 720 < 480).astype(float)
    past = {"grid_power": 300.0, "wallbox_connected": connected}
    always: Mask = np.ones(n, np.bool_)
    site = Site(chargers=(replace(SITE.chargers[0], car_capacity_wh=30_000),))
    found = effects("wallbox.mode = fast", site=site, minutes=n, **past).at_grid(always)
    assert kwh(found[:720]) == pytest.approx(30 / CAR_EFFICIENCY) == kwh(found[720:])
    found = effects("wallbox.mode = fast", site=site, minutes=n, wallbox_soc=40.0, **past).at_grid(always)
    assert kwh(found[:720]) == pytest.approx(0.6 * 30 / CAR_EFFICIENCY)


def test_a_car_that_is_full_sooner_does_not_take_what_it_took_later() -> None:
    """It took 5 kWh in the last hour; the rule gives it all in the first."""
    site = Site(chargers=(replace(SITE.chargers[0], car_capacity_wh=4_500),))
    past = {"wallbox_connected": 1.0, "wallbox_power": np.where(NIGHT, 5_000, 0)}
    found = effects("wallbox.mode = fast", site=site, **past).at_grid(FIRST_HOUR)
    assert kwh(found[:60]) == pytest.approx(5) and kwh(found[60:]) == pytest.approx(-5)


def test_a_visit_that_the_rule_leaves_alone_is_as_it_was() -> None:
    past = {"wallbox_connected": 1.0, "wallbox_power": np.where(NIGHT, 90_000, 0)}
    assert not effects("wallbox.current_limit <= 16 A", site=NO_BATTERY, **past).at_grid(FIRST_HOUR).any()


@pytest.mark.parametrize(
    ("then", "watts"),
    [
        (("wallbox.current_limit <= 10 A", "wallbox.current_limit >= 6 A"), 10 * 690),
        (("wallbox.current_limit >= 6 A", "wallbox.current_limit <= 10 A"), 10 * 690),
        (("wallbox.current_limit <= 10 A", "wallbox.mode = fast"), 10 * 690),
        (("wallbox.mode = off", "wallbox.current_limit <= 10 A"), 0),
    ],
)
def test_a_car_heeds_all_that_is_asked_of_it(then: tuple[str, ...], watts: float) -> None:
    found = effects(*then, site=NO_BATTERY, wallbox_power=16 * 690, wallbox_connected=1, grid_power=16 * 690)
    assert after(found, "wallbox.power") == pytest.approx(watts) == after(found, "grid.power")
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(watts - 16 * 690)


@pytest.mark.parametrize(("was", "will"), [(0, 1_000), (2_000, 2_000), (4_000, 3_000)])
def test_a_battery_heeds_both_its_limits(was: float, will: float) -> None:
    found = effects("battery.power_setpoint >= 1 kW", "battery.power_setpoint <= 3 kW", battery_power=was)
    assert after(found, "battery.power") == pytest.approx(will)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(was - will)


def test_an_export_limit_cuts_what_the_other_actions_leave() -> None:
    """The battery takes the 3 kW that were fed in and 2 kW more: nothing is left to cut."""
    past = {"grid_power": -3_000.0, "battery_soc": 20.0}
    found = effects("house.export_limit <= 0 W", "battery.power_setpoint = -5 kW", **past)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(5_000)
    found = effects("house.export_limit <= 500 W", "plug.on = on", site=NO_BATTERY, **past)
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(2_500)
    assert after(found, "grid.power") == pytest.approx(-500)
    assert after(found, "house.surplus") == pytest.approx(-2_000 - 500)


def test_what_nobody_knows_is_named() -> None:
    found = effects("wallbox.mode = plan", "battery.mode = auto", "house.export_limit >= 0 W", "plug.on = on")
    assert found.unmodelled == ("wallbox.mode", "battery.mode", "house.export_limit")
    assert found.at_grid(FIRST_HOUR)[0] == pytest.approx(2_000), "and the battery is as it was"


# -- levels ------------------------------------------------------------------------------------------------------------

steps = st.tuples(st.floats(-5, 5), st.floats(-9, 0), st.floats(0, 9))


@given(st.lists(steps, max_size=60))
@settings(max_examples=100)
def test_levels_are_as_if_walked_step_by_step(walk: list[tuple[float, float, float]]) -> None:
    level, levels_walked = 0.0, []
    for flow, least, most in walk:
        level = min(max(level + flow, least), most)
        levels_walked.append(level)
    flows, leasts, mosts = np.array(walk, float).reshape(-1, 3).T
    assert levels(flows, leasts, mosts) == pytest.approx(np.array(levels_walked), abs=1e-9)
