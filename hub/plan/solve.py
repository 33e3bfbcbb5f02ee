"""The matrix solved: the LP first, with what it has to be told of whole numbers; those by diving; then a few branches,
single devices and pairs anew, and the search of the solver for what is left of the gap.

There is always an answer: every wish can be given up, so the LP has one, and fixing its whole numbers one after another
gives a plan. What comes after only makes it better. Deterministic: one thread, a fixed seed, limits that count nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np

from hub.errors import ShemsError
from hub.plan.covers import Covers
from hub.plan.matrix import Arrays, Ints
from hub.plan.shape import Floats

GAP = 1e-4
"""Relative: what a plan may cost more than the cheapest."""
_WHOLE = 1e-6
_TIE = 1e-6
"""Plans whose costs differ by less of it are equal."""
_DUAL, _PRIMAL = 1, 4
_NEARLY = 0.9
_TELLS = 8
"""Times that the LP is told what its answer breaks before anything is decided."""
_FEW = 80
"""Nodes after which single devices and pairs, and then the solver's own search, do better."""
_WORTH = 20
"""From so many times the gap on the search does better than trying pairs of devices."""
_INF = highspy.kHighsInf
_LEAST = -1e9
"""Currency: no plan is cheaper, whatever is paid for."""


@dataclass(frozen=True, slots=True)
class Effort:
    """`seconds`: hard limit of the solver's search, after which the best plan so far counts; `nodes`: of it and of the
    branches before it, deterministic.

    `rounds`: steps in which a device's whole numbers are decided; `tries`: how often that is tried to be made better;
    `gap`: relative, what a plan may cost more than the cheapest.
    """

    seconds: float = 20.0
    nodes: int = 200
    gap: float = GAP
    tries: int = 60
    rounds: int = 12


QUICK = Effort(seconds=0.0, nodes=0, tries=0, rounds=3)
"""The LP and short dives."""
DIVE = Effort(nodes=0, tries=0)
"""The LP, and its whole numbers by diving."""


@dataclass(frozen=True, slots=True)
class Solved:
    """`x` by column; `price` by row: what one more unit of its right side costs; `bound`: no plan is cheaper.

    `how`: first, lp, dive or search; `done`: whether it is within the gap.
    """

    x: Floats
    price: Floats
    cost: float
    bound: float
    how: str
    done: bool


