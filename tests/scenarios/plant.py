"""The other half of a closed loop: devices that do what they are told, and a meter that adds it all up."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from hub.core import House
from hub.model import Value
from hub.model.site import Site

VOLT = 230.0
LEAST_A = 6.0


class Plant:
    """`answers` of the scenario: `lag_s` until a command takes, `meter_lag_s` until the grid meter shows it, and
    `charger_lag_s` until a charger does, which tells currents unless `tells_currents` is false; by device what it can
    do.

    Chargers: A that the car takes; batteries: Wh they hold; plugs: W when on; heat pumps: W in each SG Ready state.
    """

    def __init__(self, site: Site, house: House, answers: Mapping[str, Any]) -> None:
        self._site, self._house, self._can = site, house, dict(answers)
        self._told: deque[Mapping[str, Value]] = deque([{}] * int(answers.get("lag_s", 2)))
        self._meter: deque[dict[str, Value]] = deque(maxlen=int(answers.get("meter_lag_s", 0)) + 1)
        self._chargers: deque[dict[str, Value]] = deque(maxlen=int(answers.get("charger_lag_s", 0)) + 1)
        self._now: dict[str, Value] = {}
        self._behind = {d.id: d.behind for d in site.devices}
        self._soc = {b.device: 50.0 for b in site.batteries}
        self.load: list[float] = [0.0, 0.0, 0.0]
        self.sun: dict[str, float] = {}

    def change(self, what: str, value: Any) -> None:
        """`load`: W, or W on each phase; `sun`, `car`, `soc`: by device."""
        if what == "load":
            self.load = [value / 3] * 3 if isinstance(value, int | float) else [float(w) for w in value]
            return
        {"sun": self.sun, "car": self._can, "soc": self._soc}[what].update(value)

    def tell(self, commands: Mapping[str, Value]) -> None:
        self._told.append(commands)
        self._now |= self._told.popleft()

    def read(self) -> dict[str, Value]:
        """What the meters show this second."""
        cars: dict[str, Value] = {}
        phases = list(self.load)
        for charger in self._site.chargers:
            self._charge(charger.device, charger.phases, cars, phases)
        if not self._can.get("tells_currents", True):
            cars = {p: v for p, v in cars.items() if ".current_l" not in p}
        self._chargers.append(cars)
        found = dict(self._chargers[0])
        even = self._loads(found) - self._made(found)
        phases = [w + even / 3 for w in phases]
        grid = self._house.grid
        by_phase = {f"{grid}.power_l{n}": float(round(w)) for n, w in enumerate(phases, 1)}
        self._meter.append({f"{grid}.power": float(round(sum(phases))), **by_phase})
        return found | self._meter[0]

    def _charge(self, device: str, phases: tuple[int, ...], found: dict[str, Value], grid: list[float]) -> None:
        limit = float(self._now.get(f"{device}.current_limit", 0.0))
        used = int(float(self._now.get(f"{device}.phases", 3)))
        amps = min(limit, float(self._can.get(device, 16.0))) if limit >= LEAST_A else 0.0
        for phase in (1, 2, 3):
            on_it = amps if phase in phases[:used] else 0.0
            found[f"{device}.current_l{phase}"] = on_it
            grid[phase - 1] += on_it * VOLT
        found[f"{device}.power"] = amps * VOLT * len(phases[:used])
        if f"{device}.phases" in self._house.commands:
            found[f"{device}.phases"] = float(used)

    def _loads(self, found: dict[str, Value]) -> float:
        total = 0.0
        for pump in self._site.heat_pumps:
            state = int(float(self._now.get(f"{pump.device}.sg_ready", 2)))
            found[f"{pump.device}.power"] = float(self._can.get(pump.device, [0, 0, 0, 0])[state - 1])
            total += float(found[f"{pump.device}.power"])
        for plug in self._site.switches:
            on = bool(self._now.get(f"{plug.device}.on", False))
            found[f"{plug.device}.on"] = on
            found[f"{plug.device}.power"] = float(self._can.get(plug.device, 0.0)) if on else 0.0
            total += float(found[f"{plug.device}.power"])
        return total

    def _made(self, found: dict[str, Value]) -> float:
        total = 0.0
        for battery in self._site.batteries:
            watts = self._store(battery.device)
            found[f"{battery.device}.power"] = float(round(watts))
            found[f"{battery.device}.soc"] = round(self._soc[battery.device], 1)
            total += watts
        for device, sun in self.sun.items():
            pv = min(sun, float(self._now.get(f"{device}.power_limit", sun)))
            stored = sum(float(found[f"{b}.power"]) for b in self._soc if self._behind[b] == device)
            found[f"{device}.power"] = pv + stored
            total += pv
        return total

    def _store(self, device: str) -> float:
        """An empty battery gives nothing, a full one takes nothing."""
        watts, soc = float(self._now.get(f"{device}.power_setpoint", 0.0)), self._soc[device]
        if (watts > 0 and soc <= 0) or (watts < 0 and soc >= 100):
            return 0.0
        self._soc[device] = soc - watts / 36.0 / float(self._can.get(device, 10_000.0))
        return watts
