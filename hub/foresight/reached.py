"""The highest power of the billing period that runs: out of the house's own history, and as the meter tells it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hub.calendar import Calendar
from hub.forecast.series import Floats
from hub.foresight.records import History
from hub.foresight.view import STEP_MS, STEP_S, PeakSeen
from hub.live import Reading
from hub.model.network import CapacityCharge
from hub.tariff.capacity import begun

_DAY_MS, _AGAIN_MS = 86_400_000, 3_600_000
"""The last hour is read again: a second may come late."""
_LEAST = 0.5
"""The share of an interval that has to be known."""


def counted(charge: CapacityCharge, seen: PeakSeen, told: Reading, start: int, calendar: Calendar) -> PeakSeen:
    """What the meter tells is what will be charged for, also of days on which no hub was there: meters that tell a
    highest import (Belgium's) have that of the clock quarter-hours of a month. In a month's first quarter-hour it may
    still be that of the month before.
    """
    if (charge.period, charge.interval_s) != ("month", STEP_S) or not isinstance(told.value, int | float):
        return seen
    if told.at < begun(charge, start, calendar) + STEP_MS:
        return seen
    return replace(seen, reached_w=max(seen.reached_w, told.value), known=1.0)


class Reached:
    """`power`: the point of the grid meter, W, + = import. What is fed in at other moments of an interval takes nothing
    off its import: so meters count too.
    """

    def __init__(self, charge: CapacityCharge, power: str, history: History, calendar: Calendar) -> None:
        self._charge = charge
        self._power = power
        self._history = history
        self._calendar = calendar
        self._begin = self._day = 0
        self._wh, self._known = np.zeros(0), np.zeros(0)

    async def until(self, end: int) -> PeakSeen:
        """In the period that runs at `end` (UTC ms, a whole quarter-hour). Raises ShemsError.

        All of it is read anew each day, as the past may be mended or joined.
        """
        begin, day = begun(self._charge, end, self._calendar), end // _DAY_MS
        if (begin, day) != (self._begin, self._day):
            self._begin, self._day = begin, day
            self._wh, self._known = np.zeros(0), np.zeros(0)
        there = begin + len(self._wh) * STEP_MS
        await self._read(max(begin, min(there - _AGAIN_MS, end)), end)
        return self._seen(end)

    async def _read(self, start: int, end: int) -> None:
        if start >= end:
            return
        edges = np.arange(start, end + 1, STEP_MS, dtype=np.int64) // 1000
        flow = (await self._history.ask(lambda q: q.energy([self._power], edges)))[self._power]
        kept = (start - self._begin) // STEP_MS
        known = np.where(np.isnan(flow.plus), 0.0, flow.known)
        self._wh = np.concatenate([self._wh[:kept], np.nan_to_num(flow.plus)])
        self._known = np.concatenate([self._known[:kept], known])

    def _seen(self, end: int) -> PeakSeen:
        if not len(self._wh):
            return PeakSeen()
        length_ms = self._charge.interval_s * 1000
        starts = self._begin + np.arange(len(self._wh), dtype=np.int64) * STEP_MS
        numbers = starts // length_ms
        means, share = self._means(numbers - numbers[0], length_ms // STEP_MS)
        gone = end % length_ms // STEP_MS
        running = float(means[-1]) if gone and share[-1] * length_ms >= _LEAST * gone * STEP_MS else None
        whole = means[:-1][share[:-1] >= _LEAST] if gone else means[share >= _LEAST]
        return PeakSeen(float(whole.max(initial=0.0)), running, float(self._known.mean()))

    def _means(self, which: NDArray[np.int64], quarters: int) -> tuple[Floats, Floats]:
        """Of each interval: its mean import where it is known, W, and the share of it that is."""
        hours = np.bincount(which, self._known) * STEP_S / 3600
        means: Floats = np.bincount(which, self._wh) / np.maximum(hours, 1e-9)
        return np.where(hours > 0, means, 0.0), np.bincount(which, self._known) / quarters
