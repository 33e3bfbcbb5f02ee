"""The house's own inverter as two devices on the AC side, as those see it that lead sun and battery apart.

What the two have together is what the inverter gives; its losses are on the side of the sun, which so takes a little
in the night.
"""

from ..device import Truth
from ..physics.state import InverterState, Snapshot


def sun_w(unit: InverterState) -> float:
    return unit.ac_w - unit.battery_w


def sun_wh(unit: InverterState) -> float:
    return sum(unit.pv_wh)


def load_w(house: Snapshot) -> float:
    """What such a device holds for the house's consumption: of other inverters it knows nothing."""
    return house.grid.total + house.inverter.ac_w


def truth(house: Snapshot) -> Truth:
    unit = house.inverter
    return {"power": sun_w(unit), "battery_power": unit.battery_w, "soc": unit.soc, "grid_power": house.grid.total}
