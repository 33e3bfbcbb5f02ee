"""The house as its owner describes it: the parsed site document, units in the names."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model.broker import BrokerAddress
from hub.model.device import DeviceSpec


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
class ChargerControl:
    """How the core may drive a charger. Currents in A per phase, delays in s.

    `phases`: the conductors it hangs on, 1 to 3. `blind_a`: what it gets while the load of a phase is not known.
    """

    device: str
    phases: tuple[int, ...] = (1, 2, 3)
    min_a: float = 6.0
    max_a: float = 16.0
    blind_a: float = 0.0
    start_delay_s: int = 60
    stop_delay_s: int = 60
    mode: str = "solar"

    @property
    def phase_count(self) -> int:
        return len(self.phases)


@dataclass(frozen=True, slots=True)
class BatteryControl:
    """How the core may drive a battery. SoC in %, powers in W."""

    device: str
    soc_floor: float = 10.0
    soc_ceiling: float = 100.0
    max_charge_w: float = 5_000.0
    max_discharge_w: float = 5_000.0
    mode: str = "auto"


@dataclass(frozen=True, slots=True)
class TariffSpec:
    """Fixed prices or prices by local hour, in 1/100,000 currency unit per kWh."""

    import_price: tuple[int, ...]
    export_price: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Site:
    name: str = "My house"
    timezone: str = "UTC"
    currency: str = "EUR"
    bind: str = "127.0.0.1"
    port: int = 8080
    announce: bool = True
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
    chargers: tuple[ChargerControl, ...] = ()
    batteries: tuple[BatteryControl, ...] = ()
    tariff: TariffSpec | None = None
    devices: tuple[DeviceSpec, ...] = ()

    @property
    def main(self) -> Circuit:
        return next(c for c in self.circuits if not c.parent)
