"""The house as its owner describes it: the parsed site document, units in the names."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model.broker import BrokerAddress
from hub.model.device import DeviceSpec
from hub.model.feed import FeedSpec
from hub.model.heat import HouseStore, TankStore
from hub.model.network import NOTHING, NetworkCharges


@dataclass(frozen=True, slots=True)
class Circuit:
    """A fuse and what hangs behind it; the grid connection is the root circuit `main`."""

    id: str
    fuse_a: float
    phases: int = 3
    parent: str = ""
    members: tuple[str, ...] = ()


def circuit_of(circuits: tuple[Circuit, ...], device: str) -> Circuit:
    """The circuit that names the device; the grid connection for one that none names."""
    return next((c for c in circuits if device in c.members), None) or next(c for c in circuits if not c.parent)


def way_up(circuits: tuple[Circuit, ...], circuit: Circuit) -> tuple[Circuit, ...]:
    """The circuit and all that feed it, the grid connection last."""
    way = [circuit]
    while way[-1].parent:
        way.append(next(c for c in circuits if c.id == way[-1].parent))
    return tuple(way)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What the house may take and give at its grid connection beside what the fuse says; None = no such limit.

    `import_w`, `export_w`: W over all phases. `unbalanced_a`: A by which the loads of two phases may differ through
    what the hub drives.
    """

    import_w: float | None = None
    export_w: float | None = None
    unbalanced_a: float | None = None


CAR_EFFICIENCY = 0.9
"""The share of what a charger counts that is in the car's battery afterwards."""


@dataclass(frozen=True, slots=True)
class ChargerControl:
    """How the core may drive a charger. Currents in A per phase, delays in s.

    `phases`: the conductors it hangs on, 1 to 3. `blind_a`: what it gets while the load of a phase is not known.
    `pause_s`: how long a pause lasts at least. `phase_switch_s`: the shortest time between two switches from one phase
    to three or back that no person has asked for, for chargers that can. `car_capacity_wh`: what the battery of the car
    holds that charges there, of several cars the largest.
    """

    device: str
    phases: tuple[int, ...] = (1, 2, 3)
    min_a: float = 6.0
    max_a: float = 16.0
    blind_a: float = 0.0
    start_delay_s: int = 60
    stop_delay_s: int = 60
    mode: str = "solar"
    pause_s: int = 30
    phase_switch_s: int = 600
    car_capacity_wh: float = 75_000.0

    @property
    def phase_count(self) -> int:
        return len(self.phases)

    def lacks_wh(self, target: float, soc: float | None) -> float:
        """What the charger has still to give until the car holds `target` %; all of it while its SoC is not known."""
        return max(0.0, target - (soc or 0.0)) / 100 * self.car_capacity_wh / CAR_EFFICIENCY


@dataclass(frozen=True, slots=True)
class BatteryControl:
    """How the core may drive a battery. SoC in %, powers in W, `ramp_w_s` in W per s (0 = at once).

    `outage_reserve`: what stays in it for a power cut. `feeds_cars`: whether it may discharge while a car charges fast.
    What plans count with: `efficiency`: the share of what is stored that comes out again; `wear`: of a kWh discharged,
    1e-5 currency units; `grid_charge`, `grid_discharge`: whether a plan may charge it from the grid, or discharge it
    into the grid; `capacity_wh`: what it holds from 0 to 100 %, 0 = as the device tells.
    """

    device: str
    soc_floor: float = 10.0
    soc_ceiling: float = 100.0
    max_charge_w: float = 5_000.0
    max_discharge_w: float = 5_000.0
    mode: str = "auto"
    outage_reserve: float = 0.0
    ramp_w_s: float = 0.0
    feeds_cars: bool = False
    efficiency: float = 0.9
    wear: int = 0
    grid_charge: bool = True
    grid_discharge: bool = False
    capacity_wh: float = 0.0

    @property
    def lowest_soc(self) -> float:
        return max(self.soc_floor, self.outage_reserve)