class Solver:
    """One solver with the problem in it: what changes between its runs are bounds and costs only."""

    def __init__(self, arrays: Arrays, covers: Covers | None = None) -> None:
        self._a, self._covers = arrays, covers
        self._h = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 1),
            ("parallel", "off"),
            ("simplex_strategy", _DUAL),
            ("presolve", "off"),
        ):
            self._h.setOptionValue(option, value)
        a, rowwise, minimise = arrays, int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize)
        size = len(a.cost), len(a.row_lower), len(a.value), rowwise, minimise, 0.0
        rows = a.row_lower, a.row_upper, a.start, a.index, a.value
        self._h.passModel(*size, a.cost, a.lower, a.upper, *rows, np.zeros(len(a.cost), np.int32))
        self._basis = _begin(arrays)
        self._h.setBasis(self._basis)
        self._ints = np.flatnonzero(arrays.integer)

    def lp(self, lower: Floats | None = None, upper: Floats | None = None) -> tuple[Floats, Floats, float]:
        """Values, prices of rows and cost with these bounds of the whole-number columns (in the order of `ints`)."""
        if lower is not None and upper is not None:
            self._bounds(lower, upper)
        if not self._solved():
            raise ShemsError(f"the solver gave up: {self._h.modelStatusToString(self._h.getModelStatus())}")
        told = self._h.getSolution()
        cost = self._h.getInfo().objective_function_value
        return np.array(told.col_value), np.array(told.row_dual), float(cost)

    def tried(self, lower: Floats, upper: Floats) -> Floats | None:
        """Values with these bounds; None where they cannot be."""
        self._bounds(lower, upper)
        return np.array(self._h.getSolution().col_value) if self._solved() else None

    def _solved(self) -> bool:
        """From where it was last; from nowhere if that leads into numerical trouble."""
        status = highspy.HighsModelStatus
        self._h.run()
        if self._h.getModelStatus() not in (status.kOptimal, status.kInfeasible):
            self._h.clearSolver()
            self._h.run()
        return bool(self._h.getModelStatus() == status.kOptimal)

    def hold(self, whole: Floats) -> None:
        """The whole numbers stay so from now on."""
        if len(whole):
            self._bounds(whole, whole)
            self._h.run()

    def told(self, x: Floats) -> bool:
        """Whether there was something that `x` breaks and whole numbers cannot: the next LP keeps to it."""
        rows = self._covers.broken(x) if self._covers else []
        if rows and self._h.getNumRow() == len(self._a.row_lower):
            self._basis = self._h.getBasis()
        if rows:
            starts = np.cumsum([0, *(len(row.cols) for row in rows[:-1])]).astype(np.int32)
            cols, values = np.concatenate([r.cols for r in rows]), np.concatenate([r.values for r in rows])
            upper = np.array([row.upper for row in rows])
            self._h.addRows(
                len(rows), np.full(len(rows), -_INF), upper, len(cols), starts, cols.astype(np.int32), values
            )
        return bool(rows)

    def forget(self) -> None:
        """What was told does not hold any more, and nothing else will be: with all whole numbers settled it only hides
        what sets the prices.
        """
        self._covers = None
        rows = np.arange(len(self._a.row_lower), self._h.getNumRow(), dtype=np.int32)
        if len(rows):
            self._h.deleteRows(len(rows), rows)
            self._h.setBasis(self._basis)

    def cost(self, x: Floats) -> float:
        return float(self._a.cost @ x)

    def reduced(self) -> Floats:
        """What one more unit of each column would cost, after the last LP."""
        return np.array(self._h.getSolution().col_dual)

    def _bounds(self, lower: Floats, upper: Floats) -> None:
        n = len(self._ints)
        self._h.changeColsBounds(n, self._ints.astype(np.int32), lower, upper)

    def tidied(self, late: Floats, cost: float) -> Floats:
        """Of all answers of the last LP that cost as little the one with the least sum of `late`."""
        before = np.array(self._h.getSolution().col_value)
        n, paid = len(late), np.flatnonzero(self._a.cost)
        room = _TIE * max(1.0, abs(cost))
        self._h.addRow(-_INF, cost + room, len(paid), paid.astype(np.int32), self._a.cost[paid])
        self._h.changeColsCost(n, np.arange(n, dtype=np.int32), late)
        self._h.setOptionValue("simplex_strategy", _PRIMAL)
        self._h.run()
        fine = self._h.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return np.array(self._h.getSolution().col_value) if fine else before

    def follow(self, lower: Floats, upper: Floats) -> Solved | None:
        """The answer with these bounds of all columns; None where there is none."""
        n = len(lower)
        self._h.changeColsBounds(n, np.arange(n, dtype=np.int32), lower, upper)
        self._h.run()
        if self._h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        told, cost = self._h.getSolution(), float(self._h.getInfo().objective_function_value)
        x, price, reduced = (np.array(values) for values in (told.col_value, told.row_dual, told.col_dual))
        return Solved(x, price, cost, min(cost, _shown(self._a, price, reduced)), "first", False)

    @property
    def ints(self) -> Ints:
        return self._ints

    def search(self, start: Floats, lower: Floats, upper: Floats, effort: Effort) -> tuple[Floats | None, float]:
        """The best that branch and bound finds from `start` on, and its bound."""
        h, n = self._h, len(self._ints)
        self._bounds(lower, upper)
        which = self._ints.astype(np.int32)
        h.changeColsIntegrality(n, which, np.full(n, int(highspy.HighsVarType.kInteger), np.uint8))
        for option, value in (
            ("presolve", "on"),
            ("mip_rel_gap", effort.gap),
            ("mip_max_nodes", effort.nodes),
            ("time_limit", h.getRunTime() + effort.seconds),
        ):
            h.setOptionValue(option, value)
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        h.setSolution(solution)
        h.run()
        info = h.getInfo()
        found = np.array(h.getSolution().col_value) if info.primal_solution_status == 2 else None
        bound = float(info.mip_dual_bound)
        h.changeColsIntegrality(n, which, np.full(n, int(highspy.HighsVarType.kContinuous), np.uint8))
        h.setOptionValue("time_limit", _INF)
        h.setOptionValue("presolve", "off")
        return found, bound


