"""What a rule remembers from one moment to the next: waiting, in force, cooling down. Frozen; times in UTC ms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub.model import Moment, Reason, Request, Source, Value
from hub.model.record import record
from hub.rules.rule import Condition, Rule, Until
from hub.rules.scalar import Now

GAP_MS = 90_000
"""After a longer silence, or a clock that was set, `for` begins anew: nobody knows what was in between. It is more than
the minute in which a rehearsal looks once."""
LEASE_MS = 30_000
"""A rule renews what it asks with every step; should the core stop, it ends by itself."""


@record(frozen=True, slots=True)
class Memory:
    """`since`: in force since then, 0 = not; `true`: `when` has held since then, 0 = not; `ended`: when it was in force
    last; `spent`: `until` ended it then, and `when` has held ever since; `local`: the local day and time at which it
    fired, in minutes. The bits are the last truths of comparisons with a band: of `when`, which always keep up, and of
    `while` and `until`, which begin anew each time it fires. `digest`: of the rule whose it is, 0 = of any.
    """

    t: int = 0
    since: int = 0
    true: int = 0
    ended: int = 0
    spent: bool = False
    when_bits: tuple[int, ...] = ()
    hold_bits: tuple[int, ...] = ()
    until_bits: tuple[int, ...] = ()
    local: int = 0
    digest: int = 0


@record(frozen=True, slots=True)
class Firing:
    """What a rule does at a moment: `state` is idle, waiting, cooling or active."""

    state: str
    reason: Reason


_IDLE, _UNKNOWN = Firing("idle", Reason("rule_idle")), Firing("idle", Reason("rule_input_missing"))


def advance(rule: Rule, memory: Memory, values: Mapping[str, Value], moment: Moment) -> tuple[Memory, Firing]:
    """One moment further. While idle only `when` is looked at; while in force `while` and `until` decide.

    What `until` has ended fires again when `when` has been false in between, or after `cooldown` where there is one.
    What another rule of the same name has left behind, as this one was before it was changed, counts for nothing.
    """
    memory = _rested(memory if memory.digest in (rule.digest, 0) else Memory(), moment, rule.digest)
    if memory.since:
        return _in_force(rule, memory, values, moment)
    return _idle(rule, memory, values, moment)


def _rested(memory: Memory, moment: Moment, digest: int) -> Memory:
    """At that moment, after a gap or a step back of the clock perhaps."""
    t = moment.t
    fired = memory.local if t >= memory.t else min(memory.local, local(moment))
    true = memory.true if not memory.t or 0 <= t - memory.t <= GAP_MS else 0
    bits = memory.when_bits, memory.hold_bits, memory.until_bits
    return Memory(t, min(memory.since, t), true, min(memory.ended, t), memory.spent, *bits, fired, digest)


def _idle(rule: Rule, memory: Memory, values: Mapping[str, Value], moment: Moment) -> tuple[Memory, Firing]:
    t, (holds, bits) = moment.t, _truth(rule.when, memory.when_bits, values, moment)
    true = (memory.true or t) if holds else 0
    spent = memory.spent and bool(true)
    if (true, spent, bits) != (memory.true, memory.spent, memory.when_bits):
        memory = replace(memory, true=true, spent=spent, when_bits=bits)
    if not true:
        return memory, _IDLE if holds is False else _UNKNOWN
    wait_ms = rule.for_s * 1000 - (t - true)
    cool_ms = rule.cooldown_s * 1000 - (t - memory.ended) if memory.ended else 0.0
    if wait_ms > 0:
        return memory, Firing("waiting", Reason("rule_waits", {"wait_s": float(int(wait_ms / 1000))}))
    if cool_ms > 0:
        return memory, Firing("cooling", Reason("rule_cools", {"wait_s": float(int(cool_ms / 1000))}))
    if memory.spent and not rule.cooldown_s:
        return memory, Firing("cooling", Reason("rule_spent"))
    memory = replace(memory, since=t, spent=False, local=local(moment), hold_bits=(), until_bits=())
    return memory, Firing("active", Reason("rule_active", {"since": t}))


def _in_force(rule: Rule, memory: Memory, values: Mapping[str, Value], moment: Moment) -> tuple[Memory, Firing]:
    t, memory, reached = moment.t, *_reached(rule.until, memory, values, moment)
    holds, memory = _holds(rule, memory, values, moment)
    over = reached
    if over is None and not holds and t - memory.since >= rule.min_for_s * 1000:
        over = Reason("rule_over") if holds is False else Reason("rule_input_missing")
    if over is not None:
        return replace(memory, since=0, true=0, ended=t, spent=reached is not None), Firing("idle", over)
    return memory, Firing("active", Reason("rule_active", {"since": memory.since}))


def _holds(rule: Rule, memory: Memory, values: Mapping[str, Value], moment: Moment) -> tuple[bool | None, Memory]:
    holds: bool | None = None
    if rule.hold is None or rule.when.bits:
        holds, bits = _truth(rule.when, memory.when_bits, values, moment)
        memory = memory if bits == memory.when_bits else replace(memory, when_bits=bits)
    if rule.hold is not None:
        holds, bits = _truth(rule.hold, memory.hold_bits, values, moment)
        memory = memory if bits == memory.hold_bits else replace(memory, hold_bits=bits)
    return holds, memory


def _reached(until: Until, memory: Memory, values: Mapping[str, Value], moment: Moment) -> tuple[Memory, Reason | None]:
    """What ends it now, if anything does."""
    if until.condition is not None:
        holds, bits = _truth(until.condition, memory.until_bits, values, moment)
        memory = memory if bits == memory.until_bits else replace(memory, until_bits=bits)
        return memory, Reason("rule_until") if holds else None
    ms = moment.t - memory.since
    if until.seconds is not None:
        return memory, Reason("rule_until") if ms >= until.seconds * 1000 else None
    if until.minute is not None:
        return memory, Reason("rule_until") if local(moment) >= due(memory.local, until.minute) else None
    return memory, None


def local(moment: Moment) -> int:
    """The local day and time in minutes: it leaps in spring, and an hour of it comes twice in autumn."""
    return moment.day * 1440 + moment.minute


def due(fired: int, minute: int) -> int:
    """When a clock next shows `minute` after it has shown `fired`, both as `local`."""
    return fired + 1 + (minute - fired - 1) % 1440


def _truth(
    condition: Condition, bits: tuple[int, ...], values: Mapping[str, Value], moment: Moment
) -> tuple[bool | None, tuple[int, ...]]:
    now = Now(values, moment, list(bits) if len(bits) == condition.bits else [-1] * condition.bits)
    return condition.truth(now), tuple(now.bits)


def requests(rule: Rule, memory: Memory, values: Mapping[str, Value], moment: Moment) -> tuple[Request, ...]:
    """What it asks while it is in force; an amount that cannot be worked out now is not asked."""
    found = []
    for action in rule.then:
        value = action.value
        if action.amount is not None:
            value = action.amount(Now(values, moment, []))
        if value is not None:
            found.append(
                Request(
                    f"rule:{rule.id}:{action.point}:{action.relation.value}",
                    action.point,
                    action.relation,
                    value,
                    Source.RULE,
                    memory.since,
                    moment.t + LEASE_MS,
                    cause=f"rule:{rule.id}",
                    priority=rule.priority,
                )
            )
    return tuple(found)
