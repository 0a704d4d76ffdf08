"""Fitting a model to what is asked: its base, its covariates, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.models.profile import (
    Profile,
    profiled,
    refuse_scales,
    refuse_without_model,
)
from advocacy.estimation.models.terms import MISSING, Term, Terms, find_terms
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import ratings_pass
from advocacy.survey.cells.groups import Groups
from advocacy.survey.cells.statement import Ratio
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.linearization import Influence
from advocacy.survey.models.effects import Effect, Matrix, Means, means
from advocacy.survey.models.influence import influence_of_ratings, pattern_gradient, refits
from advocacy.survey.quantities import Quantities, totals
from advocacy.survey.regression import (
    Covariate,
    Fit,
    Kind,
    Points,
    fit,
    fit_linear,
    fit_penalised,
)
from advocacy.survey.replicates import Replicates

# What becomes of ratings that lack a number.
MISSINGS = ("left_out", "indicator")
# Share of an indicator's sum of squares below which nothing is left of it beside other terms.
_TOLD = 1e-8


@dataclass(frozen=True)
class Model:
    """A fitted model, and all that its variance is of.

    Parameters
    ----------
    asked, terms, profile
        What it is of.
    matrix, points, fit
        Its model matrix, totals and coefficients.
    cells
        Sums that its influences are summed over.
    place
        Domain of each point where points are patterns; the cell of each where they are ratings.
    replicates
        Totals of the points in replicates; ``None`` where the variance is by linearization.
    patterns
        Whether points are patterns.
    """

    asked: Asked
    terms: Terms
    profile: Profile
    matrix: Matrix
    points: Points
    fit: Fit
    cells: Cells
    place: Integers
    replicates: Replicates | None
    patterns: bool

    @property
    def left_out(self) -> int:
        """Ratings in the base that lack a covariate."""
        return self.profile.base - self.profile.complete

    @property
    def columns(self) -> list[tuple[int, ...]]:
        """Positions of the covariates in each column but the intercept."""
        return [
            tuple(factor.covariate for factor in factors) for factors in self.matrix.columns[1:]
        ]

    def coefficients(self) -> Quantities:
        """Return the coefficients, shape (p,)."""
        size = len(self.fit.coefficients)
        none = Means(np.empty(0), np.empty((0, size)), np.empty((0, len(self.points.z))))
        return self._quantities(
            self.fit.coefficients, np.eye(size), none, lambda _, f: f.coefficients
        )

    def means(self, effects: Sequence[Effect]) -> Quantities:
        """Return means of what the model says, shape (L,)."""
        found = means(self.matrix, self.points, self.fit, effects)
        jacobian = np.hstack([found.slopes, np.eye(len(effects))])
        return self._quantities(
            found.values,
            jacobian,
            found,
            lambda points, fitted: means(self.matrix, points, fitted, effects).values,
        )

    def _quantities(
        self,
        estimate: Floats,
        jacobian: Floats,
        beside: Means,
        again: Callable[[Points, Fit], Floats],
    ) -> Quantities:
        """Return functions of the coefficients and of means beside them, by their derivatives."""
        place = self.place
        if self.patterns:
            gradient: Influence = pattern_gradient(self.points, self.fit, place, beside.beside)
        else:
            gradient = influence_of_ratings(self.points, self.fit, self.cells, place, beside.beside)
        replicates = self.replicates and self.replicates.transformed(
            lambda values: np.array(
                [
                    np.full(len(estimate), np.nan) if found is None else again(*found)
                    for found in refits(self.points, self.fit, values)
                ]
            )
        )
        return Quantities(
            estimate, gradient.chained(jacobian), self.cells, self.asked.design, replicates
        )


def fit_model(
    responses: Responses,
    on: Sequence[str | Term],
    *,
    estimand: str,
    intent: str,
    kind: Kind | None = None,
    missing: str = "left_out",
    where: str | None = None,
    design: SurveyDesign | None = None,
    engine: Engine | None = None,
    items: frozenset[str] = frozenset(),
    by_rating: bool = False,
) -> Model:
    """Fit a model of an estimand on covariates; arguments as of `regress`.

    Of ``items`` own segments are numbers, as of `find_terms`. ``by_rating`` keeps every rating
    apart, as what is drawn by PSU has to.
    """
    chosen = find_estimand(estimand)
    chosen.refuse_incidence("a model")
    kind = _kind(kind, chosen)
    terms = find_terms(on, chosen, items)
    # The score as a covariate splits the base, as it does as a segment.
    names = [term.name for term in terms.alone]
    scores = [name for name in names if name in SEGMENTS and SEGMENTS[name].replaces_intent]
    asked = ask(
        responses, estimand, intent=intent, by=scores, where=where, design=design, engine=engine
    )
    for term in terms.alone:
        responses.require(term.needs, f"The covariate {term.name}")
    responses.check(sorted({name for term in terms.alone for name in term.needs}))
    refuse_scales(responses, terms.alone)
    terms = _with_indicators(asked, terms, missing)
    profile = profiled(asked, terms.alone)
    refuse_without_model(responses, terms, profile)
    return _fitted(asked, terms, profile, kind, by_rating=by_rating)


def _kind(kind: Kind | None, estimand: Estimand) -> Kind:
    """Return the model: logistic for proportions and linear for others, unless it is named."""
    if kind is not None and kind not in get_args(Kind):
        raise UsageError(
            f"{kind!r} is no model.", remedy=f"Use one of: {', '.join(get_args(Kind))}."
        )
    if not isinstance(estimand.base, tuple):
        raise UsageError(
            f"{estimand.name} is no mean over ratings, and has no model.",
            remedy="Use recommended_past_12m, mean_score or nps.",
        )
    if not estimand.proportion and kind not in (None, "linear"):
        raise UsageError(
            f"{estimand.name} is no proportion, and has no {kind} model.",
            remedy="Use the linear model, or recommended_past_12m or another proportion.",
        )
    return kind or ("logistic" if estimand.proportion else "linear")


def _with_indicators(asked: Asked, terms: Terms, missing: str) -> Terms:
    """Return the terms with a number that is missing at its mean, and an indicator of that.

    A number that no rating in the base lacks has no indicator.
    """
    if missing not in MISSINGS:
        raise UsageError(
            f"{missing!r} is no way with missing numbers.",
            remedy=f"Use one of: {', '.join(MISSINGS)}.",
        )
    if missing == "left_out":
        return terms
    responses = asked.responses
    numbers = [at for at, term in enumerate(terms.alone) if term.segment is None]
    asks = [
        f"count({terms.alone[at].expression}), avg({terms.alone[at].expression})" for at in numbers
    ]
    base, *found = responses.fetch(
        f"SELECT {', '.join(['count(*)', *asks])} FROM {responses.relation} "
        f"WHERE {responses.counted} AND ({asked.ratio.base}) <> 0"
    )
    alone, indicators = list(terms.alone), []
    for place, at in enumerate(numbers):
        there, mean = found[2 * place : 2 * place + 2]
        if there in (0, base):
            continue
        term = terms.alone[at]
        alone[at] = replace(
            term, expression=f"coalesce({term.expression}, {float(mean)!r}::DOUBLE)"
        )
        indicators.append(
            Term(
                f"{term.name} {MISSING}",
                f"(({term.expression}) IS NULL)::INTEGER::DOUBLE",
                term.needs,
                missing_of=term.name,
            )
        )
    return Terms((*alone, *indicators), terms.products)


def _fitted(asked: Asked, terms: Terms, profile: Profile, kind: Kind, *, by_rating: bool) -> Model:
    """Return the model, from sums by pattern or from the ratings."""
    design, base = asked.design, complete(asked.ratio, terms.alone)
    domains = [term.domain for term in terms.alone]
    replicates = None
    patterns = bool(design.replication) or (profile.compresses and not by_rating)
    if patterns:
        cells = asked.cells(domains, ratio=base)
        place = np.flatnonzero(cells.totals(cells.n) > 0)
        values = cells.domains.take(pa.array(place))
        sums = totals(cells, design, Groups(values, np.arange(len(place)), place, len(place)))
        (x, z), replicates = np.split(sums.estimate, 2), sums.replicates
    else:
        ratings = ratings_pass(asked.responses, design, base, domains, asked.engine)
        cells, place, values, x, z = (
            ratings.cells,
            ratings.cell,
            ratings.values,
            ratings.x,
            ratings.z,
        )
    covariates = tuple(
        Covariate(term.name, _numbers(values.column(term.name), levels), levels)
        for term, levels in zip(terms.alone, profile.levels, strict=True)
    )
    kept = _told(covariates, terms, z)
    matrix = Matrix(tuple(covariates[at] for at in kept), terms.products)
    terms = replace(terms, alone=tuple(terms.alone[at] for at in kept))
    profile = replace(profile, levels=tuple(profile.levels[at] for at in kept))
    points = matrix.points(x, z)
    if kind == "logistic":
        _refuse_few_events(asked, cells, points)
    fitted = _fit(points, kind, profile.complete)
    return Model(asked, terms, profile, matrix, points, fitted, cells, place, replicates, patterns)


def _told(covariates: Sequence[Covariate], terms: Terms, z: Floats) -> list[int]:
    """Return the positions of the covariates without the indicators that others tell.

    Questions that are asked together are missing together, and some are asked of one sector.
    """
    kept = [at for at, term in enumerate(terms.alone) if not term.missing_of]
    if len(kept) == len(terms.alone):
        return kept
    base = Points(tuple(covariates[at] for at in kept), z, z).rows(slice(None))
    for at, term in enumerate(terms.alone):
        if not term.missing_of:
            continue
        values = np.asarray(covariates[at].values, np.float64)
        root = np.sqrt(z)
        left = values - base.T @ np.linalg.lstsq((base * root).T, values * root, rcond=None)[0]
        if float(z @ left**2) > _TOLD * float(z @ values**2):
            kept.append(at)
            base = np.vstack([base, values])
    return sorted(kept)


def _refuse_few_events(asked: Asked, cells: Cells, points: Points) -> None:
    """Refuse a logistic model with more coefficients than ratings with, or without, the outcome."""
    hits, every = int(cells.hits.sum()), int(cells.n.sum())
    fewest, size = min(hits, every - hits), len(points.terms)
    # Of one outcome only the fit says more.
    if 0 < fewest < size:
        which = "with" if hits == fewest else "without"
        raise DataError(
            f"The model has {size} coefficients and {every} ratings, {fewest} of them {which} the "
            "outcome: fewer events than parameters.",
            where=asked.responses.name,
            remedy="Name fewer with --on, or fit `advocacy regress` with --model penalised.",
        )


def _fit(points: Points, kind: Kind, ratings: int) -> Fit:
    if kind == "linear":
        return fit_linear(points)
    return fit_penalised(points, ratings) if kind == "penalised" else fit(points)


def complete(ratio: Ratio, terms: Sequence[Term]) -> Ratio:
    """Return the ratio among ratings that have all covariates."""
    present = " AND ".join(f"({term.expression}) IS NOT NULL" for term in terms)
    numerator, base = (
        f"CASE WHEN {present} THEN {value} ELSE 0 END" for value in (ratio.numerator, ratio.base)
    )
    return Ratio(numerator, base)


def _numbers(column: pa.ChunkedArray, levels: tuple[str, ...]) -> Floats | Integers:
    """Return numbers as they are, texts as the numbers of their levels."""
    if levels:
        column = pc.index_in(column, value_set=pa.array(levels))
    found: Floats | Integers = column.to_numpy()
    return found
