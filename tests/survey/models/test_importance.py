"""Importance: against all orders by statsmodels, Johnson's steps by hand, and full refits."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from tests.reference.against_r import same

from advocacy.arrays import Floats
from advocacy.survey.models.importance import (
    Sample,
    importance,
    rank_intervals,
    relative_weights,
    shapley_weights,
)
from advocacy.survey.regression import Covariate, Points, fit, fit_linear

DRIVERS = 8


@pytest.fixture(scope="module")
def data() -> tuple[Floats, Floats, Floats]:
    """Return numbers (n, d + 1), the last a control, an outcome and weights."""
    rng = np.random.default_rng(19)
    n = 400
    common = rng.normal(size=(n, 1))
    numbers = np.rint(4 + common + rng.normal(size=(n, DRIVERS + 1)))
    eta = (numbers - 4) @ np.linspace(0, 0.4, DRIVERS + 1) - 0.3
    outcome = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
    return numbers, outcome, np.exp(rng.normal(0, 0.5, n))


def points_of(numbers: Floats, outcome: Floats, weight: Floats) -> Points:
    covariates = [Covariate(f"d{at}", column) for at, column in enumerate(numbers.T)]
    return Points(tuple(covariates), weight * outcome, weight)


def sample_of(points: Points, factors: Floats | None = None) -> Sample:
    unit = np.arange(len(points.z)) % 40
    return Sample(points, unit, np.ones((2, 40)) if factors is None else factors)


def mcfadden(numbers: Floats, outcome: Floats, weight: Floats) -> float:
    import statsmodels.api as sm

    fits = [
        sm.GLM(outcome, x, family=sm.families.Binomial(), freq_weights=weight).fit(
            tol=1e-14, maxiter=100
        )
        for x in (sm.add_constant(numbers), np.ones((len(outcome), 1)))
    ]
    return float(1 - fits[0].llf / fits[1].llf)


def test_shares_are_the_mean_gain_over_all_orders(data: tuple[Floats, Floats, Floats]) -> None:
    """Brute force: 40,320 orders of 8 drivers beside a control, each model by statsmodels."""
    numbers, outcome, weight = data
    control = numbers[:, [DRIVERS]]
    known = {}
    for size in range(DRIVERS + 1):
        for subset in combinations(range(DRIVERS), size):
            columns = np.hstack([control, numbers[:, list(subset)]])
            known[frozenset(subset)] = mcfadden(columns, outcome, weight)
    wanted = np.zeros(DRIVERS)
    orders = 0
    for order in permutations(range(DRIVERS)):
        orders += 1
        before: frozenset[int] = frozenset()
        for driver in order:
            after = before | {driver}
            wanted[driver] += known[after] - known[before]
            before = after
    points = points_of(numbers, outcome, weight)
    found = importance(sample_of(points), fit(points), [DRIVERS], range(DRIVERS))
    assert found.method == "lmg"
    same(found.values, wanted / orders, rtol=0, atol=1e-10)
    same(found.values.sum(), found.explained - found.beside, rtol=1e-12)
    same(found.replicates, np.tile(found.values, (2, 1)), rtol=1e-9)


def test_linear_shares_are_the_mean_gain_in_r_squared(data: tuple[Floats, Floats, Floats]) -> None:
    numbers, _, weight = data
    outcome = numbers @ np.linspace(0.1, 1, DRIVERS + 1) + np.random.default_rng(2).normal(
        size=len(weight)
    )

    def r_squared(columns: list[int]) -> float:
        root = np.sqrt(weight)
        x = np.column_stack([np.ones(len(weight)), numbers[:, columns]])
        left = outcome - x @ np.linalg.lstsq(x * root[:, None], outcome * root, rcond=None)[0]
        about = outcome - np.average(outcome, weights=weight)
        return float(1 - weight @ left**2 / (weight @ about**2))

    wanted = np.zeros(3)
    for order in permutations(range(3)):
        for at, driver in enumerate(order):
            wanted[driver] += r_squared(list(order[: at + 1])) - r_squared(list(order[:at]))
    points = points_of(numbers[:, :3], outcome, weight)
    found = importance(sample_of(points), fit_linear(points), [], range(3))
    same(found.values, wanted / 6, rtol=1e-9)


def test_shapley_weights_of_two_players_by_hand() -> None:
    """Each has half of what it gains alone, and half of what it adds to the other."""
    wanted = np.array([[-1, 1, -1, 1], [-1, -1, 1, 1]]) / 2
    same(shapley_weights(2), wanted)


def test_relative_weights_are_johnsons_steps(data: tuple[Floats, Floats, Floats]) -> None:
    """By singular vectors and a fit to the orthogonal columns, as Tonidandel and LeBreton do."""
    import statsmodels.api as sm

    numbers, outcome, _ = data
    x = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    left, _, right = np.linalg.svd(x, full_matrices=False)
    z = left @ right * np.sqrt(len(x))
    lambdas = np.linalg.lstsq(z, x, rcond=None)[0]
    fitted = sm.GLM(outcome, sm.add_constant(z), family=sm.families.Binomial()).fit(tol=1e-14)
    raw = lambdas**2 @ fitted.params[1:] ** 2
    points = points_of(numbers, outcome, np.ones(len(outcome)))
    own = fit(points).coefficients[1:]
    same(relative_weights(np.cov(numbers.T, bias=True), own), raw / raw.sum(), rtol=1e-8)


def test_more_than_ten_drivers_have_relative_weights(data: tuple[Floats, Floats, Floats]) -> None:
    numbers, outcome, weight = data
    rng = np.random.default_rng(5)
    numbers = np.hstack([numbers, rng.normal(size=(len(weight), 3))])
    points = points_of(numbers, outcome, weight)
    fitted = fit(points)
    found = importance(sample_of(points), fitted, [0], range(1, 12))
    assert found.method == "relative_weights"
    same(found.values.sum(), found.explained - found.beside)
    # The control taken off, by regression of each driver on it.
    root = np.sqrt(weight)[:, None]
    base = np.column_stack([np.ones(len(weight)), numbers[:, 0]])
    left = (
        numbers[:, 1:] - base @ np.linalg.lstsq(base * root, numbers[:, 1:] * root, rcond=None)[0]
    )
    covariance = (left * weight[:, None]).T @ left / weight.sum()
    wanted = relative_weights(covariance, fitted.coefficients[2:])
    same(found.values / found.values.sum(), wanted, rtol=1e-8)
    same(found.replicates[0], found.values, rtol=1e-8)


@pytest.mark.parametrize("many", [False, True])
def test_one_step_replicates_are_near_full_refits(
    data: tuple[Floats, Floats, Floats], many: bool
) -> None:
    exact = 2 if many else 4
    numbers, outcome, weight = data
    points = points_of(numbers[:, 4:8], outcome, weight)
    factors = np.random.default_rng(3).multinomial(40, np.full(40, 1 / 40), size=25).astype(float)
    sample = sample_of(points, factors)
    found = importance(sample, fit(points), [], range(4), exact)
    refits = []
    for row in factors:
        own = row[sample.unit] > 0
        again = points_of(numbers[own, 4:8], outcome[own], (weight * row[sample.unit])[own])
        ones = Sample(again, sample.unit[own], np.ones((1, 40)))
        refits.append(importance(ones, fit(again), [], range(4), exact).values)
    away = found.replicates - np.array(refits)
    spread = np.array(refits).std(axis=0)
    assert np.abs(away.mean(axis=0)).max() < 0.1 * spread.min()
    assert (np.sqrt((away**2).mean(axis=0)) < 0.25 * spread).all()


def test_ranks_that_cannot_be_told_share_an_interval() -> None:
    rng = np.random.default_rng(1)
    values = np.array([5.0, 1.0, 1.05, 0.0])
    replicates = values + rng.normal(0, 0.2, (400, 4))
    low, high = rank_intervals(values, replicates, 1.0)
    assert low.tolist() == [1, 2, 2, 4]
    assert high.tolist() == [1, 3, 3, 4]
    wide = rank_intervals(values, replicates, 10.0)
    assert (wide[0] <= low).all()
    assert (wide[1] >= high).all()
