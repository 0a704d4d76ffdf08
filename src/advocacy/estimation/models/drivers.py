"""Which drivers go furthest with an outcome: importance, present level, and how sure both are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.models.e_values import e_values
from advocacy.estimation.models.fitting import Model, fit_model
from advocacy.estimation.models.terms import NUMBERS
from advocacy.estimation.models.units import drawn_units
from advocacy.estimation.tabulation import check_interval, nullable, tabulated
from advocacy.responses import Responses
from advocacy.responses.schema import COLUMNS, is_own_segment
from advocacy.sql import identifier
from advocacy.survey import survey_design
from advocacy.survey.cells.groups import every_domain
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.intervals import t_quantile
from advocacy.survey.models.effects import Effect
from advocacy.survey.models.importance import (
    MOST_EXACT,
    Importance,
    Sample,
    importance,
    rank_intervals,
    shares_of,
    spread_of,
)
from advocacy.survey.quantities import counts
from advocacy.survey.regression import Kind
from advocacy.survey.replication import Replication
from advocacy.survey.sides import FEWEST_DF

# Replicates where the design has none.
REPLICATES = 200
# What the source study calls drivers, in its order.
DRIVERS = (
    "ease",
    "consistency",
    "wow_moments",
    "resolution",
    "channel_ease",
    "relationship",
    "advice",
    "business_value",
)
# Columns behind those of all estimates.
DRIVER_COLUMNS = pa.schema(
    [
        ("share", pa.float64()),
        ("share_low", pa.float64()),
        ("share_high", pa.float64()),
        ("explained", pa.float64()),
        ("beside", pa.float64()),
        ("rank", pa.int64()),
        ("rank_low", pa.int64()),
        ("rank_high", pa.int64()),
        ("effect", pa.float64()),
        ("effect_low", pa.float64()),
        ("effect_high", pa.float64()),
        ("effect_p", pa.float64()),
        ("e_value", pa.float64()),
        ("e_value_limit", pa.float64()),
        ("level", pa.float64()),
        ("scale_low", pa.float64()),
        ("scale_high", pa.float64()),
        ("room", pa.float64()),
        ("priority", pa.float64()),
        ("priority_low", pa.int64()),
        ("priority_high", pa.int64()),
        ("n_known", pa.int64()),
    ]
)
# Of the standard normal distribution, by which what few PSUs tell is widened.
_NORMAL = 1.959963984540054


def drivers(
    responses: Responses,
    *,
    on: Sequence[str] | None = None,
    beside: Sequence[str] = (),
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    model: Kind | None = None,
    missing: str = "indicator",
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    most_exact: int = MOST_EXACT,
    engine: Engine | None = None,
) -> Estimates:
    r"""Say which drivers go furthest with an outcome, and how sure their order is.

    One model of all drivers, and what each explains of it: the Shapley share (LMG) of
    McFadden's pseudo-:math:`R^2` for up to 10 drivers, relative weights for more; see
    `survey.models.importance`. Ranks have intervals by one-step bootstrap replicates of the
    PSUs. It describes what goes with the outcome, and does not say what would change it.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    on
        Names in `NUMBERS`, or segments of the responses' own whose values are numbers; by
        default those of `DRIVERS` that the responses have.
    beside
        Covariates that are in every model, as ``on`` of `regress`: what they explain is no
        driver's.
    estimand, intent, model, where, engine
        As of `regress`; the penalised model has no importance.
    design
        What `survey_design` gave. Replicates are those of its bootstrap, else `REPLICATES`.
    missing
        `indicator`: a driver that is missing is at its mean, with an indicator that is in every
        model; or `left_out`.
    conf_level
        Confidence level of importance and effects; ranks are at 95 %.
    most_exact
        Drivers up to which all models are fitted, :math:`2^d` of them; at most `MOST_EXACT`.

    Returns
    -------
    Estimates
        A row a driver, the most important first: `estimate` is its importance, a part of
        ``explained`` less ``beside``; ``share`` the same of their difference, with an interval
        that knows that shares add up; ``rank`` with its interval; ``effect`` the average
        marginal effect of one more, with interval and p; ``e_value`` for one standard deviation
        more, and for the limit of its interval that is nearer to none; ``level`` the mean,
        ``room`` what is left above it as a share of the scale; ``priority`` importance times
        room, with the interval of its rank, where one more goes with more of the outcome;
        ``n_known`` the ratings in the base that have it.

    Raises
    ------
    UsageError
        No driver, an unknown one, one that stands beside too, or a design whose replicates
        are no bootstrap of its PSUs.
    DataError, MissingColumnError, DesignError
        As `regress`.
    """
    check_interval("wald", conf_level, proportion=True)
    names = driver_names(responses, on, beside)
    chosen = design or survey_design(responses)
    replication = bootstrap_of(chosen)
    if model == "penalised":
        raise UsageError(
            "The penalised model has no importance.", remedy="Use the logistic or linear model."
        )
    fitted = fit_model(
        responses,
        [*names, *beside],
        estimand=estimand,
        intent=intent,
        kind=model,
        missing=missing,
        where=where,
        design=replace(chosen, replication=None),
        engine=engine,
        items=frozenset(names),
        by_rating=True,
    )
    sample = Sample(fitted.points, *drawn_units(fitted, replication))
    own = list(range(len(names)))
    others = [at for at in range(len(fitted.points.covariates)) if at not in own]
    found = importance(sample, fitted.fit, others, own, min(most_exact, MOST_EXACT))
    table = _tabulated(fitted, found, sample, conf_level)
    return Estimates(table, "drivers", fitted.left_out)


def bootstrap_of(design: SurveyDesign) -> Replication:
    """Return the bootstrap of a design, or that of `REPLICATES` replicates.

    Raises
    ------
    UsageError
        Its replicates are others.
    """
    replication = design.replication or Replication("bootstrap", number=REPLICATES)
    if replication.kind != "bootstrap":
        raise UsageError(
            f"Ranks need a bootstrap of the PSUs, and the design has {replication.describe()}.",
            remedy=f"Use --replicates bootstrap:{REPLICATES}, or none.",
        )
    return replication


def driver_names(
    responses: Responses, on: Sequence[str] | None, beside: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return names of drivers, by default those of `DRIVERS` that the responses have.

    Raises
    ------
    UsageError
        There is none, or one is no number.
    DataError
        An own segment has a value that is no number.
    """
    if on is None:
        on = [name for name in DRIVERS if responses.has(name) and name not in beside]
        if not on:
            raise UsageError(
                f"The responses have none of {', '.join(DRIVERS)}.",
                where=responses.name,
                remedy="Let the crosswalk map a question to one, or name numbers as drivers.",
            )
    names = (on,) if isinstance(on, str) else tuple(on)
    for name in names:
        if is_own_segment(name):
            _refuse_words(responses, name)
        elif name not in NUMBERS:
            raise UsageError(
                f"{name!r} is no number, and no driver.",
                remedy=f"Use some of: {', '.join(NUMBERS)}; segments stand beside drivers.",
            )
    return names


