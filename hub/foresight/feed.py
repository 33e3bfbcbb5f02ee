"""What is foreseen put on the Board, like any other measurement.

So rules go by it, and the history keeps it as it was known: a rehearsal on the past knows no more than that.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from hub.calendar import Calendar
from hub.foresight.expected import expected
from hub.foresight.planner import InForce
from hub.live import Board
from hub.model import Clock, Device, Link, Measurement, Point, Role
from hub.model.clock import until_tick
from hub.model.site import Site

ID = "forecast"
_OF_PV = ("pv_left_today", "pv_tomorrow", "pv_next_hour")
_OF_LOAD = ("load_until_sunrise", "load_tomorrow")
_MINUTE_S = 60.0
_PATIENCE_MS = 600_000
"""So long after a start nobody misses the first forecast."""


class Foresight(Protocol):
    """Who foresees. `issued` is set when `latest` is another one."""

    issued: asyncio.Event

    @property
    def latest(self) -> InForce: ...


def device_of(site: Site) -> Device | None:
    """With a point for all that this house can foresee; None where it foresees nothing, see `Lookout.worth_a_look`."""
    roles = {d.role for d in site.devices}
    has_panels, has_meter = Role.INVERTER in roles, Role.GRID in roles
    has_place = site.calendar.latitude is not None and site.calendar.longitude is not None
    names = [n for n in _OF_PV if has_panels and (has_meter or site.tariff)]
    if has_meter and (has_panels or Role.BATTERY in roles):
        names += [n for n in _OF_LOAD if has_place or n != "load_until_sunrise"]
    points = tuple(Point.of(ID, ID, n) for n in names)
    return Device(ID, ID, Role.FORECAST, Link("planner", ID), points=points) if points else None


async def run(device: Device, foresight: Foresight, calendar: Calendar, board: Board, clock: Clock) -> None:
    """Puts all points at once, then every minute, and when there is a new forecast."""
    began = clock.now()
    while True:
        foresight.issued.clear()
        show(device, foresight.latest, calendar, board, clock.now(), began)
        try:
            await asyncio.wait_for(foresight.issued.wait(), until_tick(clock, _MINUTE_S))
        except TimeoutError:
            continue


def show(device: Device, latest: InForce, calendar: Calendar, board: Board, now: int, began: int) -> None:
    """A forecast that is no longer good is none: then the device is lost. `began`: when the hub did, UTC ms."""
    if now >= latest.good_until:
        if now >= began + _PATIENCE_MS:
            board.lost(device.id, "no forecast is known for this time")
        return
    board.seen(device)
    told = expected(latest.forecasts, calendar, now)
    values = {p.id: told[p.quantity.name] for p in device.points}
    board.put(Measurement(p, round(v), now) for p, v in values.items() if v is not None)
    board.gone(p for p, v in values.items() if v is None)
