"""Weighted ridge regression, its form for the median, and what either says of days that it was not shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.forecast.load_features import Table
from hub.forecast.series import Floats

_PENALTY_MEDIAN, _PENALTY_MEAN = 100.0, 300.0
"""In rows of mean weight, for features scaled to a standard deviation of 1; single large errors move the mean more."""
_ROUNDS = 6
_AT_ONCE = 30
"""Days whose products are summed together: so few lie in the processor's cache."""
_NEAR = 0.05
"""Of the mean level: errors below it count as of this size, so that no row gets all the weight."""
_SAME = 1e-9
"""Features that differ by less say nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """y = offset + features * slopes, with the first features held between `least` and `most`, shape (held, 1, 1)."""

    least: Floats
    most: Floats
    slopes: Floats
    offset: float

    def __call__(self, table: Table) -> Floats:
        """Shape (days, slots)."""
        held, n = len(self.least), len(table.whole)
        out: Floats = self.offset + table.of_calendar(self.slopes[n:])
        first = table.whole[:held]
        if (first < self.least).any() or (first > self.most).any():
            first = np.clip(first, self.least, self.most)
        for slopes, features in ((self.slopes[:held], first), (self.slopes[held:n], table.whole[held:])):
            out += (slopes @ features.reshape(len(slopes), out.size)).reshape(out.shape)
        return out


@dataclass(frozen=True, slots=True)
class Rows:
    """Each slot of each day is a row. `y`, `weight` (0: not learned from): shape (days, slots); `block`: which days are
    left out together, -1: never, shape (days,).

    Of the first `held` features nothing is concluded beyond what these rows show.
    """

    table: Table
    y: Floats
    weight: Floats
    block: NDArray[np.int64]
    held: int = 0


class Ridge:
    """Both lines of the same rows."""

    def __init__(self, rows: Rows) -> None:
        table, use = rows.table, rows.weight > 0
        self._rows, self._count = rows, use.sum(axis=1)
        self._n, n = len(table.whole), int(self._count.sum())
        centre = table.whole.reshape(self._n, -1) @ use.ravel() / n
        # y and scaled features: sums of products, with those of the calendar and of 1, are all that a solution needs
        self._all = np.empty((self._n + 1, *use.shape))
        self._all[0], whole = rows.y, self._all[1:]
        np.subtract(table.whole, centre[:, None, None], out=whole)
        if n < use.size:
            self._all[:, ~use] = 0.0
        self._centre, held = centre, table.whole[: rows.held]
        if n < use.size:
            held = np.where(use, held, centre[: rows.held, None, None])
        self._held = held.min(axis=(1, 2), keepdims=True), held.max(axis=(1, 2), keepdims=True)
        flat = whole.reshape(self._n, -1)
        spread = np.concatenate([np.sqrt(np.einsum("ij,ij->i", flat, flat) / n), _spread_of_calendar(table, use)])
        self._scale = np.where(spread > _SAME, 1 / (spread + _SAME), 0.0)
        whole *= self._scale[: self._n, None, None]
        self._weighted = np.empty((self._n + 1, _AT_ONCE, use.shape[1]))  # new memory each time would cost more
        daily, slotly = table.daily, table.slotly
        self._by_day = (daily[:, :, None] * daily[:, None, :]).reshape(len(daily), -1)
        self._by_slot = (slotly[:, :, None] * slotly[:, None, :]).reshape(len(slotly), -1)

    def mean(self, weight: Floats) -> Line:
        """Least squares: minimises squares weighted so, and the penalty on slopes."""
        return self._line(*_solved(self._sums(weight), int(self._count.sum()), _PENALTY_MEAN))

    def median(self) -> tuple[Line, Floats]:
        """Least deviations: least squares again and again, each row weighted by 1 / its error (IRLS).

        Also y less what the line says that was made without the row's block, NaN in block -1.
        """
        rows, count = self._rows, int(self._count.sum())
        near = _NEAR * max(float(np.average(np.abs(self._all[0]), weights=rows.weight)), 1.0)
        weight = rows.weight
        for _ in range(_ROUNDS):
            slopes, offset = _solved(self._sums(weight), count, _PENALTY_MEDIAN)
            weight = rows.weight / np.maximum(np.abs(self._errors(slopes, offset)), near)
        whole = self._sums(weight)
        line = self._line(*_solved(whole, count, _PENALTY_MEDIAN))
        return line, self._unseen(whole, weight)

    def _unseen(self, whole: Floats, weight: Floats) -> Floats:
        rows = self._rows
        unseen = np.full(rows.y.shape, np.nan)
        for number in sorted({*rows.block.tolist()} - {-1}):
            out = rows.block == number
            left = int(self._count[~out].sum())
            if left:
                slopes, offset = _solved(whole - self._sums(weight, out), left, _PENALTY_MEDIAN)
                unseen[out] = np.where(rows.weight[out] > 0, self._errors(slopes, offset, out), np.nan)
        return unseen

    def _errors(self, slopes: Floats, offset: float, days: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """y less what is told, shape (days, slots)."""
        some = self._all[:, days]
        told = self._rows.table.of_calendar(slopes[self._n :] * self._scale[self._n :], days)
        own: Floats = np.concatenate([[1.0], -slopes[: self._n]]) @ some.reshape(len(some), -1)
        return own.reshape(told.shape) - told - offset

    def _sums(self, weight: Floats, days: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        """Weighted sums of the products of each two of y, features and ones. They can be added and taken away."""
        table, some, weight = self._rows.table, self._all[:, days], weight[days]
        i, j = (np.append(of, 0) for of in table.pairs)
        scale = np.append(self._scale[self._n :], 1.0)
        daily, n = table.daily[days], len(some)
        a, b = daily.shape[1], table.slotly.shape[1]
        calendar = (self._by_day[days].T @ weight @ self._by_slot).reshape(a, a, b, b)
        sums = np.zeros((n + len(i), n + len(i)))
        with_calendar = np.zeros((n, a, b))
        for at in range(0, len(weight), _AT_ONCE):
            few = some[:, at : at + _AT_ONCE]
            weighted = np.multiply(few, weight[at : at + _AT_ONCE], out=self._weighted[:, : few.shape[1]])
            sums[:n, :n] += few.reshape(n, -1) @ weighted.reshape(n, -1).T
            with_calendar += daily[at : at + _AT_ONCE].T @ weighted @ table.slotly
        sums[:n, n:] = with_calendar[:, i, j] * scale
        sums[n:, :n] = sums[:n, n:].T
        sums[n:, n:] = calendar[i[:, None], i, j[:, None], j] * np.outer(scale, scale)
        return sums

    def _line(self, slopes: Floats, offset: float) -> Line:
        scaled = slopes * self._scale
        return Line(*self._held, scaled, offset - float(self._centre @ scaled[: self._n]))


def _spread_of_calendar(table: Table, use: NDArray[np.bool_]) -> Floats:
    """The standard deviations over the rows that are used."""
    n, (i, j) = use.sum(), table.pairs
    mean, square = (((table.daily**k).T @ use @ table.slotly**k)[i, j] / n for k in (1, 2))
    spread: Floats = np.sqrt(np.maximum(square - mean**2, 0.0))
    return spread


def _solved(sums: Floats, count: int, penalty: float) -> tuple[Floats, float]:
    """Slopes and offset, from the sums of `count` rows."""
    weight, centre, level = sums[-1, -1], sums[1:-1, -1] / sums[-1, -1], sums[0, -1] / sums[-1, -1]
    a = sums[1:-1, 1:-1] - weight * np.outer(centre, centre)
    a[np.diag_indices_from(a)] += penalty * weight / count
    slopes = np.asarray(np.linalg.solve(a, sums[1:-1, 0] - weight * centre * level), dtype=np.float64)
    return slopes, float(level - centre @ slopes)
