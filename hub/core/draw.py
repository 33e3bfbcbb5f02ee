"""What each device draws, as far as its own readings tell. A on one phase, + = out of the circuit into the device.

`at_least` is what a meter above it surely holds, `at_most` what it may draw where no meter tells.
`way`: IMPORT for what flows into the device, EXPORT for what flows out of it.
"""

from __future__ import annotations

from hub.core.house import House
from hub.core.types import VOLT, Inputs
from hub.model.site import ChargerControl

IMPORT, EXPORT = 1, -1


class Draws:
    """Knows the house, not the moment."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._chargers = {c.device: c for c in house.known_chargers}
        self._batteries = {b.device: b for b in house.batteries}
        self._volts = {phase: f"{house.grid}.voltage_l{phase}" for phase in (1, 2, 3)}

    def volts(self, inputs: Inputs, phase: int) -> float:
        volts = inputs.number(self._volts[phase])
        return volts if volts is not None and 100 <= volts <= 300 else VOLT

    def charger_volts(self, inputs: Inputs, charger: ChargerControl) -> float:
        """W per A of a charger, over all phases that it uses."""
        return sum(self.volts(inputs, phase) for phase in charger.phases)

    def watts_per_amp(self, inputs: Inputs, phase: int) -> float:
        """Of an inverter, which spreads its power evenly over the phases of the house."""
        return self.volts(inputs, phase) * len(self._house.phases)

    def at_least(self, inputs: Inputs, device: str, phase: int, way: int) -> float:
        """+ = that way. A reading above what the device can do earns it no more than that."""
        if device in self._batteries:
            battery = self._batteries[device]
            rated = battery.max_charge_w if way == IMPORT else battery.max_discharge_w
            drawn = way * (self._battery(inputs, device, phase) or 0.0)
            return min(drawn, rated / self.watts_per_amp(inputs, phase))
        charger = self._chargers.get(device)
        if charger is None:  # a switch, of which nobody has said what it hangs on
            return 0.0
        amps = inputs.number(f"{device}.current_l{phase}") if phase in charger.phases else None
        return way * min(abs(amps or 0.0), charger.max_a)

    def watts_at_least(self, inputs: Inputs, device: str, way: int) -> float:
        """+ = that way, over all phases. What does not tell its power earns nothing."""
        watts = inputs.number(f"{device}.power")
        if watts is None:
            return 0.0
        if device in self._batteries:
            battery = self._batteries[device]
            return min(-way * watts, battery.max_charge_w if way == IMPORT else battery.max_discharge_w)
        if device in self._house.producers:
            return -way * watts
        charger = self._chargers.get(device)
        most = watts if charger is None else charger.max_a * VOLT * charger.phase_count
        return way * max(0.0, min(watts, most))

    def at_most(self, inputs: Inputs, device: str, phase: int) -> float | None:
        """None = not known. What tells no power (a lamp, a thermostat) is taken for nothing."""
        if device in self._chargers:
            return self._charger(inputs, self._chargers[device], phase)
        if device in self._batteries:
            return self._battery(inputs, device, phase)
        if device in self._house.loads:
            return self._load(inputs, device, phase)
        return self._inverter(inputs, device, phase) if device in self._house.producers else 0.0

    def _charger(self, inputs: Inputs, charger: ChargerControl, phase: int) -> float:
        """One that does not tell may draw all it can."""
        if phase not in charger.phases:
            return 0.0
        known = self._load(inputs, charger.device, phase)
        return charger.max_a if known is None else max(0.0, known)

    def _load(self, inputs: Inputs, device: str, phase: int) -> float | None:
        """A power without phases is counted on each, where nobody has said which of them a plug hangs on."""
        amps = inputs.number(f"{device}.current_l{phase}")
        if amps is not None:
            return abs(amps)
        watts = inputs.number(f"{device}.power_l{phase}")
        if watts is None and (whole := inputs.number(f"{device}.power")) is not None:
            watts = whole * self._house.shares(device).get(phase, 0.0)
        return None if watts is None else watts / self.volts(inputs, phase)

    def _battery(self, inputs: Inputs, device: str, phase: int) -> float | None:
        watts = inputs.number(f"{device}.power")
        return None if watts is None else -watts / self.watts_per_amp(inputs, phase)

    def _inverter(self, inputs: Inputs, device: str, phase: int) -> float | None:
        """Without the batteries on its DC side that are counted by themselves."""
        stored = [b for b in self._batteries if self._house.behind.get(b) == device]
        read = [inputs.number(f"{d}.power") for d in (device, *stored)]
        watts = [w for w in read if w is not None]
        return None if len(watts) < len(read) else (sum(watts[1:]) - watts[0]) / self.watts_per_amp(inputs, phase)