@dataclass(frozen=True, slots=True)
class HeatPumpControl:
    """How the core may drive a heat pump by its SG Ready inputs. Times in s, powers in W.

    `min_run_s`, `min_pause_s`: how long a state lasts at least that the hub chose by itself, for the compressor's sake.
    `guaranteed_w`: what nobody but its owner may take away from it; 0 allows to block it. `surplus_w`: what must be
    left over for a boost. What plans count with, and without a store they do not plan it: `power_w`: what it draws at
    most; `cop`: heat from a kWh, 0 = by the temperature outdoors; `house`, `tank`: what it warms. `phases` that share
    what it draws; none told: all of it may be on any.
    """

    device: str
    min_run_s: int = 900
    min_pause_s: int = 600
    guaranteed_w: float = 4_200.0
    surplus_w: float = 2_000.0
    mode: str = "normal"
    power_w: float = 0.0
    cop: float = 0.0
    house: HouseStore | None = None
    tank: TankStore | None = None
    phases: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SwitchControl:
    """How the core may switch a plug. Times in s; `surplus_w`: what it draws, so what must be left over, W.

    `min_on_s`, `min_off_s` hold for what the hub does by itself; people may switch at any time. `phases` share what it
    draws; none told: all of it may be on any.
    """

    device: str
    min_on_s: int = 300
    min_off_s: int = 60
    surplus_w: float = 500.0
    mode: str = "manual"
    phases: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Markup:
    """What becomes of a market price: times `factor`, plus `add` (1e-5 currency unit per kWh): VAT, fees, levies."""

    factor: float = 1.0
    add: int = 0


@dataclass(frozen=True, slots=True)
class TariffSpec:
    """Fixed prices or prices by local hour, in 1/100,000 currency unit per kWh; empty where none is given.

    `feed`: where the prices come from; then the fixed ones hold while it tells none. `export_markup` None: what is fed
    in earns the fixed price, or what the source says of it. `exchange`: the site's currency for one of the source's,
    0 when both are the same. `network`: what its operator charges beside all of these prices, whoever told them.
    """

    import_price: tuple[int, ...]
    export_price: tuple[int, ...]
    feed: FeedSpec | None = None
    import_markup: Markup = Markup()
    export_markup: Markup | None = None
    exchange: float = 0.0
    network: NetworkCharges = NOTHING


@dataclass(frozen=True, slots=True)
class Price:
    """What a kWh from the grid costs from `start` until before `end` (UTC ms), in 1e-5 currency units.

    `provisional`: it is an estimate, or stands for one that is not known yet. `export`: what a kWh earns that is fed
    in; None = not known.
    """

    start: int
    end: int
    price: int
    provisional: bool = False
    export: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """Where the house stands (degrees, None = not told) and whose public holidays it keeps.

    `extra` and `without`: dates (ISO) that are holidays too, or are none.
    """

    latitude: float | None = None
    longitude: float | None = None
    region: str = ""
    extra: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    name: str = "My house"
    timezone: str = "UTC"
    currency: str = "EUR"
    bind: str = "127.0.0.1"
    port: int = 8080
    announce: bool = True
    search: tuple[str, ...] = ()
    mqtt_engine: str = "auto"
    mqtt_bind: str = "127.0.0.1"
    mqtt_port: int = 1883
    mqtt_elsewhere: BrokerAddress | None = None
    history_mb: int = 1024
    history_window_s: int = 10
    history_write_mb: int = 200
    history_card_gb: int = 32
    journal_mb: int = 64
    circuits: tuple[Circuit, ...] = (Circuit("main", 35.0),)
    limits: ConnectionLimits = ConnectionLimits()
    chargers: tuple[ChargerControl, ...] = ()
    batteries: tuple[BatteryControl, ...] = ()
    heat_pumps: tuple[HeatPumpControl, ...] = ()
    switches: tuple[SwitchControl, ...] = ()
    tariff: TariffSpec | None = None
    feeds: tuple[FeedSpec, ...] = ()
    calendar: CalendarSpec = CalendarSpec()
    devices: tuple[DeviceSpec, ...] = ()

    @property
    def modes(self) -> dict[str, str]:
        """By device: the mode until somebody chooses another."""
        found = {c.device: c.mode for c in self.chargers} | {b.device: b.mode for b in self.batteries}
        return found | {p.device: p.mode for p in self.heat_pumps} | {s.device: s.mode for s in self.switches}

    @property
    def main(self) -> Circuit:
        return next(c for c in self.circuits if not c.parent)
