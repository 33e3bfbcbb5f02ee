"""The envelope against houses, readings and wishes that nobody thought of.

The same few hundred examples each time; `SHEMS_FUZZ=20000 ./shems test tests/core/test_envelope.py` for new ones.
What is checked is added up anew, from readings and commands alone.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.core import House, Inputs, State, Step, step
from hub.model import CommandSpec, Device, Link, Point, Relation, Request, Role, Source, Value
from hub.model.site import BatteryControl, ChargerControl, Circuit, Site

FUZZ = os.environ.get("SHEMS_FUZZ")
LINK = Link("test", "test")
ODD = st.sampled_from(
    [None, math.nan, math.inf, -math.inf, 1e300, -1e300, 1e11, -1e11, 10**400, 0, -0.0, 1e-9, True, "text"]
)
MODES = ("off", "solar", "min_solar", "fast", "auto", "hold", "charge")


def readings(low: float, high: float) -> st.SearchStrategy[Value | None]:
    """Mostly such as a device may show."""
    calm, usual = st.floats(low / 8, high / 8), st.floats(low, high)
    return st.one_of(*[calm] * 8, *[usual] * 3, ODD)


BY_QUANTITY = {
    **{f"power_l{n}": readings(-12_000, 12_000) for n in (1, 2, 3)},
    **{f"current_l{n}": readings(-40, 40) for n in (1, 2, 3)},
    **{f"voltage_l{n}": readings(0, 500) for n in (1, 2, 3)},
    "power": readings(-12_000, 12_000),
    "soc": readings(-5, 105),
}
OF_ROLE = {
    Role.GRID: tuple(BY_QUANTITY)[:-1],
    Role.CHARGER: ("power", "current_l1", "current_l2", "current_l3"),
    Role.BATTERY: ("power", "soc"),
    Role.INVERTER: ("power",),
    Role.PLUG: ("power",),
}


@dataclass(frozen=True)
class Case:
    site: Site
    house: House
    rounds: tuple[tuple[dict[str, Value], tuple[Request, ...], dict[str, str]], ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    chargers = tuple(draw(charger(f"car{n}")) for n in range(draw(st.integers(0, 3))))
    batteries = tuple(draw(battery(f"store{n}")) for n in range(draw(st.integers(0, 2))))
    devices = [
        *(_device(c.device, Role.CHARGER, draw(spec(f"{c.device}.current_limit", 0, 40))) for c in chargers),
        *(
            _device(
                b.device,
                Role.BATTERY,
                draw(spec(f"{b.device}.power_setpoint", -9_000, 9_000)),
                draw(st.sampled_from(["", "pv"])),
            )
            for b in batteries
        ),
        _device("pv", Role.INVERTER, CommandSpec("pv.power_setpoint", -100, 100)),
        _device("plug", Role.PLUG, CommandSpec("plug.current_limit", 0, 16)),
        *([_device("grid", Role.GRID)] if draw(st.integers(0, 9)) else []),
    ]
    site = Site(circuits=draw(trees([d.id for d in devices])), chargers=chargers, batteries=batteries)
    base, rounds = {d.id: d for d in devices}, []
    values = draw(st.fixed_dictionaries({p: BY_QUANTITY[p.partition(".")[2]] for p in _points(devices)}))
    for _ in range(draw(st.integers(1, 3))):
        changed = draw(st.lists(st.sampled_from(sorted(values)), max_size=4))
        values = values | {p: draw(BY_QUANTITY[p.partition(".")[2]]) for p in changed}
        known = {p: v for p, v in values.items() if v is not None}
        modes = {
            f"{d}.mode": draw(st.sampled_from((*MODES[:4], "fast", "fast"))) for d in base if d.startswith("car")
        } | {f"{d}.mode": draw(st.sampled_from(("off", *MODES[4:]))) for d in base if d.startswith("store")}
        rounds.append((known, tuple(draw(st.lists(leases(devices), max_size=6))), modes))
    return Case(site, House.of(site, devices), tuple(rounds))


@st.composite
def charger(draw: st.DrawFn, device: str) -> ChargerControl:
    phases = draw(st.sampled_from([(1,), (2,), (3,), (1, 2), (2, 3), (1, 2, 3)]))
    low = draw(st.sampled_from([6.0, 6.5, 8.0, 10.0]))
    high = draw(st.sampled_from([16.0, 16.5, 20.0, 32.0]))
    return ChargerControl(device, phases, low, high, draw(st.sampled_from([0.0, low, high])), start_delay_s=0)


@st.composite
def battery(draw: st.DrawFn, device: str) -> BatteryControl:
    return BatteryControl(device, 10, 90, *draw(st.tuples(*[st.sampled_from([0.0, 3_000.0, 20_000.0])] * 2)))


@st.composite
def spec(draw: st.DrawFn, point: str, low: float, high: float) -> CommandSpec:
    end = st.one_of(st.none(), st.floats(low, high))
    ends = sorted(draw(st.tuples(st.floats(low, high), st.floats(low, high))))
    return CommandSpec(point, *draw(st.sampled_from([(None, None), (low, high), tuple(ends), (draw(end), None)])))


@st.composite
def trees(draw: st.DrawFn, devices: list[str]) -> tuple[Circuit, ...]:
    names = ["main", *("garage", "annex", "shed")[: draw(st.integers(0, 3))]]
    homes = [draw(st.sampled_from(["", *names])) for _ in devices]
    return tuple(
        Circuit(
            name,
            draw(st.sampled_from([10.0, 16.0, 20.0, 35.0, 63.0])),
            draw(st.sampled_from([3, 3, 1])) if name == "main" else 3,
            draw(st.sampled_from(names[:n])) if n else "",
            tuple(d for d, home in zip(devices, homes, strict=True) if home == name),
        )
        for n, name in enumerate(names)
    )


@st.composite
def leases(draw: st.DrawFn, devices: list[Device]) -> Request:
    point = draw(st.sampled_from([*(c.point for d in devices for c in d.commands), "nobody.on"]))
    value = draw(st.one_of(readings(-40, 40), readings(-15_000, 15_000)))
    relation, source = draw(st.sampled_from(list(Relation))), draw(st.sampled_from(list(Source)))
    return Request("x", point, relation, "" if value is None else value, source, draw(st.integers(0, 9)), 10**15)


def _device(id_: str, role: Role, command: CommandSpec | None = None, behind: str = "") -> Device:
    points = tuple(Point.of(id_, id_, quantity) for quantity in OF_ROLE[role])
    return Device(id_, id_, role, LINK, behind=behind, points=points, commands=(command,) if command else ())


def _points(devices: list[Device]) -> list[str]:
    return [p.id for d in devices for p in d.points]


@settings(
    max_examples=int(FUZZ or 200),
    derandomize=FUZZ is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(cases())
def test_no_reading_and_no_wish_leads_out_of_the_envelope(case: Case) -> None:
    state, told = State(), dict[str, list[float]]()
    for n, (values, requests, modes) in enumerate(case.rounds, 1):
        inputs = Inputs(n * 1000, case.house, values, requests, modes)
        result = step(state, inputs)
        assert result == step(state, Inputs(n * 1000, case.house, values, requests, modes))
        check(case.site, case.house, Readings(values, case.house), result, told)
        state = result.state


class Readings:
    """The values as an honest reader takes them."""

    def __init__(self, values: Mapping[str, Value], house: House) -> None:
        self._values = values
        self.house = house

    def get(self, point: str) -> float | None:
        value = self._values.get(point)
        usable = not isinstance(value, str) and value is not None and abs(value) < 1e12
        return float(value) if usable and value is not None else None

    def volts(self, phase: int) -> float:
        volts = self.get(f"grid.voltage_l{phase}") if self.house.grid else None
        return volts if volts and 100 <= volts <= 300 else 230.0

    def load(self, phase: int) -> float | None:
        """A, + = import; the current alone counts as import."""
        if not self.house.grid:
            return None
        amps, watts = self.get(f"grid.current_l{phase}"), self.get(f"grid.power_l{phase}")
        if watts is None and self.house.phases == (1,):
            watts = self.get("grid.power")
        if watts is None:
            return None if amps is None else abs(amps)
        return watts / self.volts(phase) if watts < 0 else max(watts / self.volts(phase), abs(amps or 0.0))


def check(site: Site, house: House, read: Readings, result: Step, told: dict[str, list[float]]) -> None:
    """`told`: A that each car was told in the steps before, of which a charger may not have shown anything yet."""
    given_: dict[str, float] = {}
    for command in result.commands:
        assert isinstance(command.value, float) and math.isfinite(command.value), command
        given_[command.point] = command.value
    assert len(given_) == len(result.commands)
    assert "pv.power_setpoint" not in given_ and "plug.current_limit" not in given_
    assert all(v is None or math.isfinite(v) for v in result.derived.values())
    amps = {c.device: given_[f"{c.device}.current_limit"] for c in site.chargers}
    watts = {b.device: given_.get(f"{b.device}.power_setpoint", 0.0) for b in site.batteries}
    for car in site.chargers:
        check_charger(house, read, car, amps[car.device])
    for store in site.batteries:
        check_battery(house, read, store, watts[store.device])
    for phase in (1, 2, 3):
        on_phase = {c.device: amps[c.device] for c in site.chargers if phase in c.phases}
        may = {c.device: may_draw(read, c, told.get(c.device, [])) for c in site.chargers}
        check_connection(house, read, phase, on_phase, watts, may)
        for circuit in site.circuits:
            if circuit.parent:
                check_circuit(house, read, circuit, phase, on_phase, watts)
    for car, a in amps.items():
        told.setdefault(car, []).append(a)


def shown(read: Readings, car: ChargerControl, phase: int) -> float:
    """A that it tells, a power without phases spread over all that it has."""
    amps = read.get(f"{car.device}.current_l{phase}")
    if amps is not None:
        return abs(amps)
    return max(0.0, read.get(f"{car.device}.power") or 0.0) / sum(read.volts(p) for p in car.phases)


def may_draw(read: Readings, car: ChargerControl, told: list[float]) -> float:
    """A that it may draw though its charger does not show it: what it was told last, and for 4 s what before that."""
    points = (f"{car.device}.power", *(f"{car.device}.current_l{n}" for n in car.phases))
    if not told or all(read.get(p) is None for p in points):
        return 0.0
    before = next((a for a in reversed(told) if a != told[-1]), 0.0)
    return max(told[-1], before if before in told[-5:] else 0.0)


def check_charger(house: House, read: Readings, car: ChargerControl, amps: float) -> None:
    range_ = house.commands[f"{car.device}.current_limit"]
    assert amps == 0 or car.min_a <= amps <= car.max_a
    assert amps == 0 or (range_.low or 0) <= amps <= (math.inf if range_.high is None else range_.high)
    seen = [p for p in car.phases if p in house.phases] or car.phases
    plug_tells = read.get("plug.power") is not None
    behind_plug = any("plug" in house.inside(c) for c in house.way_up(car.device) if c.parent)
    if any(read.load(p) is None for p in seen) or (behind_plug and not plug_tells):
        assert amps <= car.blind_a


def check_battery(house: House, read: Readings, store: BatteryControl, watts: float) -> None:
    range_, soc = house.commands[f"{store.device}.power_setpoint"], read.get(f"{store.device}.soc")
    assert -store.max_charge_w <= watts <= store.max_discharge_w
    assert watts >= min(0.0, -math.inf if range_.low is None else range_.low)
    assert watts <= max(0.0, math.inf if range_.high is None else range_.high)
    if soc is None or read.get(f"{store.device}.power") is None:
        assert watts == 0
    elif soc <= store.soc_floor:
        assert watts <= 0
    elif soc >= store.soc_ceiling:
        assert watts >= 0


def check_connection(
    house: House,
    read: Readings,
    phase: int,
    amps: Mapping[str, float],
    watts: Mapping[str, float],
    may: Mapping[str, float],
) -> None:
    fuse, load = house.connection.fuse_a, read.load(phase)
    if phase not in house.phases:
        return
    if load is None:
        assert sum(amps.values()) <= fuse + 1e-6
        return
    drawn = {c: max(shown(read, house.charger_of[c], phase), may[c]) for c in amps}
    per_amp = read.volts(phase) * len(house.phases)
    newly = sum(max(0.0, amps[c] - drawn[c]) for c in amps)
    for store, power in watts.items():
        now = read.get(f"{store}.power") or 0.0
        newly += max(0.0, (now - power) / per_amp) if power < 0 else 0.0
    assert newly <= 1e-6 or load + newly <= fuse + 1e-6


def check_circuit(
    house: House, read: Readings, circuit: Circuit, phase: int, amps: Mapping[str, float], watts: Mapping[str, float]
) -> None:
    inside = house.inside(circuit)
    per_amp = read.volts(phase) * len(house.phases)
    there = "plug" in inside and phase in house.phases
    plug = max(0.0, read.get("plug.power") or 0.0) / read.volts(phase) if there else 0.0
    cars = sum(a for c, a in amps.items() if c in inside)
    flows = [-watts[b] / per_amp for b in watts if b in inside] if phase in house.phases else []
    given_ = cars + sum(max(0.0, f) for f in flows)
    assert given_ <= 1e-6 or given_ + plug <= circuit.fuse_a + 1e-6
    out = sum(max(0.0, -f) for f in flows)
    assert out <= circuit.fuse_a + 1e-6
