"""The core's behaviour as tables: these values in, these commands out."""

from __future__ import annotations

import pytest

from hub.core import House, Inputs, State, Step, step
from hub.model import CommandSpec, Device, Link, Moment, Relation, Request, Role, Source
from hub.model.site import BatteryControl, ChargerControl, Circuit, Site

LINK = Link("test", "test")
PHASES = {f"grid.power_l{n}": 100.0 for n in (1, 2, 3)}
CALM = {"grid.power": 300.0, **PHASES, "battery.power": 0.0, "battery.soc": 50.0, "wallbox.power": 0.0}


def house(mode: str = "off", battery_mode: str = "auto", **charger: float) -> House:
    site = Site(
        circuits=(Circuit("main", 35.0),),
        chargers=(ChargerControl("wallbox", mode=mode, **charger),),  # type: ignore[arg-type]
        batteries=(BatteryControl("battery", soc_floor=10, soc_ceiling=95, mode=battery_mode),),
    )
    return House.of(
        site,
        (
            Device("g", "grid", Role.GRID, LINK),
            Device("p", "pv_roof", Role.INVERTER, LINK),
            Device("w", "wallbox", Role.CHARGER, LINK, commands=(CommandSpec("wallbox.current_limit", 0, 32),)),
            Device(
                "b", "battery", Role.BATTERY, LINK, behind="pv_roof", commands=(CommandSpec("battery.power_setpoint"),)
            ),
            Device("t", "plug", Role.PLUG, LINK, commands=(CommandSpec("plug.on"),)),
        ),
    )


def after(seconds: int, h: House, values: dict[str, float], requests: tuple[Request, ...] = ()) -> Step:
    state = State()
    for n in range(1, seconds + 1):
        result = step(state, Inputs(n * 1000, h, values, requests))
        state = result.state
    return result


def command(result: Step, point: str) -> tuple[object, str, tuple[str, ...]]:
    c = next(c for c in result.commands if c.point == point)
    return c.value, c.reason.code, tuple(limit.code for limit in c.limits)


def lease(point: str, value: float, source: Source = Source.PERSON, relation: Relation = Relation.SET) -> Request:
    return Request(f"{source}-{relation}", point, relation, value, source, 0, 10**12)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (300.0, "self_consumption", ())),
        ({"grid.power": -2000.0}, (-2000.0, "self_consumption", ())),
        ({"grid.power": 9000.0}, (5000.0, "self_consumption", ("rated_power",))),
        ({"battery.soc": 10.0}, (0.0, "self_consumption", ("soc_floor",))),
        ({"battery.soc": 95.0, "grid.power": -800.0}, (0.0, "self_consumption", ("soc_ceiling",))),
        ({"grid.power": None}, (0.0, "stale_input", ())),
        ({"battery.soc": None}, (0.0, "self_consumption", ("stale_input",))),
    ],
)
def test_battery_keeps_the_grid_at_zero_inside_its_limits(change: dict[str, float | None], expected: object) -> None:
    values = {k: v for k, v in {**CALM, **change}.items() if v is not None}
    assert command(after(1, house(), values), "battery.power_setpoint") == expected


def test_a_battery_that_follows_the_meter_moves_once_a_second_however_many_steps_there_are() -> None:
    h, state, moved = house(), State(), list[tuple[int, float]]()
    for t in range(1000, 4251, 250):
        values = {**CALM, "grid.power": 2000.0 if t >= 1500 else 300.0}
        result = step(state, Inputs(t, h, values))
        value = float(command(result, "battery.power_setpoint")[0])  # type: ignore[arg-type]
        if not moved or moved[-1][1] != value:
            moved.append((t, value))
        state = result.state
    assert moved == [(1000, 300.0), (2000, 1150.0), (3000, 1575.0), (4000, 1788.0)]


def test_what_somebody_wants_of_a_battery_does_not_wait_for_the_meter() -> None:
    h = house()
    state = step(State(), Inputs(1000, h, CALM)).state
    held = step(state, Inputs(1010, h, CALM, (), {"battery.mode": "hold"}))
    assert command(held, "battery.power_setpoint")[:2] == (0.0, "battery_hold")


@pytest.mark.parametrize(
    ("mode", "expected"), [("hold", (0.0, "battery_hold")), ("charge", (-5000.0, "battery_charge"))]
)
def test_battery_obeys_its_mode(mode: str, expected: tuple[float, str]) -> None:
    assert command(after(1, house(battery_mode=mode), CALM), "battery.power_setpoint")[:2] == expected


def test_a_battery_left_to_itself_gets_no_command() -> None:
    assert all(c.point != "battery.power_setpoint" for c in after(1, house(battery_mode="off"), CALM).commands)


SUNNY = {**CALM, "grid.power": -6000.0}


def test_solar_charging_waits_for_steady_sun_then_takes_whole_amps() -> None:
    assert command(after(60, house("solar"), SUNNY), "wallbox.current_limit")[:2] == (0.0, "wait_hysteresis")
    assert command(after(61, house("solar"), SUNNY), "wallbox.current_limit")[:2] == (8.0, "charge_solar")


def test_solar_charging_survives_a_short_cloud_and_stops_after_a_long_one() -> None:
    h, state = house("solar", start_delay_s=0), State()
    state = step(state, Inputs(1000, h, SUNNY)).state
    cloudy = {**CALM, "grid.power": 1000.0, "wallbox.power": 4140.0}
    limits = []
    for n in range(2, 65):
        result = step(state, Inputs(n * 1000, h, cloudy))
        state = result.state
        limits.append(command(result, "wallbox.current_limit")[0])
    assert limits[:60] == [8.0] * 4 + [6.0] * 56
    assert limits[-1] == 0.0


