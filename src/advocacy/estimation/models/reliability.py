"""Do items measure one thing? Cronbach's alpha and McDonald's omega, as the survey was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.models.drivers import bootstrap_of, driver_names
from advocacy.estimation.models.fitting import Model, fit_model
from advocacy.estimation.models.units import drawn_units
from advocacy.estimation.tabulation import check_interval, nullable, tabulated
from advocacy.responses import Responses
from advocacy.survey import survey_design
from advocacy.survey.cells.groups import every_domain
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.intervals import t_quantile
from advocacy.survey.models.importance import Sample
from advocacy.survey.quantities import counts
from advocacy.survey.sides import FEWEST_DF

_FEWEST_ITEMS = 3
# Of the factor's fit: rounds, and the change of a communality at which it ends.
_ROUNDS = 2_000
_SETTLED = 1e-12


def reliability(
    responses: Responses,
    *,
    on: Sequence[str] | None = None,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Estimates:
    r"""Return how well items that are taken for one scale hang together.

    With :math:`\sigma_{jk}` the weighted covariances of k items,
    :math:`\alpha = \frac{k}{k - 1} (1 - \sum_j \sigma_{jj} / \sum_{jk} \sigma_{jk})`; with
    :math:`u_j^2` what one factor (least squares off the diagonal) leaves of each standardised
    item, :math:`\omega = 1 - \sum_j u_j^2 / \sum_{jk} \rho_{jk}`.

    Parameters
    ----------
    responses, estimand, intent, where, design, conf_level, engine
        As of `drivers`, in whose base the items are.
    on
        Three items or more; by default those of `DRIVERS` that the responses have.

    Returns
    -------
    Estimates
        Rows of quantity `alpha`, `omega`, and `alpha_without` each item; intervals on the scale
        of the log of what is missing to 1, by bootstrap replicates of the PSUs. Ratings that
        lack an item are left out and counted in ``unplaced``.

    Raises
    ------
    UsageError
        Fewer than three items, or as `drivers`.
    DataError, MissingColumnError, DesignError
        As `regress`.

    Notes
    -----
    Cronbach (1951), https://doi.org/10.1007/BF02310555; McDonald (1999), Test Theory. R
    equivalent: ``psych::alpha`` and, for ``omega.tot``, ``psych::omega(nfactors = 1)``.
    """
    check_interval("wald", conf_level, proportion=True)
    names = driver_names(responses, on)
    if len(names) < _FEWEST_ITEMS:
        raise UsageError(
            f"{len(names)} items are no scale.", remedy=f"Name {_FEWEST_ITEMS} or more."
        )
    chosen = design or survey_design(responses)
    replication = bootstrap_of(chosen)
    model = fit_model(
        responses,
        names,
        estimand=estimand,
        intent=intent,
        kind="linear",
        where=where,
        design=replace(chosen, replication=None),
        engine=engine,
        items=frozenset(names),
        by_rating=True,
    )
    sample = Sample(model.points, *drawn_units(model, replication))
    table = _tabulated(model, *_covariances(model, sample), conf_level)
    return Estimates(table, "reliability", model.left_out)


def _covariances(model: Model, sample: Sample) -> tuple[Floats, Floats]:
    """Return the covariances of the items, (k, k), and in replicates, (R, k, k)."""
    values = np.array([covariate.values for covariate in model.matrix.covariates], np.float64)
    values -= (values @ model.points.z / model.points.z.sum())[:, None]
    columns = np.vstack([np.ones(values.shape[1]), values])
    upper = np.triu_indices(len(columns))
    sums = sample.sums(columns[upper[0]] * columns[upper[1]] * model.points.z)
    totals = np.vstack([sums.sum(axis=0), sample.factors @ sums])
    second = np.empty((len(totals), len(columns), len(columns)))
    second[:, upper[0], upper[1]] = second[:, upper[1], upper[0]] = totals
    second /= second[:, :1, :1]
    mean = second[:, 0, 1:]
    found = second[:, 1:, 1:] - mean[:, :, None] * mean[:, None, :]
    return found[0], found[1:]


def alpha(covariance: Floats) -> Floats:
    """Return Cronbach's alpha of covariances of shape (..., k, k)."""
    items = covariance.shape[-1]
    own = np.trace(covariance, axis1=-2, axis2=-1)
    found: Floats = items / (items - 1) * (1 - own / covariance.sum(axis=(-2, -1)))
    return found


def omega(covariance: Floats) -> float:
    """Return McDonald's omega of covariances of shape (k, k), by one factor."""
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    loadings = _one_factor(correlation)
    return float(1 - (1 - loadings**2).sum() / correlation.sum())


def _one_factor(correlation: Floats) -> Floats:
    """Return the loadings of least squares off the diagonal (minres), shape (k,).

    Each in turn has a closed form, the others held: coordinate descent.
    """
    values, vectors = np.linalg.eigh(correlation)
    loadings = vectors[:, -1] * np.sqrt(values[-1])
    size = len(loadings)
    for _ in range(_ROUNDS):
        before = loadings.copy()
        for item in range(size):
            others = np.arange(size) != item
            rest = loadings[others]
            own = float(correlation[item, others] @ rest / (rest @ rest))
            # A communality above 1 is no part of a variance.
            loadings[item] = np.clip(own, -1.0, 1.0)
        if np.abs(loadings - before).max() < _SETTLED:
            break
    found: Floats = loadings
    return found


def _tabulated(model: Model, covariance: Floats, replicates: Floats, conf_level: float) -> pa.Table:
    names = [covariate.name for covariate in model.matrix.covariates]
    size = len(names)
    left = [np.delete(np.arange(size), item) for item in range(size)]
    estimate = np.array(
        [
            float(alpha(covariance)),
            omega(covariance),
            *(float(alpha(covariance[np.ix_(own, own)])) for own in left),
        ]
    )
    several = np.column_stack(
        [
            alpha(replicates),
            [omega(one) for one in replicates],
            *(alpha(replicates[:, own[:, None], own]) for own in left),
        ]
    )
    spread = several.std(axis=0)
    df = float(model.coefficients().df().min())
    quantile = t_quantile(np.array([max(df, 1.0)]), conf_level)[0] if df >= FEWEST_DF else np.nan
    missing = 1 - estimate
    reach = np.exp(quantile * spread / missing)
    behind = counts(model.cells, every_domain(model.cells)).take(np.zeros(len(estimate), np.int64))
    columns: dict[str, Any] = {
        "quantity": pa.array(["alpha", "omega", *["alpha_without"] * size]),
        "method": "bootstrap",
        "interval": "log",
        "conf_level": conf_level,
        "estimate": nullable(estimate),
        "std_error": nullable(spread),
        "conf_low": nullable(1 - missing * reach),
        "conf_high": nullable(1 - missing / reach),
        "df": nullable(np.full(len(estimate), df if df >= 1 else np.nan)),
        "n": pa.array(behind.n),
        "n_programmes": pa.array(behind.programmes),
        "n_suppliers": pa.array(behind.suppliers),
        "largest_supplier": nullable(behind.largest_supplier),
        "reliability": "ok" if df >= FEWEST_DF else "review",
    }
    named = {"item": pa.array([None, None, *names], pa.string())}
    return tabulated(named, model.asked.labels() | columns, len(estimate))
