"""The problem that is planned: the house, its devices, prices and limits over some days. Data only, checked once.

Power in W, energy in Wh, prices in the house's currency per kWh, temperatures in degC, SoC in %, times with an offset.
Signs: what is drawn is positive; `pv_w` is what the panels can make.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.plan.laid import Laid
from hub.plan.shape import Flag, Floats, Many, Number, OneOf, Pairs, Part, Span, Text, Time, told

_W, _WH, _PRICE = 1e6, 1e7, 100.0
_WATTS, _PERCENT, _SHARE = Number(0, _W), Number(0, 100), Number(0.3, 1)
STEPS = (60, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800, 3600)
MOST_STEPS = 2_688
WAITED = 8.0
"""What a kWh that a wish lacks counts with where the file names no price: more than any grid's."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A charge for the highest mean power of a clock interval. What was reached before costs nothing more, until a new
    billing period begins.
    """

    price_per_kw: float = told(Number(0, 1000), "currency/kW", "for the billing period, or the share of it that counts")
    interval_s: int = told(Number(60, 3600, whole=True), "s", "clock interval of the mean", 900)
    reached_w: float = told(_WATTS, "W", "highest mean so far in the billing period", 0.0)
    least_w: float = told(_WATTS, "W", "charged anyway (Belgium: 2500)", 0.0)
    begun_w: float | None = told(
        _WATTS, "W", "mean of the interval that runs, before the start; without it the rest of it counts alone", None
    )
    anew: tuple[int, ...] = told(Many(Time(), 40), "", "when new billing periods begin, in time order", ())


@dataclass(frozen=True, slots=True)
class Dimming:
    """The grid operator's signal: what the named devices may draw together while it holds."""

    start: int = told(Time(), "", "first moment of the signal")
    end: int = told(Time(), "", "its end")
    limit_w: float = told(_WATTS, "W", "for all named devices together (section 14a EnWG: 4200 each, or by formula)")
    devices: tuple[str, ...] = told(
        Many(Text()), "", "ids of batteries, cars, heat pumps and appliances; empty = all", ()
    )


