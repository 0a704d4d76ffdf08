r"""Do the domains have one rate? Rao and Scott's test with the second-order correction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import fdtrc

from advocacy.arrays import Floats
from advocacy.estimation.comparisons.contrasts import apart, ratings_behind, together
from advocacy.survey.gradient import Gradient
from advocacy.survey.quantities import Quantities, ratios, totals
from advocacy.survey.sides import bears_test, df_of_trace


@dataclass(frozen=True)
class Homogeneity:
    """An F test that domains have one rate; NaN where it is not defined.

    Parameters
    ----------
    statistic
        F, 0 or more.
    ndf, ddf
        Degrees of freedom of numerator and denominator, whole or not.
    p_value
        In [0, 1]; NaN also where a domain bears no test.
    """

    statistic: float
    ndf: float
    ddf: float
    p_value: float


def rao_scott(rates: Quantities) -> Homogeneity:
    r"""Test whether the proportions of domains are equal.

    Of the table of the behaviour (yes, no) by D domains, with shares :math:`\hat q` of the
    base's weight, let :math:`X^2` be Pearson's statistic as if of n ratings,
    :math:`L = C' diag(\hat q)^{-1} \hat q` the D - 1 contrasts of the domains' log odds with the
    first's, and :math:`\Delta = V_0^{-1} V`, with V the covariance of L under the design
    and :math:`V_0 = C' diag(\hat q)^{-1} C / n` under simple random sampling. Then

    .. math::

        F = \frac{X^2}{tr \Delta}, \quad \nu_1 = \frac{(tr \Delta)^2}{tr \Delta^2}, \quad
        \nu_2 = \frac{2\, (tr \Delta)^2}{var(tr \Delta)} \le \nu_1 \cdot df,

    the denominator's degrees of freedom from the domains' own, as `survey.sides` has it, and at
    most R's, with df the PSUs less the strata of all ratings in the domains: which is what it
    comes to where each PSU, all of one size, is in all domains. n cancels from F. There is no
    p-value where a domain bears no test.

    Parameters
    ----------
    rates
        Proportions of D domains, at least two, each with a rating in its base.

    Notes
    -----
    R equivalent: ``survey::svychisq(~y + domain, subset(design, base), statistic = "F")``.

    References
    ----------
    Rao and Scott (1984), https://doi.org/10.1214/aos/1176346391.
    """
    cells, design = rates.cells, rates.design
    groups = ratings_behind(rates)
    found = totals(cells, design, groups)
    df = float(ratios(cells, design, together(groups)).df()[0])
    shares = _cell_shares(found.estimate)
    slopes = _log_odds_slopes(shares)
    contrasts = found.transformed(lambda t: _cell_shares(t) @ slopes.T, _jacobian(found, slopes))
    simple = _simple(shares)
    delta: Floats = np.linalg.solve(simple, contrasts.covariance()).astype(np.float64)
    against = _against_first(len(rates.estimate))
    form: Floats = (against.T @ np.linalg.solve(simple, against)).astype(np.float64)
    own_df = df_of_trace(rates, _log_odds(rates), form)
    test = _f_test(_pearson(shares), delta, df, own_df)
    return test if bears_test(rates).all() else replace(test, p_value=np.nan)


def _log_odds(rates: Quantities) -> Gradient:
    """Return the gradient of the domains' log odds, each a side; none where a rate is 0 or 1."""
    p = rates.estimate
    slope = np.divide(1.0, p * (1 - p), out=np.zeros(len(p)), where=(p > 0) & (p < 1))
    log_odds = rates.transformed(lambda values: values, np.diag(slope))
    return apart(log_odds, np.zeros_like(ratings_behind(log_odds).group), 1)


def _cell_shares(values: Floats) -> Floats:
    """Return shares of yes and then of no by domain, of totals of numerator and of base."""
    x, z = np.split(values, 2, axis=-1)
    shares: Floats = np.concatenate([x, z - x], axis=-1) / z.sum(axis=-1, keepdims=True)
    return shares


def _jacobian(found: Quantities, slopes: Floats) -> Floats:
    """Return the derivatives of the contrasts with respect to the totals, shape (D - 1, 2D)."""
    shares = _cell_shares(found.estimate)
    whole = found.estimate[len(shares) // 2 :].sum()
    yes, no = np.split(slopes, 2, axis=1)
    # Of z: it adds to no, and to the whole of which all are shares.
    jacobian: Floats = np.hstack([yes - no, no - (slopes @ shares)[:, None]]) / whole
    return jacobian


def _log_odds_slopes(shares: Floats) -> Floats:
    """Return C' diag(q)^-1, shape (D - 1, 2D); an empty cell drops out, as in R."""
    inverse = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    slopes: Floats = _contrasts(len(shares) // 2) * inverse
    return slopes


def _contrasts(domains: int) -> Floats:
    """Return C', shape (D - 1, 2D): yes less no of each domain, less that of the first."""
    against_first = _against_first(domains)
    contrasts: Floats = np.hstack([against_first, -against_first])
    return contrasts


def _against_first(domains: int) -> Floats:
    """Return what takes the first domain off each other, shape (D - 1, D)."""
    return np.hstack([-np.ones((domains - 1, 1)), np.eye(domains - 1)])


def _simple(shares: Floats) -> Floats:
    """Return n times the covariance of the contrasts under simple random sampling."""
    simple: Floats = _log_odds_slopes(shares) @ _contrasts(len(shares) // 2).T
    return simple


def _pearson(shares: Floats) -> float:
    """Return Pearson's statistic by n; NaN where all or none say yes."""
    table = shares.reshape(2, -1)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    if (expected == 0).any():
        return np.nan
    return float(((table - expected) ** 2 / expected).sum())


def _f_test(pearson: float, delta: Floats, df: float, own_df: float) -> Homogeneity:
    trace, squares = float(np.trace(delta)), float(np.trace(delta @ delta))
    if not (pearson >= 0 and trace > 0 and df >= 1):
        return Homogeneity(np.nan, np.nan, np.nan, np.nan)
    statistic, ndf = pearson / trace, trace**2 / squares
    ddf = float(np.fmin(own_df, ndf * df))
    return Homogeneity(statistic, ndf, ddf, float(fdtrc(ndf, ddf, statistic)))
