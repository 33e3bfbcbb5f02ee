"""A rule tried on the house's own past: when it would have been in force, and what that would have changed.

The house answers: while the rule is in force, what its actions do is laid over what was recorded (`effects`), and the
rule reads that. What it would have cost is the difference at the grid, at the prices of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hub.calendar import Calendar, Moments
from hub.model import Quantity, Relation
from hub.model.site import Site
from hub.rehearse.effects import Effects
from hub.rules import Action, Rule, Run, World, runs
from hub.rules.rule import exclude
from hub.rules.vector import Floats, Mask
from hub.store.ring import Buckets, Querier

DAY_MS = 86_400_000
MINUTE, SECONDS_MS = 60, 8 * DAY_MS
FLAPS = 6
"""More starts in an hour are too many."""
_PART = 45
"""That part of a longer rehearsal, a day at least, is tried by seconds too: it takes no longer than the rest."""
_BLOCK_S, _MOST = 31 * 86_400, 900_000
_PRICES = ("tariff.price_import", "tariff.price_export")
_SOON = ("house.surplus", "grid.power", "house.consumption")


@dataclass(frozen=True, slots=True)
class Stretch:
    """In force from `start` until before `end` (UTC ms)."""

    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Another rule would have asked something else of the same point, for so long."""

    rule: str
    point: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Differences are against doing nothing: Wh, and money in currency, + = costs more. `most_an_hour`: starts, of the
    steps or of the seconds of the newest days, whatever are more; `most_by_seconds`: of these, 0 if not tried;
    `known`: the share of the time in which all that it looks at was known; `priced`: the share of the Wh, taken or not,
    fed in or not, whose price was known; the others cost nothing.
    """

    start: int
    end: int
    step_s: int
    runs: tuple[Stretch, ...]
    active_s: float
    import_wh: float
    export_wh: float
    cost: float
    unmodelled: tuple[str, ...]
    known: float
    per_day: float
    most_an_hour: int
    clashes: tuple[Clash, ...]
    most_by_seconds: int = 0
    priced: float = 1.0


@dataclass(frozen=True, slots=True)
class Past:
    """What was recorded, step by step: numbers by point, NaN = not known; states as the index of their choice."""

    moments: Moments
    values: Mapping[str, Floats]
    step_s: int

    def world(self, effects: Effects | None) -> World:
        """With what a rule does laid over it while it is in force."""
        return lambda in_force: effects.over(self.values) if in_force and effects else self.values


def rehearse(
    rule: Rule,
    others: Sequence[Rule],
    querier: Querier,
    calendar: Calendar,
    points: Mapping[str, Quantity],
    site: Site,
    start: int,
    end: int,
) -> Rehearsed:
    """`start`, `end`: UTC ms; for the resolution see `recorded`. Raises UserError."""
    others = [o for o in others if o.enabled]
    wanted = dict.fromkeys((*rule.points, *_SOON, *_PRICES, *(p for o in others for p in o.points)))
    wanted |= dict.fromkeys(Effects.needs(rule, site))
    past = recorded(querier, calendar, points, [p for p in wanted if p in points], start, end)
    effects = Effects(rule, site, past.values, past.step_s)
    found = list(runs(rule, past.moments, past.world(effects)))
    report = _report(rule, others, past, effects, found)
    if past.step_s == 1 or report.most_an_hour > FLAPS:
        return report
    newest = _most_by_seconds(rule, querier, calendar, points, site, start, end)
    return replace(report, most_by_seconds=newest, most_an_hour=max(newest, report.most_an_hour))


def _most_by_seconds(
    rule: Rule, querier: Querier, calendar: Calendar, points: Mapping[str, Quantity], site: Site, start: int, end: int
) -> int:
    """The most starts in an hour of the newest days, which minutes may hide."""
    longest = min(SECONDS_MS, max(DAY_MS, (end - start) // _PART))
    kept = (end - longest // part for part in (1, 2, 4, 8, 24) if querier.finest(end - longest // part) == 1)
    since = next(kept, None)
    if since is None:
        return 0
    wanted = dict.fromkeys((*rule.points, *Effects.needs(rule, site)))
    past = recorded(querier, calendar, points, [p for p in wanted if p in points], since, end, 1)
    effects = Effects(rule, site, past.values, past.step_s)
    found = runs(rule, past.moments, past.world(effects))
    return _most_an_hour(np.array([past.moments.t[r.start] for r in found], np.int64))


def recorded(
    querier: Querier,
    calendar: Calendar,
    points: Mapping[str, Quantity],
    names: Sequence[str],
    start: int,
    end: int,
    every_s: int = 0,
) -> Past:
    """The past of some points: every second of up to SECONDS_MS, as the live evaluator saw them; of a longer time the
    last value of each minute, or of the finest step that is kept so long. `every_s` asks for another step.
    """
    step_s = max(every_s or (1 if end - start <= SECONDS_MS else MINUTE), querier.finest(start))
    first, last = start // (step_s * 1000) * step_s, -(-end // (step_s * 1000)) * step_s
    t = np.arange(first, last, step_s, dtype=np.int64)
    values = {p: np.full(len(t), np.nan) for p in names}
    block = min(_BLOCK_S, _MOST * step_s) // step_s * step_s
    for begin in range(first, last, block):
        stop = min(begin + block, last)
        found = querier.query(names, begin * 1000, stop * 1000, step_s * 1000)
        for p, buckets in found.items():
            at = (begin - first) // step_s
            values[p][at : at + len(buckets.t)] = coded(buckets, points[p])
    moments = calendar.moments((t + step_s - 1) * 1000)
    return Past(moments, values, step_s)


def coded(buckets: Buckets, q: Quantity) -> Floats:
    """The last values as numbers: a state as the index of its choice, on and off as 1 and 0."""
    if not isinstance(buckets.last, list):
        return buckets.last
    if not q.choices:
        return np.array([np.nan if v is None else float(v) for v in buckets.last])  # booleans
    index = {text: float(k) for k, text in enumerate(q.choices)}
    return np.array([np.nan if v is None else index.get(str(v), np.nan) for v in buckets.last])


# -- what it comes to --------------------------------------------------------------------------------------------------


def _report(rule: Rule, others: Sequence[Rule], past: Past, effects: Effects, found: list[Run]) -> Rehearsed:
    t, step = past.moments.t, past.step_s
    active = np.zeros(len(t), np.bool_)
    for run in found:
        active[run.start : run.end] = True
    delta = effects.at_grid(active)
    grid = past.values.get("grid.power", np.full(len(t), np.nan))
    hours = step / 3600
    moved = {name: _moved(grid, delta, sign) * hours for name, sign in (("import", 1), ("export", -1))}
    taken, fed = (past.values.get(p, np.full(len(t), np.nan)) for p in _PRICES)
    cost = float(np.nansum(moved["import"] * taken) - np.nansum(moved["export"] * fed)) / 1000 / 100_000
    days = len(t) * step / 86_400
    starts = np.array([t[r.start] for r in found], np.int64)
    return Rehearsed(
        int(t[0]) // 1000 * 1000 if len(t) else 0,
        int(t[-1]) if len(t) else 0,
        step,
        tuple(Stretch(int(t[r.start]), int(t[min(r.end, len(t) - 1)]), r.why) for r in found),
        float(active.sum() * step),
        float(np.nansum(moved["import"])),
        float(np.nansum(moved["export"])),
        round(cost, 4),
        effects.unmodelled,
        _known(rule, past),
        len(found) / days if days else 0.0,
        _most_an_hour(starts),
        tuple(_clashes(rule, others, past, active)),
        priced=_priced((moved["import"], taken), (moved["export"], fed)),
    )


def _moved(grid: Floats, delta: Floats, sign: int) -> Floats:
    """W more that way over the meter."""
    more: Floats = np.maximum(sign * (grid + delta), 0) - np.maximum(sign * grid, 0)
    return np.where(np.isnan(grid), np.maximum(sign * delta, 0), more)


def _priced(*flows: tuple[Floats, Floats]) -> float:
    """The share of what flows (Wh) whose price is known."""
    whole = sum(float(np.abs(wh).sum()) for wh, _ in flows)
    known = sum(float(np.abs(wh[~np.isnan(price)]).sum()) for wh, price in flows)
    return known / whole if whole else 1.0


def _known(rule: Rule, past: Past) -> float:
    """The share of the time in which all that it looks at was known; it need not know what it sets."""
    known = np.ones(len(past.moments), np.bool_)
    for point in rule.reads:
        if point in past.values:
            known &= ~np.isnan(past.values[point])
    return float(known.mean()) if len(known) else 0.0


def _most_an_hour(starts: NDArray[np.int64]) -> int:
    if not len(starts):
        return 0
    ends = np.searchsorted(starts, starts + 3_600_000)
    return int((ends - np.arange(len(starts))).max())


def _clashes(rule: Rule, others: Sequence[Rule], past: Past, active: Mask) -> Iterator[Clash]:
    """Where another rule is in force too and asks of a point what cannot be together."""
    for other in others:
        shared = dict.fromkeys(a.point for a in other.then if any(_against(mine, a) for mine in rule.then))
        if not shared:
            continue
        both = np.zeros(len(active), np.bool_)
        for run in runs(other, past.moments, past.world(None)):
            both[run.start : run.end] = True
        seconds = float((both & active).sum() * past.step_s)
        if seconds:
            yield from (Clash(other.id, point, seconds) for point in shared)


def _against(mine: Action, theirs: Action) -> bool:
    """Two that set a point agree in the same words only; limits of any value leave room, unless it is known not to."""
    if mine.point != theirs.point:
        return False
    both_set = mine.relation is theirs.relation is Relation.SET
    return exclude(mine, theirs) or (both_set and (mine.value, mine.tree) != (theirs.value, theirs.tree))
