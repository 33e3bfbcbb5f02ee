"""So much energy by a time: in the cheapest hours, with what the sun gives, and never too late."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import orjson
import pytest

from hub.core import House, Inputs, State, step
from hub.core.heed import in_force
from hub.core.keyframe import packed, unpacked
from hub.core.types import ChargerMemory
from hub.model import CommandSpec, Device, Link, Relation, Request, Role, Source
from hub.model.site import CAR_EFFICIENCY, ChargerControl, Price, Site

LINK, HOUR, T = Link("test", "test"), 3_600_000, 1_700_000_000_000 // 3_600_000 * 3_600_000
AMPS_W = 16 * 230 * 3
CHEAP_AT = (3, 5)


def house(mode: str = "off") -> House:
    site = Site(chargers=(ChargerControl("car", mode=mode, car_capacity_wh=50_000),))
    asked = CommandSpec("car.target_energy", 0, 200_000), CommandSpec("car.target_soc", 0, 100)
    commands = CommandSpec("car.current_limit", 6, 16, 1), *asked
    return House.of(
        site, (Device("g", "grid", Role.GRID, LINK), Device("c", "car", Role.CHARGER, LINK, commands=commands))
    )


def prices(*dear: int) -> tuple[Price, ...]:
    """By the hour from T on; hours 3 and 5 are the cheapest."""
    table = dear or tuple(10_000 if h in CHEAP_AT else 30_000 for h in range(12))
    return tuple(Price(T + k * HOUR, T + (k + 1) * HOUR, p) for k, p in enumerate(table))


def lived(
    wh: float,
    hours: float,
    step_s: int = 60,
    mode: str = "off",
    sun_w: float = 0.0,
    ahead: tuple[Price, ...] = prices(),
    phases: int = 3,
    state: State = State(),  # noqa: B008
    limits: tuple[Request, ...] = (),
) -> tuple[list[float], list[str], float]:
    """(amps, reasons, Wh in the car that draws on so many `phases`) until the deadline, every `step_s`."""
    target = Request("x", "car.target_energy", Relation.SET, wh, Source.PERSON, T, T + round(hours * HOUR))
    h, energy, amps, reasons = house(mode), 1_000.0, [0.0], list[str]()
    for k in range(round(hours * 3600 / step_s)):
        drawn = amps[-1] * 230 * phases
        values = {"grid.power": drawn - sun_w, "car.power": drawn, "car.energy": energy}
        values |= {f"grid.power_l{n}": (drawn if n <= phases else 0.0) / phases - sun_w / 3 for n in (1, 2, 3)}
        values |= {f"car.current_l{n}": amps[-1] if n <= phases else 0.0 for n in (1, 2, 3)}
        result = step(state, Inputs(T + k * step_s * 1000, h, values, (target, *limits), prices=ahead))
        state = unpacked(orjson.loads(orjson.dumps(packed(result.state)))) or State()
        command = next(c for c in result.commands if c.point == "car.current_limit")
        amps.append(float(command.value))
        reasons.append(command.reason.code)
        energy += amps[-1] * 230 * phases * step_s / 3600
    return amps[1:], reasons, energy - 1_000.0


def test_it_charges_in_the_cheapest_hours_and_no_others() -> None:
    amps, reasons, wh = lived(1.5 * AMPS_W, 8)
    hours = sorted({k // 60 for k, a in enumerate(amps) if a})
    assert hours == list(CHEAP_AT) and wh == pytest.approx(1.5 * AMPS_W, rel=0.02)
    assert {reasons[0], reasons[3 * 60]} == {"target_waits", "target_cheap"}


@pytest.mark.parametrize(("wh", "hours"), [(AMPS_W, 1.2), (3 * AMPS_W, 4), (2 * AMPS_W, 2.5)])
def test_it_is_in_time_whatever_the_prices_say(wh: float, hours: float) -> None:
    for ahead in (prices(), (), prices(*range(50_000, 38_000, -1_000))):
        assert lived(wh, hours, ahead=ahead)[2] >= wh - AMPS_W / 60


def test_a_car_that_draws_on_one_phase_begins_earlier_once_that_has_been_seen() -> None:
    known = State(chargers={"car": ChargerMemory(draws_on=1)})
    assert lived(10_000, 8, ahead=(), phases=1)[2] < 9_000, "the first time it may draw on all three"
    assert lived(10_000, 8, ahead=(), phases=1, state=known)[2] >= 10_000


@pytest.mark.parametrize("phases", [1, 3])
def test_on_how_many_phases_a_car_draws_is_seen_while_it_charges(phases: int) -> None:
    state, amps = State(), 0.0
    for k in range(120):
        values = {"grid.power": amps * 690, **{f"grid.power_l{n}": amps * 230 for n in (1, 2, 3)}}
        values |= {"car.power": amps * 230 * phases}
        values |= {f"car.current_l{n}": amps if n <= phases else 0.1 for n in (1, 2, 3)}
        mode = "fast" if k < 100 else "off"
        result = step(state, Inputs(T + k * 1000, house(mode), values))
        state, amps = result.state, float(result.commands[0].value)
    assert state.chargers["car"].draws_on == phases


def test_a_limit_of_the_house_makes_it_begin_earlier() -> None:
    limit = Request("dim", "house.import_limit", Relation.AT_MOST, 7_000.0, Source.GRID_OPERATOR, T, T + 9 * HOUR)
    assert lived(10_000, 8, ahead=(), limits=(limit,))[2] >= 10_000


def charged(soc: float | None, wanted: float, hours: float, ahead: tuple[Price, ...] = prices()) -> list[float]:
    """The car's SoC by the minute until the deadline; `soc`: at the beginning, None = it never tells."""
    target = Request("x", "car.target_soc", Relation.SET, wanted, Source.PERSON, T, T + round(hours * HOUR))
    h, state, amps, socs = house(), State(), 0.0, [soc or 0.0]
    for k in range(round(hours * 60)):
        drawn = amps * 230 * 3
        values = {"grid.power": drawn, "car.power": drawn, **{f"grid.power_l{n}": drawn / 3 for n in (1, 2, 3)}}
        values |= {} if soc is None else {"car.soc": socs[-1]}
        result = step(state, Inputs(T + k * 60_000, h, values, (target,), prices=ahead))
        state = unpacked(orjson.loads(orjson.dumps(packed(result.state)))) or State()
        amps = float(next(c.value for c in result.commands if c.point == "car.current_limit"))
        socs.append(min(100.0, socs[-1] + amps * 230 * 3 / 60 * CAR_EFFICIENCY / 50_000 * 100))
    return socs


