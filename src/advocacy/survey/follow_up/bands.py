r"""The level at which intervals of quantities that hang together hold all of them at once.

Let the standardised deviations of K estimates be jointly normal with the correlation R of the
estimates. With :math:`c` the :math:`1 - \alpha` quantile of

.. math::

    \max_k \frac{|Z_k|}{\sqrt{\chi^2_\nu / \nu}}, \qquad Z \sim N(0, R),

intervals of half-width :math:`c` standard errors hold all K with probability
:math:`1 - \alpha`: an equal-precision band, as that of Nair (1984),
https://doi.org/10.2307/1267933, but at stated times and for any design. The quantile is had by
drawing, as of Montiel Olea and Plagborg-Møller (2019), https://doi.org/10.1002/jae.2656. As
half-widths are in standard errors on any scale, the level :math:`P(|t_\nu| \le c)` serves every
kind of interval.

R equivalent: ``qt((1 + level) / 2, df)`` is ``multcomp::glht(..., df = df)``'s critical value,
``mvtnorm::qmvt(0.95, tail = "both", df = df, corr = R)$quantile``.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr

from advocacy.arrays import Floats

# Draws of the largest deviation: the quantile is then known to about 0.02.
DRAWS = 10_000
# Variances below this are rounding.
_NOISE = 1e-28


def simultaneous_levels(covariance: Floats, df: Floats, conf_level: float, seed: int) -> Floats:
    """Return the level of each of K intervals that hold all together at ``conf_level``.

    Parameters
    ----------
    covariance
        Joint covariance of the estimates of each of G curves, shape (G, K, K). Estimates without
        variance have no part.
    df
        Degrees of freedom of their variances, shape (G,).
    conf_level
        Confidence level of all together, a proportion in (0, 1).
    seed
        Of the draws, which are the same for every curve: what it has beside it changes nothing.

    Returns
    -------
    Floats
        From ``conf_level`` to below 1, NaN where df is below 1; shape (G,).
    """
    normal = np.random.default_rng(seed).standard_normal((covariance.shape[-1], DRAWS))
    spread = {d: _spread(d, seed) for d in np.unique(df[df >= 1])}
    found = np.full(len(df), np.nan)
    for number in np.flatnonzero(df >= 1):
        largest = _largest(covariance[number], normal)
        critical = np.quantile(largest / spread[df[number]], conf_level)
        # No band is narrower than its intervals, whatever was drawn.
        found[number] = max(2 * stdtr(df[number], critical) - 1, conf_level)
    return found


def _spread(df: float, seed: int) -> Floats:
    """Return drawn standard errors, relative to what they estimate."""
    drawn: Floats = np.sqrt(np.random.default_rng((seed, round(df))).chisquare(df, DRAWS) / df)
    return drawn


def _largest(covariance: Floats, normal: Floats) -> Floats:
    """Return the largest deviation in each draw, in standard errors; 0 where nothing varies."""
    variance = np.diag(covariance)
    varies = variance > _NOISE
    if not varies.any():
        return np.zeros(normal.shape[1])
    error = np.sqrt(variance[varies])
    values, vectors = np.linalg.eigh(covariance[np.ix_(varies, varies)] / np.outer(error, error))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    largest: Floats = np.abs(root @ normal[: len(error)]).max(axis=0)
    return largest