def follow(arrays: Arrays, cols: Ints, values: Floats) -> Solved:
    """What follows when these columns are held; of all others that are whole numbers none is on.

    Nothing is always possible: where the rest cannot be, nothing is what happens.
    """
    solver = Solver(arrays)
    low, high = (np.where(arrays.integer, 0.0, bounds) for bounds in (arrays.lower, arrays.upper))
    held = np.clip(values, arrays.lower[cols], arrays.upper[cols])
    found = solver.follow(_with(low, cols, held), _with(high, cols, held)) or solver.follow(low, high)
    if found is None:
        raise ShemsError("the solver found no way to do nothing")
    return found


def solve(
    arrays: Arrays, groups: list[Ints], late: Floats, effort: Effort = Effort(), covers: Covers | None = None
) -> Solved:
    """`groups`: columns of whole numbers that belong together, in the order in which they are decided.

    `late`: by column, what decides between plans of equal cost: the least of its sum. `covers`: what the LP is to be
    told.
    """
    solver = Solver(arrays, covers)
    relaxed, price, bound = solver.lp()
    if _is_whole(relaxed[solver.ints]):
        solver.hold(np.round(relaxed[solver.ints]))
        return Solved(solver.tidied(late, bound), price, bound, bound, "lp", True)
    x = relaxed
    for _ in range(_TELLS):
        if not solver.told(x):
            break
        x, _, bound = solver.lp()
    low, high = arrays.lower[solver.ints], arrays.upper[solver.ints]
    reduced, root = solver.reduced()[solver.ints], bound
    places = _places(solver, groups)
    x, cost = _dive(solver, places, x, low.copy(), high.copy(), effort.rounds)
    if not effort.tries and not effort.nodes and not _near(cost, bound, effort):
        # nothing comes after it; where wishes exclude each other, an LP that is told nothing often finds the better way
        solver.forget()
        again = _dive(solver, places, relaxed, low.copy(), high.copy(), effort.rounds)
        x, cost = min((x, cost), again, key=lambda plan: plan[1])
    how = "dive"
    if not _near(cost, bound, effort) and effort.nodes:
        box = _narrowed(low, high, reduced, cost - root)
        x, cost, bound = _branch(solver, places, (x, cost), box, effort, bound)
    x, cost = _improve(solver, places, (x, cost), (low, high), effort, bound)
    if not _near(cost, bound, effort) and effort.nodes:
        fixed_low, fixed_high = _narrowed(low, high, reduced, cost - root)
        found, shown = solver.search(x, fixed_low, fixed_high, effort)
        bound = max(bound, min(shown, cost)) if np.isfinite(shown) else bound
        if found is not None:
            x, how = found, "search"
    solver.forget()
    whole = np.round(x[solver.ints])
    x, price, cost = solver.lp(whole, whole)
    bound = cost if cost - bound < _TIE * max(1.0, abs(cost)) else bound
    return Solved(
        solver.tidied(late, cost), price, cost, bound, how, _near(cost, bound, replace(effort, gap=1.01 * effort.gap))
    )


def _places(solver: Solver, groups: list[Ints]) -> list[Ints]:
    """The groups as places among the whole-number columns; those that no group names are one more."""
    place = {int(col): i for i, col in enumerate(solver.ints)}
    named = [np.array([place[int(c)] for c in group]) for group in groups if len(group)]
    others = np.flatnonzero(np.bincount(np.concatenate([*named, np.zeros(0, int)]), minlength=len(solver.ints)) == 0)
    return [*named, *([others] if len(others) else [])]


