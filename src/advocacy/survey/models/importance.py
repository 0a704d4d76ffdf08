r"""How much of what a model explains is each driver's: Shapley shares, and relative weights.

With :math:`R^2(S)` what a model of the drivers in S explains beside the covariates that are
always in it, a driver's Shapley share (LMG) is its mean gain over all orders of d drivers,

.. math:: \phi_j = \sum_{S \not\ni j} \frac{|S|! (d - |S| - 1)!}{d!} \{R^2(S + j) - R^2(S)\},

from :math:`2^d` models. For more drivers Johnson's relative weights go by the nearest
orthogonal columns to the drivers: with their correlations :math:`C = \Lambda^2` (what the other
covariates explain taken off) and standardised coefficients b,
:math:`\epsilon_j \propto \sum_k \Lambda_{jk}^2 (\Lambda b)_k^2`. Both add up to what the
drivers explain. :math:`R^2` is McFadden's of a logistic model, :math:`1 - \ell / \ell_0` with
weighted log likelihoods, and that of least squares of a linear one.

Replicates are one-step: with sums by PSU of log likelihoods and of scores U at the estimate,
a replicate's log likelihood is :math:`\ell_r(\hat\beta) + \tfrac12 U_r' A^{-1} U_r` and its
coefficients :math:`\hat\beta + A^{-1} U_r`, which leaves out terms of the third order. Those of
a linear model are exact.

Lindeman, Merenda and Gold (1980); Grömping (2007), https://doi.org/10.1198/000313007X188252;
Johnson (2000), https://doi.org/10.1207/S15327906MBR3501_1; Tonidandel and LeBreton (2010),
https://doi.org/10.1177/1094428109341993. R equivalent: ``relaimpo::calc.relimp(type = "lmg")``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.survey.cells.numbering import summed
from advocacy.survey.regression import Fit, Points, crossed, fit

# Drivers up to which all their models are fitted: 1,024 of them.
MOST_EXACT = 10
# Points whose products are held at a time.
_AT_A_TIME = 100_000


@dataclass(frozen=True)
class Sample:
    """Points by what replicates draw.

    Parameters
    ----------
    points
        The points, with all covariates.
    unit
        Number of the PSU, or of the group of ratings, of each point; shape (N,).
    factors
        What the weights of each unit are multiplied by in each replicate, shape (R, units).
    """

    points: Points
    unit: Integers
    factors: Floats

    @property
    def units(self) -> int:
        """Number of units."""
        return int(self.factors.shape[1])

    def sums(self, rows: Floats) -> Floats:
        """Return the sums of K values of the points over each unit, shape (units, K)."""
        return np.column_stack([summed(self.unit, row, self.units) for row in rows])

    def replicated(self, rows: Floats) -> Floats:
        """Return the totals of K values of the points in each replicate, shape (R, K)."""
        totals: Floats = self.factors @ self.sums(rows)
        return totals

    @cached_property
    def null(self) -> tuple[float, Floats]:
        """Return the log likelihood without any covariate, as it is and in replicates (R,)."""
        totals = np.array([[self.points.x.sum(), self.points.z.sum()]])
        found = _without_covariates(totals)
        replicates = _without_covariates(self.replicated(np.array([self.points.x, self.points.z])))
        return float(found[0]), replicates


@dataclass(frozen=True)
class Importance:
    """What each of d drivers explains.

    Parameters
    ----------
    method
        `lmg` or `relative_weights`.
    explained, beside
        What all covariates explain, and those that are always there; proportions.
    values
        What each driver has of the difference, shape (d,).
    replicates
        The same in replicates, shape (R, d).
    """

    method: str
    explained: float
    beside: float
    values: Floats
    replicates: Floats


def importance(
    sample: Sample,
    fitted: Fit,
    always: Sequence[int],
    drivers: Sequence[int],
    most_exact: int = MOST_EXACT,
) -> Importance:
    """Return what each driver explains: by all models, or of more than ``most_exact`` by weights.

    Parameters
    ----------
    sample, fitted
        The points, and the fit of all covariates to them.
    always, drivers
        Positions of the covariates that are always there, and of the d drivers, numbers.
    """
    linear = fitted.kind == "linear"
    fits: _Logistic | _Linear = _Linear(sample) if linear else _Logistic(sample, fitted)
    if len(drivers) > most_exact:
        return _weighed(fits, list(always), list(drivers))
    subsets = range(2 ** len(drivers))
    found = [
        fits.explained([*always, *(d for at, d in enumerate(drivers) if mask >> at & 1)])
        for mask in subsets
    ]
    values = np.array([value for value, _ in found])
    replicates = np.column_stack([several for _, several in found])
    shapley = shapley_weights(len(drivers))
    return Importance("lmg", values[-1], values[0], shapley @ values, replicates @ shapley.T)


def shapley_weights(players: int) -> Floats:
    """Return the weight of each coalition's value in each player's share, shape (d, 2^d).

    Coalition m has the players whose bits are set in m.
    """
    found = np.zeros((players, 2**players))
    for mask in range(2**players):
        size = mask.bit_count()
        for player in range(players):
            if mask >> player & 1:
                found[player, mask] = factorial(size - 1) * factorial(players - size)
            else:
                found[player, mask] = -factorial(size) * factorial(players - size - 1)
    return found / factorial(players)


def relative_weights(covariance: Floats, coefficients: Floats) -> Floats:
    """Return the share of each of d numbers in the variance of their linear predictor.

    Parameters
    ----------
    covariance
        Of the numbers, shape (..., d, d).
    coefficients
        Per unit of each, shape (..., d).
    """
    spread = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    correlation = covariance / spread[..., :, None] / spread[..., None, :]
    values, vectors = np.linalg.eigh(correlation)
    roots = np.sqrt(np.maximum(values, 0.0))[..., None, :]
    half = (vectors * roots) @ np.swapaxes(vectors, -2, -1)
    gamma = half @ (spread * coefficients)[..., None]
    raw = (half**2 @ gamma**2)[..., 0]
    shares: Floats = raw / raw.sum(axis=-1, keepdims=True)
    return shares


def spread_of(replicates: Floats) -> Floats:
    """Return the standard deviation of replicates, shape (R, d), around their mean."""
    found: Floats = np.sqrt(((replicates - replicates.mean(axis=0)) ** 2).mean(axis=0))
    return found


def shares_of(replicates: Floats) -> Floats:
    """Return the shares of the drivers in each replicate in which they explain anything."""
    above = np.maximum(replicates, 0.0)
    total = above.sum(axis=1, keepdims=True)
    found: Floats = (above / np.where(total > 0, total, 1.0))[total[:, 0] > 0]
    return found if len(found) else np.full((1, replicates.shape[1]), np.nan)


def rank_intervals(
    values: Floats, replicates: Floats, widening: float
) -> tuple[Integers, Integers]:
    """Return the least and the greatest rank that each of d values may have, 1 for the largest.

    A driver is above another where the interval of their difference is above nought; the
    intervals of all its differences hold together at 95 %, by the largest studentised deviation
    in replicates (Mogstad, Romano, Shaikh and Wilhelm 2024, https://doi.org/10.1093/restud/rdad006).

    Parameters
    ----------
    values, replicates
        Shapes (d,) and (R, d).
    widening
        Factor of the intervals, for what few units tell.
    """
    size = len(values)
    low, high = np.ones(size, np.int64), np.full(size, size, np.int64)
    for own in range(size):
        differences = values[own] - values
        deviations = replicates[:, [own]] - replicates - differences
        spread = np.sqrt((deviations**2).mean(axis=0))
        others = np.flatnonzero(spread > 0)
        if not len(others):
            continue
        largest = np.abs(deviations[:, others] / spread[others]).max(axis=1)
        reach = widening * np.quantile(largest, 0.95) * spread
        low[own] = 1 + np.sum(differences[others] + reach[others] < 0)
        high[own] = size - np.sum(differences[others] - reach[others] > 0)
    return low, high


class _Logistic:
    """Logistic models of some of the covariates, begun from the fit of all."""

    def __init__(self, sample: Sample, fitted: Fit) -> None:
        self.sample, self.points = sample, sample.points
        self.scaled = fitted.scaled
        self.information = np.linalg.inv(np.linalg.solve(sample.points.unscaled(), fitted.bread))

    def explained(self, covariates: list[int]) -> tuple[float, Floats]:
        """Return McFadden's R squared of some covariates, as it is and in replicates (R,)."""
        points = _of(self.points, covariates)
        columns = _columns(self.points, covariates)
        part = self.information[np.ix_(columns, columns)]
        start = np.linalg.solve(part, self.information[columns] @ self.scaled)
        fitted = fit(points, np.asarray(start, np.float64))
        own, sums = self._sums(points, fitted)
        scores = self.sample.factors @ sums[:, 1:]
        inverse = np.linalg.solve(points.unscaled(), fitted.bread)
        gain = np.einsum("ri,ij,rj->r", scores, inverse, scores, optimize=True) / 2
        null, nulls = self.sample.null
        return 1 - own / null, 1 - (self.sample.factors @ sums[:, 0] + gain) / nulls

    def coefficients(self, covariates: list[int]) -> tuple[Floats, Floats]:
        """Return scaled coefficients of all, as they are and in replicates (R, p)."""
        fitted = fit(self.points, self.scaled)
        _, sums = self._sums(self.points, fitted)
        steps = self.sample.factors @ sums[:, 1:] @ np.linalg.inv(self.information)
        columns = _columns(self.points, covariates)[1:]
        return self.scaled[columns], (self.scaled + steps)[:, columns]

    def _sums(self, points: Points, fitted: Fit) -> tuple[float, Floats]:
        """Return the log likelihood, and by unit its sum and those of the scores (units, 1 + p)."""
        sums = np.zeros((self.sample.units, 1 + len(points.terms)))
        for part in points.blocks(1):
            rows, x, z = points.rows(part), points.x[part], points.z[part]
            eta = np.einsum("j,ji->i", fitted.scaled, rows)
            log = np.logaddexp(0, eta)
            values = np.vstack([x * eta - z * log, rows * (x - z * np.exp(eta - log))])
            unit = self.sample.unit[part]
            for column, row in enumerate(values):
                sums[:, column] += summed(unit, row, self.sample.units)
        return float(sums[:, 0].sum()), sums


class _Linear:
    """Linear models of some of the covariates, from second moments by unit."""

    def __init__(self, sample: Sample) -> None:
        self.sample, self.points = sample, sample.points
        self.whole, self.replicates = moments(sample, with_outcome=True)

    def explained(self, covariates: list[int]) -> tuple[float, Floats]:
        """Return R squared of some covariates, as it is and in replicates (R,)."""
        columns = _columns(self.points, covariates)
        return float(_r_squared(self.whole[None], columns)[0]), _r_squared(self.replicates, columns)

    def coefficients(self, covariates: list[int]) -> tuple[Floats, Floats]:
        """Return scaled coefficients of all, as they are and in replicates (R, p)."""
        columns = _columns(self.points, covariates)[1:]
        own, several = (
            np.asarray(np.linalg.solve(m[..., :-1, :-1], m[..., :-1, -1:])[..., 0], np.float64)
            for m in (self.whole, self.replicates)
        )
        return own[columns], several[:, columns]


def moments(sample: Sample, *, with_outcome: bool) -> tuple[Floats, Floats]:
    """Return weighted second moments of the scaled columns, as they are and in replicates.

    Shapes (c, c) and (R, c, c); the outcome of a linear model is the last column.
    """
    points, order = sample.points, np.argsort(sample.unit, kind="stable")
    ends = np.cumsum(np.bincount(sample.unit, minlength=sample.units))
    size = len(points.terms) + with_outcome
    by_unit = np.zeros((sample.units, size * size))
    for number, which in enumerate(np.split(order, ends[:-1])):
        for start in range(0, len(which), _AT_A_TIME):
            own = which[start : start + _AT_A_TIME]
            rows, z = points.rows(own), points.z[own]
            if with_outcome:
                rows = np.vstack([rows, points.x[own] / z])
            by_unit[number] += crossed(rows * z, rows).ravel()
    replicates = (sample.factors @ by_unit).reshape(-1, size, size)
    return by_unit.sum(axis=0).reshape(size, size), replicates


def _weighed(fits: _Logistic | _Linear, always: list[int], drivers: list[int]) -> Importance:
    """Return relative weights of drivers, what the other covariates explain taken off."""
    whole, wholes = fits.explained([*always, *drivers])
    beside, besides = fits.explained(always)
    of_columns = moments(fits.sample, with_outcome=False)
    others = _columns(fits.points, always)
    own = _columns(fits.points, drivers)[1:]
    covariances = [_partial(several, own, others) for several in of_columns]
    coefficients = fits.coefficients(drivers)
    values = relative_weights(covariances[0], coefficients[0]) * (whole - beside)
    replicates = relative_weights(covariances[1], coefficients[1]) * (wholes - besides)[:, None]
    return Importance("relative_weights", whole, beside, values, replicates)


def _partial(second: Floats, own: Integers, others: Integers) -> Floats:
    """Return covariances of some columns less what others, the intercept among them, explain."""
    a = second[..., own[:, None], own]
    b = second[..., others[:, None], own]
    c = second[..., others[:, None], others]
    left: Floats = a - np.swapaxes(b, -2, -1) @ np.linalg.solve(c, b)
    # Of the weighted mean of squares: moments have the weight of the base.
    return left / second[..., 0, 0][..., None, None]


def _r_squared(second: Floats, columns: Integers) -> Floats:
    """Return R squared of the last column on some, shape (R,)."""
    a = second[:, columns[:, None], columns]
    b = second[:, columns, -1]
    explained = np.einsum("rc,rc->r", b, np.linalg.solve(a, b[..., None])[..., 0])
    mean = second[:, 0, -1] ** 2 / second[:, 0, 0]
    found: Floats = (explained - mean) / (second[:, -1, -1] - mean)
    return found


def _without_covariates(totals: Floats) -> Floats:
    """Return the log likelihood of one rate, from totals x and z of shape (R, 2)."""
    x, z = totals.T
    found: Floats = x * np.log(x / z) + (z - x) * np.log1p(-x / z)
    return found


def _of(points: Points, covariates: Sequence[int]) -> Points:
    return Points(tuple(points.covariates[at] for at in covariates), points.x, points.z)


def _columns(points: Points, covariates: Sequence[int]) -> Integers:
    """Return the intercept, and the columns of some covariates in their order."""
    ends = 1 + np.cumsum([covariate.columns for covariate in points.covariates])
    found = [0]
    for at in covariates:
        found += range(int(ends[at]) - points.covariates[at].columns, int(ends[at]))
    return np.array(found, dtype=np.int64)
