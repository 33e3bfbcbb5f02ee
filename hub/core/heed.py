"""What is asked of points that no device shows, for the core to heed: a reserve, energy by a time."""

from __future__ import annotations

from dataclasses import replace

from hub.core.types import Inputs
from hub.model import Request
from hub.model.command import heeded
from hub.model.quantity import TARGETS
from hub.model.site import BatteryControl


def reserved(inputs: Inputs, battery: BatteryControl) -> BatteryControl:
    """With as much kept for a power cut as somebody asks for now, where that is more than the site document keeps."""
    asked = heeded(inputs.requests, f"{battery.device}.reserve", begun=inputs.t)
    soc = min(float(asked.value), battery.soc_ceiling) if asked else 0.0
    return replace(battery, outage_reserve=soc) if soc > battery.lowest_soc else battery


def in_force(inputs: Inputs) -> dict[str, float]:
    """What holds at each such point: the SoC from which on nothing is discharged, %; energy wanted, Wh, or the SoC that
    a car is to have, %; 0 = none.
    """
    house = inputs.house
    found = {f"{b.device}.reserve": reserved(inputs, b).lowest_soc for b in house.batteries}
    for device in (*(c.device for c in house.chargers), *(s.device for s in house.switches)):
        request = target_of(inputs, device)
        found |= dict.fromkeys(_targets(device), 0.0)
        found |= {request.point: float(request.value)} if request else {}
    return {point: value for point, value in found.items() if point in house.commands}


def target_of(inputs: Inputs, device: str) -> Request | None:
    """What the device is to have taken by a time, in the wish that counts."""
    return heeded(inputs.requests, *_targets(device), begun=inputs.t)


def _targets(device: str) -> tuple[str, ...]:
    return tuple(f"{device}.{name}" for name in TARGETS)
