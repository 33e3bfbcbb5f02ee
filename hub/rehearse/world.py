"""What a simulated house has that its file does not tell: how full its batteries begin, its cars, its heat pumps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.model.document import Document, Table
from hub.model.site import Site

HALF_FULL = 50.0
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_KEYS_CAR = ("leaves", "arrives", "days", "kwh_per_day")
_KEYS_PUMP = (
    *("max_w", "cop", "cop_at_c", "cop_per_k", "room_kwh_per_k", "loss_w_per_k", "gains_w"),
    *("target_c", "boost_c"),
)


@dataclass(frozen=True, slots=True)
class CarWorld:
    """A car that is away each of `days` (0 = Monday) from `leaves` until `arrives`, local minutes of the day.

    `wh_per_day`: what has to be charged after such a day, AC; it is to be in the car when it leaves again.
    """

    leaves: int
    arrives: int
    days: tuple[int, ...]
    wh_per_day: float


@dataclass(frozen=True, slots=True)
class PumpWorld:
    """A heat pump that modulates, and the building as one store of heat.

    `cop` at `cop_at_c` degC outdoors, and `cop_per_k` more for each K above. `capacity_wh_k`, `loss_w_k`: of the room;
    `gains_w`: heat from sun, people and devices. Its thermostat keeps `target_c`; when it is told to take more it
    warms up to `boost_c`. Comfort is to be between the two.
    """

    max_w: float
    cop: float
    cop_at_c: float
    cop_per_k: float
    capacity_wh_k: float
    loss_w_k: float
    gains_w: float
    target_c: float
    boost_c: float


@dataclass(frozen=True, slots=True)
class World:
    """By device id of the site document. `soc`: of all batteries at the start, %."""

    soc: float = HALF_FULL
    cars: Mapping[str, CarWorld] = field(default_factory=dict)
    pumps: Mapping[str, PumpWorld] = field(default_factory=dict)


def parse(text: str, where: str, site: Site) -> World:
    """The World that the TOML document `text` tells; raises ConfigError naming file and key."""
    return _Parser(where).world(Document.load(text, where), site)


class _Parser(Document):
    def world(self, doc: Table, site: Site) -> World:
        self.keys(doc, "", ("soc", "cars", "heat_pumps"))
        cars, pumps = self.table(doc, "cars"), self.table(doc, "heat_pumps")
        for id_ in cars:
            self.one_of(f"cars.{id_}", id_, [c.device for c in site.chargers])
        for id_ in pumps:
            self.one_of(f"heat_pumps.{id_}", id_, [p.device for p in site.heat_pumps])
        return World(
            self.number(doc, "soc", HALF_FULL, 0, 100),
            {id_: self.car(self.table(cars, f"cars.{id_}"), f"cars.{id_}") for id_ in cars},
            {id_: self.pump(self.table(pumps, f"heat_pumps.{id_}"), f"heat_pumps.{id_}") for id_ in pumps},
        )

    def car(self, t: Table, at: str) -> CarWorld:
        self.keys(t, at, _KEYS_CAR)
        leaves, arrives = self.minutes(t, f"{at}.leaves", "07:30"), self.minutes(t, f"{at}.arrives", "17:30")
        if leaves >= arrives:
            raise self.error(f"{at}.arrives", "must be later in the day than leaves")
        days = self.texts(t, f"{at}.days") or _DAYS[:5]
        for day in days:
            self.one_of(f"{at}.days", day, _DAYS)
        numbers = tuple(sorted({_DAYS.index(day) for day in days}))
        return CarWorld(leaves, arrives, numbers, 1000 * self.number(t, f"{at}.kwh_per_day", 8.0, 0, 200))

    def minutes(self, t: Table, at: str, default: str) -> int:
        found = _TIME.fullmatch(self.get(t, at, str, default))
        if found is None:
            raise self.error(at, "must be a time of the day like 07:30")
        return 60 * int(found[1]) + int(found[2])

    def pump(self, t: Table, at: str) -> PumpWorld:
        self.keys(t, at, _KEYS_PUMP)
        pump = PumpWorld(
            self.number(t, f"{at}.max_w", 3_000.0, 100, 100_000),
            self.number(t, f"{at}.cop", 3.8, 1, 15),
            self.number(t, f"{at}.cop_at_c", 7.0, -30, 30),
            self.number(t, f"{at}.cop_per_k", 0.09, 0, 1),
            1000 * self.number(t, f"{at}.room_kwh_per_k", 8.0, 0.1, 1000),
            self.number(t, f"{at}.loss_w_per_k", 180.0, 1, 10_000),
            self.number(t, f"{at}.gains_w", 400.0, 0, 20_000),
            self.number(t, f"{at}.target_c", 20.5, 5, 30),
            self.number(t, f"{at}.boost_c", 22.5, 5, 35),
        )
        if pump.boost_c < pump.target_c:
            raise self.error(f"{at}.boost_c", "must not be below target_c")
        return pump