@dataclass(frozen=True, slots=True)
class Connection:
    """The grid connection."""

    import_limit_w: Floats = told(Laid(0, _W), "W", "most that may be imported", 1e6)
    export_limit_w: Floats = told(Laid(0, _W), "W", "most that may be fed in; 0 = zero export", 1e6)
    phases: int = told(Number(1, 3, whole=True), "", "number of phases", 3)
    fuse_a: float = told(Number(0, 1000), "A", "of each phase at 230 V; 0 = not looked at", 0.0)
    unbalance_w: float = told(_WATTS, "W", "most that one phase may draw more than another (DE: 4600); 0 = any", 0.0)
    peak: Peak | None = told(Part(Peak), "", "charge for the highest mean power", None)
    dimming: tuple[Dimming, ...] = told(Many(Part(Dimming)), "", "signals of the grid operator", ())


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery, seen from its AC side."""

    id: str = told(Text(), "", "its device id")
    capacity_wh: float = told(Number(1, _WH), "Wh", "usable between 0 and 100 %")
    soc: float = told(_PERCENT, "%", "at the start")
    max_charge_w: float = told(_WATTS, "W", "AC")
    max_discharge_w: float = told(_WATTS, "W", "AC")
    soc_floor: float = told(_PERCENT, "%", "never below, unless it starts there", 5.0)
    soc_ceiling: float = told(_PERCENT, "%", "never above, unless it starts there", 100.0)
    reserve: float = told(_PERCENT, "%", "kept for outages as far as can be: below it a kWh costs `reserve_price`", 0.0)
    reserve_price: float = told(Number(0, _PRICE), "currency/kWh h", "of a kWh below the reserve for an hour", 0.5)
    efficiency_charge: float = told(_SHARE, "", "AC to stored", 0.95)
    efficiency_discharge: float = told(_SHARE, "", "stored to AC", 0.95)
    charge_curve: tuple[tuple[float, float], ...] = told(Pairs(100, _W), "", "[SoC %, most W]; bent downwards", ())
    discharge_curve: tuple[tuple[float, float], ...] = told(Pairs(100, _W), "", "[SoC %, most W]; bent downwards", ())
    power_share: Floats = told(Laid(0, 1), "", "of both powers that is there (temperature, outage)", 1.0)
    loss_per_day: float = told(Number(0, 50), "%", "of what is stored, lost by itself", 0.0)
    wear: float = told(Number(0, _PRICE), "currency/kWh", "of what is discharged", 0.0)
    full_above: float = told(_PERCENT, "%", "above it the cells age faster", 100.0)
    full_price: float = told(Number(0, _PRICE), "currency/kWh h", "of a kWh above `full_above` for an hour", 0.0)
    grid_charge: bool = told(Flag(), "", "whether it may be charged from the grid", True)
    grid_discharge: bool = told(Flag(), "", "whether it may feed into the grid", True)
    end_soc: float | None = told(_PERCENT, "%", "to be reached at the end; without it, what is left has a value", None)
    end_value: float | None = told(
        Number(0, _PRICE), "currency/kWh", "of what is left at the end; else by prices", None
    )
    feeds_cars: bool = told(Flag(), "", "whether it may give what cars charge", True)


@dataclass(frozen=True, slots=True)
class Goal:
    """A wish for a car: so much by then. Several of one visit go one after another."""

    by: int = told(Time(), "", "when it must be there")
    soc: float | None = told(_PERCENT, "%", "or `energy_wh`", None)
    energy_wh: float | None = told(Number(0, _WH), "Wh", "from the start on, AC, where the SoC is not known", None)
    price: float = told(Number(0, 1000), "currency/kWh", "of what is missing", WAITED)


@dataclass(frozen=True, slots=True)
class Visit:
    """A car at the charger."""

    start: int = told(Time(), "", "from when on it is there")
    end: int = told(Time(), "", "when it leaves")
    goals: tuple[Goal, ...] = told(Many(Part(Goal), 10), "", "", ())
    used_wh: float = told(Number(0, _WH), "Wh", "what it has driven since the visit before, out of its battery", 0.0)


@dataclass(frozen=True, slots=True)
class Car:
    """A charging point and the car at it. With several `phases` the plan chooses one of them in each step."""

    id: str = told(Text(), "", "id of the charger")
    visits: tuple[Visit, ...] = told(Many(Part(Visit), 20), "", "in time order")
    min_a: float = told(Number(0, 100), "A", "least current, per phase", 6.0)
    max_a: float = told(Number(1, 100), "A", "most current, per phase", 16.0)
    phases: tuple[int, ...] = told(
        Many(Number(1, 3, whole=True), 2), "", "that it can charge with: [1], [3], [1, 3]", (3,)
    )
    phase: int = told(Number(1, 3, whole=True), "", "the conductor that it is at with one phase", 1)
    capacity_wh: float | None = told(Number(100, _WH), "Wh", "of the car's battery", None)
    soc: float | None = told(_PERCENT, "%", "at the start; without it goals are energies", None)
    soc_ceiling: float = told(_PERCENT, "%", "charged no further", 100.0)
    efficiency: float = told(_SHARE, "", "AC to stored", 0.9)
    end_value: float = told(Number(0, _PRICE), "currency/kWh", "of what is charged beyond its goals", 0.0)
    sun_value: float = told(
        Number(0, _PRICE), "currency/kWh", "of what it takes of what the panels leave, above feeding in", 0.0
    )
    start_cost: float = told(Number(0, 10), "currency", "of each start and each change of phases", 0.01)
    ramp_cost: float = told(Number(0, 10), "currency/kW", "of each change of power", 0.001)
    max_discharge_w: float = told(_WATTS, "W", "back into the house (V2H); 0 = cannot", 0.0)
    wear: float = told(Number(0, _PRICE), "currency/kWh", "of what is discharged", 0.05)
    least_soc: float = told(_PERCENT, "%", "V2H leaves so much in it", 30.0)
    on: bool = told(Flag(), "", "whether it charges at the start", False)


@dataclass(frozen=True, slots=True)
class Room:
    """The building as one store of heat."""

    temperature: float = told(Number(-20, 50), "degC", "at the start")
    capacity_wh_k: float = told(Number(10, 1e6), "Wh/K", "heat that warms it by 1 K")
    loss_w_k: float = told(Number(1, 1e5), "W/K", "heat that it loses for each K to the outside")
    low: Floats = told(Laid(-20, 50), "degC", "lower end of comfort", 20.0)
    high: Floats = told(Laid(-20, 50), "degC", "upper end of comfort", 23.0)
    gains_w: Floats = told(Laid(-1e5, 1e5), "W", "of sun, people and devices", 0.0)
    price: float = told(Number(0, _PRICE), "currency/K h", "of a K outside of comfort for an hour", 1.0)


@dataclass(frozen=True, slots=True)
class Tank:
    """Hot water as one store of heat."""

    temperature: float = told(Number(0, 100), "degC", "at the start")
    capacity_wh_k: float = told(Number(10, 1e6), "Wh/K", "litres x 1.163")
    loss_w_k: float = told(Number(0, 1000), "W/K", "to the cellar", 1.5)
    cellar: float = told(Number(-20, 50), "degC", "", 18.0)
    draw_w: Floats = told(Laid(0, 1e6), "W", "heat that people take", 0.0)
    low: Floats = told(Laid(0, 100), "degC", "lower end of comfort", 45.0)
    high: float = told(Number(0, 100), "degC", "highest that is allowed", 60.0)
    price: float = told(Number(0, _PRICE), "currency/K h", "of a K below for an hour", 0.5)
    rod_w: float = told(_WATTS, "W", "of a heating rod as the second input", 0.0)
    hygiene_c: float | None = told(Number(40, 90), "degC", "to be reached once (legionella)", None)
    hygiene_by: int | None = told(Time(), "", "by when; the end where it is missing", None)


@dataclass(frozen=True, slots=True)
class HeatPump:
    """A heat pump that warms a room, a tank, or both. Its heat is power x COP."""

    id: str = told(Text(), "", "its device id")
    max_w: float = told(_WATTS, "W", "electrical")
    min_w: float = told(_WATTS, "W", "electrical, least while it runs; 0 = it modulates down to nothing", 0.0)
    cop: Floats = told(Laid(0.5, 20), "", "for the room, by outdoor and flow temperature", 3.5)
    cop_tank: Floats = told(Laid(0.5, 20), "", "for the tank", 2.5)
    outdoor_c: Floats = told(Laid(-60, 60), "degC", "outdoors", 5.0)
    min_on_s: float = told(Number(0, 86_400), "s", "a run lasts so long at least", 0.0)
    min_off_s: float = told(Number(0, 86_400), "s", "a pause lasts so long at least", 0.0)
    start_cost: float = told(Number(0, 10), "currency", "of a start", 0.02)
    on: bool = told(Flag(), "", "whether it runs at the start", False)
    phases: int = told(Number(1, 3, whole=True), "", "that it draws from", 3)
    phase: int = told(Number(1, 3, whole=True), "", "the conductor, with one phase", 1)
    room: Room | None = told(Part(Room), "", "", None)
    tank: Tank | None = told(Part(Tank), "", "", None)


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run."""

    power_w: float = told(_WATTS, "W", "")
    duration_s: float = told(Number(1, 7 * 86_400), "s", "")