def _dive(
    solver: Solver, groups: list[Ints], x: Floats, low: Floats, high: Floats, rounds: int
) -> tuple[Floats, float]:
    """Decides group by group, a few columns at a time, and asks the LP again after each what the others do then."""
    for group in groups:
        x = _settle(solver, group, x, low, high, rounds)
    x, _, cost = solver.lp(low, high)
    return x, cost


def _settle(solver: Solver, group: Ints, x: Floats, low: Floats, high: Floats, rounds: int) -> Floats:
    """Makes the columns of a group whole, in at most `rounds` steps and a last one for the rest."""
    for left in range(rounds, -1, -1):
        values = x[solver.ints][group]
        if _is_whole(values):
            low[group] = high[group] = np.round(values)
            break
        up = group[_surest(values, rounds)]
        was = low[up], high[up]
        if left:
            low[up] = high[up]
        else:
            low[group] = high[group] = _rounded(values, high[group])
        x = _otherwise(solver, (group, up, was), low, high)
        solver.told(x)
    return x


def _otherwise(solver: Solver, tried: tuple[Ints, Ints, tuple[Floats, Floats]], low: Floats, high: Floats) -> Floats:
    """What follows when these columns are on; where that cannot be they are off, or the whole group is.

    Nothing of a group is always possible: whatever it was for is a wish.
    """
    group, up, was = tried
    found = solver.tried(low, high)
    if found is None:
        low[up], high[up] = was[0], was[0]
        found = solver.tried(low, high)
    if found is None:
        low[group] = high[group] = 0.0
        found = solver.lp(low, high)[0]
    return found


def _surest(values: Floats, rounds: int) -> Ints:
    """Of the fractions the greatest few: those that are nearly one, else a share of them."""
    fractions = np.flatnonzero((values > _WHOLE) & (values < 1 - _WHOLE))
    order = fractions[np.lexsort((fractions, -values[fractions]))]
    nearly = int((values[order] > _NEARLY).sum())
    return order[: max(1, nearly, round(float(values[order].sum()) / max(1, rounds)))]


def _branch(
    solver: Solver,
    groups: list[Ints],
    plan: tuple[Floats, float],
    box: tuple[Floats, Floats],
    effort: Effort,
    bound: float,
) -> tuple[Floats, float, float]:
    """Branch and bound, depth first, for a few nodes: a plan that is no worse, its cost, and the bound."""
    (x, cost), shut = plan, np.inf
    nodes = [(bound, *box)]
    for _ in range(min(effort.nodes, _FEW)):
        if not nodes:
            break
        least, low, high = nodes.pop()
        if _near(cost, least, effort):
            shut = min(shut, least)
        elif (y := _relaxed(solver, low, high)) is not None:
            least = solver.cost(y)
            if _near(cost, least, effort):
                shut = min(shut, least)
            elif _is_whole(y[solver.ints]):
                x, cost = y, least
            else:
                at = _undecided(groups, y[solver.ints])
                off, on = high.copy(), low.copy()
                off[at], on[at] = low[at], high[at]
                nodes += [(least, low, off), (least, on, high)]
    return x, cost, max(bound, min(cost, shut, *(node[0] for node in nodes)))


def _relaxed(solver: Solver, low: Floats, high: Floats) -> Floats | None:
    """The LP with these bounds, told once what its first answer broke."""
    x = solver.tried(low, high)
    return solver.tried(low, high) if x is not None and solver.told(x) else x


def _undecided(groups: list[Ints], values: Floats) -> int:
    """The greatest fraction of the first group that has one."""
    fractions = np.where(np.abs(values - np.round(values)) < _WHOLE, 0.0, values)
    group = next(group for group in groups if fractions[group].any())
    return int(group[np.argmax(fractions[group])])


