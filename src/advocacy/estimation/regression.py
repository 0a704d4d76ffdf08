"""What goes with an outcome: a model of an estimand on segments and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    Pairs,
    behind_columns,
    held_against,
    inference,
)
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.models.fitting import Model, complete, fit_model
from advocacy.estimation.models.terms import CONSTANT, MISSING
from advocacy.estimation.tabulation import Columns, check_interval, tabulated
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.models.effects import Effect
from advocacy.survey.quantities import Quantities, counts, ratios
from advocacy.survey.regression import Kind
from advocacy.survey.sides import Reference, bears_test

Show = Literal["coefficients", "effects", "margins"]
# Distinct values up to which a number has a margin at each.
MOST_VALUES = 12


def regress(
    responses: Responses,
    *,
    on: Sequence[str],
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    model: Kind | None = None,
    show: Show = "coefficients",
    missing: str = "left_out",
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Estimates:
    r"""Fit a model of a proportion or a mean, with standard errors that know the design.

    :math:`logit\,P(x = 1) = \beta_0 + \sum_j \beta_j b_j` among the ratings in the estimand's
    base, by weighted score equations; of a mean, or with the linear model, without the logit; see
    `survey.regression`. It describes what goes with the
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
        which are linear in the logit; no or yes is 0 or 1. ``a*b`` is both and their product,
        ``a:b`` the product beside both. The score is a number; with it, or
        with ``score_band``, the base is all who have a score.
    estimand
        Name in `ESTIMANDS`: a proportion, or a mean over ratings such as mean_score and nps.
    model
        `logistic`, the default for a proportion; `linear`, that for a mean; or `penalised`, the
        logistic model by Firth's penalty, which has coefficients where an outcome is told apart.
    show
        `coefficients`; `effects`, the average marginal effect of each covariate; or `margins`,
        the predicted rate or mean at each level, and at each value of numbers with at most
        `MOST_VALUES`.
    missing
        What becomes of ratings that lack a number: `left_out`, or `indicator`, which sets the
        number to its mean and adds whether it is missing. Those that lack a segment are left out.
    intent, where, design, engine
        As in `estimate`.
    conf_level
        Confidence level, a proportion in (0, 1).

    Returns
    -------
    Estimates
        A row a term and quantity. Of a logistic model `log_odds` of all terms, the intercept
        first, then `odds_ratio` of all others, with ``reference`` the level that others are
        held against.
        Intervals and two-sided tests by Student's t, of an odds ratio on the log scale, on
        the degrees of freedom of the base plus 1 less the number of terms; of a level at most
        those of the plain odds ratio to its reference, and none where one of the two, or the
        whole base, bears no test (`survey.sides.bears_test`). ``unplaced`` counts
        the ratings in the base that lack a covariate and are left out.

    Raises
    ------
    UsageError
        An unknown or repeated name, no name, a product without what it is of, an estimand that
        has no such model, a covariate that is part of it, or more than 500 terms.
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
    check_interval("wald", conf_level, proportion=True)
    if show not in get_args(Show):
        raise UsageError(
            f"{show!r} cannot be shown.", remedy=f"Use one of: {', '.join(get_args(Show))}."
        )
    fitted = fit_model(
        responses,
        on,
        estimand=estimand,
        intent=intent,
        kind=model,
        missing=missing,
        where=where,
        design=design,
        engine=engine,
    )
    shown = {"effects": _effects, "margins": _margins}.get(show, _coefficients)
    return shown(fitted, conf_level)


@dataclass(frozen=True)
class _Key:
    """What names a row: a covariate, or a product, its level, and what that is held against."""

    term: str
    level: str | None = None
    reference: str | None = None


def _keys(model: Model) -> list[_Key]:
    """Return what names each column of the model matrix but the intercept."""
    alone, keys = model.matrix.covariates, []
    for factors in model.matrix.columns[1:]:
        own = [alone[factor.covariate] for factor in factors]
        levels = [c.levels[f.level] for c, f in zip(own, factors, strict=True) if f.level]
        references = [covariate.levels[0] for covariate in own if covariate.levels]
        indicator = model.terms.alone[factors[0].covariate].missing_of
        keys.append(
            _Key(indicator, MISSING, "known")
            if indicator
            else _Key(
                ":".join(covariate.name for covariate in own),
                " × ".join(levels) or None,
                " × ".join(references) or None,
            )
        )
    return keys


def _coefficients(model: Model, conf_level: float) -> Estimates:
    """Return the coefficients, of a logistic model also as odds ratios."""
    found, keys = model.coefficients(), [_Key(CONSTANT), *_keys(model)]
    borne = _borne(model, found)
    if model.fit.kind == "linear":
        table = _tabulated(model, found, borne, keys, "slope", conf_level)
        return Estimates(table, "slopes", model.left_out, found)
    found = found.transformed(_both, _slopes(found.estimate))
    size = len(keys)
    log_odds, odds = np.arange(size), np.arange(size, 2 * size - 1)
    tables = [
        _tabulated(model, found.take(log_odds), borne, keys, "log_odds", conf_level),
        _tabulated(
            model, found.take(odds), borne.take(log_odds[1:]), keys[1:], "odds_ratio", conf_level
        ),
    ]
    return Estimates(pa.concat_tables(tables), "odds_ratios", model.left_out, found)


