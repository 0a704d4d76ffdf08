r"""Generalised linear models, fitted to weighted totals by covariate pattern.

A pattern d is a combination of values of the covariates, with a row :math:`b_d` of the model
matrix and the totals :math:`X_d = \sum_i w_i x_i` of those with the outcome and
:math:`Z_d = \sum_i w_i z_i` of all. The coefficients solve the weighted score equations

.. math:: U(\beta) = \sum_d b_d (X_d - Z_d p_d) = 0, \qquad logit(p_d) = b_d' \beta,

which need no more of the data than these totals. With
:math:`A = \sum_d Z_d p_d (1 - p_d) b_d b_d'`, a rating of pattern d has the influence
:math:`A^{-1} b_d\, w_i (x_i - p_d z_i)`: linear in the totals of its pattern, so that
`linearization` gives the covariance. Where nearly every rating has a pattern of its own, a
pattern is a rating, and influences are summed over its cell (`models.influence`).

The linear model of a mean has :math:`b_d' \beta` for :math:`p_d` and 1 for
:math:`p_d (1 - p_d)`. The penalised logistic model adds half the logarithm of the determinant
of the information of n ratings, :math:`A n / Z`, to their log likelihood, which keeps every
coefficient finite; its score equations are those of

.. math:: \sum_d b_d (X_d - Z_d e_d) = 0, \qquad
    e_d = p_d - \tfrac{Z}{n} p_d (1 - p_d)\, b_d' A^{-1} b_d\, (\tfrac12 - p_d).

Binder (1983), https://doi.org/10.2307/1402588; Firth (1993),
https://doi.org/10.1093/biomet/80.1.27. R equivalent:
``survey::svyglm(family = quasibinomial)`` and ``gaussian``; without weights
``brglm2::brglm_fit(type = "MPL_Jeffreys")``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
from scipy.special import expit

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError
from advocacy.survey.cells.numbering import summed

INTERCEPT = "intercept"
Kind = Literal["logistic", "linear", "penalised"]

# Points whose rows of the model matrix are held at a time: they fit into a processor's cache.
_AT_A_TIME = 8192
# Size of a product of matrices up to which OpenBLAS stays on one thread. Threads that wait for
# each other at every block cost many times what they save where the machine is busy.
_ONE_THREAD = 2**18
# Many points are first fitted from every so many of them, which leaves few rounds to the whole.
_EVERY = 20
_MANY = 50_000
# Newton's method squares its error: after a step as small as the first nothing is left of it, and
# one as small as the second changes the information in no digit that counts.
_SMALL_STEP = 1e-7
_NO_STEP = 1e-9
_ROUNDS = 30
# The penalised fit goes by the information alone, which is not all of its curvature.
_PENALISED_ROUNDS = 500
_HALVINGS = 20
# Steps still as large as this say that a coefficient has no end, not that the method is slow.
_LARGE_STEP = 0.1
# Of its own sum of squares, what a column has beyond those before it; less is rounding.
_COLLINEAR = 1e-10
# Share of a level's weight below which an outcome is absent.
_ABSENT = 1e-12


@dataclass(frozen=True)
class Covariate:
    """A number, or a level, at each point.

    Parameters
    ----------
    name
        What messages call it.
    values
        The numbers; or numbers of the levels, 0 for the reference; shape (N,).
    levels
        Names of the levels, the reference first; empty where the values are numbers.
    """

    name: str
    values: Floats | Integers
    levels: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """Number of columns in the model matrix."""
        return len(self.levels) - 1 if self.levels else 1

    @cached_property
    def span(self) -> tuple[float, float]:
        """Middle and half of the range of the numbers, by which they are brought to -1 to 1."""
        low, high = float(self.values.min()), float(self.values.max())
        return (low + high) / 2, (high - low) / 2 or 1.0


@dataclass(frozen=True)
class Points:
    """Patterns or single ratings: covariates, and weighted totals of outcome and base.

    Parameters
    ----------
    covariates
        Values at each point.
    x, z
        X and Z of each point, shape (N,); population units.
    """

    covariates: tuple[Covariate, ...]
    x: Floats
    z: Floats

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the coefficients: intercept, numbers, levels other than the reference."""
        names = [INTERCEPT]
        for covariate in self.covariates:
            levels = [f"{covariate.name} {level}" for level in covariate.levels[1:]]
            names += levels or [covariate.name]
        return tuple(names)

    def rows(self, which: slice | Integers) -> Floats:
        """Return columns of the model matrix transposed, numbers scaled; shape (p, points)."""
        size = len(self.z[which])
        found = np.empty((len(self.terms), size))
        found[0], at = 1.0, 1
        for covariate in self.covariates:
            values = covariate.values[which]
            if covariate.levels:
                own = np.arange(1, len(covariate.levels))
                found[at : at + len(own)] = values == own[:, None]
            else:
                middle, half = covariate.span
                found[at] = (values - middle) / half
            at += covariate.columns
        return found

    def blocks(self, every: int = 1) -> Iterator[slice]:
        """Return slices that cover the points, or every so many of them."""
        size = _AT_A_TIME * every
        for start in range(0, len(self.z), size):
            yield slice(start, start + size, every)

    def unscaled(self) -> Floats:
        """Return what turns coefficients of scaled numbers into those of the numbers; (p, p)."""
        found, at = np.eye(len(self.terms)), 1
        for covariate in self.covariates:
            if not covariate.levels:
                middle, half = covariate.span
                found[at, at], found[0, at] = 1 / half, -middle / half
            at += covariate.columns
        return found


