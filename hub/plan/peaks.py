"""The highest power that is charged for: the mean of each clock interval, in each billing period. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub.plan.matrix import Ints
from hub.plan.problem import Peak, Problem
from hub.plan.shape import Floats


@dataclass(frozen=True, slots=True)
class Intervals:
    """The clock intervals of some steps. `which`: of each step, its interval, numbered from 0 on. By interval: `share`
    of it that a step is, `begun_kw` that its mean has from before the start, and its billing `period`, 0 = that of the
    start.
    """

    which: Ints
    share: Floats
    begun_kw: Floats
    period: Ints

    def means_kw(self, net_kw: Floats) -> Floats:
        """What is imported in the mean of each; `net_kw` of the steps, + = import."""
        return self.begun_kw + np.bincount(self.which, np.maximum(net_kw, 0.0)) * self.share


def intervals(problem: Problem, peak: Peak, at: Ints) -> Intervals:
    """Of the steps `at`, in time order. An interval that is not whole counts as what there is of it."""
    step_s = problem.step_s
    length = max(peak.interval_s, step_s)
    starts_s = problem.start // 1000 + at * step_s
    numbers, first, which, count = np.unique(
        starts_s // length, return_index=True, return_inverse=True, return_counts=True
    )
    share, begun = 1.0 / count, np.zeros(len(numbers))
    gone_s = problem.start // 1000 % length
    if peak.begun_w is not None and len(at) and at[0] == 0 and gone_s:
        share[0] = step_s / (gone_s + count[0] * step_s)
        begun[0] = peak.begun_w / 1000 * gone_s / (gone_s + count[0] * step_s)
    return Intervals(which, share, begun, _periods(problem, peak, starts_s[first] * 1000))


def floors_kw(problem: Problem, peak: Peak) -> Floats:
    """By billing period of the problem: what costs nothing more in it."""
    last = problem.start + (problem.steps - 1) * problem.step_s * 1000
    floors = np.full(int(_periods(problem, peak, np.array([last]))[0]) + 1, peak.least_w / 1000)
    floors[0] = max(peak.reached_w, peak.least_w) / 1000
    return floors


def highest_kw(problem: Problem, net_kw: Floats, at: Ints) -> Floats:
    """By billing period of the problem: the highest mean import of a clock interval in the steps `at`."""
    peak = problem.connection.peak if problem.connection else None
    if peak is None:
        return np.zeros(1)
    highest = np.zeros(len(floors_kw(problem, peak)))
    if len(at):
        found = intervals(problem, peak, at)
        np.maximum.at(highest, found.period, found.means_kw(net_kw[at]))
    return highest


def peak_cost(problem: Problem, net_kw: Floats) -> float:
    """What the highest mean imports add to those that were reached before, currency."""
    peak = problem.connection.peak if problem.connection else None
    if peak is None:
        return 0.0
    more = highest_kw(problem, net_kw, np.arange(problem.steps)) - floors_kw(problem, peak)
    return peak.price_per_kw * float(np.maximum(more, 0.0).sum())


def _periods(problem: Problem, peak: Peak, t: Ints) -> Ints:
    """Of moments (UTC ms)."""
    anew = np.array(peak.anew, np.int64)
    found: Ints = np.searchsorted(anew, t, "right") - np.searchsorted(anew, problem.start, "right")
    return found
