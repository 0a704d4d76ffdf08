"""Quantiles and interval formulas against R (tests/reference/estimation.R)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaincinv
from tests.reference.against_r import expected, same

from advocacy.survey.intervals import INTERVALS, korn_graubard, t_quantile, wilson


def test_t_quantiles_equal_r() -> None:
    table = expected("quantiles").query("function == 'qt' and p > 0.5")
    level = 2 * table.p.to_numpy() - 1
    ours = [t_quantile(np.array([df]), conf)[0] for df, conf in zip(table.a, level, strict=True)]
    same(ours, table.value, atol=0)


def test_beta_quantiles_equal_r() -> None:
    table = expected("quantiles").query("function == 'qbeta'")
    ours = betaincinv(table.a.to_numpy(), table.b.to_numpy(), table.p.to_numpy())
    same(ours, table.value, atol=0)


@pytest.mark.parametrize(
    ("name", "function"), [("korn_graubard_formula", korn_graubard), ("wilson", wilson)]
)
def test_formula_equals_r(name: str, function: object) -> None:
    table = expected(name)
    assert len(table) > 200
    for level, rows in table.groupby("level"):
        arguments = [rows[column].to_numpy(float) for column in ("p", "var", "n", "df")]
        low, high = function(*arguments, level)  # type: ignore[operator]
        same(low, rows.conf_low)
        same(high, rows.conf_high)


@pytest.mark.parametrize("name", INTERVALS)
def test_no_method_gives_limits_without_degrees_of_freedom(name: str) -> None:
    one = np.ones(1)
    low, high = INTERVALS[name](0.4 * one, 0.01 * one, 40 * one, 0 * one, 0.95)
    assert np.isnan(low).all()
    assert np.isnan(high).all()


@pytest.mark.parametrize("name", ["korn_graubard", "beta", "logit", "wilson"])
def test_limits_mirror_when_the_question_is_turned_round(name: str) -> None:
    p, variance = np.array([0.03, 0.2, 0.5, 0.9]), np.array([0.001, 0.002, 0.003, 0.002])
    n, df = np.full(4, 120.0), np.full(4, 17.0)
    low, high = INTERVALS[name](p, variance, n, df, 0.9)
    mirrored_low, mirrored_high = INTERVALS[name](1 - p, variance, n, df, 0.9)
    np.testing.assert_allclose(low, 1 - mirrored_high, rtol=1e-9)
    np.testing.assert_allclose(high, 1 - mirrored_low, rtol=1e-9)
    assert ((low < p) & (p < high)).all()
