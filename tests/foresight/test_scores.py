"""Rated as they would have forecast, and the best is used; the day before is always among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hub.forecast.series import Series
from hub.foresight.rating import rated
from hub.foresight.scores import best, standings
from hub.foresight.view import STEP_MS, STEP_S, Rate, day_of, local_day
from hub.model.score import Score
from tests.foresight.kit import A_DAY, START, ZONE, load_w, past, pv_w

TODAY = local_day(START, ZONE)


def score(author: str, day: int, mae: float, before: float = 100.0) -> Score:
    return Score("load", day, author, 96, mae, 2 * mae, 1.0, 0.8, before, 2 * before)


def test_a_day_is_as_long_as_it_is() -> None:
    spring = local_day(1_774_745_200_000, ZONE)  # 2026-03-29, the clock goes forward
    begin, end = day_of(spring, ZONE)
    assert (end - begin) // 3_600_000 == 23
    assert local_day(begin, ZONE) == spring and local_day(end, ZONE) == spring + 1


def test_every_forecaster_is_rated_against_the_day_before_on_the_same_steps() -> None:
    found = rated(Rate(past(load_w(40)), past(pv_w(40)), (TODAY - 2, TODAY - 1)))
    for quantity in ("load", "pv"):
        by = {(s.author, s.day): s for s in found if s.quantity == quantity}
        assert {("persistence", TODAY - 1), ("persistence", TODAY - 2)} <= set(by)
        assert len({author for author, _ in by}) >= 4
        for (author, day), s in by.items():
            assert s.steps == A_DAY and s.day_before_mae == by["persistence", day].mae
            if author == "persistence":
                assert s.mae == s.day_before_mae


def test_what_came_later_is_not_known_at_midnight() -> None:
    """Whatever the day itself and those after it were, its forecasts are the same: only what they got wrong is not."""
    begin, end = day_of(TODAY - 2, ZONE)
    values = load_w(40)
    first = START - len(values) * STEP_MS
    other = values.copy()
    other[(begin - first) // STEP_MS :] = 100.0
    for author in ("ridge", "slots", "week", "persistence"):
        one, two = (
            next(s for s in rated(Rate(past(v), None, (TODAY - 2,))) if s.author == author) for v in (values, other)
        )
        truth = values[(begin - first) // STEP_MS : (end - first) // STEP_MS]
        assert abs((one.bias + truth.mean()) - (two.bias + 100.0)) < 1e-6, author


def test_the_weather_of_a_day_is_not_known_at_the_midnight_before_it() -> None:
    values = load_w(60)
    series = past(values).power
    warm = np.tile(10 + 5 * np.sin(np.arange(A_DAY) / A_DAY * 2 * np.pi), 60)
    hot = warm.copy()
    hot[-A_DAY:] += 30.0
    asks = [
        Rate(replace(past(values), temperature=Series(series.start_ms, STEP_S, t)), None, (TODAY - 1,))
        for t in (warm, hot)
    ]
    day = slice(None, (day_of(TODAY - 1, ZONE)[0] - series.start_ms) // STEP_MS)
    assert np.array_equal(warm[day], hot[day]), "only the day itself is hotter"
    assert rated(asks[0]) == rated(asks[1])


def test_a_day_of_which_too_little_is_known_says_nothing() -> None:
    values = load_w(40)
    values[-3 * A_DAY :] = np.nan
    assert rated(Rate(past(values), None, (TODAY - 1,))) == ()
    assert rated(Rate(past(values[:A_DAY]), None, (TODAY - 20,))) == ()


def test_steps_in_which_panels_were_held_back_do_not_count() -> None:
    seen = past(pv_w(40))
    held = np.zeros(len(seen.power.values), np.bool_)
    held[-A_DAY:] = True
    full = rated(Rate(past(load_w(40)), seen, (TODAY - 1,)))
    part = rated(Rate(past(load_w(40)), replace(seen, held_back=held), (TODAY - 1,)))
    steps = {s.steps for s in full if s.quantity == "pv"}, {s.steps for s in part if s.quantity == "pv"}
    assert steps[0] == {A_DAY} and max(steps[1], default=0) < A_DAY


def test_the_least_error_against_persistence_is_used() -> None:
    days = range(TODAY - 28, TODAY)
    rows = [score("ridge", d, 80.0) for d in days] + [score("persistence", d, 100.0) for d in days]
    assert best(standings(rows)) == {"load": "ridge"}
    worse = [replace(s, mae=120.0) if s.author == "ridge" else s for s in rows]
    assert best(standings(worse)) == {"load": "persistence"}, "the day before is a candidate like others"


def test_each_is_measured_on_its_own_days() -> None:
    """Who was rated on easy days only has not done better."""
    hard = [score("ridge", TODAY - d, 150.0, 200.0) for d in range(1, 15)]
    easy = [score("slots", TODAY - d, 95.0, 100.0) for d in range(1, 15)]
    assert best(standings([*hard, *easy])) == {"load": "ridge"}


def test_who_was_hardly_tried_is_not_used() -> None:
    rows = [score("persistence", TODAY - d, 100.0) for d in range(1, 29)]
    assert best(standings([*rows, score("ridge", TODAY - 1, 1.0)])) == {"load": "persistence"}
    assert best(standings([score("ridge", TODAY - 1, 1.0)])) == {}, "a day is no proof at all"
    assert best(standings([])) == {}
