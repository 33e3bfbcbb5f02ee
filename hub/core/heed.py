"""What is asked of points that no device shows, for the core to heed: a reserve, energy by a time."""

from __future__ import annotations

from dataclasses import replace

from hub.core.types import Inputs
from hub.model.command import heeded
from hub.model.site import BatteryControl


def reserved(inputs: Inputs, battery: BatteryControl) -> BatteryControl:
    """With as much kept for a power cut as somebody asks for now, where that is more than the site document keeps."""
    asked = heeded(inputs.requests, f"{battery.device}.reserve", inputs.t)
    soc = min(float(asked.value), battery.soc_ceiling) if asked else 0.0
    return replace(battery, outage_reserve=soc) if soc > battery.lowest_soc else battery


def in_force(inputs: Inputs) -> dict[str, float]:
    """What holds at each such point: the SoC from which on nothing is discharged, %; energy wanted, Wh, 0 = none."""
    house = inputs.house
    kept = {f"{b.device}.reserve": reserved(inputs, b).lowest_soc for b in house.batteries}
    takers = (f"{d}.target_energy" for d in (*(c.device for c in house.chargers), *(s.device for s in house.switches)))
    wanted = {point: heeded(inputs.requests, point, inputs.t) for point in takers}
    found = kept | {point: float(request.value) if request else 0.0 for point, request in wanted.items()}
    return {point: value for point, value in found.items() if point in house.commands}
