"""What each device draws, as far as its own readings tell. A on one phase, + = out of the circuit into the device.

`at_least` is what a meter above it surely holds, `at_most` what it may draw where no meter tells.
`way`: IMPORT for what flows into the device, EXPORT for what flows out of it.
"""

from __future__ import annotations

import math
from math import fsum

from hub.core.types import VOLT, Inputs, once
from hub.model.site import ChargerControl

IMPORT, EXPORT = 1, -1


@once
def volts(inputs: Inputs, phase: int) -> float:
    told = inputs.number(f"{inputs.house.grid}.voltage_l{phase}")
    return told if told is not None and 100 <= told <= 300 else VOLT


def charger_volts(inputs: Inputs, charger: ChargerControl) -> float:
    """W per A of a charger, over all phases that it uses."""
    return fsum(volts(inputs, phase) for phase in charger.phases)


@once
def watts_per_amp(inputs: Inputs, phase: int) -> float:
    """Of an inverter, which spreads its power evenly over the phases of the house."""
    return volts(inputs, phase) * len(inputs.house.phases)


@once
def at_least(inputs: Inputs, device: str, phase: int, way: int) -> float:
    """+ = that way. A reading above what the device can do earns it no more than that."""
    battery = inputs.house.battery_of.get(device)
    if battery is not None:
        rated = battery.max_charge_w if way == IMPORT else battery.max_discharge_w
        drawn = way * (_battery(inputs, device, phase) or 0.0)
        return min(drawn, rated / watts_per_amp(inputs, phase))
    charger = inputs.house.charger_of.get(device)
    if charger is None:  # a switch, of which nobody has said what it hangs on
        return 0.0
    most = min(charger.max_a, inputs.most_a.get(device, math.inf))
    return way * min(_evenly(inputs, charger, phase), most) if phase in charger.phases else 0.0


def _evenly(inputs: Inputs, charger: ChargerControl, phase: int) -> float:
    """A power without phases is spread over all that the charger has: on the fullest of them it is more."""
    amps = inputs.number(f"{charger.device}.current_l{phase}")
    if amps is not None:
        return abs(amps)
    return max(0.0, inputs.number(f"{charger.device}.power") or 0.0) / charger_volts(inputs, charger)


@once
def watts_at_least(inputs: Inputs, device: str, way: int) -> float:
    """+ = that way, over all phases. What does not tell its power earns nothing."""
    watts = inputs.number(f"{device}.power")
    if watts is None:
        return 0.0
    battery = inputs.house.battery_of.get(device)
    if battery is not None:
        return min(-way * watts, battery.max_charge_w if way == IMPORT else battery.max_discharge_w)
    if device in inputs.house.producers:
        return -way * watts
    charger = inputs.house.charger_of.get(device)
    if charger is None:
        return way * max(0.0, watts)
    told_w = inputs.most_a.get(device, math.inf) * charger_volts(inputs, charger)
    return way * max(0.0, min(watts, charger.max_a * VOLT * charger.phase_count, told_w))


@once
def at_most(inputs: Inputs, device: str, phase: int) -> float | None:
    """None = not known. What tells no power (a lamp, a thermostat) is taken for nothing."""
    charger = inputs.house.charger_of.get(device)
    if charger is not None:
        return _charger(inputs, charger, phase)
    if device in inputs.house.battery_of:
        return _battery(inputs, device, phase)
    if device in inputs.house.loads:
        return _load(inputs, device, phase)
    return _inverter(inputs, device, phase) if device in inputs.house.producers else 0.0


@once
def all_at_most(inputs: Inputs, devices: tuple[str, ...], phase: int) -> tuple[tuple[str, float | None], ...]:
    """Each of the devices with what it may draw."""
    return tuple((device, at_most(inputs, device, phase)) for device in devices)


def _charger(inputs: Inputs, charger: ChargerControl, phase: int) -> float:
    """One that does not tell may draw all it can, and none draws more than that on a phase."""
    if phase not in charger.phases:
        return 0.0
    known = _load(inputs, charger.device, phase)
    return charger.max_a if known is None else min(max(0.0, known), charger.max_a)


def _load(inputs: Inputs, device: str, phase: int) -> float | None:
    """A power without phases is counted on each, where nobody has said which of them a plug hangs on."""
    amps = inputs.number(f"{device}.current_l{phase}")
    if amps is not None:
        return abs(amps)
    watts = inputs.number(f"{device}.power_l{phase}")
    if watts is None and (whole := inputs.number(f"{device}.power")) is not None:
        watts = whole * inputs.house.shares(device).get(phase, 0.0)
    return None if watts is None else watts / volts(inputs, phase)


def _battery(inputs: Inputs, device: str, phase: int) -> float | None:
    watts = inputs.number(f"{device}.power")
    return None if watts is None else -watts / watts_per_amp(inputs, phase)


def _inverter(inputs: Inputs, device: str, phase: int) -> float | None:
    """Without the batteries on its DC side that are counted by themselves."""
    stored = [b for b in inputs.house.battery_of if inputs.house.behind.get(b) == device]
    read = [inputs.number(f"{d}.power") for d in (device, *stored)]
    watts = [w for w in read if w is not None]
    return None if len(watts) < len(read) else (fsum(watts[1:]) - watts[0]) / watts_per_amp(inputs, phase)
