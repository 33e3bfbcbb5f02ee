"""The whole house, second by second. Deterministic for (seed, home, start); holds the balance
grid + inverters = sum of loads on every phase."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from . import added, heat, homes, sun
from .ev import Evse
from .inverter import Inverter
from .meter import Meter
from .small import SmallLoad
from .state import Snapshot, Three

DAY = 86400
OHM = 0.06
"""of one phase between the transformer and the meter"""


@dataclass(slots=True)
class Overrides:
    """What somebody outside forces; None lets the world run free. W/m2, W, currency per kWh, degC, V."""

    irradiance: float | None = None
    load_w: float | None = None
    price: float | None = None
    outside_c: float | None = None
    voltage: float | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """`sun_offset_s` moves the clock of sun and people against the real one, so that a demo starts in daylight."""

    start_ms: int
    seed: int = 1
    home: str | None = "generated"
    data: Path | None = None
    sun_offset_s: float = 0.0
    latitude: float = 48.2
    longitude: float = 11.6
    added: frozenset[str] = frozenset()
    """names of what the house has beyond the usual, see `added`"""


@dataclass
class World:
    setup: Setup
    t_ms: int = 0
    overrides: Overrides = field(default_factory=Overrides)
    inverter: Inverter = field(default_factory=Inverter)
    heatpump: heat.HeatPump = field(default_factory=heat.HeatPump)
    gas_m3: float = 2817.442
    irradiance: float = 0.0
    base: Three = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        setup = self.setup
        self.t_ms = setup.start_ms
        self.home = homes.open_home(setup.home, setup.data, setup.seed)
        self.clouds = sun.Clouds(setup.seed)
        self.chance = random.Random(f"{setup.seed}/grid")
        today = int(self.local_s // DAY)
        self.keba = Evse("keba", setup.seed, 60_000, 46.0, True, total_wh=1_934_500, first_day=today, stays=True)
        self.heidelberg = Evse("heidelberg", setup.seed, 40_000, 62.0, False, total_wh=803_200, first_day=today)
        self.small = _small_loads(setup.data) | added.loads(setup.added)
        self.inverters = added.inverters(setup.added)
        self.evses = added.evses(setup.added, setup.seed, today)
        for inverter in self._all_inverters():
            inverter.share = 1 / (1 + len(self.inverters))
        self.grid = Meter(
            [5.1e6, 4.4e6, 4.2e6],
            [3.6e6, 3.7e6, 3.8e6],
            12_345_678,
            9_876_543,
            [7_345_678, 5_000_000],
            [2_876_543, 7_000_000],
        )
        self.heatpump_meter = Meter([1.5e6, 1.5e6, 1.5e6], import_wh=4_500_000)
        self._sag, self._frequency = 0.0, 50.0
        self.step(0.0)

    @property
    def local_s(self) -> float:
        """Mean local solar time, the clock of sun and people, seconds since the epoch."""
        return self.t_ms / 1000 + self.setup.longitude * 240 + self.setup.sun_offset_s

    def step(self, dt: float = 1.0) -> None:
        self.t_ms += round(dt * 1000)
        local = self.local_s
        outside = self._weather(local, dt)
        voltage = self.grid.voltage
        for evse in self._all_evses():
            evse.step(local, voltage, dt)
        for load in self.small.values():
            load.step(local, dt)
        self.base = self._base_load(local)
        self.heatpump.step(local, outside, 2.5 * self.irradiance, 0.7 * sum(self.base), dt)
        grid_w = self.grid.power[0] + self.grid.power[1] + self.grid.power[2]
        for inverter in self._all_inverters():
            inverter.step(self.irradiance, outside, grid_w, dt)
        self.gas_m3 += 0.00002 * dt if 11.8 < local % DAY / 3600 < 12.2 else 0.0
        self._measure(dt)

    def loads(self) -> Three:
        """Consumption of each phase."""
        watts = list(self.base)
        third = self.heatpump.power_w / 3
        for phase in (0, 1, 2):
            watts[phase] += sum(evse.load[phase] for evse in self._all_evses()) + third
        for load in self.small.values():
            watts[load.phase] += load.power_w
        return watts[0], watts[1], watts[2]

    def _all_inverters(self) -> list[Inverter]:
        return [self.inverter, *self.inverters.values()]

    def _all_evses(self) -> list[Evse]:
        return [self.keba, self.heidelberg, *self.evses.values()]

    def set_soc(self, percent: float) -> None:
        self.inverter.battery.stored_wh = self.inverter.battery.capacity_wh * percent / 100

    def _weather(self, local: float, dt: float) -> float:
        own = self.home.irradiance(local)
        factor = self.clouds.step(int(local // DAY), dt)
        free = sun.clear_sky(local, self.setup.latitude) * factor if own is None else own
        forced = self.overrides
        self.irradiance = free if forced.irradiance is None else forced.irradiance
        return heat.outside_temperature(local, self.setup.seed) if forced.outside_c is None else forced.outside_c

    def _base_load(self, local: float) -> Three:
        forced = self.overrides.load_w
        return self.home.load(local) if forced is None else (0.4 * forced, 0.3 * forced, 0.3 * forced)

    def _measure(self, dt: float) -> None:
        loads, produced = self.loads(), sum(inverter.ac_w for inverter in self._all_inverters()) / 3
        power = (loads[0] - produced, loads[1] - produced, loads[2] - produced)
        third = self.heatpump.power_w / 3
        cars = [0.03 * sum(evse.load[phase] for evse in self._all_evses()) for phase in (0, 1, 2)]
        base = self.base
        reactive = (
            0.18 * base[0] + 0.3 * third + cars[0],
            0.18 * base[1] + 0.3 * third + cars[1],
            0.18 * base[2] + 0.3 * third + cars[2],
        )
        voltage = self._voltage(power, dt)
        tariff = self.tariff()
        self.grid.step(power, reactive, voltage, self._frequency, tariff, dt)
        circuit, lag = (third, third, third), (0.3 * third, 0.3 * third, 0.3 * third)
        self.heatpump_meter.step(circuit, lag, voltage, self._frequency, tariff, dt)

    def _voltage(self, power: Three, dt: float) -> Three:
        """Import lowers it, export raises it, the neighbourhood moves it a little."""
        pull = min(dt / 60, 1)
        self._sag += -self._sag * pull + self.chance.uniform(-0.25, 0.25)
        self._frequency += (50 - self._frequency) * pull + self.chance.uniform(-0.002, 0.002)
        middle = (self.overrides.voltage or 231.0) + self._sag
        a, b, c = (middle - OHM * watts / 230 for watts in power)
        return a + 0.4, b - 0.3, c

    def tariff(self) -> int:
        """1 is the low tariff: nights and weekends."""
        local = datetime.fromtimestamp(self.t_ms / 1000, UTC)
        return 2 if local.weekday() < 5 and 7 <= local.hour < 23 else 1

    def snapshot(self) -> Snapshot:
        return Snapshot(
            self.t_ms,
            self.irradiance,
            sum(self.base),
            self.grid.state(),
            self.heatpump_meter.state(),
            self.inverter.state(),
            self.keba.state(),
            self.heidelberg.state(),
            self.heatpump.state(),
            {name: load.state() for name, load in self.small.items()},
            {name: inverter.state() for name, inverter in self.inverters.items()},
            {name: evse.state() for name, evse in self.evses.items()},
            self.gas_m3,
            self.overrides.price,
        )


def _small_loads(data: Path | None) -> dict[str, SmallLoad]:
    tv = homes.open_trace("TV-LCD", data, 10, homes.shape((7, 8, 95), (10.5, 12, 105), (18, 23, 110)))
    washer = homes.open_trace(
        "Washingmachine", data, 6.25, homes.shape((10.7, 11.2, 1900), (11.2, 12.3, 180), (12.3, 12.6, 420))
    )
    return {
        "plug_tv": SmallLoad(1, tv, total_wh=128_400),
        "plug_washer": SmallLoad(2, washer, total_wh=302_700),
        "light_kitchen": SmallLoad(0, lambda _: 12.0, brightness=200, standby_w=0.4),
        "light_hall": SmallLoad(0, lambda _: 9.0, on=False, brightness=120, standby_w=0.4),
    }