@dataclass(frozen=True, slots=True)
class Appliance:
    """A load that can wait.

    `run`: one run with the profile of its `parts`, with pauses of up to `pause_s` between them. `steps`: on or off, on
    for `duration_s` in all. `level`: any power up to `power_w`, `duration_s` x `power_w` in all.
    """

    id: str = told(Text(), "", "its device id")
    kind: str = told(OneOf(("run", "steps", "level")), "", "how it can be moved", "run")
    power_w: float = told(_WATTS, "W", "of `steps` and `level`, and of a `run` without parts", 0.0)
    duration_s: float = told(Number(0, 7 * 86_400), "s", "in all", 0.0)
    parts: tuple[Phase, ...] = told(Many(Part(Phase), 20), "", "of a run, one after another", ())
    pause_s: float = told(Number(0, 86_400), "s", "longest pause between two parts", 0.0)
    earliest: int | None = told(Time(), "", "not before; the start where it is missing", None)
    latest: int | None = told(Time(), "", "done by then; the end where it is missing", None)
    quiet: tuple[tuple[int, int], ...] = told(Many(Span()), "", "[from, until]: not in these", ())
    skip_price: float = told(Number(0, 1e6), "currency", "what it counts if it does not happen at all", 50.0)
    late_price: float = told(Number(0, 1000), "currency/h", "of each hour that it ends after `latest`", 2.0)
    min_on_s: float = told(Number(0, 86_400), "s", "of `steps`: on so long at least", 0.0)
    min_off_s: float = told(Number(0, 86_400), "s", "of `steps`: off so long at least", 0.0)
    start_cost: float = told(Number(0, 10), "currency", "of each start of `steps`", 0.0)
    phases: int = told(Number(1, 3, whole=True), "", "that it draws from", 1)
    phase: int = told(Number(1, 3, whole=True), "", "the conductor, with one phase", 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """All of one plan. `load_w` is what the house uses beyond the devices that are listed."""

    start: int = told(Time(), "", "first moment, a whole multiple of `step_s`")
    step_s: int = told(Number(60, 3600, whole=True), "s", f"one of {', '.join(map(str, STEPS))}")
    steps: int = told(Number(1, MOST_STEPS, whole=True), "", "their number")
    load_w: Floats = told(Laid(0, _W), "W", "the rest of the house")
    price_import: Floats = told(Laid(-_PRICE, _PRICE), "currency/kWh", "of a kWh from the grid")
    price_export: Floats = told(Laid(-_PRICE, _PRICE), "currency/kWh", "for a kWh that is fed in", 0.0)
    pv_w: Floats = told(Laid(0, _W), "W", "what the panels can make", 0.0)
    fee_import: Floats = told(Laid(-_PRICE, _PRICE), "currency/kWh", "network fee on top of `price_import`", 0.0)
    co2_g: Floats = told(Laid(0, 5000), "g/kWh", "of the grid's power", 0.0)
    co2_price: float = told(Number(0, 10), "currency/kg", "weight of CO2", 0.0)
    curtail: bool = told(Flag(), "", "whether the panels can be held back", True)
    load_shares: tuple[float, ...] = told(Many(Number(0, 1), 3), "", "of the load by phase; equal where missing", ())
    pv_shares: tuple[float, ...] = told(Many(Number(0, 1), 3), "", "of the panels by phase; equal where missing", ())
    connection: Connection | None = told(Part(Connection), "", "the grid connection", None)
    batteries: tuple[Battery, ...] = told(Many(Part(Battery), 10), "", "", ())
    cars: tuple[Car, ...] = told(Many(Part(Car), 10), "", "", ())
    heat_pumps: tuple[HeatPump, ...] = told(Many(Part(HeatPump), 10), "", "", ())
    appliances: tuple[Appliance, ...] = told(Many(Part(Appliance), 30), "", "", ())
    estimated_from: int | None = told(Time(), "", "from then on prices are estimates", None)
    assumed: tuple[str, ...] = told(Many(Text(500)), "", "what whoever made the file had to assume", ())
