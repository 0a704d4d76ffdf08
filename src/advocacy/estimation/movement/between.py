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


@dataclass(frozen=True)
class _Rotated:
    r"""A series in the axes in which V is one and K diagonal: :math:`\Sigma^{-1}` is then too.

    With :math:`V = L L'` and :math:`L^{-1} K L^{-\top} = U D U'` it is
    :math:`L^{-\top} U (I + \tau^2 D)^{-1} U' L^{-1}`.

    Parameters
    ----------
    y, one
        The values and a vector of ones in them, :math:`U' L^{-1} y`; shape (T,).
    d
        The diagonal of D, shape (T,).
    """

    y: Floats
    one: Floats
    d: Floats

    @staticmethod
    def of(y: Floats, v: Floats, k: Floats) -> _Rotated:
        """Turn a series."""
        half = np.linalg.cholesky(v)
        d, turn = np.linalg.eigh(np.linalg.solve(half, np.linalg.solve(half, k).T))
        both = turn.T @ np.linalg.solve(half, np.column_stack([y, np.ones(len(y))]))
        return _Rotated(both[:, 0], both[:, 1], np.maximum(d, 0.0))

    def fit(self, variance: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the mean, its precision and Q at some variances, shape (V,) each."""
        w = 1 / (1 + np.multiply.outer(variance, self.d))
        precision = w @ self.one**2
        mean = w @ (self.one * self.y) / precision
        q = (w * (self.y - np.multiply.outer(mean, self.one)) ** 2).sum(axis=-1)
        return mean, precision, q

    def likelihood(self, variance: Floats) -> Floats:
        """Return the restricted log likelihood, less that part of V which all share."""
        _, precision, q = self.fit(variance)
        spread = np.log1p(np.multiply.outer(variance, self.d)).sum(axis=-1)
        found: Floats = -0.5 * (spread + np.log(precision) + q)
        return found

    def slope(self, variance: float) -> float:
        """Return the derivative of the restricted log likelihood by the variance."""
        w = 1 / (1 + variance * self.d)
        held = w @ self.one**2
        rest = self.y - (w @ (self.one * self.y) / held) * self.one
        lost = self.d @ w - (self.d * w**2) @ self.one**2 / held
        return float(0.5 * ((self.d * w**2) @ rest**2 - lost))


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
    turned = _Rotated.of(y, v, np.eye(len(y)))
    most = float(np.ptp(y) ** 2 + np.trace(v))
    return (
        _crossing(turned, float(chdtri(df, tail)), most),
        _crossing(turned, float(chdtri(df, 1 - tail)), most),
    )


def _crossing(turned: _Rotated, value: float, most: float) -> float:
    """Return the variance at which Q, which falls with it, comes down to a value; 0 if below."""

    def excess(variance: float) -> float:
        return float(turned.fit(np.array([variance]))[2][0]) - value

    if excess(0.0) <= 0:
        return 0.0
    while excess(most) > 0:
        most *= 2
    return float(brentq(excess, 0.0, most, xtol=1e-300, rtol=1e-13))


def _fitted(y: Floats, v: Floats, k: Floats) -> Between:
    """Fit the variance of K: the highest top of a grid is narrowed down by where its slope is 0."""
    turned = _Rotated.of(y, v, k)
    grid = (np.var(y, ddof=1) + np.trace(v) / len(y)) * _GRID
    best = int(np.argmax(turned.likelihood(grid)))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    flat = best == 0 and turned.slope(0.0) <= 0
    variance = 0.0 if flat else float(brentq(turned.slope, low, high, xtol=1e-300, rtol=1e-14))
    at = np.array([variance])
    mean, precision, q = (float(part[0]) for part in turned.fit(at))
    held = max(1.0, q / (len(y) - 1))
    return Between(
        mean, float(np.sqrt(held / precision)), variance, float(turned.likelihood(at)[0])
    )