@pytest.mark.parametrize(("mode", "expected"), [("off", 0.0), ("fast", 16.0), ("min_solar", 6.0), ("solar", 0.0)])
def test_charging_modes_without_sun(mode: str, expected: float) -> None:
    assert command(after(70, house(mode), CALM), "wallbox.current_limit")[0] == expected


@pytest.mark.parametrize(("mode", "expected"), [("solar", 0.0), ("fast", 0.0), ("min_solar", 0.0)])
def test_a_silent_grid_meter_pauses_the_car(mode: str, expected: float) -> None:
    assert command(after(1, house(mode), {"wallbox.power": 11000.0}), "wallbox.current_limit")[0] == expected


def test_the_house_fuse_bounds_the_car_on_its_worst_phase() -> None:
    busy = {**CALM, "grid.power_l2": 230.0 * 26, "grid.voltage_l2": 230.0}
    value, reason, limits = command(after(1, house("fast"), busy), "wallbox.current_limit")
    assert (value, reason, limits) == (9.0, "charge_fast", ("fuse_limit",))


def test_less_than_the_minimum_current_means_pause() -> None:
    full = {**CALM, "grid.power_l1": 230.0 * 31}
    assert command(after(1, house("fast"), full), "wallbox.current_limit")[0] == 0.0


def test_a_person_beats_the_mode_but_not_the_fuse() -> None:
    wish = lease("wallbox.current_limit", 16.0)
    assert command(after(1, house("off"), CALM, (wish,)), "wallbox.current_limit")[:2] == (16.0, "person_asked")
    busy = {**CALM, "grid.power_l3": 230.0 * 25}
    assert command(after(1, house("off"), busy, (wish,)), "wallbox.current_limit") == (
        10.0,
        "person_asked",
        ("fuse_limit",),
    )


def test_the_grid_operator_narrows_what_a_person_may_choose() -> None:
    wishes = (
        lease("wallbox.current_limit", 16.0),
        lease("wallbox.current_limit", 6.0, Source.GRID_OPERATOR, Relation.AT_MOST),
    )
    assert command(after(1, house("off"), CALM, wishes), "wallbox.current_limit")[:2] == (6.0, "grid_operator_limit")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(20.0, (16.0, ("rated_current",))), (4.0, (0.0, ("below_minimum",))), (0.0, (0.0, ())), (16.0, (16.0, ()))],
)
def test_a_car_charges_between_its_minimum_and_the_installations_maximum_or_not_at_all(
    asked: float, expected: tuple[float, tuple[str, ...]]
) -> None:
    value, _, limits = command(
        after(1, house("off"), CALM, (lease("wallbox.current_limit", asked),)), "wallbox.current_limit"
    )
    assert (value, limits) == expected


def test_a_plain_switch_is_only_driven_while_somebody_wishes_it() -> None:
    assert all(c.point != "plug.on" for c in after(1, house(), CALM).commands)
    assert command(after(1, house(), CALM, (lease("plug.on", True),)), "plug.on")[:2] == (True, "person_asked")


def test_consumption_is_the_ac_balance_and_missing_parts_are_not_invented() -> None:
    result = after(1, house(), {**CALM, "pv_roof.power": 2500.0})
    assert result.derived["house.consumption"] == 2800.0
    assert result.derived["house.autarky"] == pytest.approx(89.286, abs=0.001)
    assert set(after(1, house(), CALM).derived.values()) == {None}


@pytest.mark.parametrize(
    ("behind", "elevation", "consumption"),
    [("", -4.0, 300.0), ("", 4.0, None), ("", None, None), ("pv_roof", -4.0, None)],
)
def test_an_inverter_that_does_not_answer_makes_nothing_in_the_dark(
    behind: str, elevation: float | None, consumption: float | None
) -> None:
    """With a battery behind it, it may."""
    devices = (
        Device("g", "grid", Role.GRID, LINK),
        Device("p", "pv_roof", Role.INVERTER, LINK),
        Device("b", "battery", Role.BATTERY, LINK, behind=behind),
    )
    values = {"grid.power": 300.0, "battery.power": 0.0}
    moment = Moment(1000, 0, 0, 0, elevation=elevation)
    result = step(State(), Inputs(1000, House.of(Site(), devices), values, moment=moment))
    assert result.derived["house.consumption"] == consumption


def test_a_decision_names_what_it_looked_at() -> None:
    """Of a car that rests no fuse has been looked at: none can forbid that."""
    commands = {c.point: c.inputs for c in after(1, house("solar"), CALM).commands}
    assert commands["battery.power_setpoint"][:3] == ("grid.power", "battery.power", "battery.soc")
    assert "grid.power_l3" in commands["battery.power_setpoint"]
    assert commands["wallbox.current_limit"] == ("grid.power", "wallbox.power", "battery.power")
    charging = {c.point: c.inputs for c in after(1, house("fast"), CALM).commands}
    assert "grid.power_l3" in charging["wallbox.current_limit"]


def test_the_same_inputs_give_the_same_step() -> None:
    assert after(5, house("solar"), SUNNY) == after(5, house("solar"), SUNNY)
