r"""Predicted margins and average marginal effects: means over the base of what a model says.

With :math:`g` the inverse link, :math:`\eta_i = b_i' \beta` and Z the weight of the base,

.. math::

    \text{level } k: \frac1Z \sum_i w_i g(\eta_i^{(k)}), \qquad
    \text{step}: \frac1Z \sum_i w_i \{g(\eta_i^{(k)}) - g(\eta_i^{(0)})\}, \qquad
    \text{slope}: \frac1Z \sum_i w_i g'(\eta_i)\, \partial \eta_i / \partial a_i,

where :math:`\eta^{(k)}` has the covariate at k and all others as they are, in products too. A
mean h varies with the coefficients and with who is in the base, so that a rating's influence is
:math:`(\partial \bar h / \partial \beta)\, \psi_i + w_i (h_i - \bar h) / Z`, :math:`\psi` that on
the coefficients.

Graubard and Korn (1999), https://doi.org/10.1111/j.0006-341X.1999.00652.x. R equivalent:
``survey::svypredmeans``, which leaves out the covariance of the two parts;
``marginaleffects::avg_slopes`` and ``avg_comparisons`` give the same estimates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from advocacy.arrays import Floats, Integers
from advocacy.survey.regression import Covariate, Fit, Points


@dataclass(frozen=True)
class Factor:
    """One factor of a column of the model matrix: a number, or whether a level is there."""

    covariate: int
    level: int | None = None


@dataclass(frozen=True)
class Matrix:
    """The model matrix of covariates and of products of two of them.

    Parameters
    ----------
    covariates
        Numbers and levels at each point.
    products
        Positions of the two covariates of each product, whose columns follow theirs.
    """

    covariates: tuple[Covariate, ...]
    products: tuple[tuple[int, int], ...] = ()

    @property
    def columns(self) -> list[tuple[Factor, ...]]:
        """Factors of each column; none of the intercept."""
        own = [self._factors(at) for at in range(len(self.covariates))]
        alone = [(factor,) for factors in own for factor in factors]
        both = [(a, b) for first, second in self.products for a in own[first] for b in own[second]]
        return [(), *alone, *both]

    def _factors(self, at: int) -> list[Factor]:
        levels = self.covariates[at].levels
        return [Factor(at, level) for level in range(1, len(levels))] or [Factor(at)]

    def points(self, x: Floats, z: Floats) -> Points:
        """Return the points with these totals; a column of a product is a number of its own."""
        values = slice(None)
        numbers = [
            Covariate(self._name(factors), self._column(factors, values, None))
            for factors in self.columns
            if len(factors) > 1
        ]
        return Points((*self.covariates, *numbers), x, z)

    def _name(self, factors: Sequence[Factor]) -> str:
        names = []
        for factor in factors:
            covariate = self.covariates[factor.covariate]
            level = "" if factor.level is None else f" {covariate.levels[factor.level]}"
            names.append(f"{covariate.name}{level}")
        return ":".join(names)

    def rows(self, which: slice | Integers, held: Factor | None = None) -> Floats:
        """Return columns transposed, shape (p, points); one covariate held at a level."""
        return np.vstack([self._column(factors, which, held) for factors in self.columns])

    def held_at(self, which: slice | Integers, covariate: int, value: float) -> Floats:
        """Return columns transposed with the numbers of a covariate held at a value."""
        found = []
        for factors in self.columns:
            others = [factor for factor in factors if factor.covariate != covariate]
            column = self._column(others, which, None)
            found.append(column * value if len(others) < len(factors) else column)
        return np.vstack(found)

    def slopes(self, which: slice | Integers, covariate: int) -> list[tuple[int, Floats]]:
        """Return the columns that a number is in, and their derivatives with respect to it."""
        found = []
        for column, factors in enumerate(self.columns):
            if any(factor.covariate == covariate for factor in factors):
                others = [factor for factor in factors if factor.covariate != covariate]
                found.append((column, self._column(others, which, None)))
        return found

    def _column(
        self, factors: Sequence[Factor], which: slice | Integers, held: Factor | None
    ) -> Floats:
        found = np.ones(self.covariates[0].values[which].shape)
        for factor in factors:
            values = self.covariates[factor.covariate].values[which]
            if held is not None and held.covariate == factor.covariate:
                found = found * float(factor.level == held.level)
            else:
                found = found * (values if factor.level is None else values == factor.level)
        return found


@dataclass(frozen=True)
class Effect:
    """A mean to take.

    Parameters
    ----------
    kind
        `level`: predicted where the covariate has a level, or a number. `step`: what that is
        above the reference level. `slope`: the derivative with respect to a number.
    covariate
        Its position.
    at
        Number of the level, or the number itself; of no meaning for a slope.
    """

    kind: Literal["level", "step", "slope"]
    covariate: int
    at: float = 0.0


@dataclass(frozen=True)
class Means:
    """L means over the base.

    Parameters
    ----------
    values
        The means, shape (L,).
    slopes
        Their derivatives with respect to the coefficients, shape (L, p).
    beside
        Their derivatives with respect to Z of each point, shape (L, N).
    """

    values: Floats
    slopes: Floats
    beside: Floats


def means(matrix: Matrix, points: Points, fitted: Fit, effects: Sequence[Effect]) -> Means:
    """Return means of what a model says, and how they vary."""
    size, number = len(effects), len(points.z)
    slopes, at_points = np.zeros((size, len(fitted.coefficients))), np.empty((size, number))
    for block in points.blocks():
        z = points.z[block]
        for row, (h, slope) in enumerate(_at(matrix, fitted, effects, block, z)):
            at_points[row, block] = h
            slopes[row] += slope
    base = points.z.sum()
    values = at_points @ points.z / base
    return Means(values, slopes / base, (at_points - values[:, None]) / base)


def _at(
    matrix: Matrix, fitted: Fit, effects: Sequence[Effect], block: slice, z: Floats
) -> Iterator[tuple[Floats, Floats]]:
    """Yield of each effect its values at a block of points, and the sum of its derivatives."""
    beta, rows = fitted.coefficients, matrix.rows(block)
    p, slope, curve = _link(np.einsum("j,ji->i", beta, rows), fitted)
    for effect in effects:
        if effect.kind == "slope":
            parts = matrix.slopes(block, effect.covariate)
            down = sum((beta[column] * values for column, values in parts), np.zeros_like(p))
            total = np.einsum("ji,i->j", rows, z * curve * down)
            for column, values in parts:
                total[column] += float((z * slope) @ values)
            yield slope * down, total
        else:
            h, total = _level(matrix, fitted, effect, block, z)
            if effect.kind == "step":
                before = Effect("level", effect.covariate, 0.0)
                h_before, total_before = _level(matrix, fitted, before, block, z)
                h, total = h - h_before, total - total_before
            yield h, total


def _level(
    matrix: Matrix, fitted: Fit, effect: Effect, block: slice, z: Floats
) -> tuple[Floats, Floats]:
    covariate = effect.covariate
    if matrix.covariates[covariate].levels:
        rows = matrix.rows(block, Factor(covariate, int(effect.at)))
    else:
        rows = matrix.held_at(block, covariate, effect.at)
    h, slope, _ = _link(np.einsum("j,ji->i", fitted.coefficients, rows), fitted)
    return h, np.einsum("ji,i->j", rows, z * slope)


def _link(eta: Floats, fitted: Fit) -> tuple[Floats, Floats, Floats]:
    """Return the inverse link, its slope and its curvature."""
    if fitted.kind == "linear":
        return eta, np.ones_like(eta), np.zeros_like(eta)
    p = np.asarray(expit(eta), np.float64)
    slope = p * (1 - p)
    return p, slope, slope * (1 - 2 * p)
