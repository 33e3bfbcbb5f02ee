"""Where a stretch was decided otherwise: what journal and columns say against the decisions that were made anew.

A digest tells that one of some sixty steps differs, and not which. The journal has the values that were written to
devices, the columns those that devices showed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from hub.core import Made
from hub.model import CommandSpec, Value
from hub.rehearse.replay import Difference, Replayed

NOTED_MS = 120_000
"""So long after it was decided a write may be noted: the device has answered by then."""
_JUST_MS = 3_000
"""A write begins so soon after its decision."""
_LATER_MS = 200
_SETTLED_MS = 15_000
"""What devices do not show by then, they were not told; and what they show has been decided no longer ago than twice
that, or is taken over from another's hand."""


@dataclass(frozen=True, slots=True)
class Write:
    """`value` began to be written to `point` at `t` (UTC ms)."""

    t: int
    point: str
    value: Value


def narrowed(done: Replayed, trail: Sequence[Made], writes: Sequence[Write]) -> Replayed:
    """The same with the first step that contradicts what was kept, if anything but the digest does. `trail`: the last
    steps; `writes` of that time and the day before it.
    """
    d = done.difference
    if d is None or d.point:
        return done
    since = next((k for k, made in enumerate(trail) if made.inputs.t >= d.start), len(trail))
    found = _written(trail, since, writes) or _shown(trail, since, writes)
    if found is None:
        return done
    k, point, was = found
    ends = trail[k + 1].inputs.t if k + 1 < len(trail) else d.end
    exact = Difference(trail[k].inputs.t, ends, point, was, _decided(trail[k], point))
    return replace(done, steps=done.steps - len(trail) + k, difference=exact)


def _written(trail: Sequence[Made], since: int, writes: Sequence[Write]) -> tuple[int, str, Value] | None:
    """(step, point, value) of the first write that no step has decided."""
    for w in writes:
        near = [k for k, made in enumerate(trail) if -_LATER_MS <= w.t - made.inputs.t <= _JUST_MS]
        if near and near[-1] >= since and all(_decided(trail[k], w.point) != w.value for k in near):
            return near[-1], w.point, w.value
    return None


def _shown(trail: Sequence[Made], since: int, writes: Sequence[Write]) -> tuple[int, str, Value] | None:
    """(step, point, value) of the first step by which a device showed what had not been decided, or did not show what
    had, though no write of it is noted. Only of what the hub writes to.
    """
    told = dict.fromkeys(w.point for w in writes)
    for k in range(since, len(trail)):
        for point in told:
            spec, value = trail[k].inputs.house.commands.get(point), trail[k].inputs.values.get(point)
            if spec is None or value is None:
                continue
            if _taken_up(trail, k, spec, value):
                return k, point, value
            instead = _instead(trail, k, spec, writes)
            if instead is not None:
                return k, point, instead
    return None


def _taken_up(trail: Sequence[Made], k: int, spec: CommandSpec, value: Value) -> bool:
    """Whether the device begins to show a value that nothing here has decided, and nobody has put there."""
    before, now = trail[k - 1].inputs.values.get(spec.point) if k else value, trail[k].inputs.t
    if before is None or before == value or _decided(trail[k], spec.point) is None:
        return False
    around = [m for m in trail if now - 2 * _SETTLED_MS <= m.inputs.t <= now + _JUST_MS]
    return not any(spec.shows(v, value) for v in _all(around, spec.point))


def _instead(trail: Sequence[Made], k: int, spec: CommandSpec, writes: Collection[Write]) -> Value | None:
    """What the device has come to show, if something new is decided here, and for long it is neither shown nor was it
    written.
    """
    now, wanted = trail[k].inputs.t, _decided(trail[k], spec.point)
    if wanted is None or not k or _decided(trail[k - 1], spec.point) == wanted:
        return None
    after = [m for m in trail[k:] if m.inputs.t <= now + _SETTLED_MS]
    if trail[-1].inputs.t < now + _SETTLED_MS or any(_decided(m, spec.point) != wanted for m in after):
        return None
    if any(w.point == spec.point and w.value == wanted and abs(w.t - now) <= _SETTLED_MS for w in writes):
        return None
    shown = [m.inputs.values.get(spec.point) for m in after]
    return None if any(v is None or spec.shows(wanted, v) for v in shown) else shown[-1]


def _all(trail: Sequence[Made], point: str) -> Iterator[Value]:
    return (value for made in trail if (value := _decided(made, point)) is not None)


def _decided(made: Made, point: str) -> Value | None:
    return next((c.value for c in made.step.commands if c.point == point), None)
