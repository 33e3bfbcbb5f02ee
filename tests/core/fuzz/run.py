"""House after house, and what the judge has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import orjson

from hub.core import Inputs, Step
from hub.core.keyframe import packed, unpacked
from tests.core.fuzz.houses import Moment, walk
from tests.core.fuzz.judge import Judge
from tests.core.fuzz.plan import Past


@dataclass
class Tally:
    """What came of a run: how many of each invariant were broken, and the first of each with where it was."""

    steps: int = 0
    houses: int = 0
    checks: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, text: str) -> None:
        self.broken[name] += 1
        self.first.setdefault(name, text)

    def __str__(self) -> str:
        return f"{self.steps} steps in {self.houses} houses, {self.checks} checks, {self.broken.total()} broken"


Walk = Callable[[int], Iterator[tuple[Moment, Step]]]
AGAIN_EVERY = 8
"""Each so many steps are made twice and their state kept and read back."""


def fuzz(steps: int, seed: int = 0, until: str = "", walk: Walk = walk) -> Tally:
    """Houses number `seed`, `seed` + 1 ... until so many steps are made, or the invariant `until` is broken."""
    tally = Tally()
    while tally.steps < steps and until not in tally.broken:
        _one_house(seed + tally.houses, tally, steps, walk)
        tally.houses += 1
    return tally


def _one_house(seed: int, tally: Tally, steps: int, walk: Walk) -> None:
    judge, n = Judge(), 0
    try:
        for moment, result in walk(seed):
            n = moment.n
            for name, what in [*judge.see(moment, result), *_again(moment, result, tally)]:
                tally.add(name, told(moment, name, what))
            tally.steps += 1
            if tally.steps >= steps:
                break
    except Exception as err:  # noqa: BLE001 the finding is that anything is raised at all
        tally.add("no exception", f"seed {seed}, after step {n}: {err!r}")
    tally.checks += judge.checks


def _again(moment: Moment, result: Step, tally: Tally) -> Iterator[tuple[str, str]]:
    if moment.n % AGAIN_EVERY:
        return
    tally.checks += 2
    if moment.made() != result:
        yield "the same again", ""
    if unpacked(orjson.loads(orjson.dumps(packed(result.state)))) != result.state:
        yield "memory kept and read back", str(result.state)


def told(moment: Moment, name: str, what: str) -> str:
    """All that is needed to find it again."""
    i = moment.inputs
    wishes = "".join(f"\n    {r}" for r in i.requests)
    return (
        f"{name}: seed {moment.seed}, step {moment.n}\n  {what}\n  t {i.t}, before {moment.state.t}\n"
        f"  values {dict(i.values)}\n  intents {dict(i.intents)}\n  requests {wishes}\n"
        f"  limits {moment.site.limits}\n  circuits {moment.site.circuits}"
    )


def shrunk(seed: int, n: int, name: str) -> tuple[Moment, Step]:
    """Step `n` of house `seed` with as few readings, wishes and intents as still break the invariant `name`."""
    judge = Judge()
    for moment, result in walk(seed):
        if moment.n == n:
            return _smaller(moment, judge.past, name)
        judge.see(moment, result)
    raise ValueError(f"house {seed} has no step {n}")


def _smaller(moment: Moment, past: Past, name: str) -> tuple[Moment, Step]:
    def breaks(inputs: Inputs) -> bool:
        judge, other = Judge(), replace(moment, inputs=inputs)
        judge.past = past.copied()
        return any(broken == name for broken, _ in judge.see(other, other.made()))

    inputs = moment.inputs
    for r in inputs.requests:
        less = replace(inputs, requests=tuple(x for x in inputs.requests if x is not r))
        inputs = less if breaks(less) else inputs
    for p in inputs.values:
        less = replace(inputs, values={q: v for q, v in inputs.values.items() if q != p})
        inputs = less if breaks(less) else inputs
    for p in inputs.intents:
        less = replace(inputs, intents={q: v for q, v in inputs.intents.items() if q != p})
        inputs = less if breaks(less) else inputs
    small = replace(moment, inputs=inputs)
    return small, small.made()
