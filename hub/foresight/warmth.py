"""Heat pumps as the planner has them: the COP by the temperature outdoors, the house and the tank as stores. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hub.calendar import Calendar
from hub.forecast.series import Floats
from hub.foresight.view import STEP_MS, STEP_S, PumpSeen, View
from hub.model.heat import HouseStore, TankStore
from hub.model.site import HeatPumpControl
from hub.plan.problem import HeatPump, Room, Tank

FLOW_C = 40.0
"""degC that houses are heated with."""
_CARNOT, _LEAST_LIFT, _COP_MOST = 0.45, 15.0, 6.0
_WARMER_K = 5.0
"""What a heat pump makes is so much warmer than the water in the tank."""
_COLD_C = 10.0
"""degC that the water may have while nobody wants it hot: as it comes."""
_WH_PER_LITRE_K = 1.163
_STEP_MIN = STEP_S // 60


def cop_at(outdoor_c: Floats, flow_c: float = FLOW_C) -> Floats:
    """Heat from a kWh, by step: the share of Carnot's that air to water heat pumps of the field reach.

    About 45 % of T / (T - T_out) with T of the flow in K, with at least 15 K to lift.
    """
    lift = np.maximum(flow_c - outdoor_c, _LEAST_LIFT)
    cop: Floats = np.minimum(_CARNOT * (flow_c + 273.15) / lift, _COP_MOST)
    return cop


def pump_of(pump: HeatPumpControl, seen: PumpSeen, view: View, outdoor_c: Floats, calendar: Calendar) -> HeatPump:
    """As a problem, over the steps of `view`."""
    told = np.full(view.steps, pump.cop) if pump.cop else None
    house, tank = pump.house, pump.tank
    return HeatPump(
        id=pump.device,
        max_w=pump.power_w,
        cop=cop_at(outdoor_c) if told is None else told,
        cop_tank=told if told is not None else cop_at(outdoor_c, tank.high + _WARMER_K if tank else FLOW_C),
        outdoor_c=outdoor_c,
        on=seen.on,
        phases=len(pump.phases) or 3,
        phase=pump.phases[0] if pump.phases else 1,
        room=_room(house, seen.house_c, view.steps) if house and seen.house_c is not None else None,
        tank=_tank(tank, seen.tank_c, view, calendar) if tank and seen.tank_c is not None else None,
    )


def _room(house: HouseStore, now_c: float, steps: int) -> Room:
    return Room(
        temperature=now_c,
        capacity_wh_k=house.capacity_wh_k,
        loss_w_k=house.loss_w_k,
        low=np.full(steps, house.low),
        high=np.full(steps, house.high),
        gains_w=np.full(steps, house.gains_w),
    )


def _tank(tank: TankStore, now_c: float, view: View, calendar: Calendar) -> Tank:
    """What people draw is spread over the times in which it is hot."""
    starts = view.start + np.arange(view.steps, dtype=np.int64) * STEP_MS
    hot = np.zeros((1440 // _STEP_MIN, _STEP_MIN), np.bool_)
    for begin, end in tank.hot or ((0, 1440),):
        hot.reshape(-1)[begin:end] = True
    quarters: NDArray[np.bool_] = np.any(hot, axis=1)
    wanted = quarters[calendar.moments(starts).minute // _STEP_MIN]
    drawn_w = tank.kwh_per_day * 1000 * 3600 / STEP_S / quarters.sum()
    return Tank(
        temperature=now_c,
        capacity_wh_k=tank.litres * _WH_PER_LITRE_K,
        loss_w_k=tank.loss_w_k,
        draw_w=np.where(wanted, drawn_w, 0.0),
        low=np.where(wanted, tank.low, _COLD_C),
        high=tank.high,
    )