@dataclass(frozen=True)
class Fit:
    """A fitted model of p terms.

    Parameters
    ----------
    coefficients
        Log odds, per unit of a number and against the reference of a level; shape (p,).
    scaled
        The same of the scaled model matrix, shape (p,).
    bread
        What turns a score, by the scaled model matrix, into an influence; shape (p, p).
    kind
        Which model it is.
    ratings
        Ratings that a penalised model was fitted to, by which its penalty is weighed.
    """

    coefficients: Floats
    scaled: Floats
    bread: Floats
    kind: Kind = "logistic"
    ratings: int = 0


@dataclass(frozen=True)
class _State:
    """Log likelihood, score (p,) and information (p, p) at some coefficients (p,)."""

    beta: Floats
    likelihood: float
    score: Floats
    information: Floats


def fit(points: Points, start: Floats | None = None) -> Fit:
    """Fit the model by Newton's method, its steps halved where the likelihood would fall.

    Parameters
    ----------
    points
        Covariates and totals.
    start
        Scaled coefficients to start from; by default all 0.

    Raises
    ------
    DataError
        A term has one value only or follows from those before it, some or all coefficients
        have no finite value because the outcome is always or never there, or the method does
        not come to an end. The message names the term.
    """
    _refuse_one_outcome(points)
    _refuse_separated_levels(points)
    state = _state(points, _beginning(points) if start is None else start)
    _refuse_collinear(points, state)
    state, step = _climbed(points, state)
    if not _settled(step):
        raise _no_end(points, step)
    return _fit_of(points, state, "logistic")


def fit_linear(points: Points) -> Fit:
    """Fit the linear model of a mean: weighted least squares.

    Raises
    ------
    DataError
        A term has one value only or follows from those before it.
    """
    state = _linear_state(points, np.zeros(len(points.terms)))
    _refuse_collinear(points, state)
    # A second step takes off what rounding left of the first.
    for _ in range(2):
        state = _linear_state(points, state.beta + np.linalg.solve(state.information, state.score))
    return _fit_of(points, state, "linear")


def fit_penalised(points: Points, ratings: int) -> Fit:
    """Fit the penalised logistic model, which is finite where an outcome is told apart.

    Parameters
    ----------
    points
        Covariates and totals.
    ratings
        Number of ratings behind them.

    Raises
    ------
    DataError
        A term has one value only or follows from those before it; one outcome only; or the
        method does not come to an end.
    """
    _refuse_one_outcome(points)
    state = _state(points, np.zeros(len(points.terms)))
    _refuse_collinear(points, state)
    rating, step = points.z.sum() / ratings, np.full(len(state.beta), np.inf)
    for _ in range(_PENALISED_ROUNDS):
        score = state.score + rating * _penalty(points, state)
        step = np.linalg.solve(state.information, score)
        # As far as a coefficient may go in one round: the penalty is flat far off.
        state = _state(points, state.beta + step / max(1.0, np.abs(step).max()))
        if np.abs(step).max() <= _NO_STEP:
            return _fit_of(points, state, "penalised", ratings)
    raise _no_end(points, np.minimum(np.abs(step), _LARGE_STEP / 2))


