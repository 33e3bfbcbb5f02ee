"""What a battery should do by itself: plain self-consumption, hold, or charge."""

from __future__ import annotations

from hub.core.types import Inputs, Wish
from hub.model import Reason, Source
from hub.model.site import BatteryControl


def battery_wish(inputs: Inputs, battery: BatteryControl) -> Wish | None:
    """The set-point (W, + = discharge) of the battery's mode; None = the device is left to itself."""
    mode = inputs.intents.get(f"{battery.device}.mode", battery.mode)
    if mode == "off":
        return None
    value, reason = _MODES[mode](inputs, battery)
    return Wish(f"{battery.device}.power_setpoint", value, Source.DEFAULT, reason)


def _hold(_inputs: Inputs, _battery: BatteryControl) -> tuple[float, Reason]:
    return 0.0, Reason("battery_hold")


def _charge(_inputs: Inputs, battery: BatteryControl) -> tuple[float, Reason]:
    return -battery.max_charge_w, Reason("battery_charge", {"power_w": battery.max_charge_w})


def _self_consumption(inputs: Inputs, battery: BatteryControl) -> tuple[float, Reason]:
    """Drives the grid to zero: what flows over the meter now is added to what the battery gives now."""
    grid = inputs.number(f"{inputs.house.grid}.power")
    now = inputs.number(f"{battery.device}.power")
    if grid is None or now is None:
        missing = f"{inputs.house.grid}.power" if grid is None else f"{battery.device}.power"
        return 0.0, Reason("stale_input", {"point": missing})
    target = float(round(now + grid))
    return target, Reason("self_consumption", {"grid_w": grid, "battery_w": now})


_MODES = {"auto": _self_consumption, "hold": _hold, "charge": _charge}
