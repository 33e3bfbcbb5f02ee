"""When a rule would have been in force, over years: the machine in leaps from one change to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.calendar import Moments
from hub.rules.machine import GAP_MS
from hub.rules.rule import Rule
from hub.rules.vector import Bits, Floats, Mask, Part, Span, truths

World: TypeAlias = Callable[[bool], Mapping[str, Floats]]
"""(in force) -> the values of all moments as they are when the rule is in force, or as they are when it is not."""

_SMALL, _LARGE = 512, 1 << 15


@dataclass(frozen=True, slots=True)
class Run:
    """In force from moment `start` until before moment `end`; `why` it ended: rule_over, rule_input_missing,
    rule_until, or nothing yet."""

    start: int
    end: int
    why: str


def runs(rule: Rule, moments: Moments, world: World) -> Iterator[Run]:
    """Each run of the rule as `advance` would have made it, moment by moment."""
    walk = _Walk(rule, moments, world)
    at, n = 0, len(moments)
    while at < n:
        start = walk.fires(at)
        if start is None:
            return
        end, why = walk.ends(start)
        yield Run(start, end, why)
        at = end + 1


class _Walk:
    def __init__(self, rule: Rule, moments: Moments, world: World) -> None:
        self.rule, self.moments = rule, moments
        self._ended, self._spent, self._fired, self._local = 0, False, 0, moments.local
        idle, active = (Span(world(in_force), moments) for in_force in (False, True))
        self._when = truths(rule.when.tree, idle)
        self._hold = truths((rule.hold or rule.when).tree, active)
        self._until: Part | None = truths(rule.until.condition.tree, active) if rule.until.condition else None
        self._kept = truths(rule.when.tree, active) if rule.hold and rule.when.bits else None
        """`when` while it is in force: it decides nothing then, but its bits keep up"""
        self._begin = {
            name: (-1,) * condition.bits
            for name, condition in (("when", rule.when), ("hold", rule.hold), ("until", rule.until.condition))
            if condition
        }
        self._bits = dict(self._begin)

    def fires(self, at: int) -> int | None:
        """The first moment from `at` on at which it begins to be in force."""
        rule, t, true, before = self.rule, self.moments.t, 0, int(self.moments.t[at - 1]) if at else 0
        for start, end in _blocks(at, len(self.moments)):
            bits = Bits(self._bits["when"])
            found = self._when(start, end, bits)
            since = _since(found.true, t[start:end], true, before)
            ready = found.true & (t[start:end] - since >= rule.for_s * 1000)
            if self._spent and not rule.cooldown_s:
                ready &= np.logical_or.accumulate(~found.true)
                self._spent = bool(found.true.all())
            if self._ended:
                ended = np.minimum(self._ended, np.minimum.accumulate(t[start:end]))
                ready &= t[start:end] - ended >= rule.cooldown_s * 1000
                self._ended = int(ended[-1])
            k = int(ready.argmax()) if ready.any() else end - start - 1
            self._bits["when"] = bits.at(k)
            if ready.any():
                self._fired, self._bits = int(self._local[start + k]), {**self._begin, "when": self._bits["when"]}
                return start + k
            true, before = int(since[-1]) if found.true[-1] else 0, int(t[end - 1])
        return None

    def ends(self, start: int) -> tuple[int, str]:
        """(the first moment after `start` at which it is not in force any more, why)."""
        rule, since = self.rule, int(self.moments.t[start])
        name = "when" if rule.hold is None else "hold"
        for begin, end in _blocks(start + 1, len(self.moments)):
            t = self.moments.t[begin:end]
            began = np.minimum(since, np.minimum.accumulate(t))
            since = int(began[-1])
            bits, until = Bits(self._bits[name]), Bits(self._bits.get("until", ()))
            holds, reached = self._hold(begin, end, bits), self._reached(begin, end, began, until)
            over = ~holds.true & (t - began >= rule.min_for_s * 1000)
            stop = reached | over
            k = int(stop.argmax()) if stop.any() else end - begin - 1
            if self._kept:
                kept = Bits(self._bits["when"])
                self._kept(begin, end, kept)
                self._bits["when"] = kept.at(k)
            self._bits[name] = bits.at(k)
            if self._until:
                self._bits["until"] = until.at(k)
            if stop.any():
                self._ended, self._spent = int(t[k]), bool(reached[k])
                missing = "rule_over" if holds.known[k] else "rule_input_missing"
                return begin + k, "rule_until" if reached[k] else missing
        return len(self.moments), ""

    def _reached(self, start: int, end: int, began: NDArray[np.int64], bits: Bits) -> Mask:
        until, ms = self.rule.until, self.moments.t[start:end] - began
        if self._until:
            return self._until(start, end, bits).true
        if until.seconds is not None:
            over: Mask = ms >= until.seconds * 1000
            return over
        if until.minute is not None:
            fired = self._fired_at(start, end)
            self._fired = int(fired[-1])
            return self._local[start:end] >= fired + 1 + (until.minute - fired - 1) % 1440
        return np.zeros(end - start, np.bool_)

    def _fired_at(self, start: int, end: int) -> NDArray[np.int64]:
        """When it fired by the local clock, at each moment: not later than a clock that was set back tells."""
        set_back = np.diff(self.moments.t[start - 1 : end]) < 0
        told = np.where(set_back, self._local[start:end], np.iinfo(np.int64).max)
        return np.minimum(self._fired, np.minimum.accumulate(told))


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