def _refuse_words(responses: Responses, name: str) -> None:
    """Refuse an own segment with a value that is no number."""
    responses.require((name,), f"The driver {name}")
    column = identifier(name)
    no_number, example = responses.fetch(
        f"SELECT count(*), min({column}) FROM {responses.relation} "
        f"WHERE {column} IS NOT NULL AND TRY_CAST({column} AS DOUBLE) IS NULL"
    )
    if no_number:
        raise DataError(
            f"{no_number} values of {name} are no numbers, such as {example!r}.",
            where=responses.name,
            remedy="Let the crosswalk give each answer its number, or put it beside the drivers.",
        )


def _tabulated(model: Model, found: Importance, sample: Sample, conf_level: float) -> pa.Table:
    size = len(found.values)
    covariates = model.matrix.covariates[:size]
    coefficients = model.coefficients()
    df = float(coefficients.df().min()) + 1 - len(coefficients.estimate)
    tested = df >= FEWEST_DF
    widening = float(t_quantile(np.array([max(df, 1.0)]), 0.95)[0]) / _NORMAL
    spread = spread_of(found.replicates)
    quantile = float(t_quantile(np.array([max(df, 1.0)]), conf_level)[0])
    reach = quantile * spread
    levels, level_replicates, known = _levels(model, sample, size)
    scales = _scales(model, size)
    width = scales[:, 1] - scales[:, 0]
    room, rooms = ((scales[:, 1] - level) / width for level in (levels, level_replicates))
    share = found.values / (found.explained - found.beside)
    share_reach = np.where(tested, quantile * spread_of(shares_of(found.replicates)), np.nan)
    ranked = np.arange(size)
    low, high = rank_intervals(found.values, found.replicates, widening)
    effects = _effects(model, size, df, conf_level)
    # Of what goes with less of the outcome more is no priority.
    rising = np.array(effects["effect"].to_pylist(), np.float64) > 0
    bounded = np.flatnonzero(~np.isnan(room) & rising)
    urgent_low, urgent_high = np.full(size, np.nan), np.full(size, np.nan)
    if len(bounded) > 1:
        urgent = rank_intervals(
            (found.values * room)[bounded], (found.replicates * rooms)[:, bounded], widening
        )
        urgent_low[bounded], urgent_high[bounded] = urgent
    unmeasured = e_values(
        model, coefficients.estimate, coefficients.variance(), size, df, conf_level
    )
    order = np.argsort(-found.values, kind="stable")
    rank = np.empty(size, np.int64)
    rank[order] = ranked + 1
    behind = counts(model.cells, every_domain(model.cells)).take(np.zeros(size, np.int64))
    untested = np.full(size, not tested)
    own = {
        "share": nullable(share),
        "share_low": nullable(np.maximum(share - share_reach, 0.0)),
        "share_high": nullable(np.minimum(share + share_reach, 1.0)),
        "explained": nullable(np.full(size, found.explained)),
        "beside": nullable(np.full(size, found.beside)),
        "rank": pa.array(rank),
        "rank_low": pa.array(low, mask=untested),
        "rank_high": pa.array(high, mask=untested),
        **effects,
        **unmeasured,
        "level": nullable(levels),
        "scale_low": nullable(scales[:, 0]),
        "scale_high": nullable(scales[:, 1]),
        "room": nullable(room),
        "priority": nullable(np.where(rising, found.values * room, np.nan)),
        "priority_low": _whole(urgent_low, untested),
        "priority_high": _whole(urgent_high, untested),
        "n_known": pa.array(known),
    }
    columns: dict[str, Any] = {
        "quantity": found.method,
        "method": "bootstrap",
        "interval": "wald",
        "conf_level": conf_level,
        "estimate": nullable(found.values),
        "std_error": nullable(spread),
        "conf_low": nullable(np.where(tested, np.maximum(found.values - reach, 0.0), np.nan)),
        "conf_high": nullable(np.where(tested, found.values + reach, np.nan)),
        "df": nullable(np.full(size, df if df >= 1 else np.nan)),
        "n": pa.array(behind.n),
        "n_programmes": pa.array(behind.programmes),
        "n_suppliers": pa.array(behind.suppliers),
        "largest_supplier": nullable(behind.largest_supplier),
        "reliability": pa.array(["ok" if tested else "review"] * size),
    }
    if model.asked.estimand.proportion:
        columns["n_numerator"] = pa.array(behind.hits)
    named = {"driver": pa.array([covariate.name for covariate in covariates])}
    table = tabulated(named, model.asked.labels() | columns, size)
    for field in DRIVER_COLUMNS:
        table = table.append_column(field, own[field.name].cast(field.type))
    return table.take(pa.array(order))


