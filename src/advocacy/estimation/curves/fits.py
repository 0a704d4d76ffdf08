r"""Curves over the scores 0 to 10, and what they separate, as functions of weighted totals.

All take the totals of numerator :math:`X_s` and base :math:`Z_s` of each score s, shape
(..., 11), and so apply to estimates and replicates alike; :math:`\rho_s = X_s / Z_s`. Each
`*_slopes` gives the derivatives at one curve with respect to :math:`(X_0 .. X_{10}, Z_0 ..
Z_{10})`. What is not defined is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit

from advocacy.arrays import Floats, Integers

SCORES = np.arange(11)
CUTS = SCORES[1:]
# Of the natural cubic spline: the ends, the middle of the scale, and the 8 from which on rates
# are expected to rise fastest. Linear beyond them; four coefficients.
KNOTS = (0, 5, 8, 10)

_ROUNDS = 60
# Score equations hold when their sides differ by less than this share of the weight.
_SOLVED = 1e-13
# Largest change of a coefficient in a round, in logits.
_STEP = 3.0


@dataclass(frozen=True)
class Fit:
    """A way to estimate the rates of all scores from the totals of each.

    Parameters
    ----------
    values
        From X and Z of shape (..., 11) to rates of shape (..., 11).
    slopes
        From X and Z of shape (11,) to derivatives of the rates, shape (11, 22).
    borrows
        Every rate rests on the ratings of all scores, not on those of its own.
    """

    values: Callable[[Floats, Floats], Floats]
    slopes: Callable[[Floats, Floats], Floats]
    borrows: bool


def direct(x: Floats, z: Floats) -> Floats:
    """Return the rate of each score by itself."""
    found: Floats = np.divide(x, z, out=np.full(x.shape, np.nan), where=z > 0)
    return found


def direct_slopes(x: Floats, z: Floats) -> Floats:
    """Return the derivatives of `direct`."""
    inverse = np.divide(1.0, z, out=np.zeros(len(z)), where=z > 0)
    return np.hstack([np.diag(inverse), np.diag(-x * inverse * inverse)])


def isotonic(x: Floats, z: Floats) -> Floats:
    """Return the rates that never fall and are closest to the direct ones, weighted by Z.

    Adjacent scores whose rates fall are pooled. A score with no weight has none.

    Barlow, Bartholomew, Bremner and Brunk (1972), Statistical Inference under Order
    Restrictions. R equivalent: ``stats::isoreg`` with weights.
    """
    from scipy.optimize import isotonic_regression

    rates = direct(x, z)
    flat, weights = rates.reshape(-1, rates.shape[-1]), z.reshape(-1, rates.shape[-1])
    found = np.full(flat.shape, np.nan)
    for row, (rate, weight) in enumerate(zip(flat, weights, strict=True)):
        present = weight > 0
        if present.any():
            found[row, present] = isotonic_regression(rate[present], weights=weight[present]).x
    return found.reshape(rates.shape)


def isotonic_slopes(x: Floats, z: Floats) -> Floats:
    """Return the derivatives of `isotonic` while the same scores are pooled."""
    level = isotonic(x, z)
    pooled = np.isclose(level[:, None], level[None, :], rtol=1e-12, atol=0)
    weight = np.where(pooled, z, 0.0).sum(axis=1)
    share = np.divide(pooled, weight[:, None], out=np.zeros(pooled.shape), where=pooled)
    return np.hstack([share, -np.nan_to_num(level)[:, None] * share])


def linear_basis() -> Floats:
    """Return a constant and the score, shape (11, 2)."""
    return np.column_stack([np.ones(len(SCORES)), SCORES.astype(np.float64)])


def spline_basis() -> Floats:
    """Return natural cubic splines over `KNOTS`, each 1 at its knot and 0 at others; (11, 4).

    R equivalent: the space of ``cbind(1, splines::ns(s, knots = c(5, 8),
    Boundary.knots = c(0, 10)))``.
    """
    # Here: it takes as long to import as an estimate, which has no use for it, takes to make.
    from scipy.interpolate import CubicSpline

    spline: Floats = CubicSpline(KNOTS, np.eye(len(KNOTS)), bc_type="natural")(SCORES)
    return spline


def logit_fit(basis: Callable[[], Floats]) -> Fit:
    """Return the fit of a logistic model with the columns that ``basis`` gives, shape (11, p)."""

    @cache
    def columns() -> Floats:
        # The space is what matters; orthogonal columns keep the equations well conditioned.
        return np.linalg.qr(basis())[0]

    return Fit(
        values=lambda x, z: expit(logit_coefficients(x, z, columns()) @ columns().T),
        slopes=lambda x, z: _logit_slopes(x, z, columns()),
        borrows=True,
    )


def logit_coefficients(x: Floats, z: Floats, basis: Floats) -> Floats:
    r"""Return the pseudo-maximum-likelihood coefficients of a logistic model, shape (..., p).

    They solve :math:`\sum_s B_s (X_s - Z_s p_s) = 0`, :math:`logit(p_s) = B_s \beta`. NaN where
    there is no solution: fewer scores than coefficients, scores that separate perfectly, or one
    beside whose weight that of the others is lost in rounding.

    Binder (1983), https://doi.org/10.2307/1402588. R equivalent:
    ``survey::svyglm(family = quasibinomial)``.
    """
    weight = z.sum(axis=-1, keepdims=True)
    allowed = (z > 0).sum(axis=-1) >= basis.shape[1]
    beta = np.zeros((*x.shape[:-1], basis.shape[1]))
    excess = np.full(beta.shape, np.inf)
    for _ in range(_ROUNDS):
        p = expit(beta @ basis.T)
        excess = (x - z * p) @ basis
        if (np.abs(excess) <= _SOLVED * weight).all():
            break
        beta += np.clip(_solved(_information(z, p, basis), excess), -_STEP, _STEP)
    # The last steps may only have moved the last bits.
    solved = (np.abs(excess) <= 1e4 * _SOLVED * weight).all(axis=-1) & allowed
    information = _information(z, expit(beta @ basis.T), basis)
    solved &= np.linalg.matrix_rank(information, hermitian=True) == basis.shape[1]
    return np.where(solved[..., None], beta, np.nan)


def _information(z: Floats, p: Floats, basis: Floats) -> Floats:
    found: Floats = np.einsum("...s,si,sj->...ij", z * p * (1 - p), basis, basis)
    return found


def _solved(matrix: Floats, right: Floats) -> Floats:
    """Solve positive definite systems; where one is singular, take a small step."""
    size = np.trace(matrix, axis1=-2, axis2=-1)[..., None, None]
    ridge = np.eye(matrix.shape[-1]) * np.where(size > 0, 1e-14 * size, 1.0)
    found: Floats = np.asarray(np.linalg.solve(matrix + ridge, right[..., None])[..., 0], float)
    return found


def _logit_slopes(x: Floats, z: Floats, basis: Floats) -> Floats:
    """Return derivatives of the fitted rates, by those of the equations that they solve."""
    beta = logit_coefficients(x, z, basis)
    if np.isnan(beta).any():
        return np.zeros((len(x), 2 * len(x)))
    p = expit(basis @ beta)
    inverse = np.linalg.inv(_information(z, p, basis))
    by_x = (p * (1 - p))[:, None] * (basis @ inverse @ basis.T)
    return np.hstack([by_x, -by_x * p])


FITS = {
    "direct": Fit(direct, direct_slopes, borrows=False),
    "isotonic": Fit(isotonic, isotonic_slopes, borrows=False),
    "logistic": logit_fit(linear_basis),
    "smooth": logit_fit(spline_basis),
}


def auc(x: Floats, z: Floats) -> Floats:
    r"""Return the area under the ROC curve of the score, shape (...,).

    Of a pair, one who had recommended and one who had not, drawn by weight: the probability that
    the first scores higher, ties counting half.

    Hanley and McNeil (1982), https://doi.org/10.1148/radiology.143.1.7063747.
    """
    other = z - x
    below = np.cumsum(other, axis=-1) - other / 2
    pairs = x.sum(axis=-1) * other.sum(axis=-1)
    wins = (x * below).sum(axis=-1)
    area: Floats = np.divide(wins, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
    return area


def auc_slopes(x: Floats, z: Floats) -> Floats:
    """Return the derivatives of `auc`, shape (22,)."""
    other = z - x
    ones, none = x.sum(), other.sum()
    if ones <= 0 or none <= 0:
        return np.zeros(2 * len(x))
    area = auc(x, z)
    below = np.cumsum(other) - other / 2
    above = x.sum() - np.cumsum(x) + x / 2
    by_one = (below / none - area) / ones
    by_other = (above / ones - area) / none
    return np.concatenate([by_one - by_other, by_other])


def youden(x: Floats, z: Floats) -> Floats:
    """Return sensitivity plus specificity less 1 of each cut-point 1 to 10, shape (..., 10).

    Those who score at or above the cut are taken to have recommended.

    Youden (1950), https://doi.org/10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.
    """
    return _share_above(x) - _share_above(z - x)


def youden_slopes(x: Floats, z: Floats) -> Floats:
    """Return the derivatives of `youden`, shape (10, 22)."""
    other = z - x
    if x.sum() <= 0 or other.sum() <= 0:
        return np.zeros((len(CUTS), 2 * len(x)))
    above = (CUTS[:, None] <= SCORES).astype(np.float64)
    by_one = (above - _share_above(x)[:, None]) / x.sum()
    by_other = -(above - _share_above(other)[:, None]) / other.sum()
    return np.hstack([by_one - by_other, by_other])


def best_cut(x: Floats, z: Floats) -> Integers:
    """Return the cut-point with the largest Youden index, the lowest of equals; shape (...,)."""
    found: Integers = CUTS[np.argmax(np.nan_to_num(youden(x, z), nan=-np.inf), axis=-1)]
    return found


def _share_above(values: Floats) -> Floats:
    """Return the share of a total at or above each cut-point, shape (..., 10)."""
    cumulated = np.cumsum(values[..., ::-1], axis=-1)[..., ::-1]
    total, above = cumulated[..., :1], cumulated[..., 1:]
    share: Floats = np.divide(above, total, out=np.full(above.shape, np.nan), where=total > 0)
    return share
