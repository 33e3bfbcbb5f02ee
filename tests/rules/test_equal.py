"""The live evaluator and the one of rehearsals come to the same, on random rules over random pasts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calendar import Moments
from hub.model import Moment, Value
from hub.rules import Memory, Run, World, advance, parse, runs
from hub.rules.rule import Rule
from hub.rules.scalar import Now
from hub.rules.vector import Bits, Floats, Span, truths
from tests.rules.test_language import COMMANDS, POINTS

NUMBERS = ("house.surplus", "grid.power", "battery.soc")
STATES = POINTS["wallbox.status"].choices

amounts = st.recursive(
    st.sampled_from([*NUMBERS, "5", "0", "-3", "1.5", "2", "50"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} * 1 {t[1]} {t[2]} * 1)"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]} * 1, {t[2]} * 1)"),
        inner.map(lambda a: f"abs({a})"),
    ),
    max_leaves=4,
)
plain_number = amounts.map(lambda a: a if a in NUMBERS else f"({a})")
single = st.sampled_from(NUMBERS)
comparisons = st.one_of(
    st.tuples(single, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.integers(-4, 6)).map(
        lambda t: f"{t[0]} {t[1]} {t[2]}"
    ),
    st.tuples(single, st.sampled_from(["<", "<=", ">", ">="]), st.integers(-3, 5), st.integers(0, 4)).map(
        lambda t: f"{t[0]} {t[1]} {t[2]} ± {t[3]}"
    ),
    st.tuples(single, st.integers(-3, 2), st.integers(0, 5)).map(lambda t: f"{t[0]} between {t[1]} and {t[2]}"),
    st.sampled_from(
        ["plug_tv.on", "plug_tv.on = off", "wallbox.status = charging", "wallbox.status in (off, ready)",
         "time > sunset - 30 min", "time between 22:00 and 06:00", "weekday in (sat, mon)", "holiday", "sun.up",
         "known(grid.power)", "known(wallbox.status)", "house.surplus / grid.power > 1 ± 0.5", "battery.soc * 2 > 3",
         "sun.elevation > 0.5 ± 1", "abs(grid.power) < 3", "min(house.surplus, grid.power) > 0"]
    ),
)  # fmt: skip
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        inner.map(lambda c: f"not ({c})"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]}) and ({t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]}) or ({t[1]})"),
    ),
    max_leaves=5,
)
durations = st.sampled_from(["0 s", "1 min", "90 s", "3 min", "7 min"])
documents = st.fixed_dictionaries(
    {"when": conditions, "then": st.just(["plug_tv.on = on"])},
    optional={
        "for": durations,
        "while": conditions,
        "until": st.one_of(conditions, st.sampled_from(["2 min", "5 min", "12:03", "00:01"])),
        "cooldown": durations,
        "min_for": durations,
    },
)


@dataclass(frozen=True)
class Past:
    moments: tuple[Moment, ...]
    idle: tuple[dict[str, Value], ...]
    active: tuple[dict[str, Value], ...]


reading = st.one_of(st.integers(-5, 6).map(float), st.sampled_from([0.0, -0.0, 1e16, 0.5, 2.5]), st.none())


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    n = draw(st.integers(1, 40))
    t, moments, zone = 1_700_000_000_000, [], 0
    for _ in range(n):
        t += draw(st.sampled_from([60_000] * 6 + [1_000, 0, 30_000, 700_000, -90_000]))
        zone += draw(st.sampled_from([0] * 8 + [60, -60, 3]))
        minute = t // 60_000 + zone
        sun = draw(st.sampled_from([(420, 1_000, 1.0), (420, 1_000, -2.0), (None, None, None)]))
        moments.append(Moment(t, minute % 1440, draw(st.integers(0, 6)), minute // 1440, draw(st.booleans()), *sun))
    return Past(tuple(moments), *(tuple(draw(world()) for _ in range(n)) for _ in range(2)))


@st.composite
def world(draw: st.DrawFn) -> dict[str, Value]:
    told: dict[str, Value | None] = {name: draw(reading) for name in NUMBERS}
    told["plug_tv.on"] = draw(st.sampled_from([True, False, None]))
    told["wallbox.status"] = draw(st.sampled_from(["off", "ready", "charging", None]))
    return {p: v for p, v in told.items() if v is not None}


def columns(rows: tuple[dict[str, Value], ...]) -> dict[str, Floats]:
    return {p: np.array([_coded(row.get(p)) for row in rows]) for p in (*NUMBERS, "plug_tv.on", "wallbox.status")}


def _coded(value: Value | None) -> float:
    if value is None:
        return np.nan
    return float(STATES.index(value)) if isinstance(value, str) else float(value)


def arrays(moments: tuple[Moment, ...]) -> Moments:
    def sun(name: str) -> Floats:
        return np.array([np.nan if getattr(m, name) is None else getattr(m, name) for m in moments])

    return Moments(
        np.array([m.t for m in moments]),
        np.array([m.minute for m in moments], np.int16),
        np.array([m.weekday for m in moments], np.int8),
        np.array([m.day for m in moments], np.int32),
        np.array([m.holiday for m in moments]),
        sun("sunrise"),
        sun("sunset"),
        sun("elevation"),
    )


def rule_of(document: Mapping[str, object]) -> Rule:
    """Also one that can never be, as it may have been kept from before it was refused."""
    return parse("r", document, POINTS, COMMANDS, kept=True)


@settings(max_examples=400, deadline=None)
@given(conditions, pasts())
def test_a_condition_is_the_same_at_every_moment(text: str, past: Past) -> None:
    condition = rule_of({"when": text, "then": ["plug_tv.on = on"]}).when
    bits = [-1] * condition.bits
    scalar = [condition.truth(Now(v, m, bits)) for m, v in zip(past.moments, past.idle, strict=True)]
    part = truths(condition.tree, Span(columns(past.idle), arrays(past.moments)))
    found = part(0, len(past.moments), Bits((-1,) * condition.bits))
    vector = [bool(t) if k else None for t, k in zip(found.true, found.known, strict=True)]
    assert vector == scalar


@settings(max_examples=600, deadline=None)
@given(documents, pasts())
def test_a_rule_is_in_force_at_the_same_moments(document: dict[str, object], past: Past) -> None:
    """In a house that answers: what is read is another world while the rule is in force."""
    rule = rule_of(document)
    assert list(runs(rule, arrays(past.moments), between(past))) == stepped(rule, past)


def stepped(rule: Rule, past: Past) -> list[Run]:
    memory, found, start = Memory(), [], -1
    for k, moment in enumerate(past.moments):
        values = past.active[k] if memory.since else past.idle[k]
        memory, firing = advance(rule, memory, values, moment)
        if firing.state == "active" and start < 0:
            start = k
        elif firing.state != "active" and start >= 0:
            found.append(Run(start, k, firing.reason.code))
            start = -1
    return [*found, Run(start, len(past.moments), "")] if start >= 0 else found


def between(past: Past) -> World:
    idle, active = columns(past.idle), columns(past.active)

    return lambda in_force: active if in_force else idle


def test_blocks_of_any_length_join_up(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["hub.rules.runs"]
    rule = rule_of({"when": "house.surplus > 2 ± 1", "for": "3 min", "until": "5 min", "then": ["plug_tv.on = on"]})
    dice = np.random.default_rng(4)
    n = 3_000
    surplus = np.round(np.cumsum(dice.normal(0, 0.4, n)) % 6 - 1, 2)
    t = 1_700_000_000_000 + 60_000 * np.arange(n)
    moments = tuple(Moment(int(k), int(k // 60_000 % 1440), 0, 0) for k in t)
    rows: tuple[dict[str, Value], ...] = tuple({"house.surplus": float(v)} for v in surplus)
    past = Past(moments, rows, rows)
    expected = stepped(rule, past)
    assert len(expected) > 20
    for small, large in ((1, 1), (3, 7), (512, 4096)):
        monkeypatch.setattr(module, "_SMALL", small)
        monkeypatch.setattr(module, "_LARGE", large)
        assert list(runs(rule, arrays(moments), between(past))) == expected


@pytest.mark.parametrize(
    "document",
    [
        {"when": "house.surplus > 2 ± 1", "for": "3 min", "while": "house.surplus > 1"},
        {"when": "house.surplus > 1 ± 2", "for": "2 min", "while": "grid.power < 3 ± 1", "cooldown": "4 min"},
        {"when": "house.surplus > 1 ± 1 and grid.power < 3 ± 1", "until": "grid.power > 3 ± 2", "min_for": "3 min"},
        {"when": "house.surplus > 0", "while": "grid.power > -9", "until": "02:30"},
        {"when": "house.surplus > 0", "while": "grid.power > -9", "until": "02:05"},
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_long_pasts_of_two_worlds_with_many_hours_that_come_twice(document: dict[str, object], seed: int) -> None:
    """Values stay in the bands for long, and each night the local clock is set back an hour and forth again."""
    rule, dice, n = rule_of({**document, "then": ["plug_tv.on = on"]}), np.random.default_rng(seed), 4_000
    t = 1_700_006_400_000 + 60_000 * np.arange(n)
    local = t // 60_000 - np.where(t // 60_000 % 1440 >= 180, 60, 0)
    moments = tuple(Moment(int(k), int(m % 1440), 0, int(m // 1440)) for k, m in zip(t, local, strict=True))

    def walked() -> tuple[dict[str, Value], ...]:
        surplus, power = (np.round(np.cumsum(dice.normal(0, 0.5, n)) % 8 - 2, 1) for _ in range(2))
        known = dice.random(n) > 0.02
        return tuple(
            {"house.surplus": float(s), "grid.power": float(p)} if k else {"house.surplus": float(s)}
            for s, p, k in zip(surplus, power, known, strict=True)
        )

    past = Past(moments, walked(), walked())
    expected = stepped(rule, past)
    assert len(expected) > 2
    assert list(runs(rule, arrays(moments), between(past))) == expected
