"""Fitting a model to what is asked: its base, its covariates, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.models.terms import MISSING, Term, Terms, find_terms
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses
from advocacy.responses.schema import COLUMNS
from advocacy.sql import identifier
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

# Ratings are summed by covariate pattern and PSU where that leaves at least this many to a
# possible cell; with fewer, sums would be as many as the ratings.
RATINGS_A_CELL = 10
MOST_TERMS = 500
# What becomes of ratings that lack a number.
MISSINGS = ("left_out", "indicator")


@dataclass(frozen=True)
class Profile:
    """What the ratings in the base have of the covariates.

    Parameters
    ----------
    base, complete
        Ratings in the base, and those of them that lack no covariate.
    present
        Those that have each covariate.
    values
        Levels of each among the complete, or distinct numbers among the base.
    levels
        Levels of each, the reference first; empty for a number.
    units
        PSUs, or strata where every rating is its own PSU, of those that are named.
    """

    base: int
    complete: int
    present: tuple[int, ...]
    values: tuple[int, ...]
    levels: tuple[tuple[str, ...], ...]
    units: int

    @property
    def compresses(self) -> bool:
        """Whether sums by pattern and PSU are far fewer than the ratings."""
        possible = float(np.prod([float(number) for number in self.values])) * self.units
        return possible * RATINGS_A_CELL <= self.complete


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
    on: Sequence[str],
    *,
    estimand: str,
    intent: str,
    kind: Kind | None = None,
    missing: str = "left_out",
    where: str | None = None,
    design: SurveyDesign | None = None,
    engine: Engine | None = None,
) -> Model:
    """Fit a model of an estimand on covariates; arguments as of `regress`."""
    chosen = find_estimand(estimand)
    chosen.refuse_incidence("a model")
    kind = _kind(kind, chosen)
    terms = find_terms(on, chosen)
    # The score as a covariate splits the base, as it does as a segment.
    names = [term.name for term in terms.alone]
    scores = [name for name in names if name in SEGMENTS and SEGMENTS[name].replaces_intent]
    asked = ask(
        responses, estimand, intent=intent, by=scores, where=where, design=design, engine=engine
    )
    for term in terms.alone:
        responses.require(term.needs, f"The covariate {term.name}")
    responses.check(sorted({name for term in terms.alone for name in term.needs}))
    _refuse_scales(responses, terms.alone)
    terms = _with_indicators(asked, terms, missing)
    profile = _profile(asked, terms.alone)
    _refuse(responses, terms.alone, terms.products, profile)
    return _fitted(asked, terms, profile, kind)


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


def _fitted(asked: Asked, terms: Terms, profile: Profile, kind: Kind) -> Model:
    """Return the model, from sums by pattern or from the ratings."""
    design, base = asked.design, complete(asked.ratio, terms.alone)
    domains = [term.domain for term in terms.alone]
    replicates, patterns = None, bool(design.replication) or profile.compresses
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
    matrix = Matrix(
        tuple(
            Covariate(term.name, _numbers(values.column(term.name), levels), levels)
            for term, levels in zip(terms.alone, profile.levels, strict=True)
        ),
        terms.products,
    )
    points = matrix.points(x, z)
    return Model(
        asked,
        terms,
        profile,
        matrix,
        points,
        _fit(points, kind, profile.complete),
        cells,
        place,
        replicates,
        patterns,
    )


def _fit(points: Points, kind: Kind, ratings: int) -> Fit:
    if kind == "linear":
        return fit_linear(points)
    return fit_penalised(points, ratings) if kind == "penalised" else fit(points)


def _refuse_scales(responses: Responses, terms: Sequence[Term]) -> None:
    """Refuse a number that is on other scales in other sources: a step is not the same on each."""
    for term in terms:
        if term.segment or term.missing_of or not COLUMNS[term.name].metric:
            continue
        scales = sorted(responses.scales(term.name).items())
        if len(scales) > 1:
            listed = ", ".join(f"{low:g}-{high:g} in {n}" for (low, high), n in scales)
            raise DataError(
                f"{term.name} is on different scales in different sources ({listed}).",
                where=responses.name,
                remedy=f"Leave {term.name} out, or fit the sources of each scale apart.",
            )


def _profile(asked: Asked, terms: Sequence[Term]) -> Profile:
    """Return what the base has of the covariates, in one scan."""
    responses, design = asked.responses, asked.design
    columns = [identifier(f"term:{term.name}") for term in terms]
    units = ", ".join(identifier(name) for name in (*design.strata, *design.clusters))
    inner = [f"{term.expression} AS {name}" for term, name in zip(terms, columns, strict=True)]
    inner.append(f"concat_ws('|', {units}) AS unit" if units else "'' AS unit")
    found = [
        f"list(DISTINCT {column}) FILTER (complete)"
        if term.segment
        else f"count(DISTINCT {column})"
        for term, column in zip(terms, columns, strict=True)
    ]
    sums = [
        "count(*)",
        "count(*) FILTER (complete)",
        "count(DISTINCT unit)",
        *(f"count({column})" for column in columns),
        *found,
    ]
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    base, whole, number, *rest = responses.fetch(
        f"SELECT {', '.join(sums)} FROM (SELECT *, {present} AS complete FROM "
        f"(SELECT {', '.join(inner)} FROM {responses.relation} "
        f"WHERE {responses.counted} AND ({asked.ratio.base}) <> 0) AS base) AS ratings"
    )
    size = len(terms)
    levels = [_ordered(t, value) for t, value in zip(terms, rest[size:], strict=True)]
    numbers = zip(rest[size:], levels, strict=True)
    return Profile(
        base=base,
        complete=whole,
        present=tuple(rest[:size]),
        values=tuple(len(names) if names else value for value, names in numbers),
        levels=tuple(levels),
        # Margins and replicates alone keep each rating apart.
        units=whole if design.keeps_units and not design.clusters else number,
    )


def _ordered(term: Term, levels: Any) -> tuple[str, ...]:
    """Return levels in the order of their segment, else of their names; none of a number."""
    if term.segment is None or levels is None:
        return ()
    known = term.segment.levels
    return tuple(sorted(levels, key=lambda level: (known.index(level) if known else 0, level)))


def _refuse(
    responses: Responses,
    terms: Sequence[Term],
    products: Sequence[tuple[int, int]],
    profile: Profile,
) -> None:
    """Refuse a base from which no model can be had, before any rating is fetched."""
    if profile.complete == 0:
        fewest = int(np.argmin(profile.present))
        raise DataError(
            f"None of the {profile.base} ratings in the base has all covariates; "
            f"{terms[fewest].name} is there for {profile.present[fewest]}.",
            where=responses.name,
            remedy=f"Leave {terms[fewest].name} out.",
        )
    for term, levels in zip(terms, profile.levels, strict=True):
        if len(levels) == 1:
            raise DataError(
                f"All ratings in the base that have all covariates are of one {term.name}, "
                f"{levels[0]}.",
                where=responses.name,
                remedy=f"Leave {term.name} out.",
            )
    sizes = [max(len(levels) - 1, 1) for levels in profile.levels]
    every = sum(sizes) + sum(sizes[a] * sizes[b] for a, b in products)
    if every >= MOST_TERMS:
        most = int(np.argmax(sizes))
        raise UsageError(
            f"The model would have {every + 1} terms, {sizes[most]} of them of "
            f"{terms[most].name}; at most {MOST_TERMS} are fitted.",
            remedy=f"Leave {terms[most].name} out.",
        )


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