def _improve(
    solver: Solver,
    groups: list[Ints],
    plan: tuple[Floats, float],
    bounds: tuple[Floats, Floats],
    effort: Effort,
    bound: float,
) -> tuple[Floats, float]:
    """Lets one group or two decide again while the others stay, until nobody gains by it."""
    (x, cost), (low, high) = plan, bounds
    pairs = [(a, b) for i, a in enumerate(groups) for b in groups[i + 1 :]]
    sets: list[tuple[Ints, ...]] = [*((g,) for g in groups), *pairs]
    tried, left, at = 0, effort.tries, 0
    while tried < min(len(sets), left) and not _near(cost, bound, effort):
        if at >= len(groups) and effort.nodes and not _near(cost, bound, replace(effort, gap=_WORTH * effort.gap)):
            break
        tried, left = tried + 1, left - 1
        best = np.round(x[solver.ints])
        again = best.copy(), best.copy()
        for group in sets[at]:
            again[0][group], again[1][group] = low[group], high[group]
        relaxed, _, least = solver.lp(*again)
        if least < cost - 0.5 * effort.gap * abs(cost):
            y, reached = _dive(solver, list(sets[at]), relaxed, *again, effort.rounds)
            if reached < cost - 1e-9:
                x, cost, tried = y, reached, 0
        at = (at + 1) % len(sets)
    return x, cost


def _with(bounds: Floats, cols: Ints, values: Floats) -> Floats:
    changed = bounds.copy()
    changed[cols] = values
    return changed


def _shown(a: Arrays, price: Floats, reduced: Floats) -> float:
    """What the prices of a settled plan prove that no plan can be cheaper than (the dual, at the true bounds)."""
    cost = 0.0
    for worth, low, high in ((price, a.row_lower, a.row_upper), (reduced, a.lower, a.upper)):
        counts = np.abs(worth) > _WHOLE
        cost += float(np.sum(worth[counts] * np.where(worth[counts] > 0, low[counts], high[counts])))
    return max(cost, _LEAST)


def _near(cost: float, bound: float, effort: Effort) -> bool:
    return cost - bound <= effort.gap * max(abs(cost), 1e-3)


def _rounded(values: Floats, high: Floats) -> Floats:
    """Of columns of which one is chosen the greatest; of on-off columns as many as are on together, the greatest."""
    count = round(float(values.sum()))
    order = np.lexsort((np.arange(len(values)), -values))
    chosen = np.zeros(len(values))
    chosen[order[: max(count, 1 if values.max() > 0.3 else 0)]] = 1.0
    return np.minimum(chosen, high)


def _narrowed(low: Floats, high: Floats, reduced: Floats, room: float) -> tuple[Floats, Floats]:
    """A column whose change costs more than is to be won stays where the LP has it (reduced-cost fixing)."""
    room = room * (1 + 1e-6) + 1e-9
    new_low, new_high = low.copy(), high.copy()
    at_low, at_high = reduced > room, reduced < -room
    new_high[at_low] = low[at_low]
    new_low[at_high] = high[at_high]
    return new_low, new_high


def _is_whole(values: Floats) -> bool:
    return bool(np.all(np.abs(values - np.round(values)) < _WHOLE))


def _begin(a: Arrays) -> highspy.HighsBasis:
    """Nothing flows but what the house itself needs. From there the simplex takes a third of its way from nowhere."""
    kind, basis = highspy.HighsBasisStatus, highspy.HighsBasis()
    rows, cols = a.carried
    at = np.where(np.isfinite(a.lower), 0, np.where(np.isfinite(a.upper), 2, 3))
    at[cols] = 1
    statuses = (kind.kLower, kind.kBasic, kind.kUpper, kind.kZero)
    basis.col_status = [statuses[i] for i in at.tolist()]
    held = np.ones(len(a.row_lower), int)
    held[rows] = 0
    basis.row_status = [statuses[i] for i in held.tolist()]
    basis.valid, basis.alien = True, False
    return basis
