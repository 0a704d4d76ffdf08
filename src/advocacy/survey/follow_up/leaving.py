r"""Who leaves a follow-up when: a discrete-time logistic model, fitted to weighted totals.

At each time u at which someone leaves, those still followed are asked, as it were, whether they
stay. With :math:`Z_{uq}` the weighted number of those with the covariates q whose follow-up does
not end before u by anything, nor at u by an event, and :math:`X_{uq}` of those of them who stay
beyond it,

.. math:: logit\,\pi_{uq} = \alpha_{period(u)} + b_q' \beta, \qquad
    \hat G_q(t-) = \prod_{u < t} \hat\pi_{uq},

is fitted by the weighted score equations of `regression`: a pooled logistic model, whose points
are cells. Robins and Finkelstein (2000), https://doi.org/10.1111/j.0006-341X.2000.00779.x;
D'Agostino et al. (1990), https://doi.org/10.1002/sim.4780091214.

R equivalent: ``survey::svyglm(stays ~ period + ..., family = quasibinomial)`` on a row for each
rating and time u at which it was still followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.survey.cells.numbering import summed
from advocacy.survey.follow_up.incidence import FollowUp
from advocacy.survey.gradient import Gradient
from advocacy.survey.regression import Covariate, Fit, Points, fit, fitted_means

PERIOD = "period"
# Times, patterns and terms that are held together: 400 MB.
_MOST_VALUES = 50_000_000
# Of its own sum of squares, what a column has beyond those before it; less is rounding.
_ALIASED = 1e-9

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cohort:
    """Everyone whose follow-up is meant to last to the end, by domain.

    Parameters
    ----------
    follow_up
        When and how the follow-up of each domain ended: by no event where it was left.
    present
        Domains that hold ratings of the cohort, shape (D,).
    pattern
        Number of each domain's combination of covariates, shape (D,).
    covariates
        Levels of each pattern, shape (Q,) each.
    last
        First time from which a follow-up counts as one to the end, so that none is left.
    """

    follow_up: FollowUp
    present: Booleans
    pattern: Integers
    covariates: tuple[Covariate, ...]
    last: int

    @property
    def patterns(self) -> int:
        """Number of patterns, Q."""
        return int(self.pattern.max(initial=0)) + 1

    @property
    def left(self) -> Booleans:
        """Domains that leave before the end without an event, shape (D,)."""
        ended = self.follow_up
        found: Booleans = self.present & (ended.ending == 0) & (ended.time < self.last)
        return found


@dataclass(frozen=True)
class Leaving:
    """The fitted model, and what it says of staying.

    Parameters
    ----------
    times
        Times at which someone leaves, in order, shape (U,).
    period
        Number of the period of each, shape (U,).
    before
        How many of these times come before the end of each domain's follow-up, shape (D,).
    stays
        Probability to stay beyond each time, by pattern; shape (U, Q). 1 where nobody of a level
        leaves, or nobody is left to leave; 0 where all of a level leave at once.
    points, fitted
        Points of which neither is known beforehand, and the fit to them; ``None`` without any.
    free
        Number of each of these points, time by time, shape (points,).
    """

    times: Integers
    period: Integers
    before: Integers
    stays: Floats
    points: Points | None
    fitted: Fit | None
    free: Integers

    @property
    def terms(self) -> int:
        """Number of coefficients, p."""
        return 0 if self.fitted is None else len(self.fitted.coefficients)

    @property
    def followed(self) -> Floats:
        """Return G: the probability to be followed beyond the first j times; (U + 1, Q)."""
        start = np.ones((1, self.stays.shape[1]))
        found: Floats = np.concatenate([start, np.cumprod(self.stays, axis=0)])
        return found

    def at(self, times: Integers) -> Integers:
        """Return the row of `followed` that holds just before each time."""
        found: Integers = np.searchsorted(self.times, times, side="left")
        return found


def periods(times: Integers, gap: int, longest: int) -> Integers:
    """Return the number of the period of each time, in order from 0; shape (U,).

    A period ends where nobody leaves for at least ``gap``, as between two waves of interviews,
    and is at most ``longest``. Whoever leaves at once, at time 0, does so in a period of their own.
    """
    number, first, found = -1, 0, []
    for place, time in enumerate(times.tolist()):
        earlier = int(times[place - 1]) if place else -gap
        if time - earlier >= gap or earlier == 0 or time - first >= longest:
            number, first = number + 1, time
        found.append(number)
    return np.array(found, dtype=np.int64)


def fit_leaving(totals: Floats, cohort: Cohort, gap: int, longest: int) -> Leaving:
    """Fit the model to the weighted totals of the domains, shape (D,).

    Raises
    ------
    DataError
        A coefficient has no finite value, or follows from others; the message names it.
    UsageError
        There are more patterns than memory holds.
    """
    left = cohort.left
    times = np.unique(cohort.follow_up.time[left])
    leaving = Leaving(
        times,
        periods(times, gap, longest),
        np.searchsorted(times, cohort.follow_up.time, side="left"),
        np.ones((len(times), cohort.patterns)),
        None,
        None,
        np.zeros(0, np.int64),
    )
    _refuse_too_many(leaving, cohort)
    stay, every = _sums(totals, cohort, leaving)
    return _fitted(leaving, cohort, stay, every)


def refit_leaving(totals: Floats, cohort: Cohort, leaving: Leaving) -> Leaving:
    """Fit the same model to other totals, such as those of a replicate, shape (D,).

    Raises
    ------
    DataError
        As `fit_leaving`.
    """
    if leaving.points is None or leaving.fitted is None:
        return leaving
    stay, every = (values.ravel()[leaving.free] for values in _sums(totals, cohort, leaving))
    points = replace(leaving.points, x=stay, z=every)
    fitted = fit(points, leaving.fitted.scaled)
    stays = leaving.stays.copy()
    stays.ravel()[leaving.free] = fitted_means(points, fitted)
    return replace(leaving, points=points, fitted=fitted, stays=stays)


def leaving_gradient(cohort: Cohort, leaving: Leaving) -> Gradient:
    r"""Return the derivatives of the coefficients with respect to the domains' totals.

    A rating's score is :math:`\sum_{u < t} (1 - \pi_{uq}) b_{uq}`, and less
    :math:`\pi_{tq} b_{tq}` where it leaves at t.
    """
    domain = np.flatnonzero(cohort.present)
    size, none = leaving.terms, np.zeros(0, np.int64)
    if leaving.points is None or leaving.fitted is None:
        return Gradient(none, none, np.zeros(0), np.zeros(0), 0)
    rows = np.zeros((size, leaving.stays.size))
    rows[:, leaving.free] = leaving.points.rows(slice(None))
    rows = rows.reshape(size, *leaving.stays.shape)
    stayed = np.concatenate(
        [np.zeros((size, 1, rows.shape[-1])), np.cumsum(rows * (1 - leaving.stays), axis=1)], axis=1
    )
    before, pattern = leaving.before[domain], cohort.pattern[domain]
    score = stayed[:, before, pattern]
    gone = cohort.left[domain]
    at, own = before[gone], pattern[gone]
    score[:, gone] -= rows[:, at, own] * leaving.stays[at, own]
    slopes = leaving.fitted.bread @ score
    return Gradient(
        quantity=np.repeat(np.arange(size), len(domain)),
        domain=np.tile(domain, size),
        x=np.zeros(slopes.size),
        z=slopes.ravel(),
        size=size,
    )


def _sums(totals: Floats, cohort: Cohort, leaving: Leaving) -> tuple[Floats, Floats]:
    """Return X and Z of each time and pattern, shape (U, Q) each."""
    shape = (len(leaving.times) + 1, cohort.patterns)
    place = leaving.before * shape[1] + cohort.pattern
    own = np.where(cohort.present, totals, 0.0)
    ends = summed(place, own, shape[0] * shape[1]).reshape(shape)
    gone = summed(place, np.where(cohort.left, own, 0.0), shape[0] * shape[1]).reshape(shape)
    stay = np.cumsum(ends[::-1], axis=0)[::-1][1:]
    return stay, stay + gone[:-1]


def _fitted(leaving: Leaving, cohort: Cohort, stay: Floats, every: Floats) -> Leaving:
    """Return the model with its fit to the points at which some stay and some leave."""
    period = tuple(f"{PERIOD} {number + 1}" for number in range(leaving.period.max(initial=-1) + 1))
    size = len(leaving.times), cohort.patterns
    covariates = [Covariate(PERIOD, np.repeat(leaving.period, size[1]), period)]
    covariates += [
        Covariate(c.name, np.tile(c.values.astype(np.int64), size[0]), c.levels)
        for c in cohort.covariates
    ]
    x, z = stay.ravel(), every.ravel()
    free, stays = _open(covariates, x, z)
    if len(free) == 0:
        return replace(leaving, stays=stays.reshape(size))
    kept = (_of(covariate, free) for covariate in covariates)
    points = _without_aliases(Points(tuple(c for c in kept if len(c.levels) > 1), x[free], z[free]))
    fitted = fit(points)
    stays[free] = fitted_means(points, fitted)
    return replace(leaving, points=points, fitted=fitted, free=free, stays=stays.reshape(size))


def _open(covariates: Sequence[Covariate], x: Floats, z: Floats) -> tuple[Integers, Floats]:
    """Return the points that a fit has to tell of, and the probability at the others.

    Where all of a level stay, or all leave, that is the limit of the fit, and it is taken.
    """
    stays, left = np.ones(len(z)), z - x
    free = z > 0
    changed = True
    while changed and free.any():
        changed = False
        for covariate in covariates:
            size = len(covariate.levels)
            numbers = covariate.values.astype(np.int64)
            for part, probability in ((left, 1.0), (x, 0.0)):
                sums = summed(numbers[free], part[free], size)
                settled = free & (sums <= 0)[numbers]
                stays[settled], changed = probability, changed or bool(settled.any())
                free &= ~settled
    return np.flatnonzero(free), stays


def _of(covariate: Covariate, which: Integers) -> Covariate:
    """Return a covariate at some of the points, with the levels that these have."""
    used, values = np.unique(covariate.values[which].astype(np.int64), return_inverse=True)
    return replace(covariate, values=values, levels=tuple(covariate.levels[at] for at in used))


def _without_aliases(points: Points) -> Points:
    """Return points without the terms that follow from those before: they add nothing to the fit.

    The level of such a term joins the reference, so that programmes may stand beside sectors.
    """
    rows = points.rows(slice(None))
    left = np.einsum("ji,ki->jk", rows, rows)
    size, aliased = np.diag(left).copy(), np.zeros(len(left), dtype=bool)
    for column in range(len(left)):
        if left[column, column] <= _ALIASED * size[column]:
            aliased[column] = True
            continue
        below = left[column + 1 :, column]
        left[column + 1 :, column + 1 :] -= np.outer(below, below) / left[column, column]
    covariates, at = [], 1
    for covariate in points.covariates:
        kept = np.concatenate([[True], ~aliased[at : at + covariate.columns]])
        at += covariate.columns
        number = np.where(kept, np.cumsum(kept) - 1, 0)
        levels = tuple(level for level, keep in zip(covariate.levels, kept, strict=True) if keep)
        values = number[covariate.values.astype(np.int64)]
        covariates.append(replace(covariate, values=values, levels=levels))
    return replace(points, covariates=tuple(c for c in covariates if len(c.levels) > 1))


def _refuse_too_many(leaving: Leaving, cohort: Cohort) -> None:
    terms = 1 + int(leaving.period.max(initial=0)) + sum(c.columns for c in cohort.covariates)
    size = leaving.stays.size * terms
    if size > _MOST_VALUES:
        raise UsageError(
            f"Who leaves at {len(leaving.times)} times in {cohort.patterns:,} patterns of "
            f"covariates does not fit into memory with {terms} terms.",
            remedy="Take fewer segments, or such with fewer levels.",
        )


def replicated(totals: Floats, cohort: Cohort, leaving: Leaving) -> Leaving | None:
    """Return the model refitted to the totals of a replicate; ``None`` where it has no fit."""
    try:
        return refit_leaving(totals, cohort, leaving)
    except DataError:
        return None
