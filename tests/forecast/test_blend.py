"""Calibration and weights on small tables: what is wrong fades, what is silent does not count."""

from __future__ import annotations

import numpy as np
import pytest

from hub.forecast.blend import blended, calibrated, clearness, latest, mean_of, recency

ROWS, SLOTS = 60, 8
RNG = np.random.default_rng(7)
MADE = np.outer(RNG.uniform(0.2, 1.0, ROWS), [0, 100, 500, 900, 900, 500, 100, 0]).astype(float)


def test_only_what_was_known_before_counts() -> None:
    counts = recency(5, 2, 1.0, 2)
    assert counts[4].tolist() == [0.0, 0.5, 1.0, 0.0, 0.0]
    assert not np.triu(recency(9, 1, 3.0)).any()


@pytest.mark.parametrize("lead", [1, 2])
def test_nothing_of_the_day_itself_or_later_changes_what_was_foretold_of_it(lead: int) -> None:
    told = MADE * 0.7
    changed = MADE.copy()
    changed[30:] = 5000 * RNG.random((ROWS - 30, SLOTS))
    for made in (MADE, changed):
        tables = [latest(made, lead), mean_of(made, lead, 7), calibrated(told, made, lead)]
        tables.append(blended(tables, made, tables[1], lead))
        if made is MADE:
            before = tables
    assert np.array_equal(before[0][: 30 + lead], tables[0][: 30 + lead], equal_nan=True)
    assert np.array_equal(before[1][: 30 + lead], tables[1][: 30 + lead], equal_nan=True)
    assert np.array_equal(before[2][: 30 + lead], tables[2][: 30 + lead])
    assert np.array_equal(before[3][: 30 + lead], tables[3][: 30 + lead], equal_nan=True)


def test_yesterday_with_gaps_is_the_day_before_in_those_slots() -> None:
    made = MADE.copy()
    made[10, 3] = np.nan
    assert latest(made, 1)[11, 3] == made[9, 3] and latest(made, 1)[11, 4] == made[10, 4]
    assert np.isnan(latest(made, 1)[0]).all()


@pytest.mark.parametrize("factor", [0.001, 0.5, 3.0])
def test_a_constant_error_is_learned_away(factor: float) -> None:
    found = calibrated(MADE * factor, MADE, 1)
    assert np.allclose(found[-1], MADE[-1], rtol=0.02)


def test_an_error_in_some_hours_is_learned_there() -> None:
    told = MADE.copy()
    told[:, 5:7] *= 4
    found = calibrated(told, MADE, 1)[-1]
    assert found[3] == pytest.approx(MADE[-1, 3], rel=0.25)
    assert found[6] < 0.5 * told[-1, 6]


def test_without_history_a_forecast_stays_what_it_is() -> None:
    told = MADE * 0.5
    nothing = np.full_like(MADE, np.nan)
    assert np.allclose(calibrated(told, nothing, 1), told)


def test_the_better_one_weighs_more_and_a_wrong_one_nearly_nothing() -> None:
    good = MADE * (1 + 0.1 * RNG.standard_normal((ROWS, 1)))
    bad = np.full_like(MADE, 3000.0)
    found = blended([good, bad], MADE, good, 1)
    assert np.abs(found[20:] - good[20:]).max() < 0.25 * np.abs(bad - good).max()
    assert np.abs(found[-1] - good[-1]).max() < 100


def test_what_is_silent_is_left_out_slot_by_slot_and_all_silent_is_unknown() -> None:
    one, two = MADE + 10, MADE.copy()
    two[-1, 4:] = np.nan
    found = blended([one, two], MADE, one, 1)
    assert np.array_equal(found[-1, 4:], one[-1, 4:])
    assert (found[-1, :4] < one[-1, :4]).all()
    nothing = np.full_like(MADE, np.nan)
    assert np.isnan(blended([nothing, nothing], MADE, nothing, 1)).all()


def test_clearness_follows_the_last_day_in_part_and_the_last_weeks_in_part() -> None:
    could = np.full(ROWS, 1000.0)
    made = np.full(ROWS, 800.0)
    made[-1] = 100.0
    steady, after = (
        clearness(made, could, 100.0, 1)[-1],
        clearness(np.append(made, 0), np.append(could, 0), 100.0, 1)[-1],
    )
    assert steady == pytest.approx(0.8, abs=0.02)
    assert 0.3 < after < 0.65
