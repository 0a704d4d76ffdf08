"""Curves of scales: their slopes, and the quantiles that they go through."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from advocacy.estimation.pooling.sampling.scales import curves, log_scale

NONE = np.zeros(5)


def test_a_scale_that_nothing_is_known_of_has_its_prior() -> None:
    found = log_scale(NONE, NONE).quantiles(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))
    wanted = stats.halfnorm.ppf(stats.norm.cdf([-2, -1, 0, 1, 2]), scale=0.5)
    np.testing.assert_allclose(np.exp(found), wanted, rtol=0.01)


def test_a_scale_has_the_posterior_of_effects_with_errors() -> None:
    """Estimates e of five effects with errors t: e is normal with variance σ² + t²."""
    e, t = np.array([0.5, -0.3, 0.8, -0.9, 0.1]), np.array([0.1, 0.2, 0.3, 0.2, 0.4])

    def density(scale: float) -> float:
        likelihood = stats.norm.pdf(e, 0, np.sqrt(scale**2 + t**2)).prod()
        return float(likelihood * stats.halfnorm.pdf(scale, scale=0.5))

    found = log_scale(1 / t**2, e / t**2)
    total = integrate.quad(density, 0, 5)[0]
    for normal in (-2.0, -1.0, 0.0, 1.0, 2.0):
        scale = float(np.exp(found.quantiles(np.array([normal]))[0]))
        below = integrate.quad(density, 0, scale)[0] / total
        assert below == pytest.approx(stats.norm.cdf(normal), rel=0.03, abs=0.001), normal


@pytest.mark.parametrize("levels", [1, 3, 100, pytest.param(100_000, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("error", [0.001, 0.1, 10.0])
@pytest.mark.parametrize("scale", [0.0, 0.01, 0.3])
def test_curves_rise_and_their_derivatives_are_theirs(
    levels: int, error: float, scale: float
) -> None:
    rng = np.random.default_rng(levels)
    told = np.full(levels, 1 / error**2)
    pull = rng.normal(0, np.sqrt(scale**2 + error**2), levels) / error**2
    curve = curves([log_scale(told, pull), log_scale(NONE, NONE)])
    # Knots are a quarter apart; beyond 4 the curves are straight.
    for at in np.linspace(-7.01, 7.01, 57):
        s, step = np.array([at, -at]), 1e-5
        values, slope, bend = curve.at(s)
        assert (slope > 0).all()
        above, below = curve.at(s + step), curve.at(s - step)
        np.testing.assert_allclose(slope, (above[0] - below[0]) / (2 * step), rtol=1e-6)
        np.testing.assert_allclose(bend, (above[1] - below[1]) / (2 * step), rtol=1e-4, atol=1e-6)
        assert np.isfinite(values).all()


def test_curves_go_through_quantiles() -> None:
    scale = log_scale(np.full(6, 30.0), np.array([9.0, -7.0, 1.0, 3.0, -8.0, 5.0]))
    at = np.array([-3.1, -1.3, 0.0, 0.7, 2.9])
    values = np.array([curves([scale]).at(np.array([s]))[0][0] for s in at])
    np.testing.assert_allclose(values, scale.quantiles(at), atol=0.01)
