"""What holds energy answers what a rule changes: a battery evens out the meter until it is full or empty, a car takes
no more than fits into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from hub.model.site import BatteryControl, ChargerControl
from hub.rules.vector import Floats, Mask

_NEAR = 3.0
"""So near to full or empty (%) a battery is taken for that, where it leaves to the meter what it could even out."""


@dataclass(frozen=True, slots=True)
class BatteryPast:
    """What was recorded of a battery. `power`: W, + = it gives; `soc`: %, always known; `evens`: where it evens out the
    meter by itself.
    """

    control: BatteryControl
    power: Floats
    soc: Floats
    size_wh: float
    evens: Mask

    @property
    def least_wh(self) -> Floats:
        """What it may hold beyond what it did, at least (0 or less)."""
        return np.minimum(self.control.lowest_soc - self.soc, 0) / 100 * self.size_wh

    @property
    def most_wh(self) -> Floats:
        """What it may hold beyond what it did, at most."""
        return np.maximum(self.control.soc_ceiling - self.soc, 0) / 100 * self.size_wh


def given_at_once(b: BatteryPast, grid: Floats, more: Floats, spared: Floats) -> Floats:
    """W more that it gives, holding what it held, where the meter showed `grid` and `more` W are drawn beside that;
    `spared`: W of them and of what was drawn that it does not feed.
    """
    pulled = np.clip(_pulled(b, grid + more, spared), np.minimum(more, 0), np.maximum(more, 0))
    able = np.where(pulled > 0, b.least_wh < 0, b.most_wh > 0)
    return np.nan_to_num(np.where(b.evens & able, pulled, 0.0))


def given(
    b: BatteryPast, grid: Floats, more: Floats, spared: Floats, driven: Floats | None, active: Mask, hours: float
) -> Floats:
    """The same step by step of `hours`, with what it comes to hold. `driven`: what it is told to give while `active`.

    What it holds more or less than it did it keeps; it makes up for it where it left something to the meter because it
    was full or empty, and has to where it would hold too much or too little.
    """
    left = _pulled(b, grid, np.zeros(len(grid)))
    free = b.evens & ~active if driven is not None else b.evens
    full = free & (left < 0) & (b.soc >= b.control.soc_ceiling - _NEAR)
    empty = free & (left > 0) & (b.soc <= b.control.lowest_soc + _NEAR)
    pulled = _pulled(b, grid + more, spared)
    answer = np.clip(pulled, np.minimum(more, 0), np.maximum(more, 0))
    gives = np.where(free, np.where(full | empty, pulled, answer), 0.0)
    if driven is not None:
        gives = np.where(active, driven - b.power, gives)
    least, most = np.where(empty, 0.0, b.least_wh), np.where(full, 0.0, b.most_wh)
    held = levels(-np.nan_to_num(gives) * hours, least, most)
    return np.asarray(-np.diff(held, prepend=0.0) / hours)


def drawn(charger: ChargerControl, soc: Floats, connected: Mask, was: Floats, wanted: Floats, hours: float) -> Floats:
    """W that cars draw that drew `was` and would draw `wanted`: in one visit no more than what one holds, or took.

    `soc`: of the car, %; one whose SoC is not known as it comes is taken for empty.
    """
    begins = connected & ~np.concatenate(([False], connected[:-1]))
    visit, arrived = np.cumsum(begins) - 1, np.nan_to_num(soc[begins])
    if not len(arrived):
        return wanted
    room = charger.lacks_wh(100.0, None) * (1 - arrived / 100)
    wants = _since(begins, wanted * hours)
    takes = np.minimum(wants, np.maximum(_since(begins, was * hours), room[visit]))
    taken = np.where(begins, takes, np.diff(takes, prepend=0.0)) / hours
    return np.where(connected & (takes < wants), taken, wanted)


def levels(flow: Floats, least: Floats, most: Floats) -> Floats:
    """What a store holds after each step, from 0 on: as much more as flows, never below `least` or above `most`.

    However many steps follow each other, what comes of x is clip(x + sum, lowest, highest): so blocks of them are
    walked side by side, from as little and as much as may be, and only from block to block in turn.
    """
    n, width = len(flow), isqrt(len(flow)) + 1
    flows, leasts, mosts = (_side_by_side(part, width) for part in (flow, least, most))
    lows, highs = np.empty_like(flows), np.empty_like(flows)
    low, high = np.full(width, -np.inf), np.full(width, np.inf)
    for k in range(width):
        lows[k] = low = np.minimum(np.maximum(low + flows[k], leasts[k]), mosts[k])
        highs[k] = high = np.minimum(np.maximum(high + flows[k], leasts[k]), mosts[k])
    sums = np.cumsum(flows, axis=0)
    begin = [0.0]
    for total, lowest, highest in zip(sums[-1], lows[-1], highs[-1], strict=True):
        begin.append(min(max(begin[-1] + float(total), float(lowest)), float(highest)))
    return np.asarray(np.clip(sums + np.array(begin[:-1]), lows, highs).T.ravel()[:n])


def _side_by_side(part: Floats, width: int) -> Floats:
    """As columns of `width` steps each, one after the other."""
    return np.pad(part, (0, width * width - len(part))).reshape(width, width).T.copy()


def _pulled(b: BatteryPast, meter: Floats, spared: Floats) -> Floats:
    """W more that it would give to even out what the `meter` shows, as far as its power goes."""
    even = meter + b.power
    if not b.control.feeds_cars:
        even = np.minimum(even, np.maximum(even - spared, 0))
    return np.clip(even, -b.control.max_charge_w, b.control.max_discharge_w) - b.power


def _since(begins: NDArray[np.bool_], amounts: Floats) -> Floats:
    """Summed up since it last began."""
    total = np.cumsum(amounts)
    before = np.maximum.accumulate(np.where(begins, total - amounts, 0.0))
    return np.asarray(total - before)
