"""The normal approximation, against a general optimizer and differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit
from tests.estimation.pooling.counts import crossed

from advocacy.arrays import Floats
from advocacy.estimation.pooling.layout import laid_out
from advocacy.estimation.pooling.sampling import approximation
from advocacy.estimation.pooling.sampling.coefficients import Coefficients, coefficients_of

SCALES = np.array([0.3, 0.2, 0.1, 0.4, 0.2, 0.3, 0.25])


@pytest.fixture(scope="module")
def model() -> Coefficients:
    counts = crossed()
    return coefficients_of(laid_out(counts), counts.y)


def dense(model: Coefficients) -> Floats:
    """Return the design of all coefficients, shape (N, K + P B)."""
    return np.array([model.logits(unit) for unit in np.eye(len(model.scale))]).T


def information(model: Coefficients, values: Floats) -> Floats:
    design, rate = dense(model), expit(model.logits(values))
    told = np.diag(1 / model.deviations(SCALES) ** 2)
    return (design.T * (model.n * rate * (1 - rate))) @ design + told


def test_the_mode_is_that_of_a_general_optimizer(model: Coefficients) -> None:
    design, sd = dense(model), model.deviations(SCALES)

    def depth(values: Floats) -> float:
        logits = design @ values
        likelihood = model.y @ logits - model.n @ np.logaddexp(0, logits)
        return float(((values / sd) ** 2).sum() / 2 - likelihood)

    theirs = optimize.minimize(depth, np.zeros(len(sd)), method="BFGS", options={"gtol": 1e-6})
    ours = approximation._mode(model, sd, np.zeros(len(sd)))
    np.testing.assert_allclose(ours, theirs.x, atol=1e-4)


def test_covariances_are_those_of_the_whole_curvature(model: Coefficients) -> None:
    values = np.random.default_rng(3).normal(0, 0.3, len(model.scale))
    found = approximation._curvature(model, model.deviations(SCALES), values)
    whole = information(model, values)
    common = model.common
    covariance = np.linalg.inv(whole)
    np.testing.assert_allclose(np.linalg.inv(found.common), covariance[:common, :common], rtol=1e-8)
    programmes, bands = model.shape
    for number in range(programmes):
        block = slice(common + number * bands, common + (number + 1) * bands)
        own = np.linalg.inv(whole[block, block])
        np.testing.assert_allclose(found.own[number], own, rtol=1e-8)
        np.testing.assert_allclose(found.regression[number], own @ whole[block, :common], rtol=1e-8)


def test_units_are_those_of_the_approximation_at_its_scales(model: Coefficients) -> None:
    """A coefficient's mean and variance given the scales come back from precision and pull."""
    units = approximation.units_of(model)
    # Which were the medians of the round before; nearly those of the last.
    scales = np.exp(units.scales.at(np.zeros(len(model.scaled)))[0])
    deviations = model.deviations(scales)
    values = approximation._mode(model, deviations, np.zeros(len(model.scale)))
    covariance = np.linalg.inv(approximation._curvature(model, deviations, values).common)
    left = 1 / (1 + deviations**2 * units.precision)
    common = slice(0, model.common)
    np.testing.assert_allclose((deviations**2 * left)[common], np.diag(covariance), rtol=0.05)
    mean = (deviations**2 * left * units.pull)[common]
    assert np.abs(mean - values[common]).max() < 0.2 * np.sqrt(np.diag(covariance)).max()


@pytest.mark.parametrize("hits", [0.0, 1.0])
def test_none_and_all_have_finite_units(hits: float) -> None:
    counts = crossed()
    units = approximation.units_of(coefficients_of(laid_out(counts), hits * counts.n))
    for values in (units.precision, units.pull, units.common_root, units.own_root):
        assert np.isfinite(values).all()
    assert (units.precision >= 0).all()
