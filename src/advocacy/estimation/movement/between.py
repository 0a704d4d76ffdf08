r"""Random-effects models of a series: how much of its movement sampling does not account for.

The values :math:`y_t` of T periods have the sampling covariance V, which is known from the design
and not diagonal where periods share PSUs. With :math:`\Sigma = V + \tau^2 K`, where K is the
identity if true values scatter around one level, or :math:`K_{st} = \min(s, t)` if each is the
one before and a step, the restricted likelihood is

.. math::

    -2\, \ell(\tau^2) = \log |\Sigma| + \log (1' \Sigma^{-1} 1) + r' \Sigma^{-1} r, \qquad
    r = y - 1 \hat\mu, \quad \hat\mu = \frac{1' \Sigma^{-1} y}{1' \Sigma^{-1} 1}.

The interval of :math:`\tau^2` holds where :math:`Q(\tau^2) = r' \Sigma^{-1} r`, which is
:math:`\chi^2_{T - 1}`, lies between its quantiles (Viechtbauer 2007,
https://doi.org/10.1002/sim.2514).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import brentq
from scipy.special import chdtri

from advocacy.arrays import Floats

FEWEST_PERIODS = 3
# Variances at which the likelihood is looked at before its top is narrowed down, in units of
# that of the values.
_GRID = np.concatenate([[0.0], np.geomspace(1e-6, 1e2, 161)])


@dataclass(frozen=True)
class Between:
    """A series around one level, or in steps.

    Parameters
    ----------
    mean, std_error
        The level and its standard error, Hartung and Knapp's, but never below that of known
        variances; of steps, the level before the first.
    variance
        Of true values around the level, or of the steps, by REML.
    likelihood
        The restricted log likelihood there, up to a constant that the models share.
    """

    mean: float
    std_error: float
    variance: float
    likelihood: float


def scattered(y: Floats, v: Floats) -> Between:
    """Fit true values that scatter around one level.

    Parameters
    ----------
    y
        Values of the periods, shape (T,).
    v
        Their sampling covariance, shape (T, T), of full rank.

    Notes
    -----
    R equivalent: ``metafor::rma.mv(y, v, random = ~ 1 | period)``.
    """
    return _fitted(y, v, np.eye(len(y)))


def stepping(y: Floats, v: Floats) -> Between:
    """Fit a local level: each true value is the one before and a step; shapes as `scattered`."""
    place = np.arange(len(y), dtype=np.float64)
    return _fitted(y, v, np.minimum.outer(place, place))


def variance_limits(y: Floats, v: Floats, conf_level: float) -> tuple[float, float]:
    """Return the interval of the variance of true values around one level, 0 or above.

    R equivalent: ``confint(metafor::rma(y, vi, method = "REML"))``, where v is diagonal.
    """
    tail, df = (1 - conf_level) / 2, len(y) - 1
    return _crossing(y, v, chdtri(df, tail)), _crossing(y, v, chdtri(df, 1 - tail))


def _crossing(y: Floats, v: Floats, value: float) -> float:
    """Return the variance at which Q, which falls with it, comes down to a value; 0 if below."""

    def excess(variance: float) -> float:
        return _profile(y, v + variance * np.eye(len(y)))[2] - value

    if excess(0.0) <= 0:
        return 0.0
    most = float(np.ptp(y) ** 2 + np.trace(v))
    while excess(most) > 0:
        most *= 2
    return float(brentq(excess, 0.0, most, xtol=1e-300, rtol=1e-13))


def _fitted(y: Floats, v: Floats, k: Floats) -> Between:
    """Fit the variance of K: the highest top of a grid is narrowed down by where its slope is 0."""
    scale = float(np.var(y, ddof=1) + np.trace(v) / len(y))
    grid = scale * _GRID
    best = int(np.argmax([_profile(y, v + variance * k)[3] for variance in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    flat = best == 0 and _slope(0.0, y, v, k) <= 0
    slope = (y, v, k)
    variance = 0.0 if flat else float(brentq(_slope, low, high, slope, xtol=1e-300, rtol=1e-14))
    mean, precision, q, likelihood = _profile(y, v + variance * k)
    held = max(1.0, q / (len(y) - 1))
    return Between(mean, float(np.sqrt(held / precision)), variance, likelihood)


def _slope(variance: float, y: Floats, v: Floats, k: Floats) -> float:
    """Return the derivative of the restricted log likelihood by the variance."""
    inverse = np.linalg.inv(v + variance * k)
    ones = inverse.sum(axis=1)
    projected = inverse - np.outer(ones, ones) / ones.sum()
    rest = projected @ y
    return float(0.5 * (rest @ k @ rest - (projected * k).sum()))


def _profile(y: Floats, sigma: Floats) -> tuple[float, float, float, float]:
    """Return the mean, its precision, Q, and the restricted log likelihood."""
    factor = cho_factor(sigma, lower=True)
    inverse = cho_solve(factor, np.column_stack([np.ones(len(y)), y]))
    precision = float(inverse[:, 0].sum())
    mean = float(inverse[:, 1].sum() / precision)
    rest = y - mean
    q = float(rest @ (inverse[:, 1] - mean * inverse[:, 0]))
    determinant = 2 * float(np.log(np.diag(factor[0])).sum())
    return mean, precision, q, -0.5 * (determinant + float(np.log(precision)) + q)
