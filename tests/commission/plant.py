"""The self-test played on the simulated house's physics, without wires: as its devices would show it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from firmware_sim.physics.inverter import Orders
from firmware_sim.physics.world import Setup, World
from firmware_sim.wiring import Mistake, Wiring

from hub.commission.evidence import Evidence, Silence, Step, Window
from hub.commission.evidence import Wiring as Believed
from hub.commission.session import Pace
from hub.model import OutcomeState

PACE = Pace()
BELIEVED = Believed(
    "grid", ("pv",), ("battery",), {"battery": "pv"}, {"keba": (1, 2, 3), "heidelberg": (1,)}, ("circuit",)
)
WATCHDOG_S = 60
NAMED = {
    Mistake.GRID_REVERSED: ("grid_reversed", "grid"),
    Mistake.CT2_REVERSED: ("ct_reversed", "grid"),
    Mistake.CT3_OPEN: ("ct_missing", "grid"),
    Mistake.CT_RATIO: ("ct_scale", "grid"),
    Mistake.L1_L2_SWAPPED: ("phases_swapped", "grid"),
    Mistake.CHARGER_PHASE: ("phase_assignment", "heidelberg"),
    Mistake.BATTERY_REVERSED: ("battery_reversed", "battery"),
    Mistake.INVERTER_REVERSED: ("pv_reversed", "pv"),
    Mistake.COUNTERS_SWAPPED: ("counters_swapped", "grid"),
    Mistake.COUNTER_RATIO: ("counter_scale", "grid"),
    Mistake.LIMIT_IGNORED: ("limit_not_obeyed", "heidelberg"),
    Mistake.NO_FAILSAFE: ("no_reversion", "keba"),
}
"""What each is named as: (code, device)."""


@dataclass(frozen=True)
class Conditions:
    """Of the day on which the installer comes."""

    seed: int
    irradiance: float
    soc: float
    daylight: bool | None = None


def conditions(n: int) -> Conditions:
    dice = random.Random(n)
    return Conditions(n, dice.choice([0.0, 60.0, 350.0, 800.0]), dice.uniform(30, 70))


class Plant:
    def __init__(self, of: Conditions, mistakes: set[Mistake]) -> None:
        self.world = World(Setup(1_780_000_000_000 + of.seed * 3_600_000, of.seed, "generated"))
        self.wiring = Wiring(mistakes)
        self.world.overrides.irradiance = of.irradiance
        self.world.set_soc(of.soc)
        self.world.heidelberg.phases = 1
        self.world.heidelberg.first = 1 if Mistake.CHARGER_PHASE in mistakes else 0
        for car in (self.world.keba, self.world.heidelberg):
            car.forced_present, car.soc, car.limit_a = True, 40.0, 0.0
        self.seconds: dict[str, list[float | None]] = defaultdict(list)
        self.of = of
        self.run(30)
        self.seconds.clear()

    @property
    def length(self) -> int:
        return len(self.seconds["grid.power"])

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.world.step(1.0)
            for point, value in self.shown().items():
                self.seconds[point].append(value)

    def shown(self) -> Mapping[str, float]:
        house = self.world.snapshot()
        grid, unit = self.wiring.meter(house.grid), self.wiring.inverter(house.inverter)
        told = {
            "grid.power": round(grid.total),
            "grid.energy_import": round(grid.import_wh, 1),
            "grid.energy_export": round(grid.export_wh, 1),
            "circuit.power": round(house.heatpump_meter.total),
            "pv.power": round(unit.ac_w),
            "pv.pv_power": round(sum(unit.pv_w)),
            "pv.energy": round(unit.injected_wh),
            "battery.power": round(unit.battery_w),
        }
        for n in (0, 1, 2):
            told[f"grid.power_l{n + 1}"] = round(grid.power[n])
            told[f"grid.voltage_l{n + 1}"] = round(grid.voltage[n], 1)
            told[f"pv.voltage_l{n + 1}"] = round(house.grid.voltage[n], 1)
            told[f"circuit.power_l{n + 1}"] = round(house.heatpump_meter.power[n])
        for name, car in (("keba", house.keba), ("heidelberg", house.heidelberg)):
            told |= {f"{name}.power": round(car.power_w), f"{name}.energy": round(car.total_wh)}
            told |= {f"{name}.current_l{n + 1}": round(car.current[n], 1) for n in (0, 1, 2)}
        return told

    # -- orders ------------------------------------------------------------------------------------------------------

    def set(self, device: str, value: float | None) -> None:
        if device == "battery":
            self.world.inverter.orders = Orders(battery_w=value)
        elif device == "pv":
            self.world.inverter.orders = Orders(battery_w=0.0, ac_limit_w=1e9 if value is None else value)
        elif device == "keba":
            self.world.keba.limit_a = value or 0.0
        else:
            ignored = Mistake.LIMIT_IGNORED in self.wiring and value
            self.world.heidelberg.limit_a = 16.0 if ignored else value or 0.0

    def step(self, device: str, quantity: str, value: float, base: float | None) -> Step:
        if device != "battery":
            self.set("battery", 0.0)
        self.set(device, base)
        if base is not None:
            self.run(PACE.settle)
        first = self.length
        self.run(PACE.before)
        self.set(device, value)
        second = self.length
        self.run(PACE.settle)
        then = self.length
        self.run(PACE.during)
        self.set(device, base)
        self.run(PACE.settle)
        last = self.length
        self.run(PACE.after)
        self.set("battery", None)
        windows = (self.window(first, second), self.window(then, then + PACE.during), self.window(last))
        return Step(device, f"{device}.{quantity}", value, *windows, OutcomeState.CONFIRMED, 60.0)

    def window(self, start: int = 0, end: int | None = None) -> Window:
        return Window({point: column[start:end] for point, column in self.seconds.items()})

    def evidence(self) -> Evidence:
        steps = [
            self.step("battery", "power_setpoint", 2000.0, None),
            self.step("battery", "power_setpoint", -2000.0, None),
            *([self.step("pv", "power_limit", 1500.0, None)] if self.of.irradiance > 300 else []),
            self.step("keba", "current_limit", 10.0, 0.0),
            self.step("heidelberg", "current_limit", 10.0, 0.0),
        ]
        shown = 10.0 if Mistake.NO_FAILSAFE in self.wiring else 6.0
        silence = Silence("keba", "keba.current_limit", 10.0, shown, WATCHDOG_S)
        return Evidence(BELIEVED, self.window(), tuple(steps), (silence,), self.of.daylight)
