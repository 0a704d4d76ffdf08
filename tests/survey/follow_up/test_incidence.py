"""Cumulative incidence: identities, tables by hand, and derivatives by differences."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from advocacy.arrays import Floats
from advocacy.survey.follow_up.incidence import aalen_johansen, incidence_slopes


def drawn(seed: int, times: int = 12, endings: int = 3) -> Floats:
    """Return totals by time and ending, some of them nought."""
    rng = np.random.default_rng(seed)
    totals = rng.gamma(1.0, 2.0, (times, endings))
    return np.where(rng.random(totals.shape) < 0.3, 0.0, totals)


def redistributed(totals: list[list[int]]) -> list[Fraction]:
    """Return the incidence by Efron's redistribution to the right, in fractions.

    Who leaves without an event hands on their weight, in equal shares, to all who stay longer.
    """
    mass = [Fraction(sum(row)) for row in totals]
    whole, factor, reached, found = sum(mass), Fraction(1), Fraction(0), []
    for time, row in enumerate(totals):
        reached += factor * row[1] / whole
        found.append(reached)
        later = sum(mass[time + 1 :])
        if later:
            factor *= 1 + Fraction(row[0]) / later
    return found


@pytest.mark.parametrize("seed", range(20))
def test_it_is_what_redistribution_to_the_right_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    totals = rng.integers(0, 4, (8, 3))
    totals[-1] += 1
    wanted = [float(value) for value in redistributed(totals.tolist())]
    np.testing.assert_allclose(aalen_johansen(totals.astype(float)), wanted, rtol=1e-13)


def test_without_anyone_leaving_it_is_a_share() -> None:
    totals = np.array([[0, 2, 1], [0, 0, 3], [0, 4, 0], [10, 0, 0]], float)
    np.testing.assert_allclose(aalen_johansen(totals), [0.1, 0.1, 0.3, 0.3], rtol=1e-15)


def test_incidences_of_all_events_and_of_none_are_all_there_is() -> None:
    totals = drawn(4)
    other = aalen_johansen(totals[:, [0, 2, 1]])
    at_risk = totals[::-1].sum(axis=1).cumsum()[::-1]
    left = np.cumprod(1 - totals[:, 1:].sum(axis=1) / at_risk)
    np.testing.assert_allclose(aalen_johansen(totals) + other + left, 1.0, rtol=1e-13)


def test_a_scale_changes_nothing_and_further_axes_are_apart() -> None:
    several = np.stack([drawn(1), drawn(2) * 1e9])
    alone = [aalen_johansen(totals) for totals in (drawn(1), drawn(2))]
    np.testing.assert_allclose(aalen_johansen(several), alone, rtol=1e-12)


def test_where_all_have_an_event_it_stays() -> None:
    totals = np.array([[1, 1, 0], [0, 2, 1], [0, 0, 0]], float)
    np.testing.assert_allclose(aalen_johansen(totals), [0.2, 0.2 + 0.8 * 2 / 3, 0.2 + 1.6 / 3])
    assert np.isfinite(incidence_slopes(totals, np.array([0, 1, 2]))).all()


@pytest.mark.parametrize("endings", [2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_slopes_are_derivatives(seed: int, endings: int) -> None:
    totals, at = drawn(seed, endings=endings), np.array([-1, 0, 4, 11])
    slopes, step = incidence_slopes(totals, at), 1e-6
    np.testing.assert_array_equal(slopes[0], 0.0)
    for time, ending in zip(*np.nonzero(totals), strict=True):
        up, down = totals.copy(), totals.copy()
        up[time, ending] += step
        down[time, ending] -= step
        change = (aalen_johansen(up) - aalen_johansen(down))[at[1:]] / (2 * step)
        np.testing.assert_allclose(slopes[1:, time, ending], change, atol=1e-8)


def test_weights_of_one_scale_have_no_influence_together() -> None:
    totals = drawn(7)
    slopes = incidence_slopes(totals, np.arange(12))
    np.testing.assert_allclose((slopes * totals).sum(axis=(1, 2)), 0.0, atol=1e-14)
