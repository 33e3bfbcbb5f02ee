"""What a battery should do by itself: plain self-consumption, hold, charge or discharge."""

from __future__ import annotations

from hub.core.types import Inputs, Wish
from hub.model import Reason, Source
from hub.model.site import BatteryControl


def battery_wish(inputs: Inputs, battery: BatteryControl, cars: tuple[str, ...]) -> Wish | None:
    """The set-point (W, + = discharge) of the battery's mode; None = the device is left to itself.

    `cars`: the chargers that charge fast, which a battery does not feed unless it is told to.
    """
    mode = inputs.mode(battery.device, battery.mode)
    match mode:
        case "off":
            return None
        case "hold":
            value, reason = 0.0, Reason("battery_hold")
        case "charge":
            value, reason = -battery.max_charge_w, Reason("battery_charge", {"power_w": battery.max_charge_w})
        case "discharge":
            value, reason = battery.max_discharge_w, Reason("battery_discharge", {"power_w": battery.max_discharge_w})
        case _:
            value, reason = _self_consumption(inputs, battery, () if battery.feeds_cars else cars)
    return Wish(f"{battery.device}.power_setpoint", value, Source.DEFAULT, reason)


def _self_consumption(inputs: Inputs, battery: BatteryControl, cars: tuple[str, ...]) -> tuple[float, Reason]:
    """Drives the grid to zero: what flows over the meter now is added to what the battery gives now.

    What a car draws fast is left to the grid. Several batteries share what is left after the ones before them.
    """
    needed = [f"{inputs.house.grid}.power", f"{battery.device}.power", *(f"{car}.power" for car in cars)]
    read = [inputs.number(point) for point in needed]
    if None in read:
        return 0.0, Reason("stale_input", {"point": needed[read.index(None)]})
    grid, now, *drawn = (r for r in read if r is not None)
    numbers = {"grid_w": grid, "battery_w": now}
    target = now + grid - sum(drawn)
    if cars and now + grid > 0:
        return float(round(max(target, 0.0))), Reason("spares_battery", {**numbers, "car_w": sum(drawn)})
    return float(round(now + grid)), Reason("self_consumption", numbers)
