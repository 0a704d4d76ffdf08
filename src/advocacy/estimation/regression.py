"""What goes with an outcome: a logistic model of an estimand on segments and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    Pairs,
    behind_columns,
    held_against,
    inference,
)
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import SEGMENTS, Segment, find_segments, is_segment
from advocacy.estimation.tabulation import check_interval, tabulated
from advocacy.responses import Responses
from advocacy.responses.schema import COLUMNS, Type
from advocacy.sql import identifier
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import ratings_pass
from advocacy.survey.cells.groups import Groups
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Quantities, counts, ratios, totals
from advocacy.survey.regression import (
    INTERCEPT,
    Covariate,
    Fit,
    Points,
    fit,
    influence_of_ratings,
    pattern_gradient,
    refitted,
)
from advocacy.survey.sides import Reference, bears_test

# Ratings are summed by covariate pattern and PSU where that leaves at least this many to a
# possible cell; with fewer, sums would be as many as the ratings.
RATINGS_A_CELL = 10
_MOST_TERMS = 500

_NUMERIC = (Type.INTEGER, Type.NUMBER, Type.BOOLEAN)
# Numbers that say how a rating was drawn, not what it is.
_DESIGN = ("weight", "fpc", "fpc_ssu")
NUMBERS = tuple(
    name for name, column in COLUMNS.items() if column.type in _NUMERIC and name not in _DESIGN
)


@dataclass(frozen=True)
class _Term:
    """A covariate as it is asked for: a segment with levels, or a number."""

    name: str
    expression: str
    needs: tuple[str, ...]
    segment: Segment | None = None

    @property
    def domain(self) -> Domain:
        """The covariate as the grouped pass wants it."""
        return Domain(self.name, self.expression)


@dataclass(frozen=True)
class _Profile:
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


def regress(
    responses: Responses,
    *,
    on: Sequence[str],
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Estimates:
    r"""Fit a logistic model of a proportion, with standard errors that know the design.

    :math:`logit\,P(x = 1) = \beta_0 + \sum_j \beta_j b_j` among the ratings in the estimand's
    base, by weighted score equations; see `survey.regression`. It describes what goes with the
    outcome, and does not say what would change it.

    Sums by covariate pattern and PSU are enough, and are taken where they are far fewer than
    the ratings: possible patterns (the product of the numbers of values) times PSUs, times
    `RATINGS_A_CELL`, at most the ratings. Otherwise the ratings are fetched, 8 bytes each for
    every covariate and three more. Replicates are refitted from the sums in any case.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    on
        Names in `SEGMENTS`, of which each level is held against the first, or in `NUMBERS`,
        which are linear in the logit; no or yes is 0 or 1. The score is a number; with it, or
        with ``score_band``, the base is all who have a score.
    estimand
        Name in `ESTIMANDS` of a proportion.
    intent, where, design, engine
        As in `estimate`.
    conf_level
        Confidence level, a proportion in (0, 1).

    Returns
    -------
    Estimates
        A row a term and quantity: first `log_odds` of all terms, the intercept first, then
        `odds_ratio` of all others, with ``reference`` the level that others are held against.
        Intervals and two-sided tests by Student's t, of an odds ratio on the log scale, on
        the degrees of freedom of the base plus 1 less the number of terms; of a level at most
        those of the plain odds ratio to its reference, and none where one of the two, or the
        whole base, bears no test (`survey.sides.bears_test`). ``unplaced`` counts
        the ratings in the base that lack a covariate and are left out.

    Raises
    ------
    UsageError
        An unknown or repeated name, no name, an estimand that is no proportion, a covariate
        that is part of it, or more than 500 terms.
    MissingColumnError
        The responses lack a column that the estimand or a covariate needs.
    DataError
        No rating has all covariates; a segment with one level only; a number on several scales,
        as the manifests of imports say; or no model, see
        `survey.regression.fit`.
    DesignError
        The design allows no variance.

    Notes
    -----
    Binder (1983), https://doi.org/10.2307/1402588. R equivalent:
    ``survey::svyglm(y ~ sector + score, design, family = quasibinomial)``.
    """
    chosen = find_estimand(estimand)
    chosen.refuse_incidence("a logistic model")
    terms = _terms(on, chosen)
    check_interval("wald", conf_level, proportion=True)
    # The score as a covariate splits the base, as it does as a segment.
    scores = [name for name in on if name in SEGMENTS and SEGMENTS[name].replaces_intent]
    asked = ask(
        responses, estimand, intent=intent, by=scores, where=where, design=design, engine=engine
    )
    for term in terms:
        responses.require(term.needs, f"The covariate {term.name}")
    responses.check(sorted({name for term in terms for name in term.needs}))
    _refuse_scales(responses, terms)
    profile = _profile(asked, terms)
    _refuse(responses, terms, profile)
    found = _fitted(asked, terms, profile)
    borne = _borne(asked, found, terms, profile)
    return Estimates(
        _tabulate(found, borne, terms, profile, asked.labels(), conf_level),
        "odds_ratios",
        profile.base - profile.complete,
        found,
    )


def _terms(on: Sequence[str], estimand: Estimand) -> list[_Term]:
    """Return the covariates by name; refuse what none can be."""
    if not estimand.proportion:
        raise UsageError(
            f"{estimand.name} is no proportion, and has no logistic model.",
            remedy="Use recommended_past_12m, or another proportion.",
        )
    if not on:
        raise UsageError("No covariate is named.", remedy="Name some, such as sector or ease.")
    for name in on:
        if on.count(name) > 1:
            raise UsageError(f"The covariate {name!r} is named twice.", remedy="Name it once.")
        if name in estimand.needs and name != "score":
            raise UsageError(
                f"{name} is what the estimand {estimand.name} is made of, and cannot explain it.",
                remedy="Leave it out.",
            )
    return [_term(name) for name in on]


def _term(name: str) -> _Term:
    if name in NUMBERS:
        return _Term(name, f"({identifier(name)})::DOUBLE", (name,))
    if is_segment(name):
        (segment,) = find_segments((name,))
        return _Term(name, f"({segment.expression})::VARCHAR", segment.needs, segment)
    raise UsageError(
        f"{name!r} is neither a segment nor a number.",
        remedy=f"Use some of: {', '.join(dict.fromkeys([*SEGMENTS, *NUMBERS]))}.",
    )


def _refuse_scales(responses: Responses, terms: Sequence[_Term]) -> None:
    """Refuse a number that is on other scales in other sources: a step is not the same on each."""
    for term in terms:
        if term.segment or not COLUMNS[term.name].metric:
            continue
        scales = sorted(responses.scales(term.name).items())
        if len(scales) > 1:
            listed = ", ".join(f"{low:g}-{high:g} in {n}" for (low, high), n in scales)
            raise DataError(
                f"{term.name} is on different scales in different sources ({listed}).",
                where=responses.name,
                remedy=f"Leave {term.name} out, or fit the sources of each scale apart.",
            )


def _profile(asked: Asked, terms: Sequence[_Term]) -> _Profile:
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
    return _Profile(
        base=base,
        complete=whole,
        present=tuple(rest[:size]),
        values=tuple(len(names) if names else value for value, names in numbers),
        levels=tuple(levels),
        # Margins and replicates alone keep each rating apart.
        units=whole if design.keeps_units and not design.clusters else number,
    )


def _ordered(term: _Term, levels: Any) -> tuple[str, ...]:
    """Return levels in the order of their segment, else of their names; none of a number."""
    if term.segment is None or levels is None:
        return ()
    known = term.segment.levels
    return tuple(sorted(levels, key=lambda level: (known.index(level) if known else 0, level)))


def _refuse(responses: Responses, terms: Sequence[_Term], profile: _Profile) -> None:
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
    if sum(sizes) >= _MOST_TERMS:
        most = int(np.argmax(sizes))
        raise UsageError(
            f"The model would have {sum(sizes) + 1} terms, {sizes[most]} of them of "
            f"{terms[most].name}; at most {_MOST_TERMS} are fitted.",
            remedy=f"Leave {terms[most].name} out.",
        )


def _fitted(asked: Asked, terms: Sequence[_Term], profile: _Profile) -> Quantities:
    """Return log odds and odds ratios, from sums by pattern or from the ratings."""
    design, base = asked.design, _complete(asked.ratio, terms)
    domains = [term.domain for term in terms]
    if design.replication or profile.compresses:
        cells = asked.cells(domains, ratio=base)
        found, fitted = _from_patterns(cells, design, terms, profile)
    else:
        ratings = ratings_pass(asked.responses, design, base, domains, asked.engine)
        points = _points(ratings.values, terms, profile, ratings.x, ratings.z)
        fitted = fit(points)
        influence = influence_of_ratings(points, fitted, ratings.cells, ratings.cell)
        found = Quantities(fitted.coefficients, influence, ratings.cells, design)
    return found.transformed(_both, _slopes(fitted.coefficients))


def _complete(ratio: Ratio, terms: Sequence[_Term]) -> Ratio:
    """Return the ratio among ratings that have all covariates."""
    present = " AND ".join(f"({term.expression}) IS NOT NULL" for term in terms)
    numerator, base = (
        f"CASE WHEN {present} THEN {value} ELSE 0 END" for value in (ratio.numerator, ratio.base)
    )
    return Ratio(numerator, base)


def _from_patterns(
    cells: Cells, design: SurveyDesign, terms: Sequence[_Term], profile: _Profile
) -> tuple[Quantities, Fit]:
    domain = np.flatnonzero(cells.totals(cells.n) > 0)
    keys = cells.domains.take(pa.array(domain))
    groups = Groups(keys, np.arange(len(domain)), domain, len(domain))
    sums = totals(cells, design, groups)
    points = _points(keys, terms, profile, *np.split(sums.estimate, 2))
    fitted = fit(points)
    replicates = sums.replicates and sums.replicates.transformed(
        lambda values: refitted(points, fitted, values)
    )
    gradient = pattern_gradient(points, fitted, domain)
    return replace(
        sums, estimate=fitted.coefficients, gradient=gradient, replicates=replicates
    ), fitted


def _points(
    values: pa.Table, terms: Sequence[_Term], profile: _Profile, x: Floats, z: Floats
) -> Points:
    covariates = [
        Covariate(term.name, _numbers(values.column(term.name), levels), levels)
        for term, levels in zip(terms, profile.levels, strict=True)
    ]
    return Points(tuple(covariates), x, z)


def _numbers(column: pa.ChunkedArray, levels: tuple[str, ...]) -> Floats | Integers:
    """Return numbers as they are, texts as the numbers of their levels."""
    if levels:
        column = pc.index_in(column, value_set=pa.array(levels))
    found: Floats | Integers = column.to_numpy()
    return found


@dataclass(frozen=True)
class _Borne:
    """What the p terms are held against, and whether they are tested; shape (p,)."""

    against: Reference
    tested: npt.NDArray[np.bool_]

    def take(self, rows: Integers) -> _Borne:
        """Return those of some terms."""
        df, widening = self.against.df[rows], self.against.widening[rows]
        return _Borne(Reference(df, widening), self.tested[rows])


def _borne(asked: Asked, found: Quantities, terms: Sequence[_Term], profile: _Profile) -> _Borne:
    """Hold each term against the df of the model, a level also against those of its two sides."""
    cells, design, size = found.cells, found.design, (len(found.estimate) + 1) // 2
    df = found.df()[:size] + 1 - size
    whole = bool(bears_test(ratios(cells, design, _whole(cells, 1)))[0])
    widening, tested, at = np.ones(size), np.full(size, whole), 1
    base = _complete(asked.ratio, terms)
    for term, levels in zip(terms, profile.levels, strict=True):
        others = np.arange(1, len(levels))
        if levels:
            rates = _by_level(asked.cells([term.domain], ratio=base), asked, term, levels)
            pairs = Pairs(CONTRASTS["odds_ratio"], others, np.zeros_like(others))
            against, bear = held_against(rates, pairs)
            own = slice(at, at + len(others))
            df[own] = np.minimum(df[own], against.df)
            widening[own], tested[own] = against.widening, tested[own] & bear
        at += max(len(others), 1)
    return _Borne(Reference(df, widening), tested)


def _by_level(cells: Cells, asked: Asked, term: _Term, levels: tuple[str, ...]) -> Quantities:
    """Return the rate of each level, in their order."""
    names = cells.domains.column(term.name)
    rows = pc.index_in(pa.array(levels), value_set=names.combine_chunks())
    return ratios(cells, asked.design).take(rows.to_numpy())


def _both(log_odds: Floats) -> Floats:
    """Return log odds and, behind them, odds ratios of all terms but the intercept."""
    return np.concatenate([log_odds, np.exp(log_odds[..., 1:])], axis=-1)


def _slopes(log_odds: Floats) -> Floats:
    """Return the derivatives of `_both`, shape (2p - 1, p)."""
    # Not of the intercept: far from the data its odds may be too large for a number.
    odds_ratios = np.hstack([np.zeros((len(log_odds) - 1, 1)), np.diag(np.exp(log_odds[1:]))])
    return np.vstack([np.eye(len(log_odds)), odds_ratios])


def _tabulate(
    found: Quantities,
    borne: _Borne,
    terms: Sequence[_Term],
    profile: _Profile,
    labels: dict[str, Any],
    conf_level: float,
) -> pa.Table:
    keys: list[tuple[str, str | None, str | None]] = [(INTERCEPT, None, None)]
    for term, levels in zip(terms, profile.levels, strict=True):
        keys += [(term.name, level, levels[0]) for level in levels[1:]] or [(term.name, None, None)]
    size = len(keys)
    blocks = [("log_odds", "difference", 0), ("odds_ratio", "odds_ratio", 1)]
    tables = []
    for quantity, contrast, first in blocks:
        rows = np.arange(size if first == 0 else size - 1) + (0 if first == 0 else size)
        part, own = found.take(rows), borne.take(np.arange(first, size))
        behind = counts(found.cells, _whole(found.cells, len(rows)))
        columns = inference(part, own.against, CONTRASTS[contrast], conf_level, own.tested)
        flags = ["ok" if tested else "review" for tested in own.tested.tolist()]
        columns |= behind_columns(behind, own.against.df, flags)
        columns |= {"n_numerator": pa.array(behind.hits)}
        names, level, reference = zip(*keys[first:], strict=True)
        columns |= {"reference": pa.array(reference, pa.string())}
        named = {"term": pa.array(names), "level": pa.array(level, pa.string())}
        tables.append(tabulated(named, labels | columns | {"quantity": quantity}, len(rows)))
    return pa.concat_tables(tables)


def _whole(cells: Cells, rows: int) -> Groups:
    """Return all domains as one group, as often as there are rows."""
    group = np.repeat(np.arange(rows), cells.n_domains)
    domain = np.tile(np.arange(cells.n_domains), rows)
    return Groups(cells.domains.select([]), group, domain, rows)
