"""Loads that can wait in the matrix: runs, steps and levels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hub.plan.heat import lasting
from hub.plan.matrix import Ints, Matrix
from hub.plan.problem import Appliance, Phase
from hub.plan.shape import Floats
from hub.plan.site import Site

_EARLY = 5e-5
"""Currency by which a start now counts less than one at the end of the horizon: of equal ones the first is taken."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a run: start columns, the step that each begins in, and its kW by step from there on."""

    starts: Ints
    at: Ints
    profile: Floats


@dataclass(frozen=True, slots=True)
class Moves:
    """The columns of an appliance. A run has `parts`; others `power` (unit: kW or, of steps, `each_kw`) in `steps`."""

    appliance: Appliance
    parts: tuple[Part, ...] = ()
    power: Ints | None = None
    steps: Ints | None = None
    each_kw: float = 1.0
    skipped: Ints | None = None

    def is_skipped(self, x: Floats) -> bool:
        return self.skipped is not None and bool(x[self.skipped[0]] > 0.5)


def add_appliance(site: Site, a: Appliance, late: bool = False) -> Moves:
    """`late`: a run may end after `latest` though it could end in time; else only where it cannot."""
    return _run(site, a, late) if a.kind == "run" else _spread(site, a)


# -- in one run --------------------------------------------------------------------------------------------------------


def _run(site: Site, a: Appliance, late: bool) -> Moves:
    m = site.matrix
    profiles = _profiles(site, a)
    whole = sum(map(len, profiles))
    if _comes_later(site, a, whole):
        return Moves(a)
    skipped = m.slack("skipped", a.id, 1, a.skip_price, "", 1.0)
    before = np.cumsum([0, *map(len, profiles)])
    parts = tuple(_part(site, a, p, int(b), whole, skipped, late) for p, b in zip(profiles, before[:-1], strict=True))
    pause = round(a.pause_s / site.problem.step_s)
    for one, other in pairwise(parts):
        length = len(one.profile)
        _not_before(m, other, one, length)
        _not_before(m, one, other, -length - pause)
    return Moves(a, parts, skipped=skipped)


def _comes_later(site: Site, a: Appliance, steps: int) -> bool:
    """Whether its window holds a run of so many steps, and none of them ends within the horizon: nothing is due yet."""
    step_ms, start = site.problem.step_s * 1000, site.problem.start
    first, _ = _window(site, a)
    return a.latest is not None and first + steps > site.n and start + (first + steps) * step_ms <= a.latest


def _not_before(m: Matrix, later: Part, first: Part, steps: int) -> None:
    """`later` has not begun before `first` has by `steps` earlier: for each time at which it might begin."""
    rows = m.rows(len(later.at), -np.inf, 0.0)
    for part, shift, sign in ((later, 0, 1.0), (first, steps, -1.0)):
        begun = part.at[None, :] <= later.at[:, None] - shift
        row, col = np.nonzero(begun)
        m.put(rows[row], part.starts[col], sign)


def _profiles(site: Site, a: Appliance) -> list[Floats]:
    """kW by step: of the whole run, or of each part where there may be pauses between them."""
    told = a.parts or (Phase(a.power_w, a.duration_s),)
    groups = [[p] for p in told] if a.pause_s else [list(told)]
    return [_on_steps(g, site.problem.step_s) for g in groups]


def _on_steps(phases: list[Phase], step_s: int) -> Floats:
    """The mean of each step, so that the energy is kept."""
    ends = np.cumsum([p.duration_s for p in phases])
    count = max(1, int(np.ceil(ends[-1] / step_s - 1e-9)))
    edges = np.arange(count + 1) * float(step_s)
    energy = np.concatenate(([0.0], np.cumsum([p.power_w / 1000 * p.duration_s for p in phases])))
    kw: Floats = np.diff(np.interp(edges, np.concatenate(([0.0], ends)), energy)) / step_s
    return kw


def _part(site: Site, a: Appliance, profile: Floats, before: int, whole: int, skipped: Ints, may_late: bool) -> Part:
    """`before`, `whole`: steps of the parts before, and of all together."""
    m, length = site.matrix, len(profile)
    free = allowed(site, a)
    quiet = np.concatenate(([0], np.cumsum(~free)))
    at = np.arange(0, max(0, site.n - length + 1))
    at = at[quiet[at + length] == quiet[at]]
    first, last = _window(site, a)
    after = whole - before - length
    in_time = at[(at >= first + before) & (at + length + after <= last)]
    late = np.zeros(len(in_time))
    if may_late or not len(in_time):
        in_time = at[at >= first + before]
        ends = site.problem.start + (in_time + length + after) * site.problem.step_s * 1000
        late = np.maximum(0, ends - (ends if a.latest is None else a.latest)) / 3_600_000
    starts = m.cols(len(in_time), 0.0, 1.0, _EARLY * (in_time / site.n - 1), integer=True)
    if late.any() and not after:
        row = m.rows(1, 0.0, 0.0)
        m.put(np.repeat(row, len(starts)), starts, late)
        m.put(row, m.slack("late", a.id, 1, a.late_price, "h", 1.0), -1.0)
    once = m.rows(1, 1.0, 1.0)
    m.put(np.repeat(once, len(starts)), starts, 1.0)
    m.put(once, skipped, 1.0)
    steps = (in_time[:, None] + np.arange(length)[None, :]).ravel()
    phases = site.phases_of(a.phases, a.phase)
    site.draw(a.id, np.repeat(starts, length), steps, np.tile(profile, len(starts)), phases)
    return Part(starts, in_time, profile)


# -- spread over steps -------------------------------------------------------------------------------------------------


def _spread(site: Site, a: Appliance) -> Moves:
    m, h = site.matrix, site.h
    first, last = _window(site, a)
    steps = np.arange(first, max(first, last))
    free = allowed(site, a)[steps]
    each = a.power_w / 1000
    on_off = a.kind == "steps"
    wanted = float(max(1, -(-round(a.duration_s) // site.problem.step_s))) if on_off else each * a.duration_s / 3600
    power = m.cols(len(steps), 0.0, free * (1.0 if on_off else each), integer=on_off)
    site.draw(a.id, power, steps, each if on_off else 1.0, site.phases_of(a.phases, a.phase))
    unit = each * h if on_off else 1.0
    price = a.skip_price / max(wanted, 1e-9)
    missing = m.slack("not_enough", a.id, 1, price, "kWh", unit)
    row = m.rows(1, wanted, wanted)
    m.put(np.repeat(row, len(steps)), power, 1.0 if on_off else h)
    m.put(row, missing, 1.0)
    if on_off and len(steps) and (a.min_on_s or a.min_off_s or a.start_cost):
        run, pause = (-(-round(s) // site.problem.step_s) for s in (a.min_on_s, a.min_off_s))
        lasting(site, power, False, a.start_cost, run, pause, closed=last < site.n)
    return Moves(a, power=power, steps=steps, each_kw=each if on_off else 1.0)


# -- when --------------------------------------------------------------------------------------------------------------


def _window(site: Site, a: Appliance) -> tuple[int, int]:
    """First step, and the one after the last."""
    step_ms, start = site.problem.step_s * 1000, site.problem.start
    first = 0 if a.earliest is None else -(-(a.earliest - start) // step_ms)
    last = site.n if a.latest is None else (a.latest - start) // step_ms
    return max(0, first), min(site.n, max(0, last))


def allowed(site: Site, a: Appliance) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Not in quiet hours."""
    free = np.ones(site.n, bool)
    for start, end in a.quiet:
        free &= ~site.within(start, end, touched=True)
    return free