def _fit_of(points: Points, state: _State, kind: Kind, ratings: int = 0) -> Fit:
    back = points.unscaled()
    bread = back @ np.linalg.inv(state.information)
    return Fit(back @ state.beta, state.beta, bread, kind, ratings)


def _linear_state(points: Points, beta: Floats) -> _State:
    score, information = np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
    for part in points.blocks():
        rows = points.rows(part)
        fitted = np.einsum("j,ji->i", beta, rows)
        score += np.einsum("ji,i->j", rows, points.x[part] - points.z[part] * fitted)
        information += crossed(rows * points.z[part], rows)
    return _State(beta, 0.0, score, information)


def _penalty(points: Points, state: _State) -> Floats:
    """Return the score of half the log determinant of the information, shape (p,)."""
    inverse = np.asarray(np.linalg.inv(state.information), np.float64)
    found = np.zeros(len(state.beta))
    for part in points.blocks():
        rows = points.rows(part)
        p = expit(np.einsum("j,ji->i", state.beta, rows))
        drawn = points.z[part] * _drawn(rows, np.asarray(p, np.float64), inverse)
        found += np.einsum("ji,i->j", rows, drawn)
    return found


def _drawn(rows: Floats, p: Floats, inverse: Floats) -> Floats:
    """Return by how much the penalty draws each point towards one half, a unit of its weight."""
    spread = np.einsum("ji,ji->i", rows, inverse @ rows)
    found: Floats = p * (1 - p) * spread * (0.5 - p)
    return found


def fitted_means(points: Points, fitted: Fit) -> Floats:
    """Return the fitted proportion or mean at each point, shape (N,)."""
    linear = [np.einsum("j,ji->i", fitted.scaled, points.rows(part)) for part in points.blocks()]
    found: Floats = np.concatenate(linear)
    return found if fitted.kind == "linear" else np.asarray(expit(found))


def expected(points: Points, fitted: Fit) -> Floats:
    """Return e at each point, shape (N,): a rating's score is :math:`b w (x - e z)`."""
    found = fitted_means(points, fitted)
    if fitted.kind != "penalised":
        return found
    inverse = np.asarray(np.linalg.solve(points.unscaled(), fitted.bread), np.float64)
    rating = points.z.sum() / fitted.ratings
    for part in points.blocks():
        found[part] -= rating * _drawn(points.rows(part), found[part], inverse)
    return found


def _beginning(points: Points) -> Floats:
    """Return coefficients to start from: 0, or those of a sample of many points."""
    zeros = np.zeros(len(points.terms))
    if len(points.z) <= _MANY:
        return zeros
    state, step = _climbed(points, _state(points, zeros, _EVERY), _EVERY)
    return state.beta if _settled(step) else zeros


def _climbed(points: Points, state: _State, every: int = 1) -> tuple[_State, Floats]:
    """Return where Newton's method ends, from every so many of the points, and its last step."""
    step = np.full(len(state.beta), np.inf)
    for _ in range(_ROUNDS):
        step = _step(state)
        if np.abs(step).max() <= _NO_STEP:
            return replace(state, beta=state.beta + step), step
        state = _moved(points, state, step, every)
        if _settled(step):
            break
    return state, step


def _settled(step: Floats) -> bool:
    return bool(np.abs(step).max() <= _SMALL_STEP)


def _state(points: Points, beta: Floats, every: int = 1) -> _State:
    """Return the sums over the points, or every so many: blocks in parallel, added in order."""
    blocks, part = list(points.blocks(every)), partial(_part, points, beta)
    if len(blocks) == 1:
        parts = [part(blocks[0])]
    else:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = list(pool.map(part, blocks))
    likelihoods, scores, informations = zip(*parts, strict=True)
    return _State(beta, sum(likelihoods), sum(scores), sum(informations))


