"""Influence of ratings on the coefficients of a model, and on means of what it says.

A model's coefficients are functions of the totals of patterns, or of single ratings; behind
them may stand means over the base of values at the points, taken at these coefficients.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError
from advocacy.survey.cell_influence import CellInfluence
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.numbering import summed
from advocacy.survey.gradient import Gradient
from advocacy.survey.regression import (
    Fit,
    Points,
    crossed,
    expected,
    fit,
    fit_linear,
    fit_penalised,
)

# Points whose scores are held at a time.
_AT_A_TIME = 8192


def pattern_gradient(points: Points, fitted: Fit, domain: Integers, beside: Floats) -> Gradient:
    """Return the gradient of p coefficients and L means, where each point is all of a domain.

    Parameters
    ----------
    points, fitted
        N points and their fit.
    domain
        Domain of each point, shape (N,).
    beside
        Derivative of each mean with respect to Z of each point, shape (L, N).
    """
    slopes = fitted.bread @ points.rows(slice(None))
    x = np.vstack([slopes, np.zeros_like(beside)])
    z = np.vstack([-expected(points, fitted) * slopes, beside])
    size, number = x.shape
    return Gradient(
        quantity=np.repeat(np.arange(size), number),
        domain=np.tile(domain, size),
        x=x.ravel(),
        z=z.ravel(),
        size=size,
    )


def influence_of_ratings(
    points: Points, fitted: Fit, cells: Cells, cell: Integers, beside: Floats
) -> CellInfluence:
    """Return the influence on p coefficients and L means, where each point is a rating.

    ``cell`` is the cell of each, shape (N,); ``beside`` as in `pattern_gradient`.
    """
    residual, own = points.x - points.z * expected(points, fitted), beside * points.z
    size, more = len(fitted.coefficients), len(beside)
    of_cells = [summed(cell, row, len(cells.n))[:, None] for row in own]
    sums = np.hstack([_score_sums(points, residual, cell, len(cells.n)), *of_cells])
    products = None if cells.psu is not None else _products(points, residual, own, cells, cell)
    whole = np.eye(size + more)
    whole[:size, :size] = fitted.bread
    if products is not None:
        products = whole @ products @ whole.T
    return CellInfluence(sums @ whole.T, products, cells.n_domains)


def _score_sums(points: Points, residual: Floats, cell: Integers, size: int) -> Floats:
    """Return the sum of the ratings' scores over each cell, by column; shape (size, p)."""
    columns = [summed(cell, residual, size)[:, None]]
    for covariate in points.covariates:
        if covariate.levels:
            number = len(covariate.levels)
            key = cell * number + covariate.values.astype(np.int64)
            sums = summed(key, residual, size * number)
            columns.append(sums.reshape(size, number)[:, 1:])
        else:
            middle, half = covariate.span
            scaled = (covariate.values - middle) / half
            columns.append(summed(cell, residual * scaled, size)[:, None])
    return np.hstack(columns)


def _products(
    points: Points, residual: Floats, own: Floats, cells: Cells, cell: Integers
) -> Floats:
    """Return products of scores, and of ``own``, summed over the ratings of each stratum.

    ``own`` has shape (L, N), what is returned (strata, p + L, p + L).
    """
    stratum = cells.stratum[cell]
    order = np.argsort(stratum, kind="stable")
    ends = np.cumsum(np.bincount(stratum, minlength=len(cells.psus)))
    size = len(points.terms) + len(own)
    found = np.zeros((len(ends), size, size))
    for h, ratings in enumerate(np.split(order, ends[:-1])):
        for start in range(0, len(ratings), _AT_A_TIME):
            which = ratings[start : start + _AT_A_TIME]
            scores = np.vstack([points.rows(which) * residual[which], own[:, which]])
            found[h] += crossed(scores, scores)
    return found


def refits(points: Points, fitted: Fit, totals: Floats) -> list[tuple[Points, Fit] | None]:
    """Return points and fit from other totals at the same points, ``None`` where there is none.

    Parameters
    ----------
    points, fitted
        The points, and the fit to their own totals.
    totals
        X of all points, then Z of all, in each of R replicates; shape (R, 2N).
    """
    found: list[tuple[Points, Fit] | None] = []
    for row in totals:
        x, z = np.split(row, 2)
        again = replace(points, x=x, z=z)
        try:
            found.append((again, fit_again(again, fitted)))
        except DataError:
            found.append(None)
    return found


def fit_again(points: Points, fitted: Fit) -> Fit:
    """Return a fit of the same kind to other totals."""
    if fitted.kind == "linear":
        return fit_linear(points)
    if fitted.kind == "penalised":
        return fit_penalised(points, fitted.ratings)
    return fit(points, fitted.scaled)
