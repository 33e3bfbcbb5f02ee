"""Holds what the core did against what the scenario expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hub.model import Value
from tests.scenarios.play import Second
from tests.scenarios.scenario import Scenario, Table

NONE = "none"


@dataclass(frozen=True)
class Got:
    """One point at one second: its value, and what the core says of it."""

    value: Value
    reason: str = ""
    numbers: Mapping[str, Value] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    source: str = ""
    unmet: Mapping[str, str] = field(default_factory=dict)
    told: bool = True

    def __str__(self) -> str:
        numbers = ", ".join(f"{k} {v}" for k, v in self.numbers.items())
        said = f"{self.reason} ({numbers})" if numbers else self.reason
        more = [f"limits {list(self.limits)}" if self.limits else "", f"unmet {self.unmet}" if self.unmet else ""]
        return " ".join([str(self.value), said, *(m for m in more if m)]).strip()


def misses(scenario: Scenario, played: Mapping[int, Second]) -> list[str]:
    """One line for each expectation that was not met, and what was there instead."""
    return [f"{scenario.name}: {line}" for row in scenario.expect for line in _missed(row, played)]


def _missed(row: Table, played: Mapping[int, Second]) -> Iterator[str]:
    first = row.get("at", row.get("from", 0))
    seen = [t for t in range(first, row.get("at", row.get("until", first)) + 1) if t in played]
    if not seen:
        yield f"at {_clock(first)}: the hub is down then"
        return
    got = {t: _got(row["point"], played[t]) for t in seen}
    for key, expected in row.items():
        wrong = _CHECKS[key](got, expected) if key in _CHECKS else None
        if wrong is not None:
            said = f"{key} = {expected!r}"
            yield f"at {_clock(wrong)}: {row['point']}: expected {said}, got {got[wrong]}"


def _got(point: str, second: Second) -> Got:
    """What the point is by the core's word: derived, commanded, a mode; else what is read."""
    result, asked_by = second.result, {r.id: r.source.value for r in (*second.requests, *second.result.asked)}
    unmet = {asked_by[u.request]: u.by.code for u in result.unmet if u.point == point}
    if point in result.derived:
        derived = result.derived[point]
        return Got(NONE if derived is None else derived, unmet=unmet)
    for c in result.commands:
        if c.point == point:
            codes = tuple(limit.code for limit in c.limits)
            numbers = {k: v for r in (c.reason, *c.limits) for k, v in r.numbers.items()}
            return Got(c.value, c.reason.code, numbers, codes, c.source.value, unmet)
    return Got({**second.values, **result.modes}.get(point, NONE), unmet=unmet, told=False)


def _clock(t: int) -> str:
    return f"{t // 3600}:{t // 60 % 60:02}:{t % 60:02}"


# -- each check gives the second that fails it, or None --------------------------------------------------------------

Line = Mapping[int, Got]


def _first(got: Line, wrong: Any) -> int | None:
    return next((t for t, g in got.items() if wrong(g)), None)


def _number(got: Got) -> float:
    """Nothing counts as zero."""
    return 0.0 if isinstance(got.value, str) else float(got.value)


def _equal(value: Value, expected: Any) -> bool:
    if isinstance(value, str) or isinstance(expected, str):
        return bool(value == expected)
    return abs(float(value) - float(expected)) < 1e-6


def _value(got: Line, expected: Any) -> int | None:
    return _first(got, lambda g: not _equal(g.value, expected))


def _sometimes(got: Line, expected: Any) -> int | None:
    return None if any(_equal(g.value, expected) for g in got.values()) else max(got)


def _changes(got: Line, most: int) -> int | None:
    listed = list(got.items())
    changes = [t for (_, old), (t, new) in pairwise(listed) if old.value != new.value]
    return changes[most] if len(changes) > most else None


def _starts(got: Line, most: int) -> int | None:
    listed = list(got.items())
    starts = [t for (_, old), (t, new) in pairwise(listed) if not _number(old) and _number(new)]
    return starts[most] if len(starts) > most else None


def _mean(got: Line, between: list[float]) -> int | None:
    mean = sum(_number(g) for g in got.values()) / len(got)
    return None if between[0] <= mean <= between[1] else max(got)


def _numbers(got: Line, expected: Mapping[str, Any]) -> int | None:
    return _first(got, lambda g: any(g.numbers.get(k) != v for k, v in expected.items()))


_CHECKS = {
    "value": _value,
    "reason": lambda got, code: _first(got, lambda g: g.reason != code),
    "limits": lambda got, codes: _first(got, lambda g: list(g.limits) != codes),
    "source": lambda got, source: _first(got, lambda g: g.source != source),
    "unmet": lambda got, unmet: _first(got, lambda g: g.unmet != unmet),
    "numbers": _numbers,
    "never_above": lambda got, most: _first(got, lambda g: _number(g) > most + 1e-6),
    "never_below": lambda got, least: _first(got, lambda g: _number(g) < least - 1e-6),
    "sometimes": _sometimes,
    "changes_at_most": _changes,
    "starts_at_most": _starts,
    "told": lambda got, told: _first(got, lambda g: g.told != told),
    "mean": _mean,
}
