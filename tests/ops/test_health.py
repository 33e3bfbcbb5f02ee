"""Health: what counts against the house, what does not, and the devices that do not answer."""

from __future__ import annotations

from hub.core import HOUSE
from hub.model import Device, Link, Role
from hub.ops.health import OK, Health, devices
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
