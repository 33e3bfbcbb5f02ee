"""Heat pumps that people leave to the plan: what is seen of them, or why they are not planned. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hub.forecast.series import Floats, Series
from hub.foresight.view import STEP_MS, PumpSeen
from hub.model.site import HeatPumpControl

Number = Callable[[str], float | None]
"""A point's value now, None where it is not known."""
_PLAUSIBLE = {"house": (-20.0, 50.0), "tank": (0.0, 100.0)}
"""degC that a store can have; what tells otherwise is broken."""
_OUTDOORS = -60.0, 60.0
"""degC; a thermometer in the sun is no hotter."""
_RUNS_W = 100.0
_DAYS, _A_DAY = 3, 86_400_000 // STEP_MS


def pump_seen(pump: HeatPumpControl, number: Number, outdoors: bool) -> PumpSeen | str:
    """Or why it is not planned. `outdoors`: whether somebody knows how cold it gets."""
    lacks = next(_lacking(pump, number, outdoors), "")
    if lacks:
        return f"{pump.device}: not planned, as {lacks}"
    house, tank = (number(store.temperature) if store else None for store in (pump.house, pump.tank))
    return PumpSeen(pump.device, house, tank, (number(f"{pump.device}.power") or 0.0) > _RUNS_W)


def _lacking(pump: HeatPumpControl, number: Number, outdoors: bool) -> Iterator[str]:
    if not pump.house and not pump.tank:
        yield "the site document tells neither its house nor its tank"
    if number(f"{pump.device}.power") is None:
        yield f"{pump.device}.power is not known"
    for store, (low, high) in ((pump.house, _PLAUSIBLE["house"]), (pump.tank, _PLAUSIBLE["tank"])):
        told = number(store.temperature) if store else None
        if store and told is None:
            yield f"{store.temperature} is not known"
        if store and told is not None and not low <= told <= high:
            yield f"{store.temperature} cannot be {told:g} degC"
    if not outdoors:
        yield "nobody tells how cold it is outdoors"


def outdoors_ahead(measured: Series | None, foretold: Floats) -> Floats | None:
    """degC of the steps ahead: as `foretold`; where that is NaN, as it was at the same time of the last days
    (`measured`, up to the first of the steps), and in gaps of both a line; None where nobody knows.
    """
    out = foretold.copy()
    if measured is not None:
        end = measured.end_ms
        values = measured.between(end - _DAYS * _A_DAY * STEP_MS, end).values.reshape(_DAYS, _A_DAY)
        there = ~np.isnan(values)
        known = there.sum(axis=0)
        usual = np.where(known > 0, np.where(there, values, 0.0).sum(axis=0) / np.maximum(known, 1), np.nan)
        out = np.where(np.isnan(out), np.resize(usual, len(out)), out)
    at = np.flatnonzero(~np.isnan(out))
    if not len(at):
        return None
    filled: Floats = np.interp(np.arange(len(out)), at, out[at])
    return np.clip(filled, *_OUTDOORS)
