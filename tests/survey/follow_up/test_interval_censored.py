"""Interval-censored events that compete: brute force, Turnbull by R, and the duality gap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize
from tests.reference.against_r import expected

from advocacy.arrays import Floats, Integers
from advocacy.survey.follow_up.incidence import aalen_johansen
from advocacy.survey.follow_up.interval_censored import CONVERGED, LATER, interval_incidences

LAST = 5
AT = np.arange(1, LAST + 1)


def drawn(seed: int, n: int = 9) -> tuple[Integers, Integers, Floats]:
    """Return windows of exact, interval- and right-censored events of two kinds, and weights."""
    rng = np.random.default_rng(seed)
    after, by = np.zeros((2, n, 2), np.int64)
    for i in range(n):
        time, kind, what = rng.integers(1, LAST + 1), rng.integers(2), rng.random()
        if what < 0.3:
            after[i], by[i] = rng.integers(0, LAST), LATER
        elif what < 0.5:
            after[i, kind], by[i, kind] = time - 1, time
        elif what < 0.9:
            after[i, kind], by[i, kind] = rng.integers(0, time), rng.integers(time, LAST + 1)
        else:  # of one kind or the other
            after[i], by[i] = rng.integers(0, time), time
    return after, by, rng.uniform(0.5, 2.0, n)


def held(after: Integers, by: Integers) -> Floats:
    """Return which points, a kind and time each, and later, lie in each set."""
    points = [(kind, time) for kind in range(2) for time in AT]
    rows = [
        [*(a[k] < t <= b[k] for k, t in points), b[0] == LATER]
        for a, b in zip(after, by, strict=True)
    ]
    return np.array(rows, float)


def by_brute_force(after: Integers, by: Integers, weight: Floats) -> tuple[Floats, float]:
    """Return probabilities of all points, and the largest mean log likelihood, by scipy."""
    inside, share = held(after, by), weight / weight.sum()
    size = inside.shape[1]

    def loss(mass: Floats) -> float:
        return float(-share @ np.log(np.maximum(inside @ mass, 1e-300)))

    def slope(mass: Floats) -> Floats:
        found: Floats = -inside.T @ (share / np.maximum(inside @ mass, 1e-300))
        return found

    best = minimize(
        loss, np.full(size, 1 / size), jac=slope, method="SLSQP", bounds=[(0, 1)] * size,
        constraints=LinearConstraint(np.ones(size), 1, 1), options={"ftol": 1e-15, "maxiter": 2000},
    )  # fmt: skip
    return best.x, -float(best.fun)


@pytest.mark.parametrize("seed", range(25))
def test_it_is_the_maximum_that_brute_force_finds(seed: int) -> None:
    after, by, weight = drawn(seed)
    found = interval_incidences(after, by, weight, AT)
    assert found.gap <= CONVERGED
    mass, likelihood = by_brute_force(after, by, weight)
    # With what we found held, no other course has a higher likelihood, and no time another value
    # than the range that we give, as far as the maximum determines it.
    inside, share = held(after, by), weight / weight.sum()
    points = np.zeros(inside.shape[1])
    top = found.maximum
    assert top is not None
    for kind, right, own in zip(top.kind, top.right, top.mass, strict=True):
        points[kind * LAST + right - 1] += own
    points[-1] += top.later
    assert points.sum() == pytest.approx(1, abs=1e-12)
    assert share @ np.log(inside @ points) == pytest.approx(likelihood, abs=1e-9)
    # The probability of each set is unique at the maximum of a concave likelihood.
    np.testing.assert_allclose(inside @ points, inside @ mass, atol=5e-6)
    assert (found.low <= found.high + 1e-12).all()


@pytest.mark.parametrize("seed", range(8))
def test_exact_times_and_right_censoring_give_aalen_and_johansens(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, ending = rng.integers(1, 12, 40), rng.integers(0, 3, 40)
    weight = rng.uniform(0.5, 2, 40)
    after = np.where(ending[:, None] == 0, time[:, None], np.zeros((40, 2), int))
    by = np.where(ending[:, None] == 0, LATER, np.zeros((40, 2), int))
    for kind in range(2):
        own = ending == kind + 1
        after[own, kind], by[own, kind] = time[own] - 1, time[own]
    totals = np.zeros((12, 3))
    np.add.at(totals, (time, ending), weight)
    followed = totals[:, ::1].sum(axis=1)[::-1].cumsum()[::-1] > 0
    at = np.flatnonzero(followed)[1:]
    found = interval_incidences(after, by, weight, at)
    np.testing.assert_allclose(found.low, aalen_johansen(totals)[at], atol=1e-9)
    np.testing.assert_allclose(found.high, found.low, atol=1e-9)


def test_a_table_by_hand() -> None:
    """Two waves, nobody lost: shares by each wave, and between them a range."""
    after = np.array([[0, 0], [6, 0], [12, 12], [0, 4]])
    by = np.array([[6, 0], [12, 0], [LATER, LATER], [0, 5]])
    found = interval_incidences(after, by, np.array([3.0, 2.0, 4.0, 1.0]), np.array([3, 6, 9, 12]))
    np.testing.assert_allclose(found.low, [0, 0.3, 0.3, 0.5], atol=1e-9)
    np.testing.assert_allclose(found.high, [0.3, 0.3, 0.5, 0.5], atol=1e-9)


def test_after_the_last_interview_it_may_be_all_who_are_left() -> None:
    after, by = np.array([[0, 0], [6, 6]]), np.array([[6, 0], [LATER, LATER]])
    found = interval_incidences(after, by, np.array([1.0, 3.0]), np.array([6, 7]))
    np.testing.assert_allclose([found.low, found.high], [[0.25, 0.25], [0.25, 1.0]], atol=1e-12)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_the_unit_of_weights_and_a_start_change_nothing(scale: float) -> None:
    after, by, weight = drawn(3, n=40)
    found = interval_incidences(after, by, weight, AT)
    other = interval_incidences(after, by, np.roll(weight, 5), AT)
    again = interval_incidences(after, by, scale * weight, AT, other.maximum)
    np.testing.assert_allclose([again.low, again.high], [found.low, found.high], atol=1e-7)


def test_without_weights_there_is_nothing() -> None:
    after, by, weight = drawn(1)
    assert np.isnan(interval_incidences(after, by, 0 * weight, AT).low).all()


TURNBULL = expected("turnbull")


@pytest.mark.parametrize("case", sorted(TURNBULL.case.unique()))
def test_of_one_event_it_is_turnbulls_by_r(case: str) -> None:
    sets = expected("turnbull_sets").query("case == @case")
    after = np.stack([sets.after, np.where(sets.by.isna(), sets.after, 0)], axis=1).astype(int)
    open_ended = sets.by.isna()
    by = np.where(open_ended, LATER, sets.by.fillna(0).astype(np.int64))
    none = np.where(open_ended, LATER, 0)
    wanted = TURNBULL.query("case == @case")
    found = interval_incidences(
        after, np.stack([by, none], axis=1), sets.weight.to_numpy(), wanted["at_time"].to_numpy()
    )
    assert found.gap <= CONVERGED
    same = found.high - found.low < 1e-9
    assert same.sum() >= 2
    np.testing.assert_allclose(found.low[same], wanted.incidence[same], atol=1e-4)