def _effects(model: Model, conf_level: float) -> Estimates:
    """Return the average marginal effect of each number and level."""
    effects, keys, columns = [], [], []
    named = _keys(model)
    for column, factors in enumerate(model.matrix.columns[1:]):
        first = factors[0]
        if len(factors) > 1 or model.terms.alone[first.covariate].missing_of:
            continue
        effects.append(
            Effect("step", first.covariate, first.level)
            if first.level
            else Effect("slope", first.covariate)
        )
        keys.append(named[column])
        columns.append(column + 1)
    found = model.means(effects)
    borne = _borne(model, model.coefficients()).take(np.array(columns))
    table = _tabulated(model, found, borne, keys, "average_effect", conf_level)
    return Estimates(table, "average_effects", model.left_out, found)


def _margins(model: Model, conf_level: float) -> Estimates:
    """Return what is predicted at each level, and at each value of numbers that have few."""
    effects, keys = [], []
    for at, covariate in enumerate(model.matrix.covariates):
        name = model.terms.alone[at].missing_of or covariate.name
        if covariate.levels:
            levels: Sequence[Any] = range(len(covariate.levels))
            names: Sequence[str] = covariate.levels
        else:
            values = np.unique(_known(model, at))
            levels = (
                values.tolist() if len(values) <= MOST_VALUES and name == covariate.name else []
            )
            names = [f"{value:g}" for value in levels]
        effects += [Effect("level", at, value) for value in levels]
        keys += [_Key(name, level) for level in names]
    if not effects:
        raise UsageError(
            f"No covariate has levels, or at most {MOST_VALUES} values, to predict at.",
            remedy="Show the effects.",
        )
    found = model.means(effects)
    borne = _borne(model, model.coefficients()).take(np.zeros(len(effects), dtype=np.int64))
    table = _tabulated(model, found, borne, keys, "predicted", conf_level)
    # Against a rate of nought there is nothing to test.
    none = pa.nulls(len(effects), pa.float64())
    at = table.column_names.index("p_value")
    return Estimates(table.set_column(at, "p_value", none), "margins", model.left_out, found)


def _known(model: Model, at: int) -> Floats:
    """Return the values of a number at the points where it is not missing."""
    name, values = model.matrix.covariates[at].name, model.matrix.covariates[at].values
    for other, term in enumerate(model.terms.alone):
        if term.missing_of == name:
            values = values[model.matrix.covariates[other].values == 0]
    return np.asarray(values, np.float64)


@dataclass(frozen=True)
class _Borne:
    """What the p terms are held against, and whether they are tested; shape (p,)."""

    against: Reference
    tested: npt.NDArray[np.bool_]

    def take(self, rows: Integers) -> _Borne:
        """Return those of some terms."""
        df, widening = self.against.df[rows], self.against.widening[rows]
        return _Borne(Reference(df, widening), self.tested[rows])


def _borne(model: Model, found: Quantities) -> _Borne:
    """Hold each term against the df of the model, a level also against those of its two sides."""
    cells, design, size = found.cells, found.design, len(found.estimate)
    df = found.df() + 1 - size
    whole = bool(bears_test(ratios(cells, design, _whole(cells, 1)))[0])
    widening, tested = np.ones(size), np.full(size, whole)
    contrast = CONTRASTS["difference" if model.fit.kind == "linear" else "odds_ratio"]
    for at, levels in enumerate(model.profile.levels):
        if not levels:
            continue
        others = np.arange(1, len(levels))
        against, bear = held_against(
            _by_level(model, at, levels), Pairs(contrast, others, np.zeros_like(others))
        )
        for column, factors in enumerate(model.matrix.columns):
            for factor in factors:
                if factor.covariate == at and factor.level:
                    side = factor.level - 1
                    df[column] = min(df[column], against.df[side])
                    widening[column] = max(widening[column], against.widening[side])
                    tested[column] &= bear[side]
    return _Borne(Reference(df, widening), tested)


def _by_level(model: Model, at: int, levels: tuple[str, ...]) -> Quantities:
    """Return the rate or mean of each level, in their order."""
    asked, terms = model.asked, model.terms.alone
    cells = asked.cells([terms[at].domain], ratio=complete(asked.ratio, terms))
    names = cells.domains.column(terms[at].name)
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


def _tabulated(
    model: Model,
    found: Quantities,
    borne: _Borne,
    keys: Sequence[_Key],
    quantity: str,
    conf_level: float,
) -> pa.Table:
    """Return the rows of one quantity."""
    contrast = CONTRASTS["odds_ratio" if quantity == "odds_ratio" else "difference"]
    columns: Columns = inference(found, borne.against, contrast, conf_level, borne.tested)
    behind = counts(found.cells, _whole(found.cells, len(keys)))
    flags = ["ok" if tested else "review" for tested in borne.tested.tolist()]
    columns |= behind_columns(behind, borne.against.df, flags)
    if model.asked.estimand.proportion:
        columns |= {"n_numerator": pa.array(behind.hits)}
    columns |= {"reference": pa.array([key.reference for key in keys], pa.string())}
    named = {
        "term": pa.array([key.term for key in keys]),
        "level": pa.array([key.level for key in keys], pa.string()),
    }
    return tabulated(named, model.asked.labels() | columns | {"quantity": quantity}, len(keys))


def _whole(cells: Cells, rows: int) -> Groups:
    """Return all domains as one group, as often as there are rows."""
    group = np.repeat(np.arange(rows), cells.n_domains)
    domain = np.tile(np.arange(cells.n_domains), rows)
    return Groups(cells.domains.select([]), group, domain, rows)
