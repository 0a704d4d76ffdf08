"""The interval between two bounds: its limits, by the definition and at both ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from advocacy.survey.follow_up.bounds import imbens_manski


def limits(
    low: float, high: float, errors: tuple[float, float], df: float = 1e9, level: float = 0.95
) -> tuple[float, float]:
    given = (np.array([value]) for value in (low, high, *errors, df))
    found = imbens_manski(*given, level)
    return float(found[0][0]), float(found[1][0])


def test_where_the_bounds_meet_it_is_the_usual_interval() -> None:
    for df in (5.0, 1e9):
        t = stats.t.ppf(0.975, df)
        wanted = (0.4 - t * 0.02, 0.4 + t * 0.02)
        assert limits(0.4, 0.4, (0.02, 0.02), df) == pytest.approx(wanted, rel=1e-9)


def test_far_apart_each_bound_has_one_tail() -> None:
    z = stats.norm.ppf(0.95)
    assert limits(0.2, 0.8, (0.01, 0.02)) == pytest.approx((0.2 - z * 0.01, 0.8 + z * 0.02))


def test_in_between_it_is_the_root_that_r_finds() -> None:
    """Width 1 standard error: norm(C + 1) - norm(-C) = 0.95, C = 1.681477 by R.

    ``uniroot(function(c) pnorm(c + 1) - pnorm(-c) - 0.95, c(0, 3), tol = 1e-12)``
    """
    low, high = limits(0.5, 0.51, (0.01, 0.01))
    assert (0.5 - low) / 0.01 == pytest.approx(1.681477, abs=1e-6)
    assert (high - 0.51) / 0.01 == pytest.approx(1.681477, abs=1e-6)


@pytest.mark.parametrize("width", [0.0, 0.01, 0.03, 0.2])
def test_it_covers_the_least_likely_value_as_often_as_it_says(width: float) -> None:
    """Simulated, with the truth at the lower bound, where coverage is least."""
    low = np.random.default_rng(1).normal(0.4, 0.02, 40_000)
    first, last = limits(0.4, 0.4 + width, (0.02, 0.02))
    held = np.mean((low + first - 0.4 <= 0.4) & (low + last - 0.4 >= 0.4))
    assert held == pytest.approx(0.95, abs=0.004)


def test_without_a_variance_or_degrees_of_freedom() -> None:
    assert limits(0.0, 1.0, (0.0, 0.0)) == (0.0, 1.0)
    assert np.isnan(limits(0.2, 0.3, (0.1, 0.1), df=0.0)).all()
    assert np.isnan(limits(np.nan, np.nan, (np.nan, np.nan))).all()
    assert limits(0.01, 0.98, (0.05, 0.05)) == (0.0, 1.0)
