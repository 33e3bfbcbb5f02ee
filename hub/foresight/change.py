"""What a what-if changes: JSON in, a checked Change out, or one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub.plan.shape import Flag, Grid, Many, Number, Part, Schema, Text, Time, read, schema, told

_HOURS, _LEAST_VISIT_MIN = 24, 60


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of the local day as HH:MM; minutes since midnight inside."""

    def read(self, grid: Grid, at: str, value: Any) -> int:
        hour, colon, minute = value.partition(":") if isinstance(value, str) else ("", "", "")
        digits = all(part.isascii() and part.isdigit() and len(part) == 2 for part in (hour, minute))
        if not (colon and digits and int(hour) < 24 and int(minute) < 60):
            raise grid.error(at, f"must be a time of day like 07:30, not {str(value)[:40]!r}")
        return int(hour) * 60 + int(minute)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}


@dataclass(frozen=True, slots=True)
class Ready:
    """The next goal of a car is to be met at another time."""

    car: str = told(Text(), "", "id of the charger")
    by: int | None = told(Time(), "", "when it is to be ready", None)
    earlier_min: float | None = told(Number(1, 10_080), "min", "or so much earlier than now wished", None)


@dataclass(frozen=True, slots=True)
class Storage:
    """A battery of another size, or one where there is none. What is not given stays as it is."""

    id: str | None = told(Text(), "", "which; needed where there are several", None)
    capacity_wh: float | None = told(Number(0, 1e7), "Wh", "its new size; 0 = none", None)
    factor: float | None = told(Number(0, 100), "", "or so many times the size it has", None)
    max_charge_w: float | None = told(Number(0, 1e6), "W", "AC; of a new battery half its capacity an hour", None)
    max_discharge_w: float | None = told(Number(0, 1e6), "W", "AC; of a new battery half its capacity an hour", None)


@dataclass(frozen=True, slots=True)
class NewCar:
    """A car that is not there yet: it comes and leaves at the same time each day."""

    kwh_per_day: float = told(Number(0.1, 200), "kWh", "that it needs each day, AC")
    arrive: int = told(Clock(), "", "local time", 18 * 60)
    depart: int = told(Clock(), "", "local time, and when it is to be ready", 7 * 60)
    max_a: float = told(Number(6, 80), "A", "of its charger, per phase", 16.0)
    phases: int = told(Number(1, 3, whole=True), "", "of its charger", 3)


@dataclass(frozen=True, slots=True)
class NewHeatPump:
    """A heat pump that is not there yet: the heat that the house needs, by day or by what it loses."""

    heat_kwh_per_day: float | None = told(Number(0.1, 1000), "kWh", "heat that the house needs each day", None)
    loss_w_k: float | None = told(Number(1, 1e5), "W/K", "or what it loses for each K to the outside", None)
    indoor_c: float = told(Number(10, 30), "degC", "what it is to have indoors at least", 20.0)
    outdoor_c: float = told(Number(-40, 40), "degC", "outdoors, where nothing tells it", 5.0)
    cop: float | None = told(Number(1, 10), "", "heat from a kWh; else by the temperature outdoors", None)
    max_w: float | None = told(Number(100, 1e6), "W", "electrical; else as much as the coldest hour needs", None)
    capacity_wh_k: float = told(Number(100, 1e6), "Wh/K", "heat that warms the house by 1 K", 10_000.0)


@dataclass(frozen=True, slots=True)
class OtherTariff:
    """Other prices. `hours` and `fixed` are all that a kWh costs, fees too; `factor` multiplies the price without."""

    hours: tuple[float, ...] = told(
        Many(Number(-100, 100), _HOURS), "currency/kWh", "of each local hour, 24 of them", ()
    )
    fixed: float | None = told(Number(-100, 100), "currency/kWh", "or the same at all times", None)
    factor: float | None = told(Number(0, 100), "", "or so many times what it is", None)
    export: float | None = told(Number(-100, 100), "currency/kWh", "for what is fed in", None)


