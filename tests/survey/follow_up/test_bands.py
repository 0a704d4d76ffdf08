"""Simultaneous levels: against exact values, and that they hold all times of samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from advocacy.survey.follow_up.bands import simultaneous_levels

MANY = 1e6


def level(covariance: object, df: float = MANY, conf_level: float = 0.95) -> float:
    return float(simultaneous_levels(np.array([covariance]), np.array([df]), conf_level, 1)[0])


@pytest.mark.parametrize("size", [2, 5, 12])
def test_independent_estimates_have_sidaks_level(size: int) -> None:
    assert level(np.diag(np.arange(1.0, size + 1))) == pytest.approx(0.95 ** (1 / size), abs=4e-3)


def test_estimates_that_move_together_have_the_level_of_one() -> None:
    error = np.array([1.0, 2.0, 3.0])
    assert level(np.outer(error, error)) == pytest.approx(0.95, abs=4e-3)
    assert level(np.outer(error, error), df=4) == pytest.approx(0.95, abs=4e-3)


def test_two_correlated_estimates_have_the_exact_level() -> None:
    """Of two normals with correlation r, by numerical integration."""
    r, z = 0.8, np.linspace(-8, 8, 20_001)

    def inside(c: float) -> float:
        s = np.sqrt(1 - r**2)
        given = norm.cdf((c - r * z) / s) - norm.cdf((-c - r * z) / s)
        return float(np.trapezoid(np.where(np.abs(z) <= c, given * norm.pdf(z), 0.0), z))

    wanted = level([[4.0, 2 * r], [2 * r, 1.0]])
    assert inside(float(norm.ppf((1 + wanted) / 2))) == pytest.approx(0.95, abs=5e-3)


def test_few_degrees_of_freedom_widen_all_at_once() -> None:
    """Of independent t with one spread, by drawing."""
    rng = np.random.default_rng(7)
    drawn = np.abs(rng.standard_normal((400_000, 3))).max(axis=1)
    critical = np.quantile(drawn / np.sqrt(rng.chisquare(5, 400_000) / 5), 0.95)
    assert level(np.eye(3), df=5) == pytest.approx(2 * t.cdf(critical, 5) - 1, abs=4e-3)


def test_what_does_not_vary_has_no_part_and_no_df_no_level() -> None:
    assert level(np.zeros((3, 3))) == 0.95
    assert level(np.diag([0.0, 1.0, 0.0])) == pytest.approx(0.95, abs=4e-3)
    assert np.isnan(level(np.eye(2), df=0))
