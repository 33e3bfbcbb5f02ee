"""The clear sky learned from power alone: against planes whose size and direction are known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hub.calendar.sun import Place, towards
from hub.forecast.panels import Plane
from hub.forecast.planes import clear_of_planes, clear_of_slots, fan, nnls, upper_fit
from tests.forecast.pv_house import SOUTH, House, house

EAST_WEST = (Plane(30, -90, 3.0), Plane(30, 90, 4.0))


def tables(home: House) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(made, clear, middles) as rows of days."""
    starts = home.start_ms // 1000 + np.arange(len(home.made)) * home.seconds + home.seconds // 2
    return home.made.reshape(-1, home.a_day), home.clear.reshape(-1, home.a_day), starts.reshape(-1, home.a_day)


def test_nnls_is_the_plain_solution_where_that_is_positive_and_at_the_edge_where_not() -> None:
    gram = np.array([[2.0, 0.5], [0.5, 1.0]])
    assert np.allclose(nnls(gram, np.array([1.0, 1.0])), np.linalg.solve(gram, [1.0, 1.0]))
    assert np.allclose(nnls(gram, np.array([1.0, -5.0])), [0.5, 0.0])
    assert np.allclose(nnls(gram, np.array([-1.0, -5.0])), [0.0, 0.0])


def test_nnls_meets_the_conditions_of_its_optimum_from_any_start() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        x, y = rng.random((60, 12)), rng.standard_normal(60)
        gram, right = x.T @ x + 1e-6 * np.eye(12), x.T @ y
        z = nnls(gram, right)
        slope = right - gram @ z
        assert (z >= 0).all()
        assert (slope <= 1e-6 * np.abs(right).max()).all()
        assert np.allclose(slope[z > 0], 0, atol=1e-7)
        assert np.allclose(nnls(gram, right, rng.random(12) > 0.5), z, atol=1e-7)


def test_an_upper_fit_is_the_expectile_that_theory_tells() -> None:
    y = np.linspace(0, 1, 2001)
    expected = 0.9**0.5 / (0.9**0.5 + 0.1**0.5)  # of what is spread evenly over 0 to 1
    assert upper_fit(np.ones((2001, 1)), y, np.ones(2001))[0] == pytest.approx(expected, abs=0.005)


def test_no_plane_makes_anything_at_night() -> None:
    middle = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp()) + np.arange(48) * 1800
    made = fan(np.stack(towards(middle, Place(52.5, 13.4))))
    assert (made[:5] == 0).all() and (made >= 0).all() and (made[24] > 0).any()


@pytest.mark.parametrize("planes", [SOUTH, EAST_WEST, (Plane(90, 0, 2.0), Plane(0, 0, 3.0))])
def test_the_day_after_clear_weeks_is_foretold_from_the_planes(planes: tuple[Plane, ...]) -> None:
    made, clear, middle = tables(house(61, planes=planes, clouds=0.0))
    made = made.copy()
    made[60] = np.nan
    found = clear_of_planes(made, middle, Place(52.52, 13.40))
    assert np.abs(found[60] - clear[60]).sum() < 0.12 * clear[60].sum()
    assert abs(found[60].sum() / clear[60].sum() - 1) < 0.06


def test_south_of_the_equator_too() -> None:
    sydney = Place(-33.87, 151.2)
    made, clear, middle = tables(house(61, planes=(Plane(30, 180, 5.0),), place=sydney, clouds=0.0))
    found = clear_of_planes(made[:60], middle[:60], sydney)
    assert abs(found[59].sum() / clear[59].sum() - 1) < 0.06


@pytest.mark.parametrize("place", [True, False])
def test_clouds_hide_the_clear_sky_but_not_for_weeks(place: bool) -> None:
    made, clear, middle = tables(house(98, clouds=1.0))
    found = clear_of_planes(made, middle, Place(52.52, 13.40)) if place else clear_of_slots(made)
    assert 0.8 < found[97].sum() / clear[97].sum() < 1.15
    assert (made[97] <= 1.2 * found[97] + 0.05 * clear.max()).all()


@pytest.mark.parametrize("place", [True, False])
def test_noons_that_are_always_held_back_are_filled_and_nights_are_not(place: bool) -> None:
    made, clear, middle = tables(house(60, clouds=0.0))
    made = np.where(clear > 0, made, np.nan)
    made[:, 22:25] = np.nan
    found = clear_of_planes(made, middle, Place(52.52, 13.40)) if place else clear_of_slots(made)
    assert np.allclose(found[59, 22:25], clear[59, 22:25], rtol=0.1)
    assert found[59, 0] == 0 and found[59, 47] == 0


def test_nothing_known_is_no_light_and_no_error() -> None:
    _, _, middle = tables(house(3))
    nothing = np.full((3, 48), np.nan)
    assert not clear_of_planes(nothing, middle, Place(52.52, 13.40)).any()
    assert not clear_of_slots(nothing).any()