def _whole(values: Floats, hidden: npt.NDArray[np.bool_]) -> pa.Array:
    """Return whole numbers, null where there is none or it is hidden."""
    none = hidden | np.isnan(values)
    return pa.array(np.where(none, 0, values).astype(np.int64), mask=none)


def _levels(model: Model, sample: Sample, size: int) -> tuple[Floats, Floats, Integers]:
    """Return the mean of each driver among who have it, in replicates too, and how many have."""
    means, several, known = [], [], []
    indicators = {
        term.missing_of: covariate.values
        for term, covariate in zip(model.terms.alone, model.matrix.covariates, strict=True)
    }
    for covariate in model.matrix.covariates[:size]:
        there = 1.0 - indicators.get(covariate.name, np.zeros(len(model.points.z)))
        weight = model.points.z * there
        totals = sample.replicated(np.vstack([weight * covariate.values, weight]))
        means.append(float(weight @ covariate.values) / float(weight.sum()))
        several.append(totals[:, 0] / totals[:, 1])
        known.append(int(there.sum()))
    return np.array(means), np.column_stack(several), np.array(known)


def _scales(model: Model, size: int) -> Floats:
    """Return the scale of each driver, shape (d, 2), NaN of a count, which has no end.

    It is as the import states it, else as all answers have it: those of a base, such as who score
    10, may have none at one of its ends.
    """
    responses, terms = model.asked.responses, model.terms.alone[:size]
    ends = ", ".join(f"min({term.expression}), max({term.expression})" for term in terms)
    answered = responses.fetch(f"SELECT {ends} FROM {responses.relation} WHERE {responses.counted}")
    return np.array(
        [
            _scale(responses, term.name, answered[2 * at : 2 * at + 2])
            for at, term in enumerate(terms)
        ],
        dtype=np.float64,
    )


def _scale(responses: Responses, name: str, answered: Sequence[Any]) -> Sequence[Any]:
    column = COLUMNS.get(name)
    stated = list(responses.scales(name))
    if len(stated) == 1:
        return stated[0]
    if column is None or column.metric:
        return answered
    if column.minimum is not None and column.maximum is not None:
        return column.minimum, column.maximum
    return np.nan, np.nan


def _effects(model: Model, size: int, df: float, conf_level: float) -> dict[str, pa.Array]:
    """Return the average marginal effect of each driver, its interval and test."""
    from scipy.special import stdtr

    found = model.means([Effect("slope", at) for at in range(size)])
    spread = np.sqrt(found.variance())
    shown = (spread > 0) & (df >= FEWEST_DF)
    half = np.where(
        shown, float(t_quantile(np.array([max(df, 1.0)]), conf_level)[0]) * spread, np.nan
    )
    statistic = np.divide(found.estimate, spread, out=np.full(size, np.nan), where=shown)
    return {
        "effect": nullable(found.estimate),
        "effect_low": nullable(found.estimate - half),
        "effect_high": nullable(found.estimate + half),
        "effect_p": nullable(2 * stdtr(df, -np.abs(statistic))),
    }
