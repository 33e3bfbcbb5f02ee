"""The sums over days and slots come to what the plain regression over all rows says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hub.forecast.load_features import OWN, Outdoors, Table, Targets, features
from hub.forecast.ridge import Ridge, Rows
from hub.forecast.series import Floats
from hub.forecast.usual import Usual

DAYS, SLOTS = 90, 24


def lived(seed: int) -> Usual:
    """Days without any order."""
    numbers = 20_000 + np.arange(DAYS)
    values = np.random.default_rng(seed).uniform(50, 3000, (DAYS, SLOTS))
    return Usual(numbers, (numbers + 3) % 7, values, values[:0], 0.5)


def told(usual: Usual) -> tuple[Table, Targets]:
    known = np.arange(10, DAYS)
    targets = Targets(usual.numbers[known], usual.codes[known], known)
    outdoors = np.random.default_rng(7).uniform(-10, 30, (DAYS, SLOTS))
    return features(usual, targets, Outdoors(int(usual.numbers[0]), outdoors)), targets


def stacked(table: Table) -> Floats:
    """Shape (days, slots, features)."""
    i, j = table.pairs
    calendar = table.daily[:, None, i] * table.slotly[None, :, j]
    return np.concatenate([np.moveaxis(table.whole, 0, -1), calendar], axis=-1)


def plainly(x: Floats, y: Floats, weight: Floats, penalty: float) -> Floats:
    """What a ridge says of x that was learned from it, by the textbook."""
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack([np.ones(len(x)), (x - centre) / spread])
    least = np.diag([0.0, *[penalty * weight.sum() / len(x)] * (z.shape[1] - 1)])
    said: Floats = z @ np.linalg.solve(z.T @ (z * weight[:, None]) + least, z.T @ (weight * y))
    return said


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_the_mean_is_that_of_the_plain_regression(gaps: float) -> None:
    usual, random = lived(1), np.random.default_rng(2)
    table, targets = told(usual)
    y = usual.values[targets.known]
    weight = random.uniform(0.2, 1.0, y.shape) * (random.random(y.shape) >= gaps)
    line = Ridge(Rows(table, np.where(weight > 0, y, np.nan), weight, np.zeros(len(y), np.int64), OWN)).mean(weight)
    use = weight > 0
    assert np.allclose(line(table)[use], plainly(stacked(table)[use], y[use], weight[use], 300.0), rtol=1e-9)


def test_what_is_unseen_is_told_as_if_its_days_had_never_been() -> None:
    usual = lived(3)
    table, targets = told(usual)
    y = usual.values[targets.known]
    block = np.where(np.arange(len(y)) < 70, -1, 0)
    weight = np.ones(y.shape)
    _, unseen = Ridge(Rows(table, y, weight, block, OWN)).median()
    assert np.isnan(unseen[:70]).all() and not np.isnan(unseen[70:]).any()
    again = y.copy()
    again[70:] += 1.0  # of the left-out days only the weight in the last round hangs on them
    _, other = Ridge(Rows(table, again, weight, block, OWN)).median()
    assert np.allclose(other[70:] - unseen[70:], 1.0, atol=0.5)


def test_nothing_is_concluded_beyond_what_was_seen() -> None:
    usual = lived(4)
    table, targets = told(usual)
    y = usual.values[targets.known]
    line = Ridge(Rows(table, y, np.ones(y.shape), np.zeros(len(y), np.int64), OWN)).mean(np.ones(y.shape))
    most = table.whole[:OWN].max(axis=(1, 2), keepdims=True)
    far, edge = table.whole.copy(), table.whole.copy()
    far[:OWN], edge[:OWN] = 100 * most, most
    one, other = (line(replace(table, whole=whole)) for whole in (far, edge))
    assert np.array_equal(one, other)


def test_a_house_that_never_changes_is_told_as_it_is() -> None:
    usual = lived(5)
    still = Usual(usual.numbers, usual.codes, np.full((DAYS, SLOTS), 230.0), usual.away, 0.5)
    table, targets = told(still)
    y = still.values[targets.known]
    rows = Rows(table, y, np.ones(y.shape), np.zeros(len(y), np.int64), OWN)
    assert np.allclose(Ridge(rows).median()[0](table), 230.0)


def test_features_are_what_they_are_named() -> None:
    usual = lived(6)
    table, targets = told(usual)
    for row, known in enumerate(targets.known.tolist()):
        before = usual.values[:known]
        same = before[usual.codes[:known] == targets.codes[row]]
        kind = before[(usual.codes[:known] >= 5) == (targets.codes[row] >= 5)]
        expected = [before[-1], before[-2], same[-1], before[-7:].mean(axis=0), before[-28:].mean(axis=0)]
        expected += [np.median(before[-7:], axis=0), same[-4:].mean(axis=0), kind[-10:].mean(axis=0)]
        assert np.allclose(table.whole[:8, row], expected)
