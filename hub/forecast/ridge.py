"""Weighted ridge regression, its form for the median, and what either says of days that it was not shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.forecast.series import Floats

_PENALTY_MEDIAN, _PENALTY_MEAN = 100.0, 300.0
"""In rows of mean weight, for features scaled to a standard deviation of 1; single large errors move the mean more."""
_ROUNDS = 6
_NEAR = 0.05
"""Of the mean level: errors below it count as of this size, so that no row gets all the weight."""


@dataclass(frozen=True, slots=True)
class Line:
    """y = offset + (x - centre) / spread * slopes, with x held between `least` and `most`; all of shape (features,)."""

    least: Floats
    most: Floats
    centre: Floats
    spread: Floats
    slopes: Floats
    offset: float

    def __call__(self, x: Floats) -> Floats:
        """x: shape (..., features)."""
        slopes = self.slopes / self.spread  # so that x, which is large, is copied only once
        out: Floats = np.clip(x, self.least, self.most) @ slopes + (self.offset - float(self.centre @ slopes))
        return out


@dataclass(frozen=True, slots=True)
class Rows:
    """`x`: shape (n, features), `y`, `weight` and `block` (which rows are left out together; -1: never): shape (n,).

    Of the first `held` features nothing is concluded beyond what these rows show.
    """

    x: Floats
    y: Floats
    weight: Floats
    block: NDArray[np.int64]
    held: int = 0


class Ridge:
    """Both lines of the same rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self._free = rows, np.arange(rows.x.shape[1]) >= rows.held
        self._centre, self._spread = rows.x.mean(axis=0), rows.x.std(axis=0) + 1e-9
        # scaled features, ones and y: the sums of their products are all that a solution needs to know
        self._all = np.column_stack([(rows.x - self._centre) / self._spread, np.ones(len(rows.y)), rows.y])
        self._z = self._all[:, :-2]

    def mean(self, weight: Floats) -> Line:
        """Least squares: minimises squares weighted so, and the penalty on slopes."""
        return self._line(*_solved(_sums(self._all, weight), len(weight), _PENALTY_MEAN))

    def median(self) -> tuple[Line, Floats]:
        """Least deviations: least squares again and again, each row weighted by 1 / its error (IRLS).

        Also y less what the line says that was made without the row's block, NaN in block -1.
        """
        rows = self._rows
        near = _NEAR * max(float(np.average(np.abs(rows.y), weights=rows.weight)), 1.0)
        weight = rows.weight
        for _ in range(_ROUNDS):
            slopes, offset = _solved(_sums(self._all, weight), len(weight), _PENALTY_MEDIAN)
            weight = rows.weight / np.maximum(np.abs(rows.y - self._z @ slopes - offset), near)
        whole = _sums(self._all, weight)
        line = self._line(*_solved(whole, len(weight), _PENALTY_MEDIAN))
        return line, self._unseen(whole, weight)

    def _unseen(self, whole: Floats, weight: Floats) -> Floats:
        block = self._rows.block
        unseen = np.full(len(block), np.nan)
        for number in np.unique(block[block >= 0]).tolist():
            out = np.flatnonzero(block == number)
            if len(out) < len(block):
                own = self._all[out]
                slopes, offset = _solved(whole - _sums(own, weight[out]), len(block) - len(out), _PENALTY_MEDIAN)
                unseen[out] = own[:, -1] - own[:, :-2] @ slopes - offset
        return unseen

    def _line(self, slopes: Floats, offset: float) -> Line:
        x = self._rows.x
        least, most = np.where(self._free, -np.inf, x.min(axis=0)), np.where(self._free, np.inf, x.max(axis=0))
        return Line(least, most, self._centre, self._spread, slopes, offset)


def _sums(all_: Floats, weight: Floats) -> Floats:
    """Weighted sums of the products of each two columns. They can be added and taken away."""
    rooted = all_ * np.sqrt(weight)[:, None]
    sums: Floats = rooted.T @ rooted
    return sums


def _solved(sums: Floats, count: int, penalty: float) -> tuple[Floats, float]:
    """Slopes and offset, from the sums of `count` rows."""
    weight, centre, level = sums[-2, -2], sums[:-2, -2] / sums[-2, -2], sums[-2, -1] / sums[-2, -2]
    a = sums[:-2, :-2] - weight * np.outer(centre, centre)
    a[np.diag_indices_from(a)] += penalty * weight / count
    slopes = np.asarray(np.linalg.solve(a, sums[:-2, -1] - weight * centre * level), dtype=np.float64)
    return slopes, float(level - centre @ slopes)