@dataclass(frozen=True, slots=True)
class Move:
    """An appliance at another time."""

    id: str = told(Text(), "", "its device id")
    start: int | None = told(Time(), "", "begin exactly then", None)
    earliest: int | None = told(Time(), "", "or not before", None)
    latest: int | None = told(Time(), "", "or be done by", None)


@dataclass(frozen=True, slots=True)
class Change:
    """A what-if: all that is given is changed at once."""

    no_sun: bool = told(Flag(), "", "the panels make nothing", False)
    ready_by: tuple[Ready, ...] = told(Many(Part(Ready), 10), "", "", ())
    reserve: float | None = told(Number(0, 100), "%", "kept in all batteries for outages", None)
    battery: Storage | None = told(Part(Storage), "", "", None)
    car: NewCar | None = told(Part(NewCar), "", "", None)
    heat_pump: NewHeatPump | None = told(Part(NewHeatPump), "", "", None)
    tariff: OtherTariff | None = told(Part(OtherTariff), "", "", None)
    skip: tuple[str, ...] = told(Many(Text(), 30), "", "ids of appliances that do not run", ())
    move: tuple[Move, ...] = told(Many(Part(Move), 30), "", "", ())


def read_change(value: Any, where: str = "what-if") -> Change:
    """Raises UserError that names the key; a change that changes nothing is one too."""
    grid = Grid(where)
    change = read(Change, grid, "", value)
    for at, message in _wrong(change):
        raise grid.error(at, message)
    if change == Change():
        raise grid.error("the change", 'changes nothing; name one thing, like {"no_sun": true}')
    return change


def change_schema() -> Schema:
    """The JSON Schema (2020-12) of a what-if."""
    shown: dict[str, Schema] = {}
    return {**schema(Change, shown), "$defs": shown}


def _wrong(change: Change) -> Iterator[tuple[str, str]]:
    """What no single key says."""
    for i, ready in enumerate(change.ready_by):
        if (ready.by is None) == (ready.earlier_min is None):
            yield f"ready_by[{i}]", "needs either by or earlier_min"
    if change.battery and (change.battery.capacity_wh is None) == (change.battery.factor is None):
        yield "battery", "needs either capacity_wh or factor"
    pump = change.heat_pump
    if pump and (pump.heat_kwh_per_day is None) == (pump.loss_w_k is None):
        yield "heat_pump", "needs either heat_kwh_per_day or loss_w_k"
    if change.car and (change.car.depart - change.car.arrive) % 1440 < _LEAST_VISIT_MIN:
        yield "car.depart", "is too soon after it arrives; it has to stay for an hour at least"
    if change.tariff:
        yield from _wrong_prices(change.tariff)
    for i, move in enumerate(change.move):
        yield from _wrong_move(move, f"move[{i}]", change.skip)


def _wrong_prices(tariff: OtherTariff) -> Iterator[tuple[str, str]]:
    if tariff.hours and len(tariff.hours) != _HOURS:
        yield "tariff.hours", f"has {len(tariff.hours)} prices; give {_HOURS}, one for each local hour"
    ways = [bool(tariff.hours), tariff.fixed is not None, tariff.factor is not None]
    if sum(ways) > 1:
        yield "tariff", "give only one of hours, fixed and factor"
    if not any(ways) and tariff.export is None:
        yield "tariff", "needs hours, fixed, factor or export"


def _wrong_move(move: Move, at: str, skipped: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if move.id in skipped:
        yield at, f"{move.id!r} is skipped too; do only one of both"
    window = move.earliest is not None or move.latest is not None
    if (move.start is not None) == window:
        yield at, "needs either start, or earliest or latest or both of these"
    if move.earliest is not None and move.latest is not None and move.latest <= move.earliest:
        yield f"{at}.latest", "is not after earliest; correct one of them"
