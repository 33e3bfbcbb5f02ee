"""What a battery should do by itself: plain self-consumption, hold, charge or discharge."""

from __future__ import annotations

from math import fsum

from hub.core import planned
from hub.core.types import Inputs, Wish
from hub.model import Reason, Source
from hub.model.record import record
from hub.model.site import BatteryControl

GAIN = 0.5
"""The share of what the meter is off that is made good in a second. Stable while the meter lags up to two seconds
behind the battery: z^3 = z^2 - GAIN has its roots inside the unit circle below 0.618."""
FOLLOWS_S = 0.9
"""A set-point that follows the meter moves once a second, as the meter tells: a step in between knows nothing new."""
PROBE_W = 300.0
"""So much more a battery takes each second to find out whether an inverter that is held back can make it."""


@record(frozen=True, slots=True)
class Balance:
    """`even_w`: what the battery would have to give (+) or take for nothing to flow over the meter. W.

    `now_w`: what it gives now; `cars_w`: what cars draw that it does not feed, None = there is none; `missing`: the
    point that is not known, then nothing is.
    """

    even_w: float = 0.0
    grid_w: float = 0.0
    now_w: float = 0.0
    cars_w: float | None = None
    missing: str = ""

    @property
    def fed_w(self) -> float:
        """The same without the cars that it does not feed."""
        return self.even_w if self.even_w <= 0 else max(self.even_w - (self.cars_w or 0.0), 0.0)

    @property
    def numbers(self) -> dict[str, float]:
        return {"grid_w": self.grid_w, "battery_w": self.now_w}


def battery_wish(
    inputs: Inputs, battery: BatteryControl, cars: tuple[str, ...], newly_w: float, was: float | None
) -> Wish | None:
    """The set-point (W, + = discharge) of the battery's mode; None = the device is left to itself.

    `cars`: the chargers that charge fast, which a battery does not feed unless it is told to. `newly_w`: what batteries
    before this one were told to give beyond what they give now. `was`: its last set-point.
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
            target, reason = _self_consumption(inputs, balance(inputs, battery, cars, newly_w))
            value = target if reason.code == "stale_input" else damped(target, was)
    return Wish(f"{battery.device}.power_setpoint", value, Source.DEFAULT, reason)


def balance(inputs: Inputs, battery: BatteryControl, cars: tuple[str, ...], newly_w: float) -> Balance:
    """What flows over the meter now is added to what the battery gives now; `cars`, `newly_w` as in `battery_wish`.

    What a car draws fast is left to the grid. The next of several batteries has what is left after those before it.
    """
    spared = () if battery.feeds_cars else cars
    needed = [f"{inputs.house.grid}.power", f"{battery.device}.power", *(f"{car}.power" for car in spared)]
    read = [inputs.number(point) for point in needed]
    if None in read:
        return Balance(missing=needed[read.index(None)])
    grid, now, *drawn = (r for r in read if r is not None)
    return Balance(now + grid - newly_w, grid, now, fsum(drawn) if spared else None)


def probed(inputs: Inputs, even: Balance, target: float) -> tuple[float, Reason] | None:
    """More than `target` into the battery, while an inverter is held back that may be able to make it."""
    if not inputs.hidden_w or target > PROBE_W:
        return None
    more = min(PROBE_W, inputs.hidden_w) / GAIN
    reason = Reason("hidden_sun", {**even.numbers, "hidden_w": inputs.hidden_w})
    return float(round(min(target, even.now_w) - more)), reason


def unknown(even: Balance) -> Reason:
    return Reason("stale_input", {"point": even.missing})


def damped(target: float, was: float | None) -> float:
    """Part of the way from the last set-point, for meter and battery do not tell of the same moment.

    It is for the step to see to it that this happens once a second, however often it decides.
    """
    return target if was is None or abs(target - was) < 2.0 else float(round(was + GAIN * (target - was)))


def follows(wish: Wish) -> bool:
    """Whether the wish goes by the meter, and not by what somebody wants or by what is not known."""
    return planned.code(wish.reason) not in ("battery_hold", "battery_charge", "battery_discharge", "stale_input")


def _self_consumption(inputs: Inputs, even: Balance) -> tuple[float, Reason]:
    """Drives the grid to zero."""
    if even.missing:
        return 0.0, unknown(even)
    tried = probed(inputs, even, even.even_w)
    if tried:
        return tried
    if even.cars_w is not None and even.even_w > 0:
        return float(round(even.fed_w)), Reason("spares_battery", {**even.numbers, "car_w": even.cars_w})
    return float(round(even.even_w)), Reason("self_consumption", even.numbers)
