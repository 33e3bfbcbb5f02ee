"""A mixed-integer linear problem in the making: blocks of columns, rows and coefficients, vectorised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hub.plan.shape import Floats

Ints = NDArray[np.int64]
WISH = "given_up"


@dataclass(frozen=True, slots=True)
class Wish:
    """What may be given up: the columns that say by how much, and what that costs.

    `amount`: what one unit of the column is in `unit` (h for a power over a step). `steps`: of which the columns are,
    -1 = of the whole time.
    """

    name: str
    device: str
    cols: Ints
    unit: str
    amount: float
    steps: Ints


@dataclass(frozen=True, slots=True)
class Arrays:
    """The problem as the solver takes it: column costs and bounds, row bounds, the matrix row by row.

    `carried`: rows with an equation, and the column of each that follows from the others: where the solver begins.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    row_lower: Floats
    row_upper: Floats
    start: NDArray[np.int32]
    index: NDArray[np.int32]
    value: Floats
    carried: tuple[Ints, Ints]


class Matrix:
    """Columns and rows are numbered as they come."""

    def __init__(self) -> None:
        self._columns: list[tuple[int, ArrayLike, ArrayLike, ArrayLike, bool, str]] = []
        self._rows: list[tuple[int, ArrayLike, ArrayLike]] = []
        self._entries: list[tuple[Ints, Ints, ArrayLike]] = []
        self._carried: list[tuple[Ints, Ints]] = []
        self._cols_made = self._rows_made = 0
        self.wishes: list[Wish] = []

    def cols(
        self,
        n: int,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        cost: ArrayLike = 0.0,
        integer: bool = False,
        pays: str = "",
    ) -> Ints:
        """`n` new columns; bounds and cost are numbers or arrays of length n. `pays`: what the cost is for."""
        made = np.arange(self._cols_made, self._cols_made + n)
        self._columns.append((n, lower, upper, cost, integer, pays))
        self._cols_made += n
        return made

    def rows(self, n: int, lower: ArrayLike, upper: ArrayLike) -> Ints:
        made = np.arange(self._rows_made, self._rows_made + n)
        self._rows.append((n, lower, upper))
        self._rows_made += n
        return made

    def put(self, rows: Ints, cols: Ints, values: ArrayLike) -> None:
        """Coefficients at (rows, cols), each pair once."""
        self._entries.append((rows, cols, values))

    def carry(self, rows: Ints, cols: Ints) -> None:
        """Each of these columns is what the equation of its row makes it, whatever the others are."""
        self._carried.append((rows, cols))

    def slack(
        self, name: str, device: str, n: int, cost: ArrayLike, unit: str, amount: float, steps: Ints | None = None
    ) -> Ints:
        """Columns by which a wish may be missed, at `cost` a unit."""
        made = self.cols(n, cost=cost, pays=WISH)
        at = np.full(n, -1) if steps is None else steps
        self.wishes.append(Wish(name, device, made, unit, amount, at))
        return made

    def cost_of(self, cols: Ints) -> Floats:
        """What a unit of each of these neighbouring columns costs."""
        at = 0
        for n, _, _, cost, _, _ in self._columns:
            if n and at == cols[0]:
                return np.broadcast_to(np.asarray(cost, float), n)
            at += n
        raise LookupError(cols[0])

    def uppers(self) -> Floats:
        """The upper bounds of all columns so far."""
        return _laid([(n, upper) for n, _, upper, _, _, _ in self._columns])

    def paid(self, x: Floats) -> dict[str, float]:
        """What the columns cost together, by what they pay for."""
        sums: dict[str, float] = {}
        at = 0
        for n, _, _, cost, _, pays in self._columns:
            if pays:
                sums[pays] = sums.get(pays, 0.0) + float(np.sum(np.asarray(cost) * x[at : at + n]))
            at += n
        return sums

    def arrays(self) -> Arrays:
        cost, lower, upper = (_laid([(c[0], c[k]) for c in self._columns]) for k in (3, 1, 2))
        integer = np.repeat([c[4] for c in self._columns], [c[0] for c in self._columns])
        row_lower, row_upper = (_laid([(r[0], r[k]) for r in self._rows]) for k in (1, 2))
        row, col = (np.concatenate([e[k] for e in self._entries]) for k in (0, 1))
        value = _laid([(len(r), v) for r, _, v in self._entries])
        order = np.lexsort((col, row))
        counts = np.bincount(row, minlength=self._rows_made)
        start = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        index, carried = col[order].astype(np.int32), [np.concatenate([c[k] for c in self._carried]) for k in (0, 1)]
        return Arrays(
            cost, lower, upper, integer, row_lower, row_upper, start, index, value[order], (carried[0], carried[1])
        )


def _laid(parts: Sequence[tuple[int, ArrayLike]]) -> Floats:
    """One after another so many numbers: a whole array, or one number again and again."""
    out, at = np.empty(sum(n for n, _ in parts)), 0
    for n, value in parts:
        out[at : at + n] = value
        at += n
    return out
