"""Series laid on the steps of the problem: one number, a list, or an own grid; gaps are filled, and that is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.plan.shape import Floats, Grid, Number, Schema, Time

_DAY_S = 86_400
_MOST_MISSING = 0.5
_FINEST_S = 60


@dataclass(frozen=True, slots=True)
class Laid:
    """A number for all steps, a list with one for each, or {"start", "step_s", "values"} with steps of its own.

    null (and NaN) is a gap. It is filled with what stands at the same time on the nearest other day, else with the
    nearest known value; `mean`: whether a coarser step is the mean of its time (power) and a finer one is averaged.
    """

    low: float
    high: float
    gaps: bool = True

    def default(self, grid: Grid, value: Any) -> Floats:
        """One number for all steps."""
        return np.full(grid.steps, float(value))

    def read(self, grid: Grid, at: str, value: Any) -> Floats:
        if isinstance(value, list):
            if len(value) != grid.steps:
                said = f"has {len(value)} values, the problem has {grid.steps} steps"
                raise grid.error(at, f'{said}; give as many, or {{"start", "step_s", "values"}}')
            return self._filled(grid, at, self._numbers(grid, at, value))
        if isinstance(value, Mapping):
            return self._filled(grid, at, self._moved(grid, at, value))
        return self.default(grid, Number(self.low, self.high).read(grid, at, value))

    def _numbers(self, grid: Grid, at: str, values: list[Any]) -> Floats:
        number = Number(self.low, self.high)
        gap = [v is None or (isinstance(v, float) and math.isnan(v)) for v in values]
        try:
            found = np.array([np.nan if g else v for g, v in zip(gap, values, strict=True)], dtype=np.float64)
            plain = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values if v is not None)
        except (TypeError, ValueError, OverflowError):
            plain = False
        if not plain or not bool(np.all(np.isnan(found) | ((found >= self.low) & (found <= self.high)))):
            for i, (g, v) in enumerate(zip(gap, values, strict=True)):
                if not g:
                    number.read(grid, f"{at}[{i}]", v)
        return found

    def _moved(self, grid: Grid, at: str, table: Mapping[str, Any]) -> Floats:
        for key in ("start", "step_s", "values"):
            if key not in table:
                raise grid.error(f"{at}.{key}", "is missing; add it")
        start = Time().read(grid, f"{at}.start", table["start"])
        step = int(Number(1, 7 * _DAY_S, whole=True).read(grid, f"{at}.step_s", table["step_s"]))
        if not isinstance(table["values"], list) or not table["values"]:
            raise grid.error(f"{at}.values", "must be a list of numbers")
        values = self._numbers(grid, f"{at}.values", table["values"])
        fine = math.gcd(step, grid.step_s, abs(start - grid.start_ms) // 1000)
        if fine < _FINEST_S:
            raise grid.error(f"{at}.step_s", "its steps do not fall on those of the problem; begin at a whole minute")
        dense = np.repeat(values, step // fine)
        first = (grid.start_ms - start) // 1000 // fine
        index = first + np.arange(grid.steps * (grid.step_s // fine))
        out = np.where((index >= 0) & (index < len(dense)), dense[np.clip(index, 0, len(dense) - 1)], np.nan)
        laid: Floats = out.reshape(grid.steps, -1).mean(axis=1)
        return _from_days_before(grid, at, laid, dense, first, fine)

    def _filled(self, grid: Grid, at: str, values: Floats) -> Floats:
        gap = np.isnan(values)
        count = int(gap.sum())
        if not count:
            return values
        if not self.gaps or count > _MOST_MISSING * len(values):
            raise grid.error(at, f"{count} of {len(values)} values are missing; give at least half of them")
        grid.assumed.append(
            f"{at}: {count} of {len(values)} values are missing, taken from the same time of other days"
        )
        day = _DAY_S // grid.step_s
        filled = values.copy()
        for i in np.flatnonzero(gap):
            same = values[i % day :: day]
            known = np.flatnonzero(~np.isnan(same))
            if len(known):
                filled[i] = same[known[np.argmin(np.abs(known - i // day))]]
        known = np.flatnonzero(~np.isnan(filled))
        left = np.flatnonzero(np.isnan(filled))
        filled[left] = np.interp(left, known, filled[known])
        return filled

    def schema(self) -> Schema:
        number: Schema = {"type": "number", "minimum": self.low, "maximum": self.high}
        own = {
            "type": "object",
            "properties": {
                "start": Time().schema(),
                "step_s": {"type": "integer", "minimum": 1},
                "values": {"type": "array", "items": {"anyOf": [number, {"type": "null"}]}},
            },
            "required": ["start", "step_s", "values"],
        }
        return {"anyOf": [number, {"type": "array", "items": {"anyOf": [number, {"type": "null"}]}}, own]}


def _from_days_before(grid: Grid, at: str, laid: Floats, dense: Floats, first: int, fine: int) -> Floats:
    """What is told of a time before stands for the days that nothing is told of."""
    day, each = _DAY_S // fine, grid.step_s // fine
    out = laid.copy()
    for i in np.flatnonzero(np.isnan(laid)):
        for back in range(1, 8):
            begin = first + i * each - back * day
            span = dense[begin : begin + each] if begin >= 0 else dense[:0]
            if len(span) == each and not np.isnan(span).any():
                out[i] = span.mean()
                break
    count = int((np.isnan(laid) & ~np.isnan(out)).sum())
    if count:
        grid.assumed.append(f"{at}: {count} of {len(laid)} values are not told yet, taken from the days before")
    return out