def test_a_car_is_so_full_by_the_time_and_no_fuller() -> None:
    socs = charged(50, 80, 9)
    assert 80 <= socs[-1] < 80.5
    rising = {k // 60 for k, (a, b) in enumerate(pairwise(socs)) if b > a}
    assert rising == set(CHEAP_AT)


def test_a_car_that_is_full_enough_is_left_alone_until_it_has_lost_some() -> None:
    assert set(charged(79.9, 79, 3)) == {79.9}
    target = Request("x", "car.target_soc", Relation.SET, 80.0, Source.PERSON, T, T + HOUR)
    state, told = State(), []
    for k, soc in enumerate((79.0, 80.0, 79.0, None, 77.9, None)):
        values = {"grid.power": 0.0, **{f"grid.power_l{n}": 0.0 for n in (1, 2, 3)}}
        values |= {} if soc is None else {"car.soc": soc}
        result = step(state, Inputs(T + k * 60_000, house(), values, (target,)))
        state = result.state
        told.append(next(c.reason.code for c in result.commands if c.point == "car.current_limit"))
    assert [code.startswith("target") for code in told] == [True, False, False, False, True, True]


def test_a_car_that_falls_silent_is_as_full_as_it_said_and_another_one_may_be_empty() -> None:
    target = Request("x", "car.target_soc", Relation.SET, 80.0, Source.PERSON, T, T + 4 * HOUR)
    state, left = State(), []
    for k, car in enumerate(({"car.soc": 60.0}, {}, {"car.connected": False}, {"car.connected": True})):
        values = {"grid.power": 0.0, **{f"grid.power_l{n}": 0.0 for n in (1, 2, 3)}, **car}
        state = step(state, Inputs(T + k * 60_000, house(), values, (target,))).state
        left.append(state.targets["car"].soc)
    assert left == [60.0, 60.0, None, None]


def test_a_car_that_does_not_tell_is_begun_early_enough_for_an_empty_one() -> None:
    socs = charged(None, 60, 9)
    assert socs[-1] >= 60


def test_of_energy_and_fullness_the_newer_wish_counts() -> None:
    wishes = tuple(
        Request(point, point, Relation.SET, value, Source.PERSON, T + k, T + HOUR)
        for k, (point, value) in enumerate((("car.target_energy", 5_000.0), ("car.target_soc", 50.0)))
    )
    held = in_force(Inputs(T + 10, house(), {"car.soc": 60.0}, wishes))
    assert held == {"car.target_energy": 0.0, "car.target_soc": 50.0}


def test_what_is_asked_for_later_does_not_begin_yet() -> None:
    target = Request("x", "car.target_energy", Relation.SET, AMPS_W, Source.PERSON, T + 4 * HOUR, T + 8 * HOUR)
    values = {
        "grid.power": 0.0,
        "car.power": 0.0,
        "car.energy": 1_000.0,
        **{f"grid.power_l{n}": 0.0 for n in (1, 2, 3)},
    }
    told = {}
    for h in (3, 4, 5):
        result = step(State(), Inputs(T + h * HOUR, house(), values, (target,), prices=prices()))
        told[h] = next(c.reason.code for c in result.commands if c.point == "car.current_limit")
    assert told == {3: "charge_off", 4: "target_waits", 5: "target_cheap"}


def test_what_cannot_be_reached_is_charged_for_all_the_time() -> None:
    amps, reasons, _ = lived(5 * AMPS_W, 2)
    assert set(amps) == {16.0} and set(reasons) == {"target_now"}


def test_the_sun_makes_it_cheaper() -> None:
    amps, _, wh = lived(2 * AMPS_W, 8, mode="solar", sun_w=9_000)
    assert wh >= 2 * AMPS_W and 16.0 not in amps[:60], "solar charging goes on by itself"


def test_once_it_is_reached_the_mode_decides() -> None:
    amps, reasons, _ = lived(AMPS_W / 4, 8)
    assert amps[-1] == 0 and reasons[-1] == "charge_off"


def test_a_silent_counter_counts_as_nothing_charged() -> None:
    target = Request("x", "car.target_energy", Relation.SET, AMPS_W, Source.PERSON, T, T + HOUR)
    values = {"grid.power": 0.0, "car.power": 0.0} | {f"grid.power_l{n}": 0.0 for n in (1, 2, 3)}
    inputs = Inputs(T, house(), values, (target,))
    result = step(State(), inputs)
    assert [c.value for c in result.commands] == [16.0]
    later = step(result.state, replace(inputs, t=T + 1000, values={**values, "car.energy": 50_000.0}))
    assert later.state.targets["car"].begun_wh == 50_000.0
