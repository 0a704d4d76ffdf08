r"""Do the domains have one rate? Rao and Scott's test with the second-order correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from advocacy.arrays import Floats
from advocacy.estimation.comparisons.contrasts import ratings_behind, together
from advocacy.survey.quantities import Quantities, ratios, totals


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
        In [0, 1].
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
        \nu_2 = \nu_1 \cdot df,

    df the PSUs less the strata of all ratings in the domains. n cancels from F.

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
    delta: Floats = np.linalg.solve(_simple(shares), contrasts.covariance()).astype(np.float64)
    return _f_test(_pearson(shares), delta, df)


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
    against_first = np.hstack([-np.ones((domains - 1, 1)), np.eye(domains - 1)])
    contrasts: Floats = np.hstack([against_first, -against_first])
    return contrasts


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


def _f_test(pearson: float, delta: Floats, df: float) -> Homogeneity:
    trace, squares = float(np.trace(delta)), float(np.trace(delta @ delta))
    if not (pearson >= 0 and trace > 0 and df >= 1):
        return Homogeneity(np.nan, np.nan, np.nan, np.nan)
    statistic, ndf = pearson / trace, trace**2 / squares
    return Homogeneity(statistic, ndf, ndf * df, float(fdtrc(ndf, ndf * df, statistic)))
