"""Health: what counts against the house, what does not, and the devices that do not answer."""

from __future__ import annotations

from dataclasses import replace

from hub.core import HOUSE
from hub.model import CommandSpec, Device, Link, Role
from hub.model.site import ChargerControl, ConnectionLimits, HeatPumpControl, Site
from hub.ops.health import OK, Health, devices, limits, modes
from tests.house_kit import ToldClock, board_of, plug, wallbox


def health(core: str = OK, discovery: str = OK) -> Health:
    found = Health()
    found.watch("core", lambda: core)
    found.watch("discovery", lambda: discovery, vital=False)
    found.ready = True
    return found


def test_all_well_is_ok() -> None:
    assert health()() == ("ok", {"core": "ok", "discovery": "ok"})


def test_what_is_not_vital_is_told_and_degrades_nothing() -> None:
    told = "discovery off: port 5353 is taken by another program"
    assert health(discovery=told)() == ("ok", {"core": "ok", "discovery": told})


def test_a_vital_part_degrades_whatever_its_words() -> None:
    assert health(core="no beat yet")()[0] == "degraded"
    assert health(core="core off")()[0] == "degraded"


def test_until_it_is_ready_the_house_is_starting() -> None:
    found = health(core="no beat yet")
    found.ready = False
    assert found() == ("starting", {"core": "no beat yet", "discovery": "ok"})


def test_devices_that_do_not_answer_are_counted_and_named() -> None:
    board = board_of(ToldClock(), plug(), wallbox(), HOUSE)
    assert devices(board) == OK, "those that have not been found yet are not lost"
    board.seen(plug())
    board.lost("plug", "silent")
    assert devices(board) == "1 of 2 does not answer: plug"
    board.lost("wallbox", "no route")
    assert devices(board) == "2 of 2 do not answer: plug, wallbox"
    board.seen(plug())
    board.seen(wallbox())
    assert devices(board) == OK


def test_a_missing_forecast_is_told_by_the_plan_and_is_no_device_that_does_not_answer() -> None:
    board = board_of(ToldClock(), plug(), Device("forecast", "forecast", Role.FORECAST, Link("planner", "forecast")))
    board.lost("forecast", "no forecast is known for this time")
    assert devices(board) == OK
    board.lost("plug", "silent")
    assert devices(board) == "1 of 1 does not answer: plug"


def test_an_import_limit_below_what_a_car_needs_on_all_its_phases_is_named_unless_it_switches_them() -> None:
    fixed = wallbox()
    switches = replace(fixed, commands=(*fixed.commands, CommandSpec("wallbox.phases", 1, 3)))
    site = Site(chargers=(ChargerControl("wallbox", mode="fast"),), limits=ConnectionLimits(import_w=3000.0))
    told = limits(site, board_of(ToldClock(), fixed))
    assert told.startswith("limits.import_w: 3000 W is less than 'wallbox' needs") and "3 phases = 4140 W" in told
    assert limits(site, board_of(ToldClock(), switches)) == OK
    assert limits(site, board_of(ToldClock(), plug())) == OK, "it has not shown itself"
    sunny = replace(site, chargers=(ChargerControl("wallbox", mode="solar"),))
    assert limits(sunny, board_of(ToldClock(), fixed)) == OK


def test_a_mode_for_what_cannot_be_driven_is_named_once_the_device_has_shown_itself() -> None:
    pump = Device("heatpump", "heatpump", Role.HEATPUMP, Link("modbus", "pump"))
    board = board_of(ToldClock(), pump)
    planned = Site(heat_pumps=(HeatPumpControl("heatpump", mode="plan"),))
    assert modes(planned, board) == OK, "it has not shown itself"
    board.seen(pump)
    told = modes(planned, board)
    assert told.startswith("devices.heatpump.control.mode: nothing drives 'heatpump' by 'plan'") and "sg_ready" in told
    assert modes(Site(heat_pumps=(HeatPumpControl("heatpump"),)), board) == OK, "nobody asked for anything"
    board = board_of(ToldClock(), replace(pump, commands=(CommandSpec("heatpump.sg_ready", 1, 4),)))
    board.seen(replace(pump, commands=(CommandSpec("heatpump.sg_ready", 1, 4),)))
    assert modes(planned, board) == OK
