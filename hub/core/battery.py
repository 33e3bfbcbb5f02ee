"""What a battery should do by itself: plain self-consumption, hold, charge or discharge."""

from __future__ import annotations

from hub.core.types import Inputs, Wish
from hub.model import Reason, Source
from hub.model.site import BatteryControl

GAIN = 0.5
"""The share of what the meter is off that is made good in a second. Stable while the meter lags up to two seconds
behind the battery: z^3 = z^2 - GAIN has its roots inside the unit circle below 0.618."""
PROBE_W = 300.0
"""So much more a battery takes each second to find out whether an inverter that is held back can make it."""


def battery_wish(
    inputs: Inputs, battery: BatteryControl, cars: tuple[str, ...], newly_w: float, was: float | None, dt: float
) -> Wish | None:
    """The set-point (W, + = discharge) of the battery's mode; None = the device is left to itself.

    `cars`: the chargers that charge fast, which a battery does not feed unless it is told to. `newly_w`: what batteries
    before this one were told to give beyond what they give now. `was`: its last set-point, `dt` s ago.
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
            fed = () if battery.feeds_cars else cars
            target, reason = _self_consumption(inputs, battery, fed, newly_w)
            value = target if reason.code == "stale_input" or was is None else _damped(target, was, dt)
    return Wish(f"{battery.device}.power_setpoint", value, Source.DEFAULT, reason)


def _self_consumption(
    inputs: Inputs, battery: BatteryControl, cars: tuple[str, ...], newly_w: float
) -> tuple[float, Reason]:
    """Drives the grid to zero: what flows over the meter now is added to what the battery gives now.

    What a car draws fast is left to the grid. The next of several batteries has what is left after those before it.
    """
    needed = [f"{inputs.house.grid}.power", f"{battery.device}.power", *(f"{car}.power" for car in cars)]
    read = [inputs.number(point) for point in needed]
    if None in read:
        return 0.0, Reason("stale_input", {"point": needed[read.index(None)]})
    grid, now, *drawn = (r for r in read if r is not None)
    numbers = {"grid_w": grid, "battery_w": now}
    target = now + grid - newly_w
    if inputs.hidden_w and target <= PROBE_W:
        more = min(PROBE_W, inputs.hidden_w) / GAIN
        return float(round(min(target, now) - more)), Reason("hidden_sun", {**numbers, "hidden_w": inputs.hidden_w})
    if cars and target > 0:
        return float(round(max(target - sum(drawn), 0.0))), Reason("spares_battery", {**numbers, "car_w": sum(drawn)})
    return float(round(target)), Reason("self_consumption", numbers)


def _damped(target: float, was: float, dt: float) -> float:
    """Part of the way from the last set-point, for meter and battery do not tell of the same moment."""
    share = GAIN * min(dt, 1.0)
    return target if abs(target - was) < 2.0 else float(round(was + share * (target - was)))
