"""What can be seen of the house at one instant. Signs: grid + import, inverter + production, battery + discharge,
loads + consumption. Units: W, var, V, A, Hz, Wh, degC, %; time is UTC milliseconds."""

from dataclasses import dataclass

Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class MeterState:
    power: Three
    reactive: Three
    voltage: Three
    current: Three
    frequency: float
    imported: Three
    exported: Three
    import_wh: float
    export_wh: float
    tariff: int
    import_by_tariff: tuple[float, float]
    export_by_tariff: tuple[float, float]

    @property
    def total(self) -> float:
        return sum(self.power)


@dataclass(frozen=True, slots=True)
class InverterState:
    ac_w: float
    pv_w: tuple[float, float]
    pv_v: tuple[float, float]
    battery_w: float
    battery_v: float
    soc: float
    capacity_wh: float
    curtailed: bool
    remote: bool
    temperature: float
    injected_wh: float
    absorbed_wh: float
    pv_wh: tuple[float, float]
    charged_wh: float
    discharged_wh: float


@dataclass(frozen=True, slots=True)
class EvseState:
    present: bool
    charging: bool
    limit_a: float
    phases: int
    current: Three
    power_w: float
    total_wh: float
    session_wh: float
    soc: float


@dataclass(frozen=True, slots=True)
class HeatPumpState:
    sg: int
    power_w: float
    heat_w: float
    buffer_c: float
    tank_c: float
    house_c: float
    outside_c: float
    setpoint_c: float
    valve: float


@dataclass(frozen=True, slots=True)
class SmallLoadState:
    on: bool
    brightness: int
    power_w: float
    total_wh: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    t_ms: int
    irradiance: float
    base_w: float
    grid: MeterState
    heatpump_meter: MeterState
    inverter: InverterState
    keba: EvseState
    heidelberg: EvseState
    heatpump: HeatPumpState
    small: dict[str, SmallLoadState]
    inverters: dict[str, InverterState]
    """those beside the house's own"""
    evses: dict[str, EvseState]
    """those beside the first two"""
    gas_m3: float
    price: float | None
