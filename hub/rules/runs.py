"""When a rule would have been in force, over years: the machine in leaps from one change to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.rules.machine import GAP_MS
from hub.rules.rule import Condition, Rule
from hub.rules.vector import Floats, Mask, Moments, Span, Truths, truths

World: TypeAlias = Callable[[int, int, bool], Mapping[str, Floats]]
"""(start, end, in force) -> the values of the moments from start until before end, as they are when the rule is in
force, or as they are when it is not."""

_SMALL, _LARGE = 512, 1 << 15


@dataclass(frozen=True, slots=True)
class Run:
    """In force from moment `start` until before moment `end`; `why` it ended: rule_over, rule_input_missing,
    rule_until, or nothing yet."""

    start: int
    end: int
    why: str


def runs(rule: Rule, moments: Moments, world: World) -> Iterator[Run]:
    """Each run of the rule as `advance` would have made it, moment by moment; found as they are asked for."""
    walk = _Walk(rule, moments, world)
    at, n = 0, len(moments)
    while at < n:
        start = walk.fires(at)
        if start is None:
            return
        end, why = walk.ends(start)
        yield Run(start, end, why)
        at = end + 1


@dataclass(slots=True)
class _Walk:
    rule: Rule
    moments: Moments
    world: World
    ended: int = 0
    spent: bool = False
    bits: dict[str, tuple[int, ...]] | None = None

    def fires(self, at: int) -> int | None:
        """The first moment from `at` on at which it begins to be in force."""
        rule, t, true, before = self.rule, self.moments.t, 0, int(self.moments.t[at - 1]) if at else 0
        for start, end in _blocks(at, len(self.moments)):
            found, span = self._truths("when", rule.when, start, end, in_force=False)
            since = _since(found.true, t[start:end], true, before)
            ready = found.true & (t[start:end] - since >= rule.for_s * 1000)
            if self.spent and not rule.cooldown_s:
                ready &= np.logical_or.accumulate(~found.true)
                self.spent = bool(found.true.all())
            if self.ended:
                ended = np.minimum(self.ended, np.minimum.accumulate(t[start:end]))
                ready &= t[start:end] - ended >= rule.cooldown_s * 1000
                self.ended = int(ended[-1])
            k = int(ready.argmax()) if ready.any() else end - start - 1
            self._keep("when", rule.when, span, k)
            if ready.any():
                return start + k
            true, before = int(since[-1]) if found.true[-1] else 0, int(t[end - 1])
        return None

    def ends(self, start: int) -> tuple[int, str]:
        """(the first moment after `start` at which it is not in force any more, why)."""
        rule, since = self.rule, int(self.moments.t[start])
        name, hold = ("when", rule.when) if rule.hold is None else ("hold", rule.hold)
        for begin, end in _blocks(start + 1, len(self.moments)):
            t = self.moments.t[begin:end]
            began = np.minimum(since, np.minimum.accumulate(t))
            since = int(began[-1])
            holds, span = self._truths(name, hold, begin, end, in_force=True)
            reached, until = self._reached(begin, end, began)
            over = ~holds.true & (t - began >= rule.min_for_s * 1000)
            stop = reached | over
            k = int(stop.argmax()) if stop.any() else end - begin - 1
            self._keep(name, hold, span, k)
            if until is not None and rule.until.condition is not None:
                self._keep("until", rule.until.condition, until, k)
            if stop.any():
                self.ended, self.spent = int(t[k]), bool(reached[k])
                missing = "rule_over" if holds.known[k] else "rule_input_missing"
                return begin + k, "rule_until" if reached[k] else missing
        return len(self.moments), ""

    def _reached(self, start: int, end: int, began: NDArray[np.int64]) -> tuple[Mask, Span | None]:
        until, part = self.rule.until, self.moments.part(start, end)
        ms = part.t - began
        if until.condition is not None:
            found, span = self._truths("until", until.condition, start, end, in_force=True)
            return found.true, span
        if until.seconds is not None:
            return ms >= until.seconds * 1000, None
        if until.minute is not None:
            ago = (part.minute.astype(np.int64) - until.minute) % 1440
            return (ms > 0) & (ago * 60_000 < ms), None
        return np.zeros(end - start, np.bool_), None

    def _truths(self, name: str, condition: Condition, start: int, end: int, in_force: bool) -> tuple[Truths, Span]:
        bits = (self.bits or {}).get(name, (-1,) * condition.bits)
        span = Span(self.world(start, end, in_force), self.moments.part(start, end), bits, {})
        return truths(condition.tree, span), span

    def _keep(self, name: str, condition: Condition, span: Span, k: int) -> None:
        """The bits as they are after moment `k` of the span."""
        bits = tuple(int(span.after[b][k]) if b in span.after else span.bits[b] for b in range(condition.bits))
        self.bits = {**(self.bits or {}), name: bits}


def _since(true: Mask, t: NDArray[np.int64], carried: int, before: int) -> NDArray[np.int64]:
    """Since when each true moment has been so, ms; `carried` from the block before, whose last moment was `before`."""
    gaps = np.diff(t, prepend=before or t[0])
    fresh = (gaps < 0) | (gaps > GAP_MS)
    begins = true & (fresh | ~np.concatenate(([carried > 0], true[:-1])))
    at = np.maximum.accumulate(np.where(begins, np.arange(len(t)), -1))
    return np.where(at >= 0, t[at], carried)


def _blocks(at: int, n: int) -> Iterator[tuple[int, int]]:
    """Small ones first, for a change is often near; then larger ones."""
    size = _SMALL
    while at < n:
        yield at, min(at + size, n)
        at, size = at + size, min(size * 2, _LARGE)