def _part(points: Points, beta: Floats, block: slice) -> tuple[float, Floats, Floats]:
    """Return log likelihood, score and information of a block of the points."""
    rows, x, z = points.rows(block), points.x[block], points.z[block]
    logit = np.einsum("j,ji->i", beta, rows)
    p = expit(logit)
    likelihood = float(x @ logit - z @ np.logaddexp(0, logit))
    score = np.einsum("ji,i->j", rows, x - z * p)
    return likelihood, score, crossed(rows * (z * p * (1 - p)), rows)


def crossed(left: Floats, right: Floats) -> Floats:
    """Return left @ right.T of two matrices of shape (p, points), in parts; shape (p, p)."""
    size, number = left.shape
    part = max(1, _ONE_THREAD // size**2)
    whole = number // part * part
    first, second = (m[:, :whole].reshape(size, -1, part).swapaxes(0, 1) for m in (left, right))
    rest: Floats = left[:, whole:] @ right[:, whole:].T
    found: Floats = rest + (first @ second.swapaxes(1, 2)).sum(axis=0)
    return found


def _step(state: _State) -> Floats:
    """Return Newton's step; the smallest of many where the information has become singular."""
    step = np.linalg.lstsq(state.information, state.score, rcond=None)[0]
    return np.asarray(step, np.float64)


def _moved(points: Points, state: _State, step: Floats, every: int) -> _State:
    """Return the state a step on, or the half of it that is not worse."""
    share = 1.0
    # Sums of many terms differ in their last bits without one being better.
    worst = state.likelihood - 1e-9 * abs(state.likelihood)
    moved = _state(points, state.beta + step, every)
    for _ in range(_HALVINGS):
        if moved.likelihood >= worst:
            break
        share /= 2
        moved = _state(points, state.beta + share * step, every)
    return moved


def _refuse_one_outcome(points: Points) -> None:
    ones, every = points.x.sum(), points.z.sum()
    if min(ones, every - ones) <= _ABSENT * every:
        raise DataError(
            f"{'None' if ones < every / 2 else 'All'} of the ratings have the outcome, so that "
            "nothing goes with it.",
            remedy="Choose a base in which it is there for some.",
        )


def _refuse_separated_levels(points: Points) -> None:
    """Refuse a level in which all ratings, or none, have the outcome."""
    for covariate in points.covariates:
        if not covariate.levels:
            continue
        numbers = covariate.values.astype(np.int64)
        ones, every = (summed(numbers, v, len(covariate.levels)) for v in (points.x, points.z))
        alone = np.flatnonzero(np.minimum(ones, every - ones) <= _ABSENT * every)
        if len(alone):
            raise _separated(f"{covariate.name} {covariate.levels[alone[0]]}")


def _refuse_collinear(points: Points, state: _State) -> None:
    """Refuse a column that is a linear function of those before it, by their products."""
    size = np.diag(state.information)
    left = state.information.copy()
    for column, name in enumerate(points.terms):
        own = left[column, column]
        if own <= _COLLINEAR * size[column]:
            raise DataError(
                f"The term {name} has one value only, or follows from the terms before it.",
                remedy="Leave out one of the terms that say the same.",
            )
        below = left[column + 1 :, column]
        left[column + 1 :, column + 1 :] -= np.outer(below, below) / own


def _no_end(points: Points, step: Floats) -> DataError:
    """Return the error of a fit that did not end; name what still moves."""
    moving = np.abs(step)
    name = points.terms[int(np.argmax(moving[1:])) + 1 if len(moving) > 1 else 0]
    if moving.max() >= _LARGE_STEP:
        return _separated(name)
    return DataError(
        f"The fit did not settle in {_ROUNDS} rounds; the term that moved most is {name}.",
        remedy="Leave the term out, or merge its rare levels.",
    )


def _separated(name: str) -> DataError:
    return DataError(
        f"The term {name} has no finite coefficient: it tells all ratings with the outcome, or "
        "all without, from the others (separation).",
        remedy="Fit `advocacy regress` with --model penalised, leave the term out, or merge its "
        "rare levels.",
    )
